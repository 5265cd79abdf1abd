/*
 * hw.c - hw.h and hw_riscv.h on the metal: S-mode on hart 0, with the monitor below it.
 */
#include <kernel/hw_riscv.h>

#include "../boot_replay.h"
#include "boot.h"

#define UART_DATA   ((volatile uint8_t *)(uintptr_t)UART0)
#define UART_STATUS ((const volatile uint8_t *)(uintptr_t)(UART0 + 5))
#define UART_READY  0x20u

/* The board's test device: a way to end the emulator. */
#define TEST_END  ((volatile uint32_t *)(uintptr_t)TEST_DEVICE)
#define TEST_FAIL 0x3333u /* with an exit status in the upper half */

/* Each hart's two levels, and at which it was left; hart 0 is always left at the kernel's. */
static struct level {
    reg_t kernel_satp, user_satp;
    bool at_user;
} levels[BOOT_HARTS];
static unsigned acting;

static hw_trap_handler on_trap;
static hw_ecall_handler on_ecall;

/* ---- memory ---- */

void *hw_ptr(uint32_t linear)
{
    return (void *)(uintptr_t)linear;
}

bool hw_ptr_translates(void)
{
    return true;
}

uint32_t hw_linear(const void *ptr)
{
    return (uint32_t)(uintptr_t)ptr;
}

uint64_t hw_ram_base(void)
{
    return KERNBASE;
}

uint64_t hw_ram_size(void)
{
    return RAM_DEFAULT;
}

bool hw_memory_range(uint32_t index, struct hw_memory_range *range)
{
    *range = (struct hw_memory_range){KERNBASE, RAM_DEFAULT, true};
    return index == 0;
}

/* ---- harts, satp, fences ---- */

unsigned hw_harts(void)
{
    return monitor_harts;
}

unsigned hw_hart(void)
{
    return acting;
}

void hw_use_hart(unsigned hart)
{
    if (hart >= monitor_harts)
        hw_panic("there is no such hart");
    acting = hart;
}

static void go_to_kernel(void)
{
    struct request request = {.kind = REQUEST_SATP, .satp = levels[acting].kernel_satp};
    struct request forget = {.kind = REQUEST_FENCE};

    if (!levels[acting].at_user)
        return;
    levels[acting].at_user = false;
    monitor_ask(acting, &request);
    monitor_ask(acting, &forget);
}

uint64_t hw_read_satp(void)
{
    return levels[acting].kernel_satp;
}

/* From paging on, traps enter through the trampoline's own address. */
static void set_trap_vector(reg_t satp)
{
    const reg_t entry = (reg_t)(uintptr_t)trap_entry;

    write_csr(stvec, satp & SATP_MODE ? TRAMPOLINE + (entry & PAGE_OFFSET) : entry);
}

void hw_write_satp(uint64_t satp)
{
    struct request request = {.kind = REQUEST_SATP, .satp = (reg_t)satp};

    go_to_kernel();
    levels[acting].kernel_satp = (reg_t)satp;
    monitor_ask(acting, &request);
    if (acting == 0)
        set_trap_vector((reg_t)satp);
}

void hw_set_user_satp(uint64_t satp)
{
    go_to_kernel();
    levels[acting].user_satp = (reg_t)satp;
}

static struct request fence_of(const uint64_t *address, const uint16_t *asid)
{
    return (struct request){.kind = REQUEST_FENCE,
                            .has_address = address != NULL,
                            .address = address ? (reg_t)*address : 0,
                            .has_asid = asid != NULL,
                            .asid = asid ? *asid : 0};
}

void hw_sfence_vma(const uint64_t *address, const uint16_t *asid)
{
    struct request request = fence_of(address, asid);

    monitor_ask(acting, &request);
}

void hw_remote_sfence_vma(const uint64_t *address, const uint16_t *asid)
{
    struct request request = fence_of(address, asid);

    for (unsigned hart = 0; hart < monitor_harts; hart++) {
        if (hart != acting)
            monitor_ask(hart, &request);
    }
}

/* ---- accesses ---- */

static void go_to_level(struct request *request)
{
    struct level *const level = &levels[acting];

    request->satp = request->user ? level->user_satp : level->kernel_satp;
    request->stay = acting != 0;
    if (request->stay)
        level->at_user = request->user;
}

/* One access, again as long as the handler repairs what is wrong. */
static bool run_access(struct request *request)
{
    for (;;) {
        go_to_level(request);
        monitor_ask(acting, request);
        if (request->done)
            return true;
        if (!on_trap || !on_trap(&(struct hw_trap){request->cause, request->trap_value, request->user}))
            return false;
    }
}

static bool load(struct request request, uint64_t *value)
{
    if (!run_access(&request))
        return false;
    *value = request.value;
    return true;
}

bool hw_user_load(uint64_t linear, unsigned width, uint64_t *value)
{
    return load(
        (struct request){.kind = REQUEST_LOAD, .user = true, .address = (reg_t)linear, .width = width},
        value);
}

bool hw_kernel_load(uint64_t linear, unsigned width, uint64_t *value)
{
    return load((struct request){.kind = REQUEST_LOAD, .address = (reg_t)linear, .width = width}, value);
}

bool hw_user_store(uint64_t linear, unsigned width, uint64_t value)
{
    struct request request = {
        .kind = REQUEST_STORE, .user = true, .address = (reg_t)linear, .width = width, .value = value};

    return run_access(&request);
}

bool hw_kernel_store(uint64_t linear, unsigned width, uint64_t value)
{
    struct request request = {
        .kind = REQUEST_STORE, .address = (reg_t)linear, .width = width, .value = value};

    return run_access(&request);
}

bool hw_user_fetch(uint64_t linear)
{
    struct request request = {.kind = REQUEST_FETCH, .user = true, .address = (reg_t)linear & ~(reg_t)1};

    return run_access(&request);
}

/* ---- traps of the kernel itself ---- */

void hw_set_trap_handler(hw_trap_handler handler)
{
    on_trap = handler;
}

void hw_set_ecall_handler(hw_ecall_handler handler)
{
    on_ecall = handler;
}

uint64_t hw_user_syscall(uint64_t command, uint64_t arg1, uint64_t arg2)
{
    if (!on_ecall)
        return (reg_t)-1;
    return (reg_t)on_ecall((reg_t)command, (reg_t)arg1, (reg_t)arg2);
}

/* Called by entry.S for every trap from S-mode. */
void trap_handle(void);
void trap_handle(void)
{
    const struct hw_trap trap = {read_csr(scause), read_csr(stval), false};

    if (!on_trap || !on_trap(&trap))
        hw_panic("a fault in the kernel");
}

/* ---- console and end ---- */

void hw_putchar(char c)
{
    while (!(*UART_STATUS & UART_READY))
        ;
    *UART_DATA = (uint8_t)c;
}

void boot_exit(uint8_t value)
{
    *TEST_END = (uint32_t)value << 16 | TEST_FAIL;
    for (;;)
        __asm__ volatile("wfi");
}

void hw_panic(const char *reason)
{
    boot_say("panic: ");
    boot_say_line(reason);
    boot_exit(BOOT_EXIT_PANIC);
}

/* The monitor met a trap that is no request of the kernel's. */
_Noreturn void monitor_lost(reg_t cause);
void monitor_lost(reg_t cause)
{
    (void)cause;
    hw_panic("a trap that nothing here causes");
}
