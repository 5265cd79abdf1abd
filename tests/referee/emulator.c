#define _GNU_SOURCE
#include "emulator_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum emulator_status emulator_fail(struct emulator *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(e->error, sizeof(e->error), format, args);
    va_end(args);
    return EMULATOR_FAILED;
}

static void set_defaults(struct emulator *e, const struct emulator_options *options)
{
    e->options = *options;
    if (!e->options.phys_bits)
        e->options.phys_bits = 40;
    if (!e->options.ram_mib)
        e->options.ram_mib = 64;
    if (!e->options.timeout_ms)
        e->options.timeout_ms = 20000;
    snprintf(e->rom, sizeof(e->rom), "%s", options->rom);
}

static enum emulator_status make_directory(struct emulator *e)
{
    bool shm = access("/dev/shm", W_OK) == 0;
    snprintf(e->directory, sizeof(e->directory), "%s/kms-referee-XXXXXX", shm ? "/dev/shm" : "/tmp");
    if (!mkdtemp(e->directory)) {
        e->directory[0] = 0;
        return emulator_fail(e, "cannot create a temporary directory");
    }
    return EMULATOR_OK;
}

static enum emulator_status open_kind(struct emulator *e)
{
    enum emulator_status status = make_directory(e);
    if (status != EMULATOR_OK)
        return status;
    return e->kind == EMULATOR_QEMU ? qemu_open(e) : bochs_open(e);
}

enum emulator_status emulator_open(enum emulator_kind kind, const struct emulator_options *options,
                                   struct emulator **emulator, char error[256])
{
    struct emulator *e = calloc(1, sizeof(*e));
    *emulator = NULL;
    if (!e) {
        snprintf(error, 256, "no memory");
        return EMULATOR_FAILED;
    }
    e->kind = kind;
    set_defaults(e, options);
    enum emulator_status status = open_kind(e);
    if (status == EMULATOR_OK) {
        *emulator = e;
        return status;
    }
    snprintf(error, 256, "%s", e->error);
    emulator_close(e);
    return status;
}

void emulator_close(struct emulator *e)
{
    if (!e)
        return;
    if (e->kind == EMULATOR_QEMU)
        qemu_close(e);
    else
        bochs_close(e);
    if (e->directory[0])
        rmdir(e->directory);
    free(e);
}

enum emulator_status emulator_run(struct emulator *e, const struct ref_op *ops, struct ref_result *results,
                                  size_t count)
{
    if (e->kind == EMULATOR_QEMU)
        return qemu_run(e, ops, results, count);
    return bochs_run(e, ops, results, count);
}

const struct ref_cpu *emulator_cpu(const struct emulator *e)
{
    return &e->cpu;
}

const char *emulator_error(const struct emulator *e)
{
    return e->error;
}

const char *emulator_name(enum emulator_kind kind)
{
    return kind == EMULATOR_QEMU ? "qemu" : "bochs";
}
