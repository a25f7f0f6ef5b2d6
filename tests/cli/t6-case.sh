#!/bin/sh
# flyball case (cmd_case, cmd_case_check, cmd_case_convert, cmd_case_draw, cmd_case_labels) and
# bench_case: safety cases from files.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

cat >good.yaml <<'EOT'
module: {name: Top, uses: [sub.yaml]}
G1: {text: All is well, supportedBy: [G2]}
EOT
printf 'module: {name: Sub}\nG2: {supportedBy: [Sn1]}\nSn1: {}\n' >sub.yaml
ok "a good case" says "2 files, 3 elements: 0 warnings" "$FLYBALL" case check good.yaml
printf 'G1: {supportedBy: [G2]}\nG3: {}\n' >bad.yaml

# finds STATUS LINE ARGUMENTS...: the exit status, and a line of the output.
finds() {
    want=$1 line=$2
    shift 2
    status=0
    "$FLYBALL" case check "$@" >finds.out 2>finds.err || status=$?
    [ "$status" = "$want" ] && grep -q -- "$line" finds.out && return
    echo "status $status"
    cat finds.out finds.err
    return 1
}
ok "an error has a place and a rule" finds 1 "^bad.yaml:1:20: error C03: " bad.yaml
ok "what comes before is said too" finds 1 "^bad.yaml:2:1: warning V02: " bad.yaml
ok "as JSON" finds 1 '"rule":"C03","severity":"error","message":"[^"]*","hint":"[^"]*","file":"bad.yaml"' \
    --json bad.yaml
ok "a module that may be open" finds 0 "C01" --exclude=bad.yaml bad.yaml
printf 'G1: {undeveloped: true}\nG2: {undeveloped: true}\n' >two.yaml
ok "a warning of ours is no error" finds 0 "warning F04: a docket would refuse" two.yaml
ok "unless asked for" finds 1 "error F04: a docket would refuse" --strict two.yaml
printf 'G1: {undeveloped: true}\nCG1: {challenges: G1}\n' >dialectic.yaml
ok "counter-arguments on request" finds 0 "V11" --warn-dialectic dialectic.yaml
printf 'G1: {nodeType: Strategy, undeveloped: true}\n' >named.yaml
ok "names on request" finds 1 "V08" --extended-check named.yaml
printf 'X1: {}\nG1: {supportedBy: [G9]}\n' >staged.yaml
ok "everything on request" finds 1 "C03" --all staged.yaml
printf 'G1: [a\n' >broken.yaml
ok "what is no YAML" finds 1 "^broken.yaml:2:1: " broken.yaml
: >empty.yaml
ok "an empty file" finds 1 "^empty.yaml:1:1: the case is empty" empty.yaml
ok "a file that is not there" finds 1 "^none.yaml: could not open" none.yaml

i=0
while [ $i -lt 10000 ]; do
    i=$((i + 1))
    echo "G$i: {supportedBy: [G$((i + 1))]}"
done >deep.yaml
echo "G10001: {undeveloped: true}" >>deep.yaml
ok "a chain of 10,000" exits 3 "^flyball: deep.yaml:1:1: 'G1' rests on more than 5,000" \
    "$FLYBALL" case check deep.yaml
cat >dialectic.yaml <<'EOT'
G1: {supportedBy: [G2]}
G2: {supportedBy: [Sn1]}
Sn1: {confidence: 0.9}
CSn1: {challenges: G2}
CSn2: {challenges: CSn1}
CSn3: {challenges: Sn1}
EOT
ok "labels" says "^falsified  Sn1 " "$FLYBALL" case labels dialectic.yaml
ok "labels as JSON" says '"label": *"undercut"' "$FLYBALL" case labels --json dialectic.yaml
defeated() {
    "$FLYBALL" case labels --json dialectic.yaml | tr -d ' \n' |
        grep -q '"defeated":{"elements":\["Sn1","CSn1"\],"relations":\["CSn1->G2"\]}'
}
ok "what is defeated" defeated
for kind in svg html dot mmd; do
    ok "draws $kind" "$FLYBALL" case draw dialectic.yaml -o "out.$kind"
    ok "and $kind is there" test -s "out.$kind"
done
ok "what changed" "$FLYBALL" case draw dialectic.yaml --since good.yaml -o since.html
ok "is marked" grep -q '"changed":"New in this version."' since.html
ok "a drawing on standard output" says "^<svg " "$FLYBALL" case draw good.yaml --to svg
ok "no ending" exits 2 "does not say what to draw" "$FLYBALL" case draw good.yaml -o out.png
ok "no output" exits 2 "needs -o OUT" "$FLYBALL" case draw good.yaml
ok "what cannot be drawn" exits 3 "^flyball: bad.yaml:1:20: 'G1' refers to 'G2'" \
    "$FLYBALL" case draw bad.yaml -o no.svg
ok "leaves nothing" test ! -e no.svg
cat >lines.ltac <<'EOT'
# Comment
- Claim C1: Safe
  - Evidence E1: Report (r.pdf)
  - Claim D1: Doubt {defeater}
EOT
roundtrip() {
    "$FLYBALL" case convert "$1" "$2" && "$FLYBALL" case convert "$2" "$3" && cmp "$1" "$3"
}
ok "LTAC over YAML and back" roundtrip lines.ltac lines.yaml again.ltac
ok "YAML over SACM and back" sh -c '"$0" case convert dialectic.yaml d.xml &&
    "$0" case convert d.xml d1.yaml && "$0" case convert d1.yaml d2.xml && cmp d.xml d2.xml' "$FLYBALL"
ok "to TEA on standard output" says '"type": *"EVIDENCE"' "$FLYBALL" case convert --to tea lines.ltac -
ok "labels of LTAC" says "^undecided  C1 " "$FLYBALL" case labels lines.ltac
ok "rules on LTAC" finds 0 "1 file, 3 elements" lines.ltac
says_on_error() {
    want=$1
    shift
    "$@" 2>&1 >/dev/null | grep -q -- "$want"
}
ok "what a format cannot carry is said" says_on_error \
    "^flyball: note: ltac does not carry 'confidence' of 1 element, 'Sn1' among them" \
    "$FLYBALL" case convert dialectic.yaml lost.ltac
ok "what loses nothing says nothing" sh -c \
    '[ -z "$("$0" case convert dialectic.yaml all.xml 2>&1)" ]' "$FLYBALL"

# Modules: the example of docs/CASES.md.
sed -n '/^    # top.yaml/,/^Labels cross/p' "$root/docs/CASES.md" | sed -n 's/^    //p' |
    awk '/^# / { out = $2; next } { print >out }'
ok "modules of several files" says "3 files, 9 elements: 0 warnings" "$FLYBALL" case check --strict top.yaml
ok "labels cross files" says "^in  *G2 " "$FLYBALL" case labels top.yaml
sed 's/, link.yaml//' top.yaml >only.yaml
ok "a contract that is not there" says "^undecided  *G3 " "$FLYBALL" case labels only.yaml
for kind in yaml xml ltac json; do
    ok "one $kind of three files" "$FLYBALL" case convert top.yaml sub.yaml link.yaml "whole.$kind"
    ok "and it stands" says "^in  *G1 " "$FLYBALL" case labels "whole.$kind"
done
ok "what a module uses is converted with it" "$FLYBALL" case convert top.yaml followed.yaml
ok "as if all were named" cmp whole.yaml followed.yaml
sed 's/link.yaml/gone.yaml/' top.yaml >missing.yaml
ok "a file that is missing" exits 3 "gone.yaml" \
    "$FLYBALL" case convert missing.yaml never.yaml
ok "leaves nothing behind" test ! -e never.yaml
ok "drawn as one" "$FLYBALL" case draw top.yaml -o modules.svg

printf -- '- Claim C1: a\n  - Link C2\n' >bad.ltac
ok "a link to nothing" exits 3 "^flyball: bad.ltac:2:3: 'C2' is linked to" \
    "$FLYBALL" case convert bad.ltac bad.xml
ok "writes nothing" test ! -e bad.xml
printf 'G1: {supportedBy: G2}\nG2: {supportedBy: G1}\n' >circle.yaml
ok "a circle" exits 3 "^flyball: circle.yaml:1:1: support runs in a circle" \
    "$FLYBALL" case convert circle.yaml circle.ltac
ok "no such format" exits 2 "not a format of cases" "$FLYBALL" case convert --to odt a.yaml b
ok "no ending" exits 2 "does not say which format" "$FLYBALL" case convert lines.ltac b
ok "trudag is only read" exits 3 "not written" "$FLYBALL" case convert lines.ltac b.dot
ok "the bench" says "^case .*layout-svg" "$FLYBALL" bench case
ok "no verb" exits 2 "needs an argument" "$FLYBALL" case
ok "no file" exits 2 "needs more arguments" "$FLYBALL" case check
ok "another verb" exits 2 "'chew' is not something" "$FLYBALL" case chew a
mkdir -p up/down && printf 'module: {name: Up}\nG1: {supportedBy: [G2]}\n' >up/a.yaml &&
    printf 'module: {name: Down}\nG2: {undeveloped: true}\n' >up/down/a.yaml
ok "a file of the folder above is another one" says "2 files, 2 elements" \
    sh -c 'cd up/down && "$0" case check ../a.yaml a.yaml' "$FLYBALL"
ok "the same file by another way is not" exits 1 "does not check: 1 error" \
    sh -c 'cd up/down && "$0" case check a.yaml ./../down/a.yaml' "$FLYBALL"
finish
