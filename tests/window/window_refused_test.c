/* The host refuses what the window asks of it: an answer where there is one to give, words and the end elsewhere. */
#define _GNU_SOURCE
#include "window_fixture.h"

#include "death.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
int __real_mprotect(void *address, size_t size, int protection);
int __real_sigaltstack(const stack_t *now, stack_t *old);
int __real_sigaction(int number, const struct sigaction *now, struct sigaction *old);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_mprotect(void *address, size_t size, int protection);
int __wrap_sigaltstack(const stack_t *now, stack_t *old);
int __wrap_sigaction(int number, const struct sigaction *now, struct sigaction *old);

/* What is refused, and how many calls of that kind are let through before. */
static enum refused { NOTHING, PAGES, RELEASE, RIGHTS, STACK, SIGNAL, PLACE } refused;
static unsigned passes, times;

static bool refuses(enum refused what)
{
    if (refused != what || times == 0)
        return false;
    if (passes > 0) {
        passes--;
        return false;
    }
    times--;
    errno = ENOMEM;
    return true;
}

static void refuse(enum refused what, unsigned after, unsigned count)
{
    refused = what;
    passes = after;
    times = count;
}

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    const bool fixed = (flags & MAP_FIXED) != 0;
    if ((fixed && refuses(fd >= 0 ? PAGES : RELEASE)) || (!fixed && address && refuses(PLACE)))
        return MAP_FAILED;
    return __real_mmap(address, size, protection, flags, fd, offset);
}

int __wrap_mprotect(void *address, size_t size, int protection)
{
    return refuses(RIGHTS) ? -1 : __real_mprotect(address, size, protection);
}

int __wrap_sigaltstack(const stack_t *now, stack_t *old)
{
    return refuses(STACK) ? -1 : __real_sigaltstack(now, old);
}

int __wrap_sigaction(int number, const struct sigaction *now, struct sigaction *old)
{
    return number == SIGSEGV && refuses(SIGNAL) ? -1 : __real_sigaction(number, now, old);
}

static int stop_refusing(void **state)
{
    (void)state;
    refused = NOTHING;
    return 0;
}

/* ---- answers ---- */

static enum kms_status try_window(const struct kms_window_options *options)
{
    struct kms_window *window;
    struct kms_machine *machine;
    assert_int_equal(
        kms_machine_new(&(struct kms_options){.ram_size = RAM_SIZE, .ram = {.shared = true}}, &machine),
        KMS_OK);
    const enum kms_status status = kms_window_new(kms_machine_cpu(machine, 0), options, &window);
    assert_true((status == KMS_OK) == (window != NULL));
    kms_window_free(window);
    kms_machine_free(machine);
    return status;
}

static void needs_signal(void **state)
{
    (void)state;
    const struct kms_window_options plain = {0};
    for (unsigned after = 0; after < 2; after++) {
        refuse(SIGNAL, after, 1);
        assert_int_equal(try_window(&plain), KMS_UNSUPPORTED);
    }
    refuse(NOTHING, 0, 0);
    assert_int_equal(try_window(&plain), KMS_OK);
}

static void *in_a_thread(void *status)
{
    refuse(STACK, 0, 1);
    *(enum kms_status *)status = try_window(&(struct kms_window_options){0});
    return NULL;
}

/* Each thread needs a stack of its own for the handler, so a new thread asks for one. */
static void needs_stack(void **state)
{
    pthread_t thread;
    enum kms_status status = KMS_OK;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, in_a_thread, &status), 0);
    pthread_join(thread, NULL);
    assert_int_equal(status, KMS_NO_MEMORY);
}

static void needs_place(void **state)
{
    (void)state;
    refuse(PLACE, 0, 1);
    const struct kms_window_options wish = {.base = (void *)(UINT64_C(0x1234) << 32),
                                            .size = 16 * KMS_PAGE_SIZE};
    assert_int_equal(try_window(&wish), KMS_NO_MEMORY);
}

static void pages_make_room_for_each_other(void **state)
{
    struct bench *bench = bench_new(NULL);
    (void)state;
    for (unsigned n = 0; n < 8; n++)
        assert_int_equal(must_read(bench, FRAME(n)), n);
    refuse(PAGES, 0, 1); /* as when a process has all the mappings that it may have */
    assert_int_equal(must_read(bench, FRAME(9)), 9);
    assert_int_equal(kms_window_counts(bench->window).evicted, 4);
    for (unsigned n = 0; n < 8; n++)
        assert_int_equal(must_read(bench, FRAME(n)), n);
    bench_free(bench);
}

/* ---- the end, with words ---- */

static void read_another_page(void *context)
{
    must_read(context, FRAME(2));
}

static void write_page(void *context)
{
    must_write(context, FRAME(1), 1);
}

static void flush(void *context)
{
    struct bench *bench = context;
    set(bench, TABLE_0 + FRAME(1) / KMS_PAGE_SIZE * 4, 0); /* or the page would stay */
    kms_flush(bench->cpu);
}

static void drop_one(void *context)
{
    struct bench *bench = context;
    kms_invalidate(bench->cpu, FRAME(1));
}

static void turn_paging_off(void *context)
{
    write_reg(context, KMS_X86_CR0, KMS_CR0_PE);
}

static void dies(enum refused what, void (*fatal)(void *context), const char *words)
{
    struct bench *bench = bench_new(NULL);
    must_read(bench, FRAME(1));
    refuse(what, 0, 2);
    expect_abort(fatal, bench, words);
    refuse(NOTHING, 0, 0);
    bench_free(bench);
}

static void a_page_that_cannot_be_mapped_ends_the_program(void **state)
{
    (void)state;
    dies(PAGES, read_another_page, "a page cannot be mapped");
}

static void rights_that_cannot_change_end_the_program(void **state)
{
    (void)state;
    dies(RIGHTS, write_page, "a page's rights cannot be changed");
}

static void a_page_that_cannot_go_ends_the_program(void **state)
{
    (void)state;
    dies(RELEASE, drop_one, "a page cannot be unmapped");
}

static void a_window_that_cannot_be_emptied_ends_the_program(void **state)
{
    (void)state;
    dies(RELEASE, flush, "pages cannot be unmapped");
    dies(RELEASE, turn_paging_off, "the window cannot be emptied");
}

static void ram_that_cannot_be_shown_ends_the_program(void **state)
{
    (void)state;
    dies(PAGES, turn_paging_off, "RAM cannot be mapped");
}

#define REFUSED_TEST(sentence, function) KMS_TEST_WITH(sentence, function, NULL, stop_refusing)

static const struct CMUnitTest tests[] = {
    REFUSED_TEST("no window without its signal", needs_signal),
    REFUSED_TEST("no window without a stack for its signal", needs_stack),
    REFUSED_TEST("no window without the place that it was to have", needs_place),
    REFUSED_TEST("pages give way when the host has no mappings left", pages_make_room_for_each_other),
    REFUSED_TEST("a page that cannot be mapped at all ends the program with words",
                 a_page_that_cannot_be_mapped_ends_the_program),
    REFUSED_TEST("rights that cannot be changed end the program with words",
                 rights_that_cannot_change_end_the_program),
    REFUSED_TEST("a page that cannot be unmapped ends the program with words",
                 a_page_that_cannot_go_ends_the_program),
    REFUSED_TEST("a window that cannot be emptied ends the program with words",
                 a_window_that_cannot_be_emptied_ends_the_program),
    REFUSED_TEST("RAM that cannot be shown ends the program with words",
                 ram_that_cannot_be_shown_ends_the_program),
};
KMS_TESTS(window_refused, tests)
