# Rights taken away. Until something invalidates it, the old translation may serve; afterwards it must not.

story a page table entry loses P, and that holds at the latest when INVLPG comes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A rw us a d
read4 user page -> @A | pf 4
invlpg page
read4 user page -> pf 4

story a page table entry loses P, and that holds at the latest when a load of CR3 comes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A rw us a d
read4 user page -> @A | pf 4
cr3 reload
read4 user page -> pf 4

story a page table entry loses P, and that holds at the latest when CR4.PGE changes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A rw us a d
read4 user page -> @A | pf 4
cr4 +pge
read4 user page -> pf 4

story a page table entry loses P, and that holds at the latest when paging is turned off and on
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A rw us a d
read4 user page -> @A | pf 4
cr0 -pg
cr0 +pg
read4 user page -> pf 4

story a page table entry loses P, and that holds at the latest when INVPCID for everything comes
modes 4level 5level
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A rw us a d
read4 user page -> @A | pf 4
invpcid 2 0 0
read4 user page -> pf 4

story a page table entry loses RW, and that holds at the latest when INVLPG comes
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pte A p us a d
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> pf 7
peek4 A+8

story a page table entry loses RW, and that holds at the latest when a load of CR3 comes
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pte A p us a d
write4 user page+8 2 -> ok | pf 7
cr3 reload
write4 user page+8 3 -> pf 7
peek4 A+8

story a page table entry loses RW, and that holds at the latest when CR4.PGE changes
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pte A p us a d
write4 user page+8 2 -> ok | pf 7
cr4 +pge
write4 user page+8 3 -> pf 7
peek4 A+8

story a page table entry loses RW, and that holds at the latest when paging is turned off and on
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pte A p us a d
write4 user page+8 2 -> ok | pf 7
cr0 -pg
cr0 +pg
write4 user page+8 3 -> pf 7
peek4 A+8

story a page table entry loses RW, and that holds at the latest when INVPCID for everything comes
modes 4level 5level
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pte A p us a d
write4 user page+8 2 -> ok | pf 7
invpcid 2 0 0
write4 user page+8 3 -> pf 7
peek4 A+8

story a page table entry loses US, and that holds at the latest when INVLPG comes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A p rw a d
read4 user page -> @A | pf 5
invlpg page
read4 user page -> pf 5

story a page table entry loses US, and that holds at the latest when a load of CR3 comes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A p rw a d
read4 user page -> @A | pf 5
cr3 reload
read4 user page -> pf 5

story a page table entry loses US, and that holds at the latest when CR4.PGE changes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A p rw a d
read4 user page -> @A | pf 5
cr4 +pge
read4 user page -> pf 5

story a page table entry loses US, and that holds at the latest when paging is turned off and on
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A p rw a d
read4 user page -> @A | pf 5
cr0 -pg
cr0 +pg
read4 user page -> pf 5

story a page table entry loses US, and that holds at the latest when INVPCID for everything comes
modes 4level 5level
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pte A p rw a d
read4 user page -> @A | pf 5
invpcid 2 0 0
read4 user page -> pf 5

story a page table entry gets NX, and that holds at the latest when INVLPG comes
modes pae 4level 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pte A p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> pf 0x15

story a page table entry gets NX, and that holds at the latest when a load of CR3 comes
modes pae 4level 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pte A p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
cr3 reload
fetch1 user page -> pf 0x15

story a page table entry gets NX, and that holds at the latest when CR4.PGE changes
modes pae 4level 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pte A p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
cr4 +pge
fetch1 user page -> pf 0x15

story a page table entry gets NX, and that holds at the latest when paging is turned off and on
modes pae 4level 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pte A p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
cr0 -pg
cr0 +pg
fetch1 user page -> pf 0x15

story a page table entry gets NX, and that holds at the latest when INVPCID for everything comes
modes 4level 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pte A p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
invpcid 2 0 0
fetch1 user page -> pf 0x15

story a page directory entry loses P, and that holds at the latest when INVLPG comes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pde pt rw us a d
read4 user page -> @A | pf 4
invlpg page
read4 user page -> pf 4

story a page directory entry loses P, and that holds at the latest when a load of CR3 comes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pde pt rw us a d
read4 user page -> @A | pf 4
cr3 reload
read4 user page -> pf 4

story a page directory entry loses RW, and that holds at the latest when INVLPG comes
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pde pt p us a d
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> pf 7
peek4 A+8

story a page directory entry loses RW, and that holds at the latest when a load of CR3 comes
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pde pt p us a d
write4 user page+8 2 -> ok | pf 7
cr3 reload
write4 user page+8 3 -> pf 7
peek4 A+8

story a page directory entry loses US, and that holds at the latest when INVLPG comes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pde pt p rw a d
read4 user page -> @A | pf 5
invlpg page
read4 user page -> pf 5

story a page directory entry loses US, and that holds at the latest when a load of CR3 comes
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pde pt p rw a d
read4 user page -> @A | pf 5
cr3 reload
read4 user page -> pf 5

story a page directory entry gets NX, and that holds at the latest when INVLPG comes
modes pae 4level 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pde pt p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> pf 0x15

story a page directory entry gets NX, and that holds at the latest when a load of CR3 comes
modes pae 4level 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pde pt p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
cr3 reload
fetch1 user page -> pf 0x15

story a PDPT entry loses P, and that holds at the latest when INVLPG comes
modes 4level 5level
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pdpte pd rw us a d
read4 user page -> @A | pf 4
invlpg page
read4 user page -> pf 4

story a PDPT entry loses RW, and that holds at the latest when INVLPG comes
modes 4level 5level
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pdpte pd p us a d
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> pf 7
peek4 A+8

story a PDPT entry loses US, and that holds at the latest when INVLPG comes
modes 4level 5level
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pdpte pd p rw a d
read4 user page -> @A | pf 5
invlpg page
read4 user page -> pf 5

story a PDPT entry gets NX, and that holds at the latest when INVLPG comes
modes 4level 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pdpte pd p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> pf 0x15

story a PML4 entry loses P, and that holds at the latest when INVLPG comes
modes 4level 5level
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pml4e pdpt rw us a d
read4 user page -> @A | pf 4
invlpg page
read4 user page -> pf 4

story a PML4 entry loses RW, and that holds at the latest when INVLPG comes
modes 4level 5level
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pml4e pdpt p us a d
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> pf 7
peek4 A+8

story a PML4 entry loses US, and that holds at the latest when INVLPG comes
modes 4level 5level
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pml4e pdpt p rw a d
read4 user page -> @A | pf 5
invlpg page
read4 user page -> pf 5

story a PML4 entry gets NX, and that holds at the latest when INVLPG comes
modes 4level 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pml4e pdpt p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> pf 0x15

story a PML5 entry loses P, and that holds at the latest when INVLPG comes
modes 5level
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pml5e 2101248 rw us a d
read4 user page -> @A | pf 4
invlpg page
read4 user page -> pf 4

story a PML5 entry loses RW, and that holds at the latest when INVLPG comes
modes 5level
on
set page.pte A p rw us a d
write4 user page+8 1 -> ok
set page.pml5e 2101248 p us a d
write4 user page+8 2 -> ok | pf 7
invlpg page
write4 user page+8 3 -> pf 7
peek4 A+8

story a PML5 entry loses US, and that holds at the latest when INVLPG comes
modes 5level
on
set page.pte A p rw us a d
read4 user page -> @A
set page.pml5e 2101248 p rw a d
read4 user page -> @A | pf 5
invlpg page
read4 user page -> pf 5

story a PML5 entry gets NX, and that holds at the latest when INVLPG comes
modes 5level
on nxe
set page.pte A p rw us a d
fetch1 user page -> 0xcc
set page.pml5e 2101248 p rw us a d nx
fetch1 user page -> 0xcc | pf 0x15
invlpg page
fetch1 user page -> pf 0x15
