/*
 * check.h - leaks and overwritten blocks of any kernel, found from outside of it.
 *
 * A checker stands between whoever drives a guest and the kernel's table: it has a table of its own with the same
 * functions. What goes through it is kept in a ledger: every block that was handed out, how large it was asked for,
 * when, and where in the program or file that was. Each request to the kernel's heap grows by two red zones,
 *
 *     asked of the kernel   | zone |  block as asked for  | zone |
 *                                   ^ what the caller gets
 *
 * whose bytes are the checker's: whoever changes one wrote beyond an end of this block. The kernel is not built for it and
 * knows nothing of it.
 *
 *     kms_check_new(guest, tell, context, &check);
 *     ops = kms_check_ops(check);
 *     kms_guest_call(...)                  in the guest: ops->alloc(), ops->free(), code that uses the blocks
 *     kms_check_end(check);                what is overwritten or was never freed
 *
 * Limits. Placement differs from a run without a checker, and more memory is needed. A zone is KMS_CHECK_ZONE bytes, before
 * blocks that have to start on a page it is a page; who runs over a zone without touching it is not seen. A block of a
 * process has no zones and is only watched for leaks. Writes are noticed when somebody looks: at free(), by
 * kms_check_near(), kms_check_look() and kms_check_end(). Restoring a snapshot makes the ledger wrong. One checker at a time in
 * a thread. A block for which the host has no memory is handed out unwatched.
 */
#ifndef KMEMSIM_CHECK_H
#define KMEMSIM_CHECK_H

#include <kmemsim/guest.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KMS_CHECK_ZONE 16u /* bytes; a multiple of what any kernel aligns small blocks to */

enum kms_check_kind {
    KMS_CHECK_LEAK,  /* never freed */
    KMS_CHECK_LEFT,  /* written before its start */
    KMS_CHECK_RIGHT, /* written behind its end */
};

/* A block as its caller knows it. */
struct kms_check_block {
    kms_linear address;
    uint64_t size;   /* as asked for */
    uint64_t number; /* of the allocation, from 1 */
    uint64_t line;   /* what kms_check_line() said then */
    int process;     /* whose, or -1: the kernel heap's */
};

struct kms_check_finding {
    enum kms_check_kind kind;
    struct kms_check_block block;
    uint64_t
        distance;  /* of the first byte that was written, from the end that it is beyond: 1 is the next one */
    uint8_t byte;  /* that stands there now */
    uint64_t line; /* when it was noticed */
};

/* Told of each leak once, and of each side of a block once. Must not call the checker. */
typedef void kms_check_fn(void *context, const struct kms_check_finding *finding);

struct kms_check;

/*
 * A checker of a booted guest, between calls. To see whether the kernel's blocks all start on a page, it allocates a
 * byte and frees it. KMS_NO_MEMORY; KMS_UNSUPPORTED for a kernel without alloc or free, or if that byte was refused.
 */
enum kms_status kms_check_new(struct kms_guest *guest, kms_check_fn *tell, void *context,
                              struct kms_check **check);
void kms_check_free(struct kms_check *check);

/* The table to drive in place of the kernel's, valid as long as the checker. Its functions are called in the guest, as the
 * kernel's are. */
const struct guest_ops *kms_check_ops(struct kms_check *check);

/* Where the caller is from now on: a line of a file, a step, any number that says something to who reads reports. */
void kms_check_line(struct kms_check *check, uint64_t line);

/* Look at the blocks whose zones these bytes touch: after a write that the caller knows of. */
void kms_check_near(struct kms_check *check, kms_linear address, uint64_t size);

/* A process has ended by itself, with all of its memory. */
void kms_check_process_ended(struct kms_check *check, int process);

/* Look at all blocks. */
void kms_check_look(struct kms_check *check);

/* The same, and tell of every block that was not freed, in the order of allocation. False: no memory to sort them. */
bool kms_check_end(struct kms_check *check);

/* Blocks handed out and not freed. */
uint64_t kms_check_live(const struct kms_check *check);

/* A finding in one line, cut to size; returns its whole length, like snprintf(). */
size_t kms_check_words(const struct kms_check_finding *finding, char *words, size_t size);

#ifdef __cplusplus
}
#endif

#endif
