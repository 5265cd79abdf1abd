/* One operation at a time: what the CPU is made to do, and what it answered. */
#include "rom.h"

#define FLAGS_BASE      0x2u
#define FLAGS_AC        0x40000u
#define STUB_BYTES      16
#define GATE_REFUSED    (VECTOR_PROBED * 8u + 2u)  /* #GP error code of INT through what is no gate */
#define GATE_REFUSED_16 (VECTOR_PROBED * 16u + 2u) /* what QEMU 7.2 says for it in long mode */

volatile struct entry entry;
volatile struct leave leave;

/*
 * Each flush of an emulator's TLB costs more than most operations, so a reset leaves registers as they are that the
 * next case is likely to write anyway. They are stale until written, or until something depends on them.
 */
enum late_register { LATE_CR3 = 1, LATE_CR4 = 2, LATE_PKRU = 4, LATE_PKRS = 8, LATE_ALL = 15 };

static struct {
    uint32_t access_flags; /* EFLAGS of accesses */
    int skipping;          /* a configuration write failed: the case is over */
    int long_mode;
    unsigned written; /* late registers written in this case */
    unsigned stale;   /* those that should be 0, and may not be */
    int accessed;     /* the case has begun in earnest: from here on each write of a register counts */
    int known_pkrs;
    uint64_t pkrs; /* what was written last */
} state;

struct __attribute__((packed)) wide_register {
    uint16_t limit;
    uint64_t base;
};

static uint32_t stub_address(const uint8_t *stubs, int stub)
{
    return (uint32_t)stubs + (uint32_t)stub * STUB_BYTES;
}

static void call(int wide)
{
    leave.vector = VECTOR_DONE;
    leave.eax = 0;
    if (wide)
        call64();
    else
        call32();
}

static void enter_user(void)
{
    entry.ss = SEL_USER_DATA;
    entry.cs = state.long_mode ? SEL_USER_CODE64 : SEL_USER_CODE32;
    if (state.long_mode)
        enter64();
    else
        enter32();
}

/* Run a stub at CPL 0 or 3 in the present mode; stub < 0 runs whatever lies at the address. */
static void run(int stub, uint64_t address, int user)
{
    entry.ip = stub < 0 ? address : stub_address(user ? user_stubs : called_stubs, stub);
    entry.edi = address;
    if (user)
        enter_user();
    else
        call(state.long_mode);
}

/* Compatibility mode does for operands of 32 bits what 64-bit mode does, with less ado. */
static void run_privileged(int stub, uint64_t operand)
{
    entry.flags = FLAGS_BASE;
    entry.ip = stub_address(called_stubs, stub);
    entry.edi = operand;
    call(state.long_mode && stub != STUB_CR0 && (operand >> 32 || stub >= STUB_LGDT));
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

static void follow_mode(void)
{
    int before = state.long_mode;
    state.long_mode = long_mode();
    if (state.long_mode != before)
        tables_follow_mode();
}

static void paging_off(void)
{
    uint32_t cr4 = cr4_read();
    if (cr4 & CR4_PCIDE)
        cr4_write(cr4 & ~CR4_PCIDE);
    cr0_write(CR0_PE_ET);
    if (state.long_mode)
        follow_mode();
}

static void reset(void)
{
    if (cr0_read() != CR0_PE_ET)
        paging_off();
    msr_write(MSR_EFER, 0);
    memory_reset();
    segment_reset();
    state.stale |= state.written;
    state.written = 0;
    state.accessed = 0;
    state.access_flags = FLAGS_BASE;
    state.skipping = 0;
}

/* Bring back 0 to those of the registers that are stale. */
static void settle(unsigned registers)
{
    unsigned now = state.stale & registers;
    uint32_t cr4;
    state.stale &= ~now;
    if (now & LATE_CR4)
        cr4_write(0);
    if (now & LATE_CR3)
        cr3_write(0);
    if (now & LATE_PKRS) {
        msr_write(MSR_PKRS, 0);
        state.known_pkrs = 0;
    }
    if (!(now & LATE_PKRU))
        return;
    cr4 = cr4_read();
    if (cr4 & CR4_PKE)
        __asm__ volatile("wrpkru" : : "a"(0), "c"(0), "d"(0));
    else
        state.stale |= LATE_PKRU; /* it has no say now */
}

/* What an operation depends on. */
static unsigned dependences(const struct ref_op *op)
{
    switch (op->code) {
    case REF_CR0: return LATE_CR3 | LATE_CR4;
    case REF_CR4: return op->value & CR4_PCIDE ? LATE_CR3 : 0;
    case REF_PKRU: return LATE_CR4;
    case REF_ACCESS:
    case REF_INVLPG:
    case REF_INVPCID: return LATE_ALL;
    default: return 0;
    }
}

static void note_written(unsigned reg)
{
    if (leave.vector != VECTOR_DONE)
        return;
    state.written |= reg;
    state.stale &= ~reg;
}

static void write_msr(uint32_t index, uint64_t value)
{
    entry.ecx = index;
    entry.eax = value;
    entry.edx = (uint32_t)(value >> 32);
    run_privileged(STUB_WRMSR, 0);
}

/* Here too a flush is saved where nothing changes. */
static int has_pkru(uint64_t value)
{
    uint32_t now, high;
    if (state.accessed || !(cr4_read() & CR4_PKE))
        return 0;
    __asm__ volatile("rdpkru" : "=a"(now), "=d"(high) : "c"(0));
    return now == value;
}

static void write_pkru(uint64_t value)
{
    leave.vector = VECTOR_DONE;
    if (has_pkru(value)) {
        note_written(LATE_PKRU);
        return;
    }
    entry.ecx = entry.edx = 0;
    entry.eax = value;
    run_privileged(STUB_WRPKRU, 0);
    note_written(LATE_PKRU);
}

static void write_pkrs(uint64_t value)
{
    leave.vector = VECTOR_DONE;
    if (state.accessed || !state.known_pkrs || state.pkrs != value)
        write_msr(MSR_PKRS, value);
    state.known_pkrs = leave.vector == VECTOR_DONE;
    state.pkrs = value;
    note_written(LATE_PKRS);
}

static void write_cr3(uint64_t value)
{
    run_privileged(STUB_CR3, value);
    note_written(LATE_CR3);
}

/* A refused value leaves what was there before, which must then be 0 and not what another case left. */
static void write_cr4(uint64_t value)
{
    run_privileged(STUB_CR4, value);
    note_written(LATE_CR4);
    settle(LATE_CR4);
}

static void configure(const struct ref_op *op, struct ref_result *result)
{
    switch (op->code) {
    case REF_CR0:
        run_privileged(STUB_CR0, op->value);
        follow_mode();
        break;
    case REF_CR3: write_cr3(op->value); break;
    case REF_CR4: write_cr4(op->value); break;
    case REF_EFER: write_msr(MSR_EFER, op->value); break;
    case REF_PKRU: write_pkru(op->value); break;
    default: write_pkrs(op->value);
    }
    report(result);
    if (result->status == REF_FAULT && !(op->flags & REF_MAY_FAULT))
        state.skipping = 1;
}

static int log2_width(uint32_t width)
{
    return width == 8 ? 3 : (int)(width >> 1);
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
    uint32_t tail_idt = state.long_mode ? REF_TAIL_IDT64 : REF_TAIL_IDT32;
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
    if (op->width == 8 && op->kind < REF_FETCH && !state.long_mode)
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
    settle(dependences(op));
    switch (op->code) {
    case REF_AC: state.access_flags = FLAGS_BASE | (op->value ? FLAGS_AC : 0); break;
    case REF_ACCESS:
        state.accessed = 1;
        access(op, result);
        break;
    case REF_INVLPG:
        run_privileged(STUB_INVLPG, op->address);
        report(result);
        break;
    case REF_INVPCID: invalidate_pcid(op, result); break;
    case REF_SEGMENT: segment_execute(op, result); break;
    default:
        if (op->code >= REF_CR0 && op->code <= REF_PKRS)
            configure(op, result);
        else
            result->status = REF_UNSUPPORTED;
    }
}

/* Where nothing but peeks is left of a case, paging is of no more use, and without it every address is near. */
static void peek(const struct ref_op *op, struct ref_result *result)
{
    const struct ref_op *next = op;
    while (next->code == REF_PEEK)
        next++;
    if (next->code == REF_RESET && cr0_read() != CR0_PE_ET)
        paging_off();
    result->value = memory_peek(op->address, op->width);
}

static void execute(const struct ref_op *op, struct ref_result *result)
{
    *result = (struct ref_result){.status = REF_DONE};
    if (op->code == REF_RESET)
        reset();
    else if (op->code == REF_PEEK)
        peek(op, result);
    else if (state.skipping)
        result->status = REF_SKIPPED;
    else if (op->code == REF_POKE)
        memory_poke(op->address, op->width, op->value);
    else
        execute_in_case(op, result);
}

void execute_list(struct ref_op *ops, struct ref_result *results, uint32_t count)
{
    ops[count] = (struct ref_op){.code = REF_RESET};
    for (uint32_t i = 0; i < count; i++)
        execute(&ops[i], &results[i]);
}

void execute_reset(void)
{
    reset();
}

void execute_init(void)
{
    state.access_flags = FLAGS_BASE;
}
