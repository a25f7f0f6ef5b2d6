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

# --- CycloneDX: names that ids cannot show, and what a bill has of data.
# body ID: the body of a record of the last docket.
body() { in_last show "$1" --statement | sed 's/.*"body":{\(.*\)},"docket".*/\1/'; }
m='"type":"machine-learning-model","name"' d='"type":"data","name"'
bill "{$m:\"模型甲\"},{$m:\"模型乙\",\"pedigree\":{\"ancestors\":[{$m:\"模型甲\"}]}}"
ok "names beyond ASCII stay apart" says "2 records" import bill.json
in_last registry export cyclonedx --out apart.json >/dev/null
ok "an ancestor is known by them" [ "$(grep -c '"name": "模型甲"' apart.json)" = 2 ]
bill "{$d:\"a b\"},{$d:\"a-b\"},{$d:\"a-b\",\"version\":\"2\"},{$d:\"a-b\",\"group\":\"g\"}"
ok "names that are alike but for signs" says "4 records" import bill.json
bill "{$d:\"a\"},{$d:\"a\",\"description\":\"another\"}"
ok "two datasets of one name" exits 3 "bill.json:2:.*goes by the same name" fly registry import --as lab bill.json
long=$(printf 'n%.0s' $(seq 90))
bill "{$m:\"$long\",\"version\":\"1\"},{$m:\"$long\",\"version\":\"2\"},{$m:\"x\\u0001\\u0085y\"}"
ok "long names with versions, and control characters" says "3 records" import bill.json
hex=$(printf 'aB%.0s' $(seq 32))
cat >bill.json <<END
{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[
 {"type":"data","name":"corpus","hashes":[{"alg":"MD5","content":"0123456789abcdef0123456789abcdef"},
   {"alg":"SHA-256","content":"$hex"}],"licenses":[{"license":{"id":"MIT"}},{"license":{"name":"Own"}}],
  "externalReferences":[{"type":"license","url":"https://l.example/"},{"type":"distribution","url":"https://d.example/"}]},
 {"type":"data","name":"inside","data":[{"type":"configuration","name":"c"},
   {"type":"dataset","name":"d","contents":{"url":"https://i.example/"}}]},
 {"type":"data","name":"settings","data":[{"type":"configuration","name":"app.ini"}]},
 {"type":"file","name":"train.csv","bom-ref":"f"},{"type":"file","name":"readme","bom-ref":"r"},
 {"type":"machine-learning-model","name":"m","modelCard":{"modelParameters":{"datasets":[{"ref":"f"},
   {"type":"configuration","name":"hyper"},{"type":"dataset","name":"card"}]}},
  "pedigree":{"descendants":[{"type":"machine-learning-model","name":"tuned"}]}},
 {"type":"machine-learning-model","name":"tuned"}]}
END
valid "a bill of many kinds of data is valid" cyclonedx/bom-1.6.schema.json bill.json
ok "of which the datasets are read" says "cyclonedx, 6 records" import bill.json
ok "the digest that is SHA-256, all licences, the reference that leads to it" [ "$(body dataset/corpus)" = \
    "\"digest\":\"sha256:$(echo "$hex" | tr A-F a-f)\",\"licence\":\"MIT, Own\",\"source\":\"https://d.example/\",\"title\":\"corpus\"" ]
ok "where a dataset lies inside of a component" says "i.example" body dataset/inside
ok "a file that a card refers to" says '"subject":"system/m"' in_last show dataset/train.csv --statement
ok "a configuration is no dataset" exits 3 "" in_last show dataset/settings
ok "a descendant" says '"derived_from":"system/m"' in_last show system/tuned --statement

cat >own.json <<END
[{"kind":"dataset","id":"dataset/own","at":"2026-11-01","subject":"system/m","body":{"title":"own","source":"bought, not public",
  "licence":"MIT","tokens":1.5e12,"digest":"sha256:$(echo "$hex" | tr A-F a-f)"}},
 {"kind":"dataset","id":"dataset/odd","at":"2026-11-01","subject":"system/m","body":{"title":"odd","source":"https://o.example/<a|b>"}}]
END
ok "records of datasets" in_last add --as lab own.json
own=$(body dataset/own) odd=$(body dataset/odd)
in_last registry export cyclonedx --out own-bill.json >/dev/null
valid "a bill with them validates" cyclonedx/bom-1.6.schema.json own-bill.json
ok "what is no address stands as none" sh -c '! grep -q "\"url\": \"https://o" own-bill.json'
ok "the bill is read again" says "cyclonedx, " import own-bill.json
ok "with all that was known of a dataset" [ "$(body dataset/own)" = "$own" ]
ok "also where it came from" [ "$(body dataset/odd)" = "$odd" ]

bill "{$m:\"m\",\"pedigree\":{\"ancestors\":[{$m:\"a\",\"pedigree\":{\"ancestors\":[{$m:\"b\"}]}}]}},{$m:\"a\"},{$m:\"b\"}"
ok "an ancestor with a pedigree of its own" says "3 records" import bill.json
ok "descends as it says there" says '"derived_from":"system/b"' in_last show system/a --statement

# --- CycloneDX: the model that a bill is about stands among its components, too.
# about TOP REST: a bill about a model, and its components.
about() { printf '{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"component":{%s}},"components":[\n%s]}' "$@" >bill.json; }
card() { printf '"modelCard":{"modelParameters":{"datasets":[%s]}}' "$1"; }
inline='{"type":"dataset","name":"corpus"}' v='"version":"1"' p='"purl":"pkg:generic/m@1"'
about "$m:\"m\",$v,$p,\"bom-ref\":\"t\",$(card "$inline")" "{$m:\"a\"},{$m:\"m\",$v,$p,\"bom-ref\":\"u\",
 \"pedigree\":{\"ancestors\":[{$m:\"a\"}]},$(card '{"type":"dataset","name":"other"}'),
 \"properties\":[{\"name\":\"flyball:parameters\",\"value\":\"7\"}]},{$m:\"b\",\"pedigree\":{\"ancestors\":[{\"bom-ref\":\"u\",$m:\"m\"}]}}"
valid "such a bill is valid" cyclonedx/bom-1.6.schema.json bill.json
ok "one model by name, version and purl" says "cyclonedx, 5 records" import bill.json
ok "with what both say" sh -c 'grep -q "derived_from\":\"system/a" && exit 0; exit 1' <<END
$(in_last show system/m-1 --statement)
END
ok "its parameters, too" says '"parameters":7' body system/m-1
ok "and the data of both" says '"subject":"system/m-1"' in_last show dataset/other --statement
ok "known by both references" says '"derived_from":"system/m-1"' in_last show system/b --statement
about "$m:\"m\",\"bom-ref\":\"t\"" "{$m:\"m\",$v,$p,\"bom-ref\":\"t\"}"
ok "one model by its reference" says "cyclonedx, 1 record" import bill.json
ok "called as who says more calls it" says '"title":"m-1"' body system/m-1
about "$m:\"m\",$v,$p" "{$m:\"m\",$v,\"purl\":\"pkg:generic/other@1\"}"
ok "another purl is another model" exits 3 "goes by the same name" fly registry import --as lab bill.json
about "$m:\"m\",\"bom-ref\":\"t\"" "{$m:\"n\",\"bom-ref\":\"t\"}"
ok "one reference and two names" exits 3 "has the same id" fly registry import --as lab bill.json
about "$m:\"m\",$v" "{$m:\"m\",$v},{$m:\"m\",$v}"
ok "no more than once" exits 3 "goes by the same name" fly registry import --as lab bill.json

# --- CycloneDX: what a card describes and the component of that name are one; what it refers to is kept.
lic='"licenses":[{"license":{"id":"MIT"}}],"hashes":[{"alg":"SHA-256","content":"'$hex'"}]'
bill "{$m:\"m\",$(card "$inline")},{$d:\"corpus\",$lic}"
ok "a dataset in a card and among the components" says "cyclonedx, 2 records" import bill.json
ok "with the licence and the digest of the component" [ "$(body dataset/corpus)" = \
    "\"digest\":\"sha256:$(echo "$hex" | tr A-F a-f)\",\"licence\":\"MIT\",\"source\":\"not said\",\"title\":\"corpus\"" ]
ok "about the model of the card" says '"subject":"system/m"' in_last show dataset/corpus --statement
own='{"type":"dataset","name":"corpus","contents":{"properties":[{"name":"flyball:licence","value":"Own"}]}}'
bill "{$m:\"m\",$(card "$own")},{$d:\"corpus\",$lic}"
ok "two licences" says "cyclonedx, 2 records" import bill.json
ok "are both told" says '"licence":"Own, MIT"' body dataset/corpus
bill "{$m:\"m\",$(card '{"ref":"gone"},{"ref":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#far"},{"ref":"here"},{"ref":"n"}')},
 {$d:\"near\",\"bom-ref\":\"here\"},{\"bom-ref\":\"n\",$m:\"n\"}"
valid "references to what is not there are valid" cyclonedx/bom-1.6.schema.json bill.json
ok "are kept, each once" says "cyclonedx, 5 records" import bill.json
ok "by their id" says '"subject":"system/m"' in_last show dataset/gone --statement
ok "a link to another bill says where it is" says '"source":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#far"' \
    body dataset/urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1-far

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
hashes='"verifiedUsing":[{"type":"Hash","algorithm":"sha1","hashValue":"00"},{"type":"Hash","algorithm":"sha256","hashValue":"'$hex'"}]'
l='{"type":"simplelicensing_LicenseExpression","spdxId":"urn:l","simplelicensing_licenseExpression":"CC0-1.0 OR MIT"}'
has() { printf '{"type":"Relationship","relationshipType":"%s","from":"%s","to":["%s"]}' "$@"; }
spdx "$(has hasConcludedLicense urn:d urn:x),$(has hasDeclaredLicense urn:d urn:l),$(echo "$d" | sed "s/}/,$hashes}/"),$l,
$(has hasConcludedLicense urn:e https://spdx.org/licenses/MIT),$(echo "$d" | sed 's/urn:d/urn:e/; s/corpus/mlcommons.org\/croissant/')"
ok "licences and digests of SPDX" says "spdx3, 2 records" import spdx.json
ok "declared, in any order" says '"licence":"CC0-1.0 OR MIT"' in_last show dataset/corpus --statement
ok "the digest that is SHA-256" says "sha256:abab" body dataset/corpus
ok "one of the list of SPDX" says '"licence":"MIT"' in_last show dataset/mlcommons.org/croissant --statement
spdx "$d,$(echo "$d" | sed 's/urn:d/urn:e/')"
ok "two of one name" exits 3 "spdx.json:2:.*same name" fly registry import --as lab spdx.json
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

cat >tongues.json <<END
{"@context":{"@vocab":"https://schema.org/","cr":"http://mlcommons.org/croissant/","name":{"@container":"@language"}},
 "@type":["Dataset","cr:Dataset"],"name":{"de":"Zahlen","en":"Figures"},"url":{"@id":"https://f.example/"},
 "license":[{"@type":"CreativeWork","name":"Own terms"},"https://spdx.org/licenses/MIT"],
 "distribution":{"@type":"cr:FileObject","@id":"f","sha256":"$hex"}}
END
ok "Croissant in several languages" says "croissant, 1 record" import tongues.json
ok "takes English, all licences, the one file" [ "$(body dataset/Figures)" = \
    "\"digest\":\"sha256:$(echo "$hex" | tr A-F a-f)\",\"licence\":\"Own terms, https://spdx.org/licenses/MIT\",\"source\":\"https://f.example/\",\"title\":\"Figures\"" ]
sed 's/"de":"Zahlen","en":"Figures"/"@value":"One","@language":"en"/' tongues.json >value.json
ok "a name with its language beside it" says "dataset/One" import value.json

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

# stix ID MODIFIED NAME [MORE]: an incident.
stix() { printf '{"type":"incident","spec_version":"2.1","id":"incident--5f6ce0fb-5e3f-4b0f-8b1a-00000000000%s","created":"2026-11-20T10:00:00.000Z","modified":"%s","name":"%s"%s}' "$1" "$2" "$3" "${4:-}"; }
bundle() { printf '{"type":"bundle","id":"bundle--5f6ce0fb-5e3f-4b0f-8b1a-0000000000ff","objects":[%s]}' "$1" >bundle.json; }
bundle "$(stix 2 2026-11-21T10:00:00.5Z Later),$(stix 2 2026-11-21T10:00:00.25Z Early ',"description":"a\\u0085b"'),$(stix 3 2026-11-20T10:00:00Z Sound),$(stix 3 2026-11-22T10:00:00Z Taken ',"revoked":true')"
ok "of versions the latest, of what was revoked nothing" says "stix, 1 record" fly add --as lab --subject system/s bundle.json
ok "which is the later one" says '"title":"Later"' fly show incident/incident--5f6ce0fb-5e3f-4b0f-8b1a-000000000002 --statement
bundle "$(stix 4 2026-11-20T10:00:00Z Text ',"description":"a\\u0085b"')"
ok "a text with a control character" says "stix, 1 record" fly add --as lab --subject system/s bundle.json
sed 's/"created":"[^"]*"/"created":7/' bundle.json >when.json
ok "a time that is none" exits 3 "when.json:1:.*is no text" fly add --as lab --subject system/s when.json

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
