/*
 * Machines and values made by hand, for values.txt: what every command and printer must say about them can be worked
 * out from the manual's pictures of an address and of an entry.
 *
 *     gdb_subject [crash]
 */
#include <kernel/guest.h>
#include <kernel/hw.h>
#include <kmemsim/inspect.h>
#include <kmemsim/kmemsim.h>
#include <kmemsim/window.h>
#include <string.h>

#define RAM_SIZE 0x100000u

struct kms_fault user_write = {KMS_VECTOR_PF, 0x7, 0x00400123};
struct kms_fault reserved_read = {KMS_VECTOR_PF, 0x9, 0x1000};
struct kms_fault general = {KMS_VECTOR_GP, 0, 0};
struct hw_page_fault kernel_write = {0x20000008, 0x2};
struct guest_fault ended = {0x00400000, 0x14, 3};
struct kms_access fetch = {0x00400000, KMS_FETCH, KMS_AS_USER};
struct kms_access no_access = {0, (enum kms_access_kind)9, KMS_AS_USER};
struct kms_tlb_entry cached = {.linear = 0xc0000000,
                               .phys = 0x00400000,
                               .asid = 5,
                               .page_shift = 22,
                               .rights = KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_EXEC,
                               .global = true,
                               .dirty = true};

/* An entry's flags as the machine puts them into words, for the commands to compare theirs with. */
const char *tool_words(uint16_t flags, uint64_t entry, uint64_t reserved);
const char *tool_words(uint16_t flags, uint64_t entry, uint64_t reserved)
{
    static char text[256];
    const struct kms_walk_level level = {.flags = flags, .entry = entry, .reserved = reserved};
    kms_entry_words(&level, text, sizeof text);
    return text;
}

struct table {
    kms_phys at;
    uint64_t entry;
};

static struct kms_machine *make(const struct table *tables, unsigned width)
{
    struct kms_machine *machine = NULL;
    struct kms_options options = {.ram_size = RAM_SIZE, .ram = {.fill = KMS_FILL_ZERO, .shared = true}};
    if (kms_machine_new(&options, &machine) != KMS_OK)
        return NULL;
    for (; tables->at != 0; tables++)
        kms_phys_store(kms_machine_ram(machine), tables->at, width, tables->entry);
    return machine;
}

/* PDE 1 leads to a table with a kernel page, a user page and an entry without P; PDE 2 maps 4 MiB. */
static struct kms_machine *make_32bit(void)
{
    static const struct table tables[] = {{0x1004, 0x2007}, {0x2000, 0x3003}, {0x2004, 0x4007},
                                          {0x2008, 0x5006}, {0x1008, 0x0083}, {0, 0}};
    struct kms_machine *machine = make(tables, 4);
    struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
    kms_x86_write(cpu, KMS_X86_CR4, KMS_CR4_PSE, NULL);
    kms_x86_write(cpu, KMS_X86_CR3, 0x1000, NULL);
    kms_x86_write(cpu, KMS_X86_CR0, KMS_CR0_PG | KMS_CR0_PE | KMS_CR0_WP, NULL);
    return machine;
}

/* PDPTE 3 leads to a directory that maps 2 MiB, not executable. */
static struct kms_machine *make_pae(void)
{
    static const struct table tables[] = {{0x1018, 0x2001}, {0x2000, UINT64_C(1) << 63 | 0xe3}, {0, 0}};
    struct kms_machine *machine = make(tables, 8);
    struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
    kms_x86_write(cpu, KMS_X86_EFER, KMS_EFER_NXE, NULL);
    kms_x86_write(cpu, KMS_X86_CR4, KMS_CR4_PAE, NULL);
    kms_x86_write(cpu, KMS_X86_CR3, 0x1000, NULL);
    kms_x86_write(cpu, KMS_X86_CR0, KMS_CR0_PG | KMS_CR0_PE, NULL);
    return machine;
}

/* PML4E 0, PDPTE 0, PDE 0, and a page table with a global page and an entry with a reserved bit. */
static struct kms_machine *make_4level(void)
{
    static const struct table tables[] = {{0x1000, 0x2007},
                                          {0x2000, 0x3007},
                                          {0x3000, 0x4007},
                                          {0x4000, 0x5103},
                                          {0x4008, 0x5003 | UINT64_C(1) << 63},
                                          {0, 0}};
    struct kms_machine *machine = make(tables, 8);
    struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
    kms_x86_write(cpu, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_PGE, NULL);
    kms_x86_write(cpu, KMS_X86_EFER, KMS_EFER_LME, NULL);
    kms_x86_write(cpu, KMS_X86_CR3, 0x1000, NULL);
    kms_x86_write(cpu, KMS_X86_CR0, KMS_CR0_PG | KMS_CR0_PE, NULL);
    return machine;
}

/* Where the transcript stops. */
__attribute__((noinline)) static void look(struct kms_machine *machine)
{
    __asm__ volatile("" : : "r"(machine) : "memory");
}

static void look_at(struct kms_machine *machine)
{
    look(machine);
    kms_machine_free(machine);
}

/* A cached translation whose entry then changes. */
static void go_stale(void)
{
    struct kms_machine *machine = make_32bit();
    uint32_t value;
    kms_load32(kms_machine_cpu(machine, 0), 0x00400000, &value, NULL);
    kms_phys_store(kms_machine_ram(machine), 0x2000, 4, 0x6003);
    look_at(machine);
}

/* A window is in use, and the program goes through a wild pointer of its own. */
static void crash(void)
{
    struct kms_machine *machine = make_32bit();
    struct kms_window *window = NULL;
    kms_window_new(kms_machine_cpu(machine, 0), &(struct kms_window_options){.size = RAM_SIZE}, &window);
    kms_window_use();
    volatile uintptr_t wild = 8; /* what compilers cannot see they do not warn of */
    *(volatile uint32_t *)wild = 42;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "crash") == 0)
        crash();
    look_at(make_32bit());
    look_at(make_pae());
    look_at(make_4level());
    go_stale();
    return 0;
}
