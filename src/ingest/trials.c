#include "ingest/trials.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "record/record.h"

enum { JSON_MAX = 256 * 1024, NAME_BYTES = 1024, SHOWN_MAX = 100, KEY_MAX = 1 << 20 };

void fb_trials_init(struct fb_trials *trials)
{
    FB_ASSERT(trials);
    *trials = (struct fb_trials){.groups = NULL};
    fb_arena_init(&trials->arena, FB_TRIALS_MEMORY_MAX);
    fb_map_init(&trials->group_names);
    fb_map_init(&trials->sample_names);
    fb_clusters_init(&trials->clusters);
    fb_buf_init(&trials->key, KEY_MAX);
}

void fb_trials_release(struct fb_trials *trials)
{
    FB_ASSERT(trials);
    fb_free(trials->groups);
    fb_free(trials->samples);
    fb_map_release(&trials->group_names);
    fb_map_release(&trials->sample_names);
    fb_clusters_release(&trials->clusters);
    fb_buf_release(&trials->key);
    fb_arena_release(&trials->arena);
}

static enum fb_code no_memory(struct fb_err *err)
{
    return fb_err_set(err, FB_E_NOMEM, "memory ran out while reading trials");
}

/* A key that two different triples never share: each part with its length. */
static enum fb_code group_key(
    struct fb_trials *trials, const struct fb_trial_group *names, struct fb_err *err)
{
    fb_buf_clear(&trials->key);
    fb_buf_addf(&trials->key, "%zu:%zu:", names->task.len, names->scorer.len);
    fb_buf_add_str(&trials->key, names->task);
    fb_buf_add_str(&trials->key, names->scorer);
    fb_buf_add_str(&trials->key, names->model);
    return fb_buf_check(&trials->key, "the names of an evaluation", err);
}

/* Puts what the key says into a map, with a copy of the key. */
static enum fb_code put_key(
    struct fb_trials *trials, struct fb_map *map, size_t number, struct fb_err *err)
{
    struct fb_str copy;
    enum fb_code code = fb_arena_str(&trials->arena, fb_buf_str(&trials->key), &copy, err);
    return code ? code : fb_map_put(map, copy, (void *)(uintptr_t)number, err);
}

static enum fb_code add_group(
    struct fb_trials *trials, const struct fb_trial_group *names, struct fb_err *err)
{
    if (trials->group_count == FB_TRIALS_GROUPS_MAX) {
        fb_err_set(err, FB_E_LIMIT, "the file has more than %d evaluations", FB_TRIALS_GROUPS_MAX);
        return fb_err_hint(err, "Split the file by model or task.");
    }
    void *items = trials->groups;
    if (!fb_inspect_grow(
            &items, &trials->group_cap, trials->group_count, sizeof(*trials->groups))) {
        return no_memory(err);
    }
    trials->groups = items;
    struct fb_trial_group group = {.began = FB_TIME_MAX, .ended = FB_TIME_MIN};
    enum fb_code code = fb_arena_str(&trials->arena, names->task, &group.task, err);
    code = code ? code : fb_arena_str(&trials->arena, names->scorer, &group.scorer, err);
    code = code ? code : fb_arena_str(&trials->arena, names->model, &group.model, err);
    code = code ? code : put_key(trials, &trials->group_names, trials->group_count + 1, err);
    if (code == FB_OK) {
        trials->groups[trials->group_count++] = group;
    }
    return code;
}

enum fb_code fb_trials_group(struct fb_trials *trials, const struct fb_trial_group *names,
    struct fb_trial_group **out, struct fb_err *err)
{
    FB_ASSERT(trials && names && out);
    enum fb_code code = group_key(trials, names, err);
    if (code != FB_OK) {
        return code;
    }
    uintptr_t found = (uintptr_t)fb_map_get(&trials->group_names, fb_buf_str(&trials->key));
    if (found == 0) {
        code = add_group(trials, names, err);
        if (code != FB_OK) {
            return code;
        }
        found = trials->group_count;
    }
    *out = &trials->groups[found - 1];
    return FB_OK;
}

/* A name for pairing: the second of the same name in a group is NAME#2. Such samples are alike in
 * all that a name is made of, so which of them is paired with which does not matter. */
static enum fb_code name_of(struct fb_trials *trials, size_t group, struct fb_str name,
    struct fb_str *out, struct fb_err *err)
{
    fb_buf_clear(&trials->key);
    fb_buf_addf(&trials->key, "#%zu:", group);
    fb_buf_add_str(&trials->key, name);
    enum fb_code code = fb_buf_check(&trials->key, "the name of a sample", err);
    if (code != FB_OK) {
        return code;
    }
    uintptr_t seen = (uintptr_t)fb_map_get(&trials->sample_names, fb_buf_str(&trials->key));
    struct fb_str copy;
    code = fb_arena_str(&trials->arena, fb_buf_str(&trials->key), &copy, err);
    code = code ? code : fb_map_put(&trials->sample_names, copy, (void *)(seen + 1), err);
    if (code == FB_OK) {
        *out = seen == 0 ? fb_arena_printf(&trials->arena, "%.*s", FB_STR_ARG(name))
                         : fb_arena_printf(
                               &trials->arena, "%.*s#%zu", FB_STR_ARG(name), (size_t)seen + 1);
        code = out->ptr ? FB_OK : fb_arena_failed(&trials->arena, err);
    }
    return code;
}

/* The sample of a trial in a group, made when it is new. */
static enum fb_code sample_of(struct fb_trials *trials, size_t group, const struct fb_trial *trial,
    struct fb_trial_sample **out, struct fb_err *err)
{
    struct fb_str id = trial->sample;
    fb_buf_clear(&trials->key);
    fb_buf_addf(&trials->key, "%zu:", group);
    fb_buf_add_str(&trials->key, id);
    enum fb_code code = fb_buf_check(&trials->key, "the id of a sample", err);
    if (code != FB_OK) {
        return code;
    }
    uintptr_t found = (uintptr_t)fb_map_get(&trials->sample_names, fb_buf_str(&trials->key));
    if (found > 0) {
        *out = &trials->samples[found - 1];
        return FB_OK;
    }
    if (trials->sample_count == FB_TRIALS_SAMPLES_MAX) {
        (void)fb_err_set(
            err, FB_E_LIMIT, "the file has more than %d samples", FB_TRIALS_SAMPLES_MAX);
        return fb_err_hint(err, "Split the file by model or task.");
    }
    void *items = trials->samples;
    if (!fb_inspect_grow(
            &items, &trials->sample_cap, trials->sample_count, sizeof(*trials->samples))) {
        return no_memory(err);
    }
    trials->samples = items;
    struct fb_str name = {NULL, 0};
    code = put_key(trials, &trials->sample_names, trials->sample_count + 1, err);
    if (code == FB_OK && trial->name.len > 0) {
        code = name_of(trials, group, trial->name, &name, err);
    } else if (code == FB_OK) {
        name = fb_arena_printf(&trials->arena, "%.*s", FB_STR_ARG(id));
        code = name.ptr ? FB_OK : fb_arena_failed(&trials->arena, err);
    }
    if (code == FB_OK) {
        *out = &trials->samples[trials->sample_count++];
        **out = (struct fb_trial_sample){
            .group = (uint32_t)group, .all = true, .is_clean = true, .id = name};
    }
    return code;
}

enum fb_code fb_trials_add(struct fb_trials *trials, struct fb_trial_group *group,
    const struct fb_trial *trial, size_t *out_sample, struct fb_err *err)
{
    FB_ASSERT(trials && group && trial && out_sample);
    size_t index = (size_t)(group - trials->groups);
    FB_ASSERT(index < trials->group_count);
    struct fb_trial_sample *sample = NULL;
    enum fb_code code = sample_of(trials, index, trial, &sample, err);
    if (code == FB_OK && sample->attempts == 0 && trial->cluster.len > 0) {
        code = fb_arena_str(&trials->arena, trial->cluster, &sample->cluster, err);
    }
    if (code != FB_OK) {
        return code;
    }
    bool is_scored = !isnan(trial->value);
    double value = is_scored ? trial->value : 0;
    *out_sample = (size_t)(sample - trials->samples);
    sample->attempts++;
    sample->sum += value;
    sample->any |= value > 0;
    sample->is_clean &= is_scored && !trial->is_faulty;
    sample->all &= is_scored && !trial->is_faulty && value >= 1;
    if (is_scored) {
        double distance = value - group->mean;
        group->attempts++;
        group->sum += value;
        group->mean += distance / (double)group->attempts;
        group->squares += distance * (value - group->mean);
    }
    group->flags[FB_INSPECT_UNSCORED] |= !is_scored;
    group->flags[FB_INSPECT_ERRORS] |= trial->is_faulty;
    group->flags[FB_INSPECT_NOT_BINARY] |= value < 0 || value > 1;
    group->flags[FB_INSPECT_PARTIAL] |= value > 0 && value < 1;
    return FB_OK;
}

enum fb_code fb_trials_figure(struct fb_trials *trials, struct fb_trial_group *group,
    const struct fb_trial_figure *figure, struct fb_err *err)
{
    FB_ASSERT(trials && group && figure && (figure->is_stated || figure->is_known));
    struct fb_trial_figure *copy = FB_ARENA_NEW(&trials->arena, struct fb_trial_figure);
    if (!copy) {
        return fb_arena_failed(&trials->arena, err);
    }
    *copy = *figure;
    copy->next = NULL;
    enum fb_code code = fb_arena_str(&trials->arena, figure->name, &copy->name, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_trial_figure **last = &group->figures;
    while (*last) {
        last = &(*last)->next;
    }
    *last = copy;
    group->flags[FB_INSPECT_NOT_RECOMPUTED] |= !figure->is_known;
    return FB_OK;
}

enum fb_code fb_trials_count(struct fb_trials *trials, struct fb_err *err)
{
    FB_ASSERT(trials);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < trials->sample_count; i++) {
        const struct fb_trial_sample *s = &trials->samples[i];
        struct fb_trial_group *g = &trials->groups[s->group];
        g->samples++;
        g->any += s->any;
        g->all += s->all;
        g->unresolved += !s->any && !s->is_clean;
        g->epochs = s->attempts > g->epochs ? s->attempts : g->epochs;
        g->flags[FB_INSPECT_CLUSTERED] |= s->cluster.len > 0;
        if (s->cluster.len > 0) {
            struct fb_cluster one = {s->group, 1, s->all, s->any || !s->is_clean};
            code = fb_clusters_add(&trials->clusters, s->cluster, &one, err);
        }
    }
    fb_clusters_sort(&trials->clusters);
    for (size_t i = 0; i < trials->group_count; i++) {
        struct fb_trial_group *g = &trials->groups[i];
        if (g->planned > g->samples) {
            g->flags[FB_INSPECT_MISSING] = true;
            g->unresolved += g->planned - g->samples;
            g->samples = g->planned;
        }
        FB_ASSERT(g->all <= g->any && g->any + g->unresolved <= g->samples);
    }
    return code;
}

double fb_trials_mean(const struct fb_trial_group *group)
{
    return group->attempts > 0 ? group->sum / (double)group->attempts : 0;
}

double fb_trials_stderr(const struct fb_trial_group *group)
{
    double n = (double)group->attempts;
    return group->attempts < 2 ? 0 : sqrt(group->squares / (n - 1) / n);
}

/* --- Drafts ------------------------------------------------------------------------------- */

static void write_figures(struct fb_json_writer *w, const struct fb_trial_group *group)
{
    fb_json_key(w, "metrics");
    fb_json_open_object(w);
    for (const struct fb_trial_figure *f = group->figures; f; f = f->next) {
        struct fb_buf name;
        fb_buf_init(&name, NAME_BYTES);
        fb_buf_add_str(&name, f->name);
        fb_json_key(w, name.ptr ? name.ptr : "");
        fb_buf_release(&name);
        fb_json_open_object(w);
        if (f->is_stated) {
            fb_reader_figure(w, "stated", f->stated);
        }
        if (f->is_known) {
            fb_reader_figure(w, "recomputed", f->recomputed);
        } else {
            FB_ASSERT(f->why);
            fb_json_key_bool(w, "recomputed", false);
            fb_json_key_c(w, "reason", f->why);
        }
        fb_json_close_object(w);
    }
    fb_json_close_object(w);
}

static void write_flags(struct fb_json_writer *w, const struct fb_trial_group *group)
{
    fb_json_key(w, "flags");
    fb_json_open_array(w);
    for (size_t i = 0; i < FB_INSPECT_FLAG_END; i++) {
        if (group->flags[i]) {
            fb_json_c(w, fb_inspect_flag_text((enum fb_inspect_flag)i));
        }
    }
    fb_json_close_array(w);
}

/* What every draft of a file shares. */
struct writing {
    struct fb_reading *reading;
    const struct fb_trials *trials;
    struct fb_str tool;
    char digest[FB_INPUT_DIGEST];
};

static void write_text(struct fb_json_writer *w, const char *key, struct fb_str text)
{
    if (text.len > 0) {
        fb_json_key_str(w, key, text);
    }
}

static void write_body(
    struct fb_json_writer *w, const struct writing *writing, const struct fb_trial_group *g)
{
    struct fb_buf task;
    fb_buf_init(&task, NAME_BYTES);
    fb_reader_name(&task, fb_str_sub(g->task, 0, FB_ID_MAX));
    fb_json_key_str(w, "task", fb_buf_str(&task));
    fb_buf_release(&task);
    fb_json_key_str(w, "scorer", g->scorer);
    write_text(w, "model", g->model);
    fb_json_key_c(w, "status", "success");
    if (g->began != FB_TIME_MAX && g->ended != FB_TIME_MIN) {
        fb_reader_time(w, "began", g->began);
        fb_reader_time(w, "ended", g->ended);
    }
    fb_json_key_int(w, "samples", (int64_t)g->samples);
    fb_json_key_int(w, "succeeded_any", (int64_t)g->any);
    fb_json_key_int(w, "succeeded_all", (int64_t)g->all);
    fb_json_key_int(w, "unresolved", (int64_t)g->unresolved);
    fb_json_key_int(w, "epochs", g->epochs > 0 ? (int64_t)g->epochs : 1);
    write_text(w, "elicitation", writing->reading->options->elicitation);
    write_text(w, "tool", writing->tool);
    fb_json_key_c(w, "log", writing->digest);
    write_flags(w, g);
    fb_clusters_write(w, &writing->trials->clusters, (uint32_t)(g - writing->trials->groups),
        writing->trials->cluster_by);
    fb_reader_judge(w, writing->reading->options);
    write_figures(w, g);
}

/* evaluation/DIGEST/NUMBER-TASK: the same file gives the same ids. */
static void write_id(struct fb_json_writer *w, const struct writing *writing,
    const struct fb_trial_group *g, size_t number)
{
    struct fb_buf id;
    fb_buf_init(&id, NAME_BYTES);
    fb_buf_addf(&id, "evaluation/%.16s/%zu-", writing->digest + strlen("sha256:"), number);
    fb_reader_name(&id, fb_str_sub(g->task, 0, SHOWN_MAX));
    fb_json_key_str(w, "id", fb_buf_str(&id));
    fb_buf_release(&id);
}

static enum fb_code write_draft(const struct writing *writing, const struct fb_trial_group *g,
    size_t number, struct fb_err *err)
{
    struct fb_buf json, place;
    fb_buf_init(&json, JSON_MAX);
    fb_buf_init(&place, NAME_BYTES);
    struct fb_json_writer w;
    fb_json_writer_init(&w, &json, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "evaluation");
    write_id(&w, writing, g, number);
    write_text(&w, "subject", writing->reading->options->subject);
    if (g->ended != FB_TIME_MIN) {
        fb_reader_time(&w, "at", g->ended);
    }
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    write_body(&w, writing, g);
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_buf_addf(&place, "task %.*s", FB_STR_ARG(fb_str_sub(g->task, 0, SHOWN_MAX)));
    enum fb_code code = fb_buf_check(&json, "an evaluation", err);
    code = code ? code : fb_buf_check(&place, "a place", err);
    if (code == FB_OK) {
        struct fb_draft draft = {.json = fb_buf_str(&json),
            .model = g->model,
            .place = fb_buf_str(&place),
            .keep_file = true};
        code = fb_reading_add(writing->reading, &draft, err);
    }
    fb_buf_release(&json);
    fb_buf_release(&place);
    return code;
}

/* Hands the samples to who asked for them. */
static enum fb_code give_samples(
    const struct fb_trials *trials, const struct fb_ingest_options *options, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && options->take_sample && i < trials->sample_count; i++) {
        const struct fb_trial_sample *s = &trials->samples[i];
        struct fb_sample_value value = {.task = trials->groups[s->group].task,
            .scorer = trials->groups[s->group].scorer,
            .id = s->id,
            .cluster = s->cluster,
            .value = s->sum / (double)s->attempts,
            .is_resolved = s->is_clean};
        code = options->take_sample(options->take_ctx, &value, err);
    }
    return code;
}

enum fb_code fb_trials_write(
    struct fb_trials *trials, struct fb_reading *reading, struct fb_str tool, struct fb_err *err)
{
    FB_ASSERT(trials && reading);
    struct writing writing = {.reading = reading, .trials = trials, .tool = tool};
    enum fb_code code = fb_input_digest(reading->input, writing.digest, err);
    code = code ? code : give_samples(trials, reading->options, err);
    for (size_t i = 0; code == FB_OK && i < trials->group_count; i++) {
        code = write_draft(&writing, &trials->groups[i], i, err);
    }
    return code;
}
