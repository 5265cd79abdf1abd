/* x86_walk.c - the public forms of the walk and of the decision on it. */
#include "x86_walk.h"

#include "x86_rights.h"

#include <assert.h>

void kms_x86_walk(const struct kms_x86_state *state, const struct kms_ram *ram, kms_linear linear,
                  struct kms_walk *walk)
{
    assert(state && ram && walk);
    const struct x86_layout layout = x86_layout_of(state);
    x86_walk(&layout, state, ram, linear, walk);
}

enum kms_result kms_x86_decide(const struct kms_x86_state *state, const struct kms_walk *walk,
                               const struct kms_access *access, struct kms_fault *fault)
{
    assert(state && walk && access);
    struct kms_fault unused;
    return x86_decide(state, walk, access, fault ? fault : &unused);
}
