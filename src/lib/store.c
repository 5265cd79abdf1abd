#include "store.h"

#include <kernel/hw.h>

#define HALF (HW_STORE_PAGE / 2)

/* One page under way. */
struct moving {
    struct hw_transfer transfer;
    enum store_failure failure;
    uint32_t busy; /* answers so far that nothing moved */
};

void store_init(struct store *store)
{
    *store = (struct store){.ordered = STORE_GOOD};
}

void store_fail(struct store *store, enum store_failure failure, uint32_t n)
{
    store->ordered = n ? failure : STORE_GOOD;
    store->calls_until = failure == STORE_GOOD ? 0 : n;
}

/* What is ordered for the transfer that begins now. */
static enum store_failure next_failure(struct store *store)
{
    if (store->calls_until == 0 || store->calls_until-- > 1)
        return STORE_GOOD;
    if (store->ordered == STORE_BROKEN)
        store->calls_until = 1;
    return store->ordered;
}

static int32_t move_half(const struct hw_transfer *transfer)
{
    struct hw_transfer half = *transfer;

    half.bytes = half.bytes > HALF ? HALF : half.bytes;
    return hw_store_transfer(&half);
}

/* The store, as it was ordered to behave. */
static int32_t ask(const struct moving *moving)
{
    const bool begins = moving->transfer.offset == 0;

    switch (moving->failure) {
    case STORE_SHORT: return move_half(&moving->transfer);
    case STORE_SLOW: return moving->busy < STORE_PATIENCE / 2 ? 0 : hw_store_transfer(&moving->transfer);
    case STORE_STUCK: return 0;
    case STORE_FAILED:
    case STORE_BROKEN: return begins ? move_half(&moving->transfer) : -1;
    default: return hw_store_transfer(&moving->transfer);
    }
}

/* One call. False: the transfer is over, one way or the other. */
static bool step(struct moving *moving, bool *failed)
{
    const int32_t moved = ask(moving);

    moving->busy = moved == 0 ? moving->busy + 1 : 0;
    *failed = moved < 0 || (uint32_t)moved > moving->transfer.bytes || moving->busy > STORE_PATIENCE;
    if (*failed)
        return false;
    moving->transfer.offset += (uint32_t)moved;
    moving->transfer.bytes -= (uint32_t)moved;
    moving->transfer.memory = (uint8_t *)moving->transfer.memory + moved;
    return moving->transfer.bytes > 0;
}

static bool move(struct store *store, const struct hw_transfer *transfer)
{
    struct moving moving = {.transfer = *transfer, .failure = next_failure(store)};
    bool failed;

    while (step(&moving, &failed))
        store->asked_again++;
    store->failed += failed;
    return !failed;
}

bool store_read(struct store *store, uint32_t page, void *memory)
{
    store->reads++;
    return move(store, &(struct hw_transfer){page, 0, HW_STORE_PAGE, memory, false});
}

bool store_write(struct store *store, uint32_t page, void *memory)
{
    store->writes++;
    return move(store, &(struct hw_transfer){page, 0, HW_STORE_PAGE, memory, true});
}
