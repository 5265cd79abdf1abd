/*
 * The corpus of RISC-V: QEMU's answers, as far as whoever stands in the machine's place gives them too. It is made with
 * kms_truth_riscv_oracle, so that the specification's oracle confirms them and the machine has no say.
 */
#include "corpus_make.h"

#include <stdlib.h>

#include "compare.h"
#include "riscv_protocol.h"

#define SECTIONS 5

static bool keeps(struct subject *subject, const struct corpus_section *s, const struct corpus_answers *a)
{
    struct ref_result mine[REF_MAX_OPS];
    (void)s;
    subject_run(subject, a->c->ops, mine, a->c->count);
    for (size_t i = 0; i < a->c->count; i++) {
        if (results_differ(&a->c->ops[i], &mine[i], &a->first[i]))
            return false;
    }
    return true;
}

static bool add(struct corpus_maker *m, enum emulator_kind kind, struct corpus_section *s)
{
    struct emulator *e = corpus_open(kind, NULL);
    bool good = e != NULL;
    if (good) {
        s->cpu = *emulator_cpu(e);
        good = corpus_add_section(m, s, &(struct corpus_source){e, NULL, keeps});
    }
    emulator_close(e);
    return good;
}

bool corpus_make(const struct corpus_request *request)
{
    static const struct {
        enum emulator_kind kind;
        uint32_t modes;
    } rows[SECTIONS] = {
        {EMULATOR_RISCV32, RV_MODE_SV32},
        {EMULATOR_RISCV64, RV_MODE_SV39},
        {EMULATOR_RISCV64, RV_MODE_SV48},
        {EMULATOR_RISCV64, RV_MODE_SV57},
        {EMULATOR_RISCV64EXT, RV_MODE_SV39 | RV_MODE_SV48 | RV_MODE_SV57},
    };
    struct corpus_maker m = {{0}, 0};
    bool good = true;
    corpus_begin(&m, SECTIONS);
    for (unsigned i = 0; i < SECTIONS && good; i++) {
        struct corpus_section s = {.arch = rows[i].modes,
                                   .ram_bytes = (uint64_t)CORPUS_RAM_MIB << 20,
                                   .first_seed = (request->seed << 32) + i * request->cases,
                                   .count = request->cases};
        good = add(&m, rows[i].kind, &s);
    }
    good = good && corpus_pack(&m, request->path);
    free(m.file.at);
    return good;
}
