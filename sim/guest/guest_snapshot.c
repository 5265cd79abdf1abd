#include "guest.h"
#include "shadow.h"
#include "store.h"

#include <assert.h>
#include <stdlib.h>

struct kms_guest_snapshot {
    struct kms_guest_snapshot *older;
    struct kms_snapshot *machine;
    struct ram_undo *store; /* NULL without one */
    struct kms_window_state *window;
    unsigned char *statics;
    struct shadow_log shadow; /* marks that changed since */
    hw_page_fault_handler on_page_fault;
    hw_syscall_handler on_syscall;
    uint32_t user_cr3;
    hw_interrupt_handler on_interrupt;
    struct guest_riscv riscv;
};

static void free_snapshot(struct kms_guest_snapshot *snapshot)
{
    kms_window_state_free(snapshot->window);
    shadow_log_free(&snapshot->shadow);
    free(snapshot->statics);
    free(snapshot);
}

static struct shadow_range marked_range(const struct kms_guest *guest)
{
    return (struct shadow_range){guest->base, guest->span};
}

/* The smallest range with all that was ever marked. */
static void note_marked(struct shadow_range *marked, const volatile void *at, size_t size)
{
    uint8_t *const first = (uint8_t *)(uintptr_t)at, *end = first + size;
    if (marked->size == 0)
        *marked = (struct shadow_range){first, size};
    if (end < marked->base + marked->size)
        end = marked->base + marked->size;
    if (first < marked->base)
        marked->base = first;
    marked->size = (uint64_t)(end - marked->base);
}

void guest_marks_change(const volatile void *at, size_t size)
{
    struct kms_guest *guest = guest_here(__func__);
    note_marked(&guest->marked, at, size);
    const struct shadow_range range = marked_range(guest);
    if (guest->newest)
        shadow_log_save(&guest->newest->shadow, &range, at, size);
}

static void marks_go_back(struct kms_guest *guest, struct kms_guest_snapshot *snapshot)
{
    const struct shadow_range range = marked_range(guest);
    shadow_log_apply(&snapshot->shadow, &range);
}

/* From now on what native code writes must be undone too. */
static void watch_writes(struct kms_guest *guest)
{
    if (guest->window) {
        kms_window_protect(guest->window);
        return;
    }
    struct kms_ram *ram = kms_machine_ram(guest->machine);
    struct kms_region region;
    for (kms_phys phys = 0; phys < kms_ram_end(ram); phys = region.base + region.size) {
        region = kms_ram_region(ram, phys);
        if (region.kind == KMS_REGION_RAM)
            kms_ram_touch(ram, region.base, region.size);
    }
}

static enum kms_status take(struct kms_guest *guest, struct kms_guest_snapshot *snapshot)
{
    snapshot->statics = malloc(module_statics_size(guest->module) + 1);
    if (!snapshot->statics)
        return KMS_NO_MEMORY;
    guest_save_statics(guest, snapshot->statics);
    snapshot->on_page_fault = guest->on_page_fault;
    snapshot->on_syscall = guest->on_syscall;
    snapshot->user_cr3 = guest->user_cr3;
    snapshot->on_interrupt = guest->on_interrupt;
    snapshot->riscv = guest->riscv;
    enum kms_status status = guest->window ? kms_window_save(guest->window, &snapshot->window) : KMS_OK;
    if (status == KMS_OK && !store_log_begin(guest->store, &snapshot->store))
        status = KMS_NO_MEMORY;
    return status == KMS_OK ? kms_snapshot_take(guest->machine, &snapshot->machine) : status;
}

enum kms_status kms_guest_snapshot_take(struct kms_guest *guest, struct kms_guest_snapshot **snapshot)
{
    assert(guest->entered == 0 && "a snapshot is taken while a thread is in the guest");
    *snapshot = NULL;
    struct kms_guest_snapshot *made = calloc(1, sizeof *made);
    if (!made)
        return KMS_NO_MEMORY;
    enum kms_status status = take(guest, made);
    if (status != KMS_OK) {
        store_log_end(guest->store, made->store);
        free_snapshot(made);
        return status;
    }
    watch_writes(guest);
    made->older = guest->newest;
    guest->newest = made;
    *snapshot = made;
    return KMS_OK;
}

void kms_guest_snapshot_restore(struct kms_guest *guest, struct kms_guest_snapshot *snapshot)
{
    assert(guest->entered == 0 && "a snapshot is restored while a thread is in the guest");
    while (guest->newest != snapshot) {
        struct kms_guest_snapshot *newer = guest->newest;
        assert(newer && "the snapshot is another guest's, or was discarded");
        guest->newest = newer->older;
        marks_go_back(guest, newer);
        free_snapshot(newer);
    }
    marks_go_back(guest, snapshot);
    kms_snapshot_restore(guest->machine, snapshot->machine);
    store_log_apply(guest->store, snapshot->store);
    guest_load_statics(guest, snapshot->statics);
    guest->on_page_fault = snapshot->on_page_fault;
    guest->on_syscall = snapshot->on_syscall;
    guest->user_cr3 = snapshot->user_cr3;
    guest->on_interrupt = snapshot->on_interrupt;
    guest->riscv = snapshot->riscv;
    if (guest->window)
        kms_window_load(guest->window, snapshot->window);
    else
        watch_writes(guest);
}

void guest_snapshots_free(struct kms_guest *guest)
{
    while (guest->newest) {
        struct kms_guest_snapshot *snapshot = guest->newest;
        guest->newest = snapshot->older;
        marks_go_back(guest, snapshot);
        if (!snapshot->older) {
            kms_snapshot_drop(guest->machine, snapshot->machine);
            store_log_end(guest->store, snapshot->store);
        }
        free_snapshot(snapshot);
    }
}
