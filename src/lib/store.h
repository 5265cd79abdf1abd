/*
 * store.h - whole pages to and from the backing store, and what may go wrong on the way.
 *
 * hw_store_transfer() moves what it can. Here a short transfer goes on where it ended, a busy store is asked again
 * up to STORE_PATIENCE times, and a page has moved as a whole or the transfer has failed. After a failed write the
 * page of the store holds anything.
 *
 * Failures can be ordered, which is how tests and operations come to them, the same on every host.
 */
#ifndef LIB_STORE_H
#define LIB_STORE_H

#include <stdbool.h>
#include <stdint.h>

#define STORE_PATIENCE 16u

/* What happens to the n-th transfer from now. */
enum store_failure {
    STORE_GOOD,   /* nothing */
    STORE_SHORT,  /* it stops in the middle; asked again it goes on */
    STORE_SLOW,   /* the store is busy, for a time that patience outlasts */
    STORE_STUCK,  /* the store is busy and stays so */
    STORE_FAILED, /* half of the page moves, then the store fails */
    STORE_BROKEN, /* the same, and with every later transfer too */
    STORE_FAILURES
};

struct store {
    enum store_failure ordered;
    uint32_t calls_until;   /* 1: the next transfer; 0: nothing is ordered */
    uint64_t reads, writes; /* pages asked for */
    uint64_t asked_again;   /* calls beyond the first, of short and slow transfers */
    uint64_t failed;        /* pages that did not move */
};

void store_init(struct store *store);

/* n 0, or STORE_GOOD: the order is taken back. */
void store_fail(struct store *store, enum store_failure failure, uint32_t n);

/* One page; memory holds HW_STORE_PAGE bytes and comes from hw_ptr(). False: it did not move. */
bool store_read(struct store *store, uint32_t page, void *memory);
bool store_write(struct store *store, uint32_t page, void *memory);

#endif
