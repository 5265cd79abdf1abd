/*
 * emulator.h - an emulated CPU that runs the referee's ROM and answers operations.
 *
 * Whatever is QEMU is live: it shares its RAM with the host and answers each ring of a bell within microseconds. Bochs works
 * in batches: each run starts it, lets it work through a file, and reads what it prints. Both look alike here.
 * No call waits without end, and no emulator outlives the program that started it.
 */
#ifndef REFEREE_EMULATOR_H
#define REFEREE_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol.h"

enum emulator_kind {
    EMULATOR_QEMU, /* an x86 PC */
    EMULATOR_BOCHS,
    EMULATOR_RISCV32,    /* QEMU's riscv32 */
    EMULATOR_RISCV64,    /* ... and riscv64, without Svnapot and Svpbmt */
    EMULATOR_RISCV64EXT, /* ... with both */
    EMULATORS
};

/* Zero is the default everywhere. */
struct emulator_options {
    const char *rom;     /* path of the ROM or program; NULL: the one built with this */
    unsigned phys_bits;  /* QEMU: MAXPHYADDR, 32 to 52; 0: 40. Bochs always has 40 */
    unsigned ram_mib;    /* 0: 64. QEMU's is sparse, so hundreds of GiB are fine; Bochs has at most 2048 */
    unsigned timeout_ms; /* for one batch; 0: 20 s */
    bool kvm;            /* QEMU: the host's own processor; `cpu` and `phys_bits` mean nothing then */
    const char *cpu; /* QEMU's -cpu without phys-bits, or Bochs's model; NULL: the one with most features */
};

enum emulator_status {
    EMULATOR_OK,
    EMULATOR_MISSING, /* not installed */
    EMULATOR_FAILED   /* it did not start, ended, hung, or answered nonsense; emulator_error() says which */
};

struct emulator;

/* On failure *emulator is NULL; the message lies in `error`, one line, cut to its size. */
enum emulator_status emulator_open(enum emulator_kind kind, const struct emulator_options *options,
                                   struct emulator **emulator, char error[256]);
void emulator_close(struct emulator *emulator);

/*
 * Run operations; results[i] answers ops[i]. The first operation of every case is REF_RESET, and a case has at most
 * REF_MAX_OPS. After a failure the emulator is dead: close it.
 *
 * emulator_begin() lets the emulator work while its host does other things, emulator_finish() waits for all results;
 * ops and results stay where they are until then. emulator_run() is both.
 */
enum emulator_status emulator_begin(struct emulator *emulator, const struct ref_op *ops,
                                    struct ref_result *results, size_t count);
enum emulator_status emulator_finish(struct emulator *emulator);
enum emulator_status emulator_run(struct emulator *emulator, const struct ref_op *ops,
                                  struct ref_result *results, size_t count);

/* What CPUID says. Bochs knows it after its first run. */
const struct ref_cpu *emulator_cpu(const struct emulator *emulator);
const char *emulator_error(const struct emulator *emulator);
const char *emulator_name(enum emulator_kind kind);

#endif
