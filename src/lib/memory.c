#include "memory.h"

#include "bytes.h"

void *memset(void *ptr, int c, size_t size)
{
    bytes_set(ptr, (unsigned char)c, size);
    return ptr;
}

int memcmp(const void *s1, const void *s2, int count)
{
    const unsigned char *a = s1;
    const unsigned char *b = s2;
    const size_t size = count > 0 ? (size_t)count : 0;
    const size_t equal = bytes_equal(a, b, size);

    if (equal == size)
        return 0;
    return a[equal] < b[equal] ? -1 : 1;
}

void *memcpy(void *dest, const void *src, int count)
{
    bytes_copy(dest, src, count > 0 ? (size_t)count : 0);
    return dest;
}
