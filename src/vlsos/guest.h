/*
 * guest.h - VlsOs through the door that every kernel has (kernel/guest.h).
 */
#ifndef VLSOS_GUEST_H
#define VLSOS_GUEST_H

#include <kernel/guest.h>

extern const struct guest_ops vlsos_guest;

#endif
