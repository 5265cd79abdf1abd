/* Segments and interrupts through hw.h: limits that protect memory, and what an interrupt from ring 3 needs. */
#include "guest_fixture.h"

#include <kmemsim/segment.h>

/* Where the tests keep their tables, all of it mapped by mini for the kernel. */
#define GDT     MINI_DATA
#define IDT     (MINI_DATA + 0x1000u)
#define TSS     (MINI_DATA + 0x2000u)
#define STACK   (MINI_DATA + 0x3000u) /* the ring-0 stack's page */
#define HANDLER (MINI_DATA + 0x5000u)
#define BEYOND  0x00300000u /* the first byte that the short segment does not hold */

#define CODE         0x08u
#define DATA         0x10u
#define TASK         0x28u
#define SHORT_DATA   0x30u /* up to BEYOND - 1 */
#define UNEVEN_DATA  0x38u /* up to 0x000ff7ff */
#define BASED_DATA   0x40u
#define ABSENT_DATA  0x48u
#define DOWN_DATA    0x50u
#define GDT_LIMIT    0x57u
#define TIMER_VECTOR 0x21u

/* "Segment Descriptors", put together by hand. */
static const uint64_t descriptors[] = {
    0,
    0x00cf9a000000ffff, /* code, 4 GiB, DPL 0 */
    0x00cf92000000ffff, /* data */
    0x00cffa000000ffff, /* code, DPL 3 */
    0x00cff2000000ffff, /* data */
    0x0000892020000067, /* available TSS at 0x00202000 of 104 bytes */
    0x00c09200000002ff, /* data of 0x300 pages */
    0x004f92000000f7ff, /* data of 0xff800 bytes */
    0x00cf92001000ffff, /* data from 0x1000 on */
    0x00cf12000000ffff, /* data, not present */
    0x00cf960000000000, /* data from 0x1000 on, expanding down */
};

static void set_descriptor(struct kms_guest *guest, unsigned index, uint64_t value)
{
    set_phys32(guest, GDT + 8 * index, (uint32_t)value);
    set_phys32(guest, GDT + 8 * index + 4, (uint32_t)(value >> 32));
}

/* "IDT Descriptors": a 32-bit interrupt gate that rings 0 to 3 may call. */
static void set_gate(struct kms_guest *guest, unsigned vector, uint32_t entry)
{
    set_phys32(guest, IDT + 8 * vector, (entry & 0xffffu) | CODE << 16);
    set_phys32(guest, IDT + 8 * vector + 4, (entry & 0xffff0000u) | 0xee00u);
}

static void set_tables(struct kms_guest *guest)
{
    for (unsigned i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++)
        set_descriptor(guest, i, descriptors[i]);
    for (unsigned vector = 0; vector < 256; vector++)
        set_phys32(guest, IDT + 8 * vector + 4, 0); /* no gate */
    set_gate(guest, 8, HANDLER);
    set_gate(guest, 14, HANDLER);
    set_gate(guest, TIMER_VECTOR, HANDLER);
    set_phys32(guest, TSS + 4, STACK + 0x1000u);
    set_phys32(guest, TSS + 8, DATA);
}

static struct kms_guest *make_row(void **state)
{
    struct kms_guest *guest = make_guest("mini", *(const enum kms_guest_mode *)*state);
    set_tables(guest);
    return guest;
}

static struct kms_guest *boot_row(void **state)
{
    struct kms_guest *guest = boot_guest("mini", *(const enum kms_guest_mode *)*state);
    set_tables(guest);
    return guest;
}

static void load_data(void *context)
{
    hw_lgdt(GDT, GDT_LIMIT);
    hw_load_segments(CODE, *(const uint16_t *)context);
}

static void load(struct kms_guest *guest, uint16_t data)
{
    call(guest, load_data, &data);
}

/* ---- limits ---- */

static void store_at_the_limit(void *context)
{
    (void)context;
    uint64_t value;
    assert_true(hw_kernel_store(BEYOND - 4, 4, 0x11223344));
    assert_true(hw_user_load(BEYOND - 1, 1, &value) || hw_read_cr0() & CR0_PG);
    assert_false(hw_kernel_store(BEYOND - 3, 4, 0x55667788));
    assert_false(hw_kernel_load(BEYOND, 1, &value));
    assert_false(hw_user_load(BEYOND, 1, &value));
    assert_false(hw_kernel_store(0xfffffffeu, 4, 0));
}

static void a_limit_protects_memory_before_paging_is_on(void **state)
{
    struct kms_guest *guest = make_row(state);
    load(guest, SHORT_DATA);
    call(guest, store_at_the_limit, NULL);
    assert_int_equal(phys32(guest, BEYOND - 4), 0x11223344);
    kms_guest_free(guest);
}

static void a_limit_protects_memory_after_paging_is_on(void **state)
{
    struct kms_guest *guest = boot_row(state);
    load(guest, SHORT_DATA);
    call(guest, store_at_the_limit, NULL);
    assert_int_equal(phys32(guest, BEYOND - 4), 0x11223344);
    kms_guest_free(guest);
}

static void touch(void *context)
{
    const volatile uint8_t *ptr = hw_ptr(*(const uint32_t *)context);
    (void)*ptr;
}

static void write_one(void *context)
{
    *(volatile uint8_t *)hw_ptr(*(const uint32_t *)context) = 1;
}

static void is_protected(struct kms_guest *guest, void (*body)(void *), uint32_t linear)
{
    struct kms_guest_stop stop;
    assert_int_equal(kms_guest_call(guest, body, &linear, &stop), KMS_GUEST_FAULT);
    assert_int_equal(stop.fault.vector, 13);
    assert_int_equal(stop.fault.error_code, 0);
}

static void is_open(struct kms_guest *guest, uint32_t linear)
{
    call(guest, touch, &linear);
    call(guest, write_one, &linear);
}

static void check_pages(struct kms_guest *guest)
{
    is_open(guest, BEYOND);
    load(guest, SHORT_DATA);
    is_open(guest, BEYOND - 1);
    is_protected(guest, touch, BEYOND);
    is_protected(guest, write_one, BEYOND);
    is_protected(guest, touch, 0xfffff000u);
    load(guest, DATA);
    is_open(guest, BEYOND);
}

static void pages_beyond_the_limit_cannot_be_reached_by_a_pointer(void **state)
{
    struct kms_guest *guest = make_row(state);
    check_pages(guest);
    kms_guest_free(guest);
}

static void pages_beyond_the_limit_stay_unreachable_with_paging(void **state)
{
    struct kms_guest *guest = boot_row(state);
    check_pages(guest);
    kms_guest_free(guest);
}

static void the_page_that_holds_the_limit_is_open_to_pointers_and_exact_to_accesses(void **state)
{
    struct kms_guest *guest = make_row(state);
    load(guest, UNEVEN_DATA);
    is_open(guest, 0x000fffff);
    is_protected(guest, touch, 0x00100000);
    kms_guest_free(guest);
}

static void restored_with_its_limit(void **state)
{
    struct kms_guest *guest = make_row(state);
    struct kms_guest_snapshot *snapshot;
    load(guest, SHORT_DATA);
    assert_int_equal(kms_guest_snapshot_take(guest, &snapshot), KMS_OK);
    load(guest, DATA);
    is_open(guest, BEYOND);
    kms_guest_snapshot_restore(guest, snapshot);
    is_protected(guest, touch, BEYOND);
    kms_guest_reset(guest);
    is_open(guest, BEYOND);
    kms_guest_free(guest);
}

static void is_refused(struct kms_guest *guest, uint16_t data, const char *reason)
{
    struct kms_guest_stop stop;
    assert_int_equal(kms_guest_call(guest, load_data, &data, &stop), KMS_GUEST_PANIC);
    assert_string_equal(stop.reason, reason);
}

static void a_selector_that_cannot_be_loaded_is_a_panic(void **state)
{
    struct kms_guest *guest = make_row(state);
    is_refused(guest, BASED_DATA, "selector 0x0040: hosted, the data segment begins at 0 and expands up");
    is_refused(guest, DOWN_DATA, "selector 0x0050: hosted, the data segment begins at 0 and expands up");
    is_refused(guest, ABSENT_DATA, "selector 0x0048 for DS: segment not present (error code 0x48)");
    is_refused(guest, 0, "selector 0x0000 for SS: general-protection fault (error code 0x0)");
    kms_guest_free(guest);
}

static void load_gdt(void *context)
{
    (void)context;
    hw_lgdt(GDT, GDT_LIMIT);
}

static void load_idt(void *context)
{
    (void)context;
    hw_lidt(IDT, 0x7ff);
}

static void tables_are_for_ring_0(void **state)
{
    void (*const bodies[])(void *) = {load_gdt, load_idt};
    static const char *const reasons[] = {"LGDT: general-protection fault (error code 0x0)",
                                          "LIDT: general-protection fault (error code 0x0)"};
    struct kms_guest *guest = make_row(state);
    struct kms_guest_stop stop;
    load(guest, DATA); /* protected mode */
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(kms_x86_write(kms_guest_cpu(guest), KMS_X86_CPL, 3, NULL), KMS_DONE);
        assert_int_equal(kms_guest_call(guest, bodies[i], NULL, &stop), KMS_GUEST_PANIC);
        assert_string_equal(stop.reason, reasons[i]);
    }
    kms_guest_free(guest);
}

static void load_from_nowhere(void *context)
{
    (void)context;
    hw_lgdt(MINI_RAM, GDT_LIMIT);
    hw_load_segments(CODE, DATA);
}

static void enter_from_nowhere(void *context)
{
    (void)context;
    hw_lgdt(MINI_RAM, GDT_LIMIT);
    hw_user_interrupt(TIMER_VECTOR, NULL);
}

static void stops_without_descriptors(struct kms_guest *guest, void (*body)(void *), const char *reason)
{
    struct kms_guest_stop stop;
    assert_int_equal(kms_guest_call(guest, body, NULL, &stop), KMS_GUEST_PANIC);
    assert_string_equal(stop.reason, reason);
}

static void descriptors_where_no_memory_is_are_a_panic(void **state)
{
    (void)state;
    const struct kms_guest_options options = {.kernel = "mini", .machine.ram.unbacked = KMS_REPORT};
    struct kms_guest *guest;
    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    stops_without_descriptors(guest, load_from_nowhere,
                              "selector 0x0008 for CS: no memory where its descriptor should be");
    stops_without_descriptors(guest, enter_from_nowhere,
                              "ring 3 cannot be entered: no memory where its descriptors should be");
    kms_guest_free(guest);
}

/* ---- interrupts ---- */

struct interrupt {
    uint8_t vector;
    enum hw_interrupt_end end;
    struct hw_interrupt_trouble trouble;
};

static unsigned handled;
static uint32_t handled_vector;

static void on_interrupt(uint32_t vector, uint32_t error)
{
    (void)error;
    handled++;
    handled_vector = vector;
}

static void interrupt_body(void *context)
{
    struct interrupt *interrupt = context;
    hw_lgdt(GDT, GDT_LIMIT);
    hw_lidt(IDT, 0x7ff);
    hw_load_segments(CODE, DATA);
    hw_ltr(TASK);
    hw_set_interrupt_handler(on_interrupt);
    interrupt->end = hw_user_interrupt(interrupt->vector, &interrupt->trouble);
}

static struct interrupt interrupt(struct kms_guest *guest, uint8_t vector)
{
    struct interrupt interrupt = {.vector = vector};
    handled = 0;
    set_descriptor(guest, TASK / 8, 0x0000892020000067); /* available: LTR made it busy */
    call(guest, interrupt_body, &interrupt);
    return interrupt;
}

static void unmap(struct kms_guest *guest, uint32_t linear)
{
    set_phys32(guest, MINI_TABLE + (linear >> 12) * 4, 0);
    kms_flush(kms_guest_cpu(guest));
}

static void map(struct kms_guest *guest, uint32_t linear)
{
    set_phys32(guest, MINI_TABLE + (linear >> 12) * 4, linear | PTE_P | PTE_RW);
}

static void an_interrupt_from_ring_3_survives_while_all_that_it_needs_is_mapped(void **state)
{
    struct kms_guest *guest = boot_row(state);
    struct kms_cpu *cpu = kms_guest_cpu(guest);
    const struct interrupt came = interrupt(guest, TIMER_VECTOR);
    assert_int_equal(came.end, HW_INTERRUPT_RETURNED);
    assert_int_equal(came.trouble.vector, 0);
    assert_int_equal(handled, 1);
    assert_int_equal(handled_vector, TIMER_VECTOR);
    assert_int_equal(phys32(guest, STACK + 0xffc), 0x23); /* SS */
    assert_int_equal(phys32(guest, STACK + 0xff0), 0x1b); /* CS */
    assert_int_equal(kms_x86_read(cpu, KMS_X86_CPL), 0);
    assert_int_equal(kms_segment_get(cpu, KMS_CS).selector, CODE);
    assert_int_equal(kms_segment_get(cpu, KMS_DS).selector, DATA);
    kms_guest_free(guest);
}

static void it_dies_without_any_one_of_the_pages(void **state)
{
    static const uint32_t needed[] = {IDT, TSS, STACK};
    struct kms_guest *guest = boot_row(state);
    for (unsigned i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        unmap(guest, needed[i]);
        const struct interrupt came = interrupt(guest, TIMER_VECTOR);
        assert_int_equal(came.end, HW_INTERRUPT_DEAD);
        assert_int_equal(came.trouble.vector, 14);
        assert_int_equal(came.trouble.address & PAGE_FRAME, needed[i]);
        assert_int_equal(came.trouble.error & PFERR_US, 0);
        assert_int_equal(handled, 0);
        map(guest, needed[i]);
    }
    kms_guest_free(guest);
}

static void it_dies_when_no_handler_can_be_fetched(void **state)
{
    struct kms_guest *guest = boot_row(state);
    unmap(guest, HANDLER);
    const struct interrupt came = interrupt(guest, TIMER_VECTOR);
    assert_int_equal(came.end, HW_INTERRUPT_DEAD);
    assert_int_equal(came.trouble.address, HANDLER);
    kms_guest_free(guest);
}

static void a_handler_whose_page_comes_by_a_fault_runs_after_the_repair(void **state)
{
    struct kms_guest *guest = boot_row(state);
    set_gate(guest, TIMER_VECTOR, MINI_DEMAND + 0x10);
    const struct interrupt came = interrupt(guest, TIMER_VECTOR);
    assert_int_equal(came.end, HW_INTERRUPT_RETURNED);
    assert_int_equal(came.trouble.vector, 14);
    assert_int_equal(came.trouble.address, MINI_DEMAND + 0x10);
    assert_int_equal(handled, 1);
    kms_guest_free(guest);
}

static struct kms_guest *interrupted;

/* The kernel loses the CS that its handler returns to. */
static void break_frame(uint32_t vector, uint32_t error)
{
    on_interrupt(vector, error);
    set_phys32(interrupted, STACK + 0xff0, 0);
}

static void visit_and_break(void *context)
{
    struct interrupt *came = context;
    interrupt_body(&(struct interrupt){.vector = TIMER_VECTOR});
    hw_set_interrupt_handler(break_frame);
    came->end = hw_user_interrupt(came->vector, &came->trouble);
}

/* The frame that the page fault pushed below the INT's, SS ESP EFLAGS CS EIP, leads to the handler, not behind an INT. */
static void the_repair_returns_into_the_handler_in_ring_0(void **state)
{
    struct kms_guest *guest = boot_row(state);
    set_gate(guest, TIMER_VECTOR, MINI_DEMAND + 0x10);
    assert_int_equal(interrupt(guest, TIMER_VECTOR).end, HW_INTERRUPT_RETURNED);
    assert_int_equal(phys32(guest, STACK + 0xff0), 0x1b);               /* CS of the program */
    assert_int_equal(phys32(guest, STACK + 0xfec), 2);                  /* behind its INT */
    assert_int_equal(phys32(guest, STACK + 0xfe4), CODE);               /* CS of the handler */
    assert_int_equal(phys32(guest, STACK + 0xfe0), MINI_DEMAND + 0x10); /* its first byte */
    kms_guest_free(guest);
}

static void the_return_after_a_repair_is_to_ring_3(void **state)
{
    struct interrupt came = {.vector = TIMER_VECTOR + 1};
    interrupted = boot_row(state);
    set_gate(interrupted, TIMER_VECTOR + 1, MINI_DEMAND + 0x10);
    call(interrupted, visit_and_break, &came);
    assert_int_equal(came.end, HW_INTERRUPT_FAULTED);
    assert_int_equal(handled_vector, TIMER_VECTOR + 1);
    assert_int_equal(phys32(interrupted, STACK + 0xff0), 0); /* the CS that break_frame took away */
    kms_guest_free(interrupted);
}

/* The program's vector has no gate: #GP, whose handler lies in a page on demand, ends the program. */
static void an_exception_s_handler_that_is_repaired_still_ends_the_program(void **state)
{
    struct kms_guest *guest = boot_row(state);
    set_gate(guest, 13, MINI_DEMAND + 0x10);
    const struct interrupt came = interrupt(guest, 0x22);
    assert_int_equal(came.end, HW_INTERRUPT_FAULTED);
    assert_int_equal(came.trouble.vector, 13);
    assert_int_equal(handled, 1);
    assert_int_equal(handled_vector, 13);
    kms_guest_free(guest);
}

static void an_interrupt_without_a_gate_is_a_fault_of_the_program(void **state)
{
    struct kms_guest *guest = boot_row(state);
    set_gate(guest, 13, HANDLER);
    const struct interrupt came = interrupt(guest, 0x22);
    assert_int_equal(came.end, HW_INTERRUPT_FAULTED);
    assert_int_equal(came.trouble.vector, 13);
    assert_int_equal(came.trouble.error, 0x22 * 8 + 2);
    assert_int_equal(handled_vector, 13);
    kms_guest_free(guest);
}

static void a_handler_that_breaks_its_frame_cannot_return(void **state)
{
    struct interrupt came = {.vector = TIMER_VECTOR};
    interrupted = boot_row(state);
    call(interrupted, visit_and_break, &came);
    assert_int_equal(came.end, HW_INTERRUPT_FAULTED);
    assert_int_equal(came.trouble.vector, 13);
    assert_int_equal(came.trouble.error, 0); /* a null CS */
    kms_guest_free(interrupted);
}

static void visit_without_handler(void *context)
{
    struct interrupt *came = context;
    interrupt_body(&(struct interrupt){.vector = TIMER_VECTOR});
    hw_set_interrupt_handler(NULL);
    came->end = hw_user_interrupt(TIMER_VECTOR, &came->trouble);
}

static void an_interrupt_returns_without_a_handler_too(void **state)
{
    struct kms_guest *guest = boot_row(state);
    struct interrupt came = {0};
    call(guest, visit_without_handler, &came);
    assert_int_equal(came.end, HW_INTERRUPT_RETURNED);
    kms_guest_free(guest);
}

static void a_task_gate_is_a_panic(void **state)
{
    struct kms_guest *guest = boot_row(state);
    struct interrupt came = {.vector = TIMER_VECTOR};
    struct kms_guest_stop stop;
    set_phys32(guest, IDT + 8 * TIMER_VECTOR + 4, 0xe500);
    assert_int_equal(kms_guest_call(guest, interrupt_body, &came, &stop), KMS_GUEST_PANIC);
    assert_string_equal(stop.reason,
                        "INT 0x21: its delivery is not modelled, or needs memory that is not there");
    assert_int_equal(kms_x86_read(kms_guest_cpu(guest), KMS_X86_CPL), 0);
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    IN_BOTH_MODES("a segment's limit protects memory before paging is on",
                  a_limit_protects_memory_before_paging_is_on),
    IN_BOTH_MODES("a segment's limit protects memory after paging is on too",
                  a_limit_protects_memory_after_paging_is_on),
    IN_THE_WINDOW("pages beyond the limit cannot be reached by a pointer",
                  pages_beyond_the_limit_cannot_be_reached_by_a_pointer),
    IN_THE_WINDOW("pages beyond the limit stay unreachable with paging",
                  pages_beyond_the_limit_stay_unreachable_with_paging),
    IN_THE_WINDOW("the page that holds the limit is open to pointers",
                  the_page_that_holds_the_limit_is_open_to_pointers_and_exact_to_accesses),
    IN_THE_WINDOW("a snapshot brings its limit back, and a reset takes it away", restored_with_its_limit),
    IN_BOTH_MODES("a selector that cannot be loaded is a panic", a_selector_that_cannot_be_loaded_is_a_panic),
    IN_BOTH_MODES("LGDT and LIDT outside of ring 0 are a panic", tables_are_for_ring_0),
    KMS_TEST("descriptors where no memory is are a panic", descriptors_where_no_memory_is_are_a_panic),
    IN_BOTH_MODES("a handler that breaks its frame cannot return",
                  a_handler_that_breaks_its_frame_cannot_return),
    IN_BOTH_MODES("an interrupt returns without a handler too", an_interrupt_returns_without_a_handler_too),
    IN_BOTH_MODES("a task gate is a panic, in ring 0", a_task_gate_is_a_panic),
    IN_BOTH_MODES("an interrupt from ring 3 survives while all that it needs is mapped",
                  an_interrupt_from_ring_3_survives_while_all_that_it_needs_is_mapped),
    IN_BOTH_MODES("an interrupt from ring 3 dies without the page of its gate, its TSS or its stack",
                  it_dies_without_any_one_of_the_pages),
    IN_BOTH_MODES("an interrupt from ring 3 dies when no handler can be fetched",
                  it_dies_when_no_handler_can_be_fetched),
    IN_BOTH_MODES("a handler whose page comes by a fault runs after the repair",
                  a_handler_whose_page_comes_by_a_fault_runs_after_the_repair),
    IN_BOTH_MODES("after the repair the handler goes on, and the program's INT does not run again",
                  the_repair_returns_into_the_handler_in_ring_0),
    IN_BOTH_MODES("after the repair the handler returns to ring 3", the_return_after_a_repair_is_to_ring_3),
    IN_BOTH_MODES("an exception's handler that a repair brings still ends the program",
                  an_exception_s_handler_that_is_repaired_still_ends_the_program),
    IN_BOTH_MODES("an interrupt without a gate is a fault of the program",
                  an_interrupt_without_a_gate_is_a_fault_of_the_program),
};
KMS_TESTS(guest_segment, tests)
