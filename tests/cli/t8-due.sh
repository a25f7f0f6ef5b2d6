#!/bin/sh
# cmd_due and cmd_amended: what is owed over a docket, as text, JSON and a calendar; corrections.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "the demo runs" make_demo
ok "the report is overdue, to whom it is owed" says \
    "^  [0-9a-f]*  2026-12-28 23:00  aurora to ai-office: report the serious incident" fly due
ok "since when, by which rule" says "overdue for 6 days 13 hours; rule initial_report of eu/" fly due
ok "groups and deadlines are in order" sh -c '"$0" --docket "$1" --clock "$2" due --json |
    sed -n "s/^      \"group\": \"\(.*\)\",/\1/p" | tr "\n" " " >groups
    [ "$(cat groups)" = "overdue overdue owed held " ]' "$FLYBALL" "$docket" "$clock"
ok "before its deadline it is owed" says "owed, 8 days 23 hours left" fly as-of 2026-12-20 due
ok "a party that owes" says '"overdue": 2' fly due --party aurora --json
ok "the same by its id" says '"overdue": 2' fly due --party party/aurora --json
ok "a party that owes nothing" says "nothing is owed" fly due --party institute
ok "has a calendar, which has a component" sh -c '"$0" --docket "$1" --clock "$2" due --party institute --ics - |
    tr -d "\r" | tr "\n" " " | grep -q "BEGIN:VTIMEZONE TZID:UTC BEGIN:STANDARD .* END:VTIMEZONE END:VCALENDAR"' \
    "$FLYBALL" "$docket" "$clock"
ok "no party" exits 3 "no party 'nobody'" fly due --party nobody
ok "a party without a name" exits 2 "needs a name" fly due --party ''
ok "one form at a time" exits 2 "exclude each other" fly due --ics due.ics --json
ok "no such folder" exits 3 "none/due.ics" fly due --ics none/due.ics
ok "the calendar" says "wrote due.ics: 2 overdue, 1 owed, 0 undated, 0 late" fly due --ics due.ics
ok "on standard output it is the same" sh -c '"$0" --docket "$1" --clock "$2" due --ics - |
    cmp - due.ics' "$FLYBALL" "$docket" "$clock"
ok "and nothing but these" [ "$(grep -c '^BEGIN:VTIMEZONE' due.ics)" = 0 ]
ok "three to-dos" [ "$(grep -c '^BEGIN:VTODO' due.ics)" = 3 ]
ok "every line ends in CR and LF and has 75 octets at most" sh -c '
    [ "$(grep -c "" due.ics)" = "$(tr -dc "\r" <due.ics | wc -c)" ] &&
    ! tr -d "\r" <due.ics | grep -q "^.\{76\}"'
ok "its deadline and stamp" sh -c 'tr -d "\r" <due.ics | grep -q "^DUE:20261228T230000Z$" &&
    tr -d "\r" <due.ics | grep -q "^DTSTAMP:20270104T120000Z$"'
grep ^UID: due.ics >before
cat >report.json <<'END'
{"kind": "report", "id": "report/late", "subject": "system/aurora-2", "at": "2027-01-05",
 "body": {"about": "incident/2026-001", "to": "ai-office", "stage": "initial"}}
END
clock=2027-01-05T00:00:00Z
ok "the report comes late" fly add --as aurora report.json
ok "that is shown for ever" says "met late on 2027-01-05 00:00" \
    "$FLYBALL" --docket "$docket" --clock 2035-01-01T00:00:00Z due
late=duty:eu/gpai-code/serious-incidents/initial_report:system/aurora-2,incident/2026-001
ok "of what came in time it says why it did not count" \
    says "one record of kind report that came in time does not count" fly explain "$late"
ok "what came too late is not among it" sh -c '! "$0" --docket "$1" --clock "$2" explain "$3" |
    grep -q "report/late, on record since"' "$FLYBALL" "$docket" "$clock" "$late"
ok "the calendar completes it" says "1 overdue, 1 owed, 0 undated, 1 late" fly due --ics due.ics
ok "under the same identity" sh -c 'grep ^UID: due.ics | sort >after && sort before | cmp - after'
ok "once" [ "$(grep -c '^STATUS:COMPLETED' due.ics)" = 1 ]
ok "no correction, nothing amended" says "There are no corrections or reviews" fly amended
cat >large.json <<'END'
{"kind": "system", "id": "system/aurora-mini-b", "supersedes": "system/aurora-mini", "at": "2026-10-01",
 "body": {"title": "Aurora Mini", "developer": "party/aurora", "training_compute_flop": 3e25}}
END
clock=2027-01-06T00:00:00Z
ok "a correction" fly add --as aurora large.json
ok "it is listed" says "^2027-01-06 00:00  #[0-9]* system/aurora-mini-b corrects system/aurora-mini$" fly amended
ok "with what was decided before" says "^    was  out of scope" fly amended
ok "and what is decided with it" says "^    is   not ruled out" fly amended
ok "the last one" says "^2027-01-06 00:00" fly amended --last 1
ok "the last none" exits 2 "from 1 to 10000" fly amended --last 0
ok "more than there may be" exits 2 "from 1 to 10000" fly amended --last 10001
ok "explain shows it" says "^amended:$" fly explain redline:aurora/framework/cyber:system/aurora-mini
ok "of one verdict" says "^ *was  " sh -c '
    id=$("$0" --docket "$1" --clock "$2" amended --json | sed -n "s/^ *\"id\": \"\(.*\)\",/\1/p" | head -1)
    "$0" --docket "$1" --clock "$2" amended "$id"' "$FLYBALL" "$docket" "$clock"
ok "status says that there is one" says "1 correction or review; .flyball amended" fly status
ok "due too" says "1 correction or review; .flyball amended" fly due
ok "as of before it there is none" says "There are no corrections" fly as-of 2027-01-06 amended
ok "a verdict that never was" exits 3 "nothing" fly amended nothing
ok "a table for spreadsheets" sh -c '"$0" --docket "$1" --clock "$2" due --csv >due.csv &&
    "$0" --docket "$1" --clock "$2" due --json >due.json && python3 - <<END
import csv, json
rows, want = list(csv.DictReader(open("due.csv", newline=""))), json.load(open("due.json"))
items = want["due"]
assert items and [r["duty"] for r in rows] == [i["id"] for i in items], (len(rows), list(want))
assert all(r["why"] and r["party"].startswith("party/") for r in rows)
END' "$FLYBALL" "$docket" "$clock"
ok "one form at a time" exits 2 "exclude each other" fly due --csv --json
ok "nor with a calendar" exits 2 "exclude each other" fly due --csv --ics x
docket=$PWD/listed clock=2026-12-01T00:00:00Z
ok "another docket" "$FLYBALL" --clock 2026-11-01T00:00:00Z init "$docket" --simulated --name t --party office --role regulator
ok "a developer" fly party dev --role developer
cat >listed.fly <<'END'
policy "listed"
  title    "Public holidays"
  version  1
  calendar eu-1182-71
  zone     "Europe/Brussels"
  holidays "eu-commission"
duty tell(S, I)
  when   incident I of system S, known to P
  party  P
  must   report I to "office"
  within 5 days
duty soon(S, I)
  when   incident I of system S, known to P
  party  P
  must   report I to "office" stage "final"
  within 48 hours
END
cat >incident.json <<'END'
[{"kind": "system", "id": "system/s", "at": "2026-12-22", "body": {"title": "S", "developer": "party/dev"}},
{"kind": "incident", "id": "incident/1", "at": "2026-12-22", "subject": "system/s",
 "body": {"title": "T", "class": "other", "known_to": "party/dev", "known_at": "2026-12-22"}}]
END
ok "a policy with a list of public holidays" fly add listed.fly
clock=2026-12-22T09:00:00Z
ok "an incident before Christmas" fly add --as dev incident.json
ok "a deadline past the listed years says that it may end later" says \
    "2027-01-01 23:00  dev to office" fly due
ok "in a sentence" says "it may end later, since its public holidays (eu-commission) are not listed" fly due --json
ok "in the calendar too" sh -c '"$0" --docket "$1" --clock "$2" due --ics - | tr -d "\r\n" | grep -q "may end later"' \
    "$FLYBALL" "$docket" "$clock"
ok "one in hours does not" sh -c '[ "$("$0" --docket "$1" --clock "$2" due --json | grep -c "may end later")" = 1 ]' \
    "$FLYBALL" "$docket" "$clock"
ok "and explain says which years there are" says \
    "public holidays (eu-commission) are listed from 2025-01-01 to 2026-12-31 only: it may end later" \
    fly explain duty:listed/tell:system/s,incident/1
docket=$PWD/versions clock=2026-03-01T00:00:00Z
ok "a docket in which a second version comes" "$FLYBALL" --clock $clock init "$docket" --simulated --name t --party office --role regulator
ok "a developer there" fly party dev --role developer
for n in 1 2; do
    cat >v$n.fly <<END
policy "v"
  title     "Reports"
  version   $n
  effective $([ $n = 1 ] && echo 2026-01-01 || echo 2026-06-01)
duty tell(S, I)
  when   incident I of system S, known to P
  party  P
  must   report I to "office"
  within 10 days
END
done
cat >report.json <<'END'
{"kind": "report", "id": "report/r", "subject": "system/s", "at": "2026-12-23", "body": {"about": "incident/1", "to": "office", "stage": "initial"}}
END
sed -i s/2026-12-2/2026-03-0/ incident.json report.json
ok "both versions are on record" fly add v1.fly v2.fly
clock=2026-03-02T00:00:00Z
ok "an incident under version 1" fly add --as dev incident.json
clock=2026-03-03T00:00:00Z
ok "reported under version 1" fly add --as dev report.json
clock=2026-07-01T00:00:00Z
ok "version 2 does not ask for it again" says "nothing is owed, and nothing was late" fly due
ok "and says so" says "1 thing was done before the rule that asks for it was in force, and need not be done again" fly due
ok "in JSON too" says '"done_before_force": 1' fly due --json
ok "nor for anybody else" says '"done_before_force": 0' fly due --party office --json
two=$(fly status --json | python3 -c 'import json, sys
print([d["handle"] for d in json.load(sys.stdin)["duties"] if d["since"].startswith("2026-06")][0])')
ok "explain says that it was before" says "It did on 2026-03-03 00:00 (.*), before the rule was in force: not to be done again" fly explain "$two"
ok "by which record" says "report/r" fly explain "$two"
ok "the proof is made" says "is met, by" fly explain "$two" --proof early.proof
ok "and checked" says "is met at 2026-07-01 00:00, .*all right" fly explain --check early.proof
sed 's/"settled":"2026-03-03/"settled":"2026-03-04/' early.proof >lie
ok "another date is refused" exits 1 "does not follow from the records" fly explain --check lie
finish
