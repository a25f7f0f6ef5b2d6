#!/bin/sh
# cmd_due, exempt: the certificate of a small system, which ssh-keygen verifies.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "a docket" make_docket
cat >small.json <<'END'
[{"kind": "system", "id": "system/small", "at": "2026-11-01",
  "body": {"title": "Small", "developer": "party/aurora", "training_compute_flop": 3e22}},
 {"kind": "system", "id": "system/silent", "at": "2026-11-01",
  "body": {"title": "Silent", "developer": "party/aurora"}}]
END
ok "small systems" fly add --as aurora small.json
ok "no rule, no scope to be outside of" exits 1 "not exempt" fly exempt small
cat >duties.fly <<'END'
policy "duties-only"
  title   "Duties and no red line"
  version 1

exempt research(S)
  title  "academic research"
  when   S is research_only

duty report(S, I)
  when    incident I of system S, known to P
  if      training compute of S > 1e25 FLOP, or training compute of S is unknown
  party   P
  must    report I to "ai-office"
  within  10 days
END
ok "duties alone" fly add --as aurora duties.fly
ok "a small system is exempt of them" says "^system/small (Small) is exempt" fly exempt small
ok "one that does not say is not" exits 1 "not exempt" fly exempt silent
ok "though nothing happened yet" sh -c '"$0" --docket "$1" --clock "$2" exempt silent |
    grep -q "report of duties-only applies to it once its time comes"' "$FLYBALL" "$docket" "$clock"
cat >research.json <<'END'
[{"kind": "system", "id": "system/thesis", "at": "2026-11-01",
  "body": {"title": "Thesis", "developer": "party/aurora", "research_only": true}}]
END
ok "a research system" fly add --as aurora research.json
ok "is exempt as the policy says" says "^system/thesis (Thesis) is exempt" fly exempt thesis
ok "a red line" fly add --as aurora "$example/policies/aurora-framework.fly"
ok "laws and the plan" fly add "$root"/packs/eu/gpai-*.fly "$root"/packs/us/*.fly "$root"/packs/kr/*.fly \
    "$root"/packs/plan/*.fly
ok "it is exempt" says "^system/small (Small) is exempt: no rule in force" fly exempt small
ok "it says the figure, the threshold and the record" says \
    "training_compute_flop is 3e22, the rule asks for >= 1e25: not reached  .system/small #" fly exempt small
ok "of duties too" says "training_compute_flop is 3e22, the rule asks for > 1e25: not reached" \
    fly exempt small
ok "as of when and from which root" says "as of 2026-12-01 00:00 UTC, from [0-9]* records of .*root [0-9a-f]\{64\}" \
    fly exempt small
cat >run.json <<'END'
[{"kind": "system", "id": "system/planner", "at": "2026-11-01",
  "body": {"title": "Planner", "developer": "party/aurora", "training_compute_flop": 3e22}},
 {"kind": "run", "id": "run/large", "at": "2026-11-01", "subject": "system/planner",
  "body": {"title": "Large", "planned_flop": 2e26, "state": "running"}}]
END
ok "one of which a large run is known" fly add --as aurora run.json
ok "is not" exits 1 "'system/planner' is not exempt" fly exempt planner
ok "all rules that could bind it are named" sh -c '"$0" --docket "$1" --clock "$2" exempt planner |
    grep -c "applies to it once its time comes\|: owed\|: overdue" | grep -q "[1-9]"' "$FLYBALL" "$docket" "$clock"
ok "a large one is not" exits 1 "'system/aurora-2' is not exempt" fly exempt aurora-2
ok "what applies" sh -c '"$0" --docket "$1" --clock "$2" exempt aurora-2 |
    grep -q "red line cyber of aurora/framework is not ruled out"' "$FLYBALL" "$docket" "$clock"
ok "nor one that does not say how large it is" sh -c '"$0" --docket "$1" --clock "$2" exempt silent |
    grep -q "training_compute_flop is not stated, .*: not reached"' "$FLYBALL" "$docket" "$clock"
ok "no file for what is not" exits 1 "not exempt" fly exempt aurora-2 --out no.json
ok "none was written" [ ! -e no.json ]
ok "no such system" exits 3 "no system 'none'" fly exempt none
ok "one form at a time" exits 2 "exclude each other" fly exempt small --json --out x
ok "a folder that is not there" exits 3 "none/c.json" fly exempt small --out none/c.json
ok "a certificate" says "wrote c.json and c.json.sig" fly exempt small --out c.json
ok "the same in JSON" sh -c '"$0" --docket "$1" --clock "$2" exempt small --json >c.all &&
    grep -q "\"namespace\": \"flyball/exempt\"" c.all && grep -q "\"exempt\": true" c.json' \
    "$FLYBALL" "$docket" "$clock"
fly log signers >signers
if command -v ssh-keygen >verify.out 2>&1; then
    verify() { # NAMESPACE
        ssh-keygen -Y verify -f signers -I party/institute -n "$1" -s c.json.sig <"$2"
    }
    ok "ssh-keygen verifies it" verify flyball/exempt c.json
    sed 's/3e22/3e21/' c.json >forged.json
    ok "not what was altered" sh -c '! cmp -s c.json forged.json'
    ok "and says so" sh -c '! ssh-keygen -Y verify -f signers -I party/institute \
        -n flyball/exempt -s c.json.sig <forged.json'
    ok "not as a record" sh -c '! ssh-keygen -Y verify -f signers -I party/institute \
        -n flyball/report -s c.json.sig <c.json'
else
    skip "ssh-keygen verifies it" "no ssh-keygen"
fi
mv "$docket/keys/institute" hidden
ok "without the key there is no certificate" exits 3 "no key of 'party/institute'" \
    fly exempt small --out d.json
ok "and no file" [ ! -e d.json ]
# Under the plan itself, the reports of the Code of Practice and Korea's Act a small system has nothing to file.
docket=$PWD/plan
ok "another docket" make_docket
cat >tiny.json <<'END'
{"kind": "system", "id": "system/tiny", "at": "2026-11-02", "body": {"title": "Tiny", "developer": "party/aurora", "training_compute_flop": 3e22}}
END
ok "a small system" fly add --as aurora tiny.json
ok "the plan and laws with thresholds" fly add "$root"/packs/plan/*.fly "$root"/packs/kr/*.fly \
    "$root"/packs/eu/gpai-serious-incidents.fly "$root"/packs/eu/gpai-incident-reports.fly
ok "nothing binds it" says "^system/tiny (Tiny) is exempt: no rule in force" fly exempt tiny
# Nor under all packs that ship: the companies' commitments are about their own models.
docket=$PWD/all
clock=2026-12-01T00:00:00Z
ok "a third docket" make_docket
ok "with a small system" fly add --as aurora tiny.json
ok "and every pack" fly add "$root"/packs/*/*.fly
ok "nothing binds it there" says "^system/tiny (Tiny) is exempt: no rule in force" fly exempt tiny
ok "each law in force is named, with the threshold" sh -c '"$0" --docket "$1" --clock "$2" exempt tiny >all.out &&
    for p in eu/ai-act/gpai eu/gpai-code/safety-security us/california/sb53 kr/ai-basic-act plan/liability seoul/; do
        grep -A1 " of $p" all.out | grep -q "training_compute_flop is 3e22, the rule asks for" || exit 1
    done' "$FLYBALL" "$docket" "$clock"
finish
