#include "no_memory.h"
#include "kms_test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
char *__wrap_strdup(const char *text);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *address, size_t size);

static unsigned until_failure; /* 0: none is to come */
static long live;              /* allocations and mappings that were not given back */

static bool fails(void)
{
    if (until_failure == 0 || --until_failure != 0)
        return false;
    errno = ENOMEM;
    return true;
}

static void *counted(void *memory)
{
    live += memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (fails())
        return NULL;
    void *moved = __real_realloc(memory, size);
    return memory ? moved : counted(moved);
}

void __wrap_free(void *memory)
{
    live -= memory != NULL;
    __real_free(memory);
}

char *__wrap_strdup(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = __wrap_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

/* A mapping that replaces another (MAP_FIXED) takes no address space and is never given back by itself. */
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (flags & MAP_FIXED)
        return __real_mmap(address, size, protection, flags, fd, offset);
    if (fails())
        return MAP_FAILED;
    void *mapping = __real_mmap(address, size, protection, flags, fd, offset);
    live += mapping != MAP_FAILED;
    return mapping;
}

int __wrap_munmap(void *address, size_t size)
{
    live--;
    return __real_munmap(address, size);
}

void fail_each_allocation(chore_fn *chore, unsigned at_least)
{
    assert_int_equal(chore(), KMS_OK); /* what is made once for each thread exists from here on */
    const long before = live;
    for (unsigned n = 1;; n++) {
        until_failure = n;
        const enum kms_status status = chore();
        const bool failed = until_failure == 0;
        until_failure = 0;
        assert_int_equal(live, before);
        if (!failed) {
            assert_int_equal(status, KMS_OK);
            assert_true(n > at_least);
            return;
        }
        assert_int_equal(status, KMS_NO_MEMORY);
    }
}
