/*
 * window.h - the linear window: native C under the simulated MMU.
 *
 * A window is a range of host addresses in which base + linear address stands for a linear address of one
 * CPU. Without paging (CR0.PG clear; RISC-V: Bare or M-mode) it maps RAM as it is. With paging it starts
 * empty: the first access to a page raises SIGSEGV, whose handler translates the address through the machine
 * (rights, Accessed and Dirty bits, CR2, TLB, events, all as for kms_read() and kms_write()) and maps the
 * frame; later accesses cost what a host access costs. A page is mapped read-only until its first write.
 *
 * What is mapped stays mapped until the machine forgets the translation, so the window is a TLB: a change in
 * the tables without an invalidation is not seen. The window follows the machine by its events, whoever
 * causes them. After INVLPG the page is gone. After MOV CR3 and other register writes each page is compared
 * with the tables and stays only if walking again would find the same frame and rights and change no A or D
 * bit.
 *
 * A segment's limit binds the window too, by the page: at CPL 0 pages beyond the one that holds the limit of DS are
 * #GP, and leave the window when DS is loaded. A pointer is an offset into DS, so nothing at all can be reached while
 * DS is no writable segment that begins at 0 and expands up. A window that is `physical` knows no segments.
 *
 * The page's privilege is the CPU's current one. Instruction fetches never come here: native code is the
 * host's, so NX and SMEP do not bind it. Of an access wider than a page's rest, the host checks one page at a
 * time, lowest address first.
 *
 * Linux on x86-64 only; elsewhere kms_window_new() is KMS_UNSUPPORTED. Needs no privilege. One thread at a
 * time per machine, and the thread that touches a window has called kms_window_use() once (kms_guest_* do).
 * System calls do not fault: the kernel answers EFAULT for a page that is not mapped yet, see
 * kms_window_prefault().
 */
#ifndef KMEMSIM_WINDOW_H
#define KMEMSIM_WINDOW_H

#include <kmemsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kms_window;

#define KMS_WINDOW_PAGES_MIN 16u
#define KMS_WINDOW_PAGES_MAX 24000u /* each may cost the host two of its 65,530 mappings */

/* What an access came to that the machine cannot serve. */
enum kms_window_trouble {
    KMS_WINDOW_FAULT,    /* the guest's own fault: `fault` */
    KMS_WINDOW_UNBACKED, /* the frame at `phys` is no RAM: native code cannot reach devices and open bus */
};

struct kms_window_event {
    enum kms_window_trouble trouble;
    struct kms_access access;
    struct kms_fault fault;
    kms_phys phys;
    unsigned attempt; /* how often this access was run again already */
};

/* Zero is the default of every field but `trouble`. */
struct kms_window_options {
    /* bytes of linear address space from 0; a multiple of 4 KiB up to 16 TiB; 0: 4 GiB, and with RV64 256 GiB, the
     * lower half of Sv39. Higher addresses cannot be reached by native code. */
    uint64_t size;
    void *base;     /* where in the host's space, on a page boundary; NULL: where the host likes */
    uint32_t pages; /* the most pages mapped at a time; one more evicts another, as in any TLB; 0: 16384 */
    unsigned
        around;    /* on a miss, look at this many neighbours (a power of two up to 64) and map those that are
                        next to it in memory too, with the same rights and A and D bits that are set already;
                        0: none. The tables cannot show it, but a neighbour's stale entry may */
    bool physical; /* no MMU at all: base + physical address, whatever CR0.PG says */

    /*
     * Called on the stack of the signal handler, for every fault and unbacked frame. True: run the access
     * again (whatever was wrong has been repaired). False: not handled, the signal goes to the handler that
     * was there before. It may also leave by siglongjmp().
     */
    bool (*trouble)(void *context, const struct kms_window_event *event);
    void *context;
};

/*
 * A window on `cpu`, whose machine was made with ram.shared. KMS_BAD_RANGE: base and size meet something that
 * is mapped in this process. KMS_UNSUPPORTED: another host, or RAM that is not shared.
 */
enum kms_status kms_window_new(struct kms_cpu *cpu, const struct kms_window_options *options,
                               struct kms_window **window);
void kms_window_free(struct kms_window *window);

/* Give the calling thread the stack that the signal handler needs. Once per thread; more often does nothing.
 */
enum kms_status kms_window_use(void);

uint8_t *kms_window_base(const struct kms_window *window);
uint64_t kms_window_size(const struct kms_window *window);

/*
 * Make `size` bytes from `linear` ready for a system call that reads (kind KMS_READ) or fills (KMS_WRITE)
 * them: every page is translated and mapped. On anything but KMS_DONE the pages before the bad one are
 * mapped.
 */
enum kms_result kms_window_prefault(struct kms_window *window, const struct kms_access *access, uint64_t size,
                                    struct kms_fault *fault);

/* ---- snapshots ---- */

/*
 * A snapshot of the machine does not see what native code writes unless the window tells it: after
 * kms_snapshot_take() and kms_snapshot_restore() call kms_window_protect(), from which on the first write to
 * each page is noted with kms_ram_touch(). kms_guest_snapshot_take() does all of it.
 */
void kms_window_protect(struct kms_window *window);

/* Which pages are mapped: the window's part of a snapshot, so that stale pages come back as stale. */
struct kms_window_state;
enum kms_status kms_window_save(const struct kms_window *window, struct kms_window_state **state);
/* After kms_snapshot_restore(): the mappings of `state`, write-protected as by kms_window_protect(). */
void kms_window_load(struct kms_window *window, const struct kms_window_state *state);
void kms_window_state_free(struct kms_window_state *state);

/* ---- looking ---- */

/* Whether this page is mapped now, and to which frame: the window's answer, as kms_tlb_list() is the TLB's.
 */
bool kms_window_mapped(const struct kms_window *window, kms_linear linear, kms_phys *frame);

struct kms_window_counts {
    uint64_t misses;   /* pages mapped for an access */
    uint64_t around;   /* pages mapped beside one */
    uint64_t upgrades; /* first writes to a mapped page */
    uint64_t kept;     /* pages that stayed when translations were dropped */
    uint64_t dropped;  /* pages that did not */
    uint64_t evicted;  /* pages given up for want of room */
};

struct kms_window_counts kms_window_counts(const struct kms_window *window);

#ifdef __cplusplus
}
#endif

#endif
