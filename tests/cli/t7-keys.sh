#!/bin/sh
# cmd_key, cmd_sign, and add with signatures of several parties: docket_keys.c, docket_sign.c.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "make a docket" make_docket
ok "introduce a court and an auditor" sh -c '"$0" --docket "$1" --clock "$2" party court \
    --role regulator --title Court && "$0" --docket "$1" --clock "$2" party lab --role auditor \
    --title Lab' "$FLYBALL" "$docket" "$clock"
ok "key list" says "in force .*party/aurora  SHA256:.*(ssh-ed25519)" fly key list
ok "of one party" sh -c '[ "$("$0" --docket "$1" key list aurora | wc -l)" = 1 ]' "$FLYBALL" "$docket"
ok "as JSON" says '"state": "in force"' fly key list court --json
ok "of nobody" exits 3 "no key of 'nobody'" fly key list nobody
ok "key wants a verb" exits 2 "needs an argument" fly key
ok "and one that it knows" exits 2 "'burn' is not something" fly key burn

# A halt that two of three release.
cat >halt.json <<'END'
{"kind": "order", "id": "order/1", "subject": "system/aurora-2", "at": "2026-11-30",
 "body": {"action": "halt", "version": 1, "reasons": "weights were copied", "release_needs": 2}}
END
cat >release.json <<'END'
{"kind": "order", "id": "order/2", "subject": "system/aurora-2", "at": "2026-11-30",
 "body": {"action": "release", "version": 2, "reasons": "secured", "releases": "order/1"}}
END
ok "file the halt" fly add halt.json
ok "status shows it" says "halt .*ordered by party/institute: weights were copied" fly status
ok "and why training is refused" says "order in force: halt of system/aurora-2" \
    fly explain licence:train:system/aurora-2
ok "explain the order" says "it ends only with a release" fly explain order/1
ok "one signature is too few" refused 4 "2 of the parties that may must sign this" fly add release.json
ok "a draft is not signed as it is" exits 3 "not in canonical form" fly sign release.json
ok "nothing was written" test ! -e release.json.sig
ok "sign --write" says "release.json.sig: 1 signature$" fly sign --write release.json
ok "not twice by one key" exits 3 "has signed it already" fly sign release.json
ok "still too few" refused 4 "1 did" fly add release.json
ok "a party that may not does not count" says "2 signatures" fly sign release.json --as lab
ok "so it is refused" refused 4 "1 did" fly add release.json
ok "the court signs" says "3 signatures" fly sign release.json --as court
cp release.json kept && printf ' ' >>release.json
ok "a file that was changed is not signed" exits 3 "canonical" fly sign release.json --as aurora
sed 's/secured/seCured/' kept >release.json
ok "nor one that its signatures do not fit" exits 4 "does not verify" fly sign release.json --as aurora
ok "nor added" refused 4 "does not verify" fly add release.json
cp kept release.json
if command -v ssh-keygen >/dev/null; then
    ssh-keygen -q -t ed25519 -N 'pass words' -C '' -f locked
    ok "an encrypted key signs through ssh-keygen" exits 3 "ssh-keygen -Y sign" \
        fly sign release.json --key locked
    ok "stock tools verify each signature" sh -c '"$0" --docket "$1" log signers >signers &&
        csplit -sz release.json.sig "/BEGIN SSH/" "{*}" && for s in xx00:institute xx02:court; do
        ssh-keygen -Y verify -f signers -I "party/${s#*:}" -n flyball/order -s "${s%:*}" \
            -Overify-time=20261201000000Z <release.json || exit 1; done' "$FLYBALL" "$docket"
else
    skip "an encrypted key" "ssh-keygen is absent"
    skip "stock tools" "ssh-keygen is absent"
fi
ok "add takes them all" fly add release.json
ok "the halt is over" sh -c '! "$0" --docket "$1" --clock "$2" status | grep "weights were copied"' \
    "$FLYBALL" "$docket" "$clock"
ok "show says who signed" says "signature 3: party/court, SHA256:" fly show order/2
ok "a second signature of a record" sh -c '"$0" --docket "$1" sign order/1 --as court >x.sig &&
    grep -q "BEGIN SSH" x.sig' "$FLYBALL" "$docket"
ok "of no record" exits 3 "no record" fly sign order/none

# Rotation and revocation.
old=$(fly key list aurora | sed 's/.*\(SHA256:[^ ]*\).*/\1/')
ok "rotate" says "'aurora' signs with SHA256:" fly key rotate aurora
ok "the old key was replaced" sh -c '"$0" --docket "$1" --clock "$2" key list aurora |
    grep -qF "replaced       party/aurora  $3"' "$FLYBALL" "$docket" "$clock" "$old"
cat >incident.json <<'END'
{"kind": "incident", "id": "incident/1", "subject": "system/aurora-2", "at": "2026-11-30",
 "body": {"title": "t", "class": "theft"}}
END
ok "the new one signs" fly add --as aurora incident.json
sed 's/"kind"/"issuer": "party\/lab", "kind"/; s,incident/1,incident/9,' incident.json >others.json
ok "not what names another issuer" refused 3 "names the issuer 'party/lab', but 'party/aurora'" \
    fly add --as aurora others.json
ok "rotate again" fly key rotate aurora
new=$(fly key list aurora | grep 'in force' | sed 's/.*\(SHA256:[^ ]*\).*/\1/')
ok "not the last key" exits 2 "the last key of 'party/aurora'" fly key revoke "$new"
ok "not from an earlier time by its holder" refused 3 "only a regulator may" \
    fly key revoke "$new" --from 2026-11-15 --last --reason compromised
clock=2026-12-02T00:00:00Z
sed 's,incident/1,incident/2,' incident.json >second.json
ok "a record before the revocation" fly add --as aurora second.json
clock=2026-12-03T00:00:00Z
ok "a regulator may" says "revoked from 2026-12-01T12:00:00Z on" \
    fly key revoke "$new" --from 2026-12-01T12:00:00Z --last --reason compromised --as institute
ok "what was admitted before counts" says "incident/1" fly show incident/1
ok "what was since does not" says "revoked from 2026-12-01T12:00:00Z on: it does not count" \
    fly show incident/2
sed 's,incident/1,incident/3,' incident.json >third.json
ok "and it signs no more" refused 4 "was revoked from" fly add --as aurora third.json
ok "it stays revoked" refused 3 "revoked already" fly key revoke "$new" --last --as institute
ok "list says so" says "revoked .*revoked from 2026-12-01T12:00:00Z" fly key list aurora
# That a key was stolen is found out after it was replaced.
ok "a replaced key is revoked too" says "revoked from 2026-12-01T00:00:00Z on" \
    fly key revoke "$old" --from 2026-12-01 --reason compromised --as institute
ok "and stays so" refused 3 "revoked already" fly key revoke "$old" --as institute
ok "of the key that replaced it nothing changes" says "revoked .*revoked from 2026-12-01T12:00:00Z" \
    fly key list aurora
ok "a key that was never declared" exits 3 "no key 'SHA256:none' is declared here" \
    fly key revoke SHA256:none
ok "and so do the lists for ssh-keygen" sh -c '[ "$("$0" --docket "$1" log signers --revoked | wc -l)" = 2 ] &&
    "$0" --docket "$1" log signers | grep "party/aurora" | grep -q "valid-before=\"20261201120000Z\""' \
    "$FLYBALL" "$docket"
if command -v ssh-keygen >/dev/null; then
    fly show incident/2 --statement >s && fly show incident/2 --signature >s.sig
    fly log signers >signers && fly log signers --revoked >revoked
    verify() { ssh-keygen -Y verify -f signers -I party/aurora -n flyball/incident -s s.sig "$@" <s; }
    ok "within its time the signature verifies" verify -Overify-time=20261201110000Z
    ok "after it not" sh -c '! ssh-keygen -Y verify -f signers -I party/aurora -n flyball/incident \
        -s s.sig -Overify-time=20261202000000Z <s'
    ok "nor with the list of revoked keys" sh -c '! ssh-keygen -Y verify -f signers -I party/aurora \
        -n flyball/incident -s s.sig -r revoked -Overify-time=20261201110000Z <s'
    ssh-keygen -q -t ecdsa -b 384 -N '' -C '' -f p384
    ok "declare a key of another type" says "declared" \
        fly key add aurora p384.pub --as institute --until 2027-06-01
    ok "it is listed" says "in force .*(ecdsa-sha2-nistp384), until 2027-06-01" fly key list aurora
    printf '%s' '{"at":"2026-12-02","body":{"class":"theft","title":"t"},"id":"incident/4","issuer":"party/aurora","kind":"incident","subject":"system/aurora-2"}' >fourth.json
    ssh-keygen -q -Y sign -f p384 -n flyball/incident fourth.json 2>/dev/null
    ok "and a record that it signed elsewhere is taken" fly add fourth.json
    ok "not a key that is declared" refused 3 "declares the same public key" \
        fly key add institute p384.pub
else
    skip "the lists as ssh-keygen reads them" "ssh-keygen is absent"
fi
ok "a file that is no key" exits 3 "not 'type base64 comment'\|malformed" fly key add aurora halt.json
ok "a date that is none" exits 3 "from" fly key revoke "$new" --from yesterday --last
ok "everything holds" says "the ledger holds" fly log verify
# What is signed for one docket.
"$FLYBALL" init elsewhere --simulated --clock "$clock" --party institute --role regulator >/dev/null
cat >draft.json <<END
{"kind": "incident", "id": "incident/d1", "subject": "system/aurora-2", "at": "2026-11-20",
 "body": {"title": "T", "class": "serious_harm"}}
END
ok "sign --write makes it one for this docket" says '"docket":"simulated/test"' \
    sh -c '"$0" --docket "$1" --clock "$2" sign --write draft.json --as institute >/dev/null && cat draft.json' \
    "$FLYBALL" "$docket" "$clock"
ok "another docket does not sign it" exits 3 "is for the docket 'simulated/test'" \
    "$FLYBALL" --docket elsewhere --clock "$clock" sign draft.json
ok "nor file it" exits 3 "is for the docket 'simulated/test'" \
    "$FLYBALL" --docket elsewhere --clock "$clock" add draft.json
ok "this one does" fly add draft.json
printf '{"at":"2026-11-20T00:00:00Z","body":{"class":"serious_harm","title":"T"},"id":"incident/d2","issuer":"party/institute","kind":"incident","subject":"system/none"}' >dangling.json
ok "sign says why it would be refused" says "would refuse it now: the subject 'system/none'" \
    fly sign dangling.json
ok "and leaves what is canonical as it is" sh -c '! grep -q docket dangling.json'
# A folder of keys that is somebody else's.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    printf '{"kind":"system","id":"system/d","body":{"title":"D","developer":"party/institute"}}' >denied.json
    chmod 755 "$folder" && chmod -R a+rwX "$docket" && chmod 700 "$docket/keys"
    ok "keys that may not be read are not called absent" exits 5 "could not open .*keys/institute.*Permission denied" \
        setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$FLYBALL" --docket "$docket" --clock "$clock" add denied.json
    chmod -R go-rwx "$docket"
else
    skip "keys that may not be read are not called absent" "needs root and setpriv"
fi

# Standard input, as a file.
printf '{"kind":"system","id":"system/piped","body":{"title":"P","developer":"party/institute"}}' >piped.json
ok "add from standard input" sh -c '"$0" --docket "$1" --clock "$2" add - <piped.json |
    grep -q "^standard input: statement, 1 record"' "$FLYBALL" "$docket" "$clock"
ok "what is wrong there has its place" sh -c 'echo "{\"kind\": 1}" >bad.json
    "$0" --docket "$1" --clock "$2" add - <bad.json 2>err; [ $? = 3 ] && grep -q "standard input:1:" err' \
    "$FLYBALL" "$docket" "$clock"
ok "nothing there" sh -c '"$0" --docket "$1" --clock "$2" add - </dev/null 2>err; [ $? = 3 ] &&
    grep -q "standard input" err' "$FLYBALL" "$docket" "$clock"
ok "a policy from there is kept as a document" sh -c '
    sed "s,^policy .*,policy \"aurora/piped\"," "$3/policies/aurora-framework.fly" |
    "$0" --docket "$1" --clock "$2" add - >out && grep -q "policy/aurora/piped@" out &&
    "$0" --docket "$1" log verify | grep -q blobs' "$FLYBALL" "$docket" "$clock" "$example"

ok "revoke of a party lists its keys" exits 3 "SHA256:" fly key revoke aurora
finish
