#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the program (not its tests), with the tree's .clang-tidy.  A file that
# was clean is not looked at again until it, a header or the rules change.
# usage: check_tidy.sh SOURCE_ROOT BUILD_ROOT
cd "${1:-.}" || exit 1
. tests/tracked.sh
command -v clang-tidy >/dev/null || skip 'clang-tidy is not installed'
clean=$2/tidy-clean
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$clean" || exit 1

# gcc's own flags mean nothing to clang.
sed -E 's/ -(fstack-clash-protection|fzero-call-used-regs=[a-z-]+)//g;
  s/ -ftrivial-auto-var-init=zero//g' "$2/compile_commands.json" \
  >"$work/compile_commands.json" || exit 1

ours='^(drivers|twin|storage|gateway)/'
all=$({ tracked '*.h' | xargs cat && cat .clang-tidy; } | sha256sum)
tracked '*.c' | grep -E "$ours" | while IFS= read -r file; do
  grep -qF "/$file\"" "$work/compile_commands.json" || continue # not in this build
  stamp=$({ echo "$file $all" && cat "$file"; } | sha256sum | cut -c 1-64)
  [ -e "$clean/$stamp" ] || echo "$file $clean/$stamp"
done >"$work/list"

# Its "N warnings generated" counts those of system headers, which it does not show.
# shellcheck disable=SC2016 # the inner shell expands them
xargs -r -P 2 -L 1 sh -c 'clang-tidy -p "$0" --quiet --extra-arg=-Wno-unknown-warning-option \
  "$1" 2>/dev/null && touch "$2"' "$work" <"$work/list"
