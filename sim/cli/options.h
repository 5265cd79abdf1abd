/*
 * options.h - the options of the command line by number, between the files that parse them. The value of the option at hand
 * is getopt's optarg. Functions that return bool have printed the reason where they return false.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli.h"

/* In this order: the image, registers of x86, RISC-V, what a command looks at. */
enum option_code {
    OPTION_IMAGE = 1,
    OPTION_CORE,
    OPTION_LOW_RAM,
    OPTION_CPU,
    OPTION_SYMBOLS,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_CR0,
    OPTION_CR3,
    OPTION_CR4,
    OPTION_EFER,
    OPTION_PKRU,
    OPTION_PKRS,
    OPTION_CPL,
    OPTION_AC,
    OPTION_MAXPHYADDR,
    OPTION_MODE,
    OPTION_ARCH, /* from here on RISC-V */
    OPTION_SATP,
    OPTION_SUM,
    OPTION_MXR,
    OPTION_SVADE,
    OPTION_RAM_BASE,
    OPTION_USER,
    OPTION_WRITE,
    OPTION_FETCH,
    OPTION_IMPLICIT,
    OPTION_SEGMENT,
    OPTION_GDT,
    OPTION_LDT,
    OPTION_CR2,
    OPTION_STVAL,
    OPTION_RANGE,
    OPTION_LIMIT,
    OPTION_KERNEL_BASE,
    OPTION_ALL,
};

/* As the user writes it, without the dashes. */
const char *option_name(int code);

/* Says that this option's value is wrong, and why; false. */
bool option_bad_value(const struct cli *cli, int code, const char *why);
bool option_need_number(const struct cli *cli, int code, uint64_t *number);
bool option_need_up_to(const struct cli *cli, int code, uint64_t last, uint64_t *number);

/* Options below OPTION_USER that are no file's: the registers and the mode of the CPU. */
bool option_parse_cpu(struct cli *cli, int code);
/* Options from OPTION_USER on. */
bool option_parse_view(struct cli *cli, int code);

/* Once all are parsed: registers of one architecture mean nothing to the other. */
bool option_is_one_architecture(const struct cli *cli);

#endif
