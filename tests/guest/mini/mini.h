/*
 * mini.h - the smallest kernel that the guest and window tests need.
 *
 * boot() builds a page directory that maps the first 4 MiB to themselves, supervisor and writable, except the
 * page at 0, and a demand range whose pages the page-fault handler maps one by one, writable; then it turns
 * paging on.
 */
#ifndef TESTS_GUEST_MINI_H
#define TESTS_GUEST_MINI_H

#include <kernel/guest.h>
#include <kernel/x86.h>

#define MINI_RAM          0x00400000u /* 4 MiB */
#define MINI_DIRECTORY    0x00001000u
#define MINI_TABLE        0x00002000u /* of the first 4 MiB */
#define MINI_DEMAND_TABLE 0x00003000u
#define MINI_DEMAND       0x00800000u /* pages that come by faults ... */
#define MINI_DEMAND_END   0x00810000u
#define MINI_DEMAND_FRAME 0x00100000u /* ... from frames here, in order of linear address */
#define MINI_DATA         0x00200000u /* a page that boot() leaves alone */

/* check() while the static data is not what one boot leaves. */
#define MINI_BOOTED_TWICE "the static data of an earlier boot is still there"

#endif
