#!/bin/sh
# What another program makes of the LTAC examples, and what we make of them, by meaning: the nodes
# and relations of its Mermaid charts, "Supported by" of its documents, its lists.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

given=${FB_SHARED:-$root/../shared}/data/case/ltac/verocase-fixtures
if [ ! -e "$given/simple.ltac" ]; then
    skip "the LTAC examples" "the shared data is absent"
    finish
    exit 0
fi

# The relations of a chart of ours, a line each: "from arrow to"; a challenge as the other writes it.
relations() {
    "$FLYBALL" case draw "$given/$1.ltac" --plain --to mermaid |
        awk '$2 == "-->" || $2 == "--o" { print $1, $2, $3 }
            $2 == "-.->|challenges|" { print $3, "-->|!|", $1 }' | sort -u
}

# Those of the GSN charts of a document. Connectors, which it draws for long lists, are seen through.
gsn_relations() {
    sed 's/⊖/!/' "$given/$1" | awk '
        /^flowchart/ { gsn = $2 == "TD"; delete via }
        /^```$/ { gsn = 0 }
        gsn && NF == 3 && $2 ~ /^(-->|--o|-->\|!\|)$/ {
            from = $1
            if ($3 ~ /^_Connector/) via[$3] = from in via ? via[from] : from
            else print from in via ? via[from] : from, $2, $3
        }' | sort -u
}

# What supports what in the elements that a document tells of: "element child".
told() {
    awk '/<!-- verocase element / { id = $4 } /<!-- end verocase/ { id = "" }
        id && /^Supported by:/ {
            while (match($0, /\[[A-Za-z]+ \^?[A-Za-z0-9_]+\]/)) {
                link = substr($0, RSTART + 1, RLENGTH - 2)
                sub(/^[A-Za-z]+ \^?/, "", link)
                print id, link
                $0 = substr($0, RSTART + RLENGTH)
            }
        }' "$given/$1" | sort -u
}

# Of our relations those of the elements that the document tells of.
told_of() {
    sed -n 's/^<!-- verocase element \([A-Za-z0-9_]*\) -->$/\1/p' "$given/$2" >told.ids
    relations "$1" | awk 'NR == FNR { told[$1] = 1; next } $1 in told { print $1, $3 }' told.ids - |
        sort -u
}

same() { # same LEAST A B: two files are equal and have so many lines
    [ "$(wc -l <"$2")" -ge "$1" ] || { echo "$2 has few lines"; return 1; }
    diff "$2" "$3"
}

relations simple >ours; gsn_relations simple.gsn.mermaid.expected.md >others
ok "simple: the GSN chart" same 7 others ours
relations stress-test >ours; gsn_relations stress-test-output.expected.md >others
ok "761 elements: the GSN charts, package by package, are our one" same 1045 others ours

# Where we say more or something else: what is assumed is context, as in GSN; a relation that is a
# counter is an argument of its own.
cat >want <<'EOT'
+AuthZ --o AuthZAdmin
+Data --o AEncrypt
+R1 --> EvPenTest
+XSSFree -->|!| R1
AuthZ --> AuthZAdmin
Data --> AEncrypt
XSSFree -->|!| EvPenTest
EOT
relations demo >ours; gsn_relations demo-output.expected.md >others
comm -3 --output-delimiter=+ others ours | sort >differ
ok "a demonstration of everything: the GSN charts, but for what is documented" same 7 want differ

for pair in demo:demo-output:45 stress-test:stress-test-output:1045 badgeapp-doc:badgeapp-doc-output:6 \
    simple:introduction-output:3 simple:update-output:3 simple:inline-output:3 simple:doc-simple-output:3; do
    case=${pair%%:*} rest=${pair#*:}
    told "${rest%:*}.expected.md" >others
    told_of "$case" "${rest%:*}.expected.md" >ours
    ok "${rest%:*}: what each element is supported by" same "${rest#*:}" others ours
done

# The pairs of a chart in SACM's notation: dots join what supports one claim, by one reasoning.
sacm_pairs() {
    awk '/^flowchart/ { sacm = $2 == "BT"; delete dots }
        /^```$/ { sacm = 0 }
        sacm && NF == 3 && $2 == "---" { dots[$3] = dots[$3] " " $1 }
        sacm && NF == 3 && $2 ~ /^--[>o]/ {
            n = split($1 in dots ? dots[$1] : $1, from, " ")
            for (i = 1; i <= n; i++) print from[i], $3
        }' "$given/$1" | sort -u
}

# Ours in the same form: what supports a strategy supports what the strategy argues for.
our_pairs() {
    "$FLYBALL" case draw "$given/$1.ltac" --plain --to mermaid | awk '
        /^    [A-Za-z0-9]+\[\// { sub(/\[.*/, "", $1); reasoning[$1] = 1 }
        $2 == "-->" || $2 == "--o" { n++; from[n] = $1; arrow[n] = $2; to[n] = $3 }
        END {
            for (i = 1; i <= n; i++) {
                if (arrow[i] == "-->" && from[i] in reasoning) continue
                print to[i], from[i]
                for (k = 1; arrow[i] == "-->" && to[i] in reasoning && k <= n; k++)
                    if (arrow[k] == "-->" && from[k] == to[i]) print to[k], from[i]
            }
        }' | sort -u
}

our_pairs badgeapp-top >ours; sacm_pairs badgeapp-top.sacm.mermaid.expected.md >others
ok "badgeapp-top: the SACM chart" same 10 others ours
our_pairs badgeapp-doc >ours; sacm_pairs badgeapp-doc-output.expected.md >others
ok "badgeapp-doc: the SACM charts" same 15 others ours
echo 'E1 C3' >link # evidence that is linked a second time is left out there
for name in simple.sacm.mermaid doc-simple-output inline-output; do
    { sacm_pairs $name.expected.md; cat link; } | sort >others
    our_pairs simple >ours
    ok "$name: the SACM chart, and the link" same 7 others ours
done

# Lists: of one element, and of a package under its heading; a link is told a second time here.
list() { "$FLYBALL" case draw "$given/$1.ltac" --plain --to markdown ${2:+--element "$2"}; }
list simple C2 >ours
ok "simple-c2: the list of one element" cmp ours "$given/simple-c2.expected.md"
for name in simple.ltac simple-star; do
    list simple | grep -v '(above)$' >ours
    grep -v '^###' "$given/$name.expected.md" >others
    ok "$name: the list, without the link" cmp others ours
done
list stress-test | grep -v '(above)$' | sed 's/^ *//' | sort >ours
sed -n '/verocase ltac.markdown/,/end verocase/p' "$given/stress-test-output.expected.md" |
    sed -n 's/^ *\(- \[.*\)/\1/p' | sort -u >others
ok "stress-test: every line of the lists of its packages" same 761 others ours

ok "what is cited and declared nowhere is told" \
    says "F05: 'C99' is cited and declared nowhere" "$FLYBALL" case check "$given/cited-not-declared.ltac"
told_so() { "$FLYBALL" case check "$given/$1.ltac" >check.out; grep -c 'F05: .* is cited and declared' check.out; }
for name in badgeapp-top badgeapp-doc; do
    stderr=$given/$name.sacm.mermaid.stderr.expected.txt
    [ -e "$stderr" ] || stderr=$given/$name-stderr.expected.txt
    ok "$name: as often as there" [ "$(told_so $name)" = "$(grep -c 'cited but never declared' "$stderr")" ]
done
ok "an element that is not there" exits 3 "no element 'X'" "$FLYBALL" case draw "$given/simple.ltac" --to svg --element X
for kind in svg html dot mermaid; do
    ok "$kind: a part" says 'Access' "$FLYBALL" case draw "$given/demo.ltac" --to $kind --element Access
    ok "$kind: without the rest" [ "$(grep -c SIEM says.out)" = 0 ]
done

# What is written and too large to be read again is said to be.
awk 'BEGIN { printf "G1: {supportedBy: [Sn0"; for (i = 1; i < 45000; i++) printf ", Sn%d", i; print "]}"
    for (i = 0; i < 45000; i++) print "Sn" i ": {text: some words}" }' >wide.yaml
"$FLYBALL" case convert wide.yaml wide.xml 2>note.txt
ok "a file that is too large to be read again" grep -q 'MiB; files of at most 16 are read' note.txt

finish
