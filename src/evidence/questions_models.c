/* questions_models.c: questions about many models at once; questions.def. */
#include <math.h>

#include "base/assert.h"
#include "evidence/answer.h"
#include "ingest/matrix.h"
#include "stats/binomial.h"
#include "stats/posterior.h"
#include "stats/scaling.h"
#include "stats/trend.h"

static const double none = (double)NAN;

/* --- rank ------------------------------------------------------------------------------------- */

enum { SYSTEMS_MAX = 64 };

/* Says of a column that looks like one of a system, and is none, why it is left out. */
static void note_odd(const struct fb_matrix *m, size_t column, struct fb_answer *out)
{
    size_t row = 0, binary = 0, odd = SIZE_MAX;
    for (; row < m->rows; row++) {
        size_t at = row * m->columns + column;
        bool good = m->values[at] == 0 || m->values[at] == 1;
        binary += good;
        odd = !good && m->texts[at].len > 0 && odd == SIZE_MAX ? row : odd;
    }
    if (2 * binary >= m->rows && odd != SIZE_MAX) {
        fb_answer_note(out, "'%.*s' is left out: '%.*s' in line %u is neither 0 nor 1",
            FB_STR_ARG(fb_str_sub(m->heads[column], 0, 60)),
            FB_STR_ARG(fb_str_sub(m->texts[odd * m->columns + column], 0, 60)), m->lines[odd]);
    }
}

/* Columns that hold nothing but 0, 1 and empty cells. */
static enum fb_code list_systems(const struct fb_matrix *m, size_t *out, size_t *out_count,
    struct fb_answer *answer, struct fb_err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < m->columns; i++) {
        bool good = m->is_number[i];
        for (size_t row = 0; good && row < m->rows; row++) {
            double x = m->values[row * m->columns + i];
            good = isnan(x) || x == 0 || x == 1;
        }
        if (good && count == SYSTEMS_MAX) {
            (void)fb_err_set(err, FB_E_LIMIT, "more than %d systems", SYSTEMS_MAX);
            fb_err_place(err, m->name, 1, 0, -1);
            return fb_err_hint(err, "Leave out columns.");
        }
        if (good) {
            out[count++] = i;
        } else {
            note_odd(m, i, answer);
        }
    }
    if (count < 2) {
        (void)fb_err_set(err, FB_E_SCHEMA, "fewer than two columns hold only 0 and 1");
        fb_err_place(err, m->name, 0, 0, -1);
        return fb_err_hint(err, "One column a system, one row a sample.");
    }
    *out_count = count;
    return FB_OK;
}

static void count_column(const struct fb_matrix *m, size_t column, int64_t out[2])
{
    out[0] = out[1] = 0;
    for (size_t row = 0; row < m->rows; row++) {
        double x = m->values[row * m->columns + column];
        out[0] += x == 1;
        out[1] += !isnan(x);
    }
}

static void count_both(const struct fb_matrix *m, size_t a, size_t b, struct fb_posterior_table *t)
{
    *t = (struct fb_posterior_table){0, 0, 0, 0};
    for (size_t row = 0; row < m->rows; row++) {
        double x = m->values[row * m->columns + a], y = m->values[row * m->columns + b];
        if (!isnan(x) && !isnan(y)) {
            t->both += x == 1 && y == 1;
            t->first += x == 1 && y == 0;
            t->second += x == 0 && y == 1;
            t->neither += x == 0 && y == 0;
        }
    }
}

static enum fb_code compare(
    const struct fb_matrix *m, size_t a, size_t b, struct fb_answer *out, struct fb_err *err)
{
    int64_t first[2], second[2];
    struct fb_posterior_table table;
    struct fb_posterior_paired paired;
    double independent = 0;
    count_column(m, a, first);
    count_column(m, b, second);
    count_both(m, a, b, &table);
    enum fb_code code = fb_posterior_independent(first, second, &independent, err);
    code = code ? code : fb_posterior_paired(&table, &paired, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_str of = fb_arena_printf(
        out->arena, "%.*s > %.*s", FB_STR_ARG(m->heads[a]), FB_STR_ARG(m->heads[b]));
    const double values[] = {independent, paired.dirichlet, paired.normal};
    static const char *const names[] = {"independent", "dirichlet", "bivariate_normal"};
    for (int i = 0; i < 3; i++) {
        fb_answer_add(
            out, &(struct fb_figure){of, names[i], FB_FIGURE_RATE, values[i], none, none});
    }
    return FB_OK;
}

enum fb_code fb_question_rank(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    static const struct fb_binomial_prior flat = {1, 1};
    struct fb_matrix m;
    size_t systems[SYSTEMS_MAX], count = 0;
    enum fb_code code = fb_matrix_read(path, out->arena, &m, err);
    code = code ? code : list_systems(&m, systems, &count, out, err);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        int64_t k_n[2];
        double ends[2];
        count_column(&m, systems[i], k_n);
        code = fb_binomial_posterior(&flat, k_n, options->confidence, ends, err);
        double rate = (double)k_n[0] / (double)k_n[1];
        fb_answer_add(out, &(struct fb_figure){m.heads[systems[i]], "rate", FB_FIGURE_RATE, rate,
                               ends[0], ends[1]});
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        for (size_t j = i + 1; code == FB_OK && j < count; j++) {
            code = compare(&m, systems[i], systems[j], out, err);
        }
    }
    if (code == FB_OK) {
        fb_answer_note(out, "chances that the first is better, with flat priors: for ranking; "
                            "`evidence compare` tests a difference");
    }
    return code;
}

/* --- scaling ---------------------------------------------------------------------------------- */

static const char *const flop_heads[] = {
    "flop", "flops", "training compute (flop)", "flops (1e21)", "training_compute_flop", NULL};
static const double flop_units[] = {1, 1, 1, 1e21, 1};
static const char *const family_heads[] = {"family", "model family", NULL};
static const char *const size_heads[] = {
    "model size (b)", "pretraining data size (t)", "parameters", "data", NULL};

/* The table at work. */
struct scaling {
    const struct fb_matrix *m;
    size_t flop, family, target;
    double unit;
    size_t columns[FB_SCALING_COLUMNS_MAX], count;
    double *values; /* of complete rows: rows x count */
    size_t *rows;
    size_t complete;
    struct fb_components components;
};

static size_t find(const struct fb_matrix *m, const char *const *names, size_t *out_which)
{
    for (size_t i = 0; names[i]; i++) {
        size_t at = fb_matrix_column(m, fb_str_of(names[i]));
        if (at != SIZE_MAX) {
            *out_which = i;
            return at;
        }
    }
    return SIZE_MAX;
}

static bool is_size(struct fb_str head)
{
    for (size_t i = 0; size_heads[i]; i++) {
        bool same = head.len == fb_str_of(size_heads[i]).len;
        for (size_t j = 0; same && j < head.len; j++) {
            char c = head.ptr[j];
            same = (c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) == size_heads[i][j];
        }
        if (same) {
            return true;
        }
    }
    return false;
}

static enum fb_code no_column(const struct scaling *s, struct fb_str name, struct fb_err *err)
{
    size_t column = fb_matrix_column(s->m, name);
    if (column != SIZE_MAX && s->m->odd[column] != SIZE_MAX) {
        return fb_matrix_refuse(s->m, column, err);
    }
    (void)fb_err_set(err, FB_E_NOT_FOUND, "there is no column of numbers '%.*s'", FB_STR_ARG(name));
    for (size_t i = 0; i < s->m->columns; i++) {
        if (s->m->is_number[i] && i != s->flop) {
            return fb_err_hint(
                err, "One that there is: '%.*s'.", FB_STR_ARG(fb_str_sub(s->m->heads[i], 0, 60)));
        }
    }
    return fb_err_hint(err, "No column has numbers alone.");
}

/* Marks the benchmarks of a list: names parted by semicolons where it has any, else by commas. */
static enum fb_code mark_listed(
    const struct scaling *s, struct fb_str list, bool *out, struct fb_err *err)
{
    char by = fb_str_find(list, ';', 0) < list.len ? ';' : ',';
    for (size_t at = 0; at <= list.len;) {
        size_t end = fb_str_find(list, by, at);
        end = end < list.len ? end : list.len;
        struct fb_str name = fb_str_trim(fb_str_sub(list, at, end - at));
        size_t column = fb_matrix_column(s->m, name);
        if (column == SIZE_MAX || !s->m->is_number[column]) {
            return no_column(s, name, err);
        }
        out[column] = true;
        at = end + 1;
    }
    return FB_OK;
}

/* The number of the row, which tables that were written with it have under no name or, from pandas,
 * as "Unnamed: 0". */
static bool is_row_number(struct fb_str head)
{
    return head.len == 0 || fb_str_starts(head, FB_STR("Unnamed:"));
}

/* Says which columns are no benchmarks though most of their cells are numbers. */
static void note_left_out(const struct scaling *s, struct fb_answer *out)
{
    for (size_t i = 0; i < s->m->columns; i++) {
        size_t row = s->m->odd[i], numbers = 0;
        for (size_t r = 0; r < s->m->rows; r++) {
            numbers += isnan(s->m->values[r * s->m->columns + i]) ? 0 : 1;
        }
        if (row != SIZE_MAX && 2 * numbers >= s->m->rows && i != s->family) {
            fb_answer_note(out, "'%.*s' is no benchmark: '%.*s' in line %u is not a number",
                FB_STR_ARG(fb_str_sub(s->m->heads[i], 0, 60)),
                FB_STR_ARG(fb_str_sub(s->m->texts[row * s->m->columns + i], 0, 60)),
                s->m->lines[row]);
        }
    }
}

/* Benchmarks: those of the list; without one columns of numbers that are neither compute, nor
 * sizes, nor the target. */
static enum fb_code choose(struct scaling *s, const struct fb_question_options *options,
    struct fb_arena *arena, struct fb_err *err)
{
    size_t which = 0;
    struct fb_str target = options->target;
    bool *listed = FB_ARENA_ARRAY(arena, bool, s->m->columns);
    if (!listed) {
        return fb_arena_failed(arena, err);
    }
    s->flop = find(s->m, flop_heads, &which);
    s->unit = s->flop == SIZE_MAX ? 1 : flop_units[which];
    s->family = find(s->m, family_heads, &which);
    s->target = target.len ? fb_matrix_column(s->m, target) : SIZE_MAX;
    if (target.len && (s->target == SIZE_MAX || !s->m->is_number[s->target])) {
        return no_column(s, target, err);
    }
    if (s->flop != SIZE_MAX && s->m->odd[s->flop] != SIZE_MAX) {
        return fb_matrix_refuse(s->m, s->flop, err);
    }
    if (options->columns.len) {
        enum fb_code code = mark_listed(s, options->columns, listed, err);
        if (code != FB_OK) {
            return code;
        }
    }
    for (size_t i = 0; i < s->m->columns; i++) {
        bool is_benchmark =
            s->m->is_number[i] && i != s->flop && i != s->target && i != s->family &&
            (options->columns.len ? listed[i]
                                  : !is_size(s->m->heads[i]) && !is_row_number(s->m->heads[i]));
        if (is_benchmark && s->count == FB_SCALING_COLUMNS_MAX - 1) {
            (void)fb_err_set(
                err, FB_E_LIMIT, "more than %d benchmarks", FB_SCALING_COLUMNS_MAX - 1);
            return fb_err_hint(err, "--columns LIST keeps those that stand for a capability each; "
                                    "one more figure of the same benchmark weighs it twice.");
        }
        if (is_benchmark) {
            s->columns[s->count++] = i;
        }
    }
    if (s->count == 0) {
        (void)fb_err_set(err, FB_E_SCHEMA, "there is no benchmark column");
        fb_err_place(err, s->m->name, 1, 0, -1);
        return fb_err_hint(
            err, "A benchmark is a column of numbers beside `family`, `flop` and the target.");
    }
    return FB_OK;
}

static double cell(const struct scaling *s, size_t row, size_t column)
{
    return column == SIZE_MAX ? none : s->m->values[row * s->m->columns + column];
}

/* Rows with every benchmark. */
static enum fb_code keep(struct scaling *s, struct fb_arena *arena, struct fb_err *err)
{
    s->values = FB_ARENA_ARRAY(arena, double, s->m->rows * s->count);
    s->rows = FB_ARENA_ARRAY(arena, size_t, s->m->rows);
    if (!s->values || !s->rows) {
        return fb_arena_failed(arena, err);
    }
    for (size_t row = 0; row < s->m->rows; row++) {
        bool all = true;
        for (size_t i = 0; i < s->count; i++) {
            double x = cell(s, row, s->columns[i]);
            s->values[s->complete * s->count + i] = x;
            all = all && !isnan(x);
        }
        if (all) {
            s->rows[s->complete++] = row;
        }
    }
    return fb_components_find(
        s->values, (const size_t[2]){s->complete, s->count}, &s->components, err);
}

static double first_component(const struct scaling *s, size_t i)
{
    return fb_components_score(&s->components, 0, &s->values[i * s->count]);
}

/* The line of PC1 on log FLOP over the models of a family, or of all. */
static bool line_of(const struct scaling *s, struct fb_str family, struct fb_arena *arena,
    struct fb_trend *out, size_t *out_n)
{
    struct fb_trend_point *points = FB_ARENA_ARRAY(arena, struct fb_trend_point, s->complete);
    struct fb_err ignored;
    size_t n = 0;
    fb_err_init(&ignored);
    for (size_t i = 0; points && i < s->complete; i++) {
        double flop = cell(s, s->rows[i], s->flop) * s->unit;
        struct fb_str of = s->family == SIZE_MAX
                               ? fb_str_of("")
                               : s->m->texts[s->rows[i] * s->m->columns + s->family];
        if (flop > 0 && (family.len == 0 || fb_str_eq(of, family))) {
            points[n++] = (struct fb_trend_point){log10(flop), first_component(s, i)};
        }
    }
    *out_n = n;
    return points && n >= 3 && fb_trend_fit(points, n, out, &ignored) == FB_OK;
}

static void add(struct fb_answer *out, struct fb_str of, const char *name, enum fb_figure_unit unit,
    double value)
{
    fb_answer_add(out, &(struct fb_figure){of, name, unit, value, none, none});
}

static void add_families(const struct scaling *s, struct fb_answer *out)
{
    struct fb_trend line;
    size_t n = 0;
    for (size_t i = 0; s->family != SIZE_MAX && i < s->complete; i++) {
        struct fb_str of = s->m->texts[s->rows[i] * s->m->columns + s->family];
        bool seen = of.len == 0;
        for (size_t j = 0; !seen && j < i; j++) {
            seen = fb_str_eq(of, s->m->texts[s->rows[j] * s->m->columns + s->family]);
        }
        if (!seen && line_of(s, of, out->arena, &line, &n) && n >= 4) {
            add(out, of, "pc1_on_log_flop_r2", FB_FIGURE_NUMBER, line.r2);
            add(out, of, "pc1_a_decade_of_flop", FB_FIGURE_NUMBER, line.slope);
        }
    }
}

/* The rate at log odds. */
static double rate_of(double odds)
{
    return 1 / (1 + exp(-odds));
}

/* The target before training: its log odds on log FLOP, over the models that have both, with the
 * interval for a new model. The relation of log odds to PC1 is shown by its R2. */
static enum fb_code predict(const struct scaling *s, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    static const double least = 0.001, most = 0.999;
    double *x = FB_ARENA_ARRAY(out->arena, double, s->complete);
    double *y = FB_ARENA_ARRAY(out->arena, double, s->complete);
    struct fb_trend_point *points = FB_ARENA_ARRAY(out->arena, struct fb_trend_point, s->complete);
    struct fb_regression on_pc;
    struct fb_trend on_flop;
    size_t n = 0, with_flop = 0;
    if (!x || !y || !points) {
        return fb_arena_failed(out->arena, err);
    }
    for (size_t i = 0; i < s->complete; i++) {
        double score = cell(s, s->rows[i], s->target);
        double flop = cell(s, s->rows[i], s->flop) * s->unit;
        if (isnan(score)) {
            continue;
        }
        if (score < 0 || score > 1) {
            (void)fb_err_set(err, FB_E_RANGE, "%.*s: %.10g is no share of 1",
                FB_STR_ARG(fb_str_sub(options->target, 0, 60)), score);
            fb_err_place(err, s->m->name, s->m->lines[s->rows[i]], 0, -1);
            return fb_err_hint(err, "Divide percentages by 100.");
        }
        score = fmin(most, fmax(least, score));
        x[n] = first_component(s, i);
        y[n] = log(score / (1 - score));
        if (flop > 0) {
            points[with_flop++] = (struct fb_trend_point){log10(flop), y[n]};
        }
        n++;
    }
    enum fb_code code = fb_regression_fit(x, y, (const size_t[2]){n, 1}, &on_pc, err);
    if (code != FB_OK) {
        return fb_err_prefix(err, "%.*s", FB_STR_ARG(options->target));
    }
    add(out, options->target, "log_odds_on_pc1_r2", FB_FIGURE_NUMBER, on_pc.r2);
    if (isnan(options->at)) {
        return FB_OK;
    }
    code = fb_trend_fit(points, with_flop, &on_flop, err);
    if (code != FB_OK) {
        return fb_err_prefix(err, "compute of models with a score");
    }
    double t = log10(options->at);
    struct fb_trend_interval band = fb_trend_band(&on_flop, t, options->confidence, true);
    fb_answer_add(
        out, &(struct fb_figure){options->target, "predicted", FB_FIGURE_RATE,
                 rate_of(fb_trend_at(&on_flop, t)), rate_of(band.low), rate_of(band.high)});
    fb_answer_note(out,
        "predicted at %.6g FLOP before training: the interval is that of one new "
        "model of the kind in the table; other data or methods move it",
        options->at);
    return FB_OK;
}

enum fb_code fb_question_scaling(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_matrix m;
    struct scaling *s = FB_ARENA_NEW(out->arena, struct scaling);
    struct fb_trend line;
    size_t n = 0;
    enum fb_code code =
        s ? fb_matrix_read(path, out->arena, &m, err) : fb_arena_failed(out->arena, err);
    if (code == FB_OK) {
        s->m = &m;
        code = choose(s, options, out->arena, err);
    }
    code = code ? code : keep(s, out->arena, err);
    if (code == FB_OK && s->target == SIZE_MAX && options->at > 0) {
        (void)fb_err_set(err, FB_E_USAGE, "--at says when, but not which score is predicted");
        return fb_err_hint(err, "--target COLUMN names the score.");
    }
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
        return code;
    }
    note_left_out(s, out);
    add(out, fb_str_of(""), "models", FB_FIGURE_COUNT, (double)s->complete);
    for (size_t i = 0; i < s->count && i < 5; i++) {
        struct fb_str of = fb_arena_printf(out->arena, "PC%zu", i + 1);
        add(out, of, "share_of_variance", FB_FIGURE_RATE, s->components.share[i]);
    }
    if (line_of(s, fb_str_of(""), out->arena, &line, &n)) {
        add(out, fb_str_of("all"), "pc1_on_log_flop_r2", FB_FIGURE_NUMBER, line.r2);
        add_families(s, out);
    }
    fb_answer_note(out, "%zu of %zu models have all %zu benchmarks; the others are left out",
        s->complete, m.rows, s->count);
    code = s->target == SIZE_MAX ? FB_OK : predict(s, options, out, err);
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
    }
    return code;
}
