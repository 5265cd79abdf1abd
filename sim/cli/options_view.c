/* What a command looks at: an access, a segment, a range. */
#include "options.h"

#include <getopt.h>
#include <string.h>

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

static bool set_range(struct cli *cli)
{
    struct cli_options *options = &cli->options;
    if (!two_numbers('-', &options->first, &options->last) || options->first > options->last)
        return option_bad_value(cli, OPTION_RANGE, "is not a range (0xc0000000-0xffffffff)");
    options->range_given = true;
    return true;
}

static bool set_segment(struct cli *cli)
{
    struct cli_segment_options *segment = &cli->options.segment;
    uint64_t selector, offset;
    if (!two_numbers(':', &selector, &offset))
        return option_bad_value(cli, OPTION_SEGMENT, "is not SELECTOR:OFFSET (0x10:0x1234)");
    if (selector > UINT16_MAX || offset > UINT32_MAX)
        return option_bad_value(cli, OPTION_SEGMENT, "a selector has 16 bits and an offset 32");
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
        return option_bad_value(cli, code, "is not BASE,LIMIT (0xc0010000,0x2f)");
    if (base > UINT32_MAX || limit > UINT16_MAX)
        return option_bad_value(cli, code, "a base has 32 bits and a limit 16");
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
        return option_need_number(cli, code, &options->cr2);
    case OPTION_STVAL:
        options->registers.riscv_option = OPTION_STVAL;
        options->cr2_given = true;
        return option_need_number(cli, code, &options->cr2);
    case OPTION_LIMIT: return option_need_number(cli, code, &options->limit);
    default: options->kernel_base_given = true; return option_need_number(cli, code, &options->kernel_base);
    }
}

bool option_parse_view(struct cli *cli, int code)
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
