/* Segments of the ROM, for assembler and C. All are flat, and have their accessed bit set already. */
#ifndef REFEREE_SELECTORS_H
#define REFEREE_SELECTORS_H

#define SEL_CODE32      0x08
#define SEL_DATA        0x10
#define SEL_CODE64      0x18
#define SEL_USER_CODE32 0x23
#define SEL_USER_DATA   0x2b /* also what the ROM itself keeps in DS and ES: it survives a return to CPL 3 */
#define SEL_USER_CODE64 0x33
#define SEL_TSS         0x40 /* 16 bytes in long mode */
#define SEL_LEVEL_CODE  0x58 /* with the RPL of the level, 1 or 2, that a case asks for; written then */
#define SEL_LEVEL_DATA  0x60
#define GDT_ENTRIES     16

#define DESC_CODE32      0x00cf9b000000ffff
#define DESC_DATA        0x00cf93000000ffff
#define DESC_CODE64      0x00af9b000000ffff
#define DESC_USER_CODE32 0x00cffb000000ffff
#define DESC_USER_DATA   0x00cff3000000ffff
#define DESC_USER_CODE64 0x00affb000000ffff

#define DESC_LEVEL(descriptor, level) ((descriptor) | (uint64_t)(level) << 45)

#define CR0_PE_ET 0x11

#define VECTOR_INT3   3
#define VECTOR_GP     13
#define VECTOR_PF     14
#define VECTOR_DONE   0x30 /* how a stub says that its access went through */
#define VECTOR_PROBED 0x40 /* the gate that REF_IDT reads; from here on also what poked `int n` may name */

/* Stubs are 16 bytes apart; each does one thing to the address in EDI and then raises VECTOR_DONE. */
#define STUB_READ    0 /* + log2(width), and so on */
#define STUB_WRITE   4
#define STUB_RMW     8
#define STUB_LAR     12
#define STUB_INT     13
#define STUB_IN      14
#define STUB_CR0     16
#define STUB_CR3     17
#define STUB_CR4     18
#define STUB_WRMSR   19
#define STUB_WRPKRU  20
#define STUB_INVLPG  21
#define STUB_INVPCID 22
#define STUB_LGDT    23
#define STUB_LIDT    24
#define STUB_LTR     25

/* Stubs of segments: for each register by its number in instructions, a load and what may follow it. */
#define SEGMENT_STUB_LOAD  0
#define SEGMENT_STUB_READ  1 /* + log2(width) */
#define SEGMENT_STUB_WRITE 4
#define SEGMENT_STUBS      7  /* of one register */
#define SEGMENT_STUB_SS0   42 /* SS at CPL 0, which then gets the ROM's own again */
#define SEGMENT_STUB_JUMP  43
#define SEGMENT_STUB_INT   44
#define SEGMENT_STUB_LLDT  45
#define SEGMENT_STUB_LTR   46

#endif
