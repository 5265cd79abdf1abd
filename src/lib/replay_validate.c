#include "replay.h"

#include <stdbool.h>

#include <kernel/guest.h>

/* What a record of each code uses, so that each field is judged by one rule. */
#define USES_FIRST      0x01u /* an address */
#define USES_SECOND     0x02u /* an address, or a value of 32 bits */
#define FILLS_HANDLE    0x04u
#define USES_PROCESS    0x08u
#define USES_PAGES      0x10u
#define USES_WIDTH      0x20u
#define USES_RIGHTS     0x40u
#define USES_ALLOCATION 0x80u
#define FILLS_PROCESS   0x100u

static const uint16_t uses[REPLAY_CODES] = {
    [REPLAY_ALLOC] = FILLS_HANDLE | USES_ALLOCATION,
    [REPLAY_FREE] = USES_FIRST,
    [REPLAY_MAP] = USES_FIRST | USES_SECOND | USES_PAGES | USES_RIGHTS,
    [REPLAY_UNMAP] = USES_FIRST | USES_PAGES,
    [REPLAY_PHYSICAL] = USES_FIRST,
    [REPLAY_READ] = USES_FIRST | USES_WIDTH,
    [REPLAY_WRITE] = USES_FIRST | USES_SECOND | USES_WIDTH,
    [REPLAY_FETCH] = USES_FIRST,
    [REPLAY_CREATE] = USES_PROCESS,
    [REPLAY_SWITCH] = USES_PROCESS,
    [REPLAY_EXIT] = USES_PROCESS,
    [REPLAY_PROCESS_ALLOC] = USES_PROCESS | FILLS_HANDLE,
    [REPLAY_PROCESS_FREE] = USES_PROCESS | USES_FIRST,
    [REPLAY_SYSCALL] = USES_FIRST | USES_SECOND | FILLS_HANDLE,
    [REPLAY_UNIT] = USES_FIRST,
    [REPLAY_EXPECT_VALUE] = USES_FIRST,
    [REPLAY_EXPECT_FAULT] = USES_FIRST,
    [REPLAY_EXPECT_MAPPED] = USES_FIRST | USES_SECOND,
    [REPLAY_EXPECT_UNMAPPED] = USES_FIRST,
    [REPLAY_SBRK] = USES_PROCESS | FILLS_HANDLE,
    [REPLAY_REALLOC] = USES_PROCESS | USES_FIRST | FILLS_HANDLE,
    [REPLAY_STACK] = USES_PROCESS | USES_FIRST,
    [REPLAY_DUPLICATE] = USES_PROCESS | FILLS_PROCESS,
    [REPLAY_PROCESS_READ] = USES_PROCESS | USES_FIRST | USES_WIDTH,
    [REPLAY_PROCESS_WRITE] = USES_PROCESS | USES_FIRST | USES_WIDTH,
    [REPLAY_PROCESS_FETCH] = USES_PROCESS | USES_FIRST,
};

static bool uses_id(const struct replay_op *op)
{
    return (uses[op->code] & FILLS_HANDLE) || (op->flags & REPLAY_FIRST_HANDLE);
}

/* Of an access, an address written out has to fit the machine; a size or a pointer need not. */
static bool fits(const struct replay_op *op, uint32_t arch)
{
    const bool access = (op->code >= REPLAY_READ && op->code <= REPLAY_FETCH) ||
                        (op->code >= REPLAY_PROCESS_READ && op->code <= REPLAY_PROCESS_FETCH);

    return !access || ((op->first <= UINT32_MAX || arch == GUEST_RV64) && op->second <= UINT32_MAX);
}

static bool has_count(const struct replay_op *op)
{
    return op->code == REPLAY_FAIL || op->code == REPLAY_CPU || op->code >= REPLAY_STORE;
}

static const char *validate_counts(const struct replay_op *op)
{
    if (has_count(op) && op->first > UINT32_MAX)
        return "a count beyond 32 bits";
    if (op->code == REPLAY_STORE && op->width >= GUEST_STORE_FAILURES)
        return "an unknown failure of the store";
    if (op->code == REPLAY_LIMIT && op->width >= GUEST_LIMITS)
        return "an unknown limit";
    return NULL;
}

static const char *validate_numbers(const struct replay_op *op, uint32_t arch)
{
    const unsigned rules = uses[op->code];

    if ((rules & USES_WIDTH) && op->width != 1 && op->width != 2 && op->width != 4)
        return "an access has 1, 2 or 4 bytes";
    if ((rules & USES_RIGHTS) && (op->width & ~(GUEST_WRITE | GUEST_USER)))
        return "unknown rights";
    if ((rules & USES_ALLOCATION) && (op->width & ~(GUEST_ZEROED | GUEST_ALIGNED)))
        return "unknown flags of an allocation";
    if ((rules & USES_PAGES) && op->pages > REPLAY_PAGES_MAX)
        return "more pages than there are";
    if (!fits(op, arch))
        return "an access beyond 32 bits";
    if (op->code == REPLAY_CREATE && op->first > REPLAY_PROGRAM_MAX)
        return "a program that is too large";
    return validate_counts(op);
}

static const char *validate(const struct replay_op *op, const struct replay_limits *limits)
{
    if (op->code == 0 || op->code >= REPLAY_CODES)
        return "an unknown operation";
    if (op->flags & ~(REPLAY_FIRST_HANDLE | REPLAY_SECOND_HANDLE | REPLAY_USER))
        return "unknown flags";
    if (uses_id(op) && op->id >= limits->handles)
        return "a handle beyond the largest";
    if ((op->flags & REPLAY_SECOND_HANDLE) && op->id2 >= limits->handles)
        return "a second handle beyond the largest";
    if ((uses[op->code] & USES_PROCESS) &&
        (op->id2 >= REPLAY_PROCESSES || (op->flags & REPLAY_SECOND_HANDLE)))
        return "a process handle beyond the largest";
    if ((uses[op->code] & FILLS_PROCESS) && op->id >= REPLAY_PROCESSES)
        return "a process handle beyond the largest";
    return validate_numbers(op, limits->arch);
}

const char *replay_validate(const struct replay_op *ops, uint32_t count, const struct replay_limits *limits,
                            uint32_t *bad)
{
    const char *wrong = NULL;

    for (uint32_t i = 0; i < count && !wrong; i++) {
        wrong = validate(&ops[i], limits);
        *bad = i;
    }
    return wrong;
}

const char *replay_open(const void *file, size_t size, const struct replay_op **ops,
                        struct replay_header *header)
{
    const struct replay_header *const found = file;

    if ((uintptr_t)file % _Alignof(struct replay_op) != 0)
        return "the records are not aligned";
    if (size < sizeof *found || found->magic != REPLAY_MAGIC)
        return "this is no file of operations";
    if (found->version != REPLAY_VERSION)
        return "another version of the operations format";
    if ((size - sizeof *found) / sizeof(struct replay_op) < found->count)
        return "the file ends before its last operation";
    *header = *found;
    *ops = (const struct replay_op *)(found + 1);
    return NULL;
}
