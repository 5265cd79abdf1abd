#include "story_layout.h"

#include <stdlib.h>
#include <string.h>

#include "layout_impl.h"

bool layout_number(enum story_mode mode, const char *word, uint64_t *value)
{
    char name[64];
    uint64_t offset = 0;
    if (plain_number(NULL, word, value))
        return true;
    const char *plus = strpbrk(word, "+-");
    size_t length = plus ? (size_t)(plus - word) : strlen(word);
    if (length >= sizeof(name) || (plus && !plain_number(NULL, plus + 1, &offset)))
        return false;
    memcpy(name, word, length);
    name[length] = 0;
    if (!own_symbol(mode, name, value))
        return false;
    *value = plus && *plus == '-' ? *value - offset : *value + offset;
    return true;
}

void layout_link_entry(enum story_mode mode, struct ref_case *c, uint64_t address, uint64_t value)
{
    uint8_t width = layout_entry_width(mode);
    case_add(c, (struct ref_op){.code = REF_POKE, .width = width, .address = address, .value = value});
}

uint64_t layout_pattern(uint64_t physical, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        uint64_t pa = physical + i;
        value |= (uint64_t)(own_pattern(pa & ~3ull) >> (pa & 3) * 8 & 0xff) << 8 * i;
    }
    return value;
}

bool layout_frame_offset(enum story_mode mode, const char *frame, uint64_t linear, uint64_t *physical)
{
    if (!own_symbol(mode, frame, physical))
        return false;
    *physical += linear & (own_frame_size(mode, frame) - 1);
    return true;
}
