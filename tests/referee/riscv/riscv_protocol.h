/*
 * What the RISC-V referee's program and its host agree on, beside protocol.h: places, patterns and the operations that
 * only RISC-V has. Included by the freestanding program and by host programs.
 *
 * The program runs in M-mode without translation, so no page table that a case makes can take its memory away. What
 * runs in S- and U-mode are stubs on two pages at the top of the address space; writing satp puts them into the last
 * entry of the root, as far as the root lies among the tables. A case keeps away from those addresses and that entry.
 *
 * RAM begins at RV_RAM; RV_RAM + an address of protocol.h is where a thing lies (RV_RAM + REF_MAILBOX and so on). Words of
 * [RV_DATA, RV_DATA_END) hold RV_PATTERN of their own physical address, all other memory of a case holds 0.
 */
#ifndef REFEREE_RISCV_PROTOCOL_H
#define REFEREE_RISCV_PROTOCOL_H

#include "protocol.h"

#define RV_RAM        0x80000000u
#define RV_STUB_PT    (RV_RAM + REF_PT32) /* last table of the stubs, then those above it */
#define RV_STUB_PT32  (RV_STUB_PT + 0x4000u)
#define RV_TABLES     (RV_RAM + REF_TABLES)
#define RV_TABLES_END (RV_RAM + REF_TABLES_END - 0xff000u)
#define RV_DATA       (RV_RAM + REF_DATA)
#define RV_DATA_END   (RV_RAM + REF_DATA_END)
#define RV_ABSENT     0x90000000u /* no memory from here to 4 GiB: an access fault */

/*
 * An instruction of the opcode custom-0, which no CPU here has: a read tells its physical address, and a fetch too,
 * because the trap leaves the instruction in mtval.
 */
#define RV_OPCODE      0x0bu
#define RV_PATTERN(pa) (RV_OPCODE | ((uint32_t)(pa) >> 2) << 7)

/* An instruction of 16 bits that is reserved: what fetch2 meets where a case has put it. */
#define RV_NARROW(n) (0x8000u | ((uint32_t)(n)&0x3ffu) << 2)

/* Codes beside (far from those of x86, so that recorded cases stay what they are) REF_RESET, REF_POKE, REF_PEEK and REF_ACCESS; the x86 ones mean nothing here. */
enum rv_code {
    RV_SATP = 0x40, /* value; extra: what the case needs, a set of enum rv_need */
    RV_STATUS,      /* value: mstatus's SUM and MXR, both */
    RV_ENVCFG,      /* value: menvcfg's PBMTE and ADUE */
    RV_SFENCE,      /* kind: a set of enum rv_fence; address; extra: ASID */
    RV_CODES
};

/* For the host alone: a case means something else on another CPU. */
enum rv_need { RV_NEEDS_EXTENSIONS = 1, RV_NEEDS_NONE = 2 };

enum rv_fence { RV_FENCE_ADDRESS = 1, RV_FENCE_ASID = 2 };

#define RV_STATUS_SUM   (1u << 18)
#define RV_STATUS_MXR   (1u << 19)
#define RV_ENVCFG_PBMTE (1ull << 62)
#define RV_ENVCFG_ADUE  (1ull << 61)

/*
 * Accesses: without REF_USER they are made in S-mode. Kinds: REF_READ, REF_WRITE, REF_RMW (an AMO that swaps; 4 or 8 bytes), REF_FETCH (2 or 4 bytes; the value is the
 * instruction). A fault's vector is the cause, its cr2 is tval, its error is 0.
 */

/* RISC-V has no CPUID: struct ref_cpu says what the program found by trying, and the host which
 * extensions it asked for. */
#define RV_MODE_SV32    1u
#define RV_MODE_SV39    2u
#define RV_MODE_SV48    4u
#define RV_MODE_SV57    8u
#define RV_EXT_SVNAPOT  1u
#define RV_EXT_SVPBMT   2u
#define rv_cpu_xlen     leaf1_ecx
#define rv_cpu_modes    leaf1_edx
#define rv_cpu_asid     leaf7_ebx /* bits of ASID that satp keeps */
#define rv_cpu_extended leaf7_ecx /* RV_EXT_ */

#endif
