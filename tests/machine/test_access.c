/* Accesses: Accessed and Dirty bits, page crossings, widths, bulk, locked exchanges, devices. */
#include "rig.h"

#include <string.h>

#define FLAGS (A | D)

static struct rig two_pages(void)
{
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, 0x55000 | P | RW | US);
    rig_map32(&rig, 0x2000, 0x33000 | P | RW | US);
    return rig;
}

static uint64_t pte_flags(struct rig *rig, uint32_t linear)
{
    return rig_peek(rig, rig_pte32(linear), 4) & FLAGS;
}

static uint64_t pde_flags(struct rig *rig, uint32_t linear)
{
    return rig_peek(rig, RIG_TOP + (linear >> 22) * 4, 4) & FLAGS;
}

static void a_read_sets_accessed_at_every_level_and_no_dirty(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    assert_translates(&rig, READ(0x1004), 0x55004);
    assert_int_equal(pde_flags(&rig, 0x1000), A);
    assert_int_equal(pte_flags(&rig, 0x1000), A);
    assert_int_equal(pte_flags(&rig, 0x2000), 0);
    rig_free(&rig);
}

static void a_write_sets_dirty_in_the_last_entry_only(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    assert_translates(&rig, WRITE(0x1004), 0x55004);
    assert_int_equal(pde_flags(&rig, 0x1000), A);
    assert_int_equal(pte_flags(&rig, 0x1000), A | D);
    rig_free(&rig);
}

static void a_write_after_a_read_sets_dirty_through_the_tlb(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    uint32_t value;
    assert_int_equal(kms_load32(rig.cpu, 0x1000, &value, NULL), KMS_DONE);
    assert_int_equal(pte_flags(&rig, 0x1000), A);
    assert_int_equal(kms_store32(rig.cpu, 0x1000, 1, NULL), KMS_DONE);
    assert_int_equal(pte_flags(&rig, 0x1000), A | D);
    rig_free(&rig);
}

static void a_fetch_sets_accessed_only(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    uint8_t byte;
    assert_int_equal(kms_fetch(rig.cpu, 0x1000, &byte, 1, NULL), KMS_DONE);
    assert_int_equal(pte_flags(&rig, 0x1000), A);
    rig_free(&rig);
}

static void a_locked_exchange_counts_as_a_write(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    rig_poke(&rig, 0x55ffe, 4, 0xaabbccdd); /* the upper half is at the next frame and not in the next page */
    rig_poke(&rig, 0x33000, 2, 0x1122);
    uint64_t value = 0xdeadbeef;
    assert_int_equal(kms_exchange(rig.cpu, 0x1ffe, 4, &value, NULL), KMS_DONE);
    assert_int_equal(value, 0x1122ccdd);
    assert_int_equal(rig_peek(&rig, 0x55ffe, 2), 0xbeef);
    assert_int_equal(rig_peek(&rig, 0x33000, 2), 0xdead);
    assert_int_equal(pte_flags(&rig, 0x1000), A | D);
    assert_int_equal(pte_flags(&rig, 0x2000), A | D);

    rig_map32(&rig, 0x3000, 0x44000 | P | US);
    rig_set(&rig, KMS_X86_CPL, 3);
    struct kms_fault fault;
    value = 7;
    assert_int_equal(kms_exchange(rig.cpu, 0x3000, 4, &value, &fault), KMS_FAULT);
    assert_int_equal(fault.error_code, KMS_PFERR_P | KMS_PFERR_WR | KMS_PFERR_US);
    assert_int_equal(value, 7);
    rig_free(&rig);
}

static void with_the_walk_policy_a_faulting_walk_marks_the_entries_above(void **state)
{
    (void)state;
    for (int policy = KMS_ACCESSED_ON_SUCCESS; policy <= KMS_ACCESSED_ON_WALK; policy++) {
        struct rig rig = rig_new(&(struct kms_options){.accessed = (enum kms_accessed_policy)policy});
        rig_enable(&rig, KMS_PAGING_32BIT);
        rig_map32(&rig, 0x1000, 0);
        assert_page_fault(&rig, READ(0x1000), 0);
        assert_int_equal(pde_flags(&rig, 0x1000), policy == KMS_ACCESSED_ON_WALK ? A : 0);
        assert_int_equal(rig_peek(&rig, rig_pte32(0x1000), 4), 0);
        rig_free(&rig);
    }
}

static void a_page_crossing_store_writes_both_frames(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    assert_int_equal(kms_store64(rig.cpu, 0x1ffd, UINT64_C(0x8877665544332211), NULL), KMS_DONE);
    assert_int_equal(rig_peek(&rig, 0x55ffd, 1), 0x11);
    assert_int_equal(rig_peek(&rig, 0x55ffe, 2), 0x3322);
    assert_int_equal(rig_peek(&rig, 0x33000, 4), 0x77665544);
    assert_int_equal(rig_peek(&rig, 0x33004, 1), 0x88);
    uint64_t value;
    assert_int_equal(kms_load64(rig.cpu, 0x1ffd, &value, NULL), KMS_DONE);
    assert_true(value == UINT64_C(0x8877665544332211));
    rig_free(&rig);
}

static void a_page_crossing_store_that_faults_writes_nothing(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    rig_poke(&rig, rig_pte32(0x2000), 4, 0x33000 | P); /* a supervisor's page */
    rig_poke(&rig, 0x55ffc, 4, 0x01020304);
    rig_set(&rig, KMS_X86_CPL, 3);
    struct kms_fault fault;
    assert_int_equal(kms_store32(rig.cpu, 0x1ffe, 0xffffffff, &fault), KMS_FAULT);
    assert_int_equal(fault.address, 0x2000);
    assert_int_equal(fault.error_code, KMS_PFERR_P | KMS_PFERR_WR | KMS_PFERR_US);
    assert_int_equal(rig_peek(&rig, 0x55ffc, 4), 0x01020304);
    assert_int_equal(rig_peek(&rig, 0x33000, 4), 0);
    rig_free(&rig);
}

static void a_page_crossing_access_at_the_top_wraps_to_zero_in_32_bits(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0xfffff000, 0x55000 | P | RW);
    rig_map32(&rig, 0x00000000, 0x33000 | P | RW);
    assert_int_equal(kms_store32(rig.cpu, 0xfffffffe, 0x44332211, NULL), KMS_DONE);
    assert_int_equal(rig_peek(&rig, 0x55ffe, 2), 0x2211);
    assert_int_equal(rig_peek(&rig, 0x33000, 2), 0x4433);
    rig_free(&rig);
}

static void a_page_crossing_access_into_the_canonical_hole_raises_gp(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    const kms_linear last = UINT64_C(0x00007ffffffff000);
    rig_map64(&rig, last, 0x55000 | P | RW);
    struct kms_fault fault;
    uint32_t value;
    assert_int_equal(kms_load32(rig.cpu, last + 0xffe, &value, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_GP);
    assert_int_equal(kms_load32(rig.cpu, last + 0xffc, &value, &fault), KMS_DONE);
    rig_free(&rig);
}

static void bulk_moves_cross_many_pages_and_are_all_or_nothing(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    for (uint32_t page = 0; page < 64; page++) /* frames in reverse order */
        rig_map32(&rig, 0x100000 + page * 0x1000, (0x300000 - page * 0x1000) | P | RW);
    static uint8_t out[64 * 4096], in[64 * 4096];
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (uint8_t)(i * 7 + i / 4096);
    assert_int_equal(kms_write(rig.cpu, 0x100000, out, sizeof out, NULL), KMS_DONE);
    assert_int_equal(kms_read(rig.cpu, 0x100000, in, sizeof in, NULL), KMS_DONE);
    assert_memory_equal(in, out, sizeof out);
    assert_int_equal(rig_peek(&rig, 0x300000 - 5 * 0x1000 + 9, 1), (uint8_t)((5 * 4096 + 9) * 7 + 5));
    assert_int_equal(kms_read(rig.cpu, 0x100fff, in, 40 * 4096, NULL), KMS_DONE);
    assert_memory_equal(in, out + 0xfff, 40 * 4096);

    struct kms_fault fault;
    memset(in, 0x5c, sizeof in);
    assert_int_equal(kms_read(rig.cpu, 0x100004, in, sizeof in, &fault), KMS_FAULT);
    assert_int_equal(fault.address, 0x140000);
    assert_int_equal(in[0], 0x5c);
    assert_int_equal(kms_write(rig.cpu, 0x100004, in, sizeof in, NULL), KMS_FAULT);
    assert_int_equal(rig_peek(&rig, 0x300004, 1), out[4]);
    assert_int_equal(kms_read(rig.cpu, 0x500000, in, 0, NULL), KMS_DONE);
    rig_free(&rig);
}

static void every_width_is_little_endian(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    rig_poke(&rig, 0x55010, 8, UINT64_C(0x0807060504030201));
    uint8_t v8;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;
    for (int round = 0; round < 2; round++) { /* the long way, then the short one */
        assert_int_equal(kms_load8(rig.cpu, 0x1010, &v8, NULL), KMS_DONE);
        assert_int_equal(kms_load16(rig.cpu, 0x1011, &v16, NULL), KMS_DONE);
        assert_int_equal(kms_load32(rig.cpu, 0x1012, &v32, NULL), KMS_DONE);
        assert_int_equal(kms_load64(rig.cpu, 0x1010, &v64, NULL), KMS_DONE);
        assert_int_equal(v8, 0x01);
        assert_int_equal(v16, 0x0302);
        assert_int_equal(v32, 0x06050403);
        assert_true(v64 == UINT64_C(0x0807060504030201));
    }
    for (int round = 0; round < 2; round++) {
        assert_int_equal(kms_store8(rig.cpu, 0x1020, 0x11, NULL), KMS_DONE);
        assert_int_equal(kms_store16(rig.cpu, 0x1021, 0x3322, NULL), KMS_DONE);
        assert_int_equal(kms_store32(rig.cpu, 0x1023, 0x77665544, NULL), KMS_DONE);
        assert_int_equal(rig_peek(&rig, 0x55020, 4), 0x44332211);
        assert_int_equal(rig_peek(&rig, 0x55024, 2), 0x6655);
        rig_poke(&rig, 0x55020, 8, 0);
    }
    rig_free(&rig);
}

static void a_failed_load_leaves_the_value_alone(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    uint32_t value = 0x1234;
    assert_int_equal(kms_load32(rig.cpu, 0x9000, &value, NULL), KMS_FAULT);
    assert_int_equal(value, 0x1234);
    rig_free(&rig);
}

static void a_frame_outside_ram_is_a_translation_and_open_bus(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    rig_map32(&rig, 0x4000, 0xe0000000 | P | RW);
    assert_translates(&rig, WRITE(0x4008), 0xe0000008);
    uint32_t value = 0;
    assert_int_equal(kms_store32(rig.cpu, 0x4008, 7, NULL), KMS_DONE);
    assert_int_equal(kms_load32(rig.cpu, 0x4008, &value, NULL), KMS_DONE);
    assert_int_equal(value, 0xffffffff);
    rig_free(&rig);
}

static void a_frame_outside_ram_is_reported_when_asked(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.ram.unbacked = KMS_REPORT});
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, 0x55000 | P | RW);
    rig_map32(&rig, 0x2000, 0xe0000000 | P | RW);
    uint32_t value = 5;
    assert_translates(&rig, READ(0x2000), 0xe0000000);
    assert_int_equal(kms_load32(rig.cpu, 0x2000, &value, NULL), KMS_UNBACKED);
    assert_int_equal(value, 5);
    assert_int_equal(kms_store32(rig.cpu, 0x1ffe, 0xffffffff, NULL), KMS_UNBACKED);
    assert_int_equal(rig_peek(&rig, 0x55ffe, 2), 0);
    rig_free(&rig);
}

struct device {
    unsigned reads, writes, last_width;
    uint64_t last_offset, last_value;
};

static uint64_t device_read(void *context, uint64_t offset, unsigned width)
{
    struct device *device = context;
    device->reads++;
    device->last_offset = offset;
    device->last_width = width;
    return 0x1122334455667788;
}

static void device_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    struct device *device = context;
    device->writes++;
    device->last_offset = offset;
    device->last_width = width;
    device->last_value = value;
}

static void a_device_sees_each_access_with_its_width(void **state)
{
    (void)state;
    struct device device = {0};
    struct rig rig = two_pages();
    assert_int_equal(
        kms_ram_add_mmio(rig.ram, 0xfec00000, 0x1000, &(struct kms_mmio){device_read, device_write, &device}),
        KMS_OK);
    rig_map32(&rig, 0x5000, 0xfec00000 | P | RW);
    uint16_t value;
    for (unsigned round = 1; round <= 2; round++) {
        assert_int_equal(kms_load16(rig.cpu, 0x5010, &value, NULL), KMS_DONE);
        assert_int_equal(value, 0x7788);
        assert_int_equal(device.reads, round);
        assert_int_equal(device.last_width, 2);
        assert_int_equal(kms_store32(rig.cpu, 0x5020, 0xcafe, NULL), KMS_DONE);
        assert_int_equal(device.writes, round);
        assert_int_equal(device.last_offset, 0x20);
        assert_int_equal(device.last_value, 0xcafe);
    }
    rig_free(&rig);
}

static void a_cursor_reads_what_loads_read_whatever_changes_meanwhile(void **state)
{
    (void)state;
    struct rig rig = two_pages();
    for (uint32_t i = 0; i < 1024; i++) {
        rig_poke(&rig, 0x55000 + i * 4, 4, 0x10000 + i);
        rig_poke(&rig, 0x33000 + i * 4, 4, 0x20000 + i);
    }
    struct kms_cursor cursor = kms_cursor_new(rig.cpu);
    uint32_t value = 0;
    for (uint32_t i = 0; i < 2048; i++) {
        assert_int_equal(kms_cursor_load32(&cursor, 0x1000 + i * 4, &value, NULL), KMS_DONE);
        assert_int_equal(value, i < 1024 ? 0x10000 + i : 0x20000 + i - 1024);
    }
    assert_int_equal(kms_cursor_load32(&cursor, 0x1ffe, &value, NULL), KMS_DONE); /* across two frames */
    assert_int_equal(value, 0x00000001);
    assert_int_equal(kms_cursor_load32(&cursor, 0x2000, &value, NULL), KMS_DONE);
    rig_map32(&rig, 0x2000, 0x55000 | P | RW);
    assert_int_equal(kms_cursor_load32(&cursor, 0x2000, &value, NULL), KMS_DONE); /* stale, like any load */
    assert_int_equal(value, 0x20000);
    kms_invalidate(rig.cpu, 0x2000);
    assert_int_equal(kms_cursor_load32(&cursor, 0x2000, &value, NULL), KMS_DONE);
    assert_int_equal(value, 0x10000);
    rig_set(&rig, KMS_X86_CPL, 3);
    assert_int_equal(kms_cursor_load32(&cursor, 0x2000, &value, NULL), KMS_FAULT);
    rig_free(&rig);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a read sets Accessed at every level and no Dirty",
             a_read_sets_accessed_at_every_level_and_no_dirty),
    KMS_TEST("a write sets Dirty in the last entry only", a_write_sets_dirty_in_the_last_entry_only),
    KMS_TEST("a write after a read sets Dirty through the TLB",
             a_write_after_a_read_sets_dirty_through_the_tlb),
    KMS_TEST("a fetch sets Accessed only", a_fetch_sets_accessed_only),
    KMS_TEST("a locked exchange counts as a write", a_locked_exchange_counts_as_a_write),
    KMS_TEST("with the walk policy a faulting walk marks the entries above",
             with_the_walk_policy_a_faulting_walk_marks_the_entries_above),
    KMS_TEST("a page-crossing store writes both frames", a_page_crossing_store_writes_both_frames),
    KMS_TEST("a page-crossing store that faults writes nothing",
             a_page_crossing_store_that_faults_writes_nothing),
    KMS_TEST("a page-crossing access at the top wraps to zero in 32 bits",
             a_page_crossing_access_at_the_top_wraps_to_zero_in_32_bits),
    KMS_TEST("a page-crossing access into the canonical hole raises #GP",
             a_page_crossing_access_into_the_canonical_hole_raises_gp),
    KMS_TEST("bulk moves cross many pages and are all or nothing",
             bulk_moves_cross_many_pages_and_are_all_or_nothing),
    KMS_TEST("every width is little-endian", every_width_is_little_endian),
    KMS_TEST("a cursor reads what loads read, whatever changes meanwhile",
             a_cursor_reads_what_loads_read_whatever_changes_meanwhile),
    KMS_TEST("a failed load leaves the value alone", a_failed_load_leaves_the_value_alone),
    KMS_TEST("a frame outside RAM is a translation, and open bus",
             a_frame_outside_ram_is_a_translation_and_open_bus),
    KMS_TEST("a frame outside RAM is reported when asked", a_frame_outside_ram_is_reported_when_asked),
    KMS_TEST("a device sees each access with its width", a_device_sees_each_access_with_its_width),
};
KMS_TESTS(access, tests)
