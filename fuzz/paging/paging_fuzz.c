/*
 * Fuzz target: VanaOS's paging, hosted with live paging, against a shadow map of three address spaces. After every
 * operation the MMU is asked about every place (places.h) in the current space: present, which frame, writable, user.
 * The kernel's own checker looks at everything after one input in 256.
 *
 * Three bytes make an operation: what it is with a count and rights, the place with oddities, the target frame or the
 * kind of access.
 */
#include <stddef.h>
#include <stdint.h>

#include "drive.h"
#include "shadow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef PAGING_KERNEL /* tests/boot has one with a bug */
#define PAGING_KERNEL "vana_small"
#endif

#define OPERATION_BYTES 3u
#define OPERATIONS_MAX  24u
#define CHECKED         256u /* one input in so many: kernel_check() reads three directories, all 12 MiB of them */

static struct shadow shadow;

/* ---- reading the input ----------------------------------------------------------------------------------- */

enum kind { MAP, UNMAP, ACCESS, SWITCH, PHYSICAL, EXIT };

struct operation {
    enum kind kind;
    unsigned place, count, choice;
    bool write, user; /* rights of a mapping */
    bool touch;       /* first a read through the translation that will change */
    bool unaligned, frame_unaligned;
};

static struct operation operation_from(const uint8_t *bytes)
{
    static const enum kind kinds[16] = {MAP,   MAP,    MAP,    MAP,    MAP,    MAP,    UNMAP,    UNMAP,
                                        UNMAP, ACCESS, ACCESS, ACCESS, ACCESS, SWITCH, PHYSICAL, EXIT};
    const unsigned oddity = bytes[1] >> 6;

    return (struct operation){
        .kind = kinds[bytes[0] & 0xf],
        .count = 1 + (bytes[0] >> 4 & 3),
        .write = bytes[0] & 0x40,
        .user = bytes[0] & 0x80,
        .place = (bytes[1] & 0x1f) % PLACES,
        .touch = bytes[1] & 0x20,
        .unaligned = oddity == 1 && (bytes[2] & 0xe0) == 0,
        .frame_unaligned = oddity == 2 && (bytes[2] & 0xe0) == 0,
        .choice = bytes[2],
    };
}

/*
 * By hand: a directory takes 1,026 blocks, the kernel's the first of them; a process then three for its descriptor, one
 * for its image, four for its stack, one for its task, and a directory.
 */
#define BLOCK(number)    (0x01000000u + (number)*4096u)
#define PROCESS_BLOCK(i) (1026u + (i)*1035u)

static const struct shadow_process processes[SPACES - 1] = {
    {.image = BLOCK(PROCESS_BLOCK(0) + 3), .stack = BLOCK(PROCESS_BLOCK(0) + 4)},
    {.image = BLOCK(PROCESS_BLOCK(1) + 3), .stack = BLOCK(PROCESS_BLOCK(1) + 4)},
};
static const uint32_t directories[SPACES] = {BLOCK(0), BLOCK(PROCESS_BLOCK(0) + 9),
                                             BLOCK(PROCESS_BLOCK(1) + 9)};

/* ---- what every input begins with ------------------------------------------------------------------------ */

static uint32_t first_word(unsigned frame, unsigned word)
{
    return 0x51ab0000u + frame * 0x100 + word;
}

static void prepare(void)
{
    for (unsigned frame = 0; frame < FRAMES; frame++) {
        for (unsigned word = 0; word < FRAME_WORDS; word++)
            drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_WRITE,
                                            .width = 4,
                                            .address =
                                                operations_at(FRAME_FIRST + frame * PAGE + word_offset(word)),
                                            .number = first_word(frame, word)});
    }
    for (uint32_t process = 0; process < SPACES - 1; process++) {
        drive_do(
            &(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_CREATE, .process = process, .number = PAGE});
        drive_expect_ok();
    }
    for (unsigned space = 0; space < SPACES; space++)
        drive_age(directories[space], BLOCK(0), 3200);
}

/* The kernel's way to every place in every space. */
static void warm(void)
{
    for (unsigned space = 0; space < SPACES; space++) {
        drive_touch(directories[space]);
        for (unsigned place = 0; place < PLACES; place++)
            drive_touch(directories[space] + PAGE * (1 + (places[place] >> 22)));
    }
    for (uint32_t process = 0; process < SPACES - 1; process++) {
        for (unsigned block = 0; block < 10; block++)
            drive_touch(BLOCK(PROCESS_BLOCK(process) + block));
        drive_touch(directories[1 + process] + PAGE * 1025);
    }
}

static void start_shadow(void)
{
    shadow_start(&shadow, processes);
    for (unsigned frame = 0; frame < FRAMES; frame++) {
        for (unsigned word = 0; word < FRAME_WORDS; word++)
            shadow.words[frame][word] = first_word(frame, word);
    }
}

/* ---- accesses -------------------------------------------------------------------------------------------- */

static bool is_user(enum shadow_access access)
{
    return access == USER_READ || access == USER_WRITE || access == USER_FETCH;
}

static bool is_write(enum shadow_access access)
{
    return access == KERNEL_WRITE || access == USER_WRITE;
}

static struct kms_trace_op access_op(enum shadow_access access, uint32_t linear, uint32_t value)
{
    return (struct kms_trace_op){
        .kind = access == USER_FETCH ? KMS_TRACE_FETCH
                : is_write(access)   ? KMS_TRACE_WRITE
                                     : KMS_TRACE_READ,
        .width = access == USER_FETCH ? 0 : 4,
        .words = is_user(access) && access != USER_FETCH ? KMS_TRACE_USER : 0,
        .address = operations_at(linear),
        .number = value,
    };
}

/* A user's fault ends the process. */
static void access_that_faults(enum shadow_access access, uint32_t linear, uint32_t error)
{
    const struct kms_trace_op op = access_op(access, linear, 0);
    const int process = is_user(access) ? shadow.current - 1 : -1;

    if (drive_do(&op)->fault.process != process)
        operations_fail("a fault ended another process than the one that made it");
    drive_expect_fault(error, linear);
    if (is_user(access))
        shadow_end_current(&shadow);
}

static void access_known_word(enum shadow_access access, uint32_t linear, uint32_t *word)
{
    const struct kms_trace_op op = access_op(access, linear, *word + 0x01010101u);

    drive_do(&op);
    if (is_write(access)) {
        *word += 0x01010101u;
        drive_expect_ok();
    } else {
        drive_expect_value(*word);
    }
}

/* Memory is touched where its contents are known: the kernel's would not survive, and elsewhere may be no RAM. */
static void access_place(unsigned place, enum shadow_access access, unsigned word)
{
    const int error = shadow_fault(&shadow, place, access);
    const int frame = frame_number(shadow_page(&shadow, place)->frame);
    const uint32_t linear = places[place] + word_offset(word);

    if (error >= 0)
        access_that_faults(access, linear, (uint32_t)error);
    else if (frame >= 0 && access != USER_FETCH)
        access_known_word(access, linear, &shadow.words[frame][word]);
}

/* ---- asking the MMU about every place -------------------------------------------------------------------- */

static void add_expectation(enum kms_trace_kind kind, uint32_t number, uint32_t address)
{
    operations_add(&(struct kms_trace_op){.kind = kind, .number = number, .address = operations_at(address)});
}

/* What shows the difference when the file is run, and the end. */
_Noreturn static void differ(unsigned place, enum shadow_access access, const char *what)
{
    const struct shadow_page *const page = shadow_page(&shadow, place);
    const int error = shadow_fault(&shadow, place, access);
    const int frame = frame_number(page->frame);
    const struct kms_trace_op op = access_op(access, places[place], 0);

    if (page->present)
        operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_EXPECT_MAPPED,
                                              .address = operations_at(places[place]),
                                              .target = operations_at(page->frame)});
    else
        add_expectation(KMS_TRACE_EXPECT_UNMAPPED, 0, places[place]);
    operations_add(&op);
    if (error >= 0)
        add_expectation(KMS_TRACE_EXPECT_FAULT, (uint32_t)error, places[place]);
    else if (frame >= 0 && !is_write(access))
        add_expectation(KMS_TRACE_EXPECT_VALUE, 0, shadow.words[frame][0]);
    else
        add_expectation(KMS_TRACE_EXPECT_OK, 0, 0);
    operations_fail("page 0x%08x in space %d: %s", places[place], shadow.current, what);
}

static void compare_place(unsigned place)
{
    const struct shadow_page *const page = shadow_page(&shadow, place);
    const struct kms_access asked = {
        .linear = places[place], .kind = KMS_READ, .privilege = KMS_AS_SUPERVISOR};
    struct kms_translation translation;
    const bool present = kms_probe(drive_cpu(), &asked, &translation, NULL) == KMS_DONE;

    if (present != page->present)
        differ(place, KERNEL_READ, present ? "mapped for the MMU" : "not mapped for the MMU");
    if (!present)
        return;
    if (translation.phys != page->frame)
        differ(place, KERNEL_READ, "the MMU leads to another frame");
    if (!(translation.rights & KMS_RIGHT_USER) == page->user)
        differ(place, USER_READ, "the MMU has other users' rights");
    if (page->user && !(translation.rights & KMS_RIGHT_WRITE) == page->write)
        differ(place, USER_WRITE, "the MMU has other write rights");
}

/* With CR0.WP clear, the right to write is of no account for the kernel's pages. */
static void compare(void)
{
    for (unsigned place = 0; place < PLACES; place++)
        compare_place(place);
}

/* ---- operations ------------------------------------------------------------------------------------------ */

static bool is_ram(uint32_t frame)
{
    return frame < 0x08000000;
}

/* So that the translation is cached when it changes. */
static void touch(const struct operation *operation)
{
    const unsigned row = places_in_row(operation->place);

    for (unsigned i = 0; i < operation->count && i < row; i++) {
        const unsigned place = operation->place + i;
        const struct kms_trace_op op = access_op(KERNEL_READ, places[place], 0);

        if (shadow_page(&shadow, place)->present && is_ram(shadow_page(&shadow, place)->frame))
            drive_do(&op);
    }
}

static void expect_answer(enum shadow_answer answer)
{
    if (answer == ANSWER_OK)
        drive_expect_ok();
    else if (answer != ANSWER_EITHER)
        drive_expect_status(answer == ANSWER_EINVARG ? "EINVARG" : "EISTKN");
}

static unsigned count_from(const struct operation *operation)
{
    const unsigned row = places_in_row(operation->place);
    const bool may_wrap = operation->place + row == PLACES;

    return operation->count <= row || may_wrap ? operation->count : row;
}

static void map(const struct operation *operation)
{
    const bool unmap = operation->kind == UNMAP;
    struct shadow_mapping mapping = {
        .place = operation->place,
        .count = count_from(operation),
        .linear_offset = operation->unaligned ? 0x800 : 0,
        .present = !unmap,
        .write = !unmap && operation->write,
        .user = !unmap && operation->user,
    };
    const uint32_t linear = places[operation->place] + mapping.linear_offset;

    mapping.frame = unmap ? linear : places_target(operation->place, operation->choice % TARGETS);
    if (!unmap && operation->frame_unaligned)
        mapping.frame += 4;
    if (operation->touch)
        touch(operation);
    drive_do(&(struct kms_trace_op){.kind = unmap ? KMS_TRACE_UNMAP : KMS_TRACE_MAP,
                                    .words = (mapping.write ? KMS_TRACE_WRITABLE : 0) |
                                             (mapping.user ? KMS_TRACE_USER : 0),
                                    .address = operations_at(linear),
                                    .target = operations_at(unmap ? 0 : mapping.frame),
                                    .number = mapping.count});
    expect_answer(shadow_map(&shadow, &mapping));
}

static void look_up(unsigned place)
{
    const struct shadow_page *const page = shadow_page(&shadow, place);

    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PHYSICAL, .address = operations_at(places[place] + 5)});
    if (page->present)
        drive_expect_value(page->frame + 5);
    else
        drive_expect_status("EINVARG");
}

static void switch_to(int space)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_SWITCH, .process = (uint32_t)space - 1});
    if (shadow.alive[space])
        shadow.current = space;
    expect_answer(shadow.alive[space] ? ANSWER_OK : ANSWER_EINVARG);
}

static void exit_space(int space)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_EXIT, .process = (uint32_t)space - 1});
    expect_answer(shadow.alive[space] ? ANSWER_OK : ANSWER_EINVARG);
    shadow.alive[space] = false;
    if (shadow.current == space)
        shadow.current = KERNEL_SPACE;
}

static void operate(const struct operation *operation)
{
    const int space = 1 + (int)operation->place % (SPACES - 1);

    switch (operation->kind) {
    case MAP:
    case UNMAP: map(operation); break;
    case ACCESS: access_place(operation->place, operation->choice % ACCESSES, operation->write); break;
    case SWITCH: switch_to(space); break;
    case PHYSICAL: look_up(operation->place); break;
    case EXIT: /* rare: it takes as long as all the others together */
        if (operation->choice % 32 == 0)
            exit_space(space);
        break;
    }
    compare();
}

static void run(const uint8_t *data, size_t size)
{
    const size_t count = size / OPERATION_BYTES;

    start_shadow();
    for (size_t i = 0; i < count && i < OPERATIONS_MAX; i++) {
        const struct operation operation = operation_from(data + i * OPERATION_BYTES);

        operate(&operation);
    }
    if (drive_is_chosen(CHECKED))
        drive_check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct drive drive = {
        .target = "paging", .kernel = PAGING_KERNEL, .prepare = prepare, .warm = warm, .run = run};

    drive_input(&drive, data, size);
    return 0;
}
