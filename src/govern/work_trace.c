/* work_trace.c: facts over time, and the trace that they make. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "govern/resident.h"

enum { FIRST_FACTS = 32 };

/* A longer array with what the old one held; NULL when memory ran out. */
static void *grow(struct fb_work *work, const void *old, size_t count, size_t cap, size_t element)
{
    void *grown = fb_arena_array(work->arena, cap, element);
    if (grown && count) {
        memcpy(grown, old, count * element);
    }
    return grown;
}

/* How long a list is made that has to take `more`: twice as long, or just so and a bit, where that
 * is much. */
static size_t room_for(size_t count, size_t more)
{
    return count + (more > count ? more + more / 16 : count) + FIRST_FACTS;
}

/* Room for `more` tuples. */
static bool timed_room(struct fb_work *work, size_t more)
{
    if (work->timed_cap - work->timed_count >= more) {
        return true;
    }
    size_t cap = room_for(work->timed_count, more);
    struct fb_timed *grown =
        grow(work, work->timed, work->timed_count, cap, sizeof(struct fb_timed));
    work->timed = grown ? grown : work->timed;
    work->timed_cap = grown ? cap : work->timed_cap;
    return grown != NULL;
}

/* Room for `more` times. */
static bool time_room(struct fb_work *work, size_t more)
{
    if (work->time_cap - work->time_count >= more) {
        return true;
    }
    size_t cap = room_for(work->time_count, more);
    fb_time *grown = grow(work, work->times, work->time_count, cap, sizeof(fb_time));
    work->times = grown ? grown : work->times;
    work->time_cap = grown ? cap : work->time_cap;
    return grown != NULL;
}

enum fb_code fb_work_add(struct fb_work *work, const struct fb_timed *tuple, struct fb_err *err)
{
    FB_ASSERT(tuple->values && tuple->relation < fb_policy_signature()->count);
    for (size_t i = 0; i < fb_policy_signature()->relations[tuple->relation].arity; i++) {
        fb_value_note(&tuple->values[i]);
    }
    if (!timed_room(work, 1)) {
        return fb_arena_failed(work->arena, err);
    }
    work->timed[work->timed_count++] = *tuple;
    enum fb_code code = fb_work_add_time(work, tuple->from, err);
    return code == FB_OK ? fb_work_add_time(work, tuple->until, err) : code;
}

enum fb_code fb_work_add_time(struct fb_work *work, fb_time t, struct fb_err *err)
{
    const struct fb_trace *trace = &work->trace;
    bool again = work->time_count > 0 && work->times[work->time_count - 1] == t;
    if (t > work->input->now || t == FB_TIME_MIN || again) {
        return FB_OK;
    }
    /* What is found on the way mostly begins and ends where something did before. */
    if (trace->times && !trace->by_time && fb_work_time_point(work, t) < trace->time_count) {
        return FB_OK;
    }
    if (!time_room(work, 1)) {
        return fb_arena_failed(work->arena, err);
    }
    work->times[work->time_count++] = t;
    return FB_OK;
}

void fb_work_part_of(const struct fb_work *work, struct fb_arena *arena, struct fb_work *out)
{
    FB_ASSERT(work && arena && out && work != out);
    *out = *work;
    out->arena = arena;
    out->timed = NULL;
    out->timed_count = out->timed_cap = 0;
    out->times = NULL;
    out->time_count = out->time_cap = 0;
}

/* Parts whose facts are put behind those of a work. */
struct joining {
    struct fb_work *work;
    const struct fb_work *parts;
    size_t *places; /* of the facts of each part, then of its instants */
};

/* Part of a step: the facts and instants of a part. */
static enum fb_code join_part(void *ctx, struct fb_arena *arena, size_t n, struct fb_err *err)
{
    const struct joining *joining = ctx;
    const struct fb_work *part = &joining->parts[n];
    (void)arena;
    (void)err;
    if (part->timed_count) {
        memcpy(joining->work->timed + joining->places[2 * n], part->timed,
            part->timed_count * sizeof(*part->timed));
    }
    if (part->time_count) {
        memcpy(joining->work->times + joining->places[2 * n + 1], part->times,
            part->time_count * sizeof(*part->times));
    }
    return FB_OK;
}

enum fb_code fb_work_join(
    struct fb_work *work, const struct fb_work *parts, size_t count, struct fb_err *err)
{
    FB_ASSERT(work && (parts || count == 0));
    struct joining joining = {work, parts, FB_ARENA_ARRAY(work->arena, size_t, 2 * count)};
    size_t facts = work->timed_count, instants = work->time_count;
    if (!joining.places) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < count; i++) {
        joining.places[2 * i] = facts;
        joining.places[2 * i + 1] = instants;
        facts += parts[i].timed_count;
        instants += parts[i].time_count;
    }
    if (!timed_room(work, facts - work->timed_count) ||
        !time_room(work, instants - work->time_count)) {
        return fb_arena_failed(work->arena, err);
    }
    enum fb_code code = fb_work_run_parts(work, count, join_part, &joining, err);
    work->timed_count = facts;
    work->time_count = instants;
    return code;
}

/* Where something stands: by a time or time-point, then by the record that it comes from, then as
 * it came. */
struct standing {
    uint64_t from;
    uint64_t seq;
    uint32_t at;
};

static unsigned byte_of(uint64_t number, unsigned shift)
{
    return (unsigned)(number >> shift & 0xff);
}

/* Puts standings in order by a byte of a member, without changing that of those with equal bytes.
 */
static void sort_by_byte(
    const struct standing *from, struct standing *to, size_t count, bool by_seq, unsigned shift)
{
    size_t starts[257] = {0};
    for (size_t i = 0; i < count; i++) {
        starts[byte_of(by_seq ? from[i].seq : from[i].from, shift) + 1]++;
    }
    for (size_t i = 1; i < 256; i++) {
        starts[i] += starts[i - 1];
    }
    for (size_t i = 0; i < count; i++) {
        to[starts[byte_of(by_seq ? from[i].seq : from[i].from, shift)]++] = from[i];
    }
}

/* Sorts standings in the first of two rooms of their size; which of the two they are in then. A
 * byte that all have alike is passed over. */
static struct standing *sort_standings(struct standing *all, struct standing *room, size_t count)
{
    struct standing differ = {0, 0, 0};
    for (size_t i = 1; i < count; i++) {
        differ.from |= all[i].from ^ all[0].from;
        differ.seq |= all[i].seq ^ all[0].seq;
    }
    for (unsigned shift = 0; shift < 128; shift += 8) { /* seq, then from */
        if (byte_of(shift < 64 ? differ.seq : differ.from, shift % 64)) {
            sort_by_byte(all, room, count, shift < 64, shift % 64);
            struct standing *sorted = room;
            room = all;
            all = sorted;
        }
    }
    return all;
}

enum fb_code fb_work_sort_times(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work && work->time_count < UINT32_MAX);
    size_t count = work->time_count, sorted = 1, kept = 0;
    while (sorted < count && work->times[sorted - 1] <= work->times[sorted]) {
        sorted++;
    }
    if (sorted < count) {
        struct standing *all = fb_calloc(2 * count, sizeof(*all));
        if (!all) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
        for (size_t i = 0; i < count; i++) {
            all[i].from = fb_tp_of_time(work->times[i]);
        }
        const struct standing *order = sort_standings(all, all + count, count);
        for (size_t i = 0; i < count; i++) {
            work->times[i] = fb_time_of_tp(order[i].from);
        }
        fb_free(all);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || work->times[i] != work->times[kept - 1]) {
            work->times[kept++] = work->times[i];
        }
    }
    work->time_count = kept;
    return FB_OK;
}

/* The first time-point at or after t; time_count when there is none. */
static size_t time_point(const struct fb_work *work, fb_time t)
{
    size_t low = 0, high = work->time_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (work->times[middle] < t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t fb_work_time_point(const struct fb_work *work, fb_time t)
{
    FB_ASSERT(work);
    const struct fb_trace *trace = &work->trace;
    size_t low = 0, high = trace->time_count;
    if (trace->by_time) {
        size_t tp = fb_tp_of_time(t);
        return tp < trace->time_count ? tp : trace->time_count;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->times[middle] < t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < trace->time_count && trace->times[low] == t ? low : trace->time_count;
}

enum {
    PART = 1024 /* facts */,
    PIECE = 1024, /* the fewest facts that are sorted by themselves */
    PIECES = 4    /* of a relation, for each thread */
};

/* The facts of a relation that begin at the time-points low to high - 1. */
struct piece {
    size_t relation;
    size_t low, high;
};

/* A trace in the making. */
struct making {
    const struct fb_work *work;
    size_t *begins; /* by fact: the time-point from which it holds; NEVER: at none */
    size_t relations;
    size_t *places;   /* by part, then by relation: how many tuples the part has of it, then where
                         they  go; those of one part too many are where the relations end */
    uint32_t *placed; /* by tuple: its fact, those of a relation as they came */
    uint32_t *order;  /* the same, in order */
    bool *in_order;   /* by relation: they came so */
    struct piece *pieces;
    size_t piece_count;
    struct fb_tuple *tuples;
};

static const size_t NEVER = SIZE_MAX;

/* The time-point before which a fact ends. */
static size_t end_of(const struct fb_work *work, const struct fb_timed *timed)
{
    size_t until = timed->until == FB_TIME_MAX ? FB_TP_MAX : time_point(work, timed->until);
    return until >= work->time_count ? FB_TP_MAX : until;
}

/* Part of a step: when some facts begin, and how many tuples of each relation they give. */
static enum fb_code count_part(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct making *making = ctx;
    const struct fb_work *work = making->work;
    (void)arena;
    (void)err;
    for (size_t i = part * PART; i < fb_work_part_end(part, PART, work->timed_count); i++) {
        const struct fb_timed *timed = &work->timed[i];
        size_t from = time_point(work, timed->from);
        bool ever = from < work->time_count && from < end_of(work, timed);
        making->begins[i] = ever ? from : NEVER;
        making->places[part * making->relations + timed->relation] += ever ? 1 : 0;
    }
    return FB_OK;
}

/* Turns how many there are into where they go: by relation, then by part. How many in all. */
static size_t give_places(const struct making *making, size_t parts)
{
    size_t place = 0;
    for (size_t r = 0; r < making->relations; r++) {
        for (size_t part = 0; part < parts; part++) {
            size_t *own = &making->places[part * making->relations + r];
            size_t count = *own;
            *own = place;
            place += count;
        }
        making->places[parts * making->relations + r] = place;
    }
    return place;
}

/* Part of a step: the places of some facts. */
static enum fb_code place_part(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct making *making = ctx;
    const struct fb_work *work = making->work;
    size_t *places = &making->places[part * making->relations];
    (void)arena;
    (void)err;
    for (size_t i = part * PART; i < fb_work_part_end(part, PART, work->timed_count); i++) {
        if (making->begins[i] != NEVER) {
            making->placed[places[work->timed[i].relation]++] = (uint32_t)i;
        }
    }
    return FB_OK;
}

/* Where the tuples of a relation are: their first, and how many. */
static size_t first_of(const struct making *making, size_t relation, size_t *out_count)
{
    size_t parts = (making->work->timed_count + PART - 1) / PART;
    const size_t *ends = &making->places[parts * making->relations];
    size_t first = relation ? ends[relation - 1] : 0;
    *out_count = ends[relation] - first;
    return first;
}

/* Part of a step: whether the facts of a relation came in their order, as they mostly do. */
static enum fb_code look_at_relation(
    void *ctx, struct fb_arena *arena, size_t relation, struct fb_err *err)
{
    const struct making *making = ctx;
    const struct fb_timed *timed = making->work->timed;
    size_t count, sorted = 1;
    const uint32_t *placed = making->placed + first_of(making, relation, &count);
    (void)arena;
    (void)err;
    while (sorted < count) {
        uint32_t a = placed[sorted - 1], b = placed[sorted];
        if (making->begins[a] > making->begins[b] ||
            (making->begins[a] == making->begins[b] && timed[a].seq > timed[b].seq)) {
            break;
        }
        sorted++;
    }
    making->in_order[relation] = sorted >= count;
    return FB_OK;
}

/* Cuts the facts of all relations into pieces: one, or of many that did not come in order several
 * by when they begin. */
static void cut_pieces(struct making *making)
{
    size_t points = making->work->time_count, threads = fb_work_threads(making->work);
    size_t most = threads > 1 ? threads * PIECES : 1;
    for (size_t r = 0; r < making->relations; r++) {
        size_t count, cuts = 1;
        (void)first_of(making, r, &count);
        if (!making->in_order[r]) {
            cuts += count / PIECE < most ? count / PIECE : most - 1;
        }
        for (size_t i = 0; i < cuts; i++) {
            making->pieces[making->piece_count++] = (struct piece){
                r, points / cuts * i, i + 1 < cuts ? points / cuts * (i + 1) : points};
        }
    }
}

/* Part of a step: a piece in its order. */
static enum fb_code sort_piece(void *ctx, struct fb_arena *arena, size_t n, struct fb_err *err)
{
    const struct making *making = ctx;
    const struct piece *piece = &making->pieces[n];
    const struct fb_timed *timed = making->work->timed;
    size_t all, before = 0, count = 0, first = first_of(making, piece->relation, &all);
    const uint32_t *placed = making->placed + first;
    (void)arena;
    if (making->in_order[piece->relation]) {
        memcpy(making->order + first, placed, all * sizeof(*placed));
        return FB_OK;
    }
    for (size_t i = 0; i < all; i++) {
        size_t begin = making->begins[placed[i]];
        before += begin < piece->low ? 1 : 0;
        count += begin >= piece->low && begin < piece->high ? 1 : 0;
    }
    struct standing *standings = fb_alloc(2 * (count + 1) * sizeof(*standings));
    if (!standings) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    size_t next = 0;
    for (size_t i = 0; i < all; i++) {
        size_t begin = making->begins[placed[i]];
        if (begin >= piece->low && begin < piece->high) {
            standings[next++] = (struct standing){begin, timed[placed[i]].seq, placed[i]};
        }
    }
    const struct standing *sorted = sort_standings(standings, standings + count, count);
    for (size_t i = 0; i < count; i++) {
        making->order[first + before + i] = sorted[i].at;
    }
    fb_free(standings);
    return FB_OK;
}

/* Part of a step: some tuples. */
static enum fb_code fill_part(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct making *making = ctx;
    const struct fb_work *work = making->work;
    size_t parts = (work->timed_count + PART - 1) / PART;
    size_t count = making->places[(parts + 1) * making->relations - 1];
    (void)arena;
    (void)err;
    for (size_t i = part * PART; i < fb_work_part_end(part, PART, count); i++) {
        const struct fb_timed *timed = &work->timed[making->order[i]];
        making->tuples[i] = (struct fb_tuple){.relation = timed->relation,
            .from = making->begins[making->order[i]],
            .until = end_of(work, timed),
            .values = timed->values,
            .seq = timed->seq,
            .record_id = timed->record_id,
            .why = timed->why,
            .correction = timed->correction};
    }
    return FB_OK;
}

/* Makes the tuples of all facts, in their order. */
static enum fb_code make_tuples(
    struct fb_work *work, struct making *making, size_t *out_count, struct fb_err *err)
{
    size_t parts = (work->timed_count + PART - 1) / PART;
    enum fb_code code = fb_work_run_parts(work, parts, count_part, making, err);
    size_t count = code == FB_OK ? give_places(making, parts) : 0;
    making->tuples = FB_ARENA_ARRAY(work->arena, struct fb_tuple, count);
    if (code == FB_OK && !making->tuples) {
        code = fb_arena_failed(work->arena, err);
    }
    code = code ? code : fb_work_run_parts(work, parts, place_part, making, err);
    code = code ? code : fb_work_run_parts(work, making->relations, look_at_relation, making, err);
    if (code == FB_OK) {
        cut_pieces(making);
    }
    code = code ? code : fb_work_run_parts(work, making->piece_count, sort_piece, making, err);
    *out_count = count;
    return code ? code : fb_work_run_parts(work, (count + PART - 1) / PART, fill_part, making, err);
}

enum fb_code fb_work_trace(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work && work->timed_count < UINT32_MAX);
    size_t facts = work->timed_count, count = 0;
    size_t relations = fb_policy_signature()->count;
    struct making making = {.work = work,
        .begins = fb_calloc(facts, sizeof(size_t)),
        .relations = relations,
        .places = fb_calloc((facts / PART + 2) * relations, sizeof(size_t)),
        .placed = fb_calloc(2 * facts, sizeof(uint32_t)),
        .in_order = fb_calloc(relations, sizeof(bool)),
        .pieces = fb_calloc(relations + facts / PIECE, sizeof(struct piece))};
    bool room = making.begins && making.places && making.placed && making.in_order && making.pieces;
    making.order = room ? making.placed + facts : NULL;
    enum fb_code code =
        room ? fb_work_sort_times(work, err) : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    code = code ? code : make_tuples(work, &making, &count, err);
    fb_free(making.pieces);
    fb_free(making.in_order);
    fb_free(making.placed);
    fb_free(making.places);
    fb_free(making.begins);
    if (code == FB_OK) {
        work->trace = (struct fb_trace){.signature = fb_policy_signature(),
            .times = work->times,
            .time_count = work->time_count,
            .tuples = making.tuples,
            .tuple_count = count,
            .tell = fb_work_tells(work) ? fb_work_tell : NULL,
            .tell_ctx = work};
    }
    return code;
}

enum fb_code fb_work_reach(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work);
    if (work->resident) {
        return fb_resident_reach(work, err);
    }
    enum fb_code code = fb_work_trace(work, err);
    return code ? code : fb_access_new(&work->trace, work->arena, &work->access, err);
}
