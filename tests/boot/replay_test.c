/* The replay core by itself, on a kernel of a few lines: what its records mean, what it refuses, what it prints. */
#include "kms_test.h"

#include <kernel/x86.h>
#include <string.h>

#include "../../src/lib/replay.h"
#include "../../src/lib/text.h"

#define HANDLES 4u

static guest_addr next_address;
static guest_addr freed;
static guest_addr handles[HANDLES];
static char line[REPLAY_LINE];
static const struct replay_limits limits = {HANDLES, GUEST_X86};

static guest_addr toy_alloc(uint64_t size, uint32_t flags)
{
    (void)size;
    (void)flags;
    return next_address;
}

static int toy_free(guest_addr address)
{
    freed = address;
    return address == 0 ? -2 : 0;
}

static int toy_physical(guest_addr linear, guest_addr *physical)
{
    *physical = linear + 0x1000;
    return linear == 0x5000 ? -2 : 0;
}

static const char *toy_check(void)
{
    return "a screw is loose";
}

static const char *toy_status(int status)
{
    return status == -2 ? "EINVARG" : "other";
}

static const struct guest_ops toy = {
    .alloc = toy_alloc,
    .free = toy_free,
    .physical = toy_physical,
    .check = toy_check,
    .status_name = toy_status,
};

static void keep_line(void *context, const struct replay_event *event)
{
    (void)context;
    (void)replay_format(event, line, sizeof line);
}

static struct replay fresh_with(const struct guest_ops *guest)
{
    struct replay replay = {.guest = guest, .handles = handles, .handle_count = HANDLES, .report = keep_line};

    next_address = 0x01000000;
    replay_start(&replay);
    return replay;
}

static struct replay fresh(void)
{
    return fresh_with(&toy);
}

static void expect_line(struct replay *replay, const struct replay_op op, const char *expected)
{
    uint32_t bad;

    assert_null(replay_validate(&op, 1, &limits, &bad));
    replay_run(replay, &op, 1);
    assert_string_equal(line, expected);
}

static void handles_hold_addresses(void **state)
{
    struct replay replay = fresh();

    (void)state;
    expect_line(&replay,
                (struct replay_op){.code = REPLAY_ALLOC, .id = 3, .first = 8192, .width = GUEST_ZEROED},
                "1 alloc #3 8192 zeroed = 0x01000000");
    expect_line(&replay,
                (struct replay_op){.code = REPLAY_FREE, .flags = REPLAY_FIRST_HANDLE, .id = 3, .first = 8},
                "2 free #3+8 = ok");
    assert_int_equal(freed, 0x01000008);
    next_address = 0;
    expect_line(&replay, (struct replay_op){.code = REPLAY_ALLOC, .id = 3, .first = 1},
                "3 alloc #3 1 = no memory");
    expect_line(&replay, (struct replay_op){.code = REPLAY_FREE, .flags = REPLAY_FIRST_HANDLE, .id = 3},
                "4 free #3 = EINVARG");
}

static void expectations(void **state)
{
    struct replay replay = fresh();

    (void)state;
    expect_line(&replay, (struct replay_op){.code = REPLAY_FREE}, "1 free 0x00000000 = EINVARG");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_STATUS, .first = (uint32_t)-2},
                "2 expect status EINVARG = yes");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_NO_FAULT}, "3 expect no fault = yes");
    assert_int_equal(replay.broken, 0);
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_STATUS, .first = 0},
                "4 expect status other = no: another status, EINVARG");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_VALUE, .first = 7},
                "5 expect value 0x00000007 = no: another value, 0x00000000");
    expect_line(&replay,
                (struct replay_op){.code = REPLAY_EXPECT_FAULT, .first = 16, .pages = PFERR_WR | PFERR_US},
                "6 expect fault WR|US 0x00000010 = no: no fault");
    assert_int_equal(replay.broken, 3);
}

static void expectations_about_mappings(void **state)
{
    struct replay replay = fresh();

    (void)state;
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_MAPPED, .first = 0x2000, .second = 0x3000},
                "1 expect mapped 0x00002000 0x00003000 = yes");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_MAPPED, .first = 0x2000, .second = 0x4000},
                "2 expect mapped 0x00002000 0x00004000 = no: mapped elsewhere");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_MAPPED, .first = 0x5000, .second = 0x6000},
                "3 expect mapped 0x00005000 0x00006000 = no: not mapped");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_UNMAPPED, .first = 0x5000},
                "4 expect unmapped 0x00005000 = yes");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_UNMAPPED, .first = 0x2000},
                "5 expect unmapped 0x00002000 = no: mapped");
}

static void what_a_kernel_lacks(void **state)
{
    struct replay replay = fresh();

    (void)state;
    expect_line(&replay, (struct replay_op){.code = REPLAY_SWITCH, .id2 = 1}, "1 switch @1 = not offered");
    expect_line(&replay,
                (struct replay_op){.code = REPLAY_MAP, .first = 1, .second = 2, .pages = 3, .width = 3},
                "2 map 0x00000001 0x00000002 3 rw user = not offered");
    expect_line(&replay, (struct replay_op){.code = REPLAY_CHECK}, "3 check = a screw is loose");
    assert_int_equal(replay.broken, 1);
}

static void bad_records(void **state)
{
    static const struct {
        struct replay_op op;
        const char *wrong;
    } rows[] = {
        {{.code = 0}, "an unknown operation"},
        {{.code = REPLAY_CODES}, "an unknown operation"},
        {{.code = REPLAY_FREE, .flags = 0x8}, "unknown flags"},
        {{.code = REPLAY_ALLOC, .id = HANDLES}, "a handle beyond the largest"},
        {{.code = REPLAY_FREE, .flags = 1, .id = HANDLES}, "a handle beyond the largest"},
        {{.code = REPLAY_MAP, .flags = 2, .id2 = HANDLES}, "a second handle beyond the largest"},
        {{.code = REPLAY_SWITCH, .id2 = REPLAY_PROCESSES}, "a process handle beyond the largest"},
        {{.code = REPLAY_READ, .width = 3}, "an access has 1, 2 or 4 bytes"},
        {{.code = REPLAY_READ, .width = 4, .first = 0x100000000}, "an access beyond 32 bits"},
        {{.code = REPLAY_MAP, .width = 4}, "unknown rights"},
        {{.code = REPLAY_ALLOC, .width = 4}, "unknown flags of an allocation"},
        {{.code = REPLAY_UNMAP, .pages = REPLAY_PAGES_MAX + 1}, "more pages than there are"},
        {{.code = REPLAY_CREATE, .first = REPLAY_PROGRAM_MAX + 1}, "a program that is too large"},
        {{.code = REPLAY_FAIL, .first = 0x100000000}, "a count beyond 32 bits"},
        {{.code = REPLAY_CPU, .first = 0x100000000}, "a count beyond 32 bits"},
        {{.code = REPLAY_LIMIT, .first = 0x100000000}, "a count beyond 32 bits"},
        {{.code = REPLAY_LIMIT, .width = GUEST_LIMITS}, "an unknown limit"},
        {{.code = REPLAY_STORE, .width = GUEST_STORE_FAILURES}, "an unknown failure of the store"},
        {{.code = REPLAY_DUPLICATE, .id = REPLAY_PROCESSES}, "a process handle beyond the largest"},
        {{.code = REPLAY_PROCESS_READ, .width = 3}, "an access has 1, 2 or 4 bytes"},
        {{.code = REPLAY_PROCESS_WRITE, .width = 4, .first = 0x100000000}, "an access beyond 32 bits"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct replay_op ops[] = {{.code = REPLAY_CHECK}, rows[i].op};
        uint32_t bad = 0;

        assert_string_equal(replay_validate(ops, 2, &limits, &bad), rows[i].wrong);
        assert_int_equal(bad, 1);
    }
}

static guest_addr toy_sbrk(int process, int64_t change)
{
    (void)process;
    return change < 0 ? GUEST_NO_ADDRESS : 0x9000;
}

static int toy_use_cpu(unsigned cpu)
{
    return cpu < 2 ? 0 : -2;
}

/* A machine of 64 bits, whose faults are causes and whose programs have a break. */
static struct replay fresh_rv64(void)
{
    static struct guest_ops rv64;

    rv64 = toy;
    rv64.arch = GUEST_RV64;
    rv64.process_sbrk = toy_sbrk;
    rv64.use_cpu = toy_use_cpu;
    return fresh_with(&rv64);
}

static void program_memory(void **state)
{
    struct replay replay = fresh_rv64();

    (void)state;
    expect_line(&replay, (struct replay_op){.code = REPLAY_SBRK, .id = 1, .first = 4096},
                "1 sbrk @0 #1 4096 = 0x00009000");
    assert_int_equal(handles[1], 0x9000);
    expect_line(&replay, (struct replay_op){.code = REPLAY_SBRK, .id = 1, .first = (uint64_t)-1},
                "2 sbrk @0 #1 -1 = no memory");
    assert_int_equal(handles[1], 0);
    expect_line(&replay, (struct replay_op){.code = REPLAY_CPU, .first = 1}, "3 cpu 1 = ok");
    expect_line(&replay, (struct replay_op){.code = REPLAY_CPU, .first = 2}, "4 cpu 2 = EINVARG");
    expect_line(&replay, (struct replay_op){.code = REPLAY_STACK, .first = 0x3fffff0000},
                "5 stack @0 0x3fffff0000 = not offered");
    expect_line(&replay, (struct replay_op){.code = REPLAY_REALLOC, .first = 0x9000, .second = 7},
                "6 prealloc @0 0x00009000 7 = not offered");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_FAULT, .first = 0x4000, .pages = 15},
                "7 expect fault store page fault 0x00004000 = no: no fault");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_FAULT, .pages = 2},
                "8 expect fault 2 0x00000000 = no: no fault");
}

/* ---- virtual memory ---- */

static uint32_t vm_asked[2];

static int toy_duplicate(int process)
{
    return process == 7 ? 8 : -2;
}

static int toy_switch(int process)
{
    return process == 7 || process == 8 ? 0 : -2;
}

static int toy_create(const void *program, uint32_t size)
{
    (void)program;
    (void)size;
    return 7;
}

static int toy_two_numbers(uint32_t first, uint32_t second)
{
    vm_asked[0] = first;
    vm_asked[1] = second;
    return 0;
}

static int toy_policy(uint32_t number)
{
    return number < 3 ? 0 : -2;
}

static void virtual_memory(void **state)
{
    struct guest_ops ops = toy;
    struct replay replay = fresh();

    (void)state;
    ops.process_create = toy_create;
    ops.process_switch = toy_switch;
    ops.process_duplicate = toy_duplicate;
    ops.fail_store = ops.vm_limit = toy_two_numbers;
    ops.vm_policy = toy_policy;
    replay.guest = &ops;
    expect_line(&replay, (struct replay_op){.code = REPLAY_DUPLICATE, .id = 1, .id2 = 0},
                "1 duplicate @0 @1 = EINVARG");
    expect_line(&replay, (struct replay_op){.code = REPLAY_CREATE, .first = 5}, "2 create @0 5 = 7");
    expect_line(&replay, (struct replay_op){.code = REPLAY_DUPLICATE, .id = 1, .id2 = 0},
                "3 duplicate @0 @1 = 8");
    assert_int_equal(replay.processes[1], 8);
    expect_line(&replay,
                (struct replay_op){.code = REPLAY_PROCESS_READ, .id2 = 2, .width = 4, .first = 0x5000},
                "4 pread @2 4 0x00005000 = EINVARG");
    expect_line(&replay, (struct replay_op){.code = REPLAY_EXPECT_NO_FAULT},
                "5 expect no fault = no: refused");
    expect_line(
        &replay,
        (struct replay_op){.code = REPLAY_PROCESS_WRITE, .id2 = 2, .width = 2, .first = 0x5000, .second = 9},
        "6 pwrite @2 2 0x00005000 0x00000009 = EINVARG");
    expect_line(&replay, (struct replay_op){.code = REPLAY_PROCESS_FETCH, .id2 = 2, .first = 0x5000},
                "7 pfetch @2 0x00005000 = EINVARG");
    expect_line(&replay, (struct replay_op){.code = REPLAY_STORE, .width = GUEST_STORE_STUCK, .first = 3},
                "8 store stuck 3 = ok");
    assert_int_equal(vm_asked[0], GUEST_STORE_STUCK);
    assert_int_equal(vm_asked[1], 3);
    expect_line(&replay, (struct replay_op){.code = REPLAY_LIMIT, .width = GUEST_LIMIT_SLOTS, .first = 12},
                "9 limit slots 12 = ok");
    assert_int_equal(vm_asked[0], GUEST_LIMIT_SLOTS);
    expect_line(&replay, (struct replay_op){.code = REPLAY_POLICY, .first = 3}, "10 policy 3 = EINVARG");
}

static void why_a_process_ended(void **state)
{
    static const struct replay_op op = {.code = REPLAY_PROCESS_READ, .id2 = 1, .width = 4, .first = 0x5000};
    const struct replay_event event = {.op = &op,
                                       .number = 3,
                                       .status = -2,
                                       .faulted = 1,
                                       .fault = {.address = 0x5000, .error = PFERR_US, .process = 8},
                                       .status_name = toy_status};

    (void)state;
    (void)replay_format(&event, line, sizeof line);
    assert_string_equal(line,
                        "3 pread @1 4 0x00005000 = fault 0x00005000 error US, process 8 ended: EINVARG");
}

static void wide_addresses(void **state)
{
    static const struct replay_limits wide = {HANDLES, GUEST_RV64};
    struct replay_op op = {.code = REPLAY_READ, .width = 4, .first = 0x3fffffe000};
    uint32_t bad;

    (void)state;
    assert_null(replay_validate(&op, 1, &wide, &bad));
    assert_non_null(replay_validate(&op, 1, &limits, &bad));
    op = (struct replay_op){.code = REPLAY_WRITE, .width = 4, .second = 0x100000000};
    assert_non_null(replay_validate(&op, 1, &wide, &bad));
}

static void files(void **state)
{
    struct {
        struct replay_header header;
        struct replay_op ops[2];
    } file = {.header = {REPLAY_MAGIC, REPLAY_VERSION, 2, HANDLES}};
    struct replay_header header;
    const struct replay_op *ops = NULL;

    (void)state;
    assert_null(replay_open(&file, sizeof file, &ops, &header));
    assert_ptr_equal(ops, file.ops);
    assert_int_equal(header.count, 2);
    assert_string_equal(replay_open(&file, sizeof file - 1, &ops, &header),
                        "the file ends before its last operation");
    assert_string_equal(replay_open(&file, 15, &ops, &header), "this is no file of operations");
    file.header.count = UINT32_MAX;
    assert_string_equal(replay_open(&file, sizeof file, &ops, &header),
                        "the file ends before its last operation");
    file.header.version = 2;
    assert_string_equal(replay_open(&file, sizeof file, &ops, &header),
                        "another version of the operations format");
    file.header.magic = 0;
    assert_string_equal(replay_open(&file, sizeof file, &ops, &header), "this is no file of operations");
}

static void numbers_in_words(void **state)
{
    char words[64];
    struct text text = text_in(words, sizeof words);

    (void)state;
    text_decimal(&text, 0);
    text_char(&text, ' ');
    text_decimal(&text, UINT64_MAX);
    text_char(&text, ' ');
    text_signed(&text, INT64_MIN);
    assert_string_equal(words, "0 18446744073709551615 -9223372036854775808");
    text = text_in(words, sizeof words);
    text_hex(&text, 0x7e00, 8);
    text_hex(&text, 0x123456789, 8);
    assert_string_equal(words, "0x00007e000x123456789");
}

static void full_buffers(void **state)
{
    char words[6] = "xxxxx";
    struct text text = text_in(words, 4);

    (void)state;
    text_put(&text, "abcdef");
    assert_string_equal(words, "abc");
    assert_int_equal(words[4], 'x');
    assert_int_equal(replay_format_error(PFERR_P | PFERR_WR | PFERR_US, words, sizeof words), 5);
    assert_string_equal(words, "P|WR|");
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a handle holds what an allocation gave, and 0 when there was no memory",
             handles_hold_addresses),
    KMS_TEST("expectations are about the operation before them", expectations),
    KMS_TEST("expectations about mappings ask the kernel", expectations_about_mappings),
    KMS_TEST("an operation that a kernel lacks is not offered", what_a_kernel_lacks),
    KMS_TEST("processes are duplicated, read, written, and their memory is limited", virtual_memory),
    KMS_TEST("a fault that ended a process says why", why_a_process_ended),
    KMS_TEST("a program moves its break, its stack and to another CPU", program_memory),
    KMS_TEST("a 64-bit machine accesses addresses beyond 32 bits", wide_addresses),
    KMS_TEST("records that no replay can run are refused with words", bad_records),
    KMS_TEST("a file of operations is refused unless its header holds", files),
    KMS_TEST("numbers of 64 bits are written without division", numbers_in_words),
    KMS_TEST("words that do not fit are dropped and the string ends", full_buffers),
};
KMS_TESTS(replay, tests)
