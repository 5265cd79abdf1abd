#include "vana_fixture.h"

#include <string.h>

const enum kms_guest_mode vana_direct = KMS_GUEST_DIRECT, vana_window = KMS_GUEST_WINDOW;

static struct kms_guest *guest;
static bool broken_on_purpose;

static bool make(enum kms_guest_mode mode)
{
    const struct kms_guest_options options = {.kernel = "vana", .mode = mode};

    broken_on_purpose = false;
    return kms_guest_new(&options, &guest) == KMS_OK;
}

int vana_reset(void **state)
{
    if (!make(*(const enum kms_guest_mode *)*state))
        return -1;
    kms_guest_reset(guest);
    kms_guest_enter(guest);
    kheap_init();
    return 0;
}

int vana_boot(void **state)
{
    struct kms_guest_stop stop;

    if (!make(*(const enum kms_guest_mode *)*state))
        return -1;
    if (kms_guest_boot(guest, &stop) != KMS_GUEST_RETURNED || stop.status != 0)
        return -1;
    kms_guest_enter(guest);
    return 0;
}

static const char *whats_broken(void)
{
    const char *broken = heap_check(&kernel_heap);

    if (!broken && kernel_chunk())
        broken = kernel_check();
    return broken;
}

int vana_teardown(void **state)
{
    const char *broken;

    (void)state;
    kernel_page();
    broken = broken_on_purpose ? NULL : whats_broken();
    if (broken)
        print_error("%s\n", broken);
    kms_guest_leave(guest);
    kms_guest_free(guest);
    return broken ? -1 : 0;
}

struct kms_guest *vana_under_test(void)
{
    return guest;
}

void vana_is_broken(void)
{
    broken_on_purpose = true;
}

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

uint32_t physical_word(uint32_t physical)
{
    uint64_t value = 0;

    assert_int_equal(kms_phys_load(kms_machine_ram(kms_guest_machine(guest)), physical, 4, &value), KMS_DONE);
    return (uint32_t)value;
}

void set_physical_word(uint32_t physical, uint32_t value)
{
    assert_int_equal(kms_phys_store(kms_machine_ram(kms_guest_machine(guest)), physical, 4, value), KMS_DONE);
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

uint32_t user_reads(uint32_t linear)
{
    uint32_t value = 0;

    assert_true(hw_user_load(linear, 4, &value));
    return value;
}

void user_writes(uint32_t linear, uint32_t value)
{
    assert_true(hw_user_store(linear, 4, value));
}

static void expect_fault(uint32_t linear, uint32_t error)
{
    struct kernel_fault fault;

    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.address, linear);
    assert_int_equal(fault.error, error);
    assert_false(kernel_take_fault(&fault));
}

void user_write_faults(uint32_t linear, uint32_t error)
{
    assert_false(hw_user_store(linear, 4, 0));
    expect_fault(linear, error);
}

void user_read_faults(uint32_t linear, uint32_t error)
{
    uint32_t value;

    assert_false(hw_user_load(linear, 4, &value));
    expect_fault(linear, error);
}
