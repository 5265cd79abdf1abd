#include "window_fixture.h"

#include <stdlib.h>

static bool on_trouble(void *context, const struct kms_window_event *event)
{
    struct bench *bench = context;
    if (!bench->caught)
        return false;
    if (event->trouble == KMS_WINDOW_FAULT && bench->repair && bench->repair(bench, &event->fault))
        return true;
    bench->last = *event;
    siglongjmp(bench->back, 1);
}

uint32_t get(struct bench *bench, kms_phys phys)
{
    uint64_t value = 0;
    assert_int_equal(kms_phys_load(bench->ram, phys, 4, &value), KMS_DONE);
    return (uint32_t)value;
}

void set(struct bench *bench, kms_phys phys, uint32_t value)
{
    assert_int_equal(kms_phys_store(bench->ram, phys, 4, value), KMS_DONE);
}

uint32_t entry_4m(struct bench *bench, unsigned n)
{
    return get(bench, TABLE_4M + 4 * n);
}

void map_4m(struct bench *bench, unsigned n, uint32_t entry)
{
    set(bench, TABLE_4M + 4 * n, entry);
}

void write_reg(struct bench *bench, enum kms_x86_reg reg, uint64_t value)
{
    assert_int_equal(kms_x86_write(bench->cpu, reg, value, NULL), KMS_DONE);
}

void set_reg_bits(struct bench *bench, enum kms_x86_reg reg, uint64_t bits, bool on)
{
    const uint64_t old = kms_x86_read(bench->cpu, reg);
    write_reg(bench, reg, on ? old | bits : old & ~bits);
}

static void build_tables(struct bench *bench)
{
    set(bench, DIRECTORY, TABLE_0 | P | RW | US);
    set(bench, DIRECTORY + 4, TABLE_4M | P | RW | US);
    for (uint32_t i = 0; i < KMS_PAGE_SIZE / 4; i++)
        set(bench, TABLE_0 + 4 * i, i << KMS_PAGE_SHIFT | P | RW | US);
    for (uint32_t n = 0; FRAME(n) < RAM_SIZE; n++)
        set(bench, FRAME(n), n);
}

struct bench *bench_new(const struct kms_window_options *given)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct kms_window_options options = given ? *given : (struct kms_window_options){0};
    options.trouble = on_trouble;
    options.context = bench;
    assert_non_null(bench);
    assert_int_equal(kms_machine_new(&(struct kms_options){.ram_size = RAM_SIZE,
                                                           .ram = {.fill = KMS_FILL_ZERO, .shared = true}},
                                     &bench->machine),
                     KMS_OK);
    bench->cpu = kms_machine_cpu(bench->machine, 0);
    bench->ram = kms_machine_ram(bench->machine);
    enum kms_status status = kms_window_new(bench->cpu, &options, &bench->window);
    if (status == KMS_UNSUPPORTED) {
        bench_free(bench);
        kms_skip("the linear window needs Linux on x86-64");
    }
    assert_int_equal(status, KMS_OK);
    build_tables(bench);
    write_reg(bench, KMS_X86_CR3, DIRECTORY);
    write_reg(bench, KMS_X86_CR0, KMS_CR0_PE | KMS_CR0_PG);
    return bench;
}

void bench_free(struct bench *bench)
{
    kms_window_free(bench->window);
    kms_machine_free(bench->machine);
    free(bench);
}

static volatile uint32_t *native(struct bench *bench, kms_linear linear)
{
    return (volatile uint32_t *)(void *)(kms_window_base(bench->window) + linear);
}

bool native_read(struct bench *bench, kms_linear linear, uint32_t *value)
{
    bench->caught = true;
    const bool done = sigsetjmp(bench->back, 0) == 0;
    if (done)
        *value = *native(bench, linear);
    bench->caught = false;
    return done;
}

bool native_write(struct bench *bench, kms_linear linear, uint32_t value)
{
    bench->caught = true;
    const bool done = sigsetjmp(bench->back, 0) == 0;
    if (done)
        *native(bench, linear) = value;
    bench->caught = false;
    return done;
}

uint32_t must_read(struct bench *bench, kms_linear linear)
{
    uint32_t value = 0;
    assert_true(native_read(bench, linear, &value));
    return value;
}

void must_write(struct bench *bench, kms_linear linear, uint32_t value)
{
    assert_true(native_write(bench, linear, value));
}
