/* model_inside.h - what the parts of the model share. */
#ifndef FUZZ_XELIX_PAGES_MODEL_INSIDE_H
#define FUZZ_XELIX_PAGES_MODEL_INSIDE_H

#include "compare.h"

#define STACK_END  (XELIX_TASK_STACK_TOP / PAGE_SIZE)
#define OWNED_PAGE (PTE_P | PAGING_OWNED)

/* Asked once by each allocation. */
bool model_must_fail(void);

/* Pages that exist and are free become taken, `keeper`'s; or free again. */
void model_take(unsigned space, uint32_t page, uint32_t pages, enum model_keeper keeper);
void model_release(unsigned space, uint32_t page, uint32_t pages);
uint32_t model_find(unsigned space, uint32_t pages);

/* Frames behind taken pages; then nothing behind them, the frames free. */
int model_fill(unsigned space, uint32_t page, uint32_t pages);
void model_empty(unsigned space, uint32_t page, uint32_t pages);
uint32_t model_pvalloc_for(unsigned space, uint32_t pages, enum model_keeper keeper);

int model_need_tables(unsigned space, uint32_t page, uint32_t pages);
void model_set_entries(unsigned space, uint32_t page, uint32_t pages, uint32_t entry);
void model_clear_entries(unsigned space, uint32_t page, uint32_t pages);

/* Every mapping of these has these bits. */
bool model_all(unsigned space, uint32_t page, uint32_t pages, uint32_t bits);

bool model_is_lent(unsigned from, uint32_t page, uint32_t pages);
void model_close_windows(unsigned to);

#endif
