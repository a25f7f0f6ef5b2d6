/* What makes a policy slow that is right: how far the engine has to look for one answer. */
#include "base/assert.h"
#include "engine/slice.h"
#include "lang/lint.h"

/* True for what finds the red lines or the cases of systems. */
static bool is_computed(const struct fb_form *pred)
{
    static const char *const computed[] = {"redline", "case_status", "case_standing"};
    bool is = false;
    for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++) {
        is = is || (int)pred->relation == fb_policy_relation(computed[i]);
    }
    return is;
}

/* True for a predicate that finds those of other systems than the one that `own` is (-1: none). */
static bool is_of_others(const struct fb_form *pred, int32_t own)
{
    enum { SYSTEM_COLUMN = 1 }; /* of each: name, system, status */
    if (!is_computed(pred)) {
        return false;
    }
    FB_ASSERT(pred->term_count > SYSTEM_COLUMN);
    const struct fb_term *system = pred->terms[SYSTEM_COLUMN];
    return system->kind != FB_TERM_VAR || own < 0 || system->var != (uint32_t)own;
}

/* Regular expressions are not looked into, since policies have none. */
static const struct fb_form *reads_others(const struct fb_form *form, int32_t own)
{
    if (!form) {
        return NULL;
    }
    FB_ASSERT(!form->regex && !form->definition);
    if (form->kind == FB_FORM_PRED && is_of_others(form, own)) {
        return form;
    }
    const struct fb_form *left = reads_others(form->left, own);
    return left ? left : reads_others(form->right, own);
}

const struct fb_form *fb_duty_reads_others(const struct fb_duty *duty)
{
    const struct fb_form *out = NULL;
    FB_ASSERT(duty);
    for (; duty && !out; duty = duty->after) {
        for (size_t i = 0; i < fb_duty_form_count(duty) && !out; i++) {
            out = reads_others(fb_duty_form(duty, i), duty->system_var);
        }
    }
    return out;
}

/* Facts of records, which the signature has first. What is computed from them is little (a pace,
 * waivers), of the world (growth), or what lint_others speaks of. */
static bool is_of_records(const struct fb_form *pred)
{
    return (int)pred->relation < fb_policy_relation("redline");
}

static void lint_loose(const struct fb_duty *duty, struct fb_complaints *notes)
{
    const struct fb_form *loose = NULL;
    for (size_t i = 0; (loose = fb_duty_loose(duty, i)) != NULL && !is_of_records(loose); i++) {
        /* the next one may be of records */
    }
    if (loose) {
        struct fb_str kind = fb_policy_signature()->relations[loose->relation].name;
        fb_complain(notes, FB_E_POLICY, loose->span.line ? loose->span : duty->span,
            "Name in it what the rule speaks of: the system, the party, or the record that it "
            "answers.",
            "every '%.*s' that fits this counts for each obligation of '%.*s', which is weighed "
            "against all of them: nothing ties it to the rest of the rule",
            FB_STR_ARG(kind), FB_STR_ARG(duty->name));
    }
}

static void lint_slicing(const struct fb_duty *duty, struct fb_complaints *notes)
{
    static const char *const why[] = {
        [FB_SLICED_AT_ALL_TIMES] = "its conditions have operators over time",
        [FB_WHOLE_BY_PARAMS] = "only an aggregation says what is owed",
        [FB_WHOLE_BY_NAMES] = "one name stands for two variables in it"};
    enum fb_slicing slicing = FB_SLICED;
    struct fb_err err;
    fb_err_init(&err);
    if (fb_duty_slicing(duty, &slicing, &err) == FB_OK && slicing != FB_SLICED) {
        fb_complain(notes, FB_E_POLICY, duty->span,
            "Say it by conditions of one instant that name what the rule speaks of.",
            "'%.*s' is decided by looking at %s, not at the facts of each obligation: %s",
            FB_STR_ARG(duty->name),
            slicing == FB_SLICED_AT_ALL_TIMES ? "all instants" : "all records", why[slicing]);
    }
}

static void lint_others(const struct fb_duty *duty, struct fb_complaints *notes)
{
    const struct fb_form *others = fb_duty_reads_others(duty);
    if (others) {
        bool line = (int)others->relation == fb_policy_relation("redline");
        fb_complain(notes, FB_E_POLICY, others->span.line ? others->span : duty->span,
            "Ask about the rule's own system, if that is what is meant.",
            "'%.*s' asks for %s of other systems, so that a question about one system decides "
            "those of all",
            FB_STR_ARG(duty->name), line ? "red lines" : "safety cases");
    }
}

void fb_program_lint_cost(const struct fb_program *program, struct fb_complaints *notes)
{
    FB_ASSERT(program && notes);
    for (size_t i = 0; i < program->duty_count && !fb_complaints_full(notes); i++) {
        lint_slicing(&program->duties[i], notes);
        lint_loose(&program->duties[i], notes);
        lint_others(&program->duties[i], notes);
    }
}
