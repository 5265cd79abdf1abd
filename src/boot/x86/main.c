/*
 * main.c - boots the kernel and replays operations on it: those of the boot module, or the boot story.
 *
 * On the console: a line for each step, a line for each operation (replay_format()), then "done" and two
 * numbers.
 */
#include <kernel/hw.h>

#include "../../lib/memory_map.h"
#include "../../lib/replay.h"
#include "../../lib/text.h"
#include "../boot_kernel.h"
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

/* Operations to run. The report itself lies in low memory, which the kernel takes over. */
struct work {
    const struct replay_op *ops;
    uint32_t count;
    const char *wrong; /* why they cannot be run, or NULL */
};

#define HANDLES 16384u
static guest_addr handles[HANDLES];
static struct replay replay;

/* ---- console ---- */

static void say(const char *words)
{
    while (*words)
        hw_putchar(*words++);
}

static void say_line(const char *words)
{
    say(words);
    hw_putchar('\n');
}

static void say_register(const char *name, uint32_t value)
{
    char line[40];
    struct text text = text_in(line, sizeof line);

    text_put(&text, name);
    text_char(&text, ' ');
    text_hex(&text, value, 8);
    say_line(line);
}

static void say_event(void *context, const struct replay_event *event)
{
    char line[REPLAY_LINE];

    (void)context;
    (void)replay_format(event, line, sizeof line);
    say_line(line);
}

static void say_done(void)
{
    char line[80];
    struct text text = text_in(line, sizeof line);

    text_put(&text, "done ");
    text_decimal(&text, replay.number);
    text_put(&text, " operations, ");
    text_decimal(&text, replay.broken);
    text_put(&text, " broken");
    say_line(line);
}

/* ---- what the loader brought ---- */

static _Noreturn void give_up(const char *reason)
{
    say("cannot run: ");
    say_line(reason);
    boot_exit(BOOT_EXIT_BAD);
}

static struct work open_module(const struct loader_module *module)
{
    struct work work = {0};
    struct replay_header header = {0};
    const struct replay_limits limits = {HANDLES, boot_kernel.ops->arch};
    uint32_t bad = 0;

    if (module->end > BOOT_STACK_BOTTOM) {
        work.wrong = "the operations reach the boot stack: split them";
        return work;
    }
    work.wrong = replay_open((const void *)module->start, module->end - module->start, &work.ops, &header);
    if (work.wrong)
        return work;
    work.count = header.count;
    work.wrong = header.handles > HANDLES ? "more handles than the image has room for"
                                          : replay_validate(work.ops, work.count, &limits, &bad);
    return work;
}

/* The report lies where the kernel will take memory: what is needed later is copied. */
static const struct memory_map *open_map(const struct loader_report *report)
{
    static struct memory_map map;

    if (!(report->flags & REPORT_MAP))
        memory_map_add_usable(&map, 0x00100000u, (uint64_t)report->upper_kib * 1024);
    else if (!memory_map_from_multiboot(&map, (const void *)report->map, report->map_bytes))
        give_up("the loader's memory map does not fit its format");
    return &map;
}

static struct work find_work(const struct loader_report *report)
{
    if (!(report->flags & REPORT_MODULES) || report->module_count == 0)
        return (struct work){.ops = boot_kernel.story, .count = boot_kernel.story_length};
    return open_module((const struct loader_module *)report->modules);
}

/* ---- the run ---- */

static void start_kernel(void)
{
    const int status = boot_kernel.ops->boot();

    if (status != 0)
        give_up(boot_kernel.ops->status_name(status));
    say("booted ");
    say_line(boot_kernel.ops->name);
    say_register("CR3", hw_read_cr3());
}

_Noreturn void boot_main(uint32_t magic, const struct loader_report *report);

void boot_main(uint32_t magic, const struct loader_report *report)
{
    struct work work;

    serial_init();
    if (magic != LOADER_MAGIC || !(report->flags & REPORT_MEMORY))
        give_up("this is no Multiboot loader");
    boot_set_memory((report->upper_kib + 1024) * 1024, open_map(report));
    work = find_work(report);
    if (work.wrong)
        give_up(work.wrong);
    descriptors_init();
    start_kernel();

    replay = (struct replay){
        .guest = boot_kernel.ops, .handles = handles, .handle_count = HANDLES, .report = say_event};
    replay_start(&replay);
    replay_run(&replay, work.ops, work.count);
    say_done();
    boot_exit(replay.broken ? BOOT_EXIT_BROKEN : BOOT_EXIT_DONE);
}
