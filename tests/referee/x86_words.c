/* The words of operations and faults that only x86 has; see case.h. */
#include <string.h>

#include "case_impl.h"

#define UD 6
#define GP 13
#define PF 14

static const char *const words[REF_CODES] = {
    [REF_CR0] = "cr0",   [REF_CR3] = "cr3",       [REF_CR4] = "cr4",
    [REF_EFER] = "efer", [REF_PKRU] = "pkru",     [REF_PKRS] = "pkrs",
    [REF_AC] = "ac",     [REF_INVLPG] = "invlpg", [REF_INVPCID] = "invpcid"};

static const char *const segment_words[REF_SEGMENTS] = {"load", "read", "write", "jump",
                                                        "iret", "int",  "lldt",  "ltr"};

static const char *const level_words[] = {"", " level1", " level2", " user"};

static void segment_write(char *text, size_t size, const struct ref_op *op)
{
    snprintf(text, size, "segment %s%s%s 0x%x 0x%llx 0x%llx %u",
             op->kind < REF_SEGMENTS ? segment_words[op->kind] : "?", level_words[REF_LEVEL(op->flags)],
             op->flags & REF_NO_VALUE ? " novalue" : "", op->extra, (unsigned long long)op->address,
             (unsigned long long)op->value, op->width);
}

static uint8_t read_level(struct reader *r)
{
    static const uint8_t flags[] = {0, REF_LEVEL1, REF_LEVEL2, REF_USER};
    for (unsigned level = 1; level <= 3; level++) {
        if (reader_accept(r, level_words[level] + 1))
            return flags[level];
    }
    return 0;
}

static bool segment_read(struct reader *r, struct ref_op *op)
{
    op->code = REF_SEGMENT;
    for (op->kind = 0; op->kind < REF_SEGMENTS; op->kind++) {
        if (reader_accept(r, segment_words[op->kind]))
            break;
    }
    op->flags = read_level(r);
    op->flags |= reader_accept(r, "novalue") ? REF_NO_VALUE : 0;
    op->extra = (uint32_t)reader_number(r);
    op->address = reader_number(r);
    op->value = reader_number(r);
    op->width = (uint8_t)reader_number(r);
    return op->kind < REF_SEGMENTS;
}

void own_op_write(char *text, size_t size, const struct ref_op *op)
{
    const char *word = op->code < REF_CODES && words[op->code] ? words[op->code] : "unknown";
    unsigned long long address = op->address, value = op->value;
    if (op->code == REF_SEGMENT)
        segment_write(text, size, op);
    else if (op->code == REF_INVLPG)
        snprintf(text, size, "invlpg 0x%llx", address);
    else if (op->code == REF_INVPCID)
        snprintf(text, size, "invpcid %u 0x%x 0x%llx", op->kind, op->extra, address);
    else
        snprintf(text, size, "%s%s 0x%llx", op->flags & REF_MAY_FAULT ? "try " : "", word, value);
}

bool own_op_read(struct reader *r, struct ref_op *op, const char *word)
{
    uint8_t code = REF_CR0;
    if (strcmp(word, "segment") == 0)
        return segment_read(r, op);
    while (code < REF_CODES && (!words[code] || strcmp(word, words[code]) != 0))
        code++;
    op->code = code;
    op->kind = 0;
    if (code == REF_INVLPG) {
        op->address = reader_number(r);
    } else if (code == REF_INVPCID) {
        op->kind = (uint8_t)reader_number(r);
        op->extra = (uint32_t)reader_number(r);
        op->address = reader_number(r);
    } else if (code < REF_ACCESS) {
        op->value = reader_number(r);
    } else {
        return false;
    }
    return true;
}

void own_fault_write(char *text, size_t size, const struct outcome *fault)
{
    if (fault->vector == PF)
        snprintf(text, size, "pf 0x%x at 0x%llx", fault->error, (unsigned long long)fault->value);
    else
        snprintf(text, size, "%s", fault->vector == GP ? "gp" : "ud");
}

bool own_fault_has_words(const struct ref_result *result)
{
    return result->vector == PF || (result->error == 0 && (result->vector == GP || result->vector == UD));
}

bool own_fault_read(struct reader *r, const struct ref_op *op, struct outcome *fault)
{
    *fault = (struct outcome){OUTCOME_FAULT, PF, 0, op->address};
    if (reader_accept(r, "pf")) {
        fault->error = (uint32_t)reader_number(r);
        if (reader_accept(r, "at"))
            fault->value = reader_number(r);
        return true;
    }
    fault->value = 0;
    fault->vector = reader_accept(r, "gp") ? GP : reader_accept(r, "ud") ? UD : 0;
    return fault->vector != 0;
}

bool own_op_is_silent(const struct ref_op *op)
{
    return op->code == REF_RESET || op->code == REF_POKE || op->code == REF_AC;
}

bool own_op_must_be_ok(const struct ref_op *op)
{
    return (op->code >= REF_CR0 && op->code <= REF_PKRS) || op->code == REF_INVLPG || op->code == REF_INVPCID;
}

/* Without these the ROM would lose its own tables, and an emulator with it. */
bool own_op_is_essential(const struct ref_op *op)
{
    bool root = op->code == REF_POKE && (op->value == REF_ROOT0_32BIT || op->value == REF_ROOT0_PAE ||
                                         op->value == REF_ROOT0_4LEVEL || op->value == REF_ROOT0_5LEVEL);
    bool paging = op->code == REF_CR0 || op->code == REF_CR3 || op->code == REF_CR4 || op->code == REF_EFER;
    return op->code == REF_RESET || root || (paging && !(op->flags & REF_MAY_FAULT));
}

bool own_op_has_value(const struct ref_op *op)
{
    return op->code == REF_PKRU || op->code == REF_PKRS;
}

unsigned own_op_value_width(const struct ref_op *op)
{
    const bool reads = op->code == REF_SEGMENT && op->kind == REF_SEG_READ && !(op->flags & REF_NO_VALUE);
    return reads ? op->width : 0;
}

bool own_fault_has_address(unsigned vector)
{
    return vector == PF;
}
