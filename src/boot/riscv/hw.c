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

static struct level levels[BOOT_HARTS];
static unsigned acting;

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

const struct level *hw_level(void)
{
    return &levels[acting];
}

void hw_go_to_level(bool user)
{
    struct level *const level = &levels[acting];
    struct request load = {.kind = REQUEST_SATP, .satp = user ? level->user_satp : level->kernel_satp};
    struct request forget = {.kind = REQUEST_FENCE};

    if (acting == 0 || level->at_user == user)
        return;
    level->at_user = user;
    monitor_ask(acting, &load);
    monitor_ask(acting, &forget);
}

uint64_t hw_read_satp(void)
{
    return levels[acting].kernel_satp;
}

void hw_set_trap_vector(reg_t satp)
{
    write_csr(stvec, satp & SATP_MODE ? AT_TRAMPOLINE(trap_entry) : (reg_t)(uintptr_t)trap_entry);
}

void hw_write_satp(uint64_t satp)
{
    struct request request = {.kind = REQUEST_SATP, .satp = (reg_t)satp};

    hw_go_to_level(false);
    levels[acting].kernel_satp = (reg_t)satp;
    monitor_ask(acting, &request);
    if (acting == 0)
        hw_set_trap_vector((reg_t)satp);
}

void hw_set_user_satp(uint64_t satp)
{
    hw_go_to_level(false);
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
