#!/bin/sh
# `evidence horizon` and `eci` (cmd_evidence_horizon.c, cmd_evidence_eci.c,
# cmd_evidence_calibration.c, cmd_evidence_trend.c; report/horizon.c, capability.c, progress.c): figures, JSON, order of lines, wrong use.
. "$(dirname "$0")/lib.sh"

json_ok() { "$@" >json.out 2>json.err && python3 -m json.tool json.out >/dev/null; }

cat >tasks.csv <<'END'
agent,family,task,minutes,successes,trials
old,a,a/1,1,4,4
old,a,a/2,4,2,4
old,b,b/1,16,1,4
old,b,b/2,64,0,4
new,a,a/1,1,4,4
new,a,a/2,4,4,4
new,b,b/1,16,2,4
new,b,b/2,64,1,4
none,a,a/1,1,0,4
END
cat >dates.yaml <<'END'
date:
  old: 2024-01-01
  new: 2025-01-01
END
printf 'agent,date\nold,2024-01-01\n' >dates.csv
(head -1 tasks.csv; tail -n +2 tasks.csv | tac) >turned.csv

ok "horizons as a table" says "^new .*fitted" "$FLYBALL" evidence horizon tasks.csv
ok "who never succeeded" says "^none .*never succeeded" "$FLYBALL" evidence horizon tasks.csv
ok "without dates it says so" says "dates FILE gives" "$FLYBALL" evidence horizon tasks.csv
ok "with dates it doubles" says "^Doubling time of the 50% horizon: [0-9.]* days" \
    "$FLYBALL" evidence horizon tasks.csv --dates dates.yaml
ok "too few dates is an answer" says "no doubling time" \
    "$FLYBALL" evidence horizon tasks.csv --dates dates.yaml --after 2025-01-01
ok "as JSON" json_ok "$FLYBALL" evidence horizon tasks.csv --dates dates.yaml --json
cat >check.py <<'END'
import json
a = json.load(open("json.out"))
by = {x["agent"]: x for x in a["agents"]}
assert 1 < by["old"]["p50"] < by["new"]["p50"] < 64, by
assert by["new"]["p80"] < by["new"]["p50"]
low, high = by["new"]["p50_interval"]
assert low <= by["new"]["p50"] and (high is None or by["new"]["p50"] <= high)
assert by["none"]["p50"] == 0 and by["none"]["p50_interval"] == [0, None], by["none"]
assert a["growth"]["frontier"] == ["old", "new"] and a["growth"]["doubling_days"] > 0
END
ok "with what it should hold" python3 check.py
"$FLYBALL" evidence horizon tasks.csv --json | grep -v '"file"' >a.out
"$FLYBALL" evidence horizon turned.csv --json | grep -v '"file"' >b.out
ok "the order of lines changes nothing" cmp a.out b.out
ok "without resamples" says '"p50_interval": \[null' sh -c \
    '"$FLYBALL" evidence horizon tasks.csv --resamples 0 --json | tr -d "\n" |
    sed "s/\[ *null/[null/g"'
ok "without penalty" says "^new" "$FLYBALL" evidence horizon tasks.csv --penalty 0
ok "no file" exits 2 "more arguments" "$FLYBALL" evidence horizon
ok "a file that is not there" exits 3 "no.csv" "$FLYBALL" evidence horizon no.csv
ok "weights that are none" exits 2 "diversity, task or run" \
    "$FLYBALL" evidence horizon tasks.csv --weights x
ok "half a resample" exits 2 "whole number" "$FLYBALL" evidence horizon tasks.csv --resamples 1.5
ok "a penalty below 0" exits 2 "penalty" "$FLYBALL" evidence horizon tasks.csv --penalty -1
ok "a window without dates" exits 2 "need --dates" \
    "$FLYBALL" evidence horizon tasks.csv --after 2024-01-01
ok "an option of another part" exits 2 "no option" \
    "$FLYBALL" evidence read tasks.csv --resamples 3
sed 's/^old,a,a\/2,4,2,4/old,a,a\/2,four,2,4/' tasks.csv >bad.csv
ok "a bad row has its line" exits 3 "bad.csv:3.*'four' is not a number" \
    "$FLYBALL" evidence horizon bad.csv

cat >scores.csv <<'END'
model,benchmark,score,date
a,x,0.2,2023-01-01
a,y,0.1,2023-01-01
b,x,0.4,2024-01-01
b,y,0.3,2024-01-01
c,x,0.8,2025-01-01
c,y,0.5,2025-01-01
END
ok "capabilities, the best first" says "^c  *2025-01-01" "$FLYBALL" evidence eci scores.csv
ok "with the frontier's gain" says "gains [0-9.]* a year" "$FLYBALL" evidence eci scores.csv
ok "as JSON" json_ok "$FLYBALL" evidence eci scores.csv --json --anchor y
cat >check.py <<'END'
import json
a = json.load(open("json.out"))
by = {m["model"]: m for m in a["models"]}
assert by["a"]["capability"] < by["b"]["capability"] < by["c"]["capability"]
for m in a["models"] + a["benchmarks"]:
    assert m["interval"][0] <= m["interval"][1], m
assert a["anchor"] == "y" and a["cost"] > 0 and a["growth"]["per_year"] > 0
END
ok "with what it should hold" python3 check.py
{ cat scores.csv && tail -n 1 scores.csv; } >again.csv
ok "a score that stands twice is told" says "^1 score stands beside another of the same model" \
    "$FLYBALL" evidence eci again.csv --resamples 0
ok "the most capable only" says "and 2 more" "$FLYBALL" evidence eci scores.csv --top 1
ok "an anchor that is none" exits 3 "no benchmark 'z'" "$FLYBALL" evidence eci scores.csv --anchor z
ok "a table without scores" exits 3 "no column" "$FLYBALL" evidence eci dates.csv
ok "calibration" says "^| exact interval | n = 30, rate 5% | 98.4% | yes |" \
    "$FLYBALL" evidence calibration --resamples 100
ok "calibration over the grid" says "^| Wald's interval (not ours) | 1000 | .*63.2%" \
    "$FLYBALL" evidence calibration --grid --svg held.svg
ok "and as a picture" sh -c 'grep -q "polyline class=.wald" held.svg && grep -q "</svg>" held.svg'
ok "the grid as JSON" json_ok "$FLYBALL" evidence calibration --grid --json
ok "too few rounds" exits 2 "resamples" "$FLYBALL" evidence calibration --resamples 5

plan=$root/examples/progress/plan.csv
ok "chips as the plan has them" says "^hardware price-performance .* 1.40 x" \
    "$FLYBALL" evidence trend "$plan"
ok "effective compute of both" says "^effective compute .* 10.5" "$FLYBALL" evidence trend "$plan"
ok "as JSON" json_ok "$FLYBALL" evidence forecast "$plan" --at 2026-01-01 --json
ok "with a forecast" grep -q '"at": "2026-01-01T00:00:00Z"' json.out
ok "effective compute on a date: 10.5^5" says "^effective compute .* 1.27e+05" \
    "$FLYBALL" evidence forecast "$plan" --at 2025-05-20
ok "and what it is" says "in the former's unit, at an efficiency of 1" \
    "$FLYBALL" evidence forecast "$plan" --at 2025-05-20
ok "in JSON as well" sh -c '"$FLYBALL" evidence forecast "$1" --at 2025-05-20 --json | python3 -c "
import json, sys
q = json.load(sys.stdin)[\"quantities\"][-1]
f = q[\"forecast\"]
assert q[\"quantity\"] == \"effective compute\" and abs(f[\"value\"] / 10.5**5 - 1) < .01, q
assert f[\"interval\"][0] < f[\"value\"] < f[\"interval\"][1], q"' sh "$plan"
ok "a picture of effective compute" "$FLYBALL" evidence forecast "$plan" --at 2026-05-20 \
    --series "effective compute" --svg e.svg
ok "is one, with a band" sh -c 'grep -q "</svg>" e.svg && grep -q "[Ee]ffective compute" e.svg'
ok "a picture" "$FLYBALL" evidence trend "$plan" --series "training compute" --svg t.svg
ok "is one" grep -q "</svg>" t.svg
ok "a picture of horizons" "$FLYBALL" evidence horizon tasks.csv --dates dates.yaml --svg h.svg
ok "is one as well" grep -q "</svg>" h.svg
ok "no growth, no picture" exits 3 "no growth to draw" \
    "$FLYBALL" evidence horizon tasks.csv --svg h.svg
ok "one picture of several quantities" exits 2 "draws one quantity" \
    "$FLYBALL" evidence trend "$plan" --svg t.svg
ok "a quantity that is none" exits 3 "no quantity 'x'" \
    "$FLYBALL" evidence trend "$plan" --svg t.svg --series x
ok "slow below fast" exits 2 "less than --fast" "$FLYBALL" evidence trend "$plan" --slow 10
ok "a forecast for no date" exits 2 "needs --at" "$FLYBALL" evidence forecast "$plan"
printf 'date,value\n2024-01-01,5\n2025-01-01,5\n2026-01-01,5\n' >flat.csv
ok "a quantity that stays does not grow" says "1.00 x  does not grow  does not grow" \
    "$FLYBALL" evidence trend flat.csv
ok "a value that is not positive" sh -c 'echo "date,value" >v.csv && echo 2024-01-01,-1 >>v.csv'
ok "is refused with its line" exits 3 "v.csv:2.*not positive" "$FLYBALL" evidence trend v.csv
finish
