#!/bin/sh
# The interactive view of a case (case_html, case_html_script) in a browser without a window: keys,
# search, folding by depth and by module, "only what fell", "only what changed".
. "${FB_SOURCE_ROOT:-.}/tests/cli/lib.sh"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    skip "the view in a browser" "no chromium is installed"
    finish
    exit 0
fi
cat >top.yaml <<'EOT'
module: {name: Top, uses: [sub.yaml]}
G1: {text: safe, supportedBy: [G2, G3], inContextOf: [C1]}
G2: {text: filtered, supportedBy: [Sn1, Sn2]}
G3: {text: elsewhere, supportedBy: [G4]}
C1: {text: a place}
Sn1: {text: needle}
Sn2: {text: words}
CSn1: {text: it leaks, challenges: Sn2}
EOT
printf 'module: {name: Sub}\nG4: {text: part, supportedBy: [Sn4]}\nSn4: {text: needle too}\n' >sub.yaml
sed 's/text: words/text: other words/' top.yaml >old.yaml
sed 's/name: Top/name: Old/' old.yaml >older.yaml
"$FLYBALL" case draw top.yaml --since older.yaml -o view.html || exit 1

# What a reader would do, and what is seen then: a line for each.
cat >try.js <<'EOT'
<script>
const out = [], $ = id => document.getElementById(id);
const seen = () => document.querySelectorAll("#items>g").length;
const at = () => $("panel").querySelector("h2").textContent.split(" ")[0];
const ids = () => [...document.querySelectorAll("#items>g")].map(g => g.querySelector("text").textContent).sort().join(" ");
const key = k => document.dispatchEvent(new KeyboardEvent("keydown", {key: k, bubbles: true, cancelable: true}));
const say = what => out.push(what + ": " + seen() + " shown, at " + at());
const change = (id, set) => { set($(id)); for (const e of ["input", "change"]) $(id).dispatchEvent(new Event(e, {bubbles: true})); };
try {
  say("start");
  key("1"); say("depth 1"); key("2"); say("depth 2"); key("9"); say("depth 9");
  change("depth", d => { d.value = 1; }); say("slider");
  key("ArrowDown"); say("down"); key("ArrowRight"); say("right"); key("ArrowUp"); say("up");
  key("9"); key("Home"); key("Enter"); say("folded"); key("Enter"); say("unfolded");
  key("c"); say("beside"); key("Home");
  $("knobs").querySelector(".knob").dispatchEvent(new MouseEvent("click", {bubbles: true})); say("knob"); key("9");
  change("q", q => { q.value = "needle"; }); say("search, " + $("hits").textContent);
  $("q").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true})); say("next hit");
  change("q", q => { q.value = ""; });
  key("f"); out.push("fell: " + ids()); key("f"); say("all again");
  key("d"); out.push("changed: " + ids()); key("d");
  change("module", m => { m.value = "0"; }); say("module Top");
  change("module", m => { m.value = "1"; }); say("module Sub");
  change("module", m => { m.value = ""; }); say("every module");
  key("?"); out.push("help: " + !$("help").hidden); key("Escape"); out.push("closed: " + $("help").hidden);
} catch (e) { out.push("failed: " + e); }
document.body.innerHTML = "<pre>\n\n" + out.join("\n") + "\n</pre>";
</script>
EOT
# The page, with what is tried at its end, in the browser.
drive() {
    sed '/<\/body>/d; /<\/html>/d' "$1" >tried.html
    cat "$2" >>tried.html
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --window-size=1600,1000 \
        --user-data-dir="$folder/profile" --dump-dom "file://$folder/tried.html" >dom.out 2>browser.err || true
}
drive view.html try.js
if ! grep -q "^start: " dom.out; then
    if grep -q "failed: " dom.out; then
        ok "the script ran" grep -q "^start: " dom.out
    else
        skip "the view in a browser" "chromium did not start here"
    fi
    finish
    exit 0
fi
sees() { grep -qx -- "$1" dom.out || { sed -n '/^start/,/pre>/p' dom.out; return 1; }; }
ok "all of a small case is shown" sees "start: 9 shown, at G1"
ok "a number folds by depth" sees "depth 1: 4 shown, at G1"
ok "and unfolds" sees "depth 2: 7 shown, at G1"
ok "all of it" sees "depth 9: 9 shown, at G1"
ok "the slider does too" sees "slider: 4 shown, at G1"
ok "down goes to a supporter" sees "down: 4 shown, at G2"
ok "right to the next" sees "right: 4 shown, at G3"
ok "up to what it supports" sees "up: 4 shown, at G1"
ok "Enter folds" sees "folded: 2 shown, at G1"
ok "and unfolds one" sees "unfolded: 9 shown, at G1"
ok "c goes beside" sees "beside: 9 shown, at C1"
ok "a click on a knob folds" sees "knob: 2 shown, at G1"
ok "search finds what is folded away" sees "search, 2 found: 9 shown, at Sn1"
ok "Enter goes to the next" sees "next hit: 9 shown, at Sn4"
ok "only what fell" sees "fell: C1 CSn1 G1 G2 Sn2"
ok "and back" sees "all again: 9 shown, at Sn4"
ok "only what changed" sees "changed: C1 G1 G2 Sn2"
ok "one module" sees "module Top: 8 shown, at Sn4"
ok "the other, with the way to the top" sees "module Sub: 5 shown, at Sn4"
ok "every module" sees "every module: 9 shown, at Sn4"
ok "help comes" sees "help: true"
ok "and goes" sees "closed: true"

# Lines are drawn again when something is folded: a challenge of a relation still ends on its line,
# one that is answered is still grey, and what stands on lines goes with its element.
cat >lines.yaml <<'EOT'
G1: {text: safe, supportedBy: [G2, G3], multiple: [G2], acp: {ACP1: G2}}
G2: {text: filtered, supportedBy: [Sn1]}
G3: {text: trained, supportedBy: [Sn2]}
Sn1: {text: a}
Sn2: {text: b}
CG1: {text: not of this, challenges: G1 -> G2, supportedBy: [CSn4]}
CSn2: {text: it is old, challenges: G3}
CSn3: {text: it is not, challenges: CSn2}
CSn4: {text: look}
EOT
cat >try.js <<'EOT'
<script>
const out = [], $ = id => document.getElementById(id);
const key = k => document.dispatchEvent(new KeyboardEvent("keydown", {key: k, bubbles: true, cancelable: true}));
const count = id => ($(id).getAttribute("d").match(/M/g) || []).length;
const group = t => [...document.querySelectorAll("#items>g")].find(g => g.querySelector("text").textContent === t);
const say = what => {
  const tip = $("challenge-tip").getAttribute("d").match(/L([-.0-9]+) ([-.0-9]+)L/), g = group("G2").getBBox();
  const m = (group("G2").getAttribute("transform") || "0 0").match(/[-.0-9]+/g).map(Number);
  const on = Math.abs(tip[1] - g.x - m[0] - g.width / 2) < 30 && tip[2] - (g.y + m[1]) < 30;
  out.push(`${what}: ${count("challenge")} open, ${count("answered")} answered, on the line ${on}, ` +
    `${group("G2").querySelectorAll("circle").length} ball, ${group("G2").textContent.includes("ACP1")}`);
};
try {
  out.push("start: lines"); say("whole");
  key("ArrowDown"); key("ArrowRight"); key("Enter"); say("folded");
} catch (e) { out.push("failed: " + e); }
document.body.innerHTML = "<pre>\n\n" + out.join("\n") + "\n</pre>";
</script>
EOT
"$FLYBALL" case draw lines.yaml -o lines.html || exit 1
drive lines.html try.js
ok "lines of the whole" sees "whole: 2 open, 1 answered, on the line true, 1 ball, true"
ok "lines after folding" sees "folded: 1 open, 0 answered, on the line true, 1 ball, true"

# What is folded away gives its room to the rest, and nothing comes to stand on something else.
awk 'BEGIN {
    printf "module: {name: A, uses: [b.yaml]}\nG0: {text: top, supportedBy: [S1, G70]}\nS1: {text: over all, supportedBy: [G1"
    for (g = 2; g <= 24; g++) printf ", G%d", g
    print "]}"
    for (g = 1; g <= 24; g++) printf "G%d: {text: part %d, supportedBy: [Sn%d, Sn%d], inContextOf: [C%d, A%d]}\n", g, g, g, g + 100, g, g
    for (g = 1; g <= 24; g++) printf "Sn%d: {text: a report}\nSn%d: {text: more}\nC%d: {text: here}\nA%d: {text: so}\n", g, g + 100, g, g
    print "CSn1: {text: it is not, challenges: G3}" }' >a.yaml
printf 'module: {name: B}\nG70: {text: apart, supportedBy: [G71, G72]}\nG71: {undeveloped: true}\nG72: {undeveloped: true}\n' >b.yaml
cat >try.js <<'EOT'
<script>
const out = [], $ = id => document.getElementById(id);
const press = (on, k) => { const e = new KeyboardEvent("keydown", {key: k, bubbles: true, cancelable: true}); on.dispatchEvent(e); return e.defaultPrevented; };
const boxes = () => [...document.querySelectorAll("#items>g")].map(g => {
  const b = (g.querySelector(".fc") || g).getBBox(), m = (g.getAttribute("transform") || "0 0").match(/[-.0-9]+/g).map(Number);
  return {l: b.x + m[0], r: b.x + b.width + m[0], t: b.y + m[1], b: b.y + b.height + m[1]};
});
const wide = () => Math.max(...boxes().map(b => b.r)) - Math.min(...boxes().map(b => b.l));
const on = () => boxes().some((a, i, all) => all.some((b, k) => k > i && a.l < b.r - 1 && b.l < a.r - 1 && a.t < b.b - 1 && b.t < a.b - 1));
const knob = i => $("knobs").children[i % $("knobs").children.length].dispatchEvent(new MouseEvent("click", {bubbles: true}));
try {
  out.push("start: room");
  press(document, "a"); const all = wide();
  $("module").value = "1"; $("module").dispatchEvent(new Event("change")); press(document, "a");
  out.push("module: " + (wide() < all / 3) + " " + on());
  press(document, "Home"); $("module").value = ""; $("module").dispatchEvent(new Event("change"));
  let once = false;
  for (let i = 0; i < 60; i++) { knob(i * 7); once = once || on(); if (i % 9 === 8) { press(document, "0"); once = once || on(); } }
  for (const k of "12345af") { press(document, k); once = once || on(); }
  out.push("any: " + once);
  $("panel").querySelector(".go").focus();
  out.push("a button has its Enter: " + press(document.activeElement, "Enter") + " " + press(document.activeElement, "2"));
} catch (e) { out.push("failed: " + e); }
document.body.innerHTML = "<pre>\n\n" + out.join("\n") + "\n</pre>";
</script>
EOT
"$FLYBALL" case draw a.yaml -o room.html || exit 1
drive room.html try.js
ok "one module takes the room that it needs" sees "module: true false"
ok "nothing stands on something else" sees "any: false"
ok "keys leave a button its own" sees "a button has its Enter: false true"

# A large case: only what is near the window is in the document; of more, outlines and signs.
awk 'BEGIN {
    printf "G0: {text: top, supportedBy: [G1"; for (g = 2; g <= 60; g++) printf ", G%d", g; print "]}"
    for (g = 1; g <= 60; g++) {
        printf "G%d: {text: part %d, supportedBy: [", g, g
        for (s = 1; s <= 30; s++) printf (s > 1 ? ", Sn%d_%d" : "Sn%d_%d"), g, s
        print "]}"
        for (s = 1; s <= 30; s++) printf "Sn%d_%d: {text: report %d of part %d}\n", g, s, s, g
    }
    print "CSn1: {text: it is false, challenges: Sn7_7}" }' >large.yaml
cat >try.js <<'EOT'
<script>
const out = [], $ = id => document.getElementById(id);
const key = k => document.dispatchEvent(new KeyboardEvent("keydown", {key: k, bubbles: true, cancelable: true}));
const rects = id => ($(id).getAttribute("d").match(/M/g) || []).length;
const say = what => out.push(`${what}: ${document.querySelectorAll("#items>g").length} in the document, outlines of ` +
  `${rects("o0")} + ${rects("o1")} + ${rects("o2")}, crosses ${rects("s2")}, at ` + $("panel").querySelector("h2").textContent.split(" ")[0]);
try {
  out.push("start: large"); key("a"); key("0"); say("all");
  $("q").value = "report 30 of part 60"; $("q").dispatchEvent(new Event("input"));
  out.push("found: " + (document.querySelectorAll("#items>g").length < 400) + " " + [...document.querySelectorAll("#items>g")]
    .some(g => g.textContent.includes("Sn60_30")) + " " + $("panel").querySelector("h2").textContent);
  key("f"); say("fell");
} catch (e) { out.push("failed: " + e); }
document.body.innerHTML = "<pre>\n\n" + out.join("\n") + "\n</pre>";
</script>
EOT
"$FLYBALL" case draw large.yaml -o large.html || exit 1
drive large.html try.js
ok "all of a large case in outlines" sees "all: 0 in the document, outlines of 1859 + 2 + 1, crosses 1, at G0"
ok "what is found is drawn" sees "found: true true Sn60_30 solution"
ok "what fell of it is drawn" sees "fell: 4 in the document, outlines of 0 + 0 + 0, crosses 0, at Sn60_30"

# The longest chain that is taken.
awk 'BEGIN { for (g = 1; g < 4990; g++) printf "G%d: {text: x, supportedBy: [G%d]}\n", g, g + 1
    print "G4990: {text: x, supportedBy: [Sn1]}"; print "Sn1: {text: x}" }' >chain.yaml
"$FLYBALL" case draw chain.yaml -o chain.html || exit 1
cat >try.js <<'EOT'
<script>
const key = k => document.dispatchEvent(new KeyboardEvent("keydown", {key: k, bubbles: true, cancelable: true}));
let out = "start: chain\n";
try {
  key("a"); key("1"); key("3");
  out += "chain: " + document.querySelectorAll("#items>g").length + " of " + document.getElementById("knobs").textContent;
} catch (e) { out += "failed: " + e; }
document.body.innerHTML = "<pre>\n\n" + out + "\n</pre>";
</script>
EOT
drive chain.html try.js
ok "a chain of 4,990 folds" sees "chain: 4 of .*4987"
mkdir -p deep/er && echo 'G1: {undeveloped: true}' >deep/er/x.yaml
ok "a file without a title is called by its name, not by its path" sh -c \
    '"$0" case draw deep/er/x.yaml -o x.svg && grep -q ">x.yaml</text>" x.svg' "$FLYBALL"
finish
