/*
 * The account of jobs that Slurm's `sacct --json` prints: one record of use for each start of a
 * job. What `squeue --json`, `scontrol show jobs --json` and slurmrestd print is read as well.
 *
 * The allocation of the job counts, not its steps, which run inside it. A job that was requeued
 * stands in the account once for each start, and each counts. Jobs that have not started or not
 * ended are left out: they will be in a later account. A job holds its GPUs from start to end, also
 * while it is suspended, which Slurm's own "elapsed" leaves out. Shapes of Slurm 21.08 to 25.11 are
 * read: numbers plain or as objects, states as text or as lists, allocations as lists or as text.
 *
 * Most of an account is steps. Of a job only the members that count become values; the others are
 * passed over at the level of bytes, so that an account is read as fast as memory allows.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/map.h"
#include "ingest/jobs.h"
#include "ingest/reader.h"

enum { JOB_MAX = 64 << 20, TEXT_MAX = 64 * 1024, JOB_NAME_MAX = 4096, CLUSTERS_MAX = 64 << 20 };

/* Year 9999: the last that a time stamp can be written in. */
#define LAST_SECOND INT64_C(253402300799)

/* A slice of a literal, where a constant is needed. */
#define NAMED(literal)                                                                             \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }

/* What is read of a job. */
enum field {
    ACCOUNT,
    ALLOCATED, /* tres.allocated of sacct */
    ARRAY,
    CLUSTER,
    COMMENT,
    ELAPSED,
    END,
    JOB_ID,
    NAME,
    NODES,
    PARTITION,
    PLANNED_END, /* squeue's, which may lie ahead */
    START,
    START_OR_PLAN,
    STATE,
    TRES_LINE, /* squeue's allocation */
    USER,
    FIELDS
};

/* A member of a job: its name, and those of its own members that count, or the field that it is
 * where it is no object. */
struct member {
    struct fb_str name;
    enum field plain; /* FIELDS: it must be an object */
    struct {
        struct fb_str name;
        enum field field;
    } inner[3];
};
static const struct member members[] = {{NAMED("account"), ACCOUNT, {{NAMED(""), FIELDS}}},
    {NAMED("array"), ARRAY, {{NAMED("job_id"), ARRAY}}},
    {NAMED("cluster"), CLUSTER, {{NAMED(""), FIELDS}}},
    {NAMED("comment"), COMMENT, {{NAMED("job"), COMMENT}}},
    {NAMED("job_id"), JOB_ID, {{NAMED(""), FIELDS}}}, {NAMED("name"), NAME, {{NAMED(""), FIELDS}}},
    {NAMED("nodes"), NODES, {{NAMED(""), FIELDS}}},
    {NAMED("partition"), PARTITION, {{NAMED(""), FIELDS}}},
    {NAMED("state"), STATE, {{NAMED("current"), STATE}}},
    {NAMED("time"), FIELDS,
        {{NAMED("start"), START}, {NAMED("end"), END}, {NAMED("elapsed"), ELAPSED}}},
    {NAMED("tres"), ALLOCATED, {{NAMED("allocated"), ALLOCATED}}},
    {NAMED("user"), USER, {{NAMED(""), FIELDS}}},
    {NAMED("array_job_id"), ARRAY, {{NAMED(""), FIELDS}}},
    {NAMED("end_time"), PLANNED_END, {{NAMED(""), FIELDS}}},
    {NAMED("job_state"), STATE, {{NAMED(""), FIELDS}}},
    {NAMED("start_time"), START_OR_PLAN, {{NAMED(""), FIELDS}}},
    {NAMED("tres_alloc_str"), TRES_LINE, {{NAMED(""), FIELDS}}},
    {NAMED("user_name"), USER, {{NAMED(""), FIELDS}}}};
enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

/* An account being read. */
struct account {
    const struct fb_input *input;
    fb_job_sink sink;
    void *ctx;
    struct fb_json_reader *reader;
    struct fb_arena scratch; /* of the job at hand */
    struct fb_buf id;
    uint32_t seen; /* fields that the job at hand has had */
    int64_t elapsed;
    bool shares; /* the job at hand was given shares of GPUs */
};

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

/* A whole number, 0 or more, plain, as {"set":true,"infinite":false,"number":n} or as text. A
 * number that is null or not set is 0, and so is what infinite stands for where it may. */
static enum fb_code read_count(
    const struct fb_json *value, bool may_be_infinite, int64_t *out, struct fb_err *err)
{
    const struct fb_json *from = value;
    if (value->kind == FB_JSON_OBJECT) {
        const struct fb_json *set = fb_json_get(value, "set");
        const struct fb_json *infinite = fb_json_get(value, "infinite");
        if (infinite && infinite->kind == FB_JSON_TRUE && !may_be_infinite) {
            return refuse(value, "has an infinite number", err);
        }
        if ((set && set->kind == FB_JSON_FALSE) || (infinite && infinite->kind == FB_JSON_TRUE)) {
            *out = 0;
            return FB_OK;
        }
        from = fb_json_get(value, "number") ? fb_json_get(value, "number") : value;
    }
    uint64_t number = 0;
    if (from->kind == FB_JSON_NULL) {
        *out = 0;
    } else if (from->kind == FB_JSON_NUMBER && from->is_integer && from->integer >= 0) {
        *out = from->integer;
    } else if (from->kind == FB_JSON_STRING && fb_str_u64(from->text, &number) &&
               number <= INT64_MAX) {
        *out = (int64_t)number;
    } else {
        return refuse(from, "has something else than a whole number of 0 or more", err);
    }
    return FB_OK;
}

/* The text of a string, or of the first of a list of them; empty for anything else. */
static struct fb_str text_of(const struct fb_json *value)
{
    if (value && value->kind == FB_JSON_ARRAY) {
        value = value->child;
    }
    return value && value->kind == FB_JSON_STRING ? value->text : (struct fb_str){NULL, 0};
}

/* One entry of an allocation. */
struct tres {
    struct fb_str type, name;
    const struct fb_json *count;
};

/* Adds an entry of an allocation to *all when it is GPUs of every type, to the job when it is of
 * one. Slurm says type "gres" and name "gpu" or "gpu:h100"; "gres/gpu" is taken as well. */
static enum fb_code add_tres(struct account *account, const struct tres *tres, struct fb_job *job,
    int64_t *all, struct fb_err *err)
{
    struct fb_str chip = {NULL, 0};
    bool is_all = false;
    if (fb_str_is(tres->type, "gres/gpu")) {
        chip = fb_str_is(tres->name, "gpu") ? chip : tres->name;
        is_all = chip.len == 0;
    } else if (fb_str_starts(tres->type, FB_STR("gres/gpu:"))) {
        chip = fb_str_sub(tres->type, 9, tres->type.len);
    } else if (fb_str_is(tres->type, "gres") && fb_str_is(tres->name, "gpu")) {
        is_all = true;
    } else if (fb_str_is(tres->type, "gres") && fb_str_starts(tres->name, FB_STR("gpu:"))) {
        chip = fb_str_sub(tres->name, 4, tres->name.len);
    } else {
        bool shares = fb_str_is(tres->type, "gres") &&
                      (fb_str_is(tres->name, "shard") || fb_str_is(tres->name, "mps") ||
                          fb_str_starts(tres->name, FB_STR("shard:")) ||
                          fb_str_starts(tres->name, FB_STR("mps:")));
        account->shares = account->shares || shares || fb_job_shares(tres->type);
        return FB_OK;
    }
    if (!tres->count) {
        return fb_err_set(err, FB_E_SCHEMA, "an allocation of GPUs lacks its count");
    }
    int64_t count = 0;
    enum fb_code code = read_count(tres->count, false, &count, err);
    if (code != FB_OK) {
        return code;
    }
    if (count > FB_JOB_GPUS_MAX || (is_all && *all > FB_JOB_GPUS_MAX - count)) {
        return fb_err_set(err, FB_E_SCHEMA, "a job of the account has more GPUs than there are");
    }
    if (is_all) {
        *all = (*all < 0 ? 0 : *all) + count;
        return FB_OK;
    }
    return fb_job_add_gpus(job, (struct fb_job_part){chip, count}, err);
}

static enum fb_code check_times(const struct fb_job *job, struct fb_err *err)
{
    if (job->end > LAST_SECOND || job->start > LAST_SECOND ||
        (job->end > 0 && job->end < job->start)) {
        return fb_err_set(
            err, FB_E_TIME, "a job of the account ends before it starts, or is too late");
    }
    return FB_OK;
}

/* Takes a field of the job at hand. */
static enum fb_code take_field(struct account *account, enum field field,
    const struct fb_json *value, struct fb_job *job, struct fb_err *err)
{
    int64_t number = 0;
    struct fb_str text;
    enum fb_code code = FB_OK;
    switch (field) {
    case ACCOUNT:
        job->account = text_of(value);
        break;
    case CLUSTER:
        job->cluster = text_of(value);
        break;
    case NAME:
        job->name = text_of(value);
        break;
    case NODES:
        job->nodes = text_of(value);
        break;
    case PARTITION:
        job->partition = text_of(value);
        break;
    case USER:
        job->user = text_of(value);
        break;
    case COMMENT:
        job->comment = text_of(value);
        break;
    case STATE:
        job->state = text_of(value);
        break;
    case JOB_ID:
        code = read_count(value, false, &number, err);
        fb_buf_clear(&account->id);
        fb_buf_addf(&account->id, "%lld", (long long)number);
        break;
    case ARRAY:
        return read_count(value, true, &job->array, err);
    case START:
        return read_count(value, false, &job->start, err);
    case END:
        return read_count(value, false, &job->end, err);
    case ELAPSED:
        return read_count(value, false, &account->elapsed, err);
    case START_OR_PLAN:
        return read_count(value, true, &job->start, err);
    case PLANNED_END:
        return read_count(value, true, &job->end, err);
    case TRES_LINE:
        text = text_of(value);
        return text.len > 0 && fb_job_read_tres(text, job, err) ? fb_json_err_at(err, value)
                                                                : FB_OK;
    case ALLOCATED:
        text = text_of(value);
        if (value->kind != FB_JSON_STRING) {
            return refuse(value, "lacks its allocation (tres.allocated)", err);
        }
        return fb_job_read_tres(text, job, err) ? fb_json_err_at(err, value) : FB_OK;
    case FIELDS:
        break;
    }
    return code;
}

/* Refuses a token that is not what an account has there. */
static enum fb_code refuse_token(const struct account *account, const struct fb_json_token *token,
    const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_SCHEMA, "%s", what);
    fb_err_hint(err, "Give the whole output of 'sacct --json', unchanged.");
    return fb_json_reader_err_at(account->reader, token->place, err);
}

static const struct member *member_of(struct fb_str key)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        /* Without a call for each name that is not it. */
        if (key.len == members[i].name.len && memcmp(key.ptr, members[i].name.ptr, key.len) == 0) {
            return &members[i];
        }
    }
    return NULL;
}

/* Puts the path of the reader before the path of an error inside a value that it has read. */
static enum fb_code lead_path(const struct account *account, struct fb_err *err)
{
    struct fb_buf path;
    fb_buf_init(&path, 4 * (size_t)FB_ERR_TEXT_MAX);
    fb_json_path(account->reader, &path);
    if (err->path[0]) {
        fb_buf_add_c(&path, err->path + 1);
    }
    if (path.ptr) {
        err->path[0] = 0;
        fb_err_path(err, path.ptr);
    }
    fb_buf_release(&path);
    return err->code;
}

/* Reads the members of one entry of an allocation, whose first token is read. */
static enum fb_code read_tres(
    struct account *account, struct fb_job *job, int64_t *all, struct fb_err *err)
{
    struct fb_json_token token;
    struct tres tres = {{NULL, 0}, {NULL, 0}, NULL};
    for (;;) {
        struct fb_json *value = NULL;
        enum fb_code code = fb_json_next(account->reader, &token, err);
        if (code != FB_OK) {
            return code;
        }
        if (token.kind != FB_JSON_KEY) {
            return add_tres(account, &tres, job, all, err)
                       ? fb_json_reader_err_at(account->reader, token.place, err)
                       : FB_OK;
        }
        struct fb_str *text = fb_str_is(token.text, "type")   ? &tres.type
                              : fb_str_is(token.text, "name") ? &tres.name
                                                              : NULL;
        bool is_count = fb_str_is(token.text, "count");
        code = fb_json_next(account->reader, &token, err);
        if (code == FB_OK && text && token.kind == FB_JSON_STRING) {
            code = fb_arena_str(&account->scratch, token.text, text, err);
        } else if (code == FB_OK && is_count) {
            code = fb_json_read_tree(account->reader, &token, &account->scratch, &value, err);
            tres.count = value;
        } else if (code == FB_OK) {
            code = fb_json_pass(account->reader, &token, err);
        }
        if (code != FB_OK) {
            return code;
        }
        if (text == &tres.type && tres.type.len > 0 && !fb_str_starts(tres.type, FB_STR("gres"))) {
            return fb_json_pass_rest(account->reader, err);
        }
    }
}

/* Reads the list of what was allocated, whose first token is read: GPUs of every type, or else the
 * sum of the types. */
static enum fb_code read_allocated(struct account *account, struct fb_job *job, struct fb_err *err)
{
    struct fb_json_token token;
    int64_t all = -1;
    job->said = FB_JOB_GPUS_MISSING;
    account->shares = false;
    for (;;) {
        enum fb_code code = fb_json_next(account->reader, &token, err);
        if (code != FB_OK) {
            return code;
        }
        if (token.kind == FB_JSON_ARRAY_END) {
            break;
        }
        if (job->said == FB_JOB_GPUS_MISSING) {
            job->said = FB_JOB_GPUS_NONE;
        }
        code = token.kind == FB_JSON_OBJECT ? read_tres(account, job, &all, err)
                                            : fb_json_pass(account->reader, &token, err);
        if (code != FB_OK) {
            return code;
        }
    }
    fb_job_settle_shares(job, account->shares);
    return all >= 0 && fb_job_settle_gpus(job, all, err) != FB_OK
               ? fb_json_reader_err_at(account->reader, token.place, err)
               : FB_OK;
}

/* Reads the value that token starts, and takes it as a field. */
static enum fb_code read_field(struct account *account, const struct fb_json_token *token,
    enum field field, struct fb_job *job, struct fb_err *err)
{
    struct fb_json *value = NULL;
    if (account->seen & 1U << field) {
        return refuse_token(account, token, "a job of the account says one thing twice", err);
    }
    account->seen |= 1U << field;
    if (field == ALLOCATED && token->kind == FB_JSON_ARRAY) {
        return read_allocated(account, job, err);
    }
    enum fb_code code = fb_json_read_tree(account->reader, token, &account->scratch, &value, err);
    if (code != FB_OK) {
        return code;
    }
    return take_field(account, field, value, job, err) ? lead_path(account, err) : FB_OK;
}

/* Reads the members that count of an object that is a member of a job, whose first token is read.
 */
static enum fb_code read_inner(
    struct account *account, const struct member *member, struct fb_job *job, struct fb_err *err)
{
    struct fb_json_token token;
    uint32_t wanted = 0;
    for (size_t i = 0; i < 3 && member->inner[i].name.len; i++) {
        wanted |= 1U << member->inner[i].field;
    }
    for (;;) {
        enum fb_code code = fb_json_next(account->reader, &token, err);
        if (code != FB_OK || token.kind != FB_JSON_KEY) {
            return code;
        }
        enum field field = FIELDS;
        for (size_t i = 0; i < 3 && member->inner[i].name.len; i++) {
            field = fb_str_eq(token.text, member->inner[i].name) ? member->inner[i].field : field;
        }
        code = fb_json_next(account->reader, &token, err);
        if (code == FB_OK) {
            code = field == FIELDS ? fb_json_pass(account->reader, &token, err)
                                   : read_field(account, &token, field, job, err);
        }
        if (code != FB_OK) {
            return code;
        }
        if ((account->seen & wanted) == wanted) {
            return fb_json_pass_rest(account->reader, err);
        }
    }
}

/* Reads one member of a job, whose key is read; NULL: one that does not count. */
static enum fb_code read_member(
    struct account *account, const struct member *member, struct fb_job *job, struct fb_err *err)
{
    struct fb_json_token token;
    enum fb_code code = fb_json_next(account->reader, &token, err);
    if (code != FB_OK || !member) {
        return code ? code : fb_json_pass(account->reader, &token, err);
    }
    if (token.kind != FB_JSON_OBJECT || member->inner[0].name.len == 0) {
        return member->plain == FIELDS
                   ? refuse_token(account, &token, "a job of the account lacks its time", err)
                   : read_field(account, &token, member->plain, job, err);
    }
    code = read_inner(account, member, job, err);
    if (code != FB_OK || member->plain != FIELDS) {
        return code;
    }
    const uint32_t times = 1U << START | 1U << END | 1U << ELAPSED;
    if ((account->seen & times) != times) {
        return refuse_token(account, &token, "a job of the account lacks a number", err);
    }
    if (check_times(job, err) != FB_OK) {
        return fb_json_reader_err_at(account->reader, token.place, err);
    }
    return job->end > 0 && account->elapsed > job->end - job->start
               ? refuse_token(
                     account, &token, "a job of the account elapsed longer than it lasted", err)
               : FB_OK;
}

/* Checks a job that is read whole, whose first token is first. */
static enum fb_code check_job(const struct account *account, const struct fb_json_token *first,
    struct fb_job *job, struct fb_err *err)
{
    bool by_squeue = account->seen & 1U << START_OR_PLAN && !(account->seen & 1U << START);
    if (!by_squeue && !(account->seen & 1U << START)) {
        return refuse_token(account, first, "a job of the account lacks its time", err);
    }
    if (job->cluster.len == 0 || job->state.len == 0) {
        return refuse_token(
            account, first, "a job of the account lacks its cluster or its state", err);
    }
    if (!(account->seen & 1U << JOB_ID)) {
        return refuse_token(account, first, "a job of the account lacks its job_id", err);
    }
    if (!by_squeue && !(account->seen & 1U << ALLOCATED)) {
        return refuse_token(
            account, first, "a job of the account lacks its allocation (tres.allocated)", err);
    }
    if (by_squeue) {
        /* What squeue says of the end of a job that has not ended is what was asked for. */
        static const char *const open[] = {"PENDING", "RUNNING", "SUSPENDED", "CONFIGURING"};
        bool waits = fb_str_is(job->state, open[0]);
        for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
            job->end = fb_str_is(job->state, open[i]) ? 0 : job->end;
        }
        job->start = waits ? 0 : job->start;
        if (check_times(job, err) != FB_OK) {
            return fb_json_reader_err_at(account->reader, first->place, err);
        }
    }
    return FB_OK;
}

/* Reads one entry of jobs, whose first token was read. index is its place in the list. */
static enum fb_code read_entry(
    struct account *account, const struct fb_json_token *first, size_t index, struct fb_err *err)
{
    struct fb_job job = {.index = index, .said = FB_JOB_GPUS_MISSING};
    struct fb_json_token token;
    if (first->kind != FB_JSON_OBJECT) {
        return refuse_token(account, first, "a job of the account is not an object", err);
    }
    account->seen = 0;
    account->elapsed = 0;
    enum fb_code code = FB_OK;
    for (;;) {
        code = fb_json_next(account->reader, &token, err);
        if (code != FB_OK || token.kind != FB_JSON_KEY) {
            break;
        }
        code = read_member(account, member_of(token.text), &job, err);
        if (code != FB_OK) {
            break;
        }
    }
    code = code ? code : check_job(account, first, &job, err);
    code = code ? code : fb_buf_check(&account->id, "the id of a job", err);
    if (code == FB_OK) {
        job.id = fb_buf_str(&account->id);
        code = account->sink(account->ctx, &job, err);
    }
    fb_arena_release(&account->scratch);
    return code;
}

static enum fb_code read_jobs(struct account *account, struct fb_err *err)
{
    struct fb_json_token token;
    enum fb_code code = fb_json_next(account->reader, &token, err);
    if (code == FB_OK && token.kind != FB_JSON_ARRAY) {
        return refuse_token(account, &token, "the jobs of the account must be an array", err);
    }
    for (size_t i = 0; code == FB_OK; i++) {
        code = fb_json_next(account->reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_ARRAY_END) {
            return code;
        }
        code = read_entry(account, &token, i, err);
    }
    return code;
}

/* An account with errors may lack jobs: nothing can be ruled out by it. */
static enum fb_code read_errors(struct account *account, struct fb_err *err)
{
    struct fb_json_token token;
    struct fb_json *errors = NULL;
    enum fb_code code = fb_json_next(account->reader, &token, err);
    if (code == FB_OK) {
        code = fb_json_read_tree(account->reader, &token, &account->scratch, &errors, err);
    }
    if (code == FB_OK && errors->kind == FB_JSON_ARRAY && errors->child) {
        const struct fb_json *first = errors->child;
        struct fb_str text = fb_json_get_str(first, "description");
        text = text.len ? text : fb_json_get_str(first, "error");
        text = text.len ? text : text_of(first);
        fb_err_set(err, FB_E_SCHEMA, "the account says that it failed: %.*s",
            FB_STR_ARG(text.len ? text : FB_STR("no reason given")));
        fb_err_hint(err, "Jobs may be missing from it: run sacct again until it has no errors.");
        code = fb_json_reader_err_at(account->reader, first->place, err);
    }
    fb_arena_release(&account->scratch);
    return code;
}

static enum fb_code read_account(struct account *account, struct fb_err *err)
{
    struct fb_json_token token;
    bool has_jobs = false;
    enum fb_code code = fb_json_next(account->reader, &token, err);
    if (code == FB_OK && token.kind != FB_JSON_OBJECT) {
        return refuse_token(account, &token, "an account must be an object", err);
    }
    while (code == FB_OK) {
        code = fb_json_next(account->reader, &token, err);
        if (code != FB_OK || token.kind != FB_JSON_KEY) {
            break;
        }
        if (fb_str_is(token.text, "jobs")) {
            has_jobs = true;
            code = read_jobs(account, err);
        } else if (fb_str_is(token.text, "errors")) {
            code = read_errors(account, err);
        } else {
            code = fb_json_next(account->reader, &token, err);
            code = code ? code : fb_json_pass(account->reader, &token, err);
        }
    }
    if (code == FB_OK && !has_jobs) {
        return refuse_token(account, &token, "an account must have jobs", err);
    }
    /* The object is closed; nothing may follow it. */
    return code == FB_OK ? fb_json_next(account->reader, &token, err) : code;
}

enum fb_code fb_jobs_read_sacct(
    const struct fb_input *input, fb_job_sink sink, void *ctx, struct fb_err *err)
{
    FB_ASSERT(input && sink);
    struct fb_input_cursor cursor = {.input = input};
    struct account account = {.input = input, .sink = sink, .ctx = ctx};
    fb_arena_init(&account.scratch, JOB_MAX);
    fb_buf_init(&account.id, TEXT_MAX);
    enum fb_code code = fb_json_reader_new_stream(
        fb_input_source, &cursor, input->name, NULL, &account.reader, err);
    if (code == FB_OK) {
        code = read_account(&account, err);
    }
    fb_json_reader_free(account.reader);
    fb_arena_release(&account.scratch);
    fb_buf_release(&account.id);
    return code;
}

/* The account that drafts are made of, and the clusters of it that account for GPUs. */
struct drafting {
    struct fb_reading *reading;
    struct fb_map clusters;
    struct fb_arena arena;
};

/* Notes the cluster of a job of which the number of GPUs is said. */
static enum fb_code note_cluster(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    struct drafting *drafting = ctx;
    struct fb_str kept;
    if (job->said != FB_JOB_GPUS_SAID || fb_map_has(&drafting->clusters, job->cluster)) {
        return FB_OK;
    }
    enum fb_code code = fb_arena_str(&drafting->arena, job->cluster, &kept, err);
    return code ? code : fb_map_put(&drafting->clusters, kept, drafting, err);
}

/* Whether it is known how many GPUs a job had. As where accounts are added up, one that lists none
 * had none only if its cluster accounts for GPUs in some job. */
static bool knows_gpus(const struct drafting *drafting, const struct fb_job *job)
{
    return job->said == FB_JOB_GPUS_SAID ||
           (job->said == FB_JOB_GPUS_NONE && fb_map_has(&drafting->clusters, job->cluster));
}

static void write_draft(const struct fb_job *job, bool known,
    const struct fb_ingest_options *options, struct fb_buf *out)
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
    fb_buf_clear(&name);
    fb_reader_text(&name, job->name, JOB_NAME_MAX);
    struct fb_str shown = fb_str_trim(fb_buf_str(&name));
    fb_json_key_str(&w, "job_name", shown.len ? shown : FB_STR("not said"));
    if (is_run) {
        fb_json_key_str(&w, "run", options->subject);
    }
    fb_buf_clear(&name);
    fb_reader_name(&name, job->state);
    fb_json_key_str(&w, "state", fb_buf_str(&name));
    fb_reader_time(&w, "started", job->start * FB_SECOND);
    fb_reader_time(&w, "ended", job->end * FB_SECOND);
    if (known) {
        fb_json_key_int(&w, "gpus", job->gpus);
        fb_json_key_int(&w, "gpu_seconds", job->gpus * (job->end - job->start));
    }
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_buf_release(&name);
}

/* Makes a draft of a job that has started and ended. */
static enum fb_code add_draft(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    struct drafting *drafting = ctx;
    struct fb_reading *reading = drafting->reading;
    if (job->start == 0 || job->end == 0) {
        return FB_OK;
    }
    struct fb_buf json;
    fb_buf_init(&json, 4 * TEXT_MAX);
    FB_ASSERT(job->gpus == 0 || job->end - job->start <= INT64_MAX / job->gpus);
    write_draft(job, knows_gpus(drafting, job), reading->options, &json);
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
    struct drafting drafting = {.reading = reading};
    fb_map_init(&drafting.clusters);
    fb_arena_init(&drafting.arena, CLUSTERS_MAX);
    enum fb_code code = fb_jobs_read_sacct(reading->input, note_cluster, &drafting, err);
    code = code ? code : fb_jobs_read_sacct(reading->input, add_draft, &drafting, err);
    fb_map_release(&drafting.clusters);
    fb_arena_release(&drafting.arena);
    return code;
}
