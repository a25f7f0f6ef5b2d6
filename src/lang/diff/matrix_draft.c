/* matrix_draft.c: a policy of the best clauses, put together from the tokens of their documents. */
#include "base/assert.h"
#include "lang/complaint.h"
#include "lang/diff/matrix.h"
#include "lang/diff/parts.h"
#include "lang/explain.h"
#include "lang/retain.h"
#include "lang/signature.h"

enum { DRAFT_MAX = FB_POLICY_TEXT_MAX };

/* An item of a document, and what becomes of it. */
struct piece {
    const struct fb_item *item;
    size_t from; /* its tokens: [from, to) */
    size_t to;
    bool taken;         /* it is in the draft */
    struct fb_str name; /* in the draft; of a red line that is not taken: of the one that stands for
                           it */
};

/* A document at work. */
struct source {
    const struct fb_matrix_document *document;
    struct piece *pieces;
    size_t count;
};

/* A draft in the making. */
struct drafting {
    const struct fb_matrix *matrix;
    struct source *sources;
    struct fb_str *names; /* that are taken */
    size_t name_count;
    struct fb_arena arena;
    struct fb_buf text;
    bool no_memory;
};

/* ---- pieces ---- */

static bool same_span(struct fb_span a, struct fb_span b)
{
    return a.line == b.line && a.column == b.column;
}

static void cut(struct drafting *d, struct source *source)
{
    const struct fb_tokens *tokens = &source->document->parts.tokens;
    size_t count = 0;
    for (const struct fb_item *i = source->document->parts.tree->items; i; i = i->next) {
        count++;
    }
    source->pieces = FB_ARENA_ARRAY(&d->arena, struct piece, count + 1);
    if (!source->pieces) {
        d->no_memory = true;
        return;
    }
    size_t at = 0;
    for (const struct fb_item *i = source->document->parts.tree->items; i; i = i->next) {
        while (at + 1 < tokens->count && !same_span(tokens->items[at].span, i->span)) {
            at++;
        }
        size_t from = at;
        while (from > 0 && tokens->items[from].layout != FB_LAYOUT_ITEM) {
            from--;
        }
        size_t to = at;
        while (to + 1 < tokens->count && tokens->items[to].layout != FB_LAYOUT_ITEM) {
            to++;
        }
        source->pieces[source->count++] =
            (struct piece){.item = i, .from = from, .to = to, .name = i->name};
    }
}

static struct piece *piece_named(struct source *source, struct fb_str name)
{
    for (size_t i = 0; i < source->count; i++) {
        if (fb_str_eq(source->pieces[i].item->name, name)) {
            return &source->pieces[i];
        }
    }
    return NULL;
}

/* "hold" of "hold.secure.2", "report" of "report.hence". */
static struct fb_str item_of(struct fb_str name)
{
    return fb_str_sub(name, 0, fb_str_find(name, '.', 0));
}

static bool is_chosen(const struct fb_matrix_cell *cell)
{
    return (cell->line || (cell->duty && !cell->duty->after)) &&
           (cell->standing == FB_STANDING_BEST || cell->standing == FB_STANDING_APART);
}

/* The document whose clause of a row is taken: the first best one, or each that stands apart. */
static bool takes(const struct fb_matrix *matrix, const struct fb_matrix_row *row, size_t document)
{
    const struct fb_matrix_cell *cell = &row->cells[document];
    bool best = false;
    for (size_t i = 0; i < matrix->document_count; i++) {
        if (is_chosen(&row->cells[i]) && row->cells[i].standing == FB_STANDING_BEST) {
            if (i == document) {
                return !best;
            }
            best = true;
        }
    }
    return is_chosen(cell) && !best;
}

static bool name_taken(const struct drafting *d, struct fb_str name)
{
    for (size_t i = 0; i < d->name_count; i++) {
        if (fb_str_eq(d->names[i], name)) {
            return true;
        }
    }
    return false;
}

static void take(struct drafting *d, struct piece *piece)
{
    if (piece->taken || d->no_memory) {
        return;
    }
    struct fb_str name = piece->item->name;
    for (unsigned n = 2; name.ptr && name_taken(d, name); n++) {
        name = fb_arena_printf(&d->arena, "%.*s_%u", FB_STR_ARG(piece->item->name), n);
    }
    d->no_memory = !name.ptr;
    piece->taken = true;
    piece->name = name;
    d->names[d->name_count++] = name;
}

/* Takes the definitions that a condition uses, and those that they use. */
static void take_definitions(struct drafting *d, struct source *source, const struct fb_cond *cond)
{
    for (; cond; cond = cond->next) {
        struct piece *piece = cond->kind == FB_COND_CALL ? piece_named(source, cond->name) : NULL;
        if (piece && !piece->taken) {
            take(d, piece);
            take_definitions(d, source, piece->item->condition);
        }
        take_definitions(d, source, cond->parts);
    }
}

static void take_needs(struct drafting *d, struct source *source, const struct fb_item *item)
{
    take_definitions(d, source, item->condition);
    take_definitions(d, source, item->given);
    take_definitions(d, source, item->during);
    take_definitions(d, source, item->waiver.condition);
    for (const struct fb_demand *one = item->demands; one; one = one->next) {
        for (const struct fb_demand *demand = one; demand; demand = demand->hence) {
            take_definitions(d, source, demand->act);
            take_definitions(d, source, demand->before);
            for (const struct fb_within_line *line = demand->within; line; line = line->next) {
                take_definitions(d, source, line->guard);
            }
        }
    }
}

static bool exempts(const struct fb_item *exempt, const struct piece *piece)
{
    if (piece->item->kind == FB_ITEM_LET || piece->item->kind == FB_ITEM_EXEMPT || !piece->taken) {
        return false;
    }
    for (const struct fb_word *word = exempt->rules; word; word = word->next) {
        if (fb_str_eq(word->text, piece->item->name)) {
            return true;
        }
    }
    return exempt->rules == NULL;
}

/* Exemptions come with the rules that they speak of. */
static void take_exemptions(struct drafting *d, struct source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        struct piece *piece = &source->pieces[i];
        for (size_t k = 0; k < source->count && piece->item->kind == FB_ITEM_EXEMPT; k++) {
            if (exempts(piece->item, &source->pieces[k])) {
                take(d, piece);
                take_definitions(d, source, piece->item->condition);
                break;
            }
        }
    }
}

/* The piece of a clause. */
static struct piece *piece_of(struct drafting *d, const struct fb_matrix_row *row, size_t document)
{
    const struct fb_matrix_cell *cell = &row->cells[document];
    struct piece *piece = piece_named(
        &d->sources[document], item_of(cell->line ? cell->line->name : cell->duty->name));
    FB_ASSERT(piece);
    return piece;
}

/* A red line that is not taken is spoken of by the name of the one that is. */
static void stand_in(struct drafting *d, const struct fb_matrix_row *row)
{
    struct fb_str name = {NULL, 0};
    for (size_t i = 0; i < d->matrix->document_count && !name.ptr; i++) {
        if (row->cells[i].line && piece_of(d, row, i)->taken) {
            name = piece_of(d, row, i)->name;
        }
    }
    for (size_t i = 0; i < d->matrix->document_count && name.ptr; i++) {
        struct piece *piece = row->cells[i].line ? piece_of(d, row, i) : NULL;
        if (piece && !piece->taken) {
            piece->name = name;
        }
    }
}

static void choose(struct drafting *d)
{
    const struct fb_matrix *matrix = d->matrix;
    for (size_t r = 0; r < matrix->row_count; r++) {
        for (size_t i = 0; i < matrix->document_count && !d->no_memory; i++) {
            if (takes(matrix, &matrix->rows[r], i)) {
                take(d, piece_of(d, &matrix->rows[r], i));
            }
        }
        stand_in(d, &matrix->rows[r]);
    }
    for (size_t i = 0; i < matrix->document_count && !d->no_memory; i++) {
        struct source *source = &d->sources[i];
        for (size_t k = 0; k < source->count; k++) {
            if (source->pieces[k].taken) {
                take_needs(d, source, source->pieces[k].item);
            }
        }
        take_exemptions(d, source);
    }
}

/* ---- text ---- */

/* A token as the draft has it: names of the draft, and its one party. */
static void put_token(struct drafting *d, struct source *source, size_t at)
{
    const struct fb_token *token = &source->document->parts.tokens.items[at], *next = token + 1;
    static const struct fb_domain domain = {.type = FB_TYPE_STRING, .ref = "party"};
    bool called = next->kind == FB_TOKEN_SIGN && fb_str_is(next->text, "(");
    const struct piece *piece = NULL;
    bool begun = d->text.len > 0 && d->text.ptr[d->text.len - 1] == '\n';
    fb_buf_add_c(&d->text, begun ? "" : token->first ? "\n" : " ");
    if (token->kind == FB_TOKEN_WORD && called) {
        piece = piece_named(source, token->text);
    }
    struct fb_str text = piece ? piece->name : token->text;
    if (token->kind != FB_TOKEN_STRING) {
        fb_buf_add_str(&d->text, text);
        return;
    }
    struct fb_str id = source->document->party.len ? fb_policy_id(&domain, text, &d->arena) : text;
    d->no_memory = d->no_memory || !id.ptr;
    bool own = source->document->party.len && id.ptr && fb_str_eq(id, source->document->party);
    fb_buf_addf(&d->text, "\"%.*s\"", FB_STR_ARG(own ? FB_STR("developer") : text));
}

static void put_tokens(struct drafting *d, struct source *source, size_t from, size_t to)
{
    const struct fb_token *items = source->document->parts.tokens.items;
    for (size_t i = from; i < to; i++) {
        if (items[i].kind != FB_TOKEN_COMMENT) {
            put_token(d, source, i);
        }
    }
    fb_buf_add_char(&d->text, '\n');
}

/* The first token of the next clause, or `to`. */
static size_t clause_end(const struct source *source, size_t from, size_t to)
{
    const struct fb_token *items = source->document->parts.tokens.items;
    for (from++; from < to && items[from].layout != FB_LAYOUT_CLAUSE; from++) {
    }
    return from;
}

/* A name of a file, without what would end the comment that it stands in. */
static void put_name(struct drafting *d, const char *name)
{
    for (; *name; name++) {
        fb_buf_add_char(&d->text, (unsigned char)*name < ' ' ? '?' : *name);
    }
}

/* "# FILE:LINE, hold.secure of "aurora/framework" version 2" */
static void put_origin(struct drafting *d, const struct fb_matrix_row *row, size_t document)
{
    const struct fb_matrix_cell *cell = &row->cells[document];
    const struct fb_matrix_document *from = &d->matrix->documents[document];
    struct fb_str name = cell->line ? cell->line->name : cell->duty->name;
    uint32_t line = cell->line ? cell->line->span.line : cell->duty->span.line;
    fb_buf_add_c(&d->text, "\n# ");
    put_name(d, from->name);
    fb_buf_addf(&d->text, ":%u, %.*s of \"%.*s\" version %lld%s\n", line, FB_STR_ARG(name),
        FB_STR_ARG(from->parts.program->name), (long long)from->parts.program->version,
        cell->standing == FB_STANDING_APART ? "; not comparable with others, all are here" : "");
}

/* The row of the demand that begins at this token of a commitment; NULL: it is not taken. */
static const struct fb_matrix_row *demand_row(
    const struct drafting *d, const struct source *source, size_t document, size_t from, size_t to)
{
    const struct fb_token *items = source->document->parts.tokens.items;
    for (size_t r = 0; r < d->matrix->row_count; r++) {
        const struct fb_matrix_row *row = &d->matrix->rows[r];
        const struct fb_duty *duty = row->cells[document].duty;
        for (size_t i = from; duty && !duty->after && i < to; i++) {
            if (same_span(items[i].span, duty->span) && takes(d->matrix, row, document)) {
                return row;
            }
        }
    }
    return NULL;
}

/* A commitment with those of its promises that are taken. */
static void put_commitment(
    struct drafting *d, struct source *source, size_t document, const struct piece *piece)
{
    const struct fb_token *items = source->document->parts.tokens.items;
    size_t from = piece->from, to = clause_end(source, from, piece->to);
    put_tokens(d, source, from, to);
    for (from = to; from < piece->to; from = to) {
        to = clause_end(source, from, piece->to);
        bool demand = items[from].kind == FB_TOKEN_WORD &&
                      (fb_str_is(items[from].text, "must") || fb_str_is(items[from].text, "may") ||
                          fb_str_is(items[from].text, "keep"));
        const struct fb_matrix_row *row = demand ? demand_row(d, source, document, from, to) : NULL;
        if (row) {
            put_origin(d, row, document);
        }
        if (row || !demand) {
            put_tokens(d, source, from, to);
        }
    }
}

/* An exemption from the rules of its document that are in the draft. */
static void put_exemption(struct drafting *d, struct source *source, const struct piece *piece)
{
    const struct fb_token *items = source->document->parts.tokens.items;
    const char *comma = "  from ";
    for (size_t from = piece->from, to; from < piece->to; from = to) {
        to = clause_end(source, from, piece->to);
        if (from == piece->from || !fb_str_is(items[from].text, "from")) {
            put_tokens(d, source, from, to);
        }
    }
    for (size_t i = 0; i < source->count; i++) {
        if (exempts(piece->item, &source->pieces[i])) {
            fb_buf_addf(&d->text, "%s%.*s", comma, FB_STR_ARG(source->pieces[i].name));
            comma = ", ";
        }
    }
    fb_buf_add_char(&d->text, '\n');
}

/* True when a line is the longest of its kind over all documents, and the first of those. */
static bool keeps_longest(
    const struct drafting *d, size_t document, const struct fb_retain *one, struct fb_str topic)
{
    for (size_t i = 0; i < d->matrix->document_count; i++) {
        const struct fb_retain *other =
            fb_retain_find(d->matrix->documents[i].parts.program, one->what, topic);
        if (other && other != one && fb_retain_covers(other, one) &&
            (i < document || !fb_retain_covers(one, other))) {
            return false;
        }
    }
    return true;
}

/* For how long documents are kept at most, of each kind; reports topic by topic. */
static void put_retains(struct drafting *d)
{
    for (size_t i = 0; i < d->matrix->document_count; i++) {
        const struct fb_program *program = d->matrix->documents[i].parts.program;
        for (size_t k = 0; k < program->retain_count; k++) {
            struct fb_retain one = program->retains[k];
            size_t count = one.what == FB_RETAIN_REPORTS ? one.topic_count : 1;
            for (size_t t = 0; t < count; t++) {
                struct fb_str topic = one.topic_count ? one.topics[t] : FB_STR("");
                struct fb_retain line = one;
                line.topics = one.topic_count ? &one.topics[t] : NULL;
                line.topic_count = one.topic_count ? 1 : 0;
                if (keeps_longest(d, i, &program->retains[k], topic)) {
                    fb_buf_add_c(&d->text, "  retain ");
                    fb_retain_write(&line, &d->text);
                    fb_buf_add_char(&d->text, '\n');
                }
            }
        }
    }
}

static void put_head(struct drafting *d)
{
    static const char *const calendars[] = {"exact", "eu-1182-71", "us-ca"};
    const struct fb_matrix *matrix = d->matrix;
    const struct fb_days *days = &matrix->documents[0].parts.program->days;
    bool other = false;
    fb_buf_add_c(&d->text,
        "# A draft of the best clauses of these documents. Read it before you adopt "
        "it: put the party\n# that commits itself in the place of \"developer\".\n");
    for (size_t i = 0; i < matrix->document_count; i++) {
        const struct fb_program *program = matrix->documents[i].parts.program;
        fb_buf_add_c(&d->text, "#   ");
        put_name(d, matrix->documents[i].name);
        fb_buf_addf(
            &d->text, ": %.*s (%.*s)\n", FB_STR_ARG(program->title), FB_STR_ARG(program->source));
        other = other || program->days.calendar != days->calendar ||
                program->days.holiday_count != days->holiday_count ||
                !fb_str_eq(program->days.zone_name, days->zone_name);
    }
    fb_buf_add_c(
        &d->text, other ? "# Their days are not counted alike: here as in the first.\n" : "");
    fb_buf_addf(&d->text,
        "policy \"draft/standard\"\n  title \"Draft standard\"\n  source \"the best clauses of %zu "
        "documents\"\n  version 1\n  calendar %s\n",
        matrix->document_count, calendars[days->calendar]);
    if (days->zone_name.len) {
        fb_buf_addf(&d->text, "  zone \"%.*s\"\n", FB_STR_ARG(days->zone_name));
    }
    const struct fb_holiday *first = matrix->documents[0].parts.tree->holidays;
    for (const struct fb_holiday *one = first; one; one = one->next) {
        char date[FB_TIME_TEXT];
        fb_time_format(one->date, date);
        fb_buf_add_c(&d->text, one == first ? "  holidays " : ", ");
        if (one->list.len) {
            fb_buf_addf(&d->text, "\"%.*s\"", FB_STR_ARG(one->list));
        } else {
            fb_buf_addf(&d->text, "%.10s", date);
        }
    }
    fb_buf_add_char(&d->text, '\n');
    put_retains(d);
}

/* Definitions and exemptions stand above what uses them. */
static void put_needs(struct drafting *d)
{
    for (size_t i = 0; i < d->matrix->document_count; i++) {
        struct source *source = &d->sources[i];
        for (size_t k = 0; k < source->count; k++) {
            const struct piece *piece = &source->pieces[k];
            if (piece->taken && piece->item->kind == FB_ITEM_LET) {
                put_tokens(d, source, piece->from, piece->to);
            } else if (piece->taken && piece->item->kind == FB_ITEM_EXEMPT) {
                put_exemption(d, source, piece);
            }
        }
    }
}

static void put_rows(struct drafting *d)
{
    for (size_t r = 0; r < d->matrix->row_count; r++) {
        const struct fb_matrix_row *row = &d->matrix->rows[r];
        for (size_t i = 0; i < d->matrix->document_count; i++) {
            struct piece *piece = takes(d->matrix, row, i) ? piece_of(d, row, i) : NULL;
            if (!piece || !piece->taken) {
                continue;
            }
            if (piece->item->kind == FB_ITEM_COMMITMENT) {
                put_commitment(d, &d->sources[i], i, piece);
                piece->taken = false; /* all its promises are there now */
            } else {
                put_origin(d, row, i);
                put_tokens(d, &d->sources[i], piece->from, piece->to);
            }
        }
    }
}

/* ---- pace ---- */

/* The document whose terms of the pace are taken: the first that no other is stricter than;
 * SIZE_MAX when none has any. */
static size_t pace_document(struct drafting *d)
{
    const struct fb_matrix *matrix = d->matrix;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < matrix->document_count; i++) {
        struct fb_diffing diffing = {.arena = &d->arena};
        struct fb_clause_change change = {.change = FB_CHANGE_NONE};
        if (!matrix->documents[i].parts.program->pace.given) {
            continue;
        }
        if (best != SIZE_MAX) {
            diffing.sides[0] = matrix->documents[best].parts.program;
            diffing.sides[1] = matrix->documents[i].parts.program;
            fb_diff_paces(&diffing, &change);
            d->no_memory = d->no_memory || diffing.no_memory;
        }
        best = best == SIZE_MAX || change.change == FB_CHANGE_STRICTER ? i : best;
    }
    return best;
}

/* The promise of a taken rule that a duty of a row is, by its name in the draft: promises of one
 * verb are counted anew. False when it is not taken. */
static bool promise_name(struct drafting *d, size_t document, const struct fb_item *item,
    struct fb_str part, struct fb_str *out)
{
    unsigned before = 0;
    for (const struct fb_demand *demand = item->demands; demand; demand = demand->next) {
        for (size_t r = 0; r < d->matrix->row_count; r++) {
            const struct fb_matrix_row *row = &d->matrix->rows[r];
            const struct fb_duty *duty = row->cells[document].duty;
            if (!duty || duty->after || !same_span(duty->span, demand->span)) {
                continue;
            }
            struct fb_str own = fb_str_sub(duty->name, item->name.len + 1, duty->name.len);
            struct fb_str rest = fb_str_sub(part, own.len, part.len);
            bool meant = fb_str_starts(part, own) &&
                         (rest.len == 0 || fb_str_starts(rest, FB_STR(".hence")));
            size_t verb = fb_str_find(own, '.', 0);
            bool same = fb_str_eq(demand->verb, fb_str_sub(part, 0, fb_str_find(part, '.', 0)));
            if (meant && takes(d->matrix, row, document)) {
                *out = before > 0 ? fb_arena_printf(&d->arena, "%.*s.%u%.*s", (int)verb, own.ptr,
                                        before + 1, FB_STR_ARG(rest))
                                  : fb_arena_printf(&d->arena, "%.*s%.*s", (int)verb, own.ptr,
                                        FB_STR_ARG(rest));
                d->no_memory = d->no_memory || !out->ptr;
                return out->ptr != NULL;
            }
            before += same && takes(d->matrix, row, document);
        }
    }
    return false;
}

/* The tokens of what a change says, from its clause's word on. */
static void put_change(struct drafting *d, size_t document, const struct fb_pace_change *change)
{
    struct source *source = &d->sources[document];
    const struct fb_token *items = source->document->parts.tokens.items;
    const struct piece *piece = piece_named(source, change->rule);
    struct fb_str part = change->part;
    size_t at = 0;
    if (!piece || !piece->taken ||
        (piece->item->kind == FB_ITEM_COMMITMENT && part.len &&
            !promise_name(d, document, piece->item, part, &part))) {
        return;
    }
    while (!same_span(items[at].span, change->span)) {
        at++;
    }
    /* Its word is the one behind the last of the dots that follow the name at once. */
    for (at++; fb_str_is(items[at].text, "."); at += 2) {
    }
    fb_buf_add_c(&d->text, "\n# ");
    put_name(d, source->document->name);
    fb_buf_addf(&d->text, ":%u\n", change->span.line);
    fb_buf_addf(&d->text, "    then %.*s%s%.*s.", FB_STR_ARG(piece->name), part.len ? "." : "",
        FB_STR_ARG(part));
    fb_buf_add_str(&d->text, items[at - 1].text);
    for (; items[at].kind != FB_TOKEN_END && items[at].layout != FB_LAYOUT_CLAUSE &&
           items[at].layout != FB_LAYOUT_ITEM && !fb_str_is(items[at].text, "then");
         at++) {
        if (items[at].kind != FB_TOKEN_COMMENT) {
            put_token(d, source, at);
        }
    }
    fb_buf_add_char(&d->text, '\n');
}

/* A level as one document tells it, and what every document changes of its rules that are taken. */
static void put_level(struct drafting *d, size_t document, enum fb_pace level)
{
    struct source *source = &d->sources[document];
    const struct fb_token *items = source->document->parts.tokens.items;
    const struct fb_pace_clause *clause = &source->document->parts.tree->pace->levels[level];
    size_t at = 0;
    while (clause->span.line && !same_span(items[at].span, clause->span)) {
        at++;
    }
    if (!clause->span.line) {
        return;
    }
    fb_buf_addf(&d->text, "  %s", level == FB_PACE_FAST ? "fast" : "slow");
    for (; items[at].kind != FB_TOKEN_END && items[at].layout != FB_LAYOUT_CLAUSE &&
           items[at].layout != FB_LAYOUT_ITEM && !fb_str_is(items[at].text, "then");
         at++) {
        if (items[at].kind != FB_TOKEN_COMMENT) {
            put_token(d, source, at);
        }
    }
    fb_buf_add_char(&d->text, '\n');
    for (size_t i = 0; i < d->matrix->document_count; i++) {
        const struct fb_pace_block *pace = d->matrix->documents[i].parts.tree->pace;
        const struct fb_pace_change *change = pace ? pace->levels[level].changes : NULL;
        for (; change && !d->no_memory; change = change->next) {
            put_change(d, i, change);
        }
    }
}

/* One pace block, before the rows, which forget what was taken. */
static void put_pace(struct drafting *d)
{
    static const char *const units[] = {"hours", "days"};
    size_t document = pace_document(d);
    if (document == SIZE_MAX) {
        return;
    }
    const struct fb_pace_block *pace = d->matrix->documents[document].parts.tree->pace;
    fb_buf_add_c(&d->text, "\n# ");
    put_name(d, d->matrix->documents[document].name);
    fb_buf_addf(&d->text, ":%u, the pace by its terms\npace\n", pace->span.line);
    put_level(d, document, FB_PACE_FAST);
    put_level(d, document, FB_PACE_SLOW);
    if (pace->dwell.amount) {
        fb_buf_addf(&d->text, "  relax after %lld %s\n", (long long)pace->dwell.amount,
            units[pace->dwell.unit]);
    }
    if (pace->age.amount) {
        fb_buf_addf(&d->text, "  needs newer than %lld %s\n", (long long)pace->age.amount,
            units[pace->age.unit]);
    }
}

enum fb_code fb_matrix_draft(
    const struct fb_matrix *matrix, struct fb_buf *out, struct fb_policy_errors *errors)
{
    struct drafting d = {.matrix = matrix};
    struct fb_program *program = NULL;
    size_t items = 0;
    FB_ASSERT(matrix && out && errors);
    fb_arena_init(&d.arena, FB_POLICY_MEMORY_MAX);
    fb_buf_init(&d.text, DRAFT_MAX);
    d.sources = FB_ARENA_ARRAY(&d.arena, struct source, matrix->document_count);
    d.no_memory = !d.sources;
    for (size_t i = 0; i < matrix->document_count && !d.no_memory; i++) {
        d.sources[i].document = &matrix->documents[i];
        cut(&d, &d.sources[i]);
        items += d.sources[i].count;
    }
    d.names = FB_ARENA_ARRAY(&d.arena, struct fb_str, items + 1);
    d.no_memory = d.no_memory || !d.names;
    errors->count = 1;
    fb_err_init(&errors->items[0]);
    enum fb_code code = d.no_memory ? fb_arena_failed(&d.arena, &errors->items[0]) : FB_OK;
    if (code == FB_OK) {
        choose(&d);
        put_head(&d);
        put_needs(&d);
        put_pace(&d);
        put_rows(&d);
        code = d.no_memory ? fb_arena_failed(&d.arena, &errors->items[0])
                           : fb_buf_check(&d.text, "the draft", &errors->items[0]);
    }
    if (code == FB_OK) {
        code = fb_policy_compile(fb_buf_str(&d.text), "draft", &d.arena, &program, errors);
        code = code ? code : fb_policy_format(fb_buf_str(&d.text), "draft", out, errors);
    }
    fb_buf_release(&d.text);
    fb_arena_release(&d.arena);
    return code;
}
