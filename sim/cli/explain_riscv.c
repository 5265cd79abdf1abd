/* A log of RISC-V in sentences: RISC-V has no triple fault, a handler that cannot run faults for ever. */
#include "explain.h"
#include "walk_view.h"

#include <inttypes.h>
#include <string.h>

#define MSTATUS_SPP (UINT64_C(1) << 8)
#define MSTATUS_SUM (UINT64_C(1) << 18)
#define MSTATUS_MXR (UINT64_C(1) << 19)

/* What the log comes to. */
struct riscv_case {
    struct explanation *explanation;
    const struct riscv_log *log;
    struct riscv_trap fault; /* the one to look at: the first of those that led to the end */
    uint64_t handler;
    bool handler_known;
};

static bool is_fetch(const struct riscv_trap *trap)
{
    return trap->cause == KMS_CAUSE_FETCH_ACCESS || trap->cause == KMS_CAUSE_FETCH_PAGE;
}

static bool is_instruction_itself(const struct riscv_trap *trap)
{
    return is_fetch(trap) && trap->epc == trap->tval;
}

static void add_missing(struct explanation *explanation, const char *part)
{
    json_array_append_new(explanation->missing, json_string(part));
}

/* ---- the log ---- */

static const char *cause_words(uint32_t cause, char *words)
{
    kms_riscv_fault_words(&(struct kms_fault){.vector = cause}, words, CLI_TEXT);
    char *at = strstr(words, " at ");
    if (at)
        *at = '\0';
    return words;
}

static void say_trap(const struct riscv_case *what, const char *begin, const struct riscv_trap *trap)
{
    char words[CLI_TEXT], code[CLI_TEXT], data[CLI_TEXT];
    struct cli *cli = what->explanation->cli;
    explain_say(what->explanation,
                "%s %s %s (cause %" PRIu32 ") on hart %u: the instruction at 0x%08" PRIx64
                "%s, stval 0x%08" PRIx64 "%s.",
                begin, is_fetch(trap) ? "an" : "a", cause_words(trap->cause, words), trap->cause, trap->hart,
                trap->epc, cli_name(cli, trap->epc, code), trap->tval, cli_name(cli, trap->tval, data));
}

static void say_code_missing(struct riscv_case *what)
{
    explain_say(what->explanation,
                "That is the instruction itself: the code is not mapped, or not executable.");
    add_missing(what->explanation, "code");
}

static void say_handler_missing(struct riscv_case *what, const struct riscv_trap *trap)
{
    char name[CLI_TEXT];
    explain_say(what->explanation,
                "The handler's own first instruction, at 0x%08" PRIx64
                "%s, cannot be fetched: what stvec points to is not mapped, or not executable.",
                trap->epc, cli_name(what->explanation->cli, trap->epc, name));
    add_missing(what->explanation, "handler");
    what->handler = trap->epc;
    what->handler_known = true;
}

static void say_repeats(struct riscv_case *what)
{
    const struct riscv_log *log = what->log;
    const struct riscv_trap *last = &log->last;
    const uint64_t times = log->repeats + 1;
    if (is_instruction_itself(last)) {
        explain_say(what->explanation, "It came %" PRIu64 " times in a row.", times);
        say_handler_missing(what, last);
    } else if (log->lower) {
        explain_say(what->explanation,
                    "It came %" PRIu64 " times in a row, each time 0x%" PRIx64
                    " lower: the handler pushes onto a stack that is not mapped.",
                    times, log->lower);
        add_missing(what->explanation, "stack");
    } else {
        explain_say(what->explanation,
                    "It came %" PRIu64 " times in a row from the same place: its handler returns without a "
                    "cure, or faults itself.",
                    times);
    }
}

static void explain_traps(struct riscv_case *what)
{
    const struct riscv_log *log = what->log;
    const bool led = log->repeats && log->before.known;
    explain_say(what->explanation, "The log holds %" PRIu64 " traps, %" PRIu64 " of them faults.", log->traps,
                log->faults);
    if (!log->faults)
        return;
    what->fault = led ? log->before : log->last;
    say_trap(what, led ? "First came" : "Last came", &what->fault);
    if (is_instruction_itself(&what->fault) && (led || !log->repeats))
        say_code_missing(what);
    if (led)
        say_trap(what, "Then came", &log->last);
    if (log->repeats)
        say_repeats(what);
}

/* ---- a register block ---- */

static enum kms_paging_mode mode_of(const struct riscv_block *block)
{
    if (block->rv32)
        return block->satp & KMS_SATP32_MODE ? KMS_PAGING_SV32 : KMS_PAGING_NONE;
    switch (block->satp >> KMS_SATP64_MODE_SHIFT) {
    case 8: return KMS_PAGING_SV39;
    case 9: return KMS_PAGING_SV48;
    case 10: return KMS_PAGING_SV57;
    default: return KMS_PAGING_NONE;
    }
}

static void explain_registers(struct riscv_case *what)
{
    const struct riscv_block *block = &what->log->block;
    const enum kms_paging_mode mode = mode_of(block);
    char name[CLI_TEXT];
    explain_say(what->explanation,
                "A register block at 0x%08" PRIx64 "%s: %s, satp 0x%08" PRIx64 ", stvec 0x%08" PRIx64 ".",
                block->pc, cli_name(what->explanation->cli, block->pc, name),
                mode == KMS_PAGING_NONE ? "paging is off" : kms_mode_name(mode), block->satp, block->stvec);
    what->handler = block->stvec & ~UINT64_C(3);
    what->handler_known = true;
    if (what->log->faults || !riscv_log_is_fault(block->scause))
        return;
    what->fault = (struct riscv_trap){true, 0, (uint32_t)block->scause, block->sepc, block->stval};
    say_trap(what, "The last trap into S-mode was", &what->fault);
    if (is_instruction_itself(&what->fault) && block->sepc == what->handler)
        say_handler_missing(what, &what->fault);
    else if (is_instruction_itself(&what->fault))
        say_code_missing(what);
}

/* ---- an image ---- */

/* What no option says, the block does; but where RAM begins was asked before the log was read. */
static bool settle(const struct riscv_case *what)
{
    struct cli *cli = what->explanation->cli;
    const struct riscv_block *block = &what->log->block;
    struct cli_riscv *riscv = &cli->options.riscv;
    if (!riscv->given) {
        cli_error(cli, "the log is of RISC-V: give --arch for the image");
        return false;
    }
    if (!riscv->satp_count && block->known)
        riscv->satp[riscv->satp_count++] = block->satp;
    riscv->sum |= (block->mstatus & MSTATUS_SUM) != 0;
    riscv->mxr |= (block->mstatus & MSTATUS_MXR) != 0;
    return cli_settle_riscv(cli);
}

static struct walk_view say_part(const struct riscv_case *what, const char *part,
                                 const struct kms_access *access)
{
    struct cli *cli = what->explanation->cli;
    char reason[CLI_TEXT], name[CLI_TEXT];
    const struct walk_view view = cli_view(&cli->space, access);
    kms_riscv_reason_words(&cli->riscv, &view.walk, access, reason, sizeof reason);
    if (view.result == KMS_DONE)
        snprintf(reason, sizeof reason, "mapped to 0x%08" PRIx64 " (%s)", view.walk.phys,
                 kms_rights_words(view.walk.rights));
    explain_say(what->explanation, "  %-9s 0x%08" PRIx64 "%s: %s%s", part, access->linear,
                cli_name(cli, access->linear, name), view.result == KMS_DONE ? "" : "NOT usable: ", reason);
    return view;
}

static enum kms_access_kind kind_of(const struct riscv_trap *trap)
{
    if (is_fetch(trap))
        return KMS_FETCH;
    return trap->cause == KMS_CAUSE_LOAD_PAGE || trap->cause == KMS_CAUSE_LOAD_ACCESS ||
                   trap->cause == KMS_CAUSE_LOAD_MISALIGNED
               ? KMS_READ
               : KMS_WRITE;
}

static bool from_user(const struct riscv_case *what)
{
    const struct riscv_block *block = &what->log->block;
    return what->explanation->cli->options.access.privilege == KMS_AS_USER ||
           (block->known && !what->log->faults && !(block->mstatus & MSTATUS_SPP));
}

static bool explain_walks(const struct riscv_case *what)
{
    struct cli *cli = what->explanation->cli;
    const struct riscv_trap *fault = &what->fault;
    const enum kms_privilege privilege = from_user(what) ? KMS_AS_USER : KMS_AS_SUPERVISOR;
    if (!settle(what))
        return false;
    explain_say(what->explanation, "With the tables of the image (%s paging, satp 0x%08" PRIx64 "):",
                kms_mode_name(cli->options.riscv.mode), cli->riscv.satp);
    if (what->handler_known)
        (void)say_part(what, "stvec", &(struct kms_access){what->handler, KMS_FETCH, KMS_AS_SUPERVISOR});
    if (!fault->known)
        return true;
    (void)say_part(what, "sepc", &(struct kms_access){fault->epc, KMS_FETCH, privilege});
    const struct walk_view view =
        say_part(what, "stval", &(struct kms_access){fault->tval, kind_of(fault), privilege});
    if (!cli->options.json) {
        fputs("The walk of stval:\n", cli->out);
        cli_view_print(cli, &view);
    }
    return true;
}

/* ---- the command ---- */

static void print_json(const struct riscv_case *what)
{
    const struct riscv_trap *fault = &what->fault;
    json_t *members = fault->known
                          ? json_pack("{si sI so so}", "cause", (int)fault->cause, "repeats",
                                      (json_int_t)what->log->repeats, "epc", cli_json_address(fault->epc),
                                      "stval", cli_json_address(fault->tval))
                          : json_pack("{sn sI}", "cause", "repeats", (json_int_t)what->log->repeats);
    explain_print_json(what->explanation, members);
}

static void say_missing(struct explanation *explanation)
{
    char list[CLI_TEXT] = "";
    size_t length = 0, i;
    json_t *part;
    json_array_foreach(explanation->missing, i, part) length += (size_t)snprintf(
        list + length, sizeof list - length, "%sthe %s", i ? ", " : "", json_string_value(part));
    if (length)
        explain_say(
            explanation,
            "Not mapped when it happened: %s. Map it in the new tables before writing satp, or load a "
            "satp whose tables have it.",
            list);
}

enum cli_exit explain_riscv(struct explanation *explanation, const struct riscv_log *log)
{
    struct riscv_case what = {.explanation = explanation, .log = log};
    if (log->traps)
        explain_traps(&what);
    if (log->block.known)
        explain_registers(&what);
    if (explanation->cli->image && !explain_walks(&what))
        return CLI_USAGE;
    say_missing(explanation);
    if (explanation->cli->options.json)
        print_json(&what);
    return what.fault.known ? CLI_FINDINGS : CLI_CLEAN;
}
