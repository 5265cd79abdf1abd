/* Every bit pinned to its number in the manual, in the simulator's names and in the kernels'. */
#include "rig.h"

#undef P
#undef RW
#undef US
#undef A
#undef D
#undef PS
#undef G
#undef NX

#include <kernel/x86.h>

struct pin {
    const char *name;
    uint64_t value;
    unsigned bit;
};

#define PIN(name, bit)                                                                                       \
    {                                                                                                        \
#name, name, bit                                                                                     \
    }

static const struct pin pins[] = {
    PIN(KMS_CR0_PE, 0),
    PIN(KMS_CR0_MP, 1),
    PIN(KMS_CR0_EM, 2),
    PIN(KMS_CR0_TS, 3),
    PIN(KMS_CR0_ET, 4),
    PIN(KMS_CR0_NE, 5),
    PIN(KMS_CR0_WP, 16),
    PIN(KMS_CR0_AM, 18),
    PIN(KMS_CR0_NW, 29),
    PIN(KMS_CR0_CD, 30),
    PIN(KMS_CR0_PG, 31),
    PIN(KMS_CR3_PWT, 3),
    PIN(KMS_CR3_PCD, 4),
    PIN(KMS_CR3_NOFLUSH, 63),
    PIN(KMS_CR4_VME, 0),
    PIN(KMS_CR4_PVI, 1),
    PIN(KMS_CR4_TSD, 2),
    PIN(KMS_CR4_DE, 3),
    PIN(KMS_CR4_PSE, 4),
    PIN(KMS_CR4_PAE, 5),
    PIN(KMS_CR4_MCE, 6),
    PIN(KMS_CR4_PGE, 7),
    PIN(KMS_CR4_PCE, 8),
    PIN(KMS_CR4_OSFXSR, 9),
    PIN(KMS_CR4_OSXMMEXCPT, 10),
    PIN(KMS_CR4_UMIP, 11),
    PIN(KMS_CR4_LA57, 12),
    PIN(KMS_CR4_FSGSBASE, 16),
    PIN(KMS_CR4_PCIDE, 17),
    PIN(KMS_CR4_OSXSAVE, 18),
    PIN(KMS_CR4_SMEP, 20),
    PIN(KMS_CR4_SMAP, 21),
    PIN(KMS_CR4_PKE, 22),
    PIN(KMS_CR4_PKS, 24),
    PIN(KMS_EFER_SCE, 0),
    PIN(KMS_EFER_LME, 8),
    PIN(KMS_EFER_LMA, 10),
    PIN(KMS_EFER_NXE, 11),
    PIN(KMS_PTE_P, 0),
    PIN(KMS_PTE_RW, 1),
    PIN(KMS_PTE_US, 2),
    PIN(KMS_PTE_PWT, 3),
    PIN(KMS_PTE_PCD, 4),
    PIN(KMS_PTE_A, 5),
    PIN(KMS_PTE_D, 6),
    PIN(KMS_PTE_PAT, 7),
    PIN(KMS_PDE_PS, 7),
    PIN(KMS_PTE_G, 8),
    PIN(KMS_PDE_PAT, 12),
    PIN(KMS_PTE_NX, 63),
    PIN(KMS_PFERR_P, 0),
    PIN(KMS_PFERR_WR, 1),
    PIN(KMS_PFERR_US, 2),
    PIN(KMS_PFERR_RSVD, 3),
    PIN(KMS_PFERR_ID, 4),
    PIN(KMS_PFERR_PK, 5),
    PIN(PTE_P, 0),
    PIN(PTE_RW, 1),
    PIN(PTE_US, 2),
    PIN(PTE_PWT, 3),
    PIN(PTE_PCD, 4),
    PIN(PTE_A, 5),
    PIN(PTE_D, 6),
    PIN(PTE_PAT, 7),
    PIN(PDE_PS, 7),
    PIN(PTE_G, 8),
    PIN(PAE_NX, 63),
    PIN(PAE_TABLE_SPAN, 21),
    PIN(PAE_DIR_SPAN, 30),
    PIN(CR0_PE, 0),
    PIN(CR0_WP, 16),
    PIN(CR0_PG, 31),
    PIN(CR4_PSE, 4),
    PIN(CR4_PAE, 5),
    PIN(CR4_PGE, 7),
    PIN(PFERR_P, 0),
    PIN(PFERR_WR, 1),
    PIN(PFERR_US, 2),
    PIN(PFERR_RSVD, 3),
    PIN(PFERR_ID, 4),
};

static void every_bit_has_the_manuals_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        if (pins[i].value != UINT64_C(1) << pins[i].bit)
            fail_msg("%s is not bit %u", pins[i].name, pins[i].bit);
}

static void page_geometry_is_the_manuals(void **state)
{
    (void)state;
    assert_int_equal(KMS_PAGE_SIZE, 4096);
    assert_int_equal(1u << KMS_PAGE_SHIFT, 4096);
    assert_int_equal(PAGE_SIZE, 4096);
    assert_int_equal(1u << PAGE_SHIFT, 4096);
    assert_int_equal(TABLE_ENTRIES, 1024);
    assert_int_equal(1u << PDE_SHIFT, DIRECTORY_SPAN);
    assert_int_equal(DIRECTORY_SPAN, 4u << 20);
    assert_int_equal(PAGE_FRAME, 0xfffff000u);
    assert_int_equal(PAGE_OFFSET, 0xfffu);
    assert_int_equal(PAE_FRAME, 0x000ffffffffff000u);
    assert_int_equal(PAE_ENTRIES, 512);
    assert_int_equal(PAE_POINTERS, 4);
    assert_int_equal(PAE_ROOT_ALIGN, 32);
    assert_int_equal(1u << PAE_TABLE_SHIFT, PAE_TABLE_SPAN);
    assert_int_equal(1u << PAE_DIR_SHIFT, PAE_DIR_SPAN);
    assert_int_equal(KMS_CR3_PCID, 0xfff);
    assert_int_equal(KMS_VECTOR_GP, 13);
    assert_int_equal(KMS_VECTOR_PF, 14);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("every bit has the number that the manual gives it", every_bit_has_the_manuals_number),
    KMS_TEST("page geometry and vectors are the manual's", page_geometry_is_the_manuals),
};
KMS_TESTS(constants, tests)
