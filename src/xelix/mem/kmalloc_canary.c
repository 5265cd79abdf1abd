#include <kernel/hw.h>

#include "../../lib/text.h"
#include "kmalloc_block.h"

/* The pattern depends on the place, so that memory copied over it shows: 0xCAFE where offsets are even. */
static unsigned char pattern(uint32_t offset)
{
    return offset % 2 ? 0xca : 0xfe;
}

static uint32_t memory_offset(uint32_t block)
{
    return block + KMALLOC_HEADER + KMALLOC_FRONT;
}

static uint32_t end_of_room(uint32_t block)
{
    return block_footer(block, block_room(block));
}

static void write_between(uint32_t first, uint32_t end)
{
    kernel_mark_known(kmalloc_arena.memory + first, end - first);
    for (uint32_t offset = first; offset < end; offset++)
        kmalloc_arena.memory[offset] = pattern(offset);
    kernel_mark_closed(kmalloc_arena.memory + first, end - first);
}

void canary_write(uint32_t block, uint32_t asked)
{
    const uint32_t memory = memory_offset(block);

    kmalloc_set(block + KMALLOC_HEADER, asked);
    kmalloc_set(block + KMALLOC_HEADER + 4, ~asked);
    write_between(memory - KMALLOC_CANARY, memory);
    write_between(memory + asked, end_of_room(block));
}

uint32_t canary_asked(uint32_t block)
{
    const uint32_t asked = kmalloc_get(block + KMALLOC_HEADER);

    if (kmalloc_get(block + KMALLOC_HEADER + 4) != ~asked)
        return 0;
    return asked <= block_room(block) - KMALLOC_FRONT - KMALLOC_BACK ? asked : 0;
}

static bool is_whole(uint32_t offset)
{
    return kmalloc_arena.memory[offset] == pattern(offset);
}

/* How far before the memory, and behind its end, the farthest byte that was written to lies. */
static uint32_t damage_before(uint32_t memory)
{
    for (uint32_t distance = KMALLOC_CANARY; distance > 0; distance--)
        if (!is_whole(memory - distance))
            return distance;
    return 0;
}

static uint32_t damage_after(uint32_t end, uint32_t end_of_canary)
{
    for (uint32_t offset = end_of_canary; offset > end; offset--)
        if (!is_whole(offset - 1))
            return offset - end;
    return 0;
}

/* An underrun that reached the number of bytes asked for went through all of the canary. */
struct kmalloc_damage canary_look(uint32_t block)
{
    const uint32_t memory = memory_offset(block);
    const uint32_t end = end_of_room(block);
    const uint32_t asked = canary_asked(block);
    struct kmalloc_damage damage = {0};

    if (!asked)
        return (struct kmalloc_damage){.before = KMALLOC_FRONT};
    kernel_mark_known(kmalloc_arena.memory + memory - KMALLOC_CANARY, KMALLOC_CANARY);
    kernel_mark_known(kmalloc_arena.memory + memory + asked, end - memory - asked);
    damage.before = damage_before(memory);
    damage.after = damage_after(memory + asked, end);
    kernel_mark_closed(kmalloc_arena.memory + memory - KMALLOC_CANARY, KMALLOC_CANARY);
    kernel_mark_closed(kmalloc_arena.memory + memory + asked, end - memory - asked);
    return damage;
}

static void say_side(uint32_t block, uint32_t bytes, const char *side)
{
    char words[96];
    struct text text = text_in(words, sizeof words);

    text_put(&text, "kmalloc: ");
    text_hex(&text, kmalloc_arena.address + memory_offset(block), 8);
    text_put(&text, " was written to ");
    text_decimal(&text, bytes);
    text_put(&text, bytes == 1 ? " byte " : " bytes ");
    text_put(&text, side);
    for (const char *c = words; *c; c++)
        hw_putchar(*c);
    hw_putchar('\n');
}

void canary_report(uint32_t block)
{
    const struct kmalloc_damage damage = canary_look(block);
    const uint32_t blocks = kmalloc_arena.damage.blocks;

    if (!damage.before && !damage.after)
        return;
    kmalloc_arena.damage = damage;
    kmalloc_arena.damage.blocks = blocks + 1;
    if (damage.before)
        say_side(block, damage.before, "before its start");
    if (damage.after)
        say_side(block, damage.after, "behind its end");
}
