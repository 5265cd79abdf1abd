/*
 * riscv.h - the RISC-V side of the machine: registers, the page walk, the rights decision, fences.
 *
 *     kms_machine_new(&(struct kms_options){.arch = KMS_ARCH_RV64, .ram_base = KMS_RISCV_RAM_BASE,
 *                                           .ram_size = 1 << 20, .cpus = 2}, &machine);
 *     kms_riscv_write(cpu, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV39, 0, root));
 *
 * A CPU of the machine is a hart. Modelled: Bare, Sv32 on RV32, Sv39, Sv48 and Sv57 on RV64, super pages of every
 * level, Svnapot, Svpbmt (its encodings; memory types have no effect), Svadu and Svade, ASIDs, global entries, SUM,
 * MXR, MPRV. Not modelled: PMP, the hypervisor extension, SXLEN or UXLEN other than XLEN, TVM, delegation (every
 * exception sets scause and stval, whatever the privilege), instruction-address-misaligned exceptions.
 *
 * Faults: vector is the exception's cause, error_code is 0, address is what stval gets: the linear address of the
 * access, or of the part of it that lies on the page at fault. A read-modify-write (KMS_RMW) stands for an AMO and
 * faults as a store.
 *
 * Source: The RISC-V Instruction Set Manual, volume II, "Supervisor-Level ISA" with its sections on Sv32, Sv39, Sv48
 * and Sv57, "Svnapot", "Svpbmt", "Svadu", "Svinval", and "Machine-Level ISA" for mstatus and menvcfg.
 */
#ifndef KMEMSIM_RISCV_H
#define KMEMSIM_RISCV_H

#include <kmemsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the usual boards have their RAM. Nothing depends on it; see kms_options.ram_base. */
#define KMS_RISCV_RAM_BASE UINT64_C(0x80000000)

/*
 * ---- entries ("Addressing and Memory Protection" of each scheme) ----
 *
 *     Sv32   31........10 9 8 7 6 5 4 3 2 1 0       Sv39 and wider   63 62.61 60....54 53.......10 9 8 7 ... 0
 *            PPN          RSW D A G U X W R V                        N  PBMT  reserved PPN         RSW D ... V
 */
#define KMS_RISCV_PTE_V         UINT64_C(0x001)
#define KMS_RISCV_PTE_R         UINT64_C(0x002)
#define KMS_RISCV_PTE_W         UINT64_C(0x004)
#define KMS_RISCV_PTE_X         UINT64_C(0x008)
#define KMS_RISCV_PTE_U         UINT64_C(0x010)
#define KMS_RISCV_PTE_G         UINT64_C(0x020)
#define KMS_RISCV_PTE_A         UINT64_C(0x040)
#define KMS_RISCV_PTE_D         UINT64_C(0x080)
#define KMS_RISCV_PTE_RSW       UINT64_C(0x300) /* software's own */
#define KMS_RISCV_PTE_PPN_SHIFT 10u             /* address bits 12 and up stand from here on */
#define KMS_RISCV_PTE_PBMT      (UINT64_C(3) << 61)
#define KMS_RISCV_PTE_PBMT_NC   (UINT64_C(1) << 61)
#define KMS_RISCV_PTE_PBMT_IO   (UINT64_C(2) << 61)
#define KMS_RISCV_PTE_N         (UINT64_C(1) << 63) /* Svnapot: one of 16 entries of a 64 KiB page */
#define KMS_RISCV_PTE_NAPOT_64K                                                                              \
    (UINT64_C(8) << KMS_RISCV_PTE_PPN_SHIFT) /* the low PPN bits of such an entry */
#define KMS_RISCV_PTE_NAPOT_BITS (UINT64_C(15) << KMS_RISCV_PTE_PPN_SHIFT)

/* ---- satp ("Supervisor Address Translation and Protection (satp) Register") ---- */

#define KMS_SATP32_MODE       UINT64_C(0x80000000) /* Sv32; else Bare */
#define KMS_SATP32_ASID_SHIFT 22u                  /* 9 bits */
#define KMS_SATP32_PPN        UINT64_C(0x003fffff)
#define KMS_SATP64_MODE_SHIFT 60u /* 4 bits, as follows */
#define KMS_SATP64_BARE       UINT64_C(0)
#define KMS_SATP64_SV39       UINT64_C(8)
#define KMS_SATP64_SV48       UINT64_C(9)
#define KMS_SATP64_SV57       UINT64_C(10)
#define KMS_SATP64_ASID_SHIFT 44u /* 16 bits */
#define KMS_SATP64_PPN        UINT64_C(0x00000fffffffffff)

/* The value of satp for a mode (KMS_PAGING_NONE: Bare, all zero), an ASID, and the physical address of the root table.
 * Bits that do not fit are cut off. */
uint64_t kms_riscv_satp(enum kms_paging_mode mode, uint16_t asid, kms_phys root);

/* ---- exceptions ("Supervisor Cause (scause) Register") ---- */

#define KMS_CAUSE_FETCH_ACCESS     1u
#define KMS_CAUSE_LOAD_MISALIGNED  4u
#define KMS_CAUSE_LOAD_ACCESS      5u
#define KMS_CAUSE_STORE_MISALIGNED 6u /* and AMO, here and below */
#define KMS_CAUSE_STORE_ACCESS     7u
#define KMS_CAUSE_FETCH_PAGE       12u
#define KMS_CAUSE_LOAD_PAGE        13u
#define KMS_CAUSE_STORE_PAGE       15u

/* ---- CPU model: kms_options.features ---- */

#define KMS_RISCV_SV39 (1u << 0) /* these three on RV64 only; Sv32 is always there on RV32 */
#define KMS_RISCV_SV48 (1u << 1) /* needs Sv39 */
#define KMS_RISCV_SV57 (1u << 2) /* needs Sv48 */
#define KMS_RISCV_SVADU                                                                                      \
    (1u << 3) /* the CPU can set A and D; without it, Svade: a clear bit is a page fault */
#define KMS_RISCV_SVNAPOT (1u << 4) /* RV64 only */
#define KMS_RISCV_SVPBMT  (1u << 5) /* RV64 only */

/* Features without meaning on RV32 are ignored there. 0 features stand for the largest model, see kms_options. */
#define KMS_RISCV_MODEL_SV39 KMS_RISCV_SV39 /* and Svade */
#define KMS_RISCV_MODEL_MAX  ((1u << 6) - 1u)

#define KMS_RISCV_ASID_BITS_32 9u
#define KMS_RISCV_ASID_BITS_64 16u

/* ---- registers ---- */

enum kms_riscv_privilege { KMS_RISCV_U = 0, KMS_RISCV_S = 1, KMS_RISCV_M = 3 };

enum kms_riscv_reg {
    KMS_RISCV_SATP,
    KMS_RISCV_PRIV,   /* the privilege of the hart: enum kms_riscv_privilege */
    KMS_RISCV_SUM,    /* mstatus.SUM (sstatus.SUM): S may load and store on user pages; 0 or 1 */
    KMS_RISCV_MXR,    /* mstatus.MXR: loads may also read executable pages */
    KMS_RISCV_MPRV,   /* mstatus.MPRV: loads and stores are made with the privilege in MPP */
    KMS_RISCV_MPP,    /* mstatus.MPP: enum kms_riscv_privilege */
    KMS_RISCV_ADUE,   /* menvcfg.ADUE: the CPU sets A and D. Writable with Svadu, else 0 */
    KMS_RISCV_PBMTE,  /* menvcfg.PBMTE: entries have memory types. Writable with Svpbmt, else 0 */
    KMS_RISCV_SCAUSE, /* of the last fault */
    KMS_RISCV_STVAL,
    KMS_RISCV_REGS,
};

/* Everything that decides a translation. */
struct kms_riscv_state {
    uint64_t satp, scause, stval;
    enum kms_arch arch; /* KMS_ARCH_RV32 or KMS_ARCH_RV64 */
    uint32_t features;  /* KMS_RISCV_ bits of the CPU model */
    uint8_t asid_bits;  /* ASIDLEN: 0 to 9, or to 16 */
    uint8_t priv, mpp;  /* enum kms_riscv_privilege */
    bool sum, mxr, mprv, adue, pbmte;
};

/*
 * At reset: M-mode, satp and the rest 0, but ADUE and PBMTE are 1 where the model has them: then a kernel that knows
 * neither meets a CPU that sets A and D for it.
 */

uint64_t kms_riscv_read(const struct kms_cpu *cpu, enum kms_riscv_reg reg);

/*
 * Write one register. Nothing faults and no privilege is asked: fields are WARL, and an illegal value leaves the
 * register as it was.
 *
 *   SATP   An unsupported MODE: the write has no effect. ASID bits beyond ASIDLEN stay 0. On RV32 the upper half of the
 *          value is ignored. Takes effect at once, and forgets nothing: cached translations stay until
 *          kms_riscv_sfence_vma(). Bare with other fields set, which is unspecified, is Bare and keeps the fields.
 *   PRIV   As a trap or xRET would set it, without their other effects. Privilege 2 is illegal, in MPP too.
 *   SUM, MXR, MPRV, ADUE, PBMTE   One bit each: values over 1 are illegal.
 *   SCAUSE, STVAL   On RV32 the upper half of the value is ignored.
 */
void kms_riscv_write(struct kms_cpu *cpu, enum kms_riscv_reg reg, uint64_t value);

/* All registers at once. Setting them checks nothing but the misuse of a wrong `arch`, and empties the TLB: for state
 * that comes from elsewhere. */
struct kms_riscv_state kms_riscv_get_state(const struct kms_cpu *cpu);
void kms_riscv_set_state(struct kms_cpu *cpu, const struct kms_riscv_state *state);

/* What satp selects. Whether an access is translated also depends on its privilege: see the next two. */
enum kms_paging_mode kms_riscv_paging_mode(const struct kms_riscv_state *state);
/*
 * The effective privilege of an access: KMS_AS_CURRENT is PRIV, or with MPRV for loads and stores MPP;
 * KMS_AS_SUPERVISOR and KMS_AS_IMPLICIT are S; KMS_AS_USER is U. In M the address is physical.
 */
enum kms_riscv_privilege kms_riscv_effective(const struct kms_riscv_state *state,
                                             const struct kms_access *access);
bool kms_riscv_is_translated(const struct kms_riscv_state *state, const struct kms_access *access);

/* ---- the walk and the decision ---- */

/*
 * The page walk as satp says, whatever the privilege. Pure: it changes nothing and reads only `ram`. Addresses of RV32
 * are cut to 32 bits. In `walk->level[]`, level is one more than the specification's i, so that 1 is the last.
 *
 *   KMS_NONCANONICAL   the bits above the mode's width do not repeat its highest one
 *   KMS_NOT_PRESENT    V is 0
 *   KMS_RESERVED       W without R; A, D or U in an entry that points to a table; a bit of 60 to 54; N or PBMT where
 *                      the model, PBMTE, the level or the encoding does not allow it. `reserved` has the bits at fault
 *   KMS_MISALIGNED_PAGE  a super page whose frame is not a multiple of its size
 *   KMS_TOO_DEEP       an entry of the last level that points to yet another table
 *   KMS_NO_TABLE       no RAM and no ROM where the entry should be
 */
void kms_riscv_walk(const struct kms_riscv_state *state, const struct kms_ram *ram, kms_linear linear,
                    struct kms_walk *walk);

/*
 * The decision on a walk: KMS_DONE, or KMS_FAULT with the fault that the access gets. Pure. KMS_DONE also for an access
 * that is not translated. With KMS_DONE and ADUE, A (and for a write D) may still have to be set. Of data at physical
 * addresses with nothing behind them it knows nothing.
 *
 * An access fault (1, 5, 7): KMS_NO_TABLE, or A or D would have to be set in an entry that is not in RAM. Everything
 * else is a page fault (12, 13, 15). "Virtual Address Translation Process".
 */
enum kms_result kms_riscv_decide(const struct kms_riscv_state *state, const struct kms_walk *walk,
                                 const struct kms_access *access, struct kms_fault *fault);

/* ---- fences ---- */

/*
 * SFENCE.VMA rs1, rs2 on this hart alone; NULL stands for x0. SINVAL.VMA between its two fences does the same.
 *
 *   NULL, NULL       everything, of all address spaces, global entries too
 *   NULL, asid       one address space, but not global entries
 *   linear, NULL     one address in all address spaces, global entries too
 *   linear, asid     one address in one address space, but not global entries
 *
 * An address drops the page that holds it, super page or not. An address that is not canonical in the current mode
 * does nothing. ASID bits beyond ASIDLEN are ignored.
 */
void kms_riscv_sfence_vma(struct kms_cpu *cpu, const kms_linear *linear, const uint16_t *asid);

/* ---- words ---- */

/*
 * A fault in one sentence: "load page fault at 0x00400000 (cause 13)". At most `size` bytes with the final
 * zero; returns the length that the whole sentence has, like snprintf().
 */
size_t kms_riscv_fault_words(const struct kms_fault *fault, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
