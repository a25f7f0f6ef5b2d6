/* One sample of an Inspect log: which scores it has, and whether they are clean. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/inspect.h"

enum { ID_MAX = 4096, EPOCH_MAX = 1000000 };

/* What is taken of one sample before it is known whose it is. Trees live in scratch. */
struct fields {
    struct fb_arena *scratch;
    const struct fb_json *id, *epoch, *scores, *score, *metadata, *completed_at;
    bool is_faulty; /* error, limit, invalidation, or an answer of another model */
    unsigned seen;  /* one bit a member, against members that stand twice */
};

/* Members of a sample that are read; all others are passed over. */
enum member {
    MEMBER_ID,
    MEMBER_EPOCH,
    MEMBER_SCORES,
    MEMBER_SCORE,
    MEMBER_METADATA,
    MEMBER_COMPLETED,
    MEMBER_ERROR,
    MEMBER_LIMIT,
    MEMBER_INVALIDATION,
    MEMBER_FALLBACKS,
    MEMBER_RETRIES,
    MEMBER_EVENTS,
    MEMBER_COUNT
};

static const char *const member_names[MEMBER_COUNT] = {"id", "epoch", "scores", "score", "metadata",
    "completed_at", "error", "limit", "invalidation", "model_fallbacks", "error_retries", "events"};

bool fb_inspect_grow(void **items, size_t *cap, size_t count, size_t size)
{
    FB_ASSERT(count <= *cap && size > 0);
    if (count < *cap) {
        return true;
    }
    size_t wider = *cap ? 2 * *cap : 64;
    void *grown = wider > SIZE_MAX / size ? NULL : fb_realloc(*items, wider * size);
    if (!grown) {
        return false;
    }
    *items = grown;
    *cap = wider;
    return true;
}

static enum fb_code no_memory(struct fb_err *err)
{
    return fb_err_set(err, FB_E_NOMEM, "memory ran out while reading a log");
}

enum fb_code fb_inspect_series_of(struct fb_inspect *log, struct fb_str scorer, struct fb_str key,
    struct fb_inspect_series **out, struct fb_err *err)
{
    for (size_t i = 0; i < log->series_count; i++) {
        if (fb_str_eq(log->series[i].scorer, scorer) && fb_str_eq(log->series[i].key, key)) {
            *out = &log->series[i];
            return FB_OK;
        }
    }
    if (log->series_count == FB_INSPECT_SERIES_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "the log has more than %d scores", FB_INSPECT_SERIES_MAX);
    }
    struct fb_inspect_series series = {.words_known = true};
    enum fb_code code = fb_arena_str(&log->arena, scorer, &series.scorer, err);
    if (code == FB_OK) {
        code = fb_arena_str(&log->arena, key, &series.key, err);
    }
    if (code != FB_OK) {
        return code;
    }
    void *items = log->series;
    if (!fb_inspect_grow(&items, &log->series_cap, log->series_count, sizeof(series))) {
        return no_memory(err);
    }
    log->series = items;
    log->series[log->series_count] = series;
    *out = &log->series[log->series_count++];
    return FB_OK;
}

/* True for a whole text that Python's float() reads as a finite number. */
static bool is_number(struct fb_str text, double *out)
{
    char copy[64];
    text = fb_str_trim(text);
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = text.ptr[i];
        if (!copy[i] || !strchr("0123456789+-.eE", copy[i])) {
            return false;
        }
    }
    copy[text.len] = 0;
    char *end = NULL;
    *out = strtod(copy, &end);
    return *end == 0 && isfinite(*out);
}

/* Inspect's value_to_float for words: *out is 0 when the word means nothing (false). */
static bool word_value(struct fb_str word, double *out)
{
    static const struct {
        const char *word;
        bool any_case;
        double value;
    } words[] = {{"C", false, 1}, {"P", false, 0.5}, {"I", false, 0}, {"N", false, 0},
        {"yes", true, 1}, {"true", true, 1}, {"no", true, 0}, {"false", true, 0}};
    char lower[8] = "";
    for (size_t i = 0; i < word.len && i < sizeof(lower) - 1; i++) {
        char c = word.ptr[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        bool is_same = words[i].any_case
                           ? word.len < sizeof(lower) && strcmp(lower, words[i].word) == 0
                           : fb_str_is(word, words[i].word);
        if (is_same) {
            *out = words[i].value;
            return true;
        }
    }
    *out = 0;
    return is_number(word, out);
}

/* One plain value as Inspect's metrics see it. */
static struct fb_inspect_cell cell_of(const struct fb_json *value, uint32_t attempt)
{
    struct fb_inspect_cell cell = {.attempt = attempt, .is_scored = true};
    switch (value->kind) {
    case FB_JSON_TRUE:
        cell.value = 1;
        break;
    case FB_JSON_FALSE:
        break;
    case FB_JSON_NUMBER:
        cell.is_scored = !isnan(value->number);
        cell.is_excluded = !cell.is_scored;
        cell.value = cell.is_scored ? value->number : 0;
        break;
    case FB_JSON_STRING:
        cell.is_text = true;
        cell.is_scored = word_value(value->text, &cell.value);
        break;
    case FB_JSON_NULL:
    case FB_JSON_ARRAY:
    case FB_JSON_OBJECT:
    case FB_JSON_ARRAY_END:
    case FB_JSON_OBJECT_END:
    case FB_JSON_KEY:
    case FB_JSON_END:
        cell.is_scored = false;
        cell.is_null = true;
        break;
    }
    return cell;
}

static void note_value(struct fb_inspect_series *series, const struct fb_inspect_cell *cell)
{
    series->flags[FB_INSPECT_UNSCORED] |= !cell->is_scored;
    series->flags[FB_INSPECT_NOT_BINARY] |= cell->value < 0 || cell->value > 1;
    series->flags[FB_INSPECT_PARTIAL] |= cell->value > 0 && cell->value < 1;
}

/* A single value as Python prints it; empty for null, objects and arrays. */
static struct fb_str word_of(const struct fb_json *value)
{
    bool is_text = value->kind == FB_JSON_STRING || value->kind == FB_JSON_NUMBER;
    return value->kind == FB_JSON_TRUE    ? FB_STR("True")
           : value->kind == FB_JSON_FALSE ? FB_STR("False")
           : is_text                      ? value->text
                                          : (struct fb_str){NULL, 0};
}

/* Counts a value as a word, and notes which in its cell. NaN is no value; an object or array is not
 * counted. */
static enum fb_code note_word(struct fb_inspect *log, struct fb_inspect_series *series,
    const struct fb_json *value, struct fb_err *err)
{
    struct fb_inspect_cell *cell = &series->cells[series->count - 1];
    size_t i = 0;
    if (value->kind == FB_JSON_NUMBER && isnan(value->number)) {
        return FB_OK;
    }
    struct fb_str word = word_of(value);
    series->words_known &= word.ptr != NULL;
    if (!series->words_known) {
        return FB_OK;
    }
    while (i < series->word_count && !fb_str_eq(series->words[i].word, word)) {
        i++;
    }
    if (i == FB_INSPECT_WORDS_MAX) {
        series->words_known = false;
        return FB_OK;
    }
    if (i == series->word_count) {
        enum fb_code code = fb_arena_str(&log->arena, word, &series->words[i].word, err);
        if (code != FB_OK) {
            return code;
        }
        series->word_count++;
    }
    series->words[i].times++;
    cell->word = (uint8_t)i;
    return FB_OK;
}

/* Where a value goes: an attempt's score, or one key of it. */
struct target {
    struct fb_str scorer, key;
    uint32_t attempt;
};

static enum fb_code put_cell(
    struct fb_inspect_series *series, const struct fb_inspect_cell *cell, struct fb_err *err)
{
    void *items = series->cells;
    if (!fb_inspect_grow(&items, &series->cap, series->count, sizeof(*cell))) {
        return no_memory(err);
    }
    series->cells = items;
    series->cells[series->count++] = *cell;
    return FB_OK;
}

static enum fb_code add_cell(struct fb_inspect *log, const struct target *target,
    const struct fb_json *value, struct fb_err *err)
{
    struct fb_inspect_cell cell = cell_of(value, target->attempt);
    struct fb_inspect_series *series = NULL;
    enum fb_code code = fb_inspect_series_of(log, target->scorer, target->key, &series, err);
    if (code != FB_OK) {
        return code;
    }
    code = put_cell(series, &cell, err);
    if (code != FB_OK) {
        return code;
    }
    note_value(series, &cell);
    return note_word(log, series, value, err);
}

/* An object or a list of nothing: there, but without a value. */
static enum fb_code add_empty(
    struct fb_inspect *log, struct fb_str scorer, uint32_t attempt, struct fb_err *err)
{
    struct fb_inspect_series *series = NULL;
    struct fb_inspect_cell cell = {.attempt = attempt, .is_excluded = true, .is_empty = true};
    enum fb_code code = fb_inspect_series_of(log, scorer, (struct fb_str){NULL, 0}, &series, err);
    return code ? code : put_cell(series, &cell, err);
}

/* Notes what a score's metadata says of log likelihoods, once it has a series. */
static enum fb_code note_likelihood(struct fb_inspect *log, const struct fb_json *score,
    struct fb_str scorer, uint32_t attempt, struct fb_err *err)
{
    const struct fb_json *metadata = fb_json_get(score, "metadata");
    const struct fb_json *tokens = fb_json_get(metadata, "num_tokens");
    const struct fb_json *sum = fb_json_get(metadata, "sum_log_probs");
    struct fb_inspect_likelihood l = {.attempt = attempt};
    if (!log->wants_likelihoods || !tokens || !sum || tokens->kind == FB_JSON_NULL ||
        sum->kind == FB_JSON_NULL) {
        return FB_OK;
    }
    while (l.series < log->series_count && !fb_str_eq(log->series[l.series].scorer, scorer)) {
        l.series++;
    }
    l.is_number = tokens->kind == FB_JSON_NUMBER && sum->kind == FB_JSON_NUMBER;
    l.tokens = l.is_number ? trunc(tokens->number) : 0;
    l.log_likelihood = l.is_number ? sum->number : 0;
    void *items = log->likelihoods;
    if (!fb_inspect_grow(&items, &log->likelihood_cap, log->likelihood_count, sizeof(l))) {
        return no_memory(err);
    }
    log->likelihoods = items;
    log->likelihoods[log->likelihood_count++] = l;
    return FB_OK;
}

/* One score: its value, or each of its values, becomes a cell. */
static enum fb_code add_values(struct fb_inspect *log, const struct fb_json *score,
    struct fb_str scorer, uint32_t attempt, struct fb_err *err)
{
    struct target target = {.scorer = scorer, .attempt = attempt};
    const struct fb_json *value = fb_json_get(score, "value");
    if (!value) {
        fb_err_set(err, FB_E_SCHEMA, "a score has no value");
        return fb_json_err_at(err, score);
    }
    const struct fb_json *history = fb_json_get(score, "history");
    log->flags[FB_INSPECT_SCORE_EDITS] |= history && history->count > 0;
    if (value->kind != FB_JSON_OBJECT && value->kind != FB_JSON_ARRAY) {
        return add_cell(log, &target, value, err);
    }
    if (!value->child) {
        return add_empty(log, scorer, attempt, err);
    }
    size_t index = 0;
    for (const struct fb_json *part = value->child; part; part = part->next) {
        char number[32];
        snprintf(number, sizeof(number), "[%zu]", index++);
        target.key = value->kind == FB_JSON_OBJECT ? part->key : fb_str_of(number);
        if (target.key.len == 0) {
            fb_err_set(err, FB_E_SCHEMA, "a value of a score has no name");
            return fb_json_err_at(err, part);
        }
        enum fb_code code = add_cell(log, &target, part, err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

static enum fb_code add_score(struct fb_inspect *log, const struct fb_json *score,
    struct fb_str scorer, uint32_t attempt, struct fb_err *err)
{
    enum fb_code code = add_values(log, score, scorer, attempt, err);
    return code ? code : note_likelihood(log, score, scorer, attempt, err);
}

/* The sample of an id, made when it is new. */
static enum fb_code sample_of(
    struct fb_inspect *log, struct fb_str id, uint32_t *out, struct fb_err *err)
{
    uintptr_t found = (uintptr_t)fb_map_get(&log->ids, id);
    if (found > 0) {
        *out = (uint32_t)(found - 1);
        return FB_OK;
    }
    struct fb_inspect_sample sample = {0};
    enum fb_code code = fb_arena_str(&log->arena, id, &sample.id, err);
    if (code != FB_OK) {
        return code;
    }
    void *items = log->samples;
    if (!fb_inspect_grow(&items, &log->sample_cap, log->sample_count, sizeof(sample))) {
        return no_memory(err);
    }
    log->samples = items;
    code = fb_map_put(&log->ids, sample.id, (void *)(uintptr_t)(log->sample_count + 1), err);
    if (code == FB_OK) {
        log->samples[log->sample_count] = sample;
        *out = (uint32_t)log->sample_count++;
    }
    return code;
}

static enum fb_code add_attempt(
    struct fb_inspect *log, struct fb_inspect_attempt attempt, uint32_t *out, struct fb_err *err)
{
    if (log->attempt_count == FB_INSPECT_ATTEMPTS_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "the log has more than %d samples", FB_INSPECT_ATTEMPTS_MAX);
    }
    void *items = log->attempts;
    if (!fb_inspect_grow(&items, &log->attempt_cap, log->attempt_count, sizeof(attempt))) {
        return no_memory(err);
    }
    log->attempts = items;
    log->attempts[log->attempt_count] = attempt;
    *out = (uint32_t)log->attempt_count++;
    return FB_OK;
}

/* True for a text that stands elsewhere in its sample. Those of two samples cannot be told apart or
 * together by it: the same index may be two texts, and one text may have two. */
static bool is_reference(const struct fb_json *value)
{
    return value->kind == FB_JSON_STRING && fb_str_starts(value->text, FB_STR("attachment://"));
}

/* Copies the cluster values of metadata, a tree. */
static enum fb_code take_clusters(struct fb_inspect *log, struct fb_inspect_sample *sample,
    const struct fb_json *metadata, struct fb_err *err)
{
    for (size_t i = 0; i < log->cluster_count; i++) {
        const struct fb_json *value = fb_json_get(metadata, log->cluster_keys[i]);
        if (!value || value->kind == FB_JSON_NULL || value->kind == FB_JSON_ARRAY ||
            value->kind == FB_JSON_OBJECT || is_reference(value)) {
            continue;
        }
        struct fb_str text = value->kind == FB_JSON_TRUE    ? FB_STR("true")
                             : value->kind == FB_JSON_FALSE ? FB_STR("false")
                                                            : value->text;
        /* The string "1" and the number 1 are two clusters. */
        struct fb_str copy = fb_arena_printf(
            &log->arena, "%c%.*s", value->kind == FB_JSON_STRING ? 's' : 'v', FB_STR_ARG(text));
        if (!copy.ptr) {
            return fb_arena_failed(&log->arena, err);
        }
        sample->clusters[i] = copy;
    }
    return FB_OK;
}

enum fb_code fb_inspect_read_metadata(struct fb_inspect *log, struct fb_inspect_sample *sample,
    struct fb_json_reader *reader, const struct fb_json_token *first, struct fb_err *err)
{
    struct fb_arena scratch;
    fb_arena_init(&scratch, FB_INSPECT_SCRATCH_MAX);
    struct fb_json *metadata = NULL;
    enum fb_code code = fb_json_read_tree(reader, first, &scratch, &metadata, err);
    if (code == FB_OK) {
        code = take_clusters(log, sample, metadata, err);
    }
    fb_arena_release(&scratch);
    return code;
}

/* Takes the value of a member that began with first: a tree when it is needed. */
static enum fb_code take_member(struct fb_inspect *log, struct fields *f, enum member member,
    struct fb_json_reader *reader, struct fb_err *err)
{
    struct fb_json_token first;
    enum fb_code code = fb_json_next(reader, &first, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_json *tree = NULL;
    bool is_wanted = member < MEMBER_ERROR && (member != MEMBER_METADATA || log->cluster_count);
    if (is_wanted) {
        code = fb_json_read_tree(reader, &first, f->scratch, &tree, err);
    } else if (member == MEMBER_EVENTS) {
        code = fb_inspect_read_events(log, reader, &first, err);
    } else if (member >= MEMBER_FALLBACKS && first.kind == FB_JSON_ARRAY) {
        struct fb_json_token token;
        code = fb_json_next(reader, &token, err);
        while (code == FB_OK && token.kind != FB_JSON_ARRAY_END) {
            bool is_retry = member == MEMBER_RETRIES;
            log->flags[is_retry ? FB_INSPECT_RETRIES : FB_INSPECT_MODEL_FALLBACKS] = true;
            f->is_faulty |= !is_retry;
            code = fb_json_skip(reader, &token, err);
            code = code == FB_OK ? fb_json_next(reader, &token, err) : code;
        }
    } else {
        code = fb_json_skip(reader, &first, err);
    }
    bool is_there = first.kind != FB_JSON_NULL;
    f->id = member == MEMBER_ID ? tree : f->id;
    f->epoch = member == MEMBER_EPOCH ? tree : f->epoch;
    f->scores = member == MEMBER_SCORES ? tree : f->scores;
    f->score = member == MEMBER_SCORE ? tree : f->score;
    f->metadata = member == MEMBER_METADATA ? tree : f->metadata;
    f->completed_at = member == MEMBER_COMPLETED ? tree : f->completed_at;
    log->flags[FB_INSPECT_ERRORS] |= member == MEMBER_ERROR && is_there;
    log->flags[FB_INSPECT_LIMITS_HIT] |= member == MEMBER_LIMIT && is_there;
    log->flags[FB_INSPECT_INVALIDATED] |= member == MEMBER_INVALIDATION && is_there;
    f->is_faulty |= member >= MEMBER_ERROR && member <= MEMBER_INVALIDATION && is_there;
    return code;
}

/* Places a filled error at a token of a reader. */
static enum fb_code refuse_at(
    const struct fb_json_reader *reader, const struct fb_json_token *token, struct fb_err *err)
{
    struct fb_buf path;
    fb_buf_init(&path, FB_ERR_TEXT_MAX);
    fb_json_path(reader, &path);
    if (path.ptr) {
        fb_err_path(err, path.ptr);
    }
    fb_buf_release(&path);
    fb_err_place(err, NULL, token->place.line, token->place.column, (int64_t)token->place.offset);
    return err->code;
}

/* Reads the members of the object that is open. */
static enum fb_code read_members(
    struct fb_inspect *log, struct fields *f, struct fb_json_reader *reader, struct fb_err *err)
{
    for (;;) {
        struct fb_json_token token;
        enum fb_code code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_OBJECT_END) {
            return code;
        }
        unsigned member = 0;
        while (member < MEMBER_COUNT && !fb_str_is(token.text, member_names[member])) {
            member++;
        }
        if (member < MEMBER_COUNT && (f->seen & (1U << member))) {
            fb_err_set(err, FB_E_SYNTAX, "the sample has '%s' twice", member_names[member]);
            return refuse_at(reader, &token, err);
        }
        if (member < MEMBER_COUNT) {
            f->seen |= 1U << member;
            code = take_member(log, f, (enum member)member, reader, err);
        } else {
            code = fb_json_next(reader, &token, err);
            code = code == FB_OK ? fb_json_skip(reader, &token, err) : code;
        }
        if (code != FB_OK) {
            return code;
        }
    }
}

static enum fb_code check_fields(const struct fields *f, struct fb_err *err)
{
    if (!f->id || (f->id->kind != FB_JSON_STRING && f->id->kind != FB_JSON_NUMBER) ||
        f->id->text.len > ID_MAX) {
        return fb_err_set(err, FB_E_SCHEMA, "a sample needs an id, a string or a number");
    }
    if (!f->epoch || !f->epoch->is_integer || f->epoch->integer < 1 ||
        f->epoch->integer > EPOCH_MAX) {
        return fb_err_set(err, FB_E_SCHEMA, "a sample needs an epoch, a whole number from 1 on");
    }
    if (f->scores && f->scores->kind != FB_JSON_OBJECT && f->scores->kind != FB_JSON_NULL) {
        fb_err_set(err, FB_E_SCHEMA, "the scores of a sample must be an object");
        return fb_json_err_at(err, f->scores);
    }
    return FB_OK;
}

enum fb_code fb_inspect_time(
    struct fb_inspect *log, const struct fb_json *value, fb_time *out, struct fb_err *err)
{
    FB_ASSERT(log && value && out);
    enum { LENGTH = 19 /* of 2024-05-05T07:59:35 */, TEXT = 64 };
    struct fb_str text = value->text;
    struct fb_str rest = fb_str_sub(text, LENGTH, text.len);
    bool has_zone = rest.len == 0;
    for (size_t i = 0; i < rest.len; i++) {
        has_zone |=
            rest.ptr[i] == 'Z' || rest.ptr[i] == 'z' || rest.ptr[i] == '+' || rest.ptr[i] == '-';
    }
    char zoned[TEXT];
    bool is_naive = text.len >= LENGTH && (rest.len == 0 || !has_zone) && text.len < TEXT - 1;
    if (is_naive) {
        (void)snprintf(zoned, sizeof(zoned), "%.*sZ", FB_STR_ARG(text));
        log->flags[FB_INSPECT_NO_TIME_ZONE] = true;
    }
    enum fb_code code = fb_time_parse(is_naive ? fb_str_of(zoned) : text, out, err);
    return code == FB_OK ? code : fb_json_err_at(err, value);
}

void fb_inspect_name_scores(struct fb_inspect *log)
{
    const struct fb_json *scores = fb_json_get(log->results, "scores");
    struct fb_str name = fb_json_get_str(fb_json_get(log->results, "scorer"), "name");
    name = scores && scores->child ? fb_json_get_str(scores->child, "name") : name;
    for (size_t i = 0; i < log->series_count; i++) {
        if (log->series[i].scorer.len == 0) {
            log->series[i].scorer = name.len > 0 ? name : FB_STR("score");
        }
    }
}

static enum fb_code take_sample(struct fb_inspect *log, const struct fields *f, struct fb_err *err)
{
    enum fb_code code = check_fields(f, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_inspect_attempt attempt = {
        .epoch = (uint32_t)f->epoch->integer, .is_clean = !f->is_faulty};
    uint32_t index = 0;
    code = sample_of(log, f->id->text, &attempt.sample, err);
    if (code == FB_OK) {
        code = add_attempt(log, attempt, &index, err);
    }
    if (code == FB_OK && f->metadata) {
        code = take_clusters(log, &log->samples[attempt.sample], f->metadata, err);
    }
    const struct fb_json *score = f->scores ? f->scores->child : NULL;
    for (; code == FB_OK && score; score = score->next) {
        code = add_score(log, score, score->key, index, err);
    }
    if (code == FB_OK && f->score && f->score->kind == FB_JSON_OBJECT) {
        /* Logs before scorers had names in their samples; fb_inspect_name_scores names it. */
        code = add_score(log, f->score, (struct fb_str){NULL, 0}, index, err);
    }
    if (code == FB_OK && f->completed_at && f->completed_at->text.len > 0) {
        fb_time at;
        code = fb_inspect_time(log, f->completed_at, &at, err);
        log->last = code == FB_OK && at > log->last ? at : log->last;
    }
    return code;
}

enum fb_code fb_inspect_read_sample(struct fb_inspect *log, struct fb_json_reader *reader,
    const struct fb_json_token *first, struct fb_err *err)
{
    FB_ASSERT(log && reader);
    if (first->kind != FB_JSON_OBJECT) {
        fb_err_set(err, FB_E_SCHEMA, "a sample must be an object");
        return refuse_at(reader, first, err);
    }
    struct fb_arena scratch;
    fb_arena_init(&scratch, FB_INSPECT_SCRATCH_MAX);
    struct fields f = {.scratch = &scratch};
    enum fb_code code = read_members(log, &f, reader, err);
    if (code == FB_OK) {
        code = take_sample(log, &f, err);
        if (code != FB_OK) {
            /* The path of a tree begins at its own root; that of the sample leads further. */
            err->path[0] = 0;
            refuse_at(reader, first, err);
        }
    }
    fb_arena_release(&scratch);
    return code;
}
