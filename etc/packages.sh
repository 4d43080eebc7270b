# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
# What Pollux needs from Debian, written once.  Sourced by etc/demo.sh and tests/run.sh.

packages_build='gcc libc6-dev pkg-config meson ninja-build libuv1-dev libmodbus-dev
  libpaho-mqtt-dev libsqlite3-dev libyaml-dev libjansson-dev
  libzip-dev libexpat1-dev libssl-dev
  liblua5.4-dev libnlopt-dev'
# The demonstration's broker, its witness, and the program that its history is read with.
packages_run='mosquitto mosquitto-clients sqlite3'
# Independent peers of the tests, and the tools of the lint suite.
packages_test='libcmocka-dev mbpoll python3-pymodbus
  python3-serial-asyncio socat openssl binutils util-linux clang-format clang-tidy
  shellcheck universal-ctags systemd procps strace'
packages_clang='clang libclang-rt-14-dev'
# The library of the driver opcua, of Debian 13: they install beside Debian 12's.
packages_opcua='libopen62541-1.4-dev libopen62541-1.4 libmbedcrypto16 libmbedx509-7'

# packages_missing PACKAGE...: print those that are not installed.
packages_missing() {
  for package; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || printf '%s ' "$package"
  done
}

# as_root COMMAND...: through sudo where we are not root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

# packages_install PACKAGE...: install what is missing; touches nothing where all is there.
# apt's lists are fetched only where those at hand do not lead to the packages.
packages_install() {
  missing=$(packages_missing "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "missing packages, and no sudo to install them: $missing" >&2
    return 1
  fi
  echo "installing $missing" >&2
  # shellcheck disable=SC2086 # a list of words
  apt_get install --no-install-recommends $missing >&2 ||
    { apt_get update >&2 && apt_get install --no-install-recommends $missing >&2; }
}

# packages_install_opcua: install what is missing of packages_opcua, from a second source
# that only this call knows, and of which it takes nothing else.
packages_install_opcua() {
  # shellcheck disable=SC2086 # a list of words
  [ -n "$(packages_missing $packages_opcua)" ] || return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    return 1
  fi
  apt=$(mktemp -d) || return 1
  mkdir -p "$apt/sources.d" "$apt/lists/partial"
  cp /etc/apt/sources.list.d/* "$apt/sources.d/" 2>/dev/null
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$keys] http://deb.debian.org/debian trixie main" \
    >"$apt/sources.d/packages-opcua.list"
  cat >"$apt/pins" <<PINS
Package: *
Pin: release n=trixie
Pin-Priority: -1

Package: $packages_opcua
Pin: release n=trixie
Pin-Priority: 500
PINS
  chmod -R go+rX "$apt" # apt downloads as a user of its own
  set -- -o Dir::Etc::SourceParts="$apt/sources.d" -o Dir::State::Lists="$apt/lists" \
    -o Dir::Etc::Preferences="$apt/pins" -o Acquire::http::Timeout=20
  echo "installing $packages_opcua" >&2
  # shellcheck disable=SC2086 # a list of words
  apt_get "$@" update >&2 &&
    apt_get "$@" install --no-install-recommends $packages_opcua >&2
  status=$?
  as_root rm -rf "$apt"
  return $status
}
