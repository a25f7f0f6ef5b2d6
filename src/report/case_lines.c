/* case_lines.c: the lines of a drawing: support, context, challenges. None runs through a shape:
 * see case_layout.h for the bands, rails, lanes and gaps that are kept free for them. */
#include <math.h>
#include <stdio.h>

#include "base/assert.h"
#include "report/case_draw.h"

enum { HEAD = 9, ROUND = 6 };

struct lines {
    const struct fb_drawing *d;
    struct fb_buf solid;   /* heads of support, one path */
    struct fb_buf hollow;  /* heads of context, one path */
    struct fb_buf context; /* lines of context, one path */
    struct fb_buf dotted;  /* lines to the data of templates, one path */
};

/* A head whose tip is at `tip`, along dx, dy (one of them 0, the other 1 or -1). */
static void add_head(struct fb_buf *out, struct fb_point tip, double dx, double dy)
{
    double bx = tip.x - HEAD * dx, by = tip.y - HEAD * dy;
    fb_draw_to(out, 'M', tip);
    fb_draw_to(out, 'L', (struct fb_point){bx - 4 * dy, by + 4 * dx});
    fb_draw_to(out, 'L', (struct fb_point){bx + 4 * dy, by - 4 * dx});
    fb_buf_add_char(out, 'Z');
}

/* A corner of 90 degrees at `at`, coming along (dx, 0) or (0, dy) and leaving at a right angle. */
static void add_corner(struct fb_buf *out, struct fb_point at, struct fb_point to)
{
    fb_buf_add_char(out, 'Q');
    fb_draw_number(out, at.x);
    fb_buf_add_char(out, ' ');
    fb_draw_number(out, at.y);
    fb_buf_add_char(out, ' ');
    fb_draw_number(out, to.x);
    fb_buf_add_char(out, ' ');
    fb_draw_number(out, to.y);
}

/* From a parent down to a child in the row below. */
static void add_drop(
    struct lines *l, const struct fb_case_item *parent, const struct fb_case_item *child)
{
    struct fb_buf *out = l->d->out;
    struct fb_point from = fb_draw_bottom(l->d, parent), to = fb_draw_top(l->d, child);
    double bus = parent->bottom + FB_CASE_BUS, side = to.x - from.x;
    fb_draw_to(out, 'M', from);
    if (fabs(side) > 2 * ROUND) {
        double turn = side > 0 ? ROUND : -ROUND;
        fb_draw_by(out, 'V', bus - ROUND);
        add_corner(out, (struct fb_point){from.x, bus}, (struct fb_point){from.x + turn, bus});
        fb_draw_by(out, 'H', to.x - turn);
        add_corner(out, (struct fb_point){to.x, bus}, (struct fb_point){to.x, bus + ROUND});
    } else if (fabs(side) > 0.05) {
        fb_draw_by(out, 'V', bus);
        fb_draw_by(out, 'H', to.x);
    }
    fb_draw_by(out, 'V', to.y - HEAD + 1);
    add_head(&l->solid, to, 0, 1);
}

/* From a parent along its rail to a child. */
static void add_tick(
    struct lines *l, const struct fb_case_item *parent, const struct fb_case_item *child)
{
    struct fb_buf *out = l->d->out;
    struct fb_point from = fb_draw_bottom(l->d, parent), to = fb_draw_side(l->d, child, false);
    double rail = parent->x - parent->width / 2 + FB_CASE_RAIL;
    fb_draw_to(out, 'M', (struct fb_point){rail, from.y});
    fb_draw_by(out, 'V', to.y - ROUND);
    add_corner(out, (struct fb_point){rail, to.y}, (struct fb_point){rail + ROUND, to.y});
    fb_draw_by(out, 'H', to.x - HEAD + 1);
    add_head(&l->solid, to, 1, 0);
}

/* The middle of the line that leads to a supporter or a context. */
static struct fb_point middle_of(const struct fb_drawing *d, const struct fb_case_item *item)
{
    const struct fb_case_item *parent = &d->layout.items[item->parent];
    if (item->role == FB_ITEM_CONTEXT) {
        struct fb_point end = fb_draw_side(d, item, !item->right);
        double start = parent->x + (item->right ? parent->width / 2 : -parent->width / 2);
        return (struct fb_point){(start + end.x) / 2, end.y};
    }
    if (parent->stacked) {
        struct fb_point end = fb_draw_side(d, item, false);
        return (struct fb_point){item->x - item->width / 2 - 13, end.y};
    }
    return (struct fb_point){item->x, item->top - FB_CASE_LANE};
}

/* A ball on the line: hollow for what may be left out, solid for what may stand for several. */
static void add_balls(const struct fb_drawing *d, const struct fb_case_item *child)
{
    const struct fb_case_item *parent = &d->layout.items[child->parent];
    const struct fb_element *e = &d->argument->elements[parent->element];
    bool context = child->role == FB_ITEM_CONTEXT;
    size_t mark_at = child->position + (context ? e->supported_by_count : 0);
    uint8_t marks = e->marks ? e->marks[mark_at] : 0;
    struct fb_point at = middle_of(d, child);
    for (uint8_t mark = FB_MARK_OPTIONAL; mark <= FB_MARK_MULTIPLE; mark *= 2) {
        if (marks & mark) {
            bool second = mark == FB_MARK_MULTIPLE && marks != mark;
            bool along = context || parent->stacked; /* the line is level */
            fb_buf_addf(d->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" class=\"%s\"/>\n",
                at.x - (second && along ? 10 : 0), at.y - (second && !along ? 10 : 0),
                mark == FB_MARK_OPTIONAL ? "fco" : "fch");
        }
    }
    struct fb_str count = marks && e->counts ? e->counts[mark_at] : FB_STR("");
    if (count.len > 0) {
        double half = fb_case_note_width(count) / 2;
        fb_draw_note(d->out,
            context           ? (struct fb_point){at.x - half, at.y + 15}
            : parent->stacked ? (struct fb_point){at.x - 4, child->y - 4}
                              : (struct fb_point){at.x + 8, at.y + 4},
            count);
    }
}

/* Whether an element stands among the supporters or contexts of an item. */
static bool hangs_on(const struct fb_drawing *d, const struct fb_case_item *item, uint32_t element)
{
    const struct fb_element *e = &d->argument->elements[item->element];
    bool found = false;
    for (size_t i = 0; i < e->supported_by_count && !found; i++) {
        found = e->supported_by[i] == element;
    }
    for (size_t i = 0; i < e->context_count && !found; i++) {
        found = e->context[i] == element;
    }
    return found;
}

/* A small square, where confidence is argued separately, and its name from a point on. */
static void add_claim_point(
    const struct fb_drawing *d, struct fb_point at, struct fb_point name_at, struct fb_str name)
{
    fb_buf_addf(d->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"9\" height=\"9\" class=\"fch\"/>\n",
        at.x - 4.5, at.y - 4.5);
    fb_draw_note(d->out, name_at, name);
}

/* Those of an element itself, along its upper left: of a round one with names to the left. */
static void add_own_claim_points(const struct fb_drawing *d, const struct fb_case_item *item)
{
    const struct fb_element *e = &d->argument->elements[item->element];
    bool round = e->kind == FB_ELEMENT_SOLUTION || e->kind == FB_ELEMENT_COUNTER_SOLUTION ||
                 e->kind == FB_ELEMENT_ASSUMPTION || e->kind == FB_ELEMENT_JUSTIFICATION;
    struct fb_point at = fb_draw_top(d, item);
    if (round && e->symbol != FB_SYMBOL_AWAY) {
        at = (struct fb_point){item->x - item->width * 0.36, item->y + item->height * 0.15};
    } else {
        at.x -= item->width / 2 - (at.y > item->y ? 58 : 12); /* beside the tab of a module */
    }
    for (size_t i = 0; i < e->acp_count; i++) {
        double wide = fb_case_note_width(e->acps[i].name);
        if (!hangs_on(d, item, e->acps[i].on) && round) {
            add_claim_point(d, at, (struct fb_point){at.x - 8 - wide, at.y + 3}, e->acps[i].name);
            at.y += 12;
            at.x -= 5;
        } else if (!hangs_on(d, item, e->acps[i].on)) {
            add_claim_point(d, at, (struct fb_point){at.x + 7, at.y - 4}, e->acps[i].name);
            at.x += 24 + wide;
        }
    }
}

/* Claim points of an item itself, and those of its parent that stand on the line between them. */
static void add_claim_points(const struct fb_drawing *d, const struct fb_case_item *item)
{
    bool hangs = item->role == FB_ITEM_SUPPORT || item->role == FB_ITEM_CONTEXT;
    const struct fb_element *above =
        hangs ? &d->argument->elements[d->layout.items[item->parent].element] : NULL;
    bool context = item->role == FB_ITEM_CONTEXT;
    size_t mark_at = item->position + (context ? above->supported_by_count : 0);
    bool ball = above && above->marks && above->marks[mark_at];
    bool rail = hangs && !context && d->layout.items[item->parent].stacked;
    bool drops = ball && !context && !rail;
    double down = drops ? -12 : 0, aside = ball && context ? (item->right ? -13 : 13) : 0;
    for (size_t i = 0; above && i < above->acp_count; i++) {
        if (above->acps[i].on == item->element) {
            struct fb_point at = middle_of(d, item), name = {0, 0};
            at = (struct fb_point){at.x + aside, at.y + down};
            name = context ? (struct fb_point){at.x - fb_case_note_width(above->acps[i].name) / 2,
                                 at.y - 8}
                   : rail  ? (struct fb_point){at.x - 4, item->y - 4 + down}
                           : (struct fb_point){at.x + 7, at.y - 4};
            add_claim_point(d, at, name, above->acps[i].name);
            down += drops ? -12 : 12;
        }
    }
    if (!item->stub) {
        add_own_claim_points(d, item);
    }
}

void fb_draw_marks(const struct fb_drawing *d, const struct fb_case_item *item)
{
    FB_ASSERT(d && d->out && item);
    if (item->role == FB_ITEM_SUPPORT || item->role == FB_ITEM_CONTEXT) {
        add_balls(d, item);
    }
    add_claim_points(d, item);
}

/* A dotted line from the upper edge of an element to the apex of where its data is. */
static void add_reference(struct lines *l, const struct fb_case_item *item)
{
    const struct fb_case_item *owner = &l->d->layout.items[item->parent];
    struct fb_point from = fb_draw_top(l->d, owner);
    fb_draw_to(&l->dotted, 'M', (struct fb_point){owner->x + owner->width / 2 - 20, from.y});
    fb_draw_by(&l->dotted, 'V', fmin(owner->y, item->y) - 5);
    fb_draw_by(&l->dotted, 'H', item->x);
    fb_draw_by(&l->dotted, 'V', item->y);
}

static void add_context(struct lines *l, const struct fb_case_item *item)
{
    const struct fb_case_item *owner = &l->d->layout.items[item->parent];
    const struct fb_element *e = &l->d->argument->elements[owner->element];
    struct fb_point from = fb_draw_side(l->d, owner, item->right);
    struct fb_point to = fb_draw_side(l->d, item, !item->right);
    double toward = item->right ? 1 : -1;
    double middle = owner->x + toward * (owner->width / 2 + FB_CASE_SPLIT);
    double y = fmax(owner->y + 6, fmin(owner->y + owner->height - 6, to.y));
    bool straight = fabs(y - to.y) < 0.05 && e->kind == FB_ELEMENT_GOAL && !e->context_choice;
    fb_draw_to(&l->context, 'M', straight ? (struct fb_point){from.x, to.y} : from);
    if (!straight) {
        fb_draw_by(&l->context, 'H', middle);
        fb_draw_by(&l->context, 'V', to.y);
    }
    fb_draw_by(&l->context, 'H', to.x - toward * (HEAD - 1));
    add_head(&l->hollow, to, toward, 0);
}

void fb_draw_relations(const struct fb_drawing *d)
{
    struct lines l = {.d = d};
    fb_buf_init(&l.solid, d->out->max);
    fb_buf_init(&l.hollow, d->out->max);
    fb_buf_init(&l.context, d->out->max);
    fb_buf_init(&l.dotted, d->out->max);
    fb_buf_add_c(d->out, "<path class=\"fcl\" d=\"");
    for (size_t i = 0; i < d->layout.item_count; i++) {
        const struct fb_case_item *item = &d->layout.items[i];
        if (item->role == FB_ITEM_CONTEXT) {
            (item->data ? add_reference : add_context)(&l, item);
        } else if (item->role == FB_ITEM_SUPPORT) {
            const struct fb_case_item *parent = &d->layout.items[item->parent];
            (parent->stacked ? add_tick : add_drop)(&l, parent, item);
        }
    }
    fb_buf_add_c(d->out, "\"/>\n<path class=\"fch\" d=\"");
    fb_buf_add_str(d->out, fb_buf_str(&l.solid));
    fb_buf_add_c(d->out, "\"/>\n<path class=\"fcl fcc\" d=\"");
    fb_buf_add_str(d->out, fb_buf_str(&l.context));
    fb_buf_add_c(d->out, "\"/>\n<path class=\"fco\" d=\"");
    fb_buf_add_str(d->out, fb_buf_str(&l.hollow));
    if (l.dotted.len > 0) {
        fb_buf_add_c(d->out, "\"/>\n<path class=\"fcl fci\" d=\"");
        fb_buf_add_str(d->out, fb_buf_str(&l.dotted));
    }
    fb_buf_add_c(d->out, "\"/>\n");
    if (l.solid.state != FB_BUF_GOOD || l.hollow.state != FB_BUF_GOOD ||
        l.context.state != FB_BUF_GOOD || l.dotted.state != FB_BUF_GOOD) {
        d->out->state = FB_BUF_NOMEM;
    }
    fb_buf_release(&l.solid);
    fb_buf_release(&l.hollow);
    fb_buf_release(&l.context);
    fb_buf_release(&l.dotted);
}

/* Where a challenge ends, and how it comes there. */
struct end {
    struct fb_point at;
    double dx, dy;   /* the direction of the head */
    bool beside;     /* it comes straight from the challenger's left */
    double corridor; /* else: where it comes down from the lane; NAN: it ends on the lane */
};

/* The right edge of what stands beside an element. */
static double right_edge(const struct fb_drawing *d, const struct fb_case_item *item)
{
    double right = item->x + item->width / 2;
    for (uint32_t i = item->context; i != FB_CASE_NONE; i = d->layout.items[i].next) {
        right = fmax(right, d->layout.items[i].x + d->layout.items[i].width / 2);
    }
    return right;
}

/* Whether nothing stands between a challenger and the element, or the contexts, that it is beside.
 */
static bool is_first_beside(const struct fb_drawing *d, uint32_t by)
{
    const struct fb_case_item *items = d->layout.items;
    const struct fb_case_item *target = &items[items[by].parent];
    if (target->role != FB_ITEM_CONTEXT) {
        return target->side == by;
    }
    uint32_t first = items[target->parent].side;
    for (uint32_t i = items[target->parent].context; first == FB_CASE_NONE; i = items[i].next) {
        first = items[i].side;
    }
    return first == by;
}

double fb_draw_near(const struct fb_drawing *d, const struct fb_case_item *item)
{
    bool straight = d->argument->elements[item->element].kind == FB_ELEMENT_GOAL;
    return straight ? item->width / 4 : 8;
}

bool fb_draw_answered(const struct fb_drawing *d, const struct fb_challenge *challenge)
{
    return d->labelled && challenge->label != FB_LABEL_IN && challenge->label != FB_LABEL_UNDECIDED;
}

static struct end end_at_element(const struct fb_drawing *d, uint32_t by)
{
    const struct fb_case_item *target = &d->layout.items[d->layout.items[by].parent];
    struct fb_point side = fb_draw_side(d, target, true), top = fb_draw_top(d, target);
    if (target->role == FB_ITEM_CONTEXT) {
        const struct fb_case_item *owner = &d->layout.items[target->parent];
        double corridor = right_edge(d, owner) + 22;
        return (struct end){side, -1, 0, is_first_beside(d, by), corridor};
    }
    bool clear = right_edge(d, target) <= target->x + target->width / 2 + 0.05;
    if (clear && is_first_beside(d, by)) {
        return (struct end){side, -1, 0, true, 0};
    }
    double x = target->x + fb_draw_near(d, target);
    return (struct end){{x, top.y}, 0, 1, false, x};
}

/* The end on a relation: on the line to a supporter or a context. */
static struct end end_at_relation(const struct fb_drawing *d, uint32_t by)
{
    const struct fb_case_item *anchor = &d->layout.items[d->layout.items[by].parent];
    struct fb_point at = middle_of(d, anchor);
    bool drop = anchor->role == FB_ITEM_SUPPORT && !d->layout.items[anchor->parent].stacked;
    if (drop) {
        return (struct end){{at.x + 2, at.y}, -1, 0, false, NAN};
    }
    return (struct end){{at.x, at.y - 2}, 0, 1, false, at.x};
}

/* The end on another challenge, which is drawn from the left of the same anchor. */
static struct end end_at_challenge(const struct fb_drawing *d, uint32_t by)
{
    const struct fb_case_item *anchor = &d->layout.items[d->layout.items[by].parent];
    struct fb_point side = fb_draw_side(d, anchor, false);
    struct fb_point at = {anchor->x - anchor->width / 2 - 14, side.y - 2};
    return (struct end){at, 0, 1, false, at.x};
}

static struct end end_of(const struct fb_drawing *d, uint32_t challenge, uint32_t by)
{
    switch (d->argument->challenges[challenge].kind) {
    case FB_CHALLENGE_ELEMENT:
        return end_at_element(d, by);
    case FB_CHALLENGE_SUPPORT:
    case FB_CHALLENGE_CONTEXT:
        return end_at_relation(d, by);
    case FB_CHALLENGE_CHALLENGE:
        return end_at_challenge(d, by);
    }
    return end_at_element(d, by);
}

/* An open head: two strokes. */
static void add_open_head(struct fb_buf *out, struct fb_point tip, double dx, double dy)
{
    fb_draw_to(out, 'M', (struct fb_point){tip.x - HEAD * dx - 5 * dy, tip.y - HEAD * dy + 5 * dx});
    fb_draw_to(out, 'L', tip);
    fb_draw_to(out, 'L', (struct fb_point){tip.x - HEAD * dx + 5 * dy, tip.y - HEAD * dy - 5 * dx});
}

/* The cross on a relation that a challenge defeats, beside where the challenge ends. */
static void add_relation_cross(
    const struct fb_drawing *d, const struct fb_challenge *c, uint32_t by)
{
    const struct fb_case_item *anchor = &d->layout.items[d->layout.items[by].parent];
    if (!d->labelled || c->label != FB_LABEL_IN || c->kind == FB_CHALLENGE_ELEMENT) {
        return;
    }
    bool on_challenge = c->kind == FB_CHALLENGE_CHALLENGE;
    struct fb_point at = on_challenge ? fb_draw_side(d, anchor, false) : middle_of(d, anchor);
    if (on_challenge) {
        at.x -= 24;
    } else if (anchor->role == FB_ITEM_CONTEXT) {
        at.x -= anchor->right ? 8 : -8;
    } else if (d->layout.items[anchor->parent].stacked) {
        at.x -= 3;
    } else {
        at.y -= 11;
    }
    fb_buf_addf(d->out, "<path class=\"fcx fcr\" d=\"M%.1f %.1fl10 10m-10 0l10 -10\"/>\n", at.x - 5,
        at.y - 5);
}

static void add_challenge(const struct fb_drawing *d, uint32_t challenge)
{
    uint32_t by = d->layout.item_of_challenge[challenge];
    if (by == FB_CASE_NONE) {
        return;
    }
    const struct fb_challenge *c = &d->argument->challenges[challenge];
    const struct fb_case_item *item = &d->layout.items[by];
    struct end end = end_of(d, challenge, by);
    bool answered = fb_draw_answered(d, c);
    struct fb_point left = fb_draw_side(d, item, false), top = fb_draw_top(d, item);
    double lane = item->top - FB_CASE_LANE;
    fb_buf_addf(d->out, "<path class=\"fcd%s\" d=\"", answered ? " fca" : "");
    if (end.beside) {
        double corridor = (left.x + end.at.x) / 2;
        /* Nearly level is level: no small step. */
        left.y = fabs(left.y - end.at.y) < FB_CASE_LEVEL ? end.at.y : left.y;
        fb_draw_to(d->out, 'M', left);
        if (fabs(left.y - end.at.y) > 0.05) {
            fb_draw_by(d->out, 'H', end.dx < 0 && end.corridor > 0 ? end.corridor : corridor);
            fb_draw_by(d->out, 'V', end.at.y);
        }
        fb_draw_by(d->out, 'H', end.at.x);
    } else {
        fb_draw_to(d->out, 'M', top);
        fb_draw_by(d->out, 'V', isnan(end.corridor) ? end.at.y : lane);
        fb_draw_by(d->out, 'H', isnan(end.corridor) ? end.at.x : end.corridor);
        if (!isnan(end.corridor)) {
            fb_draw_by(d->out, 'V', end.at.y);
            fb_draw_by(d->out, 'H', end.at.x);
        }
    }
    fb_buf_addf(d->out, "\"/>\n<path class=\"fcd fce%s\" d=\"", answered ? " fca" : "");
    add_open_head(d->out, end.at, end.dx, end.dy);
    fb_buf_add_c(d->out, "\"/>\n");
    add_relation_cross(d, c, by);
}

void fb_draw_challenges(const struct fb_drawing *d)
{
    FB_ASSERT(d && d->out);
    for (uint32_t i = 0; i < d->argument->challenge_count; i++) {
        add_challenge(d, i);
    }
}
