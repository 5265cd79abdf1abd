/*
 * replay.h - runs operations on a kernel: the one interpreter behind the tool, the fuzzers and the boot
 * image.
 *
 * Operations arrive as an array of 32-byte records, little-endian on every host, so that a file written by
 * the tool runs hosted and on an emulated PC and gives the same events. The text format of the tool is made
 * from and into these records. Freestanding: no allocation, no libc; what it needs is handed in.
 *
 * Handles: an operation that produces an address stores it under a number chosen by the writer of the
 * records, and later operations name that number. A handle that was never filled, or whose operation failed,
 * holds 0, and is passed on to the kernel as address 0 (plus the offset): what the kernel makes of it is part
 * of the test. Freeing leaves the handle as it is, so that freeing twice can be expressed.
 *
 * A file of records is a struct replay_header followed by header.count records.
 */
#ifndef LIB_REPLAY_H
#define LIB_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include <kernel/guest.h>

#define REPLAY_MAGIC   0x31544d4bu /* "KMT1" */
#define REPLAY_VERSION 1u

#define REPLAY_PROCESSES   256u         /* process handles are below this */
#define REPLAY_PROGRAM_MAX (64u * 1024) /* the largest program that REPLAY_CREATE makes, in bytes */
#define REPLAY_PAGES_MAX   0x00100000u  /* pages of one map or unmap: 4 GiB */
#define REPLAY_LINE        192u         /* room for the longest line of replay_format(), NUL included */

/*
 * What each operation does, and which fields of the record it uses. "address" is first, or the address of
 * handle id plus first with REPLAY_FIRST_HANDLE; "second" is second, or the address of handle id2 plus second
 * with REPLAY_SECOND_HANDLE. A process is a process handle, filled by REPLAY_CREATE.
 */
enum replay_code {
    REPLAY_ALLOC = 1,     /* alloc(first bytes, width = GUEST_ZEROED | GUEST_ALIGNED): handle id */
    REPLAY_FREE,          /* free(address) */
    REPLAY_MAP,           /* map(address, second, pages, width = GUEST_WRITE | GUEST_USER) */
    REPLAY_UNMAP,         /* unmap(address, pages) */
    REPLAY_PHYSICAL,      /* physical(address) */
    REPLAY_READ,          /* width bytes at address; at user level with REPLAY_USER */
    REPLAY_WRITE,         /* width bytes at address = the low bytes of second */
    REPLAY_FETCH,         /* an instruction fetch at address, always at user level */
    REPLAY_CREATE,        /* process handle id2 runs a program of first bytes */
    REPLAY_SWITCH,        /* to process handle id2 */
    REPLAY_EXIT,          /* process handle id2 ends */
    REPLAY_PROCESS_ALLOC, /* process handle id2 allocates first bytes: handle id */
    REPLAY_PROCESS_FREE,  /* process handle id2 frees address */
    REPLAY_SYSCALL, /* at user level, command pages, arguments address and second: handle id keeps the answer
                     */
    REPLAY_FAIL,    /* the first-th allocation from now fails; 0 ends the injection */
    REPLAY_CHECK,   /* the kernel's own checker */
    REPLAY_UNIT,    /* state of the heap unit that holds address: the value is 0, 1 or 2 */

    /* About the operation before (expectations aside); a broken one is reported and counted, nothing stops.
     */
    REPLAY_EXPECT_STATUS,   /* its status is (int32_t)first */
    REPLAY_EXPECT_VALUE,    /* its value is address */
    REPLAY_EXPECT_FAULT,    /* it faulted with error code pages at address */
    REPLAY_EXPECT_NO_FAULT, /* it did not fault; and the process of a REPLAY_PROCESS_ access lives */
    /* About the kernel now. */
    REPLAY_EXPECT_MAPPED,   /* physical(address) is second */
    REPLAY_EXPECT_UNMAPPED, /* physical(address) has no answer */

    REPLAY_SBRK, /* process handle id2 moves the end of its data by (int64_t)first: handle id keeps the old end */
    REPLAY_REALLOC, /* process handle id2 reallocates address to second bytes: handle id */
    REPLAY_STACK,   /* process handle id2 moves its stack pointer to address */
    REPLAY_CPU,     /* programs run on CPU first */

    REPLAY_DUPLICATE,    /* process handle id is made as a duplicate of process handle id2 */
    REPLAY_PROCESS_READ, /* process handle id2 is switched to and reads width bytes at address, at user level */
    REPLAY_PROCESS_WRITE, /* the same, and writes the low bytes of second */
    REPLAY_PROCESS_FETCH, /* the same, and fetches an instruction */
    REPLAY_STORE, /* the first-th transfer of the backing store from now goes wrong: width, enum guest_store_failure */
    REPLAY_LIMIT,  /* no more than first of width, enum guest_vm_limit; 0: as many as there are */
    REPLAY_POLICY, /* replacement policy first */
    REPLAY_CODES
};

/* Bits of replay_op.flags. */
#define REPLAY_FIRST_HANDLE  0x1u
#define REPLAY_SECOND_HANDLE 0x2u
#define REPLAY_USER          0x4u

struct replay_op {
    uint8_t code;   /* enum replay_code */
    uint8_t width;  /* bytes of an access (1, 2, 4), flags of alloc and map, or which failure or limit */
    uint16_t flags; /* REPLAY_ */
    uint32_t id;    /* the handle that is filled, and the base of first */
    uint32_t id2;   /* the base of second, or a process handle */
    uint32_t pages; /* pages, a system call's command, or an error code */
    uint64_t first;
    uint64_t second;
};

/* Whether a record is about what happened before, and does nothing itself. */
static inline int replay_expects(const struct replay_op *op)
{
    return op->code >= REPLAY_EXPECT_STATUS && op->code <= REPLAY_EXPECT_UNMAPPED;
}

struct replay_header {
    uint32_t magic;   /* REPLAY_MAGIC */
    uint32_t version; /* REPLAY_VERSION */
    uint32_t count;   /* records that follow */
    uint32_t handles; /* one more than the largest handle number used */
};

_Static_assert(sizeof(struct replay_op) == 32, "records have one layout everywhere");
_Static_assert(sizeof(struct replay_header) == 16, "the header has one layout everywhere");

/* What an operation did. Every event has status and value; the rest says whether it applies. */
struct replay_event {
    const struct replay_op *op;
    uint64_t number;    /* of the operation, from 1, over all calls of replay_run() */
    guest_addr address; /* the operand with its handle resolved */
    guest_addr second;  /* likewise */
    uint64_t value;     /* address, data read, or process number; 0 where there is none or after a failure */
    int32_t status;   /* the kernel's, 0 where the operation has none; of a fault why it ended its process */
    int32_t faulted;  /* fault is valid */
    int32_t unserved; /* an access of a process that does not live: it was not made */
    struct guest_fault fault; /* the latest fault during this operation */
    const char *broken;       /* check: the broken invariant; expect: what differs; otherwise NULL */
    const char *(*status_name)(int status); /* the kernel's words, for whoever prints */
    uint32_t arch;                          /* enum guest_arch, which says what an error code means */
};

/*
 * Status given by the replay itself, outside every kernel's range: the kernel does not have this operation,
 * or an allocation gave no memory (kernels answer 0, which is no status).
 */
#define REPLAY_NOT_OFFERED (-1000)
#define REPLAY_NO_MEMORY   (-1001)

struct replay {
    /* Filled in by the caller before replay_start(). */
    const struct guest_ops *guest; /* booted */
    guest_addr *handles;           /* handle_count addresses, zeroed by replay_start() */
    uint32_t handle_count;
    void (*report)(void *context, const struct replay_event *event); /* after every operation; NULL: silent */
    void *context;

    /* Owned by the replay. */
    int32_t processes[REPLAY_PROCESSES]; /* the kernel's numbers, or -1 */
    uint64_t number;
    uint64_t broken; /* expectations that did not hold, and checks that found something */
    struct replay_event last;
    struct replay_event expectation; /* the latest one that looked at it */
};

/* What records have to keep to. */
struct replay_limits {
    uint32_t handles;
    uint32_t arch; /* enum guest_arch: a 32-bit machine accesses no address beyond 32 bits */
};

/* Words for the first record that no replay within these limits can run, and its index; NULL when all are good. */
const char *replay_validate(const struct replay_op *ops, uint32_t count, const struct replay_limits *limits,
                            uint32_t *bad);

/* The operations of a file in memory, with its header checked against size: NULL when good, or what is wrong.
 */
const char *replay_open(const void *file, size_t size, const struct replay_op **ops,
                        struct replay_header *header);

void replay_start(struct replay *replay);

/* Run operations that replay_validate() found good. May be called again to go on with more. */
void replay_run(struct replay *replay, const struct replay_op *ops, uint32_t count);

/*
 * One line for an event, without a line end, cut to fit size; returns its length. Identical on every host:
 *   12 alloc #3 8192 = 0x01000000
 *   13 write user 4 0x00400000 0x00000001 = fault 0x00400000 error P|WR|US, process 1 ended
 *   13 pread @1 4 0x50000000 = fault 0x50000000 error US, process 1 ended: VLSOS_EIO
 *   14 expect mapped 0x00800000 0x01000000 = no: not mapped
 */
size_t replay_format(const struct replay_event *event, char *line, size_t size);

/* The words of an x86 page-fault error code, such as "P|WR|US", "0" for none. Same rules as replay_format(). */
size_t replay_format_error(uint32_t error, char *line, size_t size);

/* The name of a RISC-V exception cause, such as "load page fault"; NULL for one that no access has. */
const char *replay_cause_name(uint32_t cause);

#endif
