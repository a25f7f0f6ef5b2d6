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
fly party late --role auditor --title Late >/dev/null
fly log export shown >/dev/null
ok "a ledger that was set back is refused" exits 4 "shows 7 entries, but the ledger has only 5" \
    "$FLYBALL" --docket old log export shown
ok "tail" sh -c '[ "$("$0" --docket "$1" log tail --count 2 | wc -l)" = 2 ]' "$FLYBALL" "$docket"
ok "tail ends with the last" says "party/late" fly log tail --count 2
ok "tail wants a number" exits 2 "no number" fly log tail --count two
ok "export wants a folder" exits 2 "more arguments" fly log export
ok "no such part" exits 2 "not something" fly log sing
finish
