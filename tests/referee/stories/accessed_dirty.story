# A and D are written when the translation is made, so a cached one need not write them again.

story a page's Accessed that was cleared may stay clear until INVLPG
on pse
set page.pte A p rw us
read4 user page -> @A
peek page.pte -> A p rw us a
set page.pte A p rw us
read4 user page -> @A
peek page.pte -> A p rw us | A p rw us a
invlpg page
read4 user page -> @A
peek page.pte -> A p rw us a

story a page's Dirty that was cleared may stay clear until INVLPG
on pse
set page.pte A p rw us
write4 user page+8 1 -> ok
peek page.pte -> A p rw us a d
set page.pte A p rw us a
write4 user page+8 2 -> ok
peek page.pte -> A p rw us a | A p rw us a d
invlpg page
write4 user page+8 3 -> ok
peek page.pte -> A p rw us a d
peek4 A+8 -> 3

story a page that was read is marked Dirty by its first write
on pse
set page.pte A p rw us
read4 user page -> @A
peek page.pte -> A p rw us a
write4 user page+8 1 -> ok
peek page.pte -> A p rw us a d
peek4 A+8 -> 1

story a page that was fetched from is Accessed, not Dirty
on pse
set page.pte A p rw us
fetch1 user page -> 0xcc
peek page.pte -> A p rw us a

story a large page's Accessed that was cleared may stay clear until INVLPG
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
peek big.pde -> BIGA p rw us ps a
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
peek big.pde -> BIGA p rw us ps | BIGA p rw us ps a
invlpg big
read4 user big -> @BIGA
peek big.pde -> BIGA p rw us ps a

story a large page's Dirty that was cleared may stay clear until INVLPG
on pse
set big.pde BIGA p rw us ps
write4 user big+8 1 -> ok
peek big.pde -> BIGA p rw us ps a d
set big.pde BIGA p rw us ps a
write4 user big+8 2 -> ok
peek big.pde -> BIGA p rw us ps a | BIGA p rw us ps a d
invlpg big
write4 user big+8 3 -> ok
peek big.pde -> BIGA p rw us ps a d
peek4 BIGA+0x50008 -> 3

story a large page that was read is marked Dirty by its first write
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
peek big.pde -> BIGA p rw us ps a
write4 user big+8 1 -> ok
peek big.pde -> BIGA p rw us ps a d
peek4 BIGA+0x50008 -> 1

story a large page that was fetched from is Accessed, not Dirty
on pse
set big.pde BIGA p rw us ps
fetch1 user big -> 0xcc
peek big.pde -> BIGA p rw us ps a

story a 1 GiB page's Accessed that was cleared may stay clear until INVLPG
modes 4level 5level
on pse
set huge.pdpte HUGEA p rw us ps
read4 user huge -> @HUGEA
peek huge.pdpte -> HUGEA p rw us ps a
set huge.pdpte HUGEA p rw us ps
read4 user huge -> @HUGEA
peek huge.pdpte -> HUGEA p rw us ps | HUGEA p rw us ps a
invlpg huge
read4 user huge -> @HUGEA
peek huge.pdpte -> HUGEA p rw us ps a

story a 1 GiB page's Dirty that was cleared may stay clear until INVLPG
modes 4level 5level
on pse
set huge.pdpte HUGEA p rw us ps
write4 user huge+8 1 -> ok
peek huge.pdpte -> HUGEA p rw us ps a d
set huge.pdpte HUGEA p rw us ps a
write4 user huge+8 2 -> ok
peek huge.pdpte -> HUGEA p rw us ps a | HUGEA p rw us ps a d
invlpg huge
write4 user huge+8 3 -> ok
peek huge.pdpte -> HUGEA p rw us ps a d
peek4 0x450008 -> 3

story a 1 GiB page that was read is marked Dirty by its first write
modes 4level 5level
on pse
set huge.pdpte HUGEA p rw us ps
read4 user huge -> @HUGEA
peek huge.pdpte -> HUGEA p rw us ps a
write4 user huge+8 1 -> ok
peek huge.pdpte -> HUGEA p rw us ps a d
peek4 0x450008 -> 1

story a 1 GiB page that was fetched from is Accessed, not Dirty
modes 4level 5level
on pse
set huge.pdpte HUGEA p rw us ps
fetch1 user huge -> 0xcc
peek huge.pdpte -> HUGEA p rw us ps a

story a page directory entry's Accessed that was cleared may stay clear until INVLPG
on
set page.pte A p rw us
set page.pde pt p rw us
read4 user page -> @A
peek page.pde -> pt p rw us a
set page.pde pt p rw us
read4 user page -> @A
peek page.pde -> pt p rw us | pt p rw us a
invlpg page
read4 user page -> @A
peek page.pde -> pt p rw us a

story a page directory entry may be marked Accessed though the walk then fails
on
set page.pte 0
set page.pde pt p rw us
read4 user page -> pf 4
peek page.pde

story a page directory entry never gets Dirty
on
set page.pte A p rw us
set page.pde pt p rw us
write4 user page+8 1 -> ok
peek page.pde -> pt p rw us a
peek4 A+8 -> 1

story a PDPT entry's Accessed that was cleared may stay clear until INVLPG
modes 4level 5level
on
set page.pte A p rw us
set page.pdpte pd p rw us
read4 user page -> @A
peek page.pdpte -> pd p rw us a
set page.pdpte pd p rw us
read4 user page -> @A
peek page.pdpte -> pd p rw us | pd p rw us a
invlpg page
read4 user page -> @A
peek page.pdpte -> pd p rw us a

story a PDPT entry may be marked Accessed though the walk then fails
modes 4level 5level
on
set page.pte 0
set page.pdpte pd p rw us
read4 user page -> pf 4
peek page.pdpte

story a PDPT entry never gets Dirty
modes 4level 5level
on
set page.pte A p rw us
set page.pdpte pd p rw us
write4 user page+8 1 -> ok
peek page.pdpte -> pd p rw us a
peek4 A+8 -> 1

story a PML4 entry's Accessed that was cleared may stay clear until INVLPG
modes 4level 5level
on
set page.pte A p rw us
set page.pml4e pdpt p rw us
read4 user page -> @A
peek page.pml4e -> pdpt p rw us a
set page.pml4e pdpt p rw us
read4 user page -> @A
peek page.pml4e -> pdpt p rw us | pdpt p rw us a
invlpg page
read4 user page -> @A
peek page.pml4e -> pdpt p rw us a

story a PML4 entry may be marked Accessed though the walk then fails
modes 4level 5level
on
set page.pte 0
set page.pml4e pdpt p rw us
read4 user page -> pf 4
peek page.pml4e

story a PML4 entry never gets Dirty
modes 4level 5level
on
set page.pte A p rw us
set page.pml4e pdpt p rw us
write4 user page+8 1 -> ok
peek page.pml4e -> pdpt p rw us a
peek4 A+8 -> 1

story a PML5 entry's Accessed that was cleared may stay clear until INVLPG
modes 5level
on
set page.pte A p rw us
set page.pml5e 2101248 p rw us
read4 user page -> @A
peek page.pml5e -> 2101248 p rw us a
set page.pml5e 2101248 p rw us
read4 user page -> @A
peek page.pml5e -> 2101248 p rw us | 2101248 p rw us a
invlpg page
read4 user page -> @A
peek page.pml5e -> 2101248 p rw us a

story a PML5 entry may be marked Accessed though the walk then fails
modes 5level
on
set page.pte 0
set page.pml5e 2101248 p rw us
read4 user page -> pf 4
peek page.pml5e

story a PML5 entry never gets Dirty
modes 5level
on
set page.pte A p rw us
set page.pml5e 2101248 p rw us
write4 user page+8 1 -> ok
peek page.pml5e -> 2101248 p rw us a
peek4 A+8 -> 1

story a locked exchange marks Dirty
on
set page.pte A p rw us
rmw4 user page+8 1 -> 0x104002cc
rmw4 user page+8 2 -> 1
peek page.pte -> A p rw us a d
peek4 A+8 -> 2

story a write that faults marks nothing Dirty
on wp
set page.pte A p us
write4 user page 1 -> pf 7
write4 page 1 -> pf 3
read4 user page -> @A
peek page.pte -> A p us a

story a supervisor's write of a read-only page without WP marks it Dirty
on
set page.pte A p us
write4 page+8 1 -> ok
peek page.pte -> A p us a d
peek4 A+8 -> 1

story a store over two pages marks both Dirty
on
set page.pte A p rw us
set page2.pte B p rw us
write4 user page+0xffe 0x11223344 -> ok
peek page.pte -> A p rw us a d
peek page2.pte -> B p rw us a d
peek4 A+0xffc -> 0x3344ffcc
peek4 B -> 0x10441122

story a store over two pages of which the second is missing writes nothing
on
set page.pte A p rw us
write4 user page+0xffe 0x11223344 -> pf 6 at page2
peek4 A+0xffc -> 0x1043ffcc

story an address written in two pages goes to two frames that do not touch
on
set page.pte B p rw us
set page2.pte A p rw us
write4 user page+0xffd 0xaabbccdd -> ok
peek4 B+0xffc -> 0xbbccddcc
peek4 A -> 0x104000aa

story a walk that ends at an absent page may mark the directory's entry
on pse
set page.pde pt p rw us
read4 user page -> pf 4
peek page.pde -> pt p rw us | pt p rw us a

story an access without rights may mark the directory's entry, but not the page's
on pse
set page.pde pt p rw us
set page.pte A p rw
read4 user page -> pf 5
peek page.pde -> pt p rw us | pt p rw us a
peek page.pte -> A p rw

story an absent table leaves the entries above marked or unmarked
modes 4level 5level
on pse
set page.pdpte pd p rw us
set page.pde 0
read4 user page -> pf 4
peek page.pdpte -> pd p rw us | pd p rw us a
peek page.pde -> 0
