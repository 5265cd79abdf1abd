/*
 * watch.h - what the sanitizers are told about the heap's memory (kernel/sanitize.h), page by page where virtual
 * neighbours are none in memory. Headers and footers stay closed: they are the red zones of the blocks.
 */
#ifndef JSLK_WATCH_H
#define JSLK_WATCH_H

#include <stdint.h>

/* The blocks' share of a heap that begins: nothing of it was handed out. */
void watch_heap(uint32_t start, uint32_t end);

/* Pages that the heap got, all closed, or is about to lose, anybody's again. They are mapped. */
void watch_closed(uint32_t start, uint32_t end);
void watch_open(uint32_t start, uint32_t end);

/* A block for a request of size bytes, and one given back with all the bytes that it had room for. */
void watch_handed_out(uint32_t address, uint32_t size);
void watch_taken_back(uint32_t address, uint32_t room);

#endif
