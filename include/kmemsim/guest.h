/*
 * guest.h - a kernel run as a program: a module (the kernel's code), a machine, and the seam between them.
 *
 *     struct kms_guest *guest;
 *     struct kms_guest_stop stop;
 *     kms_guest_new(&(struct kms_guest_options){.kernel = "vana", .mode = KMS_GUEST_WINDOW}, &guest);
 *     if (kms_guest_boot(guest, &stop) != KMS_GUEST_RETURNED || stop.status < 0) ...
 *     static void work(void *context)
 *     {
 *         struct work *work = context;
 *         work->address = work->ops->alloc(5000, 0);
 *     }
 *     kms_guest_call(guest, work, &my_work, &stop);
 *
 * A module is a kernel's sources, built by kmemsim_add_guest() (sim/guest/KmemsimGuest.cmake), with all of
 * its symbols local, so that kernels which define the same names live in one program. It speaks to its
 * machine through include/kernel/hw.h alone; the functions of hw.h act on the guest that the calling thread
 * is in.
 *
 * A program may hold many guests, of one module too: entering another guest of the same module exchanges the
 * module's static data, which costs a copy of it. One thread at a time per machine and per module.
 */
#ifndef KMEMSIM_GUEST_H
#define KMEMSIM_GUEST_H

#include <kernel/guest.h>
#include <kmemsim/window.h>
#include <kmemsim/x86.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- modules ---- */

struct kms_guest;

/* Made by kmemsim_add_guest(); the fields after `ops` are for sim/guest. */
struct kms_guest_module {
    const char *name; /* the NAME of kmemsim_add_guest() */
    const struct guest_ops *ops;
    unsigned char *data, *data_end; /* initialised static data */
    unsigned char *bss, *bss_end;   /* zeroed static data */
    unsigned char *pristine;        /* what `data` held before the first guest; NULL until then */
    struct kms_guest *live;         /* whose static data stands in the module now */
    struct kms_guest_module *next;
};

/* Every module that is linked in or loaded registers itself before main(). The list is by name. */
struct kms_guest_module *kms_guest_find(const char *name);
struct kms_guest_module *kms_guest_first(void);
static inline struct kms_guest_module *kms_guest_next(const struct kms_guest_module *module)
{
    return module->next;
}
/* For the code that kmemsim_add_guest() generates. A second module of a name ends the program with words. */
void kms_guest_register(struct kms_guest_module *module);

/* ---- guests ---- */

enum kms_guest_mode {
    KMS_GUEST_DIRECT, /* hw_ptr() gives host pointers to RAM at the same physical address; portable */
    KMS_GUEST_WINDOW, /* hw_ptr() gives pointers into a linear window: every access goes through the MMU */
};

/* Zero is the default of every field but the module, which comes by name or by pointer. */
struct kms_guest_options {
    const char *kernel;              /* a module's name, or */
    struct kms_guest_module *module; /* the module itself */
    enum kms_guest_mode mode;
    bool
        plain; /* direct mode: pointers to the machine's own RAM instead of a second view of it. The view notes
                   what is written, for snapshots, and keeps what AddressSanitizer is told about kernel memory
                   apart from the machine's own accesses; it needs what the window needs, and without that every
                   direct guest is plain */
    struct kms_options machine; /* ram_size 0: what the kernel's table asks for; `ram.shared` is set here */
    uint32_t store_pages; /* of backing store, 4 KiB each, at least 16; 0: what the kernel's table asks for */
    struct kms_window_options window;       /* its `trouble` is set here */
    void (*console)(void *context, char c); /* what the kernel prints; NULL: dropped */
    void *context;
};

/*
 * A guest that was not booted. On an error *guest is NULL. KMS_BAD_OPTION: no such module, or one built for
 * another GUEST_ABI; KMS_UNSUPPORTED: no window on this host.
 */
enum kms_status kms_guest_new(const struct kms_guest_options *options, struct kms_guest **guest);
void kms_guest_free(struct kms_guest *guest);

struct kms_machine *kms_guest_machine(struct kms_guest *guest);
struct kms_cpu *kms_guest_cpu(struct kms_guest *guest);
struct kms_window *kms_guest_window(struct kms_guest *guest); /* NULL in direct mode */
const struct kms_guest_module *kms_guest_module(const struct kms_guest *guest);
enum kms_guest_mode kms_guest_mode(const struct kms_guest *guest);

/* ---- calls ---- */

/* How a call into the kernel ended. After anything but KMS_GUEST_RETURNED the kernel is where it was cut off:
 * the machine and its memory stand as they are, and further calls are possible. */
enum kms_guest_end {
    KMS_GUEST_RETURNED,
    KMS_GUEST_PANIC,    /* hw_panic(): reason */
    KMS_GUEST_FAULT,    /* an access of the kernel's own, not repaired by its handler: fault */
    KMS_GUEST_UNBACKED, /* the kernel went where no RAM is: phys, in direct mode from hw_ptr() itself */
};

#define KMS_GUEST_REASON 200u

struct kms_guest_stop {
    enum kms_guest_end end;
    int status; /* of boot */
    struct kms_fault fault;
    kms_phys phys;
    char reason[KMS_GUEST_REASON]; /* one line in words; empty after KMS_GUEST_RETURNED */
};

/*
 * Power on and boot: RAM as at power-on, registers as after reset, static data as the compiler left it, then
 * the kernel's boot(), whose status goes to stop->status. All snapshots of the guest are gone. `stop` may be
 * NULL here and below.
 */
enum kms_guest_end kms_guest_boot(struct kms_guest *guest, struct kms_guest_stop *stop);

/* The same without boot(): for kernels that are driven some other way. */
void kms_guest_reset(struct kms_guest *guest);

/*
 * Run `body` in the guest: it calls the kernel's functions through its table, as often as it likes. A panic
 * or a fault leaves `body` at once by siglongjmp(), so it must hold nothing that needs releasing. Calls of
 * other guests may be nested in it, not of the same guest. About 20 ns beside the work.
 */
enum kms_guest_end kms_guest_call(struct kms_guest *guest, void (*body)(void *context), void *context,
                                  struct kms_guest_stop *stop);

/*
 * The same without a net: between enter and leave the calling thread is in the guest, and a panic or a fault
 * ends the program with words. For tests and benchmarks whose calls must not fail. kms_guest_call() may be
 * used in between. Leaving goes back to the guest that the thread was in before.
 */
void kms_guest_enter(struct kms_guest *guest);
void kms_guest_leave(struct kms_guest *guest);

/* ---- snapshots ---- */

/*
 * The whole guest: RAM, registers, TLB, window, static data, handlers, and what AddressSanitizer was told
 * about kernel memory. Restoring costs what was written since, and a copy of the module's static data.
 * Snapshots nest: restoring an older one discards the newer ones. Between calls only.
 *
 * Without a view (see `plain`) the writes of native code go unseen, so taking a snapshot copies all of RAM and
 * restoring puts all of it back.
 */
struct kms_guest_snapshot;
enum kms_status kms_guest_snapshot_take(struct kms_guest *guest, struct kms_guest_snapshot **snapshot);
void kms_guest_snapshot_restore(struct kms_guest *guest, struct kms_guest_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

#endif
