#!/bin/sh
# cmd_bench, bench_lang, bench_ledger, bench_raw and bench_admit: the cases run, in turns with
# their rivals, and leave nothing behind. What they measure is not tested.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
mkdir disk
ok "bench ledger" sh -c '"$0" bench ledger --entries 300 --dir disk --json >bench.out' "$FLYBALL"
has() { grep -q "^{\"bench\":\"ledger\",\"case\":\"$1\",.*$2" bench.out; }
for group in 1 64 256 1024 4096; do
    ok "groups of $group, in turns with SQLite" has "append-$group" '"p99_us":.*"rival":"SQLite".*"ratio":'
    ok "groups of $group, with admission" has "admit-$group" '"metric":"records_per_s"'
done
ok "in turns with the disk" has append-1-disk '"rival":"disk"'
ok "and with a file that does not grow" has append-1-overwriting '"rival":"overwriting"'
ok "signatures alone" has signatures '"count":300'
ok "verification" has verify '"count":300'
ok "verification of a small ledger" has verify-small '"count":4'
for what in inclusion consistency; do
    ok "proofs of $what" has "prove-$what" '"p50_us":'
    ok "checks of $what" has "check-$what" '"metric":"checks_per_s"'
done
ok "a number each" sh -c '! grep -v "\"value\":[1-9]" bench.out'
ok "nothing is left" sh -c '[ -z "$(ls -A disk)" ]'
ok "bench lang" says '"case":"check-packs","metric":"passes_per_s","value":[1-9]' \
    "$FLYBALL" bench lang check-packs --data "$root/packs" --json
ok "a keystroke" says '"p50_us":' "$FLYBALL" bench lang keystroke-2000-lines --json
ok "a diff" says 'diff-2000-renamed' "$FLYBALL" bench lang diff-2000-renamed
mkdir none
ok "no policies there" exits 3 "no policy below 'none'" "$FLYBALL" bench lang check-packs --data none
ok "no number of entries" exits 2 "no number of entries" "$FLYBALL" bench ledger --entries none
ok "too many entries" exits 2 "no number of entries" "$FLYBALL" bench ledger --entries 100000001
ok "one case alone" says "check-inclusion " "$FLYBALL" bench ledger check-inclusion --entries 300 --dir disk
ok "no other case" sh -c '[ "$("$0" bench ledger verify --entries 300 --dir disk | wc -l)" = 1 ]' "$FLYBALL"
ok "no such case" exits 2 "no benchmark 'ledger nothing'" "$FLYBALL" bench ledger nothing --dir disk
ok "no such disk" exits 3 "could not make the folder" "$FLYBALL" bench ledger --dir absent
finish
