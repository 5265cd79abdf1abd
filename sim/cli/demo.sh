#!/bin/sh
# demo.sh KMEMSIM [FOLDER] - what the tool says about a real image. FOLDER (tests/data/demo) holds demo.core.zst,
# demo.elf.zst and reboot.log.
kmemsim=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
folder=${2:-$(dirname "$0")/../../tests/data/demo}
bold='' plain=''
if [ -t 1 ] && [ -z "$NO_COLOR" ]; then
    bold=$(printf '\033[1;36m') plain=$(printf '\033[0m')
fi

say()
{
    printf '\n%s\n' "$*"
}

# Shows a command and its output; every status but 2 is an answer.
show()
{
    printf '%s$ kmemsim %s%s\n' "$bold" "$*" "$plain"
    "$kmemsim" "$@"
    [ $? -le 1 ] || exit 1
}

cd "$folder" || exit 1
say "A small kernel stopped with a page fault, and QEMU saved its memory. What do its tables map?"
show map demo.core.zst --symbols demo.elf.zst
say "It faulted on its heap. Why?"
show fault 2 demo.core.zst --symbols demo.elf.zst
say "May user code read the kernel's banner? And write its code?"
show walk banner --user demo.core.zst --symbols demo.elf.zst
show walk kernel_main --user --write demo.core.zst --symbols demo.elf.zst
say "What else is wrong in the tables of its first process?"
show audit --cr3 0x10d000 demo.core.zst --symbols demo.elf.zst
say "Before that, the kernel used to reboot as soon as it ran. QEMU's log (-d int,cpu_reset) says why:"
show explain reboot.log

say "A kernel's own memory code runs here too. VanaOS boots on the simulated machine and serves what git asked of
malloc while it printed a log: 321,616 operations."
show run --kernel vana ../recordings/git-log.kmt.zst
