/* ram.c - reading and writing physical addresses. */
#include "ram_map.h"

#include <assert.h>

static bool is_access_width(size_t width)
{
    return width == 1 || width == 2 || width == 4 || width == 8;
}

uint8_t ram_fill_byte(const struct kms_ram *ram)
{
    return ram->options.fill == KMS_FILL_POISON ? KMS_POISON : 0;
}

void ram_block_fill(const struct kms_ram *ram, struct ram_block *block, uint64_t offset, uint64_t size)
{
    if (!block->filled)
        return;
    for (uint64_t page = offset / KMS_PAGE_SIZE; page <= (offset + size - 1) / KMS_PAGE_SIZE; page++) {
        if (!block->filled[page])
            memset(block->bytes + page * KMS_PAGE_SIZE, ram_fill_byte(ram), KMS_PAGE_SIZE);
        block->filled[page] = 1;
    }
}

/* Bytes from `phys` to the end of the region, or of the gap, that holds it. */
static uint64_t bytes_left(const struct kms_ram *ram, const struct ram_region *region, kms_phys phys)
{
    if (region)
        return region->base + region->size - phys;
    const struct kms_region gap = kms_ram_region(ram, phys);
    return gap.base + gap.size - phys;
}

static uint8_t *region_bytes(const struct kms_ram *ram, const struct ram_region *region, kms_phys phys,
                             uint64_t size)
{
    if (region->block && size > 0)
        ram_block_fill(ram, region->block, phys - region->block->base, size);
    return region->bytes + (phys - region->base);
}

const uint8_t *ram_page_for_read(const struct kms_ram *ram, kms_phys phys)
{
    const struct ram_region *region = ram_region_at(ram, phys);
    if (!region || !region->bytes)
        return NULL;
    return region_bytes(ram, region, phys & ~PAGE_OFFSET, KMS_PAGE_SIZE);
}

uint8_t *ram_page_for_write(struct kms_ram *ram, kms_phys phys)
{
    const struct ram_region *region = ram_region_at(ram, phys);
    if (!region || region->kind != KMS_REGION_RAM)
        return NULL;
    const kms_phys page = phys & ~PAGE_OFFSET;
    uint8_t *bytes = region_bytes(ram, region, page, KMS_PAGE_SIZE);
    ram_undo_save(ram, region->block, page - region->block->base, KMS_PAGE_SIZE);
    return bytes;
}

/* Part of an access that lies in one region or gap. */
static void read_piece(const struct kms_ram *ram, const struct ram_region *region, kms_phys phys, uint8_t *to,
                       size_t size)
{
    if (!region) {
        memset(to, 0xff, size);
    } else if (region->kind != KMS_REGION_MMIO) {
        memcpy(to, region_bytes(ram, region, phys, size), size);
    } else if (is_access_width(size)) {
        le_put(to, (unsigned)size,
               region->mmio.read(region->mmio.context, phys - region->base, (unsigned)size));
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = (uint8_t)region->mmio.read(region->mmio.context, phys - region->base + i, 1);
    }
}

static void write_piece(struct kms_ram *ram, const struct ram_region *region, kms_phys phys,
                        const uint8_t *from, size_t size)
{
    if (!region || region->kind == KMS_REGION_ROM)
        return;
    if (region->kind == KMS_REGION_RAM) {
        uint8_t *to = region_bytes(ram, region, phys, size);
        ram_undo_save(ram, region->block, phys - region->block->base, size);
        memcpy(to, from, size);
    } else if (is_access_width(size)) {
        region->mmio.write(region->mmio.context, phys - region->base, (unsigned)size,
                           le_get(from, (unsigned)size));
    } else {
        for (size_t i = 0; i < size; i++)
            region->mmio.write(region->mmio.context, phys - region->base + i, 1, from[i]);
    }
}

/* Whether every byte of a range may be accessed under the map's policy. */
static bool is_answered(const struct kms_ram *ram, kms_phys phys, size_t size)
{
    if (ram->options.unbacked == KMS_OPEN_BUS)
        return true;
    while (size > 0) {
        const struct ram_region *region = ram_region_at(ram, phys);
        if (!region)
            return false;
        const uint64_t left = bytes_left(ram, region, phys);
        if (left >= size)
            return true;
        phys += left;
        size -= (size_t)left;
    }
    return true;
}

/* Physical addresses wrap nowhere: what lies above the highest one is open bus. */
static size_t piece_size(const struct kms_ram *ram, const struct ram_region *region, kms_phys phys,
                         size_t size)
{
    if (phys >= PHYS_END)
        return size;
    const uint64_t left = bytes_left(ram, region, phys);
    return left < size ? (size_t)left : size;
}

enum kms_result kms_phys_read(const struct kms_ram *ram, kms_phys phys, void *to, size_t size)
{
    assert(ram && (to || size == 0));
    if (!is_answered(ram, phys, size))
        return KMS_UNBACKED;
    for (uint8_t *out = to; size > 0;) {
        const struct ram_region *region = ram_region_at(ram, phys);
        const size_t piece = piece_size(ram, region, phys, size);
        read_piece(ram, region, phys, out, piece);
        out += piece;
        phys += piece;
        size -= piece;
    }
    return KMS_DONE;
}

enum kms_result kms_phys_write(struct kms_ram *ram, kms_phys phys, const void *from, size_t size)
{
    assert(ram && (from || size == 0));
    if (!is_answered(ram, phys, size))
        return KMS_UNBACKED;
    for (const uint8_t *in = from; size > 0;) {
        const struct ram_region *region = ram_region_at(ram, phys);
        const size_t piece = piece_size(ram, region, phys, size);
        write_piece(ram, region, phys, in, piece);
        in += piece;
        phys += piece;
        size -= piece;
    }
    return KMS_DONE;
}

enum kms_result kms_phys_load(const struct kms_ram *ram, kms_phys phys, unsigned width, uint64_t *value)
{
    assert(ram && value && is_access_width(width));
    uint8_t bytes[8];
    const enum kms_result result = kms_phys_read(ram, phys, bytes, width);
    if (result == KMS_DONE)
        *value = le_get(bytes, width);
    return result;
}

enum kms_result kms_phys_store(struct kms_ram *ram, kms_phys phys, unsigned width, uint64_t value)
{
    assert(ram && is_access_width(width));
    uint8_t bytes[8];
    le_put(bytes, width, value);
    return kms_phys_write(ram, phys, bytes, width);
}

enum kms_result ram_load_entry_slowly(const struct kms_ram *ram, kms_phys phys, unsigned width,
                                      uint64_t *entry)
{
    const struct ram_region *region = ram_region_at(ram, phys);
    if (region && region->bytes) {
        *entry = le_get(region_bytes(ram, region, phys, width), width);
        return KMS_DONE;
    }
    if (!region && ram->options.unbacked == KMS_REPORT)
        return KMS_UNBACKED;
    *entry = UINT64_MAX >> (64 - 8 * width);
    return KMS_DONE;
}

uint8_t *kms_ram_ptr(struct kms_ram *ram, kms_phys phys, uint64_t size)
{
    assert(ram);
    const struct ram_region *region = ram_region_at(ram, phys);
    if (!region || region->kind != KMS_REGION_RAM || bytes_left(ram, region, phys) < size)
        return NULL;
    return region_bytes(ram, region, phys, size);
}

void kms_ram_touch(struct kms_ram *ram, kms_phys phys, uint64_t size)
{
    assert(ram);
    while (size > 0 && phys < PHYS_END) {
        const struct ram_region *region = ram_region_at(ram, phys);
        const uint64_t left = bytes_left(ram, region, phys);
        const uint64_t piece = left < size ? left : size;
        if (region && region->kind == KMS_REGION_RAM) {
            ram_block_fill(ram, region->block, phys - region->block->base, piece);
            ram_undo_save(ram, region->block, phys - region->block->base, piece);
        }
        phys += piece;
        size -= piece;
    }
}

bool kms_ram_file(const struct kms_ram *ram, kms_phys phys, int *fd, uint64_t *offset)
{
    assert(ram && fd && offset);
    const struct ram_region *region = ram_region_at(ram, phys);
    if (!region || region->kind != KMS_REGION_RAM || region->block->fd < 0)
        return false;
    *fd = region->block->fd;
    *offset = (phys - region->block->base) & ~PAGE_OFFSET;
    return true;
}
