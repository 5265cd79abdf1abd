/*
 * quirks.h - where an emulator is known to be wrong, or to have chosen otherwise than the machine.
 *
 * Every quirk has a name, belongs to one oracle and version, and explains one precise kind of difference. The machine's
 * answer is never touched: a quirk says why theirs differs. What no quirk explains is a difference.
 */
#ifndef REFEREE_QUIRKS_H
#define REFEREE_QUIRKS_H

#include "case.h"
#include "emulator.h"

enum quirk {
    QUIRK_NONE,
    QEMU_RSVD_WITHOUT_P,  /* a reserved-bit fault is reported without P */
    QEMU_READ_THEN_WRITE, /* a locked access is a read and then a write: in errors, A, D, and over two pages */
    QEMU_PDPTE_ACCESSED,  /* PAE: PDPTEs in memory get A */
    QEMU_PDPTE_IN_MEMORY,      /* PAE: PDPTEs are read in each walk, and are not checked when loaded */
    QEMU_1GB_ACCESSED,         /* a 1 GiB entry gets A even if the access then faults */
    QEMU_PSE36_ANY_WIDTH,      /* PSE-36 ignores MAXPHYADDR: only bit 21 is reserved */
    QEMU_IMPLICIT_WITH_AC,     /* EFLAGS.AC at CPL 0 lifts SMAP for implicit accesses too */
    QEMU_UNCHECKED_REGISTER,   /* a register write that the manual refuses is accepted */
    QEMU_USER_WITHOUT_PKS,     /* a user's access to a supervisor page never reports PK */
    QEMU_FETCH_LARGE_STALE,    /* INVLPG in a large page leaves translations for fetches elsewhere in it */
    BOCHS_IMPLICIT_WITH_AC,    /* EFLAGS.AC lifts SMAP for implicit accesses at any CPL */
    BOCHS_PDPTE_EAGER,         /* PAE: any change of CR0.WP or CR4.SMAP loads the PDPTEs again */
    QEMU_SEGMENT_UNCHECKED,    /* accesses ask no limit, type or null segment, IRET and INT no limit */
    QEMU_CODE_NOT_ACCESSED,    /* jumps, interrupts and IRET set no accessed bits */
    QEMU_TSS_STACK_TS,         /* a stack in the TSS that is not present is #TS, not #SS */
    QEMU_PUSHES_AS_SUPERVISOR, /* INT to a handler at CPL 3 pushes with the supervisor's rights */
    QEMU_GATE16_OFFSET,        /* the upper half of a 16-bit gate's offset counts, where it is reserved */
    BOCHS_WRAP_FAULTS,     /* around 4 GiB in a segment with a base is a fault: the manual leaves it open */
    BOCHS_EIP_FIRST,       /* a handler beyond its segment's limit is found before a stack without room */
    BOCHS_PUSHES_FIRST,    /* a stack that ends within the frame keeps what fitted */
    IRET_STACK_NP,         /* both: IRET to a stack that is not present is #NP, not #SS */
    TSS_ROOM,              /* both: a TSS must hold two bytes behind the SS that is read from it */
    QEMU_ABSENT_TABLE,     /* RISC-V, until QUIRKS: a table where no memory is gives a page fault */
    QEMU_ALIGNED_TVAL,     /* a misaligned load where no memory is: tval is rounded down */
    QEMU_AMO_LOAD_ACCESS,  /* an AMO where no memory is faults as a load */
    QEMU_SUM_FETCH,        /* S-mode executes a user page that it has read or written under SUM */
    QEMU_NAPOT_ACCESSED,   /* a reserved size of Svnapot faults after A and D were set */
    QEMU_SV32_TRUNCATED,   /* physical addresses that Sv32 makes lose bits 33:32 */
    QEMU_PBMTE_IGNORED,    /* with Svpbmt, memory types are permitted whatever menvcfg.PBMTE says */
    QEMU_RESERVED_IGNORED, /* with Svnapot or Svpbmt fewer bits are reserved */
    QUIRKS
};

const char *quirk_name(enum quirk quirk);
const char *quirk_words(enum quirk quirk);

/* What came before an operation of a case, as far as quirks depend on it. */
struct quirk_context {
    const struct ref_case *c;
    uint64_t cr0, cr3, cr4, efer;
    bool faulted;     /* some access before faulted, on either side */
    bool pdpte_poked; /* PAE: a PDPTE in memory differs from its register */
    bool pdpte_eager; /* ... and CR0 or CR4 was written since */
    bool sum;         /* RISC-V: mstatus.SUM */
    unsigned pages;   /* ... 4 KiB pages that S-mode has read or written under it; the last ones count */
    uint64_t page[8];
    enum quirk astray; /* of segments: memory is not the same since */
};

/* The machine's answer to one operation, or to each of a case, and the emulator's. */
struct answers {
    const struct ref_result *mine, *theirs;
};

void quirk_context_begin(struct quirk_context *context, const struct ref_case *c);
/* Take note of operation i, after it was judged. */
void quirk_context_step(struct quirk_context *context, size_t i, const struct answers *answers);

/* Would QEMU not survive the case, because it accepts a value of CR3 that must be refused? */
bool quirk_kills_qemu(const struct ref_case *c);

/*
 * Why the emulator's answer to operation i is this one, to the bit, where the machine's is another; QUIRK_NONE if
 * nothing explains it.
 */
enum quirk quirk_explain(enum emulator_kind oracle, const struct quirk_context *context, size_t i,
                         const struct answers *answers);

/*
 * For stories alone, whose few cases were all looked at: what may have led to another answer, and to another state after
 * it. Random cases never come here, and avoid what these quirks are about.
 */
enum quirk quirk_of_story(enum emulator_kind oracle, const struct quirk_context *context, size_t i,
                          const struct answers *answers);

#endif
