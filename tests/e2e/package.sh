#!/bin/sh
# The Debian package: made from the build tree as it is, unpacked, and run from there; it depends on what the
# program loads. The archive of sources has the version in its name and all that a build needs. Skipped (77),
# and said so, where dpkg's tools are not. .ci/clean-root.sh installs the package in a bare system.
#
#     package.sh BUILD_TREE SOURCE_TREE
set -eu
build=$(cd "$1" && pwd)
tree=$(cd "$2" && pwd)
for tool in cpack dpkg-deb dpkg-shlibdeps; do
    command -v "$tool" >/dev/null || { echo "package: there is no $tool; skipped" && exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"
version=$(sed -n 's/^project(plumbline VERSION \([0-9.]*\).*/\1/p' "$tree/CMakeLists.txt")

echo "the package"
expect 0 cpack --config "$build/CPackConfig.cmake" -B "$work"
package=$(find "$work" -maxdepth 1 -name "plumbline_${version}_*.deb")
[ -n "$package" ] || fail "there is no plumbline_${version}_*.deb"
depends=$(dpkg-deb -f "$package" Depends)
for library in libopenblas0 libsqlite3-0 libyaml-0-2 libjansson4 libc6 libstdc++6; do
    case $depends in *"$library"*) ;; *) fail "it does not depend on $library: $depends" ;; esac
done

echo "unpacked"
dpkg-deb -x "$package" "$work/root"
program=$work/root/usr/bin/plumbline
mkdir "$work/empty" && cd "$work/empty"
expect 0 "$program" --version
prints "plumbline $version"
expect 0 "$program" run quickstart --dry-run
prints "cells     160"
[ -s "$work/root/usr/share/doc/plumbline/copyright" ] || fail "no copyright"
[ -s "$work/root/usr/share/zsh/vendor-completions/_plumbline" ] || fail "zsh does not look there"
! grep -rqI "$tree" "$work/root/usr/share" || fail "a file names the source tree"

echo "the archive"
if git -C "$tree" rev-parse HEAD >/dev/null 2>&1; then
    expect 0 cmake --build "$build" --target dist
    for file in CMakeLists.txt plumbline cmake/PlumblinePackage.cmake results/schema.sql tests/CMakeLists.txt; do
        expect 0 tar -tzf "$build/plumbline-$version.tar.gz" "plumbline-$version/$file"
    done
    tar -xzf "$build/plumbline-$version.tar.gz" -C "$work"
    expect 0 cmake -S "$work/plumbline-$version" -B "$work/configured" -DPL_TESTS=OFF
fi
echo "package: all is well"
