#define _GNU_SOURCE
#include "window.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define DEFAULT_SIZE      (UINT64_C(1) << 32)
#define DEFAULT_SIZE_RV64 (UINT64_C(1) << 38) /* the lower half of Sv39 */
#define DEFAULT_PAGES     16384u
#define AROUND_MAX        64u
#define SIZE_MAX_BITS     44u /* 2^32 page numbers */

static bool complete(struct kms_window_options *options, enum kms_arch arch)
{
    if (options->size == 0)
        options->size = arch == KMS_ARCH_RV64 ? DEFAULT_SIZE_RV64 : DEFAULT_SIZE;
    if (options->pages == 0)
        options->pages = DEFAULT_PAGES;
    return options->size % KMS_PAGE_SIZE == 0 && options->size >> SIZE_MAX_BITS == 0 &&
           (uintptr_t)options->base % KMS_PAGE_SIZE == 0 && options->pages >= KMS_WINDOW_PAGES_MIN &&
           options->pages <= KMS_WINDOW_PAGES_MAX && options->around <= AROUND_MAX &&
           (options->around & (options->around - 1)) == 0;
}

static enum kms_status reserve(struct kms_window *window, const struct kms_window_options *options)
{
    const int fixed = options->base ? MAP_FIXED_NOREPLACE : 0;
    void *base = mmap(options->base, (size_t)options->size, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
    if (base == MAP_FAILED)
        return errno == EEXIST || errno == EPERM ? KMS_BAD_RANGE : KMS_NO_MEMORY;
    window->base = base;
    window->size = options->size;
    if (options->base && base != options->base) /* a Linux that does not know the flag takes it as a wish */
        return KMS_BAD_RANGE;
    return KMS_OK;
}

static size_t slots_size(const struct kms_window *window)
{
    return (size_t)(window->size >> KMS_PAGE_SHIFT) * sizeof window->slot[0];
}

/* One number for each page of a range that is all but empty: memory that costs nothing until it is used. */
static bool make_slots(struct kms_window *window)
{
    void *slots = mmap(NULL, slots_size(window), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    window->slot = slots == MAP_FAILED ? NULL : slots;
    return window->slot != NULL;
}

static enum kms_status make(struct kms_window *window, const struct kms_window_options *options)
{
    window->pages = calloc(options->pages, sizeof window->pages[0]);
    window->spare = calloc(options->pages, sizeof window->spare[0]);
    window->room = options->pages;
    if (!window->pages || !window->spare)
        return KMS_NO_MEMORY;
    enum kms_status status = reserve(window, options);
    if (status == KMS_OK && !make_slots(window))
        status = KMS_NO_MEMORY;
    if (status == KMS_OK)
        status = kms_window_use();
    return status == KMS_OK ? window_watch(window) : status;
}

static bool is_shared(const struct kms_ram *ram)
{
    struct kms_region region;
    int fd;
    uint64_t offset;
    for (kms_phys phys = 0; phys < kms_ram_end(ram); phys = region.base + region.size) {
        region = kms_ram_region(ram, phys);
        if (region.kind == KMS_REGION_RAM)
            return kms_ram_file(ram, region.base, &fd, &offset);
    }
    return false;
}

enum kms_status kms_window_new(struct kms_cpu *cpu, const struct kms_window_options *given,
                               struct kms_window **window)
{
    struct kms_window_options options = *given;
    struct kms_ram *ram = kms_machine_ram(kms_cpu_machine(cpu));
    *window = NULL;
    if (!complete(&options, kms_cpu_arch(cpu)))
        return KMS_BAD_OPTION;
    if (!is_shared(ram))
        return KMS_UNSUPPORTED;
    struct kms_window *made = calloc(1, sizeof *made);
    if (!made)
        return KMS_NO_MEMORY;
    *made = (struct kms_window){.cpu = cpu,
                                .ram = ram,
                                .around = options.around,
                                .physical = options.physical,
                                .trouble = options.trouble,
                                .context = options.context,
                                .observer = {KMS_EVENT_INVALIDATE | KMS_EVENT_REGISTER | KMS_EVENT_SEGMENT,
                                             window_follow, made, NULL}};
    enum kms_status status = make(made, &options);
    if (status != KMS_OK) {
        kms_window_free(made);
        return status;
    }
    window_reach_changed(made);
    if (window_paging(made) && !made->physical)
        window_drop_all(made);
    else
        window_map_identity(made);
    kms_machine_observe(kms_cpu_machine(cpu), &made->observer);
    *window = made;
    return KMS_OK;
}

void kms_window_free(struct kms_window *window)
{
    if (!window)
        return;
    kms_machine_unobserve(kms_cpu_machine(window->cpu), &window->observer);
    window_unwatch(window);
    if (window->base)
        munmap(window->base, (size_t)window->size);
    if (window->slot)
        munmap(window->slot, slots_size(window));
    free(window->pages);
    free(window->spare);
    free(window);
}

uint8_t *kms_window_base(const struct kms_window *window)
{
    return window->base;
}

uint64_t kms_window_size(const struct kms_window *window)
{
    return window->size;
}

struct kms_window_counts kms_window_counts(const struct kms_window *window)
{
    return window->counts;
}

bool kms_window_mapped(const struct kms_window *window, kms_linear linear, kms_phys *frame)
{
    const struct window_page *page = window_find(window, linear);
    if (window->identity && linear < window->reach && window_is_ram(window, linear & FRAME_MASK)) {
        *frame = linear & FRAME_MASK;
        return true;
    }
    if (!page)
        return false;
    *frame = page->frame;
    return true;
}

enum kms_result kms_window_prefault(struct kms_window *window, const struct kms_access *access, uint64_t size,
                                    struct kms_fault *fault)
{
    struct kms_window_event event = {.access = *access};
    const kms_linear end = access->linear + size;
    assert(end >= access->linear && end <= window->size && "the range is not inside the window");
    enum kms_result result = KMS_DONE;
    while (result == KMS_DONE && event.access.linear < end) {
        result = window_fill(window, &event.access, &event);
        event.access.linear = (event.access.linear & FRAME_MASK) + KMS_PAGE_SIZE;
    }
    if (result == KMS_FAULT && fault)
        *fault = event.fault;
    return result;
}
