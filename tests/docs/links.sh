#!/bin/sh
# links.sh ROOT [pages]: every relative link of a page leads to a file, and to a heading where it names one;
# every page and section that code, studies or scripts refer to exists. Prints the dead ones. With `pages`,
# only the links of pages: for an installed copy, where the sources are not.
#
# A reference in code is written docs/PAGE.md, docs/PAGE.md section N or docs/PAGE.md N.M.
set -eu
cd "$1"
dead=$(mktemp)
trap 'rm -f "$dead"' EXIT
files() { # conditions of find
    find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "$@" \) -print | LC_ALL=C sort
}

# The headings of a page as names to link to: lower case, a hyphen for each space, no other signs.
anchors() {
    awk '/^```/ {code = !code} !code && /^#+ / {
        sub(/^#+ /, ""); $0 = tolower($0)
        gsub(/[^a-z0-9 _-]/, ""); gsub(/ /, "-"); print }' "$1"
}

files -name '*.md' | while read -r page; do
    folder=$(dirname "$page")
    awk '/^```/ {code = !code} !code' "$page" |
        grep -oE '\]\([^)]*\)|(src|srcset|href)="[^"]*"' | sed 's/^](//; s/)$//; s/^[a-z]*="//; s/"$//' |
        grep -v '^[a-z]*:' | LC_ALL=C sort -u | while read -r link; do
        target=${link%%#*}
        [ -n "$target" ] && target=$folder/$target || target=$page
        if [ ! -e "$target" ]; then
            echo "$page: $link leads nowhere"
        elif [ "$link" != "${link#*#}" ] && ! anchors "$target" | grep -qxF "${link#*#}"; then
            echo "$page: $link leads to no heading of $target"
        fi
    done
done >"$dead"

# Pages and sections that other files name.
references() {
    # shellcheck disable=SC2016 # the words of awk
    # Comments break anywhere, so a file is read as one line without their stars.
    files -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.inc' -o -name '*.cl' -o -name '*.sh' \
        -o -name '*.yaml' -o -name '*.sql' -o -name CMakeLists.txt |
        xargs awk '
            FNR == 1 {if (NR > 1) print name ": " text; name = FILENAME; text = ""}
            {sub(/^[ \t]*[*#]?[ \t]*/, ""); text = text " " $0}
            END {print name ": " text}' |
        grep -aE '[A-Za-z-]+\.md' | while read -r line; do
        file=${line%%: *}
        printf '%s\n' "$line" | grep -oE '(^|[^A-Za-z/$._-])[A-Z]+\.md' | grep -oE '[A-Z]+\.md' |
            LC_ALL=C sort -u | while read -r page; do
            [ -e "$page" ] || [ "$page" = README.md ] || echo "$file: $page is no page here"
        done
        printf '%s\n' "$line" | grep -oE 'docs/[a-z/-]+\.md(,? (section )?[0-9]+(\.[0-9]+)?)?' | LC_ALL=C sort -u |
            while read -r page section; do
                page=${page%,}
                section=${section#section }
                if [ ! -e "$page" ]; then
                    echo "$file: there is no $page"
                elif [ -n "$section" ] && ! grep -qE "^#+ ${section}[. ]" "$page"; then
                    echo "$file: $page has no section $section"
                fi
            done
    done
}
[ "${2-}" = pages ] || references >>"$dead"

if [ -s "$dead" ]; then
    cat "$dead"
    exit 1
fi
echo "links: every one leads somewhere"
