/*
 * kmemsim.h - all of kmemsim's API: a software machine for the memory code of kernels.
 *
 *   base.h     addresses, accesses, results, faults
 *   ram.h      what stands behind physical addresses
 *   walk.h     a page walk as a value
 *   tlb.h      TLB geometry and entries
 *   event.h    what the machine says it does
 *   machine.h  the machine, its CPUs, their accesses, inspection, snapshots
 *   x86.h      x86 registers, walk, rights, invalidation
 *   riscv.h    RISC-V registers, walk, rights, fences
 *   segment.h  x86 segmentation, descriptor tables, interrupts
 */
#ifndef KMEMSIM_H
#define KMEMSIM_H

#include <kmemsim/machine.h>
#include <kmemsim/riscv.h>
#include <kmemsim/segment.h>
#include <kmemsim/x86.h>

#endif
