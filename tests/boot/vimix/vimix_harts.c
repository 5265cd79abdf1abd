/*
 * Two harts with a TLB each, hosted and in QEMU: after hart 0 has changed a table, hart 1 sees the change because VIMIX
 * fences it too, and the same kernel built without that fence (vimix_unfenced) shows what happens otherwise: hart 1
 * reads the kernel's old page, and a program on it writes into the memory of another program.
 */
#include "boot_compare.h"
#include "kms_test.h"

#include "memlayout.h"

#define SHARED 0x30000000u
#define HEAP_1 (USER_TEXT_START + PAGE_SIZE) /* pages of a break behind a program of 100 bytes */
#define HEAP_2 (USER_TEXT_START + 2 * PAGE_SIZE)

static const struct replay_op operations[] = {
    /* The kernel's table: another page at the same address. */
    {.code = REPLAY_ALLOC, .id = 0, .first = PAGE_SIZE},
    {.code = REPLAY_ALLOC, .id = 1, .first = PAGE_SIZE},
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_FIRST_HANDLE, .id = 0, .second = 0x01d},
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_FIRST_HANDLE, .id = 1, .second = 0x2e3},
    {.code = REPLAY_MAP, .flags = REPLAY_SECOND_HANDLE, .id2 = 0, .first = SHARED, .pages = 1},
    {.code = REPLAY_CPU, .first = 1},
    {.code = REPLAY_READ, .width = 4, .first = SHARED},
    {.code = REPLAY_CPU, .first = 0},
    {.code = REPLAY_UNMAP, .first = SHARED, .pages = 1},
    {.code = REPLAY_MAP, .flags = REPLAY_SECOND_HANDLE, .id2 = 1, .first = SHARED, .pages = 1},
    {.code = REPLAY_READ, .width = 4, .first = SHARED},
    {.code = REPLAY_CPU, .first = 1},
    {.code = REPLAY_READ, .width = 4, .first = SHARED},
    {.code = REPLAY_CPU, .first = 0},
    {.code = REPLAY_UNMAP, .first = SHARED, .pages = 1},

    /* A program that runs on hart 1, while hart 0 gives a page of its heap to another program. */
    {.code = REPLAY_CREATE, .id2 = 0, .first = 100},
    {.code = REPLAY_CREATE, .id2 = 1, .first = 100},
    {.code = REPLAY_SWITCH, .id2 = 0},
    {.code = REPLAY_SBRK, .id2 = 0, .id = 2, .first = 2 * PAGE_SIZE},
    {.code = REPLAY_CPU, .first = 1},
    {.code = REPLAY_SWITCH, .id2 = 0},
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_USER, .first = HEAP_2, .second = 0x5ec},
    {.code = REPLAY_CPU, .first = 0},
    {.code = REPLAY_SBRK, .id2 = 0, .id = 2, .first = (uint64_t) - (int64_t)(2 * PAGE_SIZE)},
    {.code = REPLAY_SWITCH, .id2 = 1},
    {.code = REPLAY_SBRK, .id2 = 1, .id = 2, .first = PAGE_SIZE},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER, .first = HEAP_1},
    {.code = REPLAY_CPU, .first = 1},
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_USER, .first = HEAP_2, .second = 0xbad},
    {.code = REPLAY_CPU, .first = 0},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER, .first = HEAP_1},
    {.code = REPLAY_CHECK},
};

/* Worked out by hand: the pages are the first two that kalloc() hands out after boot. */
#if KERNEL_XLEN == 64
#define PAGE_0 "0x83db7000"
#define PAGE_1 "0x83db6000"
#define BREAK  "0x00001090"
#define BREAK2 "0x00003090"
#else
#define PAGE_0 "0x83db9000"
#define PAGE_1 "0x83db8000"
#define BREAK  "0x00001080"
#define BREAK2 "0x00003080"
#endif

#if VIMIX_FENCE_OTHERS
#define KERNEL_SEES "0x000002e3"
#define PROGRAM_1   "fault 0x00003000 store page fault, process 0 ended"
#define PROGRAM_2   "0x00000000"
#else
#define KERNEL_SEES "0x0000001d"
#define PROGRAM_1   "ok"
#define PROGRAM_2   "0x00000bad"
#endif

static const char lines[] = "1 alloc #0 4096 = " PAGE_0 "\n"
                            "2 alloc #1 4096 = " PAGE_1 "\n"
                            "3 write kernel 4 #0 0x0000001d = ok\n"
                            "4 write kernel 4 #1 0x000002e3 = ok\n"
                            "5 map 0x30000000 #0 1 r = ok\n"
                            "6 cpu 1 = ok\n"
                            "7 read kernel 4 0x30000000 = 0x0000001d\n"
                            "8 cpu 0 = ok\n"
                            "9 unmap 0x30000000 1 = ok\n"
                            "10 map 0x30000000 #1 1 r = ok\n"
                            "11 read kernel 4 0x30000000 = 0x000002e3\n"
                            "12 cpu 1 = ok\n"
                            "13 read kernel 4 0x30000000 = " KERNEL_SEES "\n"
                            "14 cpu 0 = ok\n"
                            "15 unmap 0x30000000 1 = ok\n"
                            "16 create @0 100 = 0\n"
                            "17 create @1 100 = 1\n"
                            "18 switch @0 = ok\n"
                            "19 sbrk @0 #2 8192 = " BREAK "\n"
                            "20 cpu 1 = ok\n"
                            "21 switch @0 = ok\n"
                            "22 write user 4 0x00003000 0x000005ec = ok\n"
                            "23 cpu 0 = ok\n"
                            "24 sbrk @0 #2 -8192 = " BREAK2 "\n"
                            "25 switch @1 = ok\n"
                            "26 sbrk @1 #2 4096 = " BREAK "\n"
                            "27 read user 4 0x00002000 = 0x00000000\n"
                            "28 cpu 1 = ok\n"
                            "29 write user 4 0x00003000 0x00000bad = " PROGRAM_1 "\n"
                            "30 cpu 0 = ok\n"
                            "31 read user 4 0x00002000 = " PROGRAM_2 "\n"
                            "32 check = ok\n";

#define COUNT (sizeof operations / sizeof operations[0])

static const struct boot_range pages = {KERNEL_END, DTB_BASE};
static const struct boot_subject vimix = {.same = &pages, .same_count = 1};

static void two_harts_on_the_metal(void **state)
{
    struct boot_run metal;

    (void)state;
    if (boot_missing())
        kms_skip(boot_missing());
    boot_run_metal(&vimix, operations, COUNT, &metal);
    assert_string_equal(metal.lines, lines);
    boot_run_free(&metal);
}

static void two_harts_hosted(void **state)
{
    (void)state;
    boot_compare(&(struct boot_hosted){&vimix, KMS_GUEST_DIRECT, operations, COUNT});
}

#if VIMIX_FENCE_OTHERS
#define NAME "in QEMU a remote fence shows another hart what has changed"
#else
#define NAME "in QEMU a missing remote fence lets a program write another's memory"
#endif

static const struct CMUnitTest tests[] = {
    KMS_TEST(NAME, two_harts_on_the_metal),
    KMS_TEST(NAME ", and hosted the same", two_harts_hosted),
};
KMS_TESTS(vimix_harts, tests)
