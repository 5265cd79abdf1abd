/* Build two tables, turn paging on, translate, and print a fault in words. */
#include <kmemsim/kmemsim.h>
#include <stdio.h>

int main(void)
{
    struct kms_machine *machine;
    if (kms_machine_new(&(struct kms_options){.ram_size = 1 << 20}, &machine) != KMS_OK)
        return 1;
    struct kms_ram *ram = kms_machine_ram(machine);
    struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
    kms_phys_store(ram, 0x1004, 4, 0x2000 | KMS_PTE_P | KMS_PTE_RW | KMS_PTE_US); /* PDE 1: table at 0x2000 */
    kms_phys_store(ram, 0x2000, 4, 0x3000 | KMS_PTE_P | KMS_PTE_RW);              /* PTE 0: page at 0x3000 */
    kms_x86_write(cpu, KMS_X86_CR3, 0x1000, NULL);
    kms_x86_write(cpu, KMS_X86_CR0, KMS_CR0_PG | KMS_CR0_PE, NULL);

    struct kms_translation translation;
    struct kms_fault fault;
    char words[160];
    const struct kms_access user_write = {0x00400123, KMS_WRITE, KMS_AS_USER};
    kms_store32(cpu, 0x00400123, 42, NULL);
    kms_translate(cpu, &(struct kms_access){.linear = 0x00400123}, &translation, NULL);
    printf("0x00400123 is at 0x%08llx\n", (unsigned long long)translation.phys);
    if (kms_translate(cpu, &user_write, &translation, &fault) == KMS_FAULT) {
        kms_x86_fault_words(&fault, words, sizeof words);
        printf("%s\n", words);
    }
    kms_machine_free(machine);
    return 0;
}
