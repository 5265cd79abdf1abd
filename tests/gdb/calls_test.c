/* What the gdb commands call, called without gdb: the answers, and that asking changes nothing. */
#include "machine/rig.h"

#include "gdb/calls.h"

#include <string.h>

#define MIB (1u << 20)

static void set_up_paging(struct rig *rig)
{
    *rig = rig_new(NULL);
    rig_map32(rig, 0x00400000, 0x5000 | P | RW);
    rig_map32(rig, 0x00401000, 0x6000 | P | US);
    rig_enable(rig, KMS_PAGING_32BIT);
}

static void a_walk_is_the_machines(void **state)
{
    struct rig rig;
    (void)state;
    set_up_paging(&rig);
    const struct kms_walk *walk = kms_gdb_walk(rig.cpu, 0x00401234);
    assert_int_equal(walk->verdict, KMS_MAPPED);
    assert_int_equal(walk->phys, 0x6234);
    assert_int_equal(walk->level[1].entry, 0x6000 | P | US); /* asking sets no A bit */
    assert_int_equal(rig_peek(&rig, rig_pte32(0x00401000), 4), 0x6000 | P | US);
    rig_free(&rig);
}

static void a_judgement_says_why_not(void **state)
{
    struct rig rig;
    (void)state;
    set_up_paging(&rig);
    const struct kms_gdb_judgement *judgement =
        kms_gdb_judge(rig.cpu, 0x00400000, KMS_READ, KMS_AS_SUPERVISOR);
    assert_int_equal(judgement->result, KMS_DONE);
    assert_string_equal(judgement->text, "");
    judgement = kms_gdb_judge(rig.cpu, 0x00400000, KMS_WRITE, KMS_AS_USER);
    assert_int_equal(judgement->result, KMS_FAULT);
    assert_int_equal(judgement->fault.error_code, KMS_PFERR_P | KMS_PFERR_WR | KMS_PFERR_US);
    assert_string_not_equal(judgement->text, "");
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR2), 0); /* nothing was raised */
    rig_free(&rig);
}

static void bytes_end_where_memory_does(void **state)
{
    struct rig rig;
    (void)state;
    set_up_paging(&rig);
    rig_poke(&rig, 0x5ffe, 2, 0xbeef);
    const struct kms_gdb_bytes *bytes = kms_gdb_peek(rig.cpu, 0x00400ffe, 2);
    assert_int_equal(bytes->count, 2);
    assert_int_equal(bytes->bytes[0] | bytes->bytes[1] << 8, 0xbeef);
    assert_int_equal(kms_gdb_peek(rig.cpu, 0x00401ffe, 8)->count, 2); /* nothing is mapped behind */
    assert_int_equal(kms_gdb_peek(rig.cpu, 0x00400000, UINT32_MAX)->count, KMS_GDB_BYTES);

    assert_int_equal(kms_gdb_phys(rig.cpu, 0x5ffe, 2)->count, 2);
    assert_int_equal(kms_gdb_phys(rig.cpu, 0, UINT32_MAX)->count, KMS_GDB_BYTES);
    assert_int_equal(kms_gdb_phys(rig.cpu, RIG_RAM - 4, 64)->count, 4);
    assert_int_equal(kms_gdb_phys(rig.cpu, UINT64_C(1) << 40, 64)->count, 0);
    rig_free(&rig);
}

static void read_only_memory_is_memory(void **state)
{
    static const uint8_t code[KMS_PAGE_SIZE] = {0x90, 0xc3};
    struct rig rig;
    (void)state;
    set_up_paging(&rig);
    assert_int_equal(kms_ram_add_rom(rig.ram, 16 * MIB, code, sizeof code), KMS_OK);
    const struct kms_gdb_bytes *bytes = kms_gdb_phys(rig.cpu, 16 * MIB, 2);
    assert_int_equal(bytes->count, 2);
    assert_int_equal(bytes->bytes[1], 0xc3);
    rig_free(&rig);
}

/* ---- cached translations ---- */

static void a_cached_entry_is_stale_when_the_tables_say_otherwise(void **state)
{
    struct rig rig;
    (void)state;
    set_up_paging(&rig);
    assert_translates(&rig, READ(0x00400000), 0x5000);
    const struct kms_gdb_tlb *tlb = kms_gdb_tlb(rig.cpu, NULL);
    assert_int_equal(tlb->total, 1);
    assert_true(tlb->cached[0].in_tlb && tlb->cached[0].mapped);
    assert_false(tlb->cached[0].stale || tlb->cached[0].foreign || tlb->cached[0].in_window);

    rig_map32(&rig, 0x00400000, 0x7000 | P | RW); /* elsewhere */
    assert_true(kms_gdb_tlb(rig.cpu, NULL)->cached[0].stale);
    assert_int_equal(kms_gdb_tlb(rig.cpu, NULL)->cached[0].phys, 0x7000);
    rig_map32(&rig, 0x00400000, 0x5000 | P); /* other rights */
    assert_true(kms_gdb_tlb(rig.cpu, NULL)->cached[0].stale);
    rig_map32(&rig, 0x00400000, 0); /* nowhere */
    tlb = kms_gdb_tlb(rig.cpu, NULL);
    assert_true(tlb->cached[0].stale);
    assert_false(tlb->cached[0].mapped);
    rig_free(&rig);
}

static void an_entry_of_another_address_space_is_foreign(void **state)
{
    struct rig rig = rig_new(NULL);
    (void)state;
    rig_map64(&rig, 0, 0x5000 | P | RW);
    rig_map64(&rig, 0x1000, 0x6000 | P | RW | G);
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_set(&rig, KMS_X86_CR4, kms_x86_read(rig.cpu, KMS_X86_CR4) | KMS_CR4_PCIDE | KMS_CR4_PGE);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP | 1);
    assert_translates(&rig, READ(0), 0x5000);
    assert_translates(&rig, READ(0x1000), 0x6000);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP | 2);
    const struct kms_gdb_tlb *tlb = kms_gdb_tlb(rig.cpu, NULL);
    assert_int_equal(tlb->total, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(tlb->cached[i].foreign, tlb->cached[i].entry.linear == 0);
    rig_free(&rig);
}

static void a_window_may_hold_what_the_tlb_lost(void **state)
{
    struct kms_window *window;
    struct rig rig = rig_new(&(struct kms_options){
        .ram_size = RIG_RAM, .ram = {.shared = true, .fill = KMS_FILL_ZERO}, .tlb.geometry[0] = {1, 1}});
    (void)state;
    if (kms_window_new(rig.cpu, &(struct kms_window_options){.size = 16 * MIB}, &window) == KMS_UNSUPPORTED)
        kms_skip("no linear window on this host");
    rig_map32(&rig, 0x00400000, 0x5000 | P | RW);
    rig_map32(&rig, 0x00401000, 0x6000 | P | RW);
    assert_int_equal(kms_gdb_tlb(rig.cpu, window)->total, 0); /* without paging nothing is cached */
    rig_enable(&rig, KMS_PAGING_32BIT);
    const volatile uint8_t *base = kms_window_base(window);
    (void)base[0x00400000];
    (void)base[0x00401000]; /* takes the only place in the TLB */
    const struct kms_gdb_tlb *tlb = kms_gdb_tlb(rig.cpu, window);
    assert_int_equal(tlb->total, 2);
    assert_int_equal(tlb->cached[0].entry.linear, 0x00401000);
    assert_true(tlb->cached[0].in_tlb && tlb->cached[0].in_window);
    assert_int_equal(tlb->cached[1].entry.linear, 0x00400000);
    assert_true(!tlb->cached[1].in_tlb && tlb->cached[1].in_window && !tlb->cached[1].stale);
    kms_window_free(window);
    rig_free(&rig);
}

/* ---- the address space ---- */

static void what_is_mapped_comes_in_runs(void **state)
{
    struct rig rig;
    (void)state;
    set_up_paging(&rig);
    const struct kms_gdb_space *space = kms_gdb_space(rig.cpu, 0, UINT32_MAX);
    assert_false(space->more);
    assert_int_equal(space->count, 2); /* their rights differ */
    assert_int_equal(space->runs[0].linear, 0x00400000);
    assert_int_equal(space->runs[1].linear, 0x00401000);
    assert_int_equal(kms_gdb_space(rig.cpu, 0x00402000, UINT32_MAX)->count, 0);
    rig_free(&rig);
}

static void a_listing_without_room_says_where_to_go_on(void **state)
{
    struct rig rig = rig_new(NULL);
    (void)state;
    for (uint32_t page = 0; page < 2 * (KMS_GDB_RUNS + 1); page += 2)
        rig_map32(&rig, page << KMS_PAGE_SHIFT, 0x5000 | P);
    rig_enable(&rig, KMS_PAGING_32BIT);
    const struct kms_gdb_space *space = kms_gdb_space(rig.cpu, 0, UINT32_MAX);
    assert_true(space->more);
    assert_int_equal(space->count, KMS_GDB_RUNS);
    space = kms_gdb_space(rig.cpu, space->next, UINT32_MAX);
    assert_false(space->more);
    assert_int_equal(space->count, 1);
    assert_int_equal(space->runs[0].linear, 2 * KMS_GDB_RUNS << KMS_PAGE_SHIFT);
    rig_free(&rig);
}

static void a_frame_may_hold_a_page_table(void **state)
{
    struct rig rig;
    (void)state;
    set_up_paging(&rig);
    const struct kms_gdb_table *table = kms_gdb_table(rig.cpu, RIG_TOP, rig_pte32(0x00400000));
    assert_true(table->found);
    assert_int_equal(table->level, 1);
    assert_int_equal(table->linear, 0x00400000);
    table = kms_gdb_table(rig.cpu, RIG_TOP, RIG_TOP);
    assert_true(table->found);
    assert_int_equal(table->level, 2);
    assert_false(kms_gdb_table(rig.cpu, RIG_TOP, 0x5000)->found);
    rig_free(&rig);
}

static void a_register_is_not_in_a_frame(void **state)
{
    struct rig rig = rig_new(NULL);
    (void)state;
    rig_enable(&rig, KMS_PAGING_PAE); /* PDPTEs stand in registers: RIG_TOP is not walked */
    assert_false(kms_gdb_table(rig.cpu, RIG_TOP, RIG_TOP)->found);
    assert_true(kms_gdb_table(rig.cpu, RIG_TOP, RIG_TABLE(2))->found);
    rig_free(&rig);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a walk for the debugger is the machine's and changes nothing", a_walk_is_the_machines),
    KMS_TEST("a judgement says why an access is refused, and raises nothing", a_judgement_says_why_not),
    KMS_TEST("bytes for the debugger end where memory does", bytes_end_where_memory_does),
    KMS_TEST("read-only memory can be read by the debugger", read_only_memory_is_memory),
    KMS_TEST("a cached entry is stale when the tables say otherwise",
             a_cached_entry_is_stale_when_the_tables_say_otherwise),
    KMS_TEST("an entry of another address space is foreign, a global one is not",
             an_entry_of_another_address_space_is_foreign),
    KMS_TEST("a window may hold what the TLB lost", a_window_may_hold_what_the_tlb_lost),
    KMS_TEST("what is mapped comes in runs of equal rights", what_is_mapped_comes_in_runs),
    KMS_TEST("a listing without room says where to go on", a_listing_without_room_says_where_to_go_on),
    KMS_TEST("a frame that holds a page table is found", a_frame_may_hold_a_page_table),
    KMS_TEST("an entry in a PDPTE register stands in no frame", a_register_is_not_in_a_frame),
};
KMS_TESTS(gdb_calls, tests)
