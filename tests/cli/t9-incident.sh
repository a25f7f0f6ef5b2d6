#!/bin/sh
# cmd_incident: file, show and due; incidents.c reads AIID and STIX; classes.c, incident.c.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "a docket" make_docket
clock=2027-03-01T09:00:00Z
ok "laws" fly add "$root/packs/eu/gpai-serious-incidents.fly" \
    "$root/packs/eu/gpai-incident-reports.fly" "$root/packs/us/california-sb53.fly" \
    "$root/packs/us/new-york-raise.fly" "$root/packs/us/bis-2024-proposal.fly"
ok "what is asked for is explained" says "Left out, the clocks cannot be told" \
    fly incident file --explain
ok "every class with its laws" says "weights_theft.*California" fly incident file --explain
clock=2027-03-02T09:00:00Z
ok "an incident is filed by command" says "filed as 'incident/theft'" fly incident file --as aurora \
    --id theft --system aurora-2 --class weights_theft --title "Weights were taken" \
    --known-to aurora --known-at 2027-03-02T08:00:00Z --state open
ok "each law has its clock: the EU five days, not on a Sunday" says "owed, due 2027-03-08 23:00 UTC, from 2027-03-02" \
    fly incident due theft
ok "its size decides: no clock of New York" sh -c '! "$0" --docket "$1" --clock "$2" \
    incident due theft | grep -q new-york' "$FLYBALL" "$docket" "$clock"
# incident_why: the first condition that does not hold, and its fact.
ok "and why not" says "not owed: training_compute_flop of system/aurora-2 is 2.1e25, and the rule asks for more than 1e26" \
    fly incident show theft
ok "for each clock" grep -q "not owed: its state is open, and the rule asks for closed" says.out
ok "who said what, and when" says "incident/theft by aurora.*known to aurora since 2027-03-02 08:00" \
    fly incident show theft
ok "until when it is kept" says "To be kept until 2032-03-02" fly incident show theft
ok "as JSON" says '"due": "2027-03-08T23:00:00Z"' fly incident due theft --json
ok "filed without a date of awareness" fly incident file --as aurora --id quiet --system aurora-2 \
    --class death --title "Somebody died" --deaths 1
ok "nothing is guessed" says "cannot tell: needs date of awareness (known_at)" \
    fly incident due quiet
ok "filed without a class" fly incident file --as aurora --id what --system aurora-2 --title "It went wrong"
ok "its class is asked for" says "cannot tell: needs its class (class)" fly incident due what
clock=2027-03-03T09:00:00Z
ok "a correction tells since when" fly incident file --as aurora --id quiet-2 --corrects quiet \
    --system aurora-2 --class death --title "Somebody died" --deaths 1 --known-to aurora \
    --known-at 2027-03-02
ok "the clock of the first runs" says "owed, due 2027-03-12 23:00" fly incident due quiet
ok "both versions stand" [ "$(fly incident show quiet | grep -c '^  2027.*incident/quiet')" = 2 ]
clock=2027-03-04T09:00:00Z
cat >report.json <<'EOF'
{"kind": "report", "id": "report/1", "subject": "system/aurora-2", "at": "2027-03-04",
 "body": {"about": "incident/theft", "to": "ai-office", "stage": "initial"}}
EOF
ok "the first report" fly add --as aurora report.json
ok "opens the next stage" says "intermediate_report.*owed by aurora" fly incident due theft
ok "as of before, it does not" sh -c '"$0" --docket "$1" --clock "$2" as-of 2027-03-03 due |
    grep -q "weights\|theft"' "$FLYBALL" "$docket" "$clock"

# A policy that the docket has only since the incident was known: the law applied all the same.
docket=$PWD/late
ok "a docket" make_docket
clock=2027-03-02T09:00:00Z
ok "an incident that was known for a week" fly incident file --as aurora --id old --system aurora-2 --class death \
    --title "Somebody died" --known-to aurora --known-at 2027-02-22T08:00:00Z
ok "before the law is there" fly add "$root/packs/eu/gpai-serious-incidents.fly"
ok "is due by the law itself" says '"due": "2027-03-04T23:00:00Z"' fly incident due old --json
ok "also among all" says '2027-03-04 23:00' fly due
ok "one that was known after" fly incident file --as aurora --id new --system aurora-2 --class death \
    --title "Somebody died" --known-to aurora --known-at 2027-03-02T09:00:00Z
ok "is due from then" says '"due": "2027-03-12T23:00:00Z"' fly incident due new --json
# A further system that had a part in it has clocks of its own, also when a correction says that it had none.
cat >part.json <<'END'
[{"kind": "system", "id": "system/other", "at": "2027-03-01", "body": {"title": "Other", "developer": "party/aurora",
  "training_compute_flop": 3e25}},
 {"kind": "incident", "id": "incident/both", "subject": "system/aurora-2", "at": "2027-03-02", "body": {"title": "T",
  "class": "death", "known_to": "party/aurora", "known_at": "2027-03-02T09:00:00Z", "systems": ["system/other"]}}]
END
ok "an incident of two systems" fly add --as aurora part.json
ok "has the clocks of both, each once" [ "$(fly incident due both --csv | grep -c '"owed"')" = "$(fly due --csv |
    grep -c 'incident/both')" ]
ok "which are some" [ "$(fly incident due both --csv | grep -c '"owed"')" -gt 0 ]
clock=2027-03-03T09:00:00Z
python3 - >apart.json <<'END'
import json
i = json.load(open("part.json"))[1]
i.update(id="incident/one", supersedes="incident/both", at="2027-03-03")
del i["body"]["systems"]
print(json.dumps(i))
END
before=$(fly incident show both --csv | grep -c '"runs"')
ok "a correction takes one out" fly add --as aurora apart.json
ok "what was owed for it stays in sight" [ "$(fly incident show both --csv | grep -c '"runs"')" = "$before" ]
docket=$folder/docket
clock=2027-03-04T09:00:00Z

# incident_why.c: conditions out of order, of two facts, tangled, and of what is no record.
duty() {
    printf '\nduty %s(S, I)\n  title "%s"\n  when  incident I of system S%s\n  if    %s\n' "$@"
    printf '  party "aurora"\n  must  report I to "o"\n  within 9 days\n'
}
{
    printf 'policy "odd"\n  title "T"\n  source "test"\n  version 1\n'
    duty before before '' '(N > 3 or M > 3) and incident I of system S with deaths N, injured M'
    duty two two ' with deaths N, injured M' 'N > M'
    duty left left ' with class C, deaths N' 'not (C is other or N < 3)'
    duty double double ' with class C, deaths N' 'not (not (N > 3 and C is death))'
    duty system system ' and system S with training_compute_flop F, developer P' \
        'not (F < 1e26 FLOP or P is "institute")'
    duty other other '' 'safety case "c" of S stands'
} >odd.fly
ok "rules of all shapes" fly add odd.fly
ok "an incident for them" fly incident file --as aurora --id odd --system aurora-2 --class other \
    --title Odd --deaths 1 --injured 2
fly incident show odd >odd.out
reason() { grep -A1 "odd/$1" odd.out | grep -q "not owed: $2 (test)$"; }
ok "a comparison before its fact" reason before "its deaths is 1, and the rule asks for more than 3"
ok "two facts that are compared" reason two "its injured is 2, and the rule asks for less than 1"
ok "what must not hold: the side that does" reason left "its class is other, which the rule leaves out"
ok "of the system, too" reason system "training_compute_flop of system/aurora-2 is 2.1e25, and the rule \
leaves out what is less than 1e26"
ok "a denial of a denial" reason double "its deaths is 1, and the rule asks for more than 3"
ok "what is no record" reason other "its class (other), its system and its record do not rule it \
out; another record that the rule asks for is missing, or a fact is not said"

ok "no part" exits 2 "not something" fly incident lose
ok "no system" exits 2 "needs --system and --title" fly incident file --title T
ok "no such class" exits 2 "is no class" fly incident file --system aurora-2 --title T --class deth
ok "no such incident" exits 3 "nothing" fly incident show nothing
ok "no incident but another record" exits 3 "is no incident" fly incident show system/aurora-2
ok "a count that is none" refused 3 "deaths" fly incident file --system aurora-2 --title T --deaths many
ok "a system that is not there" refused 3 "system/none" fly incident file --system none --title T

cat >stix.json <<'EOF'
{"type": "bundle", "id": "bundle--1", "objects": [
 {"type": "identity", "id": "identity--1", "name": "Somebody"},
 {"type": "incident", "spec_version": "2.1", "id": "incident--5f6ce0fb-5e3f-4b0f-8b1a-000000000001",
  "created": "2027-03-01T10:00:00.000Z", "name": "A breach", "labels": ["cyber_breach"]}]}
EOF
ok "STIX 2.1" says "stix, 1 record" fly add --as aurora --subject system/aurora-2 stix.json
ok "its class comes from a label" says "class cyber_breach" fly incident due \
    incident--5f6ce0fb-5e3f-4b0f-8b1a-000000000001
echo '{"type": "bundle", "id": "bundle--2", "objects": [{"type": "malware", "name": "x"}]}' >none.json
ok "STIX without incidents" refused 3 "no STIX object of type incident" fly add none.json
echo '{"type": "incident", "spec_version": "2.1", "id": "incident--1"}' >bad.json
ok "a STIX incident without a name" refused 3 "needs 'id' and 'name'" fly add bad.json
cat >aiid.json <<'EOF'
[{"incident_id": 9001, "date": "2026-05-05", "title": "It hurt somebody",
  "Alleged developer of AI system": ["some company"], "description": "At a crossing."}]
EOF
ok "AIID as JSON: a party, a system, an incident" says "aiid, 3 records" fly add aiid.json
cat >answer.json <<'EOF'
{"data":{"incidents":[
 {"incident_id":9002,"date":"2026-05-05","title":"Of a query","AllegedDeveloperOfAISystem":[{"entity_id":"a","name":"Firma Ä"}]},
 {"incident_id":9003,"date":"2026-05-05","title":"Of another","AllegedDeveloperOfAISystem":[{"entity_id":"b","name":"Firma Ö"}]}]}}
EOF
ok "what the database answers: two companies stay two" says "aiid, 6 records" fly add answer.json
sed 's/"date":"2026-05-05","title":"Of another"/"date":"soon","title":"T"/' answer.json >later.json
ok "a bad one of them, by its number" refused 3 "later.json:3:.*incident 2" fly add later.json
printf 'incident_id,date,title\n7,yesterday,T\n' >bad.csv
ok "a date that is none, with its line" refused 3 "bad.csv:2" fly add bad.csv

shared=${FB_SHARED:-$root/../shared}/data/registry/aiid/aiid_incidents_first800.csv
if [ -f "$shared" ]; then
    docket=$folder/aiid clock=2028-06-01T00:00:00Z
    ok "a docket of an institute" "$FLYBALL" --clock "$clock" init "$docket" --simulated \
        --party institute --title I --role regulator
    ok "all packs" fly add "$root"/packs/*/*.fly
    ok "800 real incidents" says "aiid, 1418 records" fly add "$shared"
    ok "run through all of them" sh -c '"$0" --docket "$1" --clock "$2" incident due --json >due.json' \
        "$FLYBALL" "$docket" "$clock"
    ok "every one is there" [ "$(grep -c '"incident": ' due.json)" = 800 ]
    ok "every clock is explained" sh -c '[ "$(grep -c "\"why\": \"." due.json)" = \
        "$(grep -c "\"rule\": " due.json)" ]'
    ok "no date is guessed: nobody said who knew when" sh -c '! grep -q "\"due\": \"" due.json'
    ok "what is missing is named" grep -q "needs its class" due.json
    ok "none of them has a clock of a law that came later" sh -c '! grep -q "\"state\": \"runs\"" due.json &&
        grep -q "not owed: its began is 2018-03-18T00:00:00Z, and the rule leaves out what is before 2025-08-02" due.json'
    ok "whatever its class" says "its began is .* and the rule leaves out what is before" fly incident show aiid-23
    ok "what is decided is decided" sh -c 'grep -q "not owed: its class is other, and the rule asks for" due.json &&
        ! grep -q "what is on record about it" due.json'
else
    skip "800 real incidents" "$shared is absent"
fi
ok "clocks as a table" sh -c '"$0" --docket "$1" --clock "$2" incident due --csv >clocks.csv && python3 - <<END
import csv
rows = list(csv.DictReader(open("clocks.csv", newline="")))
assert rows and all(r["state"] in ("runs", "cannot tell") and r["why"] for r in rows)
assert all(r["needs"] for r in rows if r["state"] == "cannot tell")
assert all(r["due"] == "" or r["due"][10] == "T" for r in rows)
END' "$FLYBALL" "$docket" "$clock"
ok "one form" exits 2 "exclude each other" fly incident due --csv --json
finish
