/*
 * main.c - from the monitor to boot_replay.h: the operations that QEMU's loader put at INITRD_BASE, or the boot story.
 */
#include "../boot_replay.h"
#include "boot.h"

static struct boot_work find_work(void)
{
    const uint32_t *const file = (const void *)(uintptr_t)INITRD_BASE;

    return *file == REPLAY_MAGIC ? boot_open(file, INITRD_SIZE) : boot_story();
}

/* Where entry.S enters S-mode, on hart 0. */
_Noreturn void boot_main(void);
void boot_main(void)
{
    struct boot_work work;

    write_csr(stvec, (reg_t)(uintptr_t)trap_entry);
    work = find_work();
    boot_start_kernel();
    boot_replay(&work);
}
