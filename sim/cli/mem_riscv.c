/*
 * What QEMU's "info mem" says on RISC-V, to the letter.
 *
 * QEMU lists entries, not translations: a reserved bit, a super page that is not aligned or a table below the last
 * level does not bother it, so this cannot go by walks. A run ends wherever a table begins. Bits above the PPN count as
 * part of the address.
 */
#include "listing.h"

#include <inttypes.h>

#define ENTRY_FLAGS UINT64_C(0xff)
#define RIGHTS      (KMS_RISCV_PTE_R | KMS_RISCV_PTE_W | KMS_RISCV_PTE_X)

struct listing {
    struct cli *cli;
    const struct kms_space *space;
    bool open;
    uint64_t offset; /* of the run: where it begins */
    kms_phys phys;
    uint64_t flags;
    kms_phys end;       /* of its last page, physically */
    uint64_t last_size; /* of its last page */
    uint64_t left;      /* entries until the limit */
    bool cut;
};

static uint64_t run_size(const struct listing *listing)
{
    const uint64_t size = listing->end - listing->phys;
    return listing->space->width == 32 ? (uint32_t)size : size;
}

static const char *flags_words(uint64_t flags, char *text)
{
    static const char letters[] = "rwxugad"; /* from bit 1 on */
    for (unsigned i = 0; letters[i]; i++) {
        text[i] = '-';
        if (flags >> (i + 1) & 1)
            text[i] = letters[i];
    }
    text[sizeof letters - 1] = '\0';
    return text;
}

static void print_run(const struct listing *listing)
{
    struct cli *cli = listing->cli;
    const int digits = cli_digits(listing->space);
    const kms_linear first = kms_space_linear(listing->space, listing->offset);
    char flags[8], name[CLI_TEXT];
    fprintf(cli->out, "%0*" PRIx64 " %016" PRIx64 " %0*" PRIx64 " %s%s\n", digits, first, listing->phys,
            digits, run_size(listing), flags_words(listing->flags, flags), cli_name(cli, first, name));
}

static void run_json(const struct listing *listing)
{
    struct cli *cli = listing->cli;
    const kms_linear first = kms_space_linear(listing->space, listing->offset);
    char flags[8];
    cli_json_item(cli,
                  json_pack("{so so sI ss so}", "first", cli_json_address(first), "physical",
                            cli_json_address(listing->phys), "size", (json_int_t)run_size(listing), "flags",
                            flags_words(listing->flags, flags), "name", cli_json_name(cli, first)));
}

static void end_run(struct listing *listing)
{
    if (listing->open && run_size(listing) != 0) {
        if (listing->cli->options.json)
            run_json(listing);
        else
            print_run(listing);
    }
    listing->open = false;
}

/* Where an entry stands. */
struct place {
    kms_phys table;
    unsigned level; /* 1: the last */
    unsigned index;
    uint64_t offset;
    bool follows; /* the entry before it in its table is valid */
};

static uint64_t span_of(const struct listing *listing, unsigned level)
{
    return UINT64_C(1) << (KMS_PAGE_SHIFT + listing->space->index_bits * (level - 1));
}

static void add_page(struct listing *listing, const struct place *place, uint64_t entry)
{
    const kms_phys phys = entry >> KMS_RISCV_PTE_PPN_SHIFT << KMS_PAGE_SHIFT;
    const uint64_t size = span_of(listing, place->level);
    const bool continues = listing->open && place->follows && listing->last_size == size &&
                           listing->flags == (entry & ENTRY_FLAGS) && listing->end == phys;
    if (!continues) {
        end_run(listing);
        listing->open = true;
        listing->offset = place->offset;
        listing->phys = phys;
        listing->flags = entry & ENTRY_FLAGS;
    }
    listing->end = phys + size;
    listing->last_size = size;
}

/* Memory that the image does not have reads as nothing valid. */
static uint64_t entry_at(const struct listing *listing, const struct place *place)
{
    const unsigned width = listing->space->index_bits == 10 ? 4 : 8;
    uint64_t entry;
    if (kms_phys_load(listing->space->ram, place->table + place->index * width, width, &entry) != KMS_DONE)
        return 0;
    return entry;
}

/* As deep as the tables: five levels at most. */
static void list_table(struct listing *listing, struct place place)
{
    const uint64_t start = place.offset;
    for (place.index = 0; place.index < 1u << listing->space->index_bits; place.index++) {
        place.offset = start + place.index * span_of(listing, place.level);
        if (listing->left == 0) {
            listing->cut = true;
            return;
        }
        listing->left--;
        const uint64_t entry = entry_at(listing, &place);
        if ((entry & KMS_RISCV_PTE_V) && (entry & RIGHTS))
            add_page(listing, &place, entry);
        else if ((entry & KMS_RISCV_PTE_V) && place.level > 1)
            list_table(listing, (struct place){.table = entry >> KMS_RISCV_PTE_PPN_SHIFT << KMS_PAGE_SHIFT,
                                               .level = place.level - 1,
                                               .offset = place.offset});
        place.follows = (entry & KMS_RISCV_PTE_V) != 0;
    }
}

static void print_header(const struct cli *cli)
{
    if (cli_digits(&cli->space) == 8)
        fputs("vaddr    paddr            size     attr\n"
              "-------- ---------------- -------- -------\n",
              cli->out);
    else
        fputs("vaddr            paddr            size             attr\n"
              "---------------- ---------------- ---------------- -------\n",
              cli->out);
}

enum cli_exit cli_mem_riscv(struct cli *cli)
{
    const struct kms_space *space = &cli->space;
    struct listing listing = {
        .cli = cli, .space = space, .left = cli->options.limit ? cli->options.limit : KMS_SCAN_LIMIT};
    const unsigned levels = ((unsigned)space->width - KMS_PAGE_SHIFT) / space->index_bits;
    if (cli->options.range_given) {
        cli_error(cli, "--range does not apply to RISC-V: QEMU's runs depend on what stands before them");
        return CLI_USAGE;
    }
    if (cli->options.json)
        cli_json_begin(cli, "ranges");
    else
        print_header(cli);
    list_table(&listing, (struct place){.table = space->table, .level = levels});
    end_run(&listing);
    if (cli->options.json)
        cli_json_end(cli, json_pack("{sb sb}", "paging", 1, "complete", !listing.cut));
    if (listing.cut)
        cli_note(cli, "stopped before the end: more entries than --limit allows");
    return listing.cut ? CLI_FINDINGS : CLI_CLEAN;
}
