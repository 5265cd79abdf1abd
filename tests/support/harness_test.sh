#!/bin/sh
# harness_test.sh PROGRAM - checks what tests/support/kms_test_main.c promises, on the toy program.
program=$1
failures=0

expect() # WHAT EXPECTED ACTUAL
{
    [ "$2" = "$3" ] && return
    printf '%s: expected [%s], got [%s]\n' "$1" "$2" "$3" >&2
    failures=$((failures + 1))
}

status_of() # ARGUMENT...
{
    "$program" "$@" >/dev/null 2>&1
    echo $?
}

unset KMEMSIM_NO_SKIP
expect "tables come in the order of their names" 'row 0
row 1
it passes
it fails
it is skipped
what is *starred*, "quoted"; [bracketed] or $priced?' "$("$program" --list)"
expect "a test that passes" 0 "$(status_of --run 'it passes')"
expect "a test that fails" 1 "$(status_of --run 'it fails')"
expect "a test that is skipped" 77 "$(status_of --run 'it is skipped')"
expect "a skip says why" "SKIPPED: nothing here can run" \
    "$("$program" --run 'it is skipped' 2>&1 >/dev/null | grep SKIPPED:)"
expect "a skip where nothing may be skipped" 1 "$(KMEMSIM_NO_SKIP=1 status_of --run 'it is skipped')"
expect "a sentence of awkward characters" 0 "$(status_of --run 'what is *starred*, "quoted"; [bracketed] or $priced?')"
expect "a row of a table" 0 "$(status_of --run 'row 1')"
expect "a sentence that is only a pattern" 2 "$(status_of --run 'it*')"
expect "an unknown option" 2 "$(status_of --walk)"
expect "the whole program fails where one test fails" 1 "$(status_of)"
exit $((failures != 0))
