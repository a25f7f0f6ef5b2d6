#include "evidence/training.h"

#include <stdlib.h>

#include "base/assert.h"

static const double seconds_an_hour = 3600;

struct fb_training fb_training_combine(const double model[2], const double hardware[2])
{
    struct fb_training out = {.has_model = model, .has_hardware = hardware};
    for (int i = 0; i < 2; i++) {
        out.model[i] = model ? model[i] : 0;
        out.hardware[i] = hardware ? hardware[i] : 0;
        out.flop[i] = model ? model[i] : out.hardware[i];
    }
    if (model && hardware) {
        out.flop[0] = model[0] < hardware[0] ? model[0] : hardware[0];
        out.flop[1] = model[1] > hardware[1] ? model[1] : hardware[1];
        out.disagree = model[1] < hardware[0] || hardware[1] < model[0];
    }
    FB_ASSERT(out.flop[0] <= out.flop[1]);
    return out;
}

struct fb_training fb_training_estimate(const struct fb_model *model, const double use[2])
{
    FB_ASSERT(model && use && use[0] >= 0 && use[0] <= use[1]);
    double parameters = model->active_parameters > 0 ? model->active_parameters : model->parameters;
    double epochs = model->epochs > 0 ? model->epochs : 1;
    double point = 6 * parameters * model->tokens * epochs;
    const double by_model[2] = {point * (1 - FB_TRAINING_MARGIN), point * (1 + FB_TRAINING_MARGIN)};
    const struct fb_chip *chip = model->chip.len ? fb_chip_find(model->chip) : NULL;
    double seconds = model->chips * model->hours * seconds_an_hour;
    double by_hardware[2] = {0, 0};
    if (chip) {
        by_hardware[0] = seconds * chip->low * (model->use > 0 ? model->use : use[0]);
        by_hardware[1] = seconds * chip->high * (model->use > 0 ? model->use : use[1]);
    }
    struct fb_training out =
        fb_training_combine(point > 0 ? by_model : NULL, by_hardware[1] > 0 ? by_hardware : NULL);
    out.model_point = point;
    out.hardware_point = model->use > 0 ? by_hardware[1] : 0;
    return out;
}

enum fb_training_counts fb_training_run_counts(struct fb_str purpose, const char **out_why)
{
    FB_ASSERT(out_why);
    static const struct {
        const char *purpose;
        enum fb_training_counts counts;
        const char *why;
    } rules[] = {{"pretraining", FB_TRAINING_COUNTS, "it makes the model's capabilities"},
        {"fine_tuning", FB_TRAINING_COUNTS, "training after pre-training counts as well"},
        {"reinforcement", FB_TRAINING_COUNTS,
            "reinforcement learning counts with its rollouts; a reward model does not"},
        {"distillation", FB_TRAINING_COUNTS,
            "the student's training counts, the teacher's does not"},
        {"synthetic_data", FB_TRAINING_COUNTS,
            "data generated for this training counts, what was discarded included; data that "
            "anyone can have does not"},
        {"evaluation", FB_TRAINING_COUNTS_NOT, "evaluations and red-teaming do not count"},
        {"other", FB_TRAINING_UNCLEAR, "experiments do not count, other work may"}};
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (fb_str_is(purpose, rules[i].purpose)) {
            *out_why = rules[i].why;
            return rules[i].counts;
        }
    }
    *out_why = "its purpose is not said";
    return FB_TRAINING_UNCLEAR;
}

enum fb_training_counts fb_training_parent_counts(struct fb_str derivation, const char **out_why)
{
    FB_ASSERT(out_why);
    if (fb_str_is(derivation, "distillation")) {
        *out_why = "a teacher's training does not count";
        return FB_TRAINING_COUNTS_NOT;
    }
    if (fb_str_is(derivation, "other") || derivation.len == 0) {
        *out_why = "how it was derived is not said";
        return FB_TRAINING_UNCLEAR;
    }
    *out_why = "weights that it began with count with their training";
    return FB_TRAINING_COUNTS;
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

struct fb_training_spread fb_training_compare(
    const struct fb_models *models, const double use[2], bool hardware, double *scratch)
{
    static const double at[5] = {0.1, 0.25, 0.5, 0.75, 0.9};
    struct fb_training_spread out = {0};
    size_t points = 0;
    for (size_t i = 0; i < models->count; i++) {
        const struct fb_model *model = &models->items[i];
        struct fb_training estimate = fb_training_estimate(model, use);
        const double *interval = hardware ? estimate.hardware : estimate.model;
        double point = hardware ? estimate.hardware_point : estimate.model_point;
        if (!(model->flop > 0) || !(hardware ? estimate.has_hardware : estimate.has_model)) {
            continue;
        }
        out.count++;
        out.within += interval[0] <= model->flop && model->flop <= interval[1];
        if (point > 0) {
            scratch[points++] = model->flop / point;
        }
    }
    if (points > 0) {
        qsort(scratch, points, sizeof(*scratch), compare_numbers);
    }
    for (int q = 0; q < 5 && points > 0; q++) {
        out.quantiles[q] = scratch[(size_t)(at[q] * (double)(points - 1) + 0.5)];
    }
    return out;
}
