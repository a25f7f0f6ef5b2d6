/* excerpt_search.c: what is looked for is noted, and found. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "govern/excerpt_private.h"
#include "lang/lang.h"
#include "record/terms.h"

enum { FEW = 16 /* records: no further column is asked to make them fewer */ };

/* The kinds whose records the tuples of a relation come from, beside those that every excerpt has;
 * none: they are all there. */
size_t fb_excerpt_kinds(uint32_t relation, enum fb_kind out[2])
{
    static const struct {
        const char *relation;
        enum fb_kind kinds[2];
    } derived[] = {{"waiver_in_force", {FB_KIND_decision, FB_KIND_NONE}},
        {"grant_standing", {FB_KIND_grant, FB_KIND_NONE}},
        {"level_held", {FB_KIND_audit, FB_KIND_measure}},
        {"report_received", {FB_KIND_report, FB_KIND_NONE}},
        /* What it was made from, and its runs, follow from the system's own record. */
        {"share_of_original", {FB_KIND_system, FB_KIND_NONE}}};
    struct fb_str name = fb_policy_signature()->relations[relation].name;
    out[0] = fb_kind_of(name);
    out[1] = FB_KIND_NONE;
    for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
        if (fb_str_is(name, derived[i].relation)) {
            out[0] = derived[i].kinds[0];
            out[1] = derived[i].kinds[1];
        }
    }
    return (size_t)(out[0] != FB_KIND_NONE) + (size_t)(out[1] != FB_KIND_NONE);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of a chain there are several lists, one behind the other. */
static void put_in_order(struct fb_numbers *numbers)
{
    bool in_order = true;
    for (size_t i = 1; i < numbers->count && in_order; i++) {
        in_order = numbers->items[i - 1] <= numbers->items[i];
    }
    if (!in_order) {
        qsort(numbers->items, numbers->count, sizeof(*numbers->items), by_number);
    }
}

/* Numbers that stand in both lists stay in the first. */
static void meet(struct fb_numbers *a, const struct fb_numbers *b)
{
    size_t kept = 0;
    for (size_t i = 0, j = 0; i < a->count; i++) {
        while (j < b->count && b->items[j] < a->items[i]) {
            j++;
        }
        if (j < b->count && b->items[j] == a->items[i]) {
            a->items[kept++] = a->items[i];
        }
    }
    a->count = kept;
}

/* What was looked for, of one kind. */
struct search {
    struct fb_excerpt *e;
    enum fb_kind kind;
    struct fb_numbers found;
    bool narrowed; /* found holds all that there can be */
};

/* Lets a column say which entries there can be. */
static enum fb_code narrow(
    struct search *s, struct fb_str column, struct fb_value value, struct fb_err *err)
{
    struct fb_excerpt *e = s->e;
    struct fb_numbers more = {.items = NULL};
    bool ref = false, none = value.type == FB_TYPE_NONE;
    if ((!none && value.type != FB_TYPE_STRING) || !fb_term_has(s->kind, column, &ref) ||
        (none && !fb_term_has_none(s->kind, column))) {
        return FB_OK;
    }
    const struct fb_excerpt_wanted wanted = {s->kind, column, none ? FB_STR("") : value.u.text};
    enum fb_code code =
        ref && !none
            ? fb_excerpt_find_chain(e, &wanted, &more, err)
            : fb_excerpt_find(e, fb_term_field(wanted.kind, wanted.field, wanted.id), &more, err);
    put_in_order(&more);
    if (code == FB_OK && !s->narrowed) {
        s->found = more;
        s->narrowed = true;
        return FB_OK;
    }
    if (code == FB_OK) {
        meet(&s->found, &more);
    }
    fb_numbers_release(&more);
    return code;
}

/* Whether a column says whose records the tuples come from: the id does, and of a fact about a
 * system that the system's own records give, its subject. */
static bool says_whose(const struct fb_excerpt_asked *asked, enum fb_kind kind)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[asked->relation];
    bool derived = kind == FB_KIND_system && fb_kind_of(relation->name) == FB_KIND_NONE;
    for (uint64_t left = derived ? asked->mask : 0; left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        if (fb_str_is(relation->columns[i], "subject") && asked->values[i].type == FB_TYPE_STRING) {
            return true;
        }
    }
    return asked->mask & 1;
}

/* Adds the records of a kind that the tuples come from. */
static enum fb_code take_kind(struct fb_excerpt *e, const struct fb_excerpt_asked *asked,
    enum fb_kind kind, struct fb_err *err)
{
    const struct fb_relation *relation = &fb_policy_signature()->relations[asked->relation];
    struct search s = {.e = e, .kind = kind};
    enum fb_code code = FB_OK;
    if (says_whose(asked, kind)) {
        return FB_OK; /* that record, and its chain, is there already, or is none */
    }
    /* Those without something last: they are many. */
    for (int none = 0; none < 2; none++) {
        for (uint64_t left = asked->mask; code == FB_OK && left; left &= left - 1) {
            int i = __builtin_ctzll(left);
            bool is_none = asked->values[i].type == FB_TYPE_NONE;
            if (is_none == (none == 1) && (!s.narrowed || s.found.count > FEW)) {
                code = narrow(&s, relation->columns[i], asked->values[i], err);
            }
        }
    }
    if (code == FB_OK && !s.narrowed) {
        code = fb_excerpt_take_term(e, fb_term_kind(kind), err);
    }
    for (size_t i = 0; code == FB_OK && i < s.found.count; i++) {
        code = fb_excerpt_take(e, s.found.items[i], err);
    }
    fb_numbers_release(&s.found);
    return code;
}

/* Adds the records whose ids were asked for. */
static enum fb_code take_ids(
    struct fb_excerpt *e, const struct fb_excerpt_asked *asked, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (uint64_t left = asked->mask; code == FB_OK && left; left &= left - 1) {
        const struct fb_value *value = &asked->values[__builtin_ctzll(left)];
        if (value->type == FB_TYPE_STRING &&
            fb_str_find(value->u.text, '/', 0) < value->u.text.len) {
            code = fb_excerpt_take_term(e, fb_term_id(value->u.text), err);
        }
    }
    return code;
}

static enum fb_code take_asked(
    struct fb_excerpt *e, const struct fb_excerpt_asked *asked, struct fb_err *err)
{
    enum fb_kind kinds[2];
    size_t count = fb_excerpt_kinds(asked->relation, kinds);
    enum fb_code code = count ? take_ids(e, asked, err) : FB_OK;
    code = code ? code : fb_excerpt_follow_all(e, err);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        code = take_kind(e, asked, kinds[i], err);
    }
    return code;
}

/* A correction may begin to hold again when another one is known not to count: at the admission of
 * a revocation. Which those are is not in the index. */
static enum fb_code take_instant(struct fb_excerpt *e, fb_time t, struct fb_err *err)
{
    for (size_t i = 0; i < e->revocation_count; i++) {
        if (e->revocations[i] == t) {
            return fb_err_set(
                err, FB_E_UNSUPPORTED, "a key was revoked when the answer looks for corrections");
        }
    }
    return fb_excerpt_take_term(e, fb_term_corrections_at(t), err);
}

enum fb_code fb_excerpt_settle(struct fb_excerpt *e, bool *out_grew, struct fb_err *err)
{
    FB_ASSERT(e && out_grew);
    enum fb_code code = e->is_short ? fb_err_set(err, FB_E_NOMEM, "memory ran out") : FB_OK;
    for (bool more = true; code == FB_OK && more;) {
        code = fb_excerpt_follow_all(e, err);
        if (code != FB_OK) {
            break;
        }
        if (e->missed_done < e->missed_count) {
            code = fb_excerpt_take_term(e, fb_term_id(e->missed[e->missed_done++]), err);
        } else if (e->instant_done < e->instant_count) {
            code = take_instant(e, e->instants[e->instant_done++], err);
        } else if (e->wanted_done < e->wanted_count) {
            code = fb_excerpt_take_wanted(e, e->wanted[e->wanted_done++], err);
        } else if (e->asked_done < e->asked_count) {
            code = take_asked(e, &e->asked[e->asked_done++], err);
        } else {
            more = false;
        }
    }
    *out_grew = e->count > e->shown;
    return code;
}

/* ---- being told ---- */

void fb_excerpt_tell_missed(void *ctx, struct fb_str id)
{
    struct fb_excerpt *e = ctx;
    struct fb_err ignored;
    bool is_new = false;
    if (fb_excerpt_item(e, id)) {
        return; /* while they are loaded none is there before it is */
    }
    if (!fb_excerpt_set_add(&e->asks, fb_map_hash(id), &is_new)) {
        e->is_short = true;
        return;
    }
    if (!is_new) {
        return;
    }
    fb_err_init(&ignored);
    if (!LIST_GROW(e, missed, missed_count, missed_cap) ||
        fb_arena_str(&e->arena, id, &e->missed[e->missed_count], &ignored) != FB_OK) {
        e->is_short = true;
        return;
    }
    e->missed_count++;
}

void fb_excerpt_tell_asked(
    void *ctx, uint32_t relation, uint64_t mask, const struct fb_value *values)
{
    struct fb_excerpt *e = ctx;
    struct fb_err ignored;
    enum fb_kind kinds[2];
    uint64_t hash[2] = {relation, mask}, sum;
    bool is_new = false;
    if (fb_excerpt_kinds(relation, kinds) == 0) {
        return;
    }
    sum = fb_map_hash((struct fb_str){(const char *)hash, sizeof(hash)});
    for (uint64_t left = mask; left; left &= left - 1) {
        hash[0] = sum;
        hash[1] = fb_value_hash(values[__builtin_ctzll(left)]);
        sum = fb_map_hash((struct fb_str){(const char *)hash, sizeof(hash)});
    }
    if (!fb_excerpt_set_add(&e->asks, sum, &is_new)) {
        e->is_short = true;
        return;
    }
    if (!is_new) {
        return;
    }
    struct fb_excerpt_asked asked = {relation, mask,
        FB_ARENA_ARRAY(
            &e->arena, struct fb_value, fb_policy_signature()->relations[relation].arity)};
    bool good = asked.values && LIST_GROW(e, asked, asked_count, asked_cap);
    fb_err_init(&ignored);
    for (uint64_t left = mask; good && left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        asked.values[i] = values[i];
        good = values[i].type != FB_TYPE_STRING || fb_arena_str(&e->arena, values[i].u.text,
                                                       &asked.values[i].u.text, &ignored) == FB_OK;
    }
    e->is_short = e->is_short || !good;
    if (good) {
        e->asked[e->asked_count++] = asked;
    }
}

void fb_excerpt_tell_corrections(void *ctx, size_t tp)
{
    struct fb_excerpt *e = ctx;
    fb_time t = fb_time_of_tp(tp);
    const uint64_t hash[2] = {0, (uint64_t)t};
    bool is_new = false;
    if (!fb_excerpt_set_add(
            &e->asks, fb_map_hash((struct fb_str){(const char *)hash, sizeof(hash)}), &is_new) ||
        (is_new && !LIST_GROW(e, instants, instant_count, instant_cap))) {
        e->is_short = true;
    } else if (is_new) {
        e->instants[e->instant_count++] = t;
    }
}
