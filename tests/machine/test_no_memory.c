/* The host runs out of memory, at each allocation in turn: an answer, nothing lost, and the next try works. */
#include "kms_test.h"
#include "no_memory.h"

#include <kmemsim/check.h>
#include <kmemsim/guest.h>
#include <kmemsim/image.h>
#include <kmemsim/inspect.h>
#include <kmemsim/kmemsim.h>
#include <kmemsim/trace.h>
#include <stdio.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* ---- machines ---- */

static const struct kms_options everything = {
    .ram_size = MIB, .cpus = 2, .ram.shared = true, .tlb.structure_caches = true};

static enum kms_status make_machine(void)
{
    struct kms_machine *machine;
    const enum kms_status status = kms_machine_new(&everything, &machine);
    assert_true((status == KMS_OK) == (machine != NULL));
    kms_machine_free(machine);
    return status;
}

static void machine_needs_memory(void **state)
{
    (void)state;
    fail_each_allocation(make_machine, 4); /* the machine, its RAM, two CPUs */
}

/* So much RAM that the poison comes page by page. */
static enum kms_status add_ram(void)
{
    struct kms_ram *ram;
    enum kms_status status = kms_ram_new(64 * 1024, NULL, &ram);
    if (status != KMS_OK)
        return status;
    status = kms_ram_add(ram, 4 * GIB, 4 * GIB);
    assert_int_equal(kms_ram_size(ram), 64 * 1024 + (status == KMS_OK ? 4 * GIB : 0));
    kms_ram_free(ram);
    return status;
}

static void ram_needs_memory(void **state)
{
    (void)state;
    fail_each_allocation(add_ram, 4); /* the map, its first block, the second block, where it was filled */
}

/* One page in the TLB of the first CPU: 4 KiB at 0, directory at 0x1000, table at 0x2000. */
static void use_paging(struct kms_machine *machine)
{
    struct kms_ram *ram = kms_machine_ram(machine);
    struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
    uint8_t byte;
    assert_int_equal(kms_phys_store(ram, 0x1000, 4, 0x2000 | KMS_PTE_P), KMS_DONE);
    assert_int_equal(kms_phys_store(ram, 0x2000, 4, KMS_PTE_P), KMS_DONE);
    assert_int_equal(kms_x86_write(cpu, KMS_X86_CR3, 0x1000, NULL), KMS_DONE);
    assert_int_equal(kms_x86_write(cpu, KMS_X86_CR0, KMS_CR0_PE | KMS_CR0_PG, NULL), KMS_DONE);
    const struct kms_access read = {.linear = 0, .kind = KMS_READ};
    assert_int_equal(kms_access_read(cpu, &read, &byte, 1, NULL), KMS_DONE);
}

static enum kms_status take_snapshot(void)
{
    struct kms_machine *machine;
    struct kms_snapshot *snapshot;
    enum kms_status status = kms_machine_new(&everything, &machine);
    if (status != KMS_OK)
        return status;
    use_paging(machine);
    status = kms_snapshot_take(machine, &snapshot);
    assert_true((status == KMS_OK) == (snapshot != NULL));
    kms_machine_free(machine);
    return status;
}

static void snapshot_needs_memory(void **state)
{
    (void)state;
    fail_each_allocation(take_snapshot,
                         8); /* a machine, the snapshot, its undo log, TLB and caches of a CPU */
}

/* ---- guests ---- */

static enum kms_status use_guest(enum kms_guest_mode mode, bool plain)
{
    const struct kms_guest_options options = {.kernel = "mini", .mode = mode, .plain = plain};
    struct kms_guest *guest;
    struct kms_guest_snapshot *snapshot;
    enum kms_status status = kms_guest_new(&options, &guest);
    if (status != KMS_OK) {
        assert_null(guest);
        return status;
    }
    status = plain ? KMS_OK : kms_guest_snapshot_take(guest, &snapshot);
    kms_guest_free(guest);
    return status;
}

static enum kms_status use_direct_guest(void)
{
    return use_guest(KMS_GUEST_DIRECT, false);
}

static enum kms_status use_plain_guest(void)
{
    return use_guest(KMS_GUEST_DIRECT, true);
}

static enum kms_status use_window_guest(void)
{
    return use_guest(KMS_GUEST_WINDOW, false);
}

/* A row: a chore, and how many allocations it makes at least. */
struct guest_row {
    chore_fn *chore;
    unsigned at_least;
};

static void guest_needs_memory(void **state)
{
    const struct guest_row *row = *state;
    struct kms_guest *probe;
    const struct kms_guest_options window = {.kernel = "mini", .mode = KMS_GUEST_WINDOW};
    if (row->chore == use_window_guest && kms_guest_new(&window, &probe) == KMS_UNSUPPORTED)
        kms_skip("the linear window needs Linux on x86-64");
    if (row->chore == use_window_guest)
        kms_guest_free(probe);
    fail_each_allocation(row->chore, row->at_least);
}

static struct guest_row direct_row = {use_direct_guest, 4};
static struct guest_row plain_row = {use_plain_guest, 4};
static struct guest_row window_row = {use_window_guest, 8};

/* ---- inspection ---- */

static bool any_finding(void *context, const struct kms_finding *finding)
{
    (void)context;
    (void)finding;
    return true;
}

/* 1024 tables, all the same one, so that what the audit remembers has to grow. */
static enum kms_status audit(void)
{
    struct kms_ram *ram;
    struct kms_audit_result result;
    const struct kms_ram_options zeroed = {.fill = KMS_FILL_ZERO};
    enum kms_status status = kms_ram_new(MIB, &zeroed, &ram);
    if (status != KMS_OK)
        return status;
    for (unsigned i = 0; i < 1024; i++) {
        kms_phys_store(ram, 0x1000 + 4 * i, 4, 0x2000 | KMS_PTE_P | KMS_PTE_RW);
        kms_phys_store(ram, 0x2000 + 4 * i, 4, (i % 2) << KMS_PAGE_SHIFT | KMS_PTE_P | KMS_PTE_RW);
    }
    const struct kms_x86_state x86 = {
        .cr0 = KMS_CR0_PE | KMS_CR0_PG, .cr3 = 0x1000, .features = KMS_X86_MODEL_MAX, .maxphyaddr = 32};
    const struct kms_space space = kms_x86_space(&x86, ram);
    status = kms_audit(&space, &(struct kms_audit_options){.limit = 8192}, any_finding, NULL, &result);
    kms_ram_free(ram);
    return status;
}

static void audit_needs_memory(void **state)
{
    (void)state;
    fail_each_allocation(audit, 4); /* the map, its block, tables, runs */
}

/* ---- a checker ---- */

enum { CHECKED_BLOCKS = 10 };

static void no_finding(void *context, const struct kms_check_finding *finding)
{
    (void)context;
    assert_int_equal(finding->kind, KMS_CHECK_LEAK);
}

/* What the ledger has no memory for is handed out unwatched. */
static void allocate_blocks(void *context)
{
    const struct guest_ops *ops = context;
    for (unsigned i = 0; i < CHECKED_BLOCKS; i++)
        assert_int_not_equal(ops->alloc(8, 0), 0);
}

static enum kms_status check_a_guest(void)
{
    const struct kms_guest_options options = {.kernel = "mini", .plain = true};
    struct kms_guest *guest;
    struct kms_check *check = NULL;
    enum kms_status status = kms_guest_new(&options, &guest);
    if (status == KMS_OK)
        assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    if (status == KMS_OK)
        status = kms_check_new(guest, no_finding, NULL, &check);
    if (status == KMS_OK) {
        const struct guest_ops *ops = kms_check_ops(check);
        assert_int_equal(kms_guest_call(guest, allocate_blocks, (void *)(uintptr_t)ops, NULL),
                         KMS_GUEST_RETURNED);
        if (kms_check_live(check) < CHECKED_BLOCKS || !kms_check_end(check))
            status = KMS_NO_MEMORY;
    }
    kms_check_free(check);
    kms_guest_free(guest);
    return status;
}

static void checker_needs_memory(void **state)
{
    (void)state;
    fail_each_allocation(check_a_guest, CHECKED_BLOCKS + 3); /* the checker, its chains, what is sorted */
}

/* ---- operations ---- */

struct text {
    unsigned line; /* the next */
};

/* 2000 handles with a name and 2000 with a number. */
static size_t next_line(void *context, void *to, size_t size)
{
    struct text *text = context;
    const unsigned line = text->line++;
    if (line == 0)
        return (size_t)snprintf(to, size, "kmt 1\n");
    if (line > 4000)
        return 0;
    const char *spelling = line % 2 ? "alloc a_rather_long_name_for_block_%u 16\n" : "alloc @%u 16\n";
    return (size_t)snprintf(to, size, spelling, line);
}

static enum kms_status read_operations(void)
{
    struct kms_trace_reader *reader;
    struct kms_trace_op op;
    struct text text = {0};
    const struct kms_trace_source source = {next_line, &text};
    enum kms_trace_result result;
    enum kms_status status = kms_trace_reader_new("many.kmt", &source, &reader);
    if (status != KMS_OK)
        return status;
    while ((result = kms_trace_read(reader, &op)) == KMS_TRACE_OP)
        continue;
    if (result == KMS_TRACE_BAD) {
        assert_non_null(strstr(kms_trace_reader_error(reader), "no memory for more"));
        status = KMS_NO_MEMORY;
    }
    kms_trace_reader_free(reader);
    return status;
}

static void reader_needs_memory(void **state)
{
    (void)state;
    fail_each_allocation(read_operations,
                         8); /* the reader's four, names, their table, two kinds of handles */
}

/* ---- images ---- */

#ifdef WITH_IMAGES
static enum kms_status open_image(void)
{
    static const uint8_t bytes[5000]; /* a page, and a last one that is copied */
    struct kms_image_error error = {""};
    struct kms_image *image = kms_image_new();
    if (!image)
        return KMS_NO_MEMORY;
    enum kms_status status = KMS_OK;
    if (!kms_image_add_raw_bytes(image, bytes, sizeof bytes, 0, &error)) {
        assert_non_null(strstr(error.text, "no memory"));
        status = KMS_NO_MEMORY;
    }
    kms_image_free(image);
    return status;
}

/* This program's own names. */
static enum kms_status open_symbols(void)
{
    struct kms_image_error error = {""};
    struct kms_symbols *symbols = kms_symbols_open("/proc/self/exe", &error);
    kms_symbols_free(symbols);
    return symbols ? KMS_OK : KMS_NO_MEMORY;
}

static void images_need_memory(void **state)
{
    (void)state;
    fail_each_allocation(open_image, 3);   /* the image, its map, the last page */
    fail_each_allocation(open_symbols, 2); /* the names, and the file where it is no mapping */
}
#endif

static const struct CMUnitTest tests[] = {
    KMS_TEST("a machine without memory for one of its parts is no machine", machine_needs_memory),
    KMS_TEST("RAM without memory is not added, and the map is as before", ram_needs_memory),
    KMS_TEST("a snapshot without memory is none, and the machine can still be freed", snapshot_needs_memory),
    {"a direct guest without memory for one of its parts is no guest", guest_needs_memory, NULL, NULL,
     &direct_row},
    {"a plain guest without memory for one of its parts is no guest", guest_needs_memory, NULL, NULL,
     &plain_row},
    {"a guest without memory for its window is no guest", guest_needs_memory, NULL, NULL, &window_row},
    KMS_TEST("an audit says when it has no memory to remember the tables", audit_needs_memory),
    KMS_TEST("a checker without memory watches less, and says so where it cannot report",
             checker_needs_memory),
    KMS_TEST("a reader of operations says that it has no memory for a name", reader_needs_memory),
#ifdef WITH_IMAGES
    KMS_TEST("an image or its symbols without memory are not opened", images_need_memory),
#endif
};
KMS_TESTS(no_memory, tests)
