/* tool.h - runs the program under test and keeps what it says. */
#ifndef TOOL_H
#define TOOL_H

#include <stddef.h>

struct tool_run {
    int status; /* of the exit; 128 + n after signal n */
    char *out, *err;
};

/* The test's own folder; file names below are in it. */
int tool_setup(void **state);
int tool_teardown(void **state);

/* A shell command; $TOOL is the tool and $SUBJECT the program to be recorded. */
void tool_run(struct tool_run *run, const char *command);
void tool_done(struct tool_run *run);

void tool_write(const char *name, const char *text);
char *tool_read(const char *name);

#endif
