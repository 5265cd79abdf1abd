/*
 * corpus.h - the golden corpus: tens of thousands of cases with the answers of an emulator, replayed without one.
 *
 * A corpus is a zstd-compressed file of sections. A section says which CPU answered (CPUID), how to generate its cases
 * (first seed, count, architectures), a checksum of all their operations, and then the answers, each as its difference
 * from what is most likely: so that 28,000 cases take some hundred kilobytes. The operations are generated anew; the
 * checksum notices when the generator is no longer the one that the answers belong to, and then the corpus must be
 * made again (kms_truth --corpus FILE).
 *
 *   header    "KMSGOLD1", sections as a 32-bit number
 *   section   struct corpus_section, then its answers, `bytes` long; see corpus_format.c
 */
#ifndef REFEREE_CORPUS_H
#define REFEREE_CORPUS_H

#include "generate.h"

#define CORPUS_MAGIC "KMSGOLD1"

struct corpus_section {
    struct ref_cpu cpu;
    uint32_t arch;
    uint32_t refuses_registers;
    uint32_t accessed_on_walk; /* the policy of the emulator that answered */
    uint64_t ram_bytes;
    uint64_t first_seed;
    uint64_t count; /* cases generated */
    uint64_t kept;  /* cases whose answers are here; the others showed a quirk or a doubt */
    uint64_t checksum;
    uint64_t bytes; /* of answers */
};

/* Bytes that grow. failed: no memory, and nothing more is added. */
struct bytes {
    uint8_t *at;
    size_t size, room;
    bool failed;
};
void bytes_add(struct bytes *b, const void *from, size_t n);

/* Answers of one case, written and read; corpus_read returns false if the bytes end too early. */
void corpus_write_answers(struct bytes *to, const struct ref_case *c, const struct ref_result *results);
struct corpus_cursor {
    const uint8_t *at, *end;
};
bool corpus_read_answers(struct corpus_cursor *from, const struct ref_case *c, struct ref_result *results);
uint64_t corpus_checksum(uint64_t checksum, const struct ref_case *c);

/*
 * Make a corpus with `cases` cases answered by Bochs and confirmed by QEMU, and a tenth as many that only one of them
 * can answer; with ARCH_SEGMENTS alone, one of segments. Says on stdout what it did.
 */
struct corpus_request {
    const char *path;
    const char *rom; /* NULL: the one built with this */
    unsigned arch;   /* of the command line; 0: all */
    uint64_t seed, cases;
};
bool corpus_make(const struct corpus_request *request);

/* Load and decompress a file; NULL with one line in `error`. The caller frees. */
uint8_t *corpus_load(const char *path, size_t *size, char error[256]);

struct corpus_score {
    uint64_t cases, operations, wrong;
    char first[640]; /* the first wrong answer, in words */
};

/* Replay everything on the machine; false with one line in `error` if the file is not a corpus of this generator. */
bool corpus_replay(const uint8_t *file, size_t size, struct corpus_score *score, char error[256]);

#endif
