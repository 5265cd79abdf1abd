/*
 * window_around.c - pages mapped beside the one that was asked for.
 *
 * Only what shows no difference: the translation is what the tables say now, its A bits are set already, and if the
 * page is to be writable its D bit too. So neither the tables nor a fault can tell that the page was not touched.
 */
#include "window.h"

/* The page `steps` away, as it would be mapped on a read. False: it must wait for its own access. */
static bool neighbour(const struct kms_window *window, const struct window_page *page, int64_t steps,
                      struct window_page *found)
{
    const kms_linear linear = ((kms_linear)page->number + (kms_linear)steps) << KMS_PAGE_SHIFT;
    const struct kms_access access = {linear, KMS_READ, KMS_AS_CURRENT};
    struct kms_translation translation;
    if (linear >= window->reach || window_find(window, linear) ||
        kms_probe(window->cpu, &access, &translation, NULL) != KMS_DONE)
        return false;
    struct kms_walk walk;
    *found = (struct window_page){.frame = translation.phys & FRAME_MASK,
                                  .number = (uint32_t)(linear >> KMS_PAGE_SHIFT),
                                  .shift = translation.page_shift};
    kms_inspect(window->cpu, linear, &walk);
    window_learn(window->cpu, &walk, found);
    if (translation.hit)
        found->flags &= (uint8_t)~PAGE_GLOBAL;
    return found->leaf && found->frame == page->frame + (kms_phys)steps * KMS_PAGE_SIZE &&
           (found->flags & PAGE_DIRTY) == (page->flags & PAGE_DIRTY) && window_is_ram(window, found->frame);
}

/* In one direction, up to the end of the aligned group. */
static void spread(struct kms_window *window, const struct window_page *page, int64_t step)
{
    const uint32_t group = page->number / window->around;
    for (int64_t steps = step; ((uint32_t)((int64_t)page->number + steps)) / window->around == group;
         steps += step) {
        struct window_page found;
        if (window->count == window->room || !neighbour(window, page, steps, &found))
            return;
        if (found.flags & PAGE_DIRTY)
            found.flags |= PAGE_WRITE;
        window_map(window, &found);
        window->counts.around++;
    }
}

void window_map_around(struct kms_window *window, const struct window_page *page)
{
    if (window->around < 2)
        return;
    spread(window, page, 1);
    spread(window, page, -1);
}
