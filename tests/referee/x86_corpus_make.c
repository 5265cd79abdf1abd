#include "corpus.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "emulator.h"
#include "imitate.h"

#define RAM_MIB  64u
#define LEVEL    19
#define CHUNK    5000u
#define PF_RSVD  0x08u
#define ENTRY_A  0x20u
#define ENTRY_PS 0x80u

struct maker {
    struct emulator *bochs, *qemu;
    struct bytes file;
    uint32_t sections;
};

static struct emulator *open_one(enum emulator_kind kind, const char *rom)
{
    const struct emulator_options options = {.rom = rom, .ram_mib = RAM_MIB, .phys_bits = 40};
    const struct ref_op reset = {.code = REF_RESET};
    struct ref_result ignored;
    struct emulator *e;
    char error[256];
    if (emulator_open(kind, &options, &e, error) != EMULATOR_OK) {
        fprintf(stderr, "kms_truth: %s\n", error);
        return NULL;
    }
    if (emulator_run(e, &reset, &ignored, 1) != EMULATOR_OK)
        fprintf(stderr, "kms_truth: %s\n", emulator_error(e));
    return e;
}

static struct ref_cpu both(const struct ref_cpu *a, const struct ref_cpu *b)
{
    return (struct ref_cpu){
        a->leaf1_ecx & b->leaf1_ecx, a->leaf1_edx & b->leaf1_edx,
        a->leaf7_ebx & b->leaf7_ebx, a->leaf7_ecx & b->leaf7_ecx,
        a->ext1_edx & b->ext1_edx,   a->maxphyaddr < b->maxphyaddr ? a->maxphyaddr : b->maxphyaddr,
    };
}

/* One chunk of cases with their operations in a row. */
struct chunk {
    struct ref_case *cases;
    struct ref_op *ops;
    struct ref_result *answers, *second;
    struct subject *subject; /* to imitate the quirks of QEMU */
    size_t count, total;
};

static bool chunk_new(struct chunk *k, const struct corpus_section *s)
{
    k->subject = subject_new(&(struct subject_options){s->cpu, s->ram_bytes, POLICY_ACCESSED_ON_WALK});
    k->cases = malloc(CHUNK * sizeof(*k->cases));
    k->ops = malloc(CHUNK * REF_MAX_OPS * sizeof(*k->ops));
    k->answers = malloc(CHUNK * REF_MAX_OPS * sizeof(*k->answers));
    k->second = malloc(CHUNK * REF_MAX_OPS * sizeof(*k->second));
    return k->subject && k->cases && k->ops && k->answers && k->second;
}

static void chunk_free(struct chunk *k)
{
    subject_free(k->subject);
    free(k->cases);
    free(k->ops);
    free(k->answers);
    free(k->second);
}

static void chunk_fill(struct chunk *k, struct corpus_section *s, const struct generate_options *options,
                       uint64_t from)
{
    k->count = s->count - from < CHUNK ? (size_t)(s->count - from) : CHUNK;
    k->total = 0;
    for (size_t i = 0; i < k->count; i++) {
        generate_case(&k->cases[i], options, s->first_seed + from + i);
        s->checksum = corpus_checksum(s->checksum, &k->cases[i]);
        memcpy(&k->ops[k->total], k->cases[i].ops, k->cases[i].count * sizeof(*k->ops));
        k->total += k->cases[i].count;
    }
}

/* An emulator's answer that is known to be wrong must not become golden. */
static bool implicit_with_ac(const struct ref_case *c)
{
    bool ac = false;
    for (size_t i = 0; i < c->count; i++) {
        ac |= c->ops[i].code == REF_AC && c->ops[i].value;
        if (ac && c->ops[i].code == REF_ACCESS && c->ops[i].kind > REF_FETCH)
            return true;
    }
    return false;
}

static bool has_rmw(const struct ref_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->ops[i].code == REF_ACCESS && c->ops[i].kind == REF_RMW)
            return true;
    }
    return false;
}

/* QEMU sets A in upper entries although the walk then faults, Bochs does not; the architecture permits both. */
static void forgive_accessed(const struct ref_case *c, const struct ref_result *bochs,
                             struct ref_result *qemu)
{
    bool faulted = false;
    for (size_t i = 0; i < c->count; i++) {
        faulted |= c->ops[i].code == REF_ACCESS && bochs[i].status == REF_FAULT;
        if (faulted && c->ops[i].code == REF_PEEK && qemu[i].value == (bochs[i].value | ENTRY_A))
            qemu[i].value = bochs[i].value;
    }
}

static bool confirms(struct chunk *k, const struct ref_case *c, const struct ref_result *bochs,
                     struct ref_result *qemu)
{
    const struct answers answers = {bochs, qemu};
    if (imitate_explain(k->subject, EMULATOR_QEMU, c, &answers, NULL) == SIZE_MAX)
        return true;
    forgive_accessed(c, bochs, qemu);
    return compare_case(EMULATOR_QEMU, c, &answers, NULL) == SIZE_MAX;
}

/* Of QEMU alone: nothing that one of its quirks may have touched. */
static bool beyond_doubt(const struct ref_case *c, const struct ref_result *answers)
{
    bool faulted = false, large = false;
    for (size_t i = 0; i < c->count; i++) {
        const struct ref_result *r = &answers[i];
        bool fault = c->ops[i].code == REF_ACCESS && r->status == REF_FAULT;
        if (fault && (r->vector != 14 || r->error & PF_RSVD || c->ops[i].flags & REF_USER))
            return false;
        faulted |= fault;
        large |= c->ops[i].code == REF_POKE && c->ops[i].value & ENTRY_PS;
    }
    return !has_rmw(c) && !(faulted && large);
}

static void keep(struct chunk *k, struct corpus_section *s, struct bytes *flags, struct bytes *answers,
                 bool confirmed)
{
    size_t at = 0;
    for (size_t i = 0; i < k->count; i++) {
        const struct ref_case *c = &k->cases[i];
        struct ref_result *first = k->answers + at, *second = k->second + at;
        bool kept = !implicit_with_ac(c);
        if (kept && confirmed)
            kept = confirms(k, c, first, second);
        else if (kept && s->accessed_on_walk)
            kept = beyond_doubt(c, first);
        uint8_t flag = kept;
        bytes_add(flags, &flag, 1);
        if (kept)
            corpus_write_answers(answers, c, first);
        s->kept += kept;
        at += c->count;
    }
}

/* `second` confirms the answers of `first`, or is NULL. */
static bool add_section(struct maker *m, struct corpus_section *s, struct emulator *first,
                        struct emulator *second)
{
    const struct generate_options options = {s->cpu, s->arch, s->refuses_registers != 0, s->ram_bytes};
    struct bytes flags = {0}, answers = {0};
    struct chunk k = {0};
    bool good = chunk_new(&k, s);
    for (uint64_t from = 0; from < s->count && good; from += k.count) {
        chunk_fill(&k, s, &options, from);
        good = emulator_run(first, k.ops, k.answers, k.total) == EMULATOR_OK &&
               (!second || emulator_run(second, k.ops, k.second, k.total) == EMULATOR_OK);
        if (good)
            keep(&k, s, &flags, &answers, second != NULL);
    }
    if (!good)
        fprintf(stderr, "kms_truth: %s%s\n", emulator_error(first), second ? emulator_error(second) : "");
    s->bytes = flags.size + answers.size;
    bytes_add(&m->file, s, sizeof(*s));
    bytes_add(&m->file, flags.at, flags.size);
    bytes_add(&m->file, answers.at, answers.size);
    m->sections++;
    printf("section %u: %llu of %llu cases kept, %llu bytes\n", m->sections, (unsigned long long)s->kept,
           (unsigned long long)s->count, (unsigned long long)s->bytes);
    free(flags.at);
    free(answers.at);
    chunk_free(&k);
    return good && !m->file.failed;
}

static bool write_packed(const struct maker *m, const char *path)
{
    size_t room = ZSTD_compressBound(m->file.size);
    uint8_t *packed = malloc(room);
    size_t size = packed ? ZSTD_compress(packed, room, m->file.at, m->file.size, LEVEL) : 0;
    FILE *f = packed && !ZSTD_isError(size) ? fopen(path, "wb") : NULL;
    bool good = f && fwrite(packed, 1, size, f) == size;
    if (f && fclose(f) != 0)
        good = false;
    free(packed);
    printf("%s: %zu bytes\n", path, good ? size : 0);
    return good;
}

/* Three sections: what both have; what only Bochs has (PCID, refused registers); what only QEMU has (LA57, PKS). */
static bool make_sections(struct maker *m, uint64_t seed, uint64_t cases)
{
    const struct ref_cpu *bochs = emulator_cpu(m->bochs), *qemu = emulator_cpu(m->qemu);
    uint64_t ram = (uint64_t)RAM_MIB << 20;
    struct corpus_section common = {.cpu = both(bochs, qemu), .arch = ARCH_ALL, .ram_bytes = ram};
    struct corpus_section pcid = {.cpu = *bochs, .arch = ARCH_ALL, .refuses_registers = 1, .ram_bytes = ram};
    struct corpus_section la57 = {.cpu = *qemu, .arch = ARCH_5LEVEL, .accessed_on_walk = 1, .ram_bytes = ram};
    common.first_seed = seed << 32;
    common.count = cases;
    pcid.first_seed = common.first_seed + cases;
    la57.first_seed = pcid.first_seed + cases;
    pcid.count = la57.count = cases / 5;
    return add_section(m, &common, m->bochs, m->qemu) && add_section(m, &pcid, m->bochs, NULL) &&
           add_section(m, &la57, m->qemu, NULL);
}

bool corpus_make(const char *path, const char *rom, uint64_t seed, uint64_t cases)
{
    struct maker m = {.bochs = open_one(EMULATOR_BOCHS, rom), .qemu = open_one(EMULATOR_QEMU, rom)};
    uint32_t sections = 3;
    bytes_add(&m.file, CORPUS_MAGIC, 8);
    bytes_add(&m.file, &sections, sizeof(sections));
    bool good = m.bochs && m.qemu && make_sections(&m, seed, cases) && write_packed(&m, path);
    emulator_close(m.bochs);
    emulator_close(m.qemu);
    free(m.file.at);
    return good;
}
