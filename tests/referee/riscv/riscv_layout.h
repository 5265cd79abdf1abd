/*
 * riscv_layout.h - the words that RISC-V's stories have; what all stories share is in story.h.
 *
 * Modes: sv32 sv39 sv48 sv57. Addresses: page, page2 (the next one), other (another table), big (a page of 4 or 2 MiB),
 * huge (1 GiB; not sv32), group (one of 16 pages that Svnapot can map together). Entries: page.l0 page.l1 ... up to the
 * root's level; of the second address space: space2.l0 ... Frames: A B C D, BIGA BIGB, HUGEA, GROUPA GROUPB (64 KiB each),
 * absent (no memory there); tables: root root2 t0 t1 ... (of the first space).
 * Bits: v r w x u g a d n, napot (N and the size of 64 KiB), pbmt=N, rsvd=BIT.
 *
 *     on WORDS           sum mxr pbmte: as the story begins; asid N; bare; extended or plain: only with, only without
 *                        Svnapot and Svpbmt
 *     status +sum -mxr   envcfg +pbmte
 *     satp space1|space2|reload|bare [asid N]
 *     sfence [address LINEAR] [asid N]
 *     read4 [mprv] [user] LINEAR        with mprv by M-mode through MPRV and MPP, else by code in that mode
 *     code FRAME N                      puts a reserved instruction there, for fetch2; `code N` is what executed it
 *     outcomes                          load-page, store-page, fetch-page, load-access ..., store-misaligned; with `at`
 */
#ifndef REFEREE_RISCV_LAYOUT_H
#define REFEREE_RISCV_LAYOUT_H

#include "layout_impl.h"
#include "riscv_protocol.h"

enum rv_mode_index { RV_SV32, RV_SV39, RV_SV48, RV_SV57 };

static inline unsigned rv_levels(enum story_mode mode)
{
    return (unsigned)mode + 2;
}

static inline unsigned rv_index_bits(enum story_mode mode)
{
    return mode == (enum story_mode)RV_SV32 ? 10 : 9;
}

/* satp's value for a root of this mode. */
uint64_t rv_satp(enum story_mode mode, uint64_t root, unsigned asid);

#endif
