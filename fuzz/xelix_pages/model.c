#include "model_inside.h"

#include <string.h>

#include "image.h"
#include "status.h"

struct model model;

bool model_must_fail(void)
{
    return model.until_failure > 0 && --model.until_failure == 0;
}

/* ---- pages ---- */

static struct model_page *known_page(unsigned space, uint32_t page)
{
    struct model_space *const s = &model.spaces[space];

    if (page >= s->first && page - s->first < MODEL_LOW)
        return &s->low[page - s->first];
    if (space != KERNEL && page < STACK_END && page >= STACK_END - MODEL_STACK)
        return &s->stack[page - (STACK_END - MODEL_STACK)];
    return NULL;
}

/* What a space began with at its own address: the kernel its first pages, a task UL_VISIBLE. */
static bool is_early(unsigned space, uint32_t page)
{
    const uint32_t address = page * PAGE_SIZE;

    return space == KERNEL ? page >= XELIX_KERNEL_ADDRESS / PAGE_SIZE && page < MODEL_FIRST
                           : address >= IMAGE_UL_VISIBLE && address < IMAGE_UL_VISIBLE_END;
}

struct model_page model_look(unsigned space, uint32_t page)
{
    const struct model_page *const known = known_page(space, page);
    struct model_page found = {.taken = page < model.spaces[space].first};

    if (known)
        return *known;
    if (page < XELIX_PAGES && is_early(space, page))
        found.entry = page * PAGE_SIZE | PTE_P | PTE_RW;
    return found;
}

uint32_t model_rights(unsigned space)
{
    return space == KERNEL ? PTE_RW : PTE_RW | PTE_US;
}

uint32_t model_find(unsigned space, uint32_t pages)
{
    const struct model_space *const s = &model.spaces[space];
    uint32_t run = 0;

    for (uint32_t i = 0; i < MODEL_LOW && pages > 0; i++) {
        run = s->low[i].taken ? 0 : run + 1;
        if (run == pages)
            return s->first + i + 1 - pages;
    }
    return 0;
}

void model_take(unsigned space, uint32_t page, uint32_t pages, enum model_keeper keeper)
{
    for (uint32_t i = 0; i < pages; i++)
        *known_page(space, page + i) = (struct model_page){.taken = true, .keeper = keeper};
}

void model_release(unsigned space, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        *known_page(space, page + i) = (struct model_page){.taken = false};
}

bool model_all(unsigned space, uint32_t page, uint32_t pages, uint32_t bits)
{
    for (uint32_t i = 0; i < pages; i++)
        if ((model_look(space, page + i).entry & bits) != bits)
            return false;
    return true;
}

static bool none_mapped(unsigned space, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        if (model_look(space, page + i).entry)
            return false;
    return true;
}

static bool all_are(unsigned space, uint32_t page, uint32_t pages, bool taken)
{
    for (uint32_t i = 0; i < pages; i++)
        if (model_look(space, page + i).taken != taken)
            return false;
    return true;
}

static bool exist(uint32_t page, uint32_t pages)
{
    return page > 0 && pages > 0 && (uint64_t)page + pages <= XELIX_PAGES;
}

static bool are_its(unsigned space, uint32_t page, uint32_t pages)
{
    return exist(page, pages) && page >= model.spaces[space].first;
}

static bool is_kept_by(unsigned space, uint32_t page, uint32_t pages, enum model_keeper keeper)
{
    for (uint32_t i = 0; i < pages && i < MODEL_LOW; i++)
        if (model_look(space, page + i).keeper >= keeper)
            return true;
    return false;
}

bool model_is_kept(unsigned space, uint32_t page, uint32_t pages)
{
    return is_kept_by(space, page, pages, MODEL_KEPT);
}

bool model_is_hidden(unsigned space, uint32_t page, uint32_t pages)
{
    return is_kept_by(space, page, pages, MODEL_HIDDEN);
}

uint32_t model_taken_pages(unsigned space)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < MODEL_LOW; i++)
        count += model.spaces[space].low[i].taken;
    return count;
}

/* ---- frames ---- */

uint32_t model_taken_frames(void)
{
    uint32_t count = 0;

    for (uint32_t i = MODEL_FIRST; i < MODEL_FRAMES; i++)
        count += model.frames[i].taken;
    return count;
}

static uint32_t find_frames(uint32_t pages)
{
    uint32_t run = 0;

    for (uint32_t i = MODEL_FIRST; i < MODEL_FRAMES && pages > 0; i++) {
        run = model.frames[i].taken ? 0 : run + 1;
        if (run == pages)
            return i + 1 - pages;
    }
    return 0;
}

uint32_t model_palloc(uint32_t pages)
{
    const uint32_t first = model_must_fail() ? 0 : find_frames(pages);

    for (uint32_t i = 0; first && i < pages; i++)
        model.frames[first + i].taken = true;
    return first;
}

int model_pfree(uint32_t frame, uint32_t pages)
{
    if (frame < MODEL_FIRST || pages == 0 || (uint64_t)frame + pages > MODEL_FRAMES)
        return -EINVAL;
    for (uint32_t i = 0; i < pages; i++)
        if (!model.frames[frame + i].taken)
            return -EINVAL;
    for (uint32_t i = 0; i < pages; i++)
        model.frames[frame + i].taken = model.frames[frame + i].mapped = false;
    return XELIX_OK;
}

/* ---- tables ---- */

static void drop_empty_tables(unsigned space, uint32_t page, uint32_t pages)
{
    uint32_t *const tables = model.spaces[space].tables;

    for (uint32_t i = page / TABLE_ENTRIES; i <= (page + pages - 1) / TABLE_ENTRIES; i++) {
        /* The first 4 MiB of a task hold UL_VISIBLE. */
        if (!tables[i] || i == 0 || !none_mapped(space, i * TABLE_ENTRIES, TABLE_ENTRIES))
            continue;
        model_empty(KERNEL, tables[i], 1);
        model_release(KERNEL, tables[i], 1);
        tables[i] = 0;
    }
}

int model_need_tables(unsigned space, uint32_t page, uint32_t pages)
{
    uint32_t *const tables = model.spaces[space].tables;

    for (uint32_t i = page / TABLE_ENTRIES; space != KERNEL && i <= (page + pages - 1) / TABLE_ENTRIES; i++) {
        if (tables[i])
            continue;
        tables[i] = model_pvalloc_for(KERNEL, 1, MODEL_HIDDEN);
        if (!tables[i]) {
            drop_empty_tables(space, page, pages);
            return -ENOMEM;
        }
    }
    return XELIX_OK;
}

void model_set_entries(unsigned space, uint32_t page, uint32_t pages, uint32_t entry)
{
    for (uint32_t i = 0; i < pages; i++)
        known_page(space, page + i)->entry = entry + i * PAGE_SIZE;
}

void model_clear_entries(unsigned space, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        known_page(space, page + i)->entry = 0;
    if (space != KERNEL)
        drop_empty_tables(space, page, pages);
}

/* ---- pages with frames behind them ---- */

static void note_frames(uint32_t frame, uint32_t pages, bool hidden)
{
    for (uint32_t i = 0; i < pages; i++) {
        model.frames[frame + i].mapped = true;
        if (hidden)
            memset(model.frames[frame + i].known, 0, sizeof model.frames[0].known);
    }
}

int model_fill(unsigned space, uint32_t page, uint32_t pages)
{
    const uint32_t frame = model_palloc(pages);

    if (!frame)
        return -ENOMEM;
    if (model_need_tables(space, page, pages)) {
        (void)model_pfree(frame, pages);
        return -ENOMEM;
    }
    model_set_entries(space, page, pages, frame * PAGE_SIZE | model_rights(space) | OWNED_PAGE);
    note_frames(frame, pages, model_look(space, page).keeper == MODEL_HIDDEN);
    return XELIX_OK;
}

void model_empty(unsigned space, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        (void)model_pfree(model_look(space, page + i).entry / PAGE_SIZE, 1);
    model_clear_entries(space, page, pages);
}

static uint32_t valloc_for(unsigned space, uint32_t pages, enum model_keeper keeper)
{
    const uint32_t page = model_must_fail() ? 0 : model_find(space, pages);

    if (page)
        model_take(space, page, pages, keeper);
    return page;
}

uint32_t model_pvalloc_for(unsigned space, uint32_t pages, enum model_keeper keeper)
{
    const uint32_t page = valloc_for(space, pages, keeper);

    if (!page || model_fill(space, page, pages) == XELIX_OK)
        return page;
    model_release(space, page, pages);
    return 0;
}

/* ---- the kernel's functions ---- */

uint32_t model_valloc(unsigned space, uint32_t pages)
{
    return valloc_for(space, pages, MODEL_OPEN);
}

uint32_t model_pvalloc(unsigned space, uint32_t pages)
{
    return model_pvalloc_for(space, pages, MODEL_OPEN);
}

int model_vfree(unsigned space, uint32_t page, uint32_t pages)
{
    if (!are_its(space, page, pages))
        return -EINVAL;
    if (!none_mapped(space, page, pages))
        return -EBUSY;
    if (!all_are(space, page, pages, true))
        return -EINVAL;
    model_release(space, page, pages);
    return XELIX_OK;
}

int model_pvfree(unsigned space, uint32_t page, uint32_t pages)
{
    if (!are_its(space, page, pages) || !model_all(space, page, pages, OWNED_PAGE))
        return -EINVAL;
    if (model_is_lent(space, page, pages))
        return -EBUSY;
    model_empty(space, page, pages);
    model_release(space, page, pages);
    return XELIX_OK;
}

int model_map_at(unsigned space, uint32_t page, uint32_t pages, uint32_t entry)
{
    if (!exist(page, pages))
        return -EINVAL;
    if (!all_are(space, page, pages, false))
        return -EBUSY;
    if (model_need_tables(space, page, pages))
        return -ENOMEM;
    model_take(space, page, pages, MODEL_OPEN);
    model_set_entries(space, page, pages, entry | PTE_P | PAGING_NAMED);
    return XELIX_OK;
}

int model_unmap_at(unsigned space, uint32_t page, uint32_t pages)
{
    if (!are_its(space, page, pages) || !model_all(space, page, pages, PTE_P | PAGING_NAMED))
        return -EINVAL;
    model_clear_entries(space, page, pages);
    model_release(space, page, pages);
    return XELIX_OK;
}

void model_reset(void)
{
    memset(&model, 0, sizeof model);
    model.current = -1;
    model.spaces[KERNEL].exists = true;
    model.spaces[KERNEL].first = XELIX_KERNEL_SPACE / PAGE_SIZE;
    (void)model_pvalloc_for(KERNEL, XELIX_ARENA_PAGES, MODEL_HIDDEN);
}
