/* Making a corpus: cases by the thousand, and the answers that an architecture keeps of them. */
#include "corpus_make.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define LEVEL 19
#define CHUNK 5000u

struct emulator *corpus_open(enum emulator_kind kind, const char *rom)
{
    const struct emulator_options options = {.rom = rom, .ram_mib = CORPUS_RAM_MIB, .phys_bits = 40};
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

/* One chunk of cases with their operations in a row. */
struct chunk {
    struct ref_case *cases;
    struct ref_op *ops;
    struct ref_result *answers, *second;
    struct subject *subject; /* what decides which answers are kept */
    size_t count, total;
};

static bool chunk_new(struct chunk *k, const struct corpus_section *s)
{
    k->subject =
        subject_new(&(struct subject_options){s->cpu, s->ram_bytes, subject_policies(EMULATOR_QEMU)});
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

static void keep(struct chunk *k, struct corpus_section *s, const struct corpus_source *source,
                 struct bytes *flags, struct bytes *answers)
{
    size_t at = 0;
    for (size_t i = 0; i < k->count; i++) {
        const struct ref_case *c = &k->cases[i];
        struct ref_result *second = source->second ? k->second + at : NULL;
        uint8_t kept = source->keeps(k->subject, s, &(struct corpus_answers){c, k->answers + at, second});
        bytes_add(flags, &kept, 1);
        if (kept)
            corpus_write_answers(answers, c, k->answers + at);
        s->kept += kept;
        at += c->count;
    }
}

static bool ask(struct chunk *k, const struct corpus_source *source)
{
    return emulator_run(source->first, k->ops, k->answers, k->total) == EMULATOR_OK &&
           (!source->second || emulator_run(source->second, k->ops, k->second, k->total) == EMULATOR_OK);
}

bool corpus_add_section(struct corpus_maker *m, struct corpus_section *s, const struct corpus_source *source)
{
    const struct generate_options options = {s->cpu, s->arch, s->refuses_registers != 0, s->ram_bytes};
    struct bytes flags = {0}, answers = {0};
    struct chunk k = {0};
    bool good = chunk_new(&k, s);
    for (uint64_t from = 0; from < s->count && good; from += k.count) {
        chunk_fill(&k, s, &options, from);
        good = ask(&k, source);
        if (good)
            keep(&k, s, source, &flags, &answers);
    }
    if (!good)
        fprintf(stderr, "kms_truth: %s%s\n", emulator_error(source->first),
                source->second ? emulator_error(source->second) : "");
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

void corpus_begin(struct corpus_maker *m, uint32_t sections)
{
    bytes_add(&m->file, CORPUS_MAGIC, 8);
    bytes_add(&m->file, &sections, sizeof(sections));
}

bool corpus_pack(const struct corpus_maker *m, const char *path)
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
