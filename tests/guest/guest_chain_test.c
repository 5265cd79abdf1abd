/* Faults and stops that are not the guest's end the program as if there were no window: seen in programs of their
 * own (guest_crash.c). */
#include "guest_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN true
#endif
#endif
#ifndef WITH_ASAN
#define WITH_ASAN false
#endif

enum { EXIT_NO_WINDOW = 77, EXIT_OWN_HANDLER = 42, EXIT_SIGNAL = 128 }; /* of the shell: 128 + signal */

struct death {
    int status; /* exit status, as a shell has it */
    char words[8192];
};

static void run_story(const char *story, struct death *death)
{
    char command[1024];
    snprintf(command, sizeof command, "'%s' %s 2>&1", GUEST_CRASH, story);
    FILE *program = popen(command, "r");
    assert_non_null(program);
    const size_t length = fread(death->words, 1, sizeof death->words - 1, program);
    death->words[length] = '\0';
    const int status = pclose(program);
    death->status = WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
    if (death->status == EXIT_NO_WINDOW)
        kms_skip("the linear window needs Linux on x86-64");
}

static void expect_words(const struct death *death, const char *words)
{
    if (!strstr(death->words, words))
        fail_msg("\"%s\" is not in:\n%s", words, death->words);
}

static void expect_segv(const char *story)
{
    struct death death;
    run_story(story, &death);
    if (WITH_ASAN)
        expect_words(&death, "AddressSanitizer: SEGV on unknown address");
    else
        assert_int_equal(death.status, EXIT_SIGNAL + SIGSEGV);
}

static void wild_pointers_stay_crashes(void **state)
{
    (void)state;
    expect_segv("wild-pointer");
}

static void window_pointers_outside_of_calls(void **state)
{
    (void)state;
    expect_segv("window-pointer-outside");
}

static void earlier_handler_is_called(void **state)
{
    (void)state;
    struct death death;
    run_story("own-handler", &death);
    assert_int_equal(death.status, EXIT_OWN_HANDLER);
}

static void closed_memory_is_reported(void **state)
{
    (void)state;
    struct death death;
    run_story("closed-block", &death);
    if (!WITH_ASAN) {
        assert_int_equal(death.status, 0); /* nobody knows */
        return;
    }
    expect_words(&death, "AddressSanitizer: use-after-poison");
    expect_words(&death, "guest_crash.c:");
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a wild pointer of the kernel is reported as in any program", wild_pointers_stay_crashes),
    KMS_TEST("a window's pointer used outside of calls is the program's own crash",
             window_pointers_outside_of_calls),
    KMS_TEST("a handler of SIGSEGV that was there before the window is called", earlier_handler_is_called),
    KMS_TEST("AddressSanitizer reports closed kernel memory inside the window, with file and line",
             closed_memory_is_reported),
};
KMS_TESTS(guest_chain, tests)
