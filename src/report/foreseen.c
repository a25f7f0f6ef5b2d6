/* foreseen.c: what a system's training compute will come to, as people and programs read it. */
#include <math.h>

#include "base/assert.h"
#include "base/json.h"
#include "report/leads.h"

static const double seconds_a_day = 86400;

static const char *day_of(fb_time at, char out[FB_TIME_TEXT])
{
    if (at == FB_TIME_MAX) {
        return "no date that is foreseen";
    }
    fb_time_format(at, out);
    out[10] = 0;
    return out;
}

void fb_report_foreseen_method(const struct fb_foreseen *seen, struct fb_buf *out)
{
    char day[FB_TIME_TEXT];
    fb_buf_addf(out, "%zu runs on record, of which %zu go on", seen->runs, seen->open_runs);
    if (seen->planned[1] > 0) {
        fb_buf_addf(out, "; they plan %.3g FLOP", seen->planned[1]);
    }
    if (seen->compute.inherited[1] > 0) {
        fb_buf_addf(out, "; %.3g to %.3g FLOP of %zu systems that it was made from",
            seen->compute.inherited[0], seen->compute.inherited[1], seen->compute.parents);
    }
    if (seen->used_until != FB_TIME_MIN) {
        fb_buf_addf(out, "; use on record until %s", day_of(seen->used_until, day));
    }
}

/* When the threshold is reached. */
static void add_dates(const struct fb_foreseen *seen, double threshold, struct fb_buf *out)
{
    char days[2][FB_TIME_TEXT];
    fb_buf_addf(out, "%.3g FLOP: ", threshold);
    if (seen->met) {
        fb_buf_add_c(out, "reached.\n");
    } else if (seen->final[1] < threshold) {
        fb_buf_add_c(out, "not reached by what is on record and planned.\n");
    } else if (seen->low == FB_TIME_MAX && seen->high == FB_TIME_MAX) {
        fb_buf_addf(out, "%s; no use on record says when.\n",
            seen->known ? "will be reached, by its plans" : "may be reached");
    } else if (seen->high == FB_TIME_MAX) {
        fb_buf_addf(out, "may be reached, on %s at the soonest; it may also end before.\n",
            day_of(seen->low, days[0]));
    } else {
        fb_buf_addf(out, "reached between %s and %s, if it goes on as in the weeks before.\n",
            day_of(seen->low, days[0]), day_of(seen->high, days[1]));
    }
    if (seen->known && !seen->met) {
        fb_buf_add_c(out,
            "It is known that it will be met: where a law's clock runs from then, put the forecast "
            "on record with --record.\n");
    }
}

enum fb_code fb_report_foreseen_text(
    const struct fb_foreseen *seen, double threshold, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(seen && out && threshold > 0);
    fb_buf_addf(
        out, "%.*s (%.*s): ", FB_STR_ARG(seen->compute.id), FB_STR_ARG(seen->compute.title));
    fb_report_foreseen_method(seen, out);
    fb_buf_addf(out, ".\nSo far %.3g to %.3g FLOP", seen->used[0], seen->used[1]);
    if (seen->compute.declared > 0) {
        fb_buf_addf(out, " (declared: %.3g)", seen->compute.declared);
    }
    if (seen->rate[1] > 0) {
        fb_buf_addf(out, ", lately %.3g to %.3g a day", seen->rate[0] * seconds_a_day,
            seen->rate[1] * seconds_a_day);
    }
    if (isfinite(seen->final[1])) {
        fb_buf_addf(out, "; in the end %.3g to %.3g.\n", seen->final[0], seen->final[1]);
    } else if (seen->compute.unknown > 0) {
        fb_buf_addf(out, "; in the end %.3g or more: of %zu jobs the GPUs are not known.\n",
            seen->final[0], seen->compute.unknown);
    } else {
        fb_buf_addf(out, "; in the end %.3g or more: %zu runs do not say what they plan.\n",
            seen->final[0], seen->unplanned);
    }
    add_dates(seen, threshold, out);
    return fb_buf_check(out, "the forecast", err);
}

static void json_range(struct fb_json_writer *w, const char *key, const double flop[2])
{
    fb_json_key(w, key);
    fb_json_open_array(w);
    for (int i = 0; i < 2; i++) {
        if (isfinite(flop[i])) {
            fb_json_double(w, flop[i]);
        } else {
            fb_json_null(w);
        }
    }
    fb_json_close_array(w);
}

static void json_time(struct fb_json_writer *w, const char *key, fb_time at)
{
    char text[FB_TIME_TEXT];
    if (at == FB_TIME_MAX || at == FB_TIME_MIN) {
        fb_json_key(w, key);
        fb_json_null(w);
    } else {
        fb_json_key_c(w, key, fb_time_format(at, text));
    }
}

enum fb_code fb_report_foreseen_json(
    const struct fb_foreseen *seen, double threshold, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(seen && out && threshold > 0);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_str(&w, "system", seen->compute.id);
    fb_json_key_double(&w, "threshold", threshold);
    fb_json_key_bool(&w, "met", seen->met);
    fb_json_key_bool(&w, "known_that_it_will_be_met", seen->known);
    json_time(&w, "low", seen->low);
    json_time(&w, "high", seen->high);
    json_range(&w, "so_far_flop", seen->used);
    json_range(&w, "planned_flop", seen->planned);
    json_range(&w, "final_flop", seen->final);
    json_range(&w, "flop_per_second", seen->rate);
    json_time(&w, "used_until", seen->used_until);
    fb_json_key_int(&w, "runs", (int64_t)seen->runs);
    fb_json_key_int(&w, "open_runs", (int64_t)seen->open_runs);
    fb_json_key_int(&w, "runs_without_plan", (int64_t)seen->unplanned);
    fb_json_key_int(&w, "jobs_without_gpus_said", (int64_t)seen->compute.unknown);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the forecast", err);
}
