#include "program.h"

#include "kernel/hw.h"

#include "../lib/bytes.h"
#include "pages.h"
#include "process.h"
#include "vm_books.h"

/* A program that no process holds is none. */
struct program {
    uint32_t address; /* of its block */
    uint32_t size;
    uint32_t holders;
};

static struct program programs[VLSOS_PROCESSES];

void program_init(void)
{
    for (uint32_t i = 0; i < VLSOS_PROCESSES; i++)
        programs[i].holders = 0;
}

/* There are as many as processes, and each process holds one. */
static uint32_t free_number(void)
{
    uint32_t number = 0;

    while (number < VLSOS_PROCESSES - 1 && programs[number].holders)
        number++;
    return number;
}

int program_keep(const void *bytes, uint32_t size, uint32_t *number)
{
    const uint32_t address = books_take_pages(buddy_order_for(size));

    if (address == PAGES_NONE)
        return VLSOS_ENOMEM;
    bytes_copy(hw_ptr(address), bytes, size);
    *number = free_number();
    programs[*number] = (struct program){address, size, 1};
    return VLSOS_OK;
}

void program_hold(uint32_t number)
{
    programs[number].holders++;
}

void program_release(uint32_t number)
{
    if (--programs[number].holders == 0)
        (void)pages_free(programs[number].address, buddy_order_for(programs[number].size));
}

bool program_is_kept(uint32_t number)
{
    return number < VLSOS_PROCESSES && programs[number].holders > 0;
}

bool program_read(const struct vm_image_part *part)
{
    const struct program *const program = &programs[part->image % VLSOS_PROCESSES];

    if (part->offset > program->size || part->bytes > program->size - part->offset)
        return false;
    bytes_copy(part->to, (const uint8_t *)hw_ptr(program->address) + part->offset, part->bytes);
    return true;
}

uint32_t program_pages(void)
{
    uint32_t pages = 0;

    for (uint32_t i = 0; i < VLSOS_PROCESSES; i++)
        if (programs[i].holders)
            pages += 1u << buddy_order_for(programs[i].size);
    return pages;
}
