/*
 * case_html_script.h: the style sheet and the script of the interactive view of a case.
 *
 * The script draws no shape itself: it shows and moves the groups that case_shapes.c drew, and
 * draws the lines between them. Of a large case only what is near the window is in the document at
 * all. Private to case_html.c.
 */
#ifndef FB_REPORT_CASE_HTML_SCRIPT_H
#define FB_REPORT_CASE_HTML_SCRIPT_H

#include <stddef.h>

/* clang-format off */
/* How the page looks, by day and by night. */
static const char *const STYLE[] = {
    "html,body{margin:0;height:100%;font:14px/1.45 system-ui,Helvetica,Arial,sans-serif;c"
    "olor:#1b1f24;background:#fff}\n",
    "body{display:grid;grid-template:auto 1fr/1fr 320px;overflow:hidden}\n",
    "header{grid-column:1/3;display:flex;flex-wrap:wrap;gap:6px 16px;align-items:center;p"
    "adding:8px 14px;border-bottom:1px solid #d5dae0}\n",
    "h1{font-size:16px;margin:0;max-width:40em;overflow:hidden;text-overflow:ellipsis;whi"
    "te-space:nowrap}\n",
    "header label{white-space:nowrap}input,select,button{font:inherit}\n",
    "#stage{width:100%;height:100%;display:block;cursor:grab;touch-action:none}\n",
    "aside{border-left:1px solid #d5dae0;padding:4px 16px;overflow:auto;overflow-wrap:any"
    "where}\n",
    "aside h2{font-size:17px;margin:10px 0 4px}aside h2 small{font-weight:normal;color:#5"
    "b6470}\n",
    "aside h3{font-size:12px;margin:12px 0 2px;color:#5b6470;text-transform:uppercase;let"
    "ter-spacing:.04em}aside p{margin:2px 0 6px}\n",
    ".go{border:1px solid #b8c0c9;background:none;border-radius:10px;padding:0 8px;color:"
    "inherit;cursor:pointer;margin:1px 0}\n",
    ".w0{color:#1b5e9e}.w1{color:#945600}.w2{color:#9c1c1c}.w3{color:#5b6470}.changed{bor"
    "der-left:3px solid #7a4fbf;padding-left:8px;white-space:pre-line}\n",
    ".knob{cursor:pointer}.knob circle{fill:#fff;stroke:#5b6470}.knob text{fill:#1b1f24;f"
    "ont-weight:bold}.knob .more{text-anchor:middle;fill:#5b6470;font-weight:normal}\n",
    "#stage{text-rendering:geometricPrecision}#s1,#s2{fill:none;vector-effect:non-scaling-stro"
    "ke;stroke-width:5;stroke:#945600;stroke-linecap:round}#s2{stroke-width:3;stroke:#9c1c1c}\n",
    "#items>g{cursor:pointer}#ring{fill:none;stroke:#7a4fbf;stroke-width:3;pointer-events"
    ":none}\n",
    "#help{position:fixed;right:340px;top:60px;background:#fff;border:1px solid #5b6470;b"
    "order-radius:6px;padding:8px 18px;box-shadow:0 4px 18px #0003}\n",
    "#help dt{float:left;clear:left;width:9em;font-weight:bold}#help dd{margin-left:9.5em"
    "}\n",
    "@media(max-width:700px){body{grid-template:auto 1fr 35%/1fr}header{grid-column:1}asi"
    "de{border-left:0;border-top:1px solid #d5dae0}}\n",
    "@media(prefers-color-scheme:dark){html,body{color:#e8ebee;background:#14181d}header,"
    "aside{border-color:#39424d}.w0{color:#6fb1f0}.w1{color:#f0b04a}.w2{color:#ff8f82}.w3"
    ",aside h3,aside h2 small{color:#a3adb8}.knob circle{fill:#14181d;stroke:#a3adb8}.kno"
    "b text{fill:#e8ebee}.knob .more{fill:#a3adb8}#help{background:#1d232b}#ring{stroke:#"
    "b794f4}#s1{stroke:#f0b04a}#s2{stroke:#ff8f82}input,select,"
    "button{background:#1d232b;color:#e8ebee;border:1px solid #5b6470"
    ";border-radius:4px}.go{border-radius:10px}}\n",
    NULL};

/* How the page behaves. */
static const char *const SCRIPT[] = {
    "\"use strict\";\n",
    "(() => {\n",
    "const D = JSON.parse(document.getElementById(\"data\").textContent), I = D.items, E = D.el"
    "ements;\n",
    "const $ = id => document.getElementById(id), stage = $(\"stage\"), view = $(\"view\");\n",
    "const G = [...$(\"drawn\").content.firstElementChild.children], n = I.length, kids = [], b"
    "eside = [], sides = [];\n",
    "const ALL = [...Array(n).keys()], roots = [], depth = [], own = [], count = Array(n).fill("
    "0);\n",
    "const WORDS = [\"stands\", \"is undercut\", \"is falsified\", \"is undecided\"];\n",
    "const MANY = 400, FIRST = 30; /* items drawn in full at a time; unfolded at first */\n",
    "for (const i of ALL) { kids.push([]); beside.push([]); sides.push([]); depth.push(0); own."
    "push(-1); }\n",
    "for (const i of ALL) {\n",
    "  const p = I[i].parent;\n",
    "  if (I[i].role === 0) { roots.push(i); continue; }\n",
    "  own[i] = I[i].role === 3 && I[p].role === 2 ? I[p].parent : p;\n",
    "  (I[i].role === 1 ? kids : I[i].role === 2 ? beside : sides)[own[i]].push(i);\n",
    "  depth[i] = depth[p] + (I[i].role === 1 ? 1 : 0);\n",
    "}\n",
    "for (const e of E) e.supports = [];\n",
    "E.forEach((e, i) => { for (const k of e.support) if (E[k].supports.at(-1) !== i) E[k].supp"
    "orts.push(i); });\n",
    "const top0 = I.findIndex(x => x.element === D.top && !x.stub), deepest = depth.reduce((a, "
    "b) => Math.max(a, b), 0);\n",
    "const V = Array(n).fill(false), X = [], Y = [], DX = [], DY = [], S = [];\n",
    "let closed = new Set(), kept = null, shown = [], at = top0, scale = 1, tx = 0, ty = 0;\n",
    "let stale = true, far = false, seen = [], box = null;\n",
    "const open = i => !closed.has(i), keeps = i => !kept || kept.has(i), has = i => kids[i].le"
    "ngth || sides[i].length;\n",
    "\n",
    "/* How many are kept below each. */\n",
    "function tally() {\n",
    "  count.fill(0);\n",
    "  for (let i = n - 1; i >= 0; i--) if (own[i] >= 0 && I[i].role !== 2 && keeps(i)) count[o"
    "wn[i]] += count[i] + 1;\n",
    "}\n",
    "/* What an item takes, with all below it: left and right of its middle, and down. */\n",
    "function measure(i) {\n",
    "  const m = I[i], c = kids[i].filter(k => V[k]), s = sides[i].filter(k => V[k]), block = m"
    ".bottom - m.top;\n",
    "  let L = -m.w / 2, R = m.w / 2, h = block;\n",
    "  for (const k of beside[i]) {\n",
    "    L = Math.min(L, I[k].x - I[k].w / 2 - m.x);\n",
    "    R = Math.max(R, I[k].x + I[k].w / 2 - m.x);\n",
    "  }\n",
    "  if (m.stacked) {\n",
    "    for (const k of c) {\n",
    "      DX[k] = -m.w / 2 + 36 - S[k].L; DY[k] = h + 16;\n",
    "      h += 16 + S[k].h; R = Math.max(R, DX[k] + S[k].R);\n",
    "    }\n",
    "  } else if (c.length) {\n",
    "    let x = 0, high = 0;\n",
    "    for (const k of c) {\n",
    "      DX[k] = x - S[k].L; DY[k] = block + 56; x += S[k].R - S[k].L + 24; high = Math.max(h"
    "igh, S[k].h);\n",
    "    }\n",
    "    const mid = (DX[c[0]] + DX[c[c.length - 1]]) / 2;\n",
    "    for (const k of c) DX[k] -= mid;\n",
    "    L = Math.min(L, -mid); R = Math.max(R, x - 24 - mid); h += 56 + high;\n",
    "  }\n",
    "  for (const k of s) {\n",
    "    DX[k] = R + 64 - S[k].L; DY[k] = 0; R = DX[k] + S[k].R; h = Math.max(h, S[k].h);\n",
    "  }\n",
    "  return {L, R, h};\n",
    "}\n",
    "/* Where everything stands. Items come behind those that they hang on, so that loops do. *"
    "/\n",
    "function layout() {\n",
    "  const home = !closed.size && !kept, low = [];\n",
    "  let x = 0;\n",
    "  for (const i of ALL) V[i] = I[i].role === 0 ? keeps(i) : V[own[i]] && (I[i].role === 2 |"
    "| open(own[i]) && keeps(i));\n",
    "  if (!home) for (let i = n - 1; i >= 0; i--) if (V[i] && I[i].role !== 2) S[i] = measure("
    "i);\n",
    "  shown = ALL.filter(i => V[i]);\n",
    "  for (const i of shown) {\n",
    "    const m = I[i], p = own[i];\n",
    "    if (home) { X[i] = m.x; Y[i] = m.y; continue; }\n",
    "    if (m.role === 0) { X[i] = x - S[i].L; low[i] = 30; x += S[i].R - S[i].L + 64; }\n",
    "    else if (m.role === 2) { X[i] = X[p] + m.x - I[p].x; Y[i] = low[p] + m.y - I[p].top; c"
    "ontinue; }\n",
    "    else { X[i] = X[p] + DX[i]; low[i] = low[p] + DY[i]; }\n",
    "    Y[i] = low[i] + m.y - m.top;\n",
    "  }\n",
    "  stale = true;\n",
    "}\n",
    "\n",
    "const topY = i => Y[i] + I[i].tabs[0], lowY = i => Y[i] + I[i].h - I[i].tabs[1], mid = i ="
    "> Y[i] + I[i].h / 2;\n",
    "const side = (i, right) => X[i] + (right ? 1 : -1) * (I[i].w / 2 - I[i].slant), high = i ="
    "> Y[i] - I[i].y + I[i].top;\n",
    "const head = (x, y, dx, dy) => `M${x} ${y}L${x - 9 * dx - 4 * dy} ${y - 9 * dy + 4 * dx}L$"
    "{x - 9 * dx + 4 * dy} ${y - 9 * dy - 4 * dx}Z`;\n",
    "const fork = (x, y, dx, dy) => `M${x - 9 * dx - 5 * dy} ${y - 9 * dy + 5 * dx}L${x} ${y}L$"
    "{x - 9 * dx + 5 * dy} ${y - 9 * dy - 5 * dx}`;\n",
    "/* Lines as case_lines.c draws them, for any places: support, context, challenges. */\n",
    "function drop(i, p) {\n",
    "  const x = X[p], y = Y[p] - I[p].y + I[p].bottom + 24, to = X[i], d = Math.sign(to - x) *"
    " 6, t = topY(i);\n",
    "  const way = Math.abs(to - x) > 12 ? `V${y - 6}Q${x} ${y} ${x + d} ${y}H${to - d}Q${to} $"
    "{y} ${to} ${y + 6}` : `V${y}H${to}`;\n",
    "  return [`M${x} ${lowY(p)}${way}V${t - 8}`, head(to, t, 0, 1)];\n",
    "}\n",
    "function tick(i, p) {\n",
    "  const x = X[p] - I[p].w / 2 + 14, y = mid(i), to = side(i, false);\n",
    "  return [`M${x} ${lowY(p)}V${y - 6}Q${x} ${y} ${x + 6} ${y}H${to - 8}`, head(to, y, 1, 0)"
    "];\n",
    "}\n",
    "function context(i, p) {\n",
    "  const d = I[i].right ? 1 : -1, to = side(i, !I[i].right), y = mid(i), from = side(p, I[i"
    "].right);\n",
    "  if (I[i].data) return [`M${X[p] + I[p].w / 2 - 20} ${topY(p)}V${Math.min(Y[p], Y[i]) - 5"
    "}H${X[i]}V${Y[i]}`, \"\"];\n",
    "  const level = !I[p].slant && !I[p].split && Math.abs(Math.max(Y[p] + 6, Math.min(Y[p"
    "] + I[p].h - 6, y))"
    " - y) < .05;\n",
    "  const way = level ? `M${from} ${y}` : `M${from} ${mid(p)}H${X[p] + d * (I[p].w / 2 + 10)"
    "}V${y}`;\n",
    "  return [`${way}H${to - d * 8}`, head(to, y, d, 0)];\n",
    "}\n",
    "const edge = i => beside[i].reduce((r, k) => Math.max(r, X[k] + I[k].w / 2), X[i] + I[i].w"
    " / 2);\n",
    "function challenge(i, p) {\n",
    "  const o = own[i], first = sides[o].find(k => V[k]) === i, on = I[i].on, cross = I[p].rol"
    "e === 2;\n",
    "  const lane = high(i) - 12, x = X[i], y = topY(i), s = side(i, false), right = side(p, tr"
    "ue);\n",
    "  const far = (to, t) => [`M${x} ${y}V${lane}H${to}V${t}`, fork(to, t, 0, 1)];\n",
    "  if (on === 2) return far(X[p] - I[p].w / 2 - 14, mid(p) - 2);\n",
    "  if (on === 1) {\n",
    "    if (cross) return far((side(o, I[p].right) + side(p, !I[p].right)) / 2, mid(p) - 2);\n",
    "    if (I[I[p].parent].stacked) return far(X[p] - I[p].w / 2 - 13, mid(p) - 2);\n",
    "    return [`M${x} ${y}V${lane}H${X[p] + 2}`, fork(X[p] + 2, lane, -1, 0)];\n",
    "  }\n",
    "  if (first && (cross || edge(p) <= X[p] + I[p].w / 2 + .05)) {\n",
    "    return [`M${s} ${Math.abs(mid(i) - mid(p)) < 14 ? mid(p) : mid(i)}H${cross ? edge(o) +"
    " 22 : (s + right) / 2}V${mid(p)}H${right}`, fork(right, mid(p), -1, 0)];\n",
    "  }\n",
    "  if (cross) return [`M${x} ${y}V${lane}H${edge(o) + 22}V${mid(p)}H${right}`, fork(right, "
    "mid(p), -1, 0)];\n",
    "  return far(X[p] + I[p].near, topY(p));\n",
    "}\n",
    "/* The cross on a relation that a challenge defeats. */\n",
    "function cross(i, p) {\n",
    "  let x = X[p], y = high(p) - 23;\n",
    "  if (I[i].on === 2) { x = side(p, false) - 24; y = mid(p); }\n",
    "  else if (I[p].role === 2) { x = (side(own[i], I[p].right) + side(p, !I[p].right)) / 2 - "
    "(I[p].right ? 8 : -8); y = mid(p); }\n",
    "  else if (I[I[p].parent].stacked) { x = X[p] - I[p].w / 2 - 16; y = mid(p); }\n",
    "  return `M${x - 5} ${y - 5}l10 10m-10 0l10 -10`;\n",
    "}\n",
    "/* Whether something from x to X and from y to Y can be seen. */\n",
    "const sees = (b, x, x2, y, y2) => x2 >= b[0] && x <= b[2] && y2 >= b[1] && y <= b[3];\n",
    "const inside = (b, i) => sees(b, X[i] - I[i].w / 2, X[i] + I[i].w / 2, Y[i], Y[i] + I[i].h"
    ");\n",
    "function lines() {\n",
    "  const all = {support: [\"\", \"\"], context: [\"\", \"\"], challenge: [\"\", \"\"], answ"
    "ered: [\"\", \"\"], \"data-line\": [\"\", \"\"]};\n",
    "  let crosses = \"\";\n",
    "  for (const i of shown) {\n",
    "    const r = I[i].role, p = I[i].parent;\n",
    "    if (r === 0 || !sees(box, Math.min(X[i], X[p]) - I[p].w / 2 - I[i].w / 2, Math.max(X[i"
    "], X[p]) + I[p].w / 2 + I[i].w / 2,\n",
    "      Math.min(Y[i], Y[p]) - 40, Math.max(Y[i] + I[i].h, Y[p] + I[p].h) + 40)) continue;\n",
    "    const [way, tip] = r === 2 ? context(i, p) : r === 3 ? challenge(i, p) : I[p].stacked "
    "? tick(i, p) : drop(i, p);\n",
    "    const to = all[r === 2 ? I[i].data ? \"data-line\" : \"context\" : r === 1 ? \"sup"
    "port\" : I[i].answered ? \"answe"
    "red\" : \"challenge\"];\n",
    "    to[0] += way; if (!far) to[1] += tip;\n",
    "    if (r === 3 && I[i].on && I[i].stands) crosses += cross(i, p);\n",
    "  }\n",
    "  $(\"crosses\").setAttribute(\"d\", crosses);\n",
    "  for (const k in all) { $(k).setAttribute(\"d\", all[k][0]); $(k + \"-tip\").setAttribute"
    "(\"d\", all[k][1]); }\n",
    "}\n",
    "/* Of very many items in sight the outlines in their colours. */\n",
    "function outlines() {\n",
    "  const all = [\"\", \"\", \"\", \"\", \"\"];\n",
    "  for (const i of far ? shown : []) {\n",
    "    const k = E[I[i].element].label;\n",
    "    all[k < 0 ? 4 : k] += `M${X[i] - I[i].w / 2} ${Y[i]}h${I[i].w}v${I[i].h}h${-I[i].w}Z`;"
    "\n",
    "  }\n",
    "  all.forEach((d, k) => $(\"o\" + k).setAttribute(\"d\", d));\n",
    "}\n",
    "/* And where it fell signs that do not shrink: a dot where support is gone, a cross where "
    "it is false. */\n",
    "function signs() {\n",
    "  const all = [\"\", \"\"], r = 4 / scale;\n",
    "  for (const i of far ? shown : []) {\n",
    "    const k = E[I[i].element].label, x = X[i], y = mid(i);\n",
    "    if (k === 1) all[0] += `M${x} ${y}h${r / 99}`;\n",
    "    if (k === 2) all[1] += `M${x - r} ${y - r}l${2 * r} ${2 * r}m${-2 * r} 0l${2 * r} ${-2"
    " * r}`;\n",
    "  }\n",
    "  all.forEach((d, k) => $(\"s\" + (k + 1)).setAttribute(\"d\", d));\n",
    "}\n",
    "function knobs() {\n",
    "  let s = \"\";\n",
    "  for (const i of seen) {\n",
    "    if (!count[i]) continue;\n",
    "    const cx = X[i] + I[i].w / 2, cy = Y[i] + I[i].h - 4;\n",
    "    s += `<g class=\"knob\" data-i=\"${i}\"><circle cx=\"${cx}\" cy=\"${cy}\" r=\"9\"/><te"
    "xt x=\"${cx}\" y=\"${cy + 4}\">${open(i) ? \"\\u2212\" : \"+\"}</text>` +\n",
    "      (open(i) ? \"\" : `<text class=\"more\" x=\"${cx}\" y=\"${cy + 22}\">${count[i]}</te"
    "xt>`) + \"</g>\";\n",
    "  }\n",
    "  $(\"knobs\").innerHTML = s;\n",
    "}\n",
    "/* Shows what the view has come to. Only what is near it is in the document: thousands of "
    "words are slow to set. */\n",
    "function draw() {\n",
    "  view.setAttribute(\"transform\", `translate(${tx} ${ty}) scale(${scale})`);\n",
    "  const w = stage.clientWidth / scale, h = stage.clientHeight / scale, l = -tx / scale, t "
    "= -ty / scale;\n",
    "  if (!stale && !far && l >= box[0] && t >= box[1] && l + w <= box[2] && t + h <= box[3]) "
    "return;\n",
    "  const few = shown.length <= MANY, all = [-1e9, -1e9, 1e9, 1e9], near = few ? all : [l - "
    "w / 2, t - h / 2, l + 1.5 * w, t + 1.5 * h];\n",
    "  const next = few ? shown : shown.filter(i => inside(near, i)), was = far;\n",
    "  far = next.length > MANY;\n",
    "  if (far || was) signs();\n",
    "  if (was && far && !stale) return;\n",
    "  box = far ? all : near;\n",
    "  const before = seen, is = new Set(far ? [] : next);\n",
    "  seen = far ? [] : next;\n",
    "  for (const i of before) if (!is.has(i)) G[i].remove();\n",
    "  for (const i of seen) {\n",
    "    const m = X[i] === I[i].x && Y[i] === I[i].y ? \"\" : `translate(${X[i] - I[i].x} ${Y["
    "i] - I[i].y})`;\n",
    "    if ((G[i].getAttribute(\"transform\") ?? \"\") !== m) G[i].setAttribute(\"transform\","
    " m);\n",
    "    if (!G[i].isConnected) $(\"items\").append(G[i]);\n",
    "  }\n",
    "  lines(); outlines(); knobs(); mark();\n",
    "  stale = false;\n",
    "}\n",
    "let due = false;\n",
    "function later() { if (!due) { due = true; requestAnimationFrame(() => { due = false; draw"
    "(); }); } }\n",
    "function mark() {\n",
    "  const r = $(\"ring\"), m = I[at];\n",
    "  r.style.display = V[at] ? \"\" : \"none\";\n",
    "  if (V[at]) for (const [k, v] of [[\"x\", X[at] - m.w / 2 - 5], [\"y\", Y[at] - 5], [\"wi"
    "dth\", m.w + 10], [\"height\", m.h + 10]]) r.setAttribute(k, v);\n",
    "}\n",
    "function centre(i) { tx = stage.clientWidth / 2 - X[i] * scale; ty = stage.clientHeight / "
    "3 - Y[i] * scale; }\n",
    "function fit() {\n",
    "  let l = 1e9, r = -1e9, b = 0;\n",
    "  for (const i of shown) { l = Math.min(l, X[i] - I[i].w / 2); r = Math.max(r, X[i] + I[i]"
    ".w / 2); b = Math.max(b, Y[i] + I[i].h); }\n",
    "  scale = Math.max(.004, Math.min(1.2, (stage.clientWidth - 40) / (r - l), (stage.clientHe"
    "ight - 40) / (b + 30)));\n",
    "  tx = (stage.clientWidth - (l + r) * scale) / 2; ty = 10;\n",
    "}\n",
    "const esc = t => t.replace(/[&<>\"]/g, c => ({\"&\": \"&amp;\", \"<\": \"&lt;\", \">\": \""
    "&gt;\", '\"': \"&quot;\"}[c]));\n",
    "const link = e => `<button class=\"go\" data-e=\"${e}\">${esc(E[e].id)}</button>`;\n",
    "function list(title, es) { return es.length ? `<h3>${title}</h3><p>${es.map(link).join(\" "
    "\")}</p>` : \"\"; }\n",
    "function tell() {\n",
    "  const e = E[I[at].element];\n",
    "  $(\"panel\").innerHTML = `<h2>${esc(e.id)} <small>${e.kind}</small></h2>` +\n",
    "    (e.label >= 0 ? `<p><b class=\"w${e.label}\">${WORDS[e.label]}</b></p>` : \"\") +\n",
    "    (e.changed ? `<p class=\"changed\">${esc(e.changed)}</p>` : \"\") +\n",
    "    `<p>${esc(e.text || \"(no text)\")}</p>` + (e.why ? `<h3>Why</h3><p>${esc(e.why)}</p>`"
    " : \"\") +\n",
    "    (e.evidence ? `<h3>Evidence</h3><p><code>${esc(e.evidence)}</code></p>` : \"\") +\n",
    "    (e.url ? `<h3>Source</h3><p>${esc(e.url)}</p>` : \"\") + (D.modules.length > 1 ? `<h3>"
    "Module</h3><p>${esc(D.modules[e.module])}</p>` : \"\") +\n",
    "    list(\"Supported by\", e.support) + list(\"In the context of\", e.context) + list(\"Ch"
    "allenged by\", e.challengers) +\n",
    "    list(\"Supports\", e.supports);\n",
    "}\n",
    "function reveal(i) {\n",
    "  let changed = false;\n",
    "  for (let p = own[i]; p >= 0; p = own[p]) changed = closed.delete(p) || changed;\n",
    "  if (kept && !kept.has(I[i].role === 2 ? own[i] : i)) { kept = null; tally(); $(\"fell\")"
    ".checked = $(\"changed\").checked = false; changed = true; }\n",
    "  if (changed) layout();\n",
    "}\n",
    "function select(i, go) { at = i; reveal(i); tell(); if (go) centre(i); mark(); draw(); }\n",
    "function unfold(i) { if (closed.delete(i)) layout(); }\n",
    "function toggle(i) {\n",
    "  const x = X[i] * scale + tx, y = Y[i] * scale + ty;\n",
    "  open(i) ? closed.add(i) : closed.delete(i);\n",
    "  layout();\n",
    "  tx = x - X[i] * scale; ty = y - Y[i] * scale; draw();\n",
    "}\n",
    "const fold = d => { closed = new Set(ALL.filter(i => has(i) && depth[i] >= d && d <= deepe"
    "st)); };\n",
    "/* The depth down to which as many are kept as can be read at once. */\n",
    "function first() {\n",
    "  const all = ALL.filter(keeps);\n",
    "  let d = deepest + 1;\n",
    "  while (all.length > 70 && d > 1 && all.filter(i => depth[i] <= d).length > FIRST) d--;\n",
    "  return d;\n",
    "}\n",
    "function toDepth(d) {\n",
    "  fold(d);\n",
    "  $(\"depth\").value = Math.min(d, deepest + 1); layout(); fit();\n",
    "  if (scale < .35) { scale = .8; centre(top0); }\n",
    "  draw();\n",
    "}\n",
    "/* Folds what belongs to other modules. */\n",
    "function byModule(m) {\n",
    "  const within = ALL.map(i => m === \"\" || String(E[I[i].element].module) === m);\n",
    "  for (let i = n - 1; i >= 0; i--) if (within[i] && I[i].role) within[I[i].parent] = true;"
    "\n",
    "  closed = new Set(ALL.filter(i => kids[i].length && !within[i]));\n",
    "  layout(); fit(); draw();\n",
    "}\n",
    "function filter() {\n",
    "  const fell = $(\"fell\").checked, ch = $(\"changed\").checked;\n",
    "  kept = null;\n",
    "  if (fell || ch) {\n",
    "    kept = new Set();\n",
    "    for (const i of ALL) {\n",
    "      const e = E[I[i].element];\n",
    "      if (!((fell && e.label > 0) || (ch && e.changed))) continue;\n",
    "      for (let p = i; p >= 0 && !kept.has(p); p = I[p].parent) kept.add(p);\n",
    "    }\n",
    "    /* What made it fall is shown beside it. */\n",
    "    if (fell) for (const i of kept) if (E[I[i].element].label > 0) for (const k of sides[i"
    "]) kept.add(k);\n",
    "    if (!kept.size) kept.add(top0);\n",
    "  }\n",
    "  tally(); toDepth(first());\n",
    "}\n",
    "let hits = [], hit = 0;\n",
    "function search() {\n",
    "  const q = $(\"q\").value.toLowerCase();\n",
    "  hits = q ? ALL.filter(i => !I[i].stub && (E[I[i].element].id.toLowerCase().includes(q) |"
    "| E[I[i].element].text.toLowerCase().includes(q))) : [];\n",
    "  hit = 0; $(\"hits\").textContent = q ? `${hits.length} found` : \"\";\n",
    "  if (hits.length) find(hits[0]);\n",
    "}\n",
    "/* What was looked for is read, so it stands in a size that can be. */\n",
    "function find(i) { scale = Math.max(scale, .8); select(i, true); }\n",
    "const zoom = k => { scale = Math.max(.004, Math.min(4, scale * k)); centre(at); draw(); };"
    "\n",
    "$(\"q\").addEventListener(\"input\", search);\n",
    "$(\"q\").addEventListener(\"keydown\", v => {\n",
    "  if (v.key === \"Enter\" && hits.length) { hit = (hit + (v.shiftKey ? hits.length - 1 : 1"
    ")) % hits.length; find(hits[hit]); }\n",
    "  if (v.key === \"Escape\") { $(\"q\").blur(); }\n",
    "  v.stopPropagation();\n",
    "});\n",
    "$(\"depth\").max = deepest + 1;\n",
    "$(\"depth\").addEventListener(\"input\", () => toDepth(+$(\"depth\").value));\n",
    "$(\"module\").addEventListener(\"change\", () => byModule($(\"module\").value));\n",
    "$(\"fell\").addEventListener(\"change\", filter); $(\"changed\").addEventListener(\"change"
    "\", filter);\n",
    "$(\"fit\").addEventListener(\"click\", () => { fit(); draw(); });\n",
    "let drag = null, dragged = false;\n",
    "function under(v) {\n",
    "  const r = stage.getBoundingClientRect(), x = (v.clientX - r.left - tx) / scale, y = (v.c"
    "lientY - r.top - ty) / scale;\n",
    "  return shown.find(i => Math.abs(x - X[i]) <= I[i].w / 2 && y >= Y[i] && y <= Y[i] + I[i]"
    ".h);\n",
    "}\n",
    "stage.addEventListener(\"click\", v => {\n",
    "  const g = v.target.closest(\".knob\"), i = under(v);\n",
    "  if (dragged) return;\n",
    "  if (g) toggle(+g.dataset.i); else if (i !== undefined) select(i, false);\n",
    "});\n",
    "stage.addEventListener(\"dblclick\", v => { const i = under(v); if (i !== undefined && has"
    "(i) && !v.target.closest(\".knob\")) toggle(i); });\n",
    "$(\"panel\").addEventListener(\"click\", v => {\n",
    "  const b = v.target.closest(\".go\");\n",
    "  if (b) select(I.findIndex(x => x.element === +b.dataset.e && !x.stub), true);\n",
    "});\n",
    "stage.addEventListener(\"wheel\", v => {\n",
    "  v.preventDefault();\n",
    "  const k = Math.max(.004, Math.min(4, scale * Math.exp(-v.deltaY / 500))), r = stage.getB"
    "oundingClientRect();\n",
    "  const x = v.clientX - r.left, y = v.clientY - r.top;\n",
    "  tx = x - (x - tx) * k / scale; ty = y - (y - ty) * k / scale; scale = k; later();\n",
    "}, {passive: false});\n",
    "stage.addEventListener(\"pointerdown\", v => { drag = [v.clientX - tx, v.clientY - ty, v.c"
    "lientX, v.clientY]; dragged = false; });\n",
    "stage.addEventListener(\"pointermove\", v => {\n",
    "  if (!drag) return;\n",
    "  dragged = dragged || Math.abs(v.clientX - drag[2]) + Math.abs(v.clientY - drag[3]) > 5;"
    "\n",
    "  tx = v.clientX - drag[0]; ty = v.clientY - drag[1]; later();\n",
    "});\n",
    "window.addEventListener(\"pointerup\", () => { drag = null; });\n",
    "function step(d) {\n",
    "  const f = I[at].role === 0 ? roots : (I[at].role === 1 ? kids : I[at].role === 2 ? besid"
    "e : sides)[own[at]];\n",
    "  for (let k = f.indexOf(at) + d; k >= 0 && k < f.length; k += d) if (V[f[k]]) { select(f["
    "k], true); break; }\n",
    "}\n",
    "document.addEventListener(\"keydown\", v => {\n",
    "  if (v.ctrlKey || v.metaKey || v.altKey || /INPUT|SELECT/.test(document.activeElement.tag"
    "Name) && v.key !== \"Escape\") return;\n",
    "  const go = k => { if (k !== undefined) { unfold(at); select(k, true); } };\n",
    "  const keys = {\n",
    "    \"/\": () => $(\"q\").focus(), ArrowLeft: () => step(-1), ArrowRight: () => step(1),\n",
    "    ArrowUp: () => I[at].role && select(I[at].parent, true),\n",
    "    ArrowDown: () => go(kids[at].find(keeps) ?? beside[at][0] ?? sides[at].find(keeps) ?? "
    "kids[at][0]),\n",
    "    c: () => go(sides[at][0] ?? beside[at][0]),\n",
    "    Enter: () => has(at) && toggle(at), \" \": () => has(at) && toggle(at), Home: () => se"
    "lect(top0, true), 0: () => { fit(); draw(); },\n",
    "    a: () => toDepth(deepest + 1), \"+\": () => zoom(1.25), \"-\": () => zoom(.8),\n",
    "    f: () => { $(\"fell\").checked = !$(\"fell\").checked; filter(); },\n",
    "    d: () => { $(\"changed\").checked = !$(\"changed\").checked; filter(); },\n",
    "    \"?\": () => { $(\"help\").hidden = !$(\"help\").hidden; }, Escape: () => { $(\"help\""
    ").hidden = true; }\n",
    "  };\n",
    "  const act = Object.hasOwn(keys, v.key) ? keys[v.key] : (/^[1-9]$/.test(v.key) && (() => "
    "toDepth(+v.key)));\n",
    "  if (act) { v.preventDefault(); act(); }\n",
    "});\n",
    "tally(); toDepth(first()); tell();\n",
    "window.addEventListener(\"resize\", () => { stale = true; draw(); });\n",
    "})();\n",
    NULL};
/* clang-format on */

#endif
