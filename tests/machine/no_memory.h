/*
 * no_memory.h - a host that runs out of memory at one chosen allocation.
 *
 * The program is linked with --wrap for malloc, calloc, realloc, free, strdup, mmap and munmap, so the simulator's own
 * calls come here; those of the C library and of CMocka do not.
 */
#ifndef TESTS_MACHINE_NO_MEMORY_H
#define TESTS_MACHINE_NO_MEMORY_H

#include <kmemsim/base.h>

/* Does something that allocates and undoes it before it returns, whether it was done or not. */
typedef enum kms_status chore_fn(void);

/*
 * Lets each allocation of the chore fail in turn, the first, the second, ... until it meets none that fails. Every
 * failure must make the answer KMS_NO_MEMORY and leave nothing allocated; the last run must be KMS_OK.
 * `at_least` is how many allocations the chore is known to make.
 */
void fail_each_allocation(chore_fn *chore, unsigned at_least);

#endif
