/* The ROM's two lives: polling a host's bell, or working through a batch and printing what happened. */
#include "rom.h"

#define PORT_DEBUG      0xe9
#define PORT_SHUTDOWN   0x8900
#define TAG_ZERO        0x80
#define TAG_NARROW      0x81 /* 4 bytes follow */
#define TAG_WIDE        0x82 /* 8 */
#define TAG_SKIPPED     0x83
#define TAG_UNSUPPORTED 0x84
#define ERROR_CR2       0x80 /* CR2 follows */

void referee_main(void);

/* GCC may emit calls to these even in freestanding code. */
void *memset(void *to, int byte, unsigned long n);
void *memcpy(void *to, const void *from, unsigned long n);

void *memset(void *to, int byte, unsigned long n)
{
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
    return start;
}

void *memcpy(void *to, const void *from, unsigned long n)
{
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return start;
}

static void copy_words(void *to, const void *from, uint32_t words)
{
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
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
    __asm__ volatile("rep outsb" : "+S"(from), "+c"(n) : "d"(PORT_DEBUG) : "memory");
}

static uint8_t *put(uint8_t *to, uint32_t value)
{
    *(uint32_t *)to = value;
    return to + 4;
}

static uint8_t *put_wide(uint8_t *to, uint64_t value)
{
    return put(put(to, (uint32_t)value), (uint32_t)(value >> 32));
}

/* Few bytes, for each is a system call of Bochs's: a fault at the operation's own address does not repeat it. */
static uint8_t *put_fault(uint8_t *to, const struct ref_op *op, const struct ref_result *result)
{
    int elsewhere = result->vector == VECTOR_PF && result->cr2 != op->address;
    to[0] = result->vector;
    to[1] = (uint8_t)result->error;
    to[2] = (uint8_t)(result->error >> 8 | (elsewhere ? ERROR_CR2 : 0));
    return elsewhere ? put_wide(to + 3, result->cr2) : to + 3;
}

static uint8_t *put_value(uint8_t *to, uint64_t value)
{
    *to = !value ? TAG_ZERO : value >> 32 ? TAG_WIDE : TAG_NARROW;
    return !value ? to + 1 : value >> 32 ? put_wide(to + 1, value) : put(to + 1, (uint32_t)value);
}

/* Pokes and the like print nothing; see take_result in bochs.c for the other side. */
static uint8_t *put_result(uint8_t *to, const struct ref_op *op, const struct ref_result *result)
{
    if (op->code == REF_RESET || op->code == REF_POKE || op->code == REF_AC)
        return to;
    if (result->status == REF_FAULT)
        return put_fault(to, op, result);
    if (result->status == REF_DONE)
        return put_value(to, result->value);
    *to = result->status == REF_SKIPPED ? TAG_SKIPPED : TAG_UNSUPPORTED;
    return to + 1;
}

static void print_results(const struct ref_op *ops, const struct ref_result *results, uint32_t count)
{
    uint8_t *text = (uint8_t *)REF_DATA_END, *to = text;
    for (uint32_t i = 0; i < count; i++)
        to = put_result(to, &ops[i], &results[i]);
    print_bytes(text, (uint32_t)(to - text));
}

/* As many whole cases as the mailbox takes. */
static uint32_t whole_cases(const struct ref_op *next, uint32_t left)
{
    uint32_t n = left < REF_MAILBOX_OPS ? left : REF_MAILBOX_OPS;
    while (n < left && next[n].code != REF_RESET)
        n--;
    return n;
}

/* Operations are copied below 4 MiB first, where every page table of a case maps them. */
static void batch(const struct ref_batch *image)
{
    const struct ref_op *next = (const struct ref_op *)(image + 1);
    struct ref_op *ops = (struct ref_op *)REF_OPS;
    struct ref_result *results = (struct ref_result *)REF_RESULTS;
    struct ref_cpu cpu;
    identify(&cpu);
    print_bytes(REF_STREAM_HEAD, 8);
    print_bytes(&cpu, sizeof(cpu));
    for (uint32_t left = image->count; left;) {
        uint32_t n = whole_cases(next, left);
        copy_words(ops, next, n * sizeof(*ops) / 4);
        execute_list(ops, results, n);
        execute_reset();
        print_results(ops, results, n);
        next += n;
        left -= n;
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
