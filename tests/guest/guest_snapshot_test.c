/* Snapshots of whole guests: memory written by native code, registers, static data, handlers, stale pages. */
#include "guest_fixture.h"

static struct kms_guest *boot_row(void **state)
{
    return boot_guest("mini", *(const enum kms_guest_mode *)*state);
}

static struct kms_guest_snapshot *take(struct kms_guest *guest)
{
    struct kms_guest_snapshot *snapshot;
    assert_int_equal(kms_guest_snapshot_take(guest, &snapshot), KMS_OK);
    return snapshot;
}

static void scribble(void *context)
{
    uint32_t value = *(const uint32_t *)context;
    volatile uint32_t *data = hw_ptr(MINI_DATA);
    for (unsigned page = 0; page < 4; page++)
        data[page * PAGE_SIZE / 4] = value + page;
    hw_kernel_store(MINI_DATA + 4 * PAGE_SIZE, 4, value + 4);
    hw_write_cr3(MINI_DIRECTORY);
}

static void expect_scribble(struct kms_guest *guest, uint32_t value)
{
    for (uint32_t page = 0; page < 5; page++)
        assert_int_equal(phys32(guest, MINI_DATA + page * PAGE_SIZE), value + page);
}

static void alloc_16(void *context)
{
    *(guest_addr *)context = kms_guest_find("mini")->ops->alloc(16, 0);
}

static void everything_comes_back(void **state)
{
    struct kms_guest *guest = boot_row(state);
    uint32_t value = 1000;
    guest_addr first, again;
    call(guest, scribble, &value);
    struct kms_guest_snapshot *snapshot = take(guest);
    for (unsigned round = 0; round < 3; round++) {
        value = 2000 + round;
        call(guest, scribble, &value);
        call(guest, alloc_16, round == 0 ? &first : &again);
        expect_scribble(guest, value);
        kms_guest_snapshot_restore(guest, snapshot);
        expect_scribble(guest, 1000);
    }
    assert_int_equal(first, again);
    kms_guest_free(guest);
}

static void snapshots_nest(void **state)
{
    struct kms_guest *guest = boot_row(state);
    uint32_t value = 1;
    call(guest, scribble, &value);
    struct kms_guest_snapshot *outer = take(guest);
    value = 100;
    call(guest, scribble, &value);
    struct kms_guest_snapshot *inner = take(guest);
    value = 200;
    call(guest, scribble, &value);
    kms_guest_snapshot_restore(guest, inner);
    expect_scribble(guest, 100);
    value = 300;
    call(guest, scribble, &value);
    kms_guest_snapshot_restore(guest, outer);
    expect_scribble(guest, 1);
    kms_guest_free(guest);
}

static void forget_handlers(void *context)
{
    (void)context;
    hw_set_page_fault_handler(NULL);
    hw_set_syscall_handler(NULL);
    hw_write_cr0(hw_read_cr0() & ~CR0_PG);
}

static void use_handlers(void *context)
{
    (void)context;
    assert_int_equal(hw_user_syscall(1, 2, 3), 123);
    assert_true(hw_user_store(MINI_DEMAND, 4, 9));
    assert_true(hw_read_cr0() & CR0_PG);
}

static void registers_and_handlers_come_back(void **state)
{
    struct kms_guest *guest = boot_row(state);
    struct kms_guest_snapshot *snapshot = take(guest);
    call(guest, forget_handlers, NULL);
    kms_guest_snapshot_restore(guest, snapshot);
    call(guest, use_handlers, NULL);
    kms_guest_free(guest);
}

static void reset_is_power_on(void **state)
{
    struct kms_guest *guest = boot_row(state);
    uint32_t value = 5;
    call(guest, scribble, &value);
    take(guest);
    call(guest, scribble, &value);
    kms_guest_reset(guest);
    for (uint32_t page = 0; page < 5; page++)
        assert_int_equal(phys32(guest, MINI_DATA + page * PAGE_SIZE), 0xa5a5a5a5);
    kms_guest_free(guest);
}

struct stale {
    uint32_t seen[2];
};

static void make_stale(void *context)
{
    (void)context;
    volatile uint32_t *table = hw_ptr(MINI_TABLE);
    volatile uint32_t *data = hw_ptr(MINI_DATA);
    data[0] = 0x1111;
    data[PAGE_SIZE / 4] = 0x2222;
    table[MINI_DATA >> PAGE_SHIFT] = (MINI_DATA + PAGE_SIZE) | PTE_P | PTE_RW;
}

static void look_at_stale(void *context)
{
    struct stale *stale = context;
    volatile uint32_t *data = hw_ptr(MINI_DATA);
    stale->seen[0] = data[0];
    hw_invlpg(MINI_DATA);
    stale->seen[1] = data[0];
}

static void stale_pages_come_back(void **state)
{
    struct kms_guest *guest = boot_row(state);
    struct stale stale;
    call(guest, make_stale, NULL);
    struct kms_guest_snapshot *snapshot = take(guest);
    for (unsigned round = 0; round < 3; round++) {
        call(guest, look_at_stale, &stale);
        assert_int_equal(stale.seen[0], 0x1111);
        assert_int_equal(stale.seen[1], 0x2222);
        kms_guest_snapshot_restore(guest, snapshot);
    }
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    IN_BOTH_MODES("a restored guest has its memory and static data back", everything_comes_back),
    IN_BOTH_MODES("an older snapshot undoes what newer ones hold", snapshots_nest),
    IN_BOTH_MODES("a restored guest has its registers and handlers back", registers_and_handlers_come_back),
    IN_BOTH_MODES("a reset leaves RAM as at power-on", reset_is_power_on),
    IN_THE_WINDOW("a page that was stale at the snapshot is stale again", stale_pages_come_back),
};
KMS_TESTS(guest_snapshot, tests)
