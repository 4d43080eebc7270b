#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shell scripts parse, and shellcheck has nothing to say.
# usage: check_shell.sh SOURCE_ROOT
cd "${1:-.}" || exit 1
. tests/tracked.sh
bad=0
for file in $(tracked '*.sh' '.ci/run'); do
  sh -n "$file" || bad=1
done
[ $bad -eq 0 ] || exit 1
command -v shellcheck >/dev/null || skip 'shellcheck is not installed; the scripts parse'
# Sourced files are checked on their own.
tracked '*.sh' '.ci/run' | xargs shellcheck -s sh -e SC1091
