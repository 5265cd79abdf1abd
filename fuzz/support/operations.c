#include "operations.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPERATIONS_MAX 8192u

static struct kms_trace_op operations[OPERATIONS_MAX];
static size_t count;
static struct operations_input input = {.target = "fuzz"};
static const char *prefix = "";
static void (*describe)(void);
static FILE *follow; /* KMEMSIM_OPERATIONS */

int LLVMFuzzerInitialize(int *argc, char ***argv);
void __asan_on_error(void);
void __ubsan_on_report(void);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char option[] = "-artifact_prefix=";
    const char *path = getenv("KMEMSIM_OPERATIONS");

    for (int i = 1; i < *argc; i++) {
        if (strncmp((*argv)[i], option, sizeof option - 1) == 0)
            prefix = (*argv)[i] + sizeof option - 1;
    }
    follow = path ? fopen(path, "w") : NULL;
    if (path && !follow)
        perror(path);
    return 0;
}

static void put_operation(FILE *out, const struct kms_trace_op *op)
{
    static char line[KMS_TRACE_LINE_MAX + 1]; /* a signal's stack is short */

    kms_trace_write(op, NULL, line, sizeof line);
    fputs(line, out);
}

/* With an operation still to come, so that a process that is killed has left everything up to it. */
static void follow_operation(const struct kms_trace_op *op)
{
    put_operation(follow, op);
    fflush(follow);
}

static void follow_from_start(void)
{
    rewind(follow);
    if (ftruncate(fileno(follow), 0) != 0)
        perror("KMEMSIM_OPERATIONS");
    fputs(KMS_TRACE_HEADER, follow);
    for (size_t i = 0; i < count; i++)
        put_operation(follow, &operations[i]);
    fflush(follow);
}

/* ---- crashes of the kernel's own, which leave no time to say what is wrong ------------------------------------ */

static void save(void);

static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
#define DEADLY (sizeof deadly / sizeof deadly[0])
static struct sigaction before[DEADLY];

/* What failed is run again, for the handler of the fuzzing engine or of a sanitizer. */
static void on_deadly(int number)
{
    (void)number;
    save();
    for (size_t i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &before[i], NULL);
}

/* After the engine's handlers, and before the window's, which hands on what is none of its pages. */
static void catch_deadly(void)
{
    static bool caught;
    struct sigaction action = {.sa_handler = on_deadly, .sa_flags = (int)(SA_ONSTACK | SA_NODEFER)};

    if (caught)
        return;
    caught = true;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &action, &before[i]);
}

/* ---- the operations ---------------------------------------------------------------------------------------- */

void operations_begin(const struct operations_input *begun)
{
    catch_deadly();
    input = *begun;
    count = input.kept;
    if (follow)
        follow_from_start();
}

size_t operations_count(void)
{
    return count;
}

void operations_add(const struct kms_trace_op *op)
{
    if (follow)
        follow_operation(op);
    if (count < OPERATIONS_MAX)
        operations[count++] = *op;
}

void operations_describe_with(void (*function)(void))
{
    describe = function;
}

/* FNV-1a: a name that differs where inputs do. */
uint64_t operations_hash(void)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < input.size; i++)
        hash = (hash ^ input.bytes[i]) * 0x100000001b3u;
    return hash;
}

static void save(void)
{
    static int saved;
    static char path[4096];
    FILE *out;

    if (saved++)
        return; /* a sanitizer reports, and then the program aborts */
    if (describe)
        describe();
    snprintf(path, sizeof path, "%s%s-%016" PRIx64 ".kmt", prefix, input.target, operations_hash());
    out = fopen(path, "w");
    if (!out) {
        perror(path);
        return;
    }
    fputs(KMS_TRACE_HEADER, out);
    for (size_t i = 0; i < count; i++)
        put_operation(out, &operations[i]);
    fclose(out);
    fprintf(stderr, "The operations up to here are in %s; kmemsim run replays them.\n", path);
}

void operations_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "%s: after %zu operations: ", input.target, count);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    save();
    abort();
}

/* Hooks that the sanitizers' runtimes call where they are linked in. */
void __asan_on_error(void)
{
    save();
}

void __ubsan_on_report(void)
{
    save();
}
