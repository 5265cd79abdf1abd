/* Modules: names, registry, static data. */
#include "guest_fixture.h"

#include <string.h>

static void found_by_name(void **state)
{
    (void)state;
    const struct kms_guest_module *mini = kms_guest_find("mini");
    assert_non_null(mini);
    assert_string_equal(mini->ops->name, "mini");
    assert_string_equal(kms_guest_find("twin")->ops->name, "twin");
    assert_null(kms_guest_find("nobody"));
}

static void listed_by_name(void **state)
{
    (void)state;
    assert_string_equal(kms_guest_first()->name, "mini");
    assert_string_equal(kms_guest_next(kms_guest_first())->name, "twin");
    assert_null(kms_guest_next(kms_guest_next(kms_guest_first())));
}

static void unknown_kernel_is_refused(void **state)
{
    (void)state;
    struct kms_guest *guest;
    assert_int_equal(kms_guest_new(&(struct kms_guest_options){.kernel = "nobody"}, &guest), KMS_BAD_OPTION);
    assert_null(guest);
}

static void same_names_do_not_meet(void **state)
{
    const enum kms_guest_mode mode = *(const enum kms_guest_mode *)*state;
    struct kms_guest *mini = boot_guest("mini", mode);
    assert_string_equal(console_text(), "mini is up\n");
    struct kms_guest *twin = boot_guest("twin", mode);
    assert_string_equal(console_text(), "twin is up\n");

    /* The host's own memset is still the host's. */
    char bytes[3];
    memset(bytes, 'x', sizeof bytes);
    assert_memory_equal(bytes, "xxx", 3);
    kms_guest_free(twin);
    kms_guest_free(mini);
}

static void do_check(void *context)
{
    *(const char **)context = kms_guest_find("mini")->ops->check();
}

static void every_boot_is_the_first(void **state)
{
    struct kms_guest *guest = boot_guest("mini", *(const enum kms_guest_mode *)*state);
    const char *broken = NULL;
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    call(guest, do_check, &broken);
    assert_null(broken);
    assert_string_equal(console_text(), "mini is up\nmini is up\n"); /* .data with relocations, too */
    kms_guest_free(guest);
}

static void do_alloc(void *context)
{
    *(guest_addr *)context = kms_guest_find("mini")->ops->alloc(16, 0);
}

static void two_guests_of_one_module(void **state)
{
    const enum kms_guest_mode mode = *(const enum kms_guest_mode *)*state;
    struct kms_guest *one = boot_guest("mini", mode), *other = boot_guest("mini", mode);
    guest_addr address[3];
    call(one, do_alloc, &address[0]);
    call(other, do_alloc, &address[1]);
    call(one, do_alloc, &address[2]);
    assert_int_equal(address[0], MINI_DATA + PAGE_SIZE);
    assert_int_equal(address[1], address[0]);
    assert_int_equal(address[2], address[0] + 16);
    kms_guest_free(one);
    call(other, do_alloc, &address[0]);
    assert_int_equal(address[0], address[1] + 16);
    kms_guest_free(other);
}

static void expect_range(uint32_t index, uint64_t start, bool usable)
{
    struct hw_memory_range range;
    assert_true(hw_memory_range(index, &range));
    assert_int_equal(range.start, start);
    assert_int_equal(range.size, 0x1000);
    assert_int_equal(range.usable, usable);
}

static void do_look_at_memory(void *context)
{
    const uint64_t low = ((const struct guest_ops *)context)->ram_size;
    struct hw_memory_range range;
    assert_true(hw_memory_range(0, &range));
    assert_int_equal(range.start, 0);
    assert_int_equal(range.size, low);
    assert_true(range.usable);
    expect_range(1, 0xf0000000, false);
    expect_range(2, 0x100000000, true);
    assert_false(hw_memory_range(3, &range));
}

static void memory_as_reported(void **state)
{
    static const unsigned char rom[0x1000];
    struct kms_guest *guest = make_guest("mini", *(const enum kms_guest_mode *)*state);
    struct kms_ram *ram = kms_machine_ram(kms_guest_machine(guest));
    assert_int_equal(kms_ram_add_rom(ram, 0xf0000000, rom, sizeof rom), KMS_OK);
    assert_int_equal(kms_ram_add(ram, 0x100000000, 0x1000), KMS_OK);
    call(guest, do_look_at_memory, (void *)(uintptr_t)kms_guest_module(guest)->ops);
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a module is found by its name", found_by_name),
    KMS_TEST("modules are listed in the order of their names", listed_by_name),
    KMS_TEST("a kernel that is not linked in is refused", unknown_kernel_is_refused),
    IN_BOTH_MODES("two modules with the same names in them live in one program", same_names_do_not_meet),
    IN_BOTH_MODES("each boot finds the static data as the compiler left it", every_boot_is_the_first),
    IN_BOTH_MODES("two guests of one module have their own static data", two_guests_of_one_module),
    IN_BOTH_MODES("a kernel is told of RAM as usable, of ROM as not, and of no hole", memory_as_reported),
};
KMS_TESTS(guest_module, tests)
