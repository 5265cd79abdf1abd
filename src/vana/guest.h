/*
 * guest.h - VanaOS through the door that every kernel has (kernel/guest.h).
 */
#ifndef VANA_GUEST_H
#define VANA_GUEST_H

#include <kernel/guest.h>

extern const struct guest_ops vana_guest;

#endif
