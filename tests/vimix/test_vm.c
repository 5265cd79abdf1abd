/*
 * Page tables and the kernel's address space. Entries are written out by hand: V 1, R 2, W 4, X 8, U 10, A 40, D 80, the
 * owner's mark 100, the page number from bit 10.
 */
#include "vimix_fixture.h"

#define FREE_VA ((reg_t)0x30000000u) /* nothing of the kernel's is near */
#define RW      (PTE_R | PTE_W)

static struct vm_mapping page_at(reg_t va, reg_t pa)
{
    return (struct vm_mapping){va, pa, PAGE_SIZE, RW, false};
}

static int map_one(reg_t va, reg_t pa)
{
    const struct vm_mapping mapping = page_at(va, pa);

    return kvm_map(&mapping);
}

static pte_t entry_of(reg_t va)
{
    const pte_t *const entry = vm_walk(kvm_page_table(), va, NULL, false);

    assert_non_null(entry);
    return *entry;
}

static void an_entry_has_its_bits(void **state)
{
    const struct vm_mapping code = {FREE_VA, 0x80123000, PAGE_SIZE, PTE_R | PTE_X | PTE_U, false};
    const size_t before = free_pages();

    (void)state;
    assert_int_equal(kvm_map(&code), 0);
    assert_int_equal(entry_of(FREE_VA), (0x80123 << 10) | 0xdb);
    assert_int_equal(free_pages(), before - 1); /* one table; those above are the devices' */
    assert_int_equal(kvm_unmap(FREE_VA, 1), 0);
    assert_int_equal(free_pages(), before);
    assert_null(vm_walk(kvm_page_table(), FREE_VA, NULL, false));
}

static void ram_is_mapped_by_super_pages(void **state)
{
    const reg_t data = KERNBASE + 0x00400000;
    bool is_super;

    (void)state;
    assert_int_equal(*vm_walk(kvm_page_table(), data, &is_super, false), (pte_t)(0x80400 << 10) | 0xc7);
    assert_true(is_super);
    assert_int_equal(*vm_walk(kvm_page_table(), PLIC, &is_super, false), (pte_t)(0x0c000 << 10) | 0xc7);
    assert_true(is_super);
    /* Text and data share 4 MiB, which no super page of Sv32 can give two kinds of rights. */
    (void)vm_walk(kvm_page_table(), KERNEL_TEXT, &is_super, false);
    assert_int_equal(is_super, BY_WIDTH(true, false));
}

static void the_layout_is_mapped(void **state)
{
    static const struct {
        reg_t va, pa;
        unsigned rights;
    } rows[] = {
        {TEST_DEVICE, TEST_DEVICE, 0x6},
        {RTC, RTC, 0x6},
        {CLINT + 0xf000, CLINT + 0xf000, 0x6},
        {UART0, UART0, 0x6},
        {VIRTIO0, VIRTIO0, 0x6},
        {KERNEL_TEXT, KERNEL_TEXT, 0xa},
        {TRAMPOLINE, KERNEL_TRAMPOLINE, 0xa},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        guest_addr physical = 0;

        assert_int_equal(vimix_guest.physical(rows[i].va, &physical), 0);
        assert_int_equal(physical, rows[i].pa);
        assert_int_equal(entry_of(rows[i].va) & 0x1e, rows[i].rights);
    }
}

static void every_stack_has_a_guard_page(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MAX_PROCS; i++) {
        uint64_t value;

        assert_int_equal(entry_of(KERNEL_STACK(i)) & 0x3ff, 0x1c7); /* owned, A, D, R, W, V */
        assert_true(hw_kernel_load(KERNEL_STACK(i), 4, &value));
        assert_false(hw_kernel_load(KERNEL_STACK(i) - 4, 4, &value));
        assert_false(hw_kernel_store(KERNEL_STACK(i) + PAGE_SIZE, 4, 0));
    }
}

static void text_is_not_written(void **state)
{
    struct guest_fault fault;
    uint64_t value;

    (void)state;
    assert_true(hw_kernel_load(KERNEL_TEXT, 4, &value));
    assert_false(hw_kernel_store(KERNEL_TEXT, 4, 0));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.error, STORE_FAULT);
    assert_int_equal(fault.address, KERNEL_TEXT);
    assert_int_equal(fault.process, -1);
    assert_false(hw_kernel_load(0, 4, &value));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.error, LOAD_FAULT);
}

static void satp_is_made_and_read(void **state)
{
    pagetable_t const root = kvm_page_table();
    const reg_t ppn = kalloc_physical(root) >> 12;

    (void)state;
    assert_int_equal(mmu_make_satp(root, 0), BY_WIDTH((reg_t)1 << 63 | ppn, 0x80000000u | ppn));
    assert_int_equal(mmu_make_satp(root, 5),
                     BY_WIDTH((reg_t)1 << 63 | (reg_t)5 << 44, 0x80000000u | 5u << 22) | ppn);
    assert_ptr_equal(mmu_page_table(mmu_make_satp(root, 5)), root);
    assert_null(mmu_page_table(0));
    assert_int_equal(hw_read_satp(), mmu_make_satp(root, 0));
}

/* ---- vm_map() ---- */

static void the_same_mapping_twice_is_no_error(void **state)
{
    const size_t before = free_pages();

    (void)state;
    assert_int_equal(map_one(FREE_VA, KERNEL_END), 0);
    assert_int_equal(map_one(FREE_VA, KERNEL_END), 0);
    assert_int_equal(kvm_unmap(FREE_VA, 1), 0);
    assert_int_equal(free_pages(), before);
    /* A page inside a super page, at its own place with its rights. */
    assert_int_equal(map_one(KERNEL_END + 5 * PAGE_SIZE, KERNEL_END + 5 * PAGE_SIZE), 0);
    assert_int_equal(free_pages(), before);
}

static void another_mapping_is_refused_whole(void **state)
{
    struct vm_mapping three = {FREE_VA, KERNEL_END, 3 * PAGE_SIZE, RW, false};
    struct vm_mapping read_only = page_at(FREE_VA + 2 * PAGE_SIZE, KERNEL_END + 2 * PAGE_SIZE);

    (void)state;
    read_only.perm = PTE_R;
    assert_int_equal(kvm_map(&read_only), 0);
    assert_int_equal(kvm_map(&three), -EEXIST); /* other rights, on the last page */
    assert_int_equal(entry_of(FREE_VA), 0);
    assert_int_equal(map_one(FREE_VA + 2 * PAGE_SIZE, KERNEL_END), -EEXIST); /* another place */
    assert_int_equal(map_one(KERNEL_END, KERNEL_END + PAGE_SIZE), -EEXIST);  /* inside a super page */
    three.va = three.pa = 0x80200000;
    three.size = SUPERPAGE_SIZE;
    three.allow_super = true;
    assert_int_equal(kvm_map(&three), 0); /* what is there already, in whatever pages */
    assert_int_equal(kvm_unmap(FREE_VA + 2 * PAGE_SIZE, 1), 0);
}

static void what_cannot_be_mapped_is_refused(void **state)
{
    static const struct vm_mapping rows[] = {
        {FREE_VA, KERNEL_END, 0, RW, false},
        {FREE_VA + 1, KERNEL_END, PAGE_SIZE, RW, false},
        {FREE_VA, KERNEL_END + 8, PAGE_SIZE, RW, false},
        {FREE_VA, KERNEL_END, PAGE_SIZE - 1, RW, false},
        {FREE_VA, KERNEL_END, PAGE_SIZE, 0, false},
        {FREE_VA, KERNEL_END, PAGE_SIZE, PTE_U, false},
        {FREE_VA, KERNEL_END, PAGE_SIZE, PTE_W, false},
        {FREE_VA, KERNEL_END, PAGE_SIZE, PTE_W | PTE_X, false},
        {FREE_VA, KERNEL_END, PAGE_SIZE, RW | PTE_V, false},
        {FREE_VA, KERNEL_END, PAGE_SIZE, RW | PTE_G, false},
        {TRAMPOLINE, KERNEL_END, 2 * PAGE_SIZE, RW, false},
        {FREE_VA, KERNEL_END, (reg_t)0 - PAGE_SIZE, RW, false},
        {FREE_VA, (reg_t)0 - PAGE_SIZE, 2 * PAGE_SIZE, RW, false},
#if KERNEL_XLEN == 64
        {(reg_t)1 << 38, KERNEL_END, PAGE_SIZE, RW, false},
        {(reg_t)0 - PAGE_SIZE, KERNEL_END, PAGE_SIZE, RW, false},
#endif
    };
    const size_t before = free_pages();

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(kvm_map(&rows[i]), -EINVAL);
    assert_int_equal(free_pages(), before);
}

static void super_pages_stand_where_they_fit(void **state)
{
    /* From one page below a super page's start to one page above its end. */
    const reg_t start = FREE_VA + SUPERPAGE_SIZE - PAGE_SIZE;
    struct vm_mapping mapping = {start, 0x40000000 + SUPERPAGE_SIZE - PAGE_SIZE,
                                 SUPERPAGE_SIZE + 2 * PAGE_SIZE, RW, true};
    bool is_super;

    (void)state;
    assert_int_equal(kvm_map(&mapping), 0);
    (void)vm_walk(kvm_page_table(), start, &is_super, false);
    assert_false(is_super);
    assert_int_equal(*vm_walk(kvm_page_table(), start + PAGE_SIZE, &is_super, false),
                     (pte_t)((0x40000000 + SUPERPAGE_SIZE) >> 12 << 10) | 0xc7);
    assert_true(is_super);
    (void)vm_walk(kvm_page_table(), start + PAGE_SIZE + SUPERPAGE_SIZE, &is_super, false);
    assert_false(is_super);
    assert_int_equal(kvm_map(&mapping), 0); /* again: nothing to do */
    mapping.pa += PAGE_SIZE;
    assert_int_equal(kvm_map(&mapping), -EEXIST);
}

static void a_frame_between_super_pages_takes_pages(void **state)
{
    const struct vm_mapping mapping = {FREE_VA, 0x40000000 + PAGE_SIZE, SUPERPAGE_SIZE, RW, true};
    bool is_super;

    (void)state;
    assert_int_equal(kvm_map(&mapping), 0);
    assert_int_equal(*vm_walk(kvm_page_table(), FREE_VA, &is_super, false), (pte_t)(0x40001 << 10) | 0xc7);
    assert_false(is_super);
}

static void pages_instead_of_a_super_page_stay(void **state)
{
    struct vm_mapping mapping = {FREE_VA, 0x40000000, SUPERPAGE_SIZE, RW, true};
    const struct vm_mapping one = page_at(FREE_VA + PAGE_SIZE, 0x40000000 + PAGE_SIZE);
    bool is_super;

    (void)state;
    assert_int_equal(kvm_map(&one), 0);
    assert_int_equal(kvm_map(&mapping), 0);
    assert_int_equal(*vm_walk(kvm_page_table(), FREE_VA, &is_super, false), (pte_t)(0x40000 << 10) | 0xc7);
    assert_false(is_super);
    mapping = (struct vm_mapping){FREE_VA + SUPERPAGE_SIZE, 0x40000000, SUPERPAGE_SIZE, RW, false};
    assert_int_equal(kvm_map(&mapping), 0);
    (void)vm_walk(kvm_page_table(), FREE_VA + SUPERPAGE_SIZE, &is_super, false);
    assert_false(is_super); /* not allowed */
}

static int map_scattered(void)
{
    const struct vm_mapping wide = {FREE_VA + SUPERPAGE_SIZE - PAGE_SIZE, KERNEL_END, 2 * PAGE_SIZE, RW,
                                    false};

    return kvm_map(&wide);
}

static void no_memory_for_a_table_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(fails_at_every_allocation(map_scattered), 3);
}

/* ---- vm_walk() and vm_unmap() ---- */

static void walks_stop_at_the_end_of_addresses(void **state)
{
    (void)state;
    assert_non_null(vm_walk(kvm_page_table(), MAXVA_LAST, NULL, false));
#if KERNEL_XLEN == 64
    assert_null(vm_walk(kvm_page_table(), MAXVA_LAST + 1, NULL, false));
    assert_null(vm_walk(kvm_page_table(), MAXVA_LAST + 1, NULL, true));
    assert_null(vm_walk(kvm_page_table(), (reg_t)-1, NULL, false));
#endif
}

static void a_walk_makes_tables_when_asked(void **state)
{
    const size_t before = free_pages();
    const size_t made = vm_tables_made();

    (void)state;
    assert_null(vm_walk(kvm_page_table(), FREE_VA, NULL, false));
    assert_int_equal(*vm_walk(kvm_page_table(), FREE_VA, NULL, true), 0);
    assert_int_equal(free_pages(), before - 1);
    assert_int_equal(vm_tables_made(), made + 1);
    vm_prune(kvm_page_table(), FREE_VA, PAGE_SIZE);
    assert_int_equal(free_pages(), before);
}

static void holes_and_super_pages_are_not_unmapped(void **state)
{
    (void)state;
    assert_int_equal(map_one(FREE_VA, KERNEL_END), 0);
    assert_int_equal(map_one(FREE_VA + 2 * PAGE_SIZE, KERNEL_END), 0);
    assert_int_equal(kvm_unmap(FREE_VA, 3), -EFAULT);
    assert_int_not_equal(entry_of(FREE_VA), 0);
    assert_int_equal(kvm_unmap(KERNEL_END, 1), -EFAULT);
    assert_int_equal(kvm_unmap(FREE_VA, 0), -EINVAL);
    assert_int_equal(kvm_unmap(FREE_VA + 8, 1), -EINVAL);
    assert_int_equal(kvm_unmap(TRAMPOLINE, 2), -EINVAL);
    assert_int_equal(kvm_unmap(FREE_VA, (reg_t)-1), -EINVAL);
    assert_int_equal(kvm_unmap(FREE_VA, ((reg_t)-1 >> PAGE_SHIFT) + 2), -EINVAL);
    assert_int_equal(kvm_unmap(FREE_VA, 1), 0);
    assert_int_equal(kvm_unmap(FREE_VA + 2 * PAGE_SIZE, 1), 0);
}

static void an_owned_page_goes_with_its_mapping(void **state)
{
    struct vm_mapping mapping = page_at(FREE_VA, 0);
    const size_t before = free_pages();

    (void)state;
    mapping.pa = kalloc_physical(kalloc());
    mapping.perm |= PTE_OWNED;
    assert_int_equal(kvm_map(&mapping), 0);
    assert_null(kernel_check());
    assert_int_equal(kvm_unmap(FREE_VA, 1), 0);
    assert_int_equal(free_pages(), before);
}

/* ---- the checker ---- */

static void breaks(pte_t *entry, pte_t value, const char *words)
{
    fixture_is_broken();
    assert_int_equal(map_one(FREE_VA, KERNEL_END), 0);
    *(entry ? entry : vm_walk(kvm_page_table(), FREE_VA, NULL, false)) = value;
    assert_string_equal(kernel_check(), words);
}

static void written_and_not_read_is_seen(void **state)
{
    (void)state;
    breaks(NULL, (0x80400 << 10) | 0xc5, "a leaf may be written and not read");
}

static void a_leaf_without_d_is_seen(void **state)
{
    (void)state;
    breaks(NULL, (0x80400 << 10) | 0x47, "a leaf lacks A or D");
}

static void a_free_page_that_is_mapped_is_seen(void **state)
{
    (void)state;
    breaks(NULL, (0x80400 << 10) | 0x1c7, "a page that is mapped is free");
}

static void an_entry_that_is_not_valid_is_seen(void **state)
{
    (void)state;
    breaks(NULL, 0x400, "an entry that is not valid is not zero");
}

static void an_empty_table_is_seen(void **state)
{
    (void)state;
    breaks(NULL, 0, "a page table is empty");
}

static void a_table_at_the_last_level_is_seen(void **state)
{
    (void)state;
    breaks(NULL, (0x80400 << 10) | 1, "an entry of the last level points to a table");
}

static void a_crooked_super_page_is_seen(void **state)
{
    (void)state;
    breaks(vm_walk(kvm_page_table(), PLIC, NULL, false), (0x0c001 << 10) | 0xc7,
           "a super page does not stand on a multiple of its size");
}

static void an_owned_super_page_is_seen(void **state)
{
    (void)state;
    breaks(vm_walk(kvm_page_table(), PLIC, NULL, false), ((pte_t)0x0c000 << 10) | 0x1c7,
           "a super page is owned");
}

static void a_root_with_other_bits_is_seen(void **state)
{
    pte_t *const top = &kvm_page_table()[level_index(TRAMPOLINE, PT_LEVELS - 1)];

    (void)state;
    breaks(top, *top | PTE_D, "an entry that points to a table has other bits than V");
}

static void a_table_of_two_is_seen(void **state)
{
    pte_t *const top = &kvm_page_table()[level_index(TRAMPOLINE, PT_LEVELS - 1)];

    (void)state;
    breaks(top - 1, *top, "a page table has two owners");
}

static void a_table_in_a_free_page_is_seen(void **state)
{
    (void)state;
    breaks(kvm_page_table(), (0x80400 << 10) | 1, "a page table is in no page that was handed out");
}

static void a_page_of_two_is_seen(void **state)
{
    (void)state;
    breaks(NULL, *vm_walk(kvm_page_table(), KERNEL_STACK(0), NULL, false), "a page has two owners");
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("an entry has the bits that it was asked for, with A and D", an_entry_has_its_bits),
    AFTER_BOOT("RAM and the PLIC are mapped by super pages", ram_is_mapped_by_super_pages),
    AFTER_BOOT("the kernel's layout is mapped where it is", the_layout_is_mapped),
    AFTER_BOOT("every kernel stack has a guard page", every_stack_has_a_guard_page),
    AFTER_BOOT("the kernel's text is not written, and address 0 not mapped", text_is_not_written),
    AFTER_BOOT("satp names mode, address space and root", satp_is_made_and_read),
    AFTER_BOOT("mapping the same again is no error", the_same_mapping_twice_is_no_error),
    AFTER_BOOT("a range that is mapped otherwise is refused whole", another_mapping_is_refused_whole),
    AFTER_BOOT("what cannot be mapped is refused", what_cannot_be_mapped_is_refused),
    AFTER_BOOT("super pages stand where they fit", super_pages_stand_where_they_fit),
    AFTER_BOOT("a frame that is no multiple of a super page takes pages",
               a_frame_between_super_pages_takes_pages),
    AFTER_BOOT("where pages are mapped, no super page takes their place", pages_instead_of_a_super_page_stay),
    AFTER_BOOT("no memory for a table leaves nothing behind", no_memory_for_a_table_leaves_nothing),
    AFTER_BOOT("walks stop at the end of the address space", walks_stop_at_the_end_of_addresses),
    AFTER_BOOT("a walk makes tables when asked", a_walk_makes_tables_when_asked),
    AFTER_BOOT("holes and parts of super pages are not unmapped", holes_and_super_pages_are_not_unmapped),
    AFTER_BOOT("an owned page goes with its mapping", an_owned_page_goes_with_its_mapping),
    AFTER_BOOT("the checker sees a page that is written and not read", written_and_not_read_is_seen),
    AFTER_BOOT("the checker sees a leaf without D", a_leaf_without_d_is_seen),
    AFTER_BOOT("the checker sees a free page that is mapped", a_free_page_that_is_mapped_is_seen),
    AFTER_BOOT("the checker sees rests in an entry that is not valid", an_entry_that_is_not_valid_is_seen),
    AFTER_BOOT("the checker sees an empty table", an_empty_table_is_seen),
    AFTER_BOOT("the checker sees a table below the last level", a_table_at_the_last_level_is_seen),
    AFTER_BOOT("the checker sees a super page between its places", a_crooked_super_page_is_seen),
    AFTER_BOOT("the checker sees an owned super page", an_owned_super_page_is_seen),
    AFTER_BOOT("the checker sees other bits beside V at a table", a_root_with_other_bits_is_seen),
    AFTER_BOOT("the checker sees a table with two owners", a_table_of_two_is_seen),
    AFTER_BOOT("the checker sees a table in a free page", a_table_in_a_free_page_is_seen),
    AFTER_BOOT("the checker sees a page with two owners", a_page_of_two_is_seen),
};
KMS_TESTS(vimix_vm, tests)
