#include "fail.h"

static uint32_t until_failure;

void fail_at(uint32_t n)
{
    until_failure = n;
}

bool must_fail(void)
{
    return until_failure > 0 && --until_failure == 0;
}
