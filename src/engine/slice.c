#include "engine/slice.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/duty.h"
#include "engine/slice_rest.h"

enum {
    FIRST_KEYS = 64,
    FIRST_RESULTS = 64,
    SHARE = 64,  /* keys, of one task */
    TOGETHER = 8 /* duties that are run at once, each following the one before */
};

/* The bindings that a duty may be owed for, each once, in the order in which they were found. */
struct keys {
    struct fb_key_list list;
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

/* One duty of a run: its keys are found, then shares of them are run, then the results are put
 * together. What follows the discharge of another duty is run with that one, which has the same
 * keys. So what becomes of both is found at once, by the later one: results are by level, 0 for the
 * duty of the job, n for that of the n-th job before it. */
struct job {
    const struct fb_duty_query *query;
    size_t levels; /* 0: it is a level of a later job */
    struct keys keys;
    struct results *whole;  /* by level: of a duty that cannot be sliced; NULL: it can */
    struct results *shares; /* of each stretch of SHARE keys, then by level */
    size_t share_count;
    size_t next;   /* share to be run */
    size_t undone; /* shares */
};

/* What one thread has to itself. */
struct worker {
    struct fb_arena own;     /* until the run is over */
    struct fb_arena made;    /* results, where there are several threads */
    struct fb_arena *kept;   /* for results */
    struct fb_arena scratch; /* of one slice */
    struct results room;     /* what was found, until it is known how much it is */
    struct fb_cutter **cuts; /* by job; NULL where it did none of it yet */
    char apart[128];         /* threads do not write to one line of the cache */
};

/* What a thread does next. */
struct todo {
    enum { BEGIN, RUN, END, NOTHING } kind;
    size_t job;
    size_t share;
    double begins; /* RUN: how far into the keys of the job: 0 to 1 */
};

/* A run of duties. */
struct run {
    struct job *jobs;
    size_t job_count;
    struct worker *workers;
    struct fb_obligations *out;

    pthread_mutex_t lock; /* guards what follows, and `next` and `undone` of the jobs */
    pthread_cond_t changed;
    size_t next_job;  /* whose keys are to be found */
    size_t beginning; /* jobs whose keys are being found */
    size_t *ready;    /* a heap of jobs with shares that are to be run: what comes first on top */
    size_t ready_count;
    struct todo failed; /* the first thing that failed so far; NOTHING: none */
    struct fb_err err;  /* of that */
};

/* Keys in the making. */
struct finder {
    struct fb_cutter cut;
    struct fb_arena *arena;
    struct keys *keys;
};

/* ---- keys ---- */

static size_t key_slot(
    const struct keys *keys, const struct fb_value *values, size_t count, uint64_t hash)
{
    size_t at = hash & (keys->slot_count - 1);
    while (keys->slots[at]) {
        size_t i = keys->slots[at] - 1;
        if (keys->hashes[i] == hash && fb_row_cmp(keys->list.items[i], values, count) == 0) {
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
    bigger.list.items = fb_arena_array(f->arena, bigger.cap, sizeof(struct fb_value *));
    bigger.hashes = FB_ARENA_ARRAY(f->arena, uint64_t, bigger.cap);
    bigger.slots = FB_ARENA_ARRAY(f->arena, uint32_t, bigger.slot_count);
    if (!bigger.list.items || !bigger.hashes || !bigger.slots) {
        return false;
    }
    for (size_t i = 0; i < keys->list.count; i++) {
        bigger.list.items[i] = keys->list.items[i];
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
    if (keys->list.count == keys->cap && !grow_keys(f)) {
        return fb_arena_failed(f->arena, f->cut.err);
    }
    uint64_t hash = fb_row_hash(walk->values, count);
    size_t at = key_slot(keys, walk->values, count, hash);
    if (keys->slots[at]) {
        return FB_OK;
    }
    if (keys->list.count >= fb_limit(FB_DUTY_OWED_MAX)) {
        return fb_err_set(f->cut.err, FB_E_LIMIT, "duty '%.*s' may be owed more than %d times",
            FB_STR_ARG(f->cut.query->duty->name), FB_DUTY_OWED_MAX);
    }
    struct fb_value *key = FB_ARENA_ARRAY(f->arena, struct fb_value, count);
    if (!key) {
        return fb_arena_failed(f->arena, f->cut.err);
    }
    memcpy(key, walk->values, count * sizeof(*key));
    keys->list.items[keys->list.count] = key;
    keys->hashes[keys->list.count] = hash;
    keys->slots[at] = (uint32_t)++keys->list.count;
    return FB_OK;
}

/* The keys of the walk that begins with query->only[nth], or with nothing. */
static enum fb_code find_nth(struct finder *f, size_t nth)
{
    const struct fb_duty_query *query = f->cut.query;
    const struct fb_form *parts[2] = {query->duty->when, query->duty->given};
    size_t before = f->keys->list.count;
    bool kept = false;
    enum fb_code code = fb_kept_find(&f->cut, nth, &f->keys->list, &kept);
    if (code || kept) {
        return code;
    }
    if (query->only) {
        f->cut.walk.values[query->only_param] = query->only[nth];
    }
    f->cut.walk.looked = 0;
    code = fb_walk_run(
        &f->cut.walk, parts, parts[1] ? 2 : 1, query->only ? fb_vars_of(query->only_param) : 0);
    return code ? code : fb_kept_note_keys(&f->cut, nth, &f->keys->list, before);
}

static enum fb_code find_keys(struct finder *f)
{
    const struct fb_duty_query *query = f->cut.query;
    enum fb_code code = FB_OK;
    f->cut.walk.found = found_key;
    f->cut.walk.ctx = f;
    f->cut.walk.enough = f->cut.params;
    for (size_t i = 0; code == FB_OK && i < (query->only ? query->only_count : 1); i++) {
        code = find_nth(f, i);
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
static bool grow_room(struct worker *w)
{
    struct results *room = &w->room;
    if (room->count < room->cap) {
        return true;
    }
    size_t cap = room->cap ? 2 * room->cap : FIRST_RESULTS;
    struct fb_obligation *grown = FB_ARENA_ARRAY(&w->own, struct fb_obligation, cap);
    if (grown && room->count) {
        memcpy(grown, room->items, room->count * sizeof(*grown));
    }
    room->items = grown ? grown : room->items;
    room->cap = grown ? cap : room->cap;
    return grown != NULL;
}

/* Adds an obligation that a run found, out of the run's memory, to the worker's room. */
static enum fb_code keep(struct worker *w, const struct fb_arena *run,
    const struct fb_obligation *item, struct fb_err *err)
{
    const struct fb_duty *duty = item->duty;
    if (w->room.count >= TOGETHER * fb_limit(FB_DUTY_OWED_MAX)) {
        return owed_too_often(duty, err);
    }
    if (!grow_room(w)) {
        return fb_arena_failed(&w->own, err);
    }
    struct fb_value *values = FB_ARENA_ARRAY(w->kept, struct fb_value, duty->var_count);
    if (!values) {
        return fb_arena_failed(w->kept, err);
    }
    memcpy(values, item->bindings, duty->var_count * sizeof(*values));
    struct fb_obligation *kept = &w->room.items[w->room.count];
    *kept = *item;
    kept->bindings = values;
    kept->why = NULL;
    enum fb_code code = keep_text(run, &kept->party, w->kept, err);
    for (size_t i = 0; i < duty->var_count && code == FB_OK; i++) {
        if (values[i].type == FB_TYPE_STRING) {
            code = keep_text(run, &values[i].u.text, w->kept, err);
        }
    }
    w->room.count += code == FB_OK ? 1 : 0;
    return code;
}

/* Moves what is in the worker's room into a list for each level of a job. */
static enum fb_code sort_out(
    struct worker *w, const struct job *job, struct results *lists, struct fb_err *err)
{
    const struct results *room = &w->room;
    for (size_t level = 0; level < job->levels; level++) {
        const struct fb_duty *duty = (job - level)->query->duty;
        struct results *list = &lists[level];
        size_t count = 0;
        for (size_t i = 0; i < room->count; i++) {
            count += room->items[i].duty == duty ? 1 : 0;
        }
        *list = (struct results){.cap = count};
        list->items = count ? FB_ARENA_ARRAY(&w->own, struct fb_obligation, count) : NULL;
        if (count && !list->items) {
            return fb_arena_failed(&w->own, err);
        }
        for (size_t i = 0; i < room->count && list->count < count; i++) {
            if (room->items[i].duty == duty) {
                list->items[list->count++] = room->items[i];
            }
        }
    }
    w->room.count = 0;
    return FB_OK;
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

/* What runs the duties of a job; what becomes of each goes to found, by level. */
static struct fb_duty_task task_of(const struct job *job, struct fb_obligations found[TOGETHER])
{
    return (struct fb_duty_task){.program = job->query->program,
        .duty = job->query->duty,
        .now = job->query->now,
        .indexed = true,
        .before = found + 1,
        .before_count = job->levels - 1};
}

/* The obligations of one key. */
static enum fb_code run_key(struct worker *w, const struct job *job, struct fb_cutter *cut,
    const struct fb_value *key, struct fb_err *err)
{
    struct fb_obligations found[TOGETHER] = {{NULL, 0}};
    struct fb_duty_task task = task_of(job, found);
    size_t params = job->query->duty->param_count;
    enum fb_code code = fb_rest_follow(cut, key, &task, &w->scratch, &w->scratch, found, err);
    for (size_t level = 0; level < job->levels; level++) {
        for (size_t i = 0; code == FB_OK && i < found[level].count; i++) {
            const struct fb_obligation *item = &found[level].items[i];
            /* A slice may hold facts of its neighbours. */
            if (fb_row_cmp(item->bindings, key, params) == 0) {
                code = keep(w, &w->scratch, item, err);
            }
        }
    }
    fb_arena_clear(&w->scratch);
    return code;
}

static enum fb_code run_whole(struct worker *w, struct job *job, struct fb_err *err)
{
    struct fb_arena scratch;
    struct fb_obligations found[TOGETHER] = {{NULL, 0}};
    struct fb_duty_task task = task_of(job, found);
    task.trace = fb_access_trace(job->query->access);
    job->whole = FB_ARENA_ARRAY(&w->own, struct results, job->levels);
    if (!job->whole) {
        return fb_arena_failed(&w->own, err);
    }
    fb_arena_init(&scratch, fb_limit(FB_CUT_MEMORY_MAX));
    enum fb_code code = fb_duty_follow(&task, &scratch, found, err);
    for (size_t level = 0; level < job->levels; level++) {
        for (size_t i = 0; code == FB_OK && i < found[level].count; i++) {
            if (fb_duty_wanted(job->query, found[level].items[i].bindings)) {
                code = keep(w, &scratch, &found[level].items[i], err);
            }
        }
    }
    code = code ? code : sort_out(w, job, job->whole, err);
    fb_arena_release(&scratch);
    return code;
}

/* What a duty may be owed for; of one that cannot be sliced, all that became of it. */
static enum fb_code begin_job(struct worker *w, struct job *job, struct fb_err *err)
{
    struct finder finder = {.arena = &w->own, .keys = &job->keys};
    enum fb_code code = fb_duty_check(job->query->duty, err);
    if (code == FB_OK && job->levels == 0) {
        return FB_OK;
    }
    w->room.count = 0;
    code = code ? code : fb_cut_init(&finder.cut, job->query, &w->own, err);
    if (code) {
        return code;
    }
    if (finder.cut.whole) {
        return run_whole(w, job, err);
    }
    code = find_keys(&finder);
    job->share_count = job->undone = (job->keys.list.count + SHARE - 1) / SHARE;
    job->shares = FB_ARENA_ARRAY(&w->own, struct results, job->share_count * job->levels);
    return code || job->shares ? code : fb_arena_failed(&w->own, err);
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

/* The obligations of a share. */
static enum fb_code run_share(
    struct run *run, struct worker *w, const struct todo *todo, struct fb_err *err)
{
    const struct job *job = &run->jobs[todo->job];
    enum fb_code code = need_cutter(w, todo->job, job->query, err);
    if (code) {
        return code;
    }
    struct fb_cutter *cut = w->cuts[todo->job];
    size_t first = todo->share * SHARE, left = job->keys.list.count - first;
    cut->err = err;
    cut->walk.err = err;
    w->room.count = 0;
    for (size_t i = 0; code == FB_OK && i < SHARE && i < left; i++) {
        if (i + 1 < SHARE && i + 1 < left) {
            fb_walk_expect(&cut->walk, job->keys.list.items[first + i + 1]);
        }
        code = run_key(w, job, cut, job->keys.list.items[first + i], err);
    }
    return code ? code : sort_out(w, job, &job->shares[todo->share * job->levels], err);
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
static enum fb_code gather(const struct job *job, size_t level, size_t count, struct worker *w,
    struct fb_obligation *out, struct fb_err *err)
{
    struct ranked *ranked = FB_ARENA_ARRAY(&w->own, struct ranked, count);
    size_t rank = 0;
    if (!ranked) {
        return fb_arena_failed(&w->own, err);
    }
    for (size_t s = 0; s < job->share_count; s++) {
        const struct results *results = &job->shares[s * job->levels + level];
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

/* All that became of the duty of a level. */
static enum fb_code end_level(
    struct run *run, struct worker *w, size_t number, size_t level, struct fb_err *err)
{
    const struct job *job = &run->jobs[number];
    size_t count = job->whole ? job->whole[level].count : 0;
    for (size_t s = 0; s < job->share_count; s++) {
        count += job->shares[s * job->levels + level].count;
    }
    if (count > fb_limit(FB_DUTY_OWED_MAX)) {
        return owed_too_often((job - level)->query->duty, err);
    }
    struct fb_obligation *items =
        count ? FB_ARENA_ARRAY(w->kept, struct fb_obligation, count) : NULL;
    if (count && !items) {
        return fb_arena_failed(w->kept, err);
    }
    run->out[number - level] = (struct fb_obligations){items, count};
    if (count && job->whole) {
        memcpy(items, job->whole[level].items, count * sizeof(*items));
        return FB_OK;
    }
    return count ? gather(job, level, count, w, items, err) : FB_OK;
}

/* All that became of the duties of a job. */
static enum fb_code end_job(struct run *run, struct worker *w, size_t number, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t level = run->jobs[number].levels; code == FB_OK && level-- > 0;) {
        code = end_level(run, w, number, level, err);
    }
    return code;
}

/* ---- what is done when ---- */

/* The next share of a job. */
static struct todo next_share(const struct run *run, size_t number)
{
    const struct job *job = &run->jobs[number];
    double begins = (double)(job->next * SHARE) / (double)job->keys.list.count;
    return (struct todo){RUN, number, job->next, begins};
}

/* One thread would do them in this order. Shares are run in the order of their beginnings: keys
 * come in the order of the facts they were found in, so what is run one after the other rests on
 * the same facts, which are near then. */
static bool comes_before(const struct todo *a, const struct todo *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind;
    }
    if (a->kind == RUN && a->begins != b->begins) {
        return a->begins < b->begins;
    }
    return a->job != b->job ? a->job < b->job : a->share < b->share;
}

static bool ready_before(const struct run *run, size_t a, size_t b)
{
    const struct todo x = next_share(run, run->ready[a]), y = next_share(run, run->ready[b]);
    return comes_before(&x, &y);
}

static void swap_ready(struct run *run, size_t a, size_t b)
{
    size_t job = run->ready[a];
    run->ready[a] = run->ready[b];
    run->ready[b] = job;
}

static void push_ready(struct run *run, size_t job)
{
    size_t at = run->ready_count++;
    run->ready[at] = job;
    for (; at > 0 && ready_before(run, at, (at - 1) / 2); at = (at - 1) / 2) {
        swap_ready(run, at, (at - 1) / 2);
    }
}

/* Takes the share that comes first; that of its job after it takes its place. */
static struct todo pop_ready(struct run *run)
{
    struct todo todo = next_share(run, run->ready[0]);
    struct job *job = &run->jobs[todo.job];
    if (++job->next == job->share_count) {
        run->ready[0] = run->ready[--run->ready_count];
    }
    for (size_t at = 0, child; (child = 2 * at + 1) < run->ready_count; at = child) {
        child += child + 1 < run->ready_count && ready_before(run, child + 1, child) ? 1 : 0;
        if (!ready_before(run, child, at)) {
            break;
        }
        swap_ready(run, at, child);
    }
    return todo;
}

/* What comes after something that failed is not done. */
static bool is_wanted(const struct run *run, const struct todo *todo)
{
    return run->failed.kind == NOTHING || comes_before(todo, &run->failed);
}

/* What to do next; waits where that may still turn out. With the lock. */
static struct todo pick(struct run *run)
{
    for (;;) {
        struct todo todo = {BEGIN, run->next_job, 0, 0};
        if (run->next_job < run->job_count && is_wanted(run, &todo)) {
            run->next_job++;
            run->beginning++;
            return todo;
        }
        if (run->ready_count > 0) {
            todo = next_share(run, run->ready[0]);
            if (is_wanted(run, &todo)) {
                return pop_ready(run);
            }
        }
        if (run->beginning == 0) {
            return (struct todo){NOTHING, 0, 0, 0};
        }
        pthread_cond_wait(&run->changed, &run->lock);
    }
}

/* Notes what was done; what there is to do at once, or NOTHING. With the lock. */
static struct todo note(
    struct run *run, const struct todo *done, enum fb_code code, const struct fb_err *err)
{
    struct job *job = &run->jobs[done->job];
    struct todo end = {END, done->job, 0, 0};
    if (code != FB_OK && is_wanted(run, done)) {
        run->failed = *done;
        run->err = *err;
    }
    if (done->kind == BEGIN) {
        run->beginning--;
        if (code == FB_OK && job->share_count > 0) {
            push_ready(run, done->job);
        }
        pthread_cond_broadcast(&run->changed);
    }
    bool nothing = done->kind == BEGIN && job->levels > 0 && job->share_count == 0;
    bool ends = (nothing && code == FB_OK) || (done->kind == RUN && --job->undone == 0);
    return ends && is_wanted(run, &end) ? end : (struct todo){NOTHING, 0, 0, 0};
}

/* Task: does what is to be done until nothing is left. */
static enum fb_code work_on(void *ctx, size_t worker, size_t task, struct fb_err *err)
{
    struct run *run = ctx;
    struct worker *w = &run->workers[worker];
    struct todo todo = {NOTHING, 0, 0, 0};
    (void)task;
    for (;;) {
        pthread_mutex_lock(&run->lock);
        todo = todo.kind == NOTHING ? pick(run) : todo;
        pthread_mutex_unlock(&run->lock);
        enum fb_code code = FB_OK;
        switch (todo.kind) {
        case BEGIN:
            code = begin_job(w, &run->jobs[todo.job], err);
            break;
        case RUN:
            code = run_share(run, w, &todo, err);
            break;
        case END:
            code = end_job(run, w, todo.job, err);
            break;
        case NOTHING:
            return FB_OK;
        }
        pthread_mutex_lock(&run->lock);
        todo = note(run, &todo, code, err);
        pthread_mutex_unlock(&run->lock);
    }
}

static enum fb_code run_all(struct run *run, size_t threads, struct fb_err *err)
{
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->changed, NULL);
    enum fb_code code = fb_workers_run(threads, threads, work_on, run, err);
    FB_ASSERT(code == FB_OK);
    pthread_cond_destroy(&run->changed);
    pthread_mutex_destroy(&run->lock);
    if (run->failed.kind != NOTHING) {
        *err = run->err;
        code = err->code;
    }
    return code;
}

static bool same_only(const struct fb_duty_query *a, const struct fb_duty_query *b)
{
    return !a->only == !b->only && a->only_count == b->only_count &&
           a->only_param == b->only_param &&
           (!a->only || fb_row_cmp(a->only, b->only, a->only_count) == 0);
}

/* Whether what becomes of the duty of a query is found where that of the next one is. */
static bool is_before(const struct fb_duty_query *query, const struct fb_duty_query *next)
{
    const struct fb_duty *a = query->duty, *b = next->duty;
    return b->after == a && a->param_count == b->param_count && a->when == b->when &&
           a->given == b->given && query->program == next->program &&
           query->access == next->access && query->now == next->now && same_only(query, next);
}

/* Finds out which jobs find what becomes of others, too: those stand before them, as policies have
 * them. */
static void join_jobs(struct run *run)
{
    for (size_t i = run->job_count; i > 0;) {
        struct job *job = &run->jobs[--i];
        job->levels = 1;
        for (; i > 0 && job->levels < TOGETHER &&
               is_before((job - job->levels)->query, (job - job->levels + 1)->query);
             i--) {
            job->levels++;
        }
    }
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
        .out = FB_ARENA_ARRAY(&own, struct fb_obligations, count),
        .ready = FB_ARENA_ARRAY(&own, size_t, count),
        .failed = {NOTHING, 0, 0, 0}};
    enum fb_code code = FB_OK;
    if (!run.jobs || !run.workers || !run.out || !run.ready) {
        code = fb_arena_failed(&own, err);
        fb_arena_release(&own);
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        FB_ASSERT(threads == 1 || !queries[i].kept);
        run.jobs[i].query = &queries[i];
    }
    join_jobs(&run);
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
    code = code ? code : run_all(&run, threads, err);
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
