/*
 * hw_x86.c - the hosted half of include/kernel/hw.h, for kernels of 32-bit x86.
 */
#include "guest.h"

#include <inttypes.h>

/* ---- memory ---- */

/* RAM beside the region at 0, for plain guests. */
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
    return linear <= guest->span ? guest->base + linear : ptr_beyond(guest, linear);
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
    uint32_t linear = (uint32_t)offset;
    if (offset > guest->span && !linear_beyond(guest, ptr, &linear))
        guest_panic(guest, "hw_linear(%p): not a pointer from hw_ptr()", ptr);
    return linear;
}

uint64_t hw_ram_size(void)
{
    return kms_ram_end(kms_machine_ram(guest_here(__func__)->machine));
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

/* ---- registers ---- */

static void write_register(struct kms_guest *guest, enum kms_x86_reg reg, uint32_t value)
{
    static const char *const names[] = {
        [KMS_X86_CR0] = "CR0", [KMS_X86_CR2] = "CR2", [KMS_X86_CR3] = "CR3", [KMS_X86_CR4] = "CR4"};
    if (kms_x86_write(guest->cpu, reg, value, NULL) != KMS_DONE)
        guest_panic(guest, "the CPU refuses 0x%08" PRIx32 " in %s", value, names[reg]);
}

uint32_t hw_read_cr0(void)
{
    return (uint32_t)kms_x86_read(guest_here(__func__)->cpu, KMS_X86_CR0);
}

uint32_t hw_read_cr2(void)
{
    return (uint32_t)kms_x86_read(guest_here(__func__)->cpu, KMS_X86_CR2);
}

uint32_t hw_read_cr3(void)
{
    return (uint32_t)kms_x86_read(guest_here(__func__)->cpu, KMS_X86_CR3);
}

uint32_t hw_read_cr4(void)
{
    return (uint32_t)kms_x86_read(guest_here(__func__)->cpu, KMS_X86_CR4);
}

void hw_write_cr0(uint32_t value)
{
    write_register(guest_here(__func__), KMS_X86_CR0, value);
}

void hw_write_cr3(uint32_t value)
{
    write_register(guest_here(__func__), KMS_X86_CR3, value);
}

void hw_write_cr4(uint32_t value)
{
    write_register(guest_here(__func__), KMS_X86_CR4, value);
}

bool hw_enable_nx(void)
{
    struct kms_cpu *cpu = guest_here(__func__)->cpu;
    return kms_x86_write(cpu, KMS_X86_EFER, kms_x86_read(cpu, KMS_X86_EFER) | KMS_EFER_NXE, NULL) == KMS_DONE;
}

void hw_invlpg(uint32_t linear)
{
    kms_x86_invlpg(guest_here(__func__)->cpu, linear);
}

/* ---- accesses ---- */

void hw_set_user_cr3(uint32_t cr3)
{
    guest_here(__func__)->user_cr3 = cr3;
}

static enum kms_result transfer_once(struct kms_guest *guest, const struct kms_logical *logical,
                                     uint8_t *bytes, struct kms_fault *fault)
{
    if (logical->kind == KMS_WRITE)
        return kms_segment_write(guest->cpu, logical, bytes, fault);
    return kms_segment_read(guest->cpu, logical, bytes, fault);
}

/* In the user's own address space, if the kernel has one of its own. */
static enum kms_result transfer_in_space(struct kms_guest *guest, const struct kms_logical *logical,
                                         uint8_t *bytes, struct kms_fault *fault)
{
    if (logical->privilege != KMS_AS_USER || !guest->user_cr3)
        return transfer_once(guest, logical, bytes, fault);
    const uint32_t kernel_cr3 = (uint32_t)kms_x86_read(guest->cpu, KMS_X86_CR3);
    write_register(guest, KMS_X86_CR3, guest->user_cr3);
    enum kms_result result = transfer_once(guest, logical, bytes, fault);
    write_register(guest, KMS_X86_CR3, kernel_cr3);
    return result;
}

/* One explicit access, run again as long as the kernel's handler repairs what is wrong. */
static bool access_bytes(const struct kms_logical *logical, uint8_t *bytes)
{
    struct kms_guest *guest = guest_here(__func__);
    if (logical->size != 1 && logical->size != 2 && logical->size != 4)
        guest_panic(guest, "no access has %u bytes", (unsigned)logical->size);
    for (unsigned attempt = 0;; attempt++) {
        struct kms_fault fault;
        enum kms_result result = transfer_in_space(guest, logical, bytes, &fault);
        if (result == KMS_UNBACKED)
            guest_stop_unbacked(guest, logical->offset);
        if (result == KMS_DONE || !guest_repair(guest, &fault, attempt))
            return result == KMS_DONE;
    }
}

static bool load(uint64_t linear, unsigned width, enum kms_privilege privilege, uint64_t *value)
{
    uint8_t bytes[4] = {0};
    if (!access_bytes(&(struct kms_logical){KMS_DS, (uint32_t)linear, width, KMS_READ, privilege}, bytes))
        return false;
    *value = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return true;
}

static bool store(uint64_t linear, unsigned width, enum kms_privilege privilege, uint64_t value)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                        (uint8_t)(value >> 24)};
    return access_bytes(&(struct kms_logical){KMS_DS, (uint32_t)linear, width, KMS_WRITE, privilege}, bytes);
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
    uint8_t byte;
    return access_bytes(&(struct kms_logical){KMS_CS, (uint32_t)linear, sizeof byte, KMS_FETCH, KMS_AS_USER},
                        &byte);
}

/* ---- handlers, console, end ---- */

void hw_set_page_fault_handler(hw_page_fault_handler handler)
{
    guest_here(__func__)->on_page_fault = handler;
}

void hw_set_syscall_handler(hw_syscall_handler handler)
{
    guest_here(__func__)->on_syscall = handler;
}

uint64_t hw_user_syscall(uint64_t command, uint64_t arg1, uint64_t arg2)
{
    struct kms_guest *guest = guest_here(__func__);
    return guest->on_syscall ? guest->on_syscall((uint32_t)command, (uint32_t)arg1, (uint32_t)arg2)
                             : UINT32_MAX;
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
