#include "kheap.h"

#include "../lib/memory.h"
#include "kernel/hw.h"
#include "kernel/sanitize.h"

struct heap kernel_heap;
struct heap_table kernel_heap_table;

#define TOTAL_BLOCKS ((size_t)VANA_HEAP_SIZE_BYTES / VANA_HEAP_BLOCK_SIZE)

static struct runs index_of_runs;
static uint64_t index_memory[RUNS_BYTES(TOTAL_BLOCKS) / sizeof(uint64_t) + 1];
static uint32_t calls_until_failure;

static void print(const char *text)
{
    while (*text)
        hw_putchar(*text++);
}

int kheap_start(void)
{
    char *const start = hw_ptr(VANA_HEAP_ADDRESS);
    int status;

    kernel_heap = (struct heap){0};
    calls_until_failure = 0;
    if (hw_ram_size() < VANA_HEAP_ADDRESS + VANA_HEAP_SIZE_BYTES)
        return -ENOMEM;

    kernel_heap_table.entries = hw_ptr(VANA_HEAP_TABLE_ADDRESS);
    kernel_heap_table.total = TOTAL_BLOCKS;
    status = heap_create(&kernel_heap, start, start + VANA_HEAP_SIZE_BYTES, &kernel_heap_table);
    if (status < 0)
        return status;
    kernel_pool_opened(start, VANA_HEAP_SIZE_BYTES);
    return heap_attach_index(&kernel_heap, &index_of_runs, index_memory, sizeof index_memory);
}

void kheap_init(void)
{
    if (kheap_start() < 0)
        print("Failed to create heap\n");
}

void kheap_fail_at(uint32_t n)
{
    calls_until_failure = n;
}

static bool must_fail(void)
{
    return calls_until_failure > 0 && --calls_until_failure == 0;
}

void *kmalloc(size_t size)
{
    void *const ptr = kernel_heap.table && !must_fail() ? heap_malloc(&kernel_heap, size) : NULL;

    if (ptr)
        kernel_block_handed_out(kernel_heap.saddr, ptr, size);
    return ptr;
}

void *kzalloc(size_t size)
{
    void *const ptr = kmalloc(size);

    return ptr ? memset(ptr, 0, size) : NULL;
}

int kheap_release(void *ptr)
{
    size_t room;
    int status;

    if (!kernel_heap.table)
        return -EINVARG;
    room = KERNEL_BLOCKS_ARE_WATCHED ? heap_run_size(&kernel_heap, ptr) : 0;
    status = heap_release(&kernel_heap, ptr);
    if (status == VANA_ALL_OK)
        kernel_block_taken_back(kernel_heap.saddr, ptr, room);
    return status;
}

void kfree(void *ptr)
{
    (void)kheap_release(ptr);
}
