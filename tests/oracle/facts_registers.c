/* The oracle's rules for writing registers against rows worked out by hand from the manual. */
#include "facts.h"

#include "kms_test.h"

#define NONE   ORACLE_MODE_NONE
#define BIT32  ORACLE_MODE_32BIT
#define PAE    ORACLE_MODE_PAE
#define LEVEL4 ORACLE_MODE_4LEVEL
#define LEVEL5 ORACLE_MODE_5LEVEL

#define CR  "Control Registers"
#define MOV "MOV - Move to/from Control Registers"
#define INV "Operations that Invalidate TLBs and Paging-Structure Caches"
#define MCC "Invalidating the Translation Lookaside Buffers (TLBs)"
#define PDP "PDPTE Registers"
#define PCI "Process-Context Identifiers (PCIDs)"
#define MSR "Extended Feature Enable Register"

#define PG    ORACLE_CR0_PG
#define PE    ORACLE_CR0_PE
#define WP    ORACLE_CR0_WP
#define CD    ORACLE_CR0_CD
#define NW    ORACLE_CR0_NW
#define ET    ORACLE_CR0_ET
#define LA57  ORACLE_CR4_LA57
#define PCIDE ORACLE_CR4_PCIDE
#define PGE   ORACLE_CR4_PGE
#define PSE   ORACLE_CR4_PSE
#define CPAE  ORACLE_CR4_PAE
#define SMEP  ORACLE_CR4_SMEP
#define SMAP  ORACLE_CR4_SMAP
#define PKE   ORACLE_CR4_PKE
#define LME   ORACLE_EFER_LME
#define LMA   ORACLE_EFER_LMA
#define NXE   ORACLE_EFER_NXE
#define BIT   ORACLE_BIT

#define KEEP   ORACLE_FLUSH_NONE
#define PCID   ORACLE_FLUSH_PCID_KEEP_GLOBAL
#define PCID_G ORACLE_FLUSH_PCID_AND_GLOBAL
#define ALL    ORACLE_FLUSH_ALL

enum outcome { OK, REFUSED, LOADS /* the PDPTE registers */ };

/*
 * From facts_cpu(mode), whose CR3 is 0x1000, `also` is set in CR4, then `flip` is flipped in the register
 * (MOV to CR3 writes it instead). The table at 0x1000 has good PDPTEs, the one at 0x3000 sets a reserved bit
 * in the last.
 */
struct register_fact {
    const char *sentence, *section;
    enum oracle_mode mode;
    uint64_t also;
    enum oracle_register which;
    uint64_t flip;
    enum outcome outcome;
    enum oracle_flush flush;
    unsigned pcid;
    uint64_t kept; /* of the bits in `flip`, those that the register does not take */
};

/* clang-format off */
static const struct register_fact facts[] = {
    {"PG needs PE",                                          MOV, NONE,   0,     ORACLE_CR0, PG | PE,      REFUSED, 0, 0, 0},
    {"PE cannot be cleared alone while PG is set",           MOV, BIT32,  0,     ORACLE_CR0, PE,           REFUSED, 0, 0, 0},
    {"NW needs CD",                                          MOV, BIT32,  0,     ORACLE_CR0, NW,           REFUSED, 0, 0, 0},
    {"NW with CD is allowed",                                MOV, BIT32,  0,     ORACLE_CR0, NW | CD,      OK,      KEEP, 0, 0},
    {"a bit of CR0's upper half is refused in IA-32e mode",  MOV, LEVEL4, 0,     ORACLE_CR0, BIT(32),      REFUSED, 0, 0, 0},
    {"undefined bits of CR0's lower half stay clear",        MOV, BIT32,  0,     ORACLE_CR0, BIT(6) | BIT(28), OK,  KEEP, 0, BIT(6) | BIT(28)},
    {"ET stays set",                                         MOV, BIT32,  0,     ORACLE_CR0, ET,           OK,      KEEP, 0, ET},
    {"setting PG drops everything",                          MCC, NONE,   0,     ORACLE_CR0, PG,           OK,      ALL,  0, 0},
    {"clearing PG drops everything",                         INV, BIT32,  0,     ORACLE_CR0, PG,           OK,      ALL,  0, 0},
    {"clearing PE drops everything",                         MCC, NONE,   0,     ORACLE_CR0, PE,           OK,      ALL,  0, 0},
    {"WP drops nothing",                                     INV, BIT32,  0,     ORACLE_CR0, WP,           OK,      KEEP, 0, 0},
    {"CD need not drop anything",                            INV, BIT32,  0,     ORACLE_CR0, CD,           OK,      KEEP, 0, 0},
    {"CD loads the PDPTE registers",                         PDP, PAE,    0,     ORACLE_CR0, CD,           LOADS,   KEEP, 0, 0},
    {"WP does not load the PDPTE registers",                 PDP, PAE,    0,     ORACLE_CR0, WP,           OK,      KEEP, 0, 0},
    {"setting PG with PAE loads the PDPTE registers",        PDP, NONE,   CPAE,  ORACLE_CR0, PG,           LOADS,   ALL,  0, 0},
    {"clearing PG loads no PDPTE registers",                 PDP, PAE,    0,     ORACLE_CR0, PG,           OK,      ALL,  0, 0},
    {"PG cannot be cleared while PCIDE is set",              MOV, LEVEL4, PCIDE, ORACLE_CR0, PG,           REFUSED, 0, 0, 0},

    {"with 32-bit paging MOV to CR3 drops what is not global", INV, BIT32, 0,    ORACLE_CR3, 0x5000,       OK,      PCID, 0, 0},
    {"with PAE paging MOV to CR3 loads the PDPTE registers", PDP, PAE,    0,     ORACLE_CR3, 0x1000,       LOADS,   PCID, 0, 0},
    {"MOV to CR3 refuses a table with a bad PDPTE",          PDP, PAE,    0,     ORACLE_CR3, 0x3000,       REFUSED, 0, 0, 0},
    {"with 32-bit paging nobody looks at PDPTEs",            PDP, BIT32,  0,     ORACLE_CR3, 0x3000,       OK,      PCID, 0, 0},
    {"CR3 bit MAXPHYADDR is reserved in IA-32e mode",        CR,  LEVEL4, 0,     ORACLE_CR3, BIT(46),      REFUSED, 0, 0, 0},
    {"CR3 bit MAXPHYADDR - 1 is address",                    CR,  LEVEL4, 0,     ORACLE_CR3, BIT(45),      OK,      PCID, 0, 0},
    {"CR3 bit 63 is reserved while PCIDE is clear",          MOV, LEVEL4, 0,     ORACLE_CR3, BIT(63),      REFUSED, 0, 0, 0},
    {"CR3 bit 63 keeps the translations and is not stored",  MOV, LEVEL4, PCIDE, ORACLE_CR3, BIT(63) | 0x5007, OK,  KEEP, 7, BIT(63)},
    {"MOV to CR3 drops the PCID that it selects",            INV, LEVEL4, PCIDE, ORACLE_CR3, 0x5007,       OK,      PCID, 7, 0},
    {"without PCIDE MOV to CR3 drops PCID 0",                INV, LEVEL4, 0,     ORACLE_CR3, 0x5007,       OK,      PCID, 0, 0},
    {"CR3 bit 62 is reserved though PCIDE is set",           MOV, LEVEL4, PCIDE, ORACLE_CR3, BIT(62),      REFUSED, 0, 0, 0},

    {"CR4 bit 15 is reserved",                               CR,  BIT32,  0,     ORACLE_CR4, BIT(15),      REFUSED, 0, 0, 0},
    {"CR4 bit 40 is reserved",                               CR,  LEVEL4, 0,     ORACLE_CR4, BIT(40),      REFUSED, 0, 0, 0},
    {"PGE drops everything when it is set",                  INV, LEVEL4, 0,     ORACLE_CR4, PGE,          OK,      ALL,  0, 0},
    {"PGE drops everything when it is cleared",              INV, LEVEL4, PGE,   ORACLE_CR4, PGE,          OK,      ALL,  0, 0},
    {"PSE drops everything",                                 MCC, BIT32,  0,     ORACLE_CR4, PSE,          OK,      ALL,  0, 0},
    {"PAE drops everything and loads the PDPTE registers",   MCC, BIT32,  0,     ORACLE_CR4, CPAE,         LOADS,   ALL,  0, 0},
    {"leaving PAE paging drops everything",                  MCC, PAE,    0,     ORACLE_CR4, CPAE,         OK,      ALL,  0, 0},
    {"PAE cannot be cleared in IA-32e mode",                 MOV, LEVEL4, 0,     ORACLE_CR4, CPAE,         REFUSED, 0, 0, 0},
    {"LA57 cannot be set in IA-32e mode",                    CR,  LEVEL4, 0,     ORACLE_CR4, LA57,         REFUSED, 0, 0, 0},
    {"LA57 cannot be cleared in IA-32e mode",                CR,  LEVEL5, 0,     ORACLE_CR4, LA57,         REFUSED, 0, 0, 0},
    {"LA57 can be set outside IA-32e mode",                  CR,  BIT32,  0,     ORACLE_CR4, LA57,         OK,      KEEP, 0, 0},
    {"PCIDE needs IA-32e mode",                              PCI, PAE,    0,     ORACLE_CR4, PCIDE,        REFUSED, 0, 0, 0},
    {"PCIDE can be set with PCID 0 in CR3",                  PCI, LEVEL4, 0,     ORACLE_CR4, PCIDE,        OK,      KEEP, 0, 0},
    {"clearing PCIDE drops everything",                      INV, LEVEL4, PCIDE, ORACLE_CR4, PCIDE,        OK,      ALL,  0, 0},
    {"setting SMEP drops the current PCID",                  INV, LEVEL4, 0,     ORACLE_CR4, SMEP,         OK,      PCID_G, 0, 0},
    {"clearing SMEP drops nothing",                          INV, LEVEL4, SMEP,  ORACLE_CR4, SMEP,         OK,      KEEP, 0, 0},
    {"SMAP and PKE drop nothing",                            INV, LEVEL4, 0,     ORACLE_CR4, SMAP | PKE,   OK,      KEEP, 0, 0},
    {"SMEP loads the PDPTE registers",                       PDP, PAE,    0,     ORACLE_CR4, SMEP,         LOADS,   PCID_G, 0, 0},
    {"PGE loads the PDPTE registers",                        PDP, PAE,    0,     ORACLE_CR4, PGE,          LOADS,   ALL,  0, 0},
    {"SMAP does not load the PDPTE registers",               PDP, PAE,    0,     ORACLE_CR4, SMAP,         OK,      KEEP, 0, 0},

    {"LME cannot change while PG is set",                    MSR, LEVEL4, 0,     ORACLE_EFER, LME,         REFUSED, 0, 0, 0},
    {"LME can be set while PG is clear",                     MSR, NONE,   0,     ORACLE_EFER, LME,         OK,      KEEP, 0, 0},
    {"LMA is read-only",                                     MSR, LEVEL4, 0,     ORACLE_EFER, LMA,         OK,      KEEP, 0, LMA},
    {"NXE drops nothing",                                    INV, LEVEL4, 0,     ORACLE_EFER, NXE,         OK,      KEEP, 0, 0},
    {"EFER bit 20 is reserved",                              MSR, LEVEL4, 0,     ORACLE_EFER, BIT(20),     REFUSED, 0, 0, 0},
    {"PKRS bit 32 is reserved",                              "Protection Keys", LEVEL4, 0, ORACLE_PKRS, BIT(32), REFUSED, 0, 0, 0},
    {"PKRS drops nothing",                                   "Protection Keys", LEVEL4, 0, ORACLE_PKRS, 0x4, OK, KEEP, 0, 0},
};
/* clang-format on */

static uint64_t *value_of(struct oracle_cpu *cpu, enum oracle_register which)
{
    switch (which) {
    case ORACLE_CR0: return &cpu->cr0;
    case ORACLE_CR3: return &cpu->cr3;
    case ORACLE_CR4: return &cpu->cr4;
    case ORACLE_EFER: return &cpu->efer;
    default: return NULL;
    }
}

static struct facts_memory good_and_bad_pdptes(void)
{
    struct facts_memory words = {0};
    for (unsigned i = 0; i < 4; i++)
        facts_poke(&words, 0x1000 + 8 * i, 0x2001 + 0x1000 * i);
    facts_poke(&words, 0x3000, 0x2001);
    facts_poke(&words, 0x3018, 0x5001 | ORACLE_BIT(5));
    return words;
}

static void registers_are(const struct oracle_cpu *cpu, const struct oracle_cpu *expected)
{
    assert_int_equal(cpu->cr0, expected->cr0);
    assert_int_equal(cpu->cr3, expected->cr3);
    assert_int_equal(cpu->cr4, expected->cr4);
    assert_int_equal(cpu->efer, expected->efer);
    assert_int_equal(cpu->pkrs, expected->pkrs);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(cpu->pdpte[i], expected->pdpte[i]);
}

/* What the registers must hold after a write that the CPU takes. */
static void expect_taken(const struct register_fact *fact, uint64_t value, struct oracle_cpu *expected)
{
    uint64_t *reg = value_of(expected, fact->which);
    if (!reg)
        expected->pkrs = (uint32_t)value;
    else if (fact->which == ORACLE_CR3)
        *reg = value & ~fact->kept;
    else
        *reg = value ^ fact->kept;
    for (unsigned i = 0; i < 4 && fact->outcome == LOADS; i++)
        expected->pdpte[i] = 0x2001 + 0x1000 * i;
}

static void fact_holds(void **state)
{
    const struct register_fact *fact = *state;
    struct facts_memory words = good_and_bad_pdptes();
    struct oracle_memory memory = facts_memory_of(&words);
    struct oracle_cpu cpu = facts_cpu(fact->mode);
    cpu.cr4 |= fact->also;
    struct oracle_cpu expected = cpu;
    uint64_t *reg = value_of(&cpu, fact->which);
    uint64_t value = fact->which == ORACLE_CR3 || !reg ? fact->flip : *reg ^ fact->flip;

    struct oracle_write write = oracle_write_reg(&cpu, &memory, fact->which, value);
    assert_int_equal(write.gp, fact->outcome == REFUSED);
    assert_int_equal(write.loaded, fact->outcome == LOADS);
    if (!write.gp) {
        assert_int_equal(write.flush, fact->flush);
        assert_int_equal(write.pcid, fact->pcid);
        expect_taken(fact, value, &expected);
    }
    registers_are(&cpu, &expected);
}

static void lma_follows_pg(void **state)
{
    (void)state;
    struct facts_memory words = good_and_bad_pdptes();
    struct oracle_memory memory = facts_memory_of(&words);
    struct oracle_cpu cpu = facts_cpu(NONE);
    cpu.efer = LME;
    assert_true(oracle_write_reg(&cpu, &memory, ORACLE_CR0, PG | PE | ET).gp); /* PAE is clear */
    assert_int_equal(cpu.efer, LME);
    assert_false(oracle_write_reg(&cpu, &memory, ORACLE_CR4, CPAE).gp);
    assert_false(oracle_write_reg(&cpu, &memory, ORACLE_CR0, PG | PE | ET).gp);
    assert_int_equal(cpu.efer, LME | LMA);
    assert_int_equal(oracle_mode_of(&cpu), LEVEL4);
    assert_false(oracle_write_reg(&cpu, &memory, ORACLE_CR0, PE).gp);
    assert_int_equal(cpu.efer, LME);
    assert_int_equal(cpu.cr0, PE | ET);
}

static void pcide_needs_pcid_0(void **state)
{
    (void)state;
    struct facts_memory words = {0};
    struct oracle_memory memory = facts_memory_of(&words);
    struct oracle_cpu cpu = facts_cpu(LEVEL4);
    cpu.cr3 = 0x1008;
    assert_true(oracle_write_reg(&cpu, &memory, ORACLE_CR4, cpu.cr4 | PCIDE).gp);
}

static void missing_features_are_reserved(void **state)
{
    (void)state;
    struct facts_memory words = {0};
    struct oracle_memory memory = facts_memory_of(&words);
    struct oracle_cpu cpu = facts_cpu(NONE);
    cpu.has = (struct oracle_features){.maxphyaddr = 32};
    assert_true(oracle_write_reg(&cpu, &memory, ORACLE_CR4, PSE).gp);
    assert_true(oracle_write_reg(&cpu, &memory, ORACLE_CR4, CPAE).gp);
    assert_true(oracle_write_reg(&cpu, &memory, ORACLE_CR4, SMEP).gp);
    assert_true(oracle_write_reg(&cpu, &memory, ORACLE_EFER, NXE).gp);
    assert_true(oracle_write_reg(&cpu, &memory, ORACLE_EFER, LME).gp);
    assert_true(oracle_write_reg(&cpu, &memory, ORACLE_PKRS, 0).gp);
    assert_false(oracle_write_reg(&cpu, &memory, ORACLE_CR0, PE | WP).gp);
    assert_int_equal(cpu.cr0, PE | ET);
}

#define FACTS (sizeof(facts) / sizeof(facts[0]))

static const struct CMUnitTest *fill(size_t *count)
{
    static struct CMUnitTest tests[FACTS];
    for (size_t i = 0; i < FACTS; i++) {
        tests[i] = (struct CMUnitTest){.name = facts[i].sentence,
                                       .test_func = fact_holds,
                                       .initial_state = (void *)(uintptr_t)&facts[i]};
    }
    *count = FACTS;
    return tests;
}

static const struct CMUnitTest more[] = {
    KMS_TEST("LMA follows PG while LME is set, and PG needs PAE then", lma_follows_pg),
    KMS_TEST("PCIDE cannot be set while CR3 has a PCID", pcide_needs_pcid_0),
    KMS_TEST("bits of missing features are reserved, and WP is ignored", missing_features_are_reserved),
};

KMS_TESTS_FILLED(facts_registers, fill)
KMS_TESTS(facts_registers_more, more)
