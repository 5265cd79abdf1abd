/*
 * trap.c - exceptions and ring 3 on the metal: the half of hw.h that runs programs' accesses.
 */
#include "boot.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../boot_kernel.h"

#define EFLAGS_ALWAYS_ONE 0x002u
#define EFLAGS_TRAP       0x100u

static hw_page_fault_handler on_page_fault;
static hw_syscall_handler on_syscall;
static hw_interrupt_handler on_interrupt;

/* The interrupt under way that a program made, and the first exception that met it; NULL: none is. */
static uint8_t interrupt_made;
static struct hw_interrupt_trouble *trouble_told;

/* The address that hw_user_fetch() is trying, while it is. */
static uint32_t fetch_address;
static bool fetching;

/* The visit to ring 3 under way was ended by a fault. */
static bool visit_failed;

/* Where a fetched instruction may do what it likes: every register points into its middle. */
static uint8_t scratch[256];

void hw_set_page_fault_handler(hw_page_fault_handler handler)
{
    on_page_fault = handler;
}

void hw_set_syscall_handler(hw_syscall_handler handler)
{
    on_syscall = handler;
}

void hw_set_interrupt_handler(hw_interrupt_handler handler)
{
    on_interrupt = handler;
}

/* ---- exceptions ---- */

static bool from_user(const struct trap_frame *frame)
{
    return (frame->cs & 3u) != 0;
}

static bool in_kernel_access(const struct trap_frame *frame)
{
    return frame->eip >= (uint32_t)kernel_access_start && frame->eip < (uint32_t)kernel_access_end;
}

static void handle_page_fault(struct trap_frame *frame)
{
    const struct hw_page_fault fault = {hw_read_cr2(), frame->error};

    if (on_page_fault && on_page_fault(&fault))
        return;
    if (from_user(frame)) {
        visit_failed = true;
        leave_user(0);
    }
    if (!in_kernel_access(frame))
        hw_panic("page fault in the kernel");
    frame->eip = (uint32_t)kernel_access_failed;
}

/* The fetch itself failed only if the fault is about the very address; whatever else came, the byte was
 * fetched. */
static bool is_fetch_fault(const struct trap_frame *frame)
{
    return frame->vector == VECTOR_PAGE_FAULT && frame->eip == fetch_address &&
           hw_read_cr2() == fetch_address;
}

static void handle_syscall(struct trap_frame *frame)
{
    frame->eax = on_syscall ? on_syscall(frame->eax, frame->ebx, frame->ecx) : UINT32_MAX;
}

static bool is_trouble(const struct trap_frame *frame)
{
    return trouble_told && from_user(frame) && frame->vector < VECTOR_EXCEPTIONS &&
           frame->vector != interrupt_made;
}

static void handle_interrupt(const struct trap_frame *frame)
{
    if (!on_interrupt)
        hw_panic("an exception that nothing here causes");
    on_interrupt(frame->vector, frame->error);
    if (is_trouble(frame)) {
        visit_failed = true;
        leave_user(0);
    }
}

void trap_handle(struct trap_frame *frame)
{
    if (is_trouble(frame) && trouble_told->vector == 0)
        *trouble_told = (struct hw_interrupt_trouble){frame->vector, frame->error,
                                                      frame->vector == VECTOR_PAGE_FAULT ? hw_read_cr2() : 0};
    if (fetching && from_user(frame) && !is_fetch_fault(frame))
        leave_user(1);
    if (frame->vector == VECTOR_PAGE_FAULT)
        handle_page_fault(frame);
    else if (frame->vector == VECTOR_SYSCALL)
        handle_syscall(frame);
    else
        handle_interrupt(frame);
}

/* ---- accesses ---- */

void hw_set_user_cr3(uint32_t cr3)
{
    boot_user_cr3 = cr3;
    boot_kernel_cr3 = hw_read_cr3();
}

/* One visit to ring 3. False: a fault that nobody repaired ended it. */
static bool visit(struct user_visit *registers, uint32_t *answer)
{
    uint32_t eax;

    visit_failed = false;
    if (boot_kernel.lend_code)
        boot_kernel.lend_code((uint32_t)ring3_code);
    eax = enter_user(registers);
    if (boot_kernel.take_code_back)
        boot_kernel.take_code_back((uint32_t)ring3_code);
    if (answer && !visit_failed)
        *answer = eax;
    return !visit_failed;
}

static bool visit_code(void (*code)(void), uint32_t eax, uint32_t ebx, uint32_t *answer)
{
    struct user_visit registers = {
        .eax = eax,
        .ebx = ebx,
        .eip = (uint32_t)code,
        .eflags = EFLAGS_ALWAYS_ONE,
        .esp = boot_kernel.user_stack_top,
    };

    return visit(&registers, answer);
}

bool hw_user_load(uint64_t linear, unsigned width, uint64_t *value)
{
    uint32_t loaded = 0;

    if (!visit_code(width == 1   ? user_load1
                    : width == 2 ? user_load2
                                 : user_load4,
                    0, (uint32_t)linear, &loaded))
        return false;
    *value = loaded;
    return true;
}

bool hw_user_store(uint64_t linear, unsigned width, uint64_t value)
{
    return visit_code(width == 1   ? user_store1
                      : width == 2 ? user_store2
                                   : user_store4,
                      (uint32_t)value, (uint32_t)linear, NULL);
}

bool hw_kernel_load(uint64_t linear, unsigned width, uint64_t *value)
{
    uint32_t loaded = 0;

    if (!kernel_load((uint32_t)linear, width, &loaded))
        return false;
    *value = loaded;
    return true;
}

bool hw_kernel_store(uint64_t linear, unsigned width, uint64_t value)
{
    return kernel_store((uint32_t)linear, width, (uint32_t)value) != 0;
}

/*
 * A processor fetches in order to execute: one instruction runs, under the trap flag, with every register
 * pointing into the scratch bytes, and whatever it does ends in a trap. So fetch where programs are: bytes that
 * happen to name an absolute address may write there, if the directory in use lets users.
 */
bool hw_user_fetch(uint64_t linear)
{
    const uint32_t middle = (uint32_t)&scratch[sizeof scratch / 2];
    struct user_visit registers = {middle, middle,           middle,
                                   middle, middle,           middle,
                                   middle, (uint32_t)linear, EFLAGS_ALWAYS_ONE | EFLAGS_TRAP,
                                   middle};
    bool fetched;

    fetch_address = (uint32_t)linear;
    fetching = true;
    fetched = visit(&registers, NULL);
    fetching = false;
    return fetched;
}

uint64_t hw_user_syscall(uint64_t command, uint64_t arg1, uint64_t arg2)
{
    struct user_visit registers = {
        .eax = (uint32_t)command,
        .ebx = (uint32_t)arg1,
        .ecx = (uint32_t)arg2,
        .eip = (uint32_t)user_syscall,
        .eflags = EFLAGS_ALWAYS_ONE,
        .esp = boot_kernel.user_stack_top,
    };
    uint32_t answer = UINT32_MAX;

    (void)visit(&registers, &answer);
    return answer;
}

/* A triple fault is told by nobody: it resets the machine. */
enum hw_interrupt_end hw_user_interrupt(uint8_t vector, struct hw_interrupt_trouble *trouble)
{
    struct user_visit registers = {
        .eip = (uint32_t)&user_interrupts[vector * USER_INTERRUPT_SIZE],
        .eflags = EFLAGS_ALWAYS_ONE,
        .esp = boot_kernel.user_stack_top,
    };
    struct hw_interrupt_trouble unused = {0};
    bool returned;

    interrupt_made = vector;
    trouble_told = trouble ? trouble : &unused;
    *trouble_told = (struct hw_interrupt_trouble){0};
    returned = visit(&registers, NULL);
    trouble_told = NULL;
    return returned ? HW_INTERRUPT_RETURNED : HW_INTERRUPT_FAULTED;
}
