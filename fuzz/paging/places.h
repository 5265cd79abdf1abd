/*
 * places.h - the pages and frames that the target plays with: both sides of every border of VanaOS's address space,
 * which is too big to compare whole.
 */
#ifndef PAGING_PLACES_H
#define PAGING_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE 4096u

#define PLACES 28u
/* Linear addresses of pages, ascending. */
extern const uint32_t places[PLACES];

/* How many places from this one on are neighbours in the address space. */
unsigned places_in_row(unsigned place);

/* Frames of RAM that belong to nobody: above the heap, below 128 MiB. Each has some words that are looked at. */
#define FRAMES      4u
#define FRAME_FIRST 0x07800000u
#define FRAME_WORDS 2u
static inline uint32_t word_offset(unsigned word)
{
    return word ? PAGE - 4 : 0;
}

/* The frame's number, or -1 if it is not one of them. */
static inline int frame_number(uint32_t frame)
{
    return frame - FRAME_FIRST < FRAMES * PAGE ? (int)((frame - FRAME_FIRST) / PAGE) : -1;
}

/* Frames that a mapping may ask for, those above included. */
#define TARGETS 16u
uint32_t places_target(unsigned place, unsigned choice);

#endif
