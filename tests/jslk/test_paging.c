/* Entries worked out by hand from the manual's "32-Bit Paging"; physical memory is read behind the kernel's back. */
#include "jslk_fixture.h"

#define P    PTE_P
#define RW   PTE_RW
#define US   PTE_US
#define AD   (PTE_A | PTE_D)
#define ELSE 0x40000000u

static uint32_t directory_entry(uint32_t linear)
{
    return physical_word(hw_read_cr3() + 4 * (linear >> 22));
}

static uint32_t table_entry(uint32_t linear)
{
    return physical_word((directory_entry(linear) & 0xfffff000u) + 4 * (linear >> 12 & 0x3ff));
}

static int map(uint32_t linear, uint32_t physical, uint32_t pages, uint32_t rights)
{
    return paging_map(&(struct mapping){linear, physical, pages, rights});
}

/* ---- the kernel's own pages ---- */

static void identity(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < paging_identity_end(); at += PAGE_SIZE)
        assert_int_equal(table_entry(at) & ~(uint32_t)AD, at | P | RW);
    assert_int_equal(table_entry(paging_identity_end()), 0);
    assert_int_equal(directory_entry(0) & ~(uint32_t)AD & 0xfff, P | RW | US);
}

static void placement_is_all_mapped(void **state)
{
    (void)state;
    assert_true(placement_address() <= paging_identity_end());
    assert_true(paging_identity_end() - placement_address() <= 2 * PAGE_SIZE);
}

static void heap_pages(void **state)
{
    (void)state;
    for (uint32_t at = JSLK_KHEAP_START; at < kheap.end; at += PAGE_SIZE) {
        const uint32_t entry = table_entry(at);

        assert_int_equal(entry & 0xfff & ~AD, P | RW | PAGE_OWNS_FRAME);
        assert_true(frame_is_taken(entry >> 12));
    }
    assert_int_equal(table_entry(kheap.end), 0);
}

static void structures(void **state)
{
    (void)state;
    assert_int_equal(kernel_directory->physicalAddr, hw_read_cr3());
    assert_int_equal(kernel_directory->physicalAddr, hw_linear(kernel_directory) + 4096);
    assert_int_equal(kernel_directory->tables[0] | P | RW | US, kernel_directory->tablesPhysical[0] & ~PTE_A);
    assert_int_equal(kernel_directory->tables[1], 0);
}

/* The hardware's bits are where the hardware has them: 5 and 6. */
static void accessed_and_dirty(void **state)
{
    const uint32_t address = kmalloc_a(4096);
    page_t *const page = get_page(address, 0, kernel_directory);
    uint32_t phys = 0;

    (void)state;
    assert_int_equal(kmalloc_physical(address, &phys), JSLK_OK);
    page->entry &= ~(uint32_t)AD;
    hw_invlpg(address);
    (void)kernel_reads(address);
    assert_true(page_accessed(page));
    assert_false(page_dirty(page));
    kernel_writes(address, 1);
    assert_true(page_dirty(page));
    assert_int_equal(table_entry(address), phys | P | RW | PAGE_OWNS_FRAME | 0x60);
    assert_int_equal(page_frame(page), phys >> 12);
}

static void programs_see_nothing(void **state)
{
    uint64_t value;
    struct guest_fault fault;

    (void)state;
    assert_false(hw_user_load(kmalloc_a(4), 4, &value));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.error, PFERR_P | PFERR_US);
}

static void with_write_protection(void **state)
{
    uint32_t address;

    (void)state;
    hw_write_cr0(hw_read_cr0() | CR0_WP);
    address = kmalloc(0x100000);
    kernel_writes(address + 0xffffc, 7);
    assert_int_equal(kfree(address), JSLK_OK);
}

/* ---- get_page ---- */

static void pages_with_and_without_table(void **state)
{
    const uint32_t blocks = kheap.blocks;
    page_t *page;

    (void)state;
    assert_null(get_page(ELSE, 0, kernel_directory));
    page = get_page(ELSE + 0x5000, 1, kernel_directory);
    assert_non_null(page);
    assert_int_equal(kheap.blocks, blocks + 1);
    assert_ptr_equal(get_page(ELSE + 0x5000, 0, kernel_directory), page);
    assert_false(page_present(page));
    assert_int_equal(alloc_frame(page, PAGE_WRITEABLE), JSLK_OK);
    assert_int_equal(table_entry(ELSE + 0x5000), page->entry);
    kernel_writes(ELSE + 0x5000, 0xcafe);
    assert_int_equal(physical_word(page_frame(page) << 12), 0xcafe);
    assert_int_equal(paging_unmap(ELSE, 6), JSLK_OK);
    assert_int_equal(kheap.blocks, blocks);
}

static void frames_of_pages(void **state)
{
    const uint32_t free_frames = getFreeFrames();
    page_t page = {0};

    (void)state;
    assert_int_equal(alloc_frame(&page, PAGE_USER), JSLK_OK);
    assert_int_equal(page.entry & 0xfff, P | US | PAGE_OWNS_FRAME);
    assert_int_equal(getFreeFrames(), free_frames - 1);
    assert_int_equal(alloc_frame(&page, PAGE_WRITEABLE), JSLK_OK); /* it has one */
    assert_int_equal(page.entry & 0xfff, P | US | PAGE_OWNS_FRAME);
    free_frame(&page);
    free_frame(&page);
    assert_int_equal(page.entry, 0);
    assert_int_equal(getFreeFrames(), free_frames);
}

static void no_frame_for_a_page(void **state)
{
    page_t page = {0};

    (void)state;
    fail_at(1);
    assert_int_equal(alloc_frame(&page, 0), JSLK_NO_MEMORY);
    assert_int_equal(page.entry, 0);
}

/* ---- mapping for others ---- */

static void mapped_and_unmapped(void **state)
{
    const struct standing before = standing_now();

    (void)state;
    assert_int_equal(map(ELSE, 0x01800000, 3, PAGE_WRITEABLE), JSLK_OK);
    kernel_writes(ELSE + 0x2ffc, 0x12345678);
    assert_int_equal(physical_word(0x01802ffc), 0x12345678);
    assert_int_equal(table_entry(ELSE + 0x1000), 0x01801000 | P | RW);
    assert_int_equal(paging_unmap(ELSE + 0x2000, 1), JSLK_OK);
    kernel_read_faults(ELSE + 0x2ffc, 0);
    assert_int_equal(paging_unmap(ELSE, 3), JSLK_OK);
    kernel_read_faults(ELSE, 0);
    assert_int_equal(directory_entry(ELSE), 0);
    assert_standing(&before);
}

static void over_a_border_of_tables(void **state)
{
    const struct standing before = standing_now();

    (void)state;
    assert_int_equal(map(ELSE - 0x1000, 0x01800000, 2, 0), JSLK_OK);
    assert_int_equal(kheap.blocks, before.blocks + 2);
    assert_int_equal(kernel_reads(ELSE), physical_word(0x01801000));
    assert_int_equal(paging_unmap(ELSE - 0x1000, 1), JSLK_OK);
    assert_int_equal(kheap.blocks, before.blocks + 1);
    assert_int_equal(paging_unmap(ELSE - 0x400000, 1024 * 2), JSLK_OK);
    assert_standing(&before);
}

static void mapped_again(void **state)
{
    (void)state;
    assert_int_equal(map(ELSE, 0x01800000, 1, PAGE_WRITEABLE), JSLK_OK);
    kernel_writes(ELSE, 1);
    assert_int_equal(map(ELSE, 0x01900000, 1, PAGE_WRITEABLE), JSLK_OK);
    kernel_writes(ELSE, 2);
    assert_int_equal(physical_word(0x01800000), 1);
    assert_int_equal(physical_word(0x01900000), 2);
    assert_int_equal(paging_unmap(ELSE, 1), JSLK_OK);
}

static void wrong_mappings(void **state)
{
    static const struct {
        struct mapping mapping;
        int status;
    } rows[] = {
        {{ELSE + 1, 0x01800000, 1, 0}, JSLK_INVALID},
        {{ELSE, 0x01800001, 1, 0}, JSLK_INVALID},
        {{ELSE, 0x01800000, 1, PTE_G}, JSLK_INVALID},
        {{0xfffff000, 0x01800000, 2, 0}, JSLK_INVALID},
        {{ELSE, 0xfffff000, 2, 0}, JSLK_INVALID},
        {{ELSE, 0, UINT32_MAX, 0}, JSLK_INVALID},
        {{0, 0x01800000, 1, 0}, JSLK_TAKEN},
        {{JSLK_KHEAP_START - 0x1000, 0x01800000, 2, 0}, JSLK_TAKEN},
        {{JSLK_KHEAP_MAX - 0x1000, 0x01800000, 1, 0}, JSLK_TAKEN},
    };
    const struct standing before = standing_now();

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(paging_map(&rows[i].mapping), rows[i].status);
    assert_int_equal(paging_unmap(ELSE + 1, 1), JSLK_INVALID);
    assert_int_equal(paging_unmap(0xfffff000, 2), JSLK_INVALID);
    assert_int_equal(paging_unmap(JSLK_KHEAP_START, 1), JSLK_TAKEN);
    assert_int_equal(paging_unmap(0x00100000, 1), JSLK_TAKEN);
    assert_int_equal(map(ELSE, 0x01800000, 0, 0), JSLK_OK);
    assert_int_equal(paging_unmap(0xf0000000, 0x10000), JSLK_OK);
    assert_standing(&before);
}

static void the_last_page(void **state)
{
    (void)state;
    assert_int_equal(map(0xfffff000, 0x01800000, 1, PAGE_WRITEABLE), JSLK_OK);
    kernel_writes(0xfffffffc, 5);
    assert_int_equal(physical_word(0x01800ffc), 5);
    assert_int_equal(paging_unmap(0xfffff000, 1), JSLK_OK);
}

/* Three tables: two kmalloc() that fit, one that makes the heap grow by a page or more. */
static void no_memory_for_tables(void **state)
{
    const struct standing before = standing_now();
    int status = JSLK_NO_MEMORY;
    uint32_t n;

    (void)state;
    for (n = 1; status != JSLK_OK; n++) {
        fail_at(n);
        status = map(ELSE, 0x01800000, 2049, 0);
        fail_at(0);
        if (status != JSLK_OK) {
            assert_int_equal(status, JSLK_NO_MEMORY);
            assert_standing(&before);
        }
        assert_null(kernel_check());
    }
    assert_true(n > 4);
    assert_int_equal(paging_unmap(ELSE, 2049), JSLK_OK);
    assert_standing(&before);
}

static void translated(void **state)
{
    uint32_t physical = 0;

    (void)state;
    assert_int_equal(paging_physical(0x00100abc, &physical), JSLK_OK);
    assert_int_equal(physical, 0x00100abc);
    assert_int_equal(paging_physical(ELSE, &physical), JSLK_INVALID);
    assert_int_equal(paging_physical(kheap.end, &physical), JSLK_INVALID);
    assert_int_equal(map(ELSE, 0, 1, 0), JSLK_OK);
    assert_int_equal(paging_physical(ELSE + 5, &physical), JSLK_OK);
    assert_int_equal(physical, 5);
    assert_int_equal(paging_unmap(ELSE, 1), JSLK_OK);
}

/* ---- turning it on ---- */

static int turn_on(void)
{
    struct memory_map map = {.count = 0};
    int status;

    memory_map_add_usable(&map, 0, JSLK_TEST_RAM);
    status = start_pmm(&map);
    return status == JSLK_OK ? initialise_paging() : status;
}

/* Bitmaps, directory, 4 tables for the heap and one for placement memory, 256 frames. */
static void every_failure_of_the_boot(void **state)
{
    uint32_t n = 0;

    (void)state;
    for (;;) {
        assert_int_equal(kernel_early(), JSLK_OK);
        fail_at(++n);
        if (turn_on() == JSLK_OK)
            break;
        assert_null(kernel_directory);
        assert_int_equal(hw_read_cr0() & CR0_PG, 0);
    }
    assert_int_equal(n, 1 + 1 + 4 + 1 + 256 + 1);
    fail_at(0);
    gdt_open();
    assert_int_equal(kheap_init(), JSLK_OK);
}

static void too_few_frames(void **state)
{
    struct memory_map map = {.count = 0};

    (void)state;
    memory_map_add_usable(&map, 0, 0x00300000);
    assert_int_equal(start_pmm(&map), JSLK_OK);
    assert_int_equal(initialise_paging(), JSLK_NO_MEMORY);
    assert_null(kernel_directory);
    assert_int_equal(getFreeFrames(), 0x300 - 0x20b);
}

/* ---- the checker ---- */

static uint32_t entry_at(uint32_t linear)
{
    return (directory_entry(linear) & 0xfffff000u) + 4 * (linear >> 12 & 0x3ff);
}

/* The checker says this while one entry is another. */
static void expect_broken(uint32_t linear, uint32_t entry, const char *words)
{
    const uint32_t at = entry_at(linear);
    const uint32_t before = physical_word(at);

    set_physical_word(at, entry);
    assert_string_equal(paging_check(&kheap), words);
    set_physical_word(at, before);
    assert_null(paging_check(&kheap));
}

static void broken_entries(void **state)
{
    const uint32_t first = JSLK_KHEAP_START + 0x80000;
    const uint32_t entry = table_entry(first);
    const uint32_t next = table_entry(first + 0x1000);

    (void)state;
    expect_broken(first, 0, "paging: a page of the kernel is not mapped, 0xc0080000");
    expect_broken(first, entry & ~1u, "paging: a page that is not there has an entry, 0xc0080000");
    expect_broken(first, entry | US, "paging: a page of the kernel is open to programs, 0xc0080000");
    expect_broken(first, next, "paging: a page has the frame of another one, 0xc0081000");
    expect_broken(first, (entry & 0xfff) | 0x00e00000, "paging: a page has a frame that is free, 0xc0080000");
    expect_broken(first, (entry & 0xfff) | 0x00100000,
                  "paging: a page has a frame that was never given out, 0xc0080000");
    expect_broken(first, entry & ~PAGE_OWNS_FRAME, "paging: a page has a frame of somebody else, 0xc0080000");
    expect_broken(kheap.end, 0x01800003, "paging: a page behind the heap's end is mapped, 0xc0100000");
    expect_broken(0x00100000, 0x00101003, "paging: placement memory is not mapped to itself, 0x00100000");
}

static void broken_frames(void **state)
{
    (void)state;
    assert_int_equal(frames_take(1), 0x30b);
    assert_string_equal(paging_check(&kheap), "frames: one is lost, 0x0030b000");
    assert_int_equal(frame_give(0x30b), JSLK_OK);
    assert_int_equal(frame_give(0x200), JSLK_OK);
    assert_string_equal(paging_check(&kheap), "frames: one in use is free, 0x00200000");
    assert_int_equal(frames_take(1), 0x200);
}

static void broken_directory(void **state)
{
    uint32_t *const entry = &kernel_directory->tablesPhysical[JSLK_KHEAP_START >> 22];
    const uint32_t right = *entry;
    const uint32_t physical = kernel_directory->physicalAddr;

    (void)state;
    kernel_directory->tablesPhysical[700] = 7;
    assert_string_equal(paging_check(&kheap),
                        "paging: the directory has an entry without a table, 0xaf000000");
    kernel_directory->tablesPhysical[700] = 0;
    kernel_directory->tablesPhysical[769] = right;
    assert_string_equal(paging_check(&kheap),
                        "paging: the directory's entry does not lead to its table, 0xc0400000");
    kernel_directory->tablesPhysical[769] = kernel_directory->tables[769] | (right & 0xfff);
    kernel_directory->physicalAddr = 0;
    assert_string_equal(paging_check(&kheap), "paging: the directory does not know where its entries are");
    kernel_directory->physicalAddr = physical;
    hw_write_cr3(physical + 0x18); /* bits that are no address */
    assert_string_equal(paging_check(&kheap), "paging: CR3 holds another directory");
    hw_write_cr3(physical);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("memory up to the end of placement memory is mapped to itself, for ring 0", identity),
    AFTER_BOOT("all of placement memory is mapped, and hardly more", placement_is_all_mapped),
    AFTER_BOOT("the heap's pages have frames of their own", heap_pages),
    AFTER_BOOT("the directory knows its tables by both addresses", structures),
    AFTER_BOOT("accessed and dirty are the bits that the hardware sets", accessed_and_dirty),
    AFTER_BOOT("no program reads the kernel's memory", programs_see_nothing),
    AFTER_BOOT("the kernel works with write protection too", with_write_protection),
    AFTER_BOOT("a page's table is made only when asked for, and given back when it is empty",
               pages_with_and_without_table),
    AFTER_BOOT("a page has at most one frame, and gives it back once", frames_of_pages),
    AFTER_BOOT("a page without a frame to have stays empty", no_frame_for_a_page),
    AFTER_BOOT("what is mapped is reached, what is unmapped faults, and nothing is left",
               mapped_and_unmapped),
    AFTER_BOOT("pages on both sides of a border between tables have a table each", over_a_border_of_tables),
    AFTER_BOOT("a page that is mapped again leads to its new frame at once", mapped_again),
    AFTER_BOOT("mappings that cannot be are refused, and nothing changes", wrong_mappings),
    AFTER_BOOT("the last page of all can be mapped", the_last_page),
    AFTER_BOOT("whichever allocation fails on the way of a mapping, nothing is lost", no_memory_for_tables),
    AFTER_BOOT("addresses are translated as the tables say", translated),
    EARLY("whichever allocation fails while paging is set up, paging stays off", every_failure_of_the_boot),
    EARLY("a machine with too few frames for the heap gives all of them back", too_few_frames),
    AFTER_BOOT("the checker names the entry that is wrong", broken_entries),
    AFTER_BOOT("the checker names the frame that is lost, or free and in use", broken_frames),
    AFTER_BOOT("the checker names what is wrong with the directory", broken_directory),
};
KMS_TESTS(jslk_paging, tests)
