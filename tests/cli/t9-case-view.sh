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
const seen = () => [...document.querySelectorAll("#items>g")].filter(g => g.style.visibility !== "hidden").length;
const at = () => $("panel").querySelector("h2").textContent.split(" ")[0];
const ids = () => [...document.querySelectorAll("#items>g")].filter(g => g.style.visibility !== "hidden")
  .map(g => g.querySelector("text").textContent).join(" ");
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
sed '/<\/body>/d; /<\/html>/d' view.html >tried.html
cat try.js >>tried.html
timeout 60 "$browser" --headless --no-sandbox --disable-gpu --window-size=1600,1000 --user-data-dir="$folder/profile" \
    --dump-dom "file://$folder/tried.html" >dom.out 2>browser.err || true
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
ok "only what fell" sees "fell: G1 G2 C1 Sn2 CSn1"
ok "and back" sees "all again: 9 shown, at Sn4"
ok "only what changed" sees "changed: G1 G2 C1 Sn2"
ok "one module" sees "module Top: 8 shown, at Sn4"
ok "the other" sees "module Sub: 6 shown, at Sn4"
ok "every module" sees "every module: 9 shown, at Sn4"
ok "help comes" sees "help: true"
ok "and goes" sees "closed: true"
finish
