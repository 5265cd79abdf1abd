/* The part of the guest table that is about processes and their memory. */
#include "guest_vm.h"

#include "kernel/hw.h"

#include "process.h"
#include "status.h"

static bool fits(uint64_t number)
{
    return number <= UINT32_MAX;
}

/* A system call as this process, wherever the machine was before. */
static uint32_t call_as(int id, uint32_t command, uint32_t argument)
{
    const int before = process_current();
    uint32_t answer;

    (void)process_switch(id);
    answer = (uint32_t)hw_user_syscall(command, argument, 0);
    (void)process_switch(before);
    return answer;
}

/* Without a process, of which -1 is not one: the kernel's own space. */
static bool lives(int id)
{
    const int before = process_current();

    if (id < 0 || process_switch(id) != VLSOS_OK)
        return false;
    (void)process_switch(before);
    return true;
}

int guest_process_switch(int id)
{
    return id < 0 ? VLSOS_EINVAL : process_switch(id);
}

guest_addr guest_process_alloc(int id, uint64_t size)
{
    return lives(id) && fits(size) ? call_as(id, VLSOS_CALL_ALLOC, (uint32_t)size) : 0;
}

int guest_process_free(int id, guest_addr address)
{
    return lives(id) && fits(address) ? (int)call_as(id, VLSOS_CALL_FREE, (uint32_t)address) : VLSOS_EINVAL;
}

int guest_process_duplicate(int id)
{
    return lives(id) ? (int)call_as(id, VLSOS_CALL_DUPLICATE, 0) : VLSOS_EINVAL;
}

int guest_fail_store(uint32_t failure, uint32_t n)
{
    struct vm *const vm = process_vm();

    if (!vm || failure >= STORE_FAILURES)
        return vm ? VLSOS_EINVAL : VLSOS_ENOMEM;
    store_fail(&vm->store, (enum store_failure)failure, n);
    return VLSOS_OK;
}

int guest_vm_limit(uint32_t what, uint32_t most)
{
    if (what >= GUEST_LIMITS)
        return VLSOS_EINVAL;
    return what == GUEST_LIMIT_FRAMES ? process_limit_frames(most) : process_limit_slots(most);
}

const char *guest_vm_policy_name(uint32_t number)
{
    return replace_name(number);
}

int guest_vm_policy(uint32_t number)
{
    struct vm *const vm = process_vm();

    if (!vm || !replace_name(number))
        return vm ? VLSOS_EINVAL : VLSOS_ENOMEM;
    vm->replace.policy = (enum replace_policy)number;
    return VLSOS_OK;
}

void guest_vm_info(struct guest_vm_info *info)
{
    const struct vm *const vm = process_vm();

    *info = (struct guest_vm_info){0};
    if (!vm)
        return;
    *info = (struct guest_vm_info){
        .frames = vm->frames.limit,
        .frames_used = vm->frames.used,
        .tables = vm->tables_taken,
        .slots = vm->slots.limit,
        .slots_used = vm->slots.used,
        .policy = vm->replace.policy,
        .faults = vm->counts.faults,
        .refused = vm->counts.refused,
        .fills = vm->counts.zero_fills + vm->counts.image_fills,
        .swap_ins = vm->counts.swap_ins,
        .shared_ins = vm->counts.shared_ins,
        .copies = vm->counts.copies,
        .evictions = vm->counts.evictions,
        .write_backs = vm->counts.write_backs,
        .failures = vm->store.failed,
        .invalidations = vm->counts.invalidations,
    };
}
