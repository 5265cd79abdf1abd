/* Physical memory: regions, policies, poison, sparse RAM, snapshots. */
#include "rig.h"

#include <string.h>

#define GIB (UINT64_C(1) << 30)

static struct kms_ram *ram_new(uint64_t size, struct kms_ram_options options)
{
    struct kms_ram *ram;
    assert_int_equal(kms_ram_new(size, &options, &ram), KMS_OK);
    return ram;
}

static uint64_t load(const struct kms_ram *ram, kms_phys phys, unsigned width)
{
    uint64_t value = 0;
    assert_int_equal(kms_phys_load(ram, phys, width, &value), KMS_DONE);
    return value;
}

static void fresh_ram_is_poison_and_not_zero(void **state)
{
    (void)state;
    struct kms_ram *ram = ram_new(1 << 20, (struct kms_ram_options){.fill = KMS_FILL_POISON});
    assert_int_equal(load(ram, 0, 4), 0xa5a5a5a5);
    assert_int_equal(load(ram, (1 << 20) - 8, 8), 0xa5a5a5a5a5a5a5a5);
    kms_ram_free(ram);
    ram = ram_new(1 << 20, (struct kms_ram_options){.fill = KMS_FILL_ZERO});
    assert_int_equal(load(ram, 0x1000, 8), 0);
    kms_ram_free(ram);
}

static void twenty_four_gib_cost_nothing_until_used(void **state)
{
    (void)state;
    /* Memcheck has room for little more. */
    struct kms_ram *ram = ram_new(24 * GIB, (struct kms_ram_options){.fill = KMS_FILL_POISON});
    assert_int_equal(kms_phys_store(ram, 20 * GIB + 0x123, 4, 0x12345678), KMS_DONE);
    assert_int_equal(load(ram, 20 * GIB + 0x123, 4), 0x12345678);
    assert_int_equal(load(ram, 20 * GIB + 0x127, 4), 0xa5a5a5a5);
    assert_int_equal(load(ram, 20 * GIB + 0x1000 - 2, 4), 0xa5a5a5a5);
    assert_int_equal(load(ram, 23 * GIB, 1), 0xa5);
    assert_int_equal(kms_ram_end(ram), 24 * GIB);
    kms_ram_free(ram);
}

static void sizes_that_no_machine_has_are_refused(void **state)
{
    (void)state;
    struct kms_ram *ram;
    assert_int_equal(kms_ram_new(KMS_RAM_MIN - 4096, NULL, &ram), KMS_BAD_RANGE);
    assert_null(ram);
    assert_int_equal(kms_ram_new(KMS_RAM_MIN + 1, NULL, &ram), KMS_BAD_RANGE);
    assert_int_equal(kms_ram_new(UINT64_MAX & ~UINT64_C(4095), NULL, &ram), KMS_BAD_RANGE);
    assert_int_equal(kms_ram_new(KMS_RAM_MIN, NULL, &ram), KMS_OK);
    kms_ram_free(ram);
}

static void values_are_little_endian_at_any_alignment(void **state)
{
    (void)state;
    struct kms_ram *ram = ram_new(1 << 20, (struct kms_ram_options){.fill = KMS_FILL_ZERO});
    assert_int_equal(kms_phys_store(ram, 0xfff, 8, UINT64_C(0x0807060504030201)), KMS_DONE);
    assert_int_equal(load(ram, 0xfff, 1), 0x01);
    assert_int_equal(load(ram, 0x1000, 2), 0x0302);
    assert_int_equal(load(ram, 0x1001, 4), 0x06050403);
    const uint8_t *bytes = kms_ram_ptr(ram, 0xfff, 8);
    assert_int_equal(bytes[7], 8);
    kms_ram_free(ram);
}

static void beyond_the_end_is_open_bus_or_a_report(void **state)
{
    (void)state;
    struct kms_ram *ram = ram_new(1 << 20, (struct kms_ram_options){.fill = KMS_FILL_ZERO});
    assert_int_equal(load(ram, 1 << 20, 4), 0xffffffff);
    assert_int_equal(load(ram, (1 << 20) - 2, 4), 0xffff0000);
    assert_int_equal(kms_phys_store(ram, (1 << 20) - 2, 4, 0x11223344), KMS_DONE);
    assert_int_equal(load(ram, (1 << 20) - 2, 2), 0x3344);
    assert_int_equal(load(ram, UINT64_MAX - 3, 4), 0xffffffff);
    kms_ram_free(ram);

    ram = ram_new(1 << 20, (struct kms_ram_options){.unbacked = KMS_REPORT, .fill = KMS_FILL_ZERO});
    uint64_t value = 77;
    assert_int_equal(kms_phys_load(ram, (1 << 20) - 2, 4, &value), KMS_UNBACKED);
    assert_int_equal(value, 77);
    assert_int_equal(kms_phys_store(ram, (1 << 20) - 2, 4, 0x11223344), KMS_UNBACKED);
    assert_int_equal(load(ram, (1 << 20) - 2, 2), 0);
    kms_ram_free(ram);
}

static void rom_is_read_in_place_and_never_written(void **state)
{
    (void)state;
    static uint8_t rom[0x10000];
    memset(rom, 0x3c, sizeof rom);
    struct kms_ram *ram = ram_new(1 << 20, (struct kms_ram_options){.fill = KMS_FILL_ZERO});
    assert_int_equal(kms_ram_add_rom(ram, 0xf0000, rom, sizeof rom), KMS_OK);
    assert_int_equal(load(ram, 0xf1234, 2), 0x3c3c);
    assert_int_equal(kms_phys_store(ram, 0xf1234, 2, 0), KMS_DONE);
    assert_int_equal(load(ram, 0xf1234, 2), 0x3c3c);
    assert_null(kms_ram_ptr(ram, 0xf1234, 2));
    assert_int_equal(load(ram, 0xefffe, 4), 0x3c3c0000);
    kms_ram_free(ram);
}

static void a_hole_splits_ram_and_both_sides_stay(void **state)
{
    (void)state;
    struct kms_ram *ram = ram_new(4 << 20, (struct kms_ram_options){.fill = KMS_FILL_ZERO});
    assert_int_equal(kms_phys_store(ram, 0x9fffc, 4, 0x11111111), KMS_DONE);
    assert_int_equal(kms_phys_store(ram, 0x100000, 4, 0x22222222), KMS_DONE);
    assert_int_equal(kms_ram_add_hole(ram, 0xa0000, 0x60000), KMS_OK);
    assert_int_equal(load(ram, 0x9fffc, 8), UINT64_C(0xffffffff11111111));
    assert_int_equal(load(ram, 0x100000, 4), 0x22222222);
    assert_int_equal(load(ram, 0xb8000, 4), 0xffffffff);
    assert_int_equal(kms_ram_size(ram), (4 << 20) - 0x60000);
    const struct kms_region hole = kms_ram_region(ram, 0xb8000);
    assert_int_equal(hole.kind, KMS_REGION_NONE);
    assert_int_equal(hole.base, 0xa0000);
    assert_int_equal(hole.size, 0x60000);
    assert_int_equal(kms_ram_region(ram, 0x200000).base, 0x100000);
    kms_ram_free(ram);
}

static void ram_can_continue_above_the_pci_hole(void **state)
{
    (void)state;
    struct kms_ram *ram = ram_new(1 << 20, (struct kms_ram_options){.fill = KMS_FILL_ZERO});
    assert_int_equal(kms_ram_add(ram, 4 * GIB, 1 << 20), KMS_OK);
    assert_int_equal(kms_phys_store(ram, 4 * GIB + 16, 8, 42), KMS_DONE);
    assert_int_equal(load(ram, 4 * GIB + 16, 8), 42);
    assert_int_equal(kms_ram_end(ram), 4 * GIB + (1 << 20));
    assert_int_equal(kms_ram_add(ram, 0x80000, 1 << 20), KMS_BAD_RANGE);
    assert_int_equal(kms_ram_add(ram, 0x123, 4096), KMS_BAD_RANGE);
    assert_int_equal(kms_ram_add(ram, UINT64_C(1) << 52, 4096), KMS_BAD_RANGE);
    kms_ram_free(ram);
}

static void more_regions_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    struct kms_ram *ram = ram_new(1 << 20, (struct kms_ram_options){.fill = KMS_FILL_ZERO});
    unsigned added = 0;
    while (kms_ram_add_hole(ram, 0x1000 + added * 0x2000, 0x1000) == KMS_OK)
        added++;
    assert_int_equal(added, KMS_RAM_REGIONS - 1);
    assert_int_equal(load(ram, 0x1000 + added * 0x2000, 4), 0);
    kms_ram_free(ram);
}

static void a_snapshot_brings_back_memory_registers_and_the_tlb(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, 0x55000 | P | RW);
    rig_poke(&rig, 0x55000, 4, 1);
    assert_translates(&rig, READ(0x1000), 0x55000);
    struct kms_snapshot *snapshot;
    assert_int_equal(kms_snapshot_take(rig.machine, &snapshot), KMS_OK);
    assert_int_equal(kms_snapshot_dirty_pages(rig.machine, snapshot), 0);
    for (int round = 0; round < 3; round++) {
        rig_poke(&rig, rig_pte32(0x1000), 4, 0x66000 | P | RW);
        assert_translates(&rig, READ(0x1000), 0x55000); /* stale, as it was when the snapshot was taken */
        assert_int_equal(kms_store32(rig.cpu, 0x1000, 99, NULL), KMS_DONE); /* walks: D was not cached */
        assert_int_equal(kms_store32(rig.cpu, 0x1004, 99, NULL), KMS_DONE);
        rig_set(&rig, KMS_X86_CPL, 3);
        assert_page_fault(&rig, READ(0x7000), KMS_PFERR_US);
        assert_int_equal(kms_snapshot_dirty_pages(rig.machine, snapshot),
                         2); /* the table and the new frame */
        kms_snapshot_restore(rig.machine, snapshot);
        assert_int_equal(rig_peek(&rig, rig_pte32(0x1000), 4), 0x55000 | P | RW | A);
        assert_int_equal(rig_peek(&rig, 0x55000, 4), 1);
        assert_int_equal(rig_peek(&rig, 0x66000, 4), 0);
        assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CPL), 0);
        assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR2), 0);
        assert_int_equal(kms_tlb_list(rig.cpu, NULL, 0), 1);
    }
    rig_free(&rig);
}

static void snapshots_nest(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    struct kms_snapshot *outer, *inner;
    rig_poke(&rig, 0x3000, 4, 1);
    assert_int_equal(kms_snapshot_take(rig.machine, &outer), KMS_OK);
    rig_poke(&rig, 0x3000, 4, 2);
    assert_int_equal(kms_snapshot_take(rig.machine, &inner), KMS_OK);
    rig_poke(&rig, 0x3000, 4, 3);
    rig_poke(&rig, 0x4000, 4, 3);
    kms_snapshot_restore(rig.machine, inner);
    assert_int_equal(rig_peek(&rig, 0x3000, 4), 2);
    rig_poke(&rig, 0x4000, 4, 4);
    kms_snapshot_restore(rig.machine, outer); /* inner is gone */
    assert_int_equal(rig_peek(&rig, 0x3000, 4), 1);
    assert_int_equal(rig_peek(&rig, 0x4000, 4), 0);
    assert_int_equal(kms_snapshot_take(rig.machine, &inner), KMS_OK);
    rig_poke(&rig, 0x5000, 4, 5);
    kms_snapshot_drop(rig.machine, inner); /* memory stays, and the outer one can still undo it */
    assert_int_equal(rig_peek(&rig, 0x5000, 4), 5);
    kms_snapshot_restore(rig.machine, outer);
    assert_int_equal(rig_peek(&rig, 0x5000, 4), 0);
    rig_free(&rig);
}

static void a_store_by_the_short_way_is_undone_too(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    struct kms_snapshot *snapshot;
    assert_int_equal(kms_store32(rig.cpu, 0x8000, 1, NULL), KMS_DONE);
    assert_int_equal(kms_store32(rig.cpu, 0x8000, 1, NULL), KMS_DONE);
    assert_int_equal(kms_snapshot_take(rig.machine, &snapshot), KMS_OK);
    assert_int_equal(kms_store32(rig.cpu, 0x8000, 2, NULL), KMS_DONE);
    kms_snapshot_restore(rig.machine, snapshot);
    assert_int_equal(rig_peek(&rig, 0x8000, 4), 1);
    assert_int_equal(kms_store32(rig.cpu, 0x8000, 3, NULL), KMS_DONE);
    kms_snapshot_restore(rig.machine, snapshot);
    assert_int_equal(rig_peek(&rig, 0x8000, 4), 1);
    kms_ram_touch(rig.ram, 0x9000, 4);
    *kms_ram_ptr(rig.ram, 0x9000, 4) = 9;
    kms_snapshot_restore(rig.machine, snapshot);
    assert_int_equal(rig_peek(&rig, 0x9000, 1), 0);
    rig_free(&rig);
}

static void a_snapshot_undoes_sparse_ram_to_its_poison(void **state)
{
    (void)state;
    struct kms_machine *machine;
    assert_int_equal(kms_machine_new(&(struct kms_options){.ram_size = 8 * GIB}, &machine), KMS_OK);
    struct kms_snapshot *snapshot;
    assert_int_equal(kms_snapshot_take(machine, &snapshot), KMS_OK);
    struct kms_ram *ram = kms_machine_ram(machine);
    assert_int_equal(kms_phys_store(ram, 6 * GIB, 4, 0), KMS_DONE);
    kms_snapshot_restore(machine, snapshot);
    assert_int_equal(load(ram, 6 * GIB, 4), 0xa5a5a5a5);
    kms_machine_free(machine);
}

static void shared_ram_names_its_file(void **state)
{
    (void)state;
    struct kms_ram *ram = ram_new(1 << 20, (struct kms_ram_options){.fill = KMS_FILL_ZERO});
    int fd;
    uint64_t offset;
    assert_false(kms_ram_file(ram, 0, &fd, &offset));
    kms_ram_free(ram);
    if (kms_ram_new(1 << 20, &(struct kms_ram_options){.shared = true}, &ram) == KMS_UNSUPPORTED)
        kms_skip("this host has no memory that can be mapped twice");
    assert_true(kms_ram_file(ram, 0x5678, &fd, &offset));
    assert_int_equal(offset, 0x5000);
    assert_false(kms_ram_file(ram, 1 << 20, &fd, &offset));
    kms_ram_free(ram);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    static const struct kms_options bad[] = {
        {.ram_size = 1 << 20, .cpus = KMS_CPUS_MAX + 1},
        {.ram_size = 1 << 20, .maxphyaddr = 31},
        {.ram_size = 1 << 20, .maxphyaddr = 53},
        {.ram_size = 1 << 20, .features = 1u << 31},
        {.ram_size = 1 << 20, .tlb.geometry = {{3, 1}, {1, 1}, {1, 1}}},
        {.ram_size = 1 << 20, .tlb.geometry = {{4, 0}, {1, 1}, {1, 1}}},
        {.ram_size = 1 << 20, .tlb.geometry = {{4, 65}, {1, 1}, {1, 1}}},
        {.ram_size = 1 << 20, .accessed = (enum kms_accessed_policy)2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct kms_machine *machine;
        assert_int_equal(kms_machine_new(&bad[i], &machine), KMS_BAD_OPTION);
        assert_null(machine);
    }
    struct kms_machine *machine;
    assert_int_equal(kms_machine_new(&(struct kms_options){.ram_size = 123}, &machine), KMS_BAD_RANGE);
    for (int status = KMS_OK; status <= KMS_UNSUPPORTED; status++)
        assert_true(strlen(kms_status_words((enum kms_status)status)) > 3);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("fresh RAM is poison and not zero", fresh_ram_is_poison_and_not_zero),
    KMS_TEST("24 GiB cost nothing until used", twenty_four_gib_cost_nothing_until_used),
    KMS_TEST("sizes that no machine has are refused", sizes_that_no_machine_has_are_refused),
    KMS_TEST("values are little-endian at any alignment", values_are_little_endian_at_any_alignment),
    KMS_TEST("beyond the end is open bus, or a report", beyond_the_end_is_open_bus_or_a_report),
    KMS_TEST("ROM is read in place and never written", rom_is_read_in_place_and_never_written),
    KMS_TEST("a hole splits RAM and both sides stay", a_hole_splits_ram_and_both_sides_stay),
    KMS_TEST("RAM can continue above the PCI hole", ram_can_continue_above_the_pci_hole),
    KMS_TEST("more regions than there is room for are refused",
             more_regions_than_there_is_room_for_are_refused),
    KMS_TEST("a snapshot brings back memory, registers and the TLB",
             a_snapshot_brings_back_memory_registers_and_the_tlb),
    KMS_TEST("snapshots nest", snapshots_nest),
    KMS_TEST("a store by the short way is undone too", a_store_by_the_short_way_is_undone_too),
    KMS_TEST("a snapshot undoes sparse RAM to its poison", a_snapshot_undoes_sparse_ram_to_its_poison),
    KMS_TEST("shared RAM names its file", shared_ram_names_its_file),
    KMS_TEST("options out of range are refused", options_out_of_range_are_refused),
};
KMS_TESTS(ram, tests)
