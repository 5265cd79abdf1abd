/* What an audit can judge only with the whole picture: tables in reach of user code, frames with several rights. */
#include "audit.h"

#include <stdlib.h>

#define RIGHTS_SETS 16u /* combinations of enum kms_right */

static kms_linear linear_in(const struct audit *audit, const struct kms_run *run, kms_phys phys)
{
    return kms_space_linear(audit->space, run->offset + (phys - run->phys));
}

/* ---- tables that user code can write ---- */

/* The first table at or above an address. */
static size_t first_table(const struct audit *audit, kms_phys phys)
{
    size_t low = 0, high = audit->table_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (audit->tables[middle] < phys)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void audit_tables(struct audit *audit)
{
    const uint8_t wanted = KMS_RIGHT_USER | KMS_RIGHT_WRITE;
    for (size_t i = 0; i < audit->run_count && !audit->stopped; i++) {
        const struct kms_run *run = &audit->runs[i];
        if ((run->rights & wanted) != wanted)
            continue;
        for (size_t t = first_table(audit, run->phys);
             t < audit->table_count && audit->tables[t] < run->phys + run->size; t++) {
            kms_linear linear = linear_in(audit, run, audit->tables[t]);
            audit_found(audit, &(struct kms_finding){.rule = KMS_RULE_TABLE_USER,
                                                     .first = linear,
                                                     .last = linear + KMS_PAGE_SIZE - 1,
                                                     .phys = audit->tables[t],
                                                     .count = 1,
                                                     .rights = run->rights});
        }
    }
}

/* ---- frames with several rights ---- */

static int compare_runs(const void *left, const void *right)
{
    const struct kms_run *a = left, *b = right;
    if (a->phys != b->phys)
        return a->phys < b->phys ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void check_overlap(struct audit *audit, const struct kms_run *run, const struct kms_run *other)
{
    kms_phys end = run->phys + run->size, other_end = other->phys + other->size;
    if (other_end <= run->phys)
        return;
    uint64_t size = (end < other_end ? end : other_end) - run->phys;
    kms_linear first = linear_in(audit, run, run->phys);
    audit_found(audit, &(struct kms_finding){.rule = KMS_RULE_ALIAS,
                                             .first = first,
                                             .last = first + size - 1,
                                             .phys = run->phys,
                                             .count = size >> KMS_PAGE_SHIFT,
                                             .detail = linear_in(audit, other, run->phys),
                                             .rights = run->rights,
                                             .other_rights = other->rights});
}

/* In the order of frames; for each set of rights, the run that reaches highest is enough to compare with. */
void audit_aliases(struct audit *audit)
{
    const struct kms_run *reaching[RIGHTS_SETS] = {NULL};
    if (audit->run_count)
        qsort(audit->runs, audit->run_count, sizeof audit->runs[0], compare_runs);
    for (size_t i = 0; i < audit->run_count && !audit->stopped; i++) {
        const struct kms_run *run = &audit->runs[i];
        for (unsigned rights = 0; rights < RIGHTS_SETS; rights++) {
            if (rights != run->rights && reaching[rights])
                check_overlap(audit, run, reaching[rights]);
        }
        const struct kms_run **same = &reaching[run->rights % RIGHTS_SETS];
        if (!*same || (*same)->phys + (*same)->size < run->phys + run->size)
            *same = run;
    }
}
