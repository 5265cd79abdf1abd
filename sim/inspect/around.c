/* What lies around one address: neighbours, recursive windows, mistaken addresses. */
#include <kmemsim/inspect.h>

#define NEAREST_LIMIT (UINT64_C(1) << 21) /* steps: enough for 4 GiB in 4 KiB pages, twice */

static bool mapped_at(const struct kms_space *space, uint64_t offset, struct kms_walk *walk)
{
    kms_space_walk(space, kms_space_linear(space, offset), walk);
    return walk->verdict == KMS_MAPPED;
}

static uint64_t span_of(const struct kms_walk *walk)
{
    return UINT64_C(1) << (walk->depth ? walk->page_shift : KMS_PAGE_SHIFT);
}

/* From `offset` downwards: first a hole, then the extent, then the step that ends it. */
static void look_below(const struct kms_space *space, uint64_t offset, struct kms_extent *extent)
{
    struct kms_walk walk;
    for (uint64_t steps = 0; offset != 0; steps++) {
        uint64_t last = offset - 1;
        bool mapped = mapped_at(space, last, &walk);
        if (extent->found && !mapped)
            return;
        if (steps == NEAREST_LIMIT) {
            extent->cut = true;
            return;
        }
        offset = last & ~(span_of(&walk) - 1);
        if (!mapped)
            continue;
        if (!extent->found)
            extent->last = kms_space_linear(space, last);
        extent->first = kms_space_linear(space, offset);
        extent->found = true;
    }
}

static void look_above(const struct kms_space *space, uint64_t offset, struct kms_extent *extent)
{
    struct kms_scan scan = kms_scan(space, NEAREST_LIMIT);
    scan.next = offset & ~(uint64_t)(KMS_PAGE_SIZE - 1);
    while (kms_scan_next(&scan)) {
        bool mapped = scan.walk.verdict == KMS_MAPPED;
        if (extent->found && !mapped)
            return;
        if (!mapped)
            continue;
        if (!extent->found)
            extent->first = kms_space_linear(space, scan.offset);
        extent->last = kms_space_linear(space, scan.next - 1);
        extent->found = true;
    }
    extent->cut = scan.cut;
}

void kms_space_nearest(const struct kms_space *space, kms_linear linear, struct kms_extent *below,
                       struct kms_extent *above)
{
    uint64_t offset = kms_space_offset(space, linear);
    *below = (struct kms_extent){0};
    *above = (struct kms_extent){0};
    look_below(space, offset, below);
    look_above(space, offset, above);
}

/* ---- recursive windows ---- */

static unsigned levels(const struct kms_space *space)
{
    return (space->width - KMS_PAGE_SHIFT + space->index_bits - 1u) / space->index_bits;
}

/* The page directory at `table` as one of the four of PAE paging; 4 if it is none. */
static unsigned pae_directory(const struct kms_space *space, kms_phys table)
{
    unsigned found = 0;
    for (; found < 4; found++) {
        struct kms_walk walk;
        kms_space_walk(space, (kms_linear)found << 30, &walk);
        if (walk.depth > 1 && kms_walk_table(space, &walk, 1) == table)
            break;
    }
    return found;
}

static struct kms_recursion pae_recursion(const struct kms_space *space, const struct kms_walk *walk)
{
    struct kms_recursion found = {.depth = 1, .shift = 21};
    if (walk->depth < 3)
        return found;
    unsigned seen = pae_directory(space, kms_walk_table(space, walk, 2));
    if (seen == 4)
        return found;
    found.times = 1;
    found.level = 1;
    found.linear = (kms_linear)seen << 30 | (kms_linear)walk->level[2].index << 21;
    unsigned again = walk->verdict == KMS_MAPPED ? pae_directory(space, kms_walk_frame(walk)) : 4;
    if (again < 4) {
        found.times = 2;
        found.level = 2;
        found.linear = (kms_linear)again << 30;
    }
    return found;
}

struct kms_recursion kms_walk_recursion(const struct kms_space *space, const struct kms_walk *walk)
{
    struct kms_recursion found = {.shift = (unsigned)space->width - space->index_bits};
    if (space->arch != KMS_ARCH_X86) /* an entry cannot be both: what points to a table maps no page */
        return found;
    if (space->mode == KMS_PAGING_PAE)
        return pae_recursion(space, walk);
    while (found.times + 1u < walk->depth && kms_walk_table(space, walk, found.times + 1u) == space->table)
        found.times++;
    if (walk->verdict == KMS_MAPPED && found.times + 1u == walk->depth && walk->depth == levels(space) &&
        kms_walk_frame(walk) == space->table)
        found.times++;
    if (found.times == 0)
        return found;
    uint64_t offset = kms_space_offset(space, walk->linear) << (space->index_bits * found.times);
    uint64_t mask = (UINT64_C(1) << space->width) - 1;
    uint64_t page = UINT64_C(1) << (KMS_PAGE_SHIFT + found.times * space->index_bits);
    found.linear = kms_space_linear(space, offset & mask & ~(page - 1));
    found.level = walk->depth == levels(space) ? found.times : 0;
    return found;
}

/* ---- linear addresses where physical ones belong ---- */

static bool in_ram(const struct kms_space *space, kms_phys phys)
{
    enum kms_region_kind kind = kms_ram_region(space->ram, phys).kind;
    return kind == KMS_REGION_RAM || kind == KMS_REGION_ROM;
}

struct kms_lookalike kms_space_lookalike(const struct kms_space *space, kms_phys phys)
{
    /* An entry's address field keeps 52 bits of a linear address. */
    static const uint64_t bases[] = {0xc0000000, 0x80000000, 0xffffffff80000000 & 0xfffffffffffff,
                                     0xffff800000000000 & 0xfffffffffffff,
                                     0xffff888000000000 & 0xfffffffffffff};
    struct kms_lookalike found = {0};
    struct kms_walk walk;
    if (in_ram(space, phys) || space->mode == KMS_PAGING_NONE)
        return found;
    if (mapped_at(space, kms_space_offset(space, phys), &walk) && in_ram(space, walk.phys))
        return (struct kms_lookalike){true, walk.phys};
    for (unsigned i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        if (phys >= bases[i] && in_ram(space, phys - bases[i]))
            return (struct kms_lookalike){true, phys - bases[i]};
    }
    return found;
}
