/* Plain guests: pointers straight into the machine's own RAM, wherever it lies. */
#include "guest_fixture.h"

#define HIGH_RAM  0x10000000u
#define HIGH_SIZE 0x10000u

static struct kms_guest *plain_guest(enum kms_fill fill)
{
    struct kms_guest *guest;
    const struct kms_guest_options options = {.kernel = "mini", .plain = true, .machine.ram.fill = fill};
    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    assert_null(kms_guest_window(guest));
    assert_int_equal(kms_guest_mode(guest), KMS_GUEST_DIRECT);
    struct kms_ram *ram = kms_machine_ram(kms_guest_machine(guest));
    assert_int_equal(kms_ram_add(ram, HIGH_RAM, HIGH_SIZE), KMS_OK);
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    return guest;
}

static void write_both(void *context)
{
    const uint32_t value = *(const uint32_t *)context;
    *(uint32_t *)hw_ptr(MINI_DATA) = value;
    *(uint32_t *)hw_ptr(HIGH_RAM + 8) = value + 1;
}

static void pointers_have_addresses(void *context)
{
    (void)context;
    assert_int_equal(hw_linear(hw_ptr(MINI_DATA + 5)), MINI_DATA + 5);
    assert_int_equal(hw_linear(hw_ptr(HIGH_RAM + 5)), HIGH_RAM + 5);
    assert_int_equal(hw_ram_size(), HIGH_RAM + HIGH_SIZE);
}

static void regions_are_reached(void **state)
{
    struct kms_guest *guest = plain_guest(KMS_FILL_POISON);
    uint32_t value = 7;
    (void)state;
    call(guest, write_both, &value);
    call(guest, pointers_have_addresses, NULL);
    assert_int_equal(phys32(guest, MINI_DATA), 7);
    assert_int_equal(phys32(guest, HIGH_RAM + 8), 8);
    kms_guest_free(guest);
}

static void go_nowhere(void *context)
{
    (void)context;
    hw_ptr(HIGH_RAM + HIGH_SIZE);
    fail_msg("a pointer to nothing came back");
}

static void ask_of_a_local(void *context)
{
    (void)context;
    int local = 0;
    hw_linear(&local);
    fail_msg("a pointer of the host's has an address");
}

static void nothing_is_reached_beside_them(void **state)
{
    struct kms_guest *guest = plain_guest(KMS_FILL_POISON);
    struct kms_guest_stop stop;
    (void)state;
    assert_int_equal(kms_guest_call(guest, go_nowhere, NULL, &stop), KMS_GUEST_UNBACKED);
    assert_int_equal(stop.phys, HIGH_RAM + HIGH_SIZE);
    assert_int_equal(kms_guest_call(guest, ask_of_a_local, NULL, &stop), KMS_GUEST_PANIC);
    kms_guest_free(guest);
}

/* What native code wrote without a word is undone too. */
static void snapshots_undo_native_writes(void **state)
{
    struct kms_guest *guest = plain_guest(KMS_FILL_ZERO);
    struct kms_guest_snapshot *outer, *inner;
    uint32_t value = 10;
    (void)state;
    call(guest, write_both, &value);
    assert_int_equal(kms_guest_snapshot_take(guest, &outer), KMS_OK);
    value = 20;
    call(guest, write_both, &value);
    assert_int_equal(kms_guest_snapshot_take(guest, &inner), KMS_OK);
    value = 30;
    call(guest, write_both, &value);
    kms_guest_snapshot_restore(guest, inner);
    assert_int_equal(phys32(guest, MINI_DATA), 20);
    assert_int_equal(phys32(guest, HIGH_RAM + 8), 21);
    value = 40;
    call(guest, write_both, &value);
    kms_guest_snapshot_restore(guest, outer);
    assert_int_equal(phys32(guest, MINI_DATA), 10);
    assert_int_equal(phys32(guest, HIGH_RAM + 8), 11);
    kms_guest_free(guest);
}

static void resets_fill_every_region(void **state)
{
    struct kms_guest *guest = plain_guest(KMS_FILL_POISON);
    uint32_t value = 1;
    (void)state;
    call(guest, write_both, &value);
    kms_guest_reset(guest);
    assert_int_equal(phys32(guest, MINI_DATA), 0xa5a5a5a5);
    assert_int_equal(phys32(guest, HIGH_RAM + 8), 0xa5a5a5a5);
    kms_guest_free(guest);
}

/* hw.h's accesses are of 1, 2 or 4 bytes, to RAM. */
static void load_three_bytes(void *context)
{
    uint64_t value;
    (void)context;
    hw_kernel_load(MINI_DATA, 3, &value);
    fail_msg("three bytes were loaded");
}

static void odd_widths_end_the_call(void **state)
{
    struct kms_guest *guest = plain_guest(KMS_FILL_POISON);
    struct kms_guest_stop stop;
    (void)state;
    assert_int_equal(kms_guest_call(guest, load_three_bytes, NULL, &stop), KMS_GUEST_PANIC);
    assert_string_equal(stop.reason, "no access has 3 bytes");
    assert_int_equal(kms_guest_call(guest, load_three_bytes, NULL, NULL), KMS_GUEST_PANIC);
    kms_guest_free(guest);
}

static void load_beyond_ram(void *context)
{
    uint64_t *value = context;
    hw_write_cr0(hw_read_cr0() & ~CR0_PG);
    hw_kernel_load(MINI_RAM, 4, value);
}

static uint32_t unbacked_load(struct kms_guest *guest)
{
    uint64_t value = 0;
    struct kms_guest_stop stop;
    if (kms_guest_call(guest, load_beyond_ram, &value, &stop) == KMS_GUEST_UNBACKED)
        assert_int_equal(stop.phys, MINI_RAM);
    return (uint32_t)value;
}

static void unbacked_is_a_policy(void **state)
{
    (void)state;
    struct kms_guest *guest = plain_guest(KMS_FILL_POISON);
    assert_int_equal(unbacked_load(guest), UINT32_MAX); /* an open bus */
    kms_guest_free(guest);
    const struct kms_guest_options options = {
        .kernel = "mini", .plain = true, .machine.ram.unbacked = KMS_REPORT};
    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    assert_int_equal(unbacked_load(guest), 0); /* cut off before anything was loaded */
    kms_guest_free(guest);
    kms_guest_free(NULL);
}

static void wrong_modules_are_refused(void **state)
{
    struct kms_guest *guest;
    const struct guest_ops later = {.abi = GUEST_ABI + 1};
    struct kms_guest_module module = {.name = "later", .ops = &later};
    (void)state;
    assert_int_equal(kms_guest_new(&(struct kms_guest_options){0}, &guest), KMS_BAD_OPTION);
    assert_int_equal(kms_guest_new(&(struct kms_guest_options){.module = &module}, &guest), KMS_BAD_OPTION);
    assert_null(guest);
}

static void plain_is_for_direct_guests(void **state)
{
    const struct kms_guest_options options = {
        .kernel = "mini", .mode = KMS_GUEST_WINDOW, .plain = true, .machine.cpus = 2};
    struct kms_guest *guest;
    (void)state;
    const enum kms_status status = kms_guest_new(&options, &guest);
    if (status == KMS_UNSUPPORTED)
        kms_skip("the linear window needs Linux on x86-64");
    assert_int_equal(status, KMS_OK);
    assert_int_equal(kms_guest_mode(guest), KMS_GUEST_WINDOW);
    assert_non_null(kms_guest_window(guest));
    assert_ptr_equal(kms_machine_cpu(kms_guest_machine(guest), 0), kms_guest_cpu(guest));
    assert_non_null(kms_machine_cpu(kms_guest_machine(guest), 1));
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a plain guest reaches every region of RAM by pointers", regions_are_reached),
    KMS_TEST("a plain guest has no pointers to what is not RAM", nothing_is_reached_beside_them),
    KMS_TEST("a plain guest's snapshots undo what native code wrote", snapshots_undo_native_writes),
    KMS_TEST("a plain guest's reset fills every region", resets_fill_every_region),
    KMS_TEST("an access of an odd width ends the call", odd_widths_end_the_call),
    KMS_TEST("an access beyond RAM reads all ones, or ends the call", unbacked_is_a_policy),
    KMS_TEST("a guest without a module, or of a later one, is refused", wrong_modules_are_refused),
    KMS_TEST("a guest with a window is never plain, and has the CPUs asked for", plain_is_for_direct_guests),
};
KMS_TESTS(guest_plain, tests)
