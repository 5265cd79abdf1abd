/* A disagreement in words. */
#include <inttypes.h>
#include <stdio.h>

#include "riscv_judge.h"

static void say_cpu(const struct rvo_cpu *cpu)
{
    fprintf(stderr, "  RV%u, satp %#" PRIx64 ", privilege %d%s%s%s, MPP %d, A and D by %s%s%s\n", cpu->xlen,
            cpu->satp, (int)cpu->privilege, cpu->mprv ? ", MPRV" : "", cpu->sum ? ", SUM" : "",
            cpu->mxr ? ", MXR" : "", (int)cpu->mpp, cpu->hardware_ad ? "hardware" : "a fault",
            cpu->svnapot ? ", Svnapot" : "", cpu->svpbmt ? ", PBMTE" : "");
}

static void say_walk(const struct rv_judge *judge, const struct rvo_access *access)
{
    struct rvo_walk walk;
    if (!rvo_translates(&judge->cpu, access->kind) || !rvo_is_valid_address(&judge->cpu, access->address))
        return;
    rvo_walk(&judge->cpu, &judge->memory, access->address, &walk);
    for (unsigned i = 0; i < walk.count; i++)
        fprintf(stderr, "  level %u: %#" PRIx64 " at %#" PRIx64 "\n", walk.entries[i].level,
                walk.entries[i].value, walk.entries[i].address);
}

void rv_judge_say(const struct rv_judge *judge, const struct rvo_access *access,
                  const struct rvo_result *permitted, size_t count)
{
    static const char *const kinds[RVO_KINDS] = {"load", "store", "AMO", "fetch"};
    fprintf(stderr, "the machine and the oracle disagree: %s at %#" PRIx64 "\n", kinds[access->kind],
            access->address);
    say_cpu(&judge->cpu);
    say_walk(judge, access);
    for (size_t i = 0; i < count; i++) {
        const struct rvo_result *r = &permitted[i];
        if (r->cause == RVO_DONE || r->translated)
            fprintf(stderr, "  %s: %#" PRIx64 "%s\n", i ? "or, cached" : "the tables", r->physical,
                    r->updates ? ", and sets A or D" : "");
        else
            fprintf(stderr, "  %s: cause %d at %#" PRIx64 "\n", i ? "or, cached" : "the tables",
                    (int)r->cause, r->tval);
    }
}
