#define _GNU_SOURCE
#include "emulator_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum emulator_status emulator_fail(struct emulator *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(e->error, sizeof(e->error), format, args);
    va_end(args);
    return EMULATOR_FAILED;
}

static const char *const programs[EMULATORS] = {REFEREE_ROM, REFEREE_ROM, REFEREE_RISCV32, REFEREE_RISCV64,
                                                REFEREE_RISCV64};

static void set_defaults(struct emulator *e, const struct emulator_options *options)
{
    e->options = *options;
    if (!e->options.phys_bits)
        e->options.phys_bits = 40;
    if (!e->options.ram_mib)
        e->options.ram_mib = 64;
    if (!e->options.timeout_ms)
        e->options.timeout_ms = 20000;
    snprintf(e->rom, sizeof(e->rom), "%s", options->rom ? options->rom : programs[e->kind]);
}

bool emulator_make_file(struct emulator *e, enum emulator_file file)
{
    if (e->file[file] >= 0)
        close(e->file[file]);
    e->file[file] = memfd_create("kms-referee", MFD_CLOEXEC);
    return e->file[file] >= 0;
}

void emulator_path(const struct emulator *e, enum emulator_file file, char path[48])
{
    snprintf(path, 48, "/proc/%d/fd/%d", (int)getpid(), e->file[file]);
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
    for (int i = 0; i < EMULATOR_FILES; i++)
        e->file[i] = -1;
    set_defaults(e, options);
    enum emulator_status status = kind == EMULATOR_BOCHS ? bochs_open(e) : qemu_open(e);
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
    if (e->kind == EMULATOR_BOCHS)
        bochs_close(e);
    else
        qemu_close(e);
    for (int i = 0; i < EMULATOR_FILES; i++) {
        if (e->file[i] >= 0)
            close(e->file[i]);
    }
    free(e);
}

static enum emulator_status start_part(struct emulator *e)
{
    e->work.part = 0;
    if (!e->work.count)
        return EMULATOR_OK;
    return e->kind == EMULATOR_BOCHS ? bochs_start(e) : qemu_start(e);
}

static enum emulator_status collect_part(struct emulator *e)
{
    return e->kind == EMULATOR_BOCHS ? bochs_collect(e) : qemu_collect(e);
}

size_t emulator_part(const struct emulator *e, size_t max)
{
    size_t n = e->work.count < max ? e->work.count : max;
    while (n < e->work.count && n > 1 && e->work.ops[n].code != REF_RESET)
        n--;
    return n;
}

enum emulator_status emulator_begin(struct emulator *e, const struct ref_op *ops, struct ref_result *results,
                                    size_t count)
{
    e->work = (struct work){ops, results, count, 0};
    return start_part(e);
}

enum emulator_status emulator_finish(struct emulator *e)
{
    enum emulator_status status = EMULATOR_OK;
    while (e->work.part && status == EMULATOR_OK) {
        status = collect_part(e);
        e->work.ops += e->work.part;
        e->work.results += e->work.part;
        e->work.count -= e->work.part;
        if (status == EMULATOR_OK)
            status = start_part(e);
    }
    return status;
}

enum emulator_status emulator_run(struct emulator *e, const struct ref_op *ops, struct ref_result *results,
                                  size_t count)
{
    enum emulator_status status = emulator_begin(e, ops, results, count);
    return status == EMULATOR_OK ? emulator_finish(e) : status;
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
    static const char *const names[EMULATORS] = {"qemu", "bochs", "riscv32", "riscv64", "riscv64ext"};
    return names[kind];
}
