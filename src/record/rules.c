#include "base/assert.h"
#include "record/check.h"

/* The instant of a TIME field that was checked before; otherwise when it is absent. */
static fb_time time_of(const struct fb_json *body, const char *field, fb_time otherwise)
{
    const struct fb_json *value = fb_json_get(body, field);
    if (!value) {
        return otherwise;
    }
    struct fb_err err;
    fb_err_init(&err);
    fb_time out = otherwise;
    enum fb_code code = fb_time_parse(value->text, &out, &err);
    FB_ASSERT(code == FB_OK);
    return out;
}

/* The value of an INT field that was checked before; otherwise when it is absent. */
static int64_t int_of(const struct fb_json *body, const char *field, int64_t otherwise)
{
    const struct fb_json *value = fb_json_get(body, field);
    FB_ASSERT(!value || value->is_integer);
    return value ? value->integer : otherwise;
}

/* A period whose end must not come before its start. */
static enum fb_code check_period(
    const struct fb_json *body, const char *from, const char *until, struct fb_err *err)
{
    if (time_of(body, until, FB_TIME_MAX) >= time_of(body, from, FB_TIME_MIN)) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_TIME, "'%s' is before '%s'", until, from);
    fb_err_hint(err, "Correct the two times, or the offsets of their time zones.");
    return fb_json_err_at(err, fb_json_get(body, until));
}

static enum fb_code check_at_least_one(
    const struct fb_json *body, const char *field, struct fb_err *err)
{
    if (int_of(body, field, 1) >= 1) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_RANGE, "'%s' is 0; it must be 1 or more", field);
    fb_err_hint(err, "Write a whole number of 1 or more.");
    return fb_json_err_at(err, fb_json_get(body, field));
}

static enum fb_code check_party(const struct fb_json *body, struct fb_err *err)
{
    const struct fb_json *country = fb_json_get(body, "country");
    if (!country) {
        return FB_OK;
    }
    bool good = country->text.len == 2;
    for (size_t i = 0; good && i < 2; i++) {
        good = country->text.ptr[i] >= 'A' && country->text.ptr[i] <= 'Z';
    }
    if (good) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_SCHEMA, "'country' is \"%.*s\", which is not a country code",
        FB_STR_ARG(fb_str_sub(country->text, 0, 40)));
    fb_err_hint(err, "Write the two capital letters of ISO 3166-1, as \"FR\".");
    return fb_json_err_at(err, country);
}

static enum fb_code check_key(const struct fb_json *body, struct fb_err *err)
{
    fb_time from = time_of(body, "valid_from", FB_TIME_MIN);
    fb_time until = time_of(body, "valid_until", FB_TIME_MAX);
    if (from < until) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_TIME, "'valid_until' is not after 'valid_from'");
    fb_err_hint(err, "A key must be valid for some time; correct one of the two.");
    return fb_json_err_at(err, fb_json_get(body, "valid_until"));
}

/* SLURM and its like count whole seconds: what is left of a second is dropped. */
static enum fb_code check_usage(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_period(body, "started", "ended", err);
    if (code != FB_OK) {
        return code;
    }
    int64_t elapsed_s = (time_of(body, "ended", 0) - time_of(body, "started", 0)) / FB_SECOND;
    int64_t gpus = int_of(body, "gpus", 0);
    int64_t stated = int_of(body, "gpu_seconds", 0);
    int64_t want;
    if (!__builtin_mul_overflow(gpus, elapsed_s, &want) && want == stated) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_MISMATCH, "'gpu_seconds' is %lld, but %lld GPUs for %lld s give another",
        (long long)stated, (long long)gpus, (long long)elapsed_s);
    fb_err_hint(err, "It must be 'gpus' times the whole seconds from 'started' to 'ended'.");
    return fb_json_err_at(err, fb_json_get(body, "gpu_seconds"));
}

/* a is the count of a part of what b and limit say. */
static enum fb_code check_part(
    const struct fb_json *body, const char *part, const char *sum, bool good, struct fb_err *err)
{
    if (good) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_MISMATCH, "'%s' is %lld, which is more than %s", part,
        (long long)int_of(body, part, 0), sum);
    fb_err_hint(err, "Count each sample once: as succeeded, as failed or as unresolved.");
    return fb_json_err_at(err, fb_json_get(body, part));
}

static enum fb_code check_evaluation(const struct fb_json *body, struct fb_err *err)
{
    int64_t samples = int_of(body, "samples", 0);
    int64_t any = int_of(body, "succeeded_any", 0);
    int64_t all = int_of(body, "succeeded_all", 0);
    int64_t unresolved = int_of(body, "unresolved", 0);
    enum fb_code code = check_period(body, "began", "ended", err);
    if (code == FB_OK && fb_str_is(fb_json_get_str(body, "status"), "success")) {
        code = check_at_least_one(body, "samples", err);
    }
    if (code == FB_OK) {
        code = check_at_least_one(body, "epochs", err);
    }
    if (code == FB_OK) {
        code = check_part(body, "succeeded_any", "'samples'", any <= samples, err);
    }
    if (code == FB_OK) {
        code = check_part(body, "succeeded_all", "'succeeded_any'", all <= any, err);
    }
    if (code == FB_OK) {
        code = check_part(
            body, "unresolved", "the samples without a success", unresolved <= samples - any, err);
    }
    return code;
}

enum fb_code fb_check_rules(enum fb_kind kind, const struct fb_json *body, struct fb_err *err)
{
    FB_ASSERT(body && body->kind == FB_JSON_OBJECT);
    switch (kind) {
    case FB_KIND_party:
        return check_party(body, err);
    case FB_KIND_key:
        return check_key(body, err);
    case FB_KIND_usage:
        return check_usage(body, err);
    case FB_KIND_evaluation:
        return check_evaluation(body, err);
    case FB_KIND_policy:
        return check_at_least_one(body, "version", err);
    case FB_KIND_system:
    case FB_KIND_dataset:
    case FB_KIND_run:
    case FB_KIND_deployment:
    case FB_KIND_incident:
    case FB_KIND_report:
    case FB_KIND_case:
    case FB_KIND_measure:
        return FB_OK;
    case FB_KIND_NONE:
    case FB_KIND_END:
        break;
    }
    FB_ASSERT(false);
    return FB_OK;
}
