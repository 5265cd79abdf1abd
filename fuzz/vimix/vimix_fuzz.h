/*
 * vimix_fuzz.h - what the parts of the target share: the state of one input, and the operations that processes have.
 */
#ifndef FUZZ_VIMIX_FUZZ_H
#define FUZZ_VIMIX_FUZZ_H

#include "drive.h"
#include "shadow.h"

#define HARTS       2u
#define CREATED_MAX 24u /* processes in one input */

/* Places that tools map, in each address space, and the frames that they map there. */
#define PLACES        4u
#define PLACE_AT(n)   (0x50000000u + (n)*PAGE)
#define FRAMES        4u
#define FRAME_AT(n)   (0x80300000u + (n)*PAGE)
#define FRAME_BYTE(n) (0xc1u + (n))
#define KERNEL_SPACE  PROCESSES

struct place {
    bool mapped, user, write;
    unsigned frame;
};

struct shadow_space {
    struct place places[PLACES];
};

struct fuzz {
    struct shadow_process processes[PROCESSES];
    unsigned created; /* names used for processes */
    unsigned names[PROCESSES];
    int running[HARTS]; /* what each hart runs, of processes[], or -1 */
    unsigned hart;
    uint32_t handles;
    struct shadow_space spaces[PROCESSES + 1];
};
extern struct fuzz fuzz;

/* Three bytes of the input. */
struct operation {
    uint8_t kind, which, amount, detail;
};

/* ---- process_operations.c ---- */

void create_process(unsigned i, const struct operation *operation);
void switch_to(unsigned i);
void exit_process(unsigned i);
/* A process call has switched to it and back. */
void was_switched(unsigned i);

/* The break before. */
uint64_t move_break(unsigned i, int64_t change);
void move_break_somewhere(unsigned i, const struct operation *operation);
void look_at_break(unsigned i, const char *after);

void use_hart(unsigned number);
void move_stack(unsigned i, const struct operation *operation);
/* By what the acting hart runs. */
void access_somewhere(const struct operation *operation);

/* A load, or a store that leaves what is there, of one byte by what the acting hart runs. */
struct attempt {
    uint64_t address;
    bool write;
    bool good;
    const struct place *place; /* that it is about, or NULL */
};
void run_attempt(const struct attempt *attempt);

/* The n-th allocation inside of an operation fails: it is refused and nothing has changed, or it needed fewer. */
void fail_allocation(unsigned i, const struct operation *operation);

/* ---- heap_operations.c ---- */

void allocate_block(unsigned i, const struct operation *operation);
void free_block(unsigned i, const struct operation *operation);
void resize_block(unsigned i, const struct operation *operation);
/* All of the current process's blocks still hold what was written. */
void look_at_blocks(unsigned i);

/* ---- map_operations.c ---- */

void fill_frames(void);
/* Of what the acting hart runs, or the kernel's. */
struct shadow_space *current_space(void);
/* Page tables that its places need. */
uint64_t space_tables(const struct shadow_space *space);
void map_somewhere(const struct operation *operation);

#endif
