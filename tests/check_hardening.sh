#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What docs/security.md says of the binary is true of it.
# usage: check_hardening.sh PROGRAM
. "$(dirname "$0")/tracked.sh"
command -v readelf >/dev/null || skip 'readelf is not installed'
program=$1
bad=0

# holds WHAT OPTION REGEX: readelf's answer has a line like this.
holds() {
  readelf -W "$2" "$program" | grep -qE -- "$3" || {
    echo "$program: no $1"
    bad=1
  }
}

holds 'position-independent code (PIE)' -h 'Type: +DYN'
holds 'PIE flag' -d 'FLAGS_1.*PIE'
holds 'RELRO segment' -l 'GNU_RELRO'
holds 'immediate binding (full RELRO)' -d 'BIND_NOW|FLAGS_1.*NOW'
holds 'stack that cannot run (NX)' -l 'GNU_STACK.* RW +0x'
holds 'stack canary' --dyn-syms '__stack_chk_fail'
holds 'fortified call' --dyn-syms '__[a-z]+_chk(@|$| )'
if readelf -W -l "$program" | grep -qE 'LOAD.* RWE '; then
  echo "$program: a segment that is writable and runs"
  bad=1
fi
exit $bad
