#include "slots.h"

void slots_init(struct slots *slots, struct slot *table, uint32_t count)
{
    *slots =
        (struct slots){.table = table, .count = count, .limit = count, .first_free = count ? 0 : SLOTS_NONE};
    for (uint32_t i = 0; i < count; i++)
        table[i] = (struct slot){.frame = i + 1 < count ? i + 1 : SLOTS_NONE};
}

uint32_t slots_take(struct slots *slots, uint32_t frame)
{
    const uint32_t slot = slots->first_free;

    if (slot == SLOTS_NONE || slots->used >= slots->limit)
        return SLOTS_NONE;
    slots->first_free = slots->table[slot].frame;
    slots->table[slot] = (struct slot){.frame = frame, .holders = 1};
    slots->used++;
    return slot;
}

void slots_release(struct slots *slots, uint32_t slot)
{
    if (--slots->table[slot].holders > 0)
        return;
    slots->table[slot].frame = slots->first_free;
    slots->first_free = slot;
    slots->used--;
}

void slots_forget_frame(struct slots *slots, uint32_t slot)
{
    slots->table[slot].frame = SLOTS_NONE;
    slots_release(slots, slot);
}
