# Address spaces with names of their own. Space 1 runs as PCID 1, space 2 as PCID 2, unless a story says otherwise.

story each PCID has its own translation
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
read4 user page -> @C
cr3 space1 pcid 1 keep
read4 user page -> @A

story what a PCID cached is still there after a switch that keeps it
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
set page.pte B p rw us
cr3 space1 pcid 1 keep
read4 user page -> @A | @B
invlpg page
read4 user page -> @B

story a switch without bit 63 forgets what the new PCID cached
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
set page.pte B p rw us
cr3 space1 pcid 1
read4 user page -> @B

story a switch without bit 63 leaves other PCIDs alone
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
set page.pte B p rw us
cr3 space2 pcid 2
cr3 space1 pcid 1 keep
read4 user page -> @A | @B
cr3 space1 pcid 1
read4 user page -> @B

story INVLPG forgets only in the present PCID
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
set page.pte B p rw us
invlpg page
cr3 space1 pcid 1 keep
read4 user page -> @A | @B
invlpg page
read4 user page -> @B

story two PCIDs may share one root and still cache apart
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space1 pcid 3
set page.pte B p rw us
read4 user page -> @B
cr3 space1 pcid 1 keep
read4 user page -> @A | @B

story one PCID for two roots shows the old root's pages when it is kept
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 1 keep
read4 user page -> @A | @C
cr3 space2 pcid 1
read4 user page -> @C

story INVPCID for one address reaches another PCID
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
set page.pte B p rw us
invpcid 0 1 page
cr3 space1 pcid 1 keep
read4 user page -> @B

story INVPCID for one address leaves the same address of other PCIDs
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
set page.pte B p rw us
invpcid 0 2 page
read4 user page -> @A | @B
invpcid 0 1 page
read4 user page -> @B

story INVPCID for one PCID empties that one
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
set page.pte B p rw us
invpcid 1 1 0
cr3 space1 pcid 1 keep
read4 user page -> @B

story INVPCID for one PCID leaves the others
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
set page.pte B p rw us
invpcid 1 2 0
read4 user page -> @A | @B

story INVPCID for everything empties all PCIDs
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
set page.pte B p rw us
invpcid 2 0 0
cr3 space1 pcid 1 keep
read4 user page -> @B

story INVPCID for everything but global pages empties all PCIDs
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
set page.pte B p rw us
invpcid 3 0 0
cr3 space1 pcid 1 keep
read4 user page -> @B

story a global page belongs to all PCIDs
modes 4level
on pcide pge
set page.pte A p rw us g
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
read4 user page -> @A | @C
invlpg page
read4 user page -> @C

story INVLPG takes a global page from all PCIDs
modes 4level
on pcide pge
set page.pte A p rw us g
cr3 space1 pcid 1
read4 user page -> @A
set page.pte B p rw us g
cr3 space2 pcid 2
invlpg page
cr3 space1 pcid 1 keep
read4 user page -> @B

story a change of CR4.PGE empties all PCIDs
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space2 pcid 2
set page.pte B p rw us
cr4 +pge
cr3 space1 pcid 1 keep
read4 user page -> @B

story clearing CR4.PCIDE empties all PCIDs
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
cr3 space1 pcid 0
set page.pte B p rw us
cr4 -pcide
read4 user page -> @B

story CR4.SMEP empties the present PCID when it is set
modes 4level
on pcide
set page.pte A p rw us
set space2.pte C p rw us
cr3 space1 pcid 1
read4 user page -> @A
set page.pte B p rw us
cr4 +smep
read4 user page -> @B

story CR4.PCIDE cannot be set while CR3 names a PCID
modes 4level
on
cr3 space1 pcid 1
try cr4 +pcide -> gp

story CR0.PG cannot be cleared while CR4.PCIDE is set
modes 4level
on pcide
try cr0 -pg -> gp

story bit 63 of CR3 is reserved without CR4.PCIDE
modes 4level
on
try cr3 space1 keep -> gp

story INVPCID refuses a type that does not exist
modes 4level
on pcide
invpcid 4 0 0 -> gp

story INVPCID refuses a PCID of 13 bits
modes 4level
on pcide
invpcid 1 0x1000 0 -> gp

story INVPCID refuses a PCID other than 0 without CR4.PCIDE
modes 4level
on
invpcid 1 1 0 -> gp
invpcid 0 1 page -> gp
invpcid 2 0 0

story INVPCID for one address refuses one that is not canonical
modes 4level
on
invpcid 0 0 0x0100000000000000 -> gp
