#include "umalloc.h"

#include "uvm.h"

struct header {
    reg_t next, size;
};

static bool read_header(const struct process *process, reg_t at, struct header *header)
{
    return uvm_copy_in(process->pagetable, header, at, sizeof *header) == 0;
}

/* A block of the ring other than its first: what is said of it must be inside the heap. */
static const char *check_block(const struct process *process, reg_t at, const struct header *header)
{
    if (at % UMALLOC_UNIT || at < process->heap_begin || at >= process->heap_end)
        return "the ring of free blocks leads out of the heap";
    if (header->size == 0 || header->size > (process->heap_end - at) / UMALLOC_UNIT)
        return "a free block ends beyond the break";
    return header->next == at + header->size * UMALLOC_UNIT ? "two free blocks that touch are not joined"
                                                            : NULL;
}

/* From the ring's first unit, which lies below all blocks, addresses rise until they come back to it. */
const char *umalloc_check(const struct process *process)
{
    const reg_t first = process->libc_data;
    struct header header;
    reg_t begin;

    if (uvm_copy_in(process->pagetable, &begin, first + UMALLOC_UNIT, sizeof begin) != 0)
        return "the C library's static data is not mapped";
    if (begin == 0)
        return NULL;
    for (reg_t at = first; read_header(process, at, &header);) {
        const char *const broken = at == first ? NULL : check_block(process, at, &header);

        if (broken)
            return broken;
        const reg_t end = at + header.size * UMALLOC_UNIT;

        at = header.next;
        if (at == first)
            return NULL;
        if (at < end)
            return "free blocks overlap, or are not in order";
    }
    return "the ring of free blocks leads out of the heap";
}
