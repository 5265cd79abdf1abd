/*
 * An oracle of x86 segmentation, written from the manual alone.
 *
 * It judges sim/machine/segment*.c and interrupt*.c and shares nothing with them. Each rule is one line that can be
 * laid beside the pseudocode of the Intel SDM, volume 2, that it transcribes: "MOV - Move", "LLDT", "LTR", "JMP - Jump"
 * (far jumps to code segments), "INT n/INTO/INT3/INT1", "IRET/IRETD"; for accesses volume 3, "Limit Checking", "Type
 * Checking" and "Logical and Linear Addresses".
 *
 * Descriptors are put before it as they lie in memory, bit by bit; it asks for the bits by their numbers in the
 * manual's figures. Paging, tables and memory are the caller's.
 */
#ifndef TESTS_ORACLE_SEGMENT_ORACLE_H
#define TESTS_ORACLE_SEGMENT_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

enum so_which { SO_ES, SO_CS, SO_SS, SO_DS, SO_FS, SO_GS, SO_LDTR, SO_TR, SO_REGISTERS };

/* Vector 0: no exception. */
struct so_verdict {
    unsigned vector;
    uint32_t code;
};

/* A load: MOV to a segment register, a far JMP for CS, LLDT, LTR. */
struct so_load {
    enum so_which which;
    uint16_t selector;
    unsigned cpl;
    bool ia32e; /* 64-bit mode */
    uint32_t gdt_limit;
    bool ldt_usable;
    uint32_t ldt_limit;
    uint64_t descriptor; /* what lies at the selector's place */
    uint64_t upper;      /* the eight bytes behind it */
    uint32_t target;     /* of a jump */
};

/* What is in the register afterwards, if there was no exception. */
struct so_loaded {
    bool usable;
    uint16_t selector;
    uint64_t base;
    uint32_t limit;
    uint64_t descriptor; /* as it lies in memory afterwards */
};

struct so_verdict so_load(const struct so_load *load, struct so_loaded *loaded);

enum so_kind { SO_READ, SO_WRITE, SO_FETCH };

/* An access through a register that holds this descriptor; limit and base are worked out from it. */
struct so_access {
    enum so_which which;
    bool usable;
    uint64_t descriptor;
    enum so_kind kind;
    uint32_t offset, size;
    bool may_wrap; /* the implementation lets accesses go around a limit of 4 GiB */
};

struct so_verdict so_access(const struct so_access *access, uint32_t *linear);

/* An interrupt through an IDT gate, up to the first exception; selectors point to descriptors that are there. */
struct so_interrupt {
    unsigned vector, cpl;
    bool software;
    bool pushes_error;
    uint32_t idt_limit;
    uint64_t gate;
    bool code_in_table, stack_in_table; /* the selectors are inside their tables' limits */
    uint64_t code, stack;               /* descriptors */
    uint16_t stack_selector;            /* in the TSS */
    uint32_t esp;                       /* in the TSS, or now */
    uint64_t stack_now;                 /* the descriptor in SS */
    uint16_t tss_selector;
    uint32_t tss_limit;
};

struct so_arrival {
    unsigned cpl;
    bool new_stack;
    bool is_trap;
    unsigned width; /* of a push */
    uint32_t eip;
};

struct so_verdict so_interrupt(const struct so_interrupt *interrupt, struct so_arrival *arrival);

/* IRET of 32 bits; the frame has been popped. */
struct so_return {
    unsigned cpl;
    uint16_t cs, ss;
    uint32_t eip;
    bool code_in_table, stack_in_table;
    uint64_t code, stack;
};

struct so_verdict so_return(const struct so_return *frame);

#endif
