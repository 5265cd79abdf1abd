/* run_tool.h - the tool run as its users run it: a command line, two streams, an exit status. */
#ifndef TESTS_TOOL_RUN_TOOL_H
#define TESTS_TOOL_RUN_TOOL_H

#include <stddef.h>
#include <stdint.h>

struct tool_run {
    char *out, *err; /* whole, ended by zero */
    int status;
};

/* Arguments as a shell reads them, put together as by printf. Freed by tool_free(). */
__attribute__((format(printf, 1, 2))) struct tool_run tool_run(const char *format, ...);
/* The same with any status, also that of a shell whose program was killed: 128 and the signal's number. */
struct tool_run tool_run_any(const char *arguments);
void tool_free(struct tool_run *run);
/* Runs, compares both streams (err NULL: whatever it says) and the status, and frees. */
void tool_expect(const char *arguments, const char *out, const char *err, int status);

/* Arguments, a part of what is printed (on either stream), and the exit status. */
struct tool_row {
    const char *arguments, *part;
    int status;
};
void tool_expect_rows(const struct tool_row *rows, size_t count);
#define TOOL_EXPECT_ROWS(rows) tool_expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

/* A folder for this process's files, gone at its end. */
const char *tool_folder(void);
/* A file there with these bytes; the returned name lasts until the next call. */
const char *tool_file(const char *name, const void *bytes, size_t size);
/* The content of any file, ended by zero; fails the test if it cannot be read. */
char *tool_read(const char *path, size_t *size);

/* A small image under construction. */
void tool_put(uint8_t *image, uint64_t at, unsigned width, uint64_t value);

#endif
