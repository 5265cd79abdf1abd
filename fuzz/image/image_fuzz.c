/*
 * The readers of sim/image from any bytes: as a core, as a raw file, as packed data and as a register log. Whatever
 * was read is then walked.
 */
#include "image/image_internal.h"
#include "inspect/qemu_log.h"
#include "inspect/riscv_log.h"

#include <kmemsim/inspect.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_image(const struct kms_image *image, const struct kms_image_registers *registers)
{
    struct kms_x86_state state = {.features = KMS_X86_MODEL_MAX, .maxphyaddr = KMS_X86_MAXPHYADDR_MAX};
    state.cr0 = registers ? registers->cr0 : KMS_CR0_PG | KMS_CR0_PE;
    state.cr3 = registers ? registers->cr3 : 0;
    state.cr4 = registers ? registers->cr4 : KMS_CR4_PSE;
    state.efer = registers ? registers->efer : 0;
    kms_x86_load_pdptes(&state, kms_image_ram(image));
    struct kms_space space = kms_x86_space(&state, kms_image_ram(image));
    struct kms_scan scan = kms_scan(&space, 300);
    while (kms_scan_next(&scan))
        kms_walk_recursion(&space, &scan.walk);
}

static void read_as_core(const uint8_t *data, size_t size)
{
    struct kms_image_error error;
    struct kms_image *image = kms_image_new();
    if (image && kms_image_add_core_bytes(image, data, size, &error))
        walk_image(image, kms_image_registers(image, 0));
    kms_image_free(image);
}

static void read_as_raw(const uint8_t *data, size_t size)
{
    struct kms_image_error error;
    struct kms_image *image = kms_image_new();
    if (image && kms_image_add_raw_bytes(image, data, size, 0, &error))
        walk_image(image, NULL);
    kms_image_free(image);
}

static void read_as_packed(const uint8_t *data, size_t size)
{
    struct kms_image_error error;
    struct image_bytes bytes = {.data = data, .size = size};
    if (image_bytes_unpack("input", &bytes, &error) && bytes.size > 0 &&
        bytes.data[bytes.size - 1] == data[0])
        read_as_raw(bytes.data, (size_t)bytes.size);
    image_bytes_close(&bytes);
}

static void read_as_log(const uint8_t *data, size_t size)
{
    struct qemu_log log;
    struct riscv_log riscv;
    char line[256];
    qemu_log_init(&log);
    riscv_log_init(&riscv);
    for (size_t at = 0; at < size;) {
        size_t length = 0;
        while (at < size && length < sizeof line - 1 && data[at] != '\n')
            line[length++] = (char)data[at++];
        line[length] = '\0';
        at += at < size && data[at] == '\n';
        qemu_log_line(&log, line);
        riscv_log_line(&riscv, line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 1u << 20)
        return 0;
    read_as_core(data, size);
    read_as_raw(data, size);
    read_as_packed(data, size);
    read_as_log(data, size);
    return 0;
}
