/* The tool against QEMU's monitor on a real operating system: a Linux kernel, up to its first panic. */
#include "kms_test.h"
#include "monitor.h"
#include "run_tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* QEMU's "info mem" takes a minute with 5-level paging, and then prints nothing. */
#define CPU_MODEL "max,la57=off"

static const char *find_kernel(void)
{
    const char *given = getenv("KMEMSIM_TEST_KERNEL");
    return given ? given : KERNEL_PATH;
}

static void compares_linux(void **state)
{
    char console[128], serial[160];
    (void)state;
    snprintf(console, sizeof console, "%s/console", tool_folder());
    snprintf(serial, sizeof serial, "file:%s", console);
    const char *const arguments[] = {
        "qemu-system-x86_64", "-cpu",    CPU_MODEL,       "-m",      "256",  "-kernel",
        find_kernel(),        "-append", "console=ttyS0", "-serial", serial, NULL};
    if (access(find_kernel(), R_OK) != 0)
        qemu_missing(
            "a Linux kernel to boot (Debian's linux-image-cloud-amd64; KMEMSIM_TEST_KERNEL names another)");
    struct qemu qemu = qemu_start(arguments);
    qemu_wait(&qemu, console, "Kernel panic", 150);
    qemu_pause(&qemu);
    monitor_compare(&qemu, 256, 0);
    qemu_stop(&qemu);
    struct tool_run run = tool_run("audit --core core");
    assert_null(strstr(run.out, "error "));
    assert_string_equal(run.err, "");
    tool_free(&run);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("tlb, mem and translate are QEMU's to the letter on a Linux kernel", compares_linux),
};
KMS_TESTS(tool_linux, tests)
