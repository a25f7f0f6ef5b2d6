#include "govern/incident.h"

#include "base/assert.h"
#include "govern/incident_why.h"
#include "lang/lang.h"

enum { KEEP_MONTHS = 60 };

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

/* ---- why a rule does not apply ---- */

/* The answer of a form when some variables are known. */
enum answer { NO, MAYBE, YES };

/* What is known of the variables of a rule. */
struct known {
    bool is[FB_IR_VARS_MAX];
    struct fb_value value[FB_IR_VARS_MAX];
    const struct fb_record *incident, *system;
    struct fb_str incident_id, system_id;
    enum fb_clock_bar depth; /* CLASS: of the incident only that; INCIDENT: all of it; SYSTEM: and
                                what is on record of the system */
};

static void know(struct known *known, const struct fb_term *term, struct fb_value value)
{
    if (term->kind == FB_TERM_VAR && term->var < FB_IR_VARS_MAX && value.type != FB_TYPE_NONE) {
        known->is[term->var] = true;
        known->value[term->var] = value;
    }
}

static bool value_of(const struct known *known, const struct fb_term *term, struct fb_value *out)
{
    bool is_var = term->kind == FB_TERM_VAR && term->var < FB_IR_VARS_MAX;
    if (is_var && known->is[term->var]) {
        *out = known->value[term->var];
        return true;
    }
    *out = term->kind == FB_TERM_CONST ? term->value : fb_value_none();
    return term->kind == FB_TERM_CONST;
}

/* The record that a fact of a kind is of, when the fact is one of the incident or its system. */
static const struct fb_record *record_of(const struct known *known, const struct fb_form *form)
{
    struct fb_value id;
    bool of_incident = (int)form->relation == fb_policy_relation("incident");
    bool of_system = (int)form->relation == fb_policy_relation("system");
    if (form->definition || form->term_count == 0 || (!of_incident && !of_system) ||
        !value_of(known, form->terms[0], &id) || id.type != FB_TYPE_STRING) {
        return NULL;
    }
    struct fb_str wanted = of_incident ? known->incident_id : known->system_id;
    return fb_str_eq(id.u.text, wanted) ? of_incident ? known->incident : known->system : NULL;
}

/* What a column of the fact says, when it is a field and counts at this depth. */
static bool column_of(const struct known *known, const struct fb_form *form,
    const struct fb_record *record, size_t column, struct fb_value *out)
{
    const struct fb_str name = fb_policy_signature()->relations[form->relation].columns[column];
    int field = fb_kind_field(record->kind, name);
    bool is_class = record == known->incident && fb_str_is(name, "class");
    if (field < 0 || (!is_class && known->depth == FB_BAR_CLASS) ||
        (record == known->system && known->depth < FB_BAR_SYSTEM)) {
        return false;
    }
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    /* References stand in facts by their first versions; they are not compared here. */
    if (fields[field].type == FB_FIELD_REF || fields[field].type == FB_FIELD_RECORD) {
        return false;
    }
    *out = fb_record_value(record, (size_t)field);
    return true;
}

/* Learns variables from the facts that must hold. Depth is bounded by FB_IR_DEPTH_MAX. */
static void learn(struct known *known, const struct fb_form *form)
{
    if (!form) {
        return;
    }
    if (form->kind == FB_FORM_AND || form->kind == FB_FORM_EXISTS) {
        learn(known, form->left);
        learn(known, form->right);
    }
    const struct fb_record *record = form->kind == FB_FORM_PRED ? record_of(known, form) : NULL;
    for (size_t i = 0; record && i < form->term_count; i++) {
        struct fb_value value;
        if (column_of(known, form, record, i, &value)) {
            know(known, form->terms[i], value);
        }
    }
}

static enum answer compare(const struct known *known, const struct fb_form *form)
{
    struct fb_value a, b;
    if (!value_of(known, form->terms[0], &a) || !value_of(known, form->terms[1], &b) ||
        a.type == FB_TYPE_NONE || b.type == FB_TYPE_NONE) {
        return MAYBE;
    }
    int order = fb_value_cmp(a, b);
    bool holds = form->kind == FB_FORM_EQ     ? order == 0
                 : form->kind == FB_FORM_LESS ? order < 0
                                              : order <= 0;
    return holds ? YES : NO;
}

/* NO only when the form cannot hold, whatever is not known. */
static enum answer ask(const struct known *known, const struct fb_form *form)
{
    enum answer left, right;
    struct known inner;
    if (!form) {
        return YES;
    }
    switch ((int)form->kind) {
    case FB_FORM_FALSE:
        return NO;
    case FB_FORM_TRUE:
        return YES;
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        return compare(known, form);
    case FB_FORM_NOT:
        left = ask(known, form->left);
        return left == NO ? YES : left == YES ? NO : MAYBE;
    case FB_FORM_AND:
    case FB_FORM_OR:
        left = ask(known, form->left);
        right = ask(known, form->right);
        return (form->kind == FB_FORM_AND) == (left < right) ? left : right;
    case FB_FORM_EXISTS:
        inner = *known;
        learn(&inner, form->left);
        return ask(&inner, form->left) == NO ? NO : MAYBE;
    case FB_FORM_PRED:
        break;
    default:
        return MAYBE;
    }
    const struct fb_record *record = record_of(known, form);
    for (size_t i = 0; record && i < form->term_count; i++) {
        struct fb_value have, want;
        if (column_of(known, form, record, i, &have) && value_of(known, form->terms[i], &want) &&
            !fb_value_eq(have, want)) {
            return NO;
        }
    }
    return MAYBE;
}

/* The variables that stand for the incident and its system where a trigger names them. */
static void seed(struct known *known, const struct fb_form *form, uint32_t relation)
{
    if (!form || form->kind == FB_FORM_NOT) {
        return;
    }
    if (form->kind == FB_FORM_PRED && form->relation == relation && !form->definition &&
        form->term_count > 1) {
        know(known, form->terms[0], fb_value_str(known->incident_id));
        know(known, form->terms[1], fb_value_str(known->system_id));
        return;
    }
    seed(known, form->left, relation);
    seed(known, form->right, relation);
}

/* What of the record rules a rule out, the narrowest. */
static enum fb_clock_bar bar_of(const struct fb_picture *picture, const struct fb_duty *rule,
    const struct fb_incident_view *view)
{
    size_t system = fb_picture_system(picture, view->first->subject);
    int relation = fb_policy_relation("incident");
    FB_ASSERT(relation >= 0);
    for (int depth = FB_BAR_CLASS; depth < FB_BAR_OTHER; depth++) {
        struct known known = {.incident = view->head,
            .system = system == SIZE_MAX ? NULL : picture->systems[system].record,
            .incident_id = view->first->id,
            .system_id = system == SIZE_MAX ? FB_STR("") : picture->systems[system].id,
            .depth = (enum fb_clock_bar)depth};
        seed(&known, rule->when, (uint32_t)relation);
        learn(&known, rule->when);
        learn(&known, rule->given);
        if (ask(&known, rule->when) == NO || ask(&known, rule->given) == NO) {
            return known.depth;
        }
    }
    return FB_BAR_OTHER;
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

/* All clocks of one rule: its duties about the incident, or why there is none. */
static void add_clocks(const struct fb_picture *picture, const struct fb_policy_view *policy,
    const struct fb_duty *rule, struct fb_incident_view *out)
{
    size_t before = out->clock_count;
    for (size_t i = 0; i < picture->duty_count; i++) {
        const struct fb_duty_view *view = &picture->duties[i];
        if (view->obligation.duty != rule || !binds(view, out->first->id)) {
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
        struct fb_incident_clock clock =
            clock_without(policy, rule, fb_record_text(out->head, "class"));
        clock.bar = clock.state == FB_CLOCK_NOT_OWED ? bar_of(picture, rule, out) : FB_BAR_OTHER;
        out->clocks[out->clock_count++] = clock;
    }
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

static fb_time keep_from(fb_time last)
{
    static const struct fb_days exact = {.calendar = FB_CALENDAR_EXACT};
    struct fb_err quiet;
    fb_time until = FB_TIME_MAX;
    fb_err_init(&quiet);
    if (fb_deadline(last, KEEP_MONTHS, FB_UNIT_MONTHS, &exact, &until, &quiet) != FB_OK) {
        until = FB_TIME_MAX;
    }
    return until;
}

/* What was said, in the order of admission, and until when it is kept. */
static void add_words(const struct fb_picture *picture, const struct fb_registry *registry,
    struct fb_incident_view *out)
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
    out->keep_stated = stated.type == FB_TYPE_TIME;
    out->keep_until = out->keep_stated ? stated.u.time : keep_from(last);
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
    int relation = fb_policy_relation("incident");
    size_t rules = 0;
    FB_ASSERT(relation >= 0);
    while (incident->supersedes.len) {
        incident = fb_registry_find(registry, incident->supersedes);
        FB_ASSERT(incident);
    }
    for (size_t i = 0; i < picture->policy_count; i++) {
        rules += picture->policies[i].program->duty_count;
    }
    struct fb_incident_view view = {.first = incident, .head = incident};
    view.clocks = FB_ARENA_ARRAY(arena, struct fb_incident_clock, rules + picture->duty_count + 1);
    view.words = FB_ARENA_ARRAY(arena, struct fb_incident_word, count_words(registry));
    if (!view.clocks || !view.words) {
        return fb_arena_failed(arena, err);
    }
    add_words(picture, registry, &view);
    for (size_t i = 0; i < picture->policy_count; i++) {
        const struct fb_program *program = picture->policies[i].program;
        for (size_t k = 0; k < program->duty_count; k++) {
            if (asks_incident(program->duties[k].when, (uint32_t)relation)) {
                add_clocks(picture, &picture->policies[i], &program->duties[k], &view);
            }
        }
    }
    size_t system = fb_picture_system(picture, incident->subject);
    view.small_unknown = system != SIZE_MAX && !fb_json_get(picture->systems[system].record->body,
                                                   "training_compute_flop");
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < view.clock_count; i++) {
        if (view.clocks[i].state == FB_CLOCK_NOT_OWED && !view.clocks[i].rule->after) {
            code = fb_incident_why(picture, registry, view.head, arena, &view.clocks[i], err);
        }
    }
    if (code == FB_OK) {
        *out = view;
    }
    return code;
}
