#include "govern/incident.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/json.h"
#include "govern/incident_why.h"
#include "govern/retention.h"
#include "lang/lang.h"

const char *fb_clock_state_name(enum fb_clock_state state)
{
    static const char *const names[] = {"runs", "cannot tell", "not owed", "not in force"};
    FB_ASSERT(state <= FB_CLOCK_NOT_IN_FORCE);
    return names[state];
}

/* True when a trigger binds the id of an incident. Depth is bounded by FB_IR_DEPTH_MAX. */
static bool asks_incident(const struct fb_form *form, uint32_t relation)
{
    if (!form || form->kind == FB_FORM_NOT) {
        return false;
    }
    if (form->kind == FB_FORM_PRED) {
        return form->relation == relation && !form->definition && form->term_count > 0 &&
               form->terms[0]->kind == FB_TERM_VAR;
    }
    return asks_incident(form->left, relation) || asks_incident(form->right, relation);
}

static bool binds(const struct fb_duty_view *view, struct fb_str id)
{
    const struct fb_obligation *o = &view->obligation;
    for (size_t i = 0; i < o->duty->param_count; i++) {
        if (o->bindings[i].type == FB_TYPE_STRING && fb_str_eq(o->bindings[i].u.text, id)) {
            return true;
        }
    }
    return false;
}

/* The fact that an undated duty needs, in the words of people. */
static struct fb_str needed_date(const struct fb_duty *duty)
{
    struct fb_str name = duty->anchor_var >= 0 ? duty->vars[duty->anchor_var] : FB_STR("");
    if (fb_str_ends(name, FB_STR("known_at"))) {
        return FB_STR("date of awareness (known_at)");
    }
    return fb_str_ends(name, FB_STR("ended")) ? FB_STR("date on which it ended (ended)")
                                              : FB_STR("the date from which it runs");
}

static struct fb_incident_clock clock_without(
    const struct fb_policy_view *policy, const struct fb_duty *rule, struct fb_str class)
{
    struct fb_incident_clock clock = {.policy = policy, .rule = rule, .state = FB_CLOCK_NOT_OWED};
    if (policy->force != FB_IN_FORCE) {
        clock.state = FB_CLOCK_NOT_IN_FORCE;
    } else if (fb_str_is(class, "unclassified")) {
        clock.state = FB_CLOCK_CANNOT_TELL;
        clock.needs = FB_STR("its class (class)");
    }
    return clock;
}

/* The duties that bind the incident, by the picture's order. */
struct bound {
    const struct fb_duty_view **views;
    size_t count, cap;
};

static enum fb_code add_bound(struct bound *bound, const struct fb_picture *picture,
    const struct fb_chains *chains, struct fb_str id, struct fb_err *err)
{
    const struct fb_duty_view *view = fb_picture_duty(picture, chains->duty);
    for (; view; view = fb_picture_duty(picture, view->next)) {
        if (!binds(view, id)) {
            continue;
        }
        if (bound->count == bound->cap) {
            size_t cap = bound->cap ? 2 * bound->cap : 16;
            const struct fb_duty_view **views = fb_realloc(bound->views, cap * sizeof(*views));
            if (!views) {
                return fb_err_set(err, FB_E_NOMEM, "memory ran out for the duties of an incident");
            }
            bound->views = views;
            bound->cap = cap;
        }
        bound->views[bound->count++] = view;
    }
    return FB_OK;
}

static int compare_bound(const void *left, const void *right)
{
    const struct fb_duty_view *a = *(const struct fb_duty_view *const *)left;
    const struct fb_duty_view *b = *(const struct fb_duty_view *const *)right;
    return (a > b) - (a < b);
}

/* Those of its system, of further systems that had a part in it, and of no system: the others
 * cannot bind it, and there may be many. */
static enum fb_code find_bound(const struct fb_picture *picture,
    const struct fb_incident_view *view, struct bound *out, struct fb_err *err)
{
    struct fb_str id = view->first->id;
    const struct fb_chains *own = fb_picture_of(picture, view->first->subject);
    enum fb_code code = add_bound(out, picture, &picture->others, id, err);
    if (code == FB_OK && own != &picture->others) {
        code = add_bound(out, picture, own, id, err);
    }
    for (size_t i = 0; code == FB_OK && i < view->word_count; i++) {
        const struct fb_record *word = view->words[i].record;
        const struct fb_json *list =
            word->kind == FB_KIND_incident ? fb_json_get(word->body, "systems") : NULL;
        for (const struct fb_json *one = list ? list->child : NULL; code == FB_OK && one;
             one = one->next) {
            const struct fb_chains *chains = fb_picture_of(picture, one->text);
            if (chains != &picture->others && chains != own) {
                code = add_bound(out, picture, chains, id, err);
            }
        }
    }
    if (out->count > 1) {
        qsort(out->views, out->count, sizeof(*out->views), compare_bound);
    }
    /* Two versions may name one system. */
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (kept == 0 || out->views[i] != out->views[kept - 1]) {
            out->views[kept++] = out->views[i];
        }
    }
    out->count = kept;
    return code;
}

/* All clocks of one rule: its duties about the incident, or why there is none. */
static void add_clocks(const struct bound *bound, const struct fb_policy_view *policy,
    const struct fb_duty *rule, struct fb_incident_view *out)
{
    size_t before = out->clock_count;
    for (size_t i = 0; i < bound->count; i++) {
        const struct fb_duty_view *view = bound->views[i];
        if (view->obligation.duty != rule) {
            continue;
        }
        struct fb_incident_clock *clock = &out->clocks[out->clock_count++];
        *clock = (struct fb_incident_clock){
            .policy = policy, .rule = rule, .duty = view, .state = FB_CLOCK_RUNS};
        if (view->obligation.status == FB_DUTY_UNDATED) {
            clock->state = FB_CLOCK_CANNOT_TELL;
            clock->needs = needed_date(rule);
        }
    }
    if (out->clock_count == before) {
        out->clocks[out->clock_count++] =
            clock_without(policy, rule, fb_record_text(out->head, "class"));
    }
}

/* The clocks of all rules about incidents. */
static enum fb_code add_all_clocks(const struct fb_picture *picture, struct fb_arena *arena,
    struct fb_incident_view *out, struct fb_err *err)
{
    int relation = fb_policy_relation("incident");
    FB_ASSERT(relation >= 0);
    struct bound bound = {.views = NULL};
    enum fb_code code = find_bound(picture, out, &bound, err);
    size_t rules = 0;
    for (size_t i = 0; i < picture->policy_count; i++) {
        rules += picture->policies[i].program->duty_count;
    }
    if (code == FB_OK) {
        out->clocks = FB_ARENA_ARRAY(arena, struct fb_incident_clock, rules + bound.count + 1);
        code = out->clocks ? FB_OK : fb_arena_failed(arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < picture->policy_count; i++) {
        const struct fb_policy_view *policy = &picture->policies[i];
        for (size_t k = 0; k < policy->program->duty_count; k++) {
            if (asks_incident(policy->program->duties[k].when, (uint32_t)relation)) {
                add_clocks(&bound, policy, &policy->program->duties[k], out);
            }
        }
    }
    fb_free(bound.views);
    return code;
}

static void add_word(const struct fb_record *record, struct fb_incident_view *out)
{
    struct fb_incident_word *word = &out->words[out->word_count++];
    *word = (struct fb_incident_word){.record = record, .known_at = FB_TIME_MAX};
    if (record->kind == FB_KIND_incident) {
        word->who = fb_record_text(record, "known_to");
        int field = fb_kind_field(FB_KIND_incident, FB_STR("known_at"));
        FB_ASSERT(field >= 0);
        struct fb_value at = fb_record_value(record, (size_t)field);
        word->known_at = at.type == FB_TYPE_TIME ? at.u.time : FB_TIME_MAX;
        word->knows = word->who.len > 0 || word->known_at != FB_TIME_MAX;
    }
}

/* True for a record that is about the incident, or one of its versions. */
static bool is_about(const struct fb_record *record, const struct fb_incident_view *view)
{
    const struct fb_record *version = view->first;
    if (record->kind == FB_KIND_report || record->kind == FB_KIND_decision ||
        record->kind == FB_KIND_review) {
        struct fb_str about = fb_record_text(record, "about");
        about = about.len ? about : fb_record_text(record, "concerns");
        return about.len > 0 && fb_str_eq(about, version->id);
    }
    return false;
}

/* What was said, in the order of admission, and until when it is kept. */
static enum fb_code add_words(const struct fb_picture *picture, const struct fb_registry *registry,
    struct fb_arena *arena, struct fb_incident_view *out, struct fb_err *err)
{
    const struct fb_record *version = out->first;
    fb_time last = out->first->admitted;
    for (size_t n = 0; n < fb_registry_count(registry); n++) {
        const struct fb_record *record = fb_registry_at(registry, n);
        if (record->admitted >= picture->as_of) {
            break;
        }
        bool is_version = version && record == version;
        if (is_version) {
            out->head = record;
            version = fb_registry_successor(registry, record);
        }
        if (is_version || is_about(record, out)) {
            add_word(record, out);
            last = record->admitted;
        }
    }
    int field = fb_kind_field(FB_KIND_incident, FB_STR("keep_until"));
    FB_ASSERT(field >= 0);
    struct fb_value stated = fb_record_value(out->head, (size_t)field);
    fb_time until = stated.type == FB_TYPE_TIME ? stated.u.time : FB_TIME_MAX;
    return fb_retention_incident(picture, last, until, arena, &out->kept, err);
}

static size_t count_words(const struct fb_registry *registry)
{
    return fb_registry_count(registry) + 1;
}

enum fb_code fb_incident_gather(const struct fb_picture *picture,
    const struct fb_registry *registry, const struct fb_record *incident, struct fb_arena *arena,
    struct fb_incident_view *out, struct fb_err *err)
{
    FB_ASSERT(picture && registry && arena && out);
    FB_ASSERT(incident && incident->kind == FB_KIND_incident);
    while (incident->supersedes.len) {
        incident = fb_registry_find(registry, incident->supersedes);
        FB_ASSERT(incident);
    }
    struct fb_incident_view view = {.first = incident, .head = incident};
    view.words = FB_ARENA_ARRAY(arena, struct fb_incident_word, count_words(registry));
    if (!view.words) {
        return fb_arena_failed(arena, err);
    }
    enum fb_code code = add_words(picture, registry, arena, &view, err);
    code = code ? code : add_all_clocks(picture, arena, &view, err);
    if (code != FB_OK) {
        return code;
    }
    size_t system = fb_picture_system(picture, incident->subject);
    view.small_unknown = system != SIZE_MAX && !fb_json_get(picture->systems[system].record->body,
                                                   "training_compute_flop");
    code = fb_incident_why(picture, registry, arena, &view, err);
    if (code == FB_OK) {
        *out = view;
    }
    return code;
}
