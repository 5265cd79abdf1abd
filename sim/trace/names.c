#include "trace/names.h"

#include <stdlib.h>
#include <string.h>

/* Names are never freed singly: they are cut from chunks, so that a file of a million names is a few calls.
 */
enum { CHUNK_BYTES = 64 * 1024, FIRST_CAPACITY = 64 };

struct trace_chunk {
    struct trace_chunk *next;
    size_t used;
    _Alignas(struct trace_name) char bytes[CHUNK_BYTES];
};

static uint32_t hash_of(const char *text, size_t length)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return hash;
}

static struct trace_name **slot_of(const struct trace_names *names, uint32_t hash, const char *text,
                                   size_t length)
{
    size_t i = hash & (names->capacity - 1);
    for (;; i = (i + 1) & (names->capacity - 1)) {
        struct trace_name *name = names->slots[i];
        if (!name || (name->hash == hash && name->length == length && memcmp(name->text, text, length) == 0))
            return &names->slots[i];
    }
}

struct trace_name *trace_names_find(const struct trace_names *names, const char *text, size_t length)
{
    return names->capacity ? *slot_of(names, hash_of(text, length), text, length) : NULL;
}

static bool grow(struct trace_names *names)
{
    struct trace_names larger = *names;
    larger.capacity = names->capacity ? names->capacity * 2 : FIRST_CAPACITY;
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < names->capacity; i++) {
        struct trace_name *name = names->slots[i];
        if (name)
            *slot_of(&larger, name->hash, name->text, name->length) = name;
    }
    free(names->slots);
    *names = larger;
    return true;
}

static void *take(struct trace_names *names, size_t size)
{
    size = (size + _Alignof(struct trace_name) - 1) & ~(_Alignof(struct trace_name) - 1);
    if (!names->chunks || CHUNK_BYTES - names->chunks->used < size) {
        struct trace_chunk *chunk = malloc(sizeof *chunk);
        if (!chunk)
            return NULL;
        chunk->next = names->chunks;
        chunk->used = 0;
        names->chunks = chunk;
    }
    void *taken = names->chunks->bytes + names->chunks->used;
    names->chunks->used += size;
    return taken;
}

struct trace_name *trace_names_add(struct trace_names *names, const char *text, size_t length)
{
    if (names->count * 2 >= names->capacity && !grow(names))
        return NULL;
    struct trace_name *name = take(names, sizeof *name + length + 1);
    if (!name)
        return NULL;
    char *copy = (char *)(name + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    *name = (struct trace_name){.text = copy, .length = (uint32_t)length, .hash = hash_of(text, length)};
    *slot_of(names, name->hash, text, length) = name;
    names->count++;
    return name;
}

void trace_names_free(struct trace_names *names)
{
    while (names->chunks) {
        struct trace_chunk *next = names->chunks->next;
        free(names->chunks);
        names->chunks = next;
    }
    free(names->slots);
    *names = (struct trace_names){0};
}
