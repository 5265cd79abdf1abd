/* The sum of 1 to last, or -1 where last is negative. */
int sum_to(int last);
