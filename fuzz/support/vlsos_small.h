/*
 * vlsos_small.h - a machine for VlsOs that a fuzzer goes back to quickly, included before its config.h: the least RAM
 * that boots, and a store of few pages, whose books the checker looks at after many inputs.
 */
#ifndef FUZZ_VLSOS_SMALL_H
#define FUZZ_VLSOS_SMALL_H

#define VLSOS_RAM_BYTES   0x00800000
#define VLSOS_STORE_PAGES 96

#endif
