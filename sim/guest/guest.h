/*
 * guest.h - inside of a guest, for the files of this folder.
 */
#ifndef SIM_GUEST_GUEST_H
#define SIM_GUEST_GUEST_H

#include <kernel/hw_riscv.h>
#include <kmemsim/guest.h>
#include <kmemsim/riscv.h>
#include <kmemsim/segment.h>
#include <setjmp.h>

#include "shadow.h"

/* A call under way that a panic or a fault goes back to. */
struct guest_guard {
    sigjmp_buf back;
    struct kms_guest_stop stop;
};

/* A hart's two levels, and at which it is. */
struct guest_hart {
    uint64_t kernel_satp, user_satp;
    bool at_user;
};

/* What hw_riscv.h keeps. */
struct guest_riscv {
    struct guest_hart harts[KMS_CPUS_MAX];
    unsigned acting;
    bool by_user; /* the access under way is a user's */
    hw_trap_handler on_trap;
    hw_ecall_handler on_ecall;
};

struct kms_guest {
    struct kms_guest_module *module;
    enum kms_guest_mode mode;
    struct kms_machine *machine;
    struct kms_cpu *cpu;
    struct kms_ram *store;     /* the backing store, or NULL */
    struct kms_window *window; /* in direct mode a view of RAM, or NULL if plain */
    bool plain;
    void (*console)(void *context, char c);
    void *console_context;

    /* hw_ptr(): base + linear - origin for differences <= span, which leaves room for the pointer to the end. */
    uint8_t *base;
    uint32_t origin;
    uint64_t span;
    struct shadow_range
        marked; /* what the sanitizer was told about: a window can be too wide to open it whole */

    hw_page_fault_handler on_page_fault;
    hw_syscall_handler on_syscall;
    uint32_t user_cr3; /* hw_set_user_cr3() */
    hw_interrupt_handler on_interrupt;
    struct guest_riscv riscv;
    unsigned fault_depth;    /* page-fault handlers under way */
    unsigned char fill_byte; /* what RAM holds at power-on */

    struct guest_guard *guard; /* the innermost, NULL outside of calls */
    struct kms_guest *outer;   /* whom the thread was in before */
    unsigned entered;          /* how often, by kms_guest_enter() */

    bool fresh;             /* nothing has happened since the power was switched on */
    unsigned char *statics; /* the module's static data while it is not in the module */
    struct kms_guest_snapshot *power_on, *newest;
};

/* ---- guest_call.c ---- */

/* The guest that the calling thread is in, or NULL. */
extern _Thread_local struct kms_guest *guest_current;

/* Ends the program: `what`, a function of hw.h, was called in no guest. */
_Noreturn void guest_nowhere(const char *what);

/* The guest that the calling thread is in; being in none is misuse of hw.h. */
static inline struct kms_guest *guest_here(const char *what)
{
    if (!guest_current)
        guest_nowhere(what);
    return guest_current;
}

/* End the innermost call, or the program if there is none. Fields of `stop` beside `end` say why. */
_Noreturn void guest_stop(struct kms_guest *guest, const struct kms_guest_stop *stop);
_Noreturn void guest_panic(struct kms_guest *guest, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The guest's static data, as the compiler left it. */
void guest_set_pristine(struct kms_guest *guest);
/* Copies of it, wherever it stands now. */
void guest_save_statics(const struct kms_guest *guest, unsigned char *statics);
void guest_load_statics(struct kms_guest *guest, const unsigned char *statics);

static inline bool guest_is_x86(const struct kms_guest *guest)
{
    return guest->module->ops->arch == GUEST_X86;
}

/* ---- hw.c, hw_x86.c, hw_riscv.c ---- */

/* An explicit access and its bytes. */
struct guest_transfer {
    const struct kms_access *access;
    uint8_t *bytes;
    unsigned width;
};

/* Once, in the address space of its privilege. */
enum kms_result guest_x86_transfer(struct kms_guest *guest, const struct guest_transfer *transfer,
                                   struct kms_fault *fault);
enum kms_result guest_riscv_transfer(struct kms_guest *guest, const struct guest_transfer *transfer,
                                     struct kms_fault *fault);

uint64_t guest_x86_syscall(struct kms_guest *guest, uint64_t command, uint64_t arg1, uint64_t arg2);
uint64_t guest_riscv_syscall(struct kms_guest *guest, uint64_t command, uint64_t arg1, uint64_t arg2);

/* All harts as a boot loader hands them over: in S-mode, paging off. */
void guest_riscv_reset(struct kms_guest *guest);

/* ---- guest_fault.c ---- */

/* Hand a fault to the kernel's handler. True: run the access again; `attempt` says how often it has been. */
bool guest_repair(struct kms_guest *guest, const struct kms_fault *fault, unsigned attempt);
_Noreturn void guest_stop_unbacked(struct kms_guest *guest, kms_phys phys);
/* The window's trouble, by kms_window_options. */
bool guest_window_trouble(void *context, const struct kms_window_event *event);

/* ---- guest_snapshot.c ---- */

void guest_snapshots_free(struct kms_guest *guest);
/* What AddressSanitizer knows about these bytes is about to change. */
void guest_marks_change(const volatile void *at, size_t size);

/* ---- module.c ---- */

/* Before the first guest of a module: what its static data holds now is how the compiler left it. False: no memory. */
bool module_keep_pristine(struct kms_guest_module *module);
size_t module_statics_size(const struct kms_guest_module *module);
/* The module's static data as the compiler left it, and as it is, from and to `statics`. */
void module_statics_pristine(const struct kms_guest_module *module, unsigned char *statics);
void module_statics_save(const struct kms_guest_module *module, unsigned char *statics);
void module_statics_load(const struct kms_guest_module *module, const unsigned char *statics);

#endif
