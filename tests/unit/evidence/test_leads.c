/* Tests of src/evidence/leads.c: each kind of lead, what is none, limits; and split runs that are
 * hidden among the jobs of a real cluster. */
#include <stdio.h>

#include "base/alloc.h"
#include "evidence/leads.h"
#include "fb_test.h"
#include "leads_scene.h"

static struct fb_err err;
static struct fb_leads leads;

static const struct fb_leads_options plain = {.compute = {{0.2, 0.6}, FB_COMPUTE_16_BIT, NULL, 0},
    .threshold_gpu_seconds = 1000,
    .gap_s = FB_LEADS_GAP_S,
    .slack_s = FB_LEADS_SLACK_S};

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    FB_TEST_OK(fb_leads_init(&leads, &plain, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_leads_release(&leads);
    return 0;
}

/* Takes jobs of a table: job, user, account, cluster, name, comment, array, started, ended, gpus.
 */
static void take(const char *rows)
{
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    fb_buf_add_c(&text, "job,user,account,cluster,name,comment,array,started,ended,gpus\n");
    fb_buf_add_c(&text, rows);
    struct fb_input input = fb_input_memory(fb_buf_str(&text), "t");
    FB_TEST_OK(fb_jobs_read_input(&input, fb_leads_add, &leads, &err));
    fb_buf_release(&text);
    FB_TEST_OK(fb_leads_end(&leads, &err));
}

static size_t count_of(enum fb_lead_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < leads.lead_count; i++) {
        count += leads.leads[i].kind == kind;
    }
    return count;
}

static const struct fb_lead *lead_of(enum fb_lead_kind kind)
{
    for (size_t i = 0; i < leads.lead_count; i++) {
        if (leads.leads[i].kind == kind) {
            return &leads.leads[i];
        }
    }
    fail_msg("no lead %s", fb_lead_name(kind));
    return NULL;
}

static void test_large(void **state)
{
    (void)state;
    FB_TEST_OK(fb_leads_register(&leads, FB_STR("alpha"), &err));
    FB_TEST_OK(fb_leads_register(&leads, FB_STR("known-job"), &err));
    take("1,u,a,c,x,run_id=alpha;stage=pretrain,,100,1100,1\n"
         "2,u,a,c,y,run_id=beta,,100,700,1\n"
         "3,u,a,c,y,stage=2;run_id=beta,,200000,200600,1\n"
         "4,u,a,c,known-job,,,100,2100,1\n"
         "5,u,a,c,secret,no tag,,100,2100,1\n"
         "6,u,a,c,small,,,100,200,1\n");
    assert_int_equal(count_of(FB_LEAD_UNREGISTERED), 2);
    const struct fb_lead *secret = lead_of(FB_LEAD_UNREGISTERED);
    assert_true(fb_str_is(secret->joined_by, "secret"));
    assert_int_equal(secret->gpu_seconds, 2000);
    assert_true(fb_str_is(secret->shown[0], "c/5"));
    assert_true(fb_str_is(leads.leads[1].joined_by, "beta"));
    assert_int_equal(leads.leads[1].jobs, 2);
    assert_true(leads.leads[1].largest_share == 0.5);
    assert_int_equal(count_of(FB_LEAD_UNTAGGED), 1);
    assert_true(fb_lead_has(secret, 4) && !fb_lead_has(secret, 3));
}

/* A lead says how many accounts and users there are, however many. */
static void test_counts(void **state)
{
    (void)state;
    take("1,u1,a1,c,nova-1,,,100,700,1\n2,u2,a2,c,nova-2,,,700,1300,1\n"
         "3,u3,a3,c,nova-3,,,1300,1900,1\n4,u4,a4,c,nova-4,,,1900,2500,1\n"
         "5,u5,a4,c,nova-5,,,2500,3100,1\n");
    assert_int_equal(lead_of(FB_LEAD_ACCOUNTS)->jobs, 5);
    assert_int_equal(lead_of(FB_LEAD_ACCOUNTS)->accounts, 4);
    assert_int_equal(lead_of(FB_LEAD_ACCOUNTS)->users, 5);
    assert_int_equal(lead_of(FB_LEAD_ACCOUNTS)->clusters, 1);
}

static void test_split(void **state)
{
    (void)state;
    take("1,ann,a,c,p,,7,100,200,4\n2,ann,a,c,q,,7,90000,90100,4\n3,ann,a,c,r,,7,100,200,4\n"
         "10,bob,a,c,train-1,,,100,700,1\n11,bob,a,c,train-2,,,700,1300,1\n"
         "20,cat,a,c,Llama_01,,,5000,5600,1\n21,dan,b,c,llama-2,,,5000,5700,1\n"
         "30,eve,a,east,gem1,run=g,,9000,9600,1\n31,eve,a,west,gem2,run=g,,9000,9600,1\n");
    assert_int_equal(lead_of(FB_LEAD_ARRAY)->jobs, 3);
    assert_int_equal(lead_of(FB_LEAD_RESTARTS)->jobs, 2);
    assert_true(fb_str_is(lead_of(FB_LEAD_RESTARTS)->joined_by, "train-1"));
    assert_int_equal(lead_of(FB_LEAD_ACCOUNTS)->accounts, 2);
    assert_int_equal(count_of(FB_LEAD_SITES), 2);
    assert_int_equal(lead_of(FB_LEAD_SITES)->clusters, 2);
    for (int i = 0; i < FB_LEAD_KINDS; i++) {
        assert_true(fb_lead_name((enum fb_lead_kind)i)[0] != 0);
        assert_true(fb_lead_text((enum fb_lead_kind)i)[0] != 0);
    }
}

/* What is far apart, registered, of one account only or too small is no lead. */
static void test_none(void **state)
{
    (void)state;
    FB_TEST_OK(fb_leads_register(&leads, FB_STR("g"), &err));
    take("1,ann,a,c,train-1,,,100,700,1\n2,ann,a,c,train-2,,,400000,400600,1\n"
         "3,bob,a,c,x,,9,100,200,1\n4,bob,a,c,x,,9,100,200,1\n"
         "30,eve,a,east,gem1,run=g,,9000,9600,1\n31,eve,a,west,gem2,run=g,,9000,9600,1\n"
         "40,fay,a,c,cpu,,,100,100000,0\n41,fay,a,c,runs,,,100,,900\n");
    assert_int_equal(leads.lead_count, 0);
    assert_int_equal(leads.uncounted, 1);
}

/* Together: of many jobs of one size, those that start and end at once. */
static void test_together(void **state)
{
    (void)state;
    struct fb_buf rows;
    fb_buf_init(&rows, 1 << 20);
    for (int i = 0; i < 300; i++) {
        fb_buf_addf(&rows, "b%d,,,c,,,,%d,%d,8\n", i, 1000 * i + 1, 1000 * i + 60 + i % 9);
    }
    for (int i = 0; i < 7; i++) {
        fb_buf_addf(&rows, "s%d,u%d,a%d,c,%c,,,%d,%d,8\n", i, i, i, 'p' + i, 50000 + 20 * i,
            50090 + 10 * i);
    }
    take(rows.ptr);
    fb_buf_release(&rows);
    assert_int_equal(leads.lead_count, 1);
    const struct fb_lead *lead = lead_of(FB_LEAD_TOGETHER);
    assert_true(lead->jobs >= 7 && lead->jobs <= 8);
    assert_true(lead->chance < 0.01);
    assert_true(fb_lead_has(lead, 300) && fb_lead_has(lead, 306));
}

/* One after the other under other users and names; in a full queue each end is a start, and that
 * is none. */
static void test_relay(void **state)
{
    (void)state;
    struct fb_buf rows;
    fb_buf_init(&rows, 1 << 20);
    for (int i = 0; i < 100; i++) {
        fb_buf_addf(&rows, "b%d,,,c,,,,%d,%d,8\n", i, 50000 * i + 7, 50000 * i + 7 + 90 + i % 9);
        fb_buf_addf(&rows, "q%d,w%d,,c,,,,%d,%d,4\n", i, i, 200 * i + 1, 200 * i + 150 + i % 9);
    }
    for (int i = 0; i < 6; i++) {
        fb_buf_addf(&rows, "s%d,u%d,a,c,%c,,,%d,%d,8\n", i, i, 'p' + i, 52000 + 200 * i,
            52000 + 200 * i + 28);
    }
    take(rows.ptr);
    fb_buf_release(&rows);
    assert_int_equal(leads.lead_count, 1);
    const struct fb_lead *lead = lead_of(FB_LEAD_RELAY);
    assert_int_equal(lead->jobs, 6);
    assert_true(lead->chance < 0.01);
    assert_true(fb_lead_has(lead, 200) && fb_lead_has(lead, 205));
}

/* Each just below the threshold: two jobs of a user, two runs of an account; not one alone, and not
 * the jobs of one run. */
static void test_below(void **state)
{
    (void)state;
    take("1,ann,a,c,x,,,100,1000,1\n2,ann,b,c,y,,,900000,900900,1\n"
         "3,dan,b,c,z,,,100,600,1\n4,bob,a,c,v,,,100,950,1\n"
         "5,cat,q,c,w,run=k,,5000000,5000500,1\n6,cat,q,c,w,run=k,,9000000,9000450,1\n");
    assert_int_equal(count_of(FB_LEAD_BELOW), 2);
    assert_true(fb_str_is(leads.leads[0].joined_by, "ann"));
    assert_int_equal(leads.leads[0].jobs, 2);
    assert_true(fb_str_is(leads.leads[1].joined_by, "a"));
}

/* Names that say nothing join nothing under several users. */
static void test_plain(void **state)
{
    (void)state;
    take("1,ann,a,c,train.py,,,100,700,1\n2,bob,a,c,train-2.py,,,100,800,1\n"
         "3,ann,a,c,Run_12.sh,,,100,700,2\n4,bob,b,d,run_7.sh,,,100,900,2\n");
    assert_int_equal(leads.lead_count, 4); /* jobs 3 and 4 by themselves */
    assert_int_equal(count_of(FB_LEAD_UNREGISTERED) + count_of(FB_LEAD_UNTAGGED), 4);
}

/* Jobs that share nothing but when they run, of which so many begin at once: up to the limit they
 * are one lead; past it none is joined, and it is said of how many. */
static void test_crowd(void **state)
{
    static const size_t crowds[] = {4000, 4096, 4097, 5000};
    (void)state;
    for (size_t c = 0; c < sizeof(crowds) / sizeof(crowds[0]); c++) {
        fb_leads_release(&leads);
        FB_TEST_OK(fb_leads_init(&leads, &plain, &err));
        for (size_t i = 0; i < crowds[c] + 300; i++) {
            bool apart = i >= crowds[c];
            int64_t at = apart ? (int64_t)(i - crowds[c]) * 1000 + 1 : 500000 + (int64_t)(i % 7);
            struct fb_job job = {.start = at, .end = at + (apart ? 60 : 90)};
            FB_TEST_OK(fb_job_add_gpus(&job, (struct fb_job_part){FB_STR(""), 8}, &err));
            FB_TEST_OK(fb_leads_add(&leads, &job, &err));
        }
        FB_TEST_OK(fb_leads_end(&leads, &err));
        /* The first ones of a crowd are left out, and so many are told of. */
        size_t left_out = crowds[c] > 4096 ? crowds[c] - 4096 : 0;
        assert_true(lead_of(FB_LEAD_TOGETHER)->jobs >= crowds[c] - left_out);
        assert_int_equal(leads.crowded, left_out);
    }
}

static void test_limits(void **state)
{
    (void)state;
    char id[32];
    for (int i = 0; i < FB_LEADS_MAX + 5; i++) {
        snprintf(id, sizeof(id), "%d", i);
        struct fb_job job = {.id = fb_str_of(id), .name = fb_str_of(id), .start = 1, .end = 5000};
        FB_TEST_OK(fb_job_add_gpus(&job, (struct fb_job_part){FB_STR(""), 1}, &err));
        FB_TEST_OK(fb_leads_add(&leads, &job, &err));
    }
    FB_TEST_OK(fb_leads_end(&leads, &err));
    assert_int_equal(leads.lead_count, FB_LEADS_MAX);
    assert_true(leads.more);
    enum fb_code code = FB_OK;
    for (int i = 0; code == FB_OK && i <= FB_LEADS_REGISTERED_MAX; i++) {
        snprintf(id, sizeof(id), "run-%d", i);
        code = fb_leads_register(&leads, fb_str_of(id), &err);
    }
    assert_int_equal(code, FB_E_LIMIT);
    fb_err_init(&err);
    leads.count = FB_LEADS_JOBS_MAX;
    struct fb_job job = {.start = 1, .end = 2, .said = FB_JOB_GPUS_SAID, .gpus = 1};
    FB_TEST_FAILS(fb_leads_add(&leads, &job, &err), FB_E_LIMIT);
    leads.count = 0;
}

static void test_no_memory(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 200; n++) {
        struct fb_leads small;
        struct fb_input input = fb_input_memory(
            FB_STR("job,user,started,ended,gpus\n1,u,1,900,1\n2,u,900,1800,1\n"), "t");
        fb_alloc_fail_at(n);
        enum fb_code code = fb_leads_init(&small, &plain, &err);
        code = code ? code : fb_jobs_read_input(&input, fb_leads_add, &small, &err);
        code = code ? code : fb_leads_end(&small, &err);
        bool asked = fb_alloc_count() > n;
        fb_alloc_fail_at(-1);
        assert_int_equal(code, asked ? FB_E_NOMEM : FB_OK);
        fb_leads_release(&small);
        fb_err_init(&err);
        if (!asked) {
            return;
        }
    }
    fail();
}

/* --- Split runs among real jobs ----------------------------------------------------------- */

enum { RUNS = 10, SCHEMES = 6, PARTS_MAX = 40 };
static const char *const schemes[SCHEMES] = {
    "array", "restarts", "accounts", "sites", "together", "nothing shared"};

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    return leads_draw(&seed, below);
}

/* One run of 3e7 GPU-seconds or more in parts, by a scheme. */
static size_t inject(int scheme, int run)
{
    size_t parts = 12 + draw(PARTS_MAX - 12);
    int64_t gpus = 8 + 8 * (int64_t)draw(3), begin = 1000000 + (int64_t)draw(6000000);
    int64_t length = (int64_t)(3.2e7 / (double)gpus / (double)parts), at = begin;
    for (size_t i = 0; i < parts; i++) {
        char id[64], name[64], user[64], account[64], cluster[64] = "openb";
        struct fb_job job = {.start = begin + (int64_t)draw(200)};
        snprintf(id, sizeof(id), "x%d-%d-%zu", scheme, run, i);
        snprintf(name, sizeof(name), "job-%c%c%c%c", 'a' + (char)draw(26), 'a' + (char)draw(26),
            'a' + (char)draw(26), 'a' + (char)draw(26));
        snprintf(user, sizeof(user), "x%u", (unsigned)draw(1000000));
        snprintf(account, sizeof(account), "lab%u", (unsigned)draw(20));
        job.array = scheme == 0 ? 100000 + run : 0;
        if (scheme == 0 || scheme == 5) {
            job.start = begin + (int64_t)draw(4000000);
        }
        if (scheme == 1) {
            job.start = at + (int64_t)draw(1800);
            snprintf(name, sizeof(name), "resume_%d_%zu", run, i);
            snprintf(user, sizeof(user), "restarter%d", run);
        } else if (scheme == 2 || scheme == 3) {
            snprintf(name, sizeof(name), "big%c%zu", 'a' + (char)run, i);
            job.start = begin + (int64_t)draw(40000);
        }
        if (scheme == 3) {
            snprintf(cluster, sizeof(cluster), "site%zu", i % 3);
            snprintf(name, sizeof(name), "geo%c%zu", 'a' + (char)run, i);
        }
        job.cluster = fb_str_of(cluster);
        job.end = job.start + length + (scheme == 5 ? (int64_t)draw(90000) : (int64_t)draw(100));
        at = job.end;
        FB_TEST_OK(fb_job_add_gpus(&job, (struct fb_job_part){FB_STR(""), gpus}, &err));
        leads_feed(&leads, (const char *[4]){id, name, user, account}, job);
    }
    return parts;
}

/* Recall is the share of injected runs of which half of the parts or more are in one lead of a
 * split; a false alarm is such a lead without any injected part. */
static void test_trace(void **state)
{
    (void)state;
    char path[1024];
    if (!fb_test_shared(
            "data/registry/traces/alibaba_openb_pod_list_default.csv", path, sizeof(path))) {
        skip();
    }
    seed = 20240520;
    leads.options.threshold_gpu_seconds = 3e7;
    size_t background = leads_feed_trace(&leads, path, &seed), from[SCHEMES][RUNS],
           parts[SCHEMES][RUNS];
    for (int scheme = 0; scheme < SCHEMES; scheme++) {
        for (int run = 0; run < RUNS; run++) {
            from[scheme][run] = leads.count;
            parts[scheme][run] = inject(scheme, run);
        }
    }
    assert_true(background > 5000);
    FB_TEST_OK(fb_leads_end(&leads, &err));
    size_t found[SCHEMES] = {0}, alarms = 0, splits = 0;
    for (size_t l = 0; l < leads.lead_count; l++) {
        const struct fb_lead *lead = &leads.leads[l];
        size_t injected = 0;
        for (size_t job = background; job < leads.count; job++) {
            injected += fb_lead_has(lead, job);
        }
        splits += lead->kind >= FB_LEAD_ARRAY;
        alarms += lead->kind >= FB_LEAD_ARRAY && injected == 0;
    }
    for (int scheme = 0; scheme < SCHEMES; scheme++) {
        for (int run = 0; run < RUNS; run++) {
            bool hit = false;
            for (size_t l = 0; l < leads.lead_count; l++) {
                size_t has = 0;
                for (size_t i = 0; i < parts[scheme][run]; i++) {
                    has += fb_lead_has(&leads.leads[l], from[scheme][run] + i);
                }
                hit =
                    hit || (leads.leads[l].kind >= FB_LEAD_ARRAY && 2 * has >= parts[scheme][run]);
            }
            found[scheme] += hit;
        }
        print_message("# %s: %zu of %d found\n", schemes[scheme], found[scheme], RUNS);
    }
    print_message(
        "# %zu pods, %zu leads of splits, %zu false alarms\n", background, splits, alarms);
    for (int scheme = 0; scheme < 5; scheme++) {
        assert_true(found[scheme] >= 9);
    }
    assert_true(alarms <= 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_crowd), TEST(test_large), TEST(test_counts),
        TEST(test_split), TEST(test_none), TEST(test_together), TEST(test_relay), TEST(test_below),
        TEST(test_plain), TEST(test_limits), TEST(test_no_memory), TEST(test_trace)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
