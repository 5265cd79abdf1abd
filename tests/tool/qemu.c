#define _GNU_SOURCE /* memmem */
#include "qemu.h"

#include "kms_test.h"
#include "run_tool.h"
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 40

void qemu_missing(const char *what)
{
    const char *required = getenv("KMEMSIM_REQUIRE_EMULATORS");
    if (required && required[0] && strcmp(required, "0") != 0)
        fail_msg("KMEMSIM_REQUIRE_EMULATORS is set, and %s is missing", what);
    kms_skip(what);
}

static void become_qemu(const char *const *arguments, const int to[2], const int from[2])
{
    char *all[ARGUMENTS_MAX];
    unsigned count = 0;
    for (; arguments[count] && count < ARGUMENTS_MAX - 6; count++)
        all[count] = strdup(arguments[count]);
    static const char *const common[] = {"-display", "none", "-nodefaults", "-qmp", "stdio"};
    for (unsigned i = 0; i < sizeof common / sizeof common[0]; i++)
        all[count++] = strdup(common[i]);
    all[count] = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    close(to[1]);
    close(from[0]);
    execvp(all[0], all);
    _exit(127);
}

/* One answer of QMP; events in between are passed over. NULL at the end of the stream. */
static json_t *answer(struct qemu *qemu)
{
    for (;;) {
        json_t *message = json_loadf(qemu->from, JSON_DISABLE_EOF_CHECK, NULL);
        if (!message || !json_object_get(message, "event"))
            return message;
        json_decref(message);
    }
}

static json_t *execute(struct qemu *qemu, json_t *command)
{
    json_dumpf(command, qemu->to, 0);
    fputc('\n', qemu->to);
    fflush(qemu->to);
    json_decref(command);
    json_t *message = answer(qemu);
    if (!message || !json_object_get(message, "return"))
        fail_msg("QEMU did not answer");
    return message;
}

struct qemu qemu_start(const char *const *arguments)
{
    struct qemu qemu;
    int to[2], from[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    qemu.pid = fork();
    assert_true(qemu.pid >= 0);
    if (qemu.pid == 0)
        become_qemu(arguments, to, from);
    close(to[0]);
    close(from[1]);
    qemu.to = fdopen(to[1], "w");
    qemu.from = fdopen(from[0], "r");
    json_t *greeting = answer(&qemu);
    if (!greeting) {
        qemu_stop(&qemu);
        qemu_missing(arguments[0]);
    }
    json_decref(greeting);
    json_decref(execute(&qemu, json_pack("{ss}", "execute", "qmp_capabilities")));
    return qemu;
}

static bool holds(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    size_t size;
    if (!file)
        return false;
    fclose(file);
    char *bytes = tool_read(path, &size);
    bool found = memmem(bytes, size, text, strlen(text)) != NULL;
    free(bytes);
    return found;
}

void qemu_wait(struct qemu *qemu, const char *path, const char *text, unsigned seconds)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    for (unsigned i = 0; i < 20 * seconds; i++) {
        if (holds(path, text))
            return;
        nanosleep(&pause, NULL);
    }
    qemu_stop(qemu);
    fail_msg("the guest did not say \"%s\" within %u s", text, seconds);
}

char *qemu_monitor(struct qemu *qemu, const char *command)
{
    json_t *message = execute(qemu, json_pack("{ss s{ss}}", "execute", "human-monitor-command", "arguments",
                                              "command-line", command));
    const char *text = json_string_value(json_object_get(message, "return"));
    char *copy = calloc(1, strlen(text) + 1);
    assert_non_null(copy);
    for (char *to = copy; *text; text++) {
        if (*text != '\r')
            *to++ = *text;
    }
    json_decref(message);
    return copy;
}

void qemu_pause(struct qemu *qemu)
{
    json_decref(execute(qemu, json_pack("{ss}", "execute", "stop")));
}

void qemu_stop(struct qemu *qemu)
{
    kill(qemu->pid, SIGKILL);
    waitpid(qemu->pid, NULL, 0);
    fclose(qemu->to);
    fclose(qemu->from);
}
