/* One operation at a time: what the CPU is made to do, and what it answered. */
#include "rom.h"

#define FLAGS_BASE      0x2u
#define FLAGS_AC        0x40000u
#define STUB_BYTES      16
#define GATE_REFUSED    (VECTOR_PROBED * 8u + 2u)  /* #GP error code of INT through what is no gate */
#define GATE_REFUSED_16 (VECTOR_PROBED * 16u + 2u) /* what QEMU 7.2 says for it in long mode */

volatile struct entry entry;
volatile struct leave leave;

static struct {
    uint32_t access_flags; /* EFLAGS of accesses */
    int skipping;          /* a configuration write failed: the case is over */
    int has_pks;
} state;

struct __attribute__((packed)) wide_register {
    uint16_t limit;
    uint64_t base;
};

/* Run a stub at CPL 0 or 3 in the present mode; stub < 0 runs whatever lies at the address. */
static void run(int stub, uint64_t address, int user)
{
    const uint8_t *stubs = user ? user_stubs : supervisor_stubs;
    int wide = long_mode() && stub != STUB_CR0;
    entry.ip = stub < 0 ? address : (uint32_t)stubs + (uint32_t)stub * STUB_BYTES;
    entry.edi = address;
    entry.ss = user ? SEL_USER_DATA : SEL_DATA;
    if (user)
        entry.cs = wide ? SEL_USER_CODE64 : SEL_USER_CODE32;
    else
        entry.cs = wide ? SEL_CODE64 : SEL_CODE32;
    if (wide)
        enter64();
    else
        enter32();
}

static void run_privileged(int stub, uint64_t operand)
{
    entry.flags = FLAGS_BASE;
    run(stub, operand, 0);
}

static void report(struct ref_result *result)
{
    if (leave.vector == VECTOR_DONE)
        return;
    result->status = REF_FAULT;
    result->vector = (uint8_t)leave.vector;
    result->error = leave.error;
    result->cr2 = leave.vector == VECTOR_PF ? leave.cr2 : 0;
}

static void reset(void)
{
    uint32_t cr4 = cr4_read();
    if (cr4 & CR4_PKE)
        __asm__ volatile("wrpkru" : : "a"(0), "c"(0), "d"(0));
    if (cr4 & CR4_PCIDE)
        cr4_write(cr4 & ~CR4_PCIDE);
    cr0_write(CR0_PE_ET);
    cr4_write(0);
    cr3_write(0);
    msr_write(MSR_EFER, 0);
    if (state.has_pks)
        msr_write(MSR_PKRS, 0);
    tables_follow_mode();
    memory_reset();
    state.access_flags = FLAGS_BASE;
    state.skipping = 0;
}

static void write_msr(uint32_t index, uint64_t value)
{
    entry.ecx = index;
    entry.eax = value;
    entry.edx = (uint32_t)(value >> 32);
    run_privileged(STUB_WRMSR, 0);
}

static void write_pkru(uint64_t value)
{
    entry.ecx = entry.edx = 0;
    entry.eax = value;
    run_privileged(STUB_WRPKRU, 0);
}

static void configure(const struct ref_op *op, struct ref_result *result)
{
    switch (op->code) {
    case REF_CR0:
        run_privileged(STUB_CR0, op->value);
        tables_follow_mode();
        break;
    case REF_CR3: run_privileged(STUB_CR3, op->value); break;
    case REF_CR4: run_privileged(STUB_CR4, op->value); break;
    case REF_EFER: write_msr(MSR_EFER, op->value); break;
    case REF_PKRU: write_pkru(op->value); break;
    default: write_msr(MSR_PKRS, op->value); break;
    }
    report(result);
    if (result->status == REF_FAULT && !(op->flags & REF_MAY_FAULT))
        state.skipping = 1;
}

static int log2_width(uint32_t width)
{
    return width == 8 ? 3 : width == 4 ? 2 : width == 2 ? 1 : 0;
}

static void access_data(const struct ref_op *op, struct ref_result *result)
{
    static const uint8_t first_stub[] = {STUB_READ, STUB_WRITE, STUB_RMW};
    entry.eax = op->kind == REF_READ ? 0 : op->value;
    entry.flags = state.access_flags;
    run(first_stub[op->kind] + log2_width(op->width), op->address, op->flags & REF_USER);
    report(result);
    if (result->status == REF_DONE && op->kind != REF_WRITE)
        result->value = leave.eax;
}

static void access_fetch(const struct ref_op *op, struct ref_result *result)
{
    entry.flags = state.access_flags;
    run(-1, op->address, op->flags & REF_USER);
    if (leave.vector == VECTOR_INT3) {
        result->value = 0xcc;
    } else if (leave.vector >= VECTOR_PROBED) {
        result->value = 0xcd | leave.vector << 8;
    } else {
        report(result);
    }
}

static void load_tables(int stub, uint64_t base, uint32_t limit)
{
    static struct wide_register r;
    r.limit = (uint16_t)limit;
    r.base = base;
    entry.esi = (uint32_t)&r;
    run_privileged(stub, 0);
}

/* By 64-bit code in long mode: in compatibility mode Bochs reads half of the descriptor. */
static void load_tss(uint64_t base)
{
    tss_describe(base);
    entry.eax = SEL_TSS;
    run_privileged(STUB_LTR, 0);
}

static int gate_was_read(void)
{
    return leave.vector == VECTOR_GP && (leave.error == GATE_REFUSED || leave.error == GATE_REFUSED_16);
}

static void access_implicit(const struct ref_op *op, struct ref_result *result)
{
    int user = op->flags & REF_USER;
    uint32_t tail_idt = long_mode() ? REF_TAIL_IDT64 : REF_TAIL_IDT32;
    entry.edx = 0;
    if (op->kind == REF_GDT)
        load_tables(STUB_LGDT, op->address - REF_TAIL_GDT, REF_TAIL_GDT + 7);
    else if (op->kind == REF_IDT)
        load_tables(STUB_LIDT, op->address - tail_idt, 0xfff);
    else
        load_tss(op->address - REF_TAIL_TSS);
    entry.eax = REF_TAIL_GDT; /* as a selector: the descriptor at the address */
    entry.flags = state.access_flags;
    run(op->kind == REF_GDT ? STUB_LAR : op->kind == REF_IDT ? STUB_INT : STUB_IN, 0, user);
    gdt_load(gdt_base, GDT_ENTRIES * 8 - 1);
    tables_follow_mode();
    tr_load();
    if (op->kind == REF_IDT && gate_was_read())
        return;
    report(result);
}

static void access(const struct ref_op *op, struct ref_result *result)
{
    if (op->width == 8 && op->kind < REF_FETCH && !long_mode())
        result->status = REF_UNSUPPORTED;
    else if (op->kind < REF_FETCH)
        access_data(op, result);
    else if (op->kind == REF_FETCH)
        access_fetch(op, result);
    else if (op->kind < REF_KINDS)
        access_implicit(op, result);
    else
        result->status = REF_UNSUPPORTED;
}

static void invalidate_pcid(const struct ref_op *op, struct ref_result *result)
{
    static struct {
        uint64_t pcid, address;
    } descriptor;
    descriptor.pcid = op->extra;
    descriptor.address = op->address;
    entry.esi = (uint32_t)&descriptor;
    entry.eax = op->kind;
    run_privileged(STUB_INVPCID, 0);
    report(result);
}

static void execute_in_case(const struct ref_op *op, struct ref_result *result)
{
    switch (op->code) {
    case REF_POKE: memory_poke(op->address, op->width, op->value); break;
    case REF_AC: state.access_flags = FLAGS_BASE | (op->value ? FLAGS_AC : 0); break;
    case REF_ACCESS: access(op, result); break;
    case REF_INVLPG:
        run_privileged(STUB_INVLPG, op->address);
        report(result);
        break;
    case REF_INVPCID: invalidate_pcid(op, result); break;
    default:
        if (op->code >= REF_CR0 && op->code <= REF_PKRS)
            configure(op, result);
        else
            result->status = REF_UNSUPPORTED;
    }
}

void execute(const struct ref_op *op, struct ref_result *result)
{
    *result = (struct ref_result){.status = REF_DONE};
    if (op->code == REF_RESET)
        reset();
    else if (op->code == REF_PEEK)
        result->value = memory_peek(op->address, op->width);
    else if (state.skipping)
        result->status = REF_SKIPPED;
    else
        execute_in_case(op, result);
}

void execute_init(void)
{
    state.has_pks = cpuid(0).eax >= 7 && (cpuid(7).ecx & CPU_PKS) != 0;
    state.access_flags = FLAGS_BASE;
}
