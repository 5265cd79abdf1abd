/* The oracle's page walks against tables written down, and translated, by hand. */
#include "facts.h"

#include "kms_test.h"

#include <string.h>

#define GP ORACLE_VECTOR_GP
#define PF ORACLE_VECTOR_PF

#define BIT32  ORACLE_MODE_32BIT
#define PAE    ORACLE_MODE_PAE
#define LEVEL4 ORACLE_MODE_4LEVEL
#define LEVEL5 ORACLE_MODE_5LEVEL

#define T32  "32-Bit Paging"
#define TPAE "PAE Paging"
#define T45  "4-Level Paging and 5-Level Paging"
#define TAD  "Accessed and Dirty Flags"
#define TPF  "Page-Fault Exceptions"

#define BIT(n) ORACLE_BIT(n)

enum quirk {
    AS_IS,
    NO_PSE = 1 << 0,
    NO_PSE36 = 1 << 1,
    NO_PAT = 1 << 2,
    NO_1GB = 1 << 3,
    WITH_NXE = 1 << 4,
    AT_CPL3 = 1 << 5,
    SET_A_ON_FAULTS = 1 << 6,
    WITH_WP = 1 << 7,
};

/*
 * CR3 is 0x1000, MAXPHYADDR 46 unless `maxphyaddr` says otherwise, CPL 0, WP and NXE clear. With PAE paging
 * the PDPTE registers are {0x2001, 0x2001, 0, 0x2001}. `set` lists the words that the access changes, with
 * their new values.
 */
struct walk_fact {
    const char *sentence, *section;
    enum oracle_mode mode;
    unsigned quirks, maxphyaddr;
    enum oracle_kind kind;
    uint64_t linear;
    struct facts_word words[5];
    unsigned vector, error_code;
    uint64_t physical, page_bytes;
    struct facts_word set[5];
};

#define SIZE_4K ((uint64_t)4096)
#define SIZE_2M ((uint64_t)2097152)
#define SIZE_4M ((uint64_t)4194304)
#define SIZE_1G ((uint64_t)1073741824)

/* clang-format off: version 14 crashes on nested arrays of designated initializers */
/* Entry bits 0 to 7 in hexadecimal: 0x63 is P, R/W, A, D; 0x67 adds U/S; 0xe3 adds PS to 0x63. */
static const struct walk_fact facts[] = {
    {"without paging a linear address is the physical one", "Paging Modes and Control Bits", ORACLE_MODE_NONE,
     .linear = 0x12345678, .physical = 0x12345678},
    {"a PDE and a PTE map 4 KBytes", T32, BIT32, .linear = 0x00403025,
     .words = {{0x1004, 0x2063}, {0x200c, 0x99063}}, .physical = 0x99025, .page_bytes = SIZE_4K},
    {"a PDE with PS maps 4 MBytes", T32, BIT32, .linear = 0xc0123456, .words = {{0x1c00, 0x008000e3}},
     .physical = 0x00923456, .page_bytes = SIZE_4M},
    {"PS means nothing while CR4.PSE is clear", T32, BIT32, NO_PSE, .linear = 0x1234,
     .words = {{0x1000, 0x30e3}, {0x3004, 0x5063}}, .physical = 0x5234, .page_bytes = SIZE_4K},
    {"bit 21 of a PDE that references a table is address", T32, BIT32, .linear = 0x0,
     .words = {{0x1000, 0x00200063}, {0x200000, 0x7063}}, .physical = 0x7000, .page_bytes = SIZE_4K},
    {"PSE-36 takes physical bits 39:32 from PDE bits 20:13", T32, BIT32, .linear = 0x0,
     .words = {{0x1000, 0x004240e3}}, .physical = 0x1200400000, .page_bytes = SIZE_4M},
    {"PSE-36 with MAXPHYADDR 36: PDE bit 16 is physical bit 35", T32, BIT32, .maxphyaddr = 36, .linear = 0x5,
     .words = {{0x1000, 0x004100e3}}, .physical = 0x800400005, .page_bytes = SIZE_4M},
    {"PSE-36 with MAXPHYADDR 36: PDE bit 17 is reserved", T32, BIT32, .maxphyaddr = 36, .linear = 0x5,
     .words = {{0x1000, 0x004200e3}}, .vector = PF, .error_code = 0x9},
    {"PSE-36 with MAXPHYADDR 32: PDE bit 13 is reserved", T32, BIT32, .maxphyaddr = 32, .linear = 0x5,
     .words = {{0x1000, 0x004020e3}}, .vector = PF, .error_code = 0x9},
    {"PSE-36 never reaches beyond 40 bits: PDE bit 21 is reserved", T32, BIT32, .maxphyaddr = 52,
     .linear = 0x5, .words = {{0x1000, 0x006000e3}}, .vector = PF, .error_code = 0x9},
    {"without PSE-36 PDE bit 20 is reserved", T32, BIT32, NO_PSE36, .linear = 0x5,
     .words = {{0x1000, 0x005000e3}}, .vector = PF, .error_code = 0x9},
    {"PDE bit 12 of a 4-MByte page is PAT", T32, BIT32, .linear = 0x5, .words = {{0x1000, 0x004010e3}},
     .physical = 0x400005, .page_bytes = SIZE_4M},
    {"PDE bit 12 of a 4-MByte page is reserved without PAT", T32, BIT32, NO_PAT, .linear = 0x5,
     .words = {{0x1000, 0x004010e3}}, .vector = PF, .error_code = 0x9},
    {"PTE bit 7 is reserved without PAT", T32, BIT32, NO_PAT, .linear = 0x0,
     .words = {{0x1000, 0x2063}, {0x2000, 0x50e3}}, .vector = PF, .error_code = 0x9},
    {"a PDE that is not present ends the walk", T32, BIT32, .linear = 0x0, .words = {{0x1000, 0x2062}},
     .vector = PF, .error_code = 0x0},
    {"a user's write to a PTE that is not present", TPF, BIT32, AT_CPL3, .kind = ORACLE_WRITE, .linear = 0x0,
     .words = {{0x1000, 0x2067}, {0x2000, 0x5066}}, .vector = PF, .error_code = 0x6},
    {"reserved bits of an entry that is not present are ignored", TPAE, PAE, .linear = 0x0,
     .words = {{0x2000, BIT(62) | 0x3062}}, .vector = PF, .error_code = 0x0},
    {"a reserved bit in the PDE decides before the PTE is read", TPF, BIT32, NO_PSE36, .linear = 0x0,
     .words = {{0x1000, 0x000020e3}}, .vector = PF, .error_code = 0x9},
    {"a missing PTE decides before U/S of the PDE", TPF, BIT32, AT_CPL3, .linear = 0x0,
     .words = {{0x1000, 0x2063}}, .vector = PF, .error_code = 0x4},
    {"U/S of the PDE counts when the PTE has it too", "Determination of Access Rights", BIT32, AT_CPL3,
     .linear = 0x0, .words = {{0x1000, 0x2063}, {0x2000, 0x5067}}, .vector = PF, .error_code = 0x5},
    {"R/W of the PDE counts when the PTE has it too", "Determination of Access Rights", BIT32, WITH_WP,
     .kind = ORACLE_WRITE, .linear = 0x0, .words = {{0x1000, 0x2061}, {0x2000, 0x5063}}, .vector = PF,
     .error_code = 0x3},

    {"a PDPTE register, a PDE and a PTE map 4 KBytes", TPAE, PAE, .maxphyaddr = 36, .linear = 0x40201abc,
     .words = {{0x2008, 0x3063}, {0x3008, 0x123456063}}, .physical = 0x123456abc, .page_bytes = SIZE_4K},
    {"a PDE with PS maps 2 MBytes, whatever CR4.PSE", TPAE, PAE, .linear = 0x40201abc,
     .words = {{0x2008, 0x4000e3}}, .physical = 0x401abc, .page_bytes = SIZE_2M},
    {"a PDPTE register that is not present ends the walk", TPAE, PAE, .linear = 0x80000000, .vector = PF,
     .error_code = 0x0},
    {"PAE: PTE bit MAXPHYADDR is reserved", TPAE, PAE, .maxphyaddr = 36, .linear = 0x0,
     .words = {{0x2000, 0x3063}, {0x3000, 0x1000005063}}, .vector = PF, .error_code = 0x9},
    {"PAE: PTE bit 62 is reserved", TPAE, PAE, .maxphyaddr = 52, .linear = 0x0,
     .words = {{0x2000, 0x3063}, {0x3000, BIT(62) | 0x5063}}, .vector = PF, .error_code = 0x9},
    {"PAE: PDE bit 13 of a 2-MByte page is reserved", TPAE, PAE, .linear = 0x0, .words = {{0x2000, 0x4020e3}},
     .vector = PF, .error_code = 0x9},
    {"PAE: XD is reserved while NXE is clear", TPAE, PAE, .linear = 0x0,
     .words = {{0x2000, 0x3063}, {0x3000, BIT(63) | 0x5063}}, .vector = PF, .error_code = 0x9},
    {"PAE: XD of the PDE stops a fetch, with NXE", TPAE, PAE, WITH_NXE, .kind = ORACLE_FETCH, .linear = 0x0,
     .words = {{0x2000, BIT(63) | 0x3063}, {0x3000, 0x5063}}, .vector = PF, .error_code = 0x11},

    {"four entries map 4 KBytes in the lower half", T45, LEVEL4, .linear = 0x00007ffffffff123,
     .words = {{0x17f8, 0x2063}, {0x2ff8, 0x3063}, {0x3ff8, 0x4063}, {0x4ff8, 0x5063}}, .physical = 0x5123,
     .page_bytes = SIZE_4K},
    {"four entries map 4 KBytes in the upper half", T45, LEVEL4, .linear = 0xffff800000000fff,
     .words = {{0x1800, 0x2063}, {0x2000, 0x3063}, {0x3000, 0x4063}, {0x4000, 0x5063}}, .physical = 0x5fff,
     .page_bytes = SIZE_4K},
    {"three entries map 2 MBytes", T45, LEVEL4, .linear = 0x00200007,
     .words = {{0x1000, 0x2063}, {0x2000, 0x3063}, {0x3008, 0x6000e3}}, .physical = 0x600007,
     .page_bytes = SIZE_2M},
    {"two entries map 1 GByte", T45, LEVEL4, .linear = 0x40123456,
     .words = {{0x1000, 0x2063}, {0x2008, 0x800000e3}}, .physical = 0x80123456, .page_bytes = SIZE_1G},
    {"PDPTE bit 12 of a 1-GByte page is PAT", T45, LEVEL4, .linear = 0x0,
     .words = {{0x1000, 0x2063}, {0x2000, 0x800010e3}}, .physical = 0x80000000, .page_bytes = SIZE_1G},
    {"PDPTE bit 13 of a 1-GByte page is reserved", T45, LEVEL4, .linear = 0x0,
     .words = {{0x1000, 0x2063}, {0x2000, 0x800020e3}}, .vector = PF, .error_code = 0x9},
    {"PDPTE bit 29 of a 1-GByte page is reserved", T45, LEVEL4, .linear = 0x0,
     .words = {{0x1000, 0x2063}, {0x2000, 0xa00000e3}}, .vector = PF, .error_code = 0x9},
    {"PS of a PDPTE is reserved without 1-GByte pages", T45, LEVEL4, NO_1GB, .linear = 0x0,
     .words = {{0x1000, 0x2063}, {0x2000, 0x800000e3}}, .vector = PF, .error_code = 0x9},
    {"PS of a PML4E is reserved", T45, LEVEL4, .linear = 0x0, .words = {{0x1000, 0x20e3}}, .vector = PF,
     .error_code = 0x9},
    {"PS of a PML5E is reserved", T45, LEVEL5, .linear = 0x0, .words = {{0x1000, 0x20e3}}, .vector = PF,
     .error_code = 0x9},
    {"bit MAXPHYADDR of a PML4E is reserved", T45, LEVEL4, .maxphyaddr = 40, .linear = 0x0,
     .words = {{0x1000, BIT(40) | 0x2063}}, .vector = PF, .error_code = 0x9},
    {"bits 8 and 62:52 of upper entries are ignored", T45, LEVEL4, .linear = 0x0,
     .words = {{0x1000, 0x7ff0000000002163}, {0x2000, 0x7ff00000800000e3}}, .physical = 0x80000000,
     .page_bytes = SIZE_1G},
    {"XD of a PML4E is reserved while NXE is clear", T45, LEVEL4, .linear = 0x0,
     .words = {{0x1000, BIT(63) | 0x2063}}, .vector = PF, .error_code = 0x9},
    {"bit 47 must equal the bits above it with 4 levels", "Canonical Addressing", LEVEL4,
     .linear = 0x0000800000000000, .vector = GP},
    {"bits 63:48 must equal bit 47 with 4 levels", "Canonical Addressing", LEVEL4,
     .linear = 0xffff7fffffffffff, .vector = GP},
    {"bit 47 is an index bit with 5 levels", T45, LEVEL5, .linear = 0x0000800000000000,
     .words = {{0x1000, 0x2063}, {0x2800, 0x3063}, {0x3000, 0x800000e3}}, .physical = 0x80000000,
     .page_bytes = SIZE_1G},
    {"the top half of 5-level addresses starts at PML5E 256", T45, LEVEL5, .linear = 0xff00000000000000,
     .words = {{0x1800, 0x2063}, {0x2000, 0x3063}, {0x3000, 0x800000e3}}, .physical = 0x80000000,
     .page_bytes = SIZE_1G},
    {"bit 56 must equal the bits above it with 5 levels", "Canonical Addressing", LEVEL5,
     .linear = 0x0100000000000000, .vector = GP},

    {"a read sets A in every entry and D in none", TAD, LEVEL4, .linear = 0x0,
     .words = {{0x1000, 0x2003}, {0x2000, 0x3003}, {0x3000, 0x4003}, {0x4000, 0x5003}}, .physical = 0x5000,
     .page_bytes = SIZE_4K, .set = {{0x1000, 0x2023}, {0x2000, 0x3023}, {0x3000, 0x4023}, {0x4000, 0x5023}}},
    {"a write sets D in the entry that maps the page only", TAD, BIT32, .kind = ORACLE_WRITE, .linear = 0x0,
     .words = {{0x1000, 0x2003}, {0x2000, 0x5003}}, .physical = 0x5000, .page_bytes = SIZE_4K,
     .set = {{0x1000, 0x2023}, {0x2000, 0x5063}}},
    {"a locked read-modify-write sets D of a large page", TAD, BIT32, .kind = ORACLE_RMW, .linear = 0x0,
     .words = {{0x1000, 0x00400083}}, .physical = 0x400000, .page_bytes = SIZE_4M,
     .set = {{0x1000, 0x004000e3}}},
    {"a fetch sets A", TAD, BIT32, .kind = ORACLE_FETCH, .linear = 0x0, .words = {{0x1000, 0x00400083}},
     .physical = 0x400000, .page_bytes = SIZE_4M, .set = {{0x1000, 0x004000a3}}},
    {"PDPTE registers have no A", TAD, PAE, .linear = 0x0, .words = {{0x1000, 0x2001}, {0x2000, 0x400083}},
     .physical = 0x400000, .page_bytes = SIZE_2M, .set = {{0x2000, 0x4000a3}}},
    {"a refused write sets nothing by default", TAD, BIT32, WITH_WP, .kind = ORACLE_WRITE, .linear = 0x0,
     .words = {{0x1000, 0x2003}, {0x2000, 0x5001}}, .vector = PF, .error_code = 0x3},
    {"a refused write may set A above the page's entry", TAD, BIT32, WITH_WP | SET_A_ON_FAULTS,
     .kind = ORACLE_WRITE, .linear = 0x0, .words = {{0x1000, 0x2003}, {0x2000, 0x5001}}, .vector = PF,
     .error_code = 0x3, .set = {{0x1000, 0x2023}}},
    {"A is not set in an entry with a reserved bit", TAD, LEVEL4, SET_A_ON_FAULTS, .linear = 0x0,
     .words = {{0x1000, 0x2003}, {0x2000, 0x800020c3}}, .vector = PF, .error_code = 0x9,
     .set = {{0x1000, 0x2023}}},
};
/* clang-format on */

static struct oracle_cpu cpu_of(const struct walk_fact *fact)
{
    struct oracle_cpu cpu = facts_cpu(fact->mode);
    uint64_t pdpte[4] = {0x2001, 0x2001, 0, 0x2001};
    memcpy(cpu.pdpte, pdpte, sizeof(pdpte));
    if (fact->maxphyaddr)
        cpu.has.maxphyaddr = fact->maxphyaddr;
    if (fact->quirks & NO_PSE)
        cpu.cr4 &= ~ORACLE_CR4_PSE;
    cpu.has.pse36 = !(fact->quirks & NO_PSE36);
    cpu.has.pat = !(fact->quirks & NO_PAT);
    cpu.has.page1g = !(fact->quirks & NO_1GB);
    cpu.efer |= fact->quirks & WITH_NXE ? ORACLE_EFER_NXE : 0;
    cpu.cr0 |= fact->quirks & WITH_WP ? ORACLE_CR0_WP : 0;
    cpu.cpl = fact->quirks & AT_CPL3 ? 3 : 0;
    return cpu;
}

static void memory_is(const struct facts_memory *memory, const struct walk_fact *fact)
{
    struct facts_memory expected = {0};
    for (unsigned i = 0; i < 5; i++)
        if (fact->words[i].address)
            facts_poke(&expected, fact->words[i].address, fact->words[i].value);
    for (unsigned i = 0; i < 5; i++)
        if (fact->set[i].address)
            facts_poke(&expected, fact->set[i].address, fact->set[i].value);
    assert_int_equal(memory->count, expected.count);
    for (unsigned i = 0; i < memory->count; i++)
        assert_int_equal(memory->words[i].value, facts_peek(&expected, memory->words[i].address));
}

static void fact_holds(void **state)
{
    const struct walk_fact *fact = *state;
    struct oracle_cpu cpu = cpu_of(fact);
    struct facts_memory words = {0};
    for (unsigned i = 0; i < 5; i++)
        if (fact->words[i].address)
            facts_poke(&words, fact->words[i].address, fact->words[i].value);
    struct oracle_memory memory = facts_memory_of(&words);
    struct oracle_options options = {.accessed_on_faults = fact->quirks & SET_A_ON_FAULTS};
    struct oracle_access access = {.linear = fact->linear, .kind = fact->kind};
    struct oracle_result result;
    oracle_translate(&cpu, &memory, &options, &access, &result);

    assert_int_equal(result.vector, fact->vector);
    assert_int_equal(result.error_code, fact->error_code);
    if (fact->vector == PF)
        assert_int_equal(result.cr2, fact->linear);
    if (fact->vector == ORACLE_VECTOR_NONE) {
        assert_int_equal(result.physical, fact->physical);
        assert_int_equal(result.page_bytes, fact->page_bytes);
    }
    memory_is(&words, fact);
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

KMS_TESTS_FILLED(facts_walk, fill)
