#include "guest_fixture.h"

#include "memcheck.h"

#include <signal.h>

static const struct fixture_row *row;
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

static void make(void)
{
    /* Memcheck cannot keep books of the 256 GiB of RV64; what hw_ptr() reaches is enough. */
    const uint64_t window_size = under_memcheck() ? UINT64_C(1) << 32 : 0;
    const struct kms_guest_options options = {.kernel = row->kernel->name,
                                              .mode = row->mode,
                                              .machine.ram_size = row->kernel->ram_size,
                                              .window.size = window_size};
    struct kms_guest **const made = &row->kernel->guests[row->mode];
    const enum kms_status status = *made ? KMS_OK : kms_guest_new(&options, made);

    if (status == KMS_UNSUPPORTED)
        kms_skip("the linear window needs Linux on x86-64");
    assert_int_equal(status, KMS_OK);
    guest = *made;
    keep_fault_handler();
}

static void start(void)
{
    struct kms_guest_stop stop = {.status = 0};

    if (row->booted)
        assert_int_equal(kms_guest_boot(guest, &stop), KMS_GUEST_RETURNED);
    else
        kms_guest_reset(guest);
    assert_int_equal(stop.status, 0);
    kms_guest_enter(guest);
    if (!row->booted && row->kernel->start)
        row->kernel->start();
}

void fixture_run(void **state)
{
    const char *broken = NULL;

    row = *state;
    broken_on_purpose = false;
    make();
    start();
    row->body(state);
    if (!broken_on_purpose)
        broken = row->kernel->check();
    assert_string_equal(broken ? broken : "", "");
}

int fixture_teardown(void **state)
{
    (void)state;
    if (guest)
        kms_guest_leave(guest);
    guest = NULL;
    return 0;
}

struct kms_guest *fixture_guest(void)
{
    return guest;
}

void fixture_is_broken(void)
{
    broken_on_purpose = true;
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

uint32_t user_reads(uint64_t linear)
{
    uint64_t value = 0;

    assert_true(hw_user_load(linear, 4, &value));
    return (uint32_t)value;
}

void user_writes(uint64_t linear, uint32_t value)
{
    assert_true(hw_user_store(linear, 4, value));
}

static void expect_fault(uint64_t linear, uint32_t error)
{
    const struct guest_ops *const ops = kms_guest_module(guest)->ops;
    struct guest_fault fault;

    assert_true(ops->take_fault(&fault));
    assert_int_equal(fault.address, linear);
    assert_int_equal(fault.error, error);
    assert_false(ops->take_fault(&fault));
}

void user_write_faults(uint64_t linear, uint32_t error)
{
    assert_false(hw_user_store(linear, 4, 0));
    expect_fault(linear, error);
}

void user_read_faults(uint64_t linear, uint32_t error)
{
    uint64_t value;

    assert_false(hw_user_load(linear, 4, &value));
    expect_fault(linear, error);
}
