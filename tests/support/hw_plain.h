/*
 * hw_plain.h - the least of hw.h that a heap needs: RAM in one piece, at addresses 0 and up, and a console.
 *
 * For tests and fuzz targets of the heap alone, which need neither an MMU nor a machine. There are no registers and no
 * user mode: whoever calls for them is stopped by the linker.
 */
#ifndef HW_PLAIN_H
#define HW_PLAIN_H

#include <stdint.h>

#define HW_PLAIN_RAM (128u << 20)

/* RAM as hw_ram_size() reports it from now on, at most HW_PLAIN_RAM. */
void hw_plain_set_ram_size(uint64_t bytes);

/* What went to the console since the last call, at most 255 characters of it. */
const char *hw_plain_console(void);

#endif
