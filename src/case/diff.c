#include "case/diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/map.h"

/* A comparison at work. */
struct comparing {
    const struct fb_case *cases[2];
    uint32_t *first_challenge[2]; /* of each element: the first that it makes; UINT32_MAX: none */
    uint32_t *next_challenge[2];
    uint32_t *first_binding[2]; /* of each element, and one more: they stand in its order */
    uint32_t *same_module; /* of each older module: which it is in the newer; UINT32_MAX: none */
    struct fb_map ids;     /* of the newer: id to 1 + index, as a pointer */
    struct fb_arena *arena;
    struct fb_case_changes out;
    size_t cap;
    bool failed; /* memory ran out */
};

const char *fb_case_change_name(enum fb_case_change_kind kind)
{
    static const char *const NAMES[] = {"added", "removed", "edited", "label"};
    FB_ASSERT((unsigned)kind < sizeof(NAMES) / sizeof(NAMES[0]));
    return NAMES[kind];
}

static void note(struct comparing *d, struct fb_case_change change)
{
    if (d->out.count == d->cap) {
        size_t cap = d->cap ? 2 * d->cap : 32;
        struct fb_case_change *grown = FB_ARENA_ARRAY(d->arena, struct fb_case_change, cap);
        if (!grown) {
            d->failed = true;
            return;
        }
        if (d->out.count) {
            memcpy(grown, d->out.items, d->out.count * sizeof(*grown));
        }
        d->out.items = grown;
        d->cap = cap;
    }
    d->out.items[d->out.count++] = change;
}

static void compare(struct comparing *d, struct fb_str id, const char *what, struct fb_str older,
    struct fb_str newer)
{
    if (!fb_str_eq(older, newer)) {
        note(d, (struct fb_case_change){FB_CASE_EDITED, false, id, what, older, newer});
    }
}

static struct fb_str keep(struct comparing *d, const struct fb_buf *buf)
{
    struct fb_str out = {NULL, 0};
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (buf->state != FB_BUF_GOOD ||
        fb_arena_str(d->arena, fb_buf_str(buf), &out, &ignored) != FB_OK) {
        d->failed = true;
    }
    return out;
}

static int by_text(const void *a, const void *b)
{
    return fb_str_cmp(*(const struct fb_str *)a, *(const struct fb_str *)b);
}

/* Names in the order of their bytes, with commas between. */
static struct fb_str join(struct comparing *d, struct fb_str *names, size_t count)
{
    struct fb_buf buf;
    fb_buf_init(&buf, (size_t)1 << 24);
    qsort(names, count, sizeof(*names), by_text);
    for (size_t i = 0; i < count; i++) {
        fb_buf_addf(&buf, "%s%.*s", i ? ", " : "", FB_STR_ARG(names[i]));
    }
    struct fb_str out = keep(d, &buf);
    fb_buf_release(&buf);
    return out;
}

static struct fb_str names_of(
    struct comparing *d, const struct fb_case *c, const uint32_t *items, size_t count)
{
    struct fb_str *names = FB_ARENA_ARRAY(d->arena, struct fb_str, count);
    if (!names) {
        d->failed = true;
        return FB_STR("");
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = c->elements[items[i]].id;
    }
    return join(d, names, count);
}

/* How support is needed, in the words of the file. */
static struct fb_str support_of(struct comparing *d, const struct fb_element *e)
{
    if (e->support != FB_SUPPORT_K_OF_N) {
        return e->support == FB_SUPPORT_ANY ? FB_STR("any") : FB_STR("all");
    }
    struct fb_str out = fb_arena_printf(d->arena, "%u of %zu", e->support_k, e->supported_by_count);
    d->failed = d->failed || !out.ptr;
    return out;
}

static struct fb_str confidence_of(struct comparing *d, const struct fb_element *e)
{
    if (e->given[0] <= 0 && e->given[1] >= 1) {
        return FB_STR("");
    }
    struct fb_str out = fb_arena_printf(d->arena, "[%.9g, %.9g]", e->given[0], e->given[1]);
    d->failed = d->failed || !out.ptr;
    return out;
}

static struct fb_str acceptance_of(struct comparing *d, const struct fb_element *e)
{
    char until[FB_TIME_TEXT];
    if (e->accepted.by.len == 0) {
        return FB_STR("");
    }
    const struct fb_acceptance *a = &e->accepted;
    struct fb_str out = fb_arena_printf(d->arena, "by %.*s until %s%s%.*s%s%.*s", FB_STR_ARG(a->by),
        fb_time_format_short(a->until, until), a->evidence.len ? " on " : "",
        FB_STR_ARG(a->evidence), a->because.len ? " because " : "", FB_STR_ARG(a->because));
    d->failed = d->failed || !out.ptr;
    return out;
}

/* What an element challenges: names, and relations as "G1 -> G2". */
static struct fb_str challenges_of(struct comparing *d, int side, uint32_t by)
{
    const struct fb_case *c = d->cases[side];
    size_t count = 0;
    for (uint32_t i = d->first_challenge[side][by]; i != UINT32_MAX;
         i = d->next_challenge[side][i]) {
        count++;
    }
    struct fb_str *names = FB_ARENA_ARRAY(d->arena, struct fb_str, count);
    if (!names) {
        d->failed = true;
        return FB_STR("");
    }
    count = 0;
    for (uint32_t i = d->first_challenge[side][by]; i != UINT32_MAX;
         i = d->next_challenge[side][i]) {
        const struct fb_challenge *challenge = &c->challenges[i];
        uint32_t from = challenge->target, to = UINT32_MAX;
        switch (challenge->kind) {
        case FB_CHALLENGE_ELEMENT:
            break;
        case FB_CHALLENGE_SUPPORT:
            to = c->elements[from].supported_by[challenge->position];
            break;
        case FB_CHALLENGE_CONTEXT:
            to = c->elements[from].context[challenge->position];
            break;
        case FB_CHALLENGE_CHALLENGE:
            to = c->challenges[challenge->target].by;
            from = c->challenges[challenge->target].kind == FB_CHALLENGE_ELEMENT
                       ? c->challenges[challenge->target].target
                       : to;
            break;
        }
        struct fb_str name = c->elements[from].id;
        if (to != UINT32_MAX) {
            name = fb_arena_printf(
                d->arena, "%.*s -> %.*s", FB_STR_ARG(name), FB_STR_ARG(c->elements[to].id));
            d->failed = d->failed || !name.ptr;
        }
        names[count++] = name;
    }
    return join(d, names, count);
}

static struct fb_str bindings_of(struct comparing *d, int side, uint32_t of)
{
    static const char *const WHAT[] = {"hazard", "mitigation", "outcome", "red line"};
    size_t count = d->first_binding[side][of + 1] - d->first_binding[side][of];
    const struct fb_binding *from =
        count ? &d->cases[side]->bindings[d->first_binding[side][of]] : NULL;
    struct fb_str *names = FB_ARENA_ARRAY(d->arena, struct fb_str, count);
    if (!names) {
        d->failed = true;
        return FB_STR("");
    }
    for (size_t i = 0; i < count; i++) {
        names[i] =
            fb_arena_printf(d->arena, "%s %.*s", WHAT[from[i].kind], FB_STR_ARG(from[i].name));
        d->failed = d->failed || !names[i].ptr;
    }
    return join(d, names, count);
}

/* What is known of evidence, in words; empty where there is no predicate. */
static struct fb_str known_of(struct comparing *d, const struct fb_element *e)
{
    static const char *const HEALTH[] = {"holds", "fails", "unknown"};
    if (e->predicate.len == 0) {
        return FB_STR("");
    }
    struct fb_str out = fb_arena_printf(d->arena, "%s%s%s", HEALTH[e->evidence.health],
        e->evidence.is_stale ? ", out of date" : "",
        e->evidence.is_doubtful ? ", not authentic" : "");
    d->failed = d->failed || !out.ptr;
    return out;
}

/* The supporters and contexts that a mark is on, with their cardinality as "G2: 0..n". */
static struct fb_str marked(
    struct comparing *d, const struct fb_case *c, const struct fb_element *e, uint8_t mark)
{
    size_t supports = e->supported_by_count, count = 0;
    struct fb_str *names = FB_ARENA_ARRAY(d->arena, struct fb_str, supports + e->context_count);
    d->failed = d->failed || !names;
    for (size_t i = 0; names && e->marks && i < supports + e->context_count; i++) {
        struct fb_str id =
            c->elements[i < supports ? e->supported_by[i] : e->context[i - supports]].id;
        bool counted = mark == FB_MARK_MULTIPLE && e->counts && e->counts[i].len > 0;
        if (e->marks[i] & mark) {
            names[count++] = counted ? fb_arena_printf(d->arena, "%.*s: %.*s", FB_STR_ARG(id),
                                           FB_STR_ARG(e->counts[i]))
                                     : id;
            d->failed = d->failed || !names[count - 1].ptr;
        }
    }
    return join(d, names, d->failed ? 0 : count);
}

/* A choice: how many, or that it is one. */
static struct fb_str choice_of(bool is, struct fb_str count)
{
    return !is ? FB_STR("") : count.len ? count : FB_STR("true");
}

static struct fb_str cost_of(struct comparing *d, const struct fb_element *e)
{
    if (isnan(e->cost)) {
        return FB_STR("");
    }
    struct fb_str out = fb_arena_printf(d->arena, "%.9g", e->cost);
    d->failed = d->failed || !out.ptr;
    return out;
}

/* What an element is in its module, in a pattern, and to a reckoning of bounds. */
static void compare_marks(
    struct comparing *d, const struct fb_element *e, const struct fb_element *f)
{
    static const char *const SYMBOLS[] = {"", "away", "module", "contract"};
    const struct {
        const char *what;
        bool was;
        bool is;
    } flags[] = {{"undeveloped", e->undeveloped, f->undeveloped},
        {"exhaustive", e->exhaustive, f->exhaustive}, {"public", e->is_public, f->is_public},
        {"byContract", e->by_contract, f->by_contract},
        {"uninstantiated", e->uninstantiated, f->uninstantiated},
        {"defeated", e->flagged, f->flagged}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        compare(d, e->id, flags[i].what, flags[i].was ? FB_STR("true") : FB_STR(""),
            flags[i].is ? FB_STR("true") : FB_STR(""));
    }
    compare(d, e->id, "away", e->away, f->away);
    compare(d, e->id, "symbol", fb_str_of(e->is_away_goal ? "goal" : SYMBOLS[e->symbol]),
        fb_str_of(f->is_away_goal ? "goal" : SYMBOLS[f->symbol]));
    compare(d, e->id, "cost", cost_of(d, e), cost_of(d, f));
    compare(d, e->id, "choice", choice_of(e->choice, e->choice_count),
        choice_of(f->choice, f->choice_count));
    compare(d, e->id, "contextChoice", choice_of(e->context_choice, e->context_choice_count),
        choice_of(f->context_choice, f->context_choice_count));
    compare(d, e->id, "instantiationData", e->instantiation, f->instantiation);
    const char *const names[] = {"optional", "multiple"};
    const uint8_t bits[] = {FB_MARK_OPTIONAL, FB_MARK_MULTIPLE};
    for (size_t i = 0; i < 2; i++) {
        compare(d, e->id, names[i], marked(d, d->cases[0], e, bits[i]),
            marked(d, d->cases[1], f, bits[i]));
    }
}

/* Assurance claim points, as "NAME on ELEMENT". */
static struct fb_str acps_of(
    struct comparing *d, const struct fb_case *c, const struct fb_element *e)
{
    struct fb_str *names = FB_ARENA_ARRAY(d->arena, struct fb_str, e->acp_count);
    if (!names) {
        d->failed = true;
        return FB_STR("");
    }
    for (size_t i = 0; i < e->acp_count; i++) {
        names[i] = fb_arena_printf(d->arena, "%.*s on %.*s", FB_STR_ARG(e->acps[i].name),
            FB_STR_ARG(c->elements[e->acps[i].on].id));
        d->failed = d->failed || !names[i].ptr;
    }
    return join(d, names, d->failed ? 0 : e->acp_count);
}

/* What a module is known by: its name, or its file without the folders. */
static struct fb_str name_of(const struct fb_module *module)
{
    struct fb_str name = module->name;
    for (size_t at = name.len; !module->is_named && at > 0; at--) {
        if (name.ptr[at - 1] == '/') {
            return fb_str_sub(name, at, SIZE_MAX);
        }
    }
    return name;
}

/* Finds which modules are the same. */
static enum fb_code match_modules(struct comparing *d, struct fb_err *err)
{
    const struct fb_case *x = d->cases[0], *y = d->cases[1];
    struct fb_map names;
    enum fb_code code = FB_OK;
    bool first = true; /* the newer's first module is no older one's by name */
    d->same_module = FB_ARENA_ARRAY(d->arena, uint32_t, x->module_count);
    if (!d->same_module) {
        return fb_arena_failed(d->arena, err);
    }
    fb_map_init(&names);
    for (size_t i = y->module_count; code == FB_OK && i-- > 0;) {
        code = fb_map_put(&names, name_of(&y->modules[i]), (void *)(uintptr_t)(i + 1), err);
    }
    for (size_t i = 0; code == FB_OK && i < x->module_count; i++) {
        uintptr_t at = (uintptr_t)fb_map_get(&names, name_of(&x->modules[i]));
        d->same_module[i] = at ? (uint32_t)(at - 1) : UINT32_MAX;
        first = first && at != 1;
    }
    if (code == FB_OK && x->module_count && y->module_count && first &&
        d->same_module[0] == UINT32_MAX) {
        d->same_module[0] = 0;
    }
    fb_map_release(&names);
    return code;
}

static enum fb_code compare_modules(struct comparing *d, struct fb_err *err)
{
    const struct fb_case *x = d->cases[0], *y = d->cases[1];
    uint8_t *known = FB_ARENA_ARRAY(d->arena, uint8_t, y->module_count);
    enum fb_code code = known ? match_modules(d, err) : fb_arena_failed(d->arena, err);
    for (size_t i = 0; code == FB_OK && i < x->module_count; i++) {
        const struct fb_module *was = &x->modules[i];
        struct fb_str name = name_of(was);
        if (d->same_module[i] == UINT32_MAX) {
            note(d,
                (struct fb_case_change){FB_CASE_REMOVED, true, name, "", was->title, FB_STR("")});
            continue;
        }
        const struct fb_module *is = &y->modules[d->same_module[i]];
        known[d->same_module[i]] = 1;
        if ((was->is_named || is->is_named) && !fb_str_eq(name, name_of(is))) {
            note(d, (struct fb_case_change){FB_CASE_EDITED, true, name, "name", name, name_of(is)});
        }
        if (!fb_str_eq(was->title, is->title)) {
            note(d, (struct fb_case_change){
                        FB_CASE_EDITED, true, name, "brief", was->title, is->title});
        }
    }
    for (size_t i = 0; code == FB_OK && i < y->module_count; i++) {
        if (!known[i]) {
            note(d, (struct fb_case_change){FB_CASE_ADDED, true, name_of(&y->modules[i]), "",
                        FB_STR(""), y->modules[i].title});
        }
    }
    return code;
}

static void compare_pair(struct comparing *d, uint32_t a, uint32_t b)
{
    const struct fb_case *x = d->cases[0], *y = d->cases[1];
    const struct fb_element *e = &x->elements[a], *f = &y->elements[b];
    struct fb_str id = e->id;
    if (x->module_count && y->module_count && d->same_module[e->module] != f->module) {
        compare(
            d, id, "inModule", name_of(&x->modules[e->module]), name_of(&y->modules[f->module]));
    }
    compare(d, id, "kind", fb_str_of(fb_element_kind_name(e->kind)),
        fb_str_of(fb_element_kind_name(f->kind)));
    compare(d, id, "text", fb_str_trim(e->text), fb_str_trim(f->text));
    compare(d, id, "url", e->url, f->url);
    compare(d, id, "evidence", e->predicate, f->predicate);
    compare_marks(d, e, f);
    compare(d, id, "supportedBy", names_of(d, x, e->supported_by, e->supported_by_count),
        names_of(d, y, f->supported_by, f->supported_by_count));
    compare(d, id, "support", support_of(d, e), support_of(d, f));
    compare(d, id, "inContextOf", names_of(d, x, e->context, e->context_count),
        names_of(d, y, f->context, f->context_count));
    compare(d, id, "challenges", challenges_of(d, 0, a), challenges_of(d, 1, b));
    compare(d, id, "acp", acps_of(d, x, e), acps_of(d, y, f));
    compare(d, id, "confidence", confidence_of(d, e), confidence_of(d, f));
    compare(d, id, "accepted", acceptance_of(d, e), acceptance_of(d, f));
    compare(d, id, "independent", e->independence, f->independence);
    compare(d, id, "bound to", bindings_of(d, 0, a), bindings_of(d, 1, b));
    struct fb_str known[2] = {known_of(d, e), known_of(d, f)};
    if (!fb_str_eq(known[0], known[1]) && known[0].len && known[1].len) {
        note(
            d, (struct fb_case_change){FB_CASE_LABELED, false, id, "evidence", known[0], known[1]});
    }
    if (e->label != f->label) {
        note(d, (struct fb_case_change){FB_CASE_LABELED, false, id, "label",
                    fb_str_of(fb_label_name(e->label)), fb_str_of(fb_label_name(f->label))});
    }
}

/* Challenges by who makes them, and where each element's bindings begin. */
static bool index_case(struct comparing *d, int side)
{
    const struct fb_case *c = d->cases[side];
    uint32_t *first = FB_ARENA_ARRAY(d->arena, uint32_t, c->element_count);
    uint32_t *next = FB_ARENA_ARRAY(d->arena, uint32_t, c->challenge_count);
    uint32_t *binding = FB_ARENA_ARRAY(d->arena, uint32_t, c->element_count + 1);
    if (!first || !next || !binding) {
        return false;
    }
    for (size_t i = 0; i < c->element_count; i++) {
        first[i] = UINT32_MAX;
    }
    for (size_t i = c->challenge_count; i-- > 0;) {
        next[i] = first[c->challenges[i].by];
        first[c->challenges[i].by] = (uint32_t)i;
    }
    for (size_t i = 0, at = 0; i <= c->element_count; i++) {
        while (at < c->binding_count && c->bindings[at].element < i) {
            at++;
        }
        binding[i] = (uint32_t)at;
    }
    d->first_challenge[side] = first;
    d->next_challenge[side] = next;
    d->first_binding[side] = binding;
    return true;
}

static enum fb_code run(struct comparing *d, struct fb_err *err)
{
    const struct fb_case *x = d->cases[0], *y = d->cases[1];
    uint8_t *matched = FB_ARENA_ARRAY(d->arena, uint8_t, y->element_count);
    if (!matched || !index_case(d, 0) || !index_case(d, 1)) {
        return fb_arena_failed(d->arena, err);
    }
    enum fb_code code = compare_modules(d, err);
    for (uintptr_t i = 0; code == FB_OK && i < y->element_count; i++) {
        code = fb_map_put(&d->ids, y->elements[i].id, (void *)(i + 1), err);
    }
    if (code != FB_OK) {
        return code;
    }
    for (uint32_t i = 0; i < x->element_count && !d->failed; i++) {
        const struct fb_element *e = &x->elements[i];
        uintptr_t found = (uintptr_t)fb_map_get(&d->ids, e->id);
        if (found) {
            matched[found - 1] = 1;
            compare_pair(d, i, (uint32_t)(found - 1));
        } else {
            note(d, (struct fb_case_change){
                        FB_CASE_REMOVED, false, e->id, "", fb_str_trim(e->text), FB_STR("")});
        }
    }
    for (size_t i = 0; i < y->element_count && !d->failed; i++) {
        if (!matched[i]) {
            note(d, (struct fb_case_change){FB_CASE_ADDED, false, y->elements[i].id, "", FB_STR(""),
                        fb_str_trim(y->elements[i].text)});
        }
    }
    return d->failed ? fb_arena_failed(d->arena, err) : FB_OK;
}

enum fb_code fb_case_diff(const struct fb_case *older, const struct fb_case *newer,
    struct fb_arena *arena, struct fb_case_changes *out, struct fb_err *err)
{
    FB_ASSERT(older && newer && arena && out);
    struct comparing d = {.cases = {older, newer}, .arena = arena};
    fb_map_init(&d.ids);
    enum fb_code code = run(&d, err);
    fb_map_release(&d.ids);
    if (code == FB_OK) {
        *out = d.out;
    }
    return code;
}
