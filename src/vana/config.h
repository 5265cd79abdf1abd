/*
 * config.h - what VanaOS chose: the constants of its memory document, by name.
 *
 *   0x00007E00 .. 0x0000E200   heap table, one byte for each block
 *   0x003FB000 .. 0x003FF000   a program's stack (virtual)
 *   0x00400000                 a program (virtual)
 *   0x01000000 .. 0x07400000   heap, 100 MiB in 25,600 blocks
 */
#ifndef VANA_CONFIG_H
#define VANA_CONFIG_H

#define VANA_HEAP_SIZE_BYTES    104857600
#define VANA_HEAP_BLOCK_SIZE    4096
#define VANA_HEAP_ADDRESS       0x01000000
#define VANA_HEAP_TABLE_ADDRESS 0x00007E00

#define VANA_PROGRAM_VIRTUAL_ADDRESS             0x400000
#define VANA_USER_PROGRAM_STACK_SIZE             (1024 * 16)
#define VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_START 0x3FF000 /* the first byte above the stack */
#define VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_END                                                               \
    (VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_START - VANA_USER_PROGRAM_STACK_SIZE)

#define VANA_MAX_PROCESSES           12
#define VANA_MAX_PROGRAM_ALLOCATIONS 1024

#endif
