/*
 * Samples of lm-evaluation-harness (.jsonl): one document under one filter a line.
 *
 * Every member that is a number or a truth value, and is none of those that all lines have, is the
 * value of a metric; a member `metrics`, where there is one, says which. Prompts and answers are
 * passed over. Logs are paired by the digests of document and prompt, where a line has both:
 * numbers of documents mean another document in another version of a dataset.
 */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "ingest/harness.h"
#include "ingest/lines.h"

enum { SCALARS_MAX = 64, SCRATCH_MAX = 1 << 20, NAME_BYTES = 4096 };

/* One member with a single value. */
struct scalar {
    struct fb_str key;
    double value;
};

/* What is taken of one line. Texts live in scratch. */
struct line {
    struct fb_arena scratch;
    struct fb_str doc_id, filter, doc_hash, prompt_hash;
    struct scalar scalars[SCALARS_MAX];
    size_t scalar_count;
    struct fb_json *metrics; /* the list of names, or NULL */
};

bool fb_is_harness_samples(const struct fb_head *head)
{
    return head->has[FB_HEAD_DOC_ID] && !head->has[FB_HEAD_KIND];
}

void fb_harness_score_name(struct fb_buf *out, struct fb_str metric, struct fb_str filter)
{
    fb_buf_add_str(out, metric);
    if (filter.len > 0 && !fb_str_is(filter, "none")) {
        fb_buf_add_char(out, ',');
        fb_buf_add_str(out, filter);
    }
}

/* Members that are never the value of a metric. */
static bool is_fixed(struct fb_str key)
{
    static const char *const fixed[] = {"doc", "target", "arguments", "resps", "filtered_resps",
        "doc_hash", "prompt_hash", "target_hash", "task_name", "schema_version"};
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (fb_str_is(key, fixed[i])) {
            return true;
        }
    }
    return false;
}

static enum fb_code keep_scalar(
    struct line *line, struct fb_str key, const struct fb_json_token *token, struct fb_err *err)
{
    bool is_scalar = token->kind == FB_JSON_NUMBER || token->kind == FB_JSON_TRUE ||
                     token->kind == FB_JSON_FALSE;
    if (!is_scalar) {
        return FB_OK;
    }
    if (line->scalar_count == SCALARS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a line has more than %d metrics", SCALARS_MAX);
    }
    double value = token->kind == FB_JSON_NUMBER ? token->number : token->kind == FB_JSON_TRUE;
    line->scalars[line->scalar_count++] = (struct scalar){key, value};
    return FB_OK;
}

/* Takes the member whose key was read. */
static enum fb_code take_member(
    struct line *line, struct fb_json_reader *reader, struct fb_str name, struct fb_err *err)
{
    struct fb_json_token token;
    struct fb_str key;
    struct fb_json *tree = NULL;
    enum fb_code code = fb_arena_str(&line->scratch, name, &key, err);
    code = code ? code : fb_json_next(reader, &token, err);
    if (code != FB_OK) {
        return code;
    }
    bool is_id = fb_str_is(key, "doc_id"), is_filter = fb_str_is(key, "filter");
    if (fb_str_is(key, "metrics")) {
        return fb_json_read_tree(reader, &token, &line->scratch, &line->metrics, err);
    }
    if ((is_id || is_filter) && token.kind <= FB_JSON_STRING) {
        code = fb_json_read_tree(reader, &token, &line->scratch, &tree, err);
        line->doc_id = code == FB_OK && is_id ? tree->text : line->doc_id;
        line->filter = code == FB_OK && is_filter ? tree->text : line->filter;
        return code;
    }
    bool is_doc = fb_str_is(key, "doc_hash"), is_prompt = fb_str_is(key, "prompt_hash");
    if ((is_doc || is_prompt) && token.kind == FB_JSON_STRING) {
        return fb_arena_str(
            &line->scratch, token.text, is_doc ? &line->doc_hash : &line->prompt_hash, err);
    }
    if (!is_fixed(key)) {
        code = keep_scalar(line, key, &token, err);
    }
    return code ? code : fb_json_skip(reader, &token, err);
}

static enum fb_code read_line(struct line *line, struct fb_json_reader *reader, struct fb_err *err)
{
    struct fb_json_token token;
    enum fb_code code = fb_json_next(reader, &token, err);
    if (code == FB_OK && token.kind != FB_JSON_OBJECT) {
        return fb_err_set(err, FB_E_SCHEMA, "a sample must be an object");
    }
    while (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind != FB_JSON_KEY) {
            break;
        }
        code = take_member(line, reader, token.text, err);
    }
    code = code ? code : fb_json_next(reader, &token, err);
    if (code == FB_OK && line->doc_id.len == 0) {
        return fb_err_set(err, FB_E_SCHEMA, "a sample needs a doc_id");
    }
    return code;
}

/* True when the line says that a member is a metric, or says nothing of metrics. */
static bool is_metric(const struct line *line, struct fb_str key)
{
    if (!line->metrics || line->metrics->kind != FB_JSON_ARRAY) {
        return true;
    }
    for (const struct fb_json *m = line->metrics->child; m; m = m->next) {
        if (fb_str_eq(m->text, key)) {
            return true;
        }
    }
    return false;
}

static enum fb_code add_scalar(struct fb_harness_samples *samples, const struct line *line,
    const struct scalar *scalar, struct fb_err *err)
{
    struct fb_buf name;
    fb_buf_init(&name, NAME_BYTES);
    fb_harness_score_name(&name, scalar->key, line->filter);
    struct fb_trial_group names = {
        .task = samples->task, .scorer = fb_buf_str(&name), .model = samples->model};
    struct fb_trial_group *group = NULL;
    struct fb_trial trial = {.sample = line->doc_id, .value = scalar->value};
    size_t sample = 0;
    struct fb_buf digests;
    fb_buf_init(&digests, NAME_BYTES);
    enum fb_code code = fb_buf_check(&name, "the name of a metric", err);
    if (code == FB_OK && line->doc_hash.len > 0 && line->prompt_hash.len > 0) {
        fb_buf_add_str(&digests, line->doc_hash);
        fb_buf_add_char(&digests, '+');
        fb_buf_add_str(&digests, line->prompt_hash);
        trial.name = fb_buf_str(&digests);
        code = fb_buf_check(&digests, "the digests of a document and a prompt", err);
    }
    code = code ? code : fb_trials_group(samples->trials, &names, &group, err);
    code = code ? code : fb_trials_add(samples->trials, group, &trial, &sample, err);
    fb_buf_release(&name);
    fb_buf_release(&digests);
    if (code == FB_OK && samples->trials->samples[sample].attempts > 1) {
        fb_err_set(err, FB_E_DUPLICATE, "document %.*s stands twice under one filter",
            FB_STR_ARG(fb_str_sub(line->doc_id, 0, 100)));
        fb_err_hint(err, "The harness appends to a file that is there: keep one run a file.");
        return err->code;
    }
    return code;
}

/* Reads one line into the groups. */
static enum fb_code take_line(struct fb_harness_samples *samples, struct line *line,
    struct fb_str text, const char *name, struct fb_err *err)
{
    static const struct fb_json_options options = {.allow_nonfinite = true};
    struct fb_json_reader *reader = NULL;
    enum fb_code code = fb_json_reader_new(text, name, &options, &reader, err);
    code = code ? code : read_line(line, reader, err);
    fb_json_reader_free(reader);
    for (size_t i = 0; code == FB_OK && i < line->scalar_count; i++) {
        if (is_metric(line, line->scalars[i].key)) {
            code = add_scalar(samples, line, &line->scalars[i], err);
        }
    }
    return code;
}

/* Documents that lack a value of a metric that others have are planned and not there. */
static void plan(struct fb_harness_samples *samples, size_t from)
{
    struct fb_trials *trials = samples->trials;
    uint64_t *most = &samples->documents;
    for (size_t i = from; i < trials->group_count; i++) {
        *most = trials->groups[i].attempts > *most ? trials->groups[i].attempts : *most;
    }
    for (size_t i = from; i < trials->group_count; i++) {
        trials->groups[i].planned = *most;
    }
}

enum fb_code fb_harness_samples(
    struct fb_harness_samples *samples, const struct fb_input *input, struct fb_err *err)
{
    FB_ASSERT(samples && samples->trials && input);
    size_t from = samples->trials->group_count;
    struct fb_lines lines;
    fb_lines_init(&lines, input);
    enum fb_code code = FB_OK;
    for (bool more = true; code == FB_OK && more;) {
        struct fb_str text;
        code = fb_lines_next(&lines, &text, &more, err);
        if (code != FB_OK || !more) {
            break;
        }
        struct line line = {.scalar_count = 0};
        fb_arena_init(&line.scratch, SCRATCH_MAX);
        code = take_line(samples, &line, text, input->name, err);
        fb_arena_release(&line.scratch);
        if (code != FB_OK) {
            code = fb_lines_err(&lines, err);
        }
    }
    fb_lines_release(&lines);
    if (code == FB_OK) {
        plan(samples, from);
    }
    return code;
}

/* The task that a file of samples is of: samples_TASK_DATE.jsonl, or the whole name. */
static struct fb_str task_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct fb_str name = fb_str_of(slash ? slash + 1 : path), head = FB_STR("samples_");
    if (!fb_str_starts(name, head)) {
        return name;
    }
    name = fb_str_sub(name, head.len, name.len);
    size_t end = name.len;
    while (end > 0 && name.ptr[end - 1] != '_') {
        end--;
    }
    return end > 1 ? fb_str_sub(name, 0, end - 1) : name;
}

enum fb_code fb_read_harness_samples(struct fb_reading *reading, struct fb_err *err)
{
    FB_ASSERT(reading);
    struct fb_trials trials;
    fb_trials_init(&trials);
    struct fb_harness_samples samples = {
        .trials = &trials, .task = task_of(reading->input->name), .model = reading->options->model};
    enum fb_code code = fb_harness_samples(&samples, reading->input, err);
    if (code == FB_OK && trials.group_count == 0) {
        code = fb_err_set(err, FB_E_SCHEMA, "the samples have no metric whose values are numbers");
    }
    if (code == FB_OK) {
        code = fb_trials_count(&trials, err);
    }
    if (code == FB_OK) {
        code = fb_trials_write(&trials, reading, FB_STR("lm-evaluation-harness"), err);
    }
    fb_trials_release(&trials);
    return code;
}
