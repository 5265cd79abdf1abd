/*
 * hw_riscv.c - the hosted half of include/kernel/hw_riscv.h: harts, satp, fences, and the trampoline between the kernel's
 * level and the user's.
 */
#include "guest.h"

#include <inttypes.h>

static struct kms_cpu *cpu_of(struct kms_guest *guest, unsigned hart)
{
    return kms_machine_cpu(guest->machine, hart);
}

static struct guest_hart *acting(struct kms_guest *guest)
{
    return &guest->riscv.harts[guest->riscv.acting];
}

/* The trampoline: the level's satp, and nothing cached of the other one. */
static void go_to_level(struct kms_guest *guest, unsigned number, bool user)
{
    struct guest_hart *hart = &guest->riscv.harts[number];
    struct kms_cpu *cpu = cpu_of(guest, number);
    if (hart->at_user == user)
        return;
    hart->at_user = user;
    kms_riscv_write(cpu, KMS_RISCV_PRIV, user ? KMS_RISCV_U : KMS_RISCV_S);
    kms_riscv_write(cpu, KMS_RISCV_SATP, user ? hart->user_satp : hart->kernel_satp);
    kms_riscv_sfence_vma(cpu, NULL, NULL);
}

void guest_riscv_reset(struct kms_guest *guest)
{
    guest->riscv = (struct guest_riscv){0};
    for (unsigned hart = 0; cpu_of(guest, hart); hart++) {
        if (hart > 0)
            kms_cpu_reset(cpu_of(guest, hart));
        kms_riscv_write(cpu_of(guest, hart), KMS_RISCV_PRIV, KMS_RISCV_S);
    }
}

/* ---- accesses ---- */

static enum kms_result transfer_once(struct kms_cpu *cpu, const struct guest_transfer *transfer,
                                     struct kms_fault *fault)
{
    if (transfer->access->kind == KMS_WRITE)
        return kms_access_write(cpu, transfer->access, transfer->bytes, transfer->width, fault);
    return kms_access_read(cpu, transfer->access, transfer->bytes, transfer->width, fault);
}

enum kms_result guest_riscv_transfer(struct kms_guest *guest, const struct guest_transfer *transfer,
                                     struct kms_fault *fault)
{
    const unsigned hart = guest->riscv.acting;
    guest->riscv.by_user = transfer->access->privilege == KMS_AS_USER;
    go_to_level(guest, hart, guest->riscv.by_user);
    enum kms_result result = transfer_once(cpu_of(guest, hart), transfer, fault);
    if (hart == 0)
        go_to_level(guest, hart, false);
    return result;
}

uint64_t guest_riscv_syscall(struct kms_guest *guest, uint64_t command, uint64_t arg1, uint64_t arg2)
{
    const uint64_t xlen = guest->module->ops->arch == GUEST_RV64 ? UINT64_MAX : UINT32_MAX;
    go_to_level(guest, guest->riscv.acting, true); /* ECALL comes from there */
    go_to_level(guest, 0, false);
    if (!guest->riscv.on_ecall)
        return xlen;
    return guest->riscv.on_ecall(command & xlen, arg1 & xlen, arg2 & xlen) & xlen;
}

/* ---- harts ---- */

uint64_t hw_ram_base(void)
{
    return guest_here(__func__)->module->ops->ram_base;
}

unsigned hw_harts(void)
{
    unsigned count = 0;
    struct kms_guest *guest = guest_here(__func__);
    while (cpu_of(guest, count))
        count++;
    return count;
}

unsigned hw_hart(void)
{
    return guest_here(__func__)->riscv.acting;
}

void hw_use_hart(unsigned hart)
{
    struct kms_guest *guest = guest_here(__func__);
    if (!cpu_of(guest, hart))
        guest_panic(guest, "there is no hart %u", hart);
    guest->riscv.acting = hart;
}

/* ---- satp and fences ---- */

uint64_t hw_read_satp(void)
{
    return acting(guest_here(__func__))->kernel_satp;
}

void hw_write_satp(uint64_t satp)
{
    struct kms_guest *guest = guest_here(__func__);
    struct kms_cpu *cpu = cpu_of(guest, guest->riscv.acting);
    go_to_level(guest, guest->riscv.acting, false);
    kms_riscv_write(cpu, KMS_RISCV_SATP, satp);
    acting(guest)->kernel_satp = kms_riscv_read(cpu, KMS_RISCV_SATP);
}

void hw_set_user_satp(uint64_t satp)
{
    struct kms_guest *guest = guest_here(__func__);
    go_to_level(guest, guest->riscv.acting, false);
    acting(guest)->user_satp = satp;
}

void hw_sfence_vma(const uint64_t *address, const uint16_t *asid)
{
    struct kms_guest *guest = guest_here(__func__);
    kms_riscv_sfence_vma(cpu_of(guest, guest->riscv.acting), address, asid);
}

void hw_remote_sfence_vma(const uint64_t *address, const uint16_t *asid)
{
    struct kms_guest *guest = guest_here(__func__);
    for (unsigned hart = 0; cpu_of(guest, hart); hart++) {
        if (hart != guest->riscv.acting)
            kms_riscv_sfence_vma(cpu_of(guest, hart), address, asid);
    }
}

/* ---- handlers ---- */

void hw_set_trap_handler(hw_trap_handler handler)
{
    guest_here(__func__)->riscv.on_trap = handler;
}

void hw_set_ecall_handler(hw_ecall_handler handler)
{
    guest_here(__func__)->riscv.on_ecall = handler;
}
