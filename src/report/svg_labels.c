#include "report/svg_labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "report/case_layout.h"
#include "report/html.h"

enum {
    GAP = 11,                /* between a point's middle and a name beside it */
    FAR = 260,               /* a name is at most so far above or below its point */
    STEP = 3,                /* between two heights that are tried */
    OUT = 32,                /* and between places further to a side */
    COST_LEFT = 3,           /* of the left side, */
    COST_MIDDLE = 5,         /* of above and below, */
    COST_BAR = 14,           /* of running over a bar, */
    COST_LEAD = 24,          /* of being so far away that it needs a line, */
    COST_NEAR = 12,          /* and of standing beside another point. */
    COST_NONE = 10000,       /* Having no place. */
    NEAR = 18,               /* so near that it might be taken for that one's name */
    ROUNDS = 2,              /* in which names move once more */
    DENSE = FB_LABELS_DENSE, /* beyond it, names are placed newest first, in one try */
    TRIES = 12,              /* of orders, of which the best is taken */
};

/* DejaVu Sans beside Helvetica, which the widths of cases are those of, at 13 pixels beside 12. */
static const double wider = 1.2 * 13 / 12;

struct box {
    int64_t left, right, top, bottom;
};

/* Names at work. */
struct work {
    const struct fb_label_field *field;
    struct fb_label_spot *spots;
    size_t count;
};

int64_t fb_label_width(struct fb_str name)
{
    size_t at = 0, shown = 0;
    while (at < name.len && shown < FB_LABEL_SHOWN) {
        uint32_t code;
        size_t len = fb_html_character(fb_str_sub(name, at, name.len), &code);
        at += len ? len : 1;
        shown++;
    }
    double width = fb_case_text_width(fb_str_sub(name, 0, at));
    width += at < name.len ? fb_case_text_width(FB_STR("\u2026")) : 0;
    return (int64_t)ceil(width * wider);
}

static struct box box_of(const struct fb_label_spot *s)
{
    return (struct box){
        s->left, s->left + s->width, s->baseline - FB_LABEL_ASCENT, s->baseline + FB_LABEL_DESCENT};
}

static bool meet(const struct box *a, const struct box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static struct box around(const struct fb_label_spot *s)
{
    return (struct box){
        s->x - FB_LABEL_CLEAR, s->x + FB_LABEL_CLEAR, s->y - FB_LABEL_CLEAR, s->y + FB_LABEL_CLEAR};
}

/* On which side of a line a point is: above 0, below 0, or on it. */
static int64_t side(const struct fb_label_line *l, int64_t x, int64_t y)
{
    int64_t d = (l->x2 - l->x1) * (y - l->y1) - (l->y2 - l->y1) * (x - l->x1);
    return d > 0 ? 1 : d < 0 ? -1 : 0;
}

static bool cross(const struct fb_label_line *a, const struct fb_label_line *b)
{
    return side(a, b->x1, b->y1) * side(a, b->x2, b->y2) <= 0 &&
           side(b, a->x1, a->y1) * side(b, a->x2, a->y2) <= 0;
}

/* True when a line runs through a box: its ends' box meets it, and the corners are on both sides.
 */
static bool runs_through(const struct fb_label_line *l, const struct box *b)
{
    struct box ends = {l->x1 < l->x2 ? l->x1 : l->x2, (l->x1 < l->x2 ? l->x2 : l->x1) + 1,
        l->y1 < l->y2 ? l->y1 : l->y2, (l->y1 < l->y2 ? l->y2 : l->y1) + 1};
    if (!meet(&ends, b)) {
        return false;
    }
    int64_t sum = side(l, b->left, b->top) + side(l, b->right, b->top) +
                  side(l, b->left, b->bottom) + side(l, b->right, b->bottom);
    return sum > -4 && sum < 4;
}

static int64_t held(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* How far a point is from a name, squared. */
static int64_t apart(const struct box *b, const struct fb_label_spot *point)
{
    int64_t dx = point->x - held(point->x, b->left, b->right);
    int64_t dy = point->y - held(point->y, b->top, b->bottom);
    return dx * dx + dy * dy;
}

/* The line from a point to the nearest place of its name, and whether one is wanted. */
static void lead_to(struct fb_label_spot *s)
{
    struct box b = box_of(s);
    s->lead = (struct fb_label_line){
        s->x, s->y, held(s->x, b.left, b.right), held(s->y, b.top, b.bottom)};
    s->led = apart(&b, s) >= FB_LABEL_ADJACENT * FB_LABEL_ADJACENT;
}

/* True when a name, and the line that leads to it, keep clear of all else that is sure; without
 * such a line its own point has to be the nearest one. */
static bool is_free(const struct work *w, const struct fb_label_spot *own)
{
    struct box b = box_of(own);
    const struct fb_label_field *f = w->field;
    if (b.left < f->left || b.right > f->right || b.top < f->top || b.bottom > f->bottom) {
        return false;
    }
    int64_t distance = apart(&b, own);
    for (size_t i = 0; i < w->count; i++) {
        const struct fb_label_spot *s = &w->spots[i];
        struct box point = around(s), name = box_of(s);
        bool is_own = s->x == own->x && s->y == own->y;
        if (meet(&b, &point) || (own->led && !is_own && runs_through(&own->lead, &point)) ||
            (!own->led && !is_own && apart(&b, s) <= distance)) {
            return false;
        }
        if (!s->placed) {
            continue;
        }
        if (meet(&b, &name) || (own->led && runs_through(&own->lead, &name)) ||
            (s->led && runs_through(&s->lead, &b)) ||
            (s->led && own->led && cross(&s->lead, &own->lead))) {
            return false;
        }
    }
    return true;
}

/* What a place costs besides its distance: a line that leads there, bars it runs over, and points
 * of others so near that they might be taken for its own. */
static int64_t cost_of(const struct work *w, const struct fb_label_spot *s)
{
    struct box b = box_of(s);
    int64_t cost = s->led ? COST_LEAD : 0;
    for (size_t i = 0; i < w->field->bar_count; i++) {
        cost += runs_through(&w->field->bars[i], &b) ? COST_BAR : 0;
    }
    for (size_t i = 0; i < w->count; i++) {
        const struct fb_label_spot *other = &w->spots[i];
        bool is_own = other->x == s->x && other->y == s->y;
        cost += !is_own && apart(&b, other) < NEAR * NEAR ? COST_NEAR : 0;
    }
    return cost;
}

/* Puts the name of a spot where it costs least, and returns how many places were free; those that
 * cost more than the best one so far, by their distance alone, are not looked at unless all are
 * counted. */
static size_t settle(const struct work *w, struct fb_label_spot *spot, bool count_all)
{
    struct fb_label_spot best = *spot;
    int64_t least = INT64_MAX;
    size_t free_places = 0;
    const int64_t x = spot->x, width = spot->width;
    const struct {
        int64_t left;
        int64_t cost;
    } ways[] = {{x + GAP, 0}, {x - GAP - width, COST_LEFT}, {x - width / 2, COST_MIDDLE},
        {x + OUT, OUT}, {x - OUT - width, OUT}, {x + 2 * OUT, 2 * OUT},
        {x - 2 * OUT - width, 2 * OUT}, {x + 4 * OUT, 4 * OUT}, {x - 4 * OUT - width, 4 * OUT}};
    spot->placed = false;
    for (int64_t up = 0; up <= FAR && (count_all || up < least); up = up > 0 ? -up : STEP - up) {
        int64_t distance = up < 0 ? -up : up;
        for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
            struct fb_label_spot s = *spot;
            s.left = ways[way].left;
            s.baseline = s.y + 4 + up;
            lead_to(&s);
            int64_t cost = ways[way].cost + distance;
            if ((!count_all && cost >= least) || !is_free(w, &s)) {
                continue;
            }
            free_places++;
            cost += cost < least ? cost_of(w, &s) : 0;
            if (cost < least) {
                least = cost;
                best = s;
            }
        }
    }
    best.placed = least < INT64_MAX;
    best.cost = best.placed ? least : COST_NONE;
    *spot = best;
    return free_places;
}

/* A name and how many places it would have alone. */
struct turn {
    size_t spot;
    size_t places;
};

static int compare_turns(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;
    if (x->places != y->places) {
        return x->places < y->places ? -1 : 1;
    }
    return (x->spot < y->spot) - (x->spot > y->spot);
}

/* Places names in the order of the turns, lets them move, and returns what all of it costs. */
static int64_t place_all(const struct work *w, const struct turn *turns, size_t names)
{
    int64_t cost = 0;
    for (size_t i = 0; i < names; i++) {
        w->spots[turns[i].spot].placed = false;
    }
    for (int round = 0; round <= ROUNDS; round++) {
        cost = 0;
        for (size_t i = 0; i < names; i++) {
            (void)settle(w, &w->spots[turns[i].spot], false);
            cost += w->spots[turns[i].spot].cost;
        }
    }
    return cost;
}

/* The name that costs most, or has no place, goes first. */
static void prefer(const struct work *w, struct turn *turns, size_t names)
{
    size_t worst = 0;
    for (size_t i = 1; i < names; i++) {
        if (w->spots[turns[i].spot].cost > w->spots[turns[worst].spot].cost) {
            worst = i;
        }
    }
    struct turn turn = turns[worst];
    memmove(&turns[1], &turns[0], worst * sizeof(turn));
    turns[0] = turn;
}

void fb_labels_place(const struct fb_label_field *field, struct fb_label_spot *spots, size_t count)
{
    FB_ASSERT(field && (spots || count == 0));
    struct work w = {field, spots, count};
    struct turn turns[FB_LABELS_MAX], best[FB_LABELS_MAX];
    size_t names = 0;
    for (size_t i = 0; i < count; i++) {
        spots[i].placed = false;
    }
    size_t most = count <= DENSE ? FB_LABELS_MAX : FB_LABELS_DENSE_MAX;
    for (size_t i = count; i-- > 0 && names < most;) {
        if (spots[i].width > 0) {
            turns[names].spot = i;
            turns[names++].places = count <= DENSE ? settle(&w, &spots[i], true) : 0;
            spots[i].placed = false;
        }
    }
    if (names == 0) {
        return;
    }
    qsort(turns, names, sizeof(turns[0]), compare_turns);
    int64_t least = INT64_MAX;
    for (int i = 0; i < (count <= DENSE ? TRIES : 1); i++) {
        int64_t cost = place_all(&w, turns, names);
        if (cost < least) {
            least = cost;
            memcpy(best, turns, names * sizeof(turns[0]));
        }
        prefer(&w, turns, names);
    }
    (void)place_all(&w, best, names);
}
