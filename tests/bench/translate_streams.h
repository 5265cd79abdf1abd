/*
 * translate_streams.h - the address streams of bench_translate, through any way of loading.
 *
 * A file defines its ways with DEFINE_STREAMS(); each is compiled apart, as a caller's own loop would be.
 */
#ifndef BENCH_TRANSLATE_STREAMS_H
#define BENCH_TRANSLATE_STREAMS_H

#include "translate_bench.h"

#include <stdlib.h>
#include <string.h>

/* One row's work: the stream of offsets, or the ring of dependent loads in guest memory. */
struct work {
    struct guest *guest;
    uint64_t footprint; /* a power of two */
    size_t loads;
    const kms_linear *stream; /* as many addresses, where the row reads them from memory */
};

static inline uint32_t xorshift(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

/* Hinder the compiler from dropping a value, without giving it an address. */
static inline void keep(uint32_t value)
{
    __asm__ volatile("" : : "r"(value));
}

static inline uint32_t host_load(const struct guest *guest, kms_linear linear)
{
    uint32_t value;
    memcpy(&value, (const void *)(uintptr_t)(guest->bias + linear), 4);
    return value;
}

static inline uint32_t guest_load(const struct guest *guest, kms_linear linear)
{
    uint32_t value = 0;
    if (kms_load32(guest->cpu, linear, &value, NULL) != KMS_DONE)
        abort();
    return value;
}

/* The four ways through the four kinds of stream. */
#define DEFINE_STREAMS(way, load)                                                                            \
    static size_t way##_independent(void *state)                                                             \
    {                                                                                                        \
        const struct work work = *(const struct work *)state;                                                \
        const struct guest guest = *work.guest;                                                              \
        uint32_t random = 1, sum = 0;                                                                        \
        for (size_t i = 0; i < work.loads; i++) {                                                            \
            const kms_linear linear = LINEAR | (xorshift(&random) & (work.footprint - 4));                   \
            sum += load;                                                                                     \
        }                                                                                                    \
        keep(sum);                                                                                           \
        return work.loads;                                                                                   \
    }                                                                                                        \
    static size_t way##_array(void *state)                                                                   \
    {                                                                                                        \
        const struct work work = *(const struct work *)state;                                                \
        const struct guest guest = *work.guest;                                                              \
        uint32_t sum = 0;                                                                                    \
        for (size_t i = 0; i < work.loads; i++) {                                                            \
            const kms_linear linear = work.stream[i];                                                        \
            sum += load;                                                                                     \
        }                                                                                                    \
        keep(sum);                                                                                           \
        return work.loads;                                                                                   \
    }                                                                                                        \
    static size_t way##_dependent(void *state)                                                               \
    {                                                                                                        \
        const struct work work = *(const struct work *)state;                                                \
        const struct guest guest = *work.guest;                                                              \
        uint32_t linear = LINEAR;                                                                            \
        for (size_t i = 0; i < work.loads; i++)                                                              \
            linear = load;                                                                                   \
        keep(linear);                                                                                        \
        return work.loads;                                                                                   \
    }                                                                                                        \
    __attribute__((unused)) static size_t way##_sequential(void *state)                                      \
    {                                                                                                        \
        const struct work work = *(const struct work *)state;                                                \
        const struct guest guest = *work.guest;                                                              \
        uint32_t sum = 0;                                                                                    \
        for (size_t i = 0; i < work.loads; i++) {                                                            \
            const kms_linear linear = LINEAR | (i * 4 & (work.footprint - 4));                               \
            sum += load;                                                                                     \
        }                                                                                                    \
        keep(sum);                                                                                           \
        return work.loads;                                                                                   \
    }

/* In order, with a cursor. */
static inline size_t cursor_sequential(void *state)
{
    const struct work work = *(const struct work *)state;
    struct kms_cursor cursor = kms_cursor_new(work.guest->cpu);
    uint32_t sum = 0;
    for (size_t i = 0; i < work.loads; i++) {
        uint32_t value = 0;
        if (kms_cursor_load32(&cursor, LINEAR | (i * 4 & (work.footprint - 4)), &value, NULL) != KMS_DONE)
            abort();
        sum += value;
    }
    keep(sum);
    return work.loads;
}

#endif
