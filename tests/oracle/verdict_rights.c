/* Every combination of rights at two levels, of the registers that judge them and of accesses: machine
 * against oracle. */
#include "judge.h"

#include "kms_test.h"

/*
 * Eight combinations of U/S, R/W and XD at the top level, each leading to the same eight pages that have the
 * eight combinations in the entry that maps them. A and D are set everywhere, so that the tables never
 * change.
 */
enum { COMBINATIONS = 8 };

struct rights_trial {
    const char *sentence;
    enum oracle_mode mode;
    uint64_t cr0, cr4, efer; /* the bits to run through, all combinations */
    unsigned keys;           /* how many values of AD and WD to run through */
    bool by_privilege;
};

#define CR4_RIGHTS (ORACLE_CR4_SMEP | ORACLE_CR4_SMAP)
#define CR4_KEYS   (ORACLE_CR4_PKE | ORACLE_CR4_PKS)

static const struct rights_trial trials[] = {
    {"32-bit paging: all rights of two levels under all registers are judged as the oracle judges them",
     ORACLE_MODE_32BIT, ORACLE_CR0_WP, CR4_RIGHTS, ORACLE_EFER_NXE, 1, false},
    {"PAE paging: all rights of two levels under all registers are judged as the oracle judges them",
     ORACLE_MODE_PAE, ORACLE_CR0_WP, CR4_RIGHTS | CR4_KEYS, ORACLE_EFER_NXE, 2, false},
    {"4-level paging: all rights of two levels under all registers and keys are judged as the oracle judges "
     "them",
     ORACLE_MODE_4LEVEL, ORACLE_CR0_WP, CR4_RIGHTS | CR4_KEYS, ORACLE_EFER_NXE, 4, false},
    {"5-level paging: all rights of two levels under all registers are judged as the oracle judges "
     "them",
     ORACLE_MODE_5LEVEL, ORACLE_CR0_WP, CR4_RIGHTS | CR4_KEYS, ORACLE_EFER_NXE, 1, false},
    {"an access that names its privilege is judged by it, and not by CPL", ORACLE_MODE_4LEVEL, ORACLE_CR0_WP,
     CR4_RIGHTS | CR4_KEYS, ORACLE_EFER_NXE, 1, true},
};

static uint64_t combination(unsigned n, enum oracle_mode mode)
{
    uint64_t entry = ORACLE_P | ORACLE_A | ORACLE_D;
    entry |= n & 1 ? ORACLE_US : 0;
    entry |= n & 2 ? ORACLE_RW : 0;
    entry |= n & 4 && mode != ORACLE_MODE_32BIT ? ORACLE_XD : 0;
    return entry;
}

/* The level whose entries get the eight combinations at the top: PAE's PDPTEs have no rights, so its PDEs do.
 */
static unsigned top_level(enum oracle_mode mode)
{
    return mode == ORACLE_MODE_32BIT || mode == ORACLE_MODE_PAE ? 2 : mode == ORACLE_MODE_4LEVEL ? 4 : 5;
}

static unsigned top_shift(enum oracle_mode mode)
{
    static const unsigned shifts[] = {[2] = 21, [4] = 39, [5] = 48};
    return mode == ORACLE_MODE_32BIT ? 22 : shifts[top_level(mode)];
}

/* The table of level n is at n * 0x1000; protection key 1 is every page's. */
static void build_tables(struct judge *judge, enum oracle_mode mode)
{
    unsigned bytes = mode == ORACLE_MODE_32BIT ? 4 : 8;
    unsigned top = top_level(mode);
    bool keyed = mode == ORACLE_MODE_4LEVEL || mode == ORACLE_MODE_5LEVEL;
    for (unsigned n = 0; n < COMBINATIONS; n++) {
        uint64_t leaf = combination(n, mode) | 0xa000 | (keyed ? ORACLE_BIT(59) : 0);
        judge_poke(judge, 0x1000 + n * bytes, bytes, leaf);
        judge_poke(judge, top * 0x1000 + n * bytes, bytes, combination(n, mode) | (top - 1) * 0x1000);
    }
    for (unsigned level = 2; level < top; level++)
        judge_poke(judge, level * 0x1000, bytes, (level - 1) * 0x1000 | 0x67);
}

static struct oracle_cpu base_cpu(enum oracle_mode mode)
{
    struct oracle_cpu cpu = {.cr0 = ORACLE_CR0_PE | ORACLE_CR0_ET | ORACLE_CR0_PG, .has = judge_everything()};
    bool long_mode = mode == ORACLE_MODE_4LEVEL || mode == ORACLE_MODE_5LEVEL;
    cpu.cr3 = mode == ORACLE_MODE_PAE ? 0x3000 : top_level(mode) * 0x1000;
    cpu.cr4 = mode == ORACLE_MODE_32BIT ? 0 : ORACLE_CR4_PAE;
    cpu.cr4 |= mode == ORACLE_MODE_5LEVEL ? ORACLE_CR4_LA57 : 0;
    cpu.efer = long_mode ? ORACLE_EFER_LME | ORACLE_EFER_LMA : 0;
    cpu.pdpte[0] = 0x2000 | ORACLE_P;
    return cpu;
}

static void all_pages(struct judge *judge, enum oracle_mode mode)
{
    for (unsigned page = 0; page < COMBINATIONS * COMBINATIONS; page++) {
        uint64_t linear = (uint64_t)(page / COMBINATIONS) << top_shift(mode) | (page % COMBINATIONS) << 12;
        for (unsigned kind = ORACLE_READ; kind <= ORACLE_RMW; kind++) {
            struct oracle_access explicit = {.linear = linear, .kind = (enum oracle_kind)kind};
            struct oracle_access implicit = {
                .linear = linear, .kind = (enum oracle_kind)kind, .implicit = true};
            assert_true(judge_access(judge, &explicit));
            assert_true(judge_access(judge, &implicit));
        }
    }
}

/* CPL, AC and the keys. */
static void all_privileges(struct judge *judge, struct oracle_cpu cpu, const struct rights_trial *trial)
{
    static const unsigned levels[] = {0, 3};
    for (unsigned n = 0; n < 2 * 2 * trial->keys; n++) {
        cpu.cpl = levels[n & 1];
        cpu.ac = n & 2;
        cpu.pkru = n / 4 << 2;
        cpu.pkrs = n / 4 << 2;
        judge_load(judge, &cpu);
        all_pages(judge, trial->mode);
    }
}

/* The next subset of `bits` after `subset`, 0 after the last: a counter with gaps. */
static uint64_t next_subset(uint64_t subset, uint64_t bits)
{
    return (subset - bits) & bits;
}

static void trial_holds(void **state)
{
    const struct rights_trial *trial = *state;
    struct judge *judge = judge_new(&(struct judge_options){.by_privilege = trial->by_privilege});
    assert_non_null(judge);
    build_tables(judge, trial->mode);
    const struct oracle_cpu base = base_cpu(trial->mode);
    uint64_t cr4 = 0, cr0 = 0, efer = 0;
    do {
        struct oracle_cpu cpu = base;
        cpu.cr0 |= cr0;
        cpu.cr4 |= cr4;
        cpu.efer |= efer;
        all_privileges(judge, cpu, trial);
        cr4 = next_subset(cr4, trial->cr4);
        if (cr4 == 0)
            cr0 = next_subset(cr0, trial->cr0);
        if (cr4 == 0 && cr0 == 0)
            efer = next_subset(efer, trial->efer);
    } while (cr4 != 0 || cr0 != 0 || efer != 0);
    assert_true(judge_memory(judge));
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

KMS_TESTS_FILLED(verdict_rights, fill)
