#include "vlsos_processes.h"

#include <kernel/x86.h>

#include "process.h"
#include "vlsos_dice.h"

#define PROCESSES     5u
#define PAGES         12u /* of what a process asks for */
#define PROGRAM_PAGES 8u
#define CHECKED       100u

/* ---- by a seed ---- */

/* Its text is PROGRAM_PAGES long. */
static void create(struct dice *dice, struct replay_op *op)
{
    *op = (struct replay_op){.code = REPLAY_CREATE,
                             .id2 = roll(dice, PROCESSES),
                             .first = PROGRAM_PAGES * PAGE_SIZE - roll(dice, 999)};
}

static struct replay_op ask(uint32_t process)
{
    return (struct replay_op){
        .code = REPLAY_PROCESS_ALLOC, .id2 = process, .id = process, .first = PAGES * PAGE_SIZE - 99};
}

static void give(struct dice *dice, struct replay_op *op)
{
    *op = (struct replay_op){.code = REPLAY_PROCESS_FREE,
                             .id2 = roll(dice, PROCESSES),
                             .first = VLSOS_PROGRAM_HEAP + (roll(dice, 16) ? PAGES * PAGE_SIZE : 0)};
}

static uint32_t somewhere(struct dice *dice)
{
    static const uint32_t starts[] = {VLSOS_PROGRAM_TEXT, VLSOS_PROGRAM_DATA,
                                      VLSOS_PROGRAM_STACK_TOP - PROGRAM_PAGES * PAGE_SIZE};

    if (roll(dice, 600) == 0)
        return roll(dice, 2) ? VLSOS_PROGRAM_HEAP_END - 4 : 0x00200000;
    if (roll(dice, 4) == 0)
        return starts[roll(dice, 3)] + roll(dice, PROGRAM_PAGES * PAGE_SIZE - 1100);
    return VLSOS_PROGRAM_HEAP + roll(dice, PAGES * PAGE_SIZE - 4);
}

static void access(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_PROCESS_READ, REPLAY_PROCESS_READ, REPLAY_PROCESS_WRITE};

    *op = (struct replay_op){.code = codes[roll(dice, 3)],
                             .width = (uint8_t)(1u << roll(dice, 3)),
                             .id2 = roll(dice, PROCESSES),
                             .first = somewhere(dice),
                             .second = roll(dice, 0x1000000)};
    if (op->first < VLSOS_PROGRAM_DATA)
        op->code = roll(dice, 20) ? REPLAY_PROCESS_FETCH : op->code;
}

/* Most orders are taken back: what fails again and again shows less. */
static void order(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_STORE,  REPLAY_STORE, REPLAY_FAIL,
                                    REPLAY_POLICY, REPLAY_LIMIT, REPLAY_LIMIT};

    *op = (struct replay_op){.code = codes[roll(dice, 6)], .first = roll(dice, 3)};
    if (op->code == REPLAY_STORE) {
        op->width = (uint8_t)roll(dice, GUEST_STORE_FAILURES);
        op->first = op->width == GUEST_STORE_BROKEN ? 0 : 1 + roll(dice, 9);
    }
    if (op->code == REPLAY_LIMIT) {
        op->width = (uint8_t)roll(dice, GUEST_LIMITS);
        op->first = op->width == GUEST_LIMIT_FRAMES ? 6 + roll(dice, 16) : roll(dice, 2) ? 0 : 24;
    }
}

#define OPERATIONS_MOST 3u

static uint32_t make_process(struct dice *dice, struct replay_op *ops)
{
    create(dice, &ops[1]);
    ops[0] = (struct replay_op){.code = REPLAY_EXIT, .id2 = ops[1].id2};
    ops[2] = ask(ops[1].id2);
    return 3;
}

static uint32_t make_duplicate(struct dice *dice, struct replay_op *ops)
{
    const uint32_t parent = roll(dice, PROCESSES), child = (parent + 1) % PROCESSES;

    ops[0] = (struct replay_op){.code = REPLAY_EXIT, .id2 = child};
    ops[1] = (struct replay_op){.code = REPLAY_DUPLICATE, .id2 = parent, .id = child};
    return 2;
}

/* A process that is replaced ends before; one that is new asks for memory. */
static uint32_t some_operations(struct dice *dice, struct replay_op *ops)
{
    switch (roll(dice, 60)) {
    case 0: return make_process(dice, ops);
    case 1:
    case 2: return make_duplicate(dice, ops);
    case 3: *ops = ask(roll(dice, PROCESSES)); return 1;
    case 4: give(dice, ops); return 1;
    case 5: order(dice, ops); return 1;
    default: access(dice, ops); return 1;
    }
}

static uint32_t begin(struct replay_op *ops)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        ops[2 * i] = (struct replay_op){.code = REPLAY_CREATE, .id2 = i, .first = PROGRAM_PAGES * PAGE_SIZE};
        ops[2 * i + 1] = ask(i);
    }
    ops[2 * PROCESSES] = (struct replay_op){.code = REPLAY_LIMIT, .width = GUEST_LIMIT_FRAMES, .first = 16};
    return 2 * PROCESSES + 1;
}

void vlsos_random_processes(uint32_t seed, struct replay_op *ops, uint32_t count)
{
    struct dice dice = {.state = seed};
    uint32_t made = begin(ops);

    while (made < count) {
        struct replay_op some[OPERATIONS_MOST];
        const uint32_t these = some_operations(&dice, some);

        for (uint32_t i = 0; i < these && made < count; i++)
            ops[made++] = some[i];
    }
    for (uint32_t i = CHECKED; i < count; i += CHECKED)
        ops[i] = (struct replay_op){.code = REPLAY_CHECK};
}

/* ---- more than there is ---- */

#define STRIDE 389u /* from one read to the next: no divisor of the pairs */

static uint32_t value_of(uint32_t process, uint32_t pair)
{
    return (process + 1) << 24 | 0x5a0000u | pair;
}

static uint32_t pair_read(uint32_t n)
{
    return n / WORKLOAD_PROCESSES * STRIDE % WORKLOAD_PAIRS;
}

uint32_t vlsos_workload_value(uint32_t n)
{
    return value_of(n % WORKLOAD_PROCESSES, pair_read(n));
}

static struct replay_op border(uint8_t code, uint32_t process, uint32_t pair)
{
    return (struct replay_op){.code = code,
                              .width = 4,
                              .id2 = process,
                              .first = VLSOS_PROGRAM_HEAP + (2 * pair + 1) * PAGE_SIZE - 2,
                              .second = code == REPLAY_PROCESS_WRITE ? value_of(process, pair) : 0};
}

void vlsos_workload(struct replay_op ops[WORKLOAD_LENGTH])
{
    struct replay_op *const accesses = ops + WORKLOAD_START;

    for (uint32_t p = 0; p < WORKLOAD_PROCESSES; p++) {
        ops[2 * p] = (struct replay_op){.code = REPLAY_CREATE, .id2 = p, .first = 100};
        ops[2 * p + 1] = (struct replay_op){
            .code = REPLAY_PROCESS_ALLOC, .id2 = p, .id = p, .first = WORKLOAD_PAGES * PAGE_SIZE};
    }
    for (uint32_t n = 0; n < WORKLOAD_READS; n++) {
        const uint32_t process = n % WORKLOAD_PROCESSES;

        accesses[n] = border(REPLAY_PROCESS_WRITE, process, n / WORKLOAD_PROCESSES);
        accesses[WORKLOAD_READS + n] = border(REPLAY_PROCESS_READ, process, pair_read(n));
    }
    ops[WORKLOAD_LENGTH - 1] = (struct replay_op){.code = REPLAY_CHECK};
}
