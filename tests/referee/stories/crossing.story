# Accesses over two pages, each of which may be stale, and implicit accesses of the supervisor's.

story of two pages the stale one and the fresh one go together
on
set page.pte A p rw us
set page2.pte B p rw us
read4 user page -> @A
set page.pte C p rw us
set page2.pte D p rw us
read4 user page+0xffe -> 0xcc1043 | 0xcc104b
invlpg page
invlpg page2
read4 user page+0xffe -> 0xcc104b

story a page unmapped behind a crossing read may serve until INVLPG
on
set page.pte A p rw us
set page2.pte B p rw us
read4 user page+0xffe -> 0xcc1043
set page2.pte 0
read4 user page+0xffe -> 0xcc1043 | pf 4 at page2
invlpg page2
read4 user page+0xffe -> pf 4 at page2

story the first page's fault comes before the second's
modes 32bit pae 4level 5level
on
read4 user page+0xfff -> pf 4
set page.pte A p rw us
read4 user page+0xfff -> pf 4 at page2

story a write over two pages is refused by the second's right
on
set page.pte A p rw us
set page2.pte B p us
write4 user page+0xffd 0x1 -> pf 7 at page2
peek4 A+0xffc -> 0x1043ffcc

story the supervisor's write over two pages is refused by the user's page with SMAP
on smap
set page.pte A p rw
set page2.pte B p rw us
write4 page+0xffe 1 -> pf 3 at page2
ac 1
write4 page+0xffe 0 -> ok
peek4 A+0xffc -> 0xffcc
peek4 B -> 0x10440000

story an instruction over two pages needs both
on
set page.pte A p rw us
poke1 A+0xfff 0xcd
fetch2 user page+0xfff -> pf 4 at page2
set page2.pte B p rw us
fetch2 user page+0xfff -> int 0xcc

story an instruction over two pages is stopped by NX on the second
modes pae 4level 5level
on nxe
set page.pte A p rw us
set page2.pte B p rw us nx
poke1 A+0xfff 0xcd
fetch2 user page+0xfff -> pf 0x15 at page2

story an instruction over two pages is stopped by SMEP on the second
on smep
set page.pte A p rw
set page2.pte B p rw us
poke1 A+0xfff 0xcd
fetch2 page+0xfff -> pf 0x11 at page2

story 8 bytes over two pages come in order
modes 4level 5level
on
set page.pte A p rw us
set page2.pte B p rw us
read8 user page+0xffc -> 0x104400cc1043ffcc
write8 user page+0xffd 0x1122334455667788 -> ok
peek4 A+0xffc -> 0x667788cc
peek8 B -> 0x1044011122334455

story a descriptor may be read from a page unmapped before until INVLPG
on
set before.pte gdtframe p rw
set page.pte A p rw
gdt user page -> ok
set page.pte 0
gdt user page -> ok | pf 0
invlpg page
gdt user page -> pf 0

story a descriptor in a user page is refused with SMAP
on smap
set before.pte gdtframe p rw
set page.pte A p rw us
gdt user page -> pf 1
cr4 -smap
gdt user page -> ok

story a descriptor in a user page is refused with SMAP even if the user sets AC
on smap
set before.pte gdtframe p rw
set page.pte A p rw us
ac 1
gdt user page -> pf 1

story a descriptor in a page with NX can be read
modes pae 4level 5level
on nxe
set before.pte gdtframe p rw
set page.pte A p rw nx
gdt user page -> ok
peek page.pte -> A p rw nx a

story a descriptor in a page with a reserved bit
modes pae 4level 5level
on
set before.pte gdtframe p rw
set page.pte A p rw rsvd=51
gdt user page -> pf 9

story a gate may be read from a page unmapped before until INVLPG
on
set before.pte idtframe p rw
set page.pte A p rw
idt user page -> ok
set page.pte 0
idt user page -> ok | pf 0
invlpg page
idt user page -> pf 0

story a gate in a user page is refused with SMAP
on smap
set before.pte idtframe p rw
set page.pte A p rw us
idt user page -> pf 1
cr4 -smap
idt user page -> ok

story a gate in a user page is refused with SMAP even if the user sets AC
on smap
set before.pte idtframe p rw
set page.pte A p rw us
ac 1
idt user page -> pf 1

story a gate in a page with NX can be read
modes pae 4level 5level
on nxe
set before.pte idtframe p rw
set page.pte A p rw nx
idt user page -> ok
peek page.pte -> A p rw nx a

story a gate in a page with a reserved bit
modes pae 4level 5level
on
set before.pte idtframe p rw
set page.pte A p rw rsvd=51
idt user page -> pf 9

story the I/O bitmap may be read from a page unmapped before until INVLPG
on
set before.pte tssframe p rw
set page.pte A p rw
tss user page -> ok
set page.pte 0
tss user page -> ok | pf 0
invlpg page
tss user page -> pf 0

story the I/O bitmap in a user page is refused with SMAP
on smap
set before.pte tssframe p rw
set page.pte A p rw us
tss user page -> pf 1
cr4 -smap
tss user page -> ok

story the I/O bitmap in a user page is refused with SMAP even if the user sets AC
on smap
set before.pte tssframe p rw
set page.pte A p rw us
ac 1
tss user page -> pf 1

story the I/O bitmap in a page with NX can be read
modes pae 4level 5level
on nxe
set before.pte tssframe p rw
set page.pte A p rw nx
tss user page -> ok
peek page.pte -> A p rw nx a

story the I/O bitmap in a page with a reserved bit
modes pae 4level 5level
on
set before.pte tssframe p rw
set page.pte A p rw rsvd=51
tss user page -> pf 9

story a descriptor in a user page is refused to the supervisor with SMAP and AC
on smap
set before.pte gdtframe p rw
set page.pte A p rw us
ac 1
gdt page -> pf 1
read4 page -> @A
