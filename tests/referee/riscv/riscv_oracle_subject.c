/*
 * The oracle of tests/oracle in the machine's place: what the specification says, without any cache, against the same
 * emulators. So the three do not only agree two by two.
 */
#include <stdlib.h>
#include <string.h>

#include "riscv_oracle.h"
#include "riscv_protocol.h"
#include "subject.h"

#define PAGE 0x1000u

struct subject {
    struct subject_options options;
    struct rvo_cpu cpu;
    struct rvo_memory memory;
    uint64_t touched[2 * REF_MAX_OPS];
    size_t touched_count;
    uint8_t *ram;
};

static bool present(void *context, uint64_t physical, unsigned bytes)
{
    const struct subject *s = context;
    return physical >= RV_RAM && physical - RV_RAM + bytes <= s->options.ram_bytes;
}

static uint64_t load(void *context, uint64_t physical, unsigned bytes)
{
    const struct subject *s = context;
    uint64_t value = 0;
    memcpy(&value, s->ram + (physical - RV_RAM), bytes);
    return value;
}

static void put(struct subject *s, uint64_t physical, const void *from, size_t bytes)
{
    if (!present(s, physical, (unsigned)bytes))
        return;
    for (uint64_t at = physical & ~7ull; at < physical + bytes; at += 8) {
        if (s->touched_count < 2 * (size_t)REF_MAX_OPS)
            s->touched[s->touched_count++] = at;
    }
    memcpy(s->ram + (physical - RV_RAM), from, bytes);
}

static void base_value(struct subject *s, uint64_t at)
{
    uint32_t word = at >= RV_DATA && at < RV_DATA_END ? RV_PATTERN(at) : 0;
    memcpy(s->ram + (at - RV_RAM), &word, 4);
}

unsigned subject_policies(enum emulator_kind oracle)
{
    (void)oracle;
    return 0;
}

struct subject *subject_new(const struct subject_options *options)
{
    struct subject *s = calloc(1, sizeof(*s));
    uint8_t *ram = s ? calloc(1, options->ram_bytes) : NULL;
    if (!ram) {
        free(s);
        return NULL;
    }
    s->ram = ram;
    s->options = *options;
    s->memory = (struct rvo_memory){present, load, s};
    for (uint64_t at = RV_DATA; at < RV_DATA_END; at += 4)
        base_value(s, at);
    return s;
}

void subject_free(struct subject *s)
{
    if (!s)
        return;
    free(s->ram);
    free(s);
}

const struct ref_cpu *subject_cpu(const struct subject *s)
{
    return &s->options.cpu;
}

void subject_imitate(struct subject *s, unsigned imitations)
{
    (void)s;
    (void)imitations;
}

static void reset(struct subject *s)
{
    const struct ref_cpu *cpu = &s->options.cpu;
    s->cpu = (struct rvo_cpu){.xlen = cpu->rv_cpu_xlen,
                              .modes = cpu->rv_cpu_modes << 1, /* RV_MODE_SV32 is 1, 1 << RVO_SV32 is 2 */
                              .asidlen = cpu->rv_cpu_asid,
                              .hardware_ad = true,
                              .svnapot = cpu->rv_cpu_extended & RV_EXT_SVNAPOT};
    for (size_t i = 0; i < s->touched_count; i++) {
        base_value(s, s->touched[i]);
        base_value(s, s->touched[i] + 4);
    }
    s->touched_count = 0;
}

/* One page's part of an access, its A and D set. */
static struct rvo_result translate(struct subject *s, const struct rvo_access *access, unsigned bytes)
{
    struct rvo_result r;
    rvo_translate(&s->cpu, &s->memory, access, bytes, &r);
    if (r.updates)
        put(s, r.updated, &r.value, s->cpu.xlen == 32 ? 4 : 8);
    return r;
}

static bool report(struct ref_result *result, const struct rvo_result *r)
{
    if (r->cause == RVO_DONE)
        return false;
    result->status = REF_FAULT;
    result->vector = (uint8_t)r->cause;
    result->cr2 = r->tval;
    return true;
}

/* Faults of translation come before those of memory: the parts of a misaligned access have no order of their own. */
static bool faults(struct ref_result *result, const struct rvo_result part[2])
{
    for (int i = 0; i < 2; i++) {
        if (!part[i].translated && report(result, &part[i]))
            return true;
    }
    return report(result, &part[0]) || report(result, &part[1]);
}

static void move(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    static const enum rvo_kind kinds[] = {RVO_LOAD, RVO_STORE, RVO_AMO, RVO_FETCH};
    unsigned left = PAGE - (unsigned)(op->address & (PAGE - 1)), first = left < op->width ? left : op->width;
    uint64_t mask = s->cpu.xlen == 32 ? UINT32_MAX : UINT64_MAX;
    const struct rvo_access here = {op->address, kinds[op->kind]};
    const struct rvo_access next = {(op->address + first) & mask, kinds[op->kind]};
    struct rvo_result part[2] = {translate(s, &here, first), {.cause = RVO_DONE}};
    bool fetch_ends = op->kind == REF_FETCH && part[0].cause != RVO_DONE;
    if (first < op->width && (part[0].cause == RVO_DONE || part[0].translated) && !fetch_ends)
        part[1] = translate(s, &next, op->width - first);
    if (faults(result, part))
        return;
    if (op->kind != REF_WRITE) {
        result->value = load(s, part[0].physical, first);
        if (first < op->width)
            result->value |= load(s, part[1].physical, op->width - first) << 8 * first;
    }
    if (op->kind != REF_WRITE && op->kind != REF_RMW)
        return;
    put(s, part[0].physical, &op->value, first);
    if (first < op->width)
        put(s, part[1].physical, (const uint8_t *)&op->value + first, op->width - first);
}

static void access(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    s->cpu.privilege = op->flags & REF_MPRV ? RVO_MACHINE : op->flags & REF_USER ? RVO_USER : RVO_SUPERVISOR;
    s->cpu.mprv = op->flags & REF_MPRV;
    s->cpu.mpp = op->flags & REF_USER ? RVO_USER : RVO_SUPERVISOR;
    if (op->kind > REF_FETCH || op->width > s->cpu.xlen / 8)
        result->status = REF_UNSUPPORTED;
    else if (op->kind == REF_RMW && op->address % op->width)
        *result = (struct ref_result){.status = REF_FAULT, .vector = 6, .cr2 = op->address};
    else
        move(s, op, result);
}

static void execute(struct subject *s, const struct ref_op *op, struct ref_result *result)
{
    *result = (struct ref_result){.status = REF_DONE};
    switch (op->code) {
    case REF_RESET: reset(s); break;
    case REF_POKE: put(s, op->address, &op->value, op->width); break;
    case REF_PEEK: result->value = load(s, op->address, op->width); break;
    case REF_ACCESS: access(s, op, result); break;
    case RV_SATP: result->value = s->cpu.satp = rvo_satp_write(&s->cpu, op->value); break;
    case RV_STATUS:
        s->cpu.sum = op->value & RV_STATUS_SUM;
        s->cpu.mxr = op->value & RV_STATUS_MXR;
        break;
    case RV_ENVCFG: s->cpu.svpbmt = op->value & RV_ENVCFG_PBMTE; break;
    case RV_SFENCE: break;
    default: result->status = REF_UNSUPPORTED;
    }
}

void subject_run(struct subject *s, const struct ref_op *ops, struct ref_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        execute(s, &ops[i], &results[i]);
}
