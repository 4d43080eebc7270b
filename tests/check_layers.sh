#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Includes follow the data (CONTRIBUTING.md, "Layers").  Says every include that does not.
# usage: check_layers.sh SOURCE_ROOT
cd "${1:-.}" || exit 1
bad=0

# complain FOLDER FORBIDDEN_REGEX ALLOWED_REGEX WHY
complain() {
  hits=$(grep -rnE --include='*.c' --include='*.h' "^#include [\"<]($2)" "$1" |
    grep -vE "#include [\"<]($3)" || true)
  if [ -n "$hits" ]; then
    printf '%s: %s\n' "$1" "$4"
    printf '%s\n' "$hits" | sed 's/^/  /'
    bad=1
  fi
}

complain drivers 'twin/|storage/|gateway/' '-' 'drivers sees no other folder'
complain twin 'drivers/|storage/|gateway/' 'drivers/(reading|tag)\.h' \
  'twin sees only drivers/reading.h and drivers/tag.h'
complain twin 'uv\.h|time\.h|sqlite3|MQTT|stdio\.h|sys/|unistd|pthread' '-' \
  'twin is arithmetic: no I/O, no clock, no threads'
complain storage 'drivers/|twin/|gateway/' 'drivers/(reading|tag)\.h|twin/estimate\.h' \
  'storage sees only readings, tags and estimates'
complain storage 'MQTT|uv\.h' '-' 'storage knows nothing of MQTT or the loop'
for d in drivers/*/; do
  name=$(basename "$d")
  others=$(for o in drivers/*/; do basename "$o"; done | grep -vx "$name" | paste -sd'|')
  complain "$d" "drivers/($others)/" '-' 'no driver includes another'
done
hits=$(grep -rln --include='*.[ch]' 'MQTTAsync.h' gateway | grep -v '^gateway/publisher\.c$')
if [ -n "$hits" ]; then
  printf 'only gateway/publisher.c sees the Paho headers\n%s\n' "$hits"
  bad=1
fi
hits=$(grep -rnE --include='*.[ch]' \
  '\b(clock_gettime|gettimeofday|time)\((NULL|CLOCK|&|0)' drivers twin storage gateway |
  grep -v '^gateway/clock\.c:')
if [ -n "$hits" ]; then
  printf 'only gateway/clock.c reads clocks\n%s\n' "$hits"
  bad=1
fi
exit $bad
