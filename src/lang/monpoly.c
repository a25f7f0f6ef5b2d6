/* Signatures and logs of MonPoly, and its verdicts. */
#include "lang/monpoly.h"

#include <string.h>

#include "base/assert.h"
#include "engine/eval.h"
#include "engine/inc.h"
#include "lang/monpoly_tree.h"

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

/* They stand behind what the text declares; see builtins_from. */
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

struct log {
    struct fb_mscan scan;
    struct fb_mtoken token;
    struct fb_arena *arena;
    struct fb_err *err;
    struct fb_trace trace;
    size_t time_cap;
    size_t tuple_cap;
    struct fb_inc *inc; /* takes the time-points one by one; NULL: the trace keeps them all */
    size_t point_count;
    size_t tuple_count;
    fb_time now;
    struct fb_value scratch[FB_IR_ARITY_MAX];
};

/* True when the token is this sign. */
static bool sign(const struct log *log, char c)
{
    const struct fb_mtoken *token = &log->token;
    return token->kind == FB_MTOKEN_SIGN && token->text.len == 1 && token->text.ptr[0] == c;
}

static void advance(struct log *log)
{
    log->token = fb_mscan_next(&log->scan);
}

static enum fb_code refuse(struct log *log, enum fb_code code, const char *message)
{
    return fb_mtoken_refuse(&log->token, code, log->err, message);
}

/* A copy of a full list with twice the room. */
static void *doubled(struct log *log, const void *old, size_t count, size_t *cap, size_t size)
{
    size_t wanted = *cap ? 2 * *cap : 64;
    void *bigger = fb_arena_array(log->arena, wanted, size);
    if (bigger && count) {
        memcpy(bigger, old, count * size);
    }
    *cap = bigger ? wanted : *cap;
    return bigger;
}

static enum fb_code add_time(struct log *log, fb_time t)
{
    struct fb_trace *trace = &log->trace;
    log->now = t;
    if (log->inc) {
        enum fb_code code = log->point_count++ ? fb_inc_close(log->inc, log->err) : FB_OK;
        return code ? code : fb_inc_open(log->inc, t, log->err);
    }
    log->point_count++;
    if (trace->time_count == log->time_cap) {
        fb_time *times =
            doubled(log, trace->times, trace->time_count, &log->time_cap, sizeof(*times));
        if (!times) {
            return fb_arena_failed(log->arena, log->err);
        }
        trace->times = times;
    }
    trace->times[trace->time_count++] = t;
    return FB_OK;
}

static enum fb_code pass_tuple(struct log *log, uint32_t relation, const struct fb_value *values)
{
    struct fb_cell cells[FB_IR_ARITY_MAX];
    size_t arity = log->trace.signature->relations[relation].arity;
    if (!fb_inc_reads(log->inc, relation)) {
        return FB_OK;
    }
    for (size_t i = 0; i < arity; i++) {
        enum fb_code code = fb_inc_cell(log->inc, values[i], &cells[i], log->err);
        if (code) {
            return code;
        }
    }
    return fb_inc_add(log->inc, relation, cells, arity, log->err);
}

static enum fb_code add_tuple(struct log *log, uint32_t relation, const struct fb_value *values)
{
    struct fb_trace *trace = &log->trace;
    FB_ASSERT(log->point_count > 0);
    if (log->inc) {
        return pass_tuple(log, relation, values);
    }
    if (trace->tuple_count == log->tuple_cap) {
        struct fb_tuple *tuples =
            doubled(log, trace->tuples, trace->tuple_count, &log->tuple_cap, sizeof(*tuples));
        if (!tuples) {
            return fb_arena_failed(log->arena, log->err);
        }
        trace->tuples = tuples;
    }
    trace->tuples[trace->tuple_count++] = (struct fb_tuple){.relation = relation,
        .from = trace->time_count - 1,
        .until = trace->time_count,
        .values = values,
        .seq = UINT64_MAX};
    return FB_OK;
}

/* A value of a column; strings may stand without quotes. */
static enum fb_code read_value(struct log *log, enum fb_type type, struct fb_value *out)
{
    bool minus = sign(log, '-');
    if (minus) {
        advance(log);
    }
    struct fb_mtoken token = log->token;
    struct fb_value value = fb_value_str(token.text);
    bool word = token.kind == FB_MTOKEN_STRING || token.kind == FB_MTOKEN_NAME ||
                token.kind == FB_MTOKEN_NUMBER;
    if (type == FB_TYPE_STRING ? !word || minus : token.kind != FB_MTOKEN_NUMBER) {
        return refuse(log, FB_E_SYNTAX, "a value is not of its column's type");
    }
    if (type != FB_TYPE_STRING) {
        enum fb_code code = fb_mtoken_value(&token, &value, log->err);
        if (code) {
            return code;
        }
        if (type == FB_TYPE_INT && value.type != FB_TYPE_INT) {
            return refuse(log, FB_E_SYNTAX, "a value is not of its column's type");
        }
        if (type == FB_TYPE_FLOAT && value.type == FB_TYPE_INT) {
            value = fb_value_float((double)value.u.integer);
        }
        value.u.integer = minus && value.type == FB_TYPE_INT ? -value.u.integer : value.u.integer;
        if (minus && value.type == FB_TYPE_FLOAT) {
            value.u.number = -value.u.number;
        }
    }
    advance(log);
    *out = value;
    return FB_OK;
}

/* "(1,2)" behind the name of a predicate. */
static enum fb_code read_tuple(struct log *log, uint32_t index)
{
    const struct fb_relation *relation = &log->trace.signature->relations[index];
    struct fb_value *values = log->scratch;
    if (!log->inc) {
        values = FB_ARENA_ARRAY(log->arena, struct fb_value, relation->arity);
    }
    if (!values) {
        return fb_arena_failed(log->arena, log->err);
    }
    log->tuple_count++;
    advance(log);
    for (size_t i = 0; i < relation->arity; i++) {
        enum fb_code code = read_value(log, relation->types[i], &values[i]);
        bool last = i + 1 == relation->arity;
        if (code == FB_OK && !last && !sign(log, ',')) {
            code = refuse(log, FB_E_SYNTAX, "a tuple has too few columns");
        }
        if (code) {
            return code;
        }
        if (!last) {
            advance(log);
        }
    }
    if (!sign(log, ')')) {
        return refuse(log, FB_E_SYNTAX, "expected ')'");
    }
    advance(log);
    return add_tuple(log, index, values);
}

static enum fb_code find_relation(struct log *log, uint32_t *out)
{
    const struct fb_signature *signature = log->trace.signature;
    for (uint32_t i = 0; log->token.kind == FB_MTOKEN_NAME && i < signature->count; i++) {
        if (fb_str_eq(signature->relations[i].name, log->token.text)) {
            *out = i;
            return FB_OK;
        }
    }
    return refuse(log, FB_E_SYNTAX, "the signature has no such predicate");
}

/* tp, ts and tpts of the time-point that was just opened. */
static enum fb_code add_builtin_tuples(struct log *log, fb_time t)
{
    const struct fb_signature *signature = log->trace.signature;
    struct fb_value *values = log->scratch;
    if (!log->inc) {
        values = FB_ARENA_ARRAY(log->arena, struct fb_value, 2);
    }
    if (!values) {
        return fb_arena_failed(log->arena, log->err);
    }
    values[0] = fb_value_int((int64_t)log->point_count - 1);
    values[1] = fb_value_int(t);
    enum fb_code code = FB_OK;
    for (uint32_t i = 0; code == FB_OK && i < signature->count; i++) {
        const struct fb_relation *relation = &signature->relations[i];
        if (relation->types == two_ints) {
            code = add_tuple(log, i, values + (fb_str_is(relation->name, "ts") ? 1 : 0));
        }
    }
    return code;
}

/* "@TS", behind which the tuples follow. */
static enum fb_code read_time(struct log *log)
{
    struct fb_value value;
    if (!sign(log, '@')) {
        return refuse(log, FB_E_SYNTAX, "expected '@'");
    }
    advance(log);
    if (log->token.kind != FB_MTOKEN_NUMBER) {
        return refuse(log, FB_E_SYNTAX, "expected a time");
    }
    enum fb_code code = fb_mtoken_value(&log->token, &value, log->err);
    if (code) {
        return code;
    }
    if (value.type != FB_TYPE_INT) {
        return refuse(log, FB_E_SYNTAX, "expected a time in whole seconds");
    }
    if (log->point_count && value.u.integer < log->now) {
        return refuse(log, FB_E_TIME, "time runs backwards");
    }
    code = add_time(log, value.u.integer);
    code = code ? code : add_builtin_tuples(log, value.u.integer);
    advance(log);
    return code;
}

static enum fb_code read_point(struct log *log)
{
    enum fb_code code = read_time(log);
    while (code == FB_OK && log->token.kind == FB_MTOKEN_NAME) {
        uint32_t relation = 0;
        code = find_relation(log, &relation);
        advance(log);
        while (code == FB_OK && sign(log, '(')) {
            code = read_tuple(log, relation);
        }
    }
    if (code == FB_OK && sign(log, ';')) {
        advance(log);
    }
    return code;
}

enum fb_code fb_monpoly_log(struct fb_str text, const struct fb_signature *signature,
    struct fb_arena *arena, struct fb_trace *out, struct fb_err *err)
{
    FB_ASSERT(signature && arena && out);
    struct log log = {
        .scan = {.text = text}, .arena = arena, .err = err, .trace = {.signature = signature}};
    enum fb_code code = FB_OK;
    advance(&log);
    while (code == FB_OK && log.token.kind != FB_MTOKEN_END) {
        code = read_point(&log);
    }
    code = code ? code : add_time(&log, FB_TIME_MAX);
    if (code == FB_OK) {
        *out = log.trace;
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
        fb_eval_naive_rows(body->form, trace, tp, body->var_count, &scratch, &table, err);
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
struct run {
    const struct fb_monpoly_body *formula;
    struct fb_monpoly_stream *stream;
    struct fb_inc *inc;
};

/* The time-point behind the last is not the log's. */
static enum fb_code take_verdict(
    void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *err)
{
    const struct run *run = ctx;
    const struct fb_monpoly_body *formula = run->formula;
    struct fb_buf *out = run->stream->line;
    if (verdict->time == FB_TIME_MAX) {
        return FB_OK;
    }
    write_head(verdict->time, verdict->point, out);
    for (size_t i = 0; formula->column_count && i < verdict->count; i++) {
        for (size_t k = 0; k < formula->column_count; k++) {
            fb_buf_add_c(out, k ? "," : " (");
            write_value(fb_inc_value(run->inc, &verdict->rows[i][formula->columns[k]]), out);
        }
        fb_buf_add_c(out, ")");
    }
    fb_buf_add_c(out, formula->column_count ? "\n" : " true\n");
    enum fb_code code = fb_buf_check(out, "the verdicts", err);
    return code ? code : run->stream->sink(run->stream->ctx, out, err);
}

enum fb_code fb_monpoly_monitor(const struct fb_monpoly_formula *formula,
    const struct fb_signature *signature, struct fb_str text, struct fb_monpoly_stream *stream,
    struct fb_err *err)
{
    FB_ASSERT(formula && signature && stream);
    FB_ASSERT(stream->sink && stream->line);
    struct run run = {&formula->quick, stream, NULL};
    struct fb_inc_options options = {stream->memory_max, take_verdict, &run};
    enum fb_code code =
        fb_inc_new(run.formula->form, run.formula->var_count, &options, &run.inc, err);
    if (code) {
        return code;
    }
    struct log log = {
        .scan = {.text = text}, .inc = run.inc, .err = err, .trace = {.signature = signature}};
    advance(&log);
    while (code == FB_OK && log.token.kind != FB_MTOKEN_END) {
        code = read_point(&log);
    }
    stream->point_count = log.point_count;
    stream->tuple_count = log.tuple_count;
    code = code ? code : add_time(&log, FB_TIME_MAX);
    code = code ? code : fb_inc_close(run.inc, err);
    code = code ? code : fb_inc_end(run.inc, err);
    fb_inc_free(run.inc);
    return code;
}
