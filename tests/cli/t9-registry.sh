#!/bin/sh
# `registry` (cmd_registry.c, ingest/cards.c, govern/register.c, report/register.c, interchange.c): descriptions in,
# the register and exports out.
. "$(dirname "$0")/lib.sh"

fly init "$docket" --simulated --name register.example --party office --role regulator >/dev/null
fly party lab --title "The Lab" --role developer >/dev/null
fly party house --role auditor >/dev/null

cat >bom.json <<'END'
{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[
 {"type":"machine-learning-model","bom-ref":"b","group":"acme","name":"base","version":"1",
  "properties":[{"name":"flyball:training_compute_flop","value":"3e25"},
   {"name":"flyball:stage","value":"released"},{"name":"other","value":"x"}],
  "modelCard":{"modelParameters":{"datasets":[{"type":"dataset","name":"web text",
   "contents":{"url":"https://example.org/web"}}]}},
  "components":[{"type":"machine-learning-model","name":"chat",
   "pedigree":{"ancestors":[{"type":"machine-learning-model","bom-ref":"b","name":"base"}]}}]},
 {"type":"library","name":"not a model"},
 {"type":"data","name":"eval set","licenses":[{"license":{"id":"MIT"}}]}]}
END
ok "a bill" says "bom.json: cyclonedx, 4 records" fly registry import --as lab bom.json
ok "its model" says '"training_compute_flop":3e+25' fly show system/acme-base-1 --statement
ok "what it was made from" says '"derived_from":"system/acme-base-1"' fly show system/chat --statement
ok "its dataset" says '"subject":"system/acme-base-1"' fly show dataset/web-text --statement
ok "a licence" says '"licence":"MIT"' fly show dataset/eval-set --statement
cat >croissant.json <<'END'
{"@context":{"@vocab":"https://schema.org/","cr":"http://mlcommons.org/croissant/"},"@type":"sc:Dataset",
 "name":"Titanic","url":"https://example.org/t","license":"afl-3.0","distribution":[{"@type":"cr:FileObject",
 "sha256":"C617DB2C7470716250F6F001BE51304C76BCC8815527AB8BAE734BDCA0735737"}]}
END
ok "Croissant" says "croissant, 1 record" fly registry import --as lab --subject system/chat croissant.json
ok "its digest" says '"digest":"sha256:c617db2c' fly show dataset/Titanic --statement
cat >spdx.json <<'END'
{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
 {"type":"dataset_DatasetPackage","spdxId":"urn:d","name":"corpus",
  "software_downloadLocation":"https://example.org/c"},
 {"type":"ai_AIPackage","spdxId":"urn:m","name":"tagger","software_packageVersion":"2"},
 {"type":"Relationship","relationshipType":"trainedOn","from":"urn:m","to":["urn:d"]}]}
END
ok "SPDX" says "spdx3, 2 records" fly registry import --as lab spdx.json
ok "what it was trained on" says '"subject":"system/tagger-2"' fly show dataset/corpus --statement

cat >life.json <<'END'
[{"kind":"run","id":"run/chat","subject":"system/chat","at":"2026-11-03","body":{"title":"sft",
  "purpose":"fine_tuning","started":"2026-11-02"}},
 {"kind":"grant","id":"grant/logits","subject":"system/chat","at":"2026-11-01","body":{
  "party":"party/house","form":"logits","state":"granted","valid_from":"2026-11-01",
  "valid_until":"2027-01-01"}},
 {"kind":"grant","id":"grant/site","subject":"system/chat","at":"2026-11-03","body":{
  "party":"party/house","form":"on_site","state":"granted","valid_from":"2026-11-03",
  "valid_until":"2026-11-20"}},
 {"kind":"access","id":"access/1","subject":"system/chat","at":"2026-11-05","body":{
  "grant":"grant/logits","honoured":"full","began":"2026-11-05"}},
 {"kind":"access","id":"access/2","subject":"system/chat","at":"2026-11-06","body":{
  "grant":"grant/logits","honoured":"partial","began":"2026-11-06","missing":"temperature"}},
 {"kind":"deployment","id":"deployment/triage","subject":"system/chat","at":"2026-11-06","body":{
  "scope":"external","role":"medical triage","sector":"health","autonomy":3,"overseers":2,
  "decisions_each_day":900,"overruled_share":0.01}},
 {"kind":"measure","id":"measure/s","subject":"system/chat","at":"2026-11-06","body":{
  "name":"security","level":4}}]
END
ok "its life" fly add --as lab life.json
cat >audits.json <<'END'
[{"kind":"audit","id":"audit/old","subject":"system/chat","at":"2026-11-06","body":{"party":"party/lab",
  "scope":"weights","method":"inspection","result":"passed","began":"2026-11-01","ended":"2026-11-02",
  "standard":"security","level":3,"valid_until":"2026-11-20"}},
 {"kind":"audit","id":"audit/red","subject":"system/chat","at":"2026-11-07","body":{"party":"party/lab",
  "scope":"weights","method":"red_team","result":"findings","began":"2026-11-03","ended":"2026-11-04",
  "standard":"security","valid_until":"2027-06-01","findings":2,"critical_findings":1}},
 {"kind":"audit","id":"audit/new","subject":"system/chat","at":"2026-11-08","body":{"party":"party/lab",
  "scope":"weights","method":"inspection","result":"passed","began":"2026-11-03","ended":"2026-11-04",
  "standard":"security","level":2,"valid_until":"2027-06-01"}}]
END
ok "audits" fly add --as house audits.json
ok "the list" says "^system/chat .*party/lab .*system/acme-base-1 .*1 .*1 .*1 .*1 .*1 of 2" fly registry list
ok "a level that is shown, not claimed" says \
    "^system/chat .*security 2 shown, 4 claimed, 1 critical" fly registry list
ok "access from the start" says \
    "grant/logits: logits .*in force, from the start of training; used 2 times: 1 in full, 1 in part" \
    fly registry show chat
ok "access that has run out" says "grant/site: on_site .*not in force; used 0" fly registry show chat
ok "where it works" says "deployment/triage: scope external.*autonomy 3, overseers 2" fly registry show chat
fly registry show chat --json >chat.json
ok "as JSON" python3 -c 'import json; s = json.load(open("chat.json"))["systems"]; assert len(s) == 1
level = s[0]["levels"][0]; assert (level["shown"], level["expired"], level["claimed"]) == (2, 3, 4), level
assert s[0]["access"][0]["from_start"] and s[0]["deployments"][0]["body"]["sector"] == "health"'
fly registry export cyclonedx --out out.json >/dev/null
schemas=${FB_SHARED:-../shared}/data/registry/cyclonedx
if [ -d "$schemas" ] && python3 -c 'import jsonschema' 2>/dev/null; then
    cat >validate.py <<'END'
import json, sys, warnings
warnings.simplefilter("ignore")
import jsonschema
folder, bill = sys.argv[1:]
schema = json.load(open(folder + "/bom-1.6.schema.json"))
store = {}
for name in ("jsf-0.82.schema.json", "spdx.schema.json"):
    store["http://cyclonedx.org/schema/" + name] = json.load(open(folder + "/" + name))
validator = jsonschema.Draft7Validator(schema,
    resolver=jsonschema.RefResolver(schema["$id"], schema, store))
errors = [e.message for e in validator.iter_errors(json.load(open(bill)))]
assert not errors, errors[:3]
END
    ok "the bill by its schema" python3 validate.py "$schemas" out.json
else
    skip "the bill by its schema" "no schemas or no python3-jsonschema here"
fi
ok "its developer by name, and by id" python3 -c 'import json
c, = [x for x in json.load(open("out.json"))["components"] if x["bom-ref"] == "system/chat"]
assert c["publisher"] == "The Lab", c
assert {"name": "flyball:developer", "value": "party/lab"} in c["properties"], c'
# What was written is read again as the same systems.
again=$folder/again
"$FLYBALL" --docket "$again" --clock "$clock" init "$again" --simulated --name two --party office \
    --role regulator >/dev/null
"$FLYBALL" --docket "$again" --clock "$clock" party lab --role developer >/dev/null
ok "read again" says "cyclonedx, 6 records" "$FLYBALL" --docket "$again" --clock "$clock" \
    registry import --as lab out.json
ok "with what it was made from" says "^system/chat .*system/acme-base-1\|^system/chat .*system/base-1" \
    "$FLYBALL" --docket "$again" --clock "$clock" registry list
ok "CSV" says '^"system/chat","chat",.*,1,1,1,1,1,2,"security 2 shown' fly registry export csv
fly registry export html --out page.html >/dev/null
ok "a page" grep -q "medical triage (external), acts while watched; people who watch it: 2; decisions a day that each sees: 900; share of them that is overruled: 0.01<" page.html
cat >watch.json <<'END'
[{"kind":"deployment","id":"deployment/grid","subject":"system/acme-base-1","at":"2026-11-06","body":{
  "scope":"internal","sector":"power_grid","autonomy":4,"overseers":1,"stop_s":30,"started":"2026-11-01",
  "oversight":"a shift engineer","ended":"2026-11-20"}},
 {"kind":"cluster","id":"cluster/one","at":"2026-11-06","body":{"title":"Cluster One","owner":"party/lab",
  "name":"c1","country":"NL","chip":"h100-sxm","chips":1024,"power_w":1500000,"started":"2025-01-01"}},
 {"kind":"cluster","id":"cluster/two","at":"2026-11-07","supersedes":"cluster/one","body":{"title":"Cluster One",
  "owner":"party/lab","name":"c1","country":"NL","chip":"h100-sxm","chips":2048,"started":"2025-01-01"}},
 {"kind":"system","id":"system/merged","at":"2026-11-07","body":{"title":"Merged","developer":"party/lab",
  "derived_from":"system/chat","also_from":["system/tagger-2"],"derivation":"merging"}}]
END
ok "clusters and a merge" fly add --as lab watch.json
fly registry export html --out page.html >/dev/null
ok "what is not said of oversight is no zero" grep -q \
    "<li>power_grid (internal; ended), acts alone; people who watch it: 1; stopped within 30 s; oversight: a shift engineer</li>" \
    page.html
ok "all that a merge was made from" grep -q "<td>system/chat, system/tagger-2 (merging)</td>" page.html
ok "in the list" says "^system/merged .*system/chat, system/tagger-2 " fly registry list
ok "what has ended is not deployed" says "^system/acme-base-1 .* 1 *0 *0 *0 *- *-$" fly registry list
ok "clusters with their owners, as corrected" says "^c1  *party/lab  *NL  *h100-sxm  *2048  *-  *-  *2025-01-01" \
    fly registry list
ok "once" [ "$(grep -c "^c1 " says.out)" = 1 ]
ok "on the page" grep -q "<small>c1</small></th><td>lab</td><td>-</td><td>NL</td><td>h100-sxm</td><td>2048</td>" page.html
ok "in JSON" sh -c '"$0" --docket "$1" --clock "$2" registry list --json | python3 -c "
import json, sys
c = json.load(sys.stdin)[\"clusters\"]
assert [x[\"body\"][\"chips\"] for x in c] == [2048], c"' "$FLYBALL" "$docket" "$clock"
ok "in full" says "deployment/grid: scope internal, sector power_grid, autonomy 4, oversight a shift engineer, overseers 1, stop_s 30" \
    fly registry show acme-base-1
ok "until when access goes" says "grant/site: .*granted, from 2026-11-03 00:00 until 2026-11-20 00:00, not in force" \
    fly registry show chat
ok "one of each is no plural" grep -q "<td>1 dataset, 1 run</td>" page.html
ok "the developer without its kind" sh -c 'grep -q "<td>lab</td>" page.html && ! grep -q party/lab page.html'
ok "without a script or a link" sh -c '! grep -qi "<script\|href=\|src=" page.html'
ok "nothing is open" exits 1 "nothing is open" fly registry export oscal-poam
fly add "$root/packs/eu/gpai-serious-incidents.fly" >/dev/null 2>&1
cat >incident.json <<'END'
{"kind":"incident","id":"incident/1","subject":"system/acme-base-1","at":"2026-11-20","body":{"title":"Harm",
 "class":"serious_harm","known_to":"party/lab","known_at":"2026-11-20"}}
END
fly add --as lab incident.json >/dev/null
fly registry export oscal-poam >poam.json 2>/dev/null
fly registry export oscal-results >results.json
cat >report.json <<'END'
{"kind":"report","id":"report/1","subject":"system/acme-base-1","at":"2026-12-01","body":{"to":"ai-office",
 "stage":"initial","about":"incident/2"}}
END
sed 's/incident\/1/incident\/2/' incident.json >second.json
fly add --as lab second.json >/dev/null
fly add --as lab report.json >/dev/null
fly registry export oscal-results >results-2.json
cat >oscal.py <<'END'
import json, re, uuid
# As the schemas of OSCAL have it: a UUID is of version 4 or 5.
form = re.compile("^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$")
p, r, later = (json.load(open(f + ".json")) for f in ("poam", "results", "results-2"))
p, r, later = p["plan-of-action-and-milestones"], r["assessment-results"], later["assessment-results"]
findings = r["results"][0]["findings"]
for parts in ([p, *p["risks"], *p["poam-items"], *p["back-matter"]["resources"]],
              [r, *r["results"], *findings, *r["back-matter"]["resources"]]):
    assert all(form.match(part["uuid"]) for part in parts), parts
    assert len({part["uuid"] for part in parts}) == len(parts)
name = "duty:eu/gpai-code/serious-incidents/initial_report:system/acme-base-1,incident/1,party/lab"
risk, = (x for x in p["risks"] if x["props"][0]["value"] == name)
assert risk["uuid"] == str(uuid.uuid5(uuid.NAMESPACE_URL, "flyball:risk/simulated/register.example/" + name)), risk
assert risk["deadline"].startswith("2026-12"), risk
for words in ("system/acme-base-1, party/lab to ai-office: owed, due 2026-12", "rule initial_report of eu/gpai-code",
              "binds since 2026-12-01 00:00"):
    assert words in risk["description"], risk
props = {x["name"]: x["value"] for x in risk["props"]}
assert (props["party"], props["recipient"], props["status"]) == ("party/lab", "ai-office", "owed"), props
risks = {x["uuid"] for x in p["risks"]}
assert all(i["related-risks"][0]["risk-uuid"] in risks for i in p["poam-items"])
token = re.compile(r"^[A-Za-z_][A-Za-z0-9._-]*$")
assert all(token.match(f["target"]["target-id"]) for f in findings)
# The plan of the assessment is in the file.
assert r["import-ap"]["href"][1:] in {x["uuid"] for x in r["back-matter"]["resources"]}, r["import-ap"]
# Another moment is another document, and the same finding.
assert r["uuid"] != later["uuid"]
found = {f["uuid"]: f for f in later["results"][0]["findings"]}
assert all(f["uuid"] in found for f in findings)
states = {f["props"][0]["value"]: f["target"]["status"]["state"] for f in found.values()}
assert states[name] == "not-satisfied" and states[name.replace("incident/1", "incident/2")] == "satisfied", states
END
ok "OSCAL" python3 oscal.py

ok "no system" exits 3 "no system 'x'" fly registry show x
ok "no part" exits 2 "no part 'x'" fly registry x
ok "no format" exits 2 "knows cyclonedx" fly registry export pdf
ok "no file" exits 2 "needs files" fly registry import
echo '{"bomFormat":"CycloneDX","specVersion":"0.9"}' >old.json
ok "an old bill" exits 3 "1.5 to 1.7" fly registry import --as lab old.json
echo '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}' >none.json
ok "an empty bill" exits 3 "no model and no dataset" fly registry import --as lab none.json
printf '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[\n{"type":"data"}]}' >bad.json
ok "a bad one has its place" exits 3 "bad.json:2:1.*no name" fly registry import --as lab bad.json
finish
