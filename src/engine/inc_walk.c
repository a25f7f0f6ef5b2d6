/*
 * Regular expressions of the past that are walked with time: walkers are kept from one time-point
 * to the next, each with the newest time-point at which it began.
 *
 * Walkers in a loop that any time-point goes on with (`.*`) would all be moved at each time-point.
 * They are parked instead: kept aside, while the tests behind the loop are asked what they find,
 * and the parked walkers that fit it go on from there. A test that cannot be asked so moves them
 * all. So are those in a loop over a condition of which it can be told whom it stops, as in
 * `(NOT q(x))*`: these go when it does.
 */
#include <string.h>

#include "base/assert.h"
#include "engine/inc_plan.h"

/* ---- compiling ---- */

/* The same expression from left to right, so that its tests are asked as time goes on. */
static struct fb_form forwards(const struct fb_form *form)
{
    struct fb_form copy = *form;
    copy.kind = FB_FORM_MATCH_FUTURE;
    copy.interval = (struct fb_interval){0, 0};
    return copy;
}

/* Walkers remember the newest time-point at which they began, so that must be enough. */
static bool walks(const struct fb_inc_site *site, const struct fb_form *form)
{
    struct fb_form copy = forwards(form);
    return form->kind == FB_FORM_MATCH_PAST && !site->direct && form->interval.low == 0 &&
           fb_form_evaluable(&copy, 0, NULL) && !fb_inc_reads_itself(form, site->shift);
}

/* What stands before `.*` at the end of an expression; NULL in *out: it does not end so. */
static enum fb_code before_open_end(
    const struct fb_inc_site *site, const struct fb_regex *regex, struct fb_regex **out)
{
    enum fb_code code = FB_OK;
    struct fb_regex *rest = NULL;
    *out = NULL;
    if (regex->kind != FB_REGEX_THEN) {
        return FB_OK;
    }
    if (regex->right->kind == FB_REGEX_STAR && regex->right->left->kind == FB_REGEX_STEP) {
        *out = regex->left;
        return FB_OK;
    }
    code = before_open_end(site, regex->right, &rest);
    if (code || !rest) {
        return code;
    }
    *out = FB_ARENA_NEW(&site->inc->arena, struct fb_regex);
    if (!*out) {
        return fb_inc_no_memory(site);
    }
    **out = *regex;
    (*out)->right = rest;
    return FB_OK;
}

/* What matched some time ago and then went on anyhow is ONCE what matched; how long ago it began is
 * known where that is a test alone, or does not matter. */
static enum fb_code once_of(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_form **out)
{
    struct fb_regex *rest = NULL;
    enum fb_code code = before_open_end(site, form->regex, &rest);
    bool test = rest && rest->kind == FB_REGEX_TEST;
    *out = NULL;
    if (code || !rest || (!test && form->interval.high != FB_TIME_MAX)) {
        return code;
    }
    struct fb_form *once = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    struct fb_form *match = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    if (!once || !match) {
        return fb_inc_no_memory(site);
    }
    *match = *form;
    match->regex = rest;
    *once = (struct fb_form){.kind = FB_FORM_ONCE,
        .span = form->span,
        .interval = form->interval,
        .left = test ? rest->test : match};
    *out = fb_form_evaluable(once, 0, NULL) ? once : NULL;
    return FB_OK;
}

/* The tests behind a loop, and one step at most, which who is parked has made; seen from `number`.
 * False when something else is there, too, or the same test with and without a step. */
struct behind {
    const struct fb_inc_op *op;
    uint32_t states[FB_INC_INDEXES_MAX];
    bool stepped[FB_INC_INDEXES_MAX];
    size_t count;
};

static bool list_tests(struct behind *b, uint32_t number, bool stepped)
{
    const struct fb_inc_state *state = &b->op->states[number];
    for (size_t i = 0; i < b->count; i++) {
        if (b->states[i] == number) {
            return b->stepped[i] == stepped;
        }
    }
    if (state->kind == FB_INC_STEP && !stepped) {
        return list_tests(b, state->next, true);
    }
    if (b->count == FB_INC_INDEXES_MAX ||
        (state->kind != FB_INC_TEST && state->kind != FB_INC_SPLIT)) {
        return false;
    }
    b->states[b->count] = number;
    b->stepped[b->count++] = stepped;
    return state->kind == FB_INC_TEST ||
           (list_tests(b, state->next, stepped) && list_tests(b, state->other, stepped));
}

static enum fb_code add_await(const struct fb_inc_site *site, struct fb_inc_op *walk,
    struct fb_inc_node *parked, uint32_t number, bool stepped, struct fb_inc_await **first)
{
    const struct fb_inc_state *test = &walk->states[number];
    const struct fb_form *form = test->test;
    struct fb_inc_await *await = FB_ARENA_NEW(&site->inc->arena, struct fb_inc_await);
    if (!await) {
        return fb_inc_no_memory(site);
    }
    uint64_t mask = 1; /* the state */
    await->vars = fb_form_vars(form);
    for (size_t i = 0; i < walk->width; i++) {
        bool shared = (await->vars & test->given & fb_vars_of(walk->vars[i])) != 0;
        mask |= shared ? (uint64_t)1 << (i + 1) : 0;
    }
    await->test = number;
    await->stepped = stepped;
    await->index = fb_inc_set_index(&parked->set, mask);
    await->next = *first;
    *first = await;
    return fb_inc_compile_part(site, form, &await->op);
}

/* What a loop does at each time-point. */
struct body {
    const struct fb_inc_state *test; /* NULL: nothing, as in `.*` */
    bool behind;                     /* the test is made behind the step */
};

/* False when the loop is none over a step and at most one test. */
static bool is_loop(const struct fb_inc_op *walk, uint32_t number, struct body *out)
{
    const struct fb_inc_state *loop = &walk->states[number];
    *out = (struct body){0};
    if (loop->kind != FB_INC_SPLIT) {
        return false;
    }
    const struct fb_inc_state *first = &walk->states[loop->other];
    const struct fb_inc_state *second = &walk->states[first->next];
    if (first->kind == FB_INC_STEP && first->next == number) {
        return true;
    }
    out->behind = first->kind == FB_INC_STEP;
    out->test = out->behind ? second : first;
    const struct fb_inc_state *step = out->behind ? first : second;
    return out->test->kind == FB_INC_TEST && step->kind == FB_INC_STEP && second->next == number;
}

/* A condition that is without variables, or stops walkers that it can list. */
static bool stops(const struct fb_form *form, fb_vars given)
{
    bool negative = form->kind == FB_FORM_NOT;
    const struct fb_form *part = negative ? form->left : form;
    fb_vars vars = fb_form_vars(part);
    return fb_form_evaluable(part, 0, NULL) && (vars == 0 || (negative && !(vars & ~given)));
}

/* The conditions of a loop. *fits is false where one of them must be asked of each walker. */
static enum fb_code compile_guards(const struct fb_inc_site *site, const struct fb_inc_op *walk,
    struct fb_inc_node *parked, struct body body, struct fb_inc_guard **first, bool *fits)
{
    const struct fb_inc_state *test = body.test;
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    enum fb_code code = FB_OK;
    *fits = fb_form_conjuncts(test->test) <= FB_IR_CONJUNCTS_MAX;
    size_t count = *fits ? fb_form_conjuncts_list(test->test, parts) : 0;
    for (size_t i = 0; *fits && i < count; i++) {
        *fits = stops(parts[i], test->given);
    }
    for (size_t i = 0; code == FB_OK && *fits && i < count; i++) {
        struct fb_inc_guard *guard = FB_ARENA_NEW(&site->inc->arena, struct fb_inc_guard);
        if (!guard) {
            return fb_inc_no_memory(site);
        }
        guard->negative = parts[i]->kind == FB_FORM_NOT;
        guard->behind = body.behind;
        const struct fb_form *part = guard->negative ? parts[i]->left : parts[i];
        uint64_t mask = 1; /* the state */
        for (size_t k = 0; k < walk->width; k++) {
            bool shared = (fb_form_vars(part) & fb_vars_of(walk->vars[k])) != 0;
            mask |= shared ? (uint64_t)1 << (k + 1) : 0;
        }
        guard->index = fb_inc_set_index(&parked->set, mask);
        *fits = guard->index >= 0;
        guard->next = *first;
        *first = guard;
        code = fb_inc_compile_part(site, part, &guard->op);
    }
    return code;
}

/* A loop whose walkers are parked, unless a test behind it needs to know them. */
static enum fb_code compile_loop(const struct fb_inc_site *site, struct fb_inc_op *walk,
    struct fb_inc_node *parked, uint32_t number)
{
    struct fb_inc_state *loop = &walk->states[number];
    struct behind behind = {.op = walk};
    struct body body;
    bool fits = is_loop(walk, number, &body) && list_tests(&behind, loop->next, false);
    for (size_t i = 0; fits && i < behind.count; i++) {
        const struct fb_inc_state *state = &walk->states[behind.states[i]];
        /* A step behind the loop is made without its test, which is why that must not come first.
         */
        fits = !(behind.stepped[i] && body.test && !body.behind) &&
               (state->kind == FB_INC_SPLIT || fb_form_evaluable(state->test, 0, NULL));
    }
    struct fb_inc_await *first = NULL;
    struct fb_inc_guard *guards = NULL;
    enum fb_code code = FB_OK;
    if (fits && body.test) {
        code = compile_guards(site, walk, parked, body, &guards, &fits);
    }
    for (size_t i = 0; code == FB_OK && fits && i < behind.count; i++) {
        if (walk->states[behind.states[i]].kind == FB_INC_TEST) {
            code = add_await(site, walk, parked, behind.states[i], behind.stepped[i], &first);
            fits = first && first->index >= 0;
        }
    }
    loop->awaits = fits ? first : NULL;
    loop->guards = loop->awaits ? guards : NULL;
    return code;
}

static enum fb_code compile_loops(
    const struct fb_inc_site *site, struct fb_inc_op *walk, struct fb_inc_node *node)
{
    struct fb_inc_node *parked =
        fb_inc_new_node(site, FB_INC_SCRATCH, walk->form, fb_form_vars(walk->form));
    enum fb_code code = parked ? FB_OK : fb_inc_no_memory(site);
    if (code == FB_OK) {
        fb_inc_set_init(&parked->set, parked->width + 1);
        node->child = parked;
    }
    for (uint32_t i = 0; code == FB_OK && i < walk->state_count; i++) {
        code = compile_loop(site, walk, parked, i);
    }
    return code;
}

enum fb_code fb_inc_compile_walk(
    const struct fb_inc_site *site, const struct fb_form *form, struct fb_inc_op **out, bool *fits)
{
    FB_ASSERT(site && form && out && fits);
    struct fb_form *once = NULL;
    *fits = walks(site, form);
    enum fb_code code = *fits ? once_of(site, form, &once) : FB_OK;
    if (code || !*fits || once) {
        return code || !*fits ? code : fb_inc_compile_part(site, once, out);
    }
    struct fb_inc_site inside = *site;
    struct fb_form *ahead = FB_ARENA_NEW(&site->inc->arena, struct fb_form);
    inside.given = 0;
    inside.busy = 0;
    fb_vars vars = fb_regex_vars(form->regex);
    struct fb_inc_op *walk = ahead ? fb_inc_new_op(&inside, FB_INC_MATCH, ahead, 0) : NULL;
    struct fb_inc_op *op = walk ? fb_inc_new_op(site, FB_INC_PROBE, form, 0) : NULL;
    struct fb_inc_node *node = op ? fb_inc_new_node(site, FB_INC_WALK, form, vars) : NULL;
    if (!node) {
        return fb_inc_no_memory(site);
    }
    *ahead = forwards(form);
    node->walk = walk;
    code = fb_inc_compile_states(&inside, walk, vars);
    code = code ? code : compile_loops(&inside, walk, node);
    uint64_t mask = fb_inc_mask_of(node, site->given);
    op->node = node;
    op->index = mask || node->width == 0 ? fb_inc_set_index(&node->set, mask) : -1;
    *out = op;
    return code ? code : fb_inc_enter_stage(site, node);
}

/* ---- walking ---- */

/* Whether what began then is of no use any more. */
static bool too_old(const struct fb_inc_node *node, fb_time start, fb_time now)
{
    return node->interval.high != FB_TIME_MAX && fb_inc_age(start, now) > node->interval.high;
}

static void walker_row(
    const struct fb_inc *inc, const struct fb_inc_op *op, uint32_t state, struct fb_cell *out)
{
    out[0] = (struct fb_cell){.type = FB_TYPE_INT, .u.integer = state};
    for (size_t i = 0; i < op->width; i++) {
        out[i + 1] = inc->regs[op->vars[i]];
    }
}

/* A walker that is in a set already takes over the newer beginning. Whether it is new or newer, it
 * must move (again): that is what `holds` says. */
static bool put_walker(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_set *set,
    uint32_t state, fb_time start)
{
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    walker_row(inc, op, state, row);
    uint32_t slot = fb_inc_set_put(set, row, &inc->memory, &added);
    if (slot == FB_INC_NONE) {
        return false;
    }
    union fb_inc_load *load = &set->slots[slot].load;
    if (added || start > load->past.latest) {
        load->past.latest = start;
        load->past.holds = true;
    }
    return true;
}

/* ---- parking ---- */

/* Parks a walker; a queue says when it began too long ago. */
static bool park(struct fb_inc *inc, struct fb_inc_node *node, uint32_t state, fb_time start)
{
    struct fb_inc_set *set = &node->child->set;
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    walker_row(inc, node->walk, state, row);
    uint32_t slot = fb_inc_set_put(set, row, &inc->memory, &added);
    if (slot == FB_INC_NONE) {
        return false;
    }
    union fb_inc_load *load = &set->slots[slot].load;
    if (!added && start <= load->past.latest) {
        return true;
    }
    load->past.latest = start;
    load->past.holds = true;
    struct fb_inc_entry entry = {.slot = slot, .gen = set->slots[slot].gen, .time = start};
    return node->interval.high == FB_TIME_MAX ||
           fb_inc_queue_push(&node->leaving, &entry, sizeof(entry), &inc->memory);
}

/* Beginnings do not come in the order of time: what is behind a later one goes with that. */
static void give_up(struct fb_inc_node *node, fb_time now)
{
    struct fb_inc_queue *queue = &node->leaving;
    struct fb_inc_set *set = &node->child->set;
    for (; queue->head < queue->tail; queue->head++) {
        const struct fb_inc_entry *entry = fb_inc_queue_at(queue, queue->head);
        if (!too_old(node, entry->time, now)) {
            break;
        }
        const struct fb_inc_slot *slot = &set->slots[entry->slot];
        if (slot->gen == entry->gen && slot->load.past.latest == entry->time) {
            fb_inc_set_remove(set, entry->slot);
        }
    }
}

struct await {
    struct fb_inc_node *node;
    const struct fb_inc_await *await;
    uint32_t loop;
    fb_time now;
};

/* The parked walkers that agree with what a test found go on behind it. */
static bool wake(void *ctx, struct fb_inc *inc)
{
    const struct await *a = ctx;
    const struct fb_inc_op *walk = a->node->walk;
    const struct fb_inc_set *set = &a->node->child->set;
    uint32_t next = walk->states[a->await->test].next;
    size_t index = (size_t)a->await->index;
    struct fb_cell key[FB_IR_VARS_MAX];
    walker_row(inc, walk, a->loop, key);
    for (uint32_t slot = fb_inc_set_first(set, index, key); slot != FB_INC_NONE;
         slot = fb_inc_set_next(set, index, key, slot)) {
        fb_time start = set->slots[slot].load.past.latest;
        for (size_t i = 0; i < walk->width; i++) {
            bool found = (a->await->vars & fb_vars_of(walk->vars[i])) != 0;
            inc->regs[walk->vars[i]] = found ? key[i + 1] : fb_inc_set_row(set, slot)[i + 1];
        }
        if (!too_old(a->node, start, a->now) &&
            !put_walker(inc, walk, &walk->node->set, next, start)) {
            return false;
        }
    }
    for (size_t i = 0; i < walk->width; i++) { /* the test goes on with what it found */
        inc->regs[walk->vars[i]] = key[i + 1];
    }
    return true;
}

/* Asks all tests behind loops in which walkers are parked, and a step. */
static bool wake_all(struct fb_inc *inc, struct fb_inc_node *node, fb_time now, bool stepped)
{
    const struct fb_inc_op *walk = node->walk;
    for (uint32_t i = 0; i < walk->state_count; i++) {
        for (const struct fb_inc_await *w = walk->states[i].awaits; w; w = w->next) {
            struct await await = {node, w, i, now};
            if (w->stepped == stepped && node->child->set.live_count &&
                !fb_inc_run(inc, w->op, (struct fb_inc_then){wake, &await})) {
                return false;
            }
        }
    }
    return true;
}

struct stop {
    struct fb_inc_node *node;
    const struct fb_inc_guard *guard;
    uint32_t loop;
};

/* The parked walkers that agree with what inc->regs have are stopped. */
static bool stop_some(void *ctx, struct fb_inc *inc)
{
    const struct stop *s = ctx;
    struct fb_inc_set *set = &s->node->child->set;
    size_t index = (size_t)s->guard->index;
    struct fb_cell key[FB_IR_VARS_MAX];
    walker_row(inc, s->node->walk, s->loop, key);
    uint32_t slot = fb_inc_set_first(set, index, key);
    while (slot != FB_INC_NONE) {
        uint32_t next = index == 0 ? FB_INC_NONE : fb_inc_set_next(set, index, key, slot);
        fb_inc_set_remove(set, slot);
        slot = next;
    }
    return true;
}

/* The parked walkers that may not go on are stopped: behind the step to inc->at, or before the one
 * to the next time-point. */
static bool stop_all(struct fb_inc *inc, struct fb_inc_node *node, bool behind)
{
    const struct fb_inc_op *walk = node->walk;
    for (uint32_t i = 0; i < walk->state_count; i++) {
        const struct fb_inc_guard *guard =
            node->child->set.live_count ? walk->states[i].guards : NULL;
        for (; guard; guard = guard->next) {
            struct stop stop = {node, guard, i};
            if (guard->behind != behind) {
                continue;
            }
            if (guard->negative) {
                (void)fb_inc_run(inc, guard->op, (struct fb_inc_then){stop_some, &stop});
            } else if (!fb_inc_gives(inc, guard->op)) {
                (void)stop_some(&stop, inc);
            }
            if (inc->memory.code) {
                return false;
            }
        }
    }
    return true;
}

/* ---- moving ---- */

struct pace {
    struct fb_inc_node *node;
    uint32_t next;
    fb_time start;
};

static bool pace_then(void *ctx, struct fb_inc *inc)
{
    const struct pace *p = ctx;
    return put_walker(inc, p->node->walk, &p->node->walk->node->set, p->next, p->start);
}

/* One walker moves as far as it can at inc->at. */
static bool pace(struct fb_inc *inc, struct fb_inc_node *node, uint32_t state_number, fb_time start)
{
    const struct fb_inc_op *op = node->walk;
    const struct fb_inc_state *state = &op->states[state_number];
    struct fb_inc_set *here = &op->node->set;
    struct pace p = {node, state->next, start};
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added;
    switch (state->kind) {
    case FB_INC_ACCEPT:
        for (size_t i = 0; i < op->width; i++) {
            row[i] = inc->regs[op->vars[i]];
        }
        return fb_inc_set_put(&node->set, row, &inc->memory, &added) != FB_INC_NONE;
    case FB_INC_STEP:
        return put_walker(inc, op, &op->node->child->set, state->next, start);
    case FB_INC_TEST:
        return fb_inc_run(inc, state->op, (struct fb_inc_then){pace_then, &p});
    case FB_INC_SPLIT:
        return put_walker(inc, op, here, state->next, start) &&
               (state->awaits ? park(inc, node, state_number, start)
                              : put_walker(inc, op, here, state->other, start));
    }
    FB_ASSERT(false);
    return false;
}

/* Moves every walker that has something to do, until none has. */
static bool pace_all(struct fb_inc *inc, struct fb_inc_node *node, fb_time now)
{
    const struct fb_inc_op *op = node->walk;
    struct fb_inc_set *here = &op->node->set;
    bool moved = true;
    while (moved) {
        moved = false;
        for (uint32_t i = 0; i < here->slot_count; i++) {
            union fb_inc_load *load = &here->slots[i].load;
            if (!load->past.holds || too_old(node, load->past.latest, now)) {
                continue;
            }
            load->past.holds = false;
            moved = true;
            const struct fb_cell *row = fb_inc_set_row(here, i);
            uint32_t state = (uint32_t)row[0].u.integer;
            fb_time start = load->past.latest;
            for (size_t k = 0; k < op->width; k++) {
                inc->regs[op->vars[k]] = row[k + 1];
            }
            if (!pace(inc, node, state, start)) {
                return false;
            }
        }
    }
    return true;
}

bool fb_inc_walk(struct fb_inc *inc, struct fb_inc_node *node)
{
    FB_ASSERT(inc && node->walk);
    const struct fb_inc_op *op = node->walk;
    fb_time now = fb_inc_point_at(inc, inc->at)->time;
    struct fb_inc_set set = op->node->set;
    op->node->set = op->node->child->set;
    op->node->child->set = set;
    fb_inc_set_clear(&op->node->child->set);
    fb_inc_set_clear(&node->set);
    give_up(node, now);
    if (!wake_all(inc, node, now, true) || !stop_all(inc, node, true) ||
        !wake_all(inc, node, now, false)) {
        return false;
    }
    for (size_t i = 0; i < op->width; i++) {
        inc->regs[op->vars[i]] = (struct fb_cell){0};
    }
    return put_walker(inc, op, &op->node->set, op->start, now) && pace_all(inc, node, now) &&
           stop_all(inc, node, false);
}
