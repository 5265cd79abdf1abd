/*
 * window_follow.c - keeping a window in step with the registers and the TLB of its CPU.
 */
#include "window.h"

/* ---- a page compared with the tables ---------------------------------------------------------------------
 */

static bool accessed_at_every_level(const struct kms_walk *walk)
{
    for (unsigned i = 0; i < walk->depth; i++) {
        if (!walk->level[i].in_register && !(walk->level[i].flags & KMS_ENTRY_ACCESSED))
            return false;
    }
    return true;
}

static bool allowed(const struct kms_x86_state *state, const struct kms_walk *walk, enum kms_access_kind kind)
{
    const struct kms_access access = {walk->linear, kind, KMS_AS_CURRENT};
    struct kms_fault fault;
    return kms_x86_decide(state, walk, &access, &fault) == KMS_DONE;
}

/* Whether walking again would find what is mapped and change nothing, so that nobody can tell. */
static bool is_as_in_tables(const struct kms_window *window, const struct kms_x86_state *state,
                            const struct window_page *page)
{
    struct kms_walk walk;
    kms_x86_walk(state, window->ram, (kms_linear)page->number << KMS_PAGE_SHIFT, &walk);
    if (walk.verdict != KMS_MAPPED || (walk.phys & FRAME_MASK) != page->frame ||
        walk.page_shift != page->shift || walk.global != !!(page->flags & PAGE_GLOBAL) ||
        !accessed_at_every_level(&walk) || !allowed(state, &walk, KMS_READ))
        return false;
    if (!(page->flags & PAGE_DIRTY))
        return true;
    return (walk.level[walk.depth - 1].flags & KMS_ENTRY_DIRTY) && allowed(state, &walk, KMS_WRITE);
}

/* Backwards, because the last page takes the place of one that is dropped. */
static void revalidate(struct kms_window *window, uint8_t exempt)
{
    const struct kms_x86_state state = kms_x86_get_state(window->cpu);
    for (uint32_t i = window->count; i-- > 0;) {
        struct window_page *page = &window->pages[i];
        if ((page->flags & exempt) || is_as_in_tables(window, &state, page)) {
            window->counts.kept++;
        } else {
            window_drop(window, page);
            window->counts.dropped++;
        }
    }
}

static void invalidate_page(struct kms_window *window, kms_linear linear)
{
    struct window_page *there = window_find(window, linear);
    if (there)
        window_drop(window, there);
    if (!window->large)
        return;
    for (uint32_t i = window->count; i-- > 0;) {
        struct window_page *page = &window->pages[i];
        const kms_linear piece = (kms_linear)page->number << KMS_PAGE_SHIFT;
        if (page->shift > KMS_PAGE_SHIFT && (piece ^ linear) >> page->shift == 0)
            window_drop(window, page);
    }
}

/* ---- events ----------------------------------------------------------------------------------------------
 */

/* Turning paging on or off starts anew. True: it did. */
static bool switch_paging(struct kms_window *window)
{
    if (window->physical || window_paging(window) != window->identity)
        return false;
    if (window->identity)
        window_drop_all(window);
    else
        window_map_identity(window);
    return true;
}

static void follow_register(struct kms_window *window, const struct kms_event *event)
{
    const bool pcids = kms_x86_read(window->cpu, KMS_X86_CR4) & KMS_CR4_PCIDE;
    switch (event->reg) {
    case KMS_X86_CR2: return;
    case KMS_X86_CR3:
        if (pcids) /* perhaps without an invalidation, but the other space's pages are not this one's */
            revalidate(window, PAGE_GLOBAL);
        return;
    default: revalidate(window, 0);
    }
}

static void follow_invalidation(struct kms_window *window, const struct kms_event *event)
{
    switch (event->scope) {
    case KMS_FLUSH_PAGE: invalidate_page(window, event->access.linear); break;
    case KMS_FLUSH_ASID:
    case KMS_FLUSH_NONGLOBAL: revalidate(window, PAGE_GLOBAL); break;
    case KMS_FLUSH_ALL: revalidate(window, 0); break;
    }
}

void window_follow(void *context, const struct kms_event *event)
{
    struct kms_window *window = context;
    if (event->cpu != window->cpu || switch_paging(window) || window->identity)
        return;
    if (event->kind == KMS_EVENT_REGISTER)
        follow_register(window, event);
    else
        follow_invalidation(window, event);
}
