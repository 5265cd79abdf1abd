/* What a run came to in virtual memory: hand-made events in, sums counted by hand out. */
#include "trace/tally_vm.h"

#include <string.h>

#include "kms_test.h"

enum { PARENT, CHILD }; /* handles */

static struct guest_vm_info kernel; /* what the kernel answers now */

static void tell(struct guest_vm_info *info)
{
    *info = kernel;
}

static const struct guest_ops with_vm = {.vm_info = tell}, without_vm = {0};

static struct trace_vm begin(void)
{
    struct trace_vm vm = {0};

    kernel = (struct guest_vm_info){.faults = 5, .fills = 3};
    trace_vm_start(&vm, &with_vm);
    return vm;
}

static void event(struct trace_vm *vm, struct replay_event event)
{
    static uint64_t number;

    event.number = ++number;
    trace_vm_event(vm, &with_vm, &event);
}

static void create(struct trace_vm *vm, uint32_t handle, uint64_t process)
{
    event(vm, (struct replay_event){.op = &(struct replay_op){.code = REPLAY_CREATE, .id2 = handle},
                                    .value = process});
}

static void use(struct trace_vm *vm, uint8_t code, uint32_t handle, uint64_t address)
{
    event(vm, (struct replay_event){.op = &(struct replay_op){.code = code, .width = 4, .id2 = handle},
                                    .address = address});
}

static void a_kernel_without_it(void **state)
{
    struct trace_vm vm = {0};
    const struct replay_op op = {.code = REPLAY_PROCESS_READ};

    (void)state;
    trace_vm_start(&vm, &without_vm);
    trace_vm_event(&vm, &without_vm, &(struct replay_event){.op = &op});
    assert_false(vm.present);
    assert_int_equal(vm.accesses, 0);
    trace_vm_end(&vm);
}

static void sums_begin_with_the_run(void **state)
{
    struct trace_vm vm = begin();

    (void)state;
    create(&vm, PARENT, 7);
    kernel.faults = 7;
    kernel.fills = 4;
    kernel.copies = 1;
    kernel.evictions = kernel.write_backs = 1;
    kernel.frames_used = 2;
    use(&vm, REPLAY_PROCESS_WRITE, PARENT, 0x1000);
    kernel.frames_used = 1;
    use(&vm, REPLAY_PROCESS_READ, PARENT, 0x2000);
    const struct trace_vm_sample sums = trace_vm_now(&vm);
    assert_int_equal(sums.accesses, 2);
    assert_int_equal(sums.page_ins, 2); /* 4 + 1 - 3 */
    assert_int_equal(sums.faults, 2);
    assert_int_equal(sums.evictions, 1);
    assert_int_equal(sums.write_backs, 1);
    assert_true(vm.present);
    assert_int_equal(vm.peak_frames, 2);
    trace_vm_end(&vm);
    assert_int_equal(vm.optimum, 2);
}

static void what_a_process_does(void **state)
{
    static const struct replay_op uses[] = {
        {.code = REPLAY_FETCH},
        {.code = REPLAY_READ, .flags = REPLAY_USER, .width = 1},
        {.code = REPLAY_WRITE, .flags = REPLAY_USER, .width = 1},
        {.code = REPLAY_PROCESS_FETCH, .id2 = PARENT},
    };
    static const struct replay_op others[] = {
        {.code = REPLAY_READ, .width = 4}, /* the kernel's own */
        {.code = REPLAY_WRITE, .width = 4},
        {.code = REPLAY_EXPECT_STATUS},
        {.code = REPLAY_CHECK},
    };
    struct trace_vm vm = begin();

    (void)state;
    event(&vm, (struct replay_event){.op = &uses[0]}); /* nobody runs yet */
    assert_int_equal(vm.accesses, 0);
    create(&vm, PARENT, 7);
    event(&vm, (struct replay_event){.op = &(struct replay_op){.code = REPLAY_SWITCH, .id2 = PARENT}});
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        event(&vm, (struct replay_event){.op = &uses[i]});
    assert_int_equal(vm.accesses, 4);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        event(&vm, (struct replay_event){.op = &others[i]});
    assert_int_equal(vm.accesses, 4);
    trace_vm_end(&vm);
}

/* What is refused changes nobody's part: who failed to begin, to duplicate, to switch or to end. */
static void what_is_refused(void **state)
{
    const struct replay_op create_child = {.code = REPLAY_CREATE, .id2 = CHILD};
    const struct replay_op duplicate = {.code = REPLAY_DUPLICATE, .id = CHILD, .id2 = PARENT};
    const struct replay_op exit = {.code = REPLAY_EXIT, .id2 = PARENT};
    const struct replay_op to_child = {.code = REPLAY_SWITCH, .id2 = CHILD};
    const struct replay_op dead = {.code = REPLAY_PROCESS_READ, .width = 4, .id2 = CHILD};
    struct trace_vm vm = begin();

    (void)state;
    create(&vm, PARENT, 7);
    use(&vm, REPLAY_PROCESS_READ, PARENT, 0x1000);
    event(&vm, (struct replay_event){.op = &create_child, .status = -1, .value = 9});
    event(&vm, (struct replay_event){.op = &duplicate, .status = -1, .value = 9});
    event(&vm, (struct replay_event){.op = &exit, .status = -1});
    event(&vm, (struct replay_event){.op = &to_child, .status = -1});
    event(&vm, (struct replay_event){.op = &dead, .unserved = 1});
    assert_int_equal(vm.processes[CHILD], -1);
    assert_int_equal(vm.processes[PARENT], 7);
    assert_int_equal(vm.current, 7);
    assert_int_equal(vm.accesses, 1);
    trace_vm_end(&vm);
}

static void who_is_gone_runs_no_more(void **state)
{
    const struct replay_op exit_parent = {.code = REPLAY_EXIT, .id2 = PARENT};
    const struct replay_op duplicate = {.code = REPLAY_DUPLICATE, .id = CHILD, .id2 = PARENT};
    const struct replay_op user_read = {.code = REPLAY_READ, .flags = REPLAY_USER, .width = 4};
    struct trace_vm vm = begin();

    (void)state;
    event(&vm, (struct replay_event){.op = &duplicate, .value = 8}); /* of a handle that is nobody's */
    create(&vm, PARENT, 7);
    event(&vm, (struct replay_event){.op = &duplicate, .value = 8});
    use(&vm, REPLAY_PROCESS_READ, PARENT, 0x1000);
    event(&vm, (struct replay_event){.op = &exit_parent});
    assert_int_equal(vm.current, -1);
    event(&vm, (struct replay_event){.op = &user_read});
    assert_int_equal(vm.accesses, 1);

    /* a fault that ends the one that runs, then one of nobody */
    use(&vm, REPLAY_PROCESS_READ, CHILD, 0x1000);
    assert_int_equal(vm.current, 8);
    event(&vm, (struct replay_event){.op = &user_read, .faulted = 1, .fault.process = 8, .status = -1});
    assert_int_equal(vm.current, -1);
    event(&vm, (struct replay_event){.op = &user_read, .faulted = 1, .fault.process = -1, .status = -1});
    assert_int_equal(vm.current, -1);
    assert_int_equal(vm.accesses, 3);
    assert_int_equal(vm.served, 2);
    trace_vm_end(&vm);
}

/* 256 samples of 64 accesses; then every second one stays, and each stands for 128. */
static void a_long_run_keeps_its_shape(void **state)
{
    enum { FULL = TRACE_VM_SAMPLES * 64 };
    struct trace_vm vm = begin();

    (void)state;
    create(&vm, PARENT, 7);
    for (unsigned i = 0; i < FULL; i++)
        use(&vm, REPLAY_PROCESS_READ, PARENT, 0x1000);
    assert_int_equal(vm.sample_count, TRACE_VM_SAMPLES);
    assert_int_equal(vm.samples[0].accesses, 64);
    for (unsigned i = 0; i < 128; i++)
        use(&vm, REPLAY_PROCESS_READ, PARENT, 0x1000);
    assert_int_equal(vm.sample_every, 128);
    assert_int_equal(vm.samples[0].accesses, 128);
    assert_int_equal(vm.samples[127].accesses, FULL);
    trace_vm_end(&vm);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a kernel without virtual memory has no sums", a_kernel_without_it),
    KMS_TEST("sums are those since the run began, and the peak stays", sums_begin_with_the_run),
    KMS_TEST("accesses count that a process makes", what_a_process_does),
    KMS_TEST("what the kernel refused changes no process's part", what_is_refused),
    KMS_TEST("who has ended, by itself or by a fault, runs no more", who_is_gone_runs_no_more),
    KMS_TEST("a run of any length fits, thinned evenly", a_long_run_keeps_its_shape),
};
KMS_TESTS(tally_vm, tests)
