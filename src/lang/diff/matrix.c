#include "lang/diff/matrix.h"

#include "base/assert.h"
#include "lang/complaint.h"
#include "lang/diff/parts.h"
#include "lang/signature.h"

/* A matrix in the making. */
struct making {
    struct fb_matrix *matrix;
    struct fb_arena *arena;
    bool no_memory;
};

const char *fb_standing_name(enum fb_standing standing)
{
    static const char *const names[] = {"missing", "best", "apart", "weaker"};
    FB_ASSERT(standing <= FB_STANDING_WEAKER);
    return names[standing];
}

/* ---- topics ---- */

/* The fact that an act is; NULL when there is none. */
static const struct fb_form *act_fact(const struct fb_form *form)
{
    while (form && (form->kind == FB_FORM_EXISTS || form->kind == FB_FORM_AND)) {
        form = form->left;
    }
    return form && form->kind == FB_FORM_PRED ? form : NULL;
}

/* The column of a fact that says what kind of its kind it is, as the name of a safeguard. */
static struct fb_str what_of(const struct fb_form *fact)
{
    static const char *const columns[] = {"name", "topic", "stage", "class", "action"};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        int column = fb_policy_column(fact->relation, columns[i]);
        if (column >= 0 && fact->terms[column]->kind == FB_TERM_CONST &&
            fact->terms[column]->value.type == FB_TYPE_STRING) {
            return fact->terms[column]->value.u.text;
        }
    }
    return FB_STR("");
}

static struct fb_str duty_topic(struct making *m, const struct fb_duty *duty)
{
    static const char *const modalities[] = {"must", "may not", "keep"};
    const struct fb_form *fact = act_fact(duty->act);
    struct fb_str kind = FB_STR("(act)"), what = FB_STR("");
    if (fact) {
        kind = fb_policy_signature()->relations[fact->relation].name;
        what = what_of(fact);
    }
    struct fb_str out = fb_arena_printf(m->arena, "%s: %.*s%s%.*s", modalities[duty->modality],
        FB_STR_ARG(kind), what.len ? " " : "", FB_STR_ARG(what));
    m->no_memory = m->no_memory || !out.ptr;
    return out;
}

/* ---- what a clause asks, in a few words ---- */

static void say_line(const struct fb_redline *line, struct fb_buf *out)
{
    char number[FB_DECIMAL_TEXT];
    for (size_t i = 0; i < line->measure_count; i++) {
        fb_buf_addf(out, "%s%.*s", i ? ", " : "", FB_STR_ARG(line->measures[i]));
    }
    double bound = fb_redline_reaching(line, fb_decimal_to_double(line->threshold));
    fb_buf_addf(out, ": crossed at %s%%, ruled out below %.4g%%",
        fb_decimal_format(fb_decimal_scale(line->threshold, 2), number), 100 * bound);
    if (line->needs.samples) {
        fb_buf_addf(out, ", %lld samples", (long long)line->needs.samples);
    }
    if (line->needs.age_us) {
        fb_buf_addf(out, ", newer than %lld days", (long long)(line->needs.age_us / FB_DAY));
    }
    fb_buf_add_c(out, line->needs.independent ? ", independent" : "");
    fb_buf_addf(out, "; %.*s", FB_STR_ARG(line->scope_text));
}

/* The kind of the first record that a formula speaks of: what must not come first. */
static struct fb_str first_kind(const struct fb_form *form)
{
    while (form && form->kind != FB_FORM_PRED) {
        form = form->left;
    }
    return form && !form->definition ? fb_policy_signature()->relations[form->relation].name
                                     : FB_STR("act");
}

static void say_duty(const struct fb_duty *duty, struct fb_buf *out)
{
    static const char *const units[] = {"hours", "days", "business days", "months"};
    static const char *const lest[] = {"", "", "halt", "restrict", "secure"};
    fb_buf_add_str(out, duty->title);
    if (duty->every) {
        fb_buf_addf(out, ", every %lld %s", (long long)duty->every, units[duty->every_unit]);
    }
    for (size_t i = 0; i < duty->within_count; i++) {
        fb_buf_addf(out, "%s%lld %s", i ? " or " : ", within ", (long long)duty->within[i].amount,
            units[duty->within[i].unit]);
    }
    if (duty->before) {
        fb_buf_addf(out, ", before the %.*s", FB_STR_ARG(first_kind(duty->before)));
    }
    fb_buf_addf(out, "%s%s", *lest[duty->lest] ? ", lest " : "", lest[duty->lest]);
    fb_buf_add_c(out, duty->waived ? ", may be waived" : "");
}

static void say_cell(struct making *m, struct fb_matrix_cell *cell)
{
    struct fb_buf text;
    struct fb_err err;
    fb_buf_init(&text, 1 << 16);
    fb_err_init(&err);
    if (cell->line) {
        say_line(cell->line, &text);
    } else {
        say_duty(cell->duty, &text);
    }
    m->no_memory =
        m->no_memory || fb_arena_str(m->arena, fb_buf_str(&text), &cell->text, &err) != FB_OK;
    fb_buf_release(&text);
}

/* ---- rows ---- */

static bool is_there(const struct fb_matrix_cell *cell)
{
    return cell->line || cell->duty || cell->exempts;
}

uint32_t fb_matrix_line(const struct fb_matrix_cell *cell)
{
    return cell->line     ? cell->line->span.line
           : cell->duty   ? cell->duty->span.line
           : cell->exempt ? cell->exempt->span.line
                          : 0;
}

struct fb_str fb_matrix_name(const struct fb_matrix_cell *cell)
{
    return cell->line     ? cell->line->name
           : cell->duty   ? cell->duty->name
           : cell->exempt ? cell->exempt->name
                          : FB_STR("");
}

static struct fb_matrix_row *new_row(struct making *m, struct fb_str topic)
{
    struct fb_matrix_row *row = &m->matrix->rows[m->matrix->row_count++];
    row->topic = topic;
    row->cells = FB_ARENA_ARRAY(m->arena, struct fb_matrix_cell, m->matrix->document_count);
    m->no_memory = m->no_memory || !row->cells || !topic.ptr;
    return row;
}

static bool same_line(const struct fb_redline *a, const struct fb_redline *b)
{
    for (size_t i = 0; i < a->measure_count; i++) {
        for (size_t j = 0; j < b->measure_count; j++) {
            if (fb_str_eq(a->measures[i], b->measures[j])) {
                return true;
            }
        }
    }
    return fb_str_eq(a->name, b->name);
}

/* The row that a red line belongs to: that of one of its name first. */
static struct fb_matrix_row *row_of_line(
    struct making *m, const struct fb_redline *line, size_t document)
{
    for (int by_name = 1; by_name >= 0; by_name--) {
        for (size_t r = 0; r < m->matrix->row_count; r++) {
            struct fb_matrix_row *row = &m->matrix->rows[r];
            for (size_t i = 0; i < document && !is_there(&row->cells[document]); i++) {
                const struct fb_redline *other = row->cells[i].line;
                if (other &&
                    (by_name ? fb_str_eq(other->name, line->name) : same_line(other, line))) {
                    return row;
                }
            }
        }
    }
    struct fb_str topic = fb_arena_printf(m->arena, "red line %.*s", FB_STR_ARG(line->name));
    return new_row(m, topic);
}

static struct fb_matrix_row *row_of_duty(
    struct making *m, const struct fb_duty *duty, size_t document)
{
    struct fb_str topic = duty_topic(m, duty);
    for (size_t r = 0; r < m->matrix->row_count && !m->no_memory; r++) {
        struct fb_matrix_row *row = &m->matrix->rows[r];
        if (fb_str_eq(row->topic, topic) && !is_there(&row->cells[document])) {
            return row;
        }
    }
    return new_row(m, topic);
}

static void place_clauses(struct making *m)
{
    struct fb_matrix *matrix = m->matrix;
    for (size_t d = 0; d < matrix->document_count; d++) {
        const struct fb_program *program = matrix->documents[d].parts.program;
        for (size_t i = 0; i < program->redline_count && !m->no_memory; i++) {
            struct fb_matrix_row *row = row_of_line(m, &program->redlines[i], d);
            if (row->cells) {
                row->cells[d].line = &program->redlines[i];
                say_cell(m, &row->cells[d]);
            }
        }
    }
    for (size_t d = 0; d < matrix->document_count; d++) {
        const struct fb_program *program = matrix->documents[d].parts.program;
        for (size_t i = 0; i < program->duty_count && !m->no_memory; i++) {
            struct fb_matrix_row *row = row_of_duty(m, &program->duties[i], d);
            if (row->cells) {
                row->cells[d].duty = &program->duties[i];
                say_cell(m, &row->cells[d]);
            }
        }
    }
}

/* The row of exemptions, when a document has one. */
static void place_exemptions(struct making *m)
{
    struct fb_matrix *matrix = m->matrix;
    struct fb_diffing d = {.arena = m->arena};
    struct fb_matrix_row *row = NULL;
    for (size_t i = 0; i < matrix->document_count && !m->no_memory; i++) {
        const struct fb_item *item = matrix->documents[i].parts.tree->items;
        while (item && item->kind != FB_ITEM_EXEMPT) {
            item = item->next;
        }
        if (!item) {
            continue;
        }
        row = row ? row : new_row(m, FB_STR("exempt"));
        if (row->cells) {
            row->cells[i].exempt = item;
        }
    }
    for (size_t i = 0; row && i < matrix->document_count && !m->no_memory; i++) {
        row->cells[i].exempts = true;
        row->cells[i].text = fb_diff_exempt_text(&d, matrix->documents[i].parts.tree);
    }
    m->no_memory = m->no_memory || d.no_memory;
}

/* ---- comparing ---- */

/* What one policy calls by a name of its own: its party, and its red lines. */
static bool translate(struct making *m, struct fb_diffing *d, size_t older, size_t newer)
{
    const struct fb_matrix *matrix = m->matrix;
    const struct fb_matrix_document *a = &matrix->documents[older], *b = &matrix->documents[newer];
    d->sides[0] = a->parts.program;
    d->sides[1] = b->parts.program;
    d->same = FB_ARENA_ARRAY(m->arena, struct fb_imply_same, matrix->row_count + 2);
    if (!d->same) {
        return false;
    }
    if (a->party.len && b->party.len) {
        d->same[d->same_count++] = (struct fb_imply_same){.theirs = b->party, .ours = a->party};
    }
    /* Facts of the pace have the policy's name; what one is slow by, is the other by its own terms.
     */
    d->same[d->same_count++] =
        (struct fb_imply_same){.theirs = d->sides[1]->name, .ours = d->sides[0]->name};
    for (size_t r = 0; r < matrix->row_count; r++) {
        const struct fb_redline *x = matrix->rows[r].cells[older].line;
        const struct fb_redline *y = matrix->rows[r].cells[newer].line;
        if (x && y) {
            d->same[d->same_count++] =
                (struct fb_imply_same){.theirs = fb_diff_text(d, "%.*s/%.*s",
                                           FB_STR_ARG(d->sides[1]->name), FB_STR_ARG(y->name)),
                    .ours = fb_diff_text(
                        d, "%.*s/%.*s", FB_STR_ARG(d->sides[0]->name), FB_STR_ARG(x->name))};
        }
    }
    return !d->no_memory;
}

/* What changes from one clause of a row to another. */
static void compare(struct making *m, const struct fb_matrix_row *row, size_t older, size_t newer,
    struct fb_clause_change *out)
{
    struct fb_diffing d = {.arena = m->arena};
    const struct fb_matrix_cell *a = &row->cells[older], *b = &row->cells[newer];
    *out = (struct fb_clause_change){.change = FB_CHANGE_NONE};
    if (!translate(m, &d, older, newer)) {
        m->no_memory = true;
        return;
    }
    if (a->exempts) {
        const size_t documents[2] = {older, newer};
        out->old_name = fb_matrix_name(a);
        out->name = fb_matrix_name(b);
        fb_diff_exempts(&d, m->matrix, documents, out);
    } else if (a->line) {
        out->lines[0] = a->line;
        out->lines[1] = b->line;
        out->old_name = a->line->name;
        out->name = b->line->name;
        fb_diff_redlines(&d, out);
    } else {
        out->duties[0] = a->duty;
        out->duties[1] = b->duty;
        out->old_name = a->duty->name;
        out->name = b->duty->name;
        fb_diff_duties(&d, out);
    }
    m->no_memory = m->no_memory || d.no_memory;
}

/* Notes that a clause cannot be compared with another; the first such is told. */
static void set_apart(
    struct making *m, struct fb_matrix_row *row, size_t one, size_t other, bool *unsure)
{
    struct fb_matrix_cell *cell = &row->cells[one];
    if (!unsure[one] && cell->standing != FB_STANDING_WEAKER) {
        cell->other = other;
        compare(m, row, one, other, &cell->against);
    }
    unsure[one] = true;
}

/* Places each clause of a row: each pair is compared once. */
static void judge(struct making *m, struct fb_matrix_row *row)
{
    size_t count = m->matrix->document_count;
    size_t clauses = 0;
    bool *unsure = FB_ARENA_ARRAY(m->arena, bool, count);
    if (!unsure) {
        m->no_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        clauses += is_there(&row->cells[i]);
    }
    for (size_t i = 0; i < count && !m->no_memory; i++) {
        for (size_t j = i + 1; j < count && is_there(&row->cells[i]); j++) {
            if (!is_there(&row->cells[j])) {
                continue;
            }
            struct fb_clause_change change;
            compare(m, row, i, j, &change);
            size_t loser = change.change == FB_CHANGE_STRICTER ? i : j, winner = i + j - loser;
            if (change.change > FB_CHANGE_WEAKER) {
                set_apart(m, row, i, j, unsure);
                set_apart(m, row, j, i, unsure);
            } else if (change.change >= FB_CHANGE_STRICTER &&
                       row->cells[loser].standing != FB_STANDING_WEAKER) {
                row->cells[loser].standing = FB_STANDING_WEAKER;
                row->cells[loser].other = winner;
                compare(m, row, loser, winner, &row->cells[loser].against);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct fb_matrix_cell *cell = &row->cells[i];
        if (is_there(cell) && cell->standing != FB_STANDING_WEAKER) {
            cell->standing = unsure[i] && clauses > 1 ? FB_STANDING_APART : FB_STANDING_BEST;
        }
    }
}

/* ---- documents ---- */

/* The party that commits itself, or whose systems a red line is about; empty when it is not one. */
static struct fb_str party_of(
    const struct fb_policy_tree *tree, struct fb_arena *arena, bool *no_memory)
{
    const struct fb_domain party = {.type = FB_TYPE_STRING, .ref = "party"};
    struct fb_str one = FB_STR("");
    for (const struct fb_item *item = tree->items; item; item = item->next) {
        bool commits = item->kind == FB_ITEM_COMMITMENT;
        struct fb_str text = commits ? item->party.text : item->scope.developer.text;
        if (text.len == 0) {
            continue;
        }
        struct fb_str id = fb_policy_id(&party, text, arena);
        *no_memory = *no_memory || !id.ptr;
        if (!id.ptr || (one.len && !fb_str_eq(one, id))) {
            return FB_STR("");
        }
        one = id;
    }
    return one;
}

static enum fb_code fail(
    struct fb_policy_errors *errors, enum fb_code code, const char *message, const char *hint)
{
    errors->count = 1;
    fb_err_init(&errors->items[0]);
    (void)fb_err_set(&errors->items[0], code, "%s", message);
    return fb_err_hint(&errors->items[0], "%s", hint);
}

static enum fb_code read_documents(struct making *m, const struct fb_matrix_source *sources,
    size_t count, size_t *out_clauses, struct fb_policy_errors *errors)
{
    struct fb_matrix *matrix = m->matrix;
    matrix->documents = FB_ARENA_ARRAY(m->arena, struct fb_matrix_document, count);
    if (!matrix->documents) {
        return fail(errors, FB_E_NOMEM, "memory ran out", "Compare fewer policies.");
    }
    for (size_t i = 0; i < count; i++) {
        struct fb_matrix_document *document = &matrix->documents[matrix->document_count++];
        document->name = sources[i].name;
        enum fb_code code =
            fb_policy_read(sources[i].text, sources[i].name, m->arena, &document->parts, errors);
        if (code != FB_OK) {
            return code;
        }
        const struct fb_program *program = document->parts.program;
        document->party = party_of(document->parts.tree, m->arena, &m->no_memory);
        *out_clauses += program->redline_count + program->duty_count;
    }
    return FB_OK;
}

enum fb_code fb_matrix_build(const struct fb_matrix_source *sources, size_t count,
    struct fb_arena *arena, struct fb_matrix *out, struct fb_policy_errors *errors)
{
    struct fb_matrix matrix = {0};
    struct making m = {.matrix = &matrix, .arena = arena};
    size_t clauses = 0;
    FB_ASSERT(sources && count > 0 && arena && out && errors);
    errors->count = 0;
    if (count > FB_MATRIX_DOCUMENTS_MAX) {
        return fail(errors, FB_E_LIMIT, "at most 32 policies are compared at once",
            "Compare fewer policies.");
    }
    enum fb_code code = read_documents(&m, sources, count, &clauses, errors);
    if (code != FB_OK) {
        return code;
    }
    if (clauses > FB_MATRIX_CLAUSES_MAX) {
        return fail(errors, FB_E_LIMIT, "at most 2000 clauses are compared at once",
            "Compare fewer or smaller policies.");
    }
    matrix.rows = FB_ARENA_ARRAY(arena, struct fb_matrix_row, clauses + 1);
    m.no_memory = m.no_memory || !matrix.rows;
    if (!m.no_memory) {
        place_clauses(&m);
        place_exemptions(&m);
    }
    for (size_t r = 0; r < matrix.row_count && !m.no_memory; r++) {
        judge(&m, &matrix.rows[r]);
    }
    if (m.no_memory) {
        return fail(errors, FB_E_NOMEM, "memory ran out", "Compare fewer policies.");
    }
    *out = matrix;
    return FB_OK;
}
