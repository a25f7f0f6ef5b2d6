#include "report/case_layout.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "report/case_place.h"

enum {
    GAP = 24,        /* between neighbours */
    SIDE_GAP = 64,   /* between an element and its challenger */
    BESIDE_GAP = 34, /* between an element and its context */
    STACK_GAP = 16,  /* between what stands along a rail, and between contexts */
    INDENT = 36,     /* from an element's left edge to what stands along its rail */
    TREE_GAP = 64,   /* between trees with a top of their own */
    MARGIN = 30,
    CONTOUR_FIRST = 16,
    /* What stands along a rail is not higher than this, in pixels; large cases become less wide. */
    SMALL_HIGH = 1100,
    LARGE_HIGH = 2200,
    HUGE_HIGH = 8000,
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

/* What packing knows of an item, beside its place. */
struct pack {
    struct contour contour;
    double dx;        /* of its middle, from its parent's */
    double dy;        /* of its block, from its parent's block */
    double beside[2]; /* widths of its contexts left and right, with the gap */
    double high[2];   /* heights of the same */
    double block;     /* height of its block */
    double subtree;   /* height of all of it */
    bool upright;     /* it and all below it stand in one column */
    bool along_rail;  /* it stands along its parent's rail */
};

struct layout {
    const struct fb_case *argument;
    struct fb_arena *arena;
    struct fb_case_layout *out;
    struct pack *packs;
    bool failed;
};

static double edge(const struct contour *c, const double *side, size_t row)
{
    FB_ASSERT(row < c->height);
    return side[c->height - 1 - row] + c->base;
}

static void set_edge(const struct contour *c, double *side, size_t row, double value)
{
    side[c->height - 1 - row] = value - c->base;
}

static bool reserve(struct layout *l, struct contour *c, size_t rows)
{
    if (c->height + rows <= c->cap) {
        return true;
    }
    size_t cap = c->cap ? c->cap : CONTOUR_FIRST;
    while (cap < c->height + rows) {
        cap *= 2;
    }
    double *edges = FB_ARENA_ARRAY(l->arena, double, 2 * cap);
    if (!edges) {
        l->failed = true;
        return false;
    }
    if (c->height) {
        memcpy(edges, c->left, c->height * sizeof(*edges));
        memcpy(edges + cap, c->right, c->height * sizeof(*edges));
    }
    c->left = edges;
    c->right = edges + cap;
    c->cap = cap;
    return true;
}

static size_t rows_of(double height)
{
    return (size_t)ceil(height / FB_CASE_ROW);
}

/* Adds rows of one extent on top. */
static void push_rows(struct layout *l, struct contour *c, double height, double left, double right)
{
    size_t rows = rows_of(height);
    if (!reserve(l, c, rows)) {
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        c->left[c->height] = left - c->base;
        c->right[c->height++] = right - c->base;
    }
}

/* Puts all rows of another contour, moved by dx, on top. */
static void push_contour(struct layout *l, struct contour *c, const struct contour *top, double dx)
{
    if (!reserve(l, c, top->height)) {
        return;
    }
    for (size_t i = 0; i < top->height; i++) {
        c->left[c->height] = top->left[i] + top->base + dx - c->base;
        c->right[c->height++] = top->right[i] + top->base + dx - c->base;
    }
}

/* Puts a subtree to the right of what is there, with their tops level; returns how far it was
 * moved. In the uppermost rows the distance is at least gap. The contour of both is left in *all;
 * the shorter of the two is walked. */
static double join(struct contour *all, struct contour *next, double gap, size_t gap_rows)
{
    size_t rows = all->height < next->height ? all->height : next->height;
    double move = all->height ? -INFINITY : 0;
    for (size_t row = 0; row < rows; row++) {
        move = fmax(move, edge(all, all->right, row) + (row < gap_rows ? gap : GAP) -
                              edge(next, next->left, row));
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

static double leftmost(const struct contour *c)
{
    double least = INFINITY;
    for (size_t i = 0; i < c->height; i++) {
        least = fmin(least, c->left[i] + c->base);
    }
    return least;
}

/* Whether what supports an item stands along a rail: when it is many leaves, or the case is large
 * and all of it is small. */
static bool wants_rail(const struct layout *l, const struct fb_case_item *item)
{
    const struct fb_case_item *items = l->out->items;
    size_t count = 0, leaves = 0;
    double high = 0;
    bool upright = true;
    for (uint32_t i = item->child; i != FB_CASE_NONE; i = items[i].next) {
        count++;
        leaves += items[i].child == FB_CASE_NONE && items[i].side == FB_CASE_NONE;
        high += l->packs[i].subtree + STACK_GAP;
        upright = upright && l->packs[i].upright;
    }
    size_t size = l->argument->element_count;
    bool large = size > FB_CASE_SMALL;
    bool all_leaves = leaves == count;
    int highest = size > 3000 ? HUGE_HIGH : size > 300 ? LARGE_HIGH : SMALL_HIGH;
    if (count < 2 || !upright || high > highest) {
        return all_leaves && count > 12;
    }
    return large || (all_leaves && count > 3);
}

/* Decides, from the leaves up, what stands along rails. */
static void choose_rails(struct layout *l)
{
    struct fb_case_item *items = l->out->items;
    for (size_t at = l->out->item_count; at-- > 0;) {
        struct fb_case_item *item = &items[at];
        struct pack *p = &l->packs[at];
        double tallest = 0, sum = 0, beside = 0;
        size_t count = 0;
        bool upright = item->side == FB_CASE_NONE;
        for (uint32_t i = item->child; i != FB_CASE_NONE; i = items[i].next) {
            tallest = fmax(tallest, l->packs[i].subtree);
            sum += l->packs[i].subtree + STACK_GAP;
            upright = upright && l->packs[i].upright;
            count++;
        }
        for (uint32_t i = item->context; i != FB_CASE_NONE; i = items[i].next) {
            beside += items[i].height + STACK_GAP;
        }
        item->stacked = wants_rail(l, item);
        p->upright = upright && (count < 2 || item->stacked);
        p->block = fmax(item->height, beside);
        p->subtree = p->block + (item->stacked ? sum : count ? tallest + FB_CASE_BAND : 0);
    }
}

/* How far a context stands from its element: what is written on the line between them fits. */
static double gap_of(const struct layout *l, uint32_t at)
{
    const struct fb_case_item *item = &l->out->items[at];
    uint32_t owner = l->out->items[item->parent].element;
    const struct fb_element *e = &l->argument->elements[owner];
    double gap = BESIDE_GAP;
    if (item->data) {
        return gap;
    }
    size_t mark = e->supported_by_count + item->position;
    bool ball = e->marks && e->marks[mark], claim = false;
    for (size_t i = 0; i < e->acp_count; i++) {
        claim = claim || e->acps[i].on == item->element;
        if (e->acps[i].on == item->element) {
            gap = fmax(gap, fb_case_note_width(e->acps[i].name) + 2 * FB_CASE_SPLIT + 4);
        }
    }
    gap += ball && claim ? 20 : 0;
    if (e->counts && e->counts[mark].len > 0) {
        gap = fmax(gap, fb_case_note_width(e->counts[mark]) + FB_CASE_SPLIT + 12);
    }
    if (e->context_choice) {
        gap = fmax(gap + 14, fb_case_note_width(e->context_choice_count) + FB_CASE_SPLIT + 26);
    }
    return gap;
}

/* Contexts stand in two stacks. Along a rail, and where something challenges them, they stand on
 * the right; beside an element with challengers, on the left. */
static void place_contexts(struct layout *l, uint32_t at)
{
    struct fb_case_item *items = l->out->items, *item = &items[at];
    struct pack *p = &l->packs[at];
    uint32_t turn = 0;
    for (uint32_t i = item->context; i != FB_CASE_NONE; i = items[i].next) {
        bool challenged = items[i].side != FB_CASE_NONE;
        items[i].right = items[i].data || p->along_rail || challenged ||
                         (item->side == FB_CASE_NONE && turn++ % 2 == 1);
        items[i].gap = gap_of(l, i);
        size_t side = items[i].right;
        l->packs[i].dy = p->high[side];
        p->high[side] += items[i].height + STACK_GAP;
        p->beside[side] = fmax(p->beside[side], items[i].width + items[i].gap);
    }
    p->high[0] = fmax(p->high[0] - STACK_GAP, 0);
    p->high[1] = fmax(p->high[1] - STACK_GAP, 0);
    double high = fmax(item->height, fmax(p->high[0], p->high[1]));
    p->block = ceil(high / FB_CASE_ROW) * FB_CASE_ROW;
}

/* Supporters side by side, in the middle below. */
static void pack_row(struct layout *l, uint32_t at, struct contour *all)
{
    struct fb_case_item *items = l->out->items;
    double first = 0, last = 0;
    for (uint32_t i = items[at].child; i != FB_CASE_NONE; i = items[i].next) {
        last = l->packs[i].dx = join(all, &l->packs[i].contour, GAP, 0);
        first = i == items[at].child ? last : first;
    }
    double middle = (first + last) / 2;
    all->base -= middle;
    for (uint32_t i = items[at].child; i != FB_CASE_NONE; i = items[i].next) {
        l->packs[i].dx -= middle;
        l->packs[i].dy = l->packs[at].block + FB_CASE_BAND;
    }
    push_rows(l, all, FB_CASE_BAND - FB_CASE_ROW, first - middle - 1, last - middle + 1);
}

/* Supporters below each other; the contour is built from the last up. */
static void pack_rail(struct layout *l, uint32_t at, struct contour *all)
{
    struct fb_case_item *items = l->out->items;
    struct pack *packs = l->packs;
    double rail = -items[at].width / 2 + FB_CASE_RAIL, down = packs[at].block;
    uint32_t count = 0;
    for (uint32_t i = items[at].child; i != FB_CASE_NONE; i = items[i].next) {
        down += STACK_GAP;
        packs[i].dy = down;
        packs[i].dx = -items[at].width / 2 + INDENT - leftmost(&packs[i].contour);
        down += (double)(packs[i].contour.height) * FB_CASE_ROW;
        count++;
    }
    /* From the last up: the list is single, so walk it once into the arena. */
    uint32_t *order = FB_ARENA_ARRAY(l->arena, uint32_t, count);
    if (!order) {
        l->failed = true;
        return;
    }
    for (uint32_t i = items[at].child, k = 0; i != FB_CASE_NONE; i = items[i].next) {
        order[k++] = i;
    }
    for (uint32_t k = count; k-- > 0 && !l->failed;) {
        size_t bottom = all->height;
        push_contour(l, all, &packs[order[k]].contour, packs[order[k]].dx);
        for (size_t row = bottom; row < all->height; row++) {
            all->left[row] = fmin(all->left[row], rail - 1);
        }
        push_rows(l, all, k > 0 ? STACK_GAP : STACK_GAP - FB_CASE_ROW, rail - 1, rail + 1);
    }
}

/* Puts what supports an element below it and what challenges it beside it. */
static void pack_item(struct layout *l, uint32_t at)
{
    struct fb_case_item *items = l->out->items, *item = &items[at];
    struct pack *p = &l->packs[at];
    struct contour all = {.height = 0};
    if (item->child != FB_CASE_NONE && item->stacked) {
        pack_rail(l, at, &all);
    } else if (item->child != FB_CASE_NONE) {
        pack_row(l, at, &all);
    }
    /* One row more than the block keeps other boxes off its lower edge. */
    double half = item->width / 2;
    push_rows(l, &all, p->block + FB_CASE_ROW, -half - p->beside[0], half + p->beside[1]);
    size_t rows = rows_of(p->block);
    for (uint32_t i = item->side; i != FB_CASE_NONE && !l->failed; i = items[i].next) {
        l->packs[i].dx = join(&all, &l->packs[i].contour, SIDE_GAP, rows);
    }
    /* What challenges a context stands beside the element that has it. */
    for (uint32_t c = item->context; c != FB_CASE_NONE; c = items[c].next) {
        for (uint32_t i = items[c].side; i != FB_CASE_NONE && !l->failed; i = items[i].next) {
            l->packs[i].dx = join(&all, &l->packs[i].contour, SIDE_GAP, rows);
        }
    }
    p->contour = all;
}

/* From offsets to places. What hangs on a context is placed from the context's owner. */
static void place_item(struct layout *l, uint32_t at)
{
    struct fb_case_item *items = l->out->items, *item = &items[at];
    const struct pack *p = &l->packs[at];
    uint32_t from = item->parent;
    if (item->role == FB_ITEM_CHALLENGE && items[from].role == FB_ITEM_CONTEXT) {
        from = items[from].parent;
    }
    const struct fb_case_item *parent = from == FB_CASE_NONE ? NULL : &items[from];
    if (item->role == FB_ITEM_CONTEXT) {
        const struct pack *owner = &l->packs[from];
        double away = parent->width / 2 + item->gap + item->width / 2;
        item->x = parent->x + (item->right ? away : -away);
        item->y = parent->top + (owner->block - owner->high[item->right]) / 2 + p->dy;
        item->top = item->y;
        item->bottom = item->y + item->height;
        return;
    }
    item->x = parent ? parent->x + p->dx : p->dx;
    item->top = parent ? parent->top + p->dy : p->dy;
    item->bottom = item->top + p->block;
    item->y = item->top + (p->block - item->height) / 2;
}

/* Trees side by side, then everything to where the drawing begins at 0. */
static void place_all(struct layout *l)
{
    struct fb_case_layout *out = l->out;
    struct contour all = {.height = 0};
    double left = INFINITY, right = -INFINITY, low = 0;
    for (size_t i = 0; i < out->item_count; i++) {
        if (out->items[i].role == FB_ITEM_TOP) {
            l->packs[i].dx = join(&all, &l->packs[i].contour, TREE_GAP, SIZE_MAX);
            l->packs[i].dy = 0;
        }
    }
    for (uint32_t i = 0; i < out->item_count; i++) {
        place_item(l, i);
        left = fmin(left, out->items[i].x - out->items[i].width / 2);
        right = fmax(right, out->items[i].x + out->items[i].width / 2);
        low = fmax(low, out->items[i].y + out->items[i].height);
    }
    for (size_t i = 0; i < out->item_count; i++) {
        struct fb_case_item *item = &out->items[i];
        item->x += MARGIN - left;
        item->y += MARGIN;
        item->top += MARGIN;
        item->bottom += MARGIN;
    }
    out->width = right - left + 2 * MARGIN;
    out->height = low + 2 * MARGIN;
}

enum fb_code fb_case_layout_make(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_layout *out, struct fb_err *err)
{
    FB_ASSERT(argument && argument->element_count > 0 && arena && out);
    struct fb_case_layout made = {.items = NULL};
    struct layout l = {.argument = argument, .arena = arena, .out = &made};
    enum fb_code code = fb_case_place(argument, arena, &made, err);
    if (code != FB_OK) {
        return code;
    }
    l.packs = FB_ARENA_ARRAY(arena, struct pack, made.item_count);
    if (!l.packs) {
        return fb_arena_failed(arena, err);
    }
    choose_rails(&l);
    for (size_t i = 0; i < made.item_count; i++) {
        const struct fb_case_item *item = &made.items[i];
        l.packs[i].along_rail =
            item->role == FB_ITEM_SUPPORT &&
            (made.items[item->parent].stacked || l.packs[item->parent].along_rail);
        if (item->role != FB_ITEM_CONTEXT) {
            place_contexts(&l, (uint32_t)i);
        }
    }
    for (size_t i = made.item_count; i-- > 0 && !l.failed;) {
        if (made.items[i].role != FB_ITEM_CONTEXT) {
            pack_item(&l, (uint32_t)i);
        }
    }
    if (l.failed) {
        return fb_arena_failed(arena, err);
    }
    place_all(&l);
    *out = made;
    return FB_OK;
}
