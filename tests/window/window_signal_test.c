/* Faults that are not the window's go to the handler that was there before it. */
#include "window_fixture.h"

#include <signal.h>
#include <sys/mman.h>
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(start, size) ((void)0)
#endif

static sigjmp_buf back;
static volatile sig_atomic_t with_info, without_info;

static void on_info(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    with_info++;
    siglongjmp(back, 1);
}

static void on_signal(int number)
{
    (void)number;
    without_info++;
    siglongjmp(back, 1);
}

/* An access to a page of the program's own that it closed. */
static void fault_elsewhere(void)
{
    void *page = mmap(NULL, KMS_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    (void)VALGRIND_MAKE_MEM_DEFINED(page,
                                    KMS_PAGE_SIZE); /* memcheck is not to report what is meant to fault */
    if (sigsetjmp(back, 1) == 0) {
        *(volatile char *)page = 1;
        fail_msg("a closed page was written");
    }
    assert_int_equal(munmap(page, KMS_PAGE_SIZE), 0);
}

/* The window takes the signal when it is made, and keeps what it finds. */
static void expect_handler(const struct sigaction *handler, volatile sig_atomic_t *count)
{
    assert_int_equal(sigaction(SIGSEGV, handler, NULL), 0);
    struct bench *bench = bench_new(NULL);
    map_4m(bench, 0, FRAME(0) | P | RW);
    *count = 0;
    fault_elsewhere();
    assert_int_equal(*count, 1);
    must_write(bench, AT_4M(0), 5); /* the window's own are still the window's */
    assert_int_equal(get(bench, FRAME(0)), 5);
    assert_int_equal(*count, 1);
    bench_free(bench);
    signal(SIGSEGV, SIG_DFL);
    bench_free(bench_new(NULL)); /* which keeps the default: a crash of a later test ends the program */
}

static void earlier_handler_with_info(void **state)
{
    const struct sigaction handler = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};
    (void)state;
    expect_handler(&handler, &with_info);
}

static void earlier_handler_without_info(void **state)
{
    const struct sigaction handler = {.sa_handler = on_signal};
    (void)state;
    expect_handler(&handler, &without_info);
}

static void many_windows(void **state)
{
    struct bench *bench[8];
    uint32_t value;
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        bench[i] = bench_new(&(struct kms_window_options){.size = 8u << 20});
        map_4m(bench[i], 0, FRAME(i) | P);
    }
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(must_read(bench[i], AT_4M(0)), i);
        assert_false(native_write(bench[i], AT_4M(0) + KMS_PAGE_SIZE, 1));
        assert_int_equal(bench[i]->last.fault.address, AT_4M(1));
    }
    bench_free(bench[3]);
    assert_true(native_read(bench[4], AT_4M(0), &value));
    for (unsigned i = 0; i < 8; i++)
        if (i != 3)
            bench_free(bench[i]);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a fault elsewhere reaches the handler that was there before", earlier_handler_with_info),
    KMS_TEST("a fault elsewhere reaches an earlier handler of the old form", earlier_handler_without_info),
    KMS_TEST("windows side by side each serve their own faults", many_windows),
};
KMS_TESTS(window_signal, tests)
