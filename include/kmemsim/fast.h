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

/*
 * Pages that may be reached without a question. A slot that holds nothing names a page that another slot would hold,
 * so that no address which comes here matches. Two arrays: what an access waits for lies closer together.
 */
struct kms_fast_table {
    uint64_t addend[KMS_FAST_SLOTS]; /* host address = linear address + addend */
    kms_linear page[KMS_FAST_SLOTS]; /* the first address of the page */
};

/* struct kms_cpu begins with this. The pages are those of the CPU's current privilege. */
struct kms_fast {
    struct kms_fast_table read;
    struct kms_fast_table write;
    uint64_t drops; /* grows whenever slots are dropped, so that a cursor notices */
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

/* Where a load of up to 8 bytes finds them after the long way: in the guest's RAM, or in a copy that stays until the
 * next load. The caller's load is then the same instruction for both ways. */
struct kms_far {
    enum kms_result result;
    uint64_t addend; /* with KMS_DONE, as in a slot */
};
struct kms_far kms_slow_load(struct kms_cpu *cpu, kms_linear linear, size_t size, struct kms_fault *fault);

/* A cursor on the page of a load of 4 bytes, if that may be reached by the short way; else kms_cursor_new(). By value,
 * so that the caller's cursor can stay in registers. */
struct kms_cursor kms_cursor_at(struct kms_cpu *cpu, kms_linear linear);

/* The slot that may hold the page of an address. */
static inline size_t kms_fast_slot(kms_linear linear)
{
    return (size_t)(linear >> KMS_PAGE_SHIFT) & (KMS_FAST_SLOTS - 1u);
}

/* Whether an access of `size` bytes, 1 to 4096, lies on the page of its slot, all of it. */
static inline bool kms_fast_hit(const struct kms_fast_table *table, kms_linear linear, size_t size)
{
    return linear - table->page[kms_fast_slot(linear)] <= KMS_PAGE_SIZE - size;
}

static inline void *kms_fast_ptr(const struct kms_fast_table *table, kms_linear linear)
{
    return (void *)(uintptr_t)(linear + table->addend[kms_fast_slot(linear)]);
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
        const struct kms_fast_table *table = &kms_fast_of(cpu)->read;                                        \
        uint64_t addend = table->addend[kms_fast_slot(linear)];                                              \
        uint##bits##_t raw;                                                                                  \
        if (__builtin_expect(!kms_fast_hit(table, linear, bits / 8u), 0)) {                                  \
            const struct kms_far far = kms_slow_load(cpu, linear, bits / 8u, fault);                         \
            if (far.result != KMS_DONE)                                                                      \
                return far.result;                                                                           \
            addend = far.addend;                                                                             \
        }                                                                                                    \
        memcpy(&raw, (const void *)(uintptr_t)(linear + addend), sizeof raw);                                \
        *value = KMS_LE##bits(raw);                                                                          \
        return KMS_DONE;                                                                                     \
    }                                                                                                        \
    static inline enum kms_result kms_store##bits(struct kms_cpu *cpu, kms_linear linear,                    \
                                                  uint##bits##_t value, struct kms_fault *fault)             \
    {                                                                                                        \
        const struct kms_fast_table *table = &kms_fast_of(cpu)->write;                                       \
        uint##bits##_t raw = KMS_LE##bits(value);                                                            \
        if (__builtin_expect(kms_fast_hit(table, linear, bits / 8u), 1)) {                                   \
            memcpy(kms_fast_ptr(table, linear), &raw, sizeof raw);                                           \
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
    if (__builtin_expect(linear + cursor->less_page > KMS_PAGE_SIZE - sizeof raw ||
                             cursor->drops != kms_fast_of(cursor->cpu)->drops,
                         0)) {
        *cursor = kms_cursor_at(cursor->cpu, linear);
        if (cursor->drops == KMS_CURSOR_NOWHERE) {
            const struct kms_far far = kms_slow_load(cursor->cpu, linear, sizeof raw, fault);
            if (far.result != KMS_DONE)
                return far.result;
            cursor->addend = far.addend;
        }
    }
    memcpy(&raw, (const void *)(uintptr_t)(linear + cursor->addend), sizeof raw);
    *value = KMS_LE32(raw);
    return KMS_DONE;
}

static inline enum kms_result kms_read(struct kms_cpu *cpu, kms_linear linear, void *to, size_t size,
                                       struct kms_fault *fault)
{
    const struct kms_fast_table *table = &kms_fast_of(cpu)->read;
    if (size - 1 < KMS_PAGE_SIZE && kms_fast_hit(table, linear, size)) {
        memcpy(to, kms_fast_ptr(table, linear), size);
        return KMS_DONE;
    }
    return kms_slow_read(cpu, linear, to, size, fault);
}

static inline enum kms_result kms_write(struct kms_cpu *cpu, kms_linear linear, const void *from, size_t size,
                                        struct kms_fault *fault)
{
    const struct kms_fast_table *table = &kms_fast_of(cpu)->write;
    if (size - 1 < KMS_PAGE_SIZE && kms_fast_hit(table, linear, size)) {
        memcpy(kms_fast_ptr(table, linear), from, size);
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
