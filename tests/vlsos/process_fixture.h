/*
 * process_fixture.h - what tests of VlsOs's processes do again and again.
 */
#ifndef TESTS_VLSOS_PROCESS_FIXTURE_H
#define TESTS_VLSOS_PROCESS_FIXTURE_H

#include "vlsos_fixture.h"

#include "process.h"

#define READ_ABSENT  PFERR_US
#define WRITE_ABSENT (PFERR_US | PFERR_WR)

#define HEAP(page) (VLSOS_PROGRAM_HEAP + (page)*PAGE_SIZE)

/* A program of so many bytes, 64 KiB at most, all of them `fill`; it runs: its process. */
int program(uint32_t size, unsigned char fill);

/* A word in every 256 bytes of a page, each another by this number; reading finds what was written. */
void writes_page(uint32_t linear, uint32_t number);
void reads_page(uint32_t linear, uint32_t number);

void limit_frames(uint32_t frames);

#endif
