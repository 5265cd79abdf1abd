/*
 * window_signal.c - SIGSEGV: ours if the address lies in a window, otherwise whoever's it was before.
 *
 * The handler runs the guest's page-fault handler, which may fault itself: it needs a stack of its own for
 * each thread, and SIGSEGV stays deliverable meanwhile. It may be left by siglongjmp(), which is why nothing
 * is held.
 */
#define _GNU_SOURCE
#include "window.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <ucontext.h>

#define WATCHED_MAX     256u
#define STACK_SIZE      (512u << 10)
#define HOST_ERR_WRITE  0x02 /* of the host's own page-fault error code */
#define HOST_ERR_FETCH  0x10
#define FIRST_REAL_CODE 0 /* si_code of signals that an access raised is above */

/* Ranges are read by signal handlers of other threads while windows come and go: size is set last, cleared
 * first. */
static struct watched {
    _Atomic uintptr_t base;
    _Atomic uint64_t size;
    struct kms_window *window;
} watched[WATCHED_MAX];
static pthread_mutex_t watched_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction previous;

/* ---- the handler ---- */

static struct kms_window *window_at(uintptr_t address)
{
    for (unsigned i = 0; i < WATCHED_MAX; i++) {
        if (address - watched[i].base < watched[i].size)
            return watched[i].window;
    }
    return NULL;
}

static bool serve(const siginfo_t *info, const ucontext_t *context)
{
    const greg_t error = context->uc_mcontext.gregs[REG_ERR];
    struct kms_window *window = info->si_code > FIRST_REAL_CODE ? window_at((uintptr_t)info->si_addr) : NULL;
    if (!window || (error & HOST_ERR_FETCH))
        return false;
    const kms_linear linear = (uintptr_t)info->si_addr - (uintptr_t)window->base;
    return window_serve(window, linear, error & HOST_ERR_WRITE ? KMS_WRITE : KMS_READ);
}

/* Back to the default action: the access runs again and ends the program where it happened. */
static void chain(int number, siginfo_t *info, void *context)
{
    if (previous.sa_flags & SA_SIGINFO)
        previous.sa_sigaction(number, info, context);
    else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
        previous.sa_handler(number);
    else
        signal(SIGSEGV, SIG_DFL);
}

static void on_segv(int number, siginfo_t *info, void *context)
{
    const int saved_errno = errno;
    if (!serve(info, context))
        chain(number, info, context);
    errno = saved_errno;
}

/* ---- windows come and go ---- */

/* Whoever has taken the signal since the last window comes before us no more. */
static bool install(void)
{
    struct sigaction now;
    if (sigaction(SIGSEGV, NULL, &now) != 0)
        return false;
    if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_segv)
        return true;
    previous = now;
    struct sigaction ours = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&ours.sa_mask);
    return sigaction(SIGSEGV, &ours, NULL) == 0;
}

enum kms_status window_watch(struct kms_window *window)
{
    enum kms_status status = KMS_NO_MEMORY;
    pthread_mutex_lock(&watched_lock);
    for (unsigned i = 0; i < WATCHED_MAX && status != KMS_OK; i++) {
        if (watched[i].size != 0)
            continue;
        watched[i].window = window;
        watched[i].base = (uintptr_t)window->base;
        watched[i].size = window->size;
        status = KMS_OK;
    }
    if (status == KMS_OK && !install())
        status = KMS_UNSUPPORTED;
    pthread_mutex_unlock(&watched_lock);
    return status;
}

void window_unwatch(struct kms_window *window)
{
    pthread_mutex_lock(&watched_lock);
    for (unsigned i = 0; i < WATCHED_MAX; i++) {
        if (watched[i].window == window) {
            watched[i].size = 0;
            watched[i].window = NULL;
        }
    }
    pthread_mutex_unlock(&watched_lock);
}

/* ---- the stack of the handler, one for each thread ---- */

static pthread_key_t stack_key;
static pthread_once_t stack_once = PTHREAD_ONCE_INIT;
static bool stack_key_made;
static _Thread_local void *stack_of_thread;

/* At the thread's end; a sanitizer may have taken the stack away before. */
static void free_stack(void *stack)
{
    stack_t now;
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == stack && !(now.ss_flags & SS_DISABLE)) {
        const stack_t none = {.ss_flags = SS_DISABLE};
        sigaltstack(&none, NULL);
        munmap(stack, STACK_SIZE);
    }
}

static void make_key(void)
{
    stack_key_made = pthread_key_create(&stack_key, free_stack) == 0;
}

enum kms_status kms_window_use(void)
{
    if (stack_of_thread)
        return KMS_OK;
    pthread_once(&stack_once, make_key);
    void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return KMS_NO_MEMORY;
    if (!stack_key_made || sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = STACK_SIZE}, NULL) != 0) {
        munmap(stack, STACK_SIZE);
        return KMS_NO_MEMORY;
    }
    pthread_setspecific(stack_key, stack);
    stack_of_thread = stack;
    return KMS_OK;
}
