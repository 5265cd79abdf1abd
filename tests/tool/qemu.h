/* qemu.h - a QEMU under test: started, asked through its monitor, gone with the test. */
#ifndef TESTS_TOOL_QEMU_H
#define TESTS_TOOL_QEMU_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct qemu {
    pid_t pid;
    FILE *to, *from;
};

/* Skips the running test, loudly; with KMEMSIM_REQUIRE_EMULATORS or KMEMSIM_NO_SKIP in the environment, fails it. */
void qemu_missing(const char *what);

/* QEMU with these arguments (ended by NULL), no display, and its monitor on pipes. */
struct qemu qemu_start(const char *const *arguments);
/* Wait until a file holds a text; fails the test after so many seconds. */
void qemu_wait(struct qemu *qemu, const char *path, const char *text, unsigned seconds);
/* What the human monitor answers, with \n at the ends of lines; the caller frees it. */
char *qemu_monitor(struct qemu *qemu, const char *command);
void qemu_pause(struct qemu *qemu);
void qemu_stop(struct qemu *qemu);

#endif
