/*
 * window_state.c - the window's part of a snapshot.
 *
 * Pages that were writable when a snapshot is restored are likely to be written again: they stay writable,
 * and count as written at once. Copying such a page back costs less than a tenth of the signal that would
 * find it out.
 */
#include "window.h"

#include <stdlib.h>
#include <string.h>

#define HOT_MAX 1024u /* beyond this many, putting them back would cost more than it saves */

void kms_window_protect(struct kms_window *window)
{
    if (window->identity) {
        window_map_identity(window);
        return;
    }
    for (uint32_t i = 0; i < window->count; i++) {
        if (window->pages[i].flags & PAGE_WRITE)
            window_set_write(window, &window->pages[i], false);
    }
}

enum kms_status kms_window_save(const struct kms_window *window, struct kms_window_state **state)
{
    const uint32_t count = window->identity ? 0 : window->count;
    *state = malloc(sizeof **state + count * sizeof(*state)->pages[0]);
    if (!*state)
        return KMS_NO_MEMORY;
    **state = (struct kms_window_state){window->identity, window->large, count, window->hand};
    memcpy((*state)->pages, window->pages, count * sizeof(*state)->pages[0]);
    for (uint32_t i = 0; i < count; i++)
        (*state)->pages[i].flags &= (uint8_t)~PAGE_WRITE;
    return KMS_OK;
}

void kms_window_state_free(struct kms_window_state *state)
{
    free(state);
}

/* Leave of what is mapped only what the state has too, with the state's rights. */
static void drop_what_came_since(struct kms_window *window, const struct kms_window_state *state)
{
    for (uint32_t i = 0; i < window->count; i++)
        window->pages[i].flags |= PAGE_LEFTOVER;
    for (uint32_t i = 0; i < state->count; i++) {
        const struct window_page *saved = &state->pages[i];
        struct window_page *page = window_find(window, (kms_linear)saved->number << KMS_PAGE_SHIFT);
        if (page && page->frame == saved->frame)
            page->flags = (uint8_t)(saved->flags | (page->flags & PAGE_WRITE));
    }
    struct window_run run = {0};
    for (uint32_t i = window->count; i-- > 0;) {
        if (window->pages[i].flags & PAGE_LEFTOVER)
            window_drop_later(window, &window->pages[i], &run);
    }
    window_drop_run(window, &run);
}

/* The write rights of a page that stays. */
static void settle_writes(struct kms_window *window, struct window_page *page, uint32_t *hot)
{
    if (!(page->flags & PAGE_WRITE))
        return;
    if ((page->flags & PAGE_DIRTY) && (*hot)++ < HOT_MAX)
        kms_ram_touch(window->ram, page->frame, KMS_PAGE_SIZE);
    else
        window_set_write(window, page, false);
}

/* With CR0.PG clear only writable pages are listed. */
static void settle_identity(struct kms_window *window)
{
    if (window->count > HOT_MAX) {
        window_map_identity(window);
        return;
    }
    for (uint32_t i = 0; i < window->count; i++)
        kms_ram_touch(window->ram, window->pages[i].frame, KMS_PAGE_SIZE);
}

/* The list in the state's order, so that evictions repeat. */
static void take_order(struct kms_window *window, const struct kms_window_state *state)
{
    for (uint32_t i = 0; i < state->count; i++) {
        struct window_page page = state->pages[i];
        const uint32_t slot = window->slot[page.number];
        page.flags = (uint8_t)(page.flags | (window->pages[slot - 1].flags & PAGE_WRITE));
        window->spare[i] = page;
    }
    for (uint32_t i = 0; i < state->count; i++)
        window->slot[state->pages[i].number] = i + 1;
    struct window_page *pages = window->pages;
    window->pages = window->spare;
    window->spare = pages;
    window->hand = state->hand;
    window->large = state->large;
}

void kms_window_load(struct kms_window *window, const struct kms_window_state *state)
{
    const bool reaches_otherwise = window_reach_changed(window);
    if (state->identity && window->identity && !reaches_otherwise) {
        settle_identity(window);
        return;
    }
    if (state->identity) {
        window_map_identity(window);
        return;
    }
    if (window->identity)
        window_drop_all(window);
    drop_what_came_since(window, state);
    uint32_t hot = 0;
    for (uint32_t i = 0; i < window->count; i++)
        settle_writes(window, &window->pages[i], &hot);
    for (uint32_t i = 0; i < state->count; i++) {
        if (!window_find(window, (kms_linear)state->pages[i].number << KMS_PAGE_SHIFT))
            window_map(window, &state->pages[i]);
    }
    take_order(window, state);
}
