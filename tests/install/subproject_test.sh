#!/bin/sh
# subproject_test.sh SOURCE WORK CC - uses SOURCE through FetchContent, builds and runs the example, and checks that
# nothing else came with it: no tests, no tool, no flags on the user's own files.
set -eu
source=$1 work=$2 cc=$3

# Runs a step whose output matters only where it fails.
step() # COMMAND...
{
    "$@" >"$work.log" 2>&1 && return
    cat "$work.log" >&2
    exit 1
}

rm -rf "$work"
step cmake -S "$source/tests/install/outside" -B "$work" -G Ninja -DCMAKE_C_COMPILER="$cc" \
    -DKMEMSIM_SOURCE_DIR="$source" -DEXAMPLE="$source/docs/examples/translate.c" \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
step cmake --build "$work" --target translate
"$work/translate" >"$work/translate.out"

targets=$(cmake --build "$work" --target help)
for unwanted in kmemsim_tool kmemsim_test_main fuzz_; do
    if echo "$targets" | grep -q "$unwanted"; then
        echo "a subproject has the target $unwanted" >&2
        exit 1
    fi
done
if grep 'examples/translate\.c' "$work/compile_commands.json" | grep -q -e '-Werror\|-Wconversion'; then
    echo "the warnings of kmemsim reached a user's file" >&2
    exit 1
fi
