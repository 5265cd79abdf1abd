/* Every bit of every register flipped from many states: refused or not, what is left in the registers and in
 * the TLB. */
#include "choices.h"

#include "kms_test.h"

#define BASES 24

struct register_trial {
    const char *sentence;
    enum oracle_mode mode;
    bool all_features;
};

static const struct register_trial trials[] = {
    {"without paging every write of one changed bit ends as the oracle says", ORACLE_MODE_NONE, true},
    {"with 32-bit paging every write of one changed bit ends as the oracle says", ORACLE_MODE_32BIT, true},
    {"with PAE paging every write of one changed bit ends as the oracle says", ORACLE_MODE_PAE, true},
    {"with 4-level paging every write of one changed bit ends as the oracle says", ORACLE_MODE_4LEVEL, true},
    {"with 5-level paging every write of one changed bit ends as the oracle says", ORACLE_MODE_5LEVEL, true},
    {"with 32-bit paging a CPU of fewer features refuses what the oracle refuses", ORACLE_MODE_32BIT, false},
    {"with PAE paging a CPU of fewer features refuses what the oracle refuses", ORACLE_MODE_PAE, false},
    {"with 4-level paging a CPU of fewer features refuses what the oracle refuses", ORACLE_MODE_4LEVEL,
     false},
};

/* A base state: registers, and whether the table at CR3 would do as PDPTEs. */
struct base {
    struct oracle_cpu cpu;
    bool good_pdptes;
};

#define ROOT   0x1000u
#define MIDDLE 0x2000u /* the tables below the root's down to the page directory, one page each */
#define TABLE  0x7000u
#define LOCAL  0x0000u /* linear */
#define GLOBAL 0x1000u

static unsigned middle_tables(enum oracle_mode mode)
{
    static const unsigned count[] = {
        [ORACLE_MODE_PAE] = 1, [ORACLE_MODE_4LEVEL] = 2, [ORACLE_MODE_5LEVEL] = 3};
    return mode == ORACLE_MODE_NONE || mode == ORACLE_MODE_32BIT ? 0 : count[mode];
}

/*
 * Entry 0 of every table leads down, and the PTEs map a local and a global page. The root's first entry sets
 * P alone, so that it is a good PDPTE too.
 */
static void build_tables(struct judge *judge, const struct base *base)
{
    unsigned bytes = base->cpu.cr4 & ORACLE_CR4_PAE ? 8 : 4;
    unsigned middles = middle_tables(oracle_mode_of(&base->cpu));
    for (unsigned i = 0; i < 4; i++)
        judge_poke(judge, ROOT + 8 * i, 8, 0);
    judge_poke(judge, ROOT, 8, (middles ? MIDDLE : TABLE) | ORACLE_P);
    judge_poke(judge, ROOT + 24, 8, base->good_pdptes ? 0 : ORACLE_P | ORACLE_BIT(7));
    for (unsigned i = 0; i < middles; i++)
        judge_poke(judge, MIDDLE + i * 0x1000, 8,
                   (i + 1 < middles ? MIDDLE + (i + 1) * 0x1000 : TABLE) | 0x63);
    judge_poke(judge, TABLE, bytes, 0x5067);
    judge_poke(judge, TABLE + bytes, bytes, 0x6167);
}

static void cache_pages(struct judge *judge)
{
    struct oracle_access local = {.linear = LOCAL, .implicit = true};
    struct oracle_access global = {.linear = GLOBAL, .implicit = true};
    assert_true(judge_access(judge, &local));
    assert_true(judge_access(judge, &global));
}

/* The base state with local and global translations in the TLB, of two PCIDs where there are any. */
static void prepare(struct judge *judge, const struct base *base)
{
    struct oracle_cpu cpu = base->cpu;
    bool pcids = cpu.cr4 & ORACLE_CR4_PCIDE;
    if (pcids)
        cpu.cr3 |= 1;
    judge_load(judge, &cpu);
    build_tables(judge, base);
    cache_pages(judge);
    if (pcids) {
        assert_true(judge_write(judge, ORACLE_CR3, base->cpu.cr3 | 2 | ORACLE_BIT(63)));
        cache_pages(judge);
    }
    build_tables(judge, base); /* without the A bits that would spoil PDPTEs */
}

static uint64_t current(const struct oracle_cpu *cpu, enum oracle_register which)
{
    const uint64_t values[] = {cpu->cr0, cpu->cr2, cpu->cr3, cpu->cr4, cpu->efer, cpu->pkru, cpu->pkrs};
    return values[which];
}

static void flip(struct judge *judge, const struct base *base, enum oracle_register which, uint64_t bits)
{
    prepare(judge, base);
    assert_true(judge_write(judge, which, current(&judge->cpu, which) ^ bits));
}

/* The base state holds what the test is about: a local translation, and a global one where PGE is set. */
static void prepared_well(struct judge *judge, const struct base *base)
{
    bool paging = oracle_mode_of(&base->cpu) != ORACLE_MODE_NONE;
    bool global = paging && base->cpu.cr4 & ORACLE_CR4_PGE;
    prepare(judge, base);
    size_t locals = 0, globals = 0;
    for (size_t i = 0; i < judge->tlb->count; i++) {
        globals += judge->tlb->entries[i].rights.global;
        locals += !judge->tlb->entries[i].rights.global;
    }
    assert_int_equal(locals > 0, paging);
    assert_int_equal(globals > 0, global);
}

static void all_flips(struct choices *choices, struct judge *judge, const struct base *base)
{
    for (unsigned which = ORACLE_CR0; which < ORACLE_REGISTER_COUNT; which++) {
        unsigned width = which == ORACLE_PKRU ? 32 : 64;
        for (unsigned bit = 0; bit < width; bit++)
            flip(judge, base, which, ORACLE_BIT(bit));
        flip(judge, base, which, 0);
    }
    for (unsigned i = 0; i < 200; i++) { /* pairs of the bits that matter */
        static const enum oracle_register written[] = {ORACLE_CR0, ORACLE_CR4};
        unsigned n = (unsigned)choose(choices, 2);
        static const unsigned char bits[2][16] = {{0, 31, 29, 30, 16, 31, 0, 29, 30, 4, 6, 31, 0, 29, 30, 16},
                                                  {4, 5, 7, 12, 17, 20, 21, 22, 24, 5, 7, 4, 17, 20, 12, 14}};
        uint64_t pair = ORACLE_BIT(bits[n][choose(choices, 16)]) | ORACLE_BIT(bits[n][choose(choices, 16)]);
        flip(judge, base, written[n], pair);
    }
}

static void trial_holds(void **state)
{
    const struct register_trial *trial = *state;
    struct judge_options options = {.tlb = JUDGE_TLB_KEEPS, .open = {.denied_hits_walk_again = true}};
    struct judge *judge = judge_new(&options);
    assert_non_null(judge);
    struct choices choices = {.seed = 41};
    for (unsigned i = 0; i < BASES; i++) {
        struct base base = {.cpu = choose_cpu(&choices, trial->mode, trial->all_features),
                            .good_pdptes = i % 3 != 0};
        base.cpu.cr3 = ROOT;
        base.cpu.pkrs = 0;
        base.cpu.efer |= i % 2 && trial->mode == ORACLE_MODE_NONE ? ORACLE_EFER_LME : 0;
        base.cpu.cr4 |= i % 4 < 2 && trial->mode == ORACLE_MODE_NONE ? ORACLE_CR4_PAE : 0;
        base.cpu.pdpte[0] = MIDDLE | ORACLE_P;
        prepared_well(judge, &base);
        all_flips(&choices, judge, &base);
    }
    judge_free(judge);
}

#define TRIALS (sizeof(trials) / sizeof(trials[0]))

static const struct CMUnitTest *fill(size_t *count)
{
    static struct CMUnitTest tests[TRIALS];
    for (size_t i = 0; i < TRIALS; i++) {
        tests[i] = (struct CMUnitTest){.name = trials[i].sentence,
                                       .test_func = trial_holds,
                                       .initial_state = (void *)(uintptr_t)&trials[i]};
    }
    *count = TRIALS;
    return tests;
}

KMS_TESTS_FILLED(verdict_registers, fill)
