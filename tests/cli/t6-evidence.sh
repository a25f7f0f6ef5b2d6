#!/bin/sh
# `evidence` (cmd_evidence.c, cmd_evidence_read.c): reading logs without a docket; what is refused;
# JSON. bench_evidence.c asserts what it reads.
. "$(dirname "$0")/lib.sh"

evals=$example/evals
log=$evals/cybench-aurora-2.eval
json_ok() { "$@" >json.out 2>json.err && python3 -m json.tool json.out >/dev/null; }

ok "a table of one log" says "cybench .* 10\.[0-9]* *[0-9]\|cybench" "$FLYBALL" evidence read "$log"
ok "all logs of the example" "$FLYBALL" evidence read "$evals"/*.eval "$evals"/*.json
ok "as JSON" json_ok "$FLYBALL" evidence read --json "$log"
cat >check.py <<'END'
import json, sys
logs = [json.loads(line) for line in open(sys.argv[1])]
e = logs[0]["evaluations"][0]
assert e["task"] == "cybench" and e["samples"] > 0, e
assert 0 <= e["bounds"]["lower"] <= e["bounds"]["upper"] <= 1, e
assert e["bounds"]["confidence"] == float(sys.argv[2]), e
for name, m in e["metrics"].items():
    assert abs(m["stated"] - m["recomputed"]) < 1e-6, (name, m)
END
ok "with what it should hold" python3 check.py json.out 0.95
ok "at another confidence" sh -c '"$FLYBALL" evidence read --json --confidence 99% "$1" >c.out &&
    python3 check.py c.out 0.99' sh "$log"
head -c 1000 "$log" >cut.eval
echo "plain text" >plain.eval
ok "a bad log is named, the others are read" exits 3 "1 of 3 logs was refused" \
    "$FLYBALL" evidence read "$log" cut.eval "$evals/cybench-aurora-2-error.eval"
ok "with its reason" grep -q "cut.eval.*cut off" exits.err
"$FLYBALL" evidence read --json cut.eval "$log" plain.eval none.eval >bad.out 2>/dev/null
ok "in JSON each log is a line" [ "$(wc -l <bad.out)" = 4 ]
ok "with its own error" [ "$(grep -c '"error":{"code"' bad.out)" = 3 ]
ok "a file that holds no evaluation" exits 3 "holds no evaluation" \
    "$FLYBALL" evidence read "$example/sacct.json"
ok "no log" exits 2 "more arguments" "$FLYBALL" evidence read
ok "no part" exits 2 "Usage: flyball evidence" "$FLYBALL" evidence
ok "a confidence that is none" exits 2 "between 0 and 1" \
    "$FLYBALL" evidence read --confidence 95 "$log"
ok "help names the parts" says "read LOG" "$FLYBALL" help evidence
ok "what is measured is read right" says "read-eval .* json_bytes_per_s" "$FLYBALL" bench evidence
finish
