#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the documents name is there: docs/faults.md, a test in the program before it.
# usage: check_docs.sh SOURCE_ROOT
cd "${1:-.}" || exit 1
[ -f docs/faults.md ] || exit 0

# Words in backquotes, in order: `drivers/tcp` is tests/drivers/test_tcp.c, `e2e/mqtt`
# tests/e2e/test_mqtt.py, and what follows are tests of it.
# shellcheck disable=SC2016 # the backquotes are Markdown's
sed -n 's/^| F[0-9].*| \([^|]*\) |$/\1/p' docs/faults.md | grep -o '`[^`]*`' | tr -d '`' | {
  bad=0 file=
  while IFS= read -r word; do
    case $word in
    */*)
      file=$(ls "tests/${word%/*}/test_${word#*/}".* 2>/dev/null)
      [ -n "$file" ] || { echo "docs/faults.md: there is no $word" && bad=1; }
      ;;
    *)
      [ -z "$file" ] ||
        grep -qE "^(static void|def) (test_)?$word\\(" "$file" ||
        { echo "docs/faults.md: $file has no test $word" && bad=1; }
      ;;
    esac
  done
  exit $bad
}
