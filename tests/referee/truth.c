/* kms_truth: as many random cases, or the stories, as one likes, against an emulator; see usage(). */
#define _GNU_SOURCE
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "corpus.h"
#include "duel.h"
#include "layout_impl.h"
#include "join.h"
#include "process.h"
#include "prng.h"
#include "story.h"
#include "story_run.h"

#define SKIP        77
#define INTERRUPTED 130
#define SHOWN       5 /* differences reduced and printed; all are counted */
#define BATCH_QEMU  512
#define BATCH_BOCHS 25000

struct run {
    struct duel_options duel;
    unsigned arch;
    uint64_t cases, seed, done, differences;
    const char *resume;
    const char *corpus;
    const char *join;
    struct tally tally;
    uint64_t started_ms, shown_ms, done_before;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static void usage(FILE *out)
{
    fputs("usage: kms_truth [OPTION]... [STORY FILE]...\n"
          "Without files: random cases. With files: their stories and cases.\n"
          "  --oracle NAME         who answers: qemu or bochs (RISC-V: riscv32, riscv64, riscv64ext)\n"
          "  --cases N             random cases (10000)\n"
          "  --seed S              first seed (1); each run with the same seed makes the same cases\n"
          "  --accel kvm           not QEMU's CPU but this host's own, through /dev/kvm\n"
          "  --arch LIST           paging modes, such as pae,4level or sv39 (all that the oracle has), or "
          "x86 `segments`\n"
          "  --phys-bits N         MAXPHYADDR of QEMU's CPU, 32 to 52 (40)\n"
          "  --ram MIB             its RAM (64)\n"
          "  --resume FILE         keep the count in FILE, and go on from there\n"
          "  --join DIRECTORY      keep each difference there, reduced, for the ordinary tests "
          "(tests/referee/cases)\n"
          "  --corpus FILE         write the cases and Bochs's answers, as far as QEMU agrees, to FILE\n"
          "  --rom FILE            the referee's ROM\n"
          "Exit status: 0 no unexplained difference, 1 differences, 2 usage or failure, 77 no emulator, 130 "
          "interrupted.\n",
          out);
}

/* ---- the count kept in a file ---- */

static bool read_resume(struct run *r)
{
    unsigned long long seed = 0, done = 0, differences = 0;
    FILE *f = r->resume ? fopen(r->resume, "r") : NULL;
    if (!f)
        return true;
    int fields = fscanf(f, "kms_truth seed %llu done %llu differences %llu", &seed, &done, &differences);
    fclose(f);
    if (fields != 3 || seed != r->seed) {
        fprintf(stderr, "kms_truth: %s is not of a run with seed %llu\n", r->resume,
                (unsigned long long)r->seed);
        return false;
    }
    r->done = done;
    r->differences = differences;
    return true;
}

/* Written beside it and then put in its place: a run that is killed leaves the old count or the new one. */
static void write_resume(const struct run *r)
{
    char path[4096];
    if (!r->resume)
        return;
    snprintf(path, sizeof(path), "%s.new", r->resume);
    FILE *f = fopen(path, "w");
    bool good =
        f && fprintf(f, "kms_truth seed %llu done %llu differences %llu\n", (unsigned long long)r->seed,
                     (unsigned long long)r->done, (unsigned long long)r->differences) > 0;
    if (f && fclose(f) != 0)
        good = false;
    if (!good || rename(path, r->resume) != 0)
        fprintf(stderr, "kms_truth: %s cannot be written\n", r->resume);
}

/* ---- progress ---- */

static void show_progress(struct run *r)
{
    uint64_t now = process_now_ms();
    bool terminal = isatty(STDERR_FILENO);
    if (now - r->shown_ms < (terminal ? 200u : 5000u))
        return;
    r->shown_ms = now;
    double rate = (double)(r->done - r->done_before) * 1000.0 / (double)(now - r->started_ms + 1);
    fprintf(stderr, "%s%llu of %llu cases, %.0f/s, %llu differences%s", terminal ? "\r" : "",
            (unsigned long long)r->done, (unsigned long long)r->cases, rate,
            (unsigned long long)r->differences, terminal ? "   " : "\n");
    write_resume(r);
}

static void report_quirks(const struct tally *tally)
{
    for (enum quirk q = QUIRK_NONE + 1; q < QUIRKS; q++) {
        const struct quirk_use *use = &tally->quirk[q];
        if (!use->count)
            continue;
        printf("%llu times %s: %s; smallest case:\n", (unsigned long long)use->count, quirk_name(q),
               quirk_words(q));
        if (use->smallest)
            case_write(stdout, use->smallest);
    }
}

/* ---- random cases ---- */

/* Keep it where the ordinary tests replay it. */
static void join(const struct run *r, struct duel *duel, const struct ref_case *c)
{
    struct ref_result mine[REF_MAX_OPS], theirs[REF_MAX_OPS];
    const struct answers answers = {mine, theirs};
    struct join_origin origin = {r->duel.oracle, duel_cpu(duel)->maxphyaddr, 0};
    char path[512] = "";
    if (!duel_answers(duel, c, mine, theirs)) {
        printf("it does not join the corpus: %s does not survive it\n", emulator_name(origin.oracle));
        return;
    }
    origin.op = duel_difference(duel, c, &answers);
    bool written = join_write(r->join, &origin, c, &answers, path);
    printf("%s %s\n", written ? "joined the corpus:" : "cannot be written:", path);
}

static void show_difference(struct run *r, struct duel *duel, const struct ref_case *c)
{
    if (r->differences++ >= SHOWN)
        return;
    struct ref_case small = *c;
    duel_reduce(duel, &small);
    printf("\ndifference, reduced:\n");
    duel_print(stdout, duel, &small);
    if (r->join)
        join(r, duel, &small);
    fflush(stdout);
}

/* One of two lists of cases: while the emulator works on one, the other is compared and then made anew. */
struct list {
    struct ref_case *cases;
    size_t count;
};

static void make_list(const struct run *r, struct duel *duel, uint64_t from, struct list *list)
{
    const struct generate_options options = duel_generate_options(duel, r->arch);
    struct prng seeds = {r->seed};
    uint64_t first = prng_next(&seeds) + from, left = r->cases > from ? r->cases - from : 0;
    size_t batch = r->duel.oracle == EMULATOR_BOCHS ? BATCH_BOCHS : BATCH_QEMU;
    list->count = stopped ? 0 : left < batch ? (size_t)left : batch;
    for (size_t i = 0; i < list->count; i++)
        generate_case(&list->cases[i], &options, first + i);
}

/* Start `next`, judge `running`. */
static bool take_turn(struct run *r, struct duel *duel, const struct list *next, const struct list *running)
{
    struct duel_found found[SHOWN];
    struct duel_findings findings = {&r->tally, found, SHOWN};
    size_t differences = duel_turn(duel, next->cases, next->count, &findings);
    if (differences == SIZE_MAX)
        return false;
    for (size_t i = 0; i < differences; i++) {
        if (i < SHOWN)
            show_difference(r, duel, &running->cases[found[i].number]);
        else
            r->differences++;
    }
    r->done += running->count;
    return true;
}

static bool run_lists(struct run *r, struct duel *duel, struct list list[2])
{
    unsigned next = 0;
    uint64_t made = r->done;
    do {
        make_list(r, duel, made, &list[next]);
        made += list[next].count;
        if (!take_turn(r, duel, &list[next], &list[!next]))
            return false;
        next = !next;
        show_progress(r);
    } while (list[!next].count);
    return true;
}

static bool run_random(struct run *r, struct duel *duel)
{
    size_t batch = r->duel.oracle == EMULATOR_BOCHS ? BATCH_BOCHS : BATCH_QEMU;
    struct ref_case *cases = malloc(2 * batch * sizeof(*cases));
    struct list list[2] = {{cases, 0}, {cases ? cases + batch : NULL, 0}};
    r->started_ms = process_now_ms();
    r->done_before = r->done;
    bool good = cases && run_lists(r, duel, list);
    free(cases);
    write_resume(r);
    if (!good)
        fprintf(stderr, "kms_truth: the emulator cannot be started any more\n");
    return good;
}

static int random_main(struct run *r, struct duel *duel)
{
    if (!run_random(r, duel))
        return 2;
    uint64_t ms = process_now_ms() - r->started_ms;
    report_quirks(&r->tally);
    printf("%s: %llu cases, %llu operations, seed %llu, %.1f s, %llu unexplained differences\n",
           emulator_name(r->duel.oracle), (unsigned long long)r->done,
           (unsigned long long)r->tally.operations, (unsigned long long)r->seed, (double)ms / 1000.0,
           (unsigned long long)r->differences);
    if (stopped && r->done < r->cases)
        return INTERRUPTED;
    return r->differences != 0;
}

/* ---- stories ---- */

static int stories_main(struct run *r, struct duel *duel, char **files)
{
    struct story_list list = {NULL, 0, 0};
    char error[256];
    for (; *files; files++) {
        if (story_read(*files, &list, error))
            continue;
        fprintf(stderr, "kms_truth: %s\n", error);
        story_free(&list);
        return 2;
    }
    struct story_score score = story_run(&list, duel, stdout);
    printf("%s: %zu stories, %zu cases, %zu beyond this CPU, %zu known quirks, %zu wrong here, %zu wrong in "
           "the machine\n",
           emulator_name(r->duel.oracle), list.stories, list.count, score.beyond, score.excused,
           score.oracle_wrong, score.machine_wrong);
    report_quirks(&score.tally);
    tally_free(&score.tally);
    story_free(&list);
    return score.oracle_wrong + score.machine_wrong + score.lost != 0;
}

/* ---- command line ---- */

static bool parse_arch(const char *list, unsigned *arch)
{
    char copy[64], *rest = NULL;
    if (strcmp(list, "segments") == 0) {
        *arch = ARCH_SEGMENTS;
        return true;
    }
    snprintf(copy, sizeof(copy), "%s", list);
    for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        unsigned i = 0;
        while (i < STORY_MODES && strcmp(word, story_mode_words[i]) != 0)
            i++;
        if (i == STORY_MODES)
            return strcmp(list, "all") == 0;
        *arch |= 1u << i;
    }
    return true;
}

static bool parse_oracle(const char *name, enum emulator_kind *oracle)
{
    for (*oracle = own_oracles.first; *oracle <= own_oracles.last; (*oracle)++) {
        if (strcmp(name, emulator_name(*oracle)) == 0)
            return true;
    }
    return false;
}

static bool parse_number(const char *text, uint64_t *value)
{
    return plain_number(NULL, text, value);
}

enum option_code {
    OPT_ORACLE = 1,
    OPT_CASES,
    OPT_SEED,
    OPT_ARCH,
    OPT_BITS,
    OPT_RAM,
    OPT_RESUME,
    OPT_CORPUS,
    OPT_JOIN,
    OPT_ACCEL,
    OPT_ROM,
    OPT_HELP
};

static bool take_option(struct run *r, int code, const char *value)
{
    uint64_t number = 0;
    bool good = true;
    switch (code) {
    case OPT_ORACLE: return parse_oracle(value, &r->duel.oracle);
    case OPT_CASES: return parse_number(value, &r->cases);
    case OPT_SEED: return parse_number(value, &r->seed);
    case OPT_ARCH: return parse_arch(value, &r->arch);
    case OPT_BITS:
        good = parse_number(value, &number) && number >= 32 && number <= 52;
        r->duel.emulator.phys_bits = (unsigned)number;
        return good;
    case OPT_RAM:
        good = parse_number(value, &number) && number >= 64 && number <= 1u << 20;
        r->duel.emulator.ram_mib = (unsigned)number;
        return good;
    case OPT_RESUME: r->resume = value; return true;
    case OPT_CORPUS: r->corpus = value; return true;
    case OPT_JOIN: r->join = value; return true;
    case OPT_ACCEL: r->duel.emulator.kvm = strcmp(value, "kvm") == 0; return r->duel.emulator.kvm;
    case OPT_ROM: r->duel.emulator.rom = value; return true;
    default: return false;
    }
}

static bool parse(struct run *r, int argc, char **argv)
{
    static const struct option options[] = {
        {"oracle", required_argument, NULL, OPT_ORACLE},
        {"cases", required_argument, NULL, OPT_CASES},
        {"seed", required_argument, NULL, OPT_SEED},
        {"arch", required_argument, NULL, OPT_ARCH},
        {"phys-bits", required_argument, NULL, OPT_BITS},
        {"ram", required_argument, NULL, OPT_RAM},
        {"resume", required_argument, NULL, OPT_RESUME},
        {"corpus", required_argument, NULL, OPT_CORPUS},
        {"join", required_argument, NULL, OPT_JOIN},
        {"accel", required_argument, NULL, OPT_ACCEL},
        {"rom", required_argument, NULL, OPT_ROM},
        {"help", no_argument, NULL, OPT_HELP},
        {NULL, 0, NULL, 0},
    };
    int code;
    while ((code = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (code == OPT_HELP) {
            usage(stdout);
            exit(0);
        }
        if (take_option(r, code, optarg))
            continue;
        if (code != '?')
            fprintf(stderr, "kms_truth: '%s' is no value for this option\n", optarg);
        return false;
    }
    return true;
}

static int missing(const char *error)
{
    const char *required = getenv("KMEMSIM_REQUIRE_EMULATORS");
    bool fail = required && strcmp(required, "1") == 0;
    fprintf(stderr, "kms_truth: %s: %s\n", fail ? "FAILED" : "SKIPPED, nothing was compared", error);
    return fail ? 1 : SKIP;
}

int main(int argc, char **argv)
{
    struct run r = {.cases = 10000, .seed = 1, .duel.oracle = own_oracles.first};
    char error[256];
    struct duel *duel;
    if (!parse(&r, argc, argv)) {
        usage(stderr);
        return 2;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    if (r.corpus)
        return corpus_make(&(struct corpus_request){r.corpus, r.duel.emulator.rom, r.arch, r.seed, r.cases})
                   ? 0
                   : 2;
    if (!read_resume(&r))
        return 2;
    enum emulator_status status = duel_open(&r.duel, &duel, error);
    if (status == EMULATOR_MISSING)
        return missing(error);
    if (status != EMULATOR_OK) {
        fprintf(stderr, "kms_truth: %s\n", error);
        return 2;
    }
    int result = optind < argc ? stories_main(&r, duel, argv + optind) : random_main(&r, duel);
    tally_free(&r.tally);
    duel_close(duel);
    return result;
}
