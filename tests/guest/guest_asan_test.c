/* With AddressSanitizer: its marks on kernel memory are part of snapshots; other people's faults stay theirs. */
#include "guest_fixture.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#ifdef WITH_ASAN

int __asan_address_is_poisoned(const volatile void *address);

static void free_data_page(void *context)
{
    (void)context;
    kms_guest_find("mini")->ops->free(MINI_DATA);
}

static void is_closed(void *context)
{
    *(int *)context = __asan_address_is_poisoned(hw_ptr(MINI_DATA));
}

static int closed(struct kms_guest *guest)
{
    int answer = -1;
    call(guest, is_closed, &answer);
    return answer;
}

static void marks_come_back(void **state)
{
    struct kms_guest *guest = boot_guest("mini", *(const enum kms_guest_mode *)*state);
    struct kms_guest_snapshot *open, *shut;
    assert_int_equal(closed(guest), 0);
    assert_int_equal(kms_guest_snapshot_take(guest, &open), KMS_OK);
    call(guest, free_data_page, NULL);
    assert_int_equal(closed(guest), 1);
    assert_int_equal(kms_guest_snapshot_take(guest, &shut), KMS_OK);
    kms_guest_snapshot_restore(guest, shut);
    assert_int_equal(closed(guest), 1);
    kms_guest_snapshot_restore(guest, open);
    assert_int_equal(closed(guest), 0);
    call(guest, free_data_page, NULL);
    kms_guest_snapshot_restore(guest, open);
    assert_int_equal(closed(guest), 0);
    call(guest, free_data_page, NULL);
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    assert_int_equal(closed(guest), 0);
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    IN_BOTH_MODES("what AddressSanitizer knows of kernel memory comes back with a snapshot", marks_come_back),
};
KMS_TESTS(guest_asan, tests)

#else

typedef int without_asan; /* a translation unit is never empty */

#endif
