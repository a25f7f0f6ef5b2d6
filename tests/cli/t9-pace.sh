#!/bin/sh
# Rules that tighten when progress is fast and relax when it is slow, from end to end: nobody
# measured, one measurement, a second that confirms it, and nobody measures any more.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

make_docket >/dev/null
cat >policy.fly <<'EOT'
policy "t"
  title     "T"
  source    "test"
  version   1

duty tell(S, I)
  title   "report the incident"
  when    incident I of system S, known to P
  party   P
  must    report I to "office"
  within  14 days
  of      P knowing of I

pace
  fast   when doubling time of horizon < 5 months with 90% confidence
         then tell.within 7 days
  slow   when doubling time of horizon > 18 months with 90% confidence for 180 days
         then tell.within 30 days
EOT

# incident N DATE: the developer files it on the day on which it knew of it.
incident() {
    clock=$2T00:00:00Z
    cat >"i$1.json" <<EOT
{"kind": "incident", "id": "incident/$1", "subject": "system/aurora-2",
 "body": {"title": "T", "class": "other", "known_to": "party/aurora", "known_at": "$clock"}}
EOT
    fly add --as aurora "i$1.json" >/dev/null
}

clock=2026-12-01T00:00:00Z
fly add policy.fly >/dev/null
ok "nobody measured: fast" says "horizon is fast: nothing was measured yet" fly explain pace:t
incident 1 2026-12-02
ok "no value to draw a trend of" exits 3 "holds no dated value" fly evidence trend
ok "seven days then" says "incident/1.; due 2026-12-09" fly status

{
    echo "series,date,value,source"
    for year in 2020:10 2021:12 2022:14 2023:16 2024:19 2025:22 2026:27; do
        echo "horizon,${year%:*}-07-01,${year#*:},lab"
    done
} >one.csv
clock=2026-12-03T00:00:00Z
fly add one.csv >/dev/null
ok "the trend of the docket" says "^horizon *7 " fly evidence trend
"$FLYBALL" evidence trend one.csv --json >a.json
fly evidence trend --json >b.json
ok "which is that of the table" python3 -c 'import json
a, b = json.load(open("a.json")), json.load(open("b.json"))
a.pop("file")
assert a == b and a["quantities"]'
ok "as it was before" exits 3 "holds no dated value" fly as-of 2026-12-02 evidence trend
ok "drawn" sh -c '"$0" --docket "$1" --clock 2026-12-03T00:00:00Z evidence trend --svg t.svg >/dev/null &&
    python3 -c "import xml.dom.minidom; xml.dom.minidom.parse(\"t.svg\")"' "$FLYBALL" "$docket"
ok "a forecast of it" says "2028" fly evidence forecast --at 2028-01-01
ok "one measurement is not enough" says "t is fast" fly explain pace:t
ok "and it is said what it waits for" says "which is slow once a value confirms it a dwell after 2026-12-03" \
    fly explain pace:t
clock=2027-06-05T00:00:00Z
ok "nor does time alone do" says "t is fast" fly explain pace:t
printf 'series,date,value,source\nhorizon,2027-06-04,33,lab\n' >two.csv
fly add two.csv >/dev/null
ok "a second one, a dwell later, is" says "t is slow" fly explain pace:t
incident 2 2027-06-06
ok "thirty days then" says "incident/2.; due 2027-07-06" fly status
ok "what was owed keeps its deadline" says "incident/1.; was due 2026-12-09" fly status
ok "as programs read it" says '"pace": *"slow"' fly status --json
ok "the page says it" sh -c '"$0" --docket "$1" --clock 2027-06-06T00:00:00Z report --html page.html >/dev/null &&
    grep -q "Pace of progress" page.html && grep -q "the pace of t is slow" page.html &&
    grep -q "chart trend" page.html && grep -q "class=.band" page.html' "$FLYBALL" "$docket"
duty=duty:t/tell:system/aurora-2,incident/2,party/aurora
ok "a proof of the deadline" says "is owed" fly explain "$duty" --proof p
ok "which holds" says "all right" fly explain --check p
clock=2028-07-01T00:00:00Z
ok "nobody measures any more: fast again" says "no value that is new enough" fly explain pace:t
finish
