/* Expected entries and addresses are worked out by hand from the document and the manual's "32-Bit Paging". */
#include "memcheck.h"
#include "vana_fixture.h"

#define P      PAGING_IS_PRESENT
#define RW     PAGING_IS_WRITEABLE
#define US     PAGING_ACCESS_FROM_ALL
#define AT(x)  PAGING_ADDRESS(x)
#define BLOCKS 1026u /* directory, 1024 tables, descriptor */

static struct paging_4gb_chunk *new_space(uint8_t flags)
{
    struct paging_4gb_chunk *const chunk = paging_new_4gb(flags);

    assert_non_null(chunk);
    return chunk;
}

/* Paging on, in a directory like the kernel's, with frames of 8 MiB and up free to play with. */
static struct paging_4gb_chunk *live_space(void)
{
    struct paging_4gb_chunk *const chunk = new_space(P | RW | US);

    assert_int_equal(paging_switch(chunk), 0);
    assert_int_equal(enable_paging(), 0);
    return chunk;
}

static uint32_t *directory_of(struct paging_4gb_chunk *chunk)
{
    return paging_4gb_chunk_get_directory(chunk);
}

/* ---- directories ---- */

static void identity_map(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P | US);
    const uint32_t *const directory = directory_of(chunk);

    (void)state;
    for (uint32_t i = 0; i < 1024; i++) {
        const uint32_t *const table = hw_ptr(directory[i] & 0xfffff000u);

        assert_int_equal(directory[i] & 0xfffu, P | RW | US);
        for (uint32_t b = 0; b < 1024; b++)
            if (table[b] != ((i << 22 | b << 12) | P | US))
                fail_msg("PTE %u of table %u is 0x%08x", b, i, table[b]);
    }
}

static void cost_of_a_space(void **state)
{
    (void)state;
    new_space(P);
    assert_int_equal(blocks_taken(), BLOCKS);
    for (unsigned block = 0; block < BLOCKS; block++)
        assert_int_equal(kernel_heap_table.entries[block], 0x41);
    assert_int_equal(kernel_heap_table.entries[BLOCKS], 0);
}

static void out_of_memory_anywhere(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= BLOCKS; n = next_failure(n, BLOCKS)) {
        kheap_fail_at(n);
        assert_null(paging_new_4gb(P));
        assert_int_equal(blocks_taken(), 0);
    }
    kheap_fail_at(BLOCKS + 1);
    assert_non_null(paging_new_4gb(P));
}

static void twenty_four_spaces(void **state)
{
    (void)state;
    for (int i = 0; i < 24; i++)
        new_space(P);
    assert_int_equal(blocks_taken(), 24 * BLOCKS);
    assert_null(paging_new_4gb(P));
    assert_int_equal(blocks_taken(), 24 * BLOCKS);
}

static void freeing_gives_back(void **state)
{
    struct paging_4gb_chunk *const first = new_space(P | RW);
    struct paging_4gb_chunk *const second = new_space(P);

    (void)state;
    assert_int_equal(paging_switch(first), 0);
    assert_int_equal(paging_free_4gb(second), 0);
    assert_int_equal(blocks_taken(), BLOCKS);
}

static void freeing_the_live_space(void **state)
{
    struct paging_4gb_chunk *const chunk = live_space();

    (void)state;
    assert_int_equal(paging_free_4gb(chunk), -EISTKN);
    assert_int_equal(blocks_taken(), BLOCKS);
    assert_null(paging_check(chunk));
}

static void foreign_descriptors(void **state)
{
    struct paging_4gb_chunk *const zeroed = kzalloc(sizeof *zeroed);
    struct paging_4gb_chunk *const chunk = new_space(P | RW);
    struct paging_4gb_chunk *const foreign[] = {NULL, zeroed, (void *)((char *)chunk + 4),
                                                hw_ptr(VANA_HEAP_TABLE_ADDRESS)};
    const uint32_t cr3 = hw_read_cr3();

    (void)state;
    for (unsigned i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_int_equal(paging_switch(foreign[i]), -EINVARG);
        assert_int_equal(paging_free_4gb(foreign[i]), -EINVARG);
        assert_int_equal(paging_map(foreign[i], AT(0x800000), AT(0x800000), P), -EINVARG);
    }
    assert_int_equal(hw_read_cr3(), cr3);
    assert_int_equal(blocks_taken(), BLOCKS + 1);
}

static void enabling_without_a_directory(void **state)
{
    (void)state;
    assert_int_equal(enable_paging(), -EINVARG);
    assert_int_equal(hw_read_cr0() & CR0_PG, 0);
}

static void switch_and_enable(void **state)
{
    struct paging_4gb_chunk *const chunk = live_space();

    (void)state;
    assert_int_equal(hw_read_cr3(), hw_linear(directory_of(chunk)));
    assert_int_equal(hw_read_cr0() & (CR0_PG | CR0_WP), CR0_PG);
    paging_load_directory(directory_of(chunk));
    assert_int_equal(hw_read_cr3(), hw_linear(directory_of(chunk)));
}

/* ---- mappings ---- */

static void a_mapping_is_what_the_cpu_does(void **state)
{
    struct paging_4gb_chunk *const chunk = live_space();

    (void)state;
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), P | RW), 0);
    assert_true(hw_kernel_store(0x800124, 4, 0x12345678));
    assert_int_equal(physical_word(0x900124), 0x12345678);
    assert_int_equal(*entry_of(chunk, 0x800000) & ~(PTE_A | PTE_D), 0x900000 | P | RW);
}

static void read_only_binds_users_alone(void **state)
{
    struct paging_4gb_chunk *const chunk = live_space();

    (void)state;
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), P | US), 0);
    assert_true(hw_kernel_store(0x800000, 4, 7)); /* CR0.WP is 0 */
    assert_int_equal(user_reads(0x800000), 7);
    assert_false(hw_user_store(0x800000, 4, 8));
    assert_int_equal(physical_word(0x900000), 7);
}

static void user_page_in_a_supervisor_space(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P | RW);
    uint64_t value;

    (void)state;
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), P | RW | US), 0);
    assert_int_equal(paging_switch(chunk), 0);
    assert_int_equal(enable_paging(), 0);
    user_writes(0x800000, 9);
    assert_int_equal(physical_word(0x900000), 9);
    assert_false(hw_user_load(0x801000, 4, &value));
}

static void ranges(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P);
    uint32_t *const directory = directory_of(chunk);

    (void)state;
    assert_int_equal(paging_map_range(chunk, AT(0x800000), AT(0x900000), 2, P | RW), 0);
    assert_int_equal(paging_get(directory, AT(0x800000)), 0x900000 | P | RW);
    assert_int_equal(paging_get(directory, AT(0x801fff)), 0x901000 | P | RW);
    assert_int_equal(paging_get(directory, AT(0x802000)), 0x802000 | P);
    assert_int_equal(paging_map_to(chunk, AT(0xa00000), AT(0x900000), AT(0x901000), P), 0);
    assert_int_equal(paging_get(directory, AT(0xa00000)), 0x900000 | P);
    assert_int_equal(paging_get(directory, AT(0xa01000)), 0xa01000 | P);
    assert_int_equal(paging_map_range(chunk, AT(0xfffff000), AT(0x900000), 1, P), 0);
    assert_int_equal(paging_get(directory, AT(0xfffff000)), 0x900000 | P);
}

static void empty_ranges(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P);

    (void)state;
    assert_int_equal(paging_map_range(chunk, AT(0x800000), AT(0x900000), 0, P), 0);
    assert_int_equal(paging_map_to(chunk, AT(0x800000), AT(0x900000), AT(0x900000), P), 0);
    assert_int_equal(paging_get(directory_of(chunk), AT(0x800000)), 0x800000 | P);
}

static void bad_arguments(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P);
    static const struct {
        uintptr_t virt, phys;
        int count, flags;
    } rows[] = {
        {0x800001, 0x900000, 1, P},     {0x800000, 0x900fff, 1, P},
        {0x800000, 0x900000, -1, P},    {0x800000, 0x900000, 1, 0x80}, /* PAT */
        {0x800000, 0x900000, 1, 0x100},                                /* G */
        {0x800000, 0x900000, 1, -1},    {0xfffff000, 0x900000, 2, P},  /* wraps */
        {0x800000, 0xfffff000, 2, P},   {0x100800000, 0x900000, 1, P}, /* beyond 4 GiB */
        {0x800000, 0x100900000, 1, P},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(
            paging_map_range(chunk, AT(rows[i].virt), AT(rows[i].phys), rows[i].count, rows[i].flags),
            -EINVARG);
    assert_int_equal(paging_map_to(chunk, AT(0x800000), AT(0x901000), AT(0x900000), P), -EINVARG);
    assert_int_equal(paging_map_to(chunk, AT(0x800000), AT(0x900000), AT(0x900001), P), -EINVARG);
    assert_int_equal(paging_set(directory_of(chunk), AT(0x800004), 0x900000 | P), -EINVARG);
    assert_int_equal(paging_set(NULL, AT(0x800000), 0x900000 | P), -EINVARG);
    for (uint32_t linear = 0x800000; linear < 0x804000; linear += 0x1000)
        assert_int_equal(*entry_of(chunk, linear), linear | P);
    assert_int_equal(*entry_of(chunk, 0xfffff000), 0xfffff000 | P);
}

static void raw_entries(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P);

    (void)state;
    assert_int_equal(paging_set(directory_of(chunk), AT(0x800000), 0x900000 | PTE_D | PTE_PCD | P), 0);
    assert_int_equal(paging_get(directory_of(chunk), AT(0x800000)), 0x900000 | PTE_D | PTE_PCD | P);
    assert_int_equal(paging_get(NULL, AT(0x800000)), 0);
    assert_int_equal(paging_get(directory_of(chunk), AT(0x100800000)), 0);
}

/* ---- the directory in use ---- */

static uint32_t kernel_reads(uint32_t linear)
{
    uint64_t value = 0;

    assert_true(hw_kernel_load(linear, 4, &value));
    return (uint32_t)value;
}

static void a_change_takes_effect(void **state)
{
    struct paging_4gb_chunk *const chunk = live_space();

    (void)state;
    set_physical_word(0x900000, 1);
    set_physical_word(0xa00000, 2);
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), P), 0);
    assert_int_equal(kernel_reads(0x800000), 1);
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0xa00000), P), 0);
    assert_int_equal(kernel_reads(0x800000), 2);
}

/* What paging_map() would do without its invalidation: the proof that the test above can fail. */
static void a_change_behind_the_cpu(void **state)
{
    struct paging_4gb_chunk *const chunk = live_space();

    (void)state;
    set_physical_word(0x900000, 1);
    set_physical_word(0xa00000, 2);
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), P), 0);
    assert_int_equal(kernel_reads(0x800000), 1);
    *entry_of(chunk, 0x800000) = 0xa00000 | P;
    assert_int_equal(kernel_reads(0x800000), 1);
    hw_invlpg(0x800000);
    assert_int_equal(kernel_reads(0x800000), 2);
}

static void unmapped_pages_fault(void **state)
{
    struct paging_4gb_chunk *const chunk = live_space();
    uint64_t value;

    (void)state;
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), P | RW), 0);
    assert_true(hw_kernel_store(0x800000, 4, 1));
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), 0), 0);
    assert_false(hw_kernel_load(0x800000, 4, &value));
    assert_int_equal(*entry_of(chunk, 0x800000) & PAGE_FRAME, 0x900000);
}

static unsigned invalidations;

static void count_invalidation(void *context, const struct kms_event *event)
{
    (void)context;
    (void)event;
    invalidations++;
}

static unsigned invalidations_of(struct paging_4gb_chunk *chunk, uint32_t physical, int flags)
{
    struct kms_observer observer = {.events = KMS_EVENT_INVALIDATE, .notify = count_invalidation};
    struct kms_machine *const machine = kms_guest_machine(fixture_guest());

    invalidations = 0;
    kms_machine_observe(machine, &observer);
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(physical), flags), 0);
    kms_machine_unobserve(machine, &observer);
    return invalidations;
}

static void only_what_may_be_cached(void **state)
{
    struct paging_4gb_chunk *const live = live_space();
    struct paging_4gb_chunk *const other = new_space(P);

    (void)state;
    assert_int_equal(invalidations_of(other, 0x900000, P), 0);
    assert_int_equal(invalidations_of(live, 0x900000, P), 1);
    assert_int_equal(invalidations_of(live, 0x900000, 0), 1);
    assert_int_equal(invalidations_of(live, 0x900000, P), 0); /* was not present, so not cached */
}

/* ---- the kernel's ground ---- */

static void kernel_pages_stay(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P | US);
    static const uint32_t pages[] = {0x7000, 0xff000, 0x100000, 0x1ff000, 0x5fc000, 0x5ff000};

    (void)state;
    for (unsigned i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        void *const page = AT(pages[i]);

        assert_int_equal(paging_map(chunk, page, AT(0x900000), P | RW | US), -EISTKN);
        assert_int_equal(paging_map(chunk, page, page, P | RW | US), -EISTKN);
        assert_int_equal(paging_map(chunk, page, page, 0), -EISTKN);
        assert_int_equal(paging_set(directory_of(chunk), page, pages[i] | P | RW | US), -EISTKN);
        assert_int_equal(paging_map(chunk, AT(0x800000), page, P | RW | US), -EISTKN);
        assert_int_equal(*entry_of(chunk, pages[i]), pages[i] | P | US);
        assert_int_equal(paging_map(chunk, page, page, P), -EISTKN);
        assert_int_equal(paging_map(chunk, page, page, P | US), 0); /* as it is */
        assert_int_equal(paging_map(chunk, AT(0x800000), page, P | US), 0);
        assert_int_equal(paging_map(chunk, AT(0x800000), page, P | RW), 0);
    }
    assert_int_equal(paging_map(chunk, AT(0x200000), AT(0x900000), P | RW | US), 0);
    assert_int_equal(paging_map(chunk, AT(0x5fb000), AT(0x900000), P | RW | US), 0);
    assert_int_equal(paging_map(chunk, AT(0x600000), AT(0x900000), P | RW | US), 0);
}

static void a_range_into_the_kernel(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P);

    (void)state;
    assert_int_equal(paging_map_range(chunk, AT(0x5fa000), AT(0x900000), 4, P | RW | US), -EISTKN);
    assert_int_equal(*entry_of(chunk, 0x5fa000), 0x5fa000 | P);
    assert_int_equal(*entry_of(chunk, 0x5fb000), 0x5fb000 | P);
}

static void heap_pages_stay(void **state)
{
    struct paging_4gb_chunk *const live = live_space();
    struct paging_4gb_chunk *const other = new_space(P);
    void *const page = AT(0x7000000);

    (void)state;
    assert_int_equal(paging_map(live, page, AT(0x900000), P | RW), -EISTKN);
    assert_int_equal(paging_map(other, page, AT(0x900000), P | RW), -EISTKN);
    assert_int_equal(paging_map(live, page, page, 0), -EISTKN);
    assert_int_equal(paging_map(other, page, page, 0), 0);
    assert_int_equal(paging_map(other, page, page, P | RW | US), 0);
}

/* ---- addresses ---- */

static void physical_addresses(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P);
    uint32_t *const directory = directory_of(chunk);
    uint32_t physical = 1;

    (void)state;
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), P), 0);
    assert_ptr_equal(paging_get_physical_address(directory, AT(0x800abc)), AT(0x900abc));
    assert_int_equal(paging_translate(directory, AT(0), &physical), 0);
    assert_int_equal(physical, 0);
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), 0), 0);
    assert_ptr_equal(paging_get_physical_address(directory, AT(0x800abc)), NULL);
    assert_int_equal(paging_translate(directory, AT(0x800abc), &physical), -EINVARG);
    assert_int_equal(paging_translate(directory, AT(0x100000000), &physical), -EINVARG);
}

static void a_space_without_present_entries(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(RW);
    uint32_t physical;

    (void)state;
    assert_int_equal(paging_translate(directory_of(chunk), AT(0x800000), &physical), -EINVARG);
    assert_int_equal(paging_map(chunk, AT(0x800000), AT(0x900000), P), 0);
    assert_int_equal(paging_translate(directory_of(chunk), AT(0x800000), &physical), 0);
    assert_int_equal(physical, 0x900000);
    assert_int_equal(paging_translate(directory_of(chunk), AT(0x801000), &physical), -EINVARG);
}

static void alignment(void **state)
{
    (void)state;
    assert_ptr_equal(paging_align_address(AT(0)), AT(0));
    assert_ptr_equal(paging_align_address(AT(1)), AT(0x1000));
    assert_ptr_equal(paging_align_address(AT(0x1000)), AT(0x1000));
    assert_ptr_equal(paging_align_address(AT(0xfffff001)), AT(0));
    assert_ptr_equal(paging_align_to_lower_page(AT(0x1fff)), AT(0x1000));
    assert_ptr_equal(paging_align_to_lower_page(AT(0xffffffff)), AT(0xfffff000));
    assert_true(paging_is_aligned(AT(0x400000)));
    assert_false(paging_is_aligned(AT(0x400001)));
    assert_false(paging_is_aligned(AT(0x100000000)));
}

static void indexes(void **state)
{
    uint32_t directory = 0;
    uint32_t table = 0;

    (void)state;
    assert_int_equal(paging_get_indexes(AT(0xc0403000), &directory, &table), 0);
    assert_int_equal(directory, 769);
    assert_int_equal(table, 3);
    assert_int_equal(paging_get_indexes(AT(0xc0403001), &directory, &table), -EINVARG);
}

/* ---- the checker ---- */

static void broken_directory_entries(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P | RW);
    uint32_t *const directory = directory_of(chunk);
    void *const spare = kmalloc(4096);
    const uint32_t good = directory[768];

    (void)state;
    assert_null(paging_check(chunk));
    directory[768] = 0x00200000 | P;
    assert_string_equal(paging_check(chunk), "PDE[768] points outside the heap");
    directory[768] = directory[3];
    assert_string_equal(paging_check(chunk), "PDE[768] points at a block that is a table already");
    directory[768] = good | PDE_PS;
    assert_string_equal(paging_check(chunk), "PDE[768] maps a large page");
    kfree(spare);
    directory[768] = hw_linear(spare) | P;
    assert_string_equal(paging_check(chunk), "PDE[768] points at a block that is not its own");
    directory[768] = good;
    assert_null(paging_check(chunk));
}

static void broken_kernel_pages(void **state)
{
    struct paging_4gb_chunk *const chunk = live_space();

    (void)state;
    *entry_of(chunk, 0x00150000) = 0x00151000 | P;
    assert_string_equal(paging_check(chunk), "page 0x00150000 of the kernel is mapped elsewhere");
    *entry_of(chunk, 0x00150000) = 0x00150000 | RW;
    assert_string_equal(paging_check(chunk), "page 0x00150000 of the kernel is not mapped");
    *entry_of(chunk, 0x00150000) = 0x00150000 | P;
    *entry_of(chunk, 0x07000000) = 0x07000000;
    assert_string_equal(paging_check(chunk), "page 0x07000000 of the kernel is not mapped");
    *entry_of(chunk, 0x07000000) = 0x07000000 | P;
    assert_null(paging_check(chunk));
}

static void broken_descriptors(void **state)
{
    struct paging_4gb_chunk *const chunk = new_space(P | RW);
    const uint32_t good = chunk->directory_entry;

    (void)state;
    assert_string_equal(paging_check(NULL), "the descriptor names no directory in the heap");
    chunk->directory_entry = 0;
    assert_string_equal(paging_check(chunk), "the descriptor names no directory in the heap");
    chunk->directory_entry = hw_linear(chunk);
    assert_string_equal(paging_check(chunk), "the directory's block is not its own");
    chunk->directory_entry = good;
    assert_null(paging_check(chunk));
}

static const struct CMUnitTest tests[] = {
    AFTER_RESET("an identity directory maps every page to itself with the flags asked for", identity_map),
    AFTER_RESET("an address space costs 1,026 blocks, each by itself", cost_of_a_space),
    AFTER_RESET("out of memory at any allocation of a directory gives everything back",
                out_of_memory_anywhere),
    AFTER_RESET("24 address spaces fit in the heap, and the 25th leaves nothing behind", twenty_four_spaces),
    AFTER_RESET("a freed address space gives all its blocks back", freeing_gives_back),
    AFTER_RESET("the address space in use is not freed", freeing_the_live_space),
    AFTER_RESET("a descriptor that is none of the kernel's is refused everywhere", foreign_descriptors),
    AFTER_RESET("paging is not enabled without a directory", enabling_without_a_directory),
    AFTER_RESET("a switch loads CR3, and enabling sets CR0.PG and leaves CR0.WP clear", switch_and_enable),
    AFTER_RESET("a mapping is what the CPU then does", a_mapping_is_what_the_cpu_does),
    AFTER_RESET("a read-only page binds users and not the kernel", read_only_binds_users_alone),
    AFTER_RESET("a user page in a supervisor directory lets users at that page alone",
                user_page_in_a_supervisor_space),
    AFTER_RESET("ranges map exactly their pages, up to the last of 4 GiB", ranges),
    AFTER_RESET("an empty range maps nothing and is no error", empty_ranges),
    AFTER_RESET("unaligned, wrapping and impossible mappings are refused and change nothing", bad_arguments),
    AFTER_RESET("an entry is written as it is", raw_entries),
    AFTER_RESET("remapping a page of the directory in use takes effect at once", a_change_takes_effect),
    AFTER_RESET("an entry changed without invalidation is not seen", a_change_behind_the_cpu),
    AFTER_RESET("an unmapped page of the directory in use faults, and its entry keeps the frame",
                unmapped_pages_fault),
    AFTER_RESET("only pages that may be cached are invalidated", only_what_may_be_cached),
    AFTER_RESET("no mapping changes the kernel's pages or lets users write its frames", kernel_pages_stay),
    AFTER_RESET("a range that reaches the kernel is refused as a whole", a_range_into_the_kernel),
    AFTER_RESET("heap pages stay mapped to themselves", heap_pages_stay),
    AFTER_RESET("a physical address has the page's offset, and an unmapped page has none",
                physical_addresses),
    AFTER_RESET("in a directory without present entries a mapping brings one page",
                a_space_without_present_entries),
    AFTER_RESET("addresses are aligned up and down, and wrap in the last page", alignment),
    AFTER_RESET("an aligned address has two indexes", indexes),
    AFTER_RESET("the checker names a broken directory entry", broken_directory_entries),
    AFTER_RESET("the checker names a kernel page that moved or vanished", broken_kernel_pages),
    AFTER_RESET("the checker names a broken descriptor", broken_descriptors),
};
KMS_TESTS(vana_paging, tests)
