#!/bin/sh
# One file with a leak and an overflow, one without; each kernel says the same about them.
set -eu
tool=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/wrong.kmt" <<'END'
kmt 1
alloc kept 100
alloc a 5000
write 4 a+4996 1
write 1 a+5000 0x41
write 2 a+0xfffffffe 0x4242 # two bytes before it: addresses wrap at 4 GiB
free a
process create p 100
process alloc p lost 64
END
cat >"$folder/right.kmt" <<'END'
kmt 1
alloc a 100
write 4 a+96 1
free a
free a
END

for kernel in vana vlsos; do
    status=0
    "$tool" run --kernel $kernel --check --events "$folder/wrong.kmt" >"$folder/said" || status=$?
    [ $status -eq 1 ]
    grep -q '^# memory: the block of 5000 bytes at 0x[0-9a-f]* from line 3 (allocation 2) was overwritten 1 byte beyond its right end: 0x41 stands there at line 5$' "$folder/said"
    grep -q '^# memory: the block of 5000 bytes .* was overwritten 1 byte before its left end: 0x42 stands there at line 6$' "$folder/said"
    grep -q '^# memory: the block of 100 bytes at 0x[0-9a-f]* from line 2 (allocation 1) was never freed$' "$folder/said"
    [ "$(grep -c 'block of 5000 bytes' "$folder/said")" -eq 2 ]
    "$tool" run --kernel $kernel --check "$folder/right.kmt" | grep -q 'everything was as expected'
    "$tool" run --kernel $kernel --check --json "$folder/wrong.kmt" >"$folder/said" || true
    grep -q '"kind": "memory"' "$folder/said"
done

# What VanaOS's process leaves behind is told with the process; the plain report names the line of the block.
"$tool" run --check "$folder/wrong.kmt" >"$folder/said" || true
grep -q "wrong.kmt:9: memory: the block of process 0 of 64 bytes .* was never freed" "$folder/said"
"$tool" run "$folder/wrong.kmt" | grep -q 'everything was as expected'
