/*
 * boot_compare.h - what has to be the same hosted and on the metal, and the one list of what need not.
 */
#ifndef TESTS_BOOT_COMPARE_H
#define TESTS_BOOT_COMPARE_H

#include "boot_run.h"

/* Without operations, the image tells its story: these lines. Skips where there is no metal. */
void boot_tells(const char *story);

/*
 * Run both and compare: lines of events, boot_subject.same and the books that were found, every entry of every directory
 * and page table, with boot_subject.user_pages the bytes behind those that are the user's, and the backing store. In the window A and D bits
 * too, but for the pages of boot_subject.host_memory; in direct mode the kernel's own accesses do not go through the
 * tables. The first difference fails the test. Skips where there is no metal.
 */
void boot_compare(const struct boot_hosted *hosted);

/* The same with the image's story. */
void boot_compare_story(const struct boot_subject *subject, enum kms_guest_mode mode);

#endif
