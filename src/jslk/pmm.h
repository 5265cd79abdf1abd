/*
 * pmm.h - the physical memory manager: which frames of the first 16 MiB are RAM, and which of these are free.
 *
 * A frame is in one of three states:
 *   reserved   no RAM, or RAM that is not the kernel's: a hole, the firmware's, beyond what the loader reported
 *   taken      RAM in use
 *   free       RAM that may be handed out
 * Two bitmaps hold them, one bit for each frame of JSLK_MEMORY_SIZE: `reserved`, and `taken`, which is set for reserved
 * frames too, so that a search looks at one; a 64-bit word beside them says which words of it have a free frame. The lowest
 * free frames are handed out first.
 */
#ifndef JSLK_PMM_H
#define JSLK_PMM_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/memory_map.h"
#include "config.h"

#define PMM_FRAMES   (JSLK_MEMORY_SIZE / 4096u)
#define PMM_NO_FRAME UINT32_MAX

/* Begin: everything is reserved but the usable runs of this map. JSLK_NO_MEMORY: no placement memory for the bitmaps. */
int start_pmm(const struct memory_map *map);

/*
 * A region becomes RAM: its whole pages that were reserved are free now; those in use stay so. What lies beyond
 * JSLK_MEMORY_SIZE is ignored.
 */
void init_region(uint32_t base, uint32_t size);

/*
 * A region is no longer RAM: every page that it touches is reserved now. JSLK_TAKEN, and nothing changed: a frame of it
 * is in use.
 */
int deinit_region(uint32_t base, uint32_t size);

/* Frames that are RAM, and those of them that are free. */
uint32_t getTotalFrames(void);
uint32_t getFreeFrames(void);

/*
 * The first of the lowest `count` free frames in a row, now taken. PMM_NO_FRAME if there is no such run, for a count of 0
 * and when the failure of this call was asked for.
 */
uint32_t frames_take(uint32_t count);

/* Take every free frame of a region for the kernel itself; reserved ones stay reserved. */
void frames_claim(uint32_t base, uint32_t size);

/* A taken frame is free again. JSLK_INVALID, and nothing changed: a reserved frame, a free one, or none of ours. */
int frame_give(uint32_t frame);

bool frame_is_reserved(uint32_t frame);
bool frame_is_taken(uint32_t frame); /* or reserved */

/* The first broken invariant in words, or NULL. */
const char *pmm_check(void);

#endif
