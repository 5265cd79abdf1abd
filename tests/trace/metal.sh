# shellcheck shell=sh disable=SC2154 # $folder is the caller's
# metal.sh - for scripts that boot a kernel: metal IMAGE RECORDS MEGABYTES EVENTS replays records in QEMU and keeps the
# lines of the events. The emulated PC has an IDE disk of 128 MiB, for kernels with a backing store. Needs $folder, an
# empty one. Without QEMU the script ends here: skipped, or failed where nothing may be.
qemu='qemu-system-i386'
if ! command -v $qemu >/dev/null; then
    echo "SKIPPED: $qemu is not installed" >&2
    [ -z "$KMEMSIM_NO_SKIP" ]
    exit $(($? ? 1 : 77))
fi

metal()
{
    truncate -s 128M "$folder/disk"
    timeout 60 $qemu -cpu qemu64 -nodefaults -display none -no-reboot -m "${3}M" -serial "file:$folder/serial" \
        -drive "file=$folder/disk,format=raw,if=ide,cache=unsafe" \
        -device isa-debug-exit,iobase=0xf4,iosize=0x04 -kernel "$1" -initrd "$2"
    tr -d '\r' <"$folder/serial" | grep -E '^[0-9]+ ' >"$4"
}
