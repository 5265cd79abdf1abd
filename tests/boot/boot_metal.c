#include "boot_run.h"
#include "kms_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS       "60"
#define EXIT_DONE     (2 * 0x10 + 1) /* BOOT_EXIT_DONE through isa-debug-exit */
#define EXIT_BROKEN   (2 * 0x11 + 1)
#define HANDLES       16384u
#define DIRECTORY_MAX 64

/* A folder of its own for the files that go in and come out. */
struct files {
    char folder[DIRECTORY_MAX];
    char operations[DIRECTORY_MAX + 16], serial[DIRECTORY_MAX + 16], ram[DIRECTORY_MAX + 16];
};

const char *boot_missing(void)
{
    if (BOOT_IMAGE[0] == '\0')
        return "no image: the C compiler makes no i386 code";
    if (QEMU[0] == '\0' || access(QEMU, X_OK) != 0)
        return "no qemu-system-i386";
    return NULL;
}

static void make_files(struct files *files)
{
    strcpy(files->folder, "/tmp/kernel-boot-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    snprintf(files->operations, sizeof files->operations, "%s/operations", files->folder);
    snprintf(files->serial, sizeof files->serial, "%s/serial", files->folder);
    snprintf(files->ram, sizeof files->ram, "%s/ram", files->folder);
}

static void remove_files(const struct files *files)
{
    unlink(files->operations);
    unlink(files->serial);
    unlink(files->ram);
    rmdir(files->folder);
}

static void write_operations(const char *path, const struct replay_op *ops, uint32_t count)
{
    const struct replay_header header = {REPLAY_MAGIC, REPLAY_VERSION, count, HANDLES};
    FILE *const file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(&header, sizeof header, 1, file), 1);
    assert_int_equal(fwrite(ops, sizeof *ops, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static _Noreturn void exec_qemu(const struct files *files, bool operations)
{
    char memory[160];
    char serial[160];
    const char *arguments[] = {"timeout",
                               "-k",
                               "5",
                               SECONDS,
                               QEMU,
                               "-nodefaults",
                               "-display",
                               "none",
                               "-no-reboot",
                               "-cpu",
                               "qemu64", /* the least that has NX */
                               "-m",
                               "128M",
                               "-object",
                               memory,
                               "-machine",
                               "pc,memory-backend=ram",
                               "-serial",
                               serial,
                               "-device",
                               "isa-debug-exit,iobase=0xf4,iosize=0x04",
                               "-kernel",
                               BOOT_IMAGE,
                               operations ? "-initrd" : NULL,
                               files->operations,
                               NULL};

    snprintf(memory, sizeof memory, "memory-backend-file,id=ram,size=128M,mem-path=%s,share=on", files->ram);
    snprintf(serial, sizeof serial, "file:%s", files->serial);
    execvp(arguments[0], (char *const *)arguments);
    _exit(127);
}

static int run_qemu(const struct files *files, bool operations)
{
    int status = 0;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        exec_qemu(files, operations);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *read_text(const char *path)
{
    struct stat info;
    FILE *const file = fopen(path, "rb");
    char *text;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &info), 0);
    text = calloc((size_t)info.st_size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)info.st_size, file), info.st_size);
    fclose(file);
    return text;
}

static void read_ram(const char *path, unsigned char *ram)
{
    const int file = open(path, O_RDONLY);
    void *const from = mmap(NULL, BOOT_RAM_SIZE, PROT_READ, MAP_SHARED, file, 0);

    assert_ptr_not_equal(from, MAP_FAILED);
    memcpy(ram, from, BOOT_RAM_SIZE);
    munmap(from, BOOT_RAM_SIZE);
    close(file);
}

/* Keep what stands between the first event and the line "done ...", both of which have to be there. */
static void cut_events(char *serial)
{
    char *const first = strstr(serial, "\n1 ");
    char *const done = strstr(serial, "\ndone ");

    if (!first || !done)
        fail_msg("the image said: %s", serial);
    done[1] = '\0';
    memmove(serial, first + 1, strlen(first + 1) + 1);
}

void boot_run_metal(const struct replay_op *ops, uint32_t count, struct boot_run *run)
{
    struct files files;
    int status;

    make_files(&files);
    if (ops)
        write_operations(files.operations, ops, count);
    status = run_qemu(&files, ops != NULL);
    *run = (struct boot_run){.lines = read_text(files.serial), .ram = malloc(BOOT_RAM_SIZE)};
    assert_non_null(run->ram);
    read_ram(files.ram, run->ram);
    remove_files(&files);
    if (status != EXIT_DONE && status != EXIT_BROKEN)
        fail_msg("qemu ended with %d; the image said: %s", status, run->lines);
    cut_events(run->lines);
}
