/* The words of operations and faults that only RISC-V has; see case.h. */
#include <string.h>

#include "case_impl.h"
#include "riscv_protocol.h"

static const struct {
    uint8_t cause;
    const char *word;
} faults[] = {
    {1, "fetch-access"}, {4, "load-misaligned"}, {5, "load-access"}, {6, "store-misaligned"},
    {7, "store-access"}, {12, "fetch-page"},     {13, "load-page"},  {15, "store-page"},
};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static const char *fault_word(unsigned cause)
{
    for (size_t i = 0; i < FAULTS; i++) {
        if (faults[i].cause == cause)
            return faults[i].word;
    }
    return NULL;
}

static void fence_write(char *text, size_t size, const struct ref_op *op)
{
    char address[32] = "", asid[32] = "";
    if (op->kind & RV_FENCE_ADDRESS)
        snprintf(address, sizeof(address), " address 0x%llx", (unsigned long long)op->address);
    if (op->kind & RV_FENCE_ASID)
        snprintf(asid, sizeof(asid), " asid 0x%x", op->extra);
    snprintf(text, size, "sfence%s%s", address, asid);
}

void own_op_write(char *text, size_t size, const struct ref_op *op)
{
    unsigned long long value = op->value;
    switch (op->code) {
    case RV_SATP: snprintf(text, size, "satp 0x%llx", value); break;
    case RV_STATUS: snprintf(text, size, "status 0x%llx", value); break;
    case RV_ENVCFG: snprintf(text, size, "envcfg 0x%llx", value); break;
    case RV_SFENCE: fence_write(text, size, op); break;
    default: snprintf(text, size, "unknown 0x%x", op->code);
    }
}

static bool fence_read(struct reader *r, struct ref_op *op)
{
    op->code = RV_SFENCE;
    if (reader_accept(r, "address")) {
        op->kind |= RV_FENCE_ADDRESS;
        op->address = reader_number(r);
    }
    if (reader_accept(r, "asid")) {
        op->kind |= RV_FENCE_ASID;
        op->extra = (uint32_t)reader_number(r);
    }
    return true;
}

bool own_op_read(struct reader *r, struct ref_op *op, const char *word)
{
    static const char *const names[] = {"satp", "status", "envcfg"};
    op->kind = 0;
    if (strcmp(word, "sfence") == 0)
        return fence_read(r, op);
    for (uint8_t i = 0; i < 3; i++) {
        if (strcmp(word, names[i]) != 0)
            continue;
        op->code = (uint8_t)(RV_SATP + i);
        op->value = reader_number(r);
        return true;
    }
    return false;
}

void own_fault_write(char *text, size_t size, const struct outcome *fault)
{
    const char *word = fault_word(fault->vector);
    snprintf(text, size, "%s at 0x%llx", word ? word : "exception", (unsigned long long)fault->value);
}

bool own_fault_has_words(const struct ref_result *result)
{
    return fault_word(result->vector) != NULL;
}

unsigned own_op_value_width(const struct ref_op *op)
{
    return op->code == RV_SATP ? 8 : 0;
}

bool own_fault_has_address(unsigned vector)
{
    (void)vector;
    return true;
}

bool own_fault_read(struct reader *r, const struct ref_op *op, struct outcome *fault)
{
    for (size_t i = 0; i < FAULTS; i++) {
        if (!reader_accept(r, faults[i].word))
            continue;
        *fault = (struct outcome){OUTCOME_FAULT, faults[i].cause, 0, op->address};
        if (reader_accept(r, "at"))
            fault->value = reader_number(r);
        return true;
    }
    return false;
}

bool own_op_is_silent(const struct ref_op *op)
{
    return op->code == REF_RESET || op->code == REF_POKE;
}

bool own_op_must_be_ok(const struct ref_op *op)
{
    return op->code >= RV_SATP && op->code < RV_CODES;
}

bool own_op_is_essential(const struct ref_op *op)
{
    return op->code == REF_RESET || op->code == RV_SATP;
}

bool own_op_has_value(const struct ref_op *op)
{
    return op->code == RV_STATUS || op->code == RV_ENVCFG;
}
