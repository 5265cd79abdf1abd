/* Registers from the notes of cores: QEMU's for each CPU, and VMCOREINFO of a Linux kernel. */
#define _GNU_SOURCE /* memmem */
#include "image_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN(reg) (1u << KMS_X86_##reg)

static uint64_t little_endian(const uint8_t *bytes, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = width; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

/* EFER is in no note: long mode follows from the file, and NX is taken to be on where there can be NX. */
static void infer_efer(struct kms_image_registers *registers, const struct image_kind *kind)
{
    registers->efer = 0;
    if (!(registers->cr0 & KMS_CR0_PG) || !(registers->cr4 & KMS_CR4_PAE))
        return;
    registers->efer = KMS_EFER_NXE | (kind->long_mode ? KMS_EFER_LME | KMS_EFER_LMA : 0);
}

/* ---- the note of QEMU's dump-guest-memory: struct QEMUCPUState, version 1 ---- */

enum {
    QEMU_VERSION = 0,
    QEMU_SIZE = 4,
    QEMU_RSP = 8 + 6 * 8,
    QEMU_RIP = 8 + 16 * 8,
    QEMU_RFLAGS = QEMU_RIP + 8,
    QEMU_SEGMENTS = QEMU_RFLAGS + 8, /* cs ds es fs gs ss ldt tr gdt idt */
    QEMU_SEGMENT_SIZE = 24,          /* selector, limit, flags, padding: 4 each; base: 8 */
    QEMU_LDT = QEMU_SEGMENTS + 6 * QEMU_SEGMENT_SIZE,
    QEMU_GDT = QEMU_SEGMENTS + 8 * QEMU_SEGMENT_SIZE,
    QEMU_IDT = QEMU_GDT + QEMU_SEGMENT_SIZE,
    QEMU_CR = QEMU_IDT + QEMU_SEGMENT_SIZE, /* cr0 to cr4: 8 each */
    QEMU_END = QEMU_CR + 5 * 8,
};

bool image_note_is_qemu(const struct image_note *note)
{
    return note->type == 0 && note->name && strcmp(note->name, "QEMU") == 0;
}

static struct kms_image_segment segment_at(const uint8_t *bytes)
{
    return (struct kms_image_segment){
        .selector = (uint32_t)little_endian(bytes, 4),
        .limit = (uint32_t)little_endian(bytes + 4, 4),
        .flags = (uint32_t)little_endian(bytes + 8, 4),
        .base = little_endian(bytes + 16, 8),
    };
}

bool image_note_qemu(struct kms_image *image, const struct image_kind *kind, const struct image_note *note,
                     struct kms_image_error *error)
{
    const uint8_t *bytes = note->desc;
    if (note->size < QEMU_END || little_endian(bytes + QEMU_SIZE, 4) < QEMU_END)
        return image_fail(error, "the QEMU note of CPU %u is too short for its registers", image->cpu_count);
    if (little_endian(bytes + QEMU_VERSION, 4) != 1)
        return image_fail(error, "the QEMU note of CPU %u has the unknown version %" PRIu64, image->cpu_count,
                          little_endian(bytes + QEMU_VERSION, 4));
    struct kms_image_registers *registers = image_add_cpu(image, error);
    if (!registers)
        return false;
    registers->have = KNOWN(CR0) | KNOWN(CR2) | KNOWN(CR3) | KNOWN(CR4);
    registers->cr0 = little_endian(bytes + QEMU_CR, 8);
    registers->cr2 = little_endian(bytes + QEMU_CR + 2 * 8, 8);
    registers->cr3 = little_endian(bytes + QEMU_CR + 3 * 8, 8);
    registers->cr4 = little_endian(bytes + QEMU_CR + 4 * 8, 8);
    registers->have_general = true;
    registers->ip = little_endian(bytes + QEMU_RIP, 8);
    registers->sp = little_endian(bytes + QEMU_RSP, 8);
    registers->flags = little_endian(bytes + QEMU_RFLAGS, 8);
    registers->cpl = (uint8_t)(segment_at(bytes + QEMU_SEGMENTS).selector & 3);
    registers->ldt = segment_at(bytes + QEMU_LDT);
    registers->gdt = segment_at(bytes + QEMU_GDT);
    registers->idt = segment_at(bytes + QEMU_IDT);
    infer_efer(registers, kind);
    image->source = "the core's QEMU notes";
    return true;
}

/* ---- VMCOREINFO: lines of KEY=VALUE ---- */

#define LINUX_TEXT_MAP_64    UINT64_C(0xffffffff80000000) /* __START_KERNEL_map */
#define LINUX_PAGE_OFFSET_32 UINT64_C(0xc0000000)         /* the customary one */

bool image_note_is_vmcoreinfo(const struct image_note *note)
{
    return note->name && strcmp(note->name, "VMCOREINFO") == 0;
}

/* The value of a key as a number of this base; false if there is no such line. */
static bool find_number(const struct image_note *note, const char *key, int base, uint64_t *number)
{
    const char *text = (const char *)note->desc, *end = text + note->size;
    size_t length = strlen(key);
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        size_t line = line_end ? (size_t)(line_end - text) : (size_t)(end - text);
        char value[32];
        if (line > length + 1 && line - length - 1 < sizeof value && memcmp(text, key, length) == 0 &&
            text[length] == '=') {
            memcpy(value, text + length + 1, line - length - 1);
            value[line - length - 1] = '\0';
            *number = value[0] == '-' ? (uint64_t)strtoll(value, NULL, base) : strtoull(value, NULL, base);
            return true;
        }
        text += line + 1;
    }
    return false;
}

static bool has_line(const struct image_note *note, const char *line)
{
    return memmem(note->desc, note->size, line, strlen(line)) != NULL;
}

static bool linux_tables(const struct image_kind *kind, const struct image_note *note, uint64_t *cr3)
{
    uint64_t symbol, phys_base = 0;
    if (!find_number(note, "SYMBOL(init_top_pgt)", 16, &symbol) &&
        !find_number(note, "SYMBOL(swapper_pg_dir)", 16, &symbol))
        return false;
    find_number(note, "NUMBER(phys_base)", 10, &phys_base);
    *cr3 = kind->long_mode ? symbol - LINUX_TEXT_MAP_64 + phys_base : symbol - LINUX_PAGE_OFFSET_32;
    return true;
}

void image_note_vmcoreinfo(struct kms_image *image, const struct image_kind *kind,
                           const struct image_note *note)
{
    uint64_t cr3, five_levels = 0;
    if (!linux_tables(kind, note, &cr3))
        return;
    struct kms_image_registers *registers = &image->linux_kernel;
    find_number(note, "NUMBER(pgtable_l5_enabled)", 10, &five_levels);
    bool pae = kind->long_mode || has_line(note, "CONFIG_X86_PAE=y");
    registers->have = KNOWN(CR0) | KNOWN(CR3) | KNOWN(CR4);
    registers->cr0 = KMS_CR0_PG | KMS_CR0_WP | KMS_CR0_PE;
    registers->cr3 = cr3;
    registers->cr4 = KMS_CR4_PSE | KMS_CR4_PGE | (pae ? KMS_CR4_PAE : 0) | (five_levels ? KMS_CR4_LA57 : 0);
    infer_efer(registers, kind);
}
