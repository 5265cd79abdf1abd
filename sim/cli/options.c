/* The command line: one table for all commands, each of which names what it accepts. */
#include "options.h"

#include <getopt.h>
#include <string.h>

static const struct option long_options[] = {
    {"image", required_argument, NULL, OPTION_IMAGE},
    {"core", required_argument, NULL, OPTION_CORE},
    {"low-ram", required_argument, NULL, OPTION_LOW_RAM},
    {"cpu", required_argument, NULL, OPTION_CPU},
    {"symbols", required_argument, NULL, OPTION_SYMBOLS},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {"cr0", required_argument, NULL, OPTION_CR0},
    {"cr3", required_argument, NULL, OPTION_CR3},
    {"cr4", required_argument, NULL, OPTION_CR4},
    {"efer", required_argument, NULL, OPTION_EFER},
    {"pkru", required_argument, NULL, OPTION_PKRU},
    {"pkrs", required_argument, NULL, OPTION_PKRS},
    {"cpl", required_argument, NULL, OPTION_CPL},
    {"ac", no_argument, NULL, OPTION_AC},
    {"maxphyaddr", required_argument, NULL, OPTION_MAXPHYADDR},
    {"mode", required_argument, NULL, OPTION_MODE},
    {"arch", required_argument, NULL, OPTION_ARCH},
    {"satp", required_argument, NULL, OPTION_SATP},
    {"sum", no_argument, NULL, OPTION_SUM},
    {"mxr", no_argument, NULL, OPTION_MXR},
    {"svade", no_argument, NULL, OPTION_SVADE},
    {"ram-base", required_argument, NULL, OPTION_RAM_BASE},
    {"user", no_argument, NULL, OPTION_USER},
    {"write", no_argument, NULL, OPTION_WRITE},
    {"fetch", no_argument, NULL, OPTION_FETCH},
    {"implicit", no_argument, NULL, OPTION_IMPLICIT},
    {"segment", required_argument, NULL, OPTION_SEGMENT},
    {"gdt", required_argument, NULL, OPTION_GDT},
    {"ldt", required_argument, NULL, OPTION_LDT},
    {"cr2", required_argument, NULL, OPTION_CR2},
    {"stval", required_argument, NULL, OPTION_STVAL},
    {"range", required_argument, NULL, OPTION_RANGE},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"kernel-base", required_argument, NULL, OPTION_KERNEL_BASE},
    {"all", no_argument, NULL, OPTION_ALL},
    {NULL, 0, NULL, 0},
};

const char *option_name(int code)
{
    const struct option *option = long_options;
    while (option->val != code)
        option++;
    return option->name;
}

const char *cli_option_name(unsigned number)
{
    return option_name((int)number);
}

/* Options up to and including RAM_BASE say what the image is: every command takes them. */
static bool accepts(const struct cli_command *command, int code)
{
    char spaced[32];
    if (code < OPTION_USER)
        return true;
    snprintf(spaced, sizeof spaced, " %s ", option_name(code));
    return command->options && strstr(command->options, spaced);
}

bool option_bad_value(const struct cli *cli, int code, const char *why)
{
    cli_error(cli, "--%s %s: %s", option_name(code), optarg, why);
    return false;
}

bool option_need_number(const struct cli *cli, int code, uint64_t *number)
{
    if (cli_number(optarg, number))
        return true;
    return option_bad_value(cli, code, "is not a number (0x10, 16)");
}

bool option_need_up_to(const struct cli *cli, int code, uint64_t last, uint64_t *number)
{
    if (!option_need_number(cli, code, number))
        return false;
    if (*number <= last)
        return true;
    return option_bad_value(cli, code, "is too large");
}

/* ---- files ---- */

/* FILE@BASE, where FILE may hold an @ itself if what follows the last one is no number. */
static bool add_image(struct cli *cli, char *text)
{
    struct cli_options *options = &cli->options;
    char *at = strrchr(text, '@');
    if (options->image_count == CLI_IMAGES_MAX) {
        cli_error(cli, "more than %u images", CLI_IMAGES_MAX);
        return false;
    }
    struct cli_file *file = &options->images[options->image_count++];
    *file = (struct cli_file){.path = text};
    file->based = at && cli_size(at + 1, &file->base);
    if (file->based)
        *at = '\0';
    return true;
}

static bool set_core(struct cli *cli)
{
    if (cli->options.core)
        return option_bad_value(cli, OPTION_CORE, "only one core can be opened");
    cli->options.core = optarg;
    return true;
}

static bool set_low_ram(struct cli *cli)
{
    if (cli_size(optarg, &cli->options.low_ram))
        return true;
    return option_bad_value(cli, OPTION_LOW_RAM, "is not a size (3G, 0xe0000000)");
}

static bool set_cpu(struct cli *cli)
{
    uint64_t number;
    if (!option_need_up_to(cli, OPTION_CPU, 65535, &number))
        return false;
    cli->options.cpu = (unsigned)number;
    return true;
}

static bool parse_one(struct cli *cli, int code)
{
    struct cli_options *options = &cli->options;
    switch (code) {
    case OPTION_IMAGE: return add_image(cli, optarg);
    case OPTION_CORE: return set_core(cli);
    case OPTION_LOW_RAM: return set_low_ram(cli);
    case OPTION_CPU: return set_cpu(cli);
    case OPTION_SYMBOLS: options->symbols = optarg; return true;
    case OPTION_JSON: return options->json = true;
    case OPTION_HELP: return options->help = true;
    default: break;
    }
    return code >= OPTION_USER ? option_parse_view(cli, code) : option_parse_cpu(cli, code);
}

bool cli_parse(struct cli *cli, int argc, char **argv)
{
    int code;
    optind = 0; /* start afresh: a program may parse several command lines */
    opterr = 0;
    while ((code = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (code == 'h')
            code = OPTION_HELP;
        if (code == '?' || code == ':') {
            cli_error(cli, "%s: %s (see kmemsim %s --help)", argv[optind - 1],
                      code == ':' ? "needs a value" : "no such option", cli->command->name);
            return false;
        }
        if (!accepts(cli->command, code)) {
            cli_error(cli, "--%s is no option of this command (see kmemsim %s --help)", option_name(code),
                      cli->command->name);
            return false;
        }
        if (!parse_one(cli, code))
            return false;
    }
    cli->operands = argv + optind;
    cli->operand_count = argc - optind;
    const struct cli_segment_options *segment = &cli->options.segment;
    if (!segment->given && (segment->gdt_given || segment->ldt_given)) {
        cli_error(cli, "--%s without --segment says nothing", segment->gdt_given ? "gdt" : "ldt");
        return false;
    }
    return option_is_one_architecture(cli);
}
