#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No file beyond 800 lines, no function beyond 60; the rows of tables do not count.
# usage: check_size.sh SOURCE_ROOT [-v]   (-v: also print the longest file and function)
cd "${1:-.}" || exit 1
. tests/tracked.sh
ctags --version 2>/dev/null | grep -q Universal || skip 'universal-ctags is not installed'

# Functions as `file first last name`.
ranges() {
  tracked '*.c' '*.h' | ctags -L - -x --kinds-C=f --_xformat='%F %n %e %N' | sort
}

ranges | awk -v verbose="${2-}" '
# Count lines but those of tables: from "= {" at the end of a line to "};".
function measure(file, first, last, name,    line, n, i, table) {
  n = i = table = 0
  while ((getline line < file) > 0) {
    i++
    if (i < first || i > last) continue
    if (table) { if (line ~ /^[ \t]*}/ && line ~ /;[ \t]*$/) table = 0; continue }
    if (line ~ /= {[ \t]*$/) { table = 1; continue }
    n++
  }
  close(file)
  if (n > 60) { printf "%s:%d: %s has %d lines, of 60 allowed\n", file, first, name, n; bad = 1 }
  if (n > longest) { longest = n; longest_name = file ":" first ": " name }
}
{ measure($1, $2, $3, $4) }
END {
  if (verbose != "") printf "longest function: %d lines, %s\n", longest, longest_name
  exit bad
}' || bad=1

tracked '*.c' '*.h' '*.py' '*.sh' '*.build' | xargs wc -l | awk -v verbose="${2-}" '
$2 == "total" { next }
$1 > 800 { printf "%s: %d lines, of 800 allowed\n", $2, $1; bad = 1 }
$1 > longest { longest = $1; name = $2 }
END {
  if (verbose != "") printf "longest file: %d lines, %s\n", longest, name
  exit bad
}' || bad=1
exit "${bad:-0}"
