#include "image.h"

#include <kernel/x86.h>

#include "config.h"

/* Behind the first page of the image, as many pages as the image on the metal has there. */
#define UL_VISIBLE_START (XELIX_KERNEL_ADDRESS + 0x1000u)
#define UL_VISIBLE_PAGES 4u

uint32_t image_ul_visible_start(void)
{
    return UL_VISIBLE_START;
}

uint32_t image_ul_visible_end(void)
{
    return UL_VISIBLE_START + UL_VISIBLE_PAGES * PAGE_SIZE;
}
