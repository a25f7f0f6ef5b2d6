/*
 * One evaluator a share of the subjects, each on its thread. The thread that adds fills a batch
 * while the others evaluate the batch before; then it merges what they found.
 */
#include "engine/parallel.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/limit.h"
#include "engine/inc_set.h"
#include "engine/table.h"

#define MEMORY_MAX ((size_t)4 << 30)

enum {
    BATCH_STEPS = 1 << 14,
    TEXT_MAX = 1 << 30,
    CUTS_MAX = 256, /* atoms that a subject stands in */
};

/* A tuple of a relation is of the share of the value in this column. */
struct cut {
    uint32_t relation;
    uint32_t column;
};

/* What to do next: open a time-point, add a tuple, close it. */
struct step {
    enum { OPEN, TUPLE, CLOSE } kind;
    uint32_t relation;
    size_t at; /* of its first value */
    uint64_t shares;
    fb_time time;
};

struct batch {
    struct step *steps;
    size_t count;
    size_t cap;
    struct fb_value *values;
    size_t value_count;
    size_t value_cap;
    struct fb_arena text;
    bool last;
};

/* The rows that a share has at one time-point. */
struct found {
    size_t point;
    fb_time time;
    size_t at; /* of its first value */
    size_t count;
};

struct share {
    struct fb_parallel *parallel;
    size_t number;
    struct fb_inc *inc;
    pthread_t thread;
    bool started;
    struct found *found;
    size_t found_count;
    size_t found_cap;
    size_t next; /* of those that are not merged yet */
    struct fb_value *values;
    size_t value_count;
    size_t value_cap;
    struct fb_arena text;
    enum fb_code code;
    size_t failed_at; /* step */
    struct fb_err err;
};

struct fb_parallel {
    struct fb_parallel_options options;
    size_t var_count;
    uint32_t subject;
    struct cut cuts[CUTS_MAX];
    size_t cut_count;
    bool *whole; /* relations whose tuples concern every share */
    struct share *shares;
    struct batch batches[2];
    struct batch *filling;
    const struct fb_value **rows;
    size_t row_cap;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    const struct batch *work; /* a batch that is evaluated */
    uint64_t round;           /* how many were handed out */
    size_t busy;              /* shares that have not finished it */
    bool stop;
    bool locks_made;
};

/* ---- memory ---- */

/* Makes room for one more element; the list doubles. */
static bool room(void *list, size_t *cap, size_t count, size_t size)
{
    if (count < *cap) {
        return true;
    }
    size_t wanted = *cap ? *cap * 2 : 64;
    while (wanted <= count) {
        wanted *= 2;
    }
    void *old = NULL;
    memcpy(&old, list, sizeof(old));
    void *bigger = wanted < SIZE_MAX / size ? fb_realloc(old, wanted * size) : NULL;
    if (!bigger) {
        return false;
    }
    memcpy(list, &bigger, sizeof(bigger));
    *cap = wanted;
    return true;
}

/* A value whose text lives in an arena. */
static enum fb_code keep(
    struct fb_value value, struct fb_arena *arena, struct fb_value *out, struct fb_err *err)
{
    *out = value;
    return value.type == FB_TYPE_STRING ? fb_arena_str(arena, value.u.text, &out->u.text, err)
                                        : FB_OK;
}

/* ---- which variable ---- */

/* The analysis of a formula for one variable. */
struct survey {
    uint32_t subject;
    struct cut *cuts;
    size_t count;
    size_t blind; /* atoms that the subject does not stand in */
    bool *whole;
    const bool *common;
    size_t relation_count;
};

static void survey_form(struct survey *s, const struct fb_form *form, bool visible);

static void survey_regex(struct survey *s, const struct fb_regex *regex, bool visible)
{
    if (regex) {
        survey_form(s, regex->test, visible);
        survey_regex(s, regex->left, visible);
        survey_regex(s, regex->right, visible);
    }
}

static void survey_atom(struct survey *s, const struct fb_form *form, bool visible)
{
    if (form->definition || form->relation >= s->relation_count ||
        (s->common && s->common[form->relation])) {
        return;
    }
    for (uint32_t i = 0; visible && s->count < CUTS_MAX && i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        if (term->kind == FB_TERM_VAR && term->var == s->subject) {
            s->cuts[s->count++] = (struct cut){form->relation, i};
            return;
        }
    }
    s->whole[form->relation] = true;
    s->blind++;
}

/* Visible: a variable of this number is the subject here, not one that is hidden below. */
static void survey_form(struct survey *s, const struct fb_form *form, bool visible)
{
    if (!form) {
        return;
    }
    bool listed = false;
    for (size_t i = 0; i < form->bound_count; i++) {
        listed = listed || form->bound[i] == s->subject;
    }
    if (form->kind == FB_FORM_PRED) {
        survey_atom(s, form, visible);
        return;
    }
    if (form->kind == FB_FORM_FREEZE || form->kind == FB_FORM_LETPAST) {
        /* The variables of a definition are its own. */
        survey_form(s, form->left, false);
        survey_form(s, form->right, visible);
        return;
    }
    if (form->kind == FB_FORM_EXISTS) {
        visible = visible && !listed;
    } else if (form->kind == FB_FORM_AGGREGATE) {
        /* A group is whole when the subject is one of its columns. */
        visible = visible && listed && form->agg_result != s->subject;
    }
    survey_regex(s, form->regex, visible);
    survey_form(s, form->left, visible);
    survey_form(s, form->right, visible);
}

/* The variable that stands in most atoms is the subject: fewest tuples go to every thread. */
static enum fb_code choose_subject(
    struct fb_parallel *p, const struct fb_form *form, struct fb_err *err)
{
    fb_vars vars = fb_form_vars(form);
    struct survey best = {.blind = SIZE_MAX};
    size_t count = p->options.relation_count;
    struct survey s = {.common = p->options.common, .relation_count = count};
    s.cuts = fb_calloc(CUTS_MAX, sizeof(*s.cuts));
    s.whole = fb_calloc(count + 1, sizeof(*s.whole));
    p->whole = fb_calloc(count + 1, sizeof(*p->whole));
    bool good = s.cuts && s.whole && p->whole;
    for (uint32_t v = 0; good && v < p->var_count; v++) {
        s.subject = v;
        s.count = 0;
        s.blind = 0;
        memset(s.whole, 0, count * sizeof(*s.whole));
        if (!(vars & fb_vars_of(v))) {
            continue;
        }
        survey_form(&s, form, true);
        if (s.count > 0 && s.blind < best.blind) {
            best = s;
            p->subject = v;
            p->cut_count = s.count;
            memcpy(p->cuts, s.cuts, s.count * sizeof(*s.cuts));
            memcpy(p->whole, s.whole, count * sizeof(*s.whole));
        }
    }
    fb_free(s.cuts);
    fb_free(s.whole);
    if (!good) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    if (best.blind == SIZE_MAX) {
        return fb_err_set(err, FB_E_UNSUPPORTED,
            "no free variable of the formula stands in a predicate, so that nothing can be cut");
    }
    return FB_OK;
}

/* ---- shares ---- */

/* Equal values have equal numbers: a whole float is the integer that it equals. */
static uint64_t number_of(struct fb_value value)
{
    uint64_t bits = (uint64_t)value.type << 60;
    if (value.type == FB_TYPE_STRING) {
        return fb_inc_hash_text(value.u.text);
    }
    if (value.type == FB_TYPE_FLOAT) {
        double x = value.u.number;
        if (isnan(x)) {
            return 1;
        }
        if (x >= -0x1p63 && x < 0x1p63 && floor(x) == x) {
            return (uint64_t)(int64_t)x;
        }
        memcpy(&bits, &x, sizeof(bits));
        return bits;
    }
    if (value.type == FB_TYPE_BOOL) {
        return bits | (value.u.truth ? 1 : 0);
    }
    return value.type == FB_TYPE_NONE ? bits : (uint64_t)value.u.integer;
}

static size_t share_of(const struct fb_parallel *p, struct fb_value value)
{
    uint64_t x = number_of(value);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (size_t)((x ^ x >> 31) % p->options.threads);
}

static uint64_t shares_of(
    const struct fb_parallel *p, uint32_t relation, const struct fb_value *values)
{
    uint64_t shares = 0;
    if (p->whole[relation] || (p->options.common && p->options.common[relation])) {
        return UINT64_MAX;
    }
    for (size_t i = 0; i < p->cut_count; i++) {
        if (p->cuts[i].relation == relation) {
            shares |= (uint64_t)1 << share_of(p, values[p->cuts[i].column]);
        }
    }
    return shares;
}

/* True for a subject of another share. */
static bool is_foreign(void *ctx, struct fb_value subject)
{
    const struct share *share = ctx;
    return share_of(share->parallel, subject) != share->number;
}

/* Keeps the rows of a verdict whose subject is of this share. */
static enum fb_code take_verdict(
    void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *err)
{
    struct share *share = ctx;
    const struct fb_parallel *p = share->parallel;
    struct found found = {verdict->point, verdict->time, share->value_count, 0};
    for (size_t i = 0; i < verdict->count; i++) {
        struct fb_value subject = fb_inc_value(share->inc, &verdict->rows[i][p->subject]);
        if (share_of(p, subject) != share->number) {
            continue;
        }
        size_t used = share->value_count;
        if (!room(&share->values, &share->value_cap, used + p->var_count, sizeof(*share->values))) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
        for (size_t k = 0; k < p->var_count; k++) {
            struct fb_value value = fb_inc_value(share->inc, &verdict->rows[i][k]);
            enum fb_code code = keep(value, &share->text, &share->values[used + k], err);
            if (code) {
                return code;
            }
        }
        share->value_count += p->var_count;
        found.count++;
    }
    if (found.count == 0) {
        return FB_OK;
    }
    if (!room(&share->found, &share->found_cap, share->found_count, sizeof(*share->found))) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    share->found[share->found_count++] = found;
    return FB_OK;
}

static enum fb_code take_tuple(
    struct share *share, const struct batch *batch, const struct step *step)
{
    struct fb_cell cells[FB_IR_ARITY_MAX];
    size_t arity = share->parallel->options.arities[step->relation];
    if (!(step->shares >> share->number & 1)) {
        return FB_OK;
    }
    for (size_t i = 0; i < arity; i++) {
        enum fb_code code =
            fb_inc_cell(share->inc, batch->values[step->at + i], &cells[i], &share->err);
        if (code) {
            return code;
        }
    }
    return fb_inc_add(share->inc, step->relation, cells, arity, &share->err);
}

static enum fb_code take_step(
    struct share *share, const struct batch *batch, const struct step *step)
{
    switch (step->kind) {
    case OPEN:
        return fb_inc_open(share->inc, step->time, &share->err);
    case TUPLE:
        return take_tuple(share, batch, step);
    case CLOSE:
        return fb_inc_close(share->inc, &share->err);
    }
    FB_ASSERT(false);
    return FB_E_UNSUPPORTED;
}

static void evaluate(struct share *share, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count && share->code == FB_OK; i++) {
        share->code = take_step(share, batch, &batch->steps[i]);
        share->failed_at = i;
    }
    if (batch->last && share->code == FB_OK) {
        share->code = fb_inc_end(share->inc, &share->err);
        share->failed_at = batch->count;
    }
}

static void lock(struct fb_parallel *p)
{
    int failed = pthread_mutex_lock(&p->lock);
    FB_ASSERT(failed == 0);
}

static void unlock(struct fb_parallel *p)
{
    int failed = pthread_mutex_unlock(&p->lock);
    FB_ASSERT(failed == 0);
}

static void wait_for_change(struct fb_parallel *p)
{
    int failed = pthread_cond_wait(&p->changed, &p->lock);
    FB_ASSERT(failed == 0);
}

static void tell_all(struct fb_parallel *p)
{
    int failed = pthread_cond_broadcast(&p->changed);
    FB_ASSERT(failed == 0);
}

static void *run_share(void *ctx)
{
    struct share *share = ctx;
    struct fb_parallel *p = share->parallel;
    uint64_t round = 0;
    lock(p);
    while (!p->stop) {
        if (p->round == round) {
            wait_for_change(p);
            continue;
        }
        round = p->round;
        const struct batch *batch = p->work;
        unlock(p);
        evaluate(share, batch);
        lock(p);
        if (--p->busy == 0) {
            tell_all(p);
        }
    }
    unlock(p);
    return NULL;
}

/* ---- merging ---- */

static int by_row(const void *a, const void *b, void *ctx)
{
    const struct fb_parallel *p = ctx;
    const struct fb_value *const *rows[2] = {a, b};
    int order = 0;
    for (size_t i = 0; order == 0 && i < p->var_count; i++) {
        order = fb_value_cmp((*rows[0])[i], (*rows[1])[i]);
    }
    return order;
}

/* The first time-point of which a share has rows that are not merged yet; SIZE_MAX: none. */
static size_t first_point(const struct fb_parallel *p)
{
    size_t point = SIZE_MAX;
    for (size_t i = 0; i < p->options.threads; i++) {
        const struct share *share = &p->shares[i];
        if (share->next < share->found_count && share->found[share->next].point < point) {
            point = share->found[share->next].point;
        }
    }
    return point;
}

static enum fb_code merge_point(struct fb_parallel *p, size_t point, struct fb_err *err)
{
    struct fb_parallel_verdict verdict = {.point = point};
    size_t parts = 0;
    for (size_t i = 0; i < p->options.threads; i++) {
        struct share *share = &p->shares[i];
        if (share->next == share->found_count || share->found[share->next].point != point) {
            continue;
        }
        const struct found *found = &share->found[share->next++];
        verdict.time = found->time;
        parts++;
        if (!room(&p->rows, &p->row_cap, verdict.count + found->count, sizeof(struct fb_value *))) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
        for (size_t k = 0; k < found->count; k++) {
            p->rows[verdict.count++] = share->values + found->at + k * p->var_count;
        }
    }
    if (parts > 1) {
        qsort_r(p->rows, verdict.count, sizeof(struct fb_value *), by_row, p);
    }
    verdict.rows = p->rows;
    return p->options.sink(p->options.ctx, &verdict, err);
}

/* The error that one evaluator would have met first. */
static enum fb_code first_error(const struct fb_parallel *p, struct fb_err *err)
{
    const struct share *first = NULL;
    for (size_t i = 0; i < p->options.threads; i++) {
        const struct share *share = &p->shares[i];
        if (share->code && (!first || share->failed_at < first->failed_at)) {
            first = share;
        }
    }
    if (!first) {
        return FB_OK;
    }
    *err = first->err;
    return first->code;
}

/* Waits until nobody works; what they found goes to the sink. */
static enum fb_code finish_round(struct fb_parallel *p, struct fb_err *err)
{
    lock(p);
    while (p->busy > 0) {
        wait_for_change(p);
    }
    unlock(p);
    enum fb_code code = first_error(p, err);
    size_t point = first_point(p);
    for (; code == FB_OK && point != SIZE_MAX; point = first_point(p)) {
        code = merge_point(p, point, err);
    }
    for (size_t i = 0; i < p->options.threads; i++) {
        struct share *share = &p->shares[i];
        share->found_count = 0;
        share->next = 0;
        share->value_count = 0;
        fb_arena_release(&share->text);
    }
    return code;
}

/* Hands the batch out and goes on with the other, which nobody works at any more. */
static enum fb_code hand_out(struct fb_parallel *p, struct fb_err *err)
{
    enum fb_code code = finish_round(p, err);
    if (code) {
        return code;
    }
    lock(p);
    p->work = p->filling;
    p->busy = p->options.threads;
    p->round++;
    tell_all(p);
    unlock(p);
    p->filling = p->filling == &p->batches[0] ? &p->batches[1] : &p->batches[0];
    p->filling->count = 0;
    p->filling->value_count = 0;
    fb_arena_release(&p->filling->text);
    return FB_OK;
}

/* ---- life ---- */

static enum fb_code start(
    struct fb_parallel *p, const struct fb_form *form, size_t number, struct fb_err *err)
{
    struct share *share = &p->shares[number];
    size_t most = p->options.memory_max ? p->options.memory_max : MEMORY_MAX;
    struct fb_inc_options options = {.memory_max = most / p->options.threads,
        .sink = take_verdict,
        .ctx = share,
        .foreign = is_foreign,
        .subject = p->subject};
    share->parallel = p;
    share->number = number;
    fb_err_init(&share->err);
    fb_arena_init(&share->text, fb_limit(TEXT_MAX));
    enum fb_code code = fb_inc_new(form, p->var_count, &options, &share->inc, err);
    if (code) {
        return code;
    }
    int failed = pthread_create(&share->thread, NULL, run_share, share);
    if (failed) {
        return fb_err_set(err, FB_E_LIMIT, "the system gives no thread: %s", strerror(failed));
    }
    share->started = true;
    return FB_OK;
}

static enum fb_code make(struct fb_parallel *p, const struct fb_form *form, struct fb_err *err)
{
    enum fb_code code = choose_subject(p, form, err);
    if (code) {
        return code;
    }
    p->shares = fb_calloc(p->options.threads, sizeof(*p->shares));
    if (!p->shares) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    int failed = pthread_mutex_init(&p->lock, NULL);
    FB_ASSERT(failed == 0); /* glibc's cannot fail */
    failed = pthread_cond_init(&p->changed, NULL);
    FB_ASSERT(failed == 0);
    p->locks_made = true;
    (void)fb_inc_hash_text(FB_STR("")); /* the seed is there before the threads are */
    for (size_t i = 0; i < p->options.threads && code == FB_OK; i++) {
        code = start(p, form, i, err);
    }
    return code;
}

enum fb_code fb_parallel_new(const struct fb_form *form, size_t var_count,
    const struct fb_parallel_options *options, struct fb_parallel **out, struct fb_err *err)
{
    FB_ASSERT(form && options && options->sink && options->arities && out);
    FB_ASSERT(options->threads >= 1 && options->threads <= FB_PARALLEL_MAX);
    struct fb_parallel *p = fb_calloc(1, sizeof(*p));
    if (!p) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    p->options = *options;
    p->var_count = var_count;
    p->filling = &p->batches[0];
    fb_arena_init(&p->batches[0].text, fb_limit(TEXT_MAX));
    fb_arena_init(&p->batches[1].text, fb_limit(TEXT_MAX));
    enum fb_code code = make(p, form, err);
    if (code) {
        fb_parallel_free(p);
        return code;
    }
    *out = p;
    return FB_OK;
}

static void free_share(struct share *share)
{
    if (share->started) {
        int failed = pthread_join(share->thread, NULL);
        FB_ASSERT(failed == 0);
    }
    fb_inc_free(share->inc);
    fb_arena_release(&share->text);
    fb_free(share->found);
    fb_free(share->values);
}

void fb_parallel_free(struct fb_parallel *p)
{
    if (!p) {
        return;
    }
    if (p->locks_made) {
        lock(p);
        p->stop = true;
        tell_all(p);
        unlock(p);
    }
    for (size_t i = 0; p->shares && i < p->options.threads; i++) {
        free_share(&p->shares[i]);
    }
    if (p->locks_made) {
        (void)pthread_cond_destroy(&p->changed);
        (void)pthread_mutex_destroy(&p->lock);
    }
    for (size_t i = 0; i < 2; i++) {
        fb_arena_release(&p->batches[i].text);
        fb_free(p->batches[i].steps);
        fb_free(p->batches[i].values);
    }
    fb_free(p->shares);
    fb_free(p->whole);
    fb_free(p->rows);
    fb_free(p);
}

uint32_t fb_parallel_subject(const struct fb_parallel *parallel)
{
    FB_ASSERT(parallel);
    return parallel->subject;
}

bool fb_parallel_reads(const struct fb_parallel *parallel, uint32_t relation)
{
    FB_ASSERT(parallel && parallel->shares);
    return fb_inc_reads(parallel->shares[0].inc, relation);
}

size_t fb_parallel_memory_used(const struct fb_parallel *parallel)
{
    FB_ASSERT(parallel && parallel->busy == 0);
    size_t used = 0;
    for (size_t i = 0; i < parallel->options.threads; i++) {
        used += fb_inc_memory_used(parallel->shares[i].inc);
    }
    return used;
}

/* ---- steps ---- */

static enum fb_code add_step(struct fb_parallel *p, struct step step, struct fb_err *err)
{
    struct batch *batch = p->filling;
    if (!room(&batch->steps, &batch->cap, batch->count, sizeof(*batch->steps))) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    batch->steps[batch->count++] = step;
    size_t full = p->options.batch ? p->options.batch : BATCH_STEPS;
    return batch->count >= full && step.kind == CLOSE ? hand_out(p, err) : FB_OK;
}

enum fb_code fb_parallel_open(struct fb_parallel *parallel, fb_time time, struct fb_err *err)
{
    FB_ASSERT(parallel && err);
    return add_step(parallel, (struct step){.kind = OPEN, .time = time}, err);
}

enum fb_code fb_parallel_add(struct fb_parallel *parallel, uint32_t relation,
    const struct fb_value *values, struct fb_err *err)
{
    FB_ASSERT(parallel && err);
    FB_ASSERT(relation < parallel->options.relation_count);
    struct batch *batch = parallel->filling;
    size_t arity = parallel->options.arities[relation];
    struct step step = {.kind = TUPLE, .relation = relation, .at = batch->value_count};
    if (!fb_parallel_reads(parallel, relation)) {
        return FB_OK;
    }
    step.shares = shares_of(parallel, relation, values);
    if (!room(&batch->values, &batch->value_cap, step.at + arity, sizeof(*batch->values))) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    for (size_t i = 0; i < arity; i++) {
        enum fb_code code = keep(values[i], &batch->text, &batch->values[step.at + i], err);
        if (code) {
            return code;
        }
    }
    batch->value_count += arity;
    return add_step(parallel, step, err);
}

enum fb_code fb_parallel_close(struct fb_parallel *parallel, struct fb_err *err)
{
    FB_ASSERT(parallel && err);
    return add_step(parallel, (struct step){.kind = CLOSE}, err);
}

enum fb_code fb_parallel_flush(struct fb_parallel *parallel, struct fb_err *err)
{
    FB_ASSERT(parallel && err);
    enum fb_code code = hand_out(parallel, err);
    return code ? code : finish_round(parallel, err);
}

enum fb_code fb_parallel_end(struct fb_parallel *parallel, struct fb_err *err)
{
    FB_ASSERT(parallel && err);
    parallel->filling->last = true;
    return fb_parallel_flush(parallel, err);
}
