/*
 * access.c - hw.h's explicit accesses, system calls and traps on the metal: visits (boot.h), and the kernel's handlers.
 */
#include <kernel/hw_riscv.h>

#include "../../vimix/mmu.h"
#include "../boot_replay.h"
#include "boot.h"

#define ECALL_SIZE 4u

static hw_trap_handler on_trap;
static hw_ecall_handler on_ecall;

/* ---- the page of code that a program is lent ---- */

#define CODE       (PTE_V | PTE_R | PTE_X | PTE_U | PTE_A | PTE_D)
#define LAST_PLACE (KERNEL_STACK(MAX_PROCS - 1) - PAGE_SIZE)

/* Whether an access, of 8 bytes at most, meets the page at va. */
static bool meets(reg_t address, reg_t va)
{
    return page_round_down(address) == va || page_round_down(address + 7) == va;
}

/*
 * A page that the user's space leaves unmapped, in the table that maps its trampoline, so that one entry is enough: below
 * each kernel stack in the kernel's own space, and between trapframe and stack in a process's. Not one that the access
 * is about: it has to find there what it would find without.
 */
static pte_t *find_place(const struct visit *visit, reg_t *va)
{
    pagetable_t const pagetable = mmu_page_table(visit->user_satp);

    for (*va = KERNEL_STACK(0) - PAGE_SIZE; pagetable && *va >= LAST_PLACE; *va -= 2 * PAGE_SIZE) {
        pte_t *const entry = vm_walk(pagetable, *va, NULL, false);

        if (entry && *entry == 0 && !meets(visit->a0, *va))
            return entry;
    }
    hw_panic("there is no room for the code of a visit");
}

static pte_t *lend_code(struct visit *visit)
{
    const reg_t page = page_round_down(visit->pc);
    reg_t va;
    pte_t *const entry = find_place(visit, &va);

    *entry = physical_to_pte(page) | CODE;
    visit->pc = va + (visit->pc & PAGE_OFFSET);
    return entry;
}

/* ---- visits ---- */

/* Over the trampoline, which fences: nothing stays cached of what was lent. */
static void go_over_trampoline(struct visit *visit)
{
    void (*const go)(struct visit *) = (void (*)(struct visit *))(uintptr_t)AT_TRAMPOLINE(trampoline_visit);

    write_csr(stvec, AT_TRAMPOLINE(trampoline_return));
    go(visit);
    hw_set_trap_vector(read_csr(satp));
    visit->cause = read_csr(scause);
    visit->pc = read_csr(sepc);
    visit->trap_value = read_csr(stval);
}

static void go(struct visit *visit, bool user)
{
    struct request request = {.kind = REQUEST_VISIT, .visit = visit, .user = user};

    if (user && hw_hart() == 0) {
        go_over_trampoline(visit);
        return;
    }
    hw_go_to_level(user);
    monitor_ask(hw_hart(), &request);
}

/* Run code of visit.S at a level. Another hart keeps what it has cached, of the lent page too: it is at an address that
 * nothing else uses, and forgotten when the hart leaves the level. */
static struct visit run_code(struct visit visit, bool user)
{
    pte_t *lent = NULL;

    visit.user_satp = hw_level()->user_satp;
    if (user)
        lent = lend_code(&visit);
    go(&visit, user);
    if (lent)
        *lent = 0;
    return visit;
}

static bool repaired(const struct visit *visit, bool user)
{
    return on_trap && on_trap(&(struct hw_trap){visit->cause, visit->trap_value, user});
}

/* One access, again as long as the handler repairs what is wrong. */
static bool access(const struct visit *what, bool user, reg_t *value)
{
    for (;;) {
        const struct visit visit = run_code(*what, user);

        if (visit.cause == CAUSE_BREAKPOINT) {
            *value = visit.a1;
            return true;
        }
        if (!repaired(&visit, user))
            return false;
    }
}

/* ---- hw.h ---- */

static const char *const load_codes[] = {visit_load1, visit_load2, visit_load4, visit_load8};
static const char *const store_codes[] = {visit_store1, visit_store2, visit_store4, visit_store8};

static reg_t code_for(const char *const *codes, unsigned width)
{
    const unsigned log2 = width >= 8 ? 3 : width >= 4 ? 2 : width >= 2;

    return (reg_t)(uintptr_t)codes[log2];
}

static bool load(const struct visit *visit, bool user, uint64_t *value)
{
    reg_t loaded;

    if (!access(visit, user, &loaded))
        return false;
    *value = loaded;
    return true;
}

bool hw_user_load(uint64_t linear, unsigned width, uint64_t *value)
{
    return load(&(struct visit){.pc = code_for(load_codes, width), .a0 = (reg_t)linear}, true, value);
}

bool hw_kernel_load(uint64_t linear, unsigned width, uint64_t *value)
{
    return load(&(struct visit){.pc = code_for(load_codes, width), .a0 = (reg_t)linear}, false, value);
}

static bool store(const struct visit *visit, bool user)
{
    reg_t stored;

    return access(visit, user, &stored);
}

bool hw_user_store(uint64_t linear, unsigned width, uint64_t value)
{
    return store(&(struct visit){.pc = code_for(store_codes, width), .a0 = (reg_t)linear, .a1 = (reg_t)value},
                 true);
}

bool hw_kernel_store(uint64_t linear, unsigned width, uint64_t value)
{
    return store(&(struct visit){.pc = code_for(store_codes, width), .a0 = (reg_t)linear, .a1 = (reg_t)value},
                 false);
}

/* A hart fetches in order to execute. RAM behind the image may not be executed, says the PMP: a fetch there that the page
 * tables allow ends in an access fault, before anything has run. */
bool hw_user_fetch(uint64_t linear)
{
    const reg_t address = (reg_t)linear & ~(reg_t)1;

    for (;;) {
        struct visit visit = {.user_satp = hw_level()->user_satp, .pc = address};

        go(&visit, true);
        if (visit.pc != address)
            hw_panic("a program has run where it may not");
        if (visit.cause == CAUSE_FETCH_ACCESS_FAULT)
            return true;
        if (!repaired(&visit, true))
            return false;
    }
}

/* The program runs ECALL, the kernel answers in a0, and the program goes on behind it. */
uint64_t hw_user_syscall(uint64_t command, uint64_t arg1, uint64_t arg2)
{
    const reg_t code = (reg_t)(uintptr_t)visit_ecall;
    struct visit visit = run_code(
        (struct visit){.pc = code, .a0 = (reg_t)arg1, .a1 = (reg_t)arg2, .a7 = (reg_t)command}, true);

    if (visit.cause != CAUSE_ECALL_FROM_U)
        hw_panic("a system call ended in another trap");
    visit.a0 = on_ecall ? (reg_t)on_ecall(visit.a7, visit.a0, visit.a1) : (reg_t)-1;
    visit.pc = code + ECALL_SIZE;
    visit = run_code(visit, true);
    if (visit.cause != CAUSE_BREAKPOINT)
        hw_panic("a program did not go on behind its system call");
    return visit.a0;
}

/* ---- handlers ---- */

void hw_set_trap_handler(hw_trap_handler handler)
{
    on_trap = handler;
}

void hw_set_ecall_handler(hw_ecall_handler handler)
{
    on_ecall = handler;
}

/* Called by trampoline.S for every trap of the kernel's own. */
void trap_handle(void);
void trap_handle(void)
{
    const struct visit trap = {.cause = read_csr(scause), .trap_value = read_csr(stval)};

    if (!repaired(&trap, false))
        hw_panic("a fault in the kernel");
}
