/* Bochs, in batches: the operations are a memory image, the results what the ROM prints on port 0xe9. */
#define _GNU_SOURCE
#include "emulator_impl.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM     "bochs"
#define DEFAULT_CPU "corei7_skylake_x" /* the oldest model of Bochs 2.7 that has SMAP, PCID and PKU */
#define MAX_OPS     400000u            /* a run's worth: about 9.6 MB of image */
#define TAG_DONE    0x80u
#define TAG_SKIPPED 0x81u

enum file { FILE_CONFIG, FILE_COMMANDS, FILE_IMAGE, FILE_OUTPUT, FILES };
static const char *const leaf[FILES] = {"bochsrc", "commands", "image", "output"};

static void file_name(const struct emulator *e, char name[96], enum file file)
{
    snprintf(name, 96, "%s/%s", e->directory, leaf[file]);
}

static bool write_file(const struct emulator *e, enum file file, const char *text)
{
    char name[96];
    file_name(e, name, file);
    FILE *f = fopen(name, "w");
    if (!f)
        return false;
    bool good = fputs(text, f) >= 0;
    return fclose(f) == 0 && good;
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

static bool write_config(const struct emulator *e, const char *vga)
{
    char text[2048];
    snprintf(text, sizeof(text),
             "display_library: term\n"
             "cpu: model=%s, count=1, ips=100000000, reset_on_triple_fault=0\n"
             "memory: guest=%u, host=%u\n"
             "romimage: file=\"%s\"\n"
             "vgaromimage: file=\"%s\"\n"
             "optramimage1: file=\"%s/image\", address=0x%x\n"
             "port_e9_hack: enabled=1\n"
             "log: /dev/null\n"
             "panic: action=fatal\nerror: action=ignore\ninfo: action=ignore\ndebug: action=ignore\n"
             "sound: waveoutdrv=dummy\nspeaker: enabled=0\n",
             e->options.cpu ? e->options.cpu : DEFAULT_CPU, e->options.ram_mib, e->options.ram_mib, e->rom,
             vga, e->directory, REF_BATCH);
    return write_file(e, FILE_CONFIG, text);
}

enum emulator_status bochs_open(struct emulator *e)
{
    const char *vga = vga_bios();
    if (!process_program_exists(PROGRAM) || !vga) {
        emulator_fail(e, !vga ? "no VGA BIOS for Bochs is installed (vgabios)" : PROGRAM " is not installed");
        return EMULATOR_MISSING;
    }
    if (!write_config(e, vga) || !write_file(e, FILE_COMMANDS, "c\n"))
        return emulator_fail(e, "cannot write Bochs's configuration: %s", strerror(errno));
    return EMULATOR_OK;
}

static enum emulator_status write_image(struct emulator *e, const struct ref_op *ops, size_t count)
{
    char name[96];
    struct ref_batch head = {REF_MAGIC_BATCH, (uint32_t)count, 0, 0};
    head.bytes = (uint32_t)(sizeof(head) + count * sizeof(*ops));
    file_name(e, name, FILE_IMAGE);
    FILE *f = fopen(name, "wb");
    bool good = f && fwrite(&head, sizeof(head), 1, f) == 1 && fwrite(ops, sizeof(*ops), count, f) == count;
    if (f && fclose(f) != 0)
        good = false;
    return good ? EMULATOR_OK : emulator_fail(e, "cannot write Bochs's image: %s", strerror(errno));
}

static enum emulator_status run_once(struct emulator *e)
{
    char config[96], commands[96], output[96];
    file_name(e, config, FILE_CONFIG);
    file_name(e, commands, FILE_COMMANDS);
    file_name(e, output, FILE_OUTPUT);
    int out = open(output, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        return emulator_fail(e, "cannot create Bochs's output: %s", strerror(errno));
    char *argv[] = {
        (char[]){PROGRAM}, (char[]){"-q"}, (char[]){"-f"}, config, (char[]){"-rc"}, commands, NULL};
    pid_t pid = process_start(&(struct process_spec){argv, out, -1});
    uint64_t end = process_now_ms() + e->options.timeout_ms;
    while (process_alive(pid) && process_now_ms() < end)
        usleep(2000);
    bool late = process_now_ms() >= end;
    process_stop(pid);
    close(out);
    return late ? emulator_fail(e, "Bochs did not finish within %u ms", e->options.timeout_ms) : EMULATOR_OK;
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

static size_t value_bytes(const struct ref_op *op)
{
    if (op->code == REF_PEEK)
        return op->width;
    if (op->code != REF_ACCESS || op->kind == REF_WRITE || op->kind > REF_FETCH)
        return 0;
    return op->width;
}

static struct ref_result take_result(struct stream *s, const struct ref_op *op)
{
    struct ref_result r = {0};
    if (op->code == REF_RESET || op->code == REF_POKE || op->code == REF_AC)
        return r;
    unsigned tag = (unsigned)take(s, 1);
    if (tag == TAG_DONE) {
        r.value = take(s, value_bytes(op));
    } else if (tag >= TAG_SKIPPED) {
        r.status = tag == TAG_SKIPPED ? REF_SKIPPED : REF_UNSUPPORTED;
    } else {
        r.status = REF_FAULT;
        r.vector = (uint8_t)tag;
        r.error = (uint32_t)take(s, 2);
        r.cr2 = tag == 14 ? take(s, 8) : 0;
    }
    return r;
}

static enum emulator_status read_stream(struct emulator *e, const unsigned char *text, size_t size,
                                        const struct ref_op *ops, struct ref_result *results, size_t count)
{
    const unsigned char *head = memmem(text, size, REF_STREAM_HEAD, 8);
    if (!head)
        return emulator_fail(e, "Bochs did not start the ROM");
    struct stream s = {head + 8, text + size, false};
    if ((size_t)(s.end - s.at) < sizeof(e->cpu))
        return emulator_fail(e, "Bochs ended at once");
    memcpy(&e->cpu, s.at, sizeof(e->cpu));
    s.at += sizeof(e->cpu);
    for (size_t i = 0; i < count; i++) {
        results[i] = take_result(&s, &ops[i]);
        if (s.short_of_bytes)
            return emulator_fail(e, "Bochs ended at operation %zu of %zu", i, count);
    }
    if ((size_t)(s.end - s.at) < 8 || memcmp(s.at, REF_STREAM_END, 8) != 0)
        return emulator_fail(e, "Bochs's results do not fit the operations");
    return EMULATOR_OK;
}

static enum emulator_status read_output(struct emulator *e, const struct ref_op *ops,
                                        struct ref_result *results, size_t count)
{
    char name[96];
    size_t limit = count * 16 + (1u << 20);
    unsigned char *text = malloc(limit);
    file_name(e, name, FILE_OUTPUT);
    FILE *f = fopen(name, "rb");
    enum emulator_status status;
    if (text && f)
        status = read_stream(e, text, fread(text, 1, limit, f), ops, results, count);
    else
        status = emulator_fail(e, "cannot read Bochs's output");
    if (f)
        fclose(f);
    free(text);
    return status;
}

static size_t whole_cases(const struct ref_op *ops, size_t count)
{
    size_t n = count < MAX_OPS ? count : MAX_OPS;
    while (n < count && n > 1 && ops[n].code != REF_RESET)
        n--;
    return n;
}

enum emulator_status bochs_run(struct emulator *e, const struct ref_op *ops, struct ref_result *results,
                               size_t count)
{
    enum emulator_status status = EMULATOR_OK;
    while (count && status == EMULATOR_OK) {
        size_t n = whole_cases(ops, count);
        status = write_image(e, ops, n);
        if (status == EMULATOR_OK)
            status = run_once(e);
        if (status == EMULATOR_OK)
            status = read_output(e, ops, results, n);
        ops += n;
        results += n;
        count -= n;
    }
    return status;
}

void bochs_close(struct emulator *e)
{
    char name[96];
    for (enum file file = FILE_CONFIG; e->directory[0] && file < FILES; file++) {
        file_name(e, name, file);
        unlink(name);
    }
}
