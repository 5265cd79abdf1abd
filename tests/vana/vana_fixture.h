/*
 * vana_fixture.h - VanaOS hosted for one test, in the mode that the test's row names.
 *
 * The test's body runs in the guest: it calls the kernel's own functions (the module exports them) and the seam. The
 * kernel's checkers run at its end, unless the test broke something on purpose.
 */
#ifndef TESTS_VANA_FIXTURE_H
#define TESTS_VANA_FIXTURE_H

#include "kms_test.h"

#include <kernel/hw.h>
#include <kernel/x86.h>
#include <kmemsim/guest.h>

#include "guest.h"
#include "kernel.h"
#include "kheap.h"
#include "layout.h"
#include "paging.h"
#include "process.h"
#include "syscall.h"
#include "task.h"

/* Two rows of a table: the test in direct mode and in the linear window, after reset or after boot. */
#define AFTER_RESET(sentence, function) VANA_ROWS(sentence, function, false)
#define AFTER_BOOT(sentence, function)  VANA_ROWS(sentence, function, true)

#define VANA_ROWS(sentence, function, booted)                                                                \
    VANA_ROW(sentence " (direct)", function, KMS_GUEST_DIRECT, booted),                                      \
        VANA_ROW(sentence " (window)", function, KMS_GUEST_WINDOW, booted)
#define VANA_ROW(sentence, function, mode, booted)                                                           \
    {                                                                                                        \
        sentence, vana_run, NULL, vana_teardown, (void *)&(const struct vana_row)                            \
        {                                                                                                    \
            function, mode, booted                                                                           \
        }                                                                                                    \
    }

struct vana_row {
    void (*body)(void **state);
    enum kms_guest_mode mode;
    bool booted; /* or only after reset, with a kernel heap */
};

/* The guest is made inside the test, because CMocka puts its own fault handler in place before each test. */
void vana_run(void **state);
int vana_teardown(void **state);

struct kms_guest *vana_under_test(void);

/* The test leaves something broken: no check at the end. */
void vana_is_broken(void);

/* Blocks of the kernel heap that are taken. */
size_t blocks_taken(void);

/* A heap in which freed memory is not zero: whoever relies on fresh memory being zeroed will be seen. */
void dirty_the_heap(void);

/* One page's entry, read without any check. */
uint32_t *entry_of(struct paging_4gb_chunk *chunk, uint32_t linear);

/* A value of 32 bits in physical memory, whatever maps it. */
uint32_t physical_word(uint32_t physical);
void set_physical_word(uint32_t physical, uint32_t value);

/* A program of so many bytes, every one `fill`, with as much BSS behind it; its process. */
struct process *start_program(uint32_t file_size, uint32_t memory_size, unsigned char fill);

/* Accesses at ring 3 in the current address space. */
uint32_t user_reads(uint32_t linear);
void user_writes(uint32_t linear, uint32_t value);
/* This access faults, with that error code, at its own address; the process that made it is gone. */
void user_write_faults(uint32_t linear, uint32_t error);
void user_read_faults(uint32_t linear, uint32_t error);

#endif
