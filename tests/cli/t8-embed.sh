#!/bin/sh
# examples/embed: the program of 50 lines prints what must be done, and why.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "a duty with its deadline" says "^report the incident .*: overdue, until 2026-03-07T00:00:00Z" "$EMBED_EXAMPLE"
ok "and why, down to the record" says "incident/1" "$EMBED_EXAMPLE"
finish
