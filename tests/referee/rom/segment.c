/* Segment registers, far jumps, IRET and gates, in 32-bit protected mode. */
#include "rom.h"

#define FLAGS_BASE 0x2u
#define STUB_BYTES 16

static struct {
    int ldtr, tr; /* loaded by this case */
} changed;

static int log2_width(uint32_t width)
{
    return (int)(width >> 1);
}

static int stub_of(const struct ref_op *op)
{
    int which = (int)(op->extra >> 16) * SEGMENT_STUBS;
    switch (op->kind) {
    case REF_SEG_LOAD:
        return which == 2 * SEGMENT_STUBS && REF_LEVEL(op->flags) == 0 ? SEGMENT_STUB_SS0
                                                                       : which + SEGMENT_STUB_LOAD;
    case REF_SEG_READ: return which + SEGMENT_STUB_READ + log2_width(op->width);
    case REF_SEG_WRITE: return which + SEGMENT_STUB_WRITE + log2_width(op->width);
    case REF_SEG_JUMP: return SEGMENT_STUB_JUMP;
    case REF_SEG_INT: return SEGMENT_STUB_INT;
    case REF_SEG_LLDT: return SEGMENT_STUB_LLDT;
    default: return SEGMENT_STUB_LTR;
    }
}

/* Code and stack to enter at a level. */
static void choose_segments(uint32_t level)
{
    static const uint16_t codes[] = {SEL_CODE32, SEL_LEVEL_CODE | 1, SEL_LEVEL_CODE | 2, SEL_USER_CODE32};
    static const uint16_t stacks[] = {SEL_DATA, SEL_LEVEL_DATA | 1, SEL_LEVEL_DATA | 2, SEL_USER_DATA};
    entry.cs = codes[level];
    entry.ss = stacks[level];
    if (level == 1 || level == 2) {
        *(uint64_t *)(gdt_base + SEL_LEVEL_CODE) = DESC_LEVEL(DESC_CODE32, level);
        *(uint64_t *)(gdt_base + SEL_LEVEL_DATA) = DESC_LEVEL(DESC_DATA, level);
    }
}

static void prepare(const struct ref_op *op)
{
    far_target.offset = (uint32_t)op->address;
    far_target.selector = (uint16_t)op->extra;
    choose_segments(REF_LEVEL(op->flags));
    entry.ip = (uint32_t)segment_stubs + (uint32_t)stub_of(op) * STUB_BYTES;
    entry.edi = op->address;
    entry.eax = op->extra & 0xffff;
    entry.ecx = (uint32_t)op->value;
    entry.edx = SEL_DATA;
    entry.esi = (uint32_t)&far_target;
    entry.flags = FLAGS_BASE;
    if (op->kind != REF_SEG_IRET)
        return;
    entry.cs = op->extra & 0xffff;
    entry.ss = op->extra >> 16;
    entry.ip = op->address;
}

static int is_supported(const struct ref_op *op)
{
    uint32_t which = op->extra >> 16;
    int accesses = op->kind == REF_SEG_READ || op->kind == REF_SEG_WRITE;
    if (op->kind >= REF_SEGMENTS || long_mode())
        return 0;
    if (op->kind > REF_SEG_WRITE)
        return 1;
    return which < 6 && which != 1 && op->width <= 4 &&
           !(accesses && which == 2 && REF_LEVEL(op->flags) == 0);
}

void segment_execute(const struct ref_op *op, struct ref_result *result)
{
    if (!is_supported(op)) {
        result->status = REF_UNSUPPORTED;
        return;
    }
    prepare(op);
    changed.ldtr |= op->kind == REF_SEG_LLDT;
    changed.tr |= op->kind == REF_SEG_LTR;
    enter32();
    if (leave.vector == VECTOR_DONE) {
        result->value = op->kind == REF_SEG_READ ? leave.eax : 0;
        return;
    }
    result->status = REF_FAULT;
    result->vector = (uint8_t)leave.vector;
    result->error = leave.error;
    result->cr2 = leave.vector == VECTOR_PF ? leave.cr2 : 0;
}

void segment_reset(void)
{
    if (changed.ldtr)
        __asm__ volatile("lldt %w0" : : "r"(0) : "memory");
    if (changed.tr)
        tr_load();
    changed.ldtr = changed.tr = 0;
}
