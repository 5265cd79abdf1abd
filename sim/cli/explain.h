/* explain.h - from a read log to sentences. */
#ifndef KMS_CLI_EXPLAIN_H
#define KMS_CLI_EXPLAIN_H

#include "cli.h"
#include "inspect/qemu_log.h"
#include "inspect/riscv_log.h"

enum explain_part { PART_CODE, PART_STACK, PART_IDT, PART_GDT, PART_TSS, PARTS };

struct explanation {
    struct cli *cli;
    const struct qemu_log *log;
    bool enabling;          /* it is the moment at which paging was turned on */
    bool not_mapped[PARTS]; /* as far as the log, or the image, shows */
    json_t *sentences, *missing;
};

void explain_all(struct explanation *explanation);
/* The whole command for a log of RISC-V; explanation->log is not looked at. */
enum cli_exit explain_riscv(struct explanation *explanation, const struct riscv_log *log);

/* What --json prints: these members (the reference is taken), what is not mapped, the sentences. */
void explain_print_json(struct explanation *explanation, json_t *members);

/* One sentence: a line on the output, or an item for JSON. */
__attribute__((format(printf, 2, 3))) void explain_say(struct explanation *explanation, const char *format,
                                                       ...);
const char *explain_part_name(enum explain_part part);

/* With an image: the walks of the four parts and of CR2, by the registers of the log. */
void explain_with_image(struct explanation *explanation, const struct qemu_log_registers *registers);

#endif
