#include "death.h"

#include "kms_test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST = 60 }; /* seconds */

#ifdef WITH_GCOV
void __gcov_dump(void);
#endif

/* A process that aborts does not write its branch counts by itself. */
static void before_abort(int number)
{
    (void)number;
#ifdef WITH_GCOV
    __gcov_dump();
#endif
}

_Noreturn static void die(void (*fatal)(void *context), void *context, int fd)
{
    alarm(LONGEST); /* it outlives no test */
    dup2(fd, STDERR_FILENO);
    signal(SIGABRT, before_abort); /* abort() ends the program when the handler returns */
    fatal(context);
    _exit(0);
}

static void read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    for (ssize_t got = 1; got > 0 && length + 1 < size; length += got > 0 ? (size_t)got : 0)
        got = read(fd, text + length, size - 1 - length);
    text[length] = '\0';
}

void expect_abort(void (*fatal)(void *context), void *context, const char *words)
{
    char said[4096];
    int fds[2], status = 0;
    assert_int_equal(pipe(fds), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        die(fatal, context, fds[1]);
    close(fds[1]);
    read_all(fds[0], said, sizeof said);
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || !strstr(said, words))
        fail_msg("status 0x%x instead of an abort with \"%s\"; said: %s", status, words, said);
}
