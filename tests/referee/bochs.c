/* Bochs, in batches: the operations are a memory image, the results what the ROM prints on port 0xe9. */
#define _GNU_SOURCE
#include "emulator_impl.h"
#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROGRAM     "bochs"
#define DEFAULT_CPU "corei7_skylake_x" /* the oldest model of Bochs 2.7 that has SMAP, PCID and PKU */
#define MAX_OPS     1500000u           /* a run's worth: 36 MB of image */
#define TAG_ZERO    0x80u
#define TAG_NARROW  0x81u /* 4 bytes follow */
#define TAG_WIDE    0x82u /* 8 */
#define TAG_SKIPPED 0x83u
#define ERROR_CR2   0x8000u /* CR2 follows; else it is the operation's address */

static bool append_file(struct emulator *e, enum emulator_file file, const void *from, size_t size)
{
    const char *at = from;
    bool good = true;
    while (good && size) {
        ssize_t n = write(e->file[file], at, size);
        good = n > 0;
        at += good ? n : 0;
        size -= good ? (size_t)n : 0;
    }
    return good;
}

static bool write_file(struct emulator *e, enum emulator_file file, const void *from, size_t size)
{
    return emulator_make_file(e, file) && append_file(e, file, from, size);
}

static const char *vga_bios(void)
{
    static const char *const places[] = {"/usr/share/vgabios/vgabios.bin",
                                         "/usr/share/bochs/VGABIOS-lgpl-latest"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (access(places[i], R_OK) == 0)
            return places[i];
    }
    return NULL;
}

static bool write_config(struct emulator *e, const char *vga)
{
    char text[2048], image[48];
    emulator_path(e, FILE_IMAGE, image);
    snprintf(text, sizeof(text),
             "display_library: term\n"
             "cpu: model=%s, count=1, ips=100000000, reset_on_triple_fault=0\n"
             "memory: guest=%u, host=%u\n"
             "romimage: file=\"%s\"\n"
             "vgaromimage: file=\"%s\"\n"
             "optramimage1: file=\"%s\", address=0x%x\n"
             "port_e9_hack: enabled=1\n"
             "log: /dev/null\n"
             "panic: action=fatal\nerror: action=ignore\ninfo: action=ignore\ndebug: action=ignore\n"
             "sound: waveoutdrv=dummy\nspeaker: enabled=0\n",
             e->options.cpu ? e->options.cpu : DEFAULT_CPU, e->options.ram_mib, e->options.ram_mib, e->rom,
             vga, image, REF_BATCH);
    return write_file(e, FILE_CONFIG, text, strlen(text));
}

enum emulator_status bochs_open(struct emulator *e)
{
    const char *vga = vga_bios();
    if (!process_program_exists(PROGRAM) || !vga) {
        emulator_fail(e, !vga ? "no VGA BIOS for Bochs is installed (vgabios)" : PROGRAM " is not installed");
        return EMULATOR_MISSING;
    }
    return write_file(e, FILE_COMMANDS, "c\n", 2)
               ? EMULATOR_OK
               : emulator_fail(e, "cannot write Bochs's commands: %s", strerror(errno));
}

static enum emulator_status write_image(struct emulator *e)
{
    const struct work *w = &e->work;
    struct ref_batch head = {REF_MAGIC_BATCH, (uint32_t)w->part, 0, 0};
    head.bytes = (uint32_t)(sizeof(head) + w->part * sizeof(*w->ops));
    bool good = write_file(e, FILE_IMAGE, &head, sizeof(head));
    good = good && append_file(e, FILE_IMAGE, w->ops, w->part * sizeof(*w->ops));
    good = good && write_config(e, vga_bios()) && emulator_make_file(e, FILE_OUTPUT);
    return good ? EMULATOR_OK : emulator_fail(e, "cannot write Bochs's files: %s", strerror(errno));
}

enum emulator_status bochs_start(struct emulator *e)
{
    char config[48], commands[48];
    e->work.part = emulator_part(e, MAX_OPS);
    enum emulator_status status = write_image(e);
    if (status != EMULATOR_OK)
        return status;
    emulator_path(e, FILE_CONFIG, config);
    emulator_path(e, FILE_COMMANDS, commands);
    char *argv[] = {
        (char[]){PROGRAM}, (char[]){"-q"}, (char[]){"-f"}, config, (char[]){"-rc"}, commands, NULL};
    e->pid = process_start(&(struct process_spec){argv, e->file[FILE_OUTPUT], -1});
    return EMULATOR_OK;
}

/* A full batch takes longer than the limit for one of QEMU's size. */
static enum emulator_status wait_for_end(struct emulator *e)
{
    uint64_t end = process_now_ms() + e->options.timeout_ms + e->work.part / 10;
    while (process_alive(e->pid) && process_now_ms() < end)
        usleep(2000);
    bool late = process_now_ms() >= end;
    process_stop(e->pid);
    e->pid = 0;
    return late ? emulator_fail(e, "Bochs did not finish within its time") : EMULATOR_OK;
}

/* What the ROM printed, being read. */
struct stream {
    const unsigned char *at, *end;
    bool short_of_bytes;
};

static uint64_t take(struct stream *s, size_t n)
{
    uint64_t value = 0;
    if ((size_t)(s->end - s->at) < n) {
        s->short_of_bytes = true;
        return 0;
    }
    memcpy(&value, s->at, n);
    s->at += n;
    return value;
}

static struct ref_result take_fault(struct stream *s, const struct ref_op *op, unsigned vector)
{
    struct ref_result r = {.status = REF_FAULT, .vector = (uint8_t)vector};
    uint32_t error = (uint32_t)take(s, 2);
    r.error = error & ~ERROR_CR2;
    if (vector == 14)
        r.cr2 = error & ERROR_CR2 ? take(s, 8) : op->address;
    return r;
}

static struct ref_result take_result(struct stream *s, const struct ref_op *op)
{
    struct ref_result r = {0};
    if (op->code == REF_RESET || op->code == REF_POKE || op->code == REF_AC)
        return r;
    unsigned tag = (unsigned)take(s, 1);
    if (tag < TAG_ZERO)
        return take_fault(s, op, tag);
    if (tag == TAG_NARROW || tag == TAG_WIDE)
        r.value = take(s, tag == TAG_WIDE ? 8 : 4);
    else if (tag >= TAG_SKIPPED)
        r.status = tag == TAG_SKIPPED ? REF_SKIPPED : REF_UNSUPPORTED;
    return r;
}

static enum emulator_status read_stream(struct emulator *e, const unsigned char *text, size_t size)
{
    const struct work *w = &e->work;
    const unsigned char *head = memmem(text, size, REF_STREAM_HEAD, 8);
    if (!head)
        return emulator_fail(e, "Bochs did not start the ROM");
    struct stream s = {head + 8, text + size, false};
    if ((size_t)(s.end - s.at) < sizeof(e->cpu))
        return emulator_fail(e, "Bochs ended at once");
    memcpy(&e->cpu, s.at, sizeof(e->cpu));
    s.at += sizeof(e->cpu);
    for (size_t i = 0; i < w->part; i++) {
        w->results[i] = take_result(&s, &w->ops[i]);
        if (s.short_of_bytes)
            return emulator_fail(e, "Bochs ended at operation %zu of %zu", i, w->part);
    }
    if ((size_t)(s.end - s.at) < 8 || memcmp(s.at, REF_STREAM_END, 8) != 0)
        return emulator_fail(e, "Bochs's results do not fit the operations");
    return EMULATOR_OK;
}

static enum emulator_status read_output(struct emulator *e)
{
    off_t size = lseek(e->file[FILE_OUTPUT], 0, SEEK_END);
    if (size <= 0)
        return emulator_fail(e, "Bochs said nothing");
    void *text = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, e->file[FILE_OUTPUT], 0);
    if (text == MAP_FAILED)
        return emulator_fail(e, "cannot read Bochs's output: %s", strerror(errno));
    enum emulator_status status = read_stream(e, text, (size_t)size);
    munmap(text, (size_t)size);
    return status;
}

enum emulator_status bochs_collect(struct emulator *e)
{
    enum emulator_status status = wait_for_end(e);
    if (status == EMULATOR_OK)
        status = read_output(e);
    return status;
}

void bochs_close(struct emulator *e)
{
    process_stop(e->pid);
}
