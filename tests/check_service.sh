#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The unit is valid, and its sandbox scores what docs/security.md says.
# usage: check_service.sh UNIT DROP_IN PROGRAM
. "$(dirname "$0")/tracked.sh"
command -v systemd-analyze >/dev/null || skip 'systemd-analyze is not installed'
systemd-analyze security --help | grep -q -- --offline || skip 'systemd is older than 250'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# score UNIT_TEXT LIMIT: fail where the exposure, in tenths, is beyond the limit.
score() {
  systemd-analyze security --no-pager --offline=true --threshold="$2" "$1" >"$work/score" || {
    grep -v '✓' "$work/score"
    exit 1
  }
  tail -n 1 "$work/score"
}

# verify wants the program in its place; it is not installed while we test.
sed "s,^ExecStart=[^ ]*,ExecStart=$(realpath "$3")," "$1" >"$work/pollux.service" || exit 1
systemd-analyze verify --man=no "$work/pollux.service" || exit 1
score "$work/pollux.service" 15

# --offline reads no drop-ins: put its settings behind the unit's own.
mkdir "$work/tcp-only" &&
  { sed '/^\[Install\]/,$d' "$1" && grep -v '^\[' "$2"; } >"$work/tcp-only/pollux.service"
score "$work/tcp-only/pollux.service" 10
