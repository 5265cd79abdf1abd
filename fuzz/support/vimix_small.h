/*
 * vimix_small.h - VIMIX (Sv39) with 8 MiB of RAM, 512 pages for kalloc(): the checkers look at every page after each input.
 */
#define KERNEL_XLEN 64
#define RAM_DEFAULT 0x00800000u
