/*
 * Operators that nothing is kept for: they look through the time-points, which stay as long as
 * something may look at them. So is done what a node cannot keep: operands that only filter what is
 * bound outside, regular expressions, and what stands below a FREEZE whose relation is read at
 * other time-points. What stands below such an operator is evaluated at other time-points too, so
 * it is of this kind itself.
 */
#include <string.h>

#include "base/assert.h"
#include "engine/inc_plan.h"

/* ---- compiling ---- */

/* An outermost operation of this kind is known to its stage, for what it needs and keeps. */
static enum fb_code add_root(const struct fb_inc_site *site, const struct fb_inc_op *op)
{
    struct fb_inc *inc = site->inc;
    struct fb_inc_stage *stage = &inc->stages[site->stage];
    if (site->direct) {
        return FB_OK;
    }
    if (!fb_inc_room(&inc->memory, &stage->roots, &stage->root_cap, stage->root_count,
            sizeof(*stage->roots))) {
        return inc->memory.code;
    }
    stage->roots[stage->root_count++] = (struct fb_inc_root){op, site->shift};
    return FB_OK;
}

enum fb_code fb_inc_compile_scan(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    bool binary = form->kind == FB_FORM_SINCE || form->kind == FB_FORM_UNTIL;
    const struct fb_form *right = binary ? form->right : form->left;
    struct fb_inc_op *op = fb_inc_new_op(site, FB_INC_SCAN, form, 2);
    if (!op) {
        return fb_inc_no_memory(site);
    }
    struct fb_inc_site inside = *site;
    inside.direct = true;
    enum fb_code code = fb_inc_compile_part(&inside, right, &op->parts[op->part_count++]);
    if (code == FB_OK && binary && form->left->kind != FB_FORM_TRUE) {
        op->closed = (fb_form_vars(form->left) & ~site->given) == 0;
        inside.given |= op->closed ? 0 : fb_form_vars(right);
        inside.busy |= fb_form_vars(right) | fb_inc_hidden(right);
        code = fb_inc_compile_part(&inside, form->left, &op->parts[op->part_count++]);
    }
    *out = op;
    return code ? code : add_root(site, op);
}

static uint32_t add_state(struct fb_inc_op *op, struct fb_inc_state state)
{
    FB_ASSERT(op->state_count < 2 * FB_IR_REGEX_MAX + 2);
    op->states[op->state_count] = state;
    return op->state_count++;
}

/* States that match regex and go on at `next`; the first of them. */
static enum fb_code add_regex(const struct fb_inc_site *site, struct fb_inc_op *op,
    const struct fb_regex *regex, uint32_t next, uint32_t *out)
{
    bool past = op->form->kind == FB_FORM_MATCH_PAST;
    const struct fb_regex *first = past ? regex->right : regex->left;
    const struct fb_regex *second = past ? regex->left : regex->right;
    struct fb_inc_site behind = *site;
    uint32_t at = 0;
    uint32_t sides[2] = {0, 0};
    struct fb_inc_op *test = NULL;
    enum fb_code code = FB_OK;
    switch (regex->kind) {
    case FB_REGEX_STEP:
        *out = add_state(op, (struct fb_inc_state){.kind = FB_INC_STEP, .next = next});
        return FB_OK;
    case FB_REGEX_TEST:
        code = fb_inc_compile_part(site, regex->test, &test);
        *out = add_state(op, (struct fb_inc_state){.kind = FB_INC_TEST,
                                 .next = next,
                                 .op = test,
                                 .test = regex->test,
                                 .given = site->given});
        return code;
    case FB_REGEX_EITHER:
        code = add_regex(site, op, regex->left, next, &sides[0]);
        code = code ? code : add_regex(site, op, regex->right, next, &sides[1]);
        *out = add_state(
            op, (struct fb_inc_state){.kind = FB_INC_SPLIT, .next = sides[0], .other = sides[1]});
        return code;
    case FB_REGEX_THEN:
        behind.given |= fb_regex_vars(first);
        code = add_regex(&behind, op, second, next, &at);
        return code ? code : add_regex(site, op, first, at, out);
    case FB_REGEX_STAR:
        *out =
            add_state(op, (struct fb_inc_state){.kind = FB_INC_SPLIT, .next = next, .other = next});
        code = add_regex(site, op, regex->left, *out, &at);
        op->states[*out].other = at;
        return code;
    }
    FB_ASSERT(false);
    return code;
}

/* Two sets of rows, of a state and the variables that are carried: for this time-point and for the
 * next. */
static enum fb_code add_walkers(
    const struct fb_inc_site *site, struct fb_inc_op *op, fb_vars carried)
{
    struct fb_inc_node *here = fb_inc_new_node(site, FB_INC_SCRATCH, op->form, carried);
    struct fb_inc_node *there =
        here ? fb_inc_new_node(site, FB_INC_SCRATCH, op->form, carried) : NULL;
    if (!there) {
        return fb_inc_no_memory(site);
    }
    fb_inc_set_init(&here->set, here->width + 1);
    fb_inc_set_init(&there->set, there->width + 1);
    here->child = there;
    op->node = here;
    return FB_OK;
}

enum fb_code fb_inc_compile_states(
    const struct fb_inc_site *inside, struct fb_inc_op *op, fb_vars carried)
{
    FB_ASSERT(inside && op->kind == FB_INC_MATCH);
    op->states = FB_ARENA_ARRAY(&inside->inc->arena, struct fb_inc_state, 2 * FB_IR_REGEX_MAX + 2);
    op->vars = fb_inc_list_vars(inside, carried, &op->width);
    if (!op->states || !op->vars) {
        return fb_inc_no_memory(inside);
    }
    if (op->width == FB_IR_VARS_MAX) {
        return fb_inc_unsupported(inside, op->form, "a match binds too many variables");
    }
    uint32_t accept = add_state(op, (struct fb_inc_state){.kind = FB_INC_ACCEPT});
    enum fb_code code = add_regex(inside, op, op->form->regex, accept, &op->start);
    return code ? code : add_walkers(inside, op, carried);
}

enum fb_code fb_inc_compile_match(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    bool fits = false;
    enum fb_code code = fb_inc_compile_walk(site, form, out, &fits);
    if (code || fits) {
        return code;
    }
    struct fb_inc_op *op = fb_inc_new_op(site, FB_INC_MATCH, form, 0);
    if (!op) {
        return fb_inc_no_memory(site);
    }
    struct fb_inc_site inside = *site;
    inside.direct = true;
    code = fb_inc_compile_states(&inside, op, fb_regex_vars(form->regex) & ~site->given);
    *out = op;
    return code ? code : add_root(site, op);
}

enum fb_code fb_inc_compile_freeze(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    if (form->unread) {
        return fb_inc_compile_part(site, form->right, out);
    }
    struct fb_inc_op *op = fb_inc_new_op(site, FB_INC_FREEZE, form, 2);
    struct fb_inc_node *node = op ? fb_inc_new_node(site, FB_INC_SCRATCH, form, 0) : NULL;
    if (!node) {
        return fb_inc_no_memory(site);
    }
    fb_inc_set_init(&node->set, form->bound_count);
    op->node = node;
    op->part_count = 2;
    op->native = !site->direct;
    struct fb_inc_site inside = *site;
    inside.given = 0;
    inside.busy = 0;
    inside.blind = true;
    enum fb_code code = fb_inc_compile_part(&inside, form->left, &op->parts[0]);
    struct fb_inc_frozen frozen = {form, node, site->frozen};
    inside = *site;
    inside.direct = true;
    inside.frozen = &frozen;
    code = code ? code : fb_inc_compile_part(&inside, form->right, &op->parts[1]);
    *out = op;
    return code ? code : add_root(site, op);
}

static bool tests_read_frozen(const struct fb_inc_site *site, const struct fb_regex *regex);

/* Whether a formula reads what a FREEZE around it has frozen, also through another LETPAST. */
static bool reads_frozen(const struct fb_inc_site *site, const struct fb_form *form)
{
    if (!form) {
        return false;
    }
    if (form->kind == FB_FORM_PRED && form->definition) {
        for (const struct fb_inc_frozen *f = site->frozen; f; f = f->outer) {
            if (f->form == form->definition) {
                return true;
            }
        }
        for (const struct fb_inc_recalled *r = site->recalled; r; r = r->outer) {
            if (r->form == form->definition) {
                return true;
            }
        }
    }
    return tests_read_frozen(site, form->regex) || reads_frozen(site, form->left) ||
           reads_frozen(site, form->right);
}

static bool tests_read_frozen(const struct fb_inc_site *site, const struct fb_regex *regex)
{
    return regex && (reads_frozen(site, regex->test) || tests_read_frozen(site, regex->left) ||
                        tests_read_frozen(site, regex->right));
}

/* What is defined is another relation for each set of rows that is frozen, so it is found for each
 * anew, from the first time-point on, as far as it is read. */
static enum fb_code compile_recur(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    struct fb_inc_op *op = fb_inc_new_op(site, FB_INC_RECUR, form, 1);
    struct fb_inc_node *node = op ? fb_inc_new_node(site, FB_INC_KEPT, form, 0) : NULL;
    if (!node) {
        return fb_inc_no_memory(site);
    }
    FB_ASSERT(site->direct && site->frozen);
    FB_ASSERT(form->bound_count < FB_IR_VARS_MAX);
    fb_inc_set_init(&node->set, form->bound_count + 1);
    node->child_index = fb_inc_set_index(&node->set, 1);
    node->child = site->frozen->node;
    op->node = node;
    op->part_count = 1;
    struct fb_inc_recalled recalled = {form, node, site->recalled};
    struct fb_inc_site inside = *site;
    inside.recalled = &recalled;
    enum fb_code code = fb_inc_compile_part(&inside, form->right, &op->parts[0]);
    inside.given = 0;
    inside.busy = 0;
    inside.blind = true;
    code = code ? code : fb_inc_compile_part(&inside, form->left, &node->op);
    *out = op;
    return code;
}

/* The definition is a stage of its own, which is ahead of all that reads it. */
enum fb_code fb_inc_compile_letpast(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out)
{
    struct fb_inc *inc = site->inc;
    bool lasts = false;
    if (form->unread) {
        return fb_inc_compile_part(site, form->right, out);
    }
    if (reads_frozen(site, form->left)) {
        return compile_recur(site, form, out);
    }
    enum fb_code found = fb_inc_compile_lasting(site, form, out, &lasts);
    if (found || lasts) {
        return found;
    }
    size_t number = 0;
    while (number < inc->stage_count && inc->stages[number].defines != form) {
        number++;
    }
    if (number == inc->stage_count) {
        struct fb_inc_site inside = {
            .inc = inc, .err = site->err, .stage = number, .blind = true, .lasting = site->lasting};
        if (number == FB_INC_STAGES_MAX) {
            return fb_inc_unsupported(site, form, "there are too many recursive definitions");
        }
        inc->stage_count++;
        inc->defines = true;
        struct fb_inc_stage *stage = &inc->stages[number];
        stage->defines = form;
        stage->rows = fb_inc_new_node(&inside, FB_INC_SCRATCH, form, 0);
        if (!stage->rows) {
            return fb_inc_no_memory(site);
        }
        fb_inc_set_init(&stage->rows->set, form->bound_count);
        enum fb_code code = fb_inc_compile_part(&inside, form->left, &stage->op);
        if (code) {
            return code;
        }
    }
    return fb_inc_compile_part(site, form->right, out);
}

/* ---- what is looked at ---- */

int64_t fb_inc_distance(const struct fb_inc *inc, uint64_t a, uint64_t b)
{
    int64_t distance;
    bool over = __builtin_sub_overflow(
        fb_inc_point_at(inc, b)->time, fb_inc_point_at(inc, a)->time, &distance);
    return over ? INT64_MAX : distance;
}

/* The first time-point in [low, high) that is later than `time`, or high. */
static uint64_t first_later(const struct fb_inc *inc, uint64_t low, uint64_t high, fb_time time)
{
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (fb_inc_point_at(inc, mid)->time > time) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

static bool to_past(const struct fb_inc_op *op)
{
    enum fb_form_kind kind = op->form->kind;
    return kind == FB_FORM_ONCE || kind == FB_FORM_SINCE || kind == FB_FORM_MATCH_PAST;
}

static fb_time latest(fb_time a, fb_time b)
{
    return a > b ? a : b;
}

static fb_time parts_ready(const struct fb_inc *inc, const struct fb_inc_op *op, uint64_t n)
{
    fb_time from = FB_TIME_MIN;
    for (size_t i = op->kind == FB_INC_FREEZE && op->native ? 1 : 0; i < op->part_count; i++) {
        from = latest(from, fb_inc_ready(inc, op->parts[i], n));
    }
    for (uint32_t i = 0; i < op->state_count; i++) {
        if (op->states[i].op) {
            from = latest(from, fb_inc_ready(inc, op->states[i].op, n));
        }
    }
    return from;
}

/* What no later time-point of an interval [_, high] from time-point n can change. */
static fb_time passed(const struct fb_inc *inc, uint64_t n, int64_t high)
{
    fb_time end = fb_time_add(fb_inc_point_at(inc, n)->time, high);
    return inc->ended ? FB_TIME_MIN : fb_time_add(end, 1);
}

fb_time fb_inc_ready(const struct fb_inc *inc, const struct fb_inc_op *op, uint64_t n)
{
    FB_ASSERT(inc && op);
    const struct fb_interval *interval = &op->form->interval;
    if (op->kind == FB_INC_PRED) {
        bool there = !op->stage || n < fb_inc_defined(inc, &inc->stages[op->stage]);
        return there ? FB_TIME_MIN : FB_TIME_MAX;
    }
    if (op->kind == FB_INC_RECALL) {
        return op->form->earlier ? FB_TIME_MIN : fb_inc_ready(inc, op->node->op, n);
    }
    if (op->kind == FB_INC_SHIFT) {
        bool back = op->form->kind == FB_FORM_PREVIOUS;
        if (back) {
            return n == 0 ? FB_TIME_MIN : fb_inc_ready(inc, op->parts[0], n - 1);
        }
        return n + 1 < inc->point_high ? fb_inc_ready(inc, op->parts[0], n + 1)
                                       : passed(inc, n, interval->high);
    }
    if ((op->kind != FB_INC_SCAN && op->kind != FB_INC_MATCH) || to_past(op)) {
        return parts_ready(inc, op, n);
    }
    fb_time end = fb_time_add(fb_inc_point_at(inc, n)->time, interval->high);
    uint64_t behind = first_later(inc, n, inc->point_high, end);
    fb_time from = behind < inc->point_high ? FB_TIME_MIN : passed(inc, n, interval->high);
    return latest(from, parts_ready(inc, op, behind - 1));
}

static uint64_t parts_reach(const struct fb_inc *inc, const struct fb_inc_op *op, uint64_t n)
{
    uint64_t low = n;
    for (size_t i = op->kind == FB_INC_FREEZE && op->native ? 1 : 0; i < op->part_count; i++) {
        uint64_t reach = fb_inc_reach(inc, op->parts[i], n);
        low = reach < low ? reach : low;
    }
    for (uint32_t i = 0; i < op->state_count; i++) {
        uint64_t reach = op->states[i].op ? fb_inc_reach(inc, op->states[i].op, n) : n;
        low = reach < low ? reach : low;
    }
    return low;
}

uint64_t fb_inc_reach(const struct fb_inc *inc, const struct fb_inc_op *op, uint64_t n)
{
    FB_ASSERT(inc && op);
    bool back = op->kind == FB_INC_SHIFT && op->form->kind == FB_FORM_PREVIOUS;
    if (op->kind == FB_INC_RECUR) {
        return inc->point_low; /* which is the first */
    }
    if (back) {
        return n > inc->point_low ? parts_reach(inc, op, n - 1) : n;
    }
    if ((op->kind != FB_INC_SCAN && op->kind != FB_INC_MATCH) || !to_past(op)) {
        return parts_reach(inc, op, n);
    }
    if (op->form->interval.high == FB_TIME_MAX) {
        return inc->point_low;
    }
    fb_time start = fb_time_add(fb_inc_point_at(inc, n)->time, -op->form->interval.high);
    bool all = start == FB_TIME_MIN;
    return parts_reach(
        inc, op, all ? inc->point_low : first_later(inc, inc->point_low, n, start - 1));
}

/* ---- temporal operators ---- */

/* Whether a part has a row at a time-point; false too when something failed. */
static bool holds_at(struct fb_inc *inc, const struct fb_inc_op *part, uint64_t n)
{
    uint64_t home = inc->at;
    inc->at = n;
    bool found = fb_inc_gives(inc, part);
    inc->at = home;
    return found && inc->memory.code == FB_OK;
}

/* What follows a row that was found at another time-point. */
struct scan {
    const struct fb_inc_op *op;
    uint64_t home;
    uint64_t there;
    struct fb_inc_then then;
};

static bool scan_then(void *ctx, struct fb_inc *inc)
{
    const struct scan *s = ctx;
    bool past = to_past(s->op);
    uint64_t from = past ? s->there + 1 : s->home;
    uint64_t until = past ? s->home + 1 : s->there;
    bool open = s->op->part_count == 2 && !s->op->closed;
    for (uint64_t k = from; open && k < until; k++) {
        if (!holds_at(inc, s->op->parts[1], k)) {
            return inc->memory.code == FB_OK;
        }
    }
    inc->at = s->home;
    bool go_on = s->then.fn(s->then.ctx, inc);
    inc->at = s->there;
    return go_on;
}

/* From where it stands outwards, so that a left side without variables of the right one's ends it
 * where it does not hold. */
bool fb_inc_scan(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op->kind == FB_INC_SCAN);
    struct scan s = {op, inc->at, inc->at, then};
    const struct fb_interval *interval = &op->form->interval;
    bool past = to_past(op);
    bool ends = op->part_count == 2 && op->closed;
    for (;;) {
        int64_t distance =
            past ? fb_inc_distance(inc, s.there, s.home) : fb_inc_distance(inc, s.home, s.there);
        if (interval->high != FB_TIME_MAX && distance > interval->high) {
            return true;
        }
        if (distance >= interval->low) {
            inc->at = s.there;
            bool go_on = fb_inc_run(inc, op->parts[0], (struct fb_inc_then){scan_then, &s});
            inc->at = s.home;
            if (!go_on) {
                return false;
            }
        }
        if (ends && !holds_at(inc, op->parts[1], s.there)) {
            return inc->memory.code == FB_OK;
        }
        if (past ? s.there == inc->point_low : s.there + 1 >= inc->point_high) {
            return true;
        }
        s.there = past ? s.there - 1 : s.there + 1;
    }
}

/* ---- regular expressions ---- */

/* Adds a walker in a state, with the variables as they are. */
static bool add_walker(
    struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_set *set, uint32_t state)
{
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    row[0] = (struct fb_cell){.type = FB_TYPE_INT, .u.integer = state};
    for (size_t i = 0; i < op->width; i++) {
        row[i + 1] = inc->regs[op->vars[i]];
    }
    return fb_inc_set_put(set, row, &inc->memory, &added) != FB_INC_NONE;
}

struct walk {
    const struct fb_inc_op *op;
    uint32_t next;
    uint64_t home;
};

static bool test_then(void *ctx, struct fb_inc *inc)
{
    const struct walk *w = ctx;
    return add_walker(inc, w->op, &w->op->node->set, w->next);
}

/* One walker makes its move. */
static bool move_walker(struct fb_inc *inc, const struct walk *w, const struct fb_inc_state *state,
    bool inside, struct fb_inc_then then)
{
    const struct fb_inc_op *op = w->op;
    struct fb_inc_set *here = &op->node->set;
    struct walk on = {op, state->next, w->home};
    uint64_t there = inc->at;
    bool go_on = true;
    switch (state->kind) {
    case FB_INC_ACCEPT:
        if (inside) {
            inc->at = w->home;
            go_on = then.fn(then.ctx, inc);
            inc->at = there;
        }
        return go_on;
    case FB_INC_STEP:
        return add_walker(inc, op, &op->node->child->set, state->next);
    case FB_INC_TEST:
        return fb_inc_run(inc, state->op, (struct fb_inc_then){test_then, &on});
    case FB_INC_SPLIT:
        return add_walker(inc, op, here, state->next) && add_walker(inc, op, here, state->other);
    }
    FB_ASSERT(false);
    return false;
}

/* All walkers at the time-point inc->at, also those that come while they move. */
static bool move_all(struct fb_inc *inc, const struct walk *w, bool inside, struct fb_inc_then then)
{
    const struct fb_inc_op *op = w->op;
    const struct fb_inc_set *here = &op->node->set;
    for (uint32_t i = 0; i < here->slot_count; i++) {
        const struct fb_cell *row = fb_inc_set_row(here, i);
        const struct fb_inc_state *state = &op->states[row[0].u.integer];
        for (size_t k = 0; k < op->width; k++) {
            inc->regs[op->vars[k]] = row[k + 1];
        }
        if (!move_walker(inc, w, state, inside, then)) {
            return false;
        }
    }
    return true;
}

static bool walk(struct fb_inc *inc, struct walk *w, struct fb_inc_then then)
{
    const struct fb_inc_op *op = w->op;
    const struct fb_interval *interval = &op->form->interval;
    bool past = to_past(op);
    for (;;) {
        int64_t distance =
            past ? fb_inc_distance(inc, inc->at, w->home) : fb_inc_distance(inc, w->home, inc->at);
        if (interval->high != FB_TIME_MAX && distance > interval->high) {
            return true;
        }
        fb_inc_set_clear(&op->node->child->set);
        if (!move_all(inc, w, distance >= interval->low, then)) {
            return false;
        }
        bool last = past ? inc->at == inc->point_low : inc->at + 1 >= inc->point_high;
        if (last || op->node->child->set.live_count == 0) {
            return true;
        }
        struct fb_inc_set set = op->node->set;
        op->node->set = op->node->child->set;
        op->node->child->set = set;
        inc->at = past ? inc->at - 1 : inc->at + 1;
    }
}

/* Variables that a walker has not bound yet are NONE, so that walkers that agree are one. */
bool fb_inc_match(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op->kind == FB_INC_MATCH);
    struct walk w = {op, 0, inc->at};
    for (size_t i = 0; i < op->width; i++) {
        inc->regs[op->vars[i]] = (struct fb_cell){0};
    }
    fb_inc_set_clear(&op->node->set);
    bool whole = add_walker(inc, op, &op->node->set, op->start) && walk(inc, &w, then);
    inc->at = w.home;
    return whole;
}

/* ---- definitions ---- */

/* Keeps the row of a definition; its columns are the variables in `bound`. */
static bool keep_row(void *ctx, struct fb_inc *inc)
{
    struct fb_inc_node *node = ctx;
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    for (size_t i = 0; i < node->form->bound_count; i++) {
        row[i] = inc->regs[node->form->bound[i]];
    }
    return fb_inc_set_put(&node->set, row, &inc->memory, &added) != FB_INC_NONE;
}

/* The definition uses variables as its own that may have a value outside, so those are put back. */
bool fb_inc_freeze(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op->kind == FB_INC_FREEZE);
    struct fb_cell saved[FB_IR_VARS_MAX];
    memcpy(saved, inc->regs, inc->var_count * sizeof(*saved));
    fb_inc_set_clear(&op->node->set);
    bool whole = fb_inc_run(inc, op->parts[0], (struct fb_inc_then){keep_row, op->node});
    memcpy(inc->regs, saved, inc->var_count * sizeof(*saved));
    op->node->epoch = ++inc->epochs;
    return whole && fb_inc_run(inc, op->parts[1], then);
}

/* The rows of a definition that agree with key in what is known; columns of the predicate begin
 * behind `before` others. */
static bool rows_of_index(struct fb_inc *inc, const struct fb_inc_op *op, const struct fb_cell *key,
    size_t before, struct fb_inc_then then)
{
    const struct fb_inc_set *set = &op->node->set;
    size_t index = (size_t)op->index;
    for (uint32_t slot = fb_inc_set_first(set, index, key); slot != FB_INC_NONE;
         slot = fb_inc_set_next(set, index, key, slot)) {
        if (fb_inc_fits(inc, op, fb_inc_set_row(set, slot) + before) && !then.fn(then.ctx, inc)) {
            return false;
        }
    }
    return true;
}

bool fb_inc_frozen(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op->kind == FB_INC_FROZEN);
    const struct fb_inc_set *set = &op->node->set;
    struct fb_cell key[FB_IR_ARITY_MAX];
    if (op->index >= 0) {
        fb_inc_known_cells(inc, op, fb_inc_known_columns(op), key);
        return rows_of_index(inc, op, key, 0, then);
    }
    for (uint32_t i = 0; i < set->slot_count; i++) {
        if (fb_inc_fits(inc, op, fb_inc_set_row(set, i)) && !then.fn(then.ctx, inc)) {
            return false;
        }
    }
    return true;
}

uint64_t fb_inc_defined(const struct fb_inc *inc, const struct fb_inc_stage *stage)
{
    uint64_t count = stage->step > (uint64_t)stage->lead ? stage->step - (uint64_t)stage->lead : 0;
    return count < inc->point_high ? count : inc->point_high;
}

bool fb_inc_define(struct fb_inc *inc, struct fb_inc_stage *stage)
{
    FB_ASSERT(inc && stage->defines);
    struct fb_inc_set *set = &stage->rows->set;
    struct fb_inc_point *point = fb_inc_point_at(inc, inc->at);
    size_t width = stage->defines->bound_count;
    fb_inc_set_clear(set);
    if (!fb_inc_run(inc, stage->op, (struct fb_inc_then){keep_row, stage->rows})) {
        return false;
    }
    for (uint32_t i = 0; i < set->slot_count; i++) {
        if (!fb_inc_room(&inc->memory, &point->tuples, &point->tuple_cap, point->tuple_count,
                sizeof(*point->tuples)) ||
            !fb_inc_room(&inc->memory, &point->cells, &point->cell_cap, point->cell_count + width,
                sizeof(*point->cells))) {
            return false;
        }
        point->tuples[point->tuple_count++] =
            (struct fb_inc_tuple){stage->defines->relation, (uint32_t)point->cell_count};
        if (width) {
            memcpy(point->cells + point->cell_count, fb_inc_set_row(set, i),
                width * sizeof(*point->cells));
        }
        point->cell_count += width;
    }
    return true;
}

struct recur {
    struct fb_inc_node *node;
    struct fb_cell point;
};

/* As keep_row, behind the number of the time-point. */
static bool keep_recurring(void *ctx, struct fb_inc *inc)
{
    const struct recur *r = ctx;
    const struct fb_form *form = r->node->form;
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    row[0] = r->point;
    for (size_t i = 0; i < form->bound_count; i++) {
        row[i + 1] = inc->regs[form->bound[i]];
    }
    return fb_inc_set_put(&r->node->set, row, &inc->memory, &added) != FB_INC_NONE;
}

static struct fb_cell number_of_point(uint64_t n)
{
    return (struct fb_cell){.type = FB_TYPE_INT, .u.integer = (int64_t)n};
}

/* The rows of every time-point up to the one that is asked, each of which may read earlier ones. */
static bool recur_until(struct fb_inc *inc, struct fb_inc_node *node, uint64_t end)
{
    struct fb_cell saved[FB_IR_VARS_MAX];
    uint64_t home = inc->at;
    bool whole = true;
    FB_ASSERT(end <= inc->point_high);
    memcpy(saved, inc->regs, inc->var_count * sizeof(*saved));
    while (whole && node->done < end) {
        struct recur r = {node, number_of_point(node->done)};
        inc->at = node->done;
        whole = fb_inc_run(inc, node->op, (struct fb_inc_then){keep_recurring, &r});
        node->done++;
    }
    inc->at = home;
    memcpy(inc->regs, saved, inc->var_count * sizeof(*saved));
    return whole;
}

/* What was found stands as long as the same rows are frozen. */
bool fb_inc_recur(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op->kind == FB_INC_RECUR);
    struct fb_inc_node *node = op->node;
    if (node->epoch != node->child->epoch) {
        fb_inc_set_clear(&node->set);
        node->done = inc->point_low;
        node->epoch = node->child->epoch;
    }
    return fb_inc_run(inc, op->parts[0], then);
}

bool fb_inc_recall(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op->kind == FB_INC_RECALL);
    struct fb_inc_node *node = op->node;
    struct fb_cell row[1 + FB_IR_ARITY_MAX] = {number_of_point(inc->at)};
    if (!op->form->earlier && node->done <= inc->at && !recur_until(inc, node, inc->at + 1)) {
        return false;
    }
    if (op->index >= 0) {
        fb_inc_known_cells(inc, op, fb_inc_known_columns(op), row + 1);
        return rows_of_index(inc, op, row, 1, then);
    }
    /* There are too many indexes: by the time-point alone. */
    size_t index = (size_t)node->child_index;
    uint32_t slot = fb_inc_set_first(&node->set, index, row);
    while (slot != FB_INC_NONE) {
        if (fb_inc_fits(inc, op, fb_inc_set_row(&node->set, slot) + 1) && !then.fn(then.ctx, inc)) {
            return false;
        }
        slot = fb_inc_set_next(&node->set, index, row, slot);
    }
    return true;
}
