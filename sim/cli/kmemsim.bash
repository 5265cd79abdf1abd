# Completion for kmemsim, for bash.
_kmemsim()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands="walk translate tlb mem map diff fault audit explain run kernels record"
    local options="--image --core --low-ram --cpu --symbols --cr0 --cr3 --cr4 --efer --pkru --pkrs --cpl --ac
        --maxphyaddr --mode --arch --satp --sum --mxr --svade --ram-base --json --help"

    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$commands --help --version" -- "$current"))
        return
    fi
    case $previous in
    --mode)
        COMPREPLY=($(compgen -W "32bit pae 4level 5level window direct" -- "$current"))
        return
        ;;
    --kernel)
        COMPREPLY=($(compgen -W "$(kmemsim kernels 2>/dev/null | cut -d ' ' -f 1)" -- "$current"))
        return
        ;;
    --arch)
        COMPREPLY=($(compgen -W "x86 sv32 sv39 sv48 sv57" -- "$current"))
        return
        ;;
    --image | --core | --symbols)
        COMPREPLY=($(compgen -f -- "$current"))
        return
        ;;
    esac
    case ${COMP_WORDS[1]} in
    walk) options="$options --write --fetch --user --implicit --segment --gdt --ldt" ;;
    translate) options="$options --segment --gdt --ldt" ;;
    tlb | mem | map) options="$options --range --limit" ;;
    audit) options="$options --kernel-base --limit --all" ;;
    fault) options="$options --cr2 --stval --user" ;;
    run) options="--kernel --mode --events --json --ratio --policy --policies --frames --emit-binary --help" ;;
    kernels) options="--json --help" ;;
    record) options="-o --limit --help --" ;;
    esac
    case $current in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
    esac
}
complete -o filenames -F _kmemsim kmemsim
