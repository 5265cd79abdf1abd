#include "calls.h"

#include <string.h>

static union {
    struct kms_walk walk;
    struct kms_gdb_judgement judgement;
    struct kms_gdb_bytes bytes;
    struct kms_gdb_tlb tlb;
    struct kms_gdb_space space;
    struct kms_gdb_table table;
} answer;

const struct kms_walk *kms_gdb_walk(const struct kms_cpu *cpu, kms_linear linear)
{
    kms_inspect(cpu, linear, &answer.walk);
    return &answer.walk;
}

const struct kms_gdb_judgement *kms_gdb_judge(const struct kms_cpu *cpu, kms_linear linear,
                                              enum kms_access_kind kind, enum kms_privilege privilege)
{
    const struct kms_x86_state state = kms_x86_get_state(cpu);
    const struct kms_access access = {linear, kind, privilege};
    struct kms_gdb_judgement *judgement = &answer.judgement;
    struct kms_walk walk;
    memset(judgement, 0, sizeof *judgement);
    kms_inspect(cpu, linear, &walk);
    judgement->result = kms_x86_decide(&state, &walk, &access, &judgement->fault);
    if (judgement->result != KMS_DONE)
        kms_x86_reason_words(&state, &walk, &access, judgement->text, sizeof judgement->text);
    return judgement;
}

/* ---- memory ---------------------------------------------------------------------------------------------- */

static size_t at_most(uint32_t size)
{
    return size < KMS_GDB_BYTES ? size : KMS_GDB_BYTES;
}

const struct kms_gdb_bytes *kms_gdb_peek(const struct kms_cpu *cpu, kms_linear linear, uint32_t size)
{
    answer.bytes.count = (uint32_t)kms_peek(cpu, linear, answer.bytes.bytes, at_most(size));
    return &answer.bytes;
}

const struct kms_gdb_bytes *kms_gdb_phys(const struct kms_cpu *cpu, kms_phys phys, uint32_t size)
{
    const struct kms_ram *ram = kms_machine_ram(kms_cpu_machine(cpu));
    const struct kms_region region = kms_ram_region(ram, phys);
    const uint64_t left = region.base + region.size - phys;
    const size_t count = left < at_most(size) ? (size_t)left : at_most(size);
    const bool readable = region.kind == KMS_REGION_RAM || region.kind == KMS_REGION_ROM;
    answer.bytes.count = 0;
    if (readable && kms_phys_read(ram, phys, answer.bytes.bytes, count) == KMS_DONE)
        answer.bytes.count = (uint32_t)count;
    return &answer.bytes;
}

/* ---- cached translations --------------------------------------------------------------------------------- */

static bool differs(const struct kms_gdb_cached *cached)
{
    if (!cached->mapped || cached->phys != cached->entry.phys)
        return true;
    return cached->in_tlb && cached->rights != cached->entry.rights;
}

static bool is_foreign(const struct kms_cpu *cpu, const struct kms_tlb_entry *entry)
{
    const bool pcids = (kms_x86_read(cpu, KMS_X86_CR4) & KMS_CR4_PCIDE) != 0;
    return !entry->global && entry->asid != (pcids ? kms_x86_read(cpu, KMS_X86_CR3) & KMS_CR3_PCID : 0);
}

/* Beside what is cached, what the tables say now. */
static void compare(const struct kms_cpu *cpu, struct kms_gdb_cached *cached)
{
    struct kms_walk walk;
    cached->foreign = is_foreign(cpu, &cached->entry);
    if (cached->foreign)
        return;
    kms_inspect(cpu, cached->entry.linear, &walk);
    cached->mapped = walk.verdict == KMS_MAPPED;
    cached->phys = cached->mapped ? walk.phys : 0;
    cached->rights = walk.rights;
    cached->stale = differs(cached);
}

static struct kms_gdb_cached *next_cached(void)
{
    const uint32_t number = answer.tlb.total++;
    return number < KMS_GDB_TLB ? &answer.tlb.cached[number] : NULL;
}

static void add_tlb(const struct kms_cpu *cpu, const struct kms_window *window)
{
    static struct kms_tlb_entry entries[KMS_GDB_TLB];
    const size_t total = kms_tlb_list(cpu, entries, KMS_GDB_TLB);
    for (size_t i = 0; i < total && i < KMS_GDB_TLB; i++) {
        kms_phys frame;
        struct kms_gdb_cached *cached = next_cached();
        *cached = (struct kms_gdb_cached){.entry = entries[i], .in_tlb = true};
        cached->in_window = window && kms_window_mapped(window, entries[i].linear, &frame);
        compare(cpu, cached);
    }
    answer.tlb.total = (uint32_t)total;
}

static bool is_listed(kms_linear linear, uint32_t tlb_entries)
{
    for (uint32_t i = 0; i < tlb_entries && i < KMS_GDB_TLB; i++) {
        const struct kms_tlb_entry *entry = &answer.tlb.cached[i].entry;
        if (linear >> entry->page_shift == entry->linear >> entry->page_shift)
            return true;
    }
    return false;
}

/* Without paging a window shows RAM as it is, and caches nothing. */
static bool window_caches(const struct kms_cpu *cpu)
{
    return (kms_x86_read(cpu, KMS_X86_CR0) & KMS_CR0_PG) != 0;
}

static void add_window(const struct kms_cpu *cpu, const struct kms_window *window)
{
    const uint32_t tlb_entries = answer.tlb.total;
    for (kms_linear linear = 0; linear < kms_window_size(window); linear += KMS_PAGE_SIZE) {
        kms_phys frame;
        if (!kms_window_mapped(window, linear, &frame) || is_listed(linear, tlb_entries))
            continue;
        struct kms_gdb_cached *cached = next_cached();
        if (!cached)
            continue;
        *cached = (struct kms_gdb_cached){
            .entry = {.linear = linear, .phys = frame, .page_shift = KMS_PAGE_SHIFT}, .in_window = true};
        compare(cpu, cached);
    }
}

const struct kms_gdb_tlb *kms_gdb_tlb(const struct kms_cpu *cpu, const struct kms_window *window)
{
    answer.tlb.total = 0;
    add_tlb(cpu, window);
    if (window && window_caches(cpu))
        add_window(cpu, window);
    return &answer.tlb;
}

/* ---- the address space ----------------------------------------------------------------------------------- */

/* True: there is room for another run. */
static bool add_run(const struct kms_space *space, const struct kms_run *run)
{
    answer.space.runs[answer.space.count] = (struct kms_gdb_run){kms_space_linear(space, run->offset), *run};
    return ++answer.space.count < KMS_GDB_RUNS;
}

const struct kms_gdb_space *kms_gdb_space(const struct kms_cpu *cpu, kms_linear first, kms_linear last)
{
    const struct kms_x86_state state = kms_x86_get_state(cpu);
    const struct kms_space space = kms_x86_space(&state, kms_machine_ram(kms_cpu_machine(cpu)));
    struct kms_fold fold = {.space = &space, .rights = UINT8_MAX, .frames = true};
    struct kms_scan scan = kms_scan_range(&space, first, last);
    struct kms_run run;
    answer.space.count = 0;
    answer.space.more = false;
    while (kms_scan_next(&scan)) {
        if (!kms_fold_add(&fold, &scan, &run) || add_run(&space, &run))
            continue;
        answer.space.more = true;
        answer.space.next = kms_space_linear(&space, scan.offset);
        return &answer.space;
    }
    if (kms_fold_end(&fold, &run))
        add_run(&space, &run);
    answer.space.more = scan.cut;
    answer.space.next = kms_space_linear(&space, scan.next);
    return &answer.space;
}

/* The depth at which the walk reads its entry in this frame; walk->depth if it does not. */
static unsigned depth_in(const struct kms_walk *walk, kms_phys phys)
{
    unsigned depth = 0;
    while (depth < walk->depth && (walk->level[depth].in_register ||
                                   walk->level[depth].entry_addr >> KMS_PAGE_SHIFT != phys >> KMS_PAGE_SHIFT))
        depth++;
    return depth;
}

/* From the first address of one page table to that of the next: one walk shows every table above it too. */
static uint64_t behind_table(const struct kms_space *space, const struct kms_walk *walk, uint64_t offset)
{
    const uint64_t table = UINT64_C(1) << (KMS_PAGE_SHIFT + space->index_bits);
    const uint64_t last = UINT64_C(1) << walk->page_shift;
    const uint64_t span = last > table ? last : table;
    return (offset | (span - 1)) + 1;
}

const struct kms_gdb_table *kms_gdb_table(const struct kms_cpu *cpu, uint64_t cr3, kms_phys phys)
{
    struct kms_x86_state state = kms_x86_get_state(cpu);
    state.cr3 = cr3;
    const struct kms_space space = kms_x86_space(&state, kms_machine_ram(kms_cpu_machine(cpu)));
    const uint64_t end = UINT64_C(1) << space.width;
    uint64_t offset = 0, left = KMS_SCAN_LIMIT; /* tables that contain themselves have no end */
    answer.table.found = false;
    while (offset < end && left-- > 0 && !answer.table.found) {
        struct kms_walk walk;
        kms_space_walk(&space, kms_space_linear(&space, offset), &walk);
        const unsigned depth = depth_in(&walk, phys);
        if (depth < walk.depth)
            answer.table = (struct kms_gdb_table){true, walk.level[depth].level, walk.linear};
        offset = behind_table(&space, &walk, offset);
    }
    return &answer.table;
}
