#!/bin/sh
# ingest/cards.c, incidents.c and report/interchange.c by the schemas of the formats: what is written validates, what
# validates is read, and odd or hostile files are read right or refused with their place.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
shared=${FB_SHARED:-$root/../shared}/data/registry
fly init "$docket" --simulated --name register.example --party office --role regulator >/dev/null
fly party lab --role developer >/dev/null

cat >validate.py <<'END'
# validate.py SCHEMA FILE [yes|no]: does the file validate? Schemas that the schema refers to and that are not beside it
# say yes to everything.
import json, os, sys, warnings
warnings.simplefilter("ignore")
import jsonschema
schema_file, file, want = sys.argv[1], sys.argv[2], (sys.argv + ["yes"])[3]
folder = os.path.dirname(schema_file)
schema = json.load(open(schema_file))
class Beside(jsonschema.RefResolver):
    def resolve_remote(self, uri):
        path = os.path.join(folder, os.path.basename(uri.split("#")[0]))
        return json.load(open(path)) if os.path.exists(path) else {}
cls = jsonschema.validators.validator_for(schema)
validator = cls(schema, resolver=Beside(schema.get("$id", ""), schema))
errors = ["/".join(map(str, e.path)) + ": " + e.message[:200] for e in validator.iter_errors(json.load(open(file)))]
assert (not errors) == (want == "yes"), errors[:3] or "it validates"
END
# valid NAME SCHEMA FILE [no]: a subtest that FILE validates (or not), skipped without schema or validator.
valid() {
    if [ ! -f "$shared/$2" ]; then
        skip "$1" "$shared/$2 is absent"
    elif ! python3 -c 'import jsonschema' 2>/dev/null; then
        skip "$1" "python3-jsonschema is absent"
    else
        ok "$1" python3 validate.py "$shared/$2" "$3" "${4:-yes}"
    fi
}
# import N FILE...: a docket of its own takes the files and gets N records of the last one.
n=0
import() {
    n=$((n + 1))
    "$FLYBALL" --clock "$clock" init "d$n" --simulated --name "d$n" --party lab --role developer >/dev/null &&
        "$FLYBALL" --docket "d$n" --clock "$clock" registry import --as lab "$@"
}
# in_last ARGUMENT...: the last of these dockets.
in_last() { "$FLYBALL" --docket "d$n" --clock "$clock" "$@"; }

# --- CycloneDX: children before parents, references, merges, one dataset of two models.
cat >odd.json <<'END'
{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[
 {"type":"machine-learning-model","bom-ref":"c","name":"chat","modelCard":{"modelParameters":{"datasets":[
   {"ref":"shared-data"},{"type":"dataset","name":"prompts"}]}},
  "pedigree":{"ancestors":[{"type":"machine-learning-model","bom-ref":"b","name":"base"},
   {"type":"machine-learning-model","bom-ref":"v","name":"vision"}]}},
 {"type":"data","bom-ref":"shared-data","name":"web text"},
 {"type":"machine-learning-model","bom-ref":"b","name":"base","modelCard":{"modelParameters":{"datasets":[
   {"type":"dataset","name":"prompts"},{"type":"dataset","name":"prompts"}]}},
  "pedigree":{"ancestors":[{"type":"machine-learning-model","name":"seed"}]}},
 {"type":"machine-learning-model","bom-ref":"v","name":"vision"},
 {"type":"machine-learning-model","name":"seed"}]}
END
for v in 1.6 1.7; do
    sed "s/\"1.6\"/\"$v\"/" odd.json >"odd-$v.json"
    valid "an odd bill of $v is a valid one" "cyclonedx/bom-$v.schema.json" "odd-$v.json"
    ok "it is read, children first or not" says "cyclonedx, 7 records" import "odd-$v.json"
    ok "what two models went into" says '"also_from":\["system/vision"\],"derivation":"merging","derived_from":"system/base"' \
        in_last show system/chat --statement
    ok "an ancestor by its name alone" says '"derived_from":"system/seed"' in_last show system/base --statement
    ok "a dataset that a card refers to" says '"subject":"system/chat"' in_last show dataset/web-text --statement
    ok "one name, two models: a record each" says '"subject":"system/base"' \
        in_last show dataset/prompts-for-base --statement
    in_last registry export cyclonedx --out "out-$v.json" >/dev/null
    valid "what is written validates" cyclonedx/bom-1.6.schema.json "out-$v.json"
    ok "and is read again" says "cyclonedx, 7 records" import "out-$v.json"
    ok "a merge with all that went into it" says '"also_from":\["system/vision"\],"derivation":"merging","derived_from":"system/base"' \
        in_last show system/chat --statement
done
bill() { printf '{"bomFormat":"CycloneDX","specVersion":"1.7","version":1,"components":[\n%s]}' "$1" >bill.json; }
model() { printf '{"type":"machine-learning-model","bom-ref":"%s","name":"%s","pedigree":{"ancestors":[{"type":"machine-learning-model","bom-ref":"%s","name":"x"}]}}' "$@"; }
bill "$(model a a b),$(model b b c),$(model c c a)"
valid "a cycle is valid by the schema" cyclonedx/bom-1.7.schema.json bill.json
ok "and refused, with its place" exits 3 "bill.json:2:.*descends from itself" fly registry import --as lab bill.json
bill "$(model a a a)"
ok "one that is its own parent, too" exits 3 "descends from itself" fly registry import --as lab bill.json
bill "$(model a a z)"
ok "a parent that is not there is left out" says "1 record" import bill.json
bill "$(model a a z),$(model b a z)"
ok "two models of one name" exits 3 "goes by the same name" fly registry import --as lab bill.json
bill "$(model a a z),$(model a b z)"
ok "two of one reference" exits 3 "has the same id" fly registry import --as lab bill.json
bill '{"type":"machine-learning-model","bom-ref":"a"}'
valid "without a name it is no valid bill" cyclonedx/bom-1.7.schema.json bill.json no
ok "and refused" exits 3 "bill.json:2:1.*has no name" fly registry import --as lab bill.json
python3 - >chain.json <<'END'
import json
print(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
    {"type": "machine-learning-model", "bom-ref": str(i), "name": "m%d" % i,
     "pedigree": {"ancestors": [{"bom-ref": str(i + 1), "name": "x"}]}} for i in range(3000)]}))
END
ok "three thousand generations, the last first" says "3000 records" import chain.json
for f in "$shared"/cyclonedx/valid-machine-learning-*.json; do
    if [ -f "$f" ]; then
        ok "an example of the specification: ${f##*/}" says "cyclonedx, [0-9]* record" import "$f"
    fi
done

# --- SPDX 3: any order, one element, ends as objects, lineage, duplicate ids.
spdx() { printf '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[\n%s]}' "$1" >spdx.json; }
m='{"type":"ai_AIPackage","spdxId":"urn:m","name":"tagger","software_packageVersion":"2"}'
b='{"type":["ai_AIPackage"],"@id":"urn:b","name":"base"}'
d='{"type":"dataset_DatasetPackage","spdxId":"urn:d","name":"corpus"}'
t='{"type":"Relationship","relationshipType":"trainedOn","from":"urn:m","to":"urn:d"}'
a='{"type":"Relationship","relationshipType":"ancestorOf","from":{"spdxId":"urn:b"},"to":["urn:m"]}'
for order in "$m,$b,$d,$t,$a" "$a,$t,$d,$b,$m" "$t,$m,$a,$d,$b"; do
    spdx "$order"
    ok "a graph in any order" says "spdx3, 3 records" import spdx.json
    ok "its lineage" says '"derived_from":"system/base"' in_last show system/tagger-2 --statement
    ok "its data, named by a text" says '"subject":"system/tagger-2"' in_last show dataset/corpus --statement
done
e=$(echo "$b" | sed 's/urn:b/urn:e/; s/base/extra/')
f=$(echo "$b" | sed 's/urn:b/urn:f/; s/base/further/')
from=$(echo "$t" | sed 's/trainedOn/descendantOf/; s/"urn:d"/["urn:b","urn:e","urn:f","urn:b"]/')
spdx "$m,$b,$e,$f,$d,$t,$(echo "$t" | sed 's/urn:m/urn:b/'),$from"
ok "a merge of three" says "spdx3, 6 records" import spdx.json
ok "keeps all of them" says '"also_from":\["system/extra","system/further"\],"derivation":"merging","derived_from":"system/base"' \
    in_last show system/tagger-2 --statement
ok "data of two models: a record each" says '"subject":"system/base"' \
    in_last show dataset/corpus-for-base --statement
python3 - >many.json <<'PY'
import json
print(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
    {"type": "machine-learning-model", "name": "m%d" % i} for i in range(102)] + [
    {"type": "machine-learning-model", "name": "all",
     "pedigree": {"ancestors": [{"name": "m%d" % i} for i in range(102)]}}]}))
PY
ok "a merge of more than a record holds" exits 3 "made from more than 101 others" fly registry import --as lab many.json
spdx "$m,$b,$a,$(echo "$a" | sed 's/ancestorOf/descendantOf/')"
ok "a cycle of two" exits 3 "descends from itself" fly registry import --as lab spdx.json
spdx "$m,$(echo "$m" | sed 's/tagger/other/')"
ok "one id twice" exits 3 "spdx.json:2:.*same id" fly registry import --as lab spdx.json
spdx '{"type":"ai_AIPackage","name":"nameless id"},{"type":"Relationship","relationshipType":"trainedOn","from":"","to":[""]}'
ok "without ids nothing is related" says "1 record" import spdx.json
echo '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","type":"ai_AIPackage","name":"alone"}' >alone.json
ok "an element without a graph" says "spdx3, 1 record" import alone.json

# --- Croissant: the examples there are, and what is none.
for f in "$shared"/croissant/*.json; do
    if [ -f "$f" ]; then
        ok "Croissant: ${f##*/}" says "croissant, 1 record" import "$f"
    fi
done
echo '{"@context":{"cr":"http://mlcommons.org/croissant/"},"@type":"sc:Person","name":"x"}' >person.json
ok "Croissant that is no dataset" exits 3 "no dataset of Croissant" fly registry import --as lab person.json
echo '{"@context":{"cr":"http://mlcommons.org/croissant/"},"@type":"sc:Dataset","name":7}' >number.json
ok "a name that is a number" exits 3 "has no name" fly registry import --as lab number.json

# --- STIX: what we read is what the schema takes.
cat >incident.json <<'END'
{"type":"incident","spec_version":"2.1","id":"incident--5f6ce0fb-5e3f-4b0f-8b1a-000000000001",
 "created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z","name":"A breach","labels":["cyber_breach"]}
END
valid "STIX by its schema" stix/incident.json incident.json
echo '{"kind":"system","id":"system/s","at":"2026-11-01","body":{"title":"S","developer":"party/lab"}}' >s.json
fly add --as lab s.json >/dev/null
ok "is read" says "stix, 1 record" fly add --as lab --subject system/s incident.json
sed 's/"name":"A breach",//' incident.json >unnamed.json
valid "without a name the schema refuses it" stix/incident.json unnamed.json no
ok "and so do we" exits 3 "needs 'id' and 'name'" fly add --as lab --subject system/s unnamed.json

# --- OSCAL: by a schema where there is one, else by the shape of NIST's own examples.
cat >keep.fly <<'END'
policy "p"
  title   "T"
  source  "test"
  version 1
duty tell(S)
  title   "tell"
  when    system S with developer P
  party   P
  must    notify "office" of plan for S
  within  3 days
END
fly add keep.fly >/dev/null
cat >shape.py <<'END'
# shape.py EXAMPLE FILE: every member of FILE stands at its place in EXAMPLE or among the common ones of OSCAL, with the
# same kind of value, and every member that the example has in all items of a list is there.
import json, sys
example, ours = (json.load(open(f)) for f in sys.argv[1:3])
common = {"props", "links", "remarks", "uuid", "title", "description", "deadline", "status", "subjects",
          "related-observations", "related-risks", "observations", "risks", "findings", "relevant-evidence", "end",
          "system-id", "import-ssp", "local-definitions", "last-modified", "version", "oscal-version", "collected",
          "origins", "include-all", "statement", "name", "value", "ns", "class", "href", "back-matter"}
def walk(a, b, path):
    assert type(a) is type(b), (path, a, b)
    if isinstance(b, dict):
        for key, value in b.items():
            if key in a:
                walk(a[key], value, path + "/" + key)
            else:
                assert key in common, path + "/" + key
    elif isinstance(b, list) and b and isinstance(b[0], dict):
        for item in b:
            walk({k: v for x in a for k, v in x.items()}, item, path + "[]")
walk(example, ours, "")
END
clock=2026-12-20T00:00:00Z
for part in poam:ifa_poam results:ifa_assessment-results-example; do
    fly registry export "oscal-${part%%:*}" >"${part%%:*}.json" 2>/dev/null
    if [ -f "$shared/oscal/${part#*:}.json" ]; then
        ok "OSCAL ${part%%:*} has the shape of NIST's example" python3 shape.py "$shared/oscal/${part#*:}.json" \
            "${part%%:*}.json"
    else
        skip "OSCAL ${part%%:*}" "no example here"
    fi
    for schema in "$shared"/oscal/*"${part%%:*}"*schema*.json; do
        [ ! -f "$schema" ] || valid "OSCAL ${part%%:*} by its schema" "oscal/${schema##*/}" "${part%%:*}.json"
    done
done
finish
