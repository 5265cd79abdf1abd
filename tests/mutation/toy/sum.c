#include "sum.h"

int sum_to(int last)
{
    int sum = 0;
    for (int i = 1; i <= last; i++)
        sum += i;
    return last < 0 ? -1 : sum;
}
