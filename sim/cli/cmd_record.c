#include "operations.h"

#include "record_output.h"
#include "trace/record/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef KMEMSIM_RECORD_DIR
#error "the build says where the installed library is, from the tool's own folder"
#endif

static const char usage[] =
    "usage: kmemsim record [--limit N] -o FILE -- PROGRAM [ARGUMENT]...\n"
    "Run PROGRAM and write what it and its children allocate and free to FILE, for kmemsim run\n"
    "(docs/operations.md). A name that ends in .zst is compressed.\n"
    "\n"
    "  -o FILE      where to\n"
    "  --limit N    keep at most the first N events (16777216); each takes 32 bytes on disk meanwhile\n"
    "\n"
    "The exit status is that of PROGRAM; 2 on usage, or where nothing could be recorded.\n";

enum { DEFAULT_LIMIT = 1 << 24, MOST_EVENTS = 1 << 30, NOT_RUN = 127 };

struct recording {
    const char *output;
    uint64_t limit;
    char **program;
    char library[PATH_MAX];
    char raw_path[PATH_MAX];
    struct raw_file *raw;
    size_t raw_size;
};

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
    va_list arguments;
    fputs("kmemsim record: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* ---- the library and the file that it writes ---- */

/* Beside the tool, as built, or in the library folder, as installed. */
static bool find_library(struct recording *recording)
{
    static const char *const places[] = {"", KMEMSIM_RECORD_DIR "/"};
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    own[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash)
        slash[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int needed = snprintf(recording->library, sizeof recording->library, "%s%slibkmemsim-record.so", own,
                              places[i]);
        if (needed < (int)sizeof recording->library && access(recording->library, R_OK) == 0)
            return true;
    }
    complain("libkmemsim-record.so was not found beside the tool nor in " KMEMSIM_RECORD_DIR);
    return false;
}

/* The recorded program may change its folder, so the path is made absolute. */
static bool name_raw_file(struct recording *recording)
{
    const char *folder = recording->output[0] == '/' ? NULL : getcwd(NULL, 0);
    int needed = snprintf(recording->raw_path, sizeof recording->raw_path, "%s%s%s.raw.XXXXXX",
                          folder ? folder : "", folder ? "/" : "", recording->output);
    free((void *)folder);
    return needed < (int)sizeof recording->raw_path;
}

static bool make_raw_file(struct recording *recording)
{
    recording->raw_size = sizeof(struct raw_file) + (size_t)recording->limit * sizeof(struct raw_event);
    int fd = name_raw_file(recording) ? mkstemp(recording->raw_path) : -1;
    if (fd < 0 || ftruncate(fd, (off_t)recording->raw_size) != 0) {
        complain("%s: %s", recording->raw_path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    recording->raw = mmap(NULL, recording->raw_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (recording->raw == MAP_FAILED) {
        complain("%s: %s", recording->raw_path, strerror(errno));
        return false;
    }
    recording->raw->magic = RAW_MAGIC;
    recording->raw->capacity = recording->limit;
    return true;
}

/* ---- the program ---- */

/* Another library that is preloaded already stays. */
static void set_environment(const struct recording *recording)
{
    const char *before = getenv("LD_PRELOAD");
    char preload[2 * PATH_MAX];
    snprintf(preload, sizeof preload, "%s%s%s", recording->library, before ? ":" : "", before ? before : "");
    setenv("LD_PRELOAD", preload, 1);
    setenv(RAW_ENVIRONMENT, recording->raw_path, 1);
}

static int exit_status(int status)
{
    if (WIFSIGNALED(status)) {
        complain("the program was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
        return 128 + WTERMSIG(status);
    }
    return WEXITSTATUS(status);
}

/* Ctrl-C is for the program; what it did until then is kept. */
static int run_program(const struct recording *recording)
{
    int status = 0;
    signal(SIGINT, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGINT, SIG_DFL);
        set_environment(recording);
        execvp(recording->program[0], recording->program);
        complain("%s: %s", recording->program[0], strerror(errno));
        _exit(NOT_RUN);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    signal(SIGINT, SIG_DFL);
    if (child > 0)
        return exit_status(status);
    complain("no process: %s", strerror(errno));
    return OPERATIONS_USAGE;
}

/* ---- the operations ---- */

static bool put_line(void *context, const char *line, size_t length)
{
    return record_output_put(context, line, length);
}

/* A command line in a comment must stay one line. */
static void put_head(struct record_output *output, char *const *program)
{
    static const char head[] = KMS_TRACE_HEADER "# recorded by kmemsim record --";
    size_t room = KMS_TRACE_LINE_MAX / 2;
    record_output_put(output, head, sizeof head - 1);
    for (; *program && room > strlen(*program); program++) {
        room -= strlen(*program);
        record_output_put(output, " ", 1);
        for (const char *at = *program; *at; at++)
            record_output_put(output, *at >= ' ' && *at <= '~' ? at : "?", 1);
    }
    record_output_put(output, "\n", 1);
}

static void say_counts(const struct recording *recording, const struct convert_counts *counts)
{
    complain("%s: %" PRIu64 " operations of %" PRIu64 " process%s, at most %" PRIu64 " blocks at a time",
             recording->output, counts->operations, counts->processes, counts->processes == 1 ? "" : "es",
             counts->most_held);
    if (counts->strangers)
        complain("%" PRIu64 " frees of blocks that were inherited by a fork, or not made here, are left out",
                 counts->strangers);
    if (counts->lost)
        complain("%" PRIu64 " later events had no room: see --limit", counts->lost);
}

static bool write_operations(const struct recording *recording)
{
    struct record_output output;
    struct convert_counts counts;
    if (recording->raw->next == 0) {
        complain("%s made no allocation that could be seen (a static program, or one that drops LD_PRELOAD)",
                 recording->program[0]);
        return false;
    }
    if (!record_output_open(&output, recording->output)) {
        complain("%s: %s", recording->output, strerror(errno));
        return false;
    }
    put_head(&output, recording->program);
    bool converted = convert_recording(recording->raw, put_line, &output, &counts);
    bool closed = record_output_close(&output);
    if (converted && closed) {
        say_counts(recording, &counts);
        return true;
    }
    complain("%s could not be written", recording->output);
    record_output_discard(recording->output);
    return false;
}

static int record(struct recording *recording)
{
    int status = OPERATIONS_USAGE;
    if (!find_library(recording))
        return status;
    bool made = make_raw_file(recording);
    if (made) {
        status = run_program(recording);
        if (status != NOT_RUN && !write_operations(recording))
            status = OPERATIONS_USAGE;
        munmap(recording->raw, recording->raw_size);
    }
    unlink(recording->raw_path);
    return status;
}

/* ---- options ---- */

static bool parse_limit(const char *text, uint64_t *limit)
{
    const bool good = operations_count(text, MOST_EVENTS, limit);
    if (!good)
        complain("--limit is a number from 1 to %d, not \"%s\"", MOST_EVENTS, text);
    return good;
}

static bool parse(int argc, char **argv, struct recording *recording, bool *asked)
{
    static const struct option known[] = {
        {"limit", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "+o:", known, NULL)) != -1;) {
        switch (option) {
        case 'o': recording->output = optarg; break;
        case 'l':
            if (!parse_limit(optarg, &recording->limit))
                return false;
            break;
        case 'h': *asked = true; return false;
        default: return false;
        }
    }
    recording->program = argv + optind;
    return recording->output && optind < argc;
}

int cmd_record(int argc, char **argv)
{
    struct recording recording = {.limit = DEFAULT_LIMIT};
    bool asked = false;
    if (parse(argc, argv, &recording, &asked))
        return record(&recording);
    fputs(usage, asked ? stdout : stderr);
    return asked ? OPERATIONS_CLEAN : OPERATIONS_USAGE;
}
