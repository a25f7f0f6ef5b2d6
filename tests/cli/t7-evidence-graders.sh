#!/bin/sh
# `evidence graders` (questions_graders.c, stats/ordinal.c): HiBayES's published figures on its own five tables, what else
# tables may hold, wrong use.
. "$(dirname "$0")/lib.sh"

# near NAME OF VALUE LOW HIGH TOLERANCE: a figure of out.json
cat >near.py <<'END'
import json, sys
name, of, *want, tolerance = sys.argv[1:]
f = [x for x in json.load(open("out.json"))["figures"] if x["name"] == name and x["of"] == of]
assert len(f) == 1, (name, of, f)
for key, w in zip(("value", "low", "high"), want):
    got = f[0][key]
    assert w == "-" or abs(got - float(w)) <= float(tolerance), (name, of, key, got, w)
END
near() { python3 near.py "$@"; }
ask() { "$FLYBALL" evidence graders "$@" --json >out.json; }

shared=${FB_SHARED:-none}/data/evidence/hibayes
if [ -d "$shared" ]; then
    # Their documentation, docs/examples/skewed-score.qmd and its figures (numbers there are read from the drawings to
    # about 0.005; they drew 8,000 times, which leaves 0.005 in medians and 0.03 in ends).
    # Within 0.5% where the error of what they drew allows it, else within three of such errors: EVIDENCE.md,
    # How near HiBayES's figures are.
    ask "$shared/judge_q1.csv" --scale 0..10 --confidence 94% --draws 20000
    ok "question 1: the human is more generous" near grader_effect Human .9695 - - .0048
    ok "question 1: by twice as much as each from the middle" near grader_effect Autograder -.9695 - - .0048
    ok "question 1: the ends" near grader_effect Human - .7014 1.2639 .035
    i=0
    for cut in -4.08=.0204 -3.21=.0161 -2.35=.0118 -1.48=.0074 -.23=.0140 1.30=.0065 3.10=.0155 4.95=.0248 6.14=.0307 7.07=.0354; do
        ok "question 1: cut $((i + 1)) as printed" near cut "$i|$((i + 1))" "${cut%=*}" - - "${cut#*=}"
        i=$((i + 1))
    done
    # The same posterior by importance sampling, worth 459,000 independent draws (error 0.0003); and drawn from 40,000
    # times by NumPyro 0.22 (NUTS).
    ok "question 1: the median by importance sampling" near grader_effect Human .9664 - - .0035
    ok "question 1: a cut by importance sampling" near cut "4|5" -.2356 - - .006
    ok "question 1: NumPyro's median and ends" near grader_effect Human .9678 .6880 1.2408 .01
    ask "$shared/judge_q1.csv" --scale 0..10 --confidence 94%
    ok "question 1: as drawn without more asked" near grader_effect Human .9664 - - .009
    cp out.json first.json
    (head -1 "$shared/judge_q1.csv" && tail -n +2 "$shared/judge_q1.csv" | sort -R --random-source="$shared/judge_q1.csv") >judge_q1.csv
    ask judge_q1.csv --scale 0..10 --confidence 94%
    ok "the order of lines does not matter" sh -c 'sed 1,2d first.json >a && sed 1,2d out.json >b && cmp a b'

    ask "$shared/judge_q2.csv" --scale 0..10 --confidence 94% --draws 10000
    ok "question 2: graders" near grader_effect "Autograder A" -1.2608 - - .0063
    ok "question 2: graders" near grader_effect "Autograder B" -1.4217 - - .0071
    ok "question 2: graders" near grader_effect Human 2.685 - - .0134
    ok "question 2: systems" near system_effect "LLM A" 1.8876 - - .0094
    ok "question 2: each favours its own" near together_effect "Autograder A, LLM A" .6628 - - .0075
    ok "question 2: each favours its own" near together_effect "Autograder B, LLM B" .4755 - - .0075
    ok "question 2: the human favours none" near together_effect "Human, LLM A" -.1897 - - .0085
    for of in "Autograder A=-1.486 -1.027" "Autograder B=-1.648 -1.172" "Human=2.397 2.973"; do
        # shellcheck disable=SC2086
        ok "question 2: the ends" near grader_effect "${of%=*}" - ${of#*=} .04
    done
    ok "question 2: the ends" near together_effect "Human, LLM A" - -.459 .074 .03
    ok "question 2: how well it foretells" near elpd_loo "with together" -702.95 - - .5
    ok "question 2: and without favourites" near elpd_loo "without together" -722.15 - - .5

    ask "$shared/judge_q3.csv" --scale 0..10 --confidence 94%
    ok "question 3: people" near type_effect human 5.43 - - .1
    ok "question 3: models" near type_effect model .787 - - .1
    for of in "Autograder A=.504" "Autograder B=.403" "Autograder C=1.588" "Human X=4.605" "Human Y=6.69" "Human Z=7.61"; do
        ok "question 3: ${of%=*}" near grader_effect "${of%=*}" "${of#*=}" - - .1
    done
    ok "question 3: the ends of one" near grader_effect "Human X" - 2.30 6.87 .4
    ok "question 3: systems" near system_effect "LLM A" 1.859 1.313 2.386 .06
    ok "question 3: how well it foretells" near elpd_loo "with together" -1376.1 - - .6

    ask "$shared/judge_q4.csv" --scale 0..10
    ok "question 4: alpha as seen" near alpha_of_medians "as seen" -.042 - - .0006
    ok "question 4: alpha of the model" near alpha_of_medians "of the model" -.059 - - .0045
    ok "question 4: alpha without bias" near alpha_of_medians "without bias of graders" .788 - - .012

    ask "$shared/judge_q5.csv" --confidence 94%
    ok "question 5: graders" near grader_effect Autograder .4522 .263 .652 .025
    ok "question 5: pairs" near pair_effect "LLM A-LLM B" .4907 .143 .868 .04
    ok "question 5: pairs" near pair_effect "LLM B-LLM C" -.9022 -1.297 -.528 .04
    ok "question 5: the autograder likes length" near length_slope Autograder 1.380 .954 1.830 .04
    ok "question 5: the human does not" near length_slope Human -.2524 -.566 .060 .04
    ok "question 5: how well it foretells" near elpd_loo "with length" -379.75 - - .4
    ok "question 5: and without length" near elpd_loo "without length" -416.15 - - .4
fi

printf 'score,grader\n1,a\n2,a\n3,a\n4,b\n5,b\n5,b\n' >small.csv
ask small.csv
ok "a scale as it was seen" sh -c 'grep -q "\"1|2\"" out.json && grep -q "\"4|5\"" out.json && ! grep -q "\"5|6\"" out.json'
ok "as a table" says "^a *grader effect *-" "$FLYBALL" evidence graders small.csv
ok "says how it was drawn" says "R-hat at most 1.0" "$FLYBALL" evidence graders small.csv
python3 - >types.csv <<'END'
print("grader,grader_type,score")
for g, t, s in (("a", "staff", 6), ("b", "staff", 7), ("c", "crowd", 2), ("d", "crowd", 3), ("e", "crowd", 2)):
    for i in range(12):
        print("%s,%s,%d" % (g, t, s + i % 3))
END
ask types.csv --scale 0..10
ok "types of graders by their column" sh -c 'grep -q "crowd above staff" out.json'
sed 's/^a,staff,8/a,crowd,8/' types.csv >bad.csv
ok "a grader of two types" exits 3 "is not the type" "$FLYBALL" evidence graders bad.csv
ok "a score beside the scale" exits 3 "is not on the scale" "$FLYBALL" evidence graders small.csv --scale 1..4
ok "a scale that falls" exits 2 "LOW..HIGH" "$FLYBALL" evidence graders small.csv --scale 4..1
ok "draws that are none" exits 2 "--draws" "$FLYBALL" evidence graders small.csv --draws 0
ok "as many draws as asked" says "4 chains of 300 draws" "$FLYBALL" evidence graders small.csv --draws 300
ok "a scale of words" exits 2 "LOW..HIGH" "$FLYBALL" evidence graders small.csv --scale low..high
printf 'score,grader\n1.5,a\n2,b\n' >bad.csv
ok "half a score" exits 3 "is no whole number" "$FLYBALL" evidence graders bad.csv
printf 'score,grader\n0,a\n1,b\n' >bad.csv
ok "no scale" exits 3 "no scale of 3 to" "$FLYBALL" evidence graders bad.csv
printf 'score,grader\n0,a\n1,\n' >bad.csv
ok "no grader" exits 3 "there is no grader" "$FLYBALL" evidence graders bad.csv
printf 'grader\na\n' >bad.csv
ok "neither score nor choice" exits 3 "either a" "$FLYBALL" evidence graders bad.csv
printf 'grader,first_is_chosen\na,.5\n' >bad.csv
ok "half a choice" exits 3 "is not 0 or 1" "$FLYBALL" evidence graders bad.csv
printf 'grader,first_is_chosen,length_diff\na,1,5\nb,0,\n' >bad.csv
ok "a choice without its length" exits 3 "is no number" "$FLYBALL" evidence graders bad.csv
python3 -c 'print("score,grader,item")
for i in range(120):
    for g in "ab": print("%d,%s,%d" % (i % 5, g, i))' >bad.csv
ok "more effects than can be told apart" exits 3 "effects are more than 200" "$FLYBALL" evidence graders bad.csv
python3 -c 'print("score,grader"); print("1,a\n2,b\n3,a\n" * 33334)' >bad.csv
ok "more than 100,000 scores" exits 3 "more than 100000 scores" "$FLYBALL" evidence graders bad.csv
finish
