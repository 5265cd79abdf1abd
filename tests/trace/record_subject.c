/* record_subject.c - what the recorder's tests record: small programs, told apart by their argument. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 2000, PAGE = 4096 };

/* So that no allocation is optimised away. */
static void *volatile kept;

static void *keep(void *block)
{
    kept = block;
    return block;
}

static int single(void)
{
    void *a = keep(malloc(70001));
    void *b = keep(calloc(7, 10000));
    a = keep(realloc(a, 70002));
    void *c = NULL;
    if (posix_memalign(&c, PAGE, 70003) != 0)
        return 1;
    free(keep(c));
    free(b);
    a = keep(realloc(a, 0));
    free(keep(aligned_alloc(64, 70016)));
    free(keep(malloc(0)));
    free(a);
    return 0;
}

static void *work(void *unused)
{
    void *blocks[16] = {0};
    for (unsigned i = 0; i < ROUNDS; i++) {
        free(blocks[i % 16]);
        blocks[i % 16] = keep(malloc(71000 + i % 16));
    }
    for (unsigned i = 0; i < 16; i++)
        free(blocks[i]);
    return unused;
}

static int threads(void)
{
    pthread_t thread[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        if (pthread_create(&thread[i], NULL, work, NULL) != 0)
            return 1;
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    return 0;
}

/* The child frees its copy of the parent's block, keeps one of its own, and ends without running destructors. */
static int forks(void)
{
    void *shared = keep(malloc(72001));
    pid_t child = fork();
    if (child == 0) {
        free(shared);
        keep(malloc(72002));
        _exit(0);
    }
    waitpid(child, NULL, 0);
    free(shared);
    keep(malloc(72003));
    return 0;
}

static int maps(void)
{
    char *whole = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *parts = mmap(NULL, 7 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *reserved = mmap(NULL, 9 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(whole, 5 * PAGE);
    munmap(parts, 3 * PAGE);
    munmap(parts + 3 * PAGE, 4 * PAGE);
    munmap(reserved, 9 * PAGE);
    return 0;
}

/* glibc ends the program at the second free. */
static int twice(void)
{
    void *block = keep(malloc(73001));
    free(block);
    free(kept);
    return 0;
}

static int replaced(const char *program)
{
    keep(malloc(74001));
    return execl(program, program, "single", (char *)NULL);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "single") == 0)
        return single();
    if (strcmp(what, "threads") == 0)
        return threads();
    if (strcmp(what, "forks") == 0)
        return forks();
    if (strcmp(what, "maps") == 0)
        return maps();
    if (strcmp(what, "twice") == 0)
        return twice();
    if (strcmp(what, "replaced") == 0)
        return replaced(argv[0]);
    return strcmp(what, "fails") == 0 ? 7 : 2;
}
