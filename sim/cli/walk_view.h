/* walk_view.h - one walk shown: levels, rights, verdict, surroundings. Shared by walk, fault and explain. */
#ifndef KMS_CLI_WALK_VIEW_H
#define KMS_CLI_WALK_VIEW_H

#include "cli.h"

/* A walk and what an access by it comes to. */
struct walk_view {
    struct kms_access access;
    struct kms_walk walk;
    enum kms_result result;
    struct kms_fault fault;
    struct kms_recursion recursion;
    struct kms_extent below, above; /* only if the walk stopped */
    struct kms_lookalike like;      /* only if it stopped outside the image */
};

struct walk_view cli_view(const struct kms_space *space, const struct kms_access *access);
void cli_view_print(const struct cli *cli, const struct walk_view *view);
json_t *cli_view_json(const struct cli *cli, const struct walk_view *view);

#endif
