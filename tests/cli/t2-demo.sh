#!/bin/sh
# The example of the demo: what its status and explanations must say.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "the demo runs" make_demo
ok "it runs twice" sh -c 'cd tree && sh t/demo demo-docket'
ok "aurora-2: ruled out, one report overdue" says "^aurora-2 .*1 ruled out.*1 overdue" fly status
ok "aurora-3: not ruled out, may not be deployed" says "^aurora-3 .*1 not ruled out.* NO " fly status
ok "aurora-mini: exempt" says "^aurora-mini .*exempt.*nothing owed" fly status
ok "the case stands" says "^aurora-2 .*cyber: in" fly status
ok "before the evaluations nothing was ruled out" sh -c \
    '"$0" --docket "$1" as-of 2026-11-23 status | grep -q "^aurora-2 .*1 not ruled out"' "$FLYBALL" "$docket"
ok "the breach is stamped at its own instant" says '"breached": "2026-12-28T23:00:00Z"' fly status --json
ok "explain names the incident's record" says "incident/2026-001" \
    fly explain duty:eu/gpai-code/serious-incidents/initial_report:system/aurora-2,incident/2026-001
overdue=duty:eu/gpai-code/serious-incidents/initial_report:system/aurora-2,incident/2026-001
ok "explain says it in a sentence" says "Aurora had to report the serious incident" fly explain $overdue
ok "and which report does not count" says "its about is incident/2026-002, not" fly explain $overdue
ok "for programs, too" says '"said": "Aurora had to report' fly explain --json $overdue
ok "with what nearly counts" says '"near": {' fly explain --json $overdue
ok "a red line in a sentence" says "binds as if it were crossed" \
    fly explain redline:aurora/framework/cyber:system/aurora-3
ok "an order in a sentence" says "because a duty was broken: Aurora had to" \
    fly explain lest:duty:aurora/framework/hold.secure:system/aurora-3
ok "a licence in a sentence" says "may not deploy, for . reasons: (1)" \
    fly explain licence:deploy:system/aurora-3
ok "explain names the evaluations" says "evaluation/" fly explain redline:aurora/framework/cyber:system/aurora-3
ok "the licence names the commitment" says "frontier-framework\|red line\|deploy" fly explain licence:deploy:system/aurora-3
ok "the ledger holds" says "the ledger holds" fly log verify
# A document that was erased: what it showed is shown no more, and a rule is never dropped in silence.
blob_of() { # RECORD: the path of its document
    fly show --statement "$1" | sed 's/.*"document":"sha256:\([0-9a-f]*\)".*/\1/;s/^../&\//'
}
cp -r "$docket" erased
rm "erased/blobs/$(blob_of "$(fly log list | awk '$4 == "case" {print $5}')")"
ok "an erased case is undecided, and says why" sh -c '
    "$0" --docket erased --clock "$1" status | grep -q "^aurora-2 .*cyber: undecided.*NO *$" &&
    "$0" --docket erased --clock "$1" explain case:cyber | grep -q "source erased"' "$FLYBALL" "$clock"
ok "verification counts it as missing" says '"blobs_missing": 1' \
    "$FLYBALL" --docket erased log verify --json
cp -r "$docket" lawless
rm "lawless/blobs/$(blob_of policy/aurora/framework@1)"
ok "a policy without its document stops everything" exits 3 "policy record" \
    "$FLYBALL" --docket lawless --clock "$clock" status
# Proofs: every duty and red line has one that holds by the records, and a change of it does not.
proves() { # ID STATUS
    fly explain "$1" --proof p >made && grep -q "is $2, by" made &&
        fly explain --check p >checked && grep -q "is $2 at .*all right" checked
}
ok "an overdue report is proved" proves $overdue overdue
ok "a broken commitment is proved" proves duty:aurora/framework/hold.secure:system/aurora-3 overdue
ok "one that was relaxed, too" proves duty:aurora/framework/hold.deploy:system/aurora-2 relaxed
ok "a red line that nothing rules out" proves redline:aurora/framework/cyber:system/aurora-3 "not ruled out"
ok "and one out of scope" proves redline:aurora/framework/cyber:system/aurora-mini "out of scope"
ok "as it was known then" sh -c '
    "$0" --docket "$1" as-of 2026-12-20 explain '"$overdue"' --proof then >made &&
    grep -q "is owed" made && "$0" --docket "$1" explain --check then | grep -q "is owed at 2026-12-20"' \
    "$FLYBALL" "$docket"
fly explain $overdue --proof p >made
sed 's/"status":"overdue"/"status":"met"/' p >lie
ok "another verdict is refused" exits 1 "do.* not follow from the records: they give overdue" fly explain --check lie
sed 's/"verdict":"[^"]*"/"verdict":"licence:deploy:system\/aurora-3"/' p >lie
ok "another name of what is proved is refused" exits 1 "lie:1: what is proved is so, but .licence:.* is not its name" fly explain --check lie
sed 's/"verdict":"[^"]*/&#2/' p >lie
ok "and another number" exits 1 "#2. is not its name" fly explain --check lie
sed 's/"now":"[^"]*",/&"as_of":"2027-01-04T12:00:00Z",/' p >then
ok "it may be of what was known then" says "all right" fly explain --check then
sed 's/"now":"[^"]*",/&"as_of":"2026-12-20T00:00:00Z",/' p >lie
ok "but not of another instant" exits 1 "not of what was known" fly explain --check lie
sed 's/"relation":"report"/"relation":"incident"/' p >lie
ok "another step is refused" exits 1 "the step 'absent' at time-point .* is refused" fly explain --check lie
sed 's/"rule":"absent"/"rule":"computed"/' p >lie
ok "and what is no step, with its line" exits 3 "lie:2:" fly explain --check lie
sed '$d' p >lie
ok "a missing judgement is refused" exits 1 "the judgement '[a-z]*' is missing" fly explain --check lie
sed 's/"root":"[0-9a-f]*"/"root":"'"$(printf %064d 0)"'"/' p >lie
ok "so is another history" exits 1 "another ledger" fly explain --check lie
sed 's/"entries":43/"entries":4300/' p >lie
ok "and one of more records" exits 3 "about 4300 records" fly explain --check lie
echo '{}' >lie
ok "what is no proof is said so" exits 3 "needs 'flyball'" fly explain --check lie
: >lie
ok "nor is an empty file" exits 3 "no proof" fly explain --check lie
ok "a licence that is refused is proved" proves licence:deploy:system/aurora-3 "not allowed"
ok "so is one for which everything counts" proves "licence:act autonomously:system/aurora-3" "not allowed"
sed 's/"status":"not allowed"/"status":"allowed"/' p >lie
ok "that it is allowed does not follow" exits 1 "which is asked for here" fly explain --check lie
sed 's/"rests":\[{.*}\]/"rests":[]/' p >lie
ok "nor without what it rests on" exits 1 "." fly explain --check lie
ok "so is what is allowed, by all rules that could forbid it" proves licence:train:system/aurora-mini "allowed"
cp p allowed
awk '!/"about":"all that are owed"/ || out++' allowed >lie
ok "not with a rule left out" exits 1 "judgement .all that are owed. is missing" fly explain --check lie
sed 's/licence:train:/licence:deploy:/' allowed >lie
ok "nor of another action" exits 1 "." fly explain --check lie
ok "nor has a safety case" exits 3 "no red line, duty, order or licence" fly explain case:cyber --proof p
ok "--check goes alone" exits 2 "goes alone" fly explain --check p --json
ok "the proof itself on standard output" says '"kind":"duty"' fly explain $overdue --proof -
ok "status says the same each time" sh -c '
    "$0" --docket "$1" --clock "$2" status >one && "$0" --docket "$1" --clock "$2" status >two &&
    cmp one two' "$FLYBALL" "$docket" "$clock"
finish
