#!/bin/sh
# cmd_witness, cmd_log_witness, serving: witnesses and logs over HTTP on this machine.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
export no_proxy=127.0.0.1
servers=
trap 'for pid in $servers; do kill "$pid" 2>/dev/null; done; rm -rf "$folder"' EXIT

# start NAME COMMAND...: a server; its address is in NAME.url, its process in $pid.
start() {
    name=$1
    shift
    : >"$name.out"
    "$@" >"$name.out" 2>"$name.err" &
    pid=$!
    servers="$servers $pid"
    for _ in $(seq 100); do
        sed -n 's/^listening on //p' "$name.out" >"$name.url"
        [ -s "$name.url" ] && return 0
        sleep 0.2
    done
    cat "$name.err"
    return 1
}
# ends PID: it ends well when it is told to.
ends() { kill -TERM "$1" && wait "$1"; }

ok "make a docket" make_docket
ok "make a witness" says "^witness.example/w1+[0-9a-f]\{8\}+B" \
    "$FLYBALL" witness init w1 --name witness.example/w1
ok "its key is its own" sh -c '[ "$(stat -c %a w1/witness.key)" = 600 ] && [ "$(stat -c %a w1)" = 700 ]'
ok "it is not made twice" exits 3 "there is a witness" "$FLYBALL" witness init w1 --name w
ok "a witness needs a name" exits 2 "needs a --name" "$FLYBALL" witness init w2
ok "and a good one" exits 3 "no name of a key" "$FLYBALL" witness init w2 --name "a b"
ok "nothing was made" sh -c '! [ -e w2 ]'
ok "there is none" exits 3 "there is no witness in 'w2'" "$FLYBALL" witness serve w2
witness_key=$("$FLYBALL" witness key w1)
key=$(fly log key)
ok "its log is listed" sh -c '[ -z "$("$0" witness list w1)" ] && "$0" witness add-log w1 "$1" &&
    "$0" witness list w1 | grep -q "0  never  *simulated/test"' "$FLYBALL" "$key"
ok "a log is added once" exits 3 "already" "$FLYBALL" witness add-log w1 "$key"
ok "a witness's key is no log's" exits 3 "a log signs with type 1" \
    "$FLYBALL" witness add-log w1 "$witness_key"
ok "a key is needed" exits 2 "the key of the log is missing" "$FLYBALL" witness add-log w1
ok "not a simulated clock" exits 2 "has a real clock" \
    "$FLYBALL" --clock 2026-12-01T00:00:00Z witness list w1
ok "no such part" exits 2 "not something" "$FLYBALL" witness sing w1
ok "no such address" exits 3 "no address to listen on" \
    "$FLYBALL" witness serve w1 --listen example.org:80
ok "the witness serves" start w1 "$FLYBALL" witness serve w1 --listen 127.0.0.1:0
w1=$(cat w1.url) w1_pid=$pid
ok "a port in use" exits 5 "Another program listens" \
    "$FLYBALL" witness serve w1 --listen "${w1#http://}"

ok "no URL" exits 2 "'w1' is no URL" fly log witness w1 --key "$witness_key"
ok "nobody to ask" exits 2 "the witnesses to ask are missing" fly log witness "$w1"
ok "no cosignatures yet" sh -c '[ "$("$0" --docket "$1" log checkpoint | grep -c "^— ")" = 1 ]' \
    "$FLYBALL" "$docket"
ok "ask it" says "5 entries: 1 of 1 witnesses cosigned, the quorum is met" \
    fly log witness "$w1" --key "$witness_key"
ok "its line is under the checkpoint" sh -c '"$0" --docket "$1" log checkpoint >first &&
    grep -q "^— witness.example/w1 " first' "$FLYBALL" "$docket"
printf 'witness one %s %s\nquorum one\n' "$witness_key" "$w1" >one.policy
ok "the policy is met" says "1 cosigned 5 entries: the policy's quorum is met" \
    fly log verify --policy one.policy
fly party late --role auditor --title Late >/dev/null
ok "the newest is not cosigned, the one before is" says "only the first 5 entries" \
    fly log verify --policy one.policy
ok "a proof for what was cosigned" sh -c '"$0" --docket "$1" log prove system/aurora-2 \
    --policy one.policy >old.tlog-proof && grep -q "^— witness" old.tlog-proof' "$FLYBALL" "$docket"
ok "none for what came later" exits 3 "" fly log prove party/late --policy one.policy
ok "export what was cosigned" says "exported 5 entries" fly log export shown --policy one.policy
ok "ask again" says "7 entries: 1 of 1" fly log witness --policy one.policy
ok "and export that" says "exported 7 entries" fly log export shown --policy one.policy
ok "what the witness tells its keeper" sh -c 'grep -q " 200 simulated/test 0 to 5$" w1.out &&
    grep -q " 200 simulated/test 5 to 7$" w1.out && ! [ -s w1.err ]'
ok "its list" says "         7  20..-..-..T..:..:..Z  simulated/test" "$FLYBALL" witness list w1
ok "its list as JSON" says '"entries": 7' "$FLYBALL" witness list w1 --json
"$FLYBALL" witness list w1 --json | sed -n 's/.*"hash": "\(.*\)",/\1/p' >hash

# Who follows the log, over HTTP.
ok "the folder is served" start log "$FLYBALL" log serve shown --listen 127.0.0.1:0
log=$(cat log.url) log_pid=$pid
printf 'log %s\n' "$key" | cat - one.policy >full.policy
ok "follow it" says "7 entries, verified from 0 on" \
    "$FLYBALL" log follow "$log" --policy full.policy --state state
fly party later --role auditor --title Later >/dev/null
fly log export plain >/dev/null
ok "the plain export is not taken" exits 4 "too few for the quorum" \
    "$FLYBALL" log follow plain --policy full.policy --state state
fly log witness --policy one.policy >/dev/null
fly log export shown --policy one.policy >/dev/null
ok "follow goes on" says "9 entries, verified from 7 on" \
    "$FLYBALL" log follow "$log/" --policy full.policy --state state
ok "what is not there" exits 3 "status 404" "$FLYBALL" log follow "$log/nothing" --key "$key"
ok "a folder that is not there" exits 3 "there is no folder" "$FLYBALL" log serve nothing
ok "the witness shows the checkpoint to monitors, who find no tiles there" exits 4 "the log lacks" \
    "$FLYBALL" log follow "$w1/$(cat hash)" --policy full.policy

# Witnesses that fail, beside one that does not.
"$FLYBALL" witness init w2 --name witness.example/w2 >/dev/null
start w2 "$FLYBALL" witness serve w2 --listen 127.0.0.1:0
w2=$(cat w2.url) w2_pid=$pid
cat >three.policy <<END
witness one $witness_key $w1
witness two $("$FLYBALL" witness key w2) $w2
witness none $witness_key http://127.0.0.1:1
quorum one
END
ok "a name with a meaning" exits 3 "three.policy:3" fly log witness --policy three.policy
"$FLYBALL" witness init w3 --name witness.example/w3 >/dev/null
sed "s|witness none .*|witness three $("$FLYBALL" witness key w3) http://127.0.0.1:1|" \
    three.policy >some.policy
ok "one of three is enough" says "1 of 3 witnesses cosigned, the quorum is met" \
    fly log witness --policy some.policy
sed 's/quorum one/group g 2 one two three\nquorum g/' some.policy >two.policy
ok "one of two is not" exits 1 "too few for the quorum 'g'" fly log witness --policy two.policy
ok "who failed, and why" sh -c '"$0" --docket "$1" log witness --policy two.policy >out 2>err
    grep -q "failed .*w2  it does not know this log" out && grep -q "flyball log key" out &&
    grep -q "failed .*w3 .*127.0.0.1:1" out && grep -q "cosigned .*w1" out' "$FLYBALL" "$docket"
ok "as JSON" sh -c '"$0" --docket "$1" log witness --policy two.policy --json >out 2>err
    [ $? = 1 ] && grep -q "\"quorum\": false" out && grep -q "\"code\": \"E_NOT_FOUND\"" out' \
    "$FLYBALL" "$docket"
ok "a witness learns of a log while it serves" sh -c '
    "$0" witness add-log w2 --policy full.policy | grep -q "^added simulated/test"' "$FLYBALL"
ok "known already" says "^known simulated/test" "$FLYBALL" witness add-log w2 --policy full.policy
ok "only the one with this URL" says "1 of 1 witnesses cosigned, the quorum is met" \
    fly log witness "$w2" --policy two.policy
ok "no witness with such a URL" exits 3 "no witness with such a URL" \
    fly log witness http://127.0.0.1:2 --policy two.policy
ok "both lines are under the checkpoint" sh -c '"$0" --docket "$1" log checkpoint >both &&
    [ "$(grep -c "^— witness" both)" = 2 ]' "$FLYBALL" "$docket"
ok "another key than the witness has" exits 1 "too few" \
    fly log witness "$w1" --key "$("$FLYBALL" witness key w3)"
ok "a log's key is no witness's" exits 3 "a witness signs with type 4" \
    fly log witness "$w1" --key "$key"
ok "dropped" says "^dropped simulated/test" "$FLYBALL" witness drop-log w2 "$key"
ok "not known any more; what it cosigned is kept" sh -c '"$0" --docket "$1" log witness "$2" \
    --policy two.policy >out && grep -q "failed .*does not know" out && grep -q "quorum is met" out' \
    "$FLYBALL" "$docket" "$w2"

# Nothing that is kept is believed because it is there.
cp -r "$docket" old
fly party last --role auditor --title Last >/dev/null
fly log witness --policy one.policy >/dev/null
cp "$docket/cosigned" old/cosigned
ok "a ledger that was set back, seen at home" exits 4 "has 9 entries, but witnesses cosigned 11" \
    "$FLYBALL" --docket old log verify
rm old/cosigned
ok "and seen by the witness" sh -c '"$0" --docket old log witness --policy one.policy >out 2>err
    [ $? = 1 ] && grep -q "it says that it cosigned 11 entries of this log, which has 9 here" out' "$FLYBALL"
old() { "$FLYBALL" --docket old --clock 2026-12-01T00:00:00Z "$@"; }
old party x1 --role auditor --title X >/dev/null
old party x2 --role auditor --title X >/dev/null
ok "another history is not cosigned" sh -c '"$0" --docket old log witness --policy one.policy >out 2>err
    [ $? = 1 ] && grep -q "does not continue what it cosigned" out' "$FLYBALL"
printf 'garbage\n' >"$docket/cosigned"
ok "a damaged file is named" exits 3 "cosigned:1.*" fly log checkpoint
ok "and does not stop the ledger" fly party after --role auditor --title After
rm "$docket/cosigned"
ok "without it witnesses are asked from the start" says "1 of 1 witnesses cosigned" \
    fly log witness --policy one.policy

# Two institutes that witness each other.
"$FLYBALL" init north --name north.example/log --party north --title North --role regulator >/dev/null
"$FLYBALL" init south --name south.example/log --party south --title South --role regulator >/dev/null
for side in north south; do
    "$FLYBALL" witness init "$side-w" --name "$side.example/witness" >/dev/null
done
"$FLYBALL" witness add-log north-w "$("$FLYBALL" --docket south log key)" >/dev/null
"$FLYBALL" witness add-log south-w "$("$FLYBALL" --docket north log key)" >/dev/null
start north "$FLYBALL" witness serve north-w --listen 127.0.0.1:0
start south "$FLYBALL" witness serve south-w --listen 127.0.0.1:0
cat >both.policy <<END
log $("$FLYBALL" --docket north log key)
log $("$FLYBALL" --docket south log key)
witness north $("$FLYBALL" witness key north-w) $(cat north.url)
witness south $("$FLYBALL" witness key south-w) $(cat south.url)
group other 1 north south
quorum other
END
for side in north south; do
    ok "$side is witnessed by the other" says "1 of 2 witnesses cosigned, the quorum is met" \
        "$FLYBALL" --docket $side log witness --policy both.policy
    "$FLYBALL" --docket $side log export "$side-shown" --policy both.policy >/dev/null
    start "$side-log" "$FLYBALL" log serve "$side-shown" --listen 127.0.0.1:0
    ok "$side is followed by anyone" says "witnesses  1" \
        "$FLYBALL" log follow "$(cat "$side-log.url")" --policy both.policy --state "$side.state"
done

# A witness that was killed goes on where it was.
kill -9 "$w1_pid"
wait "$w1_pid" 2>/dev/null
ok "the killed witness serves again" start w1b "$FLYBALL" witness serve w1 --listen "${w1#http://}"
w1_pid=$pid
ok "and remembers" says "1 of 1 witnesses cosigned" fly log witness --policy one.policy
ok "it remembers the size" sh -c 'tail -1 w1b.out | grep -q " 200 simulated/test 13 to 13$"'
ok "it ends well" ends "$w1_pid"
ok "so do the others" ends "$w2_pid"
ok "and the folder's server" ends "$log_pid"
cp -r w1 w4
rm w4/witness.db*
ok "a key without its memory" exits 3 "must not cosign again" "$FLYBALL" witness serve w4
if [ "$(id -u)" = 0 ] && id nobody >/dev/null 2>&1; then
    chmod 755 "$folder"
    chown -R nobody w1
    ok "root becomes somebody else" start w1c "$FLYBALL" witness serve w1 --listen 127.0.0.1:0 --user nobody
    ok "it is nobody" sh -c '[ "$(stat -c %U "/proc/$0")" = nobody ]' "$pid"
    printf 'witness one %s %s\nquorum one\n' "$witness_key" "$(cat w1c.url)" >nobody.policy
    ok "nobody cosigns" says "1 of 1 witnesses cosigned" fly log witness --policy nobody.policy
    ok "not to root" exits 3 "is root itself" "$FLYBALL" witness serve w1 --listen 127.0.0.1:0 --user root
else
    skip "root becomes somebody else" "not root"
fi
ok "no such user" exits 3 "there is no user" "$FLYBALL" witness serve w3 --listen 127.0.0.1:0 --user nosuchuser
finish
