/*
 * ram.h - what stands behind physical addresses: RAM, ROM, memory-mapped devices, and nothing at all.
 *
 * A struct kms_ram is a map of regions that do not overlap. RAM is sparse: only pages that were written take
 * host memory, so a 64 GiB machine costs nothing until it is used. Values are little-endian on every host.
 * All offsets, bases and sizes are in bytes.
 *
 * Not done here: caching and memory types (PAT, MTRR), and concurrency: one thread at a time per map.
 */
#ifndef KMEMSIM_RAM_H
#define KMEMSIM_RAM_H

#include <kmemsim/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kms_ram;

#define KMS_RAM_MIN     0x10000u /* 64 KiB */
#define KMS_PHYS_BITS   52u      /* nothing is ever behind a wider physical address */
#define KMS_POISON      0xa5u    /* what RAM holds at power-on */
#define KMS_RAM_REGIONS 32u      /* the most regions of one map */

/* What RAM holds before anything was written. Real RAM is not zero at power-on, so poison is the default. */
enum kms_fill { KMS_FILL_POISON, KMS_FILL_ZERO };

/* What answers where no region is. */
enum kms_unbacked {
    KMS_OPEN_BUS, /* the default: reads give all ones, writes are dropped */
    KMS_REPORT,   /* the access ends with KMS_UNBACKED, and has no effect */
};

struct kms_ram_options {
    enum kms_fill fill;
    enum kms_unbacked unbacked;
    bool shared; /* back RAM by a file descriptor that can be mapped elsewhere too (Linux; the linear window)
                  */
};

/* A device. Widths are 1, 2, 4 or 8; an access never crosses the region's end. */
struct kms_mmio {
    uint64_t (*read)(void *context, uint64_t offset, unsigned width);
    void (*write)(void *context, uint64_t offset, unsigned width, uint64_t value);
    void *context;
};

/* A map with `size` bytes of RAM at physical address 0 (size 0: an empty map); size is a multiple of 4 KiB,
 * at least KMS_RAM_MIN. options may be NULL for the defaults. */
enum kms_status kms_ram_new(uint64_t size, const struct kms_ram_options *options, struct kms_ram **ram);
void kms_ram_free(struct kms_ram *ram);

/*
 * More regions. Base and size are multiples of 4 KiB. A ROM, a device or a hole laid over RAM takes its
 * place: the RAM there is gone. RAM laid over anything else is KMS_BAD_RANGE.
 */
enum kms_status kms_ram_add(struct kms_ram *ram, kms_phys base, uint64_t size);
/* Read-only memory; the bytes are used in place and must outlive the map. Writes are dropped, as hardware
 * does. */
enum kms_status kms_ram_add_rom(struct kms_ram *ram, kms_phys base, const void *bytes, uint64_t size);
enum kms_status kms_ram_add_mmio(struct kms_ram *ram, kms_phys base, uint64_t size,
                                 const struct kms_mmio *mmio);
enum kms_status kms_ram_add_hole(struct kms_ram *ram, kms_phys base, uint64_t size);

enum kms_region_kind { KMS_REGION_RAM, KMS_REGION_ROM, KMS_REGION_MMIO, KMS_REGION_NONE };

struct kms_region {
    kms_phys base;
    uint64_t size;
    enum kms_region_kind kind;
};

/* The region that holds an address; where there is none, the gap up to the next region, as KMS_REGION_NONE.
 */
struct kms_region kms_ram_region(const struct kms_ram *ram, kms_phys phys);
/* The address after the last byte of the highest region, and the bytes of RAM. */
kms_phys kms_ram_end(const struct kms_ram *ram);
uint64_t kms_ram_size(const struct kms_ram *ram);

/*
 * One access of 1, 2, 4 or 8 bytes. Any alignment; an access that crosses regions is made byte by byte.
 * KMS_DONE or KMS_UNBACKED.
 */
enum kms_result kms_phys_load(const struct kms_ram *ram, kms_phys phys, unsigned width, uint64_t *value);
enum kms_result kms_phys_store(struct kms_ram *ram, kms_phys phys, unsigned width, uint64_t value);

/* Any number of bytes. With KMS_UNBACKED nothing was written, and `to` is unspecified. */
enum kms_result kms_phys_read(const struct kms_ram *ram, kms_phys phys, void *to, size_t size);
enum kms_result kms_phys_write(struct kms_ram *ram, kms_phys phys, const void *from, size_t size);

/*
 * The host's bytes of a range of RAM, or NULL if the range is not inside one region of RAM. Whoever writes
 * through the pointer says so with kms_ram_touch() first, or a snapshot will not undo it.
 */
uint8_t *kms_ram_ptr(struct kms_ram *ram, kms_phys phys, uint64_t size);
/* A range of RAM is about to be written. */
void kms_ram_touch(struct kms_ram *ram, kms_phys phys, uint64_t size);

/*
 * With `shared`: the file descriptor behind RAM and the offset in it of a physical page, to map it elsewhere.
 * False where there is none.
 */
bool kms_ram_file(const struct kms_ram *ram, kms_phys phys, int *fd, uint64_t *offset);

#ifdef __cplusplus
}
#endif

#endif
