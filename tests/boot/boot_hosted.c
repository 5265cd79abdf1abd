#include "boot_run.h"
#include "kms_test.h"

#include <kernel/hw.h>
#include <stdlib.h>
#include <string.h>

#define HANDLES 16384u

static guest_addr handles[HANDLES];

struct hosted {
    const struct boot_hosted *what;
    struct boot_run *run;
    size_t used;
    struct kms_guest *guest;
};

static void add_line(void *context, const struct replay_event *event)
{
    struct hosted *const hosted = context;
    char *const line = hosted->run->lines + hosted->used;

    hosted->used += replay_format(event, line, REPLAY_LINE);
    strcpy(hosted->run->lines + hosted->used++, "\n");
}

static void read_store(unsigned char *to, uint32_t pages)
{
    for (uint32_t page = 0; page < pages; page++)
        (void)hw_store_transfer(
            &(struct hw_transfer){page, 0, HW_STORE_PAGE, to + (size_t)page * HW_STORE_PAGE, false});
}

static void replay_all(void *context)
{
    struct hosted *const hosted = context;
    struct replay replay = {.guest = kms_guest_module(hosted->guest)->ops,
                            .handles = handles,
                            .handle_count = HANDLES,
                            .report = add_line,
                            .context = hosted};

    replay_start(&replay);
    replay_run(&replay, hosted->what->ops, hosted->what->count);
    if (hosted->run->store)
        read_store(hosted->run->store, hosted->what->subject->store_pages);
    if (hosted->what->subject->find_tables)
        hosted->what->subject->find_tables(hosted->run);
}

static void copy_ram(struct kms_guest *guest, unsigned char *ram)
{
    struct kms_ram *const of = kms_machine_ram(kms_guest_machine(guest));
    const unsigned char *const from = kms_ram_ptr(of, BOOT_RAM_BASE, kms_ram_end(of) - BOOT_RAM_BASE);

    assert_non_null(from);
    memcpy(ram, from, kms_ram_end(of) - BOOT_RAM_BASE);
}

/* As QEMU is: RAM and store are zero at power-on, and entries that lead to a fault are marked as accessed. */
static struct kms_guest *boot_guest(const struct boot_hosted *what)
{
    const uint32_t ram_size = what->subject->ram_size ? what->subject->ram_size : BOOT_RAM_SIZE;
    const struct kms_guest_options options = {
        .kernel = BOOT_KERNEL,
        .mode = what->mode,
        .store_pages = what->subject->store_pages,
        .machine = {.ram_size = ram_size, .ram.fill = KMS_FILL_ZERO, .accessed = KMS_ACCESSED_ON_WALK}};
    struct kms_guest *guest = NULL;
    struct kms_guest_stop stop;
    const enum kms_status status = kms_guest_new(&options, &guest);

    if (status == KMS_UNSUPPORTED)
        kms_skip("the linear window needs Linux on x86-64");
    assert_int_equal(status, KMS_OK);
    assert_int_equal(kms_guest_boot(guest, &stop), KMS_GUEST_RETURNED);
    assert_int_equal(stop.status, 0);
    return guest;
}

void boot_run_hosted(const struct boot_hosted *what, struct boot_run *run)
{
    struct hosted hosted = {.what = what, .run = run, .guest = boot_guest(what)};
    struct kms_guest_stop stop;

    *run = (struct boot_run){.lines = calloc(what->count + 1, REPLAY_LINE), .ram = calloc(1, BOOT_RAM_SIZE)};
    assert_non_null(run->lines);
    assert_non_null(run->ram);
    if (what->subject->store_pages > 0) {
        run->store = calloc(what->subject->store_pages, HW_STORE_PAGE);
        assert_non_null(run->store);
    }
    assert_int_equal(kms_guest_call(hosted.guest, replay_all, &hosted, &stop), KMS_GUEST_RETURNED);
    copy_ram(hosted.guest, run->ram);
    kms_guest_free(hosted.guest);
}

void boot_run_free(struct boot_run *run)
{
    free(run->lines);
    free(run->ram);
    free(run->store);
}
