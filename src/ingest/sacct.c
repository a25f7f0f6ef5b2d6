/*
 * The account of jobs that Slurm's `sacct --json` prints: one record of use for each start of a
 * job.
 *
 * The allocation of the job counts, not its steps, which run inside it. A job that was requeued
 * stands in the account once for each start, and each counts. Jobs that have not started or not
 * ended are left out: they will be in a later account. A job holds its GPUs from start to end, also
 * while it is suspended, which Slurm's own "elapsed" leaves out. Shapes of Slurm 22.05 to 24.11 are
 * read.
 */
#include <stdio.h>

#include "base/assert.h"
#include "ingest/jobs.h"
#include "ingest/reader.h"

enum { JOB_MAX = 64 << 20, TEXT_MAX = 64 * 1024 };

bool fb_is_slurm_sacct(const struct fb_head *head)
{
    return !head->is_array && head->has[FB_HEAD_JOBS] && !head->has[FB_HEAD_KIND];
}

static enum fb_code refuse(const struct fb_json *at, const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_SCHEMA, "a job of the account %s", what);
    fb_err_hint(err, "Give the whole output of 'sacct --json', unchanged.");
    return fb_json_err_at(err, at);
}

/* A whole number, 0 or more, plain or as {"set":true,"infinite":false,"number":n}. A number that is
 * null or not set is 0. */
static enum fb_code read_count(
    const struct fb_json *object, const char *key, int64_t *out, struct fb_err *err)
{
    const struct fb_json *value = fb_json_get(object, key);
    if (!value) {
        return refuse(object, "lacks a number", err);
    }
    if (value->kind == FB_JSON_OBJECT) {
        const struct fb_json *set = fb_json_get(value, "set");
        const struct fb_json *infinite = fb_json_get(value, "infinite");
        if (infinite && infinite->kind == FB_JSON_TRUE) {
            return refuse(value, "has an infinite number", err);
        }
        if (set && set->kind == FB_JSON_FALSE) {
            *out = 0;
            return FB_OK;
        }
        value = fb_json_get(value, "number") ? fb_json_get(value, "number") : value;
    }
    if (value->kind == FB_JSON_NULL) {
        *out = 0;
        return FB_OK;
    }
    if (value->kind != FB_JSON_NUMBER || !value->is_integer || value->integer < 0) {
        return refuse(value, "has something else than a whole number of 0 or more", err);
    }
    *out = value->integer;
    return FB_OK;
}

/* The state as text; newer versions give a list, the base state first. */
static struct fb_str state_of(const struct fb_json *job)
{
    const struct fb_json *current = fb_json_get(fb_json_get(job, "state"), "current");
    if (current && current->kind == FB_JSON_ARRAY) {
        current = current->child;
    }
    return current && current->kind == FB_JSON_STRING ? current->text : (struct fb_str){NULL, 0};
}

/* GPUs allocated: gres "gpu", which covers every type of them, or else the sum of its types. */
static enum fb_code read_gpus(const struct fb_json *value, struct fb_job *job, struct fb_err *err)
{
    const struct fb_json *allocated = fb_json_get(fb_json_get(value, "tres"), "allocated");
    if (!allocated || allocated->kind != FB_JSON_ARRAY) {
        return refuse(value, "lacks its allocation (tres.allocated)", err);
    }
    int64_t all = -1;
    job->said = allocated->child ? FB_JOB_GPUS_NONE : FB_JOB_GPUS_MISSING;
    for (const struct fb_json *tres = allocated->child; tres; tres = tres->next) {
        struct fb_str name = fb_json_get_str(tres, "name");
        bool is_all = fb_str_is(name, "gpu");
        if (!fb_str_is(fb_json_get_str(tres, "type"), "gres") ||
            !(is_all || fb_str_starts(name, FB_STR("gpu:")))) {
            continue;
        }
        int64_t count = 0;
        enum fb_code code = read_count(tres, "count", &count, err);
        if (code != FB_OK) {
            return code;
        }
        if (count > FB_JOB_GPUS_MAX) {
            return refuse(tres, "has more GPUs than there are", err);
        }
        struct fb_job_part part = {fb_str_sub(name, 4, name.len), count};
        if (is_all) {
            all = (all < 0 ? 0 : all) + count;
        } else if (fb_job_add_gpus(job, part, err) != FB_OK) {
            return fb_json_err_at(err, tres);
        }
        if (all > FB_JOB_GPUS_MAX) {
            return refuse(tres, "has more GPUs than there are", err);
        }
    }
    if (all >= 0 && fb_job_settle_gpus(job, all, err) != FB_OK) {
        return fb_json_err_at(err, allocated);
    }
    return FB_OK;
}

static enum fb_code read_times(const struct fb_json *time, struct fb_job *job, struct fb_err *err)
{
    int64_t elapsed = 0;
    enum fb_code code = read_count(time, "start", &job->start, err);
    code = code ? code : read_count(time, "end", &job->end, err);
    code = code ? code : read_count(time, "elapsed", &elapsed, err);
    if (code != FB_OK) {
        return code;
    }
    /* Year 9999: the last that a time stamp can be written in. */
    if (job->end > INT64_C(253402300799) || job->start > INT64_C(253402300799) ||
        (job->end > 0 && job->end < job->start)) {
        fb_err_set(err, FB_E_TIME, "a job of the account ends before it starts, or is too late");
        return fb_json_err_at(err, time);
    }
    if (job->end > 0 && elapsed > job->end - job->start) {
        return refuse(time, "elapsed longer than it lasted", err);
    }
    return FB_OK;
}

/* Fills *out, of which id is written into the buffer. */
static enum fb_code read_job(
    const struct fb_json *value, struct fb_buf *id, struct fb_job *out, struct fb_err *err)
{
    const struct fb_json *time = fb_json_get(value, "time");
    struct fb_job job = {.cluster = fb_json_get_str(value, "cluster"),
        .name = fb_json_get_str(value, "name"),
        .user = fb_json_get_str(value, "user"),
        .account = fb_json_get_str(value, "account"),
        .state = state_of(value)};
    int64_t number = 0;
    if (value->kind != FB_JSON_OBJECT || !time) {
        return refuse(value, "is not an object with a time", err);
    }
    if (job.cluster.len == 0 || job.state.len == 0) {
        return refuse(value, "lacks its cluster or its state", err);
    }
    enum fb_code code = read_count(value, "job_id", &number, err);
    code = code ? code : read_times(time, &job, err);
    code = code ? code : read_gpus(value, &job, err);
    if (code != FB_OK) {
        return code;
    }
    fb_buf_addf(id, "%lld", (long long)number);
    job.id = fb_buf_str(id);
    *out = job;
    return fb_buf_check(id, "the id of a job", err);
}

static void write_draft(
    const struct fb_job *job, const struct fb_ingest_options *options, struct fb_buf *out)
{
    struct fb_buf name;
    fb_buf_init(&name, TEXT_MAX);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "usage");
    fb_buf_add_c(&name, "usage/");
    fb_reader_name(&name, job->cluster);
    fb_buf_addf(&name, "/%.*s@%lld", FB_STR_ARG(job->id), (long long)job->start);
    fb_json_key_str(&w, "id", fb_buf_str(&name));
    bool is_run = fb_str_starts(options->subject, FB_STR("run/"));
    if (options->subject.len > 0 && !is_run) {
        fb_json_key_str(&w, "subject", options->subject);
    }
    fb_reader_time(&w, "at", job->end * FB_SECOND);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    fb_buf_clear(&name);
    fb_reader_name(&name, job->cluster);
    fb_json_key_str(&w, "cluster", fb_buf_str(&name));
    fb_json_key_str(&w, "job", job->id);
    fb_json_key_str(&w, "job_name", job->name);
    if (is_run) {
        fb_json_key_str(&w, "run", options->subject);
    }
    fb_buf_clear(&name);
    fb_reader_name(&name, job->state);
    fb_json_key_str(&w, "state", fb_buf_str(&name));
    fb_reader_time(&w, "started", job->start * FB_SECOND);
    fb_reader_time(&w, "ended", job->end * FB_SECOND);
    fb_json_key_int(&w, "gpus", job->gpus);
    fb_json_key_int(&w, "gpu_seconds", job->gpus * (job->end - job->start));
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_buf_release(&name);
}

/* Puts the way to an entry of jobs before the path of an error inside it. */
static void lead_path(size_t index, struct fb_err *err)
{
    char path[FB_ERR_TEXT_MAX + 48];
    snprintf(path, sizeof(path), "$.jobs[%zu]%s", index, err->path[0] ? err->path + 1 : "");
    err->path[0] = 0;
    path[FB_ERR_TEXT_MAX - 1] = 0;
    fb_err_path(err, path);
}

/* An account being read. */
struct account {
    const struct fb_input *input;
    fb_job_sink sink;
    void *ctx;
};

/* Reads one entry of jobs, whose first token was read. index is its place in the list. */
static enum fb_code read_entry(const struct account *account, struct fb_json_reader *reader,
    const struct fb_json_token *first, size_t index, struct fb_err *err)
{
    struct fb_arena scratch;
    fb_arena_init(&scratch, JOB_MAX);
    struct fb_buf id;
    fb_buf_init(&id, TEXT_MAX);
    struct fb_json *value = NULL;
    struct fb_job job = {0};
    enum fb_code code = fb_json_read_tree(reader, first, &scratch, &value, err);
    if (code == FB_OK) {
        code = read_job(value, &id, &job, err);
        if (code != FB_OK) {
            lead_path(index, err);
        }
    }
    if (code == FB_OK) {
        job.index = index;
        code = account->sink(account->ctx, &job, err);
    }
    fb_buf_release(&id);
    fb_arena_release(&scratch);
    return code;
}

/* Refuses a token that is not what an account has there. */
static enum fb_code refuse_token(const struct account *account, const struct fb_json_token *token,
    const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_SCHEMA, "%s", what);
    fb_err_place(err, account->input->name, token->place.line, token->place.column,
        (int64_t)token->place.offset);
    return err->code;
}

static enum fb_code read_jobs(
    const struct account *account, struct fb_json_reader *reader, struct fb_err *err)
{
    struct fb_json_token token;
    enum fb_code code = fb_json_next(reader, &token, err);
    if (code == FB_OK && token.kind != FB_JSON_ARRAY) {
        return refuse_token(account, &token, "the jobs of the account must be an array", err);
    }
    for (size_t i = 0; code == FB_OK; i++) {
        code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_ARRAY_END) {
            return code;
        }
        code = read_entry(account, reader, &token, i, err);
    }
    return code;
}

static enum fb_code read_account(
    const struct account *account, struct fb_json_reader *reader, struct fb_err *err)
{
    struct fb_json_token token;
    bool has_jobs = false;
    enum fb_code code = fb_json_next(reader, &token, err);
    if (code == FB_OK && token.kind != FB_JSON_OBJECT) {
        return refuse_token(account, &token, "an account must be an object", err);
    }
    while (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind != FB_JSON_KEY) {
            break;
        }
        if (fb_str_is(token.text, "jobs")) {
            has_jobs = true;
            code = read_jobs(account, reader, err);
            continue;
        }
        code = fb_json_next(reader, &token, err);
        if (code == FB_OK) {
            code = fb_json_skip(reader, &token, err);
        }
    }
    if (code == FB_OK && !has_jobs) {
        return refuse_token(account, &token, "an account must have jobs", err);
    }
    /* The object is closed; nothing may follow it. */
    return code == FB_OK ? fb_json_next(reader, &token, err) : code;
}

enum fb_code fb_jobs_read_sacct(
    const struct fb_input *input, fb_job_sink sink, void *ctx, struct fb_err *err)
{
    FB_ASSERT(input && sink);
    struct fb_input_cursor cursor = {.input = input};
    struct account account = {input, sink, ctx};
    struct fb_json_reader *reader = NULL;
    enum fb_code code =
        fb_json_reader_new_stream(fb_input_source, &cursor, input->name, NULL, &reader, err);
    if (code == FB_OK) {
        code = read_account(&account, reader, err);
    }
    fb_json_reader_free(reader);
    return code;
}

/* Makes a draft of a job that has started and ended. */
static enum fb_code add_draft(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    struct fb_reading *reading = ctx;
    if (job->start == 0 || job->end == 0) {
        return FB_OK;
    }
    struct fb_buf json;
    fb_buf_init(&json, 4 * TEXT_MAX);
    FB_ASSERT(job->gpus == 0 || job->end - job->start <= INT64_MAX / job->gpus);
    write_draft(job, reading->options, &json);
    enum fb_code code = fb_buf_check(&json, "a draft", err);
    char place[48];
    snprintf(place, sizeof(place), "jobs[%llu]", (unsigned long long)job->index);
    if (code == FB_OK) {
        struct fb_draft draft = {.json = fb_buf_str(&json), .place = fb_str_of(place)};
        code = fb_reading_add(reading, &draft, err);
    }
    fb_buf_release(&json);
    return code;
}

enum fb_code fb_read_slurm_sacct(struct fb_reading *reading, struct fb_err *err)
{
    return fb_jobs_read_sacct(reading->input, add_draft, reading, err);
}
