/* One operation at a time: what the hart is made to do, and what it answered. */
#include "rom.h"

struct entry entry;
struct leave leave;

static int envcfg_set = 1; /* QEMU starts with PBMTE on */

static uint32_t log2_width(uint32_t width)
{
    return width == 8 ? 3 : width >> 1;
}

/*
 * QEMU empties its TLB whenever a write changes MPP, SUM, MXR or MPRV. So after a trap, which left MPP as the mode it came
 * from, the other mode is entered through that one: from U-mode by a call that S-mode takes, from S-mode by SRET.
 */
static void go(uintptr_t address, int user)
{
    uintptr_t status = CSR_READ("mstatus"), mpp = status & MSTATUS_MPP;
    uintptr_t wanted = user ? MSTATUS_MPP_U : MSTATUS_MPP_S;
    entry.onward = address;
    entry.pc = address;
    if (mpp == MSTATUS_MPP)
        status = (status & ~(uintptr_t)MSTATUS_MPP) | wanted;
    else if (mpp != wanted)
        entry.pc = user ? STUB_S_VA + SLOT_LOWER * STUB_SLOT : STUB_U_VA + SLOT_CALL * STUB_SLOT;
    entry.status = status;
    enter();
}

/* A trap on the way to the access tells nothing of it. */
static int lost(void)
{
    return leave.cause == CAUSE_USER_CALL || (leave.pc >= STUB_S_VA && leave.tval >= STUB_S_VA);
}

static void report(struct ref_result *result)
{
    if (leave.cause == CAUSE_BREAK)
        return;
    result->status = lost() ? REF_UNSUPPORTED : REF_FAULT;
    result->vector = (uint8_t)leave.cause;
    result->cr2 = leave.tval;
}

static void access_data(const struct ref_op *op, struct ref_result *result)
{
    static const uint32_t first_slot[] = {0, FIRST_WRITE_SLOT, FIRST_SWAP_SLOT};
    uintptr_t slot = (first_slot[op->kind] + log2_width(op->width)) * STUB_SLOT;
    entry.value = op->kind == REF_READ ? 0 : (uintptr_t)op->value;
    entry.address = (uintptr_t)op->address;
    if (op->flags & REF_MPRV) {
        uintptr_t status = CSR_READ("mstatus") & ~(uintptr_t)MSTATUS_MPP;
        entry.pc = (uintptr_t)stubs_m + slot;
        entry.mprv_status = status | MSTATUS_MPRV | (op->flags & REF_USER ? MSTATUS_MPP_U : MSTATUS_MPP_S);
        enter_here();
    } else {
        go((op->flags & REF_USER ? STUB_U_VA : STUB_S_VA) + slot, op->flags & REF_USER);
    }
    report(result);
    if (result->status != REF_DONE || op->kind == REF_WRITE)
        return;
    result->value = op->width < 8 ? (uint32_t)leave.value : leave.value;
}

static void access_fetch(const struct ref_op *op, struct ref_result *result)
{
    __asm__ volatile("fence.i" : : : "memory");
    go((uintptr_t)op->address, op->flags & REF_USER);
    if (leave.cause == CAUSE_ILLEGAL && leave.pc == (uintptr_t)op->address)
        result->value = leave.tval;
    else
        report(result);
}

static void access(const struct ref_op *op, struct ref_result *result)
{
    if (op->kind > REF_FETCH || op->width > sizeof(uintptr_t))
        result->status = REF_UNSUPPORTED;
    else if (op->kind == REF_FETCH)
        access_fetch(op, result);
    else
        access_data(op, result);
}

static void fence(const struct ref_op *op)
{
    uintptr_t address = (uintptr_t)op->address, asid = op->extra;
    if (op->kind == (RV_FENCE_ADDRESS | RV_FENCE_ASID))
        __asm__ volatile("sfence.vma %0, %1" : : "r"(address), "r"(asid) : "memory");
    else if (op->kind == RV_FENCE_ADDRESS)
        __asm__ volatile("sfence.vma %0, zero" : : "r"(address) : "memory");
    else if (op->kind == RV_FENCE_ASID)
        __asm__ volatile("sfence.vma zero, %0" : : "r"(asid) : "memory");
    else
        __asm__ volatile("sfence.vma" : : : "memory");
}

static void write_status(uint64_t value)
{
    uintptr_t both = RV_STATUS_SUM | RV_STATUS_MXR;
    CSR_WRITE("mstatus", (CSR_READ("mstatus") & ~both) | ((uintptr_t)value & both));
}

static void write_envcfg(uint64_t value)
{
#if __riscv_xlen == 64
    CSR_WRITE("0x30a", value);
#endif
    envcfg_set = value != 0;
}

static void reset(void)
{
    translation_off();
    if (CSR_READ("mstatus") & (RV_STATUS_SUM | RV_STATUS_MXR))
        write_status(0);
    if (envcfg_set)
        write_envcfg(0);
    memory_reset();
}

static void execute(const struct ref_op *op, struct ref_result *result)
{
    *result = (struct ref_result){.status = REF_DONE};
    switch (op->code) {
    case REF_RESET: reset(); break;
    case REF_POKE: memory_poke(op->address, op->width, op->value); break;
    case REF_PEEK: result->value = memory_peek(op->address, op->width); break;
    case REF_ACCESS: access(op, result); break;
    case RV_SATP:
        translation_write(op->value);
        result->value = CSR_READ("satp");
        break;
    case RV_STATUS: write_status(op->value); break;
    case RV_ENVCFG: write_envcfg(op->value); break;
    case RV_SFENCE: fence(op); break;
    default: result->status = REF_UNSUPPORTED;
    }
}

void execute_list(const struct ref_op *ops, struct ref_result *results, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        execute(&ops[i], &results[i]);
}
