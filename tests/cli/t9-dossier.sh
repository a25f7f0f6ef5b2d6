#!/bin/sh
# cmd_dossier: the liability file of a system, its signature and its proofs.
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"
ok "a docket" make_docket
say() { # ID CLOCK JSON: files a record of aurora's
    printf '%s' "$3" >say.json
    "$FLYBALL" --docket "$docket" --clock "$2" add --as aurora say.json
}
ok "a risk that was modelled in time" say risk 2026-11-05T00:00:00Z \
    '{"kind":"risk","id":"risk/theft","subject":"system/aurora-2","at":"2026-11-04T00:00:00Z",
      "body":{"name":"weights","upper":0.1,"unit":"thefts of weights each year","model":"<b>judgement</b>"}}'
ok "a harm, told later" say incident 2026-11-20T00:00:00Z \
    '{"kind":"incident","id":"incident/1","subject":"system/aurora-2","at":"2026-11-20T00:00:00Z",
      "body":{"title":"a checkpoint was copied","class":"weights_theft","began":"2026-11-10T00:00:00Z",
              "known_at":"2026-11-12T00:00:00Z","known_to":"party/aurora"}}'
ok "what is filed after the harm and dated before" say late 2026-11-21T00:00:00Z \
    '{"kind":"report","id":"report/late","subject":"system/aurora-2","at":"2026-11-09T00:00:00Z",
      "body":{"to":"institute","topic":"note","text":"we fear that somebody tampers with the power grid"}}'
ok "a harm that only this speaks of" say incident 2026-11-22T00:00:00Z \
    '{"kind":"incident","id":"incident/2","subject":"system/aurora-2","at":"2026-11-22T00:00:00Z",
      "body":{"title":"a blackout","class":"critical_infrastructure","began":"2026-11-11T00:00:00Z"}}'
ok "a harm that nothing speaks of" say incident 2026-11-23T00:00:00Z \
    '{"kind":"incident","id":"incident/3","subject":"system/aurora-2","at":"2026-11-23T00:00:00Z",
      "body":{"title":"a spill","class":"environment","began":"2026-11-11T00:00:00Z"}}'
ok "a harm of no class" say incident 2026-11-24T00:00:00Z \
    '{"kind":"incident","id":"incident/4","subject":"system/aurora-2","at":"2026-11-24T00:00:00Z",
      "body":{"title":"something","class":"unclassified"}}'
ok "another harm of the first class" say incident 2026-11-25T00:00:00Z \
    '{"kind":"incident","id":"incident/5","subject":"system/aurora-2","at":"2026-11-25T00:00:00Z",
      "body":{"title":"and another copy","class":"weights_theft","began":"2026-11-24T12:00:00Z"}}'
# At incident/1 only the risk stood; incident/5 has incident/1 before it as well.
ok "foreseen, and by which record" sh -c '"$0" --docket "$1" dossier aurora-2 --json --out a.json' \
    "$FLYBALL" "$docket"
file() { python3 -c 'import json,sys; d=json.loads(json.load(open("a.json"))["dossier"]); print(eval(sys.argv[1]))' "$1"; }
harm() { file '" ".join(w["id"] for w in d["harms"]['"$1"']["warnings"])+": "+d["harms"]['"$1"']["foreseen"]'; }
ok "the risk alone" says "^risk/theft: foreseen$" harm 0
ok "by its date only" says "^report/late: foreseen by its date$" harm 1
ok "nothing" says "^: not found$" harm 2
ok "no class, no answer" says "^: cannot tell$" harm 3
ok "an incident of the class before it" says "^incident/1 risk/theft: foreseen$" harm 4
ok "two times, apart" says "^2026-11-09T00:00:00Z 2026-11-21T00:00:00Z$" \
    file 'next(r["at"]+" "+r["admitted"] for r in d["records"] if "power grid" in r["says"])'
ok "who knew since when" says "^party/aurora 2026-11-12T00:00:00Z 2026-11-20T00:00:00Z$" \
    file 'next(" ".join([k["who"],k["known_at"],k["admitted"]]) for k in d["harms"][0]["knowledge"])'
ok "in words" says "not proved" fly dossier aurora-2
ok "before the risk was filed" sh -c '! "$0" --docket "$1" dossier aurora-2 --as-of 2026-11-04 | grep -q foreseen' \
    "$FLYBALL" "$docket"
ok "as of a date: nothing filed later" says "^ *.*1 harm$" fly dossier aurora-2 --as-of 2026-11-21
ok "as-of does the same" says "1 harm$" "$FLYBALL" --docket "$docket" as-of 2026-11-21 dossier aurora-2
# What is found by a name: the hazard that the incident states, of a risk, a safeguard and an incident.
ok "a hazard that only names say" say risk 2026-11-25T01:00:00Z \
    '{"kind":"risk","id":"risk/h7","subject":"system/aurora-2","at":"2026-11-25T01:00:00Z",
      "body":{"name":"H-7","upper":0.1,"unit":"events a year","model":"judgement"}}'
ok "a safeguard against it" say measure 2026-11-25T02:00:00Z \
    '{"kind":"measure","id":"measure/h7","subject":"system/aurora-2","at":"2026-11-25T02:00:00Z",
      "body":{"name":"h_7"}}'
ok "a harm of that hazard, of a class that tells nothing" say incident 2026-11-26T00:00:00Z \
    '{"kind":"incident","id":"incident/6","subject":"system/aurora-2","at":"2026-11-26T00:00:00Z",
      "body":{"title":"it went wrong","class":"near_miss","hazards":["h-7"]}}'
ok "another, and a report about the one before" say incident 2026-11-27T00:00:00Z \
    '{"kind":"incident","id":"incident/7","subject":"system/aurora-2","at":"2026-11-27T00:00:00Z",
      "body":{"title":"it went wrong again","class":"near_miss","hazards":["h-8","H 7"]}}'
ok "what is of another hazard is not found" say incident 2026-11-28T00:00:00Z \
    '{"kind":"incident","id":"incident/8","subject":"system/aurora-2","at":"2026-11-28T00:00:00Z",
      "body":{"title":"something else","class":"near_miss","hazards":["h-9"]}}'
ok "a report about an incident of the class" say report 2026-11-29T00:00:00Z \
    '{"kind":"report","id":"report/one","subject":"system/aurora-2","at":"2026-11-29T00:00:00Z",
      "body":{"about":"incident/1","stage":"initial","to":"institute","text":"we looked into it"}}'
ok "a third harm of the first class" say incident 2026-11-30T00:00:00Z \
    '{"kind":"incident","id":"incident/9","subject":"system/aurora-2","at":"2026-11-30T00:00:00Z",
      "body":{"title":"once more","class":"weights_theft"}}'
ok "with links" sh -c '"$0" --docket "$1" dossier aurora-2 --json --out a.json' "$FLYBALL" "$docket"
links() { file '" ".join(w["id"]+"="+w["link"]+":"+w["by"] for w in d["harms"]['"$1"']["warnings"])+": "+d["harms"]['"$1"']["foreseen"]'; }
ok "by the name of the hazard" says "^risk/h7=hazard:H-7 measure/h7=hazard:h_7: foreseen$" links 5
ok "by an incident with it" says "^risk/h7=hazard:H-7 measure/h7=hazard:h_7 incident/6=hazard:h-7: foreseen$" links 6
ok "not by another" says "^: not found$" links 7
ok "by a report about one of the class, and by words" says \
    "^incident/1=class:weights_theft incident/5=class:weights_theft report/one=class:incident/1 risk/theft=words:weight ~ theft: foreseen$" links 8
key=$(fly log key)
ok "the JSON holds" says "signed by party/institute" "$FLYBALL" dossier --check a.json --key "$key"
ok "a page" says "wrote a.html" fly dossier aurora-2 --out a.html
ok "titles of harms begin as sentences do" sh -c '
    grep -q "<b>A checkpoint was copied</b>" a.html && grep -q "<h3>A checkpoint was copied</h3>" a.html'
ok "duties in brief" grep -q '">Duties</a> that were broken, are overdue, or were done late: [0-9]* of [0-9]*<' a.html
ok "the same twice" sh -c '"$0" --docket "$1" --clock "$2" dossier aurora-2 --out - | cmp - a.html' \
    "$FLYBALL" "$docket" "$clock"
ok "it holds" says "proofs .* records of the log simulated/test" "$FLYBALL" dossier --check a.html --key "$key"
ok "for programs" says '"good": true' "$FLYBALL" dossier --check a.html --key "$key" --json
ok "text of records is text" sh -c 'grep -q "&lt;b&gt;judgement" a.html && ! grep -q "<b>judgement" a.html'
ok "nothing from outside, no script" sh -c '! grep -Ei "<script|<img|<link|src=|https?://" a.html'
ok "one proof by itself" sh -c 'sed -n "/id=\"r3\"/,/<.pre>/p" a.html |
    sed "s/.*<pre class=\"proof\">//;s/<.pre>.*//" | sed "\$d" >p.txt; "$0" log check p.txt --key "$1"' "$FLYBALL" "$key"
forged() { # SED: a page that was changed, with its old signature
    sed "$1" a.html >forged.html
    ! cmp -s a.html forged.html || return 1
    exits "$2" "$3" "$FLYBALL" dossier --check forged.html --key "$key"
}
ok "a changed word is seen" forged 's/a spill/a spell/' 4 "altered\|does not"
ok "a page without its signature" forged '/^<!-- flyball.dossier/,$d' 3 "does not end in a signature"
ok "what follows the signature is seen" forged '$a<p>more</p>' 3 "does not end in a signature"
ok "another signer is no signer" forged 's/^<!-- flyball.dossier party.institute/<!-- flyball\/dossier party\/aurora/' \
    4 "no record that is proved declares the key"
"$FLYBALL" --clock 2026-11-01T00:00:00Z init other --simulated --name other --party x --title X --role regulator >o.out
ok "another log's key" exits 4 "." "$FLYBALL" dossier --check a.html --key "$("$FLYBALL" --docket other log key)"
ok "no key, no answer" exits 2 "no log is believed" "$FLYBALL" dossier --check a.html
ok "no liability file" exits 3 "this is no liability file" "$FLYBALL" dossier --check say.json --key "$key"
ok "no such file" exits 3 "none.html" "$FLYBALL" dossier --check none.html --key "$key"
ok "no such system" exits 3 "no system 'none'" fly dossier none
ok "no date" exits 3 "^flyball: --as-of: .*soon" fly dossier aurora-2 --as-of soon
for option in --checkpoint --policy; do
    ok "$option without a file that is proved" exits 2 "for the proofs of a file: --out or --json" \
        fly dossier aurora-2 $option x
done
ok "a folder that is not there" exits 3 "could not create 'none/a.html':" \
    fly dossier aurora-2 --out none/a.html
# A forger who holds a key of his own signs what he likes; the proofs say that it is not the party's.
if command -v ssh-keygen >keygen.out; then
    fly log signers >signers
    sed '/^<!-- flyball.dossier /,$d' a.html >body
    sed -n '/^-----BEGIN SSH/,/^-----END SSH/p' a.html >sig
    ok "ssh-keygen verifies the page" sh -c \
        'ssh-keygen -Y verify -f signers -I party/institute -n flyball/dossier -s sig <body'
    ssh-keygen -q -t ed25519 -N '' -f forger
    resign() { # BODY OUT
        rm -f "$1.sig"
        ssh-keygen -q -Y sign -f forger -n flyball/dossier "$1" &&
            { cat "$1"; echo "<!-- flyball/dossier party/institute"; cat "$1.sig"; echo "-->"; } >"$2"
    }
    resign body own.html
    ok "a key that nobody declared" exits 4 "declares the key" "$FLYBALL" dossier --check own.html --key "$key"
    sed 's/On the ledger since <time datetime="2026-11-05/On the ledger since <time datetime="2026-11-15/' body >moved
    resign moved moved.html
    ok "what stands beside a proof must be the record's" exits 3 "is not what the record says" \
        "$FLYBALL" dossier --check moved.html --key "$key"
    sed 's/<footer>/<footer><a href="#r99">#99<\/a>/' body >cites
    resign cites cites.html
    ok "what is cited must be proved" exits 3 "without a proof (#r99" \
        "$FLYBALL" dossier --check cites.html --key "$key"
else
    skip "ssh-keygen verifies the page" "ssh-keygen is not installed"
fi
finish
