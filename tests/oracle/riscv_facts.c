#include "riscv_facts.h"

static bool is_present(void *context, uint64_t physical, unsigned bytes)
{
    (void)context;
    return physical + bytes <= RVO_BIT(32);
}

static uint64_t read_word(void *context, uint64_t physical, unsigned bytes)
{
    const struct rv_facts_memory *memory = context;
    for (unsigned i = 0; i < memory->count; i++) {
        if (memory->words[i].address == physical)
            return bytes == 4 ? (uint32_t)memory->words[i].value : memory->words[i].value;
    }
    return 0;
}

struct rvo_memory rv_facts_memory_of(struct rv_facts_memory *memory)
{
    return (struct rvo_memory){is_present, read_word, memory};
}

void rv_facts_poke(struct rv_facts_memory *memory, uint64_t address, uint64_t value)
{
    for (unsigned i = 0; i < memory->count; i++) {
        if (memory->words[i].address == address) {
            memory->words[i].value = value;
            return;
        }
    }
    memory->words[memory->count].address = address;
    memory->words[memory->count++].value = value;
}

struct rvo_cpu rv_facts_cpu(enum rvo_mode mode)
{
    static const uint64_t satp[RVO_MODES] = {0, 0x81c00001, 0x8000700000000001, 0x9000700000000001,
                                             0xa000700000000001};
    return (struct rvo_cpu){.xlen = mode == RVO_SV32 ? 32 : 64,
                            .satp = satp[mode],
                            .modes = 0x1f,
                            .asidlen = mode == RVO_SV32 ? 9 : 16,
                            .privilege = RVO_USER,
                            .hardware_ad = true};
}
