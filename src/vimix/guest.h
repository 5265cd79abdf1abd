/*
 * guest.h - VIMIX through the door that every kernel has (kernel/guest.h).
 */
#ifndef VIMIX_GUEST_H
#define VIMIX_GUEST_H

#include <kernel/guest.h>

extern const struct guest_ops vimix_guest;

#endif
