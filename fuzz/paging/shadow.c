#include "shadow.h"

/* ---- whose ground a page is, by the kernel's document and layout.h ----------------------------------------- */

static bool is_kernel(uint32_t address)
{
    return address < 0x00200000 || (address >= 0x005fc000 && address < 0x00600000);
}

static bool is_heap(uint32_t address)
{
    return address >= 0x01000000 && address < 0x07400000;
}

static bool is_process_image(uint32_t linear)
{
    return linear == 0x00400000; /* programs here have one page */
}

static bool is_process_stack(uint32_t linear)
{
    return linear >= 0x003fb000 && linear < 0x003ff000;
}

static bool belongs_to_process(const struct shadow *shadow, unsigned place)
{
    const uint32_t linear = places[place];

    return shadow->current != KERNEL_SPACE && (is_process_image(linear) || is_process_stack(linear));
}

/* ---- the beginning --------------------------------------------------------------------------------------- */

static struct shadow_page page_of_process(uint32_t linear, const struct shadow_process *process)
{
    if (is_process_image(linear))
        return (struct shadow_page){process->image, true, true, true};
    if (is_process_stack(linear))
        return (struct shadow_page){process->stack + (linear - 0x003fb000), true, true, true};
    return (struct shadow_page){linear, true, false, true};
}

void shadow_start(struct shadow *shadow, const struct shadow_process processes[SPACES - 1])
{
    *shadow = (struct shadow){.alive = {true, true, true}, .current = KERNEL_SPACE};
    for (unsigned place = 0; place < PLACES; place++) {
        shadow->pages[KERNEL_SPACE][place] = (struct shadow_page){places[place], true, true, true};
        for (unsigned space = 1; space < SPACES; space++)
            shadow->pages[space][place] = page_of_process(places[place], &processes[space - 1]);
    }
}

/* ---- mapping --------------------------------------------------------------------------------------------- */

static struct shadow_page wanted_page(const struct shadow_mapping *mapping, unsigned i)
{
    return (struct shadow_page){mapping->frame + i * PAGE, mapping->present, mapping->write, mapping->user};
}

static bool is_same(const struct shadow_page *a, const struct shadow_page *b)
{
    return a->frame == b->frame && a->present == b->present && a->write == b->write && a->user == b->user;
}

static bool is_refused(struct shadow *shadow, unsigned place, const struct shadow_page *wanted)
{
    const uint32_t linear = places[place];

    if (is_kernel(linear))
        return !is_same(shadow_page(shadow, place), wanted);
    if (is_heap(linear) && (wanted->frame != linear || (!wanted->present && shadow->current == KERNEL_SPACE)))
        return true;
    return wanted->present && wanted->write && wanted->user && is_kernel(wanted->frame);
}

/* What can never be right: an address off its page's border, or a range that leaves the address space. */
static bool is_wrong(const struct shadow_mapping *mapping)
{
    const uint64_t size = (uint64_t)mapping->count * PAGE;

    return mapping->linear_offset || mapping->frame % PAGE || places[mapping->place] + size > 1ull << 32 ||
           mapping->frame + size > 1ull << 32;
}

static bool is_taken(struct shadow *shadow, const struct shadow_mapping *mapping)
{
    for (unsigned i = 0; i < mapping->count && mapping->place + i < PLACES; i++) {
        const struct shadow_page wanted = wanted_page(mapping, i);

        if (belongs_to_process(shadow, mapping->place + i) || is_refused(shadow, mapping->place + i, &wanted))
            return true;
    }
    /* An address off the border reaches into one page more than it has pages. */
    return mapping->linear_offset && mapping->place + mapping->count < PLACES &&
           belongs_to_process(shadow, mapping->place + mapping->count);
}

enum shadow_answer shadow_map(struct shadow *shadow, const struct shadow_mapping *mapping)
{
    const bool wrong = is_wrong(mapping), taken = is_taken(shadow, mapping);

    if (wrong || taken)
        return !taken ? ANSWER_EINVARG : wrong ? ANSWER_EITHER : ANSWER_EISTKN;
    for (unsigned i = 0; i < mapping->count; i++)
        *shadow_page(shadow, mapping->place + i) = wanted_page(mapping, i);
    return ANSWER_OK;
}

void shadow_end_current(struct shadow *shadow)
{
    if (shadow->current == KERNEL_SPACE)
        return;
    shadow->alive[shadow->current] = false;
    shadow->current = KERNEL_SPACE;
}

/* ---- accesses, by the manual's "Determination of Access Rights" with CR0.WP = 0 ----------------------------- */

int shadow_fault(struct shadow *shadow, unsigned place, enum shadow_access access)
{
    const struct shadow_page *const page = shadow_page(shadow, place);
    const bool user = access == USER_READ || access == USER_WRITE || access == USER_FETCH;
    const bool write = access == KERNEL_WRITE || access == USER_WRITE;
    const int kind = (write ? 0x2 : 0) | (user ? 0x4 : 0); /* W/R and U/S of the error code */

    if (!page->present)
        return kind;
    return user && (!page->user || (write && !page->write)) ? kind | 0x1 : -1;
}
