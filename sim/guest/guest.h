/*
 * guest.h - inside of a guest, for the files of this folder.
 */
#ifndef SIM_GUEST_GUEST_H
#define SIM_GUEST_GUEST_H

#include <kernel/hw.h>
#include <kmemsim/guest.h>
#include <kmemsim/segment.h>
#include <setjmp.h>

/* A call under way that a panic or a fault goes back to. */
struct guest_guard {
    sigjmp_buf back;
    struct kms_guest_stop stop;
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

    /* hw_ptr(): base + linear for linear <= span, which leaves room for the pointer to the end. */
    uint8_t *base;
    uint64_t span;

    hw_page_fault_handler on_page_fault;
    hw_syscall_handler on_syscall;
    uint32_t user_cr3;       /* hw_set_user_cr3() */
    hw_interrupt_handler on_interrupt;
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

/* The guest that the calling thread is in; being in none is misuse of hw.h, and `what` says by which
 * function. */
struct kms_guest *guest_here(const char *what);

/* End the innermost call, or the program if there is none. Fields of `stop` beside `end` say why. */
_Noreturn void guest_stop(struct kms_guest *guest, const struct kms_guest_stop *stop);
_Noreturn void guest_panic(struct kms_guest *guest, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The guest's static data, as the compiler left it. */
void guest_set_pristine(struct kms_guest *guest);
/* Copies of it, wherever it stands now. */
void guest_save_statics(const struct kms_guest *guest, unsigned char *statics);
void guest_load_statics(struct kms_guest *guest, const unsigned char *statics);

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
