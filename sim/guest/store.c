#include "store.h"
#include "guest.h"

#include "machine/ram_map.h"

#include <string.h>

enum { PAGE_BYTES = 4096, PAGES_MIN = KMS_RAM_MIN / PAGE_BYTES };

enum kms_status store_new(uint32_t pages, const struct kms_ram_options *fill, struct kms_ram **store)
{
    const struct kms_ram_options options = {.fill = fill->fill};
    *store = NULL;
    if (pages == 0)
        return KMS_OK;
    return pages < PAGES_MIN ? KMS_BAD_OPTION : kms_ram_new((uint64_t)pages * PAGE_BYTES, &options, store);
}

void store_reset(struct kms_ram *store)
{
    if (!store)
        return;
    const uint64_t size = kms_ram_size(store);
    memset(kms_ram_ptr(store, 0, size), ram_fill_byte(store), (size_t)size);
}

bool store_log_begin(struct kms_ram *store, struct ram_undo **log)
{
    *log = store ? ram_undo_begin(store) : NULL;
    return !store || *log;
}

void store_log_apply(struct kms_ram *store, struct ram_undo *log)
{
    if (store)
        ram_undo_apply(store, log);
}

void store_log_end(struct kms_ram *store, struct ram_undo *log)
{
    if (store && log)
        ram_undo_end(store, log);
}

/* ---- the seam ---- */

uint32_t hw_store_pages(void)
{
    const struct kms_guest *guest = guest_here(__func__);
    return guest->store ? (uint32_t)(kms_ram_size(guest->store) / PAGE_BYTES) : 0;
}

int32_t hw_store_transfer(const struct hw_transfer *transfer)
{
    struct kms_guest *guest = guest_here(__func__);
    const kms_phys at = (kms_phys)transfer->page * PAGE_BYTES + transfer->offset;
    if (transfer->page >= hw_store_pages() || transfer->offset > PAGE_BYTES ||
        transfer->bytes > PAGE_BYTES - transfer->offset)
        return -1;
    const enum kms_result result = transfer->write
                                       ? kms_phys_write(guest->store, at, transfer->memory, transfer->bytes)
                                       : kms_phys_read(guest->store, at, transfer->memory, transfer->bytes);
    return result == KMS_DONE ? (int32_t)transfer->bytes : -1;
}
