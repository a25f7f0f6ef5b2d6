#include "engine/slice.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/duty.h"
#include "engine/slice_cut.h"

enum { FIRST_KEYS = 64, FIRST_RESULTS = 16, SHARE = 64 /* keys, of one task */ };

/* The bindings that a duty may be owed for, each once, in the order in which they were found. */
struct keys {
    struct fb_value **items;
    size_t count;
    size_t cap;
    uint32_t *slots; /* 1 + index */
    uint64_t *hashes;
    size_t slot_count;
};

/* Obligations in the order in which they were found. */
struct results {
    struct fb_obligation *items;
    size_t count;
    size_t cap;
};

/* One duty of a run. */
struct job {
    const struct fb_duty_query *query;
    struct keys keys;
    struct results whole; /* of a duty that cannot be sliced */
    size_t first_share;
    size_t share_count;
};

/* A stretch of the keys of a duty. */
struct share {
    size_t job;
    size_t first;
    size_t count;
    double begins; /* how far into the keys of the job: 0 to 1 */
    struct results results;
};

/* What one thread has to itself. */
struct worker {
    struct fb_arena own;     /* until the run is over */
    struct fb_arena made;    /* results, where there are several threads */
    struct fb_arena *kept;   /* for results */
    struct fb_arena scratch; /* of one slice */
    struct fb_cutter **cuts; /* by job; NULL where it did none of it yet */
    char apart[128];         /* threads do not write to one line of the cache */
};

/* A run of duties. */
struct run {
    struct job *jobs;
    size_t job_count;
    struct share *shares; /* by job */
    struct share **order; /* in which they are run */
    size_t share_count;
    struct worker *workers;
    struct fb_obligations *out;
};

/* Keys in the making. */
struct finder {
    struct fb_cutter cut;
    struct fb_arena *arena;
    struct keys *keys;
};

/* ---- keys ---- */

static uint64_t hash_key(const struct fb_value *values, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++) {
        hash = (hash + fb_value_hash(values[i])) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static size_t key_slot(
    const struct keys *keys, const struct fb_value *values, size_t count, uint64_t hash)
{
    size_t at = hash & (keys->slot_count - 1);
    while (keys->slots[at]) {
        size_t i = keys->slots[at] - 1;
        if (keys->hashes[i] == hash && fb_row_cmp(keys->items[i], values, count) == 0) {
            break;
        }
        at = (at + 1) & (keys->slot_count - 1);
    }
    return at;
}

/* Doubles the room of the keys and their table. */
static bool grow_keys(struct finder *f)
{
    struct keys *keys = f->keys, bigger = *keys;
    bigger.cap = keys->cap ? 2 * keys->cap : FIRST_KEYS;
    bigger.slot_count = 2 * bigger.cap;
    bigger.items = fb_arena_array(f->arena, bigger.cap, sizeof(struct fb_value *));
    bigger.hashes = FB_ARENA_ARRAY(f->arena, uint64_t, bigger.cap);
    bigger.slots = FB_ARENA_ARRAY(f->arena, uint32_t, bigger.slot_count);
    if (!bigger.items || !bigger.hashes || !bigger.slots) {
        return false;
    }
    for (size_t i = 0; i < keys->count; i++) {
        bigger.items[i] = keys->items[i];
        bigger.hashes[i] = keys->hashes[i];
        size_t at = bigger.hashes[i] & (bigger.slot_count - 1);
        while (bigger.slots[at]) {
            at = (at + 1) & (bigger.slot_count - 1);
        }
        bigger.slots[at] = (uint32_t)i + 1;
    }
    *keys = bigger;
    return true;
}

/* A valuation of the trigger without time: its parameters are a key. */
static enum fb_code found_key(struct fb_walk *walk, fb_vars bound)
{
    struct finder *f = walk->ctx;
    struct keys *keys = f->keys;
    size_t count = f->cut.query->duty->param_count;
    FB_ASSERT((f->cut.params & ~bound) == 0);
    if (keys->count == keys->cap && !grow_keys(f)) {
        return fb_arena_failed(f->arena, f->cut.err);
    }
    uint64_t hash = hash_key(walk->values, count);
    size_t at = key_slot(keys, walk->values, count, hash);
    if (keys->slots[at]) {
        return FB_OK;
    }
    if (keys->count >= fb_limit(FB_DUTY_OWED_MAX)) {
        return fb_err_set(f->cut.err, FB_E_LIMIT, "duty '%.*s' may be owed more than %d times",
            FB_STR_ARG(f->cut.query->duty->name), FB_DUTY_OWED_MAX);
    }
    struct fb_value *key = FB_ARENA_ARRAY(f->arena, struct fb_value, count);
    if (!key) {
        return fb_arena_failed(f->arena, f->cut.err);
    }
    memcpy(key, walk->values, count * sizeof(*key));
    keys->items[keys->count] = key;
    keys->hashes[keys->count] = hash;
    keys->slots[at] = (uint32_t)++keys->count;
    return FB_OK;
}

static enum fb_code find_keys(struct finder *f)
{
    const struct fb_duty_query *query = f->cut.query;
    const struct fb_form *parts[2] = {query->duty->when, query->duty->given};
    fb_vars bound = query->only ? fb_vars_of(query->only_param) : 0;
    enum fb_code code = FB_OK;
    f->cut.walk.found = found_key;
    f->cut.walk.ctx = f;
    f->cut.walk.enough = f->cut.params;
    for (size_t i = 0; code == FB_OK && i < (query->only ? query->only_count : 1); i++) {
        if (query->only) {
            f->cut.walk.values[query->only_param] = query->only[i];
        }
        code = fb_walk_run(&f->cut.walk, parts, parts[1] ? 2 : 1, bound);
    }
    f->cut.walk.enough = 0;
    return code;
}

/* ---- runs ---- */

/* A text that a run made is copied, one of the trace is borrowed. */
static enum fb_code keep_text(
    const struct fb_arena *run, struct fb_str *text, struct fb_arena *arena, struct fb_err *err)
{
    return fb_arena_has(run, text->ptr) ? fb_arena_str(arena, *text, text, err) : FB_OK;
}

static enum fb_code owed_too_often(const struct fb_duty *duty, struct fb_err *err)
{
    return fb_err_set(err, FB_E_LIMIT, "duty '%.*s' is owed more than %d times",
        FB_STR_ARG(duty->name), FB_DUTY_OWED_MAX);
}

/* Room for one more result. */
static bool grow_results(struct results *results, struct fb_arena *arena)
{
    if (results->count < results->cap) {
        return true;
    }
    size_t cap = results->cap ? 2 * results->cap : FIRST_RESULTS;
    struct fb_obligation *grown = FB_ARENA_ARRAY(arena, struct fb_obligation, cap);
    if (grown && results->count) {
        memcpy(grown, results->items, results->count * sizeof(*grown));
    }
    results->items = grown ? grown : results->items;
    results->cap = grown ? cap : results->cap;
    return grown != NULL;
}

/* Adds an obligation that a run found, out of the run's memory. */
static enum fb_code keep(struct worker *w, const struct fb_arena *run,
    const struct fb_obligation *item, struct results *out, struct fb_err *err)
{
    const struct fb_duty *duty = item->duty;
    if (out->count >= fb_limit(FB_DUTY_OWED_MAX)) {
        return owed_too_often(duty, err);
    }
    if (!grow_results(out, &w->own)) {
        return fb_arena_failed(&w->own, err);
    }
    struct fb_value *values = FB_ARENA_ARRAY(w->kept, struct fb_value, duty->var_count);
    if (!values) {
        return fb_arena_failed(w->kept, err);
    }
    memcpy(values, item->bindings, duty->var_count * sizeof(*values));
    struct fb_obligation *kept = &out->items[out->count];
    *kept = *item;
    kept->bindings = values;
    kept->why = NULL;
    enum fb_code code = keep_text(run, &kept->party, w->kept, err);
    for (size_t i = 0; i < duty->var_count && code == FB_OK; i++) {
        if (values[i].type == FB_TYPE_STRING) {
            code = keep_text(run, &values[i].u.text, w->kept, err);
        }
    }
    out->count += code == FB_OK ? 1 : 0;
    return code;
}

bool fb_duty_wanted(const struct fb_duty_query *query, const struct fb_value *bindings)
{
    FB_ASSERT(query && bindings);
    for (size_t i = 0; query->only && i < query->only_count; i++) {
        if (fb_value_eq(query->only[i], bindings[query->only_param])) {
            return true;
        }
    }
    return !query->only;
}

/* The obligations of one key. */
static enum fb_code run_key(struct worker *w, struct fb_cutter *cut, const struct fb_value *key,
    struct results *out, struct fb_err *err)
{
    struct fb_slice slice = {.arena = &w->scratch};
    struct fb_obligations found = {NULL, 0};
    const struct fb_duty_query *query = cut->query;
    enum fb_code code = fb_cut(cut, key, &slice);
    /* Without a valuation the trigger holds at no time-point. */
    if (code == FB_OK && cut->valuations > 0) {
        struct fb_duty_task task = {
            query->program, query->duty, &slice.trace, query->now, false, true, key};
        code = fb_duty_follow(&task, &w->scratch, &found, err);
    }
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        /* A slice may hold facts of its neighbours. */
        if (fb_row_cmp(found.items[i].bindings, key, query->duty->param_count) == 0) {
            code = keep(w, &w->scratch, &found.items[i], out, err);
        }
    }
    fb_arena_clear(&w->scratch);
    return code;
}

static enum fb_code run_whole(struct worker *w, struct job *job, struct fb_err *err)
{
    struct fb_arena scratch;
    struct fb_obligations found = {NULL, 0};
    const struct fb_duty_query *query = job->query;
    struct fb_duty_task task = {
        query->program, query->duty, fb_access_trace(query->access), query->now, false, true, NULL};
    fb_arena_init(&scratch, fb_limit(FB_CUT_MEMORY_MAX));
    enum fb_code code = fb_duty_follow(&task, &scratch, &found, err);
    for (size_t i = 0; code == FB_OK && i < found.count; i++) {
        if (fb_duty_wanted(query, found.items[i].bindings)) {
            code = keep(w, &scratch, &found.items[i], &job->whole, err);
        }
    }
    fb_arena_release(&scratch);
    return code;
}

/* Task: what a duty may be owed for; of one that cannot be sliced, all that became of it. */
static enum fb_code begin_job(void *ctx, size_t worker, size_t task, struct fb_err *err)
{
    struct run *run = ctx;
    struct worker *w = &run->workers[worker];
    struct job *job = &run->jobs[task];
    struct finder finder = {.arena = &w->own, .keys = &job->keys};
    enum fb_code code = fb_duty_check(job->query->duty, err);
    code = code ? code : fb_cut_init(&finder.cut, job->query, &w->own, err);
    if (code) {
        return code;
    }
    return finder.cut.whole ? run_whole(w, job, err) : find_keys(&finder);
}

/* Makes the cutter of a worker for a job, unless it has it. */
static enum fb_code need_cutter(
    struct worker *w, size_t job, const struct fb_duty_query *query, struct fb_err *err)
{
    if (w->cuts[job]) {
        return FB_OK;
    }
    struct fb_cutter *cut = FB_ARENA_NEW(&w->own, struct fb_cutter);
    if (!cut) {
        return fb_arena_failed(&w->own, err);
    }
    enum fb_code code = fb_cut_init(cut, query, &w->own, err);
    w->cuts[job] = code ? NULL : cut;
    return code;
}

/* Task: the obligations of a share. */
static enum fb_code run_share(void *ctx, size_t worker, size_t task, struct fb_err *err)
{
    struct run *run = ctx;
    struct worker *w = &run->workers[worker];
    struct share *share = run->order[task];
    const struct job *job = &run->jobs[share->job];
    enum fb_code code = need_cutter(w, share->job, job->query, err);
    if (code) {
        return code;
    }
    struct fb_cutter *cut = w->cuts[share->job];
    cut->err = err;
    cut->walk.err = err;
    for (size_t i = 0; code == FB_OK && i < share->count; i++) {
        code = run_key(w, cut, job->keys.items[share->first + i], &share->results, err);
    }
    return code;
}

/* An obligation and where it was found. */
struct ranked {
    const struct fb_obligation *item;
    size_t rank;
};

/* The order in which they arose: by time, then by the rows of the trigger; breaches of one stay in
 * order. */
static int order_results(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->item->since != y->item->since) {
        return x->item->since < y->item->since ? -1 : 1;
    }
    int order = fb_row_cmp(x->item->bindings, y->item->bindings, x->item->duty->var_count);
    return order ? order : x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Puts the results of the shares of a job together, in their order. */
static enum fb_code gather(struct run *run, const struct job *job, size_t count, struct worker *w,
    struct fb_obligation *out, struct fb_err *err)
{
    struct ranked *ranked = FB_ARENA_ARRAY(&w->own, struct ranked, count);
    size_t rank = 0;
    if (!ranked) {
        return fb_arena_failed(&w->own, err);
    }
    for (size_t s = 0; s < job->share_count; s++) {
        const struct results *results = &run->shares[job->first_share + s].results;
        for (size_t i = 0; i < results->count; i++, rank++) {
            ranked[rank] = (struct ranked){&results->items[i], rank};
        }
    }
    FB_ASSERT(rank == count);
    qsort(ranked, count, sizeof(*ranked), order_results);
    for (size_t i = 0; i < count; i++) {
        out[i] = *ranked[i].item;
    }
    return FB_OK;
}

/* Task: all that became of a duty. */
static enum fb_code end_job(void *ctx, size_t worker, size_t task, struct fb_err *err)
{
    struct run *run = ctx;
    struct worker *w = &run->workers[worker];
    const struct job *job = &run->jobs[task];
    size_t count = job->whole.count;
    for (size_t s = 0; s < job->share_count; s++) {
        count += run->shares[job->first_share + s].results.count;
    }
    if (count > fb_limit(FB_DUTY_OWED_MAX)) {
        return owed_too_often(job->query->duty, err);
    }
    struct fb_obligation *items =
        count ? FB_ARENA_ARRAY(w->kept, struct fb_obligation, count) : NULL;
    if (count && !items) {
        return fb_arena_failed(w->kept, err);
    }
    run->out[task] = (struct fb_obligations){items, count};
    if (job->whole.count) {
        memcpy(items, job->whole.items, count * sizeof(*items));
        return FB_OK;
    }
    return count ? gather(run, job, count, w, items, err) : FB_OK;
}

/* By how far into the keys of its job a share begins; of two that begin together the earlier job
 * first. */
static int order_begins(const void *a, const void *b)
{
    const struct share *const *x = a;
    const struct share *const *y = b;
    if ((*x)->begins != (*y)->begins) {
        return (*x)->begins < (*y)->begins ? -1 : 1;
    }
    return (*x > *y) - (*x < *y);
}

/* Shares are run in the order of their beginnings. Keys come in the order of the facts they were
 * found in, so what is run one after the other rests on the same facts, which are near then. */
static bool order_shares(struct run *run, struct fb_arena *arena)
{
    run->order = fb_arena_array(arena, run->share_count, sizeof(struct share *));
    for (size_t i = 0; run->order && i < run->share_count; i++) {
        run->order[i] = &run->shares[i];
    }
    if (run->order && run->share_count) {
        qsort(run->order, run->share_count, sizeof(struct share *), order_begins);
    }
    return run->order != NULL;
}

/* Cuts the keys of all jobs into shares. */
static bool cut_shares(struct run *run, struct fb_arena *arena)
{
    for (size_t i = 0; i < run->job_count; i++) {
        struct job *job = &run->jobs[i];
        job->first_share = run->share_count;
        job->share_count = (job->keys.count + SHARE - 1) / SHARE;
        run->share_count += job->share_count;
    }
    run->shares = FB_ARENA_ARRAY(arena, struct share, run->share_count);
    for (size_t i = 0; run->shares && i < run->job_count; i++) {
        const struct job *job = &run->jobs[i];
        for (size_t s = 0; s < job->share_count; s++) {
            size_t first = s * SHARE, left = job->keys.count - first;
            run->shares[job->first_share + s] = (struct share){.job = i,
                .first = first,
                .count = left < SHARE ? left : SHARE,
                .begins = (double)first / (double)job->keys.count};
        }
    }
    return run->shares && order_shares(run, arena);
}

static enum fb_code run_all(
    struct run *run, size_t threads, struct fb_arena *own, struct fb_err *err)
{
    enum fb_code code = fb_workers_run(threads, run->job_count, begin_job, run, err);
    if (code == FB_OK && !cut_shares(run, own)) {
        code = fb_arena_failed(own, err);
    }
    code = code ? code : fb_workers_run(threads, run->share_count, run_share, run, err);
    return code ? code : fb_workers_run(threads, run->job_count, end_job, run, err);
}

enum fb_code fb_duty_run_all(const struct fb_duty_query *queries, size_t count, size_t threads,
    struct fb_arena *arena, struct fb_obligations *outs, struct fb_err *err)
{
    FB_ASSERT((queries && outs) || count == 0);
    FB_ASSERT(arena && threads >= 1 && threads <= FB_WORKERS_MAX);
    struct fb_arena own;
    fb_arena_init(&own, fb_limit(FB_CUT_MEMORY_MAX));
    struct run run = {.jobs = FB_ARENA_ARRAY(&own, struct job, count),
        .job_count = count,
        .workers = FB_ARENA_ARRAY(&own, struct worker, threads),
        .out = FB_ARENA_ARRAY(&own, struct fb_obligations, count)};
    enum fb_code code = FB_OK;
    if (!run.jobs || !run.workers || !run.out) {
        code = fb_arena_failed(&own, err);
        fb_arena_release(&own);
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        run.jobs[i].query = &queries[i];
    }
    for (size_t i = 0; i < threads; i++) {
        struct worker *w = &run.workers[i];
        fb_arena_init(&w->own, fb_limit(FB_CUT_MEMORY_MAX));
        fb_arena_init(&w->made, arena->max);
        fb_arena_init(&w->scratch, fb_limit(FB_CUT_SLICE_MAX));
        w->kept = threads == 1 ? arena : &w->made;
        w->cuts = fb_arena_array(&own, count, sizeof(struct fb_cutter *));
    }
    for (size_t i = 0; code == FB_OK && i < threads; i++) {
        code = run.workers[i].cuts ? FB_OK : fb_arena_failed(&own, err);
    }
    code = code ? code : run_all(&run, threads, &own, err);
    for (size_t i = 0; i < threads; i++) {
        fb_arena_adopt(arena, &run.workers[i].made);
        fb_arena_release(&run.workers[i].scratch);
        fb_arena_release(&run.workers[i].own);
    }
    if (code == FB_OK && count) {
        memcpy(outs, run.out, count * sizeof(*outs));
    }
    fb_arena_release(&own);
    return code;
}

enum fb_code fb_duty_run(const struct fb_duty_query *query, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err)
{
    return fb_duty_run_all(query, 1, 1, arena, out, err);
}
