/* kmemsim kernels: what kernels this program was linked with, a line each. */
#include "operations.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

enum { KERNELS_JSON_VERSION = 1 };

static const char usage[] =
    "usage: kmemsim kernels [--json]\n"
    "List the kernels that kmemsim run --kernel takes: name, architecture, what it is.\n"
    "\n"
    "  --json   the list for programs, with the RAM that each needs\n"
    "\n"
    "Exit status: 0, or 2 on usage.\n";

static const char *architecture(const struct guest_ops *ops)
{
    switch (ops->arch) {
    case GUEST_X86: return "x86";
    case GUEST_RV32: return "riscv32";
    case GUEST_RV64: return "riscv64";
    default: return "unknown";
    }
}

static void print_list(void)
{
    for (const struct kms_guest_module *module = kms_guest_first(); module; module = kms_guest_next(module))
        printf("%-9s %-8s %s\n", module->name, architecture(module->ops), module->ops->title);
}

static void print_json(void)
{
    json_t *kernels = json_array();
    for (const struct kms_guest_module *module = kms_guest_first(); module; module = kms_guest_next(module))
        json_array_append_new(kernels, json_pack("{ss ss ss sI}", "name", module->name, "architecture",
                                                 architecture(module->ops), "title", module->ops->title,
                                                 "ram_size", (json_int_t)module->ops->ram_size));
    json_t *all =
        json_pack("{si ss so}", "version", KERNELS_JSON_VERSION, "command", "kernels", "kernels", kernels);
    json_dumpf(all, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(all);
}

int cmd_kernels(int argc, char **argv)
{
    static const struct option known[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    void (*print)(void) = print_list;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage, stdout);
            return OPERATIONS_CLEAN;
        }
        if (option != 'j') {
            fputs(usage, stderr);
            return OPERATIONS_USAGE;
        }
        print = print_json;
    }
    if (optind != argc) {
        fputs(usage, stderr);
        return OPERATIONS_USAGE;
    }
    print();
    return OPERATIONS_CLEAN;
}
