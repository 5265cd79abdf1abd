/* emulator_impl.h - what emulator.c and the two drivers share. */
#ifndef REFEREE_EMULATOR_IMPL_H
#define REFEREE_EMULATOR_IMPL_H

#include <sys/types.h>

#include "emulator.h"

struct emulator {
    enum emulator_kind kind;
    struct emulator_options options;
    char rom[512];
    char directory[64]; /* of its own, for files; removed on close */
    struct ref_cpu cpu;
    char error[256];
    pid_t pid;          /* QEMU */
    unsigned char *ram; /* QEMU's first 4 MiB, shared */
    unsigned bell;
};

/* Note why, in one line; returns EMULATOR_FAILED. */
__attribute__((format(printf, 2, 3))) enum emulator_status emulator_fail(struct emulator *e,
                                                                         const char *format, ...);

enum emulator_status qemu_open(struct emulator *e);
enum emulator_status qemu_run(struct emulator *e, const struct ref_op *ops, struct ref_result *results,
                              size_t count);
void qemu_close(struct emulator *e);

enum emulator_status bochs_open(struct emulator *e);
enum emulator_status bochs_run(struct emulator *e, const struct ref_op *ops, struct ref_result *results,
                               size_t count);
void bochs_close(struct emulator *e);

#endif
