/*
 * cli.h - what the commands of kmemsim share.
 *
 * A command gets its options parsed, its image opened and its registers settled, writes data to `out` and
 * notes to `err`, and returns an exit status. Nothing here keeps state between runs, so a program can run
 * many.
 */
#ifndef KMS_CLI_H
#define KMS_CLI_H

#include <jansson.h>
#include <kmemsim/segment.h>
#include <kmemsim/image.h>
#include <kmemsim/inspect.h>
#include <stdarg.h>
#include <stdio.h>

enum cli_exit {
    CLI_CLEAN = 0,
    CLI_FINDINGS = 1, /* a fault, a difference, something found */
    CLI_USAGE = 2,    /* usage, or input that cannot be used */
};

#define CLI_JSON_VERSION 1
#define CLI_IMAGES_MAX   32u
#define CLI_TEXT         512u /* enough for any line of words */

/* ---- options ---- */

struct cli_file {
    const char *path;
    kms_phys base;
    bool based; /* `base` was given */
};

/* Registers given on the command line: `given` has a bit 1 << KMS_X86_CR0 and so on. */
struct cli_registers {
    unsigned given;
    uint64_t value[KMS_X86_REGS];
    uint64_t cr3[2]; /* of diff; one elsewhere */
    unsigned cr3_count;
    uint8_t maxphyaddr; /* 0: not given */
    bool mode_given;
    enum kms_paging_mode mode;
    unsigned x86_option;   /* some option that RISC-V has not: its number, 0: none */
    unsigned riscv_option; /* likewise */
};

/* The same of RISC-V. */
struct cli_riscv {
    bool given;                /* --arch sv32 and so on */
    enum kms_paging_mode mode; /* KMS_PAGING_SV32 and so on */
    uint64_t satp[2];          /* of diff; one elsewhere */
    unsigned satp_count;
    bool sum, mxr, svade;
};

/* --segment, --gdt and --ldt. */
struct cli_segment_options {
    bool given, gdt_given, ldt_given;
    uint16_t selector;
    uint32_t offset;
    struct kms_table_register gdt, ldt;
};

struct cli_options {
    struct cli_file images[CLI_IMAGES_MAX];
    unsigned image_count;
    const char *core;
    uint64_t low_ram; /* 0: not given */
    const char *symbols;
    const char *log; /* explain: the file, "-" for standard input */
    struct cli_registers registers;
    struct cli_riscv riscv;
    bool ram_base_given;
    kms_phys ram_base;
    unsigned cpu;
    bool json;
    bool help;
    bool cr2_given; /* or stval */
    kms_linear cr2;
    struct kms_access access; /* kind and privilege */
    struct cli_segment_options segment;
    bool range_given;
    kms_linear first, last;
    uint64_t limit;
    bool all;
    bool kernel_base_given;
    kms_linear kernel_base;
};

struct cli_command;

struct cli {
    FILE *out, *err;
    bool color;
    const struct cli_command *command;
    struct cli_options options;
    char **operands;
    int operand_count;

    struct kms_image *image; /* NULL: none given */
    struct kms_symbols *symbols;
    struct kms_x86_state state;
    struct kms_riscv_state riscv;                /* instead, with --arch of RISC-V */
    struct kms_space space;                      /* of one of them in the image */
    const struct kms_image_registers *registers; /* what the image carries; NULL if nothing */
    bool json_items;                             /* the open JSON list has items */
};

enum cli_operands {
    CLI_OPERANDS_NONE,      /* an image at most */
    CLI_OPERANDS_ADDRESSES, /* at least one address, and an image */
    CLI_OPERANDS_OWN,       /* the command looks at them itself */
};

enum cli_image_use { CLI_IMAGE_NEEDED, CLI_IMAGE_OPTIONAL, CLI_IMAGE_WITHOUT_REGISTERS };

struct cli_command {
    const char *name;
    const char *operands_words; /* for the usage line */
    const char *summary;        /* one line */
    const char *help;           /* more of it */
    const char *options;        /* accepted beside those of the image: names, each between spaces */
    enum cli_operands operands;
    enum cli_image_use image;
    enum cli_exit (*run)(struct cli *cli);
};

extern const struct cli_command *const cli_commands[];
extern const unsigned cli_command_count;

extern const struct cli_command cli_walk, cli_translate, cli_tlb, cli_mem, cli_map, cli_fault, cli_diff,
    cli_audit, cli_explain;

/* The whole program. */
enum cli_exit cli_run(int argc, char **argv, FILE *out, FILE *err);

/* An option's name, for messages. */
const char *cli_option_name(unsigned number);
/* False after a line on cli->err. */
bool cli_parse(struct cli *cli, int argc, char **argv);
/* Open image and symbols, settle registers. False after a line on cli->err. */
bool cli_load(struct cli *cli);
void cli_unload(struct cli *cli);
/* The address space of cli->state in the image; false after a line on cli->err. */
bool cli_settle_space(struct cli *cli);
/* The registers with another CR3; false after a line on cli->err if it cannot be. */
bool cli_other_cr3(struct cli *cli, uint64_t cr3, struct kms_x86_state *state);
/* The same for RISC-V: registers, and with another satp. */
bool cli_settle_riscv(struct cli *cli);
bool cli_other_satp(struct cli *cli, uint64_t satp, struct kms_riscv_state *state);
/* Whether the topmost table is in the image; `name` and `value` are its register's. False after a line on cli->err. */
bool cli_check_top_table(const struct cli *cli, const struct kms_space *space, const char *name,
                         uint64_t value);
void cli_help(const struct cli *cli);

/* ---- numbers ---- */

/* 0x1234, decimal, or hexadecimal without 0x where it cannot be decimal: with a letter, or of 8 or 16 digits.
 */
bool cli_number(const char *text, uint64_t *number);
/* The same with K, M, G or T behind it. */
bool cli_size(const char *text, uint64_t *size);
/* A number, or a name of --symbols, or name+number. */
bool cli_address(const struct cli *cli, const char *text, kms_linear *linear);

/* ---- output ---- */

/* A line on cli->err that begins with the command's name. */
__attribute__((format(printf, 2, 3))) void cli_error(const struct cli *cli, const char *format, ...);
__attribute__((format(printf, 2, 3))) void cli_note(const struct cli *cli, const char *format, ...);

enum cli_color { CLI_PLAIN, CLI_GOOD, CLI_BAD, CLI_WARN, CLI_DIM, CLI_BOLD };
/* The sequence that switches to a colour, "" where there are no colours. */
const char *cli_color(const struct cli *cli, enum cli_color color);

/* Digits of a linear address in this space. */
int cli_digits(const struct kms_space *space);
/* " <name+0x10>", or "" without a name. text has CLI_TEXT bytes. */
const char *cli_name(const struct cli *cli, kms_linear linear, char *text);
/* "4K", "1020K", "2M": the largest unit that is exact. text has at least 24 bytes. */
const char *cli_size_words(uint64_t size, char *text);

/* A JSON list that is written item by item: {"version": 1, "command": ..., "NAME": [ ... ], more }. */
void cli_json_begin(struct cli *cli, const char *list);
void cli_json_item(struct cli *cli, json_t *item); /* takes the reference */
void cli_json_end(struct cli *cli, json_t *more);  /* takes the reference; NULL for nothing more */
json_t *cli_json_address(uint64_t address);
/* A symbol's name as a string, or null. */
json_t *cli_json_name(const struct cli *cli, kms_linear linear);

#endif
