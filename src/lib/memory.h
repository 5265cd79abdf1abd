/*
 * memory.h - memset, memcmp and memcpy for kernels, which have no C library.
 *
 * The signatures are VanaOS's: memcmp and memcpy take an int count. A count of 0 or less touches nothing;
 * memcmp then finds the areas equal. The names are those that compilers call for by themselves; hosted, a
 * kernel's build keeps its copies to itself, so that they never meet the C library's.
 */
#ifndef LIB_MEMORY_H
#define LIB_MEMORY_H

#include <stddef.h>

/* Set size bytes at ptr to the low byte of c. Returns ptr. */
void *memset(void *ptr, int c, size_t size);

/* 0 if the first count bytes are equal, else the first pair that differs: 1 or -1 as s1's byte, taken
 * unsigned, is the greater or the smaller. */
int memcmp(const void *s1, const void *s2, int count);

/* Copy count bytes from src to dest, which must not overlap. Returns dest. */
void *memcpy(void *dest, const void *src, int count);

#endif
