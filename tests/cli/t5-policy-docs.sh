#!/bin/sh
# docs.awk on the tutorial and the pages of docs/language: every command in them prints what the
# page shows, every policy in them checks, and what they quote of the grammar is the grammar.
# FB_BLESS=1 writes what comes out into the pages; review the difference.
. "$(dirname "$0")/lib.sh"

awk_file=$root/tests/cli/docs.awk
mkdir bin
ln -s "$FLYBALL" bin/flyball
PATH=$folder/bin:$PATH
export PATH COLUMNS=90

# runs PAGE: what the page shows is what its commands print.
runs() {
    name=$(basename "$1" .md)
    mkdir "$name"
    (cd "$name" && awk -f "$awk_file" "$1") >"$name.out" || return 1
    [ "${FB_BLESS:-0}" = 0 ] || cp "$name.out" "$1"
    diff -u "$1" "$name.out"
}

# checks PAGE: every policy that the page wrote is one.
checks() {
    for policy in "$(basename "$1" .md)"/*.fly; do
        [ -e "$policy" ] || continue
        "$FLYBALL" policy check "$policy" >check.out 2>&1 || { cat check.out; return 1; }
    done
}

# quotes PAGE: the rules in its ebnf blocks stand in docs/LANGUAGE.md, white space aside.
quotes() {
    tr -s ' \n' ' ' <"$root/docs/LANGUAGE.md" >grammar.txt
    awk '/^```ebnf$/ { on = 1; next } /^```$/ { on = 0 } on' "$1" >quoted.txt
    awk '{ printf "%s ", $0; if (/;$/) print "" }' quoted.txt | tr -s ' ' | sed 's/^ //; s/ *$//' |
        while read -r rule; do
            grep -qF -- "$rule" grammar.txt || { echo "not in the grammar: $rule"; exit 1; }
        done
}

for page in "$root"/docs/language/*.md; do
    name=$(basename "$page")
    ok "$name shows what is printed" runs "$page"
    ok "the policies of $name check" checks "$page"
    ok "$name quotes the grammar" quotes "$page"
done
ok "every page is in the list" sh -c \
    'for p in "$0"/docs/language/*.md; do n=$(basename "$p"); [ "$n" = README.md ] || grep -q "($n)" "$0/docs/language/README.md" || { echo "$n"; exit 1; }; done' "$root"

# Agreements of another language's examples, as docs/LANGUAGE.md lists them.
for contract in "$root"/examples/contracts/*.fly; do
    ok "$(basename "$contract" .fly) holds" "$FLYBALL" policy test "$contract"
    ok "and has the one format" sh -c '"$0" policy fmt "$1" | cmp - "$1"' "$FLYBALL" "$contract"
done

# The test can fail: a page that shows something else does.
printf '```console\n$ echo yes\nno\n```\n' >wrong.md
ok "a page that is out of date is found" sh -c '! awk -f "$0" wrong.md | cmp -s - wrong.md' "$awk_file"
finish
