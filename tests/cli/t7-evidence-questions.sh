#!/bin/sh
# `evidence rates`, `best-of`, `pass-at`, `rare`, `bias`, `probe`, `control`, `sandbagging`, `elicitation`, `gap`,
# `hierarchy`, `rank`, `agreement`, `scaling` (cmd_evidence_question.c, questions_rates.c, questions_tries.c,
# questions_oversight.c, questions_models.c, answer.c): figures, JSON, published figures, wrong use.
. "$(dirname "$0")/lib.sh"

# figure NAME [OF]: the value, low and high of a figure of out.json
cat >figure.py <<'END'
import json, sys
a = json.load(open("out.json"))
of = sys.argv[2] if len(sys.argv) > 2 else None
f = [x for x in a["figures"] if x["name"] == sys.argv[1] and (of is None or x["of"] == of)]
assert f, (sys.argv, a)
show = lambda x: "none" if x is None else "%.4f" % x
print(show(f[0]["value"]), show(f[0]["low"]), show(f[0]["high"]))
END
figure() {
    wanted=$1
    shift
    got=$(python3 figure.py "$@") && [ "$got" = "$wanted" ] || { echo "got $got"; return 1; }
}
ask() { "$FLYBALL" evidence "$@" --json >out.json; }

printf 'group,trials,successes,unresolved\na,300,0,\nb,40,1,2\nb,10,0,\n' >rates.csv
ask rates rates.csv --threshold 10%
ok "rates: 0 of 300 is at most 1.0%" figure "0.0000 0.0000 0.0099" rate a
ok "rates: rows of a group add up, unresolved ones count above" figure "0.0200 0.0010 0.1478" rate b
ok "rates: all ends together are wider" figure "0.0000 0.0000 0.0145" rate_together a
ok "rates: Holm" figure "0.2503 none none" p_at_threshold b
ok "rates: notes call figures as the table does" says "^rate together, widest gap, worst group: all 4" \
    "$FLYBALL" evidence rates rates.csv
ok "rates: percentages that can be read" grep -q "98.734% each would do (Sidak) instead of 98.75%" says.out
ok "rates as a table" says "^a *rate *0.00% *0.00% to 0.99%" "$FLYBALL" evidence rates rates.csv


python3 - >samples.csv <<'END'
print("group,sample,success")
for i in range(120):
    for g, flip in enumerate((7, 11, 13, 17)):
        print("%s,q%d,%d" % ("abcd"[g], i, (i % 5 == 0) != (i % flip == 0 and i % 2 == 0)))
END
ask rates samples.csv --threshold 40%
ok "rates of samples: each group by itself is as its counts" figure "0.2417 0.1786 0.3146" rate a
ok "rates of samples: what the groups share narrows all together" python3 -c 'import json
f = {(x["of"], x["name"]): x for x in json.load(open("out.json"))["figures"]}
each = f["", "confidence_each"]["value"]
assert .975 < each < 1 - .05 / 2 / 4 - 5e-4, each
a = f["a", "rate_together"]
assert .1466 < a["low"] < f["a", "rate"]["low"] and f["a", "rate"]["high"] < a["high"] < .3595, a'
cp out.json first.json
(head -1 samples.csv && tail -n +2 samples.csv | sort -R --random-source=samples.csv) >mixed.csv
mv mixed.csv samples.csv
ask rates samples.csv --threshold 40%
ok "rates of samples: the order of lines does not matter" cmp first.json out.json
ok "rates of samples: says what was made of what is shared" says "max-T: 6 pairs of groups share samples" \
    "$FLYBALL" evidence rates samples.csv
cut -d, -f1,3 samples.csv >unnamed.csv
ok "rates of samples: without names, Bonferroni" says "no column 'sample' says which" "$FLYBALL" evidence rates unnamed.csv
(cat samples.csv && tail -n +2 samples.csv) >twice.csv
ask rates twice.csv --threshold 40%
ok "rates of samples: a sample that stands twice is worth one" sh -c 'python3 figure.py rate a | grep -q "^0.2417 0.17[0-9]* 0.3[12]"'
ok "rates of samples: and says so" says "in 4 groups a sample stands more than once" "$FLYBALL" evidence rates twice.csv
python3 -c 'print("group,sample,success")
for g in range(257):
    print("g%d,a,%d\ng%d,b,%d" % (g, g % 2, g, 1))' >many.csv
ok "rates of samples: beyond 256 groups, Bonferroni" says "there are more than 256 groups" "$FLYBALL" evidence rates many.csv
printf 'group,sample,success\na,x,\nb,x,1\n' >open.csv
ask rates open.csv
ok "rates of samples: unresolved is both" figure "0.0000 0.0000 1.0000" rate a
printf 'group,sample,success\na,x,1\na,y,.5\n' >bad.csv
ok "rates of samples: half a success, with its line" exits 3 . "$FLYBALL" evidence rates bad.csv
printf 'group,sample,success\na,x,1\na,,0\n' >bad.csv
ok "rates of samples: no name" exits 3 . "$FLYBALL" evidence rates bad.csv
printf 'group,trials\na,3\n' >bad.csv
ok "rates: neither form" exits 3 . "$FLYBALL" evidence rates bad.csv
printf 'group,trials,successes\na,3,\n' >bad.csv
ok "rates: a row without successes" exits 3 . "$FLYBALL" evidence rates bad.csv

printf 'task,trials,successes\na,20,3\n' >pass.csv
ask pass-at pass.csv --tries 5
ok "pass@5 of 3 in 20" figure "0.6009 0.0000 1.0000" pass_at_k
ok "pass-at needs its k" exits 2 . "$FLYBALL" evidence pass-at pass.csv
ok "k beyond the tries, with its line" exits 3 . "$FLYBALL" evidence pass-at pass.csv --tries 21

python3 - >best.csv <<'END'
print("prompt,first,tries")
for i in range(60):
    print("p%d,%d,256" % (i, 4 * (i + 1) if i % 3 == 0 else 0))
END
python3 - >tries.csv <<'END'
print("prompt,success")
for i in range(60):
    first = 4 * (i + 1) if i % 3 == 0 else 0
    for n in range(1, 257):
        print("p%d,%d" % (i, n == first))
END
printf 'tries,share,prompts\n10,0.1,100\n30,.2,100\n100,.31,100\n300,.4,100\n600,.46,100\n' >curve.csv
ask best-of best.csv --tries 2560
cp out.json first.json
ok "best-of: what was seen" figure "0.3333 none none" share_seen
ask best-of tries.csv --tries 2560
ok "best-of: one row a try gives the same" \
    python3 -c 'import json
a, b = (json.load(open(f))["figures"] for f in ("out.json", "first.json"))
for x, y in zip(a, b, strict=True):
    assert x["name"] == y["name"] and abs(x["value"] - y["value"]) < 1e-4, (x, y)'
ask best-of curve.csv --tries 10020
ok "best-of: from a curve" figure "0.4600 none none" share_seen
ok "best-of: the limit is above both" python3 -c 'import json
f = {x["name"]: x for x in json.load(open("out.json"))["figures"]}
assert .46 < f["power_law"]["value"] < f["share_forecast"]["high"] < 1
assert .46 < f["beta_geometric"]["value"] < f["share_forecast"]["high"]'
printf 'prompt,first,tries\n' >uneven.csv
python3 - >>uneven.csv <<'END'
for i in range(60):
    first = 4 * (i + 1) if i % 3 == 0 else 0
    first = 0 if first > 200 else first
    print("p%d,%d,%d" % (i, first, (300, 200, 513)[i % 3]))
END
awk -F, 'NR > 1 {$3 = 200} 1' OFS=, uneven.csv >even.csv
ask best-of even.csv --tries 2560
cp out.json first.json
ask best-of uneven.csv --tries 2560
ok "best-of: prompts that were tried unequally often count as far as all were tried" \
    python3 -c 'import json
a, b = (json.load(open(f))["figures"] for f in ("out.json", "first.json"))
assert a == b and [x["value"] for x in a if x["name"] == "tries_seen"] == [200], (a, b)'
ok "best-of: and it says so" says "only the first 200 tries of each count" \
    "$FLYBALL" evidence best-of uneven.csv --tries 2560
ok "best-of: too little to tell growth" exits 3 "3 that gave way, and 8 tries" \
    sh -c 'head -4 uneven.csv >few.csv; exec "$0" evidence best-of few.csv --tries 2560' "$FLYBALL"
ok "best-of: fewer tries than there were" exits 3 . "$FLYBALL" evidence best-of best.csv --tries 10
ok "best-of: no columns that say it" exits 3 . "$FLYBALL" evidence best-of pass.csv

python3 - >rare.csv <<'END'
print("p")
for i in range(1, 1001):
    print("%.12g" % (1e-6 * 1000 / i))
END
ask rare rare.csv --tries 100000
ok "rare: the worst of more queries is worse" python3 -c 'import json
f = {x["name"]: x for x in json.load(open("out.json"))["figures"]}
assert f["worst_probability"]["high"] >= f["worst_probability"]["value"] > 1e-3, f'
ok "rare needs a number of queries" exits 2 . "$FLYBALL" evidence rare rare.csv

printf 'context,questions,right,known,biased\nambiguous,200,100,100,70\ndisambiguated,100,90,80,40\n' >bias.csv
ask bias bias.csv
ok "bias in ambiguous contexts" figure "0.2000 0.0722 0.3469" bias_ambiguous
ok "bias in disambiguated ones" figure "0.0000 -0.2279 0.2279" bias_disambiguated
printf 'context,questions,right,known,biased\nelsewhere,200,100,100,70\n' >bad.csv
ok "bias: another context" exits 3 . "$FLYBALL" evidence bias bad.csv

printf 'score,label,probe\n1,1,a\n2,1,a\n0,0,a\n-1,0,a\n1,no,b\n2,no,b\n1,yes,b\n2,yes,b\n' >probe.csv
ask probe probe.csv
ok "probe: perfect, and yet not certain" figure "1.0000 0.1118 1.0000" auroc a
ok "probe: chance" sh -c 'python3 figure.py auroc b | grep -q "^0.5000 "'

python3 - >control.csv <<'END'
print("suspicion,attack,done")
for i in range(100):
    print("%g,0," % (i / 100))
    print("%g,1,1" % (i / 100))
END
ask control control.csv --budget 5%
ok "control: safety at a budget" figure "0.0500 0.0003 none" safety
ok "control: the budget is kept" figure "0.0500 none none" budget_used

python3 - >sand.csv <<'END'
print("sample,noise,success")
for i in range(20):
    print("s%d,0,%d\ns%d,.1,%d\ns%d,.2,%d" % (i, i < 5, i, i < 18, i, i < 6))
END
ask sandbagging sand.csv
ok "sandbagging: noise helps" figure "1.0000 none none" sandbagging
ok "sandbagging: Holm over the levels" figure "0.0002 none none" p_value "noise 0.1"
printf 'sample,noise,success\na,0,1\na,0,1\na,1,1\n' >bad.csv
ok "sandbagging: a sample twice" exits 3 . "$FLYBALL" evidence sandbagging bad.csv

printf 'method,trials,successes\nplain,100,10\nfine-tuned,100,30\nbest-of-10,100,35\n' >elicitation.csv
ask elicitation elicitation.csv
ok "elicitation gap" figure "none 0.0451 0.4324" elicitation_gap
printf 'method,trials,successes\nfine-tuned,100,30\n' >bad.csv
ok "elicitation: no plain run" exits 3 . "$FLYBALL" evidence elicitation bad.csv

python3 - >gap.csv <<'END'
print("sample,setting,success")
for i in range(30):
    print("s%d,test,%d\ns%d,deploy,%d" % (i, i < 5, i, i < 12))
END
ask gap gap.csv
ok "gap between test and deployment" figure "0.2333 -0.0493 0.4489" gap
ok "gap: McNemar's test" figure "0.0156 none none" p_value

printf 'group,trials,successes\na,10,9\nb,10,2\n' >groups.csv
ask hierarchy groups.csv
ok "hierarchy: groups are drawn together" python3 -c 'import json
f = {(x["of"], x["name"]): x for x in json.load(open("out.json"))["figures"]}
assert .2 < f["b", "rate"]["value"] < f["a", "rate"]["value"] < .9, f'

printf 'x,y,note\n1,0,a\n1,1,b\n0,0,c\n1,0,d\n' >rank.csv
ask rank rank.csv
ok "rank: flat prior" figure "0.7500 0.2836 0.9473" rate x
ok "rank: Dirichlet" figure "0.8750 none none" dirichlet
printf 'x,y,z\n1,0,1\n1,1,?\n0,0,0\n1,0,1\n' >odd.csv
ok "rank: a column with another value is left out aloud" says "'z' is left out: '?' in line 3 is neither 0 nor 1" "$FLYBALL" evidence rank odd.csv
printf 'group,trials,successes\na,1000000000,0\nb,100000,99999\nc,10,10\n' >tiny.csv
ok "a bound that is not 0 does not look like it" says "^a *rate *0.00% *0.00% to 0.00000030%" "$FLYBALL" evidence rates tiny.csv
ok "nor one that is not 1" says "^b *rate *99.99900*% *99.9953% to 99.999949%" "$FLYBALL" evidence rates tiny.csv
ok "what is 1 does" says "^c *rate *100.0% *74.1% to 100.0%" "$FLYBALL" evidence rates tiny.csv
ok "rank: one column" exits 3 . "$FLYBALL" evidence rank pass.csv

printf 'item,grader,score\n1,a,1\n1,b,1\n2,a,2\n2,b,2\n3,a,1\n3,b,2\n4,a,5\n' >agreement.csv
ask agreement agreement.csv --target nominal
ok "agreement: alpha" figure "0.4444 -0.6667 1.0000" alpha
ok "agreement: an unknown scale" exits 2 . "$FLYBALL" evidence agreement agreement.csv --target wide

python3 - >wide.csv <<'END'
import math
names = ["c%d" % i for i in range(1200)]
print("model,flop,group,trials,successes," + ",".join(names))
for m in range(12):
    x = [1 / (1 + math.exp(-(m / 3 - 2 + (i % 7) / 5 + ((m * 37 + i * 11) % 13) / 40))) for i in range(1200)]
    print("m%d,%g,g%d,100,%d,%s" % (m, 10 ** (20 + m / 2), m, m, ",".join("%.4f" % v for v in x)))
END
ask rates wide.csv
ok "a table of 1,205 columns of which three matter" figure "0.1100 0.0629 0.1755" rate g11
ok "scaling: too many benchmarks for one scale" exits 3 "columns LIST keeps" "$FLYBALL" evidence scaling wide.csv
ask scaling wide.csv --columns c1,c2,c900 --target c3 --at 1e26
ok "scaling: those that are named" figure "12.0000 none none" models
ok "scaling: foretold from them" python3 -c 'import json
f = {(x["of"], x["name"]): x for x in json.load(open("out.json"))["figures"]}
assert .9 < f["c3", "predicted"]["low"] < f["c3", "predicted"]["value"] < 1 and ("PC3", "share_of_variance") in f, f'
{ printf ',model,flop,a,b,t\n' && awk 'BEGIN { for (i = 0; i < 12; i++) printf "%d,m%d,%de22,%g,%g,%g\n", i, i, i + 1, .1 + .03 * i, .2 + .02 * i + .01 * (i % 2), .3 + .03 * i }'; } >rows.csv
ask scaling rows.csv --target t
ok "scaling: the numbers of rows are no benchmark" figure "12.0000 none none" models
ok "scaling: two benchmarks beside them" sh -c '! grep -q PC3 out.json && grep -q PC2 out.json'
sed 's/^5,m5,6e22,0.25/5,m5,6e22,n.a./' rows.csv >odd.csv
ok "scaling: a benchmark with a word in it is left out aloud" says "'a' is no benchmark: 'n.a.' in line 7 is not a number" \
    "$FLYBALL" evidence scaling odd.csv --target t
ok "scaling: and refused where it is asked for" exits 3 "a: 'n.a.' is not a number" "$FLYBALL" evidence scaling odd.csv --columns a,b
sed 's/6e22/6e22x/' rows.csv >odd.csv
ok "scaling: compute that is none" exits 3 "flop: '6e22x' is not a number" "$FLYBALL" evidence scaling odd.csv
sed 's/,0.45$/,45/' rows.csv >odd.csv
ok "scaling: a target in percent" exits 3 "t: 45 is no share of 1" "$FLYBALL" evidence scaling odd.csv --target t
ok "scaling: a benchmark that is none" exits 3 "no column of numbers 'c1200'" \
    "$FLYBALL" evidence scaling wide.csv --columns c1,c1200
python3 -c 'print(",".join("c%d" % i for i in range(4097))); print(",".join(["1"] * 4097))' >wider.csv
ok "a table of more than 4,096 columns" exits 3 "too many fields" "$FLYBALL" evidence rates wider.csv

shared=${FB_SHARED:-none}/data/evidence
if [ -d "$shared" ]; then
    ask bias "$shared/bbq/preds_Religion.jsonl.gz"
    ok "BBQ: Religion, packed as published" \
        sh -c 'python3 figure.py bias_ambiguous unifiedqa-t5-11b_pred_qonly | grep -q "^0.213"'
    ask rank "$shared/bayes_evals/langchain_data_tool_use_FULL.csv"
    ok "bayes_evals: 0 of 20" figure "0.0000 0.0012 0.1611" rate llama-v2-13b-chat
    ok "bayes_evals: 12 of 20" figure "0.6000 0.3844 0.7818" rate mixtral-8x7b-instruct
    ask scaling "$shared/obsscaling/base_llm_benchmark_eval.csv" --target GSM8K --at 1e25
    ok "observational scaling: PC1" figure "0.8274 none none" share_of_variance PC1
    ok "a score before training, with an interval" sh -c 'python3 figure.py predicted | grep -q "^0\.[0-9]* 0\.[0-9]* 0\.[0-9]*$"'
    ask agreement "$shared/hibayes/judge_q4.csv" --target ordinal
    ok "HiBayES's graders" figure "0.0601 0.0036 0.1075" alpha
    post="$shared/obsscaling/base_llm_post_training_eval.csv"
    ask scaling "$post" --target "gsm8k_cot_self_consistency_8_exact_match,maj@5" \
        --columns "gsm8k_5_exact_match,strict-match;gsm8k_cot_zeroshot_0_exact_match,flexible-extract;gsm8k_cot_8_exact_match,strict-match"
    ok "observational scaling: the table of 580 columns" python3 -c 'import json
f = {(x["of"], x["name"]): x["value"] for x in json.load(open("out.json"))["figures"]}
assert f["", "models"] == 73 and f["PC1", "share_of_variance"] > .8, f'
    ok "scaling: no such column" exits 3 . "$FLYBALL" evidence scaling "$shared/obsscaling/base_llm_benchmark_eval.csv" --target nothing
fi
ok "a file that is not there" exits 3 . "$FLYBALL" evidence rates nowhere.csv
ok "an option of another part" exits 2 . "$FLYBALL" evidence rates rates.csv --budget 5%
finish
