/* The command line: one table for all commands, each of which names what it accepts. */
#include "cli.h"

#include <getopt.h>
#include <string.h>

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

static const char *option_name(int code)
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

static bool bad_value(const struct cli *cli, int code, const char *why)
{
    cli_error(cli, "--%s %s: %s", option_name(code), optarg, why);
    return false;
}

static bool need_number(const struct cli *cli, int code, uint64_t *number)
{
    return cli_number(optarg, number) || bad_value(cli, code, "is not a number (0x10, 16)");
}

static bool need_up_to(const struct cli *cli, int code, uint64_t last, uint64_t *number)
{
    if (!need_number(cli, code, number))
        return false;
    return *number <= last || bad_value(cli, code, "is too large");
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
        return bad_value(cli, OPTION_CORE, "only one core can be opened");
    cli->options.core = optarg;
    return true;
}

static bool set_low_ram(struct cli *cli)
{
    return cli_size(optarg, &cli->options.low_ram) ||
           bad_value(cli, OPTION_LOW_RAM, "is not a size (3G, 0xe0000000)");
}

static bool set_cpu(struct cli *cli)
{
    uint64_t number;
    if (!need_up_to(cli, OPTION_CPU, 65535, &number))
        return false;
    cli->options.cpu = (unsigned)number;
    return true;
}

/* ---- registers ---- */

static bool set_register(struct cli *cli, int code, enum kms_x86_reg reg, uint64_t last)
{
    struct cli_registers *registers = &cli->options.registers;
    if (!need_up_to(cli, code, last, &registers->value[reg]))
        return false;
    registers->given |= 1u << reg;
    return true;
}

static bool set_cr3(struct cli *cli)
{
    struct cli_registers *registers = &cli->options.registers;
    unsigned most = cli->command == &cli_diff ? 2 : 1;
    if (registers->cr3_count == most)
        return bad_value(cli, OPTION_CR3, most == 1 ? "given twice" : "given more than twice");
    if (!set_register(cli, OPTION_CR3, KMS_X86_CR3, UINT64_MAX))
        return false;
    registers->cr3[registers->cr3_count++] = registers->value[KMS_X86_CR3];
    registers->value[KMS_X86_CR3] = registers->cr3[0];
    return true;
}

static bool set_maxphyaddr(struct cli *cli)
{
    uint64_t bits;
    if (!need_number(cli, OPTION_MAXPHYADDR, &bits))
        return false;
    if (bits < KMS_X86_MAXPHYADDR_MIN || bits > KMS_X86_MAXPHYADDR_MAX)
        return bad_value(cli, OPTION_MAXPHYADDR, "is not between 32 and 52");
    cli->options.registers.maxphyaddr = (uint8_t)bits;
    return true;
}

struct mode_name {
    const char *name;
    enum kms_paging_mode mode;
};

static bool find_mode(const struct mode_name *modes, unsigned count, enum kms_paging_mode *mode)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(optarg, modes[i].name) == 0) {
            *mode = modes[i].mode;
            return true;
        }
    }
    return false;
}

static bool set_mode(struct cli *cli)
{
    static const struct mode_name modes[] = {{"32bit", KMS_PAGING_32BIT},
                                             {"pae", KMS_PAGING_PAE},
                                             {"4level", KMS_PAGING_4LEVEL},
                                             {"5level", KMS_PAGING_5LEVEL}};
    struct cli_registers *registers = &cli->options.registers;
    registers->mode_given = find_mode(modes, sizeof modes / sizeof modes[0], &registers->mode);
    return registers->mode_given || bad_value(cli, OPTION_MODE, "is none of 32bit, pae, 4level, 5level");
}

static bool parse_register(struct cli *cli, int code)
{
    cli->options.registers.x86_option = (unsigned)code;
    switch (code) {
    case OPTION_CR0: return set_register(cli, code, KMS_X86_CR0, UINT32_MAX);
    case OPTION_CR3: return set_cr3(cli);
    case OPTION_CR4: return set_register(cli, code, KMS_X86_CR4, UINT32_MAX);
    case OPTION_EFER: return set_register(cli, code, KMS_X86_EFER, UINT32_MAX);
    case OPTION_PKRU: return set_register(cli, code, KMS_X86_PKRU, UINT32_MAX);
    case OPTION_PKRS: return set_register(cli, code, KMS_X86_PKRS, UINT32_MAX);
    case OPTION_CPL: return set_register(cli, code, KMS_X86_CPL, 3);
    case OPTION_MAXPHYADDR: return set_maxphyaddr(cli);
    case OPTION_MODE: return set_mode(cli);
    default:
        cli->options.registers.given |= 1u << KMS_X86_EFLAGS_AC;
        cli->options.registers.value[KMS_X86_EFLAGS_AC] = 1;
        return true;
    }
}

/* ---- RISC-V ---- */

static bool set_arch(struct cli *cli)
{
    static const struct mode_name modes[] = {{"x86", KMS_PAGING_NONE},
                                             {"sv32", KMS_PAGING_SV32},
                                             {"sv39", KMS_PAGING_SV39},
                                             {"sv48", KMS_PAGING_SV48},
                                             {"sv57", KMS_PAGING_SV57}};
    struct cli_riscv *riscv = &cli->options.riscv;
    if (!find_mode(modes, sizeof modes / sizeof modes[0], &riscv->mode))
        return bad_value(cli, OPTION_ARCH, "is none of x86, sv32, sv39, sv48, sv57");
    riscv->given = riscv->mode != KMS_PAGING_NONE;
    return true;
}

static bool set_satp(struct cli *cli)
{
    struct cli_riscv *riscv = &cli->options.riscv;
    const unsigned most = cli->command == &cli_diff ? 2 : 1;
    if (riscv->satp_count == most)
        return bad_value(cli, OPTION_SATP, most == 1 ? "given twice" : "given more than twice");
    return need_number(cli, OPTION_SATP, &riscv->satp[riscv->satp_count++]);
}

static bool set_ram_base(struct cli *cli)
{
    cli->options.ram_base_given = true;
    return cli_size(optarg, &cli->options.ram_base) ||
           bad_value(cli, OPTION_RAM_BASE, "is not an address (0x80000000, 2G)");
}

static bool parse_riscv(struct cli *cli, int code)
{
    if (code != OPTION_ARCH && code != OPTION_RAM_BASE)
        cli->options.registers.riscv_option = (unsigned)code;
    switch (code) {
    case OPTION_ARCH: return set_arch(cli);
    case OPTION_SATP: return set_satp(cli);
    case OPTION_SUM: return cli->options.riscv.sum = true;
    case OPTION_MXR: return cli->options.riscv.mxr = true;
    case OPTION_SVADE: return cli->options.riscv.svade = true;
    default: return set_ram_base(cli);
    }
}

/* Registers of one architecture mean nothing to the other. */
static bool is_one_architecture(const struct cli *cli)
{
    const struct cli_options *options = &cli->options;
    if (options->riscv.given && options->registers.x86_option) {
        cli_error(cli, "--%s is of x86, not of --arch %s", option_name((int)options->registers.x86_option),
                  kms_mode_name(options->riscv.mode));
        return false;
    }
    if (!options->riscv.given && options->registers.riscv_option) {
        cli_error(cli, "--%s needs --arch sv32, sv39, sv48 or sv57",
                  option_name((int)options->registers.riscv_option));
        return false;
    }
    return true;
}

/* ---- what a command looks at ---- */

static bool set_kind(struct cli *cli, enum kms_access_kind kind)
{
    if (cli->options.access.kind != KMS_READ && cli->options.access.kind != kind) {
        cli_error(cli, "--write and --fetch: an access is only one of them");
        return false;
    }
    cli->options.access.kind = kind;
    return true;
}

static bool set_privilege(struct cli *cli, enum kms_privilege privilege)
{
    if (cli->options.access.privilege != KMS_AS_CURRENT && cli->options.access.privilege != privilege) {
        cli_error(cli, "--user and --implicit: an access is only one of them");
        return false;
    }
    cli->options.access.privilege = privilege;
    return true;
}

static bool set_range(struct cli *cli)
{
    struct cli_options *options = &cli->options;
    char text[64];
    char *dash;
    if (strlen(optarg) >= sizeof text)
        return bad_value(cli, OPTION_RANGE, "is not a range (0xc0000000-0xffffffff)");
    memcpy(text, optarg, strlen(optarg) + 1);
    dash = strchr(text, '-');
    if (dash)
        *dash = '\0';
    if (!dash || !cli_number(text, &options->first) || !cli_number(dash + 1, &options->last) ||
        options->first > options->last)
        return bad_value(cli, OPTION_RANGE, "is not a range (0xc0000000-0xffffffff)");
    options->range_given = true;
    return true;
}

/* Two numbers with `mark` between them. */
static bool two_numbers(char mark, uint64_t *first, uint64_t *second)
{
    char text[64];
    if (strlen(optarg) >= sizeof text)
        return false;
    memcpy(text, optarg, strlen(optarg) + 1);
    char *between = strchr(text, mark);
    if (!between)
        return false;
    *between = '\0';
    return cli_number(text, first) && cli_number(between + 1, second);
}

static bool set_segment(struct cli *cli)
{
    struct cli_segment_options *segment = &cli->options.segment;
    uint64_t selector, offset;
    if (!two_numbers(':', &selector, &offset))
        return bad_value(cli, OPTION_SEGMENT, "is not SELECTOR:OFFSET (0x10:0x1234)");
    if (selector > UINT16_MAX || offset > UINT32_MAX)
        return bad_value(cli, OPTION_SEGMENT, "a selector has 16 bits and an offset 32");
    segment->given = true;
    segment->selector = (uint16_t)selector;
    segment->offset = (uint32_t)offset;
    return true;
}

static bool set_table(struct cli *cli, int code)
{
    struct cli_segment_options *segment = &cli->options.segment;
    uint64_t base, limit;
    if (!two_numbers(',', &base, &limit))
        return bad_value(cli, code, "is not BASE,LIMIT (0xc0010000,0x2f)");
    if (base > UINT32_MAX || limit > UINT16_MAX)
        return bad_value(cli, code, "a base has 32 bits and a limit 16");
    *(code == OPTION_GDT ? &segment->gdt_given : &segment->ldt_given) = true;
    *(code == OPTION_GDT ? &segment->gdt : &segment->ldt) =
        (struct kms_table_register){base, (uint16_t)limit};
    return true;
}

static bool set_view_number(struct cli *cli, int code)
{
    struct cli_options *options = &cli->options;
    switch (code) {
    case OPTION_CR2:
        options->registers.x86_option = OPTION_CR2;
        options->cr2_given = true;
        return need_number(cli, code, &options->cr2);
    case OPTION_STVAL:
        options->registers.riscv_option = OPTION_STVAL;
        options->cr2_given = true;
        return need_number(cli, code, &options->cr2);
    case OPTION_LIMIT: return need_number(cli, code, &options->limit);
    default: options->kernel_base_given = true; return need_number(cli, code, &options->kernel_base);
    }
}

static bool parse_view(struct cli *cli, int code)
{
    switch (code) {
    case OPTION_USER: return set_privilege(cli, KMS_AS_USER);
    case OPTION_IMPLICIT: return set_privilege(cli, KMS_AS_IMPLICIT);
    case OPTION_WRITE: return set_kind(cli, KMS_WRITE);
    case OPTION_FETCH: return set_kind(cli, KMS_FETCH);
    case OPTION_SEGMENT: return set_segment(cli);
    case OPTION_GDT:
    case OPTION_LDT: return set_table(cli, code);
    case OPTION_RANGE: return set_range(cli);
    case OPTION_ALL: return cli->options.all = true;
    default: return set_view_number(cli, code);
    }
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
    if (code >= OPTION_USER)
        return parse_view(cli, code);
    return code >= OPTION_ARCH ? parse_riscv(cli, code) : parse_register(cli, code);
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
    return is_one_architecture(cli);
}
