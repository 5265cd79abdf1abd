/*
 * hw_x86.c - the hosted half of include/kernel/hw.h, as far as only 32-bit x86 has it.
 */
#include "guest.h"

#include <inttypes.h>

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

/* ---- user mode ---- */

void hw_set_user_cr3(uint32_t cr3)
{
    guest_here(__func__)->user_cr3 = cr3;
}

/* Through the flat segments that a kernel has loaded, or whatever it has. */
static enum kms_result transfer_once(struct kms_guest *guest, const struct guest_transfer *transfer,
                                     struct kms_fault *fault)
{
    const struct kms_access *access = transfer->access;
    const enum kms_segment segment = access->kind == KMS_FETCH ? KMS_CS : KMS_DS;
    const struct kms_logical logical = {segment, (uint32_t)access->linear, transfer->width, access->kind,
                                        access->privilege};
    if (access->kind == KMS_WRITE)
        return kms_segment_write(guest->cpu, &logical, transfer->bytes, fault);
    return kms_segment_read(guest->cpu, &logical, transfer->bytes, fault);
}

/* In the user's own address space, if the kernel has one of its own. */
enum kms_result guest_x86_transfer(struct kms_guest *guest, const struct guest_transfer *transfer,
                                   struct kms_fault *fault)
{
    if (transfer->access->privilege != KMS_AS_USER || !guest->user_cr3)
        return transfer_once(guest, transfer, fault);
    const uint32_t kernel_cr3 = (uint32_t)kms_x86_read(guest->cpu, KMS_X86_CR3);
    write_register(guest, KMS_X86_CR3, guest->user_cr3);
    enum kms_result result = transfer_once(guest, transfer, fault);
    write_register(guest, KMS_X86_CR3, kernel_cr3);
    return result;
}

uint64_t guest_x86_syscall(struct kms_guest *guest, uint64_t command, uint64_t arg1, uint64_t arg2)
{
    return guest->on_syscall ? guest->on_syscall((uint32_t)command, (uint32_t)arg1, (uint32_t)arg2)
                             : UINT32_MAX;
}

/* ---- handlers ---- */

void hw_set_page_fault_handler(hw_page_fault_handler handler)
{
    guest_here(__func__)->on_page_fault = handler;
}

void hw_set_syscall_handler(hw_syscall_handler handler)
{
    guest_here(__func__)->on_syscall = handler;
}
