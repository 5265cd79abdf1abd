#include "mini.h"

#include <kernel/hw.h>
#include <kernel/sanitize.h>
#include <stddef.h>

/* Names that every kernel has, and that the host's C library has too. */
void *memset(void *to, int value, size_t size);
void *kmalloc(uint32_t size);
void print(const char *text);

static const char greeting[] = MINI_NAME " is up\n";
static uint32_t next_free = MINI_DATA + PAGE_SIZE; /* in .data */
static uint32_t boots;                             /* in .bss */
const char *banner = greeting;                     /* in .data, with a relocation */

static struct guest_fault last_fault;
static bool fault_is_new;

void *memset(void *to, int value, size_t size)
{
    unsigned char *byte = to;
    for (size_t i = 0; i < size; i++)
        byte[i] = (unsigned char)value;
    return to;
}

void print(const char *text)
{
    while (*text)
        hw_putchar(*text++);
}

void *kmalloc(uint32_t size)
{
    if (size > MINI_RAM - next_free)
        return NULL;
    next_free += size;
    return hw_ptr(next_free - size);
}

static uint32_t *table(uint32_t linear)
{
    return hw_ptr(linear);
}

static bool on_page_fault(const struct hw_page_fault *fault)
{
    const uint32_t page = fault->address & PAGE_FRAME;
    if (page < MINI_DEMAND || page >= MINI_DEMAND_END || (fault->error & PFERR_P)) {
        last_fault = (struct guest_fault){fault->address, fault->error, -1};
        fault_is_new = true;
        return false;
    }
    const uint32_t index = (page - MINI_DEMAND) >> PAGE_SHIFT;
    table(MINI_DEMAND_TABLE)[index] = (MINI_DEMAND_FRAME + (index << PAGE_SHIFT)) | PTE_P | PTE_RW | PTE_US;
    return true;
}

static void map_first_4_mib(void)
{
    uint32_t *directory = memset(table(MINI_DIRECTORY), 0, PAGE_SIZE);
    uint32_t *first = memset(table(MINI_TABLE), 0, PAGE_SIZE);
    memset(table(MINI_DEMAND_TABLE), 0, PAGE_SIZE);
    for (uint32_t i = 1; i < TABLE_ENTRIES; i++)
        first[i] = i << PAGE_SHIFT | PTE_P | PTE_RW;
    directory[0] = MINI_TABLE | PTE_P | PTE_RW | PTE_US;
    directory[MINI_DEMAND >> PDE_SHIFT] = MINI_DEMAND_TABLE | PTE_P | PTE_RW | PTE_US;
}

static uint32_t on_syscall(uint32_t command, uint32_t arg1, uint32_t arg2)
{
    return command * 100 + arg1 * 10 + arg2;
}

static int boot(void)
{
    boots++;
    hw_set_page_fault_handler(on_page_fault);
    hw_set_syscall_handler(on_syscall);
    map_first_4_mib();
    hw_write_cr3(MINI_DIRECTORY);
    hw_write_cr0(CR0_PE | CR0_PG);
    print(banner);
    banner = "gone\n";
    return 0;
}

static guest_addr alloc(uint64_t size, uint32_t flags)
{
    (void)flags;
    if (size > MINI_RAM)
        hw_panic("mini was asked for more than there is");
    void *block = kmalloc((uint32_t)size);
    if (block)
        kernel_mark_open(block, (size_t)size);
    return block ? hw_linear(block) : 0;
}

/* The page of a block is closed to the sanitizers, and never used again. */
static int give_back(guest_addr address)
{
    kernel_mark_closed(hw_ptr((uint32_t)address & PAGE_FRAME), PAGE_SIZE);
    return 0;
}

static int take_fault(struct guest_fault *fault)
{
    const bool was_new = fault_is_new;
    fault_is_new = false;
    *fault = last_fault;
    return was_new;
}

static const char *check(void)
{
    return boots == 1 ? NULL : MINI_BOOTED_TWICE;
}

const struct guest_ops mini_guest = {
    .abi = GUEST_ABI,
    .name = MINI_NAME,
    .title = "a kernel for tests",
    .ram_size = MINI_RAM,
    .boot = boot,
    .alloc = alloc,
    .free = give_back,
    .take_fault = take_fault,
    .check = check,
};
