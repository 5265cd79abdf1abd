# Encodings that are reserved, addresses that are none, and memory that is not there.

story W without R is reserved
on sum mxr
set page.l0 A v w u a d
read4 user page -> load-page
write4 user page 1 -> store-page
fetch4 user page -> fetch-page
set page.l0 A v w x u a d
sfence
fetch4 user page -> fetch-page
read4 page -> load-page

story W without R is reserved where a large page could be
on
set big.l1 BIGA v w u a d
read4 user big -> load-page

story a pointer in the last table is a page fault
on
set page.l0 A v
read4 user page -> load-page
write4 page 1 -> store-page

story A, D and U are reserved in a pointer
on
set page.l0 A v r w u a d
set page.l1 t0 v a
read4 user page -> load-page
set page.l1 t0 v d
sfence
read4 user page -> load-page
set page.l1 t0 v u
sfence
read4 user page -> load-page
set page.l1 t0 v
sfence
read4 user page -> @A

story software's two bits mean nothing
on
set page.l1 t0 v rsvd=8 rsvd=9
set page.l0 A v r w u a d rsvd=8 rsvd=9
read4 user page -> @A

story bits 54 to 60 are reserved in a leaf
modes sv39 sv48 sv57
on plain
set page.l0 A v r w u a d rsvd=54
read4 user page -> load-page
set page.l0 A v r w u a d rsvd=60
sfence
read4 user page -> load-page

story bits 54 to 60 are reserved in a pointer
modes sv39 sv48 sv57
on plain
set page.l0 A v r w u a d
set page.l1 t0 v rsvd=57
read4 user page -> load-page

story bits 54 to 60 are reserved with Svnapot and Svpbmt too
modes sv39 sv48 sv57
on extended
set page.l0 A v r w u a d rsvd=57
read4 user page -> load-page

story without Svnapot N is reserved
modes sv39 sv48 sv57
on plain
set group.l0 GROUPA v r w u a d napot
read4 user group -> load-page

story without Svpbmt memory types are reserved
modes sv39 sv48 sv57
on plain
set page.l0 A v r w u a d pbmt=1
read4 user page -> load-page
set page.l0 A v r w u a d pbmt=2
sfence
read4 user page -> load-page

story with PBMTE memory types change no address
modes sv39 sv48 sv57
on extended pbmte
set page.l0 A v r w u a d pbmt=1
set page2.l0 B v r w u a d pbmt=2
read4 user page -> @A
read4 user page2 -> @B

story without PBMTE memory types are reserved
modes sv39 sv48 sv57
on extended
set page.l0 A v r w u a d pbmt=1
read4 user page -> load-page

story memory type 3 is reserved
modes sv39 sv48 sv57
on extended pbmte
set page.l0 A v r w u a d pbmt=3
read4 user page -> load-page

story a pointer has no memory type
modes sv39 sv48 sv57
on extended pbmte
set page.l0 A v r w u a d
set page.l1 t0 v pbmt=1
read4 user page -> load-page

story a frame where no memory is gives an access fault
on
set page.l0 absent v r w x u a d
read4 user page -> load-access
write4 user page 1 -> store-access
fetch4 user page -> fetch-access

story an AMO where no memory is faults as a store
on
set page.l0 absent v r w u a d
rmw4 user page 1 -> store-access

story a table where no memory is gives an access fault
on
set page.l1 absent v
read4 user page -> load-access
write4 user page 1 -> store-access
fetch4 user page -> fetch-access

story a right that lacks comes before memory that lacks
on
set page.l0 absent v r u a d
write4 user page 1 -> store-page

story Sv32 makes addresses of 34 bits
modes sv32
on
set page.l0 A v r w u a d rsvd=30
read4 user page -> load-access

story an address whose upper bits differ is a page fault
modes sv39 sv48
on
set page.l0 A v r w x u a d
read4 user page+0x2000000000000000 -> load-page
write4 user page+0x2000000000000000 1 -> store-page
fetch4 user page+0x2000000000000000 -> fetch-page
sfence address page+0x2000000000000000
read4 user page -> @A

story a fence of an address that is none does nothing
modes sv39 sv48 sv57
on
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence address page+0x2000000000000000
read4 user page -> @A | @B
sfence
read4 user page -> @B
