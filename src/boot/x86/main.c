/*
 * main.c - from the loader's report to boot_replay.h: operations of the boot module, or the boot story.
 */
#include <kernel/hw.h>

#include "../../lib/memory_map.h"
#include "../../lib/text.h"
#include "../boot_replay.h"
#include "boot.h"

#define LOADER_MAGIC   0x2badb002u
#define REPORT_MEMORY  0x01u
#define REPORT_MODULES 0x08u
#define REPORT_MAP     0x40u

/* The loader's report, as far as it is used; "Boot information format" of the Multiboot Specification. */
struct loader_report {
    uint32_t flags;
    uint32_t lower_kib, upper_kib; /* RAM below 1 MiB, and from 1 MiB on */
    uint32_t unused[2];
    uint32_t module_count, modules;
    uint32_t symbols[4];
    uint32_t map_bytes, map;
};

struct loader_module {
    uint32_t start, end, string, reserved;
};

static void say_register(const char *name, uint32_t value)
{
    char line[40];
    struct text text = text_in(line, sizeof line);

    text_put(&text, name);
    text_char(&text, ' ');
    text_hex(&text, value, 8);
    boot_say_line(line);
}

/* ---- what the loader brought ---- */

static struct boot_work open_module(const struct loader_module *module)
{
    if (module->end > BOOT_STACK_BOTTOM)
        boot_give_up("the operations reach the boot stack: split them");
    return boot_open((const void *)module->start, module->end - module->start);
}

/* The report lies where the kernel will take memory: what is needed later is copied. */
static const struct memory_map *open_map(const struct loader_report *report)
{
    static struct memory_map map;

    if (!(report->flags & REPORT_MAP))
        memory_map_add_usable(&map, 0x00100000u, (uint64_t)report->upper_kib * 1024);
    else if (!memory_map_from_multiboot(&map, (const void *)report->map, report->map_bytes))
        boot_give_up("the loader's memory map does not fit its format");
    return &map;
}

static struct boot_work find_work(const struct loader_report *report)
{
    if (!(report->flags & REPORT_MODULES) || report->module_count == 0)
        return boot_story();
    return open_module((const struct loader_module *)report->modules);
}

/* ---- the run ---- */

_Noreturn void boot_main(uint32_t magic, const struct loader_report *report);

void boot_main(uint32_t magic, const struct loader_report *report)
{
    struct boot_work work;

    serial_init();
    if (magic != LOADER_MAGIC || !(report->flags & REPORT_MEMORY))
        boot_give_up("this is no Multiboot loader");
    boot_set_memory((report->upper_kib + 1024) * 1024, open_map(report));
    work = find_work(report);
    descriptors_init();
    boot_start_kernel();
    say_register("CR3", hw_read_cr3());
    boot_replay(&work);
}
