#include "kernel.h"

#include <stddef.h>

#include "layout.h"
#include "memory.h"
#include "pages.h"

int kernel_main(void)
{
    if (layout_check())
        return VLSOS_ECORRUPT;
    memory_init();
    return pages_init();
}

const char *kernel_check(void)
{
    const char *broken = layout_check();

    return broken ? broken : buddy_check(&kernel_pages);
}
