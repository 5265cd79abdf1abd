#!/bin/sh
# metal_test.sh KMEMSIM IMAGE FILE.kmt [KERNEL MEGABYTES] - the events of a hosted run are, line by line, those of the booted
# kernel that replays the records which --emit-binary writes.
kmemsim=$1 image=$2 file=$3 kernel=${4:-vana} megabytes=${5:-128}
. "$(dirname "$0")/metal.sh"

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
"$kmemsim" run --kernel "$kernel" --emit-binary "$folder/records" "$file" || exit 1
"$kmemsim" run --kernel "$kernel" --events "$file" >"$folder/hosted" || exit 1
metal "$image" "$folder/records" "$megabytes" "$folder/metal"
[ -s "$folder/metal" ] && diff "$folder/hosted" "$folder/metal"
