/* ir_build.h: short makers of formulas and traces for tests. All of it lives in one arena. */
#ifndef FB_TEST_IR_BUILD_H
#define FB_TEST_IR_BUILD_H

#include "engine/eval.h"
#include "fb_test.h"

static struct fb_arena arena;
static struct fb_err err;

static inline struct fb_term *term(enum fb_term_kind kind)
{
    struct fb_term *t = FB_ARENA_NEW(&arena, struct fb_term);
    assert_non_null(t);
    t->kind = kind;
    return t;
}

static inline struct fb_term *var(uint32_t v)
{
    struct fb_term *t = term(FB_TERM_VAR);
    t->var = v;
    return t;
}

static inline struct fb_term *constant(struct fb_value value)
{
    struct fb_term *t = term(FB_TERM_CONST);
    t->value = value;
    return t;
}

static inline struct fb_term *text(const char *s)
{
    return constant(fb_value_str(fb_str_of(s)));
}

static inline struct fb_term *number(int64_t n)
{
    return constant(fb_value_int(n));
}

static inline struct fb_term *arith(enum fb_term_kind kind, struct fb_term *a, struct fb_term *b)
{
    struct fb_term *t = term(kind);
    t->args[0] = a;
    t->args[1] = b;
    return t;
}

static inline struct fb_form *form(enum fb_form_kind kind, struct fb_form *a, struct fb_form *b)
{
    struct fb_form *f = FB_ARENA_NEW(&arena, struct fb_form);
    assert_non_null(f);
    f->kind = kind;
    f->left = a;
    f->right = b;
    f->interval.high = FB_TIME_MAX;
    return f;
}

static inline struct fb_form *timed(
    enum fb_form_kind kind, int64_t low, int64_t high, struct fb_form *a, struct fb_form *b)
{
    struct fb_form *f = form(kind, a, b);
    f->interval = (struct fb_interval){low, high};
    return f;
}

/* The terms end with NULL. */
static inline struct fb_form *pred(uint32_t relation, ...)
{
    struct fb_form *f = form(FB_FORM_PRED, NULL, NULL);
    struct fb_term **terms = FB_ARENA_ARRAY(&arena, struct fb_term *, FB_IR_ARITY_MAX);
    assert_non_null(terms);
    va_list args;
    va_start(args, relation);
    for (struct fb_term *t = va_arg(args, struct fb_term *); t;
         t = va_arg(args, struct fb_term *)) {
        terms[f->term_count++] = t;
    }
    va_end(args);
    f->relation = relation;
    f->terms = terms;
    return f;
}

static inline struct fb_form *event(struct fb_form *f)
{
    f->occurs = true;
    return f;
}

static inline struct fb_form *compare(enum fb_form_kind kind, struct fb_term *a, struct fb_term *b)
{
    struct fb_form *f = pred(0, a, b, NULL);
    f->kind = kind;
    return f;
}

static inline struct fb_form *exists(uint32_t v, struct fb_form *a)
{
    struct fb_form *f = form(FB_FORM_EXISTS, a, NULL);
    uint32_t *bound = FB_ARENA_NEW(&arena, uint32_t);
    assert_non_null(bound);
    *bound = v;
    f->bound = bound;
    f->bound_count = 1;
    return f;
}

/* result := agg(over) over f, grouped by group unless it is negative. */
static inline struct fb_form *aggregate(
    enum fb_agg_kind agg, uint32_t result, uint32_t over, int group, struct fb_form *f)
{
    struct fb_form *a = exists(group < 0 ? 0 : (uint32_t)group, f);
    a->kind = FB_FORM_AGGREGATE;
    a->bound_count = group < 0 ? 0 : 1;
    a->agg = agg;
    a->agg_result = result;
    a->agg_over = over;
    return a;
}

/* A trace that grows by calls; one per test. */
struct build {
    struct fb_trace trace;
    fb_time times[64];
    struct fb_tuple tuples[256];
};

static inline void build_start(struct build *b, const struct fb_signature *signature)
{
    memset(b, 0, sizeof(*b));
    b->trace = (struct fb_trace){.signature = signature, .times = b->times, .tuples = b->tuples};
}

/* Opens the next time-point. */
static inline void build_at(struct build *b, fb_time t)
{
    assert_in_range(b->trace.time_count, 0, 63);
    b->times[b->trace.time_count++] = t;
}

/* Adds a tuple that begins at the last time-point; count values. */
static inline struct fb_tuple *build_add(
    struct build *b, uint32_t relation, const struct fb_value *values, size_t count, bool state)
{
    assert_in_range(b->trace.tuple_count, 0, 255);
    struct fb_value *copy = FB_ARENA_ARRAY(&arena, struct fb_value, count);
    assert_non_null(copy);
    for (size_t i = 0; i < count; i++) {
        copy[i] = values[i];
    }
    struct fb_tuple *tuple = &b->tuples[b->trace.tuple_count];
    *tuple = (struct fb_tuple){.relation = relation,
        .from = b->trace.time_count - 1,
        .until = state ? FB_TP_MAX : b->trace.time_count,
        .values = copy,
        .seq = b->trace.tuple_count++};
    return tuple;
}

#endif
