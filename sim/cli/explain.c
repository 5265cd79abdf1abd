#include "explain.h"

#include <inttypes.h>

#define VECTOR_DOUBLE 8u
#define STACK_REACH   128u /* how far below the stack pointer a push of the CPU reaches */
#define CODE_REACH    15u  /* the longest instruction */

static const char *vector_name(unsigned vector)
{
    static const char *const names[] = {"divide error #DE",
                                        "debug exception #DB",
                                        "NMI",
                                        "breakpoint #BP",
                                        "overflow #OF",
                                        "bound range #BR",
                                        "invalid opcode #UD",
                                        "device not available #NM",
                                        "double fault #DF",
                                        "coprocessor overrun",
                                        "invalid TSS #TS",
                                        "segment not present #NP",
                                        "stack fault #SS",
                                        "general protection #GP",
                                        "page fault #PF",
                                        "exception 15",
                                        "x87 error #MF",
                                        "alignment check #AC",
                                        "machine check #MC",
                                        "SIMD error #XM"};
    return vector < sizeof names / sizeof names[0] ? names[vector] : "interrupt";
}

const char *explain_part_name(enum explain_part part)
{
    static const char *const names[] = {"the code", "the stack", "the IDT", "the GDT", "the TSS"};
    return names[part];
}

void explain_say(struct explanation *explanation, const char *format, ...)
{
    char text[4 * CLI_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (explanation->cli->options.json)
        json_array_append_new(explanation->sentences, json_string(text));
    else
        fprintf(explanation->cli->out, "%s\n", text);
}

void explain_print_json(struct explanation *explanation, json_t *members)
{
    json_t *json = json_pack("{si ss sO sO}", "version", CLI_JSON_VERSION, "command", "explain", "not_mapped",
                             explanation->missing, "sentences", explanation->sentences);
    json_object_update_missing(json, members);
    json_dumpf(json, explanation->cli->out, JSON_ENSURE_ASCII);
    fputc('\n', explanation->cli->out);
    json_decref(members);
    json_decref(json);
}

/* ---- what an address is ---- */

static bool in_table(const struct qemu_log_table *table, uint64_t address)
{
    return table->known && table->limit && address >= table->base && address - table->base <= table->limit;
}

/* Which part of the machine's own needs an address belongs to; PARTS if to none. */
static enum explain_part part_of(const struct qemu_log_registers *registers, uint64_t address)
{
    if (in_table(&registers->idt, address))
        return PART_IDT;
    if (in_table(&registers->gdt, address))
        return PART_GDT;
    if (in_table(&registers->tss, address) && registers->tss.base)
        return PART_TSS;
    if (registers->ip_known && address - registers->ip < CODE_REACH)
        return PART_CODE;
    return registers->sp - address - 1 < STACK_REACH ? PART_STACK : PARTS;
}

static void blame(struct explanation *explanation, enum explain_part part)
{
    if (part < PARTS)
        explanation->not_mapped[part] = true;
}

/* ---- sentences ---- */

static void say_selector_error(struct explanation *explanation, const struct qemu_log_event *event)
{
    const uint32_t error = event->error;
    const char *table = error & 2 ? "the IDT" : error & 4 ? "the LDT" : "the GDT";
    if (event->vector < 10 || event->vector > 13 || error == 0)
        return;
    explain_say(explanation, "Its error code names entry %" PRIu32 " of %s (selector 0x%" PRIx32 ")%s.",
                error >> 3 & 0x1fff, table, error & 0xfff8,
                error & 1 ? ", met while delivering another event" : "");
}

static void say_page_fault(struct explanation *explanation, const struct qemu_log_event *event)
{
    char words[CLI_TEXT], name[CLI_TEXT];
    kms_x86_code_words(event->error, words, sizeof words);
    explain_say(explanation, "Its error code 0x%" PRIx32 " says: %s, at CR2 = 0x%08" PRIx64 "%s.",
                event->error, words, event->cr2, cli_name(explanation->cli, event->cr2, name));
    enum explain_part part = part_of(&event->registers, event->cr2);
    blame(explanation, event->error & KMS_PFERR_P ? PARTS : part);
    if (part == PART_CODE && !(event->error & KMS_PFERR_P))
        explain_say(
            explanation, "That is the instruction itself: the code is not mapped%s.",
            event->error & KMS_PFERR_ID ? "" : " (without NX and SMEP, the error code calls a fetch a read)");
    else if (part < PARTS)
        explain_say(explanation, "That address is in %s: %s.", explain_part_name(part),
                    event->error & KMS_PFERR_P ? "mapped, but not with the rights needed"
                                               : "it is not mapped");
}

static void say_first(struct explanation *explanation)
{
    const struct qemu_log_event *first = &explanation->log->first;
    char name[CLI_TEXT];
    explain_say(explanation, "First came a %s (vector %u) at 0x%08" PRIx64 "%s, CPL %u.",
                vector_name(first->vector), first->vector, first->registers.ip,
                cli_name(explanation->cli, first->registers.ip, name), first->registers.cpl);
    if (first->vector == KMS_VECTOR_PF)
        say_page_fault(explanation, first);
    else
        say_selector_error(explanation, first);
    const struct qemu_log_event *trigger = &explanation->log->trigger;
    if (trigger->known && trigger->registers.ip == first->registers.ip &&
        part_of(&first->registers, first->cr2) != PART_CODE && first->vector != 6)
        explain_say(explanation, "It came while %s %u was being delivered.",
                    trigger->software ? "software interrupt" : "interrupt", trigger->vector);
}

/* Moving a value with PG into CR0 leaves that value in the source register. */
static bool is_enabling(const struct qemu_log_registers *registers)
{
    if (!(registers->cr0 & KMS_CR0_PG))
        return false;
    for (unsigned i = 0; i < registers->general_count; i++) {
        if ((uint32_t)registers->general[i] == (uint32_t)registers->cr0)
            return true;
    }
    return false;
}

static void say_enabling(struct explanation *explanation)
{
    explanation->enabling = is_enabling(&explanation->log->first.registers);
    if (explanation->enabling)
        explain_say(explanation,
                    "A general register still holds the value of CR0 (0x%08" PRIx64
                    "): this is the moment at which CR0.PG was set.",
                    explanation->log->first.registers.cr0);
}

/* Why delivering `vector` failed with `raised`; `then` are the registers after the attempt, if the log has them. */
static void say_failed_delivery(struct explanation *explanation, unsigned vector, unsigned raised,
                                const struct qemu_log_registers *then)
{
    const struct qemu_log_registers *at = &explanation->log->first.registers;
    const unsigned gate = at->efer & KMS_EFER_LMA ? 16 : 8;
    if (at->idt.known && (uint64_t)vector * gate + gate - 1 > at->idt.limit) {
        explain_say(explanation,
                    "The IDT at 0x%08" PRIx64 " has the limit 0x%" PRIx32
                    ", too small for vector %u: the kernel has set up no handler for it.",
                    at->idt.base, at->idt.limit, vector);
        return;
    }
    if (raised != KMS_VECTOR_PF || !then->known) {
        explain_say(explanation, "Delivering vector %u raised a %s.", vector, vector_name(raised));
        return;
    }
    enum explain_part part = part_of(at, then->cr2);
    blame(explanation, part);
    if (part == PART_CODE)
        part = PARTS;
    explain_say(explanation, "Delivering vector %u raised a page fault at 0x%08" PRIx64 "%s%s.", vector,
                then->cr2, part < PARTS ? ", in " : "", part < PARTS ? explain_part_name(part) : "");
}

static void say_escalation(struct explanation *explanation)
{
    const struct qemu_log *log = explanation->log;
    if (log->became_double) {
        explain_say(explanation, "It became a double fault, because the CPU could not deliver it.");
        say_failed_delivery(explanation, log->first.vector, log->became_double,
                            log->second.known ? &log->second.registers : &log->reset);
    }
    if (!log->triple)
        return;
    explain_say(explanation,
                "The double fault could not be delivered either: a triple fault, and the CPU reset.");
    if (log->second.known)
        say_failed_delivery(explanation, VECTOR_DOUBLE, log->became_triple, &log->reset);
}

static void say_repeats(struct explanation *explanation)
{
    const struct qemu_log *log = explanation->log;
    if (!log->repeats)
        return;
    explain_say(explanation,
                "The same fault came %" PRIu64 " times from the same place: its handler returns without a "
                "cure, or faults itself.",
                log->repeats + 1);
    if (part_of(&log->first.registers, log->first.cr2) == PART_CODE)
        explain_say(explanation,
                    "The instruction at fault is the handler's own first one: the page of the handler is not "
                    "mapped.");
}

static void say_missing(struct explanation *explanation)
{
    char list[CLI_TEXT] = "";
    size_t length = 0;
    for (unsigned part = 0; part < PARTS; part++) {
        if (!explanation->not_mapped[part])
            continue;
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", length ? ", " : "",
                                   explain_part_name((enum explain_part)part));
        json_array_append_new(explanation->missing,
                              json_string(explain_part_name((enum explain_part)part) + 4));
    }
    if (length)
        explain_say(explanation, "Not mapped when it happened: %s. %s", list,
                    explanation->enabling ? "Map it in the new tables before setting CR0.PG."
                                          : "Map it, or load a CR3 that does.");
}

static void explain_exception(struct explanation *explanation)
{
    const struct qemu_log *log = explanation->log;
    if (log->triples > 1)
        explain_say(explanation, "The log holds %" PRIu64 " triple faults; this is the first.", log->triples);
    if (!log->first.known) {
        explain_say(explanation,
                    "A triple fault, without the exceptions that led to it (log with -d int,cpu_reset).");
        return;
    }
    say_first(explanation);
    say_repeats(explanation);
    say_enabling(explanation);
    say_escalation(explanation);
}

static void explain_block(struct explanation *explanation, const struct qemu_log_registers *registers)
{
    const struct kms_x86_state state = {
        .cr0 = registers->cr0, .cr4 = registers->cr4, .efer = registers->efer};
    char name[CLI_TEXT];
    explain_say(explanation,
                "A register block at 0x%08" PRIx64 "%s, CPL %u: %s, CR3 0x%08" PRIx64 ", CR2 0x%08" PRIx64
                ".",
                registers->ip, cli_name(explanation->cli, registers->ip, name), registers->cpl,
                registers->cr0 & KMS_CR0_PG ? kms_mode_name(kms_x86_paging_mode(&state)) : "paging is off",
                registers->cr3, registers->cr2);
}

void explain_all(struct explanation *explanation)
{
    const struct qemu_log *log = explanation->log;
    const struct qemu_log_registers *registers = log->first.known ? &log->first.registers : &log->pasted;
    if (log->first.known || log->triple)
        explain_exception(explanation);
    else
        explain_block(explanation, registers);
    if (explanation->cli->image)
        explain_with_image(explanation, registers);
    say_missing(explanation);
}
