# INVLPG of any address in a large page takes all of it; a large page and a table may take each other's place.

story a large page's data goes with INVLPG of the same address
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
set big.pde BIGB p rw us ps
invlpg big
read4 user big -> @BIGB

story a large page's data goes with INVLPG of another address
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
set big.pde BIGB p rw us ps
invlpg big+0x21000
read4 user big -> @BIGB

story a large page's data goes with INVLPG of its last byte
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
set big.pde BIGB p rw us ps
invlpg big+0x1affff
read4 user big -> @BIGB

story a large page's data goes with INVLPG of its first byte
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
set big.pde BIGB p rw us ps
invlpg big-0x50000
read4 user big -> @BIGB

story a large page's code goes with INVLPG of the same address
on pse
set big.pde BIGA p rw us ps
code BIGA+0x50000 0x50
code BIGB+0x50000 0x51
fetch2 user big -> int 0x50
set big.pde BIGB p rw us ps
invlpg big
fetch2 user big -> int 0x51

story a large page's code goes with INVLPG of another address
on pse
set big.pde BIGA p rw us ps
code BIGA+0x50000 0x50
code BIGB+0x50000 0x51
fetch2 user big -> int 0x50
set big.pde BIGB p rw us ps
invlpg big+0x21000
fetch2 user big -> int 0x51

story a large page's code goes with INVLPG of its last byte
on pse
set big.pde BIGA p rw us ps
code BIGA+0x50000 0x50
code BIGB+0x50000 0x51
fetch2 user big -> int 0x50
set big.pde BIGB p rw us ps
invlpg big+0x1affff
fetch2 user big -> int 0x51

story a large page's code goes with INVLPG of its first byte
on pse
set big.pde BIGA p rw us ps
code BIGA+0x50000 0x50
code BIGB+0x50000 0x51
fetch2 user big -> int 0x50
set big.pde BIGB p rw us ps
invlpg big-0x50000
fetch2 user big -> int 0x51

story a 1 GiB page goes with INVLPG of another address
modes 4level 5level
on
set huge.pdpte HUGEA p rw us ps
read4 user huge -> @HUGEA
set huge.pdpte HUGEA p rw ps
invlpg huge+0x20000000
read4 user huge -> pf 5

story a large page goes with a load of CR3
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
set big.pde BIGB p rw us ps
cr3 reload
read4 user big -> @BIGB

story a large page that becomes a table may serve until INVLPG
modes pae 4level 5level
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
set pt2+0x280 C p rw us
set big.pde pt2 p rw us
read4 user big -> @BIGA | @C
invlpg big
read4 user big -> @C

story a 4 MiB page that becomes a table may serve until INVLPG
modes 32bit
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
set pt2+0x140 C p rw us
set big.pde pt2 p rw us
read4 user big -> @BIGA | @C
invlpg big
read4 user big -> @C

story a table that becomes a large page may serve until INVLPG
modes pae 4level 5level
on pse
set pt2+0x280 C p rw us
set big.pde pt2 p rw us
read4 user big -> @C
set big.pde BIGB p rw us ps
read4 user big -> @C | @BIGB
invlpg big
read4 user big -> @BIGB

story a table that becomes a 4 MiB page may serve until INVLPG
modes 32bit
on pse
set pt2+0x140 C p rw us
set big.pde pt2 p rw us
read4 user big -> @C
set big.pde BIGB p rw us ps
read4 user big -> @C | @BIGB
invlpg big
read4 user big -> @BIGB

story bit 12 of a large page is PAT, not an address
on pse
set big.pde BIGA p rw us ps rsvd=12
read4 user big -> @BIGA

story bit 7 of a page table entry is PAT, not a size
on pse
set page.pte A p rw us pat
read4 user page -> @A

story PS in a PML4 entry is reserved
modes 4level 5level
on
set page.pte A p rw us
set page.pml4e pdpt p rw us ps
read4 user page -> pf 0xd
read4 page -> pf 9
write4 page 1 -> pf 0xb

story PS in a PML5 entry is reserved
modes 5level
on
set page.pte A p rw us
set page.pml5e 0x201000 p rw us ps
read4 user page -> pf 0xd

story a large page's rights and its directory's count together
modes 4level 5level
on
set big.pde BIGA p rw us ps
set big.pdpte pd p us
write4 user big 1 -> pf 7
read4 user big -> @BIGA

story a large page that loses RW may be written until INVLPG
on pse
set big.pde BIGA p rw us ps
write4 user big+8 1 -> ok
set big.pde BIGA p us ps a d
write4 user big+8 2 -> ok | pf 7
invlpg big+0x1000
write4 user big+8 3 -> pf 7
peek4 BIGA+0x50008 -> 2 | 1

story a large page gives way in one address space only
on pse
set big.pde BIGA p rw us ps
set space2big.pde BIGB p rw us ps
read4 user big -> @BIGA
cr3 space2
read4 user big -> @BIGB
cr3 space1
read4 user big -> @BIGA
