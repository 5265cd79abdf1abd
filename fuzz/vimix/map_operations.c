/* map_operations.c - pages that tools map and unmap in a process's address space or the kernel's, and who reaches them. */
#include "vimix_fuzz.h"

#define UNITS       1024u /* of the kernel's heap: 8 MiB of RAM without the kernel's own half */
#define MOST_TABLES 2u

struct shadow_space *current_space(void)
{
    const int process = fuzz.running[fuzz.hart];

    return &fuzz.spaces[process >= 0 ? (unsigned)process : KERNEL_SPACE];
}

uint64_t space_tables(const struct shadow_space *space)
{
    for (unsigned i = 0; i < PLACES; i++) {
        if (space->places[i].mapped)
            return 1;
    }
    return 0;
}

/* Frames outside of kalloc()'s memory, each with a byte of its own. */
void fill_frames(void)
{
    for (unsigned i = 0; i < FRAMES; i++) {
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_WRITE,
                                        .width = 1,
                                        .address = operations_at(FRAME_AT(i)),
                                        .number = FRAME_BYTE(i)});
        drive_expect_ok();
    }
}

/* ---- mapping ---- */

struct range {
    unsigned first, count, frame;
    bool user, write;
};

static struct place wanted(const struct range *range, unsigned k)
{
    return (struct place){true, range->user, range->write, (range->frame + k) % FRAMES};
}

static bool is_same(const struct place *a, const struct place *b)
{
    return a->mapped == b->mapped && a->user == b->user && a->write == b->write && a->frame == b->frame;
}

static bool is_in_the_way(const struct shadow_space *space, const struct range *range)
{
    for (unsigned k = 0; k < range->count; k++) {
        const struct place want = wanted(range, k);
        const struct place *const is = &space->places[range->first + k];

        if (is->mapped && !is_same(is, &want))
            return true;
    }
    return false;
}

static void map(struct shadow_space *space, const struct range *range)
{
    const bool refused = is_in_the_way(space, range);
    const struct replay_event *const event = drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_MAP,
        .address = operations_at(PLACE_AT(range->first)),
        .target = operations_at(FRAME_AT(range->frame)),
        .number = range->count,
        .words = (range->user ? KMS_TRACE_USER : 0) | (range->write ? KMS_TRACE_WRITABLE : 0)});

    if (event->status && !refused && drive_used_units() + MOST_TABLES >= UNITS)
        return;
    if (refused) {
        drive_expect_status("EEXIST");
        return;
    }
    drive_expect_ok();
    for (unsigned k = 0; k < range->count; k++)
        space->places[range->first + k] = wanted(range, k);
}

static void unmap(struct shadow_space *space, const struct range *range)
{
    bool hole = false;

    for (unsigned k = 0; k < range->count; k++)
        hole |= !space->places[range->first + k].mapped;
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_UNMAP, .address = operations_at(PLACE_AT(range->first)), .number = range->count});
    if (hole) {
        drive_expect_status("EFAULT");
        return;
    }
    drive_expect_ok();
    for (unsigned k = 0; k < range->count; k++)
        space->places[range->first + k].mapped = false;
}

/* Frames that follow each other; a range that would reach beyond the last of them ends there. */
void map_somewhere(const struct operation *operation)
{
    struct range range = {.first = operation->detail % PLACES,
                          .count = 1 + (operation->detail >> 2) % PLACES,
                          .frame = (operation->detail >> 4) % FRAMES,
                          .user = !(operation->amount & 0x10),
                          .write = operation->amount & 0x20};

    if (range.count > PLACES - range.first)
        range.count = PLACES - range.first;
    if (range.count > FRAMES - range.frame)
        range.count = FRAMES - range.frame;
    if (operation->amount & 1)
        unmap(current_space(), &range);
    else
        map(current_space(), &range);
}
