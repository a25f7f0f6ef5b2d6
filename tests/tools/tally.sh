#!/bin/sh
# Tests of tools/tally, which must never lose a failure, and of tests/tap.
set -eu
root=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

count=0
tally() { # WHAT EXPECTED-STATUS EXPECTED-LINE; the log is on standard input
    count=$((count + 1))
    cat >"$place/log.$4"
    status=0
    line=$("$root/tools/tally" "$place/log.$4" 2>/dev/null) || status=$?
    if [ "$status" = "$2" ] && [ "$line" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        echo "# status $status, '$line'"
    fi
}

echo "1..10"
tally "subtests are counted one by one" 0 "2 passed, 0 failed, 1 skipped" json <<'E2'
{"name": "a", "stdout": "1..3\nok 1 - x\nok 2 - y \"quoted\", \"result\": \"\nok 3 - z # SKIP why\n# ok - group\n", "result": "OK", "duration": 1}
E2
tally "a failed subtest is one failure" 1 "1 passed, 1 failed, 0 skipped" json <<'E2'
{"name": "a", "stdout": "1..2\nok 1 - x\nnot ok 2 - y\n", "result": "FAIL", "duration": 1}
E2
tally "a program that dies after its subtests is a failure" 1 "1 passed, 1 failed, 0 skipped" json <<'E2'
{"name": "a", "stdout": "1..1\nok 1 - x\n", "result": "ERROR", "duration": 1}
E2
tally "a program that runs out of time is a failure" 1 "0 passed, 1 failed, 0 skipped" json <<'E2'
{"name": "a", "stdout": "", "result": "TIMEOUT", "duration": 1}
E2
tally "a program without subtests counts once" 0 "1 passed, 0 failed, 1 skipped" json <<'E2'
{"name": "a", "stdout": "done\n", "result": "OK", "duration": 1}
{"name": "b", "result": "SKIP", "duration": 1}
E2
tally "a log that cannot be read is a failure" 1 "0 passed, 1 failed, 0 skipped" json <<'E2'
{"name": "a", "stdout": "1..1\nok 1
E2
tally "nothing at all is no success" 1 "0 passed, 0 failed, 0 skipped" json </dev/null
tally "plain TAP" 1 "2 passed, 1 failed, 1 skipped" tap <<'E2'
building ok
ok 1 - a
not ok 2 - b
ok 3 - c # skip why
ok - d
1..4
E2

# check WHAT COMMAND...
check() {
    count=$((count + 1))
    what=$1
    shift
    if "$@"; then echo "ok $count - $what"; else echo "not ok $count - $what"; fi
}
shown=$("$root/tests/tap" printf 'ok 1 - a\nnot ok 2 # SKIP b\nnot ok 3 - c\n')
check "tests/tap puts a skipped test right, and nothing else" \
    [ "$shown" = "$(printf 'ok 1 - a\nok 2 # SKIP b\nnot ok 3 - c')" ]
status=0
"$root/tests/tap" sh -c 'exit 3' || status=$?
check "tests/tap keeps the status" [ $status -eq 3 ]
