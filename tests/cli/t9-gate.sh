#!/bin/sh
# cmd_gate, gate, base/process: a program that runs only while its system may.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
gate() { "$FLYBALL" --docket "$docket" --clock "$clock" gate "$@"; }
# waits until COMMAND succeeds, for forty seconds at most
until_true() {
    left=100
    while [ "$left" -gt 0 ]; do
        "$@" >/dev/null 2>&1 && return 0
        sleep .4
        left=$((left - 1))
    done
    return 1
}
order() { # NUMBER ACTION MORE
    printf '{"kind": "order", "id": "order/%s", "subject": "system/aurora-2", "at": "2026-11-02",
      "body": {"action": "%s", "version": %s, "reasons": "weights were copied"%s}}' \
        "$1" "$2" "$1" "$3" >order.json
    fly add order.json
}
every=1
begin() { # PROGRAM: what runs behind the gate, asked each $every seconds; its number is in the file pid
    rm -f pid asked err left
    "$FLYBALL" --docket "$docket" --clock "$clock" gate --every $every --grace 1 train aurora-2 -- \
        sh -c "$1" 2>err &
    gate=$!
    until_true test -s pid
}
ends() { # STATUS: the gate ends with it
    status=0
    wait "$gate" || status=$?
    [ "$status" = "$1" ] || { echo "status $status"; cat err; return 1; }
}
gone() { ! kill -0 "$(cat "$1")" 2>/dev/null; }
ok "a docket" make_docket
ok "open" says "^open at .* of a simulated clock, by the [0-9]* records" gate train system/aurora-2
ok "by its short name" says "^open" gate train aurora-2
ok "runs a program, whose output is alone" sh -c '[ "$("$0" --docket "$1" --clock "$2" gate train aurora-2 -- echo hello 2>&1)" = hello ]' \
    "$FLYBALL" "$docket" "$clock"
ok "with its status" exits 7 "" gate train aurora-2 -- sh -c 'echo >&2; exit 7'
ok "or the signal's that killed it" exits 137 "" gate train aurora-2 -- sh -c 'echo >&2; kill -9 $$'
ok "its options are its own" says "^-a --every$" gate train aurora-2 -- echo -a --every
ok "SIGPIPE is as a shell gives it" exits 141 "" gate train aurora-2 -- sh -c 'echo >&2; kill -PIPE $$'
ok "no such program" exits 3 "could not run '/no/such'" gate train aurora-2 -- /no/such
ok "no such action" exits 2 "'fly' is no action" gate fly aurora-2
ok "no such system" exits 3 "the docket has no system 'other'" gate train other
ok "a system that reads as an option" exits 3 "no system '--help'" gate -- train --help
ok "nor an empty one" exits 3 "no system ''" gate -- train ""
ok "nothing runs for it" exits 3 "no system" gate train other -- touch ran
ok "nothing ran" test ! -e ran
ok "seconds" exits 2 "1 to 86400" gate --every 0 train aurora-2 -- true
ok "JSON and a program" exits 2 "without a program" gate --json train aurora-2 -- true
ok "what is trusted is a state" exits 2 "goes with --state" gate --trust train aurora-2
ok "a state has a name" exits 2 "needs a file" gate --state "" train aurora-2
ok "not without a program" exits 2 "for a program" gate --every 5 train aurora-2
ok "no docket is no" exits 3 "" "$FLYBALL" --docket nowhere gate train aurora-2 -- touch ran

# A halt comes while it runs.
ok "it runs" begin 'trap "echo asked >asked; exit 0" TERM; echo $$ >pid; while :; do sleep .1; done'
ok "a halt" order 1 halt ''
ok "it is asked to end" until_true test -s asked
ok "the answer is no" ends 1
ok "and why" grep -q "order in force: halt of system/aurora-2" err
ok "who was ended" grep -q "'sh' was ended: the gate is closed: 'aurora-2' may not train now" err
ok "it is closed" exits 1 "may not train now" gate train aurora-2
ok "in JSON too" sh -c '"$0" --docket "$1" --clock "$2" gate --json train aurora-2 2>err |
    grep -q "halt of system/aurora-2"' "$FLYBALL" "$docket" "$clock"
ok "nothing is started" exits 1 "may not train now" gate train aurora-2 -- touch ran
ok "nothing was" test ! -e ran
ok "a release" order 2 release ', "releases": "order/1"'
ok "opens it" says "^open" gate train aurora-2

# What does not listen is killed, with all that it started.
ok "a deaf one runs" begin 'trap "" TERM; sleep 1000 & echo $! >left; echo $$ >pid; wait; sleep 1000'
ok "another halt" order 3 halt ''
ok "ends it" ends 1
ok "it is gone" until_true gone pid
ok "with what it started" until_true gone left
ok "another release" order 4 release ', "releases": "order/3"'

# What is left behind ends with its program; a signal is passed on; nobody outlives the gate.
ok "one that leaves something" begin 'sleep 1000 >/dev/null 2>&1 & echo $! >left; echo $$ >pid'
ok "ends well" ends 0
ok "what it left is gone" until_true gone left
ok "one that is stopped from outside" begin 'trap "echo asked >asked; exit 0" TERM; echo $$ >pid; while :; do sleep .1; done'
kill -TERM "$gate"
ok "is told" until_true test -s asked
ok "with the signal's status" ends 143
ok "one whose gate dies" begin 'echo $$ >pid; exec sleep 1000'
kill -KILL "$gate"
ok "dies with it" until_true gone pid

# The ledger is put back to what it was before the halt; it is rewritten; it cannot be read for long.
cp -r "$docket" before
ok "a record" order 5 restrict ''
cp -r "$docket" after
ok "one more runs" begin 'echo $$ >pid; exec sleep 1000'
put_back() { # FOLDER: its ledger in the place of the docket's
    rm -f "$docket"/ledger.db-*
    cp "$1"/ledger.db "$docket"/ledger.new && mv "$docket"/ledger.new "$docket"/ledger.db
}
ok "an older ledger takes its place" put_back before
ok "that closes it" ends 4
ok "and says so" grep -q "the ledger was put back or rewritten" err
ok "it is gone" until_true gone pid
ok "the right one comes back" put_back after
ok "a state is kept" says "^open" gate --state seen train aurora-2
ok "between two runs too" put_back before
ok "it is noticed" exits 4 "put back or rewritten" gate --state seen train aurora-2 -- touch ran
ok "also by one that trusts it" exits 4 "put back or rewritten" gate --state seen --trust train aurora-2 -- touch ran
ok "but for one that remembers nothing" says "^open" gate train aurora-2
put_back after
ok "it goes on" says "^open" gate --state seen train aurora-2
ok "also for a new process" gate --state seen train aurora-2 -- true
ok "and for one that trusts it" gate --state seen --trust train aurora-2 -- true
chmod 0666 seen
ok "unless others can write it" exits 5 "others can write it" gate --state seen --trust train aurora-2 -- touch ran
chmod 0600 seen
# Another gate sees more, of a ledger that goes on: what it saw is not forgotten, and must be there.
cp -r "$docket" longer
"$FLYBALL" --docket longer --clock "$clock" party more --title More --role developer >/dev/null
rm -f pid both
"$FLYBALL" --docket "$docket" --clock "$clock" gate --every 1 --grace 1 --state both train aurora-2 -- \
    sh -c 'echo $$ >pid; exec sleep 60' 2>err &
gate=$!
ok "one runs" until_true test -s pid
ok "another sees more" "$FLYBALL" --docket longer --clock "$clock" gate --state both train aurora-2
cp both more
ok "which is missing in the ledger of the first" ends 4
ok "it is said" grep -q "the ledger was put back or rewritten" err
ok "what was seen stays" cmp both more
clock=2026-11-30T00:00:00Z
ok "an earlier clock is noticed" exits 3 "the clock was put back: it said 2026-12-01" gate --state seen train aurora-2
clock=2026-12-01T00:00:00Z
echo nonsense >torn
ok "a torn state closes it" exits 3 "" gate --state torn train aurora-2
# What passes soon costs nothing; what does not, ends it.
away() { mv "$docket"/ledger.db "$docket"/away && mkdir "$docket"/ledger.db; }
back() { rmdir "$docket"/ledger.db && mv "$docket"/away "$docket"/ledger.db; }
every=5
ok "one that is disturbed" begin 'echo $$ >pid; exec sleep 1000'
away
ok "says so" until_true grep -q "could not be asked, and is asked again: " err
back
sleep 12
ok "and runs on" kill -0 "$(cat pid)"
kill -TERM "$gate"
ok "until it is told" ends 143
every=1
ok "one that is cut off" begin 'echo $$ >pid; exec sleep 1000'
away
ok "not for ever" ends 5
ok "it is gone" until_true gone pid
back
ok "a last one runs" begin 'echo $$ >pid; exec sleep 1000'
mv "$docket"/ledger.db "$docket"/away
ok "no ledger closes it" ends 3
mv "$docket"/away "$docket"/ledger.db
cp "$docket"/ledger.db good
ok "a flipped byte" sh -c 'offset=$(grep -abo "weights were copied" "$0"/ledger.db | head -1 | cut -d: -f1)
    printf X | dd of="$0"/ledger.db bs=1 seek="$offset" conv=notrunc 2>/dev/null' "$docket"
ok "closes it" exits 4 "" gate train aurora-2 -- touch ran
ok "nothing ran" test ! -e ran
cp good "$docket"/ledger.db
ok "and it opens again" says "^open" gate train aurora-2
finish
