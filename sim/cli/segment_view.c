/*
 * segment_view.c - see segment_view.h.
 *
 * The descriptor is read through the image's page tables; what it allows is asked of a machine of its own that holds
 * nothing else, so that the rules stand in one place.
 */
#include "segment_view.h"

#include <inttypes.h>
#include <string.h>

#define DESCRIPTOR_SIZE 8u
#define JUDGE_RAM       (UINT64_C(256) << 10)
#define JUDGE_TABLE     0x10000u
#define LDT_ATTRIBUTES  (KMS_SEG_P | KMS_SYSTEM_LDT)

static bool is_fetch(const struct cli *cli)
{
    return cli->options.access.kind == KMS_FETCH;
}

static unsigned cpl_of(const struct cli *cli)
{
    return cli->options.access.privilege == KMS_AS_USER ? 3 : cli->state.cpl;
}

/* ---- the descriptor ---- */

static bool find_table(const struct cli *cli, struct segment_view *view)
{
    const struct cli_segment_options *options = &cli->options.segment;
    const bool local = (view->selector & KMS_SELECTOR_TI) != 0;
    const struct kms_image_registers *registers = cli->registers;
    const struct kms_image_segment none = {0};
    const struct kms_image_segment *carried = !registers || !registers->have_general ? &none
                                              : local                                ? &registers->ldt
                                                                                     : &registers->gdt;
    view->table = local ? options->ldt : options->gdt;
    if (local ? options->ldt_given : options->gdt_given)
        return true;
    if (carried->limit == 0)
        return false;
    view->table = (struct kms_table_register){carried->base, (uint16_t)carried->limit};
    return true;
}

static void read_descriptor(const struct cli *cli, struct segment_view *view)
{
    view->at = view->table.base + (view->selector & KMS_SELECTOR_INDEX);
    for (unsigned i = 0; i < DESCRIPTOR_SIZE; i++) {
        const struct kms_access access = {view->at + i, KMS_READ, KMS_AS_IMPLICIT};
        struct kms_walk walk;
        uint64_t byte = 0;
        kms_space_walk(&cli->space, access.linear, &walk);
        if (kms_space_decide(&cli->space, &walk, &access, &view->fault) != KMS_DONE ||
            kms_ram_region(cli->space.ram, walk.phys).kind == KMS_REGION_NONE) {
            view->stage = SEGMENT_UNREAD;
            return;
        }
        kms_phys_load((struct kms_ram *)(uintptr_t)cli->space.ram, walk.phys, 1, &byte);
        view->descriptor |= byte << (8 * i);
    }
    view->read = true;
    view->segment = kms_segment_decode(view->descriptor);
}

/* ---- the judge ---- */

static enum kms_segment register_of(const struct cli *cli)
{
    return is_fetch(cli) ? KMS_CS : KMS_DS;
}

static void prepare(struct kms_cpu *cpu, const struct cli *cli, const struct segment_view *view)
{
    struct kms_segment_state state = kms_segment_get_state(cpu);
    struct kms_ram *ram = kms_machine_ram(kms_cpu_machine(cpu));
    const bool local = (view->selector & KMS_SELECTOR_TI) != 0;
    state.gdtr = (struct kms_table_register){JUDGE_TABLE, view->table.limit};
    state.segment[KMS_LDTR] =
        (struct kms_segment_register){0, local ? LDT_ATTRIBUTES : 0, view->table.limit, JUDGE_TABLE};
    kms_segment_set_state(cpu, &state);
    kms_phys_store(ram, JUDGE_TABLE + (view->selector & KMS_SELECTOR_INDEX), DESCRIPTOR_SIZE,
                   view->descriptor);
    kms_x86_write(cpu, KMS_X86_CR0, KMS_CR0_PE, NULL);
    kms_x86_write(cpu, KMS_X86_CPL, cpl_of(cli), NULL);
}

static void judge(struct kms_cpu *cpu, const struct cli *cli, struct segment_view *view)
{
    const struct kms_logical logical = {register_of(cli), view->offset, 1, cli->options.access.kind,
                                        KMS_AS_CURRENT};
    prepare(cpu, cli, view);
    if (kms_segment_load(cpu, register_of(cli), view->selector, &view->fault) != KMS_DONE)
        view->stage = SEGMENT_LOAD;
    else if (kms_segment_probe(cpu, &logical, &view->linear, &view->fault) != KMS_DONE)
        view->stage = SEGMENT_ACCESS;
}

static bool ask_judge(const struct cli *cli, struct segment_view *view)
{
    const struct kms_options options = {.ram_size = JUDGE_RAM, .ram.fill = KMS_FILL_ZERO};
    struct kms_machine *machine;
    if (kms_machine_new(&options, &machine) != KMS_OK) {
        cli_error(cli, "the host has no memory for this");
        return false;
    }
    judge(kms_machine_cpu(machine, 0), cli, view);
    kms_machine_free(machine);
    return true;
}

static bool is_inside(const struct segment_view *view)
{
    const uint32_t index = view->selector & KMS_SELECTOR_INDEX;
    return (view->selector & ~KMS_SELECTOR_RPL) != 0 && index + DESCRIPTOR_SIZE - 1 <= view->table.limit;
}

bool cli_segment(struct cli *cli, struct segment_view *view)
{
    const struct cli_segment_options *options = &cli->options.segment;
    *view = (struct segment_view){.selector = options->selector, .offset = options->offset};
    if (cli->space.arch != KMS_ARCH_X86 || (cli->state.efer & KMS_EFER_LMA)) {
        cli_error(cli, "--segment: %s; walk the offset itself",
                  cli->space.arch == KMS_ARCH_X86 ? "in 64-bit mode segments have no base and no limit"
                                                  : "there are no segments on RISC-V");
        return false;
    }
    if (!find_table(cli, view)) {
        cli_error(cli, "--segment 0x%04x needs --%s BASE,LIMIT: the image carries none", options->selector,
                  options->selector & KMS_SELECTOR_TI ? "ldt" : "gdt");
        return false;
    }
    if (is_inside(view))
        read_descriptor(cli, view);
    return view->stage == SEGMENT_UNREAD || ask_judge(cli, view);
}

/* ---- text ---- */

static const char *stage_words(const struct segment_view *view)
{
    switch (view->stage) {
    case SEGMENT_UNREAD: return "the descriptor cannot be read";
    case SEGMENT_LOAD: return "the selector cannot be loaded";
    case SEGMENT_ACCESS: return "the segment does not allow the access";
    case SEGMENT_FINE: break;
    }
    return "the segment allows the access";
}

static void fault_words(const struct segment_view *view, char text[CLI_TEXT])
{
    snprintf(text, CLI_TEXT, "nothing answers there");
    if (view->fault.vector)
        kms_x86_fault_words(&view->fault, text, CLI_TEXT);
}

static void print_descriptor(const struct cli *cli, const struct segment_view *view)
{
    const unsigned attributes = view->segment.attributes;
    fprintf(cli->out,
            "  %s[%u]     at 0x%08" PRIx64 " = 0x%016" PRIx64 "  base 0x%08" PRIx64 ", limit 0x%08" PRIx32
            ", %s, DPL %u, %s\n",
            view->selector & KMS_SELECTOR_TI ? "LDT" : "GDT", view->selector >> 3, view->at, view->descriptor,
            view->segment.base, view->segment.limit, kms_segment_type_words(attributes),
            (attributes & KMS_SEG_DPL) >> KMS_SEG_DPL_SHIFT,
            attributes & KMS_SEG_P ? "present" : "not present");
}

void cli_segment_print(const struct cli *cli, const struct segment_view *view)
{
    char words[CLI_TEXT];
    fprintf(cli->out, "%s0x%04x:0x%08" PRIx64 "%s, RPL %u, CPL %u; %s at 0x%08" PRIx64 ", limit 0x%04x\n",
            cli_color(cli, CLI_BOLD), view->selector, view->offset, cli_color(cli, CLI_PLAIN),
            view->selector & KMS_SELECTOR_RPL, cpl_of(cli), view->selector & KMS_SELECTOR_TI ? "LDT" : "GDT",
            view->table.base, view->table.limit);
    if (view->read)
        print_descriptor(cli, view);
    if (view->stage == SEGMENT_FINE) {
        fprintf(cli->out, "  linear     0x%08" PRIx64 "\n", view->linear);
        return;
    }
    fault_words(view, words);
    fprintf(cli->out, "%s%s%s: %s\n", cli_color(cli, CLI_BAD), words, cli_color(cli, CLI_PLAIN),
            stage_words(view));
}

/* ---- JSON ---- */

static json_t *descriptor_json(const struct segment_view *view)
{
    const unsigned attributes = view->segment.attributes;
    if (!view->read)
        return json_null();
    return json_pack(
        "{so so so so ss si sb}", "address", cli_json_address(view->at), "value",
        cli_json_address(view->descriptor), "base", cli_json_address(view->segment.base), "limit",
        cli_json_address(view->segment.limit), "type", kms_segment_type_words(attributes), "dpl",
        (int)((attributes & KMS_SEG_DPL) >> KMS_SEG_DPL_SHIFT), "present", (attributes & KMS_SEG_P) != 0);
}

json_t *cli_segment_json(const struct segment_view *view)
{
    const bool fine = view->stage == SEGMENT_FINE;
    char words[CLI_TEXT];
    fault_words(view, words);
    json_t *fault = fine ? json_null()
                         : json_pack("{si si ss}", "vector", (int)view->fault.vector, "error_code",
                                     (int)view->fault.error_code, "words", words);
    return json_pack(
        "{si so ss so so ss so so}", "selector", view->selector, "offset", cli_json_address(view->offset),
        "table", view->selector & KMS_SELECTOR_TI ? "LDT" : "GDT", "table_base",
        cli_json_address(view->table.base), "descriptor", descriptor_json(view), "verdict", stage_words(view),
        "linear", fine ? cli_json_address(view->linear) : json_null(), "fault", fault);
}
