/* The pass of an audit over all entries: what one entry or one page alone shows. */
#include "audit.h"

#define FOUR_GIB (UINT64_C(1) << 32)

/* Where PCs have video memory, option ROMs and BIOS, and devices, APICs and flash below 4 GiB. */
#define LEGACY_FIRST  UINT64_C(0xa0000)
#define LEGACY_END    UINT64_C(0x100000)
#define DEVICES_FIRST UINT64_C(0xe0000000)

#define RUN_RIGHTS (KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_EXEC | KMS_RIGHT_USER)

static struct kms_finding finding_at(const struct kms_scan *scan, enum kms_rule rule)
{
    const struct kms_walk_level *last = kms_walk_last(&scan->walk);
    return (struct kms_finding){
        .rule = rule,
        .first = kms_space_linear(scan->space, scan->offset),
        .last = kms_space_linear(scan->space, scan->offset + scan->size - 1),
        .phys = scan->walk.phys,
        .count = 1,
        .entry_addr = last->entry_addr,
        .entry = last->entry,
        .level = last->level,
        .index = last->index,
        .rights = scan->walk.rights,
    };
}

/* A finding about the entry above the one that ended the walk; the walk's own top is CR3. */
static struct kms_finding finding_above(const struct kms_scan *scan, enum kms_rule rule, unsigned depth)
{
    const struct kms_walk_level root = {0}, *level = depth ? &scan->walk.level[depth - 1] : &root;
    struct kms_finding finding = finding_at(scan, rule);
    finding.phys = kms_walk_table(scan->space, &scan->walk, depth);
    finding.entry_addr = level->entry_addr;
    finding.entry = level->entry;
    finding.level = level->level;
    finding.index = level->index;
    finding.rights = level->rights;
    return finding;
}

/* Go on behind what an entry spans. */
static void skip_entry(struct kms_scan *scan, const struct kms_walk_level *level, struct kms_finding *finding)
{
    uint64_t span = UINT64_C(1) << (KMS_PAGE_SHIFT + scan->space->index_bits * (level->level - 1u));
    scan->next = (scan->offset & ~(span - 1)) + span;
    finding->last = kms_space_linear(scan->space, scan->next - 1);
}

static void check_outside_table(struct audit *audit, struct kms_scan *scan)
{
    const unsigned depth = scan->walk.depth - 1u;
    struct kms_finding finding = finding_above(scan, KMS_RULE_TABLE_OUTSIDE, depth);
    if (depth)
        skip_entry(scan, &scan->walk.level[depth - 1], &finding);
    struct kms_lookalike like = kms_space_lookalike(audit->space, finding.phys);
    audit_found(audit, &finding);
    if (!like.found)
        return;
    finding.rule = KMS_RULE_VIRTUAL;
    finding.detail = like.meant;
    audit_found(audit, &finding);
}

/* ---- pages ---- */

static bool is_memory(enum kms_region_kind kind)
{
    return kind == KMS_REGION_RAM || kind == KMS_REGION_ROM;
}

enum backing { BACKED, BACKED_IN_PART, NOT_BACKED };

static enum backing backing_of(const struct kms_ram *ram, kms_phys frame, uint64_t size)
{
    bool some = false, all = true;
    for (kms_phys at = frame; at < frame + size;) {
        struct kms_region region = kms_ram_region(ram, at);
        if (is_memory(region.kind))
            some = true;
        else
            all = false;
        if (region.base + region.size <= at)
            break;
        at = region.base + region.size;
    }
    return all ? BACKED : some ? BACKED_IN_PART : NOT_BACKED;
}

static bool is_device_place(const struct kms_space *space, kms_phys phys)
{
    if (kms_ram_region(space->ram, phys).kind == KMS_REGION_MMIO)
        return true;
    if (space->arch != KMS_ARCH_X86)
        return phys < KMS_RISCV_RAM_BASE;
    return (phys >= LEGACY_FIRST && phys < LEGACY_END) || (phys >= DEVICES_FIRST && phys < FOUR_GIB);
}

/* Returns true if the page is memory throughout. */
static bool check_backing(struct audit *audit, const struct kms_scan *scan)
{
    const kms_phys frame = kms_walk_frame(&scan->walk);
    const uint64_t size = UINT64_C(1) << scan->walk.page_shift;
    const enum backing backing = backing_of(audit->space->ram, frame, size);
    const bool over_legacy =
        audit->space->arch == KMS_ARCH_X86 && size > KMS_PAGE_SIZE && frame < LEGACY_FIRST;
    struct kms_finding finding = finding_at(scan, KMS_RULE_MIXED);
    if (backing == BACKED_IN_PART || (backing == BACKED && over_legacy))
        audit_found(audit, &finding);
    if (backing != NOT_BACKED)
        return backing == BACKED;
    finding.rule = is_device_place(audit->space, frame) ? KMS_RULE_DEVICE : KMS_RULE_PAGE_OUTSIDE;
    audit_found(audit, &finding);
    return false;
}

static void check_rights(struct audit *audit, const struct kms_scan *scan)
{
    const uint8_t rights = scan->walk.rights;
    struct kms_finding finding = finding_at(scan, KMS_RULE_WX);
    if ((rights & KMS_RIGHT_WRITE) && (rights & KMS_RIGHT_EXEC)) {
        if (audit->space->noexec)
            audit_found(audit, &finding);
        else
            audit->without_noexec++;
    }
    if ((rights & KMS_RIGHT_USER) && finding.first >= audit->options.kernel_base) {
        finding.rule = KMS_RULE_KERNEL_USER;
        audit_found(audit, &finding);
    }
}

/* ---- tables ---- */

/* Tables that the last walk did not go through. */
static void note_tables(struct audit *audit, const struct kms_walk *walk, const struct kms_walk *before)
{
    const unsigned depth = walk->verdict == KMS_NO_TABLE ? walk->depth - 1u : walk->depth;
    for (unsigned i = 0; i < depth; i++) {
        kms_phys table = kms_walk_table(audit->space, walk, i);
        if (i >= before->depth || kms_walk_table(audit->space, before, i) != table)
            audit_add_table(audit, table);
    }
}

/* Recursive windows are named and passed over. */
static bool check_recursion(struct audit *audit, struct kms_scan *scan)
{
    struct kms_recursion recursion = kms_walk_recursion(audit->space, &scan->walk);
    if (!recursion.times)
        return false;
    struct kms_finding finding = finding_above(scan, KMS_RULE_RECURSIVE, recursion.depth + 1);
    skip_entry(scan, &scan->walk.level[recursion.depth], &finding);
    audit_found(audit, &finding);
    return true;
}

/* A table below itself that is not a recursive window: what it spans is passed over. */
static bool check_loop(struct audit *audit, struct kms_scan *scan)
{
    const struct kms_walk *walk = &scan->walk;
    for (unsigned low = 1; low < walk->depth; low++) {
        for (unsigned high = 0; high < low; high++) {
            if (walk->level[high].in_register ||
                kms_walk_table(audit->space, walk, low) != kms_walk_table(audit->space, walk, high))
                continue;
            struct kms_finding finding = finding_above(scan, KMS_RULE_LOOP, low);
            skip_entry(scan, &walk->level[low - 1], &finding);
            audit_found(audit, &finding);
            return true;
        }
    }
    return false;
}

static void check_step(struct audit *audit, struct kms_scan *scan, struct kms_fold *fold)
{
    struct kms_run run;
    bool listed = false;
    if (check_recursion(audit, scan) || check_loop(audit, scan)) {
        listed = false;
    } else if (scan->walk.verdict == KMS_RESERVED) {
        struct kms_finding finding = finding_at(scan, KMS_RULE_RESERVED);
        finding.detail = kms_walk_last(&scan->walk)->reserved;
        audit_found(audit, &finding);
    } else if (scan->walk.verdict == KMS_MISALIGNED_PAGE || scan->walk.verdict == KMS_TOO_DEEP) {
        const struct kms_finding finding =
            finding_at(scan, scan->walk.verdict == KMS_TOO_DEEP ? KMS_RULE_TOO_DEEP : KMS_RULE_MISALIGNED);
        audit_found(audit, &finding);
    } else if (scan->walk.verdict == KMS_NO_TABLE) {
        check_outside_table(audit, scan);
    } else if (scan->walk.verdict == KMS_MAPPED) {
        audit->result->pages++;
        check_rights(audit, scan);
        listed = check_backing(audit, scan);
    }
    if (listed ? kms_fold_add(fold, scan, &run) : kms_fold_end(fold, &run))
        audit_add_run(audit, &run);
}

void audit_pass(struct audit *audit)
{
    struct kms_scan scan = kms_scan(audit->space, audit->options.limit);
    struct kms_fold fold = {.space = audit->space, .rights = RUN_RIGHTS, .frames = true};
    struct kms_walk before = {0};
    struct kms_run run;
    while (!audit->stopped && !audit->no_memory && kms_scan_next(&scan)) {
        note_tables(audit, &scan.walk, &before);
        before = scan.walk;
        check_step(audit, &scan, &fold);
    }
    if (kms_fold_end(&fold, &run))
        audit_add_run(audit, &run);
    audit->result->cut |= scan.cut;
    /* One note about the mode instead of one about every page. */
    if (audit->without_noexec)
        audit_found(audit, &(struct kms_finding){.rule = KMS_RULE_NO_NX,
                                                 .last = kms_space_linear(audit->space, scan.end - 1),
                                                 .count = audit->without_noexec});
}
