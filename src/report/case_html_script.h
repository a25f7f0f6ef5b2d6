/*
 * case_html_script.h: the style sheet and the script of the interactive view of a case.
 *
 * The script draws nothing itself: it shows, hides and moves the groups that case_shapes.c drew,
 * and when some are hidden it draws lines between those that are left. Private to case_html.c.
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
    "b794f4}input,select,button{background:#1d232b;color:#e8ebee;border:1px solid #5b6470"
    ";border-radius:4px}.go{border-radius:10px}}\n",
    NULL};

/* How the page behaves. */
static const char *const SCRIPT[] = {
    "\"use strict\";\n",
    "(() => {\n",
    "const D = JSON.parse(document.getElementById(\"data\").textContent), I = D.items, E "
    "= D.elements;\n",
    "const $ = id => document.getElementById(id), stage = $(\"stage\"), view = $(\"view\""
    ");\n",
    "const G = [...$(\"items\").children], n = I.length, kids = [], beside = [], sides = "
    "[], depth = [];\n",
    "const ALL = [...Array(n).keys()], roots = [], WORDS = [\"stands\", \"is undercut\", "
    "\"is falsified\", \"is undecided\"];\n",
    "for (const i of ALL) { kids.push([]); beside.push([]); sides.push([]); depth.push(0)"
    "; }\n",
    "for (const i of ALL) {\n",
    "  const p = I[i].parent;\n",
    "  if (I[i].role === 0) { roots.push(i); continue; }\n",
    "  if (I[i].role === 1) kids[p].push(i);\n",
    "  else if (I[i].role === 2) beside[p].push(i);\n",
    "  else sides[I[p].role === 2 ? I[p].parent : p].push(i);\n",
    "  depth[i] = depth[p] + (I[i].role === 1 ? 1 : 0);\n",
    "}\n",
    "const top0 = I.findIndex(x => x.element === D.top && !x.stub), deepest = Math.max(.."
    ".depth);\n",
    "const V = Array(n).fill(true), T = Array(n).fill(\"\");\n",
    "let closed = new Set(), kept = null, shown = [], X = [], Y = [], at = top0, scale = "
    "1, tx = 0, ty = 0;\n",
    "const open = i => !closed.has(i), keeps = i => !kept || kept.has(i);\n",
    "const below = i => open(i) ? kids[i].filter(keeps) : [], by = i => open(i) ? sides[i"
    "].filter(keeps) : [];\n",
    "\n",
    "/* Sizes and offsets of a subtree that is shown: what it takes left and right of its"
    " middle, and down. */\n",
    "function measure(i, off) {\n",
    "  const m = I[i], c = below(i);\n",
    "  let l = -m.w / 2, r = m.w / 2, h = m.bottom - m.top;\n",
    "  for (const k of beside[i]) {\n",
    "    l = Math.min(l, I[k].x - I[k].w / 2 - m.x);\n",
    "    r = Math.max(r, I[k].x + I[k].w / 2 - m.x);\n",
    "  }\n",
    "  const block = h;\n",
    "  let L = l, R = r;\n",
    "  if (m.stacked) {\n",
    "    for (const k of c) {\n",
    "      const s = measure(k, off);\n",
    "      off[k] = [-m.w / 2 + 36 - s.l, h + 16];\n",
    "      h += 16 + s.h; R = Math.max(R, off[k][0] + s.r);\n",
    "    }\n",
    "  } else if (c.length) {\n",
    "    let x = 0, high = 0;\n",
    "    for (const k of c) {\n",
    "      const s = measure(k, off);\n",
    "      off[k] = [x - s.l, block + 56]; x += s.r - s.l + 24; high = Math.max(high, s.h"
    ");\n",
    "    }\n",
    "    const mid = (off[c[0]][0] + off[c[c.length - 1]][0]) / 2;\n",
    "    for (const k of c) off[k][0] -= mid;\n",
    "    L = Math.min(L, -mid); R = Math.max(R, x - 24 - mid); h += 56 + high;\n",
    "  }\n",
    "  for (const k of by(i)) {\n",
    "    const s = measure(k, off);\n",
    "    off[k] = [R + 64 - s.l, 0]; R = off[k][0] + s.r; h = Math.max(h, s.h);\n",
    "  }\n",
    "  return {l: L, r: R, h};\n",
    "}\n",
    "function put(i, x, t, off) {\n",
    "  const m = I[i];\n",
    "  X[i] = x; Y[i] = t + m.y - m.top; shown.push(i);\n",
    "  for (const k of beside[i]) { X[k] = x + I[k].x - m.x; Y[k] = t + I[k].y - m.top; s"
    "hown.push(k); }\n",
    "  for (const k of below(i).concat(by(i))) put(k, x + off[k][0], t + off[k][1], off);\n",
    "}\n",
    "const side = (i, right) => X[i] + (right ? 1 : -1) * (I[i].w / 2 - (E[I[i].element]."
    "kind === \"strategy\" && !I[i].stub ? 10 : 0));\n",
    "const mid = i => Y[i] + I[i].h / 2;\n",
    "function lines() {\n",
    "  let a = \"\", b = \"\", c = \"\";\n",
    "  for (const i of shown) {\n",
    "    const m = I[i], p = m.parent;\n",
    "    if (m.role === 1 && I[p].stacked) {\n",
    "      a += `M${X[p] - I[p].w / 2 + 14} ${Y[p] + I[p].h}V${mid(i)}H${side(i, 0)}m-8 -"
    "4l8 4l-8 4`;\n",
    "    } else if (m.role === 1) {\n",
    "      a += `M${X[p]} ${Y[p] + I[p].h}V${Y[p] + I[p].bottom - I[p].y + 24}H${X[i]}V${"
    "Y[i]}m-4 -8l4 8l4 -8`;\n",
    "    } else if (m.role === 2) {\n",
    "      const d = m.right ? 1 : -1;\n",
    "      b += `M${side(p, m.right)} ${mid(p)}H${X[p] + d * (I[p].w / 2 + 10)}V${mid(i)}"
    "H${side(i, !m.right) - d * 8}v-4l${d * 8} 4l${-d * 8} 4v-4`;\n",
    "    } else if (m.role === 3) {\n",
    "      c += `M${side(i, 0)} ${mid(i)}H${side(i, 0) - 26}V${mid(p)}H${side(p, 1)}m8 -5"
    "l-8 5l8 5`;\n",
    "    }\n",
    "  }\n",
    "  $(\"la\").setAttribute(\"d\", a); $(\"lb\").setAttribute(\"d\", b); $(\"lc\").setA"
    "ttribute(\"d\", c);\n",
    "}\n",
    "function count(i) { return kids[i].reduce((s, k) => s + 1 + count(k), 0) + sides[i]."
    "reduce((s, k) => s + 1 + count(k), 0); }\n",
    "function layout() {\n",
    "  const home = !closed.size && !kept;\n",
    "  shown = [];\n",
    "  if (home) {\n",
    "    for (const i of ALL) { X[i] = I[i].x; Y[i] = I[i].y; shown.push(i); }\n",
    "  } else {\n",
    "    let x = 0;\n",
    "    for (const r of roots.filter(keeps)) {\n",
    "      const off = [], s = measure(r, off);\n",
    "      put(r, x - s.l, 30, off); x += s.r - s.l + 64;\n",
    "    }\n",
    "  }\n",
    "  $(\"home\").style.display = home ? \"\" : \"none\"; $(\"made\").style.display = ho"
    "me ? \"none\" : \"\";\n",
    "  if (!home) lines();\n",
    "  const is = new Set(shown);\n",
    "  for (const i of ALL) {\n",
    "    /* Hidden and not taken out: the words of thousands would be set again. */\n",
    "    const v = is.has(i), m = home ? \"\" : `translate(${X[i] - I[i].x} ${Y[i] - I[i].y})"
    "`;\n",
    "    if (v !== V[i]) { V[i] = v; G[i].style.visibility = v ? \"\" : \"hidden\"; }\n",
    "    if (v && m !== T[i]) { T[i] = m; G[i].setAttribute(\"transform\", m); }\n",
    "  }\n",
    "  let s = \"\";\n",
    "  for (const i of shown) {\n",
    "    if (!kids[i].length && !sides[i].length) continue;\n",
    "    const cx = X[i] + I[i].w / 2, cy = Y[i] + I[i].h - 4;\n",
    "    s += `<g class=\"knob\" data-i=\"${i}\"><circle cx=\"${cx}\" cy=\"${cy}\" r=\"9"
    "\"/><text x=\"${cx}\" y=\"${cy + 4}\">${open(i) ? \"\\u2212\" : \"+\"}</text>` +\n",
    "      (open(i) ? \"\" : `<text class=\"more\" x=\"${cx}\" y=\"${cy + 22}\">${cou"
    "nt(i)}</text>`) + \"</g>\";\n",
    "  }\n",
    "  $(\"knobs\").innerHTML = s;\n",
    "  mark();\n",
    "}\n",
    "function mark() {\n",
    "  const r = $(\"ring\"), m = I[at];\n",
    "  if (X[at] === undefined || !V[at]) { r.style.display = "
    "\"none\"; return; }\n",
    "  r.style.display = \"\";\n",
    "  for (const [k, v] of [[\"x\", X[at] - m.w / 2 - 5], [\"y\", Y[at] - 5], [\"width\""
    ", m.w + 10], [\"height\", m.h + 10]]) r.setAttribute(k, v);\n",
    "}\n",
    "const move = () => view.setAttribute(\"transform\", `translate(${tx} ${ty}) scale(${"
    "scale})`);\n",
    "function centre(i) {\n",
    "  tx = stage.clientWidth / 2 - X[i] * scale; ty = stage.clientHeight / 3 - Y[i] * sc"
    "ale; move();\n",
    "}\n",
    "function fit() {\n",
    "  let l = 1e9, r = -1e9, b = 0;\n",
    "  for (const i of shown) { l = Math.min(l, X[i] - I[i].w / 2); r = Math.max(r, X[i] "
    "+ I[i].w / 2); b = Math.max(b, Y[i] + I[i].h); }\n",
    "  scale = Math.max(.02, Math.min(1.2, (stage.clientWidth - 40) / (r - l), (stage.cli"
    "entHeight - 40) / (b + 30)));\n",
    "  tx = (stage.clientWidth - (l + r) * scale) / 2; ty = 10; move();\n",
    "}\n",
    "const esc = t => t.replace(/[&<>\"]/g, c => ({\"&\": \"&amp;\", \"<\": \"&lt;\", \">"
    "\": \"&gt;\", '\"': \"&quot;\"}[c]));\n",
    "const link = e => `<button class=\"go\" data-e=\"${e}\">${esc(E[e].id)}</button>`;\n",
    "function list(title, es) { return es.length ? `<h3>${title}</h3><p>${es.map(link).jo"
    "in(\" \")}</p>` : \"\"; }\n",
    "function tell() {\n",
    "  const e = E[I[at].element], k = I[at].element;\n",
    "  $(\"panel\").innerHTML = `<h2>${esc(e.id)} <small>${e.kind}</small></h2>` +\n",
    "    (e.label >= 0 ? `<p><b class=\"w${e.label}\">${WORDS[e.label]}</b></p>` : \"\") "
    "+\n",
    "    (e.changed ? `<p class=\"changed\">${esc(e.changed)}</p>` : \"\") +\n",
    "    `<p>${esc(e.text || \"(no text)\")}</p>` + (e.why ? `<h3>Why</h3><p>${esc(e.why)"
    "}</p>` : \"\") +\n",
    "    (e.evidence ? `<h3>Evidence</h3><p><code>${esc(e.evidence)}</code></p>` : \"\") "
    "+\n",
    "    (e.url ? `<h3>Source</h3><p>${esc(e.url)}</p>` : \"\") + (D.modules.length > 1 ?"
    " `<h3>Module</h3><p>${esc(D.modules[e.module])}</p>` : \"\") +\n",
    "    list(\"Supported by\", e.support) + list(\"In the context of\", e.context) + lis"
    "t(\"Challenged by\", e.challengers) +\n",
    "    list(\"Supports\", E.map((x, i) => x.support.includes(k) ? i : -1).filter(i => i"
    " >= 0));\n",
    "}\n",
    "function reveal(i) {\n",
    "  let changed = false;\n",
    "  for (let p = i; p >= 0 && p !== undefined; p = I[p].role === 0 ? -1 : I[p].parent)"
    " changed = (p !== i && closed.delete(p)) || changed;\n",
    "  if (kept && !kept.has(i)) { kept = null; $(\"fell\").checked = $(\"changed\").chec"
    "ked = false; changed = true; }\n",
    "  if (changed) layout();\n",
    "}\n",
    "function select(i, go) { at = i; reveal(i); mark(); tell(); if (go) centre(i); }\n",
    "function toggle(i) {\n",
    "  const x = X[i] * scale + tx, y = Y[i] * scale + ty;\n",
    "  open(i) ? closed.add(i) : closed.delete(i);\n",
    "  layout();\n",
    "  tx = x - X[i] * scale; ty = y - Y[i] * scale; move();\n",
    "}\n",
    "function toDepth(d) {\n",
    "  closed = new Set(ALL.filter(i => (kids[i].length || sides[i].length) && depth[i] >"
    "= d && d <= deepest));\n",
    "  $(\"depth\").value = Math.min(d, deepest + 1); layout(); fit();\n",
    "  if (scale < .35) { scale = .8; centre(top0); }\n",
    "}\n",
    "/* Folds what belongs to other modules. */\n",
    "function byModule(m) {\n",
    "  const has = ALL.map(i => m === \"\" || String(E[I[i].element].module) === m);\n",
    "  for (let i = n - 1; i >= 0; i--) if (has[i] && I[i].role) has[I[i].parent] = true;\n",
    "  closed = new Set(ALL.filter(i => kids[i].length && !has[i]));\n",
    "  layout(); fit();\n",
    "}\n",
    "function filter() {\n",
    "  const fell = $(\"fell\").checked, ch = $(\"changed\").checked;\n",
    "  kept = null;\n",
    "  if (fell || ch) {\n",
    "    kept = new Set();\n",
    "    for (const i of ALL) {\n",
    "      const e = E[I[i].element];\n",
    "      if (!((fell && e.label > 0) || (ch && e.changed))) continue;\n",
    "      for (let p = i; p >= 0; p = I[p].role === 0 ? -1 : I[p].parent) kept.add(p);\n",
    "    }\n",
    "    /* What made it fall is shown beside it. */\n",
    "    if (fell) for (const i of kept) if (E[I[i].element].label > 0) for (const k of sid"
    "es[i]) kept.add(k);\n",
    "    if (!kept.size) kept.add(top0);\n",
    "    closed.clear();\n",
    "  }\n",
    "  layout(); fit();\n",
    "}\n",
    "let hits = [], hit = 0;\n",
    "function search() {\n",
    "  const q = $(\"q\").value.toLowerCase();\n",
    "  hits = q ? ALL.filter(i => !I[i].stub && (E[I[i].element].id.toLowerCase().include"
    "s(q) || E[I[i].element].text.toLowerCase().includes(q))) : [];\n",
    "  hit = 0; $(\"hits\").textContent = q ? `${hits.length} found` : \"\";\n",
    "  if (hits.length) select(hits[0], true);\n",
    "}\n",
    "$(\"q\").addEventListener(\"input\", search);\n",
    "$(\"q\").addEventListener(\"keydown\", v => {\n",
    "  if (v.key === \"Enter\" && hits.length) { hit = (hit + (v.shiftKey ? hits.length -"
    " 1 : 1)) % hits.length; select(hits[hit], true); }\n",
    "  if (v.key === \"Escape\") { $(\"q\").blur(); }\n",
    "  v.stopPropagation();\n",
    "});\n",
    "$(\"depth\").max = deepest + 1;\n",
    "$(\"depth\").addEventListener(\"input\", () => toDepth(+$(\"depth\").value));\n",
    "$(\"module\").addEventListener(\"change\", () => byModule($(\"module\").value));\n",
    "$(\"fell\").addEventListener(\"change\", filter); $(\"changed\").addEventListener(\""
    "change\", filter);\n",
    "$(\"fit\").addEventListener(\"click\", fit);\n",
    "$(\"items\").addEventListener(\"click\", v => { const g = v.target.closest(\"#items>"
    "g\"); if (g) select(G.indexOf(g), false); });\n",
    "$(\"items\").addEventListener(\"dblclick\", v => { const g = v.target.closest(\"#ite"
    "ms>g\"); if (g) toggle(G.indexOf(g)); });\n",
    "$(\"knobs\").addEventListener(\"click\", v => { const g = v.target.closest(\".knob\""
    "); if (g) toggle(+g.dataset.i); });\n",
    "$(\"panel\").addEventListener(\"click\", v => {\n",
    "  const b = v.target.closest(\".go\");\n",
    "  if (b) select(I.findIndex(x => x.element === +b.dataset.e && !x.stub), true);\n",
    "});\n",
    "stage.addEventListener(\"wheel\", v => {\n",
    "  v.preventDefault();\n",
    "  const k = Math.max(.02, Math.min(4, scale * Math.exp(-v.deltaY / 500))), r = stage"
    ".getBoundingClientRect();\n",
    "  const x = v.clientX - r.left, y = v.clientY - r.top;\n",
    "  tx = x - (x - tx) * k / scale; ty = y - (y - ty) * k / scale; scale = k; move();\n",
    "}, {passive: false});\n",
    "let drag = null;\n",
    "stage.addEventListener(\"pointerdown\", v => { drag = [v.clientX - tx, v.clientY - t"
    "y, v.pointerId]; });\n",
    "stage.addEventListener(\"pointermove\", v => {\n",
    "  if (drag) { tx = v.clientX - drag[0]; ty = v.clientY - drag[1]; move(); }\n",
    "});\n",
    "window.addEventListener(\"pointerup\", () => { drag = null; });\n",
    "function step(d) {\n",
    "  const p = I[at].parent, f = I[at].role === 0 ? roots : I[at].role === 1 ? kids[p] "
    ": I[at].role === 2 ? beside[p] : sides[I[p].role === 2 ? I[p].parent : p];\n",
    "  const k = f[f.indexOf(at) + d];\n",
    "  if (k !== undefined) select(k, true);\n",
    "}\n",
    "document.addEventListener(\"keydown\", v => {\n",
    "  if (v.ctrlKey || v.metaKey || v.altKey || /INPUT|SELECT/.test(document.activeEleme"
    "nt.tagName) && v.key !== \"Escape\") return;\n",
    "  const keys = {\n",
    "    \"/\": () => $(\"q\").focus(), ArrowLeft: () => step(-1), ArrowRight: () => step"
    "(1),\n",
    "    ArrowUp: () => I[at].role && select(I[at].parent, true),\n",
    "    ArrowDown: () => { const k = kids[at][0] ?? beside[at][0] ?? sides[at][0]; if (k"
    " !== undefined) { closed.delete(at); layout(); select(k, true); } },\n",
    "    c: () => { const k = sides[at][0] ?? beside[at][0]; if (k !== undefined) { close"
    "d.delete(at); layout(); select(k, true); } },\n",
    "    Enter: () => toggle(at), \" \": () => toggle(at), Home: () => select(top0, true)"
    ", 0: fit,\n",
    "    \"+\": () => { scale *= 1.25; centre(at); }, \"-\": () => { scale /= 1.25; centr"
    "e(at); },\n",
    "    f: () => { $(\"fell\").checked = !$(\"fell\").checked; filter(); },\n",
    "    d: () => { $(\"changed\").checked = !$(\"changed\").checked; filter(); },\n",
    "    \"?\": () => { $(\"help\").hidden = !$(\"help\").hidden; }, Escape: () => { $(\""
    "help\").hidden = true; }\n",
    "  };\n",
    "  const act = keys[v.key] || (/^[1-9]$/.test(v.key) && (() => toDepth(+v.key)));\n",
    "  if (act) { v.preventDefault(); act(); }\n",
    "});\n",
    "let start = deepest + 1;\n",
    "while (start > 1 && ALL.filter(i => depth[i] <= start).length > 30) start--;\n",
    "toDepth(n <= 70 ? deepest + 1 : start); tell();\n",
    "window.addEventListener(\"resize\", mark);\n",
    "})();\n",
    NULL};
/* clang-format on */

#endif
