#include "judge.h"

#include <inttypes.h>
#include <stdio.h>

struct bit_name {
    unsigned bit;
    const char *name;
};

static const struct bit_name cr0_bits[] = {{0, "PE"},  {1, "MP"},  {2, "EM"},  {3, "TS"},
                                           {4, "ET"},  {5, "NE"},  {16, "WP"}, {18, "AM"},
                                           {29, "NW"}, {30, "CD"}, {31, "PG"}, {0, NULL}};
static const struct bit_name cr4_bits[] = {{4, "PSE"},    {5, "PAE"},   {7, "PGE"},   {12, "LA57"},
                                           {17, "PCIDE"}, {20, "SMEP"}, {21, "SMAP"}, {22, "PKE"},
                                           {24, "PKS"},   {0, NULL}};
static const struct bit_name efer_bits[] = {{0, "SCE"}, {8, "LME"}, {10, "LMA"}, {11, "NXE"}, {0, NULL}};
static const struct bit_name error_bits[] = {{0, "P"},   {1, "W/R"}, {2, "U/S"}, {3, "RSVD"},
                                             {4, "I/D"}, {5, "PK"},  {0, NULL}};
static const struct bit_name entry_bits[] = {{0, "P"},   {1, "RW"},  {2, "US"}, {3, "PWT"},
                                             {4, "PCD"}, {5, "A"},   {6, "D"},  {7, "PS/PAT"},
                                             {8, "G"},   {63, "XD"}, {0, NULL}};

static void say_bits(const char *title, uint64_t value, const struct bit_name *names)
{
    fprintf(stderr, "%s %#" PRIx64 " [", title, value);
    const char *space = "";
    for (; names->name; names++) {
        if (!(value & ORACLE_BIT(names->bit)))
            continue;
        fprintf(stderr, "%s%s", space, names->name);
        space = " ";
    }
    fprintf(stderr, "]");
}

void judge_say_cpu(const struct oracle_cpu *cpu)
{
    static const char *const modes[] = {"no paging", "32-bit paging", "PAE paging", "4-level paging",
                                        "5-level paging"};
    fprintf(stderr, "  %s, CPL %u, AC %d, MAXPHYADDR %u, features %#x\n  ", modes[oracle_mode_of(cpu)],
            cpu->cpl, cpu->ac, cpu->has.maxphyaddr, judge_features(&cpu->has));
    say_bits("CR0", cpu->cr0, cr0_bits);
    say_bits("  CR4", cpu->cr4, cr4_bits);
    say_bits("  EFER", cpu->efer, efer_bits);
    fprintf(stderr,
            "\n  CR3 %#" PRIx64 "  PKRU %#x  PKRS %#x  PDPTE %#" PRIx64 " %#" PRIx64 " %#" PRIx64 " %#" PRIx64
            "\n",
            cpu->cr3, cpu->pkru, cpu->pkrs, cpu->pdpte[0], cpu->pdpte[1], cpu->pdpte[2], cpu->pdpte[3]);
}

void judge_say_access(const struct oracle_access *access)
{
    static const char *const kinds[] = {"read", "write", "fetch", "locked read-modify-write"};
    fprintf(stderr, "  %s%s of %#" PRIx64 "\n", access->implicit ? "implicit " : "", kinds[access->kind],
            access->linear);
}

static void say_entry(const char *name, uint64_t address, uint64_t value)
{
    fprintf(stderr, "    %s at %#" PRIx64 " = ", name, address);
    say_bits("", value, entry_bits);
}

void judge_say_result(const struct oracle_result *result)
{
    static const char *const names[] = {"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    fprintf(stderr, "  the oracle: ");
    if (result->vector == ORACLE_VECTOR_PF) {
        say_bits("#PF, error code", result->error_code, error_bits);
        fprintf(stderr, ", CR2 %#" PRIx64 "\n", result->cr2);
    } else if (result->vector == ORACLE_VECTOR_GP) {
        fprintf(stderr, "#GP(0)\n");
    } else {
        fprintf(stderr, "physical %#" PRIx64 ", page of %#" PRIx64 " bytes, %s %s %s, key %u\n",
                result->physical, result->page_bytes, result->rights.user ? "user" : "supervisor",
                result->rights.writable ? "writable" : "read-only",
                result->rights.no_execute ? "XD" : "executable", result->rights.key);
    }
    for (unsigned i = 0; i < result->walk.count; i++) {
        const struct oracle_entry *entry = &result->walk.entries[i];
        say_entry(names[entry->level], entry->address, entry->value);
        fprintf(stderr, ", reserved bits set: %#" PRIx64 "\n", entry->reserved);
    }
    for (unsigned i = 0; i < result->set_count; i++) {
        say_entry("writes", result->set[i].address, result->set[i].value);
        fprintf(stderr, "\n");
    }
}

void judge_say_answer(const struct judge_answer *got)
{
    fprintf(stderr, "  the machine: ");
    if (got->result == KMS_DONE)
        fprintf(stderr, "physical %#" PRIx64 ", page shift %u, rights %#x (R1 W2 X4 U8)%s\n",
                got->translation.phys, got->translation.page_shift, got->translation.rights,
                got->translation.hit ? ", from the TLB" : "");
    else if (got->result == KMS_UNBACKED)
        fprintf(stderr, "unbacked\n");
    else if (got->fault.vector == KMS_VECTOR_PF) {
        say_bits("#PF, error code", got->fault.error_code, error_bits);
        fprintf(stderr, ", CR2 %#" PRIx64 "\n", got->fault.address);
    } else
        fprintf(stderr, "vector %u, error code %#x\n", got->fault.vector, got->fault.error_code);
}

void judge_say_kms_walk(const struct kms_walk *walk)
{
    fprintf(stderr,
            "  the machine's walk: %s, physical %#" PRIx64 ", page shift %u, rights %#x, key %u, global %d\n",
            kms_verdict_words(walk->verdict), walk->phys, walk->page_shift, walk->rights, walk->key,
            walk->global);
    for (unsigned i = 0; i < walk->depth; i++) {
        say_entry(kms_entry_name(walk->level[i].level), walk->level[i].entry_addr, walk->level[i].entry);
        fprintf(stderr, ", reserved bits set: %#" PRIx64 "\n", walk->level[i].reserved);
    }
}

const char *judge_register_name(enum oracle_register which)
{
    static const char *const names[] = {"CR0", "CR2", "CR3", "CR4", "EFER", "PKRU", "PKRS"};
    return names[which];
}
