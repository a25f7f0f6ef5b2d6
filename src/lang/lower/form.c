#include "base/assert.h"
#include "lang/lower/lower.h"

bool fb_lower_good(const struct fb_lowering *l)
{
    return !l->no_memory && !l->stopped;
}

static void stop(struct fb_lowering *l, const char *what, int most)
{
    if (!l->stopped) {
        fb_complain(l->complaints, FB_E_LIMIT, l->span,
            "Split the rule, or make its definitions smaller.", "a rule has at most %d %s", most,
            what);
    }
    l->stopped = true;
}

void *fb_lower_array(struct fb_lowering *l, size_t count, size_t size)
{
    void *out = l->no_memory ? NULL : fb_arena_array(l->arena, count ? count : 1, size);
    l->no_memory = l->no_memory || !out;
    return out;
}

struct fb_str fb_lower_copy(struct fb_lowering *l, struct fb_str text)
{
    struct fb_str out = {NULL, 0};
    struct fb_err err;
    fb_err_init(&err);
    l->no_memory = l->no_memory || fb_arena_str(l->arena, text, &out, &err) != FB_OK;
    return out;
}

static bool name_taken(const struct fb_lowering *l, struct fb_str name)
{
    for (size_t i = 0; i < l->var_count; i++) {
        if (fb_str_eq(l->vars[i], name)) {
            return true;
        }
    }
    return false;
}

struct fb_term *fb_lower_variable(struct fb_lowering *l, struct fb_str name)
{
    struct fb_term *term = fb_lower_array(l, 1, sizeof(*term));
    if (l->var_count == FB_IR_VARS_MAX) {
        stop(l, "variables", FB_IR_VARS_MAX);
    }
    if (!term || !fb_lower_good(l)) {
        return NULL;
    }
    struct fb_str unique = fb_lower_copy(l, name);
    for (unsigned n = 2; unique.ptr && name_taken(l, unique); n++) {
        unique = fb_arena_printf(l->arena, "%.*s.%u", FB_STR_ARG(name), n);
    }
    l->no_memory = l->no_memory || !unique.ptr;
    *term = (struct fb_term){.kind = FB_TERM_VAR, .var = (uint32_t)l->var_count};
    l->vars[l->var_count++] = unique;
    return term;
}

struct fb_term *fb_lower_find(struct fb_lowering *l, struct fb_str name)
{
    for (size_t i = l->frame; i < l->visible_count; i++) {
        if (fb_str_eq(l->visible[i].name, name)) {
            return l->visible[i].term;
        }
    }
    return NULL;
}

static void show(struct fb_lowering *l, struct fb_str name, struct fb_term *term, bool fresh)
{
    if (l->visible_count == FB_LOWER_NAMES_MAX) {
        stop(l, "names", FB_LOWER_NAMES_MAX);
    }
    if (fb_lower_good(l)) {
        l->visible[l->visible_count++] = (struct fb_visible){name, term, fresh};
    }
}

void fb_lower_introduce(struct fb_lowering *l, const struct fb_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!fb_lower_find(l, names->items[i])) {
            show(l, names->items[i], fb_lower_variable(l, names->items[i]), true);
        }
    }
}

static struct fb_term *constant(struct fb_lowering *l, struct fb_value value)
{
    struct fb_term *term = fb_lower_array(l, 1, sizeof(*term));
    if (term) {
        *term = (struct fb_term){.kind = FB_TERM_CONST, .value = value};
    }
    return term;
}

struct fb_term *fb_lower_text(struct fb_lowering *l, struct fb_str text)
{
    return constant(l, fb_value_str(fb_lower_copy(l, text)));
}

static struct fb_value number(const struct fb_word *word, const struct fb_domain *domain)
{
    uint64_t whole = 0;
    if (domain && domain->type == FB_TYPE_INT && fb_str_u64(word->text, &whole)) {
        return fb_value_int((int64_t)whole);
    }
    return fb_value_float(fb_decimal_to_double(word->number));
}

struct fb_term *fb_lower_term(
    struct fb_lowering *l, const struct fb_word *word, const struct fb_domain *domain)
{
    struct fb_str id = {NULL, 0};
    switch (word->kind) {
    case FB_WORD_VARIABLE:
        return fb_lower_find(l, word->text);
    case FB_WORD_TEXT:
        id = fb_policy_id(domain, word->text, l->arena);
        l->no_memory = l->no_memory || !id.ptr;
        return constant(l, fb_value_str(id));
    case FB_WORD_NUMBER:
        return constant(l, number(word, domain));
    case FB_WORD_DATE:
        return constant(l, fb_value_time(word->date));
    case FB_WORD_TRUTH:
        return constant(l, fb_value_bool(word->truth));
    case FB_WORD_UNKNOWN:
        return constant(l, fb_value_none());
    }
    return NULL;
}

static struct fb_form *new_form(struct fb_lowering *l, enum fb_form_kind kind, struct fb_span span)
{
    if (++l->nodes > FB_POLICY_NODES_MAX) {
        stop(l, "nodes in its formulas", FB_POLICY_NODES_MAX);
    }
    struct fb_form *form = fb_lower_good(l) ? fb_lower_array(l, 1, sizeof(*form)) : NULL;
    if (form) {
        form->kind = kind;
        form->span = span;
        form->interval = (struct fb_interval){0, FB_TIME_MAX};
    }
    return form;
}

struct fb_form *fb_lower_pred(struct fb_lowering *l, uint32_t relation, struct fb_span span)
{
    size_t arity = fb_policy_signature()->relations[relation].arity;
    struct fb_form *form = new_form(l, FB_FORM_PRED, span);
    struct fb_term **terms = fb_lower_array(l, arity, sizeof(struct fb_term *));
    struct fb_term *any = fb_lower_array(l, 1, sizeof(*any));
    if (!form || !terms || !any) {
        return NULL;
    }
    for (size_t i = 0; i < arity; i++) {
        terms[i] = any;
    }
    FB_ASSERT(any->kind == FB_TERM_ANY);
    form->relation = relation;
    form->terms = terms;
    form->term_count = arity;
    return form;
}

void fb_lower_column(struct fb_form *pred, uint32_t column, struct fb_term *term)
{
    if (pred && term) {
        FB_ASSERT(pred->kind == FB_FORM_PRED && column < pred->term_count);
        ((struct fb_term **)(uintptr_t)pred->terms)[column] = term;
    }
}

static struct fb_form *binary(
    struct fb_lowering *l, enum fb_form_kind kind, struct fb_form *a, struct fb_form *b)
{
    struct fb_form *form = a && b ? new_form(l, kind, a->span) : NULL;
    if (form) {
        form->left = a;
        form->right = b;
    }
    return form;
}

struct fb_form *fb_lower_not(struct fb_lowering *l, struct fb_form *form)
{
    struct fb_form *out = form ? new_form(l, FB_FORM_NOT, form->span) : NULL;
    if (out) {
        out->left = form;
    }
    return out;
}

struct fb_form *fb_lower_and(struct fb_lowering *l, struct fb_form *a, struct fb_form *b)
{
    return a && b ? binary(l, FB_FORM_AND, a, b) : a ? a : b;
}

struct fb_form *fb_lower_or(struct fb_lowering *l, struct fb_form *a, struct fb_form *b)
{
    return binary(l, FB_FORM_OR, a, b);
}

struct fb_form *fb_lower_compare(
    struct fb_lowering *l, struct fb_term *a, enum fb_compare compare, struct fb_term *b)
{
    static const enum fb_form_kind kinds[] = {[FB_IS] = FB_FORM_EQ,
        [FB_IS_NOT] = FB_FORM_EQ,
        [FB_BELOW] = FB_FORM_LESS,
        [FB_AT_MOST] = FB_FORM_LESS_EQ,
        [FB_ABOVE] = FB_FORM_LESS,
        [FB_AT_LEAST] = FB_FORM_LESS_EQ};
    bool swapped = compare == FB_ABOVE || compare == FB_AT_LEAST;
    if (a && b && b->kind == FB_TERM_CONST && b->value.type == FB_TYPE_NONE) {
        /* No comparison holds of a missing value, so `a = a` says that a is there. */
        FB_ASSERT(compare == FB_IS || compare == FB_IS_NOT);
        b = a;
        compare = compare == FB_IS ? FB_IS_NOT : FB_IS;
    }
    struct fb_form *form = a && b ? new_form(l, kinds[compare], l->span) : NULL;
    struct fb_term **terms = fb_lower_array(l, 2, sizeof(struct fb_term *));
    if (!form || !terms) {
        return NULL;
    }
    terms[0] = swapped ? b : a;
    terms[1] = swapped ? a : b;
    form->terms = terms;
    form->term_count = 2;
    return compare == FB_IS_NOT ? fb_lower_not(l, form) : form;
}

struct fb_form *fb_lower_exists(
    struct fb_lowering *l, struct fb_form *form, const uint32_t *vars, size_t count)
{
    if (!form || count == 0) {
        return form;
    }
    struct fb_form *out = new_form(l, FB_FORM_EXISTS, form->span);
    uint32_t *bound = fb_lower_array(l, count, sizeof(uint32_t));
    if (!out || !bound) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        bound[i] = vars[i];
    }
    out->left = form;
    out->bound = bound;
    out->bound_count = count;
    return out;
}

/* Ends the visibility of the names from mark on; the variables among them are bound here. */
static struct fb_form *close(struct fb_lowering *l, size_t mark, struct fb_form *form)
{
    uint32_t vars[FB_IR_VARS_MAX];
    size_t count = 0;
    for (size_t i = mark; i < l->visible_count && count < FB_IR_VARS_MAX; i++) {
        if (l->visible[i].fresh && l->visible[i].term) {
            vars[count++] = l->visible[i].term->var;
        }
    }
    l->visible_count = mark;
    return fb_lower_exists(l, form, vars, count);
}

struct fb_form *fb_lower_closed(struct fb_lowering *l, const struct fb_cond *cond)
{
    if (!cond) {
        return NULL;
    }
    struct fb_names names = {.count = 0};
    size_t mark = l->visible_count;
    fb_bindings(cond, &names);
    fb_lower_introduce(l, &names);
    return close(l, mark, fb_lower_condition(l, cond));
}

/* A fact: the record, and comparisons of columns that are not plain equality. */
static struct fb_form *lower_fact(struct fb_lowering *l, const struct fb_cond *cond)
{
    struct fb_form *form = fb_lower_pred(l, cond->relation, cond->span), *pred = form;
    uint32_t fresh[FB_IR_VARS_MAX];
    size_t fresh_count = 0;
    if (!form) {
        return NULL;
    }
    form->occurs = cond->occurs;
    for (const struct fb_fact_field *field = cond->fields; field; field = field->next) {
        const struct fb_domain *domain = fb_policy_domain(cond->relation, field->column);
        struct fb_term *term = fb_lower_term(l, &field->value, domain);
        if (field->compare == FB_IS) {
            fb_lower_column(pred, field->column, term);
            continue;
        }
        struct fb_term *value = fb_lower_variable(
            l, fb_policy_signature()->relations[cond->relation].columns[field->column]);
        if (!value || !term) {
            return NULL;
        }
        fb_lower_column(pred, field->column, value);
        fresh[fresh_count++] = value->var;
        form = binary(l, FB_FORM_AND, form, fb_lower_compare(l, value, field->compare, term));
    }
    return fb_lower_exists(l, form, fresh, fresh_count);
}

struct fb_form *fb_lower_line(struct fb_lowering *l, struct fb_str rule, unsigned statuses,
    struct fb_term *system, struct fb_span span)
{
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {{FB_SAYS_CROSSED, "crossed"}, {FB_SAYS_NOT_RULED_OUT, "not ruled out"},
        {FB_SAYS_RULED_OUT, "ruled out"}};
    int relation = fb_policy_relation("redline");
    struct fb_form *out = NULL;
    struct fb_str full =
        fb_arena_printf(l->arena, "%.*s/%.*s", FB_STR_ARG(l->policy), FB_STR_ARG(rule));
    FB_ASSERT(relation >= 0 && statuses != 0);
    l->no_memory = l->no_memory || !full.ptr;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && fb_lower_good(l); i++) {
        if (!(statuses & words[i].bit)) {
            continue;
        }
        struct fb_form *pred = fb_lower_pred(l, (uint32_t)relation, span);
        fb_lower_column(pred, 0, constant(l, fb_value_str(full)));
        fb_lower_column(pred, 1, system);
        fb_lower_column(pred, 2, fb_lower_text(l, fb_str_of(words[i].word)));
        out = out ? fb_lower_or(l, out, pred) : pred;
    }
    return out;
}

struct fb_form *fb_lower_pace_is(struct fb_lowering *l, struct fb_term *level, struct fb_span span)
{
    int relation = fb_policy_relation("pace");
    FB_ASSERT(relation >= 0);
    struct fb_form *pred = level ? fb_lower_pred(l, (uint32_t)relation, span) : NULL;
    if (pred) {
        fb_lower_column(pred, 0, fb_lower_text(l, l->policy));
        fb_lower_column(pred, 1, level);
    }
    return pred;
}

struct fb_form *fb_lower_pace(struct fb_lowering *l, unsigned levels, struct fb_span span)
{
    static const char *const words[FB_PACE_LEVELS] = {"fast", "normal", "slow"};
    struct fb_form *out = NULL;
    FB_ASSERT(levels != 0 && levels <= FB_LOWER_EVERY_PACE);
    for (unsigned i = 0; i < FB_PACE_LEVELS && fb_lower_good(l); i++) {
        if (levels & (1U << i)) {
            struct fb_form *pred = fb_lower_pace_is(l, fb_lower_text(l, fb_str_of(words[i])), span);
            out = out ? fb_lower_or(l, out, pred) : pred;
        }
    }
    return out;
}

struct fb_form *fb_lower_of(struct fb_lowering *l, const struct fb_item *item, struct fb_term *term)
{
    size_t before = l->visible_count, frame = l->frame;
    struct fb_names names = {.count = 0};
    show(l, item->params->text, term, false);
    l->frame = before;
    size_t mark = l->visible_count;
    fb_bindings(item->condition, &names);
    fb_lower_introduce(l, &names);
    struct fb_form *form = close(l, mark, fb_lower_condition(l, item->condition));
    l->visible_count = before;
    l->frame = frame;
    return form;
}

/* A definition in place of its use. */
static struct fb_form *lower_call(struct fb_lowering *l, const struct fb_cond *cond)
{
    const struct fb_item *item = cond->named;
    size_t before = l->visible_count, frame = l->frame;
    struct fb_names names = {.count = 0};
    const struct fb_word *param = item->params;
    FB_ASSERT(item->kind == FB_ITEM_LET);
    for (const struct fb_word *arg = cond->args; arg; arg = arg->next, param = param->next) {
        /* Names are shown after the last argument is found, which the caller's frame still has. */
        show(l, param->text, fb_lower_term(l, arg, NULL), false);
    }
    l->frame = before;
    size_t mark = l->visible_count;
    fb_bindings(item->condition, &names);
    fb_lower_introduce(l, &names);
    struct fb_form *form = close(l, mark, fb_lower_condition(l, item->condition));
    l->visible_count = before;
    l->frame = frame;
    return form;
}

/* True for parts that only filter what others bind. */
static bool is_filter(const struct fb_cond *cond)
{
    return cond->kind == FB_COND_NOT || cond->kind == FB_COND_COMPARE;
}

/* `and`: what binds comes first, so that every filter has its variables. */
static struct fb_form *lower_all(struct fb_lowering *l, const struct fb_cond *cond)
{
    struct fb_form *out = NULL;
    for (int filters = 0; filters < 2; filters++) {
        for (const struct fb_cond *part = cond->parts; part; part = part->next) {
            if (is_filter(part) == (filters == 1)) {
                struct fb_form *form = fb_lower_condition(l, part);
                out = out ? binary(l, FB_FORM_AND, out, form) : form;
            }
        }
    }
    return out;
}

/* `or`, as a balanced tree so that long lists stay flat. */
static struct fb_form *lower_any(struct fb_lowering *l, const struct fb_cond *part, size_t count)
{
    if (count == 1) {
        return fb_lower_closed(l, part);
    }
    size_t half = count / 2;
    struct fb_form *left = lower_any(l, part, half);
    for (size_t i = 0; i < half; i++) {
        part = part->next;
    }
    return fb_lower_or(l, left, lower_any(l, part, count - half));
}

struct fb_form *fb_lower_condition(struct fb_lowering *l, const struct fb_cond *cond)
{
    size_t count = 0;
    if (!fb_lower_good(l)) {
        return NULL;
    }
    switch (cond->kind) {
    case FB_COND_ALL:
        return lower_all(l, cond);
    case FB_COND_ANY:
        for (const struct fb_cond *part = cond->parts; part; part = part->next) {
            count++;
        }
        return lower_any(l, cond->parts, count);
    case FB_COND_NOT:
        return fb_lower_not(l, fb_lower_closed(l, cond->parts));
    case FB_COND_FACT:
        return lower_fact(l, cond);
    case FB_COND_CALL:
        return lower_call(l, cond);
    case FB_COND_LINE:
        return fb_lower_line(l, cond->name, cond->statuses,
            fb_lower_term(l, cond->args,
                fb_policy_domain((uint32_t)fb_policy_relation("redline"), (uint32_t)1)),
            cond->span);
    case FB_COND_PACE:
        l->asks_pace = true;
        return fb_lower_pace(l, cond->statuses, cond->span);
    case FB_COND_COMPARE:
        return fb_lower_compare(l, fb_lower_find(l, cond->left.text), cond->compare,
            fb_lower_term(l, &cond->right, cond->domain));
    }
    return NULL;
}
