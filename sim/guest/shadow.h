/*
 * shadow.h - what AddressSanitizer was told about kernel memory, as part of a guest's snapshots.
 *
 * A kernel's heap tells the sanitizer which blocks may be touched (kernel/sanitize.h). kmemsim_add_guest() sends
 * these calls here, and each snapshot keeps the sanitizer's own bytes ("shadow") of the pages that were marked since
 * it was taken. In builds without AddressSanitizer nothing ever comes here.
 */
#ifndef SIM_GUEST_SHADOW_H
#define SIM_GUEST_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The marks that were there when a snapshot was taken, of the pages marked since. */
struct shadow_log {
    uint32_t *slot; /* per page: 1 + its place in pages[]; NULL until the first mark */
    struct shadow_page *pages;
    uint32_t count, room;
};

/* A range of kernel memory; what is logged begins on a page boundary. */
struct shadow_range {
    uint8_t *base;
    uint64_t size;
};

/* All of it may be touched. */
void shadow_open(const struct shadow_range *range);

void shadow_log_free(struct shadow_log *log);
/* Marks of these bytes are about to change. */
void shadow_log_save(struct shadow_log *log, const struct shadow_range *range, const volatile void *at,
                     size_t size);
/* Put back what the log holds, and empty it. */
void shadow_log_apply(struct shadow_log *log, const struct shadow_range *range);

#endif
