#!/bin/sh
# Every command that docs/CASES.md shows first is run as it stands there, with names for its words.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

make_docket >/dev/null
clock=2026-11-01T00:03:00Z
fly party check --role auditor --title Check >/dev/null
cat >one.yaml <<'EOT'
G1: {text: safe, supportedBy: [Sn1, Sn2]}
Sn1: {text: tested, evidence: bound cybench below 20%; within 180 days; signed by independent}
Sn2: {text: words}
EOT
sed 's/words/better words/' one.yaml >two.yaml
printf -- '- Claim C1: a\n  - Evidence E1: b\n' >case.ltac
clock=2026-11-02T00:00:00Z
fly add --as aurora --subject system/aurora-2 one.yaml >/dev/null

# Lines of the first block and of the text on patterns; a comment behind them is none of the command.
sed -n 's/^    \(flyball case .*\)/\1/p' "$root/docs/CASES.md" | sed 's/  *# .*//' >commands
ok "all verbs are there" test "$(cut -d' ' -f3 commands | sort -u | wc -l)" = 11
while read -r line; do
    plain=$(printf '%s\n' "$line" | sed 's/FILE\.\.\./one.yaml/; s/case diff OLDER NEWER/case diff one.yaml two.yaml/
        s/\[CASE \[ELEMENT\]\]/one.yaml G1/; s/review CASE \[ELEMENT\]/review one G1/; s/\[CASE\]/one.yaml/
        s/^flyball/fly/')
    rm -f case.yaml
    ok "$plain" eval "$plain"
done <commands
ok "as it was known" fly as-of 2026-11-02T12:00:00Z case status
ok "a case and a date" fly case status "one@2026-11-03"
"$FLYBALL" case draw "$root/docs/gsn/symbols.yaml" -o symbols.svg
ok "the sheet of symbols is as it is drawn" cmp symbols.svg "$root/docs/gsn/symbols.svg"
cp -r "$root/docs/gsn/modules" . && "$FLYBALL" case draw --modules modules/top.yaml -o architecture.svg
ok "so is the view of modules" cmp architecture.svg "$root/docs/gsn/architecture.svg"
ok "it is well formed" "$FLYBALL" case check modules/top.yaml
ok "modules as a graph" sh -c '"$0" case draw --modules modules/top.yaml --to dot | grep -q "m0 -> m1"' "$FLYBALL"
ok "no page of modules" exits 2 "modules are drawn as svg, dot or mermaid" \
    "$FLYBALL" case draw --modules modules/top.yaml -o modules.html
ok "the sheet is well formed" "$FLYBALL" case check "$root/docs/gsn/symbols.yaml"
ok "each pattern's parameters" fly case new --pattern inability --list
finish
