#!/bin/sh
# The commands on good input, and wrong use of them: cmd_docket, cmd_status, cmd_log, cmd_help,
# cmd_policy.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

ok "help lists the commands" says "status" "$FLYBALL" help
ok "no argument is help" says "Commands:" "$FLYBALL"
ok "version" says "^flyball [0-9]" "$FLYBALL" version
for command in init party add status explain as-of report show policy log monitor schema bench completion \
    version help; do
    ok "$command --help has a usage line" says "^Usage: flyball $command" "$FLYBALL" $command --help
done
ok "an unknown command" exits 2 "is not a command" "$FLYBALL" frobnicate
ok "an unknown option" exits 2 "no option '--frob'" "$FLYBALL" status --frob
ok "an option without its value" exits 2 "needs a value" "$FLYBALL" add --as
ok "a flag with a value" exits 2 "takes no value" "$FLYBALL" status --json=1
ok "help of a part of evidence" says "^Usage: flyball evidence eci \[OPTIONS\] SCORES.csv$" \
    "$FLYBALL" help evidence eci
ok "has its options" grep -q "^ *--anchor NAME" says.out
ok "and no others" sh -c '! grep -qe "--threshold" says.out'
ok "the same by --help" sh -c '"$0" evidence eci --help | cmp - says.out' "$FLYBALL"
ok "help of all of it lists the parts" says "^ *eci SCORES.csv  *one scale" "$FLYBALL" help evidence
ok "help of no part" exits 2 "no help on 'evidence frob'" "$FLYBALL" help evidence frob
ok "only evidence has help of parts" exits 2 "no help on 'policy check'" "$FLYBALL" help policy check
ok "an option of help stands once" sh -c '"$0" help evidence | grep -e "--top" | wc -l | grep -qx 1' \
    "$FLYBALL"
ok "misuse of a part tells its usage" exits 2 \
    "Usage: flyball evidence eci \[OPTIONS\] SCORES.csv; .flyball help evidence eci. has" \
    "$FLYBALL" evidence eci --threshold 5%
ok "what is lacking, of the part" exits 2 "^flyball: .flyball incident show. needs more arguments" \
    "$FLYBALL" incident show
ok "with its usage" grep -q "Usage: flyball incident show \[OPTIONS\] INCIDENT; .flyball help incident. has" \
    exits.err
ok "parts that share their arguments" exits 2 "Usage: flyball policy \[OPTIONS\] check|explain|fmt" \
    "$FLYBALL" policy check
ok "a system that is named as a part" exits 2 "Usage: flyball dossier \[OPTIONS\] SYSTEM | --check" \
    "$FLYBALL" dossier read two
ok "too many arguments" exits 2 "too many" "$FLYBALL" schema a b
ok "status without a docket" exits 3 "no docket" "$FLYBALL" status
ok "a docket that is not there" exits 3 "no docket in" "$FLYBALL" --docket nowhere status
ok "init without a party" exits 2 "first party" "$FLYBALL" init d
ok "a clock for a real docket" exits 2 "only for dockets" \
    "$FLYBALL" --clock 2026-01-01 init d --party p --role regulator

ok "init, party, add" make_docket
ok "init does not overwrite" exits 3 "already" "$FLYBALL" --docket "$docket" \
    init "$docket" --party x --role regulator
ok "status names the system" says "^aurora-2" fly status
ok "status --json is JSON" says '"id": "system/aurora-2"' fly status --json
ok "status of one system" says "^aurora-2" fly status aurora-2
ok "status of an unknown one" exits 3 "no system 'x'" fly status x
ok "show prints the statement" says '"training_compute_flop":2.1e' fly show system/aurora-2
ok "show of nothing" exits 3 "no record" fly show system/none
ok "log verify" says "the ledger holds" fly log verify
ok "log list" says "system/aurora-2" fly log list
ok "log list --json" says '"statement":{' fly log list --json
ok "schema of a kind" says "training_compute_flop" "$FLYBALL" schema system
ok "schema of nothing" exits 3 "no kind" "$FLYBALL" schema nothing
ok "explain of nothing" exits 3 "no verdict" fly explain nothing
ok "report writes a page" fly report --html page.html
ok "the page is one" grep -q "</html>" page.html
ok "the page links to nothing" sh -c '! grep -qE "(src|href)=\"https?:" page.html'
ok "as-of before the system" sh -c '! "$0" --docket "$1" as-of 2026-11-01T00:01:30Z status | grep -q ^aurora' \
    "$FLYBALL" "$docket"
ok "bench measures" says "mb_per_s" "$FLYBALL" bench json
ok "bench --json is a line a case" says '^{"bench":"json","case":"stream","metric":"mb_per_s","value":' \
    "$FLYBALL" bench json --json
ok "an unknown benchmark" exits 2 "no benchmark" "$FLYBALL" bench nothing
ok "as-of needs a date" exits 3 "is not a time" fly as-of yesterday status
ok "as-of does not add" exits 2 "goes with" fly as-of 2026-11-01 add system.json
ok "completion for bash is bash" sh -c '"$0" completion bash | bash -n' "$FLYBALL"
ok "a real docket refuses --clock" sh -c '
    "$0" init real --party p --role regulator &&
    ! "$0" --docket real --clock 2030-01-01 status 2>err && grep -q "real clock" err' "$FLYBALL"

# Nothing of ours is needed to check a signature.
if command -v ssh-keygen >/dev/null; then
    fly show --statement system/aurora-2 >s
    fly show --signature system/aurora-2 >s.sig
    fly log signers >signers
    ok "ssh-keygen verifies a stored record" sh -c \
        'ssh-keygen -Y verify -f signers -I party/aurora -n flyball/system -s s.sig <s'
    printf x >>s
    ok "and refuses it when a byte is added" sh -c \
        '! ssh-keygen -Y verify -f signers -I party/aurora -n flyball/system -s s.sig <s'
else
    skip "ssh-keygen verifies a stored record" "ssh-keygen is absent"
fi
# Names of rules are words where people read them.
fly add "$root/packs/plan/red-lines.fly" >/dev/null
fly report --html page.html >/dev/null
ok "red lines of the table are words" grep -q '<span>self replication</span>' page.html
ok "those of the timeline, too" grep -q '>self replication</text>' page.html
ok "and when one points at them" grep -q '<title>self replication: ' page.html
finish
