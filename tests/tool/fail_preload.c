/*
 * Preloaded into the tool: the allocation whose number is in FAIL_AT fails, and the file FAIL_SAYS comes to be when
 * that has happened. Other programs (the shell in between) are left alone, and so is what runs after main(), which is
 * not the tool's (the writing of its branch coverage).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The C library's own, which need no looking up: that would allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

typedef int main_fn(int argc, char **argv, char **environment);
typedef int start_fn(main_fn *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                     void (*rtld_fini)(void), void *stack_end);
start_fn __libc_start_main;

static unsigned long until_failure; /* 0: none is to come */
static main_fn *tools_main;

static void spare_child(void)
{
    until_failure = 0;
}

__attribute__((constructor)) static void begin(void)
{
    pthread_atfork(NULL, NULL, spare_child);
    const char *number = getenv("FAIL_AT");
    if (number && strcmp(program_invocation_short_name, "kmemsim") == 0)
        until_failure = strtoul(number, NULL, 10);
}

static bool fails(void)
{
    if (until_failure == 0 || --until_failure != 0)
        return false;
    const char *file = getenv("FAIL_SAYS");
    close(file ? open(file, O_CREAT | O_WRONLY, 0600) : -1);
    errno = ENOMEM;
    return true;
}

static int run_main(int argc, char **argv, char **environment)
{
    const int status = tools_main(argc, argv, environment);
    until_failure = 0;
    return status;
}

int __libc_start_main(main_fn *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end)
{
    start_fn *start = (start_fn *)dlsym(RTLD_NEXT, __func__);
    tools_main = main;
    return start(run_main, argc, argv, init, fini, rtld_fini, stack_end);
}

void exit(int status)
{
    void (*leave)(int) = (void (*)(int))dlsym(RTLD_NEXT, __func__);
    until_failure = 0;
    leave(status);
    abort();
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}

/* What replaces a mapping takes no address space. */
void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (!(flags & MAP_FIXED) && fails())
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}
