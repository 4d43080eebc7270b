#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Includes follow the data (CONTRIBUTING.md, "Layers").  Says every line that does not.
# usage: check_layers.sh SOURCE_ROOT
cd "${1:-.}" || exit 1
bad=0

# complain WHERE WHY HITS
complain() {
  [ -n "$3" ] || return 0
  printf '%s: %s\n' "$1" "$2"
  printf '%s\n' "$3" | sed 's/^/  /'
  bad=1
}

# search REGEX FOLDER...: lines of C
search() {
  regex=$1
  shift
  grep -rnE --include='*.c' --include='*.h' -- "$regex" "$@" || true
}

# never FOLDER HEADERS BUT WHY: the folder includes none of these, but for those
never() {
  complain "$1" "$4" "$(search "^#include [\"<]($2)" "$1" | grep -vE "#include [\"<]($3)")"
}

# only FILES REGEX WHY: such a line is in these files and nowhere else
only() {
  complain "$1" "$3" \
    "$(search "$2" drivers twin storage gateway | grep -vE "^($1):")"
}

never drivers 'twin/|storage/|gateway/' '-' 'drivers sees no other folder'
never twin 'drivers/|storage/|gateway/' 'drivers/(reading|tag)\.h' \
  'twin sees only drivers/reading.h and drivers/tag.h'
never twin 'uv\.h|time\.h|sqlite3|MQTT|stdio\.h|sys/|unistd|pthread' '-' \
  'twin is arithmetic: no I/O, no clock, no threads'
never storage 'drivers/|twin/|gateway/' 'drivers/(reading|tag)\.h|twin/estimate\.h' \
  'storage sees only readings, tags and estimates'
never storage 'MQTT|uv\.h' '-' 'storage knows nothing of MQTT or the loop'
for d in drivers/*/; do
  name=$(basename "$d")
  others=$(for o in drivers/*/; do basename "$o"; done | grep -vx "$name" | paste -sd'|')
  never "$d" "drivers/($others)/" '-' 'no driver includes another'
done

only 'gateway/publisher\.c|gateway/mqtt/(paho|board)\.[ch]|drivers/mqtt/client\.c' '^#include [<"]MQTT' 'alone see the Paho headers'
only 'storage/[a-z_]+\.[ch]' '^#include <sqlite3' 'alone sees SQLite'
only 'drivers/modbus/rtu\.c' '^#include <(modbus/)?modbus\.h' 'alone sees libmodbus'
only 'gateway/fmu/archive\.c' '^#include <zip' 'alone sees libzip'
only 'gateway/fmu/digest\.c' '^#include <openssl' 'alone sees OpenSSL'
only 'gateway/fmu/unit\.c' '^#include <dlfcn' 'alone loads libraries'
only 'twin/scenario/search\.c' '^#include <nlopt' 'alone sees NLopt'
only 'gateway/lua/(declare|luamodel|machine)\.c' '^#include <l(ua|auxlib|ualib)\.h' 'alone see Lua'
only 'gateway/fmu/xml\.c' '^#include <expat' 'alone sees expat'
only 'drivers/opcua/[a-z_]+\.[ch]' '^#include <open62541/' 'alone sees libopen62541'
only 'gateway/clock\.c' \
  '\b(clock_gettime|gettimeofday|uv_hrtime|uv_gettimeofday|time)\((NULL|CLOCK|&|0|\))' \
  'alone reads clocks'
only 'gateway/.*' '\b(f?printf|v?fprintf|puts|fputs|perror|syslog)\(' \
  'alone logs; the others return errors'
exit $bad
