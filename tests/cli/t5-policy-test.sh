#!/bin/sh
# `policy test`: TAP out, exit statuses, blessing, JSON.
. "$(dirname "$0")/lib.sh"

cat >p.fly <<'END'
policy "p"
  title     "P"
  version   1

redline cyber(S)
  measure   success of S on "cybench"
  crossed   at 50% with 95% confidence

test "nothing measured"
  given  2026-01-01: system "s"
  expect cyber("s") not ruled out
END
sed 's/not ruled out/crossed/; s/nothing/ /' p.fly >wrong.fly
same() { cmp -s "$1" "$2"; }

ok "what ships holds" says "^1\.\." "$FLYBALL" policy test "$example"/policies/*.fly \
    "$root"/packs/*/*.fly "$root"/tests/lang/histories/*.fly
ok "an expectation that holds" says "^ok 1 - nothing measured: cyber(\"s\") not ruled out$" \
    "$FLYBALL" policy test p.fly
ok "the plan stands last" says "^1\.\.1$" "$FLYBALL" policy test p.fly
ok "one that does not" exits 1 "1 of 2 expectations do not hold" "$FLYBALL" policy test p.fly wrong.fly
ok "files are numbered on" grep -q "^not ok 2 - " exits.out
"$FLYBALL" policy test --json wrong.fly >wrong.json 2>/dev/null
ok "JSON says what holds instead" grep -q '"instead":"not ruled out since 2026-01-01"' wrong.json
"$FLYBALL" policy test wrong.fly >wrong.out 2>/dev/null
ok "and what holds instead" grep -q "^# wrong.fly:11:10: instead: not ruled out since 2026-01-01$" \
    wrong.out
ok "and why" grep -q 'nothing was measured on "cybench"' wrong.out
ok "as JSON" exits 1 "1 of 1" "$FLYBALL" policy test --json wrong.fly
ok "JSON is JSON" sh -c '"$FLYBALL" policy test --json wrong.fly 2>/dev/null | python3 -m json.tool'
ok "blessing still says no" exits 1 "1 of 1" "$FLYBALL" policy test --bless wrong.fly
sed 's/ not ruled out$/ crossed/; s/crossed$/not ruled out/; s/nothing/ /' p.fly >want.fly
ok "and writes what holds" same wrong.fly want.fly
ok "so that it holds" says "^ok 1" "$FLYBALL" policy test wrong.fly
ok "blessing what holds changes nothing" "$FLYBALL" policy test --bless p.fly
printf 'policy "p"\n  title 5\n' >bad.fly
ok "a policy that does not check" exits 3 "bad.fly:2" "$FLYBALL" policy test bad.fly
ok "no such file" exits 3 "none.fly" "$FLYBALL" policy test none.fly
ok "standard input cannot be blessed" exits 2 "cannot be changed" "$FLYBALL" policy test --bless -
{ sed '/^test/,$d' p.fly; printf 'test "a \302\233 title"\n  given  2026-01-01: system "s"\n  expect cyber("s") crossed because "\342\200\256"\n'; } >marks.fly
ok "what a terminal could take for a command is not printed" exits 1 "1 of 1" "$FLYBALL" policy test marks.fly
ok "but a mark in its place" grep -q '^not ok 1 - a ?? title: cyber("s") crossed because "???"$' exits.out
ok "explain says it in English" says "^Red line cyber\. It is measured" "$FLYBALL" policy explain p.fly
ok "and what is worth a look" says "nothing follows from red line 'cyber'" "$FLYBALL" policy explain p.fly
ok "and the formulas" says "^program p version 1" "$FLYBALL" policy explain p.fly
ok "explain refuses what does not check" exits 3 "bad.fly:2" "$FLYBALL" policy explain bad.fly
finish
