/* The "virt" board without firmware, with two harts: QEMU's loader puts the operations into RAM, where the image looks for
 * them; the test device ends the run. */
#include "boot_qemu.h"
#include "boot_run.h"

#include <stdio.h>
#include <unistd.h>

#include "memlayout.h"

const char *boot_missing(void)
{
    if (BOOT_IMAGE[0] == '\0')
        return "no image: there is no riscv64-unknown-elf-gcc";
    if (QEMU[0] == '\0' || access(QEMU, X_OK) != 0)
        return "no qemu-system-riscv32 or qemu-system-riscv64";
    return NULL;
}

int boot_exit_status(unsigned value)
{
    return (int)value;
}

_Noreturn void boot_exec_qemu(const struct boot_subject *subject, const struct boot_files *files,
                              bool operations)
{
    char memory[160];
    char serial[160];
    char loader[160];
    const char *arguments[] = {"timeout",
                               "-k",
                               "5",
                               BOOT_SECONDS,
                               QEMU,
                               "-nodefaults",
                               "-display",
                               "none",
                               "-no-reboot",
                               "-bios",
                               "none",
                               "-smp",
                               "2",
                               "-m",
                               "64M",
                               "-object",
                               memory,
                               "-machine",
                               "virt,memory-backend=ram",
                               "-serial",
                               serial,
                               "-kernel",
                               BOOT_IMAGE,
                               operations ? "-device" : NULL,
                               loader,
                               NULL};

    (void)subject; /* this board has one size and no disk */
    snprintf(memory, sizeof memory, "memory-backend-file,id=ram,size=64M,mem-path=%s,share=on", files->ram);
    snprintf(serial, sizeof serial, "file:%s", files->serial);
    snprintf(loader, sizeof loader, "loader,file=%s,addr=0x%x,force-raw=on", files->operations, INITRD_BASE);
    execvp(arguments[0], (char *const *)arguments);
    _exit(127);
}
