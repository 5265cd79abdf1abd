# Where QEMU 7.2 is known to be wrong, each as small as it gets: docs/fidelity.md shows them. What is expected is the specification's.

case QEMU_ABSENT_TABLE
poke4 0x80200004 0x24000001
satp 0x80080200
read4 user 0x400000 -> load-access
case QEMU_ALIGNED_TVAL
poke4 0x80200004 0x240000db
satp 0x80080200
read4 user 0x400003 -> load-access | load-misaligned
case QEMU_AMO_LOAD_ACCESS
poke4 0x80200004 0x240000d7
satp 0x80080200
rmw4 user 0x400000 0x1 -> store-access
case QEMU_SUM_FETCH
poke4 0x80200004 0x201000df
status 0x40000
satp 0x80080200
read4 0x400000
fetch4 0x400000 -> fetch-page
case QEMU_SV32_TRUNCATED
poke4 0x80200004 0x601000d3
satp 0x80080200
read4 user 0x400000 -> load-access
case QEMU_PBMTE_IGNORED
poke8 0x80200008 0x20000000200000d3
satp 0x8000000000080200
read4 user 0x40400000 -> load-page
case QEMU_RESERVED_IGNORED
poke8 0x80200008 0x01000000200000d3
satp 0x8000000000080200
read4 user 0x40400000 -> load-page
case QEMU_NAPOT_ACCESSED
poke8 0x80200008 0x8000000020000013
satp 0x8000000000080200
read4 user 0x40400000 -> load-page
peek8 0x80200008 -> 0x8000000020000013
