/* Making windows: options, ranges, physical views, fault-around. */
#include "window_fixture.h"

#include <string.h>
#include <unistd.h>

static enum kms_status try_options(bool shared, const struct kms_window_options *options)
{
    struct kms_machine *machine;
    struct kms_window *window;
    const struct kms_options made = {.ram_size = RAM_SIZE, .ram.shared = shared};
    assert_int_equal(kms_machine_new(&made, &machine), KMS_OK);
    enum kms_status status = kms_window_new(kms_machine_cpu(machine, 0), options, &window);
    assert_true(status == KMS_OK || !window);
    kms_window_free(window);
    kms_machine_free(machine);
    return status;
}

static void skip_without_windows(void)
{
    if (try_options(true, &(struct kms_window_options){0}) == KMS_UNSUPPORTED)
        kms_skip("the linear window needs Linux on x86-64");
}

static void options_outside_their_ranges(void **state)
{
    (void)state;
    skip_without_windows();
    assert_int_equal(try_options(true, &(struct kms_window_options){.size = 4095}), KMS_BAD_OPTION);
    assert_int_equal(try_options(true, &(struct kms_window_options){.size = UINT64_C(1) << 60}),
                     KMS_BAD_OPTION);
    assert_int_equal(try_options(true, &(struct kms_window_options){.pages = KMS_WINDOW_PAGES_MIN - 1}),
                     KMS_BAD_OPTION);
    assert_int_equal(try_options(true, &(struct kms_window_options){.pages = KMS_WINDOW_PAGES_MAX + 1}),
                     KMS_BAD_OPTION);
    assert_int_equal(try_options(true, &(struct kms_window_options){.around = 3}), KMS_BAD_OPTION);
    assert_int_equal(try_options(true, &(struct kms_window_options){.around = 128}), KMS_BAD_OPTION);
    assert_int_equal(try_options(true, &(struct kms_window_options){.base = (void *)(uintptr_t)17}),
                     KMS_BAD_OPTION);
}

static void private_ram(void **state)
{
    (void)state;
    assert_int_equal(try_options(false, &(struct kms_window_options){0}), KMS_UNSUPPORTED);
}

static void place_that_is_taken(void **state)
{
    (void)state;
    skip_without_windows();
    static uint8_t mine[4 * KMS_PAGE_SIZE];
    const uintptr_t page = ((uintptr_t)mine + KMS_PAGE_SIZE) & ~(uintptr_t)(KMS_PAGE_SIZE - 1u);
    memset(mine, 7, sizeof mine);
    const struct kms_window_options options = {.base = (void *)page, .size = KMS_PAGE_SIZE};
    assert_int_equal(try_options(true, &options), KMS_BAD_RANGE);
    assert_int_equal(mine[2 * KMS_PAGE_SIZE], 7);
}

static void place_that_is_asked_for(void **state)
{
    (void)state;
    struct bench *bench =
        bench_new(NULL); /* finds a free place of 4 GiB; the next machine's memory goes to its top */
    void *const base = kms_window_base(bench->window);
    bench_free(bench);
    bench = bench_new(&(struct kms_window_options){.base = base, .size = RAM_SIZE});
    assert_ptr_equal(kms_window_base(bench->window), base);
    assert_int_equal(must_read(bench, FRAME(3)), 3);
    bench_free(bench);
}

static void physical_view(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&(struct kms_window_options){.physical = true, .size = RAM_SIZE});
    set(bench, TABLE_0 + 4 * (FRAME(5) >> KMS_PAGE_SHIFT), 0); /* not mapped, but who asks */
    write_reg(bench, KMS_X86_CR3, DIRECTORY);
    assert_int_equal(must_read(bench, FRAME(5)), 5);
    must_write(bench, FRAME(5), 55);
    assert_int_equal(get(bench, FRAME(5)), 55);
    assert_int_equal(get(bench, TABLE_0 + 4 * (FRAME(6) >> KMS_PAGE_SHIFT)) & A, 0);
    bench_free(bench);
}

static void without_paging_all_ram_is_in_the_window(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    kms_phys frame = 0;
    write_reg(bench, KMS_X86_CR0, KMS_CR0_PE);
    assert_true(kms_window_mapped(bench->window, FRAME(5) + 3, &frame));
    assert_int_equal(frame, FRAME(5));
    assert_false(kms_window_mapped(bench->window, RAM_SIZE, &frame));
    bench_free(bench);
}

static void neighbours_come_along(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&(struct kms_window_options){.around = 8});
    kms_phys frame;
    for (unsigned n = 0; n < 16; n++)
        map_4m(bench, n, FRAME(n) | P | RW | A);
    map_4m(bench, 6, FRAME(6) | P | RW);     /* never used: mapping it would hide that */
    map_4m(bench, 1, FRAME(9) | P | RW | A); /* elsewhere in memory */
    must_read(bench, AT_4M(4));
    for (unsigned n = 0; n < 16; n++)
        assert_int_equal(kms_window_mapped(bench->window, AT_4M(n), &frame), n >= 2 && n <= 5);
    assert_int_equal(entry_4m(bench, 6) & A, 0);
    assert_int_equal(kms_window_counts(bench->window).around, 3);
    must_write(bench, AT_4M(3), 33);
    assert_int_equal(entry_4m(bench, 3), FRAME(3) | P | RW | A | D);
    bench_free(bench);
}

static void neighbours_without_memory_stay_away(void **state)
{
    (void)state;
    struct bench *bench = bench_new(&(struct kms_window_options){.around = 8});
    kms_phys frame;
    map_4m(bench, 2, (RAM_SIZE - KMS_PAGE_SIZE) | P | RW | A); /* the last frame, and the one behind it */
    map_4m(bench, 3, RAM_SIZE | P | RW | A);
    must_read(bench, AT_4M(2));
    assert_true(kms_window_mapped(bench->window, AT_4M(2), &frame));
    assert_false(kms_window_mapped(bench->window, AT_4M(3), &frame));
    bench_free(bench);
}

/* A directory whose table is where nothing answers. */
static void a_table_in_no_memory_is_reported(void **state)
{
    (void)state;
    struct kms_machine *machine;
    struct kms_window *window;
    const struct kms_options made = {.ram_size = RAM_SIZE,
                                     .ram = {.shared = true, .unbacked = KMS_REPORT, .fill = KMS_FILL_ZERO}};
    const struct kms_access read = {0x1000, KMS_READ, KMS_AS_CURRENT};
    skip_without_windows();
    assert_int_equal(kms_machine_new(&made, &machine), KMS_OK);
    struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
    assert_int_equal(kms_window_new(cpu, &(struct kms_window_options){0}, &window), KMS_OK);
    assert_int_equal(kms_phys_store(kms_machine_ram(machine), DIRECTORY, 4, 0x10000000 | P), KMS_DONE);
    assert_int_equal(kms_x86_write(cpu, KMS_X86_CR3, DIRECTORY, NULL), KMS_DONE);
    assert_int_equal(kms_x86_write(cpu, KMS_X86_CR0, KMS_CR0_PE | KMS_CR0_PG, NULL), KMS_DONE);
    assert_int_equal(kms_window_prefault(window, &read, 1, NULL), KMS_UNBACKED);
    kms_window_free(window);
    kms_machine_free(machine);
}

static void a_page_that_is_there_is_prefaulted_again(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    struct kms_access access = {FRAME(4), KMS_READ, KMS_AS_CURRENT};
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(kms_window_prefault(bench->window, &access, 4, NULL), KMS_DONE);
    access.kind = KMS_WRITE;
    assert_int_equal(kms_window_prefault(bench->window, &access, 4, NULL), KMS_DONE);
    must_write(bench, FRAME(4), 44);
    assert_int_equal(get(bench, FRAME(4)), 44);
    bench_free(bench);
}

static void system_calls_need_prefault(void **state)
{
    (void)state;
    struct bench *bench = bench_new(NULL);
    int ends[2];
    char *const text = (char *)kms_window_base(bench->window) + AT_4M(0);
    map_4m(bench, 0, FRAME(1) | P | RW);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    assert_int_equal(read(ends[0], text, 5), -1); /* EFAULT: system calls do not fault */
    const struct kms_access access = {AT_4M(0), KMS_WRITE, KMS_AS_CURRENT};
    assert_int_equal(kms_window_prefault(bench->window, &access, 5, NULL), KMS_DONE);
    const struct kms_access elsewhere = {0x800000, KMS_READ, KMS_AS_CURRENT};
    assert_int_equal(kms_window_prefault(bench->window, &elsewhere, 1, NULL), KMS_FAULT);
    assert_int_equal(read(ends[0], text, 5), 5);
    assert_memory_equal(kms_ram_ptr(bench->ram, FRAME(1), 5), "hello", 5);
    close(ends[0]);
    close(ends[1]);
    bench_free(bench);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("options outside of their ranges are refused", options_outside_their_ranges),
    KMS_TEST("RAM that is not shared has no window", private_ram),
    KMS_TEST("a window is not laid over what is there", place_that_is_taken),
    KMS_TEST("a window stands where it is asked to", place_that_is_asked_for),
    KMS_TEST("a physical view ignores the tables", physical_view),
    KMS_TEST("without paging all RAM is in the window, and nothing else",
             without_paging_all_ram_is_in_the_window),
    KMS_TEST("fault-around takes neighbours that show no difference, and no others", neighbours_come_along),
    KMS_TEST("fault-around takes no neighbour without memory", neighbours_without_memory_stay_away),
    KMS_TEST("a page table where nothing answers is reported", a_table_in_no_memory_is_reported),
    KMS_TEST("a page that is there can be prefaulted again", a_page_that_is_there_is_prefaulted_again),
    KMS_TEST("a system call works on pages that were prefaulted", system_calls_need_prefault),
};
KMS_TESTS(window_option, tests)
