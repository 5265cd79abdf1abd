/* The explanation's second half: what the tables of an image say about the addresses that the CPU needed. */
#include "explain.h"
#include "walk_view.h"

#include <inttypes.h>

static const char *mapped_words(const struct walk_view *view, const struct kms_x86_state *state, char *text)
{
    char reason[CLI_TEXT];
    if (view->result == KMS_DONE) {
        snprintf(text, CLI_TEXT, "mapped to 0x%08" PRIx64 " (%s)", view->walk.phys,
                 kms_rights_words(view->walk.rights));
        return text;
    }
    kms_x86_reason_words(state, &view->walk, &view->access, reason, sizeof reason);
    snprintf(text, CLI_TEXT, "NOT usable: %.400s", reason);
    return text;
}

static void say_part(struct explanation *explanation, enum explain_part part, const struct kms_access *access)
{
    struct cli *cli = explanation->cli;
    char words[CLI_TEXT], name[CLI_TEXT];
    const struct walk_view view = cli_view(&cli->space, access);
    if (view.result != KMS_DONE)
        explanation->not_mapped[part] = true;
    explain_say(explanation, "  %-9s 0x%08" PRIx64 "%s: %s", explain_part_name(part), access->linear,
                cli_name(cli, access->linear, name), mapped_words(&view, &cli->state, words));
}

static void say_parts(struct explanation *explanation, const struct qemu_log_registers *registers)
{
    const bool is_long = (registers->efer & KMS_EFER_LMA) != 0;
    const enum kms_privilege privilege = registers->cpl == 3 ? KMS_AS_USER : KMS_AS_SUPERVISOR;
    const unsigned vector = explanation->log->first.known ? explanation->log->first.vector : KMS_VECTOR_PF;
    say_part(explanation, PART_CODE, &(struct kms_access){registers->ip, KMS_FETCH, privilege});
    say_part(explanation, PART_STACK,
             &(struct kms_access){registers->sp - (is_long ? 8 : 4), KMS_WRITE, privilege});
    if (registers->idt.known && registers->idt.limit)
        say_part(explanation, PART_IDT,
                 &(struct kms_access){registers->idt.base + vector * (is_long ? 16u : 8u), KMS_READ,
                                      KMS_AS_IMPLICIT});
    if (registers->gdt.known && registers->gdt.limit)
        say_part(explanation, PART_GDT,
                 &(struct kms_access){registers->gdt.base + 8, KMS_READ, KMS_AS_IMPLICIT});
}

static void show_cr2(struct explanation *explanation, const struct qemu_log_registers *registers)
{
    const struct qemu_log_event *first = &explanation->log->first;
    const struct kms_access access = {
        .linear = first->cr2_known ? first->cr2 : registers->cr2,
        .kind = first->error & KMS_PFERR_ID   ? KMS_FETCH
                : first->error & KMS_PFERR_WR ? KMS_WRITE
                                              : KMS_READ,
        .privilege = first->error & KMS_PFERR_US ? KMS_AS_USER : KMS_AS_SUPERVISOR,
    };
    if ((first->known && first->vector != KMS_VECTOR_PF) || explanation->cli->options.json)
        return;
    fputs("The walk of CR2:\n", explanation->cli->out);
    const struct walk_view view = cli_view(&explanation->cli->space, &access);
    cli_view_print(explanation->cli, &view);
}

void explain_with_image(struct explanation *explanation, const struct qemu_log_registers *registers)
{
    struct cli *cli = explanation->cli;
    if (!(registers->cr0 & KMS_CR0_PG)) {
        cli_note(cli, "the log's registers have paging off: the image is not looked at");
        return;
    }
    cli->state.cr0 = registers->cr0;
    cli->state.cr3 = registers->cr3;
    cli->state.cr4 = registers->cr4;
    cli->state.efer = registers->efer;
    cli->state.features = KMS_X86_MODEL_MAX;
    cli->state.maxphyaddr = KMS_X86_MAXPHYADDR_MAX;
    if (!cli_settle_space(cli))
        return;
    explain_say(explanation, "With the tables of the image (%s paging, CR3 0x%08" PRIx64 "):",
                kms_mode_name((enum kms_paging_mode)cli->space.mode), registers->cr3);
    say_parts(explanation, registers);
    show_cr2(explanation, registers);
}
