/* questions_graders.c: what graders do to scores, apart from what they grade; questions.def. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/answer.h"
#include "ledger/sha256.h"
#include "stats/agreement.h"
#include "stats/ordinal.h"
#include "stats/random.h"
#include "stats/sample.h"

static const double none = (double)NAN;
enum { CHAINS = 4, DRAWS_LEAST = 50 };

static const char *const score_names[] = {"score", "rating", "grade", NULL};
static const char *const chosen_names[] = {"first_is_chosen", "first_chosen", "chosen", NULL};
static const char *const grader_names[] = {"grader", "judge", "rater", NULL};
static const char *const system_names[] = {"llm", "system", "model", NULL};
static const char *const item_names[] = {"item", "question", "sample", NULL};
static const char *const pair_names[] = {"llm_pair", "pair", NULL};
static const char *const length_names[] = {"length_diff", "length_difference", NULL};
static const char *const type_names[] = {"grader_type", "type", NULL};

enum { SCORE, CHOSEN, GRADER, SYSTEM, ITEM, PAIR, LENGTH, TYPE, COLUMNS };
static const struct fb_column wanted[COLUMNS] = {
    [SCORE] = {score_names, FB_COLUMN_NUMBER, FB_COLUMN_MAY},
    [CHOSEN] = {chosen_names, FB_COLUMN_RATE, FB_COLUMN_MAY},
    [GRADER] = {grader_names, FB_COLUMN_TEXT, FB_COLUMN_EVERY},
    [SYSTEM] = {system_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [ITEM] = {item_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [PAIR] = {pair_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [LENGTH] = {length_names, FB_COLUMN_NUMBER, FB_COLUMN_MAY},
    [TYPE] = {type_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
};

/* The table: factors with their levels, the rows in an order that is not that of the lines. */
struct table {
    const struct fb_columns *columns;
    struct fb_columns_names factors[COLUMNS];
    size_t *order;
    uint32_t *scores; /* by place in the order: the class */
    double *lengths;  /* likewise, in deviations from the mean; NULL: none are known */
    uint32_t classes;
    int low;             /* the score of class 0 */
    uint32_t types;      /* 0: graders are of no types */
    uint32_t *type_of;   /* by grader */
    struct fb_str *type; /* names */
};

/* A model: columns of the design, and which effect each block of them is. */
struct model {
    struct table *table;
    struct fb_arena *arena;
    bool is_together; /* with the effects of two together, or the slopes of length */
    double *design;
    struct fb_ordinal_column *coefficients;
    struct fb_ordinal_group groups[FB_ORDINAL_GROUPS_MAX];
    size_t group_count, columns;
    size_t at[COLUMNS]; /* where the block of a factor begins */
    size_t together_at;
    int other; /* the factor that is together with graders; 0: none */
    struct fb_ordinal_fit fit;
};

/* --- Reading ---------------------------------------------------------------------------------- */

static uint32_t levels(const struct table *t, int factor)
{
    return t->factors[factor].count;
}

/* A row, for sorting. */
struct row {
    const struct table *table;
    size_t index;
};

static int by_content(const void *a, const void *b)
{
    const struct table *t = ((const struct row *)a)->table;
    size_t x = ((const struct row *)a)->index, y = ((const struct row *)b)->index;
    const struct fb_columns *c = t->columns;
    static const int keys[] = {GRADER, SYSTEM, ITEM, PAIR};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const uint32_t *of = t->factors[keys[i]].of;
        if (of && of[x] != of[y]) {
            return of[x] < of[y] ? -1 : 1;
        }
    }
    static const int values[] = {SCORE, CHOSEN, LENGTH};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        double p = c->numbers[values[i]][x], q = c->numbers[values[i]][y];
        if (p < q || p > q) {
            return p < q ? -1 : 1;
        }
    }
    return 0;
}

static enum fb_code number(struct table *t, struct fb_arena *arena, struct fb_err *err)
{
    static const size_t keys[] = {GRADER, SYSTEM, ITEM, PAIR, TYPE};
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (t->columns->has[keys[i]]) {
            code = fb_columns_number(t->columns, keys[i], arena, &t->factors[keys[i]], err);
        }
    }
    size_t rows = t->columns->rows;
    struct row *sorted = FB_ARENA_ARRAY(arena, struct row, rows);
    t->order = FB_ARENA_ARRAY(arena, size_t, rows);
    t->scores = FB_ARENA_ARRAY(arena, uint32_t, rows);
    if (code == FB_OK && (!sorted || !t->order || !t->scores)) {
        code = fb_arena_failed(arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < rows; i++) {
        sorted[i] = (struct row){t, i};
    }
    if (code == FB_OK) {
        qsort(sorted, rows, sizeof(*sorted), by_content);
    }
    for (size_t i = 0; code == FB_OK && i < rows; i++) {
        t->order[i] = sorted[i].index;
    }
    return code;
}

/* The scale: as asked for, else from the lowest score to the highest. */
static enum fb_code take_scores(
    struct table *t, const struct fb_question_options *options, struct fb_err *err)
{
    const struct fb_columns *c = t->columns;
    double low = options->scale[0], high = options->scale[1];
    bool is_given = high > low;
    low = is_given ? low : (double)INFINITY;
    high = is_given ? high : -(double)INFINITY;
    for (size_t i = 0; i < c->rows; i++) {
        double score = c->numbers[SCORE][i];
        const size_t at[2] = {i, SCORE};
        if (isnan(score) || score != floor(score)) {
            (void)fb_columns_refuse(c, at, FB_E_RANGE, err, "is no whole number");
            return fb_err_hint(err, "Scores are the steps of a scale, as 0 to 10.");
        }
        if (is_given && (score < low || score > high)) {
            (void)fb_columns_refuse(c, at, FB_E_RANGE, err, "is not on the scale");
            return fb_err_hint(err, "--scale says that scores are from %g to %g.", low, high);
        }
        low = is_given ? low : fmin(low, score);
        high = is_given ? high : fmax(high, score);
    }
    if (!(high - low >= 2 && high - low < FB_ORDINAL_CLASSES_MAX && fabs(low) < 1e6)) {
        (void)fb_err_set(err, FB_E_RANGE, "scores from %.6g to %.6g are no scale of 3 to %d steps",
            low, high, FB_ORDINAL_CLASSES_MAX);
        return fb_err_hint(err, "--scale LOW..HIGH says which scores can be given, as 0..10.");
    }
    t->low = (int)low;
    t->classes = (uint32_t)(high - low) + 1;
    for (size_t i = 0; i < c->rows; i++) {
        t->scores[i] = (uint32_t)(c->numbers[SCORE][t->order[i]] - low);
    }
    return FB_OK;
}

static enum fb_code take_choices(struct table *t, struct fb_arena *arena, struct fb_err *err)
{
    const struct fb_columns *c = t->columns;
    t->classes = 2;
    for (size_t i = 0; i < c->rows; i++) {
        double chosen = c->numbers[CHOSEN][t->order[i]], length = c->numbers[LENGTH][t->order[i]];
        if (!(chosen == 0 || chosen == 1)) {
            (void)fb_columns_refuse(
                c, (const size_t[2]){t->order[i], CHOSEN}, FB_E_RANGE, err, "is not 0 or 1");
            return fb_err_hint(err, "1: the grader chose the first of the two; 0: the second.");
        }
        if (c->has[LENGTH] && isnan(length)) {
            (void)fb_columns_refuse(
                c, (const size_t[2]){t->order[i], LENGTH}, FB_E_SCHEMA, err, "is no number");
            return fb_err_hint(err, "Where one choice has it, all have.");
        }
        t->scores[i] = chosen == 1;
    }
    t->lengths = c->has[LENGTH] ? FB_ARENA_ARRAY(arena, double, c->rows) : NULL;
    if (c->has[LENGTH] && !t->lengths) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; t->lengths && i < c->rows; i++) {
        t->lengths[i] = c->numbers[LENGTH][t->order[i]];
    }
    double mean = t->lengths ? fb_sample_mean(t->lengths, c->rows) : 0;
    double variance = t->lengths && c->rows > 1 ? fb_sample_variance(t->lengths, c->rows) : 0;
    for (size_t i = 0; t->lengths && i < c->rows; i++) {
        t->lengths[i] = variance > 0 ? (t->lengths[i] - mean) / sqrt(variance) : 0;
    }
    t->lengths = variance > 0 ? t->lengths : NULL;
    return FB_OK;
}

static bool is_human(struct fb_str name)
{
    static const char word[] = "human";
    for (size_t i = 0; i + 5 <= name.len; i++) {
        bool same = true;
        for (size_t j = 0; same && j < 5; j++) {
            char c = name.ptr[i + j];
            same = (c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) == word[j];
        }
        if (same) {
            return true;
        }
    }
    return false;
}

/* Types of graders: as the table has them, else people and others by their names. They count where
 * there are at least two, of at least two graders each. */
static enum fb_code take_types(struct table *t, struct fb_arena *arena, struct fb_err *err)
{
    static struct fb_str people[2] = {{"human", 5}, {"model", 5}};
    uint32_t graders = levels(t, GRADER);
    bool is_told = t->columns->has[TYPE];
    uint32_t types = is_told ? levels(t, TYPE) : 2;
    uint32_t *members = FB_ARENA_ARRAY(arena, uint32_t, types);
    t->type_of = FB_ARENA_ARRAY(arena, uint32_t, graders);
    t->type = is_told ? t->factors[TYPE].names : people;
    if (!members || !t->type_of) {
        return fb_arena_failed(arena, err);
    }
    for (uint32_t g = 0; g < graders; g++) {
        t->type_of[g] = is_told ? UINT32_MAX : !is_human(t->factors[GRADER].names[g]);
    }
    for (size_t i = 0; is_told && i < t->columns->rows; i++) {
        uint32_t *of = &t->type_of[t->factors[GRADER].of[i]], type = t->factors[TYPE].of[i];
        if (*of != UINT32_MAX && *of != type) {
            (void)fb_columns_refuse(t->columns, (const size_t[2]){i, TYPE}, FB_E_MISMATCH, err,
                "is not the type that the grader has in other rows");
            return fb_err_hint(err, "A grader is of one type in all rows.");
        }
        *of = type;
    }
    bool enough = types >= 2 && types <= FB_ORDINAL_GROUPS_MAX;
    for (uint32_t g = 0; g < graders; g++) {
        members[t->type_of[g]]++;
    }
    for (uint32_t i = 0; i < types; i++) {
        enough = enough && members[i] >= 2;
    }
    t->types = enough ? types : 0;
    return FB_OK;
}

/* --- Models ----------------------------------------------------------------------------------- */

/* The part of a level in the free effect j of a factor whose effects sum to 0. */
static double part(uint32_t level, uint32_t j, uint32_t count)
{
    return (level == j) - (level == count - 1);
}

static uint32_t level_of(const struct table *t, size_t place, int factor)
{
    return t->factors[factor].of[t->order[place]];
}

/* Adds columns, normal with deviation 1 or of a group. */
static size_t add_columns(struct model *m, size_t count, int group)
{
    size_t at = m->columns;
    for (size_t j = 0; j < count && m->columns < FB_HAMILTONIAN_DIMENSIONS_MAX; j++) {
        m->coefficients[m->columns++] = (struct fb_ordinal_column){0, 1, group};
    }
    return at;
}

/* Which columns there are. */
static enum fb_code lay_out(struct model *m, struct fb_err *err)
{
    const struct table *t = m->table;
    bool is_score = t->columns->has[SCORE];
    static const int scored[] = {SYSTEM, ITEM}, paired[] = {PAIR};
    const int *factors = is_score ? scored : paired;
    size_t factor_count = is_score ? 2 : 1, wanted_columns = 1;
    uint32_t graders = levels(t, GRADER);
    m->coefficients =
        FB_ARENA_ARRAY(m->arena, struct fb_ordinal_column, FB_HAMILTONIAN_DIMENSIONS_MAX);
    if (!m->coefficients) {
        return fb_arena_failed(m->arena, err);
    }
    (void)add_columns(m, 1, -1); /* the intercept */
    m->at[GRADER] = m->columns;
    for (uint32_t g = 0; t->types > 0 && g < graders; g++) {
        (void)add_columns(m, 1, (int)t->type_of[g]);
    }
    if (t->types == 0) {
        (void)add_columns(m, graders - 1, -1);
    }
    wanted_columns += t->types > 0 ? graders : graders - 1;
    for (size_t i = 0; i < factor_count; i++) {
        uint32_t count = levels(t, factors[i]);
        m->at[factors[i]] = add_columns(m, count > 1 ? count - 1 : 0, -1);
        wanted_columns += count > 1 ? count - 1 : 0;
        m->other = is_score && count > 1 && graders > 1 ? factors[i] : m->other;
    }
    m->group_count = t->types;
    for (uint32_t i = 0; i < t->types; i++) {
        m->groups[i] = (struct fb_ordinal_group){0, 3, 1, true};
    }
    m->together_at = m->columns;
    if (m->is_together && m->other) {
        uint32_t others = levels(t, m->other);
        size_t count =
            t->types > 0 ? (size_t)graders * others : (size_t)(graders - 1) * (others - 1);
        (void)add_columns(m, count, -1);
        wanted_columns += count;
    } else if (m->is_together && t->lengths) {
        m->groups[0] = (struct fb_ordinal_group){0, 0.5, 1, false};
        m->group_count = 1;
        (void)add_columns(m, graders, 0);
        wanted_columns += graders;
    }
    if (wanted_columns > m->columns) {
        (void)fb_err_set(err, FB_E_LIMIT, "%zu effects are more than %d", wanted_columns,
            FB_HAMILTONIAN_DIMENSIONS_MAX);
        return fb_err_hint(err, "Leave out the items, or graders and systems that do not matter.");
    }
    return FB_OK;
}

static void fill_together(const struct model *m, size_t place, double *row)
{
    const struct table *t = m->table;
    uint32_t graders = levels(t, GRADER), g = level_of(t, place, GRADER);
    if (m->together_at == m->columns) {
        return;
    }
    if (!m->other) {
        row[m->together_at + g] = t->lengths[place];
        return;
    }
    uint32_t others = levels(t, m->other), o = level_of(t, place, m->other);
    if (t->types > 0) {
        row[m->together_at + (size_t)g * others + o] = 1;
        return;
    }
    for (uint32_t i = 0; i + 1 < graders; i++) {
        for (uint32_t j = 0; j + 1 < others; j++) {
            row[m->together_at + (size_t)i * (others - 1) + j] =
                part(g, i, graders) * part(o, j, others);
        }
    }
}

static void fill(struct model *m)
{
    const struct table *t = m->table;
    static const int factors[] = {GRADER, SYSTEM, ITEM, PAIR};
    for (size_t place = 0; place < t->columns->rows; place++) {
        double *row = m->design + place * m->columns;
        row[0] = 1;
        for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
            uint32_t count = levels(t, factors[i]);
            bool is_free = factors[i] == GRADER && t->types > 0;
            bool is_in = m->at[factors[i]] > 0 && count > 1;
            for (uint32_t j = 0; is_in && j < (is_free ? count : count - 1); j++) {
                uint32_t level = level_of(t, place, factors[i]);
                row[m->at[factors[i]] + j] = is_free ? level == j : part(level, j, count);
            }
        }
        fill_together(m, place, row);
    }
}

static uint64_t seed_of(const struct table *t)
{
    static const int factors[] = {GRADER, SYSTEM, ITEM, PAIR};
    uint8_t digest[FB_SHA256_SIZE];
    struct fb_sha256 sha;
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, FB_STR("flyball graders 1\n"));
    for (size_t place = 0; place < t->columns->rows; place++) {
        for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
            bool is_in = t->columns->has[factors[i]];
            fb_sha256_add(&sha, is_in ? t->factors[factors[i]].names[level_of(t, place, factors[i])]
                                      : fb_str_of(""));
            fb_sha256_add(&sha, FB_STR("\0"));
        }
        uint8_t score = (uint8_t)t->scores[place];
        fb_sha256_add(&sha, (struct fb_str){(const char *)&score, 1});
    }
    fb_sha256_end(&sha, digest);
    return fb_random_key(digest);
}

/* Draws of one chain: as asked; else 2,500 as is usual, fewer where few resamples are wanted of
 * everything. */
static uint32_t draws_of(const struct fb_question_options *options)
{
    if (options->draws > 0) {
        return options->draws;
    }
    uint64_t draws = (uint64_t)options->resamples * 5 / 2;
    draws = draws < DRAWS_LEAST ? DRAWS_LEAST : draws;
    return draws < FB_HAMILTONIAN_DRAWS_MAX ? (uint32_t)draws : FB_HAMILTONIAN_DRAWS_MAX;
}

static enum fb_code find(
    struct model *m, const struct fb_question_options *asked, struct fb_err *err)
{
    const struct table *t = m->table;
    size_t rows = t->columns->rows;
    enum fb_code code = lay_out(m, err);
    if (code == FB_OK && rows * m->columns > FB_ORDINAL_DESIGN_MAX) {
        (void)fb_err_set(
            err, FB_E_LIMIT, "%zu scores are too many for %zu effects", rows, m->columns);
        code = fb_err_hint(err, "Leave out the items, or graders and systems that do not matter.");
    }
    m->design = code ? NULL : FB_ARENA_ARRAY(m->arena, double, rows * m->columns);
    if (code == FB_OK && !m->design) {
        code = fb_arena_failed(m->arena, err);
    }
    if (code != FB_OK) {
        return code;
    }
    fill(m);
    const struct fb_ordinal_data data = {.design = m->design,
        .scores = t->scores,
        .rows = rows,
        .columns = m->columns,
        .coefficients = m->coefficients,
        .groups = m->groups,
        .group_count = m->group_count,
        .classes = t->classes};
    const struct fb_hamiltonian_options options = {
        .seed = seed_of(t), .chains = CHAINS, .draws = draws_of(asked)};
    return fb_ordinal_find(&data, &options, &m->fit, err);
}

/* --- Figures ---------------------------------------------------------------------------------- */

/* One figure of some draws, which are sorted: median (or mean), and the shortest interval. */
static void add_draws(struct fb_answer *out, struct fb_str of, const char *name, double *draws,
    const struct fb_ordinal_fit *fit, const struct fb_question_options *options)
{
    double ends[2], mean = fb_sample_mean(draws, fit->count);
    fb_sample_sort(draws, fit->count);
    fb_ordinal_shortest(draws, fit->count, options->confidence, ends);
    double value = strcmp(name, "cut") == 0 ? mean : fb_sample_quantile(draws, fit->count, 0.5);
    fb_answer_add(out, &(struct fb_figure){of, name, FB_FIGURE_NUMBER, value, ends[0], ends[1]});
}

/* The effect of a level in one row of draws. */
static double effect(const struct model *m, const double *row, int factor, uint32_t level)
{
    uint32_t count = levels(m->table, factor);
    if (factor == GRADER && m->table->types > 0) {
        return row[m->at[factor] + level];
    }
    double sum = 0;
    for (uint32_t j = 0; j + 1 < count; j++) {
        sum += part(level, j, count) * row[m->at[factor] + j];
    }
    return sum;
}

static double together(const struct model *m, const double *row, uint32_t g, uint32_t o)
{
    uint32_t graders = levels(m->table, GRADER), others = levels(m->table, m->other);
    double sum = 0;
    if (m->table->types > 0) {
        return row[m->together_at + (size_t)g * others + o];
    }
    for (uint32_t i = 0; i + 1 < graders; i++) {
        for (uint32_t j = 0; j + 1 < others; j++) {
            sum += part(g, i, graders) * part(o, j, others) *
                   row[m->together_at + (size_t)i * (others - 1) + j];
        }
    }
    return sum;
}

/* What is being added. */
struct adding {
    const struct model *m;
    const struct fb_question_options *options;
    struct fb_answer *out;
    double *draws;
};

static void add_effects(const struct adding *a, int factor, const char *name)
{
    const struct model *m = a->m;
    uint32_t count = levels(m->table, factor);
    for (uint32_t level = 0; m->at[factor] > 0 && count > 1 && level < count; level++) {
        for (size_t i = 0; i < m->fit.count; i++) {
            a->draws[i] = effect(m, m->fit.draws + i * m->fit.width, factor, level);
        }
        add_draws(
            a->out, m->table->factors[factor].names[level], name, a->draws, &m->fit, a->options);
    }
}

static void add_together(const struct adding *a)
{
    const struct model *m = a->m;
    const struct table *t = m->table;
    if (m->together_at == m->columns) {
        return;
    }
    uint32_t others = m->other ? levels(t, m->other) : 1;
    for (uint32_t g = 0; g < levels(t, GRADER); g++) {
        struct fb_str grader = t->factors[GRADER].names[g];
        for (uint32_t o = 0; o < others; o++) {
            for (size_t i = 0; i < m->fit.count; i++) {
                const double *row = m->fit.draws + i * m->fit.width;
                a->draws[i] = m->other ? together(m, row, g, o) : row[m->together_at + g];
            }
            struct fb_str of = grader;
            if (m->other) {
                of = fb_arena_printf(a->out->arena, "%.*s, %.*s", FB_STR_ARG(grader),
                    FB_STR_ARG(t->factors[m->other].names[o]));
            }
            add_draws(a->out, of, m->other ? "together_effect" : "length_slope", a->draws, &m->fit,
                a->options);
        }
    }
}

/* Means of the types of graders, and by how much the first are above the others. */
static void add_types(const struct adding *a)
{
    const struct model *m = a->m;
    const struct table *t = m->table;
    for (uint32_t k = 0; k < t->types; k++) {
        for (size_t i = 0; i < m->fit.count; i++) {
            a->draws[i] = m->fit.draws[i * m->fit.width + m->columns + 2 * k];
        }
        add_draws(a->out, t->type[k], "type_effect", a->draws, &m->fit, a->options);
    }
    for (uint32_t k = 1; k < t->types; k++) {
        for (size_t i = 0; i < m->fit.count; i++) {
            const double *row = m->fit.draws + i * m->fit.width + m->columns;
            a->draws[i] = row[0] - row[2 * k];
        }
        struct fb_str of = fb_arena_printf(
            a->out->arena, "%.*s above %.*s", FB_STR_ARG(t->type[0]), FB_STR_ARG(t->type[k]));
        add_draws(a->out, of, "type_difference", a->draws, &m->fit, a->options);
    }
}

static void add_cuts(const struct adding *a)
{
    const struct model *m = a->m;
    const struct table *t = m->table;
    for (uint32_t k = 0; t->classes > 2 && k + 1 < t->classes; k++) {
        for (size_t i = 0; i < m->fit.count; i++) {
            a->draws[i] = m->fit.draws[(i + 1) * m->fit.width - (t->classes - 1) + k];
        }
        struct fb_str of =
            fb_arena_printf(a->out->arena, "%d|%d", t->low + (int)k, t->low + (int)k + 1);
        add_draws(a->out, of, "cut", a->draws, &m->fit, a->options);
    }
}

static void add_plain(struct fb_answer *out, const char *of, const char *name, double value)
{
    fb_answer_add(
        out, &(struct fb_figure){fb_str_of(of), name, FB_FIGURE_NUMBER, value, none, none});
}

/* How well the models with and without what is together foretell each score from the others. */
static enum fb_code add_comparison(
    const struct adding *a, const struct model *without, struct fb_err *err)
{
    const char *with_name = a->m->other ? "with together" : "with length";
    const char *without_name = a->m->other ? "without together" : "without length";
    size_t n = a->m->table->columns->rows;
    double sums[2] = {0, 0};
    double *differences = FB_ARENA_ARRAY(a->out->arena, double, n);
    if (!differences) {
        return fb_arena_failed(a->out->arena, err);
    }
    for (size_t i = 0; i < n; i++) {
        sums[0] += a->m->fit.foretold[i];
        sums[1] += without->fit.foretold[i];
        differences[i] = a->m->fit.foretold[i] - without->fit.foretold[i];
    }
    add_plain(a->out, with_name, "elpd_loo", sums[0]);
    add_plain(a->out, without_name, "elpd_loo", sums[1]);
    double error = n > 1 ? sqrt((double)n * fb_sample_variance(differences, n)) : none;
    add_plain(a->out, with_name, "elpd_gain", sums[0] - sums[1]);
    add_plain(a->out, with_name, "elpd_gain_standard_error", error);
    return FB_OK;
}

/* --- Agreement -------------------------------------------------------------------------------- */

/* Scores in cells of grader and item, for the medians of which agreement is asked. */
struct cells {
    const struct model *m;
    size_t *first;  /* by cell, one more: where its places begin */
    size_t *places; /* by cell: rows in the order */
    double *scores, *medians;
    uint32_t *items; /* by cell */
    uint32_t *classes;
};

static size_t cell_at(const struct table *t, size_t place)
{
    return (size_t)level_of(t, place, GRADER) * levels(t, ITEM) + level_of(t, place, ITEM);
}

static bool gather(struct cells *c, struct fb_arena *arena)
{
    const struct table *t = c->m->table;
    size_t rows = t->columns->rows, count = (size_t)levels(t, GRADER) * levels(t, ITEM);
    c->first = FB_ARENA_ARRAY(arena, size_t, count + 2);
    c->places = FB_ARENA_ARRAY(arena, size_t, rows);
    c->scores = FB_ARENA_ARRAY(arena, double, rows);
    c->classes = FB_ARENA_ARRAY(arena, uint32_t, rows);
    c->medians = FB_ARENA_ARRAY(arena, double, count);
    c->items = FB_ARENA_ARRAY(arena, uint32_t, count);
    if (!c->first || !c->places || !c->scores || !c->classes || !c->medians || !c->items) {
        return false;
    }
    for (size_t i = 0; i < rows; i++) {
        c->first[cell_at(t, i) + 2]++;
    }
    for (size_t i = 2; i < count + 2; i++) {
        c->first[i] += c->first[i - 1];
    }
    for (size_t i = 0; i < rows; i++) {
        c->places[c->first[cell_at(t, i) + 1]++] = i;
    }
    return true;
}

/* Krippendorff's alpha, ordinal, of the medians of some scores; NaN: there is none. */
static double alpha_of(struct cells *c, const uint32_t *classes)
{
    const struct table *t = c->m->table;
    size_t count = (size_t)levels(t, GRADER) * levels(t, ITEM), used = 0;
    for (size_t cell = 0; cell < count; cell++) {
        size_t n = c->first[cell + 1] - c->first[cell];
        for (size_t i = 0; i < n; i++) {
            c->scores[i] = classes[c->places[c->first[cell] + i]];
        }
        if (n > 0) {
            fb_sample_sort(c->scores, n);
            c->items[used] = (uint32_t)(cell % levels(t, ITEM));
            c->medians[used++] = fb_sample_quantile(c->scores, n, 0.5);
        }
    }
    const struct fb_agreement in = {.item = c->items,
        .value = c->medians,
        .count = used,
        .items = levels(t, ITEM),
        .scale = FB_AGREEMENT_ORDINAL,
        .confidence = 0.95};
    struct fb_agreement_result result;
    struct fb_err ignored;
    fb_err_init(&ignored);
    return fb_agreement_find(&in, &result, &ignored) == FB_OK ? result.alpha : none;
}

/* Scores as one draw of the model gives them; without the effects of graders where is_fair. */
static void draw_scores(struct cells *c, const double *row, bool is_fair, struct fb_random *random)
{
    const struct model *m = c->m;
    const struct table *t = m->table;
    const double *cuts = row + m->fit.width - (t->classes - 1);
    for (size_t place = 0; place < t->columns->rows; place++) {
        const double *design = m->design + place * m->columns;
        double eta = 0;
        for (size_t j = 0; j < m->columns; j++) {
            eta += design[j] * row[j];
        }
        eta -= is_fair ? effect(m, row, GRADER, level_of(t, place, GRADER)) : 0;
        double unit = fb_random_unit(random), at = eta + log(unit / (1 - unit));
        uint32_t k = 0;
        while (k + 1 < t->classes && at > cuts[k]) {
            k++;
        }
        c->classes[place] = k;
    }
}

/* How far graders agree on items: as seen, as the model gives it, and were none of them biased. */
static enum fb_code add_agreement(const struct adding *a, struct fb_err *err)
{
    struct cells c = {.m = a->m};
    const struct table *t = a->m->table;
    if (t->classes < 3 || levels(t, ITEM) < 2 || levels(t, GRADER) < 2) {
        return FB_OK;
    }
    if (!gather(&c, a->out->arena)) {
        return fb_arena_failed(a->out->arena, err);
    }
    add_plain(a->out, "as seen", "alpha_of_medians", alpha_of(&c, t->scores));
    for (int is_fair = 0; is_fair < 2; is_fair++) {
        struct fb_random random = fb_random_start(seed_of(t), (uint64_t)CHAINS + (uint64_t)is_fair);
        size_t found = 0, rounds = a->m->fit.count / CHAINS;
        for (size_t i = 0; i < rounds; i++) {
            size_t row = i * a->m->fit.count / rounds;
            draw_scores(&c, a->m->fit.draws + row * a->m->fit.width, is_fair, &random);
            double alpha = alpha_of(&c, c.classes);
            a->draws[found] = alpha;
            found += isfinite(alpha) ? 1 : 0;
        }
        if (found > 0) {
            double ends[2], mean = fb_sample_mean(a->draws, found);
            fb_sample_sort(a->draws, found);
            fb_ordinal_shortest(a->draws, found, a->options->confidence, ends);
            fb_answer_add(a->out,
                &(struct fb_figure){fb_str_of(is_fair ? "without bias of graders" : "of the model"),
                    "alpha_of_medians", FB_FIGURE_NUMBER, mean, ends[0], ends[1]});
        }
    }
    fb_answer_note(a->out, "alpha_of_medians: Krippendorff's, ordinal, of each grader's median at "
                           "each item, which hides how scores of one grader scatter; `evidence "
                           "agreement` takes each score");
    return FB_OK;
}

static void add_notes(const struct adding *a)
{
    const struct model *m = a->m;
    const struct table *t = m->table;
    struct fb_answer *out = a->out;
    if (t->classes > 2) {
        fb_answer_note(out,
            "effects move the log odds of a score above any step of the scale, %d to %d; cut: "
            "where "
            "on that scale one score turns into the next",
            t->low, t->low + (int)t->classes - 1);
    } else {
        fb_answer_note(out, "effects move the log odds that the first of two is chosen");
    }
    if (m->together_at < m->columns && m->other) {
        fb_answer_note(out,
            "together_effect: what a grader gives one of them beyond what it gives "
            "all, as to its own kind; effects of one factor sum to 0%s",
            t->types ? ", but for graders, who are drawn around their type" : "");
    }
    if (m->together_at < m->columns && !m->other) {
        fb_answer_note(out, "length_slope: by one deviation of the difference in length");
    }
    if (m->together_at < m->columns) {
        fb_answer_note(out,
            "elpd_loo: how well each score is foretold by the others (log chance, "
            "higher is better); an elpd_gain of some standard errors speaks for the "
            "fuller model");
    }
    fb_answer_note(out,
        "value: median of the posterior (of cuts the mean), interval: the shortest; %d chains of "
        "%d "
        "draws, R-hat at most %.3f, worth %.0f independent draws at least",
        CHAINS, (int)draws_of(a->options), m->fit.quality.r_hat, m->fit.quality.effective);
    if (!(m->fit.quality.r_hat <= 1.05)) {
        fb_answer_note(out, "the chains do not agree (R-hat above 1.05): do not rest anything on "
                            "these figures");
    }
}

static enum fb_code answer(struct table *t, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct model with = {.table = t, .arena = out->arena, .is_together = true};
    struct model without = {.table = t, .arena = out->arena};
    struct adding adding = {&with, options, out, NULL};
    enum fb_code code = find(&with, options, err);
    bool is_fuller = code == FB_OK && with.together_at < with.columns;
    code = code ? code : is_fuller ? find(&without, options, err) : FB_OK;
    adding.draws = code ? NULL : FB_ARENA_ARRAY(out->arena, double, with.fit.count);
    if (code == FB_OK && !adding.draws) {
        code = fb_arena_failed(out->arena, err);
    }
    if (code == FB_OK) {
        fb_answer_add(out, &(struct fb_figure){fb_str_of(""), "scores", FB_FIGURE_COUNT,
                               (double)t->columns->rows, none, none});
        add_types(&adding);
        add_effects(&adding, GRADER, "grader_effect");
        add_effects(&adding, SYSTEM, "system_effect");
        add_effects(&adding, PAIR, "pair_effect");
        add_effects(&adding, ITEM, "item_effect");
        add_together(&adding);
        add_cuts(&adding);
        code = is_fuller ? add_comparison(&adding, &without, err) : FB_OK;
        code = code ? code : add_agreement(&adding, err);
        add_notes(&adding);
    }
    fb_ordinal_release(&with.fit);
    fb_ordinal_release(&without.fit);
    return code;
}

enum fb_code fb_question_graders(const char *path, const struct fb_question_options *options,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_columns c;
    struct table t = {.columns = &c};
    enum fb_code code = fb_columns_read(path, wanted, COLUMNS, out->arena, &c, err);
    if (code != FB_OK) {
        return code;
    }
    if (c.has[SCORE] == c.has[CHOSEN]) {
        (void)fb_err_set(err, FB_E_SCHEMA,
            "a row is either a `score`, or says whether the first of "
            "two was chosen (`first_is_chosen`)");
        fb_err_place(err, path, 0, 0, -1);
        return fb_err_hint(err, "The other columns are grader, and LLM, item, grader_type; or "
                                "llm_pair and length_diff.");
    }
    if (c.rows > FB_ORDINAL_ROWS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "more than %d scores", FB_ORDINAL_ROWS_MAX);
        fb_err_place(err, path, 0, 0, -1);
        return fb_err_hint(err, "A sample of them, drawn at random, will do.");
    }
    code = number(&t, out->arena, err);
    if (code == FB_OK) {
        code = c.has[SCORE] ? take_scores(&t, options, err) : take_choices(&t, out->arena, err);
    }
    if (code == FB_OK && c.has[SCORE]) {
        code = take_types(&t, out->arena, err);
    }
    code = code ? code : answer(&t, options, out, err);
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
    }
    return code;
}
