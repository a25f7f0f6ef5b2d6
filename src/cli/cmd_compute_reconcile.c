/* cmd_compute_reconcile.c: `flyball compute reconcile`, over files and over a docket. */
#include "base/assert.h"
#include "cli/cmd_compute.h"
#include "cli/evidence.h"
#include "report/leads.h"

enum { OUTPUT_MAX = 1 << 28 };

/* One invocation. */
struct run {
    struct fb_cli *cli;
    struct fb_reconcile_options options;
    struct fb_reconcile reconcile;
    struct fb_buf text;
    size_t findings;
};

/* A comparison that takes the jobs of one cluster, and those that name none. */
struct one_cluster {
    struct fb_reconcile *reconcile;
    struct fb_str name;
};

static enum fb_code take_own(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    struct one_cluster *one = ctx;
    bool own = one->name.len == 0 || job->cluster.len == 0 || fb_str_eq(job->cluster, one->name);
    return own ? fb_reconcile_job(one->reconcile, job, err) : FB_OK;
}

/* Reads the samples of --telemetry into a comparison. */
static enum fb_code read_samples(
    const struct fb_cli *cli, struct fb_reconcile *reconcile, struct fb_err *err)
{
    struct fb_telemetry_options telemetry = {.sink = fb_reconcile_sample,
        .ctx = reconcile,
        .at = FB_TIME_MIN,
        .host = fb_cli_text(cli, "host")};
    struct fb_str at = fb_cli_text(cli, "at");
    const char *path = fb_cli_value(cli, "telemetry");
    if (at.len && fb_time_parse(at, &telemetry.at, err) != FB_OK) {
        return fb_cli_misused(
            cli, err, "--at must be a time, as 2026-01-01T12:00:00Z, not '%.*s'", FB_STR_ARG(at));
    }
    return path ? fb_telemetry_read(path, &telemetry, err) : FB_OK;
}

static enum fb_code read_options(struct run *r, struct fb_err *err)
{
    const struct fb_cli *cli = r->cli;
    double step = FB_RECONCILE_STEP_S, gap = FB_RECONCILE_GAP_S;
    struct fb_reconcile_options *o = &r->options;
    enum fb_code code = fb_cli_number(cli, "step", (double[]){59, 1e8}, &step, err);
    code = code ? code : fb_cli_number(cli, "gap", (double[]){0.5, 1e8}, &gap, err);
    code = code ? code : fb_cli_number(cli, "chips", (double[]){0, 1e9}, &o->chips, err);
    code = code ? code : fb_cli_number(cli, "watts", (double[]){0, 1e12}, &o->power_w, err);
    o->telemetry = fb_cli_value(cli, "telemetry");
    o->step_s = (int64_t)step;
    o->gap_s = gap < 1 ? 1 : (int64_t)gap;
    /* One account has a start once; several may overlap. */
    o->repeats = cli->argument_count > 1;
    return code;
}

/* The cluster of --cluster on record. */
static enum fb_code find_cluster(const struct fb_cli *cli, const struct fb_cluster_list *clusters,
    struct fb_cluster_compute **out, struct fb_err *err)
{
    struct fb_str name = fb_cli_text(cli, "cluster");
    *out = fb_cluster_list_find(clusters, name);
    if (!*out) {
        fb_err_set(err, FB_E_NOT_FOUND, "no cluster '%.*s' is on record, nor any use of it",
            FB_STR_ARG(name));
        return fb_err_hint(err, "The name is the one that the scheduler calls it, as the record of "
                                "the cluster has it; 'flyball compute reconcile' lists them.");
    }
    return FB_OK;
}

/* The capacity of --cluster, where the options do not say it. */
static enum fb_code take_capacity(struct run *r, struct fb_err *err)
{
    struct fb_docket *docket = NULL;
    struct fb_cluster_list clusters = {0};
    struct fb_cluster_compute *cluster = NULL;
    enum fb_code code = fb_cli_open(r->cli, &docket, err);
    code =
        code ? code : fb_cluster_list_init(&clusters, fb_docket_registry(docket), &r->options, err);
    code = code ? code : find_cluster(r->cli, &clusters, &cluster, err);
    if (code == FB_OK) {
        r->options.chips = r->options.chips > 0 ? r->options.chips : cluster->chips;
        r->options.power_w = r->options.power_w > 0 ? r->options.power_w : cluster->power_w;
    }
    fb_cluster_list_release(&clusters);
    fb_docket_close(docket);
    return code;
}

/* The jobs of files. */
static enum fb_code compare_files(struct run *r, struct fb_err *err)
{
    const struct fb_cli *cli = r->cli;
    struct fb_report_options layout = fb_cli_report_options(cli);
    struct one_cluster one = {&r->reconcile, fb_cli_text(cli, "cluster")};
    enum fb_code code = one.name.len ? take_capacity(r, err) : FB_OK;
    if (code != FB_OK) {
        return code;
    }
    fb_reconcile_init(&r->reconcile, &r->options);
    code = fb_cli_compute_jobs(cli, take_own, &one, err);
    code = code ? code : read_samples(cli, &r->reconcile, err);
    code = code ? code : fb_reconcile_end(&r->reconcile, err);
    if (code == FB_OK) {
        r->findings = r->reconcile.finding_count;
        code = fb_cli_value(cli, "json")
                   ? fb_report_reconcile_json(&r->reconcile, &r->text, err)
                   : fb_report_reconcile_text(&r->reconcile, &layout, &r->text, err);
    }
    fb_reconcile_release(&r->reconcile);
    return code;
}

/* Prints all clusters, or the one that is asked for. */
static enum fb_code print_clusters(struct run *r, const struct fb_cluster_list *clusters,
    const struct fb_cluster_compute *only, struct fb_err *err)
{
    struct fb_report_options layout = fb_cli_report_options(r->cli);
    const struct fb_cluster_compute *items = only ? only : clusters->items;
    size_t count = only ? 1 : clusters->count;
    bool unknown_use = only && !only->record && only->reconcile.jobs > 0;
    r->findings =
        only ? only->reconcile.finding_count + unknown_use : fb_cluster_list_findings(clusters);
    return fb_cli_value(r->cli, "json")
               ? fb_report_clusters_json(items, count, &r->text, err)
               : fb_report_clusters_text(items, count, &layout, &r->text, err);
}

/* The use that a docket has on record of each cluster. */
static enum fb_code compare_docket(struct run *r, struct fb_err *err)
{
    const struct fb_cli *cli = r->cli;
    struct fb_docket *docket = NULL;
    struct fb_cluster_list clusters = {0};
    struct fb_cluster_compute *only = NULL;
    enum fb_code code = fb_cli_open(cli, &docket, err);
    code =
        code ? code : fb_cluster_list_init(&clusters, fb_docket_registry(docket), &r->options, err);
    if (code == FB_OK && fb_cli_value(cli, "cluster")) {
        code = find_cluster(cli, &clusters, &only, err);
    }
    if (code == FB_OK && fb_cli_value(cli, "telemetry") && !only) {
        code = fb_cli_misused(cli, err, "--telemetry over a docket needs --cluster NAME");
    }
    if (code == FB_OK && only) {
        code = read_samples(cli, &only->reconcile, err);
    }
    code = code ? code : fb_cluster_list_compare(&clusters, fb_docket_registry(docket), err);
    code = code ? code : print_clusters(r, &clusters, only, err);
    fb_cluster_list_release(&clusters);
    fb_docket_close(docket);
    return code;
}

enum fb_code fb_cli_compute_reconcile(struct fb_cli *cli, struct fb_err *err)
{
    struct run r = {.cli = cli};
    bool files = fb_cli_value(cli, "from");
    bool other = fb_cli_value(cli, "chips") || fb_cli_value(cli, "watts");
    if (!files && (cli->argument_count > 1 || other)) {
        return fb_cli_misused(cli, err,
            "compute reconcile needs --from before its files, and for --chips or --watts");
    }
    if (files && !other && !fb_cli_value(cli, "telemetry") && !fb_cli_value(cli, "cluster")) {
        return fb_cli_misused(cli, err,
            "compute reconcile --from FILE (jobs) needs --telemetry FILE, --chips N or --cluster "
            "NAME");
    }
    enum fb_code code = read_options(&r, err);
    fb_buf_init(&r.text, OUTPUT_MAX);
    if (code == FB_OK) {
        code = files ? compare_files(&r, err) : compare_docket(&r, err);
    }
    code = code ? code : fb_cli_print(cli, &r.text, err);
    if (code == FB_OK && r.findings > 0) {
        code = fb_err_set(
            err, FB_E_NEGATIVE, "%zu %s", r.findings, r.findings == 1 ? "finding" : "findings");
    }
    fb_buf_release(&r.text);
    return code;
}
