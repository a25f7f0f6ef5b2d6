#!/bin/sh
# cmd_blob and docket_blob.c: blobs by digest, and their erasure.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "make a docket" make_docket
red_line >line.fly
ok "add a policy" fly add line.fly
printf 'the log of an evaluation, with the name of a person in it\n' >run.log
ok "blob add" says "^sha256:[0-9a-f]\{64\}  58 bytes" fly blob add run.log
log=$(fly blob add run.log | cut -d' ' -f1)
cat >evaluation.json <<END
{"kind": "evaluation", "id": "evaluation/1", "subject": "system/aurora-2", "at": "2026-11-20",
 "body": {"task": "cybench", "scorer": "s", "model": "m", "status": "success", "samples": 300,
  "began": "2026-11-19", "ended": "2026-11-20", "succeeded_any": 10, "succeeded_all": 10,
  "unresolved": 0, "log": "$log"}}
END
ok "an evaluation that names it" fly add --as aurora evaluation.json
ok "list" says "present  $log  evaluation/1 (log, 58 bytes)" fly blob list
ok "get" sh -c '"$0" --docket "$1" blob get "$2" | cmp - run.log' "$FLYBALL" "$docket" "$log"
ok "get without the prefix" fly blob get "${log#sha256:}"
ok "get of what is no digest" exits 3 "not a digest" fly blob get 1234
ok "get of what is not here" exits 3 "is not in the docket" \
    fly blob get sha256:0000000000000000000000000000000000000000000000000000000000000000
ok "the line is ruled out" says "ruled out" fly explain redline:t/cyber
ok "an erasure needs a reason" exits 2 "needs a reason" fly blob erase "$log"
policy=$(fly blob list | sed -n 's/.*\(sha256:[0-9a-f]*\)  policy.*/\1/p')
ok "a policy cannot be erased" refused 3 "verdicts are computed from it" \
    fly blob erase "$policy" --reason x
ok "nor what is not here" refused 3 "is not in the docket" fly blob erase --reason x \
    sha256:0000000000000000000000000000000000000000000000000000000000000000
ok "nor by a party that may not" refused 3 "no key\|may not" fly blob erase "$log" --reason x --as nobody
ok "nothing was erased by that" says "present  $log" fly blob list
ok "erase" says "erased; 'erasure/" fly blob erase "$log" --reason "a person asked for it" \
    --basis "GDPR Art. 17"
ok "it is gone" exits 3 "any more: it was erased" fly blob get "$log"
ok "list says so" says "erased   $log  evaluation/1 (erasure/" fly blob list
ok "as JSON" says '"state": "erased"' fly blob list --json
ok "the record of it has the reason" says '"reason":"a person asked for it"' \
    sh -c '"$0" --docket "$1" show "$("$0" --docket "$1" blob list --json | sed -n "s/.*\"erasure\": \"\(.*\)\".*/\1/p")" --statement' \
    "$FLYBALL" "$docket"
ok "the verdict stands, and says that its source was erased" \
    says "source erased by party/institute: a person asked for it" fly explain redline:t/cyber
ok "it is still ruled out" says "ruled out" fly explain redline:t/cyber
ok "verify knows the difference" says "some were erased" fly log verify
ok "it does not come back" refused 3 "was erased: 'erasure/" fly blob add run.log
ok "nor is it left behind" says "erased   $log" fly blob list
ok "not twice" exits 3 "any more" fly blob erase "$log" --reason again
blob_path=$docket/blobs/$(echo "${log#sha256:}" | sed 's#^..#&/#')
cp run.log "$blob_path"
ok "a file that came back is said to be left" says "^left .*erase it again" fly blob list
ok "and not handed out" exits 3 "any more: it was erased" fly blob get "$log"
ok "erase it again" fly blob erase "$log" --reason again
ok "now it is gone" says "erased   $log" fly blob list
ln -s /dev/zero "$blob_path"
ok "a link to a device is no blob" says "erased   $log" fly blob list
rm "$blob_path"
mkfifo pipe
mkdir folder.d
ok "blob add of a pipe" exits 5 "not a regular file" fly blob add pipe
ok "blob add of a folder" exits 5 "not a regular file" fly blob add folder.d
ok "blob add of a device" exits 5 "not a regular file" fly blob add /dev/zero
ok "blob add of what changes its length" exits 3 "changed while it was read" \
    fly blob add /proc/self/status
ok "blob add of standard input" says "  6 bytes" sh -c 'echo input | "$0" --docket "$1" blob add -' \
    "$FLYBALL" "$docket"
echo other >run2.log
echo half >"$docket/blobs/incoming.tmp-99999"
ok "what a killed process left goes" sh -c '"$0" --docket "$1" blob add run2.log >/dev/null &&
    ! ls "$1"/blobs/incoming* 2>/dev/null' "$FLYBALL" "$docket"
# An erasure under a key that is revoked from before it on does not hold.
early=2026-12-02T00:00:00Z late=2026-12-03T00:00:00Z
"$FLYBALL" --docket "$docket" --clock "$early" party lab --role evaluator >/dev/null
printf 'the log of the lab\n' >lab.log
lab=$(fly blob add lab.log | cut -d' ' -f1)
sed "s/$log/$lab/; s#evaluation/1#evaluation/2#" evaluation.json >evaluation2.json
ok "the lab files a log" "$FLYBALL" --docket "$docket" --clock "$early" add --as lab evaluation2.json
ok "and erases it" "$FLYBALL" --docket "$docket" --clock "$early" blob erase "$lab" --reason mine --as lab
ok "its key is revoked from before" "$FLYBALL" --docket "$docket" --clock "$late" key revoke \
    "$("$FLYBALL" --docket "$docket" key list | grep party/lab | grep -o 'SHA256:[^ ]*')" \
    --from "$early" --as institute --last
ok "so the erasure does not hold" says "missing  $lab" "$FLYBALL" --docket "$docket" --clock "$late" blob list
ok "verify agrees" says "some are missing" "$FLYBALL" --docket "$docket" --clock "$late" log verify
ok "the blob may come back" "$FLYBALL" --docket "$docket" --clock "$late" blob add lab.log
ok "and be erased by somebody else" "$FLYBALL" --docket "$docket" --clock "$late" blob erase "$lab" --reason x
ok "blob wants a verb" exits 2 "needs an argument" fly blob
ok "that it knows" exits 2 "'burn' is not something" fly blob burn
finish
