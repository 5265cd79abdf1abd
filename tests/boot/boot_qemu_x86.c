/* An i386 PC: the loader brings the operations as a boot module, isa-debug-exit ends the run. */
#include "boot_qemu.h"
#include "boot_run.h"

#include <stdio.h>
#include <unistd.h>

const char *boot_missing(void)
{
    if (BOOT_IMAGE[0] == '\0')
        return "no image: the C compiler makes no i386 code";
    if (QEMU[0] == '\0' || access(QEMU, X_OK) != 0)
        return "no qemu-system-i386";
    return NULL;
}

int boot_exit_status(unsigned value)
{
    return (int)(2 * value + 1);
}

_Noreturn void boot_exec_qemu(const struct boot_subject *subject, const struct boot_files *files,
                              bool operations)
{
    const uint32_t kib = subject->metal_kib ? subject->metal_kib : BOOT_RAM_SIZE / 1024;
    char size[16];
    char disk[160];
    char memory[160];
    char serial[160];
    const char *arguments[] = {"timeout",
                               "-k",
                               "5",
                               BOOT_SECONDS,
                               QEMU,
                               "-nodefaults",
                               "-display",
                               "none",
                               "-no-reboot",
                               "-cpu",
                               "qemu64", /* the least that has NX */
                               "-m",
                               size,
                               "-object",
                               memory,
                               "-machine",
                               "pc,memory-backend=ram",
                               "-serial",
                               serial,
                               "-device",
                               "isa-debug-exit,iobase=0xf4,iosize=0x04",
                               "-kernel",
                               BOOT_IMAGE,
                               "-drive",
                               disk,
                               operations ? "-initrd" : NULL,
                               files->operations,
                               NULL};

    snprintf(size, sizeof size, "%uK", kib);
    snprintf(memory, sizeof memory, "memory-backend-file,id=ram,size=%s,mem-path=%s,share=on", size,
             files->ram);
    snprintf(disk, sizeof disk, "file=%s,format=raw,cache=unsafe,if=%s", files->disk,
             subject->store_pages ? "ide" : "none");
    snprintf(serial, sizeof serial, "file:%s", files->serial);
    execvp(arguments[0], (char *const *)arguments);
    _exit(127);
}
