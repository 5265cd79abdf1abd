/*
 * segment_load.h - descriptors on their way from a table into a register, for loads, interrupts and IRET.
 */
#ifndef SIM_MACHINE_SEGMENT_LOAD_H
#define SIM_MACHINE_SEGMENT_LOAD_H

#include <kmemsim/segment.h>

extern const struct kms_segment_state segment_flat;

/* How a fault over a selector is reported. */
struct segment_errors {
    uint8_t vector; /* of everything but a segment that is not present */
    uint8_t absent; /* of that */
    uint8_t ext;    /* KMS_SELERR_EXT or 0 */
};

/* A descriptor found by a selector: the register as it will be, and where the descriptor lies. */
struct segment_load {
    uint16_t selector;
    struct segment_errors errors;
    struct kms_segment_register segment;
    uint64_t raw;
    kms_linear at;
};

static inline unsigned segment_dpl(const struct kms_segment_register *segment)
{
    return (segment->attributes & KMS_SEG_DPL) >> KMS_SEG_DPL_SHIFT;
}

static inline bool segment_is_null(uint16_t selector)
{
    return (selector & ~KMS_SELECTOR_RPL) == 0;
}

static inline bool segment_is_code(const struct kms_segment_register *segment)
{
    return (segment->attributes & (KMS_SEG_S | KMS_SEG_CODE)) == (KMS_SEG_S | KMS_SEG_CODE);
}

static inline bool segment_is_conforming(const struct kms_segment_register *segment)
{
    return (segment->attributes & KMS_SEG_CONFORMING) != 0;
}

static inline bool segment_is_writable_data(const struct kms_segment_register *segment)
{
    return (segment->attributes & (KMS_SEG_S | KMS_SEG_CODE | KMS_SEG_WRITABLE)) ==
           (KMS_SEG_S | KMS_SEG_WRITABLE);
}

/* Raise a fault without an address. `logical` may be NULL. */
enum kms_result segment_raise(struct kms_cpu *cpu, const struct kms_fault *raised,
                              const struct kms_logical *logical, struct kms_fault *fault);
/* The faults of a load: everything but "not present", and that. */
enum kms_result segment_refuse(struct kms_cpu *cpu, const struct segment_load *load, struct kms_fault *fault);
enum kms_result segment_refuse_absent(struct kms_cpu *cpu, const struct segment_load *load,
                                      struct kms_fault *fault);
/* The vector of `errors` with no selector in the error code: a null selector, an offset beyond a limit. */
enum kms_result segment_refuse_plain(struct kms_cpu *cpu, const struct segment_load *load,
                                     struct kms_fault *fault);

/* Read the descriptor of load->selector, which is not null, from its table; a fault if it lies beyond. */
enum kms_result segment_find(struct kms_cpu *cpu, struct segment_load *load, struct kms_fault *fault);
/* Set bits of the descriptor's type where it lies (accessed, busy), if they are clear. */
enum kms_result segment_mark(struct kms_cpu *cpu, struct segment_load *load, unsigned bits,
                             struct kms_fault *fault);
/* The register gets its new content. */
void segment_put(struct kms_cpu *cpu, enum kms_segment segment, const struct kms_segment_register *content);

static inline bool segment_in_64bit_mode(const struct kms_x86_state *state)
{
    return (state->efer & KMS_EFER_LMA) != 0;
}

/* Whether `size` bytes at `offset` are inside; `crosses` says that they may go around 4 GiB. */
bool segment_has(const struct kms_segment_register *segment, uint64_t offset, uint64_t size);

#endif
