/* A QEMU log or a register block in sentences: what came first, and why it became worse. */
#include "explain.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_MAX_BYTES 1024

/* Both kinds of log are looked for in every line; a file holds one of them. */
struct logs {
    struct qemu_log x86;
    struct riscv_log riscv;
};

static bool read_log(struct cli *cli, FILE *file, struct logs *logs)
{
    char line[LINE_MAX_BYTES];
    while (fgets(line, sizeof line, file)) {
        qemu_log_line(&logs->x86, line);
        riscv_log_line(&logs->riscv, line);
    }
    if (ferror(file)) {
        cli_error(cli, "%s: %s", cli->operands[0], strerror(errno));
        return false;
    }
    const bool riscv = riscv_log_understood(&logs->riscv);
    if (!riscv && !qemu_log_understood(&logs->x86)) {
        cli_error(cli, "%s: holds neither exceptions of a QEMU log (-d int,cpu_reset) nor a register block",
                  cli->operands[0]);
        return false;
    }
    if (!riscv && (cli->options.riscv.given || cli->options.access.privilege == KMS_AS_USER)) {
        cli_error(cli, "%s: is of x86: neither --arch of RISC-V nor --user", cli->operands[0]);
        return false;
    }
    return true;
}

static bool open_and_read(struct cli *cli, struct logs *log)
{
    const char *path = cli->operands[0];
    if (strcmp(path, "-") == 0)
        return read_log(cli, stdin, log);
    struct stat status;
    FILE *file = stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? NULL : fopen(path, "r");
    if (!file) {
        cli_error(cli, "%s: %s", path, errno ? strerror(errno) : "is a directory");
        return false;
    }
    bool read = read_log(cli, file, log);
    fclose(file);
    return read;
}

static enum cli_exit explain_x86(struct explanation *explanation)
{
    const struct qemu_log *log = explanation->log;
    explain_all(explanation);
    if (explanation->cli->options.json)
        explain_print_json(explanation, json_pack("{sb sb}", "triple_fault", log->triple, "enabling_paging",
                                                  explanation->enabling));
    return log->first.known || log->triple ? CLI_FINDINGS : CLI_CLEAN;
}

static enum cli_exit explain(struct cli *cli)
{
    struct logs logs;
    struct explanation explanation = {.cli = cli, .log = &logs.x86};
    if (cli->operand_count != 1) {
        cli_error(cli, "one log is needed, or - for standard input (see kmemsim explain --help)");
        return CLI_USAGE;
    }
    errno = 0;
    qemu_log_init(&logs.x86);
    riscv_log_init(&logs.riscv);
    if (!open_and_read(cli, &logs))
        return CLI_USAGE;
    explanation.sentences = json_array();
    explanation.missing = json_array();
    const enum cli_exit status = riscv_log_understood(&logs.riscv) ? explain_riscv(&explanation, &logs.riscv)
                                                                   : explain_x86(&explanation);
    json_decref(explanation.sentences);
    json_decref(explanation.missing);
    return status;
}

const struct cli_command cli_explain = {
    .name = "explain",
    .operands_words = "LOG [IMAGE]",
    .summary = "a QEMU log (-d int,cpu_reset) or a pasted register block, in sentences",
    .help = "\nLOG is a file, or - for standard input. Says which exception came first, what its error code "
            "means, why\n"
            "it became a double or triple fault, and which of code, stack, IDT and GDT is not mapped. With "
            "an image\n"
            "taken at that moment, the walks are shown too; the registers come from the log. On RISC-V the "
            "log (-d int)\n"
            "carries none: give --arch and --satp, or --arch and what \"info registers\" prints in LOG. Exit "
            "status 1 if\n"
            "the log holds an exception, on RISC-V a fault.\n"
            "  --user                on RISC-V: the fault is one of user code\n",
    .options = " user ",
    .operands = CLI_OPERANDS_OWN,
    .image = CLI_IMAGE_WITHOUT_REGISTERS,
    .run = explain,
};
