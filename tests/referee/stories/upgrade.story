# Rights given. What was not present or had a reserved bit is never cached, so that takes effect at once; a cached
# translation with fewer rights may still cause a fault, which a page-fault handler must expect.

story a page table entry that becomes present needs no invalidation
on
set page.pte A p rw us
set page.pte 0
read4 user page -> pf 4
set page.pte A p rw us
read4 user page -> @A

story a page table entry that gets RW may need an invalidation
on
set page.pte A p rw us
set page.pte A p us
read4 user page -> @A
write4 user page+8 1 -> pf 7
set page.pte A p rw us
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> ok
peek4 A+8 -> 3

story a page table entry that gets US may need an invalidation
on
set page.pte A p rw us
set page.pte A p rw
read4 page -> @A
read4 user page -> pf 5
set page.pte A p rw us
read4 user page -> @A | pf 5
invlpg page
read4 user page -> @A

story a page directory entry that becomes present needs no invalidation
on
set page.pte A p rw us
set page.pde 0
read4 user page -> pf 4
set page.pde pt p rw us
read4 user page -> @A

story a page directory entry that gets RW may need an invalidation
on
set page.pte A p rw us
set page.pde pt p us
read4 user page -> @A
write4 user page+8 1 -> pf 7
set page.pde pt p rw us
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> ok
peek4 A+8 -> 3

story a page directory entry that gets US may need an invalidation
on
set page.pte A p rw us
set page.pde pt p rw
read4 page -> @A
read4 user page -> pf 5
set page.pde pt p rw us
read4 user page -> @A | pf 5
invlpg page
read4 user page -> @A

story a PDPT entry that becomes present needs no invalidation
modes 4level 5level
on
set page.pte A p rw us
set page.pdpte 0
read4 user page -> pf 4
set page.pdpte pd p rw us
read4 user page -> @A

story a PDPT entry that gets RW may need an invalidation
modes 4level 5level
on
set page.pte A p rw us
set page.pdpte pd p us
read4 user page -> @A
write4 user page+8 1 -> pf 7
set page.pdpte pd p rw us
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> ok
peek4 A+8 -> 3

story a PDPT entry that gets US may need an invalidation
modes 4level 5level
on
set page.pte A p rw us
set page.pdpte pd p rw
read4 page -> @A
read4 user page -> pf 5
set page.pdpte pd p rw us
read4 user page -> @A | pf 5
invlpg page
read4 user page -> @A

story a PML4 entry that becomes present needs no invalidation
modes 4level 5level
on
set page.pte A p rw us
set page.pml4e 0
read4 user page -> pf 4
set page.pml4e pdpt p rw us
read4 user page -> @A

story a PML4 entry that gets RW may need an invalidation
modes 4level 5level
on
set page.pte A p rw us
set page.pml4e pdpt p us
read4 user page -> @A
write4 user page+8 1 -> pf 7
set page.pml4e pdpt p rw us
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> ok
peek4 A+8 -> 3

story a PML4 entry that gets US may need an invalidation
modes 4level 5level
on
set page.pte A p rw us
set page.pml4e pdpt p rw
read4 page -> @A
read4 user page -> pf 5
set page.pml4e pdpt p rw us
read4 user page -> @A | pf 5
invlpg page
read4 user page -> @A

story a PML5 entry that becomes present needs no invalidation
modes 5level
on
set page.pte A p rw us
set page.pml5e 0
read4 user page -> pf 4
set page.pml5e 2101248 p rw us
read4 user page -> @A

story a PML5 entry that gets RW may need an invalidation
modes 5level
on
set page.pte A p rw us
set page.pml5e 2101248 p us
read4 user page -> @A
write4 user page+8 1 -> pf 7
set page.pml5e 2101248 p rw us
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> ok
peek4 A+8 -> 3

story a PML5 entry that gets US may need an invalidation
modes 5level
on
set page.pte A p rw us
set page.pml5e 2101248 p rw
read4 page -> @A
read4 user page -> pf 5
set page.pml5e 2101248 p rw us
read4 user page -> @A | pf 5
invlpg page
read4 user page -> @A

story a page table entry that loses NX may need an invalidation
modes pae 4level 5level
on nxe
set page.pte A p rw us
set page.pte A p rw us nx
read4 user page -> @A
fetch1 user page -> pf 0x15
set page.pte A p rw us
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> 0xcc

story a page directory entry that loses NX may need an invalidation
modes pae 4level 5level
on nxe
set page.pte A p rw us
set page.pde pt p rw us nx
read4 user page -> @A
fetch1 user page -> pf 0x15
set page.pde pt p rw us
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> 0xcc

story a PDPT entry that loses NX may need an invalidation
modes 4level 5level
on nxe
set page.pte A p rw us
set page.pdpte pd p rw us nx
read4 user page -> @A
fetch1 user page -> pf 0x15
set page.pdpte pd p rw us
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> 0xcc

story a PML4 entry that loses NX may need an invalidation
modes 4level 5level
on nxe
set page.pte A p rw us
set page.pml4e pdpt p rw us nx
read4 user page -> @A
fetch1 user page -> pf 0x15
set page.pml4e pdpt p rw us
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> 0xcc

story a PML5 entry that loses NX may need an invalidation
modes 5level
on nxe
set page.pte A p rw us
set page.pml5e 2101248 p rw us nx
read4 user page -> @A
fetch1 user page -> pf 0x15
set page.pml5e 2101248 p rw us
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> 0xcc

story a reserved bit that is cleared needs no invalidation
modes pae 4level 5level
on
set page.pte A p rw us rsvd=51
read4 user page -> pf 0xd
set page.pte A p rw us
read4 user page -> @A

story a reserved bit in a large page that is cleared needs no invalidation
modes pae 4level 5level
on pse
set big.pde BIGA p rw us ps rsvd=13
read4 user big -> pf 0xd
set big.pde BIGA p rw us ps
read4 user big -> @BIGA

story bit 21 of a 4 MiB page is reserved until it is cleared
modes 32bit
on pse
set big.pde BIGA p rw us ps rsvd=21
read4 user big -> pf 0xd
write4 big 1 -> pf 0xb
set big.pde BIGA p rw us ps
read4 user big -> @BIGA

story a present entry under an absent directory becomes visible with it
on
set page.pde 0
set page.pte A p rw us
read4 page -> pf 0
set page.pde pt p rw us
read4 page -> @A

# Without a fault in between: a page fault itself forgets what is cached for its address.

story RW given behind a cached translation may be missed once
on
set page.pte A p us
read4 user page -> @A
set page.pte A p rw us
write4 user page+8 1 -> ok | pf 7
write4 user page+8 2 -> ok
peek4 A+8 -> 2

story US given behind a cached translation may be missed once
on
set page.pte A p rw
read4 page -> @A
set page.pte A p rw us
read4 user page -> @A | pf 5
read4 user page -> @A

story RW given to a directory's entry behind a cached translation may be missed once
on
set page.pte A p rw us
set page.pde pt p us
read4 user page -> @A
set page.pde pt p rw us
write4 user page+8 1 -> ok | pf 7
write4 user page+8 2 -> ok

story NX taken away behind a cached translation may be missed once
modes pae 4level 5level
on nxe
set page.pte A p rw us nx
read4 user page -> @A
set page.pte A p rw us
fetch1 user page -> 0xcc | pf 0x15
fetch1 user page -> 0xcc
