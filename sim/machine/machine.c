/* machine.c - machines and CPUs: making, resetting, observing. */
#include "cpu.h"
#include "segment_load.h"

#include <assert.h>
#include <stdlib.h>

#define CR0_AT_RESET (KMS_CR0_CD | KMS_CR0_NW | KMS_CR0_ET)

static uint8_t default_maxphyaddr(uint32_t features)
{
    if (features & KMS_X86_LM)
        return KMS_X86_MAXPHYADDR_MAX;
    return features & (KMS_X86_PAE | KMS_X86_PSE36) ? 36 : KMS_X86_MAXPHYADDR_MIN;
}

static void x86_registers_changed(struct kms_cpu *cpu)
{
    cpu->layout = x86_layout_of(&cpu->x86);
    cpu->mode = cpu->layout.mode;
    cpu->asid = cpu->x86.cr4 & KMS_CR4_PCIDE ? (uint16_t)(cpu->x86.cr3 & KMS_CR3_PCID) : 0;
    cpu->linear_mask = cpu->layout.linear_bits == 32 ? UINT32_MAX : UINT64_MAX;
    tlb_set_large_shift(&cpu->tlb, cpu->mode == KMS_PAGING_32BIT ? 22 : 21);
}

static void riscv_registers_changed(struct kms_cpu *cpu)
{
    cpu->riscv_layout = riscv_layout_of(&cpu->riscv);
    cpu->mode = cpu->riscv_layout.mode;
    cpu->asid = riscv_asid(&cpu->riscv);
    cpu->linear_mask = cpu->riscv_layout.linear_mask;
    tlb_set_large_shift(&cpu->tlb, cpu->arch == KMS_ARCH_RV32 ? 22 : 21);
}

void cpu_registers_changed(struct kms_cpu *cpu)
{
    if (cpu_is_x86(cpu))
        x86_registers_changed(cpu);
    else
        riscv_registers_changed(cpu);
    lookaside_flush(&cpu->lookaside);
}

static void x86_reset(struct kms_cpu *cpu)
{
    const struct kms_x86_state at_reset = {
        .cr0 = CR0_AT_RESET,
        .features = cpu->machine->options.features,
        .maxphyaddr = cpu->machine->options.maxphyaddr,
    };
    kms_x86_set_state(cpu, &at_reset);
    kms_segment_set_state(cpu, &segment_flat);
}

static void riscv_reset(struct kms_cpu *cpu)
{
    const struct kms_options *options = &cpu->machine->options;
    const struct kms_riscv_state at_reset = {
        .arch = cpu->arch,
        .features = options->features,
        .asid_bits = options->asid_bits,
        .priv = KMS_RISCV_M,
        .adue = (options->features & KMS_RISCV_SVADU) != 0,
        .pbmte = (options->features & KMS_RISCV_SVPBMT) != 0,
    };
    kms_riscv_set_state(cpu, &at_reset);
}

void kms_cpu_reset(struct kms_cpu *cpu)
{
    assert(cpu);
    if (cpu_is_x86(cpu))
        x86_reset(cpu);
    else
        riscv_reset(cpu);
}

static void cpu_free(struct kms_cpu *cpu)
{
    if (!cpu)
        return;
    tlb_done(&cpu->tlb);
    free(cpu->structures);
    free(cpu);
}

/* How many address spaces the TLB may be asked for. */
static uint32_t asids_of(const struct kms_options *options)
{
    return options->arch == KMS_ARCH_X86 ? KMS_CR3_PCID + 1u : UINT32_C(1) << options->asid_bits;
}

static struct kms_cpu *cpu_new(struct kms_machine *machine)
{
    const struct kms_options *options = &machine->options;
    struct kms_cpu *cpu = calloc(1, sizeof *cpu);
    if (!cpu)
        return NULL;
    cpu->machine = machine;
    cpu->arch = options->arch;
    if (options->tlb.structure_caches)
        cpu->structures = calloc(1, sizeof *cpu->structures);
    lookaside_init(&cpu->lookaside, &cpu->fast);
    if (!tlb_init(&cpu->tlb, &options->tlb, asids_of(options)) ||
        (options->tlb.structure_caches && !cpu->structures)) {
        cpu_free(cpu);
        return NULL;
    }
    kms_cpu_reset(cpu);
    return cpu;
}

static bool complete_x86_options(struct kms_options *options)
{
    if (options->features == 0 && !options->bare)
        options->features = KMS_X86_MODEL_MAX;
    if (options->maxphyaddr == 0)
        options->maxphyaddr = default_maxphyaddr(options->features);
    return !(options->features & ~KMS_X86_MODEL_MAX) && options->maxphyaddr >= KMS_X86_MAXPHYADDR_MIN &&
           options->maxphyaddr <= KMS_X86_MAXPHYADDR_MAX;
}

/* Each wider mode needs the one below it. */
static bool are_riscv_modes_valid(uint32_t features)
{
    return (!(features & KMS_RISCV_SV48) || (features & KMS_RISCV_SV39)) &&
           (!(features & KMS_RISCV_SV57) || (features & KMS_RISCV_SV48));
}

static bool complete_riscv_options(struct kms_options *options)
{
    const uint8_t most = options->arch == KMS_ARCH_RV32 ? KMS_RISCV_ASID_BITS_32 : KMS_RISCV_ASID_BITS_64;
    if (options->features == 0 && !options->bare)
        options->features = KMS_RISCV_MODEL_MAX;
    if (options->arch == KMS_ARCH_RV32)
        options->features &= KMS_RISCV_SVADU;
    if (options->asid_bits == 0)
        options->asid_bits = most;
    else if (options->asid_bits == KMS_NO_ASIDS)
        options->asid_bits = 0;
    options->ram.unbacked = KMS_REPORT;
    return !(options->features & ~KMS_RISCV_MODEL_MAX) && are_riscv_modes_valid(options->features) &&
           options->asid_bits <= most && options->misaligned <= KMS_MISALIGNED_LAST;
}

/* Fill in what was left at its default. */
static bool complete_options(struct kms_options *options)
{
    if (options->cpus == 0)
        options->cpus = 1;
    if (options->arch > KMS_ARCH_RV64 ||
        !(options->arch == KMS_ARCH_X86 ? complete_x86_options(options) : complete_riscv_options(options)))
        return false;
    return options->cpus <= KMS_CPUS_MAX && options->accessed <= KMS_ACCESSED_ON_WALK &&
           options->stale_rights <= KMS_RIGHTS_FAULT && options->wrap <= KMS_WRAP_FAULTS &&
           tlb_geometry_is_valid(&options->tlb);
}

/* RAM may begin elsewhere than at 0. */
static enum kms_status ram_of_options(const struct kms_options *options, struct kms_ram **ram)
{
    if (options->ram_base == 0)
        return kms_ram_new(options->ram_size, &options->ram, ram);
    enum kms_status status =
        options->ram_size < KMS_RAM_MIN ? KMS_BAD_RANGE : kms_ram_new(0, &options->ram, ram);
    if (status != KMS_OK)
        return status;
    status = kms_ram_add(*ram, options->ram_base, options->ram_size);
    if (status != KMS_OK) {
        kms_ram_free(*ram);
        *ram = NULL;
    }
    return status;
}

enum kms_status kms_machine_new(const struct kms_options *options, struct kms_machine **result)
{
    assert(options && result);
    *result = NULL;
    struct kms_options complete = *options;
    if (!complete_options(&complete))
        return KMS_BAD_OPTION;
    struct kms_machine *machine = calloc(1, sizeof *machine);
    if (!machine)
        return KMS_NO_MEMORY;
    machine->options = complete;
    enum kms_status status = ram_of_options(&complete, &machine->ram);
    for (unsigned i = 0; i < complete.cpus && status == KMS_OK; i++) {
        machine->cpu[i] = cpu_new(machine);
        status = machine->cpu[i] ? KMS_OK : KMS_NO_MEMORY;
        machine->cpus += status == KMS_OK;
    }
    if (status != KMS_OK) {
        kms_machine_free(machine);
        return status;
    }
    *result = machine;
    return KMS_OK;
}

void kms_machine_free(struct kms_machine *machine)
{
    if (!machine)
        return;
    if (machine->snapshot)
        snapshot_drop_all(machine);
    for (unsigned i = 0; i < machine->cpus; i++)
        cpu_free(machine->cpu[i]);
    kms_ram_free(machine->ram);
    free(machine);
}

struct kms_ram *kms_machine_ram(struct kms_machine *machine)
{
    assert(machine);
    return machine->ram;
}

struct kms_cpu *kms_machine_cpu(struct kms_machine *machine, unsigned number)
{
    assert(machine);
    return number < machine->cpus ? machine->cpu[number] : NULL;
}

struct kms_machine *kms_cpu_machine(const struct kms_cpu *cpu)
{
    assert(cpu);
    return cpu->machine;
}

enum kms_arch kms_cpu_arch(const struct kms_cpu *cpu)
{
    assert(cpu);
    return cpu->arch;
}

enum kms_paging_mode kms_cpu_mode(const struct kms_cpu *cpu)
{
    assert(cpu);
    const struct kms_access own = {0, KMS_READ, KMS_AS_CURRENT};
    return cpu_is_translated(cpu, &own) ? cpu->mode : KMS_PAGING_NONE;
}

/* ---- observers ---- */

/* Settled pages are reached without events, so they go whenever the wishes change. */
static void observers_changed(struct kms_machine *machine)
{
    machine->observed = 0;
    for (const struct kms_observer *observer = machine->observers; observer; observer = observer->next)
        machine->observed |= observer->events;
    for (unsigned i = 0; i < machine->cpus; i++)
        lookaside_flush(&machine->cpu[i]->lookaside);
}

void kms_machine_observe(struct kms_machine *machine, struct kms_observer *observer)
{
    assert(machine && observer && observer->notify);
    struct kms_observer **end = &machine->observers;
    while (*end)
        end = &(*end)->next;
    observer->next = NULL;
    *end = observer;
    observers_changed(machine);
}

void kms_machine_unobserve(struct kms_machine *machine, struct kms_observer *observer)
{
    assert(machine && observer);
    struct kms_observer **at = &machine->observers;
    while (*at && *at != observer)
        at = &(*at)->next;
    if (*at)
        *at = observer->next;
    observers_changed(machine);
}

void cpu_notify(struct kms_cpu *cpu, struct kms_event *event)
{
    event->cpu = cpu;
    for (struct kms_observer *observer = cpu->machine->observers; observer; observer = observer->next)
        if (observer->events & event->kind)
            observer->notify(observer->context, event);
}

enum kms_result cpu_raise(struct kms_cpu *cpu, const struct kms_access *access, const struct kms_walk *walk,
                          const struct kms_fault *fault)
{
    if (!cpu_is_x86(cpu)) {
        cpu->riscv.scause = fault->vector;
        cpu->riscv.stval = fault->address;
    } else if (fault->vector == KMS_VECTOR_PF) {
        cpu->x86.cr2 = fault->address;
    }
    if (cpu_is_observed(cpu, KMS_EVENT_FAULT))
        cpu_notify(cpu, &(struct kms_event){
                            .kind = KMS_EVENT_FAULT, .access = *access, .walk = walk, .fault = fault});
    return KMS_FAULT;
}
