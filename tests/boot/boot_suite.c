#include "boot_suite.h"

#include "kms_test.h"

static void the_story_is_told(void **state)
{
    (void)state;
    boot_tells(boot_suite.story);
}

static void story_direct(void **state)
{
    (void)state;
    boot_compare_story(boot_suite.subject, KMS_GUEST_DIRECT);
}

static void story_in_the_window(void **state)
{
    (void)state;
    boot_compare_story(boot_suite.subject, KMS_GUEST_WINDOW);
}

static void compare_random(enum kms_guest_mode mode, uint32_t seed)
{
    static struct replay_op ops[BOOT_RANDOM_OPERATIONS];

    boot_suite.random(seed, ops, BOOT_RANDOM_OPERATIONS);
    boot_compare(&(struct boot_hosted){boot_suite.subject, mode, ops, BOOT_RANDOM_OPERATIONS});
}

static void random_direct(void **state)
{
    (void)state;
    compare_random(KMS_GUEST_DIRECT, 1);
}

static void random_in_the_window(void **state)
{
    (void)state;
    for (uint32_t seed = 2; seed < 2 + boot_suite.window_seeds; seed++)
        compare_random(KMS_GUEST_WINDOW, seed);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("the image boots in QEMU and tells its story on the serial port", the_story_is_told),
    KMS_TEST("the story hosted in direct mode leaves the metal's memory and tables", story_direct),
    KMS_TEST("the story in the window leaves the metal's memory and tables, A and D included",
             story_in_the_window),
    KMS_TEST("random operations hosted in direct mode do what they do on the metal", random_direct),
    KMS_TEST("random operations in the window leave the metal's memory and tables, A and D included",
             random_in_the_window),
};
KMS_TESTS(boot_suite, tests)
