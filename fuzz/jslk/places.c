#include "places.h"

/* Place 0 is the last page of one table, the others are the first of the next. */
static unsigned table_of(unsigned place)
{
    return place > 0;
}

static bool is_needed(const struct places *places, unsigned table)
{
    for (unsigned place = 0; place < PLACES; place++)
        if (places->mapped[place] && table_of(place) == table)
            return true;
    return false;
}

static void drop_tables(struct places *places, struct shadow *heap)
{
    for (unsigned table = 0; table < 2; table++)
        if (places->tables[table] && !is_needed(places, table)) {
            shadow_free(heap, places->tables[table]);
            places->tables[table] = 0;
        }
}

/* A table is a kmalloc_ap(): one allocation, and one more for a run of frames if the heap has to grow. */
static bool make_table(struct places *places, struct shadow *heap, unsigned table, unsigned *fail)
{
    static const struct shadow_wish wish = {PAGE_BYTES, true, true};
    const unsigned steps = 1 + (shadow_growth(heap, &wish) > 0);

    if (places->tables[table])
        return true;
    if (*fail > 0 && *fail <= steps)
        return false;
    *fail = *fail > steps ? *fail - steps : 0;
    places->tables[table] = shadow_alloc(heap, &wish);
    return true;
}

bool places_map(struct places *places, struct shadow *heap, const struct place_range *range)
{
    unsigned fail = range->fail;

    for (unsigned i = 0; i < range->count; i++)
        if (!make_table(places, heap, table_of(range->first + i), &fail)) {
            drop_tables(places, heap);
            return false;
        }
    for (unsigned i = 0; i < range->count; i++) {
        places->mapped[range->first + i] = true;
        places->target[range->first + i] = range->target + i;
    }
    return true;
}

void places_unmap(struct places *places, struct shadow *heap, const struct place_range *range)
{
    for (unsigned i = 0; i < range->count; i++)
        places->mapped[range->first + i] = false;
    drop_tables(places, heap);
}
