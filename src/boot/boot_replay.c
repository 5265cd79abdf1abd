#include "boot_replay.h"

#include <kernel/hw.h>

#include "../lib/text.h"

#define HANDLES 16384u
static guest_addr handles[HANDLES];
static struct replay replay;

/* ---- console ---- */

void boot_say(const char *words)
{
    while (*words)
        hw_putchar(*words++);
}

void boot_say_line(const char *words)
{
    boot_say(words);
    hw_putchar('\n');
}

static void say_event(void *context, const struct replay_event *event)
{
    char line[REPLAY_LINE];

    (void)context;
    (void)replay_format(event, line, sizeof line);
    boot_say_line(line);
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
    boot_say_line(line);
}

void boot_give_up(const char *reason)
{
    boot_say("cannot run: ");
    boot_say_line(reason);
    boot_exit(BOOT_EXIT_BAD);
}

/* ---- the run ---- */

struct boot_work boot_story(void)
{
    return (struct boot_work){.ops = boot_kernel.story, .count = boot_kernel.story_length};
}

struct boot_work boot_open(const void *file, size_t size)
{
    struct boot_work work = {0};
    struct replay_header header = {0};
    const struct replay_limits limits = {HANDLES, boot_kernel.ops->arch};
    uint32_t bad = 0;
    const char *wrong = replay_open(file, size, &work.ops, &header);

    if (wrong)
        boot_give_up(wrong);
    work.count = header.count;
    wrong = header.handles > HANDLES ? "more handles than the image has room for"
                                     : replay_validate(work.ops, work.count, &limits, &bad);
    if (wrong)
        boot_give_up(wrong);
    return work;
}

void boot_start_kernel(void)
{
    const int status = boot_kernel.ops->boot();

    if (status != 0)
        boot_give_up(boot_kernel.ops->status_name(status));
    boot_say("booted ");
    boot_say_line(boot_kernel.ops->name);
}

void boot_replay(const struct boot_work *work)
{
    replay = (struct replay){
        .guest = boot_kernel.ops, .handles = handles, .handle_count = HANDLES, .report = say_event};
    replay_start(&replay);
    replay_run(&replay, work->ops, work->count);
    say_done();
    boot_exit(replay.broken ? BOOT_EXIT_BROKEN : BOOT_EXIT_DONE);
}
