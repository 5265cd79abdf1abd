/*
 * image.h - memory images of real machines as a struct kms_ram and registers.
 *
 * An image is one raw file or several at physical addresses (QEMU's pmemsave, RAM backed by a file), or an
 * ELF core: QEMU's dump-guest-memory, whose notes carry the registers, or the core of a crashed Linux kernel
 * (kdump), whose VMCOREINFO note says where the kernel's page tables are. Files are mapped, not read, so a
 * large one costs nothing. A file compressed with zstd is opened as if it were not.
 *
 * Where no file has bytes, the map reports KMS_UNBACKED.
 *
 * In the library kmemsim_inspect (libelf, libzstd).
 */
#ifndef KMEMSIM_IMAGE_H
#define KMEMSIM_IMAGE_H

#include <kmemsim/ram.h>
#include <kmemsim/x86.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kms_image;

#define KMS_IMAGE_UNPACKED_MAX (UINT64_C(4) << 30) /* a compressed file that holds more is refused */

/* One line that says what is wrong with which file. */
struct kms_image_error {
    char text[256];
};

/* An empty image, or NULL if there is no memory. */
struct kms_image *kms_image_new(void);
void kms_image_free(struct kms_image *image);

/*
 * Add a file. False: it cannot be used, error->text says why, and the image is as it was (a core may have
 * added some of its ranges; free it). Files that overlap are refused.
 */
bool kms_image_add_raw(struct kms_image *image, const char *path, kms_phys base,
                       struct kms_image_error *error);
/* RAM as a machine with a PCI hole has it: the first `low` bytes at 0, the rest from 4 GiB on. */
bool kms_image_add_split(struct kms_image *image, const char *path, uint64_t low,
                         struct kms_image_error *error);
bool kms_image_add_core(struct kms_image *image, const char *path, struct kms_image_error *error);

/* The same from memory, which is copied only where it must be and has to outlive the image. */
bool kms_image_add_raw_bytes(struct kms_image *image, const void *bytes, uint64_t size, kms_phys base,
                             struct kms_image_error *error);
bool kms_image_add_core_bytes(struct kms_image *image, const void *bytes, size_t size,
                              struct kms_image_error *error);

/* True if the file begins as an ELF file does (compressed or not); false too if it cannot be read. */
bool kms_image_is_core(const char *path);

struct kms_ram *kms_image_ram(const struct kms_image *image);

/* A segment register with what the CPU keeps of its descriptor, or GDTR or IDTR (base and limit only). */
struct kms_image_segment {
    uint32_t selector, limit, flags;
    uint64_t base;
};

/* The registers of one CPU, as far as they are known. */
struct kms_image_registers {
    unsigned have; /* bit 1 << KMS_X86_CR0 and so on; EFER only if it was recorded or follows from the file */
    uint64_t cr0, cr2, cr3, cr4, efer;
    bool have_general; /* the rest */
    uint64_t ip, sp, flags;
    uint8_t cpl;
    struct kms_image_segment gdt, idt, ldt;
};

/* The architecture of the machine that a core is of; false if the image has no core. Of RISC-V machines QEMU's cores
 * carry no satp, so they give no registers. */
bool kms_image_arch(const struct kms_image *image, enum kms_arch *arch);

/* CPUs that the core has registers of; 0 for raw files. */
unsigned kms_image_cpus(const struct kms_image *image);
/* NULL if there is no such CPU. */
const struct kms_image_registers *kms_image_registers(const struct kms_image *image, unsigned cpu);
/* Where they come from: "QEMU's CPU note", "VMCOREINFO (swapper_pg_dir)" ... */
const char *kms_image_source(const struct kms_image *image);

/* ---- symbols ---- */

struct kms_symbols;

/* The functions and data of an ELF file, or NULL with error->text. */
struct kms_symbols *kms_symbols_open(const char *path, struct kms_image_error *error);
void kms_symbols_free(struct kms_symbols *symbols);
/* The nearest symbol at or below an address in what the file loads together; NULL if there is none. */
const char *kms_symbols_name(const struct kms_symbols *symbols, kms_linear linear, uint64_t *offset);
/* False if there is no such name. */
bool kms_symbols_find(const struct kms_symbols *symbols, const char *name, kms_linear *linear);
/* The addresses that the file loads, inclusive; false if it loads nothing. */
bool kms_symbols_extent(const struct kms_symbols *symbols, kms_linear *first, kms_linear *last);

#ifdef __cplusplus
}
#endif

#endif
