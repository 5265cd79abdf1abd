/* kmemsim's commands on operations as a program of their own, with the toy kernel in it. */
#include "cli/operations.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "run") == 0)
        return cmd_run(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "kernels") == 0)
        return cmd_kernels(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "record") == 0)
        return cmd_record(argc - 1, argv + 1);
    fputs("usage: operations_tool run|kernels|record ...\n", stderr);
    return OPERATIONS_USAGE;
}
