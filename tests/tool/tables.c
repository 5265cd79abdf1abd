#include "tables.h"

#include "run_tool.h"
#include <string.h>

static void put_entry(uint8_t *image, uint32_t table, unsigned index, uint32_t entry)
{
    tool_put(image, table + 4 * index, 4, entry);
}

const uint8_t *tables_32bit(void)
{
    static uint8_t image[TABLES_SIZE];
    memset(image, 0, sizeof image);
    put_entry(image, 0x1000, 0, 0x2027);
    for (unsigned i = 0; i < 4; i++)
        put_entry(image, 0x2000, i, i << 12 | 0x67);
    put_entry(image, 0x2000, 4, 0x4005);
    put_entry(image, 0x1000, 1, 0x400083);
    put_entry(image, 0x1000, 2, 0x10000007);
    put_entry(image, 0x1000, 3, 0xa00083);
    put_entry(image, 0x1000, 4, 0xc0003003);
    put_entry(image, 0x1000, 768, 0x3021);
    for (unsigned i = 0; i < 512; i++)
        put_entry(image, 0x3000, i, i << 12 | 0x163);
    put_entry(image, 0x1000, 1023, 0x1003);
    put_entry(image, 0x4000, 0, 0x5007);
    put_entry(image, 0x5000, 0, 0x6007);
    put_entry(image, 0x5000, 1, 0x1003);
    put_entry(image, 0x5000, 2, 0x2007);
    put_entry(image, 0x5000, 3, 0x3007);
    put_entry(image, 0x4000, 768, 0x3021);
    put_entry(image, 0x4000, 1023, 0x4003);
    return image;
}

void tables_32bit_file(void)
{
    tool_file("image", tables_32bit(), TABLES_SIZE);
}

int tables_32bit_setup(void **state)
{
    (void)state;
    tables_32bit_file();
    return 0;
}
