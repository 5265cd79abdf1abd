#!/bin/sh
# replay_test.sh PROGRAM - checks what fuzz/support/standalone_main.c promises, on the toy fuzz target.
program=$1
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/corpus"
printf 'abc' >"$work/corpus/b"
: >"$work/corpus/a"
head -c 5000 /dev/zero >"$work/big"
printf '!' >"$work/bad"

expect() # WHAT EXPECTED ACTUAL
{
    [ "$2" = "$3" ] && return
    printf '%s: expected [%s], got [%s]\n' "$1" "$2" "$3" >&2
    failures=$((failures + 1))
}

expect "a folder in the order of its names" "0
3" "$("$program" "$work/corpus" 2>/dev/null)"
expect "files and folders, libFuzzer's options aside" "5000
0
3" "$("$program" -runs=0 "$work/big" "$work/corpus" 2>/dev/null)"
expect "standard input where nothing is named" 4 "$(printf 'four' | "$program" 2>/dev/null)"
"$program" "$work/none" >/dev/null 2>&1
expect "a file that is not there" 1 $?
"$program" "$work/bad" >/dev/null 2>&1
expect "a target that dies, dies" 134 $?
exit $((failures != 0))
