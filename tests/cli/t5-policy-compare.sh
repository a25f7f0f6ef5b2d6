#!/bin/sh
# `policy compare`: several policies side by side; a draft of the best; JSON; a page.
. "$(dirname "$0")/lib.sh"

one=$example/policies/aurora-framework.fly
sed 's/within 30 days/within 20 days/; s/"aurora"/"borealis"/' "$one" >borealis.fly
sed '/^test /,$d; /may not deploy/d; s/at level 4/at level 3/' "$one" >calm.fly

ok "best, weaker and missing are told apart" sh -c '"$0" policy compare "$1" borealis.fly calm.fly |
    tr -s " " >text && grep -q "^ best borealis.fly secure S at level 4, within 20 days" text &&
    grep -q "^ weaker calm.fly secure S at level 3" text && grep -q "^ missing calm.fly" text &&
    grep -q "stricter in borealis.fly: deadline 30 days, there 20 days" text' "$FLYBALL" "$one"
ok "no line ends in blanks" sh -c '"$0" policy compare "$1" calm.fly >lines &&
    grep -q "missing   calm.fly$" lines && ! grep -q " $" lines' "$FLYBALL" "$one"
ok "JSON is JSON" sh -c '"$0" policy compare --json "$1" borealis.fly >m.json &&
    python3 -m json.tool m.json >m.out && grep -q "\"standing\": \"weaker\"" m.json' "$FLYBALL" "$one"
ok "a page" says "wrote page.html" "$FLYBALL" policy compare --html page.html "$one" borealis.fly
ok "of its own" sh -c 'grep -q "^</html>$" page.html && ! grep -qE "src=|href=.http" page.html'
ok "topics are words" grep -q 'scope="row">[a-z ]*</th>' page.html
ok "files without their folders" sh -c '! grep -q "examples/" page.html && grep -q ">borealis.fly," page.html'
mkdir -p other && cp "$one" other/ && cp "$one" aurora-framework.fly
ok "files of one name, with them" says "^other/aurora-framework.fly " \
    "$FLYBALL" policy compare aurora-framework.fly other/aurora-framework.fly borealis.fly
ok "a draft" sh -c '"$0" policy compare --draft "$1" borealis.fly calm.fly >draft.fly' "$FLYBALL" "$one"
ok "that checks" says "draft/standard" "$FLYBALL" policy check draft.fly
ok "is in the one format" sh -c '"$0" policy fmt draft.fly | cmp - draft.fly' "$FLYBALL"
ok "and says where from" grep -q "^  # borealis.fly:[0-9]*, hold.secure of" draft.fly
ok "or on standard output" says "^</html>$" "$FLYBALL" policy compare --html - "$one" borealis.fly
ok "which writes no file" test ! -e -
ok "one is not enough" exits 2 "needs more arguments" "$FLYBALL" policy compare "$one"
ok "one form at a time" exits 2 "exclude each other" "$FLYBALL" policy compare --draft --json "$one" "$one"
ok "a page needs a name" exits 2 "needs a file" "$FLYBALL" policy compare --html= "$one" "$one"
cat >ours.fly <<'END'
policy "ours"
  title     "Ours"
  version   1

redline cyber(S)
  measure   success of S on "cybench"
  crossed   at 50% with 95% confidence

duty tell(S)
  when    deployment D of S
  party   "dev"
  must    notify "office" of "incident report" for S
  within  3 days

exempt small(S)
  when    training compute of S < 1e24 FLOP
END
sed 's/cyber(/hacking(/; s/cybench/break-in/; s/incident report/serious incident notification/
    s/3 days/2 days/; s/1e24/1e23/; s/"ours"/"theirs"/' ours.fly >theirs.fly
printf '"incident report" = "serious incident notification"\ncyber = hacking\n"cybench" = "break-in"\n"cow" = "bull"\n' >same.txt
ok "under other words clauses are apart" sh -c '"$0" policy compare ours.fly theirs.fly >text &&
    [ $(grep -c "missing" text) = 5 ]' "$FLYBALL"
ok "words that mean the same join them" sh -c '"$0" policy compare --same same.txt ours.fly theirs.fly 2>notes |
    tr -s " " >text && [ $(grep -c "^ missing" text) = 0 ] && grep -q "^ best theirs.fly .*within 2 days" text &&
    grep -q "stricter in theirs.fly: when is stricter there; deadline 3 days, there 2 days" text' "$FLYBALL"
ok "who is exempt is a row" grep -q "^ best theirs.fly small: the training compute of S is less than 1e23 FLOP, from all rules" text
ok "a word that nobody says is noted" grep -q "^flyball: note: same.txt:4:9: no policy here says 'bull'" notes
sed 's/^  version .*/&\n  retain incidents for 5 years under "A"\n  retain reports on a, b for 1 year under "A"/' ours.fly >short.fly
sed 's/^  version .*/&\n  retain incidents for 61 months under "B"\n  retain reports on b for 2 years under "B"/' theirs.fly >long.fly
ok "the draft keeps documents for the longest" sh -c '"$0" policy compare --draft short.fly long.fly 2>notes >draft.fly &&
    grep "retain" draft.fly | tr -s " " | paste -sd, >lines &&
    printf "%s\n" " retain reports on \"a\" for 1 year under \"A\", retain incidents for 61 months under \"B\", retain reports on \"b\" for 2 years under \"B\"" | cmp - lines' "$FLYBALL"
ok "the draft is in the words that stand first" sh -c '"$0" policy compare --draft --same same.txt ours.fly theirs.fly 2>notes >draft.fly &&
    grep -q "of \"incident report\" for S" draft.fly && ! grep -q "notification\|hacking" draft.fly &&
    "$0" policy check draft.fly' "$FLYBALL"
printf 'cyber = hacking\n\n"a" "b"\n' >wrong.txt
ok "groups that are none" exits 3 "wrong.txt:3:5: expected '=' or the next line" \
    "$FLYBALL" policy compare --same wrong.txt ours.fly theirs.fly
printf 'cyber = tell\n' >wrong.txt
ok "two rules of one policy" exits 3 "ours.fly:9:6: 'cyber' and 'tell' are two rules here" \
    "$FLYBALL" policy compare --same wrong.txt ours.fly theirs.fly
ok "no such groups" exits 3 "none.txt" "$FLYBALL" policy compare --same none.txt ours.fly theirs.fly
many=$(for i in $(seq 32); do echo ours.fly; done)
# shellcheck disable=SC2086 # as many arguments
ok "33 documents are too many" exits 2 "at most 32 policies are compared at once" "$FLYBALL" policy compare $many ours.fly
# shellcheck disable=SC2086
ok "32 are not" sh -c '"$@" | tr -s " " | grep -c "^ best ours.fly" | grep -qx 96' sh "$FLYBALL" policy compare $many
ok "no such file" exits 3 "none.fly" "$FLYBALL" policy compare "$one" none.fly
printf 'policy "p"\n  title 5\n' >bad.fly
ok "a policy that does not check" exits 3 "bad.fly:2" "$FLYBALL" policy compare "$one" bad.fly
printf 'policy "p"\n  title 5\n  version x\n' >bad2.fly
ok "with all its errors" exits 3 "bad2.fly:2" "$FLYBALL" policy compare "$one" bad2.fly
ok "the last one too" grep -q "bad2.fly:3" exits.err
finish
