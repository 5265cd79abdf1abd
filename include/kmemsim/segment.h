/*
 * segment.h - x86 segmentation: descriptor tables, segment registers, logical addresses, interrupts.
 *
 *     logical address           descriptor (in the GDT or an LDT)      paging
 *     selector : offset  ────>  base + offset, limit, type, rights ──> linear ──> physical
 *
 * After power-on and kms_cpu_reset() every segment is flat (base 0, limit 4 GiB, readable and writable), so that
 * whoever does not care for segments never meets them: the accesses of machine.h take linear addresses and ask no
 * segment. (Hardware begins with 64 KiB segments of real-address mode.) kms_x86_set_state() leaves segments alone;
 * snapshots hold them.
 *
 * Modelled: GDTR, IDTR, LDTR, TR; ES CS SS DS FS GS with the cached descriptor; loads from tables in guest memory,
 * which are implicit supervisor accesses through the MMU, with the write that sets the accessed bit, or a TSS's busy
 * bit; the checks of protected mode, and those of 64-bit mode (bases of FS and GS only, canonical addresses, 16-byte
 * system descriptors); in real-address mode loads that set the base to 16 times the selector; interrupts and IRET of
 * 32-bit protected mode. Not modelled: virtual-8086 mode, task switches and task gates, call gates, compatibility
 * mode (with IA-32e mode the CPU is taken to be in 64-bit mode), interrupts in IA-32e mode, shadow stacks. What is
 * not modelled is reported, never skipped.
 *
 * Source: Intel SDM, volume 3, "Protected-Mode Memory Management", "Protection" and "Interrupt and Exception
 * Handling"; volume 2, MOV, LGDT, LLDT, LTR, JMP, INT n and IRET.
 */
#ifndef KMEMSIM_SEGMENT_H
#define KMEMSIM_SEGMENT_H

#include <kmemsim/x86.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- selectors and descriptors ---- */

/*
 *  selector                     error code that names a selector
 *  +-------------+----+-----+   +-------------+----+-----+-----+
 *  | index 15..3 | TI | RPL |   | index 15..3 | TI | IDT | EXT |
 *  +-------------+----+-----+   +-------------+----+-----+-----+
 */
#define KMS_SELECTOR_RPL   0x0003u
#define KMS_SELECTOR_TI    0x0004u /* from the LDT; clear: from the GDT */
#define KMS_SELECTOR_INDEX 0xfff8u /* the index times 8: the descriptor's place in its table */

#define KMS_SELERR_EXT 0x1u /* an event from outside of the program led to the exception */
#define KMS_SELERR_IDT 0x2u /* the index is that of a gate in the IDT */
#define KMS_SELERR_TI  0x4u

/* Attributes: bits 23:8 of a descriptor's upper half, as LAR gives them, without the limit between them. */
#define KMS_SEG_TYPE        0x000fu
#define KMS_SEG_ACCESSED    0x0001u /* of code and data */
#define KMS_SEG_WRITABLE    0x0002u /* of data */
#define KMS_SEG_READABLE    0x0002u /* of code; clear: execute-only */
#define KMS_SEG_EXPAND_DOWN 0x0004u /* of data */
#define KMS_SEG_CONFORMING  0x0004u /* of code */
#define KMS_SEG_CODE        0x0008u /* clear: data */
#define KMS_SEG_S           0x0010u /* code or data; clear: a system descriptor */
#define KMS_SEG_DPL         0x0060u
#define KMS_SEG_DPL_SHIFT   5u
#define KMS_SEG_P           0x0080u
#define KMS_SEG_AVL         0x1000u
#define KMS_SEG_L           0x2000u /* 64-bit code */
#define KMS_SEG_DB          0x4000u /* 32-bit code or stack; expand-down: up to 4 GiB, not 64 KiB */
#define KMS_SEG_G           0x8000u /* the limit is in pages */

/* The types of system descriptors. */
enum kms_system_type {
    KMS_SYSTEM_TSS16 = 1,
    KMS_SYSTEM_LDT = 2,
    KMS_SYSTEM_TSS16_BUSY = 3,
    KMS_SYSTEM_CALL_GATE16 = 4,
    KMS_SYSTEM_TASK_GATE = 5,
    KMS_SYSTEM_INTERRUPT_GATE16 = 6,
    KMS_SYSTEM_TRAP_GATE16 = 7,
    KMS_SYSTEM_TSS = 9,
    KMS_SYSTEM_TSS_BUSY = 11,
    KMS_SYSTEM_CALL_GATE = 12,
    KMS_SYSTEM_INTERRUPT_GATE = 14,
    KMS_SYSTEM_TRAP_GATE = 15,
};

/* The first six as instructions number them. */
enum kms_segment {
    KMS_ES,
    KMS_CS,
    KMS_SS,
    KMS_DS,
    KMS_FS,
    KMS_GS,
    KMS_LDTR,
    KMS_TR,
    KMS_SEGMENTS,
};

/* A segment register: what the program sees of it, and the descriptor cached behind that. */
struct kms_segment_register {
    uint16_t selector;
    uint16_t
        attributes; /* KMS_SEG_; without KMS_SEG_P the register is unusable: a null selector was loaded */
    uint32_t limit; /* in bytes whatever G says: the last offset inside, or of an expand-down segment the last
                            one outside */
    uint64_t base;
};

struct kms_table_register {
    uint64_t base;
    uint16_t limit; /* offset of the table's last byte */
};

struct kms_segment_state {
    struct kms_segment_register segment[KMS_SEGMENTS];
    struct kms_table_register gdtr, idtr;
};

/* The eight bytes of a code, data, LDT or TSS descriptor, decoded; the selector is 0. Pure. */
struct kms_segment_register kms_segment_decode(uint64_t descriptor);

/* "ES" ... "TR". */
const char *kms_segment_name(enum kms_segment segment);
/* What a descriptor is, in words: "writable data", "execute-only code", "available 32-bit TSS". */
const char *kms_segment_type_words(unsigned attributes);

/* ---- the registers ---- */

/* All at once. Setting them checks nothing: for state that comes from elsewhere. */
struct kms_segment_state kms_segment_get_state(const struct kms_cpu *cpu);
void kms_segment_set_state(struct kms_cpu *cpu, const struct kms_segment_state *state);
struct kms_segment_register kms_segment_get(const struct kms_cpu *cpu, enum kms_segment segment);

/*
 * LGDT and LIDT. #GP(0) with nothing changed: CPL is not 0, or in 64-bit mode a base that is not canonical. Outside
 * IA-32e mode the base has 32 bits. `fault` may be NULL here and everywhere below.
 */
enum kms_result kms_segment_lgdt(struct kms_cpu *cpu, const struct kms_table_register *table,
                                 struct kms_fault *fault);
enum kms_result kms_segment_lidt(struct kms_cpu *cpu, const struct kms_table_register *table,
                                 struct kms_fault *fault);

/*
 * Load a segment register as its instruction does:
 *   ES SS DS FS GS   MOV to a segment register
 *   CS               a far JMP to a code segment, offset 0 (kms_segment_jump() takes others)
 *   LDTR, TR         LLDT, LTR
 *
 * The descriptor is read through the MMU by an implicit supervisor access, and its accessed bit set by another if it
 * is clear, so there may be page faults. Otherwise KMS_FAULT is #GP, #NP or #SS as the manual has it; nothing has
 * changed then. KMS_UNBACKED: nothing answers where the descriptor should be. A far JMP to a gate or a TSS is not
 * modelled, and answered as a descriptor of a wrong type is: #GP(selector). In real-address mode LLDT and LTR are #UD.
 */
enum kms_result kms_segment_load(struct kms_cpu *cpu, enum kms_segment segment, uint16_t selector,
                                 struct kms_fault *fault);
/* A far JMP. #GP(0) if the offset is beyond the segment's limit. */
enum kms_result kms_segment_jump(struct kms_cpu *cpu, uint16_t selector, uint32_t offset,
                                 struct kms_fault *fault);

/* ---- logical addresses ---- */

struct kms_logical {
    enum kms_segment segment; /* ES to GS */
    uint64_t offset;          /* outside IA-32e mode of 32 bits */
    uint32_t size;            /* bytes of the access, at least 1 */
    enum kms_access_kind kind;
    enum kms_privilege privilege; /* for the pages; segments have checked theirs when they were loaded */
};

/*
 * The linear address of an access, or the fault that it gets: #SS(0) for SS, #GP(0) for the others. An access must be
 * inside the limit with all its bytes, of a type that allows it (write: writable data; read: not execute-only code;
 * fetch: code), and of a segment that is usable. Outside IA-32e mode the sum wraps at 32 bits. In 64-bit mode only
 * the bases of FS and GS count, limits and types do not, and a non-canonical address is the fault.
 *
 * An access that crosses 4 GiB in a segment whose limit is 4 GiB is the implementation's affair ("Limit Checking");
 * see enum kms_wrap_policy.
 */
enum kms_result kms_segment_linear(struct kms_cpu *cpu, const struct kms_logical *logical, kms_linear *linear,
                                   struct kms_fault *fault);
/* The same without any effect: no event, no fault raised. */
enum kms_result kms_segment_probe(const struct kms_cpu *cpu, const struct kms_logical *logical,
                                  kms_linear *linear, struct kms_fault *fault);

/* The whole access: logical to linear to physical, and the bytes (logical->size of them). */
enum kms_result kms_segment_read(struct kms_cpu *cpu, const struct kms_logical *logical, void *to,
                                 struct kms_fault *fault);
enum kms_result kms_segment_write(struct kms_cpu *cpu, const struct kms_logical *logical, const void *from,
                                  struct kms_fault *fault);

/* ---- interrupts ---- */

#define KMS_EFLAGS_FIXED UINT32_C(0x00000002) /* always 1 */
#define KMS_EFLAGS_TF    UINT32_C(0x00000100)
#define KMS_EFLAGS_IF    UINT32_C(0x00000200)
#define KMS_EFLAGS_IOPL  UINT32_C(0x00003000)
#define KMS_EFLAGS_NT    UINT32_C(0x00004000)
#define KMS_EFLAGS_RF    UINT32_C(0x00010000)
#define KMS_EFLAGS_VM    UINT32_C(0x00020000)
#define KMS_EFLAGS_AC    UINT32_C(0x00040000)

/* The registers that an interrupt saves beside CS and SS, which with CPL are the CPU's. Of EFLAGS, AC is the CPU's
 * too: it is put in and taken out here. */
struct kms_x86_context {
    uint32_t eip, esp, eflags;
};

enum kms_interrupt_kind {
    KMS_INTERRUPT_SOFTWARE,  /* INT n: the gate's DPL counts */
    KMS_INTERRUPT_EXTERNAL,  /* from a device */
    KMS_INTERRUPT_EXCEPTION, /* the CPU's own; those with an error code push it */
};

struct kms_interrupt {
    uint8_t vector;
    enum kms_interrupt_kind kind;
    uint8_t length;      /* of the INT instruction: the saved EIP lies behind it */
    uint32_t error_code; /* of an exception that has one */
};

enum kms_delivery_end {
    KMS_DELIVERED,    /* the CPU stands at the first instruction of the handler of `vector` */
    KMS_TRIPLE_FAULT, /* the CPU has shut down */
    KMS_FAULT_LOOP, /* the page fault's own handler cannot be fetched: the CPU would fault until the stack ends */
    KMS_DELIVERY_UNDONE, /* not modelled (a task gate, virtual-8086 mode, IA-32e mode), or nothing answers at some
                            physical address; the CPU is between two deliveries */
};

#define KMS_DELIVERY_FAULTS 8u

/* A handler whose first instruction has not run. */
struct kms_handler {
    uint8_t vector;
    uint8_t error_code_pushed; /* 1: an error code lies on top of its stack */
    uint32_t error_code;
};

/* What came of an interrupt. */
struct kms_delivery {
    enum kms_delivery_end end;
    uint8_t
        vector; /* with KMS_DELIVERED: whose handler it is; another than was asked for if there was trouble */
    uint8_t error_code_pushed; /* 1: an error code lies on top of the handler's stack */
    uint32_t error_code;
    unsigned faults;                             /* on the way */
    struct kms_fault fault[KMS_DELIVERY_FAULTS]; /* in order, as many as there is room for */
    uint8_t
        interrupts_handler; /* 1: `vector` interrupts another handler at its first fetch: IRET leads there */
    struct kms_handler interrupted; /* that one */
};

/*
 * Deliver an interrupt or exception in 32-bit protected mode ("Exception- and Interrupt-Handler Procedures"): the gate
 * is read from the IDT and the handler's code descriptor from its table, and for a lower CPL the stack from the TSS,
 * by implicit supervisor accesses; then SS, ESP, EFLAGS, CS, EIP and the error code are pushed with the handler's
 * privilege, and the handler's first byte is fetched. All of it goes through the MMU with the page tables in use.
 * A fault on the way is delivered in turn, as the table of "Interrupt 8 - Double Fault Exception (#DF)" has it, until
 * a handler is reached or a fault during a double fault ends it all. Each raises KMS_EVENT_FAULT.
 *
 * On KMS_DELIVERED *context, CS, SS and CPL are the handler's.
 */
struct kms_delivery kms_x86_interrupt(struct kms_cpu *cpu, const struct kms_interrupt *interrupt,
                                      struct kms_x86_context *context);

/*
 * Go on in a handler that an exception had interrupted at its first fetch, after the IRET back to it: its first byte is
 * fetched, and what goes wrong is delivered as above. KMS_DELIVERED with no fault says that it is fetched now.
 */
struct kms_delivery kms_x86_resume_handler(struct kms_cpu *cpu, const struct kms_handler *handler,
                                           struct kms_x86_context *context);

/*
 * IRET in 32-bit protected mode, with 32-bit operands, to the same or an outer level: pops EIP, CS, EFLAGS and, to an
 * outer level, ESP and SS; data segments that the outer level may not have become null. On KMS_FAULT nothing has
 * changed but what page faults change. KMS_UNBACKED: not modelled (NT, a return to virtual-8086 mode, IA-32e mode), or
 * nothing answers at some physical address.
 */
enum kms_result kms_x86_iret(struct kms_cpu *cpu, struct kms_x86_context *context, struct kms_fault *fault);

/* What IRET pops. */
struct kms_x86_frame {
    uint32_t eip, cs, eflags, esp, ss;
};

/* The same IRET with a frame that does not lie on the guest's stack: for a simulated kernel that has none. */
enum kms_result kms_x86_iret_frame(struct kms_cpu *cpu, const struct kms_x86_frame *frame,
                                   struct kms_x86_context *context, struct kms_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
