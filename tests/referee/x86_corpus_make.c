#include "corpus_make.h"

#include <stdlib.h>

#include "imitate.h"

#define PF_RSVD  0x08u
#define ENTRY_A  0x20u
#define ENTRY_PS 0x80u

struct maker {
    struct corpus_maker common;
    struct emulator *bochs, *qemu;
};

static struct ref_cpu both(const struct ref_cpu *a, const struct ref_cpu *b)
{
    return (struct ref_cpu){
        a->leaf1_ecx & b->leaf1_ecx, a->leaf1_edx & b->leaf1_edx,
        a->leaf7_ebx & b->leaf7_ebx, a->leaf7_ecx & b->leaf7_ecx,
        a->ext1_edx & b->ext1_edx,   a->maxphyaddr < b->maxphyaddr ? a->maxphyaddr : b->maxphyaddr,
    };
}

/* An emulator's answer that is known to be wrong must not become golden. */
static bool implicit_with_ac(const struct ref_case *c)
{
    bool ac = false;
    for (size_t i = 0; i < c->count; i++) {
        ac |= c->ops[i].code == REF_AC && c->ops[i].value;
        if (ac && c->ops[i].code == REF_ACCESS && c->ops[i].kind > REF_FETCH)
            return true;
    }
    return false;
}

/* The answers of Bochs about segments that its quirks may have touched; see quirks.h. */
static bool is_doubtful(const struct ref_op *op, const struct ref_result *r)
{
    if (op->code != REF_SEGMENT || r->status != REF_FAULT)
        return false;
    if (op->kind == REF_SEG_IRET)
        return r->vector == 11; /* the code segment, or the stack */
    if (op->kind == REF_SEG_INT)
        return r->vector == 10 || r->vector == 12 || (r->vector == 13 && r->error == 0);
    return op->address + op->width > UINT64_C(1) << 32;
}

static bool has_doubtful(const struct ref_case *c, const struct ref_result *answers)
{
    for (size_t i = 0; i < c->count; i++) {
        if (is_doubtful(&c->ops[i], &answers[i]))
            return true;
    }
    return false;
}

static bool has_rmw(const struct ref_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->ops[i].code == REF_ACCESS && c->ops[i].kind == REF_RMW)
            return true;
    }
    return false;
}

/* QEMU sets A in upper entries although the walk then faults, Bochs does not; the architecture permits both. */
static void forgive_accessed(const struct ref_case *c, const struct ref_result *bochs,
                             struct ref_result *qemu)
{
    bool faulted = false;
    for (size_t i = 0; i < c->count; i++) {
        faulted |= c->ops[i].code == REF_ACCESS && bochs[i].status == REF_FAULT;
        if (faulted && c->ops[i].code == REF_PEEK && qemu[i].value == (bochs[i].value | ENTRY_A))
            qemu[i].value = bochs[i].value;
    }
}

static bool confirms(struct subject *subject, const struct ref_case *c, const struct ref_result *bochs,
                     struct ref_result *qemu)
{
    const struct answers answers = {bochs, qemu};
    if (imitate_explain(subject, EMULATOR_QEMU, c, &answers, NULL) == SIZE_MAX)
        return true;
    forgive_accessed(c, bochs, qemu);
    return compare_case(EMULATOR_QEMU, c, &answers, NULL) == SIZE_MAX;
}

/* Of QEMU alone: nothing that one of its quirks may have touched. */
static bool beyond_doubt(const struct ref_case *c, const struct ref_result *answers)
{
    bool faulted = false, large = false;
    for (size_t i = 0; i < c->count; i++) {
        const struct ref_result *r = &answers[i];
        bool fault = c->ops[i].code == REF_ACCESS && r->status == REF_FAULT;
        if (fault && (r->vector != 14 || r->error & PF_RSVD || c->ops[i].flags & REF_USER))
            return false;
        faulted |= fault;
        large |= c->ops[i].code == REF_POKE && c->ops[i].value & ENTRY_PS;
    }
    return !has_rmw(c) && !(faulted && large);
}

static bool keeps(struct subject *subject, const struct corpus_section *s, const struct corpus_answers *a)
{
    if (implicit_with_ac(a->c) || has_doubtful(a->c, a->first))
        return false;
    if (a->second)
        return confirms(subject, a->c, a->first, a->second);
    return !s->accessed_on_walk || beyond_doubt(a->c, a->first);
}

static bool add_section(struct maker *m, struct corpus_section *s, struct emulator *first,
                        struct emulator *second)
{
    return corpus_add_section(&m->common, s, &(struct corpus_source){first, second, keeps});
}

/* Three sections: what both have; what only Bochs has (PCID, refused registers); what only QEMU has (LA57, PKS). */
static bool make_sections(struct maker *m, uint64_t seed, uint64_t cases)
{
    const struct ref_cpu *bochs = emulator_cpu(m->bochs), *qemu = emulator_cpu(m->qemu);
    uint64_t ram = (uint64_t)CORPUS_RAM_MIB << 20;
    struct corpus_section common = {.cpu = both(bochs, qemu), .arch = ARCH_ALL, .ram_bytes = ram};
    struct corpus_section pcid = {.cpu = *bochs, .arch = ARCH_ALL, .refuses_registers = 1, .ram_bytes = ram};
    struct corpus_section la57 = {.cpu = *qemu, .arch = ARCH_5LEVEL, .accessed_on_walk = 1, .ram_bytes = ram};
    common.first_seed = seed << 32;
    common.count = cases;
    pcid.first_seed = common.first_seed + cases;
    la57.first_seed = pcid.first_seed + cases;
    pcid.count = la57.count = cases / 5;
    return add_section(m, &common, m->bochs, m->qemu) && add_section(m, &pcid, m->bochs, NULL) &&
           add_section(m, &la57, m->qemu, NULL);
}

/* One section, of segments: Bochs answers, and QEMU confirms what it checks at all. */
static bool make_segments(struct maker *m, uint64_t seed, uint64_t cases)
{
    struct corpus_section s = {.cpu = both(emulator_cpu(m->bochs), emulator_cpu(m->qemu)),
                               .arch = ARCH_SEGMENTS,
                               .ram_bytes = (uint64_t)CORPUS_RAM_MIB << 20,
                               .first_seed = seed << 32,
                               .count = cases};
    return add_section(m, &s, m->bochs, m->qemu);
}

bool corpus_make(const struct corpus_request *request)
{
    struct maker m = {.bochs = corpus_open(EMULATOR_BOCHS, request->rom),
                      .qemu = corpus_open(EMULATOR_QEMU, request->rom)};
    const bool segments = request->arch == ARCH_SEGMENTS;
    corpus_begin(&m.common, segments ? 1 : 3);
    bool good = m.bochs && m.qemu &&
                (segments ? make_segments : make_sections)(&m, request->seed, request->cases) &&
                corpus_pack(&m.common, request->path);
    emulator_close(m.bochs);
    emulator_close(m.qemu);
    free(m.common.file.at);
    return good;
}
