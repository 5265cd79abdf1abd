#include "image_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FOUR_GIB    (UINT64_C(1) << 32)
#define PHYS_END    (UINT64_C(1) << KMS_PHYS_BITS)
#define OFFSET_MASK ((uint64_t)KMS_PAGE_SIZE - 1)
#define ABSENT_BYTE 0xff /* what fills the last page behind the end of a file: an open bus */

struct kms_image *kms_image_new(void)
{
    const struct kms_ram_options options = {.unbacked = KMS_REPORT};
    struct kms_image *image = calloc(1, sizeof *image);
    if (image && kms_ram_new(0, &options, &image->ram) != KMS_OK) {
        free(image);
        return NULL;
    }
    return image;
}

void kms_image_free(struct kms_image *image)
{
    if (!image)
        return;
    kms_ram_free(image->ram);
    for (unsigned i = 0; i < image->file_count; i++)
        image_bytes_close(&image->files[i]);
    for (unsigned i = 0; i < image->tail_count; i++)
        free(image->tails[i]);
    free(image->cpus);
    free(image);
}

bool image_keep(struct kms_image *image, struct image_bytes *bytes, struct kms_image_error *error)
{
    if (image->file_count == IMAGE_FILES_MAX) {
        image_bytes_close(bytes);
        return image_fail(error, "more than %u files", IMAGE_FILES_MAX);
    }
    image->files[image->file_count++] = *bytes;
    return true;
}

/* ---- ranges ---- */

static bool overlaps(const struct kms_image *image, kms_phys base, uint64_t size)
{
    kms_phys at = base;
    while (at < base + size) {
        struct kms_region region = kms_ram_region(image->ram, at);
        if (region.kind != KMS_REGION_NONE)
            return true;
        if (region.size == 0 || region.base + region.size <= at)
            return false;
        at = region.base + region.size;
    }
    return false;
}

static bool add_view(struct kms_image *image, const uint8_t *data, uint64_t size, kms_phys base,
                     struct kms_image_error *error)
{
    enum kms_status status = kms_ram_add_rom(image->ram, base, data, size);
    if (status == KMS_OK)
        return true;
    return image_fail(error, "the range at 0x%" PRIx64 " cannot be added: %s (at most %u ranges)", base,
                      kms_status_words(status), KMS_RAM_REGIONS);
}

/* A last page that the file does not fill. */
static bool add_tail(struct kms_image *image, const uint8_t *data, uint64_t size, kms_phys base,
                     struct kms_image_error *error)
{
    uint8_t *page = image->tail_count < IMAGE_FILES_MAX ? malloc(KMS_PAGE_SIZE) : NULL;
    if (!page)
        return image_fail(error, "no memory for the last page at 0x%" PRIx64, base);
    image->tails[image->tail_count++] = page;
    memset(page, ABSENT_BYTE, KMS_PAGE_SIZE);
    memcpy(page, data, (size_t)size);
    return add_view(image, page, KMS_PAGE_SIZE, base, error);
}

bool image_add_range(struct kms_image *image, const uint8_t *data, uint64_t size, kms_phys base,
                     struct kms_image_error *error)
{
    uint64_t whole = size & ~OFFSET_MASK;
    if (base & OFFSET_MASK)
        return image_fail(error, "base 0x%" PRIx64 " is not a multiple of 4096", base);
    if (base >= PHYS_END || size > PHYS_END - base)
        return image_fail(error,
                          "base 0x%" PRIx64 " and size 0x%" PRIx64 " reach beyond the 52 bits of "
                          "physical addresses",
                          base, size);
    if (overlaps(image, base, (size + OFFSET_MASK) & ~OFFSET_MASK))
        return image_fail(error, "the range from 0x%" PRIx64 " (0x%" PRIx64 " bytes) overlaps another one",
                          base, size);
    if (whole && !add_view(image, data, whole, base, error))
        return false;
    return whole == size || add_tail(image, data + whole, size - whole, base + whole, error);
}

/* ---- raw files ---- */

/* An error of a range, with the file's name before it. */
static bool named(bool done, const char *path, struct kms_image_error *error)
{
    struct kms_image_error inner = *error;
    if (done)
        return true;
    return image_fail(error, "%.120s: %.120s", path, inner.text);
}

bool kms_image_add_raw(struct kms_image *image, const char *path, kms_phys base,
                       struct kms_image_error *error)
{
    struct image_bytes bytes;
    return image_bytes_open(path, &bytes, error) && image_keep(image, &bytes, error) &&
           named(image_add_range(image, bytes.data, bytes.size, base, error), path, error);
}

bool kms_image_add_split(struct kms_image *image, const char *path, uint64_t low,
                         struct kms_image_error *error)
{
    struct image_bytes bytes;
    if (low == 0 || (low & OFFSET_MASK) || low >= FOUR_GIB)
        return image_fail(error, "the RAM below 4 GiB must be a multiple of 4096 between 4 KiB and 4 GiB");
    if (!image_bytes_open(path, &bytes, error) || !image_keep(image, &bytes, error))
        return false;
    uint64_t below = bytes.size < low ? bytes.size : low;
    if (!named(image_add_range(image, bytes.data, below, 0, error), path, error))
        return false;
    return bytes.size == below ||
           named(image_add_range(image, bytes.data + below, bytes.size - below, FOUR_GIB, error), path,
                 error);
}

bool kms_image_add_raw_bytes(struct kms_image *image, const void *bytes, uint64_t size, kms_phys base,
                             struct kms_image_error *error)
{
    if (size == 0)
        return image_fail(error, "no bytes");
    return image_add_range(image, bytes, size, base, error);
}

/* ---- cores ---- */

bool kms_image_add_core(struct kms_image *image, const char *path, struct kms_image_error *error)
{
    struct image_bytes bytes;
    return image_bytes_open(path, &bytes, error) && image_keep(image, &bytes, error) &&
           image_read_core(image, path, &bytes, error);
}

bool kms_image_add_core_bytes(struct kms_image *image, const void *bytes, size_t size,
                              struct kms_image_error *error)
{
    const struct image_bytes borrowed = {.data = bytes, .size = size};
    return image_read_core(image, "core", &borrowed, error);
}

bool kms_image_is_core(const char *path)
{
    static const uint8_t magic[] = {0x7f, 'E', 'L', 'F'};
    struct image_bytes bytes;
    struct kms_image_error error;
    if (!image_bytes_open(path, &bytes, &error))
        return false;
    bool is_elf = bytes.size >= sizeof magic && memcmp(bytes.data, magic, sizeof magic) == 0;
    image_bytes_close(&bytes);
    return is_elf;
}

/* ---- what an image holds ---- */

struct kms_ram *kms_image_ram(const struct kms_image *image)
{
    return image->ram;
}

unsigned kms_image_cpus(const struct kms_image *image)
{
    return image->cpu_count;
}

const struct kms_image_registers *kms_image_registers(const struct kms_image *image, unsigned cpu)
{
    return cpu < image->cpu_count ? &image->cpus[cpu] : NULL;
}

const char *kms_image_source(const struct kms_image *image)
{
    return image->source ? image->source : "";
}

struct kms_image_registers *image_add_cpu(struct kms_image *image, struct kms_image_error *error)
{
    if (image->cpu_count == IMAGE_CPUS_MAX) {
        image_fail(error, "registers of more than %u CPUs", IMAGE_CPUS_MAX);
        return NULL;
    }
    struct kms_image_registers *cpus = realloc(image->cpus, (image->cpu_count + 1) * sizeof *cpus);
    if (!cpus) {
        image_fail(error, "no memory for the registers");
        return NULL;
    }
    image->cpus = cpus;
    cpus[image->cpu_count] = (struct kms_image_registers){0};
    return &cpus[image->cpu_count++];
}

bool kms_image_arch(const struct kms_image *image, enum kms_arch *arch)
{
    *arch = image->arch;
    return image->have_arch;
}
