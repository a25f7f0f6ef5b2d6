#include "lang/diff/imply.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "lang/signature.h"

enum { NOWHERE = -1, LITERALS_MAX = 512, REDLINE_KEYS = 2, LEVEL = 1, PACES_MAX = 4 };
enum { CHANGES_MAX = FB_IMPLY_CELLS_MAX * 4, ROOM = 64 };

/* A value: known, or only that it is the same as another. Cells form trees; the root counts. */
struct cell {
    int parent;
    bool known;
    struct fb_value value;
};

/* A tuple that holds. */
struct fact {
    uint32_t relation;
    bool occurs;
    int first; /* its columns are the cells from here on */
    size_t count;
};

/* A comparison that holds, or that does not. */
struct literal {
    enum fb_form_kind kind;
    bool negated;
    int left;
    int right;
};

/* A formula that does not hold. */
struct denial {
    const struct fb_form *form;
    unsigned side;
};

/* What can be undone: a root that was joined or that became known. */
struct change {
    int cell;
    struct cell before;
};

/* How far the tables were filled. */
struct mark {
    int cells;
    size_t facts;
    size_t literals;
    size_t denials;
    size_t changes;
    bool impossible;
};

/* A question at work. Most need a few cells only, so that these tables grow: to clear their whole
 * room for each question would cost more than the question. */
struct prover {
    const struct fb_imply *question;
    struct cell *cells;     /* at most FB_IMPLY_CELLS_MAX, and always one */
    struct change *changes; /* at most CHANGES_MAX */
    size_t cells_room;
    size_t changes_room;
    struct fact facts[FB_IMPLY_FACTS_MAX];
    struct literal literals[LITERALS_MAX];
    struct denial denials[LITERALS_MAX];
    struct mark at;
    int env[2][FB_IR_VARS_MAX]; /* the cell of a variable, or NOWHERE */
    size_t steps;
    bool gave_up;
};

/* Formulas still to be assumed or shown. */
struct list {
    struct fb_imply_part part;
    bool negated;
    unsigned deferred; /* goals: how often it was put off */
    const struct list *next;
};

static bool assume(struct prover *p, const struct list *todo, const struct list *goals);
static bool show(struct prover *p, const struct list *goals);

static bool step(struct prover *p)
{
    p->gave_up = p->gave_up || ++p->steps > FB_IMPLY_STEPS_MAX;
    return !p->gave_up;
}

static int root(const struct prover *p, int cell)
{
    while (p->cells[cell].parent != cell) {
        cell = p->cells[cell].parent;
    }
    return cell;
}

/* Makes room for one more item of a table that holds that many; false when there is none. */
static bool has_room(void **items, size_t *room, size_t used, size_t size, size_t most)
{
    if (used < *room) {
        return true;
    }
    size_t wanted = *room ? *room * 2 : ROOM;
    void *grown = used < most ? fb_realloc(*items, wanted * size) : NULL;
    if (grown) {
        *items = grown;
        *room = wanted;
    }
    return grown != NULL;
}

static int new_cell(struct prover *p)
{
    void *cells = p->cells;
    if (!has_room(
            &cells, &p->cells_room, (size_t)p->at.cells, sizeof(struct cell), FB_IMPLY_CELLS_MAX)) {
        p->gave_up = true;
        return 0;
    }
    p->cells = cells;
    int cell = p->at.cells++;
    p->cells[cell] = (struct cell){.parent = cell};
    return cell;
}

/* Text of side 1 in the words of side 0. */
static struct fb_value translated(const struct prover *p, struct fb_value value, unsigned side)
{
    for (size_t i = 0; side == 1 && i < p->question->same_count; i++) {
        if (value.type == FB_TYPE_STRING && fb_str_eq(value.u.text, p->question->same[i].theirs)) {
            return fb_value_str(p->question->same[i].ours);
        }
    }
    return value;
}

static int known_cell(struct prover *p, struct fb_value value)
{
    int cell = new_cell(p);
    p->cells[cell].known = true;
    p->cells[cell].value = value;
    return cell;
}

static void remember(struct prover *p, int cell)
{
    void *changes = p->changes;
    if (!has_room(&changes, &p->changes_room, p->at.changes, sizeof(struct change), CHANGES_MAX)) {
        p->gave_up = true;
        return;
    }
    p->changes = changes;
    p->changes[p->at.changes++] = (struct change){cell, p->cells[cell]};
}

static void undo(struct prover *p, const struct mark *to)
{
    while (p->at.changes > to->changes) {
        const struct change *change = &p->changes[--p->at.changes];
        p->cells[change->cell] = change->before;
    }
    p->at = *to;
}

/* Makes two cells the same value; false when they cannot be. */
static bool join(struct prover *p, int a, int b)
{
    a = root(p, a);
    b = root(p, b);
    if (a == b) {
        return true;
    }
    struct cell *from = &p->cells[b], *to = &p->cells[a];
    if (from->known && to->known && !fb_value_eq(from->value, to->value)) {
        return false;
    }
    remember(p, a);
    remember(p, b);
    if (from->known) {
        to->known = true;
        to->value = from->value;
    }
    from->parent = a;
    return true;
}

/* The cell of a term; NOWHERE for a variable that has none yet, or for arithmetic. */
static int cell_of(struct prover *p, const struct fb_term *term, unsigned side)
{
    if (term->kind == FB_TERM_VAR) {
        return p->env[side][term->var];
    }
    return term->kind == FB_TERM_CONST ? known_cell(p, translated(p, term->value, side)) : NOWHERE;
}

/* Gives a variable that has no cell a new one. */
static int assumed_cell(struct prover *p, const struct fb_term *term, unsigned side)
{
    int cell = cell_of(p, term, side);
    if (cell == NOWHERE) {
        cell = new_cell(p);
        if (term->kind == FB_TERM_VAR) {
            p->env[side][term->var] = cell;
        }
    }
    return cell;
}

/* The number of leading columns that determine the others; 0: none do. */
static size_t key_columns(uint32_t relation)
{
    static int redline = -2, cases = -2, standings = -2;
    if (redline == -2) {
        redline = fb_policy_relation("redline");
        cases = fb_policy_relation("case_status");
        standings = fb_policy_relation("case_standing");
    }
    /* A policy has one pace. */
    bool several = (int)relation == cases || (int)relation == standings;
    return (int)relation == redline ? REDLINE_KEYS : several ? 0 : 1;
}

static bool same_value(const struct prover *p, int a, int b)
{
    const struct cell *x = &p->cells[root(p, a)], *y = &p->cells[root(p, b)];
    return x == y || (x->known && y->known && fb_value_eq(x->value, y->value));
}

/* Joins the columns of two facts when their keys are equal; false on a contradiction. */
static bool join_facts(struct prover *p, const struct fact *a, const struct fact *b)
{
    size_t keys = key_columns(a->relation);
    bool same = a->relation == b->relation && keys > 0;
    for (size_t k = 0; same && k < keys; k++) {
        same = same_value(p, a->first + (int)k, b->first + (int)k);
    }
    for (size_t k = 0; same && k < a->count; k++) {
        if (!join(p, a->first + (int)k, b->first + (int)k)) {
            return false;
        }
    }
    return true;
}

/* The same for all facts, until nothing changes. */
static bool join_keys(struct prover *p)
{
    for (bool again = true; again && step(p);) {
        size_t before = p->at.changes;
        for (size_t i = 0; i < p->at.facts; i++) {
            for (size_t j = i + 1; j < p->at.facts; j++) {
                if (!join_facts(p, &p->facts[i], &p->facts[j])) {
                    return false;
                }
            }
        }
        again = p->at.changes != before;
    }
    return true;
}

/* -1, 0 or 1 as a constant stands to another; 2 when they cannot be compared. */
static int order(struct fb_value a, struct fb_value b)
{
    bool numbers = (a.type == FB_TYPE_INT || a.type == FB_TYPE_FLOAT) &&
                   (b.type == FB_TYPE_INT || b.type == FB_TYPE_FLOAT);
    if (a.type == FB_TYPE_NONE || b.type == FB_TYPE_NONE || (a.type != b.type && !numbers)) {
        return 2;
    }
    int cmp = fb_value_cmp(a, b);
    return (cmp > 0) - (cmp < 0);
}

/* `x kind y` of constants. */
static bool holds(enum fb_form_kind kind, struct fb_value x, struct fb_value y)
{
    int cmp = order(x, y);
    return kind == FB_FORM_EQ     ? x.type != FB_TYPE_NONE && fb_value_eq(x, y)
           : kind == FB_FORM_LESS ? cmp == -1
                                  : cmp == -1 || cmp == 0;
}

/* True when a literal that holds says that a < b (strict) or a <= b. A bound from a literal with a
 * constant serves for every constant on the far side of it. */
static bool below(const struct prover *p, const struct literal *l, int a, int b, bool strict)
{
    if (l->negated || l->kind == FB_FORM_EQ) {
        return false;
    }
    bool is_strict = l->kind == FB_FORM_LESS;
    const struct cell *left = &p->cells[root(p, l->left)], *right = &p->cells[root(p, l->right)];
    const struct cell *x = &p->cells[root(p, a)], *y = &p->cells[root(p, b)];
    if (left == x && right == y) {
        return is_strict || !strict;
    }
    if (left == x && right->known && y->known) {
        int cmp = order(right->value, y->value);
        return cmp == -1 || (cmp == 0 && (is_strict || !strict));
    }
    if (right == y && left->known && x->known) {
        int cmp = order(x->value, left->value);
        return cmp == -1 || (cmp == 0 && (is_strict || !strict));
    }
    return false;
}

static bool entails_order(const struct prover *p, int a, int b, bool strict)
{
    for (size_t i = 0; i < p->at.literals; i++) {
        if (below(p, &p->literals[i], a, b, strict)) {
            return true;
        }
    }
    return false;
}

/* A literal that does not hold is enough: `not a < 5` gives `not a < 4`. */
static bool entails_denial(const struct prover *p, enum fb_form_kind kind, int a, int b)
{
    const struct cell *x = &p->cells[root(p, a)], *y = &p->cells[root(p, b)];
    for (size_t i = 0; i < p->at.literals; i++) {
        const struct literal *l = &p->literals[i];
        const struct cell *left = &p->cells[root(p, l->left)],
                          *right = &p->cells[root(p, l->right)];
        if (!l->negated) {
            continue;
        }
        bool covers = l->kind == kind || (l->kind == FB_FORM_LESS_EQ && kind != FB_FORM_LESS_EQ);
        bool same = same_value(p, l->left, a) && same_value(p, l->right, b);
        bool turned = kind == FB_FORM_EQ && l->kind == FB_FORM_EQ && same_value(p, l->right, a) &&
                      same_value(p, l->left, b);
        if ((same && covers) || turned) {
            return true;
        }
        bool orders = kind != FB_FORM_EQ && l->kind != FB_FORM_EQ;
        if (orders && left == x && right->known && y->known &&
            order(y->value, right->value) == -1) {
            return true;
        }
        if (orders && right == y && left->known && x->known && order(left->value, x->value) == -1) {
            return true;
        }
    }
    return false;
}

/* Does a comparison follow from the literals? */
static bool entails(const struct prover *p, enum fb_form_kind kind, bool negated, int a, int b)
{
    const struct cell *x = &p->cells[root(p, a)], *y = &p->cells[root(p, b)];
    if (x->known && y->known) {
        return holds(kind, x->value, y->value) != negated;
    }
    bool missing =
        (x->known && x->value.type == FB_TYPE_NONE) || (y->known && y->value.type == FB_TYPE_NONE);
    if (!negated) {
        /* A value equals itself unless it is missing, which a cell that is not known may be. */
        return !missing && kind != FB_FORM_EQ && entails_order(p, a, b, kind == FB_FORM_LESS);
    }
    if (missing || (x == y && kind == FB_FORM_LESS)) {
        return true;
    }
    bool above = entails_order(p, b, a, kind != FB_FORM_LESS);
    bool apart = kind == FB_FORM_EQ && (above || entails_order(p, a, b, true));
    return (kind == FB_FORM_EQ ? apart : above) || entails_denial(p, kind, a, b);
}

/* No case: what is assumed contradicts itself. */
static bool contradicts(struct prover *p)
{
    if (p->at.impossible || !join_keys(p)) {
        return true;
    }
    for (size_t i = 0; i < p->at.literals; i++) {
        const struct literal *l = &p->literals[i];
        if (entails(p, l->kind, !l->negated, l->left, l->right)) {
            return true;
        }
    }
    for (size_t i = 0; i < p->at.denials; i++) {
        struct denial denial = p->denials[i];
        struct list goal = {.part = {denial.form, denial.side}};
        struct mark mark = p->at;
        /* A denial is not its own proof. */
        p->at.denials = i;
        bool shown = show(p, &goal);
        undo(p, &mark);
        if (shown) {
            return true;
        }
    }
    return false;
}

static bool assume_fact(struct prover *p, const struct fb_form *form, unsigned side)
{
    if (p->at.facts == FB_IMPLY_FACTS_MAX) {
        p->gave_up = true;
        return false;
    }
    struct fact fact = {form->relation, form->occurs, p->at.cells, form->term_count};
    for (size_t i = 0; i < form->term_count; i++) {
        (void)new_cell(p);
    }
    for (size_t i = 0; i < form->term_count && !p->gave_up; i++) {
        if (form->terms[i]->kind != FB_TERM_ANY &&
            !join(p, fact.first + (int)i, assumed_cell(p, form->terms[i], side))) {
            p->at.impossible = true;
        }
    }
    p->facts[p->at.facts++] = fact;
    return !p->gave_up;
}

static void assume_literal(struct prover *p, const struct list *item)
{
    const struct fb_form *form = item->part.form;
    int left = assumed_cell(p, form->terms[0], item->part.side);
    int right = assumed_cell(p, form->terms[1], item->part.side);
    if (form->kind == FB_FORM_EQ && !item->negated) {
        const struct cell *x = &p->cells[root(p, left)];
        bool missing = x->known && x->value.type == FB_TYPE_NONE;
        p->at.impossible = p->at.impossible || missing || !join(p, left, right);
        return;
    }
    if (p->at.literals == LITERALS_MAX) {
        p->gave_up = true;
        return;
    }
    p->literals[p->at.literals++] = (struct literal){form->kind, item->negated, left, right};
}

static void deny(struct prover *p, const struct list *item)
{
    if (p->at.denials == LITERALS_MAX) {
        p->gave_up = true;
        return;
    }
    p->denials[p->at.denials++] = (struct denial){item->part.form, item->part.side};
}

/* Both operands in order, or each as a case of its own. */
static bool assume_two(
    struct prover *p, const struct list *item, bool all, const struct list *goals)
{
    struct list right = {.part = {item->part.form->right, item->part.side},
        .negated = item->negated,
        .next = item->next};
    struct list left = {.part = {item->part.form->left, item->part.side}, .negated = item->negated};
    left.next = all ? &right : item->next;
    struct mark mark = p->at;
    int env[2][FB_IR_VARS_MAX];
    memcpy(env, p->env, sizeof(env));
    bool shown = assume(p, &left, goals);
    if (all || !shown) {
        return shown;
    }
    undo(p, &mark);
    memcpy(p->env, env, sizeof(env));
    return assume(p, &right, goals);
}

static bool assume_exists(struct prover *p, const struct list *item, const struct list *goals)
{
    const struct fb_form *form = item->part.form;
    struct list body = {.part = {form->left, item->part.side}, .next = item->next};
    int before[FB_IR_VARS_MAX];
    for (size_t i = 0; i < form->bound_count; i++) {
        before[i] = p->env[item->part.side][form->bound[i]];
        p->env[item->part.side][form->bound[i]] = new_cell(p);
    }
    bool shown = assume(p, &body, goals);
    for (size_t i = 0; i < form->bound_count; i++) {
        p->env[item->part.side][form->bound[i]] = before[i];
    }
    return shown;
}

/* Assumes all of todo, case by case, and shows the goals in each. */
static bool assume(struct prover *p, const struct list *todo, const struct list *goals)
{
    if (!step(p)) {
        return false;
    }
    if (!todo) {
        return contradicts(p) || show(p, goals);
    }
    const struct fb_form *form = todo->part.form;
    struct list under = {.part = {form ? form->left : NULL, todo->part.side},
        .negated = !todo->negated,
        .next = todo->next};
    if (!form) {
        p->at.impossible = p->at.impossible || todo->negated;
        return assume(p, todo->next, goals);
    }
    switch (form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
        p->at.impossible = p->at.impossible || (form->kind == FB_FORM_TRUE) == todo->negated;
        break;
    case FB_FORM_NOT:
        return assume(p, &under, goals);
    case FB_FORM_AND:
        return assume_two(p, todo, !todo->negated, goals);
    case FB_FORM_OR:
        return assume_two(p, todo, todo->negated, goals);
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        assume_literal(p, todo);
        break;
    case FB_FORM_PRED:
    case FB_FORM_EXISTS:
        if (todo->negated) {
            deny(p, todo);
        } else if (form->kind == FB_FORM_EXISTS) {
            return assume_exists(p, todo, goals);
        } else if (!assume_fact(p, form, todo->part.side)) {
            return false;
        }
        break;
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
    case FB_FORM_ONCE:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
    case FB_FORM_AGGREGATE:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        /* Operators over time are not in the language's conditions: nothing is known of them. */
        break;
    }
    return assume(p, todo->next, goals);
}

/* `the policy has a pace` always holds: the one that it has then. */
static bool is_any_pace(const struct prover *p, const struct list *goal)
{
    const struct fb_form *form = goal->part.form;
    return (int)form->relation == fb_policy_relation("pace") &&
           form->terms[LEVEL]->kind == FB_TERM_VAR &&
           p->env[goal->part.side][form->terms[LEVEL]->var] == NOWHERE;
}

static bool show_any_pace(struct prover *p, const struct list *goal)
{
    int *level = &p->env[goal->part.side][goal->part.form->terms[LEVEL]->var];
    struct mark mark = p->at;
    *level = new_cell(p);
    bool shown = show(p, goal->next);
    *level = NOWHERE;
    undo(p, &mark);
    return shown;
}

/* Makes a goal's fact one that holds, in every way that there is. */
static bool show_fact(struct prover *p, const struct list *goal)
{
    const struct fb_form *form = goal->part.form;
    int *env = p->env[goal->part.side];
    for (size_t f = 0; f < p->at.facts; f++) {
        struct fact fact = p->facts[f];
        if (fact.relation != form->relation || (form->occurs && !fact.occurs) || !step(p)) {
            continue;
        }
        struct mark mark = p->at;
        uint32_t bound[FB_IR_ARITY_MAX];
        size_t bound_count = 0;
        bool fits = true;
        for (size_t i = 0; fits && i < form->term_count; i++) {
            const struct fb_term *term = form->terms[i];
            int cell = term->kind == FB_TERM_ANY ? fact.first : cell_of(p, term, goal->part.side);
            if (term->kind == FB_TERM_VAR && cell == NOWHERE) {
                env[term->var] = fact.first + (int)i;
                bound[bound_count++] = term->var;
            } else if (term->kind != FB_TERM_ANY) {
                fits = cell != NOWHERE && same_value(p, cell, fact.first + (int)i);
            }
        }
        bool shown = fits && show(p, goal->next);
        for (size_t i = 0; i < bound_count; i++) {
            env[bound[i]] = NOWHERE;
        }
        undo(p, &mark);
        if (shown) {
            return true;
        }
    }
    return false;
}

static bool put_off(struct prover *p, const struct list *goal)
{
    if (!goal->next || goal->deferred > 2) {
        return false;
    }
    /* To the end: the variable may be bound by then. */
    struct list copy[FB_IMPLY_PARTS_MAX * 4];
    size_t count = 0;
    for (const struct list *next = goal->next; next; next = next->next) {
        if (count + 2 > sizeof(copy) / sizeof(copy[0])) {
            return false;
        }
        copy[count++] = *next;
    }
    copy[count] = *goal;
    copy[count].deferred++;
    copy[count].next = NULL;
    for (size_t i = 0; i < count; i++) {
        copy[i].next = &copy[i + 1];
    }
    return show(p, copy);
}

static bool show_comparison(struct prover *p, const struct list *goal)
{
    const struct fb_form *form = goal->part.form;
    struct mark mark = p->at;
    int *env = p->env[goal->part.side];
    int left = cell_of(p, form->terms[0], goal->part.side);
    int right = cell_of(p, form->terms[1], goal->part.side);
    bool free_left = left == NOWHERE && form->terms[0]->kind == FB_TERM_VAR;
    bool shown = false;
    if (free_left && right != NOWHERE && form->kind == FB_FORM_EQ && !goal->negated) {
        env[form->terms[0]->var] = right;
        shown = show(p, goal->next);
        env[form->terms[0]->var] = NOWHERE;
    } else if (left == NOWHERE || right == NOWHERE) {
        shown = put_off(p, goal);
    } else {
        shown = entails(p, form->kind, goal->negated, left, right) && show(p, goal->next);
    }
    undo(p, &mark);
    return shown;
}

static bool show_exists(struct prover *p, const struct list *goal)
{
    const struct fb_form *form = goal->part.form;
    struct list body = {.part = {form->left, goal->part.side}, .next = goal->next};
    int before[FB_IR_VARS_MAX];
    for (size_t i = 0; i < form->bound_count; i++) {
        before[i] = p->env[goal->part.side][form->bound[i]];
        p->env[goal->part.side][form->bound[i]] = NOWHERE;
    }
    bool shown = show(p, &body);
    for (size_t i = 0; i < form->bound_count; i++) {
        p->env[goal->part.side][form->bound[i]] = before[i];
    }
    return shown;
}

/* `not F`: some denial's formula would follow from F. */
static bool show_denied(struct prover *p, const struct list *goal)
{
    struct list assumed = {.part = goal->part};
    static const struct fb_form impossible = {.kind = FB_FORM_FALSE};
    struct list absurd = {.part = {&impossible, 0}};
    struct mark mark = p->at;
    int env[2][FB_IR_VARS_MAX];
    memcpy(env, p->env, sizeof(env));
    /* Assuming F, for any values of what is not bound, must contradict what is denied. */
    bool shown = assume(p, &assumed, &absurd);
    undo(p, &mark);
    memcpy(p->env, env, sizeof(env));
    return shown && show(p, goal->next);
}

static bool show_two(struct prover *p, const struct list *goal, bool all)
{
    const struct fb_form *form = goal->part.form;
    struct list right = {
        .part = {form->right, goal->part.side}, .negated = goal->negated, .next = goal->next};
    struct list left = {.part = {form->left, goal->part.side}, .negated = goal->negated};
    left.next = all ? &right : goal->next;
    return show(p, &left) || (!all && show(p, &right));
}

/* Shows all goals, for some values of their free variables. */
static bool show(struct prover *p, const struct list *goals)
{
    if (!goals) {
        return true;
    }
    if (!step(p)) {
        return false;
    }
    const struct fb_form *form = goals->part.form;
    struct list under = {.part = {form ? form->left : NULL, goals->part.side},
        .negated = !goals->negated,
        .next = goals->next};
    if (!form) {
        return !goals->negated && show(p, goals->next);
    }
    switch (form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
        return (form->kind == FB_FORM_TRUE) != goals->negated && show(p, goals->next);
    case FB_FORM_NOT:
        return show(p, &under);
    case FB_FORM_AND:
        return show_two(p, goals, !goals->negated);
    case FB_FORM_OR:
        return show_two(p, goals, goals->negated);
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        return show_comparison(p, goals);
    case FB_FORM_PRED:
        return goals->negated          ? show_denied(p, goals)
               : is_any_pace(p, goals) ? show_any_pace(p, goals)
                                       : show_fact(p, goals);
    case FB_FORM_EXISTS:
        return goals->negated ? show_denied(p, goals) : show_exists(p, goals);
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
    case FB_FORM_ONCE:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
    case FB_FORM_AGGREGATE:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        break;
    }
    return false;
}

static const struct list *chain(
    const struct fb_imply_part *parts, size_t count, struct list items[FB_IMPLY_PARTS_MAX])
{
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct list){.part = parts[i], .next = i + 1 < count ? &items[i + 1] : NULL};
    }
    return count ? items : NULL;
}

/* `the pace of a policy is fast, normal or slow`, as a formula with its own nodes. */
struct pace_axiom {
    struct fb_value policy;
    struct fb_term terms[1 + FB_PACE_LEVELS];
    struct fb_term *columns[FB_PACE_LEVELS][2];
    struct fb_form is[FB_PACE_LEVELS], any[FB_PACE_LEVELS - 1];
};

static void build_axiom(struct pace_axiom *axiom, struct fb_value policy)
{
    static const char *const words[FB_PACE_LEVELS] = {"fast", "normal", "slow"};
    axiom->policy = policy;
    axiom->terms[FB_PACE_LEVELS] = (struct fb_term){.kind = FB_TERM_CONST, .value = policy};
    for (int i = 0; i < FB_PACE_LEVELS; i++) {
        axiom->terms[i] =
            (struct fb_term){.kind = FB_TERM_CONST, .value = fb_value_str(fb_str_of(words[i]))};
        axiom->columns[i][0] = &axiom->terms[FB_PACE_LEVELS];
        axiom->columns[i][LEVEL] = &axiom->terms[i];
        axiom->is[i] = (struct fb_form){.kind = FB_FORM_PRED,
            .relation = (uint32_t)fb_policy_relation("pace"),
            .terms = axiom->columns[i],
            .term_count = 2};
    }
    axiom->any[0] =
        (struct fb_form){.kind = FB_FORM_OR, .left = &axiom->is[1], .right = &axiom->is[2]};
    axiom->any[1] =
        (struct fb_form){.kind = FB_FORM_OR, .left = &axiom->is[0], .right = &axiom->any[0]};
}

/* The policies of which a formula asks for a certain pace. */
static void find_paces(const struct prover *p, const struct fb_form *form, unsigned side,
    struct pace_axiom axioms[PACES_MAX], size_t *count)
{
    if (!form) {
        return;
    }
    if (form->kind == FB_FORM_PRED && (int)form->relation == fb_policy_relation("pace") &&
        form->terms[0]->kind == FB_TERM_CONST && form->terms[LEVEL]->kind == FB_TERM_CONST) {
        struct fb_value policy = translated(p, form->terms[0]->value, side);
        size_t i = 0;
        while (i < *count && !fb_value_eq(axioms[i].policy, policy)) {
            i++;
        }
        if (i == *count && i < PACES_MAX) {
            build_axiom(&axioms[(*count)++], policy);
        }
    }
    find_paces(p, form->left, side, axioms, count);
    find_paces(p, form->right, side, axioms, count);
}

/* False when memory ran out: what is not proved is not said. */
static bool make_prover(struct prover **out)
{
    struct prover *p = fb_calloc(1, sizeof(*p));
    void *cells = p ? fb_alloc(ROOM * sizeof(struct cell)) : NULL;
    if (!cells) {
        fb_free(p);
        return false;
    }
    p->cells = cells;
    p->cells_room = ROOM;
    *out = p;
    return true;
}

static void free_prover(struct prover *p)
{
    fb_free(p->cells);
    fb_free(p->changes);
    fb_free(p);
}

bool fb_implies(const struct fb_imply *question)
{
    FB_ASSERT(question->assumed_count <= FB_IMPLY_PARTS_MAX);
    FB_ASSERT(question->goal_count <= FB_IMPLY_PARTS_MAX);
    struct list assumed[FB_IMPLY_PARTS_MAX], goals[FB_IMPLY_PARTS_MAX];
    struct prover *p = NULL;
    if (fb_restates(question)) {
        return true;
    }
    if (!make_prover(&p)) {
        return false;
    }
    p->question = question;
    for (size_t i = 0; i < FB_IR_VARS_MAX; i++) {
        p->env[0][i] = p->env[1][i] = NOWHERE;
    }
    for (size_t i = 0; i < question->joined_count; i++) {
        int cell = new_cell(p);
        p->env[0][question->joined[0][i]] = cell;
        p->env[1][question->joined[1][i]] = cell;
    }
    struct pace_axiom axioms[PACES_MAX];
    struct list paces[PACES_MAX];
    size_t pace_count = 0;
    for (size_t i = 0; i < question->assumed_count; i++) {
        find_paces(p, question->assumed[i].form, question->assumed[i].side, axioms, &pace_count);
    }
    for (size_t i = 0; i < question->goal_count; i++) {
        find_paces(p, question->goal[i].form, question->goal[i].side, axioms, &pace_count);
    }
    const struct list *todo = chain(question->assumed, question->assumed_count, assumed);
    for (size_t i = 0; i < pace_count; i++) {
        paces[i] = (struct list){.part = {&axioms[i].any[FB_PACE_LEVELS - 2], 0}, .next = todo};
        todo = &paces[i];
    }
    bool shown = assume(p, todo, chain(question->goal, question->goal_count, goals));
    shown = shown && !p->gave_up;
    free_prover(p);
    return shown;
}
