#!/bin/sh
# build.sh - makes demo.core.zst, demo.elf.zst and reboot.log anew, in QEMU; see docs/tool.md.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build() # FILE FLAG...
{
    file=$1
    shift
    gcc -m32 -march=i686 -std=gnu11 -O1 -ffreestanding -fno-pic -no-pie -nostdlib -static -fno-stack-protector \
        -fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only -Wall -Wextra -Werror \
        -Wl,--build-id=none -Wl,--no-warn-rwx-segments -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 \
        -Wl,-T,kernel.ld "$@" boot.S kernel.c -o "$work/$file"
}
build demo.elf
build forgets.elf -DDEMO_FORGETS_GDT
mkfifo "$work/monitor.in"
timeout 30 qemu-system-i386 -m 4 -display none -nodefaults -kernel "$work/demo.elf" -debugcon "file:$work/ready" \
    -monitor stdio <"$work/monitor.in" >/dev/null &
exec 3>"$work/monitor.in"
until [ -s "$work/ready" ]; do sleep 0.1; done
printf 'dump-guest-memory %s/demo.core\nquit\n' "$work" >&3
wait
zstd -q -19 -f "$work/demo.core" -o ../demo.core.zst
zstd -q -19 -f "$work/demo.elf" -o ../demo.elf.zst
chmod 644 ../demo.core.zst ../demo.elf.zst
timeout 30 qemu-system-i386 -m 4 -display none -nodefaults -kernel "$work/forgets.elf" -no-reboot \
    -d int,cpu_reset -D ../reboot.log
