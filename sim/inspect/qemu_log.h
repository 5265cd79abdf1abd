/*
 * qemu_log.h - QEMU's -d int,cpu_reset log, or register blocks out of it, read into what led to the end.
 *
 * A log of any length is read line by line. What is kept is the last chain of exceptions (a chain begins with an
 * exception raised while none was being delivered), frozen at the first triple fault.
 */
#ifndef KMS_INSPECT_QEMU_LOG_H
#define KMS_INSPECT_QEMU_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define QEMU_LOG_GENERAL 16u

struct qemu_log_table {
    uint64_t base;
    uint32_t limit;
    bool known;
};

/* A register block, as "info registers" prints it. */
struct qemu_log_registers {
    bool known; /* CR0 was there; what was not is 0 */
    uint64_t cr0, cr2, cr3, cr4, efer;
    uint64_t ip, sp;
    bool ip_known;
    uint64_t general[QEMU_LOG_GENERAL]; /* in no particular order */
    unsigned general_count;
    unsigned cpl;
    struct qemu_log_table gdt, idt, tss;
};

/* An exception or interrupt that the CPU began to deliver: "v=0e e=0002 ...". */
struct qemu_log_event {
    bool known;
    unsigned vector;
    uint32_t error;
    bool software; /* INT n */
    uint64_t cr2;
    bool cr2_known;
    struct qemu_log_registers registers; /* the block below the line */
};

struct qemu_log {
    struct qemu_log_event
        trigger; /* interrupt or INT n just before the chain, whose delivery may have failed */
    struct qemu_log_event first;  /* the first exception of the chain */
    struct qemu_log_event second; /* the double fault */
    unsigned became_double;       /* vector raised while the first was delivered; 0 if none */
    unsigned became_triple;       /* vector raised while the double fault was delivered; 0 if none */
    bool triple;
    struct qemu_log_registers reset;  /* the block at the reset after the triple fault */
    struct qemu_log_registers pasted; /* the last block that belongs to no event */
    uint64_t repeats;                 /* how often the first exception came again from the same place */
    uint64_t exceptions, triples, lines;

    /* The reader's own. */
    struct qemu_log_registers *target;
    unsigned raised; /* by the last check_exception line, not yet delivered */
    bool raised_fresh;
};

void qemu_log_init(struct qemu_log *log);
void qemu_log_line(struct qemu_log *log, const char *line);
/* True if anything was understood. */
bool qemu_log_understood(const struct qemu_log *log);

#endif
