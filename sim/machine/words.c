/* words.c - names and sentences. */
#include <kmemsim/riscv.h>
#include <kmemsim/x86.h>

#include <stdio.h>

const char *kms_status_words(enum kms_status status)
{
    switch (status) {
    case KMS_OK: return "done";
    case KMS_NO_MEMORY: return "the host has no memory for this";
    case KMS_BAD_RANGE: return "the range is empty, unaligned, too large, or overlaps another";
    case KMS_BAD_OPTION: return "an option is outside its range";
    case KMS_UNSUPPORTED: return "this host cannot do that";
    }
    return "no such status";
}

const char *kms_table_name(unsigned level)
{
    static const char *const names[] = {"page table", "page directory", "page-directory-pointer table",
                                        "PML4", "PML5"};
    return level >= 1 && level <= KMS_WALK_LEVELS ? names[level - 1] : "no table";
}

const char *kms_entry_name(unsigned level)
{
    static const char *const names[] = {"PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    return level >= 1 && level <= KMS_WALK_LEVELS ? names[level - 1] : "no entry";
}

const char *kms_mode_entry_name(enum kms_paging_mode mode, unsigned level)
{
    static const char *const names[] = {"L0", "L1", "L2", "L3", "L4"};
    if (mode < KMS_PAGING_SV32)
        return kms_entry_name(level);
    return level >= 1 && level <= KMS_WALK_LEVELS ? names[level - 1] : "no entry";
}

const char *kms_mode_name(enum kms_paging_mode mode)
{
    switch (mode) {
    case KMS_PAGING_NONE: return "no paging";
    case KMS_PAGING_32BIT: return "32-bit";
    case KMS_PAGING_PAE: return "PAE";
    case KMS_PAGING_4LEVEL: return "4-level";
    case KMS_PAGING_5LEVEL: return "5-level";
    case KMS_PAGING_SV32: return "Sv32";
    case KMS_PAGING_SV39: return "Sv39";
    case KMS_PAGING_SV48: return "Sv48";
    case KMS_PAGING_SV57: return "Sv57";
    }
    return "no such mode";
}

const char *kms_verdict_words(enum kms_verdict verdict)
{
    switch (verdict) {
    case KMS_TABLE: return "points to the next table";
    case KMS_MAPPED: return "mapped";
    case KMS_NOT_PRESENT: return "not present";
    case KMS_RESERVED: return "has a reserved bit set";
    case KMS_NONCANONICAL: return "not canonical";
    case KMS_NO_TABLE: return "lies where no memory answers";
    case KMS_MISALIGNED_PAGE: return "maps a large page that is not aligned";
    case KMS_TOO_DEEP: return "points to a table below the last level";
    }
    return "no such verdict";
}

/* Why, most specific first. */
static const char *reason(uint32_t error)
{
    if (!(error & KMS_PFERR_P))
        return "the page is not present";
    if (error & KMS_PFERR_RSVD)
        return "an entry has a reserved bit set";
    if (error & KMS_PFERR_PK)
        return "a protection key forbids it";
    return "the page is present, but its rights forbid it";
}

static const char *name_of(uint32_t vector)
{
    switch (vector) {
    case KMS_VECTOR_DF: return "double fault";
    case KMS_VECTOR_TS: return "invalid TSS";
    case KMS_VECTOR_NP: return "segment not present";
    case KMS_VECTOR_SS: return "stack fault";
    case KMS_VECTOR_GP: return "general-protection fault";
    default: return NULL;
    }
}

size_t kms_x86_fault_words(const struct kms_fault *fault, char *text, size_t size)
{
    int length;
    if (fault->vector == KMS_VECTOR_PF) {
        const char *kind = fault->error_code & KMS_PFERR_ID   ? "instruction fetch"
                           : fault->error_code & KMS_PFERR_WR ? "write"
                                                              : "read";
        length = snprintf(text, size, "page fault at 0x%08llx: a %s-mode %s, and %s (error code 0x%x)",
                          (unsigned long long)fault->address,
                          fault->error_code & KMS_PFERR_US ? "user" : "supervisor", kind,
                          reason(fault->error_code), (unsigned)fault->error_code);
    } else if (name_of(fault->vector)) {
        length =
            snprintf(text, size, "%s (error code 0x%x)", name_of(fault->vector), (unsigned)fault->error_code);
    } else {
        length = snprintf(text, size, "exception %u (error code 0x%x)", (unsigned)fault->vector,
                          (unsigned)fault->error_code);
    }
    return length < 0 ? 0 : (size_t)length;
}

static const char *riscv_cause_words(uint32_t cause)
{
    switch (cause) {
    case KMS_CAUSE_FETCH_ACCESS: return "instruction access fault";
    case KMS_CAUSE_LOAD_MISALIGNED: return "load address misaligned";
    case KMS_CAUSE_LOAD_ACCESS: return "load access fault";
    case KMS_CAUSE_STORE_MISALIGNED: return "store/AMO address misaligned";
    case KMS_CAUSE_STORE_ACCESS: return "store/AMO access fault";
    case KMS_CAUSE_FETCH_PAGE: return "instruction page fault";
    case KMS_CAUSE_LOAD_PAGE: return "load page fault";
    case KMS_CAUSE_STORE_PAGE: return "store/AMO page fault";
    default: break;
    }
    return "exception";
}

size_t kms_riscv_fault_words(const struct kms_fault *fault, char *text, size_t size)
{
    const int digits = fault->address > UINT32_MAX ? 16 : 8;
    const int length = snprintf(text, size, "%s at 0x%0*llx (cause %u)", riscv_cause_words(fault->vector),
                                digits, (unsigned long long)fault->address, (unsigned)fault->vector);
    return length < 0 ? 0 : (size_t)length;
}
