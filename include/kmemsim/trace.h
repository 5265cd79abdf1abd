/*
 * trace.h - the operations format: what to do to a kernel, as text, one operation a line.
 *
 *     kmt 1
 *     alloc buffer 5000
 *     write 4 buffer+16 0xcafe
 *     read 4 buffer+16
 *     expect value 0xcafe
 *     free buffer
 *
 * Scenarios, recordings of real programs and fuzzers' reproducers are all files of this one format, which
 * docs/operations.md describes. This header reads and writes it; it runs nothing and needs no kernel.
 *
 * The reader streams: it holds one window of the input and the names seen so far, never the whole file. Every
 * error stops it for good, with one line "FILE:LINE:COLUMN: sentence".
 */
#ifndef KMEMSIM_TRACE_H
#define KMEMSIM_TRACE_H

#include <kmemsim/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KMS_TRACE_VERSION 1u

/* Limits of the format; going over one is an error of the file. A line's length counts its end. */
#define KMS_TRACE_LINE_MAX      4096u
#define KMS_TRACE_NAME_MAX      63u
#define KMS_TRACE_NUMBER_MAX    ((1u << 20) - 1u) /* numbered handles are @0 to @1048575 */
#define KMS_TRACE_HANDLES_MAX   (1u << 20)        /* different handles in one file */
#define KMS_TRACE_PROCESSES_MAX 256u              /* different processes in one file */
#define KMS_TRACE_PAGES_MAX     (1u << 20)        /* of one map or unmap: 4 GiB */
#define KMS_TRACE_PROGRAM_MAX   (64u * 1024u)     /* bytes of a process's program */

enum kms_trace_kind {
    KMS_TRACE_ALLOC,          /* handle, number: bytes, words: ZEROED ALIGNED */
    KMS_TRACE_FREE,           /* address */
    KMS_TRACE_MAP,            /* address, target: physical, number: pages, words: WRITABLE USER */
    KMS_TRACE_UNMAP,          /* address, number: pages */
    KMS_TRACE_PHYSICAL,       /* address: the kernel's own translation of it */
    KMS_TRACE_READ,           /* width, address, words: USER */
    KMS_TRACE_WRITE,          /* width, address, number: the value, words: USER */
    KMS_TRACE_FETCH,          /* address; at user level */
    KMS_TRACE_PROCESS_CREATE, /* process, number: bytes of its program */
    KMS_TRACE_PROCESS_SWITCH, /* process */
    KMS_TRACE_PROCESS_EXIT,   /* process */
    KMS_TRACE_PROCESS_ALLOC,  /* process, handle, number: bytes */
    KMS_TRACE_PROCESS_FREE,   /* process, address */
    KMS_TRACE_SYSCALL,        /* handle: keeps the answer, number: command, address and target: arguments */
    KMS_TRACE_FAIL,           /* number: the n-th allocation from now fails; 0: none */
    KMS_TRACE_CHECK,          /* the kernel's own checker */
    KMS_TRACE_UNIT, /* address: is its heap unit free (0), the first of a block (1) or a later one (2) */
    KMS_TRACE_PROCESS_SBRK,    /* process, handle: keeps the old end, number: a change in two's complement */
    KMS_TRACE_PROCESS_REALLOC, /* process, handle, address, number: bytes */
    KMS_TRACE_PROCESS_STACK,   /* process, address: where its stack pointer goes */
    KMS_TRACE_CPU,             /* number: the CPU that runs programs from now on */
    KMS_TRACE_PROCESS_DUPLICATE, /* process, child: a process that is made */
    KMS_TRACE_PROCESS_READ,      /* process, width, address */
    KMS_TRACE_PROCESS_WRITE,     /* process, width, address, number: the value */
    KMS_TRACE_PROCESS_FETCH,     /* process, address */
    /* number: the n-th transfer of the backing store from now; 0: none */
    KMS_TRACE_STORE_SHORT,
    KMS_TRACE_STORE_SLOW,
    KMS_TRACE_STORE_STUCK,
    KMS_TRACE_STORE_FAILED,
    KMS_TRACE_STORE_BROKEN,
    KMS_TRACE_LIMIT_FRAMES, /* number: the most frames that hold processes' pages; 0: all */
    KMS_TRACE_LIMIT_SLOTS,  /* number: the most pages of the backing store; 0: all */
    KMS_TRACE_POLICY,       /* number: of the kernel's replacement policies */
    KMS_TRACE_NOTE,         /* text: for whoever reads the run */
    /* What the operation before must have come to; expectations and notes between do not count. */
    KMS_TRACE_EXPECT_OK,
    KMS_TRACE_EXPECT_STATUS, /* text: the kernel's word for a status, such as EINVARG, or a number */
    KMS_TRACE_EXPECT_NULL,   /* the allocation gave nothing */
    KMS_TRACE_EXPECT_VALUE,  /* address: what was allocated, looked up or read */
    KMS_TRACE_EXPECT_FAULT,  /* number: error code, address: CR2 */
    /* What must hold now. */
    KMS_TRACE_EXPECT_MAPPED,   /* address, target: physical */
    KMS_TRACE_EXPECT_UNMAPPED, /* address */
    KMS_TRACE_KINDS,
};

/* The words that may end an operation. */
#define KMS_TRACE_ZEROED   0x1u
#define KMS_TRACE_ALIGNED  0x2u
#define KMS_TRACE_WRITABLE 0x4u /* "write": the page may be written */
#define KMS_TRACE_USER     0x8u

/* Handles and processes are counted from 0 in the order in which a file first makes them. */
#define KMS_TRACE_NO_HANDLE UINT32_MAX

/* What a handle stands for plus an offset, or with KMS_TRACE_NO_HANDLE the offset as it is. Offsets wrap. */
struct kms_trace_address {
    uint32_t handle;
    uint64_t offset;
};

/* One operation. Fields that its kind does not name are zero, handles KMS_TRACE_NO_HANDLE. */
struct kms_trace_op {
    enum kms_trace_kind kind;
    unsigned words;
    unsigned width; /* bytes: 1, 2 or 4 */
    uint32_t line;  /* where it stands, from 1; the writer ignores it */
    uint32_t handle;
    uint32_t process;
    uint32_t child;
    struct kms_trace_address address, target;
    uint64_t number;
    const char *text; /* valid until the next read; not ended by a zero */
    size_t text_length;
};

/* ---- reading ---- */

/* Where text comes from. Returns how many bytes it stored, 0 at the end, or SIZE_MAX if it cannot go on. */
struct kms_trace_source {
    size_t (*read)(void *context, void *to, size_t size);
    void *context;
};

enum kms_trace_result {
    KMS_TRACE_OP,  /* *op holds the next operation */
    KMS_TRACE_END, /* there are no more */
    KMS_TRACE_BAD, /* the file is wrong, and kms_trace_reader_error() says where */
};

struct kms_trace_reader;

/* `name` is what errors call the file; it is copied. KMS_NO_MEMORY is the only error. */
enum kms_status kms_trace_reader_new(const char *name, const struct kms_trace_source *source,
                                     struct kms_trace_reader **reader);
void kms_trace_reader_free(struct kms_trace_reader *reader);

/* The next operation. After KMS_TRACE_END or KMS_TRACE_BAD every further call answers the same. */
enum kms_trace_result kms_trace_read(struct kms_trace_reader *reader, struct kms_trace_op *op);

/* After KMS_TRACE_BAD "FILE:LINE:COLUMN: sentence"; columns count bytes from 1. Empty before. */
const char *kms_trace_reader_error(const struct kms_trace_reader *reader);

/* Bytes taken from the source so far, for progress. */
uint64_t kms_trace_reader_bytes(const struct kms_trace_reader *reader);

/* How the file spells a handle ("@12" or "buffer") or a process; NULL for one that it has not made. Valid
 * until the next call. */
const char *kms_trace_handle_name(struct kms_trace_reader *reader, uint32_t handle);
const char *kms_trace_process_name(struct kms_trace_reader *reader, uint32_t process);

/* ---- writing ---- */

#define KMS_TRACE_HEADER "kmt 1\n"

/*
 * One operation as a line with its end, in the one canonical spelling: reading it back gives the same
 * operation, and a canonical line comes out as it went in. At most `size` bytes with the final zero; returns
 * the length of the whole line, like snprintf(); KMS_TRACE_LINE_MAX + 1 bytes always do.
 *
 * Names are those of the reader that `op` came from. Without one (NULL) handle 12 is @12 and process 3 is p3.
 */
size_t kms_trace_write(const struct kms_trace_op *op, struct kms_trace_reader *names, char *line,
                       size_t size);

#ifdef __cplusplus
}
#endif

#endif
