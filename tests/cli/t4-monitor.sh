#!/bin/sh
# flyball monitor (cmd_monitor, monpoly_negate): MonPoly formats in, verdicts as it prints them out.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

printf 'p(x:int, s:string)\nq(x:int)\n' >s.sig
printf 'p(x,s) AND NOT EVENTUALLY[0,5] q(x)\n' >f.mfotl
printf '@1 p(1,"a")(2,"b")\n@3 q(1)\n@9 p(3,c)\n' >l.log
cat >want <<'EOF'
@1 (time point 0): (2,"b")
@9 (time point 2): (3,"c")
EOF
ok "verdicts as MonPoly prints them" gives want monitor
ok "by the naive evaluator" gives want monitor --naive
printf 'NOT (EXISTS x, s. p(x,s) AND NOT EVENTUALLY[0,5] q(x))\n' >f.mfotl
cat >want <<'EOF'
@1 (time point 0): true
@9 (time point 2): true
EOF
ok "the negation" gives want monitor --negate
printf '@3 (time point 1): true\n' >want
ok "the formula itself" gives want monitor

stats() { monitor --stats >stats.out 2>stats.err && grep -q "^time-points 3$" stats.err &&
    grep -q "^evaluator $1" stats.err; }
ok "--stats says what it took" stats incremental
printf 'FRZ f(x) = q(x) IN LETPAST l(x) = f(x) OR PREVIOUS l(x) IN l(x)\n' >f.mfotl
printf '@3 (time point 1): (1)\n' >want
ok "a recursive definition of what is frozen" gives want monitor
ok "is monitored too" stats incremental
# 64 recursive definitions that forget are more than the incremental evaluator has room for.
printf 'LETPAST l0(x) = q(x) OR PREVIOUS[0,9] l0(x) IN ' >f.mfotl
for i in $(seq 63); do
    printf 'LETPAST l%s(x) = l%s(x) OR PREVIOUS[0,9] l%s(x) IN ' "$i" $((i - 1)) "$i"
done >>f.mfotl
echo 'l63(x) AND q(x)' >>f.mfotl
printf '@3 (time point 1): (1)\n' >want
ok "what only the naive evaluator can do" gives want monitor
ok "--stats names the evaluator" stats naive
printf 'q(x)\n' >f.mfotl
ok "on threads" gives want monitor --threads 3
on() { monitor --threads 3 --stats >stats.out 2>stats.err && grep -q "^threads $1" stats.err; }
ok "--stats says how many" on 3
# A thread has all of r and only its share of not: what it sums for the others would overflow.
printf 'r(u:int, a:int)\nnot_(u:int, a:int)\n' >sums.sig
printf 's <- SUM a; u (r(u,a) AND NOT not_(u,a)) AND NOT EXISTS w, v. (r(w,v) AND v = 7)\n' >sums.mfotl
{
    printf '@1'
    for u in 1 2 3 4 5 6 7 8 9; do
        printf ' r(%s,9223372036854775807)(%s,9223372036854775806)(%s,5)' $u $u $u
        printf ' not_(%s,9223372036854775807)(%s,9223372036854775806)' $u $u
    done
    printf '\n'
} >sums.log
sums() { "$FLYBALL" monitor --sig sums.sig --formula sums.mfotl --log sums.log "$@"; }
sums >want
ok "a part of a sum that overflows is not the sum" gives want sums --threads 4
printf 'EXISTS x. q(x)\n' >f.mfotl
ok "a formula that no variable cuts" on "1 (no variable"
head -c 16777217 /dev/zero | tr '\0' ' ' >large.mfotl
ok "a formula of more than 16 MiB" exits 3 "large.mfotl" \
    "$FLYBALL" monitor --sig s.sig --formula large.mfotl --log l.log
ok "no threads" exits 2 "from 1 to 64" monitor --threads 0
ok "an option is missing" exits 2 "log is missing" "$FLYBALL" monitor --sig s.sig --formula f.mfotl
ok "a file that is not there" exits 3 "none" "$FLYBALL" monitor --sig none --formula f --log l
printf '@1 p(1,"a")\n@2 p(x,"a")\n' >l.log
ok "an error in the log" exits 3 "l.log:2:" monitor
printf '@2 q(1)\n@1 q(1)\n' >l.log
ok "time runs backwards" exits 3 "l.log:2:" monitor
printf 'p(x,s) AND\n' >f.mfotl
ok "an error in the formula" exits 3 "f.mfotl:" monitor
printf 'NOT q(x)\n' >f.mfotl
ok "a formula that cannot be monitored" exits 3 "f.mfotl:" monitor
printf 'p(int\n' >s.sig
ok "an error in the signature" exits 3 "s.sig:" monitor

# sorted: the tuples of each line in one order; MonPoly leaves it free.
sorted() {
    sed 's/) (/)|(/g; s/: /:|/' "$1" | awk -F'|' '{ n = 0; for (i = 2; i <= NF; i++) {
        k = ++n; while (k > 1 && a[k - 1] > $i) { a[k] = a[k - 1]; k-- } a[k] = $i }
        line = $1; for (i = 1; i <= n; i++) line = line " " a[i]; print line }'
}
case_passes() {
    "$FLYBALL" monitor --sig "$1/sig" --formula "$1/formula" --log "$1/trace" $2 >c.out || return 1
    sorted c.out >c.got
    grep . "$1/expected" >c.exp
    sorted c.exp >c.want
    diff c.got c.want
}
cases=${FB_SHARED:-none}/data/monitor/cases
for name in cases-corpus/let01__0 cases-corpus/test05__30 cases-frz/x_two_freezes; do
    if [ -d "$cases/$name" ]; then
        ok "case $name" case_passes "$cases/$name" ""
        ok "case $name, naive" case_passes "$cases/$name" --naive
    else
        skip "case $name" "no shared data"
    fi
done
gdpr=${FB_SHARED:-none}/data/monitor/gdpr
for name in consent deletion information; do
    if [ -f "$gdpr/gdpr.log" ]; then
        ok "gdpr $name" gives "$gdpr/$name.out" "$FLYBALL" monitor --sig "$gdpr/gdpr.sig" \
            --negate --formula "$gdpr/$name.mfotl" --log "$gdpr/gdpr.log"
    else
        skip "gdpr $name" "no shared data"
    fi
done

# bench_engine: it compares with the expected verdicts.
ok "bench engine without data" exits 3 "D.sig" "$FLYBALL" bench engine --data .
bench=${FB_SHARED:-none}/data/monitor/bench
if [ -f "$bench/D.log" ]; then
    mkdir data
    for file in "$bench"/*; do ln -s "$file" data; done
    rm data/P2.expected # those before it are right
    echo "@30 (time point 1): (1)" >data/P2.expected
    ok "bench engine sees a wrong verdict" exits 3 "verdicts of 'P2'" "$FLYBALL" bench engine --data data
else
    skip "bench engine sees a wrong verdict" "no shared data"
fi

# bench_govern: dockets that are made up are evaluated both ways.
ok "bench govern" says "^govern.*records-1k" "$FLYBALL" bench govern records-1k
ok "bench govern has no such docket" exits 2 "no benchmark" "$FLYBALL" bench govern records-2k
finish
