#!/bin/sh
# log index: what concerns one system, and what is added, reads the records that the index finds, and
# says what all records say.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
# A simulated clock, so that two answers are of one instant.
big() { "$FLYBALL" --docket big --clock "$now" "$@"; }
all() { "$FLYBALL" --docket whole --clock "$now" "$@"; }
ok "a docket" "$FLYBALL" init big --simulated --name big --party office --title Office --role regulator --clock "$now"
ok "a developer" big party dev --title Dev --role developer
ok "rules" big add "$root"/packs/*/*.fly
awk -v at="$now" 'BEGIN {
    for (n = 0; n < 30; n++)
        printf "{\"kind\":\"system\",\"id\":\"system/%d\",\"issuer\":\"party/dev\",\"at\":\"%s\",\"body\":{\"developer\":\"party/dev\",\"title\":\"S\",\"training_compute_flop\":%s}}\n", n, at, n % 2 ? "3e+25" : "3e+22"
    for (n = 0; n < 90; n++)
        printf "{\"kind\":\"incident\",\"id\":\"incident/%d\",\"issuer\":\"party/dev\",\"at\":\"%s\",\"subject\":\"system/%d\",\"body\":{\"class\":\"death\",\"known_at\":\"%s\",\"known_to\":\"party/dev\",\"title\":\"harm\"}}\n", n, at, n % 30, at
}' </dev/null >records.jsonl
ok "systems and incidents" big add records.jsonl
ok "a small docket has no index" sh -c '! [ -e big/index.db ]'
ok "and none is compared" sh -c '"$0" --docket big log verify --full | grep -c index | grep -qx 0' "$FLYBALL"
cp -r big whole
ok "one is made" says "^[0-9]* entries are indexed" big log index
ok "and is there" test -s big/index.db
ok "as JSON" says '"entries": [0-9]' big log index --json
ok "it is that of the ledger" says "index      that of the first" big log verify --full
ok "as JSON" says '"indexed": [1-9]' big log verify --full --json
for command in "status 3" "status --json system/3" "status 4" "evidence 3" "report 3 --html -"; do
    # shellcheck disable=SC2086 # words
    all $command >want
    # shellcheck disable=SC2086 # words
    ok "$command by the index" gives want big $command
done
all exempt system/3 >want 2>want.err
ok "a system that is not exempt" sh -c '! "$0" --docket big --clock "$1" exempt system/3 >got 2>got.err' "$FLYBALL" "$now"
ok "for the same reasons" cmp want got
all exempt --json system/4 >want
ok "one that is has the same certificate" gives want big exempt --json system/4
# refused COMMAND...: it is, with the status and the words by which all records refuse it.
refused() {
    want=0; all "$@" >want 2>want.err || want=$?
    got=0; big "$@" >got 2>got.err || got=$?
    cat got.err
    [ $want -ne 0 ] && [ $got -eq $want ] && cmp want got && cmp want.err got.err
}
ok "a system that is not there" exits 3 "has no system '77'" big status 77
for command in "status 77" "status --json system/none" "evidence 77" "report 77 --html -" "exempt 77"; do
    # shellcheck disable=SC2086 # words
    ok "$command in the same words" refused $command
done

echo '{"kind":"report","id":"report/1","issuer":"party/dev","at":"'"$now"'","body":{"about":"incident/3","stage":"initial","to":"office"}}' >report.json
ok "a record is added" big add report.json
ok "to the index too" sh -c 'n=$("$0" --docket big log verify --full | sed -n "s/.*that of the first \([0-9]*\) .*/\1/p")
    "$0" --docket big log verify | grep -q "holds: $n entries"' "$FLYBALL"
ok "the same again is refused" exits 3 "'report/1' exists already" big add report.json
sed 's/report.1/report\/2/; s/incident.3/incident\/399/' report.json >wrong.json
ok "what leads nowhere too, with a hint" exits 3 "Did you mean 'incident/39'" big add wrong.json
all add report.json >/dev/null
ok "a second one in the same words" refused add report.json
ok "so is what leads nowhere" refused add wrong.json
echo '{"kind":"licence","id":"licence/1","issuer":"party/dev","subject":"system/3","at":"'"$now"'","body":{"action":"deploy","state":"granted","version":1}}' >wrong.json
ok "and what its issuer may not say" refused add wrong.json
sed 's/report.1/report\/4/; s/"stage":"initial"/"stage":"last"/' report.json >wrong.json
ok "and what is malformed" refused add wrong.json
ok "an incident is filed" says "filed as" big incident file --system 5 --as dev --class death --title x --known-at "$now"
all status --json 3 >want
sed '/"root"/d; /"records"/d' want >want.cut
big status --json 3 | sed '/"root"/d; /"records"/d' >got.cut
ok "what was added counts" cmp want.cut got.cut

for n in 3 4; do
    sed -n "s/\"incident\/$n\"/\"incident\/$n-b\",\"supersedes\":\"incident\/$n\"/p" records.jsonl
done >corrections.jsonl
cp -r big big-later
cp -r whole whole-later
for which in big whole; do
    sed 's/report.1/report\/9/' report.json >later.json
    ok "a record comes later" "$FLYBALL" --docket $which-later --clock 2090-01-01T00:00:00Z add later.json
    ok "and corrections" "$FLYBALL" --docket $which-later --clock 2090-01-01T00:00:00Z add corrections.jsonl
done
for command in "status 3" "status --json 4" "evidence 3" "report 3 --html -"; do
    # shellcheck disable=SC2086 # words
    "$FLYBALL" --docket whole-later --clock 2090-01-02T00:00:00Z as-of 2089-12-31 $command | sed '/root/d; /[0-9] records/d; /signed records/d; /"records"/d' >then.want
    # shellcheck disable=SC2086 # words
    "$FLYBALL" --docket big-later --clock 2090-01-02T00:00:00Z as-of 2089-12-31 $command | sed '/root/d; /[0-9] records/d; /signed records/d; /"records"/d' >then.got
    ok "as-of $command by the index" cmp then.want then.got
done
for which in big whole; do
    "$FLYBALL" --docket $which-later --clock 2090-01-02T00:00:00Z status 3 | sed '/root/d; /[0-9] records/d' >now.$which
done
ok "a system's status is that of all records where some were corrected" cmp now.whole now.big
dd if=/dev/zero of=big/index.db bs=100 count=1 conv=notrunc 2>/dev/null
big status --json 3 | sed '/"root"/d; /"records"/d' >got.cut
ok "an index that is damaged is passed over" cmp want.cut got.cut
ok "and made anew" says "entries are indexed" big log index
mv big/index.db kept.db
mkdir big/index.db
ok "one that cannot be written to is named by its path" exits 5 "'big/index.db'" big log index
ok "also where the docket was named with a slash" exits 5 "'big/index.db'" "$FLYBALL" --docket big/ --clock "$now" log index
rmdir big/index.db
mv kept.db big/index.db
(ulimit -f 8 && big log index >/dev/null 2>&1)
ok "a limit of the size of files leaves it as it is" says "entries are indexed" big log index
mv big/index.db kept.db
ok "and is a full disk to one that is made" sh -c '(ulimit -f 8 && "$0" --docket big log index) 2>err; [ $? -eq 5 ] && grep "ulimit -f" err' "$FLYBALL"
mv kept.db big/index.db
cp -r big bare
rm bare/index.db
duty=$(big status --json 3 | sed -n 's/.*"id": "\(duty:[^"]*\)".*/\1/p' | head -1)
for id in "$duty" licence:train:system/3 licence:train:system licence:none:system/77; do
    for form in --json ""; do
        # shellcheck disable=SC2086 # a word or none
        "$FLYBALL" --docket bare --clock "$now" explain $form "$id" >want 2>want.err
        # shellcheck disable=SC2086 # likewise
        big explain $form "$id" >got 2>got.err
        ok "explain $form $id" sh -c 'cmp want got && cmp want.err got.err'
    done
done
command -v sqlite3 >/dev/null && {
    rm big/index.db
    big exempt --json system/8 >want
    big log index >/dev/null
    # The records of kind policy, by record/terms.c.
    key=$(printf '%d' "0x$(printf '\003\014\000' | sha256sum | cut -c1-12)")
    sqlite3 big/index.db "DELETE FROM mark WHERE key = $key"
    big status --json 3 | sed '/"root"/d; /"records"/d' >got.cut
    ok "one that was altered passes policies over" sh -c '! cmp -s want.cut got.cut'
    ok "what is signed is not said by one that was altered" gives want big exempt --json system/8
    ok "one that was altered is found out" exits 4 "the index of 'big' is not that of its ledger" big log verify --full
}
finish
