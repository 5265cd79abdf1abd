/* segment_judge.c - see segment_judge.h. */
#include "segment_judge.h"

#include <inttypes.h>
#include <stdio.h>

#define RAM_SIZE (UINT64_C(2) << 20)

/* Where the machine has its tables. */
#define GDT    0x10000u
#define LDT    0x20000u
#define IDT    0x30000u
#define TSS    0x40000u
#define PML4   0x50000u
#define PDPT   0x51000u
#define TABLES 0x10000u /* bytes of each */
#define ROOM   (TABLES - 16u)

#define TABLE_ENTRY (KMS_PTE_P | KMS_PTE_RW | KMS_PTE_US)

static void poke(struct segment_judge *judge, kms_phys phys, unsigned width, uint64_t value)
{
    kms_phys_store(judge->ram, phys, width, value);
}

static uint64_t peek(struct segment_judge *judge, kms_phys phys, unsigned width)
{
    uint64_t value = 0;
    kms_phys_load(judge->ram, phys, width, &value);
    return value;
}

static void enter_64bit_mode(struct segment_judge *judge)
{
    poke(judge, PML4, 8, PDPT | TABLE_ENTRY);
    poke(judge, PDPT, 8, TABLE_ENTRY | KMS_PDE_PS);
    kms_x86_write(judge->cpu, KMS_X86_CR3, PML4, NULL);
    kms_x86_write(judge->cpu, KMS_X86_CR4, KMS_CR4_PAE, NULL);
    kms_x86_write(judge->cpu, KMS_X86_EFER, KMS_EFER_LME, NULL);
    kms_x86_write(judge->cpu, KMS_X86_CR0, KMS_CR0_PE | KMS_CR0_PG, NULL);
}

struct segment_judge segment_judge_new(bool ia32e, enum kms_wrap_policy wrap)
{
    struct segment_judge judge = {0};
    const struct kms_options options = {.ram_size = RAM_SIZE, .ram.fill = KMS_FILL_ZERO, .wrap = wrap};
    if (kms_machine_new(&options, &judge.machine) != KMS_OK)
        return judge;
    judge.cpu = kms_machine_cpu(judge.machine, 0);
    judge.ram = kms_machine_ram(judge.machine);
    if (ia32e)
        enter_64bit_mode(&judge);
    else
        kms_x86_write(judge.cpu, KMS_X86_CR0, KMS_CR0_PE, NULL);
    return judge;
}

void segment_judge_free(struct segment_judge *judge)
{
    kms_machine_free(judge->machine);
}

/* ---- telling ---- */

static bool agree(const char *what, const struct so_verdict *expected, const struct kms_fault *fault)
{
    if (expected->vector == fault->vector && (!fault->vector || expected->code == fault->error_code))
        return true;
    fprintf(stderr, "%s: the oracle says vector %u code 0x%x, the machine vector %u code 0x%x\n", what,
            expected->vector, (unsigned)expected->code, (unsigned)fault->vector, (unsigned)fault->error_code);
    return false;
}

static bool same(const char *what, uint64_t expected, uint64_t found)
{
    if (expected != found)
        fprintf(stderr, "%s: the oracle says 0x%" PRIx64 ", the machine 0x%" PRIx64 "\n", what, expected,
                found);
    return expected == found;
}

/* ---- loads ---- */

static enum kms_segment register_of(enum so_which which)
{
    static const enum kms_segment registers[SO_REGISTERS] = {
        [SO_ES] = KMS_ES, [SO_CS] = KMS_CS, [SO_SS] = KMS_SS,     [SO_DS] = KMS_DS,
        [SO_FS] = KMS_FS, [SO_GS] = KMS_GS, [SO_LDTR] = KMS_LDTR, [SO_TR] = KMS_TR};
    return registers[which];
}

static kms_phys place_of(uint16_t selector)
{
    return (selector & 4u ? LDT : GDT) + selector / 8u * 8u;
}

static void prepare_load(struct segment_judge *judge, const struct so_load *load)
{
    struct kms_segment_state state = kms_segment_get_state(judge->cpu);
    state.gdtr = (struct kms_table_register){GDT, (uint16_t)load->gdt_limit};
    state.segment[KMS_LDTR] = (struct kms_segment_register){
        .base = LDT, .limit = load->ldt_limit, .attributes = load->ldt_usable ? 0x82 : 0};
    kms_segment_set_state(judge->cpu, &state);
    kms_x86_write(judge->cpu, KMS_X86_CPL, load->cpl, NULL);
    poke(judge, place_of(load->selector), 8, load->descriptor);
    poke(judge, place_of(load->selector) + 8, 8, load->upper);
}

static bool check_loaded(struct segment_judge *judge, const struct so_load *load,
                         const struct so_loaded *loaded)
{
    const struct kms_segment_register now = kms_segment_get(judge->cpu, register_of(load->which));
    const bool usable = (now.attributes & KMS_SEG_P) != 0;
    const uint64_t rights = loaded->descriptor >> 40 & 0xf0ff;
    return same("memory after a load", loaded->descriptor, peek(judge, place_of(load->selector), 8)) &&
           same("usable", loaded->usable, usable) && same("selector", loaded->selector, now.selector) &&
           (!usable || (same("base", loaded->base, now.base) && same("limit", loaded->limit, now.limit) &&
                        same("attributes", rights, now.attributes)));
}

bool segment_judge_load(struct segment_judge *judge, const struct so_load *load)
{
    struct so_loaded loaded;
    struct kms_fault fault = {0};
    prepare_load(judge, load);
    const struct kms_segment_register before = kms_segment_get(judge->cpu, register_of(load->which));
    const struct so_verdict expected = so_load(load, &loaded);
    const enum kms_result result =
        load->which == SO_CS ? kms_segment_jump(judge->cpu, load->selector, load->target, &fault)
                             : kms_segment_load(judge->cpu, register_of(load->which), load->selector, &fault);
    const struct kms_segment_register now = kms_segment_get(judge->cpu, register_of(load->which));
    bool good =
        agree("a load", &expected, &fault) && same("result", expected.vector ? KMS_FAULT : KMS_DONE, result);
    if (good && expected.vector)
        good = same("memory after a refusal", load->descriptor, peek(judge, place_of(load->selector), 8)) &&
               same("selector after a refusal", before.selector, now.selector) &&
               same("limit after a refusal", before.limit, now.limit);
    else if (good)
        good = check_loaded(judge, load, &loaded);
    if (!good)
        fprintf(stderr, "  register %u, selector 0x%04x, CPL %u, descriptor 0x%016" PRIx64 "\n", load->which,
                load->selector, load->cpl, load->descriptor);
    return good;
}

/* ---- accesses ---- */

bool segment_judge_access(struct segment_judge *judge, const struct so_access *access)
{
    static const enum kms_access_kind kinds[] = {KMS_READ, KMS_WRITE, KMS_FETCH};
    struct kms_segment_state state = kms_segment_get_state(judge->cpu);
    const enum kms_segment segment = register_of(access->which);
    state.segment[segment] = kms_segment_decode(access->descriptor);
    if (!access->usable)
        state.segment[segment].attributes = 0;
    kms_segment_set_state(judge->cpu, &state);
    const struct kms_logical logical = {segment, access->offset, access->size, kinds[access->kind],
                                        KMS_AS_CURRENT};
    uint32_t linear;
    kms_linear found = 0;
    struct kms_fault fault = {0};
    const struct so_verdict expected = so_access(access, &linear);
    const enum kms_result result = kms_segment_linear(judge->cpu, &logical, &found, &fault);
    const bool good = agree("an access", &expected, &fault) &&
                      (result != KMS_DONE || same("linear address", linear, found));
    if (!good)
        fprintf(stderr, "  register %u, descriptor 0x%016" PRIx64 ", kind %u, offset 0x%x, %u bytes\n",
                access->which, access->descriptor, access->kind, (unsigned)access->offset,
                (unsigned)access->size);
    return good;
}

/* ---- interrupts ---- */

#define GDT_ENTRIES 6u

static void set_code_and_stack(struct segment_judge *judge, struct kms_segment_state *state, uint64_t code,
                               uint64_t stack)
{
    state->gdtr = (struct kms_table_register){GDT, GDT_ENTRIES * 8 - 1};
    poke(judge, GDT + JUDGE_CODE_INDEX * 8, 8, code);
    poke(judge, GDT + JUDGE_STACK_INDEX * 8, 8, stack);
}

static unsigned inner_level(const struct so_interrupt *interrupt)
{
    return (unsigned)(interrupt->code >> 45 & 3);
}

static void prepare_interrupt(struct segment_judge *judge, const struct so_interrupt *interrupt)
{
    struct kms_segment_state state = kms_segment_get_state(judge->cpu);
    const kms_phys place = TSS + 4 + inner_level(interrupt) * 8;
    set_code_and_stack(judge, &state, interrupt->code, interrupt->stack);
    state.idtr = (struct kms_table_register){IDT, (uint16_t)interrupt->idt_limit};
    state.segment[KMS_TR] =
        (struct kms_segment_register){interrupt->tss_selector, 0x8b, interrupt->tss_limit, TSS};
    state.segment[KMS_SS] = kms_segment_decode(interrupt->stack_now);
    state.segment[KMS_SS].selector = (uint16_t)(0x7770 | interrupt->cpl);
    state.segment[KMS_CS].selector = (uint16_t)(0x6660 | interrupt->cpl);
    kms_segment_set_state(judge->cpu, &state);
    kms_x86_write(judge->cpu, KMS_X86_CPL, interrupt->cpl, NULL);
    poke(judge, IDT + interrupt->vector * 8, 8, interrupt->gate);
    poke(judge, place, 4, interrupt->esp);
    poke(judge, place + 4, 4, interrupt->stack_selector);
}

/* What lies on the handler's stack, from the first push on. */
static bool check_frame(struct segment_judge *judge, const struct so_interrupt *interrupt,
                        const struct so_arrival *arrival, const struct kms_x86_context *before)
{
    const struct kms_segment_register ss = kms_segment_get(judge->cpu, KMS_SS);
    const uint32_t whole[] = {0x7770 | interrupt->cpl, before->esp, 0, 0x6660 | interrupt->cpl, 0, 0xabcd};
    const unsigned first = arrival->new_stack ? 0 : 2, end = interrupt->pushes_error ? 6 : 5;
    const uint32_t mask = ss.attributes & KMS_SEG_DB ? UINT32_MAX : UINT16_MAX;
    for (unsigned i = first; i < end; i++) {
        const uint32_t offset = (interrupt->esp - (i - first + 1) * arrival->width) & mask;
        const kms_phys at = (uint32_t)(ss.base + offset);
        const uint64_t found = at < RAM_SIZE - 4 ? peek(judge, at, arrival->width) : whole[i];
        if (i != 2 && i != 4 && !same("a push", arrival->width == 2 ? whole[i] & 0xffff : whole[i], found))
            return false;
    }
    return true;
}

static bool check_arrival(struct segment_judge *judge, const struct so_interrupt *interrupt,
                          const struct so_arrival *arrival, const struct kms_x86_context *context)
{
    const struct kms_segment_register cs = kms_segment_get(judge->cpu, KMS_CS),
                                      ss = kms_segment_get(judge->cpu, KMS_SS);
    return same("CPL", arrival->cpl, kms_x86_read(judge->cpu, KMS_X86_CPL)) &&
           same("CS", JUDGE_CODE_INDEX * 8 | arrival->cpl, cs.selector) &&
           same("SS", arrival->new_stack ? interrupt->stack_selector : 0x7770u | interrupt->cpl,
                ss.selector) &&
           same("EIP", arrival->eip, context->eip) &&
           same("IF", arrival->is_trap, (context->eflags & KMS_EFLAGS_IF) != 0) &&
           same("TF, NT and RF", 0, context->eflags & (KMS_EFLAGS_TF | KMS_EFLAGS_NT | KMS_EFLAGS_RF));
}

bool segment_judge_interrupt(struct segment_judge *judge, const struct so_interrupt *interrupt)
{
    const enum kms_interrupt_kind kind = interrupt->software       ? KMS_INTERRUPT_SOFTWARE
                                         : interrupt->pushes_error ? KMS_INTERRUPT_EXCEPTION
                                                                   : KMS_INTERRUPT_EXTERNAL;
    const struct kms_interrupt asked = {(uint8_t)interrupt->vector, kind, 2, 0xabcd};
    struct so_arrival arrival;
    prepare_interrupt(judge, interrupt);
    struct kms_x86_context context = {0x1234, interrupt->esp, 0x10302};
    const struct kms_x86_context before = context;
    const struct so_verdict expected = so_interrupt(interrupt, &arrival);
    const struct kms_delivery delivery = kms_x86_interrupt(judge->cpu, &asked, &context);
    const struct kms_fault first = delivery.faults ? delivery.fault[0] : (struct kms_fault){0};
    bool good = agree("an interrupt", &expected, &first);
    if (good && !expected.vector)
        good = same("arrival", KMS_DELIVERED, delivery.end) &&
               check_arrival(judge, interrupt, &arrival, &context) &&
               check_frame(judge, interrupt, &arrival, &before);
    if (!good)
        fprintf(stderr,
                "  vector %u, CPL %u, gate 0x%016" PRIx64 ", code 0x%016" PRIx64
                ", stack 0x%04x 0x%016" PRIx64 ", ESP 0x%x\n",
                interrupt->vector, interrupt->cpl, interrupt->gate, interrupt->code,
                interrupt->stack_selector, interrupt->stack, (unsigned)interrupt->esp);
    return good;
}

/* ---- IRET ---- */

bool segment_judge_return(struct segment_judge *judge, const struct so_return *frame)
{
    struct kms_segment_state state = kms_segment_get_state(judge->cpu);
    struct kms_x86_context context = {0, 0, KMS_EFLAGS_FIXED};
    struct kms_fault fault = {0};
    set_code_and_stack(judge, &state, frame->code, frame->stack);
    kms_segment_set_state(judge->cpu, &state);
    kms_x86_write(judge->cpu, KMS_X86_CPL, frame->cpl, NULL);
    const struct so_verdict expected = so_return(frame);
    const struct kms_x86_frame popped = {frame->eip, frame->cs, KMS_EFLAGS_FIXED, 0x4321, frame->ss};
    kms_x86_iret_frame(judge->cpu, &popped, &context, &fault);
    bool good = agree("an IRET", &expected, &fault);
    if (good && !expected.vector)
        good = same("CPL", frame->cs & 3, kms_x86_read(judge->cpu, KMS_X86_CPL)) &&
               same("CS", frame->cs, kms_segment_get(judge->cpu, KMS_CS).selector) &&
               same("EIP", frame->eip, context.eip) &&
               ((frame->cs & 3u) == frame->cpl ||
                same("SS", frame->ss, kms_segment_get(judge->cpu, KMS_SS).selector));
    if (!good)
        fprintf(stderr, "  CPL %u, CS 0x%04x 0x%016" PRIx64 ", SS 0x%04x 0x%016" PRIx64 "\n", frame->cpl,
                frame->cs, frame->code, frame->ss, frame->stack);
    return good;
}
