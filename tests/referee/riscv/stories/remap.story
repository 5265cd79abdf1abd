# A changed entry: what was cached may be used until a fence that covers it, and not after.

story a page that is mapped elsewhere may be read in the old place until a fence
on
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
read4 user page -> @A | @B
sfence
read4 user page -> @B

story a fence of its address is enough
on
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence address page
read4 user page -> @B

story a fence of any address in the page is enough
on
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence address page+0xfff
read4 user page -> @B

story a fence of its address space is enough
on asid 5
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence asid 5
read4 user page -> @B

story a fence of its address in its address space is enough
on asid 5
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence address page asid 5
read4 user page -> @B

story a fence of another address says nothing of this page
on
set page.l0 A v r w u a d
set page2.l0 C v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence address page2
read4 user page -> @A | @B
read4 user page2 -> @C

story a fence of another address space says nothing of this page
on asid 5
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence asid 4
read4 user page -> @A | @B

story a fence of its address in another address space says nothing of this page
on asid 5
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence address page asid 4
read4 user page -> @A | @B

story an unmapped page may be read until a fence
on
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 0
read4 user page -> @A | load-page
sfence address page
read4 user page -> load-page

story an unmapped page may be written until a fence
on
set page.l0 A v r w u a d
write4 user page 0x11111111 -> ok
set page.l0 0
write4 user page 0x22222222 -> ok | store-page
sfence
write4 user page 0x33333333 -> store-page
peek4 A -> 0x22222222 | 0x11111111

story an unmapped page may be executed until a fence
on
set page.l0 A v r x u a d
fetch4 user page -> @A
set page.l0 0
fetch4 user page -> @A | fetch-page
sfence address page
fetch4 user page -> fetch-page

story a page that was not valid may be so remembered until a fence
on
read4 user page -> load-page
set page.l0 A v r w u a d
read4 user page -> @A | load-page
sfence address page
read4 user page -> @A

story stores go to the old frame or to the new one until a fence
on
set page.l0 A v r w u a d
write4 user page 0x5 -> ok
set page.l0 B v r w u a d
sfence address page
write4 user page 0x6 -> ok
peek4 A -> 5
peek4 B -> 6

story code is fetched from the old frame until a fence
on
set page.l0 A v r x u a d
code A 1
code B 2
fetch2 user page -> code 1
set page.l0 B v r x u a d
fetch2 user page -> code 1 | code 2
sfence address page
fetch2 user page -> code 2

story accesses by MPRV use the same translations
on
set page.l0 A v r w a d
read4 mprv page -> @A
set page.l0 B v r w a d
read4 mprv page -> @A | @B
sfence
read4 mprv page -> @B

story supervisor and user share translations, and what is fenced is so for both
on sum
set page.l0 A v r w u a d
read4 user page -> @A
read4 page -> @A
set page.l0 B v r w u a d
sfence address page
read4 page -> @B
read4 user page -> @B

story a table that is exchanged may be used until a fence of everything
on
set page.l0 A v r w u a d
read4 user page -> @A
set page.l1 0
read4 user page -> @A | load-page
sfence
read4 user page -> load-page

story a fence of an address need not forget the tables above
on
set page.l0 A v r w u a d
read4 user page -> @A
set page.l1 0
sfence address page
read4 user page -> load-page | @A
sfence
read4 user page -> load-page

story a fence of the address space forgets the tables above
on asid 3
set page.l0 A v r w u a d
read4 user page -> @A
set page.l1 0
sfence asid 3
read4 user page -> load-page

story writing satp anew forgets nothing, or everything
on asid 3
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
satp reload
read4 user page -> @A | @B
sfence
read4 user page -> @B

story two pages: fencing the one leaves the other
on
set page.l0 A v r w u a d
set other.l0 B v r w u a d
read4 user page -> @A
read4 user other -> @B
set page.l0 C v r w u a d
set other.l0 D v r w u a d
sfence address other
read4 user other -> @D
read4 user page -> @A | @C
