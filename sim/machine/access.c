/* access.c - moving data: every page of an access is translated before the first byte moves. */
#include "riscv_rights.h"
#include "translate.h"

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

/* Settled pages know nothing of alignment, so there are none then. */
static bool checks_alignment(const struct kms_cpu *cpu)
{
    return cpu->machine->options.misaligned != KMS_MISALIGNED_DONE;
}

/*
 * A page in RAM may be reached without asking again once the TLB has answered for it. Waiting for the first hit keeps
 * streams that never come back to a page from filling slots in vain.
 */
static void settle(struct kms_cpu *cpu, const struct kms_access *access, kms_linear linear, kms_phys phys)
{
    const bool write = access_is_write(access);
    if (access->privilege != KMS_AS_CURRENT || access->kind == KMS_FETCH || checks_alignment(cpu) ||
        cpu_is_observed(cpu, KMS_EVENT_HIT | KMS_EVENT_STALE))
        return;
    const uint8_t *host =
        write ? ram_page_for_write(cpu->machine->ram, phys) : ram_page_for_read(cpu->machine->ram, phys);
    if (host)
        lookaside_fill(write ? &cpu->lookaside.write : &cpu->lookaside.read, linear, host);
}

/* What the map refuses is an access fault on RISC-V. */
static enum kms_result refuse(struct kms_cpu *cpu, const struct kms_access *access, kms_phys phys,
                              struct kms_fault *fault)
{
    if (cpu_is_observed(cpu, KMS_EVENT_UNBACKED))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_UNBACKED, .access = *access, .phys = phys});
    if (cpu_is_x86(cpu))
        return KMS_UNBACKED;
    *fault = riscv_fault(RISCV_ACCESS_FAULT, access, access->linear & cpu->linear_mask);
    cpu_raise(cpu, access, NULL, fault);
    return KMS_FAULT;
}

/* Whether the map refuses one page's piece, under its policy. RISC-V asks whether memory supports the access at all
 * ("Physical Memory Attributes"). */
static bool is_refused(const struct kms_cpu *cpu, const struct kms_access *access, kms_phys phys)
{
    const struct kms_ram *ram = cpu->machine->ram;
    if (ram->options.unbacked != KMS_REPORT || ram_is_flat(ram, phys & ~PAGE_OFFSET))
        return false;
    const struct ram_region *region = ram_region_at(ram, phys);
    return !region || (!cpu_is_x86(cpu) && region->kind == KMS_REGION_ROM && access_is_write(access));
}

/* One page of an access: where its first byte stands. */
static enum kms_result page_translate(struct kms_cpu *cpu, const struct kms_access *access, kms_phys *phys,
                                      struct kms_fault *fault)
{
    struct kms_tlb_entry entry;
    bool hit;
    const enum kms_result result = cpu_translate(cpu, access, &entry, &hit, fault);
    if (result != KMS_DONE)
        return result;
    const kms_linear linear = access->linear & cpu->linear_mask;
    *phys = entry.phys + (linear - entry.linear);
    if (is_refused(cpu, access, *phys))
        return refuse(cpu, access, *phys, fault);
    if (hit || !cpu_is_translated(cpu, access))
        settle(cpu, access, linear, *phys);
    return KMS_DONE;
}

static enum kms_result span_translate(struct kms_cpu *cpu, const struct kms_access *access, struct span *span,
                                      struct kms_fault *fault)
{
    struct kms_access page = *access;
    enum kms_result result = KMS_DONE;
    for (size_t i = 0; i < span->pages && result == KMS_DONE; i++) {
        result = page_translate(cpu, &page, &span->phys[i], fault);
        page.linear = (page.linear & ~PAGE_OFFSET) + KMS_PAGE_SIZE;
    }
    return result;
}

static bool is_misaligned(const struct kms_cpu *cpu, const struct kms_access *access, size_t size)
{
    if (cpu_is_x86(cpu) || access->kind == KMS_FETCH || (size != 2 && size != 4 && size != 8))
        return false;
    return (access->linear & (size - 1)) && (access->kind == KMS_RMW || checks_alignment(cpu));
}

static enum kms_result raise_misaligned(struct kms_cpu *cpu, const struct kms_access *access,
                                        struct kms_fault *fault)
{
    *fault = riscv_fault(RISCV_MISALIGNED, access, access->linear & cpu->linear_mask);
    cpu_raise(cpu, access, NULL, fault);
    return KMS_FAULT;
}

/* All that can go wrong with an access, before the first byte moves. */
static enum kms_result admit(struct kms_cpu *cpu, const struct kms_access *access, struct span *span,
                             struct kms_fault *fault)
{
    const bool misaligned = is_misaligned(cpu, access, span->size);
    if (misaligned && cpu->machine->options.misaligned != KMS_MISALIGNED_LAST)
        return raise_misaligned(cpu, access, fault);
    const enum kms_result result = span_translate(cpu, access, span, fault);
    return misaligned && result == KMS_DONE ? raise_misaligned(cpu, access, fault) : result;
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
    const enum kms_result result = admit(cpu, access, &span, fault ? fault : &unused);
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
    const enum kms_result result = admit(cpu, access, &span, fault ? fault : &unused);
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
    const enum kms_result result = admit(cpu, &access, &span, fault ? fault : &unused);
    if (result == KMS_DONE) {
        uint8_t old[8], new[8];
        le_put(new, width, *value);
        span_read(cpu, &span, old);
        span_write(cpu, &span, new);
        *value = le_get(old, width);
    }
    span_end(&span);
    return result;
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
            (struct kms_translation){entry.phys + ((access->linear & cpu->linear_mask) - entry.linear),
                                     entry.page_shift, entry.rights, hit};
    return result;
}

static bool is_in_one_page(kms_linear linear, size_t size)
{
    return size - 1 < piece_size(linear, SIZE_MAX);
}

/* Pages belong to a region as a whole. */
static bool is_flat_page(const struct kms_ram *ram, kms_phys phys)
{
    return ram_is_flat(ram, phys & ~PAGE_OFFSET);
}

/* Whether every page of a range is settled, so that it can be moved without a question. */
static bool is_settled(const struct kms_fast_table *table, kms_linear linear, size_t size)
{
    for (size_t done = 0; done < size;) {
        const size_t piece = piece_size(linear + done, size - done);
        if (!kms_fast_hit(table, linear + done, piece))
            return false;
        done += piece;
    }
    return true;
}

/* How much of a settled range lies together in the host's memory too: the end of a page often changes nothing. */
static size_t run_size(const struct kms_fast_table *table, kms_linear linear, size_t size)
{
    const uint64_t addend = table->addend[kms_fast_slot(linear)];
    size_t run = piece_size(linear, size);
    while (run < size && table->addend[kms_fast_slot(linear + run)] == addend)
        run += piece_size(linear + run, size - run);
    return run;
}

static void copy_settled(const struct kms_fast_table *table, kms_linear linear, uint8_t *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        const size_t run = run_size(table, linear + done, size - done);
        memcpy(to + done, kms_fast_ptr(table, linear + done), run);
        done += run;
    }
}

enum kms_result kms_slow_read(struct kms_cpu *cpu, kms_linear linear, void *to, size_t size,
                              struct kms_fault *fault)
{
    const struct kms_access access = {linear, KMS_READ, KMS_AS_CURRENT};
    if (!is_in_one_page(linear, size) || checks_alignment(cpu)) {
        if (!is_settled(&cpu->fast.read, linear, size))
            return kms_access_read(cpu, &access, to, size, fault);
        copy_settled(&cpu->fast.read, linear, to, size);
        return KMS_DONE;
    }
    const struct kms_ram *ram = cpu->machine->ram;
    struct kms_fault unused;
    kms_phys phys;
    const enum kms_result result = page_translate(cpu, &access, &phys, fault ? fault : &unused);
    if (result != KMS_DONE)
        return result;
    if (!is_flat_page(ram, phys))
        return kms_phys_read(ram, phys, to, size);
    memcpy(to, ram->flat_bytes + (phys - ram->flat_base), size);
    return KMS_DONE;
}

struct kms_far kms_slow_load(struct kms_cpu *cpu, kms_linear linear, size_t size, struct kms_fault *fault)
{
    const struct kms_access access = {linear, KMS_READ, KMS_AS_CURRENT};
    const struct kms_ram *ram = cpu->machine->ram;
    struct kms_fault unused;
    enum kms_result result;
    uint64_t bytes = 0; /* a device may make other loads of this CPU before it answers */
    kms_phys phys;
    if (!is_in_one_page(linear, size) || checks_alignment(cpu)) {
        result = kms_slow_read(cpu, linear, &bytes, size, fault);
    } else {
        result = page_translate(cpu, &access, &phys, fault ? fault : &unused);
        if (result == KMS_DONE && is_flat_page(ram, phys)) {
            const uint8_t *host = ram->flat_bytes + (phys - ram->flat_base);
            return (struct kms_far){KMS_DONE, (uint64_t)(uintptr_t)host - linear};
        }
        if (result == KMS_DONE)
            result = kms_phys_read(ram, phys, &bytes, size);
    }
    cpu->aside = bytes;
    return (struct kms_far){result, (uint64_t)(uintptr_t)&cpu->aside - linear};
}

enum kms_result kms_slow_write(struct kms_cpu *cpu, kms_linear linear, const void *from, size_t size,
                               struct kms_fault *fault)
{
    const struct kms_access access = {linear, KMS_WRITE, KMS_AS_CURRENT};
    if (!is_in_one_page(linear, size) || checks_alignment(cpu))
        return kms_access_write(cpu, &access, from, size, fault);
    struct kms_ram *ram = cpu->machine->ram;
    struct kms_fault unused;
    kms_phys phys;
    const enum kms_result result = page_translate(cpu, &access, &phys, fault ? fault : &unused);
    if (result != KMS_DONE)
        return result;
    if (ram->undo || !is_flat_page(ram, phys))
        return kms_phys_write(ram, phys, from, size);
    memcpy(ram->flat_bytes + (phys - ram->flat_base), from, size);
    return KMS_DONE;
}

struct kms_cursor kms_cursor_at(struct kms_cpu *cpu, kms_linear linear)
{
    const struct kms_fast_table *table = &cpu->fast.read;
    const size_t slot = kms_fast_slot(linear);
    if (!kms_fast_hit(table, linear, sizeof(uint32_t)))
        return kms_cursor_new(cpu);
    return (struct kms_cursor){cpu, cpu->fast.drops, -table->page[slot], table->addend[slot]};
}
