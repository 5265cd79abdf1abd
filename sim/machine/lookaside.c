/* lookaside.c - see lookaside.h. */
#include "lookaside.h"

void lookaside_init(struct lookaside *lookaside, struct kms_fast *fast)
{
    lookaside->fast = fast;
    lookaside->read.slots = fast->read;
    lookaside->write.slots = fast->write;
}

static unsigned slot_number(kms_linear linear)
{
    return (unsigned)(linear >> KMS_PAGE_SHIFT) & (KMS_FAST_SLOTS - 1u);
}

void lookaside_fill(struct lookaside_table *table, kms_linear page, const uint8_t *host_page)
{
    const unsigned number = slot_number(page);
    struct kms_fast_slot *slot = &table->slots[number];
    if (slot->page == KMS_FAST_EMPTY) {
        if (table->used < LOOKASIDE_NOTED)
            table->noted[table->used] = (uint16_t)number;
        if (table->used <= LOOKASIDE_NOTED)
            table->used++;
    }
    slot->page = kms_fast_page(page);
    slot->addend = (uint64_t)(uintptr_t)host_page - (page & ~(kms_linear)KMS_FAST_OFFSET);
}

static void drop_from(struct lookaside_table *table, kms_linear linear)
{
    struct kms_fast_slot *slot = &table->slots[slot_number(linear)];
    /* The slot stays noted; a second note of it would only cost room. */
    if (table->used && slot->page == kms_fast_page(linear))
        slot->page = KMS_FAST_DROPPED;
}

void lookaside_drop_page(struct lookaside *lookaside, kms_linear linear)
{
    drop_from(&lookaside->read, linear);
    drop_from(&lookaside->write, linear);
    lookaside->fast->drops++;
}

static void flush_table(struct lookaside_table *table)
{
    if (table->used > LOOKASIDE_NOTED) {
        memset(table->slots, 0, KMS_FAST_SLOTS * sizeof table->slots[0]);
    } else {
        for (unsigned i = 0; i < table->used; i++)
            table->slots[table->noted[i]].page = KMS_FAST_EMPTY;
    }
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
    lookaside->fast->drops++;
}
