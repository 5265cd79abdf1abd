/*
 * slab_fuzz.c - slabs and kmem on 4 MiB of pages, against a list of blocks (slab_model.h).
 *
 * Input: two bytes for each operation. Owners 0 to 3 are caches of different sizes and alignments, owner 4 is kmem. After
 * each operation no block overlaps another one, each has kept its bytes, and the counts are the list's; what is refused
 * for want of memory could really not be had. The checkers run now and then.
 */
#include <stdlib.h>

#include "kernel/hw.h"
#include "operations.h"
#include "slab_model.h"
#include "support/hw_plain.h"
#include "vlsos/config.h"
#include "vlsos/kmem.h"
#include "vlsos/pages.h"
#include "vlsos/slab.h"

#define CACHES      4u
#define KMEM        CACHES /* as an owner */
#define OPERATIONS  400u
#define CHECK_EVERY 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slab_options options[CACHES] = {
    {"eight", 8, 0, NULL}, {"odd", 77, 0, NULL}, {"wide", 200, 64, NULL}, {"page", 4096, 1024, NULL}};

static struct slab_cache caches[CACHES];
static struct model model;
static size_t done;

static void differ(const char *what)
{
    operations_fail("operation %zu: %s", done, what);
}

/* ---- asking ---- */

static size_t size_for(uint8_t argument)
{
    return argument < 0xc0 ? 1u + argument * 11u : (size_t)(argument & 0x3fu) << 13;
}

static uint32_t align_for(unsigned owner, size_t size)
{
    if (owner == KMEM)
        return size > KMEM_SMALL ? BUDDY_FRAME_SIZE : KMEM_ALIGN;
    return caches[owner].is.align;
}

/* No page that could have helped is free, and no slab could have been given up. */
static bool is_really_out(unsigned owner, size_t size)
{
    const unsigned order = owner < KMEM ? caches[owner].order : buddy_order_for(size);
    const int highest = buddy_highest_order(&kernel_pages);

    if (owner == KMEM && size <= KMEM_SMALL)
        return highest < (int)SLAB_ORDER_MOST;
    return highest < (int)order;
}

static void keep_alloc(size_t size)
{
    operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_ALLOC, .handle = model.made, .number = size});
}

static void allocate(unsigned owner, uint8_t argument)
{
    const size_t size = owner < KMEM ? options[owner].size : size_for(argument);
    unsigned char *block;

    if (model.count == MODEL_BLOCKS)
        return;
    keep_alloc(size);
    block = owner < KMEM ? slab_alloc(&caches[owner]) : kmem_alloc(size);
    if (!block) {
        if (size > 0 && !is_really_out(owner, size))
            differ("memory that is there was refused");
        return;
    }
    if (size == 0)
        differ("nothing is a block");
    if (!pages_has(hw_linear(block)) || !pages_has(hw_linear(block) + (uint32_t)size - 1))
        differ("a block lies outside of the pages");
    if (hw_linear(block) % align_for(owner, size) != 0)
        differ("a block is not aligned");
    if (!model_add(&model, block, size, owner))
        differ("two blocks overlap");
}

/* ---- giving back ---- */

static int give(unsigned owner, unsigned char *block)
{
    return owner < KMEM ? slab_free(&caches[owner], block) : kmem_free(block);
}

static void free_one(uint8_t choice)
{
    bool whole = true;
    const struct model_block *const block = model_take(&model, choice, &whole);

    if (!block)
        return;
    operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = {block->handle, 0}});
    if (!whole)
        differ("a block has lost its bytes");
    if (give(block->owner, block->start) != VLSOS_OK)
        differ("a block that was handed out cannot be freed");
    if (give(block->owner, block->start) != VLSOS_EINVAL)
        differ("a block was freed twice");
}

/* A pointer into a block, or another owner's, or into the pages anywhere. */
static void free_wrong(uint8_t choice)
{
    const struct model_block *const block = &model.blocks[choice % (model.count + 1)];
    unsigned char *ptr = hw_ptr(VLSOS_POOL + choice * 1000u);

    if (choice % 3 && block < model.blocks + model.count)
        ptr = block->start + (choice % 2 ? 1 : block->size / 2 + 1);
    if (!model_has(&model, ptr) && give(choice % (KMEM + 1), ptr) != VLSOS_EINVAL)
        differ("a pointer that was not handed out was not refused");
    if (block < model.blocks + model.count &&
        give((block->owner + 1) % (KMEM + 1), block->start) != VLSOS_EINVAL)
        differ("another owner's block was not refused");
}

/* ---- the rest ---- */

static void check(void)
{
    const char *broken = slab_check_all();

    if (!broken)
        broken = buddy_check(&kernel_pages);
    if (broken)
        differ(broken);
}

static void compare(void)
{
    for (unsigned owner = 0; owner < CACHES; owner++)
        if (slab_objects(&caches[owner]) != model_count(&model, owner))
            differ("the count of objects is not the list's");
    if (done % CHECK_EVERY == 0)
        check();
}

static void reclaim(void)
{
    (void)slab_reclaim_all();
    for (unsigned owner = 0; owner < CACHES; owner++)
        if (caches[owner].empty || (model_count(&model, owner) == 0 && caches[owner].statistics.slabs > 0))
            differ("an empty slab stayed");
}

static void fail_one(void)
{
    kmem_fail_at(1);
    if (kmem_alloc(100))
        differ("the failure that was ordered did not come");
}

static void operate(uint8_t what, uint8_t argument)
{
    if (what < 0x90)
        allocate(what % (KMEM + 1), argument);
    else if (what < 0xe0)
        free_one(argument);
    else if (what < 0xf0)
        free_wrong(argument);
    else if (what < 0xf8)
        reclaim();
    else
        fail_one();
    compare();
}

static void make(void)
{
    hw_plain_set_ram_size(VLSOS_RAM_LEAST);
    model_reset(&model);
    done = 0;
    if (pages_init() != VLSOS_OK || kmem_init() != VLSOS_OK)
        differ("the pages cannot be made");
    for (unsigned owner = 0; owner < CACHES; owner++)
        if (slab_cache_create(&caches[owner], &options[owner]) != VLSOS_OK)
            differ("a cache cannot be made");
}

/* In the end all of it is given back, and all pages are free again. */
static void give_all_back(void)
{
    while (model.count > 0)
        free_one(0);
    (void)slab_reclaim_all();
    check();
    if (kernel_pages.free_frames != (kernel_pages.end - kernel_pages.start) / BUDDY_FRAME_SIZE)
        differ("pages were lost");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    operations_begin(&(struct operations_input){"vlsos_slab", data, size, 0});
    make();
    for (size_t i = 0; i + 1 < size && done < OPERATIONS; i += 2) {
        done++;
        operate(data[i], data[i + 1]);
    }
    give_all_back();
    return 0;
}
