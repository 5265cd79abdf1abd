/* ram_region.c - making a physical memory map: regions, and the host memory behind RAM. */
#if defined(__linux__)
#define _GNU_SOURCE /* memfd_create */
#endif
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "ram_map.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

const struct ram_region *ram_region_at(const struct kms_ram *ram, kms_phys phys)
{
    for (unsigned i = 0; i < ram->regions; i++)
        if (phys - ram->region[i].base < ram->region[i].size)
            return &ram->region[i];
    return NULL;
}

struct kms_region kms_ram_region(const struct kms_ram *ram, kms_phys phys)
{
    assert(ram);
    kms_phys gap_start = 0;
    for (unsigned i = 0; i < ram->regions; i++) {
        const struct ram_region *region = &ram->region[i];
        if (phys < region->base)
            return (struct kms_region){gap_start, region->base - gap_start, KMS_REGION_NONE};
        if (phys - region->base < region->size)
            return (struct kms_region){region->base, region->size, region->kind};
        gap_start = region->base + region->size;
    }
    return (struct kms_region){gap_start, PHYS_END - gap_start, KMS_REGION_NONE};
}

kms_phys kms_ram_end(const struct kms_ram *ram)
{
    assert(ram);
    if (ram->regions == 0)
        return 0;
    const struct ram_region *last = &ram->region[ram->regions - 1];
    return last->base + last->size;
}

uint64_t kms_ram_size(const struct kms_ram *ram)
{
    assert(ram);
    uint64_t size = 0;
    for (unsigned i = 0; i < ram->regions; i++)
        if (ram->region[i].kind == KMS_REGION_RAM)
            size += ram->region[i].size;
    return size;
}

/* The largest region of RAM that is what it should be already. */
static void choose_flat(struct kms_ram *ram)
{
    ram->flat_bytes = NULL;
    ram->flat_base = ram->flat_size = ram->flat_starts = 0;
    for (unsigned i = 0; i < ram->regions; i++) {
        const struct ram_region *region = &ram->region[i];
        if (region->kind == KMS_REGION_RAM && !region->block->filled && region->size > ram->flat_size) {
            ram->flat_bytes = region->bytes;
            ram->flat_base = region->base;
            ram->flat_size = region->size;
            ram->flat_starts = region->size - 7;
        }
    }
}

static void insert_region(struct kms_ram *ram, const struct ram_region *region)
{
    unsigned at = ram->regions++;
    for (; at > 0 && ram->region[at - 1].base > region->base; at--)
        ram->region[at] = ram->region[at - 1];
    ram->region[at] = *region;
}

static void remove_region(struct kms_ram *ram, unsigned at)
{
    ram->regions--;
    memmove(&ram->region[at], &ram->region[at + 1], (ram->regions - at) * sizeof ram->region[0]);
}

static struct ram_region part_of(const struct ram_region *whole, kms_phys from, kms_phys to)
{
    struct ram_region part = *whole;
    part.base = from;
    part.size = to - from;
    part.bytes = whole->bytes + (from - whole->base);
    return part;
}

/* Cut a range out of RAM, and insert what takes its place (nothing for a hole). Fails before anything is
 * changed. */
static enum kms_status lay_over(struct kms_ram *ram, kms_phys base, uint64_t size,
                                const struct ram_region *region)
{
    const kms_phys end = base + size;
    unsigned more = region ? 1 : 0;
    for (unsigned i = 0; i < ram->regions; i++) {
        const struct ram_region *old = &ram->region[i];
        if (old->base >= end || old->base + old->size <= base)
            continue;
        if (old->kind != KMS_REGION_RAM)
            return KMS_BAD_RANGE;
        if (old->base < base && old->base + old->size > end)
            more++;
    }
    if (ram->regions + more > KMS_RAM_REGIONS)
        return KMS_NO_MEMORY;

    for (unsigned i = 0; i < ram->regions;) {
        const struct ram_region old = ram->region[i];
        if (old.base >= end || old.base + old.size <= base) {
            i++;
            continue;
        }
        const struct ram_region low = part_of(&old, old.base, old.base < base ? base : old.base);
        const kms_phys old_end = old.base + old.size;
        const struct ram_region high = part_of(&old, old_end > end ? end : old_end, old_end);
        remove_region(ram, i);
        if (low.size) {
            insert_region(ram, &low);
            i++;
        }
        if (high.size) {
            insert_region(ram, &high);
            i++;
        }
    }
    if (region)
        insert_region(ram, region);
    choose_flat(ram);
    return KMS_OK;
}

static bool is_page_range(kms_phys base, uint64_t size)
{
    return size > 0 && ((base | size) & PAGE_OFFSET) == 0 && base < PHYS_END && size <= PHYS_END - base;
}

static int shared_file(uint64_t size)
{
#if defined(__linux__)
    int fd = memfd_create("kmemsim-ram", MFD_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, (off_t)size) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
#else
    (void)size;
    return -1;
#endif
}

static void block_free(struct ram_block *block)
{
    if (block->bytes != MAP_FAILED && block->bytes)
        munmap(block->bytes, block->size);
    if (block->fd >= 0)
        close(block->fd);
    free(block->filled);
    free(block->saved);
    free(block);
}

static enum kms_status block_new(const struct kms_ram *ram, kms_phys base, uint64_t size,
                                 struct ram_block **result)
{
    struct ram_block *block = calloc(1, sizeof *block);
    if (!block)
        return KMS_NO_MEMORY;
    *block = (struct ram_block){.base = base, .size = size, .fd = -1};
    enum kms_status status = KMS_NO_MEMORY;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (ram->options.shared) {
        block->fd = shared_file(size);
        flags = MAP_SHARED | MAP_NORESERVE;
        status = block->fd < 0 ? KMS_UNSUPPORTED : KMS_NO_MEMORY;
    }
    if (size > SIZE_MAX || (ram->options.shared && block->fd < 0))
        goto fail;
    block->bytes = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, flags, block->fd, 0);
    if (block->bytes == MAP_FAILED)
        goto fail;
    if (ram->options.fill == KMS_FILL_POISON && size > POISON_LIMIT) {
        block->filled = calloc((size_t)(size / KMS_PAGE_SIZE), 1);
        if (!block->filled)
            goto fail;
    } else if (ram->options.fill == KMS_FILL_POISON) {
        memset(block->bytes, KMS_POISON, (size_t)size);
    }
    *result = block;
    return KMS_OK;
fail:
    block_free(block);
    return status;
}

enum kms_status kms_ram_add(struct kms_ram *ram, kms_phys base, uint64_t size)
{
    assert(ram);
    if (!is_page_range(base, size))
        return KMS_BAD_RANGE;
    for (unsigned i = 0; i < ram->regions; i++)
        if (ram->region[i].base < base + size && base < ram->region[i].base + ram->region[i].size)
            return KMS_BAD_RANGE;
    if (ram->regions == KMS_RAM_REGIONS)
        return KMS_NO_MEMORY;
    struct ram_block *block;
    const enum kms_status status = block_new(ram, base, size, &block);
    if (status != KMS_OK)
        return status;
    block->next = ram->blocks;
    ram->blocks = block;
    const struct ram_region region = {
        .base = base, .size = size, .kind = KMS_REGION_RAM, .bytes = block->bytes, .block = block};
    return lay_over(ram, base, size, &region);
}

enum kms_status kms_ram_add_rom(struct kms_ram *ram, kms_phys base, const void *bytes, uint64_t size)
{
    assert(ram && bytes);
    if (!is_page_range(base, size))
        return KMS_BAD_RANGE;
    /* The cast loses const; regions of this kind are never written. */
    const struct ram_region region = {
        .base = base, .size = size, .kind = KMS_REGION_ROM, .bytes = (uint8_t *)(uintptr_t)bytes};
    return lay_over(ram, base, size, &region);
}

enum kms_status kms_ram_add_mmio(struct kms_ram *ram, kms_phys base, uint64_t size,
                                 const struct kms_mmio *mmio)
{
    assert(ram && mmio && mmio->read && mmio->write);
    if (!is_page_range(base, size))
        return KMS_BAD_RANGE;
    const struct ram_region region = {.base = base, .size = size, .kind = KMS_REGION_MMIO, .mmio = *mmio};
    return lay_over(ram, base, size, &region);
}

enum kms_status kms_ram_add_hole(struct kms_ram *ram, kms_phys base, uint64_t size)
{
    assert(ram);
    return is_page_range(base, size) ? lay_over(ram, base, size, NULL) : KMS_BAD_RANGE;
}

enum kms_status kms_ram_new(uint64_t size, const struct kms_ram_options *options, struct kms_ram **result)
{
    assert(result);
    *result = NULL;
    if (size != 0 && (size < KMS_RAM_MIN || !is_page_range(0, size)))
        return KMS_BAD_RANGE;
    struct kms_ram *ram = calloc(1, sizeof *ram);
    if (!ram)
        return KMS_NO_MEMORY;
    if (options)
        ram->options = *options;
    const enum kms_status status = size ? kms_ram_add(ram, 0, size) : KMS_OK;
    if (status != KMS_OK) {
        kms_ram_free(ram);
        return status;
    }
    *result = ram;
    return KMS_OK;
}

void kms_ram_free(struct kms_ram *ram)
{
    if (!ram)
        return;
    assert(!ram->undo && "snapshots end with the machine, before its RAM");
    for (struct ram_block *block = ram->blocks, *next; block; block = next) {
        next = block->next;
        block_free(block);
    }
    free(ram);
}
