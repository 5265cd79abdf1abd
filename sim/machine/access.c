/* access.c - moving data: every page of an access is translated before the first byte moves. */
#include "cpu.h"

#include <assert.h>
#include <stdlib.h>

#define PAGES_AT_HAND 32u /* accesses of more pages take memory from the host */

/* The pages of one access: where each begins physically. */
struct span {
    kms_linear linear;
    size_t size;
    size_t pages;
    kms_phys *phys;
    kms_phys at_hand[PAGES_AT_HAND];
};

static size_t piece_size(kms_linear linear, size_t left)
{
    const size_t room = (size_t)(KMS_PAGE_SIZE - (linear & PAGE_OFFSET));
    return left < room ? left : room;
}

static void span_begin(struct span *span, kms_linear linear, size_t size)
{
    assert((uint64_t)size <= UINT64_C(1) << 32);
    span->linear = linear;
    span->size = size;
    span->pages = size ? (size_t)(((linear & PAGE_OFFSET) + size - 1) / KMS_PAGE_SIZE) + 1 : 0;
    span->phys = span->at_hand;
    if (span->pages > PAGES_AT_HAND) {
        span->phys = malloc(span->pages * sizeof span->phys[0]);
        assert(span->phys && "no host memory for the pages of one access");
        if (!span->phys)
            abort();
    }
}

static void span_end(struct span *span)
{
    if (span->phys != span->at_hand)
        free(span->phys);
}

/* A page in RAM whose translation is settled may be reached without asking again. */
static void settle(struct kms_cpu *cpu, const struct kms_access *access, const struct kms_tlb_entry *entry,
                   kms_linear linear, kms_phys phys)
{
    const bool write = access->kind == KMS_WRITE || access->kind == KMS_RMW;
    if (access->privilege != KMS_AS_CURRENT || access->kind == KMS_FETCH || (write && !entry->dirty) ||
        cpu_is_observed(cpu, KMS_EVENT_HIT | KMS_EVENT_STALE))
        return;
    if (cpu->layout.mode != KMS_PAGING_NONE && !tlb_find(&cpu->tlb, linear, cpu_asid(cpu)))
        return; /* no TLB for pages of this size */
    const uint8_t *host =
        write ? ram_page_for_write(cpu->machine->ram, phys) : ram_page_for_read(cpu->machine->ram, phys);
    if (host)
        lookaside_fill(write ? &cpu->lookaside.write : &cpu->lookaside.read, linear, host);
}

static enum kms_result report_unbacked(struct kms_cpu *cpu, const struct kms_access *access, kms_phys phys)
{
    if (cpu_is_observed(cpu, KMS_EVENT_UNBACKED))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_UNBACKED, .access = *access, .phys = phys});
    return KMS_UNBACKED;
}

/* Whether the map refuses one page's piece, under its policy. */
static bool is_refused(const struct kms_cpu *cpu, kms_phys phys)
{
    return cpu->machine->ram->options.unbacked == KMS_REPORT && !ram_region_at(cpu->machine->ram, phys);
}

static enum kms_result span_translate(struct kms_cpu *cpu, const struct kms_access *access, struct span *span,
                                      struct kms_fault *fault)
{
    struct kms_access page = *access;
    for (size_t i = 0; i < span->pages; i++) {
        struct kms_tlb_entry entry;
        bool hit;
        const enum kms_result result = cpu_translate(cpu, &page, &entry, &hit, fault);
        if (result != KMS_DONE)
            return result;
        const kms_linear linear = x86_linear(&cpu->layout, page.linear);
        const kms_phys phys = entry.phys + (linear - entry.linear);
        if (is_refused(cpu, phys))
            return report_unbacked(cpu, &page, phys);
        span->phys[i] = phys;
        settle(cpu, access, &entry, linear, phys);
        page.linear = (page.linear & ~PAGE_OFFSET) + KMS_PAGE_SIZE;
    }
    return KMS_DONE;
}

static void span_read(struct kms_cpu *cpu, const struct span *span, uint8_t *to)
{
    size_t left = span->size;
    kms_linear linear = span->linear;
    for (size_t i = 0; i < span->pages; i++) {
        const size_t piece = piece_size(linear, left);
        kms_phys_read(cpu->machine->ram, span->phys[i], to, piece);
        to += piece;
        linear += piece;
        left -= piece;
    }
}

static void span_write(struct kms_cpu *cpu, const struct span *span, const uint8_t *from)
{
    size_t left = span->size;
    kms_linear linear = span->linear;
    for (size_t i = 0; i < span->pages; i++) {
        const size_t piece = piece_size(linear, left);
        kms_phys_write(cpu->machine->ram, span->phys[i], from, piece);
        from += piece;
        linear += piece;
        left -= piece;
    }
}

enum kms_result kms_access_read(struct kms_cpu *cpu, const struct kms_access *access, void *to, size_t size,
                                struct kms_fault *fault)
{
    assert(cpu && access && (to || size == 0) && (access->kind == KMS_READ || access->kind == KMS_FETCH));
    struct kms_fault unused;
    struct span span;
    span_begin(&span, access->linear, size);
    const enum kms_result result = span_translate(cpu, access, &span, fault ? fault : &unused);
    if (result == KMS_DONE)
        span_read(cpu, &span, to);
    span_end(&span);
    return result;
}

enum kms_result kms_access_write(struct kms_cpu *cpu, const struct kms_access *access, const void *from,
                                 size_t size, struct kms_fault *fault)
{
    assert(cpu && access && (from || size == 0) && (access->kind == KMS_WRITE || access->kind == KMS_RMW));
    struct kms_fault unused;
    struct span span;
    span_begin(&span, access->linear, size);
    const enum kms_result result = span_translate(cpu, access, &span, fault ? fault : &unused);
    if (result == KMS_DONE)
        span_write(cpu, &span, from);
    span_end(&span);
    return result;
}

enum kms_result kms_exchange(struct kms_cpu *cpu, kms_linear linear, unsigned width, uint64_t *value,
                             struct kms_fault *fault)
{
    assert(cpu && value && (width == 1 || width == 2 || width == 4 || width == 8));
    const struct kms_access access = {linear, KMS_RMW, KMS_AS_CURRENT};
    struct kms_fault unused;
    struct span span;
    span_begin(&span, linear, width);
    const enum kms_result result = span_translate(cpu, &access, &span, fault ? fault : &unused);
    if (result != KMS_DONE)
        return result;
    uint8_t old[8], new[8];
    le_put(new, width, *value);
    span_read(cpu, &span, old);
    span_write(cpu, &span, new);
    *value = le_get(old, width);
    return KMS_DONE;
}

enum kms_result kms_translate(struct kms_cpu *cpu, const struct kms_access *access,
                              struct kms_translation *translation, struct kms_fault *fault)
{
    assert(cpu && access && translation);
    struct kms_fault unused;
    struct kms_tlb_entry entry;
    bool hit;
    const enum kms_result result = cpu_translate(cpu, access, &entry, &hit, fault ? fault : &unused);
    if (result == KMS_DONE)
        *translation =
            (struct kms_translation){entry.phys + (x86_linear(&cpu->layout, access->linear) - entry.linear),
                                     entry.page_shift, entry.rights, hit};
    return result;
}

enum kms_result kms_slow_read(struct kms_cpu *cpu, kms_linear linear, void *to, size_t size,
                              struct kms_fault *fault)
{
    const struct kms_access access = {linear, KMS_READ, KMS_AS_CURRENT};
    return kms_access_read(cpu, &access, to, size, fault);
}

enum kms_result kms_slow_write(struct kms_cpu *cpu, kms_linear linear, const void *from, size_t size,
                               struct kms_fault *fault)
{
    const struct kms_access access = {linear, KMS_WRITE, KMS_AS_CURRENT};
    return kms_access_write(cpu, &access, from, size, fault);
}

struct kms_cursor kms_cursor_at(struct kms_cpu *cpu, kms_linear linear)
{
    const struct kms_fast_slot *slot = kms_fast_slot(cpu->fast.read, linear);
    if (!kms_fast_hit(slot, linear, 1))
        return kms_cursor_new(cpu);
    return (struct kms_cursor){cpu, cpu->fast.drops, linear & ~PAGE_OFFSET, slot->addend};
}
