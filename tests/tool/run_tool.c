#include "run_tool.h"

#include "kms_test.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s could not be removed\n", folder);
}

const char *tool_folder(void)
{
    if (!folder[0]) {
        strcpy(folder, "/tmp/kmemsim-tool-XXXXXX");
        assert_non_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    return folder;
}

static const char *path_in(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", tool_folder(), name);
    return path;
}

const char *tool_file(const char *name, const void *bytes, size_t size)
{
    const char *path = path_in(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    return path;
}

char *tool_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be read", path);
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)length, file), length);
    bytes[length] = '\0';
    fclose(file);
    if (size)
        *size = (size_t)length;
    return bytes;
}

struct tool_run tool_run_any(const char *arguments)
{
    char command[4096];
    struct tool_run run;
    snprintf(command, sizeof command, "cd '%s' && '%s' %s >out 2>err", tool_folder(), KMEMSIM_TOOL,
             arguments);
    int status = system(command);
    if (!WIFEXITED(status))
        fail_msg("kmemsim %s: status %d", arguments, status);
    run.status = WEXITSTATUS(status);
    run.out = tool_read(path_in("out"), NULL);
    run.err = tool_read(path_in("err"), NULL);
    return run;
}

struct tool_run tool_run(const char *format, ...)
{
    char arguments[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(arguments, sizeof arguments, format, list);
    va_end(list);
    struct tool_run run = tool_run_any(arguments);
    if (run.status > 2)
        fail_msg("kmemsim %s: status %d: %s", arguments, run.status, run.err);
    return run;
}

void tool_free(struct tool_run *run)
{
    free(run->out);
    free(run->err);
}

void tool_expect(const char *arguments, const char *out, const char *err, int status)
{
    struct tool_run run = tool_run("%s", arguments);
    assert_string_equal(run.out, out);
    if (err)
        assert_string_equal(run.err, err);
    assert_int_equal(run.status, status);
    tool_free(&run);
}

void tool_expect_rows(const struct tool_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct tool_run run = tool_run("%s", rows[i].arguments);
        if (!strstr(run.out, rows[i].part) && !strstr(run.err, rows[i].part))
            fail_msg("%s: \"%s\" is not in:\n%s%s", rows[i].arguments, rows[i].part, run.out, run.err);
        if (run.status != rows[i].status)
            fail_msg("%s: status %d", rows[i].arguments, run.status);
        tool_free(&run);
    }
}

void tool_put(uint8_t *image, uint64_t at, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++)
        image[at + i] = (uint8_t)(value >> 8 * i);
}
