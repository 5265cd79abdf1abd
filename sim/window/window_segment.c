/*
 * window_segment.c - the limit of DS, by the page.
 *
 * Only CPL 0 counts: native code is the kernel's, and what a program has in DS is not what the kernel will have when it
 * runs again.
 */
#include "window.h"

#define WRITABLE_DATA (KMS_SEG_P | KMS_SEG_S | KMS_SEG_WRITABLE)

static uint64_t reach_of(const struct kms_window *window)
{
    if (kms_cpu_arch(window->cpu) != KMS_ARCH_X86)
        return window->size;
    const struct kms_segment_register ds = kms_segment_get(window->cpu, KMS_DS);
    const unsigned kind = ds.attributes & (WRITABLE_DATA | KMS_SEG_CODE | KMS_SEG_EXPAND_DOWN);
    if (window->physical || (kms_x86_read(window->cpu, KMS_X86_EFER) & KMS_EFER_LMA))
        return window->size;
    if (kind != WRITABLE_DATA || ds.base != 0)
        return 0;
    const uint64_t reach = (ds.limit & FRAME_MASK) + KMS_PAGE_SIZE;
    return reach < window->size ? reach : window->size;
}

bool window_reach_changed(struct kms_window *window)
{
    const uint64_t reach = reach_of(window);
    if (reach == window->reach)
        return false;
    window->reach = reach;
    return true;
}

static void drop_beyond(struct kms_window *window)
{
    struct window_run run = {0};
    for (uint32_t i = window->count; i-- > 0;) {
        if ((kms_linear)window->pages[i].number << KMS_PAGE_SHIFT >= window->reach)
            window_drop_later(window, &window->pages[i], &run);
    }
    window_drop_run(window, &run);
}

void window_follow_segment(struct kms_window *window)
{
    if (kms_x86_read(window->cpu, KMS_X86_CPL) != 0 || !window_reach_changed(window))
        return;
    if (window->identity)
        window_map_identity(window);
    else
        drop_beyond(window);
}

enum kms_result window_beyond_reach(struct kms_window *window, const struct kms_access *access,
                                    struct kms_window_event *event)
{
    kms_linear linear;
    const struct kms_logical logical = {KMS_DS, access->linear, 1, access->kind, access->privilege};
    if (kms_segment_linear(window->cpu, &logical, &linear, &event->fault) == KMS_DONE)
        event->fault = (struct kms_fault){KMS_VECTOR_GP, 0, 0}; /* a segment that no pointer can mean */
    return KMS_FAULT;
}
