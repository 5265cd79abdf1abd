/*
 * ram_undo.c - undo logs: what pages held before they were first written.
 *
 * A log keeps a copy of each page that was written since it began. After an undo the copies stay, marked
 * clean: the page equals its copy, so the next write needs no new copy, and a fuzzer's reset costs one memcpy
 * for each page.
 *
 * Invariants: only the newest log is written to; block->saved[page] is 0 or 1 + the page's place in the
 * newest log; a page that is not marked dirty in the newest log holds what it held when that log began.
 */
#include "ram_map.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct saved_page {
    struct ram_block *block;
    uint64_t page; /* number in its block */
    uint8_t *copy;
    bool dirty; /* written since the log began */
};

struct ram_undo {
    struct ram_undo *older;
    struct saved_page *pages;
    uint32_t count, room;
    uint32_t *dirty; /* places in pages[]; same room */
    uint32_t dirty_count;
};

static uint8_t *page_bytes(const struct saved_page *saved)
{
    return saved->block->bytes + saved->page * KMS_PAGE_SIZE;
}

/* A page that cannot be saved cannot be undone, and the write that needs it has no way to fail: the host is
 * out of memory for a 4 KiB copy, so stop with words rather than lose a snapshot silently. */
static void *must_have(void *memory)
{
    if (!memory) {
        fputs("kmemsim: no memory to save a page for a snapshot\n", stderr);
        abort();
    }
    return memory;
}

static void make_room(struct ram_undo *undo)
{
    if (undo->count < undo->room)
        return;
    undo->room = undo->room ? 2 * undo->room : 64;
    undo->pages = must_have(realloc(undo->pages, undo->room * sizeof undo->pages[0]));
    undo->dirty = must_have(realloc(undo->dirty, undo->room * sizeof undo->dirty[0]));
}

static void mark_dirty(struct ram_undo *undo, uint32_t place)
{
    if (undo->pages[place].dirty)
        return;
    undo->pages[place].dirty = true;
    undo->dirty[undo->dirty_count++] = place;
}

/* Append a page with a copy that the log now owns. */
static void append(struct ram_undo *undo, struct ram_block *block, uint64_t page, uint8_t *copy)
{
    make_room(undo);
    undo->pages[undo->count] = (struct saved_page){block, page, copy, false};
    mark_dirty(undo, undo->count);
    undo->count++;
}

void ram_undo_save_pages(struct kms_ram *ram, struct ram_block *block, uint64_t offset, uint64_t size)
{
    struct ram_undo *undo = ram->undo;
    if (size == 0)
        return;
    if (!block->saved)
        block->saved = must_have(calloc((size_t)(block->size / KMS_PAGE_SIZE), sizeof block->saved[0]));
    for (uint64_t page = offset / KMS_PAGE_SIZE; page <= (offset + size - 1) / KMS_PAGE_SIZE; page++) {
        if (block->saved[page]) {
            mark_dirty(undo, block->saved[page] - 1);
            continue;
        }
        uint8_t *copy = must_have(malloc(KMS_PAGE_SIZE));
        memcpy(copy, block->bytes + page * KMS_PAGE_SIZE, KMS_PAGE_SIZE);
        append(undo, block, page, copy);
        block->saved[page] = undo->count;
    }
}

/* Whether block->saved speaks of this log. */
static void set_current(const struct ram_undo *undo, bool current)
{
    for (uint32_t i = 0; undo && i < undo->count; i++)
        undo->pages[i].block->saved[undo->pages[i].page] = current ? i + 1 : 0;
}

struct ram_undo *ram_undo_begin(struct kms_ram *ram)
{
    struct ram_undo *undo = calloc(1, sizeof *undo);
    if (!undo)
        return NULL;
    set_current(ram->undo, false);
    undo->older = ram->undo;
    ram->undo = undo;
    return undo;
}

static void put_back(struct ram_undo *undo)
{
    for (uint32_t i = 0; i < undo->dirty_count; i++) {
        struct saved_page *saved = &undo->pages[undo->dirty[i]];
        memcpy(page_bytes(saved), saved->copy, KMS_PAGE_SIZE);
        saved->dirty = false;
    }
    undo->dirty_count = 0;
}

static void free_log(struct ram_undo *undo)
{
    for (uint32_t i = 0; i < undo->count; i++)
        free(undo->pages[i].copy);
    free(undo->pages);
    free(undo->dirty);
    free(undo);
}

void ram_undo_apply(struct kms_ram *ram, struct ram_undo *undo)
{
    while (ram->undo != undo) {
        struct ram_undo *newest = ram->undo;
        put_back(newest);
        set_current(newest, false);
        ram->undo = newest->older;
        set_current(ram->undo, true);
        free_log(newest);
    }
    put_back(undo);
}

/* What was written under the newest log was also written since the older one began. */
static void hand_down(struct ram_undo *newest, struct ram_undo *older)
{
    for (uint32_t i = 0; i < newest->dirty_count; i++) {
        struct saved_page *saved = &newest->pages[newest->dirty[i]];
        uint32_t *place = &saved->block->saved[saved->page];
        if (*place) {
            mark_dirty(older, *place - 1);
        } else {
            append(older, saved->block, saved->page, saved->copy);
            *place = older->count;
            saved->copy = NULL;
        }
    }
}

void ram_undo_end(struct kms_ram *ram, struct ram_undo *undo)
{
    for (bool last = false; !last;) {
        struct ram_undo *newest = ram->undo;
        assert(newest && "a log of this RAM's");
        last = newest == undo;
        set_current(newest, false);
        ram->undo = newest->older;
        set_current(ram->undo, true);
        if (ram->undo)
            hand_down(newest, ram->undo);
        free_log(newest);
    }
}

size_t ram_undo_pages(const struct ram_undo *undo)
{
    return undo->dirty_count;
}
