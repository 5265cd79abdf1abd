/*
 * riscv_log.h - QEMU's -d int log of a RISC-V machine, or the registers that its monitor prints, read into what led to
 * the end.
 *
 * RISC-V has no triple fault: a trap whose handler cannot run faults again at stvec, for ever. So what is kept of a log of
 * any length is its last fault, how often it came in a row, and the fault before it. ECALL, EBREAK and interrupts are
 * counted and are no faults.
 */
#ifndef KMS_INSPECT_RISCV_LOG_H
#define KMS_INSPECT_RISCV_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* "riscv_cpu_do_interrupt: hart:0, async:0, cause:000000000000000d, epc:0x..., tval:0x..., desc=load_page_fault" */
struct riscv_trap {
    bool known;
    unsigned hart;
    uint32_t cause;
    uint64_t epc, tval;
};

/* What "info registers" prints. */
struct riscv_block {
    bool known; /* satp was there */
    bool rv32;
    uint64_t pc, mstatus, satp, stvec, sepc, scause, stval;
};

struct riscv_log {
    struct riscv_trap last;
    struct riscv_trap before; /* the fault right before the first of them, if it was a fault */
    uint64_t repeats;         /* of the last fault: the same cause at the same instruction of the same hart */
    uint64_t lower;           /* by how much the address fell each time; 0: it stayed */
    uint64_t faults, traps;
    struct riscv_block block; /* the last one */

    /* The reader's own. */
    bool interrupted; /* since the last fault another trap came */
};

void riscv_log_init(struct riscv_log *log);
void riscv_log_line(struct riscv_log *log, const char *line);
/* True if anything was understood. */
bool riscv_log_understood(const struct riscv_log *log);

/* Whether a cause is one of an access of memory: 1, 4 to 7, 12, 13, 15. */
bool riscv_log_is_fault(uint64_t cause);

#endif
