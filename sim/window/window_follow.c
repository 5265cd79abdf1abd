/*
 * window_follow.c - keeping a window in step with the registers and the TLB of its CPU.
 */
#include "window.h"

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

/* ---- events ---- */

/* Turning paging on or off starts anew. True: it did. */
static bool switch_paging(struct kms_window *window)
{
    if (window->physical || window_paging(window) != window->identity)
        return false;
    window_reach_changed(window);
    if (window->identity)
        window_drop_all(window);
    else
        window_map_identity(window);
    return true;
}

static void follow_riscv_register(struct kms_window *window, const struct kms_event *event)
{
    switch (event->reg) {
    case KMS_RISCV_SCAUSE:
    case KMS_RISCV_STVAL: return;
    case KMS_RISCV_SATP: window_revalidate(window, PAGE_GLOBAL, false); return;
    default: window_revalidate(window, 0, true);
    }
}

static void follow_x86_register(struct kms_window *window, const struct kms_event *event)
{
    const bool pcids = kms_x86_read(window->cpu, KMS_X86_CR4) & KMS_CR4_PCIDE;
    switch (event->reg) {
    case KMS_X86_CR2: return;
    case KMS_X86_CR3:
        if (pcids) /* perhaps without an invalidation, but the other space's pages are not this one's */
            window_revalidate(window, PAGE_GLOBAL, false);
        return;
    default: window_revalidate(window, 0, true);
    }
}

static void follow_invalidation(struct kms_window *window, const struct kms_event *event)
{
    switch (event->scope) {
    case KMS_FLUSH_PAGE:
    case KMS_FLUSH_PAGE_ALL: invalidate_page(window, event->access.linear); break;
    case KMS_FLUSH_ASID:
    case KMS_FLUSH_NONGLOBAL: window_revalidate(window, PAGE_GLOBAL, false); break;
    case KMS_FLUSH_ALL: window_revalidate(window, 0, true); break;
    }
}

void window_follow(void *context, const struct kms_event *event)
{
    struct kms_window *window = context;
    if (event->cpu != window->cpu)
        return;
    if (event->kind == KMS_EVENT_SEGMENT) {
        if (event->reg == KMS_DS)
            window_follow_segment(window);
        return;
    }
    if (switch_paging(window) || window->identity)
        return;
    if (event->kind == KMS_EVENT_INVALIDATE)
        follow_invalidation(window, event);
    else if (kms_cpu_arch(window->cpu) == KMS_ARCH_X86)
        follow_x86_register(window, event);
    else
        follow_riscv_register(window, event);
}
