#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install what is missing, build, and mirror a virtual line into its live twin.
# usage: sh etc/demo.sh [--for 90s] [OPTION of `pollux demo`...]
set -u
cd "$(dirname "$0")/.." || exit 1
. etc/packages.sh

fail() {
  echo "demo.sh: $*" >&2
  exit 1
}

build() {
  [ -f build/build.ninja ] || meson setup build -Dtests=false || return 1
  meson compile -C build
}

# shellcheck disable=SC2086 # lists of words
packages_install $packages_build $packages_run || fail 'installing packages failed'

# Two terminals may start at once: one builds, the other waits for it.
mkdir -p build || fail 'build/ cannot be written'
(
  flock 9 || exit 1
  build >build/demo-build.log 2>&1
) 9>>build/demo-build.lock || {
  tail -n 20 build/demo-build.log >&2
  fail 'the build failed; the whole log is build/demo-build.log'
}

PATH=$PATH:/usr/sbin # where Debian keeps mosquitto
export PATH
exec build/gateway/pollux demo "$@"
