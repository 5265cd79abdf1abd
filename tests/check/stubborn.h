/* stubborn.h - what the stubborn kernel can be told to do. */
#ifndef TESTS_CHECK_STUBBORN_H
#define TESTS_CHECK_STUBBORN_H

#include <stdint.h>

enum stubborn_order {
    STUBBORN_OBEYS,
    STUBBORN_REFUSES,            /* whatever is given back */
    STUBBORN_HAS_NOTHING,        /* every allocation */
    STUBBORN_GIVES_NO_RAM,       /* addresses where nothing is */
    STUBBORN_GIVES_THE_LAST_RAM, /* addresses from which RAM ends four bytes before the block does */
};

extern enum stubborn_order stubborn_order; /* between kms_guest_enter() and kms_guest_leave() */

#endif
