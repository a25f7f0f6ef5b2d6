/* compute.c: the account of compute. */
#include "evidence/compute.h"

#include <string.h>

#include "base/assert.h"
#include "base/buf.h"

#define ARENA_MAX ((size_t)1 << 30)

enum { KEY_MAX = 128, SHOWN_MAX = 256 };

static const double tera = 1e12;

static const struct fb_chip chips[] = {
#define FB_CHIP(key, name, low, high, high8, source)                                               \
    {key, name, source, (low)*1e12, (high)*1e12, (high8)*1e12},
#include "evidence/chips.def"
#undef FB_CHIP
};
enum { CHIPS = sizeof(chips) / sizeof(chips[0]) };

static const struct {
    bool is_open;
    const char *name, *text;
} reasons[FB_COMPUTE_REASONS] = {
    [FB_COMPUTE_NO_CHIP] = {true, "no-chip", "the type of GPU is not said, or not known"},
    [FB_COMPUTE_NO_GPUS] = {true, "no-gpus", "how many GPUs is not said"},
    [FB_COMPUTE_NOT_ENDED] = {true, "not-ended", "still running, or no end is said"},
    [FB_COMPUTE_NO_TIMES] = {true, "no-times", "when it started is not said"},
    [FB_COMPUTE_CONTRADICTS] = {true, "contradicts",
        "same start, other figures; the first one counts"},
    [FB_COMPUTE_CPU_ONLY] = {false, "cpu-only", "no GPUs, on a cluster that accounts for them"},
    [FB_COMPUTE_NOT_STARTED] = {false, "not-started", "has not started, or never did"},
    [FB_COMPUTE_REPEATED] = {false, "repeated", "the same start again; counted once"}};

const struct fb_chip *fb_chips(size_t *out_count)
{
    *out_count = CHIPS;
    return chips;
}

/* What may follow a key: form factors and sizes of memory, in any order. */
static bool is_variant(const char *rest)
{
    static const char *const words[] = {"sxm", "pcie", "nvl", "hbm"};
    while (*rest) {
        size_t digits = strspn(rest, "0123456789"), before = digits;
        for (size_t i = 0; digits == before && i < sizeof(words) / sizeof(words[0]); i++) {
            size_t len = strlen(words[i]);
            if (before == 0 && strncmp(rest, words[i], len) == 0) {
                rest += len;
                rest += *rest >= '2' && *rest <= '5'; /* of SXM5 or HBM3 */
                rest += words[i][0] == 'h' && *rest == 'e';
                digits = 1;
            }
        }
        if (digits == 0) {
            return false;
        }
        if (before > 0) {
            if (strncmp(rest + before, "gb", 2) != 0) {
                return false;
            }
            rest += before + 2;
        }
    }
    return true;
}

const struct fb_chip *fb_chip_find(struct fb_str name)
{
    static const char *const makers[] = {"nvidia", "amd", "instinct", "tesla", "google", "aws",
        "amazon", "intel", "habana", "huawei", "ascend"};
    char key[KEY_MAX];
    size_t len = 0;
    for (size_t i = 0; i < name.len && len + 1 < sizeof(key); i++) {
        char c = name.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            key[len++] = c;
        }
    }
    key[len] = 0;
    const char *at = key;
    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        size_t maker = strlen(makers[i]);
        at += strncmp(at, makers[i], maker) == 0 ? maker : 0;
    }
    const struct fb_chip *best = NULL;
    for (size_t i = 0; i < CHIPS; i++) {
        size_t n = strlen(chips[i].key);
        if (strncmp(at, chips[i].key, n) == 0 && is_variant(at + n) &&
            (!best || n > strlen(best->key))) {
            best = &chips[i];
        }
    }
    return best;
}

bool fb_compute_is_open(enum fb_compute_reason reason)
{
    FB_ASSERT(reason < FB_COMPUTE_REASONS);
    return reasons[reason].is_open;
}

const char *fb_compute_reason_name(enum fb_compute_reason reason)
{
    FB_ASSERT(reason < FB_COMPUTE_REASONS);
    return reasons[reason].name;
}

const char *fb_compute_reason_text(enum fb_compute_reason reason)
{
    FB_ASSERT(reason < FB_COMPUTE_REASONS);
    return reasons[reason].text;
}

enum fb_code fb_compute_init(
    struct fb_compute *compute, const struct fb_compute_options *options, struct fb_err *err)
{
    FB_ASSERT(options->use[0] >= 0 && options->use[0] <= options->use[1] && options->use[1] <= 1);
    size_t starts = options->starts_max ? options->starts_max : FB_COMPUTE_STARTS_MAX;
    *compute = (struct fb_compute){.options = *options, .seen = {.max = starts}};
    fb_arena_init(&compute->arena, ARENA_MAX);
    for (int by = 0; by < FB_COMPUTE_BYS; by++) {
        fb_map_init(&compute->by[by]);
    }
    compute->total.by_chip = FB_ARENA_ARRAY(&compute->arena, int64_t, CHIPS);
    return compute->total.by_chip ? FB_OK : fb_arena_failed(&compute->arena, err);
}

void fb_compute_release(struct fb_compute *compute)
{
    for (int by = 0; by < FB_COMPUTE_BYS; by++) {
        fb_map_release(&compute->by[by]);
    }
    fb_starts_release(&compute->seen);
    fb_arena_release(&compute->arena);
    *compute = (struct fb_compute){0};
}

/* At most SHOWN_MAX bytes of a text, no character cut. */
static struct fb_str shorten(struct fb_str text)
{
    size_t len = text.len < SHOWN_MAX ? text.len : SHOWN_MAX;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    return fb_str_sub(text, 0, len);
}

/* Notes a job under a reason. */
static enum fb_code note(struct fb_compute *compute, struct fb_compute_gap *gap,
    const struct fb_job *job, struct fb_err *err)
{
    gap->starts++;
    if (gap->shown_count < FB_COMPUTE_SHOWN) {
        struct fb_str cluster = shorten(job->cluster), id = shorten(job->id);
        struct fb_str shown = fb_arena_printf(&compute->arena, "%.*s%s%.*s", FB_STR_ARG(cluster),
            cluster.len ? "/" : "", FB_STR_ARG(id));
        if (!shown.ptr) {
            return fb_arena_failed(&compute->arena, err);
        }
        gap->shown[gap->shown_count++] = shown;
    }
    return FB_OK;
}

/* The sum of a name in a grouping, made when it is not there. */
static enum fb_code sum_of(struct fb_compute *compute, enum fb_compute_by by, struct fb_str name,
    struct fb_compute_sum **out, struct fb_err *err)
{
    struct fb_map *map = &compute->by[by];
    struct fb_compute_sum *sum = fb_map_get(map, name);
    if (sum) {
        *out = sum;
        return FB_OK;
    }
    if (map->count == FB_COMPUTE_GROUPS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "there are more than %d accounts, users or clusters",
            FB_COMPUTE_GROUPS_MAX);
    }
    sum = FB_ARENA_NEW(&compute->arena, struct fb_compute_sum);
    int64_t *by_chip = FB_ARENA_ARRAY(&compute->arena, int64_t, CHIPS);
    if (!sum || !by_chip) {
        return fb_arena_failed(&compute->arena, err);
    }
    sum->by_chip = by_chip;
    enum fb_code code = fb_arena_str(&compute->arena, name, &sum->name, err);
    code = code ? code : fb_map_put(map, sum->name, sum, err);
    *out = sum;
    return code;
}

const struct fb_chip *fb_compute_chip(const struct fb_compute_options *options, struct fb_str chip)
{
    return chip.len ? fb_chip_find(chip) : options->chip;
}

/* Adds a counted job to a sum. The total, which is at least as large, was checked first. */
static void add_to(
    struct fb_compute_sum *sum, const struct fb_job *job, const struct fb_compute_options *options)
{
    int64_t seconds = job->end - job->start;
    sum->starts++;
    sum->gpu_seconds += job->gpus * seconds;
    for (size_t i = 0; i < job->part_count; i++) {
        const struct fb_chip *chip = fb_compute_chip(options, job->parts[i].chip);
        if (chip) {
            sum->by_chip[chip - chips] += job->parts[i].gpus * seconds;
        } else {
            sum->unrated_gpu_seconds += job->parts[i].gpus * seconds;
        }
    }
}

static enum fb_code count(struct fb_compute *compute, const struct fb_job *job, struct fb_err *err)
{
    const struct fb_str names[FB_COMPUTE_BYS] = {[FB_COMPUTE_ACCOUNT] = job->account,
        [FB_COMPUTE_USER] = job->user,
        [FB_COMPUTE_CLUSTER] = job->cluster};
    enum fb_start_kind kind = FB_START_NEW;
    enum fb_code code = fb_starts_note(&compute->seen, job, &kind, err);
    if (code != FB_OK || kind != FB_START_NEW) {
        int reason = kind == FB_START_REPEATED ? FB_COMPUTE_REPEATED : FB_COMPUTE_CONTRADICTS;
        return code ? code : note(compute, &compute->gaps[reason], job, err);
    }
    FB_ASSERT(job->end >= job->start && job->gpus <= FB_JOB_GPUS_MAX);
    if (compute->total.gpu_seconds > INT64_MAX - job->gpus * (job->end - job->start)) {
        return fb_err_set(err, FB_E_RANGE, "the GPU-seconds of all jobs are more than 2^63 - 1");
    }
    int64_t unrated = compute->total.unrated_gpu_seconds;
    add_to(&compute->total, job, &compute->options);
    if (compute->total.unrated_gpu_seconds > unrated) {
        code = note(compute, &compute->gaps[FB_COMPUTE_NO_CHIP], job, err);
    }
    for (int by = 0; code == FB_OK && by < FB_COMPUTE_BYS; by++) {
        struct fb_compute_sum *sum = NULL;
        code = sum_of(compute, (enum fb_compute_by)by, names[by], &sum, err);
        if (code == FB_OK) {
            add_to(sum, job, &compute->options);
        }
    }
    return code;
}

enum fb_code fb_compute_add(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    struct fb_compute *compute = ctx;
    FB_ASSERT(compute && job);
    bool waits = fb_str_starts(job->state, FB_STR("PENDING")) ||
                 fb_str_starts(job->state, FB_STR("CANCELLED"));
    struct fb_compute_sum *cluster = NULL;
    if (job->start == 0) {
        return note(compute, &compute->gaps[waits ? FB_COMPUTE_NOT_STARTED : FB_COMPUTE_NO_TIMES],
            job, err);
    }
    enum fb_code code = sum_of(compute, FB_COMPUTE_CLUSTER, job->cluster, &cluster, err);
    if (code != FB_OK) {
        return code;
    }
    cluster->says_gpus = cluster->says_gpus || job->said == FB_JOB_GPUS_SAID;
    if (job->said == FB_JOB_GPUS_NONE) {
        return note(compute, &cluster->none, job, err);
    }
    if (job->said == FB_JOB_GPUS_MISSING) {
        return note(compute, &compute->gaps[FB_COMPUTE_NO_GPUS], job, err);
    }
    return job->end == 0 ? note(compute, &compute->gaps[FB_COMPUTE_NOT_ENDED], job, err)
                         : count(compute, job, err);
}

void fb_compute_end(struct fb_compute *compute)
{
    const struct fb_map *clusters = &compute->by[FB_COMPUTE_CLUSTER];
    for (size_t i = 0; i < clusters->count; i++) {
        const struct fb_compute_sum *cluster = clusters->entries[i].value;
        struct fb_compute_gap *gap =
            &compute->gaps[cluster->says_gpus ? FB_COMPUTE_CPU_ONLY : FB_COMPUTE_NO_GPUS];
        gap->starts += cluster->none.starts;
        for (size_t n = 0; n < cluster->none.shown_count; n++) {
            if (gap->shown_count < FB_COMPUTE_SHOWN) {
                gap->shown[gap->shown_count++] = cluster->none.shown[n];
            }
        }
    }
}

void fb_compute_flop(const struct fb_compute_options *options, const struct fb_chip *chip,
    int64_t gpu_seconds, double out[2])
{
    FB_ASSERT(gpu_seconds >= 0 && chip->high >= chip->low && chip->low > tera);
    bool fast = options->format != FB_COMPUTE_16_BIT && chip->high8 > 0;
    bool only = options->format == FB_COMPUTE_8_BIT && fast;
    /* The slowest variant at 8 bits is as much slower than the fastest as at 16. */
    double low = only ? chip->high8 * (chip->low / chip->high) : chip->low;
    double high = fast ? chip->high8 : chip->high;
    out[0] = (double)gpu_seconds * low * options->use[0];
    out[1] = (double)gpu_seconds * high * options->use[1];
}

void fb_compute_sum_flop(
    const struct fb_compute_options *options, const struct fb_compute_sum *sum, double out[2])
{
    out[0] = out[1] = 0;
    for (size_t i = 0; i < CHIPS; i++) {
        double flop[2];
        fb_compute_flop(options, &chips[i], sum->by_chip[i], flop);
        out[0] += flop[0];
        out[1] += flop[1];
    }
}

enum fb_compute_standing fb_compute_standing(
    const struct fb_compute *compute, struct fb_decimal threshold)
{
    double flop[2];
    bool open = false;
    fb_compute_sum_flop(&compute->options, &compute->total, flop);
    for (int i = 0; i < FB_COMPUTE_REASONS; i++) {
        open = open || (reasons[i].is_open && compute->gaps[i].starts > 0);
    }
    if (fb_decimal_cmp(fb_decimal_floor12(flop[0]), threshold) >= 0) {
        return FB_COMPUTE_CROSSED;
    }
    return !open && fb_decimal_cmp(fb_decimal_ceil12(flop[1]), threshold) < 0
               ? FB_COMPUTE_RULED_OUT
               : FB_COMPUTE_NOT_RULED_OUT;
}

const char *fb_compute_standing_name(enum fb_compute_standing standing)
{
    return standing == FB_COMPUTE_CROSSED     ? "crossed"
           : standing == FB_COMPUTE_RULED_OUT ? "ruled out"
                                              : "not ruled out";
}
