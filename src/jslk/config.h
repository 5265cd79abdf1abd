/*
 * config.h - what JSLK chose: its constants, by name.
 *
 *   0x00000000 .. 0x01000000   the memory that the kernel uses: the first 16 MiB
 *   0x00200000                 placement memory begins: above the image, the loader's module and the boot stack
 *   0xC0000000 .. 0xC0080000   the heap's index of holes (virtual)
 *   0xC0080000 .. 0xCFFFF000   the heap's blocks, as far as frames are mapped (virtual)
 */
#ifndef JSLK_CONFIG_H
#define JSLK_CONFIG_H

#define JSLK_MEMORY_SIZE     0x01000000u
#define JSLK_PLACEMENT_START 0x00200000u

#define JSLK_KHEAP_START        0xC0000000u
#define JSLK_KHEAP_INITIAL_SIZE 0x00100000u /* index and blocks */
#define JSLK_KHEAP_MAX          0xCFFFF000u

#define JSLK_HEAP_INDEX_SIZE 0x20000u /* holes that the index has room for */
#define JSLK_HEAP_MIN_SIZE   0x70000u /* the blocks' share never shrinks below this */

#endif
