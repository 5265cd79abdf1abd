/* Segment registers, far jumps, IRET and gates, in 32-bit protected mode without paging. */
#include "rom.h"

#define FLAGS_BASE 0x2u
#define STUB_BYTES 16

static struct {
    int ldtr, tr; /* loaded by this case */
} changed;

struct __attribute__((packed)) far_pointer {
    uint32_t offset;
    uint16_t selector;
};

static int log2_width(uint32_t width)
{
    return (int)(width >> 1);
}

static int stub_of(const struct ref_op *op)
{
    int which = (int)(op->extra >> 16) * SEGMENT_STUBS;
    switch (op->kind) {
    case REF_SEG_LOAD:
        return which == 2 * SEGMENT_STUBS && !(op->flags & REF_USER) ? SEGMENT_STUB_SS0
                                                                     : which + SEGMENT_STUB_LOAD;
    case REF_SEG_READ: return which + SEGMENT_STUB_READ + log2_width(op->width);
    case REF_SEG_WRITE: return which + SEGMENT_STUB_WRITE + log2_width(op->width);
    case REF_SEG_JUMP: return SEGMENT_STUB_JUMP;
    case REF_SEG_INT: return SEGMENT_STUB_INT;
    case REF_SEG_LLDT: return SEGMENT_STUB_LLDT;
    default: return SEGMENT_STUB_LTR;
    }
}

static void prepare(const struct ref_op *op)
{
    static struct far_pointer target;
    int user = op->flags & REF_USER;
    target.offset = (uint32_t)op->address;
    target.selector = (uint16_t)op->extra;
    entry.cs = user ? SEL_USER_CODE32 : SEL_CODE32;
    entry.ss = user ? SEL_USER_DATA : SEL_DATA;
    entry.ip = (uint32_t)segment_stubs + (uint32_t)stub_of(op) * STUB_BYTES;
    entry.edi = op->address;
    entry.eax = op->extra & 0xffff;
    entry.ecx = (uint32_t)op->value;
    entry.edx = SEL_DATA;
    entry.esi = (uint32_t)&target;
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
    if (op->kind >= REF_SEGMENTS || (cr0_read() & CR0_PG))
        return 0;
    if (op->kind > REF_SEG_WRITE)
        return 1;
    return which < 6 && which != 1 && op->width <= 4 && !(accesses && which == 2 && !(op->flags & REF_USER));
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
}

void segment_reset(void)
{
    if (changed.ldtr)
        __asm__ volatile("lldt %w0" : : "r"(0) : "memory");
    if (changed.tr)
        tr_load();
    changed.ldtr = changed.tr = 0;
}
