/* What a run came to in virtual memory: faults, evictions, write-backs and hits over time. */
#include "operations.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- before the run ---- */

struct set_up {
    const struct run_options *options;
    const struct guest_ops *ops;
    int status;
    bool known; /* the policy */
};

uint32_t run_policy(const struct run_options *options, const struct guest_ops *ops)
{
    const char *name;
    for (uint32_t i = 0; options->policy && (name = ops->vm_policy_name(i)); i++)
        if (strcmp(name, options->policy) == 0)
            return i + 1;
    return 0;
}

static void set_policy(struct set_up *set_up)
{
    const uint32_t policy = run_policy(set_up->options, set_up->ops);
    set_up->known = policy > 0;
    if (set_up->known)
        set_up->status = set_up->ops->vm_policy(policy - 1);
}

static void set_up_in_guest(void *context)
{
    struct set_up *set_up = context;
    set_up->known = !set_up->options->policy;
    if (set_up->options->policy)
        set_policy(set_up);
    if (set_up->options->frames && set_up->status == 0)
        set_up->status = set_up->ops->vm_limit(GUEST_LIMIT_FRAMES, set_up->options->frames);
}

static void complain_about_policy(const struct set_up *set_up)
{
    run_complain("%s has no replacement policy \"%s\"; it has:", set_up->ops->name, set_up->options->policy);
    const char *name;
    for (uint32_t i = 0; (name = set_up->ops->vm_policy_name(i)); i++)
        fprintf(stderr, "  %s\n", name);
}

bool run_set_up_vm(const struct run_options *options, struct kms_guest *guest)
{
    struct set_up set_up = {.options = options, .ops = kms_guest_module(guest)->ops};
    if (!options->policy && !options->frames)
        return true;
    if (!set_up.ops->vm_info || !set_up.ops->vm_policy || !set_up.ops->vm_policy_name ||
        !set_up.ops->vm_limit) {
        run_complain("%s has no virtual memory", set_up.ops->name);
        return false;
    }
    enum kms_guest_end end = kms_guest_call(guest, set_up_in_guest, &set_up, NULL);
    if (end == KMS_GUEST_RETURNED && set_up.known && set_up.status == 0)
        return true;
    if (!set_up.known)
        complain_about_policy(&set_up);
    else
        run_complain("%s cannot be set up so", set_up.ops->name);
    return false;
}

/* ---- numbers ---- */

double run_hit_rate(const struct trace_vm_sample *sums)
{
    if (sums->accesses == 0 || sums->page_ins > sums->accesses)
        return 0.0;
    return 100.0 * (double)(sums->accesses - sums->page_ins) / (double)sums->accesses;
}

/* ---- over time: what happened between two samples ---- */

static struct trace_vm_sample between(const struct trace_vm *vm, size_t i)
{
    struct trace_vm_sample now = vm->samples[i];
    if (i == 0)
        return now;
    const struct trace_vm_sample *before = &vm->samples[i - 1];
    now.accesses -= before->accesses;
    now.page_ins -= before->page_ins;
    now.faults -= before->faults;
    now.evictions -= before->evictions;
    now.write_backs -= before->write_backs;
    return now;
}

static double per_thousand(uint64_t count, uint64_t accesses)
{
    return accesses ? 1000.0 * (double)count / (double)accesses : 0.0;
}

static double faults_at(const void *vm, size_t i)
{
    struct trace_vm_sample part = between(vm, i);
    return per_thousand(part.faults, part.accesses);
}

static double evictions_at(const void *vm, size_t i)
{
    struct trace_vm_sample part = between(vm, i);
    return per_thousand(part.evictions, part.accesses);
}

static double write_backs_at(const void *vm, size_t i)
{
    struct trace_vm_sample part = between(vm, i);
    return per_thousand(part.write_backs, part.accesses);
}

static double hits_at(const void *vm, size_t i)
{
    struct trace_vm_sample part = between(vm, i);
    return run_hit_rate(&part);
}

static void print_curves(const struct trace_vm *vm)
{
    const struct run_curve curves[] = {
        {"faults", " of 1000 accesses", faults_at, vm, vm->sample_count},
        {"evictions", " of 1000", evictions_at, vm, vm->sample_count},
        {"write-backs", " of 1000", write_backs_at, vm, vm->sample_count},
        {"hits", " %", hits_at, vm, vm->sample_count},
    };
    for (size_t i = 0; vm->sample_count > 0 && i < sizeof curves / sizeof curves[0]; i++)
        run_print_curve(&curves[i]);
}

static void print_sums(const struct trace_tally *tally)
{
    const struct trace_vm *vm = &tally->vm;
    const struct guest_vm_info *now = &vm->now, *start = &vm->start;
    const struct trace_vm_sample sums = trace_vm_now(vm);
    const uint64_t optimum = vm->optimum;
    const char *policy =
        tally->ops->vm_policy_name ? tally->ops->vm_policy_name((uint32_t)now->policy) : NULL;
    printf("  virtual memory: %" PRIu64 " accesses of processes, %" PRIu64 " faults, %" PRIu64
           " of them refused; hits %.2f %%\n",
           vm->accesses, sums.faults, now->refused - start->refused, run_hit_rate(&sums));
    printf("  at most %" PRIu64 " frames held pages, of %" PRIu64 "; replacement: %s\n", vm->peak_frames,
           now->frames, policy ? policy : "unnamed");
    printf("  %" PRIu64 " page-ins: %" PRIu64 " zeros or images, %" PRIu64 " from the store, %" PRIu64
           " copies; %" PRIu64 " shared instead\n",
           sums.page_ins, now->fills - start->fills, now->swap_ins - start->swap_ins,
           now->copies - start->copies, now->shared_ins - start->shared_ins);
    if (optimum != UINT64_MAX && vm->peak_frames > 0)
        printf("  no replacement could have done with fewer than %" PRIu64 " page-ins in as many frames\n",
               optimum);
    printf("  %" PRIu64 " evictions, %" PRIu64 " written back; %" PRIu64 " transfers failed; %" PRIu64
           " of %" PRIu64 " pages of the store used; %" PRIu64 " invalidations\n",
           sums.evictions, sums.write_backs, now->failures - start->failures, now->slots_used, now->slots,
           now->invalidations - start->invalidations);
}

void run_print_vm(const struct trace_tally *tally)
{
    if (!tally->vm.present)
        return;
    print_sums(tally);
    print_curves(&tally->vm);
    putchar('\n');
}
