/* The grammar of MonPoly formulas. */
#include <string.h>

#include "base/assert.h"
#include "engine/pattern.h"
#include "lang/monpoly_tree.h"

/* Each nesting of a formula takes up to six calls. */
enum {
    NAMES_MAX = 64,
    TERMS_MAX = FB_IR_ARITY_MAX,
    CALLS_MAX = 6 * FB_IR_DEPTH_MAX,
    TREE_DEPTH_MAX = 400
};

struct parser {
    struct fb_mscan scan;
    struct fb_mtoken token; /* the next one */
    struct fb_arena *arena;
    struct fb_err *err;
    size_t depth;
};

static void advance(struct parser *p)
{
    p->token = fb_mscan_next(&p->scan);
}

static bool is(const struct parser *p, const char *text)
{
    return (p->token.kind == FB_MTOKEN_SIGN || p->token.kind == FB_MTOKEN_NAME) &&
           fb_str_is(p->token.text, text);
}

static bool take(struct parser *p, const char *text)
{
    bool here = is(p, text);
    if (here) {
        advance(p);
    }
    return here;
}

static enum fb_code refuse(struct parser *p, enum fb_code code, const char *message)
{
    return fb_mtoken_refuse(&p->token, code, p->err, message);
}

static enum fb_code expect(struct parser *p, const char *text, const char *message)
{
    return take(p, text) ? FB_OK : refuse(p, FB_E_SYNTAX, message);
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool reserved(struct fb_str name)
{
    static const char *const words[] = {"AND", "OR", "NOT", "IMPLIES", "EQUIV", "EXISTS", "FORALL",
        "SINCE", "UNTIL", "TRIGGER", "RELEASE", "TRUE", "FALSE", "LET", "LETPAST", "FRZ", "IN",
        "MOD", "ONCE", "NEXT", "PREVIOUS", "PREV", "EVENTUALLY", "SOMETIMES", "ALWAYS",
        "HISTORICALLY", "PAST_ALWAYS", "SUBSTRING", "MATCHES", "FORWARD", "MATCHF", "BACKWARD",
        "MATCHP"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (fb_str_is(name, words[i])) {
            return true;
        }
    }
    return false;
}

/* Words that stand between formulas. */
static bool joins(struct fb_str name)
{
    static const char *const words[] = {
        "AND", "OR", "IMPLIES", "EQUIV", "SINCE", "UNTIL", "TRIGGER", "RELEASE", "IN", "MOD"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (fb_str_is(name, words[i])) {
            return true;
        }
    }
    return false;
}

static bool at_name(const struct parser *p)
{
    return p->token.kind == FB_MTOKEN_NAME && !reserved(p->token.text);
}

static enum fb_code take_name(struct parser *p, struct fb_str *out)
{
    if (!at_name(p)) {
        return refuse(p, FB_E_SYNTAX, "expected a name");
    }
    *out = p->token.text;
    advance(p);
    return FB_OK;
}

/* Names with commas between them, at least one. */
static enum fb_code take_names(struct parser *p, struct fb_mnames *out)
{
    out->items = FB_ARENA_ARRAY(p->arena, struct fb_str, NAMES_MAX);
    if (!out->items) {
        return fb_arena_failed(p->arena, p->err);
    }
    do {
        if (out->count >= NAMES_MAX) {
            return refuse(p, FB_E_LIMIT, "too many names");
        }
        enum fb_code code = take_name(p, &out->items[out->count]);
        if (code) {
            return code;
        }
        out->count++;
    } while (take(p, ","));
    return FB_OK;
}

static enum fb_code enter(struct parser *p)
{
    if (p->depth++ >= CALLS_MAX) {
        return refuse(p, FB_E_LIMIT, "a formula is nested too deeply");
    }
    return FB_OK;
}

/* ---- terms ---- */

static enum fb_code parse_sum(struct parser *p, struct fb_mterm **out);

static enum fb_code new_term(struct parser *p, enum fb_term_kind kind, struct fb_mterm *a,
    struct fb_mterm *b, struct fb_mterm **out)
{
    struct fb_mterm *term = FB_ARENA_NEW(p->arena, struct fb_mterm);
    if (!term) {
        return fb_arena_failed(p->arena, p->err);
    }
    *term = (struct fb_mterm){.kind = kind, .args = {a, b}};
    *out = term;
    return FB_OK;
}

static enum fb_code parse_inside(struct parser *p, struct fb_mterm **out)
{
    enum fb_code code = expect(p, "(", "expected '('");
    code = code ? code : parse_sum(p, out);
    return code ? code : expect(p, ")", "expected ')'");
}

/* The kind of a function; false when there is none of this name. s2r and r2s change nothing: a
 * pattern is a string. */
static bool function_kind(struct fb_str name, enum fb_term_kind *out)
{
    static const struct {
        const char *name;
        enum fb_term_kind kind;
    } table[] = {{"i2f", FB_TERM_TO_FLOAT}, {"f2i", FB_TERM_TO_INT}, {"i2s", FB_TERM_TO_STRING},
        {"f2s", FB_TERM_TO_STRING}, {"s2i", FB_TERM_READ_INT}, {"s2f", FB_TERM_READ_FLOAT},
        {"DAY_OF_MONTH", FB_TERM_DAY_OF_MONTH}, {"MONTH", FB_TERM_MONTH}, {"YEAR", FB_TERM_YEAR},
        {"FORMAT_DATE", FB_TERM_DATE}, {"r2s", FB_TERM_VAR}, {"s2r", FB_TERM_VAR}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (fb_str_is(name, table[i].name)) {
            *out = table[i].kind;
            return true;
        }
    }
    return false;
}

static enum fb_code parse_named_term(struct parser *p, struct fb_mterm **out)
{
    struct fb_str name;
    struct fb_mterm *inside = NULL;
    enum fb_term_kind kind = FB_TERM_VAR;
    enum fb_code code = take_name(p, &name);
    if (code) {
        return code;
    }
    if (is(p, "(")) {
        if (!function_kind(name, &kind)) {
            return refuse(p, FB_E_SYNTAX, "there is no such function");
        }
        code = parse_inside(p, &inside);
        if (code || kind == FB_TERM_VAR) {
            *out = inside;
            return code;
        }
        return new_term(p, kind, inside, NULL, out);
    }
    code = new_term(p, fb_str_is(name, "_") ? FB_TERM_ANY : FB_TERM_VAR, NULL, NULL, out);
    if (code == FB_OK) {
        (*out)->name = name;
    }
    return code;
}

static enum fb_code parse_factor(struct parser *p, struct fb_mterm **out)
{
    struct fb_mtoken token = p->token;
    struct fb_value value = fb_value_str(token.text);
    enum fb_code code = enter(p);
    if (code) {
        return code;
    }
    bool text = token.kind == FB_MTOKEN_STRING || token.kind == FB_MTOKEN_PATTERN;
    if (token.kind == FB_MTOKEN_NUMBER || text) {
        code = token.kind == FB_MTOKEN_NUMBER ? fb_mtoken_value(&token, &value, p->err) : FB_OK;
        code = code ? code : new_term(p, FB_TERM_CONST, NULL, NULL, out);
        if (code == FB_OK) {
            (*out)->value = value;
            advance(p);
        }
    } else if (take(p, "-")) {
        struct fb_mterm *inside = NULL;
        code = parse_factor(p, &inside);
        code = code ? code : new_term(p, FB_TERM_NEG, inside, NULL, out);
    } else {
        code = is(p, "(") ? parse_inside(p, out) : parse_named_term(p, out);
    }
    p->depth--;
    return code;
}

static enum fb_code parse_product(struct parser *p, struct fb_mterm **out)
{
    enum fb_code code = parse_factor(p, out);
    while (code == FB_OK && (is(p, "*") || is(p, "/") || is(p, "MOD"))) {
        enum fb_term_kind kind = is(p, "*")   ? FB_TERM_MUL
                                 : is(p, "/") ? FB_TERM_QUOTIENT
                                              : FB_TERM_REMAINDER;
        struct fb_mterm *right = NULL;
        advance(p);
        code = parse_factor(p, &right);
        code = code ? code : new_term(p, kind, *out, right, out);
    }
    return code;
}

static enum fb_code parse_sum(struct parser *p, struct fb_mterm **out)
{
    enum fb_code code = parse_product(p, out);
    while (code == FB_OK && (is(p, "+") || is(p, "-"))) {
        enum fb_term_kind kind = is(p, "+") ? FB_TERM_ADD : FB_TERM_SUB;
        struct fb_mterm *right = NULL;
        advance(p);
        code = parse_product(p, &right);
        code = code ? code : new_term(p, kind, *out, right, out);
    }
    return code;
}

/* ---- formulas ---- */

static enum fb_code parse_formula(struct parser *p, struct fb_mnode **out);
static enum fb_code parse_binary(struct parser *p, int level, struct fb_mnode **out);
static enum fb_code parse_unary(struct parser *p, struct fb_mnode **out);

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Whatever walks a tree is bounded by its size and depth. EQUIV shares its sides, so that few words
 * could stand for a tree without end. */
static enum fb_code within_limits(struct parser *p, size_t size, size_t depth)
{
    if (size > FB_MONPOLY_NODES_MAX) {
        return refuse(p, FB_E_LIMIT, "a formula is too large");
    }
    return depth > TREE_DEPTH_MAX ? refuse(p, FB_E_LIMIT, "a formula is nested too deeply") : FB_OK;
}

static enum fb_code new_node(struct parser *p, int kind, struct fb_mnode *left,
    struct fb_mnode *right, struct fb_mnode **out)
{
    struct fb_mnode *node = FB_ARENA_NEW(p->arena, struct fb_mnode);
    if (!node) {
        return fb_arena_failed(p->arena, p->err);
    }
    *node = (struct fb_mnode){.kind = kind,
        .token = p->token,
        .left = left,
        .right = right,
        .interval = {0, FB_TIME_MAX},
        .size = 1 + (left ? left->size : 0) + (right ? right->size : 0),
        .depth = 1 + larger(left ? left->depth : 0, right ? right->depth : 0)};
    *out = node;
    return within_limits(p, node->size, node->depth);
}

/* True when a negation stands in a chain of OR, as in what IMPLIES is. */
static bool has_negation(const struct fb_mnode *node)
{
    return node->kind == FB_FORM_NOT ||
           (node->kind == FB_FORM_OR && (has_negation(node->left) || has_negation(node->right)));
}

/* Two negations are none, and that of a choice which has one is moved inwards: so what it negates
 * binds its variables, and FORALL over IMPLIES can be monitored. */
static enum fb_code negate(struct parser *p, struct fb_mnode **node)
{
    FB_ASSERT(*node);
    if ((*node)->kind == FB_FORM_NOT) {
        *node = (*node)->left;
        return FB_OK;
    }
    if ((*node)->kind == FB_FORM_OR && has_negation(*node)) {
        struct fb_mnode *left = (*node)->left;
        struct fb_mnode *right = (*node)->right;
        enum fb_code code = negate(p, &left);
        code = code ? code : negate(p, &right);
        return code ? code : new_node(p, FB_FORM_AND, left, right, node);
    }
    return new_node(p, FB_FORM_NOT, *node, NULL, node);
}

/* A bound of an interval in seconds; units s, m, h and d. */
static enum fb_code parse_bound(struct parser *p, int64_t *out)
{
    struct fb_str digits = p->token.text;
    int64_t unit = 1;
    char last = digits.len ? digits.ptr[digits.len - 1] : '\0';
    if (p->token.kind == FB_MTOKEN_NUMBER && !digit(last)) {
        unit = last == 's' ? 1 : last == 'm' ? 60 : last == 'h' ? 3600 : last == 'd' ? 86400 : 0;
        digits.len--;
    }
    uint64_t n;
    int64_t seconds;
    if (p->token.kind != FB_MTOKEN_NUMBER || unit == 0 || !fb_str_u64(digits, &n) ||
        n > INT64_MAX / 2 || __builtin_mul_overflow((int64_t)n, unit, &seconds)) {
        return refuse(p, FB_E_SYNTAX, "expected a number of seconds");
    }
    *out = seconds;
    advance(p);
    return FB_OK;
}

/* "[a,b]", with round brackets for bounds that are left out; "*" for no upper bound. */
static enum fb_code parse_interval(struct parser *p, struct fb_interval *out)
{
    struct fb_interval interval = {0, FB_TIME_MAX};
    bool open_low = is(p, "(");
    struct parser before = *p;
    if (!open_low && !is(p, "[")) {
        return FB_OK;
    }
    advance(p);
    if (open_low && p->token.kind != FB_MTOKEN_NUMBER) {
        *p = before; /* a formula in brackets */
        return FB_OK;
    }
    struct fb_err quiet;
    fb_err_init(&quiet);
    p->err = open_low ? &quiet : p->err;
    enum fb_code code = parse_bound(p, &interval.low);
    p->err = before.err;
    if (open_low && (code || !is(p, ","))) {
        *p = before; /* a term in brackets */
        return FB_OK;
    }
    interval.low += open_low ? 1 : 0;
    code = code ? code : expect(p, ",", "expected ','");
    if (code == FB_OK && !take(p, "*")) {
        code = parse_bound(p, &interval.high);
    }
    if (code) {
        return code;
    }
    if (take(p, ")")) {
        interval.high -= interval.high == FB_TIME_MAX ? 0 : 1;
    } else if (!take(p, "]")) {
        return refuse(p, FB_E_SYNTAX, "expected ']' or ')'");
    }
    *out = interval;
    return FB_OK;
}

static int temporal_kind(struct fb_str name)
{
    static const struct {
        const char *name;
        int kind;
    } table[] = {{"PREVIOUS", FB_FORM_PREVIOUS}, {"PREV", FB_FORM_PREVIOUS}, {"NEXT", FB_FORM_NEXT},
        {"ONCE", FB_FORM_ONCE}, {"EVENTUALLY", FB_FORM_EVENTUALLY},
        {"SOMETIMES", FB_FORM_EVENTUALLY}, {"ALWAYS", FB_FORM_ALWAYS},
        {"HISTORICALLY", FB_FORM_HISTORICALLY}, {"PAST_ALWAYS", FB_FORM_HISTORICALLY}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (fb_str_is(name, table[i].name)) {
            return table[i].kind;
        }
    }
    return -1;
}

static enum fb_code parse_temporal(struct parser *p, int kind, struct fb_mnode **out)
{
    struct fb_interval interval = {0, FB_TIME_MAX};
    struct fb_mnode *inside = NULL;
    advance(p);
    enum fb_code code = parse_interval(p, &interval);
    code = code ? code : parse_binary(p, 0, &inside);
    code = code ? code : new_node(p, kind, inside, NULL, out);
    if (code == FB_OK) {
        (*out)->interval = interval;
    }
    return code;
}

/* "EXISTS x, y. f"; "FORALL x. f" is "NOT EXISTS x. NOT f". */
static enum fb_code parse_quantifier(struct parser *p, struct fb_mnode **out)
{
    bool all = is(p, "FORALL");
    struct fb_mnames names = {0};
    struct fb_mnode *inside = NULL;
    advance(p);
    enum fb_code code = take_names(p, &names);
    code = code ? code : expect(p, ".", "expected '.'");
    code = code ? code : parse_binary(p, 0, &inside);
    if (code == FB_OK && all) {
        code = negate(p, &inside);
    }
    code = code ? code : new_node(p, FB_FORM_EXISTS, inside, NULL, out);
    if (code == FB_OK) {
        (*out)->names = names;
        code = all ? negate(p, out) : FB_OK;
    }
    return code;
}

static enum fb_code check_parameters(struct parser *p, const struct fb_mnames *names)
{
    for (size_t i = 0; i < names->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (fb_str_eq(names->items[i], names->items[k])) {
                return refuse(p, FB_E_SYNTAX, "a parameter is named twice before");
            }
        }
    }
    return FB_OK;
}

/* "LET p(x, y) = f IN g", and so LETPAST and FRZ. */
static enum fb_code parse_let(struct parser *p, int kind, struct fb_mnode **out)
{
    struct fb_str name;
    struct fb_mnames names = {0};
    struct fb_mnode *what = NULL;
    struct fb_mnode *in = NULL;
    struct fb_mtoken start = p->token;
    advance(p);
    enum fb_code code = take_name(p, &name);
    code = code ? code : expect(p, "(", "expected '('");
    if (code == FB_OK && !is(p, ")")) {
        code = take_names(p, &names);
    }
    code = code ? code : check_parameters(p, &names);
    code = code ? code : expect(p, ")", "expected ')'");
    code = code ? code : expect(p, "=", "expected '='");
    code = code ? code : parse_formula(p, &what);
    code = code ? code : expect(p, "IN", "expected IN");
    code = code ? code : parse_formula(p, &in);
    code = code ? code : new_node(p, kind, what, in, out);
    if (code == FB_OK) {
        (*out)->name = name;
        (*out)->names = names;
        (*out)->token = start;
    }
    return code;
}

static bool agg_kind(struct fb_str name, enum fb_agg_kind *out)
{
    static const char *const names[] = {"CNT", "SUM", "AVG", "MIN", "MAX", "MED"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (fb_str_is(name, names[i])) {
            *out = (enum fb_agg_kind)i;
            return true;
        }
    }
    return false;
}

/* "t <- SUM x; y, z f": what stands after "t <-". */
static enum fb_code parse_aggregate(struct parser *p, struct fb_str result, struct fb_mnode **out)
{
    enum fb_agg_kind agg;
    struct fb_str over = {NULL, 0};
    struct fb_mnames groups = {0};
    struct fb_mnode *inside = NULL;
    if (!agg_kind(p->token.text, &agg)) {
        return refuse(p, FB_E_SYNTAX, "expected CNT, SUM, AVG, MIN, MAX or MED");
    }
    advance(p);
    enum fb_code code = take_name(p, &over);
    if (code == FB_OK && take(p, ";") && at_name(p)) { /* MonPoly takes no names, too */
        code = take_names(p, &groups);
    }
    code = code ? code : parse_formula(p, &inside);
    code = code ? code : new_node(p, FB_FORM_AGGREGATE, inside, NULL, out);
    if (code == FB_OK) {
        (*out)->name = result;
        (*out)->over = over;
        (*out)->agg = agg;
        (*out)->names = groups;
    }
    return code;
}

static enum fb_code new_terms(struct parser *p, struct fb_mnode *node, size_t max)
{
    node->terms = FB_ARENA_ARRAY(p->arena, struct fb_mterm *, max);
    return node->terms ? FB_OK : fb_arena_failed(p->arena, p->err);
}

/* Variables of a predicate whose names begin with "_" exist only there. */
static enum fb_code hide_names(struct parser *p, struct fb_mnode **node)
{
    struct fb_mnames names = {FB_ARENA_ARRAY(p->arena, struct fb_str, TERMS_MAX), 0};
    struct fb_mnode *pred = *node;
    if (!names.items) {
        return fb_arena_failed(p->arena, p->err);
    }
    for (size_t i = 0; i < pred->term_count; i++) {
        const struct fb_mterm *term = pred->terms[i];
        bool known = term->kind != FB_TERM_VAR || term->name.ptr[0] != '_';
        for (size_t k = 0; k < names.count; k++) {
            known = known || fb_str_eq(names.items[k], term->name);
        }
        if (!known) {
            names.items[names.count++] = term->name;
        }
    }
    if (names.count == 0) {
        return FB_OK;
    }
    enum fb_code code = new_node(p, FB_FORM_EXISTS, pred, NULL, node);
    if (code == FB_OK) {
        (*node)->names = names;
    }
    return code;
}

/* "p(x, 3, _)"; the name was read. */
static enum fb_code parse_predicate(struct parser *p, struct fb_mtoken name, struct fb_mnode **out)
{
    enum fb_code code = new_node(p, FB_FORM_PRED, NULL, NULL, out);
    code = code ? code : new_terms(p, *out, TERMS_MAX);
    code = code ? code : expect(p, "(", "expected '('");
    if (code) {
        return code;
    }
    struct fb_mnode *node = *out;
    node->name = name.text;
    node->token = name;
    while (code == FB_OK && !is(p, ")")) {
        if (node->term_count >= TERMS_MAX) {
            return refuse(p, FB_E_LIMIT, "too many columns");
        }
        code = parse_sum(p, &node->terms[node->term_count]);
        node->term_count += code == FB_OK ? 1 : 0;
        if (code == FB_OK && !take(p, ",") && !is(p, ")")) {
            code = refuse(p, FB_E_SYNTAX, "expected ',' or ')'");
        }
    }
    code = code ? code : expect(p, ")", "expected ')'");
    return code ? code : hide_names(p, out);
}

/* What stands between the terms of a comparison; a and b change places for > and >=. */
static int comparison_kind(struct parser *p, bool *swap, bool *negated)
{
    *swap = is(p, ">") || is(p, ">=");
    *negated = is(p, "<>");
    if (is(p, "=") || *negated) {
        return FB_FORM_EQ;
    }
    if (is(p, "<") || is(p, ">")) {
        return FB_FORM_LESS;
    }
    if (is(p, "SUBSTRING") || is(p, "MATCHES")) {
        return is(p, "MATCHES") ? FB_FORM_MATCHES : FB_FORM_SUBSTRING;
    }
    return is(p, "<=") || is(p, ">=") ? FB_FORM_LESS_EQ : -1;
}

/* What was read as the right side of MATCHES: a pattern that is written out must be one. */
static enum fb_code check_pattern(
    struct parser *p, const struct fb_mterm *term, const struct fb_mtoken *token)
{
    struct fb_pattern *pattern = NULL;
    if (term->kind != FB_TERM_CONST || term->value.type != FB_TYPE_STRING) {
        return FB_OK;
    }
    enum fb_code code = fb_pattern_new(term->value.u.text, &pattern, p->err);
    if (code) {
        fb_err_place(p->err, NULL, token->line, token->column, -1);
    }
    fb_pattern_free(pattern);
    return code;
}

/* "(x, _, "a")" behind a pattern: what its groups are. */
static enum fb_code parse_groups(struct parser *p, struct fb_mnode *node)
{
    enum fb_code code = FB_OK;
    if (!take(p, "(")) {
        return FB_OK;
    }
    while (code == FB_OK && !is(p, ")")) {
        if (node->term_count >= 2 + FB_PATTERN_GROUPS_MAX) {
            return refuse(p, FB_E_LIMIT, "too many groups");
        }
        code = parse_sum(p, &node->terms[node->term_count]);
        node->term_count += code == FB_OK ? 1 : 0;
        if (code == FB_OK && !take(p, ",") && !is(p, ")")) {
            code = refuse(p, FB_E_SYNTAX, "expected ',' or ')'");
        }
    }
    return code ? code : expect(p, ")", "expected ')'");
}

/* A comparison, when one stands here; *out stays NULL otherwise, and nothing is consumed. */
static enum fb_code try_comparison(struct parser *p, struct fb_mnode **out)
{
    struct parser before = *p;
    struct fb_err quiet;
    struct fb_mterm *a = NULL;
    struct fb_mterm *b = NULL;
    bool swap = false;
    bool negated = false;
    fb_err_init(&quiet);
    p->err = &quiet;
    enum fb_code code = parse_sum(p, &a);
    p->err = before.err;
    int kind = code == FB_OK ? comparison_kind(p, &swap, &negated) : -1;
    if (kind < 0) {
        *p = before;
        return code == FB_E_NOMEM ? fb_arena_failed(p->arena, p->err) : FB_OK;
    }
    advance(p);
    struct fb_mtoken second = p->token;
    code = parse_sum(p, &b);
    code = code ? code : new_node(p, kind, NULL, NULL, out);
    code = code ? code : new_terms(p, *out, 2 + FB_PATTERN_GROUPS_MAX);
    if (code) {
        return code;
    }
    (*out)->terms[0] = swap ? b : a;
    (*out)->terms[1] = swap ? a : b;
    (*out)->term_count = 2;
    if (kind == FB_FORM_MATCHES) {
        code = check_pattern(p, b, &second);
        return code ? code : parse_groups(p, *out);
    }
    return negated ? negate(p, out) : FB_OK;
}

/* ---- regular expressions ---- */

/* MATCH_FUTURE or MATCH_PAST where their sign stands, else 0. */
static int match_kind(const struct parser *p)
{
    if (is(p, "|>") || is(p, "FORWARD") || is(p, "MATCHF") || is(p, "\xe2\x96\xb7")) {
        return FB_FORM_MATCH_FUTURE;
    }
    bool past = is(p, "<|") || is(p, "BACKWARD") || is(p, "MATCHP") || is(p, "\xe2\x97\x81");
    return past ? FB_FORM_MATCH_PAST : 0;
}

static enum fb_code parse_regex(struct parser *p, int match, struct fb_mregex **out);

static enum fb_code new_regex(struct parser *p, struct fb_mregex content, struct fb_mregex **out)
{
    struct fb_mregex *regex = FB_ARENA_NEW(p->arena, struct fb_mregex);
    if (!regex) {
        return fb_arena_failed(p->arena, p->err);
    }
    const struct fb_mregex *left = content.left;
    const struct fb_mregex *right = content.right;
    *regex = content;
    regex->size = 1 + (content.test ? content.test->size : 0) + (left ? left->size : 0) +
                  (right ? right->size : 0);
    regex->depth = 1 + larger(content.test ? content.test->depth : 0,
                           larger(left ? left->depth : 0, right ? right->depth : 0));
    *out = regex;
    return within_limits(p, regex->size, regex->depth);
}

/* "f?" tests; "f" tests and makes a step, which comes before it in the past. */
static enum fb_code test_of(
    struct parser *p, int match, struct fb_mnode *formula, struct fb_mregex **out)
{
    struct fb_mregex *test = NULL;
    struct fb_mregex *step = NULL;
    bool past = match == FB_FORM_MATCH_PAST;
    enum fb_code code =
        new_regex(p, (struct fb_mregex){.kind = FB_REGEX_TEST, .test = formula}, &test);
    if (code || take(p, "?")) {
        *out = test;
        return code;
    }
    code = new_regex(p, (struct fb_mregex){.kind = FB_REGEX_STEP}, &step);
    return code ? code
                : new_regex(p,
                      (struct fb_mregex){.kind = FB_REGEX_THEN,
                          .left = past ? step : test,
                          .right = past ? test : step},
                      out);
}

/* ".", a formula, or an expression in brackets, which is read as a formula where it can be. */
static enum fb_code parse_atom(struct parser *p, int match, struct fb_mregex **out)
{
    struct fb_mnode *formula = NULL;
    enum fb_code code = enter(p);
    if (code) {
        return code;
    }
    if (take(p, ".")) {
        code = new_regex(p, (struct fb_mregex){.kind = FB_REGEX_STEP}, out);
    } else {
        struct parser before = *p;
        struct fb_err quiet;
        fb_err_init(&quiet);
        bool group = is(p, "(");
        p->err = group ? &quiet : p->err;
        code = parse_unary(p, &formula);
        p->err = before.err;
        if (code == FB_OK) {
            code = test_of(p, match, formula, out);
        } else if (group && code != FB_E_NOMEM) {
            *p = before;
            advance(p);
            code = parse_regex(p, match, out);
            code = code ? code : expect(p, ")", "expected ')' or a regular expression");
        } else if (group) {
            code = fb_arena_failed(p->arena, p->err);
        }
    }
    while (code == FB_OK && take(p, "*")) {
        code = new_regex(p, (struct fb_mregex){.kind = FB_REGEX_STAR, .left = *out}, out);
    }
    p->depth--;
    return code;
}

/* True where another atom can begin. */
static bool atom_here(const struct parser *p)
{
    if (p->token.kind == FB_MTOKEN_SIGN) {
        return is(p, ".") || is(p, "(") || is(p, "-") || match_kind(p);
    }
    return (p->token.kind == FB_MTOKEN_NAME && !joins(p->token.text)) ||
           p->token.kind == FB_MTOKEN_NUMBER || p->token.kind == FB_MTOKEN_STRING;
}

/* Atoms one after the other, and "+" between alternatives. */
static enum fb_code parse_regex(struct parser *p, int match, struct fb_mregex **out)
{
    struct fb_mregex *right = NULL;
    enum fb_code code = parse_atom(p, match, out);
    while (code == FB_OK && atom_here(p)) {
        code = parse_atom(p, match, &right);
        code = code ? code
                    : new_regex(p,
                          (struct fb_mregex){.kind = FB_REGEX_THEN, .left = *out, .right = right},
                          out);
    }
    if (code == FB_OK && take(p, "+")) {
        code = enter(p);
        code = code ? code : parse_regex(p, match, &right);
        code = code ? code
                    : new_regex(p,
                          (struct fb_mregex){.kind = FB_REGEX_EITHER, .left = *out, .right = right},
                          out);
        p->depth--;
    }
    return code;
}

static enum fb_code parse_match(struct parser *p, int kind, struct fb_mnode **out)
{
    struct fb_interval interval = {0, FB_TIME_MAX};
    struct fb_mregex *regex = NULL;
    struct fb_mtoken start = p->token;
    advance(p);
    enum fb_code code = parse_interval(p, &interval);
    code = code ? code : parse_regex(p, kind, &regex);
    code = code ? code : new_node(p, kind, NULL, NULL, out);
    if (code == FB_OK) {
        (*out)->interval = interval;
        (*out)->regex = regex;
        (*out)->token = start;
        (*out)->size += regex->size;
        (*out)->depth += regex->depth;
    }
    return code;
}

static enum fb_code parse_primary(struct parser *p, struct fb_mnode **out)
{
    if (is(p, "TRUE") || is(p, "FALSE")) {
        bool truth = take(p, "TRUE");
        if (!truth) {
            advance(p);
        }
        return new_node(p, truth ? FB_FORM_TRUE : FB_FORM_FALSE, NULL, NULL, out);
    }
    enum fb_code code = try_comparison(p, out);
    if (code || *out) {
        return code;
    }
    if (take(p, "(")) {
        code = parse_formula(p, out);
        return code ? code : expect(p, ")", "expected ')'");
    }
    struct fb_mtoken name = p->token;
    struct fb_str text = {NULL, 0};
    code = take_name(p, &text);
    if (code) {
        return code;
    }
    return take(p, "<-") ? parse_aggregate(p, text, out) : parse_predicate(p, name, out);
}

static enum fb_code parse_unary(struct parser *p, struct fb_mnode **out)
{
    enum fb_code code = enter(p);
    if (code) {
        return code;
    }
    int temporal = p->token.kind == FB_MTOKEN_NAME ? temporal_kind(p->token.text) : -1;
    if (take(p, "NOT")) {
        code = parse_unary(p, out);
        code = code ? code : negate(p, out);
    } else if (temporal >= 0) {
        code = parse_temporal(p, temporal, out);
    } else if (is(p, "EXISTS") || is(p, "FORALL")) {
        code = parse_quantifier(p, out);
    } else if (is(p, "LET") || is(p, "LETPAST") || is(p, "FRZ")) {
        code = parse_let(p,
            is(p, "LET")   ? FB_MNODE_LET
            : is(p, "FRZ") ? FB_FORM_FREEZE
                           : FB_FORM_LETPAST,
            out);
    } else if (match_kind(p)) {
        code = parse_match(p, match_kind(p), out);
    } else {
        code = parse_primary(p, out);
    }
    p->depth--;
    return code;
}

/* EQUIV of two sides: both or neither. */
static enum fb_code join_equiv(
    struct parser *p, struct fb_mnode *a, struct fb_mnode *b, struct fb_mnode **out)
{
    struct fb_mnode *both = NULL;
    struct fb_mnode *neither = NULL;
    struct fb_mnode *not_a = a;
    struct fb_mnode *not_b = b;
    enum fb_code code = new_node(p, FB_FORM_AND, a, b, &both);
    code = code ? code : negate(p, &not_a);
    code = code ? code : negate(p, &not_b);
    code = code ? code : new_node(p, FB_FORM_AND, not_a, not_b, &neither);
    return code ? code : new_node(p, FB_FORM_OR, both, neither, out);
}

static enum fb_code join(struct parser *p, int level, struct fb_mnode *left, struct fb_mnode *right,
    struct fb_mnode **out)
{
    if (level == 0) {
        return join_equiv(p, left, right, out);
    }
    if (level == 1) {
        enum fb_code code = negate(p, &left);
        return code ? code : new_node(p, FB_FORM_OR, left, right, out);
    }
    return new_node(p, level == 2 ? FB_FORM_OR : FB_FORM_AND, left, right, out);
}

/* EQUIV, IMPLIES (to the right), OR, AND: levels 0 to 3. */
static enum fb_code parse_binary(struct parser *p, int level, struct fb_mnode **out)
{
    static const char *const words[] = {"EQUIV", "IMPLIES", "OR", "AND"};
    if (level == 4) {
        return parse_unary(p, out);
    }
    enum fb_code code = enter(p);
    code = code ? code : parse_binary(p, level + 1, out);
    while (code == FB_OK && take(p, words[level])) {
        struct fb_mnode *right = NULL;
        code = parse_binary(p, level == 1 ? level : level + 1, &right);
        code = code ? code : join(p, level, *out, right, out);
    }
    p->depth--;
    return code;
}

/* "a TRIGGER b" is "NOT (NOT a SINCE NOT b)", and RELEASE so with UNTIL; where the interval begins
 * at 0 that has b in it, which is written out so that it binds. */
static enum fb_code dual(struct parser *p, struct fb_mnode *right, struct fb_mnode **out)
{
    struct fb_mnode *node = *out;
    enum fb_code code = negate(p, &node->left);
    code = code ? code : negate(p, &node->right);
    code = code ? code : new_node(p, FB_FORM_NOT, node, NULL, out);
    return code || node->interval.low > 0 ? code : new_node(p, FB_FORM_AND, right, *out, out);
}

/* SINCE, UNTIL, TRIGGER and RELEASE, to the right. */
static enum fb_code parse_formula(struct parser *p, struct fb_mnode **out)
{
    enum fb_code code = enter(p);
    code = code ? code : parse_binary(p, 0, out);
    bool past = is(p, "SINCE") || is(p, "TRIGGER");
    bool dually = is(p, "TRIGGER") || is(p, "RELEASE");
    if (code == FB_OK && (past || is(p, "UNTIL") || dually)) {
        struct fb_interval interval = {0, FB_TIME_MAX};
        struct fb_mnode *right = NULL;
        advance(p);
        code = parse_interval(p, &interval);
        code = code ? code : parse_formula(p, &right);
        code = code ? code : new_node(p, past ? FB_FORM_SINCE : FB_FORM_UNTIL, *out, right, out);
        if (code == FB_OK) {
            (*out)->interval = interval;
            code = dually ? dual(p, right, out) : FB_OK;
        }
    }
    p->depth--;
    return code;
}

enum fb_code fb_mparse(
    struct fb_str text, struct fb_arena *arena, struct fb_mnode **out, struct fb_err *err)
{
    FB_ASSERT(arena && out);
    struct parser p = {.scan = {.text = text}, .arena = arena, .err = err};
    struct fb_mnode *node = NULL;
    advance(&p);
    enum fb_code code = parse_formula(&p, &node);
    if (code == FB_OK && p.token.kind != FB_MTOKEN_END) {
        code = refuse(&p, FB_E_SYNTAX, "expected the end of the formula");
    }
    if (code == FB_OK) {
        *out = node;
    }
    return code;
}
