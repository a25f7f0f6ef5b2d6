/*
 * random_sample.h: random formulas over all operators, and random logs, in MonPoly's syntax. The
 * same seed gives the same sample.
 */
#ifndef FB_TEST_RANDOM_SAMPLE_H
#define FB_TEST_RANDOM_SAMPLE_H

#include "base/buf.h"
#include "fb_test.h"

enum { NODES_MAX = 4000, TUPLES_MAX = 400 };

static const char sig_text[] =
    "P(x:int) Q(x:int) R(x:int, y:int) W(x:int, s:string) G(x:int, f:float) T()";

/* ---- a case ---- */

/* A part of a formula: text in which "\1" and "\2" stand for its operands. */
struct node {
    char text[112];
    struct node *kids[2];
};

/* A tuple, or "@": the beginning of a time-point. */
struct item {
    char text[24];
    bool point;
    unsigned delay;
};

struct sample {
    struct node nodes[NODES_MAX];
    size_t node_count;
    struct node *root;
    struct item items[TUPLES_MAX];
    size_t item_count;
};

/* Counter-based: the n-th draw of a seed is a function of both. */
struct draw {
    uint64_t seed;
    uint64_t n;
    struct sample *sample;
    char unary[8]; /* relations that are defined around: letters */
    size_t unary_count;
};

static uint32_t draw(struct draw *d, uint32_t below)
{
    uint64_t x = d->seed * 0x9e3779b97f4a7c15u + ++d->n * 0xd1342543de82ef95u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((x ^ x >> 31) % below);
}

/* ---- making one ---- */

static struct node *make(struct draw *d, struct node *a, struct node *b, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static struct node *make(struct draw *d, struct node *a, struct node *b, const char *format, ...)
{
    va_list args;
    struct node *node = &d->sample->nodes[d->sample->node_count++];
    assert_true(d->sample->node_count < NODES_MAX);
    va_start(args, format);
    vsnprintf(node->text, sizeof(node->text), format, args);
    va_end(args);
    node->kids[0] = a;
    node->kids[1] = b;
    return node;
}

static const char *interval(struct draw *d, bool bounded)
{
    static const char *const texts[] = {
        "[0,0]", "[0,2]", "[1,3]", "[0,5]", "[2,2]", "[0,*)", "[2,*)"};
    return texts[draw(d, bounded ? 5 : 7)];
}

/* A formula whose free variables are the letters of vars (none, or one or two of x y). */
static struct node *formula(struct draw *d, const char *vars, int depth);

static struct node *leaf_of_one(struct draw *d, char x)
{
    switch (draw(d, 14)) {
    case 0:
    case 1:
        return make(d, NULL, NULL, "P(%c)", x);
    case 2:
    case 3:
        return make(d, NULL, NULL, "Q(%c)", x);
    case 4:
        return make(d, NULL, NULL, "R(%c,_)", x);
    case 5:
        return make(d, NULL, NULL, "R(1,%c)", x);
    case 6:
        return make(d, NULL, NULL, "R(%c,%c)", x, x);
    case 7:
        return make(d, NULL, NULL, "W(%c,\"a\")", x);
    case 8:
        return make(d, NULL, NULL, "(EXISTS v. R(v,%c))", x);
    case 9:
        return make(d, NULL, NULL, "(EXISTS s. W(%c,s) AND s < \"c\")", x);
    case 10:
        return make(d, NULL, NULL, "(EXISTS s. W(%c,s) AND s MATCHES r\"[ab]\")", x);
    case 11:
        return make(d, NULL, NULL, "(EXISTS f,v. G(v,f) AND %c = f2i(f * 2.0))", x);
    case 12:
        return make(d, NULL, NULL, "(EXISTS v,w. R(v,w) AND %c = v / w - w MOD v)", x);
    default:
        return d->unary_count
                   ? make(d, NULL, NULL, "%c(%c)", d->unary[draw(d, (uint32_t)d->unary_count)], x)
                   : make(d, NULL, NULL, "P(%c)", x);
    }
}

static struct node *leaf(struct draw *d, const char *vars)
{
    if (vars[0] == '\0') {
        return make(d, NULL, NULL, "%s", draw(d, 2) ? "T()" : "(EXISTS v. P(v))");
    }
    if (vars[1] == '\0') {
        return leaf_of_one(d, vars[0]);
    }
    switch (draw(d, 5)) {
    case 0:
        return make(d, NULL, NULL, "(P(%c) AND Q(%c))", vars[0], vars[1]);
    case 1:
        return make(d, NULL, NULL, "(R(%c,_) AND R(_,%c))", vars[0], vars[1]);
    case 2:
        return make(d, leaf_of_one(d, vars[0]), leaf_of_one(d, vars[1]), "(\1 AND \2)");
    default:
        return make(d, NULL, NULL, "R(%c,%c)", vars[0], vars[1]);
    }
}

/* Several that hold on, of which none has all variables, or one that is compared with another: of
 * x, and of y, too. */
static struct node *joined(struct draw *d, bool two)
{
    static const char *const of_one[] = {"(EXISTS w. (ONCE\2 R(x,w)) AND \1)",
        "(EXISTS w. (ONCE\2 R(w,x)) AND NOT \1)",
        "(EXISTS v,w. (ONCE\2 R(v,x)) AND (ONCE R(v,w)) AND \1)",
        "(EXISTS v. (ONCE[0,3] P(v)) AND EXISTS w. (ONCE\2 R(v,w)) AND (ONCE R(w,x)) AND \1)",
        "((ONCE\2 P(x)) AND NOT EXISTS v,w. ((ONCE R(v,w)) AND x - w = 1 AND NOT \1))",
        "((ONCE\2 Q(x)) AND NOT EXISTS w. ((ONCE R(x,w)) AND NOT \1))",
        "((ONCE\2 Q(x)) AND NOT EXISTS w. (\1 AND w = x + 1))",
        "((ONCE\2 Q(x)) AND EXISTS w. \1 AND w < x AND x - w < 2)"};
    static const char *const of_two[] = {"((ONCE\2 P(x)) AND (ONCE Q(y)) AND x - y < 2)",
        "((ONCE\2 P(x)) AND y = x + 1)", "(EXISTS w. (ONCE\2 R(x,w)) AND (ONCE R(w,y)))",
        "((ONCE\2 P(x)) AND (ONCE R(_,y)) AND NOT (x < y) AND NOT ONCE Q(y))",
        "((ONCE\2 R(x,y)) AND NOT EXISTS w. ((ONCE R(y,w)) AND NOT ONCE Q(w)))",
        "(EXISTS w. (ONCE\2 R(x,w)) AND (ONCE[0,5] R(_,y)) AND w <= y AND y < w + 2)"};
    struct node *about = make(d, leaf(d, "w"), NULL, "(ONCE%s \1)", interval(d, false));
    struct node *when = make(d, NULL, NULL, "%s", interval(d, false));
    return make(d, about, when, "%s", two ? of_two[draw(d, 6)] : of_one[draw(d, 8)]);
}

/* What holds on: over fewer variables, beside what happens now, or both. */
static struct node *lasting(struct draw *d, struct node *what, const char *vars)
{
    if (vars[0] == 'x' && (!vars[1] || vars[1] == 'y') && draw(d, 3) == 0) {
        what = joined(d, vars[1]);
        return draw(d, 3)   ? what
               : draw(d, 2) ? make(d, what, NULL, "(\1 AND T())")
                            : make(d, what, NULL, "(\1 AND NOT ONCE[1,2] T())");
    }
    char one[2] = {vars[0] ? vars[draw(d, vars[1] ? 2 : 1)] : '\0', '\0'};
    what = make(
        d, what, NULL, draw(d, 2) ? "(ONCE%s \1)" : "((NOT T()) SINCE%s \1)", interval(d, false));
    struct node *other = leaf(d, draw(d, 2) ? one : vars);
    if (draw(d, 2)) {
        other = make(d, other, NULL, "(ONCE%s \1)", interval(d, false));
    }
    switch (draw(d, 6)) {
    case 0:
        return make(d, what, other, "(\1 AND NOT \2)");
    case 1:
        return make(d, what, leaf(d, vars), "(\1 OR \2)");
    case 2:
        return make(d, what, leaf(d, draw(d, 2) ? one : ""), "((\1) AND NOT \2)");
    case 3:
        return vars[0] ? make(d, what, other, "(\1 AND (\2 OR %c = 1))", vars[0]) : what;
    default:
        return what;
    }
}

/* The left side of SINCE and UNTIL: behind NOT, over fewer variables, or a comparison. */
static struct node *left_side(struct draw *d, const char *vars, int depth)
{
    char one[2] = {vars[0], '\0'};
    const char *which = vars[0] && draw(d, 2) ? one : vars;
    if (vars[0] && draw(d, 8) == 0) {
        return make(d, NULL, NULL, "(%c < 2)", vars[0]);
    }
    struct node *inner = formula(d, which, depth);
    if (draw(d, 4) == 0) { /* what past operators remember has a say */
        inner = lasting(d, inner, which);
    }
    struct node *node = make(d, inner, NULL, draw(d, 2) ? "(NOT \1)" : "(\1)");
    if (draw(d, 4) == 0) {
        node = make(d, node, formula(d, vars, 0), "(\1 AND NOT \2)");
    } else if (draw(d, 6) == 0) {
        node = make(d, node, formula(d, vars, 0), "(\1 OR \2)");
    }
    return node;
}

static struct node *temporal(struct draw *d, const char *vars, int depth)
{
    static const char *const ops[] = {
        "ONCE", "PREVIOUS", "EVENTUALLY", "NEXT", "SINCE", "SINCE", "UNTIL", "TRIGGER", "RELEASE"};
    size_t which = draw(d, 9);
    bool bounded = which == 2 || which == 6 || which == 8;
    struct node *right = formula(d, vars, depth);
    if (draw(d, 3) == 0) {
        right = lasting(d, right, vars);
    }
    if (which < 4) {
        return make(d, right, NULL, "(%s%s \1)", ops[which], interval(d, bounded));
    }
    struct node *left = left_side(d, vars, depth);
    return make(d, left, right, "(\1 %s%s \2)", ops[which], interval(d, bounded));
}

/* Operands that only filter. */
static struct node *filter(struct draw *d, const char *vars, int depth)
{
    static const char *const ops[] = {
        "HISTORICALLY", "ALWAYS", "NOT ONCE", "ONCE", "NOT EVENTUALLY", "PREVIOUS", "NEXT"};
    size_t which = draw(d, 7);
    bool bounded = which == 1 || which == 4;
    if (vars[0] && draw(d, 8) == 0) { /* whether a range holds anything */
        return make(d, formula(d, vars, depth), formula(d, "b", depth),
            draw(d, 2) ? "(\1 AND NOT EXISTS b. ((ONCE \2) AND b < %c))"
                       : "(\1 AND EXISTS b. ((ONCE[0,3] \2) AND NOT b <= %c - 1))",
            vars[0]);
    }
    struct node *inner = formula(d, vars, depth);
    if (draw(d, 3) == 0) {
        inner = make(d, inner, formula(d, vars, 0), "(\1 IMPLIES \2)");
    } else if (draw(d, 3) == 0) {
        inner = make(d, inner, NULL, "(NOT \1)");
    }
    return make(
        d, formula(d, vars, depth), inner, "(\1 AND (%s%s \2))", ops[which], interval(d, bounded));
}

static struct node *aggregate(struct draw *d, const char *vars, int depth)
{
    static const char *const ops[] = {"CNT", "SUM", "AVG", "MIN", "MAX", "MED"};
    char inner[3] = {'u', vars[1] ? vars[0] : '\0', '\0'};
    const char *op = ops[draw(d, 6)];
    struct node *what = formula(d, inner, depth);
    if (draw(d, 2)) {
        what = make(d, what, NULL, "(ONCE%s \1)", interval(d, false));
    }
    return make(d, what, NULL, "(%c <- %s u%s%s (\1))", vars[1] ? vars[1] : vars[0], op,
        inner[1] ? "; " : "", inner + 1);
}

/* Aggregations that depend, key by key, on what past operators remember, with counts of rows in a
 * range. Columns of G are floats, so they are compared with aggregates that are floats. */
static struct node *keyed(struct draw *d, const char *vars, int depth)
{
    static const char *const whole[] = {"CNT", "SUM", "MIN", "MAX"};
    static const char *const tests[] = {"v < p", "p <= v", "NOT (p < v)", "NOT (v <= p)",
        "v - 1 <= p AND p < v + 2", "NOT (p = v) AND p < v", "NOT (v + v < p) AND NOT (p < v - 1)"};
    static const char *const reals[] = {"2.0 * v < p", "p <= v", "NOT (p < v)",
        "v - 1.0 <= p AND p < v + 2.0", "NOT (p <= 0.5 * v)"};
    bool real = draw(d, 2);
    char x = vars[0], y = vars[1];
    char two[3] = {x, 'a', '\0'};
    struct node *own =
        real ? make(d, NULL, NULL, "(ONCE%s G(%c,a))", interval(d, false), x)
             : make(d, formula(d, two, depth), NULL, "(ONCE%s \1)", interval(d, false));
    two[1] = 'p';
    struct node *rows = real ? make(d, NULL, NULL, "G(%c,p)", x) : formula(d, two, depth);
    rows = draw(d, 3) ? make(d, rows, NULL, "(ONCE%s \1)", interval(d, false))
                      : make(d, rows, NULL, "((NOT Q(%c)) SINCE%s \1)", x, interval(d, false));
    own = make(d, own, NULL, "(v <- %s a; %c \1)",
        real ? draw(d, 2) ? "AVG" : "MED" : whole[draw(d, 4)], x);
    struct node *all =
        make(d, own, rows, "(\1 AND \2 AND %s)", real ? reals[draw(d, 5)] : tests[draw(d, 7)]);
    const char *op = real || draw(d, 2) ? "CNT" : whole[draw(d, 4)];
    all = make(d, all, NULL, "(%c <- %s %c; %c \1)", y, op, draw(d, 3) ? 'p' : 'v', x);
    switch (draw(d, 5)) {
    case 0:
        return make(d, all, NULL, "(\1 AND NOT (%c <= 1))", y);
    case 1:
        return make(d, all, formula(d, vars, 0), "(\1 AND NOT ONCE \2)");
    case 2:
        return make(d, all, NULL, "(\1 AND (ONCE%s Q(%c)))", interval(d, false), x);
    case 3:
        return make(d, all, formula(d, vars, depth), "(\1 OR \2)");
    default:
        return all;
    }
}

/* A test, a step, or both. */
static struct node *regex_atom(struct draw *d, const char *vars, int depth)
{
    switch (draw(d, 5)) {
    case 0:
        return make(d, NULL, NULL, ".");
    case 1:
        return make(d, formula(d, vars, depth), NULL, "(NOT \1)?");
    case 2:
        return make(d, formula(d, vars, depth), NULL, "(\1)?");
    default:
        return make(d, formula(d, vars, depth), NULL, "(\1)");
    }
}

static struct node *regex(struct draw *d, const char *vars, int depth)
{
    bool past = draw(d, 2);
    struct node *bind = make(d, formula(d, vars, depth), NULL, draw(d, 2) ? "(\1)?" : "(\1)");
    struct node *more = regex_atom(d, vars, depth > 1 ? depth - 1 : 0);
    switch (draw(d, 4)) {
    case 0:
        more = make(d, more, NULL, "(\1)*");
        break;
    case 1:
        more = make(d, more, regex_atom(d, vars, 0), "(\1 + \2)");
        break;
    case 2:
        more = make(d, more, regex_atom(d, vars, 0), "(\1 \2)*");
        break;
    default:
        break;
    }
    bool far = draw(d, 3) == 0;
    struct node *all = past ? make(d, more, bind, "\1 %s\2", far ? ".* " : "")
                            : make(d, bind, more, "\1 %s\2", far ? ".* " : "");
    if (past && draw(d, 4) == 0) { /* from left to right, what waits for what binds it again */
        static const char *const ends[] = {"", " .*", " .", " .* ."};
        static const char *const loops[] = {".*", ".*", "(NOT T())*", "((NOT T())? .)*"};
        struct node *loop = make(d, NULL, NULL, "%s", loops[draw(d, 4)]);
        if (draw(d, 3) == 0) { /* which some cannot go on with */
            loop = make(d, leaf(d, vars), NULL, draw(d, 2) ? "(NOT \1)*" : "((NOT \1)? .)*");
        }
        all = make(
            d, loop, formula(d, vars, 0), "\1 %s(\2)?%s", draw(d, 3) ? "" : ". ", ends[draw(d, 4)]);
        all = make(d, bind, all, "\1 \2");
    }
    return make(d, all, NULL, "(%s%s \1)", past ? "<|" : "|>", interval(d, !past));
}

static struct node *definition(struct draw *d, const char *vars, int depth);

/* LET, FRZ or LETPAST over one variable, read somewhere in what follows. */
static struct node *define(struct draw *d, const char *word, const char *vars, int depth)
{
    char name = (char)('K' + d->unary_count);
    struct node *what = formula(d, "x", depth);
    if (strcmp(word, "LETPAST") == 0) {
        const char *when = draw(d, 3) ? interval(d, false) : "";
        struct node *own = make(d, NULL, NULL, "PREVIOUS%s %c(x)", when, name);
        switch (draw(d, 7)) {
        case 5: /* its rows last */
            own = make(d, NULL, NULL, "((PREVIOUS %c(x)) AND NOT Q(x))", name);
            what = make(d, what, own, "(\1 OR \2)");
            break;
        case 6: /* as those of what it adds to itself */
            own = make(d, NULL, NULL,
                "((EXISTS y. (PREVIOUS%s %c(y)) AND R(y,x)) OR PREVIOUS %c(x))", when, name, name);
            what = make(d, what, own, "(\1 OR \2)");
            break;
        case 0:
            what = make(d, what, own, "(\1 OR \2)");
            break;
        case 1:
            what = make(d, what, own, "(\1 OR (Q(x) AND \2))");
            break;
        case 2:
            what = make(d, what, own, "(\1 AND NOT \2)");
            break;
        case 3:
            own = make(d, NULL, NULL, "(EXISTS y. R(y,x) AND ONCE%s PREVIOUS %c(y))", when, name);
            what = make(d, what, own, "(\1 OR \2)");
            break;
        default:
            own = make(d, NULL, NULL, "(P(x) AND ONCE[1,5] %c(x))", name);
            what = make(d, what, own, "(\1 OR \2)");
        }
        if (d->unary_count && draw(d, 2)) { /* it reads what is defined around it */
            own = make(d, NULL, NULL, "%c(x)", d->unary[draw(d, (uint32_t)d->unary_count)]);
            what = make(d, what, own, draw(d, 2) ? "(\1 OR \2)" : "(\1 AND NOT \2)");
        }
    }
    d->unary[d->unary_count++] = name;
    bool more = word[0] == 'F' && draw(d, 3) == 0;
    struct node *in = more ? definition(d, vars, depth) : formula(d, vars, depth);
    d->unary_count--;
    return make(d, what, in, "(%s %c(x) = \1 IN \2)", word, name);
}

static struct node *definition(struct draw *d, const char *vars, int depth)
{
    static const char *const words[] = {"LET", "FRZ", "FRZ", "LETPAST"};
    return d->unary_count == 3 ? formula(d, vars, depth)
                               : define(d, words[draw(d, 4)], vars, depth);
}

static struct node *quantified(struct draw *d, const char *vars, int depth)
{
    if (vars[0] && vars[1]) {
        return make(d, formula(d, "xw", depth), NULL, "(EXISTS w. \1 AND R(w,y))");
    }
    char more[3] = {vars[0] ? vars[0] : 'w', vars[0] ? 'w' : '\0', '\0'};
    if (draw(d, 3) == 0) { /* the same name again, inside */
        return make(d, formula(d, vars, depth), formula(d, "x", depth), "(\1 AND EXISTS x. \2)");
    }
    return make(d, formula(d, more, depth), NULL, "(EXISTS w. \1)");
}

static struct node *formula(struct draw *d, const char *vars, int depth)
{
    if (depth <= 0) {
        return leaf(d, vars);
    }
    depth--;
    switch (draw(d, 17)) {
    case 15:
        return vars[0] == '\0' ? temporal(d, vars, depth)
               : vars[1]
                   ? keyed(d, vars, depth)
                   : make(d, keyed(d, "kn", depth), NULL,
                         draw(d, 2) ? "(EXISTS k,n. \1 AND %c = n)" : "(EXISTS k,n. \1 AND %c = k)",
                         vars[0]);
    case 0:
        return make(d, formula(d, vars, depth), formula(d, vars, depth), "(\1 AND \2)");
    case 1:
        return make(d, formula(d, vars, depth), formula(d, vars, depth), "(\1 OR \2)");
    case 2:
        return make(d, formula(d, vars, depth), formula(d, vars, depth), "(\1 AND NOT \2)");
    case 3:
        return vars[0] ? make(d, formula(d, vars, depth), NULL, "(\1 AND %c + 1 <= 2)", vars[0])
                       : make(d, formula(d, vars, depth), NULL, "(\1 AND 1 <= 2)");
    case 4:
        return quantified(d, vars, depth);
    case 5:
        return vars[0] ? aggregate(d, vars, depth) : formula(d, vars, depth);
    case 6:
    case 7:
        return filter(d, vars, depth);
    case 8:
        return regex(d, vars, depth);
    case 9:
        return definition(d, vars, depth);
    case 10:
        if (vars[0] == 'x' && vars[1] == 'y') {
            return make(d, formula(d, "x", depth), formula(d, "y", depth),
                draw(d, 2) ? "(\1 AND (ONCE \2) AND x < y AND y - x <= 2)"
                           : "(\1 AND (ONCE[0,4] \2) AND y <= x)");
        }
        return make(d, formula(d, vars, depth), formula(d, vars, depth), "(\1 AND (\1 EQUIV \2))");
    default:
        return temporal(d, vars, depth);
    }
}

static void random_tuple(uint32_t shape, unsigned a, unsigned b, struct item *item)
{
    switch (shape) {
    case 0:
        snprintf(item->text, sizeof(item->text), " P(%u)", a);
        break;
    case 1:
        snprintf(item->text, sizeof(item->text), " Q(%u)", a);
        break;
    case 2:
        snprintf(item->text, sizeof(item->text), " R(%u,%u)", a, b);
        break;
    case 3:
        snprintf(item->text, sizeof(item->text), " W(%u,\"%c\")", a, (int)('a' + b));
        break;
    case 4:
        snprintf(item->text, sizeof(item->text), " G(%u,%u.5)", a, b);
        break;
    default:
        snprintf(item->text, sizeof(item->text), " T()");
    }
}

static void random_log(struct draw *d)
{
    struct sample *s = d->sample;
    for (uint32_t i = 3 + draw(d, 14); i > 0; i--) {
        s->items[s->item_count++] = (struct item){.point = true, .delay = draw(d, 4)};
        for (uint32_t k = draw(d, 6); k > 0 && s->item_count + 20 < TUPLES_MAX; k--) {
            unsigned a = draw(d, 3);
            unsigned b = draw(d, 3);
            struct item *item = &s->items[s->item_count++];
            *item = (struct item){.point = false};
            random_tuple(draw(d, 6), a, b, item);
        }
    }
}

/* ---- writing one ---- */

static void write_node(const struct node *node, struct fb_buf *out)
{
    for (const char *c = node->text; *c; c++) {
        if (*c == '\1' || *c == '\2') {
            write_node(node->kids[*c - 1], out);
        } else {
            fb_buf_add_char(out, *c);
        }
    }
}

static inline void write_log(const struct sample *s, struct fb_buf *out)
{
    unsigned now = 0;
    bool any = false;
    for (size_t i = 0; i < s->item_count; i++) {
        now += s->items[i].delay;
        if (s->items[i].point) {
            fb_buf_addf(out, "%s@%u", any ? "\n" : "", now);
            any = true;
        } else if (any) {
            fb_buf_add_c(out, s->items[i].text);
        }
    }
}

/* The sample of a seed with recursive definitions, two half of the time, that are read. */
static inline void random_recursive(struct draw *d, struct sample *sample, uint64_t seed)
{
    *d = (struct draw){.seed = seed, .sample = sample};
    sample->node_count = 0;
    sample->item_count = 0;
    bool frozen = draw(d, 4) == 0;
    bool twice = draw(d, 2);
    int depth = (int)draw(d, 3);
    sample->root = define(d, "LETPAST", twice || frozen ? "x" : draw(d, 2) ? "x" : "", depth);
    for (const char *word = frozen ? "FRZ" : "LETPAST"; twice || frozen; twice = frozen = false) {
        /* around it, and again in the definition of another */
        struct node *inner = sample->root;
        struct node *more = make(d, inner, NULL, "(\1 OR PREVIOUS%s K(x))", interval(d, false));
        sample->root = make(d, frozen ? inner : more,
            make(d, formula(d, "x", 0), NULL,
                "(K(x) AND NOT ONCE[1,3] \1 OR ONCE[0,3] (\1 AND K(x)))"),
            "(%s K(x) = \1 IN \2)", word);
    }
    random_log(d);
}

/* The n-th sample of a seed. */
static void random_sample(struct draw *d, struct sample *sample, uint64_t seed)
{
    static const char *const vars[] = {"", "x", "xy"};
    *d = (struct draw){.seed = seed, .sample = sample};
    sample->node_count = 0;
    sample->item_count = 0;
    sample->root = formula(d, vars[draw(d, 3)], 1 + (int)draw(d, 4));
    random_log(d);
}

#endif
