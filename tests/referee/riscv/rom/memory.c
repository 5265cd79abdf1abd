/* Physical memory as M-mode sees it, and back to its base values after each case. */
#include "rom.h"

static uint32_t touched[REF_MAX_OPS]; /* 8-aligned addresses to bring back */
static uint32_t touched_count;

static uint32_t base_value(uint32_t physical)
{
    return physical >= RV_DATA && physical < RV_DATA_END ? RV_PATTERN(physical) : 0;
}

void memory_init(void)
{
    for (uint32_t at = RV_DATA; at < RV_DATA_END; at += 4)
        *(volatile uint32_t *)(uintptr_t)at = RV_PATTERN(at);
}

/* False: outside what a case may touch. */
static int touch(uint64_t physical)
{
    if (physical < RV_TABLES || physical >= RV_DATA_END)
        return 0;
    if (touched_count < REF_MAX_OPS)
        touched[touched_count++] = (uint32_t)physical & ~7u;
    return 1;
}

uint64_t memory_peek(uint64_t physical, uint32_t width)
{
    const volatile uint32_t *at = (const volatile uint32_t *)(uintptr_t)physical;
    if (!touch(physical))
        return 0;
    if (width == 1)
        return *(const volatile uint8_t *)at;
    if (width == 2)
        return *(const volatile uint16_t *)at;
    return at[0] | (width == 8 ? (uint64_t)at[1] << 32 : 0);
}

void memory_poke(uint64_t physical, uint32_t width, uint64_t value)
{
    volatile uint32_t *at = (volatile uint32_t *)(uintptr_t)physical;
    if (!touch(physical))
        return;
    if (width == 1)
        *(volatile uint8_t *)at = (uint8_t)value;
    else if (width == 2)
        *(volatile uint16_t *)at = (uint16_t)value;
    else
        at[0] = (uint32_t)value;
    if (width == 8)
        at[1] = (uint32_t)(value >> 32);
}

void memory_reset(void)
{
    for (uint32_t i = 0; i < touched_count; i++) {
        volatile uint32_t *at = (volatile uint32_t *)(uintptr_t)touched[i];
        at[0] = base_value(touched[i]);
        at[1] = base_value(touched[i] + 4);
    }
    touched_count = 0;
}
