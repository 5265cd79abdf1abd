#include "guest.h"
#include "shadow.h"
#include "store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- making and unmaking ---- */

static enum kms_status make_machine(struct kms_guest *guest, const struct kms_guest_options *options)
{
    static const enum kms_arch archs[] = {KMS_ARCH_X86, KMS_ARCH_RV32, KMS_ARCH_RV64};
    const struct guest_ops *ops = guest->module->ops;
    struct kms_options machine = options->machine;
    if (ops->arch > GUEST_RV64)
        return KMS_BAD_OPTION;
    if (machine.ram_size == 0)
        machine.ram_size = ops->ram_size;
    if (machine.cpus == 0)
        machine.cpus = ops->cpus;
    machine.arch = archs[ops->arch];
    machine.ram_base = ops->ram_base;
    machine.ram.shared = !guest->plain;
    enum kms_status status = kms_machine_new(&machine, &guest->machine);
    if (status == KMS_OK)
        guest->cpu = kms_machine_cpu(guest->machine, 0);
    return status;
}

static enum kms_status make_store(struct kms_guest *guest, const struct kms_guest_options *options)
{
    const uint32_t pages = options->store_pages ? options->store_pages : guest->module->ops->store_pages;
    return store_new(pages, &options->machine.ram, &guest->store);
}

static uint64_t view_size(const struct kms_guest *guest)
{
    const uint64_t reach = UINT64_C(1) << 32; /* of hw_ptr() */
    const kms_phys end = kms_ram_end(kms_machine_ram(guest->machine));
    return end < reach ? end : reach;
}

/* A kernel begins where a boot loader hands over: in protected mode, with the caches on; on RISC-V in S-mode. */
static void hand_over(struct kms_guest *guest)
{
    struct kms_cpu *cpu = guest->cpu;
    if (!guest_is_x86(guest)) {
        guest_riscv_reset(guest);
        return;
    }
    uint64_t cr0 = kms_x86_read(cpu, KMS_X86_CR0) & ~(KMS_CR0_CD | KMS_CR0_NW);
    kms_x86_write(cpu, KMS_X86_CR0, cr0 | KMS_CR0_PE, NULL);
}

/* The window, or in direct mode the view of RAM. */
static enum kms_status make_window(struct kms_guest *guest, const struct kms_guest_options *options)
{
    struct kms_window_options window = options->window;
    window.trouble = guest_window_trouble;
    window.context = guest;
    window.physical = guest->mode == KMS_GUEST_DIRECT;
    if (window.physical)
        window.size = view_size(guest);
    enum kms_status status = kms_window_new(guest->cpu, &window, &guest->window);
    return status == KMS_OK ? kms_guest_snapshot_take(guest, &guest->power_on) : status;
}

static enum kms_status make_statics(struct kms_guest *guest)
{
    guest->statics = malloc(module_statics_size(guest->module) + 1);
    if (!guest->statics)
        return KMS_NO_MEMORY;
    module_statics_pristine(guest->module, guest->statics);
    return KMS_OK;
}

static enum kms_status make(struct kms_guest *guest, const struct kms_guest_options *options)
{
    enum kms_status status = make_statics(guest);
    if (status == KMS_OK)
        status = make_machine(guest, options);
    if (status == KMS_OK)
        status = make_store(guest, options);
    if (status == KMS_OK)
        hand_over(guest);
    if (status == KMS_OK && !guest->plain)
        status = make_window(guest, options);
    return status;
}

/* Where hw_ptr() leads; RAM may have been given other regions since the last time. */
static void find_base(struct kms_guest *guest)
{
    if (guest->window) {
        guest->base = kms_window_base(guest->window);
        guest->span = kms_window_size(guest->window);
        guest->origin = 0;
        kms_window_protect(guest->window);
        return;
    }
    struct kms_ram *ram = kms_machine_ram(guest->machine);
    const kms_phys start = guest->module->ops->ram_base;
    struct kms_region region = kms_ram_region(ram, start);
    guest->origin = (uint32_t)start;
    guest->span = region.kind == KMS_REGION_RAM ? region.size : 0;
    guest->base = guest->span ? kms_ram_ptr(ram, start, guest->span) : NULL;
}

static struct kms_guest *allocate(struct kms_guest_module *module, const struct kms_guest_options *options)
{
    struct kms_guest *guest = calloc(1, sizeof *guest);
    if (!guest)
        return NULL;
    guest->module = module;
    guest->mode = options->mode;
    guest->plain = options->plain && options->mode == KMS_GUEST_DIRECT;
    guest->console = options->console;
    guest->console_context = options->context;
    guest->fill_byte = options->machine.ram.fill == KMS_FILL_ZERO ? 0 : KMS_POISON;
    guest->fresh = true;
    return guest;
}

enum kms_status kms_guest_new(const struct kms_guest_options *options, struct kms_guest **guest)
{
    *guest = NULL;
    struct kms_guest_module *module = options->module;
    if (!module && options->kernel)
        module = kms_guest_find(options->kernel);
    if (!module || module->ops->abi != GUEST_ABI)
        return KMS_BAD_OPTION;
    struct kms_guest *made = module_keep_pristine(module) ? allocate(module, options) : NULL;
    if (!made)
        return KMS_NO_MEMORY;
    enum kms_status status = make(made, options);
    if (status != KMS_OK) {
        kms_guest_free(made);
        if (status != KMS_UNSUPPORTED || options->plain || options->mode != KMS_GUEST_DIRECT)
            return status;
        struct kms_guest_options without_view = *options;
        without_view.plain = true;
        return kms_guest_new(&without_view, guest);
    }
    find_base(made);
    *guest = made;
    return KMS_OK;
}

void kms_guest_free(struct kms_guest *guest)
{
    if (!guest)
        return;
    assert(guest->entered == 0 && !guest->guard && "a guest is freed while a thread is in it");
    if (guest->module->live == guest) {
        guest_set_pristine(guest);
        guest->module->live = NULL;
    }
    guest_snapshots_free(guest);
    kms_window_free(guest->window);
    kms_machine_free(guest->machine);
    kms_ram_free(guest->store);
    free(guest->statics);
    free(guest);
}

struct kms_machine *kms_guest_machine(struct kms_guest *guest)
{
    return guest->machine;
}

struct kms_cpu *kms_guest_cpu(struct kms_guest *guest)
{
    return guest->cpu;
}

struct kms_window *kms_guest_window(struct kms_guest *guest)
{
    return guest->mode == KMS_GUEST_WINDOW ? guest->window : NULL;
}

const struct kms_guest_module *kms_guest_module(const struct kms_guest *guest)
{
    return guest->module;
}

enum kms_guest_mode kms_guest_mode(const struct kms_guest *guest)
{
    return guest->mode;
}

/* ---- power on ---- */

static void fill_ram(struct kms_guest *guest)
{
    struct kms_ram *ram = kms_machine_ram(guest->machine);
    shadow_open(&guest->marked);
    for (kms_phys phys = 0; phys < kms_ram_end(ram);) {
        struct kms_region region = kms_ram_region(ram, phys);
        if (region.kind == KMS_REGION_RAM)
            memset(kms_ram_ptr(ram, region.base, region.size), guest->fill_byte, (size_t)region.size);
        phys = region.base + region.size;
    }
}

static void power_off(struct kms_guest *guest)
{
    fill_ram(guest);
    store_reset(guest->store);
}

void kms_guest_reset(struct kms_guest *guest)
{
    assert(guest->entered == 0 && !guest->guard && "a guest is reset while a thread is in it");
    if (guest->power_on) {
        kms_guest_snapshot_restore(guest, guest->power_on);
    } else {
        guest_snapshots_free(guest);
        if (!guest->fresh)
            power_off(guest);
        guest_set_pristine(guest);
        guest->on_page_fault = NULL;
        guest->on_syscall = NULL;
        guest->user_cr3 = 0;
        guest->on_interrupt = NULL;
        kms_cpu_reset(guest->cpu);
        hand_over(guest);
    }
    find_base(guest);
    guest->fresh = true;
}

struct boot {
    const struct guest_ops *ops;
    int status;
};

static void boot(void *context)
{
    struct boot *request = context;
    request->status = request->ops->boot();
}

enum kms_guest_end kms_guest_boot(struct kms_guest *guest, struct kms_guest_stop *stop)
{
    struct boot request = {.ops = guest->module->ops};
    kms_guest_reset(guest);
    enum kms_guest_end end = kms_guest_call(guest, boot, &request, stop);
    if (stop)
        stop->status = request.status;
    return end;
}
