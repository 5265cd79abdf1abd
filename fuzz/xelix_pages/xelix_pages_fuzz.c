/*
 * Fuzz target: Xelix's pages, hosted with live paging. Runs of frames, of addresses and of both, in the kernel's context
 * and in three tasks', windows between them, frames that are named, programs' accesses, ordered failures. Every status and
 * every place is that of plain arrays (model.h), and so is what the MMU finds there.
 *
 * The kernel's functions are called by their names: the table that tools drive has no calls for them, so what is found
 * leaves no file of operations. Four bytes make one: what it is and in which space, which, how many, details.
 */
#include <kernel/hw.h>
#include <stddef.h>
#include <string.h>

#include "compare.h"
#include "drive.h"

#include "kernel.h"
#include "mem/palloc.h"
#include "mem/valloc.h"
#include "mem/vm_map.h"
#include "tasks/task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATION_BYTES 4u
#define OPERATIONS_MAX  48u
#define CHECKED         256u /* one input in so many: the checker reads a million entries */
#define CHECK_EVERY     8u
#define NAMED_OFFSET    (2u * TABLE_ENTRIES - 2u - XELIX_TASK_IMAGE / PAGE_SIZE)
#define IMAGE_WORD      0x1a6e0000u

struct operation {
    uint8_t kind, space, which, amount, detail;
};

/* ---- what an operation is about ---- */

static unsigned space_of(const struct operation *operation)
{
    return model.spaces[operation->space].exists ? operation->space : KERNEL;
}

/* Few, none, or more than there can be. */
static uint32_t pages_of(const struct operation *operation)
{
    static const uint32_t odd[] = {0, 0xffffffff, 0x000fffff, 0x000ffb00};

    if (operation->detail >= 240 && operation->detail < 248)
        return odd[operation->amount % 4];
    return operation->amount % (operation->detail & 0x40 ? 96u : 24u) + 1;
}

/* Where the latest runs of a space begin. */
#define RECENT 4u
static uint32_t recent[MODEL_SPACES][RECENT];
static unsigned runs_given;

static void note(unsigned space, uint32_t page)
{
    if (page)
        recent[space][runs_given++ % RECENT] = page;
}

/* A page of the space's: in one of the latest runs; near its beginning; or where none is its own. */
static uint32_t page_of(const struct operation *operation, unsigned space)
{
    static const uint32_t odd[] = {0, XELIX_KERNEL_ADDRESS / PAGE_SIZE, XELIX_PAGES, 0xffffffff};
    const uint32_t run = recent[space][operation->which % RECENT];

    if (operation->detail >= 248)
        return odd[operation->which % 4];
    if ((operation->detail & 1) && run)
        return run + (operation->which & 0x80 ? operation->which / 8u % 4 : 0);
    return model.spaces[space].first + operation->which;
}

/* ---- runs of pages ---- */

static void do_palloc(const struct operation *operation)
{
    const uint32_t pages = operation->detail % 32 == 31 ? operation->amount * 64u : pages_of(operation);

    agree(vm_address(palloc(pages)) / PAGE_SIZE == model_palloc(pages),
          "palloc does not give the lowest frames");
}

/* Frames behind mappings stay: whose a frame is cannot be told, so the kernel would take them. */
static void do_pfree(const struct operation *operation)
{
    const uint32_t frame = operation->detail >= 248 ? page_of(operation, KERNEL)
                                                    : MODEL_FIRST + operation->which * 2u + operation->space;
    const uint32_t pages = pages_of(operation);

    for (uint32_t i = frame; i - frame < pages && i < MODEL_FRAMES; i++)
        if (model.frames[i].mapped)
            return;
    agree(pfree(frame, pages) == model_pfree(frame, pages), "pfree's status is not the model's");
}

static void do_valloc(const struct operation *operation)
{
    const unsigned space = space_of(operation);
    const uint32_t pages = pages_of(operation);
    const uint32_t page = model_valloc(space, pages);

    agree(vm_address(valloc(pages, context(space))) / PAGE_SIZE == page,
          "valloc does not give the lowest pages");
    note(space, page);
    compare_range(space, page, pages);
}

static void do_vfree(const struct operation *operation)
{
    const unsigned space = space_of(operation);
    const uint32_t page = page_of(operation, space), pages = pages_of(operation);

    agree(vfree(page, pages, context(space)) == model_vfree(space, page, pages),
          "vfree's status is not the model's");
    compare_range(space, page, pages);
}

static void do_pvalloc(const struct operation *operation)
{
    const unsigned space = space_of(operation);
    const uint32_t pages = pages_of(operation);
    const uint32_t page = model_pvalloc(space, pages);

    agree(vm_address(pvalloc(pages, context(space))) / PAGE_SIZE == page,
          "pvalloc does not give the lowest pages");
    note(space, page);
    compare_range(space, page, pages);
}

static void do_pvfree(const struct operation *operation)
{
    const unsigned space = space_of(operation);
    const uint32_t page = page_of(operation, space), pages = pages_of(operation);

    if (model_is_kept(space, page, pages))
        return;
    agree(pvfree(page, pages, context(space)) == model_pvfree(space, page, pages),
          "pvfree's status is not the model's");
    compare_range(space, page, pages);
}

/* ---- windows, and frames that are named ---- */

static uint32_t rights_of(const struct operation *operation)
{
    return (operation->detail & 2 ? PTE_RW : 0) | (operation->detail & 4 ? PTE_US : 0);
}

static struct model_lending lending_of(const struct operation *operation, unsigned from)
{
    const unsigned to = (operation->detail >> 3) % MODEL_SPACES;

    return (struct model_lending){
        .to = model.spaces[to].exists ? to : KERNEL,
        .from = from,
        .address = page_of(operation, from) * PAGE_SIZE + (operation->amount & 1 ? LAST_WORD : 0),
        .bytes = operation->detail >= 240 ? pages_of(operation) : operation->amount * 64u,
        .rights = rights_of(operation)};
}

static bool may_be_lent(const struct model_lending *lending)
{
    return !model_is_hidden(lending->from, lending->address / PAGE_SIZE, lending->bytes / PAGE_SIZE + 2);
}

static void do_lend(const struct operation *operation)
{
    const struct model_lending lending = lending_of(operation, space_of(operation));
    const struct vm_lending asked = {context(lending.to), context(lending.from), lending.address,
                                     lending.bytes, lending.rights};
    uint32_t address = 0, expected = 0;

    if (model.window_count == MODEL_WINDOWS || !may_be_lent(&lending))
        return;
    agree(vm_map(&asked, &address) == model_map(&lending, &expected), "vm_map's status is not the model's");
    agree(address == expected, "a window is not where it should be");
    note(lending.to, address / PAGE_SIZE);
    compare_range(lending.to, address / PAGE_SIZE, lending.bytes / PAGE_SIZE + 2);
}

static void do_take_back(const struct operation *operation)
{
    const bool any = model.window_count > 0 && operation->detail % 4;
    const struct model_window *const window = &model.windows[any ? operation->which % model.window_count : 0];
    const unsigned space = any ? window->to : space_of(operation);
    const uint32_t page = any ? window->to_page : page_of(operation, space);
    const uint32_t pages = any ? window->pages : 1;

    agree(vm_unmap(context(space), page * PAGE_SIZE) == model_unmap(space, page),
          "vm_unmap's status is not the model's");
    compare_range(space, page, pages);
}

/* Frames below the kernel's, which nobody is given; in a task on both sides of a border between two tables. */
static void do_name(const struct operation *operation)
{
    const unsigned space = space_of(operation);
    const uint32_t page = operation->detail >= 240
                              ? page_of(operation, space)
                              : model.spaces[space].first + NAMED_OFFSET + operation->which % 4u;
    const uint32_t pages = operation->amount % 4u;
    const uint32_t entry = (0x80u + operation->amount % 8u) * PAGE_SIZE | rights_of(operation);

    if (operation->amount & 0x80)
        agree(vm_unmap_at(page, pages, context(space)) == model_unmap_at(space, page, pages),
              "vm_unmap_at's status is not the model's");
    else
        agree(vm_map_at(page, pages, entry, context(space)) == model_map_at(space, page, pages, entry),
              "vm_map_at's status is not the model's");
    note(space, operation->amount & 0x80 ? 0 : page);
    compare_range(space, page, pages);
}

/* ---- tasks ---- */

static void do_task(const struct operation *operation)
{
    static uint32_t image[3 * PAGE_SIZE / 4];
    const unsigned task = operation->which % MODEL_TASKS;
    const uint32_t size = operation->amount * 32u;
    const uint32_t word = IMAGE_WORD + operation->which;

    if (model.spaces[task + 1].exists) {
        agree(task_exit((int)task) == model_task_exit(task), "task_exit's status is not the model's");
        return;
    }
    if (model.window_count == MODEL_WINDOWS)
        return;
    for (uint32_t i = 0; i < sizeof image / sizeof image[0]; i++)
        image[i] = word;
    agree(task_new(image, size) == model_task_new(size, word), "task_new's answer is not the model's");
}

/* ---- bytes ---- */

static void write_word(uint32_t entry, unsigned word, uint32_t value)
{
    if (!in_ram(entry))
        return;
    frame_of(entry)->known[word] = true;
    frame_of(entry)->words[word] = value;
}

static void do_store(const struct operation *operation)
{
    const uint32_t page = page_of(operation, KERNEL);
    const unsigned word = operation->amount % MODEL_WORDS;
    const uint32_t value = operation->amount * 0x01010101u;
    const uint32_t entry = model_look(KERNEL, page).entry;

    if (model_is_hidden(KERNEL, page, 1) || operation->detail >= 248)
        return;
    agree(hw_kernel_store(page * PAGE_SIZE + word * LAST_WORD, 4, value) == (entry != 0),
          "the kernel's store reaches a page that is not mapped, or does not reach one that is");
    if (entry)
        write_word(entry, word, value);
    compare_word(page, word);
}

/* The last word of one page and the first of the next, through a window of the kernel's. */
static void do_copy(const struct operation *operation)
{
    const unsigned space = space_of(operation);
    const uint32_t page = page_of(operation, space);
    const struct vm_copy copy = {context(space), page * PAGE_SIZE + LAST_WORD, 8};
    const uint32_t words[2] = {operation->amount * 0x00010001u, ~(operation->amount * 0x00010001u)};
    const int status = model_pass(&(struct model_lending){KERNEL, space, copy.address, copy.bytes, PTE_RW});
    uint32_t back[2] = {0, 0};

    agree(vm_write(&copy, words) == status, "vm_write's status is not the model's");
    if (status)
        return;
    write_word(model_look(space, page).entry, 1, words[0]);
    write_word(model_look(space, page + 1).entry, 0, words[1]);
    if (model.until_failure == 0)
        agree(vm_read(&copy, back) == 0 && back[0] == words[0] && back[1] == words[1],
              "what was written cannot be read back");
}

/* A fault that is not repaired ends the program, unless memory of it is lent. */
static void do_user(const struct operation *operation)
{
    const unsigned space = space_of(operation);
    const uint32_t page = page_of(operation, space);
    const unsigned word = operation->amount % MODEL_WORDS;
    const uint32_t needed = PTE_P | PTE_US | (operation->amount & 2 ? PTE_RW : 0);
    const uint32_t entry = space == KERNEL ? 0 : model_look(space, page).entry;
    const uint32_t address = page * PAGE_SIZE + word * LAST_WORD;
    const bool reached = (entry & needed) == needed;
    uint64_t value = operation->amount;

    if (space == KERNEL || operation->detail >= 248)
        return;
    agree(task_switch((int)space - 1) == 0, "a task cannot be switched to");
    agree((operation->amount & 2 ? hw_user_store(address, 4, value) : hw_user_load(address, 4, &value)) ==
              reached,
          "a program reaches what it may not, or does not reach its own");
    if (reached && (operation->amount & 2))
        write_word(entry, word, (uint32_t)value);
    else if (reached && frame_of(entry)->known[word])
        agree(value == frame_of(entry)->words[word], "a program reads another word than was written");
    else if (!reached)
        (void)model_task_exit(space - 1);
    agree((task_get((int)space - 1) != NULL) == model.spaces[space].exists, "a program lives, or does not");
}

static void do_fail(const struct operation *operation)
{
    model.until_failure = operation->amount % 12u;
    mem_fail_at(model.until_failure);
}

/* ---- an input ---- */

static void operate(const struct operation *operation)
{
    static void (*const kinds[16])(const struct operation *) = {
        do_palloc, do_pfree,     do_valloc, do_vfree, do_pvalloc, do_pvalloc, do_pvfree, do_lend,
        do_lend,   do_take_back, do_name,   do_task,  do_store,   do_copy,    do_user,   do_fail};

    kinds[operation->kind](operation);
}

static void give_everything_back(void)
{
    compare_spaces();
    model.until_failure = 0;
    mem_fail_at(0);
    while (model.window_count > 0)
        do_take_back(&(struct operation){.detail = 1});
    for (unsigned task = 0; task < MODEL_TASKS; task++)
        if (model.spaces[task + 1].exists)
            do_task(&(struct operation){.which = (uint8_t)task});
    compare_everything();
}

static void prepare(void)
{
}

static void run(const uint8_t *data, size_t size)
{
    const bool checked = drive_is_chosen(CHECKED);

    model_reset();
    memset(recent, 0, sizeof recent);
    runs_given = 0;
    for (size_t i = 0; i < size / OPERATION_BYTES && i < OPERATIONS_MAX; i++) {
        const uint8_t *const bytes = data + i * OPERATION_BYTES;

        operate(&(struct operation){bytes[0] & 0xf, bytes[0] >> 4 & 3, bytes[1], bytes[2], bytes[3]});
        if (checked && i % CHECK_EVERY == 0)
            agree(kernel_check() == NULL, "the checker finds an invariant broken");
    }
    give_everything_back();
    if (checked)
        agree(kernel_check() == NULL, "the checker finds an invariant broken at the end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct drive drive = {
        .target = "xelix_pages", .kernel = "xelix_small", .prepare = prepare, .warm = prepare, .run = run};

    drive_input(&drive, data, size);
    return 0;
}
