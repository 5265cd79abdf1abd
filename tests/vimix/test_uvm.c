/* A process's address space, made without a process: what goes in comes out, and what fails leaves nothing. */
#include "vimix_fixture.h"

#include <string.h>

#define HEAP ((reg_t)0x5000)

static pagetable_t space;
static void *trapframe;

static void make_space(void)
{
    trapframe = kalloc();
    space = uvm_create(trapframe);
    assert_non_null(space);
}

static void free_space(void)
{
    uvm_free_pagetable(space);
    assert_int_equal(kfree(trapframe), 0);
}

static void a_space_has_trampoline_and_trapframe(void **state)
{
    const size_t before = free_pages();

    (void)state;
    make_space();
    assert_int_equal(*vm_walk(space, TRAMPOLINE, NULL, false), ((pte_t)0x80001 << 10) | 0xcb);
    assert_int_equal(*vm_walk(space, TRAPFRAME, NULL, false),
                     (pte_t)(kalloc_physical(trapframe) >> 12 << 10) | 0xc7);
    assert_int_equal(free_pages(), before - 1 - BY_WIDTH(3, 2));
    free_space();
    assert_int_equal(free_pages(), before);
}

static void a_heap_grows_and_shrinks(void **state)
{
    (void)state;
    make_space();
    assert_int_equal(uvm_alloc_heap(space, HEAP, 3 * PAGE_SIZE, PTE_R | PTE_W), 0);
    assert_int_equal(*vm_walk(space, HEAP + 2 * PAGE_SIZE, NULL, false) & 0x3ff, 0x1d7);
    assert_int_equal(uvm_dealloc_heap(space, HEAP + 3 * PAGE_SIZE, PAGE_SIZE), 0);
    assert_int_equal(*vm_walk(space, HEAP + 2 * PAGE_SIZE, NULL, false), 0);
    assert_int_not_equal(*vm_walk(space, HEAP + PAGE_SIZE, NULL, false), 0);
    free_space();
}

/* A page stays while a byte of it is memory. */
static void parts_of_pages_count(void **state)
{
    const size_t before = free_pages();

    (void)state;
    make_space();
    assert_int_equal(uvm_alloc_heap(space, HEAP, 1, PTE_R), 0);
    assert_int_equal(uvm_alloc_heap(space, HEAP + 1, PAGE_SIZE - 1, PTE_R), 0); /* all on that page */
    assert_int_equal(uvm_alloc_heap(space, HEAP + PAGE_SIZE, 1, PTE_R), 0);
    assert_int_not_equal(*vm_walk(space, HEAP + PAGE_SIZE, NULL, false), 0);
    assert_int_equal(uvm_dealloc_heap(space, HEAP + PAGE_SIZE + 1, 1), 0);
    assert_int_equal(*vm_walk(space, HEAP + PAGE_SIZE, NULL, false), 0);
    assert_int_equal(uvm_dealloc_heap(space, HEAP + PAGE_SIZE, PAGE_SIZE - 1), 0);
    assert_int_not_equal(*vm_walk(space, HEAP, NULL, false), 0);
    assert_int_equal(uvm_dealloc_heap(space, HEAP + 1, 1), 0);
    assert_int_equal(uvm_dealloc_heap(space, HEAP, 0), 0);
    free_space();
    assert_int_equal(free_pages(), before);
}

static void new_pages_are_zero(void **state)
{
    void *const dirty = kalloc();
    char bytes[64];

    (void)state;
    memset(dirty, 0xa5, PAGE_SIZE);
    make_space();
    assert_int_equal(kfree(dirty), 0);
    assert_int_equal(uvm_alloc_heap(space, HEAP, 3 * PAGE_SIZE, PTE_R | PTE_W), 0);
    for (reg_t at = HEAP; at < HEAP + 3 * PAGE_SIZE; at += sizeof bytes) {
        assert_int_equal(uvm_copy_in(space, bytes, at, sizeof bytes), 0);
        for (unsigned i = 0; i < sizeof bytes; i++)
            assert_int_equal(bytes[i], 0);
    }
    free_space();
}

static void what_a_heap_cannot_be_is_refused(void **state)
{
    (void)state;
    make_space();
    assert_int_equal(uvm_alloc_heap(space, HEAP, (reg_t)-1, PTE_R), -EINVAL);
    assert_int_equal(uvm_alloc_heap(space, HEAP, (reg_t)0 - HEAP, PTE_R), -EINVAL);
    assert_int_equal(uvm_alloc_heap(space, USER_STACK_HIGH + 1, 0, PTE_R), -EINVAL);
    assert_int_equal(uvm_alloc_heap(space, USER_STACK_HIGH, 1, PTE_R), -EINVAL);
    assert_int_equal(uvm_alloc_heap(space, HEAP, PAGE_SIZE, PTE_R | PTE_U), -EINVAL);
    assert_int_equal(uvm_alloc_heap(space, HEAP, PAGE_SIZE, PTE_W), -EINVAL);
    assert_int_equal(uvm_alloc_heap(space, HEAP, PAGE_SIZE, 0), -EINVAL);
    assert_int_equal(uvm_dealloc_heap(space, HEAP, HEAP + 1), -EINVAL);
    assert_int_equal(uvm_dealloc_heap(space, USER_STACK_HIGH + 1, 1), -EINVAL);
    assert_int_equal(uvm_dealloc_heap(space, HEAP, PAGE_SIZE), -EFAULT);
    assert_int_equal(uvm_unmap(space, HEAP, 1), -EFAULT);
    free_space();
}

static void a_page_in_the_way_undoes_all(void **state)
{
    const size_t before = free_pages();

    (void)state;
    make_space();
    assert_int_equal(uvm_alloc_heap(space, HEAP + 2 * PAGE_SIZE, PAGE_SIZE, PTE_R), 0);
    assert_int_equal(uvm_alloc_heap(space, HEAP, 4 * PAGE_SIZE, PTE_R), -EEXIST);
    assert_int_equal(*vm_walk(space, HEAP, NULL, false), 0);
    assert_int_not_equal(*vm_walk(space, HEAP + 2 * PAGE_SIZE, NULL, false), 0);
    free_space();
    assert_int_equal(free_pages(), before);
}

/* ---- copies ---- */

static void a_copy_has_the_bytes_and_rights(void **state)
{
    pagetable_t const source = (make_space(), space);
    void *const frame = trapframe;
    char word[8] = {0};

    (void)state;
    assert_int_equal(uvm_alloc_heap(source, HEAP, 2 * PAGE_SIZE, PTE_R | PTE_W | PTE_X), 0);
    assert_int_equal(uvm_copy_out(source, HEAP + PAGE_SIZE - 3, "across", 7), 0);
    make_space();
    assert_int_equal(uvm_copy(source, space, HEAP, HEAP + PAGE_SIZE + 1), 0);
    assert_int_equal(uvm_copy_in(space, word, HEAP + PAGE_SIZE - 3, 7), 0);
    assert_string_equal(word, "across");
    assert_int_equal(*vm_walk(space, HEAP, NULL, false) & 0x3ff, 0x1df);
    assert_int_equal(uvm_copy_out(space, HEAP + PAGE_SIZE - 3, "ACROSS", 7), 0); /* a page of its own */
    assert_int_equal(uvm_copy_in(source, word, HEAP + PAGE_SIZE - 3, 7), 0);
    assert_string_equal(word, "across");
    free_space();
    space = source;
    trapframe = frame;
    free_space();
}

static void a_copy_with_a_hole_is_undone(void **state)
{
    pagetable_t const source = (make_space(), space);
    void *const frame = trapframe;
    size_t before;

    (void)state;
    assert_int_equal(uvm_alloc_heap(source, HEAP, PAGE_SIZE, PTE_R), 0);
    assert_int_equal(uvm_alloc_heap(source, HEAP + 2 * PAGE_SIZE, PAGE_SIZE, PTE_R), 0);
    make_space();
    before = free_pages();
    assert_int_equal(uvm_copy(source, space, HEAP, HEAP + 3 * PAGE_SIZE), -EFAULT);
    assert_int_equal(uvm_copy(source, space, HEAP + 1, HEAP), -EINVAL);
    assert_int_equal(uvm_copy(source, space, HEAP, USER_STACK_HIGH + 1), -EINVAL);
    assert_int_equal(free_pages(), before);
    free_space();
    space = source;
    trapframe = frame;
    free_space();
}

static void bytes_cross_pages_both_ways(void **state)
{
    unsigned char out[3000];
    unsigned char in[3000];

    (void)state;
    make_space();
    for (unsigned i = 0; i < sizeof out; i++)
        out[i] = (unsigned char)(i * 7);
    assert_int_equal(uvm_alloc_heap(space, HEAP, 2 * PAGE_SIZE, PTE_R | PTE_W), 0);
    assert_int_equal(uvm_copy_out(space, HEAP + 2000, out, sizeof out), 0);
    assert_int_equal(uvm_copy_in(space, in, HEAP + 2000, sizeof in), 0);
    assert_memory_equal(in, out, sizeof in);
    free_space();
}

static void bytes_are_the_user_s_to_reach(void **state)
{
    char bytes[8];
    reg_t physical;

    (void)state;
    make_space();
    assert_int_equal(uvm_alloc_heap(space, HEAP, PAGE_SIZE, PTE_R), 0);
    assert_int_equal(uvm_copy_out(space, HEAP, "x", 1), -EFAULT); /* read only */
    assert_int_equal(uvm_copy_in(space, bytes, HEAP, 1), 0);
    assert_int_equal(uvm_copy_in(space, bytes, HEAP + PAGE_SIZE - 4, 8), -EFAULT);
    assert_int_equal(uvm_copy_in(space, bytes, TRAPFRAME, 1), -EFAULT); /* the kernel's */
    assert_int_equal(uvm_copy_in(space, bytes, TRAMPOLINE, 1), -EFAULT);
    assert_int_equal(uvm_copy_in(space, bytes, (reg_t)-1, 1), -EFAULT);
    assert_int_equal(uvm_copy_in(space, bytes, 0, 0), 0);
    assert_true(uvm_get_physical_addr(space, HEAP + 5, PTE_R, &physical));
    assert_int_equal(physical & 0xfff, 5);
    assert_false(uvm_get_physical_addr(space, HEAP, PTE_W, &physical));
    free_space();
}

static void strings_end_in_time(void **state)
{
    char text[16];

    (void)state;
    make_space();
    assert_int_equal(uvm_alloc_heap(space, HEAP, 2 * PAGE_SIZE, PTE_R | PTE_W), 0);
    assert_int_equal(uvm_copy_out(space, HEAP + PAGE_SIZE - 3, "string", 7), 0);
    assert_int_equal(uvm_copy_in_str(space, text, HEAP + PAGE_SIZE - 3, sizeof text), 0);
    assert_string_equal(text, "string");
    assert_int_equal(uvm_copy_in_str(space, text, HEAP + PAGE_SIZE - 3, 7), 0);
    assert_int_equal(uvm_copy_in_str(space, text, HEAP + PAGE_SIZE - 3, 6), -EINVAL);
    assert_int_equal(uvm_copy_out(space, HEAP + 2 * PAGE_SIZE - 3, "abc", 3), 0);
    assert_int_equal(uvm_copy_in_str(space, text, HEAP + 2 * PAGE_SIZE - 3, sizeof text), -EFAULT);
    free_space();
}

/* ---- no memory ---- */

static int make_and_free(void)
{
    void *const frame = kalloc();
    pagetable_t made;

    if (!frame)
        return -ENOMEM;
    made = uvm_create(frame);
    if (made)
        uvm_free_pagetable(made);
    assert_int_equal(kfree(frame), 0);
    return made ? 0 : -ENOMEM;
}

static void no_memory_for_a_space(void **state)
{
    (void)state;
    assert_int_equal(fails_at_every_allocation(make_and_free), 2 + BY_WIDTH(3, 2));
}

/* kernel_check() does not know this space: pages are counted instead. */
static void no_memory_for_a_heap(void **state)
{
    unsigned n = 1;

    (void)state;
    make_space();
    for (;; n++) {
        const size_t before = free_pages();
        int status;

        kalloc_fail_at(n);
        status = uvm_alloc_heap(space, HEAP, 3 * PAGE_SIZE, PTE_R);
        if (status == 0)
            break;
        assert_int_equal(status, -ENOMEM);
        assert_int_equal(free_pages(), before);
    }
    kalloc_fail_at(0);
    assert_int_equal(n, 1 + 3 + BY_WIDTH(2, 1));
    free_space();
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("a new space has the trampoline and its trapframe", a_space_has_trampoline_and_trapframe),
    AFTER_BOOT("a heap grows and shrinks by pages", a_heap_grows_and_shrinks),
    AFTER_BOOT("a page stays while a byte of it is memory", parts_of_pages_count),
    AFTER_BOOT("new pages are zero", new_pages_are_zero),
    AFTER_BOOT("what a heap cannot be is refused", what_a_heap_cannot_be_is_refused),
    AFTER_BOOT("a page in the way undoes all of the growth", a_page_in_the_way_undoes_all),
    AFTER_BOOT("a copied space has the bytes and rights, in pages of its own",
               a_copy_has_the_bytes_and_rights),
    AFTER_BOOT("a copy of a space with a hole is undone", a_copy_with_a_hole_is_undone),
    AFTER_BOOT("bytes cross pages both ways", bytes_cross_pages_both_ways),
    AFTER_BOOT("only what the user may reach is copied", bytes_are_the_user_s_to_reach),
    AFTER_BOOT("a string ends within its bytes, or is refused", strings_end_in_time),
    AFTER_BOOT("no memory for a space leaves nothing behind", no_memory_for_a_space),
    AFTER_BOOT("no memory for a heap leaves nothing behind", no_memory_for_a_heap),
};
KMS_TESTS(vimix_uvm, tests)
