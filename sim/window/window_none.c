/*
 * window_none.c - hosts that have no linear window.
 */
#include <kmemsim/window.h>

#include <assert.h>

enum kms_status kms_window_new(struct kms_cpu *cpu, const struct kms_window_options *options,
                               struct kms_window **window)
{
    (void)cpu;
    (void)options;
    *window = NULL;
    return KMS_UNSUPPORTED;
}

/* Nobody can have a window to call the rest with. */

void kms_window_free(struct kms_window *window)
{
    assert(!window);
    (void)window;
}

enum kms_status kms_window_use(void)
{
    return KMS_UNSUPPORTED;
}

uint8_t *kms_window_base(const struct kms_window *window)
{
    (void)window;
    return NULL;
}

uint64_t kms_window_size(const struct kms_window *window)
{
    (void)window;
    return 0;
}

enum kms_result kms_window_prefault(struct kms_window *window, const struct kms_access *access, uint64_t size,
                                    struct kms_fault *fault)
{
    (void)window;
    (void)access;
    (void)size;
    (void)fault;
    return KMS_UNBACKED;
}

void kms_window_protect(struct kms_window *window)
{
    (void)window;
}

enum kms_status kms_window_save(const struct kms_window *window, struct kms_window_state **state)
{
    (void)window;
    *state = NULL;
    return KMS_UNSUPPORTED;
}

void kms_window_load(struct kms_window *window, const struct kms_window_state *state)
{
    (void)window;
    (void)state;
}

void kms_window_state_free(struct kms_window_state *state)
{
    (void)state;
}

bool kms_window_mapped(const struct kms_window *window, kms_linear linear, kms_phys *frame)
{
    (void)window;
    (void)linear;
    (void)frame;
    return false;
}

struct kms_window_counts kms_window_counts(const struct kms_window *window)
{
    (void)window;
    return (struct kms_window_counts){0};
}
