/* lookaside.c - see lookaside.h. */
#include "lookaside.h"

#include "ram_map.h"

/* What an unused slot names: fresh memory's 0 but where page 0 would come. */
static kms_linear empty_page(size_t slot)
{
    return slot == 0 ? KMS_PAGE_SIZE : 0;
}

/* Another page that never comes to this slot. */
static kms_linear dropped_page(size_t slot)
{
    return (kms_linear)(KMS_FAST_SLOTS + (slot ^ 1u)) << KMS_PAGE_SHIFT;
}

void lookaside_init(struct lookaside *lookaside, struct kms_fast *fast)
{
    lookaside->drops = &fast->drops;
    lookaside->read.fast = &fast->read;
    lookaside->write.fast = &fast->write;
    fast->read.page[0] = fast->write.page[0] = empty_page(0);
}

void lookaside_fill(struct lookaside_table *table, kms_linear linear, const uint8_t *host_page)
{
    const size_t slot = kms_fast_slot(linear);
    const kms_linear page = linear & ~(kms_linear)PAGE_OFFSET;
    if (table->fast->page[slot] == empty_page(slot)) {
        if (table->used < LOOKASIDE_NOTED)
            table->noted[table->used] = (uint16_t)slot;
        if (table->used <= LOOKASIDE_NOTED)
            table->used++;
    }
    table->taken[slot / 64] |= UINT64_C(1) << slot % 64;
    table->fast->page[slot] = page;
    table->fast->addend[slot] = (uint64_t)(uintptr_t)host_page - page;
}

/* Whether there was something to drop. */
static bool drop_from(struct lookaside_table *table, kms_linear linear)
{
    const size_t slot = kms_fast_slot(linear);
    const uint64_t bit = UINT64_C(1) << slot % 64;
    if (!(table->taken[slot / 64] & bit) || !kms_fast_hit(table->fast, linear, 1))
        return false;
    /* The slot stays noted; a second note of it would only cost room. */
    table->taken[slot / 64] &= ~bit;
    table->fast->page[slot] = dropped_page(slot);
    return true;
}

void lookaside_drop_page(struct lookaside *lookaside, kms_linear linear)
{
    drop_from(&lookaside->write, linear);
    if (drop_from(&lookaside->read, linear))
        ++*lookaside->drops; /* cursors read */
}

static void flush_table(struct lookaside_table *table)
{
    if (table->used == 0)
        return;
    if (table->used > LOOKASIDE_NOTED) {
        memset(table->fast->page, 0, sizeof table->fast->page);
        table->fast->page[0] = empty_page(0);
    } else {
        for (unsigned i = 0; i < table->used; i++)
            table->fast->page[table->noted[i]] = empty_page(table->noted[i]);
    }
    memset(table->taken, 0, sizeof table->taken);
    table->used = 0;
}

void lookaside_flush_writes(struct lookaside *lookaside)
{
    flush_table(&lookaside->write);
}

void lookaside_flush(struct lookaside *lookaside)
{
    flush_table(&lookaside->read);
    flush_table(&lookaside->write);
    ++*lookaside->drops;
}
