/*
 * x86.h - the x86 side of the machine: registers, the page walk, the rights decision, invalidation.
 *
 * Modelled: no paging, 32-bit paging (4 KiB and 4 MiB pages, PSE-36), PAE with PDPTE registers, 4-level and
 * 5-level paging with 4 KiB, 2 MiB and 1 GiB pages; WP, NX, SMEP, SMAP, protection keys for user and
 * supervisor pages, global pages, PCIDs. Not modelled: memory types, CET, HLAT, LAM, virtualization. While
 * IA-32e mode is active the CPU is taken to be in 64-bit mode; outside it linear addresses are 32 bits wide
 * and wrap.
 *
 * Source: Intel SDM, volume 3, "Control Registers" and the chapter "Paging".
 */
#ifndef KMEMSIM_X86_H
#define KMEMSIM_X86_H

#include <kmemsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- bits ("Control Registers", "Extended Feature Enable Register", "Paging") ---- */

#define KMS_CR0_PE UINT64_C(0x00000001)
#define KMS_CR0_MP UINT64_C(0x00000002)
#define KMS_CR0_EM UINT64_C(0x00000004)
#define KMS_CR0_TS UINT64_C(0x00000008)
#define KMS_CR0_ET UINT64_C(0x00000010)
#define KMS_CR0_NE UINT64_C(0x00000020)
#define KMS_CR0_WP UINT64_C(0x00010000)
#define KMS_CR0_AM UINT64_C(0x00040000)
#define KMS_CR0_NW UINT64_C(0x20000000)
#define KMS_CR0_CD UINT64_C(0x40000000)
#define KMS_CR0_PG UINT64_C(0x80000000)

#define KMS_CR3_PWT     UINT64_C(0x8)
#define KMS_CR3_PCD     UINT64_C(0x10)
#define KMS_CR3_PCID    UINT64_C(0xfff)
#define KMS_CR3_NOFLUSH (UINT64_C(1) << 63)

#define KMS_CR4_VME        UINT64_C(0x00000001)
#define KMS_CR4_PVI        UINT64_C(0x00000002)
#define KMS_CR4_TSD        UINT64_C(0x00000004)
#define KMS_CR4_DE         UINT64_C(0x00000008)
#define KMS_CR4_PSE        UINT64_C(0x00000010)
#define KMS_CR4_PAE        UINT64_C(0x00000020)
#define KMS_CR4_MCE        UINT64_C(0x00000040)
#define KMS_CR4_PGE        UINT64_C(0x00000080)
#define KMS_CR4_PCE        UINT64_C(0x00000100)
#define KMS_CR4_OSFXSR     UINT64_C(0x00000200)
#define KMS_CR4_OSXMMEXCPT UINT64_C(0x00000400)
#define KMS_CR4_UMIP       UINT64_C(0x00000800)
#define KMS_CR4_LA57       UINT64_C(0x00001000)
#define KMS_CR4_FSGSBASE   UINT64_C(0x00010000)
#define KMS_CR4_PCIDE      UINT64_C(0x00020000)
#define KMS_CR4_OSXSAVE    UINT64_C(0x00040000)
#define KMS_CR4_SMEP       UINT64_C(0x00100000)
#define KMS_CR4_SMAP       UINT64_C(0x00200000)
#define KMS_CR4_PKE        UINT64_C(0x00400000)
#define KMS_CR4_PKS        UINT64_C(0x01000000)

#define KMS_EFER_SCE UINT64_C(0x001)
#define KMS_EFER_LME UINT64_C(0x100)
#define KMS_EFER_LMA UINT64_C(0x400)
#define KMS_EFER_NXE UINT64_C(0x800)

#define KMS_PTE_P   UINT64_C(0x001)
#define KMS_PTE_RW  UINT64_C(0x002)
#define KMS_PTE_US  UINT64_C(0x004)
#define KMS_PTE_PWT UINT64_C(0x008)
#define KMS_PTE_PCD UINT64_C(0x010)
#define KMS_PTE_A   UINT64_C(0x020)
#define KMS_PTE_D   UINT64_C(0x040)
#define KMS_PTE_PAT UINT64_C(0x080) /* in an entry that maps a 4 KiB page */
#define KMS_PDE_PS  UINT64_C(0x080) /* in an upper entry: maps a large page */
#define KMS_PTE_G   UINT64_C(0x100)
#define KMS_PDE_PAT UINT64_C(0x1000) /* in an entry that maps a large page */
#define KMS_PTE_NX  (UINT64_C(1) << 63)

#define KMS_PFERR_P    0x01u /* the translation was there; 0: some entry was not present */
#define KMS_PFERR_WR   0x02u
#define KMS_PFERR_US   0x04u
#define KMS_PFERR_RSVD 0x08u
#define KMS_PFERR_ID   0x10u
#define KMS_PFERR_PK   0x20u

/* ---- CPU model ---- */

#define KMS_X86_PSE     (1u << 0)
#define KMS_X86_PAE     (1u << 1)
#define KMS_X86_PGE     (1u << 2)
#define KMS_X86_PAT     (1u << 3)
#define KMS_X86_PSE36   (1u << 4)
#define KMS_X86_NX      (1u << 5)
#define KMS_X86_LM      (1u << 6) /* IA-32e mode */
#define KMS_X86_1GB     (1u << 7) /* 1 GiB pages */
#define KMS_X86_SMEP    (1u << 8)
#define KMS_X86_SMAP    (1u << 9)
#define KMS_X86_PCID    (1u << 10)
#define KMS_X86_INVPCID (1u << 11)
#define KMS_X86_PKU     (1u << 12)
#define KMS_X86_PKS     (1u << 13)
#define KMS_X86_LA57    (1u << 14)
#define KMS_X86_WP      (1u << 15) /* CR0.WP; the 386 has none */
#define KMS_X86_INVLPG  (1u << 16) /* the 386 has none */

/* Ready-made models. A bit of a feature that the model lacks is reserved, or ignored where the manual says
 * so. */
#define KMS_X86_MODEL_386     0u
#define KMS_X86_MODEL_486     (KMS_X86_WP | KMS_X86_INVLPG)
#define KMS_X86_MODEL_PENTIUM (KMS_X86_MODEL_486 | KMS_X86_PSE)
#define KMS_X86_MODEL_I686    (KMS_X86_MODEL_PENTIUM | KMS_X86_PAE | KMS_X86_PGE | KMS_X86_PAT | KMS_X86_PSE36)
#define KMS_X86_MODEL_X86_64  (KMS_X86_MODEL_I686 | KMS_X86_NX | KMS_X86_LM)
#define KMS_X86_MODEL_MAX     ((1u << 17) - 1u)

#define KMS_X86_MAXPHYADDR_MIN 32u
#define KMS_X86_MAXPHYADDR_MAX 52u

/* ---- registers ---- */

enum kms_x86_reg {
    KMS_X86_CR0,
    KMS_X86_CR2,
    KMS_X86_CR3,
    KMS_X86_CR4,
    KMS_X86_EFER,
    KMS_X86_PKRU,
    KMS_X86_PKRS,      /* the IA32_PKRS MSR */
    KMS_X86_EFLAGS_AC, /* 0 or 1 */
    KMS_X86_CPL,       /* 0 to 3 */
    KMS_X86_PDPTE0,    /* read only; loaded by the CPU with PAE paging */
    KMS_X86_PDPTE1,
    KMS_X86_PDPTE2,
    KMS_X86_PDPTE3,
    KMS_X86_REGS,
};

/* Everything that decides a translation. */
struct kms_x86_state {
    uint64_t cr0, cr2, cr3, cr4, efer;
    uint64_t pdpte[4];
    uint32_t pkru, pkrs;
    uint32_t features; /* KMS_X86_ bits of the CPU model */
    uint8_t maxphyaddr;
    uint8_t cpl;
    bool ac; /* EFLAGS.AC */
};

uint64_t kms_x86_read(const struct kms_cpu *cpu, enum kms_x86_reg reg);

/*
 * Write one register, as MOV to a control register, WRMSR, WRPKRU or STAC would at CPL 0, with the side effects and
 * the invalidations of that instruction. KMS_FAULT: #GP(0), and nothing has changed. KMS_UNBACKED: PDPTEs would
 * come from where nothing answers. `fault` may be NULL. Writing a PDPTE register is #GP.
 *
 *   CR0   The upper half must be zero, PG needs PE, NW needs CD, PG with LME needs PAE, PG cannot be cleared with
 *         PCIDE. Undefined bits of the lower half are ignored and ET stays set. Clearing PG in IA-32e mode is taken
 *         to be done from compatibility mode, where alone it can be done.
 *   CR3   Bits from MAXPHYADDR up must be zero, except bit 63 with PCIDE (which keeps the cached translations and is
 *         not stored). Outside IA-32e mode the instruction has 32 bits, and the upper half of the value is ignored.
 *   CR4   Bits that the CPU model lacks must be zero; in IA-32e mode PAE cannot be cleared and LA57 cannot change;
 *         PCIDE can only be set in IA-32e mode with a zero PCID in CR3. Bits without a say in paging (VME, PVI, TSD,
 *         DE, MCE, PCE, OSFXSR, OSXMMEXCPT, UMIP, FSGSBASE, OSXSAVE) are accepted on every model; VMXE, SMXE, CET,
 *         KL and UINTR belong to features that no model here has.
 *   EFER  Undefined bits must be zero; LME cannot change while PG is set; LMA is the CPU's, writes of it are ignored.
 *         A change of NXE drops nothing: a cached translation keeps the rights that it was cached with.
 *   PKRS  The upper half must be zero, and the model must have it; of PKRU the upper half must be zero.
 *
 * CPL is not checked, and CR4.PKE is not required for PKRU.
 */
enum kms_result kms_x86_write(struct kms_cpu *cpu, enum kms_x86_reg reg, uint64_t value,
                              struct kms_fault *fault);

/* All registers at once. Setting them checks nothing and empties the TLB: for state that comes from elsewhere. */
struct kms_x86_state kms_x86_get_state(const struct kms_cpu *cpu);
void kms_x86_set_state(struct kms_cpu *cpu, const struct kms_x86_state *state);

enum kms_paging_mode kms_x86_paging_mode(const struct kms_x86_state *state);

/* ---- the walk and the decision ---- */

/* The page walk. Pure: it changes nothing and reads only `ram`. An address outside the mode's width is cut to
 * 32 bits, or found non-canonical. Page tables in a device's range read as open bus. */
void kms_x86_walk(const struct kms_x86_state *state, const struct kms_ram *ram, kms_linear linear,
                  struct kms_walk *walk);

/*
 * The decision on a walk: KMS_DONE, or KMS_FAULT with the fault that the access gets. Pure. KMS_UNBACKED if
 * the walk ended at KMS_NO_TABLE. "Determination of Access Rights", "Protection Keys", "Page-Fault
 * Exceptions".
 */
enum kms_result kms_x86_decide(const struct kms_x86_state *state, const struct kms_walk *walk,
                               const struct kms_access *access, struct kms_fault *fault);

/* ---- invalidation ---- */

/* INVLPG. A non-canonical address does nothing. */
void kms_x86_invlpg(struct kms_cpu *cpu, kms_linear linear);

enum kms_x86_invpcid_type {
    KMS_X86_INVPCID_ADDRESS,   /* one address in one PCID, not global */
    KMS_X86_INVPCID_SINGLE,    /* one PCID, not global */
    KMS_X86_INVPCID_ALL,       /* everything, global too */
    KMS_X86_INVPCID_ALL_LOCAL, /* everything but global */
};

/*
 * INVPCID with the descriptor {pcid, linear}. #GP(0) with nothing changed: a type over 3, a PCID over 12
 * bits, for types 0 and 1 a PCID other than 0 while PCIDE is 0, for type 0 a non-canonical address.
 */
enum kms_result kms_x86_invpcid(struct kms_cpu *cpu, uint64_t type, uint64_t pcid, kms_linear linear,
                                struct kms_fault *fault);

/* ---- words ---- */

/*
 * A fault in one sentence: "page fault at 0x00400000: a user-mode write to a page that is present but ...".
 * At most `size` bytes with the final zero; returns the length that the whole sentence has, like snprintf().
 */
size_t kms_x86_fault_words(const struct kms_fault *fault, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
