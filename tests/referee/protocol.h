/*
 * What the referee's ROM and its host agree on: where things lie in the emulated PC's memory, and the
 * records of operations and results. Included by the freestanding 32-bit ROM and by 64-bit host programs;
 * every record has the same layout in both (little endian, natural alignment).
 *
 * The ROM must keep running while it tests page tables, so every root that a case installs carries the
 * ROM's own tables in its entry 0 (REF_ROOT0_*). They map linear 0..4 MiB to itself with 4 KiB pages, for the
 * supervisor, Accessed and Dirty preset; a case keeps away from those linear addresses.
 *
 * Base memory: dwords of [REF_DATA, REF_DATA_END) hold REF_PATTERN of their own physical address, all other memory
 * that a case may use holds 0. RESET brings back the base values of what the previous case poked or peeked.
 */
#ifndef REFEREE_PROTOCOL_H
#define REFEREE_PROTOCOL_H

#ifndef __ASSEMBLER__
#include <stdint.h>
#endif

/* Physical addresses below 4 MiB; the ROM maps them to the same linear address. */
#define REF_PAYLOAD     0x00100000 /* the ROM's code and data, copied here at boot */
#define REF_PT32        0x00110000 /* 0..4 MiB, 4-byte entries */
#define REF_PT64        0x00111000 /* 0..4 MiB, 8-byte entries, two tables */
#define REF_PD          0x00113000
#define REF_PDPT        0x00114000
#define REF_PML4        0x00115000
#define REF_PAE_ROOT    0x00116000 /* the ROM's own root for reaching memory above 4 GiB */
#define REF_IDT32_FRAME 0x00118000 /* vectors 0..63 end at the end of this frame */
#define REF_IDT64_FRAME 0x0011a000 /* likewise for long mode */
#define REF_GDT_FRAME   0x0011c000 /* the GDT's 16 descriptors end at the end of this frame */
#define REF_TSS_FRAME   0x0011d000 /* the TSS occupies the last REF_TAIL_TSS bytes of this frame */
#define REF_MAILBOX     0x00120000
#define REF_OPS         0x00121000
#define REF_RESULTS     0x00190000
#define REF_TABLES      0x00200000 /* page tables of the cases: base value 0 */
#define REF_WINDOW      0x003ff000 /* linear page through which the ROM reaches other frames */
#define REF_TABLES_END  0x003ff000
#define REF_DATA        0x00400000 /* pattern */
#define REF_DATA_END    0x00c00000
#define REF_BATCH       0x01000000 /* a batch image (struct ref_batch), when no host is live */

/* Entry 0 of a case's root, by mode: P, RW, US, A (PAE: P alone, the others are reserved). */
#define REF_ROOT0_32BIT  (REF_PT32 + 0x27)
#define REF_ROOT0_PAE    (REF_PD + 0x01)
#define REF_ROOT0_4LEVEL (REF_PDPT + 0x27)
#define REF_ROOT0_5LEVEL (REF_PML4 + 0x27)

/*
 * Implicit supervisor accesses read the first bytes of a page L. The page below L must map the frame named here
 * (present, for the supervisor), because the table's working part ends exactly where L begins.
 */
#define REF_TAIL_IDT32 0x200
#define REF_TAIL_IDT64 0x400
#define REF_TAIL_GDT   0x80
#define REF_TAIL_TSS   0x80

/* What a dword of the data region holds: a read tells its physical address, a fetch meets int3 (0xcc). */
#define REF_PATTERN(pa) (0xccu | (((uint32_t)(pa) >> 2) << 8))

#define REF_MAX_OPS     256   /* operations in one case, RESET included */
#define REF_MAILBOX_OPS 16384 /* operations in one ring of the bell */
#define REF_MAGIC_LIVE  0x4c4d454b
#define REF_MAGIC_BATCH 0x424d454b
#define REF_STREAM_HEAD "KMSREF01" /* what a batch prints before its results */
#define REF_STREAM_END  "KMSREFED"

/* What the ROM has for segments: see enum ref_segment. */
#define REF_SEGMENT_VECTOR 0x1f
#define REF_LANDING        0x30cd /* the two bytes of INT 0x30 */
#define REF_GDT_BASE       (REF_GDT_FRAME + 0x1000 - REF_TAIL_GDT)
#define REF_TSS_BASE       (REF_TSS_FRAME + 0x1000 - REF_TAIL_TSS)
#define REF_IDT_BASE       (REF_IDT32_FRAME + 0x1000 - REF_TAIL_IDT32)

#ifndef __ASSEMBLER__

enum ref_code {
    REF_RESET, /* paging off, CR3 CR4 EFER PKRU PKRS AC 0, CR0 = PE|ET, memory back to its base values */
    REF_POKE,  /* physical store of width 1, 4 or 8 (4 and 8 aligned to 4) */
    REF_PEEK,  /* physical load, likewise */
    REF_CR0,   /* configuration writes: a #GP (or #UD) is the result, and the rest of the case is skipped */
    REF_CR3,   /* unless REF_MAY_FAULT is set */
    REF_CR4,
    REF_EFER,
    REF_PKRU,
    REF_PKRS,
    REF_AC,     /* EFLAGS.AC of later accesses */
    REF_ACCESS, /* ref_kind, width, REF_USER */
    REF_INVLPG,
    REF_INVPCID, /* kind = type, extra = PCID, address */
    REF_CODES
};

#define REF_SEGMENT                                                                                          \
    63 /* enum ref_segment as kind, a level; in legacy mode, paging on or off; apart from the codes of RISC-V */

/*
 * Segments. A case pokes descriptors into free places of the ROM's GDT, code that is `int REF_LANDING` where CS:EIP will
 * lead, the gate of vector REF_SEGMENT_VECTOR, and the ring-2 stack of the TSS; afterwards registers are the ROM's again,
 * but LDTR and TR stay for the rest of the case.
 */
enum ref_segment {
    REF_SEG_LOAD,  /* extra: selector, and above it the register's number in instructions (not CS) */
    REF_SEG_READ,  /* the same, then a read of `width` at offset `address` (SS: not at CPL 0) */
    REF_SEG_WRITE, /* ... or a write of `value` */
    REF_SEG_JUMP,  /* a far JMP to selector `extra`, offset `address` */
    REF_SEG_IRET,  /* from CPL 0: extra is CS, and above it SS; address is EIP */
    REF_SEG_INT,   /* INT REF_SEGMENT_VECTOR */
    REF_SEG_LLDT,  /* extra: selector */
    REF_SEG_LTR,
    REF_SEGMENTS
};

enum ref_kind {
    REF_READ,
    REF_WRITE,
    REF_RMW, /* xchg: locked; stores value, reads the old one */
    REF_FETCH,
    REF_GDT, /* implicit supervisor read of 8 bytes: a descriptor (LAR) */
    REF_IDT, /* implicit supervisor read of 8 or 16 bytes: a gate (INT) */
    REF_TSS, /* implicit supervisor read of 2 bytes: the I/O permission bitmap (IN at CPL 3) */
    REF_KINDS
};

/* ref_op.flags */
#define REF_USER      0x01 /* CPL 3 */
#define REF_MAY_FAULT 0x02 /* a faulting configuration write does not end the case */
#define REF_NO_VALUE  0x04 /* the value read is not comparable (a frame outside RAM) */
#define REF_MPRV      0x08 /* RISC-V: made by M-mode with MPRV; not for fetches */
#define REF_LEVEL1    0x10 /* REF_SEGMENT: CPL 1 */
#define REF_LEVEL2    0x20

#define REF_LEVEL(flags) ((flags)&REF_USER ? 3u : (flags) >> 4 & 3u)

/*
 * Fetches: width 1 meets int3 (byte 0xcc, what the pattern holds at each dword); width 2 meets `int n` (0xcd, n),
 * n from 0x40 on, which the case has poked there (or n = 0xcc found at the start of a following pattern page).
 * The value of a successful fetch is what was executed: 0xcc, or 0xcd | n << 8.
 */
struct ref_op {
    uint8_t code;
    uint8_t width; /* bytes: 1, 2, 4; 8 for pokes, peeks and in long mode */
    uint8_t kind;
    uint8_t flags;
    uint32_t extra;
    uint64_t address; /* linear for accesses and invalidations, physical for pokes and peeks */
    uint64_t value;   /* what to store, or what to write into the register */
};

enum ref_status { REF_DONE, REF_FAULT, REF_SKIPPED, REF_UNSUPPORTED };

struct ref_result {
    uint8_t status;
    uint8_t vector; /* with REF_FAULT */
    uint16_t zero;
    uint32_t error;
    uint64_t cr2;   /* with vector 14, else 0 */
    uint64_t value; /* what was read; 0 where nothing is */
};

/* What CPUID says: raw registers of the leaves that matter. */
struct ref_cpu {
    uint32_t leaf1_ecx, leaf1_edx;
    uint32_t leaf7_ebx, leaf7_ecx;
    uint32_t ext1_edx;
    uint32_t maxphyaddr;
};

/* At REF_MAILBOX. The host writes ops and count, then bell; the ROM answers with results, then done = bell. */
struct ref_mailbox {
    uint32_t magic; /* REF_MAGIC_LIVE once the ROM polls */
    uint32_t bell;
    uint32_t done;
    uint32_t count;
    struct ref_cpu cpu;
};

/* At REF_BATCH, followed by count operations. */
struct ref_batch {
    uint32_t magic;
    uint32_t count;
    uint32_t bytes; /* of the whole image */
    uint32_t zero;
};

#endif
#endif
