#!/bin/sh
# A limit on the size of files (`ulimit -f`) is met as a full disk is: with an error, not by the
# signal that it would be killed by; and nothing that was acknowledged is lost.
. "$(dirname "$0")/lib.sh"

ok "a docket" make_docket
report() { # NUMBER
    printf '{"kind": "report", "id": "report/%s", "at": "2026-11-01", "body": {"topic": "news", "to": "public", "text": "%s"}}' \
        "$1" "$(head -c 3000 /dev/zero | tr '\0' x)"
}
# Adds reports under a limit until one is refused; the ids of those that were acknowledged go to said.
fill() { # BLOCKS
    : >said
    n=0
    status=0
    while [ $status -eq 0 ] && [ $n -lt 60 ]; do
        n=$((n + 1))
        report "$1-$n" >one.json
        (ulimit -f "$1" && "$FLYBALL" --docket "$docket" --clock "$clock" add --as aurora one.json) \
            >fill.out 2>fill.err || status=$?
        [ $status -ne 0 ] || echo "report/$1-$n" >>said
    done
    cat fill.err
    echo "status $status"
}
kept() {
    while read -r id; do
        fly show "$id" >/dev/null || { echo "$id is gone"; return 1; }
    done <said
}
# In blocks of 512 or 1024 bytes, as the shell has it; from what the largest file of the docket has.
largest=$(find "$docket" -type f -exec wc -c {} + | grep -v " total$" | sort -n | tail -1 | sed 's/^ *\([0-9]*\) .*/\1/')
unit=512
sh -c "ulimit -f 1; head -c 1024 /dev/zero >probe" 2>/dev/null && unit=1024
for room in 0 20 60; do
    blocks=$(((largest + room * 1024) / unit))
    ok "it ends with an error, $room KiB on" sh -c 'case $1 in *"status 5") ;; *) echo "$1"; exit 1 ;; esac' - "$(fill $blocks)"
    ok "that says so" grep -q "ulimit -f" fill.err
    ok "what was acknowledged is there" kept
    ok "and the ledger verifies" fly log verify --full
done
ok "some were acknowledged" test -s said
ok "without the limit it goes on" sh -c '
    printf "%s" "{\"kind\": \"report\", \"id\": \"report/after\", \"at\": \"2026-11-01\", \"body\": {\"topic\": \"news\", \"to\": \"public\"}}" >after.json
    "$0" --docket "$1" --clock "$2" add --as aurora after.json' "$FLYBALL" "$docket" "$clock"
ok "so does a file that is written" sh -c '(ulimit -f 1 && "$0" policy compare --json "$2"/*.fly >big.json) 2>err
    [ $? -eq 5 ] && grep "standard output.: File too large" err && grep "ulimit -f" err' "$FLYBALL" - "$root/packs/commitments"
ok "a program behind the gate meets it as a shell gives it" exits 153 "" fly gate train aurora-2 -- sh -c 'echo >&2; kill -XFSZ $$'
finish
