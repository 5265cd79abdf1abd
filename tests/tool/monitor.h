/* monitor.h - the tool against QEMU's own monitor, on the same tables. */
#ifndef TESTS_TOOL_MONITOR_H
#define TESTS_TOOL_MONITOR_H

#include "qemu.h"

/* What QEMU 7.2 prints otherwise than the tables say; see docs/tool.md. */
enum monitor_oddity {
    MONITOR_PAE_NX_IN_ADDRESS =
        1 << 0, /* info tlb with PAE paging: bit 63 of the entry is printed inside the frame */
};

/* A paused guest, and its memory saved both ways: compares info tlb, info mem and gva2gpa letter by letter. */
void monitor_compare(struct qemu *qemu, unsigned megabytes, unsigned oddities);

#endif
