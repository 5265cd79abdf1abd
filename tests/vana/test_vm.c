/*
 * Demand paging and copy-on-write of src/lib for VanaOS's processes: their own directories, in which a range of pages
 * is taken out of the identity map, frames from the kernel heap. CR0.WP, which VanaOS leaves clear, makes no difference
 * to programs.
 */
#include "vana_fixture.h"

#include <string.h>

#include "../../src/lib/vm.h"

#define LAZY    0x20000000u /* no RAM is there: whatever appears is the mechanism's */
#define PAGES   16u
#define FRAMES  (VANA_HEAP_SIZE_BYTES / PAGING_PAGE_SIZE)
#define HERE(n) (LAZY + (n)*PAGING_PAGE_SIZE)

static struct vm vm;
static struct frame frames[FRAMES];
static struct space spaces[2];
static struct process *processes[2];

static uint32_t take(void *context)
{
    void *const page = kmalloc(PAGING_PAGE_SIZE);

    (void)context;
    return page ? hw_linear(page) : 0;
}

static void give(void *context, uint32_t frame)
{
    (void)context;
    kfree(hw_ptr(frame));
}

/* Faults in the range are the mechanism's, all others end the process as ever. */
static bool on_page_fault(const struct hw_page_fault *fault)
{
    for (unsigned i = 0; i < 2; i++)
        if (process_current() == processes[i] && space_area(&spaces[i], fault->address))
            return vm_fault(&vm, &spaces[i], fault) == VM_OK;
    return false;
}

static void start(void)
{
    vm_init(&vm, &(struct vm_parts){.source = {take, give, NULL},
                                    .frames = frames,
                                    .first_frame = VANA_HEAP_ADDRESS,
                                    .frame_count = FRAMES});
    memset(processes, 0, sizeof processes);
    hw_set_page_fault_handler(on_page_fault);
}

/* A process with the range, whose pages are nothing yet; it is current. */
static void with_process(unsigned i)
{
    const struct table_range user = {LAZY, HERE(PAGES)};
    struct paging_4gb_chunk *chunk;

    processes[i] = start_program(100, 100, 0x77);
    chunk = task_chunk(hw_ptr(processes[i]->task));
    assert_int_equal(process_switch(processes[i]), 0);
    for (uint32_t page = 0; page < PAGES; page++) {
        *entry_of(chunk, HERE(page)) = 0;
        ((uint32_t *)hw_ptr(chunk->directory_entry))[HERE(page) >> PDE_SHIFT] |= PTE_US;
    }
    assert_int_equal(space_adopt(&vm, &spaces[i], &(struct tables){TABLES_32, chunk->directory_entry}, &user),
                     VM_OK);
}

static void with_area(unsigned i, uint32_t flags)
{
    assert_int_equal(
        space_add_area(&spaces[i], &(struct area){.start = LAZY, .end = HERE(PAGES), .flags = flags}), VM_OK);
}

/* Everything goes back, and the kernel's own checkers run behind the test. */
static void finish(unsigned count)
{
    assert_null(vm_check(&vm));
    assert_int_equal(process_switch(processes[0]), 0);
    for (unsigned i = 0; i < count; i++)
        space_destroy(&vm, &spaces[i]);
    assert_int_equal(vm.frames.used, 0);
}

static void demand_paging(void **state)
{
    size_t before;

    (void)state;
    dirty_the_heap();
    start();
    with_process(0);
    with_area(0, AREA_WRITE);
    before = blocks_taken();
    assert_int_equal(user_reads(HERE(3)), 0);
    user_writes(HERE(3) + 8, 5);
    user_writes(HERE(9), 6);
    assert_int_equal(blocks_taken() - before, 2);
    assert_int_equal(user_reads(HERE(3) + 8), 5);
    assert_int_equal(user_reads(HERE(9) + 4), 0);
    assert_int_equal(user_reads(0x00400000), 0x77777777);
    assert_int_equal(vm.counts.faults, 2);
    finish(1);
    assert_int_equal(blocks_taken(), before);
}

static void copy_on_write(void **state)
{
    (void)state;
    start();
    with_process(0);
    with_area(0, AREA_WRITE);
    user_writes(HERE(1), 11);
    user_writes(HERE(2), 22);
    with_process(1);
    assert_int_equal(process_switch(processes[0]), 0);
    assert_int_equal(space_duplicate(&vm, &spaces[0], &spaces[1]), VM_OK);
    assert_int_equal(vm.frames.used, 2);
    user_writes(HERE(1), 12);
    assert_int_equal(vm.frames.used, 3);
    assert_int_equal(process_switch(processes[1]), 0);
    assert_int_equal(user_reads(HERE(1)), 11);
    assert_int_equal(user_reads(HERE(2)), 22);
    user_writes(HERE(2), 23);
    assert_int_equal(process_switch(processes[0]), 0);
    assert_int_equal(user_reads(HERE(1)), 12);
    assert_int_equal(user_reads(HERE(2)), 22);
    assert_int_equal(vm.counts.copies, 2);
    finish(2);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("pages of a VanaOS process come when they are touched", demand_paging),
    AFTER_BOOT("two VanaOS processes share pages until one of them writes", copy_on_write),
};
KMS_TESTS(vana_vm, tests)
