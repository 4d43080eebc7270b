#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast the virtual PLC is against plain Lua 5.4 on the same computation.

    tests/bench/plc.py build/gateway/pollux [RUNS]

Prints a line a program: ns a unit of both, their ratio, and the bar.  CPU time of the
whole process, medians of RUNS (5), each taken in turn; the time of a run with as good as
no work is subtracted.  Both must come to the same result.
"""
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile

INT_LOOP_ST = """PROGRAM main
VAR i, a, b, c : DINT; END_VAR
FOR i := 1 TO 100000 DO
  a := (a + i) MOD 10007;
  b := b + a * 3;
  c := b / 5 - a;
  IF c > 1000000 THEN b := 0; END_IF;
END_FOR;
END_PROGRAM
"""
INT_LOOP_LUA = """local a, b, c = 0, 0, 0
for scan = 1, SCANS do
  for i = 1, 100000 do
    a = (a + i) % 10007
    b = b + a * 3
    c = b // 5 - a
    if c > 1000000 then b = 0 end
  end
end
print(a + c)
"""
REAL_LOOP_ST = """PROGRAM main
VAR i : DINT; x : LREAL := 1.0; y, z, r : LREAL; END_VAR
FOR i := 1 TO 100000 DO
  x := x * 0.999 + y;
  y := 0.5 - x * 0.001;
  z := z + x * y;
  IF z > 1.0E6 THEN z := 0.0; END_IF;
END_FOR;
END_PROGRAM
"""
REAL_LOOP_LUA = """local x, y, z = 1.0, 0.0, 0.0
for scan = 1, SCANS do
  for i = 1, 100000 do
    x = x * 0.999 + y
    y = 0.5 - x * 0.001
    z = z + x * y
    if z > 1.0e6 then z = 0.0 end
  end
end
print(string.format("%.17g", z))
"""
SORT_ST = """PROGRAM main
VAR a : ARRAY[0..199] OF INT; i, j, h : INT; seed : DINT := 1; sum : DINT; END_VAR
FOR i := 0 TO 199 DO
  seed := (seed * 1103 + 12345) MOD 32768;
  a[i] := DINT_TO_INT(seed);
END_FOR;
FOR i := 0 TO 198 DO
  FOR j := i + 1 TO 199 DO
    IF a[i] > a[j] THEN
      h := a[i];
      a[i] := a[j];
      a[j] := h;
    END_IF;
  END_FOR;
END_FOR;
sum := a[0] + a[100] + a[199];
END_PROGRAM
"""
SORT_LUA = """local a, seed, sum = {}, 1, 0
for scan = 1, SCANS do
  for i = 0, 199 do
    seed = (seed * 1103 + 12345) % 32768
    a[i] = seed
  end
  for i = 0, 198 do
    for j = i + 1, 199 do
      if a[i] > a[j] then
        local h = a[i]
        a[i] = a[j]
        a[j] = h
      end
    end
  end
  sum = a[0] + a[100] + a[199]
end
print(sum)
"""
TON_LUA = """local function ton(t, input, pt, now)
  if not input then
    t.q, t.et, t.phase = false, 0, 0
    return
  end
  if t.phase == 2 then return end
  if t.phase == 0 then t.phase, t.start = 1, now end
  t.et = now - t.start
  if t.et >= pt then t.et, t.q, t.phase = pt, true, 2 end
end
local timers, x, n = {}, false, 0
for i = 0, 999 do timers[i] = {q = false, et = 0, phase = 0, start = 0} end
for scan = 0, SCANS - 1 do
  local now = scan * 20000000
  x = scan % 100 < 60
CALLS
  if timers[999].q then n = n + 1 end
end
print(n)
"""


def rungs():
    """1,000 networks of 2 to 4 contacts on 100 inputs and the coils before."""
    rng = random.Random(7)
    st, lua = [], []
    for k in range(1000):
        left, right = "", ""
        for i in range(rng.randint(2, 4)):
            negated = rng.random() < 0.3
            if k > 0 and rng.random() < 0.3:
                n = rng.randrange(k)
                a, b = "q%d" % n, "q[%d]" % n
            else:
                n = rng.randrange(100)
                a, b = "x%d" % n, "x[%d]" % n
            if i > 0:
                word = rng.choice(["AND", "OR"]) if i < 2 else "AND"
                left, right = "(%s %s " % (left, word), "(%s %s " % (right, word.lower())
            left += ("NOT " if negated else "") + a + (")" if i > 0 else "")
            right += ("not " if negated else "") + b + (")" if i > 0 else "")
        st.append("q%d := %s;" % (k, left))
        lua.append("  q[%d] = %s" % (k, right))
    names = ", ".join("q%d" % i for i in range(1000))
    inputs = ", ".join("x%d" % i for i in range(100))
    text = "PROGRAM main\nVAR %s, %s : BOOL; n : DINT; END_VAR\n" % (names, inputs)
    text += "\n".join("x%d := NOT x%d;" % (i, i) for i in range(0, 100, 3)) + "\n"
    text += "\n".join(st) + "\nIF q999 THEN n := n + 1; END_IF;\nEND_PROGRAM\n"
    code = "local q, x, n = {}, {}, 0\nfor i = 0, 999 do q[i] = false end\n"
    code += "for i = 0, 99 do x[i] = false end\nfor scan = 1, SCANS do\n"
    code += "  for i = 0, 99, 3 do x[i] = not x[i] end\n" + "\n".join(lua)
    code += "\n  if q[999] then n = n + 1 end\nend\nprint(n)\n"
    return text, code


def timers():
    names = ", ".join("t%d" % i for i in range(1000))
    st = "PROGRAM main\nVAR %s : TON; x : BOOL; k, n : DINT; END_VAR\n" % names
    st += "x := k MOD 100 < 60;\nk := k + 1;\n"
    st += "".join("t%d(IN := x, PT := T#%dms);\n" % (i, 100 + i) for i in range(1000))
    st += "IF t999.Q THEN n := n + 1; END_IF;\nEND_PROGRAM\n"
    calls = "".join("  ton(timers[%d], x, %d, now)\n" % (i, (100 + i) * 1000000)
                    for i in range(1000))
    return st, TON_LUA.replace("CALLS", calls)


PROGRAMS = [  # name, sources, what is watched, units a scan, scans, bar
    ("integer loop, turn", (INT_LOOP_ST, INT_LOOP_LUA), ("a", "c"), 100000, 100, 1.0),
    ("LREAL loop, turn", (REAL_LOOP_ST, REAL_LOOP_LUA), ("z",), 100000, 100, 0.7),
    ("1,000 rungs, rung", rungs(), ("n",), 1000, 10000, 0.25),
    ("sort of 200 INT, comparison", (SORT_ST, SORT_LUA), ("sum",), 19900, 300, 0.6),
    ("1,000 TON, call", timers(), ("n",), 1000, 10000, 0.1),
]


def cpu(command):
    """CPU seconds of one run, and the last line that it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return used, out.strip().splitlines()[-1]


def plc(pollux, path, scans, watch):
    used, last = cpu([pollux, "plc", "run", path, "--scans", str(scans),
                      "--watch", ",".join(watch), "--every", str(max(scans, 1))])
    return used, sum(float(x) for x in last.split(",")[1:])


def lua(text, path, scans):
    with open(path, "w", encoding="ascii") as f:
        f.write(text.replace("SCANS", str(scans)))
    used, last = cpu(["lua5.4", path])
    return used, float(last)


def measure(pollux, folder, program, runs):
    name, (st, code), watch, units, scans, bar = program
    path = os.path.join(folder, "program.st")
    with open(path, "w", encoding="ascii") as f:
        f.write(st)
    ours, theirs = [], []
    for _ in range(runs):
        start, _ = plc(pollux, path, 1, watch)
        used, result = plc(pollux, path, scans, watch)
        ours.append((used - start) / (scans - 1) / units * 1e9)
        start, _ = lua(code, path + ".lua", 1)
        used, other = lua(code, path + ".lua", scans)
        theirs.append((used - start) / (scans - 1) / units * 1e9)
        if result != other:
            sys.exit("%s: %r here, %r in Lua" % (name, result, other))
    a, b = statistics.median(ours), statistics.median(theirs)
    print("%-30s %8.1f ns %8.1f ns in Lua, ratio %.3f, bar %.2f%s"
          % (name, a, b, a / b, bar, "" if a / b <= bar else "  MISSED"))
    return a / b <= bar


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        met = [measure(sys.argv[1], folder, p, runs) for p in PROGRAMS]
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
