#!/bin/sh
# fetch_kernel.sh FILE - puts a Linux kernel there, from /boot or out of Debian's package, which is not installed.
# Exit status 77 where there is none.
set -e
[ -r "$1" ] && exit 0
[ -n "$KMEMSIM_TEST_KERNEL" ] && exit 0
for kernel in /boot/vmlinuz-*-cloud-amd64 /boot/vmlinuz-*-amd64; do
    [ -r "$kernel" ] && cp "$kernel" "$1" && exit 0
done
command -v apt-get >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*-cloud-amd64\)$/\1/p' | head -1)
if ! { [ -n "$package" ] && apt-get -q download "$package"; }; then
    # The index may be older than the archive: any version that can still be had will do.
    package=
    for candidate in $(apt-cache pkgnames linux-image-6 | grep -- '-cloud-amd64$' | sort -rV | head -5); do
        apt-get -q download "$candidate" && package=$candidate && break
    done
fi
[ -n "$package" ] || { echo "SKIPPED: no kernel package can be downloaded" >&2; exit 77; }
dpkg-deb -x "$package"*.deb .
cp boot/vmlinuz-* "$1"
