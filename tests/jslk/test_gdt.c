/* Descriptors by hand, from the manual's "Segment Descriptors"; what the machine makes of them, by accesses. */
#include "jslk_fixture.h"

#define TABLE     JSLK_PLACEMENT_START
#define GP        13
#define LAST_WORD (JSLK_MEMORY_SIZE - 4)

/* A descriptor in memory, without the accessed bit that loading it sets. */
static void expect_descriptor(uint32_t selector, uint32_t high, uint32_t low)
{
    assert_int_equal(physical_word(TABLE + selector), low);
    assert_int_equal(physical_word(TABLE + selector + 4) & ~0x100u, high);
}

static void three_descriptors(void **state)
{
    (void)state;
    expect_descriptor(0x00, 0, 0);
    expect_descriptor(0x08, 0x00c09a00, 0x00000fff);
    expect_descriptor(0x10, 0x00c09200, 0x00000fff);
}

static void opened_after_paging(void **state)
{
    (void)state;
    expect_descriptor(0x08, 0x00cf9a00, 0x0000ffff);
    expect_descriptor(0x10, 0x00cf9200, 0x0000ffff);
}

static bool store_works(uint32_t address)
{
    return hw_kernel_store(address, 4, 0x12345678);
}

static void the_limit_protects(void **state)
{
    (void)state;
    assert_true(store_works(LAST_WORD));
    assert_int_equal(physical_word(LAST_WORD), 0x12345678);
    assert_false(store_works(LAST_WORD + 1));
    assert_false(store_works(JSLK_MEMORY_SIZE));
    assert_false(store_works(JSLK_TEST_RAM - 4));
    assert_false(store_works(JSLK_KHEAP_START));
    assert_int_equal(physical_word(JSLK_MEMORY_SIZE), 0xa5a5a5a5);
}

static void loads_are_refused_too(void **state)
{
    uint64_t value = 7;

    (void)state;
    assert_false(hw_kernel_load(JSLK_MEMORY_SIZE, 4, &value));
    assert_int_equal(value, 7);
}

static void without_limit_nothing_protects(void **state)
{
    (void)state;
    gdt_open();
    assert_true(store_works(JSLK_MEMORY_SIZE));
    assert_int_equal(physical_word(JSLK_MEMORY_SIZE), 0x12345678);
}

static void write_beyond(void *context)
{
    *(volatile uint32_t *)hw_ptr(JSLK_MEMORY_SIZE) = *(uint32_t *)context;
}

static void native_accesses_too(void **state)
{
    uint32_t value = 1;
    struct kms_guest_stop stop;

    (void)state;
    assert_int_equal(kms_guest_call(fixture_guest(), write_beyond, &value, &stop), KMS_GUEST_FAULT);
    assert_int_equal(stop.fault.vector, GP);
    assert_int_equal(physical_word(JSLK_MEMORY_SIZE), 0xa5a5a5a5);
}

static void pages_protect_then(void **state)
{
    (void)state;
    kernel_read_faults(JSLK_MEMORY_SIZE, 0);
    assert_true(store_works(kmalloc(4)));
}

static void no_memory_for_it(void **state)
{
    (void)state;
    fail_at(1);
    assert_int_equal(gdt_init(), JSLK_NO_MEMORY);
}

static const struct CMUnitTest tests[] = {
    EARLY("the GDT is null, code and data, and their limits are 16 MiB while paging is off",
          three_descriptors),
    AFTER_BOOT("once paging is on both segments reach 4 GiB", opened_after_paging),
    EARLY("while paging is off a store beyond 16 MiB is refused by its segment", the_limit_protects),
    EARLY("while paging is off a load beyond 16 MiB is refused by its segment", loads_are_refused_too),
    EARLY("with limits of 4 GiB and paging off the same store would land", without_limit_nothing_protects),
    FIXTURE_ROW("while paging is off the kernel's own pointers meet the limit with #GP", &jslk_under_test,
                native_accesses_too, KMS_GUEST_WINDOW, false),
    AFTER_BOOT("once paging is on pages protect what the limit protected", pages_protect_then),
    EARLY("a GDT without memory for it is a status", no_memory_for_it),
};
KMS_TESTS(jslk_gdt, tests)
