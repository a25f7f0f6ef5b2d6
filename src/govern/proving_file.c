/* proving_file.c: the file of a proof: its first line says what is claimed, judgements follow. */
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "govern/proving.h"
#include "proof/proof_file.h"

#define WORK_MAX ((size_t)8 << 30)

enum { VERSION = 1, HEAD_MAX = 1 << 24 };

/* What is claimed, and what the records give. */
struct verdict {
    struct fb_proof_claimed claimed;
    struct fb_proving_subject subject;
    const struct fb_line_view *line;        /* as the checker sees it */
    const struct fb_obligation *obligation; /* likewise */
    const struct fb_order_view *order;      /* likewise */
    const struct fb_licence_view *licence;  /* likewise */
    const struct fb_proving_subject *rests; /* of an order or a licence */
    size_t rest_count;
};

static const char *status_of(const struct verdict *v)
{
    if (v->order) {
        return v->order->in_force ? "in force" : "ended";
    }
    if (v->licence) {
        return v->licence->allowed ? "allowed" : "not allowed";
    }
    return v->line ? fb_line_status_name(v->line->status)
                   : fb_duty_status_name(v->obligation->status);
}

/* ---- the first line ---- */

static void add_time(struct fb_json_writer *w, const char *key, fb_time t)
{
    char text[FB_TIME_TEXT];
    fb_json_key_c(w, key, fb_time_format(t, text));
}

static void add_history(struct fb_json_writer *w, const struct fb_line_view *line, fb_time now)
{
    fb_json_key(w, "history");
    fb_json_open_array(w);
    for (size_t i = 0; i < line->history.count && line->history.items[i].from <= now; i++) {
        const struct fb_segment *segment = &line->history.items[i];
        fb_json_open_object(w);
        add_time(w, "from", segment->from);
        fb_json_key_c(w, "status", fb_line_status_name(segment->status));
        if (segment->latched) {
            fb_json_key_bool(w, "latched", true);
        }
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

/* What it rests on: evaluations, with their bounds beside the threshold. */
static void add_figures(struct fb_json_writer *w, const struct fb_line_view *line)
{
    char text[FB_DECIMAL_TEXT];
    fb_json_key_c(w, "threshold", fb_decimal_format(line->rule->threshold, text));
    fb_json_key(w, "evaluations");
    fb_json_open_array(w);
    for (size_t i = 0; i < line->figures.count; i++) {
        const struct fb_figures *f = &line->figures.items[i];
        const struct fb_assessment *a = &f->assessment;
        fb_json_open_object(w);
        fb_json_key_str(w, "record", a->record_id);
        fb_json_key_int(w, "seq", (int64_t)a->seq);
        fb_json_key_str(w, "measure", line->rule->measures[a->measure]);
        fb_json_key_c(w, "lower", fb_decimal_format(f->lower, text));
        fb_json_key_c(w, "upper", fb_decimal_format(f->upper_margin, text));
        fb_json_key_bool(w, "crosses", a->crosses);
        fb_json_key_bool(w, "rules_out", a->rules_out && !a->defeated);
        fb_json_key_bool(w, "clears", a->clears && !a->defeated);
        add_time(w, "fresh_until", a->fresh_until);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void add_line(struct fb_json_writer *w, const struct verdict *v)
{
    const struct fb_line_view *line = v->line;
    fb_json_key_str(w, "rule", line->rule->name);
    fb_json_key_str(w, "system", line->system);
    fb_json_key_c(w, "status", fb_line_status_name(line->status));
    fb_json_key_bool(w, "latched", line->latched);
    add_time(w, "since", line->since);
    add_history(w, line, v->claimed.now);
    add_figures(w, line);
}

static void add_duty(struct fb_json_writer *w, const struct verdict *v)
{
    const struct fb_obligation *o = v->obligation;
    fb_json_key_str(w, "rule", o->duty->name);
    fb_proof_write_values(w, o->bindings, o->duty->param_count);
    fb_json_key_str(w, "party", o->party);
    fb_json_key_c(w, "status", fb_duty_status_name(o->status));
    add_time(w, "since", o->since);
    add_time(w, "anchor", o->anchor);
    add_time(w, "deadline", o->deadline);
    add_time(w, "settled", o->settled);
    add_time(w, "breached", o->breached);
    fb_json_key_int(w, "turn", o->turn);
}

/* The duties that an order or a licence rests on. */
static void add_rests(struct fb_json_writer *w, const struct verdict *v)
{
    fb_json_key(w, "rests");
    fb_json_open_array(w);
    for (size_t i = 0; i < v->rest_count; i++) {
        const struct fb_proving_subject *rest = &v->rests[i];
        const struct fb_record *policy = rest->version->view->record;
        fb_json_open_object(w);
        fb_json_key_str(w, "policy", policy->id);
        fb_json_key_int(w, "seq", (int64_t)policy->seq);
        fb_json_key_str(w, "rule", rest->duty->name);
        fb_proof_write_values(w, rest->key, rest->duty->param_count);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

static void add_order(struct fb_json_writer *w, const struct verdict *v)
{
    const struct fb_order_view *order = v->order;
    fb_json_key_c(w, "action", fb_order_action_name(order->action));
    fb_json_key_str(w, "system", order->system);
    fb_json_key_str(w, "party", order->party);
    fb_json_key_int(w, "level", order->level);
    if (order->record) {
        fb_json_key_str(w, "record", order->record->id);
        fb_json_key_int(w, "seq", (int64_t)order->record->seq);
    }
    fb_json_key_c(w, "status", status_of(v));
    add_time(w, "since", order->since);
    add_time(w, "until", order->until);
    add_rests(w, v);
}

static void add_licence(struct fb_json_writer *w, const struct verdict *v)
{
    fb_json_key_c(w, "action", fb_action_name(v->licence->action));
    fb_json_key_str(w, "system", v->licence->system);
    fb_json_key_c(w, "status", status_of(v));
    if (!v->licence->allowed) {
        add_rests(w, v);
    }
}

static const char *kind_of(const struct verdict *v)
{
    return v->line ? "redline" : v->order ? "order" : v->licence ? "licence" : "duty";
}

/* Writes the first line. */
static enum fb_code write_head(const struct verdict *v, struct fb_buf *out, struct fb_err *err)
{
    char root[65];
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "flyball", "proof");
    fb_json_key_int(&w, "version", VERSION);
    fb_json_key_str(&w, "origin", v->claimed.origin);
    fb_json_key_int(&w, "entries", (int64_t)v->claimed.entries);
    fb_hex_encode(v->claimed.root, sizeof(v->claimed.root), root);
    fb_json_key_c(&w, "root", root);
    add_time(&w, "now", v->claimed.now);
    if (v->claimed.as_of != FB_TIME_MAX) {
        add_time(&w, "as_of", v->claimed.as_of);
    }
    fb_json_key_str(&w, "verdict", v->claimed.id);
    fb_json_key_c(&w, "kind", kind_of(v));
    if (v->order) {
        add_order(&w, v);
    } else if (v->licence) {
        add_licence(&w, v);
    } else {
        const struct fb_record *policy = v->subject.version->view->record;
        fb_json_key_str(&w, "policy", policy->id);
        fb_json_key_int(&w, "seq", (int64_t)policy->seq);
        (v->line ? add_line : add_duty)(&w, v);
    }
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the proof", err);
}

static enum fb_code refuse(const struct fb_json *at, const char *key, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_SCHEMA, "a proof needs '%s' in its first line", key);
    return fb_json_err_at(err, at);
}

static enum fb_code read_time(
    const struct fb_json *head, const char *key, fb_time *out, struct fb_err *err)
{
    struct fb_str text = fb_json_get_str(head, key);
    return text.len ? fb_time_parse(text, out, err) : refuse(head, key, err);
}

/* The first line, read. */
static enum fb_code read_head(struct fb_str file, struct fb_arena *arena,
    const struct fb_json **out_head, struct fb_proof_claimed *out, struct fb_err *err)
{
    struct fb_str line = {NULL, 0};
    struct fb_json *head = NULL;
    if (file.len > FB_DOCKET_PROOF_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a proof is larger than %d bytes", FB_DOCKET_PROOF_MAX);
    }
    if (!fb_str_line(&file, &line) || line.len > HEAD_MAX) {
        return fb_err_set(err, FB_E_SYNTAX, "this is no proof: its first line is not there");
    }
    enum fb_code code = fb_json_parse(line, NULL, NULL, arena, &head, err);
    if (code) {
        return code;
    }
    const struct fb_json *version = fb_json_get(head, "version");
    const struct fb_json *entries = fb_json_get(head, "entries");
    struct fb_str root = fb_json_get_str(head, "root");
    if (!fb_str_is(fb_json_get_str(head, "flyball"), "proof")) {
        return refuse(head, "flyball", err);
    }
    if (!version || version->kind != FB_JSON_NUMBER || version->integer != VERSION) {
        return fb_err_set(err, FB_E_UNSUPPORTED, "a proof of another version than %d", VERSION);
    }
    if (!entries || entries->kind != FB_JSON_NUMBER || !entries->is_integer ||
        entries->integer < 0) {
        return refuse(head, "entries", err);
    }
    out->origin = fb_json_get_str(head, "origin");
    out->entries = (uint64_t)entries->integer;
    out->id = fb_json_get_str(head, "verdict");
    out->status = fb_json_get_str(head, "status");
    if (root.len != 64 || !fb_hex_decode(root, out->root, sizeof(out->root))) {
        return refuse(head, "root", err);
    }
    code = read_time(head, "now", &out->now, err);
    out->as_of = FB_TIME_MAX;
    if (code == FB_OK && fb_json_get(head, "as_of")) {
        code = read_time(head, "as_of", &out->as_of, err);
    }
    *out_head = head;
    return code;
}

enum fb_code fb_proof_claimed_read(
    struct fb_str file, struct fb_arena *arena, struct fb_proof_claimed *out, struct fb_err *err)
{
    FB_ASSERT(arena && out);
    struct fb_proof_claimed claimed = {.judgements = 0};
    const struct fb_json *head = NULL;
    enum fb_code code = read_head(file, arena, &head, &claimed, err);
    if (code == FB_OK) {
        *out = claimed;
    }
    return code;
}

/* ---- the work ---- */

/* A work for a proof, up to what is known before red lines. */
static enum fb_code begin(const struct fb_govern_input *input, struct fb_arena *arena,
    struct fb_proving *p, struct fb_err *err)
{
    struct fb_work *work = FB_ARENA_NEW(arena, struct fb_work);
    struct fb_picture *picture = FB_ARENA_NEW(arena, struct fb_picture);
    if (!work || !picture) {
        return fb_arena_failed(arena, err);
    }
    *picture = (struct fb_picture){.now = input->now,
        .as_of = input->as_of,
        .record_count = fb_registry_count(input->registry)};
    *work = (struct fb_work){.input = input, .arena = arena, .picture = picture, .proving = p};
    p->work = work;
    enum fb_code code = fb_work_policies(work, err);
    code = code ? code : fb_work_facts(work, err);
    code = code ? code : fb_work_growth(work, err);
    return code ? code : fb_work_pace(work, err);
}

/* The subject's red line as the checker found it; NULL: the system is not registered. */
static const struct fb_line_view *found_line(const struct fb_proving *p)
{
    const struct fb_version *version = p->subject.version;
    size_t rule = (size_t)(p->subject.line - version->program->redlines);
    size_t system = fb_picture_system(p->work->picture, p->subject.system);
    return system == SIZE_MAX || !version->lines ? NULL
                                                 : fb_work_line(p->work, version, rule, system);
}

static bool same_obligation(const struct fb_obligation *a, const struct fb_obligation *b)
{
    bool same = a->status == b->status && a->since == b->since && a->anchor == b->anchor &&
                a->deadline == b->deadline && a->settled == b->settled &&
                a->breached == b->breached && a->lest == b->lest && a->turn == b->turn &&
                fb_str_eq(a->party, b->party);
    for (size_t i = 0; same && i < a->duty->param_count; i++) {
        same = fb_value_eq(a->bindings[i], b->bindings[i]);
    }
    return same;
}

/* ---- the name of a verdict ---- */

/* Whether another version of the policy has a duty of this name: then it numbers the same ids. */
static bool is_shared(const struct fb_proving *p)
{
    const struct fb_version *own = p->subject.version;
    for (size_t i = 0; i < p->work->version_count; i++) {
        const struct fb_version *version = &p->work->versions[i];
        bool same = version != own && fb_str_eq(version->program->name, own->program->name);
        for (size_t k = 0; same && k < version->program->duty_count; k++) {
            if (fb_str_eq(version->program->duties[k].name, p->subject.duty->name)) {
                return true;
            }
        }
    }
    return false;
}

/* The number behind the name of a duty's id: 1 for none, 0 for what is no number from 2 on. */
static uint64_t number_of(struct fb_str rest)
{
    uint64_t number = 0;
    if (rest.len == 0) {
        return 1;
    }
    for (size_t i = 1; i < rest.len; i++) {
        if (rest.ptr[i] < '0' + (i == 1) || rest.ptr[i] > '9' || i > 10) {
            return 0;
        }
        number = 10 * number + (uint64_t)(rest.ptr[i] - '0');
    }
    return rest.ptr[0] == '#' && number > 1 ? number : 0;
}

/* Whether an id is that of what the checker found: of the n-th obligation of the subject, from 0.
 * Where another version owes under the same name, only those before it in its own are counted. */
static bool is_named(const struct fb_proving *p, const struct verdict *v, size_t n)
{
    struct fb_arena *arena = p->work->arena;
    const struct fb_program *program = p->subject.version->program;
    if (v->line) {
        return fb_str_eq(
            v->claimed.id, fb_work_line_name(arena, program, p->subject.line, p->subject.system));
    }
    struct fb_str name = fb_work_duty_name(arena, program, v->obligation);
    if (!name.ptr || !fb_str_starts(v->claimed.id, name)) {
        return false;
    }
    uint64_t number = number_of(fb_str_sub(v->claimed.id, name.len, v->claimed.id.len));
    return is_shared(p) ? number >= n + 1 : number == n + 1;
}

static const struct fb_order_view *find_order(const struct fb_picture *picture, struct fb_str id)
{
    for (size_t i = 0; i < picture->order_count; i++) {
        if (fb_str_eq(picture->orders[i].id, id)) {
            return &picture->orders[i];
        }
    }
    return NULL;
}

static const struct fb_licence_view *find_licence(
    const struct fb_picture *picture, struct fb_str id)
{
    for (size_t i = 0; i < picture->licence_count; i++) {
        if (fb_str_eq(picture->licences[i].id, id)) {
            return &picture->licences[i];
        }
    }
    return NULL;
}

/* An order or a licence, from what the duties that it rests on are by proofs: the rules of orders.c
 * and licences.c, which are not the engine's, over those duties alone. More duties can add reasons
 * against an action and take none away, so what is not allowed by some is not allowed by all; for
 * what is allowed the proof is complete, and has all duties that could forbid it. */
static enum fb_code work_out(struct fb_proving *p, struct verdict *v, struct fb_err *err)
{
    struct fb_work *work = p->work;
    bool licence = p->subject.system.len > 0;
    enum fb_code code = fb_proving_run(p, err);
    code = code ? code : fb_work_duties(work, err);
    code = code ? code : fb_work_orders(work, err);
    if (code == FB_OK && licence) {
        code = fb_work_licences(work, err);
    }
    if (code == FB_OK) {
        v->order = licence ? NULL : find_order(work->picture, v->claimed.id);
        v->licence = licence ? find_licence(work->picture, v->claimed.id) : NULL;
    }
    return code;
}

static bool same_subject(const struct fb_proving_subject *a, const struct fb_proving_subject *b)
{
    bool same = a->version == b->version && a->duty == b->duty;
    for (size_t i = 0; same && i < a->duty->param_count; i++) {
        same = fb_value_eq(a->key[i], b->key[i]);
    }
    return same;
}

/* Adds a duty that is rested on, once. */
static void add_rest(struct fb_proving *p, struct fb_proving_subject rest)
{
    bool known = p->rest_count == FB_PROVING_RESTS_MAX;
    for (size_t i = 0; !known && i < p->rest_count; i++) {
        known = same_subject(&p->rests[i], &rest);
    }
    if (!known) {
        p->rests[p->rest_count++] = rest;
    }
}

/* Adds what other versions of the policies owe under the same names: ids number them all, and a
 * release may name the second. */
static void add_versions(struct fb_proving *p)
{
    for (size_t i = 0; i < p->rest_count; i++) {
        struct fb_proving_subject own = p->rests[i];
        for (size_t k = 0; k < p->work->version_count; k++) {
            const struct fb_version *other = &p->work->versions[k];
            bool same = fb_str_eq(other->program->name, own.version->program->name);
            for (size_t d = 0; same && d < other->program->duty_count; d++) {
                const struct fb_duty *duty = &other->program->duties[d];
                if (fb_str_eq(duty->name, own.duty->name) &&
                    duty->param_count == own.duty->param_count) {
                    add_rest(p, (struct fb_proving_subject){
                                    .version = other, .duty = duty, .key = own.key});
                }
            }
        }
    }
}

/* ---- making ---- */

/* Finds a verdict of a picture by its id. */
static bool find(const struct fb_picture *picture, struct fb_str id, struct verdict *v)
{
    for (size_t i = 0; i < picture->line_count; i++) {
        if (fb_str_eq(picture->lines[i].id, id)) {
            v->line = &picture->lines[i];
            return true;
        }
    }
    for (size_t i = 0; i < picture->duty_count; i++) {
        if (fb_str_eq(picture->duties[i].id, id)) {
            v->obligation = &picture->duties[i].obligation;
            return true;
        }
    }
    v->order = find_order(picture, id);
    v->licence = find_licence(picture, id);
    return v->order || v->licence;
}

static const struct fb_policy_view *policy_of(
    const struct fb_picture *picture, const struct verdict *v)
{
    for (size_t i = 0; !v->line && i < picture->duty_count; i++) {
        if (&picture->duties[i].obligation == v->obligation) {
            return picture->duties[i].policy;
        }
    }
    FB_ASSERT(v->line);
    return v->line->policy;
}

/* Adds a duty that is rested on, in the work of the proof. */
static void add_subject(
    const struct fb_picture *picture, struct fb_proving *p, const struct fb_duty_view *view)
{
    const struct fb_version *version = &p->work->versions[view->policy - picture->policies];
    struct fb_proving_subject rest = {.version = version,
        .duty = version->program->duties + (view->obligation.duty - view->policy->program->duties),
        .key = view->obligation.bindings};
    add_rest(p, rest);
}

/* What an order or a licence rests on. */
static enum fb_code list_rests(const struct fb_picture *picture, struct fb_proving *p,
    const struct verdict *v, struct fb_err *err)
{
    enum { REASONS = 8 }; /* one is enough; the rest is for the reader */
    const struct fb_duty_view *views[REASONS];
    size_t count = 0;
    p->rests = FB_ARENA_ARRAY(p->work->arena, struct fb_proving_subject, FB_PROVING_RESTS_MAX);
    if (!p->rests) {
        return fb_arena_failed(p->work->arena, err);
    }
    if (v->licence) {
        p->subject.system = v->licence->system;
        p->subject.action = v->licence->action;
        p->complete = v->licence->allowed;
    }
    if (p->complete) {
        return FB_OK;
    }
    if (v->licence) {
        count = fb_work_licence_rests(picture->work, v->licence, views, REASONS);
    } else if (v->order->duty) {
        views[count++] = v->order->duty;
    }
    for (size_t i = 0; i < count; i++) {
        add_subject(picture, p, views[i]);
    }
    add_versions(p);
    return FB_OK;
}

/* The same subject in a work of its own, which has compiled the policies again. */
static void set_subject(
    const struct fb_picture *picture, struct fb_proving *p, const struct verdict *v)
{
    const struct fb_policy_view *policy = policy_of(picture, v);
    const struct fb_version *version = &p->work->versions[policy - picture->policies];
    FB_ASSERT(version->view->record == policy->record);
    p->subject.version = version;
    if (v->line) {
        p->subject.line =
            version->program->redlines + (v->line->declared - policy->program->redlines);
        p->subject.system = v->line->system;
    } else {
        p->subject.duty =
            version->program->duties + (v->obligation->duty - policy->program->duties);
        p->subject.key = v->obligation->bindings;
    }
}

static enum fb_code differs(struct fb_str id, struct fb_err *err)
{
    return fb_err_set(
        err, FB_E_MISMATCH, "the checker does not find '%.*s' as the engine does", FB_STR_ARG(id));
}

/* What the checker finds of what the engine found; v becomes the checker's. */
static enum fb_code confirm(struct fb_proving *p, struct verdict *v, struct fb_err *err)
{
    if (v->order || v->licence) {
        struct verdict engine = *v;
        enum fb_code worked = work_out(p, v, err);
        const struct fb_order_view *a = v->order, *b = engine.order;
        bool same = a ? a->since == b->since && a->until == b->until && a->action == b->action
                      : v->licence && v->licence->allowed == engine.licence->allowed;
        if (!worked && v->licence && p->complete && !v->licence->allowed && p->exempt) {
            (void)fb_err_set(err, FB_E_UNSUPPORTED,
                "'%.*s' is allowed because no rule in force applies, and that is not proved",
                FB_STR_ARG(v->claimed.id));
            return fb_err_hint(err, "What is allowed though rules apply has a proof.");
        }
        return worked || same ? worked : differs(v->claimed.id, err);
    }
    enum fb_code code = fb_proving_run(p, err);
    if (code == FB_OK && v->line) {
        const struct fb_line_view *line = found_line(p);
        bool same = line && line->rule && line->status == v->line->status &&
                    line->latched == v->line->latched && line->since == v->line->since;
        v->line = same ? line : NULL;
        return same && is_named(p, v, 0) ? FB_OK : differs(v->claimed.id, err);
    }
    struct fb_obligations all = {NULL, 0};
    code = code ? code : fb_proving_duty(p, &all, err);
    for (size_t i = 0; code == FB_OK && i < all.count; i++) {
        if (same_obligation(&all.items[i], v->obligation)) {
            v->obligation = &all.items[i];
            return is_named(p, v, i) ? FB_OK : differs(v->claimed.id, err);
        }
    }
    return code ? code : differs(v->claimed.id, err);
}

enum fb_code fb_picture_prove(const struct fb_picture *picture, struct fb_str id,
    struct fb_buf *out, struct fb_proof_claimed *claimed, struct fb_err *err)
{
    FB_ASSERT(picture && picture->work && out && claimed);
    struct fb_arena arena;
    struct fb_buf judgements;
    struct verdict v = {.claimed = {.origin = picture->origin,
                            .entries = picture->record_count,
                            .now = picture->now,
                            .as_of = picture->as_of,
                            .id = id}};
    memcpy(v.claimed.root, picture->root, sizeof(v.claimed.root));
    if (!find(picture, id, &v)) {
        (void)fb_err_set(err, FB_E_UNSUPPORTED,
            "'%.*s' is no red line, duty, order or licence, of which proofs are made",
            FB_STR_ARG(fb_str_sub(id, 0, 200)));
        return fb_err_hint(
            err, "Prove the verdicts that it rests on, which `flyball explain` names.");
    }
    fb_arena_init(&arena, WORK_MAX);
    fb_buf_init(&judgements, FB_DOCKET_PROOF_MAX - HEAD_MAX);
    struct fb_proving p = {.out = &judgements};
    size_t system = v.licence ? fb_picture_system(picture, v.licence->system) : SIZE_MAX;
    p.exempt = system != SIZE_MAX && picture->systems[system].exempt;
    enum fb_code code = begin(picture->work->input, &arena, &p, err);
    if (code == FB_OK && (v.order || v.licence)) {
        code = list_rests(picture, &p, &v, err);
        v.rests = p.rests;
        v.rest_count = p.rest_count;
    } else if (code == FB_OK) {
        set_subject(picture, &p, &v);
        v.subject = p.subject;
    }
    code = code ? code : confirm(&p, &v, err);
    code = code ? code : fb_buf_check(&judgements, "the proof", err);
    code = code ? code : write_head(&v, out, err);
    if (code == FB_OK) {
        fb_buf_add_str(out, fb_buf_str(&judgements));
        code = fb_buf_check(out, "the proof", err);
        v.claimed.judgements = p.judgements;
        v.claimed.status = fb_str_of(status_of(&v));
        *claimed = v.claimed;
    }
    fb_buf_release(&judgements);
    fb_arena_release(&arena);
    return code;
}

/* ---- checking ---- */

/* What the first line, or a duty in it that is rested on, names in the work. */
static enum fb_code find_subject(const struct fb_json *head, bool is_line, struct fb_proving *p,
    struct fb_proving_subject *s, struct fb_err *err)
{
    struct fb_work *work = p->work;
    struct fb_str policy = fb_json_get_str(head, "policy"), rule = fb_json_get_str(head, "rule");
    for (size_t i = 0; i < work->version_count && !s->version; i++) {
        s->version =
            fb_str_eq(work->versions[i].view->record->id, policy) ? &work->versions[i] : NULL;
    }
    const struct fb_program *program = s->version ? s->version->program : NULL;
    for (size_t i = 0; program && is_line && i < program->redline_count && !s->line; i++) {
        s->line = fb_str_eq(program->redlines[i].name, rule) ? &program->redlines[i] : NULL;
    }
    for (size_t i = 0; program && !is_line && i < program->duty_count && !s->duty; i++) {
        s->duty = fb_str_eq(program->duties[i].name, rule) ? &program->duties[i] : NULL;
    }
    if (!s->line && !s->duty) {
        return fb_err_set(err, FB_E_NEGATIVE,
            "the records have no policy '%.*s' with a rule '%.*s'", FB_STR_ARG(policy),
            FB_STR_ARG(rule));
    }
    s->system = fb_json_get_str(head, "system");
    const struct fb_json *values = fb_json_get(head, "values");
    size_t count = 0;
    if (s->line) {
        return FB_OK;
    }
    enum fb_code code = values ? fb_proof_read_values(values, work->arena, &s->key, &count, err)
                               : refuse(head, "values", err);
    return code || count == s->duty->param_count
               ? code
               : fb_err_set(err, FB_E_NEGATIVE, "the duty '%.*s' has %zu parameters",
                     FB_STR_ARG(rule), s->duty->param_count);
}

/* What the first line of a proof of an order or a licence says that it rests on. */
static enum fb_code find_rests(
    const struct fb_json *head, bool licence, struct fb_proving *p, struct fb_err *err)
{
    const struct fb_json *rests = fb_json_get(head, "rests");
    struct fb_str action = fb_json_get_str(head, "action");
    enum fb_code code = FB_OK;
    p->rests = FB_ARENA_ARRAY(p->work->arena, struct fb_proving_subject, FB_PROVING_RESTS_MAX);
    if (!p->rests) {
        return fb_arena_failed(p->work->arena, err);
    }
    if (licence) {
        p->subject.system = fb_json_get_str(head, "system");
        for (int i = FB_ACTION_COUNT - 1; i >= 0; i--) {
            bool named = fb_str_is(action, fb_action_name((enum fb_action)i));
            p->subject.action = named ? (enum fb_action)i : p->subject.action;
        }
    }
    p->complete = licence && fb_str_is(fb_json_get_str(head, "status"), "allowed");
    if (p->complete && p->subject.system.len > 0) {
        return FB_OK;
    }
    if (!rests || rests->kind != FB_JSON_ARRAY || (licence && p->subject.system.len == 0)) {
        return refuse(head, licence && rests ? "system" : "rests", err);
    }
    if (rests->count > FB_PROVING_RESTS_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "a proof rests on more than %d duties", FB_PROVING_RESTS_MAX);
    }
    for (const struct fb_json *item = rests->child; code == FB_OK && item; item = item->next) {
        code = find_subject(item, false, p, &p->rests[p->rest_count], err);
        p->rest_count++;
    }
    size_t named = p->rest_count;
    if (code == FB_OK) {
        add_versions(p);
    }
    if (code == FB_OK && p->rest_count != named) {
        code = fb_err_set(err, FB_E_NEGATIVE,
            "the proof leaves out a version of the policy of duty '%.*s'",
            FB_STR_ARG(p->rests[named].duty->name));
        fb_err_place(err, NULL, 1, 0, -1);
    }
    return code;
}

/* What the proof is about. */
static enum fb_code find_claimed(
    const struct fb_json *head, struct fb_proving *p, bool *out_more, struct fb_err *err)
{
    struct fb_str kind = fb_json_get_str(head, "kind");
    bool licence = fb_str_is(kind, "licence");
    *out_more = licence || fb_str_is(kind, "order");
    return *out_more ? find_rests(head, licence, p, err)
                     : find_subject(head, fb_str_is(kind, "redline"), p, &p->subject, err);
}

/* Whether the first line is what one would write of what the checker found. */
static enum fb_code compare(
    const struct verdict *v, struct fb_str first, bool *out, struct fb_err *err)
{
    struct fb_buf again;
    fb_buf_init(&again, HEAD_MAX);
    enum fb_code code = write_head(v, &again, err);
    struct fb_str text = fb_buf_str(&again);
    *out = code == FB_OK && fb_str_eq(fb_str_sub(text, 0, text.len - 1), first);
    fb_buf_release(&again);
    return code;
}

/* Goes through the judgements, and compares what follows from them with the claim. */
static enum fb_code go_through(
    struct fb_proving *p, struct verdict *v, struct fb_str first, struct fb_err *err)
{
    struct fb_obligations all = {NULL, 0};
    bool same = false, misnamed = false;
    size_t others = 0;
    bool more = p->rests != NULL;
    enum fb_code code = more ? work_out(p, v, err) : fb_proving_run(p, err);
    if (code == FB_OK && more) {
        /* That something is allowed needs all duties, not those that the file names. */
        others = v->order || (v->licence && (p->complete || !v->licence->allowed)) ? 1 : 0;
        code = others ? compare(v, first, &same, err) : FB_OK;
    } else if (code == FB_OK && p->subject.line) {
        v->line = found_line(p);
        others = v->line && v->line->rule ? 1 : 0;
        code = others ? compare(v, first, &same, err) : FB_OK;
        misnamed = same && !is_named(p, v, 0);
    } else if (code == FB_OK) {
        code = fb_proving_duty(p, &all, err);
    }
    for (size_t i = 0; code == FB_OK && !same && i < all.count; i++, others++) {
        v->obligation = &all.items[i];
        code = compare(v, first, &same, err);
        misnamed = same && !is_named(p, v, i);
    }
    if (code == FB_OK && misnamed) {
        code = fb_err_set(err, FB_E_NEGATIVE, "what is proved is so, but '%.*s' is not its name",
            FB_STR_ARG(v->claimed.id));
        fb_err_place(err, NULL, 1, 0, -1);
    } else if (code == FB_OK && !same) {
        code = fb_err_set(err, FB_E_NEGATIVE,
            "the first line does not follow from the records: they give %s",
            others == 0 ? "no such verdict" : status_of(v));
        fb_err_place(err, NULL, 1, 0, -1);
    }
    struct fb_str line;
    if (code == FB_OK && fb_str_line(&p->rest, &line)) {
        code = fb_err_set(err, FB_E_NEGATIVE, "a judgement is not asked for");
        fb_err_place(err, NULL, p->line + 1, 0, -1);
    }
    return code;
}

enum fb_code fb_docket_proof_check(const struct fb_govern_input *input, struct fb_str file,
    struct fb_proof_claimed *out, struct fb_err *err)
{
    FB_ASSERT(input && out);
    struct fb_arena arena;
    struct verdict v = {.line = NULL};
    struct fb_str first;
    const struct fb_json *head = NULL;
    struct fb_proving p = {.rest = file, .line = 1};
    fb_arena_init(&arena, WORK_MAX);
    enum fb_code code = read_head(file, &arena, &head, &v.claimed, err);
    if (code == FB_OK &&
        (v.claimed.entries != fb_registry_count(input->registry) || v.claimed.now != input->now)) {
        code = fb_err_set(err, FB_E_NEGATIVE, "it is about other records, or another instant");
    }
    code = code ? code : begin(input, &arena, &p, err);
    bool more = false;
    code = code ? code : find_claimed(head, &p, &more, err);
    if (code == FB_OK) {
        v.subject = p.subject;
        v.rests = p.rests;
        v.rest_count = p.rest_count;
        (void)fb_str_line(&p.rest, &first);
        code = go_through(&p, &v, first, err);
    }
    if (code == FB_OK) {
        *out = (struct fb_proof_claimed){.entries = v.claimed.entries,
            .now = v.claimed.now,
            .as_of = v.claimed.as_of,
            .judgements = p.judgements};
    }
    fb_arena_release(&arena);
    return code;
}
