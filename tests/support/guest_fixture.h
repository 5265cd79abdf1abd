/*
 * guest_fixture.h - a kernel hosted for one test, in the mode that the test's row names.
 *
 * The test's body runs in the guest: it calls the kernel's own functions (those that its module exports) and the seam.
 * The kernel's checkers run at its end, unless the test broke something on purpose. A program's rows may be about
 * several kernels; each is kept for the next test, because making one fills all of its RAM.
 */
#ifndef GUEST_FIXTURE_H
#define GUEST_FIXTURE_H

#include "kms_test.h"

#include <kernel/hw.h>
#include <kmemsim/guest.h>

/* A kernel under test, and its guests; one `static` for each kernel, the last fields left out. */
struct fixture_kernel {
    const char *name;            /* of the module */
    void (*start)(void);         /* what a row that is not booted does after reset, in the guest; or NULL */
    const char *(*check)(void);  /* at the end, in the guest: the first broken invariant in words, or NULL */
    uint64_t ram_size;           /* 0: what the kernel asks for */
    struct kms_guest *guests[2]; /* by mode */
};

struct fixture_row {
    struct fixture_kernel *kernel;
    void (*body)(void **state);
    enum kms_guest_mode mode;
    bool booted; /* or only after reset */
};

/* Two rows of a table: the test in direct mode and in the linear window. */
#define FIXTURE_ROWS(sentence, kernel, function, booted)                                                     \
    FIXTURE_ROW(sentence " (direct)", kernel, function, KMS_GUEST_DIRECT, booted),                           \
        FIXTURE_ROW(sentence " (window)", kernel, function, KMS_GUEST_WINDOW, booted)
#define FIXTURE_ROW(sentence, kernel, function, mode, booted)                                                \
    {                                                                                                        \
        sentence, fixture_run, NULL, fixture_teardown, (void *)&(const struct fixture_row)                   \
        {                                                                                                    \
            kernel, function, mode, booted                                                                   \
        }                                                                                                    \
    }

/* The guest is made inside the test, because CMocka puts its own fault handler in place before each test. */
void fixture_run(void **state);
int fixture_teardown(void **state);

struct kms_guest *fixture_guest(void);

/* The test leaves something broken: no check at the end. */
void fixture_is_broken(void);

/* A value of 32 bits in physical memory, whatever maps it. */
uint32_t physical_word(uint32_t physical);
void set_physical_word(uint32_t physical, uint32_t value);

/* Accesses at ring 3 in the current address space that succeed. */
uint32_t user_reads(uint64_t linear);
void user_writes(uint64_t linear, uint32_t value);
/* This access faults, with that error code, at its own address, as the kernel's table tells. */
void user_write_faults(uint64_t linear, uint32_t error);
void user_read_faults(uint64_t linear, uint32_t error);

#endif
