/*
 * window.h - inside of a linear window, for the files of this folder.
 *
 * Invariants: slot[number] is 0 or 1 + the place of that page in pages[]. While `identity` is set, RAM is
 * mapped at its own addresses read-only, and pages[] holds the pages of it that are mapped writable.
 * Otherwise exactly the pages in pages[] are mapped, and everything else in the range is PROT_NONE. A page is
 * mapped writable only if kms_ram_touch() was called for its frame since the last snapshot, and only if a
 * write would change no D bit.
 */
#ifndef SIM_WINDOW_WINDOW_H
#define SIM_WINDOW_WINDOW_H

#include <kmemsim/riscv.h>
#include <kmemsim/segment.h>
#include <kmemsim/window.h>

#define FRAME_MASK (~(kms_phys)(KMS_PAGE_SIZE - 1u))

enum page_flag {
    PAGE_DIRTY = 1 << 0,    /* writes are allowed, and D is set: what a TLB entry knows */
    PAGE_WRITE = 1 << 1,    /* the host's mapping is writable */
    PAGE_GLOBAL = 1 << 2,   /* survives MOV CR3 */
    PAGE_LEFTOVER = 1 << 3, /* only while a snapshot is restored */
};

#define ABOVE_GLOBAL 0x80u /* an entry above makes the page global (RISC-V) */

struct window_page {
    kms_phys frame;
    uint64_t leaf;   /* the entry that maps it, as the window knows it, A and D included */
    uint32_t number; /* linear address / 4 KiB */
    uint8_t flags;   /* enum page_flag */
    uint8_t shift;   /* of the guest's page that this is (a piece of) */
    uint8_t above;   /* what the entries above the leaf leave: enum kms_right, and ABOVE_GLOBAL */
};

struct kms_window {
    struct kms_cpu *cpu;
    struct kms_ram *ram;
    uint8_t *base;
    uint64_t size;
    unsigned around;
    bool (*trouble)(void *context, const struct kms_window_event *event);
    void *context;
    struct kms_observer observer;

    uint64_t reach; /* pages from here on are beyond the limit of DS; at most `size` */
    bool physical;  /* `identity` for ever */
    bool identity;
    struct window_page *pages;
    struct window_page *spare; /* as long as pages[] */
    uint32_t count, room;
    uint32_t hand;  /* the next to be evicted */
    uint32_t *slot; /* by page number */
    bool large;     /* some page in pages[] is a piece of a large page */
    struct kms_window_counts counts;
};

struct kms_window_state {
    bool identity, large;
    uint32_t count, hand;
    struct window_page pages[];
};

/* ---- window_pages.c: what is mapped ---- */

struct window_page *window_find(const struct kms_window *window, kms_linear linear);
/* Map a page, in place of what is there; evicts another if there is no room. The frame is RAM. */
void window_map(struct kms_window *window, const struct window_page *page);
/* Make a mapped page writable or read-only. */
void window_set_write(struct kms_window *window, struct window_page *page, bool write);
void window_drop(struct kms_window *window, struct window_page *page);

/* Many pages dropped: neighbours go in one call of the host, at the latest in window_drop_run(). Not with identity. */
struct window_run {
    uint32_t first, count; /* page numbers */
};
void window_drop_later(struct kms_window *window, struct window_page *page, struct window_run *run);
void window_drop_run(struct kms_window *window, struct window_run *run);
void window_drop_all(struct kms_window *window);
/* Without paging: all of RAM, read-only. */
void window_map_identity(struct kms_window *window);
/* Whether native code can be given this frame. */
bool window_is_ram(const struct kms_window *window, kms_phys frame);
bool window_paging(const struct kms_window *window);

/* ---- window_serve.c: an access that the host refused ---- */

/* True: the access can be run again. False: nobody could help it. */
bool window_serve(struct kms_window *window, kms_linear linear, enum kms_access_kind kind);
/* Translate and map once. */
enum kms_result window_fill(struct kms_window *window, const struct kms_access *access,
                            struct kms_window_event *event);

/* ---- window_segment.c: how far DS reaches ---- */

/* Work `reach` out anew. True: it has changed. */
bool window_reach_changed(struct kms_window *window);
/* DS was loaded: what it no longer reaches goes. */
void window_follow_segment(struct kms_window *window);
/* The fault of an access beyond it. */
enum kms_result window_beyond_reach(struct kms_window *window, const struct kms_access *access,
                                    struct kms_window_event *event);

/* ---- window_around.c ---- */

void window_map_around(struct kms_window *window, const struct window_page *page);

/* ---- window_check.c: a page compared with the tables ---- */

/* What is worth knowing of a walk that found a page: its flags, leaf and shift. */
void window_learn(const struct kms_cpu *cpu, const struct kms_walk *walk, struct window_page *page);
/* Drop each page that walking again would not find, or would find with other rights or with A or D to set. Pages
 * with one of the flags in `exempt` stay. `policy` says that registers which decide about rights have changed. */
void window_revalidate(struct kms_window *window, uint8_t exempt, bool policy);

/* ---- window_follow.c: what the machine says ---- */

void window_follow(void *context, const struct kms_event *event);

/* ---- window_signal.c ---- */

/* From now on SIGSEGV inside this window's range goes to window_serve(). */
enum kms_status window_watch(struct kms_window *window);
void window_unwatch(struct kms_window *window);

#endif
