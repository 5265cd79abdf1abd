#include "vlsos_fixture.h"

#include <string.h>

#include "config.h"
#include "guest.h"

VLSOS_UNDER_TEST;

#define WRITE_REFUSED (PFERR_P | PFERR_WR)

static void kernel_write_faults(uint32_t linear, uint32_t error)
{
    struct guest_fault fault;

    assert_false(hw_kernel_store(linear, 4, 0));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.address, linear);
    assert_int_equal(fault.error, error);
}

static void kernel_read_faults(uint32_t linear, uint32_t error)
{
    struct guest_fault fault;
    uint64_t value;

    assert_false(hw_kernel_load(linear, 4, &value));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.address, linear);
    assert_int_equal(fault.error, error);
}

static void kernel_reads_and_writes(uint32_t linear)
{
    uint64_t value = 0;

    assert_true(hw_kernel_store(linear, 4, 0x600dbeef));
    assert_true(hw_kernel_load(linear, 4, &value));
    assert_int_equal(value, 0x600dbeef);
}

/* What the kernel would do when it ran what stands there: 0, or the error code of the fault. */
static uint32_t fetch(uint32_t linear)
{
    const struct kms_access access = {linear, KMS_FETCH, KMS_AS_SUPERVISOR};
    struct kms_fault fault = {0};
    uint8_t byte;

    return kms_access_read(kms_guest_cpu(fixture_guest()), &access, &byte, 1, &fault) == KMS_DONE
               ? 0
               : fault.error_code;
}

/* ---- the kernel's part ---- */

static void paging_is_on_with_wp_and_pae(void **state)
{
    (void)state;
    assert_int_equal(hw_read_cr0() & (CR0_PG | CR0_WP), CR0_PG | CR0_WP);
    assert_int_equal(hw_read_cr4() & CR4_PAE, CR4_PAE);
    assert_true(paging_has_nx());
    assert_int_equal(hw_read_cr3(), paging_kernel.root);
}

static void text_is_not_written_not_even_by_the_kernel(void **state)
{
    uint64_t value;

    (void)state;
    kernel_write_faults(VLSOS_TEXT, WRITE_REFUSED);
    kernel_write_faults(VLSOS_RODATA - 4, WRITE_REFUSED);
    assert_true(hw_kernel_load(VLSOS_TEXT, 4, &value));
    assert_int_equal(fetch(VLSOS_TEXT), 0);
    assert_int_equal(fetch(VLSOS_RODATA - 1), 0);
}

static void read_only_data_is_neither_written_nor_run(void **state)
{
    uint64_t value;

    (void)state;
    kernel_write_faults(VLSOS_RODATA, WRITE_REFUSED);
    kernel_write_faults(VLSOS_DATA - 4, WRITE_REFUSED);
    assert_true(hw_kernel_load(VLSOS_RODATA, 4, &value));
    assert_int_equal(fetch(VLSOS_RODATA), PFERR_P | PFERR_ID);
    assert_int_equal(fetch(VLSOS_DATA - 1), PFERR_P | PFERR_ID);
}

static void data_is_written_and_not_run(void **state)
{
    static const uint32_t places[] = {VLSOS_DATA, VLSOS_BSS - 4, VLSOS_BSS, HEAP_START,
                                      VLSOS_POOL + (8u << 20)};

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        kernel_reads_and_writes(places[i]);
        assert_int_equal(fetch(places[i]), PFERR_P | PFERR_ID);
    }
}

static void null_and_what_lies_beyond_ram_is_mapped_nowhere(void **state)
{
    (void)state;
    kernel_read_faults(0, 0);
    kernel_write_faults(0xffc, PFERR_WR);
    kernel_read_faults(0x01000000, 0);
    kernel_read_faults(USER_PAGE, 0);
}

static void programs_reach_nothing_of_the_kernel_but_its_gates(void **state)
{
    (void)state;
    user_read_faults(VLSOS_TEXT, PFERR_P | PFERR_US);
    user_read_faults(HEAP_START, PFERR_P | PFERR_US);
    user_write_faults(VLSOS_POOL, PFERR_P | PFERR_US | PFERR_WR);
    assert_true(hw_user_fetch(VLSOS_USER_TEXT));
    user_write_faults(VLSOS_USER_TEXT, PFERR_P | PFERR_US | PFERR_WR);
}

static void addresses_of_the_kernel_are_the_same_both_ways(void **state)
{
    (void)state;
    assert_int_equal(virt_to_phys(0x00200123), 0x00200123);
    assert_int_equal(virt_to_phys(0x00abcdef), 0x00abcdef); /* through a large page */
    assert_int_equal(phys_to_virt(0x00abcdef), 0x00abcdef);
    assert_int_equal(virt_to_phys(0x01000000), PAGING_NONE);
    assert_int_equal(phys_to_virt(0x01000000), PAGING_NONE);
    assert_int_equal(virt_to_phys(0), PAGING_NONE);
    assert_int_equal(phys_to_virt(0xfff), PAGING_NONE);
    for (uint32_t page = 0; page < (16u << 20); page += PAGE_SIZE)
        if (phys_to_virt(page) != PAGING_NONE)
            assert_int_equal(virt_to_phys(phys_to_virt(page)), page);
}

static void before_paging_every_address_is_physical(void **state)
{
    (void)state;
    assert_int_equal(virt_to_phys(0x12345678), 0x12345678);
    assert_int_equal(virt_to_phys(0), 0);
    paging_enable(); /* without tables: a message */
    assert_int_equal(hw_read_cr0() & CR0_PG, 0);
}

/* ---- spaces ---- */

static uint32_t new_page(void)
{
    const uint32_t page = pages_alloc(0);

    assert_int_not_equal(page, PAGES_NONE);
    return page;
}

static struct paging_space new_space(void)
{
    struct paging_space space = {0};

    assert_int_equal(paging_space_create(&space), VLSOS_OK);
    return space;
}

static void the_same_address_is_another_page_in_another_space(void **state)
{
    const uint32_t pages[] = {new_page(), new_page()};
    struct paging_space spaces[] = {new_space(), new_space()};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(paging_map(&spaces[i], USER_PAGE, pages[i], PAGING_WRITE | PAGING_USER), VLSOS_OK);
        paging_space_switch(&spaces[i]);
        user_writes(USER_PAGE, 0x1111 * (i + 1));
        assert_null(paging_check(&spaces[i]));
    }
    assert_int_equal(user_reads(USER_PAGE), 0x2222);
    paging_space_switch(&spaces[0]);
    assert_int_equal(user_reads(USER_PAGE), 0x1111);
    assert_int_equal(physical_word(pages[1]), 0x2222);
    assert_int_equal(virt_to_phys(USER_PAGE + 5), pages[0] + 5);
    paging_space_switch(&paging_kernel);
    user_read_faults(USER_PAGE, PFERR_US);
}

static void a_right_that_was_not_given_is_missed(void **state)
{
    struct paging_space space = new_space();
    struct guest_fault fault;

    (void)state;
    assert_int_equal(paging_map(&space, USER_PAGE, new_page(), PAGING_USER), VLSOS_OK);
    assert_int_equal(paging_map(&space, USER_PAGE + PAGE_SIZE, new_page(), PAGING_WRITE), VLSOS_OK);
    assert_int_equal(paging_map(&space, USER_PAGE + 2 * PAGE_SIZE, new_page(), PAGING_USER | PAGING_EXECUTE),
                     VLSOS_OK);
    paging_space_switch(&space);
    user_write_faults(USER_PAGE, PFERR_P | PFERR_US | PFERR_WR);
    kernel_write_faults(USER_PAGE, WRITE_REFUSED);
    user_read_faults(USER_PAGE + PAGE_SIZE, PFERR_P | PFERR_US);
    assert_false(hw_user_fetch(USER_PAGE));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.error, PFERR_P | PFERR_US | PFERR_ID);
    assert_true(hw_user_fetch(USER_PAGE + 2 * PAGE_SIZE));
}

static void a_directory_that_is_new_counts_at_once(void **state)
{
    struct paging_space space = new_space();

    (void)state;
    paging_space_switch(&space);
    for (uint32_t linear = PAGING_USER_START; linear != 0; linear += PAE_DIR_SPAN) {
        assert_int_equal(paging_map(&space, linear, new_page(), PAGING_WRITE | PAGING_USER), VLSOS_OK);
        user_writes(linear, linear);
        assert_int_equal(user_reads(linear), linear);
    }
}

static void what_is_unmapped_is_gone_at_once(void **state)
{
    struct paging_space space = new_space();
    const uint32_t page = new_page();

    (void)state;
    paging_space_switch(&space);
    assert_int_equal(paging_map(&space, USER_PAGE, page, PAGING_WRITE | PAGING_USER), VLSOS_OK);
    user_writes(USER_PAGE, 1);
    assert_int_equal(paging_unmap(&space, USER_PAGE), VLSOS_OK);
    user_read_faults(USER_PAGE, PFERR_US);
    assert_int_equal(paging_unmap(&space, USER_PAGE), VLSOS_EFAULT);
    assert_int_equal(paging_unmap(&space, VLSOS_POOL), VLSOS_EFAULT);
    assert_int_equal(virt_to_phys(USER_PAGE), PAGING_NONE);
}

static void what_can_never_be_mapped_is_refused(void **state)
{
    struct paging_space space = new_space();
    const uint32_t page = new_page();

    (void)state;
    assert_int_equal(paging_map(&space, PAGING_USER_START - PAGE_SIZE, page, 0), VLSOS_EINVAL);
    assert_int_equal(paging_map(&space, USER_PAGE + 1, page, 0), VLSOS_EINVAL);
    assert_int_equal(paging_map(&space, USER_PAGE, page + 1, 0), VLSOS_EINVAL);
    assert_int_equal(paging_map(&space, USER_PAGE, 0x01000000, 0), VLSOS_EINVAL);
    assert_int_equal(paging_map(&space, USER_PAGE, page, 0), VLSOS_OK);
    assert_int_equal(paging_map(&space, USER_PAGE, page, 0), VLSOS_EBUSY);
    assert_null(paging_entry_at(&space, VLSOS_POOL));
    assert_null(paging_entry_at(&space, 0xfffff000));
    assert_null(paging_entry_at(&space, USER_PAGE + PAE_TABLE_SPAN));
}

static void a_space_gives_its_tables_back(void **state)
{
    const uint32_t free_frames = kernel_pages.free_frames;
    const uint32_t tables = paging_tables_used();
    struct paging_space space = new_space();

    (void)state;
    for (uint32_t linear = PAGING_USER_START; linear != 0; linear += PAE_DIR_SPAN)
        assert_int_equal(paging_map(&space, linear, VLSOS_POOL, 0), VLSOS_OK);
    assert_int_equal(paging_tables_used(), tables + 1 + 3 + 3);
    paging_space_switch(&space);
    assert_int_equal(paging_space_destroy(&space), VLSOS_EBUSY);
    paging_space_switch(&paging_kernel);
    assert_int_equal(paging_space_destroy(&space), VLSOS_OK);
    assert_int_equal(paging_space_destroy(&space), VLSOS_EINVAL);
    assert_int_equal(paging_space_destroy(&paging_kernel), VLSOS_EINVAL);
    assert_int_equal(kernel_pages.free_frames, free_frames);
    assert_int_equal(paging_tables_used(), tables);
}

static void without_memory_for_a_table_nothing_is_lost(void **state)
{
    struct paging_space space = new_space();
    const uint32_t free_frames = kernel_pages.free_frames;

    (void)state;
    buddy_fail_at(&kernel_pages, 1);
    assert_int_equal(paging_space_create(&(struct paging_space){0}), VLSOS_ENOMEM);
    buddy_fail_at(&kernel_pages, 1);
    assert_int_equal(paging_map(&space, USER_PAGE, VLSOS_POOL, 0), VLSOS_ENOMEM);
    assert_int_equal(kernel_pages.free_frames, free_frames);
    buddy_fail_at(&kernel_pages, 2); /* the directory is there, its table is not */
    assert_int_equal(paging_map(&space, USER_PAGE, VLSOS_POOL, 0), VLSOS_ENOMEM);
    assert_null(paging_check(&space));
    assert_int_equal(paging_map(&space, USER_PAGE, VLSOS_POOL, 0), VLSOS_OK);
    assert_int_equal(paging_space_destroy(&space), VLSOS_OK);
    assert_int_equal(kernel_pages.free_frames, free_frames + 1);
}

/* Root, directory, and tables for the first two spans of 2 MiB: four pages, each of which may be the one that lacks. */
static void without_memory_for_the_kernels_tables_paging_stays_off(void **state)
{
    uint32_t free_frames;

    (void)state;
    assert_int_equal(pages_init(), VLSOS_OK);
    free_frames = kernel_pages.free_frames;
    for (uint32_t n = 1; n <= 4; n++) {
        buddy_fail_at(&kernel_pages, n);
        assert_int_equal(paging_start(), VLSOS_ENOMEM);
        assert_int_equal(kernel_pages.free_frames, free_frames);
        buddy_fail_at(&kernel_pages, n);
        paging_init(); /* a message */
        paging_enable();
        assert_int_equal(hw_read_cr0() & CR0_PG, 0);
    }
    buddy_fail_at(&kernel_pages, 5);
    assert_int_equal(paging_start(), VLSOS_OK);
    buddy_fail_at(&kernel_pages, 0);
    fixture_is_broken(); /* no slabs, and paging is off */
}

/* ---- a CPU without NX ---- */

static void on_a_cpu_without_nx_the_rest_is_enforced(void **state)
{
    const struct kms_guest_options options = {.kernel = "vlsos", .machine.features = KMS_X86_MODEL_I686};
    struct kms_guest *guest;
    struct kms_guest_stop stop;

    (void)state;
    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    assert_int_equal(kms_guest_boot(guest, &stop), KMS_GUEST_RETURNED);
    assert_int_equal(stop.status, VLSOS_OK);
    kms_guest_enter(guest);
    assert_false(paging_has_nx());
    kernel_write_faults(VLSOS_RODATA, WRITE_REFUSED);
    kernel_reads_and_writes(VLSOS_DATA);
    assert_null(kernel_check());
    kms_guest_leave(guest);
    kms_guest_free(guest);
}

/* ---- the checker ---- */

static void expect_broken(const struct paging_space *space, const char *words)
{
    const char *const broken = paging_check(space);

    fixture_is_broken();
    assert_non_null(broken);
    if (!strstr(broken, words))
        fail_msg("\"%s\" and not \"%s\"", broken, words);
}

static void the_checker_names_the_page_that_breaks_the_layout(void **state)
{
    const paging_entry *const root = hw_ptr(paging_kernel.root);
    const paging_entry *const directory = hw_ptr(paging_entry_frame(root[0]));
    paging_entry *const table = hw_ptr(paging_entry_frame(directory[0]));

    (void)state;
    table[0x100] |= PTE_RW;
    expect_broken(&paging_kernel, "0x00100000: the kernel's page has other rights than the layout gives it");
}

static void the_checker_names_a_page_that_is_writable_and_executable(void **state)
{
    struct paging_space space = new_space();

    (void)state;
    assert_int_equal(paging_map(&space, USER_PAGE, VLSOS_POOL, PAGING_WRITE | PAGING_EXECUTE), VLSOS_OK);
    expect_broken(&space, "0x40000000: a page is writable and executable");
    assert_int_equal(paging_unmap(&space, USER_PAGE), VLSOS_OK);
    assert_int_equal(paging_map(&space, USER_PAGE, VLSOS_TEXT, PAGING_USER), VLSOS_OK);
    expect_broken(&space, "0x40000000: memory of the kernel's is a program's");
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("paging is on, with WP and PAE", paging_is_on_with_wp_and_pae),
    AFTER_BOOT(".text is not written, not even by the kernel", text_is_not_written_not_even_by_the_kernel),
    AFTER_BOOT(".rodata is neither written nor run", read_only_data_is_neither_written_nor_run),
    AFTER_BOOT(".data, .bss, heap and pages are written and not run", data_is_written_and_not_run),
    AFTER_BOOT("NULL, and what lies beyond RAM, is mapped nowhere",
               null_and_what_lies_beyond_ram_is_mapped_nowhere),
    AFTER_BOOT("programs reach nothing of the kernel but its gates",
               programs_reach_nothing_of_the_kernel_but_its_gates),
    AFTER_BOOT("addresses of the kernel are the same both ways",
               addresses_of_the_kernel_are_the_same_both_ways),
    AFTER_RESET("before paging every address is physical", before_paging_every_address_is_physical),
    AFTER_BOOT("the same address is another page in another space",
               the_same_address_is_another_page_in_another_space),
    AFTER_BOOT("a right that was not given is missed", a_right_that_was_not_given_is_missed),
    AFTER_BOOT("a directory that is new counts at once", a_directory_that_is_new_counts_at_once),
    AFTER_BOOT("what is unmapped is gone at once", what_is_unmapped_is_gone_at_once),
    AFTER_BOOT("what can never be mapped is refused", what_can_never_be_mapped_is_refused),
    AFTER_BOOT("a space gives its tables back", a_space_gives_its_tables_back),
    AFTER_BOOT("without memory for a table nothing is lost", without_memory_for_a_table_nothing_is_lost),
    AFTER_RESET("without memory for the kernel's tables paging stays off",
                without_memory_for_the_kernels_tables_paging_stays_off),
    KMS_TEST("on a CPU without NX the rest is enforced", on_a_cpu_without_nx_the_rest_is_enforced),
    AFTER_BOOT("the checker names the page that breaks the layout",
               the_checker_names_the_page_that_breaks_the_layout),
    AFTER_BOOT("the checker names a page that is writable and executable",
               the_checker_names_a_page_that_is_writable_and_executable),
};
KMS_TESTS(vlsos_paging, tests)
