/*
 * ledger.h - the blocks that are handed out, found by owner and address: a table of chains that grows with them.
 */
#ifndef SIM_CHECK_LEDGER_H
#define SIM_CHECK_LEDGER_H

#include <kmemsim/check.h>

struct check_entry {
    struct kms_check_block block;
    uint64_t lead; /* bytes between the kernel's address and the caller's */
    bool zones;    /* the bytes around it are the checker's */
    bool told[2];  /* by side: 0 right, 1 left */
    struct check_entry *next;
};

/* All zero is an empty ledger. */
struct check_ledger {
    struct check_entry **chains;
    size_t chain_count; /* a power of two, or 0 */
    size_t count;
};

/* A new entry, with nothing but zeros; NULL without memory. An entry of the same owner and address goes: the kernel has
 * handed its memory out again. */
struct check_entry *ledger_add(struct check_ledger *ledger, int process, kms_linear address);
struct check_entry *ledger_find(const struct check_ledger *ledger, int process, kms_linear address);
/* The entry of the kernel heap whose block or zones hold this address, or NULL. Looks at all. */
struct check_entry *ledger_around(const struct check_ledger *ledger, kms_linear address);
void ledger_remove(struct check_ledger *ledger, struct check_entry *entry);
void ledger_clear(struct check_ledger *ledger);

/* All entries, in no order that says anything. */
struct check_entry *ledger_first(const struct check_ledger *ledger);
struct check_entry *ledger_next(const struct check_ledger *ledger, const struct check_entry *entry);

/* All entries in the order of allocation, `count` of them, to be freed; NULL without memory. */
struct check_entry **ledger_sorted(const struct check_ledger *ledger);

#endif
