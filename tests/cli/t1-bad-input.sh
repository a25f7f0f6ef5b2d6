#!/bin/sh
# Bad input: a clear error that names file and place, a status, the ledger unchanged.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
make_docket >setup.out 2>&1 || { cat setup.out; exit 1; }

incident() {
    printf '{"kind":"incident","id":"incident/%s","subject":"system/aurora-2",' "$1"
    printf '"at":"2026-11-05T00:00:00Z","body":{"title":"t","class":"death"%s}}' "${2:-}"
}

log=$example/evals/cybench-aurora-2.eval
size=$(wc -c <"$log")
for part in 0 1 30 1000 $((size / 2)) $((size - 1)); do
    head -c "$part" "$log" >cut.eval
    ok "a log cut to $part bytes" refused 3 "cut.eval" fly add --as aurora cut.eval
done
incident 1 >a.json
column=$(($(wc -c <a.json) + 2))
printf ' x' >>a.json
ok "JSON with trailing bytes" refused 3 "a.json:1:$column:" fly add --as aurora a.json
incident 1 >a.json
printf '\n{"kind":"incident" "id"' >>a.json
ok "an error in the second line has its place" refused 3 "a.json:2:20:" fly add --as aurora a.json
printf '[\n' >a.json
incident 1 >>a.json
printf ',\n  ' >>a.json
incident 2 ',"clas":"x"' >>a.json
printf ']' >>a.json
ok "so has one in the second of two" refused 3 "a.json:3:1[0-9][0-9]:" fly add --as aurora a.json
awk 'BEGIN { printf "{\"kind\":\"incident\",\"body\":"; for (i = 0; i < 5000; i++) printf "[";
     for (i = 0; i < 5000; i++) printf "]"; print "}" }' >deep.json
ok "deep nesting" refused 3 "deep.json" fly add --as aurora deep.json
printf '{"kind":"incident","id":"incident/\377"}' >utf8.json
ok "invalid UTF-8" refused 3 "utf8.json" fly add --as aurora utf8.json
incident 1 ',"clas":"x"' >unknown.json
ok "an unknown field" refused 3 'body.clas' fly add --as aurora unknown.json
incident 1 ',"known_to":"party/nobody"' >dangling.json
ok "a reference to nothing" refused 3 "party/nobody" fly add --as aurora dangling.json
incident 1 | sed 's/2026-11-05/2027-11-05/' >future.json
ok "a time in the future" refused 3 "future.json" fly add --as aurora future.json
incident 1 | sed 's/"at":"2026-11-05T00:00:00Z",//; s/death"/death","known_at":"soon"/' >time.json
ok "a time that is none" refused 3 "known_at" fly add --as aurora time.json
ok "an issuer without a key" refused 3 "system.json: the docket holds no key of" fly add --as stranger system.json
ok "the same id twice" refused 3 "system/aurora-2" fly add --as aurora system.json
printf 'hello\n' >hello.txt
ok "a format that is not known" refused 3 "hello.txt" fly add --as aurora hello.txt
ok "a file that is not there" refused 3 "No such file" fly add --as aurora none.json
printf 'policy "p"\n  title 5\n' >p.fly
ok "a policy that does not check" refused 3 "p.fly:2" fly add p.fly
ok "policy check says where" exits 3 "p.fly:2" "$FLYBALL" policy check p.fly
printf 'G1:\n  text: a\n  supportedBy: G2\n' >case.gsn.yaml
ok "a case with an unknown reference" refused 3 "G2" \
    fly add --as aurora --subject system/aurora-2 case.gsn.yaml
printf 'G1:\n  text: a\n  supportedBy: Sn1\nSn1:\n  text: b\n  evidence: feeling good\n' >case.gsn.yaml
ok "a case with an unreadable predicate" refused 3 "evidence predicate" \
    fly add --as aurora --subject system/aurora-2 case.gsn.yaml
incident 1 >one.json
incident 2 ',"clas":"x"' >two.json
printf '[%s,%s]' "$(cat one.json)" "$(cat two.json)" >both.json
ok "one bad of two: neither enters" refused 3 "clas" fly add --as aurora both.json
ok "the good one alone enters" fly add --as aurora one.json

ok "with --json the error is an object" refused 3 \
    '^{"error":{"code":"E_DUPLICATE","exit":3,"message":".*","file":"one.json"' \
    fly add --json --as aurora one.json
ok "after as-of too" exits 3 '^{"error":{"code":"E_NOT_FOUND"' \
    fly as-of 2026-11-20 status --json nobody

# Records that were signed elsewhere.
if command -v ssh-keygen >/dev/null; then
    key=$docket/keys/aurora
    printf '{"at":"2026-11-05T00:00:00Z","body":{"class":"death","title":"t"},"id":"incident/s",' >s.json
    printf '"issuer":"party/aurora","kind":"incident","subject":"system/aurora-2"}' >>s.json
    ssh-keygen -q -Y sign -f "$key" -n flyball/report s.json 2>/dev/null
    ok "a signature in the wrong namespace" refused 4 "namespace" fly add --as aurora s.json
    rm -f s.json.sig
    ssh-keygen -q -Y sign -f "$docket/keys/institute" -n flyball/incident s.json 2>/dev/null
    ok "a signature by another party's key" refused 4 "" fly add --as aurora s.json
    rm -f s.json.sig
    ssh-keygen -q -Y sign -f "$key" -n flyball/incident s.json 2>/dev/null
    sed 's/"title":"t"/"title":"u"/' s.json >altered.json
    cp s.json.sig altered.json.sig
    ok "a statement altered after signing" refused 4 "" fly add --as aurora altered.json
    ok "the signed one enters" fly add --as aurora s.json
    ok "with its bytes as they were" sh -c '"$0" --docket "$1" show --statement incident/s | cmp - s.json' \
        "$FLYBALL" "$docket"
else
    skip "records signed elsewhere" "ssh-keygen is absent"
fi

# The ledger itself.
cp -r "$docket" newer
if command -v sqlite3 >/dev/null; then
    sqlite3 newer/ledger.db 'PRAGMA user_version = 9999' >/dev/null
    ok "a ledger of a newer version" exits 4 "newer" "$FLYBALL" --docket newer status
else
    skip "a ledger of a newer version" "sqlite3 is absent"
fi
cp -r "$docket" broken
printf 'this is no database, whatever its name says, and long enough to be read as one' >broken/ledger.db
ok "a file that is no ledger" exits 4 "ledger.db" "$FLYBALL" --docket broken status

# Two writers at once: nothing is lost, nothing forks.
for n in 1 2 3 4 5 6; do
    incident "w$n" >"w$n.json"
    fly add --as aurora "w$n.json" >"w$n.out" 2>&1 &
done
wait
ok "six writers at once: all or a clear refusal" sh -c '
    for n in 1 2 3 4 5 6; do
        grep -q "1 record" w$n.out || grep -q "holds the ledger\|busy\|size" w$n.out || exit 1
    done'
ok "and the ledger holds" says "the ledger holds" fly log verify

# A full disk: a file system of its own where the test may mount one, else a limit on file size.
ok "a full disk" sh -c '
    (ulimit -f 40; trap "" XFSZ
     "$0" --docket "$1" --clock "$2" add --as aurora "$3" >full.out 2>full.err) && exit 1
    grep -qE "No space|full|File too large|could not" full.err &&
    "$0" --docket "$1" log verify >/dev/null' "$FLYBALL" "$docket" "$clock" "$log"
finish
