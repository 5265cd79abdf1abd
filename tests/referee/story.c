#define _GNU_SOURCE
#include "layout_impl.h"

#include <stdlib.h>
#include <string.h>

struct file {
    const char *path;
    char **lines;
    size_t count;
};

static struct ref_case *append_case(struct story_list *list)
{
    struct ref_case *grown = realloc(list->cases, (list->count + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    list->cases = grown;
    return &grown[list->count++];
}

/* Bits of the modes named in a `modes` line. */
static unsigned modes_named(const char *line)
{
    unsigned modes = 0;
    for (unsigned m = 0; m < STORY_MODES; m++)
        modes |= strstr(line, story_mode_words[m]) ? 1u << m : 0;
    return modes;
}

static bool one_case(const struct file *f, size_t from, size_t to, enum story_mode mode,
                     struct story_list *list, char error[256])
{
    char name[CASE_NAME];
    const char *title = f->lines[from] + strcspn(f->lines[from], " ");
    struct story_builder b = {.c = append_case(list), .mode = mode, .cr0 = 0x11};
    if (!b.c) {
        snprintf(error, 256, "no memory");
        return false;
    }
    snprintf(name, sizeof(name), "%.*s%s%s", (int)strcspn(title + 1, "\r\n"), title + 1,
             mode == STORY_RAW ? "" : ", ", mode == STORY_RAW ? "" : story_mode_words[mode]);
    case_begin(b.c, name);
    for (size_t i = from + 1; i < to; i++) {
        if (strncmp(f->lines[i], "modes ", 6) == 0 || story_line(&b, f->lines[i]))
            continue;
        snprintf(error, 256, "%s:%zu: %s", f->path, i + 1, b.error ? b.error : "not understood");
        return false;
    }
    if (mode != STORY_RAW)
        own_story_end(&b);
    return true;
}

static bool one_block(const struct file *f, size_t from, size_t to, struct story_list *list, char error[256])
{
    unsigned modes = 0;
    list->stories++;
    if (strncmp(f->lines[from], "case ", 5) == 0)
        return one_case(f, from, to, STORY_RAW, list, error);
    for (size_t i = from; i < to; i++)
        modes |= strncmp(f->lines[i], "modes ", 6) == 0 ? modes_named(f->lines[i]) : 0;
    for (enum story_mode m = 0; m < STORY_MODES; m++) {
        if ((!modes || modes >> m & 1) && !one_case(f, from, to, m, list, error))
            return false;
    }
    return true;
}

static bool starts_block(const char *line)
{
    return strncmp(line, "story ", 6) == 0 || strncmp(line, "case ", 5) == 0;
}

static bool read_blocks(const struct file *f, struct story_list *list, char error[256])
{
    size_t from = 0;
    while (from < f->count && !starts_block(f->lines[from]))
        from++;
    while (from < f->count) {
        size_t to = from + 1;
        while (to < f->count && !starts_block(f->lines[to]))
            to++;
        if (!one_block(f, from, to, list, error))
            return false;
        from = to;
    }
    return true;
}

static bool read_lines(FILE *in, struct file *f)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, in) > 0) {
        char **grown = realloc(f->lines, (f->count + 1) * sizeof(*grown));
        if (!grown)
            break;
        f->lines = grown;
        f->lines[f->count++] = line;
        line = NULL;
        room = 0;
    }
    bool good = feof(in);
    free(line);
    return good;
}

bool story_read(const char *path, struct story_list *list, char error[256])
{
    struct file f = {path, NULL, 0};
    FILE *in = fopen(path, "r");
    if (!in) {
        snprintf(error, 256, "%s: cannot be opened", path);
        return false;
    }
    bool good = read_lines(in, &f);
    fclose(in);
    if (!good)
        snprintf(error, 256, "%s: cannot be read", path);
    good = good && read_blocks(&f, list, error);
    for (size_t i = 0; i < f.count; i++)
        free(f.lines[i]);
    free(f.lines);
    return good;
}

void story_free(struct story_list *list)
{
    free(list->cases);
    *list = (struct story_list){NULL, 0, 0};
}
