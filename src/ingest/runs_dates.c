/* runs_dates.c: the release dates of agents, for trends. */
#include "base/assert.h"
#include "base/io.h"
#include "ingest/csv.h"
#include "ingest/runs.h"

static const char *const agent_names[] = {"agent", "alias", "model", "name", NULL};
static const char *const date_names[] = {"release_date", "date", NULL};

/* The number of an agent among names in the order of bytes; UINT32_MAX when it has no runs. */
static uint32_t find_agent(const struct fb_runs *runs, struct fb_str name)
{
    uint32_t low = 0, high = runs->data.agents;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = fb_str_cmp(runs->agents[middle], name);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return UINT32_MAX;
}

/* Dates at work. */
struct dating {
    const struct fb_runs *runs;
    fb_time *dates;
    size_t count; /* dates that were read, of agents with runs or not */
};

static enum fb_code set_date(struct dating *dating, const struct fb_str pair[2], struct fb_err *err)
{
    fb_time at = 0;
    enum fb_code code = fb_time_parse(pair[1], &at, err);
    uint32_t agent = find_agent(dating->runs, pair[0]);
    dating->count++;
    if (code != FB_OK || agent == UINT32_MAX) {
        return code;
    }
    if (dating->dates[agent] != FB_TIME_MIN && dating->dates[agent] != at) {
        (void)fb_err_set(err, FB_E_DUPLICATE, "'%.*s' has another date before",
            FB_STR_ARG(fb_str_sub(pair[0], 0, 100)));
        return fb_err_hint(err, "An agent has one date, that of its release.");
    }
    dating->dates[agent] = at;
    return FB_OK;
}

/* A name may stand in quotes. */
static struct fb_str unquote(struct fb_str text)
{
    text = fb_str_trim(text);
    bool quoted = text.len >= 2 && (text.ptr[0] == '"' || text.ptr[0] == '\'') &&
                  text.ptr[text.len - 1] == text.ptr[0];
    return quoted ? fb_str_sub(text, 1, text.len - 2) : text;
}

/* `NAME: DATE`: the last colon that a space follows parts them, since names may have colons. */
static bool split_line(struct fb_str line, struct fb_str pair[2])
{
    for (size_t i = line.len; i-- > 1;) {
        if (line.ptr[i - 1] == ':' && (line.ptr[i] == ' ' || line.ptr[i] == '\t')) {
            pair[0] = unquote(fb_str_sub(line, 0, i - 1));
            pair[1] = unquote(fb_str_sub(line, i, line.len));
            return pair[1].len > 0;
        }
    }
    return false;
}

static enum fb_code read_lines(
    struct fb_str text, const char *name, struct dating *dating, struct fb_err *err)
{
    struct fb_str line;
    for (uint32_t number = 1; fb_str_line(&text, &line); number++) {
        struct fb_str pair[2];
        line = fb_str_trim(fb_str_sub(line, 0, fb_str_find(line, '#', 0)));
        if (!split_line(line, pair)) {
            continue;
        }
        enum fb_code code = set_date(dating, pair, err);
        if (code != FB_OK) {
            fb_err_place(err, name, number, 0, -1);
            return code;
        }
    }
    return FB_OK;
}

static enum fb_code read_table(
    struct fb_str text, const char *name, struct dating *dating, struct fb_err *err)
{
    struct fb_csv csv;
    size_t agent = 0, date = 0;
    bool more = true;
    enum fb_code code = fb_csv_start(&csv, text, name, err);
    code = code ? code : fb_csv_require(&csv, agent_names, &agent, err);
    code = code ? code : fb_csv_require(&csv, date_names, &date, err);
    while (code == FB_OK && more) {
        code = fb_csv_next(&csv, &more, err);
        struct fb_str pair[2] = {{0}};
        if (code == FB_OK && more) {
            pair[0] = fb_str_trim(fb_csv_field(&csv, agent));
            pair[1] = fb_str_trim(fb_csv_field(&csv, date));
        }
        if (pair[1].len > 0) {
            code = set_date(dating, pair, err);
        }
        if (code != FB_OK) {
            fb_err_place(err, name, csv.line, 0, -1);
        }
    }
    fb_csv_release(&csv);
    return code;
}

enum fb_code fb_runs_read_dates_memory(struct fb_str text, const char *name,
    const struct fb_runs *runs, fb_time *out_dates, struct fb_err *err)
{
    FB_ASSERT(name && runs && out_dates);
    for (uint32_t i = 0; i < runs->data.agents; i++) {
        out_dates[i] = FB_TIME_MIN;
    }
    struct dating dating = {runs, out_dates, 0};
    struct fb_str first = fb_str_sub(text, 0, fb_str_find(text, '\n', 0));
    bool is_table = fb_str_find(first, ',', 0) < first.len && !fb_str_starts(first, FB_STR("#"));
    enum fb_code code =
        is_table ? read_table(text, name, &dating, err) : read_lines(text, name, &dating, err);
    if (code == FB_OK && dating.count == 0) {
        (void)fb_err_set(err, FB_E_SCHEMA, "the file gives no date");
        fb_err_place(err, name, 0, 0, -1);
        return fb_err_hint(
            err, "A line is `NAME: DATE`; a table has the columns `agent` and `release_date`.");
    }
    return code;
}

enum fb_code fb_runs_read_dates(
    const char *path, const struct fb_runs *runs, fb_time *out_dates, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CSV_FILE_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    code = code ? code : fb_runs_read_dates_memory(fb_buf_str(&text), path, runs, out_dates, err);
    fb_buf_release(&text);
    return code;
}
