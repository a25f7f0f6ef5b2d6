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
ok "no such file" exits 3 "none.fly" "$FLYBALL" policy compare "$one" none.fly
printf 'policy "p"\n  title 5\n' >bad.fly
ok "a policy that does not check" exits 3 "bad.fly:2" "$FLYBALL" policy compare "$one" bad.fly
printf 'policy "p"\n  title 5\n  version x\n' >bad2.fly
ok "with all its errors" exits 3 "bad2.fly:2" "$FLYBALL" policy compare "$one" bad2.fly
ok "the last one too" grep -q "bad2.fly:3" exits.err
finish
