#include "words.h"

#include <kmemsim/inspect.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct words words_in(char *text, size_t size)
{
    if (size)
        text[0] = '\0';
    return (struct words){text, size, 0};
}

void words_add(struct words *words, const char *format, ...)
{
    va_list arguments;
    size_t used = words->length < words->size ? words->length : words->size;
    va_start(arguments, format);
    int length = vsnprintf(words->size ? words->text + used : NULL, words->size - used, format, arguments);
    va_end(arguments);
    words->length += length > 0 ? (size_t)length : 0;
}

/* ---- entries ---- */

size_t kms_entry_words(const struct kms_walk_level *level, char *text, size_t size)
{
    static const struct {
        uint16_t flag;
        const char *words;
    } optional[] = {
        {KMS_ENTRY_ACCESSED, "accessed"}, {KMS_ENTRY_DIRTY, "dirty"},       {KMS_ENTRY_GLOBAL, "global"},
        {KMS_ENTRY_NOEXEC, "no-execute"}, {KMS_ENTRY_PWT, "write-through"}, {KMS_ENTRY_PCD, "cache disabled"},
        {KMS_ENTRY_PAT, "PAT"},
    };
    struct words words = words_in(text, size);
    if (level->verdict == KMS_NO_TABLE) {
        words_add(&words, "outside the image");
    } else if (level->in_register) {
        words_add(&words, level->flags & KMS_ENTRY_PRESENT ? "present" : "not present");
    } else if (!(level->flags & KMS_ENTRY_PRESENT)) {
        words_add(&words,
                  level->entry ? "not present (the other bits mean nothing to the CPU)" : "not present");
    } else {
        words_add(&words, "present, %s, %s", level->flags & KMS_ENTRY_WRITE ? "writable" : "read-only",
                  level->flags & KMS_ENTRY_USER ? "user" : "supervisor");
        for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
            if (level->flags & optional[i].flag)
                words_add(&words, ", %s", optional[i].words);
        }
        if (level->flags & KMS_ENTRY_LARGE)
            words_add(&words, ", large page");
        if (level->reserved)
            words_add(&words, ", reserved bits 0x%" PRIx64, level->reserved);
    }
    return words.length;
}

const char *kms_rights_words(uint8_t rights)
{
    static const char *const words[] = {"kernel ---", "kernel r--", "kernel -w-", "kernel rw-",
                                        "kernel --x", "kernel r-x", "kernel -wx", "kernel rwx",
                                        "user ---",   "user r--",   "user -w-",   "user rw-",
                                        "user --x",   "user r-x",   "user -wx",   "user rwx"};
    return words[(rights & KMS_RIGHT_READ ? 1 : 0) | (rights & KMS_RIGHT_WRITE ? 2 : 0) |
                 (rights & KMS_RIGHT_EXEC ? 4 : 0) | (rights & KMS_RIGHT_USER ? 8 : 0)];
}

uint8_t kms_walk_removed(const struct kms_walk *walk, unsigned depth)
{
    const uint8_t all = KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_EXEC | KMS_RIGHT_USER;
    if (depth >= walk->depth)
        return 0;
    uint8_t before = depth ? walk->level[depth - 1].rights : all;
    return before & (uint8_t)~walk->level[depth].rights;
}

/* ---- page faults ---- */

static const char *access_words(uint32_t code)
{
    static const char *const words[] = {"a supervisor-mode read", "a supervisor-mode write",
                                        "a user-mode read", "a user-mode write"};
    if (code & KMS_PFERR_ID)
        return code & KMS_PFERR_US ? "a user-mode instruction fetch" : "a supervisor-mode instruction fetch";
    return words[code & (KMS_PFERR_WR | KMS_PFERR_US) ? (code >> 1 & 3u) : 0];
}

static const char *forbidden_words(uint32_t code)
{
    if (code & KMS_PFERR_ID)
        return code & KMS_PFERR_US
                   ? "that is present but that user code may not execute"
                   : "that is present but that may not be executed (NX, or a user page with SMEP)";
    if (code & KMS_PFERR_US)
        return code & KMS_PFERR_WR ? "that is present but that user code may not write"
                                   : "that is present but that user code may not read";
    return code & KMS_PFERR_WR ? "that is present but read-only (with CR0.WP), or a user page with SMAP"
                               : "that is present but a user page (SMAP)";
}

size_t kms_x86_code_words(uint32_t code, char *text, size_t size)
{
    const uint32_t known =
        KMS_PFERR_P | KMS_PFERR_WR | KMS_PFERR_US | KMS_PFERR_RSVD | KMS_PFERR_ID | KMS_PFERR_PK;
    struct words words = words_in(text, size);
    words_add(&words, "%s of a page ", access_words(code));
    if (!(code & KMS_PFERR_P))
        words_add(&words, "that is not present");
    else if (code & KMS_PFERR_RSVD)
        words_add(&words, "whose entries have a reserved bit set");
    else if (code & KMS_PFERR_PK)
        words_add(&words, "that its protection key forbids");
    else
        words_add(&words, "%s", forbidden_words(code));
    if (!(code & KMS_PFERR_P) && (code & (KMS_PFERR_RSVD | KMS_PFERR_PK)))
        words_add(&words, "; but a CPU sets RSVD and PK only together with P");
    if ((code & KMS_PFERR_WR) && (code & KMS_PFERR_ID))
        words_add(&words, "; but no access is both a write and a fetch");
    if (code & ~known)
        words_add(&words, "; bits 0x%" PRIx32 " are not explained here", code & ~known);
    return words.length;
}

/* ---- why ---- */

static void add_entry_name(struct words *words, const struct kms_walk_level *level)
{
    words_add(words, "%s[%u]", kms_entry_name(level->level), level->index);
}

/* "U was removed at PDE[768]" for each right of `rights` that the walk lost. */
static void add_removals(struct words *words, const struct kms_walk *walk, uint8_t rights)
{
    static const struct {
        uint8_t right;
        const char *word;
    } names[] = {
        {KMS_RIGHT_WRITE, "W (writable)"}, {KMS_RIGHT_USER, "U (user)"}, {KMS_RIGHT_EXEC, "X (executable)"}};
    const char *separator = "";
    for (unsigned depth = 0; depth < walk->depth; depth++) {
        uint8_t removed = kms_walk_removed(walk, depth) & rights;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (!(removed & names[i].right))
                continue;
            words_add(words, "%s%s was removed at ", separator, names[i].word);
            add_entry_name(words, &walk->level[depth]);
            separator = ", ";
        }
    }
}

static bool by_user(const struct kms_x86_state *state, const struct kms_access *access)
{
    return access->privilege == KMS_AS_USER || (access->privilege == KMS_AS_CURRENT && state->cpl == 3);
}

static void add_forbidden(struct words *words, const struct kms_x86_state *state, const struct kms_walk *walk,
                          const struct kms_access *access)
{
    bool user = by_user(state, access);
    bool write = access->kind == KMS_WRITE || access->kind == KMS_RMW;
    uint8_t needed = (user ? KMS_RIGHT_USER : 0) | (write ? KMS_RIGHT_WRITE : 0) |
                     (access->kind == KMS_FETCH ? KMS_RIGHT_EXEC : 0);
    if (needed & ~walk->rights) {
        add_removals(words, walk, needed);
        if (!user && write)
            words_add(words, ", and CR0.WP makes that bind the kernel too");
        return;
    }
    words_add(words, "the page is a user page, which %s keeps the kernel from %s",
              access->kind == KMS_FETCH ? "CR4.SMEP" : "CR4.SMAP",
              access->kind == KMS_FETCH ? "executing" : "touching");
}

static void add_entry_reason(struct words *words, const struct kms_walk *walk)
{
    const struct kms_walk_level *last = kms_walk_last(walk);
    add_entry_name(words, last);
    if (walk->verdict == KMS_NOT_PRESENT)
        words_add(words, " is not present");
    else if (walk->verdict == KMS_RESERVED)
        words_add(words, " has reserved bits set: 0x%" PRIx64, last->reserved);
    else
        words_add(words, " cannot be read: the image has nothing at 0x%08" PRIx64, last->entry_addr);
}

size_t kms_x86_reason_words(const struct kms_x86_state *state, const struct kms_walk *walk,
                            const struct kms_access *access, char *text, size_t size)
{
    struct words words = words_in(text, size);
    struct kms_fault fault;
    if (walk->verdict == KMS_NONCANONICAL) {
        words_add(&words, "the address is not canonical: bits %u to 63 are not all the same",
                  walk->mode == KMS_PAGING_5LEVEL ? 56u : 47u);
    } else if (walk->verdict != KMS_MAPPED) {
        add_entry_reason(&words, walk);
    } else if (kms_x86_decide(state, walk, access, &fault) == KMS_DONE) {
        words_add(&words, "every level allows it");
    } else if (fault.error_code & KMS_PFERR_PK) {
        words_add(&words, "protection key %u forbids it", walk->key);
    } else {
        add_forbidden(&words, state, walk, access);
    }
    return words.length;
}
