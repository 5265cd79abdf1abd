#include "syscall.h"

#include "process.h"
#include "status.h"

/* A status, or an address, as the register a0 of this width holds it. */
static uint64_t answer(int status, reg_t value)
{
    return status == VIMIX_OK ? value : (reg_t)(sreg_t)status;
}

uint64_t syscall_handle(uint64_t number, uint64_t arg0, uint64_t arg1)
{
    struct process *const process = process_current();
    reg_t before = 0;
    int status;

    (void)arg1;
    if (!process)
        return answer(-ESRCH, 0);
    if (number != SYS_SBRK)
        return answer(-ENOSYS, 0);
    status = process_sbrk(process, (sreg_t)(reg_t)arg0, &before);
    return answer(status, before);
}
