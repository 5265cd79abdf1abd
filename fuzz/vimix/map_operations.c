/* map_operations.c - pages that tools map and unmap in a process's address space or the kernel's, and who reaches them. */
#include "vimix_fuzz.h"

#define UNITS 1024u /* of the kernel's heap: 8 MiB of RAM without the kernel's own half */

/* Sv39 has nothing else in this GiB, so that it takes two tables; Sv32 one. */
#define TABLES (KERNEL_XLEN == 64 ? 2u : 1u)

struct shadow_space *current_space(void)
{
    const int process = fuzz.running[fuzz.hart];

    return &fuzz.spaces[process >= 0 ? (unsigned)process : KERNEL_SPACE];
}

uint64_t space_tables(const struct shadow_space *space)
{
    for (unsigned i = 0; i < PLACES; i++) {
        if (space->places[i].mapped)
            return TABLES;
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

static void map(struct shadow_space *space, const struct range *range, bool failing)
{
    const bool refused = is_in_the_way(space, range);
    const struct replay_event *const event = drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_MAP,
        .address = operations_at(PLACE_AT(range->first)),
        .target = operations_at(FRAME_AT(range->frame)),
        .number = range->count,
        .words = (range->user ? KMS_TRACE_USER : 0) | (range->write ? KMS_TRACE_WRITABLE : 0)});

    if (event->status && !refused && (failing || drive_used_units() + TABLES > UNITS))
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

/* ---- looking ---- */

/* Through the TLB of each hart that is in this space; only the kernel's survives faults. */
static void look_at_places(const struct shadow_space *space)
{
    const unsigned before = fuzz.hart;

    for (unsigned h = 0; h < HARTS; h++) {
        use_hart(h);
        for (unsigned i = 0; i < PLACES && current_space() == space; i++) {
            const struct place *const place = &space->places[i];
            const bool good = place->mapped && place->user;

            if (good || space == &fuzz.spaces[KERNEL_SPACE])
                run_attempt(&(struct attempt){.address = PLACE_AT(i), .good = good, .place = place});
        }
    }
    use_hart(before);
}

/* Frames that follow each other; a range that would reach beyond the last of them ends there. */
static struct range choose_range(const struct operation *operation)
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
    return range;
}

static void map_failing(struct shadow_space *space, const struct range *range, unsigned n)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = n});
    map(space, range, true);
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = 0});
}

void map_somewhere(const struct operation *operation)
{
    struct shadow_space *const space = current_space();
    const struct range range = choose_range(operation);

    if (operation->amount & 1)
        unmap(space, &range);
    else if (operation->amount & 2)
        map_failing(space, &range, 1 + (operation->amount >> 2) % 3);
    else
        map(space, &range, false);
    look_at_places(space);
}
