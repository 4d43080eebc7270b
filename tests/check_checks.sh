#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The checks bite: each finds what is planted, and nothing in a tree without it.
# usage: check_checks.sh SOURCE_ROOT
checks=$(cd "${1:-.}" && pwd)/tests || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

# tree: a small tree that no check objects to
tree() {
  rm -rf "$work/tree"
  mkdir -p "$work/tree/tests" "$work/tree/docs"
  cd "$work/tree" || exit 1
  mkdir -p drivers/a drivers/b twin storage gateway
  cp "$checks/tracked.sh" tests/
  cp "$checks/../.clang-format" .
  printf '/* SPDX-License-Identifier: Apache-2.0 */\nint x;\n' >twin/x.c
}

# finds CHECK FILE LINE...: with these lines at the end of the file, the check fails.
finds() {
  check=$1 file=$2
  shift 2
  tree
  sh "$checks/check_$check.sh" . >"$work/out" 2>&1
  [ $? -ne 77 ] || return 0 # a tool is missing; the check itself says so
  sh "$checks/check_$check.sh" . >"$work/out" 2>&1 || {
    echo "$check objects to nothing at all:"
    cat "$work/out"
    bad=1
  }
  [ -e "$file" ] || echo '/* SPDX-License-Identifier: Apache-2.0 */' >"$file"
  printf '%s\n' "$@" >>"$file"
  if sh "$checks/check_$check.sh" . >"$work/out" 2>&1; then
    echo "$check does not see in $file: $1"
    bad=1
  fi
}

sixty=$(seq 60 | sed 's/.*/  f();/')
# shellcheck disable=SC2016 # the backquotes are Markdown's
finds docs docs/faults.md '| F1 | x | y | `drivers/none`: `nothing` |'
finds format twin/x.c 'int  y;'
finds layers drivers/a/x.c '#include "gateway/config.h"'
finds layers drivers/a/x.c '#include "drivers/b/b.h"'
finds layers twin/x.c '#include "storage/history.h"'
finds layers twin/x.c '#include <stdio.h>'
finds layers storage/x.c '#include "gateway/config.h"'
finds layers gateway/x.c '#include <MQTTAsync.h>'
finds layers drivers/a/x.c '#include <MQTTAsync.h>'
finds layers gateway/x.c '#include <sqlite3.h>'
finds layers gateway/x.c '#include <modbus.h>'
finds layers drivers/a/x.c '#include <open62541/client.h>'
finds layers gateway/x.c 'long t = time(NULL);'
finds layers storage/x.c '  fprintf(stderr, "x");'
finds shell etc.sh 'if true; then'
finds size twin/x.c 'int f(void)' '{' "$sixty" '}'
finds size twin/x.c "$(seq 801 | sed 's/.*/int y;/')"
finds style twin/x.c 'typedef struct x x;'
finds style twin/x.c "/* TO""DO */"
finds style twin/x.c 'int y; '
exit $bad
