/*
 * Fuzzes the RISC-V MMU: the bytes choose a hart, tables and operations, and each answer of the machine must be one that the
 * oracle of tests/oracle permits. One input decides, in this order:
 *
 *   byte 0   bits 1:0 the mode (Sv32 to Sv57), bit 2 a fence after each change
 *   byte 1   bits 5:0 the hardware (rv_hardware)
 *   then the tables (rv_choose_tables), and operations until the bytes are used up
 */
#include "riscv_choices.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_OPERATIONS 200

static void fail(const char *words)
{
    fprintf(stderr, "%s\n", words);
    abort();
}

/* Made when first asked for, and kept: only its contents are reset. */
static struct rv_judge *judge_for(unsigned mode, unsigned variant)
{
    static struct rv_judge *judges[4][RV_VARIANTS];
    struct rv_judge_options options = rv_hardware(RVO_SV32 + mode, variant);
    if (!judges[mode][variant])
        judges[mode][variant] = rv_judge_new(&options);
    else
        rv_judge_reset(judges[mode][variant]);
    if (!judges[mode][variant])
        fail("no memory for a machine");
    return judges[mode][variant];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct choices choices = {.bytes = data + 2, .left = size - 2};
    unsigned mode = data[0] & 3;
    struct rv_judge *judge = judge_for(mode, data[1] % RV_VARIANTS);
    if (!rv_choose_tables(&choices, judge, RVO_SV32 + mode))
        fail("satp is not what it should be");
    for (unsigned i = 0; i < MAX_OPERATIONS && choices.left > 0; i++) {
        if (!rv_choose_operation(&choices, judge, data[0] & 4))
            fail("the operation above ended otherwise");
    }
    return 0;
}
