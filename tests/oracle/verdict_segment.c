/* Segments: every descriptor into every register at every privilege, every edge of every limit, every gate and every
 * return: machine against oracle. */
#include "segment_judge.h"

#include "kms_test.h"

#define ONE UINT64_C(1)

#define FLAT       UINT64_C(0x00cf00000000ffff)
#define FLAT_CODE  (FLAT | UINT64_C(0x9a) << 40)
#define FLAT_STACK (FLAT | UINT64_C(0x92) << 40)

/* Type, S, DPL and P: all 256 of them. */
static uint64_t with_rights(uint64_t descriptor, unsigned rights)
{
    return (descriptor & ~(UINT64_C(0xff) << 40)) | (uint64_t)rights << 40;
}

static const bool legacy = false, ia32e = true;

static struct segment_judge judge_of(void **state)
{
    struct segment_judge judge = segment_judge_new(*(const bool *)*state, KMS_WRAP_ALLOWED);
    assert_non_null(judge.machine);
    return judge;
}

/* ---- loads ---- */

static void load_at_every_privilege(struct segment_judge *judge, struct so_load *load)
{
    for (unsigned who = 0; who < 32; who++) {
        load->selector = (uint16_t)(0x28 | (who & 4) | (who & 3));
        load->cpl = who >> 3;
        assert_true(segment_judge_load(judge, load));
    }
}

static void every_descriptor_into_every_register(void **state)
{
    struct segment_judge judge = judge_of(state);
    struct so_load load = {
        .ia32e = *(const bool *)*state, .gdt_limit = 0x37, .ldt_usable = true, .ldt_limit = 0x37};
    for (unsigned which = 0; which < SO_REGISTERS; which++) {
        load.which = (enum so_which)which;
        for (unsigned rights = 0; rights < 256; rights++) {
            for (unsigned flags = 0; flags < 16; flags++) {
                load.descriptor = with_rights(0x120012345678abcd | (uint64_t)flags << 52, rights);
                load.upper = flags & 1 ? 0x12345678 : flags & 2 ? ONE << 44 : 0;
                load_at_every_privilege(&judge, &load);
            }
        }
    }
    segment_judge_free(&judge);
}

static void null_selectors_into_every_register(void **state)
{
    struct segment_judge judge = judge_of(state);
    struct so_load load = {.ia32e = *(const bool *)*state, .gdt_limit = 0x37, .descriptor = FLAT_STACK};
    for (unsigned each = 0; each < SO_REGISTERS * 16; each++) {
        load.which = (enum so_which)(each >> 4);
        load.selector = each & 3;
        load.cpl = each >> 2 & 3;
        assert_true(segment_judge_load(&judge, &load));
    }
    segment_judge_free(&judge);
}

static uint64_t fitting(enum so_which which)
{
    static const uint64_t rights[] = {[SO_CS] = 0x9a, [SO_LDTR] = 0x82, [SO_TR] = 0x89};
    return with_rights(
        FLAT, (unsigned)(which < sizeof rights / sizeof rights[0] && rights[which] ? rights[which] : 0x92));
}

static void tables_end_where_their_limits_say(void **state)
{
    struct segment_judge judge = judge_of(state);
    struct so_load load = {.ia32e = *(const bool *)*state};
    for (unsigned which = 0; which < SO_REGISTERS; which++) {
        load.which = (enum so_which)which;
        load.descriptor = fitting(load.which);
        for (uint32_t limit = 0; limit < 0x50; limit++) {
            load.gdt_limit = load.ldt_limit = limit;
            for (unsigned selector = 4; selector < 0x48; selector += 4) {
                load.selector = (uint16_t)selector;
                load.ldt_usable = limit % 2;
                assert_true(segment_judge_load(&judge, &load));
            }
        }
    }
    segment_judge_free(&judge);
}

static void jumps_end_where_the_limit_says(void **state)
{
    static const uint32_t targets[] = {0, 1, 0xfffe, 0xffff, 0x10000, 0xffffff, 0xfffffffe, 0xffffffff};
    struct segment_judge judge = judge_of(state);
    struct so_load load = {
        .which = SO_CS, .selector = 0x28, .gdt_limit = 0x37, .ia32e = *(const bool *)*state};
    for (unsigned flags = 0; flags < 16; flags++) {
        for (unsigned i = 0; i < sizeof targets / sizeof targets[0]; i++) {
            load.descriptor = with_rights(0xffff | (uint64_t)flags << 52, 0x9a);
            load.target = targets[i];
            assert_true(segment_judge_load(&judge, &load));
        }
    }
    segment_judge_free(&judge);
}

/* ---- accesses ---- */

/* Around the limit, around 64 KiB and around 4 GiB. */
static void access_at_every_edge(struct segment_judge *judge, struct so_access *access)
{
    const uint32_t limit = kms_segment_decode(access->descriptor).limit;
    const uint32_t edges[] = {0, limit, 0xffff, 0xffffffff};
    for (unsigned edge = 0; edge < 4; edge++) {
        for (uint32_t step = 0; step < 20; step++) {
            access->offset = edges[edge] - 10 + step;
            for (access->size = 1; access->size <= 8; access->size *= 2)
                assert_true(segment_judge_access(judge, access));
        }
    }
}

static void access_of_every_type(struct segment_judge *judge, struct so_access *access, uint64_t descriptor)
{
    for (unsigned each = 0; each < 16 * 3; each++) {
        access->kind = (enum so_kind)(each / 16);
        access->descriptor = with_rights(descriptor, 0x90 | each % 16);
        access_at_every_edge(judge, access);
    }
}

static void every_edge_of_every_limit_and_type(enum kms_wrap_policy wrap)
{
    static const uint64_t limits[] = {
        0, 1, 0xffff, 0x0001000000000000, 0x000f00000000fffe, 0x000f00000000ffff};
    static const enum so_which registers[] = {SO_ES, SO_CS, SO_SS, SO_DS, SO_FS, SO_GS};
    struct segment_judge judge = segment_judge_new(false, wrap);
    assert_non_null(judge.machine);
    struct so_access access = {.usable = true, .may_wrap = wrap == KMS_WRAP_ALLOWED};
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        for (unsigned flags = 0; flags < 4; flags++) { /* B and G */
            access.which = registers[(i * 4 + flags) % 6];
            access_of_every_type(&judge, &access, limits[i] | (uint64_t)flags << 54);
            access_of_every_type(&judge, &access, limits[i] | (uint64_t)flags << 54 | 0xff0000fff0000000);
        }
    }
    segment_judge_free(&judge);
}

static void accesses_end_where_the_limit_says(void **state)
{
    (void)state;
    every_edge_of_every_limit_and_type(KMS_WRAP_ALLOWED);
}

static void accesses_end_at_4_gib_when_wrapping_faults(void **state)
{
    (void)state;
    every_edge_of_every_limit_and_type(KMS_WRAP_FAULTS);
}

static void unusable_segments_allow_nothing(void **state)
{
    (void)state;
    struct segment_judge judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    struct so_access access = {.descriptor = FLAT_STACK, .size = 1};
    for (unsigned which = SO_ES; which < SO_LDTR; which++) {
        access.which = (enum so_which)which;
        assert_true(segment_judge_access(&judge, &access));
    }
    segment_judge_free(&judge);
}

/* ---- interrupts ---- */

static struct so_interrupt good_interrupt(unsigned cpl, unsigned way)
{
    return (struct so_interrupt){
        .vector = way == 2 ? 13 : 0x21,
        .cpl = cpl,
        .software = way == 0,
        .pushes_error = way == 2,
        .idt_limit = 0x17f,
        .gate = UINT64_C(0x0001ee0000201234),
        .code_in_table = true,
        .stack_in_table = true,
        .code = FLAT_CODE,
        .stack = FLAT_STACK,
        .stack_selector = JUDGE_STACK_INDEX * 8,
        .esp = 0x8000,
        .stack_now = FLAT_STACK,
        .tss_selector = 0x38,
        .tss_limit = 0x67,
    };
}

static bool is_task_gate(unsigned rights)
{
    return (rights & 0x1f) == KMS_SYSTEM_TASK_GATE;
}

static void every_gate_at_every_privilege(void **state)
{
    (void)state;
    struct segment_judge judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    for (unsigned each = 0; each < 256 * 4 * 3; each++) {
        struct so_interrupt interrupt = good_interrupt(each >> 8 & 3, each >> 10);
        interrupt.gate = with_rights(interrupt.gate, each & 255);
        if (!is_task_gate(each & 255))
            assert_true(segment_judge_interrupt(&judge, &interrupt));
    }
    segment_judge_free(&judge);
}

static void every_code_segment_behind_a_gate(void **state)
{
    (void)state;
    struct segment_judge judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    for (unsigned each = 0; each < 256 * 4 * 3 * 2; each++) {
        struct so_interrupt interrupt = good_interrupt(each >> 8 & 3, each >> 10 & 1 ? 2 : 0);
        const unsigned level = each >> 5 & 3;
        interrupt.code = with_rights(FLAT, each & 255);
        interrupt.stack = with_rights(FLAT, 0x92 | level << 5);
        interrupt.stack_selector = (uint16_t)(JUDGE_STACK_INDEX * 8 | level);
        assert_true(segment_judge_interrupt(&judge, &interrupt));
    }
    segment_judge_free(&judge);
}

static void every_stack_segment_in_a_tss(void **state)
{
    (void)state;
    struct segment_judge judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    for (unsigned each = 0; each < 256 * 4 * 3 * 3; each++) {
        struct so_interrupt interrupt = good_interrupt(3, each >> 10 & 1 ? 2 : 1);
        const unsigned level = each / 3072 % 3;
        interrupt.code = with_rights(FLAT, 0x9a | level << 5);
        interrupt.stack = with_rights(FLAT, each & 255);
        interrupt.stack_selector = (uint16_t)(JUDGE_STACK_INDEX * 8 | (each >> 8 & 3));
        assert_true(segment_judge_interrupt(&judge, &interrupt));
    }
    segment_judge_free(&judge);
}

/* Selectors that are null or beyond the table, and tables that are too short. */
static void every_selector_and_table_of_a_delivery(void **state)
{
    (void)state;
    struct segment_judge judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    for (unsigned each = 0; each < 4 * 3; each++) {
        struct so_interrupt interrupt = good_interrupt(3, each % 3);
        interrupt.gate = (interrupt.gate & ~(UINT64_C(0xffff) << 16)) | (uint64_t)(each / 3) << 16;
        assert_true(segment_judge_interrupt(&judge, &interrupt));
        interrupt.gate |= UINT64_C(0x30) << 16;
        interrupt.code_in_table = false;
        assert_true(segment_judge_interrupt(&judge, &interrupt));
        interrupt = good_interrupt(3, each % 3);
        interrupt.stack_selector = (uint16_t)(each / 3);
        assert_true(segment_judge_interrupt(&judge, &interrupt));
        interrupt.stack_selector |= 0x30;
        interrupt.stack_in_table = false;
        assert_true(segment_judge_interrupt(&judge, &interrupt));
    }
    for (unsigned limit = 0; limit < 0x200; limit++) {
        struct so_interrupt interrupt = good_interrupt(3, limit % 3);
        interrupt.idt_limit = limit;
        assert_true(segment_judge_interrupt(&judge, &interrupt));
        interrupt = good_interrupt(3, limit % 3);
        interrupt.tss_limit = limit;
        assert_true(segment_judge_interrupt(&judge, &interrupt));
    }
    segment_judge_free(&judge);
}

/* Stacks of few bytes, expand-down stacks, 16-bit stacks, and handlers at the end of their segment. */
static void every_byte_of_room_for_a_delivery(void **state)
{
    (void)state;
    static const uint64_t kinds[] = {0x92, 0x96};
    struct segment_judge judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    for (unsigned each = 0; each < 2 * 2 * 2 * 3 * 64; each++) {
        const unsigned esp = each & 63, kind = each >> 6 & 1, wide = each >> 7 & 1, inner = each >> 8 & 1;
        struct so_interrupt interrupt = good_interrupt(inner ? 3 : 0, each / 512 % 3);
        const uint64_t stack =
            with_rights((uint64_t)(kind ? 20 : 40) | (uint64_t)wide << 54, (unsigned)kinds[kind]);
        interrupt.stack = interrupt.stack_now = stack;
        interrupt.esp = esp;
        assert_true(segment_judge_interrupt(&judge, &interrupt));
        interrupt = good_interrupt(inner ? 3 : 0, each / 512 % 3);
        interrupt.code = with_rights(0x0001000000001200 + esp, 0x9a);
        assert_true(segment_judge_interrupt(&judge, &interrupt));
    }
    segment_judge_free(&judge);
}

/* ---- IRET ---- */

static struct so_return good_return(unsigned cpl, unsigned level)
{
    return (struct so_return){
        .cpl = cpl,
        .cs = (uint16_t)(JUDGE_CODE_INDEX * 8 | level),
        .ss = (uint16_t)(JUDGE_STACK_INDEX * 8 | level),
        .code_in_table = true,
        .stack_in_table = true,
        .code = with_rights(FLAT, 0x9a | level << 5),
        .stack = with_rights(FLAT, 0x92 | level << 5),
    };
}

static void every_code_and_stack_segment_of_a_return(void **state)
{
    (void)state;
    struct segment_judge judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    for (unsigned each = 0; each < 256 * 4 * 4; each++) {
        const unsigned cpl = each >> 8 & 3, level = each >> 10;
        struct so_return frame = good_return(cpl, level);
        frame.code = with_rights(FLAT, each & 255);
        assert_true(segment_judge_return(&judge, &frame));
        for (unsigned rpl = 0; rpl < 4; rpl++) {
            frame = good_return(cpl, level);
            frame.stack = with_rights(FLAT, each & 255);
            frame.ss = (uint16_t)(JUDGE_STACK_INDEX * 8 | rpl);
            assert_true(segment_judge_return(&judge, &frame));
        }
    }
    segment_judge_free(&judge);
}

static void every_selector_and_target_of_a_return(void **state)
{
    (void)state;
    struct segment_judge judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    for (unsigned each = 0; each < 16; each++) {
        struct so_return frame = good_return(each & 3, each >> 2);
        frame.cs = (uint16_t)(each >> 2);
        assert_true(segment_judge_return(&judge, &frame));
        frame.cs |= 0x30;
        frame.code_in_table = false;
        assert_true(segment_judge_return(&judge, &frame));
        frame = good_return(each & 3, each >> 2);
        frame.ss = (uint16_t)(each >> 2);
        assert_true(segment_judge_return(&judge, &frame));
        frame.ss |= 0x30;
        frame.stack_in_table = false;
        assert_true(segment_judge_return(&judge, &frame));
        frame = good_return(each & 3, each >> 2);
        frame.code = (frame.code & ~UINT64_C(0x008f00000000ffff)) | 0x1000;
        for (frame.eip = 0xfff; frame.eip < 0x1003; frame.eip++)
            assert_true(segment_judge_return(&judge, &frame));
    }
    segment_judge_free(&judge);
}

/* ---- at random ---- */

static void random_questions(void **state)
{
    (void)state;
    struct segment_judge judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    struct choices choices = {.seed = 20261121};
    for (unsigned i = 0; i < 200000; i++)
        assert_true(choose_segment_question(&choices, &judge));
    segment_judge_free(&judge);
}

#define IN_MODE(sentence, function, mode)                                                                    \
    {                                                                                                        \
        sentence, function, NULL, NULL, (void *)(uintptr_t) & (mode)                                         \
    }

static const struct CMUnitTest tests[] = {
    IN_MODE("every descriptor goes into every register at every CPL and RPL as the oracle says",
            every_descriptor_into_every_register, legacy),
    IN_MODE("in 64-bit mode too every descriptor goes into every register as the oracle says",
            every_descriptor_into_every_register, ia32e),
    IN_MODE("null selectors go where the oracle says", null_selectors_into_every_register, legacy),
    IN_MODE("in 64-bit mode null selectors go where the oracle says", null_selectors_into_every_register,
            ia32e),
    IN_MODE("GDT and LDT end where their limits say", tables_end_where_their_limits_say, legacy),
    IN_MODE("in 64-bit mode GDT and LDT end where their limits say", tables_end_where_their_limits_say,
            ia32e),
    IN_MODE("far jumps end where the limit of the code segment says", jumps_end_where_the_limit_says, legacy),
    IN_MODE("in 64-bit mode far jumps ask no limit of 64-bit code", jumps_end_where_the_limit_says, ia32e),
    KMS_TEST("every access at the edge of every limit and type ends as the oracle says",
             accesses_end_where_the_limit_says),
    KMS_TEST("accesses end at 4 GiB where the policy says so", accesses_end_at_4_gib_when_wrapping_faults),
    KMS_TEST("unusable segments allow nothing", unusable_segments_allow_nothing),
    KMS_TEST("every gate at every CPL is judged as the oracle judges it", every_gate_at_every_privilege),
    KMS_TEST("every code segment behind a gate is judged as the oracle judges it",
             every_code_segment_behind_a_gate),
    KMS_TEST("every stack segment in a TSS is judged as the oracle judges it", every_stack_segment_in_a_tss),
    KMS_TEST("selectors and tables of a delivery are judged as the oracle judges them",
             every_selector_and_table_of_a_delivery),
    KMS_TEST("room on the stack and the end of the handler's segment are judged as the oracle judges them",
             every_byte_of_room_for_a_delivery),
    KMS_TEST("every code and stack segment of an IRET is judged as the oracle judges it",
             every_code_and_stack_segment_of_a_return),
    KMS_TEST("selectors and targets of an IRET are judged as the oracle judges them",
             every_selector_and_target_of_a_return),
    KMS_TEST("200,000 random loads, accesses, interrupts and returns end as the oracle says",
             random_questions),
};
KMS_TESTS(verdict_segment, tests)
