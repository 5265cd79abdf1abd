#include "hw_plain.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/hw.h"

static uint8_t *ram; /* zeros that cost nothing until they are touched */
static uint64_t ram_size = HW_PLAIN_RAM;
static char console[256];
static char shown[256];
static unsigned console_length;

void hw_plain_set_ram_size(uint64_t bytes)
{
    ram_size = bytes;
}

const char *hw_plain_console(void)
{
    memcpy(shown, console, sizeof shown);
    memset(console, 0, sizeof console);
    console_length = 0;
    return shown;
}

__attribute__((constructor)) static void make_ram(void)
{
    ram =
        mmap(NULL, HW_PLAIN_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert(ram != MAP_FAILED);
}

void *hw_ptr(uint32_t linear)
{
    return ram + linear;
}

uint32_t hw_linear(const void *ptr)
{
    return (uint32_t)((const uint8_t *)ptr - ram);
}

uint64_t hw_ram_size(void)
{
    return ram_size;
}

void hw_putchar(char c)
{
    if (console_length + 1 < sizeof console)
        console[console_length++] = c;
}
