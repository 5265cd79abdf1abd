/*
 * Fuzz target: VanaOS's processes, hosted with live paging; isolation is the invariant. After every operation the
 * current process sees, by accesses at CPL 3, exactly the plain arrays that are its own, and may not write to the
 * kernel's memory nor to another's; at the end every process is looked at. Reading what is not one's own is allowed by
 * the kernel's document, except what was given back.
 *
 * Three bytes make an operation: what it is and which process, how much or where, and details.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "drive.h"
#include "shadow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATION_BYTES 3u
#define OPERATIONS_MAX  24u
#define CHECKED         256u /* one input in so many: kernel_check() reads three directories, all 12 MiB of them */
#define ALIVE           2u /* processes at a time: the small heap has room for no more */

static struct shadow_process processes[PROCESSES];
static unsigned created; /* of processes[] */
static int current;      /* of processes[], or -1 for the kernel */
static uint32_t handles;

enum kind { ALLOCATE, FREE, FREE_WRONG, OWN, FOREIGN, SWITCH, EXIT, CREATE, FAIL };

struct operation {
    enum kind kind;
    uint8_t which, amount, detail;
};

static struct operation operation_from(const uint8_t *bytes)
{
    static const enum kind kinds[16] = {ALLOCATE, ALLOCATE, ALLOCATE, FREE,    FREE,    FREE_WRONG,
                                        OWN,      OWN,      OWN,      FOREIGN, FOREIGN, SWITCH,
                                        SWITCH,   EXIT,     FAIL,     CREATE};

    return (struct operation){kinds[bytes[0] & 0xf], bytes[0] >> 4, bytes[1], bytes[2]};
}

/* ---- the processes --------------------------------------------------------------------------------------- */

static unsigned alive_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < created; i++)
        count += processes[i].alive;
    return count;
}

/* One that is alive, of which there must be one. */
static unsigned choose_alive(unsigned choice)
{
    unsigned left = choice % alive_count();
    unsigned i = 0;

    while (!processes[i].alive || left--)
        i++;
    return i;
}

static void end_process(unsigned i)
{
    processes[i].alive = false;
    if (current == (int)i)
        current = -1;
}

static const struct replay_event *create_process(uint32_t program_size)
{
    return drive_do(
        &(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_CREATE, .process = created, .number = program_size});
}

static void create(const struct operation *operation)
{
    static const uint32_t sizes[] = {1, PAGE, PAGE + 1, 2 * PAGE};
    const uint32_t size = sizes[operation->amount % 4];

    if (created == PROCESSES || alive_count() == ALIVE)
        return;
    processes[created].id = (int)create_process(size)->value;
    drive_expect_ok();
    shadow_create(&processes[created++], size);
}

static void switch_to(unsigned i)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_SWITCH, .process = i});
    drive_expect_ok();
    current = (int)i;
}

static void exit_process(unsigned i)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_EXIT, .process = i});
    drive_expect_ok();
    end_process(i);
}

/* ---- memory asked for and given back --------------------------------------------------------------------- */

static const struct replay_event *ask(unsigned i, uint64_t size)
{
    return drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_PROCESS_ALLOC, .process = i, .handle = handles++, .number = size});
}

static bool is_free_memory(uint32_t linear, uint32_t pages)
{
    if (linear % PAGE || linear < 0x01000000 || linear + pages * PAGE > 0x07400000)
        return false;
    for (unsigned i = 0; i < created; i++) {
        for (uint32_t page = 0; page < pages && processes[i].alive; page++) {
            if (shadow_region(&processes[i], linear + page * PAGE))
                return false;
        }
    }
    return true;
}

static void allocate(unsigned i, const struct operation *operation)
{
    static const uint64_t sizes[] = {1, 100, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 4 * PAGE};
    static const uint64_t impossible[] = {0, 104857600 + 1, 0x80000000, UINT32_MAX, 1ull << 32, UINT64_MAX};
    const unsigned slot = shadow_free_slot(&processes[i]);
    struct region got = {.handle = handles};
    uint64_t size = sizes[operation->amount % 7];

    if (operation->amount >= 0xe0) {
        ask(i, impossible[operation->amount % 6]);
        drive_expect_null();
        return;
    }
    if (slot == REGIONS || handles == DRIVE_HANDLES)
        return;
    got.linear = (uint32_t)ask(i, size)->value;
    got.pages = (uint32_t)((size + PAGE - 1) / PAGE);
    drive_expect_ok();
    if (!is_free_memory(got.linear, got.pages))
        operations_fail("a process was given memory at 0x%08x that is another's", got.linear);
    shadow_gain(&processes[i], slot, &got);
}

static void free_address(unsigned i, struct kms_trace_address address)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_FREE, .process = i, .address = address});
}

/* One of the pieces that a process asked for, or REGIONS. */
static unsigned choose_asked(const struct shadow_process *process, unsigned choice)
{
    for (unsigned i = 0; i < REGIONS - FIRST_ASKED; i++) {
        const unsigned slot = FIRST_ASKED + (choice + i) % (REGIONS - FIRST_ASKED);

        if (process->regions[slot].pages)
            return slot;
    }
    return REGIONS;
}

static void free_own(unsigned i, const struct operation *operation)
{
    const unsigned slot = choose_asked(&processes[i], operation->amount);

    if (slot == REGIONS)
        return;
    free_address(i, (struct kms_trace_address){processes[i].regions[slot].handle, 0});
    drive_expect_ok();
    shadow_give_back(&processes[i], slot);
}

/* Inside of one's own, another's, one's own program, the kernel's, and nothing at all. */
static void free_wrong(unsigned i, const struct operation *operation)
{
    static const uint32_t kernels[] = {0,          0x00400000, 0x003fb000, 0x00100000,
                                       0x01000000, 0x01001000, 0xfffff000};
    const unsigned owner = choose_alive(operation->detail);
    const unsigned slot = choose_asked(&processes[owner], operation->amount);
    struct kms_trace_address address = operations_at(kernels[operation->amount % 7]);

    if (slot < REGIONS && operation->detail & 0x80)
        address = (struct kms_trace_address){processes[owner].regions[slot].handle, owner != i ? 0
                                                                                    : operation->detail & 0x40
                                                                                        ? PAGE
                                                                                        : 4};
    if (slot < REGIONS && owner == i && address.offset == PAGE &&
        choose_asked(&processes[i], 0) != REGIONS && /* the next piece may begin there */
        shadow_region(&processes[i], processes[i].regions[slot].linear + PAGE) != &processes[i].regions[slot])
        return;
    free_address(i, address);
    drive_expect_status("EINVARG");
}

/* An allocation inside of an operation fails: the operation is refused and nothing has changed. */
static void fail(const struct operation *operation)
{
    static const uint64_t nth[] = {1, 2, 3, 4, 5, 6, 7, 1029, 1030};
    const bool may_create = created < PROCESSES && alive_count() < ALIVE;
    const uint64_t n = may_create ? nth[operation->amount % 9] : 1;

    if (!may_create && (alive_count() == 0 || handles == DRIVE_HANDLES))
        return;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = n});
    if (may_create) {
        create_process(1);
        created++; /* its name is used up */
        drive_expect_status("ENOMEM");
    } else {
        ask(choose_alive(operation->which), PAGE);
        drive_expect_null();
    }
}

/* ---- accesses at CPL 3 ----------------------------------------------------------------------------------- */

static struct kms_trace_op access_op(uint32_t linear, bool write, uint8_t value)
{
    return (struct kms_trace_op){.kind = write ? KMS_TRACE_WRITE : KMS_TRACE_READ,
                                 .width = 1,
                                 .words = KMS_TRACE_USER,
                                 .address = operations_at(linear),
                                 .number = write ? value : 0};
}

static void access_and_die(uint32_t linear, bool write, int error)
{
    const struct kms_trace_op op = access_op(linear, write, 0xee);
    const int ended = drive_do(&op)->fault.process;

    drive_expect_fault((uint32_t)error, linear);
    if (ended != processes[current].id)
        operations_fail("a fault ended another process than the one that made it");
    end_process((unsigned)current);
}

/* A byte of a piece that the current process may reach, `place` being its bytes in whoever's array. */
static void access_byte(uint32_t linear, bool write, uint8_t *place)
{
    const struct kms_trace_op op = access_op(linear, write, (uint8_t)(*place + 0x3b));

    drive_do(&op);
    if (write)
        *place = (uint8_t)(*place + 0x3b);
    if (write)
        drive_expect_ok();
    else
        drive_expect_value(*place);
}

static uint32_t offset_in(const struct region *region, const struct operation *operation)
{
    static const uint32_t offsets[] = {0, 1, PAGE / 2, PAGE - 1};

    return (operation->detail >> 2) % region->pages * PAGE + offsets[operation->detail & 3];
}

static void access_own(const struct operation *operation)
{
    struct region *const region = &processes[current].regions[operation->amount % REGIONS];
    uint32_t offset;

    if (region->pages == 0)
        return;
    offset = offset_in(region, operation);
    access_byte(region->linear + offset, operation->which & 1, &region->bytes[offset]);
}

/* Another's memory, what was one's own, or the kernel's. */
static void access_foreign(const struct operation *operation)
{
    static const uint32_t kernels[] = {0x00000000, 0x00007e00, 0x00100000,
                                       0x001ff000, 0x005ff000, 0x01000000};
    struct shadow_process *const self = &processes[current];
    struct shadow_process *const other = &processes[choose_alive(operation->which >> 1)];
    const unsigned slot = choose_asked(other, operation->amount);
    const bool write = operation->which & 1;
    uint32_t linear = kernels[operation->amount % 6];
    uint8_t *byte = NULL;
    int error;

    if (operation->detail & 0x80 && self->hole_count > 0) {
        linear = self->holes[operation->amount % self->hole_count];
    } else if (slot < REGIONS && operation->detail & 0x40) {
        const uint32_t offset = offset_in(&other->regions[slot], operation);
        linear = other->regions[slot].linear + offset;
        byte = &other->regions[slot].bytes[offset];
    }
    error = shadow_fault(self, linear, write);
    if (error >= 0)
        access_and_die(linear, write, error);
    else if (byte)
        access_byte(linear, write, byte);
}

/* ---- what the current process sees ----------------------------------------------------------------------- */

_Noreturn static void differ(uint32_t linear, bool write, const char *what)
{
    const struct region *const region = shadow_region(&processes[current], linear);
    const struct kms_trace_op op = access_op(linear, write, 0xee);

    operations_add(&op);
    if (region)
        operations_add(
            &(struct kms_trace_op){.kind = KMS_TRACE_EXPECT_VALUE,
                                   .address = operations_at(region->bytes[linear - region->linear])});
    else
        operations_add(
            &(struct kms_trace_op){.kind = KMS_TRACE_EXPECT_FAULT,
                                   .number = (uint64_t)shadow_fault(&processes[current], linear, write),
                                   .address = operations_at(linear)});
    operations_fail("0x%08x for process p%d: %s", linear, current, what);
}

static void compare_region(const struct region *region)
{
    static uint8_t seen[REGION_PAGES * PAGE];
    const struct kms_access access = {region->linear, KMS_READ, KMS_AS_USER};
    const size_t size = region->pages * PAGE;

    if (kms_access_read(drive_cpu(), &access, seen, size, NULL) != KMS_DONE)
        differ(region->linear, false, "its own memory cannot be read");
    for (uint32_t i = 0; i < size && memcmp(seen, region->bytes, size) != 0; i++) {
        if (seen[i] != region->bytes[i])
            differ(region->linear + i, false, "its own memory holds something else");
    }
}

/* What must not be open to writing is not. */
static void compare_closed(uint32_t linear)
{
    const struct kms_access access = {linear, KMS_WRITE, KMS_AS_USER};
    struct kms_translation translation;

    if (!shadow_region(&processes[current], linear) &&
        kms_probe(drive_cpu(), &access, &translation, NULL) == KMS_DONE)
        differ(linear, true, "it may write where it must not");
}

static void compare_hole(uint32_t linear)
{
    const struct kms_access access = {linear, KMS_READ, KMS_AS_USER};
    struct kms_translation translation;

    if (kms_probe(drive_cpu(), &access, &translation, NULL) == KMS_DONE)
        differ(linear, false, "it may read what it gave back");
}

static void compare_others(void)
{
    for (unsigned i = 0; i < created; i++) {
        for (unsigned slot = FIRST_ASKED; slot < REGIONS && processes[i].alive; slot++) {
            if (processes[i].regions[slot].pages)
                compare_closed(processes[i].regions[slot].linear);
        }
    }
}

static void compare(void)
{
    static const uint32_t kernels[] = {0x00000000, 0x00007000, 0x00100000, 0x001ff000, 0x003fa000,
                                       0x003ff000, 0x005fc000, 0x005ff000, 0x01000000};

    if (current < 0)
        return;
    for (unsigned slot = 0; slot < REGIONS; slot++) {
        if (processes[current].regions[slot].pages)
            compare_region(&processes[current].regions[slot]);
    }
    for (unsigned i = 0; i < sizeof kernels / sizeof kernels[0]; i++)
        compare_closed(kernels[i]);
    for (unsigned i = 0; i < processes[current].hole_count; i++)
        compare_hole(processes[current].holes[i]);
    compare_others();
}

static void compare_heap(void)
{
    const unsigned expected = shadow_blocks(processes);
    const uint64_t used = drive_used_units();

    if (used != expected)
        operations_fail("%u blocks of the heap should be taken, and %u are", expected, (unsigned)used);
}

/* ---- an input -------------------------------------------------------------------------------------------- */

static void prepare(void)
{
    for (created = 0; created < ALIVE; created++) {
        processes[created].id = (int)create_process(PAGE + 1)->value;
        drive_expect_ok();
    }
    drive_age(0x01000000, 0x01000000, 3200);
    for (unsigned i = 0; i < ALIVE;
         i++) /* behind the kernel's 1,026 blocks, 1,036 each: 10 before the directory */
        drive_age(0x01000000 + (1026 + i * 1036 + 10) * PAGE, 0x01000000, 3200);
}

static void warm(void)
{
    drive_touch(0x01000000);
    for (unsigned i = 0; i < ALIVE; i++) {
        for (unsigned block = 0; block < 16; block++)
            drive_touch(0x01000000 + (1026 + i * 1036 + block) * PAGE);
        drive_touch(0x01000000 + (1026 + i * 1036 + 10 + 1025) * PAGE);
    }
}

static void operate(const struct operation *operation)
{
    const unsigned i = alive_count() ? choose_alive(operation->which) : 0;

    if (operation->kind == CREATE)
        create(operation);
    else if (operation->kind == FAIL)
        fail(operation);
    if (alive_count() == 0)
        return;
    switch (operation->kind) {
    case ALLOCATE: allocate(i, operation); break;
    case FREE: free_own(i, operation); break;
    case FREE_WRONG: free_wrong(i, operation); break;
    case SWITCH: switch_to(i); break;
    case EXIT: exit_process(i); break;
    case OWN:
    case FOREIGN:
        if (current >= 0)
            (operation->kind == OWN ? access_own : access_foreign)(operation);
        break;
    default: break;
    }
}

static void start(void)
{
    created = ALIVE;
    handles = 0;
    current = -1;
    for (unsigned i = 0; i < PROCESSES; i++)
        processes[i].alive = false;
    for (unsigned i = 0; i < ALIVE; i++)
        shadow_create(&processes[i], PAGE + 1);
}

static void run(const uint8_t *data, size_t size)
{
    const size_t count = size / OPERATION_BYTES;

    start();
    for (size_t i = 0; i < count && i < OPERATIONS_MAX; i++) {
        const struct operation operation = operation_from(data + i * OPERATION_BYTES);

        operate(&operation);
        compare();
        compare_heap();
    }
    for (unsigned i = 0; i < created; i++) {
        if (processes[i].alive) {
            switch_to(i);
            compare();
        }
    }
    if (drive_is_chosen(CHECKED))
        drive_check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct drive drive = {
        .target = "process", .kernel = "vana_small", .prepare = prepare, .warm = warm, .run = run};

    drive_input(&drive, data, size);
    return 0;
}
