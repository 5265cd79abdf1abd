/*
 * Fuzz target: JSLK hosted with live paging, against a plain list of its heap (shadow.h) and of the pages mapped beside it
 * (places.h). Every allocation has to come to the very address that the list says; the first and last word of every block
 * are written, and read again before it is freed. At the end everything is given back, and nothing may be left.
 *
 * Three bytes make an operation: what it is, a handle or place with oddities, a size.
 */
#include <stddef.h>
#include <stdint.h>

#include "drive.h"
#include "places.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATION_BYTES 3u
#define OPERATIONS_MAX  48u
#define HANDLES         24u
#define CHECKED         8u /* one input in so many */

/* By hand: the first block, the heap's end after boot, its least size; frames beside placement memory and first heap. */
#define HEAP_START 0xc0080000u
#define HEAP_END   0xc0100000u
#define HEAP_LEAST 0x70000u
#define FRAMES     (4096u - 0x20b - 256)

#define FAULT_WRITE 2u

struct block {
    uint32_t address, size; /* 0: none */
};

static struct shadow heap;
static struct places places;
static struct block blocks[HANDLES];

/* ---- reading the input ---------------------------------------------------------------------------------------- */

enum kind { ALLOC, FREE, FREE_BESIDE, FREE_FOREIGN, PHYSICAL, MAP, UNMAP, READ, WRITE };

struct operation {
    enum kind kind;
    unsigned handle;
    uint32_t size;
    bool aligned, zeroed;
    unsigned fail; /* which allocation fails; 0: none */
    struct place_range range;
};

/* Small ones of every size, some of pages, a few that make the heap grow, and some that no memory is enough for. */
static uint32_t size_from(unsigned scale, uint32_t byte)
{
    switch (scale & 7) {
    case 0: return byte << 10;
    case 1: return (byte << 9) + byte;
    case 2: return byte == 255 ? UINT32_MAX - scale : byte > 250 ? 0x01000000u * byte : byte << 6;
    default: return byte;
    }
}

static struct operation operation_from(const uint8_t *bytes)
{
    static const enum kind kinds[16] = {ALLOC, ALLOC, ALLOC,       ALLOC,        ALLOC,    ALLOC,
                                        FREE,  FREE,  FREE_BESIDE, FREE_FOREIGN, PHYSICAL, MAP,
                                        MAP,   UNMAP, READ,        WRITE};
    const unsigned place = bytes[1] % PLACES;
    const unsigned count = 1 + (bytes[1] >> 2) % (PLACES - place);

    const unsigned fail = bytes[0] & 0x80 ? 1u + (bytes[0] >> 6 & 1u) * (bytes[2] & 0xfu) : 0;

    return (struct operation){
        .kind = kinds[bytes[0] & 0xf],
        .aligned = bytes[0] & 0x10,
        .zeroed = bytes[0] & 0x20,
        .fail = fail,
        .handle = bytes[1] % HANDLES,
        .size = size_from(bytes[1] >> 5, bytes[2]),
        .range = {place, count, bytes[2] % (TARGETS - count + 1), fail},
    };
}

/* ---- words in memory --------------------------------------------------------------------------------------------- */

static void read_word(uint32_t address, uint32_t expected)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_READ, .width = 4, .address = operations_at(address)});
    drive_expect_value(expected);
}

static void write_word(uint32_t address, uint32_t value)
{
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_WRITE, .width = 4, .address = operations_at(address), .number = value});
    drive_expect_ok();
}

static uint32_t mark(uint32_t address)
{
    return address ^ 0x5a5a5a5au;
}

static uint32_t last_word(const struct block *block)
{
    return block->address + block->size - 4;
}

static void mark_block(const struct block *block, bool zeroed)
{
    if (block->size < 4)
        return;
    if (zeroed)
        read_word(last_word(block), 0);
    write_word(block->address, mark(block->address));
    write_word(last_word(block), mark(last_word(block)));
}

static void expect_marks(const struct block *block)
{
    if (block->size < 4)
        return;
    if (block->size >= 8)
        read_word(block->address, mark(block->address));
    read_word(last_word(block), mark(last_word(block)));
}

/* ---- operations ---------------------------------------------------------------------------------------------------- */

static void fail_at(unsigned n)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = n});
}

/* What an allocation comes to, of itself and of a frame for each page that the heap grows by. */
static uint32_t alloc_in_list(const struct operation *op)
{
    const struct shadow_wish wish = {op->size, op->aligned, false};

    if (op->size >= 0x01000000u || (op->fail && op->fail <= 1 + shadow_growth(&heap, &wish)))
        return 0;
    return shadow_alloc(&heap, &wish);
}

static void run_alloc(const struct operation *op)
{
    struct block *const block = &blocks[op->handle];
    const uint32_t address = alloc_in_list(op);
    const unsigned words = (op->aligned ? KMS_TRACE_ALIGNED : 0u) | (op->zeroed ? KMS_TRACE_ZEROED : 0u);

    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_ALLOC, .handle = op->handle, .number = op->size, .words = words});
    if (!address) {
        drive_expect_null();
        /* The name is taken until it is freed, whatever it stands for. */
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = {op->handle, 0}});
        drive_expect_status("JSLK_INVALID");
        return;
    }
    drive_expect_value(address);
    *block = (struct block){address, op->size};
    mark_block(block, op->zeroed);
}

/* The address as the file shall have it: a block's handle is free for another one only if it is named. */
static struct kms_trace_address forget(uint32_t address)
{
    for (unsigned i = 0; address && i < HANDLES; i++)
        if (blocks[i].address == address) {
            blocks[i] = (struct block){0, 0};
            return (struct kms_trace_address){i, 0};
        }
    return operations_at(address);
}

/* A page table's block is one too: who frees that has no model. */
static void free_address(uint32_t address)
{
    struct kms_trace_address named;
    bool is_block;

    if (address && (address == places.tables[0] || address == places.tables[1]))
        return;
    is_block = shadow_free(&heap, address);
    named = forget(address);
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = named});
    if (is_block)
        drive_expect_ok();
    else
        drive_expect_status("JSLK_INVALID");
}

static void run_free(struct block *block)
{
    if (block->address)
        expect_marks(block);
    free_address(block->address);
}

/* Addresses inside of blocks, and of blocks that somebody else has. */
static void run_free_foreign(const struct operation *op)
{
    const uint32_t wrong[] = {0,          HEAP_START, HEAP_START - 12, 0x00200000,  heap.end + 12,
                              0xcffff000, UINT32_MAX, 0xc0000000,      TARGET_FIRST};

    free_address(wrong[op->size % (sizeof wrong / sizeof wrong[0])]);
}

static void run_physical(const struct block *block)
{
    const struct replay_event *event;

    if (!block->address)
        return;
    event = drive_do(
        &(struct kms_trace_op){.kind = KMS_TRACE_PHYSICAL, .address = operations_at(block->address)});
    if (event->status != 0 || (event->value ^ block->address) % PAGE_BYTES || event->value >= 0x01000000u)
        operations_fail("a block's physical address is not in a frame of the kernel's");
}

static void run_map(const struct operation *op)
{
    const bool mapped = places_map(&places, &heap, &op->range);

    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_MAP,
                                    .address = operations_at(PLACE_FIRST + op->range.first * PAGE_BYTES),
                                    .target = operations_at(TARGET_FIRST + op->range.target * PAGE_BYTES),
                                    .number = op->range.count,
                                    .words = KMS_TRACE_WRITABLE});
    if (mapped)
        drive_expect_ok();
    else
        drive_expect_status("JSLK_NO_MEMORY");
}

static void run_unmap(const struct operation *op)
{
    places_unmap(&places, &heap, &op->range);
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_UNMAP,
                                    .address = operations_at(PLACE_FIRST + op->range.first * PAGE_BYTES),
                                    .number = op->range.count});
    drive_expect_ok();
}

static void run_access(const struct operation *op)
{
    const unsigned place = op->range.first;
    const uint32_t linear = PLACE_FIRST + place * PAGE_BYTES;
    uint32_t *const word = &places.word[places.target[place]];
    const bool write = op->kind == WRITE;

    drive_do(&(struct kms_trace_op){.kind = write ? KMS_TRACE_WRITE : KMS_TRACE_READ,
                                    .width = 4,
                                    .address = operations_at(linear),
                                    .number = write ? op->size : 0});
    if (!places.mapped[place])
        drive_expect_fault(write ? FAULT_WRITE : 0, linear);
    else if (write)
        *word = op->size;
    else
        drive_expect_value(*word);
}

static void run_operation(const struct operation *op)
{
    struct block *const block = &blocks[op->handle];
    const bool fails = op->fail && (op->kind == MAP || (op->kind == ALLOC && !block->address));

    if (fails)
        fail_at(op->fail);
    switch (op->kind) {
    case ALLOC:
        if (block->address)
            run_free(block);
        else
            run_alloc(op);
        break;
    case FREE: run_free(block); break;
    case FREE_BESIDE: free_address(block->address + 4 * (1 + op->size % 8)); break;
    case FREE_FOREIGN: run_free_foreign(op); break;
    case PHYSICAL: run_physical(block); break;
    case MAP: run_map(op); break;
    case UNMAP: run_unmap(op); break;
    default: run_access(op);
    }
    if (fails)
        fail_at(0);
}

/* ---- one input -------------------------------------------------------------------------------------------------------- */

/* A kernel that has just booted is where every input begins. */
static void prepare(void)
{
}

static void warm(void)
{
    static const uint32_t used[] = {0x00201000, 0x00202000, 0x00203000, 0x00204000, 0x00205000, 0xc0000000};

    for (unsigned i = 0; i < sizeof used / sizeof used[0]; i++)
        drive_touch(used[i]);
}

static void start(void)
{
    heap.min_size = HEAP_LEAST;
    heap.frames = FRAMES;
    shadow_begin(&heap, HEAP_START, HEAP_END);
    places = (struct places){.mapped = {false}};
    for (unsigned target = 0; target < TARGETS; target++)
        places.word[target] = 0xa5a5a5a5u; /* as at power-on */
    for (unsigned i = 0; i < HANDLES; i++)
        blocks[i] = (struct block){0, 0};
}

static void give_everything_back(void)
{
    for (unsigned i = 0; i < HANDLES; i++)
        if (blocks[i].address)
            run_free(&blocks[i]);
    run_unmap(&(struct operation){.range = {0, PLACES, 0, 0}});
    if (drive_used_units() != 0)
        operations_fail("the heap has blocks that nobody has");
}

static void run(const uint8_t *data, size_t size)
{
    start();
    for (size_t i = 0; i + OPERATION_BYTES <= size && i < OPERATIONS_MAX * OPERATION_BYTES;
         i += OPERATION_BYTES) {
        const struct operation op = operation_from(data + i);

        run_operation(&op);
    }
    if (drive_is_chosen(CHECKED))
        drive_check();
    give_everything_back();
    if (drive_is_chosen(CHECKED))
        drive_check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct drive jslk = {
        .target = "jslk", .kernel = "jslk_small", .prepare = prepare, .warm = warm, .run = run};

    drive_input(&jslk, data, size);
    return 0;
}
