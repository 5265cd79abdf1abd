/*
 * peer_bench.c - the share of translation in a random guest load, here and in other software MMUs.
 *
 * The same loop runs in each with and without its load; the difference, less the host's own load on the same stream,
 * is what translation costs. QEMU and Unicorn run peer_guest.S; what is not installed is named and left out.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, popen */
#include <kmemsim/kmemsim.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef HAVE_UNICORN
#include <unicorn/unicorn.h>
#endif

#define ROUNDS     7u /* as in peer_guest.S, likewise the three below */
#define LOOPS      1000000u
#define FOOTPRINTS 3u
#define KINDS      2u /* without the load, with it */
#define MARKS      (ROUNDS * FOOTPRINTS * KINDS * 2u)
#define TIMEOUT    "60"

static const uint32_t footprint_mask[FOOTPRINTS] = {0x0000fffc, 0x001ffffc, 0x03fffffc};

/* Nanoseconds for one loop: [round][footprint][kind]. */
struct times {
    double loop[ROUNDS][FOOTPRINTS][KINDS];
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Marks come in pairs, before and after each loop. */
static void note_mark(struct times *times, unsigned mark, double *begun)
{
    if (mark >= MARKS)
        return;
    const unsigned loop = mark / 2;
    if (mark % 2 == 0)
        *begun = now();
    else
        times->loop[loop / (FOOTPRINTS * KINDS)][loop / KINDS % FOOTPRINTS][loop % KINDS] =
            (now() - *begun) / LOOPS;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The median over the rounds of what the load adds to the loop. */
static double load_share(const struct times *times, unsigned footprint)
{
    double share[ROUNDS];
    for (unsigned round = 0; round < ROUNDS; round++)
        share[round] = times->loop[round][footprint][1] - times->loop[round][footprint][0];
    qsort(share, ROUNDS, sizeof share[0], compare_doubles);
    return share[ROUNDS / 2];
}

/* ---- the host and the machine ---- */

#define STEP(random) ((random) ^= (random) << 13, (random) ^= (random) >> 17, (random) ^= (random) << 5)

#define TIME_LOOP(times, round, footprint, kind, body)                                                       \
    do {                                                                                                     \
        uint32_t random = 1, sum = 0;                                                                        \
        const double begun = now();                                                                          \
        for (unsigned i = 0; i < LOOPS; i++) {                                                               \
            STEP(random);                                                                                    \
            const uint32_t offset = random & footprint_mask[footprint];                                      \
            body;                                                                                            \
        }                                                                                                    \
        (times)->loop[round][footprint][kind] = (now() - begun) / LOOPS;                                     \
        __asm__ volatile("" : : "r"(sum));                                                                   \
    } while (0)

#define DATA      0x02000000u
#define DIRECTORY 0x00200000u
#define TABLES    0x00201000u

static struct kms_machine *machine_new(void)
{
    struct kms_machine *machine;
    if (kms_machine_new(&(struct kms_options){.ram_size = 128 << 20, .ram.fill = KMS_FILL_ZERO}, &machine) !=
        KMS_OK)
        return NULL;
    struct kms_ram *ram = kms_machine_ram(machine);
    for (uint32_t page = 0; page < 32 * 1024; page++)
        kms_phys_store(ram, TABLES + page * 4, 4,
                       page << 12 | KMS_PTE_P | KMS_PTE_RW | KMS_PTE_A | KMS_PTE_D);
    for (uint32_t table = 0; table < 32; table++)
        kms_phys_store(ram, DIRECTORY + table * 4, 4,
                       (TABLES + table * 4096) | KMS_PTE_P | KMS_PTE_RW | KMS_PTE_A);
    struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
    kms_x86_write(cpu, KMS_X86_CR3, DIRECTORY, NULL);
    kms_x86_write(cpu, KMS_X86_CR0, KMS_CR0_PG | KMS_CR0_PE, NULL);
    return machine;
}

static uint32_t guest_load(struct kms_cpu *cpu, uint32_t linear)
{
    uint32_t value = 0;
    if (kms_load32(cpu, linear, &value, NULL) != KMS_DONE)
        abort();
    return value;
}

static void time_machine(struct kms_machine *machine, struct times *host, struct times *guest)
{
    struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
    const uint8_t *data = kms_ram_ptr(kms_machine_ram(machine), DATA, 64 << 20);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned footprint = 0; footprint < FOOTPRINTS; footprint++) {
            uint32_t value;
            TIME_LOOP(host, round, footprint, 0, sum += offset);
            TIME_LOOP(host, round, footprint, 1, (memcpy(&value, data + offset, 4), sum += value));
            guest->loop[round][footprint][0] = host->loop[round][footprint][0];
            TIME_LOOP(guest, round, footprint, 1, sum += guest_load(cpu, DATA + offset));
        }
    }
}

/* ---- QEMU ---- */

static bool time_qemu(struct times *times)
{
    FILE *qemu = popen(
        "timeout " TIMEOUT " qemu-system-i386 -accel tcg -m 160 -nodefaults -display none -net none "
        "-debugcon stdio -device isa-debug-exit,iobase=0xf4 -kernel " PEER_GUEST " 2>/dev/null </dev/null",
        "r");
    if (!qemu)
        return false;
    double begun = 0;
    unsigned marks = 0;
    setvbuf(qemu, NULL, _IONBF, 0);
    for (int byte; marks < MARKS && (byte = fgetc(qemu)) != EOF;)
        if (byte == '-')
            note_mark(times, marks++, &begun);
    pclose(qemu);
    return marks == MARKS;
}

/* ---- Unicorn ---- */

#ifdef HAVE_UNICORN

struct unicorn_run {
    struct times *times;
    unsigned marks;
    double begun;
};

static void unicorn_out(uc_engine *engine, uint32_t port, int size, uint32_t value, void *context)
{
    struct unicorn_run *run = context;
    (void)port;
    (void)size;
    if ((value & 0xff) == '-')
        note_mark(run->times, run->marks++, &run->begun);
    else
        uc_emu_stop(engine);
}

/* The guest's bytes, from the flat file beside the ELF; its entry follows the 12 bytes of the multiboot header. */
static bool time_unicorn(struct times *times)
{
    static uint8_t code[4096];
    FILE *file = fopen(PEER_GUEST ".bin", "rb");
    const size_t size = file ? fread(code, 1, sizeof code, file) : 0;
    uc_engine *engine;
    uc_hook hook;
    if (file)
        fclose(file);
    if (size == 0 || uc_open(UC_ARCH_X86, UC_MODE_32, &engine) != UC_ERR_OK)
        return false;
    struct unicorn_run run = {times, 0, 0};
    uc_mem_map(engine, 0, 128 << 20, UC_PROT_ALL);
    uc_mem_write(engine, 0x100000, code, size);
    uc_hook_add(engine, &hook, UC_HOOK_INSN, (void *)(uintptr_t)unicorn_out, &run, 1, 0, UC_X86_INS_OUT);
    const uc_err error = uc_emu_start(engine, 0x10000c, 0, 0, 0);
    uc_close(engine);
    return error == UC_ERR_OK && run.marks == MARKS;
}

#else

static bool time_unicorn(struct times *times)
{
    (void)times;
    return false;
}

#endif

static void report(const char *name, bool ran, const struct times *times, const struct times *host)
{
    if (!ran) {
        printf("%-24s not measured: not installed, or it did not run\n", name);
        return;
    }
    printf("%-24s", name);
    for (unsigned footprint = 0; footprint < FOOTPRINTS; footprint++)
        printf("%10.2f", load_share(times, footprint) - (host ? load_share(host, footprint) : 0));
    printf("\n");
}

int main(void)
{
    static struct times host, guest, qemu, unicorn;
    struct kms_machine *machine = machine_new();
    if (!machine) {
        fprintf(stderr, "peer_bench: no memory for the guest\n");
        return 2;
    }
    time_machine(machine, &host, &guest);
    kms_machine_free(machine);
    const bool have_unicorn = time_unicorn(&unicorn);
    const bool have_qemu = time_qemu(&qemu);
    printf("Translation in a random 32-bit load, ns (median of %u; host load subtracted)\n", ROUNDS);
    printf("%-24s%10s%10s%10s\n", "", "64 KiB", "2 MiB", "64 MiB");
    report("host load itself", true, &host, NULL);
    report("kmemsim", true, &guest, &host);
    report("Unicorn", have_unicorn, &unicorn, &host);
    report("QEMU TCG", have_qemu, &qemu, &host);
    return 0;
}
