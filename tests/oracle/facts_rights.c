/* The oracle's access rights and error codes against rows worked out by hand from the manual. */
#include "facts.h"

#include "kms_test.h"

#include <string.h>

#define PERMITTED 0xffffffffu

#define P  (unsigned)ORACLE_PF_P
#define WR (unsigned)ORACLE_PF_WR
#define US (unsigned)ORACLE_PF_US
#define ID (unsigned)ORACLE_PF_ID
#define PK (unsigned)ORACLE_PF_PK

#define WP   ORACLE_CR0_WP
#define SMEP ORACLE_CR4_SMEP
#define SMAP ORACLE_CR4_SMAP
#define PKE  ORACLE_CR4_PKE
#define PKS  ORACLE_CR4_PKS

enum { SUPERVISOR = 0, USER = 3, IMPLICIT_AT_CPL3 = 4, IMPLICIT = 5 };

#define RIGHTS "Determination of Access Rights"
#define KEYS   "Protection Keys"
#define FAULTS "Page-Fault Exceptions"
#define BIT32  ORACLE_MODE_32BIT
#define PAE    ORACLE_MODE_PAE
#define LEVEL4 ORACLE_MODE_4LEVEL
#define AC     true
#define NXE    true

/*
 * One line a fact. The page is written "uwx": user-mode, writable, executable, a dash where not. Protection
 * key 1 is the page's; `keys` holds AD (1) and WD (2) for it, in PKRU for user-mode pages and in PKRS for
 * supervisor-mode ones.
 */
struct rights_fact {
    const char *sentence, *section;
    enum oracle_mode mode;
    uint64_t cr0, cr4;
    bool nxe, ac;
    unsigned keys;
    int who;
    enum oracle_kind kind;
    const char *page;
    unsigned expected;
};

enum { AD = 1, WD = 2 };

/* clang-format off */
static const struct rights_fact facts[] = {
/* sentence                                                            section  mode    cr0 cr4          nxe  ac  keys   who         kind          page   expected */
{"a supervisor reads a supervisor page",                               RIGHTS,  LEVEL4, WP, SMEP | SMAP, NXE, 0,  0,     SUPERVISOR, ORACLE_READ,  "---", PERMITTED},
{"a supervisor reads a user page without SMAP",                        RIGHTS,  LEVEL4, WP, 0,           NXE, 0,  0,     SUPERVISOR, ORACLE_READ,  "u--", PERMITTED},
{"SMAP stops a supervisor's read of a user page",                      RIGHTS,  LEVEL4, 0,  SMAP,        NXE, 0,  0,     SUPERVISOR, ORACLE_READ,  "uwx", P},
{"AC lifts SMAP for explicit reads",                                   RIGHTS,  LEVEL4, 0,  SMAP,        NXE, AC, 0,     SUPERVISOR, ORACLE_READ,  "u--", PERMITTED},
{"AC does not lift SMAP for implicit reads",                           RIGHTS,  LEVEL4, 0,  SMAP,        NXE, AC, 0,     IMPLICIT,   ORACLE_READ,  "uwx", P},
{"an implicit access at CPL 3 is a supervisor's",                      RIGHTS,  LEVEL4, 0,  0,           NXE, 0,  0,     IMPLICIT_AT_CPL3, ORACLE_READ, "---", PERMITTED},
{"an implicit access at CPL 3 to a user page meets SMAP despite AC",   RIGHTS,  LEVEL4, 0,  SMAP,        NXE, AC, 0,     IMPLICIT_AT_CPL3, ORACLE_READ, "uwx", P},
{"an implicit access at CPL 3 reads a user page without SMAP",         RIGHTS,  LEVEL4, 0,  0,           NXE, 0,  0,     IMPLICIT_AT_CPL3, ORACLE_READ, "u--", PERMITTED},
{"SMAP holds with 32-bit paging too",                                  RIGHTS,  BIT32,  0,  SMAP,        0,   0,  0,     SUPERVISOR, ORACLE_WRITE, "uwx", P | WR},
{"a supervisor writes anywhere with WP clear",                         RIGHTS,  BIT32,  0,  0,           0,   0,  0,     SUPERVISOR, ORACLE_WRITE, "---", PERMITTED},
{"a supervisor writes a read-only user page with WP clear",            RIGHTS,  BIT32,  0,  0,           0,   0,  0,     SUPERVISOR, ORACLE_WRITE, "u--", PERMITTED},
{"WP stops a supervisor's write to a read-only supervisor page",       RIGHTS,  BIT32,  WP, 0,           0,   0,  0,     SUPERVISOR, ORACLE_WRITE, "---", P | WR},
{"WP stops a supervisor's write to a read-only user page",             RIGHTS,  BIT32,  WP, 0,           0,   0,  0,     SUPERVISOR, ORACLE_WRITE, "u--", P | WR},
{"WP lets a supervisor write a writable page",                         RIGHTS,  BIT32,  WP, 0,           0,   0,  0,     SUPERVISOR, ORACLE_WRITE, "-w-", PERMITTED},
{"a locked read-modify-write is a write to WP",                        RIGHTS,  BIT32,  WP, 0,           0,   0,  0,     SUPERVISOR, ORACLE_RMW,   "---", P | WR},
{"SMAP stops a supervisor's write though WP is clear",                 RIGHTS,  LEVEL4, 0,  SMAP,        0,   0,  0,     SUPERVISOR, ORACLE_WRITE, "uw-", P | WR},
{"AC lifts SMAP for writes but not WP",                                RIGHTS,  LEVEL4, WP, SMAP,        0,   AC, 0,     SUPERVISOR, ORACLE_WRITE, "u--", P | WR},
{"AC lifts SMAP for writes to a writable page",                        RIGHTS,  LEVEL4, WP, SMAP,        0,   AC, 0,     SUPERVISOR, ORACLE_WRITE, "uw-", PERMITTED},
{"SMAP leaves fetches alone",                                          RIGHTS,  LEVEL4, 0,  SMAP,        NXE, 0,  0,     SUPERVISOR, ORACLE_FETCH, "u-x", PERMITTED},
{"a supervisor fetches from a user page without SMEP",                 RIGHTS,  BIT32,  0,  0,           0,   0,  0,     SUPERVISOR, ORACLE_FETCH, "u--", PERMITTED},
{"SMEP stops a supervisor's fetch from a user page",                   RIGHTS,  LEVEL4, 0,  SMEP,        0,   0,  0,     SUPERVISOR, ORACLE_FETCH, "uwx", P | ID},
{"SMEP holds with 32-bit paging, and the error code has I/D",          FAULTS,  BIT32,  0,  SMEP,        0,   0,  0,     SUPERVISOR, ORACLE_FETCH, "uw-", P | ID},
{"AC does not lift SMEP",                                              RIGHTS,  LEVEL4, 0,  SMEP,        0,   AC, 0,     SUPERVISOR, ORACLE_FETCH, "uwx", P | ID},
{"XD stops a supervisor's fetch with NXE",                             RIGHTS,  LEVEL4, 0,  0,           NXE, 0,  0,     SUPERVISOR, ORACLE_FETCH, "-w-", P | ID},
{"XD stops a user's fetch with NXE",                                   RIGHTS,  PAE,    0,  0,           NXE, 0,  0,     USER,       ORACLE_FETCH, "uw-", P | US | ID},
{"XD does not stop a read",                                            RIGHTS,  PAE,    0,  0,           NXE, 0,  0,     USER,       ORACLE_READ,  "uw-", PERMITTED},
{"with 32-bit paging everything is executable, NXE or not",            RIGHTS,  BIT32,  0,  0,           NXE, 0,  0,     USER,       ORACLE_FETCH, "u--", PERMITTED},
{"a user reads a user page",                                           RIGHTS,  BIT32,  WP, SMAP,        0,   0,  0,     USER,       ORACLE_READ,  "u--", PERMITTED},
{"a user does not read a supervisor page",                             RIGHTS,  BIT32,  0,  0,           0,   0,  0,     USER,       ORACLE_READ,  "-wx", P | US},
{"a user does not write a supervisor page",                            RIGHTS,  BIT32,  0,  0,           0,   0,  0,     USER,       ORACLE_WRITE, "-wx", P | WR | US},
{"a user does not write a read-only page though WP is clear",          RIGHTS,  BIT32,  0,  0,           0,   0,  0,     USER,       ORACLE_WRITE, "u-x", P | WR | US},
{"a user writes a writable page",                                      RIGHTS,  BIT32,  WP, SMAP,        0,   0,  0,     USER,       ORACLE_RMW,   "uw-", PERMITTED},
{"SMEP and SMAP do not concern a user",                                RIGHTS,  LEVEL4, 0,  SMEP | SMAP, NXE, 0,  0,     USER,       ORACLE_FETCH, "u-x", PERMITTED},
{"a user's fetch from a supervisor page has no I/D without SMEP and NXE", FAULTS, LEVEL4, 0, 0,          0,   0,  0,     USER,       ORACLE_FETCH, "-wx", P | US},
{"a user's fetch from a supervisor page has I/D with SMEP",            FAULTS,  BIT32,  0,  SMEP,        0,   0,  0,     USER,       ORACLE_FETCH, "-wx", P | US | ID},
{"NXE gives no I/D while PAE is clear",                                FAULTS,  BIT32,  0,  0,           NXE, 0,  0,     USER,       ORACLE_FETCH, "-wx", P | US},
{"a key's AD stops a user's read",                                     KEYS,    LEVEL4, 0,  PKE,         0,   0,  AD,    USER,       ORACLE_READ,  "uwx", P | US | PK},
{"a key's AD stops a supervisor's read of a user page",                KEYS,    LEVEL4, 0,  PKE,         0,   0,  AD,    SUPERVISOR, ORACLE_READ,  "uwx", P | PK},
{"a key's AD stops a supervisor's write with WP clear",                KEYS,    LEVEL4, 0,  PKE,         0,   0,  AD,    SUPERVISOR, ORACLE_WRITE, "uwx", P | WR | PK},
{"a key's WD does not stop reads",                                     KEYS,    LEVEL4, WP, PKE,         0,   0,  WD,    USER,       ORACLE_READ,  "uwx", PERMITTED},
{"a key's WD stops a user's write with WP clear",                      KEYS,    LEVEL4, 0,  PKE,         0,   0,  WD,    USER,       ORACLE_WRITE, "uwx", P | WR | US | PK},
{"a key's WD stops a supervisor's write with WP set",                  KEYS,    LEVEL4, WP, PKE,         0,   0,  WD,    SUPERVISOR, ORACLE_WRITE, "uwx", P | WR | PK},
{"a key's WD does not stop a supervisor's write with WP clear",        KEYS,    LEVEL4, 0,  PKE,         0,   0,  WD,    SUPERVISOR, ORACLE_WRITE, "uwx", PERMITTED},
{"a key stops no fetch",                                               KEYS,    LEVEL4, WP, PKE,         0,   0,  AD|WD, USER,       ORACLE_FETCH, "uwx", PERMITTED},
{"a fetch that faults has no PK",                                      FAULTS,  LEVEL4, WP, PKE,         NXE, 0,  AD|WD, USER,       ORACLE_FETCH, "uw-", P | US | ID},
{"PKRU counts only with PKE",                                          KEYS,    LEVEL4, WP, PKS,         0,   0,  AD|WD, USER,       ORACLE_WRITE, "uwx", PERMITTED},
{"PKS stops a supervisor's read of a supervisor page",                 KEYS,    LEVEL4, WP, PKS,         0,   0,  AD,    SUPERVISOR, ORACLE_READ,  "-wx", P | PK},
{"PKS WD stops a supervisor's write with WP set",                      KEYS,    LEVEL4, WP, PKS,         0,   0,  WD,    SUPERVISOR, ORACLE_WRITE, "-wx", P | WR | PK},
{"PKS WD does not stop a supervisor's write with WP clear",            KEYS,    LEVEL4, 0,  PKS,         0,   0,  WD,    SUPERVISOR, ORACLE_WRITE, "-wx", PERMITTED},
{"PKS counts only with CR4.PKS",                                       KEYS,    LEVEL4, WP, PKE,         0,   0,  AD|WD, SUPERVISOR, ORACLE_WRITE, "-wx", PERMITTED},
{"PKS concerns implicit accesses too",                                 KEYS,    LEVEL4, WP, PKS,         0,   0,  AD,    IMPLICIT_AT_CPL3, ORACLE_READ, "-wx", P | PK},
{"keys do not exist with PAE paging",                                  KEYS,    PAE,    WP, PKE | PKS,   0,   0,  AD|WD, USER,       ORACLE_WRITE, "uwx", PERMITTED},
{"PK is reported beside a write to a read-only page",                  FAULTS,  LEVEL4, WP, PKE,         0,   0,  WD,    USER,       ORACLE_WRITE, "u--", P | WR | US | PK},
{"PK is reported beside SMAP",                                         FAULTS,  LEVEL4, WP, PKE | SMAP,  0,   0,  AD,    SUPERVISOR, ORACLE_READ,  "u--", P | PK},
{"WD gives no PK when only WP's absence lets the key pass",            FAULTS,  LEVEL4, 0,  PKE | SMAP,  0,   0,  WD,    SUPERVISOR, ORACLE_WRITE, "uw-", P | WR},
};
/* clang-format on */

static struct oracle_cpu cpu_of(const struct rights_fact *fact)
{
    struct oracle_cpu cpu = facts_cpu(fact->mode);
    bool user_page = fact->page[0] == 'u';
    cpu.cr0 |= fact->cr0;
    cpu.cr4 |= fact->cr4;
    cpu.efer |= fact->nxe ? ORACLE_EFER_NXE : 0;
    cpu.ac = fact->ac;
    cpu.cpl = fact->who == USER || fact->who == IMPLICIT_AT_CPL3 ? 3 : 0;
    *(user_page ? &cpu.pkru : &cpu.pkrs) = fact->keys << 2;
    return cpu;
}

static void fact_holds(void **state)
{
    const struct rights_fact *fact = *state;
    struct oracle_cpu cpu = cpu_of(fact);
    struct oracle_rights rights = {.user = fact->page[0] == 'u',
                                   .writable = fact->page[1] == 'w',
                                   .no_execute = fact->page[2] != 'x',
                                   .key = 1};
    struct oracle_access access = {.kind = fact->kind, .implicit = fact->who >= IMPLICIT_AT_CPL3};
    bool permitted = oracle_rights_permit(&cpu, &access, &rights);
    assert_int_equal(permitted, fact->expected == PERMITTED);
    if (!permitted)
        assert_int_equal(oracle_error_code(&cpu, &access, &rights), fact->expected);
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

KMS_TESTS_FILLED(facts_rights, fill)
