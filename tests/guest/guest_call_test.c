/* Calls into a kernel and how they end; the explicit accesses of hw.h. */
#include "guest_fixture.h"

#include <pthread.h>
#include <string.h>

static struct kms_guest *boot_row(void **state)
{
    return boot_guest("mini", *(const enum kms_guest_mode *)*state);
}

static void ask_too_much(void *context)
{
    (void)context;
    kms_guest_find("mini")->ops->alloc(MINI_RAM + 1, 0);
    fail_msg("a panic came back");
}

static void ask_a_little(void *context)
{
    *(guest_addr *)context = kms_guest_find("mini")->ops->alloc(8, 0);
}

static void panic_ends_the_call(void **state)
{
    struct kms_guest *guest = boot_row(state);
    struct kms_guest_stop stop;
    guest_addr address = 0;
    assert_int_equal(kms_guest_call(guest, ask_too_much, NULL, &stop), KMS_GUEST_PANIC);
    assert_string_equal(stop.reason, "mini was asked for more than there is");
    call(guest, ask_a_little, &address);
    assert_int_equal(address, MINI_DATA + PAGE_SIZE);
    kms_guest_free(guest);
}

static void write_bad_cr0(void *context)
{
    (void)context;
    hw_write_cr0(CR0_PG); /* without PE */
}

static void refused_register_is_a_panic(void **state)
{
    struct kms_guest *guest = boot_row(state);
    struct kms_guest_stop stop;
    assert_int_equal(kms_guest_call(guest, write_bad_cr0, NULL, &stop), KMS_GUEST_PANIC);
    assert_string_equal(stop.reason, "the CPU refuses 0x80000000 in CR0");
    kms_guest_free(guest);
}

static void user_story(void *context)
{
    (void)context;
    uint64_t value = 5;
    assert_true(hw_user_store(MINI_DEMAND + 0x1ffe, 4, 0x11223344)); /* two pages, both by fault */
    assert_true(hw_user_load(MINI_DEMAND + 0x2000, 2, &value));
    assert_int_equal(value, 0x1122);
    assert_true(hw_user_fetch(MINI_DEMAND));
    assert_false(hw_user_load(MINI_DATA, 4, &value)); /* the kernel's */
    assert_int_equal(value, 0x1122);
    assert_int_equal(hw_read_cr2(), MINI_DATA);
    assert_false(hw_user_store(MINI_DATA, 1, 0));
}

static void take_fault(void *context)
{
    assert_int_equal(kms_guest_find("mini")->ops->take_fault(context), 1);
}

static void user_accesses_fault_to_the_handler(void **state)
{
    struct kms_guest *guest = boot_row(state);
    struct guest_fault fault;
    call(guest, user_story, NULL);
    call(guest, take_fault, &fault);
    assert_int_equal(fault.address, MINI_DATA);
    assert_int_equal(fault.error, PFERR_P | PFERR_WR | PFERR_US);
    assert_int_equal(phys32(guest, MINI_DEMAND_FRAME + 0x1ffc), 0x3344a5a5);
    assert_int_equal(phys32(guest, MINI_DEMAND_TABLE + 4) & PAGE_OFFSET,
                     PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D);
    assert_int_equal(phys32(guest, MINI_DEMAND_TABLE) & PAGE_OFFSET, PTE_P | PTE_RW | PTE_US | PTE_A);
    kms_guest_free(guest);
}

static void kernel_story(void *context)
{
    (void)context;
    uint64_t value = 0;
    assert_true(hw_kernel_store(MINI_DATA, 4, 0xcafe0001));
    assert_true(hw_kernel_load(MINI_DATA + 2, 2, &value));
    assert_int_equal(value, 0xcafe);
    assert_false(hw_kernel_load(0x7ff, 1, &value)); /* the page at 0 is not mapped, and nothing panics */
}

static void kernel_accesses_go_through_the_tables(void **state)
{
    struct kms_guest *guest = boot_row(state);
    call(guest, kernel_story, NULL);
    assert_int_equal(phys32(guest, MINI_DATA), 0xcafe0001);
    assert_int_equal(phys32(guest, MINI_TABLE + (MINI_DATA >> PAGE_SHIFT) * 4) & (PTE_A | PTE_D),
                     PTE_A | PTE_D);
    kms_guest_free(guest);
}

static bool claims_repair(const struct hw_page_fault *fault)
{
    (void)fault;
    return true;
}

static void endless_repair(void *context)
{
    (void)context;
    hw_set_page_fault_handler(claims_repair);
    hw_user_fetch(MINI_DATA);
}

static void false_repair_is_a_panic(void **state)
{
    struct kms_guest *guest = boot_row(state);
    struct kms_guest_stop stop;
    assert_int_equal(kms_guest_call(guest, endless_repair, NULL, &stop), KMS_GUEST_PANIC);
    assert_string_equal(stop.reason,
                        "the page-fault handler said 64 times that 0x00200000 is repaired, and it is not");
    kms_guest_free(guest);
}

static void ask_the_kernel(void *context)
{
    *(uint32_t *)context = (uint32_t)hw_user_syscall(4, 5, 6);
}

static void system_call_reaches_the_kernel(void **state)
{
    const enum kms_guest_mode mode = *(const enum kms_guest_mode *)*state;
    struct kms_guest *guest = make_guest("mini", mode);
    uint32_t answer = 0;
    call(guest, ask_the_kernel, &answer);
    assert_int_equal(answer, UINT32_MAX); /* no handler yet */
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    call(guest, ask_the_kernel, &answer);
    assert_int_equal(answer, 456);
    kms_guest_free(guest);
}

static void pointers(void *context)
{
    (void)context;
    uint8_t *zero = hw_ptr(0);
    assert_non_null(zero);
    assert_ptr_equal((uint8_t *)hw_ptr(MINI_DATA), zero + MINI_DATA);
    assert_int_equal(hw_linear(zero + MINI_DATA + 17), MINI_DATA + 17);
    assert_int_equal(hw_linear(hw_ptr(MINI_RAM)), MINI_RAM); /* the end is a pointer too */
    assert_int_equal(hw_ram_size(), MINI_RAM);
}

static void pointers_and_addresses(void **state)
{
    struct kms_guest *guest = make_guest("mini", *(const enum kms_guest_mode *)*state);
    call(guest, pointers, NULL);
    kms_guest_free(guest);
}

static void point_nowhere(void *context)
{
    (void)context;
    *(volatile uint8_t *)hw_ptr(0xfee00000) = 1;
}

static void nowhere_is_a_stop(void **state)
{
    struct kms_guest *guest = make_guest("mini", *(const enum kms_guest_mode *)*state);
    struct kms_guest_stop stop;
    assert_int_equal(kms_guest_call(guest, point_nowhere, NULL, &stop), KMS_GUEST_UNBACKED);
    assert_int_equal(stop.phys, 0xfee00000);
    assert_string_equal(stop.reason, "an access to physical address 0xfee00000, where no RAM is");
    kms_guest_free(guest);
}

static void write_unmapped(void *context)
{
    (void)context;
    ((volatile uint32_t *)hw_ptr(MINI_TABLE))[MINI_DATA >> PAGE_SHIFT] = 0;
    hw_invlpg(MINI_DATA);
    *(volatile uint32_t *)hw_ptr(MINI_DATA) = 0x600d;
}

static void pointers_obey_the_mode(void **state)
{
    struct kms_guest *direct = boot_guest("mini", KMS_GUEST_DIRECT);
    struct kms_guest *window = boot_guest("mini", KMS_GUEST_WINDOW);
    struct kms_guest_stop stop;
    (void)state;
    call(direct, write_unmapped, NULL);
    assert_int_equal(phys32(direct, MINI_DATA), 0x600d);
    assert_int_equal(kms_guest_call(window, write_unmapped, NULL, &stop), KMS_GUEST_FAULT);
    assert_int_equal(stop.fault.address, MINI_DATA);
    assert_int_equal(stop.fault.error_code, PFERR_WR);
    assert_int_equal(phys32(window, MINI_DATA), 0xa5a5a5a5);
    kms_guest_free(window);
    kms_guest_free(direct);
}

struct nested {
    struct kms_guest *inner;
    struct kms_guest_stop stop;
    guest_addr address;
};

static void call_another(void *context)
{
    struct nested *nested = context;
    kms_guest_call(nested->inner, ask_too_much, NULL, &nested->stop);
    nested->address = kms_guest_find("mini")->ops->alloc(8, 0);
}

static void calls_of_other_guests_nest(void **state)
{
    struct kms_guest *outer = boot_row(state);
    struct nested nested = {.inner = boot_row(state)};
    call(outer, call_another, &nested);
    assert_int_equal(nested.stop.end, KMS_GUEST_PANIC);
    assert_int_equal(nested.address, MINI_DATA + PAGE_SIZE);
    kms_guest_free(nested.inner);
    kms_guest_free(outer);
}

static void *call_in_a_thread(void *context)
{
    struct kms_guest *guest = context;
    kms_guest_call(guest, user_story, NULL, NULL);
    return NULL;
}

static void another_thread_may_call(void **state)
{
    struct kms_guest *guest = boot_row(state);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, call_in_a_thread, guest), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(phys32(guest, MINI_DEMAND_FRAME + 0x1ffc), 0x3344a5a5);
    kms_guest_free(guest);
}

static void entered_without_a_net(void **state)
{
    struct kms_guest *guest = boot_row(state);
    guest_addr address = 0;
    kms_guest_enter(guest);
    ask_a_little(&address);
    call(guest, ask_a_little, &address);
    kms_guest_leave(guest);
    assert_int_equal(address, MINI_DATA + PAGE_SIZE + 8);
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    IN_BOTH_MODES("a panic ends the call with its reason, and the machine goes on", panic_ends_the_call),
    IN_BOTH_MODES("a register write that the CPU refuses is a panic", refused_register_is_a_panic),
    IN_BOTH_MODES("a user's access faults to the kernel's handler and runs again when repaired",
                  user_accesses_fault_to_the_handler),
    IN_BOTH_MODES("the kernel's explicit accesses go through the tables",
                  kernel_accesses_go_through_the_tables),
    IN_BOTH_MODES("a handler that repairs nothing and says so does not hang the host",
                  false_repair_is_a_panic),
    IN_BOTH_MODES("a system call reaches the kernel's handler", system_call_reaches_the_kernel),
    IN_BOTH_MODES("hw_ptr and hw_linear are inverses", pointers_and_addresses),
    IN_BOTH_MODES("going where no RAM is stops the call, with the address", nowhere_is_a_stop),
    KMS_TEST("native accesses meet the MMU in the window, and not in direct mode", pointers_obey_the_mode),
    IN_BOTH_MODES("a call of another guest may be nested", calls_of_other_guests_nest),
    IN_BOTH_MODES("another thread may call the guest", another_thread_may_call),
    IN_BOTH_MODES("a thread can enter a guest and call without a net", entered_without_a_net),
};
KMS_TESTS(guest_call, tests)
