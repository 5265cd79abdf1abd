/* Misuse that ends the program, and says in words whose it was. */
#include "guest_fixture.h"

#include "death.h"

static void enter_and_panic(void *context)
{
    kms_guest_enter(context);
    hw_panic("nobody is listening");
}

static void panics_without_a_net(void **state)
{
    struct kms_guest *guest = boot_guest("mini", *(const enum kms_guest_mode *)*state);
    expect_abort(enter_and_panic, guest, "mini stopped outside of kms_guest_call(): nobody is listening\n");
    kms_guest_free(guest);
}

static void call_the_seam(void *context)
{
    (void)context;
    hw_ptr(0);
}

static void hw_without_a_guest(void **state)
{
    (void)state;
    expect_abort(call_the_seam, NULL, "hw_ptr() was called by a thread that is in no guest\n");
}

static void register_again(void *context)
{
    struct kms_guest_module second = *(struct kms_guest_module *)context;
    kms_guest_register(&second);
}

static void two_modules_of_a_name(void **state)
{
    (void)state;
    expect_abort(register_again, kms_guest_find("mini"),
                 "there are two guest modules of the name \"mini\"\n");
}

static void expect_panic(struct kms_guest *guest, void (*body)(void *context), const char *reason)
{
    struct kms_guest_stop stop;
    assert_int_equal(kms_guest_call(guest, body, NULL, &stop), KMS_GUEST_PANIC);
    assert_string_equal(stop.reason, reason);
}

static void load_8_bytes(void *context)
{
    (void)context;
    uint64_t value;
    hw_kernel_load(MINI_DATA, 8, &value);
}

static void eight_bytes_at_once(void **state)
{
    struct kms_guest *guest = boot_guest("mini", *(const enum kms_guest_mode *)*state);
    expect_panic(guest, load_8_bytes, "no access has 8 bytes");
    kms_guest_free(guest);
}

static bool fault_again(const struct hw_page_fault *fault)
{
    uint64_t value;
    return hw_kernel_load(fault->address, 1, &value);
}

static void load_below_a_faulting_handler(void *context)
{
    (void)context;
    uint64_t value;
    hw_set_page_fault_handler(fault_again);
    hw_kernel_load(MINI_DEMAND_END, 1, &value);
}

static void handler_that_faults(void **state)
{
    struct kms_guest *guest = boot_guest("mini", *(const enum kms_guest_mode *)*state);
    expect_panic(guest, load_below_a_faulting_handler,
                 "the page-fault handler faults itself, 16 deep, the last time at 0x00810000");
    kms_guest_free(guest);
}

static void load_without_a_handler(void *context)
{
    uint64_t value;
    hw_set_page_fault_handler(NULL);
    *(bool *)context = hw_kernel_load(MINI_DEMAND, 1, &value);
}

static void no_handler(void **state)
{
    struct kms_guest *guest = boot_guest("mini", *(const enum kms_guest_mode *)*state);
    bool loaded = true;
    call(guest, load_without_a_handler, &loaded);
    assert_false(loaded);
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    IN_BOTH_MODES("a panic without a call to end stops the program with words", panics_without_a_net),
    KMS_TEST("hw.h without a guest stops the program with words", hw_without_a_guest),
    IN_BOTH_MODES("an access of 8 bytes on a machine of 32 bits is a panic", eight_bytes_at_once),
    IN_BOTH_MODES("a page-fault handler that only faults again is a panic", handler_that_faults),
    IN_BOTH_MODES("without a page-fault handler nothing is repaired", no_handler),
    KMS_TEST("two modules of one name stop the program with words", two_modules_of_a_name),
};
KMS_TESTS(guest_misuse, tests)
