#include "audit.h"

#include <stdlib.h>

static const struct {
    const char *id;
    const char *words;
    enum kms_severity severity;
} rules[KMS_RULES] = {
    [KMS_RULE_RESERVED] = {"reserved-bit", "a reserved bit is set: every access faults", KMS_ERROR},
    [KMS_RULE_TABLE_OUTSIDE] = {"table-outside-ram", "the entry points to a table where no RAM is",
                                KMS_ERROR},
    [KMS_RULE_PAGE_OUTSIDE] = {"page-outside-ram", "mapped to where neither RAM nor a customary device is",
                               KMS_WARNING},
    [KMS_RULE_DEVICE] = {"device-memory", "mapped to where devices customarily are", KMS_NOTE},
    [KMS_RULE_TABLE_USER] = {"table-user-writable", "user code can write this page table", KMS_ERROR},
    [KMS_RULE_WX] = {"writable-executable", "both writable and executable", KMS_WARNING},
    [KMS_RULE_KERNEL_USER] = {"kernel-user-readable", "user code can read this kernel range", KMS_WARNING},
    [KMS_RULE_ALIAS] = {"alias-rights", "one frame under several addresses with different rights",
                        KMS_WARNING},
    [KMS_RULE_RECURSIVE] = {"recursive-mapping", "an entry of the topmost table points at that table",
                            KMS_NOTE},
    [KMS_RULE_MIXED] = {"large-page-mixed", "a large page over RAM and something else", KMS_WARNING},
    [KMS_RULE_VIRTUAL] = {"virtual-in-entry", "looks like a linear address where a physical one belongs",
                          KMS_ERROR},
    [KMS_RULE_LOOP] = {"table-loop", "a table is reached again below itself", KMS_ERROR},
    [KMS_RULE_MISALIGNED] = {"misaligned-page",
                             "a large page whose frame is not a multiple of its size: every access faults",
                             KMS_ERROR},
    [KMS_RULE_TOO_DEEP] = {"table-too-deep",
                           "an entry of the last level points to a table: every access faults", KMS_ERROR},
    [KMS_RULE_NO_NX] = {"no-nx",
                        "no-execute is off or unknown to this mode: whatever is writable is executable",
                        KMS_NOTE},
};

const char *kms_rule_id(enum kms_rule rule)
{
    return rules[rule].id;
}

const char *kms_rule_words(enum kms_rule rule)
{
    return rules[rule].words;
}

enum kms_severity kms_rule_severity(enum kms_rule rule)
{
    return rules[rule].severity;
}

const char *kms_severity_name(enum kms_severity severity)
{
    static const char *const names[] = {
        [KMS_NOTE] = "note", [KMS_WARNING] = "warning", [KMS_ERROR] = "error"};
    return names[severity];
}

/* ---- findings ---- */

static void flush_rule(struct audit *audit, enum kms_rule rule)
{
    struct kms_finding *pending = &audit->pending[rule];
    if (pending->count && !audit->stopped)
        audit->stopped = !audit->report(audit->context, pending);
    pending->count = 0;
}

static bool is_neighbour(const struct kms_finding *pending, const struct kms_finding *next)
{
    return pending->count && pending->last + 1 == next->first && pending->level == next->level &&
           pending->rights == next->rights && pending->other_rights == next->other_rights &&
           (pending->rule != KMS_RULE_ALIAS ||
            pending->detail + (pending->last - pending->first) + 1 == next->detail);
}

void audit_found(struct audit *audit, const struct kms_finding *finding)
{
    struct kms_finding *pending = &audit->pending[finding->rule];
    if (is_neighbour(pending, finding)) {
        pending->last = finding->last;
        pending->count += finding->count;
        return;
    }
    flush_rule(audit, finding->rule);
    *pending = *finding;
}

void audit_flush(struct audit *audit)
{
    for (unsigned rule = 0; rule < KMS_RULES; rule++)
        flush_rule(audit, (enum kms_rule)rule);
}

/* ---- memory ---- */

static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    size_t more = *capacity ? 2 * *capacity : 1024;
    void *grown = realloc(array, more * size);
    if (grown)
        *capacity = more;
    return grown;
}

void audit_add_run(struct audit *audit, const struct kms_run *run)
{
    if (audit->run_count == AUDIT_RUNS_MAX) {
        audit->result->cut = true;
        return;
    }
    struct kms_run *runs = grow(audit->runs, audit->run_count, &audit->run_capacity, sizeof *runs);
    if (!runs) {
        audit->no_memory = true;
        return;
    }
    audit->runs = runs;
    runs[audit->run_count++] = *run;
}

void audit_add_table(struct audit *audit, kms_phys table)
{
    if (audit->table_count == AUDIT_RUNS_MAX) {
        audit->result->cut = true;
        return;
    }
    kms_phys *tables = grow(audit->tables, audit->table_count, &audit->table_capacity, sizeof *tables);
    if (!tables) {
        audit->no_memory = true;
        return;
    }
    audit->tables = tables;
    tables[audit->table_count++] = table;
}

/* ---- the whole ---- */

static int compare_phys(const void *left, const void *right)
{
    kms_phys a = *(const kms_phys *)left, b = *(const kms_phys *)right;
    return a < b ? -1 : a > b;
}

static void sort_tables(struct audit *audit)
{
    size_t kept = 0;
    if (audit->table_count)
        qsort(audit->tables, audit->table_count, sizeof audit->tables[0], compare_phys);
    for (size_t i = 0; i < audit->table_count; i++) {
        if (i == 0 || audit->tables[i] != audit->tables[kept - 1])
            audit->tables[kept++] = audit->tables[i];
    }
    audit->table_count = kept;
    audit->result->tables = kept;
}

enum kms_status kms_audit(const struct kms_space *space, const struct kms_audit_options *options,
                          kms_finding_fn *report, void *context, struct kms_audit_result *result)
{
    struct audit audit = {
        .space = space, .options = *options, .report = report, .context = context, .result = result};
    *result = (struct kms_audit_result){0};
    audit_pass(&audit);
    audit_flush(&audit);
    sort_tables(&audit);
    audit_tables(&audit);
    audit_flush(&audit);
    audit_aliases(&audit);
    audit_flush(&audit);
    free(audit.runs);
    free(audit.tables);
    return audit.no_memory ? KMS_NO_MEMORY : KMS_OK;
}
