/*
 * drive.h - a booted guest under a fuzz target: one snapshot, and operations run by the replay core that the tool and
 * the boot image have, so that what the target saw is what the file of operations shows.
 */
#ifndef FUZZ_DRIVE_H
#define FUZZ_DRIVE_H

#include <kmemsim/guest.h>

#include "../src/lib/replay.h"
#include "operations.h"

#define DRIVE_HANDLES 128u

/*
 * One input: `run` acts in the guest (drive_guest()), which stands as it was after `prepare` ran on the first call.
 * What `prepare` does becomes the beginning of every file. A panic or a fault of the kernel fails.
 */
struct drive {
    const char *target;
    const char *kernel; /* name of its module */
    void (*prepare)(void);
    void (*warm)(void); /* touches (drive_touch()) what every run will need */
    void (*run)(const uint8_t *data, size_t size);
    bool direct; /* not in the window */
};

void drive_input(const struct drive *drive, const uint8_t *data, size_t size);
struct kms_cpu *drive_cpu(void);

/* Run one operation and keep it. What it came to is valid until the next. A check or an expectation that does not hold
 * fails. */
const struct replay_event *drive_do(const struct kms_trace_op *op);

/* Words for what most targets do next. */
void drive_expect_ok(void);
void drive_expect_status(const char *word);
void drive_expect_value(uint64_t value);
void drive_expect_fault(uint32_t error, uint32_t address);
void drive_expect_null(void);
void drive_check(void);

/*
 * Set A and D of these pages in a directory, as if the kernel had written there. Loading CR3 makes the window give up
 * pages that lack them in the new directory, which would be all of the kernel's own at every switch.
 */
void drive_age(uint32_t directory, uint32_t linear, unsigned pages);

/* Read a byte natively, as the kernel would, so that the snapshot has its page in the window. */
void drive_touch(uint32_t linear);

/* Units of the kernel's heap that are taken. */
uint64_t drive_used_units(void);

/* For what is too slow to be done with every input: one in `many` is chosen, by its bytes. */
bool drive_is_chosen(unsigned many);

#endif
