/*
 * VanaOS with three mistakes in how it shares a buffer with a program: what docs/gdb.md looks at with gdb.
 *
 *     gdb_tour [direct]
 */
#include <kernel/hw.h>
#include <kernel/x86.h>
#include <kmemsim/guest.h>
#include <stdio.h>
#include <string.h>

#define SHARED 0x20000000u /* where the program sees the buffer */

static const struct guest_ops *kernel;
static uint32_t buffer;
static int process;

static void start(void *context)
{
    (void)context;
    buffer = (uint32_t)kernel->alloc(8192, GUEST_ZEROED);
    process = kernel->process_create("\xeb\xfe", 2); /* jmp . */
    kernel->process_switch(process);
    kernel->process_alloc(process, 5000);
}

/* The first mistake: the program is to write there, and GUEST_WRITE is missing. */
static void share(void *context)
{
    (void)context;
    kernel->map(SHARED, buffer, 2, GUEST_USER);
    memcpy(hw_ptr(SHARED), "from the kernel", 15);
}

/* The second: the entry gets another frame, and nobody invalidates the page. */
static void move(void *context)
{
    (void)context;
    uint32_t *directory = hw_ptr(hw_read_cr3());
    uint32_t *table = hw_ptr(directory[SHARED >> PDE_SHIFT] & PAGE_FRAME);
    table[SHARED >> PAGE_SHIFT & (TABLE_ENTRIES - 1)] += PAGE_SIZE;
}

static void write_as_program(void *context)
{
    (void)context;
    hw_user_store(SHARED + 0x123, 4, 42);
}

/* The third: the kernel itself uses what it has unmapped. */
static void use_after_unmap(void *context)
{
    (void)context;
    kernel->unmap(SHARED, 2);
    *(volatile uint32_t *)hw_ptr(SHARED + 8) = 42;
}

static void report(const char *what, const struct kms_guest_stop *stop)
{
    printf("%s: %s\n", what, stop->end == KMS_GUEST_RETURNED ? "returned" : stop->reason);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*body)(void *context);
    } parts[] = {{"start", start},
                 {"share", share},
                 {"move", move},
                 {"write as the program", write_as_program},
                 {"use after unmap", use_after_unmap}};
    const bool direct = argc > 1 && strcmp(argv[1], "direct") == 0;
    const struct kms_guest_options options = {.kernel = "vana",
                                              .mode = direct ? KMS_GUEST_DIRECT : KMS_GUEST_WINDOW};
    struct kms_guest *guest;
    struct kms_guest_stop stop;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (kms_guest_new(&options, &guest) != KMS_OK)
        return 1;
    kms_guest_boot(guest, &stop);
    kernel = kms_guest_module(guest)->ops;
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        kms_guest_call(guest, parts[i].body, NULL, &stop);
        report(parts[i].name, &stop);
    }
    kms_guest_free(guest);
    return 0;
}
