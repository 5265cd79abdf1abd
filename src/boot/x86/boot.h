/*
 * boot.h - the pieces of the boot image: entry, descriptor tables, traps, ring 3, serial port.
 *
 * An i386 image for a Multiboot 1 loader ("Multiboot Specification version 0.6.96"). It runs with interrupts
 * off: no interrupt controller is programmed, so only exceptions and INT arrive. Image, boot module and boot stack
 * lie from 1 MiB up to BOOT_STACK_TOP, in that order; where traps from ring 3 push is the kernel's choice
 * (boot_kernel.h).
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <stdint.h>

#include "../boot_replay.h"

/*
 * Places what the processor and the stubs use between an interrupt from ring 3 and the load of the kernel's directory. A
 * kernel that is not mapped in its programs' spaces (hw_set_user_cr3()) has a layout that collects these sections, and
 * maps them there; in any other they lie among their like.
 */
#define ENTRY_SECTION(kind) __attribute__((section("." #kind ".ul_visible")))

#define BOOT_STACK_BOTTOM 0x001f0000u
#define BOOT_STACK_TOP    0x00200000u

/* Selectors of the image's GDT: descriptors.c makes them, stubs.S has them too. */
#define KERNEL_CODE 0x08u
#define KERNEL_DATA 0x10u

#define VECTOR_DEBUG      1u
#define VECTOR_PAGE_FAULT 14u
#define VECTOR_EXCEPTIONS 32u
#define VECTOR_SYSCALL    0x80u
#define VECTOR_LEAVE      0x81u /* how code in ring 3 comes back to the C function that entered it */

/* What stubs.S pushes: PUSHA, then vector and error code, then what the processor pushed. */
struct trap_frame {
    uint32_t edi, esi, ebp, unused_esp, ebx, edx, ecx, eax;
    uint32_t vector, error;
    uint32_t eip, cs, eflags;
    uint32_t user_esp, user_ss; /* from ring 3 only */
};

/* Registers for a visit to ring 3; the order is stubs.S's. */
struct user_visit {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
    uint32_t eip, eflags, esp;
};

/* ---- descriptors.c ---- */

/* Load the GDT, the IDT and the task register. */
void descriptors_init(void);

/* ---- stubs.S ---- */

extern const uint32_t trap_entries[VECTOR_EXCEPTIONS];
void trap_syscall(void);
void trap_leave(void);

/* Run in ring 3 until INT VECTOR_LEAVE or leave_user(); the answer is EAX of the one, or the argument of the
 * other. */
uint32_t enter_user(const struct user_visit *visit);
_Noreturn void leave_user(uint32_t answer);

/* What hw_set_user_cr3() was told, and the kernel's own CR3 then; 0: both run in one space. */
extern uint32_t boot_user_cr3, boot_kernel_cr3;

/* The page that holds all code for ring 3. */
extern const uint8_t ring3_code[];

/* Code for ring 3: one access at EBX through EAX, or one system call; each then leaves. */
void user_load1(void);
void user_load2(void);
void user_load4(void);
void user_store1(void);
void user_store2(void);
void user_store4(void);
void user_syscall(void);
/* 256 pieces of USER_INTERRUPT_SIZE bytes: INT of one vector each, then the way back. */
extern const uint8_t user_interrupts[];
#define USER_INTERRUPT_SIZE 4u

/* One access in ring 0. 1, or 0 if it faulted: a fault between the two labels goes on at
 * kernel_access_failed. */
uint32_t kernel_load(uint32_t linear, uint32_t width, uint32_t *value);
uint32_t kernel_store(uint32_t linear, uint32_t width, uint32_t value);
void kernel_access_start(void);
void kernel_access_end(void);
void kernel_access_failed(void);

/* ---- trap.c ---- */

/* Called by stubs.S for every exception and for VECTOR_SYSCALL. */
void trap_handle(struct trap_frame *frame);

/* ---- serial.c ---- */

void serial_init(void);
void serial_putchar(char c);

/* ---- ports ---- */

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

#define EXIT_PORT 0xf4 /* QEMU's isa-debug-exit: the process ends with 2 * value + 1 */

/* Bytes of RAM, and its ranges, as the loader reported them. The map is the caller's and lasts. */
struct memory_map;
void boot_set_memory(uint32_t bytes, const struct memory_map *map);

#endif
