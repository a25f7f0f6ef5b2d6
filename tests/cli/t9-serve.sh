#!/bin/sh
# cmd_serve, serve/docket_server, gate/desk: a docket that answers over HTTP.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
server=
trap 'kill $server 2>/dev/null; rm -rf "$folder"' EXIT
# begin ARGUMENTS...: starts the server and waits until it says where it listens.
begin() {
    : >serve.out
    "$FLYBALL" --docket "$docket" --clock "$clock" serve --listen 127.0.0.1:0 "$@" >serve.out \
        2>serve.err &
    server=$!
    for _ in $(seq 200); do
        url=$(sed -n 's/^listening on //p' serve.out)
        [ -n "$url" ] && return 0
        sleep 0.1
    done
    cat serve.err
    return 1
}
# get STATUS PATH: the answer is in the file body.
get() {
    code=$(curl -s -o body -w '%{http_code}' "$url$2")
    [ "$code" = "$1" ] || { echo "status $code"; cat body; return 1; }
}
# answers STATUS PATH PATTERN
answers() { get "$1" "$2" && { grep -q -- "$3" body || { cat body; return 1; }; }; }
same() { get 200 "$2" && cmp body "$1"; }
order() { # NUMBER ACTION MORE
    printf '{"kind": "order", "id": "order/%s", "subject": "system/aurora-2", "at": "2026-11-02",
      "body": {"action": "%s", "version": %s, "reasons": "weights were copied"%s}}' \
        "$1" "$2" "$1" "$3" >order.json
    fly add order.json
}
ok "no docket" exits 3 "there is no docket" "$FLYBALL" --docket nowhere serve --listen 127.0.0.1:0
ok "a docket" make_docket
ok "no words" exits 2 "takes no arguments\|Usage\|too many" fly serve now
ok "no address" exits 3 "no address to listen on" fly serve --listen nowhere
ok "it listens" begin
ok "open" answers 200 /gate/train/aurora-2 '"open": true'
ok "of a simulated clock" grep -q '"simulated": true' body
fly status aurora-2 --json >status.json
ok "status as the command has it" same status.json /status/aurora-2
fly report aurora-2 --html page.html >/dev/null
ok "a page as the command has it" same page.html /system/aurora-2
ok "which says how to make it again" grep -q 'flyball report system/aurora-2 --html' page.html
fly explain licence:train:system/aurora-2 --json >why.json
ok "reasons as the command has them" same why.json /explain/aurora-2/licence:train:system/aurora-2
ok "by handle too" same why.json "/explain/aurora-2/$(sed -n 's/.*"handle": "\(.*\)".*/\1/p' why.json)"
ok "the first page" answers 200 / 'href="system/aurora-2"'
ok "what it may do" grep -q 'href="gate/train/aurora-2"><[^>]*>.*yes' body
ok "the root is that of the log" sh -c '
    "$0" --docket "$1" --clock "$2" log verify | grep -o "[0-9a-f]\{64\}" | head -1 >root &&
    curl -s "$3/health" | grep -q "$(cat root)"' "$FLYBALL" "$docket" "$clock" "$url"
ok "all systems in figures" answers 200 /status '"systems": 1'
ok "all of them looked at" grep -q '"pending": 0' body
ok "no such system" answers 404 /gate/train/other '"open": false'
ok "no such path" answers 404 /other '"open": false'
ok "a halt" order 1 halt ''
ok "closes it at the next question" answers 200 /gate/train/aurora-2 '"open": false'
ok "and says why" grep -q 'halt of system/aurora-2' body
ok "in the figures too" answers 200 /status '"system": "system/aurora-2"'
ok "a system that may not be trained" grep -q '"train": 1' body
ok "a release" order 2 release ', "releases": "order/1"'
ok "opens it" answers 200 /gate/train/aurora-2 '"open": true'
posts() { # the status is 405, and the ledger as it was
    before=$(fly log checkpoint)
    [ "$(curl -s -o body -w '%{http_code}' -X POST -d x "$url/gate/train/aurora-2")" = 405 ] &&
        grep -q '"open": false' body && [ "$(fly log checkpoint)" = "$before" ]
}
ok "nothing is written" posts
ok "another host's name is not answered" sh -c 'curl -s -H "Host: evil.example" "$0/gate/train/aurora-2" | grep -q "\"open\": false"' "$url"
ok "a byte 0 does not end a name" get 400 /gate/train/aurora-2%00evil

# The lines of the page open for an open gate and nothing else.
awk '/^    # asks ACTION SYSTEM/ { on = 1 } on && /^    / { print substr($0, 5) } on && /^    }/ { exit }' \
    "$root/docs/SERVE.md" | sed "s#http://127.0.0.1:7381#\$url#" >asks.sh
. ./asks.sh
shut() { ! asks "$@"; }
ok "the page's lines open" asks train aurora-2
for name in other '' 'aurora-2#x' 'aurora-2?x' 'x/../aurora-2' '{x,aurora-2}' 'aurora-2%00' ' aurora-2'; do
    ok "not for '$name'" shut train "$name"
done
ok "nor another action" shut fly aurora-2
cat >liar.py <<'END'
import http.server, sys
class Liar(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        n = int(self.path.split('/')[1])
        status, body = [(200, b''), (204, b''), (302, b''), (200, b'true'), (200, b'{"open": true}'),
            (200, b'{"open": true, "action": "train", "system": "system/x"}'),
            (500, b'{"open": true, "action": "train", "system": "system/aurora-2"}'),
            (200, b'{"open": true, "action": "train", "system": "system/aurora-2"}')][n]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Liar)
print(server.server_port, flush=True)
server.serve_forever()
END
python3 liar.py >port &
liar=$!
trap 'kill $server $liar 2>/dev/null; rm -rf "$folder"' EXIT
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
kept=$url
for n in 0 1 2 3 4 5 6; do
    url=http://127.0.0.1:$(cat port)/$n
    ok "nor for what another server says, $n" shut train aurora-2
done
url=http://127.0.0.1:$(cat port)/7
ok "but for a whole answer" asks train aurora-2
url=$kept
# The ledger is put back to an earlier state behind the server.
cp -r "$docket" before
ok "another halt" order 3 halt ''
ok "is seen" answers 200 /gate/train/aurora-2 '"open": false'
mv "$docket" after
mv before "$docket"
ok "a ledger that was put back is not answered from" answers 503 /gate/train/aurora-2 '"open": false'
ok "nor says why to who asks" sh -c '! grep -q ledger body'
ok "but to the keeper" grep -q "the ledger was put back" serve.err
ok "the command that knows nothing of it would open" says "^open" fly gate train aurora-2
ok "it ends when it is told to" sh -c 'kill -TERM "$0"' "$server"
wait "$server"
ok "well" test $? = 0
finish
