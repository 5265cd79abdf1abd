#include "facts.h"

#include "kms_test.h"

static struct facts_word *find(struct facts_memory *memory, uint64_t address)
{
    for (unsigned i = 0; i < memory->count; i++) {
        if (memory->words[i].address == address)
            return &memory->words[i];
    }
    return NULL;
}

void facts_poke(struct facts_memory *memory, uint64_t address, uint64_t value)
{
    struct facts_word *word = find(memory, address);
    if (!word) {
        assert_true(memory->count < FACTS_WORDS);
        word = &memory->words[memory->count++];
    }
    *word = (struct facts_word){address, value};
}

uint64_t facts_peek(const struct facts_memory *memory, uint64_t address)
{
    for (unsigned i = 0; i < memory->count; i++) {
        if (memory->words[i].address == address)
            return memory->words[i].value;
    }
    return 0;
}

static uint64_t read_word(void *context, uint64_t physical, unsigned bytes)
{
    (void)bytes;
    return facts_peek(context, physical);
}

static void write_word(void *context, uint64_t physical, unsigned bytes, uint64_t value)
{
    (void)bytes;
    facts_poke(context, physical, value);
}

struct oracle_memory facts_memory_of(struct facts_memory *memory)
{
    return (struct oracle_memory){.read = read_word, .write = write_word, .context = memory};
}

static const struct oracle_features everything = {
    .maxphyaddr = 46,
    .pse = true,
    .pse36 = true,
    .pae = true,
    .pge = true,
    .pat = true,
    .nx = true,
    .lm = true,
    .page1g = true,
    .la57 = true,
    .pcid = true,
    .invpcid = true,
    .smep = true,
    .smap = true,
    .pku = true,
    .pks = true,
    .wp = true,
    .efer_others = ORACLE_EFER_SCE,
};

struct oracle_cpu facts_cpu(enum oracle_mode mode)
{
    struct oracle_cpu cpu = {.cr0 = ORACLE_CR0_PE | ORACLE_CR0_ET, .cr3 = 0x1000, .has = everything};
    if (mode != ORACLE_MODE_NONE)
        cpu.cr0 |= ORACLE_CR0_PG;
    if (mode == ORACLE_MODE_32BIT)
        cpu.cr4 |= ORACLE_CR4_PSE;
    if (mode == ORACLE_MODE_PAE || mode == ORACLE_MODE_4LEVEL || mode == ORACLE_MODE_5LEVEL)
        cpu.cr4 |= ORACLE_CR4_PAE;
    if (mode == ORACLE_MODE_4LEVEL || mode == ORACLE_MODE_5LEVEL)
        cpu.efer |= ORACLE_EFER_LME | ORACLE_EFER_LMA;
    if (mode == ORACLE_MODE_5LEVEL)
        cpu.cr4 |= ORACLE_CR4_LA57;
    return cpu;
}
