#include "vana_fixture.h"

#include <string.h>

static const char *check_kernel(void)
{
    const char *broken;

    kernel_page();
    broken = heap_check(&kernel_heap);
    return broken || !kernel_chunk() ? broken : kernel_check();
}

struct fixture_kernel vana_under_test = {.name = "vana", .start = kheap_init, .check = check_kernel};

size_t blocks_taken(void)
{
    struct heap_usage usage;

    kernel_page();
    heap_measure(&kernel_heap, &usage);
    task_page();
    return usage.used_blocks;
}

void dirty_the_heap(void)
{
    const size_t size = 16u << 20;
    void *const block = kmalloc(size);

    assert_non_null(block);
    memset(block, 0xa5, size);
    kfree(block);
}

uint32_t *entry_of(struct paging_4gb_chunk *chunk, uint32_t linear)
{
    const uint32_t *const directory = hw_ptr(chunk->directory_entry);
    uint32_t *const table = hw_ptr(directory[linear >> PDE_SHIFT] & PAGE_FRAME);

    return &table[(linear >> PAGE_SHIFT) % TABLE_ENTRIES];
}

struct process *start_program(uint32_t file_size, uint32_t memory_size, unsigned char fill)
{
    static unsigned char file[65536];
    const struct process_program program = {
        .filename = "0:/program.bin", .file = file, .file_size = file_size, .memory_size = memory_size};
    struct process *process = NULL;

    assert_true(file_size <= sizeof file);
    memset(file, fill, file_size);
    assert_int_equal(process_load(&program, &process), 0);
    return process;
}
