# Address spaces, global entries, and satp.

story two address spaces keep their own translations
on asid 1
set page.l0 A v r w u a d
set space2.l0 B v r w u a d
read4 user page -> @A
satp space2 asid 2
read4 user page -> @B
satp space1 asid 1
read4 user page -> @A

story an ASID that is used again without a fence may bring old translations
on asid 1
set page.l0 A v r w u a d
set space2.l0 B v r w u a d
read4 user page -> @A
satp space2 asid 1
read4 user page -> @A | @B
sfence asid 1
read4 user page -> @B

story an ASID that is used again after a fence is clean
on asid 1
set page.l0 A v r w u a d
set space2.l0 B v r w u a d
read4 user page -> @A
satp bare
sfence asid 1
satp space2 asid 1
read4 user page -> @B

story a fence in one address space leaves the other's translations
on asid 1
set page.l0 A v r w u a d
set space2.l0 B v r w u a d
read4 user page -> @A
satp space2 asid 2
read4 user page -> @B
set page.l0 C v r w u a d
set space2.l0 D v r w u a d
sfence asid 2
read4 user page -> @D
satp space1 asid 1
read4 user page -> @A | @C

story a fence of an address without an address space counts in all
on asid 1
set page.l0 A v r w u a d
set space2.l0 B v r w u a d
read4 user page -> @A
satp space2 asid 2
read4 user page -> @B
set page.l0 C v r w u a d
set space2.l0 D v r w u a d
sfence address page
read4 user page -> @D
satp space1 asid 1
read4 user page -> @C

story the same tables under two ASIDs are cached twice
on asid 1
set page.l0 A v r w u a d
read4 user page -> @A
satp space1 asid 2
read4 user page -> @A
set page.l0 B v r w u a d
sfence asid 1
read4 user page -> @A | @B
satp space1 asid 1
read4 user page -> @B

story translations stay while another address space is active
on asid 1
set page.l0 A v r w u a d
read4 user page -> @A
satp space2 asid 2
set page.l0 B v r w u a d
satp space1 asid 1
read4 user page -> @A | @B
sfence
read4 user page -> @B

story translations stay while satp is bare
on asid 1
set page.l0 A v r w u a d
read4 user page -> @A
satp bare
read4 mprv A -> @A
set page.l0 B v r w u a d
satp space1 asid 1
read4 user page -> @A | @B
sfence
read4 user page -> @B

story a global translation counts in every address space
on asid 1
set page.l0 A v r w u g a d
set space2.l0 A v r w u g a d
read4 user page -> @A
satp space2 asid 2
read4 user page -> @A

story a global translation may be used where the tables say another thing
on asid 1
set page.l0 A v r w u g a d
set space2.l0 B v r w u a d
read4 user page -> @A
satp space2 asid 2
read4 user page -> @A | @B
sfence address page
read4 user page -> @B

story a fence of the address space leaves global translations
on asid 1
set page.l0 A v r w u g a d
read4 user page -> @A
set page.l0 B v r w u g a d
sfence asid 1
read4 user page -> @A | @B
sfence
read4 user page -> @B

story a fence of an address in an address space leaves global translations
on asid 1
set page.l0 A v r w u g a d
read4 user page -> @A
set page.l0 B v r w u g a d
sfence address page asid 1
read4 user page -> @A | @B
sfence address page
read4 user page -> @B

story a fence of everything forgets global translations
on asid 1
set page.l0 A v r w u g a d
read4 user page -> @A
set page.l0 B v r w u g a d
sfence
read4 user page -> @B

story G in a pointer makes everything below it global
on asid 1
set page.l1 t0 v g
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence asid 1
read4 user page -> @A | @B
sfence address page
read4 user page -> @B

story an entry that stops being global is still so until a fence
on asid 1
set page.l0 A v r w u g a d
read4 user page -> @A
set page.l0 B v r w u a d
sfence asid 1
read4 user page -> @A | @B
sfence
read4 user page -> @B

story a mode that does not exist leaves satp as it was
modes sv39 sv48 sv57
on asid 1
set page.l0 A v r w u a d
satp 0x1000000000080210
read4 user page -> @A
satp 0xf000000000080210
read4 user page -> @A
