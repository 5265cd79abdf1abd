/*
 * xelix_small.h - Xelix with a smaller arena, so that kmalloc runs out of memory within an input.
 */
#define XELIX_ARENA_PAGES 64u
