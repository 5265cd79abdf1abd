/*
 * probe_config.h - JSLK's constants for a heap in memory that is where its addresses say, in place of its config.h, whose
 * guard this defines.
 */
#ifndef JSLK_CONFIG_H
#define JSLK_CONFIG_H

#define JSLK_MEMORY_SIZE     0x01000000u
#define JSLK_PLACEMENT_START 0x00200000u

#define JSLK_KHEAP_START        0x00400000u
#define JSLK_KHEAP_INITIAL_SIZE 0x00010000u
#define JSLK_KHEAP_MAX          0x00800000u

#define JSLK_HEAP_INDEX_SIZE 0x400u
#define JSLK_HEAP_MIN_SIZE   0x4000u

#endif
