/*
 * program.h - the programs of processes, as files would be: read-only bytes that several processes share. They stand
 * in blocks of pages, which are not evicted.
 */
#ifndef VLSOS_PROGRAM_H
#define VLSOS_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/vm.h"

/* Forget all; their memory is not given back. */
void program_init(void);

/* A copy of these bytes, held once: its number. VLSOS_ENOMEM. size is 1 to VLSOS_PROGRAM_MOST. */
int program_keep(const void *bytes, uint32_t size, uint32_t *number);

void program_hold(uint32_t number);
void program_release(uint32_t number);
bool program_is_kept(uint32_t number);

/* A vm_image_reader: part->image is the number. */
bool program_read(const struct vm_image_part *part);

/* Pages that programs take. */
uint32_t program_pages(void);

#endif
