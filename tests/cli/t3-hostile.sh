#!/bin/sh
# A hostile user: streams that are closed or full, pipes, strange names, escapes.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
make_docket >setup.out 2>&1 || { cat setup.out; exit 1; }

# full STREAM COMMAND...: a command whose output cannot be written fails with status 5.
full() {
    stream=$1
    shift
    status=0
    if [ "$stream" = closed ]; then
        "$@" >&- 2>full.err || status=$?
    else
        "$@" >/dev/full 2>full.err || status=$?
    fi
    [ "$status" = 5 ] || { echo "status $status, not 5"; return 1; }
    grep -q "standard output" full.err || { cat full.err; return 1; }
}
policy=$example/policies/aurora-framework.fly
for stream in closed full; do
    ok "version, output $stream" full $stream "$FLYBALL" version
    ok "help, output $stream" full $stream "$FLYBALL" help
    ok "status, output $stream" full $stream fly status
    ok "report, output $stream" full $stream fly report --html page.html
    ok "log verify, output $stream" full $stream fly log verify
    ok "policy check, output $stream" full $stream "$FLYBALL" policy check "$policy"
    ok "party, output $stream" full $stream fly party "new-$stream" --role developer
    ok "init, output $stream" full $stream "$FLYBALL" init "d-$stream" --party p --role regulator
done
ok "with all streams closed the ledger holds" sh -c '
    "$0" --docket "$1" --clock "$2" party closed --role developer <&- >&- 2>&-
    "$0" --docket "$1" log verify' "$FLYBALL" "$docket" "$clock"

mkfifo pipe
ok "a pipe is refused, not waited for" refused 5 "not a regular file" timeout 10 \
    "$FLYBALL" --docket "$docket" --clock "$clock" add pipe
ok "a folder" refused 5 "not a regular file" fly add "$docket"
ln -s nowhere link
ok "a link to nothing" refused 3 "link" fly add link
ok "no name" refused 3 "could not open" fly add ""
long=$(head -c 100000 /dev/zero | tr '\0' a)
ok "a party with an endless name" refused 3 "too long" fly party "$long" --role developer
ok "a signer with an endless name" refused 3 "too long" fly add --as "$long" system.json
ok "a docket with an endless name" exits 3 "too long" "$FLYBALL" --docket "$long" status
ok "a system with an endless name" exits 3 "no system" fly status "$long"
fly party "../../evil" --role developer >evil.out 2>&1
ok "no name of a party leads out of the folder" sh -c '! ls "$0"/../evil* "$0"/evil*' "$docket"

# has_no_escape FILE: no ESC, no C1 in it.
has_no_escape() { ! LC_ALL=C grep -q "$(printf '\033')\|$(printf '\302\233')" "$1"; }
printf 'policy "p"\n  title "\033[2J\302\23331m" 5\n' >esc.fly
"$FLYBALL" policy check esc.fly >esc.out 2>&1
ok "the line of a policy error has no escape" has_no_escape esc.out
"$FLYBALL" "$(printf 'x\302\23331m\033[2J')" >esc.out 2>&1
ok "nor has a word that is no command" has_no_escape esc.out
ok "stdin is not formatted in place" exits 2 "cannot be changed" "$FLYBALL" policy fmt --write -

ok "as-of takes options before its date" says '"as_of"' "$FLYBALL" as-of --docket "$docket" \
    2026-11-02 status --json
ok "as-of in as-of" exits 2 "goes with" fly as-of 2026-11-02 as-of 2026-11-01 status
ok "as-of before the first record" says "0 records" fly as-of 1000-01-01 status
ok "a system of the future is not there" says "no system" fly as-of 2026-11-01T00:01:30Z status

# Whoever corrects its own record again and again does not make the docket slow for all: CPU seconds.
awk 'BEGIN {
    for (i = 0; i < 12000; i++) {
        printf "{\"kind\":\"incident\",\"id\":\"incident/c%d\",\"subject\":\"system/aurora-2\",", i
        if (i > 0) printf "\"supersedes\":\"incident/c%d\",", i - 1
        printf "\"at\":\"2026-11-05T00:00:00Z\",\"body\":{\"title\":\"t\",\"class\":\"death\"}}\n"
    }
}' >chain.all
head -n 6000 chain.all >chain1.json
tail -n 6000 chain.all >chain2.json
ok "a record and half of its corrections" fly add --as aurora chain1.json
ok "the other half" fly add --as aurora chain2.json
quick() { (ulimit -t "$1" && shift && fly "$@"); }
ok "status is not slow for it" quick 2 status
ok "nor is due" quick 2 due

# An init that was refused can be repeated.
ok "init with a role that is none" exits 3 "role" "$FLYBALL" init again --party p --role emperor
ok "and then with one" "$FLYBALL" init again --party p --role regulator
ok "works without HOME" says "no system" env -u HOME "$FLYBALL" --docket again status
finish
