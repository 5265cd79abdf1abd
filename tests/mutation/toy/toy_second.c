#include "sum.h"

int main(void)
{
    return sum_to(4) == 10 ? 0 : 1;
}
