/*
 * fast.h - the inline half of the accesses of machine.h. Include machine.h instead.
 *
 * A CPU keeps a lookaside of host pointers for pages whose translation stands in its TLB, with rights,
 * Accessed and Dirty already settled; it is dropped whenever the TLB's answer could change, so it never
 * changes a result. A miss goes the long way. The layout here is not part of the API.
 */
#ifndef KMEMSIM_FAST_H
#define KMEMSIM_FAST_H

#include <kmemsim/machine.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KMS_FAST_SHIFT 14u
#define KMS_FAST_SLOTS (1u << KMS_FAST_SHIFT)

struct kms_fast_slot {
    uint64_t page;   /* as kms_fast_page() makes it, or one of the two below */
    uint64_t addend; /* host address = linear address + addend */
};

#define KMS_FAST_OFFSET  ((kms_linear)KMS_PAGE_SIZE - 1u)
#define KMS_FAST_EMPTY   0u /* fresh memory is empty */
#define KMS_FAST_DROPPED 1u

/* A page's name in a slot: its last address, which is neither of the two above. */
static inline uint64_t kms_fast_page(kms_linear linear)
{
    return linear | KMS_FAST_OFFSET;
}

/* struct kms_cpu begins with this. The slots are those of the CPU's current privilege. */
struct kms_fast {
    uint64_t drops; /* grows whenever slots are dropped, so that a cursor notices */
    struct kms_fast_slot read[KMS_FAST_SLOTS];
    struct kms_fast_slot write[KMS_FAST_SLOTS];
};

static inline const struct kms_fast *kms_fast_of(const struct kms_cpu *cpu)
{
    return (const struct kms_fast *)(const void *)cpu;
}

/* The long way: TLB, walk, rights, page crossings, devices. */
enum kms_result kms_slow_read(struct kms_cpu *cpu, kms_linear linear, void *to, size_t size,
                              struct kms_fault *fault);
enum kms_result kms_slow_write(struct kms_cpu *cpu, kms_linear linear, const void *from, size_t size,
                               struct kms_fault *fault);

/* A cursor on the page of an address, if that may be reached by the short way; else one that fits no address. By
 * value, so that the caller's cursor can stay in registers. */
struct kms_cursor kms_cursor_at(struct kms_cpu *cpu, kms_linear linear);

/* The slot that may hold the page of an access of `width` bytes; comparing with the page of the last byte
 * sends page-crossing accesses the long way. */
static inline bool kms_fast_hit(const struct kms_fast_slot *slot, kms_linear linear, unsigned width)
{
    return slot->page == kms_fast_page(linear + (width - 1u));
}

static inline const struct kms_fast_slot *kms_fast_slot(const struct kms_fast_slot *slots, kms_linear linear)
{
    return &slots[(linear >> KMS_PAGE_SHIFT) & (KMS_FAST_SLOTS - 1u)];
}

static inline void *kms_fast_ptr(const struct kms_fast_slot *slot, kms_linear linear)
{
    return (void *)(uintptr_t)(linear + slot->addend);
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define KMS_LE16(x) __builtin_bswap16(x)
#define KMS_LE32(x) __builtin_bswap32(x)
#define KMS_LE64(x) __builtin_bswap64(x)
#else
#define KMS_LE16(x) (x)
#define KMS_LE32(x) (x)
#define KMS_LE64(x) (x)
#endif
#define KMS_LE8(x) (x)

#define KMS_DEFINE_ACCESS(bits)                                                                              \
    static inline enum kms_result kms_load##bits(struct kms_cpu *cpu, kms_linear linear,                     \
                                                 uint##bits##_t *value, struct kms_fault *fault)             \
    {                                                                                                        \
        const struct kms_fast_slot *slot = kms_fast_slot(kms_fast_of(cpu)->read, linear);                    \
        uint##bits##_t raw;                                                                                  \
        if (__builtin_expect(kms_fast_hit(slot, linear, bits / 8u), 1)) {                                    \
            memcpy(&raw, kms_fast_ptr(slot, linear), sizeof raw);                                            \
        } else {                                                                                             \
            uint##bits##_t far; /* apart from raw, which can so stay in a register */                        \
            enum kms_result result = kms_slow_read(cpu, linear, &far, sizeof far, fault);                    \
            if (result != KMS_DONE)                                                                          \
                return result;                                                                               \
            raw = far;                                                                                       \
        }                                                                                                    \
        *value = KMS_LE##bits(raw);                                                                          \
        return KMS_DONE;                                                                                     \
    }                                                                                                        \
    static inline enum kms_result kms_store##bits(struct kms_cpu *cpu, kms_linear linear,                    \
                                                  uint##bits##_t value, struct kms_fault *fault)             \
    {                                                                                                        \
        const struct kms_fast_slot *slot = kms_fast_slot(kms_fast_of(cpu)->write, linear);                   \
        uint##bits##_t raw = KMS_LE##bits(value);                                                            \
        if (__builtin_expect(kms_fast_hit(slot, linear, bits / 8u), 1)) {                                    \
            memcpy(kms_fast_ptr(slot, linear), &raw, sizeof raw);                                            \
            return KMS_DONE;                                                                                 \
        }                                                                                                    \
        return kms_slow_write(cpu, linear, &raw, sizeof raw, fault);                                         \
    }

KMS_DEFINE_ACCESS(8)
KMS_DEFINE_ACCESS(16)
KMS_DEFINE_ACCESS(32)
KMS_DEFINE_ACCESS(64)
#undef KMS_DEFINE_ACCESS

/* The short way of kms_cursor_load32(), for the page that the last load left. */
static inline enum kms_result kms_cursor_load32(struct kms_cursor *cursor, kms_linear linear, uint32_t *value,
                                                struct kms_fault *fault)
{
    uint32_t raw;
    if (__builtin_expect(linear - cursor->page <= KMS_PAGE_SIZE - sizeof raw &&
                             cursor->drops == kms_fast_of(cursor->cpu)->drops,
                         1)) {
        memcpy(&raw, (const void *)(uintptr_t)(linear + cursor->addend), sizeof raw);
    } else {
        uint32_t far;
        const enum kms_result result = kms_slow_read(cursor->cpu, linear, &far, sizeof far, fault);
        if (result != KMS_DONE)
            return result;
        *cursor = kms_cursor_at(cursor->cpu, linear);
        raw = far;
    }
    *value = KMS_LE32(raw);
    return KMS_DONE;
}

static inline enum kms_result kms_read(struct kms_cpu *cpu, kms_linear linear, void *to, size_t size,
                                       struct kms_fault *fault)
{
    const struct kms_fast_slot *slot = kms_fast_slot(kms_fast_of(cpu)->read, linear);
    if (size - 1 < KMS_PAGE_SIZE && kms_fast_hit(slot, linear, (unsigned)size)) {
        memcpy(to, kms_fast_ptr(slot, linear), size);
        return KMS_DONE;
    }
    return kms_slow_read(cpu, linear, to, size, fault);
}

static inline enum kms_result kms_write(struct kms_cpu *cpu, kms_linear linear, const void *from, size_t size,
                                        struct kms_fault *fault)
{
    const struct kms_fast_slot *slot = kms_fast_slot(kms_fast_of(cpu)->write, linear);
    if (size - 1 < KMS_PAGE_SIZE && kms_fast_hit(slot, linear, (unsigned)size)) {
        memcpy(kms_fast_ptr(slot, linear), from, size);
        return KMS_DONE;
    }
    return kms_slow_write(cpu, linear, from, size, fault);
}

static inline enum kms_result kms_fetch(struct kms_cpu *cpu, kms_linear linear, void *to, size_t size,
                                        struct kms_fault *fault)
{
    const struct kms_access access = {linear, KMS_FETCH, KMS_AS_CURRENT};
    return kms_access_read(cpu, &access, to, size, fault);
}

#ifdef __cplusplus
}
#endif

#endif
