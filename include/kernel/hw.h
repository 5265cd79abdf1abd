/*
 * hw.h - the seam: everything that kernel code wants of the machine below it.
 *
 * One header, several implementations, chosen by the linker:
 *   sim/guest/      hosted: simulated registers over guest RAM, directly or through the linear window
 *   src/boot/x86/   on the metal: CR0, CR2, CR3, CR4, INVLPG, IRET, a serial port
 *   src/boot/riscv/ on the metal: satp, SFENCE.VMA, a serial port; what RISC-V has besides is in hw_riscv.h
 *
 * Rules that hold for every function:
 *   - Addresses are linear addresses held in integers. Native code reaches the low 4 GiB: a C pointer to guest
 *     memory comes from hw_ptr() and goes back through hw_linear(); never store a pointer in guest memory, its
 *     width is the host's. Explicit accesses reach all of a wider address space.
 *   - Nothing here allocates, and nothing here keeps a pointer that it was given.
 *   - An address is an offset into the data segment, and linear because every kernel here has its base at 0.
 *   - A function that can be refused by the machine says so in its type; the others cannot fail.
 */
#ifndef KERNEL_HW_H
#define KERNEL_HW_H

#include <stdbool.h>
#include <stdint.h>

/* ---- memory ---- */

/*
 * The C pointer through which kernel code reaches a linear address. On the metal it is the address itself.
 * Hosted with the linear window it is window base + address, and using it walks the guest's page tables.
 * Hosted in direct mode it points into guest RAM with linear taken as physical, which is right for
 * identity-mapped memory only: translate a user's address to physical before using it.
 */
void *hw_ptr(uint32_t linear);

/*
 * Whether hw_ptr() leads through the page tables once paging is on: true on the metal and in the linear window.
 * False in direct mode, where a kernel whose memory is not identity-mapped hands hw_ptr() the physical address.
 */
bool hw_ptr_translates(void);

/* The inverse of hw_ptr(). The pointer must have come from hw_ptr(), arithmetic included. */
uint32_t hw_linear(const void *ptr);

/* Bytes of RAM, holes included: from physical address 0 on x86, from hw_ram_base() on RISC-V. */
uint64_t hw_ram_size(void);

/*
 * Physical memory as a boot loader reports it: ranges that may overlap, in no order, of which only those that are
 * usable are RAM that is free for the kernel. Hosted they are the machine's regions; on the metal they are the
 * entries of the Multiboot memory map. src/lib/memory_map.h makes runs of pages of them.
 */
struct hw_memory_range {
    uint64_t start, size; /* in bytes */
    bool usable;
};

/* Range number index, from 0; false: there are not so many. */
bool hw_memory_range(uint32_t index, struct hw_memory_range *range);

/* ---- registers of x86 ---- */

/*
 * Read and write control registers. A write has the effects that the manual gives the MOV instruction: a CR3
 * write drops the cached translations, a CR0 write may turn paging on or off. A write that the hardware would
 * answer with #GP ends in hw_panic().
 */
uint32_t hw_read_cr0(void);
uint32_t hw_read_cr2(void);
uint32_t hw_read_cr3(void);
uint32_t hw_read_cr4(void);
void hw_write_cr0(uint32_t value);
void hw_write_cr3(uint32_t value);
void hw_write_cr4(uint32_t value);

/*
 * Let page-table entries forbid instruction fetches (EFER.NXE, "Extended Feature Enable Register"). False, and nothing
 * changed: this CPU has no such bit, and bit 63 of an entry is reserved.
 */
bool hw_enable_nx(void);

/* Invalidate the cached translations of the page that holds this linear address (INVLPG). */
void hw_invlpg(uint32_t linear);

/* ---- segments of x86 ---- */

/*
 * LGDT, LIDT and LTR. The tables and the TSS are the kernel's own, in guest memory; the machine reads them through the
 * page tables in use, whenever the manual says so. What hardware answers with a fault ends in hw_panic().
 *
 * A kernel that never calls these runs in flat segments.
 */
void hw_lgdt(uint32_t base, uint16_t limit);
void hw_lidt(uint32_t base, uint16_t limit);
void hw_ltr(uint16_t selector);

/*
 * A far jump to `code`, then `data` into DS, ES, FS, GS and SS.
 *
 * From here on the data segment's limit protects memory. hw_kernel_load(), hw_user_load() and their like check every
 * byte. Through the linear window the kernel's own pointers are checked by the page: what lies beyond the page that
 * holds the limit is #GP. Pointers of direct mode are not checked. Hosted, the base of `data` must be 0 and the
 * segment one that expands up, or this ends in hw_panic(): a pointer is an offset into it.
 */
void hw_load_segments(uint16_t code, uint16_t data);

/* ---- page faults of x86 ---- */

struct hw_page_fault {
    uint32_t address; /* CR2 */
    uint32_t error;   /* PFERR_ bits */
};

/*
 * Called on every page fault, of the kernel's own code or of a user's access. True: the cause is repaired,
 * run the access again. False: it is not. A user's access then fails; the kernel's own access ends in
 * hw_panic().
 */
typedef bool (*hw_page_fault_handler)(const struct hw_page_fault *fault);

/* Install the handler; NULL means that no fault can be repaired. */
void hw_set_page_fault_handler(hw_page_fault_handler handler);

/* ---- user mode ---- */

/*
 * One access at user level in the current address space, as the user's program would make it: little-endian,
 * width 1, 2 or 4 bytes, or 8 on a 64-bit machine; a 32-bit machine takes the low 32 bits of the address. False:
 * it faulted and the handler did not repair it; *value and memory are unchanged.
 */
bool hw_user_load(uint64_t linear, unsigned width, uint64_t *value);
bool hw_user_store(uint64_t linear, unsigned width, uint64_t value);
/* An instruction fetch at user level, of one byte (RISC-V: two); what stands there is not executed when hosted. */
bool hw_user_fetch(uint64_t linear);

/*
 * For a kernel that is not mapped in its programs' address spaces: CR3 holds this value while the three functions
 * above and hw_user_syscall() are in user mode, and what it held before whenever the kernel runs, its handlers
 * included. 0: user mode has the address space that the kernel has.
 */
void hw_set_user_cr3(uint32_t cr3);

/*
 * The same two accesses at the kernel's level: what the kernel's own load or store would do to this linear address,
 * through the tables in every mode. False: it faulted and the handler did not repair it, and nothing ended in hw_panic().
 */
bool hw_kernel_load(uint64_t linear, unsigned width, uint64_t *value);
bool hw_kernel_store(uint64_t linear, unsigned width, uint64_t value);

/* An x86 kernel answers system calls here: command in EAX, arguments in EBX and ECX, the result goes to EAX. */
typedef uint32_t (*hw_syscall_handler)(uint32_t command, uint32_t arg1, uint32_t arg2);
void hw_set_syscall_handler(hw_syscall_handler handler);

/* A system call made at user level (INT 0x80, ECALL): the installed handler's result. Without a handler, all ones.
 * A 32-bit machine takes and gives 32 bits. */
uint64_t hw_user_syscall(uint64_t command, uint64_t arg1, uint64_t arg2);

/* ---- interrupts from ring 3 ---- */

/* Programs run with these selectors: the kernel's GDT has its ring-3 segments there. */
#define HW_USER_CODE_SELECTOR 0x1bu
#define HW_USER_DATA_SELECTOR 0x23u

/*
 * The kernel's side of every interrupt but page faults, which go to their own handler, and system calls made by
 * hw_user_syscall(). It runs at CPL 0 on the page tables that the program ran on (after hw_set_user_cr3() too), until
 * it switches itself; what it touches must be mapped there. It returns to the program, so it must have switched back
 * by then.
 */
typedef void (*hw_interrupt_handler)(uint32_t vector, uint32_t error);
void hw_set_interrupt_handler(hw_interrupt_handler handler);

/* How an interrupt ended. */
enum hw_interrupt_end {
    HW_INTERRUPT_RETURNED, /* its handler ran, and IRET went back to ring 3 */
    HW_INTERRUPT_FAULTED,  /* an exception came instead, or IRET got one, and nobody repaired it */
    HW_INTERRUPT_DEAD, /* a triple fault, or page faults without end: told by hosted runs alone, it resets a PC */
};

/* The first exception on the way; vector 0: none. */
struct hw_interrupt_trouble {
    uint32_t vector, error;
    uint32_t address; /* CR2 of a page fault */
};

/*
 * INT `vector`, made by a program at CPL 3 in the current address space, or the one that hw_set_user_cr3() names.
 * Hosted, ring 3 is entered as IRET enters it, the machine reads the gate, the descriptors and the TSS through the
 * program's page tables, pushes onto the ring-0 stack and fetches the first byte of the handler that the gate names;
 * then the handler installed above runs, and IRET goes back. The gate's address need only be where the kernel's entry
 * code is, or stands for it; on the metal it must lead to that code. Afterwards registers are what they were, CR3
 * too. `trouble` may be NULL.
 */
enum hw_interrupt_end hw_user_interrupt(uint8_t vector, struct hw_interrupt_trouble *trouble);

/* ---- backing store ---- */

#define HW_STORE_PAGE 4096u

/* A part of one page of the store, into memory or out of it. */
struct hw_transfer {
    uint32_t page;   /* of the store, below hw_store_pages() */
    uint32_t offset; /* of the first byte in that page */
    uint32_t bytes;  /* offset + bytes is at most HW_STORE_PAGE */
    void *memory;    /* from hw_ptr(), present and not the user's; holds bytes */
    bool write;      /* memory to store */
};

/* Pages of the backing store beside RAM, 0 where there is none: a disk on the metal, an array when hosted. */
uint32_t hw_store_pages(void);

/*
 * Move bytes between memory and the store. The number that was moved, which may be smaller than asked for; 0 if
 * the store is busy and wants to be asked again; negative if it failed, and then what was to be written is unknown.
 */
int32_t hw_store_transfer(const struct hw_transfer *transfer);

/* ---- console and end ---- */

/* One character to the console: the serial port, or the observer of a hosted run. */
void hw_putchar(char c);

/* The kernel cannot go on. Does not return to the caller; a hosted run reports the reason and goes on after
 * the operation that led here. */
_Noreturn void hw_panic(const char *reason);

#endif
