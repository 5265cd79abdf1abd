# Rights that registers decide. What is cached are the entries' rights, so a change of a register counts at once, but for
# NXE and PSE, which change what an entry means and invalidate nothing.

story CR0.WP counts at once
on
set page.pte A p us
write4 page+8 1 -> ok
cr0 +wp
write4 page+8 2 -> pf 3
cr0 -wp
write4 page+8 3 -> ok
peek4 A+8 -> 3

story CR0.WP counts at once for a large page
on pse
set big.pde BIGA p us ps
write4 big+8 1 -> ok
cr0 +wp
write4 big+8 2 -> pf 3
cr0 -wp
write4 big+8 3 -> ok
peek4 BIGA+0x50008 -> 3

story CR0.WP counts at once for a locked exchange
modes 32bit 4level 5level
on
set page.pte A p rw us a d
set page.pde pt p us
rmw4 page+8 1 -> 0x104002cc
cr0 +wp
rmw4 page+8 2 -> pf 3
cr0 -wp
rmw4 page+8 3 -> 1
peek4 A+8 -> 3

story CR0.WP does not concern the user
on
set page.pte A p us
write4 user page 1 -> pf 7
cr0 +wp
write4 user page 1 -> pf 7

story CR4.SMEP counts at once
on
set page.pte A p rw us
fetch1 page -> 0xcc
cr4 +smep
fetch1 page -> pf 0x11
fetch1 user page -> 0xcc
cr4 -smep
fetch1 page -> 0xcc

story CR4.SMEP counts at once for a global page
on pge
set page.pte A p rw us g
fetch1 page -> 0xcc
cr4 +smep
fetch1 page -> pf 0x11
cr4 -smep
fetch1 page -> 0xcc

story CR4.SMEP counts at once for a large page
on pse
set big.pde BIGA p rw us ps
fetch1 big -> 0xcc
cr4 +smep
fetch1 big -> pf 0x11

story setting CR4.SMEP forgets stale pages
on
set page.pte A p rw us
read4 user page -> @A
set page.pte B p rw us
cr4 +smep
read4 user page -> @B

story clearing CR4.SMEP need not forget anything
modes 32bit 4level 5level
on smep
set page.pte A p rw us
read4 user page -> @A
set page.pte B p rw us
cr4 -smep
read4 user page -> @A | @B
invlpg page
read4 user page -> @B

story CR4.SMAP counts at once
on
set page.pte A p rw us
read4 page -> @A
cr4 +smap
read4 page -> pf 1
read4 user page -> @A
cr4 -smap
read4 page -> @A

story CR4.SMAP needs no load of PDPTEs or tables and forgets nothing by right
on
set page.pte A p rw us
read4 user page -> @A
set page.pte B p rw us
cr4 +smap
read4 user page -> @A | @B
invlpg page
read4 user page -> @B

story EFLAGS.AC lifts SMAP at once, and only while it is set
on smap
set page.pte A p rw us
read4 page -> pf 1
ac 1
read4 page -> @A
write4 page+8 1 -> ok
ac 0
write4 page+8 2 -> pf 3
peek4 A+8 -> 1

story EFLAGS.AC does not lift SMEP
on smep smap
set page.pte A p rw us
ac 1
fetch1 page -> pf 0x11
read4 page -> @A

story SMAP does not concern supervisor pages
on smap
set page.pte A p rw
read4 page -> @A
write4 page+8 1 -> ok
peek4 A+8 -> 1

story SMAP holds where one level alone is the supervisor's, too
modes 32bit 4level 5level
on smap
set page.pde pt p rw
set page.pte A p rw us
read4 page -> @A

story NX is a reserved bit once EFER.NXE is cleared
modes pae 4level 5level
on nxe
set page.pte A p rw us nx
read4 user page -> @A
fetch1 user page -> pf 0x15
efer -nxe
read4 user page -> pf 0xd | @A
invlpg page
read4 user page -> pf 0xd

story NX is a right once EFER.NXE is set
modes pae 4level 5level
on
set page.pte A p rw us nx
read4 user page -> pf 0xd
efer +nxe
read4 user page -> @A
fetch1 user page -> pf 0x15

story without NX and SMEP a fetch does not say so in its error code
on
set page.pte 0
fetch1 user page -> pf 4
set page.pte A p rw
fetch1 user page -> pf 5

story with SMEP a fetch says so in its error code
on smep
set page.pte 0
fetch1 user page -> pf 0x14
set page.pte A p rw
fetch1 user page -> pf 0x15

story with NXE a fetch says so in its error code
modes pae 4level 5level
on nxe
set page.pte 0
fetch1 user page -> pf 0x14
fetch1 page -> pf 0x10
set page.pte A p rw
fetch1 user page -> pf 0x15

story EFER.NXE means nothing in 32-bit paging
modes 32bit
on nxe
set page.pte 0
fetch1 user page -> pf 4
set page.pte A p rw us
fetch1 user page -> 0xcc

story without CR4.PSE a directory entry's PS is ignored; with it, bit 21 is reserved
modes 32bit
on
set big.pde pt p rw us ps
set pt+0x140 A p rw us
read4 user big -> @A
cr4 +pse
invlpg big
read4 user big -> pf 0xd

story a 4 MiB page may outlive CR4.PSE until INVLPG
modes 32bit
on pse
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
cr4 -pse
read4 user big -> pf 4 | @BIGA
invlpg big
read4 user big -> pf 4

story CR4.PSE means nothing in PAE and long mode
modes pae 4level 5level
on
set big.pde BIGA p rw us ps
read4 user big -> @BIGA
cr4 +pse
invlpg big
read4 user big -> @BIGA
cr4 -pse
invlpg big
read4 user big -> @BIGA

story paging off reaches physical memory, and paging on starts afresh
modes 32bit pae
on
set page.pte A p rw us
read4 user page -> @A
set page.pte B p rw us
cr0 -pg
read4 B -> @B
cr0 +pg
read4 user page -> @B

story a user's key in PKRU counts at once
modes 4level 5level
on pke
set page.pte A p rw us pk=1
read4 user page -> @A
pkru 0x4 -> ok
read4 user page -> pf 0x25
read4 page -> pf 0x21
pkru 0x8 -> ok
read4 user page -> @A
write4 user page 1 -> pf 0x27
pkru 0 -> ok
write4 user page+8 1 -> ok
peek4 A+8 -> 1

story a key does not concern fetches
modes 4level 5level
on pke
set page.pte A p rw us pk=2
pkru 0x30 -> ok
fetch1 user page -> 0xcc
read4 user page -> pf 0x25

story a key that forbids writing stops the supervisor only with WP
modes 4level 5level
on pke
set page.pte A p rw us pk=1
pkru 0x8 -> ok
write4 page+8 1 -> ok
cr0 +wp
write4 page+8 2 -> pf 0x23
peek4 A+8 -> 1

story a key means nothing without CR4.PKE
modes 4level 5level
on
set page.pte A p rw us pk=3
read4 user page -> @A
cr4 +pke
pkru 0xc0 -> ok
read4 user page -> pf 0x25
cr4 -pke
read4 user page -> @A

story PKRU does not concern supervisor pages
modes 4level 5level
on pke
set page.pte A p rw pk=1
pkru 0xc -> ok
read4 page -> @A

story a key changed in an entry may count late
modes 4level 5level
on pke
set page.pte A p rw us pk=1
pkru 0x4 -> ok
read4 user page -> pf 0x25
set page.pte A p rw us pk=2
read4 user page -> @A | pf 0x25
invlpg page
read4 user page -> @A

story a supervisor's key in PKRS counts at once
modes 4level 5level
on pks
set page.pte A p rw pk=1
read4 page -> @A
pkrs 0x4 -> ok
read4 page -> pf 0x21
pkrs 0 -> ok
read4 page -> @A

story PKRS does not concern user pages
modes 4level 5level
on pks
set page.pte A p rw us pk=1
pkrs 0xc -> ok
read4 page -> @A
read4 user page -> @A
