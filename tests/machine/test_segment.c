/* Segments with paging, events, snapshots and interrupts: what the oracle, which knows no pages, does not judge. */
#include "rig.h"

#define GDT       0x00080000u
#define IDT       0x00081000u
#define TSS       0x00082000u
#define STACK     0x00083000u
#define HANDLER   0x00084000u
#define CODE      0x08u
#define DATA      0x10u
#define USER_CODE 0x1bu
#define USER_DATA 0x23u

/* "Segment Descriptors": flat, code and data of levels 0 and 3, none of them accessed. */
static const uint64_t descriptors[] = {0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00cffa000000ffff,
                                       0x00cff2000000ffff};

static void set_up(struct rig *rig)
{
    const struct kms_table_register gdt = {GDT, sizeof descriptors - 1}, idt = {IDT, 0x7ff};
    for (unsigned i = 0; i < 5; i++)
        rig_poke(rig, GDT + 8 * i, 8, descriptors[i]);
    for (unsigned vector = 0; vector < 256; vector++)
        rig_poke(rig, IDT + 8 * vector, 8,
                 0x0000ee0000080000 | (HANDLER & 0xffff) | (uint64_t)(HANDLER >> 16) << 48);
    rig_poke(rig, TSS + 4, 4, STACK + 0x1000);
    rig_poke(rig, TSS + 8, 4, DATA);
    assert_int_equal(kms_segment_lgdt(rig->cpu, &gdt, NULL), KMS_DONE);
    assert_int_equal(kms_segment_lidt(rig->cpu, &idt, NULL), KMS_DONE);
    struct kms_segment_state state = kms_segment_get_state(rig->cpu);
    state.segment[KMS_TR] = (struct kms_segment_register){0x28, 0x8b, 0x67, TSS};
    kms_segment_set_state(rig->cpu, &state);
}

/* Paging on, with the tables and the handler for the supervisor alone. */
static struct rig with_paging(void)
{
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    for (uint32_t page = GDT; page <= HANDLER; page += 0x1000)
        rig_map32(&rig, page, page | P | RW);
    set_up(&rig);
    return rig;
}

static void unmap(struct rig *rig, uint32_t linear)
{
    rig_poke(rig, rig_pte32(linear), 4, 0);
    kms_flush(rig->cpu);
}

static void a_descriptor_is_read_and_marked_by_the_supervisor_at_any_cpl(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    rig_set(&rig, KMS_X86_CPL, 3);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_DS, USER_DATA, NULL), KMS_DONE);
    assert_int_equal(rig_peek(&rig, GDT + 0x20, 8), descriptors[4] | UINT64_C(1) << 40);
    assert_int_equal(rig_peek(&rig, rig_pte32(GDT), 4), GDT | P | RW | A | D);
    rig_free(&rig);
}

static void a_table_that_is_not_mapped_is_a_page_fault(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_fault fault;
    unmap(&rig, GDT);
    rig_set(&rig, KMS_X86_CPL, 3);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_DS, USER_DATA, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_PF);
    assert_int_equal(fault.error_code, 0);
    assert_int_equal(fault.address, GDT + 0x20);
    rig_free(&rig);
}

static void a_table_that_cannot_be_written_faults_when_the_accessed_bit_is_set(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_fault fault;
    rig_set(&rig, KMS_X86_CR0, KMS_CR0_PE | KMS_CR0_PG | KMS_CR0_WP);
    rig_map32(&rig, GDT, GDT | P);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_DS, DATA, &fault), KMS_FAULT);
    assert_int_equal(fault.error_code, KMS_PFERR_P | KMS_PFERR_WR);
    rig_poke(&rig, GDT + 0x10, 8, descriptors[2] | UINT64_C(1) << 40);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_DS, DATA, &fault), KMS_DONE);
    rig_free(&rig);
}

static void a_descriptor_where_nothing_answers_is_reported(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.ram.unbacked = KMS_REPORT});
    const struct kms_table_register gdt = {0x00800000, 0xff};
    rig_set(&rig, KMS_X86_CR0, KMS_CR0_PE);
    assert_int_equal(kms_segment_lgdt(rig.cpu, &gdt, NULL), KMS_DONE);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_DS, DATA, NULL), KMS_UNBACKED);
    rig_free(&rig);
}

static void logical_goes_to_linear_to_physical(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_segment_state segments = kms_segment_get_state(rig.cpu);
    segments.segment[KMS_FS] = kms_segment_decode(0x0040920000001fff | UINT64_C(0x00080000) << 16);
    kms_segment_set_state(rig.cpu, &segments);
    const struct kms_logical write = {KMS_FS, 0x1ffc, 4, KMS_WRITE, KMS_AS_CURRENT};
    struct kms_logical read = {KMS_FS, 0x1ffc, 4, KMS_READ, KMS_AS_CURRENT};
    uint32_t value = 0x11223344, got = 0;
    struct kms_fault fault;
    assert_int_equal(kms_segment_write(rig.cpu, &write, &value, NULL), KMS_DONE);
    assert_int_equal(rig_peek(&rig, 0x81ffc, 4), 0x11223344);
    assert_int_equal(kms_segment_read(rig.cpu, &read, &got, NULL), KMS_DONE);
    assert_int_equal(got, 0x11223344);
    read.offset++;
    assert_int_equal(kms_segment_read(rig.cpu, &read, &got, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_GP);
    rig_free(&rig);
}

static void in_64bit_mode_only_fs_and_gs_have_a_base(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    struct kms_segment_state segments = kms_segment_get_state(rig.cpu);
    segments.segment[KMS_DS] = (struct kms_segment_register){0, 0, 0, 0x5000};
    segments.segment[KMS_GS] = (struct kms_segment_register){0, 0, 0, 0xffff800000000000};
    kms_segment_set_state(rig.cpu, &segments);
    struct kms_logical logical = {KMS_DS, 0x123, 8, KMS_WRITE, KMS_AS_CURRENT};
    kms_linear linear;
    struct kms_fault fault;
    assert_int_equal(kms_segment_linear(rig.cpu, &logical, &linear, NULL), KMS_DONE);
    assert_int_equal(linear, 0x123);
    logical.segment = KMS_GS;
    assert_int_equal(kms_segment_linear(rig.cpu, &logical, &linear, NULL), KMS_DONE);
    assert_int_equal(linear, 0xffff800000000123);
    logical = (struct kms_logical){KMS_SS, 0x00007ffffffffffc, 8, KMS_READ, KMS_AS_CURRENT};
    assert_int_equal(kms_segment_linear(rig.cpu, &logical, &linear, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_SS);
    logical.segment = KMS_ES;
    assert_int_equal(kms_segment_probe(rig.cpu, &logical, &linear, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_GP);
    rig_free(&rig);
}

static void real_address_mode_shifts_selectors(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    struct kms_fault fault;
    assert_int_equal(kms_segment_load(rig.cpu, KMS_ES, 0xb800, NULL), KMS_DONE);
    assert_int_equal(kms_segment_get(rig.cpu, KMS_ES).base, 0xb8000);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_CS, 0xf000, NULL), KMS_DONE);
    assert_int_equal(kms_segment_get(rig.cpu, KMS_CS).base, 0xf0000);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_TR, 8, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_UD);
    kms_cpu_reset(rig.cpu);
    assert_int_equal(kms_segment_get(rig.cpu, KMS_ES).base, 0);
    rig_free(&rig);
}

static void table_registers_are_for_cpl_0_and_canonical_bases(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    const struct kms_table_register far = {UINT64_C(1) << 47, 7};
    assert_int_equal(kms_segment_lgdt(rig.cpu, &far, NULL), KMS_DONE);
    assert_int_equal(kms_segment_get_state(rig.cpu).gdtr.base, 0);
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    assert_int_equal(kms_segment_lidt(rig.cpu, &far, NULL), KMS_FAULT);
    rig_set(&rig, KMS_X86_CPL, 1);
    assert_int_equal(kms_segment_lgdt(rig.cpu, &(struct kms_table_register){0, 7}, NULL), KMS_FAULT);
    rig_free(&rig);
}

struct seen {
    unsigned loads, logicals, faults;
    kms_linear linear;
    uint16_t selector;
};

static void see(void *context, const struct kms_event *event)
{
    struct seen *seen = context;
    seen->loads += event->kind == KMS_EVENT_SEGMENT;
    seen->logicals += event->kind == KMS_EVENT_LOGICAL;
    seen->faults += event->kind == KMS_EVENT_FAULT && event->logical != NULL;
    if (event->kind == KMS_EVENT_SEGMENT && event->reg == KMS_DS)
        seen->selector = event->segment->selector;
    if (event->kind == KMS_EVENT_LOGICAL)
        seen->linear = event->access.linear;
}

static void events_tell_loads_logical_addresses_and_refusals(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct seen seen = {0};
    struct kms_observer observer = {KMS_EVENT_SEGMENT | KMS_EVENT_LOGICAL | KMS_EVENT_FAULT, see, &seen,
                                    NULL};
    struct kms_logical logical = {KMS_DS, 0x80010, 4, KMS_READ, KMS_AS_CURRENT};
    kms_linear linear;
    kms_machine_observe(rig.machine, &observer);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_DS, DATA, NULL), KMS_DONE);
    assert_int_equal(kms_segment_linear(rig.cpu, &logical, &linear, NULL), KMS_DONE);
    logical.kind = KMS_FETCH;
    assert_int_equal(kms_segment_linear(rig.cpu, &logical, &linear, NULL), KMS_FAULT);
    assert_int_equal(seen.loads, 1);
    assert_int_equal(seen.selector, DATA);
    assert_int_equal(seen.logicals, 1);
    assert_int_equal(seen.linear, 0x80010);
    assert_int_equal(seen.faults, 1);
    rig_free(&rig);
}

static void a_snapshot_holds_the_segments(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_snapshot *snapshot;
    assert_int_equal(kms_snapshot_take(rig.machine, &snapshot), KMS_OK);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_DS, DATA, NULL), KMS_DONE);
    kms_snapshot_restore(rig.machine, snapshot);
    assert_int_equal(kms_segment_get(rig.cpu, KMS_DS).selector, 0);
    rig_free(&rig);
}

/* ---- interrupts ---- */

static struct kms_x86_context enter_ring3(struct rig *rig)
{
    struct kms_x86_context context = {0, 0, KMS_EFLAGS_FIXED};
    const struct kms_x86_frame frame = {0x1000, USER_CODE, KMS_EFLAGS_FIXED | KMS_EFLAGS_IF | KMS_EFLAGS_AC,
                                        0x2000, USER_DATA};
    assert_int_equal(kms_segment_load(rig->cpu, KMS_DS, DATA, NULL), KMS_DONE);
    assert_int_equal(kms_x86_iret_frame(rig->cpu, &frame, &context, NULL), KMS_DONE);
    return context;
}

static struct kms_delivery int_0x21(struct rig *rig, struct kms_x86_context *context)
{
    const struct kms_interrupt interrupt = {0x21, KMS_INTERRUPT_SOFTWARE, 2, 0};
    return kms_x86_interrupt(rig->cpu, &interrupt, context);
}

static void an_interrupt_goes_in_and_iret_comes_back(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_x86_context context = enter_ring3(&rig);
    assert_int_equal(kms_segment_get(rig.cpu, KMS_DS).attributes, 0); /* DPL 0: gone */
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_EFLAGS_AC), 1);
    const struct kms_delivery delivery = int_0x21(&rig, &context);
    assert_int_equal(delivery.end, KMS_DELIVERED);
    assert_int_equal(context.eip, HANDLER);
    assert_int_equal(context.esp, STACK + 0x1000 - 20);
    assert_int_equal(rig_peek(&rig, STACK + 0xff8, 4), 0x2000);  /* ESP */
    assert_int_equal(rig_peek(&rig, STACK + 0xff4, 4), 0x40202); /* EFLAGS */
    assert_int_equal(rig_peek(&rig, STACK + 0xfec, 4), 0x1002);  /* EIP behind INT */
    assert_int_equal(kms_x86_iret(rig.cpu, &context, NULL), KMS_DONE);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CPL), 3);
    assert_int_equal(context.esp, 0x2000);
    assert_int_equal(context.eip, 0x1002);
    assert_int_equal(context.eflags & KMS_EFLAGS_IF, KMS_EFLAGS_IF);
    rig_free(&rig);
}

static void a_page_fault_in_a_page_faults_delivery_is_double_and_then_triple(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_x86_context context = enter_ring3(&rig);
    unmap(&rig, STACK);
    const struct kms_delivery delivery = int_0x21(&rig, &context);
    assert_int_equal(delivery.end, KMS_TRIPLE_FAULT);
    assert_int_equal(delivery.faults, 3); /* of INT, of the page fault, of the double fault */
    assert_int_equal(delivery.fault[0].vector, KMS_VECTOR_PF);
    assert_int_equal(delivery.fault[0].error_code, KMS_PFERR_WR);
    assert_int_equal(delivery.fault[0].address, STACK + 0xffc);
    rig_free(&rig);
}

static void a_handler_that_no_page_fault_brings_back_is_a_loop(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_x86_context context = enter_ring3(&rig);
    unmap(&rig, HANDLER);
    assert_int_equal(int_0x21(&rig, &context).end, KMS_FAULT_LOOP);
    rig_free(&rig);
}

static void what_is_not_modelled_is_reported(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_x86_context context = enter_ring3(&rig), v86 = context, nested = context;
    v86.eflags |= KMS_EFLAGS_VM;
    nested.eflags |= KMS_EFLAGS_NT;
    assert_int_equal(int_0x21(&rig, &v86).end, KMS_DELIVERY_UNDONE);
    assert_int_equal(kms_x86_iret(rig.cpu, &nested, NULL), KMS_UNBACKED);
    rig_poke(&rig, IDT + 8 * 0x21, 8, 0x0000e50000080000); /* a task gate */
    assert_int_equal(int_0x21(&rig, &context).end, KMS_DELIVERY_UNDONE);
    rig_set(&rig, KMS_X86_CPL, 0);
    const struct kms_x86_frame frame = {0, CODE, KMS_EFLAGS_VM, 0, DATA};
    assert_int_equal(kms_x86_iret_frame(rig.cpu, &frame, &context, NULL), KMS_UNBACKED);
    rig_free(&rig);
}

static struct kms_delivery exception(struct rig *rig, struct kms_x86_context *context, uint8_t vector)
{
    const struct kms_interrupt interrupt = {vector, KMS_INTERRUPT_EXCEPTION, 0, 0};
    return kms_x86_interrupt(rig->cpu, &interrupt, context);
}

/* "Conditions for Generating a Double Fault": a page fault, and then a contributory one. */
static void a_page_fault_without_a_gate_is_a_double_fault(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_x86_context context = enter_ring3(&rig);
    rig_poke(&rig, IDT + 8 * KMS_VECTOR_PF, 8, 0);
    const struct kms_delivery delivery = exception(&rig, &context, KMS_VECTOR_PF);
    assert_int_equal(delivery.end, KMS_DELIVERED);
    assert_int_equal(delivery.vector, KMS_VECTOR_DF);
    assert_int_equal(delivery.faults, 1);
    assert_int_equal(delivery.fault[0].vector, KMS_VECTOR_GP);
    assert_int_equal(delivery.fault[0].error_code, 8 * KMS_VECTOR_PF + 3); /* IDT and EXT */
    rig_free(&rig);
}

static void the_page_faults_handler_missing_too_is_a_loop_of_its_own(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_x86_context context = enter_ring3(&rig);
    unmap(&rig, HANDLER);
    rig_poke(&rig, IDT + 8 * KMS_VECTOR_PF, 8, 0x0008ee0000085000); /* 0x85000, where no page is */
    const struct kms_delivery delivery = int_0x21(&rig, &context);
    assert_int_equal(delivery.end, KMS_FAULT_LOOP);
    assert_int_equal(delivery.faults, 3);
    assert_int_equal(delivery.fault[0].address, HANDLER);
    assert_int_equal(delivery.fault[1].address, 0x85000);
    assert_int_equal(delivery.fault[2].address, 0x85000);
    rig_free(&rig);
}

/* Gates of INT and of page faults lead to different pages, so that the second's handler finds the first's absent. */
static void a_handler_interrupted_at_its_first_fetch_goes_on_when_it_is_there(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_x86_context context = enter_ring3(&rig);
    rig_map32(&rig, HANDLER + 0x1000, (HANDLER + 0x1000) | P);
    rig_poke(&rig, IDT + 8 * KMS_VECTOR_PF, 8, 0x0008ee0000085000);
    unmap(&rig, HANDLER);
    const struct kms_delivery first = int_0x21(&rig, &context);
    assert_int_equal(first.vector, KMS_VECTOR_PF);
    assert_int_equal(first.interrupts_handler, 1);
    assert_int_equal(first.interrupted.vector, 0x21);
    assert_int_equal(first.interrupted.error_code_pushed, 0);
    context.esp += 4; /* the error code */
    assert_int_equal(kms_x86_iret(rig.cpu, &context, NULL), KMS_DONE);
    assert_int_equal(context.eip, HANDLER);
    const struct kms_delivery absent = kms_x86_resume_handler(rig.cpu, &first.interrupted, &context);
    assert_int_equal(absent.vector, KMS_VECTOR_PF);
    assert_int_equal(absent.faults, 1);
    assert_int_equal(absent.interrupted.vector, 0x21);
    context.esp += 4;
    assert_int_equal(kms_x86_iret(rig.cpu, &context, NULL), KMS_DONE);
    rig_map32(&rig, HANDLER, HANDLER | P);
    const struct kms_delivery there = kms_x86_resume_handler(rig.cpu, &first.interrupted, &context);
    assert_int_equal(there.end, KMS_DELIVERED);
    assert_int_equal(there.vector, 0x21);
    assert_int_equal(there.faults, 0);
    assert_int_equal(there.interrupts_handler, 0);
    assert_int_equal(context.esp, STACK + 0x1000 - 20);
    rig_free(&rig);
}

/* The gate is missing: #GP, at whose handler nothing is. */
static void an_exceptions_handler_that_is_interrupted_is_told_with_its_error_code(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_x86_context context = enter_ring3(&rig);
    rig_poke(&rig, IDT + 8 * 0x21, 8, 0);
    rig_poke(&rig, IDT + 8 * KMS_VECTOR_GP, 8, 0x0008ee0000085000);
    const struct kms_delivery delivery = int_0x21(&rig, &context);
    assert_int_equal(delivery.vector, KMS_VECTOR_PF);
    assert_int_equal(delivery.interrupted.vector, KMS_VECTOR_GP);
    assert_int_equal(delivery.interrupted.error_code_pushed, 1);
    assert_int_equal(delivery.interrupted.error_code, 8 * 0x21 + 2); /* IDT */
    rig_free(&rig);
}

static void interrupts_are_modelled_in_protected_32_bit_mode_alone(void **state)
{
    (void)state;
    struct kms_x86_context context = {0, 0x2000, KMS_EFLAGS_FIXED};
    struct rig real = rig_new(NULL), wide = rig_new(NULL);
    rig_enable(&wide, KMS_PAGING_4LEVEL);
    assert_int_equal(int_0x21(&real, &context).end, KMS_DELIVERY_UNDONE);
    assert_int_equal(kms_x86_iret(real.cpu, &context, NULL), KMS_UNBACKED);
    assert_int_equal(int_0x21(&wide, &context).end, KMS_DELIVERY_UNDONE);
    assert_int_equal(kms_x86_iret(wide.cpu, &context, NULL), KMS_UNBACKED);
    rig_free(&real);
    rig_free(&wide);
}

/* IRET at CPL 0 from a frame in memory, whose first word is at esp. */
static void assert_iret_faults(struct rig *rig, uint32_t esp, uint32_t address, uint32_t error)
{
    struct kms_x86_context context = {0x1234, esp, KMS_EFLAGS_FIXED};
    struct kms_fault fault;
    assert_int_equal(kms_segment_load(rig->cpu, KMS_SS, DATA, NULL), KMS_DONE);
    assert_int_equal(kms_x86_iret(rig->cpu, &context, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_PF);
    assert_int_equal(fault.address, address);
    assert_int_equal(fault.error_code, error);
    assert_int_equal(context.eip, 0x1234); /* as before */
    assert_int_equal(context.esp, esp);
}

static void iret_faults_where_its_frame_is_not_mapped(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    const uint32_t esp = STACK + 0x1000 - 12; /* ESP and SS of the outer level are on the next page */
    assert_iret_faults(&rig, 0x90000, 0x90000, 0);
    rig_poke(&rig, esp + 4, 4, USER_CODE);
    unmap(&rig, STACK + 0x1000);
    assert_iret_faults(&rig, esp, STACK + 0x1000, 0);
    rig_free(&rig);
}

static void iret_faults_where_it_cannot_mark_the_stack_segment(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    const uint32_t frame[] = {0x1000, USER_CODE, KMS_EFLAGS_FIXED, 0x2000, USER_DATA};
    for (unsigned i = 0; i < 5; i++)
        rig_poke(&rig, STACK + 4 * i, 4, frame[i]);
    rig_poke(&rig, GDT + DATA, 8, descriptors[2] | UINT64_C(1) << 40);
    rig_set(&rig, KMS_X86_CR0, KMS_CR0_PE | KMS_CR0_PG | KMS_CR0_WP);
    rig_map32(&rig, GDT, GDT | P);
    assert_iret_faults(&rig, STACK, GDT + 0x20 + 5, KMS_PFERR_P | KMS_PFERR_WR);
    rig_free(&rig);
}

/* IRET, "Operation": VM is taken from the frame at CPL 0 alone. */
static void iret_in_ring_3_does_not_take_vm(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    struct kms_x86_context context = enter_ring3(&rig);
    const struct kms_x86_frame frame = {0x1500, USER_CODE, KMS_EFLAGS_FIXED | KMS_EFLAGS_VM, 0, 0};
    assert_int_equal(kms_x86_iret_frame(rig.cpu, &frame, &context, NULL), KMS_DONE);
    assert_int_equal(context.eip, 0x1500);
    assert_int_equal(context.eflags & KMS_EFLAGS_VM, 0);
    rig_free(&rig);
}

static void hear(void *context, const struct kms_event *event)
{
    unsigned *heard = context;
    *heard += event->fault->vector == KMS_VECTOR_GP && event->logical == NULL;
}

static void the_refusal_of_a_selector_is_told_without_a_logical_address(void **state)
{
    (void)state;
    struct rig rig = with_paging();
    unsigned heard = 0;
    struct kms_observer observer = {KMS_EVENT_FAULT, hear, &heard, NULL};
    kms_machine_observe(rig.machine, &observer);
    assert_int_equal(kms_segment_load(rig.cpu, KMS_SS, 0, NULL), KMS_FAULT);
    assert_int_equal(heard, 1);
    rig_free(&rig);
}

static void in_64bit_mode_both_ends_of_an_access_must_be_canonical(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    const struct kms_table_register high = {UINT64_C(0xffff800000000000), 7};
    struct kms_logical logical = {KMS_FS, UINT64_C(1) << 47, 1, KMS_READ, KMS_AS_CURRENT};
    kms_linear linear;
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    assert_int_equal(kms_segment_probe(rig.cpu, &logical, &linear, NULL), KMS_FAULT);
    logical.offset--;
    assert_int_equal(kms_segment_probe(rig.cpu, &logical, &linear, NULL), KMS_DONE);
    assert_int_equal(linear, UINT64_C(0x00007fffffffffff));
    assert_int_equal(kms_segment_lgdt(rig.cpu, &high, NULL), KMS_DONE);
    assert_int_equal(kms_segment_get_state(rig.cpu).gdtr.base, high.base);
    rig_free(&rig);
}

static void segments_have_names(void **state)
{
    char text[80];
    (void)state;
    assert_string_equal(kms_segment_name(KMS_ES), "ES");
    assert_string_equal(kms_segment_name(KMS_TR), "TR");
    assert_string_equal(kms_segment_name(KMS_SEGMENTS), "no segment");
    assert_string_equal(kms_segment_type_words(0x96), "writable expand-down data");
    assert_string_equal(kms_segment_type_words(0x98), "execute-only code");
    assert_string_equal(kms_segment_type_words(0x89), "available 32-bit TSS");
    assert_string_equal(kms_segment_type_words(0x80), "reserved system type");
    kms_x86_fault_words(&(struct kms_fault){KMS_VECTOR_TS, 0x28, 0}, text, sizeof text);
    assert_string_equal(text, "invalid TSS (error code 0x28)");
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a descriptor is read and marked by the supervisor at any CPL",
             a_descriptor_is_read_and_marked_by_the_supervisor_at_any_cpl),
    KMS_TEST("a descriptor table that is not mapped is a page fault",
             a_table_that_is_not_mapped_is_a_page_fault),
    KMS_TEST("a table that cannot be written faults when the accessed bit is set",
             a_table_that_cannot_be_written_faults_when_the_accessed_bit_is_set),
    KMS_TEST("a descriptor where nothing answers is reported",
             a_descriptor_where_nothing_answers_is_reported),
    KMS_TEST("a logical address goes to a linear and then to a physical one",
             logical_goes_to_linear_to_physical),
    KMS_TEST("in 64-bit mode only FS and GS have a base, and addresses must be canonical",
             in_64bit_mode_only_fs_and_gs_have_a_base),
    KMS_TEST("real-address mode shifts selectors", real_address_mode_shifts_selectors),
    KMS_TEST("table registers are for CPL 0 and canonical bases",
             table_registers_are_for_cpl_0_and_canonical_bases),
    KMS_TEST("events tell loads, logical addresses and refusals",
             events_tell_loads_logical_addresses_and_refusals),
    KMS_TEST("a snapshot holds the segments", a_snapshot_holds_the_segments),
    KMS_TEST("an interrupt goes in and IRET comes back", an_interrupt_goes_in_and_iret_comes_back),
    KMS_TEST("a page fault in a page fault's delivery is double, and then triple",
             a_page_fault_in_a_page_faults_delivery_is_double_and_then_triple),
    KMS_TEST("a handler that no page fault brings back is a loop",
             a_handler_that_no_page_fault_brings_back_is_a_loop),
    KMS_TEST("what is not modelled is reported", what_is_not_modelled_is_reported),
    KMS_TEST("a page fault without a gate is a double fault", a_page_fault_without_a_gate_is_a_double_fault),
    KMS_TEST("a page fault whose own handler is missing is a loop, and all its faults are told",
             the_page_faults_handler_missing_too_is_a_loop_of_its_own),
    KMS_TEST("a handler that was interrupted at its first fetch goes on when it is there",
             a_handler_interrupted_at_its_first_fetch_goes_on_when_it_is_there),
    KMS_TEST("an exception's handler that is interrupted is told with its error code",
             an_exceptions_handler_that_is_interrupted_is_told_with_its_error_code),
    KMS_TEST("interrupts are modelled in protected 32-bit mode alone",
             interrupts_are_modelled_in_protected_32_bit_mode_alone),
    KMS_TEST("IRET faults where its frame is not mapped, and changes nothing",
             iret_faults_where_its_frame_is_not_mapped),
    KMS_TEST("IRET faults where it cannot mark the stack segment, and changes nothing",
             iret_faults_where_it_cannot_mark_the_stack_segment),
    KMS_TEST("IRET in ring 3 does not take VM from its frame", iret_in_ring_3_does_not_take_vm),
    KMS_TEST("the refusal of a selector is told without a logical address",
             the_refusal_of_a_selector_is_told_without_a_logical_address),
    KMS_TEST("in 64-bit mode both ends of an access must be canonical",
             in_64bit_mode_both_ends_of_an_access_must_be_canonical),
    KMS_TEST("segments, descriptors and their faults have words", segments_have_names),
};
KMS_TESTS(segment, tests)
