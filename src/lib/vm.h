/*
 * vm.h - virtual memory: address spaces whose pages come when they are touched and may leave when memory is short.
 *
 *                          write fault, shared
 *      nothing ----fault----> frame <-----------> frame, mapped read-only by several spaces (duplicated)
 *         ^                    |  ^
 *         |  unchanged since   |  | fault
 *         +----- it came ------+  |
 *                              |  |
 *                changed       v  |
 *                           slot of the store
 *
 * An entry of a user's page is one of these three:
 *   0                              nothing yet: the area says what comes (zeros, or bytes of its image)
 *   P, frame, US ...               the page is in this frame
 *   slot << 12 | VM_ENTRY_SLOT     the page is in this slot of the store
 *
 * Invariants (vm_check() looks at all of them):
 *   - a frame in use has as many references as entries map it, all at its linear address
 *   - a frame with more than one reference, or whose slot is held by an entry too, is writable through no entry
 *   - a slot has as many holders as entries name it, plus its frame
 *   - a frame whose copy is a slot or FRAME_ORIGINAL has the same bytes there unless an entry's D bit is set
 *   - entries stand in areas only, with no more rights than the area has
 *
 * The MMU's caches. Exactly one function changes a present entry. It invalidates the page if and only if the
 * processor may have the old translation (the entry was present, its A bit set, and its tables are in CR3) and the
 * new entry takes something away: P, the frame, a right, A or D. "Details of TLB Use": what has A clear is not
 * cached. Duplication, which invalidates what could be written, clears A too and notes it with the frame, for the clock; else
 * those pages would be invalidated once more. So whoever loads CR3 must have CR4.PCIDE clear and no PTE_G in these entries.
 *
 * Mechanism only: which spaces there are, where memory comes from and what becomes of a process whose page cannot
 * be had is the kernel's. Nothing here allocates but through vm_source. One thread at a time. The kernel must not
 * write to user pages with CR0.WP clear: it would write through read-only entries into shared frames.
 */
#ifndef LIB_VM_H
#define LIB_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kernel/hw.h>

#include "frames.h"
#include "replace.h"
#include "slots.h"
#include "store.h"
#include "tables.h"

#define VM_ENTRY_SLOT                                                                                        \
    0x200ull /* in an entry that is not present: it names a slot. A bit that is the software's */

#define VM_AREAS        32u
#define VM_SPACES       32u
#define VM_STACK_STRIDE 16u /* pages: a stack grows by touching no further below than this */

enum vm_status {
    VM_OK,
    VM_NOT_MAPPED,   /* no area there, or too far below a stack */
    VM_DENIED,       /* the area does not allow this access */
    VM_NO_MEMORY,    /* no frame, and none that could be had by eviction */
    VM_STORE_FULL,   /* all frames have bytes that stand nowhere else, and the store has no free slot */
    VM_STORE_FAILED, /* the page could not be read, or none could be written to make room */
    VM_IMAGE_FAILED, /* the image could not be read */
    VM_TAKEN,        /* the range overlaps an area */
    VM_BAD_RANGE,    /* empty, not of whole pages, or not the user's */
    VM_FULL,         /* no room for another area or space */
    VM_STATUSES
};

/* ---- areas ---- */

/* A page of something like a file: bytes from an offset on, all of them inside of it. */
struct vm_image_part {
    uint32_t image; /* by which the kernel knows it */
    uint32_t offset;
    uint32_t bytes;
    void *to;
};

/* Where images come from. False: the part cannot be read. */
typedef bool (*vm_image_reader)(const struct vm_image_part *part);

#define AREA_WRITE   0x1u
#define AREA_EXECUTE 0x2u /* without it: no execution, where the tables can say so */
#define AREA_STACK   0x4u /* grows downwards, from end to start */

struct area {
    uint32_t start, end; /* whole pages; end 0: no area */
    uint32_t flags;      /* AREA_ */
    uint32_t lowest;     /* of a stack: the lowest page that it has grown to */
    uint32_t image;      /* whose bytes the area begins with, if image_size is not 0 */
    uint32_t image_size; /* in bytes; behind them there are zeros */
};

/* ---- spaces ---- */

struct space {
    struct tables tables;
    struct table_range user; /* areas lie in here */
    bool tables_are_lent;    /* by whoever called space_adopt() */
    struct area areas[VM_AREAS];
};

/* ---- all of it ---- */

struct vm_counts {
    uint64_t faults;        /* handed to vm_fault() */
    uint64_t refused;       /* of them, in VM_ statuses other than VM_OK */
    uint64_t zero_fills;    /* pages that came as zeros */
    uint64_t image_fills;   /* from an image */
    uint64_t swap_ins;      /* read from the store */
    uint64_t shared_ins;    /* named a slot whose bytes another space had in a frame */
    uint64_t copies;        /* of shared frames, on a write */
    uint64_t reuses;        /* writes to a frame that was shared no more */
    uint64_t spurious;      /* faults that nothing was wrong with any more */
    uint64_t grown;         /* pages that stacks grew by */
    uint64_t evictions;     /* frames that were taken from their pages */
    uint64_t write_backs;   /* of them, written to the store before */
    uint64_t invalidations; /* INVLPG */
    uint64_t tables_made;
};

struct vm_source {
    uint32_t (*take)(void *context); /* the physical address of a frame in the range, or 0 */
    void (*give)(void *context, uint32_t frame);
    void *context;
};

struct vm {
    struct vm_source source;
    struct frames frames;
    struct slots slots;
    struct store store;
    struct replace replace;
    vm_image_reader read_image;
    bool no_execute; /* EFER.NXE is set and the tables are TABLES_PAE */
    struct space *spaces[VM_SPACES];
    uint32_t tables_taken; /* frames that are page tables of spaces */
    enum vm_status table_status;
    struct vm_counts counts;
};

/* What the caller has before vm_init(): arrays of its own, and what fills them. */
struct vm_parts {
    struct vm_source source;
    struct frame *frames; /* one for each frame from first_frame on */
    uint32_t first_frame;
    uint32_t frame_count;
    struct slot *slots;
    uint32_t slot_count;        /* at most hw_store_pages() and SLOTS_MAX */
    vm_image_reader read_image; /* NULL where no area has an image */
    bool no_execute;
};

void vm_init(struct vm *vm, const struct vm_parts *parts);

/* ---- space.c ---- */

/* A space without areas, with tables of its own. VM_NO_MEMORY and the statuses of eviction; VM_FULL. */
enum vm_status space_create(struct vm *vm, struct space *space, const struct tables *kernel,
                            const struct table_range *user);

/* The same with tables that exist and that the caller keeps; the entries of the user's range are 0. */
enum vm_status space_adopt(struct vm *vm, struct space *space, const struct tables *tables,
                           const struct table_range *user);

/* All pages and slots go back, and the tables unless they are lent; then entries are 0. CR3 names other tables. */
void space_destroy(struct vm *vm, struct space *space);

/* Nothing of the area is mapped yet. VM_TAKEN, VM_BAD_RANGE, VM_FULL. */
enum vm_status space_add_area(struct space *space, const struct area *area);

/* The area that starts there ends, with its pages; VM_NOT_MAPPED if none does. */
enum vm_status space_remove_area(struct vm *vm, struct space *space, uint32_t start);

/* The area that holds an address, or NULL. */
struct area *space_area(struct space *space, uint32_t linear);

/* The start of the lowest free range of so many pages between two addresses; 0 if there is none. */
uint32_t space_find_room(struct space *space, const struct table_range *between, uint32_t pages);

/*
 * The one function that changes an entry whose old value may be cached; the new value may be anything.
 */
void space_set_entry(struct vm *vm, struct space *space, uint32_t linear, uint64_t value);

/* The present entry's page or the named slot is let go, and the entry is 0. */
void space_drop_page(struct vm *vm, struct space *space, uint32_t linear);

/* ---- demand.c ---- */

/*
 * What a page fault of a user of this space, or of the kernel at a user's address, calls for. VM_OK: run the access
 * again. Otherwise nothing was lost and the page is as it was.
 */
enum vm_status vm_fault(struct vm *vm, struct space *space, const struct hw_page_fault *fault);

/* The entry for a page with its frame and the area's rights; writable only if the area is and the caller says so. */
uint64_t vm_entry(const struct vm *vm, const struct area *area, uint32_t frame, bool writable);

/* ---- cow.c ---- */

/* child, created and without areas, becomes the same as parent, whose pages both share from now on until either
 * writes. On an error child is as it was and parent has all its pages. */
enum vm_status space_duplicate(struct vm *vm, struct space *parent, struct space *child);

/* A write to a page that is present and read-only, in an area that may be written. */
enum vm_status cow_break(struct vm *vm, struct space *space, const struct area *area, uint32_t linear);

/* ---- swap.c ---- */

/* A frame for any purpose, by eviction if need be; *frame is its physical address. Pages count against the limit
 * of frames only when they come into use. */
enum vm_status swap_take_frame(struct vm *vm, uint32_t *frame);

/* The same for a page: within the limit of frames. */
enum vm_status swap_take_page(struct vm *vm, uint32_t *frame);

/* The source of frames for tables. After one was not to be had, vm->table_status says why. */
struct table_source swap_table_source(struct vm *vm);

/* One page leaves memory, by the policy in force. Those whose bytes cannot be written stay. */
enum vm_status swap_evict(struct vm *vm);

/* The page comes back from the slot that its entry names. */
enum vm_status swap_in(struct vm *vm, struct space *space, const struct area *area, uint32_t linear);

/* The page in a frame has changed, if an entry's D bit says so: what stands elsewhere is not its copy any more. */
void swap_note_dirty(struct vm *vm, uint32_t number, uint64_t entry);

/* Let go of what the frame has elsewhere. */
void swap_forget_copy(struct vm *vm, uint32_t number);

/* One entry less maps the frame; the last gives it back. */
void swap_release(struct vm *vm, uint32_t number);

/* ---- mappers.c ---- */

/* The entries that map a frame: starts with an all-zero cursor, ends with false. */
struct mapper {
    struct space *space;
    uint64_t entry;
    uint32_t next_space;
    uint32_t seen;
};
bool vm_next_mapper(const struct vm *vm, uint32_t number, struct mapper *mapper);

/* ---- vm_check.c ---- */

/* The first broken invariant in words, or NULL. The words last until the next call. */
const char *vm_check(struct vm *vm);

#endif
