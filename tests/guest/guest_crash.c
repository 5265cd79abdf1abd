/*
 * guest_crash.c - programs that must end badly, for guest_chain_test.c: guest_crash STORY
 */
#include "mini/mini.h"

#include <kernel/hw.h>
#include <kmemsim/guest.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_NO_WINDOW = 77, EXIT_OWN_HANDLER = 42 };

static struct kms_guest *guest;

static void touch_16(void *context)
{
    (void)context;
    volatile uintptr_t wild = 16; /* so that no compiler sees it coming */
    *(volatile char *)wild = 1;
}

static void wild_pointer(void)
{
    kms_guest_call(guest, touch_16, NULL, NULL);
}

static void window_pointer_outside(void)
{
    *(volatile char *)(kms_window_base(kms_guest_window(guest)) + 0x01000000) = 1;
}

static void own_handler(int number)
{
    (void)number;
    _exit(EXIT_OWN_HANDLER);
}

static void use_after_free(void *context)
{
    (void)context;
    kms_guest_find("mini")->ops->free(MINI_DATA);
    *(volatile char *)hw_ptr(MINI_DATA + 5) = 1;
}

static void closed_block(void)
{
    kms_guest_call(guest, use_after_free, NULL, NULL);
}

static const struct story {
    const char *name;
    void (*run)(void);
} stories[] = {
    {"wild-pointer", wild_pointer},
    {"own-handler", wild_pointer},
    {"window-pointer-outside", window_pointer_outside},
    {"closed-block", closed_block},
};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "own-handler") == 0)
        signal(SIGSEGV, own_handler);
    const enum kms_status status =
        kms_guest_new(&(struct kms_guest_options){.kernel = "mini", .mode = KMS_GUEST_WINDOW}, &guest);
    if (status == KMS_UNSUPPORTED)
        return EXIT_NO_WINDOW;
    if (status != KMS_OK || kms_guest_boot(guest, NULL) != KMS_GUEST_RETURNED)
        return EXIT_USAGE;
    for (size_t i = 0; argc == 2 && i < sizeof stories / sizeof stories[0]; i++) {
        if (strcmp(argv[1], stories[i].name) == 0) {
            stories[i].run();
            return 0;
        }
    }
    fputs("usage: guest_crash STORY\n", stderr);
    return EXIT_USAGE;
}
