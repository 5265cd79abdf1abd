/*
 * libkmemsim-record.so - preloaded into a program, it tells a shared file of every allocation (raw.h).
 *
 * Everything here is async-signal safe and re-entrant: an operation is one atomic addition and a few stores. The
 * allocator itself is reached by the names that glibc exports for this, so that no symbol has to be looked up and
 * nothing can recurse.
 */
#define _GNU_SOURCE
#include "trace/record/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdarg.h>

enum { PAGE = 4096 };

#define EXPORT __attribute__((visibility("default")))

/* glibc's allocator under its own names; its headers do not declare them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

/* ---- the file ---- */

enum { NOT_YET, STARTING, READY, OFF };

static atomic_int state = NOT_YET;
static struct raw_file *file;

/* On a page that a fork wipes: how a child notices that it is one. */
static _Atomic uint32_t *own_pid;
static uint32_t parent_pid;

static void *map_pages(size_t size, int flags, int fd)
{
    return (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0L);
}

static bool map_file(const char *path)
{
    struct stat status;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool sized = fstat(fd, &status) == 0 && status.st_size > (off_t)sizeof *file;
    file = sized ? map_pages((size_t)status.st_size, MAP_SHARED, fd) : MAP_FAILED;
    syscall(SYS_close, fd);
    return file != MAP_FAILED && file->magic == RAW_MAGIC;
}

static bool make_pid_page(void)
{
    own_pid = map_pages(PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return own_pid != MAP_FAILED && syscall(SYS_madvise, own_pid, PAGE, MADV_WIPEONFORK) == 0;
}

static const char *find_path(void)
{
    static const char name[] = RAW_ENVIRONMENT "=";
    for (char **entry = environ; entry && *entry; entry++) {
        if (strncmp(*entry, name, sizeof name - 1) == 0)
            return *entry + sizeof name - 1;
    }
    return NULL;
}

/* ---- events ---- */

static uint32_t put(const struct raw_event *event)
{
    uint64_t place = __atomic_fetch_add(&file->next, 1, __ATOMIC_RELAXED);
    if (place >= file->capacity)
        return UINT32_MAX;
    struct raw_event *to = &file->events[place];
    to->pid = event->pid;
    to->address = event->address;
    to->size = event->size;
    to->token = event->token;
    to->flags = event->flags;
    __atomic_store_n(&to->kind, event->kind, __ATOMIC_RELEASE);
    return (uint32_t)place;
}

static uint32_t current_pid(void)
{
    uint32_t pid = atomic_load_explicit(own_pid, memory_order_relaxed);
    if (pid != 0)
        return pid;
    pid = (uint32_t)syscall(SYS_getpid);
    put(&(struct raw_event){.kind = RAW_FORK, .pid = pid, .address = parent_pid});
    parent_pid = pid;
    atomic_store_explicit(own_pid, pid, memory_order_relaxed);
    return pid;
}

/* Before main() and other libraries' constructors are through, and in a thread that comes first by chance. */
static bool start(void)
{
    int expected = NOT_YET;
    if (!environ || !atomic_compare_exchange_strong(&state, &expected, STARTING))
        return false;
    int error = errno;
    const char *path = find_path();
    bool ready = path && map_file(path) && make_pid_page();
    if (ready) {
        parent_pid = (uint32_t)syscall(SYS_getpid);
        atomic_store(own_pid, parent_pid);
        put(&(struct raw_event){.kind = RAW_START, .pid = parent_pid});
    }
    atomic_store(&state, ready ? READY : OFF);
    errno = error;
    return ready;
}

static uint32_t record(struct raw_event event)
{
    int now = atomic_load_explicit(&state, memory_order_acquire);
    if (now != READY && (now != NOT_YET || !start()))
        return UINT32_MAX;
    event.pid = current_pid();
    return put(&event);
}

static void *allocated(void *block, size_t size, uint32_t flags)
{
    if (block)
        record(
            (struct raw_event){.kind = RAW_ALLOC, .address = (uintptr_t)block, .size = size, .flags = flags});
    return block;
}

__attribute__((constructor)) static void begin(void)
{
    if (atomic_load(&state) == NOT_YET)
        start();
}

__attribute__((destructor)) static void end(void)
{
    record((struct raw_event){.kind = RAW_EXIT});
}

/* ---- the allocator ---- */

EXPORT void *malloc(size_t size)
{
    return allocated(__libc_malloc(size), size, 0);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return allocated(__libc_calloc(count, size), count * size, RAW_ZEROED);
}

EXPORT void free(void *block)
{
    if (block)
        record((struct raw_event){.kind = RAW_FREE, .address = (uintptr_t)block});
    __libc_free(block);
}

EXPORT void *realloc(void *block, size_t size)
{
    if (!block)
        return malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    uint32_t token = record((struct raw_event){.kind = RAW_MOVE, .address = (uintptr_t)block});
    void *moved = __libc_realloc(block, size);
    record((struct raw_event){
        .kind = moved ? RAW_MOVED : RAW_STAYED, .address = (uintptr_t)moved, .size = size, .token = token});
    return moved;
}

static void *allocate_aligned(size_t alignment, size_t size)
{
    return allocated(__libc_memalign(alignment, size), size, alignment >= PAGE ? RAW_ALIGNED : 0);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    return allocate_aligned(alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return allocate_aligned(alignment, size);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (alignment == 0 || alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    int error = errno;
    void *made = allocate_aligned(alignment, size);
    errno = error;
    if (!made)
        return ENOMEM;
    *block = made;
    return 0;
}

EXPORT void *valloc(size_t size)
{
    return allocate_aligned(PAGE, size);
}

EXPORT void *pvalloc(size_t size)
{
    return allocate_aligned(PAGE, (size + PAGE - 1) & ~(size_t)(PAGE - 1));
}

/* ---- mappings: anonymous memory that can be used ---- */

static void *map(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (flags & MAP_FIXED)
        record((struct raw_event){.kind = RAW_UNMAP, .address = (uintptr_t)address, .size = size});
    void *mapped = (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
    if (mapped != MAP_FAILED && (flags & MAP_ANONYMOUS) && protection != PROT_NONE)
        record((struct raw_event){.kind = RAW_MAP, .address = (uintptr_t)mapped, .size = size});
    return mapped;
}

EXPORT void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return map(address, size, protection, flags, fd, offset);
}

EXPORT void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return map(address, size, protection, flags, fd, offset);
}

EXPORT int munmap(void *address, size_t size)
{
    record((struct raw_event){.kind = RAW_UNMAP, .address = (uintptr_t)address, .size = size});
    return (int)syscall(SYS_munmap, address, size);
}

EXPORT void *mremap(void *old, size_t old_size, size_t size, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    void *wanted = flags & MREMAP_FIXED ? va_arg(arguments, void *) : NULL;
    va_end(arguments);
    uint32_t token = record((struct raw_event){.kind = RAW_MOVE, .address = (uintptr_t)old});
    void *moved = (void *)syscall(SYS_mremap, old, old_size, size, flags, wanted);
    bool done = moved != MAP_FAILED;
    record((struct raw_event){
        .kind = done ? RAW_MOVED : RAW_STAYED, .address = (uintptr_t)moved, .size = size, .token = token});
    return moved;
}

/* ---- ends that run no destructors ---- */

EXPORT _Noreturn void _exit(int status)
{
    end();
    for (;;)
        syscall(SYS_exit_group, status);
}

EXPORT _Noreturn void _Exit(int status)
{
    _exit(status);
}
