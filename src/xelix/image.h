/*
 * image.h - where the kernel's own image is, and in it the section that every task has mapped.
 *
 *   0x00101000   entry code                              image_entry
 *   0x00102000   GDT, TSS, and the kernel's directory     what the CPU and the entry code read
 *   0x00103000   IDT
 *   0x00107000   the ring-0 stack, 2 pages                what the CPU pushes to
 *   0x00109000   the rest of the image, which tasks do not have mapped
 *
 * On the metal the linker script collects the section (src/xelix/layout.ld) and the boot image's tables and stubs are in
 * it, in an order of the linker's. Hosted, the kernel's code is the host's, and the range holds what the machine itself
 * reads: the tables, the stack, and a byte that stands for the entry code.
 */
#ifndef XELIX_IMAGE_H
#define XELIX_IMAGE_H

#include <stdint.h>

/*
 * Places an object or a function where tasks have it mapped, for the kernel alone: what the CPU and the entry code use
 * before the kernel's own directory is loaded. `kind` is text, data or bss; the linker script collects
 * `.<kind>.ul_visible`.
 */
#define UL_VISIBLE(kind) __attribute__((section("." #kind ".ul_visible")))

#define IMAGE_UL_VISIBLE     0x00101000u
#define IMAGE_UL_VISIBLE_END 0x00109000u
#define IMAGE_STACK          0x00107000u /* up to the section's end */

/* Make and load GDT, IDT and TSS in the section, once paging is on; `directory` is the kernel's. On the metal they are
 * there, and only the directory is noted. */
void image_load_descriptors(uint32_t directory);

/* Where in the section the entry code finds the kernel's directory. */
uint32_t image_directory_address(void);

#endif
