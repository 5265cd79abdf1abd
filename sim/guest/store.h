/* store.h - a guest's backing store: pages outside of its RAM, part of its snapshots. */
#ifndef SIM_GUEST_STORE_H
#define SIM_GUEST_STORE_H

#include <kmemsim/ram.h>
#include <kmemsim/guest.h>

struct ram_undo;

/* A store of so many pages, filled like RAM at power-on; 0 pages: none, and *store is NULL. */
enum kms_status store_new(uint32_t pages, const struct kms_ram_options *fill, struct kms_ram **store);

/* All of it as at power-on again. */
void store_reset(struct kms_ram *store);

/* Logs of what is written; both may be called without a store. False: no memory. */
bool store_log_begin(struct kms_ram *store, struct ram_undo **log);
void store_log_apply(struct kms_ram *store, struct ram_undo *log);
void store_log_end(struct kms_ram *store, struct ram_undo *log);

#endif
