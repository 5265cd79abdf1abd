# Global translations outlive MOV to CR3, nothing else. They may be forgotten at any time, so @B is always permitted.

story a global page survives a load of CR3
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
cr3 reload
read4 user page -> @A | @B
invlpg page
read4 user page -> @B

story a global page does not survive INVLPG
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
invlpg page
read4 user page -> @B

story a global page does not survive a change of CR4.PGE
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
cr4 -pge
read4 user page -> @B

story a global page does not survive CR4.PGE off and on
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
cr4 -pge
cr4 +pge
read4 user page -> @B

story a global page does not survive paging off and on
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
cr0 -pg
cr0 +pg
read4 user page -> @B

story without CR4.PGE a global page is like any other
on
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
cr3 reload
read4 user page -> @B

story a page cached before it became global is not global
on pge
set page.pte A p rw us
read4 user page -> @A
set page.pte B p rw us g
cr3 reload
read4 user page -> @B

story G in a directory entry does not make its pages global
on pge
set page.pde pt p rw us g
set page.pte A p rw us
read4 user page -> @A
set page.pte B p rw us
cr3 reload
read4 user page -> @B

story a global large page survives a load of CR3
on pge pse
set big.pde BIGA p rw us ps g
read4 user big -> @BIGA
set big.pde BIGB p rw us ps g
cr3 reload
read4 user big -> @BIGA | @BIGB
invlpg big
read4 user big -> @BIGB

story a global large page goes with INVLPG of another of its addresses
on pge pse
set big.pde BIGA p rw us ps g
read4 user big -> @BIGA
set big.pde BIGB p rw us ps g
invlpg big+0x31000
read4 user big -> @BIGB

story a global 1 GiB page survives a load of CR3
modes 4level 5level
on pge
set huge.pdpte HUGEA p rw us ps g
read4 user huge -> @HUGEA
set huge.pdpte HUGEA p rw ps g
cr3 reload
read4 user huge -> @HUGEA | pf 5
invlpg huge
read4 user huge -> pf 5

story a global page of one space may be seen in another that lacks it
on pge
set page.pte A p rw us g
read4 user page -> @A
cr3 space2
read4 user page -> @A | pf 4
invlpg page
read4 user page -> pf 4

story a global page hides another space's own page until INVLPG
on pge
set page.pte A p rw us g
set space2.pte B p rw us
read4 user page -> @A
cr3 space2
read4 user page -> @A | @B
invlpg page
read4 user page -> @B

story a global page's rights survive a load of CR3
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte A p rw g
cr3 reload
read4 user page -> @A | pf 5
invlpg page
read4 user page -> pf 5

story a global page's code survives a load of CR3
on pge
code A 0x50
code B 0x51
set page.pte A p rw us g
fetch2 user page -> int 0x50
set page.pte B p rw us g
cr3 reload
fetch2 user page -> int 0x50 | int 0x51
invlpg page
fetch2 user page -> int 0x51

story INVPCID for one address leaves a global page
modes 4level 5level
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
invpcid 0 0 page
read4 user page -> @A | @B

story INVPCID for one PCID leaves a global page
modes 4level 5level
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
invpcid 1 0 page
read4 user page -> @A | @B

story INVPCID for everything takes a global page
modes 4level 5level
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
invpcid 2 0 page
read4 user page -> @B

story INVPCID for everything but global pages leaves one
modes 4level 5level
on pge
set page.pte A p rw us g
read4 user page -> @A
set page.pte B p rw us g
invpcid 3 0 page
read4 user page -> @A | @B

story INVPCID for one address takes what is not global
modes 4level 5level
on pge
set page.pte A p rw us
read4 user page -> @A
set page.pte B p rw us
invpcid 0 0 page
read4 user page -> @B

story INVPCID for one address says nothing of the next page
modes 4level 5level
on
set page2.pte A p rw us
read4 user page2 -> @A
set page2.pte B p rw us
invpcid 0 0 page
read4 user page2 -> @A | @B
invpcid 3 0 0
read4 user page2 -> @B
