#!/bin/sh
# metal_test.sh KMEMSIM IMAGE FILE.kmt - the events of a hosted run are, line by line, those of the booted kernel that
# replays the records which --emit-binary writes.
kmemsim=$1 image=$2 file=$3
qemu='qemu-system-i386'
if ! command -v $qemu >/dev/null; then
    echo "SKIPPED: $qemu is not installed" >&2
    [ -z "$KMEMSIM_NO_SKIP" ]
    exit $(($? ? 1 : 77))
fi

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
"$kmemsim" run --emit-binary "$folder/records" "$file" || exit 1
"$kmemsim" run --events "$file" >"$folder/hosted" || exit 1
timeout 60 $qemu -nodefaults -display none -no-reboot -m 128M -serial "file:$folder/serial" \
    -device isa-debug-exit,iobase=0xf4,iosize=0x04 -kernel "$image" -initrd "$folder/records"
tr -d '\r' <"$folder/serial" | grep -E '^[0-9]+ ' >"$folder/metal"
[ -s "$folder/metal" ] && diff "$folder/hosted" "$folder/metal"
