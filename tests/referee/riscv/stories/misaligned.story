# Accesses that are not multiples of their size: done, in parts, or an exception before or after everything else.

story a misaligned load is done or faults
on
set page.l0 A v r w u a d
read4 user page+1 -> @A | load-misaligned
read2 user page+3 -> @A | load-misaligned

story a misaligned store is done or faults
on
set page.l0 A v r w u a d
write4 user page 0 -> ok
write4 user page+4 0 -> ok
write4 user page+2 0x44332211 -> ok | store-misaligned
read4 user page -> 0x22110000 | 0
read4 user page+4 -> 0x4433 | 0

story a load over two pages reads both
on
set page.l0 A v r w u a d
set page2.l0 B v r w u a d
write2 user page+0xffe 0x2211 -> ok
write2 user page2 0x4433 -> ok
read4 user page+0xffe -> 0x44332211 | load-misaligned

story a store over two pages writes both
on
set page.l0 A v r w u a d
set page2.l0 B v r w u a d
write2 user page+0xffe 0 -> ok
write2 user page2 0 -> ok
write4 user page+0xffe 0x44332211 -> ok | store-misaligned
read2 user page+0xffe -> 0x2211 | 0
read2 user page2 -> 0x4433 | 0

story a load over two pages faults where the second begins
on
set page.l0 A v r w u a d
read4 user page+0xffd -> load-page at page2 | load-misaligned

story a store over two pages faults where the second begins, and writes nothing
on
set page.l0 A v r w u a d
set page2.l0 B v r u a d
write2 user page+0xffe 0x1111 -> ok
write4 user page+0xffe 0x44332211 -> store-page at page2 | store-misaligned
read2 user page+0xffe -> 0x1111 | 0x2211

story a load over two pages that both lack faults at the first
on
read4 user page+0xffe -> load-page | load-misaligned | load-page at page2

story an instruction over two pages faults where the second begins
on
set page.l0 A v r x u a d
poke2 A+0xffe 0xb
fetch4 user page+0xffe -> fetch-page at page2

story an instruction over two pages is fetched from both
on
set page.l0 A v r x u a d
set page2.l0 B v r x u a d
poke2 A+0xffe 0xb
poke2 B 0x1234
fetch4 user page+0xffe -> 0x1234000b

story an AMO must be aligned
on
set page.l0 A v r w u a d
rmw4 user page+2 1 -> store-misaligned

story a misaligned AMO in a page that lacks faults in one of two ways
on
rmw4 user page+2 1 -> store-misaligned | store-page

story a misaligned load in a page that lacks faults in one of two ways
on
read4 user page+2 -> load-page | load-misaligned
