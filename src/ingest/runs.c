#include "ingest/runs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "base/json.h"
#include "ingest/columns.h"
#include "ingest/csv.h"
#include "ingest/names.h"
#include "ingest/once.h"

/* Members of a line, by meaning: each list is in the order of preference. */
static const char *const agent_names[] = {"alias", "agent", "model", NULL};
static const char *const task_names[] = {"task_id", "task", NULL};
static const char *const family_names[] = {"task_family", "family", NULL};
static const char *const minutes_names[] = {"human_minutes", "minutes", NULL};
static const char *const score_names[] = {"score_binarized", "success", "score", NULL};
static const char *const successes_names[] = {"successes", NULL};
static const char *const trials_names[] = {"trials", "samples", "n", NULL};
static const char *const id_names[] = {"run_id", NULL};

enum { AGENT, TASK, FAMILY, MINUTES, SCORE, FIELDS };
enum { SHOWN_MAX = 80 };

static const char *const *const field_names[FIELDS] = {
    agent_names, task_names, family_names, minutes_names, score_names};

/* A file at work. */
struct work {
    const char *name;
    struct fb_arena *arena;
    struct fb_names names[3]; /* AGENT, TASK, FAMILY */
    struct fb_horizon_run *runs;
    size_t count;
    size_t cap;
    uint32_t line;
    int score; /* which of the names of a score the first line has */
    struct fb_once once;
    struct fb_buf id; /* run_id of the run at hand; empty: it has none */
};

/* One run as it is written. */
struct written {
    struct fb_str text[3];
    double minutes;
    double score;
};

static enum fb_code add_run(struct work *work, const struct fb_horizon_run *run, struct fb_err *err)
{
    if (work->count == FB_HORIZON_RUNS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "more than %d runs", FB_HORIZON_RUNS_MAX);
        return fb_err_hint(err, "Leave out agents.");
    }
    if (work->count == work->cap) {
        size_t cap = work->cap ? work->cap * 2 : 1024;
        struct fb_horizon_run *runs = FB_ARENA_ARRAY(work->arena, struct fb_horizon_run, cap);
        if (!runs) {
            return fb_arena_failed(work->arena, err);
        }
        if (work->count > 0) {
            memcpy(runs, work->runs, work->count * sizeof(*runs));
        }
        work->runs = runs;
        work->cap = cap;
    }
    work->runs[work->count++] = *run;
    return FB_OK;
}

/* Notes a run that has a name of its own, so that one that stands twice is found. */
static enum fb_code note_run(
    struct work *work, const struct written *written, uint32_t line, struct fb_err *err)
{
    const struct fb_str parts[] = {
        written->text[AGENT], written->text[TASK], fb_str_trim(fb_buf_str(&work->id))};
    enum fb_code code = fb_buf_check(&work->id, "a run_id", err);
    return code || parts[2].len == 0 ? code : fb_once_add(&work->once, parts, 3, line, err);
}

/* Checks a run and turns its names into numbers. */
static enum fb_code number_run(struct work *work, const struct written *written,
    struct fb_horizon_run *out, struct fb_err *err)
{
    struct fb_str family = written->text[FAMILY].len ? written->text[FAMILY] : written->text[TASK];
    if (written->text[AGENT].len == 0 || written->text[TASK].len == 0) {
        (void)fb_err_set(err, FB_E_SCHEMA, "a run without %s",
            written->text[AGENT].len == 0 ? "an agent" : "a task");
        return fb_err_hint(err, "Each run names both.");
    }
    if (!(written->minutes > 0 && isfinite(written->minutes))) {
        (void)fb_err_set(
            err, FB_E_RANGE, "the length of a task, %g minutes, is not positive", written->minutes);
        return fb_err_hint(err, "It is how long people need; leave out tasks that nobody timed.");
    }
    *out = (struct fb_horizon_run){.minutes = written->minutes, .score = written->score};
    enum fb_code code =
        fb_names_number(&work->names[AGENT], written->text[AGENT], &out->agent, err);
    code = code ? code : fb_names_number(&work->names[TASK], written->text[TASK], &out->task, err);
    return code ? code : fb_names_number(&work->names[FAMILY], family, &out->family, err);
}

/* --- JSON, one object a line ------------------------------------------------------------------ */

/* The member that a key is, and how much it is preferred (0 first). */
static int field_of(struct fb_str key, int *out_rank)
{
    for (int field = 0; field < FIELDS; field++) {
        for (int i = 0; field_names[field][i]; i++) {
            if (fb_str_is(key, field_names[field][i])) {
                *out_rank = i;
                return field;
            }
        }
    }
    return FIELDS;
}

/* Takes the value of one member; texts are copied, since a token's lasts only until the next. */
static enum fb_code take(struct work *work, int field, const struct fb_json_token *token,
    struct written *out, struct fb_err *err)
{
    bool is_number = token->kind == FB_JSON_NUMBER;
    bool is_truth = token->kind == FB_JSON_TRUE || token->kind == FB_JSON_FALSE;
    if (field < MINUTES) {
        if (token->kind != FB_JSON_STRING) {
            (void)fb_err_set(err, FB_E_SCHEMA, "'%s' is not a string", field_names[field][0]);
            return fb_err_hint(err, "Names of agents, tasks and families are strings.");
        }
        /* A name that is known costs nothing; a new one is copied. */
        struct fb_names *names = &work->names[field];
        uint32_t number = 0;
        enum fb_code code = fb_names_number(names, token->text, &number, err);
        if (code == FB_OK) {
            out->text[field] = names->map.entries[number].key;
        }
        return code;
    }
    if (!is_number && !(is_truth && field == SCORE)) {
        (void)fb_err_set(err, FB_E_SCHEMA, "'%s' is not a number", field_names[field][0]);
        return fb_err_hint(err, "%s",
            field == MINUTES ? "It is how many minutes people need, above 0."
                             : "A score is from 0 to 1, true or false.");
    }
    double value = is_number ? token->number : token->kind == FB_JSON_TRUE;
    *(field == MINUTES ? &out->minutes : &out->score) = value;
    return FB_OK;
}

/* Says what a run lacks, and all that it may be called. */
static enum fb_code lacks(int field, struct fb_err *err)
{
    const char *const *names = field_names[field];
    bool has_third = names[1] && names[2];
    (void)fb_err_set(err, FB_E_SCHEMA, "a run has no '%s'", names[0]);
    return fb_err_hint(err,
        "A line is a run: an agent, a task, human minutes and a score from 0 to 1; '%s' may also "
        "be "
        "'%s'%s%s%s.",
        names[0], names[1], has_third ? " or '" : "", has_third ? names[2] : "",
        has_third ? "'" : "");
}

static enum fb_code read_members(
    struct work *work, struct fb_json_reader *reader, struct written *out, struct fb_err *err)
{
    struct fb_json_token token;
    int best[FIELDS];
    for (int i = 0; i < FIELDS; i++) {
        best[i] = INT32_MAX;
    }
    for (;;) {
        enum fb_code code = fb_json_next(reader, &token, err);
        if (code != FB_OK) {
            return code;
        }
        if (token.kind == FB_JSON_OBJECT_END) {
            break;
        }
        int rank = 0, field = field_of(token.text, &rank);
        bool is_id = fb_str_is(token.text, id_names[0]);
        code = fb_json_next(reader, &token, err);
        if (code == FB_OK && is_id &&
            (token.kind == FB_JSON_STRING || token.kind == FB_JSON_NUMBER)) {
            fb_buf_clear(&work->id);
            fb_buf_add_str(&work->id, token.text);
        }
        if (code == FB_OK && field < FIELDS && rank < best[field] && token.kind != FB_JSON_NULL) {
            code = take(work, field, &token, out, err);
            best[field] = rank;
        }
        code = code ? code : fb_json_skip(reader, &token, err);
        if (code != FB_OK) {
            return code;
        }
    }
    for (int i = 0; i < FIELDS; i++) {
        if (best[i] == INT32_MAX && i != FAMILY) {
            return lacks(i, err);
        }
    }
    /* Not before: METR's runs of January 2025 have a 'score' without bounds before
     * 'score_binarized'. */
    if (!(out->score >= 0 && out->score <= 1)) {
        (void)fb_err_set(err, FB_E_RANGE, "a score %g is not between 0 and 1", out->score);
        return fb_err_hint(err, "A score is a share of success; divide percentages by 100.");
    }
    if (work->count == 0) {
        work->score = best[SCORE];
    } else if (best[SCORE] != work->score) {
        (void)fb_err_set(err, FB_E_SCHEMA,
            "a run has its score as '%s', not as '%s' as those before", score_names[best[SCORE]],
            score_names[work->score]);
        return fb_err_hint(err, "Scores of two kinds make no rate: give every run the same one.");
    }
    return fb_json_next(reader, &token, err);
}

static enum fb_code read_object(struct work *work, struct fb_str line, struct fb_err *err)
{
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token;
    struct written written = {0};
    struct fb_horizon_run run;
    const struct fb_json_options options = {.allow_nonfinite = true};
    enum fb_code code = fb_json_reader_new(line, work->name, &options, &reader, err);
    code = code ? code : fb_json_next(reader, &token, err);
    if (code == FB_OK && token.kind != FB_JSON_OBJECT) {
        (void)fb_err_set(err, FB_E_SYNTAX, "a line is not a JSON object");
        code = fb_err_hint(err, "A line is one object, as {\"alias\": \"a\", ...}: one run.");
    }
    fb_buf_clear(&work->id);
    code = code ? code : read_members(work, reader, &written, err);
    code = code ? code : number_run(work, &written, &run, err);
    code = code ? code : note_run(work, &written, work->line, err);
    code = code ? code : add_run(work, &run, err);
    fb_json_reader_free(reader);
    if (code != FB_OK) {
        if (!err->hint[0] && code != FB_E_NOMEM) {
            (void)fb_err_hint(err, "A line is one JSON object: one run.");
        }
        err->line = work->line;
        err->offset = -1;
        fb_err_place(err, work->name, work->line, 0, -1);
    }
    return code;
}

static enum fb_code read_lines(struct work *work, struct fb_str text, struct fb_err *err)
{
    struct fb_str line;
    while (fb_str_line(&text, &line)) {
        work->line++;
        if (line.len > FB_RUNS_LINE_MAX) {
            (void)fb_err_set(err, FB_E_LIMIT, "a line is longer than %d bytes", FB_RUNS_LINE_MAX);
            fb_err_place(err, work->name, work->line, 0, -1);
            return fb_err_hint(err, "A line is one run.");
        }
        if (fb_str_trim(line).len > 0) {
            enum fb_code code = read_object(work, line, err);
            if (code != FB_OK) {
                return code;
            }
        }
    }
    return FB_OK;
}

/* --- A table -----------------------------------------------------------------------------------
 */

struct columns {
    size_t of[FIELDS];
    size_t id;
    size_t successes;
    size_t trials;
};

static enum fb_code find_columns(const struct fb_csv *csv, struct columns *out, struct fb_err *err)
{
    enum fb_code code = fb_csv_require(csv, agent_names, &out->of[AGENT], err);
    code = code ? code : fb_csv_require(csv, task_names, &out->of[TASK], err);
    code = code ? code : fb_csv_require(csv, minutes_names, &out->of[MINUTES], err);
    out->of[FAMILY] = fb_csv_column(csv, family_names);
    out->successes = fb_csv_column(csv, successes_names);
    out->id = fb_csv_column(csv, id_names);
    out->trials = fb_csv_column(csv, trials_names);
    out->of[SCORE] = fb_csv_column(csv, score_names);
    if (code == FB_OK && out->successes == SIZE_MAX) {
        code = fb_csv_require(csv, score_names, &out->of[SCORE], err);
        if (code != FB_OK) {
            (void)fb_err_hint(err, "Or the columns 'successes' and 'trials'.");
        }
    } else if (code == FB_OK) {
        code = fb_csv_require(csv, trials_names, &out->trials, err);
    }
    return code;
}

/* A row of successes and trials stands for that many runs. */
static enum fb_code add_trials(struct work *work, const struct fb_csv *csv,
    const struct columns *columns, struct fb_horizon_run *run, struct fb_err *err)
{
    double successes = 0, trials = 0;
    enum fb_code code = fb_csv_number(csv, columns->successes, &successes, err);
    code = code ? code : fb_csv_number(csv, columns->trials, &trials, err);
    if (code != FB_OK) {
        return code;
    }
    if (!(trials >= 0 && trials <= FB_HORIZON_RUNS_MAX && floor(trials) == trials)) {
        (void)fb_csv_refuse(csv, columns->trials, FB_E_RANGE, err, "is no number of trials");
        return fb_err_hint(err, "It is a whole number from 0 to %d.", FB_HORIZON_RUNS_MAX);
    }
    if (!(successes >= 0 && successes <= trials && floor(successes) == successes)) {
        (void)fb_csv_refuse(csv, columns->successes, FB_E_RANGE, err,
            "is no number of successes in that many trials");
        return fb_err_hint(err, "It is a whole number from 0 to the row's trials.");
    }
    for (double i = 0; code == FB_OK && i < trials; i++) {
        run->score = i < successes;
        code = add_run(work, run, err);
    }
    return code;
}

static enum fb_code read_row(
    struct work *work, const struct fb_csv *csv, const struct columns *columns, struct fb_err *err)
{
    struct written written = {0};
    struct fb_horizon_run run;
    for (int i = AGENT; i <= FAMILY; i++) {
        written.text[i] = fb_str_trim(fb_csv_field(csv, columns->of[i]));
    }
    bool counted = columns->successes != SIZE_MAX;
    enum fb_code code = fb_csv_number(csv, columns->of[MINUTES], &written.minutes, err);
    if (code == FB_OK && !counted) {
        code = fb_csv_number(csv, columns->of[SCORE], &written.score, err);
        if (code == FB_OK && !(written.score >= 0 && written.score <= 1)) {
            (void)fb_csv_refuse(csv, columns->of[SCORE], FB_E_RANGE, err, "is not between 0 and 1");
            return fb_err_hint(err, "A score is a share of success; divide percentages by 100.");
        }
    }
    fb_buf_clear(&work->id);
    fb_buf_add_str(&work->id, fb_csv_field(csv, columns->id));
    code = code ? code : number_run(work, &written, &run, err);
    code = code ? code : note_run(work, &written, csv->line, err);
    if (code == FB_OK) {
        code = counted ? add_trials(work, csv, columns, &run, err) : add_run(work, &run, err);
    }
    if (code != FB_OK) {
        fb_err_place(err, work->name, csv->line, 0, -1);
    }
    return code;
}

static enum fb_code read_table(struct work *work, struct fb_str text, struct fb_err *err)
{
    struct fb_csv csv;
    struct columns columns;
    bool more = true;
    enum fb_code code = fb_csv_start(&csv, text, work->name, err);
    code = code ? code : find_columns(&csv, &columns, err);
    while (code == FB_OK && more) {
        code = fb_csv_next(&csv, &more, err);
        if (code == FB_OK && more) {
            code = read_row(work, &csv, &columns, err);
        }
    }
    fb_csv_release(&csv);
    return code;
}

/* --- Both ----------------------------------------------------------------------------------------
 */

/* The digest of names and runs, in their order. */
static void digest_runs(struct fb_runs *runs)
{
    struct fb_sha256 sha;
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, FB_STR("flyball runs 1\n"));
    for (size_t i = 0; i < runs->data.count; i++) {
        const struct fb_horizon_run *run = &runs->data.runs[i];
        char numbers[64];
        int len = snprintf(numbers, sizeof(numbers), "\n%.17g %.17g\n", run->minutes, run->score);
        const struct fb_str names[] = {
            runs->agents[run->agent], runs->families[run->family], runs->tasks[run->task]};
        for (size_t j = 0; j < 3; j++) {
            fb_sha256_add(&sha, names[j]);
            fb_sha256_add(&sha, FB_STR("\0"));
        }
        fb_sha256_add(&sha, (struct fb_str){numbers, (size_t)len});
    }
    fb_sha256_end(&sha, runs->digest);
}

/* Refuses a task of two families, by name; the runs are those of names in the order of reading. */
static enum fb_code check_families(const struct work *work, struct fb_err *err)
{
    size_t tasks = work->names[TASK].map.count;
    uint32_t *family_of = FB_ARENA_ARRAY(work->arena, uint32_t, tasks);
    if (!family_of) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < work->count; i++) {
        const struct fb_horizon_run *run = &work->runs[i];
        uint32_t *of = &family_of[run->task];
        if (*of != 0 && *of != run->family + 1) {
            const struct fb_map_entry *families = work->names[FAMILY].map.entries;
            (void)fb_err_set(err, FB_E_MISMATCH,
                "the task '%.*s' belongs to the family '%.*s' and to '%.*s'",
                FB_STR_ARG(fb_str_sub(work->names[TASK].map.entries[run->task].key, 0, SHOWN_MAX)),
                FB_STR_ARG(fb_str_sub(families[*of - 1].key, 0, SHOWN_MAX)),
                FB_STR_ARG(fb_str_sub(families[run->family].key, 0, SHOWN_MAX)));
            fb_err_place(err, work->name, 0, 0, -1);
            return fb_err_hint(err, "A task has one family in all runs.");
        }
        *of = run->family + 1;
    }
    return FB_OK;
}

static enum fb_code finish(struct work *work, struct fb_runs *out, struct fb_err *err)
{
    enum fb_code same = check_families(work, err);
    if (same != FB_OK) {
        return same;
    }
    uint32_t *places[3];
    for (int i = AGENT; i <= FAMILY; i++) {
        enum fb_code code = fb_names_sort(&work->names[i], &places[i], err);
        if (code != FB_OK) {
            return code;
        }
    }
    for (size_t i = 0; i < work->count; i++) {
        struct fb_horizon_run *run = &work->runs[i];
        run->agent = places[AGENT][run->agent];
        run->task = places[TASK][run->task];
        run->family = places[FAMILY][run->family];
    }
    struct fb_runs runs = {
        .data = {work->runs, work->count, (uint32_t)work->names[AGENT].map.count,
            (uint32_t)work->names[FAMILY].map.count, (uint32_t)work->names[TASK].map.count},
        .agents = work->names[AGENT].list,
        .families = work->names[FAMILY].list,
        .tasks = work->names[TASK].list,
    };
    if (work->count == 0) {
        (void)fb_err_set(err, FB_E_SCHEMA, "there are no runs");
        fb_err_place(err, work->name, 0, 0, -1);
        return fb_err_hint(err,
            "A row or line is a run: an agent, a task, minutes and a score; or successes of "
            "trials.");
    }
    fb_horizon_sort(&runs.data);
    digest_runs(&runs);
    *out = runs;
    return FB_OK;
}

enum fb_code fb_runs_read_memory(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_runs *out, struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct work work = {.name = name, .arena = arena};
    fb_buf_init(&work.id, FB_NAME_BYTES_MAX);
    for (int i = AGENT; i <= FAMILY; i++) {
        fb_names_init(&work.names[i], arena);
    }
    text = fb_csv_unmarked(text);
    bool is_json = fb_str_starts(fb_str_trim(text), FB_STR("{"));
    enum fb_code code = is_json ? read_lines(&work, text, err) : read_table(&work, text, err);
    code = code ? code : fb_once_check(&work.once, name, err);
    code = code ? code : finish(&work, out, err);
    fb_once_release(&work.once);
    fb_buf_release(&work.id);
    for (int i = AGENT; i <= FAMILY; i++) {
        fb_names_release(&work.names[i]);
    }
    return code;
}

enum fb_code fb_runs_read(
    const char *path, struct fb_arena *arena, struct fb_runs *out, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CSV_FILE_MAX);
    enum fb_code code = fb_columns_text(path, &text, err);
    code = code ? code : fb_runs_read_memory(fb_buf_str(&text), path, arena, out, err);
    fb_buf_release(&text);
    return code;
}
