#!/bin/sh
# The browser in which pages of reports are looked at (tests/e2e/pages.sh): Debian's Chromium, installed
# where that can be done. Without it that one test is skipped, so this never fails.
set -u
for name in chromium chromium-browser google-chrome; do
    command -v "$name" && exit 0
done
as_root=
[ "$(id -u)" -eq 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1; then
    $as_root apt-get update -qq || true
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "browser: no Chromium, so pages of reports are not looked at here" >&2
