#!/bin/sh
# Makes the fonts here from Inter's whole ones: ./make_fonts.sh FOLDER_WITH_INTER_OTF
# Needs fonttools (pip install fonttools). On Debian: apt install fonts-inter, then
# ./make_fonts.sh /usr/share/fonts/opentype/inter
set -eu
here=$(dirname "$0")
# Latin letters with their accents, digits, and the marks that English and French use.
characters="U+20-7E,U+A0-FF,U+152,U+153,U+178,U+2009,U+2013,U+2014,U+2018,U+2019,U+201C,U+201D"
characters="$characters,U+2022,U+2026,U+202F,U+2032,U+2190-2193,U+2212"
for weight in Regular SemiBold; do
    pyftsubset "$1/Inter-$weight.otf" --unicodes="$characters" --layout-features= \
        --notdef-outline --output-file="$here/Inter-$weight.otf"
done
