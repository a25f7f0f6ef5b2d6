#!/bin/sh
# The pages of docs that show commands with what they print, in indented blocks: every command, run in
# the order of the page, prints what stands below it. White space is folded, and "..." stands for
# whatever there is. And each command that any page or README names is one, with options that it has.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
mkdir bin pages
ln -s "$FLYBALL" bin/flyball

# extract PAGE: writes the n-th command of a page to pages/n.command, what it prints to pages/n.want.
extract() {
    rm -f pages/*
    awk '/^    \$ / { n++; print substr($0, 7) >("pages/" n ".command"); printf "" >("pages/" n ".want"); on = 1; next }
        /^    / && on { print substr($0, 5) >("pages/" n ".want"); next }
        { on = 0 }' "$1"
}

# prints N: the n-th command prints what is wanted.
prints() {
    sh "pages/$1.command" >pages/got 2>&1
    tr -s ' \n' ' ' <pages/got | sed 's/ $//' >pages/got.line
    tr -s ' \n' ' ' <"pages/$1.want" | sed 's/ $//' >pages/want.line
    awk 'NR == FNR { got = $0; next }
        {
            count = split($0, piece, / ?\.\.\. ?/)
            for (i = 1; i <= count; i++) {
                at = index(got, piece[i])
                if (piece[i] != "" && (at == 0 || (i == 1 && at > 1))) exit bad = 1
                got = substr(got, at + length(piece[i]))
            }
            exit bad = (piece[count] != "" && got != "")
        }
        END { exit bad }' pages/got.line pages/want.line || { cat pages/got; return 1; }
}

# page NAME: all commands of a page.
page() {
    extract "$root/docs/$1"
    ok "$1 shows commands" test -e pages/1.command
    n=1
    while [ -e "pages/$n.command" ]; do
        command=$(cat "pages/$n.command")
        case $command in
        *" amended") ;; # of another docket than the demo: tests/cli/t8-due.sh
        *) ok "$1: $command" prints "$n" ;;
        esac
        n=$((n + 1))
    done
}

ok "the demo runs" make_demo
export FLYBALL_DOCKET="$docket"
# The demo's clock is not the one that a docket has by itself.
printf '#!/bin/sh\ncase "$1 $*" in\nmonitor*|*--check*) exec "%s" "$@" ;;\n*) exec "%s" --clock %s "$@" ;;\nesac\n' \
    "$FLYBALL" "$FLYBALL" "$clock" >clocked
chmod +x clocked
mkdir clock-bin && mv clocked clock-bin/flyball
PATH=$folder/clock-bin:$PATH
export PATH
printf 'incident(model:string, id:int)\nreport(id:int)\n' >s.sig
printf 'incident(m,i) AND NOT EVENTUALLY[0,15d] report(i)\n' >late.mfotl
sed -n '/^    \$ cat l.log/,/^    \$ flyball/s/^    \(@.*\)/\1/p' "$root/docs/MONITOR.md" >l.log
ln -s "$root/packs" packs
for name in MONITOR DUTIES EXPLANATIONS PACKS; do
    page "$name.md"
done

# The tour of the README, in the tree that the demo was made in: each command succeeds.
sed -n '/^## Five minutes/,/^A docket of your own/s/^    \(\(fly\|build\|ssh-keygen\).*\)/\1/p' \
    "$root/README.md" | sed 's/  *# .*//; s/`.*//' >tour
command -v ssh-keygen >/dev/null || sed -i '/^ssh-keygen/d' tour
cd tree || exit 1
while read -r line; do
    ok "README.md: $line" eval "$line"
done <../tour
cd ..
ok "that was the tour" test "$(wc -l <tour)" -ge 11

# Commands that are named: `flyball NAME ... --option` in code of any page.
named() {
    grep -ohE '`flyball [^`]*`|^    (\$ )?(build/)?(flyball|fly) .*' "$root"/README.md "$root"/docs/*.md \
        "$root"/docs/language/*.md "$root"/packs/*/README.md "$root"/examples/*/README.md 2>grep.err |
        sed 's/^`//; s/`$//; s/^ *\(\$ \)\{0,1\}//; s/^build\///; s/ #.*//; s/   .*//' |
        sed 's/^\(flyball\|fly\) *\(--[a-z]* [^ ]* \)*\(as-of [^ ]* \)\{0,1\}//' | sort -u
}
known() {
    asked=
    named | while read -r command rest; do
        case $command in [a-z]*) ;; *) continue ;; esac
        case $command in help | completion) continue ;; esac
        [ "$command" = "$asked" ] || "$FLYBALL" help "$command" >help.out 2>&1 ||
            { echo "no command: $command $rest"; exit 1; }
        asked=$command
        printf '%s\n' "$rest" | grep -oE -- '(^|[ [])--[a-z][a-z-]*' | tr -d ' [' | while read -r option; do
            grep -qE -- "^ *$option( |\$)" help.out || { echo "$command has no $option: $rest"; exit 1; }
        done || exit 1
    done
}
ok "pages name commands" test "$(named | wc -l)" -gt 100
ok "all are commands with options of theirs" known

# tests PAGE: "FILE NAME" of each test that a table of the page names, as `FILE`: NAME, NAME; `FILE`: ...
tests() {
    sed -n 's/.*| \(`\(serve\/\)\{0,1\}\(test\|fuzz\)_.*\) |$/\1/p' "$1" | tr ';' '\n' | tr -d '`,' |
        while IFS=: read -r file names; do
            [ -n "$names" ] || echo "$file"
            for name in $names; do echo "$file" "$name"; done
        done | sed 's/^ *//'
}
there() {
    tests "$1" | while read -r file name; do
        case $file in fuzz_*) path=fuzz ;; */*) path=unit ;; *) path=unit/ledger ;; esac
        grep -q "${name:+static void test_$name(}" "$root/tests/$path/$file.c" ||
            { echo "no test: $file $name"; exit 1; }
    done
}
ok "LEDGER.md names tests" test "$(tests "$root/docs/LEDGER.md" | wc -l)" -gt 40
ok "all are there" there "$root/docs/LEDGER.md"

# The test can fail.
echo '| x | y | `test_note`: names, absent |' >"$folder/absent.md"
if there "$folder/absent.md" >there.out; then found=no; else found=yes; fi
ok "a test that is not there is found" test $found = yes
printf '    $ echo one two\n    one ... three\n' >"$folder/wrong.md"
extract wrong.md
if prints 1 >wrong.out; then found=no; else found=yes; fi
ok "a page that shows something else is found" test $found = yes
printf '    $ echo one two three\n    one ... three\n' >"$folder/right.md"
extract right.md
ok "what is left out is anything" prints 1
finish
