#include "jslk_fixture.h"

static void start_early(void)
{
    assert_int_equal(kernel_early(), JSLK_OK);
}

static const char *check(void)
{
    return kernel_directory ? kernel_check() : NULL;
}

struct fixture_kernel jslk_under_test = {
    .name = "jslk", .ram_size = JSLK_TEST_RAM, .start = start_early, .check = check};

static struct standing now(void)
{
    return (struct standing){kheap.blocks, kheap.used, kheap.index.size, kheap.end, getFreeFrames()};
}

struct standing standing_now(void)
{
    assert_int_equal(kfree(kmalloc(1)), JSLK_OK);
    return now();
}

void assert_standing(const struct standing *before)
{
    const struct standing after = now();

    assert_memory_equal(&after, before, sizeof after);
}

uint32_t kernel_reads(uint32_t linear)
{
    uint64_t value = 0;

    assert_true(hw_kernel_load(linear, 4, &value));
    return (uint32_t)value;
}

void kernel_writes(uint32_t linear, uint32_t value)
{
    assert_true(hw_kernel_store(linear, 4, value));
}

void kernel_read_faults(uint32_t linear, uint32_t error)
{
    struct guest_fault fault;
    uint64_t value;

    assert_false(hw_kernel_load(linear, 4, &value));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.address, linear);
    assert_int_equal(fault.error, error);
}

static bool scattered[PMM_FRAMES];

void scatter_frames(void)
{
    for (uint32_t frame = 0; frame < PMM_FRAMES; frame += 2) {
        scattered[frame] = !frame_is_taken(frame);
        if (scattered[frame])
            frames_claim(frame << PAGE_SHIFT, PAGE_SIZE);
    }
}

void gather_frames(void)
{
    for (uint32_t frame = 0; frame < PMM_FRAMES; frame++)
        if (scattered[frame])
            assert_int_equal(frame_give(frame), JSLK_OK);
}
