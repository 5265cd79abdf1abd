/*
 * sanitize.h - tell AddressSanitizer and Valgrind's memcheck which memory a kernel's allocator has handed
 * out.
 *
 * Both tools know the C library's malloc; to them a kernel's heap is one big area that is always valid. An
 * allocator that calls these functions has its blocks treated as malloc's are: the bytes beyond a request, a
 * freed block, and with memcheck the content of a block before it was written, are reported where they are
 * used, with file and line.
 *
 *   build                         what the functions do
 *   with AddressSanitizer         poison and unpoison
 *   with KERNEL_VALGRIND defined  client requests, which cost next to nothing outside Valgrind
 *   any other, the metal too      nothing: they vanish
 *
 * The addresses are the pointers that the kernel itself uses: from hw_ptr(), in the linear window or in guest
 * RAM. What is marked holds for whoever else is built with the sanitizer and looks through the same pointers.
 * The functions read and write none of the memory. What was zeroed by writing it needs no further word.
 * kernel_mark_known() opens bytes whose content counts: an allocator's own words in the midst of what is closed.
 */
#ifndef KERNEL_SANITIZE_H
#define KERNEL_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define KERNEL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KERNEL_ASAN 1
#endif
#endif

/*
 * An allocator whose own books lie between its blocks reads and writes them in functions that are KERNEL_UNWATCHED, and
 * for memcheck between kernel_watch_pause() and kernel_watch_resume(). To everybody else they are red zones.
 */
#if defined(KERNEL_ASAN)
#define KERNEL_UNWATCHED __attribute__((no_sanitize("address"), noinline))
#else
#define KERNEL_UNWATCHED
#endif

#if defined(KERNEL_VALGRIND) && !defined(KERNEL_ASAN)
#include <valgrind/valgrind.h>
#define kernel_watch_pause()  VALGRIND_DISABLE_ERROR_REPORTING
#define kernel_watch_resume() VALGRIND_ENABLE_ERROR_REPORTING
#else
#define kernel_watch_pause()  ((void)0)
#define kernel_watch_resume() ((void)0)
#endif

#if defined(KERNEL_ASAN)

void __asan_poison_memory_region(const volatile void *address, size_t size);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);

#define KERNEL_BLOCKS_ARE_WATCHED true
#define kernel_mark_closed        __asan_poison_memory_region
#define kernel_mark_open          __asan_unpoison_memory_region
#define kernel_mark_known         __asan_unpoison_memory_region

/* A word of the allocator's own in memory that may be closed; not inlined, or its caller's checks would come along. */
__attribute__((no_sanitize_address, noinline, unused)) static uint32_t kernel_peek(const uint32_t *word)
{
    return *(const volatile uint32_t *)word;
}

/* Memcheck's pools have no counterpart here. */
#define kernel_pool_made(pool)               ((void)(pool))
#define kernel_pool_gives(pool, block, size) ((void)(pool), (void)(block), (void)(size))
#define kernel_pool_takes(pool, block)       ((void)(pool), (void)(block))

#elif defined(KERNEL_VALGRIND)

#include <valgrind/memcheck.h>

#define KERNEL_BLOCKS_ARE_WATCHED            true
#define kernel_mark_closed(address, size)    ((void)VALGRIND_MAKE_MEM_NOACCESS(address, size))
#define kernel_mark_open(address, size)      ((void)VALGRIND_MAKE_MEM_UNDEFINED(address, size))
#define kernel_mark_known(address, size)     ((void)VALGRIND_MAKE_MEM_DEFINED(address, size))
#define kernel_pool_gives(pool, block, size) VALGRIND_MEMPOOL_ALLOC(pool, block, size)
#define kernel_pool_takes(pool, block)       VALGRIND_MEMPOOL_FREE(pool, block)

/* A word of the allocator's own in memory that may be closed. */
static inline uint32_t kernel_peek(const uint32_t *word)
{
    uint32_t value;

    VALGRIND_DISABLE_ERROR_REPORTING;
    value = *(const volatile uint32_t *)word;
    VALGRIND_ENABLE_ERROR_REPORTING;
    (void)VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
    return value;
}

/* A pool that is made again, by a second boot, forgets the blocks of the first. */
static inline void kernel_pool_made(void *pool)
{
    if (VALGRIND_MEMPOOL_EXISTS(pool))
        VALGRIND_DESTROY_MEMPOOL(pool);
    VALGRIND_CREATE_MEMPOOL(pool, 0, 0);
}

#else

static inline uint32_t kernel_peek(const uint32_t *word)
{
    return *word;
}

#define KERNEL_BLOCKS_ARE_WATCHED            false
#define kernel_mark_closed(address, size)    ((void)(address), (void)(size))
#define kernel_mark_open(address, size)      ((void)(address), (void)(size))
#define kernel_mark_known(address, size)     ((void)(address), (void)(size))
#define kernel_pool_made(pool)               ((void)(pool))
#define kernel_pool_gives(pool, block, size) ((void)(pool), (void)(block), (void)(size))
#define kernel_pool_takes(pool, block)       ((void)(pool), (void)(block))

#endif

/* The memory that an allocator hands blocks out of, all of it free: nobody may touch it. */
static inline void kernel_pool_opened(void *pool, size_t size)
{
    kernel_pool_made(pool);
    kernel_mark_closed(pool, size);
}

/* The allocator is gone, its memory is anybody's again. */
static inline void kernel_pool_closed(void *pool, size_t size)
{
    kernel_pool_made(pool);
    kernel_mark_open(pool, size);
}

/* A block for a request of so many bytes, out of a pool: its bytes are valid and undefined. Bytes beyond the
 * request, up to where the next block may start, stay as they were: closed. */
static inline void kernel_block_handed_out(void *pool, void *block, size_t size)
{
    kernel_mark_open(block, size);
    kernel_pool_gives(pool, block, size);
}

/* A block given back: room is all that it took from the pool, so that nothing of it may be touched. */
static inline void kernel_block_taken_back(void *pool, void *block, size_t room)
{
    kernel_pool_takes(pool, block);
    kernel_mark_closed(block, room);
}

#endif
