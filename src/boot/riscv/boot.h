/*
 * boot.h - the pieces of the RISC-V boot image: entry, monitor, traps, console.
 *
 * An image for QEMU's "virt" board without any firmware (-bios none). The kernel runs in S-mode on hart 0. Below it
 * stands a monitor in M-mode, as an SBI implementation would: it makes explicit accesses (with mstatus.MPRV, so that
 * the hardware translates and judges them at the privilege asked for), changes satp and fences, on every hart. The
 * other harts never leave it: they wait for requests.
 *
 * Sources: The RISC-V Instruction Set Manual, volume II, "Machine-Level ISA", for MPRV and "Physical Memory
 * Protection"; the memory map is the board's.
 */
#ifndef BOOT_RISCV_BOOT_H
#define BOOT_RISCV_BOOT_H

/* As bytes, for assembler and C. */
#define STACK_SIZE  0x4000 /* of each hart in the monitor, and of the kernel */
#define BOOT_HARTS  2
#define FRAME_WORDS 32 /* x1 to x31, and mepc or sepc */

/* Bits of mstatus. */
#define MSTATUS_MPP_SHIFT 11
#define MSTATUS_MPP_MASK  0x1800
#define MSTATUS_MPP_S     0x0800
#define MSTATUS_MPRV      0x20000

#define CAUSE_ECALL_FROM_S 9

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

#include "../../vimix/memlayout.h"

/* ---- requests to the monitor ---- */

enum request_kind { REQUEST_LOAD, REQUEST_STORE, REQUEST_FETCH, REQUEST_SATP, REQUEST_FENCE };

struct request {
    enum request_kind kind;
    bool user; /* an access at the user's level */
    bool stay; /* an access: satp keeps the value that it was made with */
    unsigned width;
    reg_t satp;    /* of the access, or to be loaded */
    reg_t address; /* of the access, or of a fence */
    uint64_t value;
    bool has_address, has_asid; /* of a fence */
    reg_t asid;
    /* Answers. */
    bool done; /* the access did not fault */
    reg_t cause, trap_value;
};

/* Run a request on this hart, in M-mode. */
void monitor_run(struct request *request);
/* The same for the kernel, from S-mode on hart 0: on that hart. Returns when it is done. */
void monitor_ask(unsigned hart, struct request *request);

/* Harts that have reported, hart 0 included. */
extern volatile uint32_t monitor_harts;

/* ---- entry.S ---- */

/* One load or store with these bits of mstatus set. 1, or 0 if it trapped: mcause and mtval say why. */
unsigned monitor_load(reg_t address, unsigned width, reg_t mstatus, uint64_t *value);
unsigned monitor_store(reg_t address, unsigned width, reg_t mstatus, const uint64_t *value);
/* Go to U-mode at an address, until a trap: mcause, mepc and mtval say which. */
void monitor_visit(reg_t address);
/* ECALL from S-mode with the request in a0. */
void monitor_call(struct request *request);

/* Where S-mode's traps go, on the page of the trampoline. */
void trap_entry(void);

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
