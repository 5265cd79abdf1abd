/* tlb.c - set-associative, first in first out, flushed by the clock. */
#include "tlb.h"

#include <stdlib.h>

#define SETS_MAX 65536u
#define WAYS_MAX 64u

static const struct kms_tlb_geometry default_geometry[KMS_TLB_CLASSES] = {
    {4096, 4}, {256, 4}, {16, 4}, {256, 4}, {4, 4}};

static bool is_default(const struct kms_tlb_options *options)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++)
        if (options->geometry[class].sets || options->geometry[class].ways)
            return false;
    return true;
}

bool tlb_geometry_is_valid(const struct kms_tlb_options *options)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++) {
        const struct kms_tlb_geometry *geometry = &options->geometry[class];
        if (geometry->sets > SETS_MAX || (geometry->sets & (geometry->sets - 1)) ||
            geometry->ways > WAYS_MAX || (geometry->sets && !geometry->ways))
            return false;
    }
    return true;
}

bool tlb_init(struct tlb *tlb, const struct kms_tlb_options *options, uint32_t asids)
{
    const struct kms_tlb_geometry *geometry = is_default(options) ? default_geometry : options->geometry;
    tlb->now = 1;
    tlb->large_shift = 21;
    tlb->flushed_asid = calloc(asids, sizeof tlb->flushed_asid[0]);
    if (!tlb->flushed_asid)
        return false;
    for (unsigned class = 0; class < KMS_TLB_CLASSES && !options->off; class ++) {
        struct tlb_array *array = &tlb->array[class];
        if (!geometry[class].sets)
            continue;
        array->slots = calloc((size_t)geometry[class].sets * geometry[class].ways, sizeof array->slots[0]);
        if (!array->slots)
            return false;
        array->set_mask = geometry[class].sets - 1;
        array->ways = geometry[class].ways;
    }
    return true;
}

void tlb_done(struct tlb *tlb)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++)
        free(tlb->array[class].slots);
    free(tlb->flushed_asid);
}

static enum kms_tlb_class class_of(unsigned page_shift)
{
    if (page_shift < 21)
        return page_shift == KMS_PAGE_SHIFT ? KMS_TLB_SMALL : KMS_TLB_NAPOT;
    if (page_shift < 30)
        return KMS_TLB_LARGE;
    return page_shift == 30 ? KMS_TLB_HUGE : KMS_TLB_GIANT;
}

static struct tlb_slot *set_of(const struct tlb *tlb, enum kms_tlb_class class, kms_linear linear)
{
    const unsigned shift[KMS_TLB_CLASSES] = {12, tlb->large_shift, 30, 16, 48}; /* 48: of the largest giant */
    const struct tlb_array *array = &tlb->array[class];
    return array->slots + ((linear >> shift[class]) & array->set_mask) * array->ways;
}

static bool is_valid(const struct tlb *tlb, const struct tlb_slot *slot)
{
    if (slot->entry.global)
        return slot->filled > tlb->flushed_global;
    return slot->filled > tlb->flushed_nonglobal && slot->filled > tlb->flushed_asid[slot->entry.asid];
}

static bool holds(const struct kms_tlb_entry *entry, kms_linear linear)
{
    return (linear - entry->linear) >> entry->page_shift == 0;
}

const struct kms_tlb_entry *tlb_find(const struct tlb *tlb, kms_linear linear, uint16_t asid)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++) {
        if (!tlb->array[class].used)
            continue;
        const struct tlb_slot *set = set_of(tlb, class, linear);
        for (unsigned way = 0; way < tlb->array[class].ways; way++)
            if (holds(&set[way].entry, linear) && (set[way].entry.global || set[way].entry.asid == asid) &&
                is_valid(tlb, &set[way]))
                return &set[way].entry;
    }
    return NULL;
}

/* The slot of the same page if it is held already, else a free one, else the oldest. */
static struct tlb_slot *slot_for(const struct tlb *tlb, struct tlb_slot *set, unsigned ways,
                                 const struct kms_tlb_entry *entry)
{
    struct tlb_slot *best = &set[0];
    uint64_t best_age = UINT64_MAX;
    for (unsigned way = 0; way < ways; way++) {
        struct tlb_slot *slot = &set[way];
        const bool valid = is_valid(tlb, slot);
        if (valid && slot->entry.linear == entry->linear && slot->entry.page_shift == entry->page_shift &&
            (slot->entry.global || slot->entry.asid == entry->asid))
            return slot;
        const uint64_t age = valid ? slot->filled : 0;
        if (age < best_age) {
            best_age = age;
            best = slot;
        }
    }
    return best;
}

bool tlb_fill(struct tlb *tlb, const struct kms_tlb_entry *entry, struct kms_tlb_entry *victim)
{
    const enum kms_tlb_class class = class_of(entry->page_shift);
    struct tlb_array *array = &tlb->array[class];
    if (!array->slots)
        return false;
    struct tlb_slot *slot = slot_for(tlb, set_of(tlb, class, entry->linear), array->ways, entry);
    const bool evicts = is_valid(tlb, slot) && slot->entry.linear != entry->linear;
    if (evicts)
        *victim = slot->entry;
    slot->entry = *entry;
    slot->filled = ++tlb->now;
    array->used = 1;
    return evicts;
}

void tlb_drop(struct tlb *tlb, kms_linear linear, uint16_t asid, bool global)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++) {
        if (!tlb->array[class].used)
            continue;
        struct tlb_slot *set = set_of(tlb, class, linear);
        for (unsigned way = 0; way < tlb->array[class].ways; way++)
            if (holds(&set[way].entry, linear) &&
                (set[way].entry.global ? global : set[way].entry.asid == asid))
                set[way].filled = 0;
    }
}

void tlb_drop_everywhere(struct tlb *tlb, kms_linear linear)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++) {
        if (!tlb->array[class].used)
            continue;
        struct tlb_slot *set = set_of(tlb, class, linear);
        for (unsigned way = 0; way < tlb->array[class].ways; way++)
            if (holds(&set[way].entry, linear))
                set[way].filled = 0;
    }
}

void tlb_flush_asid(struct tlb *tlb, uint16_t asid)
{
    tlb->flushed_asid[asid] = tlb->now;
}

void tlb_flush_nonglobal(struct tlb *tlb)
{
    tlb->flushed_nonglobal = tlb->now;
}

void tlb_flush_globals(struct tlb *tlb)
{
    tlb->flushed_global = tlb->now;
}

void tlb_flush_all(struct tlb *tlb)
{
    tlb->flushed_nonglobal = tlb->flushed_global = tlb->now;
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++)
        tlb->array[class].used = 0;
}

bool tlb_has_large(const struct tlb *tlb)
{
    for (unsigned class = KMS_TLB_LARGE; class < KMS_TLB_CLASSES; class ++)
        if (tlb->array[class].used)
            return true;
    return false;
}

void tlb_put_back(struct tlb *tlb, const struct tlb_slot *slot)
{
    const enum kms_tlb_class class = class_of(slot->entry.page_shift);
    struct tlb_slot *to =
        slot_for(tlb, set_of(tlb, class, slot->entry.linear), tlb->array[class].ways, &slot->entry);
    *to = *slot;
    to->filled += tlb->now;
    tlb->array[class].used = 1;
}

void tlb_each(const struct tlb *tlb, void (*visit)(void *context, const struct tlb_slot *slot), void *context)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++) {
        const struct tlb_array *array = &tlb->array[class];
        const size_t slots = array->used ? ((size_t)array->set_mask + 1) * array->ways : 0;
        for (size_t i = 0; i < slots; i++)
            if (is_valid(tlb, &array->slots[i]))
                visit(context, &array->slots[i]);
    }
}
