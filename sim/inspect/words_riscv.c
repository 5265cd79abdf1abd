/* RISC-V in words: entries, and why an access faults. */
#include "words.h"

#include <inttypes.h>
#include <kmemsim/inspect.h>

size_t kms_riscv_entry_words(const struct kms_walk_level *level, char *text, size_t size)
{
    static const struct {
        uint16_t flag;
        const char *words;
    } optional[] = {
        {KMS_ENTRY_USER, "user"},   {KMS_ENTRY_GLOBAL, "global"},    {KMS_ENTRY_ACCESSED, "accessed"},
        {KMS_ENTRY_DIRTY, "dirty"}, {KMS_ENTRY_LARGE, "super page"}, {KMS_ENTRY_NAPOT, "64K NAPOT"},
    };
    struct words words = words_in(text, size);
    if (level->verdict == KMS_NO_TABLE) {
        words_add(&words, "outside the image");
        return words.length;
    }
    if (!(level->flags & KMS_ENTRY_PRESENT)) {
        words_add(&words, level->entry ? "not valid (the other bits mean nothing to the CPU)" : "not valid");
        return words.length;
    }
    if (level->flags & (KMS_ENTRY_READ | KMS_ENTRY_WRITE | KMS_ENTRY_EXEC))
        words_add(&words, "valid, %c%c%c", level->flags & KMS_ENTRY_READ ? 'r' : '-',
                  level->flags & KMS_ENTRY_WRITE ? 'w' : '-', level->flags & KMS_ENTRY_EXEC ? 'x' : '-');
    else
        words_add(&words, "valid, to a table");
    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
        if (level->flags & optional[i].flag)
            words_add(&words, ", %s", optional[i].words);
    }
    if (level->reserved)
        words_add(&words, ", reserved 0x%" PRIx64, level->reserved);
    return words.length;
}

/* ---- why ---- */

static void add_entry(struct words *words, const struct kms_walk *walk)
{
    const struct kms_walk_level *last = kms_walk_last(walk);
    words_add(words, "%s[%u]", kms_mode_entry_name((enum kms_paging_mode)walk->mode, last->level),
              last->index);
}

static void add_entry_reason(struct words *words, const struct kms_walk *walk)
{
    const struct kms_walk_level *last = kms_walk_last(walk);
    add_entry(words, walk);
    switch ((enum kms_verdict)walk->verdict) {
    case KMS_NOT_PRESENT: words_add(words, " is not valid"); break;
    case KMS_RESERVED:
        if (last->reserved == KMS_RISCV_PTE_W)
            words_add(words, " is writable but not readable, which is reserved");
        else
            words_add(words, " has a reserved encoding: 0x%" PRIx64, last->reserved);
        break;
    case KMS_MISALIGNED_PAGE: words_add(words, " maps a super page that is not aligned"); break;
    case KMS_TOO_DEEP: words_add(words, " points to a table, but it is of the last level"); break;
    default: words_add(words, " cannot be read: the image has nothing at 0x%08" PRIx64, last->entry_addr);
    }
}

/* The right that the access lacks on the page itself. */
static const char *missing_words(const struct kms_riscv_state *state, uint8_t rights,
                                 const struct kms_access *access)
{
    if (access->kind == KMS_FETCH)
        return rights & KMS_RIGHT_EXEC ? NULL : "is not executable";
    if (access->kind != KMS_READ)
        return rights & KMS_RIGHT_WRITE ? NULL : "is not writable";
    /* W without R is reserved: a page that is not readable is executable. */
    if ((rights & KMS_RIGHT_READ) || state->mxr)
        return NULL;
    return "is not readable, only executable, and MXR is clear";
}

static void add_forbidden(struct words *words, const struct kms_riscv_state *state,
                          const struct kms_walk *walk, const struct kms_access *access)
{
    const bool user = kms_riscv_effective(state, access) == KMS_RISCV_U;
    const bool user_page = (walk->rights & KMS_RIGHT_USER) != 0;
    const char *missing = missing_words(state, walk->rights, access);
    words_add(words, "the page of ");
    add_entry(words, walk);
    if (user && !user_page)
        words_add(words, " is the supervisor's: U is clear");
    else if (!user && user_page && access->kind == KMS_FETCH)
        words_add(words, " is a user page, which S-mode never executes");
    else if (!user && user_page && !state->sum)
        words_add(words, " is a user page, and SUM is clear");
    else if (missing)
        words_add(words, " %s", missing);
    else
        words_add(words, " has %s clear, and the CPU does not set it (Svade)",
                  kms_walk_last(walk)->flags & KMS_ENTRY_ACCESSED ? "D" : "A");
}

size_t kms_riscv_reason_words(const struct kms_riscv_state *state, const struct kms_walk *walk,
                              const struct kms_access *access, char *text, size_t size)
{
    struct words words = words_in(text, size);
    if (walk->verdict == KMS_NONCANONICAL)
        words_add(&words, "the address is none of %s: the bits above its width do not repeat the highest one",
                  kms_mode_name((enum kms_paging_mode)walk->mode));
    else if (kms_riscv_decide(state, walk, access, NULL) == KMS_DONE)
        words_add(&words, "nothing forbids it");
    else if (walk->verdict != KMS_MAPPED)
        add_entry_reason(&words, walk);
    else
        add_forbidden(&words, state, walk, access);
    return words.length;
}
