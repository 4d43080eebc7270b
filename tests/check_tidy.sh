#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the program (not its tests), with the tree's .clang-tidy.
# usage: check_tidy.sh SOURCE_ROOT BUILD_ROOT
cd "${1:-.}" || exit 1
. tests/tracked.sh
command -v clang-tidy >/dev/null || skip 'clang-tidy is not installed'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# gcc's own flags mean nothing to clang.
sed -E 's/ -(fstack-clash-protection|fzero-call-used-regs=[a-z-]+)//g;
  s/ -ftrivial-auto-var-init=zero//g' "$2/compile_commands.json" \
  >"$work/compile_commands.json" || exit 1
tracked '*.c' | grep -E '^(drivers|twin|storage|gateway)/' |
  xargs -P 2 -n 8 clang-tidy -p "$work" --quiet \
    --extra-arg=-Wno-unknown-warning-option >"$work/out" 2>"$work/err"
rc=$?
cat "$work/out"
# Its "N warnings generated" counts those of system headers, which it does not show.
grep -v 'warnings\? generated\.$' "$work/err" >&2
exit $rc
