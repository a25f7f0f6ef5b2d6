/* Metrics of numbers, words and groups; the others are in inspect_composed.c and _drawn.c. */
#define MATHLIB_STANDALONE 1
#include <Rmath.h>
#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/inspect_measuring.h"

enum { DEPTH_MAX = 4 /* metrics in each other */ };

bool fb_inspect_unknown(struct fb_inspect_measuring *m, const char *why)
{
    m->why = why;
    return false;
}

bool fb_inspect_spend(struct fb_inspect_measuring *m, uint64_t values)
{
    *m->work += values;
    return *m->work <= FB_INSPECT_WORK_MAX ||
           fb_inspect_unknown(m, "the log's metrics take too long, made by chance or in groups");
}

static bool no_memory(struct fb_inspect_measuring *m)
{
    m->code = fb_err_set(m->err, FB_E_NOMEM, "memory ran out while checking metrics");
    return false;
}

/* --- Plain figures ------------------------------------------------------------------------ */

double fb_inspect_view_mean(const struct fb_inspect_view *view)
{
    double sum = 0;
    for (size_t i = 0; i < view->count; i++) {
        sum += view->units[i].value;
    }
    return view->count > 0 ? sum / (double)view->count : 0;
}

double fb_inspect_view_variance(const struct fb_inspect_view *view)
{
    double mean = fb_inspect_view_mean(view), sum = 0;
    for (size_t i = 0; i < view->count; i++) {
        double d = view->units[i].value - mean;
        sum += d * d;
    }
    return view->count > 1 ? sum / (double)(view->count - 1) : 0;
}

static double stderr_of(const struct fb_inspect_view *view)
{
    return view->count > 0 ? sqrt(fb_inspect_view_variance(view) / (double)view->count) : 0;
}

bool fb_inspect_clusters_of(
    struct fb_inspect_measuring *m, size_t key, uint32_t *places, size_t *out_count)
{
    struct fb_map seen;
    fb_map_init(&seen);
    bool is_good = true;
    for (size_t i = 0; i < m->view->count && is_good; i++) {
        struct fb_str cluster = m->log->samples[m->view->units[i].sample].clusters[key];
        uintptr_t place = (uintptr_t)fb_map_get(&seen, cluster);
        is_good = cluster.len > 0;
        if (is_good && place == 0) {
            place = seen.count + 1;
            m->code = fb_map_put(&seen, cluster, (void *)place, m->err);
            is_good = m->code == FB_OK;
        }
        places[i] = is_good ? (uint32_t)(place - 1) : 0;
    }
    *out_count = seen.count;
    fb_map_release(&seen);
    return is_good || fb_inspect_unknown(m, "a sample has no cluster in its metadata");
}

/* The clustered standard error; false when a sample has no cluster. */
static bool clustered(struct fb_inspect_measuring *m, size_t key, double *out, size_t *out_clusters)
{
    double *sums = fb_calloc(m->view->count, sizeof(*sums));
    uint32_t *places = fb_calloc(m->view->count, sizeof(*places));
    bool is_good =
        sums && places ? fb_inspect_clusters_of(m, key, places, out_clusters) : no_memory(m);
    if (is_good) {
        double mean = fb_inspect_view_mean(m->view), variance = 0;
        double clusters = (double)*out_clusters;
        for (size_t i = 0; i < m->view->count; i++) {
            sums[places[i]] += m->view->units[i].value - mean;
        }
        for (size_t i = 0; i < *out_clusters; i++) {
            variance += sums[i] * sums[i];
        }
        *out = *out_clusters < 2
                   ? 0
                   : sqrt(variance * clusters / (clusters - 1)) / (double)m->view->count;
    }
    fb_free(sums);
    fb_free(places);
    return is_good;
}

/* --- Parameters --------------------------------------------------------------------------- */

const struct fb_json *fb_inspect_param(const struct fb_inspect_spec *spec, const char *name)
{
    const struct fb_json *value = fb_json_get(spec->params, name);
    return value && value->kind != FB_JSON_NULL ? value : NULL;
}

bool fb_inspect_has_only(
    struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec, const char *const *names)
{
    const struct fb_json *p = spec->params ? spec->params->child : NULL;
    for (; p; p = p->next) {
        bool is_named = p->kind == FB_JSON_NULL;
        if (!is_named && (fb_str_is(p->key, "to_float") || fb_str_is(p->key, "value_to_float"))) {
            is_named = m->is_assumed = true;
        }
        for (size_t i = 0; names[i] && !is_named; i++) {
            is_named = fb_str_is(p->key, names[i]);
        }
        if (!is_named) {
            return fb_inspect_unknown(m, "a parameter of it is not known here");
        }
    }
    return true;
}

bool fb_inspect_key_of(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    const char *name, size_t *out)
{
    const struct fb_json *key = fb_inspect_param(spec, name);
    for (size_t i = 0; key && i < m->log->cluster_count; i++) {
        if (fb_str_is(key->text, m->log->cluster_keys[i])) {
            *out = i;
            return true;
        }
    }
    return fb_inspect_unknown(m, "the log's metrics name more keys of metadata than are kept");
}

double fb_inspect_number_param(
    const struct fb_inspect_spec *spec, const char *name, double fallback)
{
    const struct fb_json *value = fb_inspect_param(spec, name);
    return !value ? fallback : value->kind == FB_JSON_NUMBER ? value->number : (double)NAN;
}

/* --- Metrics with parameters -------------------------------------------------------------- */

static bool measure_stderr(
    struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec, double *out)
{
    static const char *const known[] = {"cluster", NULL};
    size_t key = 0, clusters = 0;
    if (!fb_inspect_has_only(m, spec, known)) {
        return false;
    }
    if (!fb_inspect_param(spec, "cluster")) {
        *out = stderr_of(m->view);
        return true;
    }
    return fb_inspect_key_of(m, spec, "cluster", &key) && clustered(m, key, out, &clusters);
}

/* mean +- t * stderr. */
static bool measure_t(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    double level, struct fb_inspect_measured *out)
{
    size_t key = 0, clusters = m->view->count;
    double error = stderr_of(m->view);
    if (fb_inspect_param(spec, "cluster") &&
        (!fb_inspect_key_of(m, spec, "cluster", &key) || !clustered(m, key, &error, &clusters))) {
        return false;
    }
    double freedom = clusters > 2 ? (double)clusters - 1 : 1;
    double t = qt(1 - (1 - level) / 2, freedom, 1, 0);
    out->value += (fb_str_is(spec->entry, "lower") ? -t : t) * error;
    return true;
}

/* By t or by bootstrap; one value is its own interval. */
static bool measure_ci(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    struct fb_inspect_measured *out)
{
    static const char *const known[] = {"level", "method", "num_samples", "cluster", NULL};
    const struct fb_json *method = fb_inspect_param(spec, "method");
    double level = fb_inspect_number_param(spec, "level", 0.95);
    bool is_drawn = method && fb_str_is(method->text, "bootstrap");
    bool is_end = fb_str_is(spec->entry, "lower") || fb_str_is(spec->entry, "upper");
    if (!fb_inspect_has_only(m, spec, known)) {
        return false;
    }
    if ((method && !is_drawn && !fb_str_is(method->text, "t")) ||
        !(level >= 0.01 && level <= 0.9999) || !is_end) {
        return fb_inspect_unknown(m, "its method or level is not known here");
    }
    out->value = fb_inspect_view_mean(m->view);
    if (m->view->count < 2) {
        return true;
    }
    return is_drawn ? fb_inspect_measure_drawn(m, spec, level, out)
                    : measure_t(m, spec, level, out);
}

/* How often a word was the value, of all values; epochs are not reduced. */
static bool measure_frequency(
    struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec, double *out)
{
    static const char *const known[] = {"categories", "normalize", NULL};
    const struct fb_inspect_series *series = m->view->series;
    const struct fb_json *normalize = fb_inspect_param(spec, "normalize");
    if (!fb_inspect_has_only(m, spec, known)) {
        return false;
    }
    if (!series || !series->words_known || series->count == 0) {
        return fb_inspect_unknown(m, "its values are no words, or more different ones than 32");
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

/* The group that an entry names: what the template has around it is cut off. False where the entry
 * does not fit, or the template has more than the group's name. */
static bool strip_template(struct fb_str template, struct fb_str entry, struct fb_str *out)
{
    static const char mark[] = "{group_name}";
    size_t at = fb_str_find(template, '{', 0);
    struct fb_str before = fb_str_sub(template, 0, at);
    struct fb_str rest = fb_str_sub(template, at, template.len);
    struct fb_str after = fb_str_sub(rest, sizeof(mark) - 1, rest.len);
    bool is_plain = fb_str_starts(rest, FB_STR("{group_name}"));
    for (size_t i = 0; i < template.len; i++) {
        bool is_brace = template.ptr[i] == '{' || template.ptr[i] == '}';
        is_plain &= !is_brace || i == at || i == at + sizeof(mark) - 2;
    }
    if (!is_plain || entry.len < before.len + after.len || !fb_str_starts(entry, before)) {
        return false;
    }
    *out = fb_str_sub(entry, before.len, entry.len - after.len - before.len);
    return fb_str_ends(entry, after);
}

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
static bool measure_part(struct fb_inspect_measuring *m, const struct fb_inspect_spec *inner,
    size_t key, struct fb_str kept, struct fb_inspect_measured *out)
{
    struct fb_inspect_view part = *m->view;
    part.series = NULL;
    part.count = 0;
    part.units = fb_calloc(m->view->count, sizeof(*part.units));
    if (!part.units) {
        return no_memory(m);
    }
    for (size_t i = 0; i < m->view->count; i++) {
        const struct fb_inspect_unit *unit = &m->view->units[i];
        if (fb_str_eq(m->log->samples[unit->sample].clusters[key], kept)) {
            part.units[part.count++] = *unit;
        }
    }
    FB_ASSERT(part.count > 0);
    bool is_good = fb_inspect_measure_inner(m, inner, &part, out);
    fb_free(part.units);
    return is_good;
}

/* The mean of the figures of all groups. */
static bool measure_groups(struct fb_inspect_measuring *m, const struct fb_inspect_spec *inner,
    size_t key, struct fb_inspect_measured *out)
{
    struct fb_map seen;
    fb_map_init(&seen);
    struct fb_inspect_measured sum = {0};
    bool is_good = true;
    for (size_t i = 0; is_good && i < m->view->count; i++) {
        struct fb_str kept = m->log->samples[m->view->units[i].sample].clusters[key];
        if (kept.len > 0 && fb_map_has(&seen, kept)) {
            continue;
        }
        struct fb_inspect_measured part = {0};
        is_good = kept.len > 0 ? fb_inspect_spend(m, m->view->count) &&
                                     measure_part(m, inner, key, kept, &part)
                               : fb_inspect_unknown(m, "a sample has no group in its metadata");
        if (is_good) {
            m->code = fb_map_put(&seen, kept, (void *)(uintptr_t)1, m->err);
            is_good = m->code == FB_OK;
        }
        sum.value += part.value;
        sum.low += part.low;
        sum.high += part.high;
    }
    double n = seen.count > 0 ? (double)seen.count : 1;
    *out = (struct fb_inspect_measured){sum.value / n, sum.low / n, sum.high / n, false, NULL};
    fb_map_release(&seen);
    return is_good;
}

static bool measure_grouped(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    struct fb_inspect_measured *out)
{
    static const char *const known[] = {
        "metric", "group_key", "all", "all_label", "name_template", NULL};
    const struct fb_json *metric = fb_inspect_param(spec, "metric");
    const struct fb_json *all = fb_inspect_param(spec, "all");
    const struct fb_json *label = fb_inspect_param(spec, "all_label");
    const struct fb_json *form = fb_inspect_param(spec, "name_template");
    struct fb_inspect_spec inner = {
        .name = fb_inspect_metric_name(metric), .params = fb_json_get(metric, "params")};
    size_t key = 0;
    if (!fb_inspect_has_only(m, spec, known) || !fb_inspect_key_of(m, spec, "group_key", &key)) {
        return false;
    }
    if (!metric || metric->kind != FB_JSON_OBJECT || fb_str_is(inner.name, "grouped")) {
        return fb_inspect_unknown(m, "the metric of its groups is not stated as one");
    }
    if (fb_str_eq(spec->entry, label ? label->text : FB_STR("all"))) {
        return all && fb_str_is(all->text, "groups")
                   ? measure_groups(m, &inner, key, out)
                   : fb_inspect_measure_inner(m, &inner, m->view, out);
    }
    struct fb_str group = spec->entry;
    if (form && !strip_template(form->text, spec->entry, &group)) {
        return fb_inspect_unknown(m, "no sample is of the group that it names");
    }
    for (size_t i = 0; i < m->view->count; i++) {
        struct fb_str kept = m->log->samples[m->view->units[i].sample].clusters[key];
        if (is_group(kept, group)) {
            return measure_part(m, &inner, key, kept, out);
        }
    }
    return fb_inspect_unknown(m, "no sample is of the group that it names");
}

/* --- All ---------------------------------------------------------------------------------- */

/* Metrics of numbers. An object or a list is 0 to them, unless a function of the task reads it. */
static bool measure_numbers(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    struct fb_inspect_measured *out)
{
    static const char *const none[] = {NULL};
    m->is_assumed |= m->view->is_whole;
    if (fb_str_is(spec->name, "stderr")) {
        return measure_stderr(m, spec, &out->value);
    }
    if (fb_str_is(spec->name, "bootstrap_stderr") ||
        fb_str_is(spec->name, "bootstrap_std")) { /* its name until 2024 */
        return fb_inspect_measure_bootstrap(m, spec, out);
    }
    if (fb_str_is(spec->name, "ci")) {
        return measure_ci(m, spec, out);
    }
    bool is_mean = fb_str_is(spec->name, "accuracy") || fb_str_is(spec->name, "mean");
    bool is_var = fb_str_is(spec->name, "var"), is_std = fb_str_is(spec->name, "std");
    if (spec->entry.len > 0 || (!is_mean && !is_var && !is_std)) {
        return fb_inspect_unknown(m, "its definition is not known here");
    }
    double variance = fb_inspect_view_variance(m->view);
    out->value = is_mean ? fb_inspect_view_mean(m->view) : is_var ? variance : sqrt(variance);
    return fb_inspect_has_only(m, spec, none);
}

static bool measure(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    struct fb_inspect_measured *out)
{
    static const struct {
        const char *name;
        bool (*measure)(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
            struct fb_inspect_measured *out);
    } others[] = {{"grouped", measure_grouped}, {"aggregate", fb_inspect_measure_aggregate},
        {"krippendorff_alpha", fb_inspect_measure_alpha},
        {"perplexity_per_token", fb_inspect_measure_perplexity},
        {"perplexity_per_seq", fb_inspect_measure_perplexity}};
    if (m->depth > DEPTH_MAX) {
        return fb_inspect_unknown(m, "too many metrics are in each other");
    }
    if (fb_str_is(spec->name, "frequency")) {
        return measure_frequency(m, spec, &out->value);
    }
    if (!m->view->is_known) {
        return fb_inspect_unknown(m, "epochs were reduced in a way that is not known here");
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (fb_str_is(spec->name, others[i].name)) {
            return others[i].measure(m, spec, out);
        }
    }
    return measure_numbers(m, spec, out);
}

bool fb_inspect_measure_spec(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    struct fb_inspect_measured *out)
{
    *out = (struct fb_inspect_measured){.low = (double)NAN, .high = (double)NAN};
    bool is_good = measure(m, spec, out);
    FB_ASSERT(is_good || m->why || m->code != FB_OK);
    out->low = isnan(out->low) ? out->value : out->low;
    out->high = isnan(out->high) ? out->value : out->high;
    return is_good;
}

bool fb_inspect_measure_inner(struct fb_inspect_measuring *m, const struct fb_inspect_spec *inner,
    const struct fb_inspect_view *view, struct fb_inspect_measured *out)
{
    struct fb_inspect_measuring within = *m;
    within.view = view;
    within.depth++;
    bool is_good = fb_inspect_measure_spec(&within, inner, out);
    m->code = within.code;
    m->why = within.why;
    m->is_assumed |= within.is_assumed;
    return is_good;
}

struct fb_str fb_inspect_metric_name(const struct fb_json *metric)
{
    struct fb_str own = FB_STR("inspect_ai/");
    struct fb_str name = fb_json_get_str(metric, "name");
    name = name.len > 0 || !metric ? name : metric->key;
    return fb_str_starts(name, own) ? fb_str_sub(name, own.len, name.len) : name;
}

enum fb_code fb_inspect_measure(struct fb_inspect *log, const struct fb_json *metric,
    const struct fb_inspect_view *view, struct fb_inspect_measured *out, struct fb_err *err)
{
    FB_ASSERT(log && metric && view && out);
    struct fb_inspect_measuring m = {.log = log, .view = view, .work = &log->work, .err = err};
    struct fb_inspect_spec spec = {
        .name = fb_inspect_metric_name(metric), .params = fb_json_get(metric, "params")};
    struct fb_str group = fb_json_get_str(metric, "group");
    if (group.len == 0 && fb_inspect_param(&spec, "group_key")) {
        group = FB_STR("grouped"); /* before figures named the metric that gave them */
    }
    if (group.len > 0) {
        spec.entry = fb_json_get_str(metric, "name");
        spec.name = group;
    }
    bool is_good = fb_inspect_measure_spec(&m, &spec, out);
    out->is_assumed = m.is_assumed;
    out->why = is_good ? NULL : m.why;
    return m.code;
}
