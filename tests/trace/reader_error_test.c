/* Every way in which a file can be wrong: the exact line and column, and the sentence. */
#include "trace_text.h"

#include "kms_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bad_file {
    const char *sentence;
    const char *text;
    const char *error;
};

#define ADDRESS "an address (a number, @1, a name, or one of these with an offset)"

static const struct bad_file bad_files[] = {
    /* the header */
    {"an empty file is told what it lacks", "",
     "ops.kmt:1:1: the file is empty: its first line must be \"kmt 1\""},
    {"a file without its header is no operations file", "alloc a 1\n",
     "ops.kmt:1:1: not an operations file: its first line must be \"kmt 1\""},
    {"a version of the future is refused", "kmt 2\n", "ops.kmt:1:5: version \"2\" is not known here, only 1"},
    {"a version is one number", "kmt 1x\n", "ops.kmt:1:5: version \"1x\" is not known here, only 1"},
    {"nothing follows the version", "kmt 1 please\n", "ops.kmt:1:7: nothing may follow the version"},

    /* names of operations */
    {"an operation that does not exist is named", "kmt 1\nallocate a 1\n",
     "ops.kmt:2:1: \"allocate\" is no operation"},
    {"the column counts what stands before", "kmt 1\n\n  \tfro a\n", "ops.kmt:3:4: \"fro\" is no operation"},
    {"an operation begins with a word", "kmt 1\n123\n", "ops.kmt:2:1: \"123\" is no operation"},
    {"a process operation that does not exist is named", "kmt 1\nprocess kill p\n",
     "ops.kmt:2:9: \"kill\" is no operation after process"},
    {"process alone is not enough", "kmt 1\nprocess\n", "ops.kmt:2:8: \"\" is no operation after process"},
    {"an expectation that does not exist is named", "kmt 1\nexpect more # wit\n",
     "ops.kmt:2:8: \"more\" is no operation after expect"},
    {"bytes that cannot be shown are shown as question marks", "kmt 1\n\x01\xff\n",
     "ops.kmt:2:1: \"??\" is no operation"},

    /* handles */
    {"an allocation needs a handle", "kmt 1\nalloc\n",
     "ops.kmt:2:6: a handle (@1 or a name) is missing here"},
    {"a number is no handle", "kmt 1\nalloc 12 100\n", "ops.kmt:2:7: \"12\" is not a handle (@1 or a name)"},
    {"a handle's number is limited", "kmt 1\nalloc @1048576 1\n",
     "ops.kmt:2:8: a handle's number must be 0 to 1048575, not \"1048576\""},
    {"a handle's number is a number", "kmt 1\nalloc @x 1\n", "ops.kmt:2:8: \"x\" is not a handle's number"},
    {"a handle in use is not made again", "kmt 1\nalloc a 1\nalloc a 2\n",
     "ops.kmt:3:7: a is already in use: free it first, or take another handle"},
    {"a numbered handle in use is not made again", "kmt 1\nalloc @5 1\nfree @5\nalloc @5 1\nalloc @5 2\n",
     "ops.kmt:5:7: @5 is already in use: free it first, or take another handle"},
    {"a handle that was never made cannot be freed", "kmt 1\nfree ghost\n",
     "ops.kmt:2:6: ghost has not been made in this file"},
    {"a numbered handle that was never made cannot be freed", "kmt 1\nfree @9\n",
     "ops.kmt:2:6: @9 has not been made in this file"},
    {"a new handle has no offset", "kmt 1\nalloc a+4 1\n",
     "ops.kmt:2:7: \"a+4\" is not a handle (@1 or a name)"},
    {"a name has 63 characters at most",
     "kmt 1\nalloc a123456789012345678901234567890123456789012345678901234567890123 1\n",
     "ops.kmt:2:7: a name has at most 63 characters"},
    {"a process is not a handle", "kmt 1\nprocess create p 100\nfree p\n",
     "ops.kmt:3:6: p is a process, not a handle"},
    {"a handle is not a process", "kmt 1\nalloc p 100\nprocess switch p\n",
     "ops.kmt:3:16: p is a handle, not a process"},

    /* addresses */
    {"an address must be there", "kmt 1\nfree # nothing\n", "ops.kmt:2:6: " ADDRESS " is missing here"},
    {"an address may not end in a letter", "kmt 1\nphysical 0x12g\n",
     "ops.kmt:2:10: \"0x12g\" is not " ADDRESS},
    {"hexadecimal digits must follow 0x", "kmt 1\nphysical 0x\n", "ops.kmt:2:10: \"0x\" is not " ADDRESS},
    {"an offset must be a number", "kmt 1\nalloc a 1\nphysical a+b\n",
     "ops.kmt:3:12: \"b\" is not an offset"},
    {"an offset must be there", "kmt 1\nalloc a 1\nphysical a-\n", "ops.kmt:3:12: an offset is missing here"},
    {"a plain number has no offset", "kmt 1\nphysical 16+4\n", "ops.kmt:2:10: \"16+4\" is not " ADDRESS},
    {"a number beyond 64 bits is refused", "kmt 1\nphysical 0x10000000000000000\n",
     "ops.kmt:2:10: \"0x10000000000000000\" does not fit in 64 bits"},

    /* sizes, counts, values */
    {"a size must be there", "kmt 1\nalloc a\n", "ops.kmt:2:8: a size in bytes is missing here"},
    {"a size is not negative", "kmt 1\nalloc a -1\n", "ops.kmt:2:9: \"-1\" is not a size in bytes"},
    {"a size beyond 64 bits is refused", "kmt 1\nalloc a 18446744073709551616\n",
     "ops.kmt:2:9: \"18446744073709551616\" does not fit in 64 bits"},
    {"a map has at least one page", "kmt 1\nmap 0x1000 0x2000 0\n",
     "ops.kmt:2:19: a count of pages must be 1 to 1048576, not \"0\""},
    {"a map has at most 4 GiB of pages", "kmt 1\nunmap 0x1000 1048577\n",
     "ops.kmt:2:14: a count of pages must be 1 to 1048576, not \"1048577\""},
    {"a failure is counted in 32 bits", "kmt 1\nfail 4294967296\n",
     "ops.kmt:2:6: a count must be 0 to 4294967295, not \"4294967296\""},
    {"a program has at most 64 KiB", "kmt 1\nprocess create p 65537\n",
     "ops.kmt:2:18: a program's size must be 1 to 65536, not \"65537\""},
    {"a width is 1, 2 or 4", "kmt 1\nread 3 0x1000\n", "ops.kmt:2:6: a width is 1, 2 or 4 bytes"},
    {"a width is not 8 on a 32-bit kernel", "kmt 1\nread 8 0x1000\n",
     "ops.kmt:2:6: a width is 1, 2 or 4 bytes"},
    {"a value must be there", "kmt 1\nwrite 4 0x1000\n", "ops.kmt:2:15: a value is missing here"},
    {"a value fits its byte", "kmt 1\nwrite 1 0x1000 256\n",
     "ops.kmt:2:16: the value does not fit in 1 byte"},
    {"a value fits its bytes", "kmt 1\nwrite 2 0x1000 0x10000 user\n",
     "ops.kmt:2:16: the value does not fit in 2 bytes"},
    {"a change in bytes must be there", "kmt 1\nprocess create p 1\nprocess sbrk p a\n",
     "ops.kmt:3:17: a change in bytes is missing here"},
    {"a sign alone is no change", "kmt 1\nprocess create p 1\nprocess sbrk p a -\n",
     "ops.kmt:3:19: a change in bytes is missing here"},
    {"a change has 63 bits", "kmt 1\nprocess create p 1\nprocess sbrk p a 9223372036854775808\n",
     "ops.kmt:3:18: a change is at most 9223372036854775807 bytes"},
    {"a change down has one more", "kmt 1\nprocess create p 1\nprocess sbrk p a -9223372036854775809\n",
     "ops.kmt:3:18: a change is at most 9223372036854775807 bytes"},
    {"a status must be there", "kmt 1\ncheck\nexpect status\n",
     "ops.kmt:3:14: a status (a word such as EINVARG, or a number) is missing here"},
    {"a status is no sign alone", "kmt 1\ncheck\nexpect status -\n",
     "ops.kmt:3:15: \"-\" is not a status (a word such as EINVARG, or a number)"},
    {"the place of a fault must be there", "kmt 1\nexpect fault 0x4\n",
     "ops.kmt:2:17: the word \"at\" is missing here"},
    {"an error code has 32 bits", "kmt 1\nexpect fault 0x100000000 at 0\n",
     "ops.kmt:2:14: an error code must be 0 to 4294967295, not \"0x100000000\""},
    {"a fault is expected at an address", "kmt 1\nexpect fault 0x4 0x1000\n",
     "ops.kmt:2:18: \"0x1000\" is not the word \"at\""},
    {"a status is a word", "kmt 1\nexpect status ?\n",
     "ops.kmt:2:15: \"?\" is not a status (a word such as EINVARG, or a number)"},

    /* processes */
    {"a process must have been created", "kmt 1\nprocess switch p\n",
     "ops.kmt:2:16: p has not been created in this file"},
    {"a running process is not created again", "kmt 1\nprocess create p 1\nprocess create p 1\n",
     "ops.kmt:3:16: p is already running: it must exit first"},
    {"a process has a name", "kmt 1\nprocess create @1 1\n", "ops.kmt:2:16: \"@1\" is not a process's name"},
    {"a system call's answer shares the handle of its first argument", "kmt 1\nalloc a 1\nsyscall r 5 a 0\n",
     "ops.kmt:3:16: a first argument with a handle gets the answer: name that handle for it"},

    /* ends of lines */
    {"a word that the operation does not know is refused", "kmt 1\nalloc a 1 user\n",
     "ops.kmt:2:11: \"user\" is one thing too many for this operation"},
    {"a word stands once", "kmt 1\nalloc a 1 zeroed zeroed\n", "ops.kmt:2:18: \"zeroed\" stands here twice"},
    {"nothing follows a check", "kmt 1\ncheck 1\n",
     "ops.kmt:2:7: \"1\" is one thing too many for this operation"},
    {"a note says something", "kmt 1\nnote \n", "ops.kmt:2:6: a text is missing here"},
};

static void is_refused_there(void **state)
{
    const struct bad_file *bad = *state;
    struct trace_text text = {0};
    struct kms_trace_op op;
    trace_text_open(&text, bad->text, strlen(bad->text));
    trace_text_read_all(&text);
    assert_string_equal(kms_trace_reader_error(text.reader), bad->error);
    assert_int_equal(kms_trace_read(text.reader, &op), KMS_TRACE_BAD); /* and it stays so */
    trace_text_close(&text);
}

static const struct CMUnitTest *make_table(size_t *count)
{
    static struct CMUnitTest tests[sizeof bad_files / sizeof bad_files[0]];
    *count = sizeof tests / sizeof tests[0];
    for (size_t i = 0; i < *count; i++)
        tests[i] = (struct CMUnitTest){.name = bad_files[i].sentence,
                                       .test_func = is_refused_there,
                                       .initial_state = (void *)&bad_files[i]};
    return tests;
}

KMS_TESTS_FILLED(reader_error, make_table)

/* ---- what a C string cannot hold, or is too long to be written out ---- */

static void assert_error(const char *bytes, size_t length, const char *error)
{
    struct trace_text text = {0};
    trace_text_open(&text, bytes, length);
    trace_text_read_all(&text);
    assert_string_equal(kms_trace_reader_error(text.reader), error);
    trace_text_close(&text);
}

static void nul_bytes_are_refused(void **state)
{
    static const char in_comment[] = "kmt 1\n# a\0b\n";
    static const char in_line[] = "kmt 1\ncheck\0\n";
    static const char in_note[] = "kmt 1\nnote a\0b\n";
    (void)state;
    assert_error(in_comment, sizeof in_comment - 1, "ops.kmt:2:4: a NUL byte has no place in a text file");
    assert_error(in_line, sizeof in_line - 1, "ops.kmt:2:1: \"check\" is no operation");
    assert_error(in_note, sizeof in_note - 1, "ops.kmt:2:7: a NUL byte has no place in a text file");
}

/* A line of `length` bytes, its end included, after the header. */
static char *long_line(size_t length, size_t *size)
{
    *size = strlen("kmt 1\n") + length;
    char *bytes = malloc(*size);
    assert_non_null(bytes);
    memset(bytes, '#', *size);
    memcpy(bytes, "kmt 1\n", 6);
    bytes[*size - 1] = '\n';
    return bytes;
}

static void a_line_has_a_longest_length(void **state)
{
    (void)state;
    size_t size;
    char *fits = long_line(KMS_TRACE_LINE_MAX, &size);
    assert_error(fits, size, "");
    char *too_long = long_line(KMS_TRACE_LINE_MAX + 1, &size);
    assert_error(too_long, size, "ops.kmt:2:4097: the line is longer than 4096 bytes");
    free(fits);
    free(too_long);
}

static void a_file_that_stops_being_readable_is_an_error(void **state)
{
    static const char start[] = "kmt 1\ncheck\n";
    struct trace_text text = {.fails = true};
    (void)state;
    trace_text_open(&text, start, sizeof start - 1);
    trace_text_read_all(&text);
    assert_string_equal(kms_trace_reader_error(text.reader),
                        "ops.kmt:1:1: the file cannot be read beyond this line");
    trace_text_close(&text);
}

static void processes_are_limited(void **state)
{
    char bytes[16 * 1024];
    (void)state;
    size_t length = (size_t)sprintf(bytes, "kmt 1\n");
    for (unsigned i = 0; i <= KMS_TRACE_PROCESSES_MAX; i++)
        length += (size_t)sprintf(bytes + length, "process create p%u 1\n", i);
    assert_error(bytes, length, "ops.kmt:258:16: a file has at most 256 processes");
}

static const struct CMUnitTest special[] = {
    KMS_TEST("a NUL byte is refused where it stands", nul_bytes_are_refused),
    KMS_TEST("a line of 4096 bytes is read and one of 4097 is not", a_line_has_a_longest_length),
    KMS_TEST("a file that stops being readable is an error", a_file_that_stops_being_readable_is_an_error),
    KMS_TEST("a file has at most 256 processes", processes_are_limited),
};
KMS_TESTS(reader_special_error, special)
