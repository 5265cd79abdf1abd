#include "x86_oracle.h"

#include <string.h>

static bool is_write(const struct oracle_access *access)
{
    return access->kind == ORACLE_WRITE || access->kind == ORACLE_RMW;
}

/* "Access Rights": CPL < 3 makes supervisor-mode accesses; implicit ones are supervisor-mode at any CPL. */
static bool is_user_access(const struct oracle_cpu *cpu, const struct oracle_access *access)
{
    return cpu->cpl == 3 && !access->implicit;
}

static bool ia32e_mode(const struct oracle_cpu *cpu)
{
    enum oracle_mode mode = oracle_mode_of(cpu);
    return mode == ORACLE_MODE_4LEVEL || mode == ORACLE_MODE_5LEVEL;
}

/* "Protection Keys": does the page's key forbid this data access? Fetches have nothing to do with keys. */
static bool key_forbids(const struct oracle_cpu *cpu, const struct oracle_access *access,
                        const struct oracle_rights *rights)
{
    if (access->kind == ORACLE_FETCH || !ia32e_mode(cpu))
        return false;
    if (!(cpu->cr4 & (rights->user ? ORACLE_CR4_PKE : ORACLE_CR4_PKS)))
        return false;
    uint32_t keys = rights->user ? cpu->pkru : cpu->pkrs;
    bool access_disable = keys & ORACLE_BIT(2 * rights->key);
    bool write_disable = keys & ORACLE_BIT(2 * rights->key + 1);
    if (access_disable)
        return true;
    return write_disable && is_write(access) && (is_user_access(cpu, access) || (cpu->cr0 & ORACLE_CR0_WP));
}

/* XD counts with NXE = 1 only, and never with 32-bit paging. */
static bool execution_disabled(const struct oracle_cpu *cpu, const struct oracle_rights *rights)
{
    if (oracle_mode_of(cpu) == ORACLE_MODE_32BIT || !(cpu->efer & ORACLE_EFER_NXE))
        return false;
    return rights->no_execute;
}

/* "For supervisor-mode accesses" */
static bool supervisor_may_fetch(const struct oracle_cpu *cpu, const struct oracle_rights *rights)
{
    if (rights->user && (cpu->cr4 & ORACLE_CR4_SMEP))
        return false;
    return !execution_disabled(cpu, rights);
}

static bool smap_forbids(const struct oracle_cpu *cpu, const struct oracle_access *access,
                         const struct oracle_rights *rights)
{
    if (!rights->user || !(cpu->cr4 & ORACLE_CR4_SMAP))
        return false;
    return access->implicit || !cpu->ac;
}

static bool supervisor_may_write(const struct oracle_cpu *cpu, const struct oracle_access *access,
                                 const struct oracle_rights *rights)
{
    if (smap_forbids(cpu, access, rights))
        return false;
    return !(cpu->cr0 & ORACLE_CR0_WP) || rights->writable;
}

static bool supervisor_may(const struct oracle_cpu *cpu, const struct oracle_access *access,
                           const struct oracle_rights *rights)
{
    switch (access->kind) {
    case ORACLE_READ: return !smap_forbids(cpu, access, rights);
    case ORACLE_WRITE:
    case ORACLE_RMW: return supervisor_may_write(cpu, access, rights);
    case ORACLE_FETCH: return supervisor_may_fetch(cpu, rights);
    }
    return false;
}

/* "For user-mode accesses" */
static bool user_may(const struct oracle_cpu *cpu, const struct oracle_access *access,
                     const struct oracle_rights *rights)
{
    if (!rights->user)
        return false;
    switch (access->kind) {
    case ORACLE_READ: return true;
    case ORACLE_WRITE:
    case ORACLE_RMW: return rights->writable;
    case ORACLE_FETCH: return !execution_disabled(cpu, rights);
    }
    return false;
}

bool oracle_rights_permit(const struct oracle_cpu *cpu, const struct oracle_access *access,
                          const struct oracle_rights *rights)
{
    if (key_forbids(cpu, access, rights))
        return false;
    return is_user_access(cpu, access) ? user_may(cpu, access, rights) : supervisor_may(cpu, access, rights);
}

/* "Page-Fault Exceptions". The PK flag says what the key forbids, whether or not something else forbids it
 * too. */
uint32_t oracle_error_code(const struct oracle_cpu *cpu, const struct oracle_access *access,
                           const struct oracle_rights *rights)
{
    uint64_t code = 0;
    bool nx_enabled = (cpu->cr4 & ORACLE_CR4_PAE) && (cpu->efer & ORACLE_EFER_NXE);
    if (is_write(access))
        code |= ORACLE_PF_WR;
    if (is_user_access(cpu, access))
        code |= ORACLE_PF_US;
    if (access->kind == ORACLE_FETCH && ((cpu->cr4 & ORACLE_CR4_SMEP) || nx_enabled))
        code |= ORACLE_PF_ID;
    if (rights)
        code |= ORACLE_PF_P;
    if (rights && key_forbids(cpu, access, rights))
        code |= ORACLE_PF_PK;
    return (uint32_t)code;
}

/* Sets flags in one entry, in memory and in the list of what was set. */
static void set_flags(const struct oracle_memory *memory, struct oracle_result *result,
                      const struct oracle_entry *entry, uint64_t flags)
{
    if (entry->in_register || (entry->value & flags) == flags)
        return;
    struct oracle_entry written = *entry;
    written.value |= flags;
    memory->write(memory->context, written.address, written.bytes, written.value);
    result->set[result->set_count++] = written;
}

/* "Accessed and Dirty Flags" for a translation that succeeds. */
static void set_accessed_and_dirty(const struct oracle_memory *memory, struct oracle_result *result,
                                   bool write)
{
    const struct oracle_walk *walk = &result->walk;
    for (unsigned i = 0; i < walk->count; i++) {
        bool dirty = write && walk->entries[i].maps_page;
        set_flags(memory, result, &walk->entries[i], dirty ? ORACLE_A | ORACLE_D : ORACLE_A);
    }
}

/* The choice of CPUs that set A while they descend: every entry that led to a further table has it. */
static void set_accessed_above(const struct oracle_memory *memory, struct oracle_result *result)
{
    const struct oracle_walk *walk = &result->walk;
    for (unsigned i = 0; i + 1 < walk->count; i++)
        set_flags(memory, result, &walk->entries[i], ORACLE_A);
}

static void raise_page_fault(const struct oracle_cpu *cpu, const struct oracle_access *access,
                             struct oracle_result *result)
{
    const struct oracle_walk *walk = &result->walk;
    bool translated = walk->present && !walk->reserved;
    result->vector = ORACLE_VECTOR_PF;
    result->cr2 = access->linear;
    result->error_code = oracle_error_code(cpu, access, translated ? &walk->rights : NULL);
    if (walk->reserved)
        result->error_code |= (uint32_t)(ORACLE_PF_P | ORACLE_PF_RSVD);
}

void oracle_translate(const struct oracle_cpu *cpu, const struct oracle_memory *memory,
                      const struct oracle_options *options, const struct oracle_access *access,
                      struct oracle_result *result)
{
    memset(result, 0, sizeof(*result));
    result->physical = access->linear;
    if (!oracle_is_canonical(cpu, access->linear)) {
        result->vector = ORACLE_VECTOR_GP;
        return;
    }
    if (oracle_mode_of(cpu) == ORACLE_MODE_NONE)
        return;

    oracle_walk(cpu, memory, access->linear, &result->walk);
    const struct oracle_walk *walk = &result->walk;
    if (!walk->present || walk->reserved || !oracle_rights_permit(cpu, access, &walk->rights)) {
        raise_page_fault(cpu, access, result);
        if (options->accessed_on_faults)
            set_accessed_above(memory, result);
        return;
    }
    set_accessed_and_dirty(memory, result, is_write(access));
    result->rights = walk->rights;
    result->rights.dirty = walk->rights.dirty || is_write(access);
    result->page_bytes = walk->page_bytes;
    result->physical = walk->page_physical + (access->linear & (walk->page_bytes - 1));
}
