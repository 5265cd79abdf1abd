#include "walk_view.h"

#include <inttypes.h>
#include <string.h>

static const struct kms_x86_state *state_of(const struct kms_space *space)
{
    return space->registers;
}

static bool is_x86(const struct kms_space *space)
{
    return space->arch == KMS_ARCH_X86;
}

/* The register that holds the topmost table. */
static uint64_t root_of(const struct kms_space *space)
{
    return is_x86(space) ? state_of(space)->cr3 : ((const struct kms_riscv_state *)space->registers)->satp;
}

static const char *entry_name(const struct kms_space *space, unsigned level)
{
    return kms_mode_entry_name((enum kms_paging_mode)space->mode, level);
}

struct walk_view cli_view(const struct kms_space *space, const struct kms_access *access)
{
    struct walk_view view = {.access = *access};
    kms_space_walk(space, access->linear, &view.walk);
    view.result = kms_space_decide(space, &view.walk, access, &view.fault);
    view.recursion = kms_walk_recursion(space, &view.walk);
    if (view.walk.verdict != KMS_MAPPED && view.walk.verdict != KMS_NONCANONICAL)
        kms_space_nearest(space, view.walk.linear, &view.below, &view.above);
    if (view.walk.verdict == KMS_NO_TABLE)
        view.like = kms_space_lookalike(space, kms_walk_last(&view.walk)->entry_addr);
    return view;
}

static bool in_image(const struct kms_space *space, kms_phys phys)
{
    return kms_ram_region(space->ram, phys).kind != KMS_REGION_NONE;
}

/* ---- words ---- */

static const char *kind_words(const struct kms_access *access)
{
    static const char *const words[] = {[KMS_READ] = "read",
                                        [KMS_WRITE] = "write",
                                        [KMS_RMW] = "locked read-modify-write",
                                        [KMS_FETCH] = "fetch"};
    return words[access->kind];
}

static const char *privilege_words(const struct kms_space *space, const struct kms_access *access)
{
    if (access->privilege == KMS_AS_IMPLICIT)
        return "implicit supervisor";
    bool user = access->privilege == KMS_AS_USER ||
                (access->privilege == KMS_AS_CURRENT && is_x86(space) && state_of(space)->cpl == 3);
    return user ? "user" : "supervisor";
}

/* " P WR US": the bits of an error code that are set. */
static const char *bits_words(uint32_t code, char *text)
{
    static const char *const names[] = {" P", " WR", " US", " RSVD", " ID", " PK"};
    size_t length = 0;
    text[0] = '\0';
    for (unsigned bit = 0; bit < sizeof names / sizeof names[0]; bit++) {
        if (code >> bit & 1)
            length += (size_t)snprintf(text + length, CLI_TEXT - length, "%s", names[bit]);
    }
    return text[0] ? text + 1 : "none";
}

/* ---- text ---- */

static void print_head(const struct cli *cli, const struct walk_view *view)
{
    char name[CLI_TEXT];
    const int digits = cli_digits(&cli->space);
    const enum kms_paging_mode mode = (enum kms_paging_mode)cli->space.mode;
    fprintf(cli->out, "%s0x%0*" PRIx64 "%s%s, %s %s; %s%s, %s 0x%0*" PRIx64 "\n", cli_color(cli, CLI_BOLD),
            digits, view->access.linear, cli_name(cli, view->access.linear, name), cli_color(cli, CLI_PLAIN),
            privilege_words(&cli->space, &view->access), kind_words(&view->access), kms_mode_name(mode),
            mode == KMS_PAGING_NONE ? "" : " paging", is_x86(&cli->space) ? "CR3" : "satp", digits,
            root_of(&cli->space));
}

static void print_removed(const struct cli *cli, const struct walk_view *view, unsigned depth)
{
    uint8_t removed = kms_walk_removed(&view->walk, depth);
    /* On RISC-V all rights are the last entry's. */
    if (!removed || view->walk.level[depth].verdict > KMS_MAPPED || !is_x86(&cli->space))
        return;
    fprintf(cli->out, "; %s%s%s%s removed here%s", cli_color(cli, CLI_WARN),
            removed & KMS_RIGHT_WRITE ? "W" : "", removed & KMS_RIGHT_USER ? "U" : "",
            removed & KMS_RIGHT_EXEC ? "X" : "", cli_color(cli, CLI_PLAIN));
}

static void print_level(const struct cli *cli, const struct walk_view *view, unsigned depth)
{
    const struct kms_walk_level *level = &view->walk.level[depth];
    const bool wide = cli->space.index_bits == 9;
    char words[CLI_TEXT], name[16];
    if (is_x86(&cli->space))
        kms_entry_words(level, words, sizeof words);
    else
        kms_riscv_entry_words(level, words, sizeof words);
    snprintf(name, sizeof name, "%s[%u]", entry_name(&cli->space, level->level), level->index);
    fprintf(cli->out, "  %-10s %s0x%08" PRIx64 "%s = ", name,
            level->in_register ? "PDPTE register, from " : "at ", level->entry_addr, "");
    if (level->verdict == KMS_NO_TABLE)
        fprintf(cli->out, "%-*s", wide ? 18 : 10, "?");
    else
        fprintf(cli->out, "0x%0*" PRIx64, wide ? 16 : 8, level->entry);
    fprintf(cli->out, "  %s%s%s  %s", cli_color(cli, CLI_DIM), kms_rights_words(level->rights),
            cli_color(cli, CLI_PLAIN), words);
    print_removed(cli, view, depth);
    fputc('\n', cli->out);
}

static void print_recursion(const struct cli *cli, const struct walk_view *view)
{
    const struct kms_recursion *recursion = &view->recursion;
    const struct kms_walk_level *entry = &view->walk.level[recursion->depth];
    if (!recursion->times)
        return;
    fprintf(cli->out, "  recursive window: %s[%u] points at %s", kms_entry_name(entry->level), entry->index,
            recursion->depth ? "a page directory" : "its own table");
    if (recursion->level)
        fprintf(cli->out, "; this page holds the %ss from that of 0x%0*" PRIx64 " on",
                kms_entry_name(recursion->level), cli_digits(&cli->space), recursion->linear);
    fputc('\n', cli->out);
}

static void print_extent(const struct cli *cli, const char *where, const struct kms_extent *extent)
{
    const int digits = cli_digits(&cli->space);
    char name[CLI_TEXT];
    if (extent->found)
        fprintf(cli->out, "  nearest mapped %s: 0x%0*" PRIx64 "-0x%0*" PRIx64 "%s%s\n", where, digits,
                extent->first, digits, extent->last, cli_name(cli, extent->first, name),
                extent->cut ? " (at least)" : "");
    else
        fprintf(cli->out, "  nearest mapped %s: %s\n", where, extent->cut ? "none within reach" : "none");
}

static void print_surroundings(const struct cli *cli, const struct walk_view *view)
{
    if (view->like.found)
        fprintf(cli->out,
                "  that table's address looks like a linear one: the physical one would be 0x%08" PRIx64 "\n",
                view->like.meant);
    if (view->walk.verdict == KMS_MAPPED || view->walk.verdict == KMS_NONCANONICAL)
        return;
    print_extent(cli, "below", &view->below);
    print_extent(cli, "above", &view->above);
}

static void print_mapped(const struct cli *cli, const struct walk_view *view)
{
    char size[24];
    const struct kms_walk *walk = &view->walk;
    fprintf(cli->out, "%sphysical 0x%08" PRIx64 "%s", cli_color(cli, CLI_GOOD), walk->phys,
            cli_color(cli, CLI_PLAIN));
    if (walk->depth)
        fprintf(cli->out, ", %s page, %s", cli_size_words(UINT64_C(1) << walk->page_shift, size),
                kms_rights_words(walk->rights));
    else
        fputs(", paging is off", cli->out);
    fputs(in_image(&cli->space, walk->phys) ? "\n" : "; outside the image\n", cli->out);
}

/* "load page fault" of "load page fault at 0x1000 (cause 13)". */
static void riscv_fault_name(const struct kms_fault *fault, char *text, size_t size)
{
    kms_riscv_fault_words(fault, text, size);
    char *end = strstr(text, " at ");
    if (end)
        *end = '\0';
}

static void print_riscv_fault(const struct cli *cli, const struct walk_view *view)
{
    char words[CLI_TEXT], reason[CLI_TEXT];
    riscv_fault_name(&view->fault, words, sizeof words);
    kms_riscv_reason_words(cli->space.registers, &view->walk, &view->access, reason, sizeof reason);
    fprintf(cli->out, "%s%s, cause %" PRIu32 "%s: %s\n", cli_color(cli, CLI_BAD), words, view->fault.vector,
            cli_color(cli, CLI_PLAIN), reason);
}

static void print_fault(const struct cli *cli, const struct walk_view *view)
{
    char words[CLI_TEXT], bits[CLI_TEXT], reason[CLI_TEXT];
    kms_x86_reason_words(state_of(&cli->space), &view->walk, &view->access, reason, sizeof reason);
    fprintf(cli->out, "%s", cli_color(cli, CLI_BAD));
    if (view->result == KMS_UNBACKED) {
        fprintf(cli->out, "no answer%s: %s\n", cli_color(cli, CLI_PLAIN), reason);
    } else if (view->fault.vector == KMS_VECTOR_GP) {
        fprintf(cli->out, "general protection (#GP), error code 0%s: %s\n", cli_color(cli, CLI_PLAIN),
                reason);
    } else {
        kms_x86_code_words(view->fault.error_code, words, sizeof words);
        fprintf(cli->out, "page fault, error code 0x%" PRIx32 " (%s)%s: %s\n  because %s\n",
                view->fault.error_code, bits_words(view->fault.error_code, bits), cli_color(cli, CLI_PLAIN),
                words, reason);
    }
}

void cli_view_print(const struct cli *cli, const struct walk_view *view)
{
    print_head(cli, view);
    for (unsigned depth = 0; depth < view->walk.depth; depth++)
        print_level(cli, view, depth);
    print_recursion(cli, view);
    if (view->result == KMS_DONE)
        print_mapped(cli, view);
    else if (is_x86(&cli->space))
        print_fault(cli, view);
    else
        print_riscv_fault(cli, view);
    print_surroundings(cli, view);
}

/* ---- JSON ---- */

static json_t *flags_json(uint16_t flags)
{
    static const char *const names[] = {"present", "write", "user",    "no-execute",    "accessed",
                                        "dirty",   "large", "global",  "write-through", "cache-disabled",
                                        "pat",     "read",  "execute", "napot"};
    json_t *list = json_array();
    for (unsigned bit = 0; bit < sizeof names / sizeof names[0]; bit++) {
        if (flags >> bit & 1)
            json_array_append_new(list, json_string(names[bit]));
    }
    return list;
}

static json_t *level_json(const struct kms_space *space, const struct walk_view *view, unsigned depth)
{
    const struct kms_walk_level *level = &view->walk.level[depth];
    return json_pack("{ss si so so so so ss ss}", "entry_name", entry_name(space, level->level), "index",
                     level->index, "entry_address", cli_json_address(level->entry_addr), "entry",
                     cli_json_address(level->entry), "reserved", cli_json_address(level->reserved), "flags",
                     flags_json(level->flags), "rights", kms_rights_words(level->rights), "verdict",
                     kms_verdict_words((enum kms_verdict)level->verdict));
}

static json_t *levels_json(const struct kms_space *space, const struct walk_view *view)
{
    json_t *list = json_array();
    for (unsigned depth = 0; depth < view->walk.depth; depth++)
        json_array_append_new(list, level_json(space, view, depth));
    return list;
}

static json_t *extent_json(const struct kms_extent *extent)
{
    if (!extent->found)
        return json_null();
    return json_pack("{so so}", "first", cli_json_address(extent->first), "last",
                     cli_json_address(extent->last));
}

static json_t *fault_json(const struct kms_space *space, const struct walk_view *view)
{
    char words[CLI_TEXT] = "general protection", reason[CLI_TEXT];
    if (view->result == KMS_DONE)
        return json_null();
    if (!is_x86(space)) {
        riscv_fault_name(&view->fault, words, sizeof words);
        kms_riscv_reason_words(space->registers, &view->walk, &view->access, reason, sizeof reason);
        return json_pack("{si ss ss}", "cause", (int)view->fault.vector, "words", words, "reason", reason);
    }
    kms_x86_reason_words(state_of(space), &view->walk, &view->access, reason, sizeof reason);
    if (view->result == KMS_UNBACKED)
        return json_pack("{sn ss}", "vector", "reason", reason);
    if (view->fault.vector == KMS_VECTOR_PF)
        kms_x86_code_words(view->fault.error_code, words, sizeof words);
    return json_pack("{si si ss ss}", "vector", (int)view->fault.vector, "error_code",
                     (int)view->fault.error_code, "words", words, "reason", reason);
}

static json_t *recursion_json(const struct walk_view *view)
{
    const struct kms_recursion *recursion = &view->recursion;
    if (!recursion->times)
        return json_null();
    return json_pack("{si si so}", "index", view->walk.level[recursion->depth].index, "level",
                     (int)recursion->level, "linear", cli_json_address(recursion->linear));
}

json_t *cli_view_json(const struct cli *cli, const struct walk_view *view)
{
    const bool mapped = view->walk.verdict == KMS_MAPPED;
    json_t *json =
        json_pack("{so so ss ss ss so so}", "linear", cli_json_address(view->access.linear), "name",
                  cli_json_name(cli, view->access.linear), "access", kind_words(&view->access), "privilege",
                  privilege_words(&cli->space, &view->access), "mode",
                  kms_mode_name((enum kms_paging_mode)cli->space.mode), is_x86(&cli->space) ? "cr3" : "satp",
                  cli_json_address(root_of(&cli->space)), "levels", levels_json(&cli->space, view));
    json_t *end =
        json_pack("{ss so so so so so}", "verdict", kms_verdict_words((enum kms_verdict)view->walk.verdict),
                  "physical", mapped ? cli_json_address(view->walk.phys) : json_null(), "fault",
                  fault_json(&cli->space, view), "recursive", recursion_json(view), "nearest_below",
                  extent_json(&view->below), "nearest_above", extent_json(&view->above));
    if (mapped)
        json_object_set_new(end, "page_size", json_integer((json_int_t)1 << view->walk.page_shift));
    json_object_update(json, end);
    json_decref(end);
    return json;
}
