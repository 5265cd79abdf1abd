/* fits.h - tools hold addresses and sizes of 64 bits (guest.h); the kernels on 32-bit machines have 32. */
#ifndef LIB_FITS_H
#define LIB_FITS_H

#include <stdbool.h>
#include <stdint.h>

static inline bool fits(uint64_t number)
{
    return number <= UINT32_MAX;
}

#endif
