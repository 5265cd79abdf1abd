/*
 * vimix_programs.h - what tests of processes share: where things are, a program of one page, its accesses.
 */
#ifndef TESTS_VIMIX_PROGRAMS_H
#define TESTS_VIMIX_PROGRAMS_H

#include "vimix_fixture.h"

#define PROGRAM     ((reg_t)USER_TEXT_START)
#define STACK       USER_STACK_HIGH
#define SMALL       100u
#define KERNEL_DATA ((reg_t)0x80300000u) /* memory that nobody uses */
#define SHARED      ((reg_t)0x30000000u) /* an address that nobody uses */

/* 0x1000 + 100 rounded up to 16 is 0x1070; 32 or 16 bytes of static data follow. */
#define SMALL_BREAK ((reg_t)BY_WIDTH(0x1090, 0x1080))

/* Whether a program's access of 4 bytes is done. */
static inline bool loads(reg_t address)
{
    uint64_t value;

    return hw_user_load(address, 4, &value);
}

static inline bool stores(reg_t address)
{
    return hw_user_store(address, 4, 0);
}

#endif
