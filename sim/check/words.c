#include <kmemsim/check.h>

#include <inttypes.h>
#include <stdio.h>

static size_t block_words(const struct kms_check_block *block, char *words, size_t size)
{
    char whose[32] = "";
    if (block->process >= 0)
        snprintf(whose, sizeof whose, " of process %d", block->process);
    return (size_t)snprintf(words, size,
                            "the block%s of %" PRIu64 " bytes at 0x%08" PRIx64 " from line %" PRIu64
                            " (allocation %" PRIu64 ")",
                            whose, block->size, block->address, block->line, block->number);
}

size_t kms_check_words(const struct kms_check_finding *finding, char *words, size_t size)
{
    char block[160];
    block_words(&finding->block, block, sizeof block);
    if (finding->kind == KMS_CHECK_LEAK)
        return (size_t)snprintf(words, size, "%s was never freed", block);
    return (size_t)snprintf(words, size,
                            "%s was overwritten %" PRIu64 " byte%s %s: 0x%02x stands there at line %" PRIu64,
                            block, finding->distance, finding->distance == 1 ? "" : "s",
                            finding->kind == KMS_CHECK_LEFT ? "before its left end" : "beyond its right end",
                            finding->byte, finding->line);
}
