/*
 * tables.h - the page tables of an address space, whichever width its entries have.
 *
 *   TABLES_32    two levels, 1024 entries of 4 bytes    "32-Bit Paging"
 *   TABLES_PAE   three levels, 4 and 512 entries of 8   "PAE Paging"
 *
 * An entry is a 64-bit value everywhere; in a 32-bit table its upper half does not exist and is dropped. Bits 0 to
 * 11 mean the same in both (kernel/x86.h). Tables are reached through hw_ptr() by their physical address, so the
 * kernel has them mapped at it.
 *
 * Only entries of 4 KiB pages are handled. A range under a large page has no entries here.
 */
#ifndef LIB_TABLES_H
#define LIB_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#define ENTRY_FRAME      0x000ffffffffff000ull /* the bits of an entry that hold a frame */
#define ENTRY_NO_EXECUTE 0x8000000000000000ull /* PAE only, and only with EFER.NXE */

enum table_format { TABLES_32, TABLES_PAE };

struct tables {
    enum table_format format;
    uint32_t root; /* physical address of the uppermost table, as CR3 has it */
};

/* Where frames for tables come from and go to. take gives 0 without memory: frame 0 is never a table. */
struct table_source {
    uint32_t (*take)(void *context);
    void (*give)(void *context, uint32_t frame);
    void *context;
};

/* Linear addresses, multiples of the page size; end is exclusive. */
struct table_range {
    uint32_t start, end;
};

/*
 * Tables for a new address space: as the kernel's outside of the user's range, empty inside. Upper tables that the
 * processor reads when CR3 is loaded ("PDPTE Registers") are made here, all others when they are needed. False
 * without memory, and nothing was taken. The kernel's upper entries are copied: they must not change later.
 */
bool tables_new(struct tables *tables, const struct tables *kernel, const struct table_range *user,
                const struct table_source *source);

/* Give back every table that tables_new() and tables_make_entry() took; the entries map nothing of value. */
void tables_free(struct tables *tables, const struct table_range *user, const struct table_source *source);

/* The entry of a page, for the functions below; NULL where there is no table for it. */
void *tables_entry(const struct tables *tables, uint32_t linear);

/* The same, making what tables are missing. NULL without memory; tables that were made by then stay. */
void *tables_make_entry(const struct tables *tables, uint32_t linear, const struct table_source *source);

uint64_t entry_read(const struct tables *tables, const void *entry);

/* Never a moment in which half of a new frame is present. What the processor has cached is the caller's affair. */
void entry_write(const struct tables *tables, void *entry, uint64_t value);

/* The first page from linear on whose entry is not 0, below end; end if there is none. */
uint32_t tables_next(const struct tables *tables, uint32_t linear, uint32_t end);

/* Frames that tables_free() would give back. */
uint32_t tables_count(const struct tables *tables, const struct table_range *user);

/* The processor translates through these tables now. */
bool tables_are_current(const struct tables *tables);

static inline uint32_t entry_frame(uint64_t entry)
{
    return (uint32_t)(entry & ENTRY_FRAME);
}

#endif
