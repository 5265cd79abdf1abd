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

static const struct CMUnitTest tests[] = {
    IN_BOTH_MODES("a panic without a call to end stops the program with words", panics_without_a_net),
    KMS_TEST("hw.h without a guest stops the program with words", hw_without_a_guest),
    KMS_TEST("two modules of one name stop the program with words", two_modules_of_a_name),
};
KMS_TESTS(guest_misuse, tests)
