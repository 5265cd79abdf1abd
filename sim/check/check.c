#include <kmemsim/check.h>

#include "ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ZONE_BYTE = 0xe7 };

struct kms_check {
    struct kms_guest *guest;
    const struct guest_ops *inner;
    struct guest_ops ops;
    struct check_ledger ledger;
    bool pages_only; /* every block of this kernel starts on a page */
    uint64_t line, allocations;
    kms_check_fn *tell;
    void *context;
};

/* A guest's table has no context. */
static _Thread_local struct kms_check *checking;

/* ---- zones ---- */

static const struct kms_cpu *cpu(const struct kms_check *check)
{
    return kms_guest_cpu(check->guest);
}

/* Writes to guest memory without a trace; false where nothing is mapped. */
static bool poke(struct kms_check *check, kms_linear linear, uint64_t size)
{
    unsigned char bytes[KMS_PAGE_SIZE];
    memset(bytes, ZONE_BYTE, sizeof bytes);
    for (uint64_t done = 0, piece; done < size; done += piece) {
        struct kms_walk walk;
        const uint64_t room = KMS_PAGE_SIZE - (linear + done) % KMS_PAGE_SIZE;
        piece = size - done < room ? size - done : room;
        kms_inspect(cpu(check), linear + done, &walk);
        if (walk.verdict != KMS_MAPPED || kms_phys_write(kms_machine_ram(kms_guest_machine(check->guest)),
                                                         walk.phys, bytes, (size_t)piece) != KMS_DONE)
            return false;
    }
    return true;
}

struct zone {
    enum kms_check_kind side;
    kms_linear start;
    uint64_t size;
};

static struct zone left_zone(const struct check_entry *entry)
{
    return (struct zone){KMS_CHECK_LEFT, entry->block.address - entry->lead, entry->lead};
}

static struct zone right_zone(const struct check_entry *entry)
{
    return (struct zone){KMS_CHECK_RIGHT, entry->block.address + entry->block.size, KMS_CHECK_ZONE};
}

static void tell(struct kms_check *check, const struct check_entry *entry,
                 const struct kms_check_finding *what)
{
    struct kms_check_finding finding = *what;
    finding.block = entry->block;
    finding.line = check->line;
    check->tell(check->context, &finding);
}

/* The changed byte nearest to the block: zones are overrun from there. */
static void look_at_zone(struct kms_check *check, struct check_entry *entry, const struct zone *zone)
{
    unsigned char bytes[KMS_PAGE_SIZE];
    const bool left = zone->side == KMS_CHECK_LEFT;
    if (entry->told[left] || kms_peek(cpu(check), zone->start, bytes, (size_t)zone->size) < zone->size)
        return;
    for (uint64_t distance = 1; distance <= zone->size; distance++) {
        const uint8_t byte = bytes[left ? zone->size - distance : distance - 1];
        if (byte == ZONE_BYTE)
            continue;
        entry->told[left] = true;
        tell(check, entry,
             &(struct kms_check_finding){.kind = zone->side, .distance = distance, .byte = byte});
        return;
    }
}

static void look_at(struct kms_check *check, struct check_entry *entry)
{
    const struct zone left = left_zone(entry), right = right_zone(entry);
    if (!entry->zones)
        return;
    look_at_zone(check, entry, &left);
    look_at_zone(check, entry, &right);
}

/* ---- the kernel's heap ---- */

static uint64_t lead_for(const struct kms_check *check, uint32_t flags)
{
    return check->pages_only || (flags & GUEST_ALIGNED) ? KMS_PAGE_SIZE : KMS_CHECK_ZONE;
}

static struct check_entry *enter(struct kms_check *check, const struct kms_check_block *block)
{
    struct check_entry *entry = ledger_add(&check->ledger, block->process, block->address);
    check->allocations++;
    if (!entry)
        return NULL;
    entry->block = *block;
    entry->block.number = check->allocations;
    entry->block.line = check->line;
    return entry;
}

static guest_addr checked_alloc(uint64_t size, uint32_t flags)
{
    struct kms_check *check = checking;
    const uint64_t lead = lead_for(check, flags), more = lead + KMS_CHECK_ZONE;
    if (size == 0 || size > UINT64_MAX - more)
        return check->inner->alloc(size, flags);
    const guest_addr base = check->inner->alloc(size + more, flags);
    if (!base)
        return 0;
    struct check_entry *entry =
        enter(check, &(struct kms_check_block){.address = base + lead, .size = size, .process = -1});
    if (entry) {
        entry->lead = lead;
        entry->zones = poke(check, base, lead) && poke(check, base + lead + size, KMS_CHECK_ZONE);
    }
    return entry ? base + lead : base;
}

/* Where the kernel would have an address if there were no zones: as far from its block's start. */
static guest_addr without_zones(const struct kms_check *check, guest_addr address)
{
    const struct check_entry *entry = ledger_around(&check->ledger, address);
    return entry ? address - entry->lead : address;
}

static int checked_free(guest_addr address)
{
    struct kms_check *check = checking;
    struct check_entry *entry = ledger_find(&check->ledger, -1, address);
    if (!entry)
        return check->inner->free(without_zones(check, address));
    look_at(check, entry);
    const int status = check->inner->free(address - entry->lead);
    if (status == 0)
        ledger_remove(&check->ledger, entry);
    return status;
}

static int checked_heap_unit(guest_addr address)
{
    return checking->inner->heap_unit(without_zones(checking, address));
}

/* ---- processes: leaks only ---- */

static guest_addr checked_process_alloc(int process, uint64_t size)
{
    struct kms_check *check = checking;
    const guest_addr address = check->inner->process_alloc(process, size);
    if (address)
        enter(check, &(struct kms_check_block){.address = address, .size = size, .process = process});
    return address;
}

static void forget(struct kms_check *check, int process, guest_addr address)
{
    struct check_entry *entry = ledger_find(&check->ledger, process, address);
    if (entry)
        ledger_remove(&check->ledger, entry);
}

static int checked_process_free(int process, guest_addr address)
{
    const int status = checking->inner->process_free(process, address);
    if (status == 0)
        forget(checking, process, address);
    return status;
}

static guest_addr checked_process_realloc(int process, guest_addr address, uint64_t size)
{
    struct kms_check *check = checking;
    const guest_addr moved = check->inner->process_realloc(process, address, size);
    if (!moved)
        return 0;
    forget(check, process, address);
    enter(check, &(struct kms_check_block){.address = moved, .size = size, .process = process});
    return moved;
}

static int checked_process_exit(int process)
{
    const int status = checking->inner->process_exit(process);
    if (status == 0)
        kms_check_process_ended(checking, process);
    return status;
}

/* ---- making one ---- */

static void replace_functions(struct kms_check *check)
{
    const struct guest_ops *inner = check->inner;
    check->ops = *inner;
    check->ops.alloc = checked_alloc;
    check->ops.free = checked_free;
    check->ops.heap_unit = inner->heap_unit ? checked_heap_unit : NULL;
    check->ops.process_alloc = inner->process_alloc ? checked_process_alloc : NULL;
    check->ops.process_free = inner->process_free ? checked_process_free : NULL;
    check->ops.process_realloc = inner->process_realloc ? checked_process_realloc : NULL;
    check->ops.process_exit = inner->process_exit ? checked_process_exit : NULL;
}

struct trial {
    const struct guest_ops *ops;
    guest_addr address;
    bool freed;
};

static void try_one_byte(void *context)
{
    struct trial *trial = context;
    trial->address = trial->ops->alloc(1, 0);
    trial->freed = trial->address && trial->ops->free(trial->address) == 0;
}

static bool learn_alignment(struct kms_check *check)
{
    struct trial trial = {.ops = check->inner};
    if (!check->inner->alloc || !check->inner->free ||
        kms_guest_call(check->guest, try_one_byte, &trial, NULL) != KMS_GUEST_RETURNED || !trial.freed)
        return false;
    check->pages_only = trial.address % KMS_PAGE_SIZE == 0;
    return true;
}

enum kms_status kms_check_new(struct kms_guest *guest, kms_check_fn *tell_fn, void *context,
                              struct kms_check **check)
{
    assert(guest && tell_fn && check && !checking && "one checker at a time in a thread");
    struct kms_check *made = calloc(1, sizeof *made);
    *check = NULL;
    if (!made)
        return KMS_NO_MEMORY;
    *made = (struct kms_check){
        .guest = guest, .inner = kms_guest_module(guest)->ops, .tell = tell_fn, .context = context};
    if (!learn_alignment(made)) {
        free(made);
        return KMS_UNSUPPORTED;
    }
    replace_functions(made);
    *check = checking = made;
    return KMS_OK;
}

void kms_check_free(struct kms_check *check)
{
    if (!check)
        return;
    ledger_clear(&check->ledger);
    checking = NULL;
    free(check);
}

const struct guest_ops *kms_check_ops(struct kms_check *check)
{
    return &check->ops;
}

void kms_check_line(struct kms_check *check, uint64_t line)
{
    check->line = line;
}

/* ---- looking ---- */

static bool touches(const struct zone *zone, kms_linear address, uint64_t size)
{
    return address < zone->start + zone->size && zone->start < address + size;
}

void kms_check_near(struct kms_check *check, kms_linear address, uint64_t size)
{
    for (struct check_entry *entry = ledger_first(&check->ledger); entry;
         entry = ledger_next(&check->ledger, entry)) {
        const struct zone left = left_zone(entry), right = right_zone(entry);
        if (entry->zones && (touches(&left, address, size) || touches(&right, address, size)))
            look_at(check, entry);
    }
}

void kms_check_process_ended(struct kms_check *check, int process)
{
    struct check_entry *next;
    for (struct check_entry *entry = ledger_first(&check->ledger); entry; entry = next) {
        next = ledger_next(&check->ledger, entry);
        if (entry->block.process == process)
            ledger_remove(&check->ledger, entry);
    }
}

void kms_check_look(struct kms_check *check)
{
    for (struct check_entry *entry = ledger_first(&check->ledger); entry;
         entry = ledger_next(&check->ledger, entry))
        look_at(check, entry);
}

bool kms_check_end(struct kms_check *check)
{
    struct check_entry **entries = ledger_sorted(&check->ledger);
    if (!entries)
        return false;
    for (size_t i = 0; i < check->ledger.count; i++) {
        look_at(check, entries[i]);
        tell(check, entries[i], &(struct kms_check_finding){.kind = KMS_CHECK_LEAK});
    }
    free(entries);
    return true;
}

uint64_t kms_check_live(const struct kms_check *check)
{
    return check->ledger.count;
}
