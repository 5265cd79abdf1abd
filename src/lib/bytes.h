/*
 * bytes.h - setting, copying and comparing bytes, a machine word at a time: what the kernels' memset, memcpy and
 * memcmp are made of, whatever their signatures.
 */
#ifndef LIB_BYTES_H
#define LIB_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* A machine word that may alias any object, at any address. */
typedef unsigned long __attribute__((may_alias, aligned(1))) bytes_word;

#define BYTES_WORD sizeof(bytes_word)

/* Compilers turn a loop that sets or copies into a call of memset or memcpy: of itself, in a kernel. */
#define bytes_keep_loop() __asm__ volatile("" ::: "memory")

/* A size that is no multiple of a word is finished by a word that overlaps the one before: no loop over the rest, whose
 * end no processor guesses. */
static inline void bytes_set(unsigned char *to, unsigned char byte, size_t size)
{
    const bytes_word pattern = (bytes_word)-1 / UINT8_MAX * byte;

    if (size < BYTES_WORD) {
        for (size_t i = 0; i < size; i++) {
            to[i] = byte;
            bytes_keep_loop();
        }
        return;
    }
    for (size_t i = 0; i < size - BYTES_WORD; i += BYTES_WORD) {
        *(bytes_word *)(to + i) = pattern;
        bytes_keep_loop();
    }
    *(bytes_word *)(to + size - BYTES_WORD) = pattern;
}

/* The areas do not overlap. */
static inline void bytes_copy(unsigned char *to, const unsigned char *from, size_t size)
{
    const size_t words = size / BYTES_WORD;

    for (size_t i = 0; i < words; i++) {
        *(bytes_word *)(to + i * BYTES_WORD) = *(const bytes_word *)(from + i * BYTES_WORD);
        bytes_keep_loop();
    }
    for (size_t i = words * BYTES_WORD; i < size; i++) {
        to[i] = from[i];
        bytes_keep_loop();
    }
}

/* How many bytes are equal before the first that differs; size if none does. */
static inline size_t bytes_equal(const unsigned char *a, const unsigned char *b, size_t size)
{
    const size_t words = size / BYTES_WORD;
    size_t i = 0;

    while (i < words &&
           *(const bytes_word *)(a + i * BYTES_WORD) == *(const bytes_word *)(b + i * BYTES_WORD))
        i++;
    i *= BYTES_WORD;
    while (i < size && a[i] == b[i])
        i++;
    return i;
}

#endif
