#include "lang/lint.h"

#include "base/assert.h"
#include "engine/eval.h"
#include "lang/diff/diff.h"
#include "lang/diff/imply.h"

/* More lines of `within` are not looked at against each other. */
enum { LINES_MAX = 64 };

static const struct fb_form never = {.kind = FB_FORM_FALSE}, always = {.kind = FB_FORM_TRUE};

static void assume(struct fb_imply *q, const struct fb_form *form, unsigned side)
{
    if (form) {
        FB_ASSERT(q->assumed_count < FB_IMPLY_PARTS_MAX);
        q->assumed[q->assumed_count++] = (struct fb_imply_part){form, side};
    }
}

static void assume_trigger(struct fb_imply *q, const struct fb_duty *duty, unsigned side)
{
    assume(q, duty->when, side);
    assume(q, duty->given, side);
    assume(q, duty->during, side);
}

static bool shows(struct fb_imply *q, const struct fb_form *goal, unsigned side)
{
    q->goal[0] = (struct fb_imply_part){goal, side};
    q->goal_count = 1;
    return fb_implies(q);
}

/* Does this line of `within` apply only where an earlier deadline does? */
static bool is_undercut(const struct fb_duty *duty, size_t line)
{
    struct fb_imply q = {.assumed_count = 0};
    struct fb_form any[LINES_MAX];
    const struct fb_form *goal = &never;
    size_t count = 0;
    assume_trigger(&q, duty, 0);
    assume(&q, duty->within[line].guard, 0);
    for (size_t i = 0; i < duty->within_count && count < LINES_MAX; i++) {
        const struct fb_within *other = &duty->within[i], *own = &duty->within[line];
        bool sooner = other->unit == own->unit &&
                      (other->amount < own->amount || (other->amount == own->amount && i < line));
        if (sooner) {
            any[count] = (struct fb_form){.kind = FB_FORM_OR,
                .left = (struct fb_form *)(uintptr_t)(other->guard ? other->guard : &always),
                .right = (struct fb_form *)(uintptr_t)goal};
            goal = &any[count++];
        }
    }
    return count > 0 && shows(&q, goal, 0);
}

static void lint_deadlines(const struct fb_duty *duty, struct fb_complaints *notes)
{
    for (size_t i = 0; i < duty->within_count; i++) {
        const struct fb_within *line = &duty->within[i];
        struct fb_imply q = {.assumed_count = 0};
        assume_trigger(&q, duty, 0);
        assume(&q, line->guard, 0);
        if (shows(&q, &never, 0)) {
            fb_complain(notes, FB_E_POLICY, line->span,
                "Remove the line, or correct what stands after 'if'.",
                "this deadline never applies: its condition contradicts those of '%.*s'",
                FB_STR_ARG(duty->name));
        } else if (is_undercut(duty, i)) {
            fb_complain(notes, FB_E_POLICY, line->span,
                "Remove the line: of several deadlines the tightest counts.",
                "this deadline never counts: whenever it applies, a tighter one does");
        }
    }
}

static void lint_duty(const struct fb_duty *duty, fb_time expires, struct fb_complaints *notes)
{
    struct fb_imply q = {.assumed_count = 0};
    assume_trigger(&q, duty, 0);
    if (shows(&q, &never, 0)) {
        fb_complain(notes, FB_E_POLICY, duty->span,
            "Look for two conditions that no record meets at once.",
            "'%.*s' can never arise: its conditions contradict each other", FB_STR_ARG(duty->name));
        return;
    }
    lint_deadlines(duty, notes);
    if (duty->modality != FB_MUST && !duty->during) {
        fb_complain(notes, FB_E_POLICY, duty->span,
            "Write a commitment with 'while', which ends with its condition.",
            "'%.*s' can never be relaxed: once it arose it binds for ever", FB_STR_ARG(duty->name));
    }
    if (duty->every && !duty->during && expires == FB_TIME_MAX) {
        fb_complain(notes, FB_E_POLICY, duty->span,
            "Add 'while' to the rule, or 'expires' to the policy.",
            "'%.*s' recurs without end: nothing ends it, and each period is kept for ever, up to "
            "%d of them",
            FB_STR_ARG(duty->name), FB_DUTY_TURNS_MAX);
    }
}

static void lint_line(const struct fb_redline *line, struct fb_complaints *notes)
{
    struct fb_imply q = {.assumed_count = 0};
    if (line->outside && shows(&q, line->outside, 0)) {
        fb_complain(notes, FB_E_POLICY, line->span, "Correct what stands after 'applies to'.",
            "red line '%.*s' applies to no system", FB_STR_ARG(line->name));
    }
    if (fb_redline_reaching(line, fb_decimal_to_double(line->threshold)) <= 0) {
        fb_complain(notes, FB_E_POLICY, line->span,
            "Lower the margins, or say why nothing can rule the line out.",
            "no evidence can rule out '%.*s': the margins take up the whole threshold, so what "
            "follows from it can never be relaxed",
            FB_STR_ARG(line->name));
    } else if (line->has_clears &&
               fb_redline_reaching(line, fb_decimal_to_double(line->clears_below)) <= 0) {
        fb_complain(notes, FB_E_POLICY, line->span,
            "Raise the bound of 'clears', or lower the margins.",
            "'%.*s' can never clear once it was crossed: the margins take up the whole bound",
            FB_STR_ARG(line->name));
    }
}

/* The fact that an act is, below its quantifiers and comparisons; NULL when there is none. */
static const struct fb_form *act_fact(const struct fb_form *form)
{
    while (form && (form->kind == FB_FORM_EXISTS || form->kind == FB_FORM_AND)) {
        form = form->left;
    }
    return form && form->kind == FB_FORM_PRED ? form : NULL;
}

/* Whoever owes it is the same, or could be. */
static bool same_party(const struct fb_duty *a, const struct fb_duty *b)
{
    return a->party->kind != FB_TERM_CONST || b->party->kind != FB_TERM_CONST ||
           fb_value_eq(a->party->value, b->party->value);
}

/* Whether a variable of an act is one of its trigger's: nothing in the act quantifies it. */
static bool is_given(const struct fb_form *form, uint32_t var)
{
    for (; form && (form->kind == FB_FORM_EXISTS || form->kind == FB_FORM_AND); form = form->left) {
        for (size_t i = 0; form->kind == FB_FORM_EXISTS && i < form->bound_count; i++) {
            if (form->bound[i] == var) {
                return false;
            }
        }
    }
    return true;
}

/* Fills the variables of both triggers that mean the same: the system, and what stands in the same
 * place of what is demanded and of what is forbidden. */
static size_t join_acts(const struct fb_duty *must, const struct fb_duty *may_not,
    uint32_t same[2][FB_IR_ARITY_MAX + 1])
{
    const struct fb_form *done = act_fact(must->act), *forbidden = act_fact(may_not->act);
    size_t count = 0;
    if (must->system_var >= 0 && may_not->system_var >= 0) {
        same[0][count] = (uint32_t)must->system_var;
        same[1][count++] = (uint32_t)may_not->system_var;
    }
    FB_ASSERT(done->term_count <= FB_IR_ARITY_MAX && done->term_count == forbidden->term_count);
    for (size_t i = 0; i < done->term_count; i++) {
        const struct fb_term *a = done->terms[i], *b = forbidden->terms[i];
        if (a->kind == FB_TERM_VAR && b->kind == FB_TERM_VAR && is_given(must->act, a->var) &&
            is_given(may_not->act, b->var)) {
            same[0][count] = a->var;
            same[1][count++] = b->var;
        }
    }
    return count;
}

bool fb_duties_conflict(
    const struct fb_program *program, const struct fb_duty *must, const struct fb_duty *may_not)
{
    FB_ASSERT(program && must && may_not);
    const struct fb_form *done = act_fact(must->act), *forbidden = act_fact(may_not->act);
    if (must->modality != FB_MUST || may_not->modality != FB_MAY_NOT || !done || !forbidden ||
        done->relation != forbidden->relation || !same_party(must, may_not)) {
        return false;
    }
    uint32_t same[2][FB_IR_ARITY_MAX + 1];
    size_t count = join_acts(must, may_not, same);
    struct fb_imply q = {.joined = {same[0], same[1]}, .joined_count = count};
    assume_trigger(&q, must, 0);
    assume_trigger(&q, may_not, 1);
    if (shows(&q, &never, 0)) {
        return false; /* they never bind together */
    }
    assume(&q, must->act, 0);
    return shows(&q, may_not->act, 1);
}

/* What forbids is seldom, so that it is looked for first. */
static void lint_conflicts(
    const struct fb_program *program, const struct fb_duty *may_not, struct fb_complaints *notes)
{
    size_t count = may_not->modality == FB_MAY_NOT ? program->duty_count : 0;
    for (size_t i = 0; i < count && !fb_complaints_full(notes); i++) {
        const struct fb_duty *must = &program->duties[i];
        if (fb_duties_conflict(program, must, may_not)) {
            fb_complain(notes, FB_E_POLICY, must->span,
                "Let one of them except the other, or say which comes first with 'before'.",
                "'%.*s' demands what '%.*s' forbids", FB_STR_ARG(must->name),
                FB_STR_ARG(may_not->name));
        }
    }
}

void fb_program_lint(const struct fb_program *program, struct fb_complaints *notes)
{
    FB_ASSERT(program && notes);
    for (size_t i = 0; i < program->redline_count && !fb_complaints_full(notes); i++) {
        lint_line(&program->redlines[i], notes);
    }
    for (size_t i = 0; i < program->duty_count && !fb_complaints_full(notes); i++) {
        lint_duty(&program->duties[i], program->expires, notes);
        lint_conflicts(program, &program->duties[i], notes);
    }
}
