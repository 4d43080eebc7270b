#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What neither the formatter nor the compiler sees.
# usage: check_style.sh SOURCE_ROOT
cd "${1:-.}" || exit 1
. tests/tracked.sh
bad=0

# complain WHY: where standard input is not empty.
complain() {
  hits=$(cat)
  [ -n "$hits" ] || return 0
  printf '%s\n' "$1"
  printf '%s\n' "$hits" | sed 's/^/  /'
  bad=1
}

# search REGEX PATTERN...: hits in our files, but for this one.
search() {
  regex=$1
  shift
  tracked "$@" | grep -v '^tests/check_style\.sh$' | xargs -r grep -nE -- "$regex"
}

tracked '*.c' '*.h' '*.sh' '*.py' '.ci/run' |
  while IFS= read -r file; do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
  done >"${TMPDIR:-/tmp}/style.$$"
complain 'a file opens with its SPDX line' <"${TMPDIR:-/tmp}/style.$$"
search '^typedef (struct|union|enum)\b' '*.c' '*.h' >"${TMPDIR:-/tmp}/style.$$"
complain 'a struct is called by its tag' <"${TMPDIR:-/tmp}/style.$$"
search '\b(TODO|FIXME|XXX|HACK)\b' '*.c' '*.h' '*.sh' '*.py' '*.build' '*.md' \
  >"${TMPDIR:-/tmp}/style.$$"
complain 'work left over belongs into an issue' <"${TMPDIR:-/tmp}/style.$$"
search '[[:blank:]]+$' '*.c' '*.h' '*.sh' '*.py' '*.build' '*.yaml' \
  >"${TMPDIR:-/tmp}/style.$$"
complain 'blanks at the end of a line' <"${TMPDIR:-/tmp}/style.$$"
rm -f "${TMPDIR:-/tmp}/style.$$"
exit $bad
