# Super pages, and the pages of 64 KiB that Svnapot makes.

story a large page is read in the right place
on
set big.l1 BIGA v r w u a d
read4 user big -> @BIGA

story a large page may be read in the old place until a fence
on
set big.l1 BIGA v r w u a d
read4 user big -> @BIGA
set big.l1 BIGB v r w u a d
read4 user big -> @BIGA | @BIGB
sfence address big
read4 user big -> @BIGB

story a large page goes with a fence of its first byte
on
set big.l1 BIGA v r w u a d
read4 user big -> @BIGA
set big.l1 BIGB v r w u a d
sfence address big-0x50000
read4 user big -> @BIGB

story a large page goes with a fence of its last byte
on
set big.l1 BIGA v r w u a d
read4 user big -> @BIGA
set big.l1 BIGB v r w u a d
sfence address big+0x1affff
read4 user big -> @BIGB

story a large page's code goes with a fence of another address in it
on
set big.l1 BIGA v r x u a d
code BIGA+0x50000 1
code BIGB+0x50000 2
fetch2 user big -> code 1
set big.l1 BIGB v r x u a d
sfence address big+0x21000
fetch2 user big -> code 2

story a fence of the page before leaves a large page
on
set big.l1 BIGA v r w u a d
read4 user big -> @BIGA
set big.l1 BIGB v r w u a d
sfence address big-0x51000
read4 user big -> @BIGA | @BIGB

story a large page that is split may be whole until a fence
on
set big.l1 BIGA v r w u a d
read4 user big -> @BIGA
set big.l1 t0 v
set t0+0x140 B v r w u a d
set t0+0x280 B v r w u a d
read4 user big -> @BIGA | @B
sfence address big
read4 user big -> @B

story small pages that become a large one may be small until a fence
on
set big.l1 t0 v
set t0+0x140 B v r w u a d
set t0+0x280 B v r w u a d
read4 user big -> @B
set big.l1 BIGA v r w u a d
read4 user big -> @B | @BIGA
sfence
read4 user big -> @BIGA

story a large page loses its right to write with a fence
on
set big.l1 BIGA v r w u a d
write4 user big 1 -> ok
set big.l1 BIGA v r u a d
write4 user big 2 -> ok | store-page
sfence address big
write4 user big 3 -> store-page

story a large page that is misaligned is a page fault
on
set big.l1 BIGA+0x1000 v r w x u a d
read4 user big -> load-page
write4 user big 1 -> store-page
fetch4 user big -> fetch-page
peek big.l1 -> BIGA+0x1000 v r w x u a d

story a large page that is misaligned by its highest bit is a page fault
on
set big.l1 BIGA+0x100000 v r w u a d
read4 user big -> load-page

story a page of 1 GiB is read in the right place
modes sv39 sv48 sv57
on
set huge.l2 HUGEA v r w u a d
read4 user huge -> @HUGEA

story a page of 1 GiB goes with a fence of any address in it
modes sv39 sv48 sv57
on
set huge.l2 HUGEA v r w u a d
read4 user huge -> @HUGEA
set huge.l2 0
sfence address huge+0x10000000
read4 user huge -> load-page

story a page of 1 GiB that is misaligned is a page fault
modes sv39 sv48 sv57
on
set huge.l2 HUGEA+0x200000 v r w u a d
read4 user huge -> load-page

story a page of 64 KiB takes four bits of the frame from the address
modes sv39 sv48 sv57
on extended
set group.l0 GROUPA v r w u a d napot
read4 user group -> @GROUPA

story a page of 64 KiB may be read in the old place until a fence
modes sv39 sv48 sv57
on extended
set group.l0 GROUPA v r w u a d napot
read4 user group -> @GROUPA
set group.l0 GROUPB v r w u a d napot
read4 user group -> @GROUPA | @GROUPB
sfence address group
read4 user group -> @GROUPB

story a page of 64 KiB goes with a fence of any address in it
modes sv39 sv48 sv57
on extended
set group.l0 GROUPA v r w u a d napot
read4 user group -> @GROUPA
set group.l0 GROUPB v r w u a d napot
sfence address group-0x3000
read4 user group -> @GROUPB | @GROUPA
sfence
read4 user group -> @GROUPB

story a size that Svnapot does not have is a page fault
modes sv39 sv48 sv57
on extended
set group.l0 GROUPA v r w u n
read4 user group -> load-page
peek group.l0 -> GROUPA v r w u n

story a large page cannot be one of Svnapot's
modes sv39 sv48 sv57
on extended
set big.l1 BIGA v r w u a d n
read4 user big -> load-page
