/*
 * vana_small.h - VanaOS's own constants with a smaller heap, included before its config.h, whose guard this defines:
 * the checkers look at every block and page of the heap after each input, and three directories fit in 3,200 blocks.
 * Addresses are the same as with the real heap for as long as it is not full.
 */
#ifndef VANA_CONFIG_H
#define VANA_CONFIG_H

#define VANA_HEAP_SIZE_BYTES    (3200 * 4096)
#define VANA_HEAP_BLOCK_SIZE    4096
#define VANA_HEAP_ADDRESS       0x01000000
#define VANA_HEAP_TABLE_ADDRESS 0x00007E00

#define VANA_PROGRAM_VIRTUAL_ADDRESS             0x400000
#define VANA_USER_PROGRAM_STACK_SIZE             (1024 * 16)
#define VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_START 0x3FF000
#define VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_END                                                               \
    (VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_START - VANA_USER_PROGRAM_STACK_SIZE)

#define VANA_MAX_PROCESSES           12
#define VANA_MAX_PROGRAM_ALLOCATIONS 1024

#endif
