/* rom.h - what the files of the RISC-V referee's program share. It runs in M-mode, freestanding. */
#ifndef REFEREE_RISCV_ROM_H
#define REFEREE_RISCV_ROM_H

#include "riscv_protocol.h"

#define CSR_READ(name)                                                                                       \
    ({                                                                                                       \
        uintptr_t csr_value;                                                                                 \
        __asm__ volatile("csrr %0, " name : "=r"(csr_value));                                                \
        csr_value;                                                                                           \
    })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " name ", %0" : : "r"((uintptr_t)(value)) : "memory")

#define MSTATUS_MPP      0x1800u
#define MSTATUS_MPP_S    0x0800u
#define MSTATUS_MPP_U    0x0000u
#define MSTATUS_MPRV     0x20000u
#define CAUSE_ILLEGAL    2u
#define CAUSE_BREAK      3u
#define CAUSE_USER_CALL  8u
#define ENTRY_V          0x01u
#define ENTRY_STUB_S     0xcbu /* D A X R V */
#define ENTRY_STUB_U     0xdbu /* and U */
#define STUB_S_VA        ((uintptr_t)-0x2000)
#define STUB_U_VA        ((uintptr_t)-0x1000)
#define STUB_SLOT        16u
#define SLOT_CALL        14u /* U: ecall, which S-mode takes */
#define SLOT_TAKE        14u /* S: where that goes; jumps on */
#define SLOT_LOWER       15u /* S: returns to U-mode */
#define FIRST_WRITE_SLOT 4u
#define FIRST_SWAP_SLOT  8u

/* enter.S: run from `pc` with these registers until something traps. */
struct entry {
    uintptr_t pc, status, value, address, onward, mprv_status;
};
struct leave {
    uintptr_t cause, tval, value, pc;
};
extern struct entry entry;
extern struct leave leave;
void enter(void);      /* by MRET */
void enter_here(void); /* by a jump: M-mode */

/* Pages of stubs, one slot each of STUB_SLOT bytes: loads of 1, 2, 4, 8 bytes, stores, swaps. */
extern uint8_t stubs_s[], stubs_u[], stubs_m[];

void memory_init(void);
uint64_t memory_peek(uint64_t physical, uint32_t width);
void memory_poke(uint64_t physical, uint32_t width, uint64_t value);
void memory_reset(void);

void translation_init(struct ref_cpu *cpu);
void translation_off(void);
/* Puts the stubs into the root that the value names. */
void translation_write(uint64_t satp);

void execute_list(const struct ref_op *ops, struct ref_result *results, uint32_t count);

#endif
