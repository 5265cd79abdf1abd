#include "vm_toy.h"

#include <kernel/guest.h>
#include <kernel/x86.h>

struct toy toy;

extern const struct guest_ops vm_toy_guest;

/* ---- frames ---- */

static bool is_failure_due(void)
{
    return toy.calls_until_failure && --toy.calls_until_failure == 0;
}

static uint32_t take(void *context)
{
    uint32_t frame = toy.free;

    (void)context;
    if (is_failure_due())
        return 0;
    if (frame)
        toy.free = *(uint32_t *)hw_ptr(frame);
    else if (toy.next < toy.last)
        frame = toy.next, toy.next += PAGE_SIZE;
    toy.out += frame != 0;
    return frame;
}

/* What was given back holds nothing that anybody could want. */
static void give(void *context, uint32_t frame)
{
    uint8_t *const bytes = hw_ptr(frame);

    (void)context;
    for (uint32_t i = 0; i < PAGE_SIZE; i++)
        bytes[i] = 0xdd;
    *(uint32_t *)hw_ptr(frame) = toy.free;
    toy.free = frame;
    toy.out--;
}

/* ---- starting ---- */

static uint32_t next_kernel_table;

static uint32_t take_kernel_table(void *context)
{
    (void)context;
    next_kernel_table += PAGE_SIZE;
    return next_kernel_table - PAGE_SIZE;
}

static void map_kernel(enum table_format format)
{
    const struct table_source source = {.take = take_kernel_table};
    uint32_t *const root = hw_ptr(TOY_TABLES);

    next_kernel_table = TOY_TABLES + PAGE_SIZE;
    for (uint32_t i = 0; i < PAGE_SIZE / 4; i++)
        root[i] = 0;
    toy.kernel = (struct tables){format, TOY_TABLES};
    for (uint32_t at = 0; at < TOY_RAM; at += PAGE_SIZE)
        entry_write(&toy.kernel, tables_make_entry(&toy.kernel, at, &source), at | PTE_P | PTE_RW);
}

static bool on_page_fault(const struct hw_page_fault *fault)
{
    toy.faults++;
    toy.status = toy.current ? vm_fault(&toy.vm, toy.current, fault) : VM_NOT_MAPPED;
    return toy.status == VM_OK;
}

static bool read_image(const struct vm_image_part *part)
{
    uint8_t *const bytes = part->to;

    toy.image_reads++;
    for (uint32_t i = 0; i < part->bytes; i++)
        bytes[i] = (uint8_t)((part->offset + i) / 16);
    return part->image != TOY_BROKEN_IMAGE;
}

void toy_start(enum table_format format, uint32_t frames)
{
    struct frame *const table = hw_ptr(TOY_BOOKS);

    toy = (struct toy){.next = TOY_POOL, .last = TOY_POOL + frames * PAGE_SIZE};
    map_kernel(format);
    vm_init(&toy.vm, &(struct vm_parts){.source = {take, give, NULL},
                                        .frames = table,
                                        .first_frame = TOY_POOL,
                                        .frame_count = frames,
                                        .slots = (struct slot *)(table + TOY_FRAMES),
                                        .slot_count = TOY_SLOTS,
                                        .read_image = read_image});
    hw_set_page_fault_handler(on_page_fault);
    hw_write_cr3(toy.kernel.root);
    if (format == TABLES_PAE)
        hw_write_cr4(hw_read_cr4() | CR4_PAE);
    hw_write_cr0(hw_read_cr0() | CR0_WP | CR0_PG);
}

/* ---- spaces ---- */

enum vm_status toy_create(unsigned number)
{
    const struct table_range user = {TOY_USER, TOY_END};

    return space_create(&toy.vm, &toy.spaces[number], &toy.kernel, &user);
}

void toy_leave(void)
{
    toy.current = NULL;
    hw_write_cr3(toy.kernel.root);
}

void toy_destroy(unsigned number)
{
    if (toy.current == &toy.spaces[number])
        toy_leave();
    space_destroy(&toy.vm, &toy.spaces[number]);
}

void toy_switch(unsigned number)
{
    toy.current = &toy.spaces[number];
    hw_write_cr3(toy.current->tables.root);
}

const char *toy_check(void)
{
    const char *const broken = vm_check(&toy.vm);

    if (!broken && toy.out != toy.vm.frames.used + toy.vm.tables_taken)
        return "frames handed out are not those of pages and tables";
    return broken;
}

static int boot(void)
{
    toy_start(TABLES_32, TOY_FRAMES);
    return 0;
}

const struct guest_ops vm_toy_guest = {
    .abi = GUEST_ABI,
    .name = "vm_toy",
    .title = "virtual memory by itself",
    .ram_size = TOY_RAM,
    .store_pages = TOY_SLOTS,
    .boot = boot,
    .check = toy_check,
};
