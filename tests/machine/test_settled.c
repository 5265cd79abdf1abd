/* Settled pages (fast.h): whatever the short way answers, the long way would have. */
#include "rig.h"

#include <string.h>

#define SLOTS_SPAN 0x4000000u /* addresses this far apart share a slot: 16,384 pages */

static struct rig three_pages(void)
{
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, 0x55000 | P | RW);
    rig_map32(&rig, 0x2000, 0x56000 | P | RW); /* the next frame */
    rig_map32(&rig, 0x3000, 0x33000 | P | RW); /* another */
    for (uint32_t i = 0; i < 0x800; i += 4) {
        rig_poke(&rig, 0x55800 + i, 4, 0x10000 + i);
        rig_poke(&rig, 0x56000 + i, 4, 0x20000 + i);
        rig_poke(&rig, 0x56800 + i, 4, 0x30000 + i);
        rig_poke(&rig, 0x33000 + i, 4, 0x40000 + i);
    }
    return rig;
}

static void assert_load_faults(struct rig *rig, kms_linear linear)
{
    uint32_t value = 77;
    assert_int_equal(kms_load32(rig->cpu, linear, &value, NULL), KMS_FAULT);
    assert_int_equal(kms_store32(rig->cpu, linear, 1, NULL), KMS_FAULT);
    assert_int_equal(value, 77);
}

static void assert_nothing_around(struct rig *rig)
{
    assert_load_faults(rig, 0);
    assert_load_faults(rig, 0xffc);
    assert_load_faults(rig, SLOTS_SPAN);
    assert_load_faults(rig, SLOTS_SPAN + 0x1000);
    assert_load_faults(rig, 2 * SLOTS_SPAN);
    assert_load_faults(rig, UINT64_C(0x100000000) - 0x1000);
}

static void no_address_is_settled_before_it_was_used(void **state)
{
    (void)state;
    struct rig rig = three_pages();
    assert_nothing_around(&rig);
    rig_free(&rig);
}

static void settle(struct rig *rig, kms_linear linear)
{
    uint32_t value = 0;
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(kms_load32(rig->cpu, linear, &value, NULL), KMS_DONE);
        assert_int_equal(kms_store32(rig->cpu, linear, value, NULL), KMS_DONE);
    }
}

static void what_an_invalidation_leaves_answers_for_no_other_page(void **state)
{
    (void)state;
    struct rig rig = three_pages();
    settle(&rig, 0x1000);
    settle(&rig, 0x2000);
    assert_nothing_around(&rig);
    rig_map32(&rig, 0x1000, 0);
    kms_invalidate(rig.cpu, 0x1000);
    assert_load_faults(&rig, 0x1000);
    assert_nothing_around(&rig);
    uint32_t value = 0;
    assert_int_equal(kms_load32(rig.cpu, 0x2000, &value, NULL), KMS_DONE);
    assert_int_equal(value, 0x20000);
    kms_flush(rig.cpu);
    assert_nothing_around(&rig);
    rig_free(&rig);
}

static void an_access_off_the_end_of_a_settled_page_asks_for_the_next(void **state)
{
    (void)state;
    struct rig rig = three_pages();
    settle(&rig, 0x3000);
    uint32_t value = 0;
    assert_int_equal(kms_load32(rig.cpu, 0x3ffc, &value, NULL), KMS_DONE);
    assert_load_faults(&rig, 0x3ffd);
    uint8_t bytes[8];
    assert_int_equal(kms_read(rig.cpu, 0x3ff8, bytes, 8, NULL), KMS_DONE);
    assert_int_equal(kms_read(rig.cpu, 0x3ff9, bytes, 8, NULL), KMS_FAULT);
    rig_free(&rig);
}

/* Two pages that follow each other in memory, one that does not. */
static void bulk_reads_of_settled_pages_follow_the_frames(void **state)
{
    (void)state;
    struct rig rig = three_pages();
    static uint32_t words[0x2000 / 4];
    for (unsigned round = 0; round < 3; round++) {
        memset(words, 0, sizeof words);
        assert_int_equal(kms_read(rig.cpu, 0x1800, words, 0x2000, NULL), KMS_DONE);
        for (uint32_t i = 0; i < 0x800; i += 4) {
            assert_int_equal(words[i / 4], 0x10000 + i);
            assert_int_equal(words[(0x800 + i) / 4], 0x20000 + i);
            assert_int_equal(words[(0x1000 + i) / 4], 0x30000 + i);
            assert_int_equal(words[(0x1800 + i) / 4], 0x40000 + i);
        }
    }
    assert_int_equal(kms_read(rig.cpu, 0x3800, words, 0x1000, NULL), KMS_FAULT);
    assert_int_equal(words[0], 0x10000); /* nothing moved */
    rig_free(&rig);
}

static uint64_t count_read(void *context, uint64_t offset, unsigned width)
{
    (void)offset;
    (void)width;
    return ++*(unsigned *)context;
}

static void drop_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    (void)offset;
    (void)width;
    (void)value;
}

static void a_cursor_asks_a_device_at_every_load(void **state)
{
    (void)state;
    struct rig rig = three_pages();
    unsigned reads = 0;
    const struct kms_mmio device = {count_read, drop_write, &reads};
    assert_int_equal(kms_ram_add_mmio(rig.ram, 0xfec00000, 0x1000, &device), KMS_OK);
    rig_map32(&rig, 0x2000, 0xfec00000 | P | RW);
    struct kms_cursor cursor = kms_cursor_new(rig.cpu);
    uint32_t value = 0;
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(kms_cursor_load32(&cursor, 0x2000 + i * 4, &value, NULL), KMS_DONE);
        assert_int_equal(value, i + 1);
    }
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(kms_cursor_load32(&cursor, 0x1800, &value, NULL), KMS_DONE);
        assert_int_equal(value, 0x10000);
    }
    assert_int_equal(kms_cursor_load32(&cursor, 0x2000, &value, NULL), KMS_DONE);
    assert_int_equal(value, 5);
    rig_free(&rig);
}

/* Inside one page, and the page is not settled: in RAM, where nothing is, where no RAM is, and in no bytes at all. */
static void bulk_reads_of_other_pages_take_the_long_way(void **state)
{
    uint8_t bytes[16] = {0};
    struct kms_fault fault = {0};
    (void)state;
    struct rig rig = three_pages();
    rig_map32(&rig, 0x5000, 0x10000000 | P | RW);
    assert_int_equal(kms_read(rig.cpu, 0x1800, bytes, 8, NULL), KMS_DONE);
    assert_memory_equal(bytes, "\x00\x00\x01\x00\x04\x00\x01\x00", 8);
    assert_int_equal(kms_read(rig.cpu, 0x4010, bytes, sizeof bytes, &fault), KMS_FAULT);
    assert_int_equal(fault.error_code, 0); /* a read of what is not present */
    assert_int_equal(fault.address, 0x4010);
    assert_int_equal(kms_read(rig.cpu, 0x4010, bytes, sizeof bytes, NULL), KMS_FAULT);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(kms_read(rig.cpu, 0x5000, bytes, sizeof bytes, NULL), KMS_DONE);
    assert_int_equal(bytes[15], 0xff);
    assert_int_equal(kms_read(rig.cpu, 0x4010, bytes, 0, NULL), KMS_DONE);
    assert_int_equal(kms_write(rig.cpu, 0x4010, bytes, 0, NULL), KMS_DONE);
    rig_free(&rig);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("no address is settled before it was used", no_address_is_settled_before_it_was_used),
    KMS_TEST("what an invalidation leaves answers for no other page",
             what_an_invalidation_leaves_answers_for_no_other_page),
    KMS_TEST("an access off the end of a settled page asks for the next",
             an_access_off_the_end_of_a_settled_page_asks_for_the_next),
    KMS_TEST("bulk reads of settled pages follow the frames", bulk_reads_of_settled_pages_follow_the_frames),
    KMS_TEST("bulk reads of pages that are not settled take the long way",
             bulk_reads_of_other_pages_take_the_long_way),
    KMS_TEST("a cursor asks a device at every load", a_cursor_asks_a_device_at_every_load),
};
KMS_TESTS(machine_settled, tests)
