/* The window of a RISC-V hart: high RAM, 64-bit addresses, fences, ASIDs, privilege, and the faults of native code. */
#include "machine/riscv_rig.h"
#include "memcheck.h"

#include <kmemsim/window.h>
#include <setjmp.h>

#define FRAME(n) (RV_BASE + 0x200000 + 0x1000 * (n))
#define PAGE_RW  (V | R | W | A | D)

/* Memcheck cannot keep books of the 256 GiB of a window on RV64. */
static uint64_t window_size(enum kms_paging_mode mode)
{
    return under_memcheck() && mode != KMS_PAGING_SV32 ? UINT64_C(1) << 33 : 0;
}

/* The window's highest page: that of Sv39's lower half. */
static kms_linear top_page(void)
{
    return under_memcheck() ? UINT64_C(0x1fffff000) : UINT64_C(0x3ffffff000);
}

/* A hart in S-mode with a window, and what a native access came to. */
struct hart {
    struct rv rv;
    struct kms_window *window;
    sigjmp_buf back;
    bool (*repair)(struct hart *hart, const struct kms_fault *fault);
    kms_phys repaired; /* the entry that `repair` mends */
    struct kms_window_event last;
};

static bool on_trouble(void *context, const struct kms_window_event *event)
{
    struct hart *hart = context;
    if (event->trouble == KMS_WINDOW_FAULT && hart->repair && hart->repair(hart, &event->fault))
        return true;
    hart->last = *event;
    siglongjmp(hart->back, 1);
}

static void hart_begin(struct hart *hart, enum kms_paging_mode mode, const struct kms_options *options)
{
    struct kms_options shared = options ? *options : (struct kms_options){.ram_size = 0};
    shared.ram.shared = true;
    *hart = (struct hart){.rv = rv_new(mode, &shared)};
    for (unsigned n = 0; n < 16; n++)
        rv_poke(&hart->rv, FRAME(n), 4, n);
    const struct kms_window_options with = {
        .trouble = on_trouble, .context = hart, .size = window_size(mode)};
    const enum kms_status status = kms_window_new(hart->rv.cpu, &with, &hart->window);
    if (status == KMS_UNSUPPORTED) {
        rv_free(&hart->rv);
        kms_skip("the linear window needs Linux on x86-64");
    }
    assert_int_equal(status, KMS_OK);
}

static void hart_end(struct hart *hart)
{
    kms_window_free(hart->window);
    rv_free(&hart->rv);
}

static volatile uint32_t *native(struct hart *hart, kms_linear linear)
{
    return (volatile uint32_t *)(void *)(kms_window_base(hart->window) + linear);
}

static bool native_read(struct hart *hart, kms_linear linear, uint32_t *value)
{
    const bool done = sigsetjmp(hart->back, 0) == 0;
    if (done)
        *value = *native(hart, linear);
    return done;
}

static bool native_write(struct hart *hart, kms_linear linear, uint32_t value)
{
    const bool done = sigsetjmp(hart->back, 0) == 0;
    if (done)
        *native(hart, linear) = value;
    return done;
}

static void assert_reads(struct hart *hart, kms_linear linear, uint32_t expected)
{
    uint32_t value = UINT32_MAX;
    assert_true(native_read(hart, linear, &value));
    assert_int_equal(value, expected);
}

static void assert_fault(struct hart *hart, kms_linear linear, uint32_t cause)
{
    uint32_t value;
    const bool write = cause == KMS_CAUSE_STORE_PAGE || cause == KMS_CAUSE_STORE_ACCESS ||
                       cause == KMS_CAUSE_STORE_MISALIGNED;
    assert_false(write ? native_write(hart, linear, 1) : native_read(hart, linear, &value));
    assert_int_equal(hart->last.trouble, KMS_WINDOW_FAULT);
    assert_int_equal(hart->last.fault.vector, cause);
    assert_int_equal(hart->last.fault.address, linear);
    assert_int_equal(kms_riscv_read(hart->rv.cpu, KMS_RISCV_STVAL), linear);
}

static void fence(struct hart *hart, kms_linear linear)
{
    kms_riscv_sfence_vma(hart->rv.cpu, &linear, NULL);
}

static void without_translation_the_window_is_memory_as_it_is(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV39, NULL);
    rv_set(&hart.rv, KMS_RISCV_PRIV, KMS_RISCV_M);
    assert_reads(&hart, FRAME(3), 3);
    assert_true(native_write(&hart, FRAME(3), 33));
    assert_int_equal(rv_peek(&hart.rv, FRAME(3), 4), 33);
    rv_set(&hart.rv, KMS_RISCV_PRIV, KMS_RISCV_S);
    assert_fault(&hart, FRAME(3), KMS_CAUSE_LOAD_PAGE);
    rv_set(&hart.rv, KMS_RISCV_SATP, 0);
    assert_reads(&hart, FRAME(3), 33);
    assert_fault(&hart, 0x1000, KMS_CAUSE_LOAD_ACCESS);
    assert_fault(&hart, 0x1000, KMS_CAUSE_STORE_ACCESS);
    hart_end(&hart);
}

static void native_code_reaches_low_memory_and_the_highest_page(void **state)
{
    (void)state;
    const struct {
        enum kms_paging_mode mode;
        kms_linear top;
    } rows[] = {{KMS_PAGING_SV32, 0xfffff000}, {KMS_PAGING_SV39, top_page()}, {KMS_PAGING_SV48, top_page()}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hart hart;
        hart_begin(&hart, rows[i].mode, NULL);
        rv_map(&hart.rv, 0x1000, 1, PPN(FRAME(1)) | PAGE_RW);
        rv_map(&hart.rv, rows[i].top, 1, PPN(FRAME(2)) | PAGE_RW);
        assert_reads(&hart, 0x1000, 1);
        assert_reads(&hart, rows[i].top, 2);
        assert_true(native_write(&hart, rows[i].top + 4092, 7));
        assert_int_equal(rv_peek(&hart.rv, FRAME(2) + 4092, 4), 7);
        hart_end(&hart);
    }
}

static void the_first_read_sets_a_and_the_first_write_sets_d(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV32, NULL);
    const kms_phys entry = rv_map(&hart.rv, 0x5000, 1, PPN(FRAME(5)) | V | R | W);
    assert_reads(&hart, 0x5000, 5);
    assert_int_equal(rv_entry(&hart.rv, entry), PPN(FRAME(5)) | V | R | W | A);
    assert_true(native_write(&hart, 0x5000, 55));
    assert_int_equal(rv_entry(&hart.rv, entry), PPN(FRAME(5)) | PAGE_RW);
    hart_end(&hart);
}

static bool set_a_and_d(struct hart *hart, const struct kms_fault *fault)
{
    const uint64_t bits = fault->vector == KMS_CAUSE_STORE_PAGE ? A | D : A;
    rv_set_entry(&hart->rv, hart->repaired, rv_entry(&hart->rv, hart->repaired) | bits);
    fence(hart, fault->address);
    return true;
}

static void under_svade_the_kernel_sets_a_and_d_itself(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV39, NULL);
    rv_set(&hart.rv, KMS_RISCV_ADUE, 0);
    hart.repaired = rv_map(&hart.rv, 0x5000, 1, PPN(FRAME(5)) | V | R | W);
    assert_fault(&hart, 0x5000, KMS_CAUSE_LOAD_PAGE);
    hart.repair = set_a_and_d;
    assert_reads(&hart, 0x5000, 5);
    assert_int_equal(rv_entry(&hart.rv, hart.repaired), PPN(FRAME(5)) | V | R | W | A);
    assert_true(native_write(&hart, 0x5000, 55));
    assert_int_equal(rv_entry(&hart.rv, hart.repaired), PPN(FRAME(5)) | PAGE_RW);
    hart_end(&hart);
}

static void a_changed_entry_is_stale_until_the_fence(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV39, NULL);
    const kms_phys entry = rv_map(&hart.rv, 0x5000, 1, PPN(FRAME(5)) | PAGE_RW);
    assert_reads(&hart, 0x5000, 5);
    rv_set_entry(&hart.rv, entry, PPN(FRAME(6)) | PAGE_RW);
    assert_reads(&hart, 0x5000, 5);
    fence(&hart, 0x6000);
    assert_reads(&hart, 0x5000, 5);
    fence(&hart, 0x5ffc);
    assert_reads(&hart, 0x5000, 6);
    rv_set_entry(&hart.rv, entry, 0);
    kms_riscv_sfence_vma(hart.rv.cpu, NULL, NULL);
    assert_fault(&hart, 0x5000, KMS_CAUSE_LOAD_PAGE);
    hart_end(&hart);
}

static void a_fence_inside_a_super_page_drops_all_of_it(void **state)
{
    (void)state;
    static const enum kms_paging_mode modes[] = {KMS_PAGING_SV32, KMS_PAGING_SV39};
    for (size_t i = 0; i < 2; i++) {
        struct hart hart;
        hart_begin(&hart, modes[i], NULL);
        const kms_linear at = 0x40000000;
        const kms_phys entry = rv_map(&hart.rv, at, 2, PPN(RV_BASE) | PAGE_RW);
        assert_reads(&hart, at + FRAME(1) % 0x200000, (uint32_t)rv_peek(&hart.rv, RV_BASE + 0x1000, 4));
        assert_true(native_write(&hart, at + 0x3000, 3));
        rv_set_entry(&hart.rv, entry, 0);
        assert_reads(&hart, at + 0x3000, 3);
        fence(&hart, at + 0x100000);
        assert_fault(&hart, at + 0x3000, KMS_CAUSE_LOAD_PAGE);
        assert_fault(&hart, at + 0x1000, KMS_CAUSE_LOAD_PAGE);
        hart_end(&hart);
    }
}

/* Two root tables; the second has one page of its own. */
static void another_asid_has_its_own_pages_and_shares_the_global_ones(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV39, NULL);
    const kms_phys other = RV_BASE + 0x300000;
    rv_map(&hart.rv, 0x5000, 1, PPN(FRAME(5)) | PAGE_RW);
    const kms_phys global = rv_map(&hart.rv, 0x6000, 1, PPN(FRAME(6)) | PAGE_RW | G);
    assert_reads(&hart, 0x5000, 5);
    assert_reads(&hart, 0x6000, 6);
    rv_set_entry(&hart.rv, global, 0);
    rv_set(&hart.rv, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV39, 1, other));
    assert_fault(&hart, 0x5000, KMS_CAUSE_LOAD_PAGE);
    assert_reads(&hart, 0x6000, 6);
    rv_set(&hart.rv, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV39, 0, RV_ROOT));
    assert_reads(&hart, 0x5000, 5);
    hart_end(&hart);
}

static void a_new_root_without_a_fence_meets_the_old_translations(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV32, NULL);
    rv_map(&hart.rv, 0x5000, 1, PPN(FRAME(5)) | PAGE_RW);
    assert_reads(&hart, 0x5000, 5);
    rv_set(&hart.rv, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV32, 0, RV_BASE + 0x300000));
    assert_reads(&hart, 0x5000, 5);
    kms_riscv_sfence_vma(hart.rv.cpu, NULL, NULL);
    assert_fault(&hart, 0x5000, KMS_CAUSE_LOAD_PAGE);
    hart_end(&hart);
}

static void the_window_follows_privilege_sum_and_mxr(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV39, NULL);
    rv_map(&hart.rv, 0x5000, 1, PPN(FRAME(5)) | PAGE_RW | U);
    rv_map(&hart.rv, 0x6000, 1, PPN(FRAME(6)) | V | X | A);
    assert_fault(&hart, 0x5000, KMS_CAUSE_LOAD_PAGE);
    rv_set(&hart.rv, KMS_RISCV_SUM, 1);
    assert_reads(&hart, 0x5000, 5);
    rv_set(&hart.rv, KMS_RISCV_SUM, 0);
    assert_fault(&hart, 0x5000, KMS_CAUSE_STORE_PAGE);
    rv_set(&hart.rv, KMS_RISCV_PRIV, KMS_RISCV_U);
    assert_reads(&hart, 0x5000, 5);
    rv_set(&hart.rv, KMS_RISCV_PRIV, KMS_RISCV_S);
    assert_fault(&hart, 0x6000, KMS_CAUSE_LOAD_PAGE);
    rv_set(&hart.rv, KMS_RISCV_MXR, 1);
    assert_reads(&hart, 0x6000, 6);
    hart_end(&hart);
}

static uint64_t no_register(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    (void)offset;
    (void)width;
    return 0;
}

static void ignore_register(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    (void)offset;
    (void)width;
    (void)value;
}

static void frames_without_ram_are_access_faults_and_devices_out_of_reach(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV39, NULL);
    const struct kms_mmio device = {no_register, ignore_register, NULL};
    assert_int_equal(kms_ram_add_mmio(hart.rv.ram, 0x10000000, 0x1000, &device), KMS_OK);
    rv_map(&hart.rv, 0x5000, 1, PPN(0x20000000) | PAGE_RW);
    rv_map(&hart.rv, 0x10000000, 1, PPN(0x10000000) | PAGE_RW);
    assert_fault(&hart, 0x5004, KMS_CAUSE_LOAD_ACCESS);
    assert_fault(&hart, 0x5008, KMS_CAUSE_STORE_ACCESS);
    assert_false(native_write(&hart, 0x10000000, 1));
    assert_int_equal(hart.last.trouble, KMS_WINDOW_UNBACKED);
    assert_int_equal(hart.last.phys, 0x10000000);
    hart_end(&hart);
}

/* Every page is compared again, most of them by their own entry alone. */
static void a_fence_of_everything_keeps_what_the_tables_still_say(void **state)
{
    (void)state;
    static const enum kms_paging_mode modes[] = {KMS_PAGING_SV32, KMS_PAGING_SV39};
    for (size_t i = 0; i < 2; i++) {
        struct hart hart;
        hart_begin(&hart, modes[i], NULL);
        kms_phys entry = 0;
        for (unsigned n = 0; n < 8; n++)
            entry = rv_map(&hart.rv, 0x1000 * n, 1, PPN(FRAME(n)) | PAGE_RW);
        for (unsigned n = 0; n < 8; n++)
            assert_reads(&hart, 0x1000 * n, n);
        rv_set_entry(&hart.rv, entry, PPN(FRAME(9)) | PAGE_RW);
        kms_riscv_sfence_vma(hart.rv.cpu, NULL, NULL);
        assert_int_equal(kms_window_counts(hart.window).kept, 7);
        assert_int_equal(kms_window_counts(hart.window).dropped, 1);
        assert_reads(&hart, 0x7000, 9);
        hart_end(&hart);
    }
}

/* Global from above, then no more: a fence of one address space must not find the page exempt for ever. */
static void a_page_that_is_global_no_more_is_not_kept_as_global(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV39, NULL);
    rv_map(&hart.rv, 0x5000, 1, PPN(FRAME(5)) | PAGE_RW);
    const kms_phys leaf = rv_map(&hart.rv, 0x6000, 1, PPN(FRAME(6)) | PAGE_RW);
    rv_set_entry(&hart.rv, RV_ROOT, rv_entry(&hart.rv, RV_ROOT) | G);
    assert_reads(&hart, 0x5000, 5);
    assert_reads(&hart, 0x6000, 6);
    rv_set_entry(&hart.rv, RV_ROOT, rv_entry(&hart.rv, RV_ROOT) & ~G);
    kms_riscv_sfence_vma(hart.rv.cpu, NULL, NULL);
    assert_reads(&hart, 0x6000, 6);
    rv_set_entry(&hart.rv, leaf, 0);
    const uint16_t asid = 0;
    kms_riscv_sfence_vma(hart.rv.cpu, NULL, &asid);
    assert_fault(&hart, 0x6000, KMS_CAUSE_LOAD_PAGE);
    hart_end(&hart);
}

static void a_snapshot_brings_back_stale_pages(void **state)
{
    (void)state;
    struct hart hart;
    hart_begin(&hart, KMS_PAGING_SV39, NULL);
    const kms_phys entry = rv_map(&hart.rv, top_page(), 1, PPN(FRAME(5)) | PAGE_RW);
    assert_reads(&hart, top_page(), 5);
    rv_set_entry(&hart.rv, entry, 0);
    struct kms_snapshot *snapshot;
    struct kms_window_state *pages;
    assert_int_equal(kms_snapshot_take(hart.rv.machine, &snapshot), KMS_OK);
    assert_int_equal(kms_window_save(hart.window, &pages), KMS_OK);
    kms_window_protect(hart.window);
    assert_true(native_write(&hart, top_page(), 50));
    kms_riscv_sfence_vma(hart.rv.cpu, NULL, NULL);
    assert_fault(&hart, top_page(), KMS_CAUSE_LOAD_PAGE);
    kms_snapshot_restore(hart.rv.machine, snapshot);
    kms_window_load(hart.window, pages);
    assert_reads(&hart, top_page(), 5);
    kms_window_state_free(pages);
    hart_end(&hart);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("without translation the window is memory as it is",
             without_translation_the_window_is_memory_as_it_is),
    KMS_TEST("native code reaches low memory and the highest page",
             native_code_reaches_low_memory_and_the_highest_page),
    KMS_TEST("the first read sets A and the first write sets D",
             the_first_read_sets_a_and_the_first_write_sets_d),
    KMS_TEST("under Svade the kernel sets A and D itself", under_svade_the_kernel_sets_a_and_d_itself),
    KMS_TEST("a changed entry is stale until the fence", a_changed_entry_is_stale_until_the_fence),
    KMS_TEST("a fence inside a super page drops all of it", a_fence_inside_a_super_page_drops_all_of_it),
    KMS_TEST("another ASID has its own pages and shares the global ones",
             another_asid_has_its_own_pages_and_shares_the_global_ones),
    KMS_TEST("a new root without a fence meets the old translations",
             a_new_root_without_a_fence_meets_the_old_translations),
    KMS_TEST("the window follows privilege, SUM and MXR", the_window_follows_privilege_sum_and_mxr),
    KMS_TEST("frames without RAM are access faults, and devices out of reach",
             frames_without_ram_are_access_faults_and_devices_out_of_reach),
    KMS_TEST("a fence of everything keeps what the tables still say",
             a_fence_of_everything_keeps_what_the_tables_still_say),
    KMS_TEST("a page that is global no more is not kept as global",
             a_page_that_is_global_no_more_is_not_kept_as_global),
    KMS_TEST("a snapshot brings back stale pages", a_snapshot_brings_back_stale_pages),
};
KMS_TESTS(window_riscv, tests)
