/* segment_words.c - names of segments and of what descriptors are. */
#include <kmemsim/segment.h>

const char *kms_segment_name(enum kms_segment segment)
{
    static const char *const names[] = {"ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR"};
    return segment < KMS_SEGMENTS ? names[segment] : "no segment";
}

static const char *system_words(unsigned type)
{
    static const char *const words[] = {
        [KMS_SYSTEM_TSS16] = "available 16-bit TSS",
        [KMS_SYSTEM_LDT] = "LDT",
        [KMS_SYSTEM_TSS16_BUSY] = "busy 16-bit TSS",
        [KMS_SYSTEM_CALL_GATE16] = "16-bit call gate",
        [KMS_SYSTEM_TASK_GATE] = "task gate",
        [KMS_SYSTEM_INTERRUPT_GATE16] = "16-bit interrupt gate",
        [KMS_SYSTEM_TRAP_GATE16] = "16-bit trap gate",
        [KMS_SYSTEM_TSS] = "available 32-bit TSS",
        [KMS_SYSTEM_TSS_BUSY] = "busy 32-bit TSS",
        [KMS_SYSTEM_CALL_GATE] = "32-bit call gate",
        [KMS_SYSTEM_INTERRUPT_GATE] = "32-bit interrupt gate",
        [KMS_SYSTEM_TRAP_GATE] = "32-bit trap gate",
    };
    return words[type] ? words[type] : "reserved system type";
}

const char *kms_segment_type_words(unsigned attributes)
{
    static const char *const data[] = {"read-only data", "writable data", "read-only expand-down data",
                                       "writable expand-down data"};
    static const char *const code[] = {"execute-only code", "readable code", "execute-only conforming code",
                                       "readable conforming code"};
    if (!(attributes & KMS_SEG_S))
        return system_words(attributes & KMS_SEG_TYPE);
    const unsigned kind = attributes >> 1 & 3u;
    return attributes & KMS_SEG_CODE ? code[kind] : data[kind];
}
