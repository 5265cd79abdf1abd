/* What two address spaces map differently. Tables that both use are passed over as a whole. */
#include <kmemsim/inspect.h>

struct diff {
    const struct kms_space *a, *b;
    kms_diff_fn *report;
    void *context;
    struct kms_difference run;
    bool open;
    struct kms_walk walk_a, walk_b;
};

static uint64_t entry_span(const struct kms_space *space, const struct kms_walk_level *level)
{
    return UINT64_C(1) << (KMS_PAGE_SHIFT + space->index_bits * (level->level - 1u));
}

static uint64_t left_of(uint64_t span, uint64_t offset)
{
    return span - (offset & (span - 1));
}

static uint64_t leaf_left(const struct kms_walk *walk, uint64_t offset)
{
    return left_of(UINT64_C(1) << (walk->depth ? walk->page_shift : KMS_PAGE_SHIFT), offset);
}

/* The first depth at which both walks read the same entry with the same rights so far; the deeper one's depth
 * if there is none. */
static unsigned shared_depth(const struct diff *diff)
{
    const struct kms_walk *a = &diff->walk_a, *b = &diff->walk_b;
    unsigned depth = 0;
    for (; depth < a->depth && depth < b->depth; depth++) {
        bool same_rights = depth == 0 || a->level[depth - 1].rights == b->level[depth - 1].rights;
        if (a->level[depth].entry_addr == b->level[depth].entry_addr && same_rights)
            return depth;
    }
    return KMS_WALK_LEVELS;
}

static bool takes_own_window(const struct kms_space *space, const struct kms_walk *walk)
{
    return kms_walk_recursion(space, walk).times > 0;
}

/* Tables in common, or recursive windows, from `offset` on: their size, or 0 if there is neither. */
static uint64_t coarse_step(const struct diff *diff, uint64_t offset, enum kms_diff_kind *kind)
{
    unsigned depth = shared_depth(diff);
    if (depth == 0) {
        *kind = KMS_DIFF_SHARED;
        return (UINT64_C(1) << diff->a->width) - offset;
    }
    if (depth < KMS_WALK_LEVELS) {
        *kind = KMS_DIFF_SHARED;
        return left_of(entry_span(diff->a, &diff->walk_a.level[depth - 1]), offset);
    }
    if (takes_own_window(diff->a, &diff->walk_a) && takes_own_window(diff->b, &diff->walk_b)) {
        *kind = KMS_DIFF_SELF;
        return left_of(entry_span(diff->a, &diff->walk_a.level[0]), offset);
    }
    return 0;
}

static bool compare_leaves(const struct diff *diff, enum kms_diff_kind *kind)
{
    const struct kms_walk *a = &diff->walk_a, *b = &diff->walk_b;
    bool in_a = a->verdict == KMS_MAPPED, in_b = b->verdict == KMS_MAPPED;
    if (!in_a && !in_b)
        return false;
    if (!in_a || !in_b)
        *kind = in_a ? KMS_DIFF_ONLY_A : KMS_DIFF_ONLY_B;
    else if (a->phys != b->phys)
        *kind = KMS_DIFF_FRAME;
    else
        *kind = a->rights != b->rights ? KMS_DIFF_RIGHTS : KMS_DIFF_EQUAL;
    return true;
}

static bool continues(const struct kms_difference *run, const struct kms_difference *next)
{
    if (run->kind != next->kind || run->offset + run->size != next->offset)
        return false;
    if (run->kind == KMS_DIFF_SHARED || run->kind == KMS_DIFF_SELF)
        return true;
    bool a = run->kind == KMS_DIFF_ONLY_B || run->phys_a + run->size == next->phys_a;
    bool b = run->kind == KMS_DIFF_ONLY_A || run->phys_b + run->size == next->phys_b;
    return a && b && run->rights_a == next->rights_a && run->rights_b == next->rights_b;
}

static bool flush(struct diff *diff)
{
    bool go_on = !diff->open || diff->report(diff->context, &diff->run);
    diff->open = false;
    return go_on;
}

static bool add(struct diff *diff, const struct kms_difference *next)
{
    if (diff->open && continues(&diff->run, next)) {
        diff->run.size += next->size;
        diff->run.pages += next->pages;
        return true;
    }
    bool go_on = flush(diff);
    diff->run = *next;
    diff->open = true;
    return go_on;
}

/* One step from `offset`; *size is how far it went. False to stop. */
static bool step(struct diff *diff, uint64_t offset, uint64_t *size)
{
    const kms_linear linear = kms_space_linear(diff->a, offset);
    enum kms_diff_kind kind;
    kms_space_walk(diff->a, linear, &diff->walk_a);
    kms_space_walk(diff->b, linear, &diff->walk_b);
    *size = coarse_step(diff, offset, &kind);
    if (*size == 0) {
        uint64_t left_a = leaf_left(&diff->walk_a, offset), left_b = leaf_left(&diff->walk_b, offset);
        *size = left_a < left_b ? left_a : left_b;
        if (!compare_leaves(diff, &kind))
            return true;
    }
    const struct kms_difference next = {.kind = kind,
                                        .offset = offset,
                                        .size = *size,
                                        .phys_a = diff->walk_a.phys,
                                        .phys_b = diff->walk_b.phys,
                                        .rights_a = diff->walk_a.rights,
                                        .rights_b = diff->walk_b.rights,
                                        .pages = 1};
    return add(diff, &next);
}

bool kms_diff(const struct kms_space *a, const struct kms_space *b, kms_diff_fn *report, void *context)
{
    struct diff diff = {.a = a, .b = b, .report = report, .context = context};
    const uint64_t end = UINT64_C(1) << a->width;
    uint64_t size, steps = 0;
    for (uint64_t offset = 0; offset < end; offset += size) {
        if (steps++ == KMS_SCAN_LIMIT) {
            flush(&diff);
            return false;
        }
        if (!step(&diff, offset, &size))
            return true;
    }
    flush(&diff);
    return true;
}
