/* heap_operations.c - malloc() and its like, and what stands in the blocks. */
#include "vimix_fuzz.h"

static void fill_block(const struct block *block)
{
    const uint64_t places[] = {block->address, block->address + block->size - 1};

    for (unsigned k = 0; k < 2; k++) {
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_WRITE,
                                        .width = 1,
                                        .words = KMS_TRACE_USER,
                                        .address = operations_at(places[k]),
                                        .number = block->fill});
        drive_expect_ok();
    }
}

static void look_at_byte(uint64_t address, uint8_t expected)
{
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_READ, .width = 1, .words = KMS_TRACE_USER, .address = operations_at(address)});
    drive_expect_value(expected);
}

void look_at_blocks(unsigned i)
{
    for (unsigned k = 0; k < BLOCKS; k++) {
        const struct block *const block = &fuzz.processes[i].blocks[k];

        if (!block->address)
            continue;
        look_at_byte(block->address, block->fill);
        look_at_byte(block->address + block->size - 1, block->fill);
    }
}

/* What the library asked the kernel for: nothing, a step, or what one block needs, on the next unit. */
static void library_grew(unsigned i, uint32_t size)
{
    struct shadow_process *const process = &fuzz.processes[i];
    const uint64_t now = move_break(i, 0);
    const uint64_t units = (size + UNIT - 1) / UNIT + 1;
    const uint64_t gap = (UNIT - process->heap_end % UNIT) % UNIT;

    if (now == process->heap_end)
        return;
    if (now != process->heap_end + gap + (units < 4096 ? 4096 : units) * UNIT)
        operations_fail("malloc(%u) moved the break from 0x%llx to 0x%llx", size,
                        (unsigned long long)process->heap_end, (unsigned long long)now);
    process->heap_end = now;
    process->own = 0;
}

static void take_block(unsigned i, struct block *block, uint64_t address)
{
    block->address = 0;
    library_grew(i, block->size);
    if (!shadow_is_room(&fuzz.processes[i], address, block->size))
        operations_fail("malloc(%u) gave 0x%llx, where no room is", block->size, (unsigned long long)address);
    block->address = address;
}

void allocate_block(unsigned i, const struct operation *operation)
{
    static const uint32_t sizes[] = {1, 16, 17, 100, 255, 1000, 4096, 20000};
    static const uint64_t impossible[] = {0, UINT64_MAX, UINT64_MAX - 15, UINT64_C(1) << 38, 16u << 20};
    struct block *const block = &fuzz.processes[i].blocks[operation->detail % BLOCKS];
    const bool wrong = operation->amount >= 0xe8;
    const struct replay_event *event;

    if (block->address || fuzz.handles + 2 >= DRIVE_HANDLES)
        return;
    *block =
        (struct block){0, sizes[operation->amount % 8], fuzz.handles++, (uint8_t)(operation->amount ^ 0x5a)};
    event =
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_ALLOC,
                                        .process = fuzz.names[i],
                                        .handle = block->handle,
                                        .number = wrong ? impossible[operation->amount % 5] : block->size});
    was_switched(i);
    if (wrong || event->status) { /* 512 pages are not for ever */
        if (!wrong && drive_used_units() + 8 < 768 && block->size < 20000)
            operations_fail("malloc(%u) found no memory", block->size);
        drive_expect_null();
        look_at_break(i, "a malloc() that failed");
        return;
    }
    take_block(i, block, event->value);
    switch_to(i);
    fill_block(block);
}

void free_block(unsigned i, const struct operation *operation)
{
    struct block *const block = &fuzz.processes[i].blocks[operation->detail % BLOCKS];
    const uint64_t beside = operation->amount >= 0xf0 ? operation->amount & 0xf : 0;

    if (!block->address)
        return;
    for (unsigned k = 0; k < 1 + (operation->amount & 1u); k++) { /* twice, now and then */
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_FREE,
                                        .process = fuzz.names[i],
                                        .address = operations_at(block->address + beside)});
        was_switched(i);
        if (k == 0 && beside == 0)
            drive_expect_ok();
        else
            drive_expect_status("EINVAL");
    }
    if (beside == 0)
        block->address = 0;
}

void resize_block(unsigned i, const struct operation *operation)
{
    struct block *const block = &fuzz.processes[i].blocks[operation->detail % BLOCKS];
    const uint32_t size = 1 + operation->amount * 37u;
    const uint32_t old_size = block->size;
    const struct replay_event *event;

    if (!block->address)
        return;
    event = drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_REALLOC,
                                            .process = fuzz.names[i],
                                            .handle = block->handle,
                                            .address = operations_at(block->address),
                                            .number = size});
    was_switched(i);
    if (event->status) {
        drive_expect_null();
        return;
    }
    block->size = size;
    take_block(i, block, event->value);
    switch_to(i);
    look_at_byte(block->address, block->fill);
    if (size >= old_size)
        look_at_byte(block->address + old_size - 1, block->fill);
    fill_block(block);
}
