/* QEMU's log, line by line: whole lines as QEMU 7.2 writes them, and lines that only resemble them. */
#include "kms_test.h"

#include "inspect/qemu_log.h"

#define PAGE_FAULT "     0: v=0e e=0002 i=0 cpl=0 IP=0008:00100010 pc=00100010 SP=0010:00200000 CR2=00400000"
#define DOUBLE                                                                                               \
    "     1: v=08 e=0000 i=0 cpl=0 IP=0008:00100010 pc=00100010 SP=0010:00200000 env->regs[R_EAX]=00000000"
#define SYSCALL "     2: v=80 e=0000 i=1 cpl=3 IP=001b:00400000 pc=00400000 SP=0023:003ff000 EAX=00000004"
#define TIMER   "     3: v=20 e=0000 i=0 cpl=0 IP=0008:00100020 pc=00100020 SP=0010:00200000 EAX=00000004"

static struct qemu_log read_lines(const char *const *lines)
{
    struct qemu_log log;
    qemu_log_init(&log);
    for (; *lines; lines++)
        qemu_log_line(&log, *lines);
    return log;
}
#define READ_LINES(...) read_lines((const char *const[]){__VA_ARGS__, NULL})

static void nothing_is_nothing(void **state)
{
    (void)state;
    const struct qemu_log log = READ_LINES("", "hello", "v=zz e=1 cpl=0", "v=0e", "v=0e e=0002", "CR0=");
    assert_false(qemu_log_understood(&log));
    assert_int_equal(log.lines, 6);
}

static void a_key_inside_a_word_is_none(void **state)
{
    (void)state;
    const struct qemu_log log = READ_LINES("XCR0=80000011 CR2=1", "REIP=5");
    assert_false(log.pasted.known);
    assert_false(log.pasted.ip_known);
}

static void a_block_is_read_key_by_key(void **state)
{
    (void)state;
    const struct qemu_log log =
        READ_LINES("EAX=00000001 EBX=00000002 ECX=00000003 EDX=00000004", "ESI=5 EDI=6 EBP=7 ESP=00200000",
                   "EIP=00100010 EFL=00000046 [---Z-P-] CPL=3 II=0", "TR =0028 00001000 00000067 00008b00",
                   "GDT=     00500000 00000017",
                   "IDT=", "CR0=80000011 CR2=00400000 CR3=00101000 CR4=00000010", "EFER=800");
    const struct qemu_log_registers *registers = &log.pasted;
    assert_true(qemu_log_understood(&log));
    assert_int_equal(registers->general_count, 6);
    assert_int_equal(registers->general[5], 6);
    assert_int_equal(registers->sp, 0x200000);
    assert_int_equal(registers->cpl, 3);
    assert_int_equal(registers->tss.base, 0x1000);
    assert_int_equal(registers->tss.limit, 0x67);
    assert_int_equal(registers->gdt.base, 0x500000);
    assert_int_equal(registers->gdt.limit, 0x17);
    assert_false(registers->idt.known); /* the key stands there, no number behind it */
    assert_int_equal(registers->cr3, 0x101000);
    assert_int_equal(registers->efer, 0x800);
}

static void an_instruction_pointer_may_come_without_a_privilege(void **state)
{
    (void)state;
    const struct qemu_log log = READ_LINES("RIP=ffffffff81000000 RFL=00000046", "RSP=ffffc90000000000");
    assert_true(log.pasted.ip_known);
    assert_true(log.pasted.ip == UINT64_C(0xffffffff81000000));
    assert_true(log.pasted.sp == UINT64_C(0xffffc90000000000));
    assert_int_equal(log.pasted.cpl, 0);
}

static void more_registers_than_there_are_do_no_harm(void **state)
{
    (void)state;
    const struct qemu_log log = READ_LINES("EBX=1 ECX=1 EDX=1 ESI=1 EDI=1", "EBX=1 ECX=1 EDX=1 ESI=1 EDI=1",
                                           "EBX=1 ECX=1 EDX=1 ESI=1 EDI=1", "EBX=1 ECX=1 EDX=1 ESI=1 EDI=1");
    assert_int_equal(log.pasted.general_count, QEMU_LOG_GENERAL);
}

/* ---- chains ---- */

static void a_page_fault_becomes_a_triple_fault(void **state)
{
    (void)state;
    const struct qemu_log log = READ_LINES(
        "check_exception old: 0xffffffff new 0xe", PAGE_FAULT, "CR0=80000011",
        "check_exception old: 0xe new 0xe", DOUBLE, "check_exception old: 0x8 new 0xe", "Triple fault",
        "CPU Reset (CPU 0)", "CR0=80000011 CR2=00400000 CR3=00101000 CR4=0", "CR0=60000010", "Triple fault");
    assert_true(log.triple);
    assert_int_equal(log.triples, 2);
    assert_int_equal(log.first.vector, 14);
    assert_int_equal(log.first.cr2, 0x400000);
    assert_int_equal(log.became_double, 14);
    assert_int_equal(log.second.vector, 8);
    assert_int_equal(log.became_triple, 14);
    assert_int_equal(log.reset.cr3, 0x101000); /* the block of the first reset, not a later one */
}

static void the_same_fault_again_is_counted(void **state)
{
    (void)state;
    struct qemu_log log = READ_LINES(PAGE_FAULT, PAGE_FAULT, PAGE_FAULT);
    assert_int_equal(log.repeats, 2);
    assert_int_equal(log.exceptions, 3);
    static const char *const others[] = {
        "v=0d e=0002 i=0 cpl=0 pc=00100010 CR2=00400000", "v=0e e=0003 i=0 cpl=0 pc=00100010 CR2=00400000",
        "v=0e e=0002 i=0 cpl=0 pc=00100014 CR2=00400000", "v=0e e=0002 i=0 cpl=0 pc=00100010 CR2=00500000"};
    for (unsigned i = 0; i < 4; i++) { /* another vector, code, place or address is another fault */
        log = READ_LINES(PAGE_FAULT, others[i]);
        assert_int_equal(log.repeats, 0);
    }
}

static void an_interrupt_is_no_exception(void **state)
{
    (void)state;
    struct qemu_log log = READ_LINES(SYSCALL);
    assert_int_equal(log.exceptions, 0);
    assert_true(log.trigger.software);
    log = READ_LINES(TIMER);
    assert_int_equal(log.exceptions, 0);
    assert_int_equal(log.trigger.vector, 0x20);
}

static void a_double_fault_that_nothing_led_to_begins_a_chain(void **state)
{
    (void)state;
    struct qemu_log log = READ_LINES("check_exception old: 0xffffffff new 0x8", DOUBLE);
    assert_int_equal(log.first.vector, 8);
    assert_false(log.second.known);
    log = READ_LINES("check_exception old: 0x8", "check_exception new 0x8",
                     "check_exception old: 0xe new 0x0", DOUBLE);
    assert_int_equal(log.became_triple, 0);
    assert_int_equal(log.second.vector, 8);
}

static void after_the_end_only_the_reset_counts(void **state)
{
    (void)state;
    const struct qemu_log log = READ_LINES("Triple fault", "CR0=1", "CPU Reset (CPU 0)", "CR0=11",
                                           "CPU Reset (CPU 0)", "CR0=60000010");
    assert_int_equal(log.reset.cr0, 0x11);
    assert_false(log.pasted.known);
}

static void a_reset_before_the_end_is_a_block_of_its_own(void **state)
{
    (void)state;
    const struct qemu_log log = READ_LINES("CPU Reset (CPU 0)", "CR0=60000010", PAGE_FAULT, "CR0=80000011");
    assert_int_equal(log.pasted.cr0, 0x60000010);
    assert_int_equal(log.first.registers.cr0, 0x80000011);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("lines that are no log are none", nothing_is_nothing),
    KMS_TEST("a key inside a longer word is no key", a_key_inside_a_word_is_none),
    KMS_TEST("a register block is read key by key", a_block_is_read_key_by_key),
    KMS_TEST("an instruction pointer may come without a privilege",
             an_instruction_pointer_may_come_without_a_privilege),
    KMS_TEST("more registers than there are do no harm", more_registers_than_there_are_do_no_harm),
    KMS_TEST("a page fault that becomes a triple fault is kept step by step",
             a_page_fault_becomes_a_triple_fault),
    KMS_TEST("the same fault again is counted, another one is not", the_same_fault_again_is_counted),
    KMS_TEST("an interrupt is no exception", an_interrupt_is_no_exception),
    KMS_TEST("a double fault that nothing led to begins a chain",
             a_double_fault_that_nothing_led_to_begins_a_chain),
    KMS_TEST("after the end only the block at the reset counts", after_the_end_only_the_reset_counts),
    KMS_TEST("a reset before the end has a block of its own", a_reset_before_the_end_is_a_block_of_its_own),
};
KMS_TESTS(qemu_log, tests)
