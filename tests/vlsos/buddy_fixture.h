/*
 * buddy_fixture.h - one buddy allocator for a test. Nothing is behind the addresses that it deals in: an allocator never
 * touches what it hands out. Around its books are bytes that it must leave alone.
 */
#ifndef TESTS_VLSOS_BUDDY_FIXTURE_H
#define TESTS_VLSOS_BUDDY_FIXTURE_H

#include "kms_test.h"

#include "vlsos/buddy.h"

#define FRAME ((uint32_t)4096)
#define TOP   (4u << 20)
#define START 0x00400000u

struct buddy_fixture {
    struct buddy buddy;
    unsigned char *memory;
    size_t bytes;
    bool broken; /* on purpose: the teardown does not check */
};

extern struct buddy_fixture *it;

/* A region for this test. */
void make(uint32_t start, uint32_t size);

/* The allocator's own checker, and the bytes around its books. */
void check(void);

/* After each test: checks, unless it is broken. */
int teardown(void **state);

uint32_t take(unsigned order);
int give(uint32_t address, unsigned order);
uint32_t free_blocks(unsigned order);

#endif
