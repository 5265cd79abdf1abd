/*
 * Fuzz targets vimix and vimix32: VIMIX's processes on two harts, with their breaks, stacks and C library's heaps, and pages
 * lent to tools. After each operation that matters the model says what must have come of it; pages taken are counted by
 * the model too, at the end of every input together with the kernel's checker. `vimix` is the Sv39 kernel in direct mode,
 * `vimix32` the Sv32 kernel in the window, with live paging.
 *
 * Three bytes make an operation: what it is and which process, how much or where, and details.
 */
#include <stddef.h>

#include "vimix_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATION_BYTES 3u
#define OPERATIONS_MAX  32u
#define LENT            4u
/* The checker reads every free page, which costs the window a fault each. */
#define CHECK_ONE_IN    (KERNEL_XLEN == 64 ? 1 : 8)

struct fuzz fuzz;
static uint32_t lent[LENT]; /* handles of pages, plus 1 */
static uint64_t at_boot;    /* pages taken */

static uint64_t pages_taken(void)
{
    uint64_t pages = at_boot;

    for (unsigned i = 0; i < PROCESSES; i++)
        pages += shadow_pages(&fuzz.processes[i]);
    for (unsigned i = 0; i < LENT; i++)
        pages += lent[i] != 0;
    for (unsigned i = 0; i <= KERNEL_SPACE; i++)
        pages += space_tables(&fuzz.spaces[i]);
    return pages;
}

static void expect_pages(const char *after)
{
    if (drive_used_units() != pages_taken())
        operations_fail("after %s %llu pages are taken, and %llu should be", after,
                        (unsigned long long)drive_used_units(), (unsigned long long)pages_taken());
}

/* ---- harts ---- */

void use_hart(unsigned number)
{
    fuzz.hart = number;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_CPU, .number = number});
    drive_expect_ok();
}

/* ---- pages for tools ---- */

static void lend(const struct operation *operation)
{
    uint32_t *const page = &lent[operation->detail % LENT];

    if (*page == 0 && fuzz.handles + 2 < DRIVE_HANDLES) {
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_ALLOC, .handle = fuzz.handles, .number = PAGE});
        drive_expect_ok();
        *page = ++fuzz.handles;
        return;
    }
    if (*page == 0)
        return;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = {*page - 1, operation->amount & 7u}});
    if (operation->amount & 7u) {
        drive_expect_status("EINVAL");
        return;
    }
    drive_expect_ok();
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = {*page - 1, 0}});
    drive_expect_status("EINVAL");
    *page = 0;
}

/* ---- one input ---- */

static void run_for(unsigned i, const struct operation *operation)
{
    switch (operation->kind) {
    case 0:
    case 1:
    case 2: allocate_block(i, operation); break;
    case 3:
    case 4: free_block(i, operation); break;
    case 5: resize_block(i, operation); break;
    case 6:
    case 7: move_break_somewhere(i, operation); break;
    case 8: move_stack(i, operation); break;
    case 9: switch_to(i); break;
    case 11: exit_process(i); break;
    default: look_at_break(i, "nothing"); break;
    }
}

static void run_one(const uint8_t *bytes)
{
    const struct operation operation = {bytes[0] & 0xf, (uint8_t)(bytes[0] >> 4), bytes[1], bytes[2]};
    const unsigned i = operation.which % PROCESSES;

    if (operation.kind == 15)
        use_hart(operation.amount & 1);
    else if (operation.kind == 14)
        lend(&operation);
    else if (operation.kind == 13)
        access_somewhere(&operation);
    else if (operation.kind == 10)
        map_somewhere(&operation);
    else if (operation.kind == 12)
        fail_allocation(i, &operation);
    else if (fuzz.processes[i].alive)
        run_for(i, &operation);
    else
        create_process(i, &operation);
    expect_pages("an operation");
}

static void start(void)
{
    at_boot = drive_used_units();
    fuzz = (struct fuzz){.running = {-1, -1}};
    for (unsigned i = 0; i < PROCESSES; i++)
        fuzz.processes[i].id = -1;
    for (unsigned i = 0; i < LENT; i++)
        lent[i] = 0;
}

static void nothing(void)
{
}

static void run(const uint8_t *data, size_t size)
{
    const size_t count = size / OPERATION_BYTES < OPERATIONS_MAX ? size / OPERATION_BYTES : OPERATIONS_MAX;

    start();
    for (size_t k = 0; k < count; k++)
        run_one(&data[k * OPERATION_BYTES]);
    if (drive_is_chosen(CHECK_ONE_IN))
        drive_check();
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (!fuzz.processes[i].alive)
            continue;
        switch_to(i);
        look_at_blocks(i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct drive drive = {.target = KERNEL_XLEN == 64 ? "vimix" : "vimix32",
                                       .kernel = KERNEL_XLEN == 64 ? "vimix_small" : "vimix32_small",
                                       .direct = KERNEL_XLEN == 64,
                                       .prepare = fill_frames,
                                       .warm = nothing,
                                       .run = run};

    drive_input(&drive, data, size);
    return 0;
}
