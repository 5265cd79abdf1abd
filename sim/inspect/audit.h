/* audit.h - what the parts of an audit share: the pass over the tables, and what is judged after it. */
#ifndef KMS_INSPECT_AUDIT_H
#define KMS_INSPECT_AUDIT_H

#include <kmemsim/inspect.h>

#define AUDIT_RUNS_MAX (UINT32_C(1) << 20) /* so that hostile tables do not eat the host's memory */

struct audit {
    const struct kms_space *space;
    struct kms_audit_options options;
    kms_finding_fn *report;
    void *context;
    struct kms_audit_result *result;
    struct kms_finding
        pending[KMS_RULES]; /* the last finding of each rule, which neighbours may still join */
    bool stopped;           /* the caller wants no more */
    struct kms_run *runs;   /* of pages in RAM */
    size_t run_count, run_capacity;
    kms_phys *tables; /* with repetitions until they are sorted */
    size_t table_count, table_capacity;
    uint64_t without_noexec; /* writable pages that are executable for want of NX */
    bool no_memory;
};

/* Report, or join to the pending finding of the same rule if it is its neighbour. */
void audit_found(struct audit *audit, const struct kms_finding *finding);
void audit_flush(struct audit *audit);
void audit_add_run(struct audit *audit, const struct kms_run *run);
void audit_add_table(struct audit *audit, kms_phys table);

/* The pass over all entries. */
void audit_pass(struct audit *audit);
/* What needs the whole picture: tables that user code can write, frames with several rights. */
void audit_tables(struct audit *audit);
void audit_aliases(struct audit *audit);

#endif
