# Another frame behind the same address. The old one may serve until an invalidation, for each kind of access.

story a read may go to the old frame until INVLPG
on
set page.pte A p rw us
read4 user page -> @A

set page.pte B p rw us
read4 user page -> @A | @B
invlpg page
read4 user page -> @B

story a read may go to the old frame until a load of CR3
on
set page.pte A p rw us
read4 user page -> @A

set page.pte B p rw us
read4 user page -> @A | @B
cr3 reload
read4 user page -> @B

story a read may go to the old frame until a change of CR4.PGE
on
set page.pte A p rw us
read4 user page -> @A

set page.pte B p rw us
read4 user page -> @A | @B
cr4 +pge
read4 user page -> @B

story a read may go to the old frame until another address space and back
on
set page.pte A p rw us
read4 user page -> @A

set page.pte B p rw us
read4 user page -> @A | @B
cr3 space2
cr3 space1
read4 user page -> @B

story a fetch may go to the old frame until INVLPG
on
set page.pte A p rw us
code A 0x50
code B 0x51
fetch2 user page -> int 0x50

set page.pte B p rw us
fetch2 user page -> int 0x50 | int 0x51
invlpg page
fetch2 user page -> int 0x51

story a fetch may go to the old frame until a load of CR3
on
set page.pte A p rw us
code A 0x50
code B 0x51
fetch2 user page -> int 0x50

set page.pte B p rw us
fetch2 user page -> int 0x50 | int 0x51
cr3 reload
fetch2 user page -> int 0x51

story a fetch may go to the old frame until a change of CR4.PGE
on
set page.pte A p rw us
code A 0x50
code B 0x51
fetch2 user page -> int 0x50

set page.pte B p rw us
fetch2 user page -> int 0x50 | int 0x51
cr4 +pge
fetch2 user page -> int 0x51

story a fetch may go to the old frame until another address space and back
on
set page.pte A p rw us
code A 0x50
code B 0x51
fetch2 user page -> int 0x50

set page.pte B p rw us
fetch2 user page -> int 0x50 | int 0x51
cr3 space2
cr3 space1
fetch2 user page -> int 0x51

story a supervisor read may go to the old frame until INVLPG
on
set page.pte A p rw us
read4 page -> @A

set page.pte B p rw us
read4 page -> @A | @B
invlpg page
read4 page -> @B

story a supervisor read may go to the old frame until a load of CR3
on
set page.pte A p rw us
read4 page -> @A

set page.pte B p rw us
read4 page -> @A | @B
cr3 reload
read4 page -> @B

story a supervisor read may go to the old frame until a change of CR4.PGE
on
set page.pte A p rw us
read4 page -> @A

set page.pte B p rw us
read4 page -> @A | @B
cr4 +pge
read4 page -> @B

story a supervisor read may go to the old frame until another address space and back
on
set page.pte A p rw us
read4 page -> @A

set page.pte B p rw us
read4 page -> @A | @B
cr3 space2
cr3 space1
read4 page -> @B

story a write may reach the old frame until INVLPG
on
set page.pte A p rw us a d
write4 user page+8 0x11 -> ok
set page.pte B p rw us a d
write4 user page+8 0x22 -> ok
peek4 A+8 -> 0x22 | 0x11
peek4 B+8 -> 0x104402cc | 0x22
invlpg page
write4 user page+8 0x33 -> ok
peek4 B+8 -> 0x33
peek4 A+8 -> 0x22 | 0x11

story a locked exchange may reach the old frame until INVLPG
on
set page.pte A p rw us a d
write4 user page+8 0x11 -> ok
set page.pte B p rw us a d
rmw4 user page+8 0x22 -> 0x11 | 0x104402cc
peek4 A+8
peek4 B+8
invlpg page
rmw4 user page+8 0x33 -> 0x104402cc | 0x22
peek4 B+8 -> 0x33

story a directory entry that points to another table may be cached until INVLPG
on
set page.pte A p rw us
read4 user page -> @A
set page.pde pt2 p rw us
read4 user page -> @A | pf 4
invlpg page
read4 user page -> pf 4

story INVLPG of one page says nothing of the next
on
set page.pte A p rw us
set page2.pte C p rw us
read4 user page -> @A
read4 user page2 -> @C
set page.pte B p rw us
set page2.pte D p rw us
invlpg page
read4 user page -> @B
read4 user page2 -> @C | @D
invlpg page2
read4 user page2 -> @D

story two addresses of one frame see each other's writes
on
set page.pte A p rw us
set other.pte A p rw us
write4 user page+8 0x1234 -> ok
read4 user other+8 -> 0x1234
write4 other+8 0x4321 -> ok
read4 user page+8 -> 0x4321
peek4 A+8 -> 0x4321

story a table mapped into its own space is changed by an ordinary store
modes 32bit
on
set page2.pte pt p rw
set page.pte A p rw us
read4 user page -> @A
write4 page2+0x114 0x411007 -> ok
read4 user page -> @A | @B
invlpg page
read4 user page -> @B
peek page.pte -> B p rw us a

story a table mapped into its own space is changed by an ordinary store of 8 bytes
modes 4level 5level
on
set page2.pte pt p rw
set page.pte A p rw us
read4 user page -> @A
write8 page2+0x228 0x411007 -> ok
read4 user page -> @A | @B
invlpg page
read4 user page -> @B
peek page.pte -> B p rw us a

story a directory that points at itself shows its tables as pages
modes 32bit
on
set root+20 root p rw
set page.pte A p rw us
read4 0x1403114 -> 0x410007
read4 user page -> @A
read4 0x1403114 -> 0x410027

story another address space has its own page
on
set page.pte A p rw us
set space2.pte B p rw us
read4 user page -> @A
cr3 space2
read4 user page -> @B
cr3 space1
read4 user page -> @A

story a page that the other space lacks is gone after the switch
on
set page.pte A p rw us
read4 user page -> @A
cr3 space2
read4 user page -> pf 4
cr3 space1
read4 user page -> @A

story rights differ from space to space
on
set page.pte A p rw us
set space2.pte A p us
write4 user page+8 1 -> ok
cr3 space2
write4 user page+8 2 -> pf 7
read4 user page+8 -> 1
peek4 A+8 -> 1
