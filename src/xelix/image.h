/*
 * image.h - where the kernel's own image is, and in it the section that every task has mapped.
 *
 * On the metal the linker script says so (src/boot/x86/xelix); hosted, the kernel's code and data are the host's, and
 * the section is a range of guest memory that holds what the machine itself reads of it.
 */
#ifndef XELIX_IMAGE_H
#define XELIX_IMAGE_H

#include <stdint.h>

/*
 * Places an object or a function where tasks have it mapped, for the kernel alone: what the CPU and the entry stub use
 * before the kernel's own directory is loaded. `section` is text, data or bss; the linker script collects
 * `.<section>.ul_visible`.
 */
#define UL_VISIBLE(section) __attribute__((section("." #section ".ul_visible")))

/* Page-aligned, physical and linear. */
uint32_t image_ul_visible_start(void);
uint32_t image_ul_visible_end(void);

#endif
