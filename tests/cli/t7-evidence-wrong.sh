#!/bin/sh
# What `flyball evidence` says of files and options that are wrong: the parts of evidence.def, each
# with files that are missing, folders, empty, no text, of another encoding, without rows, cut off,
# with odd columns; each option with values that make no sense. Status 3 (5 for a folder) and the
# file's name, status 2 and the option's.
. "$(dirname "$0")/lib.sh"

# refuses STATUS NAME COMMAND...: fails with this status and a message that has the name; nothing on
# standard output. explains: with a hint.
refuses() {
    want=$1 name=$2
    shift 2
    status=0
    "$@" >r.out 2>r.err </dev/null || status=$?
    [ "$status" = "$want" ] || { echo "status $status, not $want: $*"; cat r.err; return 1; }
    grep -q -F -- "$name" r.err || { echo "no '$name' in:"; cat r.err; return 1; }
    head -1 r.err | grep -q "^flyball: " || { cat r.err; return 1; }
    [ ! -s r.out ] || { echo "on standard output:"; head -3 r.out; return 1; }
}
explains() { refuses "$@" && { grep -q "^  hint: ." r.err || { cat r.err; return 1; }; }; }

: >empty.csv
mkdir folder.csv
head -c 3000 "$FLYBALL" >binary.csv
python3 - <<'END'
open("utf16.csv", "wb").write("a,b\n1,2\n".encode("utf-16"))
open("latin.csv", "wb").write(b"caf\xe9,b\n1,2\n")
open("header.csv", "w").write("a,b\n")
open("ragged.csv", "w").write("a,b\n1\n")
open("semicolons.csv", "w").write("a;b\n1;2\n")
open("other.csv", "w").write("what,else\n1,2\n3,4\n")
open("cut.csv", "w").write('a,b\n1,"2\n')
open("twice.csv", "w").write("a,a\n1,2\n")
END

# part PART OPTIONS...: the part with every bad file; LOG parts take any log, so their message is
# that of formats.
part() {
    asked=$1
    shift
    ok "$asked: no file" refuses 2 "more arguments" "$FLYBALL" evidence "$asked" "$@"
    ok "$asked: a file that is not there" refuses 3 "no.csv" "$FLYBALL" evidence "$asked" no.csv "$@"
    ok "$asked: a folder" refuses 5 "folder.csv" "$FLYBALL" evidence "$asked" folder.csv "$@"
    for file in empty binary utf16 latin header ragged semicolons other cut twice; do
        ok "$asked: $file" explains 3 "$file.csv" "$FLYBALL" evidence "$asked" "$file.csv" "$@"
    done
}
part judge
part horizon
part eci
part rates
part best-of --tries 10
part pass-at --tries 1
part rare --tries 10
part bias
part probe
part control
part sandbagging
part elicitation
part gap
part hierarchy
part agreement
part scaling --target z --at 1e25
for asked in trend forecast; do
    for file in empty binary utf16 latin header ragged semicolons other cut twice; do
        ok "$asked: $file" explains 3 "$file.csv" \
            "$FLYBALL" evidence "$asked" "$file.csv" $([ $asked = trend ] || echo --at 2027-01-01)
    done
done
for file in empty binary utf16 latin header ragged semicolons cut twice; do
    ok "rank: $file" explains 3 "$file.csv" "$FLYBALL" evidence rank "$file.csv"
    ok "read: $file" explains 3 "$file.csv" "$FLYBALL" evidence read "$file.csv"
    ok "compare: $file" explains 3 "$file.csv" "$FLYBALL" evidence compare "$file.csv" other.csv
done
ok "read: nothing" refuses 2 "more arguments" "$FLYBALL" evidence read
ok "read: not there" refuses 3 "no.eval" "$FLYBALL" evidence read no.eval
ok "read: a judge that is not there" refuses 3 "no.csv" "$FLYBALL" evidence read --judge no.csv \
    "$example/evals/cybench-aurora-2.eval"
ok "compare: one log" refuses 2 "more arguments" "$FLYBALL" evidence compare other.csv
ok "no part and no docket" explains 3 "no docket" "$FLYBALL" evidence nowhere
ok "a family that is none" explains 3 "'x'" "$FLYBALL" evidence families x

printf 'group,trials,successes\na,300,0\n' >rates.csv
printf 'agent,task,minutes,success\na,x,1,1\na,y,60,0\nb,x,1,1\nb,y,60,0\n' >runs.csv
printf 'model,benchmark,score\na,x,.1\na,y,.2\nb,x,.3\nb,y,.4\n' >scores.csv
printf 'date,value\n2024-01-01,1\n2025-01-01,2\n2026-01-01,4\n' >series.csv
printf 'task,trials,successes\na,20,3\n' >pass.csv
printf 'suspicion,attack,done\n0,0,\n1,1,1\n' >control.csv
printf 'name,date\na,2024-01-01\nb,2025-01-01\n' >dates.csv

# option "COMMAND" OPTION VALUE...: each value is wrong use, and the message names the option and
# what it may be.
option() {
    command=$1 opt=$2
    shift 2
    for value in "$@"; do
        # shellcheck disable=SC2086
        ok "$command $opt '$value'" explains 2 "$opt" "$FLYBALL" evidence $command "$opt" "$value"
    done
}
for command in "rates rates.csv" "horizon runs.csv" "eci scores.csv" "trend series.csv" \
    "judge rates.csv" "read rates.csv" "compare a b" "plan --threshold 10%"; do
    option "$command" --confidence 95 nan
done
option "rates rates.csv" --confidence 0 1 100% 0% -1 abc inf 1e400 "" 5x
option "rates rates.csv" --threshold 0 1 -1 150% nan x ""
option "plan" --threshold 0 0% 1 100% -1 nan x
option "plan --threshold 10%" --power 0 1 100% x
option "plan --threshold 10%" --samples 0 -4 2.5 x 1e7
option "horizon runs.csv" --resamples -1 1.5 x nan 1e9 ""
option "horizon runs.csv" --penalty -1 x nan inf 1e9
option "horizon runs.csv" --weights x ""
option "horizon runs.csv --dates dates.csv" --after x 2025-13-01 2025-02-30
option "horizon runs.csv --dates dates.csv" --before x
option "eci scores.csv" --resamples -1 1.5 x
option "eci scores.csv" --top -1 1.5 x
option "eci scores.csv" --penalty 0 -1 x
option "trend series.csv" --fast 0 -1 x
option "trend series.csv" --slow 0 x 10
option "trend series.csv" --dwell -1 x
option "forecast series.csv" --at x 2025-13-01 "" 9999-12-31
option "calibration" --resamples 5 -1 100.5 x
option "pass-at pass.csv" --tries 0 -1 1.5 x 1e13
option "best-of pass.csv" --tries 0 x
option "rare pass.csv" --top 0 x
option "control control.csv" --budget 0 1 200% x
option "scaling scores.csv" --at 0 -1 x nan 1e40
ok "margins that are none" explains 2 "'2 x on moon'" \
    "$FLYBALL" evidence plan --threshold 10% --margins "2 x on moon"
ok "a rate above 1" explains 2 "'200%'" "$FLYBALL" evidence plan --threshold 10% --rate 200%
ok "a rate that is none" explains 2 "'x'" "$FLYBALL" evidence plan --threshold 10% --rate x
ok "a date without what is predicted" explains 2 "--target" "$FLYBALL" evidence scaling scores.csv --at 1e25
ok "a quantity that is none, drawn or not" explains 3 "'x'" "$FLYBALL" evidence trend series.csv --series x
ok "a picture into no folder" refuses 3 "no/x.svg" "$FLYBALL" evidence trend series.csv --svg no/x.svg
ok "a third argument" explains 2 "'more'" "$FLYBALL" evidence rates rates.csv more

# Every column of every table with a cell that is no value of it, and every table without each of
# its columns: refused with file, line and hint, or read (names may be anything), never silently.
# The tests of each compiler ask for half of the cells, in turns (each asks a process to start); all
# are asked by hand and with FB_RANDOM_CASES.
cat >cells.py <<'END'
import json, os, re, subprocess
FLYBALL = os.environ["FLYBALL"]
def rows(head, body): return [head.split(",")] + [[str(c) for c in r] for r in body]
names = "agent task family group sample prompt model benchmark probe method item grader LLM llm_pair series cluster".split()
days = ["202%d-03-01" % i for i in range(7)]
parts = [
    ("judge", [], rows("judged,truth", [(i % 3 == 0 and 1 or 0, "" if i > 20 else i % 2) for i in range(60)])),
    ("horizon", ["--resamples", "20"], rows("agent,task,family,minutes,success",
        [(a, "t%d" % t, "f%d" % (t // 3), 2 ** t, int(t < p)) for a, p in (("a", 4), ("b", 6)) for t in range(9)])),
    ("horizon", ["--resamples", "20"], rows("agent,task,minutes,successes,trials",
        [("a", "t%d" % t, 2 ** t, 3 * (t < 4), 4) for t in range(9)])),
    ("eci", ["--resamples", "0"], rows("model,benchmark,performance,date",
        [("m%d" % m, b, .1 * m + .03 * i, days[m]) for m in range(1, 7) for i, b in enumerate(("Winogrande", "b", "c", "d"))])),
    ("rates", [], rows("group,trials,successes,unresolved", [("a", 100, 3, 0), ("b", 50, 7, 2), ("c", 30, 0, 0)])),
    ("rates", [], rows("group,sample,success", [("g%d" % g, "s%d" % s, s * g % 2) for g in (1, 2, 3) for s in range(12)])),
    ("best-of", ["--tries", "1000"], rows("prompt,first,tries", [("p%d" % i, i % 3 and 2 * i + 1, 100) for i in range(30)])),
    ("best-of", ["--tries", "1000"], rows("model,tries,share,prompts", [("m", n, s, 159) for n, s in ((1, .1), (10, .3), (100, .5), (600, .6))])),
    ("best-of", ["--tries", "1000"], rows("prompt,success", [("p%d" % (i % 10), int(i * 7 % 11 == 0)) for i in range(200)])),
    ("pass-at", ["--tries", "5"], rows("task,trials,successes", [("a", 20, 3), ("b", 20, 0), ("c", 10, 10)])),
    ("rare", ["--tries", "1000"], rows("p", [(((i + 1) / 70) ** 8,) for i in range(60)])),
    ("bias", [], rows("group,context,questions,right,known,biased", [("g", "ambig", 100, 60, 40, 30), ("g", "disambig", 100, 80, 90, 50)])),
    ("probe", [], rows("score,label,probe", [(i * 13 % 17 / 17, i % 2, "p%d" % (i % 3)) for i in range(60)])),
    ("control", ["--budget", "5%"], rows("suspicion,attack,done", [(i / 40, 0, "") for i in range(40)] + [(.5 + i / 40, 1, i % 2) for i in range(20)])),
    ("sandbagging", [], rows("sample,noise,success", [("s%d" % i, n, (i + int(10 * n)) % 2) for i in range(20) for n in (0, .1, .2)])),
    ("elicitation", [], rows("method,trials,successes", [("plain", 50, 10), ("tuned", 50, 20), ("prompted", 50, 15)])),
    ("gap", [], rows("sample,setting,success", [("s%d" % i, s, (i + j) % 2) for i in range(20) for j, s in enumerate(("test", "deploy"))])),
    ("hierarchy", [], rows("group,trials,successes", [("a", 20, 3), ("b", 20, 0), ("c", 10, 10), ("d", 15, 7)])),
    ("agreement", ["--target", "ordinal"], rows("item,score", [("i%d" % i, (i + j) % 4) for i in range(12) for j in range(3)])),
    ("graders", [], rows("score,grader,LLM", [((3 * i + j) % 5, "g%d" % j, "l%d" % (i % 2)) for i in range(20) for j in range(2)])),
    ("graders", [], rows("first_is_chosen,grader,length_diff", [((i + j) % 2, "g%d" % j, i - 9) for i in range(20) for j in range(2)])),
    ("trend", [], rows("series,date,value", [("h", d, 2 ** i * (1 + i % 2 / 9)) for i, d in enumerate(days)])),
    ("read", [], rows("task,model,trials,successes,cluster,unresolved,date", [("t", "m", 10, i, "c%d" % i, 0, days[i]) for i in range(6)])),
]
def ask(part, options, table):
    with open("cell.csv", "w") as f: f.write("".join(",".join(r) + "\n" for r in table))
    r = subprocess.run([FLYBALL, "evidence", part, "cell.csv", *options], capture_output=True, text=True)
    assert r.returncode in (0, 3), (part, r)
    if r.returncode == 3:
        assert "cell.csv" in r.stderr and "\n  hint: " in r.stderr and r.stdout == "", (part, table[0], r)
    return r
half = {"gcc": 0, "clang": 1}.get(os.environ.get("FB_COMPILER", ""))
if "FB_RANDOM_CASES" in os.environ: half = None
count = refused = 0
for turn, (part, options, table) in enumerate(parts):
    head, body = table[0], table[1:]
    r = ask(part, options, table)
    assert r.returncode == 0, (part, r.stderr)
    for i, column in enumerate(head):
        cells = ("x", "", "NaN", "inf", "-1", "1e999", "45%", "1;5", "0x10", "1e15", "2025-13-45", "\u00e9" * 3000)
        for j, cell in enumerate(("", cells[-1]) if column in names else cells):
            if half not in (None, (turn + i + j) % 2): continue
            at = len(body) // 2
            bad = [list(row) for row in body]
            bad[at][i] = cell
            r = ask(part, options, [head] + bad)
            must = cell in ("x", "NaN", "inf", "1e999", "45%", "1;5", "0x10") and column not in names
            assert r.returncode == 3 or not must, (part, column, cell)
            assert not must or "cell.csv:%d:" % (at + 2) in r.stderr, (part, column, cell, r.stderr)
            count += 1
            refused += r.returncode == 3
            if cell in ("", "0x10", "1e15"):
                ask(part, options, [head] + [[cell if j == i else c for j, c in enumerate(row)] for row in body])
        ask(part, options, [[c for j, c in enumerate(row) if j != i] for row in table])
        ask(part, options, [row + [row[i]] for row in table])
    for n in (2, 3): ask(part, options, table[:n])
    ask(part, options, table + [table[-1]])
assert (count > 500 and refused > 400) if half is None else (count > 250 and refused > 200), (count, refused)
END
export FLYBALL
ok "each cell of each table, and each column" python3 cells.py
gzip -c rates.csv >rates.gz
ok "read: a packed file" explains 3 "packed by gzip" "$FLYBALL" evidence read rates.gz
printf '\357\273\277{"version": 2, "status": "success", "eval": {}}\n' >mark.json
ok "read: JSON behind a byte order mark" explains 3 "byte order mark" "$FLYBALL" evidence read mark.json
printf '\357\273\277{"agent":"a","task":"x","minutes":1,"success":1}\n{"agent":"a","task":"y","minutes":60,"success":0}\n' >mark.jsonl
ok "horizon: runs behind a byte order mark" "$FLYBALL" evidence horizon mark.jsonl --resamples 10
printf 'agent,task,family,minutes,success\na,x,f,1,1\na,y,f,60,0\nb,x,g,1,1\n' >families.csv
ok "a task of two families" explains 3 "'x' belongs to the family 'f' and to 'g'" "$FLYBALL" evidence horizon families.csv
printf 'sample,setting,success\na,test,1\nb,deploy,1\n' >gap.csv
ok "no pairs" explains 3 "no sample stands in both settings" "$FLYBALL" evidence gap gap.csv
ok "an anchor that is none" explains 3 "'none'" "$FLYBALL" evidence eci scores.csv --anchor none
finish
