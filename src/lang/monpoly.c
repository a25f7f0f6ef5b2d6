/* Signatures and logs of MonPoly, and its verdicts. */
#include "lang/monpoly.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/limit.h"
#include "engine/eval.h"
#include "engine/parallel.h"
#include "engine/session.h"
#include "lang/monpoly_log.h"

enum { IDENTITY_MAX = 1 << 26 };

/* ---- signature ---- */

static bool is(const struct fb_mtoken *token, const char *text)
{
    return token->kind != FB_MTOKEN_STRING && fb_str_is(token->text, text);
}

static bool type_of(struct fb_str name, enum fb_type *out)
{
    bool known = true;
    if (fb_str_is(name, "int")) {
        *out = FB_TYPE_INT;
    } else if (fb_str_is(name, "float")) {
        *out = FB_TYPE_FLOAT;
    } else if (fb_str_is(name, "string")) {
        *out = FB_TYPE_STRING;
    } else {
        known = false;
    }
    return known;
}

/* The columns of a relation, "name:type" or "type", behind the opening bracket. */
static enum fb_code read_columns(
    struct fb_mscan *scan, struct fb_arena *arena, struct fb_relation *relation, struct fb_err *err)
{
    enum fb_type *types = FB_ARENA_ARRAY(arena, enum fb_type, FB_IR_ARITY_MAX);
    if (!types) {
        return fb_arena_failed(arena, err);
    }
    relation->types = types;
    struct fb_mtoken token = fb_mscan_next(scan);
    while (!is(&token, ")")) {
        struct fb_mscan before = *scan;
        struct fb_mtoken colon = fb_mscan_next(scan);
        if (is(&colon, ":")) {
            token = fb_mscan_next(scan);
        } else {
            *scan = before;
        }
        if (relation->arity >= FB_IR_ARITY_MAX) {
            return fb_mtoken_refuse(&token, FB_E_LIMIT, err, "too many columns");
        }
        if (token.kind != FB_MTOKEN_NAME || !type_of(token.text, &types[relation->arity])) {
            return fb_mtoken_refuse(&token, FB_E_SYNTAX, err, "expected int, float or string");
        }
        relation->arity++;
        token = fb_mscan_next(scan);
        if (is(&token, ",")) {
            token = fb_mscan_next(scan);
        } else if (!is(&token, ")")) {
            return fb_mtoken_refuse(&token, FB_E_SYNTAX, err, "expected ',' or ')'");
        }
    }
    return FB_OK;
}

static bool declared(const struct fb_signature *signature, struct fb_str name)
{
    for (size_t i = 0; i < signature->count; i++) {
        if (fb_str_eq(signature->relations[i].name, name)) {
            return true;
        }
    }
    return false;
}

static const enum fb_type two_ints[] = {FB_TYPE_INT, FB_TYPE_INT};

/* They stand behind what the text declares, and are told by their types. */
static void add_builtins(struct fb_signature *signature)
{
    const struct fb_relation builtins[] = {{FB_STR("tp"), 1, NULL, two_ints},
        {FB_STR("ts"), 1, NULL, two_ints}, {FB_STR("tpts"), 2, NULL, two_ints}};
    for (size_t i = 0; i < 3; i++) {
        if (!declared(signature, builtins[i].name)) {
            signature->relations[signature->count++] = builtins[i];
        }
    }
}

enum fb_code fb_monpoly_signature(
    struct fb_str text, struct fb_arena *arena, struct fb_signature *out, struct fb_err *err)
{
    FB_ASSERT(arena && out);
    struct fb_mscan scan = {.text = text};
    struct fb_signature signature = {
        FB_ARENA_ARRAY(arena, struct fb_relation, FB_MONPOLY_RELATIONS_MAX + 3), 0};
    if (!signature.relations) {
        return fb_arena_failed(arena, err);
    }
    struct fb_mtoken token = fb_mscan_next(&scan);
    for (; token.kind != FB_MTOKEN_END; token = fb_mscan_next(&scan)) {
        struct fb_mtoken open = fb_mscan_next(&scan);
        if (token.kind != FB_MTOKEN_NAME || !is(&open, "(")) {
            return fb_mtoken_refuse(&token, FB_E_SYNTAX, err, "expected a predicate");
        }
        if (declared(&signature, token.text)) {
            return fb_mtoken_refuse(&token, FB_E_SYNTAX, err, "a predicate is declared twice");
        }
        if (signature.count >= FB_MONPOLY_RELATIONS_MAX) {
            return fb_mtoken_refuse(&token, FB_E_LIMIT, err, "too many predicates");
        }
        struct fb_relation *relation = &signature.relations[signature.count];
        relation->name = token.text;
        enum fb_code code = read_columns(&scan, arena, relation, err);
        if (code) {
            return code;
        }
        signature.count++;
    }
    add_builtins(&signature);
    *out = signature;
    return FB_OK;
}

/* ---- log ---- */

/* A trace under construction, for the naive evaluator. */
struct gather {
    struct fb_arena *arena;
    struct fb_trace trace;
    size_t time_cap;
    size_t tuple_cap;
};

/* A copy of a full list with twice the room. */
static void *doubled(
    struct fb_arena *arena, const void *old, size_t count, size_t *cap, size_t size)
{
    size_t wanted = *cap ? 2 * *cap : 64;
    void *bigger = fb_arena_array(arena, wanted, size);
    if (bigger && count) {
        memcpy(bigger, old, count * size);
    }
    *cap = bigger ? wanted : *cap;
    return bigger;
}

static enum fb_code gather_tuple(
    void *ctx, uint32_t relation, const struct fb_value *values, struct fb_err *err)
{
    struct gather *g = ctx;
    struct fb_trace *trace = &g->trace;
    size_t arity = trace->signature->relations[relation].arity;
    struct fb_value *copy = FB_ARENA_ARRAY(g->arena, struct fb_value, arity);
    if (copy && trace->tuple_count == g->tuple_cap) {
        struct fb_tuple *tuples =
            doubled(g->arena, trace->tuples, trace->tuple_count, &g->tuple_cap, sizeof(*tuples));
        trace->tuples = tuples ? tuples : trace->tuples;
    }
    if (!copy || trace->tuple_count == g->tuple_cap) {
        return fb_arena_failed(g->arena, err);
    }
    if (arity) {
        memcpy(copy, values, arity * sizeof(*copy));
    }
    trace->tuples[trace->tuple_count++] = (struct fb_tuple){.relation = relation,
        .from = trace->time_count - 1,
        .until = trace->time_count,
        .values = copy,
        .seq = UINT64_MAX};
    return FB_OK;
}

static enum fb_code gather_time(struct gather *g, fb_time time, struct fb_err *err)
{
    struct fb_trace *trace = &g->trace;
    if (trace->time_count == g->time_cap) {
        fb_time *times =
            doubled(g->arena, trace->times, trace->time_count, &g->time_cap, sizeof(*times));
        if (!times) {
            return fb_arena_failed(g->arena, err);
        }
        trace->times = times;
    }
    trace->times[trace->time_count++] = time;
    return FB_OK;
}

/* Where the tuples of each time-point begin. */
static enum fb_code gather_starts(struct gather *g, struct fb_err *err)
{
    struct fb_trace *trace = &g->trace;
    size_t *starts = FB_ARENA_ARRAY(g->arena, size_t, trace->time_count + 1);
    if (!starts) {
        return fb_arena_failed(g->arena, err);
    }
    size_t at = 0;
    for (size_t tp = 0; tp <= trace->time_count; tp++) {
        while (at < trace->tuple_count && trace->tuples[at].from < tp) {
            at++;
        }
        starts[tp] = at;
    }
    trace->starts = starts;
    return FB_OK;
}

/* tp, ts or tpts of a time-point; false for any other relation. */
static bool builtin(
    const struct fb_relation *relation, size_t point, fb_time time, struct fb_value *out)
{
    if (relation->types != two_ints) {
        return false;
    }
    bool ts = fb_str_is(relation->name, "ts");
    out[0] = ts ? fb_value_int(time) : fb_value_int((int64_t)point);
    out[1] = fb_value_int(time);
    return true;
}

static enum fb_code gather_open(void *ctx, fb_time time, struct fb_err *err)
{
    struct gather *g = ctx;
    const struct fb_signature *signature = g->trace.signature;
    enum fb_code code = gather_time(g, time, err);
    for (uint32_t i = 0; code == FB_OK && i < signature->count; i++) {
        struct fb_value values[2];
        if (builtin(&signature->relations[i], g->trace.time_count - 1, time, values)) {
            code = gather_tuple(g, i, values, err);
        }
    }
    return code;
}

static enum fb_code gather_close(void *ctx, struct fb_err *err)
{
    (void)ctx;
    (void)err;
    return FB_OK;
}

enum fb_code fb_monpoly_log(struct fb_str text, const struct fb_signature *signature,
    struct fb_arena *arena, struct fb_trace *out, struct fb_err *err)
{
    FB_ASSERT(signature && arena && out);
    struct gather g = {.arena = arena, .trace = {.signature = signature}};
    struct fb_mlog_target target = {&g, gather_open, gather_tuple, gather_close};
    struct fb_mlog *log = NULL;
    enum fb_code code = fb_mlog_new(signature, target, &log, err);
    code = code ? code : fb_mlog_feed(log, text, true, err);
    code = code ? code : fb_mlog_end(log, err);
    fb_mlog_free(log);
    code = code ? code : gather_time(&g, FB_TIME_MAX, err);
    code = code ? code : gather_starts(&g, err);
    if (code == FB_OK) {
        *out = g.trace;
    }
    return code;
}

/* ---- verdicts ---- */

static void write_int(int64_t integer, struct fb_buf *out)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (integer < 0) {
        digits[--at] = '-';
    }
    fb_buf_add(out, digits + at, sizeof(digits) - at);
}

/* A float as C's "%g" prints it, which is what MonPoly does: whole numbers of up to six digits are
 * printed as integers, the quick way. */
static void write_value(struct fb_value value, struct fb_buf *out)
{
    double x = value.type == FB_TYPE_FLOAT ? value.u.number : 0.5;
    if (x > -1e6 && x < 1e6 && x != 0.0 && (double)(int64_t)x == x) {
        write_int((int64_t)x, out);
    } else if (value.type == FB_TYPE_FLOAT) {
        fb_buf_addf(out, "%g", x);
    } else if (value.type == FB_TYPE_STRING) {
        fb_buf_add_c(out, "\"");
        fb_buf_add_str(out, value.u.text);
        fb_buf_add_c(out, "\"");
    } else if (value.type == FB_TYPE_INT) {
        write_int(value.u.integer, out);
    } else {
        fb_value_write(value, out);
    }
}

static void write_head(fb_time t, size_t tp, struct fb_buf *out)
{
    fb_buf_addf(out, "@%lld (time point %zu):", (long long)t, tp);
}

static void write_verdict(const struct fb_monpoly_body *formula, const struct fb_trace *trace,
    size_t tp, const struct fb_table *table, struct fb_buf *out)
{
    write_head(trace->times[tp], tp, out);
    for (size_t i = 0; formula->column_count && i < table->count; i++) {
        for (size_t k = 0; k < formula->column_count; k++) {
            fb_buf_add_c(out, k ? "," : " (");
            write_value(table->rows[i].values[formula->columns[k]], out);
        }
        fb_buf_add_c(out, ")");
    }
    fb_buf_add_c(out, formula->column_count ? "\n" : " true\n");
}

enum fb_code fb_monpoly_verdict(const struct fb_monpoly_formula *formula,
    const struct fb_trace *trace, size_t tp, size_t scratch_max, struct fb_buf *out,
    struct fb_err *err)
{
    FB_ASSERT(formula && trace && out);
    struct fb_arena scratch;
    struct fb_table table = {0};
    fb_arena_init(&scratch, scratch_max);
    const struct fb_monpoly_body *body = &formula->plain;
    enum fb_code code =
        fb_eval_naive_rows(body->form, trace, tp, body->var_count, NULL, &scratch, &table, err);
    if (code == FB_OK && table.count) {
        write_verdict(body, trace, tp, &table, out);
    }
    fb_arena_release(&scratch);
    return code;
}

enum fb_code fb_monpoly_run(const struct fb_monpoly_formula *formula, const struct fb_trace *trace,
    size_t scratch_max, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(formula && trace && out);
    FB_ASSERT(trace->time_count > 0);
    for (size_t tp = 0; tp + 1 < trace->time_count; tp++) {
        enum fb_code code = fb_monpoly_verdict(formula, trace, tp, scratch_max, out, err);
        if (code) {
            return code;
        }
    }
    return fb_buf_check(out, "the verdicts", err);
}

/* ---- in one pass ---- */

/* One run of the incremental evaluator. */
struct fb_monpoly_monitor {
    const struct fb_monpoly_body *formula;
    const struct fb_signature *signature;
    struct fb_monpoly_stream *stream;
    struct fb_session *session;
    struct fb_parallel *many; /* instead of it, with several threads */
    size_t *arities;
    bool *times; /* relations of the time alone */
    struct fb_mlog *log;
};

static void write_rows(const struct fb_monpoly_monitor *m, const struct fb_cell *const *rows,
    size_t count, struct fb_buf *out)
{
    const struct fb_monpoly_body *formula = m->formula;
    for (size_t i = 0; formula->column_count && i < count; i++) {
        for (size_t k = 0; k < formula->column_count; k++) {
            fb_buf_add_c(out, k ? "," : " (");
            write_value(fb_session_value(m->session, &rows[i][formula->columns[k]]), out);
        }
        fb_buf_add_c(out, ")");
    }
    fb_buf_add_c(out, count == 0 ? " none" : formula->column_count ? "" : " true");
}

static void write_report_head(
    const struct fb_monpoly_monitor *m, const struct fb_session_report *report, struct fb_buf *out)
{
    bool amended = report->news == FB_SESSION_AMENDED;
    fb_buf_add_c(out, report->news == FB_SESSION_LATE ? "late "
                      : amended && report->count == 0 ? "withdrawn "
                      : amended                       ? "amended "
                                                      : "");
    if (!m->stream->stamp || report->news != FB_SESSION_VERDICT) {
        fb_buf_addf(out, "@%lld (time point %llu)", (long long)report->time,
            (unsigned long long)report->point);
    } else if (report->certain == FB_TIME_MAX) {
        fb_buf_addf(out, "@%lld (time point %llu, certain at the end)", (long long)report->time,
            (unsigned long long)report->point);
    } else {
        fb_buf_addf(out, "@%lld (time point %llu, certain @%lld)", (long long)report->time,
            (unsigned long long)report->point, (long long)report->certain);
    }
}

static enum fb_code take_report(
    void *ctx, const struct fb_session_report *report, struct fb_err *err)
{
    const struct fb_monpoly_monitor *m = ctx;
    struct fb_buf *out = m->stream->line;
    write_report_head(m, report, out);
    if (report->news != FB_SESSION_LATE) {
        fb_buf_add_c(out, ":");
    }
    if (report->count) {
        write_rows(m, report->rows, report->count, out);
    }
    if (report->news == FB_SESSION_AMENDED) {
        fb_buf_add_c(out, report->count ? "; was" : " was");
        write_rows(m, report->was, report->was_count, out);
    }
    fb_buf_add_c(out, "\n");
    enum fb_code code = fb_buf_check(out, "the verdicts", err);
    code = code ? code : m->stream->sink(m->stream->ctx, out, err);
    for (size_t i = 0; code == FB_OK && m->stream->row && i < report->count; i++) {
        struct fb_value values[FB_IR_VARS_MAX];
        for (size_t k = 0; k < m->formula->column_count; k++) {
            values[k] = fb_session_value(m->session, &report->rows[i][m->formula->columns[k]]);
        }
        code = m->stream->row(m->stream->ctx, (size_t)report->point, values, err);
    }
    return code;
}

static enum fb_code take_merged(
    void *ctx, const struct fb_parallel_verdict *verdict, struct fb_err *err)
{
    const struct fb_monpoly_monitor *m = ctx;
    const struct fb_monpoly_body *formula = m->formula;
    struct fb_buf *out = m->stream->line;
    if (verdict->time == FB_TIME_MAX) {
        return FB_OK; /* the time-point behind the last is not the log's */
    }
    write_head(verdict->time, verdict->point, out);
    for (size_t i = 0; formula->column_count && i < verdict->count; i++) {
        for (size_t k = 0; k < formula->column_count; k++) {
            fb_buf_add_c(out, k ? "," : " (");
            write_value(verdict->rows[i][formula->columns[k]], out);
        }
        fb_buf_add_c(out, ")");
    }
    fb_buf_add_c(out, formula->column_count ? "\n" : " true\n");
    enum fb_code code = fb_buf_check(out, "the verdicts", err);
    return code ? code : m->stream->sink(m->stream->ctx, out, err);
}

static enum fb_code take_tuple(
    void *ctx, uint32_t relation, const struct fb_value *values, struct fb_err *err)
{
    struct fb_monpoly_monitor *m = ctx;
    m->stream->tuple_count++;
    if (m->many) {
        return fb_parallel_add(m->many, relation, values, err);
    }
    return fb_session_add(
        m->session, relation, values, m->signature->relations[relation].arity, err);
}

/* With several threads the tuples that are not in the log are added here. */
static enum fb_code open_many(
    struct fb_monpoly_monitor *m, size_t point, fb_time time, struct fb_err *err)
{
    enum fb_code code = fb_parallel_open(m->many, time, err);
    for (uint32_t i = 0; code == FB_OK && i < m->signature->count; i++) {
        struct fb_value values[2];
        if (fb_parallel_reads(m->many, i) &&
            builtin(&m->signature->relations[i], point, time, values)) {
            code = fb_parallel_add(m->many, i, values, err);
        }
    }
    return code;
}

static enum fb_code take_open(void *ctx, fb_time time, struct fb_err *err)
{
    struct fb_monpoly_monitor *m = ctx;
    size_t point = m->stream->point_count++;
    return m->many ? open_many(m, point, time, err) : fb_session_open(m->session, time, err);
}

static enum fb_code take_close(void *ctx, struct fb_err *err)
{
    struct fb_monpoly_monitor *m = ctx;
    return m->many ? fb_parallel_close(m->many, err) : fb_session_close(m->session, err);
}

/* The tuples that are not in the log. */
static enum fb_code fill_point(
    void *ctx, struct fb_inc *inc, uint64_t point, fb_time time, struct fb_err *err)
{
    const struct fb_monpoly_monitor *m = ctx;
    enum fb_code code = FB_OK;
    for (uint32_t i = 0; code == FB_OK && i < m->signature->count; i++) {
        struct fb_value values[2];
        struct fb_cell cells[2];
        if (m->signature->relations[i].types == two_ints && fb_inc_reads(inc, i) &&
            builtin(&m->signature->relations[i], (size_t)point, time, values)) {
            size_t arity = m->signature->relations[i].arity;
            for (size_t k = 0; code == FB_OK && k < arity; k++) {
                code = fb_inc_cell(inc, values[k], &cells[k], err);
            }
            code = code ? code : fb_inc_add(inc, i, cells, arity, err);
        }
    }
    return code;
}

/* With several threads, where a variable cuts the log; otherwise with one. */
static enum fb_code make_evaluator(struct fb_monpoly_monitor *m, struct fb_err *err)
{
    const struct fb_signature *signature = m->signature;
    const struct fb_form *form = m->formula->form;
    struct fb_value values[2];
    enum fb_code code = FB_E_UNSUPPORTED;
    if (m->stream->threads > 1) {
        m->arities = fb_calloc(signature->count, sizeof(*m->arities));
        m->times = fb_calloc(signature->count, sizeof(*m->times));
        if (!m->arities || !m->times) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
        for (size_t i = 0; i < signature->count; i++) {
            m->arities[i] = signature->relations[i].arity;
            m->times[i] = builtin(&signature->relations[i], 0, 0, values);
        }
        struct fb_parallel_options options = {.threads = m->stream->threads,
            .memory_max = m->stream->memory_max,
            .batch = m->stream->batch,
            .arities = m->arities,
            .common = m->times,
            .relation_count = signature->count,
            .sink = take_merged,
            .ctx = m};
        code = fb_parallel_new(form, m->formula->var_count, &options, &m->many, err);
        m->stream->threads = code == FB_OK ? m->stream->threads : 1;
    }
    if (code == FB_E_UNSUPPORTED) {
        struct fb_session_options options = {.memory_max = m->stream->memory_max,
            .reorder = m->stream->reorder,
            .watermark = m->stream->watermark,
            .amend = m->stream->amend,
            .stamp = m->stream->stamp,
            .sink = take_report,
            .fill = fill_point,
            .ctx = m};
        fb_err_init(err);
        code = fb_session_new(form, m->formula->var_count, &options, &m->session, err);
    }
    return code;
}

enum fb_code fb_monpoly_monitor_new(const struct fb_monpoly_formula *formula,
    const struct fb_signature *signature, struct fb_monpoly_stream *stream,
    struct fb_monpoly_monitor **out, struct fb_err *err)
{
    FB_ASSERT(formula && signature && stream && out);
    FB_ASSERT(stream->sink && stream->line);
    struct fb_monpoly_monitor *m = fb_calloc(1, sizeof(*m));
    if (!m) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    FB_ASSERT(stream->threads <= 1 || (!stream->reorder && !stream->stamp));
    *m = (struct fb_monpoly_monitor){
        .formula = &formula->quick, .signature = signature, .stream = stream};
    struct fb_mlog_target target = {m, take_open, take_tuple, take_close};
    stream->point_count = 0;
    stream->tuple_count = 0;
    enum fb_code code = make_evaluator(m, err);
    code = code ? code : fb_mlog_new(signature, target, &m->log, err);
    if (code) {
        fb_monpoly_monitor_free(m);
        return code;
    }
    if (stream->reorder) {
        fb_mlog_any_order(m->log);
    }
    *out = m;
    return FB_OK;
}

void fb_monpoly_monitor_free(struct fb_monpoly_monitor *monitor)
{
    if (monitor) {
        fb_session_free(monitor->session);
        fb_parallel_free(monitor->many);
        fb_free(monitor->arities);
        fb_free(monitor->times);
        fb_mlog_free(monitor->log);
        fb_free(monitor);
    }
}

enum fb_code fb_monpoly_monitor_feed(
    struct fb_monpoly_monitor *monitor, struct fb_str piece, struct fb_err *err)
{
    FB_ASSERT(monitor);
    enum fb_code code = fb_mlog_feed(monitor->log, piece, false, err);
    if (code && monitor->many) { /* what the log says before the mistake still counts */
        struct fb_err earlier;
        fb_err_init(&earlier);
        if (fb_parallel_flush(monitor->many, &earlier) != FB_OK) {
            *err = earlier;
            return earlier.code;
        }
    }
    return code;
}

enum fb_code fb_monpoly_monitor_advance(
    struct fb_monpoly_monitor *monitor, fb_time now, struct fb_err *err)
{
    FB_ASSERT(monitor && monitor->session);
    return fb_mlog_is_open(monitor->log) ? FB_OK : fb_session_advance(monitor->session, now, err);
}

fb_time fb_monpoly_monitor_next(const struct fb_monpoly_monitor *monitor)
{
    FB_ASSERT(monitor && monitor->session);
    return fb_mlog_is_open(monitor->log) ? FB_TIME_MAX : fb_session_next(monitor->session);
}

enum fb_code fb_monpoly_monitor_end(struct fb_monpoly_monitor *monitor, struct fb_err *err)
{
    FB_ASSERT(monitor);
    enum fb_code code = fb_mlog_end(monitor->log, err);
    if (monitor->many) {
        code = code ? code : fb_parallel_open(monitor->many, FB_TIME_MAX, err);
        code = code ? code : fb_parallel_close(monitor->many, err);
        return code ? code : fb_parallel_end(monitor->many, err);
    }
    return code ? code : fb_session_end(monitor->session, err);
}

size_t fb_monpoly_monitor_memory(const struct fb_monpoly_monitor *monitor)
{
    FB_ASSERT(monitor);
    return monitor->many ? fb_parallel_memory_used(monitor->many)
                         : fb_session_memory(monitor->session);
}

/* ---- states ---- */

enum fb_code fb_monpoly_monitor_identity(
    const struct fb_monpoly_monitor *monitor, uint8_t out[FB_SHA256_SIZE], struct fb_err *err)
{
    FB_ASSERT(monitor && out);
    const struct fb_monpoly_stream *stream = monitor->stream;
    const struct fb_monpoly_body *formula = monitor->formula;
    struct fb_buf bytes;
    fb_buf_init(&bytes, fb_limit(IDENTITY_MAX));
    fb_wire_put_u64(&bytes, (stream->reorder ? 1 : 0) | (stream->stamp ? 2U : 0U));
    fb_wire_put_i64(&bytes, stream->watermark);
    fb_wire_put_i64(&bytes, stream->amend);
    fb_wire_put_u64(&bytes, monitor->signature->count);
    for (size_t i = 0; i < monitor->signature->count; i++) {
        const struct fb_relation *relation = &monitor->signature->relations[i];
        fb_wire_put_text(&bytes, relation->name);
        fb_wire_put_u64(&bytes, relation->arity);
        for (size_t k = 0; k < relation->arity; k++) {
            fb_wire_put_u64(&bytes, relation->types[k]);
        }
    }
    fb_wire_put_u64(&bytes, formula->var_count);
    fb_wire_put_u64(&bytes, formula->column_count);
    for (size_t i = 0; i < formula->column_count; i++) {
        fb_wire_put_u64(&bytes, formula->columns[i]);
    }
    fb_form_write(formula->form, &bytes);
    enum fb_code code = fb_buf_check(&bytes, "a formula", err);
    if (code == FB_OK) {
        fb_sha256_of(fb_buf_str(&bytes), out);
    }
    fb_buf_release(&bytes);
    return code;
}

enum fb_code fb_monpoly_monitor_save(
    struct fb_monpoly_monitor *monitor, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(monitor && monitor->session && out);
    fb_wire_put_u64(out, monitor->stream->point_count);
    fb_wire_put_u64(out, monitor->stream->tuple_count);
    fb_mlog_save(monitor->log, out);
    return fb_session_save(monitor->session, out, err);
}

enum fb_code fb_monpoly_monitor_load(
    struct fb_monpoly_monitor *monitor, struct fb_wire *in, struct fb_err *err)
{
    FB_ASSERT(monitor && monitor->session && in);
    monitor->stream->point_count = (size_t)fb_wire_u64(in);
    monitor->stream->tuple_count = (size_t)fb_wire_u64(in);
    enum fb_code code = fb_mlog_load(monitor->log, in, err);
    code = code ? code : fb_session_load(monitor->session, in, err);
    bool whole = fb_wire_left(in) == 0 &&
                 fb_mlog_is_open(monitor->log) == fb_session_is_open(monitor->session);
    if (code == FB_OK && !whole) {
        code = fb_err_set(err, FB_E_CORRUPT, "the state does not hold together");
    }
    return code;
}

enum fb_code fb_monpoly_run_quick(const struct fb_monpoly_formula *formula,
    const struct fb_signature *signature, struct fb_str text, struct fb_monpoly_stream *stream,
    struct fb_err *err)
{
    struct fb_monpoly_monitor *m = NULL;
    enum fb_code code = fb_monpoly_monitor_new(formula, signature, stream, &m, err);
    code = code ? code : fb_monpoly_monitor_feed(m, text, err);
    code = code ? code : fb_monpoly_monitor_end(m, err);
    fb_monpoly_monitor_free(m);
    return code;
}
