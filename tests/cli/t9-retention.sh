#!/bin/sh
# retention.c: until when documents are kept; `due` shows it, `blob erase` obeys it.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "a docket" make_docket
# blob NAME: a document of its own, and its digest in $NAME.
blob() {
    echo "the document $1" >"$1.txt"
    eval "$1=\$(fly blob add $1.txt | cut -d' ' -f1)"
}
blob incident
blob evaluation
blob framework
blob plain
cat >records.json <<END
[{"kind": "incident", "id": "incident/1", "subject": "system/aurora-2", "at": "2026-11-20",
  "body": {"title": "Theft", "class": "weights_theft", "known_to": "party/aurora", "known_at": "2026-11-20"}},
 {"kind": "report", "id": "report/1", "subject": "system/aurora-2", "at": "2026-11-21",
  "body": {"about": "incident/1", "to": "ai-office", "stage": "initial", "document": "$incident"}},
 {"kind": "evaluation", "id": "evaluation/1", "subject": "system/aurora-2", "at": "2026-11-20",
  "body": {"task": "cybench", "scorer": "s", "model": "m", "status": "success", "samples": 300,
   "began": "2026-11-19", "ended": "2026-11-20", "succeeded_any": 10, "succeeded_all": 10,
   "unresolved": 0, "log": "$evaluation"}},
 {"kind": "report", "id": "report/2", "at": "2026-11-22",
  "body": {"topic": "framework", "to": "public", "document": "$framework"}},
 {"kind": "report", "id": "report/3", "at": "2026-11-22",
  "body": {"topic": "news", "to": "public", "document": "$plain"}}]
END
ok "records with documents" fly add --as aurora records.json
ok "nothing is kept without a law that asks for it" sh -c '! "$0" --docket "$1" --clock "$2" due | grep -q "To be kept"' \
    "$FLYBALL" "$docket" "$clock"
ok "the incident says so too" says "No policy in force says how long" fly incident show incident/1
ok "and no date as JSON" says '"keep_until": *null' fly incident show incident/1 --json
ok "a law of incidents" fly add "$root/packs/eu/gpai-incident-reports.fly"
ok "five years for what belongs to an incident" says \
    "2031-12-01 00:00  document of report/1, sha256:.*of incident/1, 5 years after the last word (Code of Practice, Measure 9.4)" fly due
ok "nothing else without a law that asks for that" says "To be kept until then (1)" fly due
ok "as JSON" says '"until": "2031-12-01T00:00:00Z"' fly due --json
# A developer's own word prolongs what a law asks for and does not shorten it.
cat >own.json <<END
{"kind": "incident", "id": "incident/1b", "supersedes": "incident/1", "subject": "system/aurora-2", "at": "2026-12-01",
 "body": {"title": "Harm", "class": "serious_harm", "keep_until": "2026-12-11"}}
END
ok "an incident that says less" fly add --as aurora own.json
ok "is kept as long as before" says "2031-12-01 00:00  document of report/1.*5 years after the last" fly due
ok "and shown so" says "To be kept until 2031-12-01.*5 years after the last word" fly incident show incident/1
ok "it is not erased before" refused 3 "must be kept until 2031-12-01 00:00: it belongs to incident/1" \
    fly blob erase "$incident" --reason "we are tidying up" --as aurora
ok "and is still there" says "present  $incident" fly blob list
ok "what nothing keeps is erased" fly blob erase "$plain" --reason "a person asked for it" --as aurora
ok "laws" fly add "$root/packs/eu/gpai-code.fly" "$root/packs/us/california-sb53.fly"
ok "a framework is kept for five years" says "2031-12-01 00:00  document of report/2.*22757.12" fly due
clock=2026-12-10T00:00:00Z
cat >deployment.json <<END
{"kind": "deployment", "id": "deployment/1", "subject": "system/aurora-2", "at": "2026-12-09",
 "body": {"scope": "external"}}
END
ok "the model comes to the market" fly add --as aurora deployment.json
ok "its evaluations are kept for ten years" says \
    "2036-12-10 00:00  log of evaluation/1.*10 years after it came to the market with deployment/1" fly due
ok "in the table for spreadsheets" says \
    '^"report/2","kept","kept","party/aurora","","keep document sha256:.*,"2031-12-01T00:00:00Z","","","of report/2.*5 years' \
    fly due --csv
ok "in the calendar" sh -c '"$0" --docket "$1" --clock "$2" due --ics k.ics && tr -d "\r" <k.ics | grep -A1 "^DTSTART:20361210T000000Z" |
    grep -q "^SUMMARY:aurora: keep log of evaluation/1 until then" && test "$(grep -c "^BEGIN:VEVENT" k.ics)" = 3' \
    "$FLYBALL" "$docket" "$clock"
ok "the next end comes first" sh -c '"$0" --docket "$1" --clock "$2" due --json | sed -n "s/.*\"until\": \"\(20[^T]*\)T.*/\1/p" |
    tail -3 | tr "\n" " " | grep -q "2031-12-01 2036-12-10 2036-12-10"' "$FLYBALL" "$docket" "$clock"
ok "of one party" says "To be kept until then (3)" fly due --party aurora
ok "and of none" sh -c '! "$0" --docket "$1" --clock "$2" due --party institute | grep -q "To be kept"' \
    "$FLYBALL" "$docket" "$clock"
ok "as it was known then" says "To be kept until then (2)" fly as-of 2026-12-01T00:00:01Z due
cat >keep.json <<END
{"kind": "decision", "id": "decision/keep", "at": "2026-12-10", "body": {"topic": "retention",
 "about": "incident/1", "outcome": "granted", "reasons": "a suit is pending", "valid_until": "2041-01-01"}}
END
ok "an authority prolongs" fly add keep.json
ok "to its date" says "2041-01-01 00:00  document of report/1.*as decision/keep decided" fly due
sed 's#decision/keep#decision/short#; s/2041/2027/' keep.json >short.json
ok "a decision does not shorten" sh -c '"$0" --docket "$1" --clock "$2" add short.json >/dev/null &&
    "$0" --docket "$1" --clock "$2" due | grep -q "2041-01-01 00:00  document of report/1"' \
    "$FLYBALL" "$docket" "$clock"
cat >order.json <<END
{"kind": "decision", "id": "decision/court", "at": "2026-12-10", "subject": "system/aurora-2",
 "body": {"topic": "erasure", "outcome": "granted", "reasons": "the log names people"}}
END
sed 's#decision/court#decision/own#' order.json >own.json
ok "an order, and one of the developer itself" sh -c '"$0" --docket "$1" --clock "$2" add order.json &&
    "$0" --docket "$1" --clock "$2" add --as aurora own.json' "$FLYBALL" "$docket" "$clock"
ok "what is no order" refused 3 "no decision on record that grants an erasure" \
    fly blob erase "$evaluation" --reason r --order report/1 --as aurora
ok "nor one of one's own" refused 3 "by 'party/aurora', who erases" \
    fly blob erase "$evaluation" --reason r --order decision/own --as aurora
printf '%s' '{"kind":"system","id":"system/borealis-1","at":"2026-12-10","body":{"title":"B","developer":"party/aurora"}}' >b.json
ok "another system" fly add --as aurora b.json
odd() { # NAME SED SAYS
    sed "s#decision/court#decision/$1#; $2" order.json >odd.json
    ok "a decision that is not it: $1" fly add odd.json
    ok "does not let it go: $1" refused 3 "$3" fly blob erase "$evaluation" --reason r --order "decision/$1" --as aurora
}
odd other 's#aurora-2#borealis-1#' "about something else"
odd refused 's#granted#refused#' "no decision on record that grants"
odd topic 's#"erasure"#"waiver"#' "no decision on record that grants"
ok "an order on record lets it go" fly blob erase "$evaluation" --reason "ordered" --order decision/court --as aurora
ok "and says until when it was to be kept" says '"kept_until":"2036-12-10T00:00:00Z".*"order":"decision/court"' \
    sh -c '"$0" --docket "$1" show "erasure/$(echo "$2" | cut -c8-23)" --statement' \
    "$FLYBALL" "$docket" "$evaluation"
ok "it is not listed any more" says "To be kept until then (2)" fly due
cat >bare.json <<END
{"kind": "erasure", "id": "erasure/bare", "at": "2026-12-10", "body": {"digest": "$incident", "reason": "by hand"}}
END
ok "an erasure that is filed by hand" fly add --as aurora bare.json
ok "is no way round" refused 3 "must be kept until 2041-01-01 00:00" \
    fly blob erase "$incident" --reason r --as aurora
sed 's#erasure/bare#erasure/claimed#; s#"by hand"#"by hand", "order": "decision/own"#' bare.json >claimed.json
ok "one by hand that names an order of one's own is refused" refused 3 "by 'party/aurora', who erases" \
    fly add --as aurora claimed.json
ok "a reason lets it go, and stays on record" fly blob erase "$incident" --reason r --as aurora \
    --despite "the vault burns"
ok "the latest erasure has it" says '"despite":"the vault burns"' sh -c \
    '"$0" --docket "$1" show "erasure/$(echo "$2" | cut -c8-23)" --statement' "$FLYBALL" "$docket" "$incident"
clock=2031-12-01T00:00:00Z
ok "on the day itself nothing keeps it" fly blob erase "$framework" --reason "its time is over" --as aurora
ok "nothing is left to keep" sh -c '! "$0" --docket "$1" --clock "$2" due | grep -q "To be kept"' \
    "$FLYBALL" "$docket" "$clock"
ok "the ledger verifies" fly log verify
finish
