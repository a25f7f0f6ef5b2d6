#!/bin/sh
# flyball monitor --explain, --explain-at, --proof, --check (cmd_monitor, monitor_proof): why a verdict
# is one, in words and as a proof that the checker alone goes through.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

printf 'incident(model:string, id:int)\nreport(id:int)\n' >s.sig
printf 'incident(m,i) AND NOT EVENTUALLY[0,15d] report(i)\n' >f.mfotl
cat >l.log <<'EOT'
@1700000000 incident("aurora-2",116)
@1700050000 report(116)
@1700200000 incident("aurora-3",117)
@1700300000 report(112)
@1702000000 report(117)
EOT
cat >want <<'EOT'
@1700200000 (time point 2): ("aurora-3",117)
  ("aurora-3",117) because
    all of these:
      incident("aurora-3", 117) at time-point 2 (@1700200000)
      not EVENTUALLY[0,1296000]: throughout the interval
        no report(117) at each of time-point 2 (@1700200000) to time-point 3 (@1700300000)
EOT
ok "--explain says why" gives want monitor --explain --proof proofs
ok "so does the naive evaluator" gives want monitor --explain --naive
ok "one time-point of them" gives want monitor --explain-at 2
cat >want <<'EOT'
@1700000000 (time point 0): no tuple
  because
    m = "aurora-2":
      i = 116:
        EVENTUALLY[0,1296000]: at time-point 1 (@1700050000)
          report(116) at time-point 1 (@1700050000)
      any other i:
        no incident("aurora-2", i) at time-point 0 (@1700000000)
    any other m:
      no incident(m, i) at time-point 0 (@1700000000)
EOT
ok "why there is no verdict" gives want monitor --explain-at 0 --proof none
printf '1 proof checked, all right\n' >want
ok "--check accepts" gives want monitor --check proofs
ok "--check accepts what is none" gives want monitor --check none
ok "the file has a line a proof, and its version" test "$(cat proofs none | wc -l)" -eq 4
sed 's/"to":3/"to":2/' proofs >less
sed 's/"aurora-3",117\],"steps"/"aurora-3",116],"steps"/' proofs >other
sed 's/"time":1700200000/"time":1700200001/' proofs >when
sed 1d proofs >old
ok "--check accepts a file of version 1" gives want monitor --check old
refused() { monitor --check "$1" >out 2>err; [ $? -eq "$2" ] && grep -q "$1:${4:-2}" err && grep -q "$3" err; }
ok "a time-point less is refused" refused less 1 "leave time-points out"
ok "another tuple is refused" refused other 1 "is refused"
ok "another time is refused" refused when 1 "not about this formula and log"
sed 's/1700300000 report(112)/1700300000 report(117)/' l.log >l2.log
cp l2.log l.log
ok "another log is refused" refused proofs 1 "there is an event that fits"
cut -c 1-100 proofs >cut
ok "half a proof is an error" refused cut 3 ""
sed 's/"version":2/"version":3/' proofs >newer
ok "a version that is not known" refused newer 3 "version 3 are not known" 1
fails() { want=$1; shift; monitor "$@" >out 2>err; [ $? -eq "$want" ] && [ -s err ]; }
ok "a time-point that is not there" fails 3 --explain-at 5
ok "no number" fails 2 --explain-at x
ok "not with threads" fails 2 --explain --threads 2
ok "no such file" fails 3 --check nothing
# 64 recursive definitions that forget are more than the incremental evaluator has room for.
for i in $(seq 64); do printf 'LETPAST l%s(x) = report(x) OR PREVIOUS[0,9] l%s(x) IN ' "$i" "$i"; done >f.mfotl
echo 'l1(x) AND report(x)' >>f.mfotl
naive_only() { monitor --explain >out 2>err && grep -q "report(116) at time-point 1" out; }
ok "what only the naive evaluator can do" naive_only

# Recursive definitions: what they rest on is said once, in lines of its own.
printf 'LETPAST late(i) = report(i) OR PREVIOUS late(i) IN late(i) AND incident(_,i)\n' >f.mfotl
{ echo '@0 report(7)'; for i in $(seq 30); do echo "@$i"; done; echo '@31 incident("a",7)'; } >l.log
deep() { monitor --explain --proof lemmas >out && grep -q 'by lemma' out && grep -q '^    lemma ' out; }
ok "what is far below has a heading of its own" deep
grep -c '^{"lemma"' lemmas >count; echo 32 >want
ok "a lemma a time-point" cmp -s count want
printf '1 proof checked, all right\n' >want
ok "--check goes through lemmas" gives want monitor --check lemmas
sed '/^{"lemma":5,/d' lemmas >gap
ok "one left out is missed" refused gap 1 "lemmas must come in the order of their numbers" 7
sed 's/^\({"lemma":9,.*"at":\)8,"values"/\19,"values"/' lemmas >circle
ok "a lemma does not rest on itself" refused circle 1 "no such lemma before it" 11
sed 1d lemmas >old
ok "version 1 has no lemmas" refused old 3 "has no lemmas" 1
{ cat lemmas; echo '{"version":2}'; } >twice
ok "one version a file" refused twice 3 "in the first line alone" 35
finish
