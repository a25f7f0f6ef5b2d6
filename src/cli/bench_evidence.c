#include "cli/bench_evidence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "base/json.h"
#include "evidence/reading.h"
#include "ingest/runs.h"
#include "ingest/scores.h"
#include "stats/random.h"

enum { LOG_SAMPLES = 64, SAMPLE_EVENTS = 400, SAMPLE_MAX = 1 << 23, LOG_MAX = 1 << 28 };

/* What a case is made of. */
struct evidence_case {
    const char *name;
    const char *metric;
    enum fb_code (*make)(struct fb_bench_evidence *bench, struct fb_err *err);
    enum fb_code (*run)(struct fb_bench_evidence *bench, struct fb_err *err);
};

/* --- Logs that look like those of a long agentic run ---------------------------------------- */

/* Words of a transcript, chosen by a counter: the same log on every machine. */
static void add_words(struct fb_buf *out, uint64_t *state, size_t count)
{
    static const char *const words[] = {"the", "service", "listens", "on", "port", "8080", "and",
        "returns", "a", "token", "for", "each", "session", "I", "will", "read", "its",
        "configuration", "first", "then", "try", "flag", "root", "permission denied", "ls -la",
        "/etc/passwd", "import os", "print(result)", "Traceback", "line 42", "\\n", "\\n\\n",
        "\\\"quoted\\\"", "caf\xC3\xA9", "chmod", "binary", "offset", "0x7ffe", "decode", "base64",
        "YWRtaW4=", "next", "step", "fails"};
    enum { WORDS = sizeof(words) / sizeof(words[0]) };
    for (size_t i = 0; i < count; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        fb_buf_add_c(out, words[(*state >> 33) % WORDS]);
        fb_buf_add_char(out, ' ');
    }
}

static void add_event(struct fb_buf *out, uint64_t *state, size_t number)
{
    fb_buf_addf(out,
        "%s{\"uuid\":\"u%zu\",\"span_id\":\"s%zu\",\"timestamp\":\"2026-03-01T12:00:00+00:00\","
        "\"working_start\":%zu.25,\"event\":\"model\",\"model\":\"mockllm/aurora\",\"input_refs\":"
        "[[0,%zu]],\"tools\":[],\"tool_choice\":\"auto\",\"config\":{\"max_tokens\":4096},"
        "\"output\":{\"model\":\"aurora\",\"choices\":[{\"message\":{\"id\":\"m%zu\",\"content\":"
        "\"",
        number ? "," : "", number, number / 10, number, number, number);
    add_words(out, state, 120);
    fb_buf_add_c(out, "\",\"source\":\"generate\",\"role\":\"assistant\",\"tool_calls\":[{\"id\":"
                      "\"call\",\"function\":\"bash\",\"arguments\":{\"cmd\":\"");
    add_words(out, state, 30);
    fb_buf_addf(out,
        "\"}}]},\"stop_reason\":\"tool_calls\"}],\"usage\":{\"input_tokens\":%zu,\"output_tokens\":"
        "%zu,\"total_tokens\":%zu},\"time\":1.25},\"completed\":null,\"working_time\":0.5}",
        1000 + number, 200 + number, 1200 + 2 * number);
}

static void add_sample(struct fb_buf *out, size_t id)
{
    uint64_t state = 1 + id;
    fb_buf_addf(out,
        "{\"id\":%zu,\"epoch\":1,\"input\":\"Find the flag.\",\"target\":\"x\","
        "\"messages\":[],\"scores\":{\"includes\":{\"value\":\"%c\"}},\"metadata\":{},"
        "\"store\":{},\"events\":[",
        id, id % 4 == 0 ? 'C' : 'I');
    for (size_t i = 0; i < SAMPLE_EVENTS; i++) {
        add_event(out, &state, i);
    }
    fb_buf_add_c(out, "],\"model_usage\":{},\"attachments\":{}}");
}

static const char header[] =
    "\"version\":2,\"status\":\"success\",\"eval\":{\"eval_id\":\"bench\",\"created\":"
    "\"2026-03-01T12:00:00+00:00\",\"task\":\"bench\",\"model\":\"mockllm/aurora\",\"dataset\":"
    "{\"samples\":64},\"config\":{\"epochs\":1}},\"results\":{\"total_samples\":64,\"scores\":"
    "[{\"name\":\"includes\",\"scorer\":\"includes\",\"metrics\":{\"accuracy\":{\"name\":"
    "\"accuracy\",\"value\":0.25}}}]},\"stats\":{\"started_at\":\"2026-03-01T12:00:00+00:00\","
    "\"completed_at\":\"2026-03-01T13:00:00+00:00\"}";

/* A path for a file of the case, whose name no other file has. */
static enum fb_code make_path(struct fb_bench_evidence *bench, struct fb_err *err)
{
    static const char pattern[] = "/tmp/flyball-bench-XXXXXX";
    bench->path = fb_alloc(sizeof(pattern));
    if (!bench->path) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    memcpy(bench->path, pattern, sizeof(pattern));
    int fd = mkstemp(bench->path);
    if (fd < 0) {
        enum fb_code code = fb_io_error("make the file", bench->path, err);
        fb_free(bench->path);
        bench->path = NULL;
        return code;
    }
    (void)close(fd);
    return FB_OK;
}

static enum fb_code make_json(struct fb_bench_evidence *bench, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, LOG_MAX);
    fb_buf_addf(&text, "{%s,\"samples\":[", header);
    for (size_t id = 1; id <= LOG_SAMPLES; id++) {
        fb_buf_add_c(&text, id > 1 ? "," : "");
        add_sample(&text, id);
    }
    fb_buf_add_c(&text, "]}");
    enum fb_code code = fb_buf_check(&text, "the log", err);
    code = code ? code : make_path(bench, err);
    code = code ? code : fb_io_write(bench->path, fb_buf_str(&text), 0600, err);
    bench->count = (double)text.len;
    fb_buf_release(&text);
    return code;
}

/* Adds a member; the archive copies nothing, so the texts stay until it is closed. */
static bool add_member(zip_t *zip, const char *name, const struct fb_buf *text)
{
    zip_source_t *source = zip_source_buffer(zip, text->ptr, text->len, 0);
    zip_int64_t index = source ? zip_file_add(zip, name, source, 0) : -1;
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_DEFLATE, 6) == 0;
}

static bool add_members(zip_t *zip, struct fb_buf *texts, double *bytes)
{
    bool is_good = true;
    for (size_t id = 0; is_good && id <= LOG_SAMPLES; id++) {
        char name[64] = "header.json";
        if (id == 0) {
            fb_buf_addf(&texts[id], "{%s}", header);
        } else {
            (void)snprintf(name, sizeof(name), "samples/%zu_epoch_1.json", id);
            add_sample(&texts[id], id);
        }
        is_good = texts[id].state == FB_BUF_GOOD && add_member(zip, name, &texts[id]);
        *bytes += (double)texts[id].len;
    }
    return is_good;
}

static enum fb_code make_eval(struct fb_bench_evidence *bench, struct fb_err *err)
{
    enum fb_code code = make_path(bench, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_buf texts[LOG_SAMPLES + 1];
    for (size_t i = 0; i <= LOG_SAMPLES; i++) {
        fb_buf_init(&texts[i], SAMPLE_MAX);
    }
    int number = 0;
    zip_t *zip = zip_open(bench->path, ZIP_CREATE | ZIP_TRUNCATE, &number);
    bool is_good = zip && add_members(zip, texts, &bench->count);
    if (zip && (!is_good || zip_close(zip) != 0)) {
        zip_discard(zip);
        is_good = false;
    }
    for (size_t i = 0; i <= LOG_SAMPLES; i++) {
        fb_buf_release(&texts[i]);
    }
    return is_good ? FB_OK : fb_err_set(err, FB_E_IO, "could not write '%s'", bench->path);
}

static enum fb_code read_log(struct fb_bench_evidence *bench, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_log_reading reading;
    fb_arena_init(&arena, SAMPLE_MAX);
    enum fb_code code = fb_log_read(bench->path, NULL, 0.95, &arena, &reading, err);
    FB_ASSERT(code != FB_OK || (reading.count == 1 && reading.items[0].succeeded_any == 16));
    fb_arena_release(&arena);
    return code;
}

/* --- Fits of the size of METR's and Epoch's published data ------------------------------------ */

enum { AGENTS = 11, FAMILIES = 36, TASKS = 83, RUNS = 7063, RESAMPLES = 1000, TABLE_MAX = 1 << 22 };
enum { MODELS = 179, BENCHMARKS = 38, SCORES = 1324 };

static enum fb_code write_table(
    struct fb_bench_evidence *bench, struct fb_buf *table, struct fb_err *err)
{
    enum fb_code code = fb_buf_check(table, "the table", err);
    code = code ? code : make_path(bench, err);
    code = code ? code : fb_io_write(bench->path, fb_buf_str(table), 0600, err);
    fb_buf_release(table);
    return code;
}

/* Runs whose success falls with the length of the task; some chance by a counter. */
static enum fb_code make_runs(struct fb_bench_evidence *bench, struct fb_err *err)
{
    struct fb_buf table;
    fb_buf_init(&table, TABLE_MAX);
    fb_buf_add_c(&table, "agent,family,task,minutes,successes,trials\n");
    for (int cell = 0; cell < AGENTS * TASKS; cell++) {
        int agent = cell / TASKS, task = cell % TASKS;
        int trials = RUNS / (AGENTS * TASKS) + (cell < RUNS % (AGENTS * TASKS));
        double length = -5 + 0.2 * task, skill = agent - 4.0;
        double share = 1 / (1 + exp(0.5 * (length - skill)));
        struct fb_random random = fb_random_start(1, (uint64_t)cell);
        int successes = 0;
        for (int i = 0; i < trials; i++) {
            successes += fb_random_unit(&random) < share;
        }
        fb_buf_addf(&table, "agent %d,family %d,task %d,%g,%d,%d\n", agent, task % FAMILIES, task,
            exp2(length), successes, trials);
    }
    bench->count = RESAMPLES;
    return write_table(bench, &table, err);
}

static enum fb_code fit_runs(struct fb_bench_evidence *bench, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_runs runs;
    struct fb_horizon_result result = {0};
    fb_arena_init(&arena, (size_t)1 << 30);
    enum fb_code code = fb_runs_read(bench->path, &arena, &runs, err);
    code = code ? code : fb_horizon_weigh(&runs.data, FB_HORIZON_DIVERSITY, err);
    if (code == FB_OK) {
        struct fb_horizon_options options = {
            0.1, {0.5, 0.8}, 0.95, RESAMPLES, fb_random_key(runs.digest)};
        code = fb_horizon_compute(&runs.data, &options, &result, err);
        FB_ASSERT(code != FB_OK || (runs.data.count == RUNS && result.resamples == RESAMPLES));
    }
    fb_horizon_release(&result);
    fb_arena_release(&arena);
    return code;
}

static enum fb_code make_scores(struct fb_bench_evidence *bench, struct fb_err *err)
{
    struct fb_buf table;
    fb_buf_init(&table, TABLE_MAX);
    fb_buf_add_c(&table, "model,benchmark,score\n");
    for (int i = 0; i < SCORES; i++) {
        /* 38 and 179 share no factor, so that pairs do not come twice. */
        int model = i * 5 % MODELS, benchmark = i % BENCHMARKS;
        struct fb_random random = fb_random_start(2, (uint64_t)i);
        double gap = model / 60.0 - benchmark / 12.0;
        double score =
            1 / (1 + exp(-(1 + benchmark % 4) * gap)) + 0.05 * (fb_random_unit(&random) - 0.5);
        fb_buf_addf(&table, "model %d,benchmark %d,%.6f\n", model, benchmark,
            score < 0   ? 0
            : score > 1 ? 1
                        : score);
    }
    bench->count = SCORES;
    return write_table(bench, &table, err);
}

static enum fb_code fit_scores(struct fb_bench_evidence *bench, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_scores scores;
    struct fb_capability_result result = {0};
    fb_arena_init(&arena, (size_t)1 << 30);
    enum fb_code code = fb_scores_read(bench->path, &arena, &scores, err);
    const struct fb_capability_options options = {0, 1, 0, 0.1, 0.95, 0, 1};
    code = code ? code : fb_capability_fit(&scores.data, &options, &result, err);
    FB_ASSERT(code != FB_OK || (scores.data.count == SCORES && result.gradient < 1e-9));
    fb_capability_release(&result);
    fb_arena_release(&arena);
    return code;
}

/* --- Cases ---------------------------------------------------------------------------------- */

static const struct evidence_case cases[] = {
    {"read-json", "json_bytes_per_s", make_json, read_log},
    {"read-eval", "json_bytes_per_s", make_eval, read_log},
    {"horizon-1000", "resamples_per_s", make_runs, fit_runs},
    {"eci", "scores_per_s", make_scores, fit_scores},
};

enum { CASE_COUNT = sizeof(cases) / sizeof(cases[0]) };

const char *fb_bench_evidence_name(size_t n)
{
    return n < CASE_COUNT ? cases[n].name : NULL;
}

const char *fb_bench_evidence_metric(size_t n)
{
    FB_ASSERT(n < CASE_COUNT);
    return cases[n].metric;
}

enum fb_code fb_bench_evidence_make(size_t n, struct fb_bench_evidence *bench, struct fb_err *err)
{
    FB_ASSERT(n < CASE_COUNT && bench);
    return cases[n].make(bench, err);
}

enum fb_code fb_bench_evidence_run(size_t n, struct fb_bench_evidence *bench, struct fb_err *err)
{
    FB_ASSERT(n < CASE_COUNT && bench);
    return cases[n].run(bench, err);
}

void fb_bench_evidence_release(struct fb_bench_evidence *bench)
{
    FB_ASSERT(bench);
    if (bench->path) {
        fb_io_remove(bench->path);
        fb_free(bench->path);
        bench->path = NULL;
    }
}
