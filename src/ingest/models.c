#include "ingest/models.h"

#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "ingest/csv.h"

/* The columns: texts first. */
enum column {
    NAME,
    DOMAIN_,
    CHIP,
    DATE,
    PARAMETERS,
    ACTIVE,
    TOKENS,
    EPOCHS,
    FLOP,
    CHIPS,
    HOURS,
    USE,
    COLUMNS
};
static const char *const names[COLUMNS][5] = {{"model", "name", NULL}, {"domain", NULL},
    {"chip", "training hardware", NULL}, {"date", "publication date", "release_date", NULL},
    {"parameters", NULL}, {"active_parameters", "active parameters", NULL},
    {"tokens", "training_tokens", "training dataset size (datapoints)",
        "training dataset size (gradients)", NULL},
    {"epochs", NULL}, {"flop", "value", "training compute (flop)", "training_compute_flop", NULL},
    {"chips", "hardware quantity", NULL}, {"hours", "training time (hours)", NULL},
    {"use", "utilisation", "hardware utilization", "hardware utilization (mfu)", NULL}};

/* A table at work. */
struct work {
    struct fb_csv csv;
    struct fb_arena *arena;
    size_t at[COLUMNS];
    struct fb_model *items;
    size_t count, cap;
};

static enum fb_code grow(struct work *work, struct fb_err *err)
{
    if (work->count == FB_MODELS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d models", FB_MODELS_MAX);
    }
    if (work->count < work->cap) {
        return FB_OK;
    }
    size_t cap = work->cap ? work->cap * 2 : 64;
    struct fb_model *items = FB_ARENA_ARRAY(work->arena, struct fb_model, cap);
    if (!items) {
        return fb_arena_failed(work->arena, err);
    }
    if (work->count > 0) {
        memcpy(items, work->items, work->count * sizeof(*items));
    }
    work->items = items;
    work->cap = cap;
    return FB_OK;
}

/* A number of 0 or more; 0 where the field is empty. */
static enum fb_code read_number(
    const struct work *work, enum column column, double *out, struct fb_err *err)
{
    if (fb_str_trim(fb_csv_field(&work->csv, work->at[column])).len == 0) {
        *out = 0;
        return FB_OK;
    }
    enum fb_code code = fb_csv_number(&work->csv, work->at[column], out, err);
    if (code == FB_OK && *out < 0) {
        (void)fb_csv_refuse(&work->csv, work->at[column], FB_E_RANGE, err, "is negative");
        return fb_err_hint(err, "It is 0 or more; a cell of which nothing is known stays empty.");
    }
    return code;
}

static enum fb_code read_text(
    const struct work *work, enum column column, struct fb_str *out, struct fb_err *err)
{
    return fb_arena_str(
        work->arena, fb_str_trim(fb_csv_field(&work->csv, work->at[column])), out, err);
}

static enum fb_code read_row(struct work *work, struct fb_err *err)
{
    struct fb_model model = {.at = FB_TIME_MIN, .line = work->csv.line};
    struct fb_str date = fb_str_trim(fb_csv_field(&work->csv, work->at[DATE]));
    double *const numbers[COLUMNS] = {[PARAMETERS] = &model.parameters,
        [ACTIVE] = &model.active_parameters,
        [TOKENS] = &model.tokens,
        [EPOCHS] = &model.epochs,
        [FLOP] = &model.flop,
        [CHIPS] = &model.chips,
        [HOURS] = &model.hours,
        [USE] = &model.use};
    enum fb_code code = grow(work, err);
    code = code ? code : read_text(work, NAME, &model.name, err);
    code = code ? code : read_text(work, DOMAIN_, &model.domain, err);
    code = code ? code : read_text(work, CHIP, &model.chip, err);
    if (code == FB_OK && date.len > 0) {
        code = fb_time_parse(date, &model.at, err);
    }
    for (int c = PARAMETERS; code == FB_OK && c < COLUMNS; c++) {
        code = read_number(work, (enum column)c, numbers[c], err);
    }
    if (code == FB_OK && model.use > 1) {
        (void)fb_csv_refuse(&work->csv, work->at[USE], FB_E_RANGE, err, "is more than 1");
        code = fb_err_hint(err, "The use that was made of the chips is a share: 40%% is 0.4.");
    }
    if (code == FB_OK && model.active_parameters > model.parameters && model.parameters > 0) {
        (void)fb_csv_refuse(
            &work->csv, work->at[ACTIVE], FB_E_RANGE, err, "is more than all parameters");
        code = fb_err_hint(err, "The active parameters are those used for each token.");
    }
    if (code == FB_OK) {
        work->items[work->count++] = model;
    }
    return code;
}

enum fb_code fb_models_read_memory(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_models *out, struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct work work = {.arena = arena};
    bool more = true;
    enum fb_code code = fb_csv_start(&work.csv, text, name, err);
    code = code ? code : fb_csv_require(&work.csv, names[NAME], &work.at[NAME], err);
    for (int c = NAME; code == FB_OK && c < COLUMNS; c++) {
        work.at[c] = fb_csv_column(&work.csv, names[c]);
    }
    while (code == FB_OK && more) {
        code = fb_csv_next(&work.csv, &more, err);
        code = code == FB_OK && more ? read_row(&work, err) : code;
        if (code != FB_OK) {
            fb_err_place(err, name, work.csv.line, 0, -1);
        }
    }
    if (code == FB_OK) {
        *out = (struct fb_models){work.items, work.count};
    }
    fb_csv_release(&work.csv);
    return code;
}

enum fb_code fb_models_read(
    const char *path, struct fb_arena *arena, struct fb_models *out, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CSV_FILE_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    code = code ? code : fb_models_read_memory(fb_buf_str(&text), path, arena, out, err);
    fb_buf_release(&text);
    return code;
}

void fb_models_keep(struct fb_models *models, struct fb_str domain, double flop)
{
    FB_ASSERT(models);
    size_t kept = 0;
    for (size_t i = 0; i < models->count; i++) {
        const struct fb_model *model = &models->items[i];
        if (fb_str_starts(model->domain, domain) && model->flop >= flop) {
            models->items[kept++] = *model;
        }
    }
    models->count = kept;
}
