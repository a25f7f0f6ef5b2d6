/* Proofs for people. */
#include "proof/proof_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

/* Names of variables, innermost first. */
struct names {
    const struct fb_var_name *items;
    size_t count;
    const struct names *outer;
};

/* What is known of variables, as far as the tree says it: NULL where it does not. */
struct known {
    const struct fb_value *values[FB_IR_VARS_MAX];
};

/* Where writing stands. */
struct writer {
    const struct fb_proof_style *style;
    struct fb_buf *out;
    size_t level;
    size_t deep; /* lemmas that are being told within each other */
    bool failed; /* memory ran out */
};

/* A step with what it is about. */
struct about {
    const struct fb_form *form;
    const struct names *names;
    const struct known *known;
};

static void write_step(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about);

/* ---- words ---- */

static void line(struct writer *w)
{
    for (size_t i = 0; i < w->style->indent + 2 * w->level; i++) {
        fb_buf_add_char(w->out, ' ');
    }
}

static void add_value(struct writer *w, struct fb_value value)
{
    bool text = value.type == FB_TYPE_STRING;
    fb_buf_add_c(w->out, text ? "\"" : "");
    fb_value_write(value, w->out);
    fb_buf_add_c(w->out, text ? "\"" : "");
}

static void add_name(struct writer *w, const struct names *names, uint32_t var)
{
    for (; names; names = names->outer) {
        for (size_t i = 0; i < names->count; i++) {
            if (names->items[i].var == var) {
                fb_buf_add_str(w->out, names->items[i].name);
                return;
            }
        }
    }
    fb_buf_addf(w->out, "x%" PRIu32, var);
}

static void add_point(struct writer *w, size_t tp)
{
    const struct fb_trace *trace = w->style->trace;
    if (trace->times[tp] == FB_TIME_MAX) {
        fb_buf_add_c(w->out, "the end of the log");
        return;
    }
    fb_buf_addf(w->out, "time-point %zu (@%" PRId64 ")", tp, trace->times[tp]);
}

/* ", at time-point 4 (@17)" */
static void add_when(struct writer *w, const struct fb_proof_step *proof)
{
    fb_buf_add_c(w->out, " at ");
    if (proof->from != proof->to) {
        fb_buf_add_c(w->out, "each of ");
    }
    add_point(w, proof->from);
    if (proof->from != proof->to) {
        fb_buf_add_c(w->out, " to ");
        add_point(w, proof->to);
    }
}

static void add_term(struct writer *w, const struct fb_term *term, const struct about *about)
{
    static const char *const signs[] = {"+", "-", "*", "/", "MOD"};
    switch ((int)term->kind) {
    case FB_TERM_ANY:
        fb_buf_add_c(w->out, "_");
        return;
    case FB_TERM_CONST:
        add_value(w, term->value);
        return;
    case FB_TERM_VAR:
        if (about->known->values[term->var]) {
            add_value(w, *about->known->values[term->var]);
        } else {
            add_name(w, about->names, term->var);
        }
        return;
    case FB_TERM_ADD:
    case FB_TERM_SUB:
    case FB_TERM_MUL:
    case FB_TERM_DIV:
    case FB_TERM_MOD:
    case FB_TERM_QUOTIENT:
    case FB_TERM_REMAINDER: {
        int sign = term->kind == FB_TERM_QUOTIENT    ? 3
                   : term->kind == FB_TERM_REMAINDER ? 4
                                                     : (int)(term->kind - FB_TERM_ADD);
        fb_buf_add_c(w->out, "(");
        add_term(w, term->args[0], about);
        fb_buf_addf(w->out, " %s ", signs[sign]);
        add_term(w, term->args[1], about);
        fb_buf_add_c(w->out, ")");
        return;
    }
    default: {
        static const char *const words[] = {"-", "i2f", "f2i", "", "", "to_string", "s2i", "s2f",
            "DAY_OF_MONTH", "MONTH", "YEAR", "FORMAT_DATE"};
        fb_buf_addf(w->out, "%s(", words[term->kind - FB_TERM_NEG]);
        add_term(w, term->args[0], about);
        fb_buf_add_c(w->out, ")");
        return;
    }
    }
}

static struct fb_str relation_name(const struct writer *w, const struct fb_form *form)
{
    return form->definition ? form->definition->label
                            : w->style->trace->signature->relations[form->relation].name;
}

/* "report(117)"; of a fact its own values. */
static void add_predicate(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    fb_buf_add_str(w->out, relation_name(w, about->form));
    fb_buf_add_c(w->out, "(");
    for (size_t i = 0; i < about->form->term_count; i++) {
        fb_buf_add_c(w->out, i ? ", " : "");
        if (proof->holds && i < proof->value_count) {
            add_value(w, proof->values[i]);
        } else {
            add_term(w, about->form->terms[i], about);
        }
    }
    fb_buf_add_c(w->out, ")");
}

static const char *sign_of(const struct fb_form *form)
{
    return form->kind == FB_FORM_EQ          ? "="
           : form->kind == FB_FORM_LESS      ? "<"
           : form->kind == FB_FORM_LESS_EQ   ? "<="
           : form->kind == FB_FORM_SUBSTRING ? "is part of"
                                             : "matches the pattern";
}

static void write_leaf(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    line(w);
    if (proof->rule == FB_RULE_TRUTH) {
        fb_buf_add_c(w->out, proof->holds ? "always true" : "never true");
    } else if (proof->rule == FB_RULE_COMPUTED) {
        fb_buf_add_c(w->out, proof->holds ? "" : "it is not so that ");
        add_term(w, about->form->terms[0], about);
        fb_buf_addf(w->out, " %s ", sign_of(about->form));
        add_term(w, about->form->terms[1], about);
    } else {
        fb_buf_add_c(w->out, proof->holds ? "" : "no ");
        add_predicate(w, proof, about);
        add_when(w, proof);
    }
    if (proof->seq != FB_WHY_NO_RECORD) {
        fb_buf_addf(w->out, "  [%.*s]", FB_STR_ARG(proof->record_id));
    }
    fb_buf_add_char(w->out, '\n');
}

/* ---- below ---- */

static void write_kids(struct writer *w, const struct fb_proof_step *kid,
    const struct fb_form *form, struct about about)
{
    about.form = form;
    w->level++;
    for (; kid; kid = kid->next) {
        write_step(w, kid, &about);
    }
    w->level--;
}

/* A kid under a heading that is written already. */
static void write_kid(struct writer *w, const struct fb_proof_step *kid, const struct fb_form *form,
    struct about about)
{
    about.form = form;
    w->level++;
    write_step(w, kid, &about);
    w->level--;
}

static struct names inside(const struct about *about)
{
    return (struct names){about->form->names, about->form->name_count, about->names};
}

/* Chains of the same connective are one list. */
static void write_all(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    const struct fb_proof_step *kid = proof->kid;
    const struct fb_form *sides[2] = {about->form->left, about->form->right};
    for (int i = 0; i < 2; i++, kid = kid->next) {
        struct about side = *about;
        side.form = sides[i];
        if (kid->rule == FB_RULE_BOTH && side.form->kind == about->form->kind) {
            write_all(w, kid, &side);
        } else {
            write_step(w, kid, &side);
        }
    }
}

static void write_both(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    line(w);
    fb_buf_add_c(w->out, proof->holds ? "all of these:\n" : "none of the alternatives:\n");
    w->level++;
    write_all(w, proof, about);
    w->level--;
}

static void write_exists(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    struct known known = *about->known;
    struct names names = inside(about);
    struct about inner = {about->form->left, &names, &known};
    line(w);
    fb_buf_add_c(w->out, proof->holds ? "with " : "for no ");
    for (size_t i = 0; i < about->form->bound_count; i++) {
        uint32_t var = about->form->bound[i];
        fb_buf_add_c(w->out, i ? ", " : "");
        add_name(w, &names, var);
        known.values[var] = proof->holds ? &proof->values[i] : NULL;
        if (proof->holds) {
            fb_buf_add_c(w->out, " = ");
            add_value(w, proof->values[i]);
        }
    }
    fb_buf_add_c(w->out, ":\n");
    write_kid(w, proof->kid, about->form->left, inner);
}

static void write_split(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    struct known known = *about->known;
    struct about inner = {about->form, about->names, &known};
    uint32_t var = (uint32_t)proof->at;
    const struct fb_proof_step *kid = proof->kid;
    for (size_t i = 0; kid; i++, kid = kid->next) {
        bool other = i == proof->value_count;
        line(w);
        fb_buf_add_c(w->out, other ? "any other " : "");
        add_name(w, about->names, var);
        if (!other) {
            fb_buf_add_c(w->out, " = ");
            add_value(w, proof->values[i]);
        }
        known.values[var] = other ? NULL : &proof->values[i];
        fb_buf_add_c(w->out, ":\n");
        write_kid(w, kid, about->form, inner);
    }
}

/* ---- time ---- */

static const char *op_name(const struct fb_form *form)
{
    static const char *const names[] = {
        "PREVIOUS", "NEXT", "ONCE", "HISTORICALLY", "EVENTUALLY", "ALWAYS", "SINCE", "UNTIL"};
    return form->kind >= FB_FORM_PREVIOUS && form->kind <= FB_FORM_UNTIL
               ? names[form->kind - FB_FORM_PREVIOUS]
               : "match";
}

static void add_interval(struct writer *w, const struct fb_form *form)
{
    if (form->interval.low == 0 && form->interval.high == FB_TIME_MAX) {
        return;
    }
    fb_buf_addf(w->out, "[%" PRId64 ",", form->interval.low);
    if (form->interval.high == FB_TIME_MAX) {
        fb_buf_add_c(w->out, "*)");
    } else {
        fb_buf_addf(w->out, "%" PRId64 "]", form->interval.high);
    }
}

static void write_unary(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    line(w);
    fb_buf_addf(w->out, "%s%s", proof->holds ? "" : "not ", op_name(about->form));
    add_interval(w, about->form);
    if (proof->rule == FB_RULE_EDGE) {
        fb_buf_add_c(w->out, ": there is no such time-point in the interval\n");
        return;
    }
    if (proof->rule == FB_RULE_EVERY) {
        fb_buf_add_c(w->out,
            proof->kid ? ": throughout the interval\n" : ": no time-point lies in the interval\n");
    } else {
        fb_buf_add_c(w->out, ": at ");
        add_point(w, proof->at);
        fb_buf_add_c(w->out, "\n");
    }
    write_kids(w, proof->kid, about->form->left, *about);
}

static void write_binary(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    const struct fb_proof_step *rest = proof->kid;
    bool back = about->form->kind == FB_FORM_SINCE;
    line(w);
    fb_buf_addf(w->out, "%s%s", proof->holds ? "" : "not ", op_name(about->form));
    add_interval(w, about->form);
    if (proof->rule == FB_RULE_NEVER) {
        fb_buf_add_c(w->out, proof->kid ? ": its right side fails throughout the interval\n"
                                        : ": no time-point lies in the interval\n");
        write_kids(w, proof->kid, about->form->right, *about);
        return;
    }
    bool anchor = proof->rule == FB_RULE_ANCHOR;
    fb_buf_add_c(w->out, anchor ? ": its right side holds at " : ": its left side fails at ");
    add_point(w, proof->at);
    fb_buf_add_c(w->out, "\n");
    write_kid(w, rest, anchor ? about->form->right : about->form->left, *about);
    rest = rest->next;
    if (rest) {
        line(w);
        fb_buf_addf(w->out, "and %s, its %s\n", back ? "from there to here" : "from here to there",
            anchor ? "left side holds" : "right side fails");
        write_kids(w, rest, anchor ? about->form->left : about->form->right, *about);
    }
}

/* ---- the others ---- */

/* Test number n, from left to right. */
static const struct fb_form *test_of(const struct fb_regex *regex, size_t *n)
{
    if (regex->test) {
        return (*n)-- == 0 ? regex->test : NULL;
    }
    const struct fb_form *found = regex->left ? test_of(regex->left, n) : NULL;
    return found || !regex->right ? found : test_of(regex->right, n);
}

static void write_path(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    line(w);
    fb_buf_add_c(w->out, about->form->kind == FB_FORM_MATCH_PAST ? "<|" : "|>");
    add_interval(w, about->form);
    fb_buf_add_c(w->out, proof->holds ? " matches, on a way with" : " does not match, since");
    fb_buf_add_c(w->out, proof->kid     ? "\n"
                         : proof->holds ? "out tests\n"
                                        : " the interval has no fitting time-points\n");
    for (const struct fb_proof_step *test = proof->kid; test; test = test->next) {
        size_t n = test->at;
        const struct fb_form *form = test_of(about->form->regex, &n);
        FB_ASSERT(form);
        write_kid(w, test->kid, form, *about);
    }
}

static void write_group(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    static const char *const words[] = {"CNT", "SUM", "AVG", "MIN", "MAX", "MED"};
    struct names names = inside(about);
    struct known known = {{NULL}};
    for (size_t i = 0; i < about->form->bound_count; i++) {
        known.values[about->form->bound[i]] = about->known->values[about->form->bound[i]];
    }
    struct about inner = {about->form->left, &names, &known};
    size_t rows = 0;
    for (const struct fb_proof_step *kid = proof->kid; kid->next; kid = kid->next) {
        rows++;
    }
    line(w);
    fb_buf_addf(
        w->out, "%s over %zu row%s gives ", words[about->form->agg], rows, rows == 1 ? "" : "s");
    add_value(w, proof->values[0]);
    fb_buf_add_c(w->out, "\n");
    w->level++;
    size_t number = 0;
    for (const struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        line(w);
        if (kid->next) {
            fb_buf_addf(w->out, "row %zu: (", ++number);
            for (size_t i = 0; i < kid->value_count; i++) {
                fb_buf_add_c(w->out, i ? ", " : "");
                add_value(w, kid->values[i]);
            }
            fb_buf_add_c(w->out, ")\n");
            write_kid(w, kid->kid, about->form->left, inner);
        } else {
            fb_buf_add_c(w->out, rows ? "no other row:\n" : "no row:\n");
            write_kid(w, kid, about->form->left, inner);
        }
    }
    w->level--;
}

/* Whether a lemma is told where it is needed; else it is told already, or has a heading. */
static bool tell_here(struct writer *w, size_t number)
{
    struct fb_proof_told *told = w->style->told;
    if (!told || told->told[number] == SIZE_MAX || told->told[number] == told->proofs) {
        return false;
    }
    if (w->deep < FB_PROOF_TEXT_DEEP) {
        told->told[number] = told->proofs;
        return true;
    }
    if (told->waiting_count == told->waiting_cap) {
        size_t cap = told->waiting_cap ? 2 * told->waiting_cap : 64;
        size_t *waiting = fb_realloc(told->waiting, cap * sizeof(*waiting));
        if (!waiting) {
            w->failed = true;
            return false;
        }
        told->waiting = waiting;
        told->waiting_cap = cap;
    }
    told->waiting[told->waiting_count++] = number;
    told->told[number] = SIZE_MAX;
    return false;
}

static void write_defined(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    const struct fb_form *definition = about->form->definition;
    bool lemma = proof->rule == FB_RULE_LEMMA;
    struct names names = {definition->names, definition->name_count, NULL};
    struct known known = {{NULL}};
    for (size_t i = 0; i < about->form->term_count; i++) {
        const struct fb_term *term = about->form->terms[i];
        const struct fb_value *value = term->kind == FB_TERM_CONST ? &term->value
                                       : term->kind == FB_TERM_VAR ? about->known->values[term->var]
                                                                   : NULL;
        known.values[definition->bound[i]] = proof->holds ? &proof->values[i] : value;
    }
    struct about inner = {definition->left, &names, &known};
    line(w);
    fb_buf_add_c(w->out, proof->holds ? "" : "no ");
    add_predicate(w, proof, about);
    add_when(w, proof);
    if (lemma && !tell_here(w, proof->at)) {
        bool headed = !w->style->told || w->style->told->told[proof->at] == SIZE_MAX;
        fb_buf_addf(w->out, headed ? ", by lemma %zu\n" : ", as above\n", proof->at);
        return;
    }
    fb_buf_add_c(w->out, ", as defined:\n");
    w->deep += lemma;
    write_kid(
        w, lemma ? w->style->lemmas->items[proof->at]->proof : proof->kid, definition->left, inner);
    w->deep -= lemma;
}

/* Steps that only pass on. */
static void write_through(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    struct about inner = *about;
    bool right = proof->rule == FB_RULE_DEFINES || (proof->rule == FB_RULE_SIDE && proof->at == 1);
    inner.form = right ? about->form->right : about->form->left;
    write_step(w, proof->kid, &inner);
}

static void write_step(
    struct writer *w, const struct fb_proof_step *proof, const struct about *about)
{
    if (w->out->state != FB_BUF_GOOD || w->failed) {
        return;
    }
    switch ((int)proof->rule) {
    case FB_RULE_NOT:
    case FB_RULE_SIDE:
    case FB_RULE_DEFINES:
        write_through(w, proof, about);
        return;
    case FB_RULE_BOTH:
        write_both(w, proof, about);
        return;
    case FB_RULE_WITNESS:
    case FB_RULE_NOBODY:
        write_exists(w, proof, about);
        return;
    case FB_RULE_SPLIT:
        write_split(w, proof, about);
        return;
    case FB_RULE_EDGE:
    case FB_RULE_NEXT_TO:
    case FB_RULE_SOME:
    case FB_RULE_EVERY:
        write_unary(w, proof, about);
        return;
    case FB_RULE_ANCHOR:
    case FB_RULE_BARRED:
    case FB_RULE_NEVER:
        write_binary(w, proof, about);
        return;
    case FB_RULE_GROUP:
        write_group(w, proof, about);
        return;
    case FB_RULE_LISTED:
        line(w);
        fb_buf_addf(w->out, "that is row %zu\n", proof->at + 1);
        return;
    case FB_RULE_PATH:
        write_path(w, proof, about);
        return;
    case FB_RULE_DEFINED:
    case FB_RULE_LEMMA:
        write_defined(w, proof, about);
        return;
    default:
        write_leaf(w, proof, about);
        return;
    }
}

/* LETPAST number n of a formula, as they are written; NULL when there are fewer. */
static const struct fb_form *letpast_of(const struct fb_form *form, size_t *n);

static const struct fb_form *letpast_in(const struct fb_regex *regex, size_t *n)
{
    const struct fb_form *found = regex->test ? letpast_of(regex->test, n) : NULL;
    found = found || !regex->left ? found : letpast_in(regex->left, n);
    return found || !regex->right ? found : letpast_in(regex->right, n);
}

static const struct fb_form *letpast_of(const struct fb_form *form, size_t *n)
{
    if (form->kind == FB_FORM_LETPAST && (*n)-- == 0) {
        return form;
    }
    const struct fb_form *found = form->left ? letpast_of(form->left, n) : NULL;
    found = found || !form->right ? found : letpast_of(form->right, n);
    return found || !form->regex ? found : letpast_in(form->regex, n);
}

/* "lemma 17: no K(1, y) at time-point 5 (@9), y not 2 or 3, as defined:" and its proof. */
static void write_lemma(
    struct writer *w, const struct fb_proof_lemma *lemma, const struct fb_form *form)
{
    size_t n = lemma->definition;
    const struct fb_form *definition = letpast_of(form, &n);
    FB_ASSERT(definition && definition->bound_count == lemma->param_count);
    struct names names = {definition->names, definition->name_count, NULL};
    struct known known = {{NULL}};
    struct about inner = {definition->left, &names, &known};
    line(w);
    fb_buf_addf(w->out, "lemma %zu: %s", lemma->number, lemma->holds ? "" : "no ");
    fb_buf_add_str(w->out, definition->label);
    fb_buf_add_c(w->out, "(");
    for (size_t i = 0; i < lemma->param_count; i++) {
        const struct fb_proof_param *param = &lemma->params[i];
        fb_buf_add_c(w->out, i ? ", " : "");
        if (param->known) {
            known.values[definition->bound[i]] = &param->value;
            add_value(w, param->value);
        } else {
            add_name(w, &names, definition->bound[i]);
        }
    }
    fb_buf_add_c(w->out, ") at ");
    add_point(w, lemma->tp);
    for (size_t i = 0; i < lemma->param_count; i++) {
        const struct fb_proof_param *param = &lemma->params[i];
        for (size_t k = 0; k < param->but_count; k++) {
            if (k == 0) {
                fb_buf_add_c(w->out, ", ");
                add_name(w, &names, definition->bound[i]);
            }
            fb_buf_add_c(w->out, k ? " or " : " not ");
            add_value(w, param->but[k]);
        }
    }
    fb_buf_add_c(w->out, ", as defined:\n");
    write_kid(w, lemma->proof, definition->left, inner);
}

/* Makes room for what is told of each lemma. */
static bool begin_telling(const struct fb_proof_style *style)
{
    struct fb_proof_told *told = style->told;
    if (!told) {
        return true;
    }
    FB_ASSERT(style->lemmas);
    if (told->count < style->lemmas->count) {
        size_t count =
            style->lemmas->count > 2 * told->count ? style->lemmas->count : 2 * told->count;
        size_t *more = fb_realloc(told->told, count * sizeof(*more));
        if (!more) {
            return false;
        }
        memset(more + told->count, 0, (count - told->count) * sizeof(*more));
        told->told = more;
        told->count = count;
    }
    told->proofs++;
    return true;
}

enum fb_code fb_proof_text(const struct fb_proof_step *proof, const struct fb_proof_claim *claim,
    const struct fb_proof_style *style, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(proof && claim && style && out && !style->lemmas == !style->told);
    struct names names = {style->names, style->name_count, NULL};
    struct known known = {{NULL}};
    struct writer w = {.style = style, .out = out};
    struct about about = {claim->form, &names, &known};
    for (size_t v = 0; v < claim->var_count; v++) {
        known.values[v] = claim->known >> v & 1 ? &claim->values[v] : NULL;
    }
    w.failed = !begin_telling(style);
    write_step(&w, proof, &about);
    for (size_t i = 0; style->told && i < style->told->waiting_count && !w.failed; i++) {
        write_lemma(&w, style->lemmas->items[style->told->waiting[i]], claim->form);
    }
    if (style->told) {
        style->told->waiting_count = 0;
    }
    return w.failed ? fb_err_set(err, FB_E_NOMEM, "memory ran out") : FB_OK;
}

void fb_proof_told_release(struct fb_proof_told *told)
{
    FB_ASSERT(told);
    fb_free(told->told);
    fb_free(told->waiting);
    memset(told, 0, sizeof(*told));
}
