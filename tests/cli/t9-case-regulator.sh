#!/bin/sh
# The regulator's side of a safety case, from end to end: submitted against a red line, reviewed by
# named roles, sent back, accepted; it falls by itself, and the duty that follows is owed.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

make_docket >/dev/null
clock=2026-11-01T00:03:00Z
fly party check --role auditor --title Check >/dev/null
red_line '  needs     safety case "c" reviewed by auditor and regulator' >policy.fly
cat >>policy.fly <<'EOT'

commitment hold(S) by "aurora"
  while     cyber(S) crossed or not ruled out
  must      secure S at level 4 within 30 days lest halt S
EOT
cat >c.yaml <<'EOT'
G1: {text: cannot break in, supportedBy: [Sn1, Sn2], redlines: [t/cyber]}
Sn1: {text: it fails the tests, evidence: bound cybench below 20%}
Sn2: {text: words}
EOT
clock=2026-11-02T00:01:00Z
fly add policy.fly >/dev/null && evaluation 1 2026-11-02 5

# decide N OUTCOME RECORD: the regulator decides about a submission.
decide() {
    cat >"d$1.json" <<EOT
{"kind": "decision", "id": "decision/$1", "subject": "system/aurora-2", "at": "$clock",
 "body": {"topic": "safety_case", "outcome": "$2", "reasons": "read", "about": "$3"}}
EOT
    fly add "d$1.json"
}
record() { fly case status c --json | sed -n 's/.*"record": *"\(case[^"]*\)".*/\1/p'; }
# The name of what a word of a line of the status is about, and why it is so.
explains() {
    name=$(fly status | sed -n "s/^  \([0-9a-f]\{8\}\) .*$1.*/\1/p" | head -1)
    says "$2" fly explain "$name"
}

# The burden is on the developer: whatever was measured, nothing is ruled out without a case.
ok "no case is there" exits 3 "holds no safety case" fly case status
ok "so the line is not ruled out" says "not ruled out  red line cyber" fly status
ok "and the commitment binds" says "hold.secure.* binds since 2026-11-02 00:01" fly due

clock=2026-11-03T00:00:00Z
ok "submitted against the line" fly add --as aurora --subject system/aurora-2 c.yaml
ok "nobody reviewed it" says "not ruled out  red line cyber" fly status
clock=2026-11-03T00:01:00Z
ok "sent back" decide 1 refused "$(record)"
ok "is said" says "sent back by party/institute (decision/1): read" fly case status
ok "also to programs" says '"stage_reasons": *"read"' fly case status --json
ok "and rules nothing out" says "not ruled out  red line cyber" fly status

clock=2026-11-04T00:00:00Z
sed 's/text: words/text: better words/' c.yaml >c2.yaml
ok "a better version" fly add --as aurora --subject system/aurora-2 --case-name c c2.yaml
ok "was decided by nobody" says "; submitted" fly case status
clock=2026-11-04T00:01:00Z
decide 2 granted "$(record)" >/dev/null
ok "accepted, not reviewed" says "not ruled out  red line cyber" fly status
clock=2026-11-04T00:02:00Z
ok "the developer does not review" exits 3 "may not issue" \
    fly case review c --finding upheld --reasons r --as aurora
ok "and nothing came of it" says "not ruled out  red line cyber" fly status
clock=2026-11-04T00:03:00Z
ok "the auditor reviews" fly case review c --finding upheld --reasons read --as check
ok "one role of two" says "not ruled out  red line cyber" fly status
ok "the case says which is missing" \
    says "red line t/cyber: G1 is in; the line is not ruled out: .*no regulator has upheld it" \
    fly case status
ok "so do its data" says '"line": *"not ruled out"' fly case status --json
clock=2026-11-04T00:04:00Z
ok "the regulator reviews" fly case review c --finding upheld --reasons read
ok "now it is ruled out" says "  ruled out  *red line cyber" fly status
ok "and nothing is owed" says "nothing is owed" fly due

# One record says that a leaf is false: the case falls, the line with it, and the duty arises.
clock=2026-11-05T00:00:00Z
ok "a record that falsifies a leaf" evaluation 2 2026-11-05 120
ok "the case falls by itself" says "undercut since 2026-11-05 00:00" fly case status
ok "and its acceptance with it" says "accepted by .*, which counts for nothing" fly case status
ok "which the table says too" says "accepted, which counts for nothing" fly status
ok "down to the record" says "evaluation/2" fly case explain c
ok "its leaf" says "evidence Sn1: fails" fly case status
ok "the line is not ruled out" says "not ruled out  red line cyber" fly status
ok "the duty is owed from then" says "hold.secure.* binds since 2026-11-05 00:00" fly due
ok "the line leads to the record" explains "red line cyber" "evaluation/2"
ok "so does the duty" explains "owed .*secure aurora-2" "evaluation/2"
ok "before that it was not so" says "  ruled out  *red line cyber" \
    fly as-of 2026-11-04T12:00:00Z status
clock=2026-12-06T00:00:00Z
ok "and undone it is overdue" says "overdue .*secure aurora-2" fly status
ok "with what follows" says "halt .* what follows from the breach" fly status

# The developer claims less; the same decision does not carry over to another argument.
clock=2026-12-07T00:00:00Z
sed 's/below 20%/below 60%/' c2.yaml >c3.yaml
ok "another argument" fly add --as aurora --subject system/aurora-2 --case-name c c3.yaml
ok "stands" says "in since 2026-12-07" fly case status
ok "and is not accepted" says "; submitted" fly case status
ok "so that nothing is ruled out" says "not ruled out  red line cyber" fly status
finish
