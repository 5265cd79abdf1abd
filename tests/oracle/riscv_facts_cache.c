/* "Supervisor Memory-Management Fence Instruction", by hand: what may be cached, and what each form forgets. */
#include "kms_test.h"
#include "riscv_facts.h"

/* One page at 0x5000 of ASID 7, one global at 0x6000, one at 0x5000 of ASID 8. */
static struct rvo_cache *three(void)
{
    static struct rvo_cache cache;
    cache.count = 0;
    rvo_cache_add(&cache, &(struct rvo_leaf){0x5000, 0x1000, 0xa000, 0xdf, false, 7});
    rvo_cache_add(&cache, &(struct rvo_leaf){0x6000, 0x1000, 0xb000, 0xff, true, 7});
    rvo_cache_add(&cache, &(struct rvo_leaf){0x5000, 0x1000, 0xc000, 0xdf, false, 8});
    return &cache;
}

static void each_form_forgets_its_own(void **state)
{
    static const uint64_t address = 0x5abc, other = 0x6000;
    static const unsigned asid = 7;
    const struct {
        const uint64_t *address;
        const unsigned *asid;
        size_t left;
    } rows[] = {{NULL, NULL, 0},   {NULL, &asid, 2},     {&address, NULL, 1},
                {&other, NULL, 2}, {&address, &asid, 2}, {&other, &asid, 3}};
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rvo_cache *cache = three();
        rvo_cache_fence(cache, &cpu, rows[i].address, rows[i].asid);
        assert_int_equal(cache->count, rows[i].left);
    }
}

static void an_address_that_is_none_is_no_fence(void **state)
{
    static const uint64_t address = 0x8000000000005000;
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    struct rvo_cache *cache = three();
    (void)state;
    rvo_cache_fence(cache, &cpu, &address, NULL);
    assert_int_equal(cache->count, 3);
}

static size_t outcomes(const struct rvo_cpu *cpu, const struct rvo_cache *cache, uint64_t address,
                       struct rvo_result results[4])
{
    static struct rv_facts_memory empty;
    const struct rvo_memory memory = rv_facts_memory_of(&empty);
    const struct rvo_access access = {address, RVO_STORE};
    return rvo_cache_outcomes(cache, cpu, &memory, &access, 1, results, 4);
}

/* The tables are empty: a page fault; or what is cached for ASID 7, or global. */
static void what_is_cached_is_permitted_beside_the_tables(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    struct rvo_result r[4];
    (void)state;
    assert_int_equal(outcomes(&cpu, three(), 0x5123, r), 2);
    assert_int_equal(r[0].cause, RVO_STORE_PAGE);
    assert_int_equal(r[1].cause, RVO_DONE);
    assert_int_equal(r[1].physical, 0xa123);
    cpu.satp = 0x8000900000000001; /* ASID 9 */
    assert_int_equal(outcomes(&cpu, three(), 0x5123, r), 1);
    assert_int_equal(outcomes(&cpu, three(), 0x6123, r), 2);
    assert_int_equal(r[1].physical, 0xb123);
    cpu.satp = 0;
    assert_int_equal(outcomes(&cpu, three(), 0x5123, r), 1);
    assert_int_equal(r[0].physical, 0x5123);
}

static void a_cached_leaf_without_d_takes_no_store(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    static struct rvo_cache cache;
    struct rvo_result r[4];
    (void)state;
    cache.count = 0;
    rvo_cache_add(&cache, &(struct rvo_leaf){0x5000, 0x1000, 0xa000, 0x5f, false, 7});
    assert_int_equal(outcomes(&cpu, &cache, 0x5123, r), 2);
    assert_int_equal(r[1].cause, RVO_STORE_PAGE);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("each form of the fence forgets what it names, and no more", each_form_forgets_its_own),
    KMS_TEST("a fence of an address that is none forgets nothing", an_address_that_is_none_is_no_fence),
    KMS_TEST("what is cached for this address space may be used beside the tables",
             what_is_cached_is_permitted_beside_the_tables),
    KMS_TEST("a cached leaf without D takes no store", a_cached_leaf_without_d_takes_no_store),
};
KMS_TESTS(riscv_cache, tests)
