/*
 * Running code that may fault, and coming back. enter32 and enter64 load the registers of struct entry and IRET to
 * its address, at either CPL; whatever exception or software interrupt happens next lands in the vectors below, which
 * note it in struct leave and return to enter's caller. call32 and call64 do the same with a CALL, at CPL 0: what
 * faults lands in the vectors likewise, what does not returns by itself, which spares emulators two events.
 */
#include "protocol.h"
#include "selectors.h"

    .section .text
    .code32

/* Offsets into struct entry and struct leave of rom.h. */
#define IP     0
#define EDI    8
#define EAX    16
#define EDX    24
#define ECX    28
#define ESI    32
#define CS     36
#define SS     40
#define FLAGS  44
#define LEAVE_EAX    0
#define LEAVE_CR2    8
#define LEAVE_VECTOR 16
#define LEAVE_ERROR  20

    .globl enter32
enter32:
    pushal
    movl %esp, resume_esp
    movl $entry, %ebp
    testl $3, CS(%ebp)
    jz 1f
    pushl SS(%ebp)
    pushl $0
1:  pushl FLAGS(%ebp)
    pushl CS(%ebp)
    pushl IP(%ebp)
    movl EDI(%ebp), %edi
    movl EAX(%ebp), %eax
    movl EDX(%ebp), %edx
    movl ECX(%ebp), %ecx
    movl ESI(%ebp), %esi
    iretl

    .globl enter64
enter64:
    pushal
    movl %esp, resume_esp
    ljmp $SEL_CODE64, $1f
    .code64
1:  movl %esp, %edx
    movl $entry, %ebp
    movl SS(%rbp), %eax
    pushq %rax
    pushq %rdx
    movl FLAGS(%rbp), %eax
    pushq %rax
    movl CS(%rbp), %eax
    pushq %rax
    pushq IP(%rbp)
    movq EDI(%rbp), %rdi
    movq EAX(%rbp), %rax
    movl EDX(%rbp), %edx
    movl ECX(%rbp), %ecx
    movl ESI(%rbp), %esi
    iretq

/* The caller has set leave.vector to VECTOR_DONE. */
    .code32
    .globl call32
call32:
    pushal
    movl %esp, resume_esp
    movl $entry, %ebp
    pushl FLAGS(%ebp)
    movl EDI(%ebp), %edi
    movl EAX(%ebp), %eax
    movl EDX(%ebp), %edx
    movl ECX(%ebp), %ecx
    movl ESI(%ebp), %esi
    popfl
    call *IP(%ebp)
    movl %eax, leave + LEAVE_EAX
    pushl $2
    popfl
    popal
    ret

    .globl call64
call64:
    pushal
    movl %esp, resume_esp
    ljmp $SEL_CODE64, $1f
    .code64
1:  movl $entry, %ebp
    movl %esp, %esp
    movl FLAGS(%rbp), %eax
    pushq %rax
    movq EDI(%rbp), %rdi
    movq EAX(%rbp), %rax
    movl EDX(%rbp), %edx
    movl ECX(%rbp), %ecx
    movl ESI(%rbp), %esi
    popfq
    call *IP(%rbp)
    movl $leave, %ebp
    movq %rax, LEAVE_EAX(%rbp)
    jmp leave64

    .code32
common32:
    movl $leave, %ebp
    movl %eax, LEAVE_EAX(%ebp)
    movl $0, LEAVE_EAX + 4(%ebp)
    popl LEAVE_VECTOR(%ebp)
    popl LEAVE_ERROR(%ebp)
    movl %cr2, %eax
    movl %eax, LEAVE_CR2(%ebp)
    movl $0, LEAVE_CR2 + 4(%ebp)
resume:
    movl $SEL_DATA, %eax
    movl %eax, %ss
    movl %ss:resume_esp, %esp /* a case may have left anything in DS */
    movl $SEL_USER_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    pushl $2
    popfl
    popal
    ret

    .code64
common64:
    movl $leave, %ebp
    movq %rax, LEAVE_EAX(%rbp)
    popq %rax
    movl %eax, LEAVE_VECTOR(%rbp)
    popq %rax
    movl %eax, LEAVE_ERROR(%rbp)
    movq %cr2, %rax
    movq %rax, LEAVE_CR2(%rbp)
leave64:
    movl $resume, %eax
    pushq $SEL_CODE32
    pushq %rax
    lretq

/* Vectors: 16 bytes each. Those without an error code push 0. */
.macro VECTORS common
    .set i, 0
    .rept 256
    .balign 16
    .if !(i == 8 || (i >= 10 && i <= 14) || i == 17 || i == 21)
    push $0
    .endif
    push $i
    jmp \common
    .set i, i + 1
    .endr
.endm

    .section .vectors, "ax"
    .balign 16
    .globl vectors32, vectors64
    .code32
vectors32:
    VECTORS common32
    .code64
    .balign 16
vectors64:
    VECTORS common64

/* The stubs: bytes that mean the same in 32-bit and in 64-bit code, but for the 8-byte ones. */
.macro STUB end:vararg
    \end
    .balign 16
.endm
.macro STUBS end:vararg
    .code64
    movb (%rdi), %al
    STUB \end
    movw (%rdi), %ax
    STUB \end
    movl (%rdi), %eax
    STUB \end
    movq (%rdi), %rax
    STUB \end
    movb %al, (%rdi)
    STUB \end
    movw %ax, (%rdi)
    STUB \end
    movl %eax, (%rdi)
    STUB \end
    movq %rax, (%rdi)
    STUB \end
    xchgb %al, (%rdi)
    STUB \end
    xchgw %ax, (%rdi)
    STUB \end
    xchgl %eax, (%rdi)
    STUB \end
    xchgq %rax, (%rdi)
    STUB \end
    larl %eax, %eax
    STUB \end
    int $VECTOR_PROBED
    STUB \end
    inb (%dx), %al
    STUB \end
.endm

/* For call32 and call64. */
    .section .text
    .balign 16
    .globl called_stubs
called_stubs:
    STUBS ret
    .skip 16
    movq %rdi, %cr0
    STUB ret
    movq %rdi, %cr3
    STUB ret
    movq %rdi, %cr4
    STUB ret
    wrmsr
    STUB ret
    wrpkru
    STUB ret
    invlpg (%rdi)
    STUB ret
    invpcid (%rsi), %rax
    STUB ret
    lgdt (%rsi)
    STUB ret
    lidt (%rsi)
    STUB ret
    ltr %ax
    STUB ret

/* For enter32 and enter64. */
    .section .user, "ax"
    .globl user_stubs
user_stubs:
    STUBS int $VECTOR_DONE

/* For enter32, at any CPL: the selector in EAX goes into a register, through which EDI is then read or written. */
.macro SEGMENT_STUB instruction:vararg
    \instruction
    int $VECTOR_DONE
    .balign 16
.endm
.macro SEGMENT_ACCESS register, access:vararg
    movl %eax, %\register
    \access
    int $VECTOR_DONE
    .balign 16
.endm

    .code32
    .balign 16
    .globl segment_stubs
segment_stubs:
.irp register, es, cs, ss, ds, fs, gs
.ifc \register, cs
    .skip SEGMENT_STUBS * 16
.else
    SEGMENT_STUB movl %eax, %\register
    SEGMENT_ACCESS \register, movzbl %\register:(%edi), %eax
    SEGMENT_ACCESS \register, movzwl %\register:(%edi), %eax
    SEGMENT_ACCESS \register, movl %\register:(%edi), %eax
    SEGMENT_ACCESS \register, movb %cl, %\register:(%edi)
    SEGMENT_ACCESS \register, movw %cx, %\register:(%edi)
    SEGMENT_ACCESS \register, movl %ecx, %\register:(%edi)
.endif
.endr
    movl %eax, %ss
    SEGMENT_STUB movl %edx, %ss
    SEGMENT_STUB ljmp *(%esi)
    SEGMENT_STUB int $REF_SEGMENT_VECTOR
    SEGMENT_STUB lldt %ax
    SEGMENT_STUB ltr %ax

/* What is written stands apart from code. */
    .section .user_data, "aw"
    .balign 8
    .globl far_target
far_target:
    .skip 8

    .section .bss
    .balign 8
resume_esp:
    .skip 8
    .section .note.GNU-stack, "", @progbits
