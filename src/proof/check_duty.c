/* The checker of duties: which obligations there are, and until when they bind. */
#include "proof/check_duty.h"

#include <string.h>

#include "base/assert.h"
#include "proof/check_parts.h"
#include "proof/duty_parts.h"

enum fb_code fb_recount_grow(struct fb_recount *r, void *list, size_t count, size_t size)
{
    if (count != 0 && (count & (count - 1)) != 0) {
        return FB_OK;
    }
    void *old;
    memcpy(&old, list, sizeof(old));
    void *bigger = fb_arena_array(r->arena, count ? 2 * count : 1, size);
    if (!bigger) {
        return fb_arena_failed(r->arena, r->err);
    }
    if (count) {
        memcpy(bigger, old, count * size);
    }
    memcpy(list, &bigger, sizeof(bigger));
    return FB_OK;
}

enum fb_code fb_recount_refuse(struct fb_recount *r)
{
    return fb_err_set(r->err, FB_E_UNSUPPORTED,
        "duty '%.*s' has an operator of which no proof is made", FB_STR_ARG(r->duty->name));
}

static enum fb_code set_matter(struct fb_recount *r, struct fb_matter *matter, const char *about,
    const struct fb_form *form, bool begins)
{
    const struct fb_form *asked = form && begins ? fb_form_begins(form, r->arena) : form;
    *matter = (struct fb_matter){about, asked ? fb_form_closed(asked, r->bound, r->arena) : NULL};
    return form && !matter->form ? fb_arena_failed(r->arena, r->err) : FB_OK;
}

/* How many rows the trigger has for the key: by the proof of a count all of them are known. */
static enum fb_code set_counted(struct fb_recount *r)
{
    const struct fb_duty *duty = r->duty;
    if (r->bound == 0) {
        return FB_OK;
    }
    if (duty->var_count >= FB_IR_VARS_MAX) {
        return fb_err_set(r->err, FB_E_LIMIT, "duty '%.*s' has %d variables: none is left to count",
            FB_STR_ARG(duty->name), FB_IR_VARS_MAX);
    }
    struct fb_form *counted = fb_form_node(r->arena, FB_FORM_AGGREGATE, r->trigger);
    uint32_t *vars = FB_ARENA_ARRAY(r->arena, uint32_t, FB_IR_VARS_MAX);
    if (!counted || !vars) {
        return fb_arena_failed(r->arena, r->err);
    }
    for (uint32_t v = 0; v < duty->param_count; v++) {
        if (r->bound >> v & 1) {
            vars[counted->bound_count++] = v;
        }
    }
    counted->bound = vars;
    counted->agg = FB_AGG_COUNT;
    counted->agg_over = (uint32_t)__builtin_ctzll(r->bound);
    counted->agg_result = (uint32_t)duty->var_count;
    r->counted = counted;
    return FB_OK;
}

/* Whether a formula reads a relation; *begins is set when it asks anywhere for beginnings. */
static bool reads(const struct fb_form *form, uint32_t relation, bool *begins)
{
    if (form->kind == FB_FORM_PRED) {
        *begins = *begins || form->occurs;
        return form->relation == relation;
    }
    bool left = form->left && reads(form->left, relation, begins);
    bool right = form->right && reads(form->right, relation, begins);
    return left || right;
}

/* The corrections of what the trigger reads. */
static enum fb_code list_corrections(struct fb_recount *r)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < r->trace.tuple_count; i++) {
        const struct fb_tuple *tuple = &r->trace.tuples[i];
        bool begins = false;
        if (!tuple->correction || !reads(r->trigger, tuple->relation, &begins)) {
            continue;
        }
        code = fb_recount_grow(r, &r->corrections, r->correction_count, sizeof(*r->corrections));
        if (code == FB_OK) {
            r->corrections[r->correction_count++] = tuple;
        }
    }
    return code;
}

/* The variables in which a receipt says when. */
static uint64_t receipt_vars(const struct fb_duty *duty)
{
    return (uint64_t)1 << duty->received_var | (uint64_t)1 << duty->admitted_var;
}

/* What `received` may read at the last time-point. */
static enum fb_code list_receipts(struct fb_recount *r)
{
    const struct fb_duty *duty = r->duty;
    enum fb_code code = FB_OK;
    for (size_t i = 0; duty->received && code == FB_OK && i < r->trace.tuple_count; i++) {
        const struct fb_tuple *tuple = &r->trace.tuples[i];
        if (tuple->relation == duty->received_relation && tuple->from < r->tp_count &&
            tuple->until >= r->tp_count) {
            code = fb_recount_grow(r, &r->receipts, r->receipt_count, sizeof(*r->receipts));
            if (code == FB_OK) {
                r->receipts[r->receipt_count++] = tuple;
            }
        }
    }
    return code;
}

static enum fb_code set_matters(struct fb_recount *r)
{
    const struct fb_duty *duty = r->duty;
    r->trigger =
        duty->given ? fb_form_two(r->arena, FB_FORM_AND, duty->when, duty->given) : duty->when;
    r->guards = FB_ARENA_ARRAY(r->arena, struct fb_matter, duty->within_count);
    if (!r->trigger || !r->guards) {
        return fb_arena_failed(r->arena, r->err);
    }
    r->bound = fb_check_vars(r->trigger);
    if (!fb_form_is_plain(r->trigger) || (duty->act && !fb_form_is_plain(duty->act)) ||
        (duty->before && !fb_form_is_plain(duty->before))) {
        return fb_recount_refuse(r);
    }
    enum fb_code code = set_counted(r);
    code = code ? code : list_corrections(r);
    code = code ? code : set_matter(r, &r->during, "during", duty->during, false);
    code = code ? code : set_matter(r, &r->act, "act", duty->act, false);
    code = code ? code : list_receipts(r);
    if (code == FB_OK && r->receipt_count > 0) {
        uint64_t known = r->bound | receipt_vars(duty);
        r->received =
            (struct fb_matter){"receipt", fb_form_closed(duty->received, known, r->arena)};
        code = r->received.form ? FB_OK : fb_arena_failed(r->arena, r->err);
    }
    code = code ? code : set_matter(r, &r->waived, "waived", duty->waived, false);
    code = code ? code : set_matter(r, &r->before_begins, "before", duty->before, true);
    if (code == FB_OK && (duty->modality == FB_MAY_NOT || duty->every)) {
        code = set_matter(r, &r->act_begins, "act", duty->act, true);
    }
    for (size_t i = 0; code == FB_OK && i < duty->within_count; i++) {
        code = set_matter(r, &r->guards[i], "guard", duty->within[i].guard, false);
    }
    return code;
}

/* ---- asking ---- */

enum fb_code fb_recount_ask(
    struct fb_recount *r, struct fb_question *question, struct fb_answer *out)
{
    FB_ASSERT(question->tp < r->tp_count);
    question->last = r->tp_count - 1;
    enum fb_code code = r->of->judge(r->of->ctx, question, out, r->err);
    FB_ASSERT(code != FB_OK || (out->to >= question->tp && out->to <= question->last));
    return code;
}

enum fb_code fb_recount_holds(struct fb_recount *r, const struct fb_matter *matter,
    const struct fb_value *values, size_t tp, bool *out)
{
    *out = false;
    if (!matter->form) {
        return FB_OK;
    }
    for (size_t i = r->known_count; i-- > 0;) {
        const struct fb_known *known = &r->known[i];
        if (known->form == matter->form && known->values == values && known->from <= tp &&
            tp <= known->to) {
            *out = known->holds;
            return FB_OK;
        }
    }
    struct fb_question question = {.about = matter->about,
        .trace = &r->trace,
        .form = matter->form,
        .values = values,
        .var_count = r->duty->var_count,
        .known = r->bound,
        .result = -1,
        .tp = tp};
    struct fb_answer answer = {0};
    enum fb_code code = fb_recount_ask(r, &question, &answer);
    code = code ? code : fb_recount_grow(r, &r->known, r->known_count, sizeof(*r->known));
    if (code == FB_OK) {
        r->known[r->known_count++] =
            (struct fb_known){matter->form, values, tp, answer.to, answer.holds};
        *out = answer.holds;
    }
    return code;
}

enum fb_code fb_recount_any(struct fb_recount *r, const struct fb_bond *bond,
    const struct fb_matter *matter, size_t tp, bool *out)
{
    enum fb_code code = FB_OK;
    *out = false;
    for (size_t i = 0; code == FB_OK && !*out && i < bond->count; i++) {
        if (bond->seen[i].tp <= tp) {
            code = fb_recount_holds(r, matter, bond->seen[i].values, tp, out);
        }
    }
    return code;
}

enum fb_code fb_recount_received(
    struct fb_recount *r, const struct fb_seen *seen, const struct fb_tuple *receipt, bool *out)
{
    const struct fb_duty *duty = r->duty;
    struct fb_value *values = FB_ARENA_ARRAY(r->arena, struct fb_value, duty->var_count);
    if (!values) {
        return fb_arena_failed(r->arena, r->err);
    }
    memcpy(values, seen->values, duty->var_count * sizeof(*values));
    values[duty->received_var] = receipt->values[duty->received_column];
    values[duty->admitted_var] = receipt->values[duty->admitted_column];
    *out = fb_form_may_rest(r->received.form, receipt, values, 0);
    if (!*out) {
        return FB_OK;
    }
    struct fb_question question = {.about = r->received.about,
        .trace = &r->trace,
        .form = r->received.form,
        .values = values,
        .var_count = duty->var_count,
        .known = r->bound | receipt_vars(duty),
        .result = -1,
        .tp = r->tp_count - 1};
    struct fb_answer answer = {0};
    enum fb_code code = fb_recount_ask(r, &question, &answer);
    *out = answer.holds;
    return code;
}

static int order_rows(const struct fb_value *a, const struct fb_value *b, size_t count)
{
    int order = 0;
    for (size_t i = 0; order == 0 && i < count; i++) {
        order = fb_value_cmp(a[i], b[i]);
    }
    return order;
}

/* Adds a row in its place. values has one value for each variable of the trigger. */
static enum fb_code add_row(
    struct fb_recount *r, struct fb_stretch *s, const struct fb_value *values)
{
    struct fb_value *row = FB_ARENA_ARRAY(r->arena, struct fb_value, r->duty->var_count);
    enum fb_code code = row ? fb_recount_grow(r, &s->rows, s->count, sizeof(*s->rows))
                            : fb_arena_failed(r->arena, r->err);
    if (code) {
        return code;
    }
    size_t used = 0;
    for (uint32_t v = 0; v < r->duty->var_count; v++) {
        row[v] = r->bound >> v & 1 ? values[used++] : fb_value_none();
    }
    size_t at = s->count++;
    for (; at > 0 && order_rows(row, s->rows[at - 1], r->duty->var_count) < 0; at--) {
        s->rows[at] = s->rows[at - 1];
    }
    s->rows[at] = row;
    /* The same row is the same pointer, so that nothing is asked about it twice. */
    for (size_t i = 0; i < r->stretch_count; i++) {
        for (size_t k = 0; k < r->stretches[i].count; k++) {
            if (order_rows(r->stretches[i].rows[k], row, r->duty->var_count) == 0) {
                s->rows[at] = r->stretches[i].rows[k];
                return FB_OK;
            }
        }
    }
    return FB_OK;
}

/* Asks for the rows of the trigger from tp on. */
static enum fb_code ask_rows(struct fb_recount *r, size_t tp, struct fb_stretch *out)
{
    struct fb_question question = {.about = "trigger",
        .trace = &r->trace,
        .form = r->counted ? r->counted : r->trigger,
        .values = r->of->key,
        .var_count = r->duty->var_count + (r->counted ? 1 : 0),
        .known = r->bound & (((uint64_t)1 << r->duty->param_count) - 1),
        .result = r->counted ? (int)r->counted->agg_result : -1,
        .tp = tp};
    struct fb_answer answer = {0};
    struct fb_stretch s = {.from = tp};
    enum fb_code code = fb_recount_ask(r, &question, &answer);
    s.to = answer.to;
    if (code == FB_OK && answer.holds && !r->counted) {
        code = add_row(r, &s, NULL);
    }
    const struct fb_proof_step *row = r->counted && answer.holds ? answer.proof->kid : NULL;
    for (; code == FB_OK && row && row->rule == FB_RULE_ROW; row = row->next) {
        code = add_row(r, &s, row->values);
    }
    *out = s;
    return code;
}

static enum fb_code rows_at(struct fb_recount *r, size_t tp, const struct fb_stretch **out)
{
    struct fb_stretch *last = r->stretch_count ? &r->stretches[r->stretch_count - 1] : NULL;
    if (last && last->from <= tp && tp <= last->to) {
        *out = last;
        return FB_OK;
    }
    enum fb_code code = fb_recount_grow(r, &r->stretches, r->stretch_count, sizeof(*r->stretches));
    code = code ? code : ask_rows(r, tp, &r->stretches[r->stretch_count]);
    if (code == FB_OK) {
        *out = &r->stretches[r->stretch_count++];
    }
    return code;
}

size_t fb_recount_point(const struct fb_recount *r, fb_time t)
{
    size_t tp = r->tp_count;
    while (tp > 0 && r->trace.times[tp - 1] > t) {
        tp--;
    }
    return tp - 1;
}

/* ---- claims ---- */

static enum fb_code date_line(
    struct fb_recount *r, const struct fb_within *line, bool known, struct fb_seen *seen)
{
    fb_time anchor = seen->stated, deadline;
    if (!known && seen->corrected == r->trace.times[seen->tp] && seen->corrected > anchor) {
        anchor = seen->corrected;
    }
    enum fb_code code =
        fb_deadline(anchor, line->amount, line->unit, &r->of->program->days, &deadline, r->err);
    if (code == FB_OK && (!seen->within || deadline < seen->deadline)) {
        seen->within = line;
        seen->anchor = anchor;
        seen->deadline = deadline;
    }
    return code;
}

/* A clock runs from a date on record, but not from before the policy's own; what runs from the
 * trigger, and periods, from the policy's force at the earliest. */
static fb_time clocks_from(const struct fb_recount *r)
{
    return r->duty->anchor_var < 0 || r->duty->every ? r->of->program->effective
                                                     : r->of->program->clocks_from;
}

/* Gives a row its dates. *applies: some line of `within` does, or the duty has none. */
static enum fb_code date(
    struct fb_recount *r, fb_time since, bool *lines, struct fb_seen *seen, bool *applies)
{
    const struct fb_duty *duty = r->duty;
    struct fb_value anchor =
        duty->anchor_var < 0 ? fb_value_time(since) : seen->values[duty->anchor_var];
    fb_time first = clocks_from(r);
    seen->dated = anchor.type == FB_TYPE_TIME;
    seen->stated = !seen->dated ? FB_TIME_MIN : anchor.u.time < first ? first : anchor.u.time;
    seen->anchor = seen->stated;
    seen->deadline = FB_TIME_MAX;
    *applies = duty->modality != FB_MUST || duty->within_count == 0;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && duty->modality == FB_MUST && i < duty->within_count; i++) {
        bool holds = true;
        if (duty->within[i].guard) {
            code = fb_recount_holds(r, &r->guards[i], seen->values, seen->tp, &holds);
        }
        if (code == FB_OK && holds && seen->dated) {
            code = date_line(r, &duty->within[i], lines[i], seen);
        }
        lines[i] = lines[i] || holds;
        *applies = *applies || holds;
    }
    return code;
}

static struct fb_str party_of(const struct fb_duty *duty, const struct fb_value *values)
{
    struct fb_value party = fb_value_none();
    if (duty->party && duty->party->kind == FB_TERM_VAR) {
        party = values[duty->party->var];
    } else if (duty->party && duty->party->kind == FB_TERM_CONST) {
        party = duty->party->value;
    }
    return party.type == FB_TYPE_STRING ? party.u.text : FB_STR("");
}

static enum fb_code add_seen(struct fb_recount *r, struct fb_bond *bond, struct fb_seen seen)
{
    enum fb_code code = fb_recount_grow(r, &bond->seen, bond->count, sizeof(*bond->seen));
    if (code == FB_OK) {
        bond->seen[bond->count++] = seen;
    }
    return code;
}

/* Where clocks run from before the policy was in force, the deadline is that of a policy which had
 * been; one that a correction brings with the force counts only if it is tighter. */
static void date_early(
    const struct fb_recount *r, const struct fb_bond *early, struct fb_seen *seen, bool *lines)
{
    const struct fb_seen *best = fb_recount_tightest(early);
    fb_time force = r->of->program->effective;
    bool tighter = seen->corrected == force && seen->dated && seen->deadline <= best->deadline;
    if (clocks_from(r) >= force || !best->dated || tighter) {
        return;
    }
    seen->dated = true;
    seen->stated = best->stated;
    seen->anchor = best->anchor;
    seen->deadline = best->deadline;
    seen->within = best->within;
    for (size_t i = 0; i < r->duty->within_count; i++) {
        lines[i] = lines[i] || early->lines[i];
    }
}

static enum fb_code add_bond(struct fb_recount *r, struct fb_seen seen, bool *lines, size_t last)
{
    struct fb_bond bond = {.party = party_of(r->duty, seen.values),
        .lines = lines,
        .last = last,
        .failing = FB_TIME_MAX,
        .ended = FB_TIME_MAX};
    for (size_t i = 0; i < r->early_count; i++) {
        const struct fb_bond *early = &r->early[i];
        if (early->ended == FB_TIME_MAX && fb_str_eq(early->party, bond.party) &&
            r->trace.times[seen.tp] == r->of->program->effective) {
            date_early(r, early, &seen, lines);
            bond.early = early->seen;
            bond.early_count = early->count;
        }
    }
    enum fb_code code = fb_recount_grow(r, &r->bonds, r->bond_count, sizeof(*r->bonds));
    code = code ? code : add_seen(r, &bond, seen);
    if (code == FB_OK) {
        r->bonds[r->bond_count++] = bond;
    }
    return code;
}

/* Whether a row was seen that needs no later correction. */
static bool was_seen(const struct fb_recount *r, const struct fb_bond *bond,
    const struct fb_value *row, fb_time corrected)
{
    for (size_t i = 0; bond && i < bond->count; i++) {
        if (bond->seen[i].corrected <= corrected &&
            order_rows(bond->seen[i].values, row, r->duty->var_count) == 0) {
            return true;
        }
    }
    return false;
}

/* A row of the trigger at tp: a new obligation, more of an open one, or nothing new. */
static enum fb_code take_row(struct fb_recount *r, const struct fb_value *row, size_t tp)
{
    struct fb_bond *open = NULL;
    struct fb_str party = party_of(r->duty, row);
    struct fb_seen seen = {.values = row, .tp = tp};
    for (size_t i = 0; i < r->bond_count && !open; i++) {
        bool binds = r->bonds[i].ended == FB_TIME_MAX;
        open = binds && fb_str_eq(r->bonds[i].party, party) ? &r->bonds[i] : NULL;
    }
    bool again = was_seen(r, open, row, FB_TIME_MIN);
    enum fb_code code = again ? FB_OK : fb_recount_corrected(r, row, tp, &seen.corrected);
    if (code == FB_OK && (again || was_seen(r, open, row, seen.corrected))) {
        open->last = tp;
        return FB_OK;
    }
    if (code) {
        return code;
    }
    bool *lines = open ? open->lines : FB_ARENA_ARRAY(r->arena, bool, r->duty->within_count);
    if (!lines) {
        return fb_arena_failed(r->arena, r->err);
    }
    bool applies = false;
    code = date(r, r->trace.times[open ? open->seen[0].tp : tp], lines, &seen, &applies);
    if (open) {
        open->last = tp;
    }
    if (code || !applies) {
        return code;
    }
    return open ? add_seen(r, open, seen) : add_bond(r, seen, lines, tp);
}

static enum fb_code take_rows(struct fb_recount *r, size_t tp)
{
    const struct fb_stretch *rows = NULL;
    enum fb_code code = rows_at(r, tp, &rows);
    for (size_t i = 0; code == FB_OK && i < rows->count; i++) {
        bool during = true;
        const struct fb_value *row = rows->rows[i];
        if (r->during.form) {
            code = fb_recount_holds(r, &r->during, row, tp, &during);
        }
        if (code == FB_OK && during) {
            code = take_row(r, row, tp);
        }
    }
    return code;
}

/* ---- ends ---- */

static void relax(const struct fb_recount *r, struct fb_bond *bond, fb_time now)
{
    if (bond->ended == FB_TIME_MAX && bond->failing != FB_TIME_MAX) {
        fb_time at = fb_recount_relaxed(r, bond->failing);
        bond->ended = at <= now ? at : FB_TIME_MAX;
    }
}

/* Whether a correction begins at tp of something that the trigger reads, and not only where it
 * begins. */
static bool corrected_at(const struct fb_recount *r, size_t tp)
{
    bool found = false;
    for (size_t i = 0; i < r->correction_count && !found; i++) {
        const struct fb_tuple *tuple = r->corrections[i];
        bool begins = false;
        /* Another pace takes no trigger away. */
        if (r->duty->paced && tuple->relation == r->duty->pace_relation) {
            continue;
        }
        found = tuple->from == tp && reads(r->duty->when, tuple->relation, &begins) && !begins;
    }
    return found;
}

static enum fb_code end_bond(struct fb_recount *r, struct fb_bond *bond, size_t tp, bool in_force)
{
    fb_time now = r->trace.times[tp];
    bool holds = true;
    enum fb_code code = r->during.form ? fb_recount_any(r, bond, &r->during, tp, &holds) : FB_OK;
    if (code) {
        return code;
    }
    bond->failing = holds ? FB_TIME_MAX : bond->failing == FB_TIME_MAX ? now : bond->failing;
    relax(r, bond, now);
    if (bond->ended == FB_TIME_MAX && holds && in_force && tp > 0 && bond->last == tp - 1 &&
        corrected_at(r, tp)) {
        bond->ended = now;
    }
    return FB_OK;
}

/* What a time-point opens and ends. */
static enum fb_code step(struct fb_recount *r, size_t tp, bool in_force)
{
    fb_time now = r->trace.times[tp];
    for (size_t i = 0; i < r->bond_count; i++) {
        relax(r, &r->bonds[i], now);
    }
    enum fb_code code = in_force && !r->duty->after ? take_rows(r, tp) : FB_OK;
    for (size_t i = 0; code == FB_OK && i < r->bond_count; i++) {
        if (r->bonds[i].ended == FB_TIME_MAX && r->bonds[i].seen[0].tp <= tp) {
            code = end_bond(r, &r->bonds[i], tp, in_force);
        }
    }
    return code;
}

/* Whether a formula holds only where some predicate of it does. */
static bool needs_tuple(const struct fb_form *form)
{
    return form->kind == FB_FORM_PRED ||
           (form->kind == FB_FORM_AND && (needs_tuple(form->left) || needs_tuple(form->right))) ||
           (form->kind == FB_FORM_EXISTS && needs_tuple(form->left));
}

/* Whether the act may have been done for the key before a time-point. */
static bool may_be_done(const struct fb_recount *r, size_t before)
{
    /* A parameter that the trigger does not bind may be anything in the act. */
    uint64_t open = ~(r->bound & (((uint64_t)1 << r->duty->param_count) - 1));
    bool may = !needs_tuple(r->duty->act);
    for (size_t i = 0; !may && i < r->trace.tuple_count; i++) {
        may = r->trace.tuples[i].from < before &&
              fb_form_may_rest(r->duty->act, &r->trace.tuples[i], r->of->key, open);
    }
    return may;
}

/* What is there when the policy comes into force began before: it is followed from then, so that
 * what was done since counts. */
static enum fb_code look_back(struct fb_recount *r)
{
    const struct fb_duty *duty = r->duty;
    enum fb_code code = FB_OK;
    size_t force = 0;
    while (force < r->tp_count && r->trace.times[force] < r->of->program->effective) {
        force++;
    }
    if (duty->modality != FB_MUST || !duty->act || duty->every || duty->after ||
        force == r->tp_count ||
        (clocks_from(r) >= r->of->program->effective && !may_be_done(r, force))) {
        return FB_OK;
    }
    for (size_t tp = 0; code == FB_OK && tp < force; tp++) {
        code = step(r, tp, true);
    }
    for (size_t i = 0; i < r->bond_count; i++) {
        relax(r, &r->bonds[i], r->of->program->effective);
    }
    r->early = r->bonds;
    r->early_count = r->bond_count;
    r->bonds = NULL;
    r->bond_count = 0;
    return code;
}

static enum fb_code follow(struct fb_recount *r)
{
    const struct fb_program *program = r->of->program;
    enum fb_code code = look_back(r);
    for (size_t tp = 0; code == FB_OK && tp < r->tp_count; tp++) {
        fb_time now = r->trace.times[tp];
        code = step(r, tp, now >= program->effective && now < program->expires);
    }
    for (size_t i = 0; i < r->bond_count; i++) {
        relax(r, &r->bonds[i], r->of->now);
        if (r->duty->modality != FB_MUST && program->expires <= r->of->now &&
            r->bonds[i].ended > program->expires) {
            r->bonds[i].ended = program->expires;
        }
        if (program->replaced && program->replaced_from <= r->of->now &&
            r->bonds[i].ended > program->replaced_from) {
            r->bonds[i].ended = program->replaced_from;
        }
    }
    return code;
}

/* ---- duties that follow another ---- */

/* When a discharge opens what follows it: not before the policy is in force. */
static fb_time opened_at(const struct fb_recount *r, const struct fb_obligation *item)
{
    fb_time effective = r->of->program->effective;
    return item->settled > effective ? item->settled : effective;
}

/* What was done from tp on, at which it was discharged, counts for the last bond. */
static enum fb_code add_early(struct fb_recount *r, struct fb_seen seen, size_t tp)
{
    struct fb_seen *early = FB_ARENA_NEW(r->arena, struct fb_seen);
    if (!early) {
        return fb_arena_failed(r->arena, r->err);
    }
    *early = seen;
    early->tp = tp;
    r->bonds[r->bond_count - 1].early = early;
    r->bonds[r->bond_count - 1].early_count = 1;
    return FB_OK;
}

static enum fb_code open_after(struct fb_recount *r, const struct fb_obligation *item)
{
    const struct fb_duty *duty = r->duty;
    struct fb_value *values = FB_ARENA_ARRAY(r->arena, struct fb_value, duty->var_count);
    bool *lines = FB_ARENA_ARRAY(r->arena, bool, duty->within_count);
    if (!values || !lines) {
        return fb_arena_failed(r->arena, r->err);
    }
    memcpy(values, item->bindings, duty->after->var_count * sizeof(*values));
    for (size_t i = 0; i < duty->param_count; i++) {
        if (!fb_value_eq(values[i], r->of->key[i])) {
            return FB_OK;
        }
    }
    fb_time opens = opened_at(r, item);
    struct fb_seen seen = {
        .values = values, .tp = fb_recount_point(r, opens), .corrected = FB_TIME_MIN};
    bool applies = false;
    enum fb_code code = date(r, opens, lines, &seen, &applies);
    code = code || !applies ? code : add_bond(r, seen, lines, SIZE_MAX);
    if (code == FB_OK && applies && item->settled < opens) {
        code = add_early(r, seen, fb_recount_point(r, item->settled));
    }
    /* A later pace dates it anew, from then on. */
    for (size_t i = 1; code == FB_OK && applies && i < r->pace_count; i++) {
        struct fb_seen later = {.values = values,
            .tp = fb_recount_point(r, r->paces[i].from),
            .corrected = r->paces[i].from};
        bool also = false;
        if (r->paces[i].from <= r->trace.times[seen.tp]) {
            continue;
        }
        code = date(r, opens, lines, &later, &also);
        code = code || !also ? code : add_seen(r, &r->bonds[r->bond_count - 1], later);
    }
    return code;
}

/* The discharges of the duty before open this one, in the order of time. */
static enum fb_code follow_after(struct fb_recount *r)
{
    struct fb_duty_subject before = *r->of;
    struct fb_obligations found = {NULL, 0};
    before.duty = r->duty->after;
    if (before.duty->param_count > r->duty->param_count ||
        before.duty->var_count > r->duty->var_count) {
        return fb_recount_refuse(r);
    }
    enum fb_code code = fb_duty_recount(&before, r->arena, &found, r->err);
    for (fb_time after = FB_TIME_MIN; code == FB_OK && after != FB_TIME_MAX;) {
        fb_time next = FB_TIME_MAX;
        for (size_t i = 0; code == FB_OK && i < found.count; i++) {
            const struct fb_obligation *item = &found.items[i];
            bool done = item->status == FB_DUTY_MET || item->status == FB_DUTY_MET_LATE;
            done = done &&
                   !(r->of->program->replaced && item->settled >= r->of->program->replaced_from);
            fb_time opens = opened_at(r, item);
            if (done && opens == after) {
                code = open_after(r, item);
            } else if (done && opens > after && opens < next) {
                next = opens;
            }
        }
        after = next;
    }
    return code;
}

enum fb_code fb_recount_begin(struct fb_recount *r)
{
    enum fb_code code =
        fb_trace_tick(r->of->trace, r->of->program->effective, r->arena, &r->trace, r->err);
    while (code == FB_OK && r->tp_count < r->trace.time_count &&
           r->trace.times[r->tp_count] <= r->of->now) {
        r->tp_count++;
    }
    return code;
}

enum fb_code fb_duty_recount(const struct fb_duty_subject *subject, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err)
{
    FB_ASSERT(subject && subject->judge && subject->duty->when && arena && out);
    struct fb_recount r = {.of = subject, .duty = subject->duty, .arena = arena, .err = err};
    enum fb_code code = fb_recount_begin(&r);
    code = code ? code : fb_recount_list_paces(&r);
    code = code ? code : set_matters(&r);
    if (code == FB_OK && r.duty->after) {
        code = follow_after(&r);
    }
    code = code ? code : follow(&r);
    for (size_t i = 0; code == FB_OK && i < r.bond_count; i++) {
        code = fb_recount_settle(&r, &r.bonds[i]);
    }
    if (code == FB_OK) {
        *out = (struct fb_obligations){r.items, r.item_count};
    }
    return code;
}
