#include "vlsos_fixture.h"

#include <string.h>

#include "guest.h"
#include "kmem.h"
#include "memory.h"
#include "slab.h"

VLSOS_UNDER_TEST;

static struct slab_cache cache;

static void make_cache(uint32_t size, uint32_t align)
{
    assert_int_equal(
        slab_cache_create(&cache, &(struct slab_options){.name = "file", .size = size, .align = align}),
        VLSOS_OK);
}

static uint32_t take(void)
{
    void *const object = slab_alloc(&cache);

    return object ? hw_linear(object) : 0;
}

static int give(uint32_t linear)
{
    return slab_free(&cache, hw_ptr(linear));
}

/* ---- objects ---- */

static void objects_are_apart_and_aligned(void **state)
{
    static const uint32_t aligns[] = {0, 8, 16, 64, 256, 1024};

    (void)state;
    for (size_t a = 0; a < sizeof aligns / sizeof aligns[0]; a++) {
        uint32_t before = 0;

        make_cache(100, aligns[a]);
        for (unsigned i = 0; i < 20; i++) {
            const uint32_t object = take();

            assert_int_equal(object % (aligns[a] ? aligns[a] : 8), 0);
            assert_true(object - before >= 100 || before - object >= 100);
            memset(hw_ptr(object), (int)i, 100);
            before = object;
        }
        assert_null(slab_check(&cache));
        assert_int_equal(slab_cache_destroy(&cache), VLSOS_EBUSY);
        slab_init();
    }
    fixture_is_broken(); /* slabs without their caches */
}

static void an_object_that_is_given_back_is_the_next_one(void **state)
{
    uint32_t first;

    (void)state;
    make_cache(64, 0);
    first = take();
    assert_int_not_equal(take(), first);
    assert_int_equal(give(first), VLSOS_OK);
    assert_int_equal(take(), first);
}

static void objects_of_all_sizes_hold_what_is_written_to_them(void **state)
{
    static uint32_t objects[200];

    (void)state;
    for (uint32_t size = 1; size <= SLAB_SIZE_MOST; size = size * 3 / 2 + 1) {
        make_cache(size, 0);
        for (unsigned i = 0; i < 200; i++) {
            objects[i] = take();
            assert_int_not_equal(objects[i], 0);
            memset(hw_ptr(objects[i]), (int)i, size);
        }
        for (unsigned i = 0; i < 200; i++) {
            for (uint32_t byte = 0; byte < size; byte++)
                assert_int_equal(((unsigned char *)hw_ptr(objects[i]))[byte], i);
            assert_int_equal(give(objects[i]), VLSOS_OK);
        }
        assert_null(slab_check(&cache));
        assert_int_equal(slab_cache_destroy(&cache), VLSOS_OK);
    }
}

/* ---- constructors ---- */

static unsigned constructed;

static void construct(void *object)
{
    memset(object, 0x77, 32);
    constructed++;
}

static void a_constructor_runs_once_for_each_object_of_a_slab(void **state)
{
    unsigned char *object;

    (void)state;
    constructed = 0;
    assert_int_equal(slab_cache_create(&cache, &(struct slab_options){"inode", 32, 0, construct}), VLSOS_OK);
    assert_int_equal(constructed, 0);
    object = slab_alloc(&cache);
    assert_int_equal(constructed, cache.per_slab);
    assert_int_equal(object[31], 0x77);
    object[5] = 0x12; /* a free object keeps what its owner left */
    assert_int_equal(slab_free(&cache, object), VLSOS_OK);
    assert_ptr_equal(slab_alloc(&cache), object);
    assert_int_equal(object[5], 0x12);
    assert_int_equal(constructed, cache.per_slab);
}

/* ---- slabs ---- */

static void slabs_start_their_objects_at_different_colours(void **state)
{
    uint32_t first[4];

    (void)state;
    make_cache(700, 0);
    assert_true(cache.colours > 1);
    for (unsigned slab = 0; slab < 4; slab++) {
        first[slab] = take() % (4096u << cache.order);
        for (unsigned i = 1; i < cache.per_slab; i++)
            assert_int_not_equal(take(), 0);
    }
    for (unsigned slab = 1; slab < 4; slab++)
        assert_int_equal(first[slab], first[0] + slab % cache.colours * SLAB_COLOUR);
}

static void empty_slabs_stay_until_they_are_reclaimed(void **state)
{
    const uint32_t free_frames = kernel_pages.free_frames;
    uint32_t objects[100];

    (void)state;
    make_cache(1000, 0);
    for (unsigned i = 0; i < 100; i++)
        objects[i] = take();
    for (unsigned i = 0; i < 99; i++)
        assert_int_equal(give(objects[i]), VLSOS_OK);
    assert_true(cache.statistics.empty_slabs > 0); /* all but the one in use and those of spares */
    assert_int_equal(slab_reclaim(&cache), cache.statistics.slabs_made - 1);
    assert_int_equal(cache.statistics.slabs, 1);
    assert_int_equal(give(objects[99]), VLSOS_OK);
    assert_int_equal(slab_cache_destroy(&cache), VLSOS_OK);
    assert_int_equal(kernel_pages.free_frames, free_frames);
}

static void when_pages_run_out_empty_slabs_are_taken_back(void **state)
{
    uint32_t object, page, last = 0;

    (void)state;
    make_cache(64, 0);
    object = take();
    assert_int_equal(give(object), VLSOS_OK);
    while ((page = pages_alloc(0)) != PAGES_NONE)
        last = page;
    assert_int_equal(cache.statistics.slabs, 0); /* its page was handed out too */
    assert_int_equal(take(), 0);
    assert_int_equal(cache.statistics.failures, 1);
    assert_int_equal(pages_free(last, 0), VLSOS_OK);
    assert_int_not_equal(take(), 0);
}

static void statistics_tell_what_a_cache_did(void **state)
{
    (void)state;
    make_cache(40, 0);
    for (unsigned i = 0; i < 10; i++)
        assert_int_not_equal(take(), 0);
    assert_int_equal(give(take()), VLSOS_OK);
    assert_null(slab_alloc_by(&cache, 41, "test"));
    assert_int_equal(cache.statistics.allocations, 11);
    assert_int_equal(cache.statistics.failures, 1);
    assert_int_equal(slab_objects(&cache), 10);
    assert_int_equal(cache.statistics.most_objects, 11);
    assert_int_equal(cache.statistics.slabs, 1);
}

/* ---- misuse ---- */

static void only_an_object_that_is_handed_out_is_taken_back(void **state)
{
    struct slab_cache other;
    uint32_t object, page;

    (void)state;
    make_cache(64, 0);
    assert_int_equal(slab_cache_create(&other, &(struct slab_options){.name = "other", .size = 64}),
                     VLSOS_OK);
    object = take();
    page = pages_alloc(cache.order);
    assert_int_equal(give(object + 8), VLSOS_EINVAL);
    assert_int_equal(give(object & ~0xfffu), VLSOS_EINVAL); /* the header */
    assert_int_equal(give(object + 64), VLSOS_EINVAL);      /* free */
    assert_int_equal(slab_free(&other, hw_ptr(object)), VLSOS_EINVAL);
    assert_int_equal(give(page), VLSOS_EINVAL);
    assert_int_equal(give(0x200000), VLSOS_EINVAL);
    assert_int_equal(give(0), VLSOS_EINVAL);
    assert_int_equal(slab_free(&cache, NULL), VLSOS_EINVAL);
    assert_int_equal(give(object), VLSOS_OK);
    assert_int_equal(give(object), VLSOS_EINVAL);
    assert_int_equal(slab_cache_destroy(&other), VLSOS_OK);
    assert_int_equal(slab_cache_destroy(&other), VLSOS_EINVAL);
}

static void options_that_make_no_cache_are_refused(void **state)
{
    static const struct slab_options wrong[] = {
        {NULL, 8, 0, NULL}, {"a", 0, 0, NULL},    {"a", SLAB_SIZE_MOST + 1, 0, NULL},
        {"a", 8, 24, NULL}, {"a", 8, 2048, NULL}, {"a", UINT32_MAX, 0, NULL},
    };
    static struct slab_cache many[SLAB_CACHES];
    unsigned made = 0;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(slab_cache_create(&cache, &wrong[i]), VLSOS_EINVAL);
    while (slab_cache_create(&many[made], &(struct slab_options){.name = "many", .size = 8}) == VLSOS_OK)
        made++;
    assert_true(made > 0 && made < SLAB_CACHES);
    while (made > 0)
        assert_int_equal(slab_cache_destroy(&many[--made]), VLSOS_OK);
}

static void a_failure_at_any_page_loses_nothing(void **state)
{
    (void)state;
    make_cache(2000, 0);
    for (uint32_t n = 1; n < 30; n++) {
        uint32_t objects[40], count = 0;

        buddy_fail_at(&kernel_pages, n);
        while (count < 40 && (objects[count] = take()) != 0)
            count++;
        buddy_fail_at(&kernel_pages, 0);
        assert_null(slab_check(&cache));
        while (count > 0)
            assert_int_equal(give(objects[--count]), VLSOS_OK);
        (void)slab_reclaim(&cache);
    }
}

/* ---- the checker ---- */

static void expect_broken(const char *words)
{
    const char *const broken = slab_check(&cache);

    fixture_is_broken();
    assert_non_null(broken);
    if (!strstr(broken, words))
        fail_msg("\"%s\" and not \"%s\"", broken, words);
}

static void the_checker_names_the_slab_and_what_is_wrong(void **state)
{
    uint16_t *chain;

    (void)state;
    make_cache(64, 0);
    chain = (uint16_t *)hw_ptr((take() & ~0xfffu) + 20); /* behind the header */
    assert_int_equal(chain[0], UINT16_MAX);
    chain[1] = 1; /* a free object that follows itself */
    expect_broken("slab cache file, slab 0x");
    expect_broken("the chain of free objects leads astray");
    chain[1] = 2;
    chain[5] = UINT16_MAX;
    expect_broken("astray"); /* it ends in the number of a taken one */
    chain[5] = 6;
    cache.statistics.taken++;
    expect_broken("the count of objects is not their number");
    cache.statistics.taken--;
    cache.statistics.slabs++;
    expect_broken("the count of slabs is not their number");
    cache.statistics.slabs--;
    pages_tag(cache.partial, cache.order, PAGES_TAG_SLAB + cache.number + PAGES_NOTED(3));
    expect_broken("its pages have another colour");
    pages_tag(cache.partial, cache.order, PAGES_TAG_SLAB + cache.number);
    cache.full = cache.partial;
    cache.partial = 0;
    expect_broken("in the wrong list");
}

/* ---- kmem ---- */

static void requests_of_any_size_are_answered_and_taken_back(void **state)
{
    const uint32_t free_frames = kernel_pages.free_frames;
    static const size_t sizes[] = {1,    15,   16,   17,   32,   33,   64,     100,     128,
                                   1000, 2047, 2048, 2049, 4096, 4097, 100000, 4u << 20};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *const ptr = kmem_alloc(sizes[i]);

        assert_non_null(ptr);
        assert_int_equal(hw_linear(ptr) % (sizes[i] > KMEM_SMALL ? 4096 : KMEM_ALIGN), 0);
        memset(ptr, 0xff, sizes[i]);
        assert_int_equal(kmem_free(ptr), VLSOS_OK);
        assert_int_equal(kmem_free(ptr), VLSOS_EINVAL);
    }
    (void)slab_reclaim_all();
    assert_int_equal(kernel_pages.free_frames, free_frames);
}

static void what_no_memory_can_hold_is_refused(void **state)
{
    (void)state;
    assert_null(kmem_alloc(0));
    assert_null(kmem_alloc((4u << 20) + 1));
    assert_null(kmem_alloc(SIZE_MAX));
    assert_null(kmem_alloc_pages(0));
    assert_int_equal(kmem_free(NULL), VLSOS_EINVAL);
    assert_int_equal(kmem_free(hw_ptr(paging_kernel.root)), VLSOS_EINVAL); /* the kernel's own page */
}

static void zeroed_memory_is_zero_and_no_byte_more(void **state)
{
    unsigned char *first = kmem_alloc(64);
    unsigned char *again;

    (void)state;
    memset(first, 0xff, 64);
    assert_int_equal(kmem_free(first), VLSOS_OK);
    again = kmem_zalloc(64);
    assert_ptr_equal(again, first);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(again[i], 0);
}

static void a_request_fails_when_it_was_ordered_to(void **state)
{
    (void)state;
    kmem_fail_at(2);
    assert_non_null(kmem_alloc(10));
    assert_null(kmem_alloc(10));
    assert_non_null(kmem_alloc(10));
    kmem_fail_at(1);
    assert_null(kmem_alloc_pages(10));
}

/* ---- the door ---- */

static void tools_reach_all_of_it_through_the_table(void **state)
{
    const struct guest_ops *const ops = &vlsos_guest;
    struct guest_heap_info info;
    guest_addr small, large, physical = 0;

    (void)state;
    small = ops->alloc(100, GUEST_ZEROED);
    large = ops->alloc(10000, GUEST_ALIGNED);
    assert_int_equal(large % PAGE_SIZE, 0);
    assert_int_equal(ops->heap_unit(small), 1);
    assert_int_equal(ops->heap_unit(large), 1);
    assert_int_equal(ops->heap_unit(large + 2 * PAGE_SIZE), 2);
    assert_int_equal(ops->heap_unit(0x00ff0000), 0);
    assert_int_equal(ops->heap_unit(0x00200000), VLSOS_EINVAL);
    assert_int_equal(ops->physical(large + 7, &physical), VLSOS_OK);
    assert_int_equal(physical, large + 7);
    assert_int_equal(ops->heap_info(&info), VLSOS_OK);
    assert_int_equal(info.start, 0x00400000);
    assert_int_equal(info.size, 12u << 20);
    assert_int_equal(info.longest_free_units, 1024);
    assert_int_equal(ops->free(small), VLSOS_OK);
    assert_int_equal(ops->free(large), VLSOS_OK);
    assert_int_equal(ops->free(large), VLSOS_EINVAL);
    assert_int_equal(ops->free(0), VLSOS_EINVAL);
    assert_int_equal(ops->free(0x200000), VLSOS_EINVAL);
    assert_int_equal(ops->free(UINT64_MAX), VLSOS_EINVAL);
    assert_int_equal(ops->alloc(UINT64_MAX, 0), 0);
    assert_string_equal(ops->status_name(VLSOS_ECORRUPT), "VLSOS_ECORRUPT");
    assert_string_equal(ops->status_name(-99), "unknown");
    assert_string_equal(ops->status_name(1), "unknown");
}

static uint64_t bytes_touched(void)
{
    struct guest_work work;

    vlsos_guest.work(&work);
    return work.bytes_touched;
}

/*
 * By hand, where a slab has free objects: an object comes from it into a spare (the first free one and the number taken read
 * and written, 8; a link read, 2; the spare written), and out of that (the spare read, a link written, 2). Back it goes into a
 * spare: a tag and a colour, 2; a link read and written, 4. The next request finds it there.
 */
static void what_small_requests_touch_is_counted(void **state)
{
    const uint64_t spare = sizeof(struct slab_spare);
    uint64_t before;
    void *object;

    (void)state;
    assert_non_null(kmem_alloc(16));
    before = bytes_touched();
    object = kmem_alloc(16);
    assert_int_equal(bytes_touched() - before, 8 + 2 + spare + spare + 2);
    before = bytes_touched();
    assert_int_equal(kmem_free(object), VLSOS_OK);
    assert_int_equal(bytes_touched() - before, 2 + 4 + spare);
    before = bytes_touched();
    assert_non_null(kmem_alloc(16));
    assert_int_equal(bytes_touched() - before, spare + 2);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("objects are apart and aligned", objects_are_apart_and_aligned),
    AFTER_BOOT("an object that is given back is the next one", an_object_that_is_given_back_is_the_next_one),
    AFTER_BOOT("objects of all sizes hold what is written to them",
               objects_of_all_sizes_hold_what_is_written_to_them),
    AFTER_BOOT("a constructor runs once for each object of a slab",
               a_constructor_runs_once_for_each_object_of_a_slab),
    AFTER_BOOT("slabs start their objects at different colours",
               slabs_start_their_objects_at_different_colours),
    AFTER_BOOT("empty slabs stay until they are reclaimed", empty_slabs_stay_until_they_are_reclaimed),
    AFTER_BOOT("when pages run out, empty slabs are taken back",
               when_pages_run_out_empty_slabs_are_taken_back),
    AFTER_BOOT("statistics tell what a cache did", statistics_tell_what_a_cache_did),
    AFTER_BOOT("only an object that is handed out is taken back",
               only_an_object_that_is_handed_out_is_taken_back),
    AFTER_BOOT("options that make no cache are refused", options_that_make_no_cache_are_refused),
    AFTER_BOOT("a failure at any page loses nothing", a_failure_at_any_page_loses_nothing),
    AFTER_BOOT("the checker names the slab and what is wrong", the_checker_names_the_slab_and_what_is_wrong),
    AFTER_BOOT("requests of any size are answered and taken back",
               requests_of_any_size_are_answered_and_taken_back),
    AFTER_BOOT("what no memory can hold is refused", what_no_memory_can_hold_is_refused),
    AFTER_BOOT("zeroed memory is zero", zeroed_memory_is_zero_and_no_byte_more),
    AFTER_BOOT("a request fails when it was ordered to", a_request_fails_when_it_was_ordered_to),
    AFTER_BOOT("what small requests touch is counted", what_small_requests_touch_is_counted),
    AFTER_BOOT("tools reach all of it through the table", tools_reach_all_of_it_through_the_table),
};
KMS_TESTS(vlsos_slab, tests)
