/*
 * guest.h - how tools drive a kernel: a small table of functions that each kernel fills in.
 *
 * The runner, the fuzzers, the benchmarks and the boot image all speak to a kernel through this table alone.
 * A kernel leaves NULL what it does not have. Freestanding: the same table is linked into the boot image.
 *
 * Addresses are linear addresses of the guest; sizes are in bytes unless a name says pages. Every function
 * but boot needs a successful boot first. Functions that return int give 0 or a negative status of the
 * kernel's own numbering, which status_name puts into a word.
 */
#ifndef KERNEL_GUEST_H
#define KERNEL_GUEST_H

#include <stdint.h>

#define GUEST_ABI 2u

typedef uint64_t guest_addr; /* wide enough for every architecture; 32-bit kernels use the low half */

/* The machine that a kernel is written for. */
enum guest_arch {
    GUEST_X86,  /* 32-bit x86 */
    GUEST_RV32, /* 32-bit RISC-V: Sv32 */
    GUEST_RV64, /* 64-bit RISC-V: Sv39 and its like */
};

#define GUEST_NO_ADDRESS UINT64_MAX /* where 0 may be an answer */

/* Rights asked of map(). */
#define GUEST_WRITE 0x1u
#define GUEST_USER  0x2u

/* How alloc() is asked. */
#define GUEST_ZEROED  0x1u
#define GUEST_ALIGNED 0x2u /* to a page */

/* Work done so far, for costs that do not depend on a clock. */
struct guest_work {
    uint64_t entries_scanned; /* of the allocator's tables or lists */
    uint64_t entries_written;
    uint64_t tables_made;   /* page tables and directories */
    uint64_t bytes_touched; /* of those entries, read and written; 0 where the kernel does not count them */
};

/* The heap as a tool may draw it. */
struct guest_heap_info {
    guest_addr start, size;      /* linear range that the heap hands out */
    uint64_t unit;               /* allocation granularity in bytes */
    uint64_t used_units;         /* taken now */
    uint64_t longest_free_units; /* the longest run that could be handed out now */
};

/* A page fault that the kernel's handler saw and did not repair. */
struct guest_fault {
    guest_addr address;
    uint32_t error;  /* PFERR_ bits on x86, the cause of the exception (scause) on RISC-V */
    int32_t process; /* the process that it ended, or -1 */
};

/* How fail_store() lets a transfer go wrong; lib/store.h tells more. */
enum guest_store_failure {
    GUEST_STORE_GOOD,   /* not at all */
    GUEST_STORE_SHORT,  /* it stops in the middle, and goes on when it is asked again */
    GUEST_STORE_SLOW,   /* it is busy, not for too long */
    GUEST_STORE_STUCK,  /* it is busy and stays so */
    GUEST_STORE_FAILED, /* it fails half-way */
    GUEST_STORE_BROKEN, /* this one and all that follow fail */
    GUEST_STORE_FAILURES
};

/* What vm_limit() limits. */
enum guest_vm_limit {
    GUEST_LIMIT_FRAMES, /* that hold pages of processes */
    GUEST_LIMIT_SLOTS,  /* pages of the backing store that are used */
    GUEST_LIMITS
};

/* Virtual memory since boot. Counts but for the first six. */
struct guest_vm_info {
    uint64_t frames;      /* that may hold pages of processes */
    uint64_t frames_used; /* that do */
    uint64_t tables;      /* frames that are page tables of processes */
    uint64_t slots;       /* pages of the backing store */
    uint64_t slots_used;
    uint64_t policy;        /* number of the replacement policy in force */
    uint64_t faults;        /* page faults at processes' addresses */
    uint64_t refused;       /* of them, those that were not repaired */
    uint64_t fills;         /* pages that came as zeros or from an image */
    uint64_t swap_ins;      /* pages read from the store */
    uint64_t shared_ins;    /* pages that were still in a frame, for another process */
    uint64_t copies;        /* of shared pages, on a write */
    uint64_t evictions;     /* frames taken from their pages */
    uint64_t write_backs;   /* of them, written to the store first */
    uint64_t failures;      /* transfers that failed */
    uint64_t invalidations; /* single pages, in the TLB */
};

struct guest_ops {
    uint32_t abi;         /* GUEST_ABI */
    const char *name;     /* "vana" */
    const char *title;    /* one line */
    uint64_t ram_size;    /* the least RAM that boot needs */
    uint32_t arch;        /* enum guest_arch; zero is x86 */
    uint32_t cpus;        /* CPUs (harts) that the kernel drives; 0: 1 */
    uint64_t ram_base;    /* where RAM begins */
    uint32_t store_pages; /* pages of backing store (hw_store_pages()) that it would have; 0: it uses none */

    /* Bring the kernel up on a machine after reset, paging included where the kernel has it. */
    int (*boot)(void);

    /* The kernel heap. alloc gives 0 when there is no memory (no kernel here hands out address 0). free of a
     * pointer that was not handed out is refused with a status, and changes nothing. */
    guest_addr (*alloc)(uint64_t size, uint32_t flags);
    int (*free)(guest_addr address);
    int (*heap_info)(struct guest_heap_info *info);
    /* State of the heap unit that holds this address: 0 free, 1 first of a block, 2 continuation. */
    int (*heap_unit)(guest_addr address);

    /* Paging in the current address space. */
    int (*map)(guest_addr linear, guest_addr physical, uint32_t pages, uint32_t rights);
    int (*unmap)(guest_addr linear, uint32_t pages);
    /* The physical address behind a linear one, by the kernel's own lookup. */
    int (*physical)(guest_addr linear, guest_addr *physical);

    /* Processes are small numbers from 0; create gives one or a negative status. Process calls act for the
     * given process at user level, through the kernel's system calls. */
    int (*process_create)(const void *image, uint32_t size);
    int (*process_switch)(int process);
    int (*process_exit)(int process);
    guest_addr (*process_alloc)(int process, uint64_t size);
    int (*process_free)(int process, guest_addr address);

    /* The fault recorded since the last call, the latest if several; 1 and *fault, or 0 when there was none. */
    int (*take_fault)(struct guest_fault *fault);

    /* Fail the n-th allocation from now (1 is the next); 0 ends the injection. */
    void (*fail_allocation)(uint32_t n);

    /* The first broken invariant in words, or NULL. */
    const char *(*check)(void);
    const char *(*status_name)(int status);
    void (*work)(struct guest_work *work);

    /* A process's memory where its C library manages it: process_alloc and process_free are its malloc() and free().
     * sbrk moves the end of its data and gives the old end, or GUEST_NO_ADDRESS; realloc is the library's; stack
     * moves its stack pointer, which decides whether a fault below the stack makes it grow. */
    guest_addr (*process_sbrk)(int process, int64_t change);
    guest_addr (*process_realloc)(int process, guest_addr address, uint64_t size);
    int (*process_stack)(int process, guest_addr pointer);

    /* From now on programs run on this CPU, until process_switch() there as in the address space it was left with. */
    int (*use_cpu)(unsigned cpu);

    /* Why the process that had this number last was ended by the kernel; 0 if it was not. */
    int (*process_end)(int process);

    /* Virtual memory. A duplicate has the memory of the process that it is made of, from then on for itself. */
    int (*process_duplicate)(int process);
    /* The n-th transfer from now goes wrong so (enum guest_store_failure); 0 takes the order back. */
    int (*fail_store)(uint32_t failure, uint32_t n);
    /* No more than so many of what (enum guest_vm_limit); 0: as many as there are. */
    int (*vm_limit)(uint32_t what, uint32_t most);
    /* Replacement policies by number from 0: the name, NULL beyond the last; and which is in force from now on. */
    const char *(*vm_policy_name)(uint32_t number);
    int (*vm_policy)(uint32_t number);
    void (*vm_info)(struct guest_vm_info *info);
};

#endif
