/* jobs.c: accounts of jobs as tables (`sacct --parsable2`, CSV), and what all accounts share. */
#include "ingest/jobs.h"

#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/timestamp.h"
#include "ingest/lines.h"

enum { COLUMNS_MAX = 512, HEAD_MAX = 64 * 1024, LAST_SECOND_DAYS = 2932897 };

/* The columns that are read, and their names in lower case. */
enum column {
    JOB,
    RAW,
    NAME,
    USER,
    ACCOUNT,
    CLUSTER,
    STARTED,
    ENDED,
    GPUS,
    CHIP,
    TRES,
    STATE,
    ELAPSED,
    SUSPENDED,
    COMMENT,
    PARTITION,
    NODES,
    ARRAY,
    COLUMNS
};
static const char *const names[COLUMNS][3] = {{"job", "jobid", "job_id"}, {"jobidraw"},
    {"name", "jobname", "job_name"}, {"user"}, {"account"}, {"cluster"}, {"started", "start"},
    {"ended", "end"}, {"gpus"}, {"chip", "gpu_type"}, {"alloctres"}, {"state"}, {"elapsedraw"},
    {"suspended"}, {"comment", "tag"}, {"partition", "queue"}, {"nodelist", "nodes", "host"},
    {"array", "arrayjobid", "array_job_id"}};

/* A table being read. */
struct table {
    const struct fb_input *input;
    struct fb_lines lines;
    struct fb_buf unquoted; /* the fields of the row at hand that were in quotes */
    char separator;
    size_t at[COLUMNS]; /* SIZE_MAX: it has none */
    size_t columns;
    struct fb_str fields[COLUMNS_MAX];
    size_t offsets[COLUMNS_MAX];
    bool has_jobs, has_steps;
};

enum fb_code fb_job_add_gpus(struct fb_job *job, struct fb_job_part part, struct fb_err *err)
{
    FB_ASSERT(part.gpus >= 0);
    if (part.gpus > FB_JOB_GPUS_MAX - job->gpus) {
        return fb_err_set(err, FB_E_RANGE, "a job has more than %d GPUs", FB_JOB_GPUS_MAX);
    }
    if (job->part_count == FB_JOB_PARTS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a job has more than %d types of GPU", FB_JOB_PARTS_MAX);
    }
    job->said = FB_JOB_GPUS_SAID;
    job->gpus += part.gpus;
    job->parts[job->part_count++] = part;
    return FB_OK;
}

enum fb_code fb_job_settle_gpus(struct fb_job *job, int64_t total, struct fb_err *err)
{
    int64_t typed = job->gpus;
    if (typed > total) {
        job->part_count = 0;
        job->gpus = 0;
        typed = 0;
    }
    return typed == total && job->part_count > 0
               ? FB_OK
               : fb_job_add_gpus(job, (struct fb_job_part){{NULL, 0}, total - typed}, err);
}

static enum fb_code read_number(struct fb_str text, int64_t *out, struct fb_err *err)
{
    uint64_t number = 0;
    if (!fb_str_u64(text, &number) || number > FB_JOB_GPUS_MAX) {
        fb_err_set(err, FB_E_RANGE, "'%.*s' is not a number of GPUs", FB_STR_ARG(text));
        return fb_err_hint(err, "A whole number from 0 to %d is.", FB_JOB_GPUS_MAX);
    }
    *out = (int64_t)number;
    return FB_OK;
}

bool fb_job_shares(struct fb_str gres)
{
    static const struct fb_str shares[] = {{"gres/shard", 10}, {"gres/mps", 8}};
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        if (fb_str_starts(gres, shares[i]) &&
            (gres.len == shares[i].len || gres.ptr[shares[i].len] == ':')) {
            return true;
        }
    }
    return false;
}

void fb_job_settle_shares(struct fb_job *job, bool shares)
{
    if (shares && job->said == FB_JOB_GPUS_NONE) {
        job->said = FB_JOB_GPUS_MISSING;
    }
}

enum fb_code fb_job_read_tres(struct fb_str text, struct fb_job *job, struct fb_err *err)
{
    int64_t total = -1, count = 0;
    bool shares = false;
    job->said = text.len > 0 ? FB_JOB_GPUS_NONE : FB_JOB_GPUS_MISSING;
    for (size_t at = 0; at < text.len;) {
        size_t end = fb_str_find(text, ',', at);
        struct fb_str item = fb_str_sub(text, at, end - at);
        size_t equal = fb_str_find(item, '=', 0);
        struct fb_str key = fb_str_sub(item, 0, equal);
        at = end + 1;
        bool typed = fb_str_starts(key, FB_STR("gres/gpu:"));
        if (!typed && !fb_str_is(key, "gres/gpu")) {
            shares = shares || fb_job_shares(key);
            continue;
        }
        enum fb_code code = read_number(fb_str_sub(item, equal + 1, item.len), &count, err);
        if (code == FB_OK && typed) {
            struct fb_job_part part = {fb_str_sub(key, 9, key.len), count};
            code = fb_job_add_gpus(job, part, err);
        } else {
            total = count;
        }
        if (code != FB_OK) {
            return code;
        }
    }
    fb_job_settle_shares(job, shares);
    return total >= 0 ? fb_job_settle_gpus(job, total, err) : FB_OK;
}

/* Places an error at a column of the row at hand. */
static enum fb_code place(const struct table *t, enum column column, struct fb_err *err)
{
    size_t at = t->at[column] == SIZE_MAX ? 0 : t->offsets[t->at[column]];
    fb_err_place(
        err, t->input->name, t->lines.line, (uint32_t)at + 1, (int64_t)(t->lines.offset + at));
    return err->code;
}

/* One field in quotes, which begins at *at of the line; *at moves behind it. */
static bool take_quoted(struct table *t, struct fb_str line, size_t *at, struct fb_str *out)
{
    size_t from = t->unquoted.len, i = *at + 1;
    for (; i < line.len; i++) {
        bool quote = line.ptr[i] == '"';
        if (quote && !(i + 1 < line.len && line.ptr[i + 1] == '"')) {
            break;
        }
        i += quote;
        fb_buf_add_char(&t->unquoted, line.ptr[i]);
    }
    *out = (struct fb_str){t->unquoted.ptr + from, t->unquoted.len - from};
    *at = i + 1;
    return i < line.len && (*at == line.len || line.ptr[*at] == t->separator);
}

/* Splits a line into the fields of the table. */
static enum fb_code split(
    struct table *t, struct fb_str line, size_t *out_count, struct fb_err *err)
{
    size_t count = 0, at = 0;
    /* A line of RFC 4180 ends with CR LF; a field in quotes must end before it. */
    line.len -= line.len > 0 && line.ptr[line.len - 1] == '\r';
    fb_buf_clear(&t->unquoted);
    /* One room for all, so that no field moves. */
    if (!fb_buf_room(&t->unquoted, line.len + 1)) {
        return fb_buf_check(&t->unquoted, "a row", err);
    }
    for (bool more = true; more; count++) {
        if (count == COLUMNS_MAX) {
            fb_err_set(err, FB_E_LIMIT, "a row has more than %d fields", COLUMNS_MAX);
            fb_err_place(err, t->input->name, t->lines.line, 0, (int64_t)t->lines.offset);
            return err->code;
        }
        t->offsets[count] = at;
        if (t->separator == ',' && at < line.len && line.ptr[at] == '"') {
            if (!take_quoted(t, line, &at, &t->fields[count])) {
                fb_err_set(err, FB_E_SYNTAX, "a field in quotes does not end where it should");
                fb_err_hint(err, "A quote inside quotes is written twice; a field is one line.");
                fb_err_place(err, t->input->name, t->lines.line, (uint32_t)t->offsets[count] + 1,
                    (int64_t)t->lines.offset);
                return err->code;
            }
        } else {
            size_t end = fb_str_find(line, t->separator, at);
            t->fields[count] = fb_str_trim(fb_str_sub(line, at, end - at));
            at = end;
        }
        more = at < line.len;
        at += more;
    }
    *out_count = count;
    return FB_OK;
}

static bool is_named(struct fb_str head, const char *name)
{
    size_t i = 0;
    for (; i < head.len && name[i]; i++) {
        char c = head.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (c != name[i]) {
            return false;
        }
    }
    return i == head.len && !name[i];
}

/* Two columns of one name may say two things, of which none is to be preferred. */
static enum fb_code check_heads(const struct table *t, struct fb_err *err)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        for (size_t i = t->at[c] == SIZE_MAX ? t->columns : t->at[c] + 1; i < t->columns; i++) {
            struct fb_str head = t->fields[t->at[c]];
            if (head.len == t->fields[i].len &&
                strncasecmp(head.ptr, t->fields[i].ptr, head.len) == 0) {
                fb_err_set(err, FB_E_DUPLICATE, "the column '%.*s' stands twice", FB_STR_ARG(head));
                fb_err_hint(err, "Each column has a name of its own.");
                fb_err_place(err, t->input->name, t->lines.line, (uint32_t)t->offsets[i] + 1,
                    (int64_t)(t->lines.offset + t->offsets[i]));
                return err->code;
            }
        }
    }
    return FB_OK;
}

/* Finds the columns in the line of heads. */
static enum fb_code read_heads(struct table *t, struct fb_str line, struct fb_err *err)
{
    if (fb_str_starts(line, FB_STR("\xef\xbb\xbf"))) {
        line = fb_str_sub(line, 3, line.len);
    }
    t->separator = fb_str_find(line, '|', 0) < line.len ? '|' : ',';
    enum fb_code code = split(t, line, &t->columns, err);
    for (size_t c = 0; code == FB_OK && c < COLUMNS; c++) {
        t->at[c] = SIZE_MAX;
        for (size_t n = 0; n < 3 && names[c][n] && t->at[c] == SIZE_MAX; n++) {
            for (size_t i = 0; i < t->columns && t->at[c] == SIZE_MAX; i++) {
                t->at[c] = is_named(t->fields[i], names[c][n]) ? i : SIZE_MAX;
            }
        }
    }
    if (code != FB_OK) {
        return code;
    }
    code = check_heads(t, err);
    if (code != FB_OK) {
        return code;
    }
    const char *missing = t->at[JOB] == SIZE_MAX && t->at[RAW] == SIZE_MAX     ? "job"
                          : t->at[STARTED] == SIZE_MAX                         ? "started"
                          : t->at[ENDED] == SIZE_MAX                           ? "ended"
                          : t->at[GPUS] == SIZE_MAX && t->at[TRES] == SIZE_MAX ? "gpus"
                                                                               : NULL;
    if (missing) {
        fb_err_set(err, FB_E_FORMAT, "this is no account of jobs: no column '%s'%s", missing,
            t->columns == 1 ? ", nor commas or '|' between columns" : "");
        fb_err_hint(err, "Give 'sacct --json', 'sacct --parsable2 -o JobIDRaw,User,Account,"
                         "Cluster,State,Start,End,AllocTRES', or a table with the columns job, "
                         "user, account, cluster, started, ended, gpus, chip.");
        fb_err_place(err, t->input->name, t->lines.line, 1, (int64_t)t->lines.offset);
        return err->code;
    }
    return FB_OK;
}

static struct fb_str field(const struct table *t, enum column column)
{
    return t->at[column] == SIZE_MAX ? (struct fb_str){NULL, 0} : t->fields[t->at[column]];
}

/* A time in whole seconds: a number of seconds since the epoch, RFC 3339, or as sacct writes it,
 * without a zone; 0 for none. */
static enum fb_code read_time(
    const struct table *t, enum column column, int64_t *out, struct fb_err *err)
{
    struct fb_str text = field(t, column);
    uint64_t number = 0;
    fb_time at = 0;
    char zoned[24];
    if (text.len == 0 || fb_str_is(text, "Unknown") || fb_str_is(text, "None")) {
        *out = 0;
        return FB_OK;
    }
    if (fb_str_u64(text, &number)) {
        *out = (int64_t)number;
        if (number < (uint64_t)LAST_SECOND_DAYS * 86400) {
            return FB_OK;
        }
        fb_err_set(err, FB_E_TIME, "'%.*s' seconds are after the year 9999", FB_STR_ARG(text));
        fb_err_hint(err, "Whole seconds since 1970 are meant, and not milliseconds.");
        return place(t, column, err);
    }
    if (t->separator == '|' && text.len == 19) {
        memcpy(zoned, text.ptr, text.len);
        memcpy(zoned + text.len, "Z", 2);
        text = fb_str_of(zoned);
    }
    enum fb_code code = fb_time_parse(text, &at, err);
    if (code == FB_OK && (at <= 0 || at % FB_SECOND != 0)) {
        code =
            fb_err_set(err, FB_E_TIME, "'%.*s' is not a whole second after 1970", FB_STR_ARG(text));
    }
    if (code != FB_OK) {
        return place(t, column, err);
    }
    *out = at / FB_SECOND;
    return FB_OK;
}

/* A job that was not suspended held its GPUs as long as it ran: where sacct's times have no zone,
 * that also holds over the night in which clocks change. */
static enum fb_code read_times(const struct table *t, struct fb_job *job, struct fb_err *err)
{
    uint64_t elapsed = 0;
    enum fb_code code = read_time(t, STARTED, &job->start, err);
    code = code ? code : read_time(t, ENDED, &job->end, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_str suspended = field(t, SUSPENDED);
    if (t->separator == '|' && job->start > 0 && job->end > 0 && fb_str_is(suspended, "00:00:00") &&
        fb_str_u64(field(t, ELAPSED), &elapsed) &&
        elapsed < (uint64_t)LAST_SECOND_DAYS * 86400 - (uint64_t)job->start) {
        job->end = job->start + (int64_t)elapsed;
    }
    if (job->end > 0 && job->end < job->start) {
        fb_err_set(err, FB_E_TIME, "job '%.*s' ends before it starts", FB_STR_ARG(job->id));
        return place(t, ENDED, err);
    }
    return FB_OK;
}

/* The array that a row is a task of: "7" of a column of its own, or of the job "7_3". */
static int64_t array_of(const struct table *t)
{
    struct fb_str text = field(t, ARRAY);
    uint64_t number = 0;
    if (t->at[ARRAY] == SIZE_MAX) {
        text = field(t, JOB);
        size_t bar = fb_str_find(text, '_', 0);
        text = bar < text.len ? fb_str_sub(text, 0, bar) : (struct fb_str){NULL, 0};
    }
    return fb_str_u64(text, &number) && number <= INT64_MAX ? (int64_t)number : 0;
}

static enum fb_code read_row(struct table *t, fb_job_sink sink, void *ctx, struct fb_err *err)
{
    struct fb_str raw = field(t, RAW);
    struct fb_job job = {.id = raw.len ? raw : field(t, JOB),
        .name = field(t, NAME),
        .user = field(t, USER),
        .account = field(t, ACCOUNT),
        .cluster = field(t, CLUSTER),
        .state = field(t, STATE),
        .comment = field(t, COMMENT),
        .partition = field(t, PARTITION),
        .nodes = field(t, NODES),
        .said = FB_JOB_GPUS_MISSING,
        .index = t->lines.line};
    /* "12.batch" and "12.0" are steps inside the allocation of job 12. */
    if (t->separator == '|' && fb_str_find(job.id, '.', 0) < job.id.len) {
        t->has_steps = true;
        return FB_OK;
    }
    t->has_jobs = true;
    job.array = array_of(t);
    if (job.id.len == 0) {
        fb_err_set(err, FB_E_SCHEMA, "a row has no job");
        return place(t, t->at[RAW] == SIZE_MAX ? JOB : RAW, err);
    }
    enum fb_code code = read_times(t, &job, err);
    struct fb_str gpus = field(t, GPUS);
    if (code == FB_OK && t->at[GPUS] == SIZE_MAX) {
        code = fb_job_read_tres(field(t, TRES), &job, err) ? place(t, TRES, err) : FB_OK;
    } else if (code == FB_OK && gpus.len > 0) {
        struct fb_job_part part = {field(t, CHIP), 0};
        code = read_number(gpus, &part.gpus, err) ? place(t, GPUS, err) : FB_OK;
        code = code ? code : fb_job_add_gpus(&job, part, err);
    }
    return code ? code : sink(ctx, &job, err);
}

static enum fb_code read_rows(struct table *t, fb_job_sink sink, void *ctx, struct fb_err *err)
{
    struct fb_str line;
    bool more = false;
    size_t count = 0, bad = 0;
    enum fb_code code = fb_lines_next(&t->lines, &line, &more, err);
    if (code == FB_OK && !more) {
        fb_err_set(err, FB_E_FORMAT, "the account of jobs is empty");
        fb_err_place(err, t->input->name, 0, 0, -1);
        return err->code;
    }
    code = code ? code : read_heads(t, line, err);
    while (code == FB_OK) {
        code = fb_lines_next(&t->lines, &line, &more, err);
        if (code != FB_OK || !more) {
            break;
        }
        if (!fb_str_utf8(line, &bad)) {
            fb_err_set(err, FB_E_UTF8, "a row is not UTF-8");
            fb_err_place(err, t->input->name, t->lines.line, (uint32_t)bad + 1,
                (int64_t)(t->lines.offset + bad));
            return err->code;
        }
        code = split(t, line, &count, err);
        if (code == FB_OK && count != t->columns) {
            fb_err_set(err, FB_E_SYNTAX, "a row has %zu fields, the header %zu", count, t->columns);
            fb_err_hint(
                err, t->separator == '|'
                         ? "A name or a comment may have a '|' or a line break in it: leave "
                           "JobName and Comment out, or give `sacct --json`."
                         : "A field with a comma in it stands in quotes, on one line.");
            fb_err_place(err, t->input->name, t->lines.line, 0, (int64_t)t->lines.offset);
            return err->code;
        }
        code = code ? code : read_row(t, sink, ctx, err);
    }
    if (code == FB_OK && t->has_steps && !t->has_jobs) {
        fb_err_set(err, FB_E_SCHEMA, "the account has steps of jobs, and none of the jobs");
        fb_err_hint(err, "What was allocated stands in the row of the job: give all that sacct "
                         "prints, or `sacct -X`.");
        fb_err_place(err, t->input->name, t->lines.line, 0, (int64_t)t->lines.offset);
        return err->code;
    }
    return code;
}

enum fb_code fb_jobs_read_input(
    const struct fb_input *input, fb_job_sink sink, void *ctx, struct fb_err *err)
{
    FB_ASSERT(input && sink);
    char head[256];
    size_t got = 0;
    enum fb_code code = fb_input_read(input, 0, (struct fb_io_span){head, sizeof(head)}, &got, err);
    struct fb_str start = fb_str_trim((struct fb_str){head, got});
    if (code != FB_OK || (start.len > 0 && (start.ptr[0] == '{' || start.ptr[0] == '['))) {
        return code ? code : fb_jobs_read_sacct(input, sink, ctx, err);
    }
    struct table t = {.input = input};
    fb_buf_init(&t.unquoted, (size_t)FB_LINES_MAX + 1);
    fb_lines_init(&t.lines, input);
    code = read_rows(&t, sink, ctx, err);
    fb_lines_release(&t.lines);
    fb_buf_release(&t.unquoted);
    return code;
}

enum fb_code fb_jobs_read(const char *path, fb_job_sink sink, void *ctx, struct fb_err *err)
{
    struct fb_input input = {0};
    enum fb_code code = fb_input_open_stream(path, &input, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_jobs_read_input(&input, sink, ctx, err);
    fb_input_close(&input);
    return code;
}
