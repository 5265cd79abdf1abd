/* segment_oracle.c - see segment_oracle.h. */
#include "segment_oracle.h"

enum { TS = 10, NP = 11, SS = 12, GP = 13 };

/* ---- a descriptor, by the bit numbers of "Segment Descriptors" (bit 32 + n is bit n of the second dword) ---- */

static unsigned field(uint64_t descriptor, unsigned high, unsigned low)
{
    return (unsigned)(descriptor >> low & ((UINT64_C(1) << (high - low + 1)) - 1));
}

static bool bit(uint64_t descriptor, unsigned number)
{
    return descriptor >> number & 1;
}

static unsigned dpl(uint64_t descriptor)
{
    return field(descriptor, 46, 45);
}

static bool present(uint64_t descriptor)
{
    return bit(descriptor, 47);
}

/* Bit 44 is S; with S set, bit 43 tells code from data. */
static bool is_code(uint64_t descriptor)
{
    return bit(descriptor, 44) && bit(descriptor, 43);
}

static bool is_data(uint64_t descriptor)
{
    return bit(descriptor, 44) && !bit(descriptor, 43);
}

static bool is_conforming(uint64_t descriptor)
{
    return is_code(descriptor) && bit(descriptor, 42);
}

static bool is_readable_code(uint64_t descriptor)
{
    return is_code(descriptor) && bit(descriptor, 41);
}

static bool is_writable_data(uint64_t descriptor)
{
    return is_data(descriptor) && bit(descriptor, 41);
}

static bool is_expand_down(uint64_t descriptor)
{
    return is_data(descriptor) && bit(descriptor, 42);
}

static unsigned system_type(uint64_t descriptor)
{
    return bit(descriptor, 44) ? 16 : field(descriptor, 43, 40);
}

static uint32_t base_of(uint64_t descriptor)
{
    return field(descriptor, 31, 16) | field(descriptor, 39, 32) << 16 | field(descriptor, 63, 56) << 24;
}

static uint32_t limit_of(uint64_t descriptor)
{
    const uint32_t limit = field(descriptor, 15, 0) | field(descriptor, 51, 48) << 16;
    return bit(descriptor, 55) ? limit * 4096 + 4095 : limit;
}

/* ---- verdicts ---- */

static const struct so_verdict fine = {0, 0};

static struct so_verdict fault(unsigned vector, uint32_t code)
{
    return (struct so_verdict){vector, code};
}

static bool null(uint16_t selector)
{
    return selector < 4;
}

static unsigned rpl(uint16_t selector)
{
    return selector % 4;
}

/* error_code(num, idt, ext) of the manual's pseudocode for a selector. */
static uint32_t code_of(uint16_t selector, unsigned ext)
{
    return selector / 4u * 4u + ext;
}

/* ---- loads ---- */

static bool beyond_table(const struct so_load *load, unsigned bytes)
{
    const uint32_t last = load->selector / 8u * 8u + bytes - 1;
    return load->selector & 4 ? !load->ldt_usable || last > load->ldt_limit : last > load->gdt_limit;
}

static struct so_verdict mov_ss(const struct so_load *load)
{
    const uint64_t d = load->descriptor;
    if (null(load->selector))
        return load->ia32e && load->cpl < 3 && rpl(load->selector) == load->cpl ? fine : fault(GP, 0);
    if (beyond_table(load, 8) || rpl(load->selector) != load->cpl || !is_writable_data(d) ||
        dpl(d) != load->cpl)
        return fault(GP, code_of(load->selector, 0));
    return present(d) ? fine : fault(SS, code_of(load->selector, 0));
}

static struct so_verdict mov_data(const struct so_load *load)
{
    const uint64_t d = load->descriptor;
    if (null(load->selector))
        return fine;
    if (beyond_table(load, 8) || !(is_data(d) || is_readable_code(d)))
        return fault(GP, code_of(load->selector, 0));
    if ((is_data(d) || !is_conforming(d)) && (rpl(load->selector) > dpl(d) || load->cpl > dpl(d)))
        return fault(GP, code_of(load->selector, 0));
    return present(d) ? fine : fault(NP, code_of(load->selector, 0));
}

static struct so_verdict jmp_far(const struct so_load *load)
{
    const uint64_t d = load->descriptor;
    if (null(load->selector))
        return fault(GP, 0);
    if (beyond_table(load, 8) || !is_code(d))
        return fault(GP, code_of(load->selector, 0));
    if (load->ia32e && bit(d, 53) && bit(d, 54))
        return fault(GP, code_of(load->selector, 0));
    if (is_conforming(d) && dpl(d) > load->cpl)
        return fault(GP, code_of(load->selector, 0));
    if (!is_conforming(d) && (rpl(load->selector) > load->cpl || dpl(d) != load->cpl))
        return fault(GP, code_of(load->selector, 0));
    if (!present(d))
        return fault(NP, code_of(load->selector, 0));
    if (!(load->ia32e && bit(d, 53)) && load->target > limit_of(d))
        return fault(GP, 0);
    return fine;
}

static bool bad_upper(const struct so_load *load)
{
    return load->ia32e && field(load->upper, 44, 40) != 0;
}

static struct so_verdict lldt(const struct so_load *load)
{
    if (load->cpl > 0)
        return fault(GP, 0);
    if (null(load->selector))
        return fine;
    if (load->selector & 4 || beyond_table(load, load->ia32e ? 16 : 8))
        return fault(GP, code_of(load->selector, 0));
    if (system_type(load->descriptor) != 2 || bad_upper(load))
        return fault(GP, code_of(load->selector, 0));
    return present(load->descriptor) ? fine : fault(NP, code_of(load->selector, 0));
}

static struct so_verdict ltr(const struct so_load *load)
{
    const unsigned type = system_type(load->descriptor);
    if (load->cpl > 0 || null(load->selector))
        return fault(GP, 0);
    if (load->selector & 4 || beyond_table(load, load->ia32e ? 16 : 8))
        return fault(GP, code_of(load->selector, 0));
    if (!(type == 9 || (type == 1 && !load->ia32e)) || bad_upper(load))
        return fault(GP, code_of(load->selector, 0));
    return present(load->descriptor) ? fine : fault(NP, code_of(load->selector, 0));
}

static struct so_verdict verdict_of(const struct so_load *load)
{
    switch (load->which) {
    case SO_SS: return mov_ss(load);
    case SO_CS: return jmp_far(load);
    case SO_LDTR: return lldt(load);
    case SO_TR: return ltr(load);
    default: return mov_data(load);
    }
}

/* Accessed is bit 40, and a TSS's busy bit is bit 41. */
static uint64_t marked(const struct so_load *load)
{
    if (load->which == SO_LDTR)
        return load->descriptor;
    return load->descriptor | UINT64_C(1) << (load->which == SO_TR ? 41 : 40);
}

struct so_verdict so_load(const struct so_load *load, struct so_loaded *loaded)
{
    const struct so_verdict verdict = verdict_of(load);
    if (verdict.vector)
        return verdict;
    *loaded = (struct so_loaded){.selector = load->selector, .descriptor = load->descriptor};
    if (null(load->selector))
        return verdict;
    loaded->usable = true;
    loaded->base = base_of(load->descriptor);
    if (load->which >= SO_LDTR && load->ia32e)
        loaded->base |= load->upper << 32;
    loaded->limit = limit_of(load->descriptor);
    loaded->descriptor = marked(load);
    if (load->which == SO_CS)
        loaded->selector = (uint16_t)(load->selector / 4 * 4 + load->cpl);
    return verdict;
}

/* ---- accesses ---- */

static bool type_permits(uint64_t d, enum so_kind kind)
{
    switch (kind) {
    case SO_READ: return is_data(d) || is_readable_code(d);
    case SO_WRITE: return is_writable_data(d);
    case SO_FETCH: break;
    }
    return is_code(d);
}

/* Every byte of the access, one by one. */
static bool inside(const struct so_access *access)
{
    const uint64_t limit = limit_of(access->descriptor);
    const uint64_t top = bit(access->descriptor, 54) ? 0xffffffff : 0xffff;
    for (uint64_t at = access->offset; at < (uint64_t)access->offset + access->size; at++) {
        if (is_expand_down(access->descriptor) ? at <= limit || at > top : at > limit)
            return false;
    }
    return true;
}

struct so_verdict so_access(const struct so_access *access, uint32_t *linear)
{
    const bool whole = limit_of(access->descriptor) == 0xffffffff && !is_expand_down(access->descriptor);
    *linear = base_of(access->descriptor) + access->offset;
    if (access->usable && type_permits(access->descriptor, access->kind) &&
        ((whole && access->may_wrap) || inside(access)))
        return fine;
    return fault(access->which == SO_SS ? SS : GP, 0);
}

/* ---- interrupts ---- */

static uint16_t gate_selector(uint64_t gate)
{
    return (uint16_t)field(gate, 31, 16);
}

static bool is_32bit_gate(uint64_t gate)
{
    return bit(gate, 43);
}

static uint32_t gate_offset(uint64_t gate)
{
    return field(gate, 15, 0) | (is_32bit_gate(gate) ? field(gate, 63, 48) << 16 : 0);
}

/* Room for so many pushes of a width below ESP, byte by byte. */
static bool has_room(uint64_t stack, uint32_t esp, unsigned pushes, unsigned width)
{
    for (unsigned i = 1; i <= pushes; i++) {
        uint32_t at = esp - i * width;
        if (!bit(stack, 54))
            at &= 0xffff;
        const struct so_access push = {.which = SO_SS,
                                       .usable = true,
                                       .descriptor = stack,
                                       .kind = SO_WRITE,
                                       .offset = at,
                                       .size = width};
        if (!inside(&push))
            return false;
    }
    return true;
}

static struct so_verdict inner_stack(const struct so_interrupt *interrupt, unsigned level, unsigned ext)
{
    const uint64_t d = interrupt->stack;
    if (level * 8 + 4 + 5 > interrupt->tss_limit)
        return fault(TS, code_of(interrupt->tss_selector, ext));
    if (null(interrupt->stack_selector))
        return fault(TS, ext);
    if (!interrupt->stack_in_table || rpl(interrupt->stack_selector) != level)
        return fault(TS, code_of(interrupt->stack_selector, ext));
    if (dpl(d) != level || !is_writable_data(d))
        return fault(TS, code_of(interrupt->stack_selector, ext));
    return present(d) ? fine : fault(SS, code_of(interrupt->stack_selector, ext));
}

static struct so_verdict through_gate(const struct so_interrupt *interrupt, unsigned ext)
{
    const uint32_t code = interrupt->vector * 8 + 2;
    const unsigned type = system_type(interrupt->gate);
    if (interrupt->vector * 8 + 7 > interrupt->idt_limit)
        return fault(GP, code + ext);
    if (type != 6 && type != 7 && type != 14 && type != 15)
        return fault(GP, code + ext);
    if (interrupt->software && dpl(interrupt->gate) < interrupt->cpl)
        return fault(GP, code);
    return present(interrupt->gate) ? fine : fault(NP, code + ext);
}

static struct so_verdict to_code(const struct so_interrupt *interrupt, unsigned ext)
{
    const uint16_t selector = gate_selector(interrupt->gate);
    if (null(selector))
        return fault(GP, ext);
    if (!interrupt->code_in_table || !is_code(interrupt->code) || dpl(interrupt->code) > interrupt->cpl)
        return fault(GP, code_of(selector, ext));
    return present(interrupt->code) ? fine : fault(NP, code_of(selector, ext));
}

struct so_verdict so_interrupt(const struct so_interrupt *interrupt, struct so_arrival *arrival)
{
    const unsigned ext = interrupt->software ? 0 : 1;
    struct so_verdict verdict = through_gate(interrupt, ext);
    if (!verdict.vector)
        verdict = to_code(interrupt, ext);
    if (verdict.vector)
        return verdict;
    const bool inner = !is_conforming(interrupt->code) && dpl(interrupt->code) < interrupt->cpl;
    *arrival = (struct so_arrival){.cpl = inner ? dpl(interrupt->code) : interrupt->cpl,
                                   .new_stack = inner,
                                   .is_trap = bit(interrupt->gate, 40),
                                   .width = is_32bit_gate(interrupt->gate) ? 4 : 2,
                                   .eip = gate_offset(interrupt->gate)};
    if (inner)
        verdict = inner_stack(interrupt, arrival->cpl, ext);
    if (verdict.vector)
        return verdict;
    const unsigned pushes = (inner ? 5u : 3u) + (interrupt->pushes_error ? 1u : 0u);
    if (!has_room(inner ? interrupt->stack : interrupt->stack_now, interrupt->esp, pushes, arrival->width))
        return fault(SS, inner ? code_of(interrupt->stack_selector, ext) : ext);
    return arrival->eip > limit_of(interrupt->code) ? fault(GP, ext) : fine;
}

/* ---- IRET ---- */

static struct so_verdict return_code(const struct so_return *frame)
{
    const uint64_t d = frame->code;
    if (null(frame->cs))
        return fault(GP, 0);
    if (!frame->code_in_table || !is_code(d) || rpl(frame->cs) < frame->cpl)
        return fault(GP, code_of(frame->cs, 0));
    if (is_conforming(d) ? dpl(d) > rpl(frame->cs) : dpl(d) != rpl(frame->cs))
        return fault(GP, code_of(frame->cs, 0));
    return present(d) ? fine : fault(NP, code_of(frame->cs, 0));
}

static struct so_verdict return_stack(const struct so_return *frame)
{
    const uint64_t d = frame->stack;
    if (null(frame->ss))
        return fault(GP, 0);
    if (!frame->stack_in_table || rpl(frame->ss) != rpl(frame->cs) || !is_writable_data(d) ||
        dpl(d) != rpl(frame->cs))
        return fault(GP, code_of(frame->ss, 0));
    return present(d) ? fine : fault(SS, code_of(frame->ss, 0));
}

struct so_verdict so_return(const struct so_return *frame)
{
    struct so_verdict verdict = return_code(frame);
    if (!verdict.vector && rpl(frame->cs) > frame->cpl)
        verdict = return_stack(frame);
    if (verdict.vector)
        return verdict;
    return frame->eip > limit_of(frame->code) ? fault(GP, 0) : fine;
}
