/* explain on logs and register blocks put together by hand, as QEMU writes them. */
#include "kms_test.h"
#include "run_tool.h"
#include "tables.h"

#include <string.h>

#define RAISED(vector)        "check_exception old: 0xffffffff new 0x" vector "\n"
#define RAISED_IN(old, again) "check_exception old: 0x" old " new 0x" again "\n"
#define EVENT_AT(pc, vector, error, software, cr2)                                                           \
    "     0: v=" vector " e=" error " i=" software " cpl=0 IP=0008:" pc " pc=000000000000" pc                \
    " SP=0010:9000 CR2=" cr2 "\n"
#define EVENT(vector, error, software, cr2) EVENT_AT("1000", vector, error, software, cr2)

#define GENERAL_32 "EAX=80000011 EBX=0 ECX=0 EDX=0\nESI=0 EDI=0 EBP=0 ESP=00009000\n"
#define CR_32      "CR0=80000011 CR2=00000000 CR3=00001000 CR4=00000010\n"
#define TABLES_32  "GDT=     00005000 00000017\nIDT=     00006000 fff\n"
#define BLOCK_OF(idt_limit, cpl)                                                                             \
    GENERAL_32 "EIP=00001000 EFL=2 CPL=" cpl "\nGDT=     00005000 00000017\nIDT=     00006000 " idt_limit    \
               "\n" CR_32
#define BLOCK BLOCK_OF("fff", "0")
#define BLOCK_64                                                                                             \
    "RAX=0000000080000011 RBX=0 RCX=0 RDX=0\nRSI=0 RDI=0 RBP=0 RSP=0000000000009000\n"                       \
    "RIP=0000000000001000 RFL=00000002 CPL=0 II=0 A20=1 SMM=0 HLT=0\n"                                       \
    "TR =0028 0000000000007000 00000067 00008900 DPL=0 TSS64-avl\n"                                          \
    "GDT=     0000000000005000 00000017\nIDT=     0000000000006000 00000fff\n"                               \
    "CR0=80000011 CR2=0000000000000000 CR3=0000000000001000 CR4=00000020\nEFER=0000000000000500\n"
#define PAGE_FAULT(error, cr2)  RAISED("0e") EVENT("0e", error, "0", cr2) BLOCK
#define FIRST_64(vector, error) RAISED(vector) EVENT(vector, error, "0", "0000000000007004") BLOCK_64

/* A log, arguments beside it, and what is said; not_said may be NULL. */
struct log_row {
    const char *text, *arguments, *said, *not_said;
};

static void expect_logs(const struct log_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tool_file("log", rows[i].text, strlen(rows[i].text));
        struct tool_run run = tool_run("explain log %s", rows[i].arguments);
        if (!strstr(run.out, rows[i].said) && !strstr(run.err, rows[i].said))
            fail_msg("\"%s\" is not in:\n%s%s", rows[i].said, run.out, run.err);
        if (rows[i].not_said && strstr(run.out, rows[i].not_said))
            fail_msg("\"%s\" is in:\n%s", rows[i].not_said, run.out);
        tool_free(&run);
    }
}
#define EXPECT_LOGS(rows) expect_logs(rows, sizeof(rows) / sizeof((rows)[0]))

static void the_first_exception_is_put_into_words(void **state)
{
    static const struct log_row rows[] = {
        {RAISED("0d") EVENT("0d", "0014", "0", "0") BLOCK, "", "entry 2 of the LDT", NULL},
        {RAISED("0d") EVENT("0d", "0000", "0", "0") BLOCK, "", "#GP (vector 13)", "error code names"},
        {RAISED("20") EVENT("20", "0000", "0", "0") BLOCK, "", "interrupt (vector 32)", NULL},
        {FIRST_64("0d", "0010"), "", "Its error code names entry 2 of the GDT (selector 0x10).", NULL},
        {FIRST_64("0d", "0073"), "", "names entry 14 of the IDT (selector 0x70), met while", NULL},
        {FIRST_64("06", "0000"), "", "First came a invalid opcode #UD (vector 6) at 0x00001000", NULL},
        {PAGE_FAULT("0010", "00001000"), "", "That is the instruction itself: the code is not mapped.", NULL},
        {PAGE_FAULT("0000", "00001000"), "", "the error code calls a fetch a read", NULL},
        {PAGE_FAULT("0011", "00001000"), "", "in the code: mapped, but not with the rights needed.", NULL},
        {PAGE_FAULT("0002", "00008ffc"), "", "That address is in the stack: it is not mapped.", NULL},
        {FIRST_64("0e", "0000"), "", "That address is in the TSS: it is not mapped.", NULL},
        {FIRST_64("0e", "0003"), "", "mapped, but not with the rights needed", NULL},
    };
    (void)state;
    EXPECT_LOGS(rows);
}

/* A TR as after a reset covers the first 64 KiB and means nothing; without RIP nothing is code. */
static void what_is_not_known_is_not_blamed(void **state)
{
    static const struct log_row rows[] = {
        {PAGE_FAULT("0000", "00000010") "TR =0000 00000000 0000ffff 00008b00\n", "", "at CR2 = 0x00000010.",
         "That address is in"},
        {RAISED("0e") "     0: v=0e e=0000 i=0 cpl=0 CR2=00000004\n" CR_32, "", "at CR2 = 0x00000004.",
         "That is the instruction"},
        {RAISED("0d") EVENT("0d", "0000", "0", "0"), "", "vector 13", "the moment at which CR0.PG was set"},
        {RAISED("0d") EVENT("0d", "0000", "0", "0") "EAX=11 EBX=0\nCR0=00000011 CR2=0 CR3=0 CR4=0\n", "",
         "vector 13", "the moment at which CR0.PG was set"},
    };
    (void)state;
    EXPECT_LOGS(rows);
}

static void what_was_being_delivered_is_told(void **state)
{
    static const struct log_row rows[] = {
        {EVENT("80", "0000", "1", "0") BLOCK PAGE_FAULT("0000", "00006400"), "",
         "It came while software interrupt 128 was being delivered.", NULL},
        {EVENT("20", "0000", "0", "0") BLOCK PAGE_FAULT("0000", "00006100"), "",
         "It came while interrupt 32 was being delivered.", NULL},
        {EVENT_AT("2000", "20", "0000", "0", "0") PAGE_FAULT("0000", "00006100"), "", "First came",
         "It came while"},
        {EVENT("20", "0000", "0", "0") BLOCK PAGE_FAULT("0000", "00001000"), "", "First came",
         "It came while"},
        {EVENT("20", "0000", "0", "0") BLOCK RAISED("06") EVENT("06", "0000", "0", "0") BLOCK, "",
         "First came", "It came while"},
        {PAGE_FAULT("0000", "00001000") PAGE_FAULT("0000", "00001000"), "",
         "the page of the handler is not mapped", NULL},
        {FIRST_64("0e", "0000") FIRST_64("0e", "0000"), "", "The same fault came 2 times", NULL},
    };
    (void)state;
    EXPECT_LOGS(rows);
}

static void why_it_became_worse_is_told(void **state)
{
#define RESET(cr2) "CPU Reset (CPU 0)\nIDT=     00006000 00000fff\nCR0=80000011 CR2=" cr2 " CR3=1000 CR4=20\n"
#define DOUBLE_64  "     1: v=08 e=0000 i=0 cpl=0 pc=1000\n" BLOCK_64
    static const struct log_row rows[] = {
        {RAISED("0e") EVENT("0e", "0000", "0", "00700000") BLOCK_OF("17", "0") RAISED_IN("e", "d"), "",
         "too small for vector 14: the kernel has set up no handler for it.", NULL},
        {RAISED("0e") EVENT("0e", "0000", "0", "00700000") CR_32 RAISED_IN("e", "d"), "",
         "Delivering vector 14 raised a general protection #GP.", "too small"},
        {FIRST_64("0e", "0002") RAISED_IN("e", "b"), "", "raised a segment not present #NP", NULL},
        {FIRST_64("0e", "0002") RAISED_IN("e", "e"), "", "Delivering vector 14 raised a page fault #PF.",
         "triple"},
        {FIRST_64("0e", "0002") RAISED_IN("e", "e")
             DOUBLE_64 RAISED_IN("8", "e") "Triple fault\n" RESET("0000000000006080"),
         "", "Delivering vector 8 raised a page fault at 0x00006080, in the IDT.", NULL},
        {FIRST_64("0e", "0002") RAISED_IN("e", "e")
             DOUBLE_64 RAISED_IN("8", "e") "Triple fault\n" RESET("0000000000001004"),
         "", "Delivering vector 8 raised a page fault at 0x00001004.", NULL},
        {FIRST_64("0e", "0002") RAISED_IN("e", "e") RAISED_IN("8", "e") "Triple fault\n" RESET("6080"), "",
         "a triple fault, and the CPU reset.", "Delivering vector 8"},
        {"Triple fault\nTriple fault\n", "", "The log holds 2 triple faults; this is the first.", NULL},
    };
    (void)state;
    EXPECT_LOGS(rows);
}

/* 4-level tables of zeros at 0x1000. */
static int make_images(void **state)
{
    static const uint8_t zeros[0x4000];
    tool_file("zeros", zeros, sizeof zeros);
    return tables_32bit_setup(state);
}

static void logs_are_looked_up_in_an_image(void **state)
{
    static const struct log_row rows[] = {
        {RAISED("0e") EVENT("0e", "0006", "0", "00401000") BLOCK_OF("fff", "3"), "image",
         "The walk of CR2:", NULL},
        {RAISED("0e") EVENT("0e", "0014", "0", "d0000000") BLOCK_OF("0", "0"), "image",
         "With the tables of the image (32-bit paging, CR3 0x00001000):", "the IDT  "},
        {RAISED("0d") EVENT("0d", "0010", "0", "0") BLOCK, "image", "the GDT", NULL},
        {PAGE_FAULT("0000", "0"), "image --json", "sentences", NULL},
        {FIRST_64("0e", "0000"), "zeros", "the stack 0x00008ff8: NOT usable: PML4E[0] is not present", NULL},
        {FIRST_64("0e", "0000"), "zeros", "the IDT   0x000060e0: NOT usable", NULL},
        {"EIP=00001000 EFL=2 CPL=0\n" CR_32, "image", "the code  0x00001000: mapped", "the GDT  "},
        {"EIP=00001000 EFL=2 CPL=0\nGDT=     00005000 0\nIDT=     00006000 0\n" CR_32, "image", "the code",
         "the GDT  "},
        {"EIP=00001000 EFL=2 CPL=0\n" TABLES_32 CR_32, "image", "the GDT   0x00005008", NULL},
    };
    (void)state;
    EXPECT_LOGS(rows);
}

static void a_log_that_no_image_fits(void **state)
{
#define REGISTERS(cr0, cr3)                                                                                  \
    GENERAL_32 "EIP=00001000 EFL=2 CPL=0\n" TABLES_32 "CR0=" cr0 " CR2=00000000 CR3=" cr3 " CR4=00000010\n"
    static const struct log_row rows[] = {
        {REGISTERS("00000011", "00001000"), "image", "paging off: the image is not looked at",
         "With the tables of the image"},
        {REGISTERS("00000011", "00001000"), "", "paging is off", NULL},
        {REGISTERS("80000011", "10000000"), "image", "CR3 0x10000000 points outside the image",
         "With the tables of the image"},
    };
    (void)state;
    EXPECT_LOGS(rows);
}

static void a_log_that_cannot_be_read(void **state)
{
    static const struct tool_row rows[] = {
        {"explain", "one log is needed", 2},
        {"explain - </dev/null", "holds neither", 2},
        {"explain .", "is a directory", 2},
        {"explain nothing", "No such file", 2},
        {"explain /proc/self/mem", "/proc/self/mem", 2}, /* reads of address 0 fail */
        {"explain log --user", "log: is of x86: neither --arch of RISC-V nor --user", 2},
    };
    static const char log[] = "Triple fault\n";
    (void)state;
    tool_file("log", log, strlen(log));
    TOOL_EXPECT_ROWS(rows);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("explain puts the first exception into words", the_first_exception_is_put_into_words),
    KMS_TEST("explain blames nothing that the log does not know", what_is_not_known_is_not_blamed),
    KMS_TEST("explain tells what was being delivered", what_was_being_delivered_is_told),
    KMS_TEST("explain tells why a fault became a double or triple one", why_it_became_worse_is_told),
    KMS_TEST_WITH("logs are looked up in an image", logs_are_looked_up_in_an_image, make_images, NULL),
    KMS_TEST_WITH("a log that no image fits is explained without it", a_log_that_no_image_fits, make_images,
                  NULL),
    KMS_TEST("a log that cannot be read is one clear line", a_log_that_cannot_be_read),
};
KMS_TESTS(tool_explain, tests)
