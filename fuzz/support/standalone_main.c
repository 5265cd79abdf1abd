/*
 * The main of a fuzz target where no fuzzing engine is linked: replays every file named, every file in each
 * folder named, or standard input where nothing is named (which is how AFL++ calls it). Options are libFuzzer's and
 * ignored (-runs=0) or the target's (-artifact_prefix=), so that one command line serves both.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static size_t replayed;

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* The input is copied to a block of its exact size, so that a sanitizer sees the first byte read past it. */
static void replay_bytes(const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        fail("input");
    memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    replayed++;
}

static void replay_stream(FILE *stream, const char *name)
{
    uint8_t *bytes = NULL;
    size_t size = 0, capacity = 0, got;
    do {
        if (size == capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            bytes = realloc(bytes, capacity);
            if (!bytes)
                fail(name);
        }
        got = fread(bytes + size, 1, capacity - size, stream);
        size += got;
    } while (got > 0);
    if (ferror(stream))
        fail(name);
    replay_bytes(bytes, size);
    free(bytes);
}

static void replay_file(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (!stream)
        fail(path);
    replay_stream(stream, path);
    fclose(stream);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *path, struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++) {
        char file[4096];
        if (snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name) < (int)sizeof(file))
            replay_file(file);
        free(entries[i]);
    }
    free(entries);
}

static void replay_path(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    if (count >= 0)
        replay_folder(path, entries, count);
    else
        replay_file(path);
}

int main(int argc, char **argv)
{
    int paths = 0;
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        replay_path(argv[i]);
        paths++;
    }
    if (paths == 0)
        replay_stream(stdin, "standard input");
    fprintf(stderr, "%zu inputs replayed\n", replayed);
    return EXIT_SUCCESS;
}
