/*
 * boot_replay.h - what every boot image does once it has a console: boots its kernel and replays operations on it.
 *
 * On the console: a line for each step, a line for each operation (replay_format()), then "done" and two numbers.
 */
#ifndef BOOT_REPLAY_H
#define BOOT_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "boot_kernel.h"

#define BOOT_EXIT_DONE   0x10u /* everything held */
#define BOOT_EXIT_BROKEN 0x11u /* an expectation did not hold, or a check found something */
#define BOOT_EXIT_BAD    0x12u /* the kernel did not boot, or the operations cannot be run */
#define BOOT_EXIT_PANIC  0x13u

/* End the emulator, or stop where there is no device for that. Each architecture's own. */
_Noreturn void boot_exit(uint8_t value);

void boot_say(const char *words);
void boot_say_line(const char *words);
_Noreturn void boot_give_up(const char *reason);

/* Operations to run. */
struct boot_work {
    const struct replay_op *ops;
    uint32_t count;
};

/* The story of boot_kernel. */
struct boot_work boot_story(void);
/* A file of operations in memory; one that cannot be run ends the image with words. */
struct boot_work boot_open(const void *file, size_t size);

/* Boot the kernel; it is said on the console, or the image ends with words. */
void boot_start_kernel(void);

/* Run the operations and end the image. */
_Noreturn void boot_replay(const struct boot_work *work);

#endif
