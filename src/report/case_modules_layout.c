#include "report/case_modules_layout.h"

#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "report/case_modules.h"

enum {
    MARGIN = 30,
    GAP = 40,    /* between modules of a layer */
    BEND = 14,   /* the width of a bend */
    NARROW = 20, /* between a bend and its neighbour */
    PORT = 18,   /* between two lines that meet a module, beside what is written there */
    TRACK = 10,  /* between two tracks */
    LANE = 6,    /* between two lines that run up and down beside each other */
    SHIFT = 6,   /* the most that a line gives way by, so that NARROW and PORT suffice */
    ROOM = 28,   /* between a layer and the first track */
    CORNER = 60, /* of a module's edge: its tab */
    SWEEPS = 12,
    WIDE = 184,
};

struct laying {
    const struct fb_architecture *a;
    struct fb_arena *arena;
    struct fb_modules_layout *out;
    uint32_t *layer;      /* of each node */
    uint32_t *first;      /* of each node: its first link, by next_of */
    uint32_t *next_of;    /* of each link, at its upper end */
    uint32_t *by_layer;   /* boxes, layer by layer */
    uint32_t *layer_from; /* of each layer: where its boxes begin there */
    uint32_t layer_count;
    uint32_t *by_gap;   /* pieces, by the layer that they begin in */
    uint32_t *gap_from; /* of each layer: where its pieces begin there */
};

static uint32_t upper(const struct laying *l, uint32_t link)
{
    return l->a->links[link].ends[l->out->turned[link]];
}

static uint32_t lower(const struct laying *l, uint32_t link)
{
    return l->a->links[link].ends[1 - l->out->turned[link]];
}

static void index_links(struct laying *l)
{
    for (size_t i = 0; i < l->a->node_count; i++) {
        l->first[i] = FB_CASE_NONE;
    }
    for (uint32_t i = (uint32_t)l->a->link_count; i-- > 0;) {
        l->next_of[i] = l->first[upper(l, i)];
        l->first[upper(l, i)] = i;
    }
}

/* Whether a link points up only: what rests on the other is its second end. */
static bool points_back(const struct fb_architecture_link *link)
{
    return link->marks[1] == 0;
}

/* Turns the links that would close a circle: depth first, along links. */
static void turn_circles(struct laying *l, uint32_t *stack, uint32_t *at, uint8_t *state)
{
    for (uint32_t root = 0; root < l->a->node_count; root++) {
        size_t depth = 0;
        if (state[root] == 0) {
            state[root] = 1;
            at[root] = l->first[root];
            stack[depth++] = root;
        }
        while (depth > 0) {
            uint32_t node = stack[depth - 1], link = at[node];
            if (link == FB_CASE_NONE) {
                state[node] = 2;
                depth--;
                continue;
            }
            at[node] = l->next_of[link];
            uint32_t to = lower(l, link);
            if (state[to] == 1) {
                l->out->turned[link] ^= 1; /* it is in the lists of both; only turned is read */
            } else if (state[to] == 0) {
                state[to] = 1;
                at[to] = l->first[to];
                stack[depth++] = to;
            }
        }
    }
}

/* The longest way from above. */
static void find_layers(struct laying *l, uint32_t *waits, uint32_t *queue)
{
    size_t head = 0, tail = 0;
    for (uint32_t i = 0; i < l->a->link_count; i++) {
        waits[lower(l, i)]++;
    }
    for (uint32_t i = 0; i < l->a->node_count; i++) {
        if (waits[i] == 0) {
            queue[tail++] = i;
        }
    }
    while (head < tail) {
        uint32_t node = queue[head++];
        for (uint32_t i = l->first[node]; i != FB_CASE_NONE; i = l->next_of[i]) {
            uint32_t to = lower(l, i);
            l->layer[to] = l->layer[to] > l->layer[node] ? l->layer[to] : l->layer[node] + 1;
            if (--waits[to] == 0) {
                queue[tail++] = to;
            }
        }
    }
    FB_ASSERT(tail == l->a->node_count);
    for (uint32_t i = 0; i < l->a->node_count; i++) {
        l->layer_count = l->layer_count > l->layer[i] + 1 ? l->layer_count : l->layer[i] + 1;
    }
}

static enum fb_code order_nodes(struct laying *l, struct fb_err *err)
{
    size_t nodes = l->a->node_count, links = l->a->link_count;
    uint32_t *stack = FB_ARENA_ARRAY(l->arena, uint32_t, nodes);
    uint32_t *at = FB_ARENA_ARRAY(l->arena, uint32_t, nodes);
    uint8_t *state = FB_ARENA_ARRAY(l->arena, uint8_t, nodes);
    l->layer = FB_ARENA_ARRAY(l->arena, uint32_t, nodes);
    l->first = FB_ARENA_ARRAY(l->arena, uint32_t, nodes);
    l->next_of = FB_ARENA_ARRAY(l->arena, uint32_t, links);
    l->out->turned = FB_ARENA_ARRAY(l->arena, uint8_t, links);
    if (!stack || !at || !state || !l->layer || !l->first || !l->next_of || !l->out->turned) {
        return fb_arena_failed(l->arena, err);
    }
    for (size_t i = 0; i < links; i++) {
        l->out->turned[i] = points_back(&l->a->links[i]);
    }
    index_links(l);
    turn_circles(l, stack, at, state);
    index_links(l);
    for (size_t i = 0; i < nodes; i++) {
        at[i] = 0;
    }
    find_layers(l, at, stack);
    return FB_OK;
}

/* A module's box: wide enough for what meets it above and below. */
static void measure(struct laying *l, uint32_t node, const double room[2])
{
    struct fb_modules_box *box = &l->out->boxes[node];
    const struct fb_architecture_node *n = &l->a->nodes[node];
    box->node = node;
    box->layer = l->layer[node];
    fb_case_wrap(n->text, WIDE, &box->label);
    double name = fb_case_text_width(fb_str_sub(n->name, 0, 24)) * 1.1;
    box->width = fmax(WIDE + 22, fmax(name + 22, fmax(room[0], room[1]) + 2 * CORNER));
    box->height = fmax(FB_CASE_LINE * (1.0 + box->label.line_count) + 36, 64);
}

static double port_width(struct fb_str port)
{
    return PORT + (port.len ? fb_case_note_width(port) + 10 : 0);
}

/* Makes the boxes and the pieces of links. */
static enum fb_code make_boxes(struct laying *l, struct fb_err *err)
{
    const struct fb_architecture *a = l->a;
    size_t bends = 0;
    for (uint32_t i = 0; i < a->link_count; i++) {
        bends += l->layer[lower(l, i)] - l->layer[upper(l, i)] - 1;
    }
    if (bends > FB_MODULES_BENDS_MAX) {
        (void)fb_err_set(
            err, FB_E_LIMIT, "the modules rest on each other in too many ways to draw");
        return fb_err_hint(err, "Draw them as DOT, or fewer of them.");
    }
    double *rooms = FB_ARENA_ARRAY(l->arena, double, 2 * a->node_count);
    l->out->boxes = FB_ARENA_ARRAY(l->arena, struct fb_modules_box, a->node_count + bends);
    l->out->pieces = FB_ARENA_ARRAY(l->arena, struct fb_modules_piece, a->link_count + bends);
    if (!rooms || !l->out->boxes || !l->out->pieces) {
        return fb_arena_failed(l->arena, err);
    }
    for (uint32_t i = 0; i < a->link_count; i++) {
        bool turned = l->out->turned[i];
        rooms[2 * upper(l, i) + 1] += port_width(a->links[i].ports[turned]);
        rooms[2 * lower(l, i)] += port_width(a->links[i].ports[!turned]);
    }
    for (uint32_t i = 0; i < a->node_count; i++) {
        measure(l, i, &rooms[2 * i]);
    }
    l->out->box_count = a->node_count;
    for (uint32_t i = 0; i < a->link_count; i++) {
        uint32_t from = upper(l, i);
        for (uint32_t at = l->layer[from] + 1; at <= l->layer[lower(l, i)]; at++) {
            uint32_t to = lower(l, i);
            if (at < l->layer[lower(l, i)]) {
                to = (uint32_t)l->out->box_count++;
                l->out->boxes[to] =
                    (struct fb_modules_box){.node = FB_CASE_NONE, .layer = at, .width = BEND};
            }
            l->out->pieces[l->out->piece_count++] =
                (struct fb_modules_piece){.link = i, .ends = {from, to}};
            from = to;
        }
    }
    return FB_OK;
}

static int by_order(const void *a, const void *b, void *ctx)
{
    const struct fb_modules_box *boxes = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    double dx = boxes[x].order, dy = boxes[y].order;
    return dx != dy ? (dx > dy) - (dx < dy) : (x > y) - (x < y);
}

static enum fb_code fill_layers(struct laying *l, struct fb_err *err)
{
    struct fb_modules_layout *out = l->out;
    l->layer_from = FB_ARENA_ARRAY(l->arena, uint32_t, l->layer_count + 1);
    l->by_layer = FB_ARENA_ARRAY(l->arena, uint32_t, out->box_count);
    uint32_t *fill = FB_ARENA_ARRAY(l->arena, uint32_t, l->layer_count + 1);
    l->gap_from = FB_ARENA_ARRAY(l->arena, uint32_t, l->layer_count + 1);
    l->by_gap = FB_ARENA_ARRAY(l->arena, uint32_t, out->piece_count);
    if (!l->layer_from || !l->by_layer || !fill || !l->gap_from || !l->by_gap) {
        return fb_arena_failed(l->arena, err);
    }
    for (size_t i = 0; i < out->box_count; i++) {
        l->layer_from[out->boxes[i].layer + 1]++;
    }
    for (uint32_t i = 0; i < l->layer_count; i++) {
        l->layer_from[i + 1] += l->layer_from[i];
        fill[i] = l->layer_from[i];
    }
    for (uint32_t i = 0; i < out->box_count; i++) {
        l->by_layer[fill[out->boxes[i].layer]++] = i;
    }
    for (size_t i = 0; i < out->piece_count; i++) {
        l->gap_from[out->boxes[out->pieces[i].ends[0]].layer + 1]++;
    }
    for (uint32_t i = 0; i < l->layer_count; i++) {
        l->gap_from[i + 1] += l->gap_from[i];
        fill[i] = l->gap_from[i];
    }
    for (uint32_t i = 0; i < out->piece_count; i++) {
        l->by_gap[fill[out->boxes[out->pieces[i].ends[0]].layer]++] = i;
    }
    return FB_OK;
}

static double between(const struct fb_modules_box *a, const struct fb_modules_box *b)
{
    double gap = a->node == FB_CASE_NONE || b->node == FB_CASE_NONE ? NARROW : GAP;
    return (a->width + b->width) / 2 + gap;
}

/* A run of boxes that touch, in the placing of a layer. */
struct run {
    double sum; /* of where they want to be, less their offsets */
    uint32_t count;
};

/* Places a layer in its order, as near as can be to where its boxes want to be (`order`), least
 * squares: runs that would overlap are joined. */
static void place_layer(const struct laying *l, uint32_t layer, struct run *runs, double *offsets)
{
    struct fb_modules_box *boxes = l->out->boxes;
    uint32_t from = l->layer_from[layer], end = l->layer_from[layer + 1], count = 0;
    for (uint32_t i = from; i < end; i++) {
        const struct fb_modules_box *box = &boxes[l->by_layer[i]];
        offsets[i] = i == from ? 0 : offsets[i - 1] + between(&boxes[l->by_layer[i - 1]], box);
        runs[count++] = (struct run){box->order - offsets[i], 1};
        while (count > 1 && runs[count - 2].sum / runs[count - 2].count >
                                runs[count - 1].sum / runs[count - 1].count) {
            runs[count - 2].sum += runs[count - 1].sum;
            runs[count - 2].count += runs[count - 1].count;
            count--;
        }
    }
    for (uint32_t i = from, r = 0, used = 0; i < end; i++) {
        boxes[l->by_layer[i]].x = runs[r].sum / runs[r].count + offsets[i];
        if (++used == runs[r].count) {
            used = 0;
            r++;
        }
    }
}

/* One sweep: boxes go to the middle of what they are tied to in the layer above, or below. */
static void sweep(const struct laying *l, bool down, bool sorts, struct run *runs, double *offsets)
{
    struct fb_modules_layout *out = l->out;
    for (uint32_t k = 1; k < l->layer_count; k++) {
        uint32_t layer = down ? k : l->layer_count - 1 - k;
        uint32_t from = l->layer_from[layer], end = l->layer_from[layer + 1];
        for (uint32_t i = from; i < end; i++) {
            out->boxes[l->by_layer[i]].order = 0;
            runs[l->by_layer[i]].count = 0;
        }
        uint32_t gap = down ? layer - 1 : layer;
        for (uint32_t i = l->gap_from[gap]; i < l->gap_from[gap + 1]; i++) {
            const struct fb_modules_piece *p = &out->pieces[l->by_gap[i]];
            out->boxes[p->ends[down]].order += out->boxes[p->ends[!down]].x;
            runs[p->ends[down]].count++;
        }
        for (uint32_t i = from; i < end; i++) {
            struct fb_modules_box *box = &out->boxes[l->by_layer[i]];
            uint32_t ties = runs[l->by_layer[i]].count;
            box->order = ties ? box->order / ties : box->x;
        }
        if (sorts) {
            qsort_r(l->by_layer + from, end - from, sizeof(*l->by_layer), by_order, out->boxes);
        }
        place_layer(l, layer, runs, offsets);
    }
}

static enum fb_code find_places(struct laying *l, struct fb_err *err)
{
    struct run *runs = FB_ARENA_ARRAY(l->arena, struct run, l->out->box_count);
    double *offsets = FB_ARENA_ARRAY(l->arena, double, l->out->box_count);
    if (!runs || !offsets) {
        return fb_arena_failed(l->arena, err);
    }
    for (uint32_t layer = 0; layer < l->layer_count; layer++) {
        place_layer(l, layer, runs, offsets);
    }
    for (int i = 0; i < SWEEPS; i++) {
        sweep(l, i % 2 == 0, i < SWEEPS / 2, runs, offsets);
    }
    return FB_OK;
}

/* Pieces by the layer between which they run, and there by an end. */
struct sorting {
    const struct fb_modules_layout *out;
    int end; /* sorted by boxes at this end, then by the place of the other */
};

static int by_port(const void *a, const void *b, void *ctx)
{
    const struct sorting *s = ctx;
    const struct fb_modules_piece *x = &s->out->pieces[*(const uint32_t *)a];
    const struct fb_modules_piece *y = &s->out->pieces[*(const uint32_t *)b];
    if (x->ends[s->end] != y->ends[s->end]) {
        return (x->ends[s->end] > y->ends[s->end]) - (x->ends[s->end] < y->ends[s->end]);
    }
    double dx = s->out->boxes[x->ends[!s->end]].x, dy = s->out->boxes[y->ends[!s->end]].x;
    return dx != dy ? (dx > dy) - (dx < dy) : (x > y) - (x < y);
}

/* Spreads the lines that meet a box over the middle of its edge, which is free of tabs, in the
 * order of where they come from. */
static void spread_ports(const struct laying *l, uint32_t *order, int end)
{
    struct fb_modules_layout *out = l->out;
    struct sorting s = {out, end};
    qsort_r(order, out->piece_count, sizeof(*order), by_port, &s);
    for (size_t from = 0, to = 0; from < out->piece_count; from = to) {
        const struct fb_modules_box *box = &out->boxes[out->pieces[order[from]].ends[end]];
        double sum = 0;
        for (to = from; to < out->piece_count &&
                        out->pieces[order[to]].ends[end] == out->pieces[order[from]].ends[end];
             to++) {
            const struct fb_architecture_link *link = &l->a->links[out->pieces[order[to]].link];
            bool turned = out->turned[out->pieces[order[to]].link];
            sum += port_width(link->ports[end ? !turned : turned]);
        }
        bool is_bend = box->node == FB_CASE_NONE;
        double at = box->x - sum / 2;
        for (size_t i = from; i < to; i++) {
            struct fb_modules_piece *p = &out->pieces[order[i]];
            bool turned = out->turned[p->link];
            double wide = port_width(l->a->links[p->link].ports[end ? !turned : turned]);
            p->x[end] = is_bend ? box->x : round(at) + PORT / 2.0;
            at += wide;
        }
    }
}

/* A line that is nearly straight is. */
static void straighten(const struct laying *l)
{
    struct fb_modules_layout *out = l->out;
    for (size_t i = 0; i < out->piece_count; i++) {
        struct fb_modules_piece *p = &out->pieces[i];
        if (fabs(p->x[0] - p->x[1]) < PORT / 2.0 && out->boxes[p->ends[1]].node != FB_CASE_NONE) {
            p->x[1] = p->x[0];
        }
    }
}

static int by_lower(const void *a, const void *b, void *ctx)
{
    const struct fb_modules_layout *out = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    double dx = out->pieces[x].x[1], dy = out->pieces[y].x[1];
    return dx != dy ? (dx > dy) - (dx < dy) : (x > y) - (x < y);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How much a line that comes down at x is in the way of others: of those that leave the layer above
 * (sorted), but for itself, and of its neighbours. */
static double crowding(
    const double *leave, size_t count, const struct fb_modules_piece *p, double x, double last)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (leave[middle] <= x - LANE) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    double cost = fabs(x - p->x[1]) + (x - last < LANE ? 100 : fmax(0, 2.0 * LANE - (x - last)));
    for (; low < count && leave[low] < x + LANE; low++) {
        cost += leave[low] == p->x[0] ? 0 : 1000;
    }
    /* What is straight stays so, what nearly is becomes it: a jog of a few points says nothing. */
    return x == p->x[0] ? cost - 2.0 * SHIFT : cost;
}

/* Gives each line that comes down between two layers a lane, so that it is not taken for one that
 * leaves the layer above at the same place. A bend goes with its line. */
static void find_lanes(const struct laying *l, uint32_t gap, uint32_t *order, double *leave)
{
    struct fb_modules_layout *out = l->out;
    size_t count = l->gap_from[gap + 1] - l->gap_from[gap];
    for (size_t i = 0; i < count; i++) {
        order[i] = l->by_gap[l->gap_from[gap] + i];
        leave[i] = out->pieces[order[i]].x[0];
    }
    qsort_r(order, count, sizeof(*order), by_lower, out);
    qsort(leave, count, sizeof(*leave), by_value);
    double last = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        struct fb_modules_piece *p = &out->pieces[order[i]];
        double best = p->x[1], least = crowding(leave, count, p, best, last);
        for (int by = -SHIFT; by <= SHIFT; by++) {
            double cost = crowding(leave, count, p, p->x[1] + by, last);
            if (cost < least) {
                least = cost;
                best = p->x[1] + by;
            }
        }
        last = p->x[1] = best;
        if (out->boxes[p->ends[1]].node == FB_CASE_NONE) {
            out->boxes[p->ends[1]].x = best;
            out->pieces[order[i] + 1].x[0] = best;
        }
    }
}

static int by_left(const void *a, const void *b, void *ctx)
{
    const struct fb_modules_layout *out = ctx;
    const struct fb_modules_piece *x = &out->pieces[*(const uint32_t *)a];
    const struct fb_modules_piece *y = &out->pieces[*(const uint32_t *)b];
    uint32_t lx = out->boxes[x->ends[0]].layer, ly = out->boxes[y->ends[0]].layer;
    if (lx != ly) {
        return lx > ly ? 1 : -1;
    }
    double dx = fmin(x->x[0], x->x[1]), dy = fmin(y->x[0], y->x[1]);
    return dx != dy ? (dx > dy) - (dx < dy) : (x > y) - (x < y);
}

/* Gives each piece between two layers a track on which it meets no other; returns the height that
 * the tracks take. */
static double find_tracks(
    const struct laying *l, const uint32_t *order, size_t count, double y, double *ends)
{
    size_t tracks = 0;
    for (size_t i = 0; i < count; i++) {
        struct fb_modules_piece *p = &l->out->pieces[order[i]];
        double left = fmin(p->x[0], p->x[1]), right = fmax(p->x[0], p->x[1]);
        size_t track = 0;
        while (track < tracks && ends[track] + TRACK > left) {
            track++;
        }
        tracks = track == tracks ? tracks + 1 : tracks;
        ends[track] = right;
        p->y = y + ROOM + (double)track * TRACK;
    }
    return 2 * ROOM + (double)tracks * TRACK;
}

static enum fb_code finish(struct laying *l, struct fb_err *err)
{
    struct fb_modules_layout *out = l->out;
    uint32_t *order = FB_ARENA_ARRAY(l->arena, uint32_t, out->piece_count);
    double *ends = FB_ARENA_ARRAY(l->arena, double, out->piece_count);
    if (!order || !ends) {
        return fb_arena_failed(l->arena, err);
    }
    double left = INFINITY, right = -INFINITY, y = MARGIN;
    for (size_t i = 0; i < out->box_count; i++) {
        left = fmin(left, out->boxes[i].x - out->boxes[i].width / 2);
    }
    for (size_t i = 0; i < out->box_count; i++) {
        out->boxes[i].x = round(out->boxes[i].x + MARGIN - left);
        right = fmax(right, out->boxes[i].x + out->boxes[i].width / 2);
    }
    for (uint32_t i = 0; i < out->piece_count; i++) {
        order[i] = i;
    }
    spread_ports(l, order, 0);
    spread_ports(l, order, 1);
    straighten(l);
    for (uint32_t gap = 0; gap < l->layer_count; gap++) {
        find_lanes(l, gap, order, ends);
    }
    for (uint32_t i = 0; i < out->piece_count; i++) {
        order[i] = i;
    }
    qsort_r(order, out->piece_count, sizeof(*order), by_left, out);
    for (uint32_t layer = 0, from = 0, to = 0; layer < l->layer_count; layer++, from = to) {
        double high = 0;
        for (uint32_t i = l->layer_from[layer]; i < l->layer_from[layer + 1]; i++) {
            high = fmax(high, out->boxes[l->by_layer[i]].height);
        }
        for (uint32_t i = l->layer_from[layer]; i < l->layer_from[layer + 1]; i++) {
            struct fb_modules_box *box = &out->boxes[l->by_layer[i]];
            box->height = box->node == FB_CASE_NONE ? high : box->height;
            box->y = y;
        }
        for (to = from;
             to < out->piece_count && out->boxes[out->pieces[order[to]].ends[0]].layer == layer;
             to++) {
        }
        y += high + (to > from ? find_tracks(l, order + from, to - from, y + high, ends) : 0);
    }
    out->width = right + MARGIN;
    out->height = y + MARGIN;
    return FB_OK;
}

enum fb_code fb_modules_layout_make(const struct fb_architecture *a, struct fb_arena *arena,
    struct fb_modules_layout *out, struct fb_err *err)
{
    FB_ASSERT(a && a->node_count > 0 && arena && out && err);
    *out = (struct fb_modules_layout){.boxes = NULL};
    struct laying l = {.a = a, .arena = arena, .out = out};
    enum fb_code code = order_nodes(&l, err);
    code = code != FB_OK ? code : make_boxes(&l, err);
    code = code != FB_OK ? code : fill_layers(&l, err);
    code = code != FB_OK ? code : find_places(&l, err);
    return code != FB_OK ? code : finish(&l, err);
}
