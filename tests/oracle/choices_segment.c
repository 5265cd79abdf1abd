/* choices_segment.c - random questions about segments, biased to what is nearly right. */
#include "segment_judge.h"

#define S       (UINT64_C(1) << 44)
#define PRESENT (UINT64_C(1) << 47)
#define WIDE    (UINT64_C(1) << 54)

static uint64_t choose_bits(struct choices *choices, unsigned count)
{
    return choose(choices, UINT64_C(1) << count);
}

static uint64_t choose_limit(struct choices *choices)
{
    static const uint64_t limits[] = {0, 1, 0xfff, 0x1000, 0x7fff, 0xffff, 0x10000, 0xffffe, 0xfffff};
    return limits[choose(choices, sizeof limits / sizeof limits[0])];
}

/* Mostly present code or data. */
static uint64_t choose_descriptor(struct choices *choices)
{
    const uint64_t limit = choose_limit(choices);
    uint64_t d = (limit & 0xffff) | (limit >> 16) << 48 | choose_bits(choices, 4) << 52;
    d |= choose_bits(choices, 4) << 40 | choose_bits(choices, 2) << 45;
    d |= one_in(choices, 8) ? 0 : S;
    d |= one_in(choices, 8) ? 0 : PRESENT;
    if (one_in(choices, 4))
        d |= choose_bits(choices, 24) << 16 | choose_bits(choices, 8) << 56;
    return d;
}

static uint16_t choose_selector(struct choices *choices)
{
    return one_in(choices, 10) ? (uint16_t)choose_bits(choices, 2) : (uint16_t)choose_bits(choices, 7);
}

static bool choose_load(struct choices *choices, struct segment_judge *judge)
{
    const struct so_load load = {
        .which = (enum so_which)choose(choices, SO_REGISTERS),
        .selector = choose_selector(choices),
        .cpl = (unsigned)choose_bits(choices, 2),
        .gdt_limit = (uint32_t)choose(choices, 0x90),
        .ldt_usable = !one_in(choices, 8),
        .ldt_limit = (uint32_t)choose(choices, 0x90),
        .descriptor = choose_descriptor(choices),
        .upper = choose_bits(choices, 32),
        .target = one_in(choices, 2) ? 0 : (uint32_t)choose_bits(choices, 32),
    };
    return segment_judge_load(judge, &load);
}

static bool choose_segment_access(struct choices *choices, struct segment_judge *judge)
{
    const uint64_t d = choose_descriptor(choices) | S | PRESENT;
    const uint32_t limit = kms_segment_decode(d).limit;
    const struct so_access access = {
        .which = (enum so_which)choose(choices, SO_LDTR),
        .usable = !one_in(choices, 16),
        .descriptor = d,
        .kind = (enum so_kind)choose(choices, 3),
        .offset = one_in(choices, 2) ? limit - 8 + (uint32_t)choose(choices, 16)
                                     : (uint32_t)choose_bits(choices, 32),
        .size = 1u << choose(choices, 4),
        .may_wrap = true,
    };
    return segment_judge_access(judge, &access);
}

/* A code or stack segment that often fits its level. */
static uint64_t choose_fitting(struct choices *choices, uint64_t type, unsigned level)
{
    uint64_t d = choose_descriptor(choices);
    if (one_in(choices, 3))
        return d;
    d &= ~(UINT64_C(0x6f) << 40);
    return d | PRESENT | S | type << 40 | (uint64_t)level << 45;
}

static bool choose_interrupt(struct choices *choices, struct segment_judge *judge)
{
    static const uint64_t gate_types[] = {6, 7, 14, 15};
    const unsigned level = (unsigned)choose_bits(choices, 2);
    const uint64_t type = one_in(choices, 12) ? choose_bits(choices, 5) : gate_types[choose(choices, 4)];
    const unsigned way = (unsigned)choose(choices, 3);
    const uint64_t code_selector = one_in(choices, 16) ? choose_bits(choices, 2) : JUDGE_CODE_INDEX * 8;
    struct so_interrupt interrupt = {
        .vector = way == 2 ? 13 : 0x20 + (unsigned)choose(choices, 16),
        .cpl = (unsigned)choose_bits(choices, 2),
        .software = way == 0,
        .pushes_error = way == 2,
        .idt_limit = one_in(choices, 12) ? (uint32_t)choose(choices, 0x180) : 0x17f,
        .gate = choose_bits(choices, 12) | code_selector << 16 | choose_bits(choices, 2) << 45 | type << 40,
        .code_in_table = true,
        .stack_in_table = true,
        .code = choose_fitting(choices, 10, level),
        .stack = choose_fitting(choices, 2, level),
        .stack_selector =
            (uint16_t)(JUDGE_STACK_INDEX * 8 + (one_in(choices, 8) ? choose_bits(choices, 2) : level)),
        .esp = one_in(choices, 4) ? (uint32_t)choose(choices, 40) : 0x8000,
        .stack_now = choose_fitting(choices, 2, 0) | S | PRESENT,
        .tss_selector = 0x38,
        .tss_limit = one_in(choices, 8) ? (uint32_t)choose(choices, 40) : 0x67,
    };
    interrupt.gate |= one_in(choices, 12) ? 0 : PRESENT;
    if ((type & 31) == 5) /* a task gate is not modelled */
        interrupt.gate &= ~(UINT64_C(1) << 40);
    interrupt.stack_now &= ~(UINT64_C(1) << 43);
    interrupt.stack_now |= UINT64_C(1) << 41;
    return segment_judge_interrupt(judge, &interrupt);
}

static bool choose_return(struct choices *choices, struct segment_judge *judge)
{
    const unsigned level = (unsigned)choose_bits(choices, 2);
    const unsigned other = one_in(choices, 8) ? (unsigned)choose_bits(choices, 2) : level;
    const struct so_return frame = {
        .cpl = (unsigned)choose_bits(choices, 2),
        .cs = (uint16_t)(one_in(choices, 16) ? other : JUDGE_CODE_INDEX * 8 + level),
        .ss = (uint16_t)(one_in(choices, 16) ? other : JUDGE_STACK_INDEX * 8 + other),
        .eip = one_in(choices, 4) ? (uint32_t)choose_bits(choices, 32) : 0,
        .code_in_table = true,
        .stack_in_table = true,
        .code = choose_fitting(choices, 10, level),
        .stack = choose_fitting(choices, 2, level),
    };
    return segment_judge_return(judge, &frame);
}

bool choose_segment_question(struct choices *choices, struct segment_judge *judge)
{
    switch (choose(choices, 4)) {
    case 0: return choose_load(choices, judge);
    case 1: return choose_segment_access(choices, judge);
    case 2: return choose_interrupt(choices, judge);
    default: return choose_return(choices, judge);
    }
}
