#include "report/case_layout.h"

#include <math.h>
#include <stdlib.h>

#include "base/assert.h"

/* No element. */
#define NONE UINT32_MAX

enum {
    GAP = 22,
    SIDE_GAP = 60,
    CONTEXT_GAP = 30,
    STACK_GAP = 12,
    MARGIN = 30,
    CONTOUR_FIRST = 8,
    NARROW_FROM = 300
};

/* The left and right edges of a subtree, row by row. Rows are stored from the lowest up, so that a
 * row on top is added at the end; all values are to be moved by base. */
struct contour {
    double *left;
    double *right;
    size_t height;
    size_t cap;
    double base;
};

/* Where an element stands in the tree that is drawn. */
struct place {
    bool placed;
    bool is_context; /* it stands beside its owner */
    uint32_t owner;  /* of a context; else what it stands below or beside; NONE at the top */
    uint32_t rank;   /* row */
    uint32_t child;  /* first of those that stand below it */
    uint32_t side;   /* first of those that stand to its right */
    uint32_t next;   /* next child or side of the same owner */
    uint32_t last;   /* last child, while they are added */
    uint32_t last_side;
    double offset;     /* of its middle from its owner's */
    double context[2]; /* widths of its context, left and right */
    double stack[2];   /* heights of the same */
    struct contour contour;
};

struct layout {
    const struct fb_case *argument;
    struct fb_arena *arena;
    struct place *places;
    struct fb_case_box *boxes;
    uint32_t *order; /* elements that stand in the tree, owners first */
    size_t count;
    uint32_t *path; /* of a walk */
    uint32_t *cursor;
    uint8_t *seen;
    uint32_t *first_challenge; /* of each element: what stands beside it because of a challenge */
    uint32_t *next_challenge;
    uint32_t *queue; /* placed elements whose challengers are not placed yet */
    size_t head, tail;
    bool failed;
};

static bool is_context(enum fb_element_kind kind)
{
    return kind == FB_ELEMENT_CONTEXT || kind == FB_ELEMENT_ASSUMPTION ||
           kind == FB_ELEMENT_JUSTIFICATION;
}

/* Wraps the text and gives the box its size: the text stands inside the shape. Shapes of a large
 * case are narrow. */
static void measure(const struct fb_element *e, bool narrow, struct fb_case_box *box)
{
    bool circle = e->kind == FB_ELEMENT_SOLUTION || e->kind == FB_ELEMENT_COUNTER_SOLUTION;
    bool ellipse = e->kind == FB_ELEMENT_ASSUMPTION || e->kind == FB_ELEMENT_JUSTIFICATION;
    /* A circle grows with its text, so that long text does not make it high and empty. */
    double round = fmin(104 + (double)(e->text.len + e->predicate.len) / 4, 136);
    double width = narrow ? 112 : circle ? round : ellipse ? 130 : 176;
    box->neighbour = NONE;
    fb_case_wrap(e->text, width, box);
    box->text_count = box->line_count;
    fb_case_wrap(e->predicate, width, box);
    double high = FB_CASE_LINE * (1.0 + box->line_count) + 4;
    if (circle) {
        double wide = fb_case_text_width(fb_str_sub(e->id, 0, 30));
        for (uint32_t i = 0; i < box->line_count; i++) {
            wide = fmax(wide, fb_case_text_width(box->lines[i]));
        }
        box->width = box->height = fmax(96, ceil(sqrt(wide * wide + high * high)) + 14);
    } else if (ellipse) {
        box->width = ceil(width * 1.36);
        box->height = ceil(fmax(high * 1.42 + 6, 56));
    } else {
        box->width = width + (e->kind == FB_ELEMENT_STRATEGY ? 52 : narrow ? 16 : 24);
        box->height = fmax(high + 18, 56);
    }
}

/* Fixes which element an element stands under or beside. */
static void attach(struct layout *l, uint32_t at, uint32_t owner, bool beside)
{
    struct place *p = &l->places[at];
    FB_ASSERT(!p->placed);
    p->placed = true;
    p->owner = owner;
    l->order[l->count++] = at;
    l->queue[l->tail++] = at;
    if (owner == NONE) {
        return;
    }
    struct place *o = &l->places[owner];
    uint32_t *first = beside ? &o->side : &o->child;
    uint32_t *last = beside ? &o->last_side : &o->last;
    if (*first == NONE) {
        *first = at;
    } else {
        l->places[*last].next = at;
    }
    *last = at;
}

/* The elements that support root and are not placed yet, each before what supports it, in
 * path[0 .. result). */
static size_t sort_support(struct layout *l, uint32_t root)
{
    size_t count = l->argument->element_count, depth = 1, found = 0;
    uint32_t *stack = l->path;
    uint32_t *sorted = l->path + count; /* filled from the end */
    stack[0] = root;
    l->seen[root] = 1;
    while (depth > 0) {
        uint32_t at = stack[depth - 1];
        const struct fb_element *e = &l->argument->elements[at];
        if (l->cursor[at] < e->supported_by_count) {
            uint32_t child = e->supported_by[e->supported_by_count - 1 - l->cursor[at]++];
            if (!l->seen[child] && !l->places[child].placed) {
                l->seen[child] = 1;
                stack[depth++] = child;
            }
            continue;
        }
        depth--;
        sorted[count - ++found] = at;
    }
    for (size_t i = 0; i < found; i++) {
        l->path[i] = sorted[count - found + i];
    }
    return found;
}

/* Places an element with all that supports it, and their context. */
static void place_tree(struct layout *l, uint32_t root, uint32_t owner)
{
    size_t found = sort_support(l, root);
    l->places[root].rank = owner == NONE ? 0 : l->places[owner].rank;
    for (size_t i = 0; i < found; i++) {
        const struct fb_element *e = &l->argument->elements[l->path[i]];
        for (size_t k = 0; k < e->supported_by_count; k++) {
            struct place *p = &l->places[e->supported_by[k]];
            uint32_t below = l->places[l->path[i]].rank + 1;
            if (!p->placed && (p->owner == NONE || below > p->rank)) {
                p->rank = below;
                p->owner = l->path[i];
            }
        }
    }
    attach(l, root, owner, true);
    for (size_t i = 0; i < found; i++) {
        uint32_t at = l->path[i];
        const struct fb_element *e = &l->argument->elements[at];
        for (size_t k = 0; k < e->supported_by_count; k++) {
            uint32_t child = e->supported_by[k];
            if (!l->places[child].placed && l->places[child].owner == at) {
                attach(l, child, at, false);
            }
        }
        for (size_t k = 0; k < e->context_count; k++) {
            struct place *p = &l->places[e->context[k]];
            if (!p->placed) {
                *p = (struct place){.placed = true,
                    .is_context = true,
                    .owner = at,
                    .rank = l->places[at].rank,
                    .child = NONE,
                    .side = NONE,
                    .next = NONE};
                l->queue[l->tail++] = e->context[k];
            }
        }
    }
}

/* Which element a challenger stands beside. */
static uint32_t anchor_of(const struct fb_case *c, const struct fb_challenge *challenge)
{
    return challenge->kind == FB_CHALLENGE_CHALLENGE ? c->challenges[challenge->target].by
                                                     : challenge->target;
}

/* Places the challengers of what is placed, and theirs. */
static void place_challengers(struct layout *l)
{
    while (l->head < l->tail) {
        uint32_t at = l->queue[l->head++];
        uint32_t beside = l->places[at].is_context ? l->places[at].owner : at;
        for (uint32_t i = l->first_challenge[at]; i != NONE; i = l->next_challenge[i]) {
            uint32_t by = l->argument->challenges[i].by;
            if (!l->places[by].placed) {
                place_tree(l, by, beside);
            }
        }
    }
}

static void place_all(struct layout *l)
{
    const struct fb_case *c = l->argument;
    for (size_t i = 0; i < c->element_count; i++) {
        l->places[i] = (struct place){.owner = NONE, .child = NONE, .side = NONE, .next = NONE};
        l->first_challenge[i] = NONE;
    }
    for (size_t i = c->challenge_count; i-- > 0;) {
        uint32_t anchor = anchor_of(c, &c->challenges[i]);
        l->next_challenge[i] = l->first_challenge[anchor];
        l->first_challenge[anchor] = (uint32_t)i;
    }
    place_tree(l, c->top, NONE);
    place_challengers(l);
    /* What only challenges what nothing else reaches stands beside the top. */
    for (uint32_t i = 0; i < c->element_count; i++) {
        if (!l->places[i].placed && !is_context(c->elements[i].kind)) {
            place_tree(l, i, c->top);
            place_challengers(l);
        }
    }
}

static double edge(const struct contour *c, const double *side, size_t row)
{
    FB_ASSERT(row < c->height);
    return side[c->height - 1 - row] + c->base;
}

static void set_edge(const struct contour *c, double *side, size_t row, double value)
{
    side[c->height - 1 - row] = value - c->base;
}

/* Adds a row on top. */
static void push_row(struct layout *l, struct contour *c, double left, double right)
{
    if (c->height == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : CONTOUR_FIRST;
        double *edges = FB_ARENA_ARRAY(l->arena, double, 2 * cap);
        if (!edges) {
            l->failed = true;
            return;
        }
        for (size_t i = 0; i < c->height; i++) {
            edges[i] = c->left[i];
            edges[cap + i] = c->right[i];
        }
        c->left = edges;
        c->right = edges + cap;
        c->cap = cap;
    }
    c->height++;
    set_edge(c, c->left, 0, left);
    set_edge(c, c->right, 0, right);
}

/* Puts a subtree to the right of what is there; returns how far it was moved. The contour of both
 * is left in *all; the shorter of the two is walked. */
static double join(struct contour *all, struct contour *next, double gap)
{
    size_t rows = all->height < next->height ? all->height : next->height;
    double move = all->height ? -INFINITY : 0;
    for (size_t row = 0; row < rows; row++) {
        move = fmax(move,
            edge(all, all->right, row) + (row == 0 ? gap : GAP) - edge(next, next->left, row));
    }
    next->base += move;
    if (all->height >= next->height) {
        for (size_t row = 0; row < rows; row++) {
            set_edge(all, all->right, row, edge(next, next->right, row));
        }
    } else {
        for (size_t row = 0; row < rows; row++) {
            set_edge(next, next->left, row, edge(all, all->left, row));
        }
        *all = *next;
    }
    return move;
}

/* Puts the children of an element below it and the challengers beside it. */
static void pack(struct layout *l, uint32_t at)
{
    struct place *p = &l->places[at];
    struct contour all = {.height = 0};
    double first = 0, last = 0;
    for (uint32_t i = p->child; i != NONE; i = l->places[i].next) {
        last = l->places[i].offset = join(&all, &l->places[i].contour, GAP);
        first = i == p->child ? last : first;
    }
    double middle = (first + last) / 2;
    all.base -= middle;
    for (uint32_t i = p->child; i != NONE; i = l->places[i].next) {
        l->places[i].offset -= middle;
    }
    double half = l->boxes[at].width / 2;
    double left = p->context[0] > 0 ? p->context[0] + CONTEXT_GAP : 0;
    double right = p->context[1] > 0 ? p->context[1] + CONTEXT_GAP : 0;
    push_row(l, &all, -half - left, half + right);
    for (uint32_t i = p->side; i != NONE && !l->failed; i = l->places[i].next) {
        l->places[i].offset = join(&all, &l->places[i].contour, SIDE_GAP);
        l->boxes[i].neighbour = i == p->side ? at : NONE;
    }
    p->contour = all;
}

/* Context stands in two stacks, left and right of its owner, filled in turn. What is stacked keeps
 * its stack in `side` and its place in it in `offset`. */
static void stack_context(struct layout *l)
{
    for (size_t i = 0; i < l->argument->element_count; i++) {
        const struct fb_element *e = &l->argument->elements[i];
        struct place *owner = &l->places[i];
        size_t own = 0;
        for (size_t k = 0; k < e->context_count; k++) {
            struct place *p = &l->places[e->context[k]];
            const struct fb_case_box *box = &l->boxes[e->context[k]];
            if (p->owner != i) {
                continue;
            }
            /* Challengers stand on the right; context then leaves that side to them. */
            size_t side = owner->side == NONE ? own++ % 2 : 0;
            p->side = (uint32_t)side;
            p->offset = owner->stack[side];
            owner->stack[side] += box->height + STACK_GAP;
            owner->context[side] = fmax(owner->context[side], box->width);
        }
    }
}

/* Counts the rows and sets their upper and lower edges, and the height of the drawing. */
static enum fb_code set_rows(struct layout *l, struct fb_case_layout *out, struct fb_err *err)
{
    for (size_t i = 0; i < l->count; i++) {
        size_t rank = l->places[l->order[i]].rank;
        out->row_count = rank >= out->row_count ? rank + 1 : out->row_count;
    }
    out->rows = FB_ARENA_ARRAY(l->arena, struct fb_case_row, out->row_count);
    if (!out->rows) {
        return fb_arena_failed(l->arena, err);
    }
    for (size_t i = 0; i < l->count; i++) {
        const struct place *p = &l->places[l->order[i]];
        double stack = fmax(p->stack[0], p->stack[1]) - STACK_GAP;
        struct fb_case_row *row = &out->rows[p->rank];
        row->end = fmax(row->end, fmax(l->boxes[l->order[i]].height, stack));
    }
    double y = MARGIN;
    for (size_t i = 0; i < out->row_count; i++) {
        out->rows[i].top = y;
        out->rows[i].end += y;
        y = out->rows[i].end + FB_CASE_ROW_GAP;
    }
    out->height = y - FB_CASE_ROW_GAP + MARGIN;
    return FB_OK;
}

/* Everything stands in the middle of its row; a stack of context does as a whole. */
static void set_heights(struct layout *l, const struct fb_case_layout *out)
{
    for (size_t i = 0; i < l->argument->element_count; i++) {
        const struct place *p = &l->places[i];
        struct fb_case_box *box = &l->boxes[i];
        const struct fb_case_row *row = &out->rows[p->rank];
        double high = p->is_context ? l->places[p->owner].stack[p->side] - STACK_GAP : box->height;
        box->row = p->rank;
        box->y = (row->top + row->end - high) / 2 + (p->is_context ? p->offset : 0);
    }
}

static int by_x(const void *a, const void *b, void *ctx)
{
    const struct fb_case_box *boxes = ctx;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    double x = boxes[i].x, y = boxes[j].x;
    return x < y ? -1 : x > y ? 1 : (i > j) - (i < j);
}

/* Lists the elements of each row from left to right. */
static enum fb_code list_rows(struct layout *l, struct fb_case_layout *out, struct fb_err *err)
{
    size_t count = l->argument->element_count;
    uint32_t *items = FB_ARENA_ARRAY(l->arena, uint32_t, count);
    if (!items) {
        return fb_arena_failed(l->arena, err);
    }
    for (size_t i = 0; i < count; i++) {
        out->rows[l->boxes[i].row].count++;
    }
    size_t first = 0;
    for (size_t r = 0; r < out->row_count; r++) {
        out->rows[r].items = items + first;
        first += out->rows[r].count;
        out->rows[r].count = 0;
    }
    FB_ASSERT(first == count);
    for (uint32_t i = 0; i < count; i++) {
        struct fb_case_row *row = &out->rows[l->boxes[i].row];
        items[(size_t)(row->items - items) + row->count++] = i;
    }
    for (size_t r = 0; r < out->row_count; r++) {
        qsort_r(items + (out->rows[r].items - items), out->rows[r].count, sizeof(*items), by_x,
            l->boxes);
    }
    return FB_OK;
}

/* True when x is inside, or within 8 pixels of, a box. */
static bool is_in(const struct fb_case_box *box, double x)
{
    return fabs(x - box->x) < box->width / 2 + 8;
}

double fb_case_gap(const struct fb_case_layout *layout, size_t row, double x)
{
    FB_ASSERT(row < layout->row_count);
    const struct fb_case_row *r = &layout->rows[row];
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (layout->boxes[r->items[middle]].x < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    double left = x, right = x;
    for (size_t i = low; i-- > 0 && is_in(&layout->boxes[r->items[i]], left);) {
        left = layout->boxes[r->items[i]].x - layout->boxes[r->items[i]].width / 2 - 11;
    }
    for (size_t i = low; i < r->count && is_in(&layout->boxes[r->items[i]], right); i++) {
        right = layout->boxes[r->items[i]].x + layout->boxes[r->items[i]].width / 2 + 11;
    }
    /* The box on the other side of the wish may be in the way of the nearer gap. */
    if (low < r->count && is_in(&layout->boxes[r->items[low]], left)) {
        left = layout->boxes[r->items[low]].x - layout->boxes[r->items[low]].width / 2 - 11;
    }
    if (low > 0 && is_in(&layout->boxes[r->items[low - 1]], right)) {
        right =
            layout->boxes[r->items[low - 1]].x + layout->boxes[r->items[low - 1]].width / 2 + 11;
    }
    return x - left <= right - x ? left : right;
}

/* From offsets to places in the drawing, which begins at 0. */
static void set_columns(struct layout *l, struct fb_case_layout *out)
{
    double left = INFINITY, right = -INFINITY;
    for (size_t i = 0; i < l->count; i++) {
        const struct place *p = &l->places[l->order[i]];
        struct fb_case_box *box = &l->boxes[l->order[i]];
        box->x = p->owner == NONE ? 0 : l->boxes[p->owner].x + p->offset;
    }
    for (size_t i = 0; i < l->argument->element_count; i++) {
        const struct place *p = &l->places[i];
        struct fb_case_box *box = &l->boxes[i];
        if (p->is_context) {
            const struct fb_case_box *owner = &l->boxes[p->owner];
            double away = owner->width / 2 + CONTEXT_GAP + l->places[p->owner].context[p->side] / 2;
            box->x = owner->x + (p->side == 0 ? -away : away);
        }
        left = fmin(left, box->x - box->width / 2);
        right = fmax(right, box->x + box->width / 2);
    }
    for (size_t i = 0; i < l->argument->element_count; i++) {
        l->boxes[i].x += MARGIN - left;
    }
    out->width = right - left + 2 * MARGIN;
}

static bool allocate(struct layout *l)
{
    size_t count = l->argument->element_count;
    l->places = FB_ARENA_ARRAY(l->arena, struct place, count);
    l->boxes = FB_ARENA_ARRAY(l->arena, struct fb_case_box, count);
    l->order = FB_ARENA_ARRAY(l->arena, uint32_t, count);
    l->path = FB_ARENA_ARRAY(l->arena, uint32_t, 2 * count);
    l->cursor = FB_ARENA_ARRAY(l->arena, uint32_t, count);
    l->seen = FB_ARENA_ARRAY(l->arena, uint8_t, count);
    l->queue = FB_ARENA_ARRAY(l->arena, uint32_t, count);
    l->first_challenge = FB_ARENA_ARRAY(l->arena, uint32_t, count);
    l->next_challenge = FB_ARENA_ARRAY(l->arena, uint32_t, l->argument->challenge_count);
    return l->places && l->boxes && l->order && l->path && l->cursor && l->seen && l->queue &&
           l->first_challenge && l->next_challenge;
}

enum fb_code fb_case_layout_make(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_layout *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && arena && out);
    struct layout l = {.argument = argument, .arena = arena};
    struct fb_case_layout made = {.boxes = NULL};
    if (!allocate(&l)) {
        return fb_arena_failed(arena, err);
    }
    made.boxes = l.boxes;
    for (size_t i = 0; i < argument->element_count; i++) {
        measure(&argument->elements[i], argument->element_count > NARROW_FROM, &l.boxes[i]);
    }
    place_all(&l);
    stack_context(&l);
    for (size_t i = l.count; i-- > 0 && !l.failed;) {
        pack(&l, l.order[i]);
    }
    if (l.failed) {
        return fb_arena_failed(arena, err);
    }
    enum fb_code code = set_rows(&l, &made, err);
    if (code == FB_OK) {
        set_heights(&l, &made);
        set_columns(&l, &made);
        code = list_rows(&l, &made, err);
    }
    if (code == FB_OK) {
        *out = made;
    }
    return code;
}
