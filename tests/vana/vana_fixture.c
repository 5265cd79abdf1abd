#include "vana_fixture.h"

#include <signal.h>
#include <string.h>

static struct kms_guest *made[2]; /* one for each mode, kept: making one fills all of its RAM */
static struct kms_guest *guest;
static bool broken_on_purpose;

/* CMocka takes SIGSEGV for itself before each test; guests of earlier tests need theirs back. */
static void keep_fault_handler(void)
{
    static struct sigaction handler;
    struct sigaction now;

    sigaction(SIGSEGV, NULL, &now);
    if (now.sa_flags & SA_ONSTACK)
        handler = now;
    else if (handler.sa_flags & SA_ONSTACK)
        sigaction(SIGSEGV, &handler, NULL);
}

static void make(enum kms_guest_mode mode)
{
    const struct kms_guest_options options = {.kernel = "vana", .mode = mode};
    const enum kms_status status = made[mode] ? KMS_OK : kms_guest_new(&options, &made[mode]);

    if (status == KMS_UNSUPPORTED)
        kms_skip("the linear window needs Linux on x86-64");
    assert_int_equal(status, KMS_OK);
    guest = made[mode];
    keep_fault_handler();
}

static void start(bool booted)
{
    struct kms_guest_stop stop = {.status = 0};

    if (booted)
        assert_int_equal(kms_guest_boot(guest, &stop), KMS_GUEST_RETURNED);
    else
        kms_guest_reset(guest);
    assert_int_equal(stop.status, 0);
    kms_guest_enter(guest);
    if (!booted)
        kheap_init();
}

static void check_kernel(void)
{
    const char *broken;

    kernel_page();
    broken = heap_check(&kernel_heap);
    if (!broken && kernel_chunk())
        broken = kernel_check();
    assert_string_equal(broken ? broken : "", "");
}

void vana_run(void **state)
{
    const struct vana_row *const row = *state;

    broken_on_purpose = false;
    make(row->mode);
    start(row->booted);
    row->body(state);
    if (!broken_on_purpose)
        check_kernel();
}

int vana_teardown(void **state)
{
    (void)state;
    if (guest)
        kms_guest_leave(guest);
    guest = NULL;
    return 0;
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
