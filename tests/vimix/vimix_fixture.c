#include "vimix_fixture.h"

#include <string.h>

struct fixture_kernel vimix = {
    .name = BY_WIDTH("vimix", "vimix32"), .check = kernel_check, .ram_size = SMALL_RAM};
struct fixture_kernel vimix_with_all_ram = {.name = BY_WIDTH("vimix", "vimix32"), .check = kernel_check};

size_t free_pages(void)
{
    return kalloc_get_free_memory() / PAGE_SIZE;
}

struct process *start_program(reg_t size, unsigned char fill)
{
    static unsigned char image[65536];
    int id;

    assert_true(size <= sizeof image);
    memset(image, fill, size);
    id = process_create(image, size);
    assert_true(id >= 0);
    process_switch(process_get(id));
    return process_get(id);
}

reg_t moves_break(sreg_t change)
{
    reg_t before = 0;

    assert_int_equal(umalloc_sbrk(change, &before), 0);
    return before;
}

void break_is_refused(sreg_t change, int status)
{
    reg_t before;

    assert_int_equal(umalloc_sbrk(change, &before), status);
}

unsigned fails_at_every_allocation(int (*attempt)(void))
{
    for (unsigned n = 1;; n++) {
        const size_t before = free_pages();
        int status;

        kalloc_fail_at(n);
        status = attempt();
        kalloc_fail_at(0);
        if (status == 0)
            return n;
        assert_int_equal(status, -ENOMEM);
        assert_int_equal(free_pages(), before);
        assert_null(kernel_check());
    }
}
