/*
 * boot_image.c - the section UL_VISIBLE on the metal: the boot image's stubs and tables are in it already (ENTRY_SECTION
 * of src/boot/x86/boot.h), and here is the stack that they use.
 */
#include "../boot/x86/boot.h"
#include "image.h"

/* The linker script puts it at IMAGE_STACK. */
static UL_VISIBLE(stack) __attribute__((used)) uint8_t ring0_stack[IMAGE_UL_VISIBLE_END - IMAGE_STACK];

/* The stubs find the directory in boot_kernel_cr3. */
void image_load_descriptors(uint32_t directory)
{
    boot_kernel_cr3 = directory;
}

uint32_t image_directory_address(void)
{
    return (uint32_t)&boot_kernel_cr3;
}
