/*
 * Native accesses against explicit ones: two machines get the same random tables, accesses and register writes, one
 * through its window and one through kms_load32() and kms_store32(). Values, faults and every byte of RAM agree.
 */
#include "window_fixture.h"

#include <string.h>

#define STEPS 4000u

static uint32_t seed;

static uint32_t rnd(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(seed >> 8) * below) >> 24);
}

struct pair {
    struct bench *native, *explicit;
};

static void both_set(struct pair *pair, kms_phys phys, uint32_t value)
{
    set(pair->native, phys, value);
    set(pair->explicit, phys, value);
}

static void both_write_reg(struct pair *pair, enum kms_x86_reg reg, uint64_t value)
{
    assert_int_equal(kms_x86_write(pair->native->cpu, reg, value, NULL),
                     kms_x86_write(pair->explicit->cpu, reg, value, NULL));
}

static uint32_t random_entry(void)
{
    return FRAME(rnd(16)) | (rnd(8) ? P : 0) | (rnd(3) ? RW : 0) | (rnd(2) ? US : 0) | (rnd(4) ? 0 : G) |
           (rnd(3) ? 0 : A) | (rnd(3) ? 0 : D);
}

static void change_tables(struct pair *pair)
{
    const unsigned n = rnd(16);
    both_set(pair, TABLE_4M + 4 * n, random_entry());
    kms_x86_invlpg(pair->native->cpu, AT_4M(n));
    kms_x86_invlpg(pair->explicit->cpu, AT_4M(n));
}

static void change_register(struct pair *pair)
{
    switch (rnd(4)) {
    case 0: both_write_reg(pair, KMS_X86_CR0, KMS_CR0_PE | KMS_CR0_PG | (rnd(2) ? KMS_CR0_WP : 0)); break;
    case 1: both_write_reg(pair, KMS_X86_CR3, DIRECTORY); break;
    case 2: both_write_reg(pair, KMS_X86_CR4, rnd(2) ? KMS_CR4_PGE : 0); break;
    default: both_write_reg(pair, KMS_X86_CPL, rnd(4) ? 0 : 3); break;
    }
}

static void access_both(struct pair *pair)
{
    const kms_linear linear = AT_4M(rnd(17)) + 4 * rnd(4);
    const bool write = rnd(2);
    uint32_t seen = 0, expected = 0, value = seed;
    struct kms_fault fault = {0};
    const bool native_done =
        write ? native_write(pair->native, linear, value) : native_read(pair->native, linear, &seen);
    const enum kms_result result = write ? kms_store32(pair->explicit->cpu, linear, value, &fault)
                                         : kms_load32(pair->explicit->cpu, linear, &expected, &fault);
    assert_int_equal(native_done, result == KMS_DONE);
    if (native_done) {
        assert_int_equal(seen, expected);
        return;
    }
    assert_int_equal(pair->native->last.trouble, KMS_WINDOW_FAULT);
    assert_int_equal(pair->native->last.fault.error_code, fault.error_code);
    assert_int_equal(pair->native->last.fault.address, fault.address);
    assert_int_equal(kms_x86_read(pair->native->cpu, KMS_X86_CR2),
                     kms_x86_read(pair->explicit->cpu, KMS_X86_CR2));
}

static void compare_ram(struct pair *pair)
{
    assert_memory_equal(kms_ram_ptr(pair->native->ram, 0, RAM_SIZE),
                        kms_ram_ptr(pair->explicit->ram, 0, RAM_SIZE), RAM_SIZE);
}

static void run_pair(uint32_t start, const struct kms_window_options *options)
{
    struct pair pair = {bench_new(options), bench_new(NULL)};
    seed = start;
    for (unsigned step = 0; step < STEPS; step++) {
        const uint32_t what = rnd(16);
        if (what == 0)
            change_register(&pair);
        else if (what < 4)
            change_tables(&pair);
        else
            access_both(&pair);
        if (step % 64 == 0)
            compare_ram(&pair);
    }
    compare_ram(&pair);
    bench_free(pair.native);
    bench_free(pair.explicit);
}

static void native_and_explicit_agree(void **state)
{
    (void)state;
    for (uint32_t start = 1; start <= 4; start++)
        run_pair(start, NULL);
}

static void a_full_window_agrees(void **state)
{
    (void)state;
    run_pair(5, &(struct kms_window_options){.pages = KMS_WINDOW_PAGES_MIN});
}

static void fault_around_agrees(void **state)
{
    (void)state;
    for (uint32_t start = 6; start <= 9; start++)
        run_pair(start, &(struct kms_window_options){.around = 16});
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("native and explicit accesses agree on values, faults and every byte of RAM",
             native_and_explicit_agree),
    KMS_TEST("they agree while pages are evicted", a_full_window_agrees),
    KMS_TEST("they agree with fault-around", fault_around_agrees),
};
KMS_TESTS(window_agree, tests)
