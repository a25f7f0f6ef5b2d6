#include "ingest/inspect_measure.h"

#define MATHLIB_STANDALONE 1
#include <Rmath.h>
#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"

/* Times the standard deviation of a bootstrap's own error that a figure may be off: one in 10^23 of
 * honest figures, if they were normal. */
#define BOOTSTRAP_SIGMA 10

/* A metric apart from how the header writes it. */
struct spec {
    struct fb_str name;           /* of its function */
    struct fb_str entry;          /* which of its figures; empty when it gives one */
    const struct fb_json *params; /* may be NULL */
};

/* One measurement at work. */
struct measuring {
    const struct fb_inspect *log;
    const struct fb_inspect_view *view;
    struct fb_err *err;
    enum fb_code code; /* why it stopped, other than that the metric is not known */
};

static bool measure(struct measuring *m, const struct spec *spec, struct fb_inspect_measured *out);

static enum fb_code no_memory(struct fb_err *err)
{
    return fb_err_set(err, FB_E_NOMEM, "memory ran out while checking metrics");
}

/* --- Plain figures ------------------------------------------------------------------------ */

static double mean_of(const struct fb_inspect_view *view)
{
    double sum = 0;
    for (size_t i = 0; i < view->count; i++) {
        sum += view->units[i].value;
    }
    return view->count > 0 ? sum / (double)view->count : 0;
}

static double variance_of(const struct fb_inspect_view *view)
{
    double mean = mean_of(view), sum = 0;
    for (size_t i = 0; i < view->count; i++) {
        double d = view->units[i].value - mean;
        sum += d * d;
    }
    return view->count > 1 ? sum / (double)(view->count - 1) : 0;
}

static double stderr_of(const struct fb_inspect_view *view)
{
    return view->count > 0 ? sqrt(variance_of(view) / (double)view->count) : 0;
}

/* Sums the distances to the mean of each cluster into sums, which has room for one a unit. */
static bool sum_clusters(struct measuring *m, size_t key, double *sums, size_t *out_count)
{
    struct fb_map places;
    fb_map_init(&places);
    double mean = mean_of(m->view);
    bool is_good = true;
    for (size_t i = 0; i < m->view->count && is_good; i++) {
        const struct fb_inspect_unit *unit = &m->view->units[i];
        struct fb_str cluster = m->log->samples[unit->sample].clusters[key];
        uintptr_t place = (uintptr_t)fb_map_get(&places, cluster);
        is_good = cluster.len > 0;
        if (is_good && place == 0) {
            place = places.count + 1;
            m->code = fb_map_put(&places, cluster, (void *)place, m->err);
            is_good = m->code == FB_OK;
        }
        if (is_good) {
            sums[place - 1] += unit->value - mean;
        }
    }
    *out_count = places.count;
    fb_map_release(&places);
    return is_good;
}

/* The clustered standard error; false when a sample has no cluster. */
static bool clustered(struct measuring *m, size_t key, double *out, size_t *out_clusters)
{
    double *sums = fb_calloc(m->view->count, sizeof(*sums));
    if (!sums) {
        m->code = no_memory(m->err);
        return false;
    }
    double variance = 0;
    bool is_good = sum_clusters(m, key, sums, out_clusters);
    double clusters = (double)*out_clusters;
    for (size_t i = 0; i < *out_clusters && is_good; i++) {
        variance += sums[i] * sums[i];
    }
    *out =
        *out_clusters < 2 ? 0 : sqrt(variance * clusters / (clusters - 1)) / (double)m->view->count;
    fb_free(sums);
    return is_good;
}

/* --- Parameters --------------------------------------------------------------------------- */

static const struct fb_json *param(const struct spec *spec, const char *name)
{
    const struct fb_json *value = fb_json_get(spec->params, name);
    return value && value->kind != FB_JSON_NULL ? value : NULL;
}

/* True when every parameter that is set is one of those named (NULL ends them). */
static bool has_only(const struct spec *spec, const char *const *names)
{
    const struct fb_json *p = spec->params ? spec->params->child : NULL;
    for (; p; p = p->next) {
        bool is_named = p->kind == FB_JSON_NULL;
        for (size_t i = 0; names[i] && !is_named; i++) {
            is_named = fb_str_is(p->key, names[i]);
        }
        if (!is_named) {
            return false;
        }
    }
    return true;
}

/* The index of the metadata key that a parameter names; false when it is not noted. */
static bool key_of(
    const struct measuring *m, const struct spec *spec, const char *name, size_t *out)
{
    const struct fb_json *key = param(spec, name);
    for (size_t i = 0; key && i < m->log->cluster_count; i++) {
        if (fb_str_is(key->text, m->log->cluster_keys[i])) {
            *out = i;
            return true;
        }
    }
    return false;
}

static double number_param(const struct spec *spec, const char *name, double fallback)
{
    const struct fb_json *value = param(spec, name);
    return !value ? fallback : value->kind == FB_JSON_NUMBER ? value->number : (double)NAN;
}

/* --- Metrics with parameters -------------------------------------------------------------- */

static bool measure_stderr(struct measuring *m, const struct spec *spec, double *out)
{
    static const char *const known[] = {"cluster", NULL};
    size_t key = 0, clusters = 0;
    if (!has_only(spec, known)) {
        return false;
    }
    if (!param(spec, "cluster")) {
        *out = stderr_of(m->view);
        return true;
    }
    return key_of(m, spec, "cluster", &key) && clustered(m, key, out, &clusters);
}

static bool measure_bootstrap(
    struct measuring *m, const struct spec *spec, struct fb_inspect_measured *out)
{
    static const char *const known[] = {"num_samples", NULL};
    double draws = number_param(spec, "num_samples", 1000), n = (double)m->view->count;
    if (!has_only(spec, known) || !(draws >= 2)) {
        return false;
    }
    out->value = m->view->count > 0 ? sqrt(variance_of(m->view) * (n - 1) / n / n) : 0;
    out->chance = BOOTSTRAP_SIGMA / sqrt(2 * draws);
    return true;
}

/* mean +- t * stderr; one value is its own interval. */
static bool measure_ci(struct measuring *m, const struct spec *spec, double *out)
{
    static const char *const known[] = {"level", "method", "num_samples", "cluster", NULL};
    const struct fb_json *method = param(spec, "method");
    double level = number_param(spec, "level", 0.95), error = 0;
    bool is_lower = fb_str_is(spec->entry, "lower");
    size_t key = 0, clusters = m->view->count;
    if (!has_only(spec, known) || (method && !fb_str_is(method->text, "t")) ||
        !(level >= 0.01 && level <= 0.9999) || (!is_lower && !fb_str_is(spec->entry, "upper"))) {
        return false;
    }
    if (m->view->count < 2) {
        *out = mean_of(m->view);
        return true;
    }
    if (param(spec, "cluster")) {
        if (!key_of(m, spec, "cluster", &key) || !clustered(m, key, &error, &clusters)) {
            return false;
        }
    } else {
        error = stderr_of(m->view);
    }
    double freedom = clusters > 2 ? (double)clusters - 1 : 1;
    double t = qt(1 - (1 - level) / 2, freedom, 1, 0);
    *out = mean_of(m->view) + (is_lower ? -t : t) * error;
    return true;
}

/* How often a word was the value, of all values; epochs are not reduced. */
static bool measure_frequency(struct measuring *m, const struct spec *spec, double *out)
{
    static const char *const known[] = {"categories", "normalize", NULL};
    const struct fb_inspect_series *series = m->view->series;
    const struct fb_json *normalize = param(spec, "normalize");
    if (!has_only(spec, known) || !series || !series->words_known || series->count == 0) {
        return false;
    }
    size_t times = 0, total = 0;
    for (size_t i = 0; i < series->word_count; i++) {
        times += fb_str_eq(series->words[i].word, spec->entry) ? series->words[i].times : 0;
        total += series->words[i].times;
    }
    bool is_count = normalize && normalize->kind == FB_JSON_FALSE;
    *out = is_count || total == 0 ? (double)times : (double)times / (double)total;
    return true;
}

/* --- Groups ------------------------------------------------------------------------------- */

/* True when a cluster's text, as it was kept, is what Python prints of the value. */
static bool is_group(struct fb_str kept, struct fb_str name)
{
    struct fb_str text = fb_str_sub(kept, 1, kept.len);
    if (kept.len > 0 && kept.ptr[0] == 'v') {
        text = fb_str_is(text, "true")    ? FB_STR("True")
               : fb_str_is(text, "false") ? FB_STR("False")
                                          : text;
    }
    return kept.len > 0 && fb_str_eq(text, name);
}

/* Another metric over the units of one group, which are put into part. */
static bool measure_part(struct measuring *m, const struct spec *inner, size_t key,
    struct fb_str kept, struct fb_inspect_measured *out)
{
    struct fb_inspect_view part = *m->view;
    part.series = NULL;
    part.count = 0;
    part.units = fb_calloc(m->view->count, sizeof(*part.units));
    if (!part.units) {
        m->code = no_memory(m->err);
        return false;
    }
    for (size_t i = 0; i < m->view->count; i++) {
        const struct fb_inspect_unit *unit = &m->view->units[i];
        if (fb_str_eq(m->log->samples[unit->sample].clusters[key], kept)) {
            part.units[part.count++] = *unit;
        }
    }
    struct measuring of_part = {.log = m->log, .view = &part, .err = m->err};
    bool is_good = part.count > 0 && measure(&of_part, inner, out);
    m->code = of_part.code;
    fb_free(part.units);
    return is_good;
}

/* The mean of the figures of all groups. */
static bool measure_groups(
    struct measuring *m, const struct spec *inner, size_t key, struct fb_inspect_measured *out)
{
    enum { WORK_MAX = 1 << 24 }; /* units looked at: more is a log made to take long */
    struct fb_map seen;
    fb_map_init(&seen);
    double sum = 0;
    bool is_good = true;
    for (size_t i = 0; is_good && i < m->view->count; i++) {
        struct fb_str kept = m->log->samples[m->view->units[i].sample].clusters[key];
        if (kept.len > 0 && fb_map_has(&seen, kept)) {
            continue;
        }
        struct fb_inspect_measured part = {0, 0};
        is_good = kept.len > 0 && seen.count < WORK_MAX / m->view->count &&
                  measure_part(m, inner, key, kept, &part);
        if (is_good) {
            m->code = fb_map_put(&seen, kept, (void *)(uintptr_t)1, m->err);
            is_good = m->code == FB_OK;
        }
        sum += part.value;
        out->chance = fmax(out->chance, part.chance);
    }
    out->value = seen.count > 0 ? sum / (double)seen.count : 0;
    fb_map_release(&seen);
    return is_good;
}

static bool measure_grouped(
    struct measuring *m, const struct spec *spec, struct fb_inspect_measured *out)
{
    static const char *const known[] = {"metric", "group_key", "all", "all_label", NULL};
    const struct fb_json *metric = param(spec, "metric"), *all = param(spec, "all");
    const struct fb_json *label = param(spec, "all_label");
    struct spec inner = {
        .name = fb_inspect_metric_name(metric), .params = fb_json_get(metric, "params")};
    size_t key = 0;
    if (!has_only(spec, known) || !metric || metric->kind != FB_JSON_OBJECT ||
        fb_str_is(inner.name, "grouped") || !key_of(m, spec, "group_key", &key)) {
        return false;
    }
    if (fb_str_eq(spec->entry, label ? label->text : FB_STR("all"))) {
        return all && fb_str_is(all->text, "groups") ? measure_groups(m, &inner, key, out)
                                                     : measure(m, &inner, out);
    }
    for (size_t i = 0; i < m->view->count; i++) {
        struct fb_str kept = m->log->samples[m->view->units[i].sample].clusters[key];
        if (is_group(kept, spec->entry)) {
            return measure_part(m, &inner, key, kept, out);
        }
    }
    return false;
}

/* --- All ---------------------------------------------------------------------------------- */

static bool measure(struct measuring *m, const struct spec *spec, struct fb_inspect_measured *out)
{
    static const char *const none[] = {NULL};
    *out = (struct fb_inspect_measured){0, 0};
    if (fb_str_is(spec->name, "frequency")) {
        return measure_frequency(m, spec, &out->value);
    }
    if (!m->view->is_known) {
        return false;
    }
    if (fb_str_is(spec->name, "stderr")) {
        return measure_stderr(m, spec, &out->value);
    }
    if (fb_str_is(spec->name, "bootstrap_stderr")) {
        return measure_bootstrap(m, spec, out);
    }
    if (fb_str_is(spec->name, "bootstrap_std")) { /* its name until 2024 */
        return measure_bootstrap(m, spec, out);
    }
    if (fb_str_is(spec->name, "ci")) {
        return measure_ci(m, spec, &out->value);
    }
    if (fb_str_is(spec->name, "grouped")) {
        return measure_grouped(m, spec, out);
    }
    if (!has_only(spec, none) || spec->entry.len > 0) {
        return false;
    }
    if (fb_str_is(spec->name, "accuracy") || fb_str_is(spec->name, "mean")) {
        out->value = mean_of(m->view);
    } else if (fb_str_is(spec->name, "var")) {
        out->value = variance_of(m->view);
    } else if (fb_str_is(spec->name, "std")) {
        out->value = sqrt(variance_of(m->view));
    } else {
        return false;
    }
    return true;
}

struct fb_str fb_inspect_metric_name(const struct fb_json *metric)
{
    struct fb_str own = FB_STR("inspect_ai/");
    struct fb_str name = fb_json_get_str(metric, "name");
    name = name.len > 0 || !metric ? name : metric->key;
    return fb_str_starts(name, own) ? fb_str_sub(name, own.len, name.len) : name;
}

enum fb_code fb_inspect_measure(const struct fb_inspect *log, const struct fb_json *metric,
    const struct fb_inspect_view *view, struct fb_inspect_measured *out, bool *out_known,
    struct fb_err *err)
{
    FB_ASSERT(log && metric && view && out && out_known);
    struct measuring m = {.log = log, .view = view, .err = err};
    struct spec spec = {
        .name = fb_inspect_metric_name(metric), .params = fb_json_get(metric, "params")};
    struct fb_str group = fb_json_get_str(metric, "group");
    if (group.len == 0 && param(&spec, "group_key")) {
        group = FB_STR("grouped"); /* before figures named the metric that gave them */
    }
    if (group.len > 0) {
        spec.entry = fb_json_get_str(metric, "name");
        spec.name = group;
    }
    *out_known = measure(&m, &spec, out);
    return m.code;
}
