/*
 * window_serve.c - an access that the host refused: translated by the machine, then mapped.
 */
#include "window.h"

static bool unbacked(struct kms_window_event *event, kms_phys phys)
{
    event->trouble = KMS_WINDOW_UNBACKED;
    event->phys = phys;
    return false;
}

/* A frame that is no RAM. Where nothing is at all RISC-V has an answer of its own, the access fault. */
static enum kms_result no_ram(struct kms_window *window, const struct kms_access *access, kms_phys phys,
                              struct kms_window_event *event)
{
    uint8_t byte = 0;
    if (kms_cpu_arch(window->cpu) == KMS_ARCH_X86 ||
        kms_ram_region(window->ram, phys).kind != KMS_REGION_NONE) {
        unbacked(event, phys);
        return KMS_UNBACKED;
    }
    return access->kind == KMS_WRITE
               ? kms_access_write(window->cpu, access, &byte, sizeof byte, &event->fault)
               : kms_access_read(window->cpu, access, &byte, sizeof byte, &event->fault);
}

/*
 * A translation that the machine gave for a page; its rights are settled, and `kind` was allowed. A page that is read
 * and already dirty is made writable at once: nobody can tell, and most such pages are written soon.
 */
static struct window_page page_for(const struct kms_window *window, const struct kms_access *access,
                                   const struct kms_translation *translation)
{
    struct kms_walk walk;
    struct window_page page = {
        .frame = translation->phys & FRAME_MASK,
        .number = (uint32_t)(access->linear >> KMS_PAGE_SHIFT),
        .shift = translation->page_shift,
    };
    if (access->kind == KMS_WRITE)
        page.flags |= PAGE_DIRTY;
    kms_inspect(window->cpu, access->linear, &walk);
    window_learn(window->cpu, &walk, &page);
    if (translation->hit) /* whether the TLB's entry is global is not known: let MOV CR3 look at the tables */
        page.flags &= (uint8_t)~PAGE_GLOBAL;
    if (page.flags & PAGE_DIRTY)
        page.flags |= PAGE_WRITE;
    return page;
}

enum kms_result window_fill(struct kms_window *window, const struct kms_access *access,
                            struct kms_window_event *event)
{
    struct kms_translation translation;
    if (access->linear >= window->reach)
        return window_beyond_reach(window, access, event);
    enum kms_result result = kms_translate(window->cpu, access, &translation, &event->fault);
    if (result == KMS_UNBACKED) {
        struct kms_walk walk;
        kms_inspect(window->cpu, access->linear, &walk);
        unbacked(event, walk.depth ? walk.level[walk.depth - 1].entry_addr : access->linear);
    }
    if (result != KMS_DONE)
        return result;
    if (!window_is_ram(window, translation.phys & FRAME_MASK))
        return no_ram(window, access, translation.phys, event);
    const struct window_page page = page_for(window, access, &translation);
    struct window_page *there = window_find(window, access->linear);
    if (there && there->frame == page.frame && access->kind == KMS_WRITE) {
        const uint8_t mapped = there->flags & PAGE_WRITE;
        *there = page;
        there->flags = (uint8_t)((page.flags & ~PAGE_WRITE) | mapped);
        window_set_write(window, there, true);
        window->counts.upgrades++;
    } else {
        window_map(window, &page);
        window->counts.misses++;
        window_map_around(window, &page);
    }
    return KMS_DONE;
}

/* Without paging only the first write to a page comes here, and what is no RAM. */
static enum kms_result fill_identity(struct kms_window *window, const struct kms_access *access,
                                     struct kms_window_event *event)
{
    const kms_phys frame = access->linear & FRAME_MASK;
    if (access->linear >= window->reach)
        return window_beyond_reach(window, access, event);
    if (!window_is_ram(window, frame))
        return no_ram(window, access, access->linear, event);
    window_map(window, &(struct window_page){.frame = frame,
                                             .number = (uint32_t)(frame >> KMS_PAGE_SHIFT),
                                             .shift = KMS_PAGE_SHIFT,
                                             .flags = PAGE_DIRTY | PAGE_WRITE});
    window->counts.upgrades++;
    return KMS_DONE;
}

bool window_serve(struct kms_window *window, kms_linear linear, enum kms_access_kind kind)
{
    struct kms_window_event event = {.access = {linear, kind, KMS_AS_CURRENT}};
    for (;; event.attempt++) {
        event.trouble = KMS_WINDOW_FAULT;
        enum kms_result result = window->identity ? fill_identity(window, &event.access, &event)
                                                  : window_fill(window, &event.access, &event);
        if (result == KMS_DONE)
            return true;
        if (!window->trouble || !window->trouble(window->context, &event))
            return false;
    }
}
