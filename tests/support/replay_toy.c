/* A fuzz target for replay_test.sh: says how many bytes each input has, and dies at an input that starts with
 * '!'. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    printf("%zu\n", size);
    if (size > 0 && data[0] == '!')
        abort();
    return 0;
}
