/*
 * module.c - the modules of this program, and their static data.
 *
 * Static data that AddressSanitizer has put red zones around must be copied whole, red zones included, so the
 * copies here are made by code that it does not instrument and that no compiler turns into a call of
 * memcpy().
 */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__clang__) || defined(__GNUC__)
#define UNSANITIZED __attribute__((no_sanitize_address, noinline))
#else
#define UNSANITIZED
#endif

static struct kms_guest_module *modules;

/* Eight bytes of whatever is there. */
typedef uint64_t raw_word __attribute__((aligned(1), may_alias));

UNSANITIZED static void raw_copy(unsigned char *to, const unsigned char *from, size_t size)
{
    size_t at = 0;
    for (; size - at >= sizeof(raw_word); at += sizeof(raw_word))
        *(volatile raw_word *)(to + at) = *(const raw_word *)(from + at);
    for (; at < size; at++)
        *(volatile unsigned char *)(to + at) = from[at];
}

static size_t data_size(const struct kms_guest_module *module)
{
    return (size_t)(module->data_end - module->data);
}

static size_t bss_size(const struct kms_guest_module *module)
{
    return (size_t)(module->bss_end - module->bss);
}

size_t module_statics_size(const struct kms_guest_module *module)
{
    return data_size(module) + bss_size(module);
}

void module_statics_pristine(const struct kms_guest_module *module, unsigned char *statics)
{
    memcpy(statics, module->pristine, data_size(module));
    memset(statics + data_size(module), 0, bss_size(module));
}

void module_statics_save(const struct kms_guest_module *module, unsigned char *statics)
{
    raw_copy(statics, module->data, data_size(module));
    raw_copy(statics + data_size(module), module->bss, bss_size(module));
}

void module_statics_load(const struct kms_guest_module *module, const unsigned char *statics)
{
    raw_copy(module->data, statics, data_size(module));
    raw_copy(module->bss, statics + data_size(module), bss_size(module));
}

bool module_keep_pristine(struct kms_guest_module *module)
{
    if (module->pristine)
        return true;
    module->pristine = malloc(data_size(module) + 1);
    if (module->pristine)
        raw_copy(module->pristine, module->data, data_size(module));
    return module->pristine != NULL;
}

void kms_guest_register(struct kms_guest_module *module)
{
    struct kms_guest_module **link = &modules;
    while (*link && strcmp((*link)->name, module->name) < 0)
        link = &(*link)->next;
    if (*link && strcmp((*link)->name, module->name) == 0) {
        fprintf(stderr, "kmemsim: there are two guest modules of the name \"%s\"\n", module->name);
        abort();
    }
    module->next = *link;
    *link = module;
}

struct kms_guest_module *kms_guest_find(const char *name)
{
    for (struct kms_guest_module *module = modules; module; module = module->next) {
        if (strcmp(module->name, name) == 0)
            return module;
    }
    return NULL;
}

struct kms_guest_module *kms_guest_first(void)
{
    return modules;
}
