#include "corpus.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "compare.h"
#include "subject.h"

#define LIMIT (64u << 20) /* of a decompressed corpus */

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long end = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    if (end > 0 && end < (long)LIMIT)
        bytes = malloc((size_t)end);
    if (bytes) {
        rewind(f);
        *size = fread(bytes, 1, (size_t)end, f);
    }
    if (f)
        fclose(f);
    return bytes;
}

uint8_t *corpus_load(const char *path, size_t *size, char error[256])
{
    size_t packed_size = 0;
    uint8_t *packed = read_file(path, &packed_size);
    unsigned long long full = packed ? ZSTD_getFrameContentSize(packed, packed_size) : 0;
    uint8_t *bytes = full > 0 && full < LIMIT ? malloc((size_t)full) : NULL;
    *size = bytes ? ZSTD_decompress(bytes, (size_t)full, packed, packed_size) : 0;
    free(packed);
    if (bytes && !ZSTD_isError(*size))
        return bytes;
    free(bytes);
    snprintf(error, 256, "%s: cannot be read as a corpus", path);
    return NULL;
}

static void note_wrong(struct corpus_score *score, const struct ref_case *c, size_t i,
                       const struct ref_result *mine, const struct ref_result *theirs)
{
    char op[160], a[96], b[96];
    if (score->wrong++)
        return;
    op_write(op, sizeof(op), &c->ops[i]);
    result_write(a, sizeof(a), &c->ops[i], mine);
    result_write(b, sizeof(b), &c->ops[i], theirs);
    snprintf(score->first, sizeof(score->first),
             "%s, operation %zu, %s: the machine answers %s, the emulator %s", c->name, i, op, a, b);
}

static void judge(struct corpus_score *score, const struct ref_case *c, const struct ref_result *mine,
                  const struct ref_result *theirs)
{
    score->cases++;
    score->operations += c->count;
    for (size_t i = 0; i < c->count; i++) {
        if (!results_differ(&c->ops[i], &mine[i], &theirs[i]))
            continue;
        note_wrong(score, c, i, &mine[i], &theirs[i]);
        return;
    }
}

/* Answers begin with one byte a case: is it kept? */
static bool replay_section(const struct corpus_section *s, const uint8_t *answers, struct corpus_score *score)
{
    static struct ref_case c;
    static struct ref_result mine[REF_MAX_OPS], theirs[REF_MAX_OPS];
    const struct generate_options options = {s->cpu, s->arch, s->refuses_registers != 0, s->ram_bytes};
    struct subject *subject = subject_new(
        &(struct subject_options){s->cpu, s->ram_bytes, s->accessed_on_walk ? POLICY_ACCESSED_ON_WALK : 0});
    struct corpus_cursor cursor = {answers + s->count, answers + s->bytes};
    uint64_t checksum = 0;
    bool good = subject && s->count <= s->bytes;
    for (uint64_t i = 0; i < s->count && good; i++) {
        generate_case(&c, &options, s->first_seed + i);
        checksum = corpus_checksum(checksum, &c);
        if (!answers[i])
            continue;
        good = corpus_read_answers(&cursor, &c, theirs);
        subject_run(subject, c.ops, mine, c.count);
        if (good)
            judge(score, &c, mine, theirs);
    }
    subject_free(subject);
    return good && checksum == s->checksum;
}

bool corpus_replay(const uint8_t *file, size_t size, struct corpus_score *score, char error[256])
{
    size_t at = 12;
    uint32_t sections;
    *score = (struct corpus_score){0};
    if (size < at || memcmp(file, CORPUS_MAGIC, 8) != 0) {
        snprintf(error, 256, "not a corpus");
        return false;
    }
    memcpy(&sections, file + 8, 4);
    for (uint32_t i = 0; i < sections; i++) {
        struct corpus_section s;
        bool whole = size - at >= sizeof(s);
        if (whole)
            memcpy(&s, file + at, sizeof(s));
        at += sizeof(s);
        if (!whole || size - at < s.bytes) {
            snprintf(error, 256, "the corpus ends too early");
            return false;
        }
        if (!replay_section(&s, file + at, score)) {
            snprintf(error, 256, "section %u is not of this generator: make the corpus again", i + 1);
            return false;
        }
        at += s.bytes;
    }
    return true;
}
