/*
 * boot.h - the pieces of the RISC-V boot image: entry, monitor, trampoline, visits, console.
 *
 * An image for QEMU's "virt" board without any firmware (-bios none). The kernel runs in S-mode on hart 0. Below it
 * stands a monitor in M-mode, as an SBI implementation would: it changes satp, fences and runs code on every hart. The
 * other harts never leave it but for what it runs there: they wait for requests.
 *
 * Nothing is translated but by the hardware, for code that runs at the level that is asked for. An explicit access is a
 * visit: one instruction of visit.S runs in U-mode or S-mode until a trap.
 *   - Programs on hart 0: the kernel goes to U-mode over the trampoline's page, which loads the program's satp, and the
 *     trap comes back over it. So do ECALL and the page faults that the kernel repairs.
 *   - The kernel's level on hart 0, and all of the other harts: the monitor goes there by MRET, and the trap is its own.
 *     It changes neither satp nor mstatus.MPP on the way if the level is as before, for QEMU 7.2 empties the TLB then: so
 *     what another hart has cached lasts from one visit to the next, as for code that goes on running there.
 *
 * Sources: The RISC-V Instruction Set Manual, volume II, "Machine-Level ISA", for MRET and "Physical Memory
 * Protection"; the memory map is the board's.
 */
#ifndef BOOT_RISCV_BOOT_H
#define BOOT_RISCV_BOOT_H

/* As bytes, for assembler and C. */
#define STACK_SIZE  0x4000 /* of each hart in the monitor, and of the kernel */
#define BOOT_HARTS  2
#define FRAME_WORDS 32 /* x1 to x31, and mepc or sepc */

/* Bits of mstatus and sstatus. */
#define MSTATUS_MPP_MASK 0x1800
#define MSTATUS_MPP_S    0x0800
#define SSTATUS_SPP      0x0100

#define CAUSE_FETCH_ACCESS_FAULT 1
#define CAUSE_BREAKPOINT         3
#define CAUSE_ECALL_FROM_U       8
#define CAUSE_ECALL_FROM_S       9

/* Where things stand in struct visit, in registers. */
#define VISIT_SATP 0
#define VISIT_PC   1
#define VISIT_A0   2
#define VISIT_A1   3
#define VISIT_A7   4

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

#include "../../vimix/memlayout.h"

/* ---- visits ---- */

/* What to run where, and how it ended. */
struct visit {
    reg_t user_satp; /* read by trampoline_visit() alone */
    reg_t pc;
    reg_t a0, a1; /* as the code finds them, and as it leaves them */
    reg_t a7;
    /* The trap that ended it; pc is where it came. */
    reg_t cause, trap_value;
};

/* ---- requests to the monitor ---- */

enum request_kind { REQUEST_VISIT, REQUEST_SATP, REQUEST_FENCE };

struct request {
    enum request_kind kind;
    struct visit *visit;
    bool user;     /* a visit: in U-mode, else in S-mode */
    reg_t satp;    /* to be loaded */
    reg_t address; /* of a fence */
    bool has_address, has_asid;
    reg_t asid;
};

/* Run a request on this hart, in M-mode. */
void monitor_run(const struct request *request);
/* The same for the kernel, from S-mode on hart 0: on that hart. Returns when it is done. */
void monitor_ask(unsigned hart, struct request *request);

/* Harts that have reported, hart 0 included. */
extern volatile uint32_t monitor_harts;

/* ---- entry.S ---- */

/* From M-mode to visit->pc at the level that these bits of mstatus.MPP say, until a trap: mcause, mepc and mtval say
 * which. */
void monitor_visit(struct visit *visit, reg_t mpp);
/* ECALL from S-mode with the request in a0. */
void monitor_call(struct request *request);

/* ---- trampoline.S ---- */

/* Of code on the trampoline's page: where every address space has it. */
#define AT_TRAMPOLINE(code) (TRAMPOLINE + ((reg_t)(uintptr_t)(code)&PAGE_OFFSET))

/* From S-mode on hart 0 to visit->pc in U-mode, until a trap: scause, sepc and stval say which. To be called at its
 * AT_TRAMPOLINE() address, with stvec at that of trampoline_return. */
void trampoline_visit(struct visit *visit);
void trampoline_return(void);
/* Where S-mode's own traps go. */
void trap_entry(void);

/* ---- visit.S: what a visit runs, on a page of its own; a0 is an address, a1 a value. EBREAK follows each. ---- */

extern const char visit_load1[], visit_load2[], visit_load4[], visit_load8[];
extern const char visit_store1[], visit_store2[], visit_store4[], visit_store8[];
extern const char visit_ecall[];

/* ---- hw.c and access.c ---- */

/* Each hart's two levels, and at which it was left: hart 0 always at the kernel's. */
struct level {
    reg_t kernel_satp, user_satp;
    bool at_user;
};
/* Those of the acting hart. */
const struct level *hw_level(void);
/* The acting hart goes there, unless it is there or hart 0, which goes over the trampoline. */
void hw_go_to_level(bool user);

/* From paging on, the kernel's traps enter through the trampoline's own address. */
void hw_set_trap_vector(reg_t satp);

/* ---- registers ---- */

#define read_csr(name)                                                                                       \
    ({                                                                                                       \
        reg_t csr_value;                                                                                     \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value));                                               \
        csr_value;                                                                                           \
    })
#define write_csr(name, value) __asm__ volatile("csrw " #name ", %0" : : "r"((reg_t)(value)) : "memory")

static inline void fence_all(void)
{
    __asm__ volatile("sfence.vma" : : : "memory");
}

#endif
#endif
