/*
 * The checker: lemmas, and where it begins. A lemma is a judgement about what a LETPAST defines. It
 * is checked once, when it comes, by those that came before it; so no proof can go in a circle.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/assert.h"
#include "base/limit.h"
#include "proof/check.h"
#include "proof/check_parts.h"

#define MEMORY_MAX ((size_t)1 << 32)

struct fb_checker {
    const struct fb_form *form;
    const struct fb_trace *trace;
    struct fb_arena arena;
    const size_t *starts; /* as in fb_check */
    const size_t *longer;
    size_t longer_count;
    const struct fb_around *
        *definitions; /* the LETPASTs, as they are written, and what is around */
    size_t definition_count;
    struct fb_proof_lemma *lemmas; /* accepted; without their proofs */
    size_t count;
    size_t cap;
};

/* ---- definitions ---- */

/* Lists the LETPASTs of a formula. `room` is how many there is room for: at first none, to count
 * them. Depth is bounded by FB_IR_DEPTH_MAX. */
static bool list_form(
    struct fb_checker *k, const struct fb_form *form, const struct fb_around *outer, size_t room);

static bool list_regex(
    struct fb_checker *k, const struct fb_regex *regex, const struct fb_around *outer, size_t room)
{
    return (!regex->test || list_form(k, regex->test, outer, room)) &&
           (!regex->left || list_regex(k, regex->left, outer, room)) &&
           (!regex->right || list_regex(k, regex->right, outer, room));
}

static bool list_form(
    struct fb_checker *k, const struct fb_form *form, const struct fb_around *outer, size_t room)
{
    bool recursive = form->kind == FB_FORM_LETPAST;
    const struct fb_around *inner = outer;
    if (recursive || form->kind == FB_FORM_FREEZE) {
        struct fb_around *around = FB_ARENA_NEW(&k->arena, struct fb_around);
        if (!around) {
            return false;
        }
        *around = (struct fb_around){form, 0, outer};
        inner = around;
    }
    if (recursive) {
        FB_ASSERT(room == 0 || k->definition_count < room);
        if (room) {
            k->definitions[k->definition_count] = inner;
        }
        k->definition_count++;
    }
    return (!form->left || list_form(k, form->left, recursive ? inner : outer, room)) &&
           (!form->right || list_form(k, form->right, inner, room)) &&
           (!form->regex || list_regex(k, form->regex, outer, room));
}

static enum fb_code list_definitions(struct fb_checker *k, struct fb_err *err)
{
    bool good = list_form(k, k->form, NULL, 0);
    size_t count = k->definition_count;
    k->definitions = FB_ARENA_ARRAY(&k->arena, const struct fb_around *, count);
    k->definition_count = 0;
    good = good && k->definitions && (count == 0 || list_form(k, k->form, NULL, count));
    return good ? FB_OK : fb_arena_failed(&k->arena, err);
}

/* Whether a judgement lies in the definitions that a lemma is about. */
static bool same_around(
    const struct fb_checker *k, const struct fb_proof_lemma *lemma, const struct fb_around *around)
{
    const struct fb_around *own = k->definitions[lemma->definition];
    size_t frozen = lemma->frozen_count;
    for (; own && around; own = own->outer, around = around->outer) {
        if (own->form != around->form) {
            return false;
        }
        if (own->form->kind == FB_FORM_FREEZE && lemma->frozen[--frozen] != around->tp) {
            return false;
        }
    }
    return !own && !around;
}

/* ---- resting on a lemma ---- */

bool fb_check_same(struct fb_value a, struct fb_value b)
{
    return a.type == b.type && fb_value_eq(a, b);
}

/* Whether the values that a lemma leaves out are those that are left out here. */
static bool leaves_out(struct fb_check *c, const struct fb_proof_param *param,
    const struct fb_knows *knows, uint32_t var)
{
    const struct fb_without *without = knows->without[var];
    bool alike = without && !without->next; /* then they have the same order, as a rule */
    size_t count = 0;
    for (const struct fb_without *w = without; w; w = w->next) {
        count += w->count;
    }
    bool same = count == param->but_count;
    for (size_t i = 0; same && i < param->but_count; i++) {
        bool here = alike && fb_check_same(without->values[i], param->but[i]);
        same = here || (fb_check_work(c, count) && fb_check_without(knows, var, param->but[i]));
    }
    return same && fb_check_work(c, count);
}

/* Whether a lemma says of a parameter what is known of it. More or less would do at times; but then
 * a proof could be written in two ways. */
static bool param_fits(struct fb_check *c, const struct fb_proof_param *param,
    const struct fb_knows *knows, uint32_t var)
{
    const struct fb_value *value = knows->value[var];
    if (!param->known || !value) {
        return !param->known && !value && leaves_out(c, param, knows, var);
    }
    return fb_check_same(*value, param->value);
}

bool fb_check_lemma(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    const struct fb_checker *k = c->checker;
    FB_ASSERT(goal->from == goal->to && goal->knows->around);
    if (!k || proof->at >= k->count) {
        return fb_check_refuse(c, proof, "there is no such lemma before it");
    }
    const struct fb_proof_lemma *lemma = &k->lemmas[proof->at];
    const struct fb_form *definition = k->definitions[lemma->definition]->form;
    bool same = definition->left == goal->form && lemma->tp == goal->from &&
                lemma->holds == goal->holds && same_around(k, lemma, goal->knows->around);
    for (size_t i = 0; same && i < lemma->param_count; i++) {
        same = param_fits(c, &lemma->params[i], goal->knows, definition->bound[i]);
    }
    return same || fb_check_refuse(c, proof, "its lemma says something else");
}

/* ---- accepting a lemma ---- */

static enum fb_code refuse(const struct fb_proof_lemma *lemma, const char *why, struct fb_err *err)
{
    return fb_err_set(err, FB_E_NEGATIVE, "lemma %zu is refused: %s", lemma->number, why);
}

/* Where it stands, the time-points of the FREEZEs put in; NULL when they are not those of the
 * definition, or memory ran out. */
static const struct fb_around *around_of(
    struct fb_check *c, const struct fb_around *own, const struct fb_proof_lemma *lemma)
{
    struct fb_around *first = NULL;
    struct fb_around *last = NULL;
    size_t frozen = lemma->frozen_count;
    for (; own; own = own->outer) {
        struct fb_around *copy = FB_ARENA_NEW(c->arena, struct fb_around);
        bool freeze = own->form->kind == FB_FORM_FREEZE;
        if (!copy || (freeze && frozen == 0)) {
            return NULL;
        }
        frozen -= freeze;
        *copy = (struct fb_around){own->form, freeze ? lemma->frozen[frozen] : 0, NULL};
        if (copy->tp >= c->trace->time_count) {
            return NULL;
        }
        first = first ? first : copy;
        if (last) {
            last->outer = copy;
        }
        last = copy;
    }
    return frozen == 0 ? first : NULL;
}

/* What it says of the parameters; false when it says a thing twice, or leaves one open that must
 * have a value. */
static bool knows_of(struct fb_check *c, const struct fb_form *definition,
    const struct fb_proof_lemma *lemma, struct fb_knows *out)
{
    struct fb_without *withouts = FB_ARENA_ARRAY(c->arena, struct fb_without, lemma->param_count);
    uint64_t seen = 0;
    for (size_t i = 0; withouts && i < lemma->param_count; i++) {
        const struct fb_proof_param *param = &lemma->params[i];
        uint32_t var = definition->bound[i];
        if ((seen >> var & 1) || (lemma->holds && !param->known)) {
            return false;
        }
        seen |= (uint64_t)1 << var;
        withouts[i] = (struct fb_without){param->but, param->but_count, NULL};
        out->value[var] = param->known ? &param->value : NULL;
        out->without[var] = param->known ? NULL : &withouts[i];
    }
    return withouts != NULL;
}

static struct fb_check check_of(
    const struct fb_checker *k, struct fb_arena *arena, struct fb_err *err)
{
    fb_err_init(err);
    fb_arena_init(arena, fb_limit(MEMORY_MAX));
    return (struct fb_check){.checker = k,
        .trace = k->trace,
        .starts = k->starts,
        .longer = k->longer,
        .longer_count = k->longer_count,
        .arena = arena,
        .err = err};
}

/* Checks what it says, and its proof. */
static enum fb_code check_one(
    const struct fb_checker *k, const struct fb_proof_lemma *lemma, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_check c = check_of(k, &arena, err);
    const struct fb_around *own = k->definitions[lemma->definition];
    struct fb_knows knows = {.around = around_of(&c, own, lemma)};
    struct fb_goal goal = {own->form->left, lemma->tp, lemma->tp, lemma->holds, &knows};
    enum fb_code code = FB_OK;
    if (!knows.around || !knows_of(&c, own->form, lemma, &knows)) {
        code = refuse(lemma, "it is not about the parameters of its definition", err);
    } else if (!fb_check_step(&c, lemma->proof, &goal)) {
        code = err->code;
        FB_ASSERT(code != FB_OK);
    }
    fb_arena_release(&arena);
    return code;
}

static enum fb_code copy_value(
    struct fb_checker *k, struct fb_value from, struct fb_value *out, struct fb_err *err)
{
    *out = from;
    return from.type == FB_TYPE_STRING ? fb_arena_str(&k->arena, from.u.text, &out->u.text, err)
                                       : FB_OK;
}

/* Keeps what it says, without its proof. */
static enum fb_code keep(
    struct fb_checker *k, const struct fb_proof_lemma *lemma, struct fb_err *err)
{
    size_t cap = k->count < k->cap ? k->cap : k->cap ? 2 * k->cap : 64;
    struct fb_proof_lemma *lemmas =
        cap == k->cap ? k->lemmas : fb_realloc(k->lemmas, cap * sizeof(*lemmas));
    if (!lemmas) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    k->lemmas = lemmas;
    k->cap = cap;
    struct fb_proof_lemma copy = *lemma;
    size_t *frozen = FB_ARENA_ARRAY(&k->arena, size_t, lemma->frozen_count);
    struct fb_proof_param *params =
        FB_ARENA_ARRAY(&k->arena, struct fb_proof_param, lemma->param_count);
    enum fb_code code = frozen && params ? FB_OK : fb_arena_failed(&k->arena, err);
    for (size_t i = 0; code == FB_OK && i < lemma->frozen_count; i++) {
        frozen[i] = lemma->frozen[i];
    }
    for (size_t i = 0; code == FB_OK && i < lemma->param_count; i++) {
        const struct fb_proof_param *param = &lemma->params[i];
        struct fb_value *but = FB_ARENA_ARRAY(&k->arena, struct fb_value, param->but_count);
        params[i] = *param;
        params[i].but = but;
        code = but ? copy_value(k, param->value, &params[i].value, err)
                   : fb_arena_failed(&k->arena, err);
        for (size_t n = 0; code == FB_OK && n < param->but_count; n++) {
            code = copy_value(k, param->but[n], &but[n], err);
        }
    }
    copy.frozen = frozen;
    copy.params = params;
    copy.proof = NULL;
    k->lemmas[k->count] = copy;
    k->count += code == FB_OK;
    return code;
}

enum fb_code fb_checker_lemma(
    struct fb_checker *checker, const struct fb_proof_lemma *lemma, struct fb_err *err)
{
    FB_ASSERT(checker && lemma && lemma->proof && err);
    if (checker->count >= fb_limit(FB_CHECK_LEMMAS_MAX)) {
        return fb_err_set(
            err, FB_E_LIMIT, "there are more than %d lemmas", (int)FB_CHECK_LEMMAS_MAX);
    }
    if (lemma->number != checker->count) {
        return refuse(lemma, "lemmas must come in the order of their numbers", err);
    }
    if (lemma->definition >= checker->definition_count) {
        return refuse(lemma, "the formula has no such LETPAST", err);
    }
    if (lemma->tp >= checker->trace->time_count) {
        return refuse(lemma, "there is no such time-point", err);
    }
    if (lemma->param_count != checker->definitions[lemma->definition]->form->bound_count) {
        return refuse(lemma, "its definition has another number of parameters", err);
    }
    enum fb_code code = check_one(checker, lemma, err);
    return code ? code : keep(checker, lemma, err);
}

/* ---- from outside ---- */

/* Finds where the tuples of each time-point are; they must be in the order in which they begin. */
static enum fb_code index_trace(struct fb_checker *k, struct fb_err *err)
{
    const struct fb_trace *trace = k->trace;
    size_t *starts = FB_ARENA_ARRAY(&k->arena, size_t, trace->time_count + 1);
    size_t *longer = FB_ARENA_ARRAY(&k->arena, size_t, trace->tuple_count);
    if (!starts || !longer) {
        return fb_arena_failed(&k->arena, err);
    }
    size_t at = 0;
    for (size_t tp = 0; tp <= trace->time_count; tp++) {
        for (; at < trace->tuple_count && trace->tuples[at].from < tp; at++) {
            const struct fb_tuple *tuple = &trace->tuples[at];
            FB_ASSERT(at == 0 || trace->tuples[at - 1].from <= tuple->from);
            if (tuple->until > tuple->from + 1) {
                longer[k->longer_count++] = at;
            }
        }
        starts[tp] = at;
    }
    k->starts = starts;
    k->longer = longer;
    return FB_OK;
}

enum fb_code fb_checker_new(const struct fb_form *form, const struct fb_trace *trace,
    struct fb_checker **out, struct fb_err *err)
{
    FB_ASSERT(form && trace && out && err);
    struct fb_checker *checker = fb_calloc(1, sizeof(*checker));
    if (!checker) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    checker->form = form;
    checker->trace = trace;
    fb_arena_init(&checker->arena, fb_limit(MEMORY_MAX));
    enum fb_code code = index_trace(checker, err);
    code = code ? code : list_definitions(checker, err);
    if (code) {
        fb_checker_free(checker);
        return code;
    }
    *out = checker;
    return FB_OK;
}

void fb_checker_free(struct fb_checker *checker)
{
    if (checker) {
        fb_arena_release(&checker->arena);
        fb_free(checker->lemmas);
        fb_free(checker);
    }
}

/* Goes through a proof. */
static enum fb_code check(const struct fb_checker *k, const struct fb_proof_step *proof,
    const struct fb_goal *goal, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_check c = check_of(k, &arena, err);
    enum fb_code code = FB_OK;
    if (!fb_check_step(&c, proof, goal)) {
        code = err->code;
        FB_ASSERT(code != FB_OK);
    }
    fb_arena_release(&arena);
    return code;
}

enum fb_code fb_checker_claim(struct fb_checker *checker, const struct fb_proof_claim *claim,
    const struct fb_proof_step *proof, struct fb_err *err)
{
    FB_ASSERT(checker && claim && claim->form == checker->form && proof && err);
    FB_ASSERT(claim->tp < checker->trace->time_count);
    struct fb_knows knows = {.around = NULL};
    for (size_t v = 0; v < FB_IR_VARS_MAX; v++) {
        knows.value[v] = claim->known >> v & 1 ? &claim->values[v] : NULL;
    }
    struct fb_goal goal = {claim->form, claim->tp, claim->tp, claim->holds, &knows};
    return check(checker, proof, &goal, err);
}

enum fb_code fb_proof_check(const struct fb_proof_claim *claim, const struct fb_proof_step *proof,
    const struct fb_trace *trace, struct fb_err *err)
{
    FB_ASSERT(claim && claim->form && proof && trace && err);
    struct fb_checker *checker = NULL;
    enum fb_code code = fb_checker_new(claim->form, trace, &checker, err);
    code = code ? code : fb_checker_claim(checker, claim, proof, err);
    fb_checker_free(checker);
    return code;
}

enum fb_code fb_proof_check_answer(
    const struct fb_question *question, const struct fb_answer *answer, struct fb_err *err)
{
    FB_ASSERT(question && question->form && question->trace && answer && answer->proof && err);
    FB_ASSERT(question->tp <= question->last && question->last < question->trace->time_count);
    struct fb_knows knows = {.around = NULL};
    struct fb_goal goal = {question->form, question->tp, answer->to, answer->holds, &knows};
    for (size_t v = 0; v < FB_IR_VARS_MAX; v++) {
        knows.value[v] = question->known >> v & 1 ? &question->values[v] : NULL;
    }
    if (answer->to < question->tp || answer->to > question->last) {
        return fb_err_set(err, FB_E_NEGATIVE, "an answer at time-point %zu reaches to %zu",
            question->tp, answer->to);
    }
    if (answer->holds && question->result >= 0) {
        /* The result is what the proof says that it is; its rows must give it. */
        if (answer->proof->rule != FB_RULE_GROUP || answer->proof->value_count != 1) {
            return fb_err_set(err, FB_E_NEGATIVE, "an answer about rows does not list them");
        }
        knows.value[question->result] = &answer->proof->values[0];
    }
    struct fb_checker *checker = NULL;
    enum fb_code code = fb_checker_new(question->form, question->trace, &checker, err);
    code = code ? code : check(checker, answer->proof, &goal, err);
    fb_checker_free(checker);
    return code;
}
