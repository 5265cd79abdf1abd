/*
 * The tables of the manual's pages of MOV, JMP, LLDT, LTR, INT n and IRET ("Protected Mode Exceptions", "64-Bit Mode
 * Exceptions"): which selector and which descriptor is refused, by which exception, with which error code.
 */
#include "rig.h"

#define GDT     0x00080000u
#define IDT     0x00081000u
#define TSS     0x00082000u
#define STACK   0x00083000u
#define HANDLER 0x00084000u

#define SELECTOR 0x08u
#define LDT_BIT  0x04u

/* "Segment Descriptors": base 0, limit 4 GiB, D, and the byte with P, DPL, S and type. */
#define FLAT(rights) (UINT64_C(0x00cf00000000ffff) | (uint64_t)(rights) << 40)
#define LONG_CODE    UINT64_C(0x00209a0000000000) /* L, limit 0 */
#define LONG_AND_D   UINT64_C(0x00ef9a000000ffff)
#define ONE_PAGE     UINT64_C(0x00409a0000000fff) /* code, limit 4 KiB */

#define GP KMS_VECTOR_GP
#define NP KMS_VECTOR_NP
#define SS KMS_VECTOR_SS
#define TS KMS_VECTOR_TS

/* The descriptor stands at SELECTOR, or is the first half of one of 16 bytes there. */
struct row {
    const char *sentence;
    bool wide; /* IA-32e mode */
    enum kms_segment segment;
    uint16_t selector;
    uint64_t descriptor, upper;
    uint8_t cpl, vector; /* 0: it is loaded */
    uint16_t code;
    uint32_t offset; /* of a jump */
};

static const struct row rows[] = {
    {"SS: null", false, KMS_SS, 0, 0, 0, 0, GP, 0, 0},
    {"SS: RPL is not CPL", false, KMS_SS, 0x0b, FLAT(0x92), 0, 0, GP, 8, 0},
    {"SS: DPL is not CPL", false, KMS_SS, 0x08, FLAT(0xb2), 0, 0, GP, 8, 0},
    {"SS: read-only", false, KMS_SS, 0x08, FLAT(0x90), 0, 0, GP, 8, 0},
    {"SS: code", false, KMS_SS, 0x08, FLAT(0x9a), 0, 0, GP, 8, 0},
    {"SS: not present", false, KMS_SS, 0x08, FLAT(0x12), 0, 0, SS, 8, 0},
    {"SS: beyond the table", false, KMS_SS, 0x18, FLAT(0x92), 0, 0, GP, 0x18, 0},
    {"SS: of CPL 3", false, KMS_SS, 0x0b, FLAT(0xf2), 0, 3, 0, 0, 0},
    {"SS: null in 64-bit mode", true, KMS_SS, 0, 0, 0, 0, 0, 0, 0},
    {"SS: null with another RPL in 64-bit mode", true, KMS_SS, 1, 0, 0, 0, GP, 0, 0},
    {"SS: null at CPL 3 in 64-bit mode", true, KMS_SS, 3, 0, 0, 3, GP, 0, 0},
    {"DS: null", false, KMS_DS, 3, 0, 0, 0, 0, 0, 0},
    {"DS: code that cannot be read", false, KMS_DS, 0x08, FLAT(0x98), 0, 0, GP, 8, 0},
    {"DS: a system descriptor", false, KMS_DS, 0x08, FLAT(0x89), 0, 0, GP, 8, 0},
    {"DS: RPL above DPL", false, KMS_DS, 0x0b, FLAT(0x92), 0, 0, GP, 8, 0},
    {"DS: CPL above DPL", false, KMS_DS, 0x08, FLAT(0x92), 0, 3, GP, 8, 0},
    {"DS: code of another level", false, KMS_DS, 0x0b, FLAT(0x9a), 0, 3, GP, 8, 0},
    {"DS: conforming code of another level", false, KMS_DS, 0x0b, FLAT(0x9e), 0, 3, 0, 0, 0},
    {"DS: not present", false, KMS_DS, 0x08, FLAT(0x12), 0, 0, NP, 8, 0},
    {"CS: null", false, KMS_CS, 0, 0, 0, 0, GP, 0, 0},
    {"CS: data", false, KMS_CS, 0x08, FLAT(0x92), 0, 0, GP, 8, 0},
    {"CS: DPL is not CPL", false, KMS_CS, 0x08, FLAT(0xfa), 0, 0, GP, 8, 0},
    {"CS: RPL above CPL", false, KMS_CS, 0x0b, FLAT(0x9a), 0, 0, GP, 8, 0},
    {"CS: conforming, DPL above CPL", false, KMS_CS, 0x08, FLAT(0xfe), 0, 0, GP, 8, 0},
    {"CS: conforming, DPL below CPL", false, KMS_CS, 0x08, FLAT(0x9e), 0, 3, 0, 0, 0},
    {"CS: not present", false, KMS_CS, 0x08, FLAT(0x1a), 0, 0, NP, 8, 0},
    {"CS: the offset is the last byte", false, KMS_CS, 0x08, ONE_PAGE, 0, 0, 0, 0, 0xfff},
    {"CS: the offset is beyond the limit", false, KMS_CS, 0x08, ONE_PAGE, 0, 0, GP, 0, 0x1000},
    {"CS: L and D in IA-32e mode", true, KMS_CS, 0x08, LONG_AND_D, 0, 0, GP, 8, 0},
    {"CS: 64-bit code has no limit", true, KMS_CS, 0x08, LONG_CODE, 0, 0, 0, 0, 0x1000},
    {"CS: compatibility mode has a limit", true, KMS_CS, 0x08, ONE_PAGE, 0, 0, GP, 0, 0x1000},
    {"LDTR: null", false, KMS_LDTR, 0, 0, 0, 0, 0, 0, 0},
    {"LDTR: CPL 3", false, KMS_LDTR, 0x08, FLAT(0x82), 0, 3, GP, 0, 0},
    {"LDTR: from the LDT", false, KMS_LDTR, SELECTOR | LDT_BIT, FLAT(0x82), 0, 0, GP, 0x0c, 0},
    {"LDTR: a TSS", false, KMS_LDTR, 0x08, FLAT(0x89), 0, 0, GP, 8, 0},
    {"LDTR: not present", false, KMS_LDTR, 0x08, FLAT(0x02), 0, 0, NP, 8, 0},
    {"LDTR: an LDT", false, KMS_LDTR, 0x08, FLAT(0x82), 0, 0, 0, 0, 0},
    {"TR: null", false, KMS_TR, 0, 0, 0, 0, GP, 0, 0},
    {"TR: busy", false, KMS_TR, 0x08, FLAT(0x8b), 0, 0, GP, 8, 0},
    {"TR: an LDT", false, KMS_TR, 0x08, FLAT(0x82), 0, 0, GP, 8, 0},
    {"TR: not present", false, KMS_TR, 0x08, FLAT(0x09), 0, 0, NP, 8, 0},
    {"TR: a 16-bit TSS", false, KMS_TR, 0x08, FLAT(0x81), 0, 0, 0, 0, 0},
    {"TR: a 32-bit TSS", false, KMS_TR, 0x08, FLAT(0x89), 0, 0, 0, 0, 0},
    {"TR: a 16-bit TSS in IA-32e mode", true, KMS_TR, 0x08, FLAT(0x81), 0, 0, GP, 8, 0},
    {"TR: a 64-bit TSS", true, KMS_TR, 0x08, FLAT(0x89), 0, 0, 0, 0, 0},
    {"TR: a type in the upper half", true, KMS_TR, 0x08, FLAT(0x89), UINT64_C(1) << 40, 0, GP, 8, 0},
    {"LDTR: 16 bytes that reach beyond the table", true, KMS_LDTR, 0x10, 0, 0, 0, GP, 0x10, 0},
};

static struct rig rig_for(const struct row *row)
{
    struct rig rig = rig_new(NULL);
    const struct kms_table_register gdt = {GDT, 0x17};
    rig_enable(&rig, row->wide ? KMS_PAGING_4LEVEL : KMS_PAGING_NONE);
    rig_map64(&rig, GDT, GDT | P | RW);
    rig_poke(&rig, GDT + SELECTOR, 8, row->descriptor);
    rig_poke(&rig, GDT + SELECTOR + 8, 8, row->upper);
    assert_int_equal(kms_segment_lgdt(rig.cpu, &gdt, NULL), KMS_DONE);
    rig_set(&rig, KMS_X86_CPL, row->cpl);
    return rig;
}

static enum kms_result load(struct rig *rig, const struct row *row, struct kms_fault *fault)
{
    if (row->segment == KMS_CS)
        return kms_segment_jump(rig->cpu, row->selector, row->offset, fault);
    return kms_segment_load(rig->cpu, row->segment, row->selector, fault);
}

static void a_load(void **state)
{
    const struct row *row = *state;
    struct rig rig = rig_for(row);
    const struct kms_segment_register before = kms_segment_get(rig.cpu, row->segment);
    struct kms_fault fault = {0};
    const enum kms_result result = load(&rig, row, &fault);
    const struct kms_segment_register after = kms_segment_get(rig.cpu, row->segment);
    assert_int_equal(fault.vector, row->vector);
    assert_int_equal(fault.error_code, row->code);
    assert_int_equal(result, row->vector ? KMS_FAULT : KMS_DONE);
    assert_int_equal(load(&rig, row, NULL),
                     row->segment == KMS_TR && !row->vector ? KMS_FAULT : result); /* busy */
    if (row->vector) {
        assert_int_equal(after.selector, before.selector);
        assert_int_equal(rig_peek(&rig, GDT + SELECTOR, 8), row->descriptor); /* not marked either */
    } else {
        assert_int_equal(after.selector & ~KMS_SELECTOR_RPL, row->selector & ~KMS_SELECTOR_RPL);
    }
    rig_free(&rig);
}

static void descriptors_of_16_bytes_have_a_base_of_64_bits(void **state)
{
    const struct row row = {
        .wide = true, .descriptor = FLAT(0x89) | UINT64_C(0x1000) << 16, .upper = 0xffff8000};
    struct rig rig = rig_for(&row);
    (void)state;
    assert_int_equal(kms_segment_load(rig.cpu, KMS_TR, SELECTOR, NULL), KMS_DONE);
    assert_int_equal(kms_segment_get(rig.cpu, KMS_TR).base, UINT64_C(0xffff800000001000));
    assert_int_equal(rig_peek(&rig, GDT + SELECTOR, 8), row.descriptor | UINT64_C(2) << 40); /* busy */
    rig_free(&rig);
}

static void the_upper_half_may_lie_in_a_page_that_is_not_there(void **state)
{
    const struct row row = {.wide = true};
    struct rig rig = rig_for(&row);
    const struct kms_table_register gdt = {GDT + 0x1000 - 16, 0x17};
    struct kms_fault fault;
    (void)state;
    rig_poke(&rig, GDT + 0xff8, 8, FLAT(0x89));
    assert_int_equal(kms_segment_lgdt(rig.cpu, &gdt, NULL), KMS_DONE);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_TR, SELECTOR, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_PF);
    assert_int_equal(fault.address, GDT + 0x1000);
    rig_free(&rig);
}

/* ---- interrupts and IRET: INT 0x21 from ring 3, and back ---- */

#define VECTOR 0x21u
#define GATE(selector)                                                                                       \
    (UINT64_C(0x0000ee0000000000) | (uint64_t)(selector) << 16 | (HANDLER & 0xffff) |                        \
     (uint64_t)(HANDLER >> 16) << 48)
#define CODE      (GDT + 0x08)
#define DATA      (GDT + 0x10)
#define USER_CODE (GDT + 0x18)
#define USER_DATA (GDT + 0x20)

/* What differs from tables that are right: a value in memory, the IDT's limit, the TSS. */
struct trap {
    const char *sentence;
    kms_phys at;
    uint64_t value;
    uint16_t idt_limit, tss_attributes, tss_limit;
    uint8_t vector; /* 0: it is delivered, or returns */
    uint16_t code;
};
#define RIGHT_TABLES 0x7ff, 0x8b, 0x67

static const struct trap deliveries[] = {
    {"INT: all is right", TSS + 0x20, 0, RIGHT_TABLES, 0, 0},
    {"INT: the gate is beyond the IDT", TSS + 0x20, 0, 8 * VECTOR + 6, 0x8b, 0x67, GP, 8 * VECTOR + 2},
    {"INT: the gate's selector is null", IDT + 8 * VECTOR, GATE(0), RIGHT_TABLES, GP, 0},
    {"INT: the gate's selector is beyond the GDT", IDT + 8 * VECTOR, GATE(0x80), RIGHT_TABLES, GP, 0x80},
    {"INT: the gate's selector is data", IDT + 8 * VECTOR, GATE(0x10), RIGHT_TABLES, GP, 0x10},
    {"INT: the code is not present", CODE, FLAT(0x1a), RIGHT_TABLES, NP, 8},
    {"INT: conforming code keeps the stack", CODE, FLAT(0x9e), RIGHT_TABLES, 0, 0},
    {"INT: the TSS ends in the selector of the stack", TSS + 0x20, 0, 0x7ff, 0x8b, 8, TS, 0x28},
    {"INT: a 16-bit TSS", TSS + 2, UINT64_C(0x10) << 16 | 0x800, 0x7ff, 0x83, 0x2b, 0, 0},
    {"INT: the stack is null", TSS + 8, 0, RIGHT_TABLES, TS, 0},
    {"INT: the stack is beyond the GDT", TSS + 8, 0x80, RIGHT_TABLES, TS, 0x80},
    {"INT: the stack's RPL is not the handler's level", TSS + 8, 0x13, RIGHT_TABLES, TS, 0x10},
    {"INT: the stack's DPL is not the handler's level", DATA, FLAT(0xf2), RIGHT_TABLES, TS, 0x10},
    {"INT: the stack is read-only", DATA, FLAT(0x90), RIGHT_TABLES, TS, 0x10},
    {"INT: the stack is not present", DATA, FLAT(0x12), RIGHT_TABLES, SS, 0x10},
};

static const struct trap returns[] = {
    {"IRET: all is right", TSS + 0x20, 0, RIGHT_TABLES, 0, 0},
    {"IRET: the code is not present", USER_CODE, FLAT(0x7a), RIGHT_TABLES, NP, 0x18},
    {"IRET: the code is data", USER_CODE, FLAT(0xf2), RIGHT_TABLES, GP, 0x18},
    {"IRET: the code's DPL is not its RPL", USER_CODE, FLAT(0x9a), RIGHT_TABLES, GP, 0x18},
    {"IRET: conforming code of a lower level", USER_CODE, FLAT(0x9e), RIGHT_TABLES, 0, 0},
    {"IRET: the stack's DPL is not the new level", USER_DATA, FLAT(0x92), RIGHT_TABLES, GP, 0x20},
    {"IRET: the stack is read-only", USER_DATA, FLAT(0xf0), RIGHT_TABLES, GP, 0x20},
    {"IRET: the stack is not present", USER_DATA, FLAT(0x72), RIGHT_TABLES, SS, 0x20},
    {"IRET: the stack is null", STACK + 0xffc, 0x03, RIGHT_TABLES, GP, 0},
    {"IRET: the stack is beyond the GDT", STACK + 0xffc, 0x83, RIGHT_TABLES, GP, 0x80},
    {"IRET: the stack's RPL is not the new level", STACK + 0xffc, 0x20, RIGHT_TABLES, GP, 0x20},
};

static struct rig rig_of_trap(const struct trap *trap)
{
    static const uint64_t descriptors[] = {0, FLAT(0x9a), FLAT(0x92), FLAT(0xfa), FLAT(0xf2)};
    static const uint32_t frame[] = {0x1000, 0x1b, KMS_EFLAGS_FIXED, 0x2000,
                                     0x23}; /* EIP, CS, EFLAGS, ESP, SS */
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_NONE);
    for (unsigned i = 0; i < 5; i++) {
        rig_poke(&rig, GDT + 8 * i, 8, descriptors[i]);
        rig_poke(&rig, STACK + 0x1000 - 20 + 4 * i, 4, frame[i]);
    }
    for (unsigned vector = 0; vector < 256; vector++)
        rig_poke(&rig, IDT + 8 * vector, 8, GATE(8));
    rig_poke(&rig, TSS + 4, 4, STACK + 0x1000);
    rig_poke(&rig, TSS + 8, 4, 0x10);
    rig_poke(&rig, trap->at, trap->at < IDT + 0x1000 ? 8 : 4, trap->value);
    struct kms_segment_state state = kms_segment_get_state(rig.cpu);
    state.gdtr = (struct kms_table_register){GDT, sizeof descriptors - 1};
    state.idtr = (struct kms_table_register){IDT, trap->idt_limit};
    state.segment[KMS_TR] = (struct kms_segment_register){0x28, trap->tss_attributes, trap->tss_limit, TSS};
    state.segment[KMS_SS] = (struct kms_segment_register){0x10, 0x4093, UINT32_MAX, 0};
    kms_segment_set_state(rig.cpu, &state);
    return rig;
}

static void a_delivery(void **state)
{
    const struct trap *trap = *state;
    struct rig rig = rig_of_trap(trap);
    struct kms_x86_context context = {0x1000, 0x2000, KMS_EFLAGS_FIXED};
    const struct kms_interrupt interrupt = {VECTOR, KMS_INTERRUPT_SOFTWARE, 2, 0};
    rig_set(&rig, KMS_X86_CPL, 3);
    const struct kms_delivery delivery = kms_x86_interrupt(rig.cpu, &interrupt, &context);
    assert_int_equal(delivery.fault[0].vector, trap->vector);
    assert_int_equal(delivery.fault[0].error_code, trap->code);
    if (!trap->vector) {
        assert_int_equal(delivery.end, KMS_DELIVERED);
        assert_int_equal(delivery.vector, VECTOR);
        assert_int_equal(context.eip, HANDLER);
    }
    rig_free(&rig);
}

static void a_return(void **state)
{
    const struct trap *trap = *state;
    struct rig rig = rig_of_trap(trap);
    struct kms_x86_context context = {HANDLER, STACK + 0x1000 - 20, KMS_EFLAGS_FIXED};
    struct kms_fault fault = {0};
    const enum kms_result result = kms_x86_iret(rig.cpu, &context, &fault);
    assert_int_equal(fault.vector, trap->vector);
    assert_int_equal(fault.error_code, trap->code);
    assert_int_equal(result, trap->vector ? KMS_FAULT : KMS_DONE);
    assert_int_equal(context.eip, trap->vector ? HANDLER : 0x1000);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CPL), trap->vector ? 0 : 3);
    rig_free(&rig);
}

/* "Conditions for Generating a Double Fault": a benign exception and any other are handled one after the other. */
static void a_fault_in_the_delivery_of_a_benign_exception_is_not_double(void **state)
{
    const struct kms_interrupt debug = {1, KMS_INTERRUPT_EXCEPTION, 0, 0};
    const struct trap trap = {"",           IDT + 8, UINT64_C(0x00006e0000080000),
                              RIGHT_TABLES, 0,       0}; /* not present */
    struct rig rig = rig_of_trap(&trap);
    struct kms_x86_context context = {0x1000, 0x2000, KMS_EFLAGS_FIXED};
    (void)state;
    const struct kms_delivery delivery = kms_x86_interrupt(rig.cpu, &debug, &context);
    assert_int_equal(delivery.end, KMS_DELIVERED);
    assert_int_equal(delivery.vector, NP);
    assert_int_equal(delivery.error_code, 8 * 1 + 3); /* the IDT, and an event from outside of the program */
    rig_free(&rig);
}

/* ---- each row is a test ---- */

enum {
    LOADS = sizeof rows / sizeof rows[0],
    DELIVERIES = sizeof deliveries / sizeof deliveries[0],
    RETURNS = sizeof returns / sizeof returns[0]
};

static struct CMUnitTest row_test(const char *sentence, CMUnitTestFunction function, const void *row)
{
    return (struct CMUnitTest){sentence, function, NULL, NULL, (void *)(uintptr_t)row};
}

static const struct CMUnitTest *fill(size_t *count)
{
    static struct CMUnitTest tests[LOADS + DELIVERIES + RETURNS];
    size_t at = 0;
    for (size_t i = 0; i < LOADS; i++)
        tests[at++] = row_test(rows[i].sentence, a_load, &rows[i]);
    for (size_t i = 0; i < DELIVERIES; i++)
        tests[at++] = row_test(deliveries[i].sentence, a_delivery, &deliveries[i]);
    for (size_t i = 0; i < RETURNS; i++)
        tests[at++] = row_test(returns[i].sentence, a_return, &returns[i]);
    *count = at;
    return tests;
}
KMS_TESTS_FILLED(segment_rows, fill)

static const struct CMUnitTest tests[] = {
    KMS_TEST("descriptors of 16 bytes have a base of 64 bits",
             descriptors_of_16_bytes_have_a_base_of_64_bits),
    KMS_TEST("the upper half of a descriptor may lie in a page that is not there",
             the_upper_half_may_lie_in_a_page_that_is_not_there),
    KMS_TEST("a fault in the delivery of a benign exception is not a double fault",
             a_fault_in_the_delivery_of_a_benign_exception_is_not_double),
};
KMS_TESTS(segment_load, tests)
