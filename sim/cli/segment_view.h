/* segment_view.h - a logical address shown: its descriptor, what its segment says of the access, the linear address. */
#ifndef KMS_CLI_SEGMENT_VIEW_H
#define KMS_CLI_SEGMENT_VIEW_H

#include "cli.h"

enum segment_stage {
    SEGMENT_FINE,
    SEGMENT_UNREAD, /* the descriptor cannot be read: fault, or nothing answers (vector 0) */
    SEGMENT_LOAD,   /* the selector cannot be loaded */
    SEGMENT_ACCESS, /* the segment does not allow the access */
};

struct segment_view {
    uint16_t selector;
    uint64_t offset;
    struct kms_table_register table; /* GDT or LDT */
    kms_linear at;                   /* of the descriptor */
    bool read;
    uint64_t descriptor;
    struct kms_segment_register segment;
    enum segment_stage stage;
    struct kms_fault fault;
    kms_linear linear; /* with SEGMENT_FINE */
};

/* The tables are those of the command line or of the image. False: an error was told. */
bool cli_segment(struct cli *cli, struct segment_view *view);
void cli_segment_print(const struct cli *cli, const struct segment_view *view);
json_t *cli_segment_json(const struct segment_view *view);

#endif
