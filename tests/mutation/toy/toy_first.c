#include "sum.h"

int main(void)
{
    return sum_to(0) == 0 ? 0 : 1;
}
