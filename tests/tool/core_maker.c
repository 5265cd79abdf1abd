#include "core_maker.h"

#include "run_tool.h"
#include <elf.h>
#include <string.h>

void core_qemu_note(uint8_t note[CORE_QEMU_NOTE], const struct core_registers *registers)
{
    memset(note, 0, CORE_QEMU_NOTE);
    tool_put(note, 0, 4, 1);
    tool_put(note, 4, 4, CORE_QEMU_NOTE);
    tool_put(note, 56, 8, registers->sp);
    tool_put(note, 136, 8, registers->ip);
    tool_put(note, 392, 8, registers->cr0);
    tool_put(note, 408, 8, registers->cr2);
    tool_put(note, 416, 8, registers->cr3);
    tool_put(note, 424, 8, registers->cr4);
}

static size_t put_note(uint8_t *core, size_t at, const struct core_plan *plan)
{
    const size_t name_size = strlen(plan->note_name) + 1;
    const Elf64_Nhdr header = {.n_namesz = (Elf64_Word)name_size, .n_descsz = (Elf64_Word)plan->note_size};
    memcpy(core + at, &header, sizeof header);
    at += sizeof header;
    memcpy(core + at, plan->note_name, name_size);
    at += (name_size + 3) & ~(size_t)3;
    memcpy(core + at, plan->note, plan->note_size);
    return at + ((plan->note_size + 3) & ~(size_t)3);
}

size_t core_make(uint8_t *core, const struct core_plan *plan)
{
    Elf64_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_CORE,
                         .e_machine = plan->machine,
                         .e_version = EV_CURRENT,
                         .e_phoff = sizeof(Elf64_Ehdr),
                         .e_ehsize = sizeof(Elf64_Ehdr),
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = (Elf64_Half)(plan->load_count + 1)};
    Elf64_Phdr headers[5] = {{.p_type = PT_NOTE}};
    size_t at = sizeof header + header.e_phnum * sizeof headers[0];
    memset(core, 0, CORE_MAX);
    headers[0].p_offset = at;
    at = plan->note_name ? put_note(core, at, plan) : at;
    headers[0].p_filesz = at - headers[0].p_offset;
    for (unsigned i = 0; i < plan->load_count; i++) {
        const struct core_load *load = &plan->loads[i];
        headers[i + 1] = (Elf64_Phdr){.p_type = PT_LOAD,
                                      .p_offset = at,
                                      .p_paddr = load->phys,
                                      .p_filesz = load->size,
                                      .p_memsz = load->size};
        memset(core + at, load->fill, load->size);
        at += load->size;
    }
    memcpy(core, &header, sizeof header);
    memcpy(core + sizeof header, headers, header.e_phnum * sizeof headers[0]);
    return at;
}
