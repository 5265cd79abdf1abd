/*
 * guest.h - JSLK through the door that every kernel has (kernel/guest.h).
 */
#ifndef JSLK_GUEST_H
#define JSLK_GUEST_H

#include <kernel/guest.h>

extern const struct guest_ops jslk_guest;

#endif
