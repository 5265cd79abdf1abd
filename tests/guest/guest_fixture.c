#include "guest_fixture.h"

#include <string.h>

const enum kms_guest_mode direct_mode = KMS_GUEST_DIRECT, window_mode = KMS_GUEST_WINDOW;

static char console[256];

static void on_console(void *context, char c)
{
    (void)context;
    const size_t length = strlen(console);
    assert_true(length + 1 < sizeof console);
    console[length] = c;
    console[length + 1] = '\0';
}

const char *console_text(void)
{
    return console;
}

struct kms_guest *make_guest(const char *kernel, enum kms_guest_mode mode)
{
    struct kms_guest *guest;
    memset(console, 0, sizeof console);
    enum kms_status status = kms_guest_new(
        &(struct kms_guest_options){.kernel = kernel, .mode = mode, .console = on_console}, &guest);
    if (status == KMS_UNSUPPORTED)
        kms_skip("the linear window needs Linux on x86-64");
    assert_int_equal(status, KMS_OK);
    return guest;
}

struct kms_guest *boot_guest(const char *kernel, enum kms_guest_mode mode)
{
    struct kms_guest *guest = make_guest(kernel, mode);
    struct kms_guest_stop stop;
    enum kms_guest_end end = kms_guest_boot(guest, &stop);
    assert_string_equal(stop.reason, "");
    assert_int_equal(end, KMS_GUEST_RETURNED);
    assert_int_equal(stop.status, 0);
    return guest;
}

void call(struct kms_guest *guest, void (*body)(void *context), void *context)
{
    struct kms_guest_stop stop;
    enum kms_guest_end end = kms_guest_call(guest, body, context, &stop);
    assert_string_equal(stop.reason, "");
    assert_int_equal(end, KMS_GUEST_RETURNED);
}

uint32_t phys32(struct kms_guest *guest, kms_phys phys)
{
    uint64_t value = 0;
    assert_int_equal(kms_phys_load(kms_machine_ram(kms_guest_machine(guest)), phys, 4, &value), KMS_DONE);
    return (uint32_t)value;
}

void set_phys32(struct kms_guest *guest, kms_phys phys, uint32_t value)
{
    assert_int_equal(kms_phys_store(kms_machine_ram(kms_guest_machine(guest)), phys, 4, value), KMS_DONE);
}
