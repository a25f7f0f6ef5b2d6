#!/bin/sh
# What `flyball evidence` says of files and options that are wrong: the parts of evidence.def, each
# with files that are missing, folders, empty, no text, of another encoding, without rows, cut off,
# with odd columns; each option with values that make no sense. Status 3 (5 for a folder) and the
# file's name, status 2 and the option's.
. "$(dirname "$0")/lib.sh"

# refuses STATUS NAME COMMAND...: fails with this status and a message that has the name; nothing on
# standard output; where it is about the content of a table, a position or a hint.
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
explains() { refuses "$@" && { grep -q -E "^  hint: |:[0-9]+:" r.err || { cat r.err; return 1; }; }; }

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
ok "an anchor that is none" explains 3 "'none'" "$FLYBALL" evidence eci scores.csv --anchor none
finish
