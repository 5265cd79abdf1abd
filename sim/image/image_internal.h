/* image_internal.h - what the readers of sim/image share. */
#ifndef KMS_IMAGE_INTERNAL_H
#define KMS_IMAGE_INTERNAL_H

#include <kmemsim/image.h>

/* A file's bytes: mapped, unpacked, or borrowed from the caller. */
struct image_bytes {
    const uint8_t *data;
    uint64_t size;
    void *mapped; /* to unmap: mapped_size bytes; NULL: nothing */
    size_t mapped_size;
    void *allocated; /* to free */
};

#define IMAGE_CPUS_MAX  256u
#define IMAGE_FILES_MAX 32u /* as many as a map has regions */

struct kms_image {
    struct kms_ram *ram;
    struct image_bytes files[IMAGE_FILES_MAX];
    unsigned file_count;
    uint8_t *tails[IMAGE_FILES_MAX]; /* last pages of ranges that end inside a page */
    unsigned tail_count;
    struct kms_image_registers *cpus;
    unsigned cpu_count;
    struct kms_image_registers linux_kernel; /* from VMCOREINFO; nothing in `have` if there was none */
    const char *source;
    bool have_arch;
    enum kms_arch arch;
};

__attribute__((format(printf, 2, 3))) bool image_fail(struct kms_image_error *error, const char *format, ...);

bool image_bytes_open(const char *path, struct image_bytes *bytes, struct kms_image_error *error);
void image_bytes_close(struct image_bytes *bytes);
/* Replaces zstd-compressed bytes by their content; others stay. */
bool image_bytes_unpack(const char *name, struct image_bytes *bytes, struct kms_image_error *error);

/* The image takes the bytes over, also on failure. */
bool image_keep(struct kms_image *image, struct image_bytes *bytes, struct kms_image_error *error);
bool image_add_range(struct kms_image *image, const uint8_t *data, uint64_t size, kms_phys base,
                     struct kms_image_error *error);

/* A core whose bytes the image keeps. */
bool image_read_core(struct kms_image *image, const char *name, const struct image_bytes *bytes,
                     struct kms_image_error *error);

/* One note of a core. */
struct image_note {
    const char *name; /* ended by zero within name_size bytes, or NULL */
    uint32_t type;
    const uint8_t *desc;
    size_t size;
};

/* What the file's header says about the CPU. */
struct image_kind {
    bool long_mode; /* e_machine: QEMU and Linux write EM_X86_64 only for a CPU or kernel in long mode */
};

bool image_note_is_qemu(const struct image_note *note);
bool image_note_qemu(struct kms_image *image, const struct image_kind *kind, const struct image_note *note,
                     struct kms_image_error *error);
bool image_note_is_vmcoreinfo(const struct image_note *note);
/* What it says goes to image->linux_kernel, if it says where the tables are. */
void image_note_vmcoreinfo(struct kms_image *image, const struct image_kind *kind,
                           const struct image_note *note);
/* A new CPU's registers, zero; NULL with the error set. */
struct kms_image_registers *image_add_cpu(struct kms_image *image, struct kms_image_error *error);

#endif
