/* emulator_impl.h - what emulator.c and the two drivers share. */
#ifndef REFEREE_EMULATOR_IMPL_H
#define REFEREE_EMULATOR_IMPL_H

#include <stdbool.h>
#include <sys/types.h>

#include "emulator.h"

enum emulator_file { FILE_RAM, FILE_CONFIG, FILE_COMMANDS, FILE_IMAGE, FILE_OUTPUT, EMULATOR_FILES };

/* What is left of an emulator_begin(). `part` operations of it are being worked on. */
struct work {
    const struct ref_op *ops;
    struct ref_result *results;
    size_t count, part;
};

struct emulator {
    enum emulator_kind kind;
    struct emulator_options options;
    char rom[512];
    int file[EMULATOR_FILES]; /* memory that the emulator opens by emulator_path(); -1: none */
    struct ref_cpu cpu;
    char error[256];
    pid_t pid;
    struct work work;
    unsigned char *ram; /* QEMU's first 4 MiB, shared */
    unsigned bell;
};

/*
 * Files that exist only as memory: the emulator opens them through /proc, and nothing is left on any disk, however
 * this program ends. A file made again starts empty.
 */
bool emulator_make_file(struct emulator *e, enum emulator_file file);
void emulator_path(const struct emulator *e, enum emulator_file file, char path[48]);

/* Note why, in one line; returns EMULATOR_FAILED. */
__attribute__((format(printf, 2, 3))) enum emulator_status emulator_fail(struct emulator *e,
                                                                         const char *format, ...);

/* The first part of e->work, as many whole cases as fit `max` operations. */
size_t emulator_part(const struct emulator *e, size_t max);

/* start: begin with e->work.part operations. collect: wait for their results. */
enum emulator_status qemu_open(struct emulator *e);
enum emulator_status qemu_start(struct emulator *e);
enum emulator_status qemu_collect(struct emulator *e);
void qemu_close(struct emulator *e);

enum emulator_status bochs_open(struct emulator *e);
enum emulator_status bochs_start(struct emulator *e);
enum emulator_status bochs_collect(struct emulator *e);
void bochs_close(struct emulator *e);

#endif
