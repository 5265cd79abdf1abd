#include "trace/record/convert.h"

#include "trace/record/blocks.h"

#include <kmemsim/trace.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A realloc that has begun: its block is in no table until it is known where it went. */
struct moving {
    uint32_t token;
    struct block block;
};

struct conversion {
    const struct raw_file *file;
    convert_sink sink;
    void *context;
    struct convert_counts *counts;
    struct blocks blocks;
    struct moving *moving;
    size_t moving_count, moving_capacity;
    uint32_t first_pid;
    bool failed;
};

/* ---- lines ---- */

static void put_op(struct conversion *conversion, const struct kms_trace_op *op)
{
    char line[KMS_TRACE_LINE_MAX + 1];
    size_t length = kms_trace_write(op, NULL, line, sizeof line);
    if (!conversion->sink(conversion->context, line, length))
        conversion->failed = true;
    conversion->counts->operations += op->kind != KMS_TRACE_NOTE;
}

static void put_alloc(struct conversion *conversion, uint32_t handle, uint64_t size, unsigned words)
{
    put_op(conversion,
           &(struct kms_trace_op){
               .kind = KMS_TRACE_ALLOC, .handle = handle, .number = size ? size : 1, .words = words});
    conversion->counts->allocations++;
}

static void put_free(struct conversion *conversion, uint32_t handle)
{
    put_op(conversion, &(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address.handle = handle});
}

__attribute__((format(printf, 2, 3))) static void put_note(struct conversion *conversion, const char *format,
                                                           ...)
{
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put_op(conversion,
           &(struct kms_trace_op){.kind = KMS_TRACE_NOTE, .text = text, .text_length = (size_t)length});
}

/* ---- blocks ---- */

static void hold(struct conversion *conversion, const struct block *block)
{
    if (!blocks_add(&conversion->blocks, block))
        conversion->failed = true;
    if (conversion->blocks.count > conversion->counts->most_held)
        conversion->counts->most_held = conversion->blocks.count;
}

static void let_go(struct conversion *conversion, uint32_t handle)
{
    put_free(conversion, handle);
    if (!blocks_give_handle(&conversion->blocks, handle))
        conversion->failed = true;
}

static void release(struct conversion *conversion, struct block *block)
{
    uint32_t handle = block->handle;
    blocks_remove(&conversion->blocks, block);
    let_go(conversion, handle);
}

/* A block where one is already: its free went unrecorded, by a clone that shares memory for instance. */
static void replace(struct conversion *conversion, uint32_t pid, uint64_t address)
{
    struct block *block = blocks_find(&conversion->blocks, pid, address);
    if (block)
        release(conversion, block);
}

static void take_allocation(struct conversion *conversion, const struct raw_event *event, uint64_t left)
{
    uint32_t handle = blocks_take_handle(&conversion->blocks);
    unsigned words = (event->flags & RAW_ZEROED ? KMS_TRACE_ZEROED : 0) |
                     (event->flags & RAW_ALIGNED ? KMS_TRACE_ALIGNED : 0);
    if (handle > KMS_TRACE_NUMBER_MAX) {
        conversion->failed = true;
        return;
    }
    replace(conversion, event->pid, event->address);
    put_alloc(conversion, handle, event->size, words);
    hold(conversion, &(struct block){event->address, left, event->pid, handle});
}

static void take_free(struct conversion *conversion, const struct raw_event *event)
{
    struct block *block = blocks_find(&conversion->blocks, event->pid, event->address);
    if (block)
        release(conversion, block);
    else
        conversion->counts->strangers++;
}

/* ---- realloc ---- */

static void begin_move(struct conversion *conversion, const struct raw_event *event, uint32_t token)
{
    struct block *block = blocks_find(&conversion->blocks, event->pid, event->address);
    if (!block)
        return;
    if (conversion->moving_count == conversion->moving_capacity) {
        size_t capacity = conversion->moving_capacity ? conversion->moving_capacity * 2 : 16;
        struct moving *moving = realloc(conversion->moving, capacity * sizeof *moving);
        if (!moving) {
            conversion->failed = true;
            return;
        }
        conversion->moving = moving;
        conversion->moving_capacity = capacity;
    }
    conversion->moving[conversion->moving_count++] = (struct moving){token, *block};
    blocks_remove(&conversion->blocks, block);
}

/* The block whose move this ends; false if it was a stranger's. */
static bool take_moving(struct conversion *conversion, uint32_t token, struct block *block)
{
    for (size_t i = 0; i < conversion->moving_count; i++) {
        if (conversion->moving[i].token != token)
            continue;
        *block = conversion->moving[i].block;
        conversion->moving[i] = conversion->moving[--conversion->moving_count];
        return true;
    }
    return false;
}

/* The new block is made before the old one is freed, as a realloc that moves does it. */
static void end_move(struct conversion *conversion, const struct raw_event *event)
{
    struct block old = {0};
    bool known = take_moving(conversion, event->token, &old);
    if (event->kind == RAW_STAYED) {
        if (known)
            hold(conversion, &old);
        return;
    }
    conversion->counts->strangers += !known;
    take_allocation(conversion, event, old.left ? event->size : 0);
    if (known)
        let_go(conversion, old.handle);
}

/* ---- mappings ---- */

static uint64_t page_end(uint64_t size)
{
    return (size + 4095) & ~UINT64_C(4095);
}

static void take_mapping(struct conversion *conversion, const struct raw_event *event)
{
    struct raw_event aligned = *event;
    aligned.flags = RAW_ALIGNED;
    take_allocation(conversion, &aligned, page_end(event->size));
}

/* A mapping is freed when the last of it is unmapped; what begins inside another is not told apart. */
static void take_unmapping(struct conversion *conversion, const struct raw_event *event)
{
    struct block *block = blocks_find(&conversion->blocks, event->pid, event->address);
    uint64_t gone = page_end(event->size);
    if (!block || block->left == 0)
        return;
    if (gone >= block->left) {
        release(conversion, block);
        return;
    }
    /* The front is gone: the rest is found by its own first address. */
    struct block rest = *block;
    blocks_remove(&conversion->blocks, block);
    rest.address += gone;
    rest.left -= gone;
    replace(conversion, rest.pid, rest.address);
    hold(conversion, &rest);
}

/* ---- processes ---- */

/* A process's memory goes with it. */
static void release_all(struct conversion *conversion, uint32_t pid)
{
    struct blocks *blocks = &conversion->blocks;
    for (size_t i = 0; i < blocks->capacity;) {
        struct block *block = &blocks->table[i];
        if (block->handle != BLOCKS_NONE && block->pid == pid)
            release(conversion, block); /* and another one may have moved here */
        else
            i++;
    }
}

static void take_start(struct conversion *conversion, const struct raw_event *event)
{
    release_all(conversion, event->pid);
    put_note(conversion, "process %u starts a program", event->pid);
    conversion->counts->processes += conversion->first_pid == 0;
    if (conversion->first_pid == 0)
        conversion->first_pid = event->pid;
}

static void take_fork(struct conversion *conversion, const struct raw_event *event)
{
    release_all(conversion, event->pid);
    put_note(conversion, "process %u forks process %u", (unsigned)event->address, event->pid);
    conversion->counts->processes++;
}

/* What the first process holds at its end stays, to be seen: nothing comes after it. */
static void take_exit(struct conversion *conversion, const struct raw_event *event)
{
    put_note(conversion, "process %u ends", event->pid);
    if (event->pid != conversion->first_pid)
        release_all(conversion, event->pid);
}

static void take_event(struct conversion *conversion, const struct raw_event *event, uint32_t place)
{
    switch (event->kind) {
    case RAW_START: take_start(conversion, event); break;
    case RAW_FORK: take_fork(conversion, event); break;
    case RAW_EXIT: take_exit(conversion, event); break;
    case RAW_ALLOC: take_allocation(conversion, event, 0); break;
    case RAW_FREE: take_free(conversion, event); break;
    case RAW_MOVE: begin_move(conversion, event, place); break;
    case RAW_MOVED:
    case RAW_STAYED: end_move(conversion, event); break;
    case RAW_MAP: take_mapping(conversion, event); break;
    case RAW_UNMAP: take_unmapping(conversion, event); break;
    default: break; /* a writer that died before it had written */
    }
}

bool convert_recording(const struct raw_file *file, convert_sink sink, void *context,
                       struct convert_counts *counts)
{
    struct conversion conversion = {.file = file, .sink = sink, .context = context, .counts = counts};
    uint64_t used = file->next < file->capacity ? file->next : file->capacity;
    *counts = (struct convert_counts){.lost = file->next - used};
    for (uint64_t i = 0; i < used && !conversion.failed; i++)
        take_event(&conversion, &file->events[i], (uint32_t)i);
    blocks_free(&conversion.blocks);
    free(conversion.moving);
    return !conversion.failed;
}
