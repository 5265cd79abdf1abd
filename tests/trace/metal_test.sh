#!/bin/sh
# metal_test.sh KMEMSIM IMAGE FILE.kmt [KERNEL MEGABYTES] - the events of a hosted run are, line by line, those of the booted kernel that
# replays the records which --emit-binary writes. The emulated PC has an IDE disk of 128 MiB, for kernels with a backing
# store.
kmemsim=$1 image=$2 file=$3 kernel=${4:-vana} megabytes=${5:-128}
qemu='qemu-system-i386'
if ! command -v $qemu >/dev/null; then
    echo "SKIPPED: $qemu is not installed" >&2
    [ -z "$KMEMSIM_NO_SKIP" ]
    exit $(($? ? 1 : 77))
fi

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
"$kmemsim" run --kernel "$kernel" --emit-binary "$folder/records" "$file" || exit 1
"$kmemsim" run --kernel "$kernel" --events "$file" >"$folder/hosted" || exit 1
truncate -s 128M "$folder/disk"
timeout 60 $qemu -cpu qemu64 -nodefaults -display none -no-reboot -m "${megabytes}M" -serial "file:$folder/serial" \
    -drive "file=$folder/disk,format=raw,if=ide,cache=unsafe" \
    -device isa-debug-exit,iobase=0xf4,iosize=0x04 -kernel "$image" -initrd "$folder/records"
tr -d '\r' <"$folder/serial" | grep -E '^[0-9]+ ' >"$folder/metal"
[ -s "$folder/metal" ] && diff "$folder/hosted" "$folder/metal"
