#include "reach.h"

#include <kernel/hw.h>
#include <kernel/sanitize.h>
#include <kernel/x86.h>

#include "paging.h"
#include "status.h"

uint64_t reach_words;

static bool translates;

void reach_init(void)
{
    translates = hw_ptr_translates();
}

void *reach_run(uint32_t address, uint32_t *bytes)
{
    uint32_t physical = 0;

    if (translates) {
        *bytes = 0u - address;
        return hw_ptr(address);
    }
    if (paging_physical(address, &physical) != JSLK_OK)
        hw_panic("the kernel uses an address that it has not mapped");
    *bytes = PAGE_SIZE - (address & PAGE_OFFSET);
    return hw_ptr(physical);
}

void *reach(uint32_t address)
{
    uint32_t bytes;

    return reach_run(address, &bytes);
}

KERNEL_UNWATCHED uint32_t word_at(uint32_t address)
{
    const uint32_t *const word = reach(address);
    uint32_t value;

    reach_words++;
    kernel_watch_pause();
    value = *word;
    kernel_watch_resume();
    return value;
}

KERNEL_UNWATCHED void set_word_at(uint32_t address, uint32_t value)
{
    uint32_t *const word = reach(address);

    reach_words++;
    kernel_watch_pause();
    *word = value;
    kernel_watch_resume();
}
