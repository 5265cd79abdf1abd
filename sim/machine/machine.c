/* machine.c - machines and CPUs: making, resetting, observing. */
#include "cpu.h"

#include <assert.h>
#include <stdlib.h>

#define CR0_AT_RESET (KMS_CR0_CD | KMS_CR0_NW | KMS_CR0_ET)

static uint8_t default_maxphyaddr(uint32_t features)
{
    if (features & KMS_X86_LM)
        return KMS_X86_MAXPHYADDR_MAX;
    return features & (KMS_X86_PAE | KMS_X86_PSE36) ? 36 : KMS_X86_MAXPHYADDR_MIN;
}

void cpu_registers_changed(struct kms_cpu *cpu, enum kms_x86_reg reg)
{
    if (reg == KMS_X86_CR2)
        return;
    cpu->layout = x86_layout_of(&cpu->x86);
    cpu->tlb.large_shift = cpu->layout.mode == KMS_PAGING_32BIT ? 22 : 21;
    lookaside_flush(&cpu->lookaside);
}

void kms_cpu_reset(struct kms_cpu *cpu)
{
    assert(cpu);
    const struct kms_x86_state at_reset = {
        .cr0 = CR0_AT_RESET,
        .features = cpu->x86.features,
        .maxphyaddr = cpu->x86.maxphyaddr,
    };
    kms_x86_set_state(cpu, &at_reset);
}

static void cpu_free(struct kms_cpu *cpu)
{
    if (!cpu)
        return;
    tlb_done(&cpu->tlb);
    free(cpu->structures);
    free(cpu);
}

static struct kms_cpu *cpu_new(struct kms_machine *machine)
{
    const struct kms_options *options = &machine->options;
    struct kms_cpu *cpu = calloc(1, sizeof *cpu);
    if (!cpu)
        return NULL;
    cpu->machine = machine;
    cpu->x86.features = options->features;
    cpu->x86.maxphyaddr = options->maxphyaddr;
    if (options->tlb.structure_caches)
        cpu->structures = calloc(1, sizeof *cpu->structures);
    lookaside_init(&cpu->lookaside, &cpu->fast);
    if (!tlb_init(&cpu->tlb, &options->tlb) || (options->tlb.structure_caches && !cpu->structures)) {
        cpu_free(cpu);
        return NULL;
    }
    kms_cpu_reset(cpu);
    return cpu;
}

/* Fill in what was left at its default. */
static bool complete_options(struct kms_options *options)
{
    if (options->cpus == 0)
        options->cpus = 1;
    if (options->features == 0 && !options->bare)
        options->features = KMS_X86_MODEL_MAX;
    if (options->maxphyaddr == 0)
        options->maxphyaddr = default_maxphyaddr(options->features);
    return options->cpus <= KMS_CPUS_MAX && !(options->features & ~KMS_X86_MODEL_MAX) &&
           options->maxphyaddr >= KMS_X86_MAXPHYADDR_MIN && options->maxphyaddr <= KMS_X86_MAXPHYADDR_MAX &&
           options->accessed <= KMS_ACCESSED_ON_WALK && options->stale_rights <= KMS_RIGHTS_FAULT &&
           tlb_geometry_is_valid(&options->tlb);
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
    enum kms_status status = kms_ram_new(options->ram_size, &options->ram, &machine->ram);
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
    if (fault->vector == KMS_VECTOR_PF)
        cpu->x86.cr2 = fault->address;
    if (cpu_is_observed(cpu, KMS_EVENT_FAULT))
        cpu_notify(cpu, &(struct kms_event){
                            .kind = KMS_EVENT_FAULT, .access = *access, .walk = walk, .fault = fault});
    return KMS_FAULT;
}
