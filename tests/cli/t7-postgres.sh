#!/bin/sh
# docket_store: a docket whose ledger is in PostgreSQL; all commands work on it, several at once.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
. "${FB_SOURCE_ROOT:-.}/tests/cli/postgres.sh"
init() { "$FLYBALL" --clock 2026-11-01T00:00:00Z init "$1" --simulated --name test --party institute \
    --title Institute --role "${3:-regulator}" --store "$2"; }
ok "a place that is none" exits 2 "is no place for a ledger" init d mysql:x
ok "a place without a name" exits 2 "names no place" init d ""
ok "a file that is not there" exits 3 "could not find 'absent'" init d postgres:absent
mkdir d && echo "ledger.db" >d/ledger.store
ok "a malformed ledger.store" exits 3 "does not say where the ledger is" "$FLYBALL" --docket d status
rm -r d
if [ ! -x $pg_bin/initdb ] || ! command -v setpriv >/dev/null; then
    skip "the rest" "$pg_bin/initdb is absent"
    finish
    exit 0
fi
echo "host=/nonexistent" >nowhere
init d postgres:nowhere >out 2>&1
if grep -q "without" out; then
    skip "the rest" "flyball was built without libpq"
    finish
    exit 0
fi
ok "a server that is not there" exits 5 "could not open the PostgreSQL ledger" init d postgres:nowhere
ok "which leaves nothing half-made" sh -c '[ ! -e d/ledger.store ] && [ ! -e d/keys/log.key ]'
ok "a server starts" start_postgres
ok "a role that is refused" exits 3 "role" init "$docket" postgres:connection king
ok "init goes on" init "$docket" postgres:connection
ok "the place is remembered" grep -qx "postgres:$(pwd -P)/connection" "$docket/ledger.store"
ok "there is no ledger.db" sh -c '[ ! -e "$0/ledger.db" ]' "$docket"
ok "again" exits 3 "there is a docket in" init "$docket" postgres:connection
ok "another docket in the same database" exits 3 "has a ledger already" init other postgres:connection
clock=2026-11-01T00:01:00Z
ok "party" fly party aurora --role developer --title Aurora
cat >system.json <<'EOF'
{"kind": "system", "id": "system/aurora-2", "at": "2026-11-01T00:00:00Z",
 "body": {"title": "Aurora 2", "developer": "party/aurora", "models": ["mockllm/aurora-2"]}}
EOF
ok "add" fly add --as aurora system.json
ok "add refuses" refused 3 "exists already" fly add --as aurora system.json
ok "list" says "system/aurora-2" fly log list
ok "show" says "flyball-entry v1" fly show system/aurora-2
ok "status" says "system/aurora-2" fly status
ok "what was known before" sh -c '"$0" --docket "$1" as-of 2026-11-01T00:00:30Z status >then &&
    ! grep -q aurora-2 then' "$FLYBALL" "$docket"
ok "found from a folder below" sh -c 'cd "$1/keys" && "$0" log checkpoint | grep -q simulated/test' \
    "$FLYBALL" "$docket"
ok "export" says "exported 5 entries" fly log export shown
fly log prove system/aurora-2 >x.tlog-proof
ok "prove and check" says "the proof holds" "$FLYBALL" log check x.tlog-proof --key "$(fly log key)"
ok "verify" says "the ledger holds: 5 entries" fly log verify
# A docket that is served keeps its connection, and makes another when the server was away.
"$FLYBALL" --docket "$docket" --clock "$clock" serve --listen 127.0.0.1:0 >serve.out 2>serve.err &
served=$!
listens() {
    for _ in $(seq 200); do
        url=$(sed -n 's/^listening on //p' serve.out)
        [ -n "$url" ] && return 0
        sleep 0.1
    done
    cat serve.err
    return 1
}
gate() { curl -s "$url/gate/train/aurora-2" | grep -q "\"open\": $1"; }
in_time() { for _ in $(seq 100); do "$@" && return 0; sleep 0.1; done; return 1; }
ok "it is served" listens
ok "open" gate true
cat >halt.json <<'EOF'
{"kind": "order", "id": "order/1", "subject": "system/aurora-2", "at": "2026-11-01T00:00:00Z",
 "body": {"action": "halt", "version": 1, "reasons": "r"}}
EOF
ok "a halt" fly add halt.json
ok "closes it" gate false
says_why() { curl -s "$url/gate/train/aurora-2" | grep -q "halt of system/aurora-2"; }
ok "why" says_why
ok "the server is started again" as_server "$pg_bin/pg_ctl" -D data -l log -w -t 60 -m fast \
    -o "-k $pg_folder -c listen_addresses= -c shared_buffers=16MB -c max_connections=20" restart
ok "and answers go on" in_time says_why
kill -TERM "$served"
wait "$served"
ok "it ends well" test $? = 0
# Several commands at once: each record is there once, and nothing else.
for writer in 1 2 3 4 5 6; do
    for n in 1 2 3 4; do
        cat >"i$writer-$n.json" <<EOF
{"kind": "incident", "id": "incident/$writer-$n", "at": "2026-11-01T00:00:00Z",
 "subject": "system/aurora-2", "body": {"title": "t", "class": "serious_harm"}}
EOF
    done
    (fly add --as aurora "i$writer"-*.json >"out$writer" 2>&1 || echo failed >>"out$writer") &
done
wait
ok "all of them were added" sh -c '! grep -h -A3 -e failed -e could out[1-6]'
ok "without a gap or a fork" says "the ledger holds: 30 entries" fly log verify
ok "each once" sh -c '[ "$("$0" --docket "$1" log list | grep -c "incident/[1-6]-[1-4] ")" = 24 ]' \
    "$FLYBALL" "$docket"
ok "the export grows from what was shown" says "exported 30 entries" fly log export shown
# The index is a file beside ledger.store, of what the database has.
by() { "$FLYBALL" --docket indexed --clock 2026-11-20T00:00:00Z "$@"; }
sed "s/dbname=postgres/dbname=indexed/" connection >connection.other
chmod 600 connection.other
as_server "$pg_bin/createdb" -h "$pg_folder" -U flyball indexed
ok "in a database of its own" init indexed postgres:connection.other
ok "a system" by add "$root/examples/aurora/policies/aurora-framework.fly"
echo '{"kind":"system","id":"system/s","at":"2026-11-02","body":{"title":"S","developer":"party/institute","training_compute_flop":3e25}}' >s.json
ok "which is filed" by add s.json
by status --json s >want
ok "the index is made" says "entries are indexed" by log index
ok "an answer by it is the same" gives want by status --json s
echo '{"kind":"incident","id":"incident/i","at":"2026-11-03","subject":"system/s","body":{"class":"death","title":"x"}}' >i.json
ok "a record is added by it" by add i.json
ok "to it too" says "that of the first" by log verify --full
stop_postgres
ok "without its server" exits 5 "could not open the PostgreSQL ledger" fly log verify
finish
