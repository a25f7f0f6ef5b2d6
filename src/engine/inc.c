/* The incremental evaluator from outside: time-points in, verdicts out. */
#include "engine/inc.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/limit.h"
#include "engine/inc_plan.h"
#include "engine/pattern.h"

#define MEMORY_MAX ((size_t)4 << 30)

enum { PLAN_MAX = 1 << 28 };

/* ---- life ---- */

static size_t relations_of(const struct fb_form *form);

static size_t relations_in(const struct fb_regex *regex)
{
    if (!regex) {
        return 0;
    }
    size_t most = relations_of(regex->test);
    size_t left = relations_in(regex->left);
    size_t right = relations_in(regex->right);
    most = left > most ? left : most;
    return right > most ? right : most;
}

/* One more than the highest number of a relation that a formula reads or defines. */
static size_t relations_of(const struct fb_form *form)
{
    if (!form) {
        return 0;
    }
    size_t own = form->kind == FB_FORM_PRED ? (size_t)form->relation + 1 : 0;
    size_t tests = relations_in(form->regex);
    own = tests > own ? tests : own;
    size_t left = relations_of(form->left);
    size_t right = relations_of(form->right);
    left = left > right ? left : right;
    return own > left ? own : left;
}

static enum fb_code prepare(struct fb_inc *inc, struct fb_err *err)
{
    if (!fb_form_evaluable(inc->form, 0, err)) {
        return FB_E_POLICY;
    }
    inc->reads_count = relations_of(inc->form);
    inc->reads = FB_ARENA_ARRAY(&inc->arena, bool, inc->reads_count + 1);
    if (!inc->reads) {
        return fb_arena_failed(&inc->arena, err);
    }
    inc->out_vars = fb_form_vars(inc->form);
    return fb_inc_compile(inc, err);
}

enum fb_code fb_inc_new(const struct fb_form *form, size_t var_count,
    const struct fb_inc_options *options, struct fb_inc **out, struct fb_err *err)
{
    FB_ASSERT(form && options && options->sink && out);
    FB_ASSERT(var_count <= FB_IR_VARS_MAX);
    struct fb_inc *inc = fb_calloc(1, sizeof(*inc));
    if (!inc) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_arena_init(&inc->arena, fb_limit(PLAN_MAX));
    inc->form = form;
    inc->var_count = var_count;
    inc->options = *options;
    inc->memory.max = options->memory_max ? options->memory_max : MEMORY_MAX;
    inc->memory.err = err;
    inc->clock = FB_TIME_MIN;
    inc->listed_max = fb_limit(FB_INC_LISTED_MAX);
    inc->wasted_max = fb_limit(FB_INC_WASTED_MAX);
    enum fb_code code = prepare(inc, err);
    if (code) {
        fb_inc_free(inc);
        return code;
    }
    inc->symbols.pinned = inc->symbols.count;
    fb_inc_symbols_sweep(&inc->symbols, &inc->memory);
    *out = inc;
    return FB_OK;
}

static void free_node(struct fb_inc *inc, struct fb_inc_node *node)
{
    struct fb_inc_memory *memory = &inc->memory;
    struct fb_inc_queue *queues[] = {&node->waiting, &node->leaving, &node->turns, &node->opens};
    fb_inc_set_release(&node->set, memory);
    fb_inc_orders_release(node, memory);
    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
        fb_inc_drop(memory, queues[i]->items, queues[i]->cap, queues[i]->size);
    }
    for (size_t i = 0; i < node->killer_count; i++) {
        struct fb_inc_queue *queue = &node->killers[i].queue;
        fb_inc_set_release(&node->killers[i].seen, memory);
        fb_inc_drop(memory, queue->items, queue->cap, queue->size);
    }
}

void fb_inc_free(struct fb_inc *inc)
{
    if (!inc) {
        return;
    }
    struct fb_inc_memory *memory = &inc->memory;
    for (size_t i = 0; i < inc->node_count; i++) {
        free_node(inc, inc->nodes[i]);
    }
    for (size_t i = 0; i < inc->stage_count; i++) {
        struct fb_inc_stage *stage = &inc->stages[i];
        fb_inc_drop(memory, stage->nodes, stage->node_cap, sizeof(*stage->nodes));
        fb_inc_drop(memory, stage->roots, stage->root_cap, sizeof(*stage->roots));
    }
    for (size_t i = 0; i < inc->point_cap; i++) {
        struct fb_inc_point *point = &inc->points[i];
        fb_inc_drop(memory, point->tuples, point->tuple_cap, sizeof(*point->tuples));
        fb_inc_drop(memory, point->cells, point->cell_cap, sizeof(*point->cells));
        fb_inc_lookups_release(point, memory);
    }
    for (size_t i = 0; i < inc->owner_count; i++) {
        fb_pattern_free(inc->owners[i]->pattern);
    }
    fb_inc_drop(memory, inc->owners, inc->owner_cap, sizeof(*inc->owners));
    fb_inc_drop(memory, inc->ways, inc->way_cap, sizeof(*inc->ways));
    fb_inc_drop(memory, inc->nodes, inc->node_cap, sizeof(*inc->nodes));
    fb_inc_drop(memory, inc->points, inc->point_cap, sizeof(*inc->points));
    fb_inc_symbols_release(&inc->symbols, memory);
    fb_inc_drop(memory, inc->out_cells, inc->out_cell_cap, sizeof(*inc->out_cells));
    fb_inc_drop(memory, inc->out_rows, inc->out_row_cap, sizeof(*inc->out_rows));
    fb_inc_drop(memory, inc->values, inc->value_cap, sizeof(*inc->values));
    FB_ASSERT(memory->used == 0);
    fb_arena_release(&inc->arena);
    fb_free(inc);
}

size_t fb_inc_memory_used(const struct fb_inc *inc)
{
    FB_ASSERT(inc);
    return inc->memory.used + inc->arena.used;
}

bool fb_inc_reads(const struct fb_inc *inc, uint32_t relation)
{
    FB_ASSERT(inc);
    return relation < inc->reads_count && inc->reads[relation];
}

/* ---- cells ---- */

enum fb_code fb_inc_cell(
    struct fb_inc *inc, struct fb_value value, struct fb_cell *out, struct fb_err *err)
{
    FB_ASSERT(inc && out);
    struct fb_cell cell = {.type = value.type};
    if (value.type == FB_TYPE_STRING) {
        uint32_t number;
        inc->memory.err = err;
        if (!fb_inc_symbol_of(&inc->symbols, value.u.text, &inc->memory, &number)) {
            return inc->memory.code;
        }
        cell.u.integer = number;
    } else if (value.type == FB_TYPE_FLOAT) {
        cell.u.number = value.u.number;
    } else if (value.type == FB_TYPE_BOOL) {
        cell.u.integer = value.u.truth;
    } else if (value.type != FB_TYPE_NONE) {
        cell.u.integer = value.u.integer;
    }
    *out = cell;
    return FB_OK;
}

struct fb_value fb_inc_value(const struct fb_inc *inc, const struct fb_cell *cell)
{
    FB_ASSERT(inc && cell);
    switch (cell->type) {
    case FB_TYPE_NONE:
        return fb_value_none();
    case FB_TYPE_STRING:
        FB_ASSERT((size_t)cell->u.integer < inc->symbols.count);
        return fb_value_str(fb_inc_symbol_text(&inc->symbols, cell->u.integer));
    case FB_TYPE_INT:
        return fb_value_int(cell->u.integer);
    case FB_TYPE_FLOAT:
        return fb_value_float(cell->u.number);
    case FB_TYPE_TIME:
        return fb_value_time(cell->u.integer);
    case FB_TYPE_BOOL:
        return fb_value_bool(cell->u.integer != 0);
    }
    FB_ASSERT(false);
    return fb_value_none();
}

/* ---- time-points ---- */

/* Points keep their buffers, so a ring that doubles moves them, not copies. */
bool fb_inc_point_room(struct fb_inc *inc)
{
    FB_ASSERT(inc && inc->point_low <= inc->point_high);
    size_t before = inc->point_cap;
    size_t count = (size_t)(inc->point_high - inc->point_low);
    if (!fb_inc_room(&inc->memory, &inc->points, &inc->point_cap, count, sizeof(*inc->points))) {
        return false;
    }
    for (uint64_t n = inc->point_low; before && before != inc->point_cap && n < inc->point_high;
         n++) {
        if (n & before) {
            inc->points[n & (inc->point_cap - 1)] = inc->points[n & (before - 1)];
            inc->points[n & (before - 1)] = (struct fb_inc_point){0};
        }
    }
    return true;
}

enum fb_code fb_inc_open(struct fb_inc *inc, fb_time time, struct fb_err *err)
{
    FB_ASSERT(inc && !inc->open);
    FB_ASSERT(!inc->ended);
    inc->memory.err = err;
    if (time < inc->clock || (inc->point_high > inc->point_low &&
                                 fb_inc_point_at(inc, inc->point_high - 1)->time > time)) {
        return fb_err_set(err, FB_E_TIME, "time runs backwards");
    }
    if (!fb_inc_point_room(inc)) {
        return inc->memory.code;
    }
    struct fb_inc_point *point = &inc->points[inc->point_high & (inc->point_cap - 1)];
    point->time = time;
    point->tuple_count = 0;
    point->cell_count = 0;
    fb_inc_lookups_forget(point);
    inc->open = true;
    return FB_OK;
}

enum fb_code fb_inc_add(struct fb_inc *inc, uint32_t relation, const struct fb_cell *cells,
    size_t count, struct fb_err *err)
{
    FB_ASSERT(inc && inc->open);
    FB_ASSERT(count <= FB_IR_ARITY_MAX);
    struct fb_inc_memory *memory = &inc->memory;
    struct fb_inc_point *point = &inc->points[inc->point_high & (inc->point_cap - 1)];
    memory->err = err;
    if (!fb_inc_reads(inc, relation)) {
        return FB_OK;
    }
    if (!fb_inc_room(memory, &point->tuples, &point->tuple_cap, point->tuple_count,
            sizeof(*point->tuples)) ||
        !fb_inc_room(memory, &point->cells, &point->cell_cap, point->cell_count + count,
            sizeof(*point->cells))) {
        return memory->code;
    }
    point->tuples[point->tuple_count++] =
        (struct fb_inc_tuple){relation, (uint32_t)point->cell_count};
    if (count) {
        memcpy(point->cells + point->cell_count, cells, count * sizeof(*cells));
    }
    point->cell_count += count;
    return FB_OK;
}

/* ---- verdicts ---- */

static bool add_out(void *ctx, struct fb_inc *inc)
{
    fb_vars vars = *(const fb_vars *)ctx;
    size_t used = inc->out_count * inc->var_count;
    if (!fb_inc_room(&inc->memory, &inc->out_cells, &inc->out_cell_cap, used + inc->var_count,
            sizeof(*inc->out_cells)) ||
        !fb_inc_room(&inc->memory, &inc->out_rows, &inc->out_row_cap, inc->out_count,
            sizeof(*inc->out_rows))) {
        return false;
    }
    for (uint32_t i = 0; i < inc->var_count; i++) {
        inc->out_cells[used + i] = vars & fb_vars_of(i) ? inc->regs[i] : (struct fb_cell){0};
    }
    inc->out_count++;
    return true;
}

static int by_row(const void *a, const void *b, void *ctx)
{
    const struct fb_inc *inc = ctx;
    const struct fb_cell *const *rows[2] = {a, b};
    int order = 0;
    for (size_t i = 0; order == 0 && i < inc->var_count; i++) {
        order = fb_inc_cmp(inc, *rows[0] + i, *rows[1] + i);
    }
    return order;
}

/* The verdicts of one time-point: sorted, each once. */
static bool give_verdicts(struct fb_inc *inc)
{
    inc->out_count = 0;
    if (!fb_inc_run(inc, inc->stages[0].op, (struct fb_inc_then){add_out, &inc->out_vars}) ||
        inc->memory.code) {
        return false;
    }
    if (inc->out_count == 0) {
        return true;
    }
    for (size_t i = 0; i < inc->out_count; i++) {
        inc->out_rows[i] = inc->out_cells + i * inc->var_count;
    }
    qsort_r(inc->out_rows, inc->out_count, sizeof(*inc->out_rows), by_row, inc);
    size_t kept = 1;
    for (size_t i = 1; i < inc->out_count; i++) {
        if (by_row(&inc->out_rows[i], &inc->out_rows[kept - 1], inc) != 0) {
            inc->out_rows[kept++] = inc->out_rows[i];
        }
    }
    struct fb_inc_verdict verdict = {
        (size_t)inc->at, fb_inc_point_at(inc, inc->at)->time, inc->out_rows, kept};
    inc->memory.code = inc->options.sink(inc->options.ctx, &verdict, inc->memory.err);
    return inc->memory.code == FB_OK;
}

/* ---- steps ---- */

/* The clock from which the rest of the trace cannot change what a node says at time-point n. */
static fb_time decided_from(const struct fb_inc *inc, const struct fb_inc_node *node, uint64_t n)
{
    const struct fb_inc_stage *inner = &inc->stages[node->inner];
    int64_t fed = (int64_t)inner->step - inner->lead;
    fb_time end = fb_time_add(fb_inc_point_at(inc, n)->time, node->interval.high);
    bool more = fed < (int64_t)inc->point_high;
    /* What was not fed yet, since it needs the time-point after it, may lie behind the window. */
    uint64_t last = more ? (uint64_t)fed : inc->point_high - 1;
    if (fed > (int64_t)n && fb_inc_point_at(inc, last)->time > end) {
        return FB_TIME_MIN;
    }
    if (more) {
        return FB_TIME_MAX;
    }
    return inc->ended ? FB_TIME_MIN : fb_time_add(end, 1);
}

/* Every definition that a stage reads is there for the time-points that its next step looks at. */
static bool defined(const struct fb_inc *inc, const struct fb_inc_stage *stage)
{
    for (size_t i = 0; stage->reads && i < inc->stage_count; i++) {
        if (stage->reads >> i & 1) {
            uint64_t count = fb_inc_defined(inc, &inc->stages[i]);
            int64_t at = (int64_t)stage->step - stage->lead + stage->ahead[i];
            if (at >= (int64_t)count && !(inc->ended && count == inc->point_high)) {
                return false;
            }
        }
    }
    return true;
}

static fb_time latest(fb_time a, fb_time b)
{
    return a > b ? a : b;
}

/* The clock from which a stage can make its next step; FB_TIME_MAX: not by the clock alone. What
 * is later than `most` need not be exact. */
static fb_time step_from(const struct fb_inc *inc, const struct fb_inc_stage *stage, fb_time most)
{
    uint64_t known = inc->point_high + (inc->ended ? (uint64_t)stage->lead : 0);
    bool ready = stage->step < known && defined(inc, stage);
    fb_time from = ready ? FB_TIME_MIN : FB_TIME_MAX;
    for (size_t i = 0; from <= most && i < stage->root_count; i++) {
        int64_t at = (int64_t)stage->step - stage->lead + stage->roots[i].shift;
        if (at >= 0 && at < (int64_t)inc->point_high) {
            from = latest(from, fb_inc_ready(inc, stage->roots[i].op, (uint64_t)at));
        }
    }
    for (size_t i = 0; from <= most && i < stage->node_count; i++) {
        const struct fb_inc_node *node = stage->nodes[i];
        int64_t at = (int64_t)stage->step - stage->lead + node->shift;
        if (node->kind == FB_INC_FUTURE && at >= 0 && at < (int64_t)inc->point_high) {
            from = latest(from, decided_from(inc, node, (uint64_t)at));
        }
    }
    return from;
}

static bool can_step(const struct fb_inc *inc, const struct fb_inc_stage *stage)
{
    return step_from(inc, stage, inc->clock) <= inc->clock;
}

bool fb_inc_at_rest(const struct fb_inc *inc)
{
    FB_ASSERT(inc);
    bool rests = true;
    for (size_t i = 0; rests && i < inc->stage_count; i++) {
        rests = !can_step(inc, &inc->stages[i]);
    }
    return rests;
}

/* Brings all nodes of a stage one time-point on, then asks its root. */
static bool step(struct fb_inc *inc, struct fb_inc_stage *stage)
{
    int64_t high = (int64_t)inc->point_high;
    int64_t root = (int64_t)stage->step - stage->lead;
    inc->work = 0;
    for (size_t i = 0; i < stage->node_count; i++) {
        int64_t at = root + stage->nodes[i]->shift;
        inc->at = (uint64_t)at;
        if (at >= 0 && at < high && !fb_inc_update(inc, stage->nodes[i])) {
            return false;
        }
        if (inc->memory.code) {
            return false;
        }
    }
    stage->step++;
    if (root < 0 || root >= high) {
        return true;
    }
    inc->at = (uint64_t)root;
    if (stage->defines) {
        return fb_inc_define(inc, stage);
    }
    return stage->owner ? fb_inc_feed(inc, stage->owner) : give_verdicts(inc);
}

/* The first time-point that what looks through them in a stage may look at from now on. */
static int64_t roots_reach(const struct fb_inc *inc, const struct fb_inc_stage *stage, int64_t low)
{
    for (size_t i = 0; i < stage->root_count; i++) {
        int64_t at = (int64_t)stage->step - stage->lead + stage->roots[i].shift;
        int64_t last = (int64_t)inc->point_high - 1;
        at = at > last ? last : at;
        if (at < (int64_t)inc->point_low) {
            return (int64_t)inc->point_low;
        }
        int64_t reach = (int64_t)fb_inc_reach(inc, stage->roots[i].op, (uint64_t)at);
        low = reach < low ? reach : low;
    }
    return low;
}

/* Time-points that no stage reads any more are given up. The last is kept for its time. */
static void release_points(struct fb_inc *inc)
{
    int64_t low = (int64_t)inc->point_high - 1;
    for (size_t i = 0; i < inc->stage_count; i++) {
        const struct fb_inc_stage *stage = &inc->stages[i];
        int64_t reads = (int64_t)stage->step - stage->lead - stage->lag - 1;
        low = reads < low ? reads : low;
        low = roots_reach(inc, stage, low);
    }
    if (low > (int64_t)inc->point_low) {
        inc->point_low = (uint64_t)low;
    }
}

static void mark_set(struct fb_inc *inc, const struct fb_inc_set *set)
{
    for (uint32_t i = 0; i < set->slot_count; i++) {
        if (set->slots[i].live) {
            fb_inc_symbols_mark(&inc->symbols, fb_inc_set_row(set, i), set->width);
            if (set->grouped && set->groups[i].known) {
                fb_inc_symbols_mark(&inc->symbols, &set->groups[i].result, 1);
            }
        }
    }
}

/* Strings that neither rows nor time-points hold are given up, when there are many. */
static void sweep_symbols(struct fb_inc *inc)
{
    if (inc->symbols.live < inc->symbols.sweep_at) {
        return;
    }
    for (size_t i = 0; i < inc->node_count; i++) {
        struct fb_inc_node *node = inc->nodes[i];
        mark_set(inc, &node->set);
        for (size_t k = 0; k < node->killer_count; k++) {
            mark_set(inc, &node->killers[k].seen);
        }
        for (const struct fb_inc_order *order = node->orders; order; order = order->next) {
            mark_set(inc, &order->keys);
        }
    }
    for (uint64_t n = inc->point_low; n < inc->point_high; n++) {
        const struct fb_inc_point *point = fb_inc_point_at(inc, n);
        fb_inc_symbols_mark(&inc->symbols, point->cells, point->cell_count);
    }
    fb_inc_symbols_sweep(&inc->symbols, &inc->memory);
}

/* Inner stages first: what is above waits for them. */
static enum fb_code run_stages(struct fb_inc *inc, struct fb_err *err)
{
    inc->memory.err = err;
    bool moved = true;
    while (moved) { /* a definition may let stages before it go on */
        moved = false;
        for (size_t i = inc->stage_count; i-- > 0;) {
            struct fb_inc_stage *stage = &inc->stages[i];
            while (can_step(inc, stage)) {
                moved = inc->defines;
                if (!step(inc, stage)) {
                    FB_ASSERT(inc->memory.code != FB_OK);
                    return inc->memory.code;
                }
            }
        }
    }
    release_points(inc);
    sweep_symbols(inc);
    return FB_OK;
}

enum fb_code fb_inc_close(struct fb_inc *inc, struct fb_err *err)
{
    FB_ASSERT(inc && inc->open);
    FB_ASSERT(inc->memory.code == FB_OK);
    inc->open = false;
    inc->point_high++;
    return run_stages(inc, err);
}

enum fb_code fb_inc_advance(struct fb_inc *inc, fb_time now, struct fb_err *err)
{
    FB_ASSERT(inc && !inc->open);
    FB_ASSERT(!inc->ended && inc->memory.code == FB_OK);
    FB_ASSERT(now < FB_TIME_MAX);
    if (now <= inc->clock) {
        return FB_OK;
    }
    inc->clock = now;
    return run_stages(inc, err);
}

/* A stage that waits for another one is moved on by that. */
fb_time fb_inc_next(const struct fb_inc *inc)
{
    FB_ASSERT(inc && !inc->open);
    fb_time next = FB_TIME_MAX;
    for (size_t i = 0; i < inc->stage_count; i++) {
        fb_time from = step_from(inc, &inc->stages[i], FB_TIME_MAX - 1);
        next = from < next ? from : next;
    }
    return next;
}

uint64_t fb_inc_seen(const struct fb_inc *inc)
{
    FB_ASSERT(inc);
    return inc->point_high;
}

bool fb_inc_is_open(const struct fb_inc *inc)
{
    FB_ASSERT(inc);
    return inc->open;
}

uint64_t fb_inc_decided(const struct fb_inc *inc)
{
    FB_ASSERT(inc);
    return fb_inc_defined(inc, &inc->stages[0]);
}

enum fb_code fb_inc_end(struct fb_inc *inc, struct fb_err *err)
{
    FB_ASSERT(inc && !inc->open);
    FB_ASSERT(inc->memory.code == FB_OK);
    inc->ended = true;
    return run_stages(inc, err);
}
