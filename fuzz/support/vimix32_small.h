/*
 * vimix32_small.h - the same with Sv32.
 */
#define KERNEL_XLEN 32
#define RAM_DEFAULT 0x00800000u
