#include "replay.h"

#include <stdbool.h>

#include <kernel/x86.h>

#include "text.h"

static const char *const verbs[REPLAY_CODES] = {
    [REPLAY_ALLOC] = "alloc",
    [REPLAY_FREE] = "free",
    [REPLAY_MAP] = "map",
    [REPLAY_UNMAP] = "unmap",
    [REPLAY_PHYSICAL] = "physical",
    [REPLAY_READ] = "read",
    [REPLAY_WRITE] = "write",
    [REPLAY_FETCH] = "fetch",
    [REPLAY_CREATE] = "create",
    [REPLAY_SWITCH] = "switch",
    [REPLAY_EXIT] = "exit",
    [REPLAY_PROCESS_ALLOC] = "palloc",
    [REPLAY_PROCESS_FREE] = "pfree",
    [REPLAY_SYSCALL] = "syscall",
    [REPLAY_FAIL] = "fail",
    [REPLAY_CHECK] = "check",
    [REPLAY_UNIT] = "unit",
    [REPLAY_EXPECT_STATUS] = "expect status",
    [REPLAY_EXPECT_VALUE] = "expect value",
    [REPLAY_EXPECT_FAULT] = "expect fault",
    [REPLAY_EXPECT_NO_FAULT] = "expect no fault",
    [REPLAY_EXPECT_MAPPED] = "expect mapped",
    [REPLAY_EXPECT_UNMAPPED] = "expect unmapped",
    [REPLAY_SBRK] = "sbrk",
    [REPLAY_REALLOC] = "prealloc",
    [REPLAY_STACK] = "stack",
    [REPLAY_CPU] = "cpu",
    [REPLAY_DUPLICATE] = "duplicate",
    [REPLAY_PROCESS_READ] = "pread",
    [REPLAY_PROCESS_WRITE] = "pwrite",
    [REPLAY_PROCESS_FETCH] = "pfetch",
    [REPLAY_STORE] = "store",
    [REPLAY_LIMIT] = "limit",
    [REPLAY_POLICY] = "policy",
};

/* ---- operands, as the text format writes them ---- */

static void put_number(struct text *text, uint64_t number)
{
    text_char(text, ' ');
    text_decimal(text, number);
}

static void put_hex(struct text *text, uint64_t number)
{
    text_char(text, ' ');
    text_hex(text, number, 8);
}

static void put_handle(struct text *text, uint32_t id)
{
    text_put(text, " #");
    text_decimal(text, id);
}

static void put_process(struct text *text, uint32_t id)
{
    text_put(text, " @");
    text_decimal(text, id);
}

/* A number as written, or a handle and an offset. */
static void put_operand(struct text *text, uint64_t number, bool relative, uint32_t id)
{
    if (!relative) {
        put_hex(text, number);
        return;
    }
    put_handle(text, id);
    if (number) {
        text_char(text, '+');
        text_decimal(text, number);
    }
}

static void put_first(struct text *text, const struct replay_op *op)
{
    put_operand(text, op->first, (op->flags & REPLAY_FIRST_HANDLE) != 0, op->id);
}

static void put_second(struct text *text, const struct replay_op *op)
{
    put_operand(text, op->second, (op->flags & REPLAY_SECOND_HANDLE) != 0, op->id2);
}

static void put_rights(struct text *text, unsigned rights)
{
    text_put(text, rights & GUEST_WRITE ? " rw" : " r");
    if (rights & GUEST_USER)
        text_put(text, " user");
}

static void put_access(struct text *text, const struct replay_op *op)
{
    text_put(text, op->flags & REPLAY_USER || op->code == REPLAY_FETCH ? " user" : " kernel");
    if (op->code != REPLAY_FETCH)
        put_number(text, op->width);
    put_first(text, op);
    if (op->code == REPLAY_WRITE)
        put_second(text, op);
}

static void put_bits(struct text *text, uint32_t error)
{
    static const struct {
        uint32_t bit;
        const char *word;
    } bits[] = {
        {PFERR_P, "P"}, {PFERR_WR, "WR"}, {PFERR_US, "US"}, {PFERR_RSVD, "RSVD"}, {PFERR_ID, "ID"},
    };
    const char *between = "";

    if (error == 0)
        text_char(text, '0');
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        if (!(error & bits[i].bit))
            continue;
        text_put(text, between);
        text_put(text, bits[i].word);
        between = "|";
    }
}

/* Names by "Machine Cause Register (mcause)" of the privileged specification. */
const char *replay_cause_name(uint32_t cause)
{
    static const char *const names[] = {
        [1] = "instruction access fault", [5] = "load access fault", [7] = "store access fault",
        [12] = "instruction page fault",  [13] = "load page fault",  [15] = "store page fault",
    };

    return cause < sizeof names / sizeof names[0] ? names[cause] : NULL;
}

static void put_cause(struct text *text, uint32_t cause)
{
    const char *const name = replay_cause_name(cause);

    if (name)
        text_put(text, name);
    else
        text_decimal(text, cause);
}

static void put_error(struct text *text, uint32_t error, uint32_t arch)
{
    if (arch == GUEST_X86)
        put_bits(text, error);
    else
        put_cause(text, error);
}

static void put_expected_fault(struct text *text, const struct replay_event *event)
{
    text_char(text, ' ');
    put_error(text, event->op->pages, event->arch);
    put_first(text, event->op);
}

static void put_allocation(struct text *text, const struct replay_op *op)
{
    put_handle(text, op->id);
    put_number(text, op->first);
    if (op->width & GUEST_ZEROED)
        text_put(text, " zeroed");
    if (op->width & GUEST_ALIGNED)
        text_put(text, " aligned");
}

static void put_process_access(struct text *text, const struct replay_op *op)
{
    put_process(text, op->id2);
    if (op->code != REPLAY_PROCESS_FETCH)
        put_number(text, op->width);
    put_first(text, op);
    if (op->code == REPLAY_PROCESS_WRITE)
        put_hex(text, op->second);
}

static void put_word(struct text *text, const struct replay_op *op)
{
    static const char *const failures[GUEST_STORE_FAILURES] = {"good",  "short",  "slow",
                                                               "stuck", "failed", "broken"};
    static const char *const limits[GUEST_LIMITS] = {"frames", "slots"};

    text_char(text, ' ');
    text_put(text, op->code == REPLAY_STORE ? failures[op->width] : limits[op->width]);
    put_number(text, op->first);
}

/* What stands behind the process that all of these begin with. */
static void put_of_process(struct text *text, const struct replay_op *op)
{
    put_process(text, op->id2);
    switch (op->code) {
    case REPLAY_CREATE: put_number(text, op->first); break;
    case REPLAY_PROCESS_ALLOC:
        put_handle(text, op->id);
        put_number(text, op->first);
        break;
    case REPLAY_PROCESS_FREE:
    case REPLAY_STACK: put_first(text, op); break;
    case REPLAY_SBRK:
        put_handle(text, op->id);
        text_char(text, ' ');
        text_signed(text, (int64_t)op->first);
        break;
    case REPLAY_REALLOC:
        put_first(text, op);
        put_number(text, op->second);
        break;
    case REPLAY_DUPLICATE: put_process(text, op->id); break;
    default: break;
    }
}

static void put_operands(struct text *text, const struct replay_event *event)
{
    const struct replay_op *const op = event->op;

    switch (op->code) {
    case REPLAY_ALLOC: put_allocation(text, op); break;
    case REPLAY_MAP:
        put_first(text, op);
        put_second(text, op);
        put_number(text, op->pages);
        put_rights(text, op->width);
        break;
    case REPLAY_UNMAP:
        put_first(text, op);
        put_number(text, op->pages);
        break;
    case REPLAY_READ:
    case REPLAY_WRITE:
    case REPLAY_FETCH: put_access(text, op); break;
    case REPLAY_CREATE:
    case REPLAY_SWITCH:
    case REPLAY_EXIT:
    case REPLAY_PROCESS_ALLOC:
    case REPLAY_PROCESS_FREE:
    case REPLAY_SBRK:
    case REPLAY_REALLOC:
    case REPLAY_STACK:
    case REPLAY_DUPLICATE: put_of_process(text, op); break;
    case REPLAY_PROCESS_READ:
    case REPLAY_PROCESS_WRITE:
    case REPLAY_PROCESS_FETCH: put_process_access(text, op); break;
    case REPLAY_SYSCALL:
        put_number(text, op->pages);
        put_first(text, op);
        put_second(text, op);
        break;
    case REPLAY_FAIL:
    case REPLAY_POLICY:
    case REPLAY_CPU: put_number(text, op->first); break;
    case REPLAY_CHECK:
    case REPLAY_EXPECT_NO_FAULT: break;
    case REPLAY_EXPECT_STATUS:
        text_char(text, ' ');
        text_put(text, event->status_name((int32_t)(uint32_t)op->first));
        break;
    case REPLAY_EXPECT_FAULT: put_expected_fault(text, event); break;
    case REPLAY_STORE:
    case REPLAY_LIMIT: put_word(text, op); break;
    case REPLAY_EXPECT_MAPPED:
        put_first(text, op);
        put_second(text, op);
        break;
    default: put_first(text, op); break;
    }
}

/* ---- outcomes ---- */

static void put_status(struct text *text, int status, const char *(*status_name)(int))
{
    if (status == REPLAY_NOT_OFFERED)
        text_put(text, "not offered");
    else if (status == REPLAY_NO_MEMORY)
        text_put(text, "no memory");
    else
        text_put(text, status_name(status));
}

static void put_fault(struct text *text, const struct replay_event *event)
{
    const struct guest_fault *const fault = &event->fault;

    text_put(text, "fault");
    put_hex(text, fault->address);
    text_put(text, event->arch == GUEST_X86 ? " error " : " ");
    put_error(text, fault->error, event->arch);
    if (fault->process >= 0) {
        text_put(text, ", process ");
        text_signed(text, fault->process);
        text_put(text, " ended");
    }
    if (fault->process >= 0 && event->status != 0) {
        text_put(text, ": ");
        put_status(text, event->status, event->status_name);
    }
}

static bool has_value(const struct replay_op *op)
{
    switch (op->code) {
    case REPLAY_ALLOC:
    case REPLAY_PHYSICAL:
    case REPLAY_READ:
    case REPLAY_PROCESS_ALLOC:
    case REPLAY_SYSCALL:
    case REPLAY_SBRK:
    case REPLAY_REALLOC:
    case REPLAY_PROCESS_READ: return true;
    default: return false;
    }
}

static bool is_number(const struct replay_op *op)
{
    return op->code == REPLAY_CREATE || op->code == REPLAY_DUPLICATE || op->code == REPLAY_UNIT;
}

static void put_outcome(struct text *text, const struct replay_event *event)
{
    if (event->faulted)
        put_fault(text, event);
    else if (event->status != 0)
        put_status(text, event->status, event->status_name);
    else if (is_number(event->op))
        text_decimal(text, event->value);
    else if (has_value(event->op))
        text_hex(text, event->value, 8);
    else
        text_put(text, "ok");
}

/* What an expectation saw, where its words alone do not say it. */
static void put_seen(struct text *text, const struct replay_event *event)
{
    text_put(text, "no: ");
    text_put(text, event->broken);
    if (event->op->code == REPLAY_EXPECT_STATUS) {
        text_put(text, ", ");
        put_status(text, event->status, event->status_name);
    } else if (event->op->code == REPLAY_EXPECT_VALUE) {
        text_put(text, ",");
        put_hex(text, event->value);
    }
}

static void put_result(struct text *text, const struct replay_event *event)
{
    const bool expects = replay_expects(event->op);

    if (!expects && event->broken)
        text_put(text, event->broken);
    else if (!expects)
        put_outcome(text, event);
    else if (event->broken)
        put_seen(text, event);
    else
        text_put(text, "yes");
}

static const char *unnamed(int status)
{
    return status ? "failed" : "ok";
}

size_t replay_format(const struct replay_event *event, char *line, size_t size)
{
    struct replay_event named = *event;
    struct text text = text_in(line, size);

    if (!named.status_name)
        named.status_name = unnamed;
    text_decimal(&text, named.number);
    text_char(&text, ' ');
    text_put(&text, verbs[named.op->code]);
    put_operands(&text, &named);
    text_put(&text, " = ");
    put_result(&text, &named);
    return text.used;
}

size_t replay_format_error(uint32_t error, char *line, size_t size)
{
    struct text text = text_in(line, size);

    put_bits(&text, error);
    return text.used;
}
