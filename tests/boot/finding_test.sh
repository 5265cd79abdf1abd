#!/bin/sh
# finding_test.sh KMEMSIM TARGET CORPUS SOUND.elf PLANTED.elf - a fuzz target of a kernel with a planted bug finds it in the
# corpus and leaves a file of operations. `kmemsim run` finds nothing in it on the sound kernel; the sound image replays
# it with the same events; the image with the bug shows the bug, in the last operations.
kmemsim=$1 target=$2 corpus=$3 sound=$4 planted=$5
. "$(dirname "$0")/../trace/metal.sh"

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

die()
{
    echo "$1" >&2
    exit 1
}

(cd "$folder" && "$target" "$corpus" >found 2>&1) && die "the planted bug was not found"
file=$(ls "$folder"/*.kmt) || die "no file of operations was left: $(cat "$folder/found")"
"$kmemsim" run --kernel vana --events "$file" >"$folder/hosted" || die "the sound kernel does not do what the file expects"
"$kmemsim" run --kernel vana --emit-binary "$folder/records" "$file" || die "the file has no records"

metal "$sound" "$folder/records" 128 "$folder/metal"
[ -s "$folder/metal" ] || die "the image said nothing"
diff "$folder/hosted" "$folder/metal" || die "the sound image does something else"

metal "$planted" "$folder/records" 128 "$folder/metal"
broken=$(grep -c ' = no' "$folder/metal")
[ "$broken" = 1 ] || die "the image with the bug has $broken broken expectations, not the one that was found"
tail -n 1 "$folder/metal" | grep -q ' = no' || die "the image with the bug shows it elsewhere: $(tail -n 3 "$folder/metal")"
