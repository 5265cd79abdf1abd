#include "xelix_fixture.h"

struct fixture_kernel xelix_under_test = {.name = XELIX_MODULE, .check = kernel_check};

struct supplies supplies(void)
{
    return (struct supplies){.frames = palloc_stats().taken,
                             .kernel_pages = mem_page_alloc_stats(&vm_kernel.addresses).taken,
                             .kmalloc_bytes = kmalloc_get_stats().used};
}

void expect_nothing_lost(const struct supplies *before)
{
    const struct supplies now = supplies();

    assert_int_equal(now.frames, before->frames);
    assert_int_equal(now.kernel_pages, before->kernel_pages);
    assert_int_equal(now.kmalloc_bytes, before->kmalloc_bytes);
    assert_null(kernel_check());
}

unsigned char program_byte(uint32_t n)
{
    return (unsigned char)(n % 251);
}

int start_task(uint32_t size)
{
    static unsigned char image[65536];
    int id;

    assert_true(size <= sizeof image);
    for (uint32_t i = 0; i < size; i++)
        image[i] = program_byte(i);
    id = task_new(image, size);
    assert_true(id >= 0);
    return id;
}

uint32_t kernel_word(uint32_t address)
{
    uint64_t value = 0;

    assert_true(hw_kernel_load(address, 4, &value));
    return (uint32_t)value;
}
