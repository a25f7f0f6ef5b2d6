#!/bin/sh
# `policy diff`: what changed, with a history; exit statuses; JSON.
. "$(dirname "$0")/lib.sh"

old=$example/policies/aurora-framework.fly
sed 's/within 30 days/within 60 days/' "$old" >weaker.fly
sed 's/within 30 days/within 20 days/' "$old" >stricter.fly
sed 's/title     "Aurora Frontier/title     "The Aurora/' "$old" >reworded.fly
sed 's/within 30 days/within 20 days/; s/at 50% with/at 60% with/' "$old" >mixed.fly

ok "nothing changed" says "unchanged$" "$FLYBALL" policy diff "$old" "$old"
ok "stricter is fine" says "^stricter     hold.secure$" "$FLYBALL" policy diff "$old" stricter.fly
ok "with a history" says "given  2026-01-05 09:00 by .*: system \"s\"" \
    "$FLYBALL" policy diff "$old" stricter.fly
ok "reworded is fine" says "reworded; 4 clauses unchanged$" \
    "$FLYBALL" policy diff "$old" reworded.fly
ok "weaker is not" exits 1 "the newer policy is weaker" "$FLYBALL" policy diff "$old" weaker.fly
ok "with a history of its own" grep -q "^    weaker, for example at " exits.out
ok "nor in some respect" exits 1 "weaker in some respect" "$FLYBALL" policy diff "$old" mixed.fly
ok "the other way round" says "stricter; 3 clauses unchanged$" \
    "$FLYBALL" policy diff weaker.fly "$old"
ok "one file is not enough" exits 2 "needs more arguments" "$FLYBALL" policy diff "$old"
ok "three are too many" exits 2 "" "$FLYBALL" policy diff "$old" "$old" "$old"
ok "no such file" exits 3 "none.fly" "$FLYBALL" policy diff "$old" none.fly
printf 'policy "p"\n  title 5\n' >bad.fly
ok "a policy that does not check" exits 3 "bad.fly:2" "$FLYBALL" policy diff "$old" bad.fly
printf 'policy "p"\n  title 5\n  version x\n' >bad2.fly
ok "with all its errors" exits 3 "bad2.fly:2" "$FLYBALL" policy diff "$old" bad2.fly
ok "the last one too" grep -q "bad2.fly:3" exits.err
"$FLYBALL" policy diff --json "$old" mixed.fly >mixed.json 2>/dev/null
ok "JSON is JSON" python3 -m json.tool mixed.json
ok "with a history on which it is stricter" grep -q '"stricter":{"given":' mixed.json
ok "and says what" grep -q '"change":"incomparable","clauses":' mixed.json

sed 's/cyber(/breakin(/; s/"cybench"/"cybench-2"/' "$old" >renamed.fly
ok "what was renamed says so" exits 1 "" "$FLYBALL" policy diff "$old" renamed.fly
ok "with its old name" grep -qE "^[a-z]+ +breakin \(was cyber\)$" exits.out
cat >same.txt <<'END'
cyber = breakin
"cybench" = "cybench-2"
END
ok "unless it is said to be the same" says "unchanged$" "$FLYBALL" policy diff --same same.txt "$old" renamed.fly
printf '"cybench" = "cybench-2"\n"x" = "y"\n' >odd.txt
ok "a word that neither says is noted" sh -c '"$0" policy diff --same odd.txt "$1" "$1" 2>&1 |
    grep -q "note: odd.txt:2:7: no policy here says .y.$"' "$FLYBALL" "$old"
printf 'cyber\n' >odd.txt
ok "groups that are none" exits 3 "odd.txt:1:1: 'cyber' is the same as nothing else" \
    "$FLYBALL" policy diff --same odd.txt "$old" "$old"

cat >period.fly <<'END'
policy "p"
  title     "P"
  version   1

redline gone(S)
  measure   success of S on "t"
  crossed   at 50% with 95% confidence

duty look(S)
  when    deployment D of S
  party   "dev"
  must    evaluate S on "u"
  every   6 months
END
sed 's/6 months/180 days/; /^redline/,/^$/d' period.fly >days.fly
sed '/^redline/,/^$/d' period.fly >months.fly
ok "what is not decided is for a person to read" exits 1 "was not decided" "$FLYBALL" policy diff months.fly days.fly
ok "in so many words" grep -q "^undecided    look$" exits.out
"$FLYBALL" policy diff --json period.fly months.fly >removed.json 2>/dev/null
ok "a red line that was removed is one" grep -q '{"name":"gone","old_name":"gone","kind":"redline","change":"removed"' removed.json
"$FLYBALL" policy diff --json months.fly period.fly >added.json
ok "and one that was added" grep -q '{"name":"gone","old_name":"","kind":"redline","change":"added"' added.json

cat >conflict.fly <<'END'
policy "p"
  title     "P"
  version   1

redline cyber(S)
  measure   success of S on "t"
  crossed   at 50% with 95% confidence

commitment hold(S) by "dev"
  while   cyber(S) crossed or not ruled out
  may not evaluate S on "t"
  must    evaluate S on "t" within 30 days
END
"$FLYBALL" policy check conflict.fly >conflict.out 2>&1
ok "check notes a conflict" grep -q "^flyball: note: conflict.fly:12:11: 'hold.evaluate.2' demands what" \
    conflict.out
ok "with a history in which both bind" grep -q "both bind, for example at 2026" conflict.out
ok "and notes are no errors" "$FLYBALL" policy check conflict.fly
ok "but members of the JSON" says '"notes":\[{' "$FLYBALL" policy check --json conflict.fly
ok "with the history, too" says '"conflicts":\[{"must":"hold.evaluate.2","may_not":"hold.evaluate","at":"2026' \
    "$FLYBALL" policy check --json conflict.fly
ok "a policy without conflict has none" says '"conflicts":\[\]' "$FLYBALL" policy check --json "$old"

# The history is a test: both duties are owed on it.
sed -n 's/^    given /  given /p; s/^          /          /p' conflict.out >given.txt
{ cat conflict.fly; echo 'test "both"'; cat given.txt
  echo '  expect hold.evaluate.2("s") owed'; echo '         hold.evaluate("s") held'; } >both.fly
ok "both bind on the history" "$FLYBALL" policy test both.fly
finish
