# A and D: set by the walk (Svadu), or a page fault (Svade). Both are permitted; what is cached may spare the setting.

story the first read sets A
on
set page.l0 A v r w u
read4 user page -> @A | load-page
peek page.l0 -> A v r w u a | A v r w u

story the first write sets A and D
on
set page.l0 A v r w u
write4 user page 1 -> ok | store-page
peek page.l0 -> A v r w u a d | A v r w u

story a read does not set D
on
set page.l0 A v r w u a
read4 user page -> @A
peek page.l0 -> A v r w u a

story a write after a read sets D
on
set page.l0 A v r w u a
read4 user page -> @A
write4 user page 1 -> ok | store-page
peek page.l0 -> A v r w u a d | A v r w u a

story a fetch sets A
on
set page.l0 A v r x u
fetch4 user page -> @A | fetch-page
peek page.l0 -> A v r x u a | A v r x u

story an AMO sets A and D
on
set page.l0 A v r w u
rmw4 user page 1 -> @A | store-page
peek page.l0 -> A v r w u a d | A v r w u

story A in the entry alone does not permit a write under Svade
on
set page.l0 A v r w u a
write4 user page 1 -> ok | store-page
peek page.l0 -> A v r w u a d | A v r w u a

story D without A is no permission either
on
set page.l0 A v r w u d
read4 user page -> @A | load-page
peek page.l0 -> A v r w u a d | A v r w u d

story a write that is denied sets nothing
on
set page.l0 A v r u
write4 user page 1 -> store-page
peek page.l0 -> A v r u | A v r u a

story a user's read that is denied sets nothing
on
set page.l0 A v r w
read4 user page -> load-page
peek page.l0 -> A v r w | A v r w a

story A that software clears may stay clear until a fence
on
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 A v r w u d
read4 user page -> @A | load-page
peek page.l0 -> A v r w u d | A v r w u a d
sfence address page
read4 user page -> @A | load-page
peek page.l0 -> A v r w u a d | A v r w u d

story D that software clears may stay clear until a fence
on
set page.l0 A v r w u a d
write4 user page 1 -> ok
set page.l0 A v r w u a
write4 user page 2 -> ok | store-page
peek page.l0 -> A v r w u a | A v r w u a d
sfence address page
write4 user page 3 -> ok | store-page
peek page.l0 -> A v r w u a d | A v r w u a

story pointers to tables have no A
on
set page.l0 A v r w u a d
read4 user page -> @A
peek page.l1 -> t0 v

story a large page has A and D in its own entry
on
set big.l1 BIGA v r w u
write4 user big 1 -> ok | store-page
peek big.l1 -> BIGA v r w u a d | BIGA v r w u

story a read by MPRV sets A
on
set page.l0 A v r w
read4 mprv page -> @A | load-page
peek page.l0 -> A v r w a | A v r w

story a store over two pages sets A and D in both
on
set page.l0 A v r w u
set page2.l0 B v r w u
write4 user page+0xffe 0x12345678 -> ok | store-page at page+0xffe | store-misaligned
peek page.l0 -> A v r w u a d | A v r w u
peek page2.l0 -> B v r w u a d | B v r w u
