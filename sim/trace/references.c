#include "trace/references.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_BITS = 12, MAP_LEAST = 64, STRING_LEAST = 1024 };

struct page_slot {
    uint64_t number; /* of the page's address, and 1 more; 0: free */
    uint32_t page;
};

void references_free(struct references *references)
{
    for (size_t i = 0; i < REFERENCES_PROCESSES; i++)
        free(references->maps[i].slots);
    free(references->string);
    free(references->sharers);
    *references = (struct references){0};
}

/* Room for one more of `count` items, doubled where there is none. NULL without memory, and *items is as it was. */
static void *more_room(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    size_t wanted = *room ? *room * 2 : STRING_LEAST;
    void *grown = realloc(items, wanted * size);
    if (grown)
        *room = wanted;
    return grown;
}

/* ---- what a process has ---- */

static struct page_slot *slot_of(const struct page_map *map, uint64_t number)
{
    size_t at = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (map->capacity - 1);
    while (map->slots[at].number != 0 && map->slots[at].number != number)
        at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

static bool grow(struct page_map *map)
{
    struct page_map larger = {.capacity = map->capacity ? map->capacity * 2 : MAP_LEAST, .count = map->count};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].number != 0)
            *slot_of(&larger, map->slots[i].number) = map->slots[i];
    }
    free(map->slots);
    *map = larger;
    return true;
}

static bool new_page(struct references *references, uint32_t *page)
{
    size_t room = references->page_room;
    uint32_t *sharers = more_room(references->sharers, references->pages, &room, sizeof *sharers);
    if (!sharers)
        return false;
    references->sharers = sharers;
    references->page_room = (uint32_t)room;
    *page = references->pages++;
    sharers[*page] = 1;
    return true;
}

/* The page that a process has at an address for this use; a first use and a write to what is shared make one. */
static bool page_for(struct references *references, struct page_map *map, uint64_t number, bool write,
                     uint32_t *page)
{
    if (map->count * 2 >= map->capacity && !grow(map))
        return false;
    struct page_slot *slot = slot_of(map, number);
    const bool known = slot->number != 0;
    if (known && !(write && references->sharers[slot->page] > 1)) {
        *page = slot->page;
        return true;
    }
    if (!new_page(references, page))
        return false;
    if (known)
        references->sharers[slot->page]--;
    else
        map->count++;
    *slot = (struct page_slot){number, *page};
    return true;
}

/* ---- the string ---- */

static bool append(struct references *references, uint32_t page)
{
    uint32_t *string = more_room(references->string, references->length, &references->room, sizeof *string);
    if (!string)
        return false;
    references->string = string;
    string[references->length++] = page;
    return true;
}

void references_use(struct references *references, const struct reference *use)
{
    if (use->process >= REFERENCES_PROCESSES)
        return;
    const uint64_t last = (use->address + use->bytes - 1) >> PAGE_BITS;
    for (uint64_t at = use->address >> PAGE_BITS; at <= last; at++) {
        uint32_t page;
        if (!page_for(references, &references->maps[use->process], at + 1, use->write, &page) ||
            !append(references, page))
            references->incomplete = true;
    }
}

void references_end(struct references *references, uint32_t process)
{
    if (process >= REFERENCES_PROCESSES)
        return;
    struct page_map *map = &references->maps[process];
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].number != 0)
            references->sharers[map->slots[i].page]--;
    }
    free(map->slots);
    *map = (struct page_map){0};
}

void references_duplicate(struct references *references, uint32_t parent, uint32_t child)
{
    if (parent >= REFERENCES_PROCESSES || child >= REFERENCES_PROCESSES || parent == child)
        return;
    references_end(references, child);
    const struct page_map *from = &references->maps[parent];
    if (from->capacity == 0)
        return;
    struct page_slot *slots = malloc(from->capacity * sizeof *slots);
    if (!slots) {
        references->incomplete = true;
        return;
    }
    memcpy(slots, from->slots, from->capacity * sizeof *slots);
    for (size_t i = 0; i < from->capacity; i++) {
        if (slots[i].number != 0)
            references->sharers[slots[i].page]++;
    }
    references->maps[child] = (struct page_map){slots, from->capacity, from->count};
}

/* ---- the optimum ---- */

/* A use of a page that lies ahead. */
struct ahead {
    size_t when;
    uint32_t page;
};

/* Pages in frames by their next use, the furthest first: a heap, in which old entries of a page stay until they come to
 * the top. */
struct search {
    struct ahead *heap;
    size_t count;
    size_t *next; /* by place in the string: the next use of the same page */
    size_t *due;  /* by page: its next use while it is in a frame, else 0 */
};

static void push(struct search *search, struct ahead entry)
{
    size_t at = search->count++;
    for (; at > 0 && search->heap[(at - 1) / 2].when < entry.when; at = (at - 1) / 2)
        search->heap[at] = search->heap[(at - 1) / 2];
    search->heap[at] = entry;
}

static struct ahead pop(struct search *search)
{
    const struct ahead top = search->heap[0], last = search->heap[--search->count];
    size_t at = 0;
    for (size_t child = 1; child < search->count; child = at * 2 + 1) {
        if (child + 1 < search->count && search->heap[child + 1].when > search->heap[child].when)
            child++;
        if (search->heap[child].when <= last.when)
            break;
        search->heap[at] = search->heap[child];
        at = child;
    }
    search->heap[at] = last;
    return top;
}

static void evict_furthest(struct search *search)
{
    struct ahead top = pop(search);
    while (search->due[top.page] != top.when)
        top = pop(search);
    search->due[top.page] = 0;
}

/* Uses that never come are the furthest. Places count from 1 here, so that 0 is none. */
static void find_next_uses(const struct references *references, struct search *search)
{
    for (uint32_t page = 0; page < references->pages; page++)
        search->due[page] = SIZE_MAX;
    for (size_t i = references->length; i > 0; i--) {
        const uint32_t page = references->string[i - 1];
        search->next[i - 1] = search->due[page];
        search->due[page] = i;
    }
    memset(search->due, 0, references->pages * sizeof *search->due);
}

static uint64_t count_page_ins(const struct references *references, struct search *search, uint64_t frames)
{
    uint64_t page_ins = 0, used = 0;
    for (size_t i = 0; i < references->length; i++) {
        const uint32_t page = references->string[i];
        if (search->due[page] == 0) {
            page_ins++;
            if (used == frames)
                evict_furthest(search);
            else
                used++;
        }
        search->due[page] = search->next[i];
        push(search, (struct ahead){search->next[i], page});
    }
    return page_ins;
}

uint64_t references_optimum(const struct references *references, uint64_t frames)
{
    if (frames == 0 || references->incomplete)
        return UINT64_MAX;
    struct search search = {.heap = malloc((references->length + 1) * sizeof *search.heap),
                            .next = malloc((references->length + 1) * sizeof *search.next),
                            .due = malloc((references->pages + 1) * sizeof *search.due)};
    uint64_t page_ins = UINT64_MAX;
    if (search.heap && search.next && search.due) {
        find_next_uses(references, &search);
        page_ins = count_page_ins(references, &search, frames);
    }
    free(search.heap);
    free(search.next);
    free(search.due);
    return page_ins;
}
