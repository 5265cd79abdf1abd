/*
 * x86.h - what the hardware defines about 32-bit and PAE paging: entry bits, register bits, error-code bits.
 *
 * Facts only; what a kernel chooses stands in that kernel's own headers. Source: Intel SDM, volume 3,
 * "Control Registers", "32-Bit Paging", "PAE Paging" and "Page-Fault Exceptions". A test pins every bit to its
 * number.
 *
 *  linear address                              entry of a page table
 *  +----------+----------+-------------+       +--------------------+---+---+---+---+---+---+---+---+---+---+
 *  | dir (10) | tab (10) | offset (12) |       | frame 31..12       |AVL| G |PAT| D | A |PCD|PWT|U/S|R/W| P |
 *  +----------+----------+-------------+       +--------------------+---+---+---+---+---+---+---+---+---+---+
 */
#ifndef KERNEL_X86_H
#define KERNEL_X86_H

#include <stdint.h>

#define PAGE_SHIFT     12u
#define PAGE_SIZE      4096u
#define PAGE_OFFSET    0x00000fffu /* the bits of an address inside its page */
#define PAGE_FRAME     0xfffff000u /* the bits of an entry that hold a frame */
#define TABLE_ENTRIES  1024u
#define PDE_SHIFT      22u
#define DIRECTORY_SPAN 0x00400000u /* what one directory entry covers: 4 MiB */

#define PTE_P   0x001u /* present */
#define PTE_RW  0x002u /* writable */
#define PTE_US  0x004u /* user */
#define PTE_PWT 0x008u /* write-through */
#define PTE_PCD 0x010u /* cache disabled */
#define PTE_A   0x020u /* accessed */
#define PTE_D   0x040u /* dirty */
#define PTE_PAT 0x080u /* page attribute, in a page table */
#define PDE_PS  0x080u /* large page, in a page directory */
#define PTE_G   0x100u /* global */

/*
 * PAE paging: entries of 64 bits with the same low bits, and one at the top against instruction fetches.
 *
 *  linear address                                 four entries (PDPTEs), which the CPU keeps in registers from
 *  +-----+---------+---------+-------------+      one load of CR3 to the next; then directories and tables of
 *  | (2) | dir (9) | tab (9) | offset (12) |      512 entries. Of a PDPTE only P, PWT, PCD and the frame may
 *  +-----+---------+---------+-------------+      be set.
 */
#define PAE_NX          UINT64_C(0x8000000000000000) /* no fetches; reserved unless EFER.NXE */
#define PAE_FRAME       UINT64_C(0x000ffffffffff000)
#define PAE_ENTRIES     512u
#define PAE_POINTERS    4u          /* PDPTEs */
#define PAE_ROOT_ALIGN  32u         /* of their address, which CR3 holds */
#define PAE_TABLE_SPAN  0x00200000u /* what one directory entry covers: 2 MiB, the size of a large page */
#define PAE_TABLE_SHIFT 21u
#define PAE_DIR_SPAN    0x40000000u /* what one PDPTE covers: 1 GiB */
#define PAE_DIR_SHIFT   30u

#define CR0_PE 0x00000001u
#define CR0_WP 0x00010000u
#define CR0_PG 0x80000000u

#define CR4_PSE 0x00000010u
#define CR4_PAE 0x00000020u
#define CR4_PGE 0x00000080u

#define PFERR_P    0x01u /* 1: a protection violation, 0: a page that is not present */
#define PFERR_WR   0x02u /* a write */
#define PFERR_US   0x04u /* an access in user mode */
#define PFERR_RSVD 0x08u /* a reserved bit set in an entry */
#define PFERR_ID   0x10u /* an instruction fetch */

#endif
