#!/bin/sh
# flyball case new, status, explain, what-if, weakest, diff and review (cmd_case_live, cmd_case_status,
# cmd_case_what_if, cmd_case_new; docket_review): over files, and over a docket with its evidence.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

ok "the patterns" says "^misuse-safeguards " "$FLYBALL" case new --list
ok "as JSON" says '"name": *"control"' "$FLYBALL" case new --list --json
ok "the parameters of one" says "^task .*if unset: cybench" \
    "$FLYBALL" case new --pattern inability --list
for argues in inability control trustworthiness deference misuse-safeguards; do
    ok "$argues is made" "$FLYBALL" case new --pattern "$argues" -o "$argues.yaml"
    ok "$pattern checks" says "0 warnings" "$FLYBALL" case check --strict "$argues.yaml"
    ok "$argues is drawn" "$FLYBALL" case draw "$argues.yaml" -o "$argues.svg"
done
ok "several values" says "^G2_2:" "$FLYBALL" case new --pattern inability "harm=one; two"
ok "no overwriting" exits 3 "is there already" "$FLYBALL" case new --pattern control -o control.yaml
ok "no such pattern" exits 3 "no pattern and no file 'luck'" "$FLYBALL" case new --pattern luck
ok "no such parameter" exits 2 "no parameter 'x'" "$FLYBALL" case new --pattern control x=1
ok "no pattern" exits 2 "say which pattern" "$FLYBALL" case new
ok "no setting" exits 2 "sets no parameter" "$FLYBALL" case new --pattern control x

cat >c.yaml <<'EOT'
G1: {text: safe, supportedBy: [G2, Sn3], redlines: [t/cyber]}
G2: {text: able, supportedBy: [Sn1, Sn2], support: any}
Sn1: {text: bound, evidence: bound cybench below 20%, cost: 1}
Sn2: {text: words, cost: 2}
Sn3: {text: filter, evidence: measure filter at level 2, cost: 5}
EOT
ok "the status of a file" says "^c.yaml: undecided" "$FLYBALL" case status c.yaml
ok "as JSON" says '"health": *"unknown"' "$FLYBALL" case status c.yaml --json
ok "why" says "Sn3 \"filter\" is undecided" "$FLYBALL" case explain c.yaml
ok "why one of them" says "^G2 is in" "$FLYBALL" case explain c.yaml G2
ok "why, as JSON" says '"label": *"undecided"' "$FLYBALL" case explain --json c.yaml
ok "what if" says "undecided  -> falsified  Sn3" "$FLYBALL" case what-if "evidence Sn3 fails" c.yaml
ok "what if, twice" says "^G1 becomes in" \
    "$FLYBALL" case what-if "Sn1 holds and Sn3 holds" c.yaml
ok "what if, as JSON" says '"was": *"undecided"' "$FLYBALL" case what-if "Sn3 fails" c.yaml --json
ok "what it takes" says "^2 failures defeat G1, cost 3:" "$FLYBALL" case weakest c.yaml
ok "the fewest" says "^1 failure defeats G1" "$FLYBALL" case weakest --by count c.yaml
ok "as JSON" says '"cost": *3' "$FLYBALL" case weakest --json c.yaml
sed 's/text: words/text: other/' c.yaml >d.yaml
ok "what changed" says "^edited   Sn2 text: words -> other$" "$FLYBALL" case diff c.yaml d.yaml
mkdir v1 v2
cat >v1/top.yaml <<'EOT'
module: {name: Top, brief: one}
G1: {text: safe, supportedBy: [G2, G4]}
G2: {text: filtered, away: Sub, repeats: G3}
G4: {text: trained, supportedBy: [Sn4]}
Sn4: {text: exam}
EOT
printf 'module: {name: Sub}\nG3: {text: works, supportedBy: [Sn1]}\nSn1: {text: report}\n' >v1/sub.yaml
printf 'module: {name: Odd}\nSn9: {text: odd}\n' >v1/odd.yaml
sed '/^Sn4/d; s/brief: one/brief: two/' v1/top.yaml >v2/top.yaml
{ cat v1/sub.yaml; grep '^Sn4' v1/top.yaml; } | sed 's/works/really works/' >v2/sub.yaml
printf 'module: {name: New, brief: fresh}\nSn9: {text: odd}\n' >v2/new.yaml
cat >want.txt <<'EOT'
edited   module Top brief: one -> two
removed  module Odd
added    module New: fresh
edited   Sn4 inModule: Top -> Sub
edited   G3 text: works -> really works
edited   Sn9 inModule: Odd -> New
EOT
modules() {
    "$FLYBALL" case diff v1/top.yaml,v1/sub.yaml,v1/odd.yaml v2/top.yaml,v2/sub.yaml,v2/new.yaml >got.txt &&
        diff want.txt got.txt
}
ok "two versions of a case of several files" modules
sed 's/name: Top,/name: Top, uses: [sub.yaml],/' v1/top.yaml >v1/using.yaml
sed 's/name: Top,/name: Renamed, uses: [sub.yaml],/' v2/top.yaml >v2/using.yaml
renamed() {
    "$FLYBALL" case diff v1/using.yaml v2/using.yaml >got.txt &&
        grep -q '^edited   module Top name: Top -> Renamed$' got.txt && [ "$(wc -l <got.txt)" = 4 ]
}
ok "files that are used, and a module that was renamed" renamed
ok "as JSON" says '"module": *"Odd"' "$FLYBALL" case diff --json v1/top.yaml,v1/sub.yaml,v1/odd.yaml v2/top.yaml,v2/sub.yaml,v2/new.yaml
ok "several files for every question" says 'case\|Top\|in' "$FLYBALL" case status v1/top.yaml,v1/sub.yaml,v1/odd.yaml
ok "one of several is no file" exits 3 "no file" "$FLYBALL" --docket none case diff v1/top.yaml,v1/none.yaml v2/top.yaml
"$FLYBALL" case draw v2/top.yaml,v2/sub.yaml,v2/new.yaml --since v1/top.yaml,v1/sub.yaml,v1/odd.yaml -o view.html
ok "the view says what changed" grep -q 'Its text changed; it was: works' view.html
ok "and what is gone" grep -q 'Not there any more: module Odd' view.html
ok "nothing changed" says "^no difference" "$FLYBALL" case diff c.yaml c.yaml
ok "as JSON" says '"what": *"text"' "$FLYBALL" case diff --json c.yaml d.yaml
ok "no words" exits 2 "say what fails before the file" "$FLYBALL" case what-if c.yaml
ok "words that say nothing" exits 2 "say what fails" "$FLYBALL" case what-if "Sn3 falls" c.yaml
ok "what is not there" exits 3 "no element is called 'Sn9'" \
    "$FLYBALL" case what-if "Sn9 fails" c.yaml
ok "no such count" exits 2 "'luck' is no way to count" "$FLYBALL" case weakest --by luck c.yaml
ok "no such element" exits 3 "no element 'G9'" "$FLYBALL" case explain c.yaml G9
ok "no file and no docket" exits 3 "'nix' is no file" "$FLYBALL" case status nix
ok "no review of a file" exits 2 "is a file" \
    "$FLYBALL" case review c.yaml --finding upheld --reasons x
ok "a review says what it found" exits 2 "needs --finding" "$FLYBALL" case review c.yaml

mkdir graph
printf 'digraph {\n"A" [sha=x];\n"B" [sha=y];\n"A" -> "B" [sha=z];\n}\n' >graph/.dotstop.dot
printf -- '---\nlinks: x\nsha: own\n---\nsafe\n' >graph/A.md
ok "a head of markdown cannot overwrite the graph of trudag" says '"\?B"\?: "\?z' \
    sh -c '"$0" case convert --to gsn graph/.dotstop.dot graph.yaml && cat graph.yaml' "$FLYBALL"
printf -- '---\na: 1\nx: [1\n---\nbody\n' >graph/B.md
ok "its errors name the line of the file" exits 1 "" "$FLYBALL" case check graph/.dotstop.dot
ok "and not of its head" grep -q "^graph/B.md:4:" exits.out
printf 'fine\nno \377\n' >graph/B.md
ok "and the file that is no UTF-8" says "^graph/B.md:2:4: " \
    sh -c '"$0" case check graph/.dotstop.dot || true' "$FLYBALL"

make_docket >/dev/null
clock=2026-11-01T00:03:00Z
fly party check --role auditor --title Check >/dev/null
red_line '  needs     safety case "c" reviewed by auditor' >policy.fly
cat >measure.json <<'EOT'
{"kind": "measure", "id": "measure/1", "subject": "system/aurora-2", "at": "2026-11-01T00:00:00Z",
 "body": {"name": "filter", "level": 2}}
EOT
clock=2026-11-02T00:01:00Z
fly add policy.fly >/dev/null && fly add --as aurora measure.json >/dev/null && evaluation 2 2026-11-02 5
clock=2026-11-02T00:02:00Z
ok "a case is submitted" fly add --as aurora --subject system/aurora-2 c.yaml
ok "against a red line" says '"against":"t/cyber"' fly show --statement "$(
    fly case status --json | sed -n 's/.*"record": *"\(case[^"]*\)".*/\1/p')"
ok "it stands" says "^case c of system/aurora-2: in since 2026-11-02 00:02; submitted" fly case status
ok "on a record" says "evidence Sn1: holds, fresh, authentic: .*\[evaluation/2\]" fly case status c
ok "but no line is ruled out" says "not ruled out" fly status
record=$(fly case status --json | sed -n 's/.*"record": *"\(case[^"]*\)".*/\1/p')
cat >decision.json <<EOT
{"kind": "decision", "id": "decision/1", "subject": "system/aurora-2", "at": "2026-11-02T00:00:00Z",
 "body": {"topic": "safety_case", "outcome": "granted", "reasons": "read", "about": "$record"}}
EOT
clock=2026-11-02T00:03:00Z
fly add decision.json >/dev/null
clock=2026-11-02T00:04:00Z
ok "a part is signed off" says "^review/c.1: upheld G2$" \
    fly case review c G2 --finding upheld --reasons "read it" --as check
clock=2026-11-02T00:05:00Z
ok "and the whole" says "upheld the whole case" \
    fly case review c --finding upheld --reasons "read it" --as check
ok "it is accepted" says "accepted by party/institute (decision/1)" fly case status
ok "and the line ruled out" says " ruled out" fly status
ok "what if a record falls" says "^G1 becomes undercut" fly case what-if "measure/1 fails"
ok "what is weakest" says "^2 failures defeat G1, cost 3" fly case weakest
clock=2026-11-03T00:01:00Z
evaluation 3 2026-11-03 150
ok "a leaf is falsified, and another leg stands" says "evidence Sn1: fails" fly case status
ok "two dates" says "^label    Sn1 label: in -> falsified" fly case diff c@2026-11-03 c
ok "as of" says "in since 2026-11-02" fly as-of 2026-11-03 case status
sed 's/text: words/text: other/' c.yaml >c2.yaml
clock=2026-11-04T00:01:00Z
ok "another version" fly add --as aurora --subject system/aurora-2 --case-name c c2.yaml
ok "is not accepted" says "; submitted" fly case status
ok "and its reviews are suspect" says "review/c.1: .*of G2: suspect" fly case status
ok "against a file" says "no difference" fly case diff c2.yaml c2.yaml
ok "no such case" exits 3 "no safety case 'x'" fly case status x
ok "help" says "what-if WORDS" "$FLYBALL" help case
finish
