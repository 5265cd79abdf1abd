/*
 * guest_call.c - being in a guest: whose hw.h it is, and the way out of a call that cannot go on.
 *
 * Invariant: while guest_current is not NULL, its module holds its static data.
 */
#include "guest.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Thread_local struct kms_guest *guest_current;

/* ---- static data ---- */

static void make_live(struct kms_guest *guest)
{
    struct kms_guest_module *module = guest->module;
    if (module->live == guest)
        return;
    if (module->live)
        module_statics_save(module, module->live->statics);
    module_statics_load(module, guest->statics);
    module->live = guest;
}

void guest_set_pristine(struct kms_guest *guest)
{
    module_statics_pristine(guest->module, guest->statics);
    if (guest->module->live == guest)
        module_statics_load(guest->module, guest->statics);
}

void guest_save_statics(const struct kms_guest *guest, unsigned char *statics)
{
    if (guest->module->live == guest)
        module_statics_save(guest->module, statics);
    else
        memcpy(statics, guest->statics, module_statics_size(guest->module));
}

void guest_load_statics(struct kms_guest *guest, const unsigned char *statics)
{
    if (guest->module->live == guest)
        module_statics_load(guest->module, statics);
    else
        memcpy(guest->statics, statics, module_statics_size(guest->module));
}

/* ---- in and out ---- */

void guest_nowhere(const char *what)
{
    fprintf(stderr, "kmemsim: %s() was called by a thread that is in no guest\n", what);
    abort();
}

static void set_current(struct kms_guest *guest)
{
    guest_current = guest;
    if (guest)
        make_live(guest);
}

void kms_guest_enter(struct kms_guest *guest)
{
    if (guest->entered++ > 0) {
        assert(guest_current == guest && "a guest is entered again from inside another one");
        return;
    }
    if (guest->window && kms_window_use() != KMS_OK) {
        fputs("kmemsim: no memory for the stack of the signal handler\n", stderr);
        abort();
    }
    guest->outer = guest_current;
    set_current(guest);
}

void kms_guest_leave(struct kms_guest *guest)
{
    assert(guest_current == guest && "only the guest entered last can be left");
    if (--guest->entered == 0)
        set_current(guest->outer);
}

enum kms_guest_end kms_guest_call(struct kms_guest *guest, void (*body)(void *context), void *context,
                                  struct kms_guest_stop *stop)
{
    struct guest_guard guard;
    struct guest_guard *const outer_guard = guest->guard;
    const unsigned entered = guest->entered, fault_depth = guest->fault_depth;

    kms_guest_enter(guest);
    guest->fresh = false;
    guest->guard = &guard;
    if (sigsetjmp(guard.back, 0) == 0) {
        body(context);
        guard.stop.end = KMS_GUEST_RETURNED;
        guard.stop.reason[0] = '\0';
    }
    guest->guard = outer_guard;
    guest->fault_depth = fault_depth;
    guest->entered = entered + 1;
    kms_guest_leave(guest);
    if (stop) {
        *stop = guard.stop;
        stop->status = 0;
    }
    // cppcheck-suppress uninitvar // guest_stop() fills it before it jumps back
    return guard.stop.end;
}

/* ---- the way out ---- */

void guest_stop(struct kms_guest *guest, const struct kms_guest_stop *stop)
{
    if (!guest->guard) {
        fprintf(stderr, "kmemsim: %s stopped outside of kms_guest_call(): %s\n", guest->module->name,
                stop->reason);
        abort();
    }
    guest->guard->stop = *stop;
    siglongjmp(guest->guard->back, 1);
}

void guest_panic(struct kms_guest *guest, const char *format, ...)
{
    struct kms_guest_stop stop = {.end = KMS_GUEST_PANIC};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(stop.reason, sizeof stop.reason, format, arguments);
    va_end(arguments);
    guest_stop(guest, &stop);
}
