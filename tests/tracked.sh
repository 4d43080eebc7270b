# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# For the checks of the lint suite, which source it in the root of the sources.

# tracked PATTERN...: our files, as git knows them, or as they lie there in a tarball.
tracked() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard -- "$@" |
      while IFS= read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done
  else
    for pattern; do
      find . -name "$pattern" ! -path './build*' -printf '%P\n'
    done
  fi
}

# skip WHY: meson and tests/tally.py count exit code 77 as skipped.
skip() {
  echo "$*"
  exit 77
}
