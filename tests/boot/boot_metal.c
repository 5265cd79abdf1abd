#include "boot_qemu.h"
#include "boot_run.h"
#include "kms_test.h"

#include <fcntl.h>
#include <kernel/hw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDLES 16384u

static void make_files(struct boot_files *files)
{
    strcpy(files->folder, "/tmp/kernel-boot-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    snprintf(files->operations, sizeof files->operations, "%s/operations", files->folder);
    snprintf(files->serial, sizeof files->serial, "%s/serial", files->folder);
    snprintf(files->ram, sizeof files->ram, "%s/ram", files->folder);
    snprintf(files->disk, sizeof files->disk, "%s/disk", files->folder);
}

static void make_disk(const char *path, uint32_t pages)
{
    const int file = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)pages * HW_STORE_PAGE), 0);
    close(file);
}

static void remove_files(const struct boot_files *files)
{
    unlink(files->operations);
    unlink(files->serial);
    unlink(files->ram);
    unlink(files->disk);
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

static int run_qemu(const struct boot_subject *subject, const struct boot_files *files, bool operations)
{
    int status = 0;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        boot_exec_qemu(subject, files, operations);
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

/* The file's bytes, and zeros up to size. */
static unsigned char *read_bytes(const char *path, size_t size)
{
    unsigned char *const bytes = calloc(1, size);
    FILE *const file = fopen(path, "rb");

    assert_non_null(bytes);
    assert_non_null(file);
    assert_true(fread(bytes, 1, size, file) > 0);
    fclose(file);
    return bytes;
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

void boot_run_metal(const struct boot_subject *subject, const struct replay_op *ops, uint32_t count,
                    struct boot_run *run)
{
    const size_t store_size = (size_t)subject->store_pages * HW_STORE_PAGE;
    struct boot_files files;
    int status;

    make_files(&files);
    make_disk(files.disk, subject->store_pages);
    if (ops)
        write_operations(files.operations, ops, count);
    status = run_qemu(subject, &files, ops != NULL);
    *run = (struct boot_run){.lines = read_text(files.serial),
                             .ram = read_bytes(files.ram, BOOT_RAM_SIZE),
                             .store = store_size ? read_bytes(files.disk, store_size) : NULL};
    remove_files(&files);
    if (status != boot_exit_status(BOOT_EXIT_DONE) && status != boot_exit_status(BOOT_EXIT_BROKEN))
        fail_msg("qemu ended with %d; the image said: %s", status, run->lines);
    cut_events(run->lines);
}
