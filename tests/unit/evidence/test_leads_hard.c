/* Split runs that are harder to find, among the jobs of a real cluster and decoys: what is found,
 * and what is a false alarm. docs/COMPUTE.md tells the figures. */
#include <stdio.h>

#include "fb_test.h"
#include "leads_scene.h"

enum { RUNS = 10, PARTS_MAX = 40 };

static const double threshold = 3e7; /* GPU-seconds */
static const int64_t hour = 3600;

static struct fb_err err;
static struct fb_leads leads;
static uint32_t seed;

static const struct fb_leads_options options = {.compute = {{0.2, 0.6}, FB_COMPUTE_16_BIT, NULL, 0},
    .threshold_gpu_seconds = 3e7,
    .gap_s = FB_LEADS_GAP_S,
    .slack_s = FB_LEADS_SLACK_S};

static int64_t draw(int64_t below)
{
    return leads_draw(&seed, (uint32_t)below);
}

/* A part of a run, as it is being made. */
struct part {
    struct fb_job job;
    int64_t gpus;
    char id[64], name[64], user[64], account[64], cluster[64], comment[64];
};

/* A run that is being split. */
struct split {
    int run;
    size_t number, parts; /* this part, and how many */
    int64_t begin, end;   /* of the run */
    int64_t at, began;    /* end and start of the part before */
    int64_t length;       /* seconds of a part of 16 GPUs */
};

typedef void (*scheme_fn)(const struct split *split, struct part *part);

/* One name under several accounts; each begins about a day after the one before. */
static void staggered(const struct split *split, struct part *part)
{
    snprintf(part->name, sizeof(part->name), "kestrel%c_%zu", 'a' + split->run, split->number);
    part->job.start = split->began + 14 * hour + draw(20 * hour);
    part->job.end = part->job.start + split->length;
}

/* Arrays, accounts and restarts at once, with a size that changes and days between. */
static void mixed(const struct split *split, struct part *part)
{
    snprintf(part->name, sizeof(part->name), "osprey-%c.%zu", 'a' + split->run, split->number);
    snprintf(part->user, sizeof(part->user), "mix%d-%zu", split->run, split->number % 3);
    part->job.array = split->number % 2 ? 500000 + split->run * 10 + (int)(split->number % 3) : 0;
    part->gpus = 8 + 8 * draw(3);
    part->job.start = split->at + draw(40 * hour);
    part->job.end = part->job.start + split->length * 16 / part->gpus;
}

/* Restarts of one user, on as many GPUs as there were. */
static void resized(const struct split *split, struct part *part)
{
    snprintf(part->name, sizeof(part->name), "resize%c_%zu", 'a' + split->run, split->number);
    snprintf(part->user, sizeof(part->user), "resizer%d", split->run);
    part->gpus = 8 + 8 * draw(3);
    part->job.start = split->at + draw(hour);
    part->job.end = part->job.start + split->length * 16 / part->gpus;
}

/* Other users, accounts and names; each begins minutes after the one before has ended. */
static void relay(const struct split *split, struct part *part)
{
    part->job.start = split->at + draw(20 * 60);
    part->job.end = part->job.start + split->length;
}

/* Three sites, each with names and a size of its own; all begin and end within minutes. */
static void sites(const struct split *split, struct part *part)
{
    snprintf(part->cluster, sizeof(part->cluster), "provider%zu", split->number % 3);
    part->gpus = 8 * (1 + (int64_t)(split->number % 3));
    part->job.start = split->begin + draw(240);
    part->job.end = split->begin + split->length + draw(240);
}

/* Nothing shared but that they begin within four hours and end within four. */
static void loosely(const struct split *split, struct part *part)
{
    part->job.start = split->begin + draw(4 * hour);
    part->job.end = split->begin + split->length + draw(4 * hour);
}

/* One tag at two providers, other names, and days between. */
static void tagged(const struct split *split, struct part *part)
{
    snprintf(part->comment, sizeof(part->comment), "run_id=merlin-%d", split->run);
    snprintf(part->cluster, sizeof(part->cluster), "provider%zu", split->number % 2);
    part->job.start = split->at + 10 * hour + draw(50 * hour);
    part->job.end = part->job.start + split->length;
}

/* Each part just below the threshold: of one user, of other names, weeks apart. */
static void below(const struct split *split, struct part *part)
{
    snprintf(part->user, sizeof(part->user), "careful%d", split->run);
    part->gpus = 64;
    part->job.start = split->at + draw(300 * hour);
    part->job.end =
        part->job.start + (int64_t)(threshold * (0.85 + 0.001 * (double)draw(140)) / 64);
}

/* Nothing shared at all: that takes telemetry. */
static void unshared(const struct split *split, struct part *part)
{
    part->job.start = split->begin + draw(4000000);
    part->job.end = part->job.start + split->length + draw(90000);
}

static const struct {
    const char *name;
    scheme_fn make;
    size_t least; /* of RUNS that must be found */
} schemes[] = {{"staggered accounts", staggered, 10}, {"mixed", mixed, 10},
    {"resized restarts", resized, 10}, {"relay of users", relay, 5},
    {"sites of other sizes", sites, 10}, {"loosely together", loosely, 9},
    {"tag at providers", tagged, 10}, {"just below", below, 10}, {"nothing shared", unshared, 0}};

enum { SCHEMES = sizeof(schemes) / sizeof(schemes[0]) };

static void feed(struct part *part)
{
    part->job.cluster = fb_str_of(part->cluster);
    part->job.comment = fb_str_of(part->comment);
    FB_TEST_OK(fb_job_add_gpus(&part->job, (struct fb_job_part){FB_STR(""), part->gpus}, &err));
    leads_feed(
        &leads, (const char *[4]){part->id, part->name, part->user, part->account}, part->job);
}

/* One run of 3.2e7 GPU-seconds or more in parts. Returns how many. */
static size_t inject(size_t scheme, int run)
{
    struct split split = {.run = run,
        .parts = schemes[scheme].make == below ? 3 : 12 + (size_t)draw(PARTS_MAX - 12),
        .begin = 1000000 + draw(6000000)};
    split.length = (int64_t)(3.2e7 / 16 / (double)split.parts);
    split.length = schemes[scheme].make == sites ? split.length * 4 / 3 : split.length;
    split.at = split.began = split.begin;
    for (; split.number < split.parts; split.number++) {
        struct part part = {.gpus = 16};
        snprintf(part.id, sizeof(part.id), "x%zu-%d-%zu", scheme, run, split.number);
        snprintf(part.name, sizeof(part.name), "job-%c%c%c%c%c", 'a' + (char)draw(26),
            'a' + (char)draw(26), 'a' + (char)draw(26), 'a' + (char)draw(26), 'a' + (char)draw(26));
        snprintf(part.user, sizeof(part.user), "x%u", (unsigned)draw(1000000));
        snprintf(part.account, sizeof(part.account), "lab%u", (unsigned)draw(20));
        schemes[scheme].make(&split, &part);
        split.at = part.job.end;
        split.began = part.job.start;
        feed(&part);
    }
    return split.parts;
}

/* What is no split: names that say nothing under many users, arrays and restarts that stay small,
 * evaluations of every night that begin together, and a full queue, where every end is a start. */
static void add_decoys(void)
{
    static const char *const plain[] = {"train", "python", "bash", "run.sh", "eval", "test-1",
        "job", "sweep_3", "finetune", "wrap"};
    for (int i = 0; i < 9000; i++) {
        struct part part = {.gpus = 1 + draw(8)};
        snprintf(part.id, sizeof(part.id), "d%d", i);
        snprintf(part.name, sizeof(part.name), "%s", plain[draw(10)]);
        snprintf(part.user, sizeof(part.user), "u%u", (unsigned)draw(200));
        snprintf(part.account, sizeof(part.account), "lab%u", (unsigned)draw(20));
        part.job.start = 1 + draw(11000000);
        part.job.end = part.job.start + hour + draw(24 * hour);
        feed(&part);
    }
    for (int i = 0; i < 40 * 60; i++) {
        struct part part = {.gpus = 8};
        snprintf(part.id, sizeof(part.id), "n%d", i);
        snprintf(part.name, sizeof(part.name), "nightly-%c%c", 'a' + i % 20, 'a' + i % 40 / 20);
        snprintf(part.user, sizeof(part.user), "n%d", i % 40);
        part.job.start = 7200 + (int64_t)(i / 40) * 24 * hour + draw(60);
        part.job.end = part.job.start + 50 * 60 + draw(600);
        feed(&part);
    }
    int64_t until[8] = {0};
    for (int i = 0; i < 8 * 120; i++) {
        struct part part = {.gpus = 32};
        int node = i % 8;
        snprintf(part.id, sizeof(part.id), "q%d", i);
        snprintf(part.name, sizeof(part.name), "q%c%c%c", 'a' + (char)draw(26),
            'a' + (char)draw(26), 'a' + (char)draw(26));
        snprintf(part.user, sizeof(part.user), "u%u", (unsigned)draw(200));
        part.job.start = 1 + until[node] + draw(60);
        part.job.end = until[node] = part.job.start + hour + draw(46 * hour);
        feed(&part);
    }
}

/* Whether a lead of a split has half of the parts of a run, which begin at job `from`, or more. */
static bool is_found(size_t from, size_t parts)
{
    for (size_t l = 0; l < leads.lead_count; l++) {
        size_t has = 0;
        for (size_t i = 0; i < parts; i++) {
            has += fb_lead_has(&leads.leads[l], from + i);
        }
        if (leads.leads[l].kind >= FB_LEAD_ARRAY && 2 * has >= parts) {
            return true;
        }
    }
    return false;
}

/* Leads of which fewer than half of the jobs were injected, or none. */
static size_t count_false(size_t background)
{
    size_t alarms = 0;
    for (size_t l = 0; l < leads.lead_count; l++) {
        size_t injected = 0;
        for (size_t job = background; job < leads.count; job++) {
            injected += fb_lead_has(&leads.leads[l], job);
        }
        if (leads.leads[l].kind >= FB_LEAD_ARRAY && 2 * injected < leads.leads[l].jobs) {
            print_message("# false: %s by '%.*s', %zu jobs\n", fb_lead_name(leads.leads[l].kind),
                FB_STR_ARG(leads.leads[l].joined_by), leads.leads[l].jobs);
            alarms++;
        }
    }
    return alarms;
}

static void test_hard(void **state)
{
    (void)state;
    char path[1024];
    if (!fb_test_shared(
            "data/registry/traces/alibaba_openb_pod_list_default.csv", path, sizeof(path))) {
        skip();
    }
    size_t from[SCHEMES][RUNS], parts[SCHEMES][RUNS], splits = 0;
    fb_err_init(&err);
    seed = 20261126;
    FB_TEST_OK(fb_leads_init(&leads, &options, &err));
    (void)leads_feed_trace(&leads, path, &seed);
    add_decoys();
    size_t background = leads.count;
    for (size_t scheme = 0; scheme < SCHEMES; scheme++) {
        for (int run = 0; run < RUNS; run++) {
            from[scheme][run] = leads.count;
            parts[scheme][run] = inject(scheme, run);
        }
    }
    FB_TEST_OK(fb_leads_end(&leads, &err));
    bool enough = true;
    for (size_t scheme = 0; scheme < SCHEMES; scheme++) {
        size_t found = 0;
        for (int run = 0; run < RUNS; run++) {
            found += is_found(from[scheme][run], parts[scheme][run]);
        }
        print_message("# %s: %zu of %d found\n", schemes[scheme].name, found, RUNS);
        enough = enough && found >= schemes[scheme].least;
    }
    for (size_t l = 0; l < leads.lead_count; l++) {
        splits += leads.leads[l].kind >= FB_LEAD_ARRAY;
    }
    size_t alarms = count_false(background);
    print_message("# %zu jobs of others, %zu leads of splits, %zu false alarms\n", background,
        splits, alarms);
    fb_leads_release(&leads);
    assert_true(enough);
    assert_true(alarms <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hard)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
