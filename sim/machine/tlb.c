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

static bool array_init(struct tlb_array *array, const struct kms_tlb_geometry *geometry)
{
    const size_t places = (size_t)geometry->sets * geometry->ways;
    array->entry = calloc(places, sizeof array->entry[0] + sizeof array->filled[0] + sizeof array->linear[0]);
    if (!array->entry)
        return false;
    array->filled = (uint64_t *)(void *)(array->entry + places);
    array->linear = array->filled + places;
    array->set_mask = geometry->sets - 1;
    array->ways = geometry->ways;
    return true;
}

bool tlb_init(struct tlb *tlb, const struct kms_tlb_options *options, uint32_t asids)
{
    const struct kms_tlb_geometry *geometry = is_default(options) ? default_geometry : options->geometry;
    static const uint8_t set_shift[KMS_TLB_CLASSES] = {12, 21, 30, 16, 48}; /* 48: of the largest giant */
    static const uint8_t most_shift[KMS_TLB_CLASSES] = {12, 22, 30, 16, 48};
    tlb->now = 1;
    tlb->flushed_asid = calloc(asids, sizeof tlb->flushed_asid[0]);
    if (!tlb->flushed_asid)
        return false;
    for (unsigned class = 0; class < KMS_TLB_CLASSES && !options->off; class ++) {
        struct tlb_array *array = &tlb->array[class];
        array->set_shift = set_shift[class];
        array->page_most = (UINT64_C(1) << most_shift[class]) - 1;
        if (geometry[class].sets && !array_init(array, &geometry[class]))
            return false;
    }
    return true;
}

void tlb_done(struct tlb *tlb)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++)
        free(tlb->array[class].entry);
    free(tlb->flushed_asid);
}

void tlb_set_large_shift(struct tlb *tlb, unsigned shift)
{
    tlb->array[KMS_TLB_LARGE].set_shift = shift;
}

static enum kms_tlb_class class_of(unsigned page_shift)
{
    if (page_shift < 21)
        return page_shift == KMS_PAGE_SHIFT ? KMS_TLB_SMALL : KMS_TLB_NAPOT;
    if (page_shift < 30)
        return KMS_TLB_LARGE;
    return page_shift == 30 ? KMS_TLB_HUGE : KMS_TLB_GIANT;
}

/* The first place of the set of an address. */
static size_t set_of(const struct tlb_array *array, kms_linear linear)
{
    return (size_t)((linear >> array->set_shift) & array->set_mask) * array->ways;
}

static bool is_valid_after_flush(const struct tlb *tlb, const struct kms_tlb_entry *entry, uint64_t filled)
{
    if (entry->global)
        return filled > tlb->flushed_global;
    return filled > tlb->flushed_nonglobal && filled > tlb->flushed_asid[entry->asid];
}

static bool is_valid(const struct tlb *tlb, const struct tlb_array *array, size_t place)
{
    return array->filled[place] > tlb->flushed ||
           is_valid_after_flush(tlb, &array->entry[place], array->filled[place]);
}

static bool holds(const struct kms_tlb_entry *entry, kms_linear linear)
{
    return (linear - entry->linear) >> entry->page_shift == 0;
}

/* Whether a place may hold an address; its entry knows. */
static bool may_hold(const struct tlb_array *array, size_t place, kms_linear linear)
{
    return __builtin_expect(linear - array->linear[place] <= array->page_most, 0);
}

static const struct kms_tlb_entry *find_in(const struct tlb *tlb, const struct tlb_array *array,
                                           kms_linear linear, uint16_t asid)
{
    const size_t first = set_of(array, linear);
    for (size_t place = first; place < first + array->ways; place++) {
        const struct kms_tlb_entry *entry = &array->entry[place];
        if (may_hold(array, place, linear) && holds(entry, linear) &&
            (entry->global || entry->asid == asid) && is_valid(tlb, array, place))
            return entry;
    }
    return NULL;
}

const struct kms_tlb_entry *tlb_find(const struct tlb *tlb, kms_linear linear, uint16_t asid)
{
    const struct kms_tlb_entry *found = NULL;
    for (unsigned class = 0; class < KMS_TLB_CLASSES && !found; class ++)
        if (tlb->array[class].used)
            found = find_in(tlb, &tlb->array[class], linear, asid);
    return found;
}

static bool is_same_page(const struct kms_tlb_entry *held, const struct kms_tlb_entry *entry)
{
    return held->linear == entry->linear && held->page_shift == entry->page_shift &&
           (held->global || held->asid == entry->asid);
}

/* The place of the same page if it is held already, else a free one, else the oldest. */
static inline size_t place_for(const struct tlb *tlb, const struct tlb_array *array,
                               const struct kms_tlb_entry *entry)
{
    const size_t first = set_of(array, entry->linear);
    size_t best = first;
    uint64_t best_age = UINT64_MAX;
    for (size_t place = first; place < first + array->ways; place++) {
        const bool valid = is_valid(tlb, array, place);
        if (valid && may_hold(array, place, entry->linear) && is_same_page(&array->entry[place], entry))
            return place;
        const uint64_t age = valid ? array->filled[place] : 0;
        best = age < best_age ? place : best;
        best_age = age < best_age ? age : best_age;
    }
    return best;
}

static void put(struct tlb_array *array, size_t place, const struct kms_tlb_entry *entry, uint64_t filled)
{
    array->entry[place] = *entry;
    array->linear[place] = entry->linear;
    array->filled[place] = filled;
    array->used = 1;
}

bool tlb_fill(struct tlb *tlb, const struct kms_tlb_entry *entry, struct tlb_victim *victim)
{
    struct tlb_array *array = &tlb->array[class_of(entry->page_shift)];
    if (!array->entry)
        return false;
    const size_t place = place_for(tlb, array, entry);
    const bool evicts = is_valid(tlb, array, place) && array->linear[place] != entry->linear;
    if (evicts)
        *victim = (struct tlb_victim){array->linear[place], array->entry[place].page_shift};
    put(array, place, entry, ++tlb->now);
    return evicts;
}

void tlb_drop(struct tlb *tlb, kms_linear linear, uint16_t asid, bool global)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++) {
        struct tlb_array *array = &tlb->array[class];
        const size_t first = set_of(array, linear);
        for (size_t place = first; array->used && place < first + array->ways; place++) {
            const struct kms_tlb_entry *entry = &array->entry[place];
            if (holds(entry, linear) && (entry->global ? global : entry->asid == asid))
                array->filled[place] = 0;
        }
    }
}

void tlb_drop_everywhere(struct tlb *tlb, kms_linear linear)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++) {
        struct tlb_array *array = &tlb->array[class];
        const size_t first = set_of(array, linear);
        for (size_t place = first; array->used && place < first + array->ways; place++)
            if (holds(&array->entry[place], linear))
                array->filled[place] = 0;
    }
}

void tlb_flush_asid(struct tlb *tlb, uint16_t asid)
{
    tlb->flushed = tlb->flushed_asid[asid] = tlb->now;
}

void tlb_flush_nonglobal(struct tlb *tlb)
{
    tlb->flushed = tlb->flushed_nonglobal = tlb->now;
}

void tlb_flush_globals(struct tlb *tlb)
{
    tlb->flushed = tlb->flushed_global = tlb->now;
}

void tlb_flush_all(struct tlb *tlb)
{
    tlb->flushed = tlb->flushed_nonglobal = tlb->flushed_global = tlb->now;
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
    struct tlb_array *array = &tlb->array[class_of(slot->entry.page_shift)];
    put(array, place_for(tlb, array, &slot->entry), &slot->entry, slot->filled + tlb->now);
}

static void each_in(const struct tlb *tlb, const struct tlb_array *array,
                    void (*visit)(void *context, const struct tlb_slot *slot), void *context)
{
    const size_t places = array->used ? ((size_t)array->set_mask + 1) * array->ways : 0;
    for (size_t place = 0; place < places; place++) {
        const struct tlb_slot slot = {array->filled[place], array->entry[place]};
        if (is_valid(tlb, array, place))
            visit(context, &slot);
    }
}

void tlb_each(const struct tlb *tlb, void (*visit)(void *context, const struct tlb_slot *slot), void *context)
{
    for (unsigned class = 0; class < KMS_TLB_CLASSES; class ++)
        each_in(tlb, &tlb->array[class], visit, context);
}
