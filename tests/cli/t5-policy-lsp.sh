#!/bin/sh
# flyball policy lsp (cmd_policy_lsp, lsp, lsp_answer): an editor's own client, and raw messages.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

cat >law.fly <<'EOF'
policy "test/law"
  title     "Über 🐘 alles"
  version   1

let large(S) = training compute of S > 1e25 FLOP

redline cyber(Xs)
  title      "🐘 breaks in" measure success of Xs on "cybench"
  applies to systems with training compute >= 1e25 FLOP
  crosed     at 50% with 95% confidence

duty tell(S, I)
  title   "report the incident"
  when    incident I of system S with class C, known to P
  if      large(S)
  party   P
  must    report I to "office" stage "initial"
  within  2 days if C is death
          9 days if C is harm
  of      P knowing of I

commitment hold(S) by "dev"
  while  cyber(S) crossed
  may not deploy S externally

duty again(S, I)
  title   "report it again"
  when    incident I of system S with class C, known to P
  if      large(S)
  party   P
  must    report I to "office" stage "final"
  within  90 days
  of      P knowing of I
EOF

# message JSON...: messages with their headers.
message() { for body; do printf 'Content-Length: %d\r\n\r\n%s' "${#body}" "$body"; done; }
hello='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
bye='{"jsonrpc":"2.0","id":99,"method":"shutdown"}'
exit='{"jsonrpc":"2.0","method":"exit"}'

# hears PATTERN JSON...: the answers to these messages have the pattern.
hears() {
    pattern=$1
    shift
    message "$@" | "$FLYBALL" policy lsp >hears.out 2>hears.err || { cat hears.err; return 1; }
    grep -q -- "$pattern" hears.out || { cat hears.out; return 1; }
}

ok "it says what it can do" hears '"renameProvider"' "$hello" "$bye" "$exit"
ok "nothing before initialize" hears '"code":-32002' '{"id":5,"method":"textDocument/hover"}' "$hello" "$bye" "$exit"
ok "a method that is not there" hears '"code":-32601' "$hello" '{"id":5,"method":"workspace/symbol"}' "$bye" "$exit"
ok "a document that is not open" hears '"code":-32602' "$hello" \
    '{"id":5,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///x"}}}' "$bye" "$exit"
ok "what is no JSON" hears '"code":-32700' "$hello" '{"id":5,' "$bye" "$exit"
ok "after shutdown nothing but exit" hears '"code":-32600' "$hello" "$bye" '{"id":5,"method":"textDocument/hover"}' "$exit"
ok "the end of input is an end" hears '"capabilities"' "$hello"
message "$hello" "$exit" >early
early() { "$FLYBALL" policy lsp <early; }
ok "exit without shutdown" exits 1 "without .shutdown" early
printf 'GET / HTTP/1.1\r\n\r\n' >http
http() { "$FLYBALL" policy lsp <http; }
ok "what is no header" exits 3 "Content-Length" http
printf 'Content-Length: 99999999999\r\n\r\n' >huge
huge() { "$FLYBALL" policy lsp <huge; }
ok "a message that is too long" exits 3 "longer than" huge
ok "an argument too many" exits 2 "lsp" "$FLYBALL" policy lsp x

if command -v nvim >/dev/null; then
    export FLYBALL FB_SOURCE_ROOT="$root" LSP_FOLDER="$folder" XDG_STATE_HOME="$folder" XDG_CACHE_HOME="$folder" HOME="$folder"
    timeout 100 nvim --headless -u NONE -i NONE -n -S "$root/tests/cli/lsp.lua" >nvim.out 2>nvim.err </dev/null
    said() { ! grep -q "^no " nvim.out && [ "$(grep -c "^ok " nvim.out)" = 26 ] || {
        cat nvim.out nvim.err | grep -v "^ok"; return 1; }; }
    ok "Neovim's client: $(grep -c "^ok " nvim.out) answers" said
    grep "^# " nvim.err
    formatted() { "$FLYBALL" policy fmt law.fly >fmt.out && cmp fmt.out law.fly; }
    ok "what the editor formatted is as policy fmt does" formatted
else
    skip "Neovim's client" "nvim is absent"
    skip "what the editor formatted" "nvim is absent"
fi
finish
