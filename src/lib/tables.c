#include "tables.h"

#include <stddef.h>

#include <kernel/hw.h>
#include <kernel/x86.h>

#define UPPER_RIGHTS (PTE_P | PTE_RW | PTE_US) /* the last level decides */
#define LEVELS_MAX   3u

/* One level of a format. */
struct level {
    uint8_t shift;     /* of the linear address */
    uint16_t entries;  /* of a table */
    uint16_t rights;   /* of an entry that leads to a lower table */
    bool made_at_once; /* entries here are read by the processor only when CR3 is loaded */
};

struct format {
    unsigned levels;
    unsigned entry_size;
    struct level level[LEVELS_MAX]; /* uppermost first */
};

static const struct format formats[] = {
    [TABLES_32] = {2, 4, {{PDE_SHIFT, 1024, UPPER_RIGHTS, false}, {PAGE_SHIFT, 1024, 0, false}}},
    [TABLES_PAE] = {3,
                    8,
                    {{30, 4, PTE_P, true}, {21, 512, UPPER_RIGHTS, false}, {PAGE_SHIFT, 512, 0, false}}},
};

static const struct format *format_of(const struct tables *tables)
{
    return &formats[tables->format];
}

/* Never beyond the last, but compilers do not know how deep tables are. */
static const struct level *level_at(const struct format *format, unsigned depth)
{
    return &format->level[depth < LEVELS_MAX ? depth : LEVELS_MAX - 1];
}

/* ---- entries ---- */

uint64_t entry_read(const struct tables *tables, const void *entry)
{
    const volatile uint32_t *const halves = entry;

    return tables->format == TABLES_32 ? halves[0] : halves[0] | (uint64_t)halves[1] << 32;
}

/* P is in the lower half: it goes first if it is cleared, and comes last if it is set. */
void entry_write(const struct tables *tables, void *entry, uint64_t value)
{
    volatile uint32_t *const halves = entry;

    if (tables->format == TABLES_PAE) {
        halves[0] = 0;
        halves[1] = (uint32_t)(value >> 32);
    }
    halves[0] = (uint32_t)value;
}

static void *entry_in(const struct tables *tables, uint32_t table, unsigned depth, uint32_t linear)
{
    const struct format *const format = format_of(tables);
    const struct level *const level = level_at(format, depth);
    const uint32_t index = (linear >> level->shift) % level->entries;

    return (uint8_t *)hw_ptr(table) + index * format->entry_size;
}

static bool leads_to_table(uint64_t entry, unsigned depth)
{
    return (entry & PTE_P) && !(depth > 0 && (entry & PDE_PS));
}

/* A directory of 32-bit paging is at depth 0 and may map large pages; PDPTEs have no such bit that is set. */
static bool is_table(const struct tables *tables, uint64_t entry, unsigned depth)
{
    return tables->format == TABLES_32 ? leads_to_table(entry, 1) : leads_to_table(entry, depth);
}

/* ---- walking down ---- */

void *tables_entry(const struct tables *tables, uint32_t linear)
{
    const unsigned last = format_of(tables)->levels - 1;
    uint32_t table = tables->root;

    for (unsigned depth = 0; depth < last; depth++) {
        const uint64_t entry = entry_read(tables, entry_in(tables, table, depth, linear));

        if (!is_table(tables, entry, depth))
            return NULL;
        table = entry_frame(entry);
    }
    return entry_in(tables, table, last, linear);
}

static void clear_table(const struct tables *tables, uint32_t table, unsigned depth)
{
    const struct format *const format = format_of(tables);
    uint32_t *const words = hw_ptr(table);

    for (unsigned i = 0; i < format->level[depth].entries * format->entry_size / sizeof *words; i++)
        words[i] = 0;
}

/* The table below an entry, made if there is none; 0 without memory. */
static uint32_t make_below(const struct tables *tables, void *entry, unsigned depth,
                           const struct table_source *source)
{
    const uint64_t old = entry_read(tables, entry);
    uint32_t table;

    if (old & PTE_P)
        return is_table(tables, old, depth) ? entry_frame(old) : 0;
    table = source->take(source->context);
    if (!table)
        return 0;
    clear_table(tables, table, depth + 1);
    entry_write(tables, entry, table | format_of(tables)->level[depth].rights);
    return table;
}

void *tables_make_entry(const struct tables *tables, uint32_t linear, const struct table_source *source)
{
    const unsigned last = format_of(tables)->levels - 1;
    uint32_t table = tables->root;

    for (unsigned depth = 0; depth < last; depth++) {
        table = make_below(tables, entry_in(tables, table, depth, linear), depth, source);
        if (!table)
            return NULL;
    }
    return entry_in(tables, table, last, linear);
}

/* ---- ranges ---- */

/* The part of the range from linear on that one entry of this depth covers ends here. */
static uint32_t end_of_part(const struct level *level, uint32_t linear, uint32_t end)
{
    const uint64_t next = ((uint64_t)(linear >> level->shift) + 1) << level->shift;

    return next < end ? (uint32_t)next : end;
}

static uint32_t next_in(const struct tables *tables, uint32_t table, unsigned depth,
                        const struct table_range *range)
{
    const struct format *const format = format_of(tables);
    const uint8_t *entry = entry_in(tables, table, depth, range->start);
    uint32_t linear = range->start;

    for (; linear < range->end; entry += format->entry_size) {
        const struct table_range part = {linear, end_of_part(level_at(format, depth), linear, range->end)};
        const uint64_t value = entry_read(tables, entry);

        if (value && depth + 1 == format->levels)
            return linear;
        linear = part.end;
        if (is_table(tables, value, depth) && depth + 1 < format->levels)
            linear = next_in(tables, entry_frame(value), depth + 1, &part);
        if (linear < part.end)
            return linear;
    }
    return linear;
}

uint32_t tables_next(const struct tables *tables, uint32_t linear, uint32_t end)
{
    return next_in(tables, tables->root, 0, &(struct table_range){linear, end});
}

static bool overlaps(const struct table_range *range, uint32_t start, uint32_t last)
{
    return start < range->end && last >= range->start;
}

/* One table of a new space, which takes over the kernel's entries beside the user's range. */
struct copy {
    const struct tables *to, *from;
    const struct table_range *user;
    const struct table_source *source;
};

static void copy_entries(const struct copy *copy, uint32_t to, uint32_t from, unsigned depth, uint32_t base)
{
    const struct level *const level = &format_of(copy->to)->level[depth];

    clear_table(copy->to, to, depth);
    for (unsigned i = 0; i < level->entries; i++) {
        const uint32_t start = base + ((uint32_t)i << level->shift);
        const uint32_t last = start + ((1u << level->shift) - 1);

        if (!overlaps(copy->user, start, last))
            entry_write(copy->to, entry_in(copy->to, to, depth, start),
                        entry_read(copy->from, entry_in(copy->from, from, depth, start)));
    }
}

/* The upper tables that the user's range needs at once, each with the kernel's entries beside the range. */
static bool make_upper(const struct copy *copy)
{
    const struct level *const level = &format_of(copy->to)->level[0];
    uint32_t linear = copy->user->start;

    while (level->made_at_once && linear < copy->user->end) {
        void *const entry = entry_in(copy->to, copy->to->root, 0, linear);
        const uint64_t kernel = entry_read(copy->from, entry_in(copy->from, copy->from->root, 0, linear));
        const uint32_t table = make_below(copy->to, entry, 0, copy->source);

        if (!table)
            return false;
        if (kernel & PTE_P)
            copy_entries(copy, table, entry_frame(kernel), 1, linear >> level->shift << level->shift);
        linear = end_of_part(level, linear, copy->user->end);
    }
    return true;
}

bool tables_new(struct tables *tables, const struct tables *kernel, const struct table_range *user,
                const struct table_source *source)
{
    const struct copy copy = {tables, kernel, user, source};

    *tables = (struct tables){kernel->format, source->take(source->context)};
    if (!tables->root)
        return false;
    copy_entries(&copy, tables->root, kernel->root, 0, 0);
    if (make_upper(&copy))
        return true;
    tables_free(tables, user, source);
    return false;
}

/* ---- giving back ---- */

struct visit {
    const struct tables *tables;
    const struct table_range *user;
    void (*visit)(void *context, uint32_t frame);
    void *context;
};

/* Every table below this one that serves the user's range, lower ones first. */
static void visit_below(const struct visit *visit, uint32_t table, unsigned depth,
                        const struct table_range *range)
{
    const struct format *const format = format_of(visit->tables);
    const uint8_t *at = entry_in(visit->tables, table, depth, range->start);
    uint32_t linear = range->start;

    for (; depth + 1 < format->levels && linear < range->end; at += format->entry_size) {
        const struct table_range part = {linear, end_of_part(level_at(format, depth), linear, range->end)};
        const uint64_t entry = entry_read(visit->tables, at);

        if (is_table(visit->tables, entry, depth)) {
            visit_below(visit, entry_frame(entry), depth + 1, &part);
            visit->visit(visit->context, entry_frame(entry));
        }
        linear = part.end;
    }
}

static void visit_all(const struct visit *visit)
{
    visit_below(visit, visit->tables->root, 0, visit->user);
    visit->visit(visit->context, visit->tables->root);
}

void tables_free(struct tables *tables, const struct table_range *user, const struct table_source *source)
{
    visit_all(&(struct visit){tables, user, source->give, source->context});
    tables->root = 0;
}

static void count_one(void *context, uint32_t frame)
{
    uint32_t *const count = context;

    (void)frame;
    ++*count;
}

uint32_t tables_count(const struct tables *tables, const struct table_range *user)
{
    uint32_t count = 0;

    visit_all(&(struct visit){tables, user, count_one, &count});
    return count;
}

bool tables_are_current(const struct tables *tables)
{
    return (hw_read_cr3() & ~(tables->format == TABLES_PAE ? 0x1fu : PAGE_OFFSET)) == tables->root;
}
