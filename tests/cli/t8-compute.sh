#!/bin/sh
# `compute report` (cmd_compute.c, report/compute.c): sums, thresholds, lines, wrong use.
. "$(dirname "$0")/lib.sh"

cat >jobs.csv <<'END'
job,user,account,cluster,started,ended,gpus,chip
1,ann,lab,c1,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,1000,h100-sxm
2,bob,lab,c1,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,8,a100
END
cat >open.csv <<'END'
job,user,account,cluster,started,ended,gpus,chip
3,ann,other,c2,2026-03-01T00:00:00Z,,8,h100
END
fly="$FLYBALL"
ok "the sums" says "^86428800 GPU-seconds in 2 starts" "$fly" compute report --from jobs.csv
ok "chips with their sources" says "^NVIDIA A100 .*28800.*data sheet" \
    "$fly" compute report --from jobs.csv
ok "users" says "^ann .*86400000" "$fly" compute report --from jobs.csv
ok "what is assumed" says "20% to 60%.*GPT-3" "$fly" compute report --from jobs.csv
ok "all is counted" says "Every start" "$fly" compute report --from jobs.csv
ok "crossed" exits 1 "1e22 FLOP: crossed" "$fly" compute report --from jobs.csv --threshold 1e22
ok "ruled out" says "^1e25 FLOP: ruled out" "$fly" compute report --from jobs.csv --threshold 1e25
ok "between" exits 1 "not ruled out" "$fly" compute report --from jobs.csv --threshold 5e22
ok "what runs may cross it" exits 1 "not ruled out" \
    "$fly" compute report --from jobs.csv open.csv --threshold 1e25
ok "and is listed" says "^not-ended .*1 .*yes .*c2/3" "$fly" compute report --from jobs.csv open.csv
ok "a file twice counts once" says "^86428800 GPU-seconds" \
    "$fly" compute report --from jobs.csv jobs.csv
"$fly" compute report --from jobs.csv open.csv --threshold 1e25 --bits 16 --use 0.4 --json \
    >out.json 2>/dev/null
cat >check.py <<'END'
import json
a = json.load(open("out.json"))
assert a["gpu_seconds"] == 86428800 and a["starts"] == 2, a
low, high = a["flop"]
assert abs(low / (86400000 * 989.4e12 * .4 + 28800 * 312e12 * .4) - 1) < 1e-9, low
assert low < high < low * 1.001
assert a["standing"] == "not ruled out" and a["threshold"] == 1e25
assert [x["name"] for x in a["clusters"]] == ["c1", "c2"]
assert a["not_counted"][0]["reason"] == "not-ended" and a["not_counted"][0]["may_hide_flop"]
END
ok "as JSON" python3 check.py
ok "a line a start" says "^c2.3.other.ann.*not-ended" "$fly" compute report --from open.csv --jobs
"$fly" compute report --from jobs.csv open.csv --jobs --json >lines.json
ok "as JSON lines" python3 -c 'import json
a = [json.loads(x) for x in open("lines.json")]
assert [x["gpu_seconds"] for x in a if "gpu_seconds" in x] == [86400000, 28800], a
assert a[2]["not_counted"] == "not-ended" and "flop" not in a[2], a'

sample=$root/examples/aurora/sacct.json
ok "Slurm's account" says "^314 GPU-seconds in 13 starts" "$fly" compute report --from "$sample"
ok "of unknown FLOP" says "FLOP not known" "$fly" compute report --from "$sample"
ok "does not say the chip" says "^no-chip .*13 .*yes" "$fly" compute report --from "$sample"
ok "which one may know" says "^NVIDIA H100 .*314" \
    "$fly" compute report --from "$sample" --chip h100

ok "no part" exits 2 "needs an argument" "$fly" compute
ok "a part that is none" exits 2 "no part 'x'" "$fly" compute x --from jobs.csv
ok "no file" exits 2 "needs --from" "$fly" compute report
ok "a file that is not there" exits 3 "no.csv" "$fly" compute report --from no.csv
ok "use that falls" exits 2 "between 0 and 1" "$fly" compute report --from jobs.csv --use 0.6..0.2
ok "use that is none" exits 2 "LOW..HIGH" "$fly" compute report --from jobs.csv --use much
ok "bits" exits 2 "8 or 16" "$fly" compute report --from jobs.csv --bits 4
ok "a threshold that is none" exits 2 "1e25" "$fly" compute report --from jobs.csv --threshold x
ok "a threshold of nothing" exits 2 "more than 0" \
    "$fly" compute report --from jobs.csv --threshold 0
ok "an unknown chip" exits 3 "no peak rate" "$fly" compute report --from jobs.csv --chip z80
sed 's/,1000,/,many,/' jobs.csv >bad.csv
ok "a bad row has its place" exits 3 "bad.csv:2:56.*many" "$fly" compute report --from bad.csv
ok "and gives no lines" sh -c '! "$FLYBALL" compute report --from jobs.csv bad.csv --jobs >x 2>/dev/null && [ ! -s x ]'
finish
