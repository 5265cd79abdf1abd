# Facts from the manual that the referee itself is tested on: if an emulator fails one of these, the ROM is wrong.

story a user read of a supervisor page is a protection violation in user mode
on
set page.pte A p rw
read4 user page -> pf 5
read4 page -> @A

story a user write of a supervisor page says so too
on
set page.pte A p rw
write4 user page 1 -> pf 7

story a missing page says not present
on
read4 page -> pf 0
write4 page 1 -> pf 2
read4 user page -> pf 4
write4 user page 1 -> pf 6

story a read-only page stops a user's write and, with WP, a supervisor's
on wp
set page.pte A p us
write4 user page+8 1 -> pf 7
write4 page+8 1 -> pf 3
cr0 -wp
write4 page+8 1 -> ok
peek4 A+8 -> 1

story reading sets Accessed, writing sets Dirty
on
set page.pte A p rw us
read1 user page+3 -> @A
peek page.pte -> A p rw us a
write1 user page 5 -> ok
peek4 A -> 0x10400005
peek page.pte -> A p rw us a d

story rights need every level
modes 32bit 4level 5level
on
set page.pte A p rw us
set page.pde pt p rw
read4 user page -> pf 5
read4 page -> @A

story a locked exchange is a write and gives the old value
on
set page.pte A p rw us
rmw4 user page+4 0x1234 -> @A
peek4 A+4 -> 0x1234
peek page.pte -> A p rw us a d

story code runs from a user page at CPL 3 and 0 without SMEP
on
set page.pte A p us
fetch1 user page+4 -> 0xcc
fetch1 page+4 -> 0xcc
code A 0x50
fetch2 user page -> int 0x50

story SMEP stops the supervisor's fetch from a user page
on smep
set page.pte A p us
fetch1 page -> pf 0x11
fetch1 user page -> 0xcc

story SMAP stops the supervisor's access to a user page unless AC is set
on smap
set page.pte A p rw us
read4 page -> pf 1
write4 page 1 -> pf 3
ac 1
read4 page -> @A
ac 0
read4 user page -> @A

story a page with NX does not run
modes pae 4level 5level
on nxe
set page.pte A p rw us nx
read4 page -> @A
fetch1 user page -> pf 0x15
fetch1 page -> pf 0x11

story a large page
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
peek big.pde -> BIGA p rw us ps a
write4 user big+4 7 -> ok
peek4 BIGA+0x50004 -> 7
peek big.pde -> BIGA p rw us ps a d

story a 1 GiB page
modes 4level 5level
on
set huge.pdpte HUGEA p rw us ps
read4 user huge -> @HUGEA
peek huge.pdpte -> HUGEA p rw us ps a

story an access across two pages needs both, and nothing is written before
on
set page.pte A p rw us
set page2.pte B p us
read4 user page+0xffe -> 0xcc1043
write4 user page+0xffe 0x11223344 -> pf 7 at page2
peek4 A+0xffc -> 0x1043ffcc
set page2.pte 0
invlpg page2
read4 user page+0xffe -> pf 4 at page2

story descriptor tables are read by the supervisor whatever the CPL
on
set before.pte gdtframe p rw
set page.pte 0
gdt page -> pf 0
gdt user page -> pf 0
set page.pte A p rw
gdt user page -> ok
peek page.pte -> A p rw a

story gates are read by the supervisor whatever the CPL
on
set before.pte idtframe p rw
set page.pte 0
idt page -> pf 0
idt user page -> pf 0
set page.pte A p rw
idt user page -> ok
idt page -> ok
peek page.pte -> A p rw a

story the I/O permission bitmap is read by the supervisor at CPL 3
on
set before.pte tssframe p rw
set page.pte 0
tss user page -> pf 0
set page.pte A p rw
tss user page -> ok
peek page.pte -> A p rw a

story an address that is not canonical is a general protection fault
modes 4level 5level
on
read4 0x0100000000000000 -> gp
write4 user 0x7f00000000000000 1 -> gp
