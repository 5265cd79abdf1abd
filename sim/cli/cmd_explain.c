/* A QEMU log or a register block in sentences: what came first, and why it became worse. */
#include "explain.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_MAX_BYTES 1024

static bool read_log(struct cli *cli, FILE *file, struct qemu_log *log)
{
    char line[LINE_MAX_BYTES];
    while (fgets(line, sizeof line, file))
        qemu_log_line(log, line);
    if (ferror(file)) {
        cli_error(cli, "%s: %s", cli->operands[0], strerror(errno));
        return false;
    }
    if (!qemu_log_understood(log)) {
        cli_error(cli, "%s: holds neither exceptions of a QEMU log (-d int,cpu_reset) nor a register block",
                  cli->operands[0]);
        return false;
    }
    return true;
}

static bool open_and_read(struct cli *cli, struct qemu_log *log)
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

static enum cli_exit explain(struct cli *cli)
{
    struct qemu_log log;
    struct explanation explanation = {.cli = cli, .log = &log};
    if (cli->operand_count != 1) {
        cli_error(cli, "one log is needed, or - for standard input (see kmemsim explain --help)");
        return CLI_USAGE;
    }
    if (cli->options.riscv.given) {
        cli_error(cli, "--arch %s: explain knows logs of x86 only", kms_mode_name(cli->options.riscv.mode));
        return CLI_USAGE;
    }
    errno = 0;
    qemu_log_init(&log);
    if (!open_and_read(cli, &log))
        return CLI_USAGE;
    explanation.sentences = json_array();
    explanation.missing = json_array();
    explain_all(&explanation);
    if (cli->options.json) {
        json_t *json = json_pack("{si ss sb sb sO sO}", "version", CLI_JSON_VERSION, "command", "explain",
                                 "triple_fault", log.triple, "enabling_paging", explanation.enabling,
                                 "not_mapped", explanation.missing, "sentences", explanation.sentences);
        json_dumpf(json, cli->out, JSON_ENSURE_ASCII);
        fputc('\n', cli->out);
        json_decref(json);
    }
    json_decref(explanation.sentences);
    json_decref(explanation.missing);
    return log.first.known || log.triple ? CLI_FINDINGS : CLI_CLEAN;
}

const struct cli_command cli_explain = {
    .name = "explain",
    .operands_words = "LOG [IMAGE]",
    .summary = "a QEMU log (-d int,cpu_reset) or a pasted register block, in sentences",
    .help = "\nLOG is a file, or - for standard input. Says which exception came first, what its error code "
            "means, why\n"
            "it became a double or triple fault, and which of code, stack, IDT and GDT is not mapped. With "
            "an image\n"
            "taken at that moment, the walks are shown too; the registers come from the log. Exit status 1 "
            "if the log\n"
            "holds an exception.\n",
    .operands = CLI_OPERANDS_OWN,
    .image = CLI_IMAGE_WITHOUT_REGISTERS,
    .run = explain,
};
