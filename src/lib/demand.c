#include <kernel/x86.h>

#include "bytes.h"
#include "vm.h"

uint64_t vm_entry(const struct vm *vm, const struct area *area, uint32_t frame, bool writable)
{
    uint64_t entry = (uint64_t)frame | PTE_P | PTE_US;

    if (writable && (area->flags & AREA_WRITE))
        entry |= PTE_RW;
    if (vm->no_execute && !(area->flags & AREA_EXECUTE))
        entry |= ENTRY_NO_EXECUTE;
    return entry;
}

/* ---- may this access be? ---- */

static bool allows(const struct area *area, uint32_t error)
{
    if ((error & PFERR_WR) && !(area->flags & AREA_WRITE))
        return false;
    return !(error & PFERR_ID) || (area->flags & AREA_EXECUTE);
}

/* The lowest address by which a stack may grow now; sums in 64 bits, for the stride may reach below 0. */
static bool in_reach(const struct area *area, uint32_t linear)
{
    return (uint64_t)linear + VM_STACK_STRIDE * PAGE_SIZE >= area->lowest;
}

static enum vm_status judge(const struct area *area, const struct hw_page_fault *fault)
{
    if (!area)
        return VM_NOT_MAPPED;
    if (!allows(area, fault->error) || (fault->error & PFERR_RSVD))
        return VM_DENIED;
    if ((area->flags & AREA_STACK) && !in_reach(area, fault->address))
        return VM_NOT_MAPPED;
    return VM_OK;
}

/* ---- a page's first bytes ---- */

static enum vm_status read_image(struct vm *vm, const struct area *area, uint32_t offset, uint8_t *page)
{
    const uint32_t left = area->image_size - offset;
    const uint32_t bytes = left < PAGE_SIZE ? left : PAGE_SIZE;

    if (!vm->read_image || !vm->read_image(&(struct vm_image_part){area->image, offset, bytes, page}))
        return VM_IMAGE_FAILED;
    bytes_set(page + bytes, 0, PAGE_SIZE - bytes);
    vm->counts.image_fills++;
    return VM_OK;
}

static enum vm_status fill(struct vm *vm, const struct area *area, uint32_t linear, uint8_t *page)
{
    const uint32_t offset = linear - area->start;

    if (offset < area->image_size)
        return read_image(vm, area, offset, page);
    bytes_set(page, 0, PAGE_SIZE);
    vm->counts.zero_fills++;
    return VM_OK;
}

static void grow(struct vm *vm, struct area *area, uint32_t linear)
{
    if (!(area->flags & AREA_STACK) || linear >= area->lowest)
        return;
    vm->counts.grown += (area->lowest - linear) / PAGE_SIZE;
    area->lowest = linear;
}

static enum vm_status first_touch(struct vm *vm, struct space *space, struct area *area, uint32_t linear)
{
    uint32_t frame;
    enum vm_status status = swap_take_page(vm, &frame);

    if (status != VM_OK)
        return status;
    status = fill(vm, area, linear, hw_ptr(frame));
    if (status != VM_OK) {
        vm->source.give(vm->source.context, frame);
        return status;
    }
    frames_add(&vm->frames, frames_number(&vm->frames, frame), linear, FRAME_ORIGINAL);
    space_set_entry(vm, space, linear, vm_entry(vm, area, frame, true));
    grow(vm, area, linear);
    return VM_OK;
}

/* ---- the fault ---- */

static enum vm_status present(struct vm *vm, struct space *space, const struct area *area,
                              const struct hw_page_fault *fault)
{
    const uint32_t linear = fault->address & PAGE_FRAME;
    const uint64_t entry = entry_read(&space->tables, tables_entry(&space->tables, linear));

    if ((fault->error & PFERR_WR) && !(entry & PTE_RW))
        return cow_break(vm, space, area, linear);
    vm->counts.spurious++;
    return VM_OK;
}

static enum vm_status resolve(struct vm *vm, struct space *space, struct area *area,
                              const struct hw_page_fault *fault)
{
    const uint32_t linear = fault->address & PAGE_FRAME;
    const struct table_source source = swap_table_source(vm);
    const void *const entry = tables_make_entry(&space->tables, linear, &source);
    uint64_t value;

    if (!entry)
        return vm->table_status;
    value = entry_read(&space->tables, entry);
    if (value & PTE_P)
        return present(vm, space, area, fault);
    if (value & VM_ENTRY_SLOT)
        return swap_in(vm, space, area, linear);
    return first_touch(vm, space, area, linear);
}

enum vm_status vm_fault(struct vm *vm, struct space *space, const struct hw_page_fault *fault)
{
    struct area *const area = space_area(space, fault->address);
    enum vm_status status = judge(area, fault);

    if (status == VM_OK)
        status = resolve(vm, space, area, fault);
    vm->counts.faults++;
    vm->counts.refused += status != VM_OK;
    return status;
}
