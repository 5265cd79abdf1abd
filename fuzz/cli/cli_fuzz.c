/*
 * The whole command line: the input is a list of arguments, each ended by a newline, then an empty line, then a
 * file, which stands wherever the argument FILE does. The exit status must be one of the three documented ones, and
 * bad usage must be said in words.
 */
#define _GNU_SOURCE /* memfd_create */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARGUMENTS_MAX 16
#define ARGUMENT_MAX  128
#define STEPS         "2000" /* of listings, so that hostile tables do not take seconds */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct command_line {
    char text[ARGUMENTS_MAX][ARGUMENT_MAX];
    char *arguments[ARGUMENTS_MAX + 4];
    int count;
};

/* "FILE" in an argument becomes the path of the open file. */
static void put_argument(struct command_line *line, const char *argument, int fd)
{
    char *to = line->text[line->count];
    const char *file = strstr(argument, "FILE");
    if (file)
        snprintf(to, ARGUMENT_MAX, "%.*s/proc/self/fd/%d%.60s",
                 (int)(file - argument < 30 ? file - argument : 30), argument, fd, file + 4);
    else
        snprintf(to, ARGUMENT_MAX, "%s", argument);
    line->arguments[line->count++] = to;
}

/* Returns where the file begins. */
static size_t read_arguments(struct command_line *line, const uint8_t *data, size_t size, int fd)
{
    size_t at = 0;
    while (at < size && line->count < ARGUMENTS_MAX) {
        char argument[ARGUMENT_MAX / 2] = "";
        size_t length = 0;
        for (; at < size && data[at] != '\n'; at++) {
            if (length < sizeof argument - 1 && data[at])
                argument[length++] = (char)data[at];
        }
        at++;
        if (length == 0)
            break;
        put_argument(line, argument, fd);
    }
    return at < size ? at : size;
}

static bool is_listing(const char *command)
{
    return strcmp(command, "tlb") == 0 || strcmp(command, "mem") == 0 || strcmp(command, "map") == 0 ||
           strcmp(command, "audit") == 0;
}

static void run(struct command_line *line)
{
    char *out_text = NULL, *err_text = NULL;
    size_t out_size, err_size;
    FILE *out = open_memstream(&out_text, &out_size), *err = open_memstream(&err_text, &err_size);
    static char limit[] = "--limit=" STEPS;
    if (line->count > 1 && is_listing(line->arguments[1]))
        line->arguments[line->count++] = limit;
    line->arguments[line->count] = NULL;
    enum cli_exit status = cli_run(line->count, line->arguments, out, err);
    fclose(out);
    fclose(err);
    if (status > CLI_USAGE || (status == CLI_USAGE && err_size == 0))
        abort();
    free(out_text);
    free(err_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char name[] = "kmemsim";
    struct command_line line = {.count = 0};
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0 || size > 1u << 20)
        goto done;
    line.arguments[line.count++] = name;
    size_t at = read_arguments(&line, data, size, fd);
    /* Standard input belongs to the fuzzer. */
    for (int i = 1; i < line.count; i++) {
        if (strcmp(line.arguments[i], "-") == 0)
            goto done;
    }
    if (write(fd, data + at, size - at) == (ssize_t)(size - at))
        run(&line);
done:
    if (fd >= 0)
        close(fd);
    return 0;
}
