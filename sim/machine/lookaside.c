/* lookaside.c - see lookaside.h. */
#include "lookaside.h"

#include <stdlib.h>

bool lookaside_init(struct lookaside *lookaside)
{
    bool have_all = true;
    for (unsigned user = 0; user < 2; user++) {
        for (unsigned kind = 0; kind < LOOKASIDE_KINDS; kind++) {
            struct lookaside_table *table = &lookaside->table[user][kind];
            table->slots = calloc(KMS_FAST_SLOTS, sizeof table->slots[0]);
            have_all = have_all && table->slots;
        }
    }
    return have_all;
}

void lookaside_done(struct lookaside *lookaside)
{
    for (unsigned user = 0; user < 2; user++)
        for (unsigned kind = 0; kind < LOOKASIDE_KINDS; kind++)
            free(lookaside->table[user][kind].slots);
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
    for (unsigned user = 0; user < 2; user++)
        for (unsigned kind = 0; kind < LOOKASIDE_KINDS; kind++)
            drop_from(&lookaside->table[user][kind], linear);
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
    flush_table(&lookaside->table[0][LOOKASIDE_WRITE]);
    flush_table(&lookaside->table[1][LOOKASIDE_WRITE]);
}

void lookaside_flush(struct lookaside *lookaside)
{
    flush_table(&lookaside->table[0][LOOKASIDE_READ]);
    flush_table(&lookaside->table[1][LOOKASIDE_READ]);
    lookaside_flush_writes(lookaside);
}
