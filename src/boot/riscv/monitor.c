/*
 * monitor.c - M-mode: what the kernel asks for, done on whichever hart it is about.
 */
#include "boot.h"

#define PMP_RWX_TOR 0x0fu
#define PMP_RW_TOR  0x0bu

#define CLINT_MSIP(hart) ((volatile uint32_t *)(uintptr_t)(CLINT + 4 * (hart)))
#define CLINT_MTIME      ((const volatile uint32_t *)(uintptr_t)(CLINT + 0xbff8))
#define MIE_MSIE         0x8u
#define PATIENCE         20000000u /* ticks of the board's clock, 10 MHz: 2 s */

#define EXCEPTIONS_OF_S 0xb1ffu /* all that S-mode can cause but its ECALL */

/* A hart's request; `waiting` is set by who asks and cleared by who has answered. */
static struct mailbox {
    struct request *request;
    volatile uint32_t waiting;
} mailboxes[BOOT_HARTS];

volatile uint32_t monitor_harts;
static volatile uint32_t reported[BOOT_HARTS];

/* ---- requests ---- */

static void fence(const struct request *request)
{
    const reg_t address = request->address;
    const reg_t asid = request->asid;

    if (request->has_address && request->has_asid)
        __asm__ volatile("sfence.vma %0, %1" : : "r"(address), "r"(asid) : "memory");
    else if (request->has_address)
        __asm__ volatile("sfence.vma %0" : : "r"(address) : "memory");
    else if (request->has_asid)
        __asm__ volatile("sfence.vma x0, %0" : : "r"(asid) : "memory");
    else
        fence_all();
}

/* All traps of a visit are the monitor's: hart 0 delegates the kernel's otherwise. */
static void visit(const struct request *request)
{
    struct visit *const what = request->visit;
    const reg_t delegated = read_csr(medeleg);
    const reg_t vector = read_csr(mtvec);

    write_csr(medeleg, 0);
    monitor_visit(what, request->user ? 0 : MSTATUS_MPP_S);
    write_csr(mtvec, vector);
    write_csr(medeleg, delegated);
    what->cause = read_csr(mcause);
    what->pc = read_csr(mepc);
    what->trap_value = read_csr(mtval);
}

void monitor_run(const struct request *request)
{
    switch (request->kind) {
    case REQUEST_FENCE: fence(request); break;
    case REQUEST_SATP: write_csr(satp, request->satp); break;
    default: visit(request); break;
    }
}

/* ---- hart 0: called by entry.S for the kernel's ECALL ---- */

void monitor_answer(struct request *request);
void monitor_answer(struct request *request)
{
    const reg_t cause = read_csr(mcause);
    extern _Noreturn void monitor_lost(reg_t cause);

    if (cause != CAUSE_ECALL_FROM_S)
        monitor_lost(cause);
    monitor_run(request);
}

void monitor_ask(unsigned hart, struct request *request)
{
    if (hart == 0) {
        monitor_call(request);
        return;
    }
    mailboxes[hart].request = request;
    mailboxes[hart].waiting = 1;
    __asm__ volatile("fence" : : : "memory");
    *CLINT_MSIP(hart) = 1;
    while (mailboxes[hart].waiting)
        ;
    __asm__ volatile("fence" : : : "memory");
}

/* ---- the other harts ---- */

static _Noreturn void serve(unsigned hart)
{
    write_csr(mie, MIE_MSIE);
    for (;;) {
        while (!mailboxes[hart].waiting)
            __asm__ volatile("wfi");
        *CLINT_MSIP(hart) = 0;
        __asm__ volatile("fence" : : : "memory");
        monitor_run(mailboxes[hart].request);
        __asm__ volatile("fence" : : : "memory");
        mailboxes[hart].waiting = 0;
    }
}

/* ---- the beginning ---- */

/* RAM behind the kernel's image may not be executed, in S-mode and U-mode: a program's bytes are not run, only judged. */
static void open_memory(void)
{
    write_csr(pmpaddr0, KERNEL_END >> 2);
    write_csr(pmpaddr1, (reg_t)-1);
    write_csr(pmpcfg0, PMP_RW_TOR << 8 | PMP_RWX_TOR);
}

static void wait_for_harts(void)
{
    const uint32_t start = *CLINT_MTIME;

    monitor_harts = 1;
    while (monitor_harts < BOOT_HARTS && *CLINT_MTIME - start < PATIENCE)
        monitor_harts += reported[monitor_harts];
}

/* Called by entry.S on every hart; only hart 0 returns. The others wait until hart 0 has cleared static data: a word
 * among the initialised data says so. */
void monitor_start(unsigned hart);
void monitor_start(unsigned hart)
{
    static volatile uint32_t cleared __attribute__((section(".data"))) = 0;

    open_memory();
    if (hart == 0) {
        cleared = 1;
        wait_for_harts();
        write_csr(medeleg, EXCEPTIONS_OF_S);
        write_csr(mideleg, 0);
        return;
    }
    while (!cleared)
        ;
    reported[hart] = 1;
    serve(hart);
}
