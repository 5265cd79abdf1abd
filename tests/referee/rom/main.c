/* The ROM's two lives: polling a host's bell, or working through a batch and printing what happened. */
#include "rom.h"

#define PORT_DEBUG      0xe9
#define PORT_SHUTDOWN   0x8900
#define TAG_DONE        0x80
#define TAG_SKIPPED     0x81
#define TAG_UNSUPPORTED 0x82

void referee_main(void);

/* GCC may emit calls to these even in freestanding code. */
void *memset(void *to, int byte, unsigned long n);
void *memcpy(void *to, const void *from, unsigned long n);

void *memset(void *to, int byte, unsigned long n)
{
    volatile uint8_t *p = to;
    for (unsigned long i = 0; i < n; i++)
        p[i] = (uint8_t)byte;
    return to;
}

void *memcpy(void *to, const void *from, unsigned long n)
{
    volatile uint8_t *p = to;
    const uint8_t *q = from;
    for (unsigned long i = 0; i < n; i++)
        p[i] = q[i];
    return to;
}

static void identify(struct ref_cpu *cpu)
{
    uint32_t highest = cpuid(0).eax, highest_ext = cpuid(0x80000000u).eax;
    struct cpuid one = cpuid(1), seven = {0};
    if (highest >= 7)
        seven = cpuid(7);
    *cpu = (struct ref_cpu){one.ecx, one.edx, seven.ebx, seven.ecx, 0, 32};
    if (highest_ext >= 0x80000001u)
        cpu->ext1_edx = cpuid(0x80000001u).edx;
    if (highest_ext >= 0x80000008u)
        cpu->maxphyaddr = cpuid(0x80000008u).eax & 0xff;
}

static void live(volatile struct ref_mailbox *box)
{
    struct ref_op *ops = (struct ref_op *)REF_OPS;
    struct ref_result *results = (struct ref_result *)REF_RESULTS;
    uint32_t seen = box->bell;
    identify((struct ref_cpu *)&box->cpu);
    box->magic = REF_MAGIC_LIVE;
    for (;;) {
        while (box->bell == seen) {
        }
        seen = box->bell;
        uint32_t count = box->count;
        execute_list(ops, results, count < REF_MAILBOX_OPS ? count : REF_MAILBOX_OPS);
        __asm__ volatile("" : : : "memory");
        box->done = seen;
    }
}

static void print_bytes(const void *from, uint32_t n)
{
    const uint8_t *p = from;
    for (uint32_t i = 0; i < n; i++)
        out8(PORT_DEBUG, p[i]);
}

static uint32_t value_bytes(const struct ref_op *op)
{
    if (op->code == REF_PEEK)
        return op->width;
    if (op->code != REF_ACCESS || op->kind == REF_WRITE || op->kind > REF_FETCH)
        return 0;
    return op->width;
}

/* Pokes and the like print nothing; see ref_stream_read in bochs.c for the other side. */
static void print_result(const struct ref_op *op, const struct ref_result *result)
{
    static const uint8_t tags[] = {TAG_DONE, 0, TAG_SKIPPED, TAG_UNSUPPORTED};
    if (op->code == REF_RESET || op->code == REF_POKE || op->code == REF_AC)
        return;
    out8(PORT_DEBUG, result->status == REF_FAULT ? result->vector : tags[result->status]);
    if (result->status == REF_DONE)
        print_bytes(&result->value, value_bytes(op));
    if (result->status == REF_FAULT) {
        print_bytes(&result->error, 2);
        if (result->vector == VECTOR_PF)
            print_bytes(&result->cr2, 8);
    }
}

/* Each case is copied below 4 MiB first, where every page table of a case maps it. */
static void batch(const struct ref_batch *image)
{
    const struct ref_op *next = (const struct ref_op *)(image + 1);
    struct ref_op *ops = (struct ref_op *)REF_OPS;
    uint32_t left = image->count;
    struct ref_cpu cpu;
    identify(&cpu);
    print_bytes(REF_STREAM_HEAD, 8);
    print_bytes(&cpu, sizeof(cpu));
    while (left) {
        uint32_t n = 0;
        do
            ops[n++] = *next++;
        while (--left && next->code != REF_RESET && n < REF_MAX_OPS);
        for (uint32_t i = 0; i < n; i++) {
            struct ref_result result;
            execute(&ops[i], &result);
            print_result(&ops[i], &result);
        }
        execute(&(struct ref_op){.code = REF_RESET}, &(struct ref_result){0});
    }
    print_bytes(REF_STREAM_END, 8);
}

static void shut_down(void)
{
    for (const char *p = "Shutdown"; *p; p++)
        out8(PORT_SHUTDOWN, (uint8_t)*p);
    for (;;)
        __asm__ volatile("hlt");
}

void referee_main(void)
{
    const struct ref_batch *image = (const struct ref_batch *)REF_BATCH;
    tables_init();
    execute_init();
    memory_init();
    if (image->magic != REF_MAGIC_BATCH)
        live((volatile struct ref_mailbox *)REF_MAILBOX);
    batch(image);
    shut_down();
}
