#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install what is missing, build with sanitizers, run every suite.  Works from a clean
# clone in any folder, and again in the same one.  Ends with the line
# `N passed, N failed, N skipped`.
# usage: sh tests/run.sh [--clang]   (--clang: build and unit-test with clang as well)
set -u
cd "$(dirname "$0")/.." || exit 1
. etc/packages.sh
clang=
case "${1-}" in
'') ;;
--clang) clang=yes ;;
*)
  echo "usage: sh tests/run.sh [--clang]" >&2
  exit 2
  ;;
esac
base=build-test

fail() {
  echo "run.sh: $*" >&2
  echo '0 passed, 1 failed, 0 skipped'
  exit 1
}

# step FOLDER COMMAND...: quietly, and with the end of its output where it fails.
step() {
  log=$base/$1.log
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    return 1
  }
}

# build FOLDER COMPILER OPTION...: configure where needed, then compile.
build() {
  dir=$base/$1 compiler=$2
  shift 2
  if [ ! -f "$dir/build.ninja" ]; then
    rm -rf "$dir"
    step "${dir##*/}" env CC="$compiler" meson setup "$dir" "$@" ||
      fail "configuring $dir failed ($log)"
  fi
  echo "building $dir"
  step "${dir##*/}" meson compile -C "$dir" || fail "building $dir failed ($log)"
}

# suites FOLDER NAME ARGUMENT...: run them; tests/tally.py judges by the log of that name.
suites() {
  dir=$base/$1 name=$2
  shift 2
  rm -f "$dir/meson-logs/$name.json"
  meson test -C "$dir" --no-rebuild --logbase "$name" "$@"
}

# shellcheck disable=SC2086 # lists of words
packages_install $packages_build $packages_run $packages_test ${clang:+$packages_clang} ||
  fail 'installing packages failed'
packages_install_opcua || echo 'without libopen62541: the driver opcua is left out' >&2
mkdir -p "$base" || fail "$base/ cannot be written"

# What the driver opcua is tested against; without it that test is skipped.
peer=node-opcua@2.160.0
if [ ! -d "$base/node/node_modules/node-opcua" ] && command -v npm >/dev/null; then
  step node timeout 300 npm install --prefix "$base/node" --ignore-scripts --no-audit \
    --no-fund "$peer" || echo "without $peer: its tests are skipped" >&2
fi
NODE_PATH=$PWD/$base/node/node_modules
export NODE_PATH

build sanitized gcc -Db_sanitize=address,undefined

# The e2e tests mostly wait for clocks and peers: what computes goes on beside them, with
# less of a right to the processors.
suites sanitized e2e --suite e2e >"$base/e2e.log" 2>&1 &
e2e=$!
trap 'kill $e2e 2>/dev/null' EXIT
renice -n 10 $$ >/dev/null
build release gcc
[ -z "$clang" ] ||
  build clang clang -Db_sanitize=address,undefined -Db_lundef=false -De2e=false
suites sanitized rest --no-suite e2e
suites release release --suite release
[ -z "$clang" ] || suites clang unit --suite unit
echo 'waiting for the e2e suite'
wait $e2e
cat "$base/e2e.log"
/usr/bin/python3 tests/tally.py "$base/sanitized/meson-logs/rest.json" \
  "$base/release/meson-logs/release.json" ${clang:+"$base/clang/meson-logs/unit.json"} \
  "$base/sanitized/meson-logs/e2e.json"
