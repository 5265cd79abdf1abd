#include "uvm.h"

#include "../lib/memory.h"
#include "kalloc.h"
#include "memlayout.h"
#include "status.h"

pagetable_t uvm_create(const void *trapframe)
{
    const struct vm_mapping trampoline = {TRAMPOLINE, KERNEL_TRAMPOLINE, PAGE_SIZE, PTE_R | PTE_X, false};
    const struct vm_mapping frame = {TRAPFRAME, kalloc_physical(trapframe), PAGE_SIZE, PTE_R | PTE_W, false};
    pagetable_t const pagetable = vm_create();

    if (!pagetable)
        return NULL;
    if (vm_map(pagetable, &trampoline) != VIMIX_OK || vm_map(pagetable, &frame) != VIMIX_OK) {
        vm_free(pagetable);
        return NULL;
    }
    return pagetable;
}

int uvm_unmap(pagetable_t pagetable, reg_t va, reg_t pages)
{
    return vm_unmap(pagetable, va, pages);
}

void uvm_free_pagetable(pagetable_t pagetable)
{
    vm_free(pagetable);
}

/* ---- growing and shrinking ---- */

static int add_page(pagetable_t pagetable, reg_t va, unsigned perm, const void *content)
{
    void *const page = kalloc();
    struct vm_mapping mapping = {va, 0, PAGE_SIZE, perm, false};
    int status;

    if (!page)
        return -ENOMEM;
    if (content)
        memcpy(page, content, PAGE_SIZE);
    else
        memset(page, 0, PAGE_SIZE);
    mapping.pa = kalloc_physical(page);
    status = vm_map(pagetable, &mapping);
    if (status != VIMIX_OK)
        (void)kfree(page);
    return status;
}

static void take_back(pagetable_t pagetable, reg_t first, reg_t end)
{
    if (first != end)
        (void)vm_unmap(pagetable, first, (end - first) >> PAGE_SHIFT);
}

int uvm_alloc_heap(pagetable_t pagetable, reg_t start, reg_t size, unsigned perm)
{
    const reg_t first = page_round_up(start);
    int status = VIMIX_OK;
    reg_t end;

    if (start > USER_STACK_HIGH || size > USER_STACK_HIGH - start || (perm & ~(PTE_R | PTE_W | PTE_X)))
        return -EINVAL;
    end = page_round_up(start + size);
    for (reg_t va = first; va < end && status == VIMIX_OK; va += PAGE_SIZE) {
        status = add_page(pagetable, va, perm | PTE_U | PTE_OWNED, NULL);
        if (status != VIMIX_OK)
            take_back(pagetable, first, va);
    }
    return status;
}

int uvm_dealloc_heap(pagetable_t pagetable, reg_t end, reg_t size)
{
    reg_t first;

    if (size > end || end > USER_STACK_HIGH)
        return -EINVAL;
    first = page_round_up(end - size);
    if (first >= page_round_up(end))
        return VIMIX_OK;
    return vm_unmap(pagetable, first, (page_round_up(end) - first) >> PAGE_SHIFT);
}

/* ---- copying address spaces ---- */

static int copy_page(pagetable_t source, pagetable_t destination, reg_t va)
{
    const pte_t *const entry = vm_walk(source, va, NULL, false);

    if (!entry || !pte_is_leaf(*entry))
        return -EFAULT;
    return add_page(destination, va, (unsigned)(*entry & (PTE_R | PTE_W | PTE_X | PTE_U)) | PTE_OWNED,
                    kalloc_pointer(pte_to_physical(*entry)));
}

int uvm_copy(pagetable_t source, pagetable_t destination, reg_t start, reg_t end)
{
    const reg_t first = page_round_down(start);
    int status = VIMIX_OK;

    if (end > USER_STACK_HIGH || start > end)
        return -EINVAL;
    for (reg_t va = first; va < end && status == VIMIX_OK; va += PAGE_SIZE) {
        status = copy_page(source, destination, va);
        if (status != VIMIX_OK)
            take_back(destination, first, va);
    }
    return status;
}

/* ---- copying bytes ---- */

bool uvm_get_physical_addr(pagetable_t pagetable, reg_t va, unsigned perm, reg_t *physical)
{
    const pte_t *const entry = vm_walk(pagetable, va, NULL, false);
    const pte_t needed = PTE_V | PTE_U | perm;

    if (!entry || (*entry & needed) != needed)
        return false;
    *physical = pte_to_physical(*entry) + (va & PAGE_OFFSET);
    return true;
}

/* The bytes of a process from `va` to the end of its page, at most `size`; NULL if it has none there. */
static unsigned char *user_bytes(pagetable_t pagetable, reg_t va, unsigned perm, reg_t *size)
{
    const reg_t rest = PAGE_SIZE - (va & PAGE_OFFSET);
    reg_t physical;

    if (!uvm_get_physical_addr(pagetable, va, perm, &physical) || kalloc_state(physical) != KALLOC_TAKEN)
        return NULL;
    if (*size > rest)
        *size = rest;
    return kalloc_pointer(physical);
}

int uvm_copy_out(pagetable_t pagetable, reg_t to, const void *from, reg_t size)
{
    const unsigned char *bytes = from;

    while (size > 0) {
        reg_t part = size;
        unsigned char *const there = user_bytes(pagetable, to, PTE_W, &part);

        if (!there)
            return -EFAULT;
        memcpy(there, bytes, (int)part);
        bytes += part;
        to += part;
        size -= part;
    }
    return VIMIX_OK;
}

int uvm_copy_in(pagetable_t pagetable, void *to, reg_t from, reg_t size)
{
    unsigned char *bytes = to;

    while (size > 0) {
        reg_t part = size;
        const unsigned char *const there = user_bytes(pagetable, from, PTE_R, &part);

        if (!there)
            return -EFAULT;
        memcpy(bytes, there, (int)part);
        bytes += part;
        from += part;
        size -= part;
    }
    return VIMIX_OK;
}

int uvm_copy_in_str(pagetable_t pagetable, char *to, reg_t from, reg_t size)
{
    while (size > 0) {
        reg_t part = size;
        const unsigned char *const there = user_bytes(pagetable, from, PTE_R, &part);

        if (!there)
            return -EFAULT;
        for (reg_t i = 0; i < part; i++) {
            *to++ = (char)there[i];
            if (there[i] == '\0')
                return VIMIX_OK;
        }
        from += part;
        size -= part;
    }
    return -EINVAL;
}
