/* What the reader makes of a good file, and that the writer is its inverse. */
#include "trace_text.h"

#include "kms_test.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(text) (sizeof(text) - 1)

/* Canonical: every operation, as the writer spells it. */
static const char every_operation[] = "alloc buffer 5000\n"
                                      "alloc @7 18446744073709551615 zeroed aligned\n"
                                      "free buffer\n"
                                      "free 0x1000000\n"
                                      "free @7+0x10\n"
                                      "free @7-0x1\n"
                                      "map 0x400000 @7 4 write user\n"
                                      "map 0x400000 0x1000000 1048576\n"
                                      "unmap 0x400000 4\n"
                                      "physical 0xffffffff\n"
                                      "read 1 0x0\n"
                                      "read 4 buffer+0x8 user\n"
                                      "write 2 buffer 0xffff\n"
                                      "write 4 0xffffffffffffffff 0xffffffff user\n"
                                      "fetch 0x400000\n"
                                      "process create shell 8192\n"
                                      "process switch shell\n"
                                      "process alloc shell m 100\n"
                                      "process free shell m\n"
                                      "process sbrk shell old -4096\n"
                                      "process sbrk shell old 9223372036854775807\n"
                                      "process sbrk shell old -9223372036854775808\n"
                                      "process realloc shell old old+0x10 100\n"
                                      "process stack shell 0x3fffff0000\n"
                                      "cpu 1\n"
                                      "process duplicate shell other\n"
                                      "process read other 2 m+0x10\n"
                                      "process write other 4 0x50000000 0xcafe\n"
                                      "process fetch other 0x40000000\n"
                                      "process exit shell\n"
                                      "store short 1\n"
                                      "store slow 2\n"
                                      "store stuck 3\n"
                                      "store failed 4\n"
                                      "store broken 0\n"
                                      "limit frames 64\n"
                                      "limit slots 4294967295\n"
                                      "policy 2\n"
                                      "syscall answer 4 0x64 0x0\n"
                                      "fail 3\n"
                                      "check\n"
                                      "unit buffer\n"
                                      "note anything # at all\n"
                                      "expect ok\n"
                                      "expect status EINVARG\n"
                                      "expect status -22\n"
                                      "expect null\n"
                                      "expect value 0xcafe\n"
                                      "expect value buffer+0x1000\n"
                                      "expect fault 0x7 at 0x400000\n"
                                      "expect mapped 0x400000 at buffer\n"
                                      "expect unmapped 0x400000\n";

static void read_op(struct trace_text *text, struct kms_trace_op *op)
{
    enum kms_trace_result result = kms_trace_read(text->reader, op);
    if (result == KMS_TRACE_BAD)
        fail_msg("%s", kms_trace_reader_error(text->reader));
    assert_int_equal(result, KMS_TRACE_OP);
}

static void canonical_lines_come_out_as_they_went_in(void **state)
{
    char bytes[sizeof every_operation + 16] = KMS_TRACE_HEADER;
    char line[KMS_TRACE_LINE_MAX + 1];
    struct trace_text text = {0};
    struct kms_trace_op op;
    (void)state;
    strcat(bytes, every_operation);
    trace_text_open(&text, bytes, strlen(bytes));
    for (const char *expected = every_operation; *expected;) {
        size_t length = strcspn(expected, "\n") + 1;
        read_op(&text, &op);
        assert_int_equal(kms_trace_write(&op, text.reader, line, sizeof line), length);
        assert_int_equal(strlen(line), length);
        assert_memory_equal(line, expected, length);
        expected += length;
    }
    assert_int_equal(kms_trace_read(text.reader, &op), KMS_TRACE_END);
    trace_text_close(&text);
}

static void blanks_comments_and_spellings_do_not_matter(void **state)
{
    static const char loose[] = "kmt 1  # the header\r\n"
                                "\r\n"
                                "\t alloc\ta  0x10   aligned\tzeroed# words in any order\r\n"
                                "   # alone\n"
                                "write 1 a+8 65";
    struct trace_text text = {0};
    struct kms_trace_op op;
    (void)state;
    trace_text_open(&text, loose, LENGTH(loose));
    read_op(&text, &op);
    assert_int_equal(op.kind, KMS_TRACE_ALLOC);
    assert_int_equal(op.number, 16);
    assert_int_equal(op.words, KMS_TRACE_ZEROED | KMS_TRACE_ALIGNED);
    assert_int_equal(op.line, 3);
    read_op(&text, &op);
    assert_int_equal(op.kind, KMS_TRACE_WRITE);
    assert_int_equal(op.width, 1);
    assert_int_equal(op.number, 'A');
    assert_int_equal(op.address.offset, 8);
    assert_int_equal(op.line, 5);
    assert_int_equal(kms_trace_read(text.reader, &op), KMS_TRACE_END);
    trace_text_close(&text);
}

static void handles_are_numbered_by_appearance(void **state)
{
    static const char file[] = "kmt 1\nalloc @900000 1\nalloc name 1\nalloc @3 1\nfree name\nfree @900000\n"
                               "alloc name 2\nalloc @900000 2\nprocess create b 1\nprocess create a 1\n"
                               "process switch b\n";
    static const uint32_t handles[] = {0, 1, 2};
    struct trace_text text = {0};
    struct kms_trace_op op;
    (void)state;
    trace_text_open(&text, file, LENGTH(file));
    for (size_t i = 0; i < 3; i++) {
        read_op(&text, &op);
        assert_int_equal(op.handle, handles[i]);
        assert_int_equal(op.address.handle, KMS_TRACE_NO_HANDLE);
    }
    read_op(&text, &op);
    assert_int_equal(op.address.handle, 1);
    read_op(&text, &op);
    assert_int_equal(op.address.handle, 0);
    read_op(&text, &op);
    assert_int_equal(op.handle, 1);
    read_op(&text, &op);
    assert_int_equal(op.handle, 0);
    read_op(&text, &op);
    read_op(&text, &op);
    assert_int_equal(op.process, 1);
    read_op(&text, &op);
    assert_int_equal(op.process, 0);
    assert_string_equal(kms_trace_handle_name(text.reader, 0), "@900000");
    assert_string_equal(kms_trace_handle_name(text.reader, 1), "name");
    assert_null(kms_trace_handle_name(text.reader, 3));
    assert_string_equal(kms_trace_process_name(text.reader, 1), "a");
    assert_null(kms_trace_process_name(text.reader, 2));
    trace_text_close(&text);
}

static void misuse_of_a_kernel_can_be_written(void **state)
{
    static const char file[] =
        "kmt 1\nalloc a 1\nfree a\nfree a\nread 4 a\nprocess create p 1\nprocess exit p\n"
        "process exit p\nprocess switch p\nprocess create p 1\nalloc a 2\nfree a+1\nfree a\n";
    struct trace_text text = {0};
    (void)state;
    trace_text_open(&text, file, LENGTH(file));
    assert_int_equal(trace_text_read_all(&text), 12);
    assert_string_equal(kms_trace_reader_error(text.reader), "");
    trace_text_close(&text);
}

/* Longer than the reader's window, so that lines fall across its ends, and in pieces of awkward sizes. */
static void pieces_do_not_matter(void **state)
{
    static char bytes[600 * 1024];
    static const size_t pieces[] = {0, 1, 7, 4095, 4096, 4097, 131072};
    struct kms_trace_op op;
    (void)state;
    size_t length = (size_t)sprintf(bytes, "kmt 1\n");
    unsigned count = 0;
    for (; length < sizeof bytes - 64; count++)
        length +=
            (size_t)sprintf(bytes + length, "alloc @%u %u\nfree @%u\n", count % 1000, count, count % 1000);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct trace_text text = {.piece = pieces[i]};
        trace_text_open(&text, bytes, length);
        for (unsigned n = 0; n < count; n++) {
            read_op(&text, &op);
            assert_int_equal(op.number, n);
            assert_int_equal(op.handle, n % 1000);
            assert_int_equal(op.line, 2 * n + 2);
            read_op(&text, &op);
            assert_int_equal(op.address.handle, n % 1000);
        }
        assert_int_equal(kms_trace_read(text.reader, &op), KMS_TRACE_END);
        assert_int_equal(kms_trace_reader_bytes(text.reader), length);
        trace_text_close(&text);
    }
}

static void the_writer_says_how_long_a_line_is(void **state)
{
    struct kms_trace_op op = {.kind = KMS_TRACE_ALLOC, .handle = 12, .number = 4096};
    char line[8];
    (void)state;
    assert_int_equal(kms_trace_write(&op, NULL, line, sizeof line), strlen("alloc @12 4096\n"));
    assert_string_equal(line, "alloc @");
    assert_int_equal(kms_trace_write(&op, NULL, NULL, 0), strlen("alloc @12 4096\n"));
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("canonical lines of every operation come out as they went in",
             canonical_lines_come_out_as_they_went_in),
    KMS_TEST("blanks, comments and spellings do not matter", blanks_comments_and_spellings_do_not_matter),
    KMS_TEST("handles and processes are numbered by appearance", handles_are_numbered_by_appearance),
    KMS_TEST("misuse of a kernel can be written", misuse_of_a_kernel_can_be_written),
    KMS_TEST("the pieces in which the text arrives do not matter", pieces_do_not_matter),
    KMS_TEST("the writer says how long a line is and cuts it to fit", the_writer_says_how_long_a_line_is),
};
KMS_TESTS(reader, tests)
