/* snapshot.c - RAM by undo log, registers and TLB entries by copy. */
#include "cpu.h"

#include <assert.h>
#include <stdlib.h>

struct cpu_copy {
    union {
        struct {
            struct kms_x86_state x86;
            struct kms_segment_state segments;
        };
        struct kms_riscv_state riscv;
    };
    struct tlb_slot *slots; /* the valid ones, in the order of their places */
    size_t count, room;
    uint64_t tlb_now;
    struct structure_cache *structures;
};

struct kms_snapshot {
    struct kms_snapshot *older;
    struct ram_undo *undo;
    unsigned cpus;
    struct cpu_copy cpu[];
};

static void copy_slot(void *context, const struct tlb_slot *slot)
{
    struct cpu_copy *copy = context;
    if (copy->count < copy->room)
        copy->slots[copy->count] = *slot;
    copy->count++;
}

static bool copy_cpu(struct cpu_copy *copy, const struct kms_cpu *cpu)
{
    if (cpu_is_x86(cpu)) {
        copy->x86 = cpu->x86;
        copy->segments = cpu->segments;
    } else {
        copy->riscv = cpu->riscv;
    }
    copy->tlb_now = cpu->tlb.now;
    if (cpu->structures) {
        copy->structures = malloc(sizeof *copy->structures);
        if (!copy->structures)
            return false;
        *copy->structures = *cpu->structures;
    }
    tlb_each(&cpu->tlb, copy_slot, copy);
    copy->room = copy->count;
    copy->count = 0;
    if (copy->room == 0)
        return true;
    copy->slots = malloc(copy->room * sizeof copy->slots[0]);
    if (!copy->slots)
        return false;
    tlb_each(&cpu->tlb, copy_slot, copy);
    return true;
}

static void snapshot_free(struct kms_snapshot *snapshot)
{
    for (unsigned i = 0; i < snapshot->cpus; i++) {
        free(snapshot->cpu[i].slots);
        free(snapshot->cpu[i].structures);
    }
    free(snapshot);
}

/* From here on the first write to each page must be noticed. */
static void settle_no_writes(struct kms_machine *machine)
{
    for (unsigned i = 0; i < machine->cpus; i++)
        lookaside_flush_writes(&machine->cpu[i]->lookaside);
}

enum kms_status kms_snapshot_take(struct kms_machine *machine, struct kms_snapshot **result)
{
    assert(machine && result);
    *result = NULL;
    struct kms_snapshot *snapshot = calloc(1, sizeof *snapshot + machine->cpus * sizeof snapshot->cpu[0]);
    if (!snapshot)
        return KMS_NO_MEMORY;
    snapshot->cpus = machine->cpus;
    bool copied = true;
    for (unsigned i = 0; i < machine->cpus && copied; i++)
        copied = copy_cpu(&snapshot->cpu[i], machine->cpu[i]);
    snapshot->undo = copied ? ram_undo_begin(machine->ram) : NULL;
    if (!snapshot->undo) {
        snapshot_free(snapshot);
        return KMS_NO_MEMORY;
    }
    snapshot->older = machine->snapshot;
    machine->snapshot = snapshot;
    settle_no_writes(machine);
    *result = snapshot;
    return KMS_OK;
}

static void restore_cpu(struct kms_cpu *cpu, const struct cpu_copy *copy)
{
    if (cpu_is_x86(cpu)) {
        cpu->x86 = copy->x86;
        cpu->segments = copy->segments;
    } else {
        cpu->riscv = copy->riscv;
    }
    cpu_registers_changed(cpu);
    tlb_flush_all(&cpu->tlb);
    for (size_t i = 0; i < copy->count; i++)
        tlb_put_back(&cpu->tlb, &copy->slots[i]);
    cpu->tlb.now += copy->tlb_now;
    if (copy->structures)
        *cpu->structures = *copy->structures;
}

void kms_snapshot_restore(struct kms_machine *machine, struct kms_snapshot *snapshot)
{
    assert(machine && snapshot);
    ram_undo_apply(machine->ram, snapshot->undo);
    while (machine->snapshot != snapshot) {
        struct kms_snapshot *newest = machine->snapshot;
        machine->snapshot = newest->older;
        snapshot_free(newest);
    }
    for (unsigned i = 0; i < machine->cpus; i++)
        restore_cpu(machine->cpu[i], &snapshot->cpu[i]);
}

void kms_snapshot_drop(struct kms_machine *machine, struct kms_snapshot *snapshot)
{
    assert(machine && snapshot);
    ram_undo_end(machine->ram, snapshot->undo);
    for (bool last = false; !last;) {
        struct kms_snapshot *newest = machine->snapshot;
        last = newest == snapshot;
        machine->snapshot = newest->older;
        snapshot_free(newest);
    }
}

void snapshot_drop_all(struct kms_machine *machine)
{
    while (machine->snapshot)
        kms_snapshot_drop(machine, machine->snapshot);
}

size_t kms_snapshot_dirty_pages(const struct kms_machine *machine, const struct kms_snapshot *snapshot)
{
    assert(machine && snapshot);
    (void)machine;
    return ram_undo_pages(snapshot->undo);
}
