/*
 * ram_map.h - inside of a physical memory map, for the rest of the machine.
 */
#ifndef SIM_MACHINE_RAM_MAP_H
#define SIM_MACHINE_RAM_MAP_H

#include <kmemsim/ram.h>
#include <string.h>

#define PHYS_END    (UINT64_C(1) << KMS_PHYS_BITS)
#define PAGE_OFFSET ((uint64_t)KMS_PAGE_SIZE - 1u)
#define POISON_LIMIT                                                                                         \
    (UINT64_C(256) << 20) /* RAM up to this size is poisoned when it is made, larger RAM when used */

/* One piece of host memory behind RAM. A hole laid over RAM splits its region, not its block. */
struct ram_block {
    struct ram_block *next;
    uint8_t *bytes;
    uint64_t size;
    kms_phys base;
    int fd;          /* -1: private memory */
    uint8_t *filled; /* per page, once poisoned; NULL when the whole block is what it should be */
    uint32_t *saved; /* per page, 1 + its place in the newest undo log; NULL until there is a log */
};

struct ram_region {
    kms_phys base;
    uint64_t size;
    enum kms_region_kind kind;
    uint8_t *bytes; /* RAM and ROM: host memory of the first byte; never written for ROM */
    struct ram_block *block;
    struct kms_mmio mmio;
};

struct kms_ram {
    /* The largest region of RAM that needs no filling: the only thing that the walkers' fast way looks at. */
    uint8_t *flat_bytes;
    kms_phys flat_base;
    uint64_t flat_size;
    uint64_t flat_starts; /* 8-byte accesses may start at this many addresses from flat_base on */

    struct ram_region region[KMS_RAM_REGIONS]; /* by base */
    unsigned regions;
    struct kms_ram_options options;
    struct ram_block *blocks;
    struct ram_undo *undo; /* the newest log, NULL while nobody holds a snapshot */
};

/* The region that holds an address, or NULL. */
const struct ram_region *ram_region_at(const struct kms_ram *ram, kms_phys phys);

/*
 * The host page that holds a physical address, for reading (RAM or ROM) or for writing (RAM only, and logged
 * for undo). NULL where accesses must go byte by byte through kms_phys_load() and kms_phys_store().
 */
const uint8_t *ram_page_for_read(const struct kms_ram *ram, kms_phys phys);
uint8_t *ram_page_for_write(struct kms_ram *ram, kms_phys phys);

/* Make the pages of a range of a block what RAM holds at power-on, where that was put off. */
void ram_block_fill(const struct kms_ram *ram, struct ram_block *block, uint64_t offset, uint64_t size);
uint8_t ram_fill_byte(const struct kms_ram *ram);

/* Whether an access of up to 8 bytes lies in the flat region. */
static inline bool ram_is_flat(const struct kms_ram *ram, kms_phys phys)
{
    return __builtin_expect(phys - ram->flat_base < ram->flat_starts, 1);
}

static inline uint64_t le_get(const uint8_t *bytes, unsigned width)
{
    uint64_t value = 0;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&value, bytes, width);
#else
    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
#endif
    return value;
}

static inline void le_put(uint8_t *bytes, unsigned width, uint64_t value)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(bytes, &value, width);
#else
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
#endif
}

/* An entry of a table in the flat region. */
static inline uint64_t ram_flat_entry(const struct kms_ram *ram, kms_phys phys, unsigned width)
{
    return le_get(ram->flat_bytes + (phys - ram->flat_base), width);
}

/* An entry of a table. Devices are not asked: a walk has no side effects. */
__attribute__((cold)) enum kms_result ram_load_entry_slowly(const struct kms_ram *ram, kms_phys phys,
                                                            unsigned width, uint64_t *entry);

static inline enum kms_result ram_load_entry(const struct kms_ram *ram, kms_phys phys, unsigned width,
                                             uint64_t *entry)
{
    if (ram_is_flat(ram, phys)) {
        *entry = ram_flat_entry(ram, phys, width);
        return KMS_DONE;
    }
    uint64_t far; /* apart from *entry, which can so stay in a register */
    const enum kms_result result = ram_load_entry_slowly(ram, phys, width, &far);
    *entry = result == KMS_DONE ? far : 0;
    return result;
}

/* ---- undo logs (ram_undo.c) ---- */

/* Start a log: everything written from now on can be undone. NULL: no memory. */
struct ram_undo *ram_undo_begin(struct kms_ram *ram);
/* Undo all that was written since `undo` began; it goes on from there. Newer logs are gone. */
void ram_undo_apply(struct kms_ram *ram, struct ram_undo *undo);
/* Forget a log and the newer ones; what they hold is handed to the next older one. */
void ram_undo_end(struct kms_ram *ram, struct ram_undo *undo);
size_t ram_undo_pages(const struct ram_undo *undo);
void ram_undo_save_pages(struct kms_ram *ram, struct ram_block *block, uint64_t offset, uint64_t size);

/* Bytes of a block are about to be written. */
static inline void ram_undo_save(struct kms_ram *ram, struct ram_block *block, uint64_t offset, uint64_t size)
{
    if (__builtin_expect(ram->undo != NULL, 0))
        ram_undo_save_pages(ram, block, offset, size);
}

#endif
