/* Telling watches (inc_watch.h) what may have changed, as rows and tuples come and go. */
#include "engine/inc_watch.h"

#include "base/assert.h"

enum { TUPLES_MANY = 1 << 16 };

/* So many stale keys beside the rows of a node, or beside none that are known, are worth no list.
 */
static bool too_many(
    const struct fb_inc_node *view, const struct fb_inc_node *list, const struct fb_inc_node *past)
{
    size_t rows = view->set.live_count + (past ? past->set.live_count : TUPLES_MANY);
    return list->set.live_count > 1024 + 2 * rows;
}

static void all_stale(struct fb_inc_node *view)
{
    view->all = true;
    fb_inc_watch_forget(view);
}

/* The key of a row is stale. */
static bool put_key(struct fb_inc *inc, const struct fb_inc_watch *w, const struct fb_cell *row)
{
    struct fb_inc_node *stale = w->view->child;
    struct fb_cell key[FB_IR_VARS_MAX];
    bool added;
    for (size_t i = 0; i < stale->width; i++) {
        key[i] = row[w->key_at[i]];
    }
    return fb_inc_set_put(&stale->set, key, &inc->memory, &added) != FB_INC_NONE;
}

static bool put_touched(struct fb_inc *inc, const struct fb_inc_watch *w, const struct fb_cell *row)
{
    struct fb_inc_node *touched = w->join->touched;
    struct fb_cell known[FB_IR_VARS_MAX];
    bool added;
    for (size_t i = 0; i < touched->width; i++) {
        known[i] = row[w->from_at[i]];
    }
    return fb_inc_set_put(&touched->set, known, &inc->memory, &added) != FB_INC_NONE;
}

/* A row of what tells has come or gone. */
static bool tell(struct fb_inc *inc, const struct fb_inc_watch *w, const struct fb_cell *row)
{
    const struct fb_inc_node *list = w->join ? w->join->touched : w->view->child;
    bool whole = true;
    if (w->view->all) {
        return true;
    }
    if (!w->part) {
        whole = put_key(inc, w, row);
    } else if (w->join) {
        whole = put_touched(inc, w, row);
    } else {
        all_stale(w->view);
    }
    if (whole && too_many(w->view, list, w->past)) {
        all_stale(w->view);
    }
    return whole;
}

void fb_inc_watch_touch(struct fb_inc *inc, const struct fb_inc_node *past, uint32_t slot)
{
    FB_ASSERT(inc && past);
    FB_ASSERT(slot < past->set.slot_count);
    const struct fb_cell *row = fb_inc_set_row(&past->set, slot);
    for (const struct fb_inc_watch *w = past->watches; w && inc->memory.code == FB_OK;
         w = w->next) {
        (void)tell(inc, w, row);
    }
}

/* The tuples of a time-point, so many before or behind inc->at, tell, or their keys are put. */
static bool take_tuples(struct fb_inc *inc, const struct fb_inc_watch *w, int64_t shift,
    bool (*take)(struct fb_inc *inc, const struct fb_inc_watch *w, const struct fb_cell *row))
{
    int64_t at = (int64_t)inc->at + shift;
    if (at < 0) {
        return true;
    }
    const struct fb_inc_point *point = fb_inc_point_at(inc, (uint64_t)at);
    bool whole = true;
    for (size_t i = 0; whole && i < point->tuple_count; i++) {
        const struct fb_inc_tuple *tuple = &point->tuples[i];
        whole = tuple->relation != w->relation || take(inc, w, point->cells + tuple->at);
    }
    return whole;
}

void fb_inc_watch_forget(struct fb_inc_node *watch)
{
    FB_ASSERT(watch && watch->child);
    fb_inc_set_clear(&watch->child->set);
    for (const struct fb_inc_watch *w = watch->watches; w; w = w->also) {
        for (struct fb_inc_join *join = w->join; join; join = join->up) {
            fb_inc_set_clear(&join->touched->set);
        }
    }
}

bool fb_inc_watch_tuples(struct fb_inc *inc, struct fb_inc_node *watch)
{
    FB_ASSERT(inc && watch->child);
    bool whole = true;
    if ((int64_t)inc->at <= watch->behind) { /* PREVIOUS begins to hold of what never changes */
        all_stale(watch);
    }
    for (const struct fb_inc_watch *w = watch->watches; whole && w; w = w->also) {
        whole = w->past ||
                (take_tuples(inc, w, w->shift - 1, tell) && take_tuples(inc, w, w->shift, tell));
    }
    return whole;
}

const struct fb_inc_node *fb_inc_watch_least(const struct fb_inc_node *watch)
{
    FB_ASSERT(watch && watch->child);
    const struct fb_inc_node *least = NULL;
    for (const struct fb_inc_watch *w = watch->watches; w; w = w->also) {
        if (w->must && (!least || w->past->set.live_count < least->set.live_count)) {
            least = w->past;
        }
    }
    return least;
}

/* What inc->regs have becomes a row. */
static bool put_given(void *ctx, struct fb_inc *inc)
{
    struct fb_inc_node *node = ctx;
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    fb_inc_take_row(inc, node->vars, node->width, row);
    return fb_inc_set_put(&node->set, row, &inc->memory, &added) != FB_INC_NONE;
}

/* The keys of own rows that agree with one that has come or gone. */
static bool put_own(struct fb_inc *inc, const struct fb_inc_node *watch,
    const struct fb_inc_join *join, const struct fb_cell *row)
{
    const struct fb_inc_set *own = join->own;
    struct fb_inc_node *stale = watch->child;
    struct fb_cell cells[FB_IR_VARS_MAX] = {{0}};
    bool added;
    for (size_t i = 0; i < own->width; i++) {
        if (join->shared_at[i]) {
            cells[i] = row[join->shared_at[i] - 1];
        }
    }
    size_t index = (size_t)join->index;
    uint32_t slot = fb_inc_set_first(own, index, cells);
    while (slot != FB_INC_NONE) {
        struct fb_cell key[FB_IR_VARS_MAX];
        for (size_t i = 0; i < stale->width; i++) {
            key[i] = fb_inc_set_row(own, slot)[join->key_at[i]];
        }
        if (fb_inc_set_put(&stale->set, key, &inc->memory, &added) == FB_INC_NONE) {
            return false;
        }
        slot = index == 0 ? FB_INC_NONE : fb_inc_set_next(own, index, cells, slot);
    }
    return true;
}

/* What agrees with rows that have come or gone, while it is found. */
struct agreeing {
    struct fb_inc_node *to;
    size_t found;                    /* so far, some of it again and again perhaps */
    const struct fb_inc_node *least; /* what asking all costs; NULL: it is not known */
    bool all;                        /* which is no more than to go on */
};

/* A comparison may lead from each of many rows to most of the keys. */
static bool put_agreed(void *ctx, struct fb_inc *inc)
{
    struct agreeing *a = ctx;
    size_t rows = a->least ? a->least->set.live_count : 0;
    a->found++;
    a->all = a->least && a->found > 1024 + 2 * rows && a->to->set.live_count > rows / 8;
    return !a->all && put_given(a->to, inc);
}

/* What agrees with a row that has come or gone. */
static bool put_agreeing(struct fb_inc *inc, const struct fb_inc_node *watch,
    const struct fb_inc_join *join, const struct fb_cell *row, struct agreeing *a)
{
    if (join->own && !put_own(inc, watch, join, row)) {
        return false;
    }
    for (size_t i = 0; i < join->touched->width; i++) {
        inc->regs[join->touched->vars[i]] = row[i];
    }
    return !join->agree || fb_inc_run(inc, join->agree, (struct fb_inc_then){put_agreed, a}) ||
           (inc->memory.code == FB_OK && a->all);
}

bool fb_inc_watch_collect(struct fb_inc *inc, struct fb_inc_node *watch)
{
    FB_ASSERT(inc && watch && watch->child);
    bool whole = fb_inc_watch_tuples(inc, watch);
    struct agreeing a = {.least = fb_inc_watch_least(watch)};
    for (const struct fb_inc_watch *w = watch->watches; whole && !watch->all && w; w = w->also) {
        for (const struct fb_inc_join *join = w->join; whole && join; join = join->up) {
            struct fb_inc_set *touched = &join->touched->set;
            a.to = join->up ? join->up->touched : watch->child;
            for (uint32_t i = 0; whole && !a.all && i < touched->slot_count; i++) {
                whole = put_agreeing(inc, watch, join, fb_inc_set_row(touched, i), &a);
            }
            fb_inc_set_clear(touched);
        }
    }
    if (a.all) {
        all_stale(watch);
    }
    return whole;
}

/* What does not have the whole key says nothing that others do not. */
bool fb_inc_watch_anew(struct fb_inc *inc, struct fb_inc_node *watch)
{
    FB_ASSERT(inc && watch->child);
    fb_inc_watch_forget(watch);
    const struct fb_inc_node *least = fb_inc_watch_least(watch);
    watch->all = false;
    if (watch->op) {
        return fb_inc_run(inc, watch->op, (struct fb_inc_then){put_given, watch->child});
    }
    for (const struct fb_inc_watch *w = watch->watches; w; w = w->also) {
        if (w->part || (least && w->past != least)) {
            continue;
        }
        if (!w->past) {
            if (!take_tuples(inc, w, w->shift, put_key)) { /* all of them, however many */
                return false;
            }
            continue;
        }
        const struct fb_inc_set *set = &w->past->set;
        for (uint32_t i = 0; i < set->slot_count; i++) {
            if (set->slots[i].live && set->slots[i].load.past.holds &&
                !put_key(inc, w, fb_inc_set_row(set, i))) {
                return false;
            }
        }
    }
    return true;
}

bool fb_inc_watch_gather(struct fb_inc *inc, struct fb_inc_node *watch,
    const struct fb_inc_set *set, bool (*goes_on)(const struct fb_inc_slot *slot))
{
    FB_ASSERT(inc && watch && watch->child);
    FB_ASSERT(set && goes_on);
    bool added;
    if (!fb_inc_watch_collect(inc, watch)) {
        return false;
    }
    if (!watch->all) {
        return true;
    }
    bool whole = fb_inc_watch_anew(inc, watch);
    for (uint32_t i = 0; whole && i < set->slot_count; i++) {
        whole = !set->slots[i].live || !goes_on(&set->slots[i]) ||
                fb_inc_set_put(&watch->child->set, fb_inc_set_row(set, i), &inc->memory, &added) !=
                    FB_INC_NONE;
    }
    return whole;
}

static void set_key(struct fb_inc *inc, const struct fb_inc_node *stale, const struct fb_cell *key)
{
    for (size_t i = 0; i < stale->width; i++) {
        inc->regs[stale->vars[i]] = key[i];
    }
}

bool fb_inc_watch_gives(struct fb_inc *inc, const struct fb_inc_node *watch,
    const struct fb_inc_op *op, const struct fb_cell *key)
{
    FB_ASSERT(inc && watch && watch->child);
    set_key(inc, watch->child, key);
    bool found = fb_inc_gives(inc, op);
    set_key(inc, watch->child, key);
    return found;
}
