/* inspect.c - looking without touching. */
#include "cpu.h"
#include "riscv_walk.h"
#include "x86_walk.h"

#include <assert.h>

void kms_inspect(const struct kms_cpu *cpu, kms_linear linear, struct kms_walk *walk)
{
    assert(cpu && walk);
    if (cpu_is_x86(cpu))
        x86_walk(&cpu->layout, &cpu->x86, cpu->machine->ram, linear, walk);
    else
        riscv_walk(&cpu->riscv_layout, cpu->machine->ram, linear, walk);
}

size_t kms_peek(const struct kms_cpu *cpu, kms_linear linear, void *to, size_t size)
{
    assert(cpu && (to || size == 0));
    size_t done = 0;
    while (done < size) {
        struct kms_walk walk;
        kms_inspect(cpu, linear + done, &walk);
        const uint8_t *page =
            walk.verdict == KMS_MAPPED ? ram_page_for_read(cpu->machine->ram, walk.phys) : NULL;
        if (!page)
            break;
        const size_t offset = (size_t)(walk.phys & PAGE_OFFSET);
        const size_t room = KMS_PAGE_SIZE - offset;
        const size_t piece = size - done < room ? size - done : room;
        memcpy((uint8_t *)to + done, page + offset, piece);
        done += piece;
    }
    return done;
}

size_t kms_fault_words(const struct kms_cpu *cpu, const struct kms_fault *fault, char *text, size_t size)
{
    assert(cpu && fault && (text || size == 0));
    return cpu_is_x86(cpu) ? kms_x86_fault_words(fault, text, size)
                           : kms_riscv_fault_words(fault, text, size);
}

struct listing {
    struct kms_tlb_entry *entries;
    size_t max, count;
};

static void list_slot(void *context, const struct tlb_slot *slot)
{
    struct listing *listing = context;
    if (listing->count < listing->max)
        listing->entries[listing->count] = slot->entry;
    listing->count++;
}

size_t kms_tlb_list(const struct kms_cpu *cpu, struct kms_tlb_entry *entries, size_t max)
{
    assert(cpu && (entries || max == 0));
    struct listing listing = {entries, max, 0};
    tlb_each(&cpu->tlb, list_slot, &listing);
    return listing.count;
}
