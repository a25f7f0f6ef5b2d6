#include "ingest/telemetry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "ingest/csv.h"
#include "ingest/lines.h"

enum { COLUMNS_MAX = 128 };

/* Milliseconds from here on, seconds below: in 1973 and in 5138. */
static const double milliseconds_from = 1e11;
static const double last_second = 253402300799.0;

static const struct {
    struct fb_str name;
    enum fb_telemetry_quantity quantity;
    double scale;
} metrics[] = {
#define FB_METRIC(name, quantity, scale) {{name, sizeof(name) - 1}, FB_TELEMETRY_##quantity, scale},
#include "ingest/metrics.def"
#undef FB_METRIC
};
enum { METRICS = sizeof(metrics) / sizeof(metrics[0]) };

/* A file being read. */
struct telemetry {
    const struct fb_input *input;
    const struct fb_telemetry_options *options;
    struct fb_lines lines;
    struct fb_str line;
    struct fb_buf host, gpu; /* labels with escapes */
    struct fb_buf slice;     /* the name of a slice of a GPU, or of a sensor */
    bool any;                /* some sample was given, or could have been */
};

/* Refuses the line at hand at a byte. */
static enum fb_code refuse(const struct telemetry *t, const char *at, enum fb_code code,
    struct fb_err *err, const char *what)
{
    size_t offset = at && at >= t->line.ptr ? (size_t)(at - t->line.ptr) : 0;
    fb_err_set(err, code, "%s", what);
    fb_err_place(err, t->input->name, t->lines.line, (uint32_t)offset + 1,
        (int64_t)(t->lines.offset + offset));
    return code;
}

static int metric_of(struct fb_str name)
{
    for (int i = 0; i < (int)METRICS; i++) {
        if (name.len == metrics[i].name.len &&
            memcmp(name.ptr, metrics[i].name.ptr, name.len) == 0) {
            return i;
        }
    }
    return -1;
}

/* A number as exporters write it; infinite and not a number are allowed. Whole numbers of up to 15
 * digits, which most are, are read here. */
static bool read_number(struct fb_str text, double *out)
{
    int64_t whole = 0;
    size_t i = 0;
    while (i < text.len && i < 15 && text.ptr[i] >= '0' && text.ptr[i] <= '9') {
        whole = whole * 10 + (text.ptr[i++] - '0');
    }
    if (i == text.len && i > 0) {
        *out = (double)whole;
        return true;
    }
    if (fb_str_is(text, "NaN") || fb_str_is(text, "nan")) {
        *out = (double)NAN;
        return true;
    }
    if (fb_str_is(text, "+Inf") || fb_str_is(text, "Inf") || fb_str_is(text, "-Inf")) {
        *out = (double)INFINITY;
        return true;
    }
    return fb_csv_parse_number(text, out);
}

/* A time as a number: milliseconds (Prometheus) or seconds (OpenMetrics). */
static bool read_stamp(struct fb_str text, fb_time *out)
{
    double number = 0;
    if (!read_number(text, &number) || !isfinite(number) || number <= 0) {
        return false;
    }
    double seconds = number >= milliseconds_from ? number / 1000 : number;
    if (seconds > last_second) {
        return false;
    }
    *out = (fb_time)llround(seconds * (double)FB_SECOND);
    return true;
}

/* "gpu-01.example.org:9400" and "[2001:db8::1]:9400" are a host and the port of its exporter; an
 * address of IPv6 alone has colons, too. */
static struct fb_str without_port(struct fb_str host)
{
    size_t colon = fb_str_find(host, ':', 0);
    if (fb_str_starts(host, FB_STR("["))) {
        return fb_str_sub(host, 1, fb_str_find(host, ']', 0) - 1);
    }
    return fb_str_find(host, ':', colon + 1) < host.len ? host : fb_str_sub(host, 0, colon);
}

/* DCGM says that it does not know a value by a number beyond all that can be: 2147483632 and
 * more, of counters 9223372036854775792 and more. */
static bool is_blank(const struct fb_telemetry_sample *sample)
{
    static const double most[] = {[FB_TELEMETRY_USE] = 1e6,
        [FB_TELEMETRY_POWER] = 2e6,
        [FB_TELEMETRY_ENERGY] = 9e15,
        [FB_TELEMETRY_NODE_POWER] = 2e9};
    return sample->value >= most[sample->quantity];
}

/* Gives a sample to the sink, unless its value is no number. */
static enum fb_code give(struct telemetry *t, struct fb_telemetry_sample sample, struct fb_err *err)
{
    t->any = true;
    if (!isfinite(sample.value) || is_blank(&sample)) {
        return FB_OK;
    }
    if (sample.host.len == 0) {
        sample.host = t->options->host;
    }
    sample.host = without_port(sample.host);
    return t->options->sink(t->options->ctx, &sample, err);
}

/* Label values that say host and GPU; better names come first. */
static int host_rank(struct fb_str label)
{
    static const char *const names[] = {
        "Hostname", "hostname", "host", "node", "nodename", "exported_instance", "instance"};
    for (int i = 0; i < 7; i++) {
        if (label.ptr[0] == names[i][0] && fb_str_is(label, names[i])) {
            return i;
        }
    }
    return 99;
}

static int gpu_rank(struct fb_str label)
{
    static const char *const names[] = {
        "gpu", "minor_number", "gpu_id", "index", "uuid", "UUID", "device"};
    for (int i = 0; i < 7; i++) {
        if (label.ptr[0] == names[i][0] && fb_str_is(label, names[i])) {
            return i;
        }
    }
    return 99;
}

/* The value of a label from its opening quote on; *at moves behind the closing one. Without a
 * buffer to unescape it into it stays as it is written. */
static bool read_quoted(
    struct fb_str line, size_t *at, struct fb_buf *unescaped, struct fb_str *out)
{
    size_t from = *at + 1, i = fb_str_find(line, '"', from);
    bool escaped = i < line.len && memchr(line.ptr + from, '\\', i - from);
    if (escaped) {
        for (i = from; i < line.len && line.ptr[i] != '"'; i++) {
            i += line.ptr[i] == '\\';
        }
    }
    if (i >= line.len) {
        return false;
    }
    *at = i + 1;
    *out = fb_str_sub(line, from, i - from);
    if (escaped && unescaped) {
        fb_buf_clear(unescaped);
        for (size_t n = 0; n < out->len; n++) {
            bool slash = out->ptr[n] == '\\' && n + 1 < out->len;
            n += slash;
            fb_buf_add_char(unescaped, slash && out->ptr[n] == 'n' ? '\n' : out->ptr[n]);
        }
        *out = fb_buf_str(unescaped);
    }
    return out->len <= FB_TELEMETRY_NAME_MAX;
}

static size_t pass_blanks(struct fb_str line, size_t at)
{
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t')) {
        at++;
    }
    return at;
}

/* Reads the name of a label and its equals sign, with blanks around both; *at moves to the quote
 * of its value. Prometheus 3 puts names with other characters in quotes. */
static bool read_label(struct fb_str line, size_t *at, struct fb_str *out)
{
    size_t i = *at;
    if (i < line.len && line.ptr[i] == '"') {
        if (!read_quoted(line, &i, NULL, out)) {
            return false;
        }
    } else {
        i = fb_str_find(line, '=', i);
        *out = fb_str_trim(fb_str_sub(line, *at, i - *at));
    }
    i = pass_blanks(line, i);
    if (i >= line.len || line.ptr[i] != '=' || out->len == 0 || out->ptr[0] == ',') {
        return false;
    }
    *at = pass_blanks(line, i + 1);
    return *at < line.len && line.ptr[*at] == '"';
}

/* What tells apart what a label of a GPU or a host does not: a slice of a GPU (MIG) that reports
 * its own use, as DCGM names it, and a sensor of power, as node_exporter names its chip and it. */
enum part { INSTANCE, SENSOR_CHIP, SENSOR, PARTS };

static enum part part_of(struct fb_str label)
{
    static const char *const names[PARTS] = {"GPU_I_ID", "chip", "sensor"};
    int i = 0;
    while (i < PARTS && !fb_str_is(label, names[i])) {
        i++;
    }
    return (enum part)i;
}

static void add_part(struct telemetry *t, struct fb_str part, struct fb_telemetry_sample *sample)
{
    if (part.len > 0) {
        size_t from = t->slice.len;
        fb_buf_add_str(&t->slice, from ? (struct fb_str){NULL, 0} : sample->gpu);
        fb_buf_add_char(&t->slice, '/');
        fb_buf_add_str(&t->slice, part);
        sample->gpu = fb_buf_str(&t->slice);
    }
}

/* Slices of one GPU that report each their own use are several that may work at a time, as jobs
 * hold them. Their power is that of the whole, which is reported for each of them. Sensors of a
 * machine's power are kept apart in the same way, and what they measure adds up. */
static void take_parts(
    struct telemetry *t, const struct fb_str parts[PARTS], struct fb_telemetry_sample *sample)
{
    fb_buf_clear(&t->slice);
    if (sample->quantity == FB_TELEMETRY_USE) {
        add_part(t, parts[INSTANCE], sample);
    } else if (sample->quantity == FB_TELEMETRY_NODE_POWER) {
        add_part(t, parts[SENSOR_CHIP], sample);
        add_part(t, parts[SENSOR], sample);
    }
}

/* Reads a="b",...} from *at on into the host and GPU of a sample. */
static enum fb_code read_labels(
    struct telemetry *t, size_t *at, struct fb_telemetry_sample *sample, struct fb_err *err)
{
    struct fb_str line = t->line;
    int host = 98, gpu = 98;
    size_t i = *at;
    struct fb_str parts[PARTS] = {{NULL, 0}};
    for (size_t count = 0;; count++) {
        i = pass_blanks(line, i);
        bool comma = count > 0 && i < line.len && line.ptr[i] == ',';
        i = comma ? pass_blanks(line, i + 1) : i;
        if (i < line.len && line.ptr[i] == '}') {
            *at = i + 1;
            take_parts(t, parts, sample);
            return fb_buf_check(&t->slice, "a label", err);
        }
        if (count == FB_TELEMETRY_LABELS_MAX) {
            return refuse(t, line.ptr + i, FB_E_LIMIT, err, "a sample has too many labels");
        }
        struct fb_str label = {NULL, 0}, value;
        size_t from = i;
        if ((count > 0 && !comma) || !read_label(line, &i, &label)) {
            return refuse(
                t, line.ptr + from, FB_E_SYNTAX, err, "a label is not written name=\"value\"");
        }
        int host_at = host_rank(label), gpu_at = gpu_rank(label);
        from = i;
        /* A label of no interest must not write where the value of one stands. */
        struct fb_buf *buf = host_at < host ? &t->host : gpu_at < gpu ? &t->gpu : NULL;
        if (!read_quoted(line, &i, buf, &value)) {
            return refuse(t, line.ptr + from, FB_E_SYNTAX, err,
                "the value of a label does not end, or is too long");
        }
        if (host_at < host) {
            host = host_at;
            sample->host = value;
        } else if (gpu_at < gpu) {
            gpu = gpu_at;
            sample->gpu = value;
        } else if (part_of(label) < PARTS) {
            parts[part_of(label)] = value;
        }
    }
}

/* The next word of a line from *at on; *at moves behind it. */
static struct fb_str next_word(struct fb_str line, size_t *at)
{
    size_t from = pass_blanks(line, *at), end = from;
    while (
        end < line.len && line.ptr[end] != ' ' && line.ptr[end] != '\t' && line.ptr[end] != '\r') {
        end++;
    }
    *at = end;
    return fb_str_sub(line, from, end - from);
}

/* The name that a line begins with, with the blanks around it; *at moves to what follows.
 * Prometheus 3 writes {"name",label="value"} where a name has other characters: then *at moves
 * behind it. */
static bool read_name(struct fb_str line, size_t *at, struct fb_str *out, bool *out_in_braces)
{
    size_t from = pass_blanks(line, 0), i = from;
    *out_in_braces = from < line.len && line.ptr[from] == '{';
    if (*out_in_braces) {
        i = pass_blanks(line, from + 1);
        if (i >= line.len || line.ptr[i] != '"' || !read_quoted(line, &i, NULL, out)) {
            return false;
        }
        i = pass_blanks(line, i);
        *at = i + (i < line.len && line.ptr[i] == ',');
        return out->len > 0;
    }
    while (i < line.len && line.ptr[i] != '{' && line.ptr[i] != ' ' && line.ptr[i] != '\t') {
        i++;
    }
    *out = fb_str_sub(line, from, i - from);
    *at = pass_blanks(line, i);
    return out->len > 0 && !(out->ptr[0] >= '0' && out->ptr[0] <= '9');
}

/* One line of an exporter's text. */
static enum fb_code read_sample(struct telemetry *t, struct fb_err *err)
{
    struct fb_str line = t->line;
    struct fb_telemetry_sample sample = {.at = t->options->at};
    size_t at = 0;
    struct fb_str name = {NULL, 0};
    bool in_braces = false;
    if (!read_name(line, &at, &name, &in_braces)) {
        return refuse(t, NULL, FB_E_SYNTAX, err, "a line does not begin with a metric's name");
    }
    sample.metric = metric_of(name);
    if (sample.metric < 0) {
        return FB_OK;
    }
    sample.quantity = metrics[sample.metric].quantity;
    enum fb_code code = FB_OK;
    if (in_braces || (at < line.len && line.ptr[at] == '{')) {
        at += !in_braces;
        code = read_labels(t, &at, &sample, err);
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_str value = next_word(line, &at);
    if (!read_number(value, &sample.value)) {
        return refuse(t, value.ptr, FB_E_SYNTAX, err, "the value of a sample is not a number");
    }
    struct fb_str stamp = next_word(line, &at);
    if (stamp.len > 0 && stamp.ptr[0] != '#' && !read_stamp(stamp, &sample.at)) {
        return refuse(t, stamp.ptr, FB_E_TIME, err, "the time of a sample is none");
    }
    if (sample.at == FB_TIME_MIN) {
        (void)refuse(t, NULL, FB_E_TIME, err, "a sample has no time");
        return fb_err_hint(err, "--at DATE says when the metrics were read.");
    }
    sample.value *= metrics[sample.metric].scale;
    return give(t, sample, err);
}

/* --- Tables ------------------------------------------------------------------------------- */

enum column { TIME, HOST, GPU, USE, PERCENT, WATTS, COLUMNS };

static const char *const heads[COLUMNS][5] = {{"time", "timestamp", "at", NULL},
    {"host", "node", "hostname", "instance", NULL}, {"gpu", "index", "device", "uuid", NULL},
    {"use", "gpu_use", NULL}, {"utilization.gpu [%]", "utilization.gpu", "util_percent", NULL},
    {"power", "power_w", "power.draw [w]", "power.draw", NULL}};

/* A field in quotes that begins at at, and where the comma behind it is, or the end of the line.
 * What a sample is made of has no quote in it, so a doubled one is as wrong as one that does not
 * end. */
static bool take_quoted(struct fb_str line, size_t at, struct fb_str *out, size_t *end)
{
    size_t close = fb_str_find(line, '"', at + 1);
    *out = fb_str_sub(line, at + 1, close - at - 1);
    *end = fb_str_find(line, ',', close);
    return close < line.len && fb_str_trim(fb_str_sub(line, close + 1, *end - close - 1)).len == 0;
}

/* Splits a line at its commas; 0 when a field in quotes does not end where it should. */
static size_t split(struct fb_str line, struct fb_str *out)
{
    size_t count = 0, at = 0;
    for (bool more = true; more && count < COLUMNS_MAX; count++) {
        size_t end = fb_str_find(line, ',', at), quote = at;
        while (quote < end && line.ptr[quote] == ' ') {
            quote++;
        }
        if (quote < end && line.ptr[quote] == '"') {
            if (!take_quoted(line, quote, &out[count], &end)) {
                return 0;
            }
        } else {
            out[count] = fb_str_trim(fb_str_sub(line, at, end - at));
        }
        more = end < line.len;
        at = end + 1;
    }
    return count;
}

static bool alike(struct fb_str a, const char *b)
{
    size_t i = 0;
    for (; i < a.len && b[i]; i++) {
        char c = a.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (c != b[i]) {
            return false;
        }
    }
    return i == a.len && !b[i];
}

/* RFC 3339, a number of seconds or milliseconds, or "2026/03/01 12:00:00.250" as nvidia-smi has it,
 * which is taken as UTC. */
static bool read_time(struct fb_str text, fb_time *out)
{
    char copy[48];
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (read_stamp(text, out)) {
        return true;
    }
    if (text.len >= 19 && text.len < 40 && text.ptr[4] == '/') {
        memcpy(copy, text.ptr, text.len);
        copy[4] = copy[7] = '-';
        copy[10] = 'T';
        memcpy(copy + text.len, "Z", 2);
        text = fb_str_of(copy);
    }
    return fb_time_parse(text, out, &ignored) == FB_OK && *out > 0;
}

/* A field as a number, without the unit that nvidia-smi puts behind it; "[N/A]" is none. */
static bool read_field(struct fb_str text, double *out)
{
    size_t blank = fb_str_find(text, ' ', 0);
    text = fb_str_sub(text, 0, blank);
    if (text.len == 0 || text.ptr[0] == '[' || text.ptr[0] == 'N') {
        *out = (double)NAN;
        return true;
    }
    return read_number(text, out);
}

static enum fb_code read_row(
    struct telemetry *t, const size_t at[COLUMNS], const struct fb_str *fields, struct fb_err *err)
{
    static const struct {
        enum column column;
        enum fb_telemetry_quantity quantity;
        double scale;
    } values[] = {{USE, FB_TELEMETRY_USE, 1}, {PERCENT, FB_TELEMETRY_USE, 0.01},
        {WATTS, FB_TELEMETRY_POWER, 1}};
    struct fb_telemetry_sample sample = {.metric = -1};
    enum fb_code code = FB_OK;
    if (!read_time(fields[at[TIME]], &sample.at)) {
        return refuse(t, fields[at[TIME]].ptr, FB_E_TIME, err, "the time of a sample is none");
    }
    sample.host = at[HOST] == SIZE_MAX ? sample.host : fields[at[HOST]];
    sample.gpu = at[GPU] == SIZE_MAX ? sample.gpu : fields[at[GPU]];
    for (size_t i = 0; code == FB_OK && i < 3; i++) {
        if (at[values[i].column] == SIZE_MAX) {
            continue;
        }
        struct fb_str text = fields[at[values[i].column]];
        if (!read_field(text, &sample.value)) {
            return refuse(t, text.ptr, FB_E_SYNTAX, err, "the value of a sample is not a number");
        }
        sample.quantity = values[i].quantity;
        sample.value *= values[i].scale;
        code = give(t, sample, err);
    }
    return code;
}

/* Finds the columns in the first line; false when it is no head of a table of samples. *out_twice
 * is where a column stands for a second time, or NULL. */
static bool find_columns(
    struct fb_str line, size_t at[COLUMNS], size_t *out_count, const char **out_twice)
{
    struct fb_str fields[COLUMNS_MAX];
    if (fb_str_starts(line, FB_STR("\xef\xbb\xbf"))) {
        line = fb_str_sub(line, 3, line.len);
    }
    size_t count = split(line, fields);
    for (int c = 0; c < COLUMNS; c++) {
        at[c] = SIZE_MAX;
        for (size_t n = 0; n < 5 && heads[c][n] && at[c] == SIZE_MAX; n++) {
            for (size_t i = 0; i < count; i++) {
                bool same = alike(fields[i], heads[c][n]);
                *out_twice = same && at[c] != SIZE_MAX ? fields[i].ptr : *out_twice;
                at[c] = same && at[c] == SIZE_MAX ? i : at[c];
            }
        }
    }
    *out_count = count;
    return at[TIME] != SIZE_MAX &&
           (at[USE] != SIZE_MAX || at[PERCENT] != SIZE_MAX || at[WATTS] != SIZE_MAX);
}

static bool is_comment(struct fb_str line)
{
    size_t at = pass_blanks(line, 0);
    return at < line.len && line.ptr[at] == '#';
}

/* Text: an exporter's, or a table, told by the first line. */
static enum fb_code read_text(struct telemetry *t, struct fb_err *err)
{
    struct fb_str fields[COLUMNS_MAX];
    size_t at[COLUMNS], columns = 0;
    bool more = false, is_table = false, first = true;
    const char *twice = NULL;
    enum fb_code code = FB_OK;
    for (;;) {
        code = fb_lines_next(&t->lines, &t->line, &more, err);
        if (code != FB_OK || !more) {
            return code;
        }
        if (first) {
            first = false;
            is_table = !is_comment(t->line) && find_columns(t->line, at, &columns, &twice);
            if (is_table && twice) {
                return refuse(t, twice, FB_E_DUPLICATE, err, "a column stands twice");
            }
            if (is_table) {
                t->any = true;
                continue;
            }
        }
        if (is_table) {
            size_t count = split(t->line, fields);
            if (count != columns) {
                return refuse(t, NULL, FB_E_SYNTAX, err,
                    count ? "a row has another number of fields than the head"
                          : "a field in quotes does not end where it should");
            }
            code = read_row(t, at, fields, err);
        } else {
            t->any = t->any || is_comment(t->line);
            code = is_comment(t->line) ? FB_OK : read_sample(t, err);
        }
        if (code != FB_OK) {
            return code;
        }
    }
}

/* --- Prometheus's answers ----------------------------------------------------------------- */

/* One series of a matrix: {"metric":{...},"values":[[seconds,"value"],...]}. */
static enum fb_code read_series(
    struct telemetry *t, const struct fb_json *series, struct fb_err *err)
{
    const struct fb_json *labels = fb_json_get(series, "metric");
    const struct fb_json *values = fb_json_get(series, "values");
    struct fb_telemetry_sample sample = {.metric = metric_of(fb_json_get_str(labels, "__name__"))};
    struct fb_str parts[PARTS] = {{NULL, 0}};
    int host = 98, gpu = 98;
    if (!labels || !values || values->kind != FB_JSON_ARRAY) {
        fb_err_set(err, FB_E_SCHEMA, "a series has no metric or no values");
        return fb_json_err_at(err, series);
    }
    if (sample.metric < 0) {
        t->any = true;
        return FB_OK;
    }
    for (const struct fb_json *label = labels->child; label; label = label->next) {
        bool named = label->key.len > 0;
        int host_at = named ? host_rank(label->key) : 99;
        int gpu_at = named ? gpu_rank(label->key) : 99;
        if (label->kind == FB_JSON_STRING && host_at < host) {
            host = host_at;
            sample.host = label->text;
        } else if (label->kind == FB_JSON_STRING && gpu_at < gpu) {
            gpu = gpu_at;
            sample.gpu = label->text;
        } else if (label->kind == FB_JSON_STRING && named && part_of(label->key) < PARTS) {
            parts[part_of(label->key)] = label->text;
        }
    }
    sample.quantity = metrics[sample.metric].quantity;
    take_parts(t, parts, &sample);
    enum fb_code code = fb_buf_check(&t->slice, "a label", err);
    for (const struct fb_json *pair = values->child; code == FB_OK && pair; pair = pair->next) {
        const struct fb_json *stamp = pair->kind == FB_JSON_ARRAY ? pair->child : NULL;
        const struct fb_json *value = stamp ? stamp->next : NULL;
        if (!value || stamp->kind != FB_JSON_NUMBER || value->kind != FB_JSON_STRING ||
            !read_stamp(stamp->text, &sample.at) || !read_number(value->text, &sample.value)) {
            fb_err_set(err, FB_E_SCHEMA, "a sample is not a time and a value");
            return fb_json_err_at(err, pair);
        }
        sample.value *= metrics[sample.metric].scale;
        code = give(t, sample, err);
    }
    return code;
}

/* Reads the list of series, one at a time. */
static enum fb_code read_result(
    struct telemetry *t, struct fb_json_reader *reader, struct fb_err *err)
{
    struct fb_json_token token;
    enum fb_code code = fb_json_next(reader, &token, err);
    if (code == FB_OK && token.kind != FB_JSON_ARRAY) {
        fb_err_set(err, FB_E_SCHEMA, "the result of a query must be a list");
        return fb_json_reader_err_at(reader, token.place, err);
    }
    while (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_ARRAY_END) {
            break;
        }
        struct fb_arena arena;
        struct fb_json *series = NULL;
        fb_arena_init(&arena, (size_t)1 << 30);
        code = fb_json_read_tree(reader, &token, &arena, &series, err);
        if (code == FB_OK && read_series(t, series, err) != FB_OK) {
            fb_err_place(err, t->input->name, err->line, err->column, err->offset);
            code = err->code;
        }
        fb_arena_release(&arena);
    }
    return code;
}

/* Walks to $.data.result; what else there is is passed over. */
static enum fb_code read_answer(struct telemetry *t, struct fb_err *err)
{
    struct fb_input_cursor cursor = {.input = t->input};
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token = {.kind = FB_JSON_NULL};
    unsigned depth = 0;
    enum fb_code code =
        fb_json_reader_new_stream(fb_input_source, &cursor, t->input->name, NULL, &reader, err);
    while (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
        if (code != FB_OK || token.kind == FB_JSON_END) {
            break;
        }
        if (token.kind == FB_JSON_OBJECT) {
            depth++;
        } else if (token.kind == FB_JSON_OBJECT_END) {
            depth--;
        } else if (token.kind != FB_JSON_KEY) {
            code = depth == 0 ? FB_OK : fb_json_pass(reader, &token, err);
        } else if (depth == 2 && fb_str_is(token.text, "result")) {
            t->any = true;
            code = read_result(t, reader, err);
        } else if (!(depth == 1 && fb_str_is(token.text, "data"))) {
            code = fb_json_next(reader, &token, err);
            code = code ? code : fb_json_pass(reader, &token, err);
        }
    }
    fb_json_reader_free(reader);
    return code;
}

enum fb_code fb_telemetry_read_input(
    const struct fb_input *input, const struct fb_telemetry_options *options, struct fb_err *err)
{
    FB_ASSERT(input && options && options->sink);
    char head[256];
    size_t got = 0;
    struct telemetry t = {.input = input, .options = options};
    enum fb_code code = fb_input_read(input, 0, (struct fb_io_span){head, sizeof(head)}, &got, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_str start = fb_str_trim((struct fb_str){head, got});
    fb_lines_init(&t.lines, input);
    fb_buf_init(&t.host, FB_LINES_MAX);
    fb_buf_init(&t.gpu, FB_LINES_MAX);
    fb_buf_init(&t.slice, FB_LINES_MAX);
    code = start.len > 0 && start.ptr[0] == '{' ? read_answer(&t, err) : read_text(&t, err);
    if (code == FB_OK && !t.any) {
        fb_err_set(err, FB_E_FORMAT, "there are no samples of GPUs");
        fb_err_hint(err,
            "Give the text of an exporter, the JSON of a query over a range, or a table "
            "with the columns time, host, gpu, use or utilization.gpu, power.");
        fb_err_place(err, input->name, 0, 0, -1);
        code = err->code;
    }
    fb_buf_release(&t.host);
    fb_buf_release(&t.gpu);
    fb_buf_release(&t.slice);
    fb_lines_release(&t.lines);
    return code;
}

enum fb_code fb_telemetry_read(
    const char *path, const struct fb_telemetry_options *options, struct fb_err *err)
{
    struct fb_input input = {0};
    enum fb_code code = fb_input_open_stream(path, &input, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_telemetry_read_input(&input, options, err);
    fb_input_close(&input);
    return code;
}
