/*
 * The free list. By hand: of 64 MiB from 0x80000000 the kernel's image takes 4 MiB and the loader's files the last two,
 * which leaves 58 MiB, 14,848 pages, the highest 0x83dff000. At boot the kernel takes 64 for stacks and its tables: the
 * root, and with Sv39 one table for the first GiB, three for devices below it, one for RAM, two for the top, with Sv32
 * three for devices, one for the image, one for the top.
 */
#include "vimix_fixture.h"

#include <kernel/sanitize.h>
#include <string.h>

#if defined(KERNEL_ASAN)
int __asan_address_is_poisoned(const volatile void *address);
#endif

#define PAGES         14848u
#define HIGHEST       0x83dff000u
#define PAGES_AT_BOOT (64u + BY_WIDTH(8u, 6u))

static void boot_takes_what_is_counted(void **state)
{
    struct kalloc_usage usage;

    (void)state;
    kalloc_measure(&usage);
    assert_int_equal(usage.managed, PAGES);
    assert_int_equal(usage.free, PAGES - PAGES_AT_BOOT);
    assert_int_equal(kalloc_get_free_memory(), (PAGES - PAGES_AT_BOOT) * PAGE_SIZE);
}

static void pages_come_from_the_top(void **state)
{
    const reg_t first = HIGHEST - PAGES_AT_BOOT * PAGE_SIZE;

    (void)state;
    assert_int_equal(kernel_lend_page(), first);
    assert_int_equal(kernel_lend_page(), first - PAGE_SIZE);
}

/* A page's link of a register's width, and the word of 32 bits with its bit, read and written. */
static void a_page_touches_its_link_and_its_bit(void **state)
{
    struct guest_work before, lent, back;
    reg_t page;

    (void)state;
    vimix_guest.work(&before);
    page = kernel_lend_page();
    vimix_guest.work(&lent);
    assert_int_equal(lent.bytes_touched - before.bytes_touched, BY_WIDTH(16, 12));
    assert_int_equal(kernel_take_page_back(page), 0);
    vimix_guest.work(&back);
    assert_int_equal(back.bytes_touched - lent.bytes_touched, BY_WIDTH(16, 12));
}

static void the_page_freed_last_comes_first(void **state)
{
    void *const a = kalloc();
    void *const b = kalloc();

    (void)state;
    assert_int_equal(kfree(a), 0);
    assert_int_equal(kfree(b), 0);
    assert_ptr_equal(kalloc(), b);
    assert_ptr_equal(kalloc(), a);
    assert_int_equal(kfree(a), 0);
    assert_int_equal(kfree(b), 0);
}

static void a_free_page_holds_the_address_of_the_next(void **state)
{
    void *const a = kalloc();
    void *const b = kalloc();

    (void)state;
    assert_int_equal(kfree(a), 0);
    assert_int_equal(kfree(b), 0);
    assert_int_equal(physical_word((uint32_t)kalloc_physical(b)), kalloc_physical(a));
}

static void a_page_is_the_caller_s_alone(void **state)
{
    unsigned char *const a = kalloc();
    unsigned char *const b = kalloc();

    (void)state;
    memset(a, 0x11, PAGE_SIZE);
    memset(b, 0x22, PAGE_SIZE);
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        assert_int_equal(a[i], 0x11);
    assert_int_equal(kfree(a), 0);
    assert_int_equal(b[0] + b[PAGE_SIZE - 1], 0x44);
    assert_int_equal(kfree(b), 0);
}

static void what_was_not_handed_out_is_refused(void **state)
{
    unsigned char *const page = kalloc();
    const size_t before = free_pages();
    unsigned char *const refused[] = {NULL,
                                      page + 1,
                                      page + 8,
                                      page + PAGE_SIZE / 2,
                                      kalloc_pointer(KERNBASE),
                                      kalloc_pointer(KERNEL_END - PAGE_SIZE),
                                      kalloc_pointer(KERNEL_END),
                                      kalloc_pointer(INITRD_BASE),
                                      kalloc_pointer(KERNBASE + RAM_DEFAULT),
                                      (unsigned char *)&vimix};

    (void)state;
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(kfree(refused[i]), -EINVAL);
    assert_int_equal(free_pages(), before);
    assert_int_equal(kfree(page), 0);
    assert_int_equal(kfree(page), -EINVAL);
    assert_int_equal(free_pages(), before + 1);
}

static void an_empty_list_gives_nothing(void **state)
{
    static reg_t pages[1024];
    size_t count = 0;

    (void)state;
    while ((pages[count] = kernel_lend_page()) != 0)
        count++;
    assert_int_equal(count, 1024 - PAGES_AT_BOOT);
    assert_int_equal(free_pages(), 0);
    assert_null(kalloc());
    assert_null(kernel_check());
    assert_int_equal(pages[count - 1], KERNEL_END); /* the lowest, last */
    while (count-- > 0)
        assert_int_equal(kernel_take_page_back(pages[count]), 0);
}

static void only_the_nth_allocation_fails(void **state)
{
    void *page;

    (void)state;
    kalloc_fail_at(2);
    page = kalloc();
    assert_non_null(page);
    assert_null(kalloc());
    assert_int_equal(kfree(page), 0);
    assert_ptr_equal(kalloc(), page);
    assert_int_equal(kfree(page), 0);
}

/* All but the first word, which is the list's. */
static void a_free_page_is_closed_to_sanitizers(void **state)
{
    (void)state;
#if defined(KERNEL_ASAN)
    unsigned char *const page = kalloc();

    assert_false(__asan_address_is_poisoned(page + sizeof(reg_t)));
    assert_false(__asan_address_is_poisoned(page + PAGE_SIZE - 1));
    assert_int_equal(kfree(page), 0);
    assert_false(__asan_address_is_poisoned(page));
    assert_true(__asan_address_is_poisoned(page + sizeof(reg_t)));
    assert_true(__asan_address_is_poisoned(page + PAGE_SIZE - 1));
    assert_ptr_equal(kalloc(), page);
    assert_false(__asan_address_is_poisoned(page + sizeof(reg_t)));
    assert_int_equal(kfree(page), 0);
#endif
}

/* A map of its own, for what boot does not try: two runs of RAM, a hole, reserved parts that start inside a page. */
static void reserved_parts_and_holes_are_left_out(void **state)
{
    static struct memory_map map;
    void *pages[8];
    size_t count = 0;

    (void)state;
    fixture_is_broken();
    memset(&map, 0, sizeof map);
    memory_map_add_usable(&map, KERNEL_END + 0x800, 4 * PAGE_SIZE); /* whole pages: 3 */
    memory_map_add_usable(&map, KERNEL_END + 0x10000, 3 * PAGE_SIZE);
    memory_map_add_reserved(&map, KERNEL_END + 0x11fff, 1); /* the second of them */
    assert_int_equal(kalloc_init(&map), 0);
    while ((pages[count] = kalloc()) != NULL)
        count++;
    assert_int_equal(count, 5);
    assert_int_equal(kalloc_physical(pages[0]), KERNEL_END + 0x12000);
    assert_int_equal(kalloc_physical(pages[1]), KERNEL_END + 0x10000);
    assert_int_equal(kalloc_physical(pages[2]), KERNEL_END + 3 * PAGE_SIZE);
    assert_int_equal(kalloc_physical(pages[4]), KERNEL_END + PAGE_SIZE);
    assert_null(kalloc_check());
}

static void a_map_without_pages_is_refused(void **state)
{
    static struct memory_map map;
    const size_t before = free_pages();

    (void)state;
    memset(&map, 0, sizeof map);
    assert_int_equal(kalloc_init(&map), -EINVAL);
    memory_map_add_usable(&map, 0, PAGE_SIZE);
    assert_int_equal(kalloc_init(&map), -EINVAL);
    map.count = 0;
    memory_map_add_usable(&map, UINT32_MAX, UINT64_C(1) << 40); /* beyond what pointers reach */
    assert_int_equal(kalloc_init(&map), -EINVAL);
    assert_int_equal(free_pages(), before);
}

/* ---- the checker: each row breaks one invariant ---- */

static void breaks(const char *words)
{
    fixture_is_broken();
    assert_string_equal(kalloc_check(), words);
}

static void a_link_out_of_ram_is_seen(void **state)
{
    void *const page = kalloc();

    (void)state;
    assert_int_equal(kfree(page), 0);
    set_physical_word((uint32_t)kalloc_physical(page), KERNBASE);
    breaks("the free list leads to what is no page of the allocator's");
}

static void a_link_into_a_page_is_seen(void **state)
{
    void *const page = kalloc();

    (void)state;
    assert_int_equal(kfree(page), 0);
    set_physical_word((uint32_t)kalloc_physical(page), KERNEL_END + 8);
    breaks("the free list leads to what is no page of the allocator's");
}

static void a_taken_page_on_the_list_is_seen(void **state)
{
    void *const taken = kalloc();
    void *const page = kalloc();

    (void)state;
    assert_int_equal(kfree(page), 0);
    set_physical_word((uint32_t)kalloc_physical(page), (uint32_t)kalloc_physical(taken));
    breaks("a page on the free list is handed out");
}

static void a_ring_is_seen(void **state)
{
    void *const page = kalloc();

    (void)state;
    assert_int_equal(kfree(page), 0);
    set_physical_word((uint32_t)kalloc_physical(page), (uint32_t)kalloc_physical(page));
    breaks("the free list is longer than there are free pages");
}

static void a_list_cut_short_is_seen(void **state)
{
    void *const page = kalloc();

    (void)state;
    assert_int_equal(kfree(page), 0);
    set_physical_word((uint32_t)kalloc_physical(page), 0);
    breaks("the free list is shorter than there are free pages");
}

static void a_page_of_nobody_s_is_seen(void **state)
{
    (void)state;
    fixture_is_broken();
    assert_non_null(kalloc());
    assert_null(kalloc_check());
    assert_string_equal(kernel_check(), "a page is handed out and belongs to nobody");
}

/* ---- pages for tools ---- */

static void a_tool_frees_only_its_own_pages(void **state)
{
    const reg_t page = kernel_lend_page();
    const reg_t root = kalloc_physical(kvm_page_table());

    (void)state;
    assert_int_equal(vimix_guest.free(root), -EINVAL);
    assert_int_equal(vimix_guest.free(page + 1), -EINVAL);
    assert_int_equal(vimix_guest.free(0), -EINVAL);
    assert_int_equal(vimix_guest.free(UINT64_MAX), -EINVAL);
    assert_int_equal(vimix_guest.free(page | (guest_addr)1 << 40), -EINVAL);
    assert_int_equal(vimix_guest.free(page), 0);
    assert_int_equal(vimix_guest.free(page), -EINVAL);
}

static void nothing_larger_than_a_page_is_had(void **state)
{
    (void)state;
    assert_int_equal(vimix_guest.alloc(0, 0), 0);
    assert_int_equal(vimix_guest.alloc(PAGE_SIZE + 1, 0), 0);
    assert_int_equal(vimix_guest.alloc(UINT64_MAX, 0), 0);
    assert_int_not_equal(vimix_guest.alloc(1, 0), 0);
    assert_int_not_equal(vimix_guest.alloc(PAGE_SIZE, GUEST_ALIGNED), 0);
}

static void a_zeroed_page_is_zero(void **state)
{
    unsigned char *const dirty = kalloc_pointer((reg_t)vimix_guest.alloc(PAGE_SIZE, 0));
    guest_addr page;

    (void)state;
    memset(dirty, 0xa5, PAGE_SIZE);
    assert_int_equal(vimix_guest.free(kalloc_physical(dirty)), 0);
    page = vimix_guest.alloc(PAGE_SIZE, GUEST_ZEROED);
    assert_int_equal(page, kalloc_physical(dirty));
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        assert_int_equal(dirty[i], 0);
}

static void tools_see_the_heap(void **state)
{
    struct guest_heap_info info;
    const guest_addr page = vimix_guest.alloc(1, 0);

    (void)state;
    assert_int_equal(vimix_guest.heap_info(&info), 0);
    assert_int_equal(info.start, KERNEL_END);
    assert_int_equal(info.size, RAM_DEFAULT - 0x400000);
    assert_int_equal(info.unit, PAGE_SIZE);
    assert_int_equal(info.used_units, 512 + PAGES_AT_BOOT + 1);
    assert_int_equal(info.longest_free_units, 1);
    assert_int_equal(vimix_guest.heap_unit(page), 1);
    assert_int_equal(vimix_guest.heap_unit(INITRD_BASE), 1);
    assert_int_equal(vimix_guest.heap_unit(page - PAGE_SIZE), 0);
    assert_int_equal(vimix_guest.heap_unit(KERNBASE), -EINVAL);
    assert_int_equal(vimix_guest.heap_unit(KERNBASE + RAM_DEFAULT), -EINVAL);
}

static void statuses_have_words(void **state)
{
    static const struct {
        int status;
        const char *word;
    } rows[] = {{0, "ok"},       {-3, "ESRCH"},   {-12, "ENOMEM"}, {-14, "EFAULT"},
                {-17, "EEXIST"}, {-22, "EINVAL"}, {-38, "ENOSYS"}, {-1, "?"}};

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(vimix_guest.status_name(rows[i].status), rows[i].word);
}

static const struct CMUnitTest tests[] = {
    WITH_ALL_RAM("boot takes as many pages as were counted by hand", boot_takes_what_is_counted),
    WITH_ALL_RAM("pages come from the top of memory", pages_come_from_the_top),
    AFTER_BOOT("a page touches its link and its bit", a_page_touches_its_link_and_its_bit),
    AFTER_BOOT("the page freed last is handed out first", the_page_freed_last_comes_first),
    AFTER_BOOT("a free page holds the address of the next one", a_free_page_holds_the_address_of_the_next),
    AFTER_BOOT("a page is the caller's alone", a_page_is_the_caller_s_alone),
    WITH_ALL_RAM("what was not handed out is not taken back", what_was_not_handed_out_is_refused),
    AFTER_BOOT("an empty list gives nothing, and every page comes back", an_empty_list_gives_nothing),
    AFTER_BOOT("only the n-th allocation fails", only_the_nth_allocation_fails),
    AFTER_BOOT("a free page is closed to AddressSanitizer, where that is built in",
               a_free_page_is_closed_to_sanitizers),
    AFTER_BOOT("reserved parts and holes of the map are left out", reserved_parts_and_holes_are_left_out),
    AFTER_BOOT("a map without pages is refused, and nothing changes", a_map_without_pages_is_refused),
    AFTER_BOOT("the checker sees a link out of RAM", a_link_out_of_ram_is_seen),
    AFTER_BOOT("the checker sees a link into a page", a_link_into_a_page_is_seen),
    AFTER_BOOT("the checker sees a taken page on the list", a_taken_page_on_the_list_is_seen),
    AFTER_BOOT("the checker sees a list that comes back to itself", a_ring_is_seen),
    AFTER_BOOT("the checker sees a list cut short", a_list_cut_short_is_seen),
    AFTER_BOOT("the checker sees a page that belongs to nobody", a_page_of_nobody_s_is_seen),
    AFTER_BOOT("a tool frees only the pages that it was given", a_tool_frees_only_its_own_pages),
    AFTER_BOOT("nothing larger than a page is had", nothing_larger_than_a_page_is_had),
    AFTER_BOOT("a zeroed page is zero", a_zeroed_page_is_zero),
    WITH_ALL_RAM("tools see which pages are taken", tools_see_the_heap),
    AFTER_BOOT("every status has its word", statuses_have_words),
};
KMS_TESTS(vimix_kalloc, tests)
