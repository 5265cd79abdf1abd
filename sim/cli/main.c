#include "cli.h"
#include "operations.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Commands on kernels and programs, which take their arguments themselves; all others are on memory images. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", cmd_run},
    {"kernels", cmd_kernels},
    {"record", cmd_record},
};

/* jansson leaves out what it has no memory for, and half an answer is worse than none. */
static void *json_memory(size_t size)
{
    void *memory = malloc(size);
    if (!memory) {
        fputs("kmemsim: no memory for the answer in JSON\n", stderr);
        exit(CLI_USAGE);
    }
    return memory;
}

int main(int argc, char **argv)
{
    json_set_alloc_funcs(json_memory, free);
    for (unsigned i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    return (int)cli_run(argc, argv, stdout, stderr);
}
