/*
 * Fuzzes segmentation: the bytes choose descriptors, selectors and questions (choose_segment_question()) until they are
 * used up, and after each the machine must answer as the oracle of tests/oracle does.
 */
#include "segment_judge.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_QUESTIONS 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct segment_judge judge;
    struct choices choices = {.bytes = data, .left = size};
    if (!judge.machine)
        judge = segment_judge_new(false, KMS_WRAP_ALLOWED);
    if (!judge.machine) {
        fputs("no memory for a machine\n", stderr);
        abort();
    }
    for (unsigned i = 0; i < MAX_QUESTIONS && choices.left > 0; i++) {
        if (!choose_segment_question(&choices, &judge))
            abort();
    }
    return 0;
}
