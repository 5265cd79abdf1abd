#include "memory.h"

#include <stdint.h>

/* A machine word that may alias any object, at any address. */
typedef unsigned long __attribute__((may_alias, aligned(1))) word;

#define WORD sizeof(word)

/* Compilers turn a loop that sets or copies into a call of memset or memcpy: of itself, here. */
#define keep_loop() __asm__ volatile("" ::: "memory")

static void set_words(unsigned char *to, word pattern, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        *(word *)(to + i * WORD) = pattern;
        keep_loop();
    }
}

void *memset(void *ptr, int c, size_t size)
{
    unsigned char *to = ptr;
    const unsigned char byte = (unsigned char)c;
    const size_t words = size / WORD;

    set_words(to, (word)-1 / UINT8_MAX * byte, words);
    for (size_t i = words * WORD; i < size; i++) {
        to[i] = byte;
        keep_loop();
    }
    return ptr;
}

static size_t equal_words(const unsigned char *a, const unsigned char *b, size_t words)
{
    size_t i = 0;

    while (i < words && *(const word *)(a + i * WORD) == *(const word *)(b + i * WORD))
        i++;
    return i;
}

int memcmp(const void *s1, const void *s2, int count)
{
    const unsigned char *a = s1;
    const unsigned char *b = s2;
    const size_t size = count > 0 ? (size_t)count : 0;

    for (size_t i = equal_words(a, b, size / WORD) * WORD; i < size; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

void *memcpy(void *dest, const void *src, int count)
{
    unsigned char *to = dest;
    const unsigned char *from = src;
    const size_t size = count > 0 ? (size_t)count : 0;
    const size_t words = size / WORD;

    for (size_t i = 0; i < words; i++) {
        *(word *)(to + i * WORD) = *(const word *)(from + i * WORD);
        keep_loop();
    }
    for (size_t i = words * WORD; i < size; i++) {
        to[i] = from[i];
        keep_loop();
    }
    return dest;
}
