/* The backing store beside a guest's RAM: what the seam moves, what it refuses, and that it is part of snapshots. */
#include "guest_fixture.h"

#include <string.h>

#define PAGES 32u
#define STORE(sentence, function)                                                                            \
    {sentence " (plain)", function, NULL, NULL, (void *)&plain_store},                                       \
        {sentence " (direct)", function, NULL, NULL, (void *)&direct_store},                                 \
    {                                                                                                        \
        sentence " (window)", function, NULL, NULL, (void *)&window_store                                    \
    }

static const struct kms_guest_options plain_store = {
    .kernel = "mini", .plain = true, .store_pages = PAGES, .machine.ram.fill = KMS_FILL_ZERO};
static const struct kms_guest_options direct_store = {
    .kernel = "mini", .store_pages = PAGES, .machine.ram.fill = KMS_FILL_ZERO};
static const struct kms_guest_options window_store = {
    .kernel = "mini", .mode = KMS_GUEST_WINDOW, .store_pages = PAGES, .machine.ram.fill = KMS_FILL_ZERO};

static struct kms_guest *guest_with_store(void **state)
{
    struct kms_guest *guest;
    const enum kms_status status = kms_guest_new(*state, &guest);

    if (status == KMS_UNSUPPORTED)
        kms_skip("the linear window needs Linux on x86-64");
    assert_int_equal(status, KMS_OK);
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    return guest;
}

/* A word of the store's last page, through kernel memory. */
static int32_t move_word(uint32_t *value, bool write)
{
    uint32_t *const memory = hw_ptr(MINI_DATA);
    int32_t moved;

    *memory = *value;
    moved = hw_store_transfer(&(struct hw_transfer){PAGES - 1, 4092, 4, memory, write});
    *value = *memory;
    return moved;
}

static void put(void *context)
{
    assert_int_equal(move_word(context, true), 4);
}

static void get(void *context)
{
    assert_int_equal(move_word(context, false), 4);
}

static uint32_t stored_word(struct kms_guest *guest)
{
    uint32_t value = 99;

    call(guest, get, &value);
    return value;
}

static void put_word(struct kms_guest *guest, uint32_t value)
{
    call(guest, put, &value);
}

static void bytes_stay(void **state)
{
    struct kms_guest *guest = guest_with_store(state);

    assert_int_equal(stored_word(guest), 0);
    put_word(guest, 0x12345678);
    assert_int_equal(stored_word(guest), 0x12345678);
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    assert_int_equal(stored_word(guest), 0);
    kms_guest_free(guest);
}

static void snapshots_hold_it(void **state)
{
    struct kms_guest *guest = guest_with_store(state);
    struct kms_guest_snapshot *outer, *inner;

    put_word(guest, 1);
    assert_int_equal(kms_guest_snapshot_take(guest, &outer), KMS_OK);
    put_word(guest, 2);
    assert_int_equal(kms_guest_snapshot_take(guest, &inner), KMS_OK);
    put_word(guest, 3);
    kms_guest_snapshot_restore(guest, inner);
    assert_int_equal(stored_word(guest), 2);
    put_word(guest, 4);
    kms_guest_snapshot_restore(guest, outer);
    assert_int_equal(stored_word(guest), 1);
    kms_guest_free(guest);
}

static void impossible(void *context)
{
    void *const memory = hw_ptr(MINI_DATA);
    const struct hw_transfer wrong[] = {
        {PAGES, 0, 4, memory, false}, {UINT32_MAX, 0, 4, memory, true},  {0, 4097, 0, memory, false},
        {0, 4093, 4, memory, true},   {0, 0, UINT32_MAX, memory, false}, {0, 4096, 1, memory, true},
    };

    (void)context;
    assert_int_equal(hw_store_pages(), PAGES);
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(hw_store_transfer(&wrong[i]), -1);
    assert_int_equal(hw_store_transfer(&(struct hw_transfer){0, 4096, 0, memory, false}), 0);
}

static void transfers_beyond_it(void **state)
{
    struct kms_guest *guest = guest_with_store(state);

    call(guest, impossible, NULL);
    kms_guest_free(guest);
}

static void no_store(void *context)
{
    (void)context;
    assert_int_equal(hw_store_pages(), 0);
    assert_int_equal(hw_store_transfer(&(struct hw_transfer){0, 0, 4, hw_ptr(MINI_DATA), false}), -1);
}

static void without_one(void **state)
{
    struct kms_guest *guest = boot_guest("mini", KMS_GUEST_DIRECT);

    (void)state;
    call(guest, no_store, NULL);
    kms_guest_free(guest);
    assert_int_equal(kms_guest_new(&(struct kms_guest_options){.kernel = "mini", .store_pages = 15}, &guest),
                     KMS_BAD_OPTION);
}

static const struct CMUnitTest tests[] = {
    STORE("what is written to the store stays until power-on", bytes_stay),
    STORE("snapshots hold the store", snapshots_hold_it),
    STORE("a transfer that reaches beyond the store, or beyond its page, is refused", transfers_beyond_it),
    KMS_TEST("a guest without a store has no page of it, and a store has sixteen at least", without_one),
};
KMS_TESTS(guest_store, tests)
