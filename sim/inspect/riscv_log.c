#include "riscv_log.h"

#include <kmemsim/riscv.h>

#include "log_text.h"

#define DIGITS_32  8       /* of a register on RV32 */
#define PUSHES_MAX 0x1000u /* no handler pushes more at once */

void riscv_log_init(struct riscv_log *log)
{
    *log = (struct riscv_log){0};
}

bool riscv_log_is_fault(uint64_t cause)
{
    switch (cause) {
    case KMS_CAUSE_FETCH_ACCESS:
    case KMS_CAUSE_LOAD_MISALIGNED:
    case KMS_CAUSE_LOAD_ACCESS:
    case KMS_CAUSE_STORE_MISALIGNED:
    case KMS_CAUSE_STORE_ACCESS:
    case KMS_CAUSE_FETCH_PAGE:
    case KMS_CAUSE_LOAD_PAGE:
    case KMS_CAUSE_STORE_PAGE: return true;
    default: return false;
    }
}

/* ---- traps ---- */

static bool read_trap(const char *line, struct riscv_trap *trap, bool *async)
{
    uint64_t hart, interrupt, cause;
    if (!log_after(line, "riscv_cpu_do_interrupt") || !log_number(line, "hart:", 10, &hart) ||
        !log_number(line, "async:", 10, &interrupt) || !log_number(line, "cause:", 16, &cause) ||
        !log_number(line, "epc:", 16, &trap->epc) || !log_number(line, "tval:", 16, &trap->tval))
        return false;
    trap->known = true;
    trap->hart = (unsigned)hart;
    trap->cause = (uint32_t)cause;
    *async = interrupt != 0;
    return true;
}

/* The same instruction again: at the same address, or where a handler without a stack pushes, ever lower. */
static bool is_repeat(const struct riscv_log *log, const struct riscv_trap *trap)
{
    const struct riscv_trap *last = &log->last;
    const uint64_t lower = last->tval - trap->tval;
    if (!last->known || log->interrupted || last->hart != trap->hart || last->cause != trap->cause ||
        last->epc != trap->epc)
        return false;
    return log->repeats ? lower == log->lower : lower <= PUSHES_MAX;
}

static void take_fault(struct riscv_log *log, const struct riscv_trap *trap)
{
    log->faults++;
    if (is_repeat(log, trap)) {
        log->lower = log->last.tval - trap->tval;
        log->repeats++;
    } else {
        log->before = log->last;
        log->before.known = log->last.known && !log->interrupted;
        log->repeats = log->lower = 0;
    }
    log->last = *trap;
    log->interrupted = false;
}

/* ---- registers ---- */

/* " stvec    0000000080000074": each name has eight places. */
static void read_registers(struct riscv_block *block, const char *line)
{
    log_number(line, "pc       ", 16, &block->pc);
    log_number(line, "mstatus  ", 16, &block->mstatus);
    log_number(line, "stvec    ", 16, &block->stvec);
    log_number(line, "sepc     ", 16, &block->sepc);
    log_number(line, "scause   ", 16, &block->scause);
    log_number(line, "stval    ", 16, &block->stval);
    const unsigned digits = log_number(line, "satp     ", 16, &block->satp);
    if (digits) {
        block->known = true;
        block->rv32 = digits == DIGITS_32;
    }
}

void riscv_log_line(struct riscv_log *log, const char *line)
{
    struct riscv_trap trap;
    bool async;
    if (!read_trap(line, &trap, &async)) {
        read_registers(&log->block, line);
        return;
    }
    log->traps++;
    if (!async && riscv_log_is_fault(trap.cause))
        take_fault(log, &trap);
    else
        log->interrupted = true;
}

bool riscv_log_understood(const struct riscv_log *log)
{
    return log->traps || log->block.known;
}
