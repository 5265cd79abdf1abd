# PAE: four registers hold the PDPTEs. They are loaded with CR3, and by some writes of CR0 and CR4; memory alone changes nothing.

story a PDPTE cleared in memory still serves
modes pae
on
set far.pte A p rw us
read4 user far -> @A
set far.pdpte 0
invlpg far
read4 user far -> @A

story a PDPTE cleared in memory is gone after a load of CR3
modes pae
on
set far.pte A p rw us
read4 user far -> @A
set far.pdpte 0
cr3 reload
read4 user far -> pf 4

story a PDPTE set in memory does not serve yet
modes pae
on
set far.pte A p rw us
set far.pdpte 0
cr3 reload
read4 user far -> pf 4
set far.pdpte fardirectory p
read4 user far -> pf 4
cr3 reload
read4 user far -> @A

story PDPTEs are loaded again when CR4.PGE changes
modes pae
on
set far.pte A p rw us
read4 user far -> @A
set far.pdpte 0
cr4 +pge
invlpg far
read4 user far -> pf 4

story PDPTEs are loaded again when CR4.PSE changes
modes pae
on
set far.pte A p rw us
read4 user far -> @A
set far.pdpte 0
cr4 +pse
invlpg far
read4 user far -> pf 4

story PDPTEs are loaded again when CR4.SMEP changes
modes pae
on
set far.pte A p rw us
read4 user far -> @A
set far.pdpte 0
cr4 +smep
invlpg far
read4 user far -> pf 4

story PDPTEs are not loaded again when CR4.SMAP changes
modes pae
on
set far.pte A p rw us
read4 user far -> @A
set far.pdpte 0
cr4 +smap
invlpg far
read4 user far -> @A

story PDPTEs are not loaded again when CR0.WP changes
modes pae
on
set far.pte A p rw us
read4 user far -> @A
set far.pdpte 0
cr0 +wp
invlpg far
read4 user far -> @A

story PDPTEs are loaded again when paging is turned off and on
modes pae
on
set far.pte A p rw us
read4 user far -> @A
set far.pdpte 0
cr0 -pg
cr0 +pg
read4 user far -> pf 4

story RW in a PDPTE makes the load of CR3 fail, and the old registers stay
modes pae
on
set far.pte A p rw us
set far.pdpte fardirectory p rsvd=1
try cr3 reload -> gp
read4 user far -> @A

story US in a PDPTE makes the load of CR3 fail, and the old registers stay
modes pae
on
set far.pte A p rw us
set far.pdpte fardirectory p rsvd=2
try cr3 reload -> gp
read4 user far -> @A

story bit 5 in a PDPTE makes the load of CR3 fail, and the old registers stay
modes pae
on
set far.pte A p rw us
set far.pdpte fardirectory p rsvd=5
try cr3 reload -> gp
read4 user far -> @A

story bit 8 in a PDPTE makes the load of CR3 fail, and the old registers stay
modes pae
on
set far.pte A p rw us
set far.pdpte fardirectory p rsvd=8
try cr3 reload -> gp
read4 user far -> @A

story an address bit beyond MAXPHYADDR in a PDPTE makes the load of CR3 fail, and the old registers stay
modes pae
on
set far.pte A p rw us
set far.pdpte fardirectory p rsvd=51
try cr3 reload -> gp
read4 user far -> @A

story NX in a PDPTE makes the load of CR3 fail, and the old registers stay
modes pae
on
set far.pte A p rw us
set far.pdpte fardirectory p rsvd=63
try cr3 reload -> gp
read4 user far -> @A

story reserved bits in a PDPTE that is not present do not matter
modes pae
on
set far.pte A p rw us
set far.pdpte fardirectory rw us
cr3 reload
read4 user far -> pf 4

story a walk does not mark a PDPTE
modes pae
on
set far.pte A p rw us
read4 user far -> @A
write4 user far+8 1 -> ok
peek far.pdpte -> fardirectory p
peek4 A+8 -> 1

story the other space has its own PDPTEs
modes pae
on
set page.pte A p rw us
set space2.pte B p rw us
read4 user page -> @A
cr3 space2
read4 user page -> @B
