/*
 * hw.c - the hosted half of include/kernel/hw.h, as far as every architecture has it: memory, explicit accesses, console
 * and end. Registers are in hw_x86.c and hw_riscv.c.
 */
#include "guest.h"

/* ---- memory ---- */

/* RAM beside the first region, for plain guests. */
static void *ptr_beyond(struct kms_guest *guest, uint32_t linear)
{
    uint8_t *ptr = guest->window ? NULL : kms_ram_ptr(kms_machine_ram(guest->machine), linear, 1);
    if (!ptr)
        guest_stop_unbacked(guest, linear);
    return ptr;
}

void *hw_ptr(uint32_t linear)
{
    struct kms_guest *guest = guest_here(__func__);
    const uint32_t offset = linear - guest->origin;
    return offset <= guest->span ? guest->base + offset : ptr_beyond(guest, linear);
}

bool hw_ptr_translates(void)
{
    return guest_here(__func__)->mode == KMS_GUEST_WINDOW;
}

static bool linear_beyond(const struct kms_guest *guest, const uint8_t *ptr, uint32_t *linear)
{
    struct kms_ram *ram = kms_machine_ram(guest->machine);
    const kms_phys end = guest->window ? 0 : kms_ram_end(ram);
    struct kms_region region;
    for (kms_phys phys = 0; phys < end; phys = region.base + region.size) {
        region = kms_ram_region(ram, phys);
        const uint8_t *bytes =
            region.kind == KMS_REGION_RAM ? kms_ram_ptr(ram, region.base, region.size) : NULL;
        if (bytes && (uintptr_t)ptr - (uintptr_t)bytes <= region.size) {
            *linear = (uint32_t)(region.base + ((uintptr_t)ptr - (uintptr_t)bytes));
            return true;
        }
    }
    return false;
}

uint32_t hw_linear(const void *ptr)
{
    struct kms_guest *guest = guest_here(__func__);
    const uintptr_t offset = (uintptr_t)ptr - (uintptr_t)guest->base;
    uint32_t linear = (uint32_t)offset + guest->origin;
    if (offset > guest->span && !linear_beyond(guest, ptr, &linear))
        guest_panic(guest, "hw_linear(%p): not a pointer from hw_ptr()", ptr);
    return linear;
}

uint64_t hw_ram_size(void)
{
    const struct kms_guest *guest = guest_here(__func__);
    return kms_ram_end(kms_machine_ram(guest->machine)) - guest->module->ops->ram_base;
}

bool hw_memory_range(uint32_t index, struct hw_memory_range *range)
{
    const struct kms_ram *ram = kms_machine_ram(guest_here(__func__)->machine);
    kms_phys next = 0;
    while (next < kms_ram_end(ram)) {
        const struct kms_region region = kms_ram_region(ram, next);
        next = region.base + region.size;
        if (region.kind != KMS_REGION_NONE && index-- == 0) {
            *range = (struct hw_memory_range){region.base, region.size, region.kind == KMS_REGION_RAM};
            return true;
        }
    }
    return false;
}

/* ---- accesses ---- */

/* One explicit access, run again as long as the kernel's handler repairs what is wrong. */
static bool access_bytes(const struct kms_access *access, uint8_t *bytes, unsigned width)
{
    struct kms_guest *guest = guest_here(__func__);
    if (width != 1 && width != 2 && width != 4 && (width != 8 || guest->module->ops->arch != GUEST_RV64))
        guest_panic(guest, "no access has %u bytes", width);
    for (unsigned attempt = 0;; attempt++) {
        struct kms_fault fault;
        const struct guest_transfer transfer = {access, bytes, width};
        enum kms_result result = guest_is_x86(guest) ? guest_x86_transfer(guest, &transfer, &fault)
                                                     : guest_riscv_transfer(guest, &transfer, &fault);
        if (result == KMS_UNBACKED)
            guest_stop_unbacked(guest, access->linear);
        if (result == KMS_DONE || !guest_repair(guest, &fault, attempt))
            return result == KMS_DONE;
    }
}

/* What a machine of 32 bits takes of an address. */
static kms_linear reached(uint64_t linear)
{
    return guest_here(__func__)->module->ops->arch == GUEST_RV64 ? linear : (uint32_t)linear;
}

static bool load(uint64_t linear, unsigned width, enum kms_privilege privilege, uint64_t *value)
{
    uint8_t bytes[8] = {0};
    if (!access_bytes(&(struct kms_access){reached(linear), KMS_READ, privilege}, bytes, width))
        return false;
    *value = 0;
    for (unsigned i = 0; i < width; i++)
        *value |= (uint64_t)bytes[i] << 8 * i;
    return true;
}

static bool store(uint64_t linear, unsigned width, enum kms_privilege privilege, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    return access_bytes(&(struct kms_access){reached(linear), KMS_WRITE, privilege}, bytes, width);
}

bool hw_user_load(uint64_t linear, unsigned width, uint64_t *value)
{
    return load(linear, width, KMS_AS_USER, value);
}

bool hw_user_store(uint64_t linear, unsigned width, uint64_t value)
{
    return store(linear, width, KMS_AS_USER, value);
}

bool hw_kernel_load(uint64_t linear, unsigned width, uint64_t *value)
{
    return load(linear, width, KMS_AS_SUPERVISOR, value);
}

bool hw_kernel_store(uint64_t linear, unsigned width, uint64_t value)
{
    return store(linear, width, KMS_AS_SUPERVISOR, value);
}

bool hw_user_fetch(uint64_t linear)
{
    uint8_t instruction[2];
    const unsigned width = guest_is_x86(guest_here(__func__)) ? 1 : 2; /* RISC-V's are on even addresses */
    return access_bytes(
        &(struct kms_access){reached(linear) & ~(uint64_t)(width - 1), KMS_FETCH, KMS_AS_USER}, instruction,
        width);
}

/* ---- system calls, console, end ---- */

uint64_t hw_user_syscall(uint64_t command, uint64_t arg1, uint64_t arg2)
{
    struct kms_guest *guest = guest_here(__func__);
    return guest_is_x86(guest) ? guest_x86_syscall(guest, command, arg1, arg2)
                               : guest_riscv_syscall(guest, command, arg1, arg2);
}

void hw_putchar(char c)
{
    struct kms_guest *guest = guest_here(__func__);
    if (guest->console)
        guest->console(guest->console_context, c);
}

void hw_panic(const char *reason)
{
    guest_panic(guest_here(__func__), "%s", reason);
}
