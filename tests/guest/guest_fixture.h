/*
 * guest_fixture.h - a guest made and booted for one test, in the mode that the test's row names.
 */
#ifndef TESTS_GUEST_FIXTURE_H
#define TESTS_GUEST_FIXTURE_H

#include "kms_test.h"
#include "mini/mini.h"

#include <kernel/hw.h>
#include <kmemsim/guest.h>

/* One test in both modes: two rows, each with its mode as initial state. */
#define IN_BOTH_MODES(sentence, function)                                                                    \
    {sentence " (direct)", function, NULL, NULL, (void *)&direct_mode},                                      \
    {                                                                                                        \
        sentence " (window)", function, NULL, NULL, (void *)&window_mode                                     \
    }
#define IN_THE_WINDOW(sentence, function)                                                                    \
    {                                                                                                        \
        sentence, function, NULL, NULL, (void *)&window_mode                                                 \
    }

extern const enum kms_guest_mode direct_mode, window_mode;

/* A guest of a module, not booted or booted; skips the test where the host has no window. */
struct kms_guest *make_guest(const char *kernel, enum kms_guest_mode mode);
struct kms_guest *boot_guest(const char *kernel, enum kms_guest_mode mode);
/* What the guest made last has printed since it was made. */
const char *console_text(void);

/* Call `body` and expect it to return. */
void call(struct kms_guest *guest, void (*body)(void *context), void *context);

/* 32 bits of guest memory by physical address. */
uint32_t phys32(struct kms_guest *guest, kms_phys phys);
void set_phys32(struct kms_guest *guest, kms_phys phys, uint32_t value);

#endif
