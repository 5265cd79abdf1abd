/* The program's life: it polls its host's bell and runs what lies in the mailbox. */
#include "rom.h"

void referee_main(void);

/* GCC may emit calls to these even in freestanding code. */
void *memset(void *to, int byte, unsigned long n);
void *memcpy(void *to, const void *from, unsigned long n);

void *memset(void *to, int byte, unsigned long n)
{
    for (volatile uint8_t *at = to; n; n--)
        *at++ = (uint8_t)byte;
    return to;
}

void *memcpy(void *to, const void *from, unsigned long n)
{
    const uint8_t *source = from;
    for (volatile uint8_t *at = to; n; n--)
        *at++ = *source++;
    return to;
}

void referee_main(void)
{
    volatile struct ref_mailbox *box = (volatile struct ref_mailbox *)(uintptr_t)(RV_RAM + REF_MAILBOX);
    const struct ref_op *ops = (const struct ref_op *)(uintptr_t)(RV_RAM + REF_OPS);
    struct ref_result *results = (struct ref_result *)(uintptr_t)(RV_RAM + REF_RESULTS);
    struct ref_cpu cpu = {0};
    memory_init();
    translation_init(&cpu);
    *(struct ref_cpu *)&box->cpu = cpu;
    uint32_t seen = box->bell;
    __asm__ volatile("fence" : : : "memory");
    box->magic = REF_MAGIC_LIVE;
    for (;;) {
        while (box->bell == seen) {
        }
        seen = box->bell;
        uint32_t count = box->count;
        __asm__ volatile("fence" : : : "memory");
        execute_list(ops, results, count < REF_MAILBOX_OPS ? count : REF_MAILBOX_OPS);
        __asm__ volatile("fence" : : : "memory");
        box->done = seen;
    }
}
