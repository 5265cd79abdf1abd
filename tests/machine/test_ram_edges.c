/* Physical memory at its edges: devices and odd sizes, the end of the address space, regions that are refused. */
#include "rig.h"

#define PHYS_END (UINT64_C(1) << KMS_PHYS_BITS)
#define DEVICE   0x100000u

/* A device that keeps 64 bytes and the width of the last access. */
struct device {
    uint8_t bytes[64];
    unsigned last_width, accesses;
};

static uint64_t device_read(void *context, uint64_t offset, unsigned width)
{
    struct device *device = context;
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)device->bytes[(offset + i) % 64] << 8 * i;
    device->last_width = width;
    device->accesses++;
    return value;
}

static void device_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    struct device *device = context;
    for (unsigned i = 0; i < width; i++)
        device->bytes[(offset + i) % 64] = (uint8_t)(value >> 8 * i);
    device->last_width = width;
    device->accesses++;
}

static struct kms_ram *new_ram(const struct kms_ram_options *options, struct device *device)
{
    struct kms_ram *ram;
    const struct kms_mmio mmio = {device_read, device_write, device};
    assert_int_equal(kms_ram_new(0x20000, options, &ram), KMS_OK);
    if (device)
        assert_int_equal(kms_ram_add_mmio(ram, DEVICE, KMS_PAGE_SIZE, &mmio), KMS_OK);
    return ram;
}

static void odd_sizes_are_bytes(void **state)
{
    struct device device = {0};
    struct kms_ram *ram = new_ram(NULL, &device);
    const uint8_t odd[3] = {1, 2, 3}, long_one[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    uint8_t back[12] = {0};
    (void)state;
    assert_int_equal(kms_phys_write(ram, DEVICE + 4, odd, 3), KMS_DONE);
    assert_int_equal(device.accesses, 3);
    assert_int_equal(device.last_width, 1);
    assert_int_equal(kms_phys_read(ram, DEVICE + 4, back, 3), KMS_DONE);
    assert_memory_equal(back, odd, 3);
    assert_int_equal(device.accesses, 6);
    assert_int_equal(kms_phys_write(ram, DEVICE + 8, long_one, 12), KMS_DONE);
    assert_int_equal(device.accesses, 18);
    assert_int_equal(kms_phys_read(ram, DEVICE + 8, back, 12), KMS_DONE);
    assert_memory_equal(back, long_one, 12);
    kms_ram_free(ram);
}

static void widths_reach_the_device(void **state)
{
    struct device device = {0};
    struct kms_ram *ram = new_ram(NULL, &device);
    (void)state;
    for (unsigned width = 1; width <= 8; width *= 2) {
        uint64_t value = 0, expected = UINT64_C(0x1122334455667788) >> (64 - 8 * width);
        assert_int_equal(kms_phys_store(ram, DEVICE, width, expected), KMS_DONE);
        assert_int_equal(device.last_width, width);
        assert_int_equal(kms_phys_load(ram, DEVICE, width, &value), KMS_DONE);
        assert_int_equal(value, expected);
    }
    kms_ram_free(ram);
}

static void ranges_over_several_regions(void **state)
{
    static const uint8_t rom[KMS_PAGE_SIZE] = {0x55};
    struct device device = {.bytes = {9}};
    const struct kms_ram_options reports = {.unbacked = KMS_REPORT};
    struct kms_ram *ram = new_ram(&reports, &device);
    uint8_t bytes[16];
    (void)state;
    assert_int_equal(kms_ram_add_rom(ram, 0x20000, rom, sizeof rom), KMS_OK);
    assert_int_equal(kms_phys_read(ram, 0x1fffc, bytes, 8), KMS_DONE);
    assert_int_equal(bytes[3], KMS_POISON);
    assert_int_equal(bytes[4], 0x55);
    assert_int_equal(kms_phys_read(ram, 0x20ffc, bytes, 8), KMS_UNBACKED); /* into the gap */
    assert_int_equal(kms_phys_write(ram, DEVICE - 4, bytes, 8), KMS_UNBACKED);
    assert_int_equal(device.accesses, 0);
    assert_int_equal(kms_phys_read(ram, 0x1000, bytes, 0), KMS_DONE);
    assert_null(kms_ram_ptr(ram, 0x20000, 1));
    assert_null(kms_ram_ptr(ram, 0x1f000, 0x2000));
    assert_null(kms_ram_ptr(ram, 0x30000, 1));
    kms_ram_free(ram);
}

static void an_open_bus_answers_to_the_end(void **state)
{
    struct kms_ram *ram = new_ram(NULL, NULL);
    uint8_t bytes[16] = {0};
    (void)state;
    assert_int_equal(kms_phys_read(ram, PHYS_END - 4, bytes, 8), KMS_DONE);
    assert_int_equal(bytes[0], 0xff);
    assert_int_equal(bytes[7], 0xff);
    assert_int_equal(kms_phys_write(ram, PHYS_END - 4, bytes, 8), KMS_DONE);
    kms_ram_touch(ram, PHYS_END - KMS_PAGE_SIZE, 2 * KMS_PAGE_SIZE);
    kms_ram_touch(ram, 0x1f000, 0x2000);
    assert_int_equal(kms_ram_end(ram), 0x20000);
    kms_ram_free(ram);
}

static void ranges_that_are_no_pages_are_refused(void **state)
{
    static const uint8_t rom[KMS_PAGE_SIZE];
    struct device device;
    const struct kms_mmio mmio = {device_read, device_write, &device};
    struct kms_ram *ram = new_ram(NULL, NULL);
    const struct {
        kms_phys base;
        uint64_t size;
    } bad[] = {
        {0x40000, 0}, {0x40000, 0x800}, {0x40800, 0x1000}, {PHYS_END, 0x1000}, {PHYS_END - 0x1000, 0x2000}};
    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(kms_ram_add(ram, bad[i].base, bad[i].size), KMS_BAD_RANGE);
        assert_int_equal(kms_ram_add_rom(ram, bad[i].base, rom, bad[i].size), KMS_BAD_RANGE);
        assert_int_equal(kms_ram_add_mmio(ram, bad[i].base, bad[i].size, &mmio), KMS_BAD_RANGE);
        assert_int_equal(kms_ram_add_hole(ram, bad[i].base, bad[i].size), KMS_BAD_RANGE);
    }
    assert_int_equal(kms_ram_add(ram, 0x1f000, 0x1000), KMS_BAD_RANGE); /* RAM is there already */
    assert_int_equal(kms_ram_add_rom(ram, 0x20000, rom, sizeof rom), KMS_OK);
    assert_int_equal(kms_ram_add_hole(ram, 0x1f000, 0x2000), KMS_BAD_RANGE); /* ROM is not cut */
    assert_int_equal(kms_ram_region(ram, 0x1f000).kind, KMS_REGION_RAM);
    kms_ram_free(ram);
}

/* RAM at 0 and, with a gap, at 0x30000: what is laid over them cuts their ends, takes one whole, or meets both. */
static void what_is_laid_over_takes_its_part(void **state)
{
    static const uint8_t rom[0x2000];
    struct kms_ram *ram = new_ram(NULL, NULL);
    (void)state;
    assert_int_equal(kms_ram_add(ram, 0x30000, 0x4000), KMS_OK);
    assert_int_equal(kms_ram_add(ram, 0x2f000, 0x1000), KMS_OK); /* below one, above the other */
    assert_int_equal(kms_ram_add(ram, 0x33000, 0x2000), KMS_BAD_RANGE);
    assert_int_equal(kms_ram_add_rom(ram, 0, rom, sizeof rom), KMS_OK); /* the start of one */
    assert_int_equal(kms_ram_region(ram, 0x2000).base, 0x2000);
    assert_int_equal(kms_ram_size(ram), 0x1e000 + 0x1000 + 0x4000);   /* ROM is no RAM */
    assert_int_equal(kms_ram_add_hole(ram, 0x1f000, 0x2000), KMS_OK); /* the end of one, and nothing */
    assert_int_equal(kms_ram_region(ram, 0x1e000).size, 0x1d000);
    assert_int_equal(kms_ram_add_hole(ram, 0x2f000, 0x2000), KMS_OK); /* one whole and the next one's start */
    assert_int_equal(kms_ram_region(ram, 0x31000).base, 0x31000);
    assert_int_equal(kms_ram_region(ram, 0x31000).size, 0x3000);
    assert_int_equal(kms_ram_size(ram), 0x1d000 + 0x3000);
    assert_int_equal(kms_ram_end(ram), 0x34000);
    kms_ram_free(ram);
}

static void maps_have_so_many_regions(void **state)
{
    struct kms_ram *ram = new_ram(NULL, NULL);
    (void)state;
    for (unsigned i = 1; i < KMS_RAM_REGIONS; i++)
        assert_int_equal(kms_ram_add(ram, 0x100000u * i, KMS_PAGE_SIZE), KMS_OK);
    assert_int_equal(kms_ram_add(ram, 0x10000000, KMS_PAGE_SIZE), KMS_NO_MEMORY);
    assert_int_equal(kms_ram_add_hole(ram, 0x10000, KMS_PAGE_SIZE), KMS_NO_MEMORY); /* would cut one in two */
    assert_int_equal(kms_ram_region(ram, 0x10000).kind, KMS_REGION_RAM);
    assert_int_equal(kms_ram_add_hole(ram, 0x1f000, KMS_PAGE_SIZE), KMS_OK);
    assert_int_equal(kms_ram_size(ram), 0x1f000 + (KMS_RAM_REGIONS - 1) * KMS_PAGE_SIZE);
    kms_ram_free(ram);
}

static void empty_maps(void **state)
{
    struct kms_ram *ram;
    uint64_t offset;
    int fd;
    (void)state;
    assert_int_equal(kms_ram_new(0x8000, NULL, &ram), KMS_BAD_RANGE);
    assert_null(ram);
    assert_int_equal(kms_ram_new(0x10800, NULL, &ram), KMS_BAD_RANGE);
    assert_int_equal(kms_ram_new(0, NULL, &ram), KMS_OK);
    assert_int_equal(kms_ram_end(ram), 0);
    assert_int_equal(kms_ram_size(ram), 0);
    assert_int_equal(kms_ram_region(ram, 5).size, PHYS_END);
    assert_false(kms_ram_file(ram, 0, &fd, &offset));
    kms_ram_free(ram);
    kms_ram_free(NULL);
}

static void words_for_what_is_out_of_range(void **state)
{
    (void)state;
    assert_string_equal(kms_table_name(0), "no table");
    assert_string_equal(kms_table_name(KMS_WALK_LEVELS + 1), "no table");
    assert_string_equal(kms_entry_name(0), "no entry");
    assert_string_equal(kms_entry_name(KMS_WALK_LEVELS + 1), "no entry");
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a device sees odd sizes as single bytes", odd_sizes_are_bytes),
    KMS_TEST("a device sees the width of each access", widths_reach_the_device),
    KMS_TEST("a range over several regions is answered whole or not at all", ranges_over_several_regions),
    KMS_TEST("an open bus answers up to the end of physical memory and beyond",
             an_open_bus_answers_to_the_end),
    KMS_TEST("a range that is not of pages is refused, whatever it would hold",
             ranges_that_are_no_pages_are_refused),
    KMS_TEST("what is laid over RAM takes its part of it", what_is_laid_over_takes_its_part),
    KMS_TEST("a map has 32 regions at most, and is as before when there would be more",
             maps_have_so_many_regions),
    KMS_TEST("a map may be empty, or is refused", empty_maps),
    KMS_TEST("levels that do not exist have words, too", words_for_what_is_out_of_range),
};
KMS_TESTS(ram_edges, tests)
