#!/bin/sh
# outside_test.sh SOURCE BUILD WORK CC - installs BUILD, moves the installed tree, builds outside/ against it three ways
# and runs each program: all three must print the same.
set -eu
source=$1 build=$2 work=$3 cc=$4
here=$source/tests/install/outside
example=$source/docs/examples/translate.c

# Runs a step whose output matters only where it fails.
step() # COMMAND...
{
    "$@" >"$work/log" 2>&1 && return
    cat "$work/log" >&2
    exit 1
}

rm -rf "$work"
mkdir -p "$work"
step cmake --install "$build" --prefix "$work/staged"
mv "$work/staged" "$work/moved"

for shared in OFF ON; do
    step cmake -S "$here" -B "$work/cmake-$shared" -G Ninja -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$work/moved" \
        -DBUILD_SHARED_LIBS=$shared -DEXAMPLE="$example"
    step cmake --build "$work/cmake-$shared"
    "$work/cmake-$shared/translate" >"$work/cmake-$shared.out"
done

PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name kmemsim.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # the words of pkg-config's answer are separate arguments
"$cc" -o "$work/translate" "$example" $(pkg-config --cflags --libs kmemsim)
LD_LIBRARY_PATH=$(pkg-config --variable=libdir kmemsim) "$work/translate" >"$work/pkg-config.out"

cmp "$work/cmake-OFF.out" "$work/cmake-ON.out"
cmp "$work/cmake-OFF.out" "$work/pkg-config.out"
if grep -q "$source\|$build" "$PKG_CONFIG_PATH/kmemsim.pc"; then
    echo "kmemsim.pc names the tree that it was built in" >&2
    exit 1
fi

# Every function that an installed header declares is in the library. Only gcc can list declarations.
# shellcheck disable=SC2046 # one word for each header
printf '#include <kmemsim/%s>\n' $(cd "$work/moved/include/kmemsim" && ls) >"$work/all.c"
if "$cc" -fsyntax-only -aux-info "$work/declared" -I"$work/moved/include" "$work/all.c" 2>/dev/null; then
    sed -n 's/.* extern [^(]*[ *]\(kms_[a-z0-9_]*\) (.*/\1/p' "$work/declared" | sort -u >"$work/declared.names"
    [ -s "$work/declared.names" ]
    nm "$(pkg-config --variable=libdir kmemsim)/libkmemsim.a" | sed -n 's/.* [TDRBV] //p' | sort -u >"$work/defined.names"
    missing=$(comm -23 "$work/declared.names" "$work/defined.names")
    if [ -n "$missing" ]; then
        printf 'declared by an installed header, but not in the library:\n%s\n' "$missing" >&2
        exit 1
    fi
fi
