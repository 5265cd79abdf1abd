/* Native accesses in the window: rights, Accessed and Dirty bits, faults, staleness, register writes. */
#include "window_fixture.h"

static void read_sets_accessed(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    map_4m(bench, 0, FRAME(1) | P | RW);
    assert_int_equal(must_read(bench, AT_4M(0)), 1);
    assert_int_equal(entry_4m(bench, 0), FRAME(1) | P | RW | A);
    assert_int_equal(get(bench, DIRECTORY + 4), TABLE_4M | P | RW | US | A);
    bench_free(bench);
}

static void write_sets_dirty(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    map_4m(bench, 0, FRAME(1) | P | RW);
    map_4m(bench, 1, FRAME(2) | P | RW);
    must_read(bench, AT_4M(0));
    must_write(bench, AT_4M(0), 11); /* after a read */
    must_write(bench, AT_4M(1), 22); /* at once */
    assert_int_equal(entry_4m(bench, 0), FRAME(1) | P | RW | A | D);
    assert_int_equal(entry_4m(bench, 1), FRAME(2) | P | RW | A | D);
    assert_int_equal(get(bench, FRAME(1)), 11);
    assert_int_equal(get(bench, FRAME(2)), 22);
    bench_free(bench);
}

static void nothing_is_touched_ahead(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    for (unsigned n = 0; n < 8; n++)
        map_4m(bench, n, FRAME(n) | P | RW);
    must_read(bench, AT_4M(3));
    for (unsigned n = 0; n < 8; n++)
        assert_int_equal(entry_4m(bench, n) & (A | D), n == 3 ? A : 0);
    bench_free(bench);
}

static void missing_page_faults(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    uint32_t value = 77;
    assert_false(native_read(bench, AT_4M(5) + 8, &value));
    assert_int_equal(value, 77);
    assert_int_equal(bench->last.trouble, KMS_WINDOW_FAULT);
    assert_int_equal(bench->last.fault.vector, KMS_VECTOR_PF);
    assert_int_equal(bench->last.fault.error_code, 0);
    assert_int_equal(bench->last.fault.address, AT_4M(5) + 8);
    assert_int_equal(kms_x86_read(bench->cpu, KMS_X86_CR2), AT_4M(5) + 8);
    assert_false(native_write(bench, AT_4M(5) + 12, 1));
    assert_int_equal(bench->last.fault.error_code, KMS_PFERR_WR);
    assert_int_equal(bench->last.fault.address, AT_4M(5) + 12);
    bench_free(bench);
}

static void write_protect_rules(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    map_4m(bench, 0, FRAME(1) | P);
    must_write(bench, AT_4M(0), 5); /* CR0.WP clear: the supervisor writes anywhere */
    assert_int_equal(entry_4m(bench, 0), FRAME(1) | P | A | D);
    set_reg_bits(bench, KMS_X86_CR0, KMS_CR0_WP, true);
    assert_false(native_write(bench, AT_4M(0), 6));
    assert_int_equal(bench->last.fault.error_code, KMS_PFERR_P | KMS_PFERR_WR);
    assert_int_equal(must_read(bench, AT_4M(0)), 5);
    set_reg_bits(bench, KMS_X86_CR0, KMS_CR0_WP, false);
    must_write(bench, AT_4M(0), 7);
    assert_int_equal(get(bench, FRAME(1)), 7);
    bench_free(bench);
}

static void privilege_is_the_cpus(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    map_4m(bench, 0, FRAME(1) | P | RW);
    must_write(bench, AT_4M(0), 5);
    write_reg(bench, KMS_X86_CPL, 3);
    uint32_t value;
    assert_false(native_read(bench, AT_4M(0), &value));
    assert_int_equal(bench->last.fault.error_code, KMS_PFERR_P | KMS_PFERR_US);
    write_reg(bench, KMS_X86_CPL, 0);
    assert_int_equal(must_read(bench, AT_4M(0)), 5);
    bench_free(bench);
}

static bool map_frame_6(struct bench *bench, const struct kms_fault *fault)
{
    assert_int_equal(kms_x86_read(bench->cpu, KMS_X86_CR2), fault->address);
    map_4m(bench, 5, FRAME(6) | P | RW);
    return true;
}

static void repaired_fault_runs_again(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    bench->repair = map_frame_6;
    assert_int_equal(must_read(bench, AT_4M(5)), 6);
    must_write(bench, AT_4M(5), 66);
    assert_int_equal(get(bench, FRAME(6)), 66);
    bench_free(bench);
}

static bool map_through_the_window(struct bench *bench, const struct kms_fault *fault)
{
    (void)fault;
    volatile uint32_t *table = (void *)(kms_window_base(bench->window) + TABLE_4M);
    table[7] = FRAME(7) | P; /* faults itself: this page of the window was never touched */
    return true;
}

static void handler_may_fault_too(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    bench->repair = map_through_the_window;
    assert_int_equal(must_read(bench, AT_4M(7)), 7);
    bench_free(bench);
}

static void stale_until_invlpg(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    map_4m(bench, 0, FRAME(1) | P | RW);
    must_write(bench, AT_4M(0), 1);
    map_4m(bench, 0, FRAME(2) | P | RW);
    assert_int_equal(must_read(bench, AT_4M(0)), 1);
    must_write(bench, AT_4M(0), 100);
    assert_int_equal(get(bench, FRAME(1)), 100);
    kms_x86_invlpg(bench->cpu, AT_4M(0) + 4);
    assert_int_equal(must_read(bench, AT_4M(0)), 2);
    assert_int_equal(entry_4m(bench, 0), FRAME(2) | P | RW | A);
    map_4m(bench, 0, 0);
    assert_int_equal(must_read(bench, AT_4M(0)), 2); /* gone from the tables, still in the window */
    kms_x86_invlpg(bench->cpu, AT_4M(0));
    uint32_t value;
    assert_false(native_read(bench, AT_4M(0), &value));
    bench_free(bench);
}

static void not_present_is_not_kept(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    uint32_t value;
    assert_false(native_read(bench, AT_4M(0), &value));
    map_4m(bench, 0, FRAME(3) | P);
    assert_int_equal(must_read(bench, AT_4M(0)), 3);
    bench_free(bench);
}

static void tables_are_the_same_memory(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    uint32_t value;
    must_write(bench, TABLE_4M + 4 * 9, FRAME(4) | P | RW | US);
    assert_int_equal(kms_load32(bench->cpu, AT_4M(9), &value, NULL), KMS_DONE);
    assert_int_equal(value, 4);
    assert_int_equal(kms_store32(bench->cpu, AT_4M(9), 44, NULL), KMS_DONE);
    assert_int_equal(must_read(bench, AT_4M(9)), 44);
    assert_int_equal(must_read(bench, TABLE_4M + 4 * 9), FRAME(4) | P | RW | US | A | D);
    bench_free(bench);
}

static void paging_off_is_physical(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    map_4m(bench, 0, FRAME(1) | P | RW);
    must_read(bench, AT_4M(0));
    set_reg_bits(bench, KMS_X86_CR0, KMS_CR0_PG, false);
    assert_int_equal(must_read(bench, FRAME(5)), 5);
    must_write(bench, FRAME(5), 55);
    assert_int_equal(get(bench, FRAME(5)), 55);
    uint32_t value;
    assert_false(native_read(bench, AT_4M(0), &value)); /* no RAM there */
    assert_int_equal(bench->last.trouble, KMS_WINDOW_UNBACKED);
    assert_int_equal(bench->last.phys, AT_4M(0));
    set_reg_bits(bench, KMS_X86_CR0, KMS_CR0_PG, true);
    assert_int_equal(must_read(bench, AT_4M(0)), 1);
    bench_free(bench);
}

static void frame_without_ram(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    uint32_t value;
    map_4m(bench, 0, 0xfec00000u | P | RW);
    assert_false(native_read(bench, AT_4M(0) + 16, &value));
    assert_int_equal(bench->last.trouble, KMS_WINDOW_UNBACKED);
    assert_int_equal(bench->last.phys, 0xfec00010u);
    assert_int_equal(entry_4m(bench, 0), 0xfec00000u | P | RW | A); /* the translation itself was good */
    bench_free(bench);
}

static void null_is_address_0(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    set(bench, 0, 0x12345678);
    assert_int_equal(must_read(bench, 0), 0x12345678);
    set(bench, TABLE_0, 0);
    kms_x86_invlpg(bench->cpu, 0);
    uint32_t value;
    assert_false(native_read(bench, 0, &value));
    assert_int_equal(bench->last.fault.address, 0);
    bench_free(bench);
}

static void cr3_shows_the_new_space(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    kms_phys frame;
    map_4m(bench, 0, FRAME(1) | P | RW);
    map_4m(bench, 1, FRAME(2) | P | RW | G);
    set_reg_bits(bench, KMS_X86_CR4, KMS_CR4_PGE, true);
    must_read(bench, AT_4M(0));
    must_read(bench, AT_4M(1));
    must_write(bench, FRAME(8), 8);
    set(bench, DIRECTORY2, TABLE_0 | P | RW | US); /* has the first 4 MiB only */
    write_reg(bench, KMS_X86_CR3, DIRECTORY2);
    uint32_t value;
    assert_false(native_read(bench, AT_4M(0), &value));
    assert_int_equal(must_read(bench, AT_4M(1)), 2); /* global: kept, though this space has no such page */
    /* DIRECTORY2's entry had no A yet, so keeping this page would have hidden an update. */
    assert_int_equal(must_read(bench, FRAME(8)), 8);
    assert_int_equal(get(bench, DIRECTORY2) & A, A);
    write_reg(bench, KMS_X86_CR3, DIRECTORY2);
    assert_true(kms_window_mapped(bench->window, FRAME(8), &frame)); /* this time nobody can tell */
    assert_int_equal(frame, FRAME(8));
    bench_free(bench);
}

static void cr3_revalidates(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    kms_phys frame;
    for (unsigned n = 0; n < 6; n++) {
        map_4m(bench, n, FRAME(n) | P | RW);
        must_write(bench, AT_4M(n), n);
    }
    map_4m(bench, 1, FRAME(9) | P | RW | A | D);      /* another frame */
    map_4m(bench, 2, FRAME(2) | P | RW | D);          /* A cleared */
    map_4m(bench, 3, FRAME(3) | P | RW | A);          /* D cleared */
    map_4m(bench, 4, FRAME(4) | RW | A | D);          /* not present */
    map_4m(bench, 5, FRAME(5) | P | RW | US | A | D); /* a right that makes no difference to CPL 0 */
    write_reg(bench, KMS_X86_CR3, DIRECTORY);
    for (unsigned n = 0; n < 6; n++)
        assert_int_equal(kms_window_mapped(bench->window, AT_4M(n), &frame), n == 0 || n == 5);
    assert_int_equal(must_read(bench, AT_4M(1)), 9);
    assert_int_equal(must_read(bench, AT_4M(2)), 2);
    assert_int_equal(entry_4m(bench, 2), FRAME(2) | P | RW | A | D);
    must_write(bench, AT_4M(3), 33);
    assert_int_equal(entry_4m(bench, 3), FRAME(3) | P | RW | A | D);
    bench_free(bench);
}

static void large_page_goes_as_a_whole(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    uint32_t value;
    set_reg_bits(bench, KMS_X86_CR4, KMS_CR4_PSE, true);
    set(bench, DIRECTORY + 8, 0 | P | RW | PS); /* 8 MiB -> 0 */
    assert_int_equal(must_read(bench, 0x800000 + FRAME(1)), 1);
    must_write(bench, 0x800000 + FRAME(2), 22);
    assert_int_equal(get(bench, DIRECTORY + 8), P | RW | PS | A | D);
    set(bench, DIRECTORY + 8, 0);
    assert_int_equal(must_read(bench, 0x800000 + FRAME(1)), 1);
    kms_x86_invlpg(bench->cpu, 0x800000);
    assert_false(native_read(bench, 0x800000 + FRAME(1), &value));
    assert_false(native_read(bench, 0x800000 + FRAME(2), &value));
    bench_free(bench);
}

static void full_window_evicts(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&(struct kms_window_options){.pages = KMS_WINDOW_PAGES_MIN});
    for (unsigned n = 0; n < 64; n++)
        map_4m(bench, n, FRAME(n) | P | RW);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned n = 0; n < 64; n++) {
            assert_int_equal(must_read(bench, AT_4M(n)), n + round);
            must_write(bench, AT_4M(n), n + round + 1);
        }
    }
    assert_true(kms_window_counts(bench->window).evicted > 64);
    bench_free(bench);
}

static void prefault_makes_ready(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    struct kms_fault fault;
    kms_phys frame;
    for (unsigned n = 0; n < 3; n++)
        map_4m(bench, n, FRAME(n) | P | RW);
    const struct kms_access writes = {AT_4M(0) + 100, KMS_WRITE, KMS_AS_CURRENT};
    assert_int_equal(kms_window_prefault(bench->window, &writes, 2 * KMS_PAGE_SIZE, &fault), KMS_DONE);
    for (unsigned n = 0; n < 3; n++) {
        assert_true(kms_window_mapped(bench->window, AT_4M(n), &frame));
        assert_int_equal(entry_4m(bench, n), FRAME(n) | P | RW | A | D);
    }
    assert_int_equal(kms_window_prefault(bench->window, &writes, 3 * KMS_PAGE_SIZE, &fault), KMS_FAULT);
    assert_int_equal(fault.address, AT_4M(3));
    assert_int_equal(fault.error_code, KMS_PFERR_WR);
    bench_free(bench);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a read sets A in every entry and maps the page", read_sets_accessed),
    KMS_TEST("a write sets D, after a read or at once", write_sets_dirty),
    KMS_TEST("neighbours of a touched page keep their A and D bits", nothing_is_touched_ahead),
    KMS_TEST("a missing page faults with CR2 and the error code of the access", missing_page_faults),
    KMS_TEST("CR0.WP decides whether the supervisor writes to read-only pages", write_protect_rules),
    KMS_TEST("the window asks with the privilege that the CPU has", privilege_is_the_cpus),
    KMS_TEST("an access whose fault is repaired runs again", repaired_fault_runs_again),
    KMS_TEST("a fault handler may fault in the window itself", handler_may_fault_too),
    KMS_TEST("without INVLPG the old frame is used, with INVLPG the new one", stale_until_invlpg),
    KMS_TEST("a page that was not present is seen as soon as it is", not_present_is_not_kept),
    KMS_TEST("tables and data are the same memory for native and for explicit accesses",
             tables_are_the_same_memory),
    KMS_TEST("with paging off the window shows physical memory", paging_off_is_physical),
    KMS_TEST("a translation to a frame without RAM says where it led", frame_without_ram),
    KMS_TEST("linear address 0 is the guest's", null_is_address_0),
    KMS_TEST("after MOV CR3 the new space is seen, and global pages stay", cr3_shows_the_new_space),
    KMS_TEST("MOV CR3 keeps exactly the pages that walking again would not change", cr3_revalidates),
    KMS_TEST("INVLPG takes all pieces of a large page away", large_page_goes_as_a_whole),
    KMS_TEST("a full window forgets pages and stays right", full_window_evicts),
    KMS_TEST("prefault maps a range for a system call, or says where it faults", prefault_makes_ready),
};
KMS_TESTS(window, tests)
