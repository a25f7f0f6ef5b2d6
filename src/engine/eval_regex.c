/* The naive evaluator's regular expressions and definitions, each by its definition. */
#include <string.h>

#include "base/assert.h"
#include "engine/table.h"

/* ---- regular expressions ---- */

/* A regular expression that is matched at an operator of the past or of the future. */
struct matcher {
    const struct fb_eval *ev;
    bool past;
};

/* The rows under which regex matches from time-point i to j. */
static enum fb_code match(const struct matcher *m, const struct fb_regex *regex, size_t i, size_t j,
    const struct fb_env *env, struct fb_table *out);

static enum fb_code add_env(
    const struct fb_eval *ev, const struct fb_env *env, struct fb_table *out)
{
    struct fb_row row = fb_row_new(ev, env->values);
    if (ev->var_count && !row.values) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    return fb_table_add(ev, out, row);
}

/* The part that lies next to where the operator stands binds first. */
static enum fb_code match_then(const struct matcher *m, const struct fb_regex *regex, size_t i,
    size_t j, const struct fb_env *env, struct fb_table *out)
{
    const struct fb_regex *first = m->past ? regex->right : regex->left;
    const struct fb_regex *second = m->past ? regex->left : regex->right;
    for (size_t k = i; k <= j; k++) {
        struct fb_table found = {0};
        enum fb_code code = match(m, first, m->past ? k : i, m->past ? j : k, env, &found);
        for (size_t n = 0; code == FB_OK && n < found.count; n++) {
            struct fb_env with = {env->bound | fb_regex_vars(first), found.rows[n].values};
            code = match(m, second, m->past ? i : k, m->past ? k : j, &with, out);
        }
        if (code) {
            return code;
        }
    }
    return FB_OK;
}

/* Nothing is bound below a star, so it only filters: j is reached from i by matches end to end. */
static enum fb_code match_star(const struct matcher *m, const struct fb_regex *regex, size_t i,
    size_t j, const struct fb_env *env, struct fb_table *out)
{
    bool *reached = FB_ARENA_ARRAY(m->ev->arena, bool, j - i + 1);
    if (!reached) {
        return fb_arena_failed(m->ev->arena, m->ev->err);
    }
    reached[0] = true;
    for (size_t k = i; k <= j; k++) {
        for (size_t n = k + 1; reached[k - i] && n <= j; n++) {
            struct fb_table found = {0};
            enum fb_code code = match(m, regex->left, k, n, env, &found);
            if (code) {
                return code;
            }
            reached[n - i] = reached[n - i] || found.count > 0;
        }
    }
    return reached[j - i] ? add_env(m->ev, env, out) : FB_OK;
}

static enum fb_code match(const struct matcher *m, const struct fb_regex *regex, size_t i, size_t j,
    const struct fb_env *env, struct fb_table *out)
{
    FB_ASSERT(regex && i <= j);
    enum fb_code code = FB_OK;
    switch (regex->kind) {
    case FB_REGEX_STEP:
        return j == i + 1 ? add_env(m->ev, env, out) : FB_OK;
    case FB_REGEX_TEST:
        return i == j ? fb_eval_form(m->ev, regex->test, i, env, out) : FB_OK;
    case FB_REGEX_EITHER:
        code = match(m, regex->left, i, j, env, out);
        return code ? code : match(m, regex->right, i, j, env, out);
    case FB_REGEX_THEN:
        return match_then(m, regex, i, j, env, out);
    case FB_REGEX_STAR:
        return match_star(m, regex, i, j, env, out);
    }
    FB_ASSERT(false);
    return code;
}

enum fb_code fb_eval_match(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    FB_ASSERT(ev && form->regex);
    struct matcher m = {ev, form->kind == FB_FORM_MATCH_PAST};
    size_t from = m.past ? 0 : tp;
    size_t until = m.past ? tp + 1 : ev->trace->time_count;
    for (size_t j = from; j < until; j++) {
        enum fb_code code = FB_OK;
        if (fb_eval_within(ev, form, tp, j)) {
            code = match(&m, form->regex, m.past ? j : tp, m.past ? tp : j, env, out);
        }
        if (code) {
            return code;
        }
    }
    return FB_OK;
}

/* ---- definitions ---- */

/* FREEZE: the tuples at this very time-point. LETPAST: those of every time-point in turn, each of
 * which sees the earlier ones. */
enum fb_code fb_eval_definition(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    FB_ASSERT(ev && form && tp < ev->trace->time_count);
    if (form->unread) {
        return fb_eval_form(ev, form->right, tp, env, out);
    }
    bool frozen = form->kind == FB_FORM_FREEZE;
    size_t count = frozen ? 1 : ev->trace->time_count;
    struct fb_value values[FB_IR_VARS_MAX] = {0};
    struct fb_env none = {.values = values};
    struct fb_eval inner = *ev;
    struct fb_table *tables = FB_ARENA_ARRAY(ev->arena, struct fb_table, count);
    struct fb_defined defined = {form, tables, 0, ev->defined};
    if (!tables) {
        return fb_arena_failed(ev->arena, ev->err);
    }
    inner.defined = frozen ? ev->defined : &defined;
    for (size_t k = 0; k < count; k++) {
        struct fb_table found = {0};
        enum fb_code code = fb_eval_form(&inner, form->left, frozen ? tp : k, &none, &found);
        if (code) {
            return code;
        }
        tables[k] = found;
        defined.count = k + 1;
    }
    inner.defined = &defined;
    return fb_eval_form(&inner, form->right, tp, env, out);
}

enum fb_code fb_eval_defined(const struct fb_eval *ev, const struct fb_form *form, size_t tp,
    const struct fb_env *env, struct fb_table *out)
{
    const struct fb_defined *defined = ev->defined;
    while (defined && defined->form != form->definition) {
        defined = defined->outer;
    }
    FB_ASSERT(defined);
    bool frozen = form->definition->kind == FB_FORM_FREEZE;
    if (!frozen && tp >= defined->count) {
        return FB_OK;
    }
    const struct fb_table *table = &defined->tables[frozen ? 0 : tp];
    for (size_t i = 0; i < table->count; i++) {
        struct fb_value tuple[FB_IR_ARITY_MAX];
        struct fb_value values[FB_IR_VARS_MAX];
        for (size_t k = 0; k < form->term_count; k++) {
            tuple[k] = table->rows[i].values[form->definition->bound[k]];
        }
        memcpy(values, env->values, ev->var_count * sizeof(*values));
        if (!fb_eval_fits(form, tuple, env, values)) {
            continue;
        }
        struct fb_row row = fb_row_new(ev, values);
        if (ev->var_count && !row.values) {
            return fb_arena_failed(ev->arena, ev->err);
        }
        row.why = fb_why_copy(ev, table->rows[i].why);
        fb_row_rests(&row, &table->rows[i]);
        enum fb_code code = fb_table_add(ev, out, row);
        if (code) {
            return code;
        }
    }
    return FB_OK;
}
