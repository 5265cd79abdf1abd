/*
 * What a sanitizer knows of kernel memory is kept for snapshots, judged by a sanitizer of this file's own: one byte of
 * shadow for eight of memory, 0 for what may be touched. Built where AddressSanitizer itself is not.
 */
#include "kms_test.h"

#include "guest/guest.h"
#include "guest/shadow.h"

#include <string.h>

enum { PAGES = 100, SHUT = 0xf7 };

static _Alignas(KMS_PAGE_SIZE) uint8_t memory[PAGES * KMS_PAGE_SIZE];
static uint8_t shadow[sizeof memory / 8];
static const struct shadow_range range = {memory, sizeof memory};

void __asan_poison_memory_region(const volatile void *address, size_t size);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);
void __asan_get_shadow_mapping(size_t *scale, size_t *offset);
void kms_guest_asan_poison(const volatile void *address, size_t size);
void kms_guest_asan_unpoison(const volatile void *address, size_t size);

static uint8_t *shadow_at(const volatile void *address)
{
    return &shadow[((uintptr_t)address - (uintptr_t)memory) / 8];
}

void __asan_poison_memory_region(const volatile void *address, size_t size)
{
    memset(shadow_at(address), SHUT, size / 8);
}

void __asan_unpoison_memory_region(const volatile void *address, size_t size)
{
    memset(shadow_at(address), 0, size / 8);
}

void __asan_get_shadow_mapping(size_t *scale, size_t *offset)
{
    *scale = 3;
    *offset = (uintptr_t)shadow - ((uintptr_t)memory >> 3);
}

static int shut_bytes(void)
{
    int count = 0;
    for (size_t i = 0; i < sizeof shadow; i++)
        count += shadow[i] == SHUT;
    return count * 8;
}

static void poison(struct shadow_log *log, const void *at, size_t size)
{
    shadow_log_save(log, &range, at, size);
    __asan_poison_memory_region(at, size);
}

static void marks_go_back(void **state)
{
    struct shadow_log log = {0};
    (void)state;
    shadow_open(&range);
    __asan_poison_memory_region(memory + 64, 128); /* before the snapshot */
    poison(&log, memory + KMS_PAGE_SIZE - 8, 16);  /* two pages */
    poison(&log, memory, 8);                       /* a page that is saved already */
    assert_int_equal(shut_bytes(), 128 + 16 + 8);
    shadow_log_apply(&log, &range);
    assert_int_equal(shut_bytes(), 128);
    poison(&log, memory + 4 * KMS_PAGE_SIZE, 8);
    shadow_log_apply(&log, &range);
    assert_int_equal(shut_bytes(), 128);
    shadow_log_free(&log);
}

static void every_page_may_change(void **state)
{
    struct shadow_log log = {0};
    (void)state;
    shadow_open(&range);
    for (unsigned page = 0; page < PAGES; page++)
        poison(&log, memory + page * KMS_PAGE_SIZE, KMS_PAGE_SIZE);
    assert_int_equal(shut_bytes(), sizeof memory);
    shadow_log_apply(&log, &range);
    assert_int_equal(shut_bytes(), 0);
    shadow_log_free(&log);
}

static void marks_elsewhere_are_not_kept(void **state)
{
    struct shadow_log log = {0};
    (void)state;
    shadow_open(&range);
    shadow_log_save(&log, &range, memory + sizeof memory, 8);
    shadow_log_save(&log, &range, memory, 0);
    assert_null(log.slot);
    shadow_log_save(&log, &range, memory + sizeof memory - 8, SIZE_MAX / 2); /* cut at the end */
    __asan_poison_memory_region(memory + sizeof memory - 8, 8);
    shadow_log_apply(&log, &range);
    assert_int_equal(shut_bytes(), 0);
    shadow_log_free(&log);
}

/* ---- through a guest: what kernel/sanitize.h calls ---- */

static void mark(void *context)
{
    (void)context;
    kms_guest_asan_poison(memory, 64);
    kms_guest_asan_unpoison(memory, 32);
}

static void a_kernels_marks_reach_the_sanitizer(void **state)
{
    struct kms_guest *guest;
    (void)state;
    shadow_open(&range);
    assert_int_equal(kms_guest_new(&(struct kms_guest_options){.kernel = "mini", .plain = true}, &guest),
                     KMS_OK);
    assert_int_equal(kms_guest_call(guest, mark, NULL, NULL), KMS_GUEST_RETURNED);
    assert_int_equal(shut_bytes(), 32);
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("marks that changed since a snapshot go back to what they were", marks_go_back),
    KMS_TEST("the marks of every page may change between two snapshots", every_page_may_change),
    KMS_TEST("marks outside of kernel memory are not kept", marks_elsewhere_are_not_kept),
    KMS_TEST("a kernel's marks reach the sanitizer", a_kernels_marks_reach_the_sanitizer),
};
KMS_TESTS(shadow, tests)
