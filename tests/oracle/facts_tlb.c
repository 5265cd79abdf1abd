/* The oracle's TLB against short stories from "Caching Translation Information". */
#include "facts.h"

#include "kms_test.h"

#include <stdlib.h>

#define LINEAR  0x00400000u
#define PD      0x1000u
#define PT      0x2000u
#define PDE     (PD + 4) /* the entry of LINEAR */
#define PTE     (PT + 0)
#define PAGE_A  0x10000u
#define PAGE_B  0x20000u
#define USABLE  0x67u /* P, R/W, U/S, A, D */
#define CLEAN   0x27u /* P, R/W, U/S, A */
#define READING 0x65u /* P, U/S, A, D */

/* A machine of one page: LINEAR maps PAGE_A. 32-bit paging unless a story wants PCIDs. */
struct story {
    struct oracle_cpu cpu;
    struct facts_memory words;
    struct oracle_memory memory;
    struct oracle_options options;
    struct oracle_tlb *tlb;
};

static int setup(void **state)
{
    struct story *story = calloc(1, sizeof(*story));
    story->cpu = facts_cpu(ORACLE_MODE_32BIT);
    story->cpu.cr0 |= ORACLE_CR0_WP;
    story->memory = facts_memory_of(&story->words);
    story->tlb = oracle_tlb_new();
    facts_poke(&story->words, PDE, PT | USABLE);
    facts_poke(&story->words, PTE, PAGE_A | USABLE);
    *state = story;
    return story->tlb ? 0 : -1;
}

static int teardown(void **state)
{
    struct story *story = *state;
    free(story->tlb);
    free(story);
    return 0;
}

/* The same page with 4-level paging and PCIDs; the PTE is at 0x4000. */
static void with_pcids(struct story *story)
{
    story->cpu = facts_cpu(ORACLE_MODE_4LEVEL);
    story->cpu.cr4 |= ORACLE_CR4_PCIDE | ORACLE_CR4_PGE;
    story->words.count = 0;
    facts_poke(&story->words, 0x1000, 0x2000 | USABLE);
    facts_poke(&story->words, 0x2000, 0x3000 | USABLE);
    facts_poke(&story->words, 0x3010, 0x4000 | USABLE); /* LINEAR is in the third 2 MiB */
    facts_poke(&story->words, 0x4000, PAGE_A | USABLE);
}

static struct oracle_result attempt(struct story *story, enum oracle_kind kind)
{
    struct oracle_access access = {.linear = LINEAR, .kind = kind};
    struct oracle_result result;
    oracle_tlb_translate(story->tlb, &story->cpu, &story->memory, &story->options, &access, &result);
    return result;
}

static void reads(struct story *story, uint64_t physical)
{
    struct oracle_result result = attempt(story, ORACLE_READ);
    assert_int_equal(result.vector, ORACLE_VECTOR_NONE);
    assert_int_equal(result.physical, physical);
}

static void write_reg(struct story *story, enum oracle_register which, uint64_t value)
{
    struct oracle_write write = oracle_write_reg(&story->cpu, &story->memory, which, value);
    assert_false(write.gp);
    oracle_tlb_flush(story->tlb, write.flush, write.pcid);
}

static void stale_until_invlpg(void **state)
{
    struct story *story = *state;
    reads(story, PAGE_A);
    facts_poke(&story->words, PTE, PAGE_B | USABLE);
    reads(story, PAGE_A);
    oracle_tlb_invlpg(story->tlb, &story->cpu, LINEAR + 0x1000);
    reads(story, PAGE_A);
    oracle_tlb_invlpg(story->tlb, &story->cpu, LINEAR + 0xfff);
    reads(story, PAGE_B);
}

static void unmapped_is_not_cached(void **state)
{
    struct story *story = *state;
    facts_poke(&story->words, PTE, 0);
    assert_int_equal(attempt(story, ORACLE_READ).vector, ORACLE_VECTOR_PF);
    facts_poke(&story->words, PTE, PAGE_B | USABLE);
    reads(story, PAGE_B);
}

static void reserved_is_not_cached(void **state)
{
    struct story *story = *state;
    facts_poke(&story->words, PDE, 0x00600000u | 0x80u | USABLE); /* bit 21 of a 4-MByte page */
    assert_int_equal(attempt(story, ORACLE_READ).error_code, 0x9);
    facts_poke(&story->words, PDE, PT | USABLE);
    reads(story, PAGE_A);
}

static void mov_cr3_spares_global(void **state)
{
    struct story *story = *state;
    story->cpu.cr4 |= ORACLE_CR4_PGE;
    facts_poke(&story->words, PTE, PAGE_A | USABLE | ORACLE_G);
    reads(story, PAGE_A);
    facts_poke(&story->words, PTE, PAGE_B | USABLE);
    write_reg(story, ORACLE_CR3, PD);
    reads(story, PAGE_A);
    write_reg(story, ORACLE_CR4, story->cpu.cr4 & ~ORACLE_CR4_PGE);
    reads(story, PAGE_B);
}

static void g_needs_pge(void **state)
{
    struct story *story = *state;
    facts_poke(&story->words, PTE, PAGE_A | USABLE | ORACLE_G);
    reads(story, PAGE_A);
    facts_poke(&story->words, PTE, PAGE_B | USABLE);
    write_reg(story, ORACLE_CR3, PD);
    reads(story, PAGE_B);
}

static void write_sets_d_late(void **state)
{
    struct story *story = *state;
    facts_poke(&story->words, PTE, PAGE_A | CLEAN);
    reads(story, PAGE_A);
    assert_int_equal(facts_peek(&story->words, PTE), PAGE_A | CLEAN);
    assert_int_equal(attempt(story, ORACLE_WRITE).vector, ORACLE_VECTOR_NONE);
    assert_int_equal(facts_peek(&story->words, PTE), PAGE_A | USABLE);
    facts_poke(&story->words, PTE, PAGE_A | CLEAN); /* cleared without an invalidation: not set again */
    assert_int_equal(attempt(story, ORACLE_WRITE).vector, ORACLE_VECTOR_NONE);
    assert_int_equal(facts_peek(&story->words, PTE), PAGE_A | CLEAN);
}

static void spurious_fault(void **state)
{
    struct story *story = *state;
    facts_poke(&story->words, PTE, PAGE_A | READING);
    reads(story, PAGE_A);
    facts_poke(&story->words, PTE, PAGE_A | USABLE);
    assert_int_equal(attempt(story, ORACLE_WRITE).error_code, 0x3);
    assert_int_equal(attempt(story, ORACLE_WRITE).vector, ORACLE_VECTOR_NONE);
}

static void second_walk(void **state)
{
    struct story *story = *state;
    story->options.denied_hits_walk_again = true;
    facts_poke(&story->words, PTE, PAGE_A | READING);
    reads(story, PAGE_A);
    facts_poke(&story->words, PTE, PAGE_A | USABLE);
    assert_int_equal(attempt(story, ORACLE_WRITE).vector, ORACLE_VECTOR_NONE);
}

static void rights_are_judged_now(void **state)
{
    struct story *story = *state;
    facts_poke(&story->words, PTE, PAGE_A | READING);
    reads(story, PAGE_A);
    story->cpu.cr0 &= ~ORACLE_CR0_WP;
    assert_int_equal(attempt(story, ORACLE_WRITE).vector, ORACLE_VECTOR_NONE);
    story->cpu.cr0 |= ORACLE_CR0_WP;
    assert_int_equal(attempt(story, ORACLE_WRITE).error_code, 0x3);
}

static void pcids_are_apart(void **state)
{
    struct story *story = *state;
    with_pcids(story);
    reads(story, PAGE_A);
    facts_poke(&story->words, 0x4000, PAGE_B | USABLE);
    write_reg(story, ORACLE_CR3, 0x1001);
    reads(story, PAGE_B);
    write_reg(story, ORACLE_CR3, 0x1000 | ORACLE_BIT(63));
    reads(story, PAGE_A);
    write_reg(story, ORACLE_CR3, 0x1000);
    reads(story, PAGE_B);
}

static void global_crosses_pcids(void **state)
{
    struct story *story = *state;
    with_pcids(story);
    facts_poke(&story->words, 0x4000, PAGE_A | USABLE | ORACLE_G);
    reads(story, PAGE_A);
    facts_poke(&story->words, 0x4000, PAGE_B | USABLE);
    write_reg(story, ORACLE_CR3, 0x1001);
    reads(story, PAGE_A);
    oracle_tlb_invlpg(story->tlb, &story->cpu, LINEAR);
    reads(story, PAGE_B);
}

/* INVPCID of type `type` for PCID 0 while PCID 0 is current: what is read afterwards, PAGE_A being the stale
 * page. */
static uint64_t after_invpcid(struct story *story, unsigned type, uint64_t linear)
{
    uint64_t descriptor[2] = {0, linear};
    reads(story, PAGE_A);
    facts_poke(&story->words, 0x4000, PAGE_B | USABLE);
    assert_true(oracle_tlb_invpcid(story->tlb, &story->cpu, type, descriptor));
    return attempt(story, ORACLE_READ).physical;
}

static void invpcid_local(void **state)
{
    struct story *story = *state;
    for (unsigned type = 0; type <= 3; type++) {
        oracle_tlb_flush(story->tlb, ORACLE_FLUSH_ALL, 0);
        with_pcids(story);
        assert_int_equal(after_invpcid(story, type, LINEAR), PAGE_B);
    }
    oracle_tlb_flush(story->tlb, ORACLE_FLUSH_ALL, 0);
    with_pcids(story);
    assert_int_equal(after_invpcid(story, ORACLE_INVPCID_ADDRESS, LINEAR + 0x1000), PAGE_A);
}

static void invpcid_global(void **state)
{
    struct story *story = *state;
    for (unsigned type = 0; type <= 3; type++) {
        oracle_tlb_flush(story->tlb, ORACLE_FLUSH_ALL, 0);
        with_pcids(story);
        facts_poke(&story->words, 0x4000, PAGE_A | USABLE | ORACLE_G);
        assert_int_equal(after_invpcid(story, type, LINEAR), type == ORACLE_INVPCID_ALL ? PAGE_B : PAGE_A);
    }
}

static void invpcid_refuses(void **state)
{
    struct story *story = *state;
    uint64_t wide[2] = {0x1000, LINEAR}, one[2] = {1, LINEAR}, odd[2] = {0, ORACLE_BIT(47)}, zero[2] = {0, 0};
    with_pcids(story);
    assert_false(oracle_tlb_invpcid(story->tlb, &story->cpu, 4, zero));
    assert_false(oracle_tlb_invpcid(story->tlb, &story->cpu, ORACLE_INVPCID_ALL, wide));
    assert_false(oracle_tlb_invpcid(story->tlb, &story->cpu, ORACLE_INVPCID_ADDRESS, odd));
    assert_true(oracle_tlb_invpcid(story->tlb, &story->cpu, ORACLE_INVPCID_CONTEXT, one));
    write_reg(story, ORACLE_CR4, story->cpu.cr4 & ~ORACLE_CR4_PCIDE);
    assert_false(oracle_tlb_invpcid(story->tlb, &story->cpu, ORACLE_INVPCID_CONTEXT, one));
    assert_true(oracle_tlb_invpcid(story->tlb, &story->cpu, ORACLE_INVPCID_CONTEXT, zero));
}

static void invlpg_large(void **state)
{
    struct story *story = *state;
    facts_poke(&story->words, PDE, 0x00400000u | 0x80u | USABLE);
    reads(story, 0x00400000u);
    facts_poke(&story->words, PDE, PT | USABLE);
    oracle_tlb_invlpg(story->tlb, &story->cpu, LINEAR + 0x3fffff);
    reads(story, PAGE_A);
}

static void two_sizes_are_a_choice(void **state)
{
    struct story *story = *state;
    struct oracle_access other = {.linear = LINEAR + 0x1000};
    struct oracle_result result;
    reads(story, PAGE_A);
    facts_poke(&story->words, PDE, 0x00800000u | 0x80u | USABLE);
    oracle_tlb_translate(story->tlb, &story->cpu, &story->memory, &story->options, &other, &result);
    assert_int_equal(result.physical, 0x00801000u);
    assert_int_equal(oracle_tlb_candidates(story->tlb, &story->cpu, LINEAR), 2);
    assert_int_equal(oracle_tlb_candidates(story->tlb, &story->cpu, LINEAR + 0x1000), 1);
}

#define STORY(sentence, function) KMS_TEST_WITH(sentence, function, setup, teardown)

static const struct CMUnitTest tests[] = {
    STORY("a changed entry is not seen before INVLPG of any byte of its page", stale_until_invlpg),
    STORY("an entry that is not present is never cached", unmapped_is_not_cached),
    STORY("an entry with reserved bits is never cached", reserved_is_not_cached),
    STORY("MOV to CR3 spares global pages, clearing PGE does not", mov_cr3_spares_global),
    STORY("G means nothing while PGE is clear", g_needs_pge),
    STORY("a write through a clean translation sets D, and only then", write_sets_d_late),
    STORY("cached rights may fault once though the tables permit", spurious_fault),
    STORY("cached rights may send the CPU back to the tables", second_walk),
    STORY("a cached translation is judged by the registers of now", rights_are_judged_now),
    STORY("translations of different PCIDs do not meet", pcids_are_apart),
    STORY("a global page crosses PCIDs and INVLPG ends it", global_crosses_pcids),
    STORY("every type of INVPCID reaches a translation that is not global", invpcid_local),
    STORY("only INVPCID type 2 reaches a global translation", invpcid_global),
    STORY("INVPCID refuses bad types, bad descriptors, and PCIDs without PCIDE", invpcid_refuses),
    STORY("INVLPG of any byte of a large page drops it", invlpg_large),
    STORY("a page cached in two sizes leaves the CPU a choice", two_sizes_are_a_choice),
};

KMS_TESTS(facts_tlb, tests)
