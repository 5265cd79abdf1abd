/*
 * boot_qemu.h - the machine that QEMU makes for an image: boot_qemu_x86.c or boot_qemu_riscv.c.
 */
#ifndef TESTS_BOOT_QEMU_H
#define TESTS_BOOT_QEMU_H

#include <stdbool.h>

#include "../../src/boot/boot_replay.h"
#include "boot_run.h"

#define BOOT_SECONDS    "60"
#define BOOT_FOLDER_MAX 64

/* A folder of its own for the files that go in and come out. */
struct boot_files {
    char folder[BOOT_FOLDER_MAX];
    char operations[BOOT_FOLDER_MAX + 16], serial[BOOT_FOLDER_MAX + 16], ram[BOOT_FOLDER_MAX + 16];
    char disk[BOOT_FOLDER_MAX + 16];
};

/* Become QEMU with RAM, console and disk in these files, and with the operations if there are any. */
_Noreturn void boot_exec_qemu(const struct boot_subject *subject, const struct boot_files *files,
                              bool operations);

/* QEMU's exit status when the image ends with boot_exit(value). */
int boot_exit_status(unsigned value);

#endif
