/*
 * naive_heap.h - placement straight from VanaOS's document: the oracle of where the heap must put things.
 *
 * A linear scan from entry 0 for the first run that is long enough; a free clears entries until one says that no other
 * follows. It shares no code with what it judges, and trusts its caller.
 */
#ifndef NAIVE_HEAP_H
#define NAIVE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Take blocks entries: the number of the first, or -1 if there is no such run. */
long naive_allocate(uint8_t *entries, size_t total, size_t blocks);

/* Free the run that starts at this entry. */
void naive_free(uint8_t *entries, size_t start);

#endif
