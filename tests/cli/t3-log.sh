#!/bin/sh
# cmd_tlog and cmd_log: the log as others see it.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "make a docket" make_docket
ok "the key of the log" says "^simulated/test+[0-9a-f]\{8\}+A" fly log key
ok "export" says "^exported 5 entries to shown: 3 files written, 0 kept" fly log export shown
ok "the checkpoint is the docket's" sh -c '"$0" --docket "$1" log checkpoint | cmp - shown/checkpoint' \
    "$FLYBALL" "$docket"
ok "leaf hashes have their size" sh -c '[ "$(wc -c <shown/tile/0/000.p/5)" = 160 ]'
ok "an entry as stock tools see it" sh -c 'tail -c +3 shown/tile/entries/000.p/5 | head -1 |
    grep -q "^flyball-entry v1"'
ok "again: nothing to write" says '"written": 0' fly log export shown --json
ok "a docket of another log" sh -c '"$0" --clock 2026-11-01T00:00:00Z init other --simulated \
    --name other --party x --title X --role regulator'  "$FLYBALL"
ok "its folder is refused" exits 4 "no signature of a key" "$FLYBALL" --docket other log export shown
cp -r "$docket" old
"$FLYBALL" --docket "$docket" log checkpoint >first
"$FLYBALL" --docket other log checkpoint >other.checkpoint
fly party late --role auditor --title Late >/dev/null
fly log export shown >/dev/null
ok "a ledger that was set back is refused" exits 4 "shows 7 entries, but the ledger has only 5" \
    "$FLYBALL" --docket old log export shown
ok "tail" sh -c '[ "$("$0" --docket "$1" log tail --count 2 | wc -l)" = 2 ]' "$FLYBALL" "$docket"
ok "tail ends with the last" says "party/late" fly log tail --count 2
ok "tail wants a number" exits 2 "no number" fly log tail --count two
ok "export wants a folder" exits 2 "more arguments" fly log export
key=$(fly log key)
alone() { (cd / && "$FLYBALL" "$@"); } # no docket here or above
prove() { fly log prove system/aurora-2 >"$folder/x.tlog-proof"; }
ok "prove" prove
ok "the proof is one of C2SP's" sh -c 'head -1 x.tlog-proof | grep -qx "c2sp.org/tlog-proof@v1"'
ok "check needs no docket" says "the proof holds: entry 4 of 7 in the log simulated/test" \
    alone log check "$folder/x.tlog-proof" --key "$key"
ok "check says it as JSON" says '"good": true' alone log check "$folder/x.tlog-proof" --key "$key" --json
ok "the statement that was proved" sh -c '"$0" log check x.tlog-proof --key "$3" --statement >proved &&
    "$0" --docket "$1" --clock "$2" show system/aurora-2 --statement | cmp - proved' \
    "$FLYBALL" "$docket" "$clock" "$key"
sed 's/^index .*/index 0/' "$folder/x.tlog-proof" >"$folder/moved.tlog-proof"
ok "a proof of another index accuses no log" exits 4 "its index or the proof was altered" \
    alone log check "$folder/moved.tlog-proof" --key "$key"
ok "check wants a key" exits 2 "no log is believed" alone log check "$folder/x.tlog-proof"
ok "the key of another log" exits 4 "no signature of a key" \
    alone log check "$folder/x.tlog-proof" --key "$("$FLYBALL" --docket other log key)"
ok "another entry" exits 4 "x.tlog-proof" \
    alone log check "$folder/x.tlog-proof" --key "$key" --entry "$folder/system.json"
ok "no such record" exits 3 "there is no record" fly log prove system/none
ok "a file that is no proof" exits 3 "does not begin with" \
    alone log check "$folder/system.json" --key "$key"
printf 'quorum none\n' >none.policy
printf 'witness w witness.example/w0+10aa13cf+BISxso5eFyxpFgZxu1URokU391fSa8BzC+UYOsMWapih\nquorum w\n' \
    >one.policy
printf 'quorum w\n' >bad.policy
ok "verify in full" says "each once" fly log verify --full
ok "in full, as JSON" says '"ids": ' fly log verify --full --json
ok "tail" sh -c '[ "$("$0" --docket "$1" log tail --count 2 | wc -l)" = 2 ] &&
    [ "$("$0" --docket "$1" log tail --count 999 --json | wc -l)" = \
        "$("$0" --docket "$1" log list | wc -l)" ]' "$FLYBALL" "$docket"
ok "tail of no number" exits 2 "no number" fly log tail --count x
ok "prove what is not there" exits 3 "no record 'incident/none'" fly log prove incident/none
ok "a policy without witnesses is met" says "quorum is met" fly log verify --policy none.policy
ok "a witness that did not sign" exits 4 "too few for the quorum 'w'" fly log verify --policy one.policy
ok "a policy that is wrong" exits 3 "bad.policy:1.*no witness or group" \
    fly log verify --policy bad.policy
ok "an earlier checkpoint of this log" says "the ledger holds" \
    fly log verify --policy none.policy --checkpoint first
ok "a checkpoint of another log" exits 4 "no signature" \
    fly log verify --checkpoint other.checkpoint
ok "follow" says "7 entries, verified from 0 on" \
    "$FLYBALL" log follow shown --key "$key" --state followed
fly party later --role auditor --title Later >/dev/null
fly log export shown >/dev/null
ok "follow goes on" says "9 entries, verified from 7 on" \
    "$FLYBALL" log follow shown --key "$key" --state followed
fly log prove 0 >first.tlog-proof
"$FLYBALL" --docket old log export back >/dev/null
ok "a log that was set back" exits 4 "9 entries before and 5 now, which is fewer" \
    "$FLYBALL" log follow back --key "$key" --state followed
ok "both checkpoints are kept" sh -c 'cmp followed.*.before shown/checkpoint &&
    cmp followed.*.now back/checkpoint && cmp followed shown/checkpoint'
"$FLYBALL" --docket old --clock 2026-12-01T00:00:00Z party x1 --role auditor --title X >/dev/null
"$FLYBALL" --docket old --clock 2026-12-01T00:00:00Z party x2 --role auditor --title X >/dev/null
"$FLYBALL" --docket old --clock 2026-12-01T00:00:00Z party x3 --role auditor --title X >/dev/null
"$FLYBALL" --docket old log export fork >/dev/null
ok "a log with two histories" exits 4 "do not begin as those before did" \
    "$FLYBALL" log follow fork --key "$key" --state followed
"$FLYBALL" --docket old log checkpoint >forked.checkpoint
ok "its checkpoint does not pass for ours" exits 4 "fewer than" \
    fly log verify --checkpoint forked.checkpoint
printf 'x' | dd of=shown/tile/entries/000.p/9 bs=1 seek=4 conv=notrunc 2>/dev/null
ok "an altered entry is named" exits 4 "entry 0 in 'shown/tile/entries/000.p/9'" \
    "$FLYBALL" log follow shown --key "$key"
ok "no such part" exits 2 "not something" fly log sing
finish
