#include <math.h>

#include "base/assert.h"
#include "record/check.h"
#include "record/entry.h"

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

/* A code of so many capital letters. */
static enum fb_code check_letters(
    const struct fb_json *body, const char *field, size_t len, struct fb_err *err)
{
    const struct fb_json *value = fb_json_get(body, field);
    bool good = !value || value->text.len == len;
    for (size_t i = 0; value && good && i < len; i++) {
        good = value->text.ptr[i] >= 'A' && value->text.ptr[i] <= 'Z';
    }
    if (good) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_SCHEMA, "'%s' is \"%.*s\", which is not a %s code", field,
        FB_STR_ARG(fb_str_sub(value->text, 0, 40)), field);
    fb_err_hint(err, len == 2 ? "Write the two capital letters of ISO 3166-1, as \"FR\"."
                              : "Write the three capital letters of ISO 4217, as \"EUR\".");
    return fb_json_err_at(err, value);
}

static enum fb_code check_country(const struct fb_json *body, struct fb_err *err)
{
    return check_letters(body, "country", 2, err);
}

/* The value of a NUMBER or INT field that was checked before; otherwise when it is absent. */
static double number_of(const struct fb_json *body, const char *field, double otherwise)
{
    const struct fb_json *value = fb_json_get(body, field);
    return value ? value->number : otherwise;
}

/* A number with a largest value. */
static enum fb_code check_at_most(
    const struct fb_json *body, const char *field, int most, struct fb_err *err)
{
    if (number_of(body, field, 0) <= most) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_RANGE, "'%s' is %.*s; it must be from 0 to %d", field,
        FB_STR_ARG(fb_str_sub(fb_json_get(body, field)->text, 0, 40)), most);
    fb_err_hint(err, "Write a number from 0 to %d.", most);
    return fb_json_err_at(err, fb_json_get(body, field));
}

/* A figure that is a part of another: not more than it, and not without it. */
static enum fb_code check_share_of(
    const struct fb_json *body, const char *part, const char *whole, struct fb_err *err)
{
    if (number_of(body, part, 0) <= number_of(body, whole, 0)) {
        return FB_OK;
    }
    if (fb_json_get(body, whole)) {
        fb_err_set(err, FB_E_MISMATCH, "'%s' is more than '%s'", part, whole);
    } else {
        fb_err_set(err, FB_E_MISMATCH, "'%s' is given, but not '%s'", part, whole);
    }
    fb_err_hint(
        err, "'%s' is a part of '%s': give both, and the whole as the larger.", part, whole);
    return fb_json_err_at(err, fb_json_get(body, part));
}

/* A field that makes no sense without another. */
static enum fb_code check_with(
    const struct fb_json *body, const char *field, const char *other, struct fb_err *err)
{
    if (!fb_json_get(body, field) || fb_json_get(body, other)) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_SCHEMA, "'%s' needs '%s' beside it", field, other);
    fb_err_hint(err, "Add '%s', or leave '%s' out.", other, field);
    return fb_check_missing_at(err, body, other);
}

/* A field that has no place in a record whose `by` is what it is. */
static enum fb_code check_without(
    const struct fb_json *body, const char *field, const char *by, struct fb_err *err)
{
    const struct fb_json *value = fb_json_get(body, field);
    if (!value) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_MISMATCH, "'%s' has no place where '%s' is %.*s", field, by,
        FB_STR_ARG(fb_json_get_str(body, by)));
    fb_err_hint(err, "Leave '%s' out.", field);
    return fb_json_err_at(err, value);
}

static bool is_word(const struct fb_json *body, const char *field, const char *word)
{
    return fb_str_is(fb_json_get_str(body, field), word);
}

static enum fb_code check_key(const struct fb_json *body, struct fb_err *err)
{
    fb_time from = time_of(body, "valid_from", FB_TIME_MIN);
    fb_time until = time_of(body, "valid_until", FB_TIME_MAX);
    if (from < until) {
        return check_with(body, "reason", "revoked", err);
    }
    fb_err_set(err, FB_E_TIME, "'valid_until' is not after 'valid_from'");
    fb_err_hint(err, "A key must be valid for some time; correct one of the two.");
    return fb_json_err_at(err, fb_json_get(body, "valid_until"));
}

/* How a system was made from others. */
static enum fb_code check_system(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_with(body, "derivation", "derived_from", err);
    if (code == FB_OK) {
        code = check_with(body, "derived_from", "derivation", err);
    }
    if (code == FB_OK) {
        code = check_with(body, "also_from", "derived_from", err);
    }
    return code == FB_OK ? check_share_of(body, "active_parameters", "parameters", err) : code;
}

static enum fb_code check_deployment(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_period(body, "started", "ended", err);
    if (code == FB_OK) {
        code = check_at_most(body, "autonomy", 4, err);
    }
    return code == FB_OK ? check_at_most(body, "overruled_share", 1, err) : code;
}

static enum fb_code check_incident(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_period(body, "began", "ended", err);
    return code == FB_OK ? check_country(body, err) : code;
}

/* A report is about an incident, at a stage, or says what it is. */
static enum fb_code check_report(const struct fb_json *body, struct fb_err *err)
{
    if (fb_json_get(body, "about")) {
        return check_with(body, "about", "stage", err);
    }
    if (fb_json_get(body, "topic")) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_SCHEMA, "a report needs 'about' or 'topic'");
    fb_err_hint(err, "Add 'about': the incident; or 'topic': what it reports, as notification.");
    return fb_check_missing_at(err, body, "about");
}

static enum fb_code check_cluster(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_period(body, "started", "ended", err);
    return code == FB_OK ? check_country(body, err) : code;
}

static enum fb_code check_audit(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_period(body, "began", "ended", err);
    if (code == FB_OK) {
        code = check_period(body, "ended", "valid_until", err);
    }
    if (code == FB_OK) {
        code = check_with(body, "level", "standard", err);
    }
    if (code == FB_OK) {
        code = check_share_of(body, "critical_findings", "findings", err);
    }
    bool contradicts = is_word(body, "result", "passed") && int_of(body, "findings", 0) > 0;
    if (code == FB_OK && contradicts) {
        code = fb_err_set(err, FB_E_MISMATCH, "the audit was passed, but findings are open");
        fb_err_hint(err, "Write \"findings\" as its result.");
        code = fb_json_err_at(err, fb_json_get(body, "result"));
    }
    return code;
}

/* Access without an end is not granted. */
static enum fb_code check_grant(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_period(body, "valid_from", "valid_until", err);
    if (code == FB_OK && is_word(body, "state", "granted") && !fb_json_get(body, "valid_until")) {
        fb_err_set(err, FB_E_SCHEMA, "what is granted needs 'valid_until'");
        fb_err_hint(err, "Say until when the access lasts.");
        code = fb_check_missing_at(err, body, "valid_until");
    }
    return code;
}

static enum fb_code check_access(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_period(body, "began", "ended", err);
    if (code == FB_OK && is_word(body, "honoured", "full")) {
        code = check_without(body, "missing", "honoured", err);
    }
    return code;
}

/* How many must sign: one at least, and no more than a record has signatures. */
static enum fb_code check_needs(const struct fb_json *body, const char *field, struct fb_err *err)
{
    int64_t needs = int_of(body, field, 1);
    if (needs <= FB_ENTRY_SIGNATURES_MAX) {
        return check_at_least_one(body, field, err);
    }
    fb_err_set(err, FB_E_RANGE, "'%s' is %lld, and a record has at most %d signatures", field,
        (long long)needs, FB_ENTRY_SIGNATURES_MAX);
    fb_err_hint(err, "Ask for %d or fewer.", FB_ENTRY_SIGNATURES_MAX);
    return fb_json_err_at(err, fb_json_get(body, field));
}

static enum fb_code check_licence(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_at_least_one(body, "version", err);
    if (code == FB_OK) {
        code = check_period(body, "valid_from", "valid_until", err);
    }
    if (code == FB_OK) {
        code = check_at_most(body, "autonomy_max", 4, err);
    }
    if (code == FB_OK) {
        code = check_needs(body, "change_needs", err);
    }
    if (code == FB_OK && is_word(body, "state", "applied")) {
        code = check_without(body, "change_needs", "state", err);
    }
    return code;
}

/* An order says whom it binds; a release says what it ends. */
static enum fb_code check_order_aim(const struct fb_json *body, struct fb_err *err)
{
    bool is_release = is_word(body, "action", "release");
    bool names = fb_json_get(body, "releases") || fb_json_get(body, "duty");
    if (is_release && !names) {
        fb_err_set(err, FB_E_SCHEMA, "a release needs 'releases' or 'duty'");
        fb_err_hint(err, "Add 'releases': the order that it ends.");
        return fb_check_missing_at(err, body, "releases");
    }
    if (!is_release && !fb_json_get(body, "party") && !fb_json_get(body->parent, "subject")) {
        fb_err_set(err, FB_E_SCHEMA, "an order needs a subject or a party");
        fb_err_hint(err, "Add 'subject': the system that it binds; or 'party', for all of its.");
        return fb_check_missing_at(err, body, "party");
    }
    return FB_OK;
}

/* The named parties must suffice for a release. */
static enum fb_code check_release_by(const struct fb_json *body, struct fb_err *err)
{
    const struct fb_json *list = fb_json_get(body, "release_by");
    enum fb_code code = check_needs(body, "release_needs", err);
    if (code != FB_OK || !list || int_of(body, "release_needs", 1) <= (int64_t)list->count) {
        return code;
    }
    fb_err_set(err, FB_E_MISMATCH, "'release_needs' is %lld, but 'release_by' names %zu",
        (long long)int_of(body, "release_needs", 1), list->count);
    fb_err_hint(err, "Name more parties, or ask for fewer of them: it could never be released.");
    return fb_json_err_at(err, list);
}

/* Only an order to secure has a level, and it needs one. */
static enum fb_code check_level(const struct fb_json *body, struct fb_err *err)
{
    if (!is_word(body, "action", "secure")) {
        return check_without(body, "level", "action", err);
    }
    if (fb_json_get(body, "level")) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_SCHEMA, "an order to secure needs 'level'");
    fb_err_hint(err, "Add 'level': the level of security that is ordered.");
    return fb_check_missing_at(err, body, "level");
}

static enum fb_code check_order(const struct fb_json *body, struct fb_err *err)
{
    static const char *const of_release[] = {"releases", "duty"};
    static const char *const of_order[] = {"release_needs", "release_by"};
    bool is_release = is_word(body, "action", "release");
    enum fb_code code = check_at_least_one(body, "version", err);
    if (code == FB_OK) {
        code = check_order_aim(body, err);
    }
    for (size_t i = 0; code == FB_OK && i < 2; i++) {
        code = check_without(body, is_release ? of_order[i] : of_release[i], "action", err);
    }
    if (code == FB_OK && fb_json_get(body, "releases")) {
        code = check_without(body, "duty", "action", err);
    }
    if (code == FB_OK) {
        code = check_level(body, err);
    }
    return code == FB_OK ? check_release_by(body, err) : code;
}

/* A stated share is what its two figures give, to six digits: rules compare it. */
static enum fb_code check_quotient(const struct fb_json *body, const char *share, const char *part,
    const char *whole, struct fb_err *err)
{
    const struct fb_json *stated = fb_json_get(body, share);
    enum fb_code code = check_with(body, share, part, err);
    if (code == FB_OK) {
        code = check_with(body, share, whole, err);
    }
    if (code != FB_OK || !stated) {
        return code;
    }
    double divisor = number_of(body, whole, 0);
    double want = divisor > 0 ? number_of(body, part, 0) / divisor : 0;
    if (fabs(stated->number - want) <= 5e-7) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_MISMATCH, "'%s' is %.*s, but '%s' is %.6f of '%s'", share,
        FB_STR_ARG(fb_str_sub(stated->text, 0, 40)), part, want, whole);
    fb_err_hint(err, "Write %.9f, or leave '%s' out.", want, share);
    return fb_json_err_at(err, stated);
}

/* Money needs its currency. */
static enum fb_code check_budget(const struct fb_json *body, struct fb_err *err)
{
    static const char *const money[] = {
        "research_money", "safety_money", "grants_money", "prizes_money", "market_money"};
    enum fb_code code = check_period(body, "valid_from", "valid_until", err);
    for (size_t i = 0; code == FB_OK && i < sizeof(money) / sizeof(money[0]); i++) {
        code = check_with(body, money[i], "currency", err);
    }
    if (code == FB_OK) {
        code = check_letters(body, "currency", 3, err);
    }
    if (code == FB_OK) {
        code = check_share_of(body, "safety_money", "research_money", err);
    }
    if (code == FB_OK) {
        code = check_share_of(body, "safety_compute_flop", "research_compute_flop", err);
    }
    if (code == FB_OK) {
        code = check_quotient(body, "safety_money_share", "safety_money", "research_money", err);
    }
    return code == FB_OK ? check_quotient(body, "safety_compute_share", "safety_compute_flop",
                               "research_compute_flop", err)
                         : code;
}

/* No more posts are filled than there are, and by no more experts. */
static enum fb_code check_staffing(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_period(body, "valid_from", "valid_until", err);
    if (code == FB_OK) {
        code = check_with(body, "money", "currency", err);
    }
    if (code == FB_OK) {
        code = check_letters(body, "currency", 3, err);
    }
    if (code == FB_OK) {
        code = check_share_of(body, "filled", "posts", err);
    }
    if (code == FB_OK) {
        code = check_share_of(body, "technical", "filled", err);
    }
    return code == FB_OK ? check_quotient(body, "filled_share", "filled", "posts", err) : code;
}

/* SLURM and its like count whole seconds: what is left of a second is dropped. */
static enum fb_code check_usage(const struct fb_json *body, struct fb_err *err)
{
    enum fb_code code = check_period(body, "started", "ended", err);
    if (code != FB_OK) {
        return code;
    }
    code = check_with(body, "gpus", "gpu_seconds", err);
    code = code ? code : check_with(body, "gpu_seconds", "gpus", err);
    if (code != FB_OK || !fb_json_get(body, "gpus")) {
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
    const int64_t whole_of[3] = {samples, all, any + unresolved};
    return code == FB_OK ? fb_check_design(body, whole_of, err) : code;
}

static enum fb_code check_progress(const struct fb_json *body, struct fb_err *err)
{
    if (number_of(body, "value", 1) > 0) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_RANGE, "'value' is 0; growth is counted in factors");
    fb_err_hint(err, "Write a number of more than 0.");
    return fb_json_err_at(err, fb_json_get(body, "value"));
}

static enum fb_code check_forecast(const struct fb_json *body, struct fb_err *err)
{
    static const char *const dates[] = {"reached_from", "reached_by"};
    enum fb_code code = check_period(body, dates[0], dates[1], err);
    for (size_t i = 0; code == FB_OK && i < 2; i++) {
        code = check_with(body, dates[i], "threshold_flop", err);
    }
    if (code != FB_OK || !fb_json_get(body, "high_flop") ||
        number_of(body, "low_flop", 0) <= number_of(body, "high_flop", 0)) {
        return code;
    }
    fb_err_set(err, FB_E_MISMATCH, "'low_flop' is more than 'high_flop'");
    fb_err_hint(err, "Write the smaller figure as 'low_flop'; leave out 'high_flop' where no end "
                     "is known.");
    return fb_json_err_at(err, fb_json_get(body, "low_flop"));
}

enum fb_code fb_check_rules(enum fb_kind kind, const struct fb_json *body, struct fb_err *err)
{
    FB_ASSERT(body && body->kind == FB_JSON_OBJECT);
    enum fb_code code = FB_OK;
    switch (kind) {
    case FB_KIND_party:
        return check_country(body, err);
    case FB_KIND_key:
        return check_key(body, err);
    case FB_KIND_system:
        return check_system(body, err);
    case FB_KIND_run:
        return check_period(body, "started", "ended", err);
    case FB_KIND_usage:
        return check_usage(body, err);
    case FB_KIND_deployment:
        return check_deployment(body, err);
    case FB_KIND_progress:
        return check_progress(body, err);
    case FB_KIND_forecast:
        return check_forecast(body, err);
    case FB_KIND_evaluation:
        return check_evaluation(body, err);
    case FB_KIND_incident:
        return check_incident(body, err);
    case FB_KIND_report:
        return check_report(body, err);
    case FB_KIND_policy:
        return check_at_least_one(body, "version", err);
    case FB_KIND_cluster:
        return check_cluster(body, err);
    case FB_KIND_audit:
        return check_audit(body, err);
    case FB_KIND_grant:
        return check_grant(body, err);
    case FB_KIND_access:
        return check_access(body, err);
    case FB_KIND_licence:
        return check_licence(body, err);
    case FB_KIND_order:
        return check_order(body, err);
    case FB_KIND_budget:
        return check_budget(body, err);
    case FB_KIND_staffing:
        return check_staffing(body, err);
    case FB_KIND_decision:
        return check_period(body, "valid_from", "valid_until", err);
    case FB_KIND_review:
        code = check_with(body, "element", "part", err);
        return code ? code : check_with(body, "part", "element", err);
    case FB_KIND_risk:
        return check_share_of(body, "lower", "upper", err);
    case FB_KIND_dataset:
    case FB_KIND_case:
    case FB_KIND_measure:
    case FB_KIND_disclosure:
    case FB_KIND_erasure:
        return FB_OK;
    case FB_KIND_NONE:
    case FB_KIND_END:
        break;
    }
    FB_ASSERT(false);
    return FB_OK;
}
