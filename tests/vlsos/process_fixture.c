#include "process_fixture.h"

#include <string.h>

int program(uint32_t size, unsigned char fill)
{
    static unsigned char bytes[65536];
    int id;

    assert_true(size <= sizeof bytes);
    memset(bytes, fill, size);
    id = process_create(bytes, size);
    assert_true(id >= 0);
    assert_int_equal(process_switch(id), VLSOS_OK);
    return id;
}

void writes_page(uint32_t linear, uint32_t number)
{
    for (uint32_t offset = 0; offset < PAGE_SIZE; offset += 256)
        user_writes(linear + offset, number + offset);
}

void reads_page(uint32_t linear, uint32_t number)
{
    for (uint32_t offset = 0; offset < PAGE_SIZE; offset += 256)
        assert_int_equal(user_reads(linear + offset), number + offset);
}

void limit_frames(uint32_t frames)
{
    assert_int_equal(process_limit_frames(frames), VLSOS_OK);
}
