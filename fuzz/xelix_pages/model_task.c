/* model_task.c - windows, and tasks, which are made through windows. */
#include "model_inside.h"

#include <string.h>

#include "image.h"
#include "status.h"

/* A context's directory, the list of its tables, and a bit for each of its pages. */
#define OWN_PAGES     34u
#define IMAGE_PAGE    (XELIX_TASK_IMAGE / PAGE_SIZE)
#define STACK_LOW     (STACK_END - XELIX_TASK_STACK_PAGES)
#define WORDS_IN_PAGE (PAGE_SIZE / 4u)

/* ---- windows ---- */

bool model_is_lent(unsigned from, uint32_t page, uint32_t pages)
{
    for (unsigned i = 0; i < model.window_count; i++) {
        const struct model_window *const window = &model.windows[i];

        if (window->from == from && window->from_page < (uint64_t)page + pages &&
            page < window->from_page + window->pages)
            return true;
    }
    return false;
}

static void close_window(unsigned i)
{
    const struct model_window window = model.windows[i];

    model.windows[i] = model.windows[--model.window_count];
    model_clear_entries(window.to, window.to_page, window.pages);
    model_release(window.to, window.to_page, window.pages);
}

void model_close_windows(unsigned to)
{
    for (unsigned i = model.window_count; i-- > 0;)
        if (model.windows[i].to == to)
            close_window(i);
}

int model_unmap(unsigned space, uint32_t page)
{
    for (unsigned i = 0; i < model.window_count; i++)
        if (model.windows[i].to == space && model.windows[i].to_page == page) {
            close_window(i);
            return XELIX_OK;
        }
    return -EINVAL;
}

static void show_frames(const struct model_lending *lending, const struct model_window *window)
{
    for (uint32_t i = 0; i < window->pages; i++) {
        const uint32_t frame = model_look(lending->from, window->from_page + i).entry & PAGE_FRAME;

        model_set_entries(lending->to, window->to_page + i, 1, frame | lending->rights | PTE_P);
    }
}

int model_map(const struct model_lending *lending, uint32_t *address)
{
    const uint64_t last = (uint64_t)lending->address + lending->bytes - 1;
    const uint32_t needed = OWNED_PAGE | (lending->from == KERNEL ? 0 : PTE_US) | (lending->rights & PTE_RW);
    struct model_window *const window = &model.windows[model.window_count];
    uint32_t page, pages;

    if (lending->bytes == 0 || last / PAGE_SIZE >= XELIX_PAGES || lending->address < PAGE_SIZE)
        return -EINVAL;
    page = lending->address / PAGE_SIZE;
    pages = (uint32_t)(last / PAGE_SIZE) - page + 1;
    if (lending->to == lending->from || !model_all(lending->from, page, pages, needed))
        return -EFAULT;
    if (model_must_fail()) /* memory for its record */
        return -ENOMEM;
    *window =
        (struct model_window){lending->to, lending->from, model_valloc(lending->to, pages), page, pages};
    if (!window->to_page)
        return -ENOMEM;
    if (model_need_tables(lending->to, window->to_page, pages)) {
        model_release(lending->to, window->to_page, pages);
        return -ENOMEM;
    }
    show_frames(lending, window);
    model.window_count++;
    *address = window->to_page * PAGE_SIZE + lending->address % PAGE_SIZE;
    return XELIX_OK;
}

int model_pass(const struct model_lending *lending)
{
    uint32_t address;
    const int status = model_map(lending, &address);

    return status ? status : model_unmap(lending->to, address / PAGE_SIZE);
}

/* ---- tasks ---- */

/* What is in the page, up to `bytes`, and zeroes behind. */
static void write_page(unsigned space, uint32_t page, uint32_t bytes, uint32_t word)
{
    struct model_frame *const frame = &model.frames[model_look(space, page).entry / PAGE_SIZE];

    frame->known[0] = frame->known[1] = true;
    frame->words[0] = bytes >= 4 ? word : 0;
    frame->words[1] = bytes >= PAGE_SIZE ? word : 0;
}

static int pass_to_kernel(unsigned space, uint32_t page, uint32_t bytes)
{
    return model_pass(&(struct model_lending){KERNEL, space, page * PAGE_SIZE, bytes, PTE_RW});
}

static int give(unsigned space, uint32_t page, uint32_t pages)
{
    if (model_must_fail())
        return -ENOMEM;
    model_take(space, page, pages, MODEL_KEPT);
    if (model_fill(space, page, pages)) {
        model_release(space, page, pages);
        return -ENOMEM;
    }
    if (pass_to_kernel(space, page, pages * PAGE_SIZE))
        return -ENOMEM;
    for (uint32_t i = 0; i < pages; i++)
        write_page(space, page + i, 0, 0);
    return XELIX_OK;
}

static int load_image(unsigned space, uint32_t size, uint32_t word)
{
    const uint32_t pages = (size + PAGE_SIZE - 1) / PAGE_SIZE;
    int status = give(space, IMAGE_PAGE, pages);

    if (!status)
        status = pass_to_kernel(space, IMAGE_PAGE, size);
    for (uint32_t i = 0; !status && i < pages; i++)
        write_page(space, IMAGE_PAGE + i, size - i * PAGE_SIZE, word);
    return status;
}

static void free_owned(struct model_page *pages, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (pages[i].entry & PAGING_OWNED)
            (void)model_pfree(pages[i].entry / PAGE_SIZE, 1);
}

static void end_space(unsigned space)
{
    struct model_space *const s = &model.spaces[space];

    free_owned(s->low, MODEL_LOW);
    free_owned(s->stack, MODEL_STACK);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        if (!s->tables[i])
            continue;
        model_empty(KERNEL, s->tables[i], 1);
        model_release(KERNEL, s->tables[i], 1);
    }
    model_empty(KERNEL, s->own, OWN_PAGES);
    model_release(KERNEL, s->own, OWN_PAGES);
    memset(s, 0, sizeof *s);
}

static unsigned free_space(void)
{
    unsigned space = 1;

    while (space < MODEL_SPACES && model.spaces[space].exists)
        space++;
    return space;
}

int model_task_new(uint32_t size, uint32_t word)
{
    const unsigned space = free_space();
    struct model_space *const s = &model.spaces[space];
    int status;

    if (size == 0)
        return -EINVAL;
    s->own = model_pvalloc_for(KERNEL, OWN_PAGES, MODEL_HIDDEN);
    if (!s->own)
        return -ENOMEM;
    s->first = IMAGE_PAGE;
    status = model_need_tables(space, IMAGE_UL_VISIBLE / PAGE_SIZE, 1);
    if (!status)
        status = load_image(space, size, word);
    if (!status)
        status = give(space, STACK_LOW, XELIX_TASK_STACK_PAGES);
    if (status) {
        end_space(space);
        return status;
    }
    s->exists = true;
    return (int)space - 1;
}

int model_task_exit(unsigned task)
{
    const unsigned space = task + 1;

    if (!model.spaces[space].exists)
        return -ESRCH;
    if (model_is_lent(space, 0, UINT32_MAX))
        return -EBUSY;
    if (model.current == (int)task)
        model.current = -1;
    model_close_windows(space);
    end_space(space);
    return XELIX_OK;
}
