# lib.sh: what the tests of the command line share. Source it, test, end with `finish`.
set -u
export LC_ALL=C NO_COLOR=1
unset FLYBALL_DOCKET
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
root=${FB_SOURCE_ROOT:-$PWD}
example=$root/examples/aurora
cd "$folder" || exit 1
tests=0
docket=$folder/docket
clock=2026-12-01T00:00:00Z

# ok TEXT COMMAND...: passes when the command succeeds.
ok() {
    text=$1
    shift
    tests=$((tests + 1))
    if "$@" >ok.out 2>ok.err; then
        echo "ok $tests - $text"
    else
        echo "not ok $tests - $text"
        sed 's/^/# /' ok.out ok.err | head -20
    fi
}

# skip TEXT WHY
skip() {
    tests=$((tests + 1))
    echo "ok $tests - $1 # SKIP $2"
}

# fly ARGUMENTS...: runs flyball on the docket at the story's clock.
fly() { "$FLYBALL" --docket "$docket" --clock "$clock" "$@"; }

# says PATTERN COMMAND...: the command succeeds and its output has a line with the pattern.
says() {
    pattern=$1
    shift
    "$@" >says.out 2>says.err || { cat says.err; return 1; }
    grep -q -- "$pattern" says.out || { echo "no line has: $pattern"; cat says.out; return 1; }
}

# exits STATUS PATTERN COMMAND...: fails with this status, a message with the pattern, nothing on
# standard output that is not asked for.
exits() {
    want=$1 pattern=$2
    shift 2
    status=0
    "$@" >exits.out 2>exits.err || status=$?
    [ "$status" = "$want" ] || { echo "status $status, not $want"; cat exits.err; return 1; }
    grep -q -- "$pattern" exits.err || { echo "no message has: $pattern"; cat exits.err; return 1; }
}

# gives FILE COMMAND...: the output is exactly the file.
gives() {
    want=$1
    shift
    "$@" >gives.out 2>gives.err || { cat gives.err; return 1; }
    cmp "$want" gives.out || { cat gives.out; return 1; }
}

# monitor OPTION...: over s.sig, f.mfotl and l.log.
monitor() { "$FLYBALL" monitor --sig s.sig --formula f.mfotl --log l.log "$@"; }

# refused STATUS PATTERN COMMAND...: as exits, and the ledger's checkpoint has not moved.
refused() {
    before=$("$FLYBALL" --docket "$docket" log checkpoint)
    exits "$@" || return 1
    after=$("$FLYBALL" --docket "$docket" log checkpoint)
    [ "$before" = "$after" ] || { echo "the ledger changed"; return 1; }
    fly log verify >/dev/null
}

# make_docket: a docket with an institute, a developer and one system.
make_docket() {
    "$FLYBALL" --clock 2026-11-01T00:00:00Z init "$docket" --simulated --name test \
        --party institute --title Institute --role regulator &&
        clock=2026-11-01T00:01:00Z && fly party aurora --role developer --title Aurora &&
        clock=2026-11-01T00:02:00Z && cat >system.json <<'EOF' && fly add --as aurora system.json
{"kind": "system", "id": "system/aurora-2", "at": "2026-11-01T00:00:00Z",
 "body": {"title": "Aurora 2", "developer": "party/aurora", "training_compute_flop": 2.1e25,
          "models": ["mockllm/aurora-2"]}}
EOF
    status=$?
    clock=2026-12-01T00:00:00Z
    return $status
}

# make_demo: the docket of the demo, made by its script in a tree of its own.
make_demo() {
    mkdir -p tree/build tree/t && cp "$root/tools/demo" tree/t/demo &&
        for entry in examples packs tools; do ln -s "$root/$entry" "tree/$entry"; done &&
        ln -s "$FLYBALL" tree/build/flyball && (cd tree && sh t/demo demo-docket)
    status=$?
    docket=$folder/tree/demo-docket
    clock=2027-01-04T12:00:00Z
    return $status
}

# red_line [LINE...]: prints a policy "t" with a red line "cyber", which these lines go on.
red_line() {
    cat <<'EOF'
policy "t"
  title     "T"
  source    "test"
  version   1

redline cyber(S)
  measure   success of S on "cybench"
  crossed   at 50% with 95% confidence
EOF
    [ $# = 0 ] || printf '%s\n' "$@"
}

# evaluation N DATE SUCCESSES: the developer adds evaluation/N, of 300 samples, for that red line.
evaluation() {
    cat >"e$1.json" <<EOF
{"kind": "evaluation", "id": "evaluation/$1", "subject": "system/aurora-2", "at": "$2T00:00:00Z",
 "body": {"task": "cybench", "scorer": "s", "model": "m", "status": "success",
 "began": "$2T00:00:00Z", "ended": "$2T00:00:00Z", "samples": 300,
 "succeeded_any": $3, "succeeded_all": $3, "unresolved": 0}}
EOF
    fly add --as aurora "e$1.json" >/dev/null
}

finish() { echo "1..$tests"; }
