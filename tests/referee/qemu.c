/* QEMU, live: guest RAM is a file that both map; the host rings a bell word, the guest polls it. */
#define _GNU_SOURCE
#include "emulator_impl.h"
#include "process.h"
#include "riscv/riscv_protocol.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SHARED_BYTES 0x400000u /* all that the host touches */
#define SPIN_ROUNDS  2000u
#define BOOT_MS      10000u
#define BOOT_KVM_MS  180000u /* some hosts run code without paging one instruction at a time */

struct qemu_arguments {
    char program[32];
    char object[256];
    char machine[96];
    char accel[32];
    char size[32];
    char cpu[160];
};

static volatile struct ref_mailbox *mailbox(struct emulator *e)
{
    return (volatile struct ref_mailbox *)(e->ram + REF_MAILBOX);
}

static enum emulator_status map_ram(struct emulator *e)
{
    if (!emulator_make_file(e, FILE_RAM) ||
        ftruncate(e->file[FILE_RAM], (off_t)e->options.ram_mib << 20) != 0)
        return emulator_fail(e, "cannot create QEMU's memory: %s", strerror(errno));
    void *ram = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, e->file[FILE_RAM], 0);
    if (ram == MAP_FAILED)
        return emulator_fail(e, "cannot map QEMU's memory: %s", strerror(errno));
    e->ram = ram;
    return EMULATOR_OK;
}

static bool is_riscv(const struct emulator *e)
{
    return e->kind >= EMULATOR_RISCV32;
}

static const char *program(const struct emulator *e)
{
    if (!is_riscv(e))
        return "qemu-system-x86_64";
    return e->kind == EMULATOR_RISCV32 ? "qemu-system-riscv32" : "qemu-system-riscv64";
}

static const char *riscv_cpu(const struct emulator *e)
{
    if (e->options.cpu)
        return e->options.cpu;
    return e->kind == EMULATOR_RISCV32   ? "rv32"
           : e->kind == EMULATOR_RISCV64 ? "rv64,svnapot=off,svpbmt=off"
                                         : "rv64,svnapot=on,svpbmt=on";
}

static void fill_arguments(const struct emulator *e, struct qemu_arguments *a)
{
    char name[48];
    emulator_path(e, FILE_RAM, name);
    snprintf(a->object, sizeof(a->object), "memory-backend-file,id=ram,size=%uM,mem-path=%s,share=on",
             e->options.ram_mib, name);
    snprintf(a->program, sizeof(a->program), "%s", program(e));
    snprintf(a->machine, sizeof(a->machine), "%s,memory-backend=ram", is_riscv(e) ? "virt" : "pc");
    /* Every fetch is code at a new address: a small buffer is emptied before it outgrows the host's caches. */
    snprintf(a->accel, sizeof(a->accel), "%s", e->options.kvm ? "kvm" : "tcg,tb-size=16");
    snprintf(a->size, sizeof(a->size), "%uM", e->options.ram_mib);
    if (e->options.kvm)
        snprintf(a->cpu, sizeof(a->cpu), "host,host-phys-bits=on");
    else if (is_riscv(e))
        snprintf(a->cpu, sizeof(a->cpu), "%s", riscv_cpu(e));
    else
        snprintf(a->cpu, sizeof(a->cpu), "%s,phys-bits=%u", e->options.cpu ? e->options.cpu : "max",
                 e->options.phys_bits);
}

static void start(struct emulator *e, struct qemu_arguments *a)
{
    /* A PC has the ROM as its firmware and a port to print on; RISC-V has neither. */
    char *const firmware[] = {e->rom, (char[]){"none"}};
    /* With two harts QEMU makes an AMO one access, as it is; with one, a load and then a store. */
    char *const harts[] = {(char[]){"1"}, (char[]){"2"}};
    char *const last[][2] = {{(char[]){"-debugcon"}, (char[]){"null"}}, {(char[]){"-kernel"}, e->rom}};
    bool riscv = is_riscv(e);
    char *argv[] = {a->program,
                    (char[]){"-object"},
                    a->object,
                    (char[]){"-machine"},
                    a->machine,
                    (char[]){"-accel"},
                    a->accel,
                    (char[]){"-smp"},
                    harts[riscv],
                    (char[]){"-m"},
                    a->size,
                    (char[]){"-cpu"},
                    a->cpu,
                    (char[]){"-bios"},
                    firmware[riscv],
                    (char[]){"-display"},
                    (char[]){"none"},
                    (char[]){"-nodefaults"},
                    (char[]){"-no-reboot"},
                    last[riscv][0],
                    last[riscv][1],
                    NULL};
    e->pid = process_start(&(struct process_spec){argv, -1, -1});
}

/* Spin briefly, then sleep between looks: there may be as few cores as emulators. */
static void pause_briefly(unsigned round)
{
    if (round < SPIN_ROUNDS)
        __builtin_ia32_pause();
    else
        nanosleep(&(struct timespec){0, 50000}, NULL);
}

static enum emulator_status wait_for(struct emulator *e, volatile uint32_t *word, uint32_t value,
                                     unsigned limit_ms)
{
    uint64_t end = process_now_ms() + limit_ms;
    for (unsigned round = 0; *word != value; round++) {
        pause_briefly(round);
        if (round < SPIN_ROUNDS || round % 64)
            continue;
        if (!process_alive(e->pid)) {
            e->pid = 0;
            return emulator_fail(e, "QEMU ended (a triple fault, or it could not start)");
        }
        if (process_now_ms() > end)
            return emulator_fail(e, "QEMU gave no answer within %u ms", limit_ms);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return EMULATOR_OK;
}

enum emulator_status qemu_open(struct emulator *e)
{
    if (!process_program_exists(program(e))) {
        emulator_fail(e, "%s is not installed", program(e));
        return EMULATOR_MISSING;
    }
    if (is_riscv(e) && access(e->rom, R_OK) != 0) {
        emulator_fail(e, "%s was not built: a RISC-V cross compiler is missing", e->rom);
        return EMULATOR_MISSING;
    }
    if (e->options.kvm && access("/dev/kvm", R_OK | W_OK) != 0) {
        emulator_fail(e, "/dev/kvm cannot be used: %s", strerror(errno));
        return EMULATOR_MISSING;
    }
    enum emulator_status status = map_ram(e);
    if (status != EMULATOR_OK)
        return status;
    struct qemu_arguments arguments;
    fill_arguments(e, &arguments);
    start(e, &arguments);
    status = wait_for(e, &mailbox(e)->magic, REF_MAGIC_LIVE, e->options.kvm ? BOOT_KVM_MS : BOOT_MS);
    if (status == EMULATOR_OK)
        memcpy(&e->cpu, (const void *)&mailbox(e)->cpu, sizeof(e->cpu));
    if (e->kind == EMULATOR_RISCV64EXT)
        e->cpu.rv_cpu_extended = RV_EXT_SVNAPOT | RV_EXT_SVPBMT;
    return status;
}

enum emulator_status qemu_start(struct emulator *e)
{
    volatile struct ref_mailbox *box = mailbox(e);
    e->work.part = emulator_part(e, REF_MAILBOX_OPS);
    memcpy(e->ram + REF_OPS, e->work.ops, e->work.part * sizeof(*e->work.ops));
    box->count = (uint32_t)e->work.part;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    box->bell = ++e->bell;
    return EMULATOR_OK;
}

enum emulator_status qemu_collect(struct emulator *e)
{
    enum emulator_status status = wait_for(e, &mailbox(e)->done, e->bell, e->options.timeout_ms);
    if (status == EMULATOR_OK)
        memcpy(e->work.results, e->ram + REF_RESULTS, e->work.part * sizeof(*e->work.results));
    return status;
}

void qemu_close(struct emulator *e)
{
    process_stop(e->pid);
    if (e->ram)
        munmap(e->ram, SHARED_BYTES);
}
