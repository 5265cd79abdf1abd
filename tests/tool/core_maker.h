/* core_maker.h - ELF cores made by hand, by the formats' own documents and not by the reader. */
#ifndef TESTS_TOOL_CORE_MAKER_H
#define TESTS_TOOL_CORE_MAKER_H

#include <stddef.h>
#include <stdint.h>

#define CORE_MAX 0x8000u

struct core_load {
    uint64_t phys, size; /* all bytes are `fill` */
    uint8_t fill;
};

struct core_plan {
    uint16_t machine; /* EM_386 or EM_X86_64 */
    const char *note_name;
    const void *note;
    size_t note_size;
    struct core_load loads[4];
    unsigned load_count;
};

/* QEMU's note of one CPU, 440 bytes. */
struct core_registers {
    uint64_t cr0, cr2, cr3, cr4, ip, sp;
};
#define CORE_QEMU_NOTE 440u
void core_qemu_note(uint8_t note[CORE_QEMU_NOTE], const struct core_registers *registers);

/* The core's size; it fits CORE_MAX. */
size_t core_make(uint8_t *core, const struct core_plan *plan);

#endif
