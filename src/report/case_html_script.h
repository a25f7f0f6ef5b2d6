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
    "html,body{margin:0;height:100%;font:14px/1.45 system-ui,Helvetica,Arial,sans-serif;color:#"
    "1b1f24;background:#fff}\n",
    "body{display:grid;grid-template:auto 1fr/1fr 320px;overflow:hidden}\n",
    "header{grid-column:1/3;display:flex;flex-wrap:wrap;gap:6px 16px;align-items:center;padding"
    ":8px 14px;border-bottom:1px solid #d5dae0}\n",
    "h1{font-size:16px;margin:0;max-width:40em;overflow:hidden;text-overflow:ellipsis;white-spa"
    "ce:nowrap}\n",
    "header label{white-space:nowrap;display:inline-flex;gap:6px;align-items:center}header labe"
    "l[hidden]{display:none}input,select,button{font:inherit}\n",
    "#stage:focus-visible{outline:2px solid #7a4fbf;outline-offset:-3px}#stage:focus:not(:focus"
    "-visible){outline:none}\n",
    "#stage{width:100%;height:100%;display:block;cursor:grab;touch-action:none}\n",
    "aside{border-left:1px solid #d5dae0;padding:4px 16px;overflow:auto;overflow-wrap:anywhere}"
    "\n",
    "aside h2{font-size:17px;margin:10px 0 4px}aside h2 small{font-weight:normal;color:#5b6470}"
    "\n",
    "aside h3{font-size:12px;margin:12px 0 2px;color:#5b6470;text-transform:uppercase;letter-sp"
    "acing:.04em}aside p{margin:2px 0 6px}\n",
    ".go{border:1px solid #b8c0c9;background:none;border-radius:10px;padding:0 8px;color:inheri"
    "t;cursor:pointer;margin:1px 0}\n",
    ".w0{color:#1b5e9e}.w1{color:#945600}.w2{color:#9c1c1c}.w3{color:#5b6470}.changed{border-le"
    "ft:3px solid #7a4fbf;padding-left:8px;white-space:pre-line}\n",
    ".knob{cursor:pointer}.knob rect{fill:#fff;stroke:#5b6470}.knob text{fill:#1b1f24;font-weig"
    "ht:bold}\n",
    "#stage{text-rendering:geometricPrecision}#s1,#s2{fill:none;vector-effect:non-scaling-strok"
    "e;stroke-width:5;stroke:#945600;stroke-linecap:round}#s2{stroke-width:3;stroke:#9c1c1c}\n",
    "#items>g{cursor:pointer}#ring{fill:none;stroke:#7a4fbf;stroke-width:3;pointer-events:none}"
    "\n",
    "#help{position:fixed;right:340px;top:60px;background:#fff;border:1px solid #5b6470;border-"
    "radius:6px;padding:8px 18px;box-shadow:0 4px 18px #0003}\n",
    "#help dt{float:left;clear:left;width:9em;font-weight:bold}#help dd{margin-left:9.5em}\n",
    "@media(max-width:700px){body{grid-template:auto 1fr 35%/1fr}header{grid-column:1}aside{bor"
    "der-left:0;border-top:1px solid #d5dae0}}\n",
    "@media(prefers-color-scheme:dark){html,body{color:#e8ebee;background:#14181d}header,aside{"
    "border-color:#39424d}.w0{color:#6fb1f0}.w1{color:#f0b04a}.w2{color:#ff8f82}.w3,aside h3,as"
    "ide h2 small{color:#a3adb8}.knob rect{fill:#14181d;stroke:#a3adb8}.knob text{fill:#e8ebee}"
    "#help{background:#1d232b}#ring{stroke:#b794f4}#s1{stroke:#f0b04a}#s2{stroke:#ff8f82}input,"
    "select,button{background:#1d232b;color:#e8ebee;border:1px solid #5b6470;border-radius:4px}"
    ".go{border-radius:10px}}\n",
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
    "const MANY = 400, FIRST = 150; /* items drawn in full at a time; unfolded at first */\n",
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
    "const V = Array(n).fill(false), X = [], Y = [], DX = [], DY = [], S = [], C = [], H = [], "
    "T = [], B = [], RA = [], RT = [];\n",
    "const HIGH = n > 3000 ? 8000 : n > 300 ? 2200 : 1100; /* of rails, as case_layout.c has th"
    "em */\n",
    "let closed = new Set(), kept = null, shown = [], at = top0, scale = 1, tx = 0, ty = 0;\n",
    "let limit = HIGH, home = true, stale = true, far = false, seen = [], box = null;\n",
    "const open = i => !closed.has(i), keeps = i => !kept || kept.has(i), has = i => kids[i].le"
    "ngth || sides[i].length;\n",
    "\n",
    "/* How many are kept below each. */\n",
    "function tally() {\n",
    "  count.fill(0);\n",
    "  for (let i = n - 1; i >= 0; i--) if (own[i] >= 0 && I[i].role !== 2 && keeps(i)) count[o"
    "wn[i]] += count[i] + 1;\n",
    "}\n",
    "/* The left and right edges of what hangs together, row by row from the lowest up, to be m"
    "oved by b: as in case_layout.c. */\n",
    "const ROW = 8, rows = h => Math.ceil(h / ROW - 1e-9);\n",
    "const push = (c, h, l, r) => { for (let k = rows(h); k > 0; k--) { c.l.push(l - c.b); c.r."
    "push(r - c.b); } };\n",
    "function join(c, d, gap, near) {\n",
    "  const a = c.l.length, z = d.l.length, m = Math.min(a, z);\n",
    "  let move = a ? -Infinity : 0;\n",
    "  for (let k = 1; k <= m; k++) move = Math.max(move, c.r[a - k] + c.b + (k <= near ? gap :"
    " 24) - d.l[z - k] - d.b);\n",
    "  d.b += move;\n",
    "  if (a < z) { for (let k = 1; k <= m; k++) d.l[z - k] = c.l[a - k] + c.b - d.b; return [d"
    ", move]; }\n",
    "  for (let k = 1; k <= m; k++) c.r[a - k] = d.r[z - k] + d.b - c.b;\n",
    "  return [c, move];\n",
    "}\n",
    "/* What stands along rails, from the leaves up: what is many leaves, or small in a picture"
    " that is large. */\n",
    "function chooseRails() {\n",
    "  const high = [], upright = [], large = shown.length > 40;\n",
    "  for (let q = shown.length - 1; q >= 0; q--) {\n",
    "    const i = shown[q], m = I[i], c = C[i] = kids[i].filter(k => V[k]);\n",
    "    if (m.role === 2) continue;\n",
    "    const sum = c.reduce((h, k) => h + high[k] + 16, 0), leaves = c.every(k => !C[k].lengt"
    "h && !sides[k].some(s => V[s]));\n",
    "    RA[i] = m.fixed ? Boolean(m.stacked) : c.length > 1 && c.every(k => upright[k]) && sum"
    " <= limit ? large || leaves && c.length > 3 : leaves && c.length > 12;\n",
    "    upright[i] = !sides[i].some(k => V[k]) && (c.length < 2 || RA[i]) && (!m.fixed || besi"
    "de[i].every(k => I[k].right));\n",
    "    high[i] = Math.max(m.h, beside[i].reduce((h, k) => h + I[k].h + 16, 0)) + (RA[i] ? sum"
    " : c.length ? 56 + Math.max(...c.map(k => high[k])) : 0);\n",
    "  }\n",
    "}\n",
    "/* Contexts stand in two stacks; along a rail on the right. Returns what they take. */\n",
    "function pack(i) {\n",
    "  const m = I[i], half = m.w / 2, c = C[i], wide = [0, 0], tall = [0, 0], along = m.role ="
    "== 1 && RA[own[i]];\n",
    "  let all = {l: [], r: [], b: 0};\n",
    "  for (const k of beside[i]) {\n",
    "    const gap = Math.abs(I[k].x - m.x) - half - I[k].w / 2, r = RT[k] = I[k].right || alon"
    "g ? 1 : 0;\n",
    "    DX[k] = (r ? 1 : -1) * (half + gap + I[k].w / 2); DY[k] = tall[r];\n",
    "    tall[r] += I[k].h + 16; wide[r] = Math.max(wide[r], I[k].w + gap);\n",
    "  }\n",
    "  const block = H[i] = rows(Math.max(m.h, tall[0] - 16, tall[1] - 16)) * ROW;\n",
    "  for (const k of beside[i]) DY[k] += (block - tall[RT[k]] + 16) / 2;\n",
    "  if (RA[i] && c.length) {\n",
    "    let down = block;\n",
    "    for (const k of c) {\n",
    "      DX[k] = -half + 36 - S[k].l.reduce((x, y) => Math.min(x, y), Infinity) - S[k].b;\n",
    "      DY[k] = down += 16; down += S[k].l.length * ROW;\n",
    "    }\n",
    "    for (let q = c.length - 1; q >= 0; q--) {\n",
    "      const s = S[c[q]], d = s.b + DX[c[q]];\n",
    "      for (const x of s.l) all.l.push(Math.min(x + d, 13 - half));\n",
    "      for (const x of s.r) all.r.push(x + d);\n",
    "      push(all, q ? 16 : 8, 13 - half, 15 - half);\n",
    "    }\n",
    "  } else if (c.length) {\n",
    "    for (const k of c) { [all, DX[k]] = join(all, S[k], 24, 0); DY[k] = block + 56; }\n",
    "    const mid = (DX[c[0]] + DX[c.at(-1)]) / 2;\n",
    "    for (const k of c) DX[k] -= mid;\n",
    "    all.b -= mid;\n",
    "    push(all, 48, DX[c[0]] - 1, DX[c.at(-1)] + 1);\n",
    "  }\n",
    "  push(all, block + ROW, -half - wide[0], half + wide[1]);\n",
    "  for (const k of sides[i]) if (V[k]) { [all, DX[k]] = join(all, S[k], 64, rows(block)); D"
    "Y[k] = 0; }\n",
    "  return all;\n",
    "}\n",
    "/* What is to be seen. */\n",
    "function choose() {\n",
    "  for (const i of ALL) V[i] = I[i].role === 0 ? keeps(i) : V[own[i]] && (I[i].role === 2 |"
    "| open(own[i]) && keeps(i));\n",
    "  shown = ALL.filter(i => V[i]);\n",
    "}\n",
    "/* Where everything stands. Items come behind those that they hang on, so that loops do. *"
    "/\n",
    "function layout() {\n",
    "  stale = true;\n",
    "  choose();\n",
    "  home = !closed.size && !kept && limit === HIGH;\n",
    "  if (home) {\n",
    "    for (const i of ALL) { const m = I[i]; X[i] = m.x; Y[i] = m.y; T[i] = m.top; B[i] = m."
    "bottom; RA[i] = Boolean(m.stacked); RT[i] = m.right; }\n",
    "    return;\n",
    "  }\n",
    "  chooseRails();\n",
    "  for (let q = shown.length - 1; q >= 0; q--) if (I[shown[q]].role !== 2) S[shown[q]] = pa"
    "ck(shown[q]);\n",
    "  let all = {l: [], r: [], b: 0};\n",
    "  for (const i of shown) {\n",
    "    const m = I[i], p = own[i];\n",
    "    if (m.role === 0) { [all, X[i]] = join(all, S[i], 64, 1e9); T[i] = 30; }\n",
    "    else { X[i] = X[p] + DX[i]; T[i] = T[p] + DY[i]; }\n",
    "    if (m.role === 2) H[i] = m.h;\n",
    "    B[i] = T[i] + H[i]; Y[i] = T[i] + (H[i] - m.h) / 2;\n",
    "  }\n",
    "}\n",
    "/* The rails that let the picture fit the window best; a tidy tree where that does as well"
    ". */\n",
    "function suit() {\n",
    "  let best = 0, to = HIGH;\n",
    "  for (const h of [...closed.size || kept ? [] : [HIGH], 0, 500, 1000, 2000, 4000, 8000, 1"
    "6000]) {\n",
    "    limit = h; layout(); fit();\n",
    "    if (scale > best * 1.1) { best = scale; to = h; }\n",
    "  }\n",
    "  limit = to; layout(); fit();\n",
    "}\n",
    "\n",
    "const topY = i => Y[i] + I[i].tabs[0], lowY = i => Y[i] + I[i].h - I[i].tabs[1], mid = i ="
    "> Y[i] + I[i].h / 2;\n",
    "const side = (i, right) => X[i] + (right ? 1 : -1) * (I[i].w / 2 - I[i].slant), high = i ="
    "> T[i];\n",
    "const head = (x, y, dx, dy) => `M${x} ${y}L${x - 9 * dx - 4 * dy} ${y - 9 * dy + 4 * dx}L$"
    "{x - 9 * dx + 4 * dy} ${y - 9 * dy - 4 * dx}Z`;\n",
    "const fork = (x, y, dx, dy) => `M${x - 9 * dx - 5 * dy} ${y - 9 * dy + 5 * dx}L${x} ${y}L$"
    "{x - 9 * dx + 5 * dy} ${y - 9 * dy - 5 * dx}`;\n",
    "/* Lines as case_lines.c draws them, for any places: support, context, challenges. */\n",
    "function drop(i, p) {\n",
    "  const x = X[p], y = B[p] + 24, to = X[i], d = Math.sign(to - x) * 6, t = topY(i);\n",
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
    "  const d = RT[i] ? 1 : -1, to = side(i, !RT[i]), y = mid(i), from = side(p, RT[i]);\n",
    "  if (I[i].data) return [`M${X[p] + I[p].w / 2 - 20} ${topY(p)}V${Math.min(Y[p], Y[i]) - 5"
    "}H${X[i]}V${Y[i]}`, \"\"];\n",
    "  const level = !I[p].slant && !I[p].split && Math.abs(Math.max(Y[p] + 6, Math.min(Y[p] + "
    "I[p].h - 6, y)) - y) < .05;\n",
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
    "    if (cross) return far((side(o, RT[p]) + side(p, !RT[p])) / 2, mid(p) - 2);\n",
    "    if (RA[I[p].parent]) return far(X[p] - I[p].w / 2 - 13, mid(p) - 2);\n",
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
    "  else if (I[p].role === 2) { x = (side(own[i], RT[p]) + side(p, !RT[p])) / 2 - (RT[p] ? 8"
    " : -8); y = mid(p); }\n",
    "  else if (RA[I[p].parent]) { x = X[p] - I[p].w / 2 - 16; y = mid(p); }\n",
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
    "    const [way, tip] = r === 2 ? context(i, p) : r === 3 ? challenge(i, p) : RA[p] ? tick("
    "i, p) : drop(i, p);\n",
    "    const to = all[r === 2 ? I[i].data ? \"data-line\" : \"context\" : r === 1 ? \"support"
    "\" : I[i].answered ? \"answered\" : \"challenge\"];\n",
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
    "    const m = I[i], round = /solution/.test(E[m.element].kind), low = Y[i] + (round ? m.h "
    "* .875 : m.h - 4);\n",
    "    const right = X[i] + (round ? m.w * .35 : m.w / 2 - 2 * m.slant) + 9, more = open(i) ?"
    " \"\\u2212\" : \"+\" + count[i], w = open(i) ? 18 : 11 + 7 * more.length;\n",
    "    s += `<g class=\"knob\" data-i=\"${i}\"><rect x=\"${right - w}\" y=\"${low - 9}\" widt"
    "h=\"${w}\" height=\"18\" rx=\"9\"/><text x=\"${right - w / 2}\" y=\"${low + 4}\">${more}</"
    "text></g>`;\n",
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
    "  let l = Infinity, r = -Infinity, b = 0;\n",
    "  for (const i of shown) { l = Math.min(l, X[i] - I[i].w / 2); r = Math.max(r, X[i] + I[i]"
    ".w / 2); b = Math.max(b, Y[i] + I[i].h); }\n",
    "  scale = Math.max(.004, Math.min(1.2, (stage.clientWidth - 40) / (r - l), (stage.clientHe"
    "ight - 40) / (b + 30)));\n",
    "  tx = (stage.clientWidth - (l + r) * scale) / 2; ty = 10;\n",
    "}\n",
    "/* What does not fit in a size that can be read begins at its top. */\n",
    "function begin() {\n",
    "  if (scale < .35) { scale = .8; centre(top0); ty = 20 - T[top0] * scale; }\n",
    "  draw();\n",
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
    ".checked = $(\"changed\").checked = false; $(\"module\").value = \"\"; changed = true; }\n",
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
    "/* The greatest depth at which all can be read at once. */\n",
    "function first() {\n",
    "  for (let d = 2; d <= deepest; d++) {\n",
    "    fold(d);\n",
    "    choose();\n",
    "    const fewer = shown.length;\n",
    "    if (fewer > FIRST) return d - 1;\n",
    "    suit();\n",
    "    if (scale < .7) return d - 1;\n",
    "  }\n",
    "  return deepest + 1;\n",
    "}\n",
    "function toDepth(d) {\n",
    "  fold(d);\n",
    "  $(\"depth\").value = Math.min(d, deepest + 1); suit(); begin();\n",
    "}\n",
    "/* Keeps one module, what it rests on directly, and the way to the top; what fell; what ch"
    "anged; or of these what all say. */\n",
    "function filter() {\n",
    "  const fell = $(\"fell\").checked, ch = $(\"changed\").checked, m = $(\"module\").value, "
    "within = i => m === \"\" || String(E[I[i].element].module) === m;\n",
    "  kept = null;\n",
    "  if (fell || ch || m !== \"\") {\n",
    "    const one = i => { const e = E[I[i].element]; return within(i) && (!fell && !ch || fel"
    "l && e.label > 0 || ch && e.changed); };\n",
    "    kept = new Set();\n",
    "    for (const i of ALL) if (one(i) || !fell && !ch && own[i] >= 0 && within(own[i])) for "
    "(let p = i; p >= 0 && !kept.has(p); p = I[p].parent) kept.add(p);\n",
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
    "  if (v.key === \"Escape\") stage.focus();\n",
    "  v.stopPropagation();\n",
    "});\n",
    "$(\"depth\").max = deepest + 1;\n",
    "$(\"depth\").addEventListener(\"input\", () => toDepth(+$(\"depth\").value));\n",
    "$(\"module\").addEventListener(\"change\", filter);\n",
    "$(\"fell\").addEventListener(\"change\", filter); $(\"changed\").addEventListener(\"change"
    "\", filter);\n",
    "$(\"fit\").addEventListener(\"click\", () => { suit(); draw(); });\n",
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
    "  const f = document.activeElement, press = v.key === \"Enter\" || v.key === \" \";\n",
    "  if (v.ctrlKey || v.metaKey || v.altKey || press && f.matches(\"button, input\")) return;"
    "\n",
    "  if (f.matches(\"select, input:not([type=checkbox])\") && v.key !== \"Escape\") return;\n",
    "  const go = k => { if (k !== undefined) { unfold(at); select(k, true); } };\n",
    "  const keys = {\n",
    "    \"/\": () => $(\"q\").focus(), ArrowLeft: () => step(-1), ArrowRight: () => step(1),\n",
    "    ArrowUp: () => I[at].role && select(I[at].parent, true),\n",
    "    ArrowDown: () => go(kids[at].find(keeps) ?? beside[at][0] ?? sides[at].find(keeps) ?? "
    "kids[at][0]),\n",
    "    c: () => go(sides[at][0] ?? beside[at][0]),\n",
    "    Enter: () => has(at) && toggle(at), \" \": () => has(at) && toggle(at), Home: () => se"
    "lect(top0, true), 0: () => { suit(); draw(); },\n",
    "    a: () => toDepth(deepest + 1), \"+\": () => zoom(1.25), \"-\": () => zoom(.8),\n",
    "    f: () => { $(\"fell\").checked = !$(\"fell\").checked; filter(); },\n",
    "    d: () => { $(\"changed\").checked = !$(\"changed\").checked; filter(); },\n",
    "    \"?\": () => { $(\"help\").hidden = !$(\"help\").hidden; }, Escape: () => { $(\"help\""
    ").hidden = true; stage.focus(); }\n",
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
