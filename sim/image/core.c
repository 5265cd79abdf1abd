/* ELF cores: their memory as ranges, their notes as registers. */
#include "image_internal.h"

#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <string.h>

#define OFFSET_MASK ((uint64_t)KMS_PAGE_SIZE - 1)

struct core {
    struct kms_image *image;
    const char *name;
    const struct image_bytes *bytes;
    Elf *elf;
    size_t headers;
    struct image_kind kind;
    enum kms_arch arch;
    uint64_t loaded; /* bytes of memory */
    struct kms_image_error *error;
};

static bool in_file(const struct core *core, const GElf_Phdr *header)
{
    return header->p_offset <= core->bytes->size && header->p_filesz <= core->bytes->size - header->p_offset;
}

/* The parts of a range that are not in the image yet: a crashed Linux kernel's core lists its text twice. */
static bool add_missing(struct core *core, const uint8_t *data, uint64_t size, kms_phys base)
{
    const kms_phys end = base + size;
    for (kms_phys at = base; at < end;) {
        struct kms_region region = kms_ram_region(core->image->ram, at);
        kms_phys region_end = region.base + region.size;
        kms_phys next = region_end > at && region_end < end ? region_end : end;
        if (region.kind == KMS_REGION_NONE &&
            !image_add_range(core->image, data + (at - base), next - at, at, core->error))
            return false;
        at = next;
    }
    return true;
}

/* A range that begins inside a page begins at the next one: half a page cannot be in the map. */
static bool add_load(struct core *core, const GElf_Phdr *header)
{
    uint64_t skip = -header->p_paddr & OFFSET_MASK;
    if (header->p_filesz <= skip)
        return true;
    core->loaded += header->p_filesz;
    if (header->p_paddr > (UINT64_C(1) << KMS_PHYS_BITS) - header->p_filesz)
        return image_fail(core->error,
                          "%.160s: a range at physical 0x%" PRIx64 " of 0x%" PRIx64 " bytes is absurd",
                          core->name, (uint64_t)header->p_paddr, (uint64_t)header->p_filesz);
    return add_missing(core, core->bytes->data + header->p_offset + skip, header->p_filesz - skip,
                       header->p_paddr + skip);
}

static bool read_note(struct core *core, const struct image_note *note)
{
    if (image_note_is_qemu(note))
        return image_note_qemu(core->image, &core->kind, note, core->error);
    if (image_note_is_vmcoreinfo(note))
        image_note_vmcoreinfo(core->image, &core->kind, note);
    return true;
}

static bool read_notes(struct core *core, const GElf_Phdr *header)
{
    Elf_Data *data = elf_getdata_rawchunk(core->elf, (int64_t)header->p_offset, (size_t)header->p_filesz,
                                          header->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    size_t offset = 0, name_at, desc_at;
    GElf_Nhdr found;
    while (data && (offset = gelf_getnote(data, offset, &found, &name_at, &desc_at)) > 0) {
        const uint8_t *start = data->d_buf;
        const char *name = (const char *)start + name_at;
        const struct image_note note = {
            .name = found.n_namesz && memchr(name, '\0', found.n_namesz) ? name : NULL,
            .type = found.n_type,
            .desc = start + desc_at,
            .size = found.n_descsz,
        };
        if (!read_note(core, &note))
            return false;
    }
    return true;
}

static bool add_header(struct core *core, int number)
{
    GElf_Phdr header;
    if (!gelf_getphdr(core->elf, number, &header))
        return image_fail(core->error, "%.160s: program header %d cannot be read: %s", core->name, number,
                          elf_errmsg(-1));
    if (header.p_type != PT_LOAD && header.p_type != PT_NOTE)
        return true;
    if (!in_file(core, &header))
        return image_fail(core->error,
                          "%.160s: the core is truncated: program header %d needs 0x%" PRIx64
                          " bytes at 0x%" PRIx64 ", the file ends at 0x%" PRIx64,
                          core->name, number, (uint64_t)header.p_filesz, (uint64_t)header.p_offset,
                          core->bytes->size);
    if (header.p_filesz == 0 || header.p_paddr == UINT64_MAX)
        return true;
    if (header.p_type == PT_LOAD)
        return add_load(core, &header);
    return core->arch != KMS_ARCH_X86 || read_notes(core, &header);
}

static bool check_header(struct core *core)
{
    GElf_Ehdr header;
    if (elf_kind(core->elf) != ELF_K_ELF || !gelf_getehdr(core->elf, &header))
        return image_fail(core->error, "%.160s: is not an ELF file", core->name);
    if (header.e_type != ET_CORE)
        return image_fail(core->error,
                          "%.160s: is an ELF file but not a core (an ELF with names goes with --symbols)",
                          core->name);
    if (header.e_machine != EM_386 && header.e_machine != EM_X86_64 && header.e_machine != EM_RISCV)
        return image_fail(core->error, "%.160s: is a core of another architecture (ELF machine %u)",
                          core->name, header.e_machine);
    if (header.e_ident[EI_DATA] != ELFDATA2LSB)
        return image_fail(core->error, "%.160s: is a big-endian core", core->name);
    core->kind.long_mode = header.e_machine == EM_X86_64;
    core->arch = header.e_machine != EM_RISCV             ? KMS_ARCH_X86
                 : header.e_ident[EI_CLASS] == ELFCLASS32 ? KMS_ARCH_RV32
                                                          : KMS_ARCH_RV64;
    if (elf_getphdrnum(core->elf, &core->headers) != 0)
        return image_fail(core->error, "%.160s: its program headers cannot be read: %s", core->name,
                          elf_errmsg(-1));
    return true;
}

/* VMCOREINFO stands in for registers only where no CPU gives its own. */
static bool use_vmcoreinfo(struct core *core)
{
    if (core->image->cpu_count || !core->image->linux_kernel.have)
        return true;
    struct kms_image_registers *registers = image_add_cpu(core->image, core->error);
    if (!registers)
        return false;
    *registers = core->image->linux_kernel;
    core->image->source = "the core's VMCOREINFO note: the kernel's own tables";
    return true;
}

static bool read_headers(struct core *core)
{
    if (!check_header(core))
        return false;
    for (size_t i = 0; i < core->headers; i++) {
        if (!add_header(core, (int)i))
            return false;
    }
    if (core->loaded == 0)
        return image_fail(core->error, "%.160s: the core holds no memory", core->name);
    core->image->arch = core->arch;
    core->image->have_arch = true;
    return use_vmcoreinfo(core);
}

bool image_read_core(struct kms_image *image, const char *name, const struct image_bytes *bytes,
                     struct kms_image_error *error)
{
    struct core core = {.image = image, .name = name, .bytes = bytes, .error = error};
    elf_version(EV_CURRENT);
    /* libelf takes a char * but only reads. */
    core.elf = elf_memory((char *)(uintptr_t)bytes->data, (size_t)bytes->size);
    if (!core.elf)
        return image_fail(error, "%.160s: %s", name, elf_errmsg(-1));
    bool read = read_headers(&core);
    elf_end(core.elf);
    return read;
}
