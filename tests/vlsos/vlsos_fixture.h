/*
 * vlsos_fixture.h - VlsOs hosted for one test; see guest_fixture.h.
 */
#ifndef TESTS_VLSOS_FIXTURE_H
#define TESTS_VLSOS_FIXTURE_H

#include "guest_fixture.h"

#include <kernel/x86.h>

#include "kernel.h"
#include "layout.h"
#include "pages.h"
#include "paging.h"

#define USER_PAGE 0x40000000u /* the first page of processes */

/* Two rows of a table, the test in direct mode and in the window, on a booted kernel or after reset only. */
#define AFTER_BOOT(sentence, function)  FIXTURE_ROWS(sentence, &vlsos, function, true)
#define AFTER_RESET(sentence, function) FIXTURE_ROWS(sentence, &vlsos, function, false)

/* The kernel of a program's rows: one for each file. Rows that are not booted check nothing but the layout. */
#define VLSOS_UNDER_TEST                                                                                     \
    static const char *check_what_is_there(void)                                                             \
    {                                                                                                        \
        return paging_kernel.root ? kernel_check() : layout_check();                                         \
    }                                                                                                        \
    static struct fixture_kernel vlsos = {.name = "vlsos", .check = check_what_is_there}

#endif
