/*
 * hw_riscv.h - the seam of RISC-V kernels: what hw.h has for every kernel, and what only RISC-V has.
 *
 * Implemented by sim/guest/hw_riscv.c (hosted) and by src/boot/riscv (on the metal, where a small monitor in M-mode
 * stands below the kernel as an SBI would). hw.h's rules hold; its registers and page faults of x86 are not here.
 *
 * Harts. The kernel's native code runs on hart 0. One hart at a time is the acting one: the explicit accesses of hw.h,
 * satp and the fences are that hart's. Every hart has a TLB of its own, and nothing but a fence empties it.
 *
 * Levels. Each hart is at the kernel's or at the user's level, each with its satp. Going from one to the other is the
 * trampoline's work: it loads the level's satp and fences everything on that hart (SFENCE.VMA x0, x0). Hart 0 goes
 * back to the kernel's level after every access of a user; another hart stays where its last access was.
 */
#ifndef KERNEL_HW_RISCV_H
#define KERNEL_HW_RISCV_H

#include <kernel/hw.h>

/* Where RAM begins; hw_ram_size() bytes follow. Native code reaches it through hw_ptr(). */
uint64_t hw_ram_base(void);

/* ---- harts ---- */

/* How many there are, and the acting one. */
unsigned hw_harts(void);
unsigned hw_hart(void);
/* A hart that does not exist is hw_panic(). */
void hw_use_hart(unsigned hart);

/* ---- satp ---- */

/* The kernel's level of the acting hart. A write takes effect at once and forgets nothing. A MODE that the hart does not
 * have leaves satp as it was. */
uint64_t hw_read_satp(void);
void hw_write_satp(uint64_t satp);

/* The user's level of the acting hart: the value that the trampoline loads on the way there. A hart that is at the
 * user's level already leaves it. */
void hw_set_user_satp(uint64_t satp);

/* ---- fences ---- */

/* SFENCE.VMA on the acting hart; NULL stands for x0: every address, every address space. */
void hw_sfence_vma(const uint64_t *address, const uint16_t *asid);
/* The same on every hart but the acting one, and not before it has happened there. */
void hw_remote_sfence_vma(const uint64_t *address, const uint16_t *asid);

/* ---- traps ---- */

struct hw_trap {
    uint64_t cause; /* scause */
    uint64_t value; /* stval */
    bool user;      /* from the user's level */
};

/* Called on every page fault and access fault, at the kernel's level. True: the cause is repaired, run the access again.
 * False: it is not; a user's or an explicit access fails, native code ends in hw_panic(). */
typedef bool (*hw_trap_handler)(const struct hw_trap *trap);
void hw_set_trap_handler(hw_trap_handler handler);

/* Answers hw_user_syscall(): the number in a7, arguments in a0 and a1, the result goes to a0. */
typedef uint64_t (*hw_ecall_handler)(uint64_t number, uint64_t arg0, uint64_t arg1);
void hw_set_ecall_handler(hw_ecall_handler handler);

#endif
