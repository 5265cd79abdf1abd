/* The kernel that watches its memory itself (VLSOS_MEMORY_DEBUG), booted: it names what was overwritten, as hosted. */
#include "boot_compare.h"
#include "kms_test.h"

#include <string.h>

#include "status.h"

static const struct boot_subject debug = {.ram_size = BOOT_LOADER_RAM};

#define ALLOC(handle, size)                                                                                  \
    {                                                                                                        \
        .code = REPLAY_ALLOC, .id = handle, .first = size                                                    \
    }
#define BYTE(handle, offset, value)                                                                          \
    {                                                                                                        \
        .code = REPLAY_WRITE, .width = 1, .flags = REPLAY_FIRST_HANDLE, .id = handle, .first = offset,       \
        .second = value                                                                                      \
    }
#define FREE(handle)                                                                                         \
    {                                                                                                        \
        .code = REPLAY_FREE, .flags = REPLAY_FIRST_HANDLE, .id = handle                                      \
    }
#define EXPECT_CORRUPT                                                                                       \
    {                                                                                                        \
        .code = REPLAY_EXPECT_STATUS, .first = (uint32_t)VLSOS_ECORRUPT                                      \
    }
#define CHECK                                                                                                \
    {                                                                                                        \
        .code = REPLAY_CHECK                                                                                 \
    }

/* A byte behind 100 of a slab, put right; one before 5000 of pages, put right; one of an object that was freed. */
static const struct replay_op damage[] = {
    ALLOC(0, 100),  BYTE(0, 100, 1),
    CHECK,          FREE(0),
    EXPECT_CORRUPT, BYTE(0, 100, 0xcc),
    CHECK,          ALLOC(1, 5000),
    CHECK,          BYTE(1, UINT32_MAX, 1),
    CHECK,          FREE(1),
    EXPECT_CORRUPT, BYTE(1, UINT32_MAX, 0xbb),
    FREE(1),        FREE(0),
    BYTE(0, 7, 1),  CHECK,
};

static const char *const words[] = {
    "written 1 byte beyond its right end; last owner guest_alloc, allocation 1\n",
    "written 1 byte before its left end; last owner guest_alloc, allocation 2\n",
    "written 7 bytes into it, after it was freed; freed by guest_free\n",
};

static void damage_is_named(void **state)
{
    const struct boot_hosted hosted = {&debug, KMS_GUEST_DIRECT, damage, sizeof damage / sizeof damage[0]};
    struct boot_run run;

    (void)state;
    boot_compare(&hosted);
    boot_run_hosted(&hosted, &run);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strstr(run.lines, words[i]))
            fail_msg("no \"%s\" in\n%s", words[i], run.lines);
    boot_run_free(&run);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("vlsos_debug.elf names on the serial port what was overwritten, on which side, and whose it is",
             damage_is_named),
};
KMS_TESTS(vlsos_debug_boot, tests)
