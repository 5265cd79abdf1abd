/*
 * Fuzzes the MMU: the bytes choose a CPU, tables and operations, and after each operation the machine must
 * agree with the oracle of tests/oracle. One input decides, in this order:
 *
 *   byte 0   bits 1:0 paging mode, bits 3:2 the machine's TLB (enum judge_tlb), bit 4 A set by faulting
 * walks, bit 5 missing rights send the CPU back to the tables, bits 7:6 which of four sets of tables then the
 * registers (choose_cpu), then operations (choose_operation) until the bytes are used up
 *
 * With a TLB other than the one that keeps everything, each change is followed by a flush: TLB on equals TLB
 * off.
 */
#include "choices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TABLE_SETS     4
#define MAX_OPERATIONS 60 /* fewer than one set of the machine's TLB has ways: nothing is evicted */

static const enum oracle_mode modes[] = {ORACLE_MODE_32BIT, ORACLE_MODE_PAE, ORACLE_MODE_4LEVEL,
                                         ORACLE_MODE_5LEVEL};

static void fail(const char *words)
{
    fprintf(stderr, "%s\n", words);
    abort();
}

/* One judge for each of the 16 ways to be set up, made when first asked for and kept: only its contents are
 * reset. */
static struct judge *judge_for(unsigned setup)
{
    static struct judge *judges[16];
    struct judge_options options = {
        .tlb = (enum judge_tlb)(setup & 3),
        .open = {.accessed_on_faults = setup & 4, .denied_hits_walk_again = setup & 8}};
    if (!judges[setup])
        judges[setup] = judge_new(&options);
    if (!judges[setup])
        fail("no memory for a machine");
    return judges[setup];
}

/* Tables that do not depend on the input beyond its first byte, made once. */
static const uint8_t *tables_for(struct judge *judge, unsigned mode, unsigned set)
{
    static uint8_t tables[4][TABLE_SETS][JUDGE_RAM];
    static bool made[4][TABLE_SETS];
    if (!made[mode][set]) {
        struct choices choices = {.seed = mode * TABLE_SETS + set};
        struct oracle_cpu cpu = choose_cpu(&choices, modes[mode], true);
        judge_load(judge, &cpu);
        choose_tables(&choices, judge);
        memcpy(tables[mode][set], judge->ram, JUDGE_RAM);
        made[mode][set] = true;
    }
    return tables[mode][set];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct choices choices = {.bytes = data + 1, .left = size - 1};
    unsigned mode = data[0] & 3, setup = data[0] >> 2 & 15, set = data[0] >> 6;
    struct judge *judge = judge_for(setup);
    judge_fill(judge, tables_for(judge, mode, set));
    struct oracle_cpu cpu = choose_cpu(&choices, modes[mode], false);
    judge_load(judge, &cpu);
    for (unsigned i = 0; i < MAX_OPERATIONS && choices.left > 0; i++) {
        if (!choose_operation(&choices, judge))
            fail("the operation above ended otherwise");
    }
    if (!judge_memory(judge) || (judge->tlb && !judge_tlb(judge)))
        fail("the operations above left something else");
    return 0;
}
