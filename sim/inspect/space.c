#include <kmemsim/inspect.h>

static void walk_x86(const void *registers, const struct kms_ram *ram, kms_linear linear,
                     struct kms_walk *walk)
{
    kms_x86_walk(registers, ram, linear, walk);
}

struct kms_space kms_x86_space(const struct kms_x86_state *state, const struct kms_ram *ram)
{
    static const uint8_t widths[] = {[KMS_PAGING_NONE] = 32,
                                     [KMS_PAGING_32BIT] = 32,
                                     [KMS_PAGING_PAE] = 32,
                                     [KMS_PAGING_4LEVEL] = 48,
                                     [KMS_PAGING_5LEVEL] = 57};
    enum kms_paging_mode mode = kms_x86_paging_mode(state);
    bool pae = mode == KMS_PAGING_PAE;
    kms_phys low_bits = pae ? 0x1f : KMS_PAGE_SIZE - 1; /* the PDPT of PAE paging is 32 bytes */
    kms_phys wide = (UINT64_C(1) << KMS_PHYS_BITS) - 1;
    return (struct kms_space){
        .arch = KMS_ARCH_X86,
        .walk = walk_x86,
        .registers = state,
        .ram = ram,
        .mode = (uint8_t)mode,
        .width = widths[mode],
        .index_bits = mode == KMS_PAGING_32BIT ? 10 : 9,
        .noexec = (state->efer & KMS_EFER_NXE) && (state->cr4 & KMS_CR4_PAE),
        .sign_extended = mode == KMS_PAGING_4LEVEL || mode == KMS_PAGING_5LEVEL,
        .table = state->cr3 & ~low_bits & (mode <= KMS_PAGING_PAE ? UINT32_MAX : wide),
    };
}

static void walk_riscv(const void *registers, const struct kms_ram *ram, kms_linear linear,
                       struct kms_walk *walk)
{
    kms_riscv_walk(registers, ram, linear, walk);
    /* An image is read-only here, and was RAM. */
    for (unsigned i = 0; i < walk->depth; i++)
        walk->level[i].flags &= (uint16_t)~KMS_ENTRY_FIXED;
}

struct kms_space kms_riscv_space(const struct kms_riscv_state *state, const struct kms_ram *ram)
{
    const bool rv32 = state->arch == KMS_ARCH_RV32;
    const enum kms_paging_mode mode = kms_riscv_paging_mode(state);
    const uint8_t width = mode == KMS_PAGING_SV39   ? 39
                          : mode == KMS_PAGING_SV48 ? 48
                          : mode == KMS_PAGING_SV57 ? 57
                                                    : 32;
    return (struct kms_space){
        .arch = state->arch,
        .walk = walk_riscv,
        .registers = state,
        .ram = ram,
        .mode = (uint8_t)mode,
        .width = width,
        .index_bits = rv32 ? 10 : 9,
        .noexec = true,
        .sign_extended = width > 32,
        .table = (state->satp & (rv32 ? KMS_SATP32_PPN : KMS_SATP64_PPN)) << KMS_PAGE_SHIFT,
    };
}

enum kms_result kms_space_decide(const struct kms_space *space, const struct kms_walk *walk,
                                 const struct kms_access *access, struct kms_fault *fault)
{
    return space->arch == KMS_ARCH_X86 ? kms_x86_decide(space->registers, walk, access, fault)
                                       : kms_riscv_decide(space->registers, walk, access, fault);
}

bool kms_x86_load_pdptes(struct kms_x86_state *state, const struct kms_ram *ram)
{
    struct kms_space space = kms_x86_space(state, ram);
    if (space.mode != KMS_PAGING_PAE)
        return true;
    for (unsigned i = 0; i < 4; i++) {
        if (kms_phys_load(ram, space.table + 8 * i, 8, &state->pdpte[i]) != KMS_DONE)
            return false;
    }
    return true;
}

kms_linear kms_space_linear(const struct kms_space *space, uint64_t offset)
{
    if (space->sign_extended && (offset >> (space->width - 1) & 1))
        return offset | (UINT64_MAX << space->width);
    return offset;
}

uint64_t kms_space_offset(const struct kms_space *space, kms_linear linear)
{
    return linear & ((UINT64_C(1) << space->width) - 1);
}

const struct kms_walk_level *kms_walk_last(const struct kms_walk *walk)
{
    return walk->depth ? &walk->level[walk->depth - 1] : NULL;
}

kms_phys kms_walk_table(const struct kms_space *space, const struct kms_walk *walk, unsigned depth)
{
    const struct kms_walk_level *level = &walk->level[depth];
    return level->entry_addr - (kms_phys)level->index * (space->index_bits == 10 ? 4u : 8u);
}

kms_phys kms_walk_frame(const struct kms_walk *walk)
{
    return walk->phys >> walk->page_shift << walk->page_shift;
}

/* ---- scan ---- */

struct kms_scan kms_scan(const struct kms_space *space, uint64_t limit)
{
    return (struct kms_scan){
        .space = space,
        .end = UINT64_C(1) << space->width,
        .left = limit ? limit : KMS_SCAN_LIMIT,
    };
}

struct kms_scan kms_scan_range(const struct kms_space *space, kms_linear first, kms_linear last)
{
    struct kms_scan scan = kms_scan(space, 0);
    scan.next = kms_space_offset(space, first) & ~(uint64_t)(KMS_PAGE_SIZE - 1);
    scan.end = kms_space_offset(space, last) + 1;
    return scan;
}

/* Bytes from an offset to the end of what the last entry of its walk spans. */
static uint64_t span_left(const struct kms_walk *walk, uint64_t offset)
{
    uint64_t span = UINT64_C(1) << (walk->depth ? walk->page_shift : KMS_PAGE_SHIFT);
    return span - (offset & (span - 1));
}

bool kms_scan_next(struct kms_scan *scan)
{
    if (scan->next >= scan->end)
        return false;
    if (scan->left == 0) {
        scan->cut = true;
        return false;
    }
    scan->left--;
    scan->offset = scan->next;
    kms_space_walk(scan->space, kms_space_linear(scan->space, scan->offset), &scan->walk);
    scan->size = span_left(&scan->walk, scan->offset);
    scan->next += scan->size;
    return true;
}

/* ---- runs ---- */

static struct kms_run run_of(const struct kms_fold *fold, const struct kms_scan *scan)
{
    const struct kms_walk_level *last = kms_walk_last(&scan->walk);
    return (struct kms_run){
        .offset = scan->offset,
        .size = scan->size,
        .phys = scan->walk.phys,
        .pages = 1,
        .page_shifts = UINT64_C(1) << scan->walk.page_shift,
        .flags = last ? last->flags & fold->flags : 0,
        .rights = scan->walk.rights & fold->rights,
    };
}

static bool continues(const struct kms_fold *fold, const struct kms_run *next)
{
    const struct kms_run *run = &fold->run;
    if (run->offset + run->size != next->offset || run->rights != next->rights || run->flags != next->flags)
        return false;
    if (!fold->frames)
        return true;
    return run->phys + run->size == next->phys && kms_space_linear(fold->space, run->offset) + run->size ==
                                                      kms_space_linear(fold->space, next->offset);
}

bool kms_fold_end(struct kms_fold *fold, struct kms_run *done)
{
    if (!fold->open)
        return false;
    *done = fold->run;
    fold->open = false;
    return true;
}

bool kms_fold_add(struct kms_fold *fold, const struct kms_scan *scan, struct kms_run *done)
{
    if (scan->walk.verdict != KMS_MAPPED)
        return kms_fold_end(fold, done);
    struct kms_run next = run_of(fold, scan);
    if (fold->open && continues(fold, &next)) {
        fold->run.size += next.size;
        fold->run.pages++;
        fold->run.page_shifts |= next.page_shifts;
        return false;
    }
    bool ended = kms_fold_end(fold, done);
    fold->run = next;
    fold->open = true;
    return ended;
}
