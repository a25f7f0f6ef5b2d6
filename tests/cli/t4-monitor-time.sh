#!/bin/sh
# flyball monitor over time as it is (monitor_run.c): snapshots, kills, out-of-order logs, clocks.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
monitor() { "$FLYBALL" monitor --sig s.sig --formula f.mfotl "$@"; }
same() { cmp "$1" "$2" || { diff "$1" "$2" | head; return 1; }; }

printf 'incident(m:string, i:int)\nreport(i:int)\n' >s.sig
printf 'incident(m,i) AND NOT EVENTUALLY[0,300] report(i)\n' >f.mfotl
awk 'BEGIN { for (i = 0; i < 20000; i++) { t += (i * 7919) % 13; if (i % 3) printf "@%d report(%d)\n", t, i - i % 17;
    else printf "@%d incident(\"m%d\",%d)\n", t, i % 11, i } }' >l.log
monitor --log l.log >want
ok "the log has verdicts" test "$(wc -l <want)" -gt 1000

# ---- snapshots ----
halves() {
    head -c 150001 l.log >part.log
    monitor --log part.log --save s1 >got || return 1
    cp l.log part.log
    monitor --log part.log --load s1 >>got && same want got
}
ok "what is saved goes on where the log goes on" halves
pieces() {
    rm -f s2 got
    monitor --log - --save s2 </dev/null >got || return 1
    split -b 40007 l.log piece.
    for piece in piece.*; do
        monitor --log - --load s2 --save s2 <"$piece" >>got || return 1
    done
    monitor --log - --load s2 </dev/null >>got && same want got
}
ok "from standard input, piece by piece" pieces
rotated() {
    rm -f s3 got
    monitor --log piece.aa --save s3 >got || return 1
    for piece in piece.a[b-z]; do
        [ -f "$piece" ] || continue
        monitor --log "$piece" --load s3 --next --save s3 >>got || return 1
    done
    monitor --log - --load s3 </dev/null >>got && same want got
}
ok "logs that follow each other" rotated

# Killed while it runs, again and again; the output has each verdict once. (Not by the function: a
# shell of its own would be killed, and the program in it go on.)
killed() {
    rm -f s4 out4
    set -- "$FLYBALL" monitor --sig s.sig --formula f.mfotl
    "$@" --log l.log --save s4 --save-every 500 --output out4 & pid=$!
    sleep 0.05
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    rounds=0
    while [ $rounds -lt 3 ]; do
        rounds=$((rounds + 1))
        [ -f s4 ] || { rm -f out4; monitor --log l.log --save s4 --save-every 500 --output out4; }
        "$@" --log l.log --load s4 --save s4 --save-every 700 --output out4 & pid=$!
        sleep 0.02
        kill -9 $pid 2>/dev/null
        wait $pid 2>/dev/null
    done
    monitor --log l.log --load s4 --output out4 && same want out4
}
ok "killed at any time, each verdict once" killed
torn() {
    head -c 100000 l.log >part.log
    rm -f out5 s5
    monitor --log part.log --save s5 --output out5 || return 1
    cp l.log part.log
    size=$(wc -c <out5)
    head -c $((size + 777)) want >out5
    monitor --log part.log --load s5 --output out5 && same want out5
}
ok "a line that was half written is finished" torn
printf 'something else\n' >>out5
ok "an output that is another's" exits 3 "more than this run says" monitor --log part.log --load s5 --output out5
printf '@0' >out5
ok "an output that lost something" exits 3 "were written when the snapshot" \
    monitor --log part.log --load s5 --output out5
cp want out5
ok "an output that is not empty" exits 3 "holds verdicts already" monitor --log l.log --output out5

ok "a snapshot that is not there" exits 3 "s9" monitor --log l.log --load s9
printf 'hello\n' >s6
ok "what is no snapshot" exits 3 "no snapshot" monitor --log l.log --load s6
head -c 300 s5 >s6
ok "one that is cut off" exits 4 "cut off" monitor --log l.log --load s6
head -c 10 s5 >s6
ok "one of a few bytes" exits 4 "cut off" monitor --log l.log --load s6
cp s5 s6
printf 'X' | dd of=s6 bs=1 seek=400 conv=notrunc 2>dd.err
ok "one that is damaged" exits 4 "damaged" monitor --log l.log --load s6
ok "its file is named" exits 4 "s6" monitor --log l.log --load s6
cp s5 s6
printf '\377' | dd of=s6 bs=1 seek=8 conv=notrunc 2>dd.err
ok "one of another version" exits 4 "version" monitor --log l.log --load s6
printf 'incident(m,i) AND NOT EVENTUALLY[0,301] report(i)\n' >g.mfotl
ok "of another formula" exits 3 "another formula" \
    "$FLYBALL" monitor --sig s.sig --formula g.mfotl --log l.log --load s5
printf '# the same\nincident(k, n)   AND NOT EVENTUALLY[0s,5m] report(n)\n' >g.mfotl
ok "the same formula in other words" says . \
    "$FLYBALL" monitor --sig s.sig --formula g.mfotl --log l.log --load s5
ok "of another way to run" exits 3 "way to run" monitor --log l.log --load s5 --watermark 3
sed 's/m1/m2/' l.log >other.log
ok "of another log" exits 3 "not the log" monitor --log other.log --load s5
head -c 5000 l.log >short.log
ok "of a longer log" exits 3 "not the log" monitor --log short.log --load s5
ok "a folder that is not there" exits 3 "none" monitor --log l.log --save none/s
ok "who may read it" test "$(stat -c %a s5)" = 600

# ---- out of order ----
awk '{ t = substr($1, 2); print t + ($0 ~ /report/ ? (t * 31) % 9 : 0), NR, $0 }' l.log |
    sort -n -k1,1 -k2,2 | cut -d' ' -f3- >late.log
sort -s -t@ -k2,2n late.log >sorted.log
monitor --log sorted.log >want-sorted
in_order() { monitor --log late.log --watermark 8s >got && same want-sorted got; }
ok "out of order within the watermark" in_order
ok "out of order without one" exits 3 "time runs backwards" monitor --log late.log
ok "later than the watermark" exits 3 "came too late" monitor --log late.log --watermark 2
ok "that says what would do" exits 3 "watermark of [3-9] would" monitor --log late.log --watermark 2

cat >small.log <<'X'
@10 incident("a",1);
@400 incident("b",2);
@800 report(9);
@50 report(1);
@1200 report(3);
X
cat >want <<'X'
@10 (time point 0): ("a",1)
@400 (time point 1): ("b",2)
late @50 (time point 1)
withdrawn @10 (time point 0): was ("a",1)
X
gives() { want=$1; shift; "$@" >gives.out || return 1; same "$want" gives.out; }
ok "a correction amends" gives want monitor --log small.log --watermark 0 --amend 1000
cat >want <<'X'
@10 (time point 0): ("a",1)
@400 (time point 1): ("b",2)
X
too_late() { exits 3 "came too late" monitor --log small.log --watermark 0 --amend 100 &&
    same want exits.out; }
ok "a correction that comes too late" too_late
cat >want <<'X'
@10 (time point 0, certain @311): ("a",1)
@400 (time point 1, certain @701): ("b",2)
@900 (time point 3, certain at the end): ("c",3)
X
printf '@10 incident("a",1);\n@400 incident("b",2);\n@800 report(9);\n@900 incident("c",3)\n' >when.log
ok "each at its own instant" gives want monitor --log when.log --when

# ---- as it comes ----
as_it_comes() {
    mkfifo pipe
    monitor --log - <pipe >live.out & pid=$!
    exec 7>pipe
    printf '@1 incident("a",1);\n@302 report(2)\n@303 ' >&7
    tries=0
    until grep -q '^@1 (time point 0): ("a",1)$' live.out; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || return 1
        sleep 0.1
    done
    exec 7>&-
    wait $pid
}
ok "verdicts come while the log does" as_it_comes
by_clock() {
    rm -f pipe
    mkfifo pipe
    printf 'incident(m,i) AND NOT EVENTUALLY[0,1] report(i)\n' >f.mfotl
    monitor --log - --live --watermark 0 --when <pipe >live.out & pid=$!
    exec 7>pipe
    now=$(date +%s)
    printf '@%d incident("a",1);\n' $((now + 1)) >&7
    tries=0
    until grep -q "^@$((now + 1)) (time point 0, certain @$((now + 3))): (\"a\",1)$" live.out; do
        tries=$((tries + 1))
        [ $tries -lt 150 ] || { cat live.out; return 1; }
        sleep 0.1
    done
    exec 7>&-
    wait $pid
}
ok "the clock decides without a next time-point" by_clock

# ---- wrong use ----
ok "--amend alone" exits 2 "needs --watermark" monitor --log l.log --amend 5
ok "--save-every alone" exits 2 "needs --save" monitor --log l.log --save-every 5
ok "a span that is none" exits 2 "takes seconds" monitor --log l.log --watermark 5y
ok "a span below 0" exits 2 "takes seconds" monitor --log l.log --watermark -5
ok "a number that is none" exits 2 "number of time-points" monitor --log l.log --save s --save-every 0
ok "not on several threads" exits 2 "not for --threads" monitor --log l.log --threads 2 --when
ok "nor a snapshot of them" exits 2 "save is not for --threads" monitor --log l.log --threads 2 --save s
ok "nor from one" exits 2 "load is not for --threads" monitor --log l.log --threads 2 --load s
ok "not by the naive evaluator" exits 2 "not for --naive" monitor --log l.log --naive --save s
# 64 recursive definitions that forget are more than the incremental evaluator has room for.
printf 'LETPAST l0(x) = report(x) OR PREVIOUS[0,9] l0(x) IN ' >f.mfotl
for i in $(seq 63); do
    printf 'LETPAST l%s(x) = l%s(x) OR PREVIOUS[0,9] l%s(x) IN ' "$i" $((i - 1)) "$i"
done >>f.mfotl
echo 'l63(x) AND report(x)' >>f.mfotl
ok "not what only that can do" exits 3 "and not so" monitor --log l.log --save s
finish
