#include "govern/predicate.h"

#include "base/assert.h"

static const char HINT[] =
    "Write `redline POLICY/RULE ruled out`, `bound TASK below 20%`, `risk NAME below 0.001`, "
    "`audit "
    "STANDARD passed at level N`, `measure NAME at level N`, `review of ID upheld`, `decision ID "
    "granted` or `record ID stands`; behind it `; within 180 days`, `; signed by WHO`, `; from "
    "DATE`, `; until DATE`, `; digest sha256:...`.";

/* Takes one word, or one quoted string, off the front of *rest. */
static struct fb_str word(struct fb_str *rest)
{
    *rest = fb_str_trim(*rest);
    bool quoted = rest->len && rest->ptr[0] == '"';
    size_t end = fb_str_find(*rest, quoted ? '"' : ' ', quoted ? 1 : 0);
    struct fb_str out = fb_str_sub(*rest, quoted ? 1 : 0, end - (quoted ? 1 : 0));
    *rest = fb_str_trim(fb_str_sub(*rest, end + (quoted ? 1 : 0), rest->len));
    return out;
}

/* Takes these words off the front of *rest when they stand there. */
static bool take(struct fb_str *rest, const char *words)
{
    struct fb_str want = fb_str_of(words), left = fb_str_trim(*rest);
    if (!fb_str_starts(left, want) || (left.len > want.len && left.ptr[want.len] != ' ')) {
        return false;
    }
    *rest = fb_str_trim(fb_str_sub(left, want.len, left.len));
    return true;
}

/* "20%" or "0.2" */
static bool read_share(struct fb_str text, struct fb_decimal *out)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    bool percent = fb_str_ends(text, FB_STR("%"));
    if (fb_decimal_parse(fb_str_sub(text, 0, text.len - percent), out, &ignored) != FB_OK) {
        return false;
    }
    *out = percent ? fb_decimal_scale(*out, -2) : *out;
    return fb_decimal_to_double(*out) >= 0;
}

/* " at level N", or nothing */
static bool read_level(struct fb_str *rest, bool needed, uint64_t *out)
{
    if (!take(rest, "at level")) {
        return !needed;
    }
    return fb_str_u64(word(rest), out);
}

static bool read_bound(struct fb_str *rest, struct fb_predicate *out)
{
    struct fb_decimal confidence;
    if (!take(rest, "below") || !read_share(word(rest), &out->threshold)) {
        return false;
    }
    if (out->kind == FB_PREDICATE_RISK) {
        return true;
    }
    if (take(rest, "at")) {
        if (!read_share(word(rest), &confidence) || !take(rest, "confidence")) {
            return false;
        }
        out->confidence = fb_decimal_to_double(confidence);
    }
    double threshold = fb_decimal_to_double(out->threshold);
    return out->confidence >= 0.5 && out->confidence < 1 && threshold > 0 && threshold <= 1;
}

/* What is asked, without the clauses behind it. */
static bool read_question(struct fb_str rest, struct fb_predicate *out)
{
    struct fb_str kind = word(&rest);
    if (fb_str_is(kind, "review") && !take(&rest, "of")) {
        return false;
    }
    out->name = word(&rest);
    bool good = true;
    if (fb_str_is(kind, "redline")) {
        out->kind = FB_PREDICATE_LINE;
        good = take(&rest, "ruled out");
    } else if (fb_str_is(kind, "bound") || fb_str_is(kind, "risk")) {
        out->kind = fb_str_is(kind, "risk") ? FB_PREDICATE_RISK : FB_PREDICATE_BOUND;
        good = read_bound(&rest, out);
    } else if (fb_str_is(kind, "audit")) {
        out->kind = FB_PREDICATE_AUDIT;
        good = take(&rest, "passed") && read_level(&rest, false, &out->level);
    } else if (fb_str_is(kind, "measure")) {
        out->kind = FB_PREDICATE_MEASURE;
        good = read_level(&rest, true, &out->level);
    } else if (fb_str_is(kind, "review")) {
        out->kind = FB_PREDICATE_REVIEW;
        good = take(&rest, "upheld");
    } else if (fb_str_is(kind, "decision")) {
        out->kind = FB_PREDICATE_DECISION;
        good = take(&rest, "granted");
    } else if (fb_str_is(kind, "record")) {
        out->kind = FB_PREDICATE_RECORD;
        good = take(&rest, "stands");
    } else {
        return false;
    }
    return good && rest.len == 0 && out->name.len > 0;
}

/* "180 days" */
static bool read_age(struct fb_str *rest, int64_t *out)
{
    uint64_t count = 0;
    bool good = fb_str_u64(word(rest), &count) && count > 0 && count <= 100000;
    struct fb_str unit = word(rest);
    int64_t one = fb_str_is(unit, "days") || fb_str_is(unit, "day")     ? FB_DAY
                  : fb_str_is(unit, "weeks") || fb_str_is(unit, "week") ? 7 * FB_DAY
                  : fb_str_is(unit, "hours") || fb_str_is(unit, "hour") ? FB_HOUR
                                                                        : 0;
    *out = good ? (int64_t)count * one : 0;
    return *out > 0;
}

static bool is_digest(struct fb_str text)
{
    bool good = text.len == 71 && fb_str_starts(text, FB_STR("sha256:"));
    for (size_t i = 7; good && i < text.len; i++) {
        char c = text.ptr[i];
        good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    return good;
}

/* One clause behind a question. */
static bool read_clause(struct fb_str rest, struct fb_predicate *out, struct fb_err *err)
{
    fb_time *time = NULL;
    if (take(&rest, "within")) {
        return out->within_us == 0 && read_age(&rest, &out->within_us) && rest.len == 0;
    }
    if (take(&rest, "signed by")) {
        bool first = out->signer.len == 0;
        out->signer = word(&rest);
        return first && out->signer.len > 0 && rest.len == 0;
    }
    if (take(&rest, "digest")) {
        bool first = out->digest.len == 0;
        out->digest = word(&rest);
        return first && is_digest(out->digest) && rest.len == 0;
    }
    if (take(&rest, "from")) {
        time = out->from == FB_TIME_MIN ? &out->from : NULL;
    } else if (take(&rest, "until")) {
        time = out->until == FB_TIME_MAX ? &out->until : NULL;
    }
    return time && fb_time_parse(word(&rest), time, err) == FB_OK && rest.len == 0;
}

static enum fb_code refuse(struct fb_str part, const char *what, struct fb_err *err)
{
    fb_err_set(err, FB_E_SYNTAX, "\"%.*s\" is not %s", FB_STR_ARG(fb_str_sub(part, 0, 100)), what);
    return fb_err_hint(err, "%s", HINT);
}

enum fb_code fb_predicate_parse(struct fb_str text, struct fb_predicate *out, struct fb_err *err)
{
    FB_ASSERT(out && err);
    struct fb_predicate predicate = {.confidence = 0.95, .from = FB_TIME_MIN, .until = FB_TIME_MAX};
    size_t at = fb_str_find(text, ';', 0);
    if (!read_question(fb_str_trim(fb_str_sub(text, 0, at)), &predicate)) {
        return refuse(fb_str_trim(fb_str_sub(text, 0, at)), "an evidence predicate", err);
    }
    while (at < text.len) {
        size_t end = fb_str_find(text, ';', at + 1);
        struct fb_str clause = fb_str_trim(fb_str_sub(text, at + 1, end - at - 1));
        struct fb_err inner;
        fb_err_init(&inner);
        if (!read_clause(clause, &predicate, &inner)) {
            return refuse(clause, "a condition on evidence, or stands twice", err);
        }
        at = end;
    }
    bool computed = predicate.kind == FB_PREDICATE_LINE;
    if (computed && (predicate.signer.len || predicate.digest.len || predicate.within_us)) {
        fb_err_set(err, FB_E_SYNTAX, "a red line is computed: it has no age, signer or digest");
        return fb_err_hint(err, "Ask for these in the red line's `needs`, or ask for the record.");
    }
    if (predicate.from >= predicate.until) {
        fb_err_set(err, FB_E_TIME, "evidence that is valid until before it begins");
        return fb_err_hint(err, "Correct `from` or `until`.");
    }
    *out = predicate;
    return FB_OK;
}
