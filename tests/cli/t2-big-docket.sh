#!/bin/sh
# tools/big-docket: a docket that is large makes what it says, and what it is about is decided.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
make() { FLYBALL="$FLYBALL" "$root/tools/big-docket" "$@"; }
big() { "$FLYBALL" --docket big "$@"; }
packs=$(find "$root/packs" -name '*.fly' | wc -l)
ok "no size" exits 2 "usage: tools/big-docket" "$root/tools/big-docket" big
ok "200 records of 2 developers" make big 200 2
# The first party and its key, two for each developer, the packs.
ok "are signed, and no others are there" says "$((200 + 2 + 4 + packs)) entries, $((200 + 2 + 4 + packs)) signatures" \
    big log verify
ok "of 20 systems" sh -c '[ "$("$0" --docket big status --json | grep -c "\"id\": \"system/")" = 20 ]' "$FLYBALL"
ok "which are decided" says "^3 " big status 3
ok "not over another" exits 3 "there is a docket in" make big 100
ok "nor without a system" exits 2 "no system" make small 9
finish
