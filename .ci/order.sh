#!/bin/sh
# order.sh: no call in core/ makes nodes of a graph in two of its arguments. C leaves open which argument comes
# first, and the order of nodes is the order of sums of gradients: another compiler would train to other bits.
# Prints each place, and ends with status 1; to mend, make one of the two in a statement before.
set -eu
cd "$(dirname "$0")/.."
found=$(find core -name '*.c' | sort | xargs perl -e '
    my $call = qr/(\((?:[^()]++|(?-1))*+\))/;
    for my $path (@ARGV) {
        open my $file, "<", $path or die "$path: $!";
        local $/;
        my $text = <$file>;
        $text =~ s{/\*.*?\*/}{$& =~ tr/\n//cdr}gse;
        while ($text =~ /\b(\w+)\s*(?=$call)/g) {
            my ($name, $inside, $at) = ($1, substr($2, 1, -1), $-[0]);
            next if $name =~ /^(if|for|while|switch|return|sizeof)$/;
            my $makers = 0;
            while ($inside =~ /\G((?:[^(),]++|$call)+),?/g) {
                my $argument = $1;
                $makers++ if $argument =~ /\b[a-z_]\w*\((&?\w+(->|\.))?graph\b/;
            }
            printf "%s:%d: %s\n", $path, 1 + (substr($text, 0, $at) =~ tr/\n//), $name if $makers > 1;
        }
    }')
if [ -n "$found" ]; then
    echo "$found"
    echo "order: these calls make nodes in several arguments; make all but one in statements before"
    exit 1
fi
echo "order: no call makes nodes in two arguments"
