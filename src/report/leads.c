#include "report/leads.h"

#include "base/assert.h"
#include "base/json.h"
#include "report/sheet.h"

static const char *time_text(int64_t seconds, char out[FB_TIME_TEXT])
{
    return fb_time_format(seconds * FB_SECOND, out);
}

enum fb_code fb_report_leads_text(const struct fb_leads *leads,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(leads && options && out);
    const char *heads[] = {
        "LEAD", "JOINED BY", ">JOBS", ">GPU-SECONDS", "FLOP", ">LARGEST", "FROM", "SUCH AS"};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    char from[FB_TIME_TEXT];
    bool kinds[FB_LEAD_KINDS] = {false};
    fb_buf_addf(out, "%zu %s in %zu %s. A lead says where to look, not what happened.\n\n",
        leads->lead_count, leads->lead_count == 1 ? "lead" : "leads", leads->count,
        leads->count == 1 ? "job" : "jobs");
    fb_sheet_table_init(&table, heads, 8);
    for (size_t i = 0; i < leads->lead_count; i++) {
        const struct fb_lead *lead = &leads->leads[i];
        kinds[lead->kind] = true;
        fb_sheet_table_add(&table, FB_TONE_WARN, "%s", fb_lead_name(lead->kind));
        fb_sheet_table_add(&table, FB_TONE_HEAD, "%.*s",
            FB_STR_ARG(lead->joined_by.len ? lead->joined_by : FB_STR("-")));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%zu", lead->jobs);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%lld", (long long)lead->gpu_seconds);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, lead->flop[1] > 0 ? "%.3g to %.3g" : "not known",
            lead->flop[0], lead->flop[1]);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.0f%%", 100 * lead->largest_share);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.16s", time_text(lead->start, from));
        fb_sheet_table_add(&table, FB_TONE_FAINT, "%.*s", FB_STR_ARG(lead->shown[0]));
    }
    if (leads->lead_count > 0) {
        fb_sheet_table_end(&table, &sheet, 0);
        fb_buf_add_char(out, '\n');
    }
    for (int kind = 0; kind < FB_LEAD_KINDS; kind++) {
        if (kinds[kind]) {
            fb_buf_addf(out, "%s: %s.\n", fb_lead_name((enum fb_lead_kind)kind),
                fb_lead_text((enum fb_lead_kind)kind));
        }
    }
    if (leads->more) {
        fb_buf_addf(out, "There are more than these %d.\n", FB_LEADS_MAX);
    }
    if (leads->uncounted > 0) {
        fb_buf_addf(out, "%llu jobs without times or GPUs were not looked at.\n",
            (unsigned long long)leads->uncounted);
    }
    if (leads->crowded > 0) {
        fb_buf_addf(out,
            "%llu jobs begin together with so many others of their size that it was not looked at "
            "whether they belong together.\n",
            (unsigned long long)leads->crowded);
    }
    return fb_sheet_check(&sheet, "the leads", err);
}

static void json_flop(struct fb_json_writer *w, const char *key, const double flop[2])
{
    fb_json_key(w, key);
    fb_json_open_array(w);
    fb_json_double(w, flop[0]);
    fb_json_double(w, flop[1]);
    fb_json_close_array(w);
}

static void json_lead(struct fb_json_writer *w, const struct fb_lead *lead)
{
    char text[FB_TIME_TEXT];
    fb_json_open_object(w);
    fb_json_key_c(w, "lead", fb_lead_name(lead->kind));
    fb_json_key_c(w, "text", fb_lead_text(lead->kind));
    fb_json_key_str(w, "joined_by", lead->joined_by);
    fb_json_key_int(w, "jobs", (int64_t)lead->jobs);
    fb_json_key_int(w, "gpu_seconds", lead->gpu_seconds);
    json_flop(w, "flop", lead->flop);
    fb_json_key_double(w, "largest_share", lead->largest_share);
    fb_json_key_int(w, "accounts", (int64_t)lead->accounts);
    fb_json_key_int(w, "users", (int64_t)lead->users);
    fb_json_key_int(w, "clusters", (int64_t)lead->clusters);
    if (lead->kind == FB_LEAD_TOGETHER) {
        fb_json_key_double(w, "by_chance", lead->chance);
    }
    fb_json_key_c(w, "started", time_text(lead->start, text));
    fb_json_key_c(w, "ended", time_text(lead->end, text));
    fb_json_key(w, "such_as");
    fb_json_open_array(w);
    for (size_t n = 0; n < lead->shown_count; n++) {
        fb_json_str(w, lead->shown[n]);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

enum fb_code fb_report_leads_json(
    const struct fb_leads *leads, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(leads && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_int(&w, "jobs", (int64_t)leads->count);
    fb_json_key_int(&w, "not_looked_at", (int64_t)leads->uncounted);
    fb_json_key_int(&w, "crowded", (int64_t)leads->crowded);
    fb_json_key_bool(&w, "more", leads->more);
    fb_json_key(&w, "leads");
    fb_json_open_array(&w);
    for (size_t i = 0; i < leads->lead_count; i++) {
        json_lead(&w, &leads->leads[i]);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the leads", err);
}

/* True where there are jobs alone: no samples, and no capacity. */
static bool is_alone(const struct fb_reconcile *r)
{
    return r->samples == 0 && !(r->options.chips > 0) && !(r->options.power_w > 0);
}

/* "Not counted: 1 start that stands twice, 2 samples out of order." */
static void add_not_counted(const struct fb_reconcile *r, struct fb_buf *out)
{
    const struct {
        uint64_t count;
        const char *one, *more;
    } rows[] = {{r->skipped_jobs, "job without times or GPUs", "jobs without times or GPUs"},
        {r->repeated_jobs, "start that stands twice", "starts that stand twice"},
        {r->backward_samples, "sample out of order", "samples out of order"}};
    const char *comma = "Not counted: ";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].count) {
            fb_buf_addf(out, "%s%llu %s", comma, (unsigned long long)rows[i].count,
                rows[i].count == 1 ? rows[i].one : rows[i].more);
            comma = ", ";
        }
    }
    fb_buf_add_c(out, comma[0] == ',' ? ".\n" : "");
    fb_buf_add_c(out, r->more ? "There are more findings.\n" : "");
}

enum fb_code fb_report_reconcile_text(const struct fb_reconcile *r,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(r && options && out);
    const char *heads[] = {
        "FINDING", "HOST", "FROM", "UNTIL", ">HELD", ">COVERED", ">WORKED", ">KWH"};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    char from[FB_TIME_TEXT], until[FB_TIME_TEXT];
    bool kinds[FB_FINDING_KINDS] = {false};
    fb_buf_addf(out,
        "%llu jobs held %.0f GPU-seconds; %llu samples cover %.0f, in %.0f of which GPUs worked, "
        "with a mean use of %.0f%% and %.0f kWh.\n\n",
        (unsigned long long)r->jobs, r->held, (unsigned long long)r->samples, r->covered, r->worked,
        r->covered > 0 ? 100 * r->used / r->covered : 0.0, r->joules / 3.6e6);
    fb_sheet_table_init(&table, heads, 8);
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct fb_finding *f = &r->findings[i];
        kinds[f->kind] = true;
        fb_sheet_table_add(&table, FB_TONE_WARN, "%s", fb_finding_name(f->kind));
        fb_sheet_table_add(
            &table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(f->host.len ? f->host : FB_STR("(all)")));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.16s", time_text(f->start, from));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.16s", time_text(f->end, until));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.0f", f->held);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.0f", f->covered);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.0f", f->worked);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.1f", f->joules / 3.6e6);
    }
    if (r->finding_count > 0) {
        fb_sheet_table_end(&table, &sheet, 0);
        fb_buf_add_char(out, '\n');
    } else {
        fb_buf_add_c(
            out, is_alone(r)
                     ? "There is nothing to compare the jobs with: no samples, and no capacity.\n"
                     : "They agree.\n");
    }
    for (int kind = 0; kind < FB_FINDING_KINDS; kind++) {
        if (kinds[kind]) {
            fb_buf_addf(out, "%s: %s.\n", fb_finding_name((enum fb_finding_kind)kind),
                fb_finding_text((enum fb_finding_kind)kind));
        }
    }
    if (!r->has_hosts) {
        fb_buf_add_c(out, "Not every job says its hosts: compared as a whole.\n");
    }
    add_not_counted(r, out);
    return fb_sheet_check(&sheet, "the comparison", err);
}

/* The members of an object that say a comparison. */
static void json_reconcile(struct fb_json_writer *w, const struct fb_reconcile *r)
{
    char text[FB_TIME_TEXT];
    fb_json_key_int(w, "jobs", (int64_t)r->jobs);
    fb_json_key_int(w, "jobs_repeated", (int64_t)r->repeated_jobs);
    fb_json_key_int(w, "samples", (int64_t)r->samples);
    fb_json_key_int(w, "jobs_not_counted", (int64_t)r->skipped_jobs);
    fb_json_key_int(w, "samples_not_counted", (int64_t)r->backward_samples);
    fb_json_key_bool(w, "by_host", r->has_hosts);
    fb_json_key_double(w, "held_gpu_seconds", r->held);
    fb_json_key_double(w, "covered_gpu_seconds", r->covered);
    fb_json_key_double(w, "worked_gpu_seconds", r->worked);
    fb_json_key_double(w, "used_gpu_seconds", r->used);
    fb_json_key_double(w, "joules", r->joules);
    if (is_alone(r) && r->finding_count == 0) {
        fb_json_key(w, "agree");
        fb_json_null(w);
    } else {
        fb_json_key_bool(w, "agree", r->finding_count == 0);
    }
    fb_json_key(w, "findings");
    fb_json_open_array(w);
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct fb_finding *f = &r->findings[i];
        fb_json_open_object(w);
        fb_json_key_c(w, "finding", fb_finding_name(f->kind));
        fb_json_key_c(w, "text", fb_finding_text(f->kind));
        fb_json_key_str(w, "host", f->host);
        fb_json_key_c(w, "from", time_text(f->start, text));
        fb_json_key_c(w, "until", time_text(f->end, text));
        fb_json_key_double(w, "held_gpu_seconds", f->held);
        fb_json_key_double(w, "covered_gpu_seconds", f->covered);
        fb_json_key_double(w, "worked_gpu_seconds", f->worked);
        fb_json_key_double(w, "joules", f->joules);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
}

enum fb_code fb_report_reconcile_json(
    const struct fb_reconcile *r, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(r && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    json_reconcile(&w, r);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the comparison", err);
}

enum fb_code fb_report_clusters_text(const struct fb_cluster_compute *clusters, size_t count,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(clusters && options && out);
    enum fb_code code = FB_OK;
    if (count == 0) {
        fb_buf_add_c(out, "No cluster is on record, and no use of one.\n");
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        const struct fb_cluster_compute *c = &clusters[i];
        fb_buf_addf(out, "%s%.*s", i ? "\n" : "", FB_STR_ARG(c->name));
        if (!c->record) {
            fb_buf_add_c(out, ": not on record, so that its capacity is not known.\n");
        } else if (c->chips > 0 || c->power_w > 0) {
            fb_buf_addf(out, " (%.*s): %.0f accelerators, %.0f W registered%s.\n",
                FB_STR_ARG(c->record->id), c->chips, c->power_w,
                c->chips > 0 && c->power_w > 0 ? "" : "; 0 where its record does not say");
        } else {
            fb_buf_addf(
                out, " (%.*s): its record does not say its capacity.\n", FB_STR_ARG(c->record->id));
        }
        code = fb_report_reconcile_text(&c->reconcile, options, out, err);
    }
    return code ? code : fb_buf_check(out, "the comparison", err);
}

enum fb_code fb_report_clusters_json(
    const struct fb_cluster_compute *clusters, size_t count, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(clusters && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key(&w, "clusters");
    fb_json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        const struct fb_cluster_compute *c = &clusters[i];
        fb_json_open_object(&w);
        fb_json_key_str(&w, "cluster", c->name);
        fb_json_key_bool(&w, "on_record", c->record != NULL);
        fb_json_key_double(&w, "chips", c->chips);
        fb_json_key_double(&w, "watts", c->power_w);
        json_reconcile(&w, &c->reconcile);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the comparison", err);
}

const char *fb_report_system_standing(const struct fb_system_compute *system, double threshold)
{
    return system->flop[0] >= threshold                   ? "crossed"
           : !system->open && system->flop[1] < threshold ? "ruled out"
                                                          : "not ruled out";
}

static void add_interval(struct fb_sheet_table *table, const double flop[2])
{
    if (flop[1] > 0) {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%.3g to %.3g", flop[0], flop[1]);
    } else {
        fb_sheet_table_add(table, FB_TONE_FAINT, "-");
    }
}

enum fb_code fb_report_systems_text(const struct fb_systems_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && options && out);
    const char *heads[] = {
        "SYSTEM", "BY CHIPS", "6 P D", "INHERITED", "IN ALL", "DECLARED", "STANDING"};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, report->threshold > 0 ? 7 : 6);
    for (size_t i = 0; i < report->count; i++) {
        const struct fb_system_compute *system = &report->systems[i];
        fb_sheet_table_add(&table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(system->id));
        add_interval(&table, system->own.hardware);
        add_interval(&table, system->own.model);
        add_interval(&table, system->inherited);
        if (system->open && system->flop[1] == 0) {
            fb_sheet_table_add(&table, FB_TONE_WARN, "not known");
        } else {
            fb_sheet_table_add(&table, system->open ? FB_TONE_WARN : FB_TONE_PLAIN,
                "%.3g to %.3g%s", system->flop[0], system->flop[1],
                system->open ? " and more" : "");
        }
        fb_sheet_table_add(&table, system->declared_off ? FB_TONE_WARN : FB_TONE_PLAIN,
            system->declared > 0 ? "%.3g%s" : "-", system->declared,
            system->declared_off ? " (does not agree)" : "");
        if (report->threshold > 0) {
            fb_sheet_table_add(
                &table, FB_TONE_PLAIN, "%s", fb_report_system_standing(system, report->threshold));
        }
    }
    fb_sheet_table_end(&table, &sheet, 0);
    fb_buf_add_c(out, "\nFLOP of training; what counts is said in docs/COMPUTE.md.\n");
    return fb_sheet_check(&sheet, "the compute of systems", err);
}

enum fb_code fb_report_systems_json(
    const struct fb_systems_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key(&w, "systems");
    fb_json_open_array(&w);
    for (size_t i = 0; i < report->count; i++) {
        const struct fb_system_compute *system = &report->systems[i];
        fb_json_open_object(&w);
        fb_json_key_str(&w, "id", system->id);
        fb_json_key_str(&w, "title", system->title);
        if (system->own.has_hardware) {
            json_flop(&w, "by_hardware", system->own.hardware);
        }
        if (system->own.has_model) {
            json_flop(&w, "by_model", system->own.model);
        }
        fb_json_key_bool(&w, "methods_disagree", system->own.disagree);
        json_flop(&w, "inherited", system->inherited);
        fb_json_key_int(&w, "made_from", (int64_t)system->parents);
        json_flop(&w, "flop", system->flop);
        fb_json_key_bool(&w, "may_be_more", system->open);
        if (system->declared > 0) {
            fb_json_key_double(&w, "declared", system->declared);
            fb_json_key_bool(&w, "declared_agrees", !system->declared_off);
        }
        if (report->threshold > 0) {
            fb_json_key_c(&w, "standing", fb_report_system_standing(system, report->threshold));
        }
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the compute of systems", err);
}
