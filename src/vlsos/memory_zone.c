#include "memory_zone.h"

#include <stddef.h>

#include "../lib/text.h"

/* The first time that something was given back that was not handed out, or not any more. */
static struct {
    bool is_there, is_twice;
    uint32_t object;
    const char *owner, *before;
} misuse;

void memory_zone_init(void)
{
    misuse.is_there = false;
}

static uint32_t round_up(uint32_t address)
{
    return (address + HEAP_ALIGN - 1u) & ~(HEAP_ALIGN - 1u);
}

static struct zone_block block_at(uint32_t start, uint32_t size)
{
    return (struct zone_block){"malloc heap, block ", start, MEMORY_LEAD,
                               round_up(start + MEMORY_LEAD + size + MEMORY_TAIL)};
}

void memory_zone_take(uint32_t start, uint32_t end, uint32_t size, const char *owner)
{
    struct zone_block block = block_at(start, size);

    block.end = end;
    zone_block_take(&block, size, owner);
}

/* The block that starts here, whose books say how long it is. */
static enum zone_state read_at(uint32_t start, struct zone_block *block, struct zone_record *record)
{
    enum zone_state state;

    *block = block_at(start, 0);
    state = zone_block_read(block, record);
    if (state != ZONE_NO_BLOCK)
        *block = block_at(start, record->size);
    return state;
}

/* ---- giving back ---- */

static void note_misuse(uint32_t object, const char *owner, const char *before)
{
    if (misuse.is_there)
        return;
    misuse.is_there = true;
    misuse.is_twice = before != NULL;
    misuse.object = object;
    misuse.owner = owner;
    misuse.before = before;
}

static bool may_be_object(uint32_t object)
{
    return object >= HEAP_START + MEMORY_LEAD && object < HEAP_END && object % HEAP_ALIGN == 0;
}

/* A block whose zones were written to stays as it is, for whoever looks at it. */
void memory_zone_free(uint32_t object, const char *owner)
{
    struct zone_block block;
    struct zone_record record;
    const enum zone_state state =
        may_be_object(object) ? read_at(object - MEMORY_LEAD, &block, &record) : ZONE_NO_BLOCK;

    if (state == ZONE_NO_BLOCK)
        note_misuse(object, owner, NULL);
    else if (state == ZONE_FREED)
        note_misuse(object, owner, record.owner);
    else if (!zone_block_check(&block))
        zone_block_free(&block, owner);
}

/* ---- all of them ---- */

static const char *say_misuse(void)
{
    static char words[160];
    struct text text = text_in(words, sizeof words);

    text_put(&text, "malloc heap: ");
    text_hex(&text, misuse.object, 8);
    text_put(&text, " was freed by ");
    text_put(&text, misuse.owner);
    text_put(&text, misuse.is_twice ? ", and before by " : ", and is no block");
    if (misuse.is_twice)
        text_put(&text, misuse.before);
    return words;
}

const char *memory_zone_check(uint32_t heap_ptr)
{
    struct zone_block block = {.end = HEAP_START};
    struct zone_record record;
    const char *broken = NULL;

    while (block.end < heap_ptr && !broken) {
        (void)read_at(block.end, &block, &record);
        broken = zone_block_check(&block);
    }
    return broken || !misuse.is_there ? broken : say_misuse();
}

uint32_t memory_zone_report(uint32_t heap_ptr, uint32_t since, zone_teller tell, void *context)
{
    struct zone_block block = {.end = HEAP_START};
    struct zone_record record;
    enum zone_state state = ZONE_TAKEN;
    uint32_t count = 0;

    while (block.end < heap_ptr && state != ZONE_NO_BLOCK) {
        state = read_at(block.end, &block, &record);
        if (state != ZONE_TAKEN || record.when <= since)
            continue;
        tell(context, &record);
        count++;
    }
    return count;
}
