/* --check: a checker between the operations and the kernel. */
#include "operations.h"

#include <stdio.h>

static void found(void *context, const struct kms_check_finding *finding)
{
    struct run_check *run = context;
    char words[TRACE_WORDS_MAX];
    run->found++;
    trace_tally_memory(run->tally, finding);
    if (!run->events)
        return;
    kms_check_words(finding, words, sizeof words);
    printf("# memory: %s\n", words);
}

bool run_check_start(struct run_check *run, struct kms_guest *guest)
{
    enum kms_status status = kms_check_new(guest, found, run, &run->check);
    if (status != KMS_OK)
        run_complain("--check: %s", status == KMS_UNSUPPORTED ? "this kernel has no heap to watch"
                                                              : kms_status_words(status));
    return status == KMS_OK;
}

static void look_at_all(void *context)
{
    struct run_check *run = context;
    if (!kms_check_end(run->check))
        run_complain("--check: no memory to look for leaks");
}

void run_check_end(struct run_check *run, struct kms_guest *guest)
{
    if (!run->check)
        return;
    kms_guest_call(guest, look_at_all, run, NULL);
    kms_check_free(run->check);
}
