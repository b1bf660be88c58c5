#!/bin/sh
# clean-root.sh FOLDER [COMMAND...]: makes a bare Debian bookworm in FOLDER, puts a clone of this
# checkout in its /plumbline, and runs the two commands of the README there (or those given, each one
# a line of shell). Needs root, git and debootstrap. The mirror and the proxies are the host's own.
# With a Debian package instead of a checkout: installs it there, with nothing but what it depends on, and
# runs quickstart by its name and the self-test.
#
#     sudo .ci/clean-root.sh /tmp/clean
#     sudo .ci/clean-root.sh /tmp/clean './plumbline --version'
#     sudo .ci/clean-root.sh /tmp/clean build/release/plumbline_0.2.0_amd64.deb
set -eu

say() { echo "clean-root: $*" >&2; }

[ $# -ge 1 ] || { say "which folder? usage: clean-root.sh FOLDER [COMMAND...]" && exit 2; }
[ "$(id -u)" -eq 0 ] || { say "only root can make a root" && exit 2; }
[ ! -e "$1" ] || { say "$1 is there already; remove it or name another" && exit 2; }
source=$(cd "$(dirname "$0")/.." && pwd -P)
folder=$1
shift
package=
case ${1-} in
    *.deb)
        package=$(readlink -f "$1")
        [ -e "$package" ] || { say "there is no $1" && exit 2; }
        shift
        [ $# -gt 0 ] || set -- 'mkdir -p /home/anyone && cd /home/anyone && plumbline run quickstart' \
            'plumbline check ci-rankings' 'plumbline selftest' 'dpkg -V plumbline'
        set -- 'apt-get -qq update && apt-get install -y --no-install-recommends /plumbline.deb' "$@"
        ;;
esac
if [ $# -eq 0 ]; then
    set -- './plumbline run configs/quickstart.yaml' './plumbline test'
    for command in "$@"; do
        grep -qF "$command" "$source/README.md" || { say "the README does not say: $command" && exit 1; }
    done
fi

# The host's mirror, if the host is a Debian of the same release; otherwise debootstrap's own.
# shellcheck disable=SC2016 # apt's own words
mirror=$(apt-get indextargets --format '$(SITE)' 'Codename: bookworm' 2>/dev/null |
    grep -v security | head -n 1) || true
# shellcheck disable=SC2086 # no word when there is no mirror
debootstrap --variant=minbase bookworm "$folder" $mirror >"$folder.log" 2>&1 ||
    { tail -n 20 "$folder.log" >&2 && say "debootstrap failed; its log is $folder.log" && exit 1; }
apt-config dump Acquire 2>/dev/null >"$folder/etc/apt/apt.conf.d/90host" || true
if [ -n "$package" ]; then
    cp "$package" "$folder/plumbline.deb"
    mkdir "$folder/plumbline" # where commands start, as with a checkout
    say "a bare bookworm with $(basename "$package") is ready in $folder"
else
    git clone -q "$source" "$folder/plumbline"
    say "a bare bookworm with $(git -C "$folder/plumbline" rev-parse --short HEAD) is ready in $folder"
fi

# /proc, /sys and /dev/pts are mounted in a namespace of its own, which goes when the command ends.
# shellcheck disable=SC2016 # for the shell inside
enter='
    mount -t proc proc "$0/proc"
    mount -t sysfs sysfs "$0/sys"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$0/dev/pts"
    exec chroot "$0" sh -c "cd /plumbline && $1"'

# Of the environment only the proxies cross over.
inside() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        ${http_proxy+"http_proxy=$http_proxy"} ${https_proxy+"https_proxy=$https_proxy"} \
        ${no_proxy+"no_proxy=$no_proxy"} \
        unshare --mount sh -ec "$enter" "$folder" "$1" </dev/null
}

for command in "$@"; do
    say "\$ $command"
    start=$(date +%s)
    status=0
    inside "$command" || status=$?
    say "status $status after $(($(date +%s) - start)) s"
    [ "$status" -eq 0 ] || exit "$status"
done
