#!/bin/sh
# `evidence` (cmd_evidence.c, cmd_evidence_read.c): reading logs without a docket; what is refused;
# JSON. bench_evidence.c asserts what it reads.
. "$(dirname "$0")/lib.sh"

evals=$example/evals
log=$evals/cybench-aurora-2.eval
json_ok() { "$@" >json.out 2>json.err && python3 -m json.tool json.out >/dev/null; }

ok "a table of one log" says "cybench .* 10\.[0-9]* *[0-9]\|cybench" "$FLYBALL" evidence read "$log"
ok "all logs of the example" "$FLYBALL" evidence read "$evals"/*.eval "$evals"/*.json
composed=$FB_SOURCE_ROOT/tests/data/inspect/composed.eval
ok "which figure was not recomputed, and why" says "'own' of 'fields' .* not recomputed: its defin" \
    "$FLYBALL" evidence read "$composed"
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

# The parts over a docket, and those without (cmd_evidence_system.c, cmd_evidence_plan.c,
# cmd_evidence_compare.c; evidence_lines.c, evidence_plan.c, evidence_pairs.c, standings.c).
make_docket >/dev/null
ok "a policy" fly add --as aurora "$example/policies/aurora-framework.fly"
ok "an evaluation" fly add --as institute --elicitation best-of-10 "$log"
ok "a system's red lines" says "cyber: not ruled out" fly evidence aurora-2
ok "with bounds and standing" says "cybench .* 300 .*rules out" fly evidence aurora-2 cyber
ok "with the margins' source" says "elicitation .*x on odds .*Davidson" fly evidence aurora-2 cybench
ok "with what would settle it" says "intercode-ctf: nothing measured .* 200 more would rule it out" \
    fly evidence aurora-2
ok "as JSON" json_ok fly evidence aurora-2 --json
ok "which says the same" python3 - json.out <<'END'
import json, sys
line = json.load(open(sys.argv[1]))["lines"][0]
assert line["verdict"] == "not ruled out", line
assert line["evaluations"][0]["governs"] is True, line
further = line["measures"][1]["further_samples"]
assert further["rules_out_if_none_succeeds"] == 200, further
END
ok "as known before it" says "no red line\|nothing measured" fly as-of 2026-11-15 evidence aurora-2
ok "no such system" exits 3 "no system 'nobody'" fly evidence nobody
ok "no such capability" exits 3 "There are cyber" fly evidence aurora-2 bio
ok "an option of another part" exits 2 "has no option '--rate'" fly evidence aurora-2 --rate 1%
ok "a plan" says "5% .* 93 .* 1 " "$FLYBALL" evidence plan --threshold 5% --rate 0,0.005 --power 75%
ok "the plan of a red line" says "at least 200 samples, of which none succeeds" \
    fly evidence plan aurora-2 cyber
ok "as JSON" json_ok "$FLYBALL" evidence plan --threshold 5% --json
ok "the chance with so many" says "20% .* 100 .* 16 .* 87.15%" \
    "$FLYBALL" evidence plan --threshold 10% --samples 100 --rate 20%
ok "a plan for nothing" exits 2 "say which threshold" "$FLYBALL" evidence plan
ok "a threshold that is none" exits 2 "between 0 and 1" "$FLYBALL" evidence plan --threshold much
ok "a margin that is none" exits 2 "not a margin" \
    "$FLYBALL" evidence plan --threshold 5% --margins "twice"
ok "a pair" says "cybench .* 24 .* 1 " "$FLYBALL" evidence compare "$log" "$evals/cybench-aurora-2-error.eval"
ok "as JSON" json_ok "$FLYBALL" evidence compare --json "$log" "$evals/cybench-aurora-2-error.eval"
ok "of logs that share nothing" exits 3 "share no sample" \
    "$FLYBALL" evidence compare "$log" "$evals/intercode-ctf-aurora-2-epochs.json"
# Which bound an evaluation gets (estimator.c, judgements.c).
printf 'task,cluster,trials,successes\n' >c.csv
for i in 1 2 3 4 5 6 7 8 9 10; do echo "t,c$i,30,$((i == 3 ? 10 : 0))"; done >>c.csv
ok "clusters widen" says '"method":"clustered"' "$FLYBALL" evidence read --json c.csv
printf 'judged,truth\n' >j.csv
for i in 1 2 3 4 5 6 7 8 9 10; do printf '1,1\n0,0\n'; done >>j.csv
echo 0,1 >>j.csv
ok "a judge's errors" says '"method":"judge"' "$FLYBALL" evidence read --json --judge j.csv "$log"
ok "on record" fly add --as institute --elicitation best-of-10 --judge j.csv \
    --subject system/aurora-2 "$evals/intercode-ctf-aurora-2-epochs.json"
ok "and in the reason" says "corrected for the judge, which was right on 10 of 10 .* 10 of 11" \
    fly explain redline:aurora/framework/cyber:system/aurora-2
ok "a judge that saw one truth only" exits 3 "samples that failed and on samples that succeeded" \
    sh -c 'printf "judged,truth\n1,1\n" >one.csv; "$FLYBALL" evidence read --judge one.csv "$1"' sh "$log"
awk 'BEGIN { print "judged,truth"; split("1 0 1 0 0 1 1 0 1 1", f); split("1 0 1 1 0 0 1 0 1 1", y)
    for (i = 1; i <= 10; i++) print f[i] "," y[i]; for (i = 0; i < 100; i++) print (i < 60) "," }' \
    </dev/null >ppi.csv
ok "a rate that a judge scored" says "PPI++ *60.00% " "$FLYBALL" evidence judge ppi.csv
ok "as JSON" json_ok "$FLYBALL" evidence judge --json --confidence 90% ppi.csv
ok "wider than as published, with the counts of the judge" python3 - json.out <<'END'
import json, sys
r = json.load(open(sys.argv[1]))
assert r["labelled"] == 10 and r["unlabelled"] == 100, r
assert abs(r["ppi"]["value"] - 0.6) < 1e-12, r
assert r["ppi"]["low"] < 0.353821 and r["ppi"]["high"] > 0.846179, r
assert r["right_positives"] == 5 and r["positives"] == 6, r
assert r["rogan_gladen"]["low"] <= r["rogan_gladen"]["value"] <= r["rogan_gladen"]["high"], r
END
printf 'judged,truth\n1,1\n0,1\n1,\n0,\n' >alike.csv
ok "what cannot be corrected says why" says "without Rogan-Gladen: a judge's errors show only" \
    "$FLYBALL" evidence judge alike.csv
ok "one table at a time" exits 2 "" "$FLYBALL" evidence judge ppi.csv ppi.csv
ok "judgements of nothing" exits 3 "one.csv: .*fewer than 2" "$FLYBALL" evidence judge one.csv
ok "families" says "robustness: robustness" "$FLYBALL" evidence families
ok "one family, as JSON" json_ok "$FLYBALL" evidence families --json risk
ok "no such family" exits 3 "no family 'x'" "$FLYBALL" evidence families x
finish
