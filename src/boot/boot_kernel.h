/*
 * boot_kernel.h - what a boot image wants to know about the kernel in it.
 *
 * Each kernel that boots defines boot_kernel once, in a source of its own that only the image and the tests of the
 * image are linked with.
 */
#ifndef BOOT_KERNEL_H
#define BOOT_KERNEL_H

#include <stdint.h>

#include "../lib/replay.h"

struct boot_kernel {
    const struct guest_ops *ops;
    /* Above the stack on which traps from ring 3 push. Every directory that ring 3 runs in has to map it. */
    uint32_t ring0_stack_top;
    uint32_t user_stack_top;       /* ESP of a visit to ring 3, which pushes nothing */
    const struct replay_op *story; /* runs when the loader brings no operations */
    uint32_t story_length;
    /* For a kernel with hw_set_user_cr3(), or NULL: lets ring 3 execute one page of the image in the space that it has,
     * and takes it away again after the visit, if that space is still there. */
    void (*lend_code)(uint32_t address);
    void (*take_code_back)(uint32_t address);
};

extern const struct boot_kernel boot_kernel;

#endif
