#include "qemu_log.h"

#include <stdlib.h>
#include <string.h>

#include "log_text.h"

#define NO_EXCEPTION   UINT64_C(0xffffffff)
#define VECTOR_DOUBLE  8u
#define VECTORS_OF_CPU 32u

void qemu_log_init(struct qemu_log *log)
{
    memset(log, 0, sizeof *log);
    log->target = &log->pasted;
}

static bool hex_after(const char *line, const char *key, uint64_t *value)
{
    return log_number(line, key, 16, value) != 0;
}

/* ---- register blocks ---- */

static void read_general(struct qemu_log_registers *registers, const char *line)
{
    static const char *const names[] = {"EAX=", "EBX=", "ECX=", "EDX=", "ESI=", "EDI=", "RAX=", "RBX=",
                                        "RCX=", "RDX=", "RSI=", "RDI=", "R8 =", "R9 =", "R10=", "R11="};
    if (log_after(line, "EAX=") || log_after(line, "RAX="))
        registers->general_count = 0;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (registers->general_count < QEMU_LOG_GENERAL &&
            hex_after(line, names[i], &registers->general[registers->general_count]))
            registers->general_count++;
    }
}

/* "GDT=     00500000 00000017", "TR =0000 00000000 0000ffff 00008b00 DPL=0 TSS32-busy" */
static void read_table(struct qemu_log_table *table, const char *line, const char *key, bool has_selector)
{
    const char *text = log_after(line, key);
    char *end;
    if (!text)
        return;
    if (has_selector) {
        strtoull(text, &end, 16);
        text = end;
    }
    table->base = strtoull(text, &end, 16);
    table->known = end != text;
    table->limit = (uint32_t)strtoull(end, NULL, 16);
}

static void read_registers(struct qemu_log_registers *registers, const char *line)
{
    uint64_t cpl;
    read_general(registers, line);
    if (!hex_after(line, "ESP=", &registers->sp))
        hex_after(line, "RSP=", &registers->sp);
    if (hex_after(line, "EIP=", &registers->ip) || hex_after(line, "RIP=", &registers->ip)) {
        registers->ip_known = true;
        if (hex_after(line, "CPL=", &cpl))
            registers->cpl = (unsigned)(cpl & 3);
    }
    read_table(&registers->gdt, line, "GDT=", false);
    read_table(&registers->idt, line, "IDT=", false);
    read_table(&registers->tss, line, "TR =", true);
    if (hex_after(line, "CR0=", &registers->cr0)) {
        registers->known = true;
        hex_after(line, "CR2=", &registers->cr2);
        hex_after(line, "CR3=", &registers->cr3);
        hex_after(line, "CR4=", &registers->cr4);
    }
    hex_after(line, "EFER=", &registers->efer);
}

/* ---- events ---- */

static bool read_event(struct qemu_log_event *event, const char *line)
{
    uint64_t vector, error = 0, software = 0;
    if (!hex_after(line, "v=", &vector) || !hex_after(line, "e=", &error) || !log_after(line, "cpl="))
        return false;
    hex_after(line, "i=", &software);
    *event = (struct qemu_log_event){.known = true,
                                     .vector = (unsigned)(vector & 0xff),
                                     .error = (uint32_t)error,
                                     .software = software == 1};
    event->cr2_known = hex_after(line, "CR2=", &event->cr2);
    if (hex_after(line, "pc=", &event->registers.ip))
        event->registers.ip_known = true;
    return true;
}

static void begin_chain(struct qemu_log *log, const struct qemu_log_event *event)
{
    bool same = log->first.known && log->first.vector == event->vector && log->first.error == event->error &&
                log->first.registers.ip == event->registers.ip && log->first.cr2 == event->cr2;
    log->repeats = same ? log->repeats + 1 : 0;
    log->first = *event;
    log->second.known = false;
    log->became_double = log->became_triple = 0;
    log->target = &log->first.registers;
}

static void deliver(struct qemu_log *log, const struct qemu_log_event *event)
{
    if (log->raised && event->vector == VECTOR_DOUBLE && !log->raised_fresh) {
        log->second = *event;
        log->target = &log->second.registers;
    } else if (log->raised || (event->vector < VECTORS_OF_CPU && !event->software)) {
        log->exceptions++;
        begin_chain(log, event);
    } else {
        log->trigger = *event;
        log->target = &log->trigger.registers;
    }
    log->raised = 0;
}

/* "check_exception old: 0xe new 0xe": an exception was raised while another was delivered. */
static void check_exception(struct qemu_log *log, const char *line)
{
    uint64_t old = 0, raised = 0;
    if (!hex_after(line, "old: 0x", &old) || !hex_after(line, "new 0x", &raised))
        return;
    log->raised = raised ? (unsigned)(raised & 0xff) : 1;
    log->raised_fresh = old == NO_EXCEPTION;
    if (old == VECTOR_DOUBLE)
        log->became_triple = (unsigned)(raised & 0xff);
    else if (!log->raised_fresh)
        log->became_double = (unsigned)(raised & 0xff);
}

static void triple_fault(struct qemu_log *log)
{
    log->triple = true;
    log->triples++;
    log->target = NULL;
}

/* After the end only its register block matters. */
static void line_after_end(struct qemu_log *log, const char *line)
{
    if (strncmp(line, "Triple fault", 12) == 0)
        log->triples++;
    else if (strncmp(line, "CPU Reset", 9) == 0 && !log->reset.known)
        log->target = &log->reset;
    else if (log->target && !log->reset.known)
        read_registers(log->target, line);
}

void qemu_log_line(struct qemu_log *log, const char *line)
{
    struct qemu_log_event event;
    log->lines++;
    if (log->triple) {
        line_after_end(log, line);
    } else if (strncmp(line, "Triple fault", 12) == 0) {
        triple_fault(log);
    } else if (strncmp(line, "check_exception", 15) == 0) {
        check_exception(log, line);
    } else if (strncmp(line, "CPU Reset", 9) == 0) {
        log->target = &log->pasted;
    } else if (read_event(&event, line)) {
        deliver(log, &event);
    } else {
        read_registers(log->target, line);
    }
}

bool qemu_log_understood(const struct qemu_log *log)
{
    return log->first.known || log->triple || log->pasted.known;
}
